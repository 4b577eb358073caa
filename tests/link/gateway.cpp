#include "tests/link/gateway.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <csignal>
#include <list>
#include <mutex>
#include <set>
#include <thread>

#include "platform/fd.h"

namespace awda::link {

namespace {
constexpr std::size_t kHeadMax = 16 * 1024;
constexpr int kBacklog = 64;

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// One connection: bytes in and out, with or without TLS.
class Stream {
public:
    Stream(int fd, SSL_CTX* context) : fd_(fd), ssl_(context ? SSL_new(context) : nullptr) {
        if (ssl_) SSL_set_fd(ssl_.get(), fd_);
    }
    bool handshake() { return !ssl_ || SSL_accept(ssl_.get()) == 1; }
    /// Appends what comes; false at the end.
    bool read_more(std::string& into) {
        char buffer[16 * 1024];
        const auto got = ssl_ ? SSL_read(ssl_.get(), buffer, sizeof buffer)
                              : static_cast<int>(::recv(fd_, buffer, sizeof buffer, 0));
        if (got > 0) into.append(buffer, static_cast<std::size_t>(got));
        return got > 0;
    }
    void write(std::string_view bytes) {
        if (ssl_) {
            SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        } else {
            [[maybe_unused]] const auto sent =
                ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }
    }
    void reset() const {
        const linger now{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }

private:
    int fd_;
    std::unique_ptr<SSL, FreeSsl> ssl_;
};

/// The head of a request; false if it is none.
bool parse_head(std::string_view head, GatewayRequest& request) {
    const std::size_t line = head.find("\r\n");
    const std::size_t first = head.find(' ');
    const std::size_t second = head.find(' ', first + 1);
    if (line == std::string_view::npos || second == std::string_view::npos || second > line)
        return false;
    request.method = head.substr(0, first);
    request.target = head.substr(first + 1, second - first - 1);
    std::size_t at = line + 2;
    while (at < head.size()) {
        const std::size_t end = std::min(head.find("\r\n", at), head.size());
        const std::string_view field = head.substr(at, end - at);
        const std::size_t colon = field.find(": ");
        at = end + 2;
        if (colon == std::string_view::npos) continue;
        request.headers.emplace_back(field.substr(0, colon), field.substr(colon + 2));
        if (lower(std::string(field.substr(0, colon))) == "content-length") {
            const std::string_view value = field.substr(colon + 2);
            std::from_chars(value.data(), value.data() + value.size(), request.length);
        }
    }
    return true;
}

std::string wire(const GatewayRequest& request, const HttpReply& reply, bool keep) {
    std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " Answer\r\n";
    bool sized = reply.status == 204;
    for (const auto& [name, value] : reply.headers) {
        if (name == "connection") continue;
        sized = sized || name == "content-length";
        out += name + ": " + value + "\r\n";
    }
    if (!sized) out += "content-length: " + std::to_string(reply.body.size()) + "\r\n";
    out += keep ? "\r\n" : "connection: close\r\n\r\n";
    if (request.method != "HEAD") out.append(reply.body.begin(), reply.body.end());
    return out;
}

}  // namespace

struct Gateway::State {
    GatewayOptions options;
    std::unique_ptr<SSL_CTX, FreeContext> context;
    Fd listener;
    std::uint16_t port = 0;
    std::thread acceptor;
    std::mutex mutex;  // guards the three below
    bool ending = false;
    std::set<int> open;
    std::list<std::thread> threads;

    Status listen();
    void accept_all();
    void serve(Fd fd);
    /// False when the connection is over.
    bool converse(Stream& stream, std::string& held);
};

Status Gateway::State::listen() {
    std::signal(SIGPIPE, SIG_IGN);  // as the programs do
    if (!options.key.empty()) {
        context.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_set_num_tickets(context.get(), 1);
        if (SSL_CTX_use_certificate_chain_file(context.get(), options.certificate.c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(context.get(), options.key.c_str(), SSL_FILETYPE_PEM) !=
                1) {
            return Error(Errc::kKeysMismatch, "the gateway's TLS key");
        }
    }
    listener = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = static_cast<sockaddr*>(static_cast<void*>(&address));
    if (::bind(listener.get(), plain, size) != 0 || ::listen(listener.get(), kBacklog) != 0 ||
        ::getsockname(listener.get(), plain, &size) != 0) {
        return Error(Errc::kAddressInUse, "the gateway's port");
    }
    port = ntohs(address.sin_port);
    return {};
}

void Gateway::State::accept_all() {
    while (true) {
        Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const std::lock_guard guard(mutex);
        if (ending || !fd.valid()) return;
        open.insert(fd.get());
        threads.emplace_back([this](Fd owned) { serve(std::move(owned)); }, std::move(fd));
    }
}

void Gateway::State::serve(Fd fd) {
    {
        options.on_connection();
        Stream stream(fd.get(), context.get());
        std::string held;
        if (!options.blurt.empty()) {
            if (stream.read_more(held)) stream.write(options.blurt);
        } else if (stream.handshake()) {
            while (converse(stream, held)) {
            }
        }
    }
    const std::lock_guard guard(mutex);
    open.erase(fd.get());
    fd = Fd();
}

bool Gateway::State::converse(Stream& stream, std::string& held) {
    std::size_t end = std::string::npos;
    while ((end = held.find("\r\n\r\n")) == std::string::npos) {
        if (held.size() > kHeadMax || !stream.read_more(held)) return false;
    }
    GatewayRequest request;
    if (!parse_head(std::string_view(held).substr(0, end + 2), request)) return false;
    held.erase(0, end + 4);
    const std::uint64_t wanted = options.body_wanted
                                     ? std::min(options.body_wanted(request), request.length)
                                     : request.length;
    while (held.size() < wanted) {
        if (!stream.read_more(held)) return false;
    }
    const auto cut = held.begin() + static_cast<std::ptrdiff_t>(wanted);
    request.body.assign(held.begin(), cut);
    held.erase(held.begin(), cut);
    const GatewayAnswer answer = options.handle(request);
    if (answer.act == GatewayAnswer::Act::kReset) {
        stream.reset();
        return false;
    }
    const bool whole = wanted == request.length;
    if (answer.act == GatewayAnswer::Act::kReply) {
        stream.write(wire(request, answer.reply, whole));
        if (whole) return true;
    }
    while (stream.read_more(held)) held.clear();  // until the other end has had enough
    return false;
}

Result<std::unique_ptr<Gateway>> Gateway::start(GatewayOptions options) {
    auto state = std::make_unique<State>();
    state->options = std::move(options);
    AWDA_CHECK(state->listen());
    State* raw = state.get();
    state->acceptor = std::thread([raw] { raw->accept_all(); });
    return std::unique_ptr<Gateway>(new Gateway(std::move(state)));
}

Gateway::Gateway(std::unique_ptr<State> state) : state_(std::move(state)) {}

Gateway::~Gateway() {
    {
        const std::lock_guard guard(state_->mutex);
        state_->ending = true;
        for (const int fd : state_->open) ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(state_->listener.get(), SHUT_RDWR);  // ends accept
    state_->acceptor.join();
    for (std::thread& thread : state_->threads) thread.join();
}

std::uint16_t Gateway::port() const {
    return state_->port;
}

}  // namespace awda::link
