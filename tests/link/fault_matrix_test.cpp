// The network fault matrix: every step of a delivery, met by every fault, against a real central.
// After each: nothing lost, nothing twice, and no receipt believed that central did not sign.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <mutex>

#include "tests/link/gateway.h"
#include "tests/link/link.h"
#include "tests/link/office.h"

using namespace awda;
using namespace awda::link;
using central::testing::receipts_in;

namespace {

constexpr double kScale = 20;
constexpr double kRestScale = 200;  // rests prove nothing here
constexpr std::size_t kBatchSize = 30'000;
constexpr int kRunsMax = 8;

enum class Step : std::uint8_t {
    kConnect,
    kHandshake,
    kEnrol,
    kOffset,
    kUploadHead,
    kUploadMiddle,
    kUploadEnd,
    kReplyLost,  ///< after the commit
    kReceipts,
};
constexpr Step kSteps[] = {Step::kConnect,   Step::kHandshake,  Step::kEnrol,
                           Step::kOffset,    Step::kUploadHead, Step::kUploadMiddle,
                           Step::kUploadEnd, Step::kReplyLost,  Step::kReceipts};

std::string_view method_of(Step step) {
    switch (step) {
        case Step::kConnect:
        case Step::kHandshake: return "";
        case Step::kEnrol: return "POST";
        case Step::kOffset: return "HEAD";
        case Step::kReceipts: return "GET";
        default: return "PATCH";
    }
}

/// Where on the wire a step is, counted from the beginning of its request.
Strike place_of(Step step, const HttpRequest& request) {
    const std::uint64_t body =
        request.file != nullptr ? request.file_size - request.file_offset : request.body.size();
    switch (step) {
        case Step::kConnect: return {Fault::kReset, Way::kUp, 0, 0};
        case Step::kHandshake: return {Fault::kReset, Way::kDown, 300, 0};
        case Step::kUploadMiddle: return {Fault::kReset, Way::kUp, body / 2, 0};
        case Step::kUploadEnd: return {Fault::kReset, Way::kUp, body + 22 * (body / 1378), 0};
        case Step::kReplyLost: return {Fault::kReset, Way::kDown, 0, 0};
        default: return {Fault::kReset, Way::kUp, 50, 0};
    }
}

/// Arms the link just before the request that a step belongs to. The connection is there already,
/// except where making it is the step, so that bytes can be counted.
class Placer final : public HttpClient {
public:
    using Arm = std::function<void(Strike)>;
    Placer(std::unique_ptr<HttpClient> inner, Link& link, Step step, Arm arm)
        : inner_(std::move(inner)), link_(link), step_(step), arm_(std::move(arm)) {}

    Result<HttpReply> send(const HttpRequest& request) override {
        const std::string_view wanted = method_of(step_);
        if (!placed && (wanted.empty() || request.method == wanted)) {
            if (!wanted.empty()) warm_up();
            placed = true;
            arm_(place_of(step_, request));
        } else if (!placed && request.method == "PATCH") {
            // What makes a device ask for an offset, or for receipts.
            warm_up();
            link_.strike(place_of(step_ == Step::kReceipts ? Step::kReplyLost : Step::kUploadMiddle,
                                  request));
        }
        return inner_->send(request);
    }
    [[nodiscard]] HttpTotals totals() const override { return inner_->totals(); }

    bool placed = false;

private:
    void warm_up() {
        HttpRequest request;
        request.method = "GET";
        request.path = "/healthz";
        (void)inner_->send(request);
    }
    std::unique_ptr<HttpClient> inner_;
    Link& link_;
    Step step_;
    Arm arm_;
};

/// A device with two batches to deliver.
struct Sender : Office {
    Sender(Ministry& ministry_in, std::uint64_t seed) : Office(ministry_in, seed, kScale) {
        rest_scale = kRestScale;
        seal(kBatchSize);
        seal(kBatchSize / 10);
    }
    /// What is in the outbox must be what central itself says.
    void check_receipts() {
        const auto honest = client(ministry.server->port());
        const std::vector<sync::OutboxBatch> held = outbox.batches().value();
        for (const sync::OutboxBatch& batch : held) {
            for (const auto kind : {sync::ReceiptKind::kStored, sync::ReceiptKind::kOpened}) {
                const auto saved = outbox.receipt(batch.number, kind);
                if (!saved.ok()) continue;
                const HttpReply reply = central::testing::ask(
                    *honest, "GET", central::testing::batch_path(batch.hash) + "/receipts");
                REQUIRE(reply.status == 200);
                const auto all = sync::decode_receipts(reply.body).value();
                CHECK(std::find(all.begin(), all.end(), *saved) != all.end());
            }
        }
    }
    /// Runs until all has arrived, as the desk does, and holds the outcome against the rules.
    sync::DeliveryCounts deliver(HttpClient& http) {
        sync::DeliveryCounts counts;
        bool done = false;
        for (int i = 0; i < kRunsMax && !done; ++i) {
            const sync::SyncSummary summary = run(http, 20);
            counts.retries += summary.counts.retries;
            counts.rejected_receipts += summary.counts.rejected_receipts;
            check_receipts();
            done = !summary.error.has_value() && summary.batches_waiting == 0 &&
                   summary.batches_unopened == 0;
        }
        CHECK(done);
        const std::vector<sync::OutboxBatch> held = outbox.batches().value();
        for (const sync::OutboxBatch& batch : held) {
            CHECK(batch.stored);
            CHECK(batch.opened);
        }
        CHECK(ministry.records_of(branch.device) == records);
        return counts;
    }
};

std::uint64_t next_seed() {
    static std::uint64_t seed = 0;
    return ++seed;
}

GatewayOptions gateway_of(const Path& keys) {
    GatewayOptions options;
    options.key = keys / "frontend" / "tls.key";
    options.certificate = keys / "frontend" / "tls.crt";
    return options;
}

HttpReply page(int status, std::string_view type, std::string_view text) {
    HttpReply reply;
    reply.status = status;
    reply.headers = {{"content-type", std::string(type)}};
    reply.body = to_bytes(text);
    return reply;
}

}  // namespace

TEST_CASE(
    "every step, cut, refused, swallowed or garbled: nothing is lost, nothing arrives twice") {
    struct Kind {
        const char* name;
        Fault fault;
        std::int64_t down_ms;
    };
    Ministry ministry;
    for (const Kind& kind :
         {Kind{"reset", Fault::kReset, 0}, Kind{"refused", Fault::kReset, 2000},
          Kind{"hole", Fault::kHole, 2000}, Kind{"garbled", Fault::kGarble, 0}}) {
        for (const Step step : kSteps) {
            CAPTURE(std::string(kind.name));
            CAPTURE(static_cast<int>(step));
            Sender sender(ministry, next_seed());
            const auto link = Link::start({ministry.server->port(), 0, 0, kScale, {}}).value();
            Placer http(sender.client(link->port()), *link, step, [&](Strike strike) {
                strike.fault = kind.fault;
                strike.down_ms = kind.down_ms;
                link->strike(strike);
            });
            const sync::DeliveryCounts counts = sender.deliver(http);
            CHECK(http.placed);
            CHECK(link->struck());
            CHECK(link->figures().cuts > 0);
            CHECK(counts.rejected_receipts == 0);
        }
    }
}

TEST_CASE("every step, followed by a portal or an impostor: nothing of theirs is believed") {
    const std::string html = "<html>Welcome! Please log in.</html>";
    const std::string blurt =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nAwda-Version: 1\r\n"
        "Content-Length: " +
        std::to_string(html.size()) + "\r\n\r\n" + html;
    Ministry ministry;
    const central::testing::Headquarters other;  // another ministry's keys
    for (const std::string kind :
         {"portal", "portal with TLS", "portal with our key", "impostor"}) {
        for (const Step step : kSteps) {
            CAPTURE(kind);
            CAPTURE(static_cast<int>(step));
            Sender sender(ministry, next_seed());
            const auto link = Link::start({ministry.server->port(), 0, 0, kScale, {}}).value();
            const bool ours = kind == "portal with our key";
            GatewayOptions options = gateway_of(ours ? ministry.hq.keys() : other.keys());
            if (kind == "portal") {
                options = GatewayOptions();
                options.blurt = blurt;
            }
            std::atomic<int> seen = 0;
            std::atomic<int> answered = 0;
            options.on_connection = [&] {
                ++seen;
                if (!ours) link->route(ministry.server->port());
            };
            options.handle = [&](const GatewayRequest&) {
                link->route(ministry.server->port());
                GatewayAnswer answer;
                // It is gone after its first page: what stays open would stay the portal's.
                if (answered++ > 0) answer.act = GatewayAnswer::Act::kReset;
                answer.reply = page(200, ours ? "text/html" : "application/octet-stream", html);
                answer.reply.headers.emplace_back("awda-version", "1");
                return answer;
            };
            const auto gateway = Gateway::start(std::move(options)).value();
            Placer http(sender.client(link->port()), *link, step, [&](const Strike& strike) {
                link->route(gateway->port());
                link->strike(strike);
                if (step == Step::kConnect || step == Step::kHandshake) link->cut(Fault::kReset, 0);
            });
            const sync::DeliveryCounts counts = sender.deliver(http);
            CHECK(seen > 0);
            CHECK(counts.rejected_receipts == 0);
        }
    }
}

namespace {

/// Sits before the real central with its key: passes requests on, except where told otherwise.
class Meddler {
public:
    /// What to do with the first requests of one method: pass them on or not, and what to say.
    struct Plan {
        std::string method;
        int times = 1;
        bool pass_on = false;
        std::optional<std::uint64_t> read;  ///< so much of the body; all of it unless set
        std::function<GatewayAnswer(const HttpReply& genuine)> say;
    };
    Meddler(Ministry& ministry, Plan plan)
        : plan_(std::move(plan)),
          upstream_(
              HttpClient::make(scaled_http(ministry.server->port(), ministry.hq.hq, 1)).value()) {
        GatewayOptions options = gateway_of(ministry.hq.keys());
        options.body_wanted = [this](const GatewayRequest& head) {
            const std::lock_guard guard(mutex_);
            return meddles(head) && plan_.read ? *plan_.read : head.length;
        };
        options.handle = [this](const GatewayRequest& request) {
            const std::lock_guard guard(mutex_);
            return handle(request);
        };
        gateway_ = Gateway::start(std::move(options)).value();
    }
    [[nodiscard]] std::uint16_t port() const { return gateway_->port(); }
    [[nodiscard]] int met() {
        const std::lock_guard guard(mutex_);
        return met_;
    }

private:
    [[nodiscard]] bool meddles(const GatewayRequest& request) const {
        return request.method == plan_.method && met_ < plan_.times;
    }
    GatewayAnswer handle(const GatewayRequest& request) {
        const bool mine = meddles(request);
        GatewayAnswer answer;
        if (!mine || plan_.pass_on) answer.reply = pass_on(request);
        if (!mine) return answer;
        ++met_;
        return plan_.say(answer.reply);
    }
    HttpReply pass_on(const GatewayRequest& request) {
        HttpRequest onward;
        onward.method = request.method;
        onward.path = request.target;
        for (const auto& [name, value] : request.headers) {
            if (name != "Host" && name != "Content-Length")
                onward.headers.emplace_back(name, value);
        }
        onward.body = request.body;
        const auto reply = upstream_->send(onward);
        return reply.ok() ? *reply : page(502, "text/plain", "");
    }

    Plan plan_;
    std::unique_ptr<HttpClient> upstream_;
    std::mutex mutex_;
    int met_ = 0;
    std::unique_ptr<Gateway> gateway_;  // last: its threads use the rest
};

/// What makes a device ask for an offset, or for receipts, in the run that follows.
void prepare(Sender& sender, std::string_view method) {
    if (method != "HEAD" && method != "GET") return;
    const Step step = method == "GET" ? Step::kReplyLost : Step::kUploadMiddle;
    const auto link = Link::start({sender.ministry.server->port(), 0, 0, kScale, {}}).value();
    Placer http(sender.client(link->port()), *link, step,
                [&](const Strike& strike) { link->strike(strike); });
    CHECK(sender.run(http, 1).error.has_value());
    CHECK(link->struck());
}

struct Place {
    const char* name;
    const char* method;
    bool pass_on = false;
    std::optional<std::uint64_t> read = std::nullopt;
};
const Place kPlaces[] = {{"enrolment", "POST"},
                         {"enrolment done", "POST", true},
                         {"offset", "HEAD"},
                         {"head of an upload", "PATCH", false, 0},
                         {"middle of an upload", "PATCH", false, kBatchSize / 2},
                         {"end of an upload", "PATCH"},
                         {"upload committed", "PATCH", true},
                         {"receipts", "GET"}};

/// One cell: the plan is met, and delivery gets there all the same.
sync::DeliveryCounts meddle(Ministry& ministry, const Place& place, int times,
                            std::function<GatewayAnswer(const HttpReply&)> say) {
    Sender sender(ministry, next_seed());
    prepare(sender, place.method);
    Meddler meddler(ministry, {place.method, times, place.pass_on, place.read, std::move(say)});
    const auto http = sender.client(meddler.port());
    const sync::DeliveryCounts counts = sender.deliver(*http);
    CHECK(meddler.met() == times);
    return counts;
}

}  // namespace

TEST_CASE(
    "every step, refused by every status: it is tried again or stopped, and nothing is lost") {
    Ministry ministry;
    for (const Place& place : kPlaces) {
        for (const int status :
             {200, 204, 302, 400, 403, 404, 408, 409, 413, 422, 429, 500, 503, 507}) {
            CAPTURE(std::string(place.name));
            CAPTURE(status);
            const int times = status == 404 ? 1 : 2;  // an answer to HEAD, which is not asked again
            meddle(ministry, place, times, [&](const HttpReply&) {
                GatewayAnswer answer;
                answer.reply = page(status, "application/octet-stream", "");
                answer.reply.headers.emplace_back("awda-version", "1");
                return answer;
            });
        }
    }
}

TEST_CASE("every step, answered by a problem that is not there: nothing is lost") {
    Ministry ministry;
    struct Row {
        int status;
        sync::Problem problem;
    };
    for (const Place& place : kPlaces) {
        for (const Row& row :
             {Row{403, sync::Problem::kUnknownDevice}, Row{403, sync::Problem::kBadAuth},
              Row{409, sync::Problem::kOffset}, Row{409, sync::Problem::kGap},
              Row{413, sync::Problem::kTooLarge}, Row{422, sync::Problem::kAltered},
              Row{507, sync::Problem::kDiskFull}}) {
            CAPTURE(std::string(place.name));
            CAPTURE(row.status);
            meddle(ministry, place, 1, [&](const HttpReply&) {
                GatewayAnswer answer;
                answer.reply = page(row.status, "application/octet-stream", "");
                answer.reply.headers = {{"awda-version", "1"},
                                        {"awda-problem", std::string(problem_text(row.problem))},
                                        {"upload-offset", "1000"},
                                        {"awda-expected", "7"}};
                return answer;
            });
        }
    }
}

TEST_CASE("every step, with the reply lost by a reset or by silence: nothing arrives twice") {
    Ministry ministry;
    for (const Place& place : kPlaces) {
        for (const auto act : {GatewayAnswer::Act::kReset, GatewayAnswer::Act::kSilence}) {
            CAPTURE(std::string(place.name));
            CAPTURE(static_cast<int>(act));
            meddle(ministry, place, 2, [&](const HttpReply&) {
                GatewayAnswer answer;
                answer.act = act;
                return answer;
            });
        }
    }
}

TEST_CASE("receipts that central did not sign are not believed, whoever hands them over") {
    Ministry ministry;
    // Genuine, but another device's: what a thief of replies could play back.
    Sender neighbour(ministry, next_seed());
    const auto direct = neighbour.client(ministry.server->port());
    neighbour.deliver(*direct);
    const Bytes stored = neighbour.outbox.receipt(1, sync::ReceiptKind::kStored).value();
    const Bytes opened = neighbour.outbox.receipt(1, sync::ReceiptKind::kOpened).value();
    const Bytes enrolled = neighbour.outbox.enrol_receipt().value();

    struct Lie {
        std::string name;
        std::function<Bytes(const Bytes& genuine)> tell;
    };
    const auto flip = [](Bytes body, std::size_t from_end) {
        if (body.size() > from_end) body[body.size() - 1 - from_end] ^= 1U;
        return body;
    };
    const std::string kNone = "none";  // nothing to reject, and nothing to believe
    const std::vector<Lie> lies{
        {"another device's receipts",
         [&](const Bytes&) { return sync::encode_receipts({stored, opened}); }},
        {"another device's enrolment", [&](const Bytes&) { return enrolled; }},
        {"a bit of the signature", [&](const Bytes& body) { return flip(body, 3); }},
        {kNone, [](const Bytes&) { return sync::encode_receipts({}); }},
        {"half of it",
         [](const Bytes& body) {
             return Bytes(body.begin(),
                          body.begin() + static_cast<std::ptrdiff_t>(body.size() / 2));
         }},
        {"noise", [](const Bytes&) { return Bytes(300, 0xa5); }},
    };
    const Place places[] = {{"enrolment", "POST", true},
                            {"upload committed", "PATCH", true},
                            {"receipts", "GET", true}};
    for (const Place& place : places) {
        for (const Lie& lie : lies) {
            CAPTURE(std::string(place.name));
            CAPTURE(lie.name);
            const sync::DeliveryCounts counts =
                meddle(ministry, place, 2, [&](const HttpReply& genuine) {
                    GatewayAnswer answer;
                    answer.reply = page(200, "application/octet-stream", "");
                    answer.reply.headers.emplace_back("awda-version", "1");
                    answer.reply.body = lie.tell(genuine.body);
                    return answer;
                });
            CHECK((counts.rejected_receipts > 0 || lie.name == kNone));
        }
    }
}

TEST_CASE("receipts of a kind and a key that do not belong together are not believed") {
    Ministry ministry;
    const central::ServeKeys keys = central::load_serve_keys(ministry.hq.keys()).value();
    const SignKey strange = new_sign_key(system_random());
    for (const int which : {0, 1, 2}) {
        CAPTURE(which);
        Sender sender(ministry, next_seed());
        const sync::OutboxBatch batch = sender.outbox.batches().value().front();
        // Central never sees the batch: the one who holds its TLS key claims that it did.
        sync::Receipt receipt{which == 0 ? sync::ReceiptKind::kOpened : sync::ReceiptKind::kStored,
                              sender.branch.device,
                              batch.number,
                              batch.hash,
                              batch.last_seq,
                              1,
                              1};
        const SignKey& key = which == 0   ? keys.stored_receipt
                             : which == 1 ? keys.opened_receipt
                                          : strange;
        const Bytes body = sync::encode_receipts({sync::sign_receipt(receipt, key)});
        Meddler meddler(ministry, {"PATCH", 2, false, std::nullopt, [&](const HttpReply&) {
                                       GatewayAnswer answer;
                                       answer.reply = page(200, "application/octet-stream", "");
                                       answer.reply.headers.emplace_back("awda-version", "1");
                                       answer.reply.body = body;
                                       return answer;
                                   }});
        const auto http = sender.client(meddler.port());
        const sync::DeliveryCounts counts = sender.deliver(*http);
        CHECK(meddler.met() == 2);
        CHECK(counts.rejected_receipts == 2);
    }
}
