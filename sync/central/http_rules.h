// http_rules: what a request asks for, and how an answer looks on the wire. No sockets.
//
// The wire is sync/PROTOCOL.md; its header names are sync/protocol.h's. Threads: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/bytes.h"
#include "platform/crypto.h"
#include "platform/ids.h"
#include "sync/central/ingest.h"
#include "sync/protocol.h"

namespace awda::central {

enum class Route : std::uint8_t {
    kHealth,
    kEnrol,
    kOffset,  ///< HEAD of a batch
    kUpload,  ///< PATCH of a batch
    kReceipts,
    kNowhere,
    kWrongMethod,
    kBadHash,
};
struct RouteMatch {
    Route route = Route::kNowhere;
    Hash32 hash{};
};
[[nodiscard]] RouteMatch match_route(std::string_view method, std::string_view target);

/// What an upload's headers claim.
struct UploadClaim {
    DeviceId device;
    Signature auth{};
    std::uint64_t offset = 0;
    std::uint64_t total = 0;
};
/// Gives a header's value, or nothing.
using HeaderLookup = std::function<std::optional<std::string>(std::string_view name)>;
/// kMalformed, kTooLarge.
[[nodiscard]] Result<UploadClaim> read_upload_claim(const HeaderLookup& header);

struct WireAnswer {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string_view content_type;
    Bytes body;
};
[[nodiscard]] WireAnswer answer_plain(unsigned status);
[[nodiscard]] WireAnswer answer_problem(unsigned status, sync::Problem problem);
/// An answer of Ingest; `ok_type` is the media type of its body.
[[nodiscard]] WireAnswer answer_of(const Answer& answer);
/// 409 with the offset from which to go on.
[[nodiscard]] WireAnswer answer_offset_mismatch(std::uint64_t offset);
[[nodiscard]] WireAnswer answer_offset(std::uint64_t offset, bool complete);
/// Interim replies, as they go on the wire: an upload's progress, and a sign of life.
[[nodiscard]] std::string interim_offset(std::uint64_t offset);
[[nodiscard]] std::string interim_processing();
/// A failure on our side: 507 when the disk is full, otherwise 503, to be tried again.
[[nodiscard]] WireAnswer answer_failure(Errc code);

}  // namespace awda::central
