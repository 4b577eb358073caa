#include "agent/cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <ostream>

#include "agent/vault/retention_payload.h"

namespace awda::cli {

namespace {

/// A command that sets `verb` when it is the one given.
CLI::App* add(CLI::App& parent, Options& options, Verb verb, const char* name, const char* help) {
    CLI::App* command = parent.add_subcommand(name, help);
    command->fallthrough();
    command->callback([&options, verb] { options.verb = verb; });
    return command;
}

CLI::App* add_group(CLI::App& parent, const char* name, const char* help) {
    for (CLI::App* there : parent.get_subcommands([](CLI::App*) { return true; })) {
        if (there->get_name() == name) return there;
    }
    CLI::App* group = parent.add_subcommand(name, help);
    group->fallthrough();
    group->require_subcommand(1);
    return group;
}

void add_global(CLI::App& app, Options& options, bool& version) {
    app.add_flag("--json", options.json, "Write one JSON document instead of words");
    app.add_flag("--version", version, "Show the version and exit");
    app.add_option("--lang", options.language, "Language of messages (default: by LC_ALL, LANG)")
        ->check(CLI::IsMember({"ar", "ckb", "kmr", "en"}));
    app.add_option("--data", options.data, "Folder of the vault (default: your own data folder)");
    app.add_option("--officer", options.officer, "Who logs in (default: AWDA_OFFICER)");
    app.add_option("--passphrase-fd", options.passphrase_fd,
                   "Read passphrases from this file descriptor, one a line: the one that unlocks, "
                   "then a new one where needed")
        ->check(CLI::Range(0, 1023));
}

void add_passphrase_keys(CLI::App& passphrase, Options& options) {
    CLI::App* duress = add(passphrase, options, Verb::kPassphraseDuress, "duress",
                           "Set a second one that takes every way into this vault away");
    duress->add_flag("--remove", options.remove, "Have none any more");
    duress->footer(
        "Entered instead of yours it shows the error of a damaged vault; sealed batches and\n"
        "headquarters' recovery stay. Example: awda passphrase duress --officer NAME");
    CLI::App* factor = add(passphrase, options, Verb::kPassphraseFactor, "factor",
                           "Ask for your security key as well from now on");
    factor->add_flag("--remove", options.remove, "Ask for the passphrase alone again");
    factor->footer("Example: awda passphrase factor --officer NAME");
}

void add_key_commands(CLI::App& app, CLI::App& officer, CLI::App& passphrase, Options& options) {
    CLI::App* remove = add(officer, options, Verb::kOfficerRemove, "remove",
                           "Take somebody's way into this computer away");
    remove->add_option("name", options.name, "The name they log in with")->required();
    remove->footer("Example: awda officer remove \"Dilan Aziz\" && awda vault rotate");
    add_passphrase_keys(passphrase, options);
    CLI::App* vault = add_group(app, "vault", "The vault itself: keys and tables");
    add(*vault, options, Verb::kVaultRotate, "rotate", "Change the vault's key")
        ->footer("Others' slots follow when they next log in. Example: awda vault rotate");
    CLI::App* recover = add(*vault, options, Verb::kVaultRecover, "recover",
                            "Open a vault with two of headquarters' three recovery keys");
    recover->add_option("--key", options.keys, "A recovery.key file; give two")
        ->required()
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    recover->add_flag("--check", options.check, "Report what is inside and change nothing");
    recover->footer(
        "Without --check the officer named by --officer becomes a new administrator.\n"
        "Example: awda vault recover --data COPY --key a/recovery.key --key b/recovery.key "
        "--check");
    CLI::App* revoke = add(*vault, options, Verb::kVaultRevoke, "revoke",
                           "Obey headquarters' order: seal what is finished, let nobody in");
    revoke->add_option("--order", options.file, "The order file")->required();
    revoke->footer("Example: awda vault revoke --order revoke.order");
}

void add_officer_changes(CLI::App& app, CLI::App& officer, Options& options) {
    CLI::App* role =
        add(officer, options, Verb::kOfficerRole, "role", "Give another officer another role");
    role->add_option("name", options.name, "The name they log in with")->required();
    role->add_option("role", options.role, "What they may do from now on")
        ->required()
        ->check(CLI::IsMember({"officer", "supervisor", "administrator", "auditor"}));
    role->footer("Example: awda officer role \"Layla Hassan\" supervisor");
    CLI::App* renew = add(officer, options, Verb::kOfficerRenew, "renew",
                          "Let another officer log in for longer, counted from today");
    renew->add_option("name", options.name, "The name they log in with")->required();
    renew->add_option("--days", options.days, "For how long (default: 180)")
        ->check(CLI::Range(1, 400));
    renew->footer("Example: awda officer renew \"Layla Hassan\" --days 180");
    CLI::App* clock = add_group(app, "clock", "This computer's clock");
    CLI::App* confirm = add(*clock, options, Verb::kClockConfirm, "confirm",
                            "Vouch for the date after the clock jumped ahead");
    confirm->add_option("--date", options.date, "Today's date, read off something else")
        ->required();
    confirm->footer("Example: awda clock confirm --date 2026-11-26");
}

void add_vault_commands(CLI::App& app, Options& options) {
    CLI::App* init = add(app, options, Verb::kInit, "init", "Enrol this computer with a voucher");
    init->add_option("--voucher", options.voucher, "The voucher file from headquarters")
        ->required();
    CLI::App* officer = add_group(app, "officer", "Who may log in on this computer");
    CLI::App* officer_add = add(*officer, options, Verb::kOfficerAdd, "add", "Let somebody log in");
    officer_add->add_option("name", options.name, "The name to log in with")->required();
    officer_add->add_option("--role", options.role, "What they may do (default: officer)")
        ->check(CLI::IsMember({"officer", "supervisor", "administrator", "auditor"}));
    officer_add->add_option("--days", options.days, "How long they may log in (default: 180)")
        ->check(CLI::Range(1, 400));
    add(*officer, options, Verb::kOfficerList, "list", "Show who may log in, and until when");
    add_officer_changes(app, *officer, options);
    CLI::App* passphrase = add_group(app, "passphrase", "Your own passphrase");
    add(*passphrase, options, Verb::kPassphraseChange, "change", "Change it");
    add_key_commands(app, *officer, *passphrase, options);
    CLI::App* sync = add(app, options, Verb::kSync, "sync", "Deliver to headquarters");
    sync->add_flag("--once", options.once, "Deliver all that waits, then exit")->required();
    sync->add_option(
        "--connect", options.connect,
        "HOST:PORT to dial instead of the enrolled server; its key is checked the same");
    add(app, options, Verb::kStatus, "status", "What is waiting, and when it was last delivered");
}

void add_envelope_commands(CLI::App& app, Options& options) {
    CLI::App* envelope =
        add_group(app, "envelope", "Delivery without a network: sealed files in a folder");
    CLI::App* out = add(*envelope, options, Verb::kEnvelopeExport, "export",
                        "Put what waits into a folder, to be carried to headquarters");
    out->footer("Example: awda envelope export /media/stick/awda");
    CLI::App* in = add(*envelope, options, Verb::kEnvelopeImport, "import",
                       "Take in the receipts that came back from there");
    in->footer("Example: awda envelope import /media/stick/awda");
    CLI::App* look = add(*envelope, options, Verb::kEnvelopeInspect, "inspect",
                         "Whose files are in a folder, what is missing, what is damaged");
    look->footer("Needs no passphrase. Example: awda envelope inspect /media/stick/awda");
    for (CLI::App* command : {out, in, look}) {
        command->add_option("folder", options.envelope, "The envelope")->required();
    }
}

void add_page(CLI::App* command, Options& options) {
    command->add_option("--limit", options.limit, "Rows of a page (default: 50)")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1000}));
}

void add_log_commands(CLI::App& app, Options& options) {
    CLI::App* log = add_group(app, "log", "The event log");
    add(*log, options, Verb::kLogVerify, "verify", "Walk the whole log and check every link")
        ->footer("Example: awda log verify --json");
    CLI::App* show = add(*log, options, Verb::kLogShow, "show",
                         "Who did what, newest first; for supervisors, administrators, auditors");
    show->add_option("--by", options.by, "Only of this officer (name or id), or \"device\"");
    show->add_option("--type", options.type, "Only events of this type, as record_viewed");
    show->add_option("--since", options.since, "From this day on, as 2026-11-23 (Iraq's time)");
    show->add_option("--until", options.until, "Up to and with this day");
    show->add_option("--before", options.before, "Only events below this number: the next page");
    add_page(show, options);
    show->footer("Example: awda log show --type unlock_failed --since 2026-11-01");
    CLI::App* search =
        add(app, options, Verb::kSearch, "search", "Find records and drafts, newest first");
    search->add_option("text", options.text, "Words of the name, or how the id begins")->required();
    search->add_option("--purpose", options.purpose, "Why, for the log (default: look-up)")
        ->check(CLI::IsMember({"look-up", "duplicates", "audit"}));
    search->add_option("--state", options.state, "Only those in this state")
        ->check(CLI::IsMember({"draft", "waiting", "stored", "delivered", "erased"}));
    search->add_option("--form", options.form, "Only of this form, by its id");
    search->add_option("--offset", options.offset, "Leave out this many: the next page");
    add_page(search, options);
    search->footer("Example: awda search \"زينب\" --state draft");
    CLI::App* rebuild = add(*app.get_subcommand("vault"), options, Verb::kVaultRebuild, "rebuild",
                            "Make all tables anew from the log, and say what differed");
    rebuild->add_flag("--check", options.check_only, "Only compare, change nothing");
    rebuild->footer("Example: awda vault rebuild --check");
}

void add_intake_commands(CLI::App& app, Options& options) {
    CLI::App* intake = add_group(app, "intake", "Records of returnees");
    CLI::App* fresh = add(*intake, options, Verb::kIntakeNew, "new", "Record from answer files");
    fresh->add_option("--form", options.form, "The form's id")->required();
    fresh->add_option("--answers", options.answers, "Answer files, or folders of .json files")
        ->required();
    fresh->add_flag("--draft", options.keep_draft, "Keep as drafts instead of finalising");
    CLI::App* list =
        add(*intake, options, Verb::kIntakeList, "list", "List drafts and records, newest first");
    list->add_flag("--awaiting", options.awaiting, "Only what waits for a second officer");
    CLI::App* show = add(*intake, options, Verb::kIntakeShow, "show", "Show one");
    show->add_option("id", options.instance, "The record's id")->required();
    CLI::App* amend = add(*intake, options, Verb::kIntakeAmend, "amend",
                          "Correct a finalised record with a new revision");
    amend->add_option("id", options.instance, "The record's id")->required();
    amend->add_option("--answers", options.answers, "The file with the answers that change")
        ->required()
        ->expected(1)
        ->allow_extra_args(false);
    amend->add_option("--reason", options.reason, "Why it is corrected")->required();
    amend->add_flag("--migrate", options.migrate, "Go on with a newer version of its form");
    CLI::App* migrate = add(*intake, options, Verb::kIntakeMigrate, "migrate",
                            "Go on with the newer version of a draft's form");
    migrate->add_option("id", options.instance, "The draft's id")->required();
    migrate->add_flag("--dry-run", options.check_only, "Only report, change nothing");
    migrate->footer("Example: awda intake migrate ID --dry-run --json");
    CLI::App* discard =
        add(*intake, options, Verb::kIntakeDiscard, "discard", "Throw a draft away");
    discard->add_option("id", options.instance, "The draft's id")->required();
    CLI::App* approve =
        add(*intake, options, Verb::kIntakeApprove, "approve", "Agree to another officer's record");
    approve->add_option("id", options.instance, "The record's id")->required();
    approve->footer("Example: awda intake approve 01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60");
    CLI::App* give_back = add(*intake, options, Verb::kIntakeReturn, "return",
                              "Give another officer's record back to be corrected");
    give_back->add_option("id", options.instance, "The record's id")->required();
    give_back->add_option("--reason", options.reason, "What is wrong with it")->required();
    give_back->footer(
        "Example: awda intake return 01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60 --reason \"no witness\"");
}

void add_export_command(CLI::App& app, Options& options) {
    CLI::App* out = add(*add_group(app, "intake", "Records of returnees"), options,
                        Verb::kIntakeExport, "export", "Write records to a file, in clear");
    out->add_option("--agency", options.agency, "Who gets it; \"headquarters\" is the ministry")
        ->required();
    out->add_option("--purpose", options.purpose, "What for")
        ->required()
        ->check(CLI::IsMember({"own-use", "referral", "statistics"}));
    out->add_option("--form", options.form, "The form's id")->required();
    out->add_option("-o,--out", options.output, "The file; one that is there stays")->required();
    out->add_option("--format", options.format, "csv (default), or jsonl with exact values")
        ->check(CLI::IsMember({"csv", "jsonl"}));
    out->footer(
        "Only what people consented to leaves, and the log says what left. Statistics leave "
        "without\n"
        "names. Example: awda intake export --agency labour --purpose referral --form\n"
        "returnee-intake --out labour.csv");
}

CLI::App* add_consent_command(CLI::App& group, Options& options, Verb verb, const char* name,
                              const char* help) {
    CLI::App* command = add(group, options, verb, name, help);
    command->add_option("record", options.instance, "The record's id")->required();
    return command;
}

void add_consent_words(CLI::App* command, Options& options) {
    command->add_option("--agency", options.agency, "Which agency, as labour or iom")->required();
    command->add_option("--purpose", options.purpose, "What for")
        ->required()
        ->check(CLI::IsMember({"referral", "statistics"}));
    command->add_option("--date", options.date, "The day it was said on (default: today)");
    command->add_option("--how", options.manner, "How it was said")
        ->required()
        ->check(CLI::IsMember({"read-aloud", "written", "guardian"}));
    command->add_option("--language", options.consent_language, "In which the text was read");
    command->add_option("--witness", options.witness, "Who else heard it, or the guardian");
}

void add_consent_commands(CLI::App& app, Options& options) {
    CLI::App* group = add_group(app, "consent", "What people allow to be handed on");
    CLI::App* give = add_consent_command(*group, options, Verb::kConsentGive, "give",
                                         "Write down that an agency may have a record");
    add_consent_words(give, options);
    give->add_option("--until", options.until, "The last day (default: until withdrawn)");
    give->footer(
        "Example: awda consent give 01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60 --agency labour\n"
        "--purpose referral --how read-aloud --language ckb --witness \"Dilan Aziz\"");
    CLI::App* withdraw = add_consent_command(*group, options, Verb::kConsentWithdraw, "withdraw",
                                             "Write down that it may not, or not any more");
    add_consent_words(withdraw, options);
    withdraw->add_option("--reason", options.reason, "Why, if the person says so");
    withdraw->footer(
        "Example: awda consent withdraw 01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60 --agency labour\n"
        "--purpose referral --how read-aloud");
    add_consent_command(*group, options, Verb::kConsentShow, "show", "Who may have a record")
        ->footer("Example: awda consent show 01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60");
}

void add_attach_commands(CLI::App& app, Options& options) {
    CLI::App* group = add_group(app, "attach", "Photos, scans and PDFs of drafts and records");
    CLI::App* fresh = add(*group, options, Verb::kAttachAdd, "add", "Attach a file to a draft");
    fresh->add_option("id", options.instance, "The draft's id")->required();
    fresh->add_option("file", options.file, "A JPEG, PNG or PDF")->required();
    fresh->add_flag("--scan", options.scan, "A paper: keep small print readable");
    fresh->footer(
        "Prints the name that stands for it in an answer. Pictures are drawn anew, without place\n"
        "and time. Example: awda attach add 01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60 id.jpg --scan");
    CLI::App* list = add(*group, options, Verb::kAttachList, "list", "Show what is attached");
    list->add_option("id", options.instance, "The draft's or record's id")->required();
    CLI::App* get = add(*group, options, Verb::kAttachGet, "get", "Write one to a file");
    get->add_option("id", options.instance, "The draft's or record's id")->required();
    get->add_option("name", options.attachment, "Its name, as `attach list` shows it")->required();
    get->add_option("-o,--output", options.output, "Where to write it, in clear")->required();
    get->add_flag("--thumbnail", options.thumbnail, "The small picture");
    CLI::App* remove = add(*group, options, Verb::kAttachRemove, "remove", "Take one off a draft");
    remove->add_option("id", options.instance, "The draft's id")->required();
    remove->add_option("name", options.attachment, "Its name, as `attach list` shows it")
        ->required();
}

CLI::App* add_case_command(CLI::App& group, Options& options, Verb verb, const char* name,
                           const char* help) {
    CLI::App* command = add(group, options, verb, name, help);
    command
        ->add_option("case", options.case_id,
                     "Its number, in any digits; its id; or the id of a record in it")
        ->required();
    return command;
}

/// "yes" or "no".
void add_yes_no(CLI::App* command, const char* name, std::optional<bool>& value, const char* help) {
    command
        ->add_option_function<std::string>(
            name, [&value](const std::string& text) { value = text == "yes"; }, help)
        ->check(CLI::IsMember({"yes", "no"}));
}

void add_case_changes(CLI::App& group, Options& options) {
    CLI::App* move = add_case_command(group, options, Verb::kCaseMove, "move",
                                      "Bring a case from one state to another");
    move->add_option("move", options.move, "What to do with it")
        ->required()
        ->check(CLI::IsMember({"submit", "resume", "offer", "withdraw", "dispatch", "accept",
                               "return", "recall", "begin", "take_back", "close", "reopen"}));
    move->add_option("--to", options.office, "The id of the office it is offered to");
    move->add_option("--reason", options.reason, "Why");
    move->footer("Example: awda case move 48210937551604 close --reason \"reintegrated\"");
    CLI::App* member = add_case_command(group, options, Verb::kCaseMember, "member",
                                        "Say something about one person of a case");
    member->add_option("member", options.member, "The person's id, as `case show` gives it")
        ->required();
    member->add_option("--presence", options.presence, "Where the person is")
        ->check(CLI::IsMember({"present", "elsewhere", "detained", "missing", "dead"}));
    member->add_option("--relation", options.relation, "To the head of the family");
    add_yes_no(member, "--head", options.head, "Whether the person is the head: yes or no");
    add_yes_no(member, "--left", options.left, "Whether the person left the family: yes or no");
    member->add_option("--reason", options.reason, "Why");
    member->footer(
        "Example: awda case member 48210937551604 3f2a… --presence detained --reason \"at the\n"
        "airport\"");
    CLI::App* decide = add_case_command(group, options, Verb::kCaseDecide, "decide",
                                        "Say which of several answers counts");
    decide
        ->add_option("--take", options.take,
                     "An answer and the number of its side, as `case show` lists them")
        ->required();
    decide->add_option("--record", options.instance,
                       "The record meant, where several dispute the same answer");
    decide->add_option("--reason", options.reason, "Why")->required();
    decide->footer(
        "Example: awda case decide 48210937551604 --take \"person/given_name=2\" --reason\n"
        "\"seen in the passport\"");
}

void add_case_joins(CLI::App& group, Options& options) {
    CLI::App* split = add_case_command(group, options, Verb::kCaseSplit, "split",
                                       "Let people or records go on in a case of their own");
    split->add_option("--member", options.members, "A person's id; may be given again");
    split->add_option("--record", options.records, "A record's id; may be given again");
    split->add_option("--reason", options.reason, "Why")->required();
    CLI::App* merge = add_case_command(group, options, Verb::kCaseMerge, "merge",
                                       "Let another case go on in this one");
    merge->add_option("other", options.other_case, "The case that goes on in it")->required();
    merge->add_option("--reason", options.reason, "Why")->required();
    CLI::App* unmerge = add_case_command(group, options, Verb::kCaseUnmerge, "unmerge",
                                         "Let a merged case stand for itself again");
    unmerge->add_option("--reason", options.reason, "Why")->required();
    CLI::App* join =
        add(group, options, Verb::kCaseJoin, "join", "Put a record, a follow-up say, into a case");
    join->add_option("record", options.instance, "The record's id")->required();
    join->add_option("case", options.other_case, "The case it belongs to")->required();
    join->add_option("--reason", options.reason, "Why");
}

void add_case_commands(CLI::App& app, Options& options) {
    CLI::App* group = add_group(app, "case", "Files of persons and families");
    CLI::App* list =
        add(*group, options, Verb::kCaseList, "list", "List cases, last changed first");
    list->add_flag("--disputed", options.disputed, "Only what waits for a decision");
    list->add_option("--state", options.state, "Only those in this state")
        ->check(CLI::IsMember({"open", "in_review", "returned", "offered", "in_transit", "accepted",
                               "closed", "merged"}));
    list->add_option("--limit", options.limit, "How many at most")->check(CLI::Range(1, 1000));
    list->add_option("--offset", options.offset, "How many to leave out first");
    add_case_command(*group, options, Verb::kCaseShow, "show",
                     "Show a case: people, records, disputes, history")
        ->footer("Example: awda case show \"4821 0937 5516 04\"");
    add_case_changes(*group, options);
    add_case_joins(*group, options);
}

void add_retention_commands(CLI::App& app, Options& options) {
    CLI::App* group = add_group(app, "retention", "How long records stay on this computer");
    add(*group, options, Verb::kRetentionShow, "show",
        "Show the periods, what is due, and what is held back")
        ->footer("Example: awda retention show");
    CLI::App* run = add(*group, options, Verb::kRetentionRun, "run",
                        "Erase here what headquarters has had for long enough");
    run->add_flag("--dry-run", options.dry_run, "Only say what would be erased");
    run->footer(
        "Judged by headquarters' clock alone; the desk does it by itself after deliveries.\n"
        "Example: awda retention run --dry-run");
    CLI::App* set = add(*group, options, Verb::kRetentionSet, "set",
                        "Say for how many days headquarters must have had a record");
    const CLI::Range days(agent::kRetentionDaysMin, agent::kRetentionDaysMax);
    set->add_option("--working", options.working_days, "While its case goes on")->check(days);
    set->add_option("--settled", options.settled_days, "After its case was closed")->check(days);
    set->add_option("--protected", options.protected_days,
                    "Of a form with protected questions, whatever its case")
        ->check(days);
    set->footer("Example: awda retention set --settled 14");
}

void add_protection_commands(CLI::App& app, Options& options) {
    CLI::App* group = add_group(app, "protection", "Who may read protected answers");
    CLI::App* request = add(*group, options, Verb::kProtectionRequest, "request",
                            "Ask headquarters to make you a protection officer");
    request->add_option("-o,--output", options.output, "Where to write the request")->required();
    request->footer("Example: awda protection request -o layla.request");
    CLI::App* install = add(*group, options, Verb::kProtectionInstall, "install",
                            "Enter a certificate or a revocation of headquarters");
    install->add_option("file", options.file, "The file from headquarters")->required();
    install->footer("Example: awda protection install layla.certificate");
    add(*group, options, Verb::kProtectionList, "list", "Show the protection officers")
        ->footer("Example: awda protection list --json");
    CLI::App* count = add(*group, options, Verb::kProtectionCount, "count",
                          "Count new records with protected answers, naming none of them");
    count->add_option("--form", options.form, "The form's id")->required();
    count->footer("Example: awda protection count --form returnee-intake");
}

void add_form_replays(CLI::App& form, Options& options) {
    struct Command {
        Verb verb;
        const char* name;
        const char* help;
    };
    for (const Command& command :
         {Command{Verb::kFormReplay, "replay", "Replay recorded fill-ins of other engines"},
          Command{Verb::kFormXpathReplay, "xpath-replay", "Replay recorded expressions"},
          Command{Verb::kFormXlsformReplay, "xlsform-replay", "Replay recorded conversions"}}) {
        CLI::App* replay = add(form, options, command.verb, command.name, command.help);
        replay->add_option("file", options.file, "Recorded cases: .jsonl, or .jsonl.zst")
            ->required();
        replay->add_option("--only", options.only, "Only the case with this id (or line)");
        replay->add_option("--profile", options.profile, "Whose semantics to follow")
            ->check(CLI::IsMember({"awda", "collect", "web-forms"}));
        replay->footer(std::string("Example: awda form ") + command.name +
                       " cases.jsonl.zst\n"
                       "Failing cases are listed; the last line is \"N passed, N failed\".");
    }
}

CLI::App* add_form_file(CLI::App& form, Options& options, Verb verb, const char* name,
                        const char* help, const char* example) {
    CLI::App* command = add(form, options, verb, name, help);
    command
        ->add_option(
            "file", options.file,
            "A workbook (.xlsx, .xls, .csv), a Markdown table or an XForm; told by content")
        ->required();
    command->footer(std::string("Example: ") + example);
    return command;
}

void add_form_language(CLI::App* command, Options& options) {
    command->add_option("--lang", options.form_language,
                        "Language of the form's texts, by name or tag, and of messages");
}

void add_form_fills(CLI::App& form, Options& options) {
    CLI::App* fill = add_form_file(form, options, Verb::kFormFill, "fill",
                                   "Fill a form in from an answer file, and export the record",
                                   "awda form fill survey.xlsx --answers answers.json -o out.xml");
    fill->add_option("--answers", options.answers, "The JSON file with the answers")
        ->required()
        ->expected(1)
        ->allow_extra_args(false);
    fill->add_option("-o,--output", options.output, "Where to write the record as XForm XML");
    fill->add_option("--now", options.now, "The time to fill in at, as 2026-11-23T09:30:00+03:00");
    fill->add_option("--tz", options.zone,
                     "The time zone, as Asia/Baghdad or +03:00 (default: Iraq's)");
    add_form_language(fill, options);
    CLI::App* run = add_form_file(form, options, Verb::kFormRun, "run",
                                  "Fill a form in by a conversation on the terminal",
                                  "awda form run survey.xlsx --lang ar -o out.xml");
    run->add_option("-o,--output", options.output, "Where to write the finished record");
    run->add_option("--resume", options.resume, "Go on with a draft that :save wrote");
    run->add_option("--tz", options.zone, "The time zone (default: Iraq's)");
    add_form_language(run, options);
}

void add_form_commands(CLI::App& app, Options& options) {
    CLI::App* form = add_group(app, "form", "Forms");
    add(*form, options, Verb::kFormList, "list", "List the forms that ship");
    add_form_file(*form, options, Verb::kFormCheck, "check",
                  "Check a form; mistakes with sheet, row and column",
                  "awda form check survey.xlsx --lang ar");
    CLI::App* convert =
        add_form_file(*form, options, Verb::kFormConvert, "convert", "Convert a form to an XForm",
                      "awda form convert survey.xlsx -o survey.xml");
    convert->add_option("-o,--output", options.output, "Where to write the XForm")->required();
    CLI::App* show = add(*form, options, Verb::kFormShow, "show", "Show a form's outline");
    show->add_option("form", options.file, "A form's id, or a file")->required();
    show->footer("Example: awda form show returnee-intake --lang ar");
    add_form_language(show, options);
    CLI::App* lint = add_form_file(
        *form, options, Verb::kFormLint, "lint",
        "Look for what is legal but slow, unreachable, untranslated or without a purpose",
        "awda form lint survey.xlsx --strict");
    lint->add_flag("--strict", options.strict, "Exit with 1 if there is any warning");
    add_form_fills(*form, options);
    add_form_replays(*form, options);
}

}  // namespace

std::variant<Options, int> parse_options(const std::vector<std::string>& args, std::ostream& out,
                                         std::ostream& err) {
    Options options;
    bool version = false;
    CLI::App app("Awda records returnee intakes, keeps them encrypted and delivers them.", "awda");
    app.footer(
        "Passphrases come from the terminal, --passphrase-fd or AWDA_PASSPHRASE_FILE.\n"
        "Exit codes: 0 done, 1 an error, 2 the command was not understood.");
    try {
        add_global(app, options, version);
        add_vault_commands(app, options);
        add_envelope_commands(app, options);
        add_log_commands(app, options);
        add_intake_commands(app, options);
        add_export_command(app, options);
        add_consent_commands(app, options);
        add_attach_commands(app, options);
        add_case_commands(app, options);
        add_protection_commands(app, options);
        add_retention_commands(app, options);
        add_form_commands(app, options);
        app.require_subcommand(0, 1);
        // CLI11 takes its arguments from the back.
        std::vector<std::string> reversed(args.rbegin(), args.rend());
        app.parse(reversed);
        if (!version && app.get_subcommands().empty()) {
            err << app.help();
            return 2;
        }
    } catch (const CLI::ParseError& problem) {
        // Help is asked for, anything else is a mistake.
        return app.exit(problem, out, err) == 0 ? 0 : 2;
    }
    if (version) options.verb = Verb::kVersion;
    return options;
}

}  // namespace awda::cli
