// The command line with attachments: from a file on a stick to the record and back to a file.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/agent/cli_fixture.h"
#include "tests/fakes/pictures.h"

using namespace awda;
using namespace awda::agent::test;

TEST_CASE("a picture is attached, listed, written out again and taken off") {
    CliWorld world;
    world.enrol();
    const Path file = world.office.folder / "IMG_0001.jpg";
    must(atomic_write(file, fakes::jpeg(300, 200)));
    const std::string id = world.draft_one("زينب");
    const auto added = world.json({"attach", "add", id, file.string(), "--scan"});
    const std::string name = added.at("value");
    CHECK(added.at("width") == 300);
    const auto list = world.json({"attach", "list", id}).at("attachments");
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("value") == name);
    CHECK(list[0].at("whole") == true);
    const Path out = world.office.folder / "back";
    CHECK(world.json({"attach", "get", id, name, "-o", out.string()}).at("bytes") ==
          added.at("bytes"));
    CHECK(read_file(out, 1U << 20U)->size() == added.at("bytes").get<std::size_t>());
    CHECK(world.json({"attach", "get", id, name, "--thumbnail", "-o", out.string()}).at("bytes") >
          100);
    CHECK(world.json({"attach", "remove", id, name}).at("removed") == name);
    CHECK(world.json({"attach", "list", id}).at("attachments").empty());
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("what cannot be attached is said, in the reader's words, with exit code 1") {
    CliWorld world;
    world.enrol();
    const std::string id = world.draft_one("زينب");
    const Path file = world.office.folder / "odd";
    must(atomic_write(file, as_bytes("MZ")));
    CHECK(world.error_code({"attach", "add", id, file.string()}) == "attachment_type");
    must(atomic_write(file, ByteView(fakes::jpeg(300, 200)).first(400)));
    CHECK(world.error_code({"attach", "add", id, file.string()}) == "image_unreadable");
    const std::string script = fakes::pdf("/OpenAction << /S /JavaScript /JS (1) >>");
    must(atomic_write(file, as_bytes(script)));
    CHECK(world.error_code({"attach", "add", id, file.string()}) == "pdf_active");
    CHECK(world.error_code({"attach", "get", id, "photo.jpg", "-o", "x"}) == "not_found");
    CHECK(world.error_code({"attach", "list", "01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60"}) ==
          "not_found");
}
