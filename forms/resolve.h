// Resolver: finds out, for every path of an expression, which templates it can touch, and makes the
// plan that finds them without looking at names.
//
// Ownership: borrows the compiled form. Threads: none of its own; used while compiling.
#pragma once

#include <string>
#include <vector>

#include "forms/compiled.h"

namespace awda::forms {

/// What an expression reads: a template, and up to which ancestor its rows are the reader's own.
struct Read {
    TemplateId source = kNone;
    TemplateId common = 0;
};

class Resolver {
public:
    Resolver(const Compiled& compiled, CompiledExpr& expr) : compiled_(compiled), expr_(expr) {}

    /// Fills expr.plans and expr.relative; gives what it reads.
    std::vector<Read> run();
    /// Paths of the record that name nothing.
    [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

private:
    using Set = std::vector<TemplateId>;
    struct Scope {
        Set nodes;        ///< what the context may be; empty: not the record
        bool own = true;  ///< the expression's own node
    };
    Scope visit(ExprId id, const Scope& scope);
    Scope visit_path(ExprId id, const Scope& scope);
    Scope visit_root_path(ExprId id, const Scope& scope);
    Set step(const Step& step, const Set& from);
    [[nodiscard]] TemplateId only_child(TemplateId parent, const Step& step) const;
    void note_unknown(NameId name);
    void read(const Set& nodes, TemplateId common);
    void each_once();
    void predicates(const std::vector<ExprId>& list, const Set& nodes);
    bool plan_steps(const std::vector<Step>& steps, TemplateId from, PathPlan& plan,
                    TemplateId& reached);
    /// Notes the target where no record can have two of it.
    void note_single(PathPlan& plan) const;
    void note_aggregate(ExprId call, std::size_t reads_before);
    [[nodiscard]] bool same_everywhere(ExprId id) const;
    [[nodiscard]] bool is_ancestor(TemplateId above, TemplateId node) const;

    static constexpr std::size_t kReadsUnsorted = 10'000;

    const Compiled& compiled_;
    CompiledExpr& expr_;
    std::vector<Read> reads_;
    std::size_t reads_once_ = 0;  ///< how many there were when they were last sorted
    std::vector<std::string> unknown_;
};

}  // namespace awda::forms
