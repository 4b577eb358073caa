#include "agent/vault/payloads_protection.h"

#include "platform/codec.h"

namespace awda::agent {

namespace {
constexpr std::size_t kFormIdMax = 1024;
}  // namespace

Bytes encode_protection_opened(const InstanceId& instance, std::uint32_t parts) {
    ByteWriter out;
    out.raw("AWDAPOPN");
    out.raw(instance.bytes());
    out.u32(parts);
    return out.take();
}

Bytes encode(const ProtectionCount& count) {
    ByteWriter out;
    out.raw("AWDAPCNT");
    out.text(count.form_id);
    out.i64(count.from_ms);
    out.i64(count.until_ms);
    out.u32(count.records);
    out.u32(count.answered);
    return out.take();
}

Result<ProtectionCount> decode_protection_count(ByteView bytes) {
    ByteReader in(bytes);
    in.domain("AWDAPCNT");
    ProtectionCount count;
    count.form_id = in.text(kFormIdMax);
    count.from_ms = in.i64();
    count.until_ms = in.i64();
    count.records = in.u32();
    count.answered = in.u32();
    AWDA_CHECK(in.done());
    return count;
}

}  // namespace awda::agent
