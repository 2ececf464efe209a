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

// A population's relations opened, and the vocabulary over them; plain data in the memory context of the call.
struct Binding {
    UserRelation *relation;
    const Column *key;
    AddedRelation *added;  // the trait relations
    int32 added_count;
    definition::Vocabulary vocabulary;
};

// Takes AccessShareLock on the relations. Raises when a relation or key column is gone, when a key's type is not what was
// registered, or when two traits have one name.
Binding bind(const Population *population, const Segments *segments);

// `=` of a type as SQL: plain where the pinned search_path finds it, else OPERATOR(schema.=).
const char *equality_sql(Oid type);

}  // namespace segment::pg
