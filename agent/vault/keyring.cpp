#include "agent/vault/keyring.h"

#include <algorithm>

#include "platform/codec.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

constexpr std::string_view kMagic = "AWDAKEYR";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kSecretsSize = 64;
constexpr std::size_t kWrapOverhead = 40;
constexpr std::size_t kRecoveryMax = 4096;
constexpr std::size_t kTrailer = 64;  // checksum and MAC

Bytes slot_binding(const Keyring& keyring, const Slot& slot) {
    ByteWriter out;
    out.raw("AWDASLT1");
    out.u16(kVersion);
    out.raw(keyring.device.bytes());
    out.u32(keyring.epoch);
    out.u16(slot.number);
    out.raw(slot.officer.bytes());
    out.u8(static_cast<std::uint8_t>(slot.role));
    out.raw(slot.name_tag);
    out.raw(slot.officer_key);
    out.u8(slot.factor);
    out.u32(slot.cost.passes);
    out.u32(slot.cost.memory_kib);
    out.raw(slot.salt);
    return out.take();
}

Bytes device_binding(const Keyring& keyring) {
    ByteWriter out;
    out.raw("AWDADEVK");
    out.u16(kVersion);
    out.raw(keyring.device.bytes());
    out.u32(keyring.epoch);
    out.raw(keyring.device_sign);
    out.raw(keyring.device_seal);
    return out.take();
}

/// The slot's wrapping key: Argon2id, then one keyed hash into which a second factor would go.
Result<SecretBytes> wrapping_key(ByteView passphrase, const Slot& slot) {
    const SecretBytes stretched =
        AWDA_TRY(derive_from_passphrase(passphrase, slot.salt, slot.cost));
    Hash32 mixed = hash32(as_bytes("AWDAkek1"), stretched.view());
    SecretBytes key = SecretBytes::copy_of(mixed);
    wipe(mixed);
    return key;
}

void write_slot(ByteWriter& out, const Slot& slot) {
    out.u16(slot.number);
    out.raw(slot.officer.bytes());
    out.u8(static_cast<std::uint8_t>(slot.role));
    out.raw(slot.name_tag);
    out.raw(slot.officer_key);
    out.u8(slot.factor);
    out.u32(slot.cost.passes);
    out.u32(slot.cost.memory_kib);
    out.raw(slot.salt);
    out.blob(slot.wrapped);
}

Slot read_slot(ByteReader& in) {
    Slot slot;
    slot.number = in.u16();
    slot.officer = OfficerId{in.fixed<16>()};
    const std::uint8_t role = in.u8();
    slot.role = static_cast<Role>(role);
    if (role_name(slot.role).empty()) in.fail();
    slot.name_tag = in.fixed<32>();
    slot.officer_key = in.fixed<32>();
    slot.factor = in.u8();
    slot.cost.passes = in.u32();
    slot.cost.memory_kib = in.u32();
    slot.salt = in.fixed<16>();
    const ByteView wrapped = in.blob();
    if (wrapped.size() != kSecretsSize + kWrapOverhead) in.fail();
    slot.wrapped.assign(wrapped.begin(), wrapped.end());
    return slot;
}

Hash32 checksum_of(ByteView body) {
    Hasher hasher;
    hasher.add(as_bytes("AWDAKSUM"));
    hasher.add(body);
    return hasher.finish();
}

Hash32 mac_of(ByteView body, ByteView vault_key) {
    const SecretBytes key = subkey(vault_key, Subkey::kKeyringMac);
    Hasher hasher(key.view());
    hasher.add(as_bytes("AWDAKMAC"));
    hasher.add(body);
    return hasher.finish();
}

}  // namespace

SecretBytes subkey(ByteView vault_key, Subkey which) {
    const auto id = static_cast<std::uint64_t>(which);
    switch (which) {
        case Subkey::kDatabase: return derive_key(vault_key, id, "AWDAdbky");
        case Subkey::kDevice: return derive_key(vault_key, id, "AWDAdvsk");
        case Subkey::kKeyringMac: return derive_key(vault_key, id, "AWDAkmac");
    }
    AWDA_ASSERT(false);
    return {};
}

Result<Hash32> name_tag(const Keyring& keyring, std::string_view name) {
    const std::string folded = AWDA_TRY(fold_name(name));
    if (folded.empty()) return Error(Errc::kUsage, "an officer without a name");
    ByteWriter out;
    out.raw("AWDAname");
    out.text(folded);
    return hash32(out.bytes(), keyring.name_salt);
}

Result<Slot> make_slot(const Keyring& keyring, std::uint16_t number, const OfficerId& officer,
                       Role role, const Hash32& tag, ByteView vault_key, const SignKey& officer_key,
                       ByteView nfc_passphrase, const KdfCost& cost, Random& random) {
    Slot slot;
    slot.number = number;
    slot.officer = officer;
    slot.role = role;
    slot.name_tag = tag;
    slot.officer_key = officer_key.pub;
    slot.cost = cost;
    random.fill(slot.salt);
    const SecretBytes key = AWDA_TRY(wrapping_key(nfc_passphrase, slot));
    SecretBytes secrets(kSecretsSize);
    const auto out = secrets.mutable_view();
    std::ranges::copy(vault_key, out.begin());
    std::ranges::copy(officer_key.seed.view(), out.begin() + 32);
    slot.wrapped = aead_wrap(key.view(), secrets.view(), slot_binding(keyring, slot), random);
    return slot;
}

Result<SlotSecrets> open_slot(const Keyring& keyring, const Slot& slot, ByteView nfc_passphrase,
                              const KdfPolicy& policy) {
    if (!policy.accepts(slot.cost)) {
        return Error(Errc::kMalformed, "a slot whose cost is outside the policy");
    }
    const SecretBytes key = AWDA_TRY(wrapping_key(nfc_passphrase, slot));
    const auto opened = aead_unwrap(key.view(), slot.wrapped, slot_binding(keyring, slot));
    if (!opened.ok() || opened->size() != kSecretsSize) {
        return Error(Errc::kWrongPassphrase, "opening a slot");
    }
    SlotSecrets secrets;
    secrets.vault_key = SecretBytes::copy_of(opened->view().first(32));
    secrets.officer_seed = SecretBytes::copy_of(opened->view().subspan(32));
    return secrets;
}

Bytes wrap_device_keys(const Keyring& keyring, ByteView vault_key, const DeviceKeys& keys,
                       Random& random) {
    const SecretBytes key = subkey(vault_key, Subkey::kDevice);
    SecretBytes secrets(kSecretsSize);
    const auto out = secrets.mutable_view();
    std::ranges::copy(keys.sign.seed.view(), out.begin());
    std::ranges::copy(keys.seal.secret.view(), out.begin() + 32);
    return aead_wrap(key.view(), secrets.view(), device_binding(keyring), random);
}

Result<DeviceKeys> unwrap_device_keys(const Keyring& keyring, ByteView vault_key) {
    const SecretBytes key = subkey(vault_key, Subkey::kDevice);
    const SecretBytes secrets =
        AWDA_TRY(aead_unwrap(key.view(), keyring.device_keys, device_binding(keyring)));
    if (secrets.size() != kSecretsSize) return Error(Errc::kAltered, "the device's keys");
    DeviceKeys keys{sign_key_from_seed(secrets.view().first(32)),
                    seal_key_from_secret(secrets.view().subspan(32))};
    if (keys.sign.pub != keyring.device_sign || keys.seal.pub != keyring.device_seal) {
        return Error(Errc::kAltered, "the device's keys do not match their public halves");
    }
    return keys;
}

Bytes encode_keyring(const Keyring& keyring, ByteView vault_key) {
    ByteWriter out;
    out.raw(kMagic);
    out.u16(kVersion);
    out.u64(keyring.generation);
    out.raw(keyring.device.bytes());
    out.raw(keyring.office.bytes());
    out.u32(keyring.epoch);
    out.raw(keyring.database_salt);
    out.raw(keyring.name_salt);
    out.raw(keyring.device_sign);
    out.raw(keyring.device_seal);
    out.blob(keyring.device_keys);
    out.blob(keyring.recovery);
    out.u16(static_cast<std::uint16_t>(keyring.slots.size()));
    for (const Slot& slot : keyring.slots) write_slot(out, slot);
    const Hash32 checksum = checksum_of(out.bytes());
    const Hash32 mac = mac_of(out.bytes(), vault_key);
    out.raw(checksum);
    out.raw(mac);
    return out.take();
}

Result<Keyring> decode_keyring(ByteView file) {
    if (file.size() > kKeyringBytesMax || file.size() < kTrailer) {
        return Error(Errc::kMalformed, "a keyring of an impossible size");
    }
    const ByteView body = file.first(file.size() - kTrailer);
    if (!equal(checksum_of(body), file.subspan(body.size(), 32))) {
        return Error(Errc::kAltered, "a keyring with a wrong checksum");
    }
    ByteReader in(body);
    in.domain(kMagic);
    if (in.u16() != kVersion) in.fail();
    Keyring keyring;
    keyring.generation = in.u64();
    keyring.device = DeviceId{in.fixed<16>()};
    keyring.office = OfficeId{in.fixed<16>()};
    keyring.epoch = in.u32();
    keyring.database_salt = in.fixed<16>();
    keyring.name_salt = in.fixed<16>();
    keyring.device_sign = in.fixed<32>();
    keyring.device_seal = in.fixed<32>();
    const ByteView device_keys = in.blob();
    const ByteView recovery = in.blob();
    if (device_keys.size() != kSecretsSize + kWrapOverhead || recovery.size() > kRecoveryMax) {
        in.fail();
    }
    const std::uint16_t slots = in.u16();
    if (slots == 0 || slots > kSlotsMax) in.fail();
    for (std::uint16_t i = 0; i < slots && !in.failed(); ++i)
        keyring.slots.push_back(read_slot(in));
    AWDA_CHECK(in.done());
    keyring.device_keys.assign(device_keys.begin(), device_keys.end());
    keyring.recovery.assign(recovery.begin(), recovery.end());
    return keyring;
}

Status check_keyring_mac(ByteView file, ByteView vault_key) {
    if (file.size() < kTrailer) return Error(Errc::kAltered, "a keyring without its MAC");
    const ByteView body = file.first(file.size() - kTrailer);
    if (!equal(mac_of(body, vault_key), file.last(32))) {
        return Error(Errc::kAltered, "a keyring that this vault did not write");
    }
    return {};
}

Path KeyringPair::path(Copy copy) const {
    return folder_ / (copy == Copy::kA ? "keyring.a" : "keyring.b");
}

bool KeyringPair::any() const {
    return file_exists(path(Copy::kA)) || file_exists(path(Copy::kB));
}

Result<std::vector<KeyringPair::Loaded>> KeyringPair::load() const {
    if (!any()) return Error(Errc::kVaultMissing, "no keyring in the folder");
    std::vector<Loaded> whole;
    for (const Copy copy : {Copy::kA, Copy::kB}) {
        auto file = read_file(path(copy), kKeyringBytesMax);
        if (!file.ok()) continue;
        auto keyring = decode_keyring(*file);
        if (!keyring.ok()) continue;
        whole.push_back({copy, std::move(*file), std::move(*keyring)});
    }
    if (whole.empty()) return Error(Errc::kVaultDamaged, "neither copy of the keyring is whole");
    if (whole.size() == 2 && whole[1].keyring.generation > whole[0].keyring.generation) {
        std::swap(whole[0], whole[1]);
    }
    return whole;
}

Status KeyringPair::write(Copy copy, ByteView file) const {
    AWDA_CHECK(atomic_write(path(copy), file));
    const Bytes back = AWDA_TRY(read_file(path(copy), kKeyringBytesMax));
    if (!equal(back, file)) return Error(Errc::kIo, "the keyring did not read back as written");
    return {};
}

}  // namespace awda::agent
