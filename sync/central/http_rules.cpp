#include "sync/central/http_rules.h"

#include <algorithm>
#include <charconv>

#include "sync/batch.h"

namespace awda::central {

namespace {

constexpr std::string_view kBinary = "application/octet-stream";
constexpr std::string_view kBatchPrefix = "/v1/batches/";
constexpr std::string_view kReceiptsSuffix = "/receipts";
constexpr std::size_t kHashDigits = 64;

/// Digits only: no sign, no spaces, nothing after.
std::optional<std::uint64_t> read_number(const std::optional<std::string>& text) {
    if (!text || text->empty()) return std::nullopt;
    std::uint64_t value = 0;
    const char* end = text->data() + text->size();
    const auto [stop, failed] = std::from_chars(text->data(), end, value);
    if (failed != std::errc() || stop != end) return std::nullopt;
    return value;
}

unsigned status_of(sync::Problem problem) {
    switch (problem) {
        case sync::Problem::kNone: return 200;
        case sync::Problem::kOffset:
        case sync::Problem::kFork:
        case sync::Problem::kGap:
        case sync::Problem::kVoucherUsed: return 409;
        case sync::Problem::kVoucherExpired: return 410;
        case sync::Problem::kUnknownDevice:
        case sync::Problem::kBadAuth:
        case sync::Problem::kVoucherUnknown: return 403;
        case sync::Problem::kTooLarge: return 413;
        case sync::Problem::kAltered: return 422;
        case sync::Problem::kDiskFull: return 507;
        case sync::Problem::kMalformed:
        case sync::Problem::kUnknown: break;
    }
    return 400;
}

}  // namespace

RouteMatch match_route(std::string_view method, std::string_view target) {
    const auto only = [&](std::string_view wanted, Route route) {
        return RouteMatch{method == wanted ? route : Route::kWrongMethod, {}};
    };
    if (target == "/healthz") return only("GET", Route::kHealth);
    if (target == "/v1/enrol") return only("POST", Route::kEnrol);
    if (!target.starts_with(kBatchPrefix)) return {};
    target.remove_prefix(kBatchPrefix.size());
    const bool receipts = target.ends_with(kReceiptsSuffix);
    if (receipts) target.remove_suffix(kReceiptsSuffix.size());
    const auto hash = from_hex(target);
    if (target.size() != kHashDigits || !hash.ok()) return {Route::kBadHash, {}};
    RouteMatch match;
    std::copy(hash->begin(), hash->end(), match.hash.begin());
    match.route = Route::kWrongMethod;
    if (receipts && method == "GET") match.route = Route::kReceipts;
    if (!receipts && method == "HEAD") match.route = Route::kOffset;
    if (!receipts && method == "PATCH") match.route = Route::kUpload;
    return match;
}

Result<UploadClaim> read_upload_claim(const HeaderLookup& header) {
    UploadClaim claim;
    const auto type = header("Content-Type");
    const auto offset = read_number(header(sync::kOffsetHeader));
    const auto total = read_number(header(sync::kLengthHeader));
    const auto auth = from_hex(header(sync::kAuthHeader).value_or(""));
    const auto device = parse_uuid(header(sync::kDeviceHeader).value_or(""));
    if (!type || *type != sync::kUploadType || !offset || !total || *total == 0 ||
        *offset > *total || header(sync::kCompleteHeader).value_or("") != "?1" || !auth.ok() ||
        auth->size() != claim.auth.size() || !device.ok()) {
        return Error(Errc::kMalformed, "read an upload's headers");
    }
    if (*total > sync::kBatchFileMax) return Error(Errc::kTooLarge, "an upload's total length");
    std::copy(auth->begin(), auth->end(), claim.auth.begin());
    claim.device = {*device};
    claim.offset = *offset;
    claim.total = *total;
    return claim;
}

WireAnswer answer_plain(unsigned status) {
    WireAnswer answer;
    answer.status = status;
    return answer;
}

WireAnswer answer_problem(unsigned status, sync::Problem problem) {
    WireAnswer answer = answer_plain(status);
    answer.headers.emplace_back(sync::kProblemHeader, sync::problem_text(problem));
    return answer;
}

WireAnswer answer_of(const Answer& given) {
    if (given.problem != sync::Problem::kNone) {
        WireAnswer answer = answer_problem(status_of(given.problem), given.problem);
        if (given.problem == sync::Problem::kGap) {
            answer.headers.emplace_back(sync::kExpectedHeader, std::to_string(given.expected));
        }
        return answer;
    }
    WireAnswer answer = answer_plain(200);
    answer.content_type = kBinary;
    answer.body = given.body;
    return answer;
}

WireAnswer answer_offset_mismatch(std::uint64_t offset) {
    WireAnswer answer = answer_problem(409, sync::Problem::kOffset);
    answer.headers.emplace_back(sync::kOffsetHeader, std::to_string(offset));
    return answer;
}

WireAnswer answer_offset(std::uint64_t offset, bool complete) {
    WireAnswer answer = answer_plain(204);
    answer.headers.emplace_back(sync::kOffsetHeader, std::to_string(offset));
    answer.headers.emplace_back(sync::kCompleteHeader, complete ? "?1" : "?0");
    return answer;
}

std::string interim_offset(std::uint64_t offset) {
    return "HTTP/1.1 104 Upload Resumption Supported\r\n" + std::string(sync::kOffsetHeader) +
           ": " + std::to_string(offset) + "\r\n\r\n";
}

std::string interim_processing() {
    return "HTTP/1.1 102 Processing\r\n\r\n";
}

WireAnswer answer_failure(Errc code) {
    if (code == Errc::kDiskFull) return answer_problem(507, sync::Problem::kDiskFull);
    WireAnswer answer = answer_plain(503);
    std::string_view seconds = "30";
    if (code == Errc::kBusy) seconds = "1";
    if (code == Errc::kDatabaseGone) seconds = "5";
    answer.headers.emplace_back("Retry-After", seconds);
    return answer;
}

}  // namespace awda::central
