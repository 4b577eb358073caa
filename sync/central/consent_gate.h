// ConsentGate: the one question every record passes before it leaves central.
//
// An agency, a purpose and a record in; yes or no out. What the person consented to is read from
// the record, never from who asks. Ownership: an interface; implementations are immutable. Threads:
// allows() may be called from any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "sync/record.h"

namespace awda::central {

/// What a copy is wanted for; written to the audit trail with every handover.
enum class HandoverPurpose : std::uint8_t {
    kOwnUse,      ///< the ministry's own data unit, which holds the records anyway
    kReferral,    ///< help for the person from another agency
    kStatistics,  ///< figures without names
};
[[nodiscard]] std::string_view purpose_name(HandoverPurpose purpose);

class ConsentGate {
public:
    virtual ~ConsentGate() = default;
    [[nodiscard]] virtual bool allows(std::string_view agency, HandoverPurpose purpose,
                                      const sync::Record& record) const = 0;
};

inline constexpr std::string_view kHeadquarters = "headquarters";

/// Headquarters may use what was given to headquarters; nobody else gets anything.
class HeadquartersGate final : public ConsentGate {
public:
    [[nodiscard]] bool allows(std::string_view agency, HandoverPurpose purpose,
                              const sync::Record& record) const override;
};

}  // namespace awda::central
