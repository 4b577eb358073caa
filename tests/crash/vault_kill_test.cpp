// Goal: what the vault has called saved is there after kill -9 at any moment.
// Method: a child process works on the vault and acknowledges each finished step over a pipe; the
// parent kills it after a seeded number of acknowledgements and a seeded pause, opens the vault and
// compares.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>

#include "tests/agent/vault_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr int kKills = 100;

struct Ack {
    enum class Kind : std::uint32_t { kSaved, kFinalised, kSealed };
    Kind kind = Kind::kSaved;
    std::uint32_t count = 0;
    InstanceId instance;
};

void tell(int pipe, const Ack& ack) {
    // One write below PIPE_BUF is never torn.
    if (::write(pipe, &ack, sizeof ack) != static_cast<ssize_t>(sizeof ack)) ::_exit(3);
}

/// The child: saves, finalises and seals until it is killed.
[[noreturn]] void work(Office& office, int pipe) {
    VaultEnv env = office.env();
    env.random = &system_random();  // a child must not repeat its sister's ids
    auto vault = Vault::unlock(env, office.vault_folder(), kOfficer, secret(kPassphrase));
    if (!vault.ok()) ::_exit(4);
    while (true) {
        const auto draft = (*vault)->start_draft(test_form(), "ar");
        if (!draft.ok()) ::_exit(5);
        for (std::uint32_t i = 1; i <= 9; ++i) {
            const std::string value = std::to_string(i);
            if (!(*vault)->save_draft(*draft, {{"n", value}, {"f" + value, value}}).ok())
                ::_exit(6);
            tell(pipe, {Ack::Kind::kSaved, i, *draft});
        }
        if (!(*vault)->finalise(*draft, {{"n", "final"}}).ok()) ::_exit(7);
        tell(pipe, {Ack::Kind::kFinalised, 0, *draft});
        const auto sealed = (*vault)->seal_pending();
        if (!sealed.ok()) ::_exit(8);
        tell(pipe, {Ack::Kind::kSealed, sealed->batches, *draft});
    }
}

/// Everything acknowledged so far, over all children.
struct Promised {
    std::map<InstanceId, std::uint32_t> saved;
    std::map<InstanceId, bool> finalised;
    std::uint64_t sealed = 0;

    void add(const Ack& ack) {
        switch (ack.kind) {
            case Ack::Kind::kSaved: saved[ack.instance] = ack.count; break;
            case Ack::Kind::kFinalised: finalised[ack.instance] = true; break;
            case Ack::Kind::kSealed: sealed += ack.count; break;
        }
    }
};

void spin(std::uint64_t turns) {
    std::atomic<std::uint64_t> sink{0};
    for (std::uint64_t i = 0; i < turns; ++i) sink.fetch_add(1, std::memory_order_relaxed);
}

/// Runs one child to its death; false if it ended by itself.
bool run_and_kill(Office& office, Promised& promised, Random& random) {
    std::array<int, 2> ends{};
    AWDA_ASSERT(::pipe(ends.data()) == 0);
    std::fflush(stdout);
    const pid_t child = ::fork();
    AWDA_ASSERT(child >= 0);
    if (child == 0) {
        ::close(ends[0]);
        work(office, ends[1]);
    }
    ::close(ends[1]);
    const std::uint64_t acks = 1 + random.next_u64() % 25;
    Ack ack;
    std::uint64_t seen = 0;
    while (seen < acks && ::read(ends[0], &ack, sizeof ack) == static_cast<ssize_t>(sizeof ack)) {
        promised.add(ack);
        ++seen;
    }
    spin(random.next_u64() % 400'000);
    ::kill(child, SIGKILL);
    while (::read(ends[0], &ack, sizeof ack) == static_cast<ssize_t>(sizeof ack)) promised.add(ack);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/// Nothing if every promise is kept.
std::string broken_promise(Vault& vault, const Promised& promised, bool walk_log) {
    for (const auto& [instance, finalised] : promised.finalised) {
        const auto shown = vault.show(instance);
        if (!shown.ok()) return "a finalised record is gone";
        if (shown->record.fields.size() != 1) return "a finalised record changed";
    }
    for (const auto& [instance, count] : promised.saved) {
        if (promised.finalised.contains(instance)) continue;
        const auto draft = vault.load_draft(instance);
        if (draft.ok()) {
            if (draft->fields.size() < count + 1) return "a saved answer is gone";
            if (std::stoul(draft->fields[0].value) < count) return "a saved answer is an old one";
        } else if (!vault.show(instance).ok()) {
            return "a saved draft is gone";
        }
    }
    if (!walk_log) return {};
    const auto report = vault.verify_log();
    if (!report.ok() || !report->intact) return "the log does not verify";
    return {};
}

}  // namespace

TEST_CASE(
    "a hundred kills while saving, finalising and sealing lose nothing that was acknowledged") {
    Office office(2024);
    {
        auto vault = office.create();
    }
    Promised promised;
    fakes::SeededRandom random(7);
    std::size_t unclean = 0;
    for (int round = 0; round < kKills; ++round) {
        REQUIRE_MESSAGE(run_and_kill(office, promised, random), "seed 7, round " << round);
        auto vault = office.unlock();
        if (vault->unlock_report().unclean_exit) ++unclean;
        const std::string broken = broken_promise(*vault, promised, round % 5 == 4);
        REQUIRE_MESSAGE(broken.empty(), broken << "; seed 7, round " << round);
        const auto outbox = sync::OutboxFolder::open(vault->outbox_folder()).value().batches();
        REQUIRE(outbox.ok());
        REQUIRE(outbox->size() >= promised.sealed);
        // Only what is still open to change is compared again next time; records stay for good.
        for (auto it = promised.saved.begin(); it != promised.saved.end();) {
            it = promised.finalised.contains(it->first) ? promised.saved.erase(it) : std::next(it);
        }
        // A child that got far is answered, so that taking in is part of the life too.
        if (round % 10 == 9) {
            office.answer(*vault, true, true);
            REQUIRE(vault->reconcile().ok());
            promised.sealed = 0;
        }
    }
    CHECK(unclean == kKills);
    CHECK(promised.finalised.size() > 30);
}
