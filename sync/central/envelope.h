// envelope: central's side of delivery by folder: takes what offices carried here, writes what they
// carry home.
//
// Every batch and request goes through the same Ingest as over the network, and nothing on the
// stick is trusted for its name or place. Layout: ../ENVELOPE.md. Ownership: borrows everything.
// Threads: the caller's, as Ingest; nobody else may be at work on the store meanwhile
// (take_envelope), or anybody (answer_envelope).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync/central/ingest.h"
#include "sync/envelope.h"

namespace awda::central {

/// How many of a computer's newest batches are answered besides those that lie in the envelope.
inline constexpr std::uint64_t kAnswersNewest = 64;

struct RefusedFile {
    std::string name;
    Errc why{};
};

/// What one computer's folder came to.
struct TakenPart {
    DeviceId device;
    std::string office;     ///< empty if central does not know the computer
    bool known = false;     ///< enrolled, by now
    bool enrolled = false;  ///< by this envelope
    sync::Problem enrolment = sync::Problem::kNone;  ///< why its request was refused
    std::vector<std::uint64_t> stored;               ///< new ones
    std::vector<std::uint64_t> opened;               ///< of these
    std::size_t again = 0;                           ///< batches that were here already
    std::vector<sync::NumberRange> missing;  ///< numbers that must come before others may be taken
    std::vector<std::uint64_t> forks;
    std::vector<RefusedFile> refused;
    std::size_t unknown = 0;          ///< strange entries
    std::size_t answers = 0;          ///< files written or mended for the way home
    std::optional<Error> unanswered;  ///< why not all of them are there
};
struct TakenEnvelope {
    std::vector<TakenPart> parts;
    std::size_t unknown = 0;
};
/// An error is about this machine; what was taken before it stays taken, and the envelope may be
/// taken again.
[[nodiscard]] Result<TakenEnvelope> take_envelope(Store& store, Spool& spool, Ingest& ingest,
                                                  const Path& envelope);

/// Writes a computer's enrolment receipt and the receipts of its newest batches, and of those whose
/// numbers are in `numbers`. The number of files that changed. kNotFound if it is not enrolled.
[[nodiscard]] Result<std::size_t> answer_envelope(Store& store, const Path& envelope,
                                                  const DeviceId& device,
                                                  const std::vector<std::uint64_t>& numbers);

}  // namespace awda::central
