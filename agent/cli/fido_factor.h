// FidoFactor: a security key as the second factor of `awda`. Built with AWDA_FIDO2 only. Threads:
// the command's.
#pragma once

#include "agent/cli/terminal.h"
#include "agent/vault/second_factor.h"
#include "platform/fido2.h"

namespace awda::cli {

class FidoFactor final : public agent::SecondFactor {
public:
    [[nodiscard]] Result<Bytes> enrol(const OfficerId& officer) override {
        return fido2_enrol(officer.bytes(), ask_pin);
    }
    [[nodiscard]] Result<SecretBytes> secret(ByteView credential,
                                             const agent::FactorSalt& salt) override {
        return fido2_secret(credential, salt, ask_pin);
    }

private:
    static Result<SecretBytes> ask_pin() { return ask_on_terminal("PIN: "); }
};

}  // namespace awda::cli
