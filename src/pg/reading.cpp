#include "pg/reading.hpp"

namespace segment::pg {

Identity begin_reading(const Population *population) {
    check_may_read(population);
    Oid owner = population_owner(population);
    return begin_identity(has_privs_of_role(GetUserId(), owner) ? owner : GetUserId());
}

}  // namespace segment::pg
