#include "agent/vault/recover.h"

#include <algorithm>

#include "agent/vault/event_log.h"
#include "agent/vault/keyring_opening.h"
#include "agent/vault/log_check.h"
#include "agent/vault/passphrase.h"
#include "agent/vault/payloads.h"
#include "agent/vault/recovery.h"
#include "agent/vault/schema.h"
#include "agent/vault/unlock_guard.h"
#include "agent/vault/vault_open.h"
#include "platform/text.h"
#include "sync/key_file.h"

namespace awda::agent {

namespace {

using Copy = KeyringPair::Copy;

/// A keyring, or what is left of one, and the vault key that headquarters' blob in it gives.
struct Candidate {
    Keyring keyring;  ///< without slots if they are not to be trusted
    bool whole = false;
    SecretBytes vault_key;
};

struct Found {
    Candidate chosen;
    Database db;
    std::uint64_t generation = 0;  ///< the highest seen
};

Result<SecretBytes> open_blob(const Keyring& keyring, const RecoveryKeys& keys) {
    auto opened = open_recovery(keyring.recovery, keys.first, keys.second);
    if (!opened.ok()) opened = open_recovery(keyring.recovery, keys.second, keys.first);
    if (!opened.ok()) return opened.error();
    if (opened->device != keyring.device || opened->epoch != keyring.epoch) {
        return Error(Errc::kAltered, "a recovery blob of another vault");
    }
    return std::move(opened->vault_key);
}

/// Adds what one keyring file gives; a file inside it (of a rotation that was cut off) too.
void add_candidates(ByteView file, const RecoveryKeys& keys, std::vector<Candidate>& out,
                    bool& any_head) {
    const auto head = decode_keyring_head(file);
    if (!head.ok()) return;
    any_head = true;
    Candidate candidate;
    candidate.keyring = head->keyring;
    auto key = open_blob(candidate.keyring, keys);
    const auto decoded = decode_keyring(file);
    const Bytes previous = decoded.ok() ? decoded->previous : Bytes();
    if (key.ok()) {
        candidate.whole = decoded.ok() && check_keyring_mac(file, key->view()).ok();
        if (candidate.whole) candidate.keyring = *decoded;
        candidate.keyring.previous.clear();
        candidate.vault_key = std::move(*key);
        out.push_back(std::move(candidate));
    }
    if (!previous.empty()) add_candidates(previous, keys, out, any_head);
}

Result<std::vector<Candidate>> find_candidates(const Path& vault, const RecoveryKeys& keys) {
    const KeyringPair pair(vault);
    std::vector<Candidate> found;
    bool any_head = false;
    for (const Copy copy : {Copy::kA, Copy::kB}) {
        for (const char* ending : {"", ".damaged"}) {
            Path path = pair.path(copy);
            path += ending;
            const auto file = read_file(path, kKeyringBytesMax);
            if (file.ok()) add_candidates(*file, keys, found, any_head);
        }
    }
    if (found.empty() && any_head) {
        return Error(Errc::kRecoveryKeys, "the recovery blob does not open with these keys");
    }
    if (found.empty()) {
        return file_exists(database_path(vault))
                   ? Error(Errc::kVaultDamaged, "no head of a keyring is whole")
                   : Error(Errc::kVaultMissing, "no vault in the folder");
    }
    // Whole ones first, then the newest.
    std::ranges::stable_sort(found, [](const Candidate& a, const Candidate& b) {
        if (a.whole != b.whole) return a.whole;
        return a.keyring.generation > b.keyring.generation;
    });
    return found;
}

/// The candidate whose key opens the database.
Result<Found> open_vault(const Path& vault, const Path& database, const RecoveryKeys& keys) {
    std::vector<Candidate> candidates = AWDA_TRY(find_candidates(vault, keys));
    std::uint64_t generation = 0;
    for (const Candidate& each : candidates) {
        generation = std::max(generation, each.keyring.generation);
    }
    Error refusal(Errc::kVaultDamaged, "the database opens with none of the keys");
    for (Candidate& each : candidates) {
        auto db = open_vault_database(database, each.keyring, each.vault_key.view(), false);
        if (db.ok()) return Found{std::move(each), std::move(*db), generation};
        if (db.error().code != Errc::kAltered) refusal = db.error();
    }
    return refusal;
}

Status copy_whole(const Path& from, const Path& to) {
    constexpr std::size_t kPiece = 1U << 20U;
    const InputFile in = AWDA_TRY(InputFile::open(from));
    OutputFile out = AWDA_TRY(OutputFile::open(to));
    Bytes piece(kPiece);
    std::uint64_t at = 0;
    for (;;) {
        const std::size_t got = AWDA_TRY(in.read_at(at, piece));
        AWDA_CHECK(out.write_at(at, ByteView(piece).first(got)));
        at += got;
        if (got < piece.size()) return {};
    }
}

/// Copies of the database's files, removed again; they are as encrypted as the originals.
class WorkCopy {
public:
    static Result<WorkCopy> make(const Path& vault, const Path& work) {
        AWDA_CHECK(make_folder(work));
        WorkCopy copy(work / "recover.db");
        copy.remove();
        for (const char* ending : {"", "-wal"}) {
            Path from = database_path(vault);
            from += ending;
            Path to = copy.path_;
            to += ending;
            if (file_exists(from)) AWDA_CHECK(copy_whole(from, to));
        }
        return copy;
    }
    WorkCopy(WorkCopy&& other) noexcept : path_(std::exchange(other.path_, Path())) {}
    WorkCopy& operator=(WorkCopy&&) = delete;
    ~WorkCopy() { remove(); }
    [[nodiscard]] const Path& path() const { return path_; }

private:
    explicit WorkCopy(Path path) : path_(std::move(path)) {}
    void remove() const {
        if (path_.empty()) return;
        for (const char* ending : {"", "-wal", "-shm"}) {
            Path file = path_;
            file += ending;
            remove_file(file).ignore("it is encrypted, and another check overwrites it");
        }
    }
    Path path_;
};

Result<std::uint64_t> count(Database& db, LiteralText sql) {
    return static_cast<std::uint64_t>(AWDA_TRY(db.query_integer(sql)));
}

std::vector<Slot> usable_slots(const Candidate& candidate) {
    return candidate.whole ? candidate.keyring.slots : std::vector<Slot>();
}

// ---- A new administrator ----

Result<std::string> officer_name_for(const Keyring& keyring, std::string_view name) {
    std::string composed = AWDA_TRY(nfc(name));
    if (composed.size() > kOfficerNameMax) return Error(Errc::kTooLarge, "an officer's name");
    AWDA_TRY(name_tag(keyring, composed));
    if (find_slot(keyring, composed) != nullptr) {
        return Error(Errc::kUsage, "an officer of that name is here already");
    }
    return composed;
}

/// What is not whole is kept: somebody may still make sense of it.
Status keep_damaged(const KeyringPair& pair) {
    for (const Copy copy : {Copy::kA, Copy::kB}) {
        const auto file = read_file(pair.path(copy), kKeyringBytesMax);
        if (!file_exists(pair.path(copy)) || (file.ok() && decode_keyring(*file).ok())) continue;
        Path aside = pair.path(copy);
        aside += ".damaged";
        AWDA_CHECK(rename_file(pair.path(copy), aside));
    }
    return {};
}

Status enter_recovery(Session& session, const Slot& slot, const std::string& name) {
    Write write = AWDA_TRY(Write::begin(session));
    const Bytes payload = sign_vault_recovered(
        VaultRecovered{session.keyring.epoch, slot.officer, slot.officer_key, slot.role, name, {}},
        session.keys.device.sign);
    AWDA_CHECK(write.append(sync::EventType::kVaultRecovered, payload, Actor::kDevice));
    AWDA_CHECK(meta_put_number(session.db, Meta::kOrderWaits, 0));
    AWDA_CHECK(meta_put_number(session.db, Meta::kOpen, 1));
    AWDA_CHECK(meta_put_number(session.db, Meta::kEpoch,
                               static_cast<std::int64_t>(session.keyring.epoch)));
    return write.commit();
}

}  // namespace

Result<RecoveryKeys> read_recovery_keys(const Path& first, const Path& second) {
    const SecretBytes a = AWDA_TRY(sync::read_key_file(first, sync::KeyPurpose::kRecovery, 32));
    const SecretBytes b = AWDA_TRY(sync::read_key_file(second, sync::KeyPurpose::kRecovery, 32));
    if (equal(a.view(), b.view())) return Error(Errc::kRecoveryKeys, "one recovery key twice");
    return RecoveryKeys{seal_key_from_secret(a.view()), seal_key_from_secret(b.view())};
}

Result<RecoveryReport> check_recovery(const Path& vault, const RecoveryKeys& keys,
                                      const Path& work) {
    AWDA_TRY(find_candidates(vault, keys));
    const WorkCopy copy = AWDA_TRY(WorkCopy::make(vault, work));
    Found found = AWDA_TRY(open_vault(vault, copy.path(), keys));
    AWDA_CHECK(check_schema(found.db));
    const Keyring& keyring = found.chosen.keyring;
    RecoveryReport report;
    report.device = keyring.device;
    report.office = keyring.office;
    report.epoch = keyring.epoch;
    report.keyring_whole = found.chosen.whole;
    report.revoked = found.chosen.whole && keyring.revoked;
    report.slots = usable_slots(found.chosen).size();
    report.drafts = AWDA_TRY(count(found.db, "SELECT count(*) FROM drafts"));
    report.waiting_records =
        AWDA_TRY(count(found.db, "SELECT count(*) FROM records WHERE state < 3"));
    report.log = AWDA_TRY(
        check_log(found.db, LogOrigin{keyring.device, keyring.office, keyring.device_sign}));
    return report;
}

Result<std::unique_ptr<Session>> recover_officer(const VaultEnv& env, const Path& vault,
                                                 const RecoveryKeys& keys,
                                                 std::string_view officer_name,
                                                 const SecretBytes& passphrase) {
    FileLock lock = AWDA_TRY(FileLock::take(vault / "vault.lock"));
    Found found = AWDA_TRY(open_vault(vault, database_path(vault), keys));
    AWDA_CHECK(check_schema(found.db));
    Keyring keyring = found.chosen.keyring;
    keyring.slots = usable_slots(found.chosen);
    const std::string name = AWDA_TRY(officer_name_for(keyring, officer_name));
    const SecretBytes composed = AWDA_TRY(nfc_secret(passphrase.view()));
    AWDA_CHECK(check_passphrase(composed.view(), {name}));
    const KdfCost cost = AWDA_TRY(calibrate(env.kdf, *env.clock));

    SessionKeys secrets;
    secrets.device = AWDA_TRY(unwrap_device_keys(keyring, found.chosen.vault_key.view()));
    secrets.officer = new_sign_key(*env.random);
    secrets.vault_key = std::move(found.chosen.vault_key);
    const OfficerId officer{new_uuid_v7(env.clock->now(), *env.random)};
    const Hash32 tag = AWDA_TRY(name_tag(keyring, name));
    // Slots that were erased left no number behind: the id of the officer, new, keeps apart.
    const Slot slot = AWDA_TRY(make_slot(keyring, next_slot_number(keyring), officer,
                                         Role::kAdministrator, tag, secrets.vault_key.view(),
                                         secrets.officer, composed.view(), cost, *env.random));
    const std::int64_t known = AWDA_TRY(meta_number(found.db, Meta::kKeyring, 0));
    keyring.generation = std::max(found.generation, static_cast<std::uint64_t>(known));
    keyring.revoked = false;
    auto session = std::make_unique<Session>(env, vault, std::move(lock), std::move(found.db),
                                             keyring, std::move(secrets), slot);
    AWDA_CHECK(session->log.load());
    // The log first: a slot of an officer whom the log does not know would be refused.
    AWDA_CHECK(enter_recovery(*session, slot, name));
    keyring.slots.push_back(slot);
    AWDA_CHECK(keep_damaged(KeyringPair(vault)));
    AWDA_CHECK(save_keyring(*session, std::move(keyring), officer, SlotChange::kAdded));
    UnlockGuard(vault).forget_tries();
    return session;
}

}  // namespace awda::agent
