#include "forms/compact_text.h"

#include "forms/names.h"
#include "forms/session_state.h"

namespace awda::forms {
namespace {}  // namespace

/// Walks the record for its tags. A friend of Session.
struct CompactTextWriter {
    const Session::State& s;  // of() alone makes one: State is private to others
    std::string out;
    std::string delimiter = " ";

    /// An attribute's value, with or without ODK's prefix; null if there is none.
    [[nodiscard]] const std::string* attribute_of(NodeId node, std::string_view name) const {
        for (NodeId a = s.tree.first_attribute(node); a != kNoNode; a = s.tree.next_attribute(a)) {
            if (local_name(s.tree.shape(a).qualified) == name) return &s.tree.at(a).value;
        }
        return nullptr;
    }

    void add(std::string_view part) {
        if (!out.empty()) out += delimiter;
        out += part;
    }

    /// A delimiter inside a value has a backslash in front.
    [[nodiscard]] std::string escaped(std::string_view value) const {
        std::string text;
        while (!value.empty()) {
            const auto at = delimiter.empty() ? value.npos : value.find(delimiter);
            text += value.substr(0, at);
            if (at == value.npos) break;
            text += '\\' + delimiter;
            value = value.substr(at + delimiter.size());
        }
        return text;
    }

    static std::string of(const Session& session) {
        CompactTextWriter writer{*session.state_, {}};
        writer.run();
        return std::move(writer.out);
    }

    void run() {
        if (const std::string* given = attribute_of(1, "delimiter")) delimiter = *given;
        if (const std::string* prefix = attribute_of(1, "prefix"); prefix && !prefix->empty()) {
            add(*prefix);
        }
        std::vector<NodeId> todo{1};
        while (!todo.empty()) {
            const NodeId node = todo.back();
            todo.pop_back();
            const NodeTemplate& shape = s.tree.shape(node);
            if (!s.tree.at(node).relevant || shape.is_attribute) continue;
            const std::string* tag = attribute_of(node, "tag");
            if (tag != nullptr && shape.element_children == 0) {
                add(*tag);
                out += delimiter + escaped(s.tree.at(node).value);
            }
            for (auto it = shape.children.rbegin(); it != shape.children.rend(); ++it) {
                const auto below = s.tree.children(node, *it);
                todo.insert(todo.end(), below.rbegin(), below.rend());
            }
        }
    }
};

std::string compact_text(const Session& session) {
    return CompactTextWriter::of(session);
}

}  // namespace awda::forms
