#include <charconv>
#include <cmath>
#include <map>
#include <unordered_map>

#include "forms/cell_text.h"
#include "forms/sax.h"
#include "forms/value.h"
#include "forms/workbook.h"
#include "forms/zip_archive.h"

namespace awda::forms {
namespace {

constexpr std::size_t kRelationsMax = kZipEntriesMax;
constexpr std::size_t kStylesMax = 65'536;

/// The whole text as a number; nothing if it is none.
template <typename Number>
std::optional<Number> parse(std::string_view text) {
    Number out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

bool is_true(std::string_view text) {
    return text == "1" || text == "true";
}

/// "_x000D_" in an office file's string is the character with that number.
void unescape(std::string& text) {
    if (text.find("_x") == std::string::npos) return;
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape =
            text[i] == '_' && i + 6 < text.size() && text[i + 1] == 'x' && text[i + 6] == '_';
        std::uint32_t code = 0;
        const char* digits = text.data() + i + 2;
        const bool known = escape &&
                           std::from_chars(digits, digits + 4, code, 16).ptr == digits + 4 &&
                           (code >= 0x20 || code == '\t' || code == '\n' || code == '\r') &&
                           (code < 0xd800 || code >= 0xe000);
        if (!known) {
            out += text[i];
            continue;
        }
        i += 6;
        if (code == '\r') {
            // A line ends in one character, as in XML.
            if (text.compare(i + 1, 1, "\n") == 0) continue;
            code = '\n';
        }
        append_utf8(code, out);
    }
    text = std::move(out);
}

/// The text of a string item: in <t>, or in runs of <r><t>; phonetic hints in <rPh> are no text.
class RichText {
public:
    std::string text;
    void open(std::string_view name) {
        if (name == "rPh") ++phonetic_;
        in_text_ = name == "t" && phonetic_ == 0;
    }
    void close(std::string_view name) {
        if (name == "rPh" && phonetic_ > 0) --phonetic_;
        in_text_ = false;
    }
    /// False if the text is longer than a cell may be.
    bool add(std::string_view piece) {
        if (in_text_) text += piece;
        return text.size() <= kCellBytesMax;
    }
    std::string& tidied() {
        unescape(text);
        tidy_cell(text);
        return text;
    }

private:
    int phonetic_ = 0;
    bool in_text_ = false;
};

struct Relation {
    std::string type;
    std::string target;
};

class RelationsHandler final : public SaxHandler {
public:
    std::map<std::string, Relation, std::less<>> relations;
    void open(std::string_view name, const SaxAttributes& attributes) override {
        if (name != "Relationship") return;
        relations.emplace(attributes.get("Id"), Relation{std::string(attributes.get("Type")),
                                                         std::string(attributes.get("Target"))});
        done_ = relations.size() > kRelationsMax;
    }
    void close(std::string_view) override {}
    void text(std::string_view) override {}

    /// The target of the first relation whose type ends so (its beginning has variants).
    [[nodiscard]] std::string_view of_type(std::string_view end) const {
        for (const auto& [id, relation] : relations) {
            if (relation.type.ends_with(end)) return relation.target;
        }
        return {};
    }
};

class WorkbookHandler final : public SaxHandler {
public:
    struct SheetPart {
        std::string name;
        std::string relation;
    };
    std::vector<SheetPart> sheets;
    bool since_1904 = false;
    void open(std::string_view name, const SaxAttributes& attributes) override {
        if (name == "workbookPr") since_1904 = is_true(attributes.get("date1904"));
        if (name != "sheet") return;
        sheets.push_back({std::string(attributes.get("name")), std::string(attributes.get("id"))});
        done_ = sheets.size() > kSheetsMax;
    }
    void close(std::string_view name) override { done_ = done_ || name == "sheets"; }
    void text(std::string_view) override {}
};

/// Which cell styles show a number as a date.
class StylesHandler final : public SaxHandler {
public:
    std::vector<NumberFormat> formats;  ///< by style
    void open(std::string_view name, const SaxAttributes& attributes) override {
        in_styles_ = in_styles_ || name == "cellXfs";
        const auto id = parse<std::uint32_t>(attributes.get("numFmtId")).value_or(0);
        if (name == "numFmt") custom_[id] = number_format(attributes.get("formatCode"));
        if (name == "xf" && in_styles_) {
            const auto found = custom_.find(id);
            formats.push_back(found == custom_.end() ? built_in_format(id) : found->second);
        }
        done_ = formats.size() > kStylesMax || custom_.size() > kStylesMax;
    }
    void close(std::string_view name) override { done_ = done_ || name == "cellXfs"; }
    void text(std::string_view) override {}

private:
    std::unordered_map<std::uint32_t, NumberFormat> custom_;
    bool in_styles_ = false;
};

class StringsHandler final : public SaxHandler {
public:
    explicit StringsHandler(Workbook& book) : book_(book) {}
    std::vector<std::string_view> strings;
    bool too_large = false;
    void open(std::string_view name, const SaxAttributes&) override {
        if (name == "si") item_ = {};
        item_.open(name);
    }
    void close(std::string_view name) override {
        item_.close(name);
        if (name != "si") return;
        strings.push_back(book_.keep(item_.tidied()));
        bytes_ += strings.back().size();
        check(strings.size() <= kCellsMax && bytes_ <= kWorkbookTextBytesMax);
    }
    void text(std::string_view piece) override { check(item_.add(piece)); }

private:
    void check(bool fits) {
        too_large = too_large || !fits;
        done_ = too_large;
    }
    Workbook& book_;
    RichText item_;
    std::size_t bytes_ = 0;
};

/// What the cells of every sheet refer to.
struct Shared {
    std::vector<std::string_view> strings;
    std::vector<NumberFormat> formats;
    DateSystem dates;
};

class SheetHandler final : public SaxHandler {
public:
    SheetHandler(Workbook& book, const Shared& shared)
        : builder(book), book_(book), shared_(shared) {}
    SheetBuilder builder;
    bool too_large = false;
    bool unknown_string = false;

    void open(std::string_view name, const SaxAttributes& attributes) override {
        if (!in_data_) {
            in_data_ = name == "sheetData";
        } else if (name == "c") {
            begin_cell(attributes);
        } else if (name == "v") {
            in_value_ = true;
        } else if (name == "row") {
            begin_row(attributes);
        } else if (name == "is") {
            inline_text_ = {};
            in_inline_ = true;
        } else if (in_inline_) {
            inline_text_.open(name);
        }
    }

    void close(std::string_view name) override {
        if (!in_data_) return;
        if (name == "v") {
            in_value_ = false;
        } else if (name == "c") {
            end_cell();
        } else if (name == "is") {
            in_inline_ = false;
        } else if (name == "sheetData") {
            done_ = true;
        } else if (in_inline_) {
            inline_text_.close(name);
        }
    }

    void text(std::string_view piece) override {
        if (in_value_) {
            value_ += piece;
            check(value_.size() <= kCellBytesMax);
        } else if (in_inline_) {
            check(inline_text_.add(piece));
        }
    }

private:
    void check(bool fits) {
        too_large = too_large || !fits;
        done_ = done_ || too_large;
    }

    void begin_row(const SaxAttributes& attributes) {
        row_ = parse<std::uint32_t>(attributes.get("r")).value_or(row_ + 1);
        next_column_ = 0;
        done_ = !builder.begin_row(row_);
        too_large = builder.too_large();
    }

    void begin_cell(const SaxAttributes& attributes) {
        column_ = column_of(attributes.get("r")).value_or(next_column_);
        next_column_ = column_ + 1;
        type_ = attributes.get("t");
        style_ = attributes.get("s");
        value_.clear();
        inline_text_.text.clear();
    }

    /// "BC12" is column 54, counted from 0.
    static std::optional<std::size_t> column_of(std::string_view reference) {
        std::size_t column = 0;
        for (const char c : reference) {
            if (c < 'A' || c > 'Z' || column > SheetBuilder::kColumnsMax) break;
            column = column * 26 + static_cast<std::size_t>(c - 'A') + 1;
        }
        if (column == 0) return std::nullopt;
        return column - 1;
    }

    void end_cell() {
        if (!builder.wants(column_)) return;
        if (type_ == "s") {
            const auto index = parse<std::size_t>(trim(value_));
            if (value_.empty()) return;
            if (!index || *index >= shared_.strings.size()) {
                unknown_string = true;
                done_ = true;
                return;
            }
            builder.set(column_, shared_.strings[*index]);
            return;
        }
        builder.set(column_, book_.keep(cell_text()));
    }

    std::string_view cell_text() {
        if (type_ == "inlineStr") return inline_text_.tidied();
        if (value_.empty()) return {};
        if (type_ == "b") return is_true(value_) ? "TRUE" : "FALSE";
        if (type_.empty() || type_ == "n") return number();
        unescape(value_);
        tidy_cell(value_);
        // An ISO date shows as others do.
        if (type_ == "d" && value_.size() > 10 && value_[10] == 'T') value_[10] = ' ';
        return value_;
    }

    std::string_view number() {
        tidy_cell(value_);
        if (value_.empty()) return {};
        const auto style = parse<std::size_t>(style_);
        const NumberFormat format = style && *style < shared_.formats.size()
                                        ? shared_.formats[*style]
                                        : NumberFormat::kNumber;
        const bool whole = value_.find_first_not_of("0123456789") == std::string::npos;
        // Digits need not go through a floating point number, which would not hold many.
        if (format == NumberFormat::kNumber && whole && value_.front() != '0') return value_;
        const auto number = parse<double>(value_);
        if (!number || !std::isfinite(*number)) return value_;
        std::optional<std::string> date;
        if (format != NumberFormat::kNumber) date = serial_text(*number, format, shared_.dates);
        value_ = date ? *std::move(date) : print_number(*number);
        return value_;
    }

    Workbook& book_;
    const Shared& shared_;
    std::uint32_t row_ = 0;
    std::size_t column_ = 0;
    std::size_t next_column_ = 0;
    std::string type_;
    std::string style_;
    std::string value_;
    RichText inline_text_;
    bool in_data_ = false;
    bool in_value_ = false;
    bool in_inline_ = false;
};

/// A part's name as the zip has it: `target` as seen from the folder of the part that names it.
std::string resolve(std::string_view folder, std::string_view target) {
    std::string out(target.starts_with('/') ? std::string_view() : folder);
    while (!target.empty()) {
        const auto slash = target.find('/');
        const std::string_view step = target.substr(0, slash);
        target = slash == std::string_view::npos ? std::string_view() : target.substr(slash + 1);
        if (step == "..") {
            const auto up = out.rfind('/');
            out.erase(up == std::string::npos ? 0 : up);
        } else if (!step.empty() && step != ".") {
            if (!out.empty()) out += '/';
            out += step;
        }
    }
    return out;
}

class XlsxReader {
public:
    XlsxReader(const LoadOptions& options, Diagnostics& diagnostics)
        : options_(options), diagnostics_(diagnostics) {}

    std::optional<Workbook> read(ByteView bytes) {
        const auto outcome = archive_.open(bytes);
        if (outcome != ZipArchive::Outcome::kGood) {
            fail(outcome, "zip");
            return std::nullopt;
        }
        if (!read_book() || !read_strings() || !read_styles()) return std::nullopt;
        for (const auto& sheet : book_parts_.sheets) {
            const bool only = book_parts_.sheets.size() == 1;
            if (book_.add_sheet(sheet.name, only) && !read_sheet(sheet)) return std::nullopt;
        }
        return std::move(book_);
    }

private:
    bool fail(DiagnosticCode code, const std::string& what, Provenance where = {}) {
        diagnostics_.push_back(
            {Severity::kError, code, options_.file_name, std::move(where), {what}, {}});
        return false;
    }

    bool fail(ZipArchive::Outcome outcome, const std::string& what, Provenance where = {}) {
        const auto code =
            outcome == ZipArchive::Outcome::kTooLarge    ? DiagnosticCode::kWorkbookTooLarge
            : outcome == ZipArchive::Outcome::kEncrypted ? DiagnosticCode::kWorkbookEncrypted
                                                         : DiagnosticCode::kWorkbookBroken;
        return fail(code, what, std::move(where));
    }

    bool read_part(const std::string& name, SaxHandler& handler, const Provenance& where = {}) {
        SaxParser parser(handler);
        const auto outcome =
            archive_.read(name, [&](std::string_view piece) { parser.feed(piece); });
        if (outcome != ZipArchive::Outcome::kGood) return fail(outcome, name, where);
        return parser.finish() || fail(DiagnosticCode::kWorkbookBroken, name, where);
    }

    bool read_book() {
        std::string name = "xl/workbook.xml";
        if (archive_.has("_rels/.rels")) {
            RelationsHandler top;
            if (!read_part("_rels/.rels", top)) return false;
            const std::string_view target = top.of_type("/officeDocument");
            if (!target.empty()) name = resolve("", target);
        }
        if (!read_part(name, book_parts_)) return false;
        if (book_parts_.sheets.size() > kSheetsMax)
            return fail(DiagnosticCode::kWorkbookTooLarge, name);
        shared_.dates.since_1904 = book_parts_.since_1904;
        const auto slash = name.rfind('/');
        if (slash != std::string::npos) folder_ = name.substr(0, slash);
        return read_part(resolve(folder_, "_rels/" + name.substr(slash + 1) + ".rels"), links_);
    }

    /// The part of a kind that every workbook has at most once, "" if this one has none.
    [[nodiscard]] std::string only_part(std::string_view kind) const {
        const std::string_view target = links_.of_type(kind);
        std::string name = target.empty() ? std::string() : resolve(folder_, target);
        return archive_.has(name) ? name : std::string();
    }

    bool read_strings() {
        const std::string name = only_part("/sharedStrings");
        if (name.empty()) return true;
        StringsHandler strings(book_);
        if (!read_part(name, strings)) return false;
        if (strings.too_large) return fail(DiagnosticCode::kWorkbookTooLarge, name);
        shared_.strings = std::move(strings.strings);
        return true;
    }

    bool read_styles() {
        const std::string name = only_part("/styles");
        if (name.empty()) return true;
        StylesHandler styles;
        if (!read_part(name, styles)) return false;
        shared_.formats = std::move(styles.formats);
        return true;
    }

    bool read_sheet(const WorkbookHandler::SheetPart& sheet) {
        const auto link = links_.relations.find(sheet.relation);
        if (link == links_.relations.end())
            return fail(DiagnosticCode::kWorkbookBroken, sheet.name, {sheet.name, 0, ""});
        SheetHandler handler(book_, shared_);
        const std::string name = resolve(folder_, link->second.target);
        SaxParser parser(handler);
        const auto outcome =
            archive_.read(name, [&](std::string_view piece) { parser.feed(piece); });
        handler.builder.finish(options_, diagnostics_);
        const Provenance where{sheet.name, handler.builder.row(), ""};
        if (handler.too_large || handler.builder.too_large())
            return fail(DiagnosticCode::kWorkbookTooLarge, name, where);
        if (handler.unknown_string)
            return fail(DiagnosticCode::kWorkbookBroken, "sharedStrings.xml", where);
        if (outcome != ZipArchive::Outcome::kGood) return fail(outcome, name, where);
        return parser.finish() || fail(DiagnosticCode::kWorkbookBroken, name, where);
    }

    const LoadOptions& options_;
    Diagnostics& diagnostics_;
    ZipArchive archive_;
    WorkbookHandler book_parts_;
    RelationsHandler links_;
    std::string folder_;
    Shared shared_;
    Workbook book_;
};

}  // namespace

std::optional<Workbook> read_xlsx(ByteView bytes, const LoadOptions& options,
                                  Diagnostics& diagnostics) {
    return XlsxReader(options, diagnostics).read(bytes);
}

}  // namespace awda::forms
