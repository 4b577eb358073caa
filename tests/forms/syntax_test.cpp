// What is no expression, and where it stops to be one.
#include <doctest/doctest.h>

#include <string>

#include "forms/expression.h"

using namespace awda::forms;

namespace {

/// What would have been right there; "" for an expression.
std::string expected(const std::string& text) {
    StringPool names;
    Expression out;
    ParseProblem problem;
    return Expression::parse(text, names, out, problem) ? "" : problem.expected;
}

}  // namespace

TEST_CASE("an expression that is cut short or of the wrong parts says what is missing") {
    const std::pair<const char*, const char*> bad[] = {{"", "a value"},
                                                       {"1 +", "a value"},
                                                       {"sideways::a", "an axis such as child::"},
                                                       {"child::", "a name"},
                                                       {"a/", "a name"},
                                                       {"a/1", "a name"},
                                                       {"@", "a name"},
                                                       {"node(", "')'"},
                                                       {"text(1)", "')'"},
                                                       {"processing-instruction('a'", "')'"},
                                                       {"a[", "a value"},
                                                       {"a[1", "']'"},
                                                       {"(a", "')'"},
                                                       {"f(1,", "a value"},
                                                       {"f(1", "')'"},
                                                       {"-", "a value"},
                                                       {"a | ", "a value"}};
    for (const auto& [text, wanted] : bad) {
        CAPTURE(std::string(text));
        CHECK(expected(text) == wanted);
    }
    for (const char* text :
         {"a and-b", "'open", "\"open", "a b", "1 2", "a]", "a)", "$", "a!b", "a:::b", "#"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(expected(text).empty());
    }
}

TEST_CASE("names, node types, axes and operators may be written in every legal way") {
    for (const char* text : {"*",
                             "@*",
                             "p:*",
                             "p:a",
                             "@p:a",
                             "node()",
                             "text ( )",
                             "comment()",
                             "processing-instruction()",
                             "processing-instruction('x')",
                             "child :: a",
                             "a/../b",
                             ".[1]",
                             "..[1]",
                             "div div div",
                             "2div1",
                             "5mod3",

                             "- - 1",
                             "1 - -1",
                             "//a",
                             "a//b",
                             "(a)[1]/b",
                             "f()",
                             "f ( )",
                             "a-b.c",
                             ".5",
                             "5.",
                             "'it\"s'",
                             "\"it's\"",
                             "a != b",
                             "a<=b",
                             "a >= b",
                             "1*2",
                             "a * *",
                             "/",
                             "/ = 1",
                             "عدد"}) {
        CAPTURE(std::string(text));
        CHECK(expected(text) == "");
    }
}

TEST_CASE("expressions are bounded in length, depth and arguments") {
    CHECK(expected(std::string(2U << 20U, ' ')) == "a shorter expression");
    std::string many = "concat(1";
    for (int i = 0; i < 10'001; ++i) many += ",1";
    CHECK(expected(many + ")") == "fewer arguments");
    CHECK_FALSE(expected(std::string(5000, '-') + "1") == "a name");
    CHECK_FALSE(expected("a" + std::string(5000, '[')).empty());
}

TEST_CASE("each function is found by its names, and only by them") {
    for (const std::string& name : function_names()) {
        CAPTURE(name);
        if (find_function(name) == Fn::kUnknown) continue;
        CHECK(find_function(function_name(find_function(name))) == find_function(name));
    }
    CHECK(find_function("none") == Fn::kUnknown);
    CHECK(function_name(Fn::kUnknown) == "");
    CHECK(find_function("ceil") == find_function("ceiling"));
    CHECK(find_function("is-selected") == find_function("selected"));
}

TEST_CASE("names that a form never had are not learned by reading an expression later") {
    StringPool names;
    (void)names.intern("known");
    const std::size_t before = names.size();
    Expression out;
    ParseProblem problem;
    CHECK(Expression::parse_known("known/unknown[@other]", names, out, problem));
    CHECK(names.size() == before);
    CHECK_FALSE(Expression::parse_known(std::string(2U << 20U, ' '), names, out, problem));
}
