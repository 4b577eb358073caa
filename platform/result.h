// Result<T>: the value, or why there is none.
//
// Ownership: a plain value type; moves its T. Threads: none of its own.
// An Error holds a code from errc.def, the operating system's errno where there was one, a literal
// that says what was being done, and the place in our source. The literal is consteval-constructed,
// so no text known only at run time, hence no personal data, can enter an error or a log line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <source_location>
#include <string_view>
#include <utility>
#include <variant>

namespace awda {

/// What went wrong; one row each in errc.def, with its messages and what the officer can do.
enum class Errc : std::uint16_t {
#define AWDA_ERRC(code, ...) code,
#include "platform/errc.def"
#undef AWDA_ERRC
};

/// Text fixed at compile time. A run-time string does not convert to it.
class LiteralText {
public:
    consteval LiteralText(const char* text) : text_(text) {}
    [[nodiscard]] constexpr std::string_view view() const { return text_; }

private:
    std::string_view text_;
};

struct Error {
    Errc code;
    LiteralText context;  ///< what was being done, in English, for the log
    int sys = 0;          ///< errno, or 0
    std::source_location where = std::source_location::current();

    constexpr Error(Errc code_in, LiteralText context_in, int sys_in = 0,
                    std::source_location where_in = std::source_location::current())
        : code(code_in), context(context_in), sys(sys_in), where(where_in) {}
};

namespace detail {
[[noreturn]] inline void bad_result_access(const Error* error) {
    std::fprintf(stderr, "awda: result read without its check: %s\n",
                 error != nullptr ? error->context.view().data() : "no error");
    std::abort();
}
}  // namespace detail

template <typename T>
class [[nodiscard]] Result {
public:
    using value_type = T;
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, error) {}

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & {
        if (!ok()) detail::bad_result_access(std::get_if<1>(&state_));
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        if (!ok()) detail::bad_result_access(std::get_if<1>(&state_));
        return *std::get_if<0>(&state_);
    }
    T&& value() && { return std::move(this->value()); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const {
        if (ok()) detail::bad_result_access(nullptr);
        return *std::get_if<1>(&state_);
    }
    T value_or(T other) && { return ok() ? std::move(*this).value() : std::move(other); }
    /// Says on purpose, and why, that the outcome does not matter.
    void ignore(LiteralText /*reason*/) const {}

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;
    Result() = default;
    Result(Error error) : error_(error) {}

    [[nodiscard]] bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const {
        if (ok()) detail::bad_result_access(nullptr);
        return *error_;
    }
    void ignore(LiteralText /*reason*/) const {}

private:
    std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace awda

// A name of its own for each use, so that one AWDA_TRY may stand inside another.
#define AWDA_JOIN_NOW(a, b) a##b
#define AWDA_JOIN(a, b) AWDA_JOIN_NOW(a, b)

#define AWDA_TRY_AS(name, expression)        \
    __extension__({                          \
        auto name = (expression);            \
        if (!name.ok()) return name.error(); \
        std::move(name).value();             \
    })

/// Gives the value of a Result, or returns its error from the enclosing function.
#define AWDA_TRY(expression) AWDA_TRY_AS(AWDA_JOIN(awda_try_, __COUNTER__), expression)

/// The same for Status, which carries no value.
#define AWDA_CHECK(expression)                                         \
    do {                                                               \
        const auto awda_check_result = (expression);                   \
        if (!awda_check_result.ok()) return awda_check_result.error(); \
    } while (false)

/// A condition that must hold, in release builds too; failing it is a bug in Awda.
#define AWDA_ASSERT(condition)                                                              \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            std::fprintf(stderr, "awda: broken promise at %s:%d: %s\n", __FILE__, __LINE__, \
                         #condition);                                                       \
            std::abort();                                                                   \
        }                                                                                   \
    } while (false)
