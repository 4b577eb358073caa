#include "agent/vault/rotation.h"

#include <algorithm>

#include "agent/vault/access.h"
#include "agent/vault/payloads.h"
#include "agent/vault/recovery.h"
#include "agent/vault/schema.h"
#include "agent/vault/vault_open.h"

namespace awda::agent {

namespace {

using Copy = KeyringPair::Copy;

/// True if an opened receipt covers the newest rotation's event, which carries its recovery blob.
Result<bool> recovery_arrived(Database& db) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT 1 FROM batches WHERE opened IS NOT NULL AND"
                   " (SELECT max(seq) FROM events WHERE type = ?) BETWEEN first_seq AND last_seq"));
    query.bind(1, static_cast<int>(sync::EventType::kKeysRotated));
    return query.step();
}

/// True if there was something to drop.
Result<bool> drop_older_recovery(Session& session, Keyring& keyring) {
    if (keyring.older_recovery.empty() || !AWDA_TRY(recovery_arrived(session.db))) return false;
    keyring.older_recovery.clear();
    return true;
}

/// Encrypting anew writes every page into the write-ahead log first.
Status check_room(const Session& session) {
    constexpr std::uint64_t kSpare = 1U << 20U;
    const std::uint64_t size = AWDA_TRY(awda::file_size(database_path(session.folder)));
    const std::uint64_t room = AWDA_TRY(free_space(session.folder));
    if (room < size + size / 64 + kSpare) {
        return Error(Errc::kDiskFull, "room to encrypt the database anew");
    }
    return {};
}

/// The keyring of the next epoch, with the one before inside.
Result<Keyring> make_next(Session& session, const Keyring& now, ByteView new_key) {
    Keyring next = now;
    next.previous = encode_keyring(session.keyring, session.keys.vault_key.view());
    next.older_recovery.push_back({now.epoch, now.recovery});
    next.epoch = now.epoch + 1;
    next.generation = session.keyring.generation + 1;
    next.device_keys = wrap_device_keys(next, new_key, session.keys.device, *session.env.random);
    next.recovery = seal_recovery(next.device, next.epoch, new_key, session.hq.recovery);
    for (Slot& slot : next.slots) {
        AWDA_CHECK(put_incoming(next.device, slot, next.epoch, new_key));
    }
    return next;
}

Status write_both(Session& session, ByteView file, Step first, Step second) {
    const KeyringPair pair(session.folder);
    AWDA_CHECK(pair.write(Copy::kA, file));
    session.step(first);
    AWDA_CHECK(pair.write(Copy::kB, file));
    session.step(second);
    return {};
}

/// The rotation did not happen: the keyring becomes again what it was. If that cannot be written,
/// the next unlock finds which key opens the database and does it.
void take_back(Session& session, std::uint64_t generation) {
    session.keyring.generation = generation + 1;
    const Bytes file = encode_keyring(session.keyring, session.keys.vault_key.view());
    write_both(session, file, Step::kFirstKeyringWritten, Step::kSecondKeyringWritten)
        .ignore("the next unlock takes it back");
}

Result<Database> reopen(const Session& session, ByteView vault_key, DatabaseCheck check) {
    const SecretBytes key = subkey(vault_key, Subkey::kDatabase);
    DatabaseOptions options;
    options.check = check;
    return Database::open(database_path(session.folder), key.view(), session.keyring.database_salt,
                          options);
}

/// Ok if the session's database now opens with the new key, every page checked.
Status rekey(Session& session, ByteView new_key) {
    const SecretBytes key = subkey(new_key, Subkey::kDatabase);
    const Status rekeyed = session.db.rekey(key.view(), session.keyring.database_salt);
    session.step(Step::kRekeyed);
    // Whatever it said, the file tells.
    auto fresh = reopen(session, new_key, DatabaseCheck::kAlways);
    if (fresh.ok()) {
        session.db = std::move(*fresh);
        return {};
    }
    auto old = reopen(session, session.keys.vault_key.view(), DatabaseCheck::kNever);
    if (!old.ok()) return Error(Errc::kVaultDamaged, "the database opens with neither key");
    session.db = std::move(*old);
    return rekeyed.ok() ? fresh.error() : rekeyed.error();
}

Status enter(Session& session, bool written) {
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(enter_rotation(session, write, Actor::kOfficer));
    if (written) {
        AWDA_CHECK(meta_put_number(session.db, Meta::kKeyring,
                                   static_cast<std::int64_t>(session.keyring.generation)));
    }
    return write.commit();
}

}  // namespace

Result<RotationSummary> rotate_vault_key(Session& session) {
    AWDA_CHECK(permit(session, Permission::kRotate));
    Keyring now = session.keyring;
    AWDA_TRY(drop_older_recovery(session, now));
    if (now.older_recovery.size() >= kOlderRecoveryMax) {
        return Error(Errc::kTooLarge, "rotations that headquarters has not seen");
    }
    AWDA_CHECK(check_room(session));
    SecretBytes key(32);
    session.env.random->fill(key.mutable_view());
    Keyring next = AWDA_TRY(make_next(session, now, key.view()));
    Status done = write_both(session, encode_keyring(next, key.view()), Step::kRotationPrepared,
                             Step::kRotationReady);
    if (done.ok()) done = rekey(session, key.view());
    if (!done.ok()) {
        take_back(session, next.generation);
        return done.error();
    }
    next.previous.clear();
    ++next.generation;
    session.keyring = std::move(next);
    session.keys.vault_key = std::move(key);
    const Bytes file = encode_keyring(session.keyring, session.keys.vault_key.view());
    const bool written =
        write_both(session, file, Step::kFirstKeyringWritten, Step::kSecondKeyringWritten).ok();
    enter(session, written).ignore("the next unlock enters what the keyring shows");
    return RotationSummary{session.keyring.epoch, session.keyring.slots.size()};
}

Status enter_rotation(Session& session, Write& write, Actor actor) {
    const Keyring& keyring = session.keyring;
    AWDA_CHECK(write.append(
        sync::EventType::kKeysRotated,
        encode(KeysRotated{keyring.generation, keyring.epoch, keyring.recovery}), actor));
    return meta_put_number(session.db, Meta::kEpoch, static_cast<std::int64_t>(keyring.epoch));
}

Status renew_keyring(Session& session, const Slot& opened, ByteView wrapping) {
    Keyring next = session.keyring;
    const bool dropped = AWDA_TRY(drop_older_recovery(session, next));
    const auto mine = std::ranges::find_if(
        next.slots, [&opened](const Slot& slot) { return slot.wrapped == opened.wrapped; });
    AWDA_ASSERT(mine != next.slots.end());
    const bool stale = mine->epoch != next.epoch || mine->layout != kSlotLayout;
    if (!dropped && !stale) return {};
    if (stale) {
        rewrap_slot(next.device, *mine, next.epoch, wrapping, session.keys.vault_key.view(),
                    session.keys.officer.seed.view(), *session.env.random);
    }
    return save_keyring(session, std::move(next), session.identity.officer, SlotChange::kRenewed);
}

}  // namespace awda::agent
