// Goal: an attachment comes back as it was kept, once however often it was given, readable through
// the vault alone, and no crash leaves anything behind or takes anything away. Method: real
// pictures (tests/fakes/pictures.h), and the vault stopped at each step.
#include <doctest/doctest.h>

#include <filesystem>

#include "agent/vault/attachments.h"
#include "agent/vault/blob_store.h"
#include "agent/vault/projections.h"
#include "agent/vault/rotation.h"
#include "tests/agent/raw_vault.h"
#include "tests/agent/vault_fixture.h"
#include "tests/fakes/pictures.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

struct Stopped {};

PreparedAttachment photo(int width) {
    return prepare_attachment(fakes::jpeg(width, width), ImageUse::kPhoto).value();
}

PreparedAttachment paper(std::string_view words) {
    const std::string file = fakes::pdf(words);
    return prepare_attachment(as_bytes(file), ImageUse::kScan).value();
}

std::vector<Path> blob_files(const Office& office) {
    std::vector<Path> files;
    const Path folder = office.vault_folder() / "blobs";
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        files.push_back(entry.path());
    }
    return files;
}

InstanceId new_draft(Vault& vault) {
    return vault.start_draft(test_form(), "ar").value();
}

}  // namespace

TEST_CASE("an attachment comes back as it was kept, from the draft and from the record") {
    Office office;
    InstanceId draft;
    AttachmentInfo info;
    const PreparedAttachment prepared = photo(600);
    {
        auto vault = office.create();
        draft = new_draft(*vault);
        info = attach(session_of(*vault), draft, prepared).value();
        CHECK(info.value() == to_hex(content_hash(prepared.content)) + ".png");  // few colours
        CHECK(parse_attachment_value(info.value()) == info.content);
        must(vault->finalise(draft, answers("زينب")));
    }
    auto vault = office.unlock();
    Session& session = session_of(*vault);
    CHECK(open_attachment(session, draft, info.content).value() == prepared.content);
    CHECK(open_thumbnail(session, draft, info.content).value() == prepared.thumbnail);
    const auto list = list_attachments(session, draft).value();
    REQUIRE(list.size() == 1);
    CHECK(list[0].whole);
    CHECK(list[0].width == 600);
    CHECK(detach(session, draft, info.content).error().code == Errc::kNotFound);  // final
    // A correction has it as well.
    const InstanceId next = vault->amend(draft, "a wrong date").value();
    CHECK(open_attachment(session, next, info.content).value() == prepared.content);
    CHECK(vault->verify_log()->intact);
}

TEST_CASE("the same content is one file, and goes with its last reference") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const InstanceId one = new_draft(*vault);
    const InstanceId two = new_draft(*vault);
    const AttachmentInfo info = attach(session, one, photo(300)).value();
    REQUIRE(attach(session, one, photo(300)).ok());
    REQUIRE(attach(session, two, photo(300)).ok());
    REQUIRE(attach(session, two, paper("/Extra (1)")).ok());
    CHECK(blob_files(office).size() == 2);
    CHECK(list_attachments(session, one)->size() == 1);
    must(detach(session, one, info.content));
    CHECK(open_attachment(session, one, info.content).error().code == Errc::kNotFound);
    CHECK(open_attachment(session, two, info.content).ok());
    must(vault->discard_draft(two));
    CHECK(blob_files(office).empty());
    CHECK(vault->verify_log()->intact);
}

TEST_CASE("a file tells neither what is in it nor that two vaults hold the same") {
    Office office;
    Office other(2);
    auto vault = office.create();
    auto elsewhere = other.create();
    const PreparedAttachment prepared = photo(200);
    REQUIRE(attach(session_of(*vault), new_draft(*vault), prepared).ok());
    REQUIRE(attach(session_of(*elsewhere), new_draft(*elsewhere), prepared).ok());
    const auto files = blob_files(office);
    REQUIRE(files.size() == 1);
    CHECK(files[0].filename() != blob_files(other)[0].filename());
    CHECK(files[0].filename() != Path(to_hex(content_hash(prepared.content))));
    const Bytes bytes = read_file(files[0], 1U << 20U).value();
    CHECK(bytes.size() > prepared.content.size());
    CHECK((bytes.size() - 8 - kStreamHeaderSize) % 4096 == kStreamFrameOverhead);  // padded
    CHECK(as_text(bytes).find(as_text(ByteView(prepared.content).subspan(100, 16))) ==
          std::string_view::npos);
}

TEST_CASE(
    "every changed, missing or added byte of a file is noticed, and mended by the same again") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    const InstanceId draft = new_draft(*vault);
    const PreparedAttachment prepared = paper("");
    const AttachmentInfo info = attach(session, draft, prepared).value();
    const Path file = blob_files(office).at(0);
    const Bytes good = read_file(file, 1U << 20U).value();
    std::size_t believed = 0;
    for (std::size_t i = 0; i < good.size(); i += i < 64 ? 1 : 97) {
        Bytes bad = good;
        bad[i] ^= 0x20U;
        must(atomic_write(file, bad));
        const auto opened = open_attachment(session, draft, info.content);
        if (opened.ok() || opened.error().code != Errc::kAltered) ++believed;
    }
    CHECK(believed == 0);
    for (const std::size_t size : {std::size_t{0}, std::size_t{20}, good.size() - 1}) {
        must(atomic_write(file, ByteView(good).first(size)));
        CHECK(open_attachment(session, draft, info.content).error().code == Errc::kAltered);
        CHECK_FALSE(list_attachments(session, draft).value().at(0).whole);
    }
    Bytes longer = good;
    longer.push_back(0);
    must(atomic_write(file, longer));
    CHECK(open_attachment(session, draft, info.content).error().code == Errc::kAltered);
    must(remove_file(file));
    CHECK(open_attachment(session, draft, info.content).error().code == Errc::kNotFound);
    REQUIRE(attach(session, draft, prepared).ok());
    CHECK(open_attachment(session, draft, info.content).value() == prepared.content);
}

TEST_CASE(
    "stopped at any step, an attachment is there whole or not at all, and no file is left over") {
    for (const Step stop : {Step::kBlobWritten, Step::kAttachmentCommitted, Step::kBlobRowsSwept}) {
        CAPTURE(static_cast<int>(stop));
        Office office;
        InstanceId draft;
        AttachmentInfo kept;
        {
            auto vault = office.create();
            Session& session = session_of(*vault);
            draft = new_draft(*vault);
            kept = attach(session, draft, photo(100)).value();
            const AttachmentInfo gone = attach(session, draft, photo(120)).value();
            session.env.on_step = [stop](Step done) {
                if (done == stop) throw Stopped();
            };
            if (stop == Step::kBlobRowsSwept) {
                CHECK_THROWS_AS(static_cast<void>(detach(session, draft, gone.content)), Stopped);
            } else {
                CHECK_THROWS_AS(static_cast<void>(attach(session, draft, photo(140))), Stopped);
            }
            session.env.on_step = nullptr;
        }
        must(atomic_write(office.vault_folder() / "blobs" / "notes.txt", as_bytes("not ours")));
        auto vault = office.unlock();
        Session& session = session_of(*vault);
        const auto list = list_attachments(session, draft).value();
        const std::size_t expected = stop == Step::kBlobWritten           ? 2
                                     : stop == Step::kAttachmentCommitted ? 3
                                                                          : 1;
        CHECK(list.size() == expected);
        for (const AttachmentInfo& each : list) {
            CHECK(open_attachment(session, draft, each.content).ok());
        }
        CHECK(open_attachment(session, draft, kept.content).ok());
        CHECK(blob_files(office).size() == expected + 1);  // and the file that is not ours
        CHECK(vault->verify_log()->intact);
    }
}

TEST_CASE("what nobody may attach is refused and leaves nothing") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    CHECK(prepare_attachment(as_bytes("MZ a program"), ImageUse::kPhoto).error().code ==
          Errc::kAttachmentType);
    CHECK(prepare_attachment(ByteView(fakes::jpeg(64, 64)).first(200), ImageUse::kPhoto)
              .error()
              .code == Errc::kImageUnreadable);
    const InstanceId nobody{new_uuid_v7(office.clock.now(), office.random)};
    CHECK(attach(session, nobody, photo(50)).error().code == Errc::kNotFound);
    const InstanceId draft = new_draft(*vault);
    for (std::size_t i = 0; i < kAttachmentsMax; ++i) {
        REQUIRE(attach(session, draft, paper("/N (" + std::to_string(i) + ")")).ok());
    }
    CHECK(attach(session, draft, photo(50)).error().code == Errc::kTooLarge);
    CHECK(blob_files(office).size() == kAttachmentsMax);
    for (const std::string_view odd : {"", "photo.jpg", "../../keyring.a", "00.jpg"}) {
        CHECK_FALSE(parse_attachment_value(odd).has_value());
    }
}

TEST_CASE("an auditor attaches nothing, and every look is in the log") {
    Office office;
    InstanceId draft;
    AttachmentInfo info;
    {
        auto vault = office.create();
        draft = new_draft(*vault);
        info = attach(session_of(*vault), draft, photo(80)).value();
        REQUIRE(vault->add_officer("Auditor One", Role::kAuditor, secret(kPassphrase)).ok());
    }
    auto vault = office.try_unlock("Auditor One").value();
    Session& session = session_of(*vault);
    CHECK(attach(session, draft, photo(90)).error().code == Errc::kNotAllowed);
    CHECK(detach(session, draft, info.content).error().code == Errc::kNotAllowed);
    CHECK(open_attachment(session, draft, info.content).ok());
    CHECK(open_thumbnail(session, draft, info.content).ok());
    CHECK(session.db.query_integer("SELECT count(*) FROM events WHERE type = 77").value() == 2);
}

TEST_CASE("an attachment is still there under a new vault key and after a rebuild of the tables") {
    Office office;
    auto vault = office.create();
    const InstanceId draft = new_draft(*vault);
    const PreparedAttachment prepared = photo(70);
    const AttachmentInfo info = attach(session_of(*vault), draft, prepared).value();
    REQUIRE(rotate_vault_key(session_of(*vault)).ok());
    must(vault->lock());
    vault = office.unlock();
    CHECK(open_attachment(session_of(*vault), draft, info.content).value() == prepared.content);
    // The same content given again is known, although files get other names now.
    REQUIRE(attach(session_of(*vault), new_draft(*vault), prepared).ok());
    CHECK(blob_files(office).size() == 1);
    must(vault->lock());
    RawVault raw = open_raw(office.vault_folder());
    const ProjectionDigest before = digest_projections(raw.db).value();
    must(rebuild_projections(raw.db));
    CHECK(digest_projections(raw.db)->rows == before.rows);
}
