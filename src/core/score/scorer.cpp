#include "core/score/scorer.hpp"

#include <algorithm>

#include "core/members/words.hpp"
#include "core/score/shape.hpp"

namespace segment::score {

Scorer::Scorer(const Model &model, std::uint64_t bytes, behaviour::Overflow &overflow, std::pmr::memory_resource *memory)
    : model_(model),
      totals_(model, memory),
      ranks_(memory),
      spreads_(model.metrics.size(), memory),
      means_(model.metrics.size(), memory),
      column_(memory),
      parts_(model.metrics.size(), memory),
      members_(memory) {
    const auto ranked = static_cast<std::size_t>(std::ranges::count(model.metrics, Shape::percentile, &Metric::shape));
    ranks_.reserve(model.metrics.size());
    for (std::size_t i = 0; i < model.metrics.size(); ++i) {
        ranks_.emplace_back(bytes / std::max<std::size_t>(ranked, 1), &overflow, memory);
    }
}

bool Scorer::needs_all() const {
    return std::ranges::any_of(model_.metrics, is_relative, &Metric::shape);
}

void Scorer::note(Grid &grid, std::uint32_t chunk, Interrupts &interrupts) {
    for (std::size_t metric = 0; metric < model_.metrics.size(); ++metric) {
        const Shape shape = model_.metrics[metric].shape;
        if (!is_relative(shape)) {
            continue;
        }
        interrupts.poll();
        const double *const values = grid.rows(chunk) + metric;
        members::for_each_bit(grid.present(chunk), 0, [&](Ordinal index) {
            const double value = values[std::size_t{index} * grid.width()];
            if (shape == Shape::zscore) {
                spreads_[metric].add(value);
            } else if (!is_missing(value)) {
                ranks_[metric].add(value);
            }
        });
    }
}

void Scorer::finish_notes() {
    for (Ranks &ranks : ranks_) {
        ranks.finish();
    }
}

void Scorer::compute(Grid &grid, std::uint32_t chunk, Interrupts &interrupts) {
    double *const rows = grid.rows(chunk);
    members_.clear();
    members::for_each_bit(grid.present(chunk), 0, [&](Ordinal index) { members_.push_back(index); });
    for (std::size_t metric = 0; metric < model_.metrics.size(); ++metric) {
        interrupts.poll();
        double *const values = rows + metric;
        if (model_.metrics[metric].shape == Shape::percentile) {
            column_.clear();
            for (const std::uint32_t index : members_) {
                column_.push_back(values[std::size_t{index} * grid.width()]);
            }
            ranks_[metric].rank(column_, model_.metrics[metric].worst <= model_.metrics[metric].best, interrupts);
            for (std::size_t i = 0; i < members_.size(); ++i) {
                values[std::size_t{members_[i]} * grid.width()] = column_[i];
            }
        }
    }
    interrupts.poll();
    for (const std::uint32_t index : members_) {
        double *const row = rows + std::size_t{index} * grid.width();
        for (std::size_t metric = 0; metric < parts_.size(); ++metric) {
            const Metric &what = model_.metrics[metric];
            const double part = what.shape == Shape::percentile ? row[metric]
                                : what.shape == Shape::zscore   ? spreads_[metric].logistic(row[metric], what.worst <= what.best)
                                                                : normalized(what, model_.mode, row[metric]);
            parts_[metric] = part;
            if (!is_missing(part)) {
                means_[metric].sum += part;
                ++means_[metric].count;
            }
        }
        const Total total = totals_.total(parts_);
        row[score_column] = total.score;
        row[coverage_column] = total.coverage;
    }
}

double Scorer::mean(std::size_t metric) const {
    const Mean &mean = means_[metric];
    return mean.count == 0 ? missing : mean.sum / static_cast<double>(mean.count);
}

}  // namespace segment::score
