#include "forms/protection.h"

#include <algorithm>
#include <vector>

#include "forms/compiled.h"
#include "forms/resolve.h"
#include "forms/value.h"

namespace awda::forms {

namespace {

/// Spreads the mark along the form's rules until nothing new is reached.
class Spread {
public:
    explicit Spread(const Compiled& compiled)
        : c_(compiled), protected_(compiled.nodes.size(), false), readers_(compiled.nodes.size()) {}

    ProtectedPaths run() {
        bool any = false;
        for (TemplateId node = 0; node < c_.nodes.size() && !any; ++node) any = marked(node);
        if (!any) return {};  // most forms; their rules need not be read
        for (TemplateId node = 0; node < c_.nodes.size(); ++node) note_rules(node);
        for (const CompiledAction& action : c_.actions) note_action(action);
        for (TemplateId node = 0; node < c_.nodes.size(); ++node) {
            if (marked(node)) protect(node);
        }
        while (!waiting_.empty()) {
            const TemplateId node = waiting_.back();
            waiting_.pop_back();
            for (const TemplateId child : c_.nodes[node].children) protect(child);
            for (const TemplateId reader : readers_[node]) protect(reader);
            tell_groups_around(node);
        }
        return ProtectedPaths(tops());
    }

private:
    [[nodiscard]] bool marked(TemplateId node) const {
        const ModelBind* bind = c_.nodes[node].bind;
        if (node == 0 || bind == nullptr) return false;
        std::string mark(trim(attribute(bind->others, "awda:sensitivity")));
        std::ranges::transform(mark, mark.begin(), [](char ch) {
            return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch - 'A' + 'a') : ch;
        });
        return mark == kProtectedMark;
    }

    void protect(TemplateId node) {
        if (node == kNone || node == 0 || protected_[node]) return;
        protected_[node] = true;
        waiting_.push_back(node);
    }

    /// Who reads a group reads the text of all that is in it. Rows are counted rather than read, so
    /// that a count of a repeat with a protected question stays what it is.
    void tell_groups_around(TemplateId node) {
        for (TemplateId up = c_.nodes[node].parent; up != kNone && up != 0;
             up = c_.nodes[up].parent) {
            if (c_.nodes[up].is_repeat) continue;
            for (const TemplateId reader : readers_[up]) protect(reader);
        }
    }

    void note(CompiledId expr, TemplateId reader) {
        if (expr == kNone) return;
        // Resolved anew in a copy: what a rule reads is not kept once the form is compiled.
        CompiledExpr copy;
        copy.expr = c_.exprs[expr].expr;
        copy.context = c_.exprs[expr].context;
        for (const Read& read : Resolver(c_, copy).run()) {
            if (read.source != reader) readers_[read.source].push_back(reader);
        }
    }

    void note_rules(TemplateId node) {
        for (const CompiledId expr : c_.nodes[node].aspects) note(expr, node);
        note(c_.nodes[node].constraint, node);
    }

    void note_action(const CompiledAction& action) {
        if (action.target == kNone) return;
        note(action.value, action.target);
        note(action.target_expr, action.target);
        if ((action.events & kValueChanged) != 0 && action.scope != kNone) {
            readers_[action.scope].push_back(action.target);
        }
    }

    [[nodiscard]] std::set<std::string, std::less<>> tops() const {
        std::set<std::string, std::less<>> out;
        for (TemplateId node = 1; node < c_.nodes.size(); ++node) {
            if (!protected_[node]) continue;
            const TemplateId parent = c_.nodes[node].parent;
            if (parent != kNone && protected_[parent]) continue;
            out.insert(template_path(c_, node));
        }
        return out;
    }

    const Compiled& c_;
    std::vector<bool> protected_;
    std::vector<std::vector<TemplateId>> readers_;
    std::vector<TemplateId> waiting_;
};

}  // namespace

std::string without_positions(std::string_view ref) {
    std::string path;
    path.reserve(ref.size());
    bool inside = false;
    for (const char c : ref) {
        if (c == '[') inside = true;
        if (!inside) path += c;
        if (c == ']') inside = false;
    }
    return path;
}

bool ProtectedPaths::covers(std::string_view ref) const {
    if (tops_.empty()) return false;
    const std::string path = without_positions(ref);
    std::size_t end = path.find('/');
    for (;;) {
        if (tops_.contains(std::string_view(path).substr(0, end))) return true;
        if (end == std::string::npos) return false;
        end = path.find('/', end + 1);
    }
}

void ProtectedPaths::add(std::string_view ref) {
    if (!covers(ref)) tops_.insert(without_positions(ref));
}

ProtectedPaths protected_paths(const FormDefinition& definition) {
    return Spread(definition.compiled()).run();
}

}  // namespace awda::forms
