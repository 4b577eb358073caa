// The command line around keys: vault rotate, recover, revoke; officer remove; passphrase duress.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "sync/key_file.h"
#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent::test;

namespace {

constexpr const char* kForced = "velvet harbour thirteen pigeon slate";

std::string recovery_file(CliWorld& world, std::size_t which) {
    const Path path = world.office.folder / ("recovery-" + std::to_string(which));
    REQUIRE(sync::write_key_file(path, sync::KeyPurpose::kRecovery,
                                 world.office.hq.recovery(which).secret.view())
                .ok());
    return path.string();
}

}  // namespace

TEST_CASE("vault rotate changes the key and says its number; the records are there as before") {
    CliWorld world;
    world.enrol();
    const std::string record = world.record_one();
    CHECK(world.json({"vault", "rotate"}).at("epoch") == 2);
    CHECK(world.json({"vault", "rotate"}).at("epoch") == 3);
    CHECK(world.json({"intake", "show", record}).at("state") == "waiting");
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("officer remove takes somebody's way in away and advises to rotate") {
    CliWorld world;
    world.enrol();
    CHECK(world.run({"officer", "add", "Karim"}) == 0);
    CHECK(world.error_code({"officer", "remove", "Nobody"}) == "not_found");
    CHECK(world.run({"officer", "remove", "karim"}) == 0);
    CHECK(world.out.find("vault rotate") != std::string::npos);
    const auto officers = world.json({"officer", "list"}).at("officers");
    REQUIRE(officers.size() == 2);
    CHECK(officers[1].at("here") == false);
    CHECK(world.error_code({"--officer", "Karim", "intake", "list"}) == "wrong_passphrase");
}

TEST_CASE("passphrase duress asks for the own one and a new one; entered, the vault is damaged") {
    CliWorld world;
    world.enrol();
    world.record_one();
    world.typed = {std::string(kPassphrase), kForced, kForced};
    CHECK(world.json({"passphrase", "duress"}).at("duress") == true);
    world.typed = {kForced};
    CHECK(world.error_code({"intake", "list"}) == "vault_damaged");
    world.typed = {std::string(kPassphrase)};
    CHECK(world.error_code({"intake", "list"}) == "vault_damaged");
    // Headquarters' way in.
    const std::string a = recovery_file(world, 0);
    const std::string b = recovery_file(world, 2);
    const auto found = world.json({"vault", "recover", "--check", "--key", b, "--key", a});
    CHECK(found.at("records") == 1);
    CHECK(found.at("log_intact") == true);
    CHECK(found.at("keyring_whole") == false);
    world.typed = {kForced};
    CHECK(world.json({"--officer", "Rescue", "vault", "recover", "--key", a, "--key", b})
              .at("role") == "administrator");
    CHECK(world.json({"--officer", "Rescue", "intake", "list"}).at("records").size() == 1);
}

TEST_CASE("passphrase duress --remove makes the second passphrase a wrong one again") {
    CliWorld world;
    world.enrol();
    world.typed = {std::string(kPassphrase), kForced, kForced};
    CHECK(world.run({"passphrase", "duress"}) == 0);
    world.typed = {std::string(kPassphrase)};
    CHECK(world.json({"passphrase", "duress", "--remove"}).at("duress") == false);
    world.typed = {kForced};
    CHECK(world.error_code({"intake", "list"}) == "wrong_passphrase");
}

TEST_CASE("vault recover says clearly that one key, one key twice or another file do not do") {
    CliWorld world;
    world.enrol();
    const std::string a = recovery_file(world, 1);
    CHECK(world.error_code({"vault", "recover", "--check", "--key", a}) == "recovery_keys");
    CHECK(world.error_code({"vault", "recover", "--check", "--key", a, "--key", a}) ==
          "recovery_keys");
    CHECK(world.error_code({"vault", "recover", "--check", "--key", a, "--key", "/none"}) ==
          "keys_missing");
    CHECK(world.run({"vault", "recover", "--check"}) == 2);
    CHECK(world.run({"vault", "recover", "--help"}) == 0);
    CHECK(world.out.find("Example") != std::string::npos);
}

TEST_CASE("vault revoke obeys headquarters' order and nobody else's") {
    CliWorld world;
    world.enrol();
    world.record_one();
    const auto device =
        sync::open_enrol_request(
            read_file(world.office.vault_folder() / "outbox" / "enrol.request").value())
            .value()
            .device;
    const Path order = world.office.folder / "order";
    const auto write_order = [&](const SignKey& key) {
        REQUIRE(atomic_write(order, sync::sign_revocation({device, world.office.clock.now(),
                                                           sync::RevocationReason::kSeized},
                                                          key))
                    .ok());
    };
    write_order(sign_key_from_seed(Bytes(32, 3)));
    CHECK(world.error_code({"vault", "revoke", "--order", order.string()}) == "bad_signature");
    write_order(world.office.hq.delegate());
    CHECK(world.json({"vault", "revoke", "--order", order.string()}).at("revoked") == true);
    CHECK(world.error_code({"intake", "list"}) == "revoked");
    CHECK(world.run({"--lang", "ar", "intake", "list"}) == 1);
    CHECK(world.err.find("ألغى المقر") != std::string::npos);
}

TEST_CASE("passphrase factor says that this program has none when it was built without") {
    CliWorld world;
    world.enrol();
    CHECK(world.error_code({"passphrase", "factor"}) == "second_factor");
}
