// sealed_part: the protected answers of one sitting, sealed to protection officers and
// headquarters.
//
// Each part has a key of its own, drawn at random and sealed to every recipient; whoever wrote the
// part and is no recipient cannot open it again. A record's compartment is the list of its parts,
// oldest first: an officer who amends a record adds a part and carries the others on unopened.
// Nobody but a recipient learns what was answered, or whether anything was: a part is there for
// every record of a form with protected questions, and its length is rounded up. Byte layout:
// LOG_FORMAT.md. Threads: pure values and functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "platform/bytes.h"
#include "platform/crypto.h"
#include "platform/ids.h"
#include "sync/record.h"

namespace awda::sync {

inline constexpr std::size_t kPartRecipientsMax = 256;
inline constexpr std::size_t kPartMovesMax = 100'000;
inline constexpr std::size_t kPartsMax = 10'000;
inline constexpr std::size_t kPartPadding = 1024;  ///< a part's plain text fills multiples of this

/// The part's key, sealed to one recipient.
struct SealedKey {
    SealPublic recipient{};
    Bytes box;
};

/// A row of the record that is another by its number now: "family[2]" was "family[3]" when the
/// earlier parts were sealed, or is gone (`to` empty). No answers, so in clear.
struct RowMove {
    std::string from;
    std::string to;
    bool operator==(const RowMove&) const = default;
};

struct SealedPart {
    std::vector<SealedKey> keys;
    std::vector<RowMove> moves;  ///< what became of the rows that earlier parts speak of
    Bytes body;
};

/// Who may open: headquarters' protection key and certified officers.
struct PartKey {
    SecretBytes key;              ///< 32 bytes
    std::vector<SealedKey> keys;  ///< the same, sealed
};
/// Recipients named twice get one box.
[[nodiscard]] PartKey new_part_key(std::span<const SealPublic> recipients, Random& random);
/// `root` is the record's, of all its revisions: a part opens in no other.
[[nodiscard]] SealedPart seal_part(const PartKey& key, const InstanceId& root,
                                   std::vector<RowMove> moves, const std::vector<Field>& fields,
                                   Random& random);
/// kNotForUs if `key` is none of its recipients'; kAltered, kMalformed.
[[nodiscard]] Result<std::vector<Field>> open_part(const SealedPart& part, const InstanceId& root,
                                                   const SealKey& key);

[[nodiscard]] Bytes encode_sealed_part(const SealedPart& part);
[[nodiscard]] Result<SealedPart> decode_sealed_part(ByteView bytes);
/// A record's compartment, RecordPayload::sealed.
[[nodiscard]] Bytes encode_compartment(std::span<const SealedPart> parts);
/// No bytes are no parts.
[[nodiscard]] Result<std::vector<SealedPart>> decode_compartment(ByteView bytes);

/// What is known once `fields` of the next part are laid over what the earlier ones said: their
/// rows follow `moves`, a newer answer replaces an older, and rows that the part itself announces
/// are added behind those that are there, for whoever wrote it could not see them.
void lay_over(std::vector<Field>& known, std::span<const RowMove> moves,
              const std::vector<Field>& fields);

/// Overwrites what was opened.
void wipe_fields(std::vector<Field>& fields);

}  // namespace awda::sync
