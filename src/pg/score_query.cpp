#include "pg/score_query.hpp"

#include <algorithm>

#include "core/definition/check.hpp"
#include "core/definition/parser.hpp"
#include "core/definition/sql_quote.hpp"
#include "core/definition/sql_writer.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/located.hpp"
#include "pg/memory.hpp"
#include "pg/score_program.hpp"

namespace segment::pg {

namespace {

using definition::Checked;
using definition::CheckedFormula;

class QueryWriter {
    // What `check` makes of a text; errors tell their place in it.
    template <typename Check>
    auto checked(std::string_view whose, std::string_view name, std::string_view text, Check check) {
        try {
            return check(text);
        } catch (const Error &error) {
            throw located(error, text, std::pmr::string(whose, &arena_).append(name).append("\""));
        }
    }

public:
    QueryWriter(MemoryContext context, const Population *population, const Segments *segments, const Binding *binding,
                const ScoreRecord *score, const char *as_of_sql, const char *member_sql, std::span<const char *const> stale_edges,
                EventNumbers *numbers)
        : memory_(context),
          arena_(&memory_),
          population_(population),
          segments_(segments),
          binding_(binding),
          score_(score),
          as_of_sql_(as_of_sql),
          member_sql_(member_sql),
          stale_edges_(stale_edges),
          numbers_(numbers),
          joins_(&arena_),
          with_(&arena_),
          known_segments_(&arena_),
          probes_(&arena_),
          columns_(static_cast<std::size_t>(score->metric_count), nullptr, &arena_),
          programs_(static_cast<std::size_t>(score->metric_count), ScoreProgram{}, &arena_),
          base_(checked("the base of population \"", population->name, population->base, [&](std::string_view text) {
              return definition::check(definition::parse_definition(text, arena_), binding->vocabulary, arena_, definition::Role::base);
          })) {}

    ScoreQuery *write();

private:
    const char *formula(const ScoreMetric &metric, std::size_t index, ScoreUses &uses);
    const char *condition(std::string_view whose, std::string_view name, std::string_view text, ScoreUses &uses, ScoreProgram *program);
    ScoreProgram program_of(const CheckedFormula &formula, const ScoreMetric &metric, bool gets_stale);
    template <typename Bound>
    void use(const Bound &bound, ScoreUses &uses);
    void add_segment(std::int32_t id);
    definition::Scope scope(std::span<const std::uint32_t> joins = {}) const { return {binding_->vocabulary, as_of_sql_, &base_, joins}; }

    ContextResource memory_;
    std::pmr::monotonic_buffer_resource arena_;
    const Population *population_;
    const Segments *segments_;
    const Binding *binding_;
    const ScoreRecord *score_;
    std::string_view as_of_sql_;
    std::string_view member_sql_;
    std::span<const char *const> stale_edges_;
    EventNumbers *numbers_;
    std::pmr::vector<std::uint32_t> joins_;
    std::pmr::string with_;
    std::pmr::vector<std::int32_t> known_segments_;
    std::pmr::vector<const char *> probes_;
    std::pmr::vector<const char *> columns_;
    std::pmr::vector<ScoreProgram> programs_;
    Checked base_;
};

template <typename Bound>
void QueryWriter::use(const Bound &bound, ScoreUses &uses) {
    joins_.insert(joins_.end(), bound.joins.begin(), bound.joins.end());
    for (const definition::Probe &probe : bound.probes)
        probes_.push_back(copy_text(memory_, probe.sql));
    std::pmr::vector<int32> sources(&arena_), scores(&arena_);
    for (const std::uint32_t index : bound.events)
        sources.push_back(binding_->sources[index].id);
    for (int32 i = 0; bound.subscriptions && i < binding_->subscription_count; i++)
        sources.push_back(binding_->subscriptions[i]);
    for (const std::uint32_t index : bound.scores)
        scores.push_back(binding_->vocabulary.scores[index].id);
    uses.source_count = static_cast<int32>(sources.size());
    uses.sources = copy_items(memory_, sources);
    uses.score_count = static_cast<int32>(scores.size());
    uses.scores = copy_items(memory_, scores);
    uses.join_count = static_cast<int32>(bound.joins.size());
    uses.joins = copy_items(memory_, bound.joins);
    uses.derived_count = static_cast<int32>(bound.derived.size());
    uses.derived = copy_items(memory_, bound.derived);
}

const char *QueryWriter::formula(const ScoreMetric &metric, std::size_t index, ScoreUses &uses) {
    const CheckedFormula checked = this->checked("the value of metric \"", metric.name, metric.value, [&](std::string_view text) {
        CheckedFormula bound = definition::check_formula(definition::parse_formula(text, arena_), binding_->vocabulary, arena_);
        if (stale_edges_[index] != nullptr && bound.evidence.empty())
            throw Error(ErrorCode::invalid_parameter, "stale_after needs a value that is computed from events", Error::no_position,
                        "Events tell when something was known, a trait does not.",
                        "Read the value from a source of events, as in last score of 'pulse'.");
        return bound;
    });
    use(checked, uses);
    uses.traits = !checked.traits.empty();
    if (numbers_ != nullptr) {
        programs_[index] = program_of(checked, metric, stale_edges_[index] != nullptr);
        if (programs_[index].length > 0)
            return "NULL::float8";
    }
    const std::pmr::string value = definition::formula_sql(checked, scope(), &arena_);
    if (stale_edges_[index] == nullptr)
        return copy_text(memory_, value);
    std::pmr::string sql("CASE WHEN greatest(", &arena_);
    for (std::size_t i = 0; i < checked.evidence.size(); ++i) {
        sql += i > 0 ? ", " : "";
        definition::SqlWriter(scope(), sql).value(*checked.evidence[i], definition::Binding::disjunction);
    }
    sql.append(") > ").append(stale_edges_[index]).append(" THEN ").append(value).append(" END");
    return copy_text(memory_, sql);
}

const char *QueryWriter::condition(std::string_view whose, std::string_view name, std::string_view text, ScoreUses &uses,
                                   ScoreProgram *program) {
    const Checked checked = this->checked(whose, name, text, [&](std::string_view written) {
        return definition::check(definition::parse_definition(written, arena_), binding_->vocabulary, arena_);
    });
    use(checked, uses);
    uses.traits = !checked.traits.empty();
    std::pmr::vector<int32> segments(&arena_);
    for (const definition::SegmentUse &use : checked.segments) {
        segments.push_back(use.id);
        if (use.current)
            add_segment(use.id);
    }
    uses.segment_count = static_cast<int32>(segments.size());
    uses.segments = copy_items(memory_, segments);
    if (numbers_ != nullptr && program != nullptr) {
        ProgramWriter writer(*numbers_, scope(checked.joins), columns_, memory_, &arena_);
        *program = writer.condition(*checked.condition);
        if (program->length > 0)
            return "NULL::boolean";
    }
    std::pmr::string sql("(", &arena_);
    sql.append(definition::condition_sql(checked, scope(), &arena_)).append(") IS TRUE");
    return copy_text(memory_, sql);
}

// None if the value gets stale in a way that the pass does not tell: by the hour, which is told by the clock, or by times without zone.
ScoreProgram QueryWriter::program_of(const CheckedFormula &formula, const ScoreMetric &metric, bool gets_stale) {
    ProgramWriter writer(*numbers_, scope(formula.joins), columns_, memory_, &arena_);
    if (!gets_stale)
        return writer.value(*formula.value);
    if (metric.stale_after.time != 0)
        return {};
    const definition::BoundAsOf as_of{{definition::ValueKind::as_of, true, 0, &definition::timestamptz_type}};
    const definition::Span back[] = {{-metric.stale_after.month, -metric.stale_after.day, 0}};
    const definition::BoundShift edge{{definition::ValueKind::shift, true, 0, &definition::timestamptz_type}, &as_of, back};
    std::pmr::vector<definition::BoundCompare> fresh(&arena_);
    fresh.reserve(formula.evidence.size());
    std::pmr::vector<const definition::BoundCondition *> any(&arena_);
    for (const definition::BoundValue *last : formula.evidence)
        any.push_back(&fresh.emplace_back(
            definition::BoundCompare{{definition::ConditionKind::compare}, definition::Comparison::greater, last, &edge}));
    const definition::BoundJunction is_fresh{{definition::ConditionKind::disjunction}, any};
    return writer.value(*formula.value, &is_fresh);
}

// A common table expression with the segment's members by the last refresh.
void QueryWriter::add_segment(std::int32_t id) {
    if (std::ranges::find(known_segments_, id) != known_segments_.end())
        return;
    known_segments_.push_back(id);
    const std::span<const Segment> all(segments_->items, static_cast<std::size_t>(segments_->count));
    const Segment &segment = *std::ranges::lower_bound(all, id, {}, &Segment::id);
    with_ += with_.empty() ? "WITH " : ", ";
    definition::append_segment_table(with_, id, segment.name);
    with_ += " AS MATERIALIZED (SELECT ";
    if (segment.has_rows) {
        with_.append(binding_->vocabulary.member_column).append(" AS key FROM ").append(member_sql_);
        with_.append(" WHERE segment_id = ").append(std::to_string(id)).append(")");
    } else {
        const std::string name = std::string(population_->name) + '.' + segment.name;
        with_.append("key::").append(binding_->vocabulary.key_type_sql).append(" AS key FROM segment.members(");
        definition::append_literal(with_, name);
        with_ += "))";
    }
}

ScoreQuery *QueryWriter::write() {
    auto *query = static_cast<ScoreQuery *>(memory_.allocate(sizeof(ScoreQuery), alignof(ScoreQuery)));
    std::pmr::vector<ScoreUses> uses(&arena_);
    for (std::size_t i = 0; i < static_cast<std::size_t>(score_->metric_count); ++i) {
        const ScoreMetric &metric = score_->metrics[i];
        ScoreUses &used = uses.emplace_back(ScoreUses{});
        const char *column = metric.value != nullptr
                                 ? formula(metric, i, used)
                                 : condition("the condition of metric \"", metric.name, metric.condition, used, &programs_[i]);
        columns_[i] = column;
    }
    std::pmr::string from(&arena_), where(&arena_);
    if (base_.condition->kind != definition::ConditionKind::everyone)
        where.append(" WHERE (").append(definition::condition_sql(base_, scope(), &arena_)).append(")");
    ScoreUses &used = uses.emplace_back(ScoreUses{});
    if (score_->filter != nullptr)
        where.append(where.empty() ? " WHERE " : " AND ")
            .append(condition("the filter of score \"", score_->name, score_->filter, used, nullptr));
    std::ranges::sort(joins_);
    definition::append_from(from, {binding_->vocabulary, as_of_sql_, &base_, joins_});
    query->with_sql = copy_text(memory_, with_);
    query->from_sql = copy_text(memory_, from);
    query->where_sql = copy_text(memory_, where);
    query->column_count = static_cast<int32>(columns_.size());
    query->columns = copy_items(memory_, columns_);
    query->uses = copy_items(memory_, uses);
    query->programs = copy_items(memory_, programs_);
    query->reads_events = std::ranges::any_of(programs_, [](const ScoreProgram &program) { return program.length > 0; });
    query->probe_count = static_cast<int32>(probes_.size());
    query->probes = copy_items(memory_, probes_);
    return query;
}

}  // namespace

void check_span(const char *name, const Interval &span) {
    constexpr int32 months = 12 * 1000, days = 366 * 1000;
    const Interval none{};
    if (!DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(&span), IntervalPGetDatum(&none)))) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be positive", name)));
    }
    const auto within = [](int64 value, int64 most) { return -most <= value && value <= most; };
    if (!within(span.month, months) || !within(span.day, days) || !within(span.time, days * USECS_PER_DAY)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be longer than 1,000 years", name)));
    }
}

const char *before_sql(const Population *population, const char *instant_sql, const Interval &interval) {
    const char *zone = quote_literal_cstr(population->time_zone);
    return psprintf("(%s AT TIME ZONE %s - make_interval(months => %d, days => %d, secs => %.6f)) AT TIME ZONE %s", instant_sql, zone,
                    interval.month, interval.day, static_cast<double>(interval.time) / USECS_PER_SEC, zone);
}

ScoreQuery *score_query(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord *score,
                        const char *as_of_sql, EventNumbers *numbers) {
    boundary::ErrorRecord error{};
    ScoreQuery *query = score_query(population, segments, binding, score, as_of_sql, numbers, error);
    if (query == nullptr) {
        boundary::raise(error);
    }
    return query;
}

ScoreQuery *score_query(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord *score,
                        const char *as_of_sql, EventNumbers *numbers, boundary::ErrorRecord &error) {
    auto **edges = static_cast<const char **>(palloc0(sizeof(char *) * (score->metric_count + 1)));
    for (int32 i = 0; i < score->metric_count; i++) {
        const ScoreMetric *metric = &score->metrics[i];
        if (metric->has_stale_after && score->model.missing_rule != score::MissingRule::carry_forward) {
            edges[i] = before_sql(population, as_of_sql, metric->stale_after);
        }
    }
    const char *member_sql = member_relation_sql(population, "segment_member");
    MemoryContext context = CurrentMemoryContext;
    const auto query = boundary::attempt(error, [&] {
        QueryWriter writer(context, population, segments, binding, score, as_of_sql, member_sql,
                           std::span<const char *const>(edges, static_cast<std::size_t>(score->metric_count)), numbers);
        return writer.write();
    });
    if (!query && !error.soft) {
        boundary::raise(error);
    }
    return query.value_or(nullptr);
}

Fault score_fault(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord *score) {
    if (const Fault missing = missing_score_table(population, score); missing.message != nullptr) {
        return missing;
    }
    boundary::ErrorRecord error{};
    if (score_query(population, segments, binding, score, instant_sql(GetCurrentTransactionStartTimestamp()), nullptr, error) != nullptr) {
        return {};
    }
    return {error.sqlstate, error.message, error.detail, error.hint};
}

}  // namespace segment::pg
