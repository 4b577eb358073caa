#include "agent/vault/slot.h"

#include <algorithm>

#include "platform/codec.h"

namespace awda::agent {

namespace {

/// All that the wrapping is bound to. The first layout knew neither later epochs nor factors.
Bytes slot_binding(const DeviceId& device, const Slot& slot) {
    ByteWriter out;
    if (slot.layout == kFirstSlotLayout) {
        out.raw("AWDASLT1");
        out.u16(kFirstSlotLayout);
    } else {
        out.raw("AWDASLT2");
    }
    out.raw(device.bytes());
    out.u32(slot.epoch);
    out.u16(slot.number);
    out.raw(slot.officer.bytes());
    out.u8(static_cast<std::uint8_t>(slot.role));
    out.raw(slot.name_tag);
    out.raw(slot.officer_key);
    out.u8(static_cast<std::uint8_t>(slot.factor));
    out.u32(slot.cost.passes);
    out.u32(slot.cost.memory_kib);
    out.raw(slot.salt);
    if (slot.layout != kFirstSlotLayout) {
        out.blob(slot.credential);
        out.raw(slot.factor_salt);
    }
    return out.take();
}

/// Neither epoch nor role nor factor: a duress passphrase outlives a rotation and works without the
/// device of the second factor.
Bytes duress_binding(const DeviceId& device, const Slot& slot) {
    ByteWriter out;
    out.raw("AWDADUR1");
    out.raw(device.bytes());
    out.u16(slot.number);
    out.raw(slot.officer.bytes());
    out.u32(slot.cost.passes);
    out.u32(slot.cost.memory_kib);
    out.raw(slot.salt);
    return out.take();
}

SecretBytes keyed(std::string_view domain, ByteView stretched, ByteView secret) {
    Hasher hasher(stretched);
    hasher.add(as_bytes(domain));
    hasher.add(secret);
    Hash32 mixed = hasher.finish();
    SecretBytes key = SecretBytes::copy_of(mixed);
    wipe(mixed);
    return key;
}

Result<SecretBytes> factor_secret(const Slot& slot, SecondFactor* factor) {
    if (slot.factor == Factor::kNone) return SecretBytes();
    if (factor == nullptr) return Error(Errc::kSecondFactor, "a slot with a second factor");
    SecretBytes secret = AWDA_TRY(factor->secret(slot.credential, slot.factor_salt));
    if (secret.size() != 32) return Error(Errc::kSecondFactor, "a second factor of another size");
    return secret;
}

/// The slot's wrapping key: Argon2id, then one keyed hash that takes the second factor in.
Result<SecretBytes> wrapping_key(ByteView stretched, const Slot& slot, SecondFactor* factor) {
    const SecretBytes second = AWDA_TRY(factor_secret(slot, factor));
    return keyed("AWDAkek1", stretched, second.view());
}

bool opens_duress(const DeviceId& device, const Slot& slot, ByteView stretched) {
    const SecretBytes key = keyed("AWDAdur1", stretched, {});
    return aead_unwrap(key.view(), slot.duress, duress_binding(device, slot)).ok();
}

}  // namespace

void rewrap_slot(const DeviceId& device, Slot& slot, std::uint32_t epoch, ByteView wrapping,
                 ByteView vault_key, ByteView officer_seed, Random& random) {
    slot.epoch = epoch;
    slot.layout = kSlotLayout;
    slot.incoming.clear();
    SecretBytes secrets(kSlotSecretsSize);
    const auto out = secrets.mutable_view();
    std::ranges::copy(vault_key, out.begin());
    std::ranges::copy(officer_seed, out.begin() + 32);
    slot.wrapped = aead_wrap(wrapping, secrets.view(), slot_binding(device, slot), random);
}

Status wrap_slot(const DeviceId& device, Slot& slot, ByteView nfc_passphrase, SecondFactor* factor,
                 ByteView vault_key, ByteView officer_seed, Random& random) {
    const SecretBytes stretched =
        AWDA_TRY(derive_from_passphrase(nfc_passphrase, slot.salt, slot.cost));
    if (slot.duress.size() == kWrappedSize && opens_duress(device, slot, stretched.view())) {
        return Error(Errc::kSamePassphrase, "the duress passphrase as the ordinary one");
    }
    const SecretBytes key = AWDA_TRY(wrapping_key(stretched.view(), slot, factor));
    rewrap_slot(device, slot, slot.epoch, key.view(), vault_key, officer_seed, random);
    return {};
}

Result<SlotSecrets> open_slot(const DeviceId& device, const Slot& slot, ByteView nfc_passphrase,
                              const SlotOpening& how) {
    if (!how.policy.accepts(slot.cost)) {
        return Error(Errc::kMalformed, "a slot whose cost is outside the policy");
    }
    const SecretBytes stretched =
        AWDA_TRY(derive_from_passphrase(nfc_passphrase, slot.salt, slot.cost));
    // Both fields are tried each time, so that time tells nothing of the second.
    const bool duress = opens_duress(device, slot, stretched.view());
    if (duress) {
        if (how.duress != nullptr) *how.duress = true;
        return Error(Errc::kWrongPassphrase, "opening a slot");
    }
    SlotSecrets secrets;
    secrets.wrapping = AWDA_TRY(wrapping_key(stretched.view(), slot, how.factor));
    const auto opened =
        aead_unwrap(secrets.wrapping.view(), slot.wrapped, slot_binding(device, slot));
    if (!opened.ok() || opened->size() != kSlotSecretsSize) {
        return Error(Errc::kWrongPassphrase, "opening a slot");
    }
    secrets.vault_key = SecretBytes::copy_of(opened->view().first(32));
    secrets.officer_seed = SecretBytes::copy_of(opened->view().subspan(32));
    return secrets;
}

Status set_duress(const DeviceId& device, Slot& slot, ByteView nfc_passphrase, Random& random) {
    const SecretBytes stretched =
        AWDA_TRY(derive_from_passphrase(nfc_passphrase, slot.salt, slot.cost));
    const SecretBytes key = keyed("AWDAdur1", stretched.view(), {});
    SecretBytes content(kSlotSecretsSize);
    random.fill(content.mutable_view());
    slot.duress = aead_wrap(key.view(), content.view(), duress_binding(device, slot), random);
    return {};
}

void clear_duress(Slot& slot, Random& random) {
    slot.duress.resize(kWrappedSize);
    random.fill(slot.duress);
}

Status put_incoming(const DeviceId& device, Slot& slot, std::uint32_t epoch, ByteView vault_key) {
    const SealPublic key = AWDA_TRY(seal_public_of(slot.officer_key));
    ByteWriter out;
    out.raw("AWDAVKIN");
    out.raw(device.bytes());
    out.u32(epoch);
    out.raw(vault_key);
    Bytes plain = out.take();
    slot.incoming = seal_to(key, plain);
    wipe(plain);
    return {};
}

Result<SecretBytes> key_of_epoch(const DeviceId& device, const Slot& slot,
                                 const SlotSecrets& secrets, std::uint32_t epoch) {
    if (slot.epoch == epoch) return secrets.vault_key.clone();
    const SealKey key = seal_key_of(sign_key_from_seed(secrets.officer_seed.view()));
    const auto opened = open_sealed(key, slot.incoming);
    if (!opened.ok()) return Error(Errc::kAltered, "a vault key left for an officer");
    ByteReader in(opened->view());
    in.domain("AWDAVKIN");
    const DeviceId for_device{in.fixed<16>()};
    const std::uint32_t for_epoch = in.u32();
    SecretBytes vault_key = SecretBytes::copy_of(in.raw(32));
    if (!in.done().ok() || for_device != device || for_epoch != epoch) {
        return Error(Errc::kAltered, "a vault key left for an officer");
    }
    return vault_key;
}

}  // namespace awda::agent
