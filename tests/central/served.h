// served: requests as devices make them, for tests against a server on loopback. Threads: the
// test's.
#pragma once

#include <string>

#include "tests/central/fixture.h"
#include "tests/central/raw_client.h"

namespace awda::central::testing {

inline std::unique_ptr<HttpClient> client_for(std::uint16_t port, const sync::HqKeys& hq) {
    HttpOptions options;
    options.base_url = "https://localhost:" + std::to_string(port);
    options.pinned_keys = {hq.tls_pins[0], hq.tls_pins[1]};
    return HttpClient::make(options).value();
}

inline std::string batch_path(const Hash32& hash) {
    return "/v1/batches/" + to_hex(hash);
}

inline std::vector<std::pair<std::string, std::string>> upload_headers(const Branch& branch,
                                                                       const Hash32& hash,
                                                                       std::uint64_t offset,
                                                                       std::uint64_t total) {
    const Signature auth = sync::sign_upload(branch.sign_key, hash, total);
    return {
        {"Content-Type", "application/partial-upload"}, {"Upload-Offset", std::to_string(offset)},
        {"Upload-Length", std::to_string(total)},       {"Upload-Complete", "?1"},
        {"Awda-Device", to_text(branch.device)},        {"Awda-Auth", to_hex(auth)}};
}

inline HttpRequest upload_request(const Branch& branch, const Hash32& hash, ByteView file,
                                  std::uint64_t offset) {
    HttpRequest request;
    request.method = "PATCH";
    request.path = batch_path(hash);
    request.headers = upload_headers(branch, hash, offset, file.size());
    const ByteView rest = file.subspan(offset);
    request.body.assign(rest.begin(), rest.end());
    return request;
}

inline HttpReply ask(HttpClient& http, const std::string& method, const std::string& path,
                     Bytes body = {}) {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = std::move(body);
    const auto reply = http.send(request);
    REQUIRE(reply.ok());
    return *reply;
}

inline void enrol(HttpClient& http, Branch& branch) {
    REQUIRE(ask(http, "POST", "/v1/enrol", branch.enrol_request()).status == 200);
}

/// The head of an upload, as text, for a raw client.
inline std::string upload_head(const Branch& branch, const Hash32& hash, std::uint64_t offset,
                               std::uint64_t total, std::uint64_t length) {
    std::string head = "PATCH " + batch_path(hash) + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& [name, value] : upload_headers(branch, hash, offset, total)) {
        head += name + ": " + value + "\r\n";
    }
    return head + "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

/// The offset the server acknowledges; nothing when it knows no part.
inline std::optional<std::uint64_t> offset_at(HttpClient& http, const Hash32& hash) {
    const HttpReply reply = ask(http, "HEAD", batch_path(hash));
    if (reply.status == 404) return std::nullopt;
    REQUIRE(reply.status == 204);
    return std::stoull(reply.header("upload-offset").value());
}

/// Asks until the server has taken in `size` bytes that were sent; false after many answers.
inline bool wait_for_offset(HttpClient& http, const Hash32& hash, std::uint64_t size) {
    for (int i = 0; i < 3000; ++i) {
        if (offset_at(http, hash).value_or(0) == size) return true;
    }
    return false;
}

/// Delivers as a device does: from the acknowledged offset, until there are receipts.
inline HttpReply deliver(HttpClient& http, const Branch& branch, const sync::SealedBatch& batch) {
    std::uint64_t offset = offset_at(http, batch.hash).value_or(0);
    for (int tries = 0; tries < 20; ++tries) {
        const auto reply = http.send(upload_request(branch, batch.hash, batch.file, offset));
        REQUIRE(reply.ok());
        if (reply->status != 409 || reply->header("awda-problem") != "offset") return *reply;
        offset = std::stoull(reply->header("upload-offset").value());
    }
    FAIL("no end of offsets");
    return {};
}

}  // namespace awda::central::testing
