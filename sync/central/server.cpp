#include "sync/central/server.h"

#include <sys/resource.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <condition_variable>
#include <future>
#include <limits>
#include <list>
#include <mutex>
#include <thread>

#include "sync/central/http_rules.h"
#include "sync/central/ingest.h"
#include "sync/central/log_line.h"

namespace awda::central {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::request_parser<http::buffer_body>;

constexpr unsigned kDiskThreadsMax = 8;
constexpr std::size_t kDrainMax = 8 * 1024 * 1024;
constexpr std::size_t kReadBuffer = kHeaderMax + 4 * 1024;
constexpr int kListenBacklog = 512;
constexpr std::int64_t kGoodbyeMs = 2'000;
constexpr std::int64_t kAcceptPauseMs = 100;

std::chrono::milliseconds ms(std::int64_t count) {
    return std::chrono::milliseconds(count);
}

template <typename Work>
awaitable<void> run_into(std::optional<std::invoke_result_t<Work>>* outcome, Work work) {
    outcome->emplace(work());
    co_return;
}

/// Runs `work` on a pool and comes back to the coroutine's own strand with what it returned.
/// GCC 12 destroys some temporaries of a co_await expression twice, so throughout this file nothing
/// that owns memory is passed by value there: `work` captures references and plain bytes only.
template <typename Work>
awaitable<std::invoke_result_t<Work>> run_on(asio::thread_pool& pool, Work work) {
    static_assert(std::is_trivially_destructible_v<Work>);
    std::optional<std::invoke_result_t<Work>> outcome;
    awaitable<void> task = run_into(&outcome, work);
    co_await asio::co_spawn(pool, std::move(task), asio::use_awaitable);
    co_return std::move(*outcome);
}

/// One client. The coroutine owns it; stop() only ever posts to its strand.
struct Connection {
    Connection(tcp::socket socket, asio::ssl::context& tls)
        : stream(beast::tcp_stream(std::move(socket)), tls), buffer(kReadBuffer) {}
    TlsStream stream;
    beast::flat_buffer buffer;
    Bytes chunk = Bytes(kBodyChunk);
    bool answering = false;  ///< the request is whole; only our answer is missing
    bool modern = false;     ///< the request is HTTP/1.1, so interim replies are allowed

    void expect_within(std::int64_t limit_ms) {
        beast::get_lowest_layer(stream).expires_after(ms(limit_ms));
    }
    void cut() { beast::get_lowest_layer(stream).close(); }
};

Result<tcp::endpoint> parse_endpoint(const ServerOptions& options) {
    error_code failed;
    const auto address = asio::ip::make_address(options.address, failed);
    if (failed) return Error(Errc::kUsage, "read the address to listen on");
    return tcp::endpoint(address, options.port);
}

Status load_tls(asio::ssl::context& tls, const ServeKeys& keys) {
    error_code failed;
    tls.use_certificate_chain(
        asio::buffer(keys.tls_certificate.data(), keys.tls_certificate.size()), failed);
    if (failed) return Error(Errc::kKeysMismatch, "load the TLS certificate");
    tls.use_private_key(asio::buffer(keys.tls_key.view().data(), keys.tls_key.size()),
                        asio::ssl::context::pem, failed);
    if (failed) return Error(Errc::kKeysMismatch, "load the TLS key");
    SSL_CTX* raw = tls.native_handle();
    static constexpr unsigned char kContext[] = "awda-central";
    const bool set =
        SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set_session_id_context(raw, kContext, sizeof kContext - 1) == 1 &&
        // One ticket is enough to come back with, and costs a slow link one packet fewer.
        SSL_CTX_set_num_tickets(raw, 1) == 1 && SSL_CTX_set_max_early_data(raw, 0) == 1;
    if (!set) return Error(Errc::kCryptoUnavailable, "insist on TLS 1.3");
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
    return {};
}

/// As many files and sockets as the system lets us have.
void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Reading a batch takes a core for as long as it takes, and the memory of its plain text.
unsigned disk_threads() {
    return std::clamp(std::thread::hardware_concurrency(), 2U, kDiskThreadsMax);
}

std::string_view view_of(boost::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

struct Server::State {
    State(const ServerOptions& options_in, const Clock& clock_in, ServeKeys keys_in,
          FileLock lock_in, Store store_in, std::unique_ptr<Spool> spool_in)
        : options(options_in),
          clock(clock_in),
          keys(std::move(keys_in)),
          lock(std::move(lock_in)),
          store(std::move(store_in)),
          spool(std::move(spool_in)),
          ingest(store, *spool, keys, clock),
          tls(asio::ssl::context::tls_server),
          acceptor(asio::make_strand(io)),
          tending(acceptor.get_executor()) {}

    Status listen();
    void run();
    void stop();

    awaitable<void> accept_loop();
    awaitable<void> serve(std::shared_ptr<Connection> connection);
    awaitable<void> converse(Connection& connection);
    awaitable<WireAnswer> answer(Connection& connection, Parser& parser);
    awaitable<WireAnswer> answer_upload(Connection& connection, Parser& parser, Hash32 hash);
    awaitable<WireAnswer> receive(Connection& connection, Parser& parser, Hash32 hash,
                                  const UploadClaim& claim, Spool::Writer& writer);
    awaitable<Result<Answer>> judge(Connection& connection, DeviceId device, Hash32 hash);
    awaitable<void> tend_loop();
    awaitable<WireAnswer> answer_enrol(Connection& connection, Parser& parser);
    awaitable<WireAnswer> answer_status(Connection& connection, Hash32 hash);
    awaitable<WireAnswer> answer_receipts(Connection& connection, Hash32 hash);
    awaitable<WireAnswer> answer_health();
    template <typename Work>
    awaitable<std::invoke_result_t<Work>> ask(asio::thread_pool& pool, Connection& connection,
                                              Work work);
    template <typename Work>
    awaitable<std::invoke_result_t<Work>> ask_registry(Connection& connection, Work work) {
        return ask(registry, connection, work);
    }
    sync::Known known_beside(const DeviceRow& device);
    awaitable<void> tell(Connection& connection, const std::string& interim);
    awaitable<std::size_t> read_body(Connection& connection, Parser& parser, error_code& failed);
    awaitable<bool> send(Connection& connection, const Parser& parser, WireAnswer& answer,
                         bool keep);
    awaitable<void> drain(Connection& connection, Parser& parser);
    awaitable<void> close(Connection& connection);
    awaitable<void> greet_body(Connection& connection, const Parser& parser);

    const ServerOptions options;
    const Clock& clock;
    ServeKeys keys;
    FileLock lock;
    Store store;  // the registry thread's alone, once running
    std::unique_ptr<Spool> spool;
    Ingest ingest;  // the registry thread's alone, once running

    asio::io_context io;
    asio::ssl::context tls;
    tcp::acceptor acceptor;
    asio::steady_timer tending;
    asio::thread_pool disk{disk_threads()};
    asio::thread_pool registry{1};
    std::vector<std::thread> threads;
    std::uint16_t port = 0;

    std::mutex mutex;  // guards the three below
    std::list<std::weak_ptr<Connection>> connections;
    std::size_t connection_count = 0;
    std::condition_variable all_gone;
    std::atomic<bool> stopping = false;
    bool joined = false;
};

Status Server::State::listen() {
    const tcp::endpoint endpoint = AWDA_TRY(parse_endpoint(options));
    error_code failed;
    acceptor.open(endpoint.protocol(), failed);
    if (!failed) acceptor.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed) acceptor.bind(endpoint, failed);
    if (!failed) acceptor.listen(kListenBacklog, failed);
    if (failed) return Error(Errc::kAddressInUse, "listen", failed.value());
    port = acceptor.local_endpoint(failed).port();
    return {};
}

void Server::State::run() {
    asio::co_spawn(acceptor.get_executor(), accept_loop(), asio::detached);
    asio::co_spawn(acceptor.get_executor(), tend_loop(), asio::detached);
    for (unsigned i = 0; i < std::max(1U, options.threads); ++i) {
        threads.emplace_back([this] { io.run(); });
    }
}

void Server::State::stop() {
    if (joined) return;
    joined = true;
    stopping = true;
    asio::post(acceptor.get_executor(), [this] {
        error_code ignored;
        acceptor.close(ignored);
        tending.cancel();
    });
    const auto cut_all = [this](bool even_answering) {
        const std::lock_guard guard(mutex);
        for (const auto& weak : connections) {
            if (const auto connection = weak.lock()) {
                asio::post(connection->stream.get_executor(), [connection, even_answering] {
                    if (even_answering || !connection->answering) connection->cut();
                });
            }
        }
    };
    cut_all(false);
    asio::steady_timer deadline(io, ms(options.times.stop_ms));
    deadline.async_wait([cut_all](error_code failed) {
        if (!failed) cut_all(true);
    });
    {
        std::unique_lock guard(mutex);
        all_gone.wait(guard, [this] { return connection_count == 0; });
    }
    // The timer alone must not keep us waiting once every connection is gone.
    asio::post(io, [&deadline] { deadline.cancel(); });
    for (std::thread& thread : threads) thread.join();
    disk.join();
    registry.join();
}

awaitable<void> Server::State::accept_loop() {
    while (!stopping) {
        error_code failed;
        tcp::socket socket = co_await acceptor.async_accept(
            asio::make_strand(io), asio::redirect_error(asio::use_awaitable, failed));
        if (stopping) co_return;
        if (failed) {
            // Out of descriptors, most likely: a pause lets connections end.
            log_line(LogLevel::kWarning, "accept_failed",
                     {{"errno", std::to_string(failed.value())}});
            asio::steady_timer pause(acceptor.get_executor(), ms(kAcceptPauseMs));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
            continue;
        }
        std::shared_ptr<Connection> connection;
        {
            const std::lock_guard guard(mutex);
            if (connection_count >= options.connections_max) continue;  // closes the socket
            connection = std::make_shared<Connection>(std::move(socket), tls);
            connections.remove_if([](const auto& weak) { return weak.expired(); });
            connections.push_back(connection);
            ++connection_count;
        }
        asio::co_spawn(connection->stream.get_executor(), serve(connection), asio::detached);
    }
}

awaitable<void> Server::State::serve(std::shared_ptr<Connection> connection) {
    try {
        error_code failed;
        boost::asio::socket_base::keep_alive keep_alive(true);
        beast::get_lowest_layer(connection->stream)
            .socket()
            .set_option(tcp::no_delay(true), failed);
        beast::get_lowest_layer(connection->stream).socket().set_option(keep_alive, failed);
        connection->expect_within(options.times.handshake_ms);
        co_await connection->stream.async_handshake(
            asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, failed));
        if (!failed && !stopping) co_await converse(*connection);
        connection->cut();
    } catch (const std::exception&) {
        // Memory ran out, most likely. This connection ends; the others go on.
        log_line(LogLevel::kError, "connection_failed");
    }
    connection.reset();
    const std::lock_guard guard(mutex);
    if (--connection_count == 0) all_gone.notify_all();
}

awaitable<void> Server::State::converse(Connection& connection) {
    while (!stopping) {
        Parser parser;
        parser.header_limit(kHeaderMax);
        // What an upload claims limits it later, not a figure here. (Boost 1.74 takes "none" for
        // 0.)
        parser.body_limit(std::numeric_limits<std::uint64_t>::max());
        connection.answering = false;
        connection.expect_within(options.times.header_ms);
        error_code failed;
        co_await http::async_read_header(connection.stream, connection.buffer, parser,
                                         asio::redirect_error(asio::use_awaitable, failed));
        if (failed == http::error::header_limit) {
            WireAnswer refusal = answer_plain(431);
            co_await send(connection, parser, refusal, false);
            co_return;
        }
        if (failed) {
            const bool answerable =
                failed.category() == make_error_code(http::error::bad_method).category() &&
                failed != http::error::end_of_stream && failed != http::error::partial_message;
            WireAnswer refusal = answer_plain(400);
            if (answerable) co_await send(connection, parser, refusal, false);
            co_return;
        }
        connection.modern = parser.get().version() >= 11;
        WireAnswer reply = co_await answer(connection, parser);
        if (reply.status == 0) co_return;  // the client is gone
        const bool whole = parser.is_done();
        const bool keep = whole && parser.get().keep_alive() && !stopping;
        const bool sent = co_await send(connection, parser, reply, keep);
        if (!sent) co_return;
        if (!whole) co_await drain(connection, parser);
        if (!keep) {
            co_await close(connection);
            co_return;
        }
    }
}

awaitable<WireAnswer> Server::State::answer(Connection& connection, Parser& parser) {
    const RouteMatch match =
        match_route(view_of(parser.get().method_string()), view_of(parser.get().target()));
    switch (match.route) {
        case Route::kUpload: co_return co_await answer_upload(connection, parser, match.hash);
        case Route::kEnrol: co_return co_await answer_enrol(connection, parser);
        default: break;
    }
    connection.answering = true;
    switch (match.route) {
        case Route::kHealth: co_return co_await answer_health();
        case Route::kOffset: co_return co_await answer_status(connection, match.hash);
        case Route::kReceipts: co_return co_await answer_receipts(connection, match.hash);
        case Route::kWrongMethod: co_return answer_plain(405);
        case Route::kBadHash: co_return answer_problem(400, sync::Problem::kMalformed);
        default: co_return answer_plain(404);
    }
}

/// An interim reply. Whether it arrives is the client's concern.
awaitable<void> Server::State::tell(Connection& connection, const std::string& interim) {
    if (!connection.modern) co_return;
    error_code failed;
    connection.expect_within(options.times.write_ms);
    co_await asio::async_write(connection.stream, asio::buffer(interim),
                               asio::redirect_error(asio::use_awaitable, failed));
    beast::get_lowest_layer(connection.stream).expires_never();
}

/// As run_on, and meanwhile tells the client now and then that we are still at it: another device's
/// large batch may be before it, and silence would look like a dead link.
template <typename Work>
awaitable<std::invoke_result_t<Work>> Server::State::ask(asio::thread_pool& pool,
                                                         Connection& connection, Work work) {
    static_assert(std::is_trivially_destructible_v<Work>);
    std::optional<std::invoke_result_t<Work>> outcome;
    std::exception_ptr thrown;
    bool done = false;
    asio::steady_timer pause(connection.stream.get_executor());
    const auto finished = [&](const std::exception_ptr& error) {
        thrown = error;
        done = true;
        pause.cancel();
    };
    awaitable<void> task = run_into(&outcome, work);
    asio::co_spawn(pool, std::move(task),
                   asio::bind_executor(connection.stream.get_executor(), finished));
    while (!done) {
        error_code ignored;
        pause.expires_after(ms(options.times.tell_ms));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (done) break;
        const std::string interim = interim_processing();
        co_await tell(connection, interim);
    }
    if (thrown) std::rethrow_exception(thrown);
    co_return std::move(*outcome);
}

/// curl asks before it sends a large body; the answer to that is our leave.
awaitable<void> Server::State::greet_body(Connection& connection, const Parser& parser) {
    if (!beast::iequals(parser.get()[http::field::expect], "100-continue")) co_return;
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code failed;
    connection.expect_within(options.times.write_ms);
    co_await asio::async_write(connection.stream, asio::buffer(kContinue.data(), kContinue.size()),
                               asio::redirect_error(asio::use_awaitable, failed));
}

/// The next piece of the body into the connection's chunk; its size, 0 at the end or on failure.
awaitable<std::size_t> Server::State::read_body(Connection& connection, Parser& parser,
                                                error_code& failed) {
    failed = {};
    while (!parser.is_done()) {
        auto& body = parser.get().body();
        body.data = connection.chunk.data();
        body.size = connection.chunk.size();
        body.more = true;
        co_await http::async_read_some(connection.stream, connection.buffer, parser,
                                       asio::redirect_error(asio::use_awaitable, failed));
        if (failed == http::error::need_buffer) failed = {};
        const std::size_t got = connection.chunk.size() - body.size;
        if (got > 0 || failed) co_return got;
    }
    co_return 0;
}

awaitable<WireAnswer> Server::State::answer_upload(Connection& connection, Parser& parser,
                                                   Hash32 hash) {
    const auto claim = read_upload_claim([&](std::string_view name) -> std::optional<std::string> {
        const auto found = parser.get().find(boost::string_view(name.data(), name.size()));
        if (found == parser.get().end()) return std::nullopt;
        return std::string(found->value());
    });
    if (!claim.ok()) {
        const bool large = claim.error().code == Errc::kTooLarge;
        co_return answer_problem(large ? 413 : 400,
                                 large ? sync::Problem::kTooLarge : sync::Problem::kMalformed);
    }
    const DeviceId device = claim->device;
    const auto key =
        co_await ask_registry(connection, [this, device] { return ingest.device_key(device); });
    if (!key.ok()) {
        log_error("device_lookup", key.error());
        co_return answer_failure(key.error().code);
    }
    if (!key->has_value()) co_return answer_problem(403, sync::Problem::kUnknownDevice);
    if (!sync::verify_upload(**key, hash, claim->total, claim->auth)) {
        co_return answer_problem(403, sync::Problem::kBadAuth);
    }
    const auto stored =
        co_await ask_registry(connection, [this, hash] { return ingest.receipts(hash); });
    if (!stored.ok()) co_return answer_failure(stored.error().code);
    if (stored->has_value()) co_return answer_of(Answer{sync::Problem::kNone, 0, **stored});
    const std::uint64_t total = claim->total;
    auto writer = co_await run_on(disk, [this, hash, total] { return spool->begin(hash, total); });
    if (!writer.ok()) {
        log_error("upload_not_begun", writer.error());
        co_return answer_failure(writer.error().code);
    }
    if (writer->offset() != claim->offset) {
        auto synced = co_await run_on(disk, [&writer] { return writer->sync(); });
        if (!synced.ok()) co_return answer_failure(synced.error().code);
        co_return answer_offset_mismatch(writer->offset());
    }
    const auto length = parser.content_length();
    if (length && *length > total - claim->offset) {
        co_return answer_problem(413, sync::Problem::kTooLarge);
    }
    co_return co_await receive(connection, parser, hash, *claim, *writer);
}

awaitable<WireAnswer> Server::State::receive(Connection& connection, Parser& parser, Hash32 hash,
                                             const UploadClaim& claim, Spool::Writer& writer) {
    co_await greet_body(connection, parser);
    std::int64_t told_ms = system_clock().steady_ms();
    while (!parser.is_done()) {
        connection.expect_within(options.times.body_ms);
        error_code failed;
        const std::size_t got = co_await read_body(connection, parser, failed);
        if (got > 0) {
            const ByteView piece = ByteView(connection.chunk).first(got);
            const Status kept =
                co_await run_on(disk, [&writer, piece] { return writer.append(piece); });
            if (!kept.ok()) {
                const Errc code = kept.error().code;
                if (code == Errc::kBusy) co_return WireAnswer{0, {}, {}, {}};  // superseded
                if (code == Errc::kTooLarge) {
                    co_return answer_problem(413, sync::Problem::kTooLarge);
                }
                log_error("upload_not_written", kept.error());
                co_return answer_failure(code);
            }
        }
        if (failed) co_return WireAnswer{0, {}, {}, {}};  // cut: what came stays for the next try
        if (system_clock().steady_ms() - told_ms < options.times.tell_ms) continue;
        const std::string interim = interim_offset(writer.offset());
        co_await tell(connection, interim);
        told_ms = system_clock().steady_ms();
    }
    connection.answering = true;
    beast::get_lowest_layer(connection.stream).expires_never();
    const Status synced = co_await run_on(disk, [&writer] { return writer.sync(); });
    if (!synced.ok()) co_return answer_failure(synced.error().code);
    if (writer.offset() != claim.total) co_return answer_offset_mismatch(writer.offset());
    const DeviceId device = claim.device;
    auto judged = co_await judge(connection, device, hash);
    if (!judged.ok()) {
        log_error("batch_not_stored", judged.error(), {{"device", to_text(device)}});
        co_return answer_failure(judged.error().code);
    }
    co_return answer_of(*judged);
}

/// For a thread beside the registry's, which alone may touch the database and never waits for us.
sync::Known Server::State::known_beside(const DeviceRow& device) {
    sync::Known known;
    known.history = [this, &device](std::uint64_t seq, std::size_t most) {
        std::packaged_task<Result<std::vector<sync::Event>>()> task(
            [&] { return ingest.known_of(device).history(seq, most); });
        asio::post(registry, [&task] { task(); });
        return task.get_future().get();
    };
    return known;
}

/// Opening takes its time, so it is done beside the registry thread.
awaitable<Result<Answer>> Server::State::judge(Connection& connection, DeviceId device,
                                               Hash32 hash) {
    auto expected = co_await ask_registry(
        connection, [this, device, hash] { return ingest.expect(device, hash); });
    if (!expected.ok()) co_return expected.error();
    if (expected->answer) co_return *std::move(expected->answer);
    auto arrival = co_await ask(disk, connection, [this, &expected, hash] {
        return ingest.read(expected->device, hash, known_beside(expected->device));
    });
    if (!arrival.ok()) co_return arrival.error();
    auto judged = co_await ask_registry(
        connection, [this, &arrival] { return ingest.take(*std::move(arrival)); });
    co_return std::move(judged);
}

/// Batches that were stored and then left, because a database or another process went away.
awaitable<void> Server::State::tend_loop() {
    while (!stopping) {
        error_code failed;
        tending.expires_after(ms(options.times.tend_ms));
        co_await tending.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        if (stopping) co_return;
        const Status opened = co_await run_on(registry, [this] { return ingest.open_left(); });
        if (!opened.ok()) log_error("batches_not_tended", opened.error());
    }
}

awaitable<WireAnswer> Server::State::answer_enrol(Connection& connection, Parser& parser) {
    const auto length = parser.content_length();
    if (length && *length > kEnrolBodyMax) {
        co_return answer_problem(413, sync::Problem::kTooLarge);
    }
    co_await greet_body(connection, parser);
    Bytes body;
    connection.expect_within(options.times.small_body_ms);
    while (!parser.is_done()) {
        error_code failed;
        const std::size_t got = co_await read_body(connection, parser, failed);
        if (failed) co_return WireAnswer{0, {}, {}, {}};
        if (body.size() + got > kEnrolBodyMax) {
            co_return answer_problem(413, sync::Problem::kTooLarge);
        }
        const auto begin = connection.chunk.begin();
        body.insert(body.end(), begin, begin + static_cast<std::ptrdiff_t>(got));
    }
    connection.answering = true;
    beast::get_lowest_layer(connection.stream).expires_never();
    auto enrolled = co_await ask_registry(connection, [this, &body] { return ingest.enrol(body); });
    if (!enrolled.ok()) {
        log_error("enrolment_failed", enrolled.error());
        co_return answer_failure(enrolled.error().code);
    }
    co_return answer_of(*enrolled);
}

awaitable<WireAnswer> Server::State::answer_status(Connection& connection, Hash32 hash) {
    const auto stored =
        co_await ask_registry(connection, [this, hash] { return ingest.stored_size(hash); });
    if (!stored.ok()) co_return answer_failure(stored.error().code);
    if (stored->has_value()) co_return answer_offset(**stored, true);
    const auto size = co_await run_on(disk, [this, hash] { return spool->durable_size(hash); });
    if (!size.ok()) co_return answer_failure(size.error().code);
    if (!size->has_value()) co_return answer_plain(404);
    co_return answer_offset(**size, false);
}

awaitable<WireAnswer> Server::State::answer_receipts(Connection& connection, Hash32 hash) {
    const auto stored =
        co_await ask_registry(connection, [this, hash] { return ingest.receipts(hash); });
    if (!stored.ok()) co_return answer_failure(stored.error().code);
    if (!stored->has_value()) co_return answer_plain(404);
    co_return answer_of(Answer{sync::Problem::kNone, 0, **stored});
}

awaitable<WireAnswer> Server::State::answer_health() {
    const auto alive =
        co_await run_on(registry, [this] { return store.database().query_integer("SELECT 1"); });
    WireAnswer answer = answer_plain(alive.ok() ? 200 : 503);
    answer.content_type = "application/json";
    answer.body = to_bytes(alive.ok() ? "{\"status\":\"ok\",\"version\":\"" AWDA_VERSION "\"}\n"
                                      : "{\"status\":\"failing\"}\n");
    co_return answer;
}

awaitable<bool> Server::State::send(Connection& connection, const Parser& parser,
                                    WireAnswer& answer, bool keep) {
    http::response<http::vector_body<std::uint8_t>> response;
    response.version(11);
    response.result(answer.status);
    response.set(boost::string_view(sync::kVersionHeader.data(), sync::kVersionHeader.size()),
                 boost::string_view(sync::kVersionValue.data(), sync::kVersionValue.size()));
    response.set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    if (!answer.content_type.empty()) {
        response.set(http::field::content_type,
                     boost::string_view(answer.content_type.data(), answer.content_type.size()));
    }
    response.keep_alive(keep);
    const bool bodiless = answer.status == 204 ||
                          (parser.is_header_done() && parser.get().method() == http::verb::head);
    if (!bodiless) {
        response.body() = std::move(answer.body);
        response.prepare_payload();
    }
    connection.answering = true;
    connection.expect_within(options.times.write_ms);
    error_code failed;
    http::response_serializer<http::vector_body<std::uint8_t>> serializer(response);
    co_await http::async_write(connection.stream, serializer,
                               asio::redirect_error(asio::use_awaitable, failed));
    co_return !failed;
}

/// Reads on for a moment after a refusal: closing with bytes unread would reset the connection, and
/// the client might never see why.
awaitable<void> Server::State::drain(Connection& connection, Parser& parser) {
    connection.expect_within(options.times.drain_ms);
    std::size_t drained = 0;
    error_code failed;
    while (!failed && !parser.is_done() && drained < kDrainMax) {
        drained += co_await read_body(connection, parser, failed);
    }
}

awaitable<void> Server::State::close(Connection& connection) {
    connection.expect_within(kGoodbyeMs);
    error_code failed;
    co_await connection.stream.async_shutdown(asio::redirect_error(asio::use_awaitable, failed));
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, const Clock& clock) {
    const StorePlace& place = options.place;
    ServeKeys keys = AWDA_TRY(load_serve_keys(place.keys));
    if (place.database.empty() && !file_exists(place.data / "central.db")) {
        return Error(Errc::kCentralMissing, "open the central database");
    }
    AWDA_CHECK(make_folder(place.data));
    FileLock lock = AWDA_TRY(FileLock::take(place.data / "serve.lock"));
    Store store = AWDA_TRY(Store::open(place, DatabaseCheck::kAfterUncleanExit));
    std::unique_ptr<Spool> spool = AWDA_TRY(Spool::open(place.data, clock));
    try {
        auto state = std::make_unique<State>(options, clock, std::move(keys), std::move(lock),
                                             std::move(store), std::move(spool));
        AWDA_CHECK(load_tls(state->tls, state->keys));
        AWDA_CHECK(state->ingest.recover());
        AWDA_CHECK(state->listen());
        raise_file_limit();
        state->run();
        return std::unique_ptr<Server>(new Server(std::move(state)));
    } catch (const std::exception&) {
        return Error(Errc::kOutOfMemory, "start the server");
    }
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() {
    state_->stop();
}
std::uint16_t Server::port() const {
    return state_->port;
}
void Server::stop() {
    state_->stop();
}

}  // namespace awda::central
