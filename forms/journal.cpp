#include "forms/journal.h"

#include <algorithm>

#include "forms/session.h"
#include "forms/varint.h"

namespace awda::forms {
namespace {

constexpr std::string_view kHead = "AWDAJNL1";
constexpr std::uint8_t kSeedBit = 0x80;
constexpr std::size_t kCheckSize = 4;

void write_record(VarintWriter& out, const JournalRecord& record) {
    const auto action = static_cast<std::uint8_t>(record.action);
    out.u8(record.seed ? static_cast<std::uint8_t>(action | kSeedBit) : action);
    out.signed_number(record.at);
    if (record.seed) out.raw(ByteView(*record.seed));
    out.text(record.ref);
    out.text(record.value);
}

class CountedRandom final : public Random {
public:
    explicit CountedRandom(const JournalSeed& seed) : seed_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) {
            if (left_ == 0) {
                std::array<std::uint8_t, 8> counter{};
                for (std::size_t i = 0; i < counter.size(); ++i) {
                    counter[i] = static_cast<std::uint8_t>(counter_ >> (8 * i));
                }
                ++counter_;
                block_ = hash32(counter, seed_);
                left_ = block_.size();
            }
            byte = block_[block_.size() - left_--];
        }
    }

private:
    JournalSeed seed_;
    std::uint64_t counter_ = 0;
    Hash32 block_{};
    std::size_t left_ = 0;
};

}  // namespace

std::unique_ptr<Random> make_seeded_random(const JournalSeed& seed) {
    return std::make_unique<CountedRandom>(seed);
}

Bytes encode_journal_record(const JournalRecord& record) {
    VarintWriter out;
    write_record(out, record);
    return out.take();
}

Result<JournalRecord> decode_journal_record(ByteView bytes) {
    VarintReader in(bytes);
    JournalRecord record;
    const std::uint8_t head = in.u8();
    const auto action = static_cast<std::uint8_t>(head & ~kSeedBit);
    record.at = in.signed_number();
    if ((head & kSeedBit) != 0) {
        const ByteView seed = in.raw(std::tuple_size_v<JournalSeed>);
        record.seed.emplace();
        if (!in.failed()) std::copy(seed.begin(), seed.end(), record.seed->begin());
    }
    record.ref = in.text();
    record.value = in.text();
    const bool known = action >= static_cast<std::uint8_t>(JournalAction::kOpened) &&
                       action <= static_cast<std::uint8_t>(JournalAction::kEditBegun);
    if (in.failed() || in.remaining() != 0 || !known) {
        return Error{Errc::kMalformed, "a journal record"};
    }
    record.action = static_cast<JournalAction>(action);
    return record;
}

Bytes journal_head() {
    return to_bytes(kHead);
}

Bytes frame_journal_record(const JournalRecord& record) {
    const Bytes body = encode_journal_record(record);
    VarintWriter out;
    out.number(body.size());
    out.raw(body);
    out.raw(ByteView(hash32(body)).first(kCheckSize));
    return out.take();
}

Result<JournalContent> read_journal(ByteView bytes) {
    JournalContent out;
    const std::size_t head = std::min(bytes.size(), kHead.size());
    if (as_text(bytes.first(head)) != kHead.substr(0, head)) {
        return Error{Errc::kMalformed, "a journal"};
    }
    if (head < kHead.size()) {
        out.ignored_bytes = bytes.size();
        return out;
    }
    VarintReader in(bytes);
    (void)in.raw(kHead.size());
    out.good_bytes = in.position();
    while (in.remaining() > 0 && out.records.size() < kJournalRecordsMax) {
        const std::uint64_t size = in.number();
        if (in.failed() || size > kJournalRecordMax || size > in.remaining()) break;
        const ByteView body = in.raw(static_cast<std::size_t>(size));
        const ByteView check = in.raw(kCheckSize);
        if (in.failed() || !equal(check, ByteView(hash32(body)).first(kCheckSize))) break;
        auto record = decode_journal_record(body);
        if (!record.ok()) break;
        out.records.push_back(std::move(*record));
        out.good_bytes = in.position();
    }
    out.ignored_bytes = bytes.size() - out.good_bytes;
    return out;
}

std::string encode_answers(std::span<const Answer> answers) {
    VarintWriter out;
    out.number(answers.size());
    for (const Answer& answer : answers) {
        out.text(answer.path);
        out.text(answer.value);
    }
    return std::string(as_text(out.bytes()));
}

Result<std::vector<Answer>> decode_answers(std::string_view bytes) {
    VarintReader in(as_bytes(bytes));
    std::vector<Answer> out;
    const std::size_t count = in.count();
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        Answer answer;
        answer.path = in.text();
        answer.value = in.text();
        out.push_back(std::move(answer));
    }
    if (in.failed() || in.remaining() != 0) return Error{Errc::kMalformed, "a flat record"};
    return out;
}

}  // namespace awda::forms
