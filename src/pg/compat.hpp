// What differs between PostgreSQL 15 and 18; everything else is written for the newest of them. Included by pg.hpp only.
#pragma once

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "segment needs PostgreSQL 15, 16, 17 or 18"
#endif

#if PG_VERSION_NUM >= 160000
extern "C" {
#include "nodes/miscnodes.h"
#include "varatt.h"
}
#endif

#if PG_VERSION_NUM < 160000
// PostgreSQL 16, commit "Create infrastructure for soft error reporting": before it, every error of an input function is a
// hard one.
#define errsave(context, ...) ereport(ERROR, __VA_ARGS__)
#endif

#if PG_VERSION_NUM < 170000
// PostgreSQL 17, commit 2af07e2f749.
static inline void RestrictSearchPath() {
    set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}
#endif

// PostgreSQL 16 made this soft (commit 858e776c84f48841e7e16fba7b690b76e54f3675).
static inline List *qualified_name_list(const char *text) {
#if PG_VERSION_NUM >= 160000
    return stringToQualifiedNameList(text, nullptr);
#else
    return stringToQualifiedNameList(text);
#endif
}

// PostgreSQL 16, commit 19d8e2308bc: an update may touch summarizing indexes only.
static inline void insert_index_tuples(ResultRelInfo *relation, TupleTableSlot *slot, EState *executor) {
#if PG_VERSION_NUM >= 160000
    list_free(ExecInsertIndexTuples(relation, slot, executor, false, false, nullptr, NIL, false));
#else
    list_free(ExecInsertIndexTuples(relation, slot, executor, false, false, nullptr, NIL));
#endif
}

// PostgreSQL 16, commits 20428d344a2 and 2b2dacd8c5d: reads that find too little raise an error, what is written is constant.
inline void read_file(BufFile *file, void *bytes, size_t size) {
#if PG_VERSION_NUM >= 160000
    BufFileReadExact(file, bytes, size);
#else
    if (BufFileRead(file, bytes, size) != size)
        ereport(ERROR, (errcode_for_file_access(), errmsg("could not read from a temporary file")));
#endif
}
inline void write_file(BufFile *file, const void *bytes, size_t size) {
    BufFileWrite(file, const_cast<void *>(bytes), size);
}

// PostgreSQL 16 folded the privilege checks of the object classes into one (commit c727f511bd7bf3c58063737bcf7a8f331346f253).
static inline bool schema_create_allowed(Oid schema, Oid role) {
#if PG_VERSION_NUM >= 160000
    return object_aclcheck(NamespaceRelationId, schema, role, ACL_CREATE) == ACLCHECK_OK;
#else
    return pg_namespace_aclcheck(schema, role, ACL_CREATE) == ACLCHECK_OK;
#endif
}

#if PG_VERSION_NUM < 180000
// PostgreSQL 18, commit 9324c8c580655800331b0582b770e88c01b7a5c4: a library tells its name and version.
#define PG_MODULE_MAGIC_EXT(...) PG_MODULE_MAGIC
#endif

// PostgreSQL 17, commit ab355e3a88d: a backend's virtual transaction is a structure of its own.
static inline LocalTransactionId own_transaction() {
#if PG_VERSION_NUM >= 170000
    return MyProc->vxid.lxid;
#else
    return MyProc->lxid;
#endif
}
