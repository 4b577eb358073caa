#include <algorithm>

#include "forms/cell_text.h"
#include "forms/workbook.h"

namespace awda::forms {
namespace {

constexpr std::size_t kHeadBytes = 5000;  // enough of a text to tell its separator

/// Takes a CSV text apart, record by record.
class CsvRecords {
public:
    CsvRecords(std::string_view text, char separator) : text_(text), separator_(separator) {}

    /// The next record's fields; false at the end.
    bool next(std::vector<std::string>& fields) {
        fields.clear();
        if (at_ >= text_.size()) return false;
        while (true) {
            fields.emplace_back();
            const bool ended = !field(fields.back());
            if (ended || fields.size() > SheetBuilder::kColumnsMax) return true;
        }
    }

private:
    /// Reads a field and what ends it; false where the record ends with it.
    bool field(std::string& out) {
        if (at_ < text_.size() && text_[at_] == '"') quoted(out);
        const std::string_view ends = separator_ == ','   ? ",\r\n"
                                      : separator_ == ';' ? ";\r\n"
                                                          : "\t\r\n";
        const auto end = std::min(text_.find_first_of(ends, at_), text_.size());
        out += text_.substr(at_, end - at_);
        at_ = end;
        if (at_ == text_.size()) return false;
        const char last = text_[at_++];
        if (last == separator_) return true;
        if (last == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
        return false;
    }

    /// A field in quotes; two quotes in it are one. Lines in it end as in XML.
    void quoted(std::string& out) {
        for (++at_; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            const char after = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
            if (c == '"' && after != '"') {
                ++at_;
                return;
            }
            if (c == '"') ++at_;
            if (c == '\r' && after == '\n') continue;
            out += c == '\r' ? '\n' : c;
        }
    }

    std::string_view text_;
    char separator_;
    std::size_t at_ = 0;
};

/// Spreadsheet programs write semicolons where the comma separates decimals.
char separator_of(std::string_view text) {
    const std::string_view head = text.substr(0, kHeadBytes);
    if (head.find(',') != std::string_view::npos) return ',';
    return head.find(';') != std::string_view::npos ? ';' : '\t';
}

}  // namespace

std::optional<Workbook> read_csv(std::string_view text, const LoadOptions& options,
                                 Diagnostics& diagnostics) {
    TableReader reader(options, diagnostics);
    CsvRecords records(text, separator_of(text));
    std::vector<std::string> fields;
    while (records.next(fields)) {
        if (!reader.add(fields)) return std::nullopt;
    }
    return reader.finish();
}

}  // namespace awda::forms
