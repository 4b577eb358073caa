// What the fuzz targets of forms share: how long an input may be, and surroundings of a session
// that never change and stop early, so that a run makes thousands of tries a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "forms/load.h"
#include "forms/session.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/seeded_random.h"

namespace awda::forms::fuzz {

/// What is longer says nothing that a shorter input can't.
inline constexpr std::size_t kInputMax = 64U << 10U;
/// Steps of evaluation an action may take here: enough for every path, too few for a hang.
inline constexpr std::size_t kWorkMax = 200'000;

struct Surroundings {
    fakes::FakeClock clock;
    fakes::SeededRandom random{1};

    SessionOptions options() {
        SessionOptions out;
        out.clock = &clock;
        out.random = &random;
        out.work_max = kWorkMax;
        return out;
    }
};

/// A form with rows in rows, a count, a filter and what is computed from them.
inline constexpr std::string_view kSmallForm = R"(
| survey |
| | type | name | label | relevant | calculation | constraint | repeat_count | choice_filter |
| | text | t | T | | | . != 'x' | | |
| | begin_repeat | r | R ${n} | ${t} != 'y' | | | | |
| | integer | n | N | | | | | |
| | begin_repeat | q | Q | | | | ${n} mod 5 | |
| | select_one l | s | S | | | | | up = ${n} |
| | end_repeat | | | | | | | |
| | end_repeat | | | | | | | |
| | begin_group | g | G | | | | | |
| | select_multiple l | m | M | | | | | |
| | date | d | D | | | | | |
| | calculate | c | | | sum(${n}) + count(${r}) | | | |
| | end_group | | | | | | | |
| choices |
| | list_name | name | label | up |
| | l | a | A | 1 |
| | l | b | B | 2 |
| settings |
| | form_id | version |
| | small | 1 |
)";

inline const FormDefinitionPtr& small_form() {
    static const FormDefinitionPtr form = load_form(as_bytes(kSmallForm)).definition;
    return form;
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace awda::forms::fuzz
