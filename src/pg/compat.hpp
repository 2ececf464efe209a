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

#if PG_VERSION_NUM < 180000
// PostgreSQL 18, commit 9324c8c580655800331b0582b770e88c01b7a5c4: a library tells its name and version.
#define PG_MODULE_MAGIC_EXT(...) PG_MODULE_MAGIC
#endif
