// options: the command line, parsed. CLI11 and its exceptions stay in options.cpp.
// Threads: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace awda::cli {

enum class Verb : std::uint8_t {
    kVersion,
    kInit,
    kOfficerAdd,
    kOfficerList,
    kOfficerRole,
    kOfficerRenew,
    kClockConfirm,
    kPassphraseChange,
    kOfficerRemove,
    kPassphraseDuress,
    kPassphraseFactor,
    kVaultRotate,
    kVaultRecover,
    kVaultRevoke,
    kIntakeNew,
    kIntakeList,
    kIntakeShow,
    kIntakeAmend,
    kIntakeDiscard,
    kIntakeMigrate,
    kIntakeApprove,
    kIntakeReturn,
    kIntakeExport,
    kConsentGive,
    kConsentWithdraw,
    kConsentShow,
    kLogVerify,
    kAttachAdd,
    kAttachList,
    kAttachGet,
    kAttachRemove,
    kCaseList,
    kCaseShow,
    kCaseMove,
    kCaseMember,
    kCaseSplit,
    kCaseMerge,
    kCaseUnmerge,
    kCaseJoin,
    kCaseDecide,
    kProtectionRequest,
    kProtectionInstall,
    kProtectionList,
    kProtectionCount,
    kLogShow,
    kSearch,
    kVaultRebuild,
    kRetentionShow,
    kRetentionRun,
    kRetentionSet,
    kSync,
    kEnvelopeExport,
    kEnvelopeImport,
    kEnvelopeInspect,
    kStatus,
    kFormList,
    kFormCheck,
    kFormConvert,
    kFormShow,
    kFormLint,
    kFormFill,
    kFormRun,
    kFormReplay,
    kFormXpathReplay,
    kFormXlsformReplay,
};

struct Options {
    Verb verb = Verb::kVersion;
    // For every command
    bool json = false;
    std::string language;  ///< as given; "" = by the environment
    std::string data;      ///< "" = the default folder
    std::string officer;
    std::optional<int> passphrase_fd;
    // For some
    std::string voucher;
    std::string name;
    std::string role = "officer";
    int days = 0;      ///< of a lease; 0 = as long as is usual
    std::string date;  ///< of `clock confirm`, `consent`: "2026-11-26"
    std::string form;
    std::vector<std::string> answers;
    std::string instance;
    std::string reason;
    std::string file;
    std::string output;
    std::string connect;
    std::string envelope;       ///< of `envelope`: its folder
    std::string form_language;  ///< of a form's texts, as given to `form fill`, `run`, `show`
    std::string now;            ///< of `form fill`: the clock to fill in by; "" = the system's
    std::string zone;           ///< of `form fill`: "Asia/Baghdad", "+03:00"; "" = Iraq's
    std::string resume;         ///< of `form run`: the draft to go on with
    bool strict = false;        ///< of `form lint`: findings make the exit code 1
    std::string profile;        ///< of replays: awda, collect, web-forms; "" = the command's own
    std::string only;           ///< of replays: one case's id; "" = all
    std::string text;           ///< of `search`
    std::string purpose;        ///< of `search`, `intake export`, `consent`
    std::string state;          ///< of `search`; "" = any
    std::string by;             ///< of `log show`: an officer's name or id, or "device"
    std::string type;           ///< of `log show`: an event's type; "" = any
    std::string since;          ///< of `log show`: a day, as 2026-11-23
    std::string until;          ///< of `log show`, `consent give`: the last day
    std::uint64_t before = 0;   ///< of `log show`: only events below this number
    std::size_t limit = 50;     ///< of `log show`, `search`
    std::size_t offset = 0;     ///< of `search`
    bool check_only = false;    ///< of `vault rebuild`, `intake migrate`
    std::string attachment;     ///< of `attach get`, `remove`: its name
    bool scan = false;          ///< of `attach add`
    bool thumbnail = false;     ///< of `attach get`
    bool keep_draft = false;
    bool migrate = false;  ///< of `intake amend`: accept a newer version of the form
    bool once = false;
    bool remove = false;               ///< of `passphrase duress`, `factor`
    bool check = false;                ///< of `vault recover`: look, change nothing
    std::vector<std::string> keys;     ///< of `vault recover`: files of recovery keys
    std::string case_id;               ///< of `case`: its number, its id, or a record's id
    std::string other_case;            ///< of `case merge`, `join`
    std::string move;                  ///< of `case move`
    std::string office;                ///< of `case move`: the id of the office it goes to
    std::string member;                ///< of `case member`: an id
    std::string presence;              ///< of `case member`; "" = as it was
    std::string relation;              ///< of `case member`; "" = as it was
    std::optional<bool> head;          ///< of `case member`
    std::optional<bool> left;          ///< of `case member`
    std::vector<std::string> members;  ///< of `case split`
    std::vector<std::string> records;  ///< of `case split`
    std::vector<std::string> take;     ///< of `case decide`: "path=number of the side"
    bool disputed = false;             ///< of `case list`
    std::uint32_t working_days = 0;    ///< of `retention set`; 0 = as it was
    std::uint32_t settled_days = 0;
    std::uint32_t protected_days = 0;
    bool dry_run = false;          ///< of `retention run`: only say what would be done
    bool awaiting = false;         ///< of `intake list`: only what waits for a second officer
    std::string agency;            ///< of `intake export`, `consent`
    std::string format = "csv";    ///< of `intake export`
    std::string manner;            ///< of `consent give`, `withdraw`
    std::string witness;           ///< of `consent give`, `withdraw`
    std::string consent_language;  ///< of `consent give`, `withdraw`: the text was read in
};

/// The options, or the exit code when all was said already (--help, or a mistake explained
/// on `err`).
[[nodiscard]] std::variant<Options, int> parse_options(const std::vector<std::string>& args,
                                                       std::ostream& out, std::ostream& err);

}  // namespace awda::cli
