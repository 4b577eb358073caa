// A keyring, which lies on a disk where anybody may have written.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "agent/vault/keyring.h"

using namespace awda;
using namespace awda::agent;

namespace {

void start() {
    static const bool started = crypto_start().ok();
    if (!started) std::abort();
}

/// Mutations get past the checksum this way.
Bytes summed_anew(ByteView input) {
    Bytes file(input.begin(), input.end());
    Hasher hasher;
    hasher.add(as_bytes("AWDAKSUM"));
    hasher.add(input.first(input.size() - 64));
    const Hash32 checksum = hasher.finish();
    std::copy(checksum.begin(), checksum.end(), file.end() - 64);
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    start();
    const ByteView input(data, size);
    decode_keyring(input).ignore("only a crash counts");
    decode_keyring_head(input).ignore("only a crash counts");
    if (size < 64) return 0;
    const Bytes file = summed_anew(input);
    const auto keyring = decode_keyring(file);
    if (!keyring.ok()) return 0;
    const Bytes vault_key(32, 0x11);
    find_slot(*keyring, "Layla");
    unwrap_device_keys(*keyring, vault_key).ignore("only a crash counts");
    const bool whole = std::all_of(keyring->slots.begin(), keyring->slots.end(),
                                   [](const Slot& slot) { return !slot.duress.empty(); });
    if (!whole) return 0;
    // What is read and written again reads the same.
    const Bytes written = encode_keyring(*keyring, vault_key);
    const auto again = decode_keyring(written);
    if (!again.ok() || encode_keyring(*again, vault_key) != written) std::abort();
    if (!check_keyring_mac(written, vault_key).ok()) std::abort();
    return 0;
}
