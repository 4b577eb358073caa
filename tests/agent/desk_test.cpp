// The desk: what the window may rely on.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>

#include "agent/vault/session.h"
#include "tests/agent/desk_fixture.h"
#include "tests/agent/small_disk.h"
#include "tests/agent/test_desk.h"
#include "tests/fakes/skip.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

const forms::ViewNode* find(const Snapshot& snapshot, std::string_view ref) {
    if (snapshot.open == nullptr) return nullptr;
    for (const forms::ViewNode& node : *snapshot.open->page) {
        if (node.ref == ref) return &node;
    }
    return nullptr;
}

std::string value(const Snapshot& snapshot, std::string_view ref) {
    const forms::ViewNode* node = find(snapshot, ref);
    return node != nullptr ? node->value : "(not on the page)";
}

}  // namespace

TEST_CASE("a desk without a vault says so, and enrols with a voucher") {
    DeskWorld world;
    TestDesk desk(world);
    CHECK(desk->snapshot()->vault == VaultState::kMissing);
    desk.act(InitVault{world.voucher(), std::string(kOfficer), secret(kPassphrase)});
    const auto open = desk.wait([](const Snapshot& now) { return now.vault == VaultState::kOpen; });
    CHECK(open->officer == kOfficer);
    CHECK(open->office == "Duhok branch");
    CHECK(open->administrator);
    REQUIRE(open->forms.size() == 1);
    CHECK(open->forms[0].title == "Mini");
    CHECK(open->intakes->empty());
}

TEST_CASE("a voucher that can't be read is a notice, and the vault stays missing") {
    DeskWorld world;
    TestDesk desk(world);
    const auto seen =
        desk.act(InitVault{"/nonexistent", std::string(kOfficer), secret(kPassphrase)});
    CHECK(seen->notice.kind == NoticeKind::kError);
    CHECK(seen->notice.code == Errc::kNotFound);
    CHECK(seen->vault == VaultState::kMissing);
}

TEST_CASE("a wrong passphrase is a notice, and the vault stays locked") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    CHECK(desk->snapshot()->vault == VaultState::kLocked);
    const auto refused = desk.log_in("not the passphrase at all");
    CHECK(refused->vault == VaultState::kLocked);
    CHECK(refused->notice.code == Errc::kWrongPassphrase);
    world.office.clock.advance(120'000);
    CHECK(desk.log_in()->vault == VaultState::kOpen);
}

TEST_CASE("commands for an open vault are refused while it is locked, and do no harm") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    Command commands[] = {NewIntake{"mini"},
                          OpenIntake{},
                          Amend{},
                          Answer{"given_name", "x"},
                          AddRepeat{"family"},
                          RemoveRepeat{"family[1]"},
                          Finalise{},
                          DiscardDraft{}};
    std::uint64_t notices = desk->snapshot()->notice.serial;
    for (Command& command : commands) {
        const auto seen = desk.act(std::move(command));
        CHECK(seen->notice.serial == ++notices);
        CHECK(seen->notice.code == Errc::kLocked);
    }
    desk.act(CloseIntake{});
    desk.act(Lock{});
    CHECK(desk.log_in()->vault == VaultState::kOpen);
}

TEST_CASE("an answer is shown at once, and shown as saved only after its commit") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    const auto typed = desk.fill_in();
    CHECK(value(*typed, "age") == "41");
    const auto saved = desk.saved();
    CHECK(saved->save.at_ms == world.office.clock.now());
    REQUIRE(saved->open != nullptr);
    const InstanceId draft = saved->open->instance;
    desk.act(Lock{});
    auto vault = world.office.unlock();
    const auto kept = vault->load_draft(draft).value();
    CHECK(std::ranges::count(kept.fields, sync::Field{"age", "41"}) == 1);
    CHECK(kept.title == "زينب");
}

TEST_CASE("a desk that is destroyed with an answer just typed has saved it") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    InstanceId draft;
    {
        TestDesk desk(world);
        desk.log_in();
        draft = desk.fill_in()->open->instance;
    }
    TestDesk desk(world);
    desk.log_in();
    const auto again = desk.act(OpenIntake{draft});
    CHECK(value(*again, "given_name") == "زينب");
    CHECK(value(*again, "age") == "41");
}

TEST_CASE("what was shown as saved is there after kill -9") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        TestDesk desk(world);
        desk.log_in();
        const InstanceId draft = desk.fill_in()->open->instance;
        desk.saved();
        const ssize_t told = ::write(ends[1], draft.value.data(), draft.value.size());
        if (told == 16) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    }
    ::close(ends[1]);
    InstanceId draft;
    CHECK(::read(ends[0], draft.value.data(), draft.value.size()) == 16);
    ::close(ends[0]);
    int ended = 0;
    REQUIRE(::waitpid(child, &ended, 0) == child);
    CHECK(WIFSIGNALED(ended));
    TestDesk desk(world);
    CHECK(desk.log_in()->intakes->size() == 1);
    const auto again = desk.act(OpenIntake{draft});
    CHECK(value(*again, "given_name") == "زينب");
    CHECK(value(*again, "age") == "41");
}

TEST_CASE(
    "finalising shows what is missing, follows the answers, then closes and waits to be sent") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    desk.act(NewIntake{"mini"});
    auto seen = desk.act(Finalise{});
    REQUIRE(seen->open != nullptr);
    CHECK(seen->open->finalise_serial == 1);
    REQUIRE(seen->open->problems.size() == 1);
    CHECK(seen->open->problems[0].ref == "given_name");
    CHECK(find(*seen, "given_name")->problem.has_value());
    CHECK(seen->notice.code == Errc::kAnswersInvalid);
    seen = desk.act(Answer{"age", "200"});
    CHECK(seen->open->problems.size() == 2);
    desk.act(Answer{"given_name", "هێمن"});
    seen = desk.act(Answer{"age", "20"});
    CHECK(seen->open->problems.empty());
    seen = desk.act(Finalise{});
    CHECK(seen->open == nullptr);
    CHECK(seen->notice.kind == NoticeKind::kFinalised);
    REQUIRE(seen->intakes->size() == 1);
    CHECK(seen->intakes->front().state == IntakeState::kWaiting);
    CHECK(seen->intakes->front().name == "هێمن");
    CHECK(seen->intakes->front().instance == seen->notice.instance);
    CHECK(seen->sync.waiting_records == 1);
}

TEST_CASE("repeats are added and removed, and survive closing and opening") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    const InstanceId draft = desk.fill_in()->open->instance;
    for (int i = 0; i < 3; ++i) desk.act(AddRepeat{"family"});
    desk.act(Answer{"family[1]/name", "a"});
    desk.act(Answer{"family[2]/name", "b"});
    desk.act(Answer{"family[3]/name", "c"});
    desk.saved();
    auto seen = desk.act(RemoveRepeat{"family[2]"});
    CHECK(value(*seen, "family[2]/name") == "c");
    CHECK(desk.act(CloseIntake{})->open == nullptr);
    seen = desk.act(OpenIntake{draft});
    CHECK(value(*seen, "family[1]/name") == "a");
    CHECK(value(*seen, "family[2]/name") == "c");
    CHECK(find(*seen, "family[3]/name") == nullptr);
}

TEST_CASE("a finalised record opens for reading only; amending makes a draft that opens") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    desk.fill_in();
    const InstanceId record = desk.act(Finalise{})->notice.instance;
    auto seen = desk.act(OpenIntake{record});
    REQUIRE(seen->open != nullptr);
    CHECK(seen->open->read_only);
    CHECK(find(*seen, "age")->readonly);
    seen = desk.act(Answer{"age", "3"});
    CHECK(seen->notice.code == Errc::kAlreadyFinal);
    CHECK(value(*seen, "age") == "41");
    seen = desk.act(Amend{record, "misheard"});
    REQUIRE(seen->open != nullptr);
    CHECK(seen->open->revision == 2);
    CHECK_FALSE(seen->open->read_only);
    desk.act(Answer{"age", "42"});
    seen = desk.act(Finalise{});
    CHECK(seen->notice.kind == NoticeKind::kFinalised);
    CHECK(seen->intakes->size() == 2);
}

TEST_CASE("a draft is discarded on purpose, and only then") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    desk.fill_in();
    const auto seen = desk.act(DiscardDraft{});
    CHECK(seen->open == nullptr);
    CHECK(seen->notice.kind == NoticeKind::kDiscarded);
    CHECK(seen->intakes->empty());
}

TEST_CASE("locking takes every name and answer out of the snapshot") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    desk.fill_in();
    const auto locked = desk.act(Lock{});
    CHECK(locked->vault == VaultState::kLocked);
    CHECK(locked->open == nullptr);
    CHECK(locked->intakes->empty());
    CHECK(locked->officer.empty());
    CHECK(locked->office.empty());
}

TEST_CASE("without a command the vault locks by itself, and the draft is kept") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world, 180'000);
    desk.log_in();
    const InstanceId draft = desk.fill_in()->open->instance;
    world.office.clock.advance(179'000);
    desk->poke();
    CHECK(desk.act(Answer{"age", "42"})->vault == VaultState::kOpen);
    world.office.clock.advance(180'000);
    desk->poke();
    const auto seen =
        desk.wait([](const Snapshot& now) { return now.vault == VaultState::kLocked; });
    CHECK(seen->notice.kind == NoticeKind::kAutoLocked);
    CHECK(seen->open == nullptr);
    desk.log_in();
    CHECK(value(*desk.act(OpenIntake{draft}), "age") == "42");
}

TEST_CASE("after the computer slept the vault locks before anything else, and the draft is kept") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);  // which never locks for being idle
    desk.log_in();
    const InstanceId draft = desk.fill_in()->open->instance;
    desk.act(Answer{"age", "42"});
    world.office.clock.advance(3'600'000);
    CHECK(desk.act(Answer{"age", "43"})->vault == VaultState::kOpen);
    world.office.clock.sleep(5'000);
    // What was pressed after waking comes too late: nobody knows who pressed it.
    const auto seen = desk.act(Answer{"age", "99"});
    CHECK(seen->vault == VaultState::kLocked);
    CHECK(seen->open == nullptr);
    CHECK(seen->intakes->empty());
    desk.log_in();
    CHECK(value(*desk.act(OpenIntake{draft}), "age") == "43");
    world.office.clock.sleep(5'000);
    desk.wait([](const Snapshot& now) { return now.vault == VaultState::kLocked; });  // by itself
}

TEST_CASE(
    "before sleep, a locked screen or another user the vault locks, answers committed first") {
    for (const SessionSignal signal :
         {SessionSignal::kSleeping, SessionSignal::kScreenLocked, SessionSignal::kSwitchedAway}) {
        DeskWorld world;
        world.office.create()->lock().ignore("made for this test");
        {
            TestDesk desk(world);
            desk.log_in();
            const InstanceId draft = desk.fill_in()->open->instance;
            desk.act(Answer{"age", "42"});
            desk.signal(signal);
            const auto seen =
                desk.wait([](const Snapshot& now) { return now.vault == VaultState::kLocked; });
            CHECK(seen->notice.kind == NoticeKind::kAutoLocked);
            CHECK(seen->open == nullptr);
            CHECK(seen->intakes->empty());
            desk.log_in();
            CHECK(value(*desk.act(OpenIntake{draft}), "age") == "42");
            CHECK(desk.sleeps() == (signal == SessionSignal::kSleeping ? 1 : 0));
        }
        const auto vault = world.office.unlock();
        Session& session = *vault->session().value();
        auto rows = session.db.prepare("SELECT payload FROM events WHERE type = 14");
        REQUIRE(rows.ok());
        REQUIRE(rows->step().value());
        const std::uint8_t expected = signal == SessionSignal::kSleeping       ? 3
                                      : signal == SessionSignal::kScreenLocked ? 4
                                                                               : 5;
        CHECK(rows->blob(0).back() == expected);
    }
}

TEST_CASE(
    "with nothing unlocked the computer sleeps at once, and an unlocking under way is undone") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.signal(SessionSignal::kSleeping);
    desk.act(SetLanguage{Language::kEnglish});
    CHECK(desk.sleeps() == 1);
}

TEST_CASE("the log says why the vault locked by itself") {
    Office office;
    office.create()->lock(LockReason::kSlept).ignore("looked at below");
    office.unlock()->lock(LockReason::kIdle).ignore("looked at below");
    office.unlock()->lock().ignore("looked at below");
    const auto vault = office.unlock();
    Session& session = *vault->session().value();
    std::vector<std::uint8_t> reasons;
    auto rows = session.db.prepare("SELECT payload FROM events WHERE type = 14 ORDER BY seq");
    REQUIRE(rows.ok());
    while (rows->step().value()) reasons.push_back(rows->blob(0).back());
    CHECK(reasons == std::vector<std::uint8_t>{2, 1});
    CHECK(vault->verify_log().value().intact);
}

TEST_CASE("a snapshot in hand never changes") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    const auto before = desk.fill_in();
    const std::uint64_t serial = before->serial;
    const auto page = before->open->page;
    desk.act(Answer{"given_name", "someone else"});
    const auto after = desk.act(Lock{});
    CHECK(before->serial == serial);
    CHECK(value(*before, "given_name") == "زينب");
    CHECK(before->open->page == page);
    CHECK(after->serial > serial);
}

TEST_CASE("a switch of language relabels the open intake and keeps its answers") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    const auto arabic = desk.fill_in();
    CHECK(find(*arabic, "age")->label == "العمر");
    const auto english = desk.act(SetLanguage{Language::kEnglish});
    CHECK(english->language == Language::kEnglish);
    CHECK(find(*english, "age")->label == "Age");
    CHECK(value(*english, "age") == "41");
    const auto sorani = desk.act(SetLanguage{Language::kSorani});
    CHECK(find(*sorani, "age")->label == "العمر");  // not written in Sorani: Arabic stands in
}

TEST_CASE("a flood of commands is bounded, and answers to one question take one place") {
    CommandQueue queue;
    for (std::size_t i = 0; i < 10 * Desk::kCommandsMax; ++i) {
        REQUIRE(queue.push(Answer{"given_name", std::to_string(i)}).ok());
    }
    const auto taken = queue.take_all();
    REQUIRE(taken.commands.size() == 1);
    CHECK(taken.merged == 10 * Desk::kCommandsMax);
    CHECK(std::get<Answer>(taken.commands[0]).value == std::to_string(10 * Desk::kCommandsMax - 1));
    for (std::size_t i = 0; i < Desk::kCommandsMax; ++i) REQUIRE(queue.push(SyncNow{}).ok());
    const Status full = queue.push(Lock{});
    REQUIRE_FALSE(full.ok());
    CHECK(full.error().code == Errc::kBusy);
    CHECK(queue.take_all().commands.size() == Desk::kCommandsMax);
    CHECK(queue.push(Lock{}).ok());
}

TEST_CASE("answers to different questions keep their order in the queue") {
    CommandQueue queue;
    REQUIRE(queue.push(Answer{"a", "1"}).ok());
    REQUIRE(queue.push(Answer{"b", "2"}).ok());
    REQUIRE(queue.push(Answer{"a", "3"}).ok());
    const auto taken = queue.take_all();
    REQUIRE(taken.commands.size() == 3);
    CHECK(std::get<Answer>(taken.commands[2]).value == "3");
}

TEST_CASE("the window is woken for news and left alone otherwise") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    const auto quiet = desk.act(SetLanguage{Language::kEnglish});
    const int before = desk.wakes();
    desk->poke();
    desk->poke();
    const auto after = desk.act(SetLanguage{Language::kArabic});
    CHECK(after->serial == quiet->serial + 1);
    CHECK(desk.wakes() == before + 1);
}

TEST_CASE("what is finalised is delivered by itself, and shown as delivered after its receipt") {
    DeskWorld world;
    world.office.create()->lock().ignore("made for this test");
    world.central.set({.cuts = 1, .server_ms = world.office.clock.now()});
    {
        const SecretBytes key = secret(kPassphrase);
        std::filesystem::remove_all(world.office.vault_folder());
        const NewVault wanted{world.office.vault_folder(), read_file(world.voucher()).value(),
                              std::string(kOfficer), &key};
        enrol(world.office.env(), wanted).value()->lock().ignore("made for this test");
    }
    TestDesk desk(world, 0, true);
    desk.log_in();
    desk.fill_in();
    desk.act(Finalise{});
    const auto seen = desk.wait([](const Snapshot& now) {
        return !now.intakes->empty() && now.intakes->front().state == IntakeState::kDelivered &&
               now.sync.phase == SyncPhase::kIdle;
    });
    CHECK(seen->sync.waiting_records == 0);
    CHECK(seen->sync.waiting_bytes == 0);
    CHECK(seen->sync.last_success_ms == world.office.clock.now());
    CHECK(world.central.records().size() == 1);
}

TEST_CASE("a link that is down is shown with its reason and tried again later by itself") {
    DeskWorld world;
    TestDesk desk(world, 0, true);
    world.central.set({.down = true});
    desk.act(InitVault{world.voucher(), std::string(kOfficer), secret(kPassphrase)});
    desk.wait([](const Snapshot& now) { return now.vault == VaultState::kOpen; });
    desk.fill_in();
    desk.act(Finalise{});
    auto seen = desk.wait([](const Snapshot& now) {
        return now.sync.phase == SyncPhase::kFailed && now.sync.next_try_ms > 0;
    });
    CHECK(seen->sync.error == Errc::kNoNetwork);
    CHECK(seen->sync.waiting_records == 1);
    CHECK(seen->vault == VaultState::kOpen);
    world.central.set({.server_ms = world.office.clock.now()});
    world.office.clock.advance(20 * 60'000);
    desk->poke();
    desk.wait([](const Snapshot& now) { return now.sync.waiting_records == 0; });
    CHECK(world.central.records().size() == 1);
}

TEST_CASE("on a full disk an answer stays on the screen, is called unsaved, and is saved later") {
    DeskWorld world;
    const SmallDisk disk(world.office.vault_folder());
    if (!disk.mounted()) AWDA_SKIP("a small file system cannot be mounted here");
    world.office.create()->lock().ignore("made for this test");
    TestDesk desk(world);
    desk.log_in();
    const InstanceId draft = desk.fill_in()->open->instance;
    desk.saved();
    disk.fill();
    const std::string long_name(400'000, 'n');
    desk.act(Answer{"given_name", long_name});
    auto seen = desk.wait([](const Snapshot& now) { return now.save.phase == SavePhase::kFailed; });
    CHECK(seen->notice.code == Errc::kDiskFull);
    CHECK(value(*seen, "given_name") == long_name);
    // What can't be saved can't be closed either.
    CHECK(desk.act(CloseIntake{})->open != nullptr);
    disk.free();
    seen = desk.saved();
    desk.act(Lock{});
    desk.log_in();
    CHECK(value(*desk.act(OpenIntake{draft}), "given_name") == long_name);
}
