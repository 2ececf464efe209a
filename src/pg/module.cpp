// What makes the shared library a module of the server.
#include "pg/pg.hpp"

extern "C" {
PG_MODULE_MAGIC_EXT(.name = "segment", .version = SEGMENT_VERSION);
}
