// Goal: whatever the vault has called done is there after the power went at any moment, and the
// vault opens. Method: a scripted day is recorded, file operation by file operation
// (tests/crash/file_recorder.h), with what was promised after each; then the power goes again and
// again before and after each operation, a FaultyDisk says what is left, and the vault is opened on
// that. Some of the openings are cut too. Whatever the vault keeps in its folder takes part: the
// recorder knows no names. AWDA_SEED and AWDA_CUTS choose others; the work is shared by processes.
//
// The same file makes awda_crash_control, in which commits do not wait for the disk
// (synchronous=NORMAL): there losses must be found, or this test sees nothing.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "agent/vault/case_changes.h"
#include "agent/vault/drafts.h"
#include "agent/vault/lease.h"
#include "agent/vault/records.h"
#include "agent/vault/retention.h"
#include "platform/errors.h"
#include "tests/agent/vault_fixture.h"
#include "tests/crash/faulty_disk.h"
#include "tests/crash/file_recorder.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace awda::crash {
namespace {

#ifdef AWDA_CRASH_CONTROL
constexpr std::uint64_t kCuts = 500;
#else
constexpr std::uint64_t kCuts = 20'000;
#endif
constexpr std::string_view kSecondPassphrase = "marble orchard ninety willow kettle";
constexpr std::string_view kColleague = "Dilan Aziz";
constexpr int kRounds = 12;
constexpr std::int64_t kLongerThanAnyDelay = 61'000;
constexpr std::int64_t kLongerThanKept = 8 * kDayMs;

std::uint64_t number_from(const char* variable, std::uint64_t usual) {
    const char* text = std::getenv(variable);
    return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

/// A case as the officer left it, after so many events about it.
struct CasePromise {
    std::size_t events = 0;
    sync::CaseStatus status = sync::CaseStatus::kOpen;
};

/// What the officer was told is done.
struct Promised {
    std::map<InstanceId, std::size_t> saved;  ///< answers of a draft
    std::set<InstanceId> finalised;
    std::map<sync::CaseId, CasePromise> cases;
    std::map<std::uint64_t, Hash32> sealed;  ///< batches
    std::set<std::uint64_t> answered;        ///< batches whose receipts may have been taken in
    std::set<InstanceId> delivered;
    std::set<InstanceId> erasable;  ///< that may be gone, because its time had come
    std::set<InstanceId> erased;
    std::size_t officers = 1;
    std::string passphrase{kPassphrase};
};

struct Moment {
    std::size_t ops = 0;  ///< file operations done by then
    Promised promised;
};

/// A working day, recorded.
class Day {
public:
    explicit Day(Office& office) : office_(office) {
        {
            auto vault = office_.create();
        }
        start_.emplace(office_.vault_folder());
        const FileRecorder recorder(office_.vault_folder());
        recorder_ = &recorder;
        vault_ = office_.unlock();
        done();
        enrol();
        for (int round = 0; round < kRounds; ++round) live(round);
        vault_.reset();
        ops_ = recorder.ops();
    }

    [[nodiscard]] const FaultyDisk& start() const { return *start_; }
    [[nodiscard]] const std::vector<FileOp>& ops() const { return ops_; }
    [[nodiscard]] const std::map<std::uint64_t, Hash32>& batches() const { return now_.sealed; }

    [[nodiscard]] bool may_erase(const InstanceId& record) const {
        return now_.erasable.contains(record);
    }

    /// What had been promised when `ops` operations were done, and what was being done then.
    [[nodiscard]] std::pair<const Promised*, const Promised*> at(std::size_t ops) const {
        auto next = std::upper_bound(
            moments_.begin(), moments_.end(), ops,
            [](std::size_t count, const Moment& each) { return count < each.ops; });
        static const Promised kNothing;
        const Promised* before = next == moments_.begin() ? &kNothing : &std::prev(next)->promised;
        return {before, next == moments_.end() ? before : &next->promised};
    }

private:
    void done() { moments_.push_back({recorder_->ops().size(), now_}); }

    void live(int round) {
        const InstanceId draft = vault_->start_draft(test_form(), "ar").value();
        now_.saved[draft] = 0;
        done();
        for (std::size_t i = 1; i <= 5; ++i) {
            must(vault_->save_draft(draft, {{"f" + std::to_string(i), std::string(40 * i, 'a')}}));
            now_.saved[draft] = i;
            done();
        }
        if (round % 5 != 4) finalise(draft);
        if (round % 2 == 1) seal();
        if (round == kRounds - 1) office_.clock.advance(kLongerThanKept);
        if (round % 3 == 2) deliver(round % 6 == 5);
        if (round == kRounds - 1) erase_old();
        if (round == 3) change_passphrase();
        if (round == 6) add_officer();
        if (round % 4 == 3) {
            must(vault_->lock());
            mistype();
            vault_ = office_.try_unlock(kOfficer, now_.passphrase).value();
            done();
        }
    }

    void enrol() {
        auto outbox = sync::OutboxFolder::open(vault_->outbox_folder()).value();
        must(outbox.save_enrolment(
            office_.hq.enrol_receipt(outbox.enrolment().value().request, office_.clock.now())));
        REQUIRE(vault_->reconcile().ok());
        done();
    }

    /// Wrong tries have files of their own.
    void mistype() {
        REQUIRE_FALSE(office_.try_unlock(kOfficer, "not the passphrase at all").ok());
        office_.clock.advance(kLongerThanAnyDelay);
        done();
    }

    void finalise(const InstanceId& draft) {
        must(vault_->finalise(draft, answers(std::string(900, 'n'))));
        now_.saved.erase(draft);
        now_.finalised.insert(draft);
        const sync::CaseId id = sync::case_of_record(draft);
        now_.cases[id] = {};
        done();
        change_case(id);
    }

    void change_case(const sync::CaseId& id) {
        Session& session = *vault_->session().value();
        const auto members = case_members(session, read_case(session.db, id).value()).value();
        MemberEdit edit;
        edit.presence = sync::Presence::kDetained;
        edit.reason = "at the border";
        must(change_member(session, id, members.back().id, edit));
        now_.cases[id].events = 1;
        done();
        must(move_case(session, id, sync::CaseMove::kSubmit));
        now_.cases[id] = {2, sync::CaseStatus::kInReview};
        done();
        must(move_case(session, id, sync::CaseMove::kClose, {}, "reintegrated"));
        now_.cases[id] = {3, sync::CaseStatus::kClosed};
        done();
    }

    void seal() {
        REQUIRE(vault_->seal_pending().ok());
        auto outbox = sync::OutboxFolder::open(vault_->outbox_folder()).value();
        const auto batches = outbox.batches().value();
        for (const sync::OutboxBatch& batch : batches) now_.sealed[batch.number] = batch.hash;
        done();
    }

    void deliver(bool opened) {
        if (opened) {
            for (const auto& [number, hash] : now_.sealed) now_.answered.insert(number);
        }
        done();  // from here on a receipt may be there
        office_.answer(*vault_, true, opened);
        REQUIRE(vault_->reconcile().ok());
        for (const InstanceId& each : now_.finalised) {
            if (vault_->show(each)->state == RecordState::kDelivered) now_.delivered.insert(each);
        }
        done();
    }

    /// What headquarters has had for longer than a week goes.
    void erase_old() {
        Session& session = *vault_->session().value();
        must(set_retention_periods(session, {7, 7, 7}));
        done();
        const std::set<InstanceId> before = now_.delivered;
        now_.erasable = before;
        done();
        REQUIRE(run_retention(session).value() > 0);
        for (const InstanceId& each : before) {
            if (!read_record(session.db, each).ok()) now_.erased.insert(each);
        }
        done();
    }

    void change_passphrase() {
        must(vault_->change_passphrase(secret(now_.passphrase), secret(kSecondPassphrase)));
        now_.passphrase = kSecondPassphrase;
        done();
    }

    void add_officer() {
        REQUIRE(vault_->add_officer(kColleague, Role::kOfficer, secret(kPassphrase)).ok());
        ++now_.officers;
        done();
    }

    Office& office_;
    const FileRecorder* recorder_ = nullptr;
    std::unique_ptr<Vault> vault_;
    std::optional<FaultyDisk> start_;
    std::vector<FileOp> ops_;
    std::vector<Moment> moments_;
    Promised now_;
};

std::string broken_case(Database& db, const sync::CaseId& id, const CasePromise& promise) {
    const auto state = read_case(db, id);
    if (!state.ok()) return "a case is gone";
    Statement count = db.prepare("SELECT count(*) FROM case_events WHERE id = ?").value();
    count.bind(1, id.value);
    if (!count.step().value()) return "the events of a case are gone";
    const auto events = static_cast<std::size_t>(count.integer(0));
    if (events < promise.events) return "what was said of a case is gone";
    // The next step may have been taken already.
    if (events == promise.events && state->status != promise.status) return "a case went back";
    return {};
}

/// Nothing if every promise is kept.
std::string broken_promise(Vault& vault, const Promised& promised, const Day& day) {
    Database& db = vault.session().value()->db;
    for (const InstanceId& instance : promised.finalised) {
        const auto stored = read_record(db, instance);
        if (promised.erased.contains(instance) && stored.ok()) return "an erased record is back";
        if (!stored.ok() && stored.error().code == Errc::kErased && day.may_erase(instance))
            continue;
        if (!stored.ok()) return "a finalised record is gone";
        if (stored->record.fields.size() != 4) return "a finalised record changed";
        if (promised.delivered.contains(instance) && stored->state != RecordState::kDelivered) {
            return "a receipt was forgotten";
        }
    }
    for (const auto& [id, promise] : promised.cases) {
        if (std::string broken = broken_case(db, id, promise); !broken.empty()) return broken;
    }
    for (const auto& [instance, count] : promised.saved) {
        const auto draft = read_draft(db, instance);
        // The next step may have made a record of it already.
        if (!draft.ok() && !read_record(db, instance).ok()) return "a saved draft is gone";
        if (draft.ok() && draft->fields.size() < count) return "a saved answer is gone";
    }
    if (!vault.list().ok()) return "nothing can be written";
    if (vault.officers().value().size() < promised.officers) return "an officer is gone";
    auto outbox = sync::OutboxFolder::open(vault.outbox_folder()).value();
    std::set<std::uint64_t> there;
    const auto batches = outbox.batches().value();
    for (const sync::OutboxBatch& batch : batches) {
        there.insert(batch.number);
        const auto sealed = day.batches().find(batch.number);
        if (sealed == day.batches().end()) return "a batch that was never sealed";
        if (sealed->second != batch.hash) return "a number stands for two batches";
    }
    for (const auto& [number, hash] : promised.sealed) {
        if (!there.contains(number) && !promised.answered.contains(number)) {
            return "a sealed batch is gone";
        }
    }
    return {};
}

struct Outcome {
    std::uint64_t unopenable = 0;
    std::uint64_t lost = 0;
    std::string first;  ///< what was wrong, and where

    void note(std::uint64_t& count, const std::string& what, std::uint64_t cut) {
        ++count;
        if (first.empty()) first = what + ", cut " + std::to_string(cut);
    }
};

class Cuts {
public:
    Cuts(const Day& day, Office& office, std::uint64_t seed)
        : day_(day), office_(office), seed_(seed), began_(office.clock.now()) {}

    /// Where each of `count` cuts falls, in the order of the day: every operation as often as any
    /// other, the rest by lot.
    [[nodiscard]] std::vector<std::size_t> moments(std::uint64_t count) const {
        const std::size_t places = day_.ops().size() + 1;
        fakes::SeededRandom random(seed_);
        std::vector<std::size_t> out(count);
        for (std::uint64_t i = 0; i < count; ++i) {
            out[i] = i < count - count % places ? i % places : random.next_u64() % places;
        }
        std::sort(out.begin(), out.end());
        return out;
    }

    /// The cuts from `first` to before `last`.
    Outcome run(const std::vector<std::size_t>& moments, std::uint64_t first, std::uint64_t last) {
        FaultyDisk disk = day_.start();
        std::size_t done = 0;
        for (std::uint64_t cut = first; cut < last; ++cut) {
            while (done < moments[cut]) disk.apply(day_.ops()[done++]);
            // Each by itself, whoever runs it and whatever went before.
            random_ = fakes::SeededRandom(seed_ * 1'000'003 + cut);
            office_.clock.set_wall(began_);
            const auto [before, during] = day_.at(done);
            check(disk.cut(random_), *before, *during, cut);
        }
        return out_;
    }

private:
    void check(const FaultyDisk::Image& image, const Promised& before, const Promised& during,
               std::uint64_t cut) {
        constexpr std::uint64_t kCutAgain = 20;
        constexpr std::uint64_t kWalkLog = 50;
        constexpr std::uint64_t kColleagueComes = 25;
        const fakes::TempFolder folder;
        FaultyDisk::put(image, folder.path());
        if (cut % kCutAgain == 0) {
            const FaultyDisk::Image again = cut_while_opening(folder.path(), before, during);
            const fakes::TempFolder second;
            FaultyDisk::put(again, second.path());
            judge(unlock(second.path(), before, during), before, cut, false);
        } else if (cut % kColleagueComes == 2 && before.officers > 1) {
            // What the officer left without a checkpoint is his, whoever comes next.
            office_.clock.advance(kLongerThanAnyDelay);
            judge(Vault::unlock(office_.env(), folder.path(), kColleague, secret(kPassphrase)),
                  before, cut, true);
        } else {
            judge(unlock(folder.path(), before, during), before, cut, cut % kWalkLog == 1);
        }
    }

    FaultyDisk::Image cut_while_opening(const Path& folder, const Promised& before,
                                        const Promised& during) {
        FaultyDisk disk(folder);
        const FileRecorder recorder(folder);
        {
            const auto ignored = unlock(folder, before, during);
        }
        const std::size_t moment = random_.next_u64() % (recorder.ops().size() + 1);
        for (std::size_t i = 0; i < moment; ++i) disk.apply(recorder.ops()[i]);
        return disk.cut(random_);
    }

    /// A passphrase that was being changed may be the old one or the new one.
    Result<std::unique_ptr<Vault>> unlock(const Path& folder, const Promised& before,
                                          const Promised& during) {
        // A try that the power ended counts as a wrong one; so does one with the other passphrase.
        office_.clock.advance(kLongerThanAnyDelay);
        auto vault = Vault::unlock(office_.env(), folder, kOfficer, secret(before.passphrase));
        if (vault.ok() || before.passphrase == during.passphrase) return vault;
        office_.clock.advance(kLongerThanAnyDelay);
        return Vault::unlock(office_.env(), folder, kOfficer, secret(during.passphrase));
    }

    void judge(Result<std::unique_ptr<Vault>> vault, const Promised& before, std::uint64_t cut,
               bool walk_log) {
        if (!vault.ok()) {
            out_.note(out_.unopenable,
                      "the vault does not open: " + std::string(errc_name(vault.error().code)),
                      cut);
            return;
        }
        std::string broken = broken_promise(**vault, before, day_);
        if (broken.empty() && walk_log) {
            const auto report = (*vault)->verify_log();
            if (!report.ok() || !report->intact) broken = "the log does not verify";
        }
        if (!broken.empty()) out_.note(out_.lost, broken, cut);
    }

    const Day& day_;
    Office& office_;
    std::uint64_t seed_;
    UnixMs began_;
    fakes::SeededRandom random_{0};
    Outcome out_;
};

/// One process's share, as it comes through its pipe.
struct Share {
    std::uint64_t unopenable = 0;
    std::uint64_t lost = 0;
    std::array<char, 200> first{};
};

[[noreturn]] void run_share(Cuts& cuts, const std::vector<std::size_t>& moments,
                            std::uint64_t first, std::uint64_t last, int pipe) {
    const Outcome outcome = cuts.run(moments, first, last);
    Share share{outcome.unopenable, outcome.lost, {}};
    outcome.first.copy(share.first.data(), share.first.size() - 1);
    const bool told = ::write(pipe, &share, sizeof share) == static_cast<ssize_t>(sizeof share);
    ::_exit(told ? 0 : 1);
}

/// All cuts, by as many processes as there are processors.
Outcome run_all(const Day& day, Office& office, std::uint64_t seed, std::uint64_t count) {
    const std::uint64_t workers = std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
    Cuts cuts(day, office, seed);
    const std::vector<std::size_t> moments = cuts.moments(count);
    std::vector<std::pair<pid_t, int>> children;
    std::fflush(nullptr);  // or each child would print what waits there once more
    for (std::uint64_t i = 0; i < workers; ++i) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            run_share(cuts, moments, count * i / workers, count * (i + 1) / workers, ends[1]);
        }
        ::close(ends[1]);
        children.emplace_back(child, ends[0]);
    }
    Outcome all;
    for (const auto& [child, pipe] : children) {
        Share share;
        const ssize_t got = ::read(pipe, &share, sizeof share);
        ::close(pipe);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(got == static_cast<ssize_t>(sizeof share));
        all.unopenable += share.unopenable;
        all.lost += share.lost;
        if (all.first.empty()) all.first = share.first.data();
    }
    return all;
}

}  // namespace

TEST_CASE("a recorded day put back whole is the day as it ended") {
    Office office(1);
    const NoFlush quick;
    const Day day(office);
    FaultyDisk disk = day.start();
    for (const FileOp& op : day.ops()) disk.apply(op);
    const FaultyDisk::Image image = disk.whole();
    const auto files = FileRecorder::files_below(office.vault_folder());
    REQUIRE(files.size() == image.size());
    for (const std::string& name : files) {
        CAPTURE(name);
        CHECK(read_file(office.vault_folder() / name).value() == image.at(name));
    }
}

#ifdef AWDA_CRASH_CONTROL
TEST_CASE("power cuts lose what was promised when commits do not wait for the disk") {
#else
TEST_CASE("power cuts at any moment lose nothing that was promised, and the vault opens") {
#endif
    const std::uint64_t seed = number_from("AWDA_SEED", 20'261'125);
    const std::uint64_t cuts = number_from("AWDA_CUTS", kCuts);
    CAPTURE(seed);
    // A file system in memory saves a fifth of the time; nothing here depends on a real disk.
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
    Office office(seed);
    const NoFlush quick;
    const Day day(office);
    const Outcome outcome = run_all(day, office, seed, cuts);
    MESSAGE(cuts << " cuts in " << day.ops().size() << " file operations: " << outcome.lost
                 << " with something lost, " << outcome.unopenable << " that do not open; seed "
                 << seed << "; " << outcome.first);
#ifdef AWDA_CRASH_CONTROL
    CHECK(outcome.lost + outcome.unopenable > 0);
#else
    CHECK(outcome.lost == 0);
    CHECK(outcome.unopenable == 0);
#endif
}

}  // namespace awda::crash
