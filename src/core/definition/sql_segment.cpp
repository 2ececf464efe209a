// What other segments say: their members of this run, and the stays that earlier runs stored. What is said of a key by hand.
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

// `<key> IN (SELECT `, by the operator that compares keys.
void SqlWriter::key_in_select() {
    const std::string_view equals = scope_.vocabulary.key_equals;
    out_ += scope_.vocabulary.key_sql;
    if (equals == "=") {
        out_ += " IN (SELECT ";
        return;
    }
    out_ += ' ';
    out_ += equals;
    out_ += " ANY (SELECT ";
}

// ` = <key>`.
void SqlWriter::equals_key() {
    out_ += ' ';
    out_ += scope_.vocabulary.key_equals;
    out_ += ' ';
    out_ += scope_.vocabulary.key_sql;
}

void SqlWriter::in_segment(const BoundInSegment &member, bool negated, Binding least) {
    const bool opened = open(negated ? Binding::negation : Binding::comparison, least);
    if (negated)
        out_ += "NOT EXISTS (SELECT FROM ";
    else {
        key_in_select();
        out_ += "key FROM ";
    }
    append_segment_table(out_, member.segment, member.name);
    if (negated) {
        // An anti-join; NOT IN would be one look-up per row through a list without an index.
        out_ += " AS other WHERE other.key";
        equals_key();
    }
    out_ += ')';
    close(opened);
}

void SqlWriter::listed(const BoundListed &listed, bool negated, Binding least) {
    const Vocabulary &vocabulary = scope_.vocabulary;
    const bool opened = open(negated ? Binding::negation : Binding::comparison, least);
    if (negated)
        out_ += "NOT EXISTS (SELECT FROM ";
    else {
        key_in_select();
        out_ += "listed.";
        out_ += vocabulary.member_column;
        out_ += " FROM ";
    }
    out_ += listed.table;
    out_ += " AS listed WHERE ";
    if (negated) {
        out_ += "listed.";
        out_ += vocabulary.member_column;
        equals_key();
        out_ += " AND ";
    }
    out_ += listed.rows;
    out_ += " AND (listed.until IS NULL OR listed.until > ";
    out_ += scope_.as_of_sql;
    out_ += "))";
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
    equals_key();
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
