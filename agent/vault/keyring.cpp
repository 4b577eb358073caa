#include "agent/vault/keyring.h"

#include <algorithm>
#include <optional>

#include "platform/codec.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

constexpr std::string_view kMagic = "AWDAKEYR";
constexpr std::uint16_t kFirstVersion = 1;
constexpr std::uint16_t kVersion = 2;
constexpr std::uint16_t kDeviceLayout = 1;
constexpr std::size_t kRecoveryMax = 1024;
constexpr std::size_t kIncomingSize = 8 + 16 + 4 + 32 + kSealOverhead;
constexpr std::size_t kTrailer = 64;  // checksum and MAC

Bytes device_binding(const Keyring& keyring) {
    ByteWriter out;
    out.raw("AWDADEVK");
    out.u16(kDeviceLayout);
    out.raw(keyring.device.bytes());
    out.u32(keyring.epoch);
    out.raw(keyring.device_sign);
    out.raw(keyring.device_seal);
    return out.take();
}

void write_slot(ByteWriter& out, const Slot& slot) {
    AWDA_ASSERT(slot.wrapped.size() == kWrappedSize && slot.duress.size() == kWrappedSize);
    out.u16(slot.number);
    out.raw(slot.officer.bytes());
    out.u8(static_cast<std::uint8_t>(slot.role));
    out.raw(slot.name_tag);
    out.raw(slot.officer_key);
    out.u32(slot.epoch);
    out.u8(slot.layout);
    out.u8(static_cast<std::uint8_t>(slot.factor));
    out.blob(slot.credential);
    out.raw(slot.factor_salt);
    out.u32(slot.cost.passes);
    out.u32(slot.cost.memory_kib);
    out.raw(slot.salt);
    out.raw(slot.wrapped);
    out.raw(slot.duress);
    out.blob(slot.incoming);
}

Bytes copy_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

void read_who(ByteReader& in, Slot& slot) {
    slot.number = in.u16();
    slot.officer = OfficerId{in.fixed<16>()};
    slot.role = static_cast<Role>(in.u8());
    if (role_name(slot.role).empty()) in.fail();
    slot.name_tag = in.fixed<32>();
    slot.officer_key = in.fixed<32>();
}

void read_cost(ByteReader& in, Slot& slot) {
    slot.cost.passes = in.u32();
    slot.cost.memory_kib = in.u32();
    slot.salt = in.fixed<16>();
}

/// A slot of version 1: no epoch of its own, no factor, no second field.
Slot read_first_slot(ByteReader& in, std::uint32_t epoch) {
    Slot slot;
    read_who(in, slot);
    slot.epoch = epoch;
    slot.layout = kFirstSlotLayout;
    if (in.u8() != 0) in.fail();
    read_cost(in, slot);
    const ByteView wrapped = in.blob();
    if (wrapped.size() != kWrappedSize) in.fail();
    slot.wrapped = copy_of(wrapped);
    return slot;
}

Slot read_slot(ByteReader& in, std::uint32_t epoch) {
    Slot slot;
    read_who(in, slot);
    slot.epoch = in.u32();
    slot.layout = in.u8();
    const std::uint8_t factor = in.u8();
    slot.factor = static_cast<Factor>(factor);
    const ByteView credential = in.blob();
    slot.factor_salt = in.fixed<32>();
    read_cost(in, slot);
    slot.wrapped = copy_of(in.raw(kWrappedSize));
    slot.duress = copy_of(in.raw(kWrappedSize));
    const ByteView incoming = in.blob();
    const bool layout_known = slot.layout == kFirstSlotLayout || slot.layout == kSlotLayout;
    const bool factor_known = slot.factor == Factor::kNone || slot.factor == Factor::kDevice;
    // A slot holds its keyring's key, or waits with it.
    const bool key_there = slot.epoch == epoch
                               ? incoming.empty()
                               : slot.epoch < epoch && incoming.size() == kIncomingSize;
    if (!layout_known || !factor_known || !key_there || credential.size() > kCredentialMax ||
        credential.empty() != (slot.factor == Factor::kNone)) {
        in.fail();
        return slot;
    }
    slot.credential = copy_of(credential);
    slot.incoming = copy_of(incoming);
    return slot;
}

void write_head(ByteWriter& out, const Keyring& keyring) {
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
    out.u8(static_cast<std::uint8_t>(keyring.older_recovery.size()));
    for (const OldRecovery& older : keyring.older_recovery) {
        out.u32(older.epoch);
        out.blob(older.blob);
    }
}

Bytes read_recovery(ByteReader& in) {
    const ByteView recovery = in.blob();
    if (recovery.size() > kRecoveryMax) {
        in.fail();
        return {};
    }
    return copy_of(recovery);
}

/// The version that the head says; 0 if it is none of ours.
std::uint16_t read_head(ByteReader& in, Keyring& keyring) {
    in.domain(kMagic);
    const std::uint16_t version = in.u16();
    if (version != kVersion && version != kFirstVersion) in.fail();
    keyring.generation = in.u64();
    keyring.device = DeviceId{in.fixed<16>()};
    keyring.office = OfficeId{in.fixed<16>()};
    keyring.epoch = in.u32();
    keyring.database_salt = in.fixed<16>();
    keyring.name_salt = in.fixed<16>();
    keyring.device_sign = in.fixed<32>();
    keyring.device_seal = in.fixed<32>();
    const ByteView device_keys = in.blob();
    if (device_keys.size() != kWrappedSize) in.fail();
    keyring.device_keys = copy_of(device_keys);
    keyring.recovery = read_recovery(in);
    if (version == kVersion) {
        const std::uint8_t older = in.u8();
        if (older > kOlderRecoveryMax) in.fail();
        for (std::uint8_t i = 0; i < older && !in.failed(); ++i) {
            const std::uint32_t epoch = in.u32();
            keyring.older_recovery.push_back({epoch, read_recovery(in)});
        }
    }
    return in.failed() ? 0 : version;
}

void read_slots(ByteReader& in, std::uint16_t version, Keyring& keyring) {
    if (version == kVersion) {
        const std::uint8_t state = in.u8();
        if (state > 1) in.fail();
        keyring.revoked = state == 1;
        keyring.slots_made = in.u16();
    }
    const std::uint16_t slots = in.u16();
    if (slots > kSlotsMax || (slots == 0) != keyring.revoked) in.fail();
    for (std::uint16_t i = 0; i < slots && !in.failed(); ++i) {
        keyring.slots.push_back(version == kVersion ? read_slot(in, keyring.epoch)
                                                    : read_first_slot(in, keyring.epoch));
    }
    if (version == kVersion) {
        keyring.previous = copy_of(in.blob());
        return;
    }
    for (const Slot& slot : keyring.slots) {
        keyring.slots_made = std::max(keyring.slots_made, slot.number);
    }
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
        case Subkey::kBlobs: return derive_key(vault_key, id, "AWDAblob");
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
    slot.epoch = keyring.epoch;
    slot.cost = cost;
    random.fill(slot.salt);
    AWDA_CHECK(wrap_slot(keyring.device, slot, nfc_passphrase, nullptr, vault_key,
                         officer_key.seed.view(), random));
    clear_duress(slot, random);
    return slot;
}

Result<SlotSecrets> open_slot(const Keyring& keyring, const Slot& slot, ByteView nfc_passphrase,
                              const KdfPolicy& policy) {
    return open_slot(keyring.device, slot, nfc_passphrase, SlotOpening{policy});
}

std::uint16_t next_slot_number(const Keyring& keyring) {
    std::uint16_t highest = keyring.slots_made;
    for (const Slot& slot : keyring.slots) highest = std::max(highest, slot.number);
    return static_cast<std::uint16_t>(highest + 1);
}

const Slot* find_slot(const Keyring& keyring, std::string_view name) {
    const auto tag = name_tag(keyring, name);
    if (!tag.ok()) return nullptr;
    const auto found = std::ranges::find_if(
        keyring.slots, [&tag](const Slot& slot) { return slot.name_tag == *tag; });
    return found != keyring.slots.end() ? &*found : nullptr;
}

void complete_slots(Keyring& keyring, Random& random) {
    for (Slot& slot : keyring.slots) {
        if (slot.duress.empty()) clear_duress(slot, random);
    }
}

Bytes wrap_device_keys(const Keyring& keyring, ByteView vault_key, const DeviceKeys& keys,
                       Random& random) {
    const SecretBytes key = subkey(vault_key, Subkey::kDevice);
    SecretBytes secrets(kSlotSecretsSize);
    const auto out = secrets.mutable_view();
    std::ranges::copy(keys.sign.seed.view(), out.begin());
    std::ranges::copy(keys.seal.secret.view(), out.begin() + 32);
    return aead_wrap(key.view(), secrets.view(), device_binding(keyring), random);
}

Result<DeviceKeys> unwrap_device_keys(const Keyring& keyring, ByteView vault_key) {
    const SecretBytes key = subkey(vault_key, Subkey::kDevice);
    const SecretBytes secrets =
        AWDA_TRY(aead_unwrap(key.view(), keyring.device_keys, device_binding(keyring)));
    if (secrets.size() != kSlotSecretsSize) return Error(Errc::kAltered, "the device's keys");
    DeviceKeys keys{sign_key_from_seed(secrets.view().first(32)),
                    seal_key_from_secret(secrets.view().subspan(32))};
    if (keys.sign.pub != keyring.device_sign || keys.seal.pub != keyring.device_seal) {
        return Error(Errc::kAltered, "the device's keys do not match their public halves");
    }
    return keys;
}

Bytes encode_keyring(const Keyring& keyring, ByteView vault_key) {
    AWDA_ASSERT(keyring.older_recovery.size() <= kOlderRecoveryMax);
    AWDA_ASSERT(keyring.slots.empty() == keyring.revoked);
    ByteWriter out;
    write_head(out, keyring);
    out.u8(keyring.revoked ? 1 : 0);
    out.u16(static_cast<std::uint16_t>(next_slot_number(keyring) - 1));
    out.u16(static_cast<std::uint16_t>(keyring.slots.size()));
    for (const Slot& slot : keyring.slots) write_slot(out, slot);
    out.blob(keyring.previous);
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
    Keyring keyring;
    const std::uint16_t version = read_head(in, keyring);
    read_slots(in, version, keyring);
    AWDA_CHECK(in.done());
    return keyring;
}

Result<KeyringHead> decode_keyring_head(ByteView file) {
    if (file.size() > kKeyringBytesMax) {
        return Error(Errc::kMalformed, "a keyring of an impossible size");
    }
    ByteReader in(file);
    KeyringHead head;
    if (read_head(in, head.keyring) == 0) {
        return Error(Errc::kMalformed, "a keyring whose head is damaged");
    }
    head.end = in.position();
    return head;
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
    // Held open, so that its bytes can be reached when it has no name any more.
    std::optional<OutputFile> old;
    if (file_exists(path(copy))) old = AWDA_TRY(OutputFile::open(path(copy)));
    AWDA_CHECK(atomic_write(path(copy), file));
    const Bytes back = AWDA_TRY(read_file(path(copy), kKeyringBytesMax));
    if (!equal(back, file)) return Error(Errc::kIo, "the keyring did not read back as written");
    if (!old) return {};
    const std::uint64_t size = std::min<std::uint64_t>(AWDA_TRY(old->size()), kKeyringBytesMax);
    Status wiped = old->write_at(0, Bytes(size));
    if (wiped.ok()) wiped = old->sync();
    wiped.ignore("the new copy stands; the old one has no name any more");
    return {};
}

namespace {

Status make_noise(const Path& file, bool keep_head, Random& random) {
    if (!file_exists(file)) return {};
    const std::uint64_t size = AWDA_TRY(awda::file_size(file));
    std::uint64_t from = 0;
    if (keep_head) {
        const auto bytes = read_file(file, kKeyringBytesMax);
        if (bytes.ok()) {
            const auto head = decode_keyring_head(*bytes);
            if (head.ok()) from = head->end;
        }
    }
    // In place: a copy made beside would leave the old blocks on the disk.
    Bytes noise(std::min<std::uint64_t>(size - from, kKeyringBytesMax));
    random.fill(noise);
    OutputFile out = AWDA_TRY(OutputFile::open(file));
    AWDA_CHECK(out.write_at(from, noise));
    return out.sync();
}

}  // namespace

Status KeyringPair::erase_slots(Random& random) const {
    Status first;
    for (const Copy copy : {Copy::kA, Copy::kB}) {
        const Status done = make_noise(path(copy), true, random);
        if (first.ok()) first = done;
    }
    const Status aside = erase_aside(random);
    return first.ok() ? aside : first;
}

Status KeyringPair::erase_aside(Random& random) const {
    Status first;
    for (const Copy copy : {Copy::kA, Copy::kB}) {
        for (const char* ending : {".damaged", ".tmp"}) {
            Path aside = path(copy);
            aside += ending;
            const Status done = make_noise(aside, false, random);
            if (first.ok()) first = done;
            remove_file(aside).ignore("it is noise already");
        }
    }
    return first;
}

}  // namespace awda::agent
