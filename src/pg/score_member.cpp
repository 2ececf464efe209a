#include "pg/score_member.hpp"

#include <memory>

#include "core/score/shape.hpp"
#include "pg/score_carry.hpp"
#include "pg/score_value.hpp"

namespace segment::pg {

namespace {

// One reading of some metrics, of one member or of all.
struct Reader {
    const Population *population;
    const ScoreRecord *score;
    const TimestampTz *edges;  // null: nothing is carried forward
    int32 count;
    int32 *metrics;         // that are read
    double *numbers;        // of a row
    MemoryContext context;  // of a row
    uint64 rows;
    // Where the member's values stand among those that are known.
    const MemberValue *member;
    uint64 *worse, *all;
    score::Spread *spreads;
};

// The metrics' values, and for each what was kept of it.
const char *reading_sql(const Reader *reader, const Binding *binding, const ScoreQuery *query, bool of_one_member) {
    const std::string_view key = binding->vocabulary.key_sql;
    const int key_length = static_cast<int>(key.size());
    const char *equals = equality_sql(binding->key->type);
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfo(&sql, "%s SELECT", query->with_sql);
    for (int32 i = 0; i < reader->count; i++) {
        appendStringInfo(&sql, "%s %s", i > 0 ? "," : "", query->columns[reader->metrics[i]]);
    }
    for (int32 i = 0; i < reader->count && reader->edges != nullptr; i++) {
        appendStringInfo(&sql, ", k%d.value, k%d.known_at", i, i);
    }
    appendStringInfo(&sql, " FROM %s", query->from_sql);
    for (int32 i = 0; i < reader->count && reader->edges != nullptr; i++) {
        appendStringInfo(&sql, " LEFT JOIN %s AS k%d ON k%d.metric = %s AND k%d.key %s %.*s",
                         score_values_sql(reader->population, reader->score->name), i, i,
                         quote_literal_cstr(reader->score->metrics[reader->metrics[i]].name), i, equals, key_length, key.data());
    }
    appendStringInfoString(&sql, query->where_sql);
    if (of_one_member) {
        appendStringInfo(&sql, "%s%.*s %s $1", query->where_sql[0] == '\0' ? " WHERE " : " AND ", key_length, key.data(), equals);
    }
    return sql.data;
}

void read_numbers(Reader *reader, const TupleTableSlot *slot) {
    for (int32 i = 0; i < reader->count; i++) {
        const Oid type = getBaseType(TupleDescAttr(slot->tts_tupleDescriptor, i)->atttypid);
        double &number = reader->numbers[i] = score_value(slot->tts_values[i], slot->tts_isnull[i], type);
        const int column = reader->count + 2 * i;
        if (reader->edges == nullptr || !score::is_missing(number) || slot->tts_isnull[column]) {
            continue;
        }
        const bool known = slot->tts_isnull[column + 1];
        const KeptValue kept{DatumGetFloat8(slot->tts_values[column]), known,
                             known ? 0 : DatumGetTimestampTz(slot->tts_values[column + 1])};
        if (is_fresh(reader->population, kept, reader->edges[reader->metrics[i]])) {
            number = kept.value;
        }
    }
}

bool receive_one(void *state, TupleTableSlot *slot) {
    auto *reader = static_cast<Reader *>(state);
    reader->rows++;
    read_numbers(reader, slot);
    return true;
}

bool receive_any(void *state, TupleTableSlot *slot) {
    auto *reader = static_cast<Reader *>(state);
    MemoryContext before = MemoryContextSwitchTo(reader->context);
    read_numbers(reader, slot);
    MemoryContextSwitchTo(before);
    MemoryContextReset(reader->context);
    for (int32 i = 0; i < reader->count; i++) {
        const int32 metric = reader->metrics[i];
        const score::Metric &model = reader->score->model.metrics[static_cast<size_t>(metric)];
        const double own = reader->member[metric].value, other = reader->numbers[i];
        reader->all[i] += !score::is_missing(other);
        reader->worse[i] += model.worst <= model.best ? other < own : other > own;
        reader->spreads[i].add(other);
    }
    return true;
}

Reader make_reader(const Population *population, const ScoreRecord *score, const TimestampTz *edges) {
    const auto count = static_cast<Size>(score->metric_count) + 1;
    Reader reader{};
    reader.population = population;
    reader.score = score;
    reader.edges = edges;
    reader.metrics = static_cast<int32 *>(palloc(sizeof(int32) * count));
    reader.numbers = static_cast<double *>(palloc(sizeof(double) * count));
    reader.context = AllocSetContextCreate(CurrentMemoryContext, "segment row", ALLOCSET_DEFAULT_SIZES);
    reader.worse = static_cast<uint64 *>(palloc0(sizeof(uint64) * count));
    reader.all = static_cast<uint64 *>(palloc0(sizeof(uint64) * count));
    reader.spreads = static_cast<score::Spread *>(palloc(sizeof(score::Spread) * count));
    std::uninitialized_fill_n(reader.spreads, count, score::Spread{});
    return reader;
}

}  // namespace

MemberValue *read_member(const Population *population, const Binding *binding, const ScoreRecord *score, const ScoreQuery *query,
                         const spi::Argument &key) {
    const TimestampTz *edges = carries_forward(score) ? stale_edges(population, score, population->as_of) : nullptr;
    auto *values = static_cast<MemberValue *>(palloc(sizeof(MemberValue) * static_cast<Size>(score->metric_count + 1)));
    Reader one = make_reader(population, score, edges), all = make_reader(population, score, edges);
    for (int32 i = 0; i < score->metric_count; i++) {
        one.metrics[one.count++] = i;
    }
    const char *one_sql = reading_sql(&one, binding, query, true);
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_one, &one), one_sql, {key}, {.read_only = true});
    spi::finish();
    if (one.rows == 0) {
        return nullptr;
    }
    for (int32 i = 0; i < score->metric_count; i++) {
        const score::Metric &model = score->model.metrics[static_cast<size_t>(i)];
        values[i] = {one.numbers[i], score::normalized(model, score->model.mode, one.numbers[i])};
        if (score::is_relative(model.shape) && !score::is_missing(values[i].value)) {
            all.metrics[all.count++] = i;
        }
    }
    if (all.count > 0) {
        all.member = values;
        const char *all_sql = reading_sql(&all, binding, query, false);
        spi::connect();
        spi::execute_to(spi::make_receiver(receive_any, &all), all_sql, {}, {.read_only = true});
        spi::finish();
        for (int32 i = 0; i < all.count; i++) {
            MemberValue &value = values[all.metrics[i]];
            const score::Metric &model = score->model.metrics[static_cast<size_t>(all.metrics[i])];
            const double others = all.all[i] > 1 ? static_cast<double>(all.all[i] - 1) : 1;
            value.part = model.shape == score::Shape::zscore ? all.spreads[i].logistic(value.value, model.worst <= model.best)
                                                             : static_cast<double>(all.worse[i]) / others;
        }
    }
    return values;
}

}  // namespace segment::pg
