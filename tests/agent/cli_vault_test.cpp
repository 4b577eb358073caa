// The command line around the vault: enrolment, officers, passphrases, errors and their languages.
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "agent/cli/output.h"
#include "agent/cli/passphrase.h"
#include "tests/agent/cli_fixture.h"
#include "tests/agent/small_disk.h"
#include "tests/fakes/skip.h"

using namespace awda;
using namespace awda::agent::test;

TEST_CASE("init enrols with a voucher and shows the words to read to headquarters") {
    CliWorld world;
    const auto made = world.json({"init", "--voucher", world.voucher().string()});
    CHECK(made.at("office_name") == "Duhok branch");
    CHECK(made.at("role") == "administrator");
    const std::string words = made.at("fingerprint");
    CHECK(std::count(words.begin(), words.end(), ' ') == 5);
    CHECK(world.prompts.size() == 2);  // a new passphrase is asked for twice
    CHECK(world.error_code({"init", "--voucher", world.voucher().string()}) == "vault_exists");
}

TEST_CASE("init refuses a passphrase that was typed in two ways and makes nothing") {
    CliWorld world;
    world.typed = {"orchard lantern seven river stone", "orchard lantern seven river stole"};
    CHECK(world.error_code({"init", "--voucher", world.voucher().string()}) ==
          "passphrase_mismatch");
    CHECK_FALSE(agent::Vault::present(world.office.vault_folder()));
}

TEST_CASE("init tells a weak passphrase, an expired and a damaged voucher, a missing file") {
    CliWorld world;
    world.typed = {"short"};
    CHECK(world.error_code({"init", "--voucher", world.voucher().string()}) == "weak_passphrase");
    world.typed = {std::string(kPassphrase)};
    CHECK(world.error_code({"init", "--voucher", "/nonexistent/voucher"}) == "not_found");
    Bytes damaged = read_file(world.voucher()).value();
    damaged[damaged.size() / 2] ^= 1U;
    const Path altered = world.office.folder / "altered";
    REQUIRE(atomic_write(altered, damaged).ok());
    CHECK(world.error_code({"init", "--voucher", altered.string()}) != "internal");
    world.office.clock.advance(8LL * 24 * 3600 * 1000);
    CHECK(world.error_code({"init", "--voucher", world.voucher().string()}) == "voucher_expired");
    CHECK_FALSE(agent::Vault::present(world.office.vault_folder()));
    CHECK_FALSE(file_exists(world.office.vault_folder() / "voucher"));
}

TEST_CASE("every command for a vault says when there is none, before asking for a passphrase") {
    CliWorld world;
    const std::vector<std::vector<std::string>> commands = {
        {"officer", "list"}, {"passphrase", "change"}, {"intake", "list"},
        {"log", "verify"},   {"sync", "--once"},       {"status"}};
    for (const auto& command : commands) {
        CHECK(world.error_code(command) == "vault_missing");
        CHECK(world.prompts.empty());
    }
}

TEST_CASE("a wrong passphrase is told in the language of the environment or of --lang") {
    CliWorld world;
    world.enrol();
    world.typed = {"not the passphrase at all"};
    world.variables["LANG"] = "ar_IQ.UTF-8";
    CHECK(world.run({"intake", "list"}) == 1);
    CHECK(world.err.find("عبارة المرور غير صحيحة") != std::string::npos);
    CHECK(world.err.find("wrong_passphrase") != std::string::npos);
    CHECK(world.out.empty());
    world.office.clock.advance(120'000);
    CHECK(world.run({"--lang", "ckb", "intake", "list"}) == 1);
    CHECK(world.err.find("دەستەواژەی نھێنی دروست نییە") != std::string::npos);
    world.office.clock.advance(120'000);
    world.variables["LC_ALL"] = "C.UTF-8";  // decides before LANG
    CHECK(world.run({"intake", "list"}) == 1);
    CHECK(world.err.find("passphrase is not right") != std::string::npos);
}

TEST_CASE("tries that follow a wrong one too soon are delayed, and the right one works later") {
    CliWorld world;
    world.enrol();
    world.typed = {"not the passphrase at all"};
    bool delayed = false;
    for (int i = 0; i < 6; ++i)
        delayed = world.error_code({"status"}) == "unlock_delayed" || delayed;
    CHECK(delayed);
    world.typed = {std::string(kPassphrase)};
    world.office.clock.advance(61'000);
    CHECK(world.run({"status"}) == 0);
}

TEST_CASE("without an officer's name a command is not understood") {
    CliWorld world;
    world.enrol();
    world.variables.erase("AWDA_OFFICER");
    CHECK(world.error_code({"intake", "list"}, 2) == "no_officer");
    CHECK(world.run({"--officer", std::string(kOfficer), "intake", "list"}) == 0);
}

TEST_CASE("without a terminal, a file or a descriptor there is no passphrase") {
    CliWorld world;
    world.enrol();
    world.typed.reset();
    CHECK(world.error_code({"intake", "list"}, 2) == "no_passphrase");
}

TEST_CASE("passphrases come from a file, one a line, and a file open to others is warned of") {
    CliWorld world;
    world.enrol();
    world.typed.reset();
    const Path file = world.office.folder / "secret";
    write_text(file, std::string(kPassphrase) + "\r\n");
    world.variables["AWDA_PASSPHRASE_FILE"] = file.string();
    CHECK(world.run({"intake", "list"}) == 0);
    CHECK(world.err.empty());
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK(world.run({"intake", "list"}) == 0);
    CHECK(world.err.find("chmod 600") != std::string::npos);
    world.variables["AWDA_PASSPHRASE_FILE"] = "/nonexistent/secret";
    CHECK(world.error_code({"intake", "list"}) == "not_found");
}

TEST_CASE("passphrases come from a descriptor: the old one, then the new one") {
    CliWorld world;
    world.enrol();
    world.typed.reset();
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const std::string lines = std::string(kPassphrase) + "\nmeadow copper eleven winter gate\n";
    REQUIRE(::write(ends[1], lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()));
    ::close(ends[1]);
    CHECK(world.run({"passphrase", "change", "--passphrase-fd", std::to_string(ends[0])}) == 0);
    ::close(ends[0]);
    world.typed = {"meadow copper eleven winter gate"};
    CHECK(world.run({"intake", "list"}) == 0);
    world.typed = {std::string(kPassphrase)};
    CHECK(world.error_code({"intake", "list"}) == "wrong_passphrase");
}

TEST_CASE("an administrator adds an officer, who can record but not add others") {
    CliWorld world;
    world.enrol();
    world.typed = {std::string(kPassphrase), "meadow copper eleven winter gate"};
    CHECK(world.run({"officer", "add", "شيلان", "--role", "officer"}) == 0);
    CHECK(world.prompts.size() == 3);
    world.typed = {"meadow copper eleven winter gate"};
    world.variables["AWDA_OFFICER"] = "شيلان";
    const auto list = world.json({"officer", "list"});
    CHECK(list.at("officers").size() == 2);
    CHECK(world.error_code({"officer", "add", "x"}) == "not_allowed");
    world.record_one();
}

TEST_CASE("a damaged database is told, kept as it is and never replaced") {
    CliWorld world;
    world.enrol();
    world.record_one();
    Path database;
    for (const auto& entry : std::filesystem::directory_iterator(world.office.vault_folder())) {
        if (entry.path().extension() == ".db") database = entry.path();
    }
    Bytes damaged = read_file(database).value();
    for (std::size_t at = 100; at < damaged.size(); at += 1000) damaged[at] ^= 0xFFU;
    REQUIRE(atomic_write(database, damaged).ok());
    CHECK(world.error_code({"intake", "list"}) == "vault_damaged");
    CHECK(read_file(database).value() == damaged);
}

TEST_CASE("a full disk is called full, and what was recorded before is there afterwards") {
    CliWorld world;
    const SmallDisk disk(world.office.vault_folder());
    if (!disk.mounted()) AWDA_SKIP("a small file system cannot be mounted here");
    world.enrol();
    const std::string kept = world.record_one("a");
    const std::string more =
        world.answers_file("long.json", R"({"form":"mini","answers":{"given_name":")" +
                                            std::string(300'000, 'n') + R"("}})");
    disk.fill();
    CHECK(world.error_code({"--lang", "ar", "intake", "new", "--form", "mini", "--answers",
                            more}) == "disk_full");
    disk.free();
    CHECK(world.json({"intake", "show", kept}).at("state") == "waiting");
    CHECK(world.run({"intake", "new", "--form", "mini", "--answers", more}) == 0);
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("log verify counts what it walked") {
    CliWorld world;
    world.enrol();
    world.record_one();
    const auto report = world.json({"log", "verify"});
    CHECK(report.at("ok") == true);
    CHECK(report.at("records") == 1);
    CHECK(report.at("events").get<int>() > 3);
}

TEST_CASE("what is not understood ends with 2, help and version with 0") {
    CliWorld world;
    CHECK(world.run({"--no-such-option"}) == 2);
    CHECK(world.err.find("no-such-option") != std::string::npos);
    CHECK(world.run({}) == 2);
    CHECK(world.run({"intake"}) == 2);
    CHECK(world.run({"sync"}) == 2);
    CHECK(world.run({"--lang", "xx", "status"}) == 2);
    CHECK(world.error_code({"nonsense"}, 2) == "usage");
    CHECK(world.run({"--help"}) == 0);
    CHECK(world.out.find("intake") != std::string::npos);
    CHECK(world.run({"intake", "new", "--help"}) == 0);
    CHECK(world.out.find("--answers") != std::string::npos);
    CHECK(world.run({"--version"}) == 0);
    CHECK(world.out == "awda 9.9.9\n");
    CHECK(world.json({"--version"}).at("version") == "9.9.9");
}

TEST_CASE("every text of the command line is written in three languages") {
    for (std::size_t i = 0; i < cli::text_count(); ++i) {
        const auto text = static_cast<cli::Text>(i);
        for (const Language language :
             {Language::kEnglish, Language::kArabic, Language::kSorani, Language::kBadini}) {
            CHECK_FALSE(cli::say(text, language, {"a", "b"}).empty());
        }
    }
}

TEST_CASE("locales name languages; a language we don't speak is English") {
    CHECK(cli::language_of_locale("ar_IQ.UTF-8") == Language::kArabic);
    CHECK(cli::language_of_locale("ckb_IQ") == Language::kSorani);
    CHECK(cli::language_of_locale("en_GB.UTF-8") == Language::kEnglish);
    CHECK(cli::language_of_locale("ku_TR@latin") == Language::kBadini);
    CHECK_FALSE(cli::language_of_locale("C.UTF-8").has_value());
    CHECK_FALSE(cli::language_of_locale("").has_value());
}

TEST_CASE("columns are counted by what a terminal shows, and broken UTF-8 is survived") {
    CHECK(cli::display_width("abc") == 3);
    CHECK(cli::display_width("أحمد") == 4);
    CHECK(cli::display_width("مُحَمَّد") == 4);
    CHECK(cli::display_width(std::string_view("\xD9", 1)) == 1);
    CHECK(cli::display_width("\xF0\x9F") >= 1);
}
