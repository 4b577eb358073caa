#include "sync/envelope_report.h"

#include <algorithm>

namespace awda::sync {

namespace {

/// One computer's part while it is looked through.
class Look {
public:
    Look(const DevicePart& part, const std::optional<HqKeys>& hq) : part_(part), hq_(hq) {
        seen_.device = part.device;
        seen_.unknown = part.unknown;
    }

    DeviceSeen run() {
        look_at_request();
        look_at_enrolment();
        for (const EnvelopeFile& file : part_.files) {
            if (file.kind == EnvelopeKind::kBatch) look_at_batch(file);
        }
        for (const EnvelopeFile& file : part_.files) {
            if (file.kind == EnvelopeKind::kStored || file.kind == EnvelopeKind::kOpened) {
                look_at_receipt(file);
            }
        }
        look_at_order();
        return std::move(seen_);
    }

private:
    struct Link {
        std::uint64_t number;
        Hash32 hash;
        Hash32 prev;
    };

    void damaged(const EnvelopeFile& file, Errc why) {
        seen_.damaged.push_back({envelope_name(file), why});
    }

    void look_at_request() {
        auto carried = read_request(part_);
        if (carried.ok()) {
            request_ = std::move(carried->request);
            seen_.request = true;
            seen_.office = request_->office;
            seen_.words = fingerprint_words(request_->device_sign, request_->device_seal);
        } else if (carried.error().code != Errc::kNotFound) {
            damaged({EnvelopeKind::kEnrolRequest, 0, ""}, carried.error().code);
        }
    }

    void look_at_enrolment() {
        const EnvelopeFile file{EnvelopeKind::kEnrolReceipt, 0, ""};
        if (std::ranges::find(part_.files, file) == part_.files.end()) return;
        seen_.enrolled = true;
        if (!hq_) return;
        const auto carried = read_enrolment(part_, *hq_);
        if (carried.ok()) return;
        seen_.enrolled = false;
        damaged(file, carried.error().code);
    }

    void look_at_batch(const EnvelopeFile& file) {
        if (!request_) return damaged(file, Errc::kNotEnrolled);
        const auto batch = read_batch(part_, file, request_->device_sign);
        if (!batch.ok()) return damaged(file, batch.error().code);
        const BatchHeader& header = batch->header;
        BatchSeen seen;
        seen.number = header.number;
        seen.hash = file.hash;
        seen.bytes = batch->file.size();
        seen.events = header.last_seq - header.first_seq + 1;
        const Status proof = check_proof(part_, *batch, request_->device_sign);
        seen.carriable = proof.ok();
        if (!proof.ok() && proof.error().code != Errc::kNotFound) {
            damaged({EnvelopeKind::kProof, file.number, file.hash}, proof.error().code);
        }
        seen_.batches.push_back(std::move(seen));
        chain_.push_back({header.number, batch->hash, header.prev_batch});
    }

    void look_at_receipt(const EnvelopeFile& file) {
        if (hq_) {
            const auto carried = read_receipt(part_, file, *hq_);
            if (!carried.ok()) return damaged(file, carried.error().code);
        }
        const auto batch = std::ranges::find_if(seen_.batches, [&file](const BatchSeen& seen) {
            return seen.number == file.number && seen.hash == file.hash;
        });
        if (batch == seen_.batches.end()) {
            ++seen_.receipts_elsewhere;
            return;
        }
        (file.kind == EnvelopeKind::kStored ? batch->stored : batch->opened) = true;
    }

    /// Batches come by number; a number twice, or a batch that goes on from none of those of the
    /// number before, is a fork.
    void look_at_order() {
        std::vector<std::uint64_t> numbers;
        for (const Link& link : chain_) {
            const bool twice = !numbers.empty() && numbers.back() == link.number;
            if (twice || follows_another_past(link)) add_fork(link.number);
            numbers.push_back(link.number);
        }
        if (!numbers.empty()) seen_.missing = missing_numbers(numbers.front(), numbers);
    }

    [[nodiscard]] bool follows_another_past(const Link& link) const {
        const auto before = std::ranges::equal_range(chain_, link.number - 1, {}, &Link::number);
        return !before.empty() && std::ranges::find(before, link.prev, &Link::hash) == before.end();
    }

    void add_fork(std::uint64_t number) {
        if (seen_.forks.empty() || seen_.forks.back() != number) seen_.forks.push_back(number);
    }

    const DevicePart& part_;
    const std::optional<HqKeys>& hq_;
    std::optional<EnrolRequest> request_;
    std::vector<Link> chain_;
    DeviceSeen seen_;
};

}  // namespace

Result<EnvelopeSeen> look_into_envelope(const Path& envelope, const std::optional<HqKeys>& hq) {
    const EnvelopeContents contents = AWDA_TRY(list_envelope(envelope));
    EnvelopeSeen seen;
    seen.unknown = contents.unknown;
    seen.receipts_checked = hq.has_value();
    for (const DevicePart& part : contents.devices) seen.devices.push_back(Look(part, hq).run());
    return seen;
}

}  // namespace awda::sync
