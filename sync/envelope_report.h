// envelope_report: what lies in an envelope, for somebody to look at: whose it is, which numbers,
// what is missing, twice there or damaged. Changes nothing and needs no key.
// Threads: pure, but for reading files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync/envelope.h"

namespace awda::sync {

struct BatchSeen {
    std::uint64_t number = 0;
    std::string hash;  ///< its first digits
    std::uint64_t bytes = 0;
    std::uint64_t events = 0;
    bool carriable = false;  ///< its upload proof is there, so that any computer may send it on
    bool stored = false;     ///< its receipts are there; verified if `receipts_checked`
    bool opened = false;
};

struct DamagedFile {
    std::string name;
    Errc why{};
};

struct DeviceSeen {
    DeviceId device;
    bool request =
        false;  ///< there and genuine; without it no batch can be told from a damaged one
    OfficeId office;
    std::string words;      ///< the fingerprint that people compare; empty without a request
    bool enrolled = false;  ///< an enrolment receipt is there
    std::vector<BatchSeen> batches;      ///< genuine ones, by number
    std::vector<NumberRange> missing;    ///< between the lowest and the highest
    std::vector<std::uint64_t> forks;    ///< two batches of one number, or of two pasts
    std::vector<DamagedFile> damaged;    ///< not what their names say
    std::size_t receipts_elsewhere = 0;  ///< receipts of batches that are not here
    std::size_t unknown = 0;
};

struct EnvelopeSeen {
    std::vector<DeviceSeen> devices;
    std::size_t unknown = 0;
    bool receipts_checked = false;  ///< headquarters' keys were at hand
};
/// `hq`: to check receipts by. kNotFound, kTooLarge, kIo.
[[nodiscard]] Result<EnvelopeSeen> look_into_envelope(const Path& envelope,
                                                      const std::optional<HqKeys>& hq);

}  // namespace awda::sync
