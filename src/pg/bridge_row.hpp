// The columns that all reports about money have in common.
#pragma once

#include "core/revenue/report.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

// A row under construction: its columns in their order.
struct Row {
    static constexpr int max_columns = 32;

    Datum values[max_columns];
    bool nulls[max_columns];
    int count;

    void add(NullableDatum value) {
        values[count] = value.value;
        nulls[count++] = value.isnull;
    }
    void add(Datum value) { add(NullableDatum{value, false}); }
};

// Rows on their way out of a function. Between begin_rows and end_rows the current context is that of one row.
struct RowOutput {
    ReturnSetInfo *result;
    MemoryContext context, before;
};

RowOutput begin_rows(FunctionCallInfo fcinfo);
void put_row(const RowOutput &output, Row &row);
void end_rows(const RowOutput &output);

inline NullableDatum text_or_null(const char *value) {
    return value == nullptr ? NullableDatum{0, true} : NullableDatum{CStringGetTextDatum(value), false};
}

// Numeric, NULL when the denominator is 0. The numerator is in units of 10^-scale of the denominator's.
NullableDatum quotient(revenue::Money numerator, revenue::Money denominator, int scale = 0);

// starting_mrr to ending_mrr; then the customers; then the rates.
void add_amounts(Row *row, const revenue::Bridge &bridge, int scale);
void add_amounts(Row *row, const revenue::GroupBridge &bridge, int scale);
void add_customers(Row *row, const revenue::Bridge &bridge);
void add_rates(Row *row, const revenue::Bridge &bridge, int scale);

revenue::Granularity granularity_argument(FunctionCallInfo fcinfo, int index);
// How long ago MRR may have been lost so that it comes back by reactivation: any time for NULL.
revenue::Duration reactivation_argument(FunctionCallInfo fcinfo, int index);

}  // namespace segment::pg
