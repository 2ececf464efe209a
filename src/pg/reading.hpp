// Asking without storing: with whose rights.
#pragma once

#include "pg/catalog.hpp"
#include "pg/identity.hpp"

namespace segment::pg {

// The role as which begin_reading goes on.
Oid reading_role(const Population *population);

// The owner's rights where the caller has them, so that a superuser runs nobody's view functions as himself; else the caller's
// own. Raises when he may not read the population. Ends by end_identity.
Identity begin_reading(const Population *population);

}  // namespace segment::pg
