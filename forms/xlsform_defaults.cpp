#include "forms/xlsform_defaults.h"

#include <algorithm>
#include <string_view>

#include "forms/ascii.h"
#include "forms/expression.h"

namespace awda::forms {
namespace {

std::size_t end_of_name(std::string_view text, std::size_t from) {
    while (from < text.size() && (continues_word(text[from]) || text[from] == ':')) ++from;
    return from;
}

/// Where the number, or the run of numbers that is a date or a telephone number, ends that begins
/// at `from`; `from` itself if none does. A minus belongs to the number behind it.
std::size_t end_of_numbers(std::string_view text, std::size_t from) {
    const auto digit_at = [&](std::size_t i) { return i < text.size() && is_digit(text[i]); };
    std::size_t at = from;
    while (digit_at(at) ||
           (at < text.size() && (text[at] == '-' || text[at] == '.') && digit_at(at + 1))) {
        ++at;
        while (digit_at(at)) ++at;
    }
    return at;
}

/// What an expression's text holds, read from left to right without its structure.
/// `dated`: of a date or place, in which a minus before anything else means no arithmetic.
bool computes(std::string_view text, bool dated) {
    std::size_t i = 0;
    while (i < text.size()) {
        const char c = text[i];
        if (c == '\'' || c == '"') {
            const auto close = text.find(c, i + 1);
            i = close == std::string_view::npos ? i + 1 : close + 1;
        } else if (const std::size_t after = end_of_numbers(text, i); after != i) {
            i = after;
        } else if (begins_word(c)) {
            const std::size_t end = end_of_name(text, i);
            const char next = end < text.size() ? text[end] : '\0';
            const bool known = find_function(text.substr(i, end - i)) != Fn::kUnknown;
            if ((next == '(' && known) || next == '[') return true;
            i = end;
        } else {
            if (c == '-' && dated) return false;
            if (c == '*' || c == '+' || c == '-' || c == '|') return true;
            const std::string_view five = text.substr(i, 5);
            if (five == " div " || five == " mod ") return true;
            ++i;
        }
    }
    return false;
}

}  // namespace

bool is_dynamic(const Element& element, const std::string& text, const StringPool& names) {
    if (text.find("${") != std::string::npos) return true;
    Expression expr;
    ParseProblem problem;
    if (!Expression::parse_known(text, names, expr, problem)) return false;
    const std::string_view type = element.type == nullptr ? "string" : element.type->bind_type;
    return computes(text, type == "date" || type == "dateTime" || type.starts_with("geo"));
}

std::string default_text(const Element& element, const std::string& text) {
    const bool image = element.type != nullptr && element.type->mediatype == "image/*";
    return image && !text.starts_with("jr://") ? "jr://images/" + text : text;
}

}  // namespace awda::forms
