// awda-central: the ministry's server. Reads the command line and calls commands.h.
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "platform/crypto.h"
#include "platform/process.h"
#include "sync/central/commands.h"

namespace {

using awda::central::Common;

/// Everything the command line can say, and which command was given.
struct CommandLine {
    Common common;
    std::string language = "en";
    std::string data;
    std::string keys;
    std::string database;
    std::string out;
    std::vector<std::string> hosts;
    awda::central::VoucherCommand voucher;
    awda::central::RevokeCommand revoke;
    awda::central::ServeCommand serve;
    awda::central::ListCommand list;
    awda::central::ExportCommand export_records;
    awda::central::ProtectionCommand protection;
    awda::central::EnvelopeCommand envelope;
    std::string file;
    std::string port_file;
    std::string target;
    std::string device;
    std::function<int()> run;
};

CLI::App* add_command(CLI::App& parent, CommandLine& line, const char* name, const char* help,
                      std::function<int()> run) {
    CLI::App* command = parent.add_subcommand(name, help);
    command->fallthrough();
    command->callback([&line, run = std::move(run)] {
        if (!line.run) line.run = run;
    });
    return command;
}

void need_data(CLI::App& command, CommandLine& line) {
    command.add_option("--data", line.data, "Folder of central's database and batches")->required();
    command.add_option("--keys", line.keys, "Folder that `keys init` made")->required();
    command
        .add_option("--database", line.database,
                    "postgresql:// URL of a database that several servers share, without a "
                    "password; otherwise central.db in the data folder")
        ->envname("AWDA_CENTRAL_DATABASE");
}

void add_setup(CLI::App& app, CommandLine& line) {
    CLI::App* keys = app.add_subcommand("keys", "Make the ministry's keys");
    keys->fallthrough();
    keys->require_subcommand(1);
    CLI::App* keys_init =
        add_command(*keys, line, "init", "Make every key, in one folder for each custodian",
                    [&] { return run_keys_init(line.common, line.out, line.hosts); });
    keys_init->add_option("--out", line.out, "New folder for the keys")->required();
    keys_init->add_option("--url-host", line.hosts,
                          "Names or addresses of the server, for its certificate");

    CLI::App* init = add_command(app, line, "init", "Make central's database",
                                 [&] { return run_init(line.common); });
    need_data(*init, line);

    CLI::App* voucher =
        add_command(app, line, "voucher", "Issue a voucher that enrols one computer", [&] {
            line.voucher.out = line.out;
            return run_voucher(line.common, line.voucher);
        });
    need_data(*voucher, line);
    voucher->add_option("--office-name", line.voucher.office_name, "Name of the office")
        ->required();
    voucher->add_option("--office-id", line.voucher.office_id,
                        "UUID of an office that exists already; a new one otherwise");
    voucher->add_option("--url", line.voucher.url, "Where the server is reached: https://host:port")
        ->required();
    voucher->add_option("--out", line.out, "File to write")->required();
    voucher->add_option("--days", line.voucher.days, "Days the voucher is good for")
        ->capture_default_str();
    voucher->add_option("--role", line.voucher.role, "Role of the first officer")
        ->capture_default_str();
}

void add_service(CLI::App& app, CommandLine& line) {
    CLI::App* serve = add_command(app, line, "serve", "Receive batches until stopped", [&] {
        line.serve.port_file = line.port_file;
        return run_serve(line.common, line.serve);
    });
    need_data(*serve, line);
    serve->add_option("--listen", line.serve.listen, "Address and port; port 0 takes a free one")
        ->capture_default_str();
    serve->add_option("--port-file", line.port_file, "File to write the port to once it listens");
    serve->add_option("--threads", line.serve.threads, "Network threads")
        ->check(CLI::Range(1U, 64U))
        ->capture_default_str();
}

/// Subcommands of `devices`. A subcommand's callback runs before its parent's, which then finds the
/// command chosen.
void add_device_commands(CLI::App& devices, CommandLine& line) {
    const auto add = [&](const char* name, const char* help, std::function<int()> run) {
        CLI::App* command = devices.add_subcommand(name, help);
        command->fallthrough();
        command->add_option("id", line.device, "The computer's id")->required();
        command->callback([&line, run = std::move(run)] { line.run = run; });
        return command;
    };
    add("confirm", "Confirm a computer whose words were compared over the telephone",
        [&] { return run_confirm(line.common, line.device); });
    CLI::App* revoke = add("revoke", "Order a computer to seal what it has and lock itself", [&] {
        line.revoke.device = line.device;
        line.revoke.out = line.out;
        return run_revoke(line.common, line.revoke);
    });
    revoke->add_option("--order", line.out, "File to write the order to")->required();
    revoke->add_option("--reason", line.revoke.reason, "Why")
        ->check(CLI::IsMember({"lost", "seized", "misuse", "closed", "other"}))
        ->capture_default_str();
    revoke->footer(
        "Example: awda-central devices revoke ID --order revoke.order --reason lost "
        "--data DATA --keys KEYS");
    CLI::App* recovery = add("recovery", "A computer's sealed vault keys, for awda vault recover",
                             [&] { return run_recovery(line.common, line.device, line.out); });
    recovery->add_option("--out", line.out, "Folder to write them to")->required();
}

void add_questions(CLI::App& app, CommandLine& line) {
    CLI::App* devices = add_command(app, line, "devices", "Enrolled computers and their words",
                                    [&] { return run_devices(line.common); });
    need_data(*devices, line);
    add_device_commands(*devices, line);

    CLI::App* list = add_command(app, line, "list", "Records received",
                                 [&] { return run_list(line.common, line.list); });
    need_data(*list, line);
    list->add_option("--form", line.list.form_id, "Only records of this form");
    list->add_flag("--all-revisions", line.list.all_revisions, "Corrected revisions too");
    list->add_flag("--problems", line.list.problems,
                   "Batches that could not be opened, forks, conflicts, contested vouchers");

    CLI::App* out = add_command(app, line, "export", "Records of a form as CSV files", [&] {
        line.export_records.target = line.target;
        return run_export(line.common, line.export_records);
    });
    need_data(*out, line);
    out->add_option("--form", line.export_records.form_id, "The form's id")->required();
    out->add_option("--csv", line.target, "Folder, or the main table's file if it ends in .csv")
        ->required();
    out->add_option("--agency", line.export_records.agency,
                    "Who gets it (default: headquarters); only what people consented to leaves");
    out->add_option("--purpose", line.export_records.purpose, "What for (default: own-use)")
        ->check(CLI::IsMember({"own-use", "referral", "statistics"}));
    out->add_flag("--all-revisions", line.export_records.all_revisions, "Corrected revisions too");
    out->add_flag("--bom", line.export_records.bom,
                  "Begin files with a byte-order mark, for Excel");
    out->add_flag("--spreadsheet-safe", line.export_records.spreadsheet_safe,
                  "Put an apostrophe before values that a spreadsheet would compute");

    CLI::App* status = add_command(app, line, "status", "What central holds, in figures",
                                   [&] { return run_status(line.common); });
    need_data(*status, line);
}

void add_protection(CLI::App& app, CommandLine& line) {
    CLI::App* group = app.add_subcommand("protection", "Protected answers and who reads them");
    group->fallthrough();
    group->require_subcommand(1);
    const auto keys = [&line](CLI::App& command) {
        command.add_option("--keys", line.keys, "Folder that `keys init` made")->required();
    };
    const auto certify = [&line] {
        line.protection.file = line.file;
        line.protection.out = line.out;
        return run_protection_certify(line.common, line.protection);
    };
    CLI::App* make =
        add_command(*group, line, "certify",
                    "Make an officer a protection officer; needs the delegate's key", certify);
    make->add_option("--days", line.protection.days, "Days the certificate is good for")
        ->capture_default_str();
    CLI::App* revoke =
        add_command(*group, line, "revoke", "Take a certificate back", [&line, certify] {
            line.protection.revoke = true;
            return certify();
        });
    for (CLI::App* command : {make, revoke}) {
        keys(*command);
        command->add_option("request", line.file, "The officer's request")->required();
        command->add_option("--out", line.out, "File to write")->required();
    }
    CLI::App* hand_over =
        add_command(*group, line, "hand-over",
                    "Take a record's sealed answers out, for the protection unit", [&line] {
                        line.protection.out = line.out;
                        return run_protection_hand_over(line.common, line.protection);
                    });
    need_data(*hand_over, line);
    hand_over->add_option("record", line.protection.record, "The record's id")->required();
    hand_over->add_option("--out", line.out, "File to write")->required();
    CLI::App* open =
        add_command(*group, line, "open",
                    "Show sealed answers as JSON; needs the protection key only", [&line] {
                        line.protection.file = line.file;
                        return run_protection_open(line.common, line.protection);
                    });
    keys(*open);
    open->add_option("file", line.file, "What `hand-over` wrote")->required();
    group->footer(
        "Example: awda-central protection certify layla.request --keys KEYS "
        "--out layla.certificate");
}

void add_envelope(CLI::App& app, CommandLine& line) {
    CLI::App* group =
        app.add_subcommand("envelope", "Delivery without a network: files on a stick");
    group->fallthrough();
    group->require_subcommand(1);
    CLI::App* take =
        add_command(*group, line, "import",
                    "Take what offices carried here, and write the answers beside it", [&line] {
                        line.envelope.folder = line.file;
                        return run_envelope_import(line.common, line.envelope);
                    });
    CLI::App* give = add_command(*group, line, "export",
                                 "Write only the answers; may run beside serve", [&line] {
                                     line.envelope.folder = line.file;
                                     return run_envelope_export(line.common, line.envelope);
                                 });
    for (CLI::App* command : {take, give}) {
        need_data(*command, line);
        command->add_option("folder", line.file, "The envelope")->required();
    }
    give->add_option("--device", line.envelope.devices,
                     "A computer's id; otherwise those whose folders are in there");
    give->add_option("--office", line.envelope.office, "All computers of an office, by its id");
    group->footer(
        "Example: awda-central envelope import /media/stick/awda --data DATA --keys KEYS");
}

int parse_and_run(int argc, char** argv) {
    CommandLine line;
    CLI::App app("The ministry's server: receives sealed batches from offices, exactly once.",
                 "awda-central");
    app.set_version_flag("--version", "awda-central " AWDA_VERSION);
    app.add_flag("--json", line.common.json, "Answer with one JSON document");
    app.add_option("--lang", line.language, "Language of errors: en, ar, ckb, kmr")
        ->check(CLI::IsMember({"en", "ar", "ckb", "kmr"}));
    app.require_subcommand(1);
    add_setup(app, line);
    add_service(app, line);
    add_questions(app, line);
    add_protection(app, line);
    add_envelope(app, line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    line.common.language = awda::parse_language(line.language).value_or(awda::Language::kEnglish);
    line.common.data = line.data;
    line.common.keys = line.keys;
    line.common.database = line.database;
    return line.run();
}

}  // namespace

int main(int argc, char** argv) {
    awda::harden_process();
    const awda::Status crypto = awda::crypto_start();
    if (!crypto.ok()) {
        std::cerr << awda::describe(crypto.error()) << '\n';
        return 1;
    }
    try {
        return parse_and_run(argc, argv);
    } catch (const std::exception&) {
        std::cerr << "awda-central: "
                  << awda::errc_message(awda::Errc::kInternal, awda::Language::kEnglish) << '\n';
        return 1;
    }
}
