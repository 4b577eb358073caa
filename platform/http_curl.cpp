#include <curl/curl.h>
#include <linux/tcp.h>  // tcp_info as the kernel has it; the C library's is older
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <mutex>
#include <string>

#include "platform/clock.h"
#include "platform/http.h"

namespace awda {

namespace {

/// Bytes handed to curl at a time. A cut inside a TLS record loses the whole record, so on links
/// that drop, small records (one a network packet) waste 3 % where 16 KB ones waste 7 to 11 %.
constexpr std::size_t kTlsRecordMax = 1378;  // and 22 of TLS

/// Unsent bytes the kernel may hold: more would only blur how far an upload really is.
constexpr int kUnsentMax = 16 * 1024;

/// How late a stall or a stop may be noticed, at most.
constexpr std::int64_t kLookMs = 50;

constexpr int kUploadResumptionStatus = 104;

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
    std::uint64_t told = 0;  ///< how much of the file has arrived, by the server's interim replies
    int status = 0;          ///< of the reply under way; below 200 an interim one
    bool too_large = false;
    bool stalled = false;
    bool stopped = false;
    bool read_failed = false;
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

/// The status in "HTTP/1.1 204 No Content"; 0 if there is none.
int status_in(std::string_view line) {
    int status = 0;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return 0;
    std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
    return status;
}

/// An interim reply only says how far the upload is; the headers that count come later.
void take_interim(Exchange& exchange, std::string_view name, std::string_view value) {
    std::uint64_t offset = 0;
    const bool read =
        std::from_chars(value.data(), value.data() + value.size(), offset).ec == std::errc{};
    if (exchange.status == kUploadResumptionStatus && read && name == "upload-offset") {
        exchange.told = std::max(exchange.told, offset);
    }
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    constexpr std::size_t kHeadersMax = 64;
    auto& exchange = *static_cast<Exchange*>(user);
    const std::string_view line(data, size * count);
    if (line.starts_with("HTTP/")) {
        exchange.status = status_in(line);
        return line.size();
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return line.size();
    std::string name = lower(trimmed(line.substr(0, colon)));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (exchange.status < 200) {
        take_interim(exchange, name, value);
    } else if (exchange.reply.headers.size() < kHeadersMax) {
        exchange.reply.headers.emplace_back(std::move(name), std::string(value));
    }
    return line.size();
}

/// Tells a dead link from a slow one: by how long nothing at all has come from the other end, TLS's
/// own bytes included. From a server that sends interim replies nothing else counts: what we sent
/// may sit in a modem, and satellite modems acknowledge in the server's name. From another one
/// acknowledged bytes must do.
class LinkWatch {
public:
    explicit LinkWatch(const HttpOptions& options) : options_(options) {}

    void opened(curl_socket_t socket) { sockets_.push_back(socket); }
    void closed(curl_socket_t socket) { std::erase(sockets_, socket); }
    void begin() {
        heard_ms_ = sent_ms_ = system_clock().steady_ms();
        bytes_ = heard(false);
        told_ = 0;
        all_sent_ = false;
    }
    [[nodiscard]] bool stalled(const Exchange& exchange) {
        const std::int64_t now = system_clock().steady_ms();
        const std::uint64_t bytes = heard(exchange.told > 0);
        if (bytes != bytes_) heard_ms_ = now;
        bytes_ = bytes;
        const bool all_sent = exchange.sent >= exchange.total;
        if (!all_sent || !all_sent_ || exchange.told != told_) sent_ms_ = now;
        all_sent_ = all_sent;
        told_ = exchange.told;
        if (now - heard_ms_ > options_.stall_timeout_ms) return true;
        const bool answered = exchange.status >= 200;
        return all_sent && !answered && now - sent_ms_ > options_.reply_timeout_ms;
    }

private:
    /// Bytes that came in over the open connections, and those that were acknowledged unless the
    /// server tells of them itself.
    [[nodiscard]] std::uint64_t heard(bool server_tells) const {
        std::uint64_t sum = 0;
        for (const curl_socket_t socket : sockets_) {
            tcp_info info{};
            socklen_t size = sizeof info;
            if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
                sum += info.tcpi_bytes_received + (server_tells ? 0 : info.tcpi_bytes_acked);
            }
        }
        return sum;
    }

    const HttpOptions& options_;
    std::vector<curl_socket_t> sockets_;
    std::uint64_t bytes_ = 0;
    std::uint64_t told_ = 0;
    std::int64_t heard_ms_ = 0;
    std::int64_t sent_ms_ = 0;  ///< when the last of the body left, or was told to have arrived
    bool all_sent_ = false;
};

struct Sockets {
    const HttpOptions* options = nullptr;
    LinkWatch* watch = nullptr;
};

int on_socket(void* user, curl_socket_t socket, curlsocktype /*purpose*/) {
    const auto& sockets = *static_cast<Sockets*>(user);
    // Lets the kernel give up on a link that swallows packets, at the same time as we do.
    const auto timeout = static_cast<unsigned>(sockets.options->stall_timeout_ms);
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentMax, sizeof kUnsentMax);
    sockets.watch->opened(socket);
    return CURL_SOCKOPT_OK;
}

int on_socket_closed(void* user, curl_socket_t socket) {
    static_cast<Sockets*>(user)->watch->closed(socket);
    return ::close(socket);
}

class CurlClient final : public HttpClient {
public:
    CurlClient(HttpOptions options, CURLM* multi, CURL* curl)
        : options_(std::move(options)), multi_(multi), curl_(curl) {
        for (const Hash32& pin : options_.pinned_keys) {
            pins_ += (pins_.empty() ? "sha256//" : ";sha256//") + to_base64(pin);
        }
        if (!options_.connect_to.empty()) append(connect_to_, "::" + options_.connect_to);
    }
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;
    ~CurlClient() override {
        curl_easy_cleanup(curl_);
        curl_multi_cleanup(multi_);
    }

    Result<HttpReply> send(const HttpRequest& request) override {
        Exchange exchange;
        exchange.request = &request;
        exchange.options = &options_;
        exchange.total =
            request.file != nullptr ? request.file_size - request.file_offset : request.body.size();
        curl_easy_reset(curl_);  // keeps connections and TLS tickets
        set_connection();
        set_callbacks(exchange);
        const List headers = set_request(request, exchange);
        const CURLcode code = perform(exchange);
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

    /// As curl_easy_perform, which looks up only once a second: too seldom to notice a stall or a
    /// stop in time.
    CURLcode perform(Exchange& exchange) {
        if (curl_multi_add_handle(multi_, curl_) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
        watch_.begin();
        int running = 1;
        CURLcode code = CURLE_ABORTED_BY_CALLBACK;
        while (running > 0) {
            const bool performed = curl_multi_perform(multi_, &running) == CURLM_OK;
            if (!performed || (running > 0 && give_up(exchange))) break;
            const int wait = static_cast<int>(std::min(kLookMs, options_.stall_timeout_ms));
            if (running > 0) curl_multi_poll(multi_, nullptr, 0, wait, nullptr);
        }
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg == CURLMSG_DONE) code = message->data.result;
        }
        curl_multi_remove_handle(multi_, curl_);  // closes the connection if it was given up
        return code;
    }

    bool give_up(Exchange& exchange) {
        exchange.stalled = watch_.stalled(exchange);
        const auto& progress = exchange.request->progress;
        if (progress && !progress(exchange.sent)) exchange.stopped = true;
        return exchange.stalled || exchange.stopped;
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
        set(CURLOPT_SOCKOPTFUNCTION, &on_socket);
        set(CURLOPT_SOCKOPTDATA, &sockets_);
        set(CURLOPT_CLOSESOCKETFUNCTION, &on_socket_closed);
        set(CURLOPT_CLOSESOCKETDATA, &sockets_);
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
    LinkWatch watch_{options_};
    Sockets sockets_{&options_, &watch_};
    CURLM* multi_;
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
    CURLM* multi = curl_multi_init();
    CURL* curl = curl_easy_init();
    if (multi == nullptr || curl == nullptr) {
        curl_easy_cleanup(curl);
        curl_multi_cleanup(multi);
        return Error(Errc::kOutOfMemory, "starting curl");
    }
    return std::unique_ptr<HttpClient>(
        std::make_unique<CurlClient>(std::move(options), multi, curl));
}

}  // namespace awda
