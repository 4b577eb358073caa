// XmlTree: an XML document as a read-only tree in document order, for expressions.
//
// Ownership: owns its text; names live in the pool it was built with, which must outlive it.
// Threads: immutable once built.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "forms/document.h"
#include "platform/result.h"

namespace awda::forms {

class XmlTree final : public Document {
public:
    struct Limits {
        std::size_t depth = 256;
        std::size_t nodes = 20'000'000;
    };
    /// kMalformed for text that is not well-formed XML, kTooLarge beyond the limits.
    [[nodiscard]] static Result<std::shared_ptr<const XmlTree>> parse(std::string_view xml,
                                                                      StringPool& names,
                                                                      bool keep_blank_text = true);
    [[nodiscard]] static Result<std::shared_ptr<const XmlTree>> parse(std::string_view xml,
                                                                      StringPool& names,
                                                                      bool keep_blank_text,
                                                                      const Limits& limits);

    /// For documents that come when `names` is shared already: names it does not have stay
    /// unnamed, since nothing can ask for them, and namespaces are not kept.
    [[nodiscard]] static Result<std::shared_ptr<const XmlTree>> parse_known(std::string_view xml,
                                                                            const StringPool& names,
                                                                            const Limits& limits);

    [[nodiscard]] NodeKind kind(NodeId n) const override { return nodes_[n].kind; }
    [[nodiscard]] NodeId parent(NodeId n) const override { return nodes_[n].parent; }
    [[nodiscard]] NodeId first_child(NodeId n) const override { return nodes_[n].first_child; }
    [[nodiscard]] NodeId next_sibling(NodeId n) const override { return nodes_[n].next; }
    [[nodiscard]] NodeId first_attribute(NodeId n) const override { return nodes_[n].first_attr; }
    [[nodiscard]] NodeId next_attribute(NodeId n) const override {
        return nodes_[n].kind == NodeKind::kAttribute ? nodes_[n].next : kNoNode;
    }
    [[nodiscard]] NodeId next_namespace(NodeId element, NodeId after) const override;
    [[nodiscard]] NameId name(NodeId n) const override { return nodes_[n].name; }
    [[nodiscard]] NameId space(NodeId n) const override { return nodes_[n].space; }
    [[nodiscard]] bool has_spaces() const override { return spaces_; }
    void append_text(NodeId n, std::string& out) const override;
    [[nodiscard]] std::string_view prefix(NodeId n) const override;
    /// Resolves a namespace prefix at a node; kNoName if it is not bound.
    [[nodiscard]] NameId resolve_prefix(NodeId at, std::string_view prefix) const;
    /// The namespace bound to `prefix` anywhere in the document.
    [[nodiscard]] NameId any_prefix(std::string_view prefix) const;
    [[nodiscard]] NodeId find_xml_id(std::string_view id) const;
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

private:
    friend class XmlTreeBuilder;
    struct Node {
        NodeId parent = kNoNode;
        NodeId first_child = kNoNode;
        NodeId next = kNoNode;
        NodeId first_attr = kNoNode;
        NameId name = kNoName;
        NameId space = kNoName;
        std::uint32_t text_at = 0;
        std::uint32_t text_size = 0;
        std::uint32_t prefix_size = 0;  ///< the prefix follows the text
        NodeKind kind{};
    };
    struct SpaceBinding {
        NodeId element;
        std::string prefix;
        NameId space;
    };
    std::vector<Node> nodes_;
    std::string text_;
    std::vector<SpaceBinding> bindings_;
    NameId id_name_ = kNoName;
    bool spaces_ = true;
};

}  // namespace awda::forms
