// What is wrong with something registered: an error where it is asked for, a fact where other things go on without it.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

struct Fault {
    int sqlstate;
    const char *message, *detail, *hint;  // null: there is none; without a message there is no fault
};

// Notes what is wrong in `where`, and raises it when that is null.
void report(Fault *where, const Fault &what);
[[noreturn]] void raise(const Fault &fault);

}  // namespace segment::pg
