// Approval: what a log says about a second officer's agreement to a record, as bytes.
//
// Each decision is signed over the hash of the very record it is about, so that it can be checked
// without the log around it. A reason may name people: it is personal data like the record itself.
// Layouts: LOG_FORMAT.md. Threads: pure values and functions.
#pragma once

#include <string>

#include "platform/bytes.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::sync {

inline constexpr std::size_t kReturnReasonMax = 2000;  ///< bytes

/// Payload of kApprovalRequested: the record must not count before a second officer has agreed.
struct ApprovalRequest {
    InstanceId instance;
    Hash32 record{};  ///< of the bytes the recording officer signed
};
[[nodiscard]] Bytes encode_approval_request(const ApprovalRequest& request);
[[nodiscard]] Result<ApprovalRequest> decode_approval_request(ByteView bytes);

/// Payload of kRecordApproved and kRecordReturned.
struct Decision {
    bool approved = false;
    InstanceId instance;
    Hash32 record{};
    OfficerId officer;  ///< who decided
    SignPublic officer_key{};
    std::string reason;  ///< why it was returned; empty when approved
    Signature signature{};
};
[[nodiscard]] Bytes sign_decision(const Decision& decision, const SignKey& key);
/// kMalformed; kBadSignature unless the key in it signed it. Whose key it is, the caller must know.
[[nodiscard]] Result<Decision> open_decision(ByteView bytes);

}  // namespace awda::sync
