#include "pg/membership.hpp"

#include <algorithm>

#include "core/members/bit_set.hpp"
#include "core/members/content_hash.hpp"
#include "core/members/words.hpp"
#include "pg/boundary.hpp"
#include "pg/key_order.hpp"
#include "pg/member_rows.hpp"
#include "pg/set_store.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

using members::Ordinal;

// The dictionary gives ordinals of former members to others when there are this many more of them than members.
constexpr uint64 spare_ordinals = 65536;

// A key in the member table that has no ordinal: of no member, with a direct numbering.
struct StrayKey {
    size_t index;
    Datum key;
};

}  // namespace

struct Membership {
    MemoryContext context;
    Run *run;
    CurrentMrr *mrr;
    ScoreMeans *scores;
    bool all;
    size_t count;
    const Segment **segments;
    SetStore *sets;
    MemberRows *rows;
    Written *written;
    int64 *losing;
    Datum *entering;  // of a chunk and a segment
    uint64 *taken;    // a bit per chunk that has been taken

    // Of the chunk that is being taken, by the evaluation's set.
    ChunkSummary *summaries;
    bool *summarized;

    StrayKey *strays;
    size_t stray_count, stray_capacity;
};

namespace {

ChunkSummary summarize(members::ChunkWords words) {
    uint32 members = members::count(words);
    return members == 0 ? ChunkSummary{0, 0} : ChunkSummary{members, members::content_hash(words)};
}

Reason reason_of(const Segment *segment) {
    return segment->refreshed_version == 0                  ? Reason::first
           : segment->refreshed_version != segment->version ? Reason::definition
                                                            : Reason::refresh;
}

// ------------------------------------------------------------------------------------------- sets that are not stored

// Reads the members of one segment after the other, in the order of their ids.
struct RowReader {
    Membership *membership;
    const size_t *by_id;  // indexes of the segments that are read
    size_t count, at;     // of by_id, and where the segment stands whose rows come
    MemoryContext context;
    members::BitSet *set;
};

void store_set(Membership *membership, size_t index, const members::BitSet &set) {
    create_set(membership->sets, index);
    for (uint32 chunk = 0; chunk < set.chunks(); chunk++) {
        CHECK_FOR_INTERRUPTS();
        members::ChunkWords words = set.words(chunk);
        if (ChunkSummary summary = summarize(words); summary.members > 0) {
            write_chunk(membership->sets, index, chunk, members::zero_chunk, words.data(), summary);
        }
    }
}

members::BitSet *make_set(MemoryContext context) {
    MemoryContextReset(context);
    return boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        return make_in_context<members::BitSet>(context, memory);
    });
}

void finish_segments(RowReader *reader, int32 before) {
    Membership *membership = reader->membership;
    while (reader->at < reader->count && membership->segments[reader->by_id[reader->at]]->id < before) {
        store_set(membership, reader->by_id[reader->at++], *reader->set);
        reader->set = make_set(reader->context);
    }
}

void note_stray(Membership *membership, size_t index, Datum key) {
    if (membership->stray_count == membership->stray_capacity) {
        membership->stray_capacity = std::max<size_t>(64, membership->stray_capacity * 2);
        Size size = sizeof(StrayKey) * membership->stray_capacity;
        membership->strays = static_cast<StrayKey *>(membership->strays == nullptr ? MemoryContextAllocHuge(membership->context, size)
                                                                                   : repalloc_huge(membership->strays, size));
    }
    membership->strays[membership->stray_count++] = {index, key};
}

bool receive_member(void *state, TupleTableSlot *slot) {
    auto *reader = static_cast<RowReader *>(state);
    MemberKeys *keys = reader->membership->run->numbering->keys;
    finish_segments(reader, DatumGetInt32(slot->tts_values[0]));
    Datum key = slot->tts_values[1];
    if (keys->type().length == -1) {
        key = PointerGetDatum(PG_DETOAST_DATUM_PACKED(key));
    }
    Ordinal ordinal = keys->numbering() == Numbering::direct ? keys->find(key) : keys->add(key, keys->hash(key));
    if (ordinal == members::no_ordinal) {
        note_stray(reader->membership, reader->by_id[reader->at], key);  // an integer
        return true;
    }
    reader->set->insert(ordinal);
    return true;
}

// The member rows are the truth for segments that have them.
void store_from_rows(Membership *membership, const size_t *missing, size_t count) {
    const Run *run = membership->run;
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        ids[i] = Int32GetDatum(membership->segments[missing[i]]->id);
    }
    RowReader reader{membership, missing, count, 0, AllocSetContextCreate(CurrentMemoryContext, "segment set", ALLOCSET_DEFAULT_SIZES),
                     nullptr};
    reader.set = make_set(reader.context);
    ArrayType *array = construct_array(ids, static_cast<int>(count), INT4OID, sizeof(int32), true, TYPALIGN_INT);
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_member, &reader),
                    psprintf("SELECT segment_id, %s FROM %s WHERE segment_id = ANY ($1) ORDER BY segment_id",
                             quote_identifier(member_column(run->population)), member_relation_sql(run->population, "segment_member")),
                    {{INT4ARRAYOID, PointerGetDatum(array)}}, {.read_only = true});
    spi::finish();
    finish_segments(&reader, PG_INT32_MAX);
    MemoryContextDelete(reader.context);
}

// A set by a direct numbering, in the one that replaces it.
void store_renumbered(Membership *membership, SetStore *former, size_t index, MemoryContext context) {
    const MemberKeys *old_keys = membership->run->former->keys;
    MemberKeys *keys = membership->run->numbering->keys;
    members::BitSet *set = make_set(context);
    uint64 words[members::words_per_chunk];
    for (uint32 chunk = 0; chunk < chunk_end(former); chunk++) {
        if (summary_of(former, index, chunk).members > 0) {
            read_chunk(former, index, chunk, words);
            members::for_each_bit(members::ChunkWords(words), chunk * members::chunk_size, [&](Ordinal ordinal) {
                Datum key = old_keys->key(ordinal);
                set->insert(keys->add(key, keys->hash(key)));
            });
        }
    }
    store_set(membership, index, *set);
}

// Returns whether there were any.
bool store_missing(Membership *membership) {
    bool any = false;
    auto *missing = static_cast<size_t *>(palloc(sizeof(size_t) * (membership->count + 1)));
    size_t count = 0;
    SetStore *former = membership->run->former != nullptr
                           ? open_sets(membership->segments, membership->count, membership->run->former->epoch, SetAccess::write)
                           : nullptr;
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment set", ALLOCSET_DEFAULT_SIZES);
    for (size_t i = 0; i < membership->count; i++) {
        if (is_stored(membership->sets, i) && stored_members(membership->sets, i) == membership->segments[i]->members) {
            continue;
        }
        any = true;
        if (membership->segments[i]->has_rows) {
            missing[count++] = i;
        } else if (former != nullptr && is_stored(former, i)) {
            store_renumbered(membership, former, i, context);
        } else {
            create_set(membership->sets, i);
        }
    }
    MemoryContextDelete(context);
    if (former != nullptr) {
        close_sets(former);
    }
    if (count > 0) {
        std::sort(missing, missing + count, [&](size_t a, size_t b) { return membership->segments[a]->id < membership->segments[b]->id; });
        store_from_rows(membership, missing, count);
    }
    pfree(missing);
    return any;
}

// --------------------------------------------------------------------------------------------------------- differences

const ChunkSummary &summary_of_set(Membership *membership, const match::Evaluation *evaluation, uint32 set) {
    if (!membership->summarized[set]) {
        membership->summaries[set] = summarize(evaluation->set(set));
        membership->summarized[set] = true;
    }
    return membership->summaries[set];
}

struct Chunk {
    uint32 number;
    const uint64 *present, *base;
};

// A dictionary has its members in the order of the table, an index has them in the order of their keys.
void enter_members(Membership *membership, const Segment *segment, members::ChunkWords now, members::ChunkWords before, Ordinal first) {
    const MemberKeys *keys = membership->run->numbering->keys;
    size_t count = 0;
    members::for_each_bit_and_not(now, before, first, [&](Ordinal ordinal) { membership->entering[count++] = keys->key(ordinal); });
    if (count > 1 && keys->numbering() == Numbering::dictionary && are_indexed_at_once(membership->rows)) {
        sort_keys(keys->type(), membership->entering, count);
    }
    for (size_t i = 0; i < count; i++) {
        enter_member(membership->rows, {segment, membership->entering[i], reason_of(segment)});
    }
}

void write_differences(Membership *membership, size_t index, const Chunk &chunk, members::ChunkWords now, const ChunkSummary &summary) {
    const Segment *segment = membership->segments[index];
    const MemberKeys *keys = membership->run->numbering->keys;
    Written *written = &membership->written[index];
    uint64 stored[members::words_per_chunk];
    read_chunk(membership->sets, index, chunk.number, stored);
    members::ChunkWords before(stored);
    written->entered += members::count_and_not(now, before);
    written->exited += members::count_and_not(before, now);
    if (segment->has_rows) {
        Reason reason = reason_of(segment);
        Ordinal first = chunk.number * members::chunk_size;
        members::for_each_bit_and_not(before, now, first, [&](Ordinal ordinal) {
            Ordinal bit = ordinal - first;
            bool present = (chunk.present[bit / 64] >> bit % 64 & 1) != 0, in_base = (chunk.base[bit / 64] >> bit % 64 & 1) != 0;
            exit_member(membership->rows, {segment, keys->key(ordinal), in_base ? reason : present ? Reason::base : Reason::deleted});
        });
        enter_members(membership, segment, now, before, first);
    }
    write_chunk(membership->sets, index, chunk.number, stored, now.data(), summary);
}

// Ordinals of keys that are no members any more, to be given to others.
void release_absent(MemberKeys *keys, const Chunk &chunk) {
    Ordinal first = chunk.number * members::chunk_size;
    for (uint64 bit = 0; bit < members::chunk_size && first + bit < keys->count(); bit++) {
        if ((chunk.present[bit / 64] >> bit % 64 & 1) == 0 && !keys->is_free(static_cast<Ordinal>(first + bit))) {
            keys->release(static_cast<Ordinal>(first + bit));
        }
    }
}

bool wants_release(const Membership *membership) {
    return membership->all && membership->run->numbering->keys->count() > 2 * scanned_rows(membership->run->scan) + spare_ordinals;
}

void take_chunk(void *state, uint32 number, const match::Evaluation *evaluation, const match::Staging *staging) {
    auto *membership = static_cast<Membership *>(state);
    const Compilation *compilation = membership->run->compilation;
    CHECK_FOR_INTERRUPTS();
    membership->taken[number / 64] |= uint64{1} << number % 64;
    Chunk chunk{number, members::zero_chunk, members::zero_chunk};
    if (evaluation != nullptr) {
        std::fill_n(membership->summarized, evaluation->sets(), false);
        chunk.present = staging->present(number, 0);
        chunk.base = evaluation->base_members().data();
    }
    for (size_t i = 0; i < membership->count; i++) {
        ChunkSummary now{0, 0};
        members::ChunkWords words = members::no_members;
        if (evaluation != nullptr) {
            uint32 set = evaluation->set_of(compilation->segments[i].root);
            now = summary_of_set(membership, evaluation, set);
            words = evaluation->set(set);
        }
        membership->written[i].members += now.members;
        ChunkSummary before = summary_of(membership->sets, i, number);
        if (before.members != now.members || before.hash != now.hash) {
            write_differences(membership, i, chunk, words, now);
        }
    }
    if (evaluation != nullptr) {
        for (size_t i = 0; i < compilation->lost_values.size(); i++) {
            membership->losing[i] += summary_of_set(membership, evaluation, evaluation->set_of(compilation->lost_values[i].root)).members;
        }
    }
    if (evaluation != nullptr && membership->mrr != nullptr) {
        add_chunk(membership->mrr, number, evaluation, staging);
    }
    if (evaluation != nullptr && membership->scores != nullptr) {
        add_chunk(membership->scores, number, evaluation);
    }
    if (wants_release(membership)) {
        release_absent(membership->run->numbering->keys, chunk);
    }
}

}  // namespace

Membership *begin_membership(Run *run, CurrentMrr *mrr, ScoreMeans *scores, TimestampTz as_of, bool all) {
    const Compilation *compilation = run->compilation;
    auto *membership = static_cast<Membership *>(palloc0(sizeof(Membership)));
    membership->context = CurrentMemoryContext;
    membership->run = run;
    membership->mrr = mrr;
    membership->scores = scores;
    membership->all = all;
    membership->count = compilation->segments.size();
    membership->segments = static_cast<const Segment **>(palloc(sizeof(Segment *) * (membership->count + 1)));
    for (size_t i = 0; i < membership->count; i++) {
        membership->segments[i] = compilation->segments[i].segment;
    }
    membership->written = static_cast<Written *>(palloc0(sizeof(Written) * (membership->count + 1)));
    membership->losing = static_cast<int64 *>(palloc0(sizeof(int64) * (compilation->lost_values.size() + 1)));
    membership->taken = static_cast<uint64 *>(palloc0(members::max_members / members::chunk_size / 8 + sizeof(uint64)));
    Size sets = compilation->plan.roots().size() + 1;
    membership->summaries = static_cast<ChunkSummary *>(palloc(sizeof(ChunkSummary) * sets));
    membership->summarized = static_cast<bool *>(palloc(sets));
    membership->entering = static_cast<Datum *>(palloc(sizeof(Datum) * members::chunk_size));
    membership->rows = begin_member_rows(run, as_of);
    membership->sets = open_sets(membership->segments, membership->count, run->numbering->epoch, SetAccess::write);
    if (store_missing(membership)) {
        // What was just made is read like what was there.
        close_sets(membership->sets);
        membership->sets = open_sets(membership->segments, membership->count, run->numbering->epoch, SetAccess::write);
    }
    return membership;
}

void write_membership(Membership *membership) {
    Run *run = membership->run;
    for (size_t i = 0; i < membership->stray_count; i++) {
        const StrayKey &stray = membership->strays[i];
        membership->written[stray.index].exited++;
        exit_member(membership->rows, {membership->segments[stray.index], stray.key, Reason::deleted});
    }
    evaluate_run(run, take_chunk, membership);
    uint32 end = chunk_end(membership->sets);
    if (wants_release(membership)) {
        end = std::max(end, static_cast<uint32>((run->numbering->keys->count() + members::chunk_size - 1) / members::chunk_size));
    }
    for (uint32 chunk = 0; chunk < end; chunk++) {
        if ((membership->taken[chunk / 64] >> chunk % 64 & 1) == 0) {
            take_chunk(membership, chunk, nullptr, nullptr);
        }
    }
    end_member_rows(membership->rows);
    close_sets(membership->sets);
    save_numbering(run->numbering);
}

Written written(const Membership *membership, size_t index) {
    return membership->written[index];
}

int64 members_losing(const Membership *membership, size_t index) {
    return membership->losing[index];
}

}  // namespace segment::pg
