// Goal: the power may go at any moment while the vault's key is changed: every officer still gets
// in, and nothing is lost. Method: as in vault_power_cut_test.cpp, but at every single file
// operation of a recorded rotation, several times each, and everybody logs in on what is left, one
// of them first. AWDA_SEED chooses another run, AWDA_CUTS how often each moment is tried.
#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>

#include "agent/vault/officers.h"
#include "agent/vault/rotation.h"
#include "platform/errors.h"
#include "tests/agent/vault_fixture.h"
#include "tests/crash/faulty_disk.h"
#include "tests/crash/file_recorder.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace awda::crash {
namespace {

constexpr std::string_view kDilanPassphrase = "marble orchard ninety willow kettle";
constexpr std::string_view kSaraPassphrase = "copper bridge walnut evening cloud";

struct Who {
    std::string_view name;
    std::string_view passphrase;
};
constexpr std::array<Who, 3> kEverybody{Who{kOfficer, kPassphrase},
                                        Who{"Dilan Aziz", kDilanPassphrase},
                                        Who{"Sara Omer", kSaraPassphrase}};

std::uint64_t number_from(const char* variable, std::uint64_t usual) {
    const char* text = std::getenv(variable);
    return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

/// A vault with three officers and records, then a rotation, recorded.
class Rotation {
public:
    explicit Rotation(Office& office) {
        auto vault = office.create();
        for (const Who& who : {kEverybody[1], kEverybody[2]}) {
            REQUIRE(vault->add_officer(who.name, Role::kOfficer, secret(who.passphrase)).ok());
        }
        for (int i = 0; i < 5; ++i) records.push_back(make_record(*vault, std::string(300, 'n')));
        must(vault->lock());
        start.emplace(office.vault_folder());
        // Before the files are opened: the recorder knows no others.
        const FileRecorder recorder(office.vault_folder());
        vault = office.unlock();
        REQUIRE(rotate_vault_key(**vault->session()).ok());
        must(vault->lock());
        ops = recorder.ops();
    }

    std::vector<InstanceId> records;
    std::optional<FaultyDisk> start;
    std::vector<FileOp> ops;
};

/// Nothing if everybody gets in and finds the records. `first` says who comes first.
std::string everybody_gets_in(Office& office, const Path& folder, const Rotation& rotation,
                              std::size_t first) {
    for (std::size_t i = 0; i < kEverybody.size(); ++i) {
        const Who& who = kEverybody[(first + i) % kEverybody.size()];
        office.clock.advance(61'000);
        auto vault = Vault::unlock(office.env(), folder, who.name, secret(who.passphrase));
        if (!vault.ok()) {
            return "an officer does not get in: " + std::string(errc_name(vault.error().code));
        }
        for (const InstanceId& record : rotation.records) {
            if (!(*vault)->show(record).ok()) return "a record is gone";
        }
        const auto log = (*vault)->verify_log();
        if (!log.ok() || !log->intact) return "the log does not verify";
        if (!(*vault)->lock().ok()) return "the vault does not lock";
    }
    const KeyringPair pair(folder);
    const auto copies = pair.load();
    if (!copies.ok() || copies->size() != 2 || (*copies)[0].file != (*copies)[1].file) {
        return "the copies of the keyring differ in the end";
    }
    if (!(*copies)[0].keyring.previous.empty()) return "the old key was not dropped";
    return {};
}

}  // namespace

TEST_CASE("power cuts at every moment of a rotation keep everybody in and lose nothing") {
    const std::uint64_t seed = number_from("AWDA_SEED", 20'261'126);
    const std::uint64_t times = number_from("AWDA_CUTS", 3);
    CAPTURE(seed);
    Office office(seed);
    const NoFlush quick;
    const Rotation rotation(office);
    fakes::SeededRandom random(seed);
    std::uint64_t cuts = 0;
    std::uint64_t broken = 0;
    std::uint64_t epochs[3] = {};
    std::string first_wrong;
    FaultyDisk disk = *rotation.start;
    for (std::size_t done = 0; done <= rotation.ops.size(); ++done) {
        if (done > 0) disk.apply(rotation.ops[done - 1]);
        for (std::uint64_t i = 0; i < times; ++i, ++cuts) {
            const fakes::TempFolder folder;
            FaultyDisk::put(disk.cut(random), folder.path());
            const std::string wrong =
                everybody_gets_in(office, folder.path(), rotation, cuts % kEverybody.size());
            const auto copies = KeyringPair(folder.path()).load();
            if (copies.ok() && (*copies)[0].keyring.epoch <= 2) {
                ++epochs[(*copies)[0].keyring.epoch];
            }
            if (wrong.empty()) continue;
            ++broken;
            if (first_wrong.empty()) first_wrong = wrong + ", operation " + std::to_string(done);
        }
    }
    MESSAGE(cuts << " cuts in " << rotation.ops.size() << " file operations: " << broken
                 << " broken; ended with the old key " << epochs[1] << " times, with the new "
                 << epochs[2] << "; seed " << seed << "; " << first_wrong);
    CHECK(broken == 0);
    // Both ways out of it were taken.
    CHECK(epochs[1] > 0);
    CHECK(epochs[2] > 0);
}

}  // namespace awda::crash
