// Goal: a full disk is a clear error; nothing acknowledged is lost and the vault still opens.
// Method: a small tmpfs of our own, filled so that ever more room is left; on each filling a
// scripted day runs until it fails, the vault is locked and unlocked while the disk is still full,
// then room is made and everything acknowledged is compared. In a child process with a mount
// namespace of its own, so that nothing is left behind.
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "agent/vault/case_changes.h"
#include "tests/agent/vault_fixture.h"
#include "tests/fakes/skip.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr int kCannotMount = 77;
constexpr std::string_view kOtherPassphrase = "marble orchard ninety willow kettle";

struct Day {
    std::vector<InstanceId> finalised;
    std::vector<InstanceId> closed;                          ///< of them, whose cases are closed
    std::vector<std::pair<InstanceId, std::size_t>> drafts;  ///< and answers saved
    Errc stopped_by = Errc::kInternal;
    bool stopped = false;
    Office* office = nullptr;
    std::string_view passphrase = kPassphrase;

    bool failed(const Error& error) {
        stopped = true;
        stopped_by = error.code;
        return true;
    }
};

/// Receipts come, are written into the outbox and taken in.
Status deliver(Vault& vault, Office& office) {
    auto outbox = AWDA_TRY(sync::OutboxFolder::open(vault.outbox_folder()));
    const auto waiting = AWDA_TRY(outbox.batches());
    for (const sync::OutboxBatch& batch : waiting) {
        for (const auto kind : {sync::ReceiptKind::kStored, sync::ReceiptKind::kOpened}) {
            AWDA_CHECK(outbox.save_receipt(
                batch.number, kind,
                office.hq.receipt(kind, vault.identity().device, batch, office.clock.now())));
        }
    }
    AWDA_TRY(vault.reconcile());
    return {};
}

/// A new passphrase, and the old one again: four copies of the keyring.
bool change_keyring(Vault& vault, Day& day) {
    for (const auto& [from, to] :
         {std::pair(kPassphrase, kOtherPassphrase), std::pair(kOtherPassphrase, kPassphrase)}) {
        const Status changed = vault.change_passphrase(secret(from), secret(to));
        if (!changed.ok()) return !day.failed(changed.error());
        day.passphrase = to;
    }
    return true;
}

void live_a_day(Vault& vault, Day& day) {
    for (int record = 0; record < 6; ++record) {
        const auto draft = vault.start_draft(test_form(), "ar");
        if (!draft.ok() && day.failed(draft.error())) return;
        day.drafts.emplace_back(*draft, 0);
        for (std::size_t i = 1; i <= 8; ++i) {
            const Status saved = vault.save_draft(
                *draft, {{"f" + std::to_string(i), std::string(700, static_cast<char>('a' + i))}});
            if (!saved.ok() && day.failed(saved.error())) return;
            day.drafts.back().second = i;
        }
        const Status finalised = vault.finalise(*draft, answers(std::string(3000, 'n')));
        if (!finalised.ok() && day.failed(finalised.error())) return;
        day.drafts.pop_back();
        day.finalised.push_back(*draft);
        const Status closed = move_case(*vault.session().value(), sync::case_of_record(*draft),
                                        sync::CaseMove::kClose, {}, std::string(1500, 'r'));
        if (!closed.ok() && day.failed(closed.error())) return;
        day.closed.push_back(*draft);
        const auto sealed = vault.seal_pending();
        if (!sealed.ok() && day.failed(sealed.error())) return;
        if (record == 1 && !change_keyring(vault, day)) return;
        if (record == 3) {
            const Status delivered = deliver(vault, *day.office);
            if (!delivered.ok() && day.failed(delivered.error())) return;
        }
    }
}

/// Fills the disk until only `left` bytes are free.
void fill(const Path& file, std::uint64_t left) {
    auto out = OutputFile::open(file).value();
    const std::uint64_t free = free_space(file.parent_path()).value();
    if (free <= left) return;
    const Bytes block(free - left, 0x55);
    out.write_at(0, block).ignore("the disk is meant to be full");
}

std::string compare(Vault& vault, const Day& day) {
    for (const InstanceId& record : day.finalised) {
        if (!vault.show(record).ok()) return "a finalised record is gone";
    }
    Database& db = vault.session().value()->db;
    for (const InstanceId& record : day.closed) {
        const auto state = read_case(db, sync::case_of_record(record));
        if (!state.ok() || state->status != sync::CaseStatus::kClosed) return "a case went back";
    }
    for (const auto& [draft, saved] : day.drafts) {
        const auto read = vault.load_draft(draft);
        if (read.ok() && read->fields.size() < saved) return "a saved answer is gone";
        if (!read.ok() && !vault.show(draft).ok()) return "a draft is gone";
    }
    const auto report = vault.verify_log();
    if (!report.ok() || !report->intact) return "the log does not verify";
    return {};
}

/// One filling: empty when all held.
std::string one_filling(Office& office, std::uint64_t left, std::size_t& stops) {
    const Path filler = office.folder / "filler";
    Day day;
    day.office = &office;
    {
        auto vault = office.unlock();
        fill(filler, left);
        live_a_day(*vault, day);
        if (day.stopped) ++stops;
        if (day.stopped && day.stopped_by != Errc::kDiskFull)
            return "another error than a full disk";
        vault->lock().ignore("on a full disk it may say so");
        if (!vault->locked()) return "the vault did not lock";
    }
    {
        // Still full: the officer gets in and sees what there is.
        auto vault = office.try_unlock(kOfficer, day.passphrase);
        if (!vault.ok()) return "the vault does not open on a full disk";
        if (!(*vault)->list({.refresh = true}).ok())
            return "the list cannot be read on a full disk";
    }
    must(remove_file(filler));
    auto vault = office.try_unlock(kOfficer, day.passphrase).value();
    if (day.passphrase != kPassphrase) {
        must(vault->change_passphrase(secret(day.passphrase), secret(kPassphrase)));
    }
    const std::string wrong = compare(*vault, day);
    if (!wrong.empty()) return wrong;
    make_record(*vault, "after");
    if (!vault->seal_pending().ok() || !vault->reconcile().ok()) return "work does not go on";
    office.answer(*vault, true, true);
    if (!vault->reconcile().ok()) return "receipts are not taken in";
    for (const auto& [draft, saved] : day.drafts) {
        vault->discard_draft(draft).ignore("it may have been finalised");
    }
    return {};
}

int run_on_small_disk(const Path& folder) {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", folder.c_str(), "tmpfs", 0, "size=32m") != 0) {
        return kCannotMount;
    }
    ::setenv("TMPDIR", folder.c_str(), 1);
    Office office(31);
    {
        auto vault = office.create();
    }
    std::size_t stops = 0;
    int fillings = 0;
    // Until a whole day fits, several times.
    int whole_days = 0;
    for (std::uint64_t pages = 0; whole_days < 5; pages += pages < 100 ? 1 : 3) {
        ++fillings;
        const std::size_t before = stops;
        const std::string wrong = one_filling(office, pages * 4096, stops);
        if (stops == before) ++whole_days;
        if (!wrong.empty()) {
            std::printf("%s, with %u pages left\n", wrong.c_str(), static_cast<unsigned>(pages));
            std::fflush(stdout);
            return 1;
        }
    }
    std::printf("fillings: %d, days stopped by the full disk: %zu\n", fillings, stops);
    std::fflush(stdout);
    return stops >= 100 ? 0 : 2;
}

}  // namespace

TEST_CASE("on a disk that fills up at any page nothing saved is lost and the vault still opens") {
    fakes::TempFolder folder;
    std::fflush(stdout);  // or the child would print what waits there once more
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(run_on_small_disk(folder.path()));
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == kCannotMount) AWDA_SKIP("a small tmpfs cannot be mounted here");
    CHECK(WEXITSTATUS(status) == 0);
}
