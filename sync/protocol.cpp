#include "sync/protocol.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "platform/codec.h"

namespace awda::sync {

namespace {
constexpr std::string_view kUploadSigns = "AWDAREQ1";
/// A failure that took, or will take, so long counts as so many: the limit is meant to be on time.
constexpr std::int64_t kSlowMs = 3'000;
constexpr std::uint32_t kSlowWeight = 4;

struct ProblemRow {
    Problem problem;
    std::string_view text;
};
constexpr std::array kProblems{
    ProblemRow{Problem::kNone, ""},
    ProblemRow{Problem::kOffset, "offset"},
    ProblemRow{Problem::kFork, "fork"},
    ProblemRow{Problem::kGap, "gap"},
    ProblemRow{Problem::kUnknownDevice, "unknown-device"},
    ProblemRow{Problem::kBadAuth, "bad-auth"},
    ProblemRow{Problem::kTooLarge, "too-large"},
    ProblemRow{Problem::kAltered, "altered"},
    ProblemRow{Problem::kDiskFull, "disk-full"},
    ProblemRow{Problem::kVoucherUsed, "voucher-used"},
    ProblemRow{Problem::kVoucherExpired, "voucher-expired"},
    ProblemRow{Problem::kVoucherUnknown, "voucher-unknown"},
    ProblemRow{Problem::kMalformed, "malformed"},
};

Bytes upload_bytes(const Hash32& batch, std::uint64_t size) {
    ByteWriter out;
    out.raw(batch);
    out.u64(size);
    return out.take();
}

std::optional<std::uint64_t> read_number(const HttpReply& reply, std::string_view lower_name) {
    const auto text = reply.header(lower_name);
    std::uint64_t value = 0;
    if (!text || text->empty()) return std::nullopt;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

/// One run of the machine: the state being changed, and the effects gathered.
class Machine {
public:
    Machine(DeliveryState state, std::uint64_t random) : s_(std::move(state)), random_(random) {}
    Step take() { return Step{std::move(s_), std::move(effects_)}; }

    void on(const Begin& /*begin*/) { s_.plan.enrolled ? next_batch() : ask(Ask::kEnrol); }
    void on(const Replied& input);
    void on(const Broken& input);
    void on(const Rested& /*rested*/) {
        if (!s_.resting) return;
        s_.resting = false;
        ask(s_.ask);
    }
    void on(const SaveFailed& input) { finish(input.code); }
    void on(const StopNow& /*stop*/) { finish(std::nullopt); }

private:
    Delivery& batch() { return s_.plan.batches[s_.batch]; }
    void ask(Ask what, std::uint64_t offset = 0);
    void next_batch();
    void choose(std::size_t index);
    void rest(Ask then, std::int64_t at_least = 0);
    void finish(std::optional<Errc> error);
    void fail(Errc code, Ask then, std::int64_t at_least = 0);
    void progress();
    /// What to do again after a failure of what is under way.
    [[nodiscard]] Ask again() const { return s_.ask == Ask::kUpload ? Ask::kOffset : s_.ask; }

    void enrolled(const ServerReply& reply);
    void offset_known(std::uint64_t offset, bool complete);
    void receipts(const ServerReply& reply);
    bool accept(const Bytes& receipt);
    void refused(const ServerReply& reply);
    void gap(const ServerReply& reply);
    void conflict(const ServerReply& reply);
    void unknown_device();
    void altered();

    DeliveryState s_;
    std::vector<Effect> effects_;
    std::uint64_t random_;
};

void Machine::ask(Ask what, std::uint64_t offset) {
    s_.ask = what;
    s_.offset = offset;
    effects_.push_back(Send{what, s_.batch, offset});
}

void Machine::choose(std::size_t index) {
    s_.batch = index;
    s_.best_offset = 0;
    s_.restarted = false;
    s_.receipts_missing = false;
}

/// Everything is stored first; only then are opened receipts waited for, since storing is what
/// frees the officer to leave. The registry opens in order, so the first unopened one speaks for
/// the rest.
void Machine::next_batch() {
    const auto& batches = s_.plan.batches;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        if (batches[i].stored || batches[i].opened) continue;
        choose(i);
        if (batches[i].tried) return ask(Ask::kOffset);
        // Never sent before, so there is no offset to ask for: a round trip less.
        batch().tried = true;
        effects_.push_back(SaveTried{batch().number});
        return ask(Ask::kUpload);
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
        if (batches[i].opened) continue;
        if (s_.polls >= s_.plan.limits.opened_polls_max) break;
        choose(i);
        return ask(Ask::kReceipts);
    }
    finish(std::nullopt);
}

void Machine::finish(std::optional<Errc> error) {
    s_.finished = true;
    s_.resting = false;
    effects_.push_back(Finish{error});
}

void Machine::progress() {
    s_.failures = 0;
    s_.rest_ms = kBackoffMinMs;
}

/// Grows by a quarter from kBackoffMinMs to kBackoffMaxMs, spread by a quarter either way, so that
/// offices that lost the same link don't all come back in the same instant. Doubling would sleep
/// through four times as much of the time in which a link that drops every half minute is back.
void Machine::rest(Ask then, std::int64_t at_least) {
    const std::int64_t full = s_.rest_ms;
    s_.rest_ms = std::min(full + full / 4, kBackoffMaxMs);
    const auto spread = static_cast<std::uint64_t>(full / 2 + 1);
    const std::int64_t delay = full * 3 / 4 + static_cast<std::int64_t>(random_ % spread);
    s_.ask = then;
    s_.resting = true;
    effects_.push_back(Rest{std::max(delay, std::min(at_least, kRetryAfterMaxMs))});
}

void Machine::fail(Errc code, Ask then, std::int64_t at_least) {
    const bool slow = code == Errc::kTimeout || at_least >= kSlowMs;
    s_.failures += slow ? kSlowWeight : 1;
    const std::uint32_t limit = s_.plan.limits.failures_max;
    if (limit != 0 && s_.failures >= limit) return finish(code);
    ++s_.counts.retries;
    rest(then, at_least);
}

void Machine::on(const Broken& input) {
    // Only the line mends itself. A wrong server key or a failing disk won't, not within seconds.
    const bool line = input.code == Errc::kNoNetwork || input.code == Errc::kTimeout ||
                      input.code == Errc::kMalformed || input.code == Errc::kTooLarge;
    if (!line) return finish(input.code);
    if (s_.ask == Ask::kUpload && input.sent > 0) ++s_.counts.cuts;
    fail(input.code, again());
}

void Machine::on(const Replied& input) {
    const ServerReply& reply = input.reply;
    // A portal, a proxy's error page, another server: whatever it says, nothing of it is believed.
    if (!reply.ours) return fail(Errc::kNoNetwork, again());
    const bool success = reply.status == 200 || reply.status == 204;
    if (!success && !(s_.ask == Ask::kOffset && reply.status == 404) &&
        !(s_.ask == Ask::kReceipts && reply.status == 404)) {
        return refused(reply);
    }
    switch (s_.ask) {
        case Ask::kEnrol: return enrolled(reply);
        case Ask::kOffset:
            if (reply.status == 404) return offset_known(0, false);
            if (!reply.offset) return fail(Errc::kMalformed, Ask::kOffset);
            return offset_known(*reply.offset, reply.complete);
        case Ask::kUpload: return receipts(reply);
        case Ask::kReceipts:
            if (reply.status != 404) return receipts(reply);
            // The server has lost what it had, or not yet finished it: ask, and send what is
            // missing.
            batch().stored = false;
            s_.receipts_missing = true;
            return fail(Errc::kServerRefused, Ask::kOffset);
    }
}

void Machine::enrolled(const ServerReply& reply) {
    const auto receipt = open_enrol_receipt(reply.body, s_.plan.hq.stored_receipt);
    if (!receipt.ok() || receipt->device != s_.plan.device || receipt->voucher != s_.plan.voucher ||
        receipt->request_hash != s_.plan.enrol_request_hash) {
        ++s_.counts.rejected_receipts;
        return fail(Errc::kBadSignature, Ask::kEnrol);
    }
    s_.plan.enrolled = true;
    progress();
    effects_.push_back(SaveEnrolment{reply.body});
    next_batch();
}

void Machine::offset_known(std::uint64_t offset, bool complete) {
    if (offset > batch().size) return fail(Errc::kMalformed, Ask::kOffset);
    if (offset > s_.best_offset) {
        s_.best_offset = offset;
        progress();
    }
    // Complete, so only the reply was lost. An empty upload makes the server finish what it has.
    if (complete && !s_.receipts_missing) return ask(Ask::kReceipts);
    ask(Ask::kUpload, offset);
}

/// True if the receipt is genuine and about this batch.
bool Machine::accept(const Bytes& bytes) {
    const auto receipt = open_receipt(bytes, s_.plan.hq);
    Delivery& mine = batch();
    if (!receipt.ok() || receipt->device != s_.plan.device ||
        receipt->batch_number != mine.number || receipt->batch_hash != mine.hash ||
        receipt->last_seq != mine.last_seq) {
        ++s_.counts.rejected_receipts;
        return false;
    }
    const bool opened = receipt->kind == ReceiptKind::kOpened;
    bool& known = opened ? mine.opened : mine.stored;
    if (!known) {
        known = true;
        ++(opened ? s_.counts.opened : s_.counts.stored);
        effects_.push_back(SaveReceipt{mine.number, receipt->kind, bytes});
        progress();
    }
    return true;
}

void Machine::receipts(const ServerReply& reply) {
    const auto all = decode_receipts(reply.body);
    if (!all.ok()) {
        ++s_.counts.rejected_receipts;
        return fail(Errc::kMalformed, again());
    }
    bool any = false;
    for (const Bytes& receipt : *all) any = accept(receipt) || any;
    if (!any) return fail(Errc::kBadSignature, again());
    if (batch().opened) {
        s_.polls = 0;
        return next_batch();
    }
    const bool unsent = std::any_of(s_.plan.batches.begin(), s_.plan.batches.end(),
                                    [](const Delivery& d) { return !d.stored && !d.opened; });
    if (unsent) return next_batch();
    // Stored, not opened: the registry takes its time. That is no failure, but asking is bounded.
    if (s_.ask == Ask::kReceipts) ++s_.polls;
    if (s_.polls >= s_.plan.limits.opened_polls_max) return finish(std::nullopt);
    rest(Ask::kReceipts);
}

void Machine::refused(const ServerReply& reply) {
    if (reply.problem == Problem::kUnknownDevice) return unknown_device();
    if (reply.problem == Problem::kVoucherUsed) return finish(Errc::kVoucherUsed);
    if (reply.problem == Problem::kVoucherExpired) return finish(Errc::kVoucherExpired);
    if (reply.status == 409) return conflict(reply);
    if (reply.status == 422) return altered();
    if (reply.status == 413) return finish(Errc::kTooLarge);
    if (reply.status == 507) return fail(Errc::kServerFull, again(), kBackoffMaxMs);
    if (reply.status == 408) return fail(Errc::kTimeout, again());
    if (reply.status == 429 || reply.status >= 500) {
        return fail(Errc::kServerBusy, again(), reply.retry_after_ms.value_or(0));
    }
    if (reply.status >= 400) return finish(Errc::kServerRefused);
    fail(Errc::kMalformed, again());  // a redirect or another success: not part of the protocol
}

void Machine::conflict(const ServerReply& reply) {
    if (s_.ask != Ask::kUpload) return finish(Errc::kServerRefused);
    if (reply.problem == Problem::kFork) {
        effects_.push_back(SaveFork{batch().number});
        return finish(Errc::kFork);
    }
    if (reply.problem == Problem::kGap) return gap(reply);
    if (reply.problem != Problem::kOffset || !reply.offset || *reply.offset > batch().size) {
        return fail(Errc::kServerRefused, Ask::kOffset);
    }
    if (*reply.offset > s_.best_offset) return offset_known(*reply.offset, reply.complete);
    fail(Errc::kServerRefused, Ask::kOffset);
}

/// An earlier batch is missing there, even if it was stored once (a server restored from an old
/// backup): send that one first, if we still have it.
void Machine::gap(const ServerReply& reply) {
    const auto& batches = s_.plan.batches;
    const auto found = std::find_if(batches.begin(), batches.end(), [&](const Delivery& d) {
        return reply.expected && d.number == *reply.expected;
    });
    if (found == batches.end() || found->number >= batch().number) return finish(Errc::kGap);
    choose(static_cast<std::size_t>(found - batches.begin()));
    batch().stored = false;
    batch().opened = false;
    fail(Errc::kGap, Ask::kOffset);
}

void Machine::unknown_device() {
    if (s_.enrolled_anew || s_.ask == Ask::kEnrol) return finish(Errc::kNotEnrolled);
    s_.enrolled_anew = true;
    s_.plan.enrolled = false;
    effects_.push_back(DropEnrolment{});
    fail(Errc::kNotEnrolled, Ask::kEnrol);
}

/// The server found the batch damaged on arrival and dropped it. Once may be the line; twice is us.
void Machine::altered() {
    if (s_.restarted || s_.ask != Ask::kUpload) return finish(Errc::kAltered);
    s_.restarted = true;
    s_.best_offset = 0;
    fail(Errc::kAltered, Ask::kOffset);
}
}  // namespace

Signature sign_upload(const SignKey& device, const Hash32& batch, std::uint64_t size) {
    return sign(device, kUploadSigns, upload_bytes(batch, size));
}

bool verify_upload(const SignPublic& device, const Hash32& batch, std::uint64_t size,
                   const Signature& auth) {
    return verify(device, kUploadSigns, upload_bytes(batch, size), auth);
}

std::string_view problem_text(Problem problem) {
    for (const ProblemRow& row : kProblems) {
        if (row.problem == problem) return row.text;
    }
    return "unknown";
}

Problem parse_problem(std::string_view text) {
    for (const ProblemRow& row : kProblems) {
        if (row.text == text) return row.problem;
    }
    return Problem::kUnknown;
}

ServerReply read_reply(const HttpReply& reply) {
    ServerReply out;
    out.status = reply.status;
    const std::string type = reply.header("content-type").value_or("");
    out.ours = reply.header("awda-version") == kVersionValue && !type.starts_with("text/html");
    if (!out.ours) return out;
    out.problem = parse_problem(reply.header("awda-problem").value_or(""));
    out.offset = read_number(reply, "upload-offset");
    out.complete = reply.header("upload-complete") == "?1";
    out.expected = read_number(reply, "awda-expected");
    if (const auto seconds = read_number(reply, "retry-after")) {
        out.retry_after_ms = static_cast<std::int64_t>(
            std::min<std::uint64_t>(*seconds, kRetryAfterMaxMs / 1000) * 1000);
    }
    out.body = reply.body;
    return out;
}

DeliveryState begin_delivery(DeliveryPlan plan) {
    DeliveryState state;
    state.plan = std::move(plan);
    return state;
}

Step step(DeliveryState state, const Input& input) {
    if (state.finished) return Step{std::move(state), {}};
    Machine machine(std::move(state), input.random);
    std::visit([&](const auto& what) { machine.on(what); }, input.what);
    return machine.take();
}

DeliveryProgress progress_of(const DeliveryState& state) {
    DeliveryProgress out;
    out.batches_total = state.plan.batches.size();
    for (std::size_t i = 0; i < state.plan.batches.size(); ++i) {
        const Delivery& batch = state.plan.batches[i];
        out.bytes_total += batch.size;
        if (batch.stored || batch.opened) {
            ++out.batches_done;
            out.bytes_done += batch.size;
        } else if (i == state.batch) {
            out.bytes_done += state.best_offset;
        }
    }
    return out;
}

}  // namespace awda::sync
