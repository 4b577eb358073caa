#include "sync/courier.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace awda::sync {

namespace {
constexpr std::int64_t kRestSliceMs = 50;  // how late a stop may be noticed
constexpr std::string_view kPlainType = "application/octet-stream";

std::string batch_path(const Hash32& hash) {
    return "/v1/batches/" + to_hex(hash);
}

Delivery delivery_of(const OutboxBatch& batch) {
    return Delivery{.number = batch.number,
                    .hash = batch.hash,
                    .size = batch.size,
                    .last_seq = batch.last_seq,
                    .tried = batch.tried,
                    .stored = batch.stored,
                    .opened = batch.opened};
}
}  // namespace

/// One pass over the batches that the outbox held when it began.
struct Courier::Round {
    DeliveryState state;
    std::vector<Signature> auths;  ///< of state.plan.batches
    Bytes enrol_request;
    std::optional<Errc> error;
    bool finished = false;
};

Courier::Courier(HttpClient& http, Outbox& outbox, const Clock& clock, Random& random,
                 CourierSettings settings, CourierHooks hooks)
    : http_(http),
      outbox_(outbox),
      clock_(clock),
      random_(random),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)) {}

SyncSummary Courier::run() {
    SyncSummary summary;
    const std::int64_t began = clock_.steady_ms();
    const HttpTotals before = http_.totals();
    // Again and again: while one pass runs, the officer may seal more.
    while (deliver_once(summary)) {
    }
    const HttpTotals after = http_.totals();
    summary.bytes_up = after.bytes_up - before.bytes_up;
    summary.bytes_down = after.bytes_down - before.bytes_down;
    summary.duration_ms = clock_.steady_ms() - began;
    return summary;
}

Result<Courier::Round> Courier::begin_round() {
    if (AWDA_TRY(outbox_.forked())) return Error(Errc::kFork, "the outbox is marked as a fork");
    OutboxEnrolment enrolment = AWDA_TRY(outbox_.enrolment());
    const EnrolRequest request = AWDA_TRY(open_enrol_request(enrolment.request));
    if (request.device != settings_.device) {
        return Error(Errc::kMalformed, "the outbox belongs to another device");
    }
    const std::vector<OutboxBatch> batches = AWDA_TRY(outbox_.batches());
    if (batches.size() > kOutboxBatchesMax) return Error(Errc::kTooLarge, "too many batches wait");
    Round round;
    DeliveryPlan plan{.device = settings_.device,
                      .hq = settings_.hq,
                      .enrolled = enrolment.enrolled,
                      .voucher = request.voucher,
                      .enrol_request_hash = hash32(enrolment.request),
                      .batches = {},
                      .limits = settings_.limits};
    for (const OutboxBatch& batch : batches) {
        plan.batches.push_back(delivery_of(batch));
        round.auths.push_back(batch.auth);
    }
    round.enrol_request = std::move(enrolment.request);
    round.state = begin_delivery(std::move(plan));
    return round;
}

/// True if another pass may find more to do.
bool Courier::deliver_once(SyncSummary& summary) {
    auto begun = begin_round();
    if (!begun.ok()) {
        summary.error = begun.error().code;
        return false;
    }
    Round round = std::move(begun).value();
    const std::vector<Delivery> before = round.state.plan.batches;
    Input input{Begin{}, random_.next_u64()};
    while (!round.finished) {
        Step next = step(std::move(round.state), input);
        round.state = std::move(next.state);
        input = carry_out(round, next.effects);
        report(progress_of(round.state));
    }
    add_up(summary, round.state, before);
    summary.error = round.error;
    summary.stopped = hooks_.stopped();
    if (round.error || summary.stopped) return false;
    const auto held = outbox_.batches();
    if (!held.ok()) {
        summary.error = held.error().code;
        return false;
    }
    const std::uint64_t last_seen = before.empty() ? 0 : before.back().number;
    return !held->empty() && held->back().number > last_seen;
}

void Courier::add_up(SyncSummary& summary, const DeliveryState& state,
                     const std::vector<Delivery>& before) {
    summary.batches_waiting = 0;
    summary.batches_unopened = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const Delivery& now = state.plan.batches[i];
        const bool arrived = now.stored || now.opened;
        if (arrived && !before[i].stored && !before[i].opened) {
            ++summary.batches_sent;
            summary.bytes_sealed += now.size;
        }
        if (!arrived) ++summary.batches_waiting;
        if (arrived && !now.opened) ++summary.batches_unopened;
    }
    summary.counts.cuts += state.counts.cuts;
    summary.counts.retries += state.counts.retries;
    summary.counts.stored += state.counts.stored;
    summary.counts.opened += state.counts.opened;
    summary.counts.rejected_receipts += state.counts.rejected_receipts;
}

/// Carries effects out in order, up to and including the one that yields the next input.
Input Courier::carry_out(Round& round, const std::vector<Effect>& effects) {
    Input next{StopNow{}, 0};
    for (const Effect& effect : effects) {
        Status saved;
        if (const auto* send = std::get_if<Send>(&effect)) {
            next = hooks_.stopped() ? Input{StopNow{}, 0} : exchange(round, *send);
        } else if (const auto* pause = std::get_if<Rest>(&effect)) {
            rest(pause->ms);
            next.what = Rested{};
            if (hooks_.stopped()) next.what = StopNow{};
        } else if (const auto* finish = std::get_if<Finish>(&effect)) {
            round.finished = true;
            round.error = finish->error;
        } else {
            saved = save(effect);
        }
        if (!saved.ok()) {
            next.what = SaveFailed{saved.error().code};
            break;
        }
    }
    next.random = random_.next_u64();
    return next;
}

Status Courier::save(const Effect& effect) {
    if (const auto* enrolled = std::get_if<SaveEnrolment>(&effect)) {
        return outbox_.save_enrolment(enrolled->receipt);
    }
    if (std::holds_alternative<DropEnrolment>(effect)) return outbox_.drop_enrolment();
    if (const auto* tried = std::get_if<SaveTried>(&effect)) {
        return outbox_.save_tried(tried->number);
    }
    if (const auto* receipt = std::get_if<SaveReceipt>(&effect)) {
        return outbox_.save_receipt(receipt->number, receipt->kind, receipt->receipt);
    }
    if (const auto* fork = std::get_if<SaveFork>(&effect)) return outbox_.save_fork(fork->number);
    return {};
}

Input Courier::exchange(Round& round, const Send& send) {
    HttpRequest request;
    std::uint64_t sent = 0;
    Result<HttpReply> reply = Error(Errc::kInternal, "no request was made");
    if (send.ask == Ask::kEnrol) {
        request.method = "POST";
        request.path = "/v1/enrol";
        request.headers.emplace_back("Content-Type", kPlainType);
        request.body = round.enrol_request;
        reply = http_.send(request);
    } else if (send.ask == Ask::kUpload) {
        const std::uint64_t number = round.state.plan.batches[send.batch].number;
        const auto file = outbox_.open_batch(number);
        if (!file.ok()) return Input{SaveFailed{file.error().code}, 0};
        reply = upload(round, send, *file, sent);
    } else {
        const std::string path = batch_path(round.state.plan.batches[send.batch].hash);
        request.method = send.ask == Ask::kOffset ? "HEAD" : "GET";
        request.path = send.ask == Ask::kOffset ? path : path + "/receipts";
        reply = http_.send(request);
    }
    if (hooks_.stopped() && !reply.ok()) return Input{StopNow{}, 0};
    if (!reply.ok()) return Input{Broken{reply.error().code, sent}, 0};
    return Input{Replied{read_reply(*reply)}, 0};
}

Result<HttpReply> Courier::upload(Round& round, const Send& send, const InputFile& file,
                                  std::uint64_t& sent) {
    const Delivery& batch = round.state.plan.batches[send.batch];
    HttpRequest request;
    request.method = "PATCH";
    request.path = batch_path(batch.hash);
    request.headers = {
        {"Content-Type", std::string(kUploadType)},
        {std::string(kOffsetHeader), std::to_string(send.offset)},
        {std::string(kLengthHeader), std::to_string(batch.size)},
        {std::string(kCompleteHeader), "?1"},
        {std::string(kDeviceHeader), to_text(settings_.device)},
        {std::string(kAuthHeader), to_hex(round.auths[send.batch])},
    };
    request.file = &file;
    request.file_offset = send.offset;
    request.file_size = batch.size;
    const DeliveryProgress confirmed = progress_of(round.state);
    request.progress = [&](std::uint64_t bytes) {
        sent = bytes;
        DeliveryProgress now = confirmed;
        now.bytes_done = std::min(now.bytes_done + bytes, now.bytes_total);
        report(now);
        return !hooks_.stopped();
    };
    return http_.send(request);
}

void Courier::report(DeliveryProgress progress) {
    pace_.note(clock_.steady_ms(), progress.bytes_done);
    progress.ms_left = pace_.ms_left(progress.bytes_total - progress.bytes_done);
    hooks_.progress(progress);
}

void Courier::rest(std::int64_t ms) {
    if (hooks_.rest) return hooks_.rest(ms);
    const std::int64_t until = clock_.steady_ms() + ms;
    while (!hooks_.stopped()) {
        const std::int64_t left = until - clock_.steady_ms();
        if (left <= 0) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kRestSliceMs)));
    }
}

}  // namespace awda::sync
