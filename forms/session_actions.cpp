// What a session asks of its surroundings: positions, recordings, the last saved record.
#include <cmath>

#include "forms/load.h"
#include "forms/session_state.h"
#include "forms/submission.h"
#include "forms/value.h"

namespace awda::forms {
namespace {
constexpr std::size_t kPendingActionsMax = 10'000;
constexpr std::size_t kActionAnswerBytesMax = 1U << 20U;
}  // namespace

bool is_geopoint(std::string_view value) {
    const auto words = split_words(value);
    return words.size() >= 2 && words.size() <= 4 && std::fabs(parse_number(words[0])) <= 90 &&
           std::fabs(parse_number(words[1])) <= 180;
}

bool is_geoline(std::string_view value) {
    while (!value.empty()) {
        const auto end = value.find(';');
        if (!is_geopoint(value.substr(0, end))) return false;
        if (end == std::string_view::npos) break;
        value = trim(value.substr(end + 1));
    }
    return true;
}

void Session::State::request_action(const CompiledAction& action, NodeId target) {
    // A newer event asks again: what the desk has not answered yet is out of date.
    std::erase_if(pending_actions, [&](const auto& entry) {
        return entry.second.action == &action && entry.second.target == target;
    });
    if (pending_actions.size() >= kPendingActionsMax) return;
    pending_actions.emplace(next_action++, PendingAction{&action, target, false});
}

std::vector<ActionRequest> Session::take_action_requests() {
    State& s = *state_;
    std::erase_if(s.pending_actions,
                  [&](const auto& entry) { return !s.tree.at(entry.second.target).alive; });
    std::vector<ActionRequest> out;
    for (auto& [id, pending] : s.pending_actions) {
        if (pending.taken) continue;
        pending.taken = true;
        const auto kind = pending.action->kind == ActionKind::kSetGeopoint
                              ? ActionRequest::Kind::kGeopoint
                              : ActionRequest::Kind::kRecordAudio;
        out.push_back({id, kind, s.tree.ref(pending.target), pending.action->parameters});
    }
    return out;
}

Status Session::complete_action(std::uint64_t id, std::string_view value) {
    State& s = *state_;
    const auto found = s.pending_actions.find(id);
    if (found == s.pending_actions.end()) return Error{Errc::kNotFound, "answering an action"};
    const NodeId target = found->second.target;
    if (value.size() > kActionAnswerBytesMax) return Error{Errc::kTooLarge, "an action's answer"};
    if (!valid_utf8(value)) return Error{Errc::kMalformed, "an action's answer that is not UTF-8"};
    if (!s.tree.at(target).alive) {
        s.pending_actions.erase(found);
        return Error{Errc::kNotFound, "answering an action of a removed row"};
    }
    const TemplateId kind = s.tree.at(target).kind;
    const bool position = found->second.action->kind == ActionKind::kSetGeopoint;
    if (position && !value.empty() && !is_geopoint(value)) {
        return Error{Errc::kMalformed, "an action's answer that is no position"};
    }
    s.pending_actions.erase(found);
    s.begin({JournalAction::kCompleted, s.tree.ref(target), std::string(value), 0, {}}, true);
    s.set_value(target, s.normalised(kind, std::string(value)));
    s.settle();
    s.commit();
    return {};
}

void Session::State::load_last_saved() {
    for (const ModelInstance& instance : definition->model().instances) {
        if (!instance.src.starts_with("jr://instance/last-saved")) continue;
        last_saved_id = instance.id;
        // What is encrypted when it is sent must not come back in the clear.
        const bool secret = !submission_info(*definition).public_key.empty();
        std::optional<std::string> xml;
        if (options.last_saved && !secret) xml = options.last_saved();
        XmlTree::Limits limits;
        limits.depth = kNestingMax;
        if (xml && xml->size() <= kFormFileBytesMax && valid_utf8(*xml)) {
            auto record = XmlTree::parse_known(*xml, *c.names, limits);
            if (record.ok()) last_saved = std::move(record).value();
        }
        if (last_saved != nullptr) return;
        // There is none yet, or it can't be read: then everything in it is blank.
        auto blank = XmlTree::parse_known("<blank/>", *c.names, limits);
        if (blank.ok()) last_saved = std::move(blank).value();
        return;
    }
}

}  // namespace awda::forms
