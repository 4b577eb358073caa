#include "sync/outbox_folder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "platform/codec.h"
#include "sync/protocol.h"

namespace awda::sync {

namespace {
constexpr std::string_view kAuthTag = "AWDAAUT1";
constexpr std::size_t kNumberDigits = 12;
constexpr std::uint64_t kNumberMax = 999'999'999'999;
constexpr std::size_t kHashDigits = 8;
constexpr std::uint64_t kPaperMax = 64U * 1024U;
constexpr std::size_t kHashStep = 64U * 1024U;
constexpr std::string_view kBatchEnding = ".awb";
constexpr std::string_view kForkEnding = ".fork";
constexpr std::string_view kTriedEnding = ".tried";
constexpr std::string_view kRequestName = "enrol.request";
constexpr std::string_view kReceiptName = "enrol.receipt";

std::string number_text(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    return std::string(kNumberDigits - std::min(kNumberDigits, digits.size()), '0') + digits;
}

std::string batch_name(std::uint64_t number, const Hash32& hash) {
    return number_text(number) + '-' + to_hex(hash).substr(0, kHashDigits) +
           std::string(kBatchEnding);
}

std::string receipt_name(std::uint64_t number, ReceiptKind kind) {
    return number_text(number) + (kind == ReceiptKind::kStored ? ".stored" : ".opened");
}

/// The number a file's name begins with.
std::optional<std::uint64_t> number_in(std::string_view name) {
    std::uint64_t number = 0;
    if (name.size() < kNumberDigits) return std::nullopt;
    const char* end = name.data() + kNumberDigits;
    const auto [stop, error] = std::from_chars(name.data(), end, number);
    if (error != std::errc{} || stop != end || number == 0) return std::nullopt;
    return number;
}

/// Batches are "<number>-<hash8>.awb"; anything else, half-written files included, is passed over.
std::optional<std::uint64_t> batch_number(std::string_view name) {
    if (name.size() != kNumberDigits + 1 + kHashDigits + kBatchEnding.size() ||
        name[kNumberDigits] != '-' || !name.ends_with(kBatchEnding)) {
        return std::nullopt;
    }
    return number_in(name);
}

Result<Hash32> hash_of(const InputFile& file) {
    Hasher hasher;
    std::vector<std::uint8_t> buffer(kHashStep);
    std::uint64_t at = 0;
    while (true) {
        const std::size_t size = AWDA_TRY(file.read_at(at, buffer));
        hasher.add(ByteView(buffer).first(size));
        at += size;
        if (size < buffer.size()) return hasher.finish();
    }
}
}  // namespace

Bytes encode_upload_paper(const OutboxBatch& batch) {
    ByteWriter paper;
    paper.raw(kAuthTag);
    paper.u64(batch.number);
    paper.raw(batch.hash);
    paper.u64(batch.size);
    paper.u64(batch.last_seq);
    paper.raw(batch.auth);
    return paper.take();
}

Result<OutboxBatch> decode_upload_paper(ByteView paper) {
    ByteReader in(paper);
    OutboxBatch batch;
    in.domain(kAuthTag);
    batch.number = in.u64();
    batch.hash = in.fixed<32>();
    batch.size = in.u64();
    batch.last_seq = in.u64();
    batch.auth = in.fixed<64>();
    AWDA_CHECK(in.done());
    return batch;
}

Result<OutboxFolder> OutboxFolder::open(Path folder) {
    AWDA_CHECK(make_folder(folder));
    return OutboxFolder(std::move(folder));
}

Status OutboxFolder::put_enrol_request(ByteView request) {
    // The old receipt goes first: it must never stand beside a request it does not answer.
    AWDA_CHECK(drop_enrolment());
    return atomic_write(folder_ / kRequestName, request);
}

Result<Bytes> OutboxFolder::enrol_receipt() const {
    return read_file(folder_ / kReceiptName, kPaperMax);
}

Result<OutboxEnrolment> OutboxFolder::enrolment() {
    if (!exists(folder_ / kRequestName)) {
        return Error(Errc::kNotEnrolled, "the outbox has no enrolment request");
    }
    OutboxEnrolment out;
    out.request = AWDA_TRY(read_file(folder_ / kRequestName, kPaperMax));
    out.enrolled = exists(folder_ / kReceiptName);
    return out;
}

Status OutboxFolder::save_enrolment(ByteView receipt) {
    return atomic_write(folder_ / kReceiptName, receipt);
}

Status OutboxFolder::drop_enrolment() {
    if (!exists(folder_ / kReceiptName)) return {};
    AWDA_CHECK(remove_file(folder_ / kReceiptName));
    return sync_folder(folder_);
}

Status OutboxFolder::put_batch(const SealedBatch& batch, const Signature& auth) {
    const std::uint64_t number = batch.header.number;
    if (number == 0 || number > kNumberMax) return Error(Errc::kTooLarge, "a batch's number");
    for (const std::string& name : AWDA_TRY(list_files(folder_))) {
        if (batch_number(name) != number) continue;
        if (AWDA_TRY(read_auth(number)).hash == batch.hash) return {};
        return Error(Errc::kFork, "another batch has this number in the outbox");
    }
    OutboxBatch said;
    said.number = number;
    said.hash = batch.hash;
    said.size = batch.file.size();
    said.last_seq = batch.header.last_seq;
    said.auth = auth;
    // The proof first: once the batch itself is there, all that delivery needs is.
    AWDA_CHECK(atomic_write(folder_ / (number_text(number) + ".auth"), encode_upload_paper(said)));
    return atomic_write(folder_ / batch_name(number, batch.hash), batch.file);
}

Result<OutboxBatch> OutboxFolder::read_auth(std::uint64_t number) const {
    const Bytes paper = AWDA_TRY(read_file(folder_ / (number_text(number) + ".auth"), kPaperMax));
    const OutboxBatch batch = AWDA_TRY(decode_upload_paper(paper));
    if (batch.number != number) return Error(Errc::kMalformed, "an upload proof's number");
    return batch;
}

Result<std::vector<OutboxBatch>> OutboxFolder::batches() {
    std::vector<OutboxBatch> out;
    for (const std::string& name : AWDA_TRY(list_files(folder_))) {
        const auto number = batch_number(name);
        if (!number) continue;
        OutboxBatch batch = AWDA_TRY(read_auth(*number));
        if (name != batch_name(*number, batch.hash)) {
            return Error(Errc::kAltered, "a batch and its upload proof do not belong together");
        }
        batch.tried = exists(folder_ / (number_text(*number) + std::string(kTriedEnding)));
        batch.stored = exists(folder_ / receipt_name(*number, ReceiptKind::kStored));
        batch.opened = exists(folder_ / receipt_name(*number, ReceiptKind::kOpened));
        out.push_back(batch);
        if (out.size() > kOutboxBatchesMax) return Error(Errc::kTooLarge, "too many batches wait");
    }
    std::sort(out.begin(), out.end(),
              [](const OutboxBatch& a, const OutboxBatch& b) { return a.number < b.number; });
    const auto twice = std::adjacent_find(
        out.begin(), out.end(),
        [](const OutboxBatch& a, const OutboxBatch& b) { return a.number == b.number; });
    if (twice != out.end()) return Error(Errc::kFork, "two batches bear one number in the outbox");
    return out;
}

Result<InputFile> OutboxFolder::open_batch(std::uint64_t number) {
    const OutboxBatch batch = AWDA_TRY(read_auth(number));
    InputFile file = AWDA_TRY(InputFile::open(folder_ / batch_name(number, batch.hash)));
    if (AWDA_TRY(file.size()) != batch.size) {
        return Error(Errc::kAltered, "a batch in the outbox changed its size");
    }
    // Once a run: a disk that decays is found before the metered link is used.
    if (!checked_.contains(number)) {
        if (AWDA_TRY(hash_of(file)) != batch.hash) {
            return Error(Errc::kAltered, "a batch in the outbox is no longer what was sealed");
        }
        checked_.insert(number);
    }
    return file;
}

Result<Bytes> OutboxFolder::receipt(std::uint64_t number, ReceiptKind kind) const {
    return read_file(folder_ / receipt_name(number, kind), kPaperMax);
}

Status OutboxFolder::save_tried(std::uint64_t number) {
    return atomic_write(folder_ / (number_text(number) + std::string(kTriedEnding)), {});
}

Status OutboxFolder::save_receipt(std::uint64_t number, ReceiptKind kind, ByteView receipt) {
    return atomic_write(folder_ / receipt_name(number, kind), receipt);
}

Status OutboxFolder::remove_batch(std::uint64_t number) {
    // The batch first: without it, what is left behind by a crash is passed over.
    for (const std::string& name : AWDA_TRY(list_files(folder_))) {
        if (batch_number(name) == number) AWDA_CHECK(remove_file(folder_ / name));
    }
    AWDA_CHECK(sync_folder(folder_));
    for (const std::string_view ending :
         {std::string_view(".auth"), kTriedEnding, std::string_view(".stored"),
          std::string_view(".opened")}) {
        AWDA_CHECK(remove_file(folder_ / (number_text(number) + std::string(ending))));
    }
    checked_.erase(number);
    return sync_folder(folder_);
}

Status OutboxFolder::save_fork(std::uint64_t number) {
    ByteWriter paper;
    paper.u64(number);
    return atomic_write(folder_ / (number_text(number) + std::string(kForkEnding)), paper.bytes());
}

Result<bool> OutboxFolder::forked() {
    const std::vector<std::string> names = AWDA_TRY(list_files(folder_));
    return std::any_of(names.begin(), names.end(), [](const std::string& name) {
        return number_in(name).has_value() && name.ends_with(kForkEnding);
    });
}

Status OutboxFolder::clear_fork() {
    for (const std::string& name : AWDA_TRY(list_files(folder_))) {
        if (number_in(name) && name.ends_with(kForkEnding)) {
            AWDA_CHECK(remove_file(folder_ / name));
        }
    }
    return sync_folder(folder_);
}

Result<FileLock> OutboxFolder::lock_for_delivery() const {
    return FileLock::take(folder_ / "delivery.lock");
}

}  // namespace awda::sync
