#include "sync/central/server.h"

#include <doctest/doctest.h>
#include <sys/mount.h>

#include <cstring>
#include <filesystem>

#include "tests/central/served.h"
#include "tests/fakes/skip.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;

namespace {

/// A server in this process, and one enrolled branch.
struct World {
    Headquarters hq;
    Branch branch{hq};
    std::unique_ptr<Server> server;
    std::unique_ptr<HttpClient> http;

    explicit World(ServerTimes times = {}, std::size_t connections = kConnectionsMax) {
        start(times, connections);
        enrol(*http, branch);
    }
    void start(ServerTimes times = {}, std::size_t connections = kConnectionsMax) {
        server = Server::start(options(times, connections), hq.clock).value();
        http = client_for(server->port(), hq.hq);
    }
    [[nodiscard]] ServerOptions options(ServerTimes times = {},
                                        std::size_t connections = kConnectionsMax) const {
        ServerOptions options;
        options.place = hq.place();
        options.times = times;
        options.connections_max = connections;
        return options;
    }
    [[nodiscard]] std::vector<RecordRow> records() const {
        Store store = hq.store();
        return records_of(store);
    }
};

std::string part_of(const sync::SealedBatch& batch, std::size_t from, std::size_t size) {
    return std::string(as_text(ByteView(batch.file).subspan(from, size)));
}

}  // namespace

TEST_CASE("a batch sent in one go is answered with both receipts, and again with the same") {
    World world;
    const auto batch = world.branch.first_batch(3);
    const HttpReply reply = deliver(*world.http, world.branch, batch);
    REQUIRE(reply.status == 200);
    CHECK(reply.header("awda-version") == "1");
    CHECK(receipts_in(reply.body, world.hq.hq).size() == 2);
    CHECK(ask(*world.http, "GET", batch_path(batch.hash) + "/receipts").body == reply.body);
    CHECK(deliver(*world.http, world.branch, batch).body == reply.body);
    const HttpReply head = ask(*world.http, "HEAD", batch_path(batch.hash));
    CHECK(head.status == 204);
    CHECK(head.header("upload-complete") == "?1");
    CHECK(head.header("upload-offset") == std::to_string(batch.file.size()));
    CHECK(world.records().size() == 3);
    CHECK(world.http->totals().connections == 1);
}

TEST_CASE("an upload cut again and again loses nothing that was acknowledged and arrives once") {
    World world;
    world.branch.begin_log();
    world.branch.add_bulk(40'000);
    const auto batch = world.branch.seal();
    const std::size_t total = batch.file.size();
    fakes::SeededRandom random(20261123);
    std::uint64_t acknowledged = 0;
    int cuts = 0;
    while (true) {
        const std::uint64_t offset = offset_at(*world.http, batch.hash).value_or(0);
        INFO("seed 20261123, cut ", cuts, " at ", offset);
        REQUIRE(offset >= acknowledged);
        acknowledged = offset;
        const std::size_t size = 1 + random.next_u64() % 4000;
        if (offset + size >= total || cuts == 200) break;
        RawClient raw(world.server->port());
        REQUIRE(raw.handshake());
        raw.write(upload_head(world.branch, batch.hash, offset, total, total - offset));
        raw.write(part_of(batch, offset, size));
        // One time in two the cut comes once bytes are there, else while they are on their way.
        // (They may be the last upload's: a cut is noticed here a little later than it happens.)
        const bool wait = random.next_u64() % 2 == 0;
        for (int i = 0; wait && i < 3000; ++i) {
            if (offset_at(*world.http, batch.hash).value_or(0) > offset) break;
        }
        raw.cut();
        ++cuts;
    }
    CHECK(cuts > 10);
    CHECK(acknowledged > total / 2);
    const HttpReply reply = deliver(*world.http, world.branch, batch);
    CHECK(reply.status == 200);
    CHECK(receipts_in(reply.body, world.hq.hq).size() == 2);
    CHECK(world.records().size() == 1);
}

TEST_CASE("a cut at every thirteenth byte of a batch leaves all the bytes before it") {
    World world;
    const auto batch = world.branch.first_batch(2);
    const std::size_t total = batch.file.size();
    for (std::size_t at = 0; at + 1 < total; at += 13) {
        const std::size_t size = std::min<std::size_t>(13, total - 1 - at);
        RawClient raw(world.server->port());
        REQUIRE(raw.handshake());
        raw.write(upload_head(world.branch, batch.hash, at, total, total - at));
        raw.write(part_of(batch, at, size), 1);
        INFO("at ", at);
        REQUIRE(wait_for_offset(*world.http, batch.hash, at + size));
        raw.cut();
    }
    CHECK(deliver(*world.http, world.branch, batch).status == 200);
    CHECK(world.records().size() == 2);
}

TEST_CASE("a restart in the middle of an upload costs nothing that was acknowledged") {
    World world;
    world.branch.begin_log();
    world.branch.add_bulk(30'000);
    const auto batch = world.branch.seal();
    {
        RawClient raw(world.server->port());
        REQUIRE(raw.handshake());
        REQUIRE(raw.write(
            upload_head(world.branch, batch.hash, 0, batch.file.size(), batch.file.size())));
        REQUIRE(raw.write(part_of(batch, 0, 9000)));
        REQUIRE(wait_for_offset(*world.http, batch.hash, 9000));
        world.server.reset();  // the upload is cut by the stop
        CHECK(raw.read_reply().empty());
    }
    world.start();
    CHECK(offset_at(*world.http, batch.hash) == 9000);
    CHECK(deliver(*world.http, world.branch, batch).status == 200);
    CHECK(world.records().size() == 1);
}

TEST_CASE("a newer upload of a batch takes over from one that is only half dead") {
    World world;
    world.branch.begin_log();
    world.branch.add_bulk(20'000);
    const auto batch = world.branch.seal();
    RawClient zombie(world.server->port());
    REQUIRE(zombie.handshake());
    REQUIRE(zombie.write(
        upload_head(world.branch, batch.hash, 0, batch.file.size(), batch.file.size())));
    REQUIRE(zombie.write(part_of(batch, 0, 5000)));
    REQUIRE(wait_for_offset(*world.http, batch.hash, 5000));
    SUBCASE("the newer one finishes first") {
        CHECK(deliver(*world.http, world.branch, batch).status == 200);
    }
    SUBCASE("the old one goes on while the newer one is at work") {
        RawClient newer(world.server->port());
        REQUIRE(newer.handshake());
        REQUIRE(newer.write(upload_head(world.branch, batch.hash, 5000, batch.file.size(),
                                        batch.file.size() - 5000)));
        REQUIRE(newer.write(part_of(batch, 5000, 3000)));
        REQUIRE(wait_for_offset(*world.http, batch.hash, 8000));
        zombie.write(std::string(3000, 'x'));
        REQUIRE(newer.write(part_of(batch, 8000, batch.file.size() - 8000)));
        CHECK(RawClient::status_of(newer.read_reply()) == 200);
    }
    zombie.write(std::string(2000, 'x'));
    CHECK(RawClient::status_of(zombie.read_reply()) != 200);
    CHECK(world.records().size() == 1);
}

TEST_CASE("an upload at the wrong offset is told the right one") {
    World world;
    const auto batch = world.branch.first_batch();
    auto reply = world.http->send(upload_request(world.branch, batch.hash, batch.file, 100));
    REQUIRE(reply.ok());
    CHECK(reply->status == 409);
    CHECK(reply->header("awda-problem") == "offset");
    CHECK(reply->header("upload-offset") == "0");
}

TEST_CASE("who may not upload stores not a single byte") {
    World world;
    const auto batch = world.branch.first_batch();
    std::string problem;
    auto request = upload_request(world.branch, batch.hash, batch.file, 0);
    SUBCASE("an unknown device") {
        const Branch stranger(world.hq, 7);
        request = upload_request(stranger, batch.hash, batch.file, 0);
        problem = "unknown-device";
    }
    SUBCASE("a proof for another batch") {
        request.headers = upload_headers(world.branch, hash32(to_bytes("x")), 0, batch.file.size());
        problem = "bad-auth";
    }
    SUBCASE("a proof for another length") {
        request.headers = upload_headers(world.branch, batch.hash, 0, batch.file.size() + 1);
        request.headers[2].second = std::to_string(batch.file.size());
        problem = "bad-auth";
    }
    const auto reply = world.http->send(request);
    REQUIRE(reply.ok());
    CHECK(reply->status == 403);
    CHECK(reply->header("awda-problem") == problem);
    CHECK_FALSE(offset_at(*world.http, batch.hash).has_value());
    CHECK(std::filesystem::is_empty(world.hq.data() / "spool"));
}

TEST_CASE("altered bytes, gaps and forks are answered as the protocol says") {
    World world;
    const auto first = world.branch.first_batch();
    Branch copy = world.branch;
    world.branch.finalise(world.branch.record({{"person/name", "أ"}}));
    const auto second = world.branch.seal();
    const HttpReply gap = deliver(*world.http, world.branch, second);
    CHECK(gap.status == 409);
    CHECK(gap.header("awda-problem") == "gap");
    CHECK(gap.header("awda-expected") == "1");

    Bytes bad = first.file;
    bad[bad.size() / 2] ^= 1;
    const auto altered = world.http->send(upload_request(world.branch, first.hash, bad, 0));
    REQUIRE(altered.ok());
    CHECK(altered->status == 422);
    CHECK(altered->header("awda-problem") == "altered");
    CHECK_FALSE(offset_at(*world.http, first.hash).has_value());

    CHECK(deliver(*world.http, world.branch, first).status == 200);
    // The gap's bytes are still here: nothing of the second batch is sent again.
    const auto rest = world.http->send(
        upload_request(world.branch, second.hash, second.file, second.file.size()));
    REQUIRE(rest.ok());
    CHECK(rest->status == 200);
    copy.finalise(copy.record({{"person/name", "ب"}}));
    const HttpReply fork = deliver(*world.http, copy, copy.seal());
    CHECK(fork.status == 409);
    CHECK(fork.header("awda-problem") == "fork");
    CHECK(world.records().size() == 2);
}

TEST_CASE("sizes beyond the limits are refused before their bytes are read") {
    World world;
    const Hash32 hash = hash32(to_bytes("large"));
    const auto status = [&](const std::string& head, std::string_view body = {}) {
        RawClient raw(world.server->port());
        REQUIRE(raw.handshake());
        raw.write(head);
        raw.write(body);
        return RawClient::status_of(raw.read_reply());
    };
    CHECK(status(upload_head(world.branch, hash, 0, sync::kBatchFileMax + 1, 10)) == 413);
    CHECK(status(upload_head(world.branch, hash, 0, 100, 101), std::string(101, 'x')) == 413);
    CHECK(status("POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n") == 413);
    CHECK(status("GET /healthz HTTP/1.1\r\nX: " + std::string(20'000, 'y') + "\r\n\r\n") == 431);
    CHECK(status("GET /healthz HTTP/1.1\r\nno colon here\r\n\r\n") == 400);
    CHECK(status("DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == 405);
    CHECK(status("GET /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n") == 404);
    // A chunked body without an announced length is held to the upload's own claim.
    std::string chunked = upload_head(world.branch, hash, 0, 100, 0);
    chunked.replace(chunked.find("Content-Length: 0"), 17, "Transfer-Encoding: chunked");
    CHECK(status(chunked, "c8\r\n" + std::string(200, 'x') + "\r\n0\r\n\r\n") == 413);
    // And an enrolment of many small chunks to its limit.
    std::string many = "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 20; ++i) many += "1000\r\n" + std::string(4096, 'x') + "\r\n";
    CHECK(status(many) == 413);
    CHECK(ask(*world.http, "GET", "/healthz").status == 200);
}

TEST_CASE("a plain HTTP client gets nothing, and neither does one of TLS 1.2") {
    World world;
    RawClient plain(world.server->port());
    REQUIRE(plain.write_plain("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(plain.read_plain().find("HTTP/") == std::string::npos);
    RawClient old(world.server->port(), TLS1_2_VERSION);
    CHECK_FALSE(old.handshake());
    RawClient current(world.server->port());
    CHECK(current.handshake());
}

TEST_CASE("a returning client resumes its TLS session with a ticket") {
    World world;
    RawClient first(world.server->port());
    REQUIRE(first.handshake());
    CHECK_FALSE(first.resumed());
    first.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(RawClient::status_of(first.read_reply()) == 200);  // the ticket came before it
    SSL_SESSION* ticket = first.session();
    RawClient second(world.server->port(), TLS1_3_VERSION, ticket);
    SSL_SESSION_free(ticket);
    REQUIRE(second.handshake());
    CHECK(second.resumed());
}

TEST_CASE("an agent that pins another key does not talk to this server") {
    World world;
    sync::HqKeys other = world.hq.hq;
    other.tls_pins[0].fill(1);
    other.tls_pins[1].fill(2);
    HttpRequest request;
    request.method = "GET";
    request.path = "/healthz";
    CHECK(client_for(world.server->port(), other)->send(request).error().code ==
          Errc::kUnknownServer);
}

TEST_CASE("clients that dawdle are let go, whatever they dawdle over") {
    ServerTimes times;
    times.handshake_ms = times.header_ms = times.body_ms = times.small_body_ms = 150;
    World world(times);
    const auto batch = world.branch.first_batch();
    SUBCASE("before the handshake") {
        RawClient raw(world.server->port());
        CHECK(raw.read_plain().empty());  // ends when the server closes
    }
    SUBCASE("in a header, byte by byte") {
        RawClient raw(world.server->port());
        REQUIRE(raw.handshake());
        raw.write("GET /healthz HTTP/1.1\r\nX: ");
        CHECK(raw.read_reply().empty());
    }
    SUBCASE("in a body") {
        RawClient raw(world.server->port());
        REQUIRE(raw.handshake());
        raw.write(upload_head(world.branch, batch.hash, 0, batch.file.size(), batch.file.size()));
        raw.write(part_of(batch, 0, 10));
        CHECK(raw.read_reply().empty());
        CHECK(offset_at(*client_for(world.server->port(), world.hq.hq), batch.hash) == 10);
    }
    SUBCASE("in an enrolment") {
        RawClient raw(world.server->port());
        REQUIRE(raw.handshake());
        raw.write("POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
        CHECK(raw.read_reply().empty());
    }
}

TEST_CASE("connections beyond the limit are closed, those within it work on") {
    World world({}, 3);
    RawClient first(world.server->port());
    RawClient second(world.server->port());
    REQUIRE(first.handshake());
    REQUIRE(second.handshake());
    RawClient third(world.server->port());  // the branch's own connection is the first of three
    CHECK_FALSE(third.handshake());
    first.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(RawClient::status_of(first.read_reply()) == 200);
}

TEST_CASE("a body is only sent after leave is given, when the client asks for it") {
    World world;
    const auto batch = world.branch.first_batch();
    std::string head =
        upload_head(world.branch, batch.hash, 0, batch.file.size(), batch.file.size());
    head.insert(head.size() - 2, "Expect: 100-continue\r\n");
    RawClient raw(world.server->port());
    REQUIRE(raw.handshake());
    raw.write(head);
    CHECK(raw.read_reply().starts_with("HTTP/1.1 100 "));
    raw.write(as_text(batch.file));
    CHECK(RawClient::status_of(raw.read_reply()) == 200);
}

TEST_CASE("only one server serves a folder, and each thing that is wrong has its name") {
    World world;
    CHECK(Server::start(world.options(), world.hq.clock).error().code == Errc::kBusy);
    Headquarters other;
    ServerOptions options;
    options.place = other.place();
    options.port = world.server->port();
    CHECK(Server::start(options, other.clock).error().code == Errc::kAddressInUse);
    options.port = 0;
    options.address = "not-an-address";
    CHECK(Server::start(options, other.clock).error().code == Errc::kUsage);
    options.address = "127.0.0.1";
    if (!kOnPostgres) {
        options.place.data = other.folder / "elsewhere";
        CHECK(Server::start(options, other.clock).error().code == Errc::kCentralMissing);
        options.place.data = other.data();
        options.place.keys = world.hq.keys();
        CHECK(Server::start(options, other.clock).error().code == Errc::kKeysMismatch);
    }
    options.place.keys = other.folder / "nowhere";
    CHECK(Server::start(options, other.clock).error().code == Errc::kKeysMissing);
    options.place.keys = other.keys();
    for (const char* name :
         {"root-a", "root-b", "root-c", "recovery-a", "recovery-b", "recovery-c"}) {
        std::filesystem::remove_all(other.keys() / name);
    }
    CHECK(Server::start(options, other.clock).ok());
    if (kOnPostgres) return;
    REQUIRE(atomic_write(other.data() / "central.db", Bytes(8192, 1)).ok());
    CHECK_FALSE(Server::start(options, other.clock).ok());
    CHECK(read_file(other.data() / "central.db").value() == Bytes(8192, 1));
}

namespace {

/// A small file system of its own, where the machine lets us have one.
class SmallDisk {
public:
    explicit SmallDisk(const Path& at) : at_(at) {
        std::filesystem::create_directories(at);
        mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=96m,mode=700") == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
    }
    [[nodiscard]] bool mounted() const { return mounted_; }
    void fill() const {
        OutputFile file = OutputFile::open(at_ / "filler").value();
        const Bytes block(256 * 1024, 1);
        std::uint64_t at = 0;
        while (file.write_at(at, block).ok()) at += block.size();
    }
    void make_room() const { std::filesystem::remove(at_ / "filler"); }

private:
    Path at_;
    bool mounted_ = false;
};

}  // namespace

TEST_CASE(
    "a full disk is said to be full, loses nothing, and the upload goes on when there is room") {
    const fakes::TempFolder folder;
    const SmallDisk disk(folder / "disk");
    if (!disk.mounted()) AWDA_SKIP("mounting a small file system is not allowed here");
    Headquarters hq;
    ServerOptions options;
    options.place = hq.place();
    options.place.data = folder / "disk" / "data";
    Branch branch(hq);
    if (!kOnPostgres) {
        std::filesystem::copy(hq.data(), options.place.data,
                              std::filesystem::copy_options::recursive);
    }
    const auto server = Server::start(options, hq.clock).value();
    const auto http = client_for(server->port(), hq.hq);
    enrol(*http, branch);
    branch.begin_log();
    branch.add_bulk(1'000'000);
    const auto batch = branch.seal();
    RawClient raw(server->port());
    REQUIRE(raw.handshake());
    raw.write(upload_head(branch, batch.hash, 0, batch.file.size(), batch.file.size()));
    raw.write(part_of(batch, 0, 2000));
    REQUIRE(wait_for_offset(*http, batch.hash, 2000));
    disk.fill();
    // In the middle of an upload.
    raw.write(part_of(batch, 2000, batch.file.size() - 2000));
    const std::string reply = raw.read_reply();
    CHECK(RawClient::status_of(reply) == 507);
    CHECK(reply.find("Awda-Problem: disk-full") != std::string::npos);
    const std::uint64_t kept = offset_at(*http, batch.hash).value();
    CHECK(kept >= 2000);
    CHECK(kept < batch.file.size());
    // And at the beginning of one.
    const auto refused = http->send(upload_request(branch, batch.hash, batch.file, kept));
    REQUIRE(refused.ok());
    CHECK(refused->status == 507);
    disk.make_room();
    CHECK(deliver(*http, branch, batch).status == 200);
}
