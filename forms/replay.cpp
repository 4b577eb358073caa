// Recorded fill-ins: forms, steps, and every cell after each.
#include "forms/replay.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "forms/ascii.h"
#include "forms/load.h"
#include "forms/replay_support.h"
#include "forms/value.h"

namespace awda::forms {

using namespace replaying;

namespace {

class FixedClock final : public Clock {
public:
    explicit FixedClock(UnixMs now) : now_(now) {}
    [[nodiscard]] UnixMs now() const override { return now_; }
    [[nodiscard]] std::int64_t steady_ms() const override { return now_; }

private:
    UnixMs now_;
};

std::string scalar_text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
    if (value.is_number_float()) return print_number(value.get<double>());
    if (value.is_number()) return value.dump();
    return {};
}

/// A recorded value; an array's with blanks between. Arrays in arrays are none.
std::string text_of(const Json& value) {
    if (!value.is_array()) return scalar_text(value);
    std::string out;
    for (const Json& item : value) {
        if (!out.empty()) out += ' ';
        out += scalar_text(item);
    }
    return out;
}

/// Texts with every UUID as "uuid".
std::string without_uuids(std::string_view text) {
    constexpr std::size_t kLength = 36;
    constexpr std::string_view kScheme = "uuid:";
    if (text.starts_with(kScheme) && text.size() == kScheme.size() + kLength) return "uuid";
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        bool uuid = i + kLength <= text.size();
        for (std::size_t k = 0; uuid && k < kLength; ++k) {
            const char c = text[i + k];
            const bool dash = k == 8 || k == 13 || k == 18 || k == 23;
            uuid = dash ? c == '-' : is_hex_digit(c);
        }
        if (uuid) {
            out += "uuid";
            i += kLength;
        } else {
            out += text[i++];
        }
    }
    return out;
}

bool same_value(const Json& expected, const std::string& got, double tolerance) {
    const std::string want = without_uuids(text_of(expected));
    const std::string have = without_uuids(got);
    if (want == have) return true;
    // One engine's "1" is the other's "true": the data writes truths as digits.
    if ((want == "1" && have == "true") || (want == "0" && have == "false")) return true;
    const double a = parse_number(want);
    const double b = parse_number(have);
    if (std::isnan(a) || std::isnan(b)) return false;
    return a == b || std::fabs(a - b) <= tolerance * std::max(std::fabs(a), std::fabs(b));
}

class FormReplay {
public:
    FormReplay(const Json& json, const ReplayOptions& options) : json_(json), options_(options) {}

    ReplayOutcome run() {
        out_.id = json_.value("id", "");
        out_.what = json_.value("what", "");
        const auto now = parse_moment(json_.value("now", ""), fixed_zone(0));
        clock_ = FixedClock(now ? now->utc_ms : 0);
        LoadOptions load;
        load.media = [this](std::string_view name) -> std::optional<std::string> {
            const auto media = json_.find("media");
            if (media == json_.end() || !media->is_object()) return std::nullopt;
            const auto file = media->find(name);
            if (file == media->end()) return std::nullopt;
            return file->get<std::string>();
        };
        const std::string xml = json_.value("form_xml", "");
        const LoadResult loaded = load_form(as_bytes(xml), load);
        if (loaded.definition == nullptr) {
            std::string why;
            for (const Diagnostic& d : loaded.diagnostics) {
                if (d.severity == Severity::kError) why += render(d, Language::kEnglish) + "; ";
            }
            fail(0, "(load)", "a form", why);
            return out_;
        }
        definition_ = loaded.definition;
        CountingRandom random;
        Session session(definition_, session_options(random));
        walk(session);
        return out_;
    }

private:
    SessionOptions session_options(Random& random) const {
        SessionOptions out;
        out.clock = &clock_;
        out.random = &random;
        out.zone = zone_of(json_.value("tz", "UTC"));
        out.profile = options_.profile;
        return out;
    }

    void fail(std::size_t step, std::string ref, std::string expected, std::string got) {
        out_.failures.push_back({step, std::move(ref), std::move(expected), std::move(got)});
    }

    void walk(Session& session) {
        const Json& expect = json_.at("expect");
        check(session, expect.at(0), 0, expect.size() == 1);
        std::size_t step = 0;
        for (const Json& action : json_.at("steps")) {
            ++step;
            apply(session, action, step);
            if (step < expect.size()) check(session, expect[step], step, step + 1 == expect.size());
        }
    }

    /// An action, or what it did not give.
    static std::pair<Status, const char*> act(Session& session, const Json& action) {
        const std::string kind = action.at(0);
        const std::string ref = action.at(1);
        if (kind == "answer")
            return {session.answer(ref, text_of(action.at(2))), "an answer taken"};
        if (kind == "remove_repeat") return {session.remove_repeat(ref), "a row gone"};
        if (kind == "lang") {
            session.set_language(ref);
            return {Status{}, ""};
        }
        if (kind != "add_repeat")
            return {Error{Errc::kMalformed, "an unknown step"}, "a known step"};
        const auto row = session.add_repeat(ref);
        return {row.ok() ? Status{} : Status(row.error()), "a row"};
    }

    void apply(Session& session, const Json& action, std::size_t step) {
        const auto [status, wanted] = act(session, action);
        if (!status.ok())
            fail(step, action.at(1), wanted, std::string(errc_name(status.error().code)));
    }

    void check(Session& session, const Json& cells, std::size_t step, bool last) {
        for (const auto& [ref, cell] : cells.items()) check_cell(session, ref, cell, step, last);
    }

    void check_cell(Session& session, const std::string& ref, const Json& cell, std::size_t step,
                    bool last) {
        const bool want_relevant = cell.value("relevant", true);
        if (!session.exists(ref)) {
            if (want_relevant) fail(step, ref, "a node", "nothing");
            return;
        }
        if (session.relevant(ref) != want_relevant) {
            fail(step, ref, want_relevant ? "relevant" : "not relevant",
                 want_relevant ? "not relevant" : "relevant");
            return;
        }
        if (!want_relevant) return;
        if (cell.contains("value") &&
            !same_value(cell["value"], session.value(ref), json_.value("tolerance", 0.0))) {
            fail(step, ref, text_of(cell["value"]), session.value(ref));
        }
        const auto view = session.view(ref);
        if (!view.ok()) return;
        if (view->readonly != cell.value("readonly", false)) {
            fail(step, ref, cell.value("readonly", false) ? "readonly" : "writable",
                 view->readonly ? "readonly" : "writable");
        }
        if (view->required != cell.value("required", false)) {
            fail(step, ref, cell.value("required", false) ? "required" : "optional",
                 view->required ? "required" : "optional");
        }
        if (!last) return;
        if (cell.contains("label") && cell["label"].is_string() &&
            view->label != text_of(cell["label"])) {
            fail(step, ref, "label " + text_of(cell["label"]), "label " + view->label);
        }
        if (cell.contains("choices") && cell["choices"].is_array()) {
            check_choices(ref, cell["choices"], values_of(*view), step);
        }
    }

    static std::vector<std::string> values_of(const ViewNode& view) {
        std::vector<std::string> out;
        if (view.choices == nullptr) return out;
        for (const Choice& choice : *view.choices) out.push_back(choice.value);
        return out;
    }

    void check_choices(const std::string& ref, const Json& expected, std::vector<std::string> got,
                       std::size_t step) {
        std::vector<std::string> want;
        for (const Json& value : expected) want.push_back(text_of(value));
        constexpr std::size_t kRecorded = 12;  // the recorder kept the first twelve choices
        if (want.size() == kRecorded && got.size() > kRecorded) got.resize(kRecorded);
        if (got == want) return;
        if (std::is_permutation(got.begin(), got.end(), want.begin(), want.end()) &&
            ordered_by_chance(ref)) {
            return;
        }
        fail(step, ref, "choices " + text_of(expected), "choices " + text_of(Json(got)));
    }

    /// Whether an unseeded randomize() makes the order: then the recorded one is as good as any.
    bool ordered_by_chance(const std::string& ref) {
        constexpr std::uint64_t kTries = 16;
        std::vector<std::string> first;
        for (std::uint64_t seed = 1; seed <= kTries; ++seed) {
            CountingRandom random(seed);
            Session session(definition_, session_options(random));
            for (const Json& action : json_.at("steps")) (void)act(session, action);
            const auto view = session.view(ref);
            if (!view.ok()) return false;
            if (seed == 1) first = values_of(*view);
            if (values_of(*view) != first) return true;
        }
        return false;
    }

    const Json& json_;
    const ReplayOptions& options_;
    FixedClock clock_{0};
    FormDefinitionPtr definition_;
    ReplayOutcome out_;
};

}  // namespace

void replay_forms(std::string_view jsonl, const ReplayOptions& options, const ReplaySink& sink) {
    each_case(jsonl, sink, [&](std::size_t, const Json& json) -> std::optional<ReplayOutcome> {
        if (!options.only.empty() && json.value("id", "") != options.only) return std::nullopt;
        return FormReplay(json, options).run();
    });
}

}  // namespace awda::forms
