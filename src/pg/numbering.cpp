#include "pg/numbering.hpp"

#include <algorithm>
#include <span>

#include "core/members/content_hash.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"

namespace segment::pg {

namespace {

[[noreturn]] void refuse_piece() {
    ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored keys of the members are damaged"),
                    errhint("Delete the population's row in segment.catalog_numbering and refresh: members are numbered anew.")));
}

Numbering first_choice(const KeyType &type) {
    return type.form == KeyType::Form::integer ? Numbering::direct : Numbering::dictionary;
}

MemberNumbering *new_numbering(int32 population_id, int32 epoch, const KeyType &type, Numbering kind) {
    MemoryContext context = CurrentMemoryContext;
    auto *numbering = static_cast<MemberNumbering *>(palloc0(sizeof(MemberNumbering)));
    numbering->population_id = population_id;
    numbering->epoch = epoch;
    boundary::core([&] { numbering->keys = make_in_context<MemberKeys>(context, context, type, kind); });
    return numbering;
}

// Keys of a fixed length lie side by side; others as their number of bytes and the bytes, the header without.
void append_key(StringInfo data, const KeyType &type, Datum key) {
    if (type.by_value) {
        appendBinaryStringInfo(data, reinterpret_cast<const char *>(&key), sizeof key);
    } else if (type.length > 0) {
        appendBinaryStringInfo(data, DatumGetPointer(key), type.length);
    } else if (type.length == -1) {
        const auto size = static_cast<uint32>(VARSIZE_ANY_EXHDR(DatumGetPointer(key)));
        appendBinaryStringInfo(data, reinterpret_cast<const char *>(&size), sizeof size);
        appendBinaryStringInfo(data, VARDATA_ANY(DatumGetPointer(key)), static_cast<int>(size));
    } else {
        appendBinaryStringInfo(data, DatumGetCString(key), static_cast<int>(strlen(DatumGetCString(key))) + 1);
    }
}

// What stands for a key where there is none.
void append_no_key(StringInfo data, const KeyType &type) {
    Size size = type.by_value ? sizeof(Datum) : type.length > 0 ? static_cast<Size>(type.length) : type.length == -1 ? sizeof(uint32) : 1;
    enlargeStringInfo(data, static_cast<int>(size));
    memset(data->data + data->len, 0, size);
    data->len += static_cast<int>(size);
}

struct KeyReader {
    const char *at, *end;
    KeyType type;
    char *buffer;
    Size capacity;
};

const char *take(KeyReader *reader, Size size) {
    if (static_cast<Size>(reader->end - reader->at) < size) {
        refuse_piece();
    }
    const char *bytes = reader->at;
    reader->at += size;
    return bytes;
}

Datum next_key(KeyReader *reader) {
    const KeyType &type = reader->type;
    if (type.by_value) {
        Datum key;
        memcpy(&key, take(reader, sizeof key), sizeof key);
        return key;
    }
    if (type.length == -2) {
        const auto *zero = static_cast<const char *>(memchr(reader->at, '\0', static_cast<Size>(reader->end - reader->at)));
        if (zero == nullptr) {
            refuse_piece();
        }
        return CStringGetDatum(take(reader, static_cast<Size>(zero - reader->at) + 1));
    }
    uint32 size = static_cast<uint32>(type.length);
    Size header = 0;
    if (type.length == -1) {
        memcpy(&size, take(reader, sizeof size), sizeof size);
        header = VARHDRSZ;
    }
    const char *bytes = take(reader, size);
    if (size + header > reader->capacity) {
        reader->capacity = 2 * (size + header);
        reader->buffer = static_cast<char *>(palloc(reader->capacity));
    }
    if (header > 0) {
        SET_VARSIZE(reader->buffer, size + header);
    }
    memcpy(reader->buffer + header, bytes, size);
    return PointerGetDatum(reader->buffer);
}

bool is_free(const bytea *free, uint64 index) {
    return free != nullptr && (static_cast<uint8>(VARDATA_ANY(free)[index / 8]) >> index % 8 & 1) != 0;
}

std::uint64_t hash_of(const bytea *bytes) {
    return bytes == nullptr ? 0 : members::content_hash(std::as_bytes(std::span(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes))));
}

int64 piece_hash(const bytea *free, const bytea *data) {
    return static_cast<int64>(hash_of(free) + 3 * hash_of(data));
}

void restore_piece(MemberKeys *keys, const bytea *free, const bytea *data, int64 hash, uint64 expected_first) {
    if (keys->count() != expected_first || piece_hash(free, data) != hash ||
        (free != nullptr && VARSIZE_ANY_EXHDR(free) != keys_per_piece / 8)) {
        refuse_piece();
    }
    KeyReader reader{VARDATA_ANY(data), VARDATA_ANY(data) + VARSIZE_ANY_EXHDR(data), keys->type(), nullptr, 0};
    for (uint64 i = 0; reader.at < reader.end; i++) {
        if (i >= keys_per_piece) {
            refuse_piece();
        }
        Datum key = next_key(&reader);
        if (is_free(free, i)) {
            keys->restore_free();
        } else {
            keys->restore(key);
        }
    }
    keys->enter(expected_first);
}

void write_piece(const MemberNumbering *numbering, uint64 piece) {
    const MemberKeys *keys = numbering->keys;
    uint64 first = piece * keys_per_piece, last = std::min(first + keys_per_piece, keys->count());
    StringInfoData data;
    initStringInfo(&data);
    auto *free = static_cast<bytea *>(palloc0(VARHDRSZ + keys_per_piece / 8));
    SET_VARSIZE(free, VARHDRSZ + keys_per_piece / 8);
    bool any_free = false;
    appendStringInfoSpaces(&data, VARHDRSZ);
    for (uint64 i = first; i < last; i++) {
        if (keys->is_free(static_cast<members::Ordinal>(i))) {
            any_free = true;
            VARDATA(free)[(i - first) / 8] |= static_cast<char>(1 << (i - first) % 8);
            append_no_key(&data, keys->type());
        } else {
            append_key(&data, keys->type(), keys->key(static_cast<members::Ordinal>(i)));
        }
    }
    SET_VARSIZE(data.data, data.len);
    catalog_execute(
        "INSERT INTO segment.catalog_dictionary (population_id, piece, free, keys, hash) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (population_id, piece) DO UPDATE SET free = excluded.free, keys = excluded.keys, hash = excluded.hash",
        {int4_argument(numbering->population_id),
         int4_argument(static_cast<int32>(piece)),
         {BYTEAOID, PointerGetDatum(free), !any_free},
         {BYTEAOID, PointerGetDatum(data.data)},
         int8_argument(piece_hash(any_free ? free : nullptr, reinterpret_cast<const bytea *>(data.data)))});
    pfree(data.data);
    pfree(free);
}

}  // namespace

namespace {

struct StoredNumbering {
    int32 epoch;  // of whatever type; 0 if there is none
    bool fits, direct;
    uint64 keys;
};

// As it is stored, whatever the session's search path and settings.
const char *type_name(Oid type) {
    Identity caller = begin_identity(GetUserId());
    const char *name = format_type_be(type);
    end_identity(caller);
    return name;
}

StoredNumbering read_numbering(const Population *population, Oid type) {
    Rows rows =
        catalog_execute("SELECT epoch, key_type, direct, keys FROM segment.catalog_numbering WHERE population_id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(population->id)});
    if (rows.count == 0) {
        return {0, false, false, 0};
    }
    return {DatumGetInt32(value_of(rows, 0, 0)), strcmp(text_of(rows, 0, 1), type_name(type)) == 0, DatumGetBool(value_of(rows, 0, 2)),
            static_cast<uint64>(DatumGetInt64(value_of(rows, 0, 3)))};
}

}  // namespace

NumberingKind stored_numbering(const Population *population, Oid type) {
    StoredNumbering stored = read_numbering(population, type);
    return {stored.fits ? stored.epoch : 0, stored.direct};
}

MemberNumbering *load_numbering(const Population *population, Oid type, Oid collation) {
    KeyType keys = key_type(type, collation);
    StoredNumbering stored = read_numbering(population, type);
    if (!stored.fits) {
        return new_numbering(population->id, stored.epoch + 1, keys, first_choice(keys));
    }
    MemberNumbering *numbering =
        new_numbering(population->id, stored.epoch, keys, stored.direct ? Numbering::direct : Numbering::dictionary);
    numbering->stored = true;
    numbering->stored_keys = stored.keys;
    if (stored.direct) {
        return numbering;
    }
    MemoryContext reading = AllocSetContextCreate(CurrentMemoryContext, "segment dictionary", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(reading);
    Rows pieces = catalog_execute(
        "SELECT piece, free, keys, hash FROM segment.catalog_dictionary WHERE population_id OPERATOR(pg_catalog.=) $1 ORDER BY piece",
        {int4_argument(population->id)});
    boundary::core([&] { numbering->keys->reserve(pieces.count * keys_per_piece); });
    for (uint64 i = 0; i < pieces.count; i++) {
        CHECK_FOR_INTERRUPTS();
        restore_piece(numbering->keys, is_null(pieces, i, 1) ? nullptr : DatumGetByteaPP(value_of(pieces, i, 1)),
                      DatumGetByteaPP(value_of(pieces, i, 2)), value_of(pieces, i, 3),
                      static_cast<uint64>(DatumGetInt32(value_of(pieces, i, 0))) * keys_per_piece);
    }
    MemoryContextSwitchTo(before);
    MemoryContextDelete(reading);
    if (numbering->keys->count() != stored.keys) {
        refuse_piece();
    }
    return numbering;
}

MemberNumbering *make_numbering(const Population *population, Oid type, Oid collation, bool few) {
    KeyType keys = key_type(type, collation);
    const NumberingKind stored = stored_numbering(population, type);
    const bool direct = !few && (stored.epoch == 0 ? first_choice(keys) == Numbering::direct : stored.direct);
    return new_numbering(population->id, 0, keys, direct ? Numbering::direct : Numbering::dictionary);
}

MemberNumbering *renumber(const MemberNumbering *direct) {
    return new_numbering(direct->population_id, direct->epoch + 1, direct->keys->type(), Numbering::dictionary);
}

void save_numbering(const MemberNumbering *numbering) {
    const auto keys = static_cast<int64>(numbering->keys->count());
    if (!numbering->stored) {
        catalog_execute("DELETE FROM segment.catalog_numbering WHERE population_id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(numbering->population_id)});
        catalog_execute("INSERT INTO segment.catalog_numbering (population_id, epoch, key_type, direct, keys) VALUES ($1, $2, $3, $4, $5)",
                        {int4_argument(numbering->population_id),
                         int4_argument(numbering->epoch),
                         text_argument(type_name(numbering->keys->type().type)),
                         {BOOLOID, BoolGetDatum(numbering->keys->numbering() == Numbering::direct)},
                         int8_argument(keys)});
    } else if (keys != static_cast<int64>(numbering->stored_keys)) {
        catalog_execute("UPDATE segment.catalog_numbering SET keys = $2 WHERE population_id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(numbering->population_id), int8_argument(keys)});
    }
    for (uint64 piece = 0; piece * keys_per_piece < numbering->keys->count(); piece++) {
        if (numbering->keys->is_changed(piece)) {
            CHECK_FOR_INTERRUPTS();
            write_piece(numbering, piece);
        }
    }
}

}  // namespace segment::pg
