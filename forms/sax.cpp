#include "forms/sax.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "forms/ascii.h"
#include "forms/cell_text.h"
#include "forms/names.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

constexpr std::size_t kReferenceBytesMax = 12;  // "&#x0010ffff;"
constexpr std::size_t kCharacterBytesMax = 4;

/// By byte, whether it ends a name.
constexpr std::array<bool, 256> kEndsName = [] {
    std::array<bool, 256> out{};
    for (const char c : {' ', '\n', '\t', '\r', '>', '/', '='})
        out[static_cast<unsigned char>(c)] = true;
    return out;
}();

bool begins_name(char c) {
    return begins_word(c) || c == ':';
}

void skip_blanks(std::string_view& rest) {
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
}

/// Takes a name; "" if there is none, all of `rest` if its end is still to come.
std::string_view take_name(std::string_view& rest) {
    if (rest.empty() || !begins_name(rest.front())) return {};
    std::size_t size = 0;
    while (size < rest.size() && !kEndsName[static_cast<unsigned char>(rest[size])]) ++size;
    const std::string_view name = rest.substr(0, size);
    rest.remove_prefix(size);
    return name;
}

/// Most text is ASCII, which is told eight bytes at a time.
bool is_text(std::string_view text) {
    std::uint64_t all = 0;
    std::size_t at = 0;
    for (std::uint64_t word = 0; at + sizeof(word) <= text.size(); at += sizeof(word)) {
        std::memcpy(&word, text.data() + at, sizeof(word));
        all |= word;
    }
    for (; at < text.size(); ++at) all |= static_cast<unsigned char>(text[at]);
    return (all & 0x8080808080808080U) == 0 || valid_utf8(text);
}

/// How much of a text that goes on can be taken: neither a character nor a reference is cut.
std::size_t whole_size(std::string_view text) {
    const auto reference = text.rfind('&');
    const bool cut = reference != std::string_view::npos &&
                     text.size() - reference < kReferenceBytesMax &&
                     text.find(';', reference) == std::string_view::npos;
    if (cut) return reference;
    std::size_t size = text.size();
    if (size > 0 && text[size - 1] == '\r') --size;  // a line feed may follow
    for (std::size_t back = 1; back <= std::min(size, kCharacterBytesMax); ++back) {
        const auto byte = static_cast<unsigned char>(text[size - back]);
        if (byte < 0x80) break;
        if (byte < 0xc0) continue;
        const std::size_t needed = byte < 0xe0 ? 2U : byte < 0xf0 ? 3U : 4U;
        return needed > back ? size - back : size;
    }
    return size;
}

/// The character of "&name;" or "&#12;", 0 if there is none.
std::uint32_t referenced(std::string_view name) {
    constexpr std::pair<std::string_view, char> kNames[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [known, character] : kNames) {
        if (known == name) return static_cast<unsigned char>(character);
    }
    if (!name.starts_with('#')) return 0;
    name.remove_prefix(1);
    const int base = name.starts_with('x') ? 16 : 10;
    if (base == 16) name.remove_prefix(1);
    std::uint32_t out = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), out, base);
    if (error != std::errc() || end != name.data() + name.size()) return 0;
    const bool control = out < 0x20 && out != '\t' && out != '\n' && out != '\r';
    return control || (out >= 0xd800 && out < 0xe000) || out > 0x10ffff ? 0 : out;
}

/// Whether an XML declaration names an encoding that is not UTF-8.
bool is_other_encoding(std::string_view declaration) {
    if (!declaration.starts_with("xml ")) return false;
    const auto at = declaration.find("encoding");
    if (at == std::string_view::npos) return false;
    const std::string lower = lower_ascii(declaration.substr(at));
    return lower.find("utf-8") == std::string::npos && lower.find("ascii") == std::string::npos;
}

}  // namespace

std::string_view SaxAttributes::get(std::string_view name) const {
    for (const auto& [known, value] : list_) {
        if (!known.ends_with(name)) continue;
        const std::size_t before = known.size() - name.size();
        if (before == 0 || known[before - 1] == ':') return value;
    }
    return {};
}

void SaxParser::feed(std::string_view piece) {
    if (!going_on()) return;
    const bool joined = !pending_.empty();
    if (joined) pending_ += piece;
    std::string_view rest = joined ? std::string_view(pending_) : piece;
    if (!started_) {
        constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
        if (rest.size() < kByteOrderMark.size()) {
            if (!joined) pending_ = piece;
            return;
        }
        if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
        started_ = true;
    }
    while (!rest.empty() && going_on() && step(rest)) continue;
    if (rest.size() > kTagBytesMax) refuse();
    if (!joined) {
        pending_ = rest;
    } else {
        pending_.erase(0, pending_.size() - rest.size());
    }
}

bool SaxParser::finish() {
    if (going_on() && (!trim(pending_).empty() || !open_.empty() || !has_root_)) refuse();
    return !broken_;
}

bool SaxParser::step(std::string_view& rest) {
    if (rest.front() != '<') return take_text(rest);
    if (rest.size() < 2) return false;
    if (rest[1] == '/') return take_end_tag(rest);
    return rest[1] == '!' || rest[1] == '?' ? take_other(rest) : take_tag(rest);
}

bool SaxParser::take_text(std::string_view& rest) {
    const auto end = rest.find('<');
    const std::size_t size = end != std::string_view::npos ? end : whole_size(rest);
    if (size == 0) return false;
    put_text(rest.substr(0, size), true);
    rest.remove_prefix(size);
    return true;
}

bool SaxParser::take_tag(std::string_view& rest) {
    std::string_view tag = rest.substr(1);
    const std::string_view name = take_name(tag);
    const bool allowed = open_.size() < kDepthMax && (!open_.empty() || !has_root_);
    if (name.empty() || !allowed) refuse();
    if (broken_ || tag.empty()) return false;
    bool empty = false;
    if (!take_attributes(tag, empty)) return false;
    has_root_ = true;
    open_.push_back(open_names_.size());
    open_names_ += name;
    handler_.open(local_name(name), attributes_);
    rest = tag;
    if (empty && going_on()) close(name);
    return true;
}

bool SaxParser::take_attributes(std::string_view& rest, bool& empty) {
    attributes_.list_.clear();
    attributes_.decoded_.clear();
    while (true) {
        skip_blanks(rest);
        if (rest.size() < 2 && !rest.starts_with('>')) return false;
        if (rest.front() == '>' || rest.starts_with("/>")) {
            empty = rest.front() == '/';
            rest.remove_prefix(empty ? 2 : 1);
            return true;
        }
        const std::string_view name = take_name(rest);
        skip_blanks(rest);
        if (rest.empty()) return false;
        if (name.empty() || rest.front() != '=') break;
        rest.remove_prefix(1);
        skip_blanks(rest);
        if (rest.empty()) return false;
        const char quote = rest.front();
        if (quote != '"' && quote != '\'') break;
        const auto end = rest.find(quote, 1);
        if (end == std::string_view::npos) return false;
        std::string_view value = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
        if (value.find('&') != std::string_view::npos) {
            if (!decode(value, true, attributes_.decoded_.emplace_back())) break;
            value = attributes_.decoded_.back();
        } else if (!is_text(value)) {
            break;
        }
        attributes_.list_.emplace_back(name, value);
    }
    refuse();
    return false;
}

bool SaxParser::take_end_tag(std::string_view& rest) {
    const auto end = rest.find('>');
    if (end == std::string_view::npos) return false;
    std::string_view name = rest.substr(2, end - 2);
    while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
    rest.remove_prefix(end + 1);
    if (open_.empty() || std::string_view(open_names_).substr(open_.back()) != name) {
        refuse();
    } else {
        close(name);
    }
    return true;
}

void SaxParser::close(std::string_view name) {
    open_names_.resize(open_.back());
    open_.pop_back();
    handler_.close(local_name(name));
}

/// A comment, an instruction, or text that is marked as such.
bool SaxParser::take_other(std::string_view& rest) {
    constexpr std::array<std::array<std::string_view, 2>, 3> kKinds = {
        {{"<?", "?>"}, {"<!--", "-->"}, {"<![CDATA[", "]]>"}}};
    for (const auto& [mark, last] : kKinds) {
        if (mark.starts_with(rest.substr(0, mark.size())) && rest.size() < mark.size())
            return false;
        if (!rest.starts_with(mark)) continue;
        const auto end = rest.find(last, mark.size());
        if (end == std::string_view::npos) return false;
        const std::string_view inside = rest.substr(mark.size(), end - mark.size());
        rest.remove_prefix(end + last.size());
        if (mark == "<?" && is_other_encoding(inside)) refuse();
        if (mark == "<![CDATA[") put_text(inside, false);
        return true;
    }
    refuse();
    return false;
}

void SaxParser::put_text(std::string_view raw, bool with_references) {
    if (open_.empty()) {
        if (raw.find_first_not_of(" \t\r\n") != std::string_view::npos) refuse();
        return;
    }
    const bool changes = raw.find('\r') != std::string_view::npos ||
                         (with_references && raw.find('&') != std::string_view::npos);
    if (!changes) {
        if (!is_text(raw)) return refuse();
        handler_.text(raw);
        return;
    }
    text_.clear();
    if (!decode(raw, with_references, text_)) return refuse();
    handler_.text(text_);
}

/// Line ends made one character, references made what they stand for. False if it can't be.
bool SaxParser::decode(std::string_view raw, bool with_references, std::string& out) {
    if (!is_text(raw)) return false;
    const std::string_view marks = with_references ? "\r&" : "\r";
    while (true) {
        const auto at = raw.find_first_of(marks);
        out += raw.substr(0, at);
        if (at == std::string_view::npos) return true;
        raw.remove_prefix(at);
        if (raw.front() == '\r') {
            raw.remove_prefix(raw.starts_with("\r\n") ? 2 : 1);
            out += '\n';
            continue;
        }
        const auto end = raw.substr(0, kReferenceBytesMax).find(';');
        if (end == std::string_view::npos) return false;
        const std::uint32_t character = referenced(raw.substr(1, end - 1));
        if (character == 0) return false;
        append_utf8(character, out);
        raw.remove_prefix(end + 1);
    }
}

}  // namespace awda::forms
