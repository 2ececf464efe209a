// What makes the shared library a module of the server, and its settings.
#include "pg/settings.hpp"

namespace segment::pg {

namespace {

int refresh_memory_kilobytes = 1024 * 1024;

}  // namespace

uint64 refresh_memory() {
    return static_cast<uint64>(refresh_memory_kilobytes) * 1024;
}

}  // namespace segment::pg

extern "C" {

PG_MODULE_MAGIC_EXT(.name = "segment", .version = SEGMENT_VERSION);

PGDLLEXPORT void _PG_init(void) {
    DefineCustomIntVariable("segment.refresh_memory", "Memory that a refresh may take for the values of the members.",
                            "A population that needs more is read in several passes.", &segment::pg::refresh_memory_kilobytes, 1024 * 1024,
                            1024, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB, nullptr, nullptr, nullptr);
    MarkGUCPrefixReserved("segment");
}
}
