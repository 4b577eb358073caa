// Names of cases, their members and what happened to them; and the number that is read over the
// telephone.
//
// None of them needs a counter or a network: a case is named by the record that began it, a member
// by the row that first told of him, an event by its hash. Layouts: CASES.md. Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/ids.h"
#include "sync/log/event.h"

namespace awda::sync {

using CaseId = Id<struct CaseTag>;
using MemberId = Id<struct MemberTag>;
/// An event, whoever's log it is in: the first half of its hash.
using EventRef = Id<struct EventRefTag>;

/// The case that a submission begins, named by its first revision (a UUID version 8).
[[nodiscard]] CaseId case_of_record(const InstanceId& root);
/// A person in a case: the row that first told of him, by the revision that added it and its path
/// there; the empty path is the person whom the record itself is about.
[[nodiscard]] MemberId member_of_row(const Id16& revision, std::string_view path);
[[nodiscard]] EventRef event_ref(const DeviceId& device, const Event& event);

/// The case's number for people: twelve digits that follow from the id and two that check them (ISO
/// 7064 MOD 97-10, which finds every wrong digit and every two that changed places). Two cases may
/// have the same one; among a million about one pair does, so it is looked up, never trusted.
inline constexpr std::size_t kReferenceDigits = 14;
[[nodiscard]] std::string case_reference(const CaseId& id);
/// "4821 0937 5516 04", in groups as it is read out.
[[nodiscard]] std::string spaced_reference(std::string_view reference);
/// As somebody types it: ASCII, Arabic-Indic or extended digits, with blanks, dashes and marks of
/// direction between. kMalformed if it is no reference, or its check digits do not hold.
[[nodiscard]] Result<std::string> parse_reference(std::string_view typed);

}  // namespace awda::sync
