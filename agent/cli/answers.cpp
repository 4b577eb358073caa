#include "agent/cli/answers.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "platform/bytes.h"

namespace awda::cli {

namespace {

/// A member that must be text if it is there at all.
Result<std::string> text_member(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end()) return std::string();
    if (!found->is_string()) return Error(Errc::kMalformed, "reading an answers file's head");
    return found->get<std::string>();
}

}  // namespace

bool nesting_within(std::string_view json, std::size_t limit) {
    std::size_t depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_text) {
            if (c == '\\') ++i;
            if (c == '"') in_text = false;
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            if (++depth > limit) return false;
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return true;
}

Result<AnswersFile> parse_answers(std::string_view json) {
    // Editors on Windows put a byte order mark in front.
    if (json.substr(0, 3) == "\xEF\xBB\xBF") json.remove_prefix(3);
    if (!nesting_within(json, kAnswersNestingMax)) {
        return Error(Errc::kMalformed, "reading an answers file that nests too deep");
    }
    const auto root = nlohmann::json::parse(json, nullptr, false);
    if (!root.is_object()) return Error(Errc::kMalformed, "reading an answers file");
    const auto answers = root.find("answers");
    if (answers == root.end() || !answers->is_object()) {
        return Error(Errc::kMalformed, "looking for the answers in an answers file");
    }
    AnswersFile file;
    file.form = AWDA_TRY(text_member(root, "form"));
    file.language = AWDA_TRY(text_member(root, "language"));
    file.answers = answers->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return file;
}

Result<AnswersFile> read_answers_file(const Path& path) {
    const Bytes bytes = AWDA_TRY(read_file(path, kAnswersBytesMax));
    return parse_answers(as_text(bytes));
}

Result<std::vector<Path>> expand_answers(const std::vector<std::string>& given) {
    std::vector<Path> paths;
    for (const std::string& name : given) {
        const Path path(name);
        std::error_code failed;
        if (!std::filesystem::is_directory(path, failed)) {
            paths.push_back(path);
            continue;
        }
        for (const std::string& entry : AWDA_TRY(list_files(path))) {
            if (Path(entry).extension() == ".json") paths.push_back(path / entry);
        }
        if (paths.size() > kAnswersFilesMax) return Error(Errc::kTooLarge, "listing answer files");
    }
    return paths;
}

}  // namespace awda::cli
