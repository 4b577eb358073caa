#include "forms/instance_reader.h"

#include <algorithm>
#include <unordered_map>

#include "forms/compiled.h"
#include "forms/instance.h"
#include "forms/value.h"
#include "forms/xml_tree.h"

namespace awda::forms {
namespace {

/// Walks the XML beside the form's templates. Iterative: XML nests deeper than forms do.
class InstanceWalk {
public:
    InstanceWalk(const Compiled& form, const XmlTree& xml, const StringPool& names,
                 InstanceContent& out)
        : form_(form), xml_(xml), names_(names), out_(out) {}

    Status run(NodeId root) {
        todo_.push_back({root, 0, {}});
        while (!todo_.empty()) {
            const Frame frame = std::move(todo_.back());
            todo_.pop_back();
            ref_bytes_ += frame.ref.size();
            if (ref_bytes_ > kInstanceRefBytesMax) return Error{Errc::kTooLarge, "an instance"};
            visit(frame);
        }
        return {};
    }

private:
    struct Frame {
        NodeId element = kNoNode;
        TemplateId place = kNone;  ///< kNone: the form has none
        std::string ref;
    };

    [[nodiscard]] std::string_view name(NodeId n) const { return names_.text(xml_.name(n)); }

    /// The element's own text: nothing where it only lays out elements.
    [[nodiscard]] std::string own_text(NodeId element, bool has_elements) const {
        std::string text;
        for (NodeId n = xml_.first_child(element); n != kNoNode; n = xml_.next_sibling(n)) {
            if (xml_.kind(n) == NodeKind::kText) xml_.append_text(n, text);
        }
        const bool blank = trim(text).empty();
        if (blank && (has_elements || text.find('\n') != std::string::npos)) return {};
        return text;
    }

    [[nodiscard]] TemplateId child_place(TemplateId parent, std::string_view local,
                                         bool attribute) const {
        if (parent == kNone) return kNone;
        const NameId id = form_.names->find(local);
        if (id == kNoName) return kNone;
        for (const TemplateId child : form_.nodes[parent].children) {
            const NodeTemplate& t = form_.nodes[child];
            if (t.name == id && t.is_attribute == attribute) return child;
        }
        return kNone;
    }

    [[nodiscard]] static bool prototype(std::string_view prefix, std::string_view local) {
        return local == "template" && !prefix.empty();
    }

    /// Whether the element is a repeat's prototype; its attributes are kept otherwise.
    bool attributes(const Frame& frame, std::vector<Answer>& known, std::vector<Answer>& unknown) {
        for (NodeId a = xml_.first_attribute(frame.element); a != kNoNode;
             a = xml_.next_attribute(a)) {
            const std::string_view local = name(a);
            if (prototype(xml_.prefix(a), local)) return true;
            std::string value;
            xml_.append_text(a, value);
            std::string ref = frame.ref.empty() ? "@" : frame.ref + "/@";
            ref += local;
            const TemplateId place = child_place(frame.place, local, true);
            if (place != kNone && form_.nodes[place].bind != nullptr) {
                known.push_back({std::move(ref), std::move(value)});
            } else if (place == kNone && !(frame.ref.empty() && form_word(local))) {
                unknown.push_back({std::move(ref), std::move(value)});
            }
        }
        return false;
    }

    /// Attributes of the root that say which form it is; read_instance() looks at them.
    [[nodiscard]] static bool form_word(std::string_view local) {
        return local == "id" || local == "version" || local == "uiVersion" || local == "prefix" ||
               local == "delimiter";
    }

    void visit(const Frame& frame) {
        std::vector<Answer> known_attributes;
        std::vector<Answer> unknown_attributes;
        if (attributes(frame, known_attributes, unknown_attributes)) return;
        std::vector<Frame> below;
        std::unordered_map<std::string_view, std::size_t> seen;
        for (NodeId n = xml_.first_child(frame.element); n != kNoNode; n = xml_.next_sibling(n)) {
            if (xml_.kind(n) == NodeKind::kElement) below.push_back(place_child(frame, n, seen));
        }
        const bool known = frame.place != kNone;
        const bool row = known && form_.nodes[frame.place].is_repeat;
        auto& leaves = known ? out_.answers : out_.unknown;
        if (row) out_.answers.push_back({frame.ref, {}});
        std::string text = own_text(frame.element, !below.empty());
        const bool leaf = known && form_.nodes[frame.place].element_children == 0 && !row;
        if (!text.empty() && known && !leaf) {
            out_.unknown.push_back({frame.ref, std::move(text)});
        } else if (!text.empty() || (!known && below.empty())) {
            leaves.push_back({frame.ref, std::move(text)});
        }
        std::move(known_attributes.begin(), known_attributes.end(),
                  std::back_inserter(out_.answers));
        std::move(unknown_attributes.begin(), unknown_attributes.end(),
                  std::back_inserter(out_.unknown));
        std::move(below.rbegin(), below.rend(), std::back_inserter(todo_));
    }

    Frame place_child(const Frame& parent, NodeId element,
                      std::unordered_map<std::string_view, std::size_t>& seen) {
        const std::string_view local = name(element);
        Frame out{element, child_place(parent.place, local, false), parent.ref};
        if (!out.ref.empty()) out.ref += '/';
        out.ref += local;
        const bool repeat = out.place != kNone && form_.nodes[out.place].is_repeat;
        if (repeat && is_prototype(element)) return out;  // visit() leaves it out
        const std::size_t count = ++seen[local];
        if (repeat && count <= InstanceTree::kRowsMax) {
            out.ref += "[" + std::to_string(count) + "]";
        } else if (repeat || count > 1) {
            // A second element where the form has one, or a row too many.
            out.place = kNone;
            out.ref += "[" + std::to_string(count) + "]";
        }
        return out;
    }

    [[nodiscard]] bool is_prototype(NodeId element) const {
        for (NodeId a = xml_.first_attribute(element); a != kNoNode; a = xml_.next_attribute(a)) {
            if (prototype(xml_.prefix(a), name(a))) return true;
        }
        return false;
    }

    const Compiled& form_;
    const XmlTree& xml_;
    const StringPool& names_;
    InstanceContent& out_;
    std::vector<Frame> todo_;
    std::size_t ref_bytes_ = 0;
};

}  // namespace

Result<InstanceContent> read_instance(const FormDefinition& form, std::string_view xml) {
    if (xml.size() > kInstanceXmlMax) return Error{Errc::kTooLarge, "an instance"};
    if (!valid_utf8(xml)) return Error{Errc::kMalformed, "an instance that is not UTF-8"};
    // XML has no such characters, so what we wrote of them could not be read again.
    const bool control = std::any_of(xml.begin(), xml.end(), [](unsigned char c) {
        return c < ' ' && c != '\t' && c != '\n' && c != '\r';
    });
    if (control) return Error{Errc::kMalformed, "an instance with control characters"};
    StringPool names;
    const auto tree = AWDA_TRY(
        XmlTree::parse(xml, names, true, XmlTree::Limits{kInstanceDepthMax, kInstanceNodesMax}));
    NodeId root = tree->first_child(0);
    while (root != kNoNode && tree->kind(root) != NodeKind::kElement) {
        root = tree->next_sibling(root);
    }
    if (root == kNoNode) return Error{Errc::kMalformed, "an instance without a root"};
    InstanceContent out;
    for (NodeId a = tree->first_attribute(root); a != kNoNode; a = tree->next_attribute(a)) {
        const std::string_view local = names.text(tree->name(a));
        if (local == "id") tree->append_text(a, out.form_id);
        if (local == "version") tree->append_text(a, out.version);
    }
    const Compiled& compiled = form.compiled();
    const std::string_view own_name = compiled.names->text(compiled.nodes[0].name);
    const bool ours = out.form_id.empty() ? names.text(tree->name(root)) == own_name
                                          : out.form_id == compiled.settings.form_id;
    if (!ours) return Error{Errc::kUnknownForm, "reading an instance"};
    InstanceWalk walk(compiled, *tree, names, out);
    AWDA_CHECK(walk.run(root));
    return out;
}

}  // namespace awda::forms
