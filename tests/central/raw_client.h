// raw_client: a TLS client that can do what a well-behaved one never does: stop, cut, linger, lie.
//
// Threads: one owner.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "platform/result.h"

namespace awda::central::testing {

class RawClient {
public:
    /// `version` is the highest TLS version offered; `session` is one to resume, or null.
    explicit RawClient(std::uint16_t port, int version = TLS1_3_VERSION,
                       SSL_SESSION* session = nullptr)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
          context_(SSL_CTX_new(TLS_client_method())) {
        std::signal(SIGPIPE, SIG_IGN);  // as the programs do; a closed connection is an answer here
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{20, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        connected_ = ::connect(fd_, static_cast<sockaddr*>(static_cast<void*>(&address)),
                               sizeof address) == 0;
        SSL_CTX_set_max_proto_version(context_.get(), version);
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), fd_);
        if (session != nullptr) SSL_set_session(ssl_.get(), session);
    }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient() { cut(); }

    bool handshake() { return connected_ && SSL_connect(ssl_.get()) == 1; }
    [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    [[nodiscard]] SSL_SESSION* session() const { return SSL_get1_session(ssl_.get()); }

    /// In TLS records of up to `record` bytes; false once the server has closed.
    bool write(std::string_view bytes, std::size_t record = 1300) {
        while (!bytes.empty()) {
            const std::string_view piece = bytes.substr(0, record);
            if (SSL_write(ssl_.get(), piece.data(), static_cast<int>(piece.size())) <= 0)
                return false;
            bytes.remove_prefix(piece.size());
        }
        return true;
    }
    /// Below TLS.
    bool write_plain(std::string_view bytes) {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }
    std::string read_plain() {
        char buffer[4096];
        const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
        return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
    }
    /// A whole reply, interim ones passed over; what came so far if the connection ends first.
    std::string read_reply() {
        std::string reply;
        while (true) {
            const std::size_t end = reply.find("\r\n\r\n");
            const int status = end == std::string::npos ? 0 : status_of(reply);
            if (status == 102 || status == 104) {
                reply.erase(0, end + 4);
                continue;
            }
            if (end != std::string::npos) {
                const std::size_t at = reply.find("Content-Length: ");
                const std::size_t body =
                    at < end ? static_cast<std::size_t>(std::atoll(reply.c_str() + at + 16)) : 0;
                if (reply.size() >= end + 4 + body) return reply;
            }
            char buffer[4096];
            const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (got <= 0) return reply;
            reply.append(buffer, static_cast<std::size_t>(got));
        }
    }
    static int status_of(std::string_view reply) {
        return reply.size() > 12 ? std::atoi(std::string(reply.substr(9, 3)).c_str()) : 0;
    }
    /// The end of the connection, without a goodbye.
    void cut() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    struct FreeContext {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    };
    struct FreeSsl {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    int fd_;
    bool connected_ = false;
    std::unique_ptr<SSL_CTX, FreeContext> context_;
    std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace awda::central::testing
