#include "sync/columns/prior.h"

#include <algorithm>

#include "platform/codec.h"
#include "platform/crypto.h"

namespace awda::sync {

namespace {

using columns::BitCoder;
using columns::EventModel;
using columns::Symbols;

constexpr std::string_view kPriorTag = "AWDAPRI1";
constexpr std::string_view kPriorIdTag = "AWDAPRID";
constexpr std::size_t kNameMax = 1024;
/// What a prior's records may come to, unpacked.
constexpr std::uint64_t kPlainMax = std::uint64_t{64} << 20U;

struct Opened {
    std::string form_id;
    std::string version;
    std::size_t count = 0;
    ByteView packed;
};

Result<Opened> open_prior(ByteView file) {
    if (file.size() > kPriorBytesMax) return Error(Errc::kTooLarge, "a prior");
    ByteReader in(file);
    in.domain(kPriorTag);
    Opened out;
    out.form_id = in.text(kNameMax);
    out.version = in.text(kNameMax);
    out.count = in.u32();
    out.packed = in.blob();
    AWDA_CHECK(in.done());
    if (out.count == 0 || out.count > kPriorRecordsMax) return Error(Errc::kTooLarge, "a prior");
    return out;
}

/// An event as the log has it when a record is finalised, but for whose it is.
Event sample_event(const Record& record) {
    Event event;
    event.type = EventType::kRecordFinalised;
    event.hlc = next_hlc({}, record.finalised_ms);
    event.payload = encode_record_payload(make_record_payload(encode_record(record)));
    return event;
}

Bytes pack(const std::vector<Record>& records, std::size_t count) {
    const auto model = std::make_unique<EventModel>();
    BitCoder coder;
    Symbols symbols(model->mixer(), coder, ~std::uint64_t{0});
    for (std::size_t i = 0; i < count; ++i) {
        Event event = sample_event(records[i]);
        model->event(symbols, event);
    }
    return coder.finish();
}

}  // namespace

PriorId prior_id(ByteView file) {
    ByteWriter out;
    out.raw(kPriorIdTag);
    out.raw(file);
    const Hash32 hash = hash32(out.bytes());
    PriorId id{};
    std::copy_n(hash.begin(), id.size(), id.begin());
    return id;
}

Result<Bytes> make_prior(const std::vector<Record>& records) {
    const auto other = [&records](const Record& record) {
        return record.form_id != records.front().form_id ||
               record.form_version != records.front().form_version;
    };
    if (records.empty() || std::ranges::any_of(records, other)) {
        return Error(Errc::kMalformed, "a prior is of one version of one form");
    }
    const std::size_t names = kPriorTag.size() + 16 + records.front().form_id.size() +
                              records.front().form_version.size();
    std::size_t count = std::min(records.size(), kPriorRecordsMax);
    Bytes packed = pack(records, count);
    while (packed.size() + names > kPriorBytesMax && count > 1) {
        count = std::max<std::size_t>(
            1, std::min(count - 1, count * (kPriorBytesMax - names) / packed.size()));
        packed = pack(records, count);
    }
    ByteWriter out;
    out.raw(kPriorTag);
    out.text(records.front().form_id);
    out.text(records.front().form_version);
    out.u32(static_cast<std::uint32_t>(count));
    out.blob(packed);
    if (out.size() > kPriorBytesMax) return Error(Errc::kTooLarge, "a prior");
    return out.take();
}

const PriorShelf& PriorShelf::empty() {
    static const PriorShelf none;
    return none;
}

Status PriorShelf::add(Bytes file) {
    const Opened opened = AWDA_TRY(open_prior(file));
    const PriorId id = prior_id(file);
    of_form_[{opened.form_id, opened.version}] = id;
    files_.emplace(id, std::move(file));
    return {};
}

const PriorId* PriorShelf::find(const std::string& form_id, const std::string& version) const {
    const auto found = of_form_.find({form_id, version});
    return found == of_form_.end() ? nullptr : &found->second;
}

Result<std::unique_ptr<EventModel>> PriorShelf::primed(const std::vector<PriorId>& ids) const {
    if (ids.empty()) return std::make_unique<EventModel>();
    if (primed_ == nullptr || primed_with_ != ids) {
        auto model = std::make_unique<EventModel>();
        for (const PriorId& id : ids) AWDA_CHECK(learn(id, *model));
        model->begin_log();
        primed_ = std::move(model);
        primed_with_ = ids;
    }
    return std::make_unique<EventModel>(*primed_);
}

Status PriorShelf::learn(const PriorId& id, EventModel& model) const {
    const auto file = files_.find(id);
    if (file == files_.end()) return Error(Errc::kPriorMissing, "a batch's prior");
    const Opened opened = AWDA_TRY(open_prior(file->second));
    BitCoder coder(opened.packed);
    Symbols symbols(model.mixer(), coder, kPlainMax);
    model.begin_log();
    for (std::size_t i = 0; i < opened.count && !symbols.failed(); ++i) {
        Event event;
        model.event(symbols, event);
    }
    return symbols.failed() ? Status(Error(Errc::kMalformed, "a prior")) : Status();
}

}  // namespace awda::sync
