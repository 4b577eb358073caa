// protocol: how batches are delivered, as a pure state machine.
//
// step(state, input) returns the next state and what to do. It touches no clock, no file and no
// socket, so that the simulator can drive it from a seed. The courier (sync/courier.h) carries out
// the effects. Every retry is bounded by the back-off, and by DeliveryLimits::failures_max where
// set. Wire format: PROTOCOL.md. Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "platform/bytes.h"
#include "platform/crypto.h"
#include "platform/http.h"
#include "platform/ids.h"
#include "sync/receipt.h"
#include "sync/trust.h"

namespace awda::sync {

inline constexpr std::int64_t kBackoffMinMs = 250;
inline constexpr std::int64_t kBackoffMaxMs = 30'000;
inline constexpr std::int64_t kRetryAfterMaxMs = 600'000;  ///< no server makes us wait longer
inline constexpr std::size_t kOutboxBatchesMax = 100'000;

// Names on the wire, for the courier and for central alike.
inline constexpr std::string_view kVersionHeader = "Awda-Version";
inline constexpr std::string_view kVersionValue = "1";
inline constexpr std::string_view kProblemHeader = "Awda-Problem";
inline constexpr std::string_view kExpectedHeader = "Awda-Expected";
inline constexpr std::string_view kDeviceHeader = "Awda-Device";
inline constexpr std::string_view kAuthHeader = "Awda-Auth";
inline constexpr std::string_view kOffsetHeader = "Upload-Offset";
inline constexpr std::string_view kLengthHeader = "Upload-Length";
inline constexpr std::string_view kCompleteHeader = "Upload-Complete";
inline constexpr std::string_view kUploadType = "application/partial-upload";

/// Proof that a device sends this batch; made when it is sealed, since no key is at hand while
/// locked.
[[nodiscard]] Signature sign_upload(const SignKey& device, const Hash32& batch, std::uint64_t size);
[[nodiscard]] bool verify_upload(const SignPublic& device, const Hash32& batch, std::uint64_t size,
                                 const Signature& auth);

/// Why central refused; the value of Awda-Problem.
enum class Problem : std::uint8_t {
    kNone,
    kOffset,
    kFork,
    kGap,
    kUnknownDevice,
    kBadAuth,
    kTooLarge,
    kAltered,
    kDiskFull,
    kVoucherUsed,
    kVoucherExpired,
    kVoucherUnknown,
    kMalformed,
    kUnknown,  ///< a word we don't know
};
[[nodiscard]] std::string_view problem_text(Problem problem);
[[nodiscard]] Problem parse_problem(std::string_view text);

/// A reply, reduced to what the protocol reads of it.
struct ServerReply {
    int status = 0;
    bool ours = false;  ///< carries Awda-Version: 1 and is not a web page
    Problem problem = Problem::kNone;
    std::optional<std::uint64_t> offset;
    bool complete = false;
    std::optional<std::uint64_t> expected;
    std::optional<std::int64_t> retry_after_ms;
    Bytes body;
};
[[nodiscard]] ServerReply read_reply(const HttpReply& reply);

/// A batch as the machine sees it.
struct Delivery {
    std::uint64_t number = 0;
    Hash32 hash{};
    std::uint64_t size = 0;
    std::uint64_t last_seq = 0;
    bool tried = false;  ///< the server may hold some of it; otherwise it holds nothing
    bool stored = false;
    bool opened = false;
};

struct DeliveryLimits {
    /// Failures in a row without progress before giving up; 0 for never. One by a time-out, or
    /// after which the server wants to be left alone for a while, counts as four.
    std::uint32_t failures_max = 20;
    /// Questions in a row for an opened receipt that is not there yet, before that is left for
    /// later.
    std::uint32_t opened_polls_max = 6;
};

struct DeliveryPlan {
    DeviceId device;
    HqKeys hq;
    bool enrolled = false;
    VoucherId voucher;              ///< of the enrolment request
    Hash32 enrol_request_hash{};    ///< hash32 of the signed request
    std::vector<Delivery> batches;  ///< every batch still on disk, in number order
    DeliveryLimits limits;
};

enum class Ask : std::uint8_t { kEnrol, kOffset, kUpload, kReceipts };

// Inputs.
struct Begin {};
struct Replied {
    ServerReply reply;
};
struct Broken {
    Errc code{};             ///< of the transport
    std::uint64_t sent = 0;  ///< bytes of the body handed over before it broke
};
struct Rested {};  ///< the wait is over
struct SaveFailed {
    Errc code{};
};
struct StopNow {};  ///< finishes without an error
struct Input {
    std::variant<Begin, Replied, Broken, Rested, SaveFailed, StopNow> what;
    std::uint64_t random = 0;  ///< for the jitter
};

// Effects, to be carried out in order. If one of the Save… fails, the rest are dropped and
// SaveFailed is the next input.
struct Send {
    Ask ask{};
    std::size_t batch = 0;  ///< index into DeliveryState::plan.batches
    std::uint64_t offset = 0;
};
struct Rest {
    std::int64_t ms = 0;
};
struct SaveEnrolment {
    Bytes receipt;
};
struct DropEnrolment {};  ///< the server does not know us: enrol anew with the same request
struct SaveTried {        ///< from now on the server may hold some of this batch
    std::uint64_t number = 0;
};
struct SaveReceipt {
    std::uint64_t number = 0;
    ReceiptKind kind{};
    Bytes receipt;
};
struct SaveFork {
    std::uint64_t number = 0;
};
struct Finish {
    std::optional<Errc> error;  ///< none: everything that could be delivered was
};
using Effect = std::variant<Send, Rest, SaveEnrolment, DropEnrolment, SaveTried, SaveReceipt,
                            SaveFork, Finish>;

struct DeliveryCounts {
    std::uint32_t cuts = 0;               ///< uploads that broke in the middle
    std::uint32_t retries = 0;            ///< every failure that was tried again
    std::uint32_t stored = 0;             ///< stored receipts verified
    std::uint32_t opened = 0;             ///< opened receipts verified
    std::uint32_t rejected_receipts = 0;  ///< receipts that were not believed
};

struct DeliveryState {
    DeliveryPlan plan;
    DeliveryCounts counts;
    Ask ask = Ask::kOffset;                ///< what is under way, or comes after the rest
    std::size_t batch = 0;                 ///< which batch
    std::uint64_t offset = 0;              ///< where the upload under way began
    std::uint64_t best_offset = 0;         ///< the furthest the server has confirmed of this batch
    std::uint32_t failures = 0;            ///< in a row, without progress
    std::uint32_t polls = 0;               ///< in a row, for an opened receipt that did not come
    std::int64_t rest_ms = kBackoffMinMs;  ///< the next back-off
    bool enrolled_anew = false;
    bool restarted = false;         ///< the server called this batch altered once already
    bool receipts_missing = false;  ///< complete at the server, yet it had no receipt to give
    bool resting = false;
    bool finished = false;
};

struct Step {
    DeliveryState state;
    std::vector<Effect> effects;
};
[[nodiscard]] DeliveryState begin_delivery(DeliveryPlan plan);
[[nodiscard]] Step step(DeliveryState state, const Input& input);

/// What the server has confirmed, out of every batch still on disk.
struct DeliveryProgress {
    std::size_t batches_done = 0;
    std::size_t batches_total = 0;
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes_total = 0;
    std::optional<std::int64_t> ms_left;  ///< the courier's estimate; progress_of has no clock
};
[[nodiscard]] DeliveryProgress progress_of(const DeliveryState& state);

}  // namespace awda::sync
