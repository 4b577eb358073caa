// ModelServer: central's side of PROTOCOL.md in memory, for tests and the simulator.
//
// It knows what would survive a restart (what was flushed) from what would not, can lose either,
// and counts commits, so that a test can tell "exactly once" from "at least once". Threads: test
// thread.
#pragma once

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/http.h"
#include "sync/batch.h"
#include "sync/protocol.h"
#include "sync/receipt.h"
#include "sync/trust.h"
#include "tests/sync/sample.h"

namespace awda::sync::sim {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Wire {
    std::string method;
    std::string path;
    Headers headers;
    Bytes body;
    std::size_t arrived = 0;  ///< bytes of body that reached the server; fewer: the link was cut
};

class ModelServer {
public:
    explicit ModelServer(const sample::Hq& hq) : hq_(hq) {}

    bool opens_at_once = true;  ///< otherwise only open_all() opens
    std::size_t commits = 0;
    std::size_t double_commits = 0;  ///< must stay 0

    /// No reply when the request did not arrive whole.
    std::optional<HttpReply> handle(const Wire& wire) {
        std::optional<HttpReply> reply;
        if (wire.path == "/v1/enrol") {
            if (wire.arrived == wire.body.size()) reply = enrol(wire.body);
        } else if (wire.path.starts_with("/v1/batches/")) {
            reply = batches(wire);
        } else {
            reply = make(404);
        }
        if (reply) reply->headers.emplace_back("awda-version", "1");
        return reply;
    }
    /// A batch that came on a stick; a partial upload of it is forgotten.
    void take_file(const Bytes& file, const DeviceId& device, const SignPublic& key) {
        const Hash32 hash = hash32(file);
        devices_[device] = key;
        if (find(hash) != nullptr) return;
        partials_[hash].bytes = file;
        (void)finish(hash, device, key);
    }
    /// What central has signed for a batch, as a reply's body; nothing if it does not hold it.
    [[nodiscard]] std::optional<Bytes> receipts_for(const Hash32& hash) {
        if (find(hash) == nullptr) return std::nullopt;
        return receipts(hash).body;
    }
    /// Loses what was not flushed.
    void restart() {
        for (auto& [hash, partial] : partials_) partial.bytes.resize(partial.flushed);
    }
    /// An old backup was put back: only the first `keep` batches are still there.
    void restore_backup(std::size_t keep) {
        partials_.clear();
        while (committed_.size() > keep) committed_.pop_back();
    }
    void forget_devices() {
        devices_.clear();
        receipts_of_enrolment_.clear();
    }
    /// A bit falls over in what has arrived so far.
    void decay() {
        for (auto& [hash, partial] : partials_) {
            if (!partial.bytes.empty()) partial.bytes.back() ^= 1U;
        }
    }
    void open_all() {
        for (Committed& batch : committed_) open(batch);
    }
    [[nodiscard]] bool holds(std::uint64_t number, const Hash32& hash) const {
        return number != 0 && number <= committed_.size() && committed_[number - 1].hash == hash;
    }
    [[nodiscard]] std::size_t held() const { return committed_.size(); }
    [[nodiscard]] bool has_opened(std::uint64_t number) const {
        return number != 0 && number <= committed_.size() && !committed_[number - 1].opened.empty();
    }

private:
    struct Partial {
        Bytes bytes;
        std::size_t flushed = 0;
    };
    struct Committed {
        Hash32 hash{};
        DeviceId device;
        std::uint64_t last_seq = 0;
        Bytes stored;
        Bytes opened;
    };

    static HttpReply make(int status, Headers headers = {}, Bytes body = {}) {
        HttpReply reply;
        reply.status = status;
        reply.headers = std::move(headers);
        reply.body = std::move(body);
        return reply;
    }
    static HttpReply problem(int status, Problem what, Headers headers = {}) {
        headers.emplace_back("awda-problem", std::string(problem_text(what)));
        return make(status, std::move(headers));
    }
    static std::string header(const Wire& wire, std::string_view name) {
        for (const auto& [key, value] : wire.headers) {
            if (key == name) return value;
        }
        return {};
    }
    static std::uint64_t number(const std::string& text) {
        std::uint64_t value = ~0ULL;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    }

    HttpReply enrol(const Bytes& body) {
        const auto request = open_enrol_request(body);
        if (!request.ok()) return problem(400, Problem::kMalformed);
        const Hash32 hash = hash32(body);
        auto& known = receipts_of_enrolment_[request->voucher];
        if (!known.second.empty() && known.first != hash)
            return problem(409, Problem::kVoucherUsed);
        if (known.second.empty()) {
            known = {hash,
                     sign_enrol_receipt({request->device, request->voucher, hash, 1}, hq_.stored)};
            devices_[request->device] = request->device_sign;
        }
        return make(200, {}, known.second);
    }

    std::optional<HttpReply> batches(const Wire& wire) {
        const std::string rest = wire.path.substr(std::string_view("/v1/batches/").size());
        const auto bytes = from_hex(rest.substr(0, 64));
        if (!bytes.ok() || bytes->size() != 32) return problem(400, Problem::kMalformed);
        Hash32 hash{};
        std::copy(bytes->begin(), bytes->end(), hash.begin());
        if (wire.method == "HEAD") return head(hash);
        if (wire.method == "GET") return receipts(hash);
        return patch(wire, hash);
    }

    [[nodiscard]] const Committed* find(const Hash32& hash) const {
        for (const Committed& batch : committed_) {
            if (batch.hash == hash) return &batch;
        }
        return nullptr;
    }

    HttpReply head(const Hash32& hash) {
        if (find(hash) != nullptr) {
            return make(
                204, {{"upload-offset", std::to_string(sizes_[hash])}, {"upload-complete", "?1"}});
        }
        const auto found = partials_.find(hash);
        if (found == partials_.end()) return make(404);
        found->second.flushed = found->second.bytes.size();
        return make(204, {{"upload-offset", std::to_string(found->second.flushed)},
                          {"upload-complete", "?0"}});
    }

    HttpReply receipts(const Hash32& hash) {
        const Committed* batch = find(hash);
        if (batch == nullptr) return make(404);
        std::vector<Bytes> all{batch->stored};
        if (!batch->opened.empty()) all.push_back(batch->opened);
        return make(200, {}, encode_receipts(all));
    }

    std::optional<HttpReply> patch(const Wire& wire, const Hash32& hash) {
        const auto id = parse_uuid(header(wire, "Awda-Device"));
        const auto device = id.ok() ? devices_.find(DeviceId{*id}) : devices_.end();
        if (device == devices_.end()) return problem(403, Problem::kUnknownDevice);
        const std::uint64_t total = number(header(wire, "Upload-Length"));
        const auto auth = from_hex(header(wire, "Awda-Auth"));
        Signature signature{};
        if (!auth.ok() || auth->size() != signature.size()) return problem(403, Problem::kBadAuth);
        std::copy(auth->begin(), auth->end(), signature.begin());
        if (!verify_upload(device->second, hash, total, signature))
            return problem(403, Problem::kBadAuth);
        if (total > kBatchFileMax) return problem(413, Problem::kTooLarge);
        if (find(hash) != nullptr) return receipts(hash);

        Partial& partial = partials_[hash];
        if (number(header(wire, "Upload-Offset")) != partial.bytes.size()) {
            partial.flushed = partial.bytes.size();
            return problem(409, Problem::kOffset,
                           {{"upload-offset", std::to_string(partial.flushed)}});
        }
        partial.bytes.insert(partial.bytes.end(), wire.body.begin(),
                             wire.body.begin() + static_cast<std::ptrdiff_t>(wire.arrived));
        if (partial.bytes.size() < total) return std::nullopt;
        return finish(hash, device->first, device->second);
    }

    HttpReply finish(const Hash32& hash, const DeviceId& device, const SignPublic& key) {
        const Bytes file = partials_[hash].bytes;
        const auto header = verify_batch(file, key);
        if (hash32(file) != hash || !header.ok() || header->device != device) {
            partials_.erase(hash);
            return problem(422, Problem::kAltered);
        }
        const std::uint64_t expected = committed_.size() + 1;
        if (header->number > expected) {
            partials_.erase(hash);
            return problem(409, Problem::kGap, {{"awda-expected", std::to_string(expected)}});
        }
        if (header->number < expected) return problem(409, Problem::kFork);
        partials_.erase(hash);
        commit(hash, *header, file.size());
        return receipts(hash);
    }

    void commit(const Hash32& hash, const BatchHeader& header, std::size_t size) {
        if (find(hash) != nullptr) ++double_commits;
        ++commits;
        sizes_[hash] = size;
        Committed batch{hash, header.device, header.last_seq, {}, {}};
        batch.stored =
            sign_receipt(receipt(ReceiptKind::kStored, batch, header.number), hq_.stored);
        committed_.push_back(std::move(batch));
        if (opens_at_once) open(committed_.back());
    }
    void open(Committed& batch) {
        if (!batch.opened.empty()) return;
        const auto number = static_cast<std::uint64_t>(&batch - committed_.data()) + 1;
        batch.opened = sign_receipt(receipt(ReceiptKind::kOpened, batch, number), hq_.opened);
    }
    static Receipt receipt(ReceiptKind kind, const Committed& batch, std::uint64_t number) {
        return Receipt{kind, batch.device, number, batch.hash, batch.last_seq, number, 1000};
    }

    const sample::Hq& hq_;
    std::map<DeviceId, SignPublic> devices_;
    std::map<VoucherId, std::pair<Hash32, Bytes>> receipts_of_enrolment_;
    std::map<Hash32, Partial> partials_;
    std::map<Hash32, std::size_t> sizes_;
    std::vector<Committed> committed_;  ///< of one device, in number order
};

}  // namespace awda::sync::sim
