#include "ui/text/layout.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "platform/secret.h"

namespace awda::ui {

namespace {

constexpr float kLineHeightEm = 1.6F;

template <typename T>
void append_raw(std::string& key, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    key.append(raw, sizeof(T));
}

void append_style(std::string& key, const ParagraphStyle& style) {
    append_raw(key, style.size_px);
    append_raw(key, style.wrap_px);
    append_raw(key, style.weight);
    append_raw(key, style.direction);
    append_raw(key, style.fallback_rtl);
    append_raw(key, style.digits);
    append_raw(key, style.language);
}

}  // namespace

Layout::Layout(std::vector<std::shared_ptr<const Paragraph>> paragraphs, const TextStyle& style,
               float ascent_px, float descent_px)
    : paragraphs_(std::move(paragraphs)), style_(style) {
    line_height_ = style.line_height_px > 0 ? style.line_height_px
                                            : std::round(style.paragraph.size_px * kLineHeightEm);
    baseline_ = std::round((line_height_ - (ascent_px + descent_px)) / 2 + ascent_px);
    std::uint32_t offset = 0;
    for (const auto& paragraph : paragraphs_) {
        for (std::uint32_t i = 0; i < paragraph->lines.size(); ++i) {
            lines_.push_back({paragraph.get(), i, offset});
            width_ = std::max(width_, paragraph->lines[i].width);
        }
        length_ = offset + paragraph->length;
        offset = length_ + 1;  // the break itself
    }
}

float Layout::height() const {
    return static_cast<float>(lines_.size()) * line_height_;
}

float Layout::box_width() const {
    return style_.paragraph.wrap_px > 0 ? style_.paragraph.wrap_px : width_;
}

bool Layout::starts_right_to_left() const {
    return paragraphs_.front()->rtl;
}

std::size_t Layout::memory_bytes() const {
    return sizeof(*this) + lines_.capacity() * sizeof(LineRef) +
           paragraphs_.capacity() * sizeof(paragraphs_.front());
}

float Layout::line_left(const LineRef& ref) const {
    const float room = box_width() - ref.paragraph->lines[ref.index].width;
    switch (style_.align) {
        case Align::kLeft: return 0;
        case Align::kRight: return room;
        case Align::kCentre: return room / 2;
        case Align::kByText: break;
    }
    return ref.paragraph->rtl ? room : 0;
}

/// The line and the gap between cells that a caret stands in.
Layout::Place Layout::place_of(Caret caret) const {
    const std::uint32_t position = std::min(caret.position, length_);
    // The last line that starts at or before the position; upstream, at a soft wrap, the one
    // before.
    std::size_t at = lines_.size() - 1;
    while (at > 0 && lines_[at].offset + line(at).start > position) --at;
    const bool soft = lines_[at].index > 0;
    if (caret.upstream && soft && lines_[at].offset + line(at).start == position) --at;
    const Line& where = line(at);
    const Paragraph& paragraph = *lines_[at].paragraph;
    const std::uint32_t local = position - lines_[at].offset;
    const std::uint32_t count = where.cell_end - where.cell_begin;
    std::uint32_t before = count;  // slot by the cell that starts at, or holds, the position
    std::uint32_t after = count;   // slot by the cell that ends at the position
    bool has_before = false;
    bool has_after = false;
    for (std::uint32_t i = 0; i < count; ++i) {
        const Cell& cell = paragraph.cells[where.cell_begin + i];
        if (local >= cell.start && local < cell.end)
            before = cell.rtl ? i + 1 : i, has_before = true;
        if (local == cell.end) after = cell.rtl ? i : i + 1, has_after = true;
    }
    if (has_after && (caret.upstream || !has_before)) return {at, after};
    if (has_before) return {at, before};
    return {at, paragraph.rtl ? 0 : count};
}

float Layout::slot_x(const Place& place) const {
    const LineRef& ref = lines_[place.line];
    const Line& where = line(place.line);
    const std::uint32_t count = where.cell_end - where.cell_begin;
    const float left = line_left(ref);
    if (count == 0) return left;
    if (place.slot == count) return left + ref.paragraph->cells[where.cell_end - 1].right;
    return left + ref.paragraph->cells[where.cell_begin + place.slot].left;
}

TextRect Layout::caret_rect(Caret caret) const {
    const Place place = place_of(caret);
    const float x = slot_x(place);
    const float top = static_cast<float>(place.line) * line_height_;
    return {x, top, x, top + line_height_};
}

/// The caret in a gap, belonging to the cell it has just passed.
Caret Layout::caret_at(const Place& place, bool came_from_left) const {
    const LineRef& ref = lines_[place.line];
    const Line& where = line(place.line);
    const std::uint32_t count = where.cell_end - where.cell_begin;
    if (count == 0) return {ref.offset + where.start, false};
    const bool left_cell = (came_from_left && place.slot > 0) || place.slot == count;
    const Cell& cell =
        ref.paragraph->cells[where.cell_begin + (left_cell ? place.slot - 1 : place.slot)];
    // The right edge of a left-to-right cell, like the left edge of the other kind, is its end.
    const bool at_end = left_cell != cell.rtl;
    return {ref.offset + (at_end ? cell.end : cell.start), at_end};
}

Caret Layout::hit(float x, float y) const {
    const float row = std::floor(y / line_height_);
    const float last = static_cast<float>(lines_.size() - 1);
    const auto at =
        static_cast<std::size_t>(std::clamp(std::isfinite(row) ? row : 0.0F, 0.0F, last));
    const LineRef& ref = lines_[at];
    const Line& where = line(at);
    const float local = x - line_left(ref);
    const std::uint32_t count = where.cell_end - where.cell_begin;
    for (std::uint32_t i = 0; i < count; ++i) {
        const Cell& cell = ref.paragraph->cells[where.cell_begin + i];
        if (local < (cell.left + cell.right) / 2) return caret_at({at, i}, false);
        if (local < cell.right) return caret_at({at, i + 1}, true);
    }
    return caret_at({at, count}, true);
}

Caret Layout::first_in(std::size_t index) const {
    return {lines_[index].offset + line(index).start, false};
}

Caret Layout::last_in(std::size_t index) const {
    const std::uint32_t end = lines_[index].offset + line(index).end;
    return {end, end > lines_[index].offset + line(index).start};
}

Caret Layout::left_of(Caret caret) const {
    const Place place = place_of(caret);
    const LineRef& ref = lines_[place.line];
    if (place.slot > 0) return caret_at({place.line, place.slot - 1}, false);
    // Off the left end: the reading order goes on to the next line in right-to-left text.
    if (ref.paragraph->rtl) {
        return place.line + 1 < lines_.size() ? first_in(place.line + 1) : caret;
    }
    return place.line > 0 ? last_in(place.line - 1) : caret;
}

Caret Layout::right_of(Caret caret) const {
    const Place place = place_of(caret);
    const LineRef& ref = lines_[place.line];
    const Line& where = line(place.line);
    if (place.slot < where.cell_end - where.cell_begin) {
        return caret_at({place.line, place.slot + 1}, true);
    }
    if (ref.paragraph->rtl) return place.line > 0 ? last_in(place.line - 1) : caret;
    return place.line + 1 < lines_.size() ? first_in(place.line + 1) : caret;
}

Caret Layout::vertical(Caret caret, int lines, float x) const {
    const auto at = static_cast<std::ptrdiff_t>(place_of(caret).line) + lines;
    if (at < 0) return first_in(0);
    if (at >= static_cast<std::ptrdiff_t>(lines_.size())) return last_in(lines_.size() - 1);
    return hit(x, (static_cast<float>(at) + 0.5F) * line_height_);
}

Caret Layout::line_start(Caret caret) const {
    return first_in(place_of(caret).line);
}
Caret Layout::line_end(Caret caret) const {
    return last_in(place_of(caret).line);
}
std::size_t Layout::line_of(Caret caret) const {
    return place_of(caret).line;
}

std::vector<TextRect> Layout::selection(std::uint32_t from, std::uint32_t to) const {
    std::vector<TextRect> out;
    for (std::size_t at = 0; at < lines_.size(); ++at) {
        const LineRef& ref = lines_[at];
        const Line& where = line(at);
        if (ref.offset + where.end < from || ref.offset + where.start >= to) continue;
        const float left = line_left(ref);
        const float top = static_cast<float>(at) * line_height_;
        const std::size_t first = out.size();
        for (std::uint32_t i = where.cell_begin; i < where.cell_end; ++i) {
            const Cell& cell = ref.paragraph->cells[i];
            const std::uint32_t start = ref.offset + cell.start;
            if (start < from || start >= to || cell.right <= cell.left) continue;
            if (out.size() > first && std::abs(out.back().right - (left + cell.left)) < 0.01F) {
                out.back().right = left + cell.right;
            } else {
                out.push_back({left + cell.left, top, left + cell.right, top + line_height_});
            }
        }
    }
    return out;
}

TextEngine::Entry* TextEngine::find(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return &recent_.front();
}

TextEngine::Entry& TextEngine::remember(Entry entry) {
    cache_bytes_ += entry.bytes;
    recent_.push_front(std::move(entry));
    by_key_.emplace(recent_.front().key, recent_.begin());
    while (cache_bytes_ > kCacheBytesMax && recent_.size() > 1) {
        Entry& oldest = recent_.back();
        cache_bytes_ -= oldest.bytes;
        by_key_.erase(oldest.key);
        wipe(oldest.key);
        recent_.pop_back();
    }
    return recent_.front();
}

std::shared_ptr<const Paragraph> TextEngine::paragraph(std::u32string_view text,
                                                       const ParagraphStyle& style) {
    std::string key = "P";
    append_style(key, style);
    key.append(reinterpret_cast<const char*>(text.data()), text.size() * sizeof(char32_t));
    if (const Entry* known = find(key)) return known->paragraph;
    auto made = std::make_shared<const Paragraph>(lay_out_paragraph(*fonts_, text, style));
    const std::size_t bytes = made->memory_bytes() + 2 * key.size();
    return remember({std::move(key), nullptr, std::move(made), bytes}).paragraph;
}

std::shared_ptr<const Layout> TextEngine::lay_out(std::string_view text, const TextStyle& style) {
    // A character takes four bytes at most, so this keeps at least kTextMax of them.
    text = text.substr(0, kTextMax * 4);
    std::string key = "L";
    append_style(key, style.paragraph);
    append_raw(key, style.align);
    append_raw(key, style.line_height_px);
    key.append(text);
    if (const Entry* known = find(key)) return known->layout;
    std::shared_ptr<const Layout> made = lay_out(decode_utf8(text), style);
    const std::size_t bytes = made->memory_bytes() + 2 * key.size();
    return remember({std::move(key), std::move(made), nullptr, bytes}).layout;
}

std::shared_ptr<const Layout> TextEngine::lay_out(std::u32string_view text,
                                                  const TextStyle& style) {
    text = text.substr(0, kTextMax);
    std::vector<std::shared_ptr<const Paragraph>> paragraphs;
    ParagraphStyle paragraph_style = style.paragraph;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const bool ends =
            i == text.size() || is_paragraph_break(text[i]) || i - start == kParagraphMax - 1;
        if (!ends) continue;
        const bool forced = i < text.size() && !is_paragraph_break(text[i]);
        const std::size_t size = i - start + (forced ? 1 : 0);
        paragraphs.push_back(paragraph(text.substr(start, size), paragraph_style));
        // A paragraph without letters goes on in the direction of the one before it.
        paragraph_style.fallback_rtl = paragraphs.back()->rtl;
        start = i + 1;
    }
    const Weight weight = style.paragraph.weight;
    const float size_px = style.paragraph.size_px;
    return std::make_shared<const Layout>(std::move(paragraphs), style,
                                          fonts_->ascent_em(weight) * size_px,
                                          fonts_->descent_em(weight) * size_px);
}

void TextEngine::forget() {
    by_key_.clear();
    for (Entry& entry : recent_) wipe(entry.key);
    recent_.clear();
    cache_bytes_ = 0;
}

}  // namespace awda::ui
