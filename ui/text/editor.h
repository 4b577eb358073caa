// EditModel: a text being edited: caret, selection, undo. No window, no drawing.
//
// The layout that movements need is the caller's, made from text() as it is shown. Positions count
// characters. Digits typed in Arabic forms are stored as ASCII; bidi embeddings and isolates never
// get in, since they would reorder what stands after the text. Ownership: the widget that edits
// holds one; the destructor wipes it and its history. Threads: the UI thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ui/text/layout.h"

namespace awda::ui {

/// What a field takes; anything else is dropped as it is typed or pasted.
enum class InputFilter : std::uint8_t {
    kText,
    kInteger,  ///< digits, and a minus in front
    kDecimal,  ///< and one point; a comma or Arabic decimal mark becomes one
    kDate,     ///< digits and hyphens; a slash or point becomes one
    kTime,     ///< digits and colons
};

enum class Move : std::uint8_t {
    kLeft,
    kRight,  ///< as seen on the screen
    kWordLeft,
    kWordRight,
    kUp,
    kDown,
    kPageUp,
    kPageDown,
    kLineStart,
    kLineEnd,
    kTextStart,
    kTextEnd,
};

class EditModel {
public:
    static constexpr std::size_t kCharactersMax = 65536;
    static constexpr std::size_t kUndoMax = 500;
    static constexpr int kPageLines = 10;

    explicit EditModel(InputFilter filter = InputFilter::kText, bool multi_line = false,
                       std::size_t characters_max = kCharactersMax);
    EditModel(EditModel&&) = default;
    EditModel& operator=(EditModel&&) = default;
    EditModel(const EditModel&) = delete;
    EditModel& operator=(const EditModel&) = delete;
    ~EditModel();

    /// Replaces everything, as a new text: caret at the end, no history.
    void set_text(std::string_view utf8);
    [[nodiscard]] const std::u32string& text() const { return text_; }
    /// In UTF-8 and NFC, as it is stored.
    [[nodiscard]] std::string value() const;

    [[nodiscard]] Caret caret() const { return caret_; }
    [[nodiscard]] bool has_selection() const { return anchor_ != caret_.position; }
    [[nodiscard]] std::uint32_t selection_start() const {
        return std::min(anchor_, caret_.position);
    }
    [[nodiscard]] std::uint32_t selection_end() const { return std::max(anchor_, caret_.position); }
    /// For the clipboard, as UTF-8.
    [[nodiscard]] std::string selected_text() const;

    /// Each says whether the text changed.
    bool type(char32_t character);
    bool paste(std::string_view utf8);
    bool backspace();      ///< the selection, or one code point: a haraka alone
    bool erase_forward();  ///< the selection, or one grapheme
    bool erase_word_back();
    bool erase_word_forward();
    bool undo();
    bool redo();

    void move(Move move, bool extend, const Layout& layout);
    void place(Caret caret, bool extend);
    void select_all();
    void select_word(std::uint32_t position);
    void select_paragraph(std::uint32_t position);
    /// Makes the next typed letter a new undo step.
    void end_group() { group_open_ = false; }

private:
    enum class Kind : std::uint8_t { kNone, kTyping, kErasing, kOther };
    struct Step {
        std::uint32_t at;
        std::u32string removed;
        std::u32string inserted;
        Caret caret_before;
        std::uint32_t anchor_before;
        bool joins_previous;
    };
    [[nodiscard]] std::u32string accepted(std::u32string_view input) const;
    [[nodiscard]] char32_t accept(char32_t character, std::uint32_t at,
                                  std::u32string_view so_far) const;
    bool replace(std::uint32_t from, std::uint32_t to, std::u32string_view with, Kind kind);
    bool erase(std::uint32_t from, std::uint32_t to);
    [[nodiscard]] std::uint32_t word_before(std::uint32_t position) const;
    [[nodiscard]] std::uint32_t word_after(std::uint32_t position) const;
    [[nodiscard]] Caret moved(Move move, const Layout& layout);
    void forget(std::vector<Step>& steps);

    InputFilter filter_;
    bool multi_line_;
    std::size_t characters_max_;
    std::u32string text_;
    Caret caret_;
    std::uint32_t anchor_ = 0;
    float goal_x_ = -1;  ///< the column that Up and Down keep
    std::vector<Step> undo_;
    std::vector<Step> redo_;
    bool group_open_ = false;
    Kind last_kind_ = Kind::kNone;
};

}  // namespace awda::ui
