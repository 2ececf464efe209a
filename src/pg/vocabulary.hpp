// What the definitions of a population may speak of, read from the relations as they are now.
#pragma once

#include "core/definition/vocabulary.hpp"
#include "pg/catalog.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

struct AddedRelation {
    const UserRelation *relation;
    const Column *key;
};

struct BoundSource {
    int32 id;  // in the catalog
    const UserRelation *relation;
    bool is_readable;  // by passes: its keys are told apart as the members' are
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
    definition::Vocabulary vocabulary;
};

// Takes AccessShareLock on the relations. Raises when a relation or key column is gone, when a key's type is not what was
// registered, when two traits have one name, or when a source's
// columns are not of the types that it needs.
Binding bind(const Population *population, const Segments *segments);

// `=` of a type as SQL: plain where the pinned search_path finds it, else OPERATOR(schema.=).
const char *equality_sql(Oid type);

// Raises unless keys of the relation's column can be compared with the population's, by an operator that indexes of both support.
void check_key_type(const UserRelation *relation, const Column *key, const Column *member_key, const Population *population);
// The same between the key of a parent and the foreign key that refers to it.
void check_parent_key(const UserRelation *relation, const Column *key, const UserRelation *child, const Column *foreign_key);
// That operator.
const char *key_equality_sql(const Column *key, const Column *member_key);

}  // namespace segment::pg
