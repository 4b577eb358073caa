#include "forms/xml_tree.h"

#include <pugixml.hpp>

#include <cstring>

namespace awda::forms {

class XmlTreeBuilder {
public:
    /// `names` takes new names; with `known` only, names it does not have stay unnamed.
    XmlTreeBuilder(XmlTree& tree, StringPool* names, const StringPool& known, bool keep_blank,
                   const XmlTree::Limits& limits)
        : tree_(tree), names_(names), known_(known), keep_blank_(keep_blank), limits_(limits) {
        tree_.spaces_ = names != nullptr;
    }

    static Result<std::shared_ptr<const XmlTree>> parse(std::string_view xml, StringPool* names,
                                                        const StringPool& known, bool keep_blank,
                                                        const XmlTree::Limits& limits) {
        pugi::xml_document document;
        unsigned options = pugi::parse_default | pugi::parse_comments | pugi::parse_pi;
        if (keep_blank) options |= pugi::parse_ws_pcdata;
        const auto outcome =
            document.load_buffer(xml.data(), xml.size(), options, pugi::encoding_utf8);
        if (!outcome) return Error{Errc::kMalformed, "reading XML"};
        auto tree = std::make_shared<XmlTree>();
        AWDA_CHECK(XmlTreeBuilder(*tree, names, known, keep_blank, limits).build(document));
        return std::shared_ptr<const XmlTree>(std::move(tree));
    }

private:
    Status build(const pugi::xml_document& document) {
        tree_.nodes_.push_back({});
        tree_.nodes_[0].kind = NodeKind::kRoot;
        tree_.id_name_ = name_id("id");
        // An explicit stack: hostile nesting must not become recursion of ours.
        struct Frame {
            pugi::xml_node next;
            NodeId into;
            NodeId last;
        };
        std::vector<Frame> stack{{document.first_child(), 0, kNoNode}};
        while (!stack.empty()) {
            const pugi::xml_node source = stack.back().next;
            if (!source) {
                stack.pop_back();
                continue;
            }
            stack.back().next = source.next_sibling();
            const NodeId made = add(source, stack.back().into);
            if (made == kNoNode) continue;
            if (tree_.nodes_.size() > limits_.nodes) {
                return Error{Errc::kTooLarge, "XML with too many nodes"};
            }
            link(stack.back().into, stack.back().last, made);
            stack.back().last = made;
            if (source.first_child()) {
                if (stack.size() >= limits_.depth) {
                    return Error{Errc::kTooLarge, "XML nested too deeply"};
                }
                stack.push_back({source.first_child(), made, kNoNode});
            }
        }
        return {};
    }

    NameId name_id(std::string_view name) {
        return names_ != nullptr ? names_->intern(name) : known_.find(name);
    }

    void link(NodeId parent, NodeId last, NodeId made) {
        if (last == kNoNode) {
            tree_.nodes_[parent].first_child = made;
        } else {
            tree_.nodes_[last].next = made;
        }
    }

    NodeId push(NodeKind kind, NodeId parent, std::string_view text, std::string_view prefix) {
        XmlTree::Node node;
        node.kind = kind;
        node.parent = parent;
        node.text_at = static_cast<std::uint32_t>(tree_.text_.size());
        node.text_size = static_cast<std::uint32_t>(text.size());
        node.prefix_size = static_cast<std::uint32_t>(prefix.size());
        tree_.text_.append(text).append(prefix);
        tree_.nodes_.push_back(node);
        return static_cast<NodeId>(tree_.nodes_.size() - 1);
    }

    NodeId add(const pugi::xml_node& source, NodeId parent) {
        switch (source.type()) {
            case pugi::node_element: return add_element(source, parent);
            case pugi::node_pcdata:
            case pugi::node_cdata: return add_text(source.value(), parent);
            case pugi::node_comment: return push(NodeKind::kComment, parent, source.value(), {});
            case pugi::node_pi: {
                const NodeId made = push(NodeKind::kInstruction, parent, source.value(), {});
                tree_.nodes_[made].name = name_id(source.name());
                return made;
            }
            default: return kNoNode;
        }
    }

    NodeId add_text(std::string_view text, NodeId parent) {
        if (parent == 0) return kNoNode;
        const bool blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
        if (blank && !keep_blank_) return kNoNode;
        return push(NodeKind::kText, parent, text, {});
    }

    static std::pair<std::string_view, std::string_view> split(std::string_view qualified) {
        const auto colon = qualified.find(':');
        if (colon == std::string_view::npos) return {{}, qualified};
        return {qualified.substr(0, colon), qualified.substr(colon + 1)};
    }

    NodeId add_element(const pugi::xml_node& source, NodeId parent) {
        const auto [prefix, local] = split(source.name());
        const NodeId made = push(NodeKind::kElement, parent, {}, prefix);
        for (const pugi::xml_attribute& attribute : source.attributes())
            bind_space(attribute, made);
        tree_.nodes_[made].name = name_id(local);
        tree_.nodes_[made].space = tree_.resolve_prefix(made, prefix);
        NodeId last = kNoNode;
        for (const pugi::xml_attribute& attribute : source.attributes()) {
            const std::string_view name = attribute.name();
            if (name == "xmlns" || name.starts_with("xmlns:")) {
                const NodeId id = push(NodeKind::kNamespace, made, attribute.value(), {});
                if (name != "xmlns") tree_.nodes_[id].name = name_id(name.substr(6));
                continue;
            }
            const auto [attr_prefix, attr_local] = split(name);
            const NodeId id = push(NodeKind::kAttribute, made, attribute.value(), attr_prefix);
            tree_.nodes_[id].name = name_id(attr_local);
            if (!attr_prefix.empty()) {
                tree_.nodes_[id].space = tree_.resolve_prefix(made, attr_prefix);
            }
            if (last == kNoNode) {
                tree_.nodes_[made].first_attr = id;
            } else {
                tree_.nodes_[last].next = id;
            }
            last = id;
        }
        return made;
    }

    void bind_space(const pugi::xml_attribute& attribute, NodeId element) {
        constexpr std::size_t kBindingsMax = 1000;
        const std::string_view name = attribute.name();
        if (!tree_.spaces_ || tree_.bindings_.size() >= kBindingsMax) return;
        const std::string_view value = attribute.value();
        const NameId space = value.empty() ? kNoName : name_id(value);
        if (name == "xmlns") tree_.bindings_.push_back({element, "", space});
        if (name.starts_with("xmlns:")) {
            tree_.bindings_.push_back({element, std::string(name.substr(6)), space});
        }
    }

    XmlTree& tree_;
    StringPool* names_;
    const StringPool& known_;
    bool keep_blank_;
    XmlTree::Limits limits_;
};

Result<std::shared_ptr<const XmlTree>> XmlTree::parse(std::string_view xml, StringPool& names,
                                                      bool keep_blank_text) {
    return parse(xml, names, keep_blank_text, Limits{});
}

Result<std::shared_ptr<const XmlTree>> XmlTree::parse(std::string_view xml, StringPool& names,
                                                      bool keep_blank_text, const Limits& limits) {
    return XmlTreeBuilder::parse(xml, &names, names, keep_blank_text, limits);
}

Result<std::shared_ptr<const XmlTree>> XmlTree::parse_known(std::string_view xml,
                                                            const StringPool& names,
                                                            const Limits& limits) {
    return XmlTreeBuilder::parse(xml, nullptr, names, false, limits);
}

/// They stand among the attributes, right behind their element.
NodeId XmlTree::next_namespace(NodeId element, NodeId after) const {
    for (NodeId n = (after == kNoNode ? element : after) + 1;
         n < nodes_.size() && nodes_[n].parent == element &&
         (nodes_[n].kind == NodeKind::kNamespace || nodes_[n].kind == NodeKind::kAttribute);
         ++n) {
        if (nodes_[n].kind == NodeKind::kNamespace) return n;
    }
    return kNoNode;
}

void XmlTree::append_text(NodeId n, std::string& out) const {
    const Node& node = nodes_[n];
    if (node.kind != NodeKind::kElement && node.kind != NodeKind::kRoot) {
        out.append(text_, node.text_at, node.text_size);
        return;
    }
    // Descendants are the numbers that follow, up to the first node outside.
    for (NodeId at = n + 1; at < nodes_.size(); ++at) {
        if (nodes_[at].kind == NodeKind::kAttribute) continue;
        if (nodes_[at].parent < n || (n != 0 && nodes_[at].parent == kNoNode)) break;
        if (nodes_[at].kind == NodeKind::kText)
            out.append(text_, nodes_[at].text_at, nodes_[at].text_size);
    }
}

std::string_view XmlTree::prefix(NodeId n) const {
    const Node& node = nodes_[n];
    return std::string_view(text_).substr(node.text_at + node.text_size, node.prefix_size);
}

NameId XmlTree::resolve_prefix(NodeId at, std::string_view prefix) const {
    for (NodeId n = at; n != kNoNode; n = nodes_[n].parent) {
        for (auto it = bindings_.rbegin(); it != bindings_.rend(); ++it) {
            if (it->element == n && it->prefix == prefix) return it->space;
        }
    }
    return kNoName;
}

NameId XmlTree::any_prefix(std::string_view prefix) const {
    for (const SpaceBinding& binding : bindings_) {
        if (binding.prefix == prefix) return binding.space;
    }
    return kNoName;
}

NodeId XmlTree::find_xml_id(std::string_view id) const {
    for (NodeId n = 0; n < nodes_.size(); ++n) {
        const Node& node = nodes_[n];
        if (node.kind == NodeKind::kAttribute && node.name == id_name_ &&
            std::string_view(text_).substr(node.text_at, node.text_size) == id) {
            return node.parent;
        }
    }
    return kNoNode;
}

}  // namespace awda::forms
