#include "agent/cli/interview_choices.h"

#include <algorithm>
#include <charconv>

#include "forms/value.h"
#include "platform/text.h"

namespace awda::cli {

namespace {

constexpr std::string_view kArabicComma = "،";

/// The words of a line: between commas if it has any, else between spaces.
std::vector<std::string> words_of(std::string_view line) {
    std::string text(line);
    for (auto at = text.find(kArabicComma); at != std::string::npos;
         at = text.find(kArabicComma, at)) {
        text.replace(at, kArabicComma.size(), ",");
    }
    const char between = text.find(',') == std::string::npos ? ' ' : ',';
    std::vector<std::string> words;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(between, begin), text.size());
        const auto word = forms::trim(std::string_view(text).substr(begin, end - begin));
        if (!word.empty()) words.emplace_back(word);
        begin = end + 1;
    }
    return words;
}

std::string folded(std::string_view text) {
    auto out = fold_name(text);
    return out.ok() ? *std::move(out) : std::string(text);
}

/// The choices a word means: one, when it is clear.
std::vector<std::size_t> find_choices(const std::vector<forms::Choice>& choices,
                                      std::string_view word) {
    const std::string digits = ascii_digits(word);
    std::size_t number = 0;
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end && number >= 1 && number <= choices.size()) {
        return {number - 1};
    }
    for (std::size_t i = 0; i < choices.size(); ++i) {
        if (choices[i].value == word || choices[i].label == word) return {i};
    }
    return choices_like(choices, word);
}

}  // namespace

std::string ascii_digits(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = [&](std::size_t at) {
            return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
        };
        const bool arabic = byte(i) == 0xD9 && byte(i + 1) >= 0xA0 && byte(i + 1) <= 0xA9;
        const bool persian = byte(i) == 0xDB && byte(i + 1) >= 0xB0 && byte(i + 1) <= 0xB9;
        if (arabic || persian) {
            out += static_cast<char>('0' + (byte(i + 1) & 0x0FU));
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::vector<std::size_t> choices_like(const std::vector<forms::Choice>& choices,
                                      std::string_view text) {
    const std::string wanted = folded(text);
    std::vector<std::size_t> found;
    if (wanted.empty()) return found;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const std::string label = folded(choices[i].label);
        if (label == wanted) return {i};
        if (label.find(wanted) != std::string::npos) found.push_back(i);
    }
    return found;
}

ChosenValues choose(const std::vector<forms::Choice>& choices, std::string_view line,
                    bool several) {
    ChosenValues out;
    const std::vector<std::string> words =
        several ? words_of(line) : std::vector<std::string>{std::string(forms::trim(line))};
    std::vector<std::string> values;
    for (const std::string& word : words) {
        std::vector<std::size_t> found = find_choices(choices, word);
        if (found.size() != 1) {
            out.unclear = word;
            out.matches = std::move(found);
            return out;
        }
        const std::string& value = choices[found.front()].value;
        if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
    }
    for (const std::string& value : values) out.value += (out.value.empty() ? "" : " ") + value;
    out.ok = true;
    return out;
}

}  // namespace awda::cli
