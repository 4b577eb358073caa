#include "sync/record.h"

#include "platform/codec.h"
#include "platform/text.h"

namespace awda::sync {

namespace {
constexpr std::string_view kRecordTag = "AWDAREC1";
constexpr std::string_view kSignedTag = "AWDASRC1";
constexpr std::string_view kOfficerSigns = "AWDASREC";
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

/// What the officer's signature covers.
Bytes signed_bytes(const SignedRecord& record) {
    ByteWriter out;
    out.raw(record.officer.bytes());
    out.raw(record.record);
    return out.take();
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

SignedRecord sign_record(Bytes record, const OfficerId& officer, const SignKey& key) {
    SignedRecord out;
    out.record = std::move(record);
    out.officer = officer;
    out.officer_key = key.pub;
    out.signature = sign(key, kOfficerSigns, signed_bytes(out));
    return out;
}

bool verify_record(const SignedRecord& record) {
    return verify(record.officer_key, kOfficerSigns, signed_bytes(record), record.signature);
}

Bytes encode_signed_record(const SignedRecord& record) {
    ByteWriter out;
    out.raw(kSignedTag);
    out.raw(record.officer.bytes());
    out.raw(record.officer_key);
    out.raw(record.signature);
    out.blob(record.record);
    return out.take();
}

Result<SignedRecord> decode_signed_record(ByteView bytes) {
    ByteReader in(bytes);
    SignedRecord record;
    in.domain(kSignedTag);
    record.officer.value = in.fixed<16>();
    record.officer_key = in.fixed<32>();
    record.signature = in.fixed<64>();
    const ByteView body = in.blob();
    if (body.size() > kRecordBytesMax) return Error(Errc::kTooLarge, "a record's bytes");
    AWDA_CHECK(in.done());
    record.record.assign(body.begin(), body.end());
    return record;
}

}  // namespace awda::sync
