#include "forms/expression.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <unordered_map>

#include "forms/ascii.h"

namespace awda::forms {
namespace {

struct FunctionRow {
    std::string_view name;
    unsigned least;
    unsigned most;
};
constexpr auto kFunctions = std::to_array<FunctionRow>({
#define AWDA_FN(id, name, least, most) {name, least, most},
#include "forms/functions.def"
#undef AWDA_FN
});

enum class TokenKind : std::uint8_t {
    kEnd,
    kNumber,
    kLiteral,
    kName,
    kFunction,
    kNodeType,
    kAxis,
    kOperatorName,
    kStar,
    kMultiply,
    kSymbol,
    kBad,
};

struct Token {
    TokenKind kind = TokenKind::kEnd;
    std::string_view text;
    std::size_t at = 0;
};

bool is_node_type(std::string_view name) {
    return name == "node" || name == "text" || name == "comment" ||
           name == "processing-instruction";
}
bool is_operator_name(std::string_view name) {
    return name == "and" || name == "or" || name == "mod" || name == "div";
}

/// Splits by the rules of XPath 1.0 §3.7: whether "*" or "and" is an operator depends on what
/// came before.
class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Token next() {
        while (at_ < text_.size() && is_space(byte(at_))) ++at_;
        Token token = scan();
        token.at = static_cast<std::size_t>(token.text.data() - text_.data());
        operand_before_ = ends_operand(token);
        at_ = token.at + token.text.size();
        return token;
    }

private:
    [[nodiscard]] char byte(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
    [[nodiscard]] Token make(TokenKind kind, std::size_t size) const {
        return {kind, text_.substr(at_, size), at_};
    }

    static bool ends_operand(const Token& token) {
        switch (token.kind) {
            case TokenKind::kNumber:
            case TokenKind::kLiteral:
            case TokenKind::kName:
            case TokenKind::kStar: return true;
            case TokenKind::kSymbol:
                return token.text == ")" || token.text == "]" || token.text == "." ||
                       token.text == "..";
            default: return false;
        }
    }

    Token scan() {
        if (at_ >= text_.size()) return make(TokenKind::kEnd, 0);
        const char c = byte(at_);
        if (c == '\'' || c == '"') return literal(c);
        if (is_digit(c) || (c == '.' && is_digit(byte(at_ + 1)))) return number();
        if (begins_word(c)) return name();
        if (c == '*') return make(operand_before_ ? TokenKind::kMultiply : TokenKind::kStar, 1);
        for (const std::string_view pair : {"..", "//", "!=", "<=", ">=", "::"}) {
            if (text_.substr(at_, 2) == pair) return make(TokenKind::kSymbol, 2);
        }
        if (std::string_view("()[].@,/|+-=<>").find(c) != std::string_view::npos) {
            return make(TokenKind::kSymbol, 1);
        }
        return make(TokenKind::kBad, 1);
    }

    Token literal(char quote) {
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) return make(TokenKind::kBad, text_.size() - at_);
        return make(TokenKind::kLiteral, end + 1 - at_);
    }

    Token number() {
        std::size_t end = at_;
        while (is_digit(byte(end))) ++end;
        if (byte(end) == '.') ++end;
        while (is_digit(byte(end))) ++end;
        return make(TokenKind::kNumber, end - at_);
    }

    [[nodiscard]] std::size_t end_of_name(std::size_t from) const {
        while (continues_word(byte(from))) ++from;
        return from;
    }

    Token name() {
        std::size_t end = end_of_name(at_);
        const std::string_view plain = text_.substr(at_, end - at_);
        if (operand_before_ && is_operator_name(plain)) {
            return make(TokenKind::kOperatorName, end - at_);
        }
        // "2div1": where only an operator can stand, a digit may follow it at once.
        for (const std::string_view word : {"and", "or", "mod", "div"}) {
            if (operand_before_ && plain.starts_with(word) && is_digit(byte(at_ + word.size()))) {
                return make(TokenKind::kOperatorName, word.size());
            }
        }
        // A qualified name; "a::b" is an axis, not one.
        if (byte(end) == ':' && byte(end + 1) != ':') {
            if (begins_word(byte(end + 1))) {
                end = end_of_name(end + 1);
            } else if (byte(end + 1) == '*') {
                end += 2;
            }
        }
        std::size_t after = end;
        while (is_space(byte(after))) ++after;
        const std::string_view whole = text_.substr(at_, end - at_);
        if (byte(after) == '(') {
            return make(is_node_type(whole) ? TokenKind::kNodeType : TokenKind::kFunction,
                        end - at_);
        }
        if (byte(after) == ':' && byte(after + 1) == ':') return make(TokenKind::kAxis, end - at_);
        return make(TokenKind::kName, end - at_);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool operand_before_ = false;
};

bool find_axis(std::string_view name, Axis& axis) {
    static constexpr std::array<std::pair<std::string_view, Axis>, 13> kAxes{{
        {"ancestor", Axis::kAncestor},
        {"ancestor-or-self", Axis::kAncestorOrSelf},
        {"attribute", Axis::kAttribute},
        {"child", Axis::kChild},
        {"descendant", Axis::kDescendant},
        {"descendant-or-self", Axis::kDescendantOrSelf},
        {"following", Axis::kFollowing},
        {"following-sibling", Axis::kFollowingSibling},
        {"namespace", Axis::kNamespace},
        {"parent", Axis::kParent},
        {"preceding", Axis::kPreceding},
        {"preceding-sibling", Axis::kPrecedingSibling},
        {"self", Axis::kSelf},
    }};
    for (const auto& [text, value] : kAxes) {
        if (text == name) {
            axis = value;
            return true;
        }
    }
    return false;
}

}  // namespace

Fn find_function(std::string_view name) {
    static const auto kByName = [] {
        std::unordered_map<std::string_view, Fn> map;
        for (std::size_t i = 0; i < kFunctions.size(); ++i) {
            map.emplace(kFunctions[i].name, static_cast<Fn>(i));
        }
        map.emplace("ceil", Fn::kCeiling);
        map.emplace("enclosed-area", Fn::kArea);
        map.emplace("is-selected", Fn::kSelected);
        map.emplace("choice-name", Fn::kUnknown);
        return map;
    }();
    const auto found = kByName.find(name);
    return found == kByName.end() ? Fn::kUnknown : found->second;
}

std::string_view function_name(Fn fn) {
    return fn == Fn::kUnknown ? std::string_view() : kFunctions[static_cast<std::size_t>(fn)].name;
}

std::vector<std::string> function_names() {
    std::vector<std::string> out;
    for (const FunctionRow& row : kFunctions) out.emplace_back(row.name);
    return out;
}

class ExpressionParser {
public:
    /// `grow` is null where the pool is read-only.
    ExpressionParser(std::string_view text, const StringPool& names, StringPool* grow,
                     Expression& out, ParseProblem& problem)
        : lexer_(text), names_(names), grow_(grow), out_(out), problem_(problem) {
        constexpr std::size_t kUsualNodes = 4;
        out_.nodes_.reserve(kUsualNodes);
        advance();
    }

    bool run() {
        const ExprId root = parse_or();
        if (root == kNoExpr) return false;
        if (token_.kind != TokenKind::kEnd) return fail("an operator or the end");
        out_.root_ = root;
        return true;
    }

private:
    void advance() { token_ = lexer_.next(); }
    [[nodiscard]] bool at(std::string_view symbol) const {
        return token_.kind == TokenKind::kSymbol && token_.text == symbol;
    }
    bool accept(std::string_view symbol) {
        if (!at(symbol)) return false;
        advance();
        return true;
    }
    bool fail(std::string_view expected) {
        if (!failed_) {
            failed_ = true;
            problem_ = {token_.at, std::string(token_.text.substr(0, 40)), std::string(expected)};
        }
        return false;
    }
    ExprId no(std::string_view expected) {
        fail(expected);
        return kNoExpr;
    }
    bool require(std::string_view symbol) {
        return accept(symbol) || fail(std::string("'").append(symbol).append("'"));
    }
    ExprId add(ExprNode node) {
        out_.nodes_.push_back(std::move(node));
        return static_cast<ExprId>(out_.nodes_.size() - 1);
    }

    /// "a OP b OP c" as one node.
    template <typename Next, typename Match>
    ExprId parse_chain(Op kind, Next next, Match match) {
        const ExprId first = next();
        if (first == kNoExpr) return kNoExpr;
        Op op{};
        if (!match(op)) return first;
        ExprNode chain;
        chain.op = kind;
        chain.kids.push_back(first);
        while (match(op)) {
            advance();
            const ExprId operand = next();
            if (operand == kNoExpr) return kNoExpr;
            chain.kids.push_back(operand);
            chain.ops.push_back(op);
        }
        return add(std::move(chain));
    }

    bool word(std::string_view text, Op value, Op& op) const {
        if (token_.kind != TokenKind::kOperatorName || token_.text != text) return false;
        op = value;
        return true;
    }
    bool symbol(std::string_view text, Op value, Op& op) const {
        if (!at(text)) return false;
        op = value;
        return true;
    }

    ExprId parse_or() {
        if (++depth_ > kExpressionDepthMax) return no("fewer nested brackets");
        const ExprId out = parse_chain(
            Op::kOr, [this] { return parse_and(); },
            [this](Op& op) { return word("or", Op::kOr, op); });
        --depth_;
        return out;
    }
    ExprId parse_and() {
        return parse_chain(
            Op::kAnd, [this] { return parse_equality(); },
            [this](Op& op) { return word("and", Op::kAnd, op); });
    }
    ExprId parse_equality() {
        return parse_chain(
            Op::kChain, [this] { return parse_relation(); },
            [this](Op& op) { return symbol("=", Op::kEq, op) || symbol("!=", Op::kNe, op); });
    }
    ExprId parse_relation() {
        return parse_chain(
            Op::kChain, [this] { return parse_sum(); },
            [this](Op& op) {
                return symbol("<", Op::kLt, op) || symbol("<=", Op::kLe, op) ||
                       symbol(">", Op::kGt, op) || symbol(">=", Op::kGe, op);
            });
    }
    ExprId parse_sum() {
        return parse_chain(
            Op::kChain, [this] { return parse_product(); },
            [this](Op& op) { return symbol("+", Op::kAdd, op) || symbol("-", Op::kSub, op); });
    }
    ExprId parse_product() {
        return parse_chain(
            Op::kChain, [this] { return parse_unary(); },
            [this](Op& op) {
                if (token_.kind == TokenKind::kMultiply) {
                    op = Op::kMul;
                    return true;
                }
                return word("div", Op::kDiv, op) || word("mod", Op::kMod, op);
            });
    }
    ExprId parse_unary() {
        std::size_t signs = 0;
        while (accept("-")) ++signs;
        const ExprId operand = parse_union();
        if (operand == kNoExpr || signs == 0) return operand;
        ExprNode node;
        node.op = Op::kNegate;
        node.kids.push_back(operand);
        if (signs % 2 == 0) node.number = 1;  // an even count still makes it a number
        return add(std::move(node));
    }
    ExprId parse_union() {
        return parse_chain(
            Op::kUnion, [this] { return parse_path(); },
            [this](Op& op) { return symbol("|", Op::kUnion, op); });
    }

    [[nodiscard]] bool starts_step() const {
        return token_.kind == TokenKind::kName || token_.kind == TokenKind::kStar ||
               token_.kind == TokenKind::kAxis || token_.kind == TokenKind::kNodeType || at(".") ||
               at("..") || at("@");
    }

    ExprId parse_path() {
        PathExpr path;
        if (at("/") || at("//")) {
            path.start = Start::kRoot;
            const bool any = at("//");
            advance();
            if (any) path.steps.push_back(any_depth());
            if (any || starts_step()) {
                if (!parse_steps(path)) return kNoExpr;
            }
            return add_path(std::move(path));
        }
        if (starts_step()) {
            if (!parse_steps(path)) return kNoExpr;
            return add_path(std::move(path));
        }
        return parse_filter();
    }

    ExprId add_path(PathExpr path) {
        ExprNode node;
        node.op = Op::kPath;
        node.path = std::move(path);
        return add(std::move(node));
    }

    ExprId parse_filter() {
        const ExprId primary = parse_primary();
        if (primary == kNoExpr) return kNoExpr;
        PathExpr path;
        path.start = Start::kFilter;
        path.filter = primary;
        if (!parse_predicates(path.filter_predicates)) return kNoExpr;
        if (at("/") || at("//")) {
            const bool any = at("//");
            advance();
            if (any) path.steps.push_back(any_depth());
            if (!parse_steps(path)) return kNoExpr;
        }
        if (path.filter_predicates.empty() && path.steps.empty()) return primary;
        return add_path(std::move(path));
    }

    static Step any_depth() {
        Step step;
        step.axis = Axis::kDescendantOrSelf;
        step.test = Test::kNode;
        return step;
    }

    bool parse_steps(PathExpr& path) {
        while (true) {
            Step step;
            if (!parse_step(step)) return false;
            path.steps.push_back(std::move(step));
            if (at("//")) {
                path.steps.push_back(any_depth());
            } else if (!at("/")) {
                return true;
            }
            advance();
        }
    }

    bool parse_step(Step& step) {
        if (at(".") || at("..")) {
            step.axis = at(".") ? Axis::kSelf : Axis::kParent;
            step.test = Test::kNode;
            advance();
            return parse_predicates(step.predicates);  // JavaRosa allows them here; so do we
        }
        if (accept("@")) {
            step.axis = Axis::kAttribute;
        } else if (token_.kind == TokenKind::kAxis) {
            if (!find_axis(token_.text, step.axis)) return fail("an axis such as child::");
            advance();
            if (!require("::")) return false;
        }
        return parse_test(step) && parse_predicates(step.predicates);
    }

    bool parse_test(Step& step) {
        if (token_.kind == TokenKind::kStar || token_.kind == TokenKind::kMultiply) {
            step.test = Test::kAnyName;
            advance();
            return true;
        }
        if (token_.kind == TokenKind::kNodeType) return parse_node_type(step);
        if (token_.kind != TokenKind::kName) return fail("a name");
        std::string_view text = token_.text;
        if (const auto colon = text.find(':'); colon != std::string_view::npos) {
            step.prefix = std::string(text.substr(0, colon));
            text = text.substr(colon + 1);
        }
        step.test = text == "*" ? Test::kAnyInSpace : Test::kName;
        if (step.test == Test::kName) step.name = name_id(text);
        advance();
        return true;
    }

    bool parse_node_type(Step& step) {
        const std::string_view type = token_.text;
        step.test = type == "node"      ? Test::kNode
                    : type == "text"    ? Test::kText
                    : type == "comment" ? Test::kComment
                                        : Test::kInstruction;
        advance();
        if (!require("(")) return false;
        if (step.test == Test::kInstruction && token_.kind == TokenKind::kLiteral) {
            step.name = name_id(token_.text.substr(1, token_.text.size() - 2));
            advance();
        }
        return require(")");
    }

    bool parse_predicates(std::vector<ExprId>& out) {
        while (accept("[")) {
            const ExprId predicate = parse_or();
            if (predicate == kNoExpr || !require("]")) return false;
            out.push_back(predicate);
        }
        return true;
    }

    ExprId parse_primary() {
        if (accept("(")) {
            const ExprId inner = parse_or();
            if (inner == kNoExpr || !require(")")) return kNoExpr;
            return inner;
        }
        ExprNode node;
        if (token_.kind == TokenKind::kLiteral) {
            node.op = Op::kText;
            node.text = std::string(token_.text.substr(1, token_.text.size() - 2));
            advance();
            return add(std::move(node));
        }
        if (token_.kind == TokenKind::kNumber) {
            node.op = Op::kNumber;
            const char* end = token_.text.data() + token_.text.size();
            std::from_chars(token_.text.data(), end, node.number);
            advance();
            return add(std::move(node));
        }
        if (token_.kind == TokenKind::kFunction) return parse_call();
        return no("a value");
    }

    ExprId parse_call() {
        constexpr std::size_t kArgumentsMax = 10'000;
        ExprNode node;
        node.op = Op::kCall;
        node.text = std::string(token_.text);
        node.fn = find_function(token_.text);
        advance();
        if (!require("(")) return kNoExpr;
        if (!at(")")) {
            do {
                const ExprId argument = parse_or();
                if (argument == kNoExpr) return kNoExpr;
                node.kids.push_back(argument);
                if (node.kids.size() > kArgumentsMax) return no("fewer arguments");
            } while (accept(","));
        }
        if (!require(")")) return kNoExpr;
        node.bad_arguments = node.fn != Fn::kUnknown && !argument_count_fits(node);
        return add(std::move(node));
    }

    static bool argument_count_fits(const ExprNode& node) {
        const FunctionRow& row = kFunctions[static_cast<std::size_t>(node.fn)];
        return node.kids.size() >= row.least && (row.most == 255 || node.kids.size() <= row.most);
    }

    [[nodiscard]] NameId name_id(std::string_view text) {
        return grow_ != nullptr ? grow_->intern(text) : names_.find(text);
    }

    Lexer lexer_;
    const StringPool& names_;
    StringPool* grow_;
    Expression& out_;
    ParseProblem& problem_;
    Token token_;
    std::size_t depth_ = 0;
    bool failed_ = false;
};

namespace {
bool fits(std::string_view text, ParseProblem& problem) {
    if (text.size() <= kExpressionBytesMax) return true;
    problem = {0, "", "a shorter expression"};
    return false;
}
}  // namespace

bool Expression::parse(std::string_view text, StringPool& names, Expression& out,
                       ParseProblem& problem) {
    out = Expression();
    if (!fits(text, problem)) return false;
    out.text_ = std::string(text);
    return ExpressionParser(out.text_, names, &names, out, problem).run();
}

bool Expression::parse_known(std::string_view text, const StringPool& names, Expression& out,
                             ParseProblem& problem) {
    out = Expression();
    if (!fits(text, problem)) return false;
    out.text_ = std::string(text);
    return ExpressionParser(out.text_, names, nullptr, out, problem).run();
}

}  // namespace awda::forms
