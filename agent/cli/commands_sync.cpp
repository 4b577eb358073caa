// The commands about delivery: sync --once and status.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/desk/delivery.h"
#include "platform/host_check.h"

namespace awda::cli {

namespace {

/// What a run of `sync --once` came to.
struct SyncReport {
    sync::SyncSummary delivery;
    std::uint64_t records = 0;   ///< that became delivered
    std::uint64_t receipts = 0;  ///< verified, stored and opened ones
    std::optional<std::int64_t> clock_off_ms;
    bool locked = false;
};

std::string duration_text(std::int64_t ms) {
    const std::int64_t minutes = std::max<std::int64_t>(ms, 0) / 60'000;
    if (minutes < 60) return std::to_string(minutes) + " min";
    if (minutes < 48 * 60) return std::to_string(minutes / 60) + " h";
    return std::to_string(minutes / (24 * 60)) + " d";
}

std::string seconds_text(std::int64_t ms) {
    const std::int64_t tenths = (ms + 50) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

/// Says how far a delivery is, at most once in kProgressMs; a short one says nothing.
class ProgressLines {
public:
    explicit ProgressLines(Context& context)
        : context_(context), last_ms_(context.io.clock.steady_ms()) {}
    void operator()(const sync::DeliveryProgress& now) {
        constexpr std::int64_t kProgressMs = 10'000;
        const std::int64_t ms = context_.io.clock.steady_ms();
        if (ms - last_ms_ < kProgressMs || !now.ms_left) return;
        last_ms_ = ms;
        const std::int64_t minutes = std::max<std::int64_t>(1, (*now.ms_left + 30'000) / 60'000);
        context_.out.progress(
            Text::kDelivering,
            {kilobytes(now.bytes_done), kilobytes(now.bytes_total), std::to_string(minutes)});
    }

private:
    static std::string kilobytes(std::uint64_t bytes) {
        return std::to_string((bytes + 999) / 1000);
    }
    Context& context_;
    std::int64_t last_ms_;
};

agent::DeliveryParts delivery_parts(Context& context) {
    CliIo& io = context.io;
    agent::DeliveryParts parts{io.clock, io.random, io.connect, {}};
    parts.hooks.stopped = io.stopped;
    parts.hooks.progress = ProgressLines(context);
    if (io.rest) parts.hooks.rest = io.rest;
    return parts;
}

nlohmann::json to_json(const SyncReport& report, Language language) {
    const sync::SyncSummary& delivery = report.delivery;
    nlohmann::json json = {{"records", report.records},
                           {"batches", delivery.batches_sent},
                           {"batches_waiting", delivery.batches_waiting},
                           {"batches_unopened", delivery.batches_unopened},
                           {"bytes_sealed", delivery.bytes_sealed},
                           {"bytes_wire", delivery.bytes_up + delivery.bytes_down},
                           {"bytes_up", delivery.bytes_up},
                           {"bytes_down", delivery.bytes_down},
                           {"cuts", delivery.counts.cuts},
                           {"retries", delivery.counts.retries},
                           {"receipts_verified", report.receipts},
                           {"receipts_refused", delivery.counts.rejected_receipts},
                           {"locked", report.locked},
                           {"seconds", static_cast<double>(delivery.duration_ms) / 1000.0}};
    if (report.clock_off_ms.has_value()) json["clock_off_ms"] = *report.clock_off_ms;
    if (delivery.error.has_value()) {
        json["error"] = {{"code", errc_name(*delivery.error)},
                         {"message", errc_message(*delivery.error, language)}};
    }
    return json;
}

void print(Context& context, const SyncReport& report) {
    const sync::SyncSummary& delivery = report.delivery;
    context.out.facts({{Text::kRecords, std::to_string(report.records)},
                       {Text::kBatches, std::to_string(delivery.batches_sent)},
                       {Text::kWaitingBatches, std::to_string(delivery.batches_waiting)},
                       {Text::kBytesSealed, std::to_string(delivery.bytes_sealed)},
                       {Text::kBytesWire, std::to_string(delivery.bytes_up + delivery.bytes_down)},
                       {Text::kCuts, std::to_string(delivery.counts.cuts)},
                       {Text::kReceipts, std::to_string(report.receipts)},
                       {Text::kSeconds, seconds_text(delivery.duration_ms)}});
    context.out.document(to_json(report, context.out.language));
}

/// What about this computer could let out what the vault keeps in; said each time, because it can
/// be helped. Names for the document.
nlohmann::json warn_of_host(Context& context) {
    nlohmann::json names = nlohmann::json::array();
    for (const HostWarning warning : check_host()) {
        names.push_back(host_warning_name(warning));
        switch (warning) {
            case HostWarning::kSwapInClear: context.out.warning(Text::kHostSwap); break;
            case HostWarning::kLockedMemory: context.out.warning(Text::kHostMemory); break;
        }
    }
    return names;
}

void status_unlocked(Context& context, OpenVault& vault, const agent::VaultStatus& status) {
    const Language language = context.out.language;
    std::string last = say(Text::kNever, language);
    if (status.last_sync_age_ms.has_value()) {
        last = say(Text::kAgo, language, {duration_text(*status.last_sync_age_ms)});
    }
    const Text enrolled = status.enrolled ? Text::kYes : Text::kNotYet;
    context.out.facts({{Text::kOffice, vault->identity().office_name},
                       {Text::kEnrolment, say(enrolled, language)},
                       {Text::kDrafts, std::to_string(status.drafts)},
                       {Text::kWaitingRecords, std::to_string(status.waiting_records)},
                       {Text::kStateStored, std::to_string(status.stored_records)},
                       {Text::kStateDelivered, std::to_string(status.delivered_records)},
                       {Text::kStateErased, std::to_string(status.erased_records)},
                       {Text::kWaitingBatches, std::to_string(status.waiting_batches)},
                       {Text::kWaitingBytes, std::to_string(status.waiting_bytes)},
                       {Text::kLastSync, last}});
    nlohmann::json json = {{"locked", false},
                           {"office", vault->identity().office_name},
                           {"enrolled", status.enrolled},
                           {"drafts", status.drafts},
                           {"waiting_records", status.waiting_records},
                           {"stored_records", status.stored_records},
                           {"delivered_records", status.delivered_records},
                           {"erased_records", status.erased_records},
                           {"waiting_batches", status.waiting_batches},
                           {"waiting_bytes", status.waiting_bytes},
                           {"log_events", status.log_events},
                           {"last_sync_age_seconds", nullptr}};
    if (status.last_sync_age_ms.has_value()) {
        json["last_sync_age_seconds"] = *status.last_sync_age_ms / 1000;
    }
    if (status.clock_off_ms.has_value()) json["clock_off_ms"] = *status.clock_off_ms;
    json["host"] = warn_of_host(context);
    context.out.document(json);
}

Outcome status_locked(Context& context) {
    const agent::DeliverySetup setup =
        AWDA_TRY(agent::delivery_setup(context.folder, agent::outbox_of(context.folder), ""));
    const agent::OutboxView view = AWDA_TRY(agent::look_at_outbox(setup));
    const Language language = context.out.language;
    std::string last = say(Text::kNever, language);
    nlohmann::json age = nullptr;
    if (view.last_receipt_ms > 0) {
        const std::int64_t ms =
            std::max<std::int64_t>(context.io.clock.now() - view.last_receipt_ms, 0);
        last = say(Text::kAgo, language, {duration_text(ms)});
        age = ms / 1000;
    }
    const Text enrolled = view.enrolled ? Text::kYes : Text::kNotYet;
    context.out.facts({{Text::kOffice, setup.office_name},
                       {Text::kEnrolment, say(enrolled, language)},
                       {Text::kWaitingBatches, std::to_string(view.waiting_batches)},
                       {Text::kWaitingBytes, std::to_string(view.waiting_bytes)},
                       {Text::kLastSync, last}});
    context.out.line(Text::kLockedStatus);
    context.out.document({{"locked", true},
                          {"host", warn_of_host(context)},
                          {"office", setup.office_name},
                          {"enrolled", view.enrolled},
                          {"waiting_batches", view.waiting_batches},
                          {"waiting_bytes", view.waiting_bytes},
                          {"last_sync_age_seconds", age}});
    return 0;
}

}  // namespace

Result<std::optional<OpenVault>> unlock_if_possible(Context& context) {
    auto vault = OpenVault::unlock(context);
    if (vault.ok()) return std::optional<OpenVault>(std::move(vault).value());
    if (vault.error().code == Errc::kNoPassphrase && !context.passphrases.given()) {
        return std::optional<OpenVault>();
    }
    return vault.error();
}

Outcome sync_once(Context& context) {
    auto vault = AWDA_TRY(unlock_if_possible(context));
    SyncReport report;
    report.locked = !vault.has_value();
    if (report.locked) context.out.warning(Text::kLockedSync);
    if (vault.has_value()) {
        report.records += AWDA_TRY((*vault)->reconcile()).delivered_records;
        AWDA_TRY((*vault)->seal_pending());
    }
    const Path outbox =
        report.locked ? agent::outbox_of(context.folder) : (*vault)->outbox_folder();
    const agent::DeliverySetup setup =
        AWDA_TRY(agent::delivery_setup(context.folder, outbox, context.options.connect));
    report.delivery = AWDA_TRY(agent::deliver(setup, delivery_parts(context)));
    report.receipts = report.delivery.counts.stored + report.delivery.counts.opened;
    if (vault.has_value()) {
        report.records += AWDA_TRY((*vault)->reconcile()).delivered_records;
        report.clock_off_ms = AWDA_TRY((*vault)->status()).clock_off_ms;
    }
    if (report.clock_off_ms.has_value()) {
        context.out.warning(errc_message(Errc::kClockWrong, context.out.language));
    }
    print(context, report);
    if (!report.delivery.error.has_value()) return 0;
    if (!context.out.json)
        context.out.error(Error(*report.delivery.error, "delivering the outbox"));
    return 1;
}

Outcome status(Context& context) {
    auto vault = AWDA_TRY(unlock_if_possible(context));
    if (!vault.has_value()) return status_locked(context);
    AWDA_TRY((*vault)->reconcile());
    const agent::VaultStatus status = AWDA_TRY((*vault)->status());
    status_unlocked(context, *vault, status);
    if (status.clock_off_ms.has_value()) {
        context.out.warning(errc_message(Errc::kClockWrong, context.out.language));
    }
    return 0;
}

}  // namespace awda::cli
