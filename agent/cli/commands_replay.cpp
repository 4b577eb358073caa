// awda form replay, xpath-replay, xlsform-replay: recorded cases of other engines against ours.
//
// What they print is for scripts and for whoever works on the engine, so it is English in every
// language; the last line is always "N passed, N failed".
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "forms/replay.h"
#include "sync/compress.h"

namespace awda::cli {

namespace {

constexpr std::size_t kCasesBytesMax = 1U << 30U;

using Replay = void (*)(std::string_view, const forms::ReplayOptions&, const forms::ReplaySink&);

Replay replay_of(Verb verb) {
    if (verb == Verb::kFormXpathReplay) return forms::replay_xpath;
    if (verb == Verb::kFormXlsformReplay) return forms::replay_xlsform;
    return forms::replay_forms;
}

forms::Profile profile_of(const Options& options) {
    if (options.profile == "collect") return forms::Profile::kCollect;
    if (options.profile == "web-forms") return forms::Profile::kWebForms;
    // The expressions were recorded from one engine, the fill-ins from two that agreed.
    const bool expressions = options.verb == Verb::kFormXpathReplay && options.profile.empty();
    return expressions ? forms::Profile::kWebForms : forms::Profile::kAwda;
}

/// The recorded cases, unpacked when the file's content says that they are packed.
Result<Bytes> read_cases(const Path& path) {
    Bytes bytes = AWDA_TRY(read_file(path, kCasesBytesMax));
    if (!sync::looks_compressed(bytes)) return bytes;
    return sync::inflate_file(bytes, kCasesBytesMax);
}

/// A text in quotes, with everything that would disturb a terminal or a line escaped.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Counts outcomes, and tells of those that failed.
class Tally {
public:
    explicit Tally(Output& out) : out_(out) {}

    void add(const forms::ReplayOutcome& outcome) {
        if (!outcome.counted) {
            ++skipped_;
        } else if (outcome.passed()) {
            ++passed_;
        } else {
            ++failed_;
            tell(outcome);
        }
    }

    /// The exit code: a run without any case is no success either.
    int finish() {
        const std::string summary =
            std::to_string(passed_) + " passed, " + std::to_string(failed_) + " failed";
        out_.line(summary);
        out_.document({{"passed", passed_},
                       {"failed", failed_},
                       {"skipped", skipped_},
                       {"failures", std::move(failures_)},
                       {"summary", summary}});
        return failed_ == 0 && passed_ > 0 ? 0 : 1;
    }

private:
    void tell(const forms::ReplayOutcome& outcome) {
        out_.line("FAILED " + outcome.id + " " + quoted(outcome.what));
        nlohmann::json details = nlohmann::json::array();
        for (const forms::ReplayFailure& failure : outcome.failures) {
            out_.line("  step " + std::to_string(failure.step) + ", " +
                      (failure.ref.empty() ? "" : failure.ref + ": ") + "expected " +
                      quoted(failure.expected) + ", got " + quoted(failure.got));
            if (!out_.json) continue;
            details.push_back({{"step", failure.step},
                               {"ref", failure.ref},
                               {"expected", failure.expected},
                               {"got", failure.got}});
        }
        if (!out_.json) return;
        failures_.push_back(
            {{"id", outcome.id}, {"what", outcome.what}, {"failures", std::move(details)}});
    }

    Output& out_;
    std::size_t passed_ = 0;
    std::size_t failed_ = 0;
    std::size_t skipped_ = 0;
    nlohmann::json failures_ = nlohmann::json::array();
};

}  // namespace

Outcome form_replay(Context& context) {
    const Bytes cases = AWDA_TRY(read_cases(Path(context.options.file)));
    forms::ReplayOptions options;
    options.profile = profile_of(context.options);
    options.only = context.options.only;
    Tally tally(context.out);
    replay_of(context.options.verb)(
        as_text(cases), options,
        [&tally](const forms::ReplayOutcome& outcome) { tally.add(outcome); });
    return tally.finish();
}

}  // namespace awda::cli
