#include "sync/envelope_carry.h"

#include <algorithm>
#include <map>

#include "sync/outbox_folder.h"

namespace awda::sync {

namespace {

using Standing = std::map<std::uint64_t, OutboxBatch>;

Result<Bytes> read_whole(Outbox& outbox, const OutboxBatch& batch) {
    const InputFile file = AWDA_TRY(outbox.open_batch(batch.number));
    Bytes bytes(AWDA_TRY(file.size()));
    if (AWDA_TRY(file.read_at(0, bytes)) != bytes.size() || hash32(bytes) != batch.hash) {
        return Error(Errc::kAltered, "a batch of the outbox changed while it was read");
    }
    return bytes;
}

Status put_batch(Outbox& outbox, const EnvelopeWriter& writer, const OutboxBatch& batch,
                 EnvelopeExport& done) {
    const Bytes bytes = AWDA_TRY(read_whole(outbox, batch));
    // The proof first: once the batch is there, all that belongs to it is.
    AWDA_TRY(writer.put(envelope_file(EnvelopeKind::kProof, batch.number, batch.hash),
                        encode_upload_paper(batch)));
    const EnvelopeWriter::Put put =
        AWDA_TRY(writer.put(envelope_file(EnvelopeKind::kBatch, batch.number, batch.hash), bytes));
    done.numbers.push_back(batch.number);
    done.bytes += bytes.size();
    if (put != EnvelopeWriter::Put::kSame) ++done.written;
    if (put == EnvelopeWriter::Put::kReplaced) ++done.replaced;
    return {};
}

Status put_all(Outbox& outbox, const DeviceId& device, const Path& envelope,
               const OutboxEnrolment& papers, EnvelopeExport& done) {
    const EnvelopeWriter writer = AWDA_TRY(EnvelopeWriter::open(envelope, device));
    AWDA_TRY(writer.put({EnvelopeKind::kEnrolRequest, 0, ""}, papers.request));
    for (const OutboxBatch& batch : AWDA_TRY(outbox.batches())) {
        if (!batch.opened) AWDA_CHECK(put_batch(outbox, writer, batch, done));
    }
    return {};
}

/// True if it is central's word that we are enrolled, for the very request that we made.
Result<bool> take_enrolment(Outbox& outbox, const DevicePart& part, const HqKeys& hq,
                            EnvelopeImport& done) {
    const auto carried = read_enrolment(part, hq);
    if (!carried.ok() && carried.error().code == Errc::kNotFound) return true;
    const OutboxEnrolment papers = AWDA_TRY(outbox.enrolment());
    const EnrolRequest request = AWDA_TRY(open_enrol_request(papers.request));
    if (!carried.ok() || carried->receipt.voucher != request.voucher ||
        carried->receipt.request_hash != hash32(papers.request)) {
        return false;
    }
    if (papers.enrolled) {
        ++done.known;
        return true;
    }
    AWDA_CHECK(outbox.save_enrolment(carried->bytes));
    done.enrolled = true;
    return true;
}

Status take_fork(Outbox& outbox, std::uint64_t number, EnvelopeImport& done) {
    if (std::ranges::find(done.forks, number) != done.forks.end()) return {};
    done.forks.push_back(number);
    return outbox.save_fork(number);
}

/// `batches` is what the outbox holds; a receipt for what it holds no more is an old one.
Status take_receipt(Outbox& outbox, Standing& batches, const CarriedReceipt& carried,
                    EnvelopeImport& done) {
    const Receipt& receipt = carried.receipt;
    const auto found = batches.find(receipt.batch_number);
    if (found == batches.end()) {
        ++done.known;
        return {};
    }
    OutboxBatch& batch = found->second;
    if (batch.hash != receipt.batch_hash) return take_fork(outbox, batch.number, done);
    if (batch.last_seq != receipt.last_seq) {
        ++done.refused;
        return {};
    }
    const bool stored = receipt.kind == ReceiptKind::kStored;
    bool& held = stored ? batch.stored : batch.opened;
    if (held) {
        ++done.known;
        return {};
    }
    AWDA_CHECK(outbox.save_receipt(batch.number, receipt.kind, carried.bytes));
    held = true;
    ++(stored ? done.stored : done.opened);
    return {};
}

Status take_part(Outbox& outbox, const DevicePart& part, const HqKeys& hq, EnvelopeImport& done) {
    if (!AWDA_TRY(take_enrolment(outbox, part, hq, done))) ++done.refused;
    Standing batches;
    for (const OutboxBatch& batch : AWDA_TRY(outbox.batches())) {
        batches.emplace(batch.number, batch);
    }
    for (const EnvelopeFile& file : part.files) {
        if (file.kind != EnvelopeKind::kStored && file.kind != EnvelopeKind::kOpened) continue;
        const auto carried = read_receipt(part, file, hq);
        if (carried.ok()) {
            AWDA_CHECK(take_receipt(outbox, batches, *carried, done));
        } else {
            ++done.refused;
        }
    }
    return {};
}

}  // namespace

Result<EnvelopeExport> export_outbox(Outbox& outbox, const DeviceId& device, const Path& envelope) {
    if (AWDA_TRY(outbox.forked())) return Error(Errc::kFork, "the outbox is marked as a fork");
    const OutboxEnrolment papers = AWDA_TRY(outbox.enrolment());
    EnvelopeExport done;
    const Status all = put_all(outbox, device, envelope, papers, done);
    if (!all.ok()) done.error = all.error();
    return done;
}

Result<EnvelopeImport> import_receipts(Outbox& outbox, const DeviceId& device, const HqKeys& hq,
                                       const Path& envelope) {
    const EnvelopeContents contents = AWDA_TRY(list_envelope(envelope));
    EnvelopeImport done;
    for (const DevicePart& part : contents.devices) {
        if (part.device == device) {
            AWDA_CHECK(take_part(outbox, part, hq, done));
        } else {
            ++done.others;
        }
    }
    return done;
}

}  // namespace awda::sync
