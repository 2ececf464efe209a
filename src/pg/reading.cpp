#include "pg/reading.hpp"

namespace segment::pg {

Oid reading_role(const Population *population) {
    Oid owner = population_owner(population);
    return has_privs_of_role(GetUserId(), owner) ? owner : GetUserId();
}

Identity begin_reading(const Population *population) {
    check_may_read(population);
    return begin_identity(reading_role(population));
}

}  // namespace segment::pg
