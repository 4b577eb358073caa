// Intake: a form's session joined to its draft, or to its finalised record, in the vault.
//
// Ownership: owns its session; borrows the vault for each call, so it holds nothing open. Threads:
// the vault's thread. Used by the desk and by the command line alike, so that both keep the same
// rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/desk/form_clock.h"
#include "agent/desk/form_library.h"
#include "agent/desk/migration.h"
#include "agent/vault/compartment.h"
#include "agent/vault/vault.h"
#include "forms/session.h"
#include "platform/clock.h"
#include "platform/crypto.h"

namespace awda::agent {

/// What an intake needs of the world; all borrowed and outliving it.
struct IntakeParts {
    Vault& vault;
    FormLibrary& forms;
    const Clock& clock;
    Random& random;
};

/// A draft whose form has another version here now, and what would become of its answers.
struct FormChange {
    FormRef from;
    FormRef to;
    forms::FormDefinitionPtr before;  ///< null where the old version is not kept: paths alone count
    forms::FormDefinitionPtr after;
    std::string language;
    std::string title;
    Migration migration;
    std::uint32_t sealed_parts = 0;  ///< of protected answers: they keep their old paths
};

class Intake {
public:
    /// Starts a draft of a form. `language` is the interview's, as a tag ("ar").
    [[nodiscard]] static Result<Intake> start(const IntakeParts& parts, std::string_view form_id,
                                              std::string_view language);
    /// Opens a draft for writing. kNotFound; kFormNewer where another version of its form is here
    /// (see plan_change); kFormGone where none is and its own was not kept.
    [[nodiscard]] static Result<Intake> resume(const IntakeParts& parts, const InstanceId& draft);
    /// Opens a draft for reading, in the version it was begun with. kNotFound, kFormGone.
    [[nodiscard]] static Result<Intake> look(const IntakeParts& parts, const InstanceId& draft);
    /// What would become of a draft's answers in the version that is here; nothing where it is on
    /// that already. Counts as a viewing. kNotFound, kFormGone.
    [[nodiscard]] static Result<std::optional<FormChange>> plan_change(const IntakeParts& parts,
                                                                       const InstanceId& draft);
    /// Puts the draft on the version that is here, in one transaction, and says what became of it.
    [[nodiscard]] static Result<std::optional<FormChange>> accept_change(const IntakeParts& parts,
                                                                         const InstanceId& draft);
    /// Opens a finalised record for reading; the vault writes down who looked.
    [[nodiscard]] static Result<Intake> view(const IntakeParts& parts, const InstanceId& record);
    /// The same for a record that the vault has shown already.
    [[nodiscard]] static Result<Intake> of_record(const IntakeParts& parts,
                                                  const ShownRecord& shown);

    [[nodiscard]] forms::Session& session() { return session_; }
    [[nodiscard]] const forms::Session& session() const { return session_; }
    [[nodiscard]] const InstanceId& instance() const { return instance_; }
    [[nodiscard]] std::uint32_t revision() const { return revision_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] const std::string& form_id() const { return form_id_; }
    [[nodiscard]] bool read_only() const { return read_only_; }
    /// Sealed parts of protected answers that this officer's key does not open.
    [[nodiscard]] std::uint32_t sealed_parts() const { return sealed_parts_; }
    /// Whether earlier answers to this question may be sealed: what the session shows of it is not
    /// what the record says.
    [[nodiscard]] bool sealed(std::string_view ref) const {
        return sealed_parts_ > 0 && protection_.covers(ref);
    }
    /// The record's name, unless it is made of protected answers.
    [[nodiscard]] std::string title() const;
    /// What stands in the way of finalising.
    [[nodiscard]] std::vector<forms::Problem> problems();
    /// Ends the sitting: the key of its protected answers is wiped.
    void close(Vault& vault);
    [[nodiscard]] bool finalised() const { return finalised_; }
    /// How a finalised record stands with a second officer, and who recorded it.
    [[nodiscard]] const Approval& approval() const { return approval_; }
    [[nodiscard]] const OfficerId& officer() const { return officer_; }
    /// Answers of an older version of the form that this version has no place for.
    [[nodiscard]] const std::vector<forms::Problem>& lost() const { return lost_; }
    /// Those answers, and what was kept aside when the draft moved to another version.
    [[nodiscard]] const std::vector<forms::Answer>& lost_answers() const { return lost_answers_; }

    /// True if the session went on since the last save.
    [[nodiscard]] bool changed() const { return !read_only_ && session_.revision() != saved_at_; }
    /// Commits what changed, in one transaction. After an error the next save tries all of it
    /// again.
    Status save(Vault& vault);
    Status set_language(Vault& vault, std::string_view tag);
    /// Validates, saves, signs. kAnswersInvalid leaves the problems in session().validate().
    Status finalise(Vault& vault);

private:
    Intake(std::unique_ptr<FormClock> clock, forms::Session session, InstanceId instance)
        : clock_(std::move(clock)), session_(std::move(session)), instance_(instance) {}
    [[nodiscard]] static Result<Intake> begin(const IntakeParts& parts, const LoadedForm& form,
                                              const InstanceId& instance, bool editing);
    [[nodiscard]] static Result<std::optional<FormChange>> plan_of(const IntakeParts& parts,
                                                                   const Draft& draft);
    /// A draft that was loaded, on this version of its form.
    [[nodiscard]] static Result<Intake> of_draft(const IntakeParts& parts, const LoadedForm& form,
                                                 Draft kept);
    void restore(const std::vector<forms::Answer>& answers);
    void take_draft(const Draft& kept);
    [[nodiscard]] bool excused(const forms::Problem& problem) const;
    /// Moves what is protected out of `answers`.
    [[nodiscard]] std::vector<forms::Answer> take_protected(
        std::vector<forms::Answer>& answers) const;
    [[nodiscard]] ProtectedAnswers sitting_answers(std::vector<forms::Answer> answers) const;
    [[nodiscard]] std::map<std::uint64_t, std::string> rows() const;

    std::unique_ptr<FormClock> clock_;  ///< the session borrows it
    forms::Session session_;
    InstanceId instance_;
    std::uint32_t revision_ = 1;
    std::string reason_;
    std::string form_id_;
    bool read_only_ = false;
    bool finalised_ = false;
    Approval approval_;
    OfficerId officer_;
    std::vector<forms::Problem> lost_;
    std::vector<forms::Answer> lost_answers_;  ///< kept in the draft all the same
    std::vector<forms::Answer> saved_;         ///< what the vault holds in the plain part
    forms::ProtectedPaths protection_;
    std::uint32_t sealed_parts_ = 0;
    // Where parts stay sealed: what the session said by itself when the sitting began, and rows.
    std::map<std::string, std::string, std::less<>> base_;
    std::map<std::uint64_t, std::string> rows_then_;
    std::string saved_title_;
    std::uint64_t saved_at_ = 0;  ///< the session's revision then
    bool saved_once_ = false;
};

[[nodiscard]] std::vector<sync::Field> to_fields(const std::vector<forms::Answer>& answers);
[[nodiscard]] std::vector<forms::Answer> to_answers(const std::vector<sync::Field>& fields);

/// Whether an answer was given that counts only when a second officer agrees: the form's mark
/// bind::awda:approval.
[[nodiscard]] bool needs_approval(const forms::FormDefinition& form,
                                  const std::vector<forms::Answer>& answers);

/// What turns `before` into `after`, when both have the same rows of repeats; nothing when rows
/// were added, removed or moved, for then positions mean other rows and all has to be written anew.
[[nodiscard]] std::optional<std::vector<FieldChange>> changes_between(
    const std::vector<forms::Answer>& before, const std::vector<forms::Answer>& after);

}  // namespace awda::agent
