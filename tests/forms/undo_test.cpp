#include "forms/change_log.h"
#include "forms/journal.h"
#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr auto kAll = Session::Include::kAll;

struct Shot {
    std::vector<ViewNode> page;
    std::vector<Answer> answers;
};

Shot shot(const Session& session) {
    return {session.page(kAll), session.answers(kAll)};
}

void check_same(const Shot& a, const Shot& b) {
    CHECK(a.answers == b.answers);
    check_same_page(a.page, b.page);
}

}  // namespace

TEST_CASE("undo and redo lead through the same states, there and back") {
    const std::uint64_t seed = 31;
    MESSAGE("seed " << seed);
    RandomHand hand(seed);
    for (const FormDefinitionPtr& form : fill_forms()) {
        for (int round = 0; round < 8; ++round) {
            Fill fill(form);
            Session& s = fill.session;
            std::vector<Shot> states{shot(s)};
            while (states.size() < 30) {
                fill.clock.advance(1000);
                const std::vector<Answer> before = s.answers(kAll);
                hand.act(s);
                if (s.answers(kAll) != before) states.push_back(shot(s));
            }
            // Now and then back and forth, then all the way.
            std::size_t at = states.size() - 1;
            for (int walk = 0; walk < 60; ++walk) {
                const bool back = walk < 30 ? hand.pick(2) == 0 : true;
                if (back && at > 0) {
                    while (s.can_undo() && s.answers(kAll) != states[at - 1].answers) {
                        REQUIRE(s.undo().ok());
                    }
                    --at;
                } else if (!back && at + 1 < states.size()) {
                    while (s.can_redo() && s.answers(kAll) != states[at + 1].answers) {
                        REQUIRE(s.redo().ok());
                    }
                    ++at;
                }
                check_same(shot(s), states[at]);
            }
        }
    }
}

TEST_CASE("a removed row comes back with its contents, its place and its times") {
    Fill fill(must_load(kHousehold));
    Session& s = fill.session;
    REQUIRE(s.answer("wanted", "2").ok());
    const std::string code = s.value("ticket[2]/code");
    REQUIRE_FALSE(code.empty());
    REQUIRE(s.answer("ticket[2]/number", "17").ok());
    REQUIRE(s.answer("wanted", "1").ok());
    CHECK_FALSE(s.exists("ticket[2]"));
    REQUIRE(s.undo().ok());
    CHECK(s.value("ticket[2]/code") == code);
    CHECK(s.value("ticket[2]/number") == "17");
    REQUIRE(s.redo().ok());
    CHECK_FALSE(s.exists("ticket[2]"));
    CHECK(s.value("wanted") == "1");
}

TEST_CASE("now() and random() are restored, not computed again") {
    Fill fill(must_load(kHousehold));
    Session& s = fill.session;
    REQUIRE(s.answer("head", "a").ok());
    const std::string stamp = s.value("stamp");
    fill.clock.advance(60'000);
    REQUIRE(s.answer("head", "").ok());
    CHECK(s.value("stamp").empty());
    fill.clock.advance(60'000);
    REQUIRE(s.undo().ok());
    CHECK(s.value("stamp") == stamp);
}

TEST_CASE("a new action forgets what was undone, an answer that changes nothing does not") {
    Fill fill(must_load(kTriggers));
    Session& s = fill.session;
    CHECK(s.undo().error().code == Errc::kNotAllowed);
    REQUIRE(s.answer("has", "yes").ok());
    REQUIRE(s.undo().ok());
    REQUIRE(s.can_redo());
    REQUIRE(s.answer("has", "").ok());
    CHECK(s.can_redo());
    REQUIRE(s.answer("has", "no").ok());
    CHECK_FALSE(s.can_redo());
    CHECK(s.redo().error().code == Errc::kNotAllowed);
}

TEST_CASE("undo after a change of language gives texts in the language now in use") {
    Fill fill(must_load(kHousehold));
    Session& s = fill.session;
    REQUIRE(s.answer("since", "2026-02-03").ok());
    const std::string english = s.value("shown");
    REQUIRE(s.answer("since", "2026-03-03").ok());
    s.set_language("ar");
    REQUIRE(s.undo().ok());
    CHECK_FALSE(s.value("shown").empty());
    CHECK(s.value("shown") != english);
    s.set_language("en");
    CHECK(s.value("shown") == english);
}

TEST_CASE("steps are bounded, and what is loaded can't be undone") {
    Fill fill(must_load(kTriggers));
    Session& s = fill.session;
    for (std::size_t i = 0; i < kUndoMax + 20; ++i) {
        REQUIRE(s.answer("has", i % 2 == 0 ? "yes" : "no").ok());
    }
    std::size_t steps = 0;
    while (s.undo().ok()) ++steps;
    CHECK(steps == kUndoMax);
    REQUIRE(s.redo().ok());
    (void)s.restore(s.answers(kAll));
    CHECK_FALSE(s.can_undo());
    CHECK_FALSE(s.can_redo());
}

namespace {

/// A session with its journal, filled at random.
struct Journalled {
    fakes::FakeClock clock;
    fakes::SeededRandom random{11};
    Session session;
    std::vector<JournalRecord> records;

    Journalled(FormDefinitionPtr form, RandomHand& hand, int actions)
        : session(std::move(form), options()) {
        for (int i = 0; i < actions; ++i) {
            clock.advance(777);
            switch (hand.pick(12)) {
                case 0: (void)session.undo(); break;
                case 1: (void)session.redo(); break;
                case 2: session.set_language(hand.pick(2) == 0 ? "ar" : "en"); break;
                case 3: (void)session.validate(); break;
                case 4:
                    if (hand.pick(8) == 0) (void)session.restore(session.answers(kAll));
                    break;
                default: hand.act(session);
            }
        }
        records = session.take_journal();
    }
    SessionOptions options() {
        SessionOptions out;
        out.clock = &clock;
        out.random = &random;
        out.journal = true;
        return out;
    }
};

}  // namespace

TEST_CASE("a journal done again gives the same state, times and identifiers included") {
    const std::uint64_t seed = 47;
    MESSAGE("seed " << seed);
    RandomHand hand(seed);
    for (const FormDefinitionPtr& form : fill_forms()) {
        for (int round = 0; round < 6; ++round) {
            Journalled made(form, hand, 60);
            Bytes file = journal_head();
            for (const JournalRecord& record : made.records) {
                const Bytes framed = frame_journal_record(record);
                file.insert(file.end(), framed.begin(), framed.end());
            }
            const auto content = read_journal(file);
            REQUIRE(content.ok());
            CHECK(content->ignored_bytes == 0);
            CHECK(content->records == made.records);
            fakes::FakeClock other_clock(5);
            fakes::SeededRandom other_random(99);
            SessionOptions options;
            options.clock = &other_clock;
            options.random = &other_random;
            const auto again = Session::replay(form, options, content->records);
            REQUIRE(again.ok());
            CHECK(again->instance_id() == made.session.instance_id());
            CHECK(again->answers(kAll) == made.session.answers(kAll));
            check_same_page(again->page(kAll), made.session.page(kAll));
        }
    }
}

TEST_CASE("a journal cut at any byte is read up to its last whole record") {
    RandomHand hand(5);
    Journalled made(must_load(kTriggers), hand, 12);
    Bytes file = journal_head();
    std::vector<std::size_t> ends{file.size()};
    for (const JournalRecord& record : made.records) {
        const Bytes framed = frame_journal_record(record);
        file.insert(file.end(), framed.begin(), framed.end());
        ends.push_back(file.size());
    }
    for (std::size_t cut = 0; cut <= file.size(); ++cut) {
        const auto content = read_journal(ByteView(file).first(cut));
        REQUIRE(content.ok());
        std::size_t whole = 0;
        while (whole + 1 < ends.size() && ends[whole + 1] <= cut) ++whole;
        CHECK(content->records.size() == whole);
        CHECK(content->good_bytes + content->ignored_bytes == cut);
        if (cut >= ends[0]) CHECK(content->good_bytes == ends[whole]);
    }
    // A changed byte ends it as a cut does.
    for (std::size_t at = ends[0]; at < file.size(); ++at) {
        Bytes bad = file;
        bad[at] ^= 0x41U;
        const auto content = read_journal(bad);
        REQUIRE(content.ok());
        CHECK(content->good_bytes <= at);
        CHECK(content->ignored_bytes > 0);
    }
    Bytes other = file;
    other[0] = 'X';
    CHECK(read_journal(other).error().code == Errc::kMalformed);
}

TEST_CASE("a journal's records refuse what they are not") {
    const JournalRecord record{JournalAction::kAnswered, "a[2]/b", "قيمة", -5, JournalSeed{1, 2}};
    const Bytes bytes = encode_journal_record(record);
    REQUIRE(decode_journal_record(bytes).ok());
    CHECK(*decode_journal_record(bytes) == record);
    Bytes longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(decode_journal_record(longer).ok());
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        CHECK_FALSE(decode_journal_record(ByteView(bytes).first(cut)).ok());
    }
    Bytes unknown = bytes;
    unknown[0] = 0x7f;
    CHECK_FALSE(decode_journal_record(unknown).ok());
    CHECK_FALSE(Session::replay(must_load(kTriggers), {}, {}).ok());
    CHECK_FALSE(decode_answers("\x05").ok());
}
