// fido2: a security key that gives 32 bytes for a credential and a salt (CTAP 2's hmac-secret), the
// holder always verified by PIN or finger. Built with AWDA_FIDO2 only.
//
// The first key that is plugged in is asked; which one it must be, the credential decides. Threads:
// blocking, until the key is touched or gives up.
#pragma once

#include <functional>

#include "platform/bytes.h"
#include "platform/result.h"
#include "platform/secret.h"

namespace awda {

using AskPin = std::function<Result<SecretBytes>()>;

/// Makes a credential; its id. kSecondFactor.
[[nodiscard]] Result<Bytes> fido2_enrol(ByteView user_id, const AskPin& ask_pin);
/// kSecondFactor: no key, another key, not touched, or its holder was not verified.
[[nodiscard]] Result<SecretBytes> fido2_secret(ByteView credential, ByteView salt32,
                                               const AskPin& ask_pin);

}  // namespace awda
