// Session: one person's fill-in of one form: answers, repeats, relevance, calculations, validation.
//
// Ownership: owns its answers, shares the definition, borrows clock and randomness (which outlive
// it). Threads: none of its own; use from one thread at a time. Snapshots are values to hand over.
//
// A ref is a path with 1-based positions on repeat rows, from the root's children down:
// "person/name", "family[2]/name". An index may be left out where a repeat has one row. Refs with
// the root element in front ("/data/family[2]/name") are understood as well.
//
// An answer is a transaction: write, clear selections their filter no longer offers, run actions,
// recompute what depends on it in order of dependency, each at most once. Answers of questions that
// are not relevant are kept, so that they come back, but count as blank everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "forms/definition.h"
#include "forms/journal.h"
#include "forms/profile.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/result.h"

namespace awda::forms {

/// Seconds east of UTC at a moment. Iraq has been at +03:00 without summer time since 2008.
using ZoneOffset = std::function<std::int32_t(UnixMs)>;
[[nodiscard]] ZoneOffset fixed_zone(std::int32_t seconds_east);
inline constexpr std::int32_t kIraqOffsetSeconds = 3 * 3600;

/// Steps of evaluation that one action may take: a few seconds at most. What no form of any use
/// needs; what was not computed for it stands in the way of finalising.
inline constexpr std::size_t kActionWorkMax = 50'000'000;

struct SessionOptions {
    const Clock* clock = nullptr;      ///< the system's if null
    Random* random = nullptr;          ///< the system's if null
    ZoneOffset zone;                   ///< Iraq's if empty
    Profile profile = Profile::kAwda;  ///< where engines differ, whose behaviour
    std::string device_id;             ///< for the deviceid, username … metadata
    std::string username;
    std::string email;
    std::string phone_number;
    std::string instance_id;               ///< "uuid:…" to keep; made from `random` if empty
    bool editing = false;                  ///< a saved record is opened again: no first-load events
    bool journal = false;                  ///< keep a record of every action until take_journal()
    std::optional<JournalRecord> opening;  ///< open again exactly as this record says
    /// The XML of the last saved record of this form, for jr://instance/last-saved; may be empty,
    /// and is never asked of a form that encrypts its records.
    std::function<std::optional<std::string>()> last_saved;
    std::size_t work_max = kActionWorkMax;
    std::string audit_file;  ///< name of the audit log the caller records, for meta/audit
};

/// Something only the desk can do, asked for by the form: where we are, a recording.
struct ActionRequest {
    enum class Kind : std::uint8_t { kGeopoint, kRecordAudio };
    std::uint64_t id = 0;  ///< for complete_action(); stays right when rows move
    Kind kind{};
    std::string ref;  ///< the node that takes the answer
    std::vector<std::pair<std::string, std::string>> parameters;  ///< "odk:quality" → "normal" …
};

/// One line of a record: a leaf's ref and its value, or a repeat row's ref and "" (so that empty
/// rows survive). In document order.
struct Answer {
    std::string path;
    std::string value;
    bool operator==(const Answer&) const = default;
};

enum class ProblemKind : std::uint8_t {
    kRequired,
    kConstraint,
    kWrongType,  ///< "abc" for a number, 31 February …
    kNotAChoice,
    kUnknownPath,  ///< only from load_answers
    kNotARepeat,   ///< only from load_answers
    kNotComputed,  ///< the form asks for too much work
};
[[nodiscard]] std::string_view problem_kind_name(ProblemKind kind);

struct Problem {
    std::string ref;
    ProblemKind kind{};
    std::string message;  ///< the author's message, or ours, in the session's language
};

struct ControlHints;  // forms/appearance.h

/// Files that go with a text: "jr://audio/x.mp3", or "".
struct Media {
    std::string image;
    std::string big_image;
    std::string audio;
    std::string video;
    bool operator==(const Media&) const = default;
};

struct Choice {
    std::string value;
    std::string label;
    Media media;
};
using ChoicesPtr = std::shared_ptr<const std::vector<Choice>>;

enum class ViewKind : std::uint8_t { kGroup, kRepeat, kRow, kQuestion };

/// One thing on the page. A flat list in order: `depth` tells what is inside what.
struct ViewNode {
    std::uint64_t id = 0;  ///< stays the same as long as the node is there, whatever its ref
    ViewKind kind{};
    std::string ref;
    std::uint32_t depth = 0;
    QuestionType type = QuestionType::kText;
    std::string appearance;
    std::string parameters;  ///< "start=0 end=10 step=1", as written
    std::string label;       ///< outputs filled in
    std::string hint;
    std::string guidance;
    std::string short_label;  ///< for a table of contents; "" if the author gave none
    Media media;              ///< of the label
    Media hint_media;
    std::shared_ptr<const ControlHints> hints;  ///< appearance and parameters, typed; never null
    std::string value;
    ChoicesPtr choices;  ///< selects only; filtered, labels in the language
    AwdaMarks marks;
    bool relevant = true;
    bool readonly = false;
    bool required = false;
    bool can_add = false;     ///< a repeat whose rows the person adds
    bool can_remove = false;  ///< a row the person may remove
    std::uint32_t rows = 0;   ///< of a repeat
    std::optional<Problem>
        problem;  ///< constraint and type at once; required only after validate()
};

struct PageChanges;  // forms/delta.h

/// What a finished fill-in is: kept by the agent as the record.
struct FinalRecord {
    std::string form_id;
    std::string form_version;
    std::string instance_id;    ///< "uuid:…"
    std::string deprecated_id;  ///< of the record that this one is an edit of, or ""
    std::string instance_name;  ///< from the form's instance_name, or ""
    std::vector<Answer> answers;
    bool operator==(const FinalRecord&) const = default;
};

class Session {
public:
    explicit Session(FormDefinitionPtr definition, SessionOptions options = {});
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    [[nodiscard]] const FormDefinition& definition() const;

    /// Sets an answer; "" clears it. A select multiple's values are joined by spaces. Digits of
    /// Arabic and Persian script become ASCII in numbers and dates. kNotFound if there is no such
    /// question; kNotAllowed if it is read-only or not relevant now. A value that breaks its
    /// constraint or type is kept and shows as a problem; finalise() refuses it.
    [[nodiscard]] Status answer(std::string_view ref, std::string_view value);
    /// `ref` names the repeat ("family"); nested repeats name their row ("family[2]/visit").
    /// Gives the new row's ref. kNotAllowed where a count decides the rows.
    [[nodiscard]] Result<std::string> add_repeat(std::string_view ref);
    /// `ref` names the row ("family[2]"). Later rows move up.
    [[nodiscard]] Status remove_repeat(std::string_view ref);

    /// What the form's actions have asked of the desk since the last call.
    [[nodiscard]] std::vector<ActionRequest> take_action_requests();
    /// The answer to a request: a position, a recording's file name, or "" if there is none. Unlike
    /// a person's answer it may go to a read-only or hidden node. kNotFound if the node is gone,
    /// kMalformed for what is no position.
    [[nodiscard]] Status complete_action(std::uint64_t id, std::string_view value);

    /// Takes the last action back, with everything that was computed because of it: answers, rows
    /// with their contents and places, times and random numbers as they were. Loading a record
    /// forgets the steps before it. kNotAllowed if there is none.
    [[nodiscard]] Status undo();
    /// Does again what was undone last, unless something new was done since.
    [[nodiscard]] Status redo();
    [[nodiscard]] bool can_undo() const;
    [[nodiscard]] bool can_redo() const;

    /// The actions since the last call (SessionOptions::journal), to be stored before they are
    /// acknowledged; the first record says how the session was opened.
    [[nodiscard]] std::vector<JournalRecord> take_journal();
    /// Does what a record says, at its moment and with its seed. As answer() and the others fail.
    [[nodiscard]] Status apply(const JournalRecord& record);
    /// A session as its journal left it. `options` as when it was opened.
    [[nodiscard]] static Result<Session> replay(FormDefinitionPtr definition,
                                                SessionOptions options,
                                                std::span<const JournalRecord> journal);

    /// By name or tag. A form without that language falls back (Kurdish to Arabic, then default).
    void set_language(std::string_view name_or_tag);
    /// The translation in use; empty for a form without translations.
    [[nodiscard]] std::string_view language() const;

    [[nodiscard]] bool exists(std::string_view ref) const;
    [[nodiscard]] bool relevant(std::string_view ref) const;
    /// The value, "" when blank, not relevant or unknown.
    [[nodiscard]] std::string value(std::string_view ref) const;
    [[nodiscard]] std::string label(std::string_view ref) const;
    [[nodiscard]] ChoicesPtr choices(std::string_view ref) const;
    /// Everything about one node; kNotFound if there is no such ref.
    [[nodiscard]] Result<ViewNode> view(std::string_view ref) const;

    enum class Include : std::uint8_t { kRelevant, kAll };
    /// The page: groups, repeats with their rows, questions, in the author's order.
    [[nodiscard]] std::vector<ViewNode> page(Include include = Include::kRelevant) const;

    /// What of page(Include::kAll) changed since the last call; `all` the first time and after a
    /// record was loaded. forms/delta.h applies it.
    [[nodiscard]] PageChanges take_changes();

    /// What the session has done so far, for tests and benchmarks of its effort.
    struct Work {
        std::uint64_t computations = 0;  ///< of one aspect of one node
        std::uint64_t aggregates = 0;    ///< passes over all rows of a repeat
        std::size_t nodes = 0;           ///< made, those of removed rows included
    };
    [[nodiscard]] Work work() const;

    /// Goes up with every change; a page made at the same revision and language is still right.
    [[nodiscard]] std::uint64_t revision() const;

    /// Everything that stands in the way of finalising, in page order; from then on missing
    /// required answers show in page() too.
    [[nodiscard]] std::vector<Problem> validate();

    /// The record so far. kRelevant: what a finished record holds; kAll: also what is hidden now,
    /// for drafts.
    [[nodiscard]] std::vector<Answer> answers(Include include = Include::kRelevant) const;
    /// Loads a saved record or draft into this session: rows are made, answers set, calculations
    /// run. Unknown paths are skipped and reported, nothing else is lost.
    [[nodiscard]] std::vector<Problem> restore(std::span<const Answer> answers);
    /// Loads an answer file: a JSON object. Objects follow groups; a leaf may also be named alone
    /// where its name is unique; a repeat is an array of objects; a select multiple may be an
    /// array. kMalformed if it is not such JSON; what does not fit comes back as problems.
    [[nodiscard]] Result<std::vector<Problem>> load_answers(std::string_view json);

    /// Loads an instance as XForm XML (forms/instance_reader.h says how) and reports what has no
    /// place here; nothing else is lost. kMalformed, kTooLarge, or kUnknownForm for another form's.
    [[nodiscard]] Result<std::vector<Problem>> load_instance_xml(std::string_view xml);

    /// Makes what is loaded an edit of a finalised record: its instance id becomes the deprecated
    /// one, `instance_id` ("uuid:…") or a new one takes its place. Open with `editing`, load the
    /// record, then call this once. kMalformed for what is no id.
    [[nodiscard]] Status begin_edit(std::string_view instance_id = {});

    /// Validates; kAnswersInvalid if validate() finds anything that `waived` does not excuse: an
    /// answer that is there, but not in this session. Stamps the end time.
    [[nodiscard]] Result<FinalRecord> finalise(
        const std::function<bool(const Problem&)>& waived = {});
    /// The instance as XForm XML, relevant parts only.
    [[nodiscard]] std::string instance_xml() const;
    [[nodiscard]] std::string instance_id() const;
    [[nodiscard]] std::string deprecated_id() const;
    [[nodiscard]] std::string instance_name() const;

private:
    [[nodiscard]] std::string own_meta_xml(bool in_meta) const;
    friend class DeltaMaker;
    friend struct CompactTextWriter;
    friend struct ReplayAccess;
    friend struct AnswerLoader;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace awda::forms
