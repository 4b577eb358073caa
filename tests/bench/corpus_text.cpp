// The corpus's records as XML and JSON.
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/bench/corpus.h"
#include "tests/bench/corpus_form.h"

namespace awda::bench {

namespace {

using Answers = std::map<std::string_view, std::string_view>;

Answers answers_of(const sync::Record& record) {
    Answers answers;
    for (const sync::Field& field : record.fields) answers.emplace(field.path, field.value);
    return answers;
}

std::string_view answer_at(const Answers& answers, std::string_view path) {
    const auto found = answers.find(path);
    return found == answers.end() ? std::string_view{} : found->second;
}

/// Calls `leaf` for what was asked outside the rows and in each row, in order, and `row` before
/// each row; `row` is the row's path, or "" outside.
void walk(const sync::Record& record, const std::function<void(const std::string& row)>& begin_row,
          const std::function<void(const std::string& row, std::string_view path,
                                   std::string_view value)>& leaf) {
    const Answers answers = answers_of(record);
    const auto ask_all = [&](std::span<const Question> questions, const std::string& row) {
        const std::string head = row.empty() ? "" : row + "/";
        const auto answer = [&](std::string_view path) {
            return answer_at(answers, head + std::string(path));
        };
        for (const Question& question : questions) {
            if (is_asked(question, answer)) leaf(row, question.path, answer(question.path));
        }
    };
    ask_all(questions_before(), "");
    for (std::size_t member = 1; answers.contains(member_path(member)); ++member) {
        begin_row(member_path(member));
        ask_all(questions_of_member(), member_path(member));
    }
    ask_all(questions_after(), "");
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            default: out += c;
        }
    }
    return out;
}

/// Writes elements below groups, opening and closing these where the next path says so.
class XmlWriter {
public:
    explicit XmlWriter(std::string head) : xml_(std::move(head)) {}

    /// Leaves and enters groups until exactly `groups` are open.
    void go_to(const std::vector<std::string>& groups) {
        std::size_t same = 0;
        while (same < open_.size() && same < groups.size() && open_[same] == groups[same]) ++same;
        while (open_.size() > same) close();
        while (open_.size() < groups.size()) {
            open_.push_back(groups[open_.size()]);
            xml_ += "<" + open_.back() + ">";
        }
    }
    void close() {
        xml_ += "</" + open_.back() + ">";
        open_.pop_back();
    }
    void element(std::string_view name, std::string_view value) {
        const std::string tag =
            (open_ == std::vector<std::string>{"meta"} ? "orx:" : "") + std::string(name);
        xml_ +=
            value.empty() ? "<" + tag + " />" : "<" + tag + ">" + escaped(value) + "</" + tag + ">";
    }
    std::string finish(std::string_view tail) {
        go_to({});
        return std::move(xml_) + std::string(tail);
    }

private:
    std::string xml_;
    std::vector<std::string> open_;
};

std::vector<std::string> groups_of(std::string_view path) {
    std::vector<std::string> groups;
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/')) {
        groups.emplace_back(path.substr(0, slash));
        path.remove_prefix(slash + 1);
    }
    return groups;
}

std::string_view last_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

constexpr std::string_view kXmlHead =
    R"(<?xml version='1.0' ?><data id="%" version="%" )"
    R"(xmlns:ev="http://www.w3.org/2001/xml-events" )"
    R"(xmlns:orx="http://openrosa.org/xforms" )"
    R"(xmlns:odk="http://www.opendatakit.org/xforms" xmlns:h="http://www.w3.org/1999/xhtml" )"
    R"(xmlns:jr="http://openrosa.org/javarosa" xmlns:xsd="http://www.w3.org/2001/XMLSchema">)";

std::string xml_head() {
    std::string head(kXmlHead);
    head.replace(head.find('%'), 1, kFormId);
    head.replace(head.find('%'), 1, kFormVersion);
    return head;
}

}  // namespace

std::size_t leaves_of(const sync::Record& record) {
    std::size_t leaves = 0;
    walk(
        record, [](const std::string&) {},
        [&leaves](const std::string&, std::string_view, std::string_view) { ++leaves; });
    return leaves;
}

std::string xml_of(const sync::Record& record) {
    XmlWriter xml(xml_head());
    const std::vector<std::string> row_groups = groups_of(std::string(kMembers) + "/");
    walk(
        record,
        [&xml, &row_groups](const std::string&) {
            xml.go_to({row_groups.front()});
            xml.go_to(row_groups);
        },
        [&xml, &row_groups](const std::string& row, std::string_view path, std::string_view value) {
            if (row.empty()) xml.go_to(groups_of(path));
            xml.element(last_name(path), value);
        });
    return xml.finish("</data>");
}

std::string json_of(const sync::Record& record) {
    nlohmann::ordered_json json;
    const std::vector<std::string> row_groups = groups_of(std::string(kMembers) + "/");
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    const auto row_place = [&]() -> nlohmann::ordered_json& {
        return json[row_groups.front()][row_groups.back()];
    };
    walk(
        record,
        [&](const std::string&) { row_place().push_back(nlohmann::ordered_json::object()); },
        [&](const std::string& row, std::string_view path, std::string_view value) {
            if (value.empty()) return;
            nlohmann::ordered_json* at = row.empty() ? &json : &row_place().back();
            for (const std::string& group : groups_of(path)) at = &(*at)[group];
            (*at)[std::string(last_name(path))] = value;
        });
    return json.dump();
}

}  // namespace awda::bench
