// delivery_sim: one office, one link, one central, on one thread, from a seed.
//
// The machine runs as the courier runs it, against ModelServer, under faults drawn from the seed:
// cuts at any byte, lost replies, repeated requests, portals, restarts of either side, refusals,
// lies. After `faulty_exchanges` the link turns good, so that a run that never ends is a bug.
// Threads: one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sync/protocol.h"
#include "tests/sim/model_server.h"

namespace awda::sync::sim {

/// A device with its sealed batches.
struct Fleet {
    /// With `batches` sealed already; `fill` tells devices apart.
    explicit Fleet(std::size_t batches, std::uint8_t fill = 0x21);
    /// Seals what has been logged since the last batch.
    void seal(Random& random);
    sample::Hq hq;
    sample::Log log;
    std::vector<SealedBatch> sealed;
    std::vector<Signature> auths;
    Bytes enrol_request;
    VoucherId voucher;
    std::size_t events_sealed = 0;
};

struct SimResult {
    bool delivered = false;      ///< every batch opened, in the client's eyes
    bool server_agrees = false;  ///< and central holds exactly these, once each
    std::string broken_rule;     ///< empty if all invariants held
    Hash32 trace{};
    std::size_t exchanges = 0;
    std::size_t runs = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_useful = 0;
    std::size_t cuts = 0;
};

[[nodiscard]] SimResult simulate(const Fleet& fleet, std::uint64_t seed);

}  // namespace awda::sync::sim
