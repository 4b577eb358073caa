#include "sync/central/key_folders.h"

#include <filesystem>

#include "sync/central/tls_identity.h"
#include "sync/key_file.h"

namespace awda::central {

namespace {

using sync::write_key_file;
using Purpose = sync::KeyPurpose;
constexpr std::uint64_t kProtectionLogMax = 64U << 20U;

constexpr std::size_t kPublicFileMax = 4096;
constexpr std::size_t kPemFileMax = 64U << 10U;

const std::array<std::string, 3> kRootFolders{"root-a", "root-b", "root-c"};
const std::array<std::string, 3> kRecoveryFolders{"recovery-a", "recovery-b", "recovery-c"};

/// A missing file gets the key folder's own error: "not found" alone would not say which.
Result<Bytes> read_other_file(const Path& path, std::uint64_t limit) {
    auto file = read_file(path, limit);
    if (!file.ok() && file.error().code == Errc::kNotFound) {
        return Error(Errc::kKeysMissing, "read a key file");
    }
    return file;
}

Result<SignKey> read_sign_key(const Path& path, Purpose purpose) {
    const SecretBytes seed = AWDA_TRY(sync::read_key_file(path, purpose, 32));
    return sign_key_from_seed(seed.view());
}

Result<SealKey> read_seal_key(const Path& path, Purpose purpose) {
    const SecretBytes secret = AWDA_TRY(sync::read_key_file(path, purpose, 32));
    return seal_key_from_secret(secret.view());
}

struct Roots {
    std::array<SignKey, sync::kRootKeys> keys;
};

/// Roots and recovery: the keys that never meet a network.
Result<Roots> write_offline(const Path& out, sync::HqKeys& hq, Random& random) {
    Roots roots;
    for (std::size_t i = 0; i < kRootFolders.size(); ++i) {
        AWDA_CHECK(make_folder(out / kRootFolders[i]));
        AWDA_CHECK(make_folder(out / kRecoveryFolders[i]));
        roots.keys[i] = new_sign_key(random);
        hq.roots[i] = roots.keys[i].pub;
        AWDA_CHECK(write_key_file(out / kRootFolders[i] / "root.key", Purpose::kRoot,
                                  roots.keys[i].seed.view()));
        const SealKey recovery = new_seal_key(random);
        hq.recovery[i] = recovery.pub;
        AWDA_CHECK(write_key_file(out / kRecoveryFolders[i] / "recovery.key", Purpose::kRecovery,
                                  recovery.secret.view()));
    }
    AWDA_CHECK(make_folder(out / "protection"));
    const SealKey protection = new_seal_key(random);
    hq.protection = protection.pub;
    AWDA_CHECK(write_key_file(out / "protection" / "protection.key", Purpose::kProtection,
                              protection.secret.view()));
    AWDA_CHECK(make_folder(out / "delegate"));
    const SignKey delegate = new_sign_key(random);
    hq.delegate = delegate.pub;
    AWDA_CHECK(write_key_file(out / "delegate" / "delegate.key", Purpose::kDelegate,
                              delegate.seed.view()));
    return roots;
}

Status write_registry(const Path& folder, sync::HqKeys& hq, Random& random) {
    AWDA_CHECK(make_folder(folder));
    const SealKey registry = new_seal_key(random);
    hq.registry = registry.pub;
    AWDA_CHECK(write_key_file(folder / "registry.key", Purpose::kRegistry, registry.secret.view()));
    const SignKey opened = new_sign_key(random);
    hq.opened_receipt = opened.pub;
    AWDA_CHECK(
        write_key_file(folder / "opened-receipt.key", Purpose::kOpenedReceipt, opened.seed.view()));
    SecretBytes database(48);
    random.fill(database.mutable_view());
    return write_key_file(folder / "database.key", Purpose::kDatabase, database.view());
}

Status write_frontend(const Path& folder, const std::vector<std::string>& hosts, UnixMs now,
                      sync::HqKeys& hq, Random& random) {
    AWDA_CHECK(make_folder(folder));
    const SignKey stored = new_sign_key(random);
    hq.stored_receipt = stored.pub;
    AWDA_CHECK(
        write_key_file(folder / "stored-receipt.key", Purpose::kStoredReceipt, stored.seed.view()));
    const SecretBytes key = AWDA_TRY(new_tls_key());
    const SecretBytes spare = AWDA_TRY(new_tls_key());
    const std::string certificate = AWDA_TRY(self_signed_certificate(key.view(), hosts, now));
    hq.tls_pins = {AWDA_TRY(pin_of_key(key.view())), AWDA_TRY(pin_of_key(spare.view()))};
    AWDA_CHECK(atomic_write(folder / "tls.key", key.view()));
    AWDA_CHECK(atomic_write(folder / "tls.crt", as_bytes(certificate)));
    return atomic_write(folder / "tls-spare.key", spare.view());
}

Result<sync::HqKeys> write_all(const Path& out, const std::vector<std::string>& hosts,
                               const Clock& clock, Random& random) {
    sync::HqKeys hq;
    hq.issued_ms = clock.now();
    const Roots roots = AWDA_TRY(write_offline(out, hq, random));
    AWDA_CHECK(write_registry(out / "registry", hq, random));
    AWDA_CHECK(write_frontend(out / "frontend", hosts, hq.issued_ms, hq, random));
    sync::SignedHqKeys signed_keys;
    signed_keys.body = sync::encode_hq_keys(hq);
    for (std::uint8_t i = 0; i < sync::kRootThreshold; ++i) {
        signed_keys.signatures.push_back(sync::sign_hq_keys(signed_keys.body, i, roots.keys[i]));
    }
    AWDA_CHECK(atomic_write(out / "hq.keys", sync::encode_signed_hq_keys(signed_keys)));
    return hq;
}

void remove_quietly(const Path& folder) {
    std::error_code ignored;  // it lies beside, unused, if it can't be removed
    std::filesystem::remove_all(folder, ignored);
}

}  // namespace

Result<sync::HqKeys> init_key_folders(const Path& out, const std::vector<std::string>& hosts,
                                      const Clock& clock, Random& random) {
    std::error_code failed;
    if (file_exists(out) && (!std::filesystem::is_directory(out, failed) ||
                             !std::filesystem::is_empty(out, failed) || failed)) {
        return Error(Errc::kKeysExist, "make the key folders");
    }
    // Made beside and moved into place at once: half a set of keys is worse than none.
    Path target = std::filesystem::absolute(out, failed).lexically_normal();
    if (!target.has_filename()) target = target.parent_path();
    Path beside = target;
    std::array<std::uint8_t, 6> tag{};
    random.fill(tag);
    beside += ".new-" + to_hex(tag);
    AWDA_CHECK(make_folder(beside));
    auto made = write_all(beside, hosts, clock, random);
    if (!made.ok()) {
        remove_quietly(beside);
        return made;
    }
    const Status moved = rename_file(beside, target);
    if (!moved.ok()) {
        remove_quietly(beside);
        return moved.error();
    }
    return made;
}

const std::vector<std::string>& offline_folders() {
    static const std::vector<std::string> kFolders{
        "root-a", "root-b", "root-c", "recovery-a", "recovery-b", "recovery-c", "protection"};
    return kFolders;
}

Result<DatabaseKey> load_database_key(const Path& keys) {
    const SecretBytes both =
        AWDA_TRY(sync::read_key_file(keys / "registry" / "database.key", Purpose::kDatabase, 48));
    return DatabaseKey{SecretBytes::copy_of(both.view().first(32)),
                       SecretBytes::copy_of(both.view().subspan(32))};
}

Result<PublicKeys> load_public_keys(const Path& keys) {
    const Bytes file = AWDA_TRY(read_other_file(keys / "hq.keys", kPublicFileMax));
    const auto parsed = sync::decode_signed_hq_keys(file);
    if (!parsed.ok()) return Error(Errc::kKeysMismatch, "read hq.keys");
    const auto body = sync::decode_hq_keys(parsed->body);
    if (!body.ok()) return Error(Errc::kKeysMismatch, "read the body of hq.keys");
    const auto verified = sync::verify_hq_keys(*parsed, body->roots);
    if (!verified.ok()) return Error(Errc::kKeysMismatch, "check the signatures of hq.keys");
    return PublicKeys{*parsed, *verified};
}

Result<VoucherKeys> load_voucher_keys(const Path& keys) {
    VoucherKeys loaded;
    loaded.hq = AWDA_TRY(load_public_keys(keys));
    loaded.delegate =
        AWDA_TRY(read_sign_key(keys / "delegate" / "delegate.key", Purpose::kDelegate));
    if (loaded.delegate.pub != loaded.hq.hq.delegate) {
        return Error(Errc::kKeysMismatch, "the delegate's key is not the one hq.keys names");
    }
    return loaded;
}

Result<SealKey> load_protection_key(const Path& keys) {
    const PublicKeys hq = AWDA_TRY(load_public_keys(keys));
    SealKey key =
        AWDA_TRY(read_seal_key(keys / "protection" / "protection.key", Purpose::kProtection));
    if (key.pub != hq.hq.protection) {
        return Error(Errc::kKeysMismatch, "the protection key is not the one hq.keys names");
    }
    return key;
}

Status append_protection_log(const Path& keys, UnixMs now, const InstanceId& record) {
    const Path path = keys / "protection" / "opened.log";
    Bytes book;
    if (file_exists(path)) book = AWDA_TRY(read_file(path, kProtectionLogMax));
    const std::string line = to_iso_utc(now) + " opened record=" + to_text(record) + "\n";
    const ByteView added = as_bytes(line);
    book.insert(book.end(), added.begin(), added.end());
    return atomic_write(path, book);
}

Result<ServeKeys> load_serve_keys(const Path& keys) {
    ServeKeys loaded;
    loaded.hq = AWDA_TRY(load_public_keys(keys));
    const Path registry = keys / "registry";
    const Path frontend = keys / "frontend";
    loaded.registry = AWDA_TRY(read_seal_key(registry / "registry.key", Purpose::kRegistry));
    loaded.opened_receipt =
        AWDA_TRY(read_sign_key(registry / "opened-receipt.key", Purpose::kOpenedReceipt));
    loaded.stored_receipt =
        AWDA_TRY(read_sign_key(frontend / "stored-receipt.key", Purpose::kStoredReceipt));
    Bytes key = AWDA_TRY(read_other_file(frontend / "tls.key", kPemFileMax));
    loaded.tls_key = SecretBytes::copy_of(key);
    wipe(key);
    loaded.tls_certificate =
        std::string(as_text(AWDA_TRY(read_other_file(frontend / "tls.crt", kPemFileMax))));
    const sync::HqKeys& hq = loaded.hq.hq;
    if (loaded.registry.pub != hq.registry || loaded.opened_receipt.pub != hq.opened_receipt ||
        loaded.stored_receipt.pub != hq.stored_receipt) {
        return Error(Errc::kKeysMismatch, "a server key is not the one hq.keys names");
    }
    const auto key_pin = pin_of_key(loaded.tls_key.view());
    const auto certificate_pin = pin_of_certificate(as_bytes(loaded.tls_certificate));
    if (!key_pin.ok() || !certificate_pin.ok() || *key_pin != *certificate_pin ||
        (*key_pin != hq.tls_pins[0] && *key_pin != hq.tls_pins[1])) {
        return Error(Errc::kKeysMismatch, "the TLS key is not one that agents pin");
    }
    return loaded;
}

}  // namespace awda::central
