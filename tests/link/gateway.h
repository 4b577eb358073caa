// gateway: a TLS server of the test's own, with a key of the test's choice: a portal, an impostor,
// a peer's server, or somebody who sits before the real central, reads along and answers otherwise.
//
// Requests come whole unless the test wants to see only the beginning of a body. Ownership: owns
// its threads. Threads: the handlers run on a thread a connection, so they must lock what they
// share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/bytes.h"
#include "platform/files.h"
#include "platform/http.h"
#include "platform/result.h"

namespace awda::link {

struct GatewayRequest {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;  ///< names as they came
    std::uint64_t length = 0;                                  ///< of the body, as stated
    Bytes body;
};

struct GatewayAnswer {
    enum class Act : std::uint8_t {
        kReply,
        kReset,    ///< no answer, and the connection is reset
        kSilence,  ///< no answer, ever; the connection stays
    };
    Act act = Act::kReply;
    HttpReply reply;
};

struct GatewayOptions {
    Path key;           ///< PEM; empty: no TLS at all
    Path certificate;   ///< PEM
    std::string blurt;  ///< without TLS: sent whatever comes in, and that is all
    std::function<void()> on_connection = [] {};
    std::function<GatewayAnswer(const GatewayRequest&)> handle;
    /// How much of a body is read before `handle` is asked; all of it unless set.
    std::function<std::uint64_t(const GatewayRequest& head)> body_wanted;
};

class Gateway {
public:
    static Result<std::unique_ptr<Gateway>> start(GatewayOptions options);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;
    [[nodiscard]] std::uint16_t port() const;

private:
    struct State;
    explicit Gateway(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace awda::link
