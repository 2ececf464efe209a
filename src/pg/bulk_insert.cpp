#include "pg/bulk_insert.hpp"

namespace segment::pg {

namespace {

constexpr int rows_per_batch = 1000;
constexpr Size bytes_per_batch = 256 * 1024;

}  // namespace

struct BulkInsert {
    Relation relation;
    Indexes indexes;
    EState *executor;
    ResultRelInfo result;
    BulkInsertState pages;
    CommandId command;
    TupleTableSlot *slots[rows_per_batch];
    int made, count;
    Size bytes;
};

bool takes_bulk_insert(Relation relation) {
    if (relation->rd_rel->relkind != RELKIND_RELATION || relation->rd_rules != nullptr || relation->rd_rel->relrowsecurity) {
        return false;
    }
    TupleDesc columns = RelationGetDescr(relation);
    if (columns->constr != nullptr && (columns->constr->num_check > 0 || columns->constr->has_generated_stored)) {
        return false;
    }
    Oid ours = get_namespace_oid("segment", false);
    const TriggerDesc *triggers = relation->trigdesc;
    for (int i = 0; triggers != nullptr && i < triggers->numtriggers; i++) {
        const Trigger *trigger = &triggers->triggers[i];
        if (TRIGGER_FOR_INSERT(trigger->tgtype) && trigger->tgenabled != TRIGGER_DISABLED && get_func_namespace(trigger->tgfoid) != ours) {
            return false;
        }
    }
    List *indexes = RelationGetIndexList(relation);
    bool immediate = true;
    ListCell *cell;
    foreach (cell, indexes) {
        Relation index = index_open(lfirst_oid(cell), AccessShareLock);
        immediate = immediate && index->rd_index->indimmediate;
        index_close(index, AccessShareLock);
    }
    list_free(indexes);
    return immediate;
}

BulkInsert *begin_bulk_insert(Oid relation, Indexes indexes) {
    auto *insert = static_cast<BulkInsert *>(palloc0(sizeof(BulkInsert)));
    insert->relation = table_open(relation, RowExclusiveLock);
    insert->indexes = indexes;
    insert->executor = CreateExecutorState();
    InitResultRelInfo(&insert->result, insert->relation, 1, nullptr, 0);
    if (indexes == Indexes::maintain) {
        ExecOpenIndices(&insert->result, false);
    }
    insert->pages = GetBulkInsertState();
    insert->command = GetCurrentCommandId(true);
    return insert;
}

namespace {

void flush(BulkInsert *insert) {
    if (insert->count == 0) {
        return;
    }
    CHECK_FOR_INTERRUPTS();
    MemoryContext before = MemoryContextSwitchTo(GetPerTupleMemoryContext(insert->executor));
    table_multi_insert(insert->relation, insert->slots, insert->count, insert->command, 0, insert->pages);
    MemoryContextSwitchTo(before);
    for (int i = 0; i < insert->count; i++) {
        if (insert->result.ri_NumIndices > 0) {
            GetPerTupleExprContext(insert->executor)->ecxt_scantuple = insert->slots[i];
            insert_index_tuples(&insert->result, insert->slots[i], insert->executor);
        }
        ExecClearTuple(insert->slots[i]);
    }
    ResetPerTupleExprContext(insert->executor);
    insert->count = 0;
    insert->bytes = 0;
}

}  // namespace

void bulk_insert(BulkInsert *insert, const Datum *values, const bool *nulls) {
    TupleDesc columns = RelationGetDescr(insert->relation);
    if (insert->count == insert->made) {
        MemoryContext before = MemoryContextSwitchTo(insert->executor->es_query_cxt);
        insert->slots[insert->made++] = MakeSingleTupleTableSlot(columns, table_slot_callbacks(insert->relation));
        MemoryContextSwitchTo(before);
    }
    TupleTableSlot *slot = insert->slots[insert->count++];
    Size size = 0;
    for (int i = 0; i < columns->natts; i++) {
        slot->tts_values[i] = values[i];
        slot->tts_isnull[i] = nulls[i];
        if (!nulls[i] && TupleDescAttr(columns, i)->attlen == -1) {
            size += VARSIZE_ANY(DatumGetPointer(values[i]));
        }
    }
    ExecStoreVirtualTuple(slot);
    ExecMaterializeSlot(slot);
    insert->bytes += size;
    if (insert->count == rows_per_batch || insert->bytes >= bytes_per_batch) {
        flush(insert);
    }
}

void end_bulk_insert(BulkInsert *insert) {
    flush(insert);
    for (int i = 0; i < insert->made; i++) {
        ExecDropSingleTupleTableSlot(insert->slots[i]);
    }
    if (insert->indexes == Indexes::maintain) {
        ExecCloseIndices(&insert->result);
    }
    FreeBulkInsertState(insert->pages);
    table_finish_bulk_insert(insert->relation, 0);
    FreeExecutorState(insert->executor);
    table_close(insert->relation, NoLock);
    pfree(insert);
}

}  // namespace segment::pg
