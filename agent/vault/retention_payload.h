// retention_payload: what the log says of erasing: how long is kept what (event 81), and which
// records' content went, by what right (event 80). Layouts: agent/VAULT.md, "Retention".
//
// An erased record leaves its skeleton: what lists and rebuilds need and nobody answered. Threads:
// pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock.h"
#include "platform/ids.h"
#include "platform/result.h"

namespace awda::agent {

/// What a record is kept here for. Numbers are part of the format.
enum class RetentionClass : std::uint8_t {
    kWorking = 1,    ///< its case goes on
    kSettled = 2,    ///< its case is closed
    kProtected = 3,  ///< it is of a form with protected questions, whatever its case
};
inline constexpr std::array kRetentionClasses = {RetentionClass::kWorking, RetentionClass::kSettled,
                                                 RetentionClass::kProtected};
/// "working", "settled", "protected".
[[nodiscard]] std::string_view retention_class_name(RetentionClass what);

inline constexpr std::uint32_t kRetentionDaysMin = 7;
inline constexpr std::uint32_t kRetentionDaysMax = 3650;

/// Days from the moment headquarters had opened all of it, by headquarters' clock.
struct RetentionPeriods {
    std::uint32_t working_days = 400;  ///< over the last follow-up, twelve months after a return
    std::uint32_t settled_days = 30;   ///< time to reopen a case that was closed by mistake
    std::uint32_t protected_days = 30;

    bool operator==(const RetentionPeriods&) const = default;
    [[nodiscard]] std::uint32_t days(RetentionClass what) const;
    [[nodiscard]] bool valid() const;
};
[[nodiscard]] Bytes encode(const RetentionPeriods& periods);
/// kMalformed, also for a period that is not valid.
[[nodiscard]] Result<RetentionPeriods> decode_retention_periods(ByteView bytes);

/// What stays of a record.
struct RecordSkeleton {
    std::uint64_t seq = 0;    ///< of the event that held it
    std::uint64_t batch = 0;  ///< that carried it to headquarters
    RetentionClass what = RetentionClass::kWorking;
    InstanceId instance;
    InstanceId root;
    std::uint32_t revision = 1;
    InstanceId deprecates;
    std::string form_id;
    std::string form_version;
    std::string language;
    OfficerId officer;
    UnixMs finalised_ms = 0;

    bool operator==(const RecordSkeleton&) const = default;
};
[[nodiscard]] Bytes encode(const RecordSkeleton& skeleton);
[[nodiscard]] Result<RecordSkeleton> decode_record_skeleton(ByteView bytes);

inline constexpr std::size_t kPrunedRecordsMax = 20'000;

struct RecordsPruned {
    UnixMs proven_ms = 0;  ///< the time by headquarters' receipts that it was judged by
    std::vector<RecordSkeleton> records;
};
[[nodiscard]] Bytes encode(const RecordsPruned& pruned);
/// kMalformed; kTooLarge for more than kPrunedRecordsMax.
[[nodiscard]] Result<RecordsPruned> decode_records_pruned(ByteView bytes);

}  // namespace awda::agent
