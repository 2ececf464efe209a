#include <algorithm>
#include <bit>

#include "pg/encoder.hpp"

#include "core/match/plan.hpp"
#include "pg/byte_cache.hpp"
#include "pg/numeric_key.hpp"

namespace segment::pg {

namespace {

FmgrInfo *comparison_of(Oid type) {
    TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);
    if (!OidIsValid(entry->cmp_proc_finfo.fn_oid))
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION), errmsg("type %s has no default order", format_type_be(type))));
    return &entry->cmp_proc_finfo;
}

int compare(FmgrInfo *function, Oid collation, Datum a, Datum b) {
    return DatumGetInt32(FunctionCall2Coll(function, collation, a, b));
}

struct SortState {
    FmgrInfo *function;
    Oid collation;
    const Datum *values;
};

int compare_indexes(const void *a, const void *b, void *arg) {
    auto *state = static_cast<SortState *>(arg);
    return compare(state->function, state->collation, state->values[*static_cast<const uint32 *>(a)],
                   state->values[*static_cast<const uint32 *>(b)]);
}

// How a value becomes an integer whose order is the type's, so that most comparisons need no function call.
enum class IntegerForm : uint8 { none, boolean, int16_value, int32_value, int64_value, float4_value, float8_value, numeric };

IntegerForm integer_form(Oid type) {
    switch (type) {
        case BOOLOID:
            return IntegerForm::boolean;
        case INT2OID:
            return IntegerForm::int16_value;
        case INT4OID:
        case DATEOID:
            return IntegerForm::int32_value;
        case INT8OID:
        case TIMESTAMPOID:
        case TIMESTAMPTZOID:
        case TIMEOID:
            return IntegerForm::int64_value;
        case FLOAT4OID:
            return IntegerForm::float4_value;
        case FLOAT8OID:
            return IntegerForm::float8_value;
        case NUMERICOID:
            return IntegerForm::numeric;
        default:
            return IntegerForm::none;
    }
}

// PostgreSQL's order of floats: −0 equals 0, NaN equals itself and follows everything.
int64 order_of(float8 value) {
    if (value != value)
        return PG_INT64_MAX;
    if (value == 0)
        return 0;
    auto bits = std::bit_cast<int64>(value);
    return bits >= 0 ? bits : static_cast<int64>(static_cast<uint64>(PG_INT64_MIN) - static_cast<uint64>(bits));
}

inline int64 integer_of(IntegerForm form, Datum value) {
    switch (form) {
        case IntegerForm::boolean:
            return DatumGetBool(value) ? 1 : 0;
        case IntegerForm::int16_value:
            return DatumGetInt16(value);
        case IntegerForm::int32_value:
            return DatumGetInt32(value);
        case IntegerForm::int64_value:
            return DatumGetInt64(value);
        case IntegerForm::float4_value:
            return order_of(DatumGetFloat4(value));
        case IntegerForm::float8_value:
            return order_of(DatumGetFloat8(value));
        case IntegerForm::numeric:
            return numeric_key(value).key;
        case IntegerForm::none:
            break;
    }
    return 0;
}

// Integers of a small range are looked up.
constexpr int64 table_max = 4096;

// Where the cuts lie in a wider range: far more buckets than most traits have cuts, so that most buckets hold none.
constexpr uint64 most_buckets = 4096;

}  // namespace

struct Encoder {
    Cuts cuts;
    FmgrInfo *function;
    IntegerForm form;
    int64 *integers;   // the cuts, for an integer form
    bool *exact;       // whether integers decide equality, for numerics
    uint32 *starts;    // the cuts below each bucket of integers, and one more for the end of the last bucket
    uint32 shift;      // from an integer's distance to the first cut to its bucket
    uint32 *table;     // codes of the integers from the first cut to the last, if these are near to each other
    int16 length;      // of the type
    ByteCache *cache;  // for a varlena type or one by reference, else null: low-cardinality columns are encoded by a look-up
};

Cuts rank_cuts(Oid type, Oid collation, const Datum *values, const bool *nulls, uint32 count, uint32 *ranks) {
    SortState state{comparison_of(type), collation, values};
    auto *order = static_cast<uint32 *>(palloc_extended(sizeof(uint32) * std::max(count, 1u), MCXT_ALLOC_HUGE));
    uint32 present = 0;
    for (uint32 i = 0; i < count; i++) {
        if (nulls[i])
            ranks[i] = match::missing_rank;
        else
            order[present++] = i;
    }
    qsort_arg(order, present, sizeof(uint32), compare_indexes, &state);
    Cuts cuts{type, collation, 0, static_cast<Datum *>(palloc_extended(sizeof(Datum) * std::max(present, 1u), MCXT_ALLOC_HUGE))};
    for (uint32 i = 0; i < present; i++) {
        if (i == 0 || compare(state.function, collation, cuts.values[cuts.count - 1], values[order[i]]) != 0)
            cuts.values[cuts.count++] = values[order[i]];
        ranks[order[i]] = cuts.count - 1;
    }
    pfree(order);
    return cuts;
}

namespace {

void make_table(Encoder *encoder) {
    uint32 count = encoder->cuts.count;
    if (count < 2 || encoder->integers[0] < -PG_INT32_MAX || encoder->integers[count - 1] > PG_INT32_MAX ||
        encoder->integers[count - 1] - encoder->integers[0] >= table_max) {
        return;
    }
    int64 first = encoder->integers[0];
    encoder->table = static_cast<uint32 *>(palloc(sizeof(uint32) * static_cast<Size>(encoder->integers[count - 1] - first + 1)));
    for (uint32 cut = 0; cut < count; cut++) {
        int64 place = encoder->integers[cut] - first;
        encoder->table[place] = 2 * cut + 2;
        for (int64 between = place + 1; cut + 1 < count && between < encoder->integers[cut + 1] - first; between++) {
            encoder->table[between] = 2 * cut + 3;
        }
    }
}

void make_buckets(Encoder *encoder) {
    uint32 count = encoder->cuts.count;
    if (count == 0) {
        return;
    }
    auto first = static_cast<uint64>(encoder->integers[0]);
    uint64 range = static_cast<uint64>(encoder->integers[count - 1]) - first;
    while (range >> encoder->shift >= most_buckets) {
        encoder->shift++;
    }
    auto buckets = static_cast<uint32>(range >> encoder->shift) + 1;
    encoder->starts = static_cast<uint32 *>(palloc(sizeof(uint32) * (buckets + 1)));
    uint32 cut = 0;
    for (uint32 bucket = 0; bucket < buckets; bucket++) {
        encoder->starts[bucket] = cut;
        while (cut < count && (static_cast<uint64>(encoder->integers[cut]) - first) >> encoder->shift == bucket) {
            cut++;
        }
    }
    encoder->starts[buckets] = cut;
}

}  // namespace

Encoder *make_encoder(const Cuts &cuts) {
    auto *encoder = static_cast<Encoder *>(palloc0(sizeof(Encoder)));
    encoder->cuts = cuts;
    encoder->function = comparison_of(cuts.type);
    encoder->form = integer_form(cuts.type);
    encoder->length = get_typlen(cuts.type);
    if (encoder->form != IntegerForm::none) {
        encoder->integers = static_cast<int64 *>(palloc_extended(sizeof(int64) * std::max(cuts.count, 1u), MCXT_ALLOC_HUGE));
        for (uint32 i = 0; i < cuts.count; i++) {
            encoder->integers[i] = integer_of(encoder->form, cuts.values[i]);
        }
        make_buckets(encoder);
        if (encoder->form == IntegerForm::numeric) {
            encoder->exact = static_cast<bool *>(palloc_extended(std::max(cuts.count, 1u), MCXT_ALLOC_HUGE));
            for (uint32 i = 0; i < cuts.count; i++) {
                encoder->exact[i] = numeric_key(cuts.values[i]).exact;
            }
        } else {
            make_table(encoder);
        }
    } else if (cuts.count > 0 && !get_typbyval(cuts.type) && encoder->length != -2) {
        encoder->cache = static_cast<ByteCache *>(palloc(sizeof(ByteCache)));
        new (encoder->cache) ByteCache(1);
    }
    return encoder;
}

namespace {

// The first cut that is not less. Only what lies in the value's bucket is compared. Among many cuts the comparison's outcome is
// added and never jumped on: values come in no order.
inline uint32 lower_bound(const Encoder *encoder, int64 value) {
    const int64 *cuts = encoder->integers;
    uint32 count = encoder->cuts.count;
    if (count == 0 || value <= cuts[0]) {
        return 0;
    }
    if (value > cuts[count - 1]) {
        return count;
    }
    uint64 bucket = (static_cast<uint64>(value) - static_cast<uint64>(cuts[0])) >> encoder->shift;
    const int64 *first = cuts + encoder->starts[bucket];
    count = encoder->starts[bucket + 1] - encoder->starts[bucket];
    while (count > 1) {
        uint32 half = count / 2;
        first += first[half - 1] < value ? half : 0;
        count -= half;
    }
    return static_cast<uint32>(first - cuts) + (count == 1 && *first < value);
}

inline uint32 search_integers(const Encoder *encoder, int64 value) {
    uint32 low = lower_bound(encoder, value);
    return 2 * low + 1 + (low < encoder->cuts.count && encoder->integers[low] == value);
}

uint32 search_numeric(const Encoder *encoder, Datum value) {
    NumericKey key = numeric_key(value);
    uint32 low = lower_bound(encoder, key.key);
    for (; low < encoder->cuts.count && encoder->integers[low] == key.key; low++) {
        int order = key.exact && encoder->exact[low] ? 0 : compare(encoder->function, InvalidOid, encoder->cuts.values[low], value);
        if (order >= 0) {
            return 2 * low + (order == 0 ? 2 : 1);
        }
    }
    return 2 * low + 1;
}

uint32 search(const Encoder *encoder, Datum value) {
    uint32 low = 0, high = encoder->cuts.count;
    while (low < high) {
        uint32 middle = low + (high - low) / 2;
        int order = compare(encoder->function, encoder->cuts.collation, encoder->cuts.values[middle], value);
        if (order == 0)
            return 2 * middle + 2;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 2 * low + 1;
}

}  // namespace

uint32 encode(Encoder *encoder, Datum value) {
    if (encoder->form == IntegerForm::numeric) {
        return search_numeric(encoder, value);
    }
    if (encoder->form != IntegerForm::none) {
        int64 integer = integer_of(encoder->form, value);
        if (encoder->table == nullptr) {
            return search_integers(encoder, integer);
        }
        int64 first = encoder->integers[0], last = encoder->integers[encoder->cuts.count - 1];
        return integer < first ? 1 : integer > last ? 2 * encoder->cuts.count + 1 : encoder->table[integer - first];
    }
    if (encoder->cuts.count == 0) {
        return 1;
    }
    if (encoder->cache == nullptr) {
        return search(encoder, value);
    }
    const char *bytes = DatumGetPointer(value);
    Size length = static_cast<Size>(encoder->length);
    if (encoder->length == -1) {
        // The caller has detoasted the value; a short header and a long one of equal content differ only in speed.
        bytes = VARDATA_ANY(value);
        length = VARSIZE_ANY_EXHDR(value);
    }
    if (!ByteCache::takes(length)) {
        return search(encoder, value);
    }
    ByteCache::Entry entry = encoder->cache->look_up(bytes, length);
    if (!entry.known) {
        *entry.payload = search(encoder, value);
    }
    return *entry.payload;
}

uint32 cut_count(const Encoder *encoder) {
    return encoder->cuts.count;
}

}  // namespace segment::pg
