#include "sync/central/answers_json.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>

#include "sync/central/field_path.h"

namespace awda::central {

namespace {

void append_escaped(std::string& out, char c) {
    static constexpr char kDigits[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        out += {'\\', c};
    } else {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\u00";
        out += {kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;  // where what needs no escape began
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (static_cast<unsigned char>(text[i]) >= 0x20 && text[i] != '"' && text[i] != '\\') {
            continue;
        }
        out += text.substr(plain, i - plain);
        append_escaped(out, text[i]);
        plain = i + 1;
    }
    out += text.substr(plain);
    out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    out += ',';
    append_string(out, name);
    out += ':';
    append_string(out, value);
}

/// The rows of one repeat, each an object without its closing brace, in order of their arrival.
class RepeatRows {
public:
    std::string& row(const std::vector<std::uint32_t>& numbers) {
        const auto [found, fresh] = places_.try_emplace(numbers, rows_.size());
        if (fresh) {
            std::string& row = rows_.emplace_back("{\"#\":[");
            for (const std::uint32_t number : numbers) row += std::to_string(number) + ',';
            row.back() = ']';
        }
        return rows_[found->second];
    }
    void append_to(std::string& out) const {
        char before = '[';
        for (const std::string& row : rows_) {
            out += before;
            out += row;
            out += '}';
            before = ',';
        }
        out += ']';
    }

private:
    std::vector<std::string> rows_;
    std::map<std::vector<std::uint32_t>, std::size_t> places_;
};

}  // namespace

std::string answers_json(const std::vector<sync::Field>& fields) {
    std::string out;
    std::vector<std::pair<std::string, RepeatRows>> repeats;
    for (const sync::Field& field : fields) {
        const bool in_repeat = field.path.find('[') != std::string::npos;
        const auto path = in_repeat ? parse_field_path(field.path) : Result<FieldPath>(FieldPath{});
        if (!path.ok() || path->repeat.empty()) {
            append_member(out, field.path, field.value);
            continue;
        }
        auto repeat = std::find_if(repeats.begin(), repeats.end(),
                                   [&](const auto& known) { return known.first == path->repeat; });
        if (repeat == repeats.end()) {
            repeat = repeats.emplace(repeats.end(), path->repeat, RepeatRows());
        }
        std::string& row = repeat->second.row(path->rows);
        if (!path->column.empty()) append_member(row, path->column, field.value);
    }
    for (const auto& [repeat, rows] : repeats) {
        out += ',';
        append_string(out, repeat + "[]");
        out += ':';
        rows.append_to(out);
    }
    if (out.empty()) return "{}";
    out.front() = '{';
    out += '}';
    return out;
}

}  // namespace awda::central
