// Questions and decisions: what the merge of revisions says field by field.
#include "tests/sync/merge_sample.h"

using namespace awda;
using namespace awda::sync;
using namespace awda::sync::sample;

TEST_CASE("changes of different questions both count") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0750"}, {"note", "a"}, {"camp", "x"}}),
        revision(2, {1}, {{"phone", "0751"}, {"note", "a"}, {"camp", "x"}}),
        revision(3, {1}, {{"phone", "0750"}, {"note", "b"}, {"camp", "x"}}),
    });
    CHECK(text(document.fields) == "phone=0751 note=b camp=x");
    CHECK(disputes(document).empty());
    CHECK(document.heads == ids({2, 3}));
    CHECK(document.waiting.empty());
}

TEST_CASE("the same question changed differently keeps both answers and shows the earlier made") {
    const Document document = merged({
        revision(3, {1}, {{"phone", "0752"}}),
        revision(1, {}, {{"phone", "0750"}}),
        revision(2, {1}, {{"phone", "0751"}}),
    });
    CHECK(text(document.fields) == "phone=0751");
    CHECK(disputes(document) == "value phone 2:0751 3:0752");
}

TEST_CASE("the same answer given twice is agreed") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0750"}}),
        revision(2, {1}, {{"phone", "0751"}}),
        revision(3, {1}, {{"phone", "0751"}}),
    });
    CHECK(text(document.fields) == "phone=0751");
    CHECK(disputes(document).empty());
}

TEST_CASE("an answer that was changed back is a change all the same") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0750"}}),
        revision(2, {1}, {{"phone", "0751"}}),
        revision(3, {2}, {{"phone", "0750"}}),
        revision(4, {1}, {{"phone", "0752"}}),
    });
    CHECK(disputes(document) == "value phone 3:0750 4:0752");
}

TEST_CASE("an answer taken away here and changed there stays, disputed") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0750"}, {"note", "a"}}),
        revision(2, {1}, {{"note", "a"}}),
        revision(3, {1}, {{"phone", "0752"}, {"note", "a"}}),
    });
    CHECK(text(document.fields) == "phone=0752 note=a");
    CHECK(disputes(document) == "value phone 3:0752 2:(nothing)");
}

TEST_CASE("an answer taken away and not changed elsewhere is gone") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0750"}, {"note", "a"}}),
        revision(2, {1}, {{"note", "a"}}),
        revision(3, {1}, {{"phone", "0750"}, {"note", "b"}}),
    });
    CHECK(text(document.fields) == "note=b");
    CHECK(disputes(document).empty());
}

TEST_CASE("an empty answer is not the same as none") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0750"}}),
        revision(2, {1}, {}),
        revision(3, {1}, {{"phone", ""}}),
    });
    CHECK(disputes(document) == "value phone 3: 2:(nothing)");
}

TEST_CASE("three offices, three answers, three sides") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0"}}),
        revision(2, {1}, {{"phone", "2"}}),
        revision(3, {1}, {{"phone", "3"}}),
        revision(4, {1}, {{"phone", "2"}}),
    });
    CHECK(disputes(document) == "value phone 2:2 3:3 4:2");
}

TEST_CASE("one who knew of two answers and chose is disputed only by whom he did not know") {
    std::vector<Revision> revisions = {
        revision(1, {}, {{"phone", "0"}}),
        revision(2, {1}, {{"phone", "2"}}),
        revision(3, {1}, {{"phone", "3"}}),
        revision(4, {2, 3}, {{"phone", "4"}}),
    };
    CHECK(text(merged(revisions).fields) == "phone=4");
    CHECK(disputes(merged(revisions)).empty());
    revisions.push_back(revision(5, {2}, {{"phone", "5"}}));
    CHECK(disputes(merged(revisions)) == "value phone 4:4 5:5");
}

TEST_CASE("a later revision that leaves a disputed answer alone settles nothing") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0"}, {"note", "a"}}),
        revision(2, {1}, {{"phone", "2"}, {"note", "a"}}),
        revision(3, {1}, {{"phone", "3"}, {"note", "a"}}),
        revision(4, {2, 3}, {{"phone", "2"}, {"note", "b"}}),
    });
    CHECK(text(document.fields) == "phone=2 note=b");
    CHECK(disputes(document) == "value phone 2:2 3:3");
}

TEST_CASE("a decision settles what it names, also by the answer that is shown") {
    std::vector<Revision> revisions = {
        revision(1, {}, {{"phone", "0"}, {"note", "a"}}),
        revision(2, {1}, {{"phone", "2"}, {"note", "b"}}),
        revision(3, {1}, {{"phone", "3"}, {"note", "c"}}),
        decision(4, {2, 3}, {{"phone", "2"}}),
    };
    CHECK(text(merged(revisions).fields) == "phone=2 note=b");
    CHECK(disputes(merged(revisions)) == "value note 2:b 3:c");
    revisions.push_back(decision(5, {4}, {{"note", std::nullopt}}));
    CHECK(text(merged(revisions).fields) == "phone=2");
    CHECK(disputes(merged(revisions)).empty());
}

TEST_CASE("two decisions apart are disputed like answers, and a third settles them") {
    std::vector<Revision> revisions = {
        revision(1, {}, {{"phone", "0"}}),     revision(2, {1}, {{"phone", "2"}}),
        revision(3, {1}, {{"phone", "3"}}),    decision(4, {2, 3}, {{"phone", "2"}}),
        decision(5, {2, 3}, {{"phone", "3"}}),
    };
    CHECK(disputes(merged(revisions)) == "value phone 4:2 5:3");
    revisions.push_back(decision(6, {4, 5}, {{"phone", "7"}}));
    CHECK(text(merged(revisions).fields) == "phone=7");
    CHECK(disputes(merged(revisions)).empty());
}

TEST_CASE("a revision whose parents have not arrived waits, and so does what builds upon it") {
    const std::vector<Revision> some = {
        revision(1, {}, {{"phone", "0"}}),
        revision(3, {2}, {{"phone", "3"}}),
        revision(4, {3, 1}, {{"phone", "4"}}),
        revision(7, {8}, {}),
        revision(8, {7}, {}),
        revision(9, {9}, {}),
    };
    const Document document = merged(some);
    CHECK(text(document.fields) == "phone=0");
    CHECK(document.heads == ids({1}));
    CHECK(document.waiting == ids({3, 4, 7, 8, 9}));
    std::vector<Revision> more = some;
    more.push_back(revision(2, {1}, {{"phone", "2"}}));
    CHECK(text(merged(more).fields) == "phone=4");
    CHECK(merged(more).waiting == ids({7, 8, 9}));
}

TEST_CASE("no revision at all is an empty document") {
    CHECK(merged({}) == Document{});
}

TEST_CASE("a revision that is there twice counts once, also when the two differ") {
    const Revision one = revision(1, {}, {{"phone", "0"}});
    const Revision other = revision(1, {}, {{"phone", "1"}});
    const Document document = merged({one, other, one});
    CHECK(document == merged({other, one}));
    CHECK(text(document.fields) == "phone=0");
}

TEST_CASE("two first revisions are merged as if both knew of nothing") {
    const Document document = merged({
        revision(1, {}, {{"phone", "0"}, {"a", "1"}}),
        revision(2, {}, {{"phone", "1"}, {"b", "2"}}),
    });
    CHECK(text(document.fields) == "phone=0 a=1 b=2");
    CHECK(disputes(document) == "value phone 1:0 2:1");
}

TEST_CASE("questions keep the form's order, whoever answered them") {
    const Document document = merged({
        revision(1, {}, {{"a", "1"}, {"d", "1"}, {"g", "1"}}),
        revision(2, {1}, {{"a", "1"}, {"b", "2"}, {"d", "1"}, {"g", "1"}, {"h", "2"}}),
        revision(3, {1}, {{"a", "1"}, {"d", "1"}, {"e", "3"}, {"g", "1"}}),
    });
    CHECK(text(document.fields) == "a=1 b=2 d=1 e=3 g=1 h=2");
}

TEST_CASE("more revisions than one merge may take are refused") {
    std::vector<Revision> revisions;
    for (std::uint16_t i = 1; i <= kRevisionsMax + 1; ++i) {
        std::vector<std::uint16_t> parents;
        if (i > 1) parents.push_back(static_cast<std::uint16_t>(i - 1));
        revisions.push_back(revision(i, parents, {{"phone", std::to_string(i)}}));
    }
    const auto refused = merge_revisions(revisions);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kTooLarge);
    revisions.pop_back();
    CHECK(text(merged(revisions).fields) == "phone=4096");
    revisions.push_back(revisions.front());  // once more is no more
    CHECK(text(merged(revisions).fields) == "phone=4096");
}

// Paths that no form writes -------------------------------------------------------------------

TEST_CASE("a path that is none is kept whole, as a question of its own") {
    const std::vector<Field> odd = {
        {"a[", "1"},
        {"a]", "2"},
        {"a[0]", "3"},
        {"a[01]/x", "4"},
        {"a[4294967296]", "5"},
        {"[1]", "6"},
        {"", "7"},
        {"/", "8"},
        {"a//b", "9"},
        {"a[1]b", "10"},
        {"a[-1]", "11"},
        {"a[1]/", "12"},
        {"a[ 1]", "13"},
        {"a[1][2]", "14"},
        {"a[]", "15"},
        {"a[1]]", "16"},
    };
    CHECK(merged({revision(1, {}, odd)}).fields == odd);
    std::vector<Field> other = odd;
    other[3].value = "changed";
    const Document document =
        merged({revision(1, {}, odd), revision(2, {1}, other), revision(3, {1}, odd)});
    CHECK(document.fields == other);
    std::string deep;
    for (int i = 0; i < 40; ++i) deep += "r[1]/";
    deep += "x";
    CHECK(merged({revision(1, {}, {{deep, "1"}})}).fields == std::vector<Field>{{deep, "1"}});
}

TEST_CASE("of a path that a revision has twice the last value counts, in the first one's place") {
    const Document document =
        merged({revision(1, {}, {{"a", "1"}, {"b", "1"}, {"a", "2"}, {"f[1]", ""}, {"f[1]", ""}})});
    CHECK(text(document.fields) == "a=2 b=1 f[1]=");
}

TEST_CASE("a question may be named like a group or a repeat") {
    const std::vector<Field> fields = {
        {"a", "1"}, {"a/b", "2"}, {"a[1]", ""}, {"a[1]/b", "3"}, {"a[1]/b/c", "4"}};
    const Document document = merged({revision(1, {}, fields)});
    CHECK(document.fields == fields);
}

TEST_CASE("a row that was never announced is there, and is announced") {
    const Document document = merged({revision(1, {}, {{"f[7]/x", "1"}, {"f[3]/v[2]/y", "2"}})});
    CHECK(text(document.fields) == "f[1]= f[1]/v[1]= f[1]/v[1]/y=2 f[2]= f[2]/x=1");
}

TEST_CASE("what stands in a row's announcement is kept, and disputed") {
    const Document document = merged({
        revision(1, {}, {{"f[1]", ""}, {"f[1]/x", "1"}}),
        revision(2, {1}, {{"f[1]", "p"}, {"f[1]/x", "1"}}),
        revision(3, {1}, {{"f[1]", "q"}, {"f[1]/x", "1"}}),
    });
    CHECK(text(document.fields) == "f[1]=p f[1]/x=1");
    CHECK(disputes(document) == "value f[1] 2:p 3:q");
}
