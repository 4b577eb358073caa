#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "platform/errors.h"
#include "platform/files.h"
#include "tests/fakes/temp_folder.h"

using namespace awda;

TEST_CASE("an atomic write leaves the new content, mode 0600, and no temporary file") {
    const fakes::TempFolder folder;
    const Path path = folder / "keyring.a";
    REQUIRE(atomic_write(path, as_bytes("old")).ok());
    REQUIRE(atomic_write(path, as_bytes("new")).ok());
    CHECK(as_text(read_file(path).value()) == "new");
    struct stat info{};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600U);
    CHECK(list_files(folder.path()).value() == std::vector<std::string>{"keyring.a"});
}

TEST_CASE("a write that fails keeps the old content") {
    const fakes::TempFolder folder;
    const Path path = folder / "data";
    REQUIRE(atomic_write(path, as_bytes("old")).ok());
    REQUIRE(::mkdir((folder / "data.tmp").c_str(), 0700) == 0);  // stands in the way
    CHECK_FALSE(atomic_write(path, as_bytes("new")).ok());
    CHECK(as_text(read_file(path).value()) == "old");
}

TEST_CASE("a full disk is told apart from other failures") {
    const Status status = [] {
        auto file = OutputFile::open("/dev/full");
        if (!file.ok()) return Status(file.error());
        return file->write_at(0, as_bytes("x"));
    }();
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Errc::kDiskFull);
}

TEST_CASE("a file larger than its limit is refused before it is read") {
    const fakes::TempFolder folder;
    REQUIRE(atomic_write(folder / "big", Bytes(1000)).ok());
    CHECK(read_file(folder / "big", 999).error().code == Errc::kTooLarge);
    CHECK(read_file(folder / "big", 1000)->size() == 1000);
    CHECK(read_file(folder / "none").error().code == Errc::kNotFound);
    CHECK_FALSE(read_file(folder.path()).ok());
}

TEST_CASE("positioned writes and reads meet at their offsets") {
    const fakes::TempFolder folder;
    auto out = OutputFile::open(folder / "part");
    REQUIRE(out.ok());
    REQUIRE(out->write_at(0, as_bytes("abc")).ok());
    REQUIRE(out->write_at(3, as_bytes("def")).ok());
    REQUIRE(out->sync().ok());
    CHECK(out->size().value() == 6);
    const auto in = InputFile::open(folder / "part");
    Bytes buffer(10);
    CHECK(in->read_at(2, buffer).value() == 4);
    CHECK(as_text(ByteView(buffer).first(4)) == "cdef");
}

TEST_CASE("a lock is held by one process and falls with its owner") {
    const fakes::TempFolder folder;
    {
        const auto lock = FileLock::take(folder / "lock");
        REQUIRE(lock.ok());
        CHECK(FileLock::take(folder / "lock").error().code == Errc::kBusy);
    }
    CHECK(FileLock::take(folder / "lock").ok());
}

TEST_CASE("folders are made with their parents, and a file in the way is an error") {
    const fakes::TempFolder folder;
    REQUIRE(make_folder(folder.path() / "a" / "b" / "c").ok());
    CHECK(make_folder(folder.path() / "a" / "b" / "c").ok());
    REQUIRE(atomic_write(folder / "file", as_bytes("x")).ok());
    CHECK_FALSE(make_folder(folder.path() / "file" / "sub").ok());
}

TEST_CASE("a folder's entries are told by kind, and links are not followed") {
    const fakes::TempFolder folder;
    REQUIRE(atomic_write(folder / "b-file", Bytes{1}).ok());
    REQUIRE(make_folder(folder / "a-folder").ok());
    std::filesystem::create_symlink(folder / "b-file", folder / "c-link");
    std::filesystem::create_directory_symlink(folder / "a-folder", folder / "d-link");
    const auto entries = list_entries(folder / "", 4);
    REQUIRE(entries.ok());
    REQUIRE(entries->size() == 4);
    CHECK((*entries)[0].name == "a-folder");
    CHECK((*entries)[0].kind == EntryKind::kFolder);
    CHECK((*entries)[1].kind == EntryKind::kFile);
    CHECK((*entries)[2].kind == EntryKind::kOther);
    CHECK((*entries)[3].kind == EntryKind::kOther);
    CHECK(list_entries(folder / "", 3).error().code == Errc::kTooLarge);
    CHECK(list_entries(folder / "nowhere", 3).error().code == Errc::kNotFound);
}

TEST_CASE("every error says something in Arabic, Sorani and English, and no name stands twice") {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Errc::kClockWrong); ++i) {
        const auto code = static_cast<Errc>(i);
        for (const Language language :
             {Language::kArabic, Language::kSorani, Language::kBadini, Language::kEnglish}) {
            CHECK(errc_message(code, language).size() > 20);
        }
        CHECK(errc_message(code, Language::kArabic) != errc_message(code, Language::kEnglish));
        CHECK(errc_message(code, Language::kSorani) != errc_message(code, Language::kArabic));
        for (const std::string_view name : names) CHECK(name != errc_name(code));
        names.push_back(errc_name(code));
    }
    CHECK(parse_language("ckb") == Language::kSorani);
    CHECK_FALSE(parse_language("xx").has_value());
}

TEST_CASE("an error described for the log holds its code, place and cause, and no path") {
    const auto missing = read_file("/nonexistent/Ahmad Hassan");
    const std::string text = describe(missing.error());
    CHECK(text.find("not_found") != std::string::npos);
    CHECK(text.find("files.cpp") != std::string::npos);
    CHECK(text.find("Ahmad") == std::string::npos);
}
