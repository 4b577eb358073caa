#include "sync/log/event_codec.h"

#include <algorithm>
#include <map>

#include "platform/codec.h"

namespace awda::sync {

namespace {
constexpr std::string_view kColumnsTag = "AWDACOL1";
constexpr std::size_t kNamesMax = 65'535;  // officers, offices: indexed by 16 bits
/// The least an event takes in the columns; keeps a count from promising more than is there.
constexpr std::size_t kEventBytesMin = 8 + 2 + 2 + 2 + 16 + 4;

/// Ids in the order in which they first occur, and the index of each.
template <typename IdType>
class NameTable {
public:
    std::uint16_t index_of(const IdType& id) {
        const auto [found, added] = index_.try_emplace(id, names_.size());
        if (added) names_.push_back(id);
        return static_cast<std::uint16_t>(found->second);
    }
    [[nodiscard]] std::size_t size() const { return names_.size(); }
    void put(ByteWriter& out) const {
        out.u16(static_cast<std::uint16_t>(names_.size()));
        for (const IdType& id : names_) out.raw(id.bytes());
    }

private:
    std::map<IdType, std::size_t> index_;
    std::vector<IdType> names_;
};

template <typename IdType>
std::vector<IdType> read_names(ByteReader& in) {
    std::vector<IdType> names;
    const std::size_t count = in.u16();
    if (count * 16 > in.remaining()) in.fail();
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        names.push_back(IdType{in.fixed<16>()});
    }
    return names;
}

template <typename IdType>
IdType named(ByteReader& in, const std::vector<IdType>& names) {
    const std::size_t index = in.u16();
    if (index >= names.size()) {
        in.fail();
        return {};
    }
    return names[index];
}
}  // namespace

Result<Bytes> encode_events(const std::vector<Event>& events) {
    NameTable<OfficerId> officers;
    NameTable<OfficeId> offices;
    ByteWriter hlcs;
    ByteWriter officer_column;
    ByteWriter office_column;
    ByteWriter types;
    ByteWriter salts;
    ByteWriter sizes;
    ByteWriter payloads;
    std::uint64_t last_hlc = 0;
    for (const Event& event : events) {
        if (!event.payload.has_value() || !event.salt.has_value()) {
            return Error(Errc::kMalformed, "an event to be sent has lost its payload");
        }
        if (event.payload->size() > 0xffffffffU) return Error(Errc::kTooLarge, "a payload");
        hlcs.u64(event.hlc.packed - last_hlc);  // wraps, and unwraps the same way
        last_hlc = event.hlc.packed;
        officer_column.u16(officers.index_of(event.officer));
        office_column.u16(offices.index_of(event.office));
        types.u16(static_cast<std::uint16_t>(event.type));
        salts.raw(*event.salt);
        sizes.u32(static_cast<std::uint32_t>(event.payload->size()));
        payloads.raw(*event.payload);
    }
    if (officers.size() > kNamesMax || offices.size() > kNamesMax) {
        return Error(Errc::kTooLarge, "too many officers or offices in one batch");
    }
    ByteWriter out;
    out.raw(kColumnsTag);
    out.u32(static_cast<std::uint32_t>(events.size()));
    officers.put(out);
    offices.put(out);
    for (const ByteWriter* column :
         {&hlcs, &officer_column, &office_column, &types, &sizes, &payloads, &salts}) {
        out.raw(column->bytes());
    }
    return out.take();
}

Result<std::vector<Event>> decode_events(ByteView bytes, const DeviceId& device,
                                         std::uint64_t first_seq, const Hash32& prev,
                                         std::size_t count_max) {
    ByteReader in(bytes);
    in.domain(kColumnsTag);
    const std::size_t count = in.u32();
    if (count > count_max) return Error(Errc::kTooLarge, "more events than a batch may hold");
    const auto officers = read_names<OfficerId>(in);
    const auto offices = read_names<OfficeId>(in);
    if (in.failed() || count * kEventBytesMin > in.remaining()) {
        return Error(Errc::kMalformed, "event columns end early");
    }
    std::vector<Event> events(count);
    std::uint64_t hlc = 0;
    for (Event& event : events) {
        hlc += in.u64();
        event.hlc.packed = hlc;
    }
    for (Event& event : events) event.officer = named(in, officers);
    for (Event& event : events) event.office = named(in, offices);
    for (Event& event : events) event.type = static_cast<EventType>(in.u16());
    std::vector<std::uint32_t> sizes(count);
    for (std::uint32_t& size : sizes) size = in.u32();
    for (std::size_t i = 0; i < count; ++i) {
        const ByteView payload = in.raw(sizes[i]);
        events[i].payload.emplace(payload.begin(), payload.end());
    }
    for (Event& event : events) event.salt = in.fixed<16>();
    AWDA_CHECK(in.done());
    Hash32 link = prev;
    for (std::size_t i = 0; i < count; ++i) {
        Event& event = events[i];
        event.seq = first_seq + i;
        event.prev = link;
        event.commitment = commit(*event.salt, *event.payload);
        link = event_hash(device, event);
    }
    return events;
}

}  // namespace awda::sync
