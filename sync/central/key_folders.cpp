#include "sync/central/key_folders.h"

#include <filesystem>

#include "platform/codec.h"
#include "sync/central/tls_identity.h"

namespace awda::central {

namespace {

constexpr std::string_view kMagic = "AWDAKEYF";
constexpr std::size_t kKeyFileMax = 4096;
constexpr std::size_t kPemFileMax = 64U << 10U;
constexpr std::size_t kChecksumSize = 16;

/// What a key file is for; stands in the file, so that two files cannot be swapped.
enum class Purpose : std::uint8_t {
    kRoot = 1,
    kRecovery = 2,
    kDelegate = 3,
    kRegistry = 4,
    kOpenedReceipt = 5,
    kStoredReceipt = 6,
    kDatabase = 7,
    kProtection = 8,
};

const std::array<std::string, 3> kRootFolders{"root-a", "root-b", "root-c"};
const std::array<std::string, 3> kRecoveryFolders{"recovery-a", "recovery-b", "recovery-c"};

Status write_key(const Path& path, Purpose purpose, ByteView secret) {
    ByteWriter out;
    out.raw(kMagic);
    out.u8(static_cast<std::uint8_t>(purpose));
    out.blob(secret);
    const Hash32 checksum = hash32(out.bytes());
    out.raw(ByteView(checksum).first(kChecksumSize));
    Bytes file = out.take();
    const Status written = atomic_write(path, file);
    wipe(file);
    return written;
}

/// A missing file gets the key folder's own error: "not found" alone would not say which.
Result<Bytes> read_key_file(const Path& path, std::uint64_t limit) {
    auto file = read_file(path, limit);
    if (!file.ok() && file.error().code == Errc::kNotFound) {
        return Error(Errc::kKeysMissing, "read a key file");
    }
    return file;
}

Result<SecretBytes> read_key(const Path& path, Purpose purpose, std::size_t size) {
    Bytes file = AWDA_TRY(read_key_file(path, kKeyFileMax));
    ByteReader in(file);
    in.domain(kMagic);
    const std::uint8_t found = in.u8();
    const ByteView secret = in.blob();
    const std::size_t covered = in.position();
    const ByteView checksum = in.raw(kChecksumSize);
    const bool whole =
        in.done().ok() && found == static_cast<std::uint8_t>(purpose) && secret.size() == size &&
        equal(checksum, ByteView(hash32(ByteView(file).first(covered))).first(kChecksumSize));
    SecretBytes key = whole ? SecretBytes::copy_of(secret) : SecretBytes();
    wipe(file);
    if (!whole) return Error(Errc::kKeysMismatch, "a key file is damaged or of another kind");
    return key;
}

Result<SignKey> read_sign_key(const Path& path, Purpose purpose) {
    const SecretBytes seed = AWDA_TRY(read_key(path, purpose, 32));
    return sign_key_from_seed(seed.view());
}

Result<SealKey> read_seal_key(const Path& path, Purpose purpose) {
    const SecretBytes secret = AWDA_TRY(read_key(path, purpose, 32));
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
        AWDA_CHECK(write_key(out / kRootFolders[i] / "root.key", Purpose::kRoot,
                             roots.keys[i].seed.view()));
        const SealKey recovery = new_seal_key(random);
        hq.recovery[i] = recovery.pub;
        AWDA_CHECK(write_key(out / kRecoveryFolders[i] / "recovery.key", Purpose::kRecovery,
                             recovery.secret.view()));
    }
    AWDA_CHECK(make_folder(out / "protection"));
    const SealKey protection = new_seal_key(random);
    hq.protection = protection.pub;
    AWDA_CHECK(write_key(out / "protection" / "protection.key", Purpose::kProtection,
                         protection.secret.view()));
    AWDA_CHECK(make_folder(out / "delegate"));
    const SignKey delegate = new_sign_key(random);
    hq.delegate = delegate.pub;
    AWDA_CHECK(
        write_key(out / "delegate" / "delegate.key", Purpose::kDelegate, delegate.seed.view()));
    return roots;
}

Status write_registry(const Path& folder, sync::HqKeys& hq, Random& random) {
    AWDA_CHECK(make_folder(folder));
    const SealKey registry = new_seal_key(random);
    hq.registry = registry.pub;
    AWDA_CHECK(write_key(folder / "registry.key", Purpose::kRegistry, registry.secret.view()));
    const SignKey opened = new_sign_key(random);
    hq.opened_receipt = opened.pub;
    AWDA_CHECK(
        write_key(folder / "opened-receipt.key", Purpose::kOpenedReceipt, opened.seed.view()));
    SecretBytes database(48);
    random.fill(database.mutable_view());
    return write_key(folder / "database.key", Purpose::kDatabase, database.view());
}

Status write_frontend(const Path& folder, const std::vector<std::string>& hosts, UnixMs now,
                      sync::HqKeys& hq, Random& random) {
    AWDA_CHECK(make_folder(folder));
    const SignKey stored = new_sign_key(random);
    hq.stored_receipt = stored.pub;
    AWDA_CHECK(
        write_key(folder / "stored-receipt.key", Purpose::kStoredReceipt, stored.seed.view()));
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
        AWDA_TRY(read_key(keys / "registry" / "database.key", Purpose::kDatabase, 48));
    return DatabaseKey{SecretBytes::copy_of(both.view().first(32)),
                       SecretBytes::copy_of(both.view().subspan(32))};
}

Result<PublicKeys> load_public_keys(const Path& keys) {
    const Bytes file = AWDA_TRY(read_key_file(keys / "hq.keys", kKeyFileMax));
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
    Bytes key = AWDA_TRY(read_key_file(frontend / "tls.key", kPemFileMax));
    loaded.tls_key = SecretBytes::copy_of(key);
    wipe(key);
    loaded.tls_certificate =
        std::string(as_text(AWDA_TRY(read_key_file(frontend / "tls.crt", kPemFileMax))));
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
