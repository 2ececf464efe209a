// The tables and views that hold a population's members: ordinary ones of the population's owner.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

// Creates them as the current user. `key_type_sql` and `key_collation` are those of the population's key column. Tables that are
// there, left by a restore or by DROP EXTENSION, are taken over if they have the right columns, which is told.
bool create_member_tables(const Population *population, const char *key_type_sql, Oid key_collation);

// Creates the guards that are missing, as the current user.
void guard_member_tables(const Population *population);
// That of one table.
void guard_table(Oid table, const char *sql);

// Gives those that exist to another role, as the current user.
void change_member_tables_owner(const Population *population, Oid owner);

// Gives the column with the member's key another name, in tables and views, as the current user.
void rename_member_column(const Population *population, const char *new_name);

// Drops those that exist, as the current user; raises when a view of the user's depends on them.
void drop_member_tables(const Population *population);

// While one is open, statements on member tables pass their guard. Begin and end enclose each statement of ours; an error
// in between ends it with the (sub)transaction.
void begin_membership_write();
void end_membership_write();

}  // namespace segment::pg
