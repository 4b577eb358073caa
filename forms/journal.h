// Journal: what a person did to a session, one small record an action, so that a crash loses
// nothing that was acknowledged. Bytes: JOURNAL_FORMAT.md.
//
// Ownership: values. Threads: pure functions.
// A record holds the moment of its action and, if the action needed chance, the seed; done again on
// the same form it gives the same state, identifiers and times included.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"

namespace awda::forms {

struct Answer;

enum class JournalAction : std::uint8_t {
    kOpened = 1,      ///< ref: the instance id that was given, or ""
    kAnswered = 2,    ///< ref, value
    kRowAdded = 3,    ///< ref: of the repeat
    kRowRemoved = 4,  ///< ref: of the row
    kUndone = 5,
    kRedone = 6,
    kLanguage = 7,     ///< value: name or tag
    kValidated = 8,    ///< from here on missing answers show
    kRestored = 9,     ///< value: encode_answers()
    kFileLoaded = 10,  ///< value: the answer file
    kXmlLoaded = 11,   ///< value: the instance
    kCompleted = 12,   ///< ref, value: what the desk found for a form's action
    kEditBegun = 13,   ///< ref: the new instance id
};

using JournalSeed = std::array<std::uint8_t, 16>;

struct JournalRecord {
    JournalAction action{};
    std::string ref;
    std::string value;
    UnixMs at = 0;
    std::optional<JournalSeed> seed;
    bool operator==(const JournalRecord&) const = default;
};

inline constexpr std::size_t kJournalRecordMax = 64U << 20U;  ///< bytes
inline constexpr std::size_t kJournalRecordsMax = 5'000'000;  ///< of one journal

/// One record alone, as a database keeps it.
[[nodiscard]] Bytes encode_journal_record(const JournalRecord& record);
/// kMalformed if it is not exactly one record.
[[nodiscard]] Result<JournalRecord> decode_journal_record(ByteView bytes);

/// The head of a journal file; then each record with its size and check.
[[nodiscard]] Bytes journal_head();
[[nodiscard]] Bytes frame_journal_record(const JournalRecord& record);

struct JournalContent {
    std::vector<JournalRecord> records;
    std::size_t good_bytes = 0;     ///< what is whole; appending goes on from here
    std::size_t ignored_bytes = 0;  ///< a torn or damaged tail
};
/// Reads as far as the journal is whole. kMalformed if it isn't a journal; a head that is cut
/// short is an empty journal.
[[nodiscard]] Result<JournalContent> read_journal(ByteView bytes);

/// A flat record as bytes, inside a kRestored.
[[nodiscard]] std::string encode_answers(std::span<const Answer> answers);
[[nodiscard]] Result<std::vector<Answer>> decode_answers(std::string_view bytes);

/// Chance that is the same for the same seed: BLAKE2b-256 of a counter, keyed.
[[nodiscard]] std::unique_ptr<Random> make_seeded_random(const JournalSeed& seed);

}  // namespace awda::forms
