// From the values of many members' metrics to their scores, chunk by chunk of a grid.
#pragma once

#include "core/score/grid.hpp"
#include "core/score/ranks.hpp"
#include "core/score/shape.hpp"
#include "core/score/total.hpp"

namespace segment::score {

class Scorer {
public:
    // `bytes` is about what the ranks of percentiles may take; see Ranks. The model must outlive it.
    Scorer(const Model &model, std::uint64_t bytes, behaviour::Overflow &overflow, std::pmr::memory_resource *memory);

    // Numbers a member's row needs: first the values of the metrics, afterwards score and coverage.
    static std::uint32_t width(std::size_t metrics) { return static_cast<std::uint32_t>(metrics < 2 ? 2 : metrics); }
    static constexpr std::uint32_t score_column = 0, coverage_column = 1;

    // Whether scores can be told only when all members' values are known.
    bool needs_all() const;
    // Takes note of the values in a chunk; of all chunks, before any is computed.
    void note(Grid &grid, std::uint32_t chunk, Interrupts &interrupts);
    void finish_notes();

    // The values in a chunk become scores and coverages.
    void compute(Grid &grid, std::uint32_t chunk, Interrupts &interrupts);

    // Of a metric's parts of 0 to 1 over all members computed so far; missing if all are.
    double mean(std::size_t metric) const;

private:
    struct Mean {
        double sum = 0;
        std::uint64_t count = 0;
    };

    const Model &model_;
    Totals totals_;
    std::pmr::vector<Ranks> ranks_;     // of the metrics; of those without percentiles unused
    std::pmr::vector<Spread> spreads_;  // likewise of those without zscores
    std::pmr::vector<Mean> means_;
    std::pmr::vector<double> column_, parts_;
    std::pmr::vector<std::uint32_t> members_;
};

}  // namespace segment::score
