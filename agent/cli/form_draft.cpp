#include "agent/cli/form_draft.h"

#include <nlohmann/json.hpp>

#include "agent/cli/answers.h"

namespace awda::cli {

namespace {

Error not_a_draft() {
    return {Errc::kMalformed, "reading a draft of a form"};
}

}  // namespace

Status write_draft(const Path& path, const FormDraft& draft) {
    nlohmann::json answers = nlohmann::json::array();
    for (const forms::Answer& answer : draft.answers) {
        answers.push_back({answer.path, answer.value});
    }
    const nlohmann::json json = {{"draft", 1},
                                 {"form", draft.form},
                                 {"version", draft.version},
                                 {"language", draft.language},
                                 {"instance", draft.instance},
                                 {"answers", std::move(answers)}};
    const std::string text = json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
    return atomic_write(path, as_bytes(text));
}

Result<FormDraft> read_draft(const Path& path) {
    const Bytes bytes = AWDA_TRY(read_file(path, kAnswersBytesMax));
    if (!nesting_within(as_text(bytes), kAnswersNestingMax)) return not_a_draft();
    const auto json = nlohmann::json::parse(as_text(bytes), nullptr, false);
    if (!json.is_object() || !json.contains("answers")) return not_a_draft();
    FormDraft draft;
    for (const auto& [name, to] : {std::pair<const char*, std::string*>{"form", &draft.form},
                                   {"version", &draft.version},
                                   {"language", &draft.language},
                                   {"instance", &draft.instance}}) {
        const auto found = json.find(name);
        if (found == json.end() || !found->is_string()) return not_a_draft();
        *to = found->get<std::string>();
    }
    for (const auto& answer : json["answers"]) {
        const bool pair = answer.is_array() && answer.size() == 2 && answer[0].is_string() &&
                          answer[1].is_string();
        if (!pair) return not_a_draft();
        draft.answers.push_back({answer[0].get<std::string>(), answer[1].get<std::string>()});
    }
    return draft;
}

}  // namespace awda::cli
