#include "agent/vault/retention_payload.h"

#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr std::string_view kSetDomain = "AWDARETS";
constexpr std::string_view kPrunedDomain = "AWDAPRUN";
constexpr std::size_t kTextMax = 1024;

void put(ByteWriter& out, const RecordSkeleton& skeleton) {
    out.u64(skeleton.seq);
    out.u64(skeleton.batch);
    out.u8(static_cast<std::uint8_t>(skeleton.what));
    out.raw(skeleton.instance.bytes());
    out.raw(skeleton.root.bytes());
    out.u32(skeleton.revision);
    out.raw(skeleton.deprecates.bytes());
    out.text(skeleton.form_id);
    out.text(skeleton.form_version);
    out.text(skeleton.language);
    out.raw(skeleton.officer.bytes());
    out.i64(skeleton.finalised_ms);
}

RecordSkeleton take(ByteReader& in) {
    RecordSkeleton skeleton;
    skeleton.seq = in.u64();
    skeleton.batch = in.u64();
    const std::uint8_t what = in.u8();
    if (what < 1 || what > 3) in.fail();
    skeleton.what = static_cast<RetentionClass>(what);
    skeleton.instance = InstanceId{in.fixed<16>()};
    skeleton.root = InstanceId{in.fixed<16>()};
    skeleton.revision = in.u32();
    skeleton.deprecates = InstanceId{in.fixed<16>()};
    skeleton.form_id = in.text(kTextMax);
    skeleton.form_version = in.text(kTextMax);
    skeleton.language = in.text(kTextMax);
    skeleton.officer = OfficerId{in.fixed<16>()};
    skeleton.finalised_ms = in.i64();
    return skeleton;
}

}  // namespace

std::string_view retention_class_name(RetentionClass what) {
    switch (what) {
        case RetentionClass::kWorking: return "working";
        case RetentionClass::kSettled: return "settled";
        case RetentionClass::kProtected: return "protected";
    }
    return "";
}

std::uint32_t RetentionPeriods::days(RetentionClass what) const {
    switch (what) {
        case RetentionClass::kSettled: return settled_days;
        case RetentionClass::kProtected: return protected_days;
        case RetentionClass::kWorking: break;
    }
    return working_days;
}

bool RetentionPeriods::valid() const {
    for (const RetentionClass what : kRetentionClasses) {
        if (days(what) < kRetentionDaysMin || days(what) > kRetentionDaysMax) return false;
    }
    return true;
}

Bytes encode(const RetentionPeriods& periods) {
    ByteWriter out;
    out.raw(kSetDomain);
    out.u32(periods.working_days);
    out.u32(periods.settled_days);
    out.u32(periods.protected_days);
    return out.take();
}

Result<RetentionPeriods> decode_retention_periods(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kSetDomain);
    RetentionPeriods periods;
    periods.working_days = in.u32();
    periods.settled_days = in.u32();
    periods.protected_days = in.u32();
    AWDA_CHECK(in.done());
    if (!periods.valid()) return Error(Errc::kMalformed, "periods of retention");
    return periods;
}

Bytes encode(const RecordSkeleton& skeleton) {
    ByteWriter out;
    put(out, skeleton);
    return out.take();
}

Result<RecordSkeleton> decode_record_skeleton(ByteView bytes) {
    ByteReader in(bytes);
    RecordSkeleton skeleton = take(in);
    AWDA_CHECK(in.done());
    return skeleton;
}

Bytes encode(const RecordsPruned& pruned) {
    ByteWriter out;
    out.raw(kPrunedDomain);
    out.i64(pruned.proven_ms);
    out.u32(static_cast<std::uint32_t>(pruned.records.size()));
    for (const RecordSkeleton& skeleton : pruned.records) put(out, skeleton);
    return out.take();
}

Result<RecordsPruned> decode_records_pruned(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kPrunedDomain);
    RecordsPruned pruned;
    pruned.proven_ms = in.i64();
    const std::uint32_t count = in.u32();
    if (!in.failed() && count > kPrunedRecordsMax) {
        return Error(Errc::kTooLarge, "records erased at once");
    }
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) pruned.records.push_back(take(in));
    AWDA_CHECK(in.done());
    return pruned;
}

}  // namespace awda::agent
