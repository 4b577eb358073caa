#include "sync/central/commands.h"

#include <fmt/format.h>
#include <pthread.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "sync/central/export.h"
#include "sync/central/finish.h"
#include "sync/central/key_folders.h"
#include "sync/central/log_line.h"
#include "sync/central/server.h"
#include "sync/central/spool.h"
#include "sync/central/store.h"

namespace awda::central {

namespace {

using nlohmann::json;

constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;
constexpr int kVoucherDaysMax = 366;

Result<Store> open_beside(const Common& common) {
    return Store::open(common.place());
}

std::string optional_time(const std::optional<UnixMs>& time) {
    return time ? to_iso_utc(*time) : "-";
}

json json_time(const std::optional<UnixMs>& time) {
    return time ? json(to_iso_utc(*time)) : json(nullptr);
}

Status keys_init(const Common& common, const Path& out, const std::vector<std::string>& hosts) {
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
    names.insert(names.end(), hosts.begin(), hosts.end());
    const sync::HqKeys hq = AWDA_TRY(init_key_folders(out, names, system_clock(), system_random()));
    if (common.json) {
        json pins = json::array();
        for (const Hash32& pin : hq.tls_pins) pins.push_back(to_hex(pin));
        print_json({{"keys", out.string()},
                    {"version", hq.version},
                    {"tls_pins_sha256", pins},
                    {"move_offline", offline_folders()},
                    {"server_needs", {"registry", "frontend", "hq.keys"}}});
        return {};
    }
    std::cout << "Keys were made in " << out.string() << ".\n\nMove these folders off this machine "
              << "now, each to another person or safe:\n";
    for (const std::string& folder : offline_folders()) std::cout << "    " << folder << '\n';
    std::cout << "\nWhoever issues vouchers needs: delegate, registry/database.key, hq.keys\n"
              << "The server needs:              registry, frontend, hq.keys\n"
              << "\nBack up registry and frontend: without registry/registry.key sealed batches "
              << "cannot be opened,\nwithout registry/database.key the database cannot be read, "
              << "without frontend/tls*.key offices cannot connect.\n";
    return {};
}

Status init(const Common& common) {
    AWDA_CHECK(Store::create(common.place()));
    AWDA_TRY(Spool::open(common.data, system_clock()));
    if (common.json) {
        print_json({{"data", common.data.string()}, {"shared", !common.database.empty()}});
    } else if (!common.database.empty()) {
        std::cout << "The central database was made on the database server.\n";
    } else {
        std::cout << "The central database was made in " << common.data.string() << ".\n";
    }
    return {};
}

bool is_server_url(std::string_view url) {
    static constexpr std::string_view kScheme = "https://";
    if (!url.starts_with(kScheme)) return false;
    url.remove_prefix(kScheme.size());
    return !url.empty() && url.find_first_of("/?#@ \t\r\n") == std::string_view::npos;
}

Result<sync::Voucher> fill_voucher(const VoucherCommand& command, const VoucherKeys& keys) {
    const bool fine = is_server_url(command.url) && !command.office_name.empty() &&
                      command.office_name.size() <= 256 && !command.role.empty() &&
                      command.role.size() <= 64 && command.days >= 1 &&
                      command.days <= kVoucherDaysMax;
    if (!fine) return Error(Errc::kUsage, "a voucher's url (https://host:port), names or days");
    sync::Voucher voucher;
    const UnixMs now = system_clock().now();
    voucher.id = {new_uuid_v7(now, system_random())};
    if (command.office_id.empty()) {
        voucher.office = {new_uuid_v7(now, system_random())};
    } else {
        const auto id = parse_uuid(command.office_id);
        if (!id.ok()) return Error(Errc::kUsage, "an office's id is a UUID");
        voucher.office = {*id};
    }
    voucher.office_name = command.office_name;
    voucher.role = command.role;
    voucher.server_url = command.url;
    voucher.issued_ms = now;
    voucher.expires_ms = now + command.days * kDayMs;
    voucher.hq = keys.hq.signed_keys;
    return voucher;
}

Status voucher(const Common& common, const VoucherCommand& command) {
    const VoucherKeys keys = AWDA_TRY(load_voucher_keys(common.keys));
    const sync::Voucher voucher = AWDA_TRY(fill_voucher(command, keys));
    const Bytes file = sync::sign_voucher(voucher, keys.delegate);
    Store store = AWDA_TRY(open_beside(common));
    auto transaction = AWDA_TRY(store.begin());
    AWDA_CHECK(store.add_voucher(voucher, hash32(file)));
    AWDA_CHECK(
        store.add_audit(system_clock().now(), "voucher",
                        "voucher=" + to_text(voucher.id) + " office=" + to_text(voucher.office)));
    // The file first: a voucher in the database that nobody holds is harmless, the other way round
    // an office would travel home with a paper that central does not know.
    AWDA_CHECK(atomic_write(command.out, file));
    AWDA_CHECK(transaction.commit());
    if (common.json) {
        print_json({{"voucher", to_text(voucher.id)},
                    {"office_id", to_text(voucher.office)},
                    {"office", voucher.office_name},
                    {"role", voucher.role},
                    {"url", voucher.server_url},
                    {"expires", to_iso_utc(voucher.expires_ms)},
                    {"file", command.out.string()}});
    } else {
        std::cout << fmt::format(
            "{}: voucher {} for office {} ({}), good for one computer until {}\n",
            command.out.string(), to_text(voucher.id), printable(voucher.office_name),
            to_text(voucher.office), to_iso_utc(voucher.expires_ms));
    }
    return {};
}

/// "127.0.0.1:8443", "[::1]:0".
Status parse_listen(std::string_view listen, ServerOptions& options) {
    const std::size_t colon = listen.rfind(':');
    if (colon == std::string_view::npos) return Error(Errc::kUsage, "--listen takes address:port");
    std::string_view host = listen.substr(0, colon);
    const std::string_view port = listen.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    unsigned value = 0;
    const auto [stop, failed] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (failed != std::errc() || stop != port.data() + port.size() || value > 65535) {
        return Error(Errc::kUsage, "--listen takes address:port");
    }
    options.address = std::string(host);
    options.port = static_cast<std::uint16_t>(value);
    return {};
}

Status serve(const Common& common, const ServeCommand& command) {
    ServerOptions options;
    options.place = common.place();
    options.threads = command.threads;
    AWDA_CHECK(parse_listen(command.listen, options));
    // Blocked before any thread starts, so that only the wait below ever receives them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const std::unique_ptr<Server> server = AWDA_TRY(Server::start(options, system_clock()));
    if (!command.port_file.empty()) {
        AWDA_CHECK(
            atomic_write(command.port_file, as_bytes(std::to_string(server->port()) + "\n")));
    }
    log_line(LogLevel::kInfo, "listening",
             {{"address", options.address}, {"port", std::to_string(server->port())}});
    int received = 0;
    sigwait(&signals, &received);
    log_line(LogLevel::kInfo, "stopping");
    server->stop();
    log_line(LogLevel::kInfo, "stopped");
    return {};
}

Status devices(const Common& common) {
    Store store = AWDA_TRY(open_beside(common));
    const std::vector<DeviceRow> rows = AWDA_TRY(store.devices());
    json list = json::array();
    for (const DeviceRow& device : rows) {
        const std::string words = sync::fingerprint_words(device.sign_key, device.seal_key);
        if (common.json) {
            list.push_back({{"device", to_text(device.id)},
                            {"office", device.office_name},
                            {"office_id", to_text(device.office)},
                            {"words", words},
                            {"enrolled", to_iso_utc(device.enrolled_ms)},
                            {"confirmed", json_time(device.confirmed_ms)},
                            {"contested", device.contested},
                            {"batches", device.next_batch - 1},
                            {"log_size", device.next_seq - 1},
                            {"problems", device.problems}});
            continue;
        }
        std::cout << fmt::format(
            "{}  {}\n    words: {}\n    enrolled {}  confirmed {}\n"
            "    batches {}  log entries {}  problems {}{}\n",
            to_text(device.id), printable(device.office_name), words,
            to_iso_utc(device.enrolled_ms), optional_time(device.confirmed_ms),
            device.next_batch - 1, device.next_seq - 1, device.problems,
            device.contested ? "  VOUCHER USED TWICE" : "");
    }
    if (common.json) print_json({{"devices", list}});
    if (!common.json && rows.empty()) std::cout << "No device is enrolled yet.\n";
    return {};
}

Status confirm(const Common& common, const std::string& text) {
    const auto id = parse_uuid(text);
    if (!id.ok()) return Error(Errc::kUsage, "a device's id is a UUID");
    const DeviceId device{*id};
    Store store = AWDA_TRY(open_beside(common));
    auto transaction = AWDA_TRY(store.begin());
    const UnixMs now = system_clock().now();
    AWDA_CHECK(store.confirm_device(device, now));
    AWDA_CHECK(store.add_audit(now, "confirm-device", "device=" + to_text(device)));
    AWDA_CHECK(transaction.commit());
    if (common.json) {
        print_json({{"device", to_text(device)}, {"confirmed", true}});
    } else {
        std::cout << to_text(device) << " is confirmed.\n";
    }
    return {};
}

Result<DeviceId> parse_device(const std::string& text) {
    const auto id = parse_uuid(text);
    if (!id.ok()) return Error(Errc::kUsage, "a device's id is a UUID");
    return DeviceId{*id};
}

Status revoke(const Common& common, const RevokeCommand& command) {
    const DeviceId device = AWDA_TRY(parse_device(command.device));
    const auto reason = sync::parse_revocation_reason(command.reason);
    if (!reason) return Error(Errc::kUsage, "a reason for revoking");
    const VoucherKeys keys = AWDA_TRY(load_voucher_keys(common.keys));
    Store store = AWDA_TRY(open_beside(common));
    auto transaction = AWDA_TRY(store.begin());
    if (!AWDA_TRY(store.find_device(device)).has_value()) {
        return Error(Errc::kNotFound, "the device to revoke");
    }
    const UnixMs now = system_clock().now();
    AWDA_CHECK(store.add_audit(now, "revoke-device",
                               "device=" + to_text(device) + " reason=" + command.reason));
    AWDA_CHECK(
        atomic_write(command.out, sync::sign_revocation({device, now, *reason}, keys.delegate)));
    AWDA_CHECK(transaction.commit());
    if (common.json) {
        print_json({{"device", to_text(device)},
                    {"reason", command.reason},
                    {"issued", to_iso_utc(now)},
                    {"file", command.out.string()}});
    } else {
        std::cout << fmt::format(
            "{}: the order to revoke {}. On that computer: awda vault revoke --order FILE,\n"
            "or put it into its outbox folder as revoke.order.\n",
            command.out.string(), to_text(device));
    }
    return {};
}

Status recovery(const Common& common, const std::string& text, const Path& folder) {
    const DeviceId device = AWDA_TRY(parse_device(text));
    Store store = AWDA_TRY(open_beside(common));
    const auto rows = AWDA_TRY(store.recovery_blobs(device));
    AWDA_CHECK(make_folder(folder));
    AWDA_CHECK(
        store.add_audit(system_clock().now(), "recovery-blobs", "device=" + to_text(device)));
    json list = json::array();
    for (const Store::RecoveryRow& row : rows) {
        const Path file = folder / fmt::format("epoch-{}.recovery", row.epoch);
        AWDA_CHECK(atomic_write(file, row.blob));
        list.push_back({{"epoch", row.epoch},
                        {"received", to_iso_utc(row.received_ms)},
                        {"file", file.string()}});
        if (!common.json) std::cout << fmt::format("{}\n", file.string());
    }
    if (common.json) print_json({{"device", to_text(device)}, {"recovery", list}});
    return {};
}

Status list_problems(const Common& common, Store& store) {
    const std::vector<ProblemRow> rows = AWDA_TRY(store.problems());
    json list = json::array();
    for (const ProblemRow& row : rows) {
        if (common.json) {
            list.push_back({{"kind", row.kind},
                            {"device", to_text(row.device)},
                            {"number", row.number},
                            {"what", row.what},
                            {"at", to_iso_utc(row.at_ms)}});
        } else {
            std::cout << fmt::format("{}  {:<8}  {}  {}  {}\n", to_iso_utc(row.at_ms), row.kind,
                                     to_text(row.device), row.number, row.what);
        }
    }
    if (common.json) print_json({{"problems", list}});
    if (!common.json && rows.empty()) std::cout << "No problems.\n";
    return {};
}

json json_record(const RecordRow& row) {
    return {{"instance", to_text(row.record.instance)},
            {"root", to_text(row.record.root)},
            {"revision", row.record.revision},
            {"form", row.record.form_id},
            {"form_version", row.record.form_version},
            {"office", row.office_name},
            {"office_id", to_text(row.office)},
            {"device", to_text(row.device)},
            {"officer", to_text(row.officer)},
            {"seq", row.seq},
            {"finalised", to_iso_utc(row.record.finalised_ms)},
            {"received", to_iso_utc(row.received_ms)},
            {"conflict", row.conflict}};
}

Status list(const Common& common, const ListCommand& command) {
    Store store = AWDA_TRY(open_beside(common));
    if (command.problems) return list_problems(common, store);
    RecordFilter filter;
    filter.form_id = command.form_id;
    filter.newest_only = !command.all_revisions;
    // Written record by record: a ministry's list does not fit in memory twice.
    std::uint64_t count = 0;
    if (common.json) std::cout << "{\"records\":[";
    AWDA_CHECK(store.each_record(filter, [&](const RecordRow& row) -> Status {
        if (common.json) {
            if (count != 0) std::cout << ',';
            std::cout << json_record(row).dump(-1, ' ', false, json::error_handler_t::replace);
        } else {
            std::cout << fmt::format(
                "{}  {}  rev {}  {}  device {}  {}{}\n", to_iso_utc(row.received_ms),
                to_text(row.record.instance), row.record.revision, printable(row.record.form_id),
                to_text(row.device), printable(row.office_name), row.conflict ? "  CONFLICT" : "");
        }
        ++count;
        return {};
    }));
    if (common.json) {
        std::cout << "]}\n";
    } else {
        std::cout << fmt::format("{} records\n", count);
    }
    return {};
}

Status export_records(const Common& common, const ExportCommand& command) {
    Store store = AWDA_TRY(open_beside(common));
    ExportOptions options;
    options.form_id = command.form_id;
    options.target = command.target;
    options.all_revisions = command.all_revisions;
    options.csv = {command.bom, command.spreadsheet_safe};
    options.agency = command.agency;
    const auto purpose = sync::parse_purpose(command.purpose);
    if (!purpose) return Error(Errc::kUsage, "the purpose of an export");
    options.purpose = *purpose;
    const sync::PlainGate gate;
    const ExportResult result = AWDA_TRY(export_csv(store, options, gate, system_clock()));
    json files = json::array();
    for (const ExportedFile& file : result.files) {
        if (common.json) {
            files.push_back(
                {{"path", file.path.string()}, {"repeat", file.repeat}, {"rows", file.rows}});
        } else {
            std::cout << fmt::format("{}: {} rows\n", file.path.string(), file.rows);
        }
    }
    if (common.json) {
        print_json({{"form", command.form_id},
                    {"agency", command.agency},
                    {"purpose", command.purpose},
                    {"records", result.records},
                    {"withheld", result.withheld},
                    {"files", files}});
    } else if (result.withheld > 0) {
        std::cout << fmt::format("{} records were withheld: consent does not cover this.\n",
                                 result.withheld);
    }
    return {};
}

Status status(const Common& common) {
    Store store = AWDA_TRY(open_beside(common));
    const StoreTotals totals = AWDA_TRY(store.totals());
    const Spool::Totals parts = AWDA_TRY(Spool::totals(common.data));
    const std::uint64_t free_bytes = AWDA_TRY(free_space(common.data));
    if (common.json) {
        print_json({{"offices", totals.offices},
                    {"devices", totals.devices},
                    {"devices_confirmed", totals.devices_confirmed},
                    {"batches", totals.batches},
                    {"batches_opened", totals.batches_opened},
                    {"batches_with_problems", totals.batches_problem},
                    {"events", totals.events},
                    {"records", totals.records},
                    {"conflicts", totals.conflicts},
                    {"forks", totals.forks},
                    {"partial_uploads", parts.parts},
                    {"partial_bytes", parts.bytes},
                    {"last_received", json_time(totals.last_received_ms)},
                    {"free_bytes", free_bytes}});
        return {};
    }
    std::cout << fmt::format(
        "offices          {}\ndevices          {} ({} confirmed)\n"
        "batches          {} ({} opened, {} with problems)\nlog entries      {}\n"
        "records          {} ({} in conflict)\nforks            {}\n"
        "partial uploads  {} ({} bytes)\nlast received    {}\nfree on disk     {} MB\n",
        totals.offices, totals.devices, totals.devices_confirmed, totals.batches,
        totals.batches_opened, totals.batches_problem, totals.events, totals.records,
        totals.conflicts, totals.forks, parts.parts, parts.bytes,
        optional_time(totals.last_received_ms), free_bytes >> 20U);
    return {};
}

}  // namespace

int run_keys_init(const Common& common, const Path& out, const std::vector<std::string>& hosts) {
    return finish(common, keys_init(common, out, hosts));
}
int run_init(const Common& common) {
    return finish(common, init(common));
}
int run_voucher(const Common& common, const VoucherCommand& command) {
    return finish(common, voucher(common, command));
}
int run_serve(const Common& common, const ServeCommand& command) {
    return finish(common, serve(common, command));
}
int run_devices(const Common& common) {
    return finish(common, devices(common));
}
int run_confirm(const Common& common, const std::string& device) {
    return finish(common, confirm(common, device));
}
int run_revoke(const Common& common, const RevokeCommand& command) {
    return finish(common, revoke(common, command));
}
int run_recovery(const Common& common, const std::string& device, const Path& folder) {
    return finish(common, recovery(common, device, folder));
}
int run_list(const Common& common, const ListCommand& command) {
    return finish(common, list(common, command));
}
int run_export(const Common& common, const ExportCommand& command) {
    return finish(common, export_records(common, command));
}
int run_status(const Common& common) {
    return finish(common, status(common));
}

}  // namespace awda::central
