// http: the one place where curl is called.
//
// An HttpClient keeps its connection and its TLS tickets between requests. The server is trusted by
// the pinned key alone: no certificate authority, no redirects, no proxies' credentials. Bodies are
// streamed from a file; replies are capped. A server that takes its time says so by interim replies
// (1xx), for silence is how a dead link is told from a slow one. Threads: one thread at a time (the
// net thread).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/bytes.h"
#include "platform/crypto.h"
#include "platform/files.h"

namespace awda {

struct HttpOptions {
    std::string base_url;    ///< https://host:port
    std::string connect_to;  ///< host:port to dial instead (a relay, a test's proxy); or empty
    std::vector<Hash32> pinned_keys;  ///< SHA-256 of SubjectPublicKeyInfo; at least one
    std::int64_t connect_timeout_ms = 15'000;
    std::int64_t stall_timeout_ms = 9'000;  ///< nothing came from the server for so long: kTimeout
    /// No reply for so long after the body was sent, although interim replies may come: kTimeout.
    std::int64_t reply_timeout_ms = 60'000;
    std::size_t reply_limit = 1U << 20U;
};

struct HttpRequest {
    std::string method;  ///< GET, HEAD, POST, PATCH
    std::string path;    ///< begins with '/'
    std::vector<std::pair<std::string, std::string>> headers;
    Bytes body;                       ///< used unless `file` is set
    const InputFile* file = nullptr;  ///< streamed from file_offset to its end
    std::uint64_t file_offset = 0;
    std::uint64_t file_size = 0;
    /// Called with bytes of body sent so far; false stops the request (kTimeout).
    std::function<bool(std::uint64_t sent)> progress;
};

struct HttpReply {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    Bytes body;
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

struct HttpTotals {
    std::uint64_t bytes_up = 0;  ///< request bodies and headers handed to the socket
    std::uint64_t bytes_down = 0;
    std::uint64_t connections = 0;
};

class HttpClient {
public:
    static Result<std::unique_ptr<HttpClient>> make(HttpOptions options);
    virtual ~HttpClient() = default;
    /// A reply with any status is a success here. kNoNetwork, kTimeout, kUnknownServer, kTooLarge,
    /// kMalformed.
    [[nodiscard]] virtual Result<HttpReply> send(const HttpRequest& request) = 0;
    [[nodiscard]] virtual HttpTotals totals() const = 0;
};

}  // namespace awda
