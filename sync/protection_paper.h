// protection_paper: who may read protected answers, as headquarters' delegate says.
//
// An officer asks with a request that his own key signs; the delegate answers with a certificate,
// and takes it back with a revocation. No office can make either, so that an administrator cannot
// make himself a protection officer. Papers travel by file. Byte layouts: PROTOCOL.md. Threads:
// pure values and functions.
#pragma once

#include <string>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::sync {

struct ProtectionRequest {
    OfficeId office;
    OfficerId officer;
    SignPublic officer_key{};
    UnixMs claimed_ms = 0;
};
[[nodiscard]] Bytes sign_protection_request(const ProtectionRequest& request,
                                            const SignKey& officer);
/// kMalformed, kBadSignature.
[[nodiscard]] Result<ProtectionRequest> open_protection_request(ByteView bytes);
/// Six words that officer and delegate compare over the telephone.
[[nodiscard]] std::string protection_words(const SignPublic& officer_key);

enum class ProtectionAct : std::uint8_t { kCertify = 1, kRevoke = 2 };

struct ProtectionPaper {
    ProtectionAct act = ProtectionAct::kCertify;
    OfficeId office;
    OfficerId officer;
    SignPublic officer_key{};
    UnixMs issued_ms = 0;   ///< of two papers for one officer the later one counts
    UnixMs expires_ms = 0;  ///< of a certificate; 0 in a revocation
};
[[nodiscard]] Bytes sign_protection_paper(const ProtectionPaper& paper, const SignKey& delegate);
/// Without the signature: for what was checked before or is checked later. kMalformed.
[[nodiscard]] Result<ProtectionPaper> read_protection_paper(ByteView bytes);
/// kMalformed, kBadSignature.
[[nodiscard]] Result<ProtectionPaper> open_protection_paper(ByteView bytes,
                                                            const SignPublic& delegate);

}  // namespace awda::sync
