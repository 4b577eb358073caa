#include "sync/central/field_path.h"

#include <charconv>

namespace awda::central {

namespace {

void join(std::string& path, std::string_view segment) {
    if (!path.empty()) path += '/';
    path += segment;
}

}  // namespace

Result<FieldPath> parse_field_path(std::string_view path) {
    FieldPath parsed;
    std::string since_root;
    while (true) {
        const std::size_t slash = path.find('/');
        std::string_view segment = path.substr(0, slash);
        std::uint32_t row = 0;
        const std::size_t bracket = segment.find('[');
        if (bracket != std::string_view::npos) {
            const char* begin = segment.data() + bracket + 1;
            const char* end = segment.data() + segment.size();
            const auto [stop, failed] = std::from_chars(begin, end, row);
            if (failed != std::errc() || stop + 1 != end || *stop != ']' || row == 0) {
                return Error(Errc::kMalformed, "read a row number in a field's path");
            }
            segment = segment.substr(0, bracket);
        }
        if (segment.empty()) return Error(Errc::kMalformed, "read a name in a field's path");
        join(since_root, segment);
        if (row != 0) {
            if (parsed.rows.size() == kRepeatDepthMax) {
                return Error(Errc::kMalformed, "repeats nested too deeply in a field's path");
            }
            parsed.repeat = since_root;
            parsed.rows.push_back(row);
            parsed.column.clear();
        } else {
            join(parsed.column, segment);
        }
        if (slash == std::string_view::npos) return parsed;
        path.remove_prefix(slash + 1);
    }
}

}  // namespace awda::central
