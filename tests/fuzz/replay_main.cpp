// Runs a fuzz target without libFuzzer: every corpus file, then seeded mutations of them, so that a
// plain test run (and a sanitizer run with any compiler) covers the target. Speaks TAP.
// Usage: fuzz_NAME CORPUS_FOLDER [ROUNDS [SEED]]. A crash ends the program, which fails the test;
// the input that did it is left in $TMPDIR/replay-input.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kInputMax = 1U << 20U;
constexpr unsigned kRounds = 2000;
constexpr std::uint32_t kSeed = 20261123;

std::vector<Input> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        if (entry.is_regular_file()) names.push_back(entry.path());
    }
    std::sort(names.begin(), names.end());
    std::vector<Input> corpus;
    for (const auto& name : names) {
        std::ifstream file(name, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

/// Keeps the input where a person finds it if the target crashes on it.
void run(const Input& input) {
    const char* home = std::getenv("TMPDIR");
    const std::filesystem::path kept = std::filesystem::path(home ? home : ".") / "replay-input";
    std::ofstream(kept, std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

/// A few random edits: flip, overwrite, cut, repeat, splice with another input.
Input mutate(Input input, const std::vector<Input>& corpus, std::mt19937& random) {
    const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
    const auto at = [&](std::size_t n) { return static_cast<std::ptrdiff_t>(below(n)); };
    for (std::size_t edits = 1 + below(6); edits > 0; --edits) {
        const std::size_t where = below(input.size());
        switch (below(5)) {
            case 0:
                if (!input.empty()) input[where] ^= static_cast<std::uint8_t>(1U << below(8));
                break;
            case 1:
                if (!input.empty()) input[where] = static_cast<std::uint8_t>(random());
                break;
            case 2: input.resize(where); break;
            case 3: {
                const Input piece(input.begin() + static_cast<std::ptrdiff_t>(where), input.end());
                input.insert(input.begin() + at(input.size() + 1), piece.begin(), piece.end());
                break;
            }
            default: {
                const Input& other = corpus[below(corpus.size())];
                const Input tail(other.begin() + at(other.size() + 1), other.end());
                input.resize(where);
                input.insert(input.end(), tail.begin(), tail.end());
            }
        }
        if (input.size() > kInputMax) input.resize(kInputMax);
    }
    return input;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER [ROUNDS [SEED]]\n", argv[0]);
        return 2;
    }
    const auto number = [&](int i, unsigned long otherwise) {
        return argc > i ? std::strtoul(argv[i], nullptr, 10) : otherwise;
    };
    const unsigned long rounds = number(2, kRounds);
    const auto seed = static_cast<std::uint32_t>(number(3, kSeed));
    std::vector<Input> corpus = read_corpus(argv[1]);
    const std::size_t files = corpus.size();
    corpus.emplace_back();  // the empty input, always
    for (const Input& input : corpus) run(input);
    std::printf("ok - %zu corpus files and the empty input\n", files);
    std::mt19937 random(seed);
    for (unsigned long round = 0; round < rounds; ++round) {
        run(mutate(corpus[random() % corpus.size()], corpus, random));
    }
    std::printf("ok - %lu mutations, seed %u\n", rounds, seed);
    return 0;
}
