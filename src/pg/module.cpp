// What makes the shared library a module of the server, and its settings.
#include <cstdlib>

#include "pg/settings.hpp"

namespace segment::pg {

namespace {

constexpr char refresh_memory_name[] = "segment.refresh_memory";
int refresh_memory_kilobytes = 1024 * 1024;

// Whether the session has the setting already: only a defined one has a unit, one that was merely SET before any definition has none.
bool is_defined(const char *setting) {
    return (GetConfigOptionFlags(setting, true) & GUC_UNIT_KB) != 0;
}

}  // namespace

// By name, since the variable may be that of another copy of the library.
uint64 refresh_memory() {
    return std::strtoull(GetConfigOption(refresh_memory_name, false, false), nullptr, 10) * 1024;
}

}  // namespace segment::pg

extern "C" {

PG_MODULE_MAGIC_EXT(.name = "segment", .version = SEGMENT_VERSION);

// A session has two copies of the library where LOAD finds another file than the extension's functions name. A setting can be defined only
// once: the copies share it.
PGDLLEXPORT void _PG_init(void) {
    using namespace segment::pg;
    if (is_defined(refresh_memory_name))
        return;
    DefineCustomIntVariable(refresh_memory_name, "Memory that a refresh may take for the values of the members.",
                            "A population that needs more is read in several passes.", &refresh_memory_kilobytes, 1024 * 1024, 1024,
                            MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB, nullptr, nullptr, nullptr);
    MarkGUCPrefixReserved("segment");
}
}
