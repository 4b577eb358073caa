#include "agent/vault/recovery.h"

#include <utility>

#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr std::array<std::pair<std::size_t, std::size_t>, 3> kPairs{{{0, 1}, {0, 2}, {1, 2}}};

}  // namespace

Bytes seal_recovery(const DeviceId& device, std::uint32_t epoch, ByteView vault_key,
                    const std::array<SealPublic, 3>& keys) {
    ByteWriter inner;
    inner.raw("AWDARCV1");
    inner.raw(device.bytes());
    inner.u32(epoch);
    inner.raw(vault_key);
    Bytes plain = inner.take();
    ByteWriter out;
    out.raw("AWDARCVB");
    for (const auto& [outer_key, inner_key] : kPairs) {
        out.blob(seal_to(keys[outer_key], seal_to(keys[inner_key], plain)));
    }
    wipe(plain);
    return out.take();
}

Result<RecoveredKey> open_recovery(ByteView blob, const SealKey& first, const SealKey& second) {
    ByteReader in(blob);
    in.domain("AWDARCVB");
    std::array<ByteView, 3> boxes{};
    for (ByteView& box : boxes) box = in.blob();
    AWDA_CHECK(in.done());
    for (const ByteView box : boxes) {
        const auto outer = open_sealed(first, box);
        if (!outer.ok()) continue;
        const auto inner = open_sealed(second, outer->view());
        if (!inner.ok()) continue;
        ByteReader plain(inner->view());
        plain.domain("AWDARCV1");
        RecoveredKey key;
        key.device = DeviceId{plain.fixed<16>()};
        key.epoch = plain.u32();
        key.vault_key = SecretBytes::copy_of(plain.raw(32));
        AWDA_CHECK(plain.done());
        return key;
    }
    return Error(Errc::kNotForUs, "a recovery blob for other keys");
}

}  // namespace awda::agent
