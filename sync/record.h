// Record: a finalised submission in the neutral form in which it is signed, stored and sent.
//
// The agent fills it from a forms session; central reads it without knowing the form. Fields keep
// the form's order. A path names groups and repeats from the root, rows from 1: "family[2]/name". A
// repeat row is announced by a field of its own, path "family[2]", so that empty rows survive. Byte
// layout: LOG_FORMAT.md. Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::sync {

struct Field {
    std::string path;
    std::string value;
    bool operator==(const Field&) const = default;
};

struct Record {
    InstanceId instance;  ///< of this revision
    InstanceId root;      ///< of the first revision; equal to `instance` for revision 1
    std::uint32_t revision = 1;
    InstanceId deprecates;  ///< the revision this one corrects; empty for revision 1
    std::string reason;     ///< why it was corrected; empty for revision 1
    std::string form_id;
    std::string form_version;
    Hash32 form_hash{};    ///< of the workbook's bytes
    std::string language;  ///< the language the interview was held in, "ar"
    UnixMs started_ms = 0;
    UnixMs finalised_ms = 0;
    std::vector<Field> fields;
};

inline constexpr std::size_t kRecordFieldsMax = 100'000;
inline constexpr std::size_t kRecordBytesMax = 8U << 20U;

[[nodiscard]] Bytes encode_record(const Record& record);
/// kMalformed, kTooLarge.
[[nodiscard]] Result<Record> decode_record(ByteView bytes);

inline constexpr std::size_t kSealedBytesMax = 8U << 20U;

/// A record as its officer signed it; the bytes are kept exactly as signed. A record of a form with
/// protected questions also has a compartment, the answers that are sealed to others
/// (sync/sealed_part.h); the signature covers its hash, so that it may be taken away (for a
/// recipient whom it does not concern) and what is left still verifies.
struct SignedRecord {
    Bytes record;
    OfficerId officer;
    SignPublic officer_key{};
    Signature signature{};
    std::optional<Hash32> sealed_hash{};  ///< nothing: there never was a compartment
    Bytes sealed{};                       ///< empty: none, or taken away
};
/// `sealed` is empty for a form without protected questions.
[[nodiscard]] SignedRecord sign_record(Bytes record, const OfficerId& officer, const SignKey& key,
                                       Bytes sealed = {});
/// The signature, and that the compartment, if it is there, is the one that was signed.
[[nodiscard]] bool verify_record(const SignedRecord& record);
/// Two signed records with the same hash say the same.
[[nodiscard]] Hash32 content_hash(const SignedRecord& record);
[[nodiscard]] Bytes encode_signed_record(const SignedRecord& record);
[[nodiscard]] Result<SignedRecord> decode_signed_record(ByteView bytes);

}  // namespace awda::sync
