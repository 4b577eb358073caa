// find_named: the value of an enumeration that has this name. Threads: pure.
#pragma once

#include <optional>
#include <string_view>

namespace awda {

/// Of `values` the first that `name_of` calls `name`.
template <typename Values, typename NameOf>
[[nodiscard]] auto find_named(const Values& values, std::string_view name, NameOf name_of)
    -> std::optional<typename Values::value_type> {
    for (const auto& value : values) {
        if (name_of(value) == name) return value;
    }
    return std::nullopt;
}

}  // namespace awda
