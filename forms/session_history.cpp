// Steps of a session: what an action wrote, undone and done again, and its journal.
#include "forms/journal.h"
#include "forms/session_state.h"

namespace awda::forms {

Random& Session::State::random() {
    if (!in_transaction) return *options.random;
    if (transaction_random == nullptr) {
        if (!transaction.seed) {
            transaction.seed.emplace();
            options.random->fill(*transaction.seed);
        }
        transaction_random = make_seeded_random(*transaction.seed);
    }
    return *transaction_random;
}

/// From here to commit() the clock stands still and chance comes from one seed, so that the
/// journal's record can give the same again.
void Session::State::begin(JournalRecord record, bool undoable) {
    allow_work();
    transaction = std::move(record);
    transaction_random.reset();
    aggregates.clear();
    if (!log.has_touched()) recycle_rows();
    if (given) {
        transaction.at = given->at;
        transaction.seed = given->seed;
    } else {
        transaction.at = options.clock->now();
    }
    in_transaction = true;
    if (undoable) log.begin(language);
}

void Session::State::commit() {
    log.commit();
    in_transaction = false;
    transaction_random.reset();
    if (options.journal) journal.push_back(std::move(transaction));
}

void Session::State::loaded() {
    log.clear();
    log.touch_all();
    commit();
}

void Session::State::values_replaced(const ChangeLog::Step& step) {
    choice_cache.clear();
    // Texts that the step's language had computed are computed again in the one in use.
    if (step.language != language) enqueue_language();
    // Which values of that time had been given up is not kept.
    if (gave_up) enqueue_subtree(1);
    recompute();
    changed.clear();
    ++revision;
}

bool Session::can_undo() const {
    return state_->log.undoable() > 0;
}
bool Session::can_redo() const {
    return state_->log.redoable() > 0;
}

Status Session::undo() {
    if (!can_undo()) return Error{Errc::kNotAllowed, "undoing where nothing was done"};
    state_->begin({JournalAction::kUndone, {}, {}, 0, {}}, false);
    state_->values_replaced(*state_->log.undo());
    state_->commit();
    return {};
}

Status Session::redo() {
    if (!can_redo()) return Error{Errc::kNotAllowed, "redoing where nothing was undone"};
    state_->begin({JournalAction::kRedone, {}, {}, 0, {}}, false);
    state_->values_replaced(*state_->log.redo());
    state_->commit();
    return {};
}

std::vector<JournalRecord> Session::take_journal() {
    return std::exchange(state_->journal, {});
}

Status Session::apply(const JournalRecord& record) {
    State& s = *state_;
    s.given = record;
    const auto done = [&]() -> Status {
        switch (record.action) {
            case JournalAction::kOpened: return {};  // by SessionOptions::opening
            case JournalAction::kAnswered: return answer(record.ref, record.value);
            case JournalAction::kRowAdded: (void)AWDA_TRY(add_repeat(record.ref)); return {};
            case JournalAction::kRowRemoved: return remove_repeat(record.ref);
            case JournalAction::kUndone: return undo();
            case JournalAction::kRedone: return redo();
            case JournalAction::kLanguage: set_language(record.value); return {};
            case JournalAction::kValidated: (void)validate(); return {};
            case JournalAction::kRestored:
                (void)restore(AWDA_TRY(decode_answers(record.value)));
                return {};
            case JournalAction::kFileLoaded: (void)AWDA_TRY(load_answers(record.value)); return {};
            case JournalAction::kXmlLoaded:
                (void)AWDA_TRY(load_instance_xml(record.value));
                return {};
            case JournalAction::kCompleted: {
                const NodeId node = s.find(record.ref);
                if (node == kNoNode || !s.question(node)) {
                    return Error{Errc::kNotFound, "completing an action again"};
                }
                s.begin(record, true);
                s.set_value(node, s.normalised(s.tree.at(node).kind, record.value));
                s.settle();
                s.commit();
                return {};
            }
            case JournalAction::kEditBegun: return begin_edit(record.ref);
        }
        return Error{Errc::kMalformed, "a journal record's action"};
    }();
    s.given.reset();
    return done;
}

Result<Session> Session::replay(FormDefinitionPtr definition, SessionOptions options,
                                std::span<const JournalRecord> journal) {
    if (journal.empty() || journal.front().action != JournalAction::kOpened) {
        return Error{Errc::kMalformed, "a journal without its opening"};
    }
    options.opening = journal.front();
    options.instance_id = journal.front().ref;
    Session session(std::move(definition), std::move(options));
    for (const JournalRecord& record : journal.subspan(1)) {
        AWDA_CHECK(session.apply(record));
    }
    return session;
}

}  // namespace awda::forms
