#include <zip.h>
#include <pugixml.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <unordered_map>

#include "forms/value.h"
#include "forms/workbook.h"

namespace awda::forms {
namespace {

struct ZipClose {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, ZipClose>;

std::string_view local(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

class XlsxReader {
public:
    XlsxReader(const LoadOptions& options, Diagnostics& diagnostics)
        : options_(options), diagnostics_(diagnostics) {}

    std::optional<Workbook> read(ByteView bytes) {
        if (!open(bytes)) return fail("zip");
        pugi::xml_document book;
        pugi::xml_document links;
        if (!load("xl/workbook.xml", book) || !load("xl/_rels/workbook.xml.rels", links)) {
            return fail("xl/workbook.xml");
        }
        for (const pugi::xml_node& link : links.document_element().children()) {
            targets_[link.attribute("Id").value()] = link.attribute("Target").value();
        }
        if (!read_strings()) return fail("xl/sharedStrings.xml");
        read_styles();
        Workbook out;
        const pugi::xml_node root = book.document_element();
        date1904_ = std::string_view(part(root, "workbookPr").attribute("date1904").value()) == "1";
        for (const pugi::xml_node& sheet : part(root, "sheets").children()) {
            const std::string path = sheet_path(sheet.attribute("r:id").value());
            Sheet made;
            made.name = sheet.attribute("name").value();
            pugi::xml_document content;
            if (path.empty() || !load(path, content)) return fail(made.name);
            if (!read_sheet(content, out, made)) return fail(made.name);
            out.sheets.push_back(std::move(made));
        }
        return out;
    }

private:
    std::optional<Workbook> fail(const std::string& what) {
        diagnostics_.push_back(
            {Severity::kError,
             too_large_ ? DiagnosticCode::kWorkbookTooLarge : DiagnosticCode::kWorkbookBroken,
             options_.file_name,
             {},
             {what},
             {}});
        return std::nullopt;
    }

    static pugi::xml_node part(const pugi::xml_node& parent, std::string_view name) {
        return parent.find_child([name](const pugi::xml_node& n) { return local(n) == name; });
    }

    bool open(ByteView bytes) {
        zip_error_t error;
        zip_error_init(&error);
        zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
        if (source == nullptr) return false;
        archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
        if (archive_ == nullptr) {
            zip_source_free(source);
            return false;
        }
        const zip_int64_t entries = zip_get_num_entries(archive_.get(), 0);
        too_large_ = entries > static_cast<zip_int64_t>(kZipEntriesMax);
        return entries >= 0 && !too_large_;
    }

    /// Inflates one entry; the size that its header claims is not believed.
    bool load(const std::string& name, pugi::xml_document& out) {
        zip_file_t* file = zip_fopen(archive_.get(), name.c_str(), 0);
        if (file == nullptr) return false;
        std::string& text = buffers_.emplace_back();
        constexpr std::size_t kPiece = 64U << 10U;
        while (true) {
            const std::size_t at = text.size();
            if (inflated_ + kPiece > kInflatedBytesMax) {
                too_large_ = true;
                break;
            }
            text.resize(at + kPiece);
            const zip_int64_t got = zip_fread(file, text.data() + at, kPiece);
            text.resize(at + static_cast<std::size_t>(std::max<zip_int64_t>(got, 0)));
            inflated_ += text.size() - at;
            if (got <= 0) break;
        }
        zip_fclose(file);
        if (too_large_ || text.empty()) return false;
        const bool ok = static_cast<bool>(out.load_buffer_inplace(
            text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single));
        return ok;
    }

    std::string sheet_path(const std::string& id) const {
        const auto found = targets_.find(id);
        if (found == targets_.end()) return {};
        const std::string& target = found->second;
        return target.starts_with('/') ? target.substr(1) : "xl/" + target;
    }

    static void append_text(const pugi::xml_node& node, std::string& out) {
        // <t> directly, or in runs <r><t>; phonetic hints <rPh> are not text.
        for (const pugi::xml_node& child : node.children()) {
            if (local(child) == "t") out += child.child_value();
            if (local(child) != "r") continue;
            for (const pugi::xml_node& run : child.children()) {
                if (local(run) == "t") out += run.child_value();
            }
        }
    }

    bool read_strings() {
        pugi::xml_document document;
        if (zip_name_locate(archive_.get(), "xl/sharedStrings.xml", 0) < 0) return true;
        if (!load("xl/sharedStrings.xml", document)) return false;
        for (const pugi::xml_node& item : document.document_element().children()) {
            if (strings_.size() >= kCellsMax) {
                too_large_ = true;
                return false;
            }
            append_text(item, strings_.emplace_back());
        }
        return true;
    }

    /// Which cell styles show a number as a date.
    void read_styles() {
        pugi::xml_document document;
        if (zip_name_locate(archive_.get(), "xl/styles.xml", 0) < 0) return;
        if (!load("xl/styles.xml", document)) return;
        const pugi::xml_node root = document.document_element();
        std::unordered_map<int, bool> custom;
        for (const pugi::xml_node& format : part(root, "numFmts").children()) {
            std::string code = lower_ascii(format.attribute("formatCode").value());
            bool quoted = false;
            bool date = false;
            for (const char c : code) {
                if (c == '"' || c == '[' || c == ']')
                    quoted = !quoted;
                else if (!quoted && (c == 'y' || c == 'd' || c == 'h'))
                    date = true;
            }
            custom[format.attribute("numFmtId").as_int()] = date;
        }
        for (const pugi::xml_node& style : part(root, "cellXfs").children()) {
            const int id = style.attribute("numFmtId").as_int();
            const auto found = custom.find(id);
            dates_.push_back(found != custom.end()
                                 ? found->second
                                 : (id >= 14 && id <= 22) || (id >= 45 && id <= 47));
        }
    }

    /// A serial day number as ISO text.
    std::string date_text(double serial) const {
        const double epoch = date1904_ ? -24107 : -25569;  // days from the sheet's epoch to 1970
        const double whole = std::floor(serial);
        const auto seconds = static_cast<std::int64_t>(std::llround((serial - whole) * 86400));
        if (std::fabs(serial) > 3e6) return print_number(serial);
        Moment moment;
        moment.utc_ms = (static_cast<std::int64_t>(whole + epoch) * 86400 + seconds) * 1000;
        moment.has_time = seconds != 0;
        const std::string text = print_moment(moment);
        if (whole == 0 && moment.has_time) return text.substr(11, 8);
        return moment.has_time ? text.substr(0, 19) : text;
    }

    std::string cell_text(const pugi::xml_node& cell) const {
        const std::string_view type = cell.attribute("t").value();
        const std::string_view value = part(cell, "v").child_value();
        if (type == "s") {
            const double index = parse_number(value);
            const bool known = index >= 0 && index < static_cast<double>(strings_.size());
            return known ? strings_[static_cast<std::size_t>(index)] : std::string();
        }
        if (type == "inlineStr") {
            std::string out;
            append_text(part(cell, "is"), out);
            return out;
        }
        if (type == "b") return value == "1" ? "TRUE" : "FALSE";
        if (type == "str" || type == "d") return std::string(value);
        if (type == "e" || value.empty()) return {};
        const std::string text(value);
        double number = parse_number(value);
        if (std::isnan(number)) number = scientific(text);
        if (std::isnan(number)) return text;
        const auto style = static_cast<std::size_t>(cell.attribute("s").as_uint());
        if (style < dates_.size() && dates_[style]) return date_text(number);
        return print_number(number);
    }

    /// "1.5E-3": Excel writes large and small numbers so.
    static double scientific(const std::string& text) {
        const auto e = text.find_first_of("eE");
        if (e == std::string::npos) return std::nan("");
        std::string exponent = text.substr(e + 1);
        if (exponent.starts_with('+')) exponent.erase(0, 1);
        return parse_number(text.substr(0, e)) * std::pow(10.0, parse_number(exponent));
    }

    static std::size_t column_of(std::string_view reference, std::size_t fallback) {
        std::size_t column = 0;
        for (const char c : reference) {
            if (c < 'A' || c > 'Z') break;
            column = column * 26 + static_cast<std::size_t>(c - 'A') + 1;
            if (column > 16'384) return 16'384;
        }
        return column == 0 ? fallback : column - 1;
    }

    bool read_sheet(const pugi::xml_document& document, Workbook& book, Sheet& out) {
        std::uint32_t number = 0;
        for (const pugi::xml_node& row :
             part(document.document_element(), "sheetData").children()) {
            if (local(row) != "row") continue;
            number = row.attribute("r").as_uint(number + 1);
            std::vector<std::string_view> made;
            std::size_t next = 0;
            for (const pugi::xml_node& cell : row.children()) {
                if (local(cell) != "c") continue;
                const std::size_t column = column_of(cell.attribute("r").value(), next);
                next = column + 1;
                std::string text = cell_text(cell);
                if (text.empty()) continue;
                if (++cells_ > kCellsMax || text.size() > kCellBytesMax) {
                    too_large_ = true;
                    return false;
                }
                if (made.size() <= column) made.resize(column + 1);
                made[column] = book.keep(text);
            }
            if (!made.empty()) out.rows.push_back({number, book.keep(made)});
        }
        return true;
    }

    const LoadOptions& options_;
    Diagnostics& diagnostics_;
    Archive archive_;
    std::deque<std::string> buffers_;  // documents are parsed in place
    std::unordered_map<std::string, std::string> targets_;
    std::vector<std::string> strings_;
    std::vector<bool> dates_;
    std::size_t inflated_ = 0;
    std::size_t cells_ = 0;
    bool date1904_ = false;
    bool too_large_ = false;
};

}  // namespace

std::optional<Workbook> read_xlsx(ByteView bytes, const LoadOptions& options,
                                  Diagnostics& diagnostics) {
    return XlsxReader(options, diagnostics).read(bytes);
}

}  // namespace awda::forms
