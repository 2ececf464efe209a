// What other segments say: their members of this run, and the stays that earlier runs stored.
#include "core/definition/sql_quote.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/error.hpp"

namespace segment::definition {

void append_segment_table(std::pmr::string &out, std::int32_t id, std::string_view name) {
    constexpr std::size_t longest_identifier = 63;
    if (name.size() <= longest_identifier)
        return append_identifier(out, name);
    out += "segment_";
    out += std::to_string(id);
}

void SqlWriter::in_segment(const BoundInSegment &member, bool negated, Binding least) {
    const bool opened = open(negated ? Binding::negation : Binding::comparison, least);
    out_ += negated ? "NOT EXISTS (SELECT FROM " : scope_.vocabulary.key_sql;
    out_ += negated ? "" : " IN (SELECT key FROM ";
    append_segment_table(out_, member.segment, member.name);
    if (negated) {
        // An anti-join; NOT IN would be one look-up per row through a list without an index.
        out_ += " AS other WHERE other.key = ";
        out_ += scope_.vocabulary.key_sql;
    }
    out_ += ')';
    close(opened);
}

void SqlWriter::stay(const BoundStay &stay, bool negated, Binding least) {
    const Vocabulary &vocabulary = scope_.vocabulary;
    if (vocabulary.history_sql.empty())
        throw Error(ErrorCode::internal_error, "the vocabulary does not name the view of stays");
    const std::string_view time = stay.form == StayForm::exited ? "stay.exited_at" : "stay.entered_at";
    const auto bound = [&](std::string_view op, const BoundValue *edge) {
        if (!edge)
            return;
        out_ += " AND ";
        out_ += time;
        out_ += op;
        value(*edge, Binding::sum);
    };
    const bool opened = open(negated ? Binding::negation : Binding::primary, least);
    out_ += negated ? "NOT EXISTS (SELECT FROM " : "EXISTS (SELECT FROM ";
    out_ += vocabulary.history_sql;
    out_ += " AS stay WHERE stay.segment_id = ";
    out_ += std::to_string(stay.segment);
    out_ += " AND stay.";
    out_ += vocabulary.member_column;
    out_ += " = ";
    out_ += vocabulary.key_sql;
    bound(stay.low_inclusive ? " >= " : " > ", stay.low);
    bound(stay.high_inclusive ? " <= " : " < ", stay.high);
    out_ += " AND ";
    out_ += time;
    out_ += " <= ";
    out_ += scope_.as_of_sql;
    switch (stay.form) {
        case StayForm::ever:
            break;
        case StayForm::entered:
            out_ += " AND stay.enter_reason IN ('refresh', 'manual')";
            break;
        case StayForm::exited:
            out_ += " AND stay.exit_reason IN ('refresh', 'manual')";
            break;
        case StayForm::open:
            out_ += " AND (stay.exited_at IS NULL OR stay.exited_at > ";
            out_ += scope_.as_of_sql;
            out_ += ')';
            break;
    }
    out_ += ')';
    close(opened);
}

}  // namespace segment::definition
