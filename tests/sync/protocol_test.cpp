#include <doctest/doctest.h>

#include <algorithm>

#include "sync/protocol.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {
constexpr std::uint64_t kSize = 1000;
/// Of each batch: stored, opened.
using Held = std::vector<std::pair<bool, bool>>;

/// The machine with a device of two batches, driven reply by reply.
class Driver {
public:
    explicit Driver(const Held& stored_opened = Held{{false, false}}, bool enrolled = true,
                    std::uint32_t failures_max = 4, bool tried = true) {
        DeliveryPlan plan;
        plan.device = sample::id<DeviceId>(0x21);
        plan.hq = sample::hq().keys;
        plan.enrolled = enrolled;
        plan.voucher = sample::id<VoucherId>(0x61);
        plan.enrol_request_hash.fill(0x62);
        plan.limits.failures_max = failures_max;
        plan.limits.opened_polls_max = 3;
        std::uint64_t number = 0;
        for (const auto& [stored, opened] : stored_opened) {
            ++number;
            plan.batches.push_back(
                Delivery{number, hash(number), kSize, number * 10, tried, stored, opened});
        }
        state = begin_delivery(std::move(plan));
        give(Begin{});
    }

    static Hash32 hash(std::uint64_t number) {
        Hash32 out{};
        out.fill(static_cast<std::uint8_t>(0xa0 + number));
        return out;
    }
    template <typename What>
    void give(What what, std::uint64_t random = 0) {
        Step next = step(std::move(state), Input{std::move(what), random});
        state = std::move(next.state);
        effects = std::move(next.effects);
    }
    void reply(ServerReply reply) {
        reply.ours = true;
        give(Replied{std::move(reply)});
    }
    void refuse(int status, Problem problem) {
        ServerReply out;
        out.status = status;
        out.problem = problem;
        reply(std::move(out));
    }
    void offset(std::uint64_t at, bool complete = false) {
        ServerReply out;
        out.status = 204;
        out.offset = at;
        out.complete = complete;
        reply(std::move(out));
    }
    void receipts(const std::vector<Bytes>& all) {
        ServerReply out;
        out.status = 200;
        out.body = encode_receipts(all);
        reply(std::move(out));
    }
    void cut(std::uint64_t sent) { give(Broken{Errc::kNoNetwork, sent}); }
    static Receipt receipt(ReceiptKind kind, std::uint64_t number) {
        return Receipt{kind, sample::id<DeviceId>(0x21), number, hash(number), number * 10, 1, 1};
    }
    static Bytes stored(std::uint64_t number) {
        return sign_receipt(receipt(ReceiptKind::kStored, number), sample::hq().stored);
    }
    static Bytes opened(std::uint64_t number) {
        return sign_receipt(receipt(ReceiptKind::kOpened, number), sample::hq().opened);
    }

    template <typename Kind>
    [[nodiscard]] const Kind* last() const {
        return effects.empty() ? nullptr : std::get_if<Kind>(&effects.back());
    }
    [[nodiscard]] bool asks(Ask ask, std::size_t batch = 0, std::uint64_t at = 0) const {
        const Send* send = last<Send>();
        return send != nullptr && send->ask == ask && send->batch == batch && send->offset == at;
    }
    [[nodiscard]] bool ended(std::optional<Errc> error) const {
        const Finish* finish = last<Finish>();
        return finish != nullptr && finish->error == error;
    }
    [[nodiscard]] bool rests() const { return last<Rest>() != nullptr; }
    /// Rests, and then asks this.
    bool rests_then(Ask ask, std::size_t batch = 0) {
        if (!rests()) return false;
        give(Rested{});
        return asks(ask, batch);
    }
    [[nodiscard]] std::size_t saved() const {
        return static_cast<std::size_t>(
            std::count_if(effects.begin(), effects.end(),
                          [](const Effect& e) { return std::holds_alternative<SaveReceipt>(e); }));
    }

    DeliveryState state;
    std::vector<Effect> effects;
};
}  // namespace

TEST_CASE("a batch is asked for, uploaded, and done with both receipts") {
    Driver d;
    CHECK(d.asks(Ask::kOffset));
    d.refuse(404, Problem::kNone);
    CHECK(d.asks(Ask::kUpload, 0, 0));
    d.receipts({Driver::stored(1), Driver::opened(1)});
    CHECK(d.saved() == 2);
    CHECK(d.ended(std::nullopt));
    CHECK(d.state.counts.stored == 1);
    CHECK(d.state.counts.opened == 1);
    d.give(Rested{});
    CHECK(d.effects.empty());
}

TEST_CASE("nothing to deliver ends at once") {
    CHECK(Driver(Held{}).ended(std::nullopt));
    CHECK(Driver(Held{{true, true}}).ended(std::nullopt));
}

TEST_CASE("a new device enrols before anything else, and believes only its own receipt") {
    Driver d(Held{{false, false}}, false);
    CHECK(d.asks(Ask::kEnrol));
    ServerReply reply;
    reply.status = 200;
    EnrolReceipt receipt{sample::id<DeviceId>(0x21), sample::id<VoucherId>(0x61), {}, 5};
    reply.body = sign_enrol_receipt(receipt, sample::hq().stored);
    d.reply(reply);  // another request's
    CHECK(d.rests_then(Ask::kEnrol));
    receipt.request_hash.fill(0x62);
    reply.body = sign_enrol_receipt(receipt, sample::sign_key(0x77));
    d.reply(reply);  // another signer's
    CHECK(d.state.counts.rejected_receipts == 2);
    CHECK(d.rests_then(Ask::kEnrol));
    reply.body = sign_enrol_receipt(receipt, sample::hq().stored);
    d.reply(reply);
    CHECK(std::holds_alternative<SaveEnrolment>(d.effects.front()));
    CHECK(d.asks(Ask::kOffset));
}

TEST_CASE("a voucher's refusals end delivery, each with its own word") {
    const auto ending = [](int status, Problem problem, Errc error) {
        Driver d(Held{{false, false}}, false);
        d.refuse(status, problem);
        return d.ended(error);
    };
    CHECK(ending(409, Problem::kVoucherUsed, Errc::kVoucherUsed));
    CHECK(ending(410, Problem::kVoucherExpired, Errc::kVoucherExpired));
    CHECK(ending(403, Problem::kVoucherUnknown, Errc::kServerRefused));
    CHECK(ending(400, Problem::kMalformed, Errc::kServerRefused));
}

TEST_CASE("after a cut the server is asked for its offset and the upload goes on from there") {
    Driver d;
    d.offset(0);
    d.cut(700);
    CHECK(d.state.counts.cuts == 1);
    CHECK(d.rests_then(Ask::kOffset));
    d.offset(640);
    CHECK(d.state.failures == 0);
    CHECK(d.asks(Ask::kUpload, 0, 640));
    d.receipts({Driver::stored(1), Driver::opened(1)});
    CHECK(d.ended(std::nullopt));
}

TEST_CASE("a batch that was never tried is sent without asking, once, and that is noted first") {
    Driver d(Held{{false, false}, {false, false}}, true, 4, false);
    REQUIRE(d.effects.size() == 2);
    CHECK(std::get<SaveTried>(d.effects[0]).number == 1);
    CHECK(d.asks(Ask::kUpload, 0, 0));
    d.cut(700);
    CHECK(d.rests_then(Ask::kOffset, 0));
    d.offset(640);
    CHECK(d.asks(Ask::kUpload, 0, 640));
    d.receipts({Driver::stored(1), Driver::opened(1)});
    CHECK(d.asks(Ask::kUpload, 1, 0));
    SUBCASE("the server holds some of it all the same: the note was lost") {
        ServerReply mismatch;
        mismatch.status = 409;
        mismatch.problem = Problem::kOffset;
        mismatch.offset = 512;
        d.reply(mismatch);
        CHECK(d.asks(Ask::kUpload, 1, 512));
    }
    d.receipts({Driver::stored(2), Driver::opened(2)});
    CHECK(d.ended(std::nullopt));
}

TEST_CASE("a batch that is complete at the server is not sent again") {
    Driver d;
    d.offset(kSize, true);
    CHECK(d.asks(Ask::kReceipts));
    d.receipts({Driver::stored(1), Driver::opened(1)});
    CHECK(d.ended(std::nullopt));
}

TEST_CASE("all bytes there but not committed: an empty upload makes the server finish") {
    Driver d;
    d.offset(kSize, false);
    CHECK(d.asks(Ask::kUpload, 0, kSize));
    SUBCASE("also when it says complete and has no receipt") {
        Driver e;
        e.offset(kSize, true);
        e.refuse(404, Problem::kNone);
        CHECK(e.rests_then(Ask::kOffset));
        e.offset(kSize, true);
        CHECK(e.asks(Ask::kUpload, 0, kSize));
    }
}

TEST_CASE("an offset beyond the end of the batch is never followed") {
    Driver d;
    d.offset(kSize + 1);
    CHECK(d.rests_then(Ask::kOffset));
    d.offset(~0ULL);
    CHECK(d.rests_then(Ask::kOffset));
    ServerReply none;
    none.status = 204;
    d.reply(none);
    CHECK(d.rests_then(Ask::kOffset));
    d.offset(kSize + 1);
    CHECK(d.ended(Errc::kMalformed));
}

TEST_CASE("a mismatched offset is followed if it is news, and asked about if it is not") {
    Driver d;
    d.offset(0);
    ServerReply mismatch;
    mismatch.status = 409;
    mismatch.problem = Problem::kOffset;
    mismatch.offset = 512;
    d.reply(mismatch);
    CHECK(d.asks(Ask::kUpload, 0, 512));
    d.reply(mismatch);
    CHECK(d.rests_then(Ask::kOffset));
    d.offset(512);
    mismatch.offset = kSize + 5;
    d.reply(mismatch);
    CHECK(d.rests_then(Ask::kOffset));
}

TEST_CASE("a captive portal is no network: nothing of what it says is believed") {
    for (const int status : {200, 204, 302, 403, 404, 409, 511}) {
        CAPTURE(status);
        Driver d;
        ServerReply portal;
        portal.status = status;
        portal.ours = false;
        portal.problem = Problem::kFork;
        portal.offset = 5;
        for (int i = 0; i < 3; ++i) {
            d.give(Replied{portal});
            CHECK(d.rests_then(Ask::kOffset));
        }
        d.give(Replied{portal});
        CHECK(d.ended(Errc::kNoNetwork));
    }
}

TEST_CASE("receipts that are forged, for another batch, device or range are not believed") {
    Receipt other_device = Driver::receipt(ReceiptKind::kStored, 1);
    other_device.device = sample::id<DeviceId>(0x22);
    Receipt other_hash = Driver::receipt(ReceiptKind::kStored, 1);
    other_hash.batch_hash = Driver::hash(3);
    Receipt other_range = Driver::receipt(ReceiptKind::kStored, 1);
    other_range.last_seq = 9;
    const std::vector<Bytes> lies{
        sign_receipt(Driver::receipt(ReceiptKind::kStored, 1), sample::sign_key(0x77)),
        sign_receipt(Driver::receipt(ReceiptKind::kOpened, 1), sample::hq().stored),
        Driver::stored(2),
        sign_receipt(other_device, sample::hq().stored),
        sign_receipt(other_hash, sample::hq().stored),
        sign_receipt(other_range, sample::hq().stored),
    };
    for (const Bytes& lie : lies) {
        Driver d;
        d.offset(0);
        d.receipts({lie});
        CHECK(d.saved() == 0);
        CHECK(d.state.counts.rejected_receipts == 1);
        CHECK(d.rests_then(Ask::kOffset));
    }
    Driver d;
    d.offset(0);
    d.receipts({});
    CHECK(d.rests_then(Ask::kOffset));
    d.offset(0);
    ServerReply garbage;
    garbage.status = 200;
    garbage.body = to_bytes("<html>");
    d.reply(garbage);
    CHECK(d.rests_then(Ask::kOffset));
    d.offset(0);
    d.receipts({lies[0], Driver::stored(1)});  // the genuine one among them counts
    CHECK(d.saved() == 1);
}

TEST_CASE("batches go in order, and all are stored before opened receipts are waited for") {
    Driver d(Held{{true, true}, {false, false}, {false, false}});
    CHECK(d.asks(Ask::kOffset, 1));
    d.offset(0);
    d.receipts({Driver::stored(2)});
    CHECK(d.asks(Ask::kOffset, 2));
    d.offset(0);
    CHECK(d.asks(Ask::kUpload, 2));
    d.receipts({Driver::stored(3)});
    CHECK(d.rests_then(Ask::kReceipts, 2));
    d.receipts({Driver::stored(3), Driver::opened(3)});
    CHECK(d.asks(Ask::kReceipts, 1));
    d.receipts({Driver::stored(2), Driver::opened(2)});
    CHECK(d.ended(std::nullopt));
}

TEST_CASE("an opened receipt that does not come is left for later, without an error") {
    Driver d(Held{{true, false}});
    CHECK(d.asks(Ask::kReceipts));
    d.receipts({Driver::stored(1)});
    CHECK(d.rests_then(Ask::kReceipts));
    d.receipts({Driver::stored(1)});
    CHECK(d.rests_then(Ask::kReceipts));
    d.receipts({Driver::stored(1)});
    CHECK(d.ended(std::nullopt));
    CHECK(d.state.counts.retries == 0);
}

TEST_CASE("a stored batch that the server has lost is sent again") {
    Driver d(Held{{true, false}});
    d.refuse(404, Problem::kNone);
    CHECK(d.rests_then(Ask::kOffset));
    d.refuse(404, Problem::kNone);
    CHECK(d.asks(Ask::kUpload));
    d.receipts({Driver::stored(1), Driver::opened(1)});
    CHECK(d.ended(std::nullopt));
}

TEST_CASE("a gap is closed by the earlier batch, or ends delivery if that is gone") {
    Driver d(Held{{true, true}, {false, false}});
    CHECK(d.asks(Ask::kOffset, 1));
    d.offset(0);
    ServerReply gap;
    gap.status = 409;
    gap.problem = Problem::kGap;
    gap.expected = 1;
    d.reply(gap);
    CHECK(d.rests_then(Ask::kOffset, 0));
    d.offset(0);
    d.receipts({Driver::stored(1), Driver::opened(1)});
    CHECK(d.saved() == 2);  // the new receipts replace the old, and count as progress
    CHECK(d.state.failures == 0);
    CHECK(d.asks(Ask::kOffset, 1));
    d.offset(0);
    SUBCASE("a batch we do not have") {
        gap.expected = 7;
    }
    SUBCASE("the same batch") {
        gap.expected = 2;
    }
    SUBCASE("no number at all") {
        gap.expected.reset();
    }
    d.reply(gap);
    CHECK(d.ended(Errc::kGap));
}

TEST_CASE("a fork is recorded and ends delivery") {
    Driver d;
    d.offset(0);
    d.refuse(409, Problem::kFork);
    REQUIRE(d.effects.size() == 2);
    CHECK(std::get<SaveFork>(d.effects[0]).number == 1);
    CHECK(d.ended(Errc::kFork));
}

TEST_CASE("an unknown device enrols again, once") {
    Driver d;
    d.offset(0);
    d.refuse(403, Problem::kUnknownDevice);
    CHECK(std::holds_alternative<DropEnrolment>(d.effects.front()));
    CHECK(d.rests_then(Ask::kEnrol));
    ServerReply reply;
    reply.status = 200;
    EnrolReceipt receipt{sample::id<DeviceId>(0x21), sample::id<VoucherId>(0x61), {}, 5};
    receipt.request_hash.fill(0x62);
    reply.body = sign_enrol_receipt(receipt, sample::hq().stored);
    d.reply(reply);
    CHECK(d.asks(Ask::kOffset));
    d.offset(0);
    d.refuse(403, Problem::kUnknownDevice);
    CHECK(d.ended(Errc::kNotEnrolled));
}

TEST_CASE("a batch called altered is sent once more from its start, then no more") {
    Driver d;
    d.offset(300);
    d.refuse(422, Problem::kAltered);
    CHECK(d.rests_then(Ask::kOffset));
    d.refuse(404, Problem::kNone);
    CHECK(d.asks(Ask::kUpload, 0, 0));
    d.refuse(422, Problem::kAltered);
    CHECK(d.ended(Errc::kAltered));
}

TEST_CASE("refusals that time does not heal end delivery") {
    const auto ending = [](int status, Problem problem, Errc error) {
        Driver d;
        d.offset(0);
        d.refuse(status, problem);
        return d.ended(error);
    };
    CHECK(ending(413, Problem::kTooLarge, Errc::kTooLarge));
    CHECK(ending(403, Problem::kBadAuth, Errc::kServerRefused));
    CHECK(ending(400, Problem::kMalformed, Errc::kServerRefused));
    CHECK(ending(404, Problem::kNone, Errc::kServerRefused));
    CHECK(ending(405, Problem::kUnknown, Errc::kServerRefused));
}

TEST_CASE("refusals that time heals are tried again, no sooner than the server asks") {
    struct Row {
        int status;
        std::optional<std::int64_t> after;
        std::int64_t at_least;
        Errc error;
    };
    for (const Row& row :
         {Row{429, 5000, 5000, Errc::kServerBusy}, Row{503, 9000, 9000, Errc::kServerBusy},
          Row{503, std::nullopt, 1, Errc::kServerBusy}, Row{500, {}, 1, Errc::kServerBusy},
          Row{507, {}, kBackoffMaxMs, Errc::kServerFull},
          Row{503, 86'400'000, kRetryAfterMaxMs, Errc::kServerBusy},
          Row{408, {}, 1, Errc::kTimeout}, Row{302, {}, 1, Errc::kMalformed}}) {
        CAPTURE(row.status);
        // What takes long counts as four.
        const bool slow = row.at_least >= 3000 || row.error == Errc::kTimeout;
        Driver d(Held{{false, false}}, true, slow ? 8 : 2);
        ServerReply reply;
        reply.status = row.status;
        reply.retry_after_ms = row.after;
        d.reply(reply);
        REQUIRE(d.rests());
        CHECK(d.last<Rest>()->ms >= row.at_least);
        CHECK(d.last<Rest>()->ms <= std::max(row.at_least, kBackoffMaxMs * 5 / 4));
        CHECK(d.rests_then(Ask::kOffset));
        d.reply(reply);
        CHECK(d.ended(row.error));
    }
}

TEST_CASE("rests grow by a quarter from a quarter second to half a minute, spread by a quarter") {
    const auto rest_at = [](int failure, std::uint64_t random) {
        Driver d(Held{{false, false}}, true, 0);
        std::int64_t ms = 0;
        for (int i = 0; i < failure; ++i) {
            d.give(Broken{Errc::kNoNetwork, 0}, random);
            ms = d.last<Rest>()->ms;
            d.give(Rested{});
        }
        return ms;
    };
    std::int64_t full = kBackoffMinMs;
    for (int failure = 1; failure <= 24; ++failure) {
        CAPTURE(failure);
        CHECK(rest_at(failure, 0) == full * 3 / 4);
        const std::int64_t some = rest_at(failure, 0x123456789abcdefULL);
        CHECK(some >= full * 3 / 4);
        CHECK(some <= full * 5 / 4);
        full = std::min(full + full / 4, kBackoffMaxMs);
    }
    CHECK(full == kBackoffMaxMs);
}

TEST_CASE("giving up counts failures without progress, and progress starts the count anew") {
    Driver d(Held{{false, false}}, true, 3);
    std::uint64_t at = 0;
    for (int i = 0; i < 50; ++i) {
        d.offset(at);
        REQUIRE(d.asks(Ask::kUpload, 0, at));
        d.cut(100);
        REQUIRE(d.rests_then(Ask::kOffset));
        at += 10;
    }
    d.offset(at);
    d.cut(0);
    d.give(Rested{});
    d.offset(at);
    d.cut(0);
    d.give(Rested{});
    d.offset(at);
    d.cut(0);
    CHECK(d.ended(Errc::kNoNetwork));
    CHECK(d.state.counts.cuts == 50);
}

TEST_CASE("a wrong server key or a failing disk ends the run at once") {
    for (const Errc code : {Errc::kUnknownServer, Errc::kIo, Errc::kDiskFull, Errc::kOutOfMemory}) {
        Driver d;
        d.give(Broken{code, 0});
        CHECK(d.ended(code));
    }
    Driver d;
    d.offset(0);
    d.give(SaveFailed{Errc::kDiskFull});
    CHECK(d.ended(Errc::kDiskFull));
}

TEST_CASE("a stop ends the run from any state, without an error") {
    Driver d;
    d.give(StopNow{});
    CHECK(d.ended(std::nullopt));
    Driver e;
    e.cut(0);
    e.give(StopNow{});
    CHECK(e.ended(std::nullopt));
}

TEST_CASE("progress counts what the server confirmed") {
    Driver d(Held{{true, true}, {false, false}});
    CHECK(progress_of(d.state).bytes_done == kSize);
    CHECK(progress_of(d.state).bytes_total == 2 * kSize);
    d.offset(400);
    CHECK(progress_of(d.state).bytes_done == kSize + 400);
    CHECK(progress_of(d.state).batches_done == 1);
    d.receipts({Driver::stored(2), Driver::opened(2)});
    CHECK(progress_of(d.state).bytes_done == 2 * kSize);
    CHECK(progress_of(d.state).batches_done == 2);
}

TEST_CASE("a reply is read strictly") {
    HttpReply reply;
    reply.status = 409;
    reply.headers = {{"awda-version", "1"},   {"awda-problem", "gap"},   {"awda-expected", "12"},
                     {"upload-offset", "77"}, {"upload-complete", "?1"}, {"retry-after", "30"}};
    ServerReply read = read_reply(reply);
    CHECK(read.ours);
    CHECK(read.problem == Problem::kGap);
    CHECK(read.expected == 12U);
    CHECK(read.offset == 77U);
    CHECK(read.complete);
    CHECK(read.retry_after_ms == 30'000);
    for (const char* bad : {"", "-1", "+1", " 1", "1 ", "0x10", "18446744073709551616", "1e3"}) {
        reply.headers = {{"awda-version", "1"}, {"upload-offset", bad}, {"retry-after", bad}};
        CAPTURE(bad);
        CHECK_FALSE(read_reply(reply).offset.has_value());
        CHECK_FALSE(read_reply(reply).retry_after_ms.has_value());
    }
    reply.headers = {{"upload-offset", "77"}};
    CHECK_FALSE(read_reply(reply).ours);
    CHECK_FALSE(read_reply(reply).offset.has_value());
    reply.headers = {{"awda-version", "2"}};
    CHECK_FALSE(read_reply(reply).ours);
    reply.headers = {{"awda-version", "1"}, {"content-type", "text/html; charset=utf-8"}};
    CHECK_FALSE(read_reply(reply).ours);
}

TEST_CASE("each problem has a word, and each word its problem") {
    for (int i = 0; i < static_cast<int>(Problem::kUnknown); ++i) {
        const auto problem = static_cast<Problem>(i);
        CHECK(parse_problem(problem_text(problem)) == problem);
    }
    CHECK(parse_problem("something-new") == Problem::kUnknown);
}

TEST_CASE("an upload's proof holds for its device, batch and size alone") {
    const SignKey device = sample::sign_key(0x21);
    const Signature auth = sign_upload(device, Driver::hash(1), 500);
    CHECK(verify_upload(device.pub, Driver::hash(1), 500, auth));
    CHECK_FALSE(verify_upload(device.pub, Driver::hash(1), 501, auth));
    CHECK_FALSE(verify_upload(device.pub, Driver::hash(2), 500, auth));
    CHECK_FALSE(verify_upload(sample::sign_key(0x22).pub, Driver::hash(1), 500, auth));
}
