// How the core learns that the user wants it to stop, and how it tells how far it is.
#pragma once

#include <cstdint>

namespace segment {

// Implemented by the glue; the core calls `poll` at least every 10 ms of work. It throws Interrupted.
class Interrupts {
public:
    virtual void poll() = 0;

protected:
    ~Interrupts() = default;
};

}  // namespace segment
