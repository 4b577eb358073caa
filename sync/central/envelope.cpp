#include "sync/central/envelope.h"

#include <algorithm>
#include <set>

#include "sync/receipt.h"

namespace awda::central {

namespace {

using sync::EnvelopeFile;
using sync::EnvelopeKind;

/// A whole batch in the spool that came before the one it follows.
struct Waiting {
    std::uint64_t number = 0;
    Hash32 hash{};
};

class Taking {
public:
    Taking(Store& store, Spool& spool, Ingest& ingest, const sync::DevicePart& part)
        : store_(store), spool_(spool), ingest_(ingest), part_(part) {
        taken_.device = part.device;
        taken_.unknown = part.unknown;
    }
    Result<TakenPart> run(const Path& envelope);

private:
    Status enrol();
    Status take_batch(const EnvelopeFile& file, const SignPublic& device_key);
    Status put(const sync::CarriedBatch& batch);
    Result<Answer> complete(const sync::CarriedBatch& batch);
    Status take_waiting();
    Result<std::vector<Waiting>> waiting_parts();
    Status note(const Answer& answer, std::uint64_t number);
    Status find_missing();
    void answer(const Path& envelope);
    void refuse(const EnvelopeFile& file, Errc why) {
        taken_.refused.push_back({sync::envelope_name(file), why});
    }

    Store& store_;
    Spool& spool_;
    Ingest& ingest_;
    const sync::DevicePart& part_;
    std::vector<std::uint64_t> early_;  ///< numbers that came before their turn
    TakenPart taken_;
};

Status Taking::enrol() {
    const auto carried = sync::read_request(part_);
    if (carried.ok()) {
        const bool known = AWDA_TRY(store_.find_device(part_.device)).has_value();
        const Answer answer = AWDA_TRY(ingest_.enrol(carried->bytes));
        taken_.enrolment = answer.problem;
        taken_.enrolled = !known && answer.problem == sync::Problem::kNone;
    } else if (carried.error().code != Errc::kNotFound) {
        refuse({EnvelopeKind::kEnrolRequest, 0, ""}, carried.error().code);
    }
    return {};
}

/// Into the spool, from where an upload that broke off may have got.
Status Taking::put(const sync::CarriedBatch& batch) {
    auto writer = AWDA_TRY(spool_.begin(batch.hash, batch.file.size()));
    AWDA_CHECK(writer.append(ByteView(batch.file).subspan(writer.offset())));
    return writer.sync();
}

Result<Answer> Taking::complete(const sync::CarriedBatch& batch) {
    AWDA_CHECK(put(batch));
    Answer answer = AWDA_TRY(ingest_.complete(part_.device, batch.hash));
    if (answer.problem != sync::Problem::kAltered) return answer;
    // What an upload had left there was not the beginning of this batch; it is gone now.
    AWDA_CHECK(put(batch));
    return ingest_.complete(part_.device, batch.hash);
}

Status Taking::note(const Answer& answer, std::uint64_t number) {
    if (answer.problem == sync::Problem::kGap) {
        early_.push_back(number);
    } else if (answer.problem == sync::Problem::kFork) {
        taken_.forks.push_back(number);
    } else if (answer.problem == sync::Problem::kNone) {
        taken_.stored.push_back(number);
        const bool opened = AWDA_TRY(sync::decode_receipts(answer.body)).size() > 1;
        if (opened) taken_.opened.push_back(number);
    }
    return {};
}

Status Taking::take_batch(const EnvelopeFile& file, const SignPublic& device_key) {
    const auto batch = sync::read_batch(part_, file, device_key);
    if (!batch.ok()) {
        refuse(file, batch.error().code);
        return {};
    }
    if (AWDA_TRY(ingest_.stored_size(batch->hash)).has_value()) {
        ++taken_.again;
        return {};
    }
    const Answer answer = AWDA_TRY(complete(*batch));
    if (answer.problem == sync::Problem::kAltered) refuse(file, Errc::kAltered);
    return note(answer, batch->header.number);
}

/// Whole parts of this computer, oldest first. An upload that is under way is no whole part.
Result<std::vector<Waiting>> Taking::waiting_parts() {
    std::vector<Waiting> waiting;
    for (const Hash32& hash : AWDA_TRY(spool_.parts())) {
        const auto file = MappedFile::open(spool_.part_path(hash));
        if (!file.ok()) continue;
        const auto header = sync::peek_batch(file->view());
        if (!header.ok() || header->device != part_.device) continue;
        if (hash32(file->view()) == hash) waiting.push_back({header->number, hash});
    }
    std::ranges::sort(waiting, {}, &Waiting::number);
    return waiting;
}

/// What an earlier envelope or upload brought too soon; its turn may have come.
Status Taking::take_waiting() {
    early_.clear();
    for (const Waiting& part : AWDA_TRY(waiting_parts())) {
        AWDA_CHECK(note(AWDA_TRY(ingest_.complete(part_.device, part.hash)), part.number));
    }
    return {};
}

Status Taking::find_missing() {
    const auto device = AWDA_TRY(store_.find_device(part_.device));
    std::ranges::sort(early_);
    if (device) taken_.missing = sync::missing_numbers(device->next_batch, early_);
    return {};
}

void Taking::answer(const Path& envelope) {
    std::vector<std::uint64_t> numbers;
    for (const EnvelopeFile& file : part_.files) {
        if (file.kind == EnvelopeKind::kBatch) numbers.push_back(file.number);
    }
    const auto written = answer_envelope(store_, envelope, part_.device, numbers);
    if (written.ok()) {
        taken_.answers = *written;
    } else {
        taken_.unanswered = written.error();
    }
}

Result<TakenPart> Taking::run(const Path& envelope) {
    AWDA_CHECK(enrol());
    const auto device = AWDA_TRY(store_.find_device(part_.device));
    if (!device) return std::move(taken_);
    taken_.known = true;
    taken_.office = device->office_name;
    for (const EnvelopeFile& file : part_.files) {
        if (file.kind == EnvelopeKind::kBatch) AWDA_CHECK(take_batch(file, device->sign_key));
    }
    AWDA_CHECK(take_waiting());
    AWDA_CHECK(find_missing());
    answer(envelope);
    return std::move(taken_);
}

/// Receipts are written where they are not yet, the same.
class Answering {
public:
    explicit Answering(sync::EnvelopeWriter writer) : writer_(std::move(writer)) {}
    Status put(const EnvelopeFile& file, ByteView bytes) {
        const auto put = AWDA_TRY(writer_.put(file, bytes));
        if (put != sync::EnvelopeWriter::Put::kSame) ++changed_;
        return {};
    }
    Status put_receipts(const BatchRow& batch) {
        AWDA_CHECK(put(sync::envelope_file(EnvelopeKind::kStored, batch.number, batch.hash),
                       batch.stored_receipt));
        if (batch.opened_receipt.empty()) return {};
        return put(sync::envelope_file(EnvelopeKind::kOpened, batch.number, batch.hash),
                   batch.opened_receipt);
    }
    [[nodiscard]] std::size_t changed() const { return changed_; }

private:
    sync::EnvelopeWriter writer_;
    std::size_t changed_ = 0;
};

}  // namespace

Result<TakenEnvelope> take_envelope(Store& store, Spool& spool, Ingest& ingest,
                                    const Path& envelope) {
    const sync::EnvelopeContents contents = AWDA_TRY(sync::list_envelope(envelope));
    TakenEnvelope taken;
    taken.unknown = contents.unknown;
    for (const sync::DevicePart& part : contents.devices) {
        taken.parts.push_back(AWDA_TRY(Taking(store, spool, ingest, part).run(envelope)));
    }
    return taken;
}

Result<std::size_t> answer_envelope(Store& store, const Path& envelope, const DeviceId& id,
                                    const std::vector<std::uint64_t>& numbers) {
    const auto device = AWDA_TRY(store.find_device(id));
    if (!device) return Error(Errc::kNotFound, "the computer that an envelope is for");
    std::set<std::uint64_t> wanted(numbers.begin(), numbers.end());
    const std::uint64_t end = device->next_batch;
    for (std::uint64_t number = end > kAnswersNewest ? end - kAnswersNewest : 1; number < end;
         ++number) {
        wanted.insert(number);
    }
    Answering answering(AWDA_TRY(sync::EnvelopeWriter::open(envelope, id)));
    if (const auto voucher = AWDA_TRY(store.find_voucher(device->voucher)); voucher) {
        AWDA_CHECK(answering.put({EnvelopeKind::kEnrolReceipt, 0, ""}, voucher->receipt));
    }
    for (const std::uint64_t number : wanted) {
        const auto batch = AWDA_TRY(store.find_batch(device->row, number));
        if (batch) AWDA_CHECK(answering.put_receipts(*batch));
    }
    return answering.changed();
}

}  // namespace awda::central
