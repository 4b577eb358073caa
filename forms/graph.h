// Order of recomputation: which computed aspect reads which, on templates; cycles are errors.
//
// Threads: used while compiling. Iterative throughout: forms with chains of 100,000 calculations
// must not become recursion.
#pragma once

#include <vector>

#include "forms/compiled.h"
#include "forms/resolve.h"

namespace awda::forms {

class DependencyGraph {
public:
    explicit DependencyGraph(Compiled& compiled) : compiled_(compiled) {}

    /// `reads` is what the expression of (node, aspect) looks at.
    void add(TemplateId node, Aspect aspect, CompiledId expr, std::vector<Read> reads);
    static constexpr std::size_t kCyclesMax = 20;       ///< named
    static constexpr std::size_t kCycleLengthMax = 20;  ///< of one, as far as it is named

    /// Orders the vertices and ties the templates' dependents to them. The cycles found, each as
    /// the templates on it; of cycles that share a node, one.
    std::vector<std::vector<TemplateId>> finish();

private:
    struct Raw {
        Vertex vertex;
        std::vector<Read> reads;
    };
    void producers(TemplateId source, std::vector<std::uint32_t>& out) const;
    [[nodiscard]] static bool soft(Aspect aspect) {
        // A filter clears and a count adds rows; both may hang on what they change, which settles
        // in a second pass. They never make a cycle.
        return aspect == Aspect::kFilter || aspect == Aspect::kCount;
    }
    std::vector<std::uint32_t> order(const std::vector<std::vector<std::uint32_t>>& edges,
                                     bool with_soft, std::vector<std::uint32_t>& left) const;
    std::vector<std::uint32_t> one_cycle(const std::vector<std::vector<std::uint32_t>>& edges,
                                         const std::vector<std::uint32_t>& left) const;
    std::vector<std::vector<TemplateId>> cycles(std::vector<std::vector<std::uint32_t>> edges,
                                                std::vector<std::uint32_t> left) const;

    Compiled& compiled_;
    std::vector<Raw> raw_;
    std::vector<std::array<std::uint32_t, kAspects>> index_;
};

}  // namespace awda::forms
