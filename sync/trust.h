// trust: whom a device believes, and the papers of enrolment.
//
// Headquarters' offline root is three Ed25519 keys of which two must sign. They certify HqKeys, the
// working keys. A voucher (one-time, by file) carries HqKeys to a new device; the device answers
// with an EnrolRequest; central confirms with an EnrolReceipt. Byte layouts: PROTOCOL.md. Threads:
// pure values and functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::sync {

inline constexpr std::size_t kRootKeys = 3;
inline constexpr std::size_t kRootThreshold = 2;

struct HqKeys {
    std::uint32_t version =
        1;  ///< grows with every re-issue; an older one is never accepted over a newer
    UnixMs issued_ms = 0;
    std::array<SignPublic, kRootKeys> roots{};
    SignPublic delegate{};        ///< signs vouchers
    SealPublic registry{};        ///< batches are sealed to it
    SignPublic stored_receipt{};  ///< the front end's
    SignPublic opened_receipt{};  ///< the registry's
    SealPublic protection{};      ///< for protected answers
    std::array<SealPublic, 3> recovery{};
    std::array<Hash32, 2>
        tls_pins{};  ///< SHA-256 of the TLS key's SubjectPublicKeyInfo; second = spare
};

struct RootSignature {
    std::uint8_t root = 0;  ///< which of the three
    Signature signature{};
};
struct SignedHqKeys {
    Bytes body;  ///< encode_hq_keys, exactly as signed
    std::vector<RootSignature> signatures;
};
[[nodiscard]] Bytes encode_hq_keys(const HqKeys& keys);
[[nodiscard]] Result<HqKeys> decode_hq_keys(ByteView bytes);
[[nodiscard]] RootSignature sign_hq_keys(ByteView body, std::uint8_t root, const SignKey& key);
/// The keys, if two different roots of `roots` signed them. kBadSignature.
[[nodiscard]] Result<HqKeys> verify_hq_keys(const SignedHqKeys& signed_keys,
                                            const std::array<SignPublic, kRootKeys>& roots);
[[nodiscard]] Bytes encode_signed_hq_keys(const SignedHqKeys& keys);
[[nodiscard]] Result<SignedHqKeys> decode_signed_hq_keys(ByteView bytes);

struct Voucher {
    VoucherId id;
    OfficeId office;
    std::string office_name;
    std::string role;        ///< of the first officer: "administrator"
    std::string server_url;  ///< https://host:port
    UnixMs issued_ms = 0;
    UnixMs expires_ms = 0;
    SignedHqKeys hq;
};
/// The voucher file: body, then the delegate's signature.
[[nodiscard]] Bytes sign_voucher(const Voucher& voucher, const SignKey& delegate);
struct OpenedVoucher {
    Voucher voucher;
    HqKeys hq;
    Hash32 hash{};  ///< of the whole file
};
/// Checks the root signatures inside and the delegate's outside. Trust on first use: the roots are
/// the voucher's own, shown to the officer as fingerprint words. kMalformed, kBadSignature.
[[nodiscard]] Result<OpenedVoucher> open_voucher(ByteView file);

struct EnrolRequest {
    VoucherId voucher;
    Hash32 voucher_hash{};
    DeviceId device;
    OfficeId office;
    SignPublic device_sign{};
    SealPublic device_seal{};
    OfficerId officer;
    SignPublic officer_key{};
    Bytes recovery;  ///< the vault key, sealed 2-of-3 to the recovery keys; see agent/VAULT.md
    UnixMs claimed_ms = 0;
};
/// Signed by the device's own key.
[[nodiscard]] Bytes sign_enrol_request(const EnrolRequest& request, const SignKey& device);
/// kMalformed, kBadSignature.
[[nodiscard]] Result<EnrolRequest> open_enrol_request(ByteView bytes);

struct EnrolReceipt {
    DeviceId device;
    VoucherId voucher;
    Hash32 request_hash{};  ///< hash32 of the signed request's bytes
    UnixMs server_ms = 0;
};
[[nodiscard]] Bytes sign_enrol_receipt(const EnrolReceipt& receipt, const SignKey& stored_key);
[[nodiscard]] Result<EnrolReceipt> open_enrol_receipt(ByteView bytes, const SignPublic& stored_key);

/// Why headquarters revokes a computer. Numbers are part of the format.
enum class RevocationReason : std::uint8_t {
    kLost = 1,
    kSeized = 2,
    kMisuse = 3,
    kClosed = 4,  ///< the office, or this computer's part in it
    kOther = 5,
};
/// "lost", "seized", "misuse", "closed", "other".
[[nodiscard]] std::string_view revocation_reason_name(RevocationReason reason);
[[nodiscard]] std::optional<RevocationReason> parse_revocation_reason(std::string_view name);

/// Headquarters' order that a device seals what it has and lets nobody in any more.
struct RevocationOrder {
    DeviceId device;
    UnixMs issued_ms = 0;
    RevocationReason reason = RevocationReason::kOther;
};
inline constexpr std::size_t kRevocationOrderSize = 8 + 16 + 8 + 1 + 64;
[[nodiscard]] Bytes sign_revocation(const RevocationOrder& order, const SignKey& delegate);
/// kMalformed, kBadSignature.
[[nodiscard]] Result<RevocationOrder> open_revocation(ByteView file, const SignPublic& delegate);

/// Six words of a key that two people compare over the telephone (from a list of 256 short words:
/// 48 bits of hash32 over the two public keys).
[[nodiscard]] std::string fingerprint_words(const SignPublic& sign_key, const SealPublic& seal_key);

}  // namespace awda::sync
