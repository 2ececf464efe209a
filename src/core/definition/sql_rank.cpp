// Rank forms. Without `per` a rank is a comparison with a threshold: the value of the last member that is in. With `per`
// there is a threshold for each group, so the keys of those who are in are computed instead.
//
// The median needs no arithmetic: no value lies between the two middle ones, so to be above their mean is to be above the
// lower one, and to be below it is to be below the upper one. That is exact for every type.
#include "core/definition/sql_writer.hpp"
#include "core/definition/type.hpp"

namespace segment::definition {
namespace {

// The thresholds of both medians are told from below; the members below the median are told from above.
bool ranks_ascending(const BoundRank &rank, bool thresholds) {
    return rank.form == RankForm::bottom || rank.form == RankForm::above_median || (rank.form == RankForm::below_median && thresholds);
}

}  // namespace

Comparison SqlWriter::rank_comparison(RankForm form) {
    switch (form) {
        case RankForm::bottom:
            return Comparison::less_equal;
        case RankForm::above_median:
            return Comparison::greater;
        case RankForm::below_median:
            return Comparison::less;
        case RankForm::top:
        case RankForm::smallest_set:
            break;
    }
    return Comparison::greater_equal;
}

// `FROM (SELECT …) AS ranked`: the members of the base who can rank, each with its value and its place in the order; `n` is
// how many there are, `larger` the sum of what is larger, `total` the sum of all. Members of a group who tie are in or out together;
// a threshold is looked up by its place, so that these differ.
void SqlWriter::rank_rows(const BoundRank &rank, RankRows rows) {
    const bool thresholds = rows == RankRows::thresholds;
    const std::string_view partition = rank.per ? "PARTITION BY part" : "";
    const std::string_view order = ranks_ascending(rank, thresholds) ? "ORDER BY value" : "ORDER BY value DESC";
    const std::string_view space = rank.per ? " " : "";
    const auto over = [&](std::string_view function, std::string_view frame, std::string_view name) {
        out_ += ", ";
        out_ += function;
        out_ += " OVER (";
        out_ += partition;
        if (frame != "all") {
            out_ += space;
            out_ += order;
            out_ += frame;
        }
        out_ += ") AS ";
        out_ += name;
    };
    out_ += !thresholds ? "FROM (SELECT key" : rank.per ? "FROM (SELECT value, part" : "FROM (SELECT value";
    if (rank.form == RankForm::smallest_set) {
        over("sum(value)", " GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", "larger");
        over("sum(value)", "all", "total");
    } else {
        over(thresholds ? "row_number()" : "rank()", "", "place");
        over("count(*)", "all", "n");
    }
    out_ += " FROM (SELECT ";
    value(*rank.value, Binding::disjunction);
    out_ += " AS value";
    if (rank.per) {
        out_ += ", ";
        out_ += scope_.vocabulary.key_sql;
        out_ += " AS key, ";
        value(*rank.per, Binding::disjunction);
        out_ += " AS part";
    }
    out_ += " FROM ";
    append_from(out_, scope_);
    if (scope_.base && scope_.base->condition->kind != ConditionKind::everyone) {
        out_ += " WHERE ";
        condition(*scope_.base->condition, Binding::disjunction);
    }
    out_ += ") AS members WHERE value ";
    out_ += rank.form == RankForm::smallest_set ? "> 0" : "IS NOT NULL";
    out_ += ") AS ranked";
}

void SqlWriter::rank_threshold(const BoundRank &rank) {
    out_ += "(SELECT value ";
    rank_rows(rank, RankRows::thresholds);
    switch (rank.form) {
        case RankForm::above_median:
            out_ += " WHERE place = (n + 1) / 2";
            break;
        case RankForm::below_median:
            out_ += " WHERE place = n / 2 + 1";
            break;
        case RankForm::smallest_set:
            out_ += " WHERE coalesce(larger, 0) < total * ";
            out_ += rank.amount;
            break;
        case RankForm::top:
        case RankForm::bottom:
            out_ += rank.percent ? " WHERE place = ceil(n * " : " WHERE place = least(n, ";
            out_ += rank.amount;
            out_ += ')';
            break;
    }
    if (rank.per)
        same_part(*rank.per);
    out_ += rank.form == RankForm::smallest_set ? " ORDER BY value LIMIT 1)" : ")";
}

// ` AND …`: the group is the one of the member's value, which may be missing.
void SqlWriter::same_part(const BoundValue &part) {
    out_ += " AND CASE WHEN ranked.part IS NULL THEN ";
    value(part, Binding::sum);
    out_ += " IS NULL ELSE ranked.part ";
    if (has_plain_operators(*part.type))
        out_ += '=';
    else {
        out_ += "OPERATOR(";
        out_ += part.type->operator_schema;
        out_ += ".=)";
    }
    out_ += ' ';
    value(part, Binding::sum);
    out_ += " END";
}

void SqlWriter::rank(const BoundRank &rank, bool negated, Binding least) {
    if (!rank.per) {
        const bool opened = open(negated ? Binding::test : Binding::comparison, least);
        const bool inner = open(Binding::comparison, negated ? Binding::primary : Binding::disjunction);
        value(*rank.value, Binding::sum);
        switch (rank_comparison(rank.form)) {
            case Comparison::less:
                out_ += " < ";
                break;
            case Comparison::less_equal:
                out_ += " <= ";
                break;
            case Comparison::greater:
                out_ += " > ";
                break;
            default:
                out_ += " >= ";
                break;
        }
        rank_threshold(rank);
        close(inner);
        out_ += negated ? " IS NOT TRUE" : "";
        return close(opened);
    }
    const bool opened = open(negated ? Binding::negation : Binding::comparison, least);
    out_ += negated ? "NOT EXISTS (SELECT " : scope_.vocabulary.key_sql;
    out_ += negated ? "" : " IN (SELECT key ";
    rank_rows(rank, RankRows::members);
    switch (rank.form) {
        case RankForm::above_median:
        case RankForm::below_median:
            out_ += " WHERE place > (n + 1) / 2";
            break;
        case RankForm::smallest_set:
            out_ += " WHERE coalesce(larger, 0) < total * ";
            out_ += rank.amount;
            break;
        case RankForm::top:
        case RankForm::bottom:
            out_ += rank.percent ? " WHERE place <= ceil(n * " : " WHERE place <= ";
            out_ += rank.amount;
            out_ += rank.percent ? ")" : "";
            break;
    }
    if (negated) {
        out_ += " AND ranked.key = ";
        out_ += scope_.vocabulary.key_sql;
    }
    out_ += ')';
    close(opened);
}

}  // namespace segment::definition
