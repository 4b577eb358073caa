// The corpus of the benchmarks: what its entropy is worth as a denominator.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "sync/cases/case_id.h"
#include "tests/bench/corpus.h"
#include "tests/bench/corpus_form.h"
#include "tests/bench/corpus_words.h"

using namespace awda;
using namespace awda::bench;

namespace {

constexpr int kDraws = 400'000;
constexpr int kRecords = 400;

/// Bits a draw by the frequencies of what came out.
template <typename Draw>
double empirical_bits(Draw draw) {
    std::map<std::int64_t, int> counts;
    for (int i = 0; i < kDraws; ++i) ++counts[static_cast<std::int64_t>(draw())];
    double bits = 0;
    for (const auto& [outcome, count] : counts) {
        bits -= count * std::log2(static_cast<double>(count) / kDraws);
    }
    return bits / kDraws;
}

std::string value_at(const sync::Record& record, std::string_view path) {
    for (const sync::Field& field : record.fields) {
        if (field.path == path) return field.value;
    }
    return {};
}

}  // namespace

TEST_CASE("a draw charges what its outcomes' frequencies say") {
    const std::vector<std::uint32_t> skewed{70, 0, 20, 9, 1};
    const auto agrees = [](auto draw) {
        ChargedRandom random(7);
        const double empirical = empirical_bits([&] { return draw(random); });
        const double charged = random.bits(Charge::kInts) / kDraws;
        CAPTURE(empirical);
        CAPTURE(charged);
        CHECK(std::abs(charged - empirical) < 0.01 * empirical);
        CHECK(random.bits() == random.bits(Charge::kInts));
    };
    agrees([&](ChargedRandom& r) { return r.pick(Charge::kInts, Distribution(skewed)); });
    agrees([](ChargedRandom& r) { return r.uniform(Charge::kInts, 10); });
    agrees([](ChargedRandom& r) { return r.chance(Charge::kInts, 8); });
    agrees([](ChargedRandom& r) { return r.gaussian(Charge::kInts, 5); });
    const Distribution zipf = Distribution::zipf(300, 1.0);
    agrees([&](ChargedRandom& r) { return r.pick(Charge::kInts, zipf); });
}

TEST_CASE("what is certain costs nothing, and an id costs the bits that are random in it") {
    ChargedRandom random(1);
    CHECK(random.chance(Charge::kInts, 100));
    CHECK_FALSE(random.chance(Charge::kInts, 0));
    CHECK(random.uniform(Charge::kInts, 1) == 0);
    CHECK(random.bits() == 0);
    const Id16 id = random.uuid_v7(0x0123456789ab);
    CHECK(to_uuid_text(id).starts_with("01234567-89ab-7"));
    CHECK(random.bits(Charge::kIds) == 74);
}

TEST_CASE("a draw around nothing has the deviation that was asked for, and no bias") {
    ChargedRandom random(3);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
        const auto value = static_cast<double>(random.gaussian(Charge::kGps, 1'001));
        sum += value;
        squares += value * value;
    }
    CHECK(std::abs(sum / kDraws) < 50);
    const double deviation = std::sqrt(squares / kDraws);
    CHECK(deviation > 0.96 * 8 * 1'001);
    CHECK(deviation < 1.02 * 8 * 1'001);
}

TEST_CASE("no two entries of a table are alike, or answers would hide what was drawn") {
    const auto distinct = [](const auto& table, auto text) {
        std::set<std::string> seen;
        for (const auto& entry : table) seen.insert(text(entry));
        return seen.size() == table.size();
    };
    const auto arabic = [](const Name& name) { return name.arabic; };
    const auto itself = [](const std::string& text) { return text; };
    CHECK(distinct(male_names(), arabic));
    CHECK(distinct(female_names(), arabic));
    CHECK(distinct(surnames(), arabic));
    CHECK(distinct(vocabulary(), itself));
    CHECK(distinct(stock_phrases(), itself));
    CHECK(distinct(occupations(), itself));
    CHECK(distinct(governorates(), [](const Governorate& one) { return one.code; }));
    CHECK(vocabulary().size() == 3'150);
    // A choice of many may be none, which looks like no answer.
    for (const auto questions : {questions_before(), questions_of_member(), questions_after()}) {
        for (const Question& question : questions) {
            if (question.draw == Draw::kMany) CHECK(question.answered == 100);
        }
    }
}

TEST_CASE("the same seed and device give the same records, others give others") {
    Corpus one(5, 1);
    Corpus again(5, 1);
    Corpus other_device(5, 2);
    Corpus other_seed(6, 1);
    for (int i = 0; i < 20; ++i) {
        const Bytes record = sync::encode_record(one.next());
        CHECK(record == sync::encode_record(again.next()));
        CHECK(record != sync::encode_record(other_device.next()));
        CHECK(record != sync::encode_record(other_seed.next()));
    }
    CHECK(one.entropy_bits() == again.entropy_bits());
}

TEST_CASE("records of the corpus are intakes of the size that was measured in the field") {
    Corpus corpus(11, 3);
    double fields = 0;
    double leaves = 0;
    double xml = 0;
    double json = 0;
    for (int i = 0; i < kRecords; ++i) {
        const sync::Record record = corpus.next();
        const std::size_t asked = leaves_of(record);
        CHECK(asked >= 70);
        CHECK(asked <= 190);
        leaves += static_cast<double>(asked);
        fields += static_cast<double>(record.fields.size());
        xml += static_cast<double>(xml_of(record).size());
        json += static_cast<double>(json_of(record).size());
    }
    const double bytes = corpus.entropy_bits() / 8 / kRecords;
    MESSAGE("leaves " << leaves / kRecords << ", fields " << fields / kRecords << ", XML "
                      << xml / kRecords << ", JSON " << json / kRecords << ", entropy " << bytes);
    for (std::size_t kind = 0; kind < static_cast<std::size_t>(Charge::kCount); ++kind) {
        const double part = corpus.entropy_bits(static_cast<Charge>(kind)) / 8 / kRecords;
        MESSAGE("kind " << kind << ": " << part << " bytes");
        CHECK(part > 0.5);
    }
    CHECK(leaves / kRecords > 110);
    CHECK(leaves / kRecords < 130);
    CHECK(fields / kRecords > 95);
    CHECK(fields / kRecords < 125);
    CHECK(xml / kRecords > 4'000);
    CHECK(xml / kRecords < 5'300);
    CHECK(json / kRecords > 2'300);
    CHECK(json / kRecords < 3'600);
    CHECK(bytes > 100);
    CHECK(bytes < 125);
}

TEST_CASE("records of the corpus are in time order and come back from their bytes") {
    Corpus corpus(12, 0);
    UnixMs last = 0;
    for (int i = 0; i < 50; ++i) {
        const sync::Record record = corpus.next();
        CHECK(record.started_ms > last);
        CHECK(record.finalised_ms > record.started_ms);
        last = record.finalised_ms;
        const auto back = sync::decode_record(sync::encode_record(record));
        REQUIRE(back.ok());
        CHECK(back->fields == record.fields);
        CHECK(back->instance == record.instance);
        CHECK(back->started_ms == record.started_ms);
        for (const sync::Field& field : record.fields) {
            CHECK((field.value.empty() == field.path.ends_with(']')));
        }
    }
}

TEST_CASE("what follows from other answers is what they say") {
    Corpus corpus(13, 0);
    int with_family = 0;
    for (int i = 0; i < 60; ++i) {
        const sync::Record record = corpus.next();
        const auto at = [&record](std::string_view path) { return value_at(record, path); };
        CHECK(at("case/case_id") == to_text(sync::case_of_record(record.root)));
        CHECK(at("meta/instanceID") == "uuid:" + to_text(record.instance));
        CHECK(at("meta/instanceName").starts_with(at("person/given_name") + " "));
        CHECK(at("origin/district").starts_with(at("origin/governorate") + "Q"));
        CHECK(at("origin/subdistrict").starts_with(at("origin/district") + "N"));
        CHECK(at("contact/phone").empty() == (at("contact/has_phone") == "no"));
        CHECK(at("interview/interview_language") == record.language);
        if (at("family/has_family") == "no") continue;
        ++with_family;
        CHECK(at("family/member[1]/m_id") ==
              to_text(sync::member_of_row(record.instance.value, "family/member[1]")));
        CHECK(std::stoi(at("family/member[1]/m_age")) >= 0);
        CHECK(std::stoi(at("family/household_size")) == std::stoi(at("family/family_count")) + 1);
    }
    CHECK(with_family > 30);
}

TEST_CASE("XML and JSON hold every answer, and XML also what was left empty") {
    Corpus corpus(14, 0);
    for (int i = 0; i < 20; ++i) {
        const sync::Record record = corpus.next();
        const std::string xml = xml_of(record);
        CHECK(xml.starts_with("<?xml version='1.0' ?><data id=\"returnee_corpus\""));
        CHECK(xml.ends_with("</orx:instanceName></meta></data>"));
        const std::string json = json_of(record);
        CHECK(nlohmann::json::accept(json));
        std::size_t answers = 0;
        for (const sync::Field& field : record.fields) {
            if (field.value.empty()) continue;
            ++answers;
            CHECK(xml.find(">" + field.value + "</") != std::string::npos);
            CHECK(json.find("\"" + field.value + "\"") != std::string::npos);
        }
        std::size_t empty = 0;
        for (std::size_t at = xml.find(" />"); at != std::string::npos;
             at = xml.find(" />", at + 1)) {
            ++empty;
        }
        CHECK(answers + empty == leaves_of(record));
    }
}
