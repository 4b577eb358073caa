#include <algorithm>
#include <bit>
#include <unordered_map>

#include "forms/biff.h"
#include "forms/cell_text.h"
#include "forms/cfb.h"
#include "forms/value.h"
#include "forms/workbook.h"

namespace awda::forms {
namespace {

constexpr std::uint32_t kBiff8 = 0x0600;  // Excel 97 and later
constexpr std::uint32_t kBiff5 = 0x0500;  // Excel 5 and 95
constexpr std::uint32_t kWindowsLatin = 1252;
constexpr std::size_t kStylesMax = 65'536;
constexpr std::uint32_t kSpecialResult = 0xffff;  // a formula's result that is no number

double little_double(ByteView bytes, std::size_t at) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(little_u32(bytes, at + 4)) << 32U |
                                 little_u32(bytes, at));
}

/// A number in 30 bits: the head of a floating point one, or a whole one; in hundredths if told.
double rk_number(std::uint32_t rk) {
    const double number = (rk & 2U) != 0 ? static_cast<double>(static_cast<std::int32_t>(rk) >> 2)
                                         : std::bit_cast<double>(std::uint64_t{rk & ~3U} << 32U);
    return (rk & 1U) != 0 ? number / 100 : number;
}

std::string_view error_text(std::uint32_t code) {
    switch (code) {
        case 0: return "#NULL!";
        case 7: return "#DIV/0!";
        case 15: return "#VALUE!";
        case 23: return "#REF!";
        case 29: return "#NAME?";
        case 36: return "#NUM!";
        default: return "#N/A";
    }
}

class XlsReader {
public:
    XlsReader(const LoadOptions& options, Diagnostics& diagnostics)
        : options_(options), diagnostics_(diagnostics) {}

    std::optional<Workbook> read(ByteView stream) {
        stream_ = stream;
        if (!read_globals()) return std::nullopt;
        for (const SheetPlace& place : places_) {
            const bool only = places_.size() == 1;
            if (book_.add_sheet(place.name, only) && !read_sheet(place)) return std::nullopt;
        }
        return std::move(book_);
    }

private:
    struct SheetPlace {
        std::string name;
        std::size_t at = 0;
    };

    bool fail(DiagnosticCode code, const char* what, Provenance where = {}) {
        diagnostics_.push_back(
            {Severity::kError, code, options_.file_name, std::move(where), {what}, {}});
        return false;
    }

    bool broken(const char* what) { return fail(DiagnosticCode::kWorkbookBroken, what); }

    // The workbook's own records --------------------------------------------------------------

    bool read_globals() {
        BiffRecords records(stream_, 0);
        const auto first = records.next();
        if (!first) return broken("BOF");
        const std::uint32_t version = little_u16(first->body, 0);
        if (first->type != BiffType::kBof || (version != kBiff8 && version != kBiff5))
            return fail(DiagnosticCode::kOldWorkbook, "BOF");
        encoding_ = {version == kBiff8, code_page(kWindowsLatin)};
        while (const auto record = records.next()) {
            if (record->type == BiffType::kEof) return true;
            if (!read_global(*record, records)) return false;
        }
        return broken("EOF");
    }

    bool read_global(const BiffRecord& record, BiffRecords& records) {
        switch (record.type) {
            case BiffType::kFilePass: return fail(DiagnosticCode::kWorkbookEncrypted, "FILEPASS");
            case BiffType::kCodePage:
                encoding_.page = code_page(little_u16(record.body, 0));
                return true;
            case BiffType::kDateMode:
                dates_.since_1904 = little_u16(record.body, 0) == 1;
                return true;
            case BiffType::kBoundSheet: return read_place(record.body);
            case BiffType::kFormat: {
                BiffReader reader(records.with_continued(record.body), encoding_);
                const std::uint32_t id = reader.u16();
                const std::string code = encoding_.wide ? reader.text() : reader.short_text();
                custom_[id] = number_format(code);  // ids have 16 bits
                return true;
            }
            case BiffType::kXf:
                if (styles_.size() < kStylesMax) styles_.push_back(little_u16(record.body, 2));
                return true;
            case BiffType::kSst: return read_strings(records.with_continued(record.body));
            default: return true;
        }
    }

    bool read_place(ByteView body) {
        BiffReader reader({body}, encoding_);
        SheetPlace place;
        place.at = reader.u32();
        reader.skip(1);  // hidden or not
        const bool worksheet = reader.u8() == 0;
        place.name = reader.short_text();
        if (!reader.good()) return broken("BOUNDSHEET");
        if (worksheet) places_.push_back(std::move(place));
        return places_.size() <= kSheetsMax ||
               fail(DiagnosticCode::kWorkbookTooLarge, "BOUNDSHEET");
    }

    bool read_strings(std::vector<ByteView> pieces) {
        BiffReader reader(std::move(pieces), encoding_);
        reader.skip(4);  // how often they are used
        const std::uint32_t count = reader.u32();
        std::size_t bytes = 0;
        while (strings_.size() < count) {
            std::string text = reader.text();
            if (!reader.good()) return broken("SST");
            tidy_cell(text);
            bytes += text.size();
            if (strings_.size() >= kCellsMax || bytes > kWorkbookTextBytesMax)
                return fail(DiagnosticCode::kWorkbookTooLarge, "SST");
            strings_.push_back(book_.keep(text));
        }
        return true;
    }

    // A sheet's records ------------------------------------------------------------------------

    bool read_sheet(const SheetPlace& place) {
        SheetBuilder builder(book_);
        BiffRecords records(stream_, place.at);
        const auto first = records.next();
        const Provenance where{place.name, 0, ""};
        if (!first || first->type != BiffType::kBof)
            return fail(DiagnosticCode::kWorkbookBroken, "BOF", where);
        bool more = true;
        int inner = 0;  // charts within the sheet
        while (more && inner >= 0) {
            const auto record = records.next();
            if (!record)
                return fail(DiagnosticCode::kWorkbookBroken, "EOF",
                            {place.name, builder.row(), ""});
            if (record->type == BiffType::kBof) ++inner;
            if (record->type == BiffType::kEof) --inner;
            if (inner == 0) more = read_cells(*record, records, builder);
        }
        const Provenance last{place.name, builder.row(), ""};
        builder.finish(options_, diagnostics_);
        if (bad_text_)
            return fail(
                encoding_.wide ? DiagnosticCode::kWorkbookBroken : DiagnosticCode::kOldWorkbook,
                "text", last);
        return !builder.too_large() || fail(DiagnosticCode::kWorkbookTooLarge, "cells", last);
    }

    /// False where the rest of the sheet does not matter.
    bool read_cells(const BiffRecord& record, BiffRecords& records, SheetBuilder& builder) {
        const ByteView body = record.body;
        switch (record.type) {
            case BiffType::kLabelSst: return put_string(body, builder);
            case BiffType::kLabel:
            case BiffType::kRString: {
                BiffReader reader(records.with_continued(body), encoding_);
                reader.skip(6);
                return put_text(body, reader, builder);
            }
            case BiffType::kRk: return put_number(body, rk_number(little_u32(body, 6)), builder);
            case BiffType::kNumber: return put_number(body, little_double(body, 6), builder);
            case BiffType::kMulRk: return put_numbers(body, builder);
            case BiffType::kBoolErr:
                return put_truth(body, little_u16(body, 6) & 0xffU, little_u16(body, 6) >> 8U != 0,
                                 builder);
            case BiffType::kFormula: return put_result(body, builder);
            case BiffType::kString: {
                BiffReader reader(records.with_continued(body), encoding_);
                const ByteView cell = formula_;
                formula_ = {};
                return cell.empty() || put_text(cell, reader, builder);
            }
            default: return true;
        }
    }

    /// Each cell's record begins with its row, column and style.
    bool put(ByteView cell, std::string text, SheetBuilder& builder) {
        if (cell.size() < 6) return true;
        if (!builder.begin_row(little_u16(cell, 0) + 1)) return false;
        tidy_cell(text);
        if (builder.wants(little_u16(cell, 2))) builder.set(little_u16(cell, 2), book_.keep(text));
        return true;
    }

    bool put_text(ByteView cell, BiffReader& reader, SheetBuilder& builder) {
        if (!builder.begin_row(little_u16(cell, 0) + 1)) return false;
        std::string text = reader.text();
        bad_text_ = !reader.good();
        return !bad_text_ && put(cell, std::move(text), builder);
    }

    bool put_string(ByteView cell, SheetBuilder& builder) {
        if (cell.size() < 10) return true;
        const std::uint32_t index = little_u32(cell, 6);
        if (!builder.begin_row(little_u16(cell, 0) + 1)) return false;
        bad_text_ = index >= strings_.size();
        if (bad_text_) return false;
        builder.set(little_u16(cell, 2), strings_[index]);
        return true;
    }

    std::string number(double number, std::uint32_t style) const {
        const std::uint32_t format = style < styles_.size() ? styles_[style] : 0;
        const auto custom = custom_.find(format);
        const NumberFormat shown =
            custom == custom_.end() ? built_in_format(format) : custom->second;
        std::optional<std::string> date;
        if (shown != NumberFormat::kNumber) date = serial_text(number, shown, dates_);
        return date ? *std::move(date) : print_number(number);
    }

    bool put_number(ByteView cell, double value, SheetBuilder& builder) {
        return put(cell, number(value, little_u16(cell, 4)), builder);
    }

    /// Row, first column, then style and number of each cell, then the last column.
    bool put_numbers(ByteView body, SheetBuilder& builder) {
        if (body.size() < 6) return true;
        if (!builder.begin_row(little_u16(body, 0) + 1)) return false;
        std::size_t column = little_u16(body, 2);
        for (std::size_t at = 4; at + 6 <= body.size() - 2; at += 6, ++column) {
            if (!builder.wants(column)) continue;
            const double value = rk_number(little_u32(body, at + 2));
            builder.set(column, book_.keep(number(value, little_u16(body, at))));
        }
        return true;
    }

    bool put_truth(ByteView cell, std::uint32_t value, bool is_error, SheetBuilder& builder) {
        const std::string_view text =
            is_error ? error_text(value) : std::string_view(value != 0 ? "TRUE" : "FALSE");
        return put(cell, std::string(text), builder);
    }

    /// A formula's result as it was when the workbook was saved.
    bool put_result(ByteView cell, SheetBuilder& builder) {
        formula_ = {};
        if (little_u16(cell, 12) != kSpecialResult)
            return put_number(cell, little_double(cell, 6), builder);
        const std::uint32_t kind = little_u16(cell, 6) & 0xffU;
        const std::uint32_t value = little_u16(cell, 8) & 0xffU;
        if (kind == 0) formula_ = cell;  // its text comes in a record of its own
        return kind != 1 && kind != 2 ? true : put_truth(cell, value, kind == 2, builder);
    }

    const LoadOptions& options_;
    Diagnostics& diagnostics_;
    ByteView stream_;
    Workbook book_;
    std::vector<SheetPlace> places_;
    std::vector<std::string_view> strings_;
    std::vector<std::uint32_t> styles_;  // the format of each
    std::unordered_map<std::uint32_t, NumberFormat> custom_;
    ByteView formula_;  // the cell whose text is still to come
    BiffStrings encoding_;
    DateSystem dates_{false, 1000};  // in whole seconds
    bool bad_text_ = false;
};

}  // namespace

std::optional<Workbook> read_xls(ByteView bytes, const LoadOptions& options,
                                 Diagnostics& diagnostics) {
    const auto fail = [&](DiagnosticCode code, const char* what) {
        diagnostics.push_back({Severity::kError, code, options.file_name, {}, {what}, {}});
        return std::nullopt;
    };
    if (!as_text(bytes).starts_with(kCompoundFileMark))
        return XlsReader(options, diagnostics).read(bytes);
    const auto file = CompoundFile::open(bytes);
    if (!file) return fail(DiagnosticCode::kWorkbookBroken, "OLE2");
    // With a password, Excel puts the .xlsx as a whole into an encrypted stream.
    if (file->has("EncryptedPackage"))
        return fail(DiagnosticCode::kWorkbookEncrypted, "EncryptedPackage");
    const char* name = file->has("Workbook") ? "Workbook" : "Book";
    const auto stream = file->read(name);
    if (!stream) return fail(DiagnosticCode::kWorkbookBroken, name);
    return XlsReader(options, diagnostics).read(*stream);
}

}  // namespace awda::forms
