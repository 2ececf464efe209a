// Definitions as plain SQL, without any function of this extension.
//
// The text depends on no setting of a session: times are ISO 8601, zones are named, calendar arithmetic is done on local
// timestamps. Operators of types outside pg_catalog are qualified.
#pragma once

#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/definition/check.hpp"

namespace segment::definition {

// Where and when conditions are evaluated.
struct Scope {
    const Vocabulary &vocabulary;
    std::string_view as_of_sql;                 // a timestamptz expression: now(), '2024-12-01 00:00:00+00'::timestamptz
    const Checked *base = nullptr;              // who counts at all; null for everyone
    std::span<const std::uint32_t> joins = {};  // that conditions read, besides the base's
};

// A FROM clause over the members with those trait relations that conditions and base read.
void append_from(std::pmr::string &out, const Scope &scope);

// A segment's definition under the name and id that others refer to.
struct NamedDefinition {
    std::int32_t id;
    std::string_view name;
    const Checked *definition;
};

// `SELECT <key> FROM … WHERE …`: the keys of the base's members for which the definition holds. `used` holds all segments
// that it refers to, directly or not, each after those that it refers to itself; they become common table expressions, so
// that the text grows linearly.
std::pmr::string to_sql(const Checked &definition, std::span<const NamedDefinition> used, const Scope &scope,
                        std::pmr::memory_resource *memory);

// `SELECT <whether it holds> FROM … WHERE …`: a row for each row of the population that fulfils the condition `rows`; true for members
// of the base for which the definition holds, else false. Segments that it refers to are evaluated for these rows only.
std::pmr::string holds_sql(const Checked &definition, std::span<const NamedDefinition> used, const Scope &scope, std::string_view rows,
                           std::pmr::memory_resource *memory);

// The condition alone, over the scope's FROM clause: true where the definition holds, false or NULL elsewhere. The base is
// not part of it. References to segments read common table expressions as written by to_sql.
std::pmr::string condition_sql(const Checked &definition, const Scope &scope, std::pmr::memory_resource *memory);

// The formula's value over the scope's FROM clause, NULL where it is missing.
std::pmr::string formula_sql(const CheckedFormula &formula, const Scope &scope, std::pmr::memory_resource *memory);

// A value in a definition that may be missing although what it is computed from is not: a division by zero, a number or time
// out of range, jsonb that does not read as the type. `sql` is a condition over the scope's FROM clause, true for the members
// that lose the value; runs count them for their warnings.
struct Loss {
    std::uint32_t position;
    std::pmr::string sql;
};

// The values that may be lost, each once; most definitions have none.
std::pmr::vector<Loss> losses(const Checked &definition, const Scope &scope, std::pmr::memory_resource *memory);

}  // namespace segment::definition
