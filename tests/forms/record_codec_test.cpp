#include "forms/record_codec.h"

#include <fstream>

#include "forms/journal.h"
#include "forms/value_column.h"
#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

FinalRecord record_of(const Session& session) {
    FinalRecord out;
    out.form_id = session.definition().settings().form_id;
    out.form_version = session.definition().settings().version;
    out.instance_id = session.instance_id();
    out.instance_name = session.instance_name();
    out.answers = session.answers();
    return out;
}

std::vector<FinalRecord> random_records(const FormDefinitionPtr& form, RandomHand& hand,
                                        std::size_t count) {
    std::vector<FinalRecord> out;
    for (std::size_t i = 0; i < count; ++i) {
        fakes::FakeClock clock(1'767'225'600'000 + static_cast<UnixMs>(i) * 60'000);
        fakes::SeededRandom random(i + 1);
        SessionOptions options;
        options.clock = &clock;
        options.random = &random;
        Session session(form, options);
        for (int action = 0; action < 40; ++action) hand.act(session);
        out.push_back(record_of(session));
    }
    return out;
}

/// The bytes of a golden file, or of the new value where it is to be made.
Bytes golden(const std::string& name, const Bytes& made) {
    const std::string path = std::string(AWDA_SOURCE_FOLDER) + "/tests/golden/forms/" + name;
    if (std::getenv("AWDA_WRITE_GOLDEN") != nullptr) {
        std::ofstream(path) << to_hex(made) << "\n";
    }
    const auto text = read_file(path);
    REQUIRE(text.has_value());
    const auto bytes = from_hex(text->substr(0, text->find('\n')));
    REQUIRE(bytes.ok());
    return *bytes;
}

std::vector<FinalRecord> golden_records(const FormDefinitionPtr& form) {
    const FormSettings& settings = form->settings();
    const auto record = [&](std::string id, std::vector<Answer> answers) {
        answers.push_back({"meta/instanceID", id});
        return FinalRecord{settings.form_id,  settings.version, std::move(id), {}, {},
                           std::move(answers)};
    };
    std::vector<FinalRecord> out;
    out.push_back(
        record("uuid:00000000-0000-4000-8000-000000000001", {{"has", "yes"},
                                                             {"all/item[1]", ""},
                                                             {"all/item[1]/what", "bread"},
                                                             {"all/item[1]/price", "2.50"},
                                                             {"all/item[2]", ""},
                                                             {"all/item[2]/what", "none"},
                                                             {"all/paid", "0.75"}}));
    out.push_back(record("uuid:00000000-0000-4000-8000-000000000002",
                         {{"has", "yes"}, {"all/item[2]", ""}, {"all/item[2]/price", "soon"}}));
    out.push_back(record("uuid:00000000-0000-4000-8000-000000000003",
                         {{"elsewhere", "kept"}, {"has", "no"}}));
    return out;
}

}  // namespace

TEST_CASE("records in columns come back exactly, alone and together") {
    const std::uint64_t seed = 6;
    MESSAGE("seed " << seed);
    RandomHand hand(seed);
    for (const FormDefinitionPtr& form : fill_forms()) {
        const RecordCodec codec(form);
        const auto records = random_records(form, hand, 40);
        const auto all = codec.encode(records);
        REQUIRE(all.ok());
        const auto back = codec.decode(*all);
        REQUIRE(back.ok());
        CHECK(*back == records);
        for (const FinalRecord& record : records) {
            const auto one = codec.encode({&record, 1});
            REQUIRE(one.ok());
            CHECK(codec.decode(*one)->front() == record);
        }
        CHECK(codec.decode(*codec.encode({}))->empty());
    }
}

TEST_CASE("answers that break their type, their order or the form itself survive") {
    const FormDefinitionPtr form = must_load(kHousehold);
    const RecordCodec codec(form);
    const FormSettings& settings = form->settings();
    const auto survives = [&](std::vector<Answer> answers) {
        FinalRecord record{settings.form_id, settings.version, "not a uuid",
                           "name",           "uuid:old",       std::move(answers)};
        const auto bytes = codec.encode({&record, 1});
        REQUIRE(bytes.ok());
        const auto back = codec.decode(*bytes);
        REQUIRE(back.ok());
        return back->front() == record;
    };
    CHECK(survives({}));
    CHECK(survives({{"age", "007"}, {"least", "-0"}}));
    CHECK(survives({{"since", "2026-02-30"}, {"govs", "bgd  erb"}, {"one", "no such"}}));
    CHECK(survives({{"member[3]", ""}, {"member[3]/name", "x"}, {"member[9]", ""}}));
    CHECK(survives({{"member[1]/name", "no row before"}}));
    CHECK(survives({{"age", "2"}, {"head", "later"}}));
    CHECK(survives({{"age", "2"}, {"age", "3"}}));
    CHECK(survives({{"nowhere", "x"}, {"", "y"}, {"member[0]", ""}, {"member[x]/name", "z"}}));
    CHECK(survives({{"member", "no position"}, {"work", "a group's text"}}));
    CHECK(survives({{"head", std::string("\0\x01", 2)}}));
    CHECK(survives({{"age", ""}, {"member[1]", ""}, {"member[1]", ""}}));
    CHECK(survives({{"age", "99999999999999999999"}, {"least", "-9223372036854775808"}}));
}

TEST_CASE("every code gives back what it took") {
    ChoiceList list;
    list.values = {"a", "b", "a", "c d"};
    for (std::uint32_t i = 0; i < list.values.size(); ++i) list.index.emplace(list.values[i], i);
    const std::vector<std::vector<std::string_view>> columns = {
        {"1", "2", "3"},
        {"1", "2", "x", "40"},
        {"-9223372036854775808", "9223372036854775807"},
        {"2026-01-01", "2026-01-02", "1900-02-28", "0001-01-01"},
        {"2026-01-01T00:00:00.000+03:00", "2026-01-01T00:00:01.500-05:30"},
        {"1.5", "-0.25", "100.00", "0.000000001", "-0.0", "00.5", ".5", "5."},
        {"a", "b", "a"},
        {"a b", "b", "c d"},
        {"b a a", "a"},
        {"uuid:00000000-0000-4000-8000-000000000001"},
        {"uuid:00000000-0000-4000-8000-00000000000A"},
        {"33.3 44.4 0.0 5.0", "1 2", "x y"},
        {"same", "same", "same"},
        {"long text here", "other text here", "long text here", "other text here",
         "long text here"},
        {""},
        {" ", "1 ", "+1"}};
    for (const auto& values : columns) {
        for (const ChoiceList* with :
             {static_cast<const ChoiceList*>(nullptr), static_cast<const ChoiceList*>(&list)}) {
            VarintWriter out;
            write_values(values, with, out);
            VarintReader in(out.bytes());
            const auto back = read_values(in, values.size(), with);
            REQUIRE_FALSE(in.failed());
            CHECK(in.remaining() == 0);
            CHECK(std::equal(back.begin(), back.end(), values.begin(), values.end()));
        }
    }
}

TEST_CASE("the bytes of records and journals stay what they are") {
    const FormDefinitionPtr form = must_load(kTriggers);
    const RecordCodec codec(form);
    const auto records = golden_records(form);
    const auto made = codec.encode(records);
    REQUIRE(made.ok());
    const Bytes kept = golden("records.hex", *made);
    CHECK(to_hex(*made) == to_hex(kept));
    CHECK(*codec.decode(kept) == records);

    Bytes journal = journal_head();
    const JournalSeed seed{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const std::vector<JournalRecord> actions{
        {JournalAction::kOpened, "uuid:1", "", 1'767'225'600'000, seed},
        {JournalAction::kAnswered, "family[2]/name", "سارة", 1'767'225'601'000, {}},
        {JournalAction::kRowAdded, "family", "", -1, {}},
        {JournalAction::kUndone, "", "", 0, {}}};
    for (const JournalRecord& action : actions) {
        const Bytes framed = frame_journal_record(action);
        journal.insert(journal.end(), framed.begin(), framed.end());
    }
    const Bytes kept_journal = golden("journal.hex", journal);
    CHECK(to_hex(journal) == to_hex(kept_journal));
    CHECK(read_journal(kept_journal)->records == actions);
}

TEST_CASE("records that are not UTF-8 are neither written nor read") {
    const FormDefinitionPtr form = must_load(kTriggers);
    const RecordCodec codec(form);
    auto records = golden_records(form);
    records[0].answers.push_back({"no/question", "plain"});  // so that it is kept as it is
    auto bytes = codec.encode(records);
    REQUIRE(bytes.ok());
    const std::string plain = "plain";
    const auto at = std::search(bytes->begin(), bytes->end(), plain.begin(), plain.end());
    REQUIRE(at != bytes->end());
    *at = 0xff;
    CHECK(codec.decode(*bytes).error().code == Errc::kMalformed);
    records[0].answers.back().value = "\xff";
    CHECK(codec.encode(records).error().code == Errc::kMalformed);
}

TEST_CASE("damaged and hostile bytes are refused or read as some records, never more") {
    const std::uint64_t seed = 9;
    MESSAGE("seed " << seed);
    RandomHand hand(seed);
    const FormDefinitionPtr form = must_load(kTriggers);
    const RecordCodec codec(form);
    const auto bytes = codec.encode(golden_records(form));
    REQUIRE(bytes.ok());
    for (std::size_t cut = 0; cut < bytes->size(); ++cut) {
        CHECK_FALSE(codec.decode(ByteView(*bytes).first(cut)).ok());
    }
    Bytes longer = *bytes;
    longer.push_back(0);
    CHECK_FALSE(codec.decode(longer).ok());
    for (int i = 0; i < 20'000; ++i) {
        Bytes bad = *bytes;
        const std::size_t changes = 1 + hand.pick(4);
        for (std::size_t c = 0; c < changes; ++c) {
            bad[16 + hand.pick(bad.size() - 16)] = static_cast<std::uint8_t>(hand.pick(256));
        }
        const auto back = codec.decode(bad);
        if (back.ok()) CHECK(back->size() <= kRecordsMax);
    }
}

TEST_CASE("a small file can't unfold into endless rows") {
    const FormDefinitionPtr form = must_load(kHousehold);
    const RecordCodec codec(form);
    FinalRecord record{"household", "1", {}, {}, {}, {{"member[1]", ""}}};
    const auto bytes = codec.encode({&record, 1});
    REQUIRE(bytes.ok());
    // The last bytes: one row (2), no own values (0). A hundred thousand rows instead.
    Bytes bomb = *bytes;
    REQUIRE(bomb[bomb.size() - 2] == 2);
    bomb.resize(bomb.size() - 2);
    for (const std::uint8_t byte : {0xc0, 0x9a, 0x0c, 0x00}) bomb.push_back(byte);
    const auto back = codec.decode(bomb);
    REQUIRE(back.ok());
    CHECK(back->front().answers.size() == 100'000);
    bomb[bomb.size() - 2] = 0x7c;
    CHECK_FALSE(codec.decode(bomb).ok());
}

TEST_CASE("records of another form or version are refused") {
    const RecordCodec codec(must_load(kHousehold));
    FinalRecord record{"household", "1", {}, {}, {}, {}};
    const auto bytes = codec.encode({&record, 1});
    REQUIRE(bytes.ok());
    const RecordCodec other(must_load(kTriggers));
    CHECK(other.decode(*bytes).error().code == Errc::kUnknownForm);
    CHECK(other.encode({&record, 1}).error().code == Errc::kUnknownForm);
    record.form_version = "2";
    CHECK(codec.encode({&record, 1}).error().code == Errc::kUnknownForm);
    CHECK(codec.decode(as_bytes("something else")).error().code == Errc::kMalformed);
}

TEST_CASE("a record in columns is a fraction of its XML") {
    const auto file = read_file(std::string(AWDA_SOURCE_FOLDER) +
                                "/forms/library/returnee-intake/returnee-intake.xlsx");
    REQUIRE(file.has_value());
    const FormDefinitionPtr form = must_load(*file);
    RandomHand hand(1);
    std::vector<FinalRecord> records;
    std::size_t xml = 0;
    std::size_t json = 0;
    for (int i = 0; i < 50; ++i) {
        Fill fill(form);
        for (int action = 0; action < 300; ++action) hand.act(fill.session);
        xml += fill.session.instance_xml().size();
        records.push_back(record_of(fill.session));
        for (const Answer& answer : records.back().answers) {
            json += answer.path.size() + answer.value.size() + 6;  // "path":"value",
        }
    }
    const RecordCodec codec(form);
    std::size_t alone = 0;
    for (const FinalRecord& record : records) alone += codec.encode({&record, 1})->size();
    const std::size_t together = codec.encode(records)->size();
    CHECK(*codec.decode(*codec.encode(records)) == records);
    MESSAGE("bytes a record: XML " << xml / 50 << ", JSON " << json / 50 << ", columns alone "
                                   << alone / 50 << ", together " << together / 50);
    CHECK(alone * 4 < xml);
    CHECK(together < alone);
}

TEST_CASE("a path that is nearly one of the form's is kept as it was written") {
    const FormDefinitionPtr form = must_load(kHousehold);
    const RecordCodec codec(form);
    for (const std::string path :
         {"member[1", "member[]/name", "member[01]/name", "member[1234567]/name",
          "member[999999]/name", "member[1a]/name", "member[:]/name", "head[1]", "member[1]/",
          "/head", "head/", "member[1]/visit[2]/day", "work/job/x"}) {
        CAPTURE(path);
        FinalRecord record{"household", "1", "uuid:1", {}, {}, {{path, "x"}, {"head", "y"}}};
        const auto bytes = codec.encode({&record, 1});
        REQUIRE(bytes.ok());
        const auto back = codec.decode(*bytes);
        REQUIRE(back.ok());
        CHECK(back->front() == record);
    }
}

TEST_CASE("no part of a record may be anything but UTF-8") {
    const FormDefinitionPtr form = must_load(kHousehold);
    const RecordCodec codec(form);
    const auto refused = [&](void (*spoil)(FinalRecord&)) {
        FinalRecord record{"household", "1", "uuid:1", "name", "uuid:0", {{"head", "y"}}};
        spoil(record);
        const auto bytes = codec.encode({&record, 1});
        return !bytes.ok() && bytes.error().code == Errc::kMalformed;
    };
    CHECK_FALSE(refused([](FinalRecord&) {}));
    CHECK(refused([](FinalRecord& r) { r.instance_id = "\xff"; }));
    CHECK(refused([](FinalRecord& r) { r.instance_name = "\xff"; }));
    CHECK(refused([](FinalRecord& r) { r.deprecated_id = "\xff"; }));
    CHECK(refused([](FinalRecord& r) { r.answers[0].path = "\xff"; }));
    CHECK(refused([](FinalRecord& r) { r.answers[0].value = "\xff"; }));
}

TEST_CASE("answers of selects are kept, whatever their choices come from") {
    const FormDefinitionPtr form = must_load(xform_around(
        "<instance><data id='t' version='1'><a/><b/><c/><d/></data></instance><instance id='l'>"
        "<root><item><name>x</name></item></root></instance>"
        "<instance id='tree'><root><one><name>x</name></one><two/></root></instance>",
        "<select1 ref='/data/a'><item><label>X</label><value>x</value></item></select1>"
        "<select1 ref='/data/b'><itemset nodeset=\"instance('l')/root/item\"><value ref='none'/>"
        "</itemset></select1><select ref='/data/c'><itemset nodeset=\"instance('tree')/root/*\">"
        "<value ref='name'/></itemset></select><select1 ref='/data/d'>"
        "<itemset nodeset='/data/a'><value ref='.'/></itemset></select1>"));
    const RecordCodec codec(form);
    for (const char* value : {"x", "y", "x y"}) {
        FinalRecord record{"t", "1", "uuid:1", {}, {}, {}};
        for (const char* ref : {"a", "b", "c", "d"}) record.answers.push_back({ref, value});
        const auto bytes = codec.encode({&record, 1});
        REQUIRE(bytes.ok());
        const auto back = codec.decode(*bytes);
        REQUIRE(back.ok());
        CHECK(back->front() == record);
    }
}

TEST_CASE("moments and days of any writing come back as they were written") {
    const FormDefinitionPtr form = must_load(xform_around(
        "<instance><data id='t' version='1'><day/><moment/><time/></data></instance>"
        "<bind nodeset='/data/day' type='date'/><bind nodeset='/data/moment' type='dateTime'/>"
        "<bind nodeset='/data/time' type='time'/>",
        "<input ref='/data/day'/><input ref='/data/moment'/><input ref='/data/time'/>"));
    const RecordCodec codec(form);
    std::vector<FinalRecord> records;
    for (const std::string value :
         {"2026-01-01", "1969-12-31", "1900-03-01", "2026-1-1", "26-01-2026", "2026-01-32",
          "2026-01-01T10:00:00.000+03:00", "2026-01-01T10:00:00.000Z", "2026-01-01T10:00:00+03",
          "1960-05-05T23:59:59.999-03:30", "2026-01-01T10:00", "10:00:00.000+03:00", "soon"}) {
        records.push_back(
            {"t", "1", "uuid:1", {}, {}, {{"day", value}, {"moment", value}, {"time", value}}});
        const auto alone = codec.encode({&records.back(), 1});
        REQUIRE(alone.ok());
        CHECK(codec.decode(*alone)->front() == records.back());
    }
    const auto bytes = codec.encode(records);
    REQUIRE(bytes.ok());
    CHECK(*codec.decode(*bytes) == records);
}
