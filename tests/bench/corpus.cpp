#include "tests/bench/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <utility>

#include "platform/codec.h"
#include "sync/cases/case_id.h"
#include "tests/bench/corpus_form.h"
#include "tests/bench/corpus_words.h"

namespace awda::bench {

namespace {

namespace chr = std::chrono;

constexpr UnixMs kSecond = 1000;
constexpr UnixMs kMinute = 60 * kSecond;
constexpr UnixMs kHour = 60 * kMinute;
constexpr UnixMs kZone = 3 * kHour;                  // Baghdad, all year
constexpr UnixMs kFirstMorning = 1'767'589'200'000;  // 2026-01-05T08:00+03:00
constexpr std::uint32_t kStockPhrasePercent = 20;
constexpr std::size_t kOfficers = 5;

/// A part of a range, and how likely it is; even within.
struct Span {
    std::uint32_t weight;
    UnixMs from;
    UnixMs to;
};
constexpr Span kGaps[] = {
    {48, 2 * kMinute, 8 * kMinute},
    {36, 8 * kMinute, 30 * kMinute},
    {10, 30 * kMinute, 3 * kHour},
    {6, 14 * kHour, 18 * kHour},
};
constexpr Span kLengths[] = {
    {20, 12 * kMinute, 20 * kMinute},
    {55, 20 * kMinute, 35 * kMinute},
    {25, 35 * kMinute, 70 * kMinute},
};
/// Ages in years: where the six parts begin, and the end of the last.
constexpr int kAges[] = {0, 12, 18, 35, 50, 65, 91};
constexpr int kDaysOfYear = 365;
/// 1 … kMembersMax
constexpr std::uint32_t kFamilySizes[] = {9, 14, 17, 18, 15, 11, 8, 5, 3};

/// "name:weight name:weight …", read once.
struct Choices {
    std::vector<std::string_view> names;
    std::vector<std::uint32_t> weights;
};

std::uint32_t number_of(std::string_view text) {
    std::uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

Choices choices_of(std::string_view text) {
    Choices choices;
    for (const std::string_view word : words_of(text)) {
        const std::size_t colon = word.find(':');
        choices.names.push_back(word.substr(0, colon));
        choices.weights.push_back(number_of(word.substr(colon + 1)));
    }
    return choices;
}

std::string day_text(chr::sys_days day) {
    return to_iso_utc(chr::sys_time<chr::milliseconds>(day).time_since_epoch().count())
        .substr(0, 10);
}

/// Of "2026-01-05".
chr::sys_days day_of(std::string_view text) {
    const chr::year year(static_cast<int>(number_of(text.substr(0, 4))));
    return year / chr::month(number_of(text.substr(5, 2))) / chr::day(number_of(text.substr(8)));
}

int year_of(chr::sys_days day) {
    return int(chr::year_month_day(day).year());
}

int months_between(chr::sys_days from, chr::sys_days to) {
    const chr::year_month_day a(from);
    const chr::year_month_day b(to);
    const int months = (int(b.year()) - int(a.year())) * 12 +
                       static_cast<int>(unsigned(b.month())) -
                       static_cast<int>(unsigned(a.month()));
    return months - (b.day() < a.day() ? 1 : 0);
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
    std::string out(text);
    for (std::size_t at = out.find(what); at != std::string::npos;
         at = out.find(what, at + with.size())) {
        out.replace(at, what.size(), with);
    }
    return out;
}

/// How offices write a name in Latin letters, the usual way first; no two are alike.
std::vector<std::string> spellings(const std::string& latin) {
    std::vector<std::string> all{latin};
    const auto add = [&all](std::string other) {
        if (std::ranges::find(all, other) == all.end()) all.push_back(std::move(other));
    };
    add(replaced(replaced(latin, "ee", "i"), "oo", "u"));
    add(replaced(latin, "oo", "ou"));
    add(replaced(replaced(latin, "q", "k"), "Q", "K"));
    add(replaced(latin, "dh", "d"));
    return all;
}

std::uint64_t device_seed(std::uint64_t seed, std::uint32_t device) {
    ByteWriter out;
    out.u64(seed);
    out.u32(device);
    const Hash32 hash = hash32(out.bytes());
    std::uint64_t mixed = 0;
    for (std::size_t i = 0; i < 8; ++i) mixed = mixed << 8U | hash[i];
    return mixed;
}

/// One record while it is filled in.
struct Filling {
    sync::Record record;
    std::map<std::string, std::string, std::less<>> answers;
    UnixMs start = 0;
    UnixMs end = 0;
    chr::sys_days today;
    std::size_t members = 0;
    std::string row;                 ///< the member who is asked about, or ""
    std::vector<const Name*> latin;  ///< given name, father's, surname

    [[nodiscard]] std::string_view answer(std::string_view path) const {
        const auto found =
            answers.find(row.empty() ? std::string(path) : row + "/" + std::string(path));
        return found == answers.end() ? std::string_view{} : std::string_view(found->second);
    }
    /// The answer to a question of the same group.
    [[nodiscard]] std::string_view beside(const Question& question, std::string_view name) const {
        const std::string_view group = question.path.substr(0, question.path.find('/') + 1);
        return answer(std::string(group) + std::string(name));
    }
};

std::string full_name(const Filling& filling) {
    std::string name;
    for (const std::string_view part :
         {"given_name", "father_name", "grandfather_name", "surname"}) {
        const std::string_view answer = filling.answer("person/" + std::string(part));
        if (answer.empty()) continue;
        if (!name.empty()) name += ' ';
        name += answer;
    }
    return name;
}

std::string age(const Filling& filling) {
    if (!filling.row.empty()) {
        return std::to_string(
            months_between(day_of(filling.answer("m_birth_date")), filling.today) / 12);
    }
    const std::string_view year = filling.answer("person/birth_year");
    if (!year.empty()) {
        return std::to_string(year_of(filling.today) - static_cast<int>(number_of(year)));
    }
    return std::to_string(
        months_between(day_of(filling.answer("person/birth_date")), filling.today) / 12);
}

std::string place_of_return(const Filling& filling) {
    const std::string_view elsewhere = filling.answer("destination/district");
    return std::string(elsewhere.empty() ? filling.answer("origin/district") : elsewhere);
}

const Governorate& governorate_of(std::string_view code) {
    const auto& all = governorates();
    return *std::ranges::find_if(
        all, [code](const Governorate& one) { return code.starts_with(one.code); });
}

std::string moment_text(UnixMs time) {
    std::string text = to_iso_utc(time + kZone);
    text.pop_back();
    return text + "+03:00";
}

/// Millionths of a degree.
std::string degrees(std::int64_t value) {
    return fmt::format("{}.{:06}", value / 1'000'000, value % 1'000'000);
}

}  // namespace

struct Corpus::State {
    State(std::uint64_t seed, std::uint32_t device);

    sync::Record next();
    void ask(const Question& question, Filling& filling);
    std::string follows(const Question& question, const Filling& filling) const;
    std::string drawn(const Question& question, Filling& filling);
    std::string drawn_name(const Question& question, Filling& filling);
    std::string drawn_date(const Question& question, const Filling& filling);
    std::string drawn_place(const Question& question, const Filling& filling);
    std::string drawn_number(const Question& question, const Filling& filling);
    std::string drawn_text(const Question& question, const Filling& filling);

    UnixMs span(std::span<const Span> spans);
    const Name& name(const std::vector<Name>& table, const Distribution& zipf);
    std::string given_name(std::string_view sex, Filling& filling);
    std::string latin_name(const Filling& filling);
    std::string birth_date(const Question& question, const Filling& filling);
    std::string one(Charge kind, std::string_view of);
    std::string many(std::string_view of);
    std::string digits(std::string_view pattern);
    std::string gps(std::string_view district);
    std::string words(std::string_view of);

    ChargedRandom random;
    DeviceId device_id;
    std::string office;
    std::vector<std::string> officers;
    UnixMs last_end = kFirstMorning;

    Distribution male = Distribution::zipf(male_names().size(), 0.9);
    Distribution female = Distribution::zipf(female_names().size(), 0.9);
    Distribution tribes = Distribution::zipf(surnames().size(), 0.8);
    Distribution places = Distribution::zipf(governorates().size(), 1.0);
    Distribution word = Distribution::zipf(vocabulary().size(), 1.0);
    Distribution phrase = Distribution::zipf(stock_phrases().size(), 0.7);
    Distribution occupation = Distribution::zipf(occupations().size(), 0.8);
};

Corpus::State::State(std::uint64_t seed, std::uint32_t device) : random(device_seed(seed, device)) {
    // Of another generator: what a device has once is not charged.
    fakes::SeededRandom own(device_seed(~seed, device));
    own.fill(device_id.value);
    const Governorate& home = governorates()[own.next_u64() % governorates().size()];
    office = "branch-" + home.code;
    while (officers.size() < kOfficers) {
        const auto& names = own.next_u64() % 3 == 0 ? female_names() : male_names();
        std::string officer = names[own.next_u64() % names.size()].arabic + " " +
                              surnames()[own.next_u64() % surnames().size()].arabic;
        const bool known = std::ranges::find(officers, officer) != officers.end();
        if (!known) officers.push_back(std::move(officer));
    }
}

UnixMs Corpus::State::span(std::span<const Span> spans) {
    std::vector<std::uint32_t> weights;
    for (const Span& span : spans) weights.push_back(span.weight);
    const Span& span = spans[random.pick(Charge::kTimestamps, Distribution(weights))];
    const auto width = static_cast<std::uint64_t>(span.to - span.from);
    return span.from + static_cast<UnixMs>(random.uniform(Charge::kTimestamps, width));
}

sync::Record Corpus::State::next() {
    Filling filling;
    sync::Record& record = filling.record;
    // The agent reads the clock four times: for the id, at the form's start and end, and signing.
    record.started_ms = last_end + span(kGaps);
    filling.start = record.started_ms + static_cast<UnixMs>(random.uniform(Charge::kTimestamps, 8));
    filling.end = filling.start + span(kLengths);
    record.finalised_ms =
        filling.end + static_cast<UnixMs>(random.uniform(Charge::kTimestamps, 32));
    last_end = record.finalised_ms;
    filling.today = chr::floor<chr::days>(
        chr::sys_time<chr::milliseconds>(chr::milliseconds(filling.start + kZone)));
    record.instance.value = random.uuid_v7(record.started_ms);
    record.root = record.instance;
    record.form_id = kFormId;
    record.form_version = kFormVersion;
    record.form_hash = hash32(as_bytes(kFormId));

    for (const Question& question : questions_before()) ask(question, filling);
    if (filling.answer("family/has_family") == "yes") {
        filling.members = 1 + random.pick(Charge::kInts, Distribution(kFamilySizes));
    }
    for (std::size_t member = 1; member <= filling.members; ++member) {
        filling.row = member_path(member);
        record.fields.push_back({filling.row, ""});
        for (const Question& question : questions_of_member()) ask(question, filling);
    }
    filling.row.clear();
    for (const Question& question : questions_after()) ask(question, filling);
    record.language = filling.answer("interview/interview_language");
    return std::move(record);
}

void Corpus::State::ask(const Question& question, Filling& filling) {
    const auto answer = [&filling](std::string_view path) { return filling.answer(path); };
    if (!is_asked(question, answer)) return;
    if (!random.chance(Charge::kSelects, question.answered)) return;
    std::string value = follows(question, filling);
    if (value.empty()) value = drawn(question, filling);
    if (value.empty()) return;
    const std::string path = filling.row.empty() ? std::string(question.path)
                                                 : filling.row + "/" + std::string(question.path);
    filling.answers.emplace(path, value);
    filling.record.fields.push_back({path, std::move(value)});
}

/// An answer that follows from others; "" if it has to be drawn.
std::string Corpus::State::follows(const Question& question, const Filling& filling) const {
    const InstanceId& instance = filling.record.instance;
    switch (question.draw) {
        case Draw::kStart: return moment_text(filling.start);
        case Draw::kEnd: return moment_text(filling.end);
        case Draw::kToday: return day_text(filling.today);
        case Draw::kDevice: return to_text(device_id);
        case Draw::kOffice: return office;
        case Draw::kFullName: return full_name(filling);
        case Draw::kAge: return age(filling);
        case Draw::kMonthsSince:
            return std::to_string(
                months_between(day_of(filling.answer(question.of)), filling.today));
        case Draw::kSamePlace: return place_of_return(filling);
        case Draw::kFamilyCount: return std::to_string(filling.members);
        case Draw::kHouseholdSize: return std::to_string(filling.members + 1);
        case Draw::kCaseId: return to_text(sync::case_of_record(instance));
        case Draw::kMemberId: return to_text(sync::member_of_row(instance.value, filling.row));
        case Draw::kInstanceId: return "uuid:" + to_text(instance);
        default: return {};
    }
}

std::string Corpus::State::drawn(const Question& question, Filling& filling) {
    switch (question.draw) {
        case Draw::kLanguage:
        case Draw::kOne: return one(Charge::kSelects, question.of);
        case Draw::kMany: return many(question.of);
        case Draw::kOfficer: return officers[random.uniform(Charge::kSelects, kOfficers)];
        case Draw::kGivenName:
        case Draw::kMaleName:
        case Draw::kMotherName:
        case Draw::kSurname:
        case Draw::kLatinName: return drawn_name(question, filling);
        case Draw::kBirthDate:
        case Draw::kPastDate:
        case Draw::kFutureDate: return drawn_date(question, filling);
        case Draw::kGovernorate:
        case Draw::kDistrict:
        case Draw::kSubdistrict:
        case Draw::kGps: return drawn_place(question, filling);
        case Draw::kDigits:
        case Draw::kBirthYear:
        case Draw::kYears:
        case Draw::kCount: return drawn_number(question, filling);
        default: return drawn_text(question, filling);
    }
}

const Name& Corpus::State::name(const std::vector<Name>& table, const Distribution& zipf) {
    return table[random.pick(Charge::kNames, zipf)];
}

std::string Corpus::State::given_name(std::string_view sex, Filling& filling) {
    const Name& given = sex == "male" ? name(male_names(), male) : name(female_names(), female);
    if (filling.row.empty()) filling.latin.push_back(&given);
    return given.arabic;
}

std::string Corpus::State::latin_name(const Filling& filling) {
    std::string text;
    for (const Name* part : filling.latin) {
        const std::vector<std::string> ways = spellings(part->latin);
        const auto way = random.pick(Charge::kNames, Distribution::zipf(ways.size(), 2.0));
        if (!text.empty()) text += ' ';
        text += ways[way];
    }
    return text;
}

std::string Corpus::State::drawn_name(const Question& question, Filling& filling) {
    switch (question.draw) {
        case Draw::kGivenName:
            return given_name(filling.answer(filling.row.empty() ? "person/sex" : "m_sex"),
                              filling);
        case Draw::kMotherName: {
            const std::string mother = name(female_names(), female).arabic;
            return mother + " " + name(male_names(), male).arabic;
        }
        case Draw::kSurname: {
            const Name& surname = name(surnames(), tribes);
            filling.latin.push_back(&surname);
            return surname.arabic;
        }
        case Draw::kLatinName: return latin_name(filling);
        default: break;
    }
    const Name& man = name(male_names(), male);
    if (question.path == "person/father_name") filling.latin.push_back(&man);
    return man.arabic;
}

std::string Corpus::State::birth_date(const Question& question, const Filling& filling) {
    std::vector<std::uint32_t> weights;
    for (const std::string_view weight : words_of(question.of)) {
        weights.push_back(number_of(weight));
    }
    const std::size_t part = random.pick(Charge::kDates, Distribution(weights));
    const int from = kAges[part];
    const auto years = static_cast<std::uint64_t>(kAges[part + 1] - from);
    if (filling.answer("person/birth_mark") == "estimated") {
        // Old papers say the first of July where nobody knows the day.
        const int ago = from + 1 + static_cast<int>(random.uniform(Charge::kDates, years));
        return std::to_string(year_of(filling.today) - ago) + "-07-01";
    }
    const auto days = static_cast<int>(random.uniform(Charge::kDates, years * kDaysOfYear));
    return day_text(filling.today - chr::days(from * kDaysOfYear + days));
}

std::string Corpus::State::drawn_date(const Question& question, const Filling& filling) {
    if (question.draw == Draw::kBirthDate) return birth_date(question, filling);
    const auto days = static_cast<int>(random.uniform(Charge::kDates, number_of(question.of)));
    return day_text(question.draw == Draw::kPastDate ? filling.today - chr::days(days)
                                                     : filling.today + chr::days(days));
}

std::string Corpus::State::drawn_place(const Question& question, const Filling& filling) {
    switch (question.draw) {
        case Draw::kGovernorate: return governorates()[random.pick(Charge::kPlaces, places)].code;
        case Draw::kDistrict: {
            const Governorate& of = governorate_of(filling.beside(question, "governorate"));
            const auto zipf = Distribution::zipf(static_cast<std::size_t>(of.districts), 1.0);
            return district_code(of, random.pick(Charge::kPlaces, zipf));
        }
        case Draw::kSubdistrict:
            return std::string(filling.beside(question, "district")) + "N0" +
                   std::to_string(1 + random.pick(Charge::kPlaces, Distribution::zipf(4, 1.0)));
        default: return gps(place_of_return(filling));
    }
}

std::string Corpus::State::gps(std::string_view district) {
    const Governorate& of = governorate_of(district);
    const auto number = static_cast<std::int64_t>(number_of(district.substr(district.size() - 2)));
    constexpr std::int64_t kApart = 40'000;  // millionths of a degree between districts' centres
    constexpr std::uint64_t kAround = 1'000;
    const std::int64_t latitude = of.latitude + (number * 5 % 11 - 5) * kApart;
    const std::int64_t longitude = of.longitude + (number * 7 % 13 - 6) * kApart;
    const std::string lat = degrees(latitude + random.gaussian(Charge::kGps, kAround));
    const std::string lon = degrees(longitude + random.gaussian(Charge::kGps, kAround));
    const std::int64_t altitude = 400 + random.gaussian(Charge::kGps, 10);  // tenths of a metre
    const auto accuracy = 3 + random.pick(Charge::kGps, Distribution::zipf(20, 1.0));
    return fmt::format("{} {} {}.{} {}.0", lat, lon, altitude / 10, altitude % 10, accuracy);
}

std::string Corpus::State::drawn_number(const Question& question, const Filling& filling) {
    if (question.draw == Draw::kDigits) return digits(question.of);
    const std::uint64_t most = number_of(question.of);
    if (question.draw == Draw::kCount) {
        return std::to_string(random.pick(Charge::kInts, Distribution::zipf(most + 1, 1.0)));
    }
    const auto ago = static_cast<int>(random.uniform(Charge::kInts, most + 1));
    // Whoever gives a year of birth alone is grown up.
    const int least = question.draw == Draw::kBirthYear ? 20 : 0;
    return std::to_string(year_of(filling.today) - least - ago);
}

std::string Corpus::State::digits(std::string_view pattern) {
    const auto drawn = [this](char first, std::uint64_t n) {
        return static_cast<char>(first + static_cast<char>(random.uniform(Charge::kNumbers, n)));
    };
    std::string text;
    for (const char c : pattern) {
        switch (c) {
            case '#': text += drawn('0', 10); break;
            case '@': text += drawn('1', 9); break;
            case '^': text += drawn('A', 26); break;
            case '?': text += "5789"[random.uniform(Charge::kNumbers, 4)]; break;
            default: text += c;
        }
    }
    return text;
}

std::string Corpus::State::one(Charge kind, std::string_view of) {
    const Choices choices = choices_of(of);
    return std::string(choices.names[random.pick(kind, Distribution(choices.weights))]);
}

std::string Corpus::State::many(std::string_view of) {
    const Choices choices = choices_of(of);
    std::string text;
    for (std::size_t i = 0; i < choices.names.size(); ++i) {
        if (!random.chance(Charge::kSelects, choices.weights[i])) continue;
        if (!text.empty()) text += ' ';
        text += choices.names[i];
    }
    return text;
}

std::string Corpus::State::words(std::string_view of) {
    if (random.chance(Charge::kText, kStockPhrasePercent)) {
        return stock_phrases()[random.pick(Charge::kText, phrase)];
    }
    const auto bounds = words_of(of);
    const std::uint64_t least = number_of(bounds[0]);
    const std::uint64_t count =
        least + random.uniform(Charge::kText, number_of(bounds[1]) - least + 1);
    std::string text;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (i > 0) text += ' ';
        text += vocabulary()[random.pick(Charge::kText, word)];
    }
    return text;
}

std::string Corpus::State::drawn_text(const Question& question, const Filling& filling) {
    if (question.draw == Draw::kOccupation) {
        return occupations()[random.pick(Charge::kText, occupation)];
    }
    if (question.draw == Draw::kWords) return words(question.of);
    std::string address;  // Draw::kEmail
    for (const char c : filling.latin.front()->latin + filling.latin.back()->latin) {
        if (c != '-' && c != ' ') address += static_cast<char>(c >= 'a' ? c : c - 'A' + 'a');
    }
    return address + digits("##") + "@" + one(Charge::kSelects, "gmail.com:78 yahoo.com:22");
}

Corpus::Corpus(std::uint64_t seed, std::uint32_t device)
    : state_(std::make_unique<State>(seed, device)) {}
Corpus::~Corpus() = default;
Corpus::Corpus(Corpus&&) noexcept = default;
Corpus& Corpus::operator=(Corpus&&) noexcept = default;

sync::Record Corpus::next() {
    return state_->next();
}

double Corpus::entropy_bits() const {
    return state_->random.bits();
}

double Corpus::entropy_bits(Charge kind) const {
    return state_->random.bits(kind);
}

}  // namespace awda::bench
