#include "agent/vault/payloads.h"

#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr std::size_t kNameMax = 1000;
constexpr std::size_t kRoleMax = 32;

Role read_role(ByteReader& in) {
    const auto role = parse_role(in.text(kRoleMax));
    if (!role) in.fail();
    return role.value_or(Role::kOfficer);
}

Bytes with_id(std::string_view domain, const Id16& id) {
    ByteWriter out;
    out.raw(domain);
    out.raw(id);
    return out.take();
}

}  // namespace

Bytes encode(const DeviceInitialised& event) {
    ByteWriter out;
    out.raw("AWDAINI1");
    out.raw(event.voucher.bytes());
    out.raw(event.device_sign);
    out.raw(event.device_seal);
    out.raw(event.officer.bytes());
    out.raw(event.officer_key);
    out.text(role_name(event.role));
    out.text(event.name);
    return out.take();
}

Result<DeviceInitialised> decode_device_initialised(ByteView bytes) {
    ByteReader in(bytes);
    in.domain("AWDAINI1");
    DeviceInitialised event;
    event.voucher = VoucherId{in.fixed<16>()};
    event.device_sign = in.fixed<32>();
    event.device_seal = in.fixed<32>();
    event.officer = OfficerId{in.fixed<16>()};
    event.officer_key = in.fixed<32>();
    event.role = read_role(in);
    event.name = in.text(kNameMax);
    AWDA_CHECK(in.done());
    return event;
}

Bytes sign_officer_added(OfficerAdded event, const SignKey& adder) {
    ByteWriter out;
    out.raw("AWDAOFF1");
    out.raw(event.officer.bytes());
    out.raw(event.officer_key);
    out.text(role_name(event.role));
    out.text(event.name);
    out.raw(event.added_by.bytes());
    out.raw(sign(adder, "AWDAOFC1", out.bytes()));
    return out.take();
}

Result<OfficerAdded> decode_officer_added(ByteView bytes) {
    ByteReader in(bytes);
    in.domain("AWDAOFF1");
    OfficerAdded event;
    event.officer = OfficerId{in.fixed<16>()};
    event.officer_key = in.fixed<32>();
    event.role = read_role(in);
    event.name = in.text(kNameMax);
    event.added_by = OfficerId{in.fixed<16>()};
    event.signature = in.fixed<64>();
    AWDA_CHECK(in.done());
    return event;
}

Status verify_officer_added(ByteView bytes, const SignPublic& adder) {
    const OfficerAdded event = AWDA_TRY(decode_officer_added(bytes));
    const ByteView body = bytes.first(bytes.size() - event.signature.size());
    if (!verify(adder, "AWDAOFC1", body, event.signature)) {
        return Error(Errc::kBadSignature, "an officer whom no administrator added");
    }
    return {};
}

Bytes encode(const SlotChanged& event) {
    ByteWriter out;
    out.raw("AWDASLOT");
    out.u64(event.generation);
    out.raw(event.officer.bytes());
    out.u8(static_cast<std::uint8_t>(event.change));
    return out.take();
}

Bytes encode(const KeysRotated& event) {
    ByteWriter out;
    out.raw("AWDAROT1");
    out.u64(event.generation);
    out.u32(event.epoch);
    out.blob(event.recovery);
    return out.take();
}

Result<KeysRotated> decode_keys_rotated(ByteView bytes) {
    ByteReader in(bytes);
    in.domain("AWDAROT1");
    KeysRotated event;
    event.generation = in.u64();
    event.epoch = in.u32();
    const ByteView recovery = in.blob();
    AWDA_CHECK(in.done());
    event.recovery.assign(recovery.begin(), recovery.end());
    return event;
}

Bytes encode_device_revoked(ByteView order) {
    ByteWriter out;
    out.raw("AWDARVK1");
    out.blob(order);
    return out.take();
}

Bytes sign_vault_recovered(const VaultRecovered& event, const SignKey& device) {
    ByteWriter out;
    out.raw("AWDARCVD");
    out.u32(event.epoch);
    out.raw(event.officer.bytes());
    out.raw(event.officer_key);
    out.text(role_name(event.role));
    out.text(event.name);
    out.raw(sign(device, "AWDARCS1", out.bytes()));
    return out.take();
}

Result<VaultRecovered> decode_vault_recovered(ByteView bytes) {
    ByteReader in(bytes);
    in.domain("AWDARCVD");
    VaultRecovered event;
    event.epoch = in.u32();
    event.officer = OfficerId{in.fixed<16>()};
    event.officer_key = in.fixed<32>();
    event.role = read_role(in);
    event.name = in.text(kNameMax);
    event.signature = in.fixed<64>();
    AWDA_CHECK(in.done());
    return event;
}

Status verify_vault_recovered(ByteView bytes, const SignPublic& device) {
    const VaultRecovered event = AWDA_TRY(decode_vault_recovered(bytes));
    const ByteView body = bytes.first(bytes.size() - event.signature.size());
    if (!verify(device, "AWDARCS1", body, event.signature)) {
        return Error(Errc::kBadSignature, "a recovery that this device did not sign");
    }
    return {};
}

Bytes encode_unlocked(std::uint64_t keyring_generation) {
    ByteWriter out;
    out.raw("AWDAUNLK");
    out.u64(keyring_generation);
    return out.take();
}

Bytes encode_unlock_failed(UnixMs claimed_ms, const OfficerId& officer) {
    ByteWriter out;
    out.raw("AWDAUNFL");
    out.i64(claimed_ms);
    out.raw(officer.bytes());
    return out.take();
}

Bytes encode_locked() {
    return to_bytes("AWDALOCK");
}

Bytes encode_locked_itself(LockReason why) {
    ByteWriter out;
    out.raw("AWDALITS");
    out.u8(static_cast<std::uint8_t>(why));
    return out.take();
}

Bytes encode_clock_jump(UnixMs expected_ms, UnixMs found_ms) {
    ByteWriter out;
    out.raw("AWDACLKJ");
    out.i64(expected_ms);
    out.i64(found_ms);
    return out.take();
}

Bytes encode_record_started(const InstanceId& instance, const InstanceId& deprecates,
                            std::string_view form_id) {
    ByteWriter out;
    out.raw("AWDASTRT");
    out.raw(instance.bytes());
    out.raw(deprecates.bytes());
    out.text(form_id);
    return out.take();
}

Bytes encode_record_viewed(const InstanceId& instance) {
    return with_id("AWDAVIEW", instance.value);
}

Bytes encode_record_discarded(const InstanceId& instance) {
    return with_id("AWDADISC", instance.value);
}

Bytes encode(const DraftMigrated& event) {
    ByteWriter out;
    out.raw("AWDADMIG");
    out.raw(event.instance.value);
    out.raw(event.from);
    out.raw(event.to);
    out.u32(event.carried);
    out.u32(event.renamed);
    out.u32(event.orphaned);
    return out.take();
}

Bytes encode_list_viewed(std::uint32_t shown) {
    ByteWriter out;
    out.raw("AWDALIST");
    out.u32(shown);
    return out.take();
}

Bytes encode_record_edited(const InstanceId& instance, std::uint32_t answers) {
    ByteWriter out;
    out.raw("AWDAEDIT");
    out.raw(instance.bytes());
    out.u32(answers);
    return out.take();
}

Bytes encode_searched(std::uint8_t purpose, std::uint32_t hits) {
    ByteWriter out;
    out.raw("AWDASRCH");
    out.u8(purpose);
    out.u32(hits);
    return out.take();
}

Bytes encode_log_viewed(std::uint32_t shown, std::uint64_t newest, std::uint64_t oldest) {
    ByteWriter out;
    out.raw("AWDALOGV");
    out.u32(shown);
    out.u64(newest);
    out.u64(oldest);
    return out.take();
}

Bytes encode_tables_rebuilt(std::uint64_t differed) {
    ByteWriter out;
    out.raw("AWDAREBT");
    out.u64(differed);
    return out.take();
}

Bytes encode(const BatchSealed& event) {
    ByteWriter out;
    out.raw("AWDABSEA");
    out.u64(event.number);
    out.raw(event.hash);
    out.u64(event.first_seq);
    out.u64(event.last_seq);
    out.u64(event.size);
    out.i64(event.claimed_ms);
    return out.take();
}

Result<BatchSealed> decode_batch_sealed(ByteView bytes) {
    ByteReader in(bytes);
    in.domain("AWDABSEA");
    BatchSealed event;
    event.number = in.u64();
    event.hash = in.fixed<32>();
    event.first_seq = in.u64();
    event.last_seq = in.u64();
    event.size = in.u64();
    event.claimed_ms = in.i64();
    AWDA_CHECK(in.done());
    return event;
}

}  // namespace awda::agent
