#include "sync/batch.h"

#include <algorithm>

#include "platform/codec.h"

namespace awda::sync {

namespace {
constexpr std::string_view kOldBatchTag = "AWDABAT1";
constexpr std::string_view kBatchTag = "AWDABAT2";
constexpr std::string_view kKeyIdTag = "AWDAKID1";
constexpr std::string_view kDeviceSigns = "AWDABSG1";
constexpr std::string_view kMacContext = "AWDAhmac";
constexpr std::uint64_t kMacKeyId = 1;
constexpr std::size_t kFileKeySize = 32;
constexpr std::size_t kSealedKeySize = kFileKeySize + kSealOverhead;
constexpr std::size_t kTagSize = 8;
constexpr std::size_t kRecipientSize = std::tuple_size_v<SealKeyId> + kSealedKeySize;
constexpr std::size_t kMacSize = 16;
constexpr std::size_t kOldMacSize = 32;
constexpr std::size_t kSignatureSize = std::tuple_size_v<Signature>;
constexpr std::uint8_t kPaddedFlag = 0x80;
/// The longest header: tag, size, six numbers, two hashes.
static_assert(kTagSize + 2 + 1 + 16 + 6 * 10 + 32 + 32 + 1 + kBatchRecipientsMax * kRecipientSize +
                  kOldMacSize + kStreamHeaderSize <=
              kBatchHeaderMax);

/// Where the parts of a file lie; worked out from a header that passed its limits.
struct Layout {
    std::size_t mac_at = 0;     ///< end of tag, size and header
    std::size_t stream_at = 0;  ///< the stream's own header
    std::size_t frames_at = 0;
    std::uint64_t frames = 0;
    std::uint64_t signature_at = 0;
    std::uint64_t file_size = 0;
};

std::uint64_t frames_for(std::uint64_t packed_size) {
    return (packed_size + kBatchFrameSize - 1) / kBatchFrameSize;
}

Layout layout_of(std::size_t header_end, std::size_t mac_size, std::uint64_t packed_size) {
    Layout at;
    at.mac_at = header_end;
    at.stream_at = at.mac_at + mac_size;
    at.frames_at = at.stream_at + kStreamHeaderSize;
    at.frames = frames_for(packed_size);
    at.signature_at = at.frames_at + packed_size + at.frames * kStreamFrameOverhead;
    at.file_size = at.signature_at + kSignatureSize;
    return at;
}

/// Tag, size and header.
Bytes header_bytes(const BatchHeader& header, const std::vector<Bytes>& sealed_keys) {
    ByteWriter body;
    body.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(header.codec) |
                                      (header.padded ? kPaddedFlag : 0U)));
    body.raw(header.device.bytes());
    body.varint(header.number);
    body.raw(header.prev_batch);
    body.varint(header.first_seq);
    body.varint(header.last_seq - header.first_seq);
    body.raw(header.prev_head);
    body.varint(header.plain_size);
    body.varint(header.packed_size);
    body.varint(static_cast<std::uint64_t>(header.claimed_ms));
    body.u8(static_cast<std::uint8_t>(sealed_keys.size()));
    for (std::size_t i = 0; i < sealed_keys.size(); ++i) {
        body.raw(header.recipients[i]);
        body.raw(sealed_keys[i]);
    }
    ByteWriter out;
    out.raw(kBatchTag);
    out.u16(static_cast<std::uint16_t>(body.size()));
    out.raw(body.bytes());
    return out.take();
}

Status check_header(const BatchHeader& header) {
    if (header.codec != BatchCodec::kZstd && header.codec != BatchCodec::kColumns) {
        return Error(Errc::kMalformed, "a batch's codec");
    }
    if (header.number == 0 || header.first_seq == 0 || header.last_seq < header.first_seq) {
        return Error(Errc::kMalformed, "a batch's number or range");
    }
    if ((header.number == 1) != (header.prev_batch == Hash32{})) {
        return Error(Errc::kMalformed, "only the first batch has none before it");
    }
    if ((header.number == 1) != (header.first_seq == 1) ||
        (header.first_seq == 1 && header.prev_head != first_prev(header.device))) {
        return Error(Errc::kMalformed, "the first batch begins the log");
    }
    if (header.last_seq - header.first_seq >= kBatchEventsMax ||
        header.plain_size > kBatchPlainMax || header.packed_size > kBatchFileMax) {
        return Error(Errc::kTooLarge, "a batch's stated size");
    }
    if (header.plain_size == 0 || header.packed_size == 0) {
        return Error(Errc::kMalformed, "an empty batch");
    }
    return {};
}

struct ParsedHeader {
    BatchHeader header;
    std::vector<ByteView> sealed_keys;  ///< borrowed from the file
    Layout at;
    bool old = false;
};

Status read_recipients(ByteReader& in, ParsedHeader& out) {
    const std::size_t count = in.u8();
    if (in.failed() || count == 0 || count > kBatchRecipientsMax) {
        return Error(Errc::kMalformed, "a batch's recipients");
    }
    for (std::size_t i = 0; i < count; ++i) {
        out.header.recipients.push_back(in.fixed<std::tuple_size_v<SealKeyId>>());
        out.sealed_keys.push_back(in.raw(kSealedKeySize));
    }
    return {};
}

/// The layout of before: numbers of fixed size, the office and the head after the batch told, too.
Status read_old_header(ByteReader& in, ParsedHeader& out) {
    BatchHeader& header = out.header;
    header.codec = static_cast<BatchCodec>(in.u8());
    header.device.value = in.fixed<16>();
    in.fixed<16>();  // the office
    header.number = in.u64();
    header.prev_batch = in.fixed<32>();
    header.first_seq = in.u64();
    header.last_seq = in.u64();
    header.prev_head = in.fixed<32>();
    header.log_head = in.fixed<32>();
    header.plain_size = in.u64();
    header.packed_size = in.u64();
    header.claimed_ms = in.i64();
    return read_recipients(in, out);
}

Status read_new_header(ByteReader& in, ParsedHeader& out) {
    BatchHeader& header = out.header;
    const std::uint8_t codec = in.u8();
    header.padded = (codec & kPaddedFlag) != 0;
    header.codec = static_cast<BatchCodec>(codec & ~kPaddedFlag);
    header.device.value = in.fixed<16>();
    header.number = in.varint();
    header.prev_batch = in.fixed<32>();
    header.first_seq = in.varint();
    const std::uint64_t more = in.varint();
    if (more > UINT64_MAX - header.first_seq) in.fail();
    header.last_seq = header.first_seq + more;
    header.prev_head = in.fixed<32>();
    header.plain_size = in.varint();
    header.packed_size = in.varint();
    header.claimed_ms = static_cast<UnixMs>(in.varint());
    return read_recipients(in, out);
}

Result<ParsedHeader> parse_header(ByteView head) {
    const bool old = head.size() >= kTagSize && as_text(head.first(kTagSize)) == kOldBatchTag;
    ByteReader in(head);
    in.domain(old ? kOldBatchTag : kBatchTag);
    const std::size_t header_size = old ? in.u32() : in.u16();
    const std::size_t begin = in.position();
    ParsedHeader out;
    AWDA_CHECK(old ? read_old_header(in, out) : read_new_header(in, out));
    if (in.failed() || in.position() - begin != header_size) {
        return Error(Errc::kMalformed, "a batch's header");
    }
    AWDA_CHECK(in.done(ByteReader::Rest::kAllowed));
    AWDA_CHECK(check_header(out.header));
    out.old = old;
    out.at = layout_of(in.position(), old ? kOldMacSize : kMacSize, out.header.packed_size);
    if (out.at.file_size > kBatchFileMax) return Error(Errc::kTooLarge, "a batch's stated size");
    return out;
}

/// parse_header, plus: the file is as long as its header says, and the device signed all of it.
Result<ParsedHeader> parse_and_verify(ByteView file, const SignPublic& device_key) {
    if (file.size() > kBatchFileMax) return Error(Errc::kTooLarge, "a batch file");
    ParsedHeader parsed = AWDA_TRY(parse_header(file));
    if (file.size() != parsed.at.file_size) {
        return Error(Errc::kMalformed, "a batch is shorter or longer than it says");
    }
    ByteReader in(file.subspan(parsed.at.signature_at));
    const Signature signature = in.fixed<kSignatureSize>();
    const Hash32 digest = hash32(file.first(parsed.at.signature_at));
    if (!verify(device_key, kDeviceSigns, digest, signature)) {
        return Error(Errc::kBadSignature, "a batch's signature");
    }
    return parsed;
}

/// Cut to 16 bytes in all but old batches.
Hash32 header_mac(ByteView file_key, ByteView prefix_and_header) {
    const SecretBytes key = derive_key(file_key, kMacKeyId, kMacContext);
    return hash32(prefix_and_header, key.view());
}

/// Tries every slot that bears our key's id; others may bear it by chance.
Result<SecretBytes> unseal_file_key(const ParsedHeader& parsed, const SealKey& recipient) {
    const SealKeyId id = seal_key_id(recipient.pub);
    for (std::size_t i = 0; i < parsed.sealed_keys.size(); ++i) {
        if (parsed.header.recipients[i] != id) continue;
        auto key = open_sealed(recipient, parsed.sealed_keys[i]);
        if (key.ok() && key->size() == kFileKeySize) return key;
    }
    return Error(Errc::kNotForUs, "a batch is sealed to other keys");
}

Result<Bytes> open_frames(ByteView file, const ParsedHeader& parsed, ByteView file_key) {
    const Layout& at = parsed.at;
    const Hash32 bound = hash32(file.first(at.frames_at));
    StreamOpener opener(file_key, file.subspan(at.stream_at, kStreamHeaderSize));
    Bytes packed;
    packed.reserve(parsed.header.packed_size);  // within the file's own, checked length
    ByteView rest = file.subspan(at.frames_at, at.signature_at - at.frames_at);
    while (!rest.empty()) {
        const std::size_t size = std::min(rest.size(), kBatchFrameSize + kStreamFrameOverhead);
        const StreamOpener::Frame frame = AWDA_TRY(opener.frame(rest.first(size), bound));
        rest = rest.subspan(size);
        if (frame.final != rest.empty()) return Error(Errc::kAltered, "a batch's last frame");
        packed.insert(packed.end(), frame.plain.begin(), frame.plain.end());
    }
    return packed;
}

/// Sets the head that an old batch states, and a new one leaves to be found.
Status check_chain(BatchHeader& header, bool old, const std::vector<Event>& events,
                   const SignPublic& device_key) {
    if (events.size() != header.last_seq - header.first_seq + 1) {
        return Error(Errc::kAltered, "a batch holds another number of events than it says");
    }
    ChainVerifier chain(header.device, header.first_seq, header.prev_head);
    for (const Event& event : events) AWDA_CHECK(chain.add(event, device_key));
    if (old && chain.head() != header.log_head) {
        return Error(Errc::kLogBroken, "a batch's events do not lead to its log head");
    }
    header.log_head = chain.head();
    return {};
}

Result<BatchHeader> header_for(const BatchInput& input, const SignKey& device_key) {
    if (input.events.empty()) return Error(Errc::kMalformed, "a batch without events");
    if (input.events.size() > kBatchEventsMax) return Error(Errc::kTooLarge, "a batch's events");
    ChainVerifier chain(input.device, input.events.front().seq, input.events.front().prev);
    for (const Event& event : input.events) AWDA_CHECK(chain.add(event, device_key.pub));
    return BatchHeader{.padded = input.padded,
                       .device = input.device,
                       .number = input.number,
                       .prev_batch = input.prev_batch,
                       .first_seq = input.events.front().seq,
                       .last_seq = input.events.back().seq,
                       .prev_head = input.events.front().prev,
                       .log_head = chain.head(),
                       .claimed_ms = input.claimed_ms,
                       .recipients = {}};
}

UnpackBounds bounds_of(const BatchHeader& header, std::uint64_t plain_max) {
    return {header.device, header.first_seq, header.prev_head, kBatchEventsMax, plain_max};
}

void put_frames(ByteWriter& out, StreamSealer& sealer, ByteView packed, const Hash32& bound) {
    for (std::size_t at = 0; at < packed.size(); at += kBatchFrameSize) {
        const std::size_t size = std::min(kBatchFrameSize, packed.size() - at);
        out.raw(sealer.frame(packed.subspan(at, size), bound, at + size == packed.size()));
    }
}
}  // namespace

SealKeyId seal_key_id(const SealPublic& key) {
    ByteWriter out;
    out.raw(kKeyIdTag);
    out.raw(key);
    const Hash32 hash = hash32(out.bytes());
    SealKeyId id{};
    std::copy_n(hash.begin(), id.size(), id.begin());
    return id;
}

Result<SealedBatch> seal_batch(const BatchInput& input, const std::vector<SealPublic>& recipients,
                               const SignKey& device_key, Random& random, const Known& known) {
    if (recipients.empty() || recipients.size() > kBatchRecipientsMax) {
        return Error(Errc::kTooLarge, "a batch's recipients");
    }
    SealedBatch out;
    out.header = AWDA_TRY(header_for(input, device_key));
    Known used = known;
    if (input.number % kBatchAloneEvery == 1) used.history = {};
    Packed packed =
        AWDA_TRY(pack(input.events, input.salt_seeds, bounds_of(out.header, kBatchPlainMax), used));
    if (input.padded) pad(packed.bytes);
    out.header.codec = packed.codec;
    out.header.plain_size = packed.plain_size;
    out.header.packed_size = packed.bytes.size();

    SecretBytes file_key(kFileKeySize);
    random.fill(file_key.mutable_view());
    std::vector<Bytes> sealed_keys;
    for (const SealPublic& recipient : recipients) {
        out.header.recipients.push_back(seal_key_id(recipient));
        sealed_keys.push_back(seal_to(recipient, file_key.view()));
    }
    AWDA_CHECK(check_header(out.header));
    ByteWriter file;
    file.raw(header_bytes(out.header, sealed_keys));
    const Layout at = layout_of(file.size(), kMacSize, out.header.packed_size);
    if (at.file_size > kBatchFileMax) return Error(Errc::kTooLarge, "a batch file");
    file.raw(ByteView(header_mac(file_key.view(), file.bytes())).first(kMacSize));
    StreamSealer sealer(file_key.view());
    file.raw(sealer.header());
    put_frames(file, sealer, packed.bytes, hash32(file.bytes()));
    wipe(packed.bytes);
    file.raw(sign(device_key, kDeviceSigns, hash32(file.bytes())));
    AWDA_ASSERT(file.size() == at.file_size);
    out.file = file.take();
    out.hash = hash32(out.file);
    return out;
}

Result<BatchHeader> peek_batch(ByteView head) {
    return std::move(AWDA_TRY(parse_header(head)).header);
}

Result<BatchHeader> verify_batch(ByteView file, const SignPublic& device_key) {
    return std::move(AWDA_TRY(parse_and_verify(file, device_key)).header);
}

Result<OpenedBatch> open_batch(ByteView file, const SignPublic& device_key,
                               const SealKey& recipient, const Known& known) {
    ParsedHeader parsed = AWDA_TRY(parse_and_verify(file, device_key));
    const SecretBytes file_key = AWDA_TRY(unseal_file_key(parsed, recipient));
    const std::size_t mac_size = parsed.at.stream_at - parsed.at.mac_at;
    const Hash32 mac = header_mac(file_key.view(), file.first(parsed.at.mac_at));
    if (!equal(ByteView(mac).first(mac_size), file.subspan(parsed.at.mac_at, mac_size))) {
        return Error(Errc::kAltered, "a batch's header does not belong to its key");
    }
    Bytes packed = AWDA_TRY(open_frames(file, parsed, file_key.view()));
    BatchHeader& header = parsed.header;
    const ByteView bytes = header.padded ? AWDA_TRY(unpadded(packed)) : ByteView(packed);
    OpenedBatch out;
    out.events = AWDA_TRY(unpack(header.codec, bytes, bounds_of(header, header.plain_size), known));
    wipe(packed);
    AWDA_CHECK(check_chain(header, parsed.old, out.events, device_key));
    out.header = std::move(header);
    return out;
}

}  // namespace awda::sync
