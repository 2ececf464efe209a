// What members subscribe to, as subqueries over the lines of one member.
#include "core/definition/bound_subscription.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/error.hpp"

namespace segment::definition {

// ` FROM … WHERE …`: one member's lines.
void SqlWriter::subscription_lines() {
    const Subscriptions &subscriptions = *scope_.vocabulary.subscriptions;
    out_ += " FROM ";
    out_ += subscriptions.lines_sql;
    out_ += " AS line WHERE line.member ";
    out_ += subscriptions.equality_sql;
    out_ += ' ';
    out_ += scope_.vocabulary.key_sql;
    out_ += " AND ";
}

// The lines that run at as_of, from when `start` says.
void SqlWriter::running_lines(std::string_view start) {
    subscription_lines();
    out_ += start;
    out_ += " <= ";
    out_ += scope_.as_of_sql;
    out_ += " AND (line.ends_at IS NULL OR line.ends_at > ";
    out_ += scope_.as_of_sql;
    out_ += ')';
}

// ` FROM … WHERE …`: one member's movements up to as_of.
void SqlWriter::movements() {
    const EventSource &source = scope_.vocabulary.subscriptions->movements;
    out_ += " FROM ";
    out_ += source.relation_sql;
    out_ += " AS movement WHERE movement.member ";
    out_ += source.equality_sql;
    out_ += ' ';
    out_ += scope_.vocabulary.key_sql;
    out_ += " AND movement.at <= ";
    out_ += scope_.as_of_sql;
}

void SqlWriter::subscription(const BoundSubscription &value) {
    constexpr std::string_view active = "line.starts_at", mrr = "(SELECT greatest(coalesce(sum(line.mrr), 0), 0)";
    constexpr std::string_view last_start = "max(movement.at) FILTER (WHERE movement.movement IN ('new', 'reactivation'))";
    constexpr std::string_view last_end = "max(movement.at) FILTER (WHERE movement.movement = 'churn')";
    const auto active_lines = [&](std::string_view select, std::string_view order = {}) {
        out_ += select;
        running_lines(active);
        out_ += order;
        out_ += ')';
    };
    switch (value.field) {
        case SubscriptionField::mrr:
            return active_lines(mrr);
        case SubscriptionField::arr:
            return active_lines("(SELECT 12 * greatest(coalesce(sum(line.mrr), 0), 0)");
        case SubscriptionField::quantity:
            return active_lines("(SELECT coalesce(sum(line.quantity), 0)");
        case SubscriptionField::plan:
            return active_lines("(SELECT line.plan", " ORDER BY line.mrr DESC, line.starts_at DESC, line.plan LIMIT 1");
        case SubscriptionField::renews_at:
            return active_lines("(SELECT min(line.renews_at)");
        case SubscriptionField::started_at:
        case SubscriptionField::churned_at: {
            const bool started = value.field == SubscriptionField::started_at;
            out_ += "(SELECT ";
            out_ += started ? last_start : last_end;
            movements();
            out_ += " HAVING ";
            if (started) {
                out_ += last_end;
                out_ += " IS NULL OR ";
            }
            out_ += last_end;
            out_ += started ? " < " : " > ";
            out_ += last_start;
            out_ += ')';
            return;
        }
        case SubscriptionField::status:
            out_ += "CASE WHEN ";
            active_lines(mrr);
            out_ += " > 0 THEN 'active' WHEN EXISTS (SELECT";
            running_lines("line.trial_starts_at");
            out_ += " AND line.trial_ends_at > ";
            out_ += scope_.as_of_sql;
            out_ += ") THEN 'trial' WHEN EXISTS (SELECT";
            movements();
            out_ += ") THEN 'churned' ELSE 'never' END";
            return;
    }
}

}  // namespace segment::definition
