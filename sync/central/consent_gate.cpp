#include "sync/central/consent_gate.h"

namespace awda::central {

std::string_view purpose_name(HandoverPurpose purpose) {
    switch (purpose) {
        case HandoverPurpose::kOwnUse: return "own-use";
        case HandoverPurpose::kReferral: return "referral";
        case HandoverPurpose::kStatistics: break;
    }
    return "statistics";
}

bool HeadquartersGate::allows(std::string_view agency, HandoverPurpose purpose,
                              const sync::Record& /*record*/) const {
    return agency == kHeadquarters && purpose == HandoverPurpose::kOwnUse;
}

}  // namespace awda::central
