#include "forms/markdown_label.h"

#include <algorithm>
#include <array>

#include "forms/ascii.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
/// Letters of other scripts count as well: all their bytes are above 0x7f.
bool is_word(char c) {
    return is_letter(c) || is_digit(c) || is_beyond_ascii(c);
}

void append_code(std::string& out, std::uint32_t code) {
    if (code < 0x80U) {
        out += static_cast<char>(code);
    } else if (code < 0x800U) {
        out += static_cast<char>(0xc0U | (code >> 6U));
        out += static_cast<char>(0x80U | (code & 63U));
    } else if (code < 0x10000U) {
        out += static_cast<char>(0xe0U | (code >> 12U));
        out += static_cast<char>(0x80U | ((code >> 6U) & 63U));
        out += static_cast<char>(0x80U | (code & 63U));
    } else {
        out += static_cast<char>(0xf0U | (code >> 18U));
        out += static_cast<char>(0x80U | ((code >> 12U) & 63U));
        out += static_cast<char>(0x80U | ((code >> 6U) & 63U));
        out += static_cast<char>(0x80U | (code & 63U));
    }
}

/// "&amp;", "&#160;", "&#xa0;" at the head of `text`; 0 bytes if it is none.
std::size_t read_entity(std::string_view text, std::string& out) {
    constexpr std::size_t kLongest = 10;
    const std::size_t end = text.substr(0, kLongest).find(';');
    if (end == std::string_view::npos || end < 3) return 0;
    const std::string_view name = text.substr(1, end - 1);
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNamed{
        {{"amp", "&"},
         {"lt", "<"},
         {"gt", ">"},
         {"quot", "\""},
         {"apos", "'"},
         {"nbsp", "\xc2\xa0"}}};
    for (const auto& [key, value] : kNamed) {
        if (name == key) {
            out += value;
            return end + 1;
        }
    }
    if (name[0] != '#') return 0;
    const bool hex = name[1] == 'x' || name[1] == 'X';
    std::uint32_t code = 0;
    for (const char c : name.substr(hex ? 2 : 1)) {
        const char low = static_cast<char>(c | 0x20);
        if (hex ? !is_hex_digit(c) : !is_digit(c)) return 0;
        code = code * (hex ? 16U : 10U) +
               static_cast<std::uint32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
    }
    if (code < 0x20U || code > 0x10ffffU || (code >= 0xd800U && code <= 0xdfffU)) return 0;
    append_code(out, code);
    return end + 1;
}

bool is_color(std::string_view text) {
    if (text.empty() || text.size() > 20) return false;
    if (text[0] != '#') return std::ranges::all_of(text, is_letter);
    return (text.size() == 4 || text.size() == 7) &&
           std::ranges::all_of(text.substr(1), is_hex_digit);
}

bool is_font(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return is_word(c) || c == ' ' || c == ',' || c == '-' || c == '\'';
    });
}

bool is_safe_link(std::string_view text) {
    const std::string low = lower_ascii(text.substr(0, 8));
    const bool known = low.starts_with("http://") || low.starts_with("https://") ||
                       low.starts_with("mailto:") || low.starts_with("tel:");
    return known && std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) <= 0x20U || c == '"' || c == '<' || c == '>';
           });
}

/// The value of an attribute in a tag's text.
std::string_view tag_attribute(std::string_view tag, std::string_view name) {
    std::size_t at = 0;
    while (at < tag.size()) {
        while (at < tag.size() && !is_letter(tag[at])) ++at;
        const std::size_t from = at;
        while (at < tag.size() && (is_letter(tag[at]) || tag[at] == '-')) ++at;
        const std::string key = lower_ascii(tag.substr(from, at - from));
        while (at < tag.size() && is_blank(tag[at])) ++at;
        if (at >= tag.size() || tag[at] != '=') continue;
        ++at;
        while (at < tag.size() && is_blank(tag[at])) ++at;
        if (at >= tag.size()) return {};
        const bool quoted = tag[at] == '"' || tag[at] == '\'';
        const std::size_t end = quoted ? tag.find(tag[at], at + 1) : tag.find_first_of(" \t", at);
        if (quoted) ++at;
        const std::string_view value =
            tag.substr(at, end == std::string_view::npos ? end : end - at);
        if (key == name) return value;
        at = end == std::string_view::npos ? tag.size() : end + 1;
    }
    return {};
}

std::string_view css_value(std::string_view style, std::string_view name) {
    while (!style.empty()) {
        const std::size_t end = style.find(';');
        const std::string_view rule = style.substr(0, end);
        style = end == std::string_view::npos ? std::string_view() : style.substr(end + 1);
        const std::size_t colon = rule.find(':');
        if (colon == std::string_view::npos) continue;
        if (lower_ascii(trim(rule.substr(0, colon))) == name) return trim(rule.substr(colon + 1));
    }
    return {};
}

constexpr std::array<std::string_view, 44> kHtmlTags{
    "a",    "abbr",   "article", "b",     "big",  "blockquote", "body", "br",     "center",
    "code", "del",    "div",     "em",    "font", "footer",     "form", "h1",     "h2",
    "h3",   "h4",     "h5",      "h6",    "head", "hr",         "html", "i",      "iframe",
    "img",  "input",  "li",      "ol",    "p",    "pre",        "s",    "script", "small",
    "span", "strike", "strong",  "style", "sub",  "sup",        "u",    "ul"};

/// Marks that open and close a style.
enum class Mark : std::uint8_t { kBoldStars, kBoldLines, kStar, kLine };
constexpr std::array<std::string_view, 4> kMarks{"**", "__", "*", "_"};

class LabelReader {
public:
    explicit LabelReader(std::string_view text) : text_(text) {}

    StyledText run() {
        while (!text_.empty()) {
            const std::size_t end = text_.find('\n');
            std::string_view line = text_.substr(0, end);
            text_ = end == std::string_view::npos ? std::string_view() : text_.substr(end + 1);
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (trim(line).empty()) {
                gap_ = !out_.blocks.empty();
                continue;
            }
            read_line(line);
        }
        return std::move(out_);
    }

private:
    StyledBlock& block() { return out_.blocks.back(); }
    void begin(BlockKind kind) {
        out_.blocks.emplace_back();
        block().kind = kind;
        block().align = align_;
        block().after_gap = gap_;
        gap_ = false;
    }

    void read_line(std::string_view line) {
        begin(BlockKind::kParagraph);
        std::string_view rest = line;
        while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
        const std::size_t hashes = std::min(rest.find_first_not_of('#'), rest.size());
        std::size_t digits = 0;
        while (digits < rest.size() && digits < 9 && is_digit(rest[digits])) ++digits;
        const auto blank_at = [&](std::size_t at) {
            return at < rest.size() && is_blank(rest[at]);
        };
        if (hashes >= 1 && hashes <= 6 && blank_at(hashes)) {
            block().kind = BlockKind::kHeading;
            block().level = static_cast<std::uint32_t>(hashes);
            line = trim(rest.substr(hashes));
            while (line.ends_with('#')) line.remove_suffix(1);
        } else if ((rest[0] == '-' || rest[0] == '*' || rest[0] == '+') && blank_at(1)) {
            block().kind = BlockKind::kBullet;
            line = trim(rest.substr(1));
        } else if (digits > 0 && digits < rest.size() && rest[digits] == '.' &&
                   blank_at(digits + 1)) {
            block().kind = BlockKind::kNumbered;
            for (const char c : rest.substr(0, digits)) {
                block().number = block().number * 10 + static_cast<std::uint32_t>(c - '0');
            }
            line = trim(rest.substr(digits + 1));
        }
        read_inline(trim(line));
        // A line of tags only says nothing.
        if (block().runs.empty() && block().kind == BlockKind::kParagraph) out_.blocks.pop_back();
    }

    [[nodiscard]] TextStyle style() const {
        TextStyle out;
        for (const auto& [name, style] : open_) {
            out.bold |= style.bold;
            out.italic |= style.italic;
            out.underline |= style.underline;
            out.subscript |= style.subscript;
            out.superscript |= style.superscript;
            if (!style.color.empty()) out.color = style.color;
            if (!style.font.empty()) out.font = style.font;
            if (!style.link.empty()) out.link = style.link;
        }
        out.bold |= marked_[0] || marked_[1];
        out.italic |= marked_[2] || marked_[3];
        if (!link_.empty()) out.link = link_ == "-" ? std::string() : link_;
        return out;
    }

    void flush() {
        if (pending_.empty() || skipping_ != 0) {
            pending_.clear();
            return;
        }
        TextStyle now = style();
        if (!block().runs.empty() && block().runs.back().style == now) {
            block().runs.back().text += pending_;
        } else {
            block().runs.push_back({std::move(pending_), std::move(now)});
        }
        pending_.clear();
    }

    /// Where marks may close, so that each is looked for once only.
    void find_closers(std::string_view line) {
        for (auto& list : closers_) list.clear();
        for (std::size_t at = 1; at < line.size(); ++at) {
            if (line[at] == '\\') {
                ++at;
                continue;
            }
            if ((line[at] != '*' && line[at] != '_') || is_blank(line[at - 1])) continue;
            const bool twice = at + 1 < line.size() && line[at + 1] == line[at];
            const std::size_t after = at + (twice ? 2 : 1);
            const bool inside_word = line[at] == '_' && after < line.size() && is_word(line[after]);
            if (!inside_word) {
                closers_[(line[at] == '*' ? 0U : 1U) + (twice ? 0U : 2U)].push_back(at);
            }
            if (twice) ++at;
        }
    }

    /// A mark that opens or closes a style here; its length, or 0 if it is only a character.
    std::size_t read_mark(std::string_view line, std::size_t at) {
        const bool twice = at + 1 < line.size() && line[at + 1] == line[at];
        const std::size_t which = (line[at] == '*' ? 0U : 1U) + (twice ? 0U : 2U);
        const std::size_t size = kMarks[which].size();
        auto& closers = closers_[which];
        std::size_t& next = next_closer_[which];
        while (next < closers.size() && closers[next] < at) ++next;
        if (marked_[which]) {
            if (next >= closers.size() || closers[next] != at) return 0;
            flush();
            marked_[which] = false;
            return size;
        }
        const bool word_before = line[at] == '_' && at > 0 && is_word(line[at - 1]);
        const bool blank_after = at + size >= line.size() || is_blank(line[at + size]);
        std::size_t later = next;
        while (later < closers.size() && closers[later] <= at + size) ++later;
        if (word_before || blank_after || later >= closers.size()) return 0;
        flush();
        marked_[which] = true;
        return size;
    }

    /// "[text](address)": sets the link for what is inside; 0 if it is none.
    std::size_t read_link(std::string_view line, std::size_t at) {
        if (!link_.empty() || no_more_links_) return 0;
        const std::size_t middle = line.find_first_of("[]", at + 1);
        if (middle == std::string_view::npos || line.substr(middle, 2) != "](") return 0;
        const std::size_t end = line.find(')', middle);
        if (end == std::string_view::npos) {
            no_more_links_ = true;
            return 0;
        }
        flush();
        const std::string_view address = trim(line.substr(middle + 2, end - middle - 2));
        link_ = is_safe_link(address) ? std::string(address) : std::string("-");
        link_text_end_ = middle;
        link_end_ = end + 1;
        return 1;
    }

    void read_inline(std::string_view line) {
        find_closers(line);
        next_closer_ = {};
        no_more_links_ = false;
        std::size_t at = 0;
        while (at < line.size()) {
            if (!link_.empty() && at == link_text_end_) {
                flush();
                link_.clear();
                at = link_end_;
                continue;
            }
            const char c = line[at];
            std::size_t used = 0;
            if (c == '\\' && at + 1 < line.size() && !is_word(line[at + 1]) &&
                !is_blank(line[at + 1])) {
                pending_ += line[at + 1];
                used = 2;
            } else if (c == '*' || c == '_') {
                used = read_mark(line, at);
            } else if (c == '[') {
                used = read_link(line, at);
            } else if (c == '<') {
                used = read_tag(line.substr(at));
            } else if (c == '&') {
                used = read_entity(line.substr(at), pending_);
            }
            if (used == 0) {
                pending_ += c;
                used = 1;
            }
            at += used;
        }
        flush();
        marked_ = {};
        link_.clear();
    }

    /// A tag of HTML; its length, or 0 if it is a "<" that means less.
    std::size_t read_tag(std::string_view rest) {
        constexpr std::size_t kTagMax = 1000;
        const std::size_t end = rest.substr(0, kTagMax).find('>');
        if (end == std::string_view::npos) return 0;
        std::string_view inside = rest.substr(1, end - 1);
        const bool closing = inside.starts_with('/');
        if (closing) inside.remove_prefix(1);
        std::size_t size = 0;
        while (size < inside.size() && (is_letter(inside[size]) || is_digit(inside[size]))) ++size;
        const std::string name = lower_ascii(inside.substr(0, size));
        if (!std::ranges::binary_search(kHtmlTags, name)) return 0;
        flush();
        if (name == "script" || name == "style" || name == "iframe") {
            skipping_ = closing ? (skipping_ > 0 ? skipping_ - 1 : 0) : skipping_ + 1;
        } else if (closing) {
            close(name);
        } else {
            open(name, inside.substr(size));
        }
        return end + 1;
    }

    static bool is_heading(std::string_view name) {
        return name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
    }

    /// Elements whose end ends a line.
    static bool is_block(std::string_view name) {
        return name == "p" || name == "div" || is_heading(name);
    }

    void close(const std::string& name) {
        if (name == "p" || name == "div") align_ = BlockAlign::kStart;
        if (is_block(name)) new_line();
        const auto found = std::find_if(open_.rbegin(), open_.rend(),
                                        [&](const auto& each) { return each.first == name; });
        if (found != open_.rend()) open_.erase(std::next(found).base());
    }

    void new_line() {
        if (!block().runs.empty()) begin(BlockKind::kParagraph);
    }

    void open(const std::string& name, std::string_view attributes) {
        constexpr std::size_t kOpenMax = 64;
        if (name == "br" || name == "hr" || name == "li") return new_line();
        TextStyle style;
        const std::string_view css = tag_attribute(attributes, "style");
        if (name == "p" || name == "div") {
            new_line();
            const std::string align = lower_ascii(css_value(css, "text-align"));
            align_ = align == "center"  ? BlockAlign::kCenter
                     : align == "right" ? BlockAlign::kRight
                     : align == "left"  ? BlockAlign::kLeft
                                        : BlockAlign::kStart;
            block().align = align_;
        }
        if (is_heading(name)) {
            new_line();
            block().kind = BlockKind::kHeading;
            block().level = static_cast<std::uint32_t>(name[1] - '0');
        }
        style.bold = name == "b" || name == "strong";
        style.italic = name == "i" || name == "em";
        style.underline = name == "u";
        style.subscript = name == "sub";
        style.superscript = name == "sup";
        const bool font = name == "font";
        const auto color = font ? tag_attribute(attributes, "color") : css_value(css, "color");
        const auto family =
            font ? tag_attribute(attributes, "face") : css_value(css, "font-family");
        if (is_color(color)) style.color = lower_ascii(color);
        if (is_font(family)) style.font = std::string(family);
        if (name == "a" && is_safe_link(tag_attribute(attributes, "href"))) {
            style.link = std::string(tag_attribute(attributes, "href"));
        }
        if (open_.size() < kOpenMax) open_.emplace_back(name, std::move(style));
    }

    std::string_view text_;
    StyledText out_;
    std::string pending_;
    std::vector<std::pair<std::string, TextStyle>> open_;  ///< HTML elements, outer ones first
    std::array<bool, 4> marked_{};
    std::array<std::vector<std::size_t>, 4> closers_;
    std::array<std::size_t, 4> next_closer_{};
    std::string link_;  ///< "-" inside a link that leads nowhere safe
    std::size_t link_text_end_ = 0;
    std::size_t link_end_ = 0;
    bool no_more_links_ = false;
    BlockAlign align_ = BlockAlign::kStart;
    std::size_t skipping_ = 0;
    bool gap_ = false;
};

}  // namespace

std::string StyledText::plain() const {
    std::string out;
    for (const StyledBlock& block : blocks) {
        if (&block != &blocks.front()) out += '\n';
        for (const StyledRun& run : block.runs) out += run.text;
    }
    return out;
}

StyledText styled_text(std::string_view text) {
    if (text.size() > kStyledBytesMax) {
        StyledText out;
        out.blocks.emplace_back();
        out.blocks.back().runs.push_back({std::string(text), {}});
        return out;
    }
    return LabelReader(text).run();
}

}  // namespace awda::forms
