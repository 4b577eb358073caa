#include "agent/vault/payloads_export.h"

#include <algorithm>

#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr std::string_view kTag = "AWDAEXPT";
constexpr std::size_t kFormIdMax = 1024;

Hash32 hash_of(const std::vector<InstanceId>& roots) {
    Hasher hasher;
    for (const InstanceId& root : roots) hasher.add(root.bytes());
    return hasher.finish();
}

}  // namespace

Exported make_exported(Exported event, std::vector<InstanceId> roots) {
    std::ranges::sort(roots);
    event.records = roots.size();
    event.roots_hash = hash_of(roots);
    event.roots.clear();
    if (roots.size() <= kExportedListMax) event.roots = std::move(roots);
    return event;
}

Bytes encode(const Exported& event) {
    ByteWriter out;
    out.raw(kTag);
    out.text(event.agency);
    out.u8(static_cast<std::uint8_t>(event.purpose));
    out.text(event.form_id);
    out.u64(event.records);
    out.u64(event.held_back);
    out.raw(event.file);
    out.raw(event.roots_hash);
    out.u16(static_cast<std::uint16_t>(event.roots.size()));
    for (const InstanceId& root : event.roots) out.raw(root.bytes());
    return out.take();
}

Result<Exported> decode_exported(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kTag);
    Exported event;
    event.agency = in.text(sync::kAgencyMax);
    event.purpose = static_cast<sync::SharePurpose>(in.u8());
    event.form_id = in.text(kFormIdMax);
    event.records = in.u64();
    event.held_back = in.u64();
    event.file = in.fixed<32>();
    event.roots_hash = in.fixed<32>();
    const std::size_t count = in.u16();
    if (in.failed() || count > kExportedListMax || count * sizeof(Id16) > in.remaining()) in.fail();
    for (std::size_t i = 0; !in.failed() && i < count; ++i) {
        event.roots.push_back(InstanceId{in.fixed<16>()});
    }
    if (!sync::valid_agency(event.agency) || event.purpose == sync::SharePurpose{}) in.fail();
    // Listed whole or not at all, and as the hash says.
    const bool listed = event.records <= kExportedListMax;
    if (listed && (count != event.records || !std::ranges::is_sorted(event.roots) ||
                   hash_of(event.roots) != event.roots_hash)) {
        in.fail();
    }
    if (!listed && count != 0) in.fail();
    AWDA_CHECK(in.done());
    return event;
}

}  // namespace awda::agent
