#include "platform/pdf_check.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "platform/image.h"

namespace awda {

namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kTailBytes = 1'024;
constexpr std::size_t kDictionaryBytes = 8'192;
constexpr std::size_t kPiece = 64U << 10U;

/// Names of what runs, sends, fetches or carries. An action cannot do without its name.
constexpr std::array<std::string_view, 16> kActive{
    "JavaScript", "JS",         "Launch",    "EmbeddedFile",  "EmbeddedFiles", "Filespec",
    "SubmitForm", "ImportData", "RichMedia", "XFA",           "GoToR",         "GoToE",
    "Rendition",  "Movie",      "Sound",     "FileAttachment"};

bool is_space(std::uint8_t c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

bool ends_name(std::uint8_t c) {
    return is_space(c) ||
           std::string_view("()<>[]{}/%").find(static_cast<char>(c)) != std::string_view::npos;
}

int hex_digit(std::uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The name that begins after the slash at `at`, its escapes (#4A) undone; `at` moves to its end.
std::string name_at(ByteView bytes, std::size_t& at) {
    std::string name;
    for (++at; at < bytes.size() && !ends_name(bytes[at]) && name.size() < kNameMax; ++at) {
        std::uint8_t c = bytes[at];
        if (c == '#' && at + 2 < bytes.size() && hex_digit(bytes[at + 1]) >= 0 &&
            hex_digit(bytes[at + 2]) >= 0) {
            c = static_cast<std::uint8_t>(hex_digit(bytes[at + 1]) * 16 + hex_digit(bytes[at + 2]));
            at += 2;
        }
        name += static_cast<char>(c);
    }
    return name;
}

/// Judges every name in `bytes`. Two letters come about by chance in compressed pixels, so the one
/// name that short counts in readable parts only. With `more` to come, a name at the very end is
/// left for the next piece.
Status check_names(ByteView bytes, bool readable, bool more) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (bytes[at] != '/') continue;
        std::size_t end = at;
        const std::string name = name_at(bytes, end);
        if ((name.size() < 3 && !readable) || (more && end == bytes.size())) continue;
        if (name == "Encrypt") return Error(Errc::kPdfProtected, "a PDF with a password");
        if (std::ranges::find(kActive, name) != kActive.end()) {
            return Error(Errc::kPdfActive, "a PDF that does more than show pages");
        }
    }
    return {};
}

std::optional<std::size_t> find_from(ByteView bytes, std::string_view what, std::size_t at) {
    const auto found = as_text(bytes).find(what, at);
    if (found == std::string_view::npos) return std::nullopt;
    return found;
}

/// What a stream's dictionary says about how it is packed.
struct Packing {
    bool deflated = false;
    bool other = false;  ///< by a filter that is not looked into
    bool predicted = false;
    bool picture = false;
    bool objects = false;  ///< holds further objects, or the table of them
};

Packing packing_of(ByteView dictionary) {
    Packing packing;
    for (std::size_t at = 0; at < dictionary.size(); ++at) {
        if (dictionary[at] != '/') continue;
        std::size_t end = at;
        const std::string name = name_at(dictionary, end);
        if (name == "FlateDecode" || name == "Fl") {
            packing.deflated = true;
        } else if (name.size() > 6 && name.ends_with("Decode")) {
            packing.other = true;
        }
        if (name == "Predictor") packing.predicted = true;
        if (name == "Image") packing.picture = true;
        if (name == "ObjStm") packing.objects = true;
    }
    return packing;
}

class Inflater {
public:
    Inflater() { ready_ = inflateInit(&stream_) == Z_OK; }
    ~Inflater() {
        if (ready_) inflateEnd(&stream_);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// Looks through what `packed` holds, a piece at a time; damage ends it as it would a reader.
    Status check(ByteView packed, std::size_t& budget) {
        if (!ready_) return Error(Errc::kOutOfMemory, "looking into a PDF");
        stream_.next_in = const_cast<Bytef*>(packed.data());
        stream_.avail_in = static_cast<uInt>(packed.size());
        Bytes window(kPiece + kNameMax);
        std::size_t kept = 0;
        for (int state = Z_OK; state == Z_OK;) {
            stream_.next_out = window.data() + kept;
            stream_.avail_out = static_cast<uInt>(kPiece);
            state = inflate(&stream_, Z_NO_FLUSH);
            const std::size_t made = kPiece - stream_.avail_out;
            if (made > budget) return Error(Errc::kTooLarge, "a PDF that unpacks to too much");
            budget -= made;
            const std::size_t held = kept + made;
            AWDA_CHECK(check_names(ByteView(window).first(held), true, state == Z_OK));
            // A name may lie across two pieces.
            const std::size_t keep = std::min(held, kNameMax);
            std::copy_n(window.begin() + static_cast<std::ptrdiff_t>(held - keep), keep,
                        window.begin());
            kept = keep;
            if (made == 0 && stream_.avail_in == 0) break;
        }
        return {};
    }

private:
    z_stream stream_{};
    bool ready_ = false;
};

/// The stream whose word stands at `word`: the dictionary before it, the bytes after it.
Status check_stream(ByteView file, std::size_t word, std::size_t& budget) {
    const std::size_t low = word > kDictionaryBytes ? word - kDictionaryBytes : 0;
    std::size_t start = as_text(file.first(word)).rfind(" obj");
    if (start == std::string_view::npos || start < low) start = low;
    const Packing packing = packing_of(file.subspan(start, word - start));
    if (packing.objects && (packing.other || packing.predicted)) {
        return Error(Errc::kPdfActive, "a PDF that packs its objects in an unusual way");
    }
    if (!packing.deflated || (packing.picture && !packing.objects)) return {};
    std::size_t begin = word + 6;
    if (begin < file.size() && file[begin] == '\r') ++begin;
    if (begin < file.size() && file[begin] == '\n') ++begin;
    const std::size_t end = find_from(file, "endstream", begin).value_or(file.size());
    return Inflater().check(file.subspan(begin, end - begin), budget);
}

Status check_streams(ByteView file) {
    std::size_t budget = kPdfInflatedMax;
    std::size_t at = 0;
    while (const auto word = find_from(file, "stream", at)) {
        at = *word + 6;
        const bool ending = *word >= 3 && as_text(file.subspan(*word - 3, 3)) == "end";
        if (!ending) AWDA_CHECK(check_stream(file, *word, budget));
    }
    return {};
}

/// The last "startxref", a place in the file where a table or an object begins, and the end.
Status check_ending(ByteView file) {
    const Error unfit(Errc::kPdfUnreadable, "the end of a PDF");
    std::size_t end = file.size();
    while (end > 0 && is_space(file[end - 1])) --end;
    if (end < 5 || as_text(file.subspan(end - 5, 5)) != "%%EOF") return unfit;
    const std::size_t tail = end > kTailBytes ? end - kTailBytes : 0;
    const std::string_view text = as_text(file.subspan(tail, end - tail));
    std::size_t at = text.rfind("startxref");
    if (at == std::string_view::npos) return unfit;
    at += 9;
    while (at < text.size() && is_space(static_cast<std::uint8_t>(text[at]))) ++at;
    std::uint64_t place = 0;
    std::size_t digits = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && digits < 12; ++at, ++digits) {
        place = place * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    if (digits == 0 || place >= file.size()) return unfit;
    ByteView table = file.subspan(place);
    while (!table.empty() && is_space(table.front())) table = table.subspan(1);
    const bool plain = as_text(table).starts_with("xref");
    const bool packed = !table.empty() && table[0] >= '0' && table[0] <= '9';
    return plain || packed ? Status() : unfit;
}

}  // namespace

Status check_pdf(ByteView file) {
    if (content_kind(file) != ContentKind::kPdf) return Error(Errc::kAttachmentType, "not a PDF");
    if (file.size() > kPdfBytesMax) return Error(Errc::kTooLarge, "a PDF");
    const std::string_view version = as_text(file).substr(5, 3);
    const bool known =
        version.size() == 3 && version[1] == '.' &&
        (version == "2.0" || (version[0] == '1' && version[2] >= '0' && version[2] <= '7'));
    if (!known) return Error(Errc::kPdfUnreadable, "the version of a PDF");
    AWDA_CHECK(check_ending(file));
    AWDA_CHECK(check_names(file, false, false));
    return check_streams(file);
}

}  // namespace awda
