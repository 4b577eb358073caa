#include "forms/session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "forms/names.h"
#include "forms/session_state.h"
#include "forms/value.h"
#include "platform/ids.h"

namespace awda::forms {
namespace {

constexpr std::size_t kPassesMax = 500;  ///< steps back in the order of one transaction
constexpr std::size_t kActionRoundsMax = 100;
constexpr std::size_t kUncomputedMax = 1000;  ///< kept, to tell of them
constexpr std::size_t kNodeWork = 60;         ///< making a node, in steps of evaluation
constexpr std::size_t kMarksAStep = 8;
constexpr std::size_t kValueBytesMax = 1U << 20U;  ///< of an answer or a computed value

/// A time of day with its offset from UTC, milliseconds and all.
std::string with_zone(const std::string& time, const ZoneFunction& zone) {
    const bool marked = time.find_first_of("Z+-") != std::string::npos;
    const auto ms = parse_time_of_day(time, zone);
    if (marked || !ms) return time;
    const std::int32_t offset = zone(0);
    constexpr std::size_t kDate = 11;    // "1970-01-01T"
    constexpr std::size_t kLength = 12;  // "09:30:00.000"
    const std::string whole =
        print_moment({*ms - std::int64_t{offset} * 1000, offset, true}).substr(kDate);
    return offset == 0 ? whole.substr(0, kLength) + "Z" : whole;
}

}  // namespace

ZoneOffset fixed_zone(std::int32_t seconds_east) {
    return [seconds_east](UnixMs) { return seconds_east; };
}

Session::State::State(FormDefinitionPtr definition_in, SessionOptions options_in)
    : definition(std::move(definition_in)),
      c(definition->compiled()),
      options(std::move(options_in)),
      tree(c),
      log(tree),
      queues(c.vertices.size()),
      aggregates(c.nodes.size()) {
    if (options.clock == nullptr) options.clock = &system_clock();
    if (options.random == nullptr) options.random = &system_random();
    if (!options.zone) options.zone = fixed_zone(kIraqOffsetSeconds);
    if (!c.languages.empty()) language = definition->find_language(c.settings.default_language);
    load_last_saved();
}

std::string_view Session::State::language_tag() {
    return language ? std::string_view(c.languages[*language].tag) : std::string_view("en");
}

NodeRef Session::State::instance(std::string_view id) {
    if (last_saved != nullptr && id == last_saved_id) return {last_saved.get(), 0};
    const auto found = c.instances.find(std::string(id));
    if (found != c.instances.end()) return {found->second, found->second->root()};
    // instance('form id') means the record itself.
    if (id == c.settings.form_id) return {&tree, 0};
    if (id.ends_with(".csv")) return instance(id.substr(0, id.size() - 4));  // pulldata('x.csv')
    return {};
}

// Start ------------------------------------------------------------------------------------------

void Session::State::start() {
    given = options.opening;
    begin({JournalAction::kOpened, options.instance_id, {}, 0, {}}, false);
    given.reset();
    for (NodeId n = 1; n < tree.size(); ++n) {
        InstanceTree::Node& node = tree.at(n);
        if (!node.value.empty()) node.value = normalised(node.kind, std::move(node.value));
    }
    clear_bad_defaults();
    preload();
    compute_everything();
    if (!options.editing) fire(kFirstLoad, 1);
    fire(kLoad, 1);
    loading = false;
    settle();
    commit();
}

std::string Session::State::preload_value(const ModelBind& bind) {
    const std::string& kind = bind.preload;
    const std::string what = lower_ascii(bind.preload_params);
    if (kind == "uid") return options.instance_id;
    if (kind == "timestamp" && what == "start") return print_moment(moment_at(now(), zone(), true));
    if (kind == "date" && what == "today") return print_moment(moment_at(now(), zone(), false));
    return kind == "property" ? property(what) : std::string();
}

std::string Session::State::property(std::string_view what) {
    if (what == "deviceid") return options.device_id;
    if (what == "username") return options.username;
    if (what == "email") return options.email;
    if (what == "phonenumber") return options.phone_number;
    return {};  // simserial and subscriberid: cards that a desk does not have
}

std::string Session::State::new_instance_id() {
    Id16 id{};
    random().fill(id);
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0fU) | 0x40U);
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3fU) | 0x80U);
    return "uuid:" + to_uuid_text(id);
}

void Session::State::preload() {
    if (options.instance_id.empty()) options.instance_id = new_instance_id();
    for (TemplateId t = 0; t < c.nodes.size(); ++t) {
        const ModelBind* bind = c.nodes[t].bind;
        if (bind == nullptr || bind->preload.empty()) continue;
        std::vector<NodeId> nodes;
        tree.collect(1, t, nodes);
        for (const NodeId node : nodes) {
            // An edited record keeps what it was first given.
            if (tree.at(node).value.empty()) tree.at(node).value = preload_value(*bind);
        }
    }
    // Every record has an id, whether its form asks for one or not.
    const NodeId id_node = find("meta/instanceID");
    if (id_node == kNoNode || !tree.at(id_node).value.empty()) return;
    const auto& aspects = tree.shape(id_node).aspects;
    if (aspects[static_cast<std::size_t>(Aspect::kCalculate)] == kNone) {
        tree.at(id_node).value = options.instance_id;
    }
}

void Session::State::compute_everything() {
    aggregates.clear();  // values may have been written without marking what reads them
    enqueue_subtree(1);
    recompute();
}

void Session::State::enqueue_subtree(NodeId top) {
    // All instances of all vertices at or below `top`.
    const TemplateId top_kind = tree.at(top).kind;
    std::vector<TemplateId> todo{top_kind};
    std::vector<NodeId> nodes;
    while (!todo.empty()) {
        const TemplateId t = todo.back();
        todo.pop_back();
        for (std::size_t aspect = 0; aspect < kAspects; ++aspect) {
            const std::uint32_t vertex = c.vertex_of[t][aspect];
            if (vertex == kNone) continue;
            const bool count = static_cast<Aspect>(aspect) == Aspect::kCount;
            if (count && t == top_kind) continue;
            nodes.clear();
            tree.collect(top, count ? c.nodes[t].parent : t, nodes);
            for (const NodeId node : nodes) enqueue(vertex, node);
        }
        todo.insert(todo.end(), c.nodes[t].children.begin(), c.nodes[t].children.end());
    }
}

/// Dates formatted for people, and labels in calculations, follow the language; nothing else is
/// computed again, so that uuid() and now() stay what they were.
void Session::State::enqueue_language() {
    std::vector<NodeId> nodes;
    for (std::uint32_t v = 0; v < c.vertices.size(); ++v) {
        const Vertex& vertex = c.vertices[v];
        const Expression& expr = c.exprs[vertex.expr].expr;
        bool follows = false;
        for (ExprId id = 0; id < expr.size() && !follows; ++id) {
            const Fn fn = expr.node(id).op == Op::kCall ? expr.node(id).fn : Fn::kUnknown;
            follows = fn == Fn::kItext || fn == Fn::kChoiceName || fn == Fn::kFormatDate ||
                      fn == Fn::kFormatDateTime;
        }
        if (!follows || vertex.aspect == Aspect::kCount) continue;
        nodes.clear();
        tree.collect(1, vertex.node, nodes);
        for (const NodeId node : nodes) enqueue(v, node);
    }
}

// Recomputation ----------------------------------------------------------------------------------

void Session::State::enqueue(std::uint32_t vertex, NodeId node) {
    // A count is kept by the rows' parent, which may have several counted repeats: the bit is the
    // rows' own.
    const Aspect aspect = c.vertices[vertex].aspect;
    if (aspect != Aspect::kCount) {
        const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(aspect));
        std::uint8_t& pending = tree.at(node).pending;
        if ((pending & bit) != 0) return;
        pending = static_cast<std::uint8_t>(pending | bit);
    } else {
        const std::uint32_t set = tree.row_set(node, c.vertices[vertex].node);
        if (counts_queued.size() <= set) counts_queued.resize(tree.row_sets());
        if (counts_queued[set]) return;
        counts_queued[set] = true;
    }
    if (queues[vertex].empty()) ready.push(vertex);
    queues[vertex].push_back(node);
}

void Session::State::mark_dependents(NodeId source) {
    const TemplateId kind = tree.at(source).kind;
    aggregates.touched(kind);
    std::vector<NodeId> nodes;
    for (const Dependent& dependent : c.nodes[kind].dependents) {
        const Vertex& vertex = c.vertices[dependent.vertex];
        if (c.nodes[vertex.node].repeat == kNone && vertex.node != kind) {
            enqueue(dependent.vertex, tree.single(vertex.node));
            continue;
        }
        const bool every_row = rules().absolute_in_repeat == AbsoluteInRepeat::kEveryRow;
        const NodeId top = every_row ? 1 : tree.ancestor(source, dependent.common);
        if (top == kNoNode) continue;
        const bool count = vertex.aspect == Aspect::kCount;
        nodes.clear();
        tree.collect(top, count ? c.nodes[vertex.node].parent : vertex.node, nodes);
        spend(nodes.size() / kMarksAStep);
        for (const NodeId node : nodes) {
            // What reads itself depends on earlier rows; going back would never end.
            if (vertex.node == kind && !count && !tree.before(source, node)) continue;
            enqueue(dependent.vertex, node);
        }
    }
}

void Session::State::mark_below(NodeId top) {
    std::vector<NodeId> todo{top};
    while (!todo.empty()) {
        const NodeId node = todo.back();
        todo.pop_back();
        mark_dependents(node);
        for (const TemplateId child : tree.shape(node).children) {
            const auto below = tree.children(node, child);
            todo.insert(todo.end(), below.begin(), below.end());
        }
    }
}

void Session::State::recompute() {
    std::size_t passes = 0;
    std::uint32_t highest = 0;
    std::vector<NodeId> nodes;
    while (!ready.empty()) {
        const std::uint32_t vertex = ready.top();
        ready.pop();
        nodes.clear();
        nodes.swap(queues[vertex]);  // which keeps the memory of the one before
        if (vertex < highest) ++passes;
        highest = std::max(highest, vertex);
        // A form that never settles stops here, and one that takes too long.
        const bool drop = passes > kPassesMax || work == 0;
        if (nodes.size() > 1 && c.nodes[c.vertices[vertex].node].repeat != kNone) {
            std::sort(nodes.begin(), nodes.end(),
                      [this](NodeId a, NodeId b) { return tree.before(a, b); });
        }
        const Aspect aspect = c.vertices[vertex].aspect;
        const auto bit = static_cast<std::uint8_t>(~(1U << static_cast<unsigned>(aspect)));
        for (const NodeId node : nodes) {
            if (aspect == Aspect::kCount) {
                counts_queued[tree.row_set(node, c.vertices[vertex].node)] = false;
            } else {
                tree.at(node).pending &= bit;
            }
            if (work == 0) give_up(c.vertices[vertex].expr, node);
            if (!drop && tree.at(node).alive) compute(vertex, node);
        }
    }
}

bool Session::State::evaluate_bool(CompiledId expr, NodeId node) {
    Evaluator evaluator(*this, c.exprs[expr]);
    const bool truth = evaluator.truth({&tree, node});
    note_outcome(evaluator, expr, node);
    return truth;
}

std::string Session::State::evaluate_text(CompiledId expr, NodeId node) {
    Evaluator evaluator(*this, c.exprs[expr]);
    Value value = evaluator.evaluate({&tree, node});
    note_outcome(evaluator, expr, node);
    if (evaluator.failure() != nullptr) return {};
    if (value.is_bool()) {
        return std::string(value.raw_bool() ? rules().stored_true : rules().stored_false);
    }
    std::string text = evaluator.to_text(value);
    if (text.size() <= kValueBytesMax) return text;
    give_up(expr, node);
    return {};
}

bool Session::State::spend(std::size_t steps) {
    work -= std::min(work, steps);
    return work > 0;
}

void Session::State::note_outcome(const Evaluator& evaluator, CompiledId expr, NodeId node) {
    if (evaluator.too_much()) {
        give_up(expr, node);
    } else if (!uncomputed.empty()) {
        uncomputed.erase({expr, node});
    }
}

void Session::State::give_up(CompiledId expr, NodeId node) {
    gave_up = true;
    if (uncomputed.size() < kUncomputedMax) uncomputed.emplace(expr, node);
}

/// What was given up may be within reach by now: rows were removed, or others had the work.
void Session::State::retry_uncomputed() {
    if (uncomputed.empty()) return;
    const auto retried = std::exchange(uncomputed, {});
    for (std::uint32_t v = 0; v < c.vertices.size(); ++v) {
        const Vertex& vertex = c.vertices[v];
        const bool count = vertex.aspect == Aspect::kCount;
        const TemplateId kind = count ? c.nodes[vertex.node].parent : vertex.node;
        auto at = retried.lower_bound({vertex.expr, 0});
        for (; at != retried.end() && at->first == vertex.expr; ++at) {
            const auto& node = tree.at(at->second);
            if (node.alive && node.kind == kind) enqueue(v, at->second);
        }
    }
    recompute();
}

void Session::State::compute(std::uint32_t vertex_id, NodeId node) {
    const Vertex& vertex = c.vertices[vertex_id];
    InstanceTree::Node& n = tree.at(node);
    ++computations;
    switch (vertex.aspect) {
        case Aspect::kRelevant: {
            const bool relevant = evaluate_bool(vertex.expr, node);
            if (relevant == n.own_relevant) return;
            log.flags(node, kTouchRelevant);
            n.own_relevant = relevant;
            update_relevance(node);
            return;
        }
        case Aspect::kCalculate:
            set_value(node, normalised(vertex.node, evaluate_text(vertex.expr, node)));
            return;
        case Aspect::kReadonly: {
            const bool fixed = evaluate_bool(vertex.expr, node);
            if (fixed == n.own_readonly) return;
            log.flags(node, kTouchReadonly);
            n.own_readonly = fixed;
            return;
        }
        case Aspect::kRequired: {
            const bool required = evaluate_bool(vertex.expr, node);
            if (required == n.required) return;
            log.flags(node, kTouchRequired);
            n.required = required;
            return;
        }
        case Aspect::kFilter: compute_filter(node); return;
        case Aspect::kCount: compute_count(vertex_id, node); return;
    }
}

void Session::State::update_relevance(NodeId top) {
    std::vector<NodeId> todo{top};
    while (!todo.empty()) {
        const NodeId node = todo.back();
        todo.pop_back();
        InstanceTree::Node& n = tree.at(node);
        const bool above = n.parent == 0 || tree.at(n.parent).relevant;
        const bool relevant = above && n.own_relevant && n.alive;
        if (relevant == n.relevant) continue;
        log.flags(node, kTouchRelevant);
        n.relevant = relevant;
        mark_dependents(node);
        for (const TemplateId child : tree.shape(node).children) {
            const auto below = tree.children(node, child);
            todo.insert(todo.end(), below.begin(), below.end());
        }
    }
}

void Session::State::set_value(NodeId node, std::string value) {
    InstanceTree::Node& n = tree.at(node);
    if (n.value == value) return;
    log.value(node);
    n.value = std::move(value);
    mark_dependents(node);
    if (!tree.shape(node).on_change.empty()) changed.push_back(node);
}

/// Selections that are no longer offered go, at once.
void Session::State::compute_filter(NodeId node) {
    choice_cache.erase(node);
    log.touch(node, kTouchChoices);
    if (loading && rules().bad_default == BadDefault::kKept) return;
    if (rules().filtered_choice == FilteredChoice::kWhenRead) return;
    const std::string kept = still_offered(node);
    if (kept != tree.at(node).value) set_value(node, kept);
}

/// The value without selections that the choices no longer have.
std::string Session::State::still_offered(NodeId node) {
    const std::string& value = tree.at(node).value;
    if (value.empty() || !is_select(tree.shape(node).control)) return value;
    std::string kept;
    bool lost = false;
    for (const std::string_view word : split_words(value)) {
        if (!offers(node, word)) {
            lost = true;
            continue;
        }
        if (!kept.empty()) kept += ' ';
        kept += word;
    }
    return lost ? kept : value;
}

/// A first value that a list written in the form doesn't have. Filtered lists come later, with the
/// answers that their filters read.
void Session::State::clear_bad_defaults() {
    if (rules().bad_default == BadDefault::kKept) return;
    for (NodeId n = 1; n < tree.size(); ++n) {
        const NodeTemplate& shape = tree.shape(n);
        if (tree.at(n).value.empty() || shape.control == nullptr || shape.control->items.empty() ||
            shape.aspects[static_cast<std::size_t>(Aspect::kFilter)] != kNone) {
            continue;
        }
        tree.at(n).value = still_offered(n);
    }
}

void Session::State::compute_count(std::uint32_t vertex_id, NodeId parent) {
    if (rules().count_timing == CountTiming::kWhenReached && !reaching) {
        waiting_counts.emplace_back(vertex_id, parent);
        return;
    }
    const Vertex& vertex = c.vertices[vertex_id];
    const std::string text = evaluate_text(vertex.expr, parent);
    const double number = parse_number(text == "true" ? "1" : text == "false" ? "0" : text);
    if (std::isnan(number)) return;  // a blank count changes nothing yet
    constexpr double kLargest = static_cast<double>(InstanceTree::kRowsMax);
    const auto wanted = static_cast<std::size_t>(std::clamp(std::trunc(number), 0.0, kLargest));
    while (tree.children(parent, vertex.node).size() < wanted) {
        const std::size_t before = tree.size();
        if (add_row(parent, vertex.node, false) == kNoNode) break;
        if (spend((tree.size() - before) * kNodeWork)) continue;
        give_up(vertex.expr, parent);
        break;
    }
    while (tree.children(parent, vertex.node).size() > wanted) {
        drop_row(tree.children(parent, vertex.node).back());
    }
}

void Session::State::reach_repeats() {
    if (waiting_counts.empty()) return;
    std::vector<std::pair<std::uint32_t, NodeId>> counts;
    counts.swap(waiting_counts);
    reaching = true;
    for (const auto& [vertex, parent] : counts) {
        if (tree.at(parent).alive) compute_count(vertex, parent);
    }
    settle();
    reaching = false;
}

void Session::State::settle() {
    recompute();
    for (std::size_t round = 0; round < kActionRoundsMax && !changed.empty() && work > 0; ++round) {
        std::vector<NodeId> nodes;
        nodes.swap(changed);
        for (const NodeId node : nodes) {
            if (!tree.at(node).alive) continue;
            for (const std::uint32_t action : tree.shape(node).on_change) {
                run_action(c.actions[action], node);
            }
        }
        recompute();
    }
    changed.clear();
    ++revision;
}

// Actions ----------------------------------------------------------------------------------------

void Session::State::fire(std::uint8_t event, NodeId scope_top) {
    for (const CompiledAction& action : c.actions) {
        if ((action.events & event) == 0) continue;
        if (event == kNewRepeat) {
            if (c.nodes[action.scope].repeat != tree.at(scope_top).kind) continue;
        }
        std::vector<NodeId> scopes;
        tree.collect(scope_top, action.scope, scopes);
        for (const NodeId scope : scopes) run_action(action, scope);
    }
    recompute();
}

void Session::State::run_action(const CompiledAction& action, NodeId scope) {
    // The targets are those that share the scope's rows.
    TemplateId meet = action.target;
    std::uint32_t depth = c.nodes[meet].depth;
    NodeId top = scope;
    while (c.nodes[tree.at(top).kind].depth > depth) top = tree.at(top).parent;
    while (c.nodes[meet].depth > c.nodes[tree.at(top).kind].depth) meet = c.nodes[meet].parent;
    while (meet != tree.at(top).kind) {
        meet = c.nodes[meet].parent;
        top = tree.at(top).parent;
    }
    std::vector<NodeId> targets;
    if (action.target_expr != kNone) {
        Evaluator evaluator(*this, c.exprs[action.target_expr]);
        const Value found = evaluator.evaluate({&tree, scope});
        if (!found.is_nodes()) return;
        for (const NodeRef& each : found.nodes()) {
            if (each.document == &tree && tree.at(each.node).kind == action.target)
                targets.push_back(each.node);
        }
    } else {
        tree.collect(top, action.target, targets);
    }
    for (const NodeId target : targets) {
        if (action.kind != ActionKind::kSetValue) {
            request_action(action, target);
            continue;
        }
        std::string value = action.literal;
        if (action.value != kNone) value = evaluate_text(action.value, target);
        set_value(target, normalised(action.target, std::move(value)));
    }
}

// Rows -------------------------------------------------------------------------------------------

NodeId Session::State::add_row(NodeId parent, TemplateId repeat, bool by_person) {
    const std::size_t at = tree.children(parent, repeat).size();
    const NodeTemplate& shape = c.nodes[repeat];
    const bool given_row = shape.counted && at < shape.row_seeds.size();
    const NodeId row =
        tree.insert_row(parent, repeat, at, given_row ? shape.row_seeds[at] : shape.seed);
    if (row == kNoNode) return row;
    log.row_added(row);
    if (!given_row && !shape.explicit_template) clear_values(row);
    // New nodes come in as relevant; hide them if their parent is hidden.
    if (!tree.at(parent).relevant) {
        tree.at(row).relevant = true;
        update_relevance(row);
    }
    enqueue_subtree(row);
    mark_below(row);
    if (!loading || by_person) fire(kNewRepeat, row);
    return row;
}

/// Without a template, the first row lends a new one its shape, not its answers.
void Session::State::clear_values(NodeId top) {
    std::vector<NodeId> todo{top};
    while (!todo.empty()) {
        const NodeId node = todo.back();
        todo.pop_back();
        if (!tree.shape(node).is_attribute) tree.at(node).value.clear();
        for (const TemplateId child : tree.shape(node).children) {
            const auto below = tree.children(node, child);
            todo.insert(todo.end(), below.begin(), below.end());
        }
    }
}

/// Rows that can't come back give their nodes to new ones; what was kept by their ids goes.
void Session::State::recycle_rows() {
    std::erase_if(pending_actions,
                  [this](const auto& entry) { return !tree.at(entry.second.target).alive; });
    std::erase_if(waiting_counts,
                  [this](const auto& entry) { return !tree.at(entry.second).alive; });
    for (const NodeId node : tree.recycle()) choice_cache.erase(node);
}

void Session::State::drop_row(NodeId row) {
    const NodeId parent = tree.at(row).parent;
    const TemplateId repeat = tree.at(row).kind;
    const std::size_t position = tree.at(row).position;
    mark_below(row);
    tree.remove_row(row);
    log.row_removed(row, static_cast<std::uint32_t>(position));
    // Rows behind it moved up: what reads positions is stale.
    const auto rows = tree.children(parent, repeat);
    for (std::size_t i = position; i < rows.size(); ++i) {
        log.touch(rows[i], kTouchMoved);
        mark_dependents(rows[i]);
    }
}

// Values -----------------------------------------------------------------------------------------

std::string Session::State::normalised(TemplateId node, std::string value) const {
    const Semantics& rules = semantics_of(options.profile);
    switch (c.nodes[node].type) {
        case ValueType::kInteger: {
            const double number = parse_number(value);
            constexpr double kExact = 9e15;
            if (std::isnan(number) || std::fabs(number) > kExact) return value;
            return print_number(std::trunc(number));
        }
        case ValueType::kDecimal: {
            const double number = parse_number(value);
            return std::isnan(number) ? value : print_number(number);
        }
        case ValueType::kDate:
            if (looks_like_date(value) && parse_moment(value, options.zone)) {
                const std::string_view text = trim(value);
                constexpr std::size_t kDay = 10;
                const bool drop = rules.timed_date == TimedDate::kDropped && text.size() > kDay;
                return std::string(drop ? std::string_view() : text.substr(0, kDay));
            }
            return value;
        case ValueType::kTime:
            return rules.time_zone == TimeZoneMark::kAlways ? with_zone(value, options.zone)
                                                            : value;
        case ValueType::kGeopoint: {
            // Altitude and accuracy always have their point: "0.0", as both of ODK's engines write.
            const auto words = split_words(value);
            if (words.size() < 3 || words.size() > 4) return value;
            std::string out;
            for (std::size_t i = 0; i < words.size(); ++i) {
                const double number = parse_number(words[i]);
                if (std::isnan(number)) return value;
                if (i > 0) out += ' ';
                out += print_number(number);
                if (i >= 2 && number == std::trunc(number)) out += ".0";
            }
            return out;
        }
        default: return value;
    }
}

std::string Session::State::in_listed_order(NodeId node, std::string value) {
    const ModelControl* control = tree.shape(node).control;
    if (rules().select_order != SelectOrder::kAsListed || control == nullptr ||
        control->kind != ControlKind::kSelect) {
        return value;
    }
    const ChoicesPtr choices = choices_of(node);
    const auto place = [&](std::string_view word) {
        return std::find_if(choices->begin(), choices->end(),
                            [&](const Choice& choice) { return choice.value == word; }) -
               choices->begin();
    };
    auto words = split_words(value);
    std::stable_sort(words.begin(), words.end(),
                     [&](std::string_view a, std::string_view b) { return place(a) < place(b); });
    return join_words(words);
}

/// Whether the constraint would let this answer be.
bool Session::State::allows(NodeId node, const std::string& value) {
    const CompiledId constraint = tree.shape(node).constraint;
    if (constraint == kNone || value.empty()) return true;
    std::string before = std::exchange(tree.at(node).value, value);
    const bool fine = evaluate_bool(constraint, node);
    tree.at(node).value = std::move(before);
    return fine;
}

// Refs -------------------------------------------------------------------------------------------

NodeId Session::State::find(std::string_view ref) const {
    NodeId node = 1;
    bool first = true;
    const bool absolute = ref.starts_with('/');
    if (absolute) ref.remove_prefix(1);
    while (!ref.empty()) {
        const auto slash = ref.find('/');
        std::string_view step = ref.substr(0, slash);
        ref = slash == std::string_view::npos ? std::string_view() : ref.substr(slash + 1);
        std::size_t position = 0;
        if (const auto bracket = step.find('['); bracket != std::string_view::npos) {
            const double number =
                parse_number(step.substr(bracket + 1, step.find(']') - bracket - 1));
            if (!(number >= 1) || number > static_cast<double>(InstanceTree::kRowsMax) ||
                number != std::trunc(number)) {
                return kNoNode;
            }
            position = static_cast<std::size_t>(number) - 1;
            step = step.substr(0, bracket);
        }
        const bool attribute = step.starts_with('@');
        if (attribute) step.remove_prefix(1);
        const NameId name = c.names->find(local_name(step));
        if (first && absolute) {
            first = false;
            if (name != c.nodes[0].name) return kNoNode;
            continue;
        }
        NodeId next = kNoNode;
        for (const TemplateId child : children_named(c, tree.at(node).kind, name, attribute)) {
            const auto below = tree.children(node, child);
            if (position < below.size()) {
                next = below[position];
                break;
            }
            position -= below.size();
        }
        if (next == kNoNode) return kNoNode;
        node = next;
    }
    return node;
}

bool Session::State::find_repeat(std::string_view ref, NodeId& parent, TemplateId& repeat) const {
    const auto slash = ref.rfind('/');
    std::string_view name = slash == std::string_view::npos ? ref : ref.substr(slash + 1);
    std::string_view above =
        slash == std::string_view::npos ? std::string_view() : ref.substr(0, slash);
    name = local_name(name.substr(0, name.find('[')));
    parent = above.empty() ? 1 : find(above);
    if (parent == kNoNode) return false;
    const NameId id = c.names->find(name);
    for (const TemplateId child : children_named(c, tree.at(parent).kind, id, false)) {
        if (c.nodes[child].is_repeat) {
            repeat = child;
            return true;
        }
    }
    return false;
}

bool Session::State::question(NodeId node) const {
    const NodeTemplate& t = tree.shape(node);
    return t.element_children == 0 && !t.is_repeat && node > 1;
}

bool Session::State::readonly(NodeId node) const {
    for (NodeId n = node; n != 0; n = tree.at(n).parent) {
        if (tree.at(n).own_readonly) return true;
    }
    return false;
}

// Session ----------------------------------------------------------------------------------------

Session::Session(FormDefinitionPtr definition, SessionOptions options)
    : state_(std::make_unique<State>(std::move(definition), std::move(options))) {
    state_->start();
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const FormDefinition& Session::definition() const {
    return *state_->definition;
}

Status Session::answer(std::string_view ref, std::string_view value) {
    const NodeId node = state_->find(ref);
    if (node == kNoNode || !state_->question(node))
        return Error{Errc::kNotFound, "answering a question"};
    if (!state_->tree.at(node).relevant || state_->readonly(node)) {
        return Error{Errc::kNotAllowed, "answering a hidden or read-only question"};
    }
    if (value.size() > kValueBytesMax) return Error{Errc::kTooLarge, "an answer"};
    if (!valid_utf8(value)) return Error{Errc::kMalformed, "an answer that is not UTF-8"};
    const TemplateId kind = state_->tree.at(node).kind;
    const ValueType type = state_->c.nodes[kind].type;
    const bool digits = type == ValueType::kInteger || type == ValueType::kDecimal ||
                        type == ValueType::kDate || type == ValueType::kTime ||
                        type == ValueType::kDateTime;
    std::string text = digits ? ascii_digits(trim(value)) : std::string(value);
    // A calculation's decimals are cut for a whole number, what a person typed is shown as wrong.
    if (type != ValueType::kInteger || state_->type_fits(kind, text)) {
        text = state_->normalised(kind, std::move(text));
    }
    text = state_->in_listed_order(node, std::move(text));
    if (state_->rules().bad_answer == BadAnswer::kRefused && !state_->allows(node, text)) {
        return Error{Errc::kAnswersInvalid, "an answer that its constraint refuses"};
    }
    state_->begin({JournalAction::kAnswered, std::string(ref), std::string(value), 0, {}}, true);
    state_->set_value(node, std::move(text));
    // An answer over a calculation lasts until what the calculation reads changes.
    state_->settle();
    state_->commit();
    return {};
}

Result<std::string> Session::add_repeat(std::string_view ref) {
    NodeId parent = kNoNode;
    TemplateId repeat = kNone;
    if (!state_->find_repeat(ref, parent, repeat)) return Error{Errc::kNotFound, "adding a row"};
    const NodeTemplate& shape = state_->c.nodes[repeat];
    if (shape.counted || shape.fixed_rows) return Error{Errc::kNotAllowed, "adding a counted row"};
    if (state_->tree.full(parent, repeat)) return Error{Errc::kTooLarge, "adding a row"};
    state_->begin({JournalAction::kRowAdded, std::string(ref), {}, 0, {}}, true);
    const NodeId row = state_->add_row(parent, repeat, true);
    state_->settle();
    state_->commit();
    return state_->tree.ref(row);
}

Status Session::remove_repeat(std::string_view ref) {
    const NodeId row = state_->find(ref);
    if (row == kNoNode || !state_->tree.shape(row).is_repeat) {
        return Error{Errc::kNotFound, "removing a row"};
    }
    const NodeTemplate& shape = state_->tree.shape(row);
    if (shape.counted || shape.fixed_rows)
        return Error{Errc::kNotAllowed, "removing a counted row"};
    state_->begin({JournalAction::kRowRemoved, std::string(ref), {}, 0, {}}, true);
    state_->drop_row(row);
    state_->settle();
    state_->commit();
    return {};
}

void Session::set_language(std::string_view name_or_tag) {
    state_->begin({JournalAction::kLanguage, {}, std::string(name_or_tag), 0, {}}, false);
    state_->language = state_->definition->find_language(name_or_tag);
    state_->choice_cache.clear();
    state_->log.touch_texts();
    state_->enqueue_language();
    state_->settle();
    state_->commit();
}

std::string_view Session::language() const {
    return state_->language ? std::string_view(state_->c.languages[*state_->language].name)
                            : std::string_view();
}

bool Session::exists(std::string_view ref) const {
    return state_->find(ref) != kNoNode;
}

bool Session::relevant(std::string_view ref) const {
    const NodeId node = state_->find(ref);
    return node != kNoNode && state_->tree.at(node).relevant;
}

std::string Session::value(std::string_view ref) const {
    const NodeId node = state_->find(ref);
    if (node == kNoNode || !state_->tree.at(node).relevant) return {};
    return state_->tree.at(node).value;
}

Session::Work Session::work() const {
    return {state_->computations, state_->aggregates.computed(), state_->tree.size()};
}

std::uint64_t Session::revision() const {
    return state_->revision;
}
std::string Session::instance_id() const {
    const NodeId node = state_->find("meta/instanceID");
    if (node == kNoNode || state_->tree.at(node).value.empty()) return state_->options.instance_id;
    return state_->tree.at(node).value;
}

}  // namespace awda::forms
