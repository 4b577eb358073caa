#include <doctest/doctest.h>

#include "platform/codec.h"
#include "tests/fakes/old_record.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

TEST_CASE("a record comes back with every field in order") {
    Record record = sample::record(3);
    record.revision = 2;
    record.instance = sample::id<InstanceId>(4);
    record.deprecates = record.root;
    record.reason = "تصحيح الاسم";
    const auto back = decode_record(encode_record(record));
    REQUIRE(back.ok());
    CHECK(back->fields == record.fields);
    CHECK(back->instance == record.instance);
    CHECK(back->root == record.root);
    CHECK(back->revision == 2);
    CHECK(back->deprecates == record.deprecates);
    CHECK(back->reason == record.reason);
    CHECK(back->form_id == record.form_id);
    CHECK(back->form_version == record.form_version);
    CHECK(back->form_hash == record.form_hash);
    CHECK(back->language == "ar");
    CHECK(back->started_ms == record.started_ms);
    CHECK(back->finalised_ms == record.finalised_ms);
}

TEST_CASE("a record whose ids do not fit its revision is refused") {
    const auto refused = [](auto change) {
        Record record = sample::record(1);
        change(record);
        const auto back = decode_record(encode_record(record));
        return !back.ok() && back.error().code == Errc::kMalformed;
    };
    CHECK(refused([](Record& r) { r.revision = 0; }));
    CHECK(refused([](Record& r) { r.root = sample::id<InstanceId>(9); }));
    CHECK(refused([](Record& r) { r.deprecates = r.instance; }));
    CHECK(refused([](Record& r) { r.revision = 2; }));
    CHECK(refused([](Record& r) { r.instance = InstanceId{}; }));
    CHECK(refused([](Record& r) { r.fields[0].value = "\xff\xfe"; }));
    CHECK(refused([](Record& r) { r.fields[0].value = std::string("a\0b", 3); }));
    CHECK_FALSE(refused([](Record& r) { r.fields.clear(); }));
}

TEST_CASE("a record cut anywhere is refused, and one that promises too many fields is too") {
    const Bytes bytes = encode_record(sample::record(1));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        REQUIRE_FALSE(decode_record(ByteView(bytes).first(size)).ok());
    }
    Record bare = sample::record(1);
    bare.fields.clear();
    Bytes promise = encode_record(bare);
    const auto promise_fields = [&](std::uint32_t count) {
        ByteWriter out;
        out.u32(count);
        std::copy(out.bytes().begin(), out.bytes().end(), promise.end() - 4);
        return decode_record(promise).error().code;
    };
    CHECK(promise_fields(kRecordFieldsMax) == Errc::kMalformed);
    CHECK(promise_fields(kRecordFieldsMax + 1) == Errc::kTooLarge);
    CHECK(promise_fields(0xffffffffU) == Errc::kTooLarge);
    CHECK(decode_record(Bytes(kRecordBytesMax + 1)).error().code == Errc::kTooLarge);
}

TEST_CASE("a signed record verifies, and with any byte changed it does not") {
    const SignKey key = sample::sign_key(0x51);
    const RecordPayload record =
        fakes::old_record(encode_record(sample::record(1)), sample::id<OfficerId>(0x52), key);
    CHECK(verify_record(record));
    const Bytes bytes = encode_record_payload(record);
    const auto back = decode_record_payload(bytes);
    REQUIRE(back.ok());
    CHECK(back->record == record.record);
    CHECK(verify_record(*back));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        Bytes changed = bytes;
        changed[at] ^= 0x10U;
        const auto read = decode_record_payload(changed);
        CAPTURE(at);
        REQUIRE_FALSE((read.ok() && verify_record(*read)));
        REQUIRE_FALSE(decode_record_payload(ByteView(bytes).first(at)).ok());
    }
}

TEST_CASE(
    "a record without a signature of its own is read back as written, and says what it needs") {
    const Bytes record = encode_record(sample::record(1));
    const Bytes sealed = to_bytes("a compartment");
    for (const bool with_sealed : {false, true}) {
        const RecordPayload payload = make_record_payload(record, with_sealed ? sealed : Bytes());
        const Bytes bytes = encode_record_payload(payload);
        CHECK(bytes.size() == record.size() + (with_sealed ? 49 + sealed.size() : 13));
        CHECK(needs_cover(bytes));
        const auto back = decode_record_payload(bytes);
        REQUIRE(back.ok());
        CHECK_FALSE(back->own.has_value());
        CHECK(back->record == record);
        CHECK(back->sealed == payload.sealed);
        CHECK(verify_record(*back));
        CHECK(encode_record_payload(*back) == bytes);
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            REQUIRE_FALSE(decode_record_payload(ByteView(bytes).first(at)).ok());
        }
        Bytes flag = bytes;
        flag[8] = 2;
        CHECK(decode_record_payload(flag).error().code == Errc::kMalformed);
    }
    const SignKey key = sample::sign_key(0x51);
    const auto old = fakes::old_record(record, sample::id<OfficerId>(0x52), key);
    CHECK_FALSE(needs_cover(encode_record_payload(old)));
    CHECK_FALSE(needs_cover({}));
}

TEST_CASE("what a record says has one hash, whichever version carries it") {
    const Bytes record = encode_record(sample::record(1));
    const Bytes sealed = to_bytes("a compartment");
    const SignKey key = sample::sign_key(0x51);
    const OfficerId officer = sample::id<OfficerId>(0x52);
    const RecordPayload plain = make_record_payload(record);
    const RecordPayload with_sealed = make_record_payload(record, sealed);
    CHECK(content_hash(plain) == content_hash(fakes::old_record(record, officer, key)));
    CHECK(content_hash(with_sealed) ==
          content_hash(fakes::old_record(record, officer, key, sealed)));
    CHECK(content_hash(plain) != content_hash(with_sealed));
    RecordPayload taken = with_sealed;
    taken.sealed.clear();
    CHECK(verify_record(taken));
    CHECK(content_hash(taken) == content_hash(with_sealed));
    RecordPayload changed = with_sealed;
    changed.sealed[0] ^= 1U;
    CHECK_FALSE(verify_record(changed));
    RecordPayload denied = with_sealed;
    denied.sealed_hash.reset();
    CHECK_FALSE(verify_record(denied));
}
