#include "agent/desk/delivery.h"

#include <algorithm>

#include "sync/outbox_folder.h"
#include "sync/trust.h"

namespace awda::agent {

namespace {

constexpr std::string_view kVoucherName = "voucher";

}  // namespace

Path outbox_of(const Path& vault_folder) {
    return vault_folder / "outbox";
}

Result<std::unique_ptr<Vault>> enrol(const VaultEnv& env, const NewVault& wanted) {
    if (Vault::present(wanted.folder)) return Error(Errc::kVaultExists, "enrolling this computer");
    // First the voucher: a vault without it could never deliver, a voucher without a vault is
    // nothing.
    AWDA_CHECK(make_folder(wanted.folder));
    AWDA_CHECK(atomic_write(wanted.folder / kVoucherName, wanted.voucher));
    auto vault = Vault::create(env, wanted);
    if (!vault.ok() && !Vault::present(wanted.folder)) {
        remove_file(wanted.folder / kVoucherName).ignore("the next try to enrol overwrites it");
    }
    return vault;
}

Result<DeliverySetup> delivery_setup(const Path& vault_folder, const Path& outbox,
                                     const std::string& connect_to) {
    auto bytes = read_file(vault_folder / kVoucherName, kVoucherBytesMax);
    if (!bytes.ok() && bytes.error().code == Errc::kNotFound) {
        return Error(Errc::kVaultMissing, "looking for the voucher of enrolment");
    }
    if (!bytes.ok()) return bytes.error();
    const sync::OpenedVoucher voucher = AWDA_TRY(sync::open_voucher(*bytes));
    sync::OutboxFolder folder = AWDA_TRY(sync::OutboxFolder::open(outbox));
    const sync::OutboxEnrolment papers = AWDA_TRY(folder.enrolment());
    const sync::EnrolRequest request = AWDA_TRY(sync::open_enrol_request(papers.request));
    if (request.voucher_hash != voucher.hash) {
        return Error(Errc::kAltered, "comparing the voucher with the enrolment");
    }
    DeliverySetup setup;
    setup.outbox = outbox;
    setup.settings.device = request.device;
    setup.settings.hq = voucher.hq;
    setup.http.base_url = voucher.voucher.server_url;
    setup.http.connect_to = connect_to;
    for (const Hash32& pin : voucher.hq.tls_pins) {
        if (pin != Hash32{}) setup.http.pinned_keys.push_back(pin);
    }
    setup.office_name = voucher.voucher.office_name;
    return setup;
}

Result<sync::SyncSummary> deliver(const DeliverySetup& setup, const DeliveryParts& parts) {
    sync::OutboxFolder outbox = AWDA_TRY(sync::OutboxFolder::open(setup.outbox));
    const FileLock lock = AWDA_TRY(outbox.lock_for_delivery());
    const std::unique_ptr<HttpClient> http = AWDA_TRY(parts.connect(setup.http));
    sync::Courier courier(*http, outbox, parts.clock, parts.random, setup.settings, parts.hooks);
    return courier.run();
}

Result<OutboxView> look_at_outbox(const DeliverySetup& setup) {
    sync::OutboxFolder outbox = AWDA_TRY(sync::OutboxFolder::open(setup.outbox));
    OutboxView view;
    view.enrolled = AWDA_TRY(outbox.enrolment()).enrolled;
    view.forked = AWDA_TRY(outbox.forked());
    for (const sync::OutboxBatch& batch : AWDA_TRY(outbox.batches())) {
        if (!batch.opened) ++view.waiting_batches;
        if (!batch.stored) view.waiting_bytes += batch.size;
        for (const auto kind : {sync::ReceiptKind::kStored, sync::ReceiptKind::kOpened}) {
            const auto bytes = outbox.receipt(batch.number, kind);
            if (!bytes.ok()) continue;
            const auto receipt = sync::open_receipt(*bytes, setup.settings.hq);
            if (receipt.ok()) {
                view.last_receipt_ms = std::max(view.last_receipt_ms, receipt->server_ms);
            }
        }
    }
    return view;
}

}  // namespace awda::agent
