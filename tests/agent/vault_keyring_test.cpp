// Goal: without a right passphrase the keyring gives nothing, and no damage to it goes unnoticed.
#include <doctest/doctest.h>

#include "agent/vault/keyring.h"
#include "agent/vault/passphrase.h"
#include "agent/vault/recovery.h"
#include "agent/vault/unlock_guard.h"
#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

struct Made {
    Keyring keyring;
    SecretBytes vault_key{32};
    SignKey officer;
};

const KdfPolicy kPolicy{kTestCost, kTestCost};

Made make_keyring(Random& random) {
    Made made;
    random.fill(made.vault_key.mutable_view());
    const DeviceKeys device{new_sign_key(random), new_seal_key(random)};
    made.officer = new_sign_key(random);
    random.fill(made.keyring.device.value);
    random.fill(made.keyring.office.value);
    random.fill(made.keyring.database_salt);
    random.fill(made.keyring.name_salt);
    made.keyring.device_sign = device.sign.pub;
    made.keyring.device_seal = device.seal.pub;
    made.keyring.device_keys =
        wrap_device_keys(made.keyring, made.vault_key.view(), device, random);
    OfficerId officer;
    random.fill(officer.value);
    made.keyring.slots.push_back(make_slot(made.keyring, 1, officer, Role::kAdministrator,
                                           name_tag(made.keyring, "Layla").value(),
                                           made.vault_key.view(), made.officer,
                                           as_bytes(kPassphrase), kTestCost, random)
                                     .value());
    return made;
}

}  // namespace

TEST_CASE("a keyring read back gives the vault key, the officer's seed and the device's keys") {
    fakes::SeededRandom random(11);
    const Made made = make_keyring(random);
    const Bytes file = encode_keyring(made.keyring, made.vault_key.view());
    const auto read = decode_keyring(file);
    REQUIRE(read.ok());
    const auto secrets = open_slot(*read, read->slots[0], as_bytes(kPassphrase), kPolicy);
    REQUIRE(secrets.ok());
    CHECK(equal(secrets->vault_key.view(), made.vault_key.view()));
    CHECK(equal(secrets->officer_seed.view(), made.officer.seed.view()));
    CHECK(check_keyring_mac(file, secrets->vault_key.view()).ok());
    const auto device = unwrap_device_keys(*read, secrets->vault_key.view());
    REQUIRE(device.ok());
    CHECK(device->sign.pub == made.keyring.device_sign);
}

TEST_CASE("every single flipped bit of a keyring is noticed before it is believed") {
    fakes::SeededRandom random(12);
    const Made made = make_keyring(random);
    const Bytes file = encode_keyring(made.keyring, made.vault_key.view());
    std::size_t by_checksum = 0;
    for (std::size_t i = 0; i < file.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            Bytes bad = file;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << bit));
            const bool whole = decode_keyring(bad).ok();
            by_checksum += whole ? 0 : 1;
            const bool refused = !whole || !check_keyring_mac(bad, made.vault_key.view()).ok();
            REQUIRE_MESSAGE(refused, "byte " << i << " bit " << bit);
        }
    }
    CHECK(by_checksum == (file.size() - 32) * 8);  // all but the MAC itself
}

TEST_CASE("a keyring cut short or with bytes after it is refused") {
    fakes::SeededRandom random(13);
    const Made made = make_keyring(random);
    Bytes file = encode_keyring(made.keyring, made.vault_key.view());
    for (std::size_t size = 0; size < file.size(); ++size) {
        REQUIRE_FALSE(decode_keyring(ByteView(file).first(size)).ok());
    }
    file.push_back(0);
    CHECK_FALSE(decode_keyring(file).ok());
    CHECK_FALSE(decode_keyring(Bytes(kKeyringBytesMax + 1)).ok());
}

TEST_CASE("a slot whose bound facts were changed does not open even with the right passphrase") {
    fakes::SeededRandom random(14);
    const Made made = make_keyring(random);
    const auto opens = [&](const Keyring& keyring) {
        return open_slot(keyring, keyring.slots[0], as_bytes(kPassphrase), kPolicy).ok();
    };
    CHECK(opens(made.keyring));
    Keyring other = made.keyring;
    other.slots[0].role = Role::kAuditor;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].number = 2;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].officer.value[0] ^= 1;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].name_tag[0] ^= 1;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].factor = Factor::kDevice;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].credential = Bytes(8, 1);
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].factor_salt[0] ^= 1;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].layout = kFirstSlotLayout;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].cost.passes = 2;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.device.value[0] ^= 1;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].epoch = 2;
    CHECK_FALSE(opens(other));
    other = made.keyring;
    other.slots[0].salt[0] ^= 1;
    CHECK_FALSE(opens(other));
}

TEST_CASE("a release build refuses a slot below the floor and above the ceiling") {
    fakes::SeededRandom random(15);
    const Made made = make_keyring(random);
    const auto refused =
        open_slot(made.keyring, made.keyring.slots[0], as_bytes(kPassphrase), KdfPolicy{});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kMalformed);
    CHECK_FALSE(KdfPolicy{}.accepts({2, 256U * 1024U}));
    CHECK_FALSE(KdfPolicy{}.accepts({3, 255U * 1024U}));
    CHECK(KdfPolicy{}.accepts(kKdfFloor));
    CHECK_FALSE(KdfPolicy{}.accepts({17, 256U * 1024U}));
    CHECK_FALSE(KdfPolicy{}.accepts({3, 4U * 1024U * 1024U}));
}

TEST_CASE("the keyring lists nobody: login names are tags under the device's own salt") {
    fakes::SeededRandom random(16);
    const Made made = make_keyring(random);
    const Bytes file = encode_keyring(made.keyring, made.vault_key.view());
    CHECK(as_text(file).find("ayla") == std::string_view::npos);
    Keyring other = made.keyring;
    other.name_salt[0] ^= 1;
    CHECK(name_tag(other, "Layla").value() != name_tag(made.keyring, "Layla").value());
    CHECK(name_tag(made.keyring, " layla ").value() == name_tag(made.keyring, "Layla").value());
    CHECK_FALSE(name_tag(made.keyring, "  ").ok());
}

TEST_CASE("any two of the three recovery keys open the recovery blob, and no other two") {
    fakes::SeededRandom random(17);
    std::array<SealKey, 3> keys{new_seal_key(random), new_seal_key(random), new_seal_key(random)};
    const SealKey stranger = new_seal_key(random);
    SecretBytes vault_key(32);
    random.fill(vault_key.mutable_view());
    DeviceId device;
    random.fill(device.value);
    const Bytes blob =
        seal_recovery(device, 4, vault_key.view(), {keys[0].pub, keys[1].pub, keys[2].pub});
    for (const auto& [a, b] : {std::pair{0, 1}, std::pair{0, 2}, std::pair{1, 2}}) {
        const auto opened = open_recovery(blob, keys[static_cast<std::size_t>(a)],
                                          keys[static_cast<std::size_t>(b)]);
        REQUIRE(opened.ok());
        CHECK(equal(opened->vault_key.view(), vault_key.view()));
        CHECK(opened->device == device);
        CHECK(opened->epoch == 4);
    }
    for (const SealKey& one : keys) {
        CHECK_FALSE(open_recovery(blob, one, stranger).ok());
        CHECK_FALSE(open_recovery(blob, stranger, one).ok());
        CHECK_FALSE(open_recovery(blob, one, one).ok());
    }
    for (std::size_t size = 0; size < blob.size(); size += 7) {
        CHECK_FALSE(open_recovery(ByteView(blob).first(size), keys[0], keys[1]).ok());
    }
}

TEST_CASE("weak passphrases are refused and good ones pass, in each script") {
    const std::vector<std::string_view> known{"Layla Hassan", "Duhok branch"};
    const auto refused = [&known](std::string_view text) {
        return !check_passphrase(as_bytes(text), known).ok();
    };
    CHECK(refused("short"));
    CHECK(refused("thirteen-char"));
    CHECK(refused("aaaaaaaaaaaaaaaaaaaa"));
    CHECK(refused("12345678901234567890"));
    CHECK(refused("abababababababababab"));
    CHECK(refused("passwordpassword123"));
    CHECK(refused("Layla Hassan Layla Hassan"));
    CHECK(refused("qwertyuiopasdfghjkl"));
    CHECK(refused("بغداد بغداد بغداد بغداد"));
    CHECK(refused("\xFF\xFE\xFD aaaaaaaaaaaaaaaa"));
    CHECK(refused(std::string(2000, 'x')));
    CHECK_FALSE(refused(kPassphrase));
    CHECK_FALSE(refused("نخلة فانوس سبعة نهر حجر"));
    CHECK_FALSE(refused("چیا گوڵ ئاسمان پەنجەرە"));
    CHECK_FALSE(refused("kT9#mWq2!zRb7&"));
}

TEST_CASE("waits after wrong passphrases double up to a minute and survive a restart") {
    fakes::TempFolder folder;
    const UnixMs now = 1'800'000'000'000;
    CHECK(UnlockGuard(folder.path()).delay_ms(now) == 0);
    const std::array<std::int64_t, 9> expected{1000,  2000,  4000,  8000, 16000,
                                               32000, 60000, 60000, 60000};
    for (const std::int64_t wait : expected) {
        UnlockGuard(folder.path()).count_try(now);
        CHECK(UnlockGuard(folder.path()).delay_ms(now) == wait);
        CHECK(UnlockGuard(folder.path()).delay_ms(now + wait - 1) == 1);
        CHECK(UnlockGuard(folder.path()).delay_ms(now + wait) == 0);
    }
    UnlockGuard(folder.path()).forget_tries();
    CHECK(UnlockGuard(folder.path()).delay_ms(now) == 0);
}

TEST_CASE("a clock set back years makes the wait begin anew, not last for years") {
    fakes::TempFolder folder;
    const UnlockGuard guard(folder.path());
    const UnixMs now = 1'800'000'000'000;
    guard.count_try(now);
    const UnixMs past = now - 3650LL * 24 * 3600 * 1000;
    CHECK(guard.delay_ms(past) == 1000);
    CHECK(guard.delay_ms(past + 1000) == 0);
}

TEST_CASE("wrong tries are kept sealed, bounded, and readable only with the device's key") {
    fakes::TempFolder folder;
    fakes::SeededRandom random(18);
    const SealKey device = new_seal_key(random);
    const UnlockGuard guard(folder.path());
    OfficerId officer;
    officer.value.fill(9);
    for (std::size_t i = 0; i < kFailuresMax + 5; ++i) {
        guard.keep_failure({static_cast<UnixMs>(i), officer}, device.pub, random);
    }
    const FailureFile kept = guard.failures(device);
    CHECK(kept.failures.size() == kFailuresMax);
    CHECK(kept.failures[3].claimed_ms == 3);
    CHECK(kept.failures[3].officer == officer);
    CHECK(guard.failures(new_seal_key(random)).failures.empty());
    const Bytes file = read_file(folder / "unlock.failures").value();
    CHECK(as_text(file).find(as_text(officer.bytes())) == std::string_view::npos);
    // A torn last entry and a damaged one are passed over.
    Bytes torn(file.begin(), file.end() - 10);
    torn[100] ^= 1;
    REQUIRE(atomic_write(folder / "unlock.failures", torn).ok());
    CHECK(guard.failures(device).failures.size() == kFailuresMax - 2);
    guard.remove_failures();
    CHECK(guard.failures(device).failures.empty());
}

TEST_CASE(
    "the cost measured for a release build is within its bounds, on a slow machine the floor") {
    class SlowClock final : public Clock {
    public:
        [[nodiscard]] UnixMs now() const override { return 0; }
        [[nodiscard]] std::int64_t steady_ms() const override { return steady_ += 1800; }

    private:
        mutable std::int64_t steady_ = 0;
    };
    const auto slow = calibrate(KdfPolicy{}, SlowClock());
    REQUIRE(slow.ok());
    CHECK(*slow == kKdfFloor);
    const auto here = calibrate(KdfPolicy{}, system_clock());
    REQUIRE(here.ok());
    CHECK(KdfPolicy{}.accepts(*here));
}

TEST_CASE("a release build does not open a vault whose slots are cheaper than its floor") {
    Office office;
    {
        auto vault = office.create();
    }
    VaultEnv release = office.env();
    release.kdf = KdfPolicy{};
    const auto refused =
        Vault::unlock(release, office.vault_folder(), kOfficer, secret(kPassphrase));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kVaultDamaged);
}
