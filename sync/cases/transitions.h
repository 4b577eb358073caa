// Transitions: the states of a case and the moves between them. The table below is the only place
// that says so; it stands in agent/README.md for people, and a test compares the two.
//
// Numbers are part of the format. Threads: pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace awda::sync {

/// From the least final to the most: of two states that are both claimed, the lower is shown until
/// somebody decides, because a file that is closed by mistake is a family that nobody looks for.
enum class CaseStatus : std::uint8_t {
    kOpen = 1,
    kInReview = 2,   ///< waits for a supervisor
    kReturned = 3,   ///< another office gave it back
    kOffered = 4,    ///< to another office
    kInTransit = 5,  ///< has left, nobody has answered
    kAccepted = 6,   ///< by the office that has it now
    kClosed = 7,
    kMerged = 8,  ///< goes on in another case
};
inline constexpr std::array kCaseStatuses = {
    CaseStatus::kOpen,      CaseStatus::kInReview, CaseStatus::kReturned, CaseStatus::kOffered,
    CaseStatus::kInTransit, CaseStatus::kAccepted, CaseStatus::kClosed,   CaseStatus::kMerged};

enum class CaseMove : std::uint8_t {
    kSubmit = 1,
    kResume = 2,
    kOffer = 3,
    kWithdraw = 4,
    kDispatch = 5,
    kAccept = 6,
    kReturn = 7,
    kRecall = 8,
    kBegin = 9,
    kTakeBack = 10,
    kClose = 11,
    kReopen = 12,
    kMerge = 13,    ///< only by an event kCaseMerged
    kUnmerge = 14,  ///< only by an event kCaseUnmerged
};

/// Which office may make a move.
enum class CaseParty : std::uint8_t { kOwner, kAddressee };
/// What the officer must be allowed to do; agent's Permission of the same name.
enum class CaseRight : std::uint8_t { kRecord, kDecide, kTransfer };

[[nodiscard]] constexpr std::uint16_t status_bit(CaseStatus status) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(status));
}
template <typename... Statuses>
[[nodiscard]] constexpr std::uint16_t status_bits(Statuses... statuses) {
    return static_cast<std::uint16_t>((status_bit(statuses) | ...));
}

struct Transition {
    CaseMove move;
    LiteralText name;
    std::uint16_t from;  ///< status_bits
    CaseStatus to;
    CaseParty party;
    CaseRight right;
    bool needs_reason;
    bool needs_office;  ///< names the office it goes to
};

inline constexpr std::array kTransitions = {
    Transition{CaseMove::kSubmit, "submit", status_bits(CaseStatus::kOpen), CaseStatus::kInReview,
               CaseParty::kOwner, CaseRight::kRecord, false, false},
    Transition{CaseMove::kResume, "resume", status_bits(CaseStatus::kInReview), CaseStatus::kOpen,
               CaseParty::kOwner, CaseRight::kDecide, true, false},
    Transition{CaseMove::kOffer, "offer",
               status_bits(CaseStatus::kOpen, CaseStatus::kInReview, CaseStatus::kReturned,
                           CaseStatus::kAccepted),
               CaseStatus::kOffered, CaseParty::kOwner, CaseRight::kTransfer, false, true},
    Transition{CaseMove::kWithdraw, "withdraw", status_bits(CaseStatus::kOffered),
               CaseStatus::kOpen, CaseParty::kOwner, CaseRight::kTransfer, true, false},
    Transition{CaseMove::kDispatch, "dispatch", status_bits(CaseStatus::kOffered),
               CaseStatus::kInTransit, CaseParty::kOwner, CaseRight::kTransfer, false, false},
    Transition{CaseMove::kAccept, "accept",
               status_bits(CaseStatus::kOffered, CaseStatus::kInTransit), CaseStatus::kAccepted,
               CaseParty::kAddressee, CaseRight::kTransfer, false, false},
    Transition{CaseMove::kReturn, "return",
               status_bits(CaseStatus::kOffered, CaseStatus::kInTransit), CaseStatus::kReturned,
               CaseParty::kAddressee, CaseRight::kTransfer, true, false},
    Transition{CaseMove::kRecall, "recall", status_bits(CaseStatus::kInTransit), CaseStatus::kOpen,
               CaseParty::kOwner, CaseRight::kTransfer, true, false},
    Transition{CaseMove::kBegin, "begin", status_bits(CaseStatus::kAccepted), CaseStatus::kOpen,
               CaseParty::kOwner, CaseRight::kRecord, false, false},
    Transition{CaseMove::kTakeBack, "take_back", status_bits(CaseStatus::kReturned),
               CaseStatus::kOpen, CaseParty::kOwner, CaseRight::kRecord, false, false},
    Transition{CaseMove::kClose, "close",
               status_bits(CaseStatus::kOpen, CaseStatus::kInReview, CaseStatus::kReturned,
                           CaseStatus::kAccepted),
               CaseStatus::kClosed, CaseParty::kOwner, CaseRight::kDecide, true, false},
    Transition{CaseMove::kReopen, "reopen", status_bits(CaseStatus::kClosed), CaseStatus::kOpen,
               CaseParty::kOwner, CaseRight::kDecide, true, false},
    Transition{CaseMove::kMerge, "merge",
               status_bits(CaseStatus::kOpen, CaseStatus::kInReview, CaseStatus::kReturned,
                           CaseStatus::kAccepted, CaseStatus::kClosed),
               CaseStatus::kMerged, CaseParty::kOwner, CaseRight::kDecide, true, false},
    Transition{CaseMove::kUnmerge, "unmerge", status_bits(CaseStatus::kMerged), CaseStatus::kOpen,
               CaseParty::kOwner, CaseRight::kDecide, true, false},
};

/// The move's line: they stand in the order of the enumeration, from 1, which a test checks.
[[nodiscard]] constexpr const Transition& transition_of(CaseMove move) {
    return kTransitions.at(static_cast<std::size_t>(move) - 1);
}
[[nodiscard]] constexpr bool leads_from(const Transition& transition, CaseStatus status) {
    return (transition.from & status_bit(status)) != 0;
}

/// "open", "in_review"…
[[nodiscard]] std::string_view case_status_name(CaseStatus status);
[[nodiscard]] std::optional<CaseStatus> parse_case_status(std::string_view name);
[[nodiscard]] std::optional<CaseMove> parse_case_move(std::string_view name);

}  // namespace awda::sync
