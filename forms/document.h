// Document: a tree that expressions walk: the live instance, an XML file, or a table of choices.
//
// Ownership: a NodeRef borrows its Document. Threads: reading is safe wherever the concrete
// document is not being changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "forms/names.h"

namespace awda::forms {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = 0xffffffffU;

enum class NodeKind : std::uint8_t {
    kRoot,
    kElement,
    kAttribute,
    kText,
    kComment,
    kInstruction,
    kNamespace
};

class Document {
public:
    virtual ~Document() = default;

    [[nodiscard]] virtual NodeId root() const { return 0; }
    [[nodiscard]] virtual NodeKind kind(NodeId node) const = 0;
    [[nodiscard]] virtual NodeId parent(NodeId node) const = 0;
    [[nodiscard]] virtual NodeId first_child(NodeId node) const = 0;
    [[nodiscard]] virtual NodeId next_sibling(NodeId node) const = 0;
    [[nodiscard]] virtual NodeId first_attribute(NodeId node) const = 0;
    [[nodiscard]] virtual NodeId next_attribute(NodeId node) const = 0;
    /// The namespace declarations of an element, one after another; kNoNode where none are kept.
    [[nodiscard]] virtual NodeId next_namespace(NodeId, NodeId) const { return kNoNode; }
    /// Local name; kNoName where a kind has none.
    [[nodiscard]] virtual NameId name(NodeId node) const = 0;
    /// The namespace's name; kNoName for "none" and where namespaces are not kept.
    [[nodiscard]] virtual NameId space(NodeId node) const = 0;
    /// Whether name tests look at namespaces here.
    [[nodiscard]] virtual bool has_spaces() const { return false; }
    virtual void append_text(NodeId node, std::string& out) const = 0;
    /// Nodes that are not relevant are not there for expressions.
    [[nodiscard]] virtual bool visible(NodeId) const { return true; }
    /// Whether `a` comes before `b`. Trees numbered in document order compare numbers.
    [[nodiscard]] virtual bool before(NodeId a, NodeId b) const { return a < b; }
    [[nodiscard]] virtual std::string_view prefix(NodeId) const { return {}; }
};

struct NodeRef {
    const Document* document = nullptr;
    NodeId node = kNoNode;
    bool operator==(const NodeRef&) const = default;
    [[nodiscard]] explicit operator bool() const { return document != nullptr; }
    [[nodiscard]] std::string text() const {
        std::string out;
        document->append_text(node, out);
        return out;
    }
};

}  // namespace awda::forms
