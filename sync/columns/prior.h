// Prior: what both sides know of a form before the first record comes: its questions, their order,
// and which answers are usual.
//
// A prior is a packed run of sample records; reading it leaves the models primed, so that even a
// batch of ten records costs little. It travels with the form's version, and everybody who has the
// form has it: its records are made up, or shared by so many people that they tell of nobody. Byte
// layout: BATCH_FORMAT.md.
// Ownership: the shelf owns its priors and the model primed last. Threads: the shelf is one
// thread's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/bytes.h"
#include "sync/columns/event_model.h"
#include "sync/record.h"

namespace awda::sync {

inline constexpr std::size_t kPriorBytesMax = std::size_t{512} * 1024;
inline constexpr std::size_t kPriorRecordsMax = 5'000;
inline constexpr std::size_t kPriorsMax = 8;  ///< of one batch

/// The first 8 bytes of a hash of its file.
using PriorId = std::array<std::uint8_t, 8>;
[[nodiscard]] PriorId prior_id(ByteView file);

/// Of records of one version of one form; as many of the first as fit the limits. kMalformed if
/// there are none, or of several forms.
[[nodiscard]] Result<Bytes> make_prior(const std::vector<Record>& records);

class PriorShelf {
public:
    /// Without any; for all threads.
    [[nodiscard]] static const PriorShelf& empty();
    /// kMalformed, kTooLarge. A newer one for the same form version takes its place for writing;
    /// both can be read with.
    [[nodiscard]] Status add(Bytes file);
    /// Of a form's version; nothing if there is none.
    [[nodiscard]] const PriorId* find(const std::string& form_id, const std::string& version) const;
    /// A model that has read these, in this order. kPriorMissing.
    [[nodiscard]] Result<std::unique_ptr<columns::EventModel>> primed(
        const std::vector<PriorId>& ids) const;

private:
    [[nodiscard]] Status learn(const PriorId& id, columns::EventModel& model) const;

    std::map<PriorId, Bytes> files_;
    std::map<std::pair<std::string, std::string>, PriorId> of_form_;
    mutable std::vector<PriorId> primed_with_;
    mutable std::unique_ptr<columns::EventModel> primed_;
};

}  // namespace awda::sync
