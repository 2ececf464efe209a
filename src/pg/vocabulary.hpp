// What the definitions of a population may speak of, read from the relations as they are now.
#pragma once

#include "core/definition/vocabulary.hpp"
#include "pg/catalog.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

struct AddedRelation {
    const UserRelation *relation;  // null if it cannot be read
    const Column *key;
};

struct BoundSource {
    int32 id;                      // in the catalog
    const UserRelation *relation;  // null if it cannot be read
    bool is_readable;              // by passes: its keys are told apart as the members' are
};

// What is wrong with something registered: with a relation, quoted and qualified, or with `trait "x"`.
struct Unreadable {
    const char *what;
    Fault fault;
};

// A population's relations opened, and the vocabulary over them; plain data in the memory context of the call.
struct Binding {
    UserRelation *relation;
    const Column *key;
    AddedRelation *added;  // the trait relations
    int32 added_count;
    BoundSource *sources;  // of events, in the vocabulary's order
    int32 *subscriptions;  // ids in the catalog
    int32 subscription_count;
    List *unreadable;  // Unreadable: only definitions that name these are wrong
    definition::Vocabulary vocabulary;
};

// Takes AccessShareLock on the relations. Raises when the population's own relation or key is gone, or of another type than was
// registered. What is wrong with anything else is noted: a relation or key column that is gone, a key of another type, two traits
// of one name, columns that are not of the types that a source needs.
Binding bind(const Population *population, const Segments *segments);

// Whether that would not raise.
bool is_bindable(const Population *population);

// Raises if there is one.
void refuse_absent(const definition::Absence *absence);

// Notes a fault of `what`; the result is for the vocabulary.
const definition::Absence *note_absence(Binding *binding, const char *what, const Fault &fault);

// `=` of a type as SQL: plain where the pinned search_path finds it, else OPERATOR(schema.=).
const char *equality_sql(Oid type);

// Whether keys of the relation's column can be compared with the population's, by an operator that indexes of both support; what is
// wrong is noted, or raised without a `fault`.
bool check_key_type(const UserRelation *relation, const Column *key, const Column *member_key, const Population *population, Fault *fault);
// That operator.
const char *key_equality_sql(const Column *key, const Column *member_key);

}  // namespace segment::pg
