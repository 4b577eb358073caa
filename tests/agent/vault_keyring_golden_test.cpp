// Goal: the bytes of a keyring, kept in tests/golden/agent, never change unnoticed; a file of
// version 1 still opens; and no single changed byte of either version is believed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "agent/vault/keyring.h"
#include "platform/codec.h"
#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kSecond = "marble orchard ninety willow kettle";
const KdfPolicy kPolicy{kTestCost, kTestCost};
const Bytes kVaultKey(32, 0x11);

Path golden_path(const std::string& name) {
    return Path(AWDA_SOURCE_DIR) / "tests/golden/agent" / (name + ".hex");
}

/// With AWDA_GOLDEN_WRITE=1 a missing file is written; none is ever replaced.
Bytes golden(const std::string& name, ByteView otherwise = {}) {
    if (std::getenv("AWDA_GOLDEN_WRITE") != nullptr && !file_exists(golden_path(name))) {
        const std::string hex = to_hex(otherwise);
        std::ofstream out(golden_path(name));
        for (std::size_t at = 0; at < hex.size(); at += 64) out << hex.substr(at, 64) << '\n';
    }
    std::ifstream in(golden_path(name));
    std::string text{std::istreambuf_iterator<char>(in), {}};
    std::erase(text, '\n');
    return from_hex(text).value_or(Bytes{});
}

OfficerId officer(std::uint8_t fill) {
    OfficerId id;
    id.value.fill(fill);
    return id;
}

/// All that version 2 can hold: two epochs, a second factor, a duress passphrase, an older recovery
/// blob, and the keyring before it.
Keyring sample() {
    fakes::SeededRandom random(4243);
    Keyring keyring;
    keyring.generation = 9;
    keyring.device.value.fill(0x44);
    keyring.office.value.fill(0x55);
    keyring.epoch = 2;
    keyring.database_salt.fill(0x66);
    keyring.name_salt.fill(0x77);
    const DeviceKeys device{sign_key_from_seed(Bytes(32, 0x22)),
                            seal_key_from_secret(Bytes(32, 0x33))};
    keyring.device_sign = device.sign.pub;
    keyring.device_seal = device.seal.pub;
    keyring.device_keys = wrap_device_keys(keyring, kVaultKey, device, random);
    keyring.recovery = Bytes(100, 0x88);
    keyring.older_recovery.push_back({1, Bytes(90, 0x89)});
    keyring.slots_made = 5;
    const SignKey first = sign_key_from_seed(Bytes(32, 0xBB));
    keyring.slots.push_back(make_slot(keyring, 1, officer(0x99), Role::kAdministrator,
                                      name_tag(keyring, kOfficer).value(), kVaultKey, first,
                                      as_bytes(kPassphrase), kTestCost, random)
                                .value());
    REQUIRE(set_duress(keyring.device, keyring.slots[0], as_bytes(kSecond), random).ok());
    Keyring before = keyring;
    before.epoch = 1;
    const SignKey second = sign_key_from_seed(Bytes(32, 0xCC));
    Slot waiting =
        make_slot(before, 2, officer(0xAA), Role::kOfficer, name_tag(keyring, "Dilan").value(),
                  Bytes(32, 0x10), second, as_bytes(kSecond), kTestCost, random)
            .value();
    waiting.factor = Factor::kDevice;
    waiting.credential = Bytes(64, 0xDD);
    waiting.factor_salt.fill(0xEE);
    waiting.incoming = Bytes(8 + 16 + 4 + 32 + kSealOverhead, 0xFF);
    keyring.slots.push_back(waiting);
    keyring.previous = Bytes(70, 0x12);
    return keyring;
}

/// Every byte, with every bit of it flipped in turn and all at once.
void notice_every_byte(const Bytes& file, ByteView vault_key) {
    std::size_t believed = 0;
    for (std::size_t i = 0; i < file.size(); ++i) {
        for (const int mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF}) {
            Bytes bad = file;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ mask);
            if (decode_keyring(bad).ok() && check_keyring_mac(bad, vault_key).ok()) ++believed;
        }
    }
    CHECK(believed == 0);
    CHECK(decode_keyring(file).ok());
    CHECK(check_keyring_mac(file, vault_key).ok());
}

/// Puts the keyring back into the layout of version 1, by what both versions share.
void to_first_version(Office& office) {
    const Bytes now = read_file(office.vault_folder() / "keyring.a").value();
    const Keyring keyring = decode_keyring(now).value();
    const auto secrets =
        open_slot(keyring, *find_slot(keyring, kOfficer), as_bytes(kPassphrase), kPolicy);
    const auto second =
        open_slot(keyring, *find_slot(keyring, "Dilan"), as_bytes(kSecond), kPolicy);
    ByteWriter out;
    const std::size_t head = decode_keyring_head(now).value().end;
    out.raw("AWDAKEYR");
    out.u16(1);
    // The head is the same but for the older recovery blobs, of which there are none.
    out.raw(ByteView(now).subspan(10, head - 10 - 1));
    out.u16(2);
    for (const SlotSecrets* each : {&*secrets, &*second}) {
        const Slot& slot = keyring.slots[each == &*secrets ? 0 : 1];
        ByteWriter bound;
        bound.raw("AWDASLT1");
        bound.u16(1);
        bound.raw(keyring.device.bytes());
        bound.u32(1);
        ByteWriter fields;
        fields.u16(slot.number);
        fields.raw(slot.officer.bytes());
        fields.u8(static_cast<std::uint8_t>(slot.role));
        fields.raw(slot.name_tag);
        fields.raw(slot.officer_key);
        fields.u8(0);
        fields.u32(slot.cost.passes);
        fields.u32(slot.cost.memory_kib);
        fields.raw(slot.salt);
        bound.raw(fields.bytes());
        Bytes both(each->vault_key.view().begin(), each->vault_key.view().end());
        both.insert(both.end(), each->officer_seed.view().begin(), each->officer_seed.view().end());
        out.raw(fields.bytes());
        out.blob(aead_wrap(each->wrapping.view(), both, bound.bytes(), office.random));
    }
    Hasher checksum;
    checksum.add(as_bytes("AWDAKSUM"));
    checksum.add(out.bytes());
    Hasher mac(subkey(secrets->vault_key.view(), Subkey::kKeyringMac).view());
    mac.add(as_bytes("AWDAKMAC"));
    mac.add(out.bytes());
    out.raw(checksum.finish());
    out.raw(mac.finish());
    for (const char* name : {"keyring.a", "keyring.b"}) {
        must(atomic_write(office.vault_folder() / name, out.bytes()));
    }
}

}  // namespace

TEST_CASE("a keyring of version 1 is read, opens with its passphrases, and is not written again") {
    const Bytes file = golden("keyring_v1");
    REQUIRE(file.size() == 860);
    const auto keyring = decode_keyring(file);
    REQUIRE(keyring.ok());
    CHECK(keyring->generation == 3);
    CHECK(keyring->epoch == 1);
    CHECK(keyring->slots_made == 2);
    CHECK(check_keyring_mac(file, kVaultKey).ok());
    REQUIRE(keyring->slots.size() == 2);
    CHECK(keyring->slots[0].layout == kFirstSlotLayout);
    for (const auto& [name, passphrase] :
         {std::pair{kOfficer, kPassphrase}, std::pair{std::string_view("dilan"), kSecond}}) {
        const Slot* slot = find_slot(*keyring, name);
        REQUIRE(slot != nullptr);
        const auto secrets = open_slot(*keyring, *slot, as_bytes(passphrase), kPolicy);
        REQUIRE(secrets.ok());
        CHECK(equal(secrets->vault_key.view(), kVaultKey));
        CHECK(sign_key_from_seed(secrets->officer_seed.view()).pub == slot->officer_key);
    }
    CHECK(unwrap_device_keys(*keyring, kVaultKey).ok());
    // Written anew it is version 2 and opens the same way.
    fakes::SeededRandom random(5);
    Keyring next = *keyring;
    complete_slots(next, random);
    const auto again = decode_keyring(encode_keyring(next, kVaultKey));
    REQUIRE(again.ok());
    CHECK(open_slot(*again, again->slots[1], as_bytes(kSecond), kPolicy).ok());
}

TEST_CASE("a keyring of version 2 has the bytes that VAULT.md describes") {
    const Keyring keyring = sample();
    const Bytes file = encode_keyring(keyring, kVaultKey);
    CHECK(to_hex(file) == to_hex(golden("keyring_v2", file)));
    const auto read = decode_keyring(file);
    REQUIRE(read.ok());
    CHECK(encode_keyring(*read, kVaultKey) == file);
    CHECK(read->slots[1].credential == keyring.slots[1].credential);
    CHECK(read->older_recovery[0].blob == keyring.older_recovery[0].blob);
    bool duress = false;
    const auto forced = open_slot(read->device, read->slots[0], as_bytes(kSecond),
                                  SlotOpening{kPolicy, nullptr, &duress});
    CHECK_FALSE(forced.ok());
    CHECK(duress);
    CHECK(open_slot(*read, read->slots[0], as_bytes(kPassphrase), kPolicy).ok());
}

TEST_CASE("every changed byte of a keyring of either version is noticed") {
    notice_every_byte(golden("keyring_v1"), kVaultKey);
    notice_every_byte(encode_keyring(sample(), kVaultKey), kVaultKey);
}

TEST_CASE("a keyring of version 2 cut short anywhere is refused, its head reads when it is whole") {
    const Bytes file = encode_keyring(sample(), kVaultKey);
    const std::size_t end = decode_keyring_head(file).value().end;
    for (std::size_t size = 0; size < file.size(); ++size) {
        REQUIRE_FALSE(decode_keyring(ByteView(file).first(size)).ok());
        REQUIRE(decode_keyring_head(ByteView(file).first(size)).ok() == (size >= end));
    }
}

TEST_CASE("a vault with a keyring of version 1 is raised to version 2 by the first who logs in") {
    Office office;
    {
        auto vault = office.create();
        REQUIRE(vault->add_officer("Dilan", Role::kOfficer, secret(kSecond)).ok());
        must(vault->lock());
    }
    to_first_version(office);
    const Path file = office.vault_folder() / "keyring.a";
    REQUIRE(decode_keyring(read_file(file).value()).value().slots[0].layout == kFirstSlotLayout);
    must(office.try_unlock("Dilan", kSecond).value()->lock());
    Keyring keyring = decode_keyring(read_file(file).value()).value();
    CHECK(keyring.slots[0].layout == kFirstSlotLayout);
    CHECK(keyring.slots[1].layout == kSlotLayout);
    CHECK(read_file(file).value()[8] == 2);
    auto vault = office.unlock();
    CHECK(vault->verify_log().value().intact);
    must(vault->lock());
    keyring = decode_keyring(read_file(file).value()).value();
    CHECK(keyring.slots[0].layout == kSlotLayout);
    must(office.try_unlock("Dilan", kSecond).value()->lock());
}
