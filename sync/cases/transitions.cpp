#include "sync/cases/transitions.h"

#include "platform/named.h"
namespace awda::sync {

std::string_view case_status_name(CaseStatus status) {
    switch (status) {
        case CaseStatus::kOpen: return "open";
        case CaseStatus::kInReview: return "in_review";
        case CaseStatus::kReturned: return "returned";
        case CaseStatus::kOffered: return "offered";
        case CaseStatus::kInTransit: return "in_transit";
        case CaseStatus::kAccepted: return "accepted";
        case CaseStatus::kClosed: return "closed";
        case CaseStatus::kMerged: return "merged";
    }
    return "unknown";
}

std::optional<CaseStatus> parse_case_status(std::string_view name) {
    return find_named(kCaseStatuses, name, case_status_name);
}

std::optional<CaseMove> parse_case_move(std::string_view name) {
    for (const Transition& transition : kTransitions) {
        if (transition.name.view() == name) return transition.move;
    }
    return std::nullopt;
}

}  // namespace awda::sync
