// Expression: one XPath 1.0 + ODK expression, parsed once into a flat tree.
//
// Ownership: owns its nodes; names are ids of the pool it was parsed with. Threads: immutable after
// parse. Chains of the same precedence ("a or b or c …", "1 + 2 - 3 …") are one node with many
// operands, so that only brackets and predicates nest, and those are limited.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "forms/document.h"
#include "platform/result.h"

namespace awda::forms {

enum class Fn : std::uint8_t {
#define AWDA_FN(id, name, least, most) id,
#include "forms/functions.def"
#undef AWDA_FN
    kUnknown,
};
[[nodiscard]] Fn find_function(std::string_view name);
[[nodiscard]] std::string_view function_name(Fn fn);
[[nodiscard]] std::vector<std::string> function_names();

enum class Op : std::uint8_t {
    kNumber,
    kText,
    kOr,
    kAnd,
    kChain,
    kNegate,
    kUnion,
    kPath,
    kCall,
    // Operators inside a kChain:
    kEq,
    kNe,
    kLt,
    kLe,
    kGt,
    kGe,
    kAdd,
    kSub,
    kMul,
    kDiv,
    kMod,
};

enum class Axis : std::uint8_t {
    kAncestor,
    kAncestorOrSelf,
    kAttribute,
    kChild,
    kDescendant,
    kDescendantOrSelf,
    kFollowing,
    kFollowingSibling,
    kNamespace,
    kParent,
    kPreceding,
    kPrecedingSibling,
    kSelf,
};

enum class Test : std::uint8_t {
    kName,
    kAnyName,
    kAnyInSpace,
    kNode,
    kText,
    kComment,
    kInstruction
};

using ExprId = std::uint32_t;
inline constexpr ExprId kNoExpr = 0xffffffffU;

struct Step {
    Axis axis = Axis::kChild;
    Test test = Test::kName;
    NameId name = kNoName;  ///< local name, or an instruction's target
    std::string prefix;     ///< as written; resolved by the document in use
    std::vector<ExprId> predicates;
};

enum class Start : std::uint8_t { kContext, kRoot, kFilter };

struct PathExpr {
    Start start = Start::kContext;
    ExprId filter = kNoExpr;  ///< the primary a kFilter path starts from
    std::vector<ExprId> filter_predicates;
    std::vector<Step> steps;
};

struct ExprNode {
    Op op{};
    Fn fn = Fn::kUnknown;
    double number = 0;
    bool bad_arguments = false;  ///< of a kCall: not as many as the function takes
    std::string text;            ///< literal, or a function's name
    std::vector<ExprId> kids;    ///< operands or arguments
    std::vector<Op> ops;         ///< of a kChain: one fewer than kids
    PathExpr path;
};

inline constexpr std::size_t kExpressionBytesMax = 256U << 10U;
inline constexpr std::size_t kExpressionDepthMax = 128;

struct ParseProblem {
    std::size_t at = 0;    ///< byte in the text
    std::string found;     ///< what stands there; empty at the end
    std::string expected;  ///< what would be right
};

class Expression {
public:
    /// Nothing and `problem` filled if it isn't an expression.
    [[nodiscard]] static bool parse(std::string_view text, StringPool& names, Expression& out,
                                    ParseProblem& problem);
    /// The same with a pool that may not grow: names it lacks match nothing.
    [[nodiscard]] static bool parse_known(std::string_view text, const StringPool& names,
                                          Expression& out, ParseProblem& problem);

    [[nodiscard]] const ExprNode& node(ExprId id) const { return nodes_[id]; }
    [[nodiscard]] ExprId root() const { return root_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

private:
    friend class ExpressionParser;
    std::vector<ExprNode> nodes_;
    ExprId root_ = kNoExpr;
    std::string text_;
};

}  // namespace awda::forms
