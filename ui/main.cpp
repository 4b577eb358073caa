// awda-desk: the window.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "agent/api/desk.h"
#include "platform/crypto.h"
#include "platform/process.h"
#include "ui/kit/stop_signals.h"
#include "ui/kit/window.h"
#include "ui/views/desk_view.h"

namespace {

using namespace awda;

struct Arguments {
    std::string data;
    std::string language = "ar";
    std::string dump;
    std::string screenshot;
    std::string connect_to;
    std::int64_t auto_lock_s = 180;
    bool no_sync = false;
    bool json = false;
};

/// Tells on the terminal why there is no window; exit code 1.
int fail(const Error& error, const Arguments& arguments, Language language) {
    if (arguments.json) {
        nlohmann::ordered_json out;
        out["error"] = errc_name(error.code);
        out["message"] = errc_message(error.code, language);
        std::printf("%s\n", out.dump().c_str());
    } else {
        std::fprintf(stderr, "awda-desk: %s (%s)\n",
                     std::string(errc_message(error.code, language)).c_str(),
                     std::string(errc_name(error.code)).c_str());
    }
    return 1;
}

Status run(const Arguments& arguments, Language language, const ui::StopSignals& stop) {
    AWDA_CHECK(crypto_start());
    agent::DeskOptions desk_options;
    desk_options.data_folder =
        arguments.data.empty() ? default_data_folder() : Path(arguments.data);
    desk_options.language = language;
    desk_options.auto_lock_ms = arguments.auto_lock_s * 1000;
    desk_options.auto_sync = !arguments.no_sync;
    desk_options.connect_to = arguments.connect_to;
    const std::unique_ptr<agent::Desk> desk = AWDA_TRY(agent::start_desk(desk_options));
    ui::TextEngine text(AWDA_TRY(ui::FontSet::load_shipped()));
    ui::WindowOptions options;
    options.title = std::string(ui::text_of(ui::Text::kAppName, language));
    options.stopped = [&stop] { return stop.stopped(); };
    options.dump_file = arguments.dump;
    options.screenshot_file = arguments.screenshot;
    const std::unique_ptr<ui::Window> window = AWDA_TRY(ui::Window::open(text, options));
    ui::DeskView view(*desk, system_clock(), language);
    desk->set_wake([] { ui::Window::wake(); });
    ui::Window::Page page;
    page.language = [&] { return view.language(); };
    page.screen = [&] { return view.screen(); };
    page.draw = [&](ui::Ui& ui) { view.draw(ui); };
    page.next_wake_ms = [&] { return view.next_wake_ms(); };
    const Status status = window->run(page);
    desk->set_wake([] {});
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    harden_process();
    Arguments arguments;
    CLI::App app{"Awda's window: record returnee intakes, keep them encrypted, deliver them."};
    app.set_version_flag("--version", "awda-desk " AWDA_VERSION);
    app.add_option("--data", arguments.data, "Folder of the vault");
    app.add_option("--lang", arguments.language, "Language at the start: ar, ckb, kmr or en")
        ->check(CLI::IsMember({"ar", "ckb", "kmr", "en"}));
    app.add_option("--auto-lock", arguments.auto_lock_s,
                   "Seconds without use until it locks; 0 = never")
        ->check(CLI::Range(0, 86400));
    app.add_flag("--no-sync", arguments.no_sync, "Send only when asked to");
    app.add_option(
        "--connect-to", arguments.connect_to,
        "host:port to dial instead of the enrolled server (its certificate must still be ours)");
    app.add_option("--ui-dump", arguments.dump,
                   "Write the widgets shown to FILE after each change (JSON)");
    app.add_option("--screenshot", arguments.screenshot,
                   "Write the first picture to FILE (PPM) and end");
    app.add_flag("--json", arguments.json, "Errors as one JSON object on standard output");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : 2;
    }
    const Language language = parse_language(arguments.language).value_or(Language::kArabic);
    const ui::StopSignals stop([] { ui::Window::wake(); });
    const Status status = run(arguments, language, stop);
    return status.ok() ? 0 : fail(status.error(), arguments, language);
}
