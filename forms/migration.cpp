#include "forms/migration.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "forms/compiled.h"

namespace awda::forms {
namespace {

/// Which template of the new version takes the answers of which of the old one.
class TemplateMap {
public:
    TemplateMap(const Compiled& before, const Compiled& after) : before_(before), after_(after) {
        count_names();
        to_.assign(before.nodes.size(), kNone);
        to_[0] = 0;
        // Parents come before children, so that a field knows where its row went.
        std::vector<TemplateId> todo{0};
        while (!todo.empty()) {
            const TemplateId t = todo.back();
            todo.pop_back();
            if (t != 0) to_[t] = target(t);
            const auto& children = before.nodes[t].children;
            todo.insert(todo.end(), children.begin(), children.end());
        }
    }

    [[nodiscard]] TemplateId of(TemplateId old) const { return to_[old]; }
    [[nodiscard]] TemplateId find(TemplateId parent, std::string_view step) const {
        const bool attribute = step.starts_with('@');
        if (attribute) step.remove_prefix(1);
        for (const TemplateId t : before_.nodes[parent].children) {
            const NodeTemplate& node = before_.nodes[t];
            if (node.is_attribute == attribute && before_.names->text(node.name) == step) return t;
        }
        return kNone;
    }

private:
    enum class Sort : std::uint8_t { kGroup, kRepeat, kLeaf };
    static Sort sort_of(const NodeTemplate& node) {
        if (node.is_repeat) return Sort::kRepeat;
        return node.element_children > 0 ? Sort::kGroup : Sort::kLeaf;
    }
    static std::string key(const Compiled& form, TemplateId t) {
        const NodeTemplate& node = form.nodes[t];
        return std::to_string(static_cast<int>(sort_of(node))) + (node.is_attribute ? "@" : ":") +
               std::string(form.names->text(node.name));
    }

    void count_names() {
        for (TemplateId t = 0; t < before_.nodes.size(); ++t) ++before_names_[key(before_, t)];
        for (TemplateId t = 0; t < after_.nodes.size(); ++t) {
            after_names_[key(after_, t)].push_back(t);
        }
    }

    /// The rows around a field must be rows around it still.
    [[nodiscard]] bool same_rows(TemplateId old, TemplateId now) const {
        const TemplateId old_parent = before_.nodes[old].parent;
        const TemplateId old_row = before_.nodes[old_parent].repeat;
        const TemplateId now_parent = after_.nodes[now].parent;
        if (now_parent == kNone) return false;
        const TemplateId now_row = after_.nodes[now_parent].repeat;
        return old_row == kNone ? now_row == kNone : to_[old_row] == now_row && now_row != kNone;
    }

    [[nodiscard]] TemplateId target(TemplateId old) const {
        const NodeTemplate& node = before_.nodes[old];
        const auto same = after_.by_path.find(template_path(before_, old));
        if (same != after_.by_path.end() && fits(old, same->second)) return same->second;
        // An attribute stays with its element.
        if (node.is_attribute) {
            const TemplateId owner = to_[node.parent];
            if (owner == kNone) return kNone;
            for (const TemplateId t : after_.nodes[owner].children) {
                if (after_.nodes[t].is_attribute && key(after_, t) == key(before_, old)) return t;
            }
            return kNone;
        }
        const auto named = after_names_.find(key(before_, old));
        const bool only = named != after_names_.end() && named->second.size() == 1 &&
                          before_names_.at(key(before_, old)) == 1;
        if (only && fits(old, named->second.front())) return named->second.front();
        return kNone;
    }

    [[nodiscard]] bool fits(TemplateId old, TemplateId now) const {
        return sort_of(before_.nodes[old]) == sort_of(after_.nodes[now]) &&
               before_.nodes[old].is_attribute == after_.nodes[now].is_attribute &&
               same_rows(old, now);
    }

    const Compiled& before_;
    const Compiled& after_;
    std::vector<TemplateId> to_;
    std::unordered_map<std::string, std::size_t> before_names_;
    std::unordered_map<std::string, std::vector<TemplateId>> after_names_;
};

struct OldPlace {
    TemplateId node = kNone;
    std::vector<std::string> positions;  ///< "[2]" of each repeat on the way
};

std::optional<OldPlace> place_of(std::string_view path, const TemplateMap& map,
                                 const Compiled& before) {
    OldPlace out{0, {}};
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view step = path.substr(0, slash);
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        const auto open = step.find('[');
        out.node = map.find(out.node, step.substr(0, open));
        if (out.node == kNone) return std::nullopt;
        if (!before.nodes[out.node].is_repeat) continue;
        out.positions.emplace_back(open == std::string_view::npos ? "[1]" : step.substr(open));
    }
    return out.node == 0 ? std::nullopt : std::optional(out);
}

/// The ref in the new version, with the old rows' positions.
std::string ref_of(TemplateId node, const std::vector<std::string>& positions,
                   const Compiled& after) {
    std::vector<TemplateId> way;
    for (TemplateId t = node; t != 0; t = after.nodes[t].parent) way.push_back(t);
    std::string out;
    std::size_t row = 0;
    for (auto it = way.rbegin(); it != way.rend(); ++it) {
        const NodeTemplate& shape = after.nodes[*it];
        if (!out.empty()) out += '/';
        if (shape.is_attribute) out += '@';
        out += after.names->text(shape.name);
        if (shape.is_repeat && row < positions.size()) out += positions[row++];
    }
    return out;
}

/// What became of a value that found a place, told by the session it is in now.
FieldFate fate_of(const FieldReport& field, const OldPlace& old, TemplateId target,
                  const Compiled& before, const Compiled& after, const Session& session) {
    const NodeTemplate& shape = after.nodes[target];
    const auto view = session.view(field.to);
    const auto wrong_by = [&](ProblemKind kind) {
        return view.ok() && view->problem && view->problem->kind == kind;
    };
    if (wrong_by(ProblemKind::kNotAChoice)) return FieldFate::kChoiceGone;
    if (field.now != field.value) {
        if (shape.aspects[static_cast<std::size_t>(Aspect::kCalculate)] != kNone) {
            return FieldFate::kRecomputed;
        }
        if (is_select(shape.control)) return FieldFate::kChoiceGone;
    }
    if (before.nodes[old.node].type != shape.type) {
        return wrong_by(ProblemKind::kWrongType) ? FieldFate::kTypeInvalid
                                                 : FieldFate::kTypeChanged;
    }
    if (field.now != field.value) return FieldFate::kRecomputed;
    return field.from == field.to ? FieldFate::kCarried : FieldFate::kMoved;
}

void report_new_required(const Session& session, MigrationReport& report) {
    std::unordered_set<std::string> asked;
    for (const FieldReport& field : report.fields) asked.insert(field.to);
    for (const ViewNode& node : session.page()) {
        const bool open = node.kind == ViewKind::kQuestion && node.required && node.value.empty();
        if (open && !asked.contains(node.ref)) {
            report.fields.push_back({FieldFate::kNewRequired, {}, node.ref, {}, {}});
        }
    }
}

}  // namespace

std::string_view field_fate_name(FieldFate fate) {
    switch (fate) {
        case FieldFate::kCarried: return "carried";
        case FieldFate::kMoved: return "moved";
        case FieldFate::kTypeChanged: return "type_changed";
        case FieldFate::kTypeInvalid: return "type_invalid";
        case FieldFate::kChoiceGone: return "choice_gone";
        case FieldFate::kRecomputed: return "recomputed";
        case FieldFate::kOrphaned: return "orphaned";
        case FieldFate::kNewRequired: return "new_required";
    }
    return {};
}

std::size_t MigrationReport::count(FieldFate fate) const {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(),
                      [&](const FieldReport& field) { return field.fate == fate; }));
}

std::vector<std::string> migrated_paths(const FormDefinition& before, const FormDefinition& after,
                                        std::span<const std::string> paths) {
    const TemplateMap map(before.compiled(), after.compiled());
    std::vector<std::string> places;
    places.reserve(paths.size());
    for (const std::string& path : paths) {
        const auto old = place_of(path, map, before.compiled());
        const TemplateId target = old ? map.of(old->node) : kNone;
        places.push_back(target == kNone ? std::string() : ref_of(target, {}, after.compiled()));
    }
    return places;
}

MigrationReport migrate(const FormDefinition& before, std::span<const Answer> answers,
                        Session& session) {
    const Compiled& old_form = before.compiled();
    const Compiled& new_form = session.definition().compiled();
    const TemplateMap map(old_form, new_form);
    MigrationReport report;
    std::vector<Answer> moved;
    std::vector<std::pair<std::size_t, OldPlace>> placed;  // field of the report, where it was
    for (const Answer& answer : answers) {
        const auto old = place_of(answer.path, map, old_form);
        const TemplateId target = old ? map.of(old->node) : kNone;
        const bool row = old && old_form.nodes[old->node].is_repeat && answer.value.empty();
        if (target == kNone) {
            report.fields.push_back({FieldFate::kOrphaned, answer.path, {}, answer.value, {}});
            continue;
        }
        std::string to = ref_of(target, old->positions, new_form);
        moved.push_back({to, answer.value});
        if (row && answer.path == to) continue;  // rows are told of where they moved
        const FieldFate fate = row ? FieldFate::kMoved : FieldFate::kCarried;
        if (!row) placed.emplace_back(report.fields.size(), *old);
        report.fields.push_back({fate, answer.path, std::move(to), answer.value, {}});
    }
    (void)session.restore(moved);
    std::unordered_map<std::string, std::string> now;
    for (Answer& answer : session.answers(Session::Include::kAll)) {
        now.emplace(std::move(answer.path), std::move(answer.value));
    }
    for (const auto& [at, old] : placed) {
        FieldReport& field = report.fields[at];
        if (const auto found = now.find(field.to); found != now.end()) field.now = found->second;
        field.fate = fate_of(field, old, map.of(old.node), old_form, new_form, session);
    }
    report_new_required(session, report);
    return report;
}

}  // namespace awda::forms
