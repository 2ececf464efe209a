// The types segment.definition and segment.formula: a version byte and the canonical text.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// The canonical text of a definition; raises where it is wrong. Palloc'd.
char *canonical_definition(const char *text);

// The same for a formula.
char *canonical_formula(const char *text);

// The text that a datum of either type holds. Palloc'd.
char *definition_text(Datum datum);

// The text of an argument of type segment.definition or segment.formula, which must not be NULL.
char *required_definition(FunctionCallInfo fcinfo, int index);
char *required_formula(FunctionCallInfo fcinfo, int index);

}  // namespace segment::pg
