// Envelope: sealed batches on their way out and signed receipts on their way back, as plain files
// in a folder on a stick. No network, no server and no key of the vault is needed to carry it.
//
// There is no list of contents: every file proves itself by a signature, and its name says which it
// is, so that files may come in any order, any number of times, from several offices in one folder.
// Nothing in an envelope is the only copy of anything. Layout: ENVELOPE.md. Ownership: plain
// values. Threads: any one at a time a folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/files.h"
#include "sync/batch.h"
#include "sync/receipt.h"
#include "sync/trust.h"

namespace awda::sync {

inline constexpr std::size_t kEnvelopeEntriesMax = 100'000;  ///< in each folder
inline constexpr std::size_t kEnvelopeHashDigits = 16;

enum class EnvelopeKind : std::uint8_t {
    kEnrolRequest,
    kEnrolReceipt,
    kBatch,
    kProof,
    kStored,
    kOpened,
};

/// A file by its name alone; what it holds is another question.
struct EnvelopeFile {
    EnvelopeKind kind = EnvelopeKind::kBatch;
    std::uint64_t number = 0;  ///< of the batch that it is or is about; 0 for enrolment
    std::string hash;          ///< the first digits of that batch's hash; empty for enrolment
    bool operator==(const EnvelopeFile&) const = default;
};
[[nodiscard]] EnvelopeFile envelope_file(EnvelopeKind kind, std::uint64_t number,
                                         const Hash32& hash);
[[nodiscard]] std::string envelope_name(const EnvelopeFile& file);
[[nodiscard]] std::optional<EnvelopeFile> parse_envelope_name(std::string_view name);

/// One computer's folder.
struct DevicePart {
    DeviceId device;
    Path folder;
    std::vector<EnvelopeFile> files;  ///< by number, then hash and kind
    std::size_t unknown = 0;          ///< entries that are none of ours
};
struct EnvelopeContents {
    std::vector<DevicePart> devices;
    std::size_t unknown = 0;  ///< entries beside the computers' folders
};
/// Links, and whatever has no name of ours, are counted and let be. kNotFound, kTooLarge, kIo.
[[nodiscard]] Result<EnvelopeContents> list_envelope(const Path& folder);

/// Numbers that follow each other, both ends included.
struct NumberRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const NumberRange&) const = default;
};
/// Of numbers in order.
[[nodiscard]] std::vector<NumberRange> number_ranges(const std::vector<std::uint64_t>& numbers);
/// "4", "4-7, 9"
[[nodiscard]] std::string range_text(const std::vector<NumberRange>& ranges);
/// What is missing from `next` to the highest of `numbers`, which are in order.
[[nodiscard]] std::vector<NumberRange> missing_numbers(std::uint64_t next,
                                                       const std::vector<std::uint64_t>& numbers);

// Reading. Each verifies all that can be verified, and that the file is what its name and its
// folder say. kNotFound, kTooLarge, kMalformed, kBadSignature; kAltered for another than named.
struct CarriedRequest {
    EnrolRequest request;
    Bytes bytes;
};
[[nodiscard]] Result<CarriedRequest> read_request(const DevicePart& part);
struct CarriedBatch {
    BatchHeader header;
    Hash32 hash{};
    Bytes file;
};
[[nodiscard]] Result<CarriedBatch> read_batch(const DevicePart& part, const EnvelopeFile& file,
                                              const SignPublic& device_key);
/// That the upload proof is the device's, for that very batch.
[[nodiscard]] Status check_proof(const DevicePart& part, const CarriedBatch& batch,
                                 const SignPublic& device_key);
struct CarriedReceipt {
    Receipt receipt;
    Bytes bytes;
};
[[nodiscard]] Result<CarriedReceipt> read_receipt(const DevicePart& part, const EnvelopeFile& file,
                                                  const HqKeys& hq);
struct CarriedEnrolment {
    EnrolReceipt receipt;
    Bytes bytes;
};
[[nodiscard]] Result<CarriedEnrolment> read_enrolment(const DevicePart& part, const HqKeys& hq);

/// Writes one computer's files. A file is there whole, under its final name, or not at all.
class EnvelopeWriter {
public:
    /// Makes the folders; `envelope` itself only where its parent is there, so that a stick that is
    /// not plugged in is noticed. kNotFound; kFileExists if something else stands there.
    [[nodiscard]] static Result<EnvelopeWriter> open(const Path& envelope, const DeviceId& device);

    enum class Put : std::uint8_t { kNew, kSame, kReplaced };
    /// Leaves an identical file alone and replaces a damaged one. kFileExists if a genuine request
    /// or batch of another computer has its name; kDiskFull, with nothing changed.
    [[nodiscard]] Result<Put> put(const EnvelopeFile& file, ByteView bytes) const;

private:
    EnvelopeWriter(const DeviceId& device, Path folder)
        : device_(device), folder_(std::move(folder)) {}
    DeviceId device_;
    Path folder_;
};

}  // namespace awda::sync
