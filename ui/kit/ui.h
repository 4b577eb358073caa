// Ui: one frame of the window, widget by widget. Dear ImGui keeps windows, scrolling, clipping and
// the pointer; text, editing, focus, layout and looks are ours.
//
// A screen calls widgets top to bottom; each takes its place from the current flow, draws, reacts,
// and leaves a WidgetRecord. Coordinates are page coordinates (start to end): the picture is
// mirrored at the end of the frame for languages that run from the right. Widget ids are strings,
// unique on their screen. Ownership: one Ui a process (Dear ImGui's context is one); the text
// engine is borrowed. Threads: the UI thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/clock.h"
#include "platform/errors.h"
#include "ui/kit/geometry.h"
#include "ui/kit/input.h"
#include "ui/kit/record.h"
#include "ui/kit/theme.h"
#include "ui/strings/strings.h"
#include "ui/text/editor.h"
#include "ui/text/layout.h"
#include "ui/text/secret_entry.h"

struct ImDrawData;
struct ImDrawList;

namespace awda::ui {

using WidgetId = std::uint32_t;

struct TextLook {
    float size_px = theme::kBodyPx;
    Colour colour = theme::kText;
    Weight weight = Weight::kRegular;
    bool wrap = true;
    Direction direction = Direction::kAuto;
    /// Numbers as in the language's script; false for codes and addresses.
    bool local_digits = true;
    enum class Side : std::uint8_t { kStart, kCentre, kEnd } side = Side::kStart;
};

enum class ButtonKind : std::uint8_t { kPrimary, kSecondary, kQuiet, kDanger, kBar };
enum class Icon : std::uint8_t {
    kNone,
    kCheck,
    kCross,
    kPlus,
    kMinus,
    kForward,
    kBack,
    kDown,
    kUp,
    kCalendar,
    kLock,
    kSearch,
    kAlert,
    kInfo,
    kSync,
    kDot,
    kTrash,
    kPerson,
    kEdit,
};

struct ButtonOptions {
    ButtonKind kind = ButtonKind::kSecondary;
    Icon icon = Icon::kNone;
    bool enabled = true;
    bool fill = false;       ///< as wide as the flow; else as wide as its text
    bool icon_only = false;  ///< the label is for the record alone
};

struct FieldOptions {
    std::string label;  ///< for the record; drawn by question() or label()
    std::string placeholder;
    InputFilter filter = InputFilter::kText;
    bool multi_line = false;
    bool left_to_right = false;
    bool enabled = true;
    bool local_digits = true;
    float width = 0;  ///< 0: the flow's
    std::size_t characters_max = 4096;
    std::string problem;
    Icon icon = Icon::kNone;
};

struct FieldResult {
    bool changed = false;
    std::string value;       ///< when changed
    bool submitted = false;  ///< Enter in a single line
};

struct Option {
    std::string value;
    std::string label;
};

enum class Tone : std::uint8_t { kNeutral, kAccent, kSuccess, kWarning, kDanger, kInfo };

struct TableColumn {
    std::string title;
    float fixed = 0;
    float flex = 0;
};

struct FrameInput {
    float width = 0;
    float height = 0;
    Language language = Language::kArabic;
    std::int64_t now_ms = 0;  ///< steady
};

class Ui {
public:
    explicit Ui(TextEngine& text);
    ~Ui();
    Ui(const Ui&) = delete;
    Ui& operator=(const Ui&) = delete;

    // ---- Frames ------------------------------------------------------------------------------
    [[nodiscard]] InputQueue& input() { return input_; }
    void begin_frame(const FrameInput& frame, std::string_view screen);
    /// Mirrors the finished picture where the language asks for it.
    void end_frame();
    [[nodiscard]] ImDrawData* draw_data() const;
    [[nodiscard]] const ScreenRecord& record() const { return record_; }
    /// True while another frame must follow: input waits, or focus, page or atlas has just changed.
    [[nodiscard]] bool needs_frame() const;
    void request_frame() { frame_requested_ = true; }
    /// Steady milliseconds of the next change that comes by itself (caret, toast); 0 = none.
    [[nodiscard]] std::int64_t next_wake_ms() const { return next_wake_ms_; }
    /// Drops every remembered text, edit and open list: at lock and at log out.
    void forget();
    /// Whether forget() was called since this was last asked; the loop then wipes its stack.
    [[nodiscard]] bool take_forgot() { return std::exchange(forgot_, false); }

    [[nodiscard]] Language language() const { return frame_.language; }
    [[nodiscard]] bool right_to_left() const { return mirror_.on; }
    [[nodiscard]] std::int64_t now_ms() const { return frame_.now_ms; }
    [[nodiscard]] Rect screen() const { return {0, 0, frame_.width, frame_.height}; }
    [[nodiscard]] const std::string& tr(Text text) const;
    [[nodiscard]] std::string tr(Text text, std::string_view argument) const;
    [[nodiscard]] Digits digits() const;
    [[nodiscard]] std::string number(std::uint64_t value) const;

    // ---- Layout ------------------------------------------------------------------------------
    /// Widgets go into `area` from the top until the matching end; gives the height used.
    void begin_flow(const Rect& area, float gap = theme::kGap);
    float end_flow();
    /// The current flow's free area: from the next widget's top left, as wide as the flow.
    [[nodiscard]] Rect free_area() const;
    void space(float height);
    /// The next `height` pixels of the flow, or of the line, `width` wide (0: all of it).
    Rect take(float height, float width = 0);
    /// Columns side by side: a fixed width, or a share of what is left.
    struct Column {
        float fixed = 0;
        float flex = 0;
    };
    void begin_columns(std::initializer_list<Column> columns, float gap = theme::kGap);
    void next_column();
    void end_columns();
    /// Widgets of their own width one after another; wraps when the line is full.
    void begin_line(float gap = theme::kGap);
    void end_line();
    void begin_card(float padding = theme::kCardPadding, Colour fill = theme::kSurface);
    void end_card();
    /// A part of the page that scrolls by itself. `key` changes bring it back to the top.
    void begin_scroll(std::string_view id, const Rect& area, std::string_view key, float padding);
    void end_scroll();

    // ---- Drawing -----------------------------------------------------------------------------
    void fill(const Rect& rect, Colour colour, float radius = 0);
    void outline(const Rect& rect, Colour colour, float width = 1, float radius = 0);
    void line(Point from, Point to, Colour colour, float width = 1);
    void icon(Icon icon, Point centre, float size, Colour colour);
    [[nodiscard]] std::shared_ptr<const Layout> lay_out(std::string_view text, const TextLook& look,
                                                        float width) const;
    void draw(const Layout& layout, Point at, Colour colour);
    /// Text centred by height in `rect`; one line, shortened where it is too long.
    void text_in(const Rect& rect, std::string_view text, const TextLook& look);
    [[nodiscard]] float text_width(std::string_view text, const TextLook& look) const;

    // ---- Widgets -----------------------------------------------------------------------------
    void text(std::string_view id, std::string_view text, const TextLook& look = {});
    void title(std::string_view id, std::string_view text);
    void heading(std::string_view id, std::string_view text);
    bool button(std::string_view id, std::string_view label, const ButtonOptions& options = {});
    bool button_at(const Rect& rect, std::string_view id, std::string_view label,
                   const ButtonOptions& options = {});
    bool checkbox(std::string_view id, std::string_view label, bool checked, bool enabled = true);
    /// A choice among few, all shown. Gives true when `value` changed.
    bool radio_list(std::string_view id, std::string_view label, const std::vector<Option>& options,
                    std::string& value, bool enabled = true);
    /// Any number of choices; `value` holds them joined by spaces.
    bool check_list(std::string_view id, std::string_view label, const std::vector<Option>& options,
                    std::string& value, bool enabled = true);
    /// A choice among many: a list that opens, with a search field.
    bool combo(std::string_view id, std::string_view label, const std::vector<Option>& options,
               std::string& value, const FieldOptions& field);
    FieldResult text_field(std::string_view id, std::string_view value,
                           const FieldOptions& options);
    FieldResult number_field(std::string_view id, std::string_view value, FieldOptions options);
    /// yyyy-mm-dd, typed or picked from a calendar.
    FieldResult date_field(std::string_view id, std::string_view value, FieldOptions options);
    /// True on Enter. The entry holds what was typed; nothing else does.
    bool secret_field(std::string_view id, std::string_view label, SecretEntry& entry,
                      bool enabled = true);
    void note(std::string_view id, std::string_view text, Tone tone);
    void field_problem(std::string_view id, std::string_view text);
    void chip(const Rect& rect, std::string_view text, Tone tone);
    [[nodiscard]] float chip_width(std::string_view text) const;
    /// 0 to 1; negative: under way, no measure.
    void progress(std::string_view id, std::string_view label, float part);
    /// One of several pages or filters; gives true when `selected` changed.
    bool tabs(std::string_view id, const std::vector<Option>& options, std::string& selected);
    void empty_state(std::string_view id, Icon icon, std::string_view title, std::string_view text);
    /// A table's head; rows follow with list_row in the same columns.
    void table_head(const std::vector<TableColumn>& columns);
    [[nodiscard]] std::vector<Rect> column_rects(const std::vector<TableColumn>& columns,
                                                 const Rect& row) const;
    /// A row to press; the caller draws its cells inside `rect`. True when pressed.
    bool list_row(std::string_view id, std::string_view label, std::string_view value, float height,
                  Rect& rect, bool selected = false);
    /// A question that stands in the middle of the dimmed page. Widgets until end_dialog are its
    /// own.
    void begin_dialog(std::string_view id, std::string_view title, float width);
    /// True when Escape asks to close it.
    bool end_dialog();
    void toast(std::string_view text, Tone tone);

    // ---- Focus and records
    // -----------------------------------------------------------------------
    /// Moves the keyboard to a widget and scrolls it into view, now or when it next appears.
    void focus(std::string_view id);
    [[nodiscard]] bool is_focused(std::string_view id) const;
    /// A key of this frame that no widget has used: for the screen's own shortcuts.
    [[nodiscard]] bool take_key(Key key, bool control = false);
    void add_record(std::string_view id, std::string_view role, std::string_view label,
                    std::string_view value, const Rect& rect);

private:
    struct Flow {
        Rect area;
        float y;
        float gap;
        bool first = true;
        bool line = false;  ///< side by side
        float line_x = 0;
        float line_height = 0;
    };
    struct Columns {
        std::vector<Rect> rects;
        std::size_t at = 0;
        float tallest = 0;
    };
    struct Card {
        int first_vertex;
        int last_vertex;
        float top;
        float padding;
    };
    struct Focusable {
        WidgetId id;
        int layer;
    };
    struct Press {
        bool hovered = false;
        bool held = false;
        bool pressed = false;
    };
    struct ActiveEdit {
        WidgetId id = 0;
        EditModel model;
        float scroll_x = 0;
        bool dragging = false;
        std::int64_t last_action_ms = 0;
        bool multi_line = false;
    };
    struct OpenList {
        WidgetId owner = 0;
        std::string query;
        std::size_t highlight = 0;
        bool scroll_to_highlight = true;
        bool fresh = false;     ///< the click that opened it is still this frame's
        bool filtered = false;  ///< `shown` fits `query`
        std::vector<std::size_t> shown;
        int year = 0;  ///< of the calendar's page; 0: not chosen yet
        int month = 0;
    };
    struct Toast {
        std::string text;
        Tone tone = Tone::kNeutral;
        std::int64_t until_ms = 0;
    };

    [[nodiscard]] static WidgetId id_of(std::string_view id);
    Flow& flow() { return flows_.back(); }
    [[nodiscard]] const Flow& flow() const { return flows_.back(); }
    void deliver_input();
    void mirror_picture();
    void move_focus();
    void draw_toasts();

    /// Registers a widget that takes the keyboard. True while it has it.
    bool focusable(WidgetId id, const Rect& rect, bool enabled);
    void set_focus(WidgetId id, bool by_keyboard);
    void bring_into_view(const Rect& rect);
    Press press(WidgetId id, const Rect& rect, bool enabled);
    bool key_pressed(Key key);
    void focus_ring(const Rect& rect, float radius);
    [[nodiscard]] bool in_view(const Rect& rect) const;
    WidgetRecord& leave_record(std::string_view id, std::string_view role, std::string_view label,
                               std::string_view value, const Rect& rect, bool focused,
                               bool enabled);

    [[nodiscard]] std::shared_ptr<const Layout> shortened(std::string_view text,
                                                          const TextLook& look, float width) const;
    [[nodiscard]] TextStyle style_of(const TextLook& look, float wrap_px) const;
    [[nodiscard]] ImDrawList* list() const;
    void draw_layout(const Layout& layout, float screen_left, float top, Colour colour);

    FieldResult edit_field(std::string_view id, std::string_view role, std::string_view value,
                           const FieldOptions& options, const Rect& rect, float end_room);
    void start_edit(WidgetId id, std::string_view value, const FieldOptions& options);
    void draw_field_box(const Rect& rect, bool focused, bool hovered, bool enabled, bool invalid);
    void keep_caret_seen(const Layout& layout, float room, bool at_right);
    [[nodiscard]] TextStyle field_style(const FieldOptions& options, float wrap_px) const;
    bool handle_edit_key(const InputEvent& event, const Layout& layout, const FieldOptions& options,
                         bool& submitted);
    bool handle_clipboard(const InputEvent& event);
    bool handle_edit_events(const Layout& layout, const FieldOptions& options, bool& submitted);
    bool handle_edit_pointer(WidgetId id, const Rect& rect, const Layout& layout, Point text_at);
    void draw_edit(const Layout& layout, Point screen_at, bool active);
    [[nodiscard]] bool caret_shown();
    bool begin_popup(std::string_view id, const Rect& anchor, float width, float height,
                     Rect& inner);
    void end_popup();
    void filter_list(const std::vector<Option>& options);
    void move_highlight();
    bool list_rows(const std::vector<Option>& options, std::string& value);
    bool list_body(const std::vector<Option>& options, std::string& value, const Rect& inner);
    std::string calendar_body(const Rect& inner, std::string_view value);
    void close_list();
    bool option_row(std::string_view id, std::string_view role, const Option& option, bool checked,
                    bool tab_stop, const Rect& rect, bool enabled);
    float option_columns(const std::vector<Option>& options, int& columns) const;

    TextEngine& text_;
    InputQueue input_;
    FrameInput frame_;
    Mirror mirror_;
    bool forgot_ = false;
    ScreenRecord record_;
    std::vector<InputEvent> now_;  ///< this frame's keys or letters
    std::int64_t next_wake_ms_ = 0;
    bool frame_requested_ = false;
    std::int64_t last_frame_ms_ = 0;
    Point pointer_;

    std::vector<Flow> flows_;
    std::vector<Columns> columns_;
    std::vector<Card> cards_;
    std::map<std::string, std::string, std::less<>> scroll_keys_;
    std::vector<float> scroll_paddings_;

    WidgetId focus_ = 0;
    WidgetId wanted_focus_ = 0;  ///< not seen yet
    bool focus_by_keyboard_ = false;
    int focus_frames_ = 0;  ///< frames left in which it is scrolled into view
    std::size_t focus_order_ = 0;
    std::vector<Focusable> focusables_;
    int layer_ = 0;
    int top_layer_ = 0;
    int pending_tab_ = 0;  ///< -1 or +1

    std::unique_ptr<ActiveEdit> edit_;
    OpenList open_;
    Toast toast_;
};

}  // namespace awda::ui
