// Replies of a hostile server: receipts, their list, and the headers of a reply. Nothing is
// believed that the keys below did not sign, and the machine survives any reply.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "platform/crypto.h"
#include "sync/protocol.h"
#include "sync/receipt.h"

using namespace awda;
using namespace awda::sync;

namespace {
HqKeys hq() {
    static const bool started = crypto_start().ok();
    if (!started) std::abort();
    HqKeys keys;
    keys.stored_receipt = sign_key_from_seed(Bytes(32, 6)).pub;
    keys.opened_receipt = sign_key_from_seed(Bytes(32, 7)).pub;
    return keys;
}

/// The input's first bytes choose the status and headers, the rest is the body.
HttpReply reply_from(ByteView input) {
    static constexpr int kStatuses[] = {200, 204, 404, 409, 403, 413, 422, 429, 500, 503, 507, 302};
    HttpReply reply;
    if (input.size() < 3) return reply;
    reply.status = kStatuses[input[0] % std::size(kStatuses)];
    const std::string text(as_text(input.subspan(3)));
    reply.headers.emplace_back("awda-version", "1");
    if ((input[1] & 1U) != 0) reply.headers.emplace_back("upload-offset", text);
    if ((input[1] & 2U) != 0) reply.headers.emplace_back("awda-expected", text);
    if ((input[1] & 4U) != 0) reply.headers.emplace_back("retry-after", text);
    if ((input[1] & 8U) != 0) reply.headers.emplace_back("upload-complete", "?1");
    const auto problem = static_cast<Problem>(input[2] % 14);
    reply.headers.emplace_back("awda-problem", std::string(problem_text(problem)));
    reply.body.assign(input.begin() + 3, input.end());
    return reply;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const HqKeys keys = hq();
    const ByteView input(data, size);
    const auto receipt = open_receipt(input, keys);
    if (receipt.ok() && size != kReceiptSize) std::abort();
    const auto list = decode_receipts(input);
    if (list.ok() && encode_receipts(*list) != Bytes(input.begin(), input.end())) std::abort();

    DeliveryPlan plan;
    plan.hq = keys;
    plan.enrolled = size % 2 == 0;
    plan.batches = {Delivery{1, {}, 1000, 5, false, false}, Delivery{2, {}, 500, 9, false, false}};
    DeliveryState state = begin_delivery(plan);
    Input next{Begin{}, 0};
    for (int i = 0; i < 64 && !state.finished; ++i) {
        Step done = step(std::move(state), next);
        state = std::move(done.state);
        if (done.effects.empty()) std::abort();
        for (const Effect& effect : done.effects) {
            const auto* send = std::get_if<Send>(&effect);
            if (send != nullptr && send->offset > plan.batches[send->batch].size) std::abort();
        }
        if (state.resting) {
            next.what = Rested{};
        } else {
            next.what = Replied{read_reply(reply_from(input))};
        }
    }
    if (!state.finished) std::abort();
    return 0;
}
