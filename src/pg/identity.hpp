// Running glue as another role, with settings that do not depend on the session. To be used outside of boundary::core; after
// an error the (sub)transaction's abort restores everything.
#pragma once

#include "pg/pg.hpp"

namespace segment {

// What end_identity restores.
struct Identity {
    Oid role;
    int security_context;
    int settings_level;
};

// Continues as `role` in a security-restricted operation (no temporary tables, no change of role or session state), with
// search_path = pg_catalog, pg_temp, times in UTC and ISO format, floats written to the last bit, and names quoted where
// they need it.
Identity begin_identity(Oid role);
void end_identity(const Identity &before);
// Another setting, which ends with the identity, too.
void pin_setting(const char *setting, const char *value);

// Calls `work(state)` between the two.
void run_as(Oid role, void (*work)(void *), void *state);

// The owner of an extension, whose right it is to write the extension's tables; it is an error if it is not installed.
Oid extension_owner(const char *extension = "segment");

}  // namespace segment
