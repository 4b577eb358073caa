// The commands about delivery without a network: envelope export, import and inspect.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/desk/delivery.h"
#include "sync/envelope_carry.h"
#include "sync/envelope_report.h"
#include "sync/outbox_folder.h"

namespace awda::cli {

namespace {

/// The outbox that an envelope is filled from or answers, vault open or locked.
struct Carrying {
    std::optional<OpenVault> vault;
    agent::DeliverySetup setup;
    sync::OutboxFolder outbox;

    [[nodiscard]] const DeviceId& device() const { return setup.settings.device; }
    [[nodiscard]] const sync::HqKeys& hq() const { return setup.settings.hq; }
};

Result<Carrying> begin(Context& context) {
    auto vault = AWDA_TRY(unlock_if_possible(context));
    if (vault) AWDA_TRY((*vault)->reconcile());
    const Path folder = vault ? (*vault)->outbox_folder() : agent::outbox_of(context.folder);
    agent::DeliverySetup setup = AWDA_TRY(agent::delivery_setup(context.folder, folder, ""));
    sync::OutboxFolder outbox = AWDA_TRY(sync::OutboxFolder::open(folder));
    return Carrying{std::move(vault), std::move(setup), std::move(outbox)};
}

nlohmann::json error_json(const Error& error, Language language) {
    return {{"code", errc_name(error.code)}, {"message", errc_message(error.code, language)}};
}

/// Ends a command whose report is given: with the error, if there is one.
int end(Context& context, const std::optional<Error>& error) {
    if (!error) return 0;
    if (!context.out.json) context.out.error(*error);
    return 1;
}

/// With a passphrase also what the batches hold: records that wait for their receipt.
Result<std::optional<std::uint64_t>> records_waiting(Carrying& carrying) {
    if (!carrying.vault) return std::optional<std::uint64_t>();
    const agent::VaultStatus status = AWDA_TRY((*carrying.vault)->status());
    return std::optional<std::uint64_t>(status.waiting_records + status.stored_records);
}

std::optional<Error> trouble_of(const sync::EnvelopeImport& taken) {
    if (!taken.forks.empty()) return Error(Errc::kFork, "a receipt for another batch");
    if (taken.refused > 0) return Error(Errc::kBadSignature, "files of the envelope");
    return std::nullopt;
}

nlohmann::json ranges_json(const std::vector<sync::NumberRange>& ranges) {
    nlohmann::json list = nlohmann::json::array();
    for (const sync::NumberRange& range : ranges) {
        list.push_back({{"first", range.first}, {"last", range.last}});
    }
    return list;
}

nlohmann::json to_json(const sync::DeviceSeen& seen, bool ours) {
    nlohmann::json batches = nlohmann::json::array();
    for (const sync::BatchSeen& batch : seen.batches) {
        batches.push_back({{"number", batch.number},
                           {"hash", batch.hash},
                           {"bytes", batch.bytes},
                           {"events", batch.events},
                           {"proof", batch.carriable},
                           {"stored", batch.stored},
                           {"opened", batch.opened}});
    }
    nlohmann::json damaged = nlohmann::json::array();
    for (const sync::DamagedFile& file : seen.damaged) {
        damaged.push_back({{"file", file.name}, {"why", errc_name(file.why)}});
    }
    nlohmann::json json = {{"device", to_text(seen.device)},
                           {"ours", ours},
                           {"request", seen.request},
                           {"enrolled", seen.enrolled},
                           {"words", seen.words},
                           {"batches", batches},
                           {"missing", ranges_json(seen.missing)},
                           {"forks", seen.forks},
                           {"damaged", damaged},
                           {"receipts_elsewhere", seen.receipts_elsewhere},
                           {"unknown_files", seen.unknown}};
    json["office_id"] = seen.request ? nlohmann::json(to_text(seen.office)) : nlohmann::json();
    return json;
}

void print_device(Output& out, const sync::DeviceSeen& seen, bool ours) {
    std::vector<std::uint64_t> numbers;
    std::uint64_t bytes = 0;
    std::size_t answered = 0;
    for (const sync::BatchSeen& batch : seen.batches) {
        numbers.push_back(batch.number);
        bytes += batch.bytes;
        if (batch.stored || batch.opened) ++answered;
    }
    const std::string id = to_text(seen.device);
    std::vector<std::pair<Text, std::string>> rows{
        {Text::kEnvelopeComputer, ours ? say(Text::kEnvelopeOurs, out.language, {id}) : id},
        {Text::kEnvelopeWords,
         seen.request ? seen.words : say(Text::kEnvelopeNoRequest, out.language)},
        {Text::kEnvelopeBatches, std::to_string(seen.batches.size())},
        {Text::kEnvelopeNumbers, sync::range_text(sync::number_ranges(numbers))},
        {Text::kEnvelopeBytes, std::to_string(bytes)},
        {Text::kEnvelopeAnswered, std::to_string(answered)}};
    if (!seen.missing.empty()) {
        rows.emplace_back(Text::kEnvelopeMissing, sync::range_text(seen.missing));
    }
    if (!seen.forks.empty()) {
        rows.emplace_back(Text::kEnvelopeForks, sync::range_text(sync::number_ranges(seen.forks)));
    }
    for (const sync::DamagedFile& file : seen.damaged) {
        rows.emplace_back(Text::kEnvelopeDamaged, file.name);
    }
    if (seen.unknown > 0) {
        rows.emplace_back(Text::kEnvelopeUnknown, std::to_string(seen.unknown));
    }
    out.facts(rows);
}

}  // namespace

Outcome envelope_export(Context& context) {
    Carrying carrying = AWDA_TRY(begin(context));
    if (carrying.vault) {
        AWDA_TRY((*carrying.vault)->seal_pending());
    } else {
        context.out.warning(Text::kEnvelopeLocked);
    }
    const sync::EnvelopeExport done =
        AWDA_TRY(sync::export_outbox(carrying.outbox, carrying.device(), context.options.envelope));
    const auto records = AWDA_TRY(records_waiting(carrying));
    std::vector<std::pair<Text, std::string>> rows{
        {Text::kEnvelopeBatches, std::to_string(done.numbers.size())},
        {Text::kEnvelopeNumbers, sync::range_text(sync::number_ranges(done.numbers))},
        {Text::kEnvelopeWritten, std::to_string(done.written)},
        {Text::kEnvelopeBytes, std::to_string(done.bytes)}};
    if (records) rows.emplace_back(Text::kWaitingRecords, std::to_string(*records));
    context.out.facts(rows);
    if (!done.error) context.out.line(Text::kEnvelopeCarry);
    nlohmann::json json = {{"device", to_text(carrying.device())},
                           {"numbers", done.numbers},
                           {"batches", done.numbers.size()},
                           {"written", done.written},
                           {"replaced", done.replaced},
                           {"bytes", done.bytes},
                           {"records", nullptr},
                           {"locked", !carrying.vault.has_value()}};
    if (records) json["records"] = *records;
    if (done.error) json["error"] = error_json(*done.error, context.out.language);
    context.out.document(json);
    return end(context, done.error);
}

Outcome envelope_import(Context& context) {
    Carrying carrying = AWDA_TRY(begin(context));
    const FileLock lock = AWDA_TRY(carrying.outbox.lock_for_delivery());
    const sync::EnvelopeImport taken = AWDA_TRY(sync::import_receipts(
        carrying.outbox, carrying.device(), carrying.hq(), context.options.envelope));
    std::uint64_t records = 0;
    if (carrying.vault) {
        records = AWDA_TRY((*carrying.vault)->reconcile()).delivered_records;
    } else {
        context.out.line(Text::kLockedStatus);
    }
    context.out.facts({{Text::kRecords, std::to_string(records)},
                       {Text::kEnvelopeNewReceipts, std::to_string(taken.stored + taken.opened)},
                       {Text::kEnvelopeOldReceipts, std::to_string(taken.known)},
                       {Text::kEnvelopeRefused, std::to_string(taken.refused)},
                       {Text::kEnvelopeOthers, std::to_string(taken.others)}});
    if (taken.enrolled) context.out.line(Text::kEnvelopeEnrolled);
    const std::optional<Error> trouble = trouble_of(taken);
    nlohmann::json json = {{"device", to_text(carrying.device())},
                           {"enrolled", taken.enrolled},
                           {"stored", taken.stored},
                           {"opened", taken.opened},
                           {"records", records},
                           {"known", taken.known},
                           {"refused", taken.refused},
                           {"forks", taken.forks},
                           {"others", taken.others},
                           {"locked", !carrying.vault.has_value()}};
    if (trouble) json["error"] = error_json(*trouble, context.out.language);
    context.out.document(json);
    return end(context, trouble);
}

Outcome envelope_inspect(Context& context) {
    // Whatever this computer knows of headquarters helps; a stranger's looks without it.
    const auto setup = agent::delivery_setup(context.folder, agent::outbox_of(context.folder), "");
    std::optional<sync::HqKeys> hq;
    if (setup.ok()) hq = setup->settings.hq;
    const sync::EnvelopeSeen seen =
        AWDA_TRY(sync::look_into_envelope(context.options.envelope, hq));
    nlohmann::json devices = nlohmann::json::array();
    for (const sync::DeviceSeen& device : seen.devices) {
        const bool ours = setup.ok() && device.device == setup->settings.device;
        print_device(context.out, device, ours);
        devices.push_back(to_json(device, ours));
    }
    if (seen.devices.empty()) context.out.line(Text::kEnvelopeEmpty);
    if (!seen.receipts_checked) context.out.line(Text::kEnvelopeUnchecked);
    context.out.document({{"devices", devices},
                          {"unknown_files", seen.unknown},
                          {"receipts_checked", seen.receipts_checked}});
    return 0;
}

}  // namespace awda::cli
