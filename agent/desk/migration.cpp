#include "agent/desk/migration.h"

#include <algorithm>
#include <map>

namespace awda::agent {
namespace {

using forms::FieldFate;

constexpr auto kAll = forms::Session::Include::kAll;

/// A value that the form computed, or that says when and where it was filled in: nobody typed it.
bool computed(const forms::FormDefinition& form, std::string_view path) {
    const forms::QuestionInfo* question = form.find_question(forms::without_positions(path));
    return question != nullptr && (question->calculated || question->metadata);
}

class Mover {
public:
    Mover(const MigrationInput& input, const forms::ProtectedPaths& after, forms::Session& session)
        : input_(input), after_(after), session_(session) {}

    Migration run() {
        keep_older();
        const forms::MigrationReport report =
            forms::migrate(input_.before, typed_answers(), session_);
        for (const forms::FieldReport& field : report.fields) {
            if (field.fate == FieldFate::kNewRequired) {
                out_.newly_required.push_back(field.to);
            } else if (!field.value.empty()) {
                add(field);
            }
            if (!field.from.empty() && !field.to.empty()) note_place(field);
        }
        find_seals();
        split_answers();
        return std::move(out_);
    }

private:
    /// What earlier versions left aside stays there.
    void keep_older() {
        for (const bool guarded : {false, true}) {
            for (const forms::Answer& answer : guarded ? input_.guarded : input_.answers) {
                if (!is_aside(answer.path)) continue;
                taken_.insert(answer.path);
                out_.moves.push_back({AnswerFate::kOrphaned,
                                      FieldFate::kOrphaned,
                                      answer.path,
                                      {},
                                      answer.value,
                                      {},
                                      answer.path,
                                      guarded});
                aside_.push_back(answer);
                if (guarded) guarded_paths_.insert(answer.path);
            }
        }
    }

    std::vector<forms::Answer> typed_answers() {
        std::vector<forms::Answer> all;
        for (const bool guarded : {false, true}) {
            for (const forms::Answer& answer : guarded ? input_.guarded : input_.answers) {
                if (is_aside(answer.path)) continue;
                all.push_back(answer);
                if (guarded) was_guarded_.insert(answer.path);
                if (!guarded) plain_to_.insert(answer.path);  // until a move says otherwise
            }
        }
        return all;
    }

    [[nodiscard]] bool guards(const forms::FieldReport& field) const {
        return was_guarded_.contains(field.from) || input_.protection.covers(field.from) ||
               (!field.to.empty() && after_.covers(field.to));
    }

    void add(const forms::FieldReport& field) {
        AnswerMove move;
        move.why = field.fate;
        move.from = field.from;
        move.to = field.to;
        move.value = field.value;
        move.now = field.now;
        move.guarded = guards(field);
        const bool stays = field.fate != FieldFate::kTypeInvalid &&
                           field.fate != FieldFate::kChoiceGone && field.now == field.value;
        if (field.to.empty()) {
            move.fate = AnswerFate::kOrphaned;
        } else if (stays || computed(input_.before, field.from)) {
            move.fate = field.from == field.to ? AnswerFate::kCarried : AnswerFate::kRenamed;
        } else {
            move.fate = AnswerFate::kChanged;
        }
        if (move.fate == AnswerFate::kChanged || move.fate == AnswerFate::kOrphaned) {
            move.aside = free_name(field.from);
            aside_.push_back({move.aside, move.value});
            if (move.guarded) guarded_paths_.insert(move.aside);
        }
        out_.moves.push_back(std::move(move));
    }

    std::string free_name(const std::string& path) {
        std::string version = input_.version.empty() ? std::string("-") : input_.version;
        std::ranges::replace(version, '/', '_');
        const std::string name = std::string(kAsidePrefix) + version + "/" + path;
        std::string free = name;
        for (int n = 2; !taken_.insert(free).second; ++n) free = name + "~" + std::to_string(n);
        return free;
    }

    void note_place(const forms::FieldReport& field) {
        if (field.from != field.to) plain_to_.erase(field.from);
        const bool was = was_guarded_.contains(field.from) || input_.protection.covers(field.from);
        if (was) {
            seal(field.to);
        } else {
            plain_to_.insert(field.to);
        }
    }

    void seal(std::string_view ref) {
        if (!after_.covers(ref)) seals_.add(ref);
    }

    /// Questions that were protected stay so, answered or not: who goes on may answer them.
    void find_seals() {
        std::vector<std::string> paths;
        for (const forms::QuestionInfo& question : input_.before.questions()) {
            paths.push_back(question.path);
        }
        // How many rows there are would tell, too.
        const std::vector<std::string>& repeats = input_.before.repeats();
        paths.insert(paths.end(), repeats.begin(), repeats.end());
        std::erase_if(paths, [this](const auto& path) { return !input_.protection.covers(path); });
        for (const std::string& place :
             forms::migrated_paths(input_.before, session_.definition(), paths)) {
            if (!place.empty()) seal(place);
        }
        out_.seals.assign(seals_.tops().begin(), seals_.tops().end());
    }

    void split_answers() {
        for (forms::Answer& answer : session_.answers(kAll)) {
            if (!after_.covers(answer.path) && !seals_.covers(answer.path)) {
                out_.answers.push_back(std::move(answer));
            } else if (!input_.sealed || (plain_to_.contains(answer.path) &&
                                          !computed(session_.definition(), answer.path))) {
                out_.guarded.push_back(std::move(answer));
            }
        }
        for (forms::Answer& answer : aside_) {
            const bool guarded = guarded_paths_.contains(answer.path);
            (guarded ? out_.guarded : out_.answers).push_back(std::move(answer));
        }
    }

    const MigrationInput& input_;
    const forms::ProtectedPaths& after_;
    forms::Session& session_;
    Migration out_;
    std::vector<forms::Answer> aside_;
    std::set<std::string> taken_;          ///< names of what is aside
    std::set<std::string> guarded_paths_;  ///< of them, the protected ones
    std::set<std::string> was_guarded_;
    std::set<std::string> plain_to_;  ///< where plain answers are now
    forms::ProtectedPaths seals_;
};

}  // namespace

std::string_view answer_fate_name(AnswerFate fate) {
    switch (fate) {
        case AnswerFate::kCarried: return "carried";
        case AnswerFate::kRenamed: return "renamed";
        case AnswerFate::kChanged: return "changed";
        case AnswerFate::kOrphaned: return "orphaned";
    }
    return {};
}

std::size_t Migration::count(AnswerFate fate) const {
    return static_cast<std::size_t>(std::ranges::count(moves, fate, &AnswerMove::fate));
}

bool is_aside(std::string_view path) {
    return path.starts_with(kAsidePrefix);
}

Aside split_aside(std::string_view path) {
    if (!is_aside(path)) return {};
    path.remove_prefix(kAsidePrefix.size());
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return {{}, std::string(path)};
    return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

Migration migrate_answers(const MigrationInput& input, const forms::ProtectedPaths& after,
                          forms::Session& session) {
    return Mover(input, after, session).run();
}

}  // namespace awda::agent
