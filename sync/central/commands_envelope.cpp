// What `awda-central envelope` does: takes what offices carried here on a stick, and writes what
// they carry home.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "platform/errors.h"
#include "sync/central/commands.h"
#include "sync/central/envelope.h"
#include "sync/central/finish.h"

namespace awda::central {

namespace {

using nlohmann::json;

/// What somebody has to look at, the worst first.
std::optional<Error> worst_of(const std::vector<TakenPart>& parts) {
    const auto any = [&parts](auto is) { return std::ranges::any_of(parts, is); };
    if (any([](const TakenPart& part) { return !part.forks.empty(); })) {
        return Error(Errc::kFork, "a batch under a number that is used already");
    }
    if (any([](const TakenPart& part) { return !part.refused.empty(); })) {
        return Error(Errc::kAltered, "a file of the envelope");
    }
    if (any([](const TakenPart& part) { return !part.known; })) {
        return Error(Errc::kNotEnrolled, "a computer in the envelope");
    }
    if (any([](const TakenPart& part) { return !part.missing.empty(); })) {
        return Error(Errc::kGap, "batches in the envelope");
    }
    const auto silent = std::ranges::find_if(
        parts, [](const TakenPart& part) { return part.unanswered.has_value(); });
    if (silent != parts.end()) return silent->unanswered;
    return std::nullopt;
}

json to_json(const TakenPart& part) {
    json refused = json::array();
    for (const RefusedFile& file : part.refused) {
        refused.push_back({{"file", file.name}, {"why", errc_name(file.why)}});
    }
    json missing = json::array();
    for (const sync::NumberRange& range : part.missing) {
        missing.push_back({{"first", range.first}, {"last", range.last}});
    }
    return {{"device", to_text(part.device)},
            {"office", part.office},
            {"known", part.known},
            {"enrolled", part.enrolled},
            {"enrolment_problem", sync::problem_text(part.enrolment)},
            {"stored", part.stored},
            {"opened", part.opened},
            {"again", part.again},
            {"missing", missing},
            {"forks", part.forks},
            {"refused", refused},
            {"unknown_files", part.unknown},
            {"answers_written", part.answers},
            {"answered", part.known && !part.unanswered.has_value()}};
}

std::string numbers_text(const std::vector<std::uint64_t>& numbers) {
    std::string text;
    for (const std::uint64_t number : numbers) {
        text += (text.empty() ? "" : ", ") + std::to_string(number);
    }
    return text;
}

void print_part(const TakenPart& part) {
    std::cout << fmt::format("{}  {}\n", to_text(part.device),
                             part.known ? printable(part.office) : "NOT ENROLLED");
    if (part.enrolled) std::cout << "    enrolled now; compare its words by telephone\n";
    if (part.enrolment != sync::Problem::kNone) {
        std::cout << fmt::format("    enrolment refused: {}\n", sync::problem_text(part.enrolment));
    }
    std::cout << fmt::format("    batches: {} new, {} of them opened, {} here already\n",
                             part.stored.size(), part.opened.size(), part.again);
    if (!part.missing.empty()) {
        std::cout << fmt::format("    MISSING: number {}\n", sync::range_text(part.missing));
    }
    if (!part.forks.empty()) {
        std::cout << fmt::format("    FORK: number {}\n", numbers_text(part.forks));
    }
    for (const RefusedFile& file : part.refused) {
        std::cout << fmt::format("    refused: {} ({})\n", file.name, errc_name(file.why));
    }
    if (part.known) {
        std::cout << fmt::format("    files to carry home: {} new{}\n", part.answers,
                                 part.unanswered ? ", NOT ALL OF THEM WRITTEN" : "");
    }
}

int report(const Common& common, const TakenEnvelope& taken) {
    const std::optional<Error> worst = worst_of(taken.parts);
    if (common.json) {
        json devices = json::array();
        for (const TakenPart& part : taken.parts) devices.push_back(to_json(part));
        json document = {{"devices", devices}, {"unknown_files", taken.unknown}};
        if (worst) {
            document["error"] = {{"code", errc_name(worst->code)},
                                 {"message", errc_message(worst->code, common.language)},
                                 {"context", worst->context.view()}};
        }
        print_json(document);
        const int code = finish(common, {});
        return worst ? 1 : code;
    }
    for (const TakenPart& part : taken.parts) print_part(part);
    if (taken.parts.empty()) std::cout << "There is nothing of ours in this folder.\n";
    return finish(common, worst ? Status(*worst) : Status());
}

Result<TakenEnvelope> take(const Common& common, const Path& folder) {
    const ServeKeys keys = AWDA_TRY(load_serve_keys(common.keys));
    if (common.database.empty() && !file_exists(common.data / "central.db")) {
        return Error(Errc::kCentralMissing, "open the central database");
    }
    // As `serve`: one process at a time decides about the parts in a folder.
    const FileLock lock = AWDA_TRY(FileLock::take(common.data / "serve.lock"));
    Store store = AWDA_TRY(Store::open(common.place(), DatabaseCheck::kAfterUncleanExit));
    const std::unique_ptr<Spool> spool = AWDA_TRY(Spool::open(common.data, system_clock()));
    Ingest ingest(store, *spool, keys, system_clock());
    AWDA_CHECK(ingest.recover());
    return take_envelope(store, *spool, ingest, folder);
}

/// Whom to answer: those that were named, or those whose folders are in the envelope.
Result<std::vector<DeviceId>> wanted_devices(Store& store, const EnvelopeCommand& command) {
    std::vector<DeviceId> wanted;
    for (const std::string& text : command.devices) {
        const auto id = parse_uuid(text);
        if (!id.ok()) return Error(Errc::kUsage, "a device's id is a UUID");
        wanted.push_back(DeviceId{*id});
    }
    std::set<DeviceId> carried;
    if (wanted.empty() && command.office.empty()) {
        const sync::EnvelopeContents contents = AWDA_TRY(sync::list_envelope(command.folder));
        for (const sync::DevicePart& part : contents.devices) carried.insert(part.device);
    }
    for (const DeviceRow& device : AWDA_TRY(store.devices())) {
        const bool of_office = !command.office.empty() && to_text(device.office) == command.office;
        if (of_office || carried.contains(device.id)) wanted.push_back(device.id);
    }
    return wanted;
}

Status give(const Common& common, const EnvelopeCommand& command) {
    Store store = AWDA_TRY(Store::open(common.place()));
    json devices = json::array();
    for (const DeviceId& device : AWDA_TRY(wanted_devices(store, command))) {
        const std::size_t files = AWDA_TRY(answer_envelope(store, command.folder, device, {}));
        devices.push_back({{"device", to_text(device)}, {"answers_written", files}});
        if (!common.json) {
            std::cout << fmt::format("{}  files to carry home: {} new\n", to_text(device), files);
        }
    }
    if (common.json) print_json({{"devices", devices}});
    if (!common.json && devices.empty()) std::cout << "No computer was named or is in there.\n";
    return {};
}

}  // namespace

int run_envelope_import(const Common& common, const EnvelopeCommand& command) {
    const auto taken = take(common, command.folder);
    return taken.ok() ? report(common, *taken) : finish(common, taken.error());
}

int run_envelope_export(const Common& common, const EnvelopeCommand& command) {
    return finish(common, give(common, command));
}

}  // namespace awda::central
