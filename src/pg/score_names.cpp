#include "pg/score_names.hpp"

#include "core/definition/type.hpp"
#include "pg/score.hpp"

namespace segment::pg {

int64 count_scores(const Population *population) {
    Rows rows = catalog_execute("SELECT pg_catalog.count(*) FROM segment.catalog_score WHERE population_id OPERATOR(pg_catalog.=) $1",
                                {int4_argument(population->id)});
    return DatumGetInt64(value_of(rows, 0, 0));
}

std::span<const definition::ScoreName> bind_scores(const Population *population, Binding *binding, const char *key_sql,
                                                   std::string_view *joins, size_t *join_count) {
    Scores scores = scores_of(population);
    auto *names = static_cast<definition::ScoreName *>(palloc0(sizeof(definition::ScoreName) * static_cast<Size>(scores.count + 1)));
    for (int32 i = 0; i < scores.count; i++) {
        const ScoreRecord *score = &scores.items[i];
        auto *bands = static_cast<std::string_view *>(palloc0(sizeof(std::string_view) * (score->model.bands.size() + 1)));
        for (size_t band = 0; band < score->model.bands.size(); band++) {
            bands[band] = score->model.bands[band].name;
        }
        const auto join = static_cast<int32>(*join_count);
        const char *alias = psprintf("s%d", i + 1);
        joins[(*join_count)++] = psprintf("LEFT JOIN %s AS %s ON %s.key %s %s", score_table_sql(population, score->name), alias, alias,
                                          equality_sql(binding->key->type), key_sql);
        names[i].name = score->name;
        names[i].id = score->id;
        names[i].version = score->version;
        names[i].value = {"", score->name, psprintf("%s.score", alias), definition::double_type, join};
        names[i].band = {"", score->name, psprintf("%s.band", alias), definition::text_type, join};
        names[i].bands = {bands, score->model.bands.size()};
        names[i].history_sql = score_history_sql(population, score->name);
        if (Fault fault = missing_score_table(population, score); fault.message != nullptr) {
            names[i].absence = note_absence(binding, psprintf("score \"%s\"", score->name), fault);
        }
    }
    return {names, static_cast<size_t>(scores.count)};
}

}  // namespace segment::pg
