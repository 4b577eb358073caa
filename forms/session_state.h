// Session::State: the engine behind a session. Inside the module only.
//
// Ownership and threads: as Session says. session.cpp holds the transactions, session_view.cpp what
// people see, session_io.cpp what is saved and loaded.
#pragma once

#include <map>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "forms/change_log.h"
#include "forms/compile.h"
#include "forms/evaluator.h"
#include "forms/instance.h"
#include "forms/session.h"
#include "forms/view_graph.h"

namespace awda::forms {

/// "latitude longitude [altitude [accuracy]]" in their ranges.
[[nodiscard]] bool is_geopoint(std::string_view value);
/// Points parted by semicolons, the last of which may end in one: a geotrace or geoshape.
[[nodiscard]] bool is_geoline(std::string_view value);

struct Session::State final : public Host {
    State(FormDefinitionPtr definition_in, SessionOptions options_in);

    // Host
    UnixMs now() override { return in_transaction ? transaction.at : options.clock->now(); }
    const ZoneFunction& zone() override { return options.zone; }
    Random& random() override;
    const Semantics& rules() override { return semantics_of(options.profile); }
    std::string_view language_tag() override;
    NodeRef instance(std::string_view id) override;
    std::optional<std::string> itext(std::string_view id) override;
    std::optional<std::string> choice_name(std::string_view value, std::string_view path,
                                           NodeRef context) override;
    std::string form_version() override { return c.settings.version; }
    std::string property(std::string_view name) override;
    const InstanceTree* record() override { return &tree; }
    AggregateMemo* memo() override { return in_transaction ? &aggregates : nullptr; }
    std::string_view name_text(NameId id) override { return c.names->text(id); }

    // Transactions (session.cpp)
    void start();
    void preload();
    [[nodiscard]] std::string new_instance_id();
    [[nodiscard]] std::string preload_value(const ModelBind& bind);
    void compute_everything();
    void settle();  ///< recompute what is stale, then run change actions
    void recompute();
    void compute(std::uint32_t vertex, NodeId node);
    void compute_count(std::uint32_t vertex, NodeId parent);
    void compute_filter(NodeId node);
    [[nodiscard]] std::string still_offered(NodeId node);
    void clear_bad_defaults();
    [[nodiscard]] std::string in_listed_order(NodeId node, std::string value);
    [[nodiscard]] bool allows(NodeId node, const std::string& value);
    void reach_repeats();  ///< makes the rows of counts that wait for somebody to come by
    void enqueue(std::uint32_t vertex, NodeId node);
    void mark_dependents(NodeId source);
    void enqueue_subtree(NodeId top);
    void enqueue_language();
    void set_value(NodeId node, std::string value);
    void update_relevance(NodeId top);
    void fire(std::uint8_t event, NodeId scope_top);
    void run_action(const CompiledAction& action, NodeId scope);
    void request_action(const CompiledAction& action, NodeId target);  ///< session_actions.cpp
    void load_last_saved();                                            ///< session_actions.cpp
    [[nodiscard]] bool evaluate_bool(CompiledId expr, NodeId node);
    [[nodiscard]] std::string evaluate_text(CompiledId expr, NodeId node);
    NodeId add_row(NodeId parent, TemplateId repeat, bool by_person);
    void drop_row(NodeId row);
    void recycle_rows();
    void clear_values(NodeId top);
    void mark_below(NodeId top);
    [[nodiscard]] std::string normalised(TemplateId node, std::string value) const;

    // Steps and their journal (session_history.cpp)
    void begin(JournalRecord record, bool undoable);
    std::size_t* work_left() override { return &work; }
    void allow_work() { work = options.work_max; }
    bool spend(std::size_t steps);
    void note_outcome(const Evaluator& evaluator, CompiledId expr, NodeId node);
    void give_up(CompiledId expr, NodeId node);
    void retry_uncomputed();
    void commit();
    /// Commits a load: what was before it can't be taken back, and pages start again.
    void loaded();
    /// After undo and redo, when values changed without being computed.
    void values_replaced(const ChangeLog::Step& step);

    // Refs
    [[nodiscard]] NodeId find(std::string_view ref) const;
    /// The repeat and its parent that "family" or "family[2]/visit" names.
    bool find_repeat(std::string_view ref, NodeId& parent, TemplateId& repeat) const;
    [[nodiscard]] bool question(NodeId node) const;
    [[nodiscard]] bool readonly(NodeId node) const;
    [[nodiscard]] bool required(NodeId node) const { return tree.at(node).required; }

    // View (session_view.cpp)
    [[nodiscard]] std::string text_of(const ModelText& text, NodeId node, std::string_view form);
    [[nodiscard]] std::optional<std::string> translated(std::string_view id, NodeId node,
                                                        std::string_view form);
    [[nodiscard]] std::string filled(const RichText& text, NodeId node);
    [[nodiscard]] const CompiledExpr* late(std::string_view text, TemplateId context);
    [[nodiscard]] ChoicesPtr choices_of(NodeId node);
    [[nodiscard]] ChoicesPtr make_choices(NodeId node);
    [[nodiscard]] std::string choice_field(const NodeRef& item, std::string_view name);
    [[nodiscard]] Choice make_choice(const ModelControl& control, const NodeRef& item, NodeId node);
    [[nodiscard]] bool offers(NodeId node, std::string_view value);
    // session_external.cpp
    [[nodiscard]] std::vector<NodeRef> search_rows(NodeId node);
    [[nodiscard]] std::vector<Choice> search_choices(NodeId node);
    [[nodiscard]] bool search_offers(NodeId node, std::string_view value);
    [[nodiscard]] std::string external_label(const NodeRef& item, std::string_view name);
    [[nodiscard]] std::optional<Problem> problem_of(NodeId node, bool with_required);
    [[nodiscard]] std::string message_of(const std::string& message, NodeId node,
                                         std::string_view fallback);
    [[nodiscard]] std::string_view default_message(ProblemKind kind) const;
    [[nodiscard]] bool type_fits(TemplateId node, std::string_view value) const;
    void show(const std::vector<PageItem>& items, NodeId context, std::uint32_t depth,
              Include include, std::vector<ViewNode>& out);
    void show_repeat(const PageItem& item, const ModelControl* outer, NodeId parent,
                     std::uint32_t depth, Include include, std::vector<ViewNode>& out);
    [[nodiscard]] NodeId instance_of(TemplateId node, NodeId context) const;
    [[nodiscard]] Media media_of(const ModelText& text, NodeId node);
    [[nodiscard]] std::shared_ptr<const ControlHints> hints_of(const ModelControl& control,
                                                               NodeId node);
    void take_looks(const ModelControl& control, NodeId node, ViewNode& view);
    [[nodiscard]] ViewNode view_of(NodeId node);
    [[nodiscard]] ViewNode view_of_item(const PageItem& item, NodeId node, std::uint32_t depth);
    [[nodiscard]] ViewNode view_of_head(const PageItem& item, const ModelControl* outer,
                                        NodeId parent, std::uint32_t depth);
    [[nodiscard]] ViewNode view_of_bare(const PageItem& item, NodeId context, std::uint32_t depth);
    void show_row(const PageItem& item, NodeId row, std::uint32_t depth, Include include,
                  std::vector<ViewNode>& out);
    [[nodiscard]] static std::uint64_t view_id(NodeId node, const PageItem& item) {
        return (std::uint64_t{node} << 32U) | item.number;
    }
    void fill_texts(const ModelControl& control, NodeId node, ViewNode& view);

    // Saving (session_io.cpp)
    void collect_answers(NodeId top, Include include, std::vector<Answer>& out) const;
    [[nodiscard]] std::vector<Problem> restore_answers(std::span<const Answer> answers);
    void restore_rows(std::span<const Answer> answers, std::vector<Problem>& problems);

    FormDefinitionPtr definition;
    const Compiled& c;
    SessionOptions options;
    InstanceTree tree;
    std::optional<std::size_t> language;
    ChangeLog log;
    std::uint64_t revision = 1;
    bool validated = false;
    bool loading = true;

    std::vector<std::vector<NodeId>> queues;  ///< by vertex
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
    std::vector<bool> counts_queued;  ///< by set of rows
    AggregateMemo aggregates;
    std::uint64_t computations = 0;  ///< of a node's aspect, since the session began
    std::vector<NodeId> changed;     ///< values changed since the last settle
    std::size_t work = 0;            ///< steps that the action may still take
    std::set<std::pair<CompiledId, NodeId>> uncomputed;  ///< for the work it would have been
    bool gave_up = false;                                ///< ever
    std::unordered_map<NodeId, ChoicesPtr> choice_cache;
    std::unordered_map<std::string, std::unique_ptr<CompiledExpr>> late_cache;
    std::unordered_map<const ModelControl*, std::shared_ptr<const ControlHints>> hints_cache;
    std::unordered_set<NodeId> user_rows;
    std::unique_ptr<const ViewGraph> view_graph;  ///< made when deltas are first asked for

    struct PendingAction {
        const CompiledAction* action = nullptr;
        NodeId target = kNoNode;
        bool taken = false;  ///< the desk knows of it
    };
    std::map<std::uint64_t, PendingAction> pending_actions;
    std::uint64_t next_action = 1;
    std::string last_saved_id;  ///< of the instance that is the last saved record
    std::shared_ptr<const XmlTree> last_saved;
    std::vector<std::pair<std::uint32_t, NodeId>> waiting_counts;  ///< vertex and rows' parent
    bool reaching = false;

    std::string deprecated_id;  ///< where the form has no place for it
    bool in_transaction = false;
    JournalRecord transaction;                   ///< the one that is open, or was last
    std::unique_ptr<Random> transaction_random;  ///< made when first asked for
    std::optional<JournalRecord> given;          ///< being replayed
    std::vector<JournalRecord> journal;          ///< not yet taken
};

}  // namespace awda::forms
