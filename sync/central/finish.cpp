#include "sync/central/finish.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "platform/errors.h"

namespace awda::central {

namespace {

int fail(const Common& common, const Error& error) {
    const std::string_view message = errc_message(error.code, common.language);
    if (common.json) {
        print_json({{"error",
                     {{"code", errc_name(error.code)},
                      {"message", message},
                      {"context", error.context.view()}}}});
    } else {
        std::cerr << fmt::format("awda-central: {}\n({}: {})\n", message, errc_name(error.code),
                                 error.context.view());
    }
    return error.code == Errc::kUsage ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return out;
}

void print_json(const nlohmann::json& document) {
    // Text that is not UTF-8 must not end the program: it is shown with replacement characters.
    std::cout << document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int finish(const Common& common, const Status& status) {
    if (!status.ok()) return fail(common, status.error());
    std::cout.flush();
    if (!std::cout) return fail(common, Error(Errc::kIo, "write to standard output"));
    return 0;
}

}  // namespace awda::central
