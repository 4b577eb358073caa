#include "sync/sealed_part.h"

#include <algorithm>
#include <unordered_map>

#include "platform/codec.h"
#include "platform/text.h"

namespace awda::sync {

namespace {

constexpr std::string_view kCompartmentTag = "AWDASEA1";
constexpr std::string_view kFieldsTag = "AWDASFL1";
constexpr std::string_view kBound = "AWDASPT1";
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kBoxSize = kKeySize + kSealOverhead;
constexpr std::size_t kPathMax = 4096;
constexpr std::size_t kMoveMin = 8;  // two empty texts

std::string clean_text(ByteReader& in, std::size_t limit) {
    std::string text = in.text(limit);
    if (!valid_utf8(text) || text.find('\0') != std::string::npos) in.fail();
    return text;
}

void write_moves(ByteWriter& out, const std::vector<RowMove>& moves) {
    out.u32(static_cast<std::uint32_t>(moves.size()));
    for (const RowMove& move : moves) {
        out.text(move.from);
        out.text(move.to);
    }
}

/// What a part's body is bound to.
Bytes bound(const InstanceId& root, const std::vector<RowMove>& moves) {
    ByteWriter out;
    out.raw(kBound);
    out.raw(root.bytes());
    write_moves(out, moves);
    return out.take();
}

std::size_t plain_size(const std::vector<Field>& fields) {
    std::size_t size = kFieldsTag.size() + 4;
    for (const Field& field : fields) size += 8 + field.path.size() + field.value.size();
    return (size + kPartPadding - 1) / kPartPadding * kPartPadding;
}

/// Written straight into secret memory, so that no copy is left behind by a buffer that grew.
class SecretWriter {
public:
    explicit SecretWriter(std::size_t size) : secret_(size) {}
    void raw(ByteView bytes) {
        std::ranges::copy(bytes, secret_.mutable_view().begin() + static_cast<std::ptrdiff_t>(at_));
        at_ += bytes.size();
    }
    void u32(std::size_t value) {
        std::array<std::uint8_t, 4> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
        }
        raw(bytes);
    }
    void text(std::string_view text) {
        u32(text.size());
        raw(as_bytes(text));
    }
    [[nodiscard]] SecretBytes take() { return std::move(secret_); }

private:
    SecretBytes secret_;
    std::size_t at_ = 0;
};

SecretBytes plain_text(const std::vector<Field>& fields) {
    SecretWriter out(plain_size(fields));
    out.raw(as_bytes(kFieldsTag));
    out.u32(fields.size());
    for (const Field& field : fields) {
        out.text(field.path);
        out.text(field.value);
    }
    return out.take();  // zeros to the end
}

Result<std::vector<Field>> read_fields(ByteView plain) {
    ByteReader in(plain);
    in.domain(kFieldsTag);
    const std::size_t count = in.u32();
    if (in.failed() || count > kRecordFieldsMax || count * 8 > in.remaining()) {
        return Error(Errc::kMalformed, "a sealed part's fields");
    }
    std::vector<Field> fields;
    fields.reserve(count);
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        Field field;
        field.path = clean_text(in, kPathMax);
        field.value = clean_text(in, kRecordBytesMax);
        fields.push_back(std::move(field));
    }
    const ByteView rest = in.raw(in.remaining());
    const bool padded = std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0; });
    if (!in.done().ok() || !padded) {
        wipe_fields(fields);
        return Error(Errc::kMalformed, "a sealed part's fields");
    }
    return fields;
}

SealedPart read_part(ByteReader& in) {
    SealedPart part;
    const std::size_t keys = in.u16();
    if (keys > kPartRecipientsMax) in.fail();
    for (std::size_t i = 0; i < keys && !in.failed(); ++i) {
        SealedKey key;
        key.recipient = in.fixed<32>();
        const ByteView box = in.raw(kBoxSize);
        key.box.assign(box.begin(), box.end());
        part.keys.push_back(std::move(key));
    }
    const std::size_t moves = in.u32();
    if (moves > kPartMovesMax || moves * kMoveMin > in.remaining()) in.fail();
    for (std::size_t i = 0; i < moves && !in.failed(); ++i) {
        RowMove move;
        move.from = clean_text(in, kPathMax);
        move.to = clean_text(in, kPathMax);
        part.moves.push_back(std::move(move));
    }
    const ByteView body = in.blob();
    if (body.size() > 2 * kRecordBytesMax) in.fail();
    part.body.assign(body.begin(), body.end());
    return part;
}

void write_part(ByteWriter& out, const SealedPart& part) {
    AWDA_ASSERT(part.keys.size() <= kPartRecipientsMax);
    out.u16(static_cast<std::uint16_t>(part.keys.size()));
    for (const SealedKey& key : part.keys) {
        AWDA_ASSERT(key.box.size() == kBoxSize);
        out.raw(key.recipient);
        out.raw(key.box);
    }
    write_moves(out, part.moves);
    out.blob(part.body);
}

/// The outermost row that `path` is in or is, of those in `rows`; empty if none.
template <typename Rows>
std::string_view row_of(std::string_view path, const Rows& rows) {
    for (std::size_t at = path.find(']'); at != std::string_view::npos;
         at = path.find(']', at + 1)) {
        const std::string_view row = path.substr(0, at + 1);
        if (rows.contains(row)) return row;
    }
    return {};
}

/// "family[12]" → ("family", 12); position 0 if it is no row.
std::pair<std::string_view, std::size_t> split_row(std::string_view row) {
    const std::size_t open = row.rfind('[');
    if (open == std::string_view::npos || !row.ends_with(']')) return {row, 0};
    std::size_t position = 0;
    for (const char digit : row.substr(open + 1, row.size() - open - 2)) {
        if (digit < '0' || digit > '9' || position > kRecordFieldsMax) return {row, 0};
        position = position * 10 + static_cast<std::size_t>(digit - '0');
    }
    return {row.substr(0, open), position};
}

std::string row_name(std::string_view repeat, std::size_t position) {
    return std::string(repeat) + "[" + std::to_string(position) + "]";
}

using RowSet = std::unordered_map<std::string_view, std::size_t>;

/// Renames the rows of what is known, the longest name first; takes away what is gone.
void move_rows(std::vector<Field>& known, std::span<const RowMove> moves) {
    if (moves.empty()) return;
    std::unordered_map<std::string_view, std::string_view> to;
    for (const RowMove& move : moves) to.emplace(move.from, move.to);
    std::vector<Field> moved;
    moved.reserve(known.size());
    for (Field& field : known) {
        std::size_t at = field.path.rfind(']');
        const std::string_view path = field.path;
        while (at != std::string::npos && !to.contains(path.substr(0, at + 1))) {
            at = at == 0 ? std::string::npos : path.rfind(']', at - 1);
        }
        if (at != std::string::npos) {
            const std::string_view target = to.at(path.substr(0, at + 1));
            if (target.empty()) {
                wipe(field.value);
                continue;
            }
            field.path = std::string(target) + std::string(path.substr(at + 1));
        }
        moved.push_back(std::move(field));
    }
    known = std::move(moved);
}

}  // namespace

PartKey new_part_key(std::span<const SealPublic> recipients, Random& random) {
    PartKey out;
    out.key = SecretBytes(kKeySize);
    random.fill(out.key.mutable_view());
    for (const SealPublic& recipient : recipients) {
        const bool there = std::ranges::any_of(
            out.keys, [&](const SealedKey& key) { return key.recipient == recipient; });
        if (!there) out.keys.push_back({recipient, seal_to(recipient, out.key.view())});
    }
    return out;
}

SealedPart seal_part(const PartKey& key, const InstanceId& root, std::vector<RowMove> moves,
                     const std::vector<Field>& fields, Random& random) {
    SealedPart part;
    part.keys = key.keys;
    part.moves = std::move(moves);
    const SecretBytes plain = plain_text(fields);
    part.body = aead_wrap(key.key.view(), plain.view(), bound(root, part.moves), random);
    return part;
}

Result<std::vector<Field>> open_part(const SealedPart& part, const InstanceId& root,
                                     const SealKey& key) {
    const auto mine = std::ranges::find_if(
        part.keys, [&](const SealedKey& each) { return each.recipient == key.pub; });
    if (mine == part.keys.end()) return Error(Errc::kNotForUs, "a part sealed to others");
    const SecretBytes opened = AWDA_TRY(open_sealed(key, mine->box));
    if (opened.size() != kKeySize) return Error(Errc::kMalformed, "a sealed part's key");
    const SecretBytes plain =
        AWDA_TRY(aead_unwrap(opened.view(), part.body, bound(root, part.moves)));
    return read_fields(plain.view());
}

Bytes encode_sealed_part(const SealedPart& part) {
    ByteWriter out;
    write_part(out, part);
    return out.take();
}

Result<SealedPart> decode_sealed_part(ByteView bytes) {
    ByteReader in(bytes);
    SealedPart part = read_part(in);
    AWDA_CHECK(in.done());
    return part;
}

Bytes encode_compartment(std::span<const SealedPart> parts) {
    if (parts.empty()) return {};
    ByteWriter out;
    out.raw(kCompartmentTag);
    out.u32(static_cast<std::uint32_t>(parts.size()));
    for (const SealedPart& part : parts) write_part(out, part);
    return out.take();
}

Result<std::vector<SealedPart>> decode_compartment(ByteView bytes) {
    std::vector<SealedPart> parts;
    if (bytes.empty()) return parts;
    ByteReader in(bytes);
    in.domain(kCompartmentTag);
    const std::size_t count = in.u32();
    if (in.failed() || count == 0 || count > kPartsMax) {
        return Error(Errc::kMalformed, "a record's sealed parts");
    }
    for (std::size_t i = 0; i < count && !in.failed(); ++i) parts.push_back(read_part(in));
    AWDA_CHECK(in.done());
    return parts;
}

void lay_over(std::vector<Field>& known, std::span<const RowMove> moves,
              const std::vector<Field>& fields) {
    move_rows(known, moves);
    // How many rows of each repeat are known already.
    std::unordered_map<std::string, std::size_t> rows;
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const auto [repeat, position] = split_row(known[i].path);
        if (position > 0) {
            std::size_t& highest = rows[std::string(repeat)];
            highest = std::max(highest, position);
        }
        places.emplace(known[i].path, i);
    }
    RowSet announced;
    for (const Field& field : fields) {
        const auto [repeat, position] = split_row(field.path);
        if (position > 0) announced.emplace(field.path, position);
    }
    for (const Field& field : fields) {
        std::string path = field.path;
        if (const std::string_view row = row_of(field.path, announced); !row.empty()) {
            const auto [repeat, position] = split_row(row);
            const auto there = rows.find(std::string(repeat));
            if (there != rows.end()) {
                path = row_name(repeat, there->second + position) + path.substr(row.size());
            }
        }
        const auto [place, fresh] = places.try_emplace(path, known.size());
        if (fresh) {
            known.push_back({std::move(path), field.value});
        } else {
            wipe(known[place->second].value);
            known[place->second].value = field.value;
        }
    }
}

void wipe_fields(std::vector<Field>& fields) {
    for (Field& field : fields) {
        wipe(field.path);
        wipe(field.value);
    }
    fields.clear();
}

}  // namespace awda::sync
