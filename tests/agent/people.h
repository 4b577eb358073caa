// People: several officers on one office computer, for the tests of roles, leases and approvals.
//
// Everybody has the same passphrase; who is logged in is what matters. Threads: one.
#pragma once

#include "agent/vault/access.h"
#include "agent/vault/officers.h"
#include "tests/agent/vault_fixture.h"

namespace awda::agent::test {

inline constexpr std::string_view kKarim = "Karim";  // officer
inline constexpr std::string_view kRojin = "Rojin";  // officer
inline constexpr std::string_view kSara = "Sara";    // supervisor
inline constexpr std::string_view kAmin = "Amin";    // auditor

struct People {
    explicit People(std::uint64_t seed = 1, int lease_days = kLeaseDays) : office(seed) {
        auto vault = office.create();
        Session& session = *vault->session().value();
        add(session, kKarim, Role::kOfficer, lease_days);
        add(session, kRojin, Role::kOfficer, lease_days);
        add(session, kSara, Role::kSupervisor, lease_days);
        add(session, kAmin, Role::kAuditor, lease_days);
    }

    static void add(Session& session, std::string_view name, Role role, int lease_days) {
        AWDA_ASSERT(add_officer(session, name, role, secret(kPassphrase), lease_days).ok());
    }

    [[nodiscard]] std::unique_ptr<Vault> as(std::string_view name) {
        return office.try_unlock(name).value();
    }
    /// The wall clock shows this many days since the office began.
    void set_day(std::int64_t day) { office.clock.set_wall(began + day * kDayMs); }

    Office office;
    UnixMs began = office.clock.now();
};

/// The code of a Status or Result; nothing when it is fine.
template <typename Outcome>
std::optional<Errc> code(const Outcome& outcome) {
    if (outcome.ok()) return std::nullopt;
    return outcome.error().code;
}

}  // namespace awda::agent::test
