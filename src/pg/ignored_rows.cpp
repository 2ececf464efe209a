#include "pg/ignored_rows.hpp"

#include <algorithm>

namespace segment::pg {

struct IgnoredRows {
    struct Item {
        const char *source, *reason;
        int64 rows;
    };

    MemoryContext context;
    Item *items;
    int count, capacity;
};

IgnoredRows *begin_ignored_rows() {
    auto *ignored = static_cast<IgnoredRows *>(palloc0(sizeof(IgnoredRows)));
    ignored->context = CurrentMemoryContext;
    return ignored;
}

namespace {

// Where the rows are counted.
int64 *counter(IgnoredRows *ignored, const char *source, const char *reason) {
    for (int i = 0; i < ignored->count; i++) {
        IgnoredRows::Item *item = &ignored->items[i];
        if (strcmp(item->source, source) == 0 && strcmp(item->reason, reason) == 0) {
            return &item->rows;
        }
    }
    MemoryContext before = MemoryContextSwitchTo(ignored->context);
    if (ignored->count == ignored->capacity) {
        ignored->capacity = ignored->capacity == 0 ? 8 : 2 * ignored->capacity;
        const Size size = sizeof(IgnoredRows::Item) * static_cast<Size>(ignored->capacity);
        ignored->items = static_cast<IgnoredRows::Item *>(ignored->items == nullptr ? palloc(size) : repalloc(ignored->items, size));
    }
    ignored->items[ignored->count] = {pstrdup(source), pstrdup(reason), 0};
    MemoryContextSwitchTo(before);
    return &ignored->items[ignored->count++].rows;
}

}  // namespace

void ignore_rows(IgnoredRows *ignored, const char *source, const char *reason, uint64 rows) {
    if (rows > 0) {
        *counter(ignored, source, reason) += static_cast<int64>(rows);
    }
}

void ignore_at_least(IgnoredRows *ignored, const char *source, const char *reason, uint64 rows) {
    if (rows > 0) {
        int64 *known = counter(ignored, source, reason);
        *known = std::max(*known, static_cast<int64>(rows));
    }
}

IgnoredArguments ignored_arguments(const IgnoredRows *ignored) {
    const auto room = static_cast<Size>(ignored->count) + 1;
    auto *sources = static_cast<Datum *>(palloc(sizeof(Datum) * room));
    auto *reasons = static_cast<Datum *>(palloc(sizeof(Datum) * room));
    auto *rows = static_cast<Datum *>(palloc(sizeof(Datum) * room));
    for (int i = 0; i < ignored->count; i++) {
        sources[i] = CStringGetTextDatum(ignored->items[i].source);
        reasons[i] = CStringGetTextDatum(ignored->items[i].reason);
        rows[i] = Int64GetDatum(ignored->items[i].rows);
    }
    const auto texts = [&](Datum *items) {
        return spi::Argument{TEXTARRAYOID, PointerGetDatum(construct_array(items, ignored->count, TEXTOID, -1, false, TYPALIGN_INT))};
    };
    return {
        texts(sources),
        texts(reasons),
        {INT8ARRAYOID, PointerGetDatum(construct_array(rows, ignored->count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE))}};
}

}  // namespace segment::pg
