#include "sync/log/salt.h"

#include <algorithm>

#include "platform/codec.h"

namespace awda::sync {

namespace {
constexpr std::string_view kSaltTag = "AWDASALT";
}

Salt derive_salt(const SaltSeed& seed, std::uint64_t seq) {
    ByteWriter out;
    out.raw(kSaltTag);
    out.u64(seq);
    const Hash32 hash = hash32(out.bytes(), seed.seed);
    Salt salt{};
    std::copy_n(hash.begin(), salt.size(), salt.begin());
    return salt;
}

}  // namespace awda::sync
