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

/// How records of versions 1 and 2 say whose they are.
struct OwnSignature {
    OfficerId officer;
    SignPublic key{};
    Signature signature{};
};

/// A record as an event carries it; the bytes are kept exactly as they were finalised. Whose word
/// it is says the next checkpoint of the event's officer (log/cover.h), or in older versions a
/// signature of its own. A record of a form with protected questions also has a compartment, the
/// answers that are sealed to others (sync/sealed_part.h); its hash stands for it where it was
/// taken away (for a recipient whom it does not concern).
struct RecordPayload {
    Bytes record;
    std::optional<OwnSignature> own{};    ///< versions 1 and 2
    std::optional<Hash32> sealed_hash{};  ///< nothing: there never was a compartment
    Bytes sealed{};                       ///< empty: none, or taken away
};
/// `sealed` is empty for a form without protected questions.
[[nodiscard]] RecordPayload make_record_payload(Bytes record, Bytes sealed = {});
/// Its own signature, if it has one, and that the compartment, if it is there, is the one it names.
[[nodiscard]] bool verify_record(const RecordPayload& record);
/// Two payloads with the same hash say the same.
[[nodiscard]] Hash32 content_hash(const RecordPayload& record);
[[nodiscard]] Bytes encode_record_payload(const RecordPayload& record);
/// kMalformed, kTooLarge.
[[nodiscard]] Result<RecordPayload> decode_record_payload(ByteView bytes);
/// True of the bytes of a record without a signature of its own.
[[nodiscard]] bool needs_cover(ByteView payload);

}  // namespace awda::sync
