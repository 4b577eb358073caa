#include "platform/fido2.h"

#include <fido.h>

#include <memory>
#include <string>

#include "platform/crypto.h"

namespace awda {

namespace {

constexpr const char* kParty = "awda";
constexpr std::uint8_t kUserVerified = 0x04;  // of the authenticator data's flags
constexpr std::size_t kKeysMax = 16;
constexpr std::size_t kPinMax = 63;

struct FreeDevice {
    void operator()(fido_dev_t* device) const {
        fido_dev_close(device);
        fido_dev_free(&device);
    }
};
using Device = std::unique_ptr<fido_dev_t, FreeDevice>;

struct FreeCredential {
    void operator()(fido_cred_t* credential) const { fido_cred_free(&credential); }
};
struct FreeAssertion {
    void operator()(fido_assert_t* assertion) const { fido_assert_free(&assertion); }
};

Error failed(LiteralText context) {
    return Error(Errc::kSecondFactor, context);
}

Result<Device> open_key() {
    fido_init(0);
    fido_dev_info_t* list = fido_dev_info_new(kKeysMax);
    if (list == nullptr) return Error(Errc::kOutOfMemory, "looking for security keys");
    std::size_t found = 0;
    std::string path;
    if (fido_dev_info_manifest(list, kKeysMax, &found) == FIDO_OK && found > 0) {
        path = fido_dev_info_path(fido_dev_info_ptr(list, 0));
    }
    fido_dev_info_free(&list, kKeysMax);
    if (path.empty()) return failed("no security key is plugged in");
    Device device(fido_dev_new());
    if (device == nullptr) return Error(Errc::kOutOfMemory, "opening a security key");
    if (fido_dev_open(device.get(), path.c_str()) != FIDO_OK) {
        return failed("opening the security key");
    }
    if (!fido_dev_is_fido2(device.get())) return failed("a security key without FIDO2");
    return device;
}

/// The PIN with a zero behind it, as libfido2 takes it; empty where the key verifies by itself.
Result<SecretBytes> pin_for(fido_dev_t* device, const AskPin& ask_pin) {
    if (!fido_dev_has_pin(device)) return SecretBytes();
    const SecretBytes given = AWDA_TRY(ask_pin());
    if (given.size() > kPinMax) return failed("a PIN longer than a key takes");
    SecretBytes pin(given.size() + 1);
    std::copy(given.view().begin(), given.view().end(), pin.mutable_view().begin());
    return pin;
}

const char* text_of(const SecretBytes& pin) {
    if (pin.empty()) return nullptr;
    return static_cast<const char*>(static_cast<const void*>(pin.view().data()));
}

/// A PIN verifies by itself; a key without one must ask for a finger.
fido_opt_t verification(const SecretBytes& pin) {
    return pin.empty() ? FIDO_OPT_TRUE : FIDO_OPT_OMIT;
}

Hash32 fresh_challenge() {
    Hash32 challenge{};
    system_random().fill(challenge);
    return challenge;
}

}  // namespace

Result<Bytes> fido2_enrol(ByteView user_id, const AskPin& ask_pin) {
    const Device device = AWDA_TRY(open_key());
    const SecretBytes pin = AWDA_TRY(pin_for(device.get(), ask_pin));
    const std::unique_ptr<fido_cred_t, FreeCredential> credential(fido_cred_new());
    if (credential == nullptr) return Error(Errc::kOutOfMemory, "making a credential");
    fido_cred_t* cred = credential.get();
    const Hash32 challenge = fresh_challenge();
    const bool made =
        fido_cred_set_type(cred, COSE_ES256) == FIDO_OK &&
        fido_cred_set_clientdata_hash(cred, challenge.data(), challenge.size()) == FIDO_OK &&
        fido_cred_set_rp(cred, kParty, kParty) == FIDO_OK &&
        fido_cred_set_user(cred, user_id.data(), user_id.size(), kParty, kParty, nullptr) ==
            FIDO_OK &&
        fido_cred_set_extensions(cred, FIDO_EXT_HMAC_SECRET) == FIDO_OK &&
        fido_cred_set_rk(cred, FIDO_OPT_FALSE) == FIDO_OK &&
        fido_cred_set_uv(cred, verification(pin)) == FIDO_OK &&
        fido_dev_make_cred(device.get(), cred, text_of(pin)) == FIDO_OK;
    if (!made) return failed("making a credential on the security key");
    const ByteView id(fido_cred_id_ptr(cred), fido_cred_id_len(cred));
    return Bytes(id.begin(), id.end());
}

Result<SecretBytes> fido2_secret(ByteView credential, ByteView salt32, const AskPin& ask_pin) {
    const Device device = AWDA_TRY(open_key());
    const SecretBytes pin = AWDA_TRY(pin_for(device.get(), ask_pin));
    const std::unique_ptr<fido_assert_t, FreeAssertion> assertion(fido_assert_new());
    if (assertion == nullptr) return Error(Errc::kOutOfMemory, "asking the security key");
    fido_assert_t* ask = assertion.get();
    const Hash32 challenge = fresh_challenge();
    const bool answered =
        fido_assert_set_clientdata_hash(ask, challenge.data(), challenge.size()) == FIDO_OK &&
        fido_assert_set_rp(ask, kParty) == FIDO_OK &&
        fido_assert_allow_cred(ask, credential.data(), credential.size()) == FIDO_OK &&
        fido_assert_set_extensions(ask, FIDO_EXT_HMAC_SECRET) == FIDO_OK &&
        fido_assert_set_hmac_salt(ask, salt32.data(), salt32.size()) == FIDO_OK &&
        fido_assert_set_up(ask, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_uv(ask, verification(pin)) == FIDO_OK &&
        fido_dev_get_assert(device.get(), ask, text_of(pin)) == FIDO_OK &&
        fido_assert_count(ask) == 1 && fido_assert_hmac_secret_len(ask, 0) == 32;
    if (!answered) return failed("the security key did not answer");
    // The key keeps another secret for holders it did not verify.
    if ((fido_assert_flags(ask, 0) & kUserVerified) == 0) {
        return failed("the security key did not verify its holder");
    }
    return SecretBytes::copy_of({fido_assert_hmac_secret_ptr(ask, 0), 32});
}

}  // namespace awda
