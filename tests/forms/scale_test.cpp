// Sizes that break other engines: long chains, many rows, large cascades.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

double ms_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

std::string wrap(const std::string& instance, const std::string& lists, const std::string& binds,
                 const std::string& body) {
    return "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
           "xmlns:h=\"http://www.w3.org/1999/xhtml\" "
           "xmlns:jr=\"http://openrosa.org/javarosa\"><h:head><model><instance><data id=\"t\">" +
           instance + "</data></instance>" + lists + binds + "</model></h:head><h:body>" + body +
           "</h:body></h:html>";
}

}  // namespace

TEST_CASE("a chain of 20,000 calculations is computed without recursion") {
    std::string instance = "<c0>1</c0>";
    std::string binds;
    constexpr int kLength = 20'000;
    for (int i = 1; i <= kLength; ++i) {
        const std::string n = std::to_string(i);
        instance += "<c" + n + "/>";
        binds += "<bind nodeset=\"/data/c" + n + "\" calculate=\"/data/c" + std::to_string(i - 1) +
                 " + 1\"/>";
    }
    const auto loaded = load(wrap(instance, "", binds, "<input ref=\"/data/c0\"/>"));
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    Fill fill(loaded.definition);
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(fill.session.answer("c0", "100").ok());
    MESSAGE("one answer through the chain: ", ms_since(start), " ms");
    CHECK(fill.session.value("c20000") == "20100");
}

TEST_CASE("a cascade of 50,000 choices filters by its index") {
    std::string list = "<instance id=\"p\"><root>";
    constexpr int kRows = 50'000;
    for (int i = 0; i < kRows; ++i) {
        const std::string n = std::to_string(i);
        list += "<item><name>n" + n + "</name><label>Place " + n + "</label><up>u" +
                std::to_string(i / 50) + "</up></item>";
    }
    list += "</root></instance>";
    const std::string body =
        "<input ref=\"/data/up\"/><select1 ref=\"/data/p\"><itemset "
        "nodeset=\"instance('p')/root/item"
        "[up = /data/up]\"><value ref=\"name\"/><label ref=\"label\"/></itemset></select1>";
    auto start = std::chrono::steady_clock::now();
    const auto loaded = load(wrap("<up/><p/>", list, "", body));
    REQUIRE(loaded.definition != nullptr);
    MESSAGE("load: ", ms_since(start), " ms");
    Fill fill(loaded.definition);
    REQUIRE(fill.session.answer("up", "u1").ok());
    REQUIRE(fill.session.choices("p")->size() == 50);
    start = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
        REQUIRE(fill.session.answer("up", "u" + std::to_string(i)).ok());
        REQUIRE(fill.session.choices("p")->size() == 50);
    }
    MESSAGE("answer and filter: ", ms_since(start) / 100, " ms");
    REQUIRE(fill.session.answer("p", "n4951").ok());
    REQUIRE(fill.session.answer("up", "u3").ok());
    CHECK(fill.session.value("p").empty());
}

TEST_CASE("a thousand rows with sums and positions stay quick") {
    const std::string instance = "<r jr:template=\"\"><n/><pos/></r><sum/><count/>";
    const std::string binds =
        "<bind nodeset=\"/data/r/n\" type=\"int\"/>"
        "<bind nodeset=\"/data/r/pos\" calculate=\"position(..)\"/>"
        "<bind nodeset=\"/data/sum\" calculate=\"sum(/data/r/n)\"/>"
        "<bind nodeset=\"/data/count\" calculate=\"count(/data/r)\"/>";
    const auto loaded = load(wrap(
        instance, "", binds, "<repeat nodeset=\"/data/r\"><input ref=\"/data/r/n\"/></repeat>"));
    REQUIRE(loaded.definition != nullptr);
    Fill fill(loaded.definition);
    for (int i = 0; i < 1000; ++i) REQUIRE(fill.session.add_repeat("r").ok());
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) REQUIRE(fill.session.add_repeat("r").ok());
    MESSAGE("a row at 1,000: ", ms_since(start) / 20, " ms");
    REQUIRE(fill.session.answer("r[1000]/n", "5").ok());
    CHECK(fill.session.value("count") == "1020");
    CHECK(fill.session.value("sum") == "5");
    CHECK(fill.session.value("r[777]/pos") == "777");
}

TEST_CASE("a form that never settles stops") {
    const auto loaded = load(wrap(
        "<r><n>1</n></r><k/>", "", "<bind nodeset=\"/data/k\" calculate=\"count(/data/r) + 1\"/>",
        "<repeat nodeset=\"/data/r\" jr:count=\"/data/k\"><input ref=\"/data/r/n\"/></repeat>"));
    REQUIRE(loaded.definition != nullptr);
    const auto start = std::chrono::steady_clock::now();
    Fill fill(loaded.definition);
    CHECK(ms_since(start) < 30'000);
    CHECK(fill.session.exists("r[2]"));
}

TEST_CASE("selected() finds the rows of a list by their words, as a search of all would") {
    constexpr int kRows = 20'000;
    const auto form = [](const std::string& blank) {
        std::string list = "<instance id=\"p\"><root>";
        for (int i = 0; i < kRows; ++i) {
            const std::string n = std::to_string(i);
            list += "<item><name>n" + n + "</name><label>P</label>";
            if (i % 7 != 3)
                list +=
                    "<up>" + (i % 7 == 4 ? blank : "") + "u" + std::to_string(i % 500) + "</up>";
            list += "</item>";
        }
        list += "</root></instance>";
        return load(wrap("<ups/><p/><q/>", list, "",
                         "<select ref=\"/data/ups\"/><select ref=\"/data/p\"><itemset nodeset=\""
                         "instance('p')/root/item[selected(/data/ups, up) and name != 'n9']\">"
                         "<value ref=\"name\"/><label ref=\"label\"/></itemset></select>"
                         "<select ref=\"/data/q\"><itemset nodeset=\"instance('p')/root/item["
                         "not(not(selected(/data/ups, up))) and name != 'n9']\"><value "
                         "ref=\"name\"/><label ref=\"label\"/></itemset></select>"));
    };
    // Blanks around a cell are looked past, so then the index can't serve; the rows are the same.
    for (const char* blank : {"", " "}) {
        const auto loaded = form(blank);
        REQUIRE(loaded.definition != nullptr);
        Fill fill(loaded.definition);
        for (const char* ups : {"", "u3", "u8 u9", "u9 u8 u9", "nowhere u12", "u499\tu0"}) {
            REQUIRE(fill.session.answer("ups", ups).ok());
            const ChoicesPtr found = fill.session.choices("p");
            const ChoicesPtr searched = fill.session.choices("q");
            REQUIRE(found->size() == searched->size());
            for (std::size_t i = 0; i < found->size(); ++i) {
                CHECK((*found)[i].value == (*searched)[i].value);
            }
            CHECK((std::string_view(ups).size() < 2 || !found->empty()));
        }
    }
    const auto loaded = form("");
    Fill fill(loaded.definition);
    const auto spent = [&](const char* ref) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < 20; ++i) {
            REQUIRE(fill.session.answer("ups", "u" + std::to_string(i * 7)).ok());
            CHECK_FALSE(fill.session.choices(ref)->empty());
        }
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    CHECK(spent("p") * 5 < spent("q"));
}

TEST_CASE("one definition serves sessions on several threads at once") {
    constexpr int kThreads = 4;
    constexpr int kRows = 2000;
    std::string list = "<instance id=\"p\"><root>";
    for (int i = 0; i < kRows; ++i) {
        const std::string n = std::to_string(i);
        list += "<item><name>n" + n + "</name><label>Place " + n + "</label><up>u" +
                std::to_string(i / 50) + "</up></item>";
    }
    list += "</root></instance>";
    const auto loaded =
        load(wrap("<up/><p/><r jr:template=\"\"><n/><share/></r><total/>", list,
                  "<bind nodeset=\"/data/total\" calculate=\"sum(/data/r/n)\"/><bind "
                  "nodeset=\"/data/r/share\" calculate=\"../n div sum(/data/r/n)\"/>",
                  "<input ref=\"/data/up\"/><select1 ref=\"/data/p\"><itemset "
                  "nodeset=\"instance('p')/root/item[up = /data/up]\"><value ref=\"name\"/><label "
                  "ref=\"label\"/></itemset></select1><repeat nodeset=\"/data/r\"><input "
                  "ref=\"/data/r/n\"/></repeat>"));
    REQUIRE(loaded.definition != nullptr);
    // Indexes of the list and patterns are made by whoever comes first.
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            Fill fill(loaded.definition);
            bool fine = true;
            for (int i = 0; i < 20; ++i) {
                fine = fine && fill.session.answer("up", "u" + std::to_string(i + t)).ok();
                fine = fine && fill.session.choices("p")->size() == 50;
                const std::string row = fill.session.add_repeat("r").value();
                fine = fine && fill.session.answer(row + "/n", "2").ok();
            }
            if (fine && fill.session.value("total") == "40") ++right;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(right == kThreads);
}
