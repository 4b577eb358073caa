#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <mutex>
#include <string>

#include "platform/clock.h"
#include "platform/http.h"

namespace awda {

namespace {

/// Bytes handed to curl at a time. A cut inside a TLS record loses the whole record, so on links
/// that drop, small records (one a network packet) waste 3 % where 16 KB ones waste 7 to 11 %.
constexpr std::size_t kTlsRecordMax = 1300;

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

void append(List& list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    AWDA_ASSERT(longer != nullptr);
    list.release();  // curl_slist_append returns the same head
    list.reset(longer);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
        text.remove_prefix(1);
    }
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
        text.remove_suffix(1);
    }
    return text;
}

/// One request under way: what curl's callbacks need.
struct Exchange {
    const HttpRequest* request = nullptr;
    const HttpOptions* options = nullptr;
    HttpReply reply;
    std::uint64_t sent = 0;
    std::uint64_t total = 0;
    bool too_large = false;
    bool stalled = false;
    bool stopped = false;
    bool read_failed = false;
    std::int64_t last_move_ms = 0;
    std::uint64_t last_seen = 0;
};

std::size_t on_read(char* out, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const std::size_t room = std::min(size * count, kTlsRecordMax);
    const std::size_t left = static_cast<std::size_t>(exchange.total - exchange.sent);
    std::size_t take = std::min(room, left);
    if (exchange.request->file != nullptr) {
        const auto got =
            exchange.request->file->read_at(exchange.request->file_offset + exchange.sent,
                                            std::span(reinterpret_cast<std::uint8_t*>(out), take));
        if (!got.ok() || *got != take) {
            exchange.read_failed = true;
            return CURL_READFUNC_ABORT;
        }
    } else {
        std::copy_n(exchange.request->body.begin() + static_cast<std::ptrdiff_t>(exchange.sent),
                    take, reinterpret_cast<std::uint8_t*>(out));
    }
    exchange.sent += take;
    if (exchange.request->progress && !exchange.request->progress(exchange.sent)) {
        exchange.stopped = true;
        return CURL_READFUNC_ABORT;
    }
    return take;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const std::size_t bytes = size * count;
    if (exchange.reply.body.size() + bytes > exchange.options->reply_limit) {
        exchange.too_large = true;
        return 0;
    }
    const ByteView view = as_bytes({data, bytes});
    exchange.reply.body.insert(exchange.reply.body.end(), view.begin(), view.end());
    return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    constexpr std::size_t kHeadersMax = 64;
    auto& exchange = *static_cast<Exchange*>(user);
    const std::string_view line(data, size * count);
    if (line.starts_with("HTTP/")) exchange.reply.headers.clear();  // after a 1xx
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && exchange.reply.headers.size() < kHeadersMax) {
        exchange.reply.headers.emplace_back(lower(trimmed(line.substr(0, colon))),
                                            std::string(trimmed(line.substr(colon + 1))));
    }
    return size * count;
}

/// Called about once a second and on every move: the stall clock.
int on_progress(void* user, curl_off_t /*down_total*/, curl_off_t down, curl_off_t /*up_total*/,
                curl_off_t up) {
    auto& exchange = *static_cast<Exchange*>(user);
    const std::int64_t now = system_clock().steady_ms();
    const std::uint64_t seen = static_cast<std::uint64_t>(down) + static_cast<std::uint64_t>(up);
    if (seen != exchange.last_seen) {
        exchange.last_seen = seen;
        exchange.last_move_ms = now;
    }
    const bool body_sent = exchange.sent >= exchange.total && exchange.total != 0;
    const std::int64_t limit =
        body_sent ? exchange.options->reply_timeout_ms : exchange.options->stall_timeout_ms;
    exchange.stalled = now - exchange.last_move_ms > limit;
    const bool go_on = !exchange.request->progress || exchange.request->progress(exchange.sent);
    exchange.stopped = exchange.stopped || !go_on;
    return exchange.stalled || exchange.stopped ? 1 : 0;
}

/// Lets the kernel give up on a link that swallows packets, which curl cannot see.
int on_socket(void* user, curl_socket_t socket, curlsocktype /*purpose*/) {
    const auto timeout =
        static_cast<unsigned>(static_cast<const HttpOptions*>(user)->stall_timeout_ms);
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    return CURL_SOCKOPT_OK;
}

class CurlClient final : public HttpClient {
public:
    CurlClient(HttpOptions options, CURL* curl) : options_(std::move(options)), curl_(curl) {
        for (const Hash32& pin : options_.pinned_keys) {
            pins_ += (pins_.empty() ? "sha256//" : ";sha256//") + to_base64(pin);
        }
        if (!options_.connect_to.empty()) append(connect_to_, "::" + options_.connect_to);
    }
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;
    ~CurlClient() override { curl_easy_cleanup(curl_); }

    Result<HttpReply> send(const HttpRequest& request) override {
        Exchange exchange;
        exchange.request = &request;
        exchange.options = &options_;
        exchange.last_move_ms = system_clock().steady_ms();
        exchange.total =
            request.file != nullptr ? request.file_size - request.file_offset : request.body.size();
        curl_easy_reset(curl_);  // keeps connections and TLS tickets
        set_connection();
        set_callbacks(exchange);
        const List headers = set_request(request, exchange);
        const CURLcode code = curl_easy_perform(curl_);
        count();
        if (code != CURLE_OK) return failure(code, exchange);
        long status = 0;
        curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
        exchange.reply.status = static_cast<int>(status);
        return std::move(exchange.reply);
    }

    HttpTotals totals() const override { return totals_; }

private:
    template <typename T>
    void set(CURLoption option, T value) {
        const CURLcode code = curl_easy_setopt(curl_, option, value);
        AWDA_ASSERT(code == CURLE_OK);
    }

    void set_connection() {
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_PROTOCOLS_STR, "https");
        set(CURLOPT_PROXY, "");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
        set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_3});
        // The pinned key alone decides whom we trust; names and authorities prove nothing here.
        set(CURLOPT_SSL_VERIFYPEER, 0L);
        set(CURLOPT_SSL_VERIFYHOST, 0L);
        set(CURLOPT_PINNEDPUBLICKEY, pins_.c_str());
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout_ms));
        set(CURLOPT_TCP_KEEPALIVE, 1L);
        if (connect_to_) set(CURLOPT_CONNECT_TO, connect_to_.get());
    }

    void set_callbacks(Exchange& exchange) {
        set(CURLOPT_READFUNCTION, &on_read);
        set(CURLOPT_READDATA, &exchange);
        set(CURLOPT_WRITEFUNCTION, &on_body);
        set(CURLOPT_WRITEDATA, &exchange);
        set(CURLOPT_HEADERFUNCTION, &on_header);
        set(CURLOPT_HEADERDATA, &exchange);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &on_progress);
        set(CURLOPT_XFERINFODATA, &exchange);
        set(CURLOPT_SOCKOPTFUNCTION, &on_socket);
        set(CURLOPT_SOCKOPTDATA, &options_);
    }

    List set_request(const HttpRequest& request, const Exchange& exchange) {
        const std::string url = options_.base_url + request.path;
        set(CURLOPT_URL, url.c_str());
        const bool has_body = request.method == "PATCH" || request.method == "POST";
        if (has_body) {
            set(CURLOPT_UPLOAD, 1L);
            set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(exchange.total));
        } else if (request.method == "HEAD") {
            set(CURLOPT_NOBODY, 1L);
        }
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
        List headers;
        append(headers, "Expect:");  // a round trip more on a satellite link
        append(headers, "Accept:");
        for (const auto& [name, value] : request.headers) append(headers, name + ": " + value);
        set(CURLOPT_HTTPHEADER, headers.get());
        return headers;
    }

    void count() {
        curl_off_t up = 0;
        curl_off_t down = 0;
        long head_up = 0;
        long head_down = 0;
        long connections = 0;
        curl_easy_getinfo(curl_, CURLINFO_SIZE_UPLOAD_T, &up);
        curl_easy_getinfo(curl_, CURLINFO_SIZE_DOWNLOAD_T, &down);
        curl_easy_getinfo(curl_, CURLINFO_REQUEST_SIZE, &head_up);
        curl_easy_getinfo(curl_, CURLINFO_HEADER_SIZE, &head_down);
        curl_easy_getinfo(curl_, CURLINFO_NUM_CONNECTS, &connections);
        totals_.bytes_up += static_cast<std::uint64_t>(up) + static_cast<std::uint64_t>(head_up);
        totals_.bytes_down +=
            static_cast<std::uint64_t>(down) + static_cast<std::uint64_t>(head_down);
        totals_.connections += static_cast<std::uint64_t>(connections);
    }

    static Error failure(CURLcode code, const Exchange& exchange) {
        if (exchange.too_large) return {Errc::kTooLarge, "a reply beyond its limit"};
        if (exchange.read_failed) return {Errc::kIo, "reading what is to be sent"};
        if (exchange.stalled) return {Errc::kTimeout, "the link stalled"};
        if (exchange.stopped) return {Errc::kTimeout, "the transfer was stopped"};
        switch (code) {
            case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            case CURLE_PEER_FAILED_VERIFICATION:
                return {Errc::kUnknownServer, "the server's key is not the pinned one"};
            case CURLE_OPERATION_TIMEDOUT: return {Errc::kTimeout, "connecting took too long"};
            case CURLE_WEIRD_SERVER_REPLY:
            case CURLE_UNSUPPORTED_PROTOCOL:
                return {Errc::kMalformed, "the reply is not HTTP over TLS"};
            case CURLE_OUT_OF_MEMORY: return {Errc::kOutOfMemory, "an HTTP request"};
            case CURLE_URL_MALFORMAT: return {Errc::kMalformed, "the server's address"};
            default: return {Errc::kNoNetwork, "the connection failed or was cut"};
        }
    }

    HttpOptions options_;
    CURL* curl_;
    std::string pins_;
    List connect_to_;
    HttpTotals totals_;
};

}  // namespace

std::optional<std::string> HttpReply::header(std::string_view name) const {
    const std::string wanted = lower(name);
    for (const auto& [key, value] : headers) {
        if (key == wanted) return value;
    }
    return std::nullopt;
}

Result<std::unique_ptr<HttpClient>> HttpClient::make(HttpOptions options) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    if (options.pinned_keys.empty()) {
        return Error(Errc::kUnknownServer, "no pinned key for the server");
    }
    CURL* curl = curl_easy_init();
    if (curl == nullptr) return Error(Errc::kOutOfMemory, "starting curl");
    return std::unique_ptr<HttpClient>(std::make_unique<CurlClient>(std::move(options), curl));
}

}  // namespace awda
