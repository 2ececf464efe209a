// Statements that a session prepares once: planning one costs several times what running it does.
#pragma once

#include "pg/spi.hpp"

namespace segment::spi {

// The statement, prepared and kept for the session; null if too many are kept. Called between `connect` and `finish`. For the
// extension's own statements, of which there is a fixed number: those that speak of the user's relations are not for keeping.
SPIPlanPtr kept_statement(const char *sql, Arguments arguments);

}  // namespace segment::spi
