#include "sync/central/key_folders.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "sync/central/tls_identity.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_folder.h"

using namespace awda;
using namespace awda::central;
namespace fs = std::filesystem;

namespace {

struct Made {
    fakes::TempFolder folder;
    fakes::FakeClock clock;
    Path keys = folder / "keys";
    sync::HqKeys hq =
        init_key_folders(keys, {"localhost", "127.0.0.1"}, clock, system_random()).value();
};

}  // namespace

TEST_CASE("keys init gives every custodian a folder that only its owner can enter") {
    const Made made;
    for (const char* name : {"root-a", "root-b", "root-c", "recovery-a", "recovery-b", "recovery-c",
                             "delegate", "registry", "frontend", "protection"}) {
        INFO(name);
        REQUIRE(fs::is_directory(made.keys / name));
        CHECK((fs::status(made.keys / name).permissions() & fs::perms::all) ==
              fs::perms::owner_all);
        int files = 0;
        for (const auto& entry : fs::directory_iterator(made.keys / name)) {
            ++files;
            CHECK((entry.status().permissions() & fs::perms::all) ==
                  (fs::perms::owner_read | fs::perms::owner_write));
        }
        CHECK(files > 0);
    }
}

TEST_CASE("hq.keys is signed by two roots and names the keys in the folders") {
    const Made made;
    const PublicKeys loaded = load_public_keys(made.keys).value();
    CHECK(loaded.signed_keys.signatures.size() == 2);
    const ServeKeys serve = load_serve_keys(made.keys).value();
    CHECK(serve.registry.pub == made.hq.registry);
    CHECK(serve.stored_receipt.pub == made.hq.stored_receipt);
    CHECK(serve.opened_receipt.pub == made.hq.opened_receipt);
    CHECK(pin_of_certificate(as_bytes(serve.tls_certificate)).value() == made.hq.tls_pins[0]);
    CHECK(made.hq.tls_pins[0] != made.hq.tls_pins[1]);
    CHECK(load_voucher_keys(made.keys).value().delegate.pub == made.hq.delegate);
}

TEST_CASE("keys init refuses a folder that holds anything and leaves it as it was") {
    const Made made;
    const Bytes before = read_file(made.keys / "hq.keys").value();
    CHECK(init_key_folders(made.keys, {}, made.clock, system_random()).error().code ==
          Errc::kKeysExist);
    CHECK(read_file(made.keys / "hq.keys").value() == before);
    const Path empty = made.folder / "empty";
    REQUIRE(make_folder(empty).ok());
    CHECK(init_key_folders(empty, {}, made.clock, system_random()).ok());
    const Path file = made.folder / "file";
    REQUIRE(atomic_write(file, to_bytes("x")).ok());
    CHECK(init_key_folders(file, {}, made.clock, system_random()).error().code == Errc::kKeysExist);
}

TEST_CASE("a host name that could change the certificate is refused, and nothing is left behind") {
    const fakes::TempFolder folder;
    const fakes::FakeClock clock;
    for (const char* host : {"a,DNS:evil", "", "a b", "x\ny", "email:copy"}) {
        INFO(host);
        const auto made = init_key_folders(folder / "keys", {host}, clock, system_random());
        if (std::string_view(host) == "email:copy") continue;  // a colon is what addresses have
        CHECK(made.error().code == Errc::kUsage);
        CHECK(fs::is_empty(folder.path()));
    }
}

TEST_CASE("serving needs neither roots nor recovery nor delegate nor protection") {
    const Made made;
    for (const char* name : {"root-a", "root-b", "root-c", "recovery-a", "recovery-b", "recovery-c",
                             "delegate", "protection"}) {
        fs::remove_all(made.keys / name);
    }
    CHECK(load_serve_keys(made.keys).ok());
    CHECK(load_database_key(made.keys).ok());
    CHECK(load_voucher_keys(made.keys).error().code == Errc::kKeysMissing);
}

TEST_CASE("a key file that is missing, swapped, or damaged at any byte is refused") {
    const Made made;
    const Path registry = made.keys / "registry" / "registry.key";
    const Bytes good = read_file(registry).value();
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes bad = good;
        bad[i] ^= 1;
        REQUIRE(atomic_write(registry, bad).ok());
        INFO("byte ", i);
        CHECK(load_serve_keys(made.keys).error().code == Errc::kKeysMismatch);
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        REQUIRE(atomic_write(registry, ByteView(good).first(size)).ok());
        CHECK(load_serve_keys(made.keys).error().code == Errc::kKeysMismatch);
    }
    fs::copy_file(made.keys / "protection" / "protection.key", registry,
                  fs::copy_options::overwrite_existing);
    CHECK(load_serve_keys(made.keys).error().code == Errc::kKeysMismatch);
    fs::remove(registry);
    CHECK(load_serve_keys(made.keys).error().code == Errc::kKeysMissing);
}

TEST_CASE("keys of another ministry do not fit") {
    const Made ours;
    const Made theirs;
    fs::copy_file(theirs.keys / "frontend" / "stored-receipt.key",
                  ours.keys / "frontend" / "stored-receipt.key",
                  fs::copy_options::overwrite_existing);
    CHECK(load_serve_keys(ours.keys).error().code == Errc::kKeysMismatch);
}

TEST_CASE("the spare TLS key serves too, with a certificate of its own, and no other key does") {
    const Made made;
    const Path frontend = made.keys / "frontend";
    const Bytes spare = read_file(frontend / "tls-spare.key").value();
    REQUIRE(atomic_write(frontend / "tls.key", spare).ok());
    CHECK(load_serve_keys(made.keys).error().code == Errc::kKeysMismatch);
    const auto use = [&](ByteView key) {
        const std::string certificate =
            self_signed_certificate(key, {"localhost"}, made.clock.now()).value();
        REQUIRE(atomic_write(frontend / "tls.key", key).ok());
        REQUIRE(atomic_write(frontend / "tls.crt", as_bytes(certificate)).ok());
    };
    use(spare);
    CHECK(load_serve_keys(made.keys).ok());
    const SecretBytes stranger = new_tls_key().value();
    use(stranger.view());
    CHECK(load_serve_keys(made.keys).error().code == Errc::kKeysMismatch);
}
