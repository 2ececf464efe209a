#include <memory_resource>
#include <string>

#include "core/definition/locate.hpp"
#include "pg/located.hpp"
#include "pg/pg.hpp"

extern "C" {
#include "mb/pg_wchar.h"
}

namespace segment::pg {

Error located(const Error &error, std::string_view text, std::string_view whose) {
    if (error.position == Error::no_position) {
        return error;
    }
    const bool utf8 = GetDatabaseEncoding() == PG_UTF8;
    const auto position = static_cast<std::size_t>(error.position);
    const definition::Location location = definition::locate(text, position, utf8);

    std::pmr::string detail;
    if (!error.detail.empty()) {
        detail.append(error.detail).append("\n");
    }
    detail.append("At character ").append(std::to_string(location.character)).append(" of ").append(whose).append(":\n");
    definition::caret_snippet(text, position, utf8, detail);
    return Error(error.code, error.message, Error::no_position, std::string(detail), error.hint);
}

}  // namespace segment::pg
