#include "sync/record.h"

#include "platform/codec.h"
#include "platform/text.h"

namespace awda::sync {

namespace {
constexpr std::string_view kRecordTag = "AWDAREC1";
constexpr std::string_view kSignedTag = "AWDASRC1";
constexpr std::string_view kSignedSealedTag = "AWDASRC2";  // with a compartment
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

/// What the officer's signature covers.
Bytes signed_bytes(const SignedRecord& record) {
    ByteWriter out;
    out.raw(record.officer.bytes());
    if (record.sealed_hash) out.raw(*record.sealed_hash);
    out.raw(record.record);
    return out.take();
}

std::string_view signing_domain(const SignedRecord& record) {
    return record.sealed_hash ? kOfficerSignsSealed : kOfficerSigns;
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

SignedRecord sign_record(Bytes record, const OfficerId& officer, const SignKey& key, Bytes sealed) {
    SignedRecord out;
    out.record = std::move(record);
    out.officer = officer;
    out.officer_key = key.pub;
    if (!sealed.empty()) out.sealed_hash = hash_of_sealed(sealed);
    out.sealed = std::move(sealed);
    out.signature = sign(key, signing_domain(out), signed_bytes(out));
    return out;
}

bool verify_record(const SignedRecord& record) {
    if (!record.sealed.empty() &&
        (!record.sealed_hash || *record.sealed_hash != hash_of_sealed(record.sealed))) {
        return false;
    }
    return verify(record.officer_key, signing_domain(record), signed_bytes(record),
                  record.signature);
}

Hash32 content_hash(const SignedRecord& record) {
    if (!record.sealed_hash) return hash32(record.record);
    Hasher hasher;
    hasher.add(as_bytes(kContentTag));
    hasher.add(*record.sealed_hash);
    hasher.add(record.record);
    return hasher.finish();
}

Bytes encode_signed_record(const SignedRecord& record) {
    ByteWriter out;
    out.raw(record.sealed_hash ? kSignedSealedTag : kSignedTag);
    out.raw(record.officer.bytes());
    out.raw(record.officer_key);
    out.raw(record.signature);
    if (record.sealed_hash) out.raw(*record.sealed_hash);
    out.blob(record.record);
    if (record.sealed_hash) out.blob(record.sealed);
    return out.take();
}

Result<SignedRecord> decode_signed_record(ByteView bytes) {
    const bool with_sealed = bytes.size() >= kSignedSealedTag.size() &&
                             as_text(bytes.first(kSignedSealedTag.size())) == kSignedSealedTag;
    ByteReader in(bytes);
    SignedRecord record;
    in.domain(with_sealed ? kSignedSealedTag : kSignedTag);
    record.officer.value = in.fixed<16>();
    record.officer_key = in.fixed<32>();
    record.signature = in.fixed<64>();
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

}  // namespace awda::sync
