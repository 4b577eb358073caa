// What of a session is saved and loaded: flat records, answer files, instance XML.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "forms/instance_reader.h"
#include "forms/journal.h"
#include "forms/session_state.h"
#include "forms/value.h"
#include "forms/xml_text.h"

namespace awda::forms {

using Json = nlohmann::json;

// Flat records -----------------------------------------------------------------------------------

void Session::State::collect_answers(NodeId top, Include include, std::vector<Answer>& out) const {
    std::vector<NodeId> todo{top};
    while (!todo.empty()) {
        const NodeId node = todo.back();
        todo.pop_back();
        const InstanceTree::Node& n = tree.at(node);
        const NodeTemplate& shape = tree.shape(node);
        if (include == Include::kRelevant && !n.relevant) continue;
        const bool constant = shape.is_attribute && shape.bind == nullptr;
        if (shape.is_repeat) out.push_back({tree.ref(node), ""});
        if (!n.value.empty() && !constant && node > 1) out.push_back({tree.ref(node), n.value});
        for (auto it = shape.children.rbegin(); it != shape.children.rend(); ++it) {
            const auto below = tree.children(node, *it);
            todo.insert(todo.end(), below.rbegin(), below.rend());
        }
    }
}

std::vector<Answer> Session::answers(Include include) const {
    std::vector<Answer> out;
    state_->collect_answers(1, include, out);
    return out;
}

namespace {

/// The parent's ref, the last name and its position: "family[2]/visit[3]" → "family[2]", visit, 3.
struct RowRef {
    std::string_view whole;
    std::size_t position = 0;
};

/// Every prefix of a path that ends in a position.
std::vector<RowRef> row_refs(std::string_view path) {
    std::vector<RowRef> out;
    for (std::size_t at = path.find(']'); at != std::string_view::npos;
         at = path.find(']', at + 1)) {
        const std::size_t open = path.rfind('[', at);
        if (open == std::string_view::npos) continue;
        const double number = parse_number(path.substr(open + 1, at - open - 1));
        if (number >= 1 && number <= static_cast<double>(InstanceTree::kRowsMax)) {
            out.push_back({path.substr(0, at + 1), static_cast<std::size_t>(number)});
        }
    }
    return out;
}

}  // namespace

/// Makes exactly the rows that the record has.
void Session::State::restore_rows(std::span<const Answer> answers, std::vector<Problem>& problems) {
    loading = true;
    // First away with the rows a fresh form starts with; then each row in the record's order.
    std::vector<NodeId> rows;
    for (TemplateId t = 0; t < c.nodes.size(); ++t) {
        if (!c.nodes[t].is_repeat) continue;
        rows.clear();
        tree.collect(1, t, rows);
        for (auto it = rows.rbegin(); it != rows.rend(); ++it) {
            if (tree.at(*it).alive) drop_row(*it);
        }
    }
    for (const Answer& answer : answers) {
        for (const RowRef& row : row_refs(answer.path)) {
            NodeId parent = kNoNode;
            TemplateId repeat = kNone;
            if (!find_repeat(row.whole, parent, repeat)) {
                problems.push_back({answer.path, ProblemKind::kNotARepeat,
                                    std::string(default_message(ProblemKind::kNotARepeat))});
                break;
            }
            while (tree.children(parent, repeat).size() < row.position) {
                if (add_row(parent, repeat, false) == kNoNode) break;
            }
        }
    }
    loading = false;
}

std::vector<Problem> Session::restore(std::span<const Answer> answers) {
    State& s = *state_;
    s.begin({JournalAction::kRestored, {}, encode_answers(answers), 0, {}}, false);
    std::vector<Problem> problems = s.restore_answers(answers);
    s.loaded();
    return problems;
}

Result<std::vector<Problem>> Session::load_instance_xml(std::string_view xml) {
    State& s = *state_;
    const InstanceContent content = AWDA_TRY(read_instance(*s.definition, xml));
    s.begin({JournalAction::kXmlLoaded, {}, std::string(xml), 0, {}}, false);
    std::vector<Problem> problems = s.restore_answers(content.answers);
    for (const Answer& unknown : content.unknown) {
        // What every record says of itself, in a form that has no place for it.
        if (unknown.path == "meta/instanceID") {
            s.options.instance_id = unknown.value;
            continue;
        }
        if (unknown.path == "meta/deprecatedID") {
            s.deprecated_id = unknown.value;
            continue;
        }
        problems.push_back({unknown.path, ProblemKind::kUnknownPath,
                            std::string(s.default_message(ProblemKind::kUnknownPath))});
    }
    s.loaded();
    return problems;
}

std::vector<Problem> Session::State::restore_answers(std::span<const Answer> answers) {
    State& s = *this;
    std::vector<Problem> problems;
    s.restore_rows(answers, problems);
    for (NodeId n = 2; n < s.tree.size(); ++n) {
        const NodeTemplate& shape = s.tree.shape(n);
        if (shape.element_children == 0 && !shape.is_attribute && !shape.metadata) {
            s.tree.at(n).value.clear();
        }
    }
    for (const Answer& answer : answers) {
        const NodeId node = s.find(answer.path);
        const bool row = answer.path.ends_with(']') && answer.value.empty();
        if (node == kNoNode || (!row && !s.question(node))) {
            if (row) continue;
            problems.push_back({answer.path, ProblemKind::kUnknownPath,
                                std::string(s.default_message(ProblemKind::kUnknownPath))});
            continue;
        }
        if (row && s.tree.shape(node).is_repeat) continue;
        if (!valid_utf8(answer.value)) continue;
        s.tree.at(node).value = s.normalised(s.tree.at(node).kind, answer.value);
        const ModelBind* bind = s.tree.shape(node).bind;
        if (bind != nullptr && bind->preload == "uid") s.options.instance_id = answer.value;
    }
    s.choice_cache.clear();
    s.compute_everything();
    if (s.options.editing) s.fire(kLoad, 1);
    s.settle();
    return problems;
}

// Answer files -----------------------------------------------------------------------------------

namespace {

std::string scalar_text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
    if (value.is_number_float()) return print_number(value.get<double>());
    if (value.is_number()) return value.dump();
    return {};
}

}  // namespace

/// Walks an answer file beside the instance. Depth is bounded by the form's, not the file's.
struct AnswerLoader {
    Session::State& s;
    std::vector<Problem>& problems;

    void report(const std::string& path, ProblemKind kind) {
        constexpr std::size_t kProblemsMax = 1000;
        if (problems.size() >= kProblemsMax) return;
        problems.push_back({path, kind, std::string(s.default_message(kind))});
    }

    /// The template that a key means inside `top`: a child, or the only descendant of that name
    /// that is in the same row.
    TemplateId find_key(TemplateId top, std::string_view key) const {
        const auto slash = key.find('/');
        const NameId name = s.c.names->find(key.substr(0, slash));
        if (name == kNoName) return kNone;
        TemplateId found = kNone;
        std::vector<TemplateId> level{top};
        bool direct = true;
        bool several = false;
        while (!level.empty() && found == kNone) {
            std::vector<TemplateId> next;
            for (const TemplateId t : level) {
                for (const TemplateId child : s.c.nodes[t].children) {
                    const NodeTemplate& shape = s.c.nodes[child];
                    if (shape.is_attribute) continue;
                    if (shape.name == name) {
                        several = several || found != kNone;
                        found = child;
                    }
                    if (!shape.is_repeat) next.push_back(child);
                }
            }
            if (found != kNone && !direct && several) return kNone;
            direct = false;
            level = std::move(next);
        }
        if (found == kNone || slash == std::string_view::npos) return found;
        return find_key(found, key.substr(slash + 1));
    }

    void load_object(NodeId top, const Json& object, const std::string& path, std::size_t depth) {
        if (depth > kDepthMax) return;
        for (const auto& [key, value] : object.items()) {
            const std::string here = path.empty() ? key : path + "/" + key;
            const TemplateId t = find_key(s.tree.at(top).kind, key);
            if (t == kNone) {
                report(here, ProblemKind::kUnknownPath);
                continue;
            }
            load_value(top, t, value, here, depth);
        }
    }

    void load_value(NodeId top, TemplateId t, const Json& value, const std::string& path,
                    std::size_t depth) {
        const NodeTemplate& shape = s.c.nodes[t];
        const NodeId parent = s.instance_of(shape.parent, top);
        if (parent == kNoNode) return report(path, ProblemKind::kUnknownPath);
        if (shape.is_repeat) return load_rows(parent, t, value, path, depth);
        const auto nodes = s.tree.children(parent, t);
        if (nodes.empty()) return report(path, ProblemKind::kUnknownPath);
        const NodeId node = nodes.front();
        if (value.is_object()) {
            if (shape.element_children == 0) return report(path, ProblemKind::kUnknownPath);
            return load_object(node, value, path, depth + 1);
        }
        if (shape.element_children > 0) return report(path, ProblemKind::kUnknownPath);
        std::string text;
        if (value.is_array()) {
            for (const Json& item : value) {
                if (!text.empty()) text += ' ';
                text += scalar_text(item);
            }
        } else {
            text = scalar_text(value);
        }
        if (!valid_utf8(text)) return report(path, ProblemKind::kWrongType);
        s.set_value(node, s.normalised(t, std::move(text)));
    }

    void load_rows(NodeId parent, TemplateId repeat, const Json& value, const std::string& path,
                   std::size_t depth) {
        if (!value.is_array() && !value.is_object()) return report(path, ProblemKind::kNotARepeat);
        const std::size_t count = value.is_array() ? value.size() : 1;
        while (s.tree.children(parent, repeat).size() < count) {
            if (s.add_row(parent, repeat, true) == kNoNode)
                return report(path, ProblemKind::kNotARepeat);
        }
        if (!s.c.nodes[repeat].counted) {
            while (s.tree.children(parent, repeat).size() > count) {
                s.drop_row(s.tree.children(parent, repeat).back());
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::string here = path + "[" + std::to_string(i + 1) + "]";
            const Json& row = value.is_array() ? value[i] : value;
            if (!row.is_object()) {
                report(here, ProblemKind::kNotARepeat);
                continue;
            }
            load_object(s.tree.row(parent, repeat, i), row, here, depth + 1);
        }
    }

    static constexpr std::size_t kDepthMax = 100;
};

Result<std::vector<Problem>> Session::load_answers(std::string_view json) {
    constexpr std::size_t kAnswerFileMax = 16U << 20U;
    if (json.size() > kAnswerFileMax) return Error{Errc::kTooLarge, "an answer file"};
    const Json root = Json::parse(json, nullptr, false);
    if (!root.is_object()) return Error{Errc::kMalformed, "an answer file that is no JSON object"};
    state_->begin({JournalAction::kFileLoaded, {}, std::string(json), 0, {}}, false);
    std::vector<Problem> problems;
    AnswerLoader{*state_, problems}.load_object(1, root, "", 0);
    state_->choice_cache.clear();
    state_->settle();
    state_->loaded();
    return problems;
}

// Editing ----------------------------------------------------------------------------------------

Status Session::begin_edit(std::string_view instance_id) {
    constexpr std::size_t kIdBytesMax = 256;
    State& s = *state_;
    if (instance_id.size() > kIdBytesMax || !valid_utf8(instance_id) ||
        split_words(instance_id).size() > 1) {
        return Error{Errc::kMalformed, "an instance id"};
    }
    const std::string old = this->instance_id();
    s.begin({JournalAction::kEditBegun, std::string(instance_id), {}, 0, {}}, false);
    s.options.instance_id = instance_id.empty() ? s.new_instance_id() : std::string(instance_id);
    s.transaction.ref = s.options.instance_id;
    if (const NodeId node = s.find("meta/instanceID"); node != kNoNode) {
        s.set_value(node, s.options.instance_id);
    }
    s.deprecated_id = old;
    if (const NodeId node = s.find("meta/deprecatedID"); node != kNoNode) s.set_value(node, old);
    s.settle();
    s.loaded();
    return {};
}

std::string Session::deprecated_id() const {
    const NodeId node = state_->find("meta/deprecatedID");
    if (node == kNoNode || state_->tree.at(node).value.empty()) return state_->deprecated_id;
    return state_->tree.at(node).value;
}

// Finishing --------------------------------------------------------------------------------------

std::string Session::instance_name() const {
    const NodeId node = state_->find("meta/instanceName");
    return node == kNoNode ? std::string() : state_->tree.at(node).value;
}

Result<FinalRecord> Session::finalise(const std::function<bool(const Problem&)>& waived) {
    State& s = *state_;
    for (const Problem& problem : validate()) {
        if (waived && waived(problem)) continue;
        return Error{Errc::kAnswersInvalid, "finalising a record"};
    }
    for (TemplateId t = 0; t < s.c.nodes.size(); ++t) {
        const ModelBind* bind = s.c.nodes[t].bind;
        if (bind == nullptr || bind->preload != "timestamp" || bind->preload_params != "end")
            continue;
        std::vector<NodeId> nodes;
        s.tree.collect(1, t, nodes);
        for (const NodeId node : nodes) {
            s.set_value(node, print_moment(moment_at(s.now(), s.zone(), true)));
        }
    }
    const NodeId audit = s.find("meta/audit");
    if (audit != kNoNode && !s.options.audit_file.empty()) {
        s.set_value(audit, s.options.audit_file);
    }
    s.settle();
    FinalRecord out;
    out.form_id = s.c.settings.form_id;
    out.form_version = s.c.settings.version;
    out.instance_id = instance_id();
    out.deprecated_id = deprecated_id();
    out.instance_name = instance_name();
    out.answers = answers(Include::kRelevant);
    return out;
}

namespace {

void open_root(const FormDefinition& definition, std::string& out) {
    for (const auto& [name, value] : definition.model().root.attributes) {
        if (name.starts_with("xmlns")) out += " " + name + "=\"" + escape_xml(value) + "\"";
    }
    for (const auto& [prefix, uri] : instance_spaces(definition.model())) {
        out += " xmlns:" + prefix + "=\"" + escape_xml(uri) + "\"";
    }
}

std::string leaf_xml(std::string_view prefix, std::string_view name, std::string_view text) {
    const std::string qualified = std::string(prefix) + std::string(name);
    return "<" + qualified + ">" + escape_xml(text) + "</" + qualified + ">";
}

}  // namespace

/// What every record says of itself, where the form has no place for it: `in_meta` inside the
/// form's own meta element, else a meta element at the end.
std::string Session::own_meta_xml(bool in_meta) const {
    const State& s = *state_;
    const NodeId meta = s.find("meta");
    if (in_meta != (meta != kNoNode)) return {};
    std::string prefix;
    if (in_meta) {
        const std::string& qualified = s.tree.shape(meta).qualified;
        prefix = qualified.substr(0, qualified.find(':') + 1);
    }
    std::string out;
    if (s.find("meta/instanceID") == kNoNode) out += leaf_xml(prefix, "instanceID", instance_id());
    if (s.find("meta/deprecatedID") == kNoNode && !s.deprecated_id.empty()) {
        out += leaf_xml(prefix, "deprecatedID", s.deprecated_id);
    }
    if (in_meta) return out;
    return "<meta xmlns=\"http://openrosa.org/xforms\">" + out + "</meta>";
}

std::string Session::instance_xml() const {
    const State& s = *state_;
    std::string out;
    struct Frame {
        NodeId node;
        bool close;
    };
    const NodeId meta = s.find("meta");
    std::vector<Frame> todo{{1, false}};
    while (!todo.empty()) {
        const Frame frame = todo.back();
        todo.pop_back();
        const NodeTemplate& shape = s.tree.shape(frame.node);
        if (frame.close) {
            if (frame.node == meta || frame.node == 1) out += own_meta_xml(frame.node == meta);
            out += "</" + shape.qualified + ">";
            continue;
        }
        if (!s.tree.at(frame.node).relevant) continue;
        out += "<" + shape.qualified;
        if (frame.node == 1) open_root(*s.definition, out);
        for (NodeId a = s.tree.first_attribute(frame.node); a != kNoNode;
             a = s.tree.next_attribute(a)) {
            out += " " + s.tree.shape(a).qualified + "=\"" + escape_xml(s.tree.at(a).value) + "\"";
        }
        const std::string& value = s.tree.at(frame.node).value;
        std::vector<Frame> children;
        for (NodeId n = s.tree.first_child(frame.node); n != kNoNode; n = s.tree.next_sibling(n)) {
            children.push_back({n, false});
        }
        if (children.empty() && value.empty() && frame.node != 1) {
            out += "/>";
            continue;
        }
        out += ">" + escape_xml(value);
        todo.push_back({frame.node, true});
        todo.insert(todo.end(), children.rbegin(), children.rend());
    }
    return out;
}

}  // namespace awda::forms
