#include "agent/vault/keyring_opening.h"

#include <algorithm>

namespace awda::agent {

namespace {

using Copy = KeyringPair::Copy;
using Loaded = KeyringPair::Loaded;

bool same_slot(const Slot* a, const Slot* b) {
    return a != nullptr && b != nullptr && a->wrapped == b->wrapped && a->salt == b->salt &&
           a->cost == b->cost && a->incoming == b->incoming;
}

/// A name that is nobody's takes as long as a wrong passphrase.
void spend_time(const std::vector<Loaded>& copies, ByteView passphrase, const KdfPolicy& policy) {
    for (const Loaded& copy : copies) {
        if (copy.keyring.slots.empty()) continue;
        const Slot& like = copy.keyring.slots.front();
        if (!policy.accepts(like.cost)) return;
        derive_from_passphrase(passphrase, like.salt, like.cost).ignore("only the time matters");
        return;
    }
}

/// True if this vault wrote the copy, as far as one of its keys can tell.
bool is_ours(const Loaded& copy, ByteView vault_key) {
    if (check_keyring_mac(copy.file, vault_key).ok()) return true;
    return !copy.keyring.previous.empty() &&
           check_keyring_mac(copy.keyring.previous, vault_key).ok();
}

/// An older copy counts only where the newer is not the vault's own work: otherwise a passphrase
/// that was changed would go on working.
bool is_overruled(const std::vector<Loaded>& copies, std::size_t i, ByteView vault_key) {
    return i > 0 && copies[0].keyring.generation > copies[i].keyring.generation &&
           is_ours(copies[0], vault_key);
}

/// Opens one copy. What it is refused with says whether the next is worth trying.
Result<OpenedKeyring> open_copy(const Loaded& copy, const Slot& slot, ByteView passphrase,
                                const SlotOpening& how) {
    const DeviceId& device = copy.keyring.device;
    OpenedKeyring opened;
    opened.secrets = AWDA_TRY(open_slot(device, slot, passphrase, how));
    auto key = key_of_epoch(device, slot, opened.secrets, copy.keyring.epoch);
    if (!key.ok() || !check_keyring_mac(copy.file, key->view()).ok()) {
        return Error(Errc::kVaultDamaged, "the keyring is not the one this vault wrote");
    }
    opened.vault_key = std::move(*key);
    opened.loaded = copy;
    opened.slot = slot;
    return opened;
}

}  // namespace

Result<OpenedKeyring> open_keyring(const std::vector<Loaded>& copies, std::string_view name,
                                   ByteView nfc_passphrase, const KdfPolicy& policy,
                                   SecondFactor* factor) {
    Error refusal(Errc::kWrongPassphrase, "unlocking the vault");
    bool tried = false;
    for (std::size_t i = 0; i < copies.size(); ++i) {
        const Slot* slot = find_slot(copies[i].keyring, name);
        if (slot == nullptr) continue;
        if (i > 0 && same_slot(slot, find_slot(copies[0].keyring, name)) &&
            refusal.code == Errc::kWrongPassphrase) {
            continue;
        }
        bool duress = false;
        auto opened = open_copy(copies[i], *slot, nfc_passphrase, {policy, factor, &duress});
        // An older copy may hold a duress passphrase that its officer has taken back since.
        if (duress && !tried) {
            OpenedKeyring forced;
            forced.duress = true;
            return forced;
        }
        tried = true;
        if (opened.ok()) {
            if (!is_overruled(copies, i, opened->vault_key.view())) return opened;
            if (!copies[0].keyring.revoked) {
                return Error(Errc::kWrongPassphrase, "a passphrase that was changed");
            }
            opened->revoked = true;
            return opened;
        }
        switch (opened.error().code) {
            case Errc::kOutOfMemory:
            case Errc::kSecondFactor: return opened.error();
            case Errc::kVaultDamaged: refusal = opened.error(); break;
            case Errc::kMalformed:
                refusal = Error(Errc::kVaultDamaged, "a slot cheaper than the policy allows");
                break;
            default: break;
        }
    }
    if (std::ranges::all_of(copies, [](const Loaded& copy) { return copy.keyring.revoked; })) {
        return Error(Errc::kRevoked, "a vault that was revoked");
    }
    if (!tried) spend_time(copies, nfc_passphrase, policy);
    return refusal;
}

Result<Database> open_vault_database(const Path& path, const Keyring& keyring, ByteView vault_key,
                                     bool create) {
    const SecretBytes key = subkey(vault_key, Subkey::kDatabase);
    DatabaseOptions options;
    options.create = create;
    auto db = Database::open(path, key.view(), keyring.database_salt, options);
    if (db.ok() || create) return db;
    switch (db.error().code) {
        // Another keyring may have its key; if none has, it is damaged.
        case Errc::kAltered:
            return Error(Errc::kAltered, "the database does not open with its key");
        case Errc::kNotFound: return Error(Errc::kVaultDamaged, "the database is gone");
        default: return db.error();
    }
}

namespace {

/// The keyring of the epoch before, as the newest of this vault.
Status take_back(OpenedKeyring& opened) {
    Keyring& now = opened.loaded.keyring;
    Keyring before = AWDA_TRY(decode_keyring(now.previous));
    const auto slot = std::ranges::find_if(before.slots, [&opened](const Slot& each) {
        return each.officer == opened.slot.officer && each.wrapped == opened.slot.wrapped;
    });
    if (slot == before.slots.end() || before.device != now.device) {
        return Error(Errc::kVaultDamaged, "a rotation without the keyring before it");
    }
    SecretBytes key = AWDA_TRY(key_of_epoch(before.device, *slot, opened.secrets, before.epoch));
    AWDA_CHECK(check_keyring_mac(now.previous, key.view()));
    opened.slot = *slot;
    before.generation = now.generation;
    opened.vault_key = std::move(key);
    now = std::move(before);
    return {};
}

}  // namespace

Result<Database> open_either(const Path& path, OpenedKeyring& opened) {
    Keyring& keyring = opened.loaded.keyring;
    auto db = open_vault_database(path, keyring, opened.vault_key.view(), false);
    if (keyring.previous.empty()) return db;
    if (!db.ok()) {
        if (db.error().code != Errc::kAltered || !take_back(opened).ok()) return db;
        db = open_vault_database(path, keyring, opened.vault_key.view(), false);
        if (!db.ok()) return db;
    }
    keyring.previous.clear();
    ++keyring.generation;
    opened.unsettled = true;
    opened.both_copies = false;
    return db;
}

Status settle_copies(const KeyringPair& pair, OpenedKeyring& opened) {
    const ByteView key = opened.vault_key.view();
    if (opened.unsettled) {
        opened.loaded.file = encode_keyring(opened.loaded.keyring, key);
        opened.repaired = true;
        AWDA_CHECK(pair.write(Copy::kA, opened.loaded.file));
        opened.unsettled = false;
        AWDA_CHECK(pair.write(Copy::kB, opened.loaded.file));
        opened.both_copies = true;
        return {};
    }
    const Loaded& good = opened.loaded;
    const Copy other = good.copy == Copy::kA ? Copy::kB : Copy::kA;
    const auto file = read_file(pair.path(other), kKeyringBytesMax);
    if (file.ok() && equal(*file, good.file)) return {};
    opened.both_copies = false;
    const auto decoded =
        file.ok() ? decode_keyring(*file) : Result<Keyring>(Error(Errc::kNotFound, "a copy"));
    const bool ours = decoded.ok() && (is_ours({other, *file, *decoded}, key) ||
                                       decoded->epoch < good.keyring.epoch);
    if (!ours && file_exists(pair.path(other))) {
        Path aside = pair.path(other);
        aside += ".damaged";
        AWDA_CHECK(rename_file(pair.path(other), aside));
    }
    AWDA_CHECK(pair.write(other, good.file));
    opened.both_copies = true;
    opened.repaired = true;
    return {};
}

}  // namespace awda::agent
