// office_sim: one office that delivers to central over a link with faults drawn from a seed.
//
// The machine runs as the courier runs it, against ModelServer: cuts at any byte, lost replies,
// repeated requests, portals, restarts of either side, refusals, lies. Only Disk outlives a crash.
// Ownership: borrows its fleet. Threads: one.
#pragma once

#include <algorithm>
#include <optional>

#include "platform/codec.h"
#include "tests/sim/delivery_sim.h"

namespace awda::sync::sim {

inline constexpr std::size_t kExchangesMax = 5000;

enum class Fault : std::uint8_t {
    kNone,
    kNoConnection,
    kCut,
    kLostReply,
    kTwice,
    kPortal,
    kForeign,
    kBusy,
    kFull,
    kRestart,
    kLies,
    kZombie,
    kCrash,
    kDecay,
    kBackup,
    kForgotten,
    kStrange,
    kCount,
};

/// What the client's disk holds: this alone outlives a crash.
struct Disk {
    bool enrolled = false;
    std::vector<bool> tried;
    std::vector<bool> stored;
    std::vector<bool> opened;
};

class OfficeSim {
public:
    /// The first `count` batches of `fleet` are sealed; it may grow behind our back.
    OfficeSim(const Fleet& fleet, std::uint64_t seed, std::size_t count)
        : fleet_(fleet), random_(seed), server_(fleet.hq) {
        grow(count);
        fault_percent_ = 10 + pick(60);
        faulty_exchanges_ = 20 + pick(100);
        server_.opens_at_once = pick(2) == 0;
    }

    /// More batches were sealed: so many in all.
    void grow(std::size_t count) {
        count_ = count;
        disk_.tried.resize(count, false);
        disk_.stored.resize(count, false);
        disk_.opened.resize(count, false);
    }
    /// Until then the link has faults; from then on a run that does not end is a bug.
    void faults_end_after(std::size_t exchanges) { faulty_exchanges_ = exchanges; }

    /// Central is never put back to an old backup.
    void keep_no_backups() { backups_ = false; }

    /// Delivers until the machine ends, the client crashes, or `exchanges` more have been made.
    void one_run(std::size_t exchanges = kExchangesMax) {
        ++result_.runs;
        const std::size_t last = result_.exchanges + exchanges;
        DeliveryState state = begin_delivery(plan());
        Input input{Begin{}, random_.next_u64()};
        crashed_ = false;
        while (!crashed_) {
            Step next = step(std::move(state), input);
            state = std::move(next.state);
            rule(!next.effects.empty(), "the machine fell silent");
            if (next.effects.empty()) return;
            for (const Effect& effect : next.effects) {
                note(100 + effect.index(), 0);
                if (crashed_) return;
                if (std::holds_alternative<Finish>(effect)) {
                    const auto& finish = std::get<Finish>(effect);
                    note(200, finish.error ? static_cast<std::uint64_t>(*finish.error) + 1 : 0);
                    rule(finish.error != Errc::kFork, "a fork was cried where there is none");
                    result_.cuts += state.counts.cuts;
                    return;
                }
                input = carry_out(effect);
            }
            if (result_.exchanges > last) return;
        }
    }

    /// Receipts that came on a stick are judged as those of the network are.
    void take_receipts(ByteView body) {
        const auto receipts = decode_receipts(body);
        rule(receipts.ok(), "receipts on a stick cannot be read");
        if (!receipts.ok()) return;
        for (const Bytes& bytes : *receipts) {
            const auto receipt = open_receipt(bytes, fleet_.hq.keys);
            rule(receipt.ok(), "a forged receipt on a stick");
            const std::uint64_t number = receipt.ok() ? receipt->batch_number : 0;
            if (number == 0 || number > count_ ||
                receipt->batch_hash != fleet_.sealed[number - 1].hash) {
                continue;
            }
            save({number, receipt->kind, bytes});
        }
    }

    [[nodiscard]] ModelServer& server() { return server_; }
    [[nodiscard]] const Disk& disk() const { return disk_; }
    [[nodiscard]] bool done() const {
        return std::all_of(disk_.opened.begin(), disk_.opened.end(), [](bool b) { return b; });
    }
    /// Central holds exactly these, once each.
    [[nodiscard]] bool agreed() const {
        bool same = server_.held() == count_ && server_.double_commits == 0;
        for (std::size_t i = 0; i < count_; ++i)
            same = same && server_.holds(i + 1, fleet_.sealed[i].hash);
        return same;
    }
    void rule(bool holds, const char* text) {
        if (!holds && result_.broken_rule.empty()) result_.broken_rule = text;
    }
    std::uint64_t pick(std::uint64_t below) { return random_.next_u64() % below; }
    [[nodiscard]] bool faulty() const { return result_.exchanges < faulty_exchanges_; }

    /// All that was seen, so far. Once.
    SimResult finish() {
        result_.delivered = done();
        result_.server_agrees = agreed();
        result_.trace = trace_.finish();
        for (std::size_t i = 0; i < count_; ++i) {
            result_.bytes_useful += fleet_.sealed[i].file.size();
        }
        return result_;
    }
    [[nodiscard]] const SimResult& so_far() const { return result_; }

private:
    void note(std::uint64_t what, std::uint64_t value) {
        ByteWriter out;
        out.u64(what);
        out.u64(value);
        trace_.add(out.bytes());
    }

    [[nodiscard]] DeliveryPlan plan() const {
        DeliveryPlan out;
        out.device = fleet_.log.device;
        out.hq = fleet_.hq.keys;
        out.enrolled = disk_.enrolled;
        out.voucher = fleet_.voucher;
        out.enrol_request_hash = hash32(fleet_.enrol_request);
        for (std::size_t i = 0; i < count_; ++i) {
            const SealedBatch& batch = fleet_.sealed[i];
            out.batches.push_back(Delivery{batch.header.number, batch.hash, batch.file.size(),
                                           batch.header.last_seq, disk_.tried[i], disk_.stored[i],
                                           disk_.opened[i]});
        }
        return out;
    }

    Input carry_out(const Effect& effect) {
        if (const auto* send = std::get_if<Send>(&effect)) return exchange(*send);
        if (const auto* rest = std::get_if<Rest>(&effect)) {
            rule(rest->ms > 0 && rest->ms <= kRetryAfterMaxMs, "a rest out of bounds");
            note(300, static_cast<std::uint64_t>(rest->ms));
        } else if (const auto* receipt = std::get_if<SaveReceipt>(&effect)) {
            save(*receipt);
        } else if (const auto* tried = std::get_if<SaveTried>(&effect)) {
            disk_.tried[tried->number - 1] = pick(4) != 0;  // a hint: it may get lost
        } else if (std::holds_alternative<SaveEnrolment>(effect)) {
            disk_.enrolled = true;
        } else if (std::holds_alternative<DropEnrolment>(effect)) {
            disk_.enrolled = false;
        }
        if (faulty() && pick(100) == 0) crashed_ = true;
        return Input{Rested{}, random_.next_u64()};
    }

    void save(const SaveReceipt& receipt) {
        const std::size_t index = receipt.number - 1;
        rule(index < count_, "a receipt for a batch that was never sent");
        const SealedBatch& batch = fleet_.sealed[index];
        const bool opened = receipt.kind == ReceiptKind::kOpened;
        rule(open_receipt(receipt.receipt, fleet_.hq.keys).ok(), "a forged receipt was believed");
        rule(server_.holds(receipt.number, batch.hash), "a receipt for what central does not hold");
        rule(!opened || server_.has_opened(receipt.number), "opened was believed too early");
        (opened ? disk_.opened : disk_.stored)[index] = true;
    }

    Wire request(const Send& send) {
        Wire wire;
        const SealedBatch& batch = fleet_.sealed[send.batch];
        wire.path = "/v1/batches/" + to_hex(batch.hash);
        switch (send.ask) {
            case Ask::kEnrol:
                wire.method = "POST";
                wire.path = "/v1/enrol";
                wire.body = fleet_.enrol_request;
                break;
            case Ask::kOffset: wire.method = "HEAD"; break;
            case Ask::kReceipts:
                wire.method = "GET";
                wire.path += "/receipts";
                break;
            case Ask::kUpload:
                wire.method = "PATCH";
                wire.headers = {{"Upload-Offset", std::to_string(send.offset)},
                                {"Upload-Length", std::to_string(batch.file.size())},
                                {"Awda-Device", to_text(fleet_.log.device)},
                                {"Awda-Auth", to_hex(fleet_.auths[send.batch])}};
                rule(send.offset <= batch.file.size(), "an upload beyond the end");
                wire.body.assign(batch.file.begin() + static_cast<std::ptrdiff_t>(send.offset),
                                 batch.file.end());
        }
        wire.arrived = wire.body.size();
        return wire;
    }

    Input exchange(const Send& send) {
        ++result_.exchanges;
        const Fault fault = draw_fault(send.ask);
        Wire wire = request(send);
        note(400 + static_cast<std::uint64_t>(send.ask), send.offset);
        note(500 + static_cast<std::uint64_t>(fault), send.batch);
        before(fault);
        if (send.ask == Ask::kUpload) result_.bytes_sent += wire.body.size();
        Input input = answer(fault, wire);
        input.random = random_.next_u64();
        return input;
    }

    /// Uploads are what the link cuts most: half of their faults are plain cuts.
    Fault draw_fault(Ask ask) {
        if (!faulty() || pick(100) >= fault_percent_) return Fault::kNone;
        if (ask == Ask::kUpload && pick(2) == 0) return Fault::kCut;
        return static_cast<Fault>(1 + pick(static_cast<std::uint64_t>(Fault::kCount) - 1));
    }

    /// Things that befall the server by itself.
    void before(Fault fault) {
        if (zombie_ && pick(2) == 0) {
            (void)server_.handle(*zombie_);
            zombie_.reset();
        }
        if (fault == Fault::kRestart) server_.restart();
        if (fault == Fault::kDecay) server_.decay();
        // Nothing the client has an opened receipt for is asked for again, so a backup older than
        // that is headquarters' own loss; here it loses less.
        if (fault == Fault::kBackup && backups_ && pick(4) == 0)
            server_.restore_backup(opened_through());
        if (fault == Fault::kForgotten && pick(4) == 0) server_.forget_devices();
    }

    /// Up to the last batch that the client has an opened receipt for.
    [[nodiscard]] std::size_t opened_through() const {
        std::size_t keep = count_;
        while (keep > 0 && !disk_.opened[keep - 1]) --keep;
        return keep;
    }

    Input broken(std::uint64_t sent, Errc code = Errc::kNoNetwork) {
        return Input{Broken{code, sent}, 0};
    }
    Input replied(HttpReply reply) {
        note(600, static_cast<std::uint64_t>(reply.status));
        return Input{Replied{read_reply(reply)}, 0};
    }
    static HttpReply bare(int status, Headers headers) {
        HttpReply reply;
        reply.status = status;
        reply.headers = std::move(headers);
        return reply;
    }

    Input answer(Fault fault, Wire& wire) {
        switch (fault) {
            case Fault::kNoConnection: return broken(0);
            case Fault::kCut: {
                wire.arrived = pick(wire.body.size() + 1);
                (void)server_.handle(wire);
                return broken(wire.arrived, pick(2) == 0 ? Errc::kNoNetwork : Errc::kTimeout);
            }
            case Fault::kZombie: {  // the rest of a dead connection arrives later
                zombie_ = wire;
                return broken(wire.body.size() / 2, Errc::kTimeout);
            }
            case Fault::kLostReply: (void)server_.handle(wire); return broken(wire.body.size());
            case Fault::kTwice: (void)server_.handle(wire); break;
            case Fault::kPortal:
                return replied(bare(200, {{"content-type", "text/html"}, {"awda-version", "1"}}));
            case Fault::kForeign: return replied(bare(pick(2) == 0 ? 200 : 204, {}));
            case Fault::kBusy:
                return replied(
                    bare(pick(2) == 0 ? 503 : 429, {{"awda-version", "1"}, {"retry-after", "3"}}));
            case Fault::kFull:
                return replied(bare(507, {{"awda-version", "1"}, {"awda-problem", "disk-full"}}));
            case Fault::kStrange:
                return replied(bare(pick(2) == 0 ? 302 : 502,
                                    {{"awda-version", "1"}, {"upload-offset", "99999999999"}}));
            case Fault::kCrash:
                wire.arrived = pick(wire.body.size() + 1);
                (void)server_.handle(wire);
                crashed_ = true;
                return broken(0);
            default: break;
        }
        auto reply = server_.handle(wire);
        if (!reply) return broken(wire.body.size());
        if (fault == Fault::kLies) lie(*reply);
        return replied(std::move(*reply));
    }

    /// Someone in the middle answers with receipts and offsets of his own.
    void lie(HttpReply& reply) {
        reply.status = 200;
        const SealedBatch& batch = fleet_.sealed[pick(count_)];
        Receipt receipt{ReceiptKind::kOpened,
                        fleet_.log.device,
                        batch.header.number,
                        batch.hash,
                        batch.header.last_seq,
                        1,
                        1};
        const std::uint64_t which = pick(4);
        const SignKey wrong = sample::sign_key(0x99);
        if (which == 0) reply.body = encode_receipts({sign_receipt(receipt, wrong)});
        if (which == 1) reply.body = encode_receipts({sign_receipt(receipt, fleet_.hq.stored)});
        if (which == 2) {
            receipt.device = sample::id<DeviceId>(0x98);
            receipt.kind = ReceiptKind::kStored;
            reply.body = encode_receipts({sign_receipt(receipt, fleet_.hq.stored)});
        }
        if (which == 3) reply.body.assign(1 + pick(400), static_cast<std::uint8_t>(pick(256)));
    }

    const Fleet& fleet_;
    fakes::SeededRandom random_;
    ModelServer server_;
    Disk disk_;
    SimResult result_;
    Hasher trace_;
    std::optional<Wire> zombie_;
    std::size_t count_ = 0;
    std::uint64_t fault_percent_ = 0;
    std::size_t faulty_exchanges_ = 0;
    bool crashed_ = false;
    bool backups_ = true;
};

}  // namespace awda::sync::sim
