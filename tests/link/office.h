// office: a device with its outbox, a link, and a real central, for tests and benches of delivery.
//
// The timers at both ends are the shipped ones divided by the link's scale. Ownership: owns all of
// it. Threads: the test's.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "platform/clock.h"
#include "sync/central/server.h"
#include "sync/courier.h"
#include "sync/outbox_folder.h"
#include "tests/central/served.h"
#include "tests/link/link.h"

namespace awda::link {

/// The shipped limits of a device's transport, for a link whose time runs `scale` times faster.
inline HttpOptions scaled_http(std::uint16_t port, const sync::HqKeys& hq, double scale) {
    const auto scaled = [scale](std::int64_t& ms) {
        ms = static_cast<std::int64_t>(static_cast<double>(ms) / scale);
    };
    HttpOptions options;
    options.base_url = "https://127.0.0.1:" + std::to_string(port);
    options.pinned_keys = {hq.tls_pins[0], hq.tls_pins[1]};
    scaled(options.connect_timeout_ms);
    scaled(options.stall_timeout_ms);
    scaled(options.reply_timeout_ms);
    return options;
}

inline central::ServerTimes scaled_times(double scale) {
    central::ServerTimes times;
    for (std::int64_t* ms :
         {&times.handshake_ms, &times.header_ms, &times.body_ms, &times.small_body_ms,
          &times.write_ms, &times.tell_ms, &times.drain_ms}) {
        *ms = static_cast<std::int64_t>(static_cast<double>(*ms) / scale);
    }
    return times;
}

/// Headquarters with its server.
struct Ministry {
    central::testing::Headquarters hq;
    std::unique_ptr<central::Server> server;

    explicit Ministry(double scale = 1) : Ministry(scaled_times(scale)) {}
    explicit Ministry(const central::ServerTimes& times) {
        central::ServerOptions options;
        options.place = {hq.data(), hq.keys(), {}};
        options.times = times;
        server = central::Server::start(options, hq.clock).value();
    }
    [[nodiscard]] std::size_t records_of(const DeviceId& device) const {
        central::Store store = hq.store();
        const auto all = central::testing::records_of(store);
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(),
                          [&](const central::RecordRow& row) { return row.device == device; }));
    }
};

/// One device of a ministry.
struct Office {
    Ministry& ministry;
    central::testing::Branch branch;
    Path folder;
    sync::OutboxFolder outbox;
    double scale;
    double rest_scale;        ///< of the rests between tries
    std::size_t records = 0;  ///< sealed so far
    std::uint64_t bytes = 0;

    explicit Office(Ministry& ministry_in, std::uint64_t seed = 1, double scale_in = 1)
        : ministry(ministry_in),
          branch(ministry_in.hq, seed),
          folder(ministry_in.hq.folder / ("outbox" + std::to_string(seed))),
          outbox(sync::OutboxFolder::open(folder).value()),
          scale(scale_in),
          rest_scale(scale_in) {
        REQUIRE(outbox.put_enrol_request(branch.enrol_request()).ok());
        branch.begin_log();
    }
    /// Seals a batch of about `size` bytes that compress no further.
    void seal(std::size_t size) {
        constexpr std::size_t kRecord = 40'000;
        for (std::size_t left = size; left > 0; left -= std::min(left, kRecord)) {
            branch.add_bulk(std::min(left, kRecord) * 4 / 3);
            ++records;
        }
        const sync::SealedBatch batch = branch.seal();
        bytes += batch.file.size();
        const Signature auth = sync::sign_upload(branch.sign_key, batch.hash, batch.file.size());
        REQUIRE(outbox.put_batch(batch, auth).ok());
    }
    [[nodiscard]] sync::SyncSummary run(HttpClient& http, std::uint32_t failures_max = 0) {
        sync::CourierSettings settings;
        settings.device = branch.device;
        settings.hq = ministry.hq.hq;
        settings.limits.failures_max = failures_max;
        sync::CourierHooks hooks;
        hooks.rest = [this](std::int64_t ms) {
            std::this_thread::sleep_for(
                std::chrono::duration<double, std::milli>(static_cast<double>(ms) / rest_scale));
        };
        fakes::SeededRandom random(7);
        return sync::Courier(http, outbox, system_clock(), random, settings, hooks).run();
    }
    [[nodiscard]] std::unique_ptr<HttpClient> client(std::uint16_t port) const {
        return HttpClient::make(scaled_http(port, ministry.hq.hq, scale)).value();
    }
    /// So that what follows is about batches alone.
    void enrol_directly() {
        const auto http = client(ministry.server->port());
        REQUIRE_FALSE(run(*http, 1).error.has_value());
    }
};

}  // namespace awda::link
