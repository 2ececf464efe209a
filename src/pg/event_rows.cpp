#include "pg/event_rows.hpp"

#include <algorithm>

#include "core/members/hash.hpp"
#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/event_bounds.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

using behaviour::NameId;
using behaviour::Time;

// Rows are looked up in batches, so that their keys are fetched into the cache together.
constexpr uint32 rows_per_batch = 512;
constexpr uint32 rows_ahead = 16;

struct Batch {
    uint32 count;
    Datum *keys;  // or integers
    uint64 *hashes, *ordinals;
    behaviour::Cell *cells;
    Time *times;
    uint64 *flags;  // words_per_row each
    MemoryContext context;
};

// What the rows of a batch put on lists, in their order.
struct Listed {
    uint32 row;
    behaviour::ListId list;
    behaviour::Occurrence event;
};
struct ListedEvents {
    uint32 count, capacity;
    Listed *items;
    uint32 placed;  // those of rows whose members are known
};

}  // namespace

struct EventRows {
    const MemberKeys *keys;
    const members::BitSet *members;
    EventColumns *columns;
    match::EventLeaves *leaves;
    bool integer_keys;
    Batch batch;
    ListedEvents listed;

    // Of the pass that is running.
    EventPass *pass;
    ColumnValue *values;  // of the row's columns
    bool *is_read;        // by column
    uint32 words_per_row;
    void (*report)(void *state);
    void *state;
};

namespace {

int64 integer_of(Datum key, int16 length) {
    return length == 2 ? DatumGetInt16(key) : length == 4 ? DatumGetInt32(key) : DatumGetInt64(key);
}

void place(EventRows *rows, uint32 row, uint64 ordinal) {
    Batch *batch = &rows->batch;
    ListedEvents *listed = &rows->listed;
    uint32 first = listed->placed;
    while (listed->placed < listed->count && listed->items[listed->placed].row == row) {
        listed->placed++;
    }
    if (ordinal >= members::max_members || !rows->members->contains(static_cast<members::Ordinal>(ordinal))) {
        rows->pass->of_unknown_key++;
        return;
    }
    rows->leaves->add(static_cast<members::Ordinal>(ordinal), batch->cells[row],
                      batch->flags + static_cast<Size>(row) * rows->words_per_row, batch->times[row]);
    for (uint32 i = first; i < listed->placed; i++) {
        rows->leaves->add(static_cast<members::Ordinal>(ordinal), listed->items[i].list, listed->items[i].event);
    }
}

void place_batch(EventRows *rows) {
    Batch *batch = &rows->batch;
    const MemberKeys *keys = rows->keys;
    if (keys->numbering() == Numbering::direct) {
        std::copy_n(batch->keys, batch->count, batch->ordinals);
    } else {
        for (uint32 i = 0; i < batch->count; i++) {
            batch->hashes[i] = rows->integer_keys ? members::hash(batch->keys[i]) : keys->hash(batch->keys[i]);
            keys->prefetch(batch->hashes[i]);
        }
        for (uint32 i = 0; i < batch->count; i++) {
            batch->ordinals[i] = keys->find(batch->keys[i], batch->hashes[i]);
        }
    }
    for (uint32 i = 0; i < batch->count; i++) {
        if (i + rows_ahead < batch->count) {
            auto ahead = static_cast<members::Ordinal>(batch->ordinals[i + rows_ahead]);
            rows->members->prefetch(ahead);
            rows->leaves->prefetch(ahead);
        }
        place(rows, i, batch->ordinals[i]);
    }
    rows->pass->rows += batch->count;
    rows->report(rows->state);
    batch->count = 0;
    rows->listed.count = rows->listed.placed = 0;
    MemoryContextReset(batch->context);
}

// The event is counted, too.
NameId name_of(const EventPass *pass, const TupleTableSlot *slot, MemoryContext context) {
    if (pass->name_column < 0 || slot->tts_isnull[pass->name_column]) {
        count_name(pass->counter, 0, true, event_time(pass->time_type, slot->tts_values[1]));
        return behaviour::other_name;
    }
    Datum name = slot->tts_values[pass->name_column];
    if (pass->name_length == -1 && (VARATT_IS_COMPRESSED(DatumGetPointer(name)) || VARATT_IS_EXTERNAL(DatumGetPointer(name)))) {
        MemoryContext before = MemoryContextSwitchTo(context);
        name = PointerGetDatum(PG_DETOAST_DATUM_PACKED(name));
        MemoryContextSwitchTo(before);
    }
    uint32 *kept = count_name(pass->counter, name, false, event_time(pass->time_type, slot->tts_values[1]));
    uint32 code = kept != nullptr && *kept != 0 ? *kept - 1 : encode(pass->name_encoder, name);
    if (kept != nullptr) {
        *kept = code + 1;
    }
    return code % 2 == 0 ? code / 2 - 1 : behaviour::other_name;
}

ColumnValue column_value(EventRows *rows, uint32 column, const TupleTableSlot *slot) {
    if (column == match::no_column) {
        return {};
    }
    if (!rows->is_read[column]) {
        int index = rows->pass->first_column + static_cast<int>(column);
        MemoryContext before = MemoryContextSwitchTo(rows->batch.context);
        rows->values[column] = read_event_column(rows->columns, rows->pass->id, column, slot->tts_values[index], slot->tts_isnull[index]);
        MemoryContextSwitchTo(before);
        rows->is_read[column] = true;
    }
    return rows->values[column];
}

// Reads what the lists of the row's event need, and no more.
void list_event(EventRows *rows, uint32 row, NameId name, const TupleTableSlot *slot) {
    ListedEvents *listed = &rows->listed;
    std::fill_n(rows->is_read, rows->pass->stream->columns.size(), false);
    const uint64 *flags = rows->batch.flags + static_cast<Size>(row) * rows->words_per_row;
    Time time = rows->batch.times[row];
    rows->leaves->for_lists(rows->pass->id, name, flags, time, [&](behaviour::ListId list, uint32 number, uint32 code) {
        ColumnValue value = column_value(rows, number, slot);
        if (code == match::row_column) {
            value.code = static_cast<uint32>(rows->pass->rows + row);
        } else if (code != match::no_column) {
            value.code = column_value(rows, code, slot).code;
        }
        if (listed->count == listed->capacity) {
            listed->capacity *= 2;
            listed->items = static_cast<Listed *>(repalloc_huge(listed->items, sizeof(Listed) * listed->capacity));
        }
        listed->items[listed->count++] = {row, list, {time, value.number, value.code, value.is_set, value.is_wide}};
    });
}

bool receive_row(void *state, TupleTableSlot *slot) {
    auto *rows = static_cast<EventRows *>(state);
    EventPass *pass = rows->pass;
    Batch *batch = &rows->batch;
    if (slot->tts_isnull[0]) {
        pass->without_key++;
        return true;
    }
    if (slot->tts_isnull[1]) {
        return true;
    }
    uint32 row = batch->count;
    NameId name = name_of(pass, slot, batch->context);
    batch->cells[row] = rows->leaves->cell(pass->id, name);
    batch->times[row] = event_time(pass->time_type, slot->tts_values[1]);
    uint64 *flags = batch->flags + static_cast<Size>(row) * rows->words_per_row;
    std::fill_n(flags, rows->words_per_row, 0);
    for (int i = 0; i < pass->filter_count; i++) {
        int column = pass->first_filter + i;
        bool holds = !slot->tts_isnull[column] && DatumGetBool(slot->tts_values[column]);
        flags[i / behaviour::flags_per_word] |= static_cast<uint64>(holds) << i % behaviour::flags_per_word;
    }
    if (pass->has_lists) {
        list_event(rows, row, name, slot);
    }
    if (rows->integer_keys) {
        batch->keys[row] = static_cast<Datum>(integer_of(slot->tts_values[0], pass->key_length));
    } else if (pass->key_by_value) {
        batch->keys[row] = slot->tts_values[0];
    } else {
        MemoryContext before = MemoryContextSwitchTo(batch->context);
        batch->keys[row] = pass->key_length == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(slot->tts_values[0]))
                                                  : datumCopy(slot->tts_values[0], false, pass->key_length);
        MemoryContextSwitchTo(before);
    }
    if (++batch->count == rows_per_batch) {
        place_batch(rows);
    }
    return true;
}

}  // namespace

EventRows *begin_event_rows(const MemberKeys *keys, const members::BitSet *members, EventColumns *columns, match::EventLeaves *leaves) {
    auto *rows = allocate<EventRows>(1);
    rows->keys = keys;
    rows->members = members;
    rows->columns = columns;
    rows->leaves = leaves;
    rows->integer_keys = keys->type().form == KeyType::Form::integer;
    rows->batch.keys = allocate<Datum>(rows_per_batch);
    rows->batch.hashes = allocate<uint64>(rows_per_batch);
    rows->batch.ordinals = allocate<uint64>(rows_per_batch);
    rows->batch.cells = allocate<behaviour::Cell>(rows_per_batch);
    rows->batch.times = allocate<Time>(rows_per_batch);
    rows->batch.context = AllocSetContextCreate(CurrentMemoryContext, "segment event keys", ALLOCSET_DEFAULT_SIZES);
    rows->listed.capacity = rows_per_batch;
    rows->listed.items = allocate<Listed>(rows->listed.capacity);
    return rows;
}

void receive_event_rows(EventRows *rows, EventPass *pass, void (*report)(void *state), void *state) {
    rows->pass = pass;
    rows->report = report;
    rows->state = state;
    rows->words_per_row = static_cast<uint32>(pass->filter_count + behaviour::flags_per_word - 1) / behaviour::flags_per_word;
    rows->batch.flags = allocate<uint64>(static_cast<Size>(rows_per_batch) * rows->words_per_row);
    rows->values = allocate<ColumnValue>(pass->stream->columns.size());
    rows->is_read = allocate<bool>(pass->stream->columns.size());
    read_event_pass(pass, rows->leaves->earliest(pass->id), rows->leaves->latest(pass->id), receive_row, rows);
    boundary::core([&] { place_batch(rows); });
    pfree(rows->batch.flags);
    pfree(rows->values);
    pfree(rows->is_read);
}

}  // namespace segment::pg
