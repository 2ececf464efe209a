// What scores were, as a subquery over their history.
#include "core/definition/sql_quote.hpp"
#include "core/definition/sql_writer.hpp"

namespace segment::definition {

// Differences are taken in numeric, as 60.3 less 40.3 is 20 there; of float8, whose text has the fewest digits that tell it apart.
void SqlWriter::score_trend(const BoundScoreTrend &trend) {
    const ScoreName &score = *trend.score;
    const auto now = [&] {
        column(score.value, member_row);
        out_ += "::numeric";
    };
    constexpr std::string_view then = "past.score::numeric";
    out_ += "(SELECT ";
    now();
    out_ += trend.fell ? " < " : " > ";
    out_ += then;
    out_ += " AND ";
    out_ += trend.relative && trend.fell ? "past.score <> 0 AND " : "";
    if (trend.fell) {
        out_ += then;
        out_ += " - ";
        now();
    } else {
        now();
        out_ += " - ";
        out_ += then;
    }
    out_ += " >= ";
    if (trend.relative) {
        out_ += "abs(";
        out_ += then;
        out_ += ") * ";
    }
    out_ += trend.amount;
    if (!trend.from_at_least.empty()) {
        out_ += " AND past.score >= ";
        out_ += trend.from_at_least;
    }
    out_ += " FROM ";
    out_ += score.history_sql;
    out_ += " AS past WHERE past.key";
    equals_key();
    out_ += " AND past.at <= ";
    value(*trend.then, Binding::sum);
    out_ += " AND past.version = ";
    out_ += std::to_string(score.version);
    out_ += " ORDER BY past.at DESC LIMIT 1)";
}

}  // namespace segment::definition
