#include "pg/kept_statement.hpp"

namespace segment::spi {

namespace {

constexpr long most = 300;

// A plan for a table that was empty may read all that it holds later. It is made again after so many uses, and each time that there have
// been so many times as many.
constexpr uint64 uses_of_plan = 10;

struct Statement {
    uint64 hash;  // the key: of the text and the types of the arguments
    SPIPlanPtr plan;
    char *sql;
    uint64 uses, planned_again;  // after so many uses
};

HTAB *statements = nullptr;

uint64 hash_of(const char *sql, const Oid *types, int count) {
    const uint64 hash = DatumGetUInt64(hash_any_extended(reinterpret_cast<const unsigned char *>(sql), static_cast<int>(strlen(sql)), 0));
    return DatumGetUInt64(hash_any_extended(reinterpret_cast<const unsigned char *>(types), count * static_cast<int>(sizeof(Oid)), hash));
}

void make_table() {
    HASHCTL control{};
    control.keysize = sizeof(uint64);
    control.entrysize = sizeof(Statement);
    control.hcxt = TopMemoryContext;
    statements = hash_create("segment statements", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

// As when a table of it changes: whoever runs the old plan ends with it.
void plan_again(SPIPlanPtr plan) {
    ListCell *cell;
    foreach (cell, SPI_plan_get_plan_sources(plan)) {
        if (CachedPlan *generic = static_cast<CachedPlanSource *>(lfirst(cell))->gplan; generic != nullptr) {
            generic->is_valid = false;
        }
    }
}

}  // namespace

SPIPlanPtr kept_statement(const char *sql, Arguments arguments) {
    auto *types = static_cast<Oid *>(palloc(sizeof(Oid) * (arguments.size() + 1)));
    int count = 0;
    for (const Argument &argument : arguments) {
        types[count++] = argument.type;
    }
    const uint64 hash = hash_of(sql, types, count);
    if (statements == nullptr) {
        make_table();
    }
    if (auto *known = static_cast<Statement *>(hash_search(statements, &hash, HASH_FIND, nullptr)); known != nullptr) {
        if (strcmp(known->sql, sql) != 0) {
            return nullptr;
        }
        if (++known->uses == known->planned_again) {
            known->planned_again *= uses_of_plan;
            plan_again(known->plan);
        }
        return known->plan;
    }
    if (hash_get_num_entries(statements) >= most) {
        return nullptr;
    }
    SPIPlanPtr plan = SPI_prepare_cursor(sql, count, types, CURSOR_OPT_GENERIC_PLAN);
    if (plan == nullptr) {
        return nullptr;
    }
    // Nothing may fail between the making of an entry and its end.
    char *text = MemoryContextStrdup(TopMemoryContext, sql);
    auto *statement = static_cast<Statement *>(hash_search(statements, &hash, HASH_ENTER, nullptr));
    SPI_keepplan(plan);
    statement->plan = plan;
    statement->sql = text;
    statement->uses = 0;
    statement->planned_again = uses_of_plan;
    return plan;
}

}  // namespace segment::spi
