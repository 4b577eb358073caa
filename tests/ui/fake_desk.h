// FakeDesk: an agent without a vault, for tests of the window. It keeps one small form's answers
// and every command it was given.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "agent/api/desk.h"

namespace awda::ui {

class FakeDesk final : public agent::Desk {
public:
    FakeDesk() { publish(); }

    Status post(agent::Command command) override {
        if (busy) return Error(Errc::kBusy, "posting to a full fake");
        act(command);
        posted.push_back(std::move(command));
        ++next.commands_done;
        publish();
        return {};
    }
    [[nodiscard]] std::shared_ptr<const agent::Snapshot> snapshot() const override { return now_; }
    void set_wake(std::function<void()>) override {}

    void publish() {
        ++next.serial;
        next.intakes = std::make_shared<const std::vector<agent::IntakeRow>>(intakes);
        if (is_open) {
            auto view = std::make_shared<agent::OpenIntakeView>();
            view->instance.value[0] = 7;
            view->form_title = "استمارة عودة";
            view->page = std::make_shared<const std::vector<forms::ViewNode>>(nodes);
            view->problems = problems;
            view->finalise_serial = finalise_serial;
            view->read_only = read_only;
            view->sealed = sealed;
            view->change = change;
            next.open = view;
        } else {
            next.open = nullptr;
        }
        now_ = std::make_shared<const agent::Snapshot>(next);
    }

    template <typename T>
    [[nodiscard]] const T* last() const {
        return posted.empty() ? nullptr : std::get_if<T>(&posted.back());
    }

    agent::Snapshot next;
    std::vector<agent::IntakeRow> intakes;
    std::vector<forms::ViewNode> nodes;
    std::vector<agent::IntakeProblem> problems;
    std::uint64_t finalise_serial = 0;
    std::vector<agent::Command> posted;
    std::string secret;
    bool is_open = false;
    bool read_only = false;
    std::shared_ptr<const agent::FormChangeView> change;
    std::set<std::string, std::less<>> sealed;
    bool busy = false;

private:
    void act(const agent::Command& command) {
        if (const auto* unlock = std::get_if<agent::Unlock>(&command)) {
            secret = as_text(unlock->passphrase.view());
            next.vault = agent::VaultState::kOpen;
            next.officer = unlock->officer;
        } else if (std::holds_alternative<agent::NewIntake>(command)) {
            is_open = true;
        } else if (std::holds_alternative<agent::CloseIntake>(command)) {
            is_open = false;
        } else if (std::holds_alternative<agent::Lock>(command)) {
            next.vault = agent::VaultState::kLocked;
            is_open = false;
        } else if (const auto* language = std::get_if<agent::SetLanguage>(&command)) {
            next.language = language->language;
        } else if (const auto* answer = std::get_if<agent::Answer>(&command)) {
            for (forms::ViewNode& node : nodes) {
                if (node.ref == answer->ref) node.value = answer->value;
            }
        } else if (std::holds_alternative<agent::Finalise>(command)) {
            problems.clear();
            for (forms::ViewNode& node : nodes) {
                if (!node.required || !node.value.empty()) continue;
                node.problem = forms::Problem{node.ref, forms::ProblemKind::kRequired, "مطلوب"};
                problems.push_back({node.ref, "مطلوب"});
            }
            if (problems.empty())
                is_open = false;
            else
                ++finalise_serial;
        }
    }

    std::shared_ptr<const agent::Snapshot> now_;
};

}  // namespace awda::ui
