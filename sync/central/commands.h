// commands: what `awda-central` does, apart from reading its command line.
//
// Each command gets plain options and answers with an exit code: 0 done, 1 failed, 2 not
// understood. With --json standard output carries exactly one JSON document. Threads: main.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/errors.h"
#include "platform/files.h"
#include "sync/central/store.h"

namespace awda::central {

struct Common {
    bool json = false;
    Language language = Language::kEnglish;
    Path data;
    Path keys;
    std::string database;  ///< a postgresql:// URL; empty: the file in `data`
    [[nodiscard]] StorePlace place() const { return {data, keys, database}; }
};

int run_keys_init(const Common& common, const Path& out, const std::vector<std::string>& hosts);
int run_init(const Common& common);

struct VoucherCommand {
    std::string office_name;
    std::string office_id;  ///< UUID text; empty: a new one
    std::string url;
    std::string role = "administrator";
    int days = 7;
    Path out;
};
int run_voucher(const Common& common, const VoucherCommand& command);

struct ServeCommand {
    std::string listen = "127.0.0.1:8443";
    Path port_file;
    unsigned threads = 2;
};
int run_serve(const Common& common, const ServeCommand& command);

int run_devices(const Common& common);
int run_confirm(const Common& common, const std::string& device);

struct RevokeCommand {
    std::string device;
    std::string reason = "other";
    Path out;
};
/// Writes the order that makes a computer seal what it has and lock itself.
int run_revoke(const Common& common, const RevokeCommand& command);
/// Writes a computer's recovery blobs, newest first by name, into a folder.
int run_recovery(const Common& common, const std::string& device, const Path& folder);

struct ListCommand {
    std::string form_id;
    bool all_revisions = false;
    bool problems = false;
};
int run_list(const Common& common, const ListCommand& command);

struct ExportCommand {
    std::string form_id;
    std::string agency = "headquarters";
    std::string purpose = "own-use";
    Path target;
    bool all_revisions = false;
    bool bom = false;
    bool spreadsheet_safe = false;
};
int run_export(const Common& common, const ExportCommand& command);

int run_status(const Common& common);

struct EnvelopeCommand {
    Path folder;
    std::vector<std::string> devices;  ///< UUID texts
    std::string office;                ///< UUID text
};
/// Takes what offices carried here, and writes the answers into the same folder.
int run_envelope_import(const Common& common, const EnvelopeCommand& command);
/// Writes answers only.
int run_envelope_export(const Common& common, const EnvelopeCommand& command);

struct ProtectionCommand {
    Path file;  ///< a request to certify, or a record handed over
    Path out;
    std::string record;  ///< UUID text
    int days = 365;
    bool revoke = false;
};
int run_protection_certify(const Common& common, const ProtectionCommand& command);
int run_protection_hand_over(const Common& common, const ProtectionCommand& command);
int run_protection_open(const Common& common, const ProtectionCommand& command);

}  // namespace awda::central
