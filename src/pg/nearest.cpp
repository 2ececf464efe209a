#include "pg/nearest.hpp"

#include "core/definition/nearest.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

const char *nearest_name(const char *word, const char *const *known, int32 count) {
    definition::Nearest nearest(word);
    for (int32 i = 0; i < count; i++) {
        nearest.offer(known[i]);
    }
    return nearest.best().empty() ? nullptr : to_cstring(nearest.best());
}

const char *nearest_name(const char *word, const Rows &known, int column) {
    auto **names = static_cast<const char **>(palloc(sizeof(char *) * (known.count + 1)));
    for (uint64 row = 0; row < known.count; row++) {
        names[row] = text_of(known, row, column);
    }
    return nearest_name(word, names, static_cast<int32>(known.count));
}

}  // namespace segment::pg
