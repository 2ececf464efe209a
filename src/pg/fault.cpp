#include "pg/fault.hpp"

namespace segment::pg {

void report(Fault *where, const Fault &what) {
    if (where == nullptr) {
        raise(what);
    }
    *where = what;
}

void raise(const Fault &fault) {
    ereport(ERROR,
            (errcode(fault.sqlstate), errmsg_internal("%s", fault.message),
             fault.detail != nullptr ? errdetail_internal("%s", fault.detail) : 0, fault.hint != nullptr ? errhint("%s", fault.hint) : 0));
}

}  // namespace segment::pg
