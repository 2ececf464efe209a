#include "pg/needed_segments.hpp"

#include <span>

#include "core/definition/references.hpp"
#include "pg/boundary.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

struct Named {
    int count;
    Datum *names;
    bool labels;
};

// By the definition, or by a derived trait that it may use.
Named named_by(const char *definition, const DerivedTraits *traits) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        definition::SegmentReferences all = definition::segment_references(definition, memory);
        for (const DerivedTrait &trait : std::span(traits->items, static_cast<size_t>(traits->count))) {
            const definition::SegmentReferences more = definition::segment_references(trait.formula, memory);
            all.names.insert(all.names.end(), more.names.begin(), more.names.end());
            all.labels = all.labels || more.labels;
        }
        Named named{static_cast<int>(all.names.size()), nullptr, all.labels};
        named.names = static_cast<Datum *>(memory.allocate(sizeof(Datum) * (all.names.size() + 1), alignof(Datum)));
        for (std::size_t i = 0; i < all.names.size(); ++i) {
            const std::pmr::string &name = all.names[i];
            auto *copy = static_cast<text *>(memory.allocate(VARHDRSZ + name.size(), alignof(int32)));
            SET_VARSIZE(copy, VARHDRSZ + name.size());
            name.copy(VARDATA(copy), name.size());
            named.names[i] = PointerGetDatum(copy);
        }
        return named;
    });
}

bool all_found(const Segments *segments, const Named &named) {
    for (int i = 0; i < named.count; i++) {
        if (find_segment(segments, TextDatumGetCString(named.names[i])) == nullptr) {
            return false;
        }
    }
    return true;
}

}  // namespace

Segments needed_segments(const Population *population, int32 id, const char *definition) {
    DerivedTraits traits = derived_traits(population);
    Named named = named_by(definition, &traits);
    Segments segments = segments_where("s.id OPERATOR(pg_catalog.=) $1", {int4_argument(id)});
    if (named.count == 0 && !named.labels && (segments.count == 0 || segments.items[0].scheme_id == 0)) {
        return segments;
    }
    segments = segments_where(
        "s.id OPERATOR(pg_catalog.=) ANY (ARRAY("
        "WITH RECURSIVE needed (id, scheme_id) AS ("
        "SELECT n.id, n.scheme_id FROM segment.catalog_segment n WHERE n.id OPERATOR(pg_catalog.=) $2 "
        "UNION SELECT n.id, n.scheme_id FROM segment.catalog_segment n "
        "WHERE n.population_id OPERATOR(pg_catalog.=) $1 AND n.name OPERATOR(pg_catalog.=) ANY ($3) "
        "UNION SELECT n.id, n.scheme_id FROM segment.catalog_scheme c "
        "JOIN segment.catalog_segment n ON n.scheme_id OPERATOR(pg_catalog.=) c.id "
        "WHERE c.population_id OPERATOR(pg_catalog.=) $1 AND $4 "
        "UNION SELECT other.id, other.scheme_id FROM needed, LATERAL ("
        "SELECT n.id, n.scheme_id FROM segment.catalog_segment_use u JOIN segment.catalog_segment n ON n.id OPERATOR(pg_catalog.=) "
        "u.used_id "
        "WHERE u.segment_id OPERATOR(pg_catalog.=) needed.id "
        "UNION ALL SELECT n.id, n.scheme_id FROM segment.catalog_segment n "
        "WHERE n.scheme_id OPERATOR(pg_catalog.=) needed.scheme_id) AS other) SELECT id FROM needed))",
        {int4_argument(population->id),
         int4_argument(id),
         {TEXTARRAYOID, PointerGetDatum(construct_array(named.names, named.count, TEXTOID, -1, false, TYPALIGN_INT))},
         {BOOLOID, BoolGetDatum(named.labels)}});
    return all_found(&segments, named) ? segments : segments_of(population);
}

Segments needed_segments(const Population *population, char *definition) {
    return with_definition(needed_segments(population, 0, definition), definition);
}

}  // namespace segment::pg
