// VaultFixture: a small headquarters and an office computer for the vault's tests.
//
// Keys come from a seed, the clock is set by hand, and passphrases cost next to nothing. Threads:
// one.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "agent/vault/vault.h"
#include "platform/crypto.h"
#include "sync/batch.h"
#include "sync/outbox_folder.h"
#include "sync/receipt.h"
#include "sync/trust.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/seeded_random.h"
#include "tests/fakes/temp_folder.h"

namespace awda::agent::test {

inline constexpr KdfCost kTestCost{1, 64};
inline constexpr std::string_view kOfficer = "Layla Hassan";
inline constexpr std::string_view kPassphrase = "orchard lantern seven river stone";

inline SecretBytes secret(std::string_view text) {
    return SecretBytes::copy_of(as_bytes(text));
}

/// For what a test takes for granted; unlike REQUIRE it may be used in a forked child and lets a
/// simulated stop fly through.
inline void must(const Status& status) {
    AWDA_ASSERT(status.ok());
}

/// Headquarters: root keys, working keys, vouchers and receipts.
class FakeHq {
public:
    explicit FakeHq(Random& random) {
        for (SignKey& root : roots_) root = new_sign_key(random);
        delegate_ = new_sign_key(random);
        stored_ = new_sign_key(random);
        opened_ = new_sign_key(random);
        registry_ = new_seal_key(random);
        for (SealKey& key : recovery_) key = new_seal_key(random);
        protection_ = new_seal_key(random);
        keys_.protection = protection_.pub;
        random.fill(office_.value);
        random.fill(keys_.tls_pins[0]);
        for (std::size_t i = 0; i < roots_.size(); ++i) keys_.roots[i] = roots_[i].pub;
        keys_.delegate = delegate_.pub;
        keys_.stored_receipt = stored_.pub;
        keys_.opened_receipt = opened_.pub;
        keys_.registry = registry_.pub;
        for (std::size_t i = 0; i < recovery_.size(); ++i) keys_.recovery[i] = recovery_[i].pub;
    }

    [[nodiscard]] Bytes voucher(UnixMs now, Random& random) const {
        sync::Voucher voucher;
        random.fill(voucher.id.value);
        voucher.office = office_;
        voucher.office_name = "Duhok branch";
        voucher.role = "administrator";
        voucher.server_url = "https://127.0.0.1:8443";
        voucher.issued_ms = now;
        voucher.expires_ms = now + 7LL * 24 * 3600 * 1000;
        voucher.hq.body = sync::encode_hq_keys(keys_);
        voucher.hq.signatures = {sync::sign_hq_keys(voucher.hq.body, 0, roots_[0]),
                                 sync::sign_hq_keys(voucher.hq.body, 1, roots_[1])};
        return sync::sign_voucher(voucher, delegate_);
    }

    [[nodiscard]] Bytes receipt(sync::ReceiptKind kind, const DeviceId& device,
                                const sync::OutboxBatch& batch, UnixMs server_ms) const {
        sync::Receipt receipt;
        receipt.kind = kind;
        receipt.device = device;
        receipt.batch_number = batch.number;
        receipt.batch_hash = batch.hash;
        receipt.last_seq = batch.last_seq;
        receipt.server_index = batch.number;
        receipt.server_ms = server_ms;
        return sync::sign_receipt(receipt, kind == sync::ReceiptKind::kStored ? stored_ : opened_);
    }

    [[nodiscard]] Bytes enrol_receipt(ByteView request, UnixMs server_ms) const {
        const auto opened = sync::open_enrol_request(request);
        sync::EnrolReceipt receipt;
        receipt.device = opened.value().device;
        receipt.voucher = opened.value().voucher;
        receipt.request_hash = hash32(request);
        receipt.server_ms = server_ms;
        return sync::sign_enrol_receipt(receipt, stored_);
    }

    [[nodiscard]] const SignKey& delegate() const { return delegate_; }
    [[nodiscard]] const SealKey& registry() const { return registry_; }
    [[nodiscard]] const SealKey& protection() const { return protection_; }
    [[nodiscard]] const OfficeId& office() const { return office_; }
    [[nodiscard]] const SealKey& recovery(std::size_t i) const { return recovery_[i]; }

private:
    std::array<SignKey, 3> roots_;
    SignKey delegate_;
    SignKey stored_;
    SignKey opened_;
    SealKey registry_;
    SealKey protection_;
    std::array<SealKey, 3> recovery_;
    OfficeId office_;
    sync::HqKeys keys_;
};

/// An office computer with an empty folder.
struct Office {
    explicit Office(std::uint64_t seed = 1) : random(seed), hq(random) {}

    [[nodiscard]] VaultEnv env() {
        VaultEnv env;
        env.clock = &clock;
        env.random = &random;
        env.kdf = KdfPolicy{kTestCost, kTestCost};
        env.on_step = on_step;
        return env;
    }
    [[nodiscard]] Path vault_folder() const { return folder / "vault"; }

    [[nodiscard]] Result<std::unique_ptr<Vault>> try_create(
        std::string_view officer = kOfficer, std::string_view passphrase = kPassphrase) {
        const SecretBytes key = secret(passphrase);
        NewVault wanted;
        wanted.folder = vault_folder();
        wanted.voucher = hq.voucher(clock.now(), random);
        wanted.officer_name = std::string(officer);
        wanted.passphrase = &key;
        return Vault::create(env(), wanted);
    }
    [[nodiscard]] std::unique_ptr<Vault> create() { return try_create().value(); }

    [[nodiscard]] Result<std::unique_ptr<Vault>> try_unlock(
        std::string_view officer = kOfficer, std::string_view passphrase = kPassphrase) {
        return Vault::unlock(env(), vault_folder(), officer, secret(passphrase));
    }
    [[nodiscard]] std::unique_ptr<Vault> unlock() { return try_unlock().value(); }

    /// Central answers for every batch in the outbox.
    void answer(Vault& vault, bool stored, bool opened) {
        auto outbox = sync::OutboxFolder::open(vault.outbox_folder()).value();
        const std::vector<sync::OutboxBatch> waiting = outbox.batches().value();
        for (const sync::OutboxBatch& batch : waiting) {
            const DeviceId device = vault.identity().device;
            if (stored) {
                must(outbox.save_receipt(
                    batch.number, sync::ReceiptKind::kStored,
                    hq.receipt(sync::ReceiptKind::kStored, device, batch, clock.now())));
            }
            if (opened) {
                must(outbox.save_receipt(
                    batch.number, sync::ReceiptKind::kOpened,
                    hq.receipt(sync::ReceiptKind::kOpened, device, batch, clock.now())));
            }
        }
    }

    fakes::FakeClock clock;
    fakes::SeededRandom random;
    FakeHq hq;
    fakes::TempFolder folder;
    std::function<void(Step)> on_step;
};

inline FormRef test_form() {
    FormRef form;
    form.id = "returnee-intake";
    form.version = "2026-11";
    form.hash.fill(7);
    return form;
}

inline std::vector<sync::Field> answers(std::string_view name) {
    return {{"meta/instanceName", std::string(name)},
            {"person/name", std::string(name)},
            {"family[1]", ""},
            {"family[1]/name", "علي"}};
}

/// The open vault from the inside.
inline Session& session_of(Vault& vault) {
    return *vault.session().value();
}

/// A finalised record, by way of a draft.
inline InstanceId make_record(Vault& vault, std::string_view name) {
    const InstanceId draft = vault.start_draft(test_form(), "ar").value();
    must(vault.save_draft(draft, {{"person/name", std::string(name)}}));
    must(vault.finalise(draft, answers(name)));
    return draft;
}

}  // namespace awda::agent::test
