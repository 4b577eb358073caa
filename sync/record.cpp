#include "sync/record.h"

#include "platform/codec.h"
#include "platform/text.h"

namespace awda::sync {

namespace {
constexpr std::string_view kRecordTag = "AWDAREC1";
constexpr std::string_view kSignedTag = "AWDASRC1";
constexpr std::string_view kSignedSealedTag = "AWDASRC2";  // with a compartment
constexpr std::string_view kCoveredTag = "AWDASRC3";       // without a signature of its own
constexpr std::string_view kOfficerSigns = "AWDASREC";
constexpr std::string_view kOfficerSignsSealed = "AWDASRS2";
constexpr std::string_view kSealedHashTag = "AWDASPD1";
constexpr std::string_view kContentTag = "AWDASCH2";
constexpr std::size_t kPathMax = 4096;
constexpr std::size_t kNameMax = 1024;
constexpr std::size_t kReasonMax = 16U * 1024U;
constexpr std::size_t kFieldBytesMin = 8;  // two empty texts

/// Text that later becomes CSV, JSON and SQL: refused here rather than repaired there.
std::string clean_text(ByteReader& in, std::size_t limit) {
    std::string text = in.text(limit);
    if (!valid_utf8(text) || text.find('\0') != std::string::npos) in.fail();
    return text;
}

bool revision_holds(const Record& record) {
    if (record.instance.empty() || record.root.empty() || record.revision == 0) return false;
    if (record.revision == 1) {
        return record.root == record.instance && record.deprecates.empty();
    }
    return record.root != record.instance && !record.deprecates.empty() &&
           record.deprecates != record.instance;
}

Hash32 hash_of_sealed(ByteView sealed) {
    Hasher hasher;
    hasher.add(as_bytes(kSealedHashTag));
    hasher.add(sealed);
    return hasher.finish();
}

/// What an officer's own signature covers.
Bytes signed_bytes(const RecordPayload& record) {
    ByteWriter out;
    out.raw(record.own->officer.bytes());
    if (record.sealed_hash) out.raw(*record.sealed_hash);
    out.raw(record.record);
    return out.take();
}

bool begins_with(ByteView bytes, std::string_view tag) {
    return bytes.size() >= tag.size() && as_text(bytes.first(tag.size())) == tag;
}

/// Up to the record's bytes. True if a compartment, or what is left of one, comes behind them.
bool read_frame(ByteReader& in, ByteView bytes, RecordPayload& record) {
    if (begins_with(bytes, kCoveredTag)) {
        in.domain(kCoveredTag);
        const std::uint8_t with_sealed = in.u8();
        if (with_sealed > 1) in.fail();
        return with_sealed == 1;
    }
    const bool with_sealed = begins_with(bytes, kSignedSealedTag);
    in.domain(with_sealed ? kSignedSealedTag : kSignedTag);
    OwnSignature& own = record.own.emplace();
    own.officer.value = in.fixed<16>();
    own.key = in.fixed<32>();
    own.signature = in.fixed<64>();
    return with_sealed;
}
}  // namespace

Bytes encode_record(const Record& record) {
    ByteWriter out;
    out.raw(kRecordTag);
    out.raw(record.instance.bytes());
    out.raw(record.root.bytes());
    out.u32(record.revision);
    out.raw(record.deprecates.bytes());
    out.text(record.reason);
    out.text(record.form_id);
    out.text(record.form_version);
    out.raw(record.form_hash);
    out.text(record.language);
    out.i64(record.started_ms);
    out.i64(record.finalised_ms);
    out.u32(static_cast<std::uint32_t>(record.fields.size()));
    for (const Field& field : record.fields) {
        out.text(field.path);
        out.text(field.value);
    }
    return out.take();
}

Result<Record> decode_record(ByteView bytes) {
    if (bytes.size() > kRecordBytesMax) return Error(Errc::kTooLarge, "a record's bytes");
    ByteReader in(bytes);
    Record record;
    in.domain(kRecordTag);
    record.instance.value = in.fixed<16>();
    record.root.value = in.fixed<16>();
    record.revision = in.u32();
    record.deprecates.value = in.fixed<16>();
    record.reason = clean_text(in, kReasonMax);
    record.form_id = clean_text(in, kNameMax);
    record.form_version = clean_text(in, kNameMax);
    record.form_hash = in.fixed<32>();
    record.language = clean_text(in, kNameMax);
    record.started_ms = in.i64();
    record.finalised_ms = in.i64();
    const std::size_t count = in.u32();
    if (!in.failed() && count > kRecordFieldsMax) {
        return Error(Errc::kTooLarge, "a record's fields");
    }
    if (in.failed() || count * kFieldBytesMin > in.remaining()) {
        return Error(Errc::kMalformed, "a record ends early");
    }
    record.fields.reserve(count);
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        Field field;
        field.path = clean_text(in, kPathMax);
        field.value = clean_text(in, kRecordBytesMax);
        record.fields.push_back(std::move(field));
    }
    AWDA_CHECK(in.done());
    if (!revision_holds(record)) {
        return Error(Errc::kMalformed, "a record's ids do not fit its revision");
    }
    return record;
}

RecordPayload make_record_payload(Bytes record, Bytes sealed) {
    RecordPayload out;
    out.record = std::move(record);
    if (!sealed.empty()) out.sealed_hash = hash_of_sealed(sealed);
    out.sealed = std::move(sealed);
    return out;
}

bool verify_record(const RecordPayload& record) {
    if (!record.sealed.empty() &&
        (!record.sealed_hash || *record.sealed_hash != hash_of_sealed(record.sealed))) {
        return false;
    }
    if (!record.own) return true;
    return verify(record.own->key, record.sealed_hash ? kOfficerSignsSealed : kOfficerSigns,
                  signed_bytes(record), record.own->signature);
}

Hash32 content_hash(const RecordPayload& record) {
    if (!record.sealed_hash) return hash32(record.record);
    Hasher hasher;
    hasher.add(as_bytes(kContentTag));
    hasher.add(*record.sealed_hash);
    hasher.add(record.record);
    return hasher.finish();
}

Bytes encode_record_payload(const RecordPayload& record) {
    ByteWriter out;
    if (record.own) {
        out.raw(record.sealed_hash ? kSignedSealedTag : kSignedTag);
        out.raw(record.own->officer.bytes());
        out.raw(record.own->key);
        out.raw(record.own->signature);
    } else {
        out.raw(kCoveredTag);
        out.u8(record.sealed_hash ? 1 : 0);
    }
    if (record.sealed_hash) out.raw(*record.sealed_hash);
    out.blob(record.record);
    if (record.sealed_hash) out.blob(record.sealed);
    return out.take();
}

Result<RecordPayload> decode_record_payload(ByteView bytes) {
    ByteReader in(bytes);
    RecordPayload record;
    const bool with_sealed = read_frame(in, bytes, record);
    if (with_sealed) record.sealed_hash = in.fixed<32>();
    const ByteView body = in.blob();
    const ByteView sealed = with_sealed ? in.blob() : ByteView();
    if (body.size() > kRecordBytesMax || sealed.size() > kSealedBytesMax) {
        return Error(Errc::kTooLarge, "a record's bytes");
    }
    AWDA_CHECK(in.done());
    record.record.assign(body.begin(), body.end());
    record.sealed.assign(sealed.begin(), sealed.end());
    return record;
}

bool needs_cover(ByteView payload) {
    return begins_with(payload, kCoveredTag);
}

}  // namespace awda::sync
