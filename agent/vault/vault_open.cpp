#include "agent/vault/vault_open.h"

#include <algorithm>

#include "agent/vault/attachments.h"
#include "agent/vault/delivery.h"
#include "agent/vault/duress.h"
#include "agent/vault/keyring_opening.h"
#include "agent/vault/log_check.h"
#include "agent/vault/passphrase.h"
#include "agent/vault/projections.h"
#include "agent/vault/recovery.h"
#include "agent/vault/revocation.h"
#include "agent/vault/rotation.h"
#include "agent/vault/schema.h"
#include "agent/vault/unlock_guard.h"
#include "platform/codec.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

using Copy = KeyringPair::Copy;

/// Runs `work`; if the disk is full, gives the ballast back and runs it once more.
template <typename Work>
auto with_ballast(const Path& folder, Work work) -> decltype(work()) {
    auto done = work();
    if (done.ok() || done.error().code != Errc::kDiskFull || !drop_ballast(folder)) return done;
    return work();
}

/// A vault that has not kept any yet begins with the highest time in its log.
Status load_time(Session& session) {
    const auto kept = AWDA_TRY(load_time_seen(session.db));
    if (kept) session.seen = *kept;
    session.seen.server_ms =
        std::max(session.seen.server_ms, AWDA_TRY(meta_number(session.db, Meta::kServerHigh, 0)));
    if (kept) return {};
    session.seen.believed_ms = std::max(AWDA_TRY(highest_time(session)), session.hq.issued_ms);
    session.seen.claimed_ms = session.seen.believed_ms;
    return {};
}

/// The slot is bound to the role the officer was enrolled with; the log says what it is now.
Status load_identity(Session& session, const Slot& slot) {
    const auto device = AWDA_TRY(meta_get(session.db, Meta::kDevice));
    if (!device || !equal(*device, session.keyring.device.bytes())) {
        return Error(Errc::kVaultDamaged, "keyring and database are not of one vault");
    }
    const auto voucher_file = AWDA_TRY(meta_get(session.db, Meta::kVoucher));
    if (!voucher_file) return Error(Errc::kVaultDamaged, "the vault has lost its voucher");
    const sync::OpenedVoucher voucher = AWDA_TRY(sync::open_voucher(*voucher_file));
    session.hq = voucher.hq;
    Identity& who = session.identity;
    who.office_name = voucher.voucher.office_name;
    who.server_url = voucher.voucher.server_url;
    who.fingerprint =
        sync::fingerprint_words(session.keyring.device_sign, session.keyring.device_seal);
    Statement query = AWDA_TRY(session.db.prepare(
        "SELECT name, key, enrolled, role, lease_ms, active FROM officers WHERE officer = ?"));
    query.bind(1, slot.officer.value);
    if (!AWDA_TRY(query.step()) || AWDA_TRY(query.fixed<32>(1)) != slot.officer_key ||
        query.integer(2) != static_cast<std::int64_t>(slot.role)) {
        return Error(Errc::kAltered, "a slot of an officer whom the log does not know");
    }
    who.officer_name = std::string(query.text(0));
    who.role = static_cast<Role>(query.integer(3));
    session.lease = {query.integer(4), query.integer(5) != 0};
    return load_time(session);
}

/// Enters wrong tries of the time while it was locked; those entered before a crash are skipped.
Status merge_failures(Session& session, Write& write, const FailureFile& file) {
    if (file.failures.empty()) return {};
    std::size_t done = 0;
    if (const auto last = AWDA_TRY(meta_get(session.db, Meta::kFailureFile))) {
        ByteReader in(*last);
        if (in.fixed<16>() == file.file) done = in.u32();
    }
    for (std::size_t i = done; i < file.failures.size(); ++i) {
        const UnlockFailure& failure = file.failures[i];
        AWDA_CHECK(write.append(sync::EventType::kUnlockFailed,
                                encode_unlock_failed(failure.claimed_ms, failure.officer),
                                Actor::kDevice));
        ++session.report.failed_unlocks;
    }
    ByteWriter mark;
    mark.raw(file.file);
    mark.u32(static_cast<std::uint32_t>(file.failures.size()));
    return meta_put(session.db, Meta::kFailureFile, mark.bytes());
}

/// The generation is noted only once both copies hold it: then one that is older was put back.
Status note_keyring(Session& session, Write& write, bool both_copies) {
    const auto generation = static_cast<std::int64_t>(session.keyring.generation);
    const std::int64_t known = AWDA_TRY(meta_number(session.db, Meta::kKeyring, 0));
    if (generation < known) return Error(Errc::kAltered, "an older keyring was put back");
    if (generation == known || !both_copies) return {};
    AWDA_CHECK(write.append(
        sync::EventType::kSlotChanged,
        encode(SlotChanged{session.keyring.generation, OfficerId{}, SlotChange::kFound}),
        Actor::kDevice));
    return meta_put_number(session.db, Meta::kKeyring, generation);
}

/// A vault key that the log does not know yet: a crash came between the rotation and its event.
Status note_epoch(Session& session, Write& write) {
    const std::int64_t known = AWDA_TRY(meta_number(session.db, Meta::kEpoch, 1));
    if (static_cast<std::int64_t>(session.keyring.epoch) <= known) return {};
    return enter_rotation(session, write, Actor::kDevice);
}

/// The session's first transaction: what happened meanwhile, and that somebody logged in.
Status write_arrival(Session& session, const FailureFile& failures, bool both_copies) {
    session.report.failed_unlocks = 0;
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(merge_failures(session, write, failures));
    AWDA_CHECK(note_keyring(session, write, both_copies));
    AWDA_CHECK(note_epoch(session, write));
    const std::int64_t last_wall = AWDA_TRY(meta_number(session.db, Meta::kLastWall, 0));
    if (const auto jump = session.watch.since(last_wall)) {
        session.report.clock_jumped = true;
        AWDA_CHECK(write.append(sync::EventType::kClockJump,
                                encode_clock_jump(jump->expected_ms, jump->found_ms),
                                Actor::kDevice));
    }
    AWDA_CHECK(
        write.append(sync::EventType::kUnlocked, encode_unlocked(session.keyring.generation)));
    session.report.unclean_exit =
        session.db.checked() || AWDA_TRY(meta_number(session.db, Meta::kOpen, 0)) != 0;
    AWDA_CHECK(meta_put_number(session.db, Meta::kOpen, 1));
    return write.commit();
}

/// A keyring and the database that it opens; no database under duress and after a revocation.
struct Arrival {
    OpenedKeyring opened;
    std::optional<Database> db;
};

Result<Arrival> open_both(const VaultEnv& env, const Path& folder,
                          const std::vector<KeyringPair::Loaded>& copies, std::string_view name,
                          ByteView passphrase) {
    Arrival arrival;
    arrival.opened = AWDA_TRY(open_keyring(copies, name, passphrase, env.kdf, env.factor));
    UnlockGuard(folder).forget_tries();
    if (arrival.opened.duress || arrival.opened.revoked) return arrival;
    arrival.db = AWDA_TRY(
        with_ballast(folder, [&] { return open_either(database_path(folder), arrival.opened); }));
    return arrival;
}

/// A copy may be consistent in itself and yet be no copy of this vault's: the database decides.
/// Only a key that does not fit sends us to the other copy: what a check refused stays refused, for
/// the first opening has emptied the write-ahead log, and the second would check less.
Result<Arrival> arrive(const VaultEnv& env, const Path& folder,
                       const std::vector<KeyringPair::Loaded>& copies, std::string_view name,
                       ByteView passphrase) {
    auto newest = open_both(env, folder, copies, name, passphrase);
    if (newest.ok() || newest.error().code != Errc::kAltered) return newest;
    if (copies.size() > 1) {
        auto older = open_both(env, folder, {copies[1]}, name, passphrase);
        if (older.ok() && older->db.has_value()) return older;
    }
    return Error(Errc::kVaultDamaged, "the database does not open with its key");
}

/// Opening checks the database if a write-ahead log was left. One that is gone although the last
/// session had no end was taken away, and is no reason to check less.
Status check_after_unclean_end(Database& db) {
    if (db.checked() || AWDA_TRY(db.user_version()) < 1) return {};
    return AWDA_TRY(meta_number(db, Meta::kOpen, 0)) == 0 ? Status() : db.check_integrity();
}

Result<std::unique_ptr<Session>> begin_session(const VaultEnv& env, const Path& folder,
                                               FileLock lock, OpenedKeyring opened, Database db) {
    AWDA_CHECK(check_after_unclean_end(db));
    AWDA_CHECK(check_schema(db));
    // Only now is it certain that this keyring is the database's.
    settle_copies(KeyringPair(folder), opened)
        .ignore("one good copy is enough; the next unlock tries again");
    Keyring keyring = opened.loaded.keyring;
    complete_slots(keyring, *env.random);
    SessionKeys keys;
    keys.device = AWDA_TRY(unwrap_device_keys(keyring, opened.vault_key.view()));
    keys.officer = sign_key_from_seed(opened.secrets.officer_seed.view());
    if (keys.officer.pub != opened.slot.officer_key) {
        return Error(Errc::kAltered, "the officer's key does not match its slot");
    }
    keys.vault_key = std::move(opened.vault_key);
    if (env.before_tables) {
        AWDA_CHECK(
            env.before_tables(db, LogOrigin{keyring.device, keyring.office, keyring.device_sign}));
    }
    auto session = std::make_unique<Session>(env, folder, std::move(lock), std::move(db),
                                             std::move(keyring), std::move(keys), opened.slot);
    AWDA_CHECK(session->log.load());
    AWDA_CHECK(load_identity(*session, opened.slot));
    const UnlockGuard guard(folder);
    const FailureFile failures = guard.failures(session->keys.device.seal);
    session->report.keyring_repaired = opened.repaired;
    AWDA_CHECK(with_ballast(folder,
                            [&] { return write_arrival(*session, failures, opened.both_copies); }));
    session->step(Step::kFailuresMerged);
    guard.remove_failures();
    return session;
}

// ---- Making a vault ----

struct Birth {
    Keyring keyring;
    SessionKeys keys;
    sync::OpenedVoucher voucher;
    Slot slot;
    std::string officer_name;
};

Result<std::string> check_name(std::string_view name) {
    std::string composed = AWDA_TRY(nfc(name));
    if (composed.size() > kOfficerNameMax) return Error(Errc::kTooLarge, "an officer's name");
    if (AWDA_TRY(fold_name(composed)).empty())
        return Error(Errc::kUsage, "an officer without a name");
    return composed;
}

Result<Birth> make_keys(const VaultEnv& env, const NewVault& wanted, ByteView passphrase) {
    Random& random = *env.random;
    Birth birth;
    birth.voucher = AWDA_TRY(sync::open_voucher(wanted.voucher));
    const sync::Voucher& voucher = birth.voucher.voucher;
    const UnixMs now = env.clock->now();
    if (now > voucher.expires_ms) return Error(Errc::kVoucherExpired, "an expired voucher");
    const auto role = parse_role(voucher.role);
    if (!role) return Error(Errc::kMalformed, "a voucher with an unknown role");
    const KdfCost cost = AWDA_TRY(calibrate(env.kdf, *env.clock));

    birth.officer_name = AWDA_TRY(check_name(wanted.officer_name));
    birth.keys.vault_key = SecretBytes(32);
    random.fill(birth.keys.vault_key.mutable_view());
    birth.keys.device = DeviceKeys{new_sign_key(random), new_seal_key(random)};
    birth.keys.officer = new_sign_key(random);
    Keyring& keyring = birth.keyring;
    keyring.device = DeviceId{new_uuid_v7(now, random)};
    keyring.office = voucher.office;
    random.fill(keyring.database_salt);
    random.fill(keyring.name_salt);
    keyring.device_sign = birth.keys.device.sign.pub;
    keyring.device_seal = birth.keys.device.seal.pub;
    const ByteView vault_key = birth.keys.vault_key.view();
    keyring.device_keys = wrap_device_keys(keyring, vault_key, birth.keys.device, random);
    keyring.recovery =
        seal_recovery(keyring.device, keyring.epoch, vault_key, birth.voucher.hq.recovery);
    const Hash32 tag = AWDA_TRY(name_tag(keyring, birth.officer_name));
    birth.slot = AWDA_TRY(make_slot(keyring, 1, OfficerId{new_uuid_v7(now, random)}, *role, tag,
                                    vault_key, birth.keys.officer, passphrase, cost, random));
    keyring.slots.push_back(birth.slot);
    return birth;
}

Bytes enrolment_request(const Birth& birth, UnixMs now) {
    sync::EnrolRequest request;
    request.voucher = birth.voucher.voucher.id;
    request.voucher_hash = birth.voucher.hash;
    request.device = birth.keyring.device;
    request.office = birth.keyring.office;
    request.device_sign = birth.keyring.device_sign;
    request.device_seal = birth.keyring.device_seal;
    request.officer = birth.slot.officer;
    request.officer_key = birth.slot.officer_key;
    request.recovery = birth.keyring.recovery;
    request.claimed_ms = now;
    return sync::sign_enrol_request(request, birth.keys.device.sign);
}

Status write_beginning(const VaultEnv& env, const NewVault& wanted, const Birth& birth,
                       Database& db) {
    const Keyring& keyring = birth.keyring;
    EventLog log(db, keyring.device, keyring.office, *env.clock, *env.random,
                 LogSigners{&birth.keys.device.sign, birth.slot.officer, &birth.keys.officer});
    Transaction transaction = AWDA_TRY(Transaction::begin(db));
    AWDA_CHECK(meta_put(db, Meta::kDevice, keyring.device.bytes()));
    AWDA_CHECK(meta_put(db, Meta::kOffice, keyring.office.bytes()));
    AWDA_CHECK(meta_put(db, Meta::kVoucher, wanted.voucher));
    AWDA_CHECK(meta_put(db, Meta::kEnrolRequest, enrolment_request(birth, env.clock->now())));
    AWDA_CHECK(meta_put_number(db, Meta::kKeyring, static_cast<std::int64_t>(keyring.generation)));
    AWDA_CHECK(log.load());
    const Bytes payload = encode(DeviceInitialised{
        birth.voucher.voucher.id, keyring.device_sign, keyring.device_seal, birth.slot.officer,
        birth.slot.officer_key, birth.slot.role, birth.officer_name});
    const sync::Event first =
        AWDA_TRY(log.append(sync::EventType::kDeviceInitialised, payload, Actor::kOfficer));
    AWDA_CHECK(apply(db, first));
    AWDA_TRY(log.append_checkpoint());
    AWDA_CHECK(log.keep_head());
    return transaction.commit();
}

/// The database is made under another name and moved into place whole. One that lies there without
/// any keyring cannot be opened by anybody here; it is kept, in case headquarters has its key.
Status make_database(const VaultEnv& env, const NewVault& wanted, const Birth& birth) {
    const Path place = database_path(wanted.folder);
    Path fresh = place;
    fresh += ".new";
    for (const char* ending : {"", "-wal", "-shm"}) {
        Path leftover = fresh;
        leftover += ending;
        AWDA_CHECK(remove_file(leftover));
    }
    {
        Database db =
            AWDA_TRY(open_vault_database(fresh, birth.keyring, birth.keys.vault_key.view(), true));
        AWDA_CHECK(make_schema(db));
        AWDA_CHECK(write_beginning(env, wanted, birth, db));
        AWDA_CHECK(db.checkpoint());
    }
    for (const char* ending : {"", "-wal"}) {
        Path old = place;
        old += ending;
        if (!file_exists(old)) continue;
        Path aside = place;
        aside += ".aside-" + std::to_string(env.clock->now());
        aside += ending;
        AWDA_CHECK(rename_file(old, aside));
    }
    return rename_file(fresh, place);
}

/// Keeps the wrong try for the log, and after many of them says who can help.
Error refuse_try(const VaultEnv& env, const UnlockGuard& guard, const Keyring& keyring,
                 std::string_view officer_name, const Error& refusal) {
    if (refusal.code == Errc::kRevoked) guard.forget_tries();
    if (refusal.code != Errc::kWrongPassphrase) return refusal;
    const Slot* slot = find_slot(keyring, officer_name);
    guard.keep_failure({env.clock->now(), slot != nullptr ? slot->officer : OfficerId{}},
                       keyring.device_seal, *env.random);
    if (!guard.many_tries()) return refusal;
    return Error(Errc::kManyWrongTries, "ten wrong passphrases or more");
}

}  // namespace

bool vault_present(const Path& folder) {
    return KeyringPair(folder).any();
}

Result<std::unique_ptr<Session>> make_vault(const VaultEnv& env, const NewVault& wanted) {
    AWDA_ASSERT(wanted.passphrase != nullptr);
    if (vault_present(wanted.folder)) return Error(Errc::kVaultExists, "a vault is here already");
    const SecretBytes passphrase = AWDA_TRY(nfc_secret(wanted.passphrase->view()));
    AWDA_CHECK(check_passphrase(passphrase.view(), {wanted.officer_name}));
    AWDA_CHECK(make_folder(wanted.folder));
    FileLock lock = AWDA_TRY(FileLock::take(wanted.folder / "vault.lock"));
    Birth birth = AWDA_TRY(make_keys(env, wanted, passphrase.view()));
    AWDA_CHECK(make_database(env, wanted, birth));
    if (env.on_step) env.on_step(Step::kDatabaseMade);
    const KeyringPair pair(wanted.folder);
    const Bytes file = encode_keyring(birth.keyring, birth.keys.vault_key.view());
    AWDA_CHECK(pair.write(Copy::kA, file));
    if (env.on_step) env.on_step(Step::kFirstKeyringWritten);
    AWDA_CHECK(pair.write(Copy::kB, file));
    if (env.on_step) env.on_step(Step::kSecondKeyringWritten);
    OpenedKeyring opened;
    opened.loaded = {Copy::kA, file, birth.keyring};
    opened.slot = birth.slot;
    opened.vault_key = std::move(birth.keys.vault_key);
    opened.secrets.officer_seed = std::move(birth.keys.officer.seed);
    Database db = AWDA_TRY(open_vault_database(database_path(wanted.folder), birth.keyring,
                                               opened.vault_key.view(), false));
    auto session = AWDA_TRY(
        begin_session(env, wanted.folder, std::move(lock), std::move(opened), std::move(db)));
    AWDA_CHECK(restore_papers(*session));
    session->step(Step::kEnrolmentWritten);
    make_ballast(wanted.folder, *env.random);
    return session;
}

Result<std::unique_ptr<Session>> unlock_vault(const VaultEnv& env, const Path& folder,
                                              std::string_view officer_name,
                                              const SecretBytes& passphrase) {
    if (!vault_present(folder)) {
        return file_exists(database_path(folder))
                   ? Error(Errc::kVaultDamaged, "the vault has lost both copies of its keyring")
                   : Error(Errc::kVaultMissing, "no vault in the folder");
    }
    FileLock lock = AWDA_TRY(FileLock::take(folder / "vault.lock"));
    const UnlockGuard guard(folder);
    const UnixMs now = env.clock->now();
    if (guard.delay_ms(now) > 0)
        return Error(Errc::kUnlockDelayed, "a wait after wrong passphrases");
    const KeyringPair pair(folder);
    const std::vector<KeyringPair::Loaded> copies = AWDA_TRY(pair.load());
    const auto composed = nfc_secret(passphrase.view());
    if (!composed.ok()) return Error(Errc::kWrongPassphrase, "a passphrase that is not text");
    guard.count_try(now);
    auto arrival = arrive(env, folder, copies, officer_name, composed->view());
    if (!arrival.ok()) {
        return refuse_try(env, guard, copies[0].keyring, officer_name, arrival.error());
    }
    OpenedKeyring* opened = &arrival->opened;
    if (opened->duress) return erase_under_duress(pair, *env.random);
    if (opened->revoked) return end_revocation(pair, copies[0], *env.random);
    const Slot slot = opened->slot;
    const SecretBytes wrapping = std::move(opened->secrets.wrapping);
    auto session = AWDA_TRY(
        begin_session(env, folder, std::move(lock), std::move(*opened), std::move(*arrival->db)));
    restore_papers(*session).ignore("a full disk must not keep an officer out");
    if (const auto news = reconcile(*session); news.ok()) {
        session->report.batches_restored = news->restored;
        session->report.receipts_refused = news->refused;
    }
    renew_keyring(*session, slot, wrapping.view()).ignore("the next unlock tries again");
    if (AWDA_TRY(obey_waiting_order(*session))) {
        close_session(std::move(session))
            .ignore("the slots are gone; only headquarters comes back");
        return Error(Errc::kRevoked, "an order that waited in the outbox");
    }
    sweep_attachments(*session).ignore("the next unlock sweeps again");
    make_ballast(folder, *env.random);
    return session;
}

Status close_session(std::unique_ptr<Session> session, LockReason why) {
    const auto say_goodbye = [&session, why]() -> Status {
        Write write = AWDA_TRY(Write::begin(*session));
        AWDA_CHECK(end_editing(*session, write));
        if (why != LockReason::kAsked) {
            AWDA_CHECK(write.append(sync::EventType::kLockedItself, encode_locked_itself(why)));
        }
        AWDA_CHECK(write.append(sync::EventType::kLocked, encode_locked()));
        AWDA_CHECK(write.checkpoint());
        AWDA_CHECK(meta_put_number(session->db, Meta::kOpen, 0));
        AWDA_CHECK(write.commit());
        return session->db.checkpoint();
    };
    return with_ballast(session->folder, say_goodbye);
}

Status save_keyring(Session& session, Keyring next, const OfficerId& officer, SlotChange change) {
    next.generation = session.keyring.generation + 1;
    complete_slots(next, *session.env.random);
    const Bytes file = encode_keyring(next, session.keys.vault_key.view());
    const KeyringPair pair(session.folder);
    AWDA_CHECK(pair.write(Copy::kA, file));
    // From here on the change is made. What fails below is put right at the next unlock, which
    // finds the second copy or the log behind.
    session.step(Step::kFirstKeyringWritten);
    session.keyring = std::move(next);
    if (!pair.write(Copy::kB, file).ok()) return {};
    session.step(Step::kSecondKeyringWritten);
    const auto enter = [&session, &officer, change]() -> Status {
        Write write = AWDA_TRY(Write::begin(session));
        const std::uint64_t generation = session.keyring.generation;
        AWDA_CHECK(write.append(sync::EventType::kSlotChanged,
                                encode(SlotChanged{generation, officer, change})));
        AWDA_CHECK(
            meta_put_number(session.db, Meta::kKeyring, static_cast<std::int64_t>(generation)));
        return write.commit();
    };
    enter().ignore("the next unlock enters what the keyring shows");
    return {};
}

}  // namespace awda::agent
