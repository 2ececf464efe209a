#include "pg/score_columns.hpp"

#include "core/score/shape.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

void normalize_columns(const ScoreRecord *score, ScoreColumns *columns, double *means) {
    MemoryContext context = CurrentMemoryContext;
    boundary::core([&] {
        ChildContext memory(context, "segment score column");
        BackendInterrupts interrupts;
        for (int32 i = 0; i < score->metric_count; i++) {
            const std::span<double> values(columns->values[i], columns->count);
            score::normalize(score->model.metrics[static_cast<size_t>(i)], score->model.mode, values, memory.resource(), interrupts);
            means[i] = score::mean(values);
        }
    });
}

}  // namespace segment::pg
