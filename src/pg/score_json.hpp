// What users write of scores as jsonb, and their intervals.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// Raises unless it is an array of {"band": name, "from": number} with different names and ascending numbers.
void check_bands(Datum bands);

// Raises unless it is an array, not empty, of {"from": number, "value": number} with ascending first numbers; of a weighted score
// values lie between 0 and 1.
void check_steps(Datum steps, bool weighted);

}  // namespace segment::pg
