#include "pg/broken_segments.hpp"

#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/identity.hpp"
#include "pg/score_query.hpp"

namespace segment::pg {

char *error_text(int sqlstate, const char *message, const char *detail) {
    return psprintf("%s: %s%s%s", unpack_sql_state(sqlstate), message, detail != nullptr ? "\n" : "", detail != nullptr ? detail : "");
}

namespace {

// Segments that read, directly or through other scores and segments, scores that cannot be computed: with the fault of such a score.
void add_score_faults(const Population *population, const Segments *segments, const Binding *binding, boundary::ErrorRecord *errors) {
    const Scores scores = scores_of(population);
    for (int32 i = 0; i < scores.count; i++) {
        const Fault fault = score_fault(population, segments, binding, &scores.items[i]);
        if (fault.message == nullptr) {
            continue;
        }
        const Rows readers = catalog_execute(
            "WITH RECURSIVE score (id) AS (SELECT $1 UNION SELECT u.score_id FROM score JOIN segment.catalog_score_use u "
            "ON u.used_id OPERATOR(pg_catalog.=) score.id), "
            "reader (id) AS (SELECT u.segment_id FROM score JOIN segment.catalog_segment_score_use u "
            "ON u.score_id OPERATOR(pg_catalog.=) score.id UNION SELECT u.segment_id FROM reader JOIN segment.catalog_segment_use u "
            "ON u.used_id OPERATOR(pg_catalog.=) reader.id) SELECT id FROM reader",
            {int4_argument(scores.items[i].id)});
        for (uint64 row = 0; row < readers.count; row++) {
            boundary::ErrorRecord &error = errors[index_of(segments, DatumGetInt32(value_of(readers, row, 0)))];
            if (error.message == nullptr) {
                error.sqlstate = fault.sqlstate;
                error.message = fault.message;
                error.detail = fault.detail;
            }
        }
    }
}

}  // namespace

BrokenSegments broken_segments(const Population *population) {
    const Segments segments = segments_of(population);
    const Size room = static_cast<Size>(segments.count) + 1;
    auto *errors = static_cast<boundary::ErrorRecord *>(palloc0(sizeof(boundary::ErrorRecord) * room));
    Identity caller = begin_identity(population_owner(population));
    const Binding binding = bind(population, &segments);
    compile_sound(CurrentMemoryContext, population, &binding, &segments, instant_sql(GetCurrentTransactionStartTimestamp()), errors);
    add_score_faults(population, &segments, &binding, errors);
    end_identity(caller);

    BrokenSegments broken{0, static_cast<BrokenSegment *>(palloc(sizeof(BrokenSegment) * room)), 0, 0};
    auto *names = static_cast<Datum *>(palloc(sizeof(Datum) * room));
    for (int32 i = 0; i < segments.count; i++) {
        const Segment &segment = segments.items[i];
        const boundary::ErrorRecord &error = errors[i];
        if (error.message == nullptr) {
            names[broken.sound_count++] = CStringGetTextDatum(segment.name);
        } else {
            broken.items[broken.count++] = {segment.id, segment.name, error.sqlstate,
                                            error_text(error.sqlstate, error.message, error.detail)};
        }
    }
    broken.sound = PointerGetDatum(construct_array(names, broken.sound_count, TEXTOID, -1, false, TYPALIGN_INT));
    return broken;
}

}  // namespace segment::pg
