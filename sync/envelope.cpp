#include "sync/envelope.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "sync/outbox_folder.h"
#include "sync/protocol.h"

namespace awda::sync {

namespace {

constexpr std::size_t kNumberDigits = 12;
constexpr std::uint64_t kPaperMax = 64U * 1024U;
constexpr std::string_view kRequestName = "enrol.request";
constexpr std::string_view kReceiptName = "enrol.receipt";

struct Ending {
    EnvelopeKind kind;
    std::string_view text;
};
constexpr Ending kEndings[] = {
    {EnvelopeKind::kBatch, ".awb"},
    {EnvelopeKind::kProof, ".auth"},
    {EnvelopeKind::kStored, ".stored"},
    {EnvelopeKind::kOpened, ".opened"},
};

bool is_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string short_hash(const Hash32& hash) {
    return to_hex(hash).substr(0, kEnvelopeHashDigits);
}

/// What is in a folder's regular files; everything else is `unknown`.
Result<std::optional<DevicePart>> list_part(const Path& envelope, const FolderEntry& entry) {
    const auto id = parse_uuid(entry.name);
    // Only the spelling that we write: no "uuid:", no capitals.
    if (entry.kind != EntryKind::kFolder || !id.ok() || to_uuid_text(*id) != entry.name) {
        return std::optional<DevicePart>();
    }
    DevicePart part;
    part.device.value = *id;
    part.folder = envelope / entry.name;
    for (const FolderEntry& inside : AWDA_TRY(list_entries(part.folder, kEnvelopeEntriesMax))) {
        auto file = parse_envelope_name(inside.name);
        if (inside.kind == EntryKind::kFile && file) {
            part.files.push_back(*std::move(file));
        } else {
            ++part.unknown;
        }
    }
    std::ranges::sort(part.files, {}, [](const EnvelopeFile& file) {
        return std::tie(file.number, file.hash, file.kind);
    });
    return std::optional<DevicePart>(std::move(part));
}

bool has(const DevicePart& part, EnvelopeKind kind) {
    return std::ranges::any_of(part.files,
                               [kind](const EnvelopeFile& file) { return file.kind == kind; });
}

Error not_as_named() {
    return {Errc::kAltered, "a file of an envelope is not what its name says"};
}

/// Whether bytes under a name that we want are genuine all the same, and somebody's.
bool belongs_to_another(EnvelopeKind kind, ByteView bytes, const DeviceId& device) {
    if (kind == EnvelopeKind::kEnrolRequest) return open_enrol_request(bytes).ok();
    if (kind != EnvelopeKind::kBatch) return false;
    const auto header = peek_batch(bytes);
    return header.ok() && header->device != device;
}

Status make_last_folder(const Path& folder) {
    if (file_exists(folder)) return {};
    const Path parent = folder.parent_path();
    if (!parent.empty() && !file_exists(parent)) {
        return Error(Errc::kNotFound, "the place where an envelope is to be made");
    }
    return make_folder(folder);
}

Result<std::optional<EntryKind>> kind_of(const Path& path) {
    std::error_code code;
    const auto status = std::filesystem::symlink_status(path, code);
    if (!std::filesystem::status_known(status)) return Error(Errc::kIo, "looking at an envelope");
    if (!std::filesystem::exists(status)) return std::optional<EntryKind>();
    if (std::filesystem::is_regular_file(status)) return std::optional(EntryKind::kFile);
    return std::optional(std::filesystem::is_directory(status) ? EntryKind::kFolder
                                                               : EntryKind::kOther);
}

}  // namespace

EnvelopeFile envelope_file(EnvelopeKind kind, std::uint64_t number, const Hash32& hash) {
    return {kind, number, short_hash(hash)};
}

std::string envelope_name(const EnvelopeFile& file) {
    if (file.kind == EnvelopeKind::kEnrolRequest) return std::string(kRequestName);
    if (file.kind == EnvelopeKind::kEnrolReceipt) return std::string(kReceiptName);
    std::string name = std::to_string(file.number);
    name.insert(0, kNumberDigits - std::min(kNumberDigits, name.size()), '0');
    name += '-' + file.hash;
    for (const Ending& ending : kEndings) {
        if (ending.kind == file.kind) name += ending.text;
    }
    return name;
}

std::optional<EnvelopeFile> parse_envelope_name(std::string_view name) {
    if (name == kRequestName) return EnvelopeFile{EnvelopeKind::kEnrolRequest, 0, ""};
    if (name == kReceiptName) return EnvelopeFile{EnvelopeKind::kEnrolReceipt, 0, ""};
    constexpr std::size_t kStem = kNumberDigits + 1 + kEnvelopeHashDigits;
    if (name.size() < kStem || name[kNumberDigits] != '-') return std::nullopt;
    EnvelopeFile file;
    const char* end = name.data() + kNumberDigits;
    const auto [stop, failed] = std::from_chars(name.data(), end, file.number);
    if (failed != std::errc{} || stop != end || file.number == 0) return std::nullopt;
    file.hash = name.substr(kNumberDigits + 1, kEnvelopeHashDigits);
    if (!is_hex(file.hash)) return std::nullopt;
    for (const Ending& ending : kEndings) {
        if (name.substr(kStem) != ending.text) continue;
        file.kind = ending.kind;
        return file;
    }
    return std::nullopt;
}

Result<EnvelopeContents> list_envelope(const Path& folder) {
    EnvelopeContents contents;
    for (const FolderEntry& entry : AWDA_TRY(list_entries(folder, kEnvelopeEntriesMax))) {
        auto part = AWDA_TRY(list_part(folder, entry));
        if (part) {
            contents.devices.push_back(*std::move(part));
        } else {
            ++contents.unknown;
        }
    }
    return contents;
}

std::vector<NumberRange> number_ranges(const std::vector<std::uint64_t>& numbers) {
    std::vector<NumberRange> ranges;
    for (const std::uint64_t number : numbers) {
        if (ranges.empty() || number > ranges.back().last + 1) {
            ranges.push_back({number, number});
        } else {
            ranges.back().last = number;
        }
    }
    return ranges;
}

std::string range_text(const std::vector<NumberRange>& ranges) {
    std::string text;
    for (const NumberRange& range : ranges) {
        if (!text.empty()) text += ", ";
        text += std::to_string(range.first);
        if (range.last != range.first) text += "-" + std::to_string(range.last);
    }
    return text;
}

std::vector<NumberRange> missing_numbers(std::uint64_t next,
                                         const std::vector<std::uint64_t>& numbers) {
    std::vector<NumberRange> missing;
    for (const std::uint64_t number : numbers) {
        if (number > next) missing.push_back({next, number - 1});
        next = std::max(next, number + 1);
    }
    return missing;
}

Result<CarriedRequest> read_request(const DevicePart& part) {
    if (!has(part, EnvelopeKind::kEnrolRequest)) {
        return Error(Errc::kNotFound, "an envelope's enrolment request");
    }
    CarriedRequest carried;
    carried.bytes = AWDA_TRY(read_file(part.folder / kRequestName, kPaperMax));
    carried.request = AWDA_TRY(open_enrol_request(carried.bytes));
    if (carried.request.device != part.device) return not_as_named();
    return carried;
}

Result<CarriedBatch> read_batch(const DevicePart& part, const EnvelopeFile& file,
                                const SignPublic& device_key) {
    CarriedBatch batch;
    batch.file = AWDA_TRY(read_file(part.folder / envelope_name(file), kBatchFileMax));
    batch.hash = hash32(batch.file);
    if (short_hash(batch.hash) != file.hash) return not_as_named();
    batch.header = AWDA_TRY(verify_batch(batch.file, device_key));
    if (batch.header.device != part.device || batch.header.number != file.number) {
        return not_as_named();
    }
    return batch;
}

Status check_proof(const DevicePart& part, const CarriedBatch& batch,
                   const SignPublic& device_key) {
    const EnvelopeFile file = envelope_file(EnvelopeKind::kProof, batch.header.number, batch.hash);
    const Bytes paper = AWDA_TRY(read_file(part.folder / envelope_name(file), kPaperMax));
    const OutboxBatch said = AWDA_TRY(decode_upload_paper(paper));
    if (said.number != batch.header.number || said.hash != batch.hash ||
        said.size != batch.file.size() || said.last_seq != batch.header.last_seq) {
        return not_as_named();
    }
    if (!verify_upload(device_key, said.hash, said.size, said.auth)) {
        return Error(Errc::kBadSignature, "an upload proof of an envelope");
    }
    return {};
}

Result<CarriedReceipt> read_receipt(const DevicePart& part, const EnvelopeFile& file,
                                    const HqKeys& hq) {
    CarriedReceipt carried;
    carried.bytes = AWDA_TRY(read_file(part.folder / envelope_name(file), kPaperMax));
    carried.receipt = AWDA_TRY(open_receipt(carried.bytes, hq));
    const Receipt& said = carried.receipt;
    const auto kind =
        said.kind == ReceiptKind::kStored ? EnvelopeKind::kStored : EnvelopeKind::kOpened;
    if (said.device != part.device ||
        envelope_file(kind, said.batch_number, said.batch_hash) != file) {
        return not_as_named();
    }
    return carried;
}

Result<CarriedEnrolment> read_enrolment(const DevicePart& part, const HqKeys& hq) {
    if (!has(part, EnvelopeKind::kEnrolReceipt)) {
        return Error(Errc::kNotFound, "an envelope's enrolment receipt");
    }
    CarriedEnrolment carried;
    carried.bytes = AWDA_TRY(read_file(part.folder / kReceiptName, kPaperMax));
    carried.receipt = AWDA_TRY(open_enrol_receipt(carried.bytes, hq.stored_receipt));
    if (carried.receipt.device != part.device) return not_as_named();
    return carried;
}

Result<EnvelopeWriter> EnvelopeWriter::open(const Path& envelope, const DeviceId& device) {
    AWDA_CHECK(make_last_folder(envelope));
    Path folder = envelope / to_text(device);
    const auto kind = AWDA_TRY(kind_of(folder));
    if (!kind) {
        AWDA_CHECK(make_folder(folder));
    } else if (*kind != EntryKind::kFolder) {
        // A link would let what we write end elsewhere.
        return Error(Errc::kFileExists, "something else stands where a computer's folder belongs");
    }
    return EnvelopeWriter(device, std::move(folder));
}

Result<EnvelopeWriter::Put> EnvelopeWriter::put(const EnvelopeFile& file, ByteView bytes) const {
    const Path path = folder_ / envelope_name(file);
    const auto kind = AWDA_TRY(kind_of(path));
    if (kind && *kind != EntryKind::kFile) {
        return Error(Errc::kFileExists, "something else stands where an envelope's file belongs");
    }
    if (kind) {
        const auto held = read_file(path, kBatchFileMax);
        if (held.ok() && std::ranges::equal(*held, bytes)) return Put::kSame;
        if (held.ok() && belongs_to_another(file.kind, *held, device_)) {
            return Error(Errc::kFileExists, "another computer's file has this name");
        }
    }
    AWDA_CHECK(atomic_write(path, bytes));
    return kind ? Put::kReplaced : Put::kNew;
}

}  // namespace awda::sync
