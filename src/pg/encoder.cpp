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

template <IntegerForm form>
inline int64 integer_of(Datum value) {
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

// Where the cuts lie in a wider range: so many buckets a cut that most of them hold none, but few enough for the first cache.
constexpr uint64 buckets_per_cut = 16, least_buckets = 256, most_buckets = 65536;

struct CutEncoder : Encoder {
    Cuts cuts;
    FmgrInfo *function;
    int64 *integers;   // the cuts, for an integer form
    bool *exact;       // whether integers decide equality, for numerics
    uint32 *starts;    // the cuts below each bucket of integers, and one more for the end of the last bucket
    uint32 shift;      // from an integer's distance to the first cut to its bucket
    uint32 *table;     // codes of the integers from one below the first cut to one above the last, if these are near to each other
    int16 length;      // of the type
    ByteCache *cache;  // for a varlena type or one by reference, else null: low-cardinality columns are encoded by a look-up
};

}  // namespace

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

void make_table(CutEncoder *encoder) {
    uint32 count = encoder->cuts.count;
    if (count < 2 || encoder->integers[0] < -PG_INT32_MAX || encoder->integers[count - 1] > PG_INT32_MAX ||
        encoder->integers[count - 1] - encoder->integers[0] >= table_max) {
        return;
    }
    int64 before = encoder->integers[0] - 1;
    encoder->table = static_cast<uint32 *>(palloc(sizeof(uint32) * static_cast<Size>(encoder->integers[count - 1] + 2 - before)));
    encoder->table[0] = 1;
    for (uint32 cut = 0; cut < count; cut++) {
        int64 place = encoder->integers[cut] - before, next = cut + 1 < count ? encoder->integers[cut + 1] - before : place + 2;
        encoder->table[place] = 2 * cut + 2;
        while (++place < next) {
            encoder->table[place] = 2 * cut + 3;
        }
    }
}

void make_buckets(CutEncoder *encoder) {
    uint32 count = encoder->cuts.count;
    auto first = static_cast<uint64>(encoder->integers[0]);
    uint64 range = static_cast<uint64>(encoder->integers[count - 1]) - first;
    uint64 most = std::clamp(count * buckets_per_cut, least_buckets, most_buckets);
    while (range >> encoder->shift >= most) {
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

// The first cut that is not less. Only what lies in the value's bucket is compared. Among many cuts the comparison's outcome is
// added and never jumped on: values come in no order.
inline uint32 lower_bound(const CutEncoder *encoder, int64 value) {
    const int64 *cuts = encoder->integers;
    uint32 count = encoder->cuts.count;
    if (value <= cuts[0]) {
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

uint32 search(const CutEncoder *encoder, Datum value) {
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

// One function for each way to encode, so that a value's way is chosen once for its column.

uint32 encode_uncompared(Encoder *, Datum) {
    return 1;
}

template <IntegerForm form>
uint32 encode_in_table(Encoder *self, Datum value) {
    const auto *encoder = static_cast<const CutEncoder *>(self);
    int64 before = encoder->integers[0] - 1, after = encoder->integers[encoder->cuts.count - 1] + 1;
    return encoder->table[std::clamp(integer_of<form>(value), before, after) - before];
}

template <IntegerForm form>
uint32 encode_in_bucket(Encoder *self, Datum value) {
    const auto *encoder = static_cast<const CutEncoder *>(self);
    int64 integer = integer_of<form>(value);
    uint32 low = lower_bound(encoder, integer);
    return 2 * low + 1 + (low < encoder->cuts.count && encoder->integers[low] == integer);
}

uint32 encode_numeric(Encoder *self, Datum value) {
    const auto *encoder = static_cast<const CutEncoder *>(self);
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

uint32 encode_bytes(CutEncoder *encoder, Datum value, const char *bytes, Size length) {
    if (!ByteCache::takes(length)) {
        return search(encoder, value);
    }
    ByteCache::Entry entry = encoder->cache->look_up(bytes, length);
    if (!entry.known) {
        *entry.code = search(encoder, value);
    }
    return *entry.code;
}

uint32 encode_fixed(Encoder *self, Datum value) {
    auto *encoder = static_cast<CutEncoder *>(self);
    return encode_bytes(encoder, value, DatumGetPointer(value), static_cast<Size>(encoder->length));
}

// A short header and a long one of equal content differ only in speed.
uint32 encode_varlena(Encoder *self, Datum value) {
    return encode_bytes(static_cast<CutEncoder *>(self), value, VARDATA_ANY(DatumGetPointer(value)),
                        VARSIZE_ANY_EXHDR(DatumGetPointer(value)));
}

uint32 encode_other(Encoder *self, Datum value) {
    return search(static_cast<const CutEncoder *>(self), value);
}

template <IntegerForm form>
void prepare_integers(CutEncoder *encoder) {
    encoder->integers = static_cast<int64 *>(palloc_extended(sizeof(int64) * encoder->cuts.count, MCXT_ALLOC_HUGE));
    for (uint32 i = 0; i < encoder->cuts.count; i++) {
        encoder->integers[i] = integer_of<form>(encoder->cuts.values[i]);
    }
    make_buckets(encoder);
    if constexpr (form == IntegerForm::numeric) {
        encoder->exact = static_cast<bool *>(palloc_extended(encoder->cuts.count, MCXT_ALLOC_HUGE));
        for (uint32 i = 0; i < encoder->cuts.count; i++) {
            encoder->exact[i] = numeric_key(encoder->cuts.values[i]).exact;
        }
        encoder->encode = encode_numeric;
    } else {
        make_table(encoder);
        encoder->encode = encoder->table != nullptr ? encode_in_table<form> : encode_in_bucket<form>;
    }
}

void prepare_others(CutEncoder *encoder) {
    encoder->length = get_typlen(encoder->cuts.type);
    if (get_typbyval(encoder->cuts.type) || encoder->length == -2) {
        encoder->encode = encode_other;
        return;
    }
    encoder->cache = static_cast<ByteCache *>(palloc(sizeof(ByteCache)));
    new (encoder->cache) ByteCache;
    encoder->encode = encoder->length == -1 ? encode_varlena : encode_fixed;
}

}  // namespace

Encoder *make_encoder(const Cuts &cuts) {
    auto *encoder = static_cast<CutEncoder *>(palloc0(sizeof(CutEncoder)));
    encoder->cuts = cuts;
    encoder->cut_count = cuts.count;
    encoder->function = comparison_of(cuts.type);
    if (cuts.count == 0) {
        encoder->encode = encode_uncompared;
        return encoder;
    }
    switch (integer_form(cuts.type)) {
        case IntegerForm::boolean:
            prepare_integers<IntegerForm::boolean>(encoder);
            break;
        case IntegerForm::int16_value:
            prepare_integers<IntegerForm::int16_value>(encoder);
            break;
        case IntegerForm::int32_value:
            prepare_integers<IntegerForm::int32_value>(encoder);
            break;
        case IntegerForm::int64_value:
            prepare_integers<IntegerForm::int64_value>(encoder);
            break;
        case IntegerForm::float4_value:
            prepare_integers<IntegerForm::float4_value>(encoder);
            break;
        case IntegerForm::float8_value:
            prepare_integers<IntegerForm::float8_value>(encoder);
            break;
        case IntegerForm::numeric:
            prepare_integers<IntegerForm::numeric>(encoder);
            break;
        case IntegerForm::none:
            prepare_others(encoder);
            break;
    }
    return encoder;
}

}  // namespace segment::pg
