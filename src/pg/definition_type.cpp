#include <memory_resource>
#include <optional>
#include <string>

#include "core/definition/binary.hpp"
#include "core/definition/canonical.hpp"
#include "core/definition/json.hpp"
#include "core/definition/parser.hpp"
#include "core/definition/printer.hpp"
#include "core/definition/query_builder.hpp"
#include "pg/boundary.hpp"
#include "pg/definition_type.hpp"
#include "pg/located.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

// The layout of both types; the length word first, as in every varlena.
struct Stored {
    int32 length;
    uint8 version;
    char text[FLEXIBLE_ARRAY_MEMBER];
};

constexpr Size header_size = offsetof(Stored, text);

// What a tree is read from.
enum class Source : uint8 { definition, formula, definition_json, formula_json, query_builder };

const definition::Node &read(std::string_view text, Source source, std::pmr::memory_resource &arena) {
    switch (source) {
        case Source::definition:
            return definition::parse_definition(text, arena);
        case Source::formula:
            return definition::parse_formula(text, arena);
        case Source::definition_json:
            return definition::definition_from_json(text, arena);
        case Source::formula_json:
            return definition::formula_from_json(text, arena);
        case Source::query_builder:
            break;
    }
    return definition::from_query_builder(text, arena);
}

std::pmr::string canonical_text(std::string_view text, Source source, std::pmr::memory_resource &arena) {
    if (source == Source::definition) {
        return definition::canonical_definition(text, arena);
    }
    if (source == Source::formula) {
        return definition::canonical_formula(text, arena);
    }
    std::pmr::string printed(&arena);
    definition::print(read(text, source, arena), printed);
    return source == Source::formula_json ? definition::canonical_formula(printed, arena)
                                          : definition::canonical_definition(printed, arena);
}

// Inside boundary::core.
Stored *store(std::string_view text, Source source, MemoryContext context) {
    ContextResource memory(context);
    std::byte buffer[8192];
    std::pmr::monotonic_buffer_resource arena(buffer, sizeof buffer, &memory);
    std::pmr::string canonical(&arena);
    try {
        canonical = canonical_text(text, source, arena);
    } catch (const Error &error) {
        // JSON has paths instead of places, which its messages begin with.
        if (source == Source::definition || source == Source::formula) {
            throw located(error, text, source == Source::definition ? "the definition" : "the formula");
        }
        throw;
    }
    const Size size = header_size + canonical.size();
    auto *stored = static_cast<Stored *>(memory.allocate(size, alignof(Stored)));
    SET_VARSIZE(stored, size);
    stored->version = definition::binary_version;
    canonical.copy(stored->text, canonical.size());
    return stored;
}

Stored *store_now(std::string_view text, Source source) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] { return store(text, source, context); });
}

std::string_view stored_text(const Stored *stored) {
    return {stored->text, VARSIZE(stored) - header_size};
}

const Stored *checked(Datum datum) {
    const auto *stored = reinterpret_cast<const Stored *>(PG_DETOAST_DATUM(datum));
    if (VARSIZE(stored) < header_size || stored->version != definition::binary_version) {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored definition has an unknown format")));
    }
    return stored;
}

Datum input(FunctionCallInfo fcinfo, Source source) {
    const char *text = PG_GETARG_CSTRING(0);
    MemoryContext context = CurrentMemoryContext;
    std::optional<Stored *> stored = boundary::soft(fcinfo->context, [&] { return store(text, source, context); });
    if (!stored) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(*stored);
}

Datum receive(FunctionCallInfo fcinfo, Source source) {
    auto *buffer = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    const std::string_view message(buffer->data + buffer->cursor, static_cast<std::size_t>(buffer->len - buffer->cursor));
    const std::string_view sent = boundary::core([&] { return definition::binary_text(message); });
    buffer->cursor = buffer->len - static_cast<int>(sent.size());
    int length;
    char *text = pq_getmsgtext(buffer, static_cast<int>(sent.size()), &length);
    PG_RETURN_POINTER(store_now({text, static_cast<std::size_t>(length)}, source));
}

Datum from_jsonb(FunctionCallInfo fcinfo, Source source) {
    Jsonb *json = PG_GETARG_JSONB_P(0);
    PG_RETURN_POINTER(store_now(JsonbToCString(nullptr, &json->root, VARSIZE(json)), source));
}

Datum to_jsonb(FunctionCallInfo fcinfo, Source source) {
    std::string_view text = stored_text(checked(PG_GETARG_DATUM(0)));
    MemoryContext context = CurrentMemoryContext;
    char *json = boundary::core([&] {
        ContextResource memory(context);
        std::pmr::monotonic_buffer_resource arena(&memory);
        std::pmr::string written(&arena);
        definition::to_json(read(text, source, arena), written);
        auto *copy = static_cast<char *>(memory.allocate(written.size() + 1, 1));
        written.copy(copy, written.size());
        copy[written.size()] = '\0';
        return copy;
    });
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}

// A definition made of one or two others; parentheses that are not needed go when it is printed.
Datum combine(FunctionCallInfo fcinfo, const char *before, const char *between, const char *after) {
    StringInfoData text;
    initStringInfo(&text);
    appendStringInfoString(&text, before);
    appendStringInfoString(&text, definition_text(PG_GETARG_DATUM(0)));
    if (PG_NARGS() == 2) {
        appendStringInfo(&text, "%s%s", between, definition_text(PG_GETARG_DATUM(1)));
    }
    appendStringInfoString(&text, after);
    PG_RETURN_POINTER(store_now(text.data, Source::definition));
}

}  // namespace

char *canonical_definition(const char *text) {
    return definition_text(PointerGetDatum(store_now(text, Source::definition)));
}

char *canonical_formula(const char *text) {
    return definition_text(PointerGetDatum(store_now(text, Source::formula)));
}

char *definition_text(Datum datum) {
    return to_cstring(stored_text(checked(datum)));
}

namespace {

char *required_stored(FunctionCallInfo fcinfo, int index, const char *name) {
    if (PG_ARGISNULL(index)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
    }
    return definition_text(PG_GETARG_DATUM(index));
}

}  // namespace

char *required_definition(FunctionCallInfo fcinfo, int index) {
    return required_stored(fcinfo, index, "definition");
}

char *required_formula(FunctionCallInfo fcinfo, int index) {
    return required_stored(fcinfo, index, "formula");
}

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_definition_in) {
    return input(fcinfo, Source::definition);
}

SEGMENT_FUNCTION(segment_formula_in) {
    return input(fcinfo, Source::formula);
}

SEGMENT_FUNCTION(segment_definition_recv) {
    return receive(fcinfo, Source::definition);
}

SEGMENT_FUNCTION(segment_formula_recv) {
    return receive(fcinfo, Source::formula);
}

SEGMENT_FUNCTION(segment_definition_out) {
    PG_RETURN_CSTRING(definition_text(PG_GETARG_DATUM(0)));
}

SEGMENT_FUNCTION(segment_definition_send) {
    std::string_view text = stored_text(checked(PG_GETARG_DATUM(0)));
    StringInfoData buffer;
    pq_begintypsend(&buffer);
    pq_sendbyte(&buffer, segment::definition::binary_version);
    pq_sendtext(&buffer, text.data(), static_cast<int>(text.size()));
    PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

SEGMENT_FUNCTION(segment_definition_to_jsonb) {
    return to_jsonb(fcinfo, Source::definition);
}

SEGMENT_FUNCTION(segment_formula_to_jsonb) {
    return to_jsonb(fcinfo, Source::formula);
}

SEGMENT_FUNCTION(segment_definition_from_jsonb) {
    return from_jsonb(fcinfo, Source::definition_json);
}

SEGMENT_FUNCTION(segment_formula_from_jsonb) {
    return from_jsonb(fcinfo, Source::formula_json);
}

SEGMENT_FUNCTION(segment_from_query_builder) {
    return from_jsonb(fcinfo, Source::query_builder);
}

SEGMENT_FUNCTION(segment_definition_and) {
    return combine(fcinfo, "(", ") and (", ")");
}

SEGMENT_FUNCTION(segment_definition_or) {
    return combine(fcinfo, "(", ") or (", ")");
}

SEGMENT_FUNCTION(segment_definition_and_not) {
    return combine(fcinfo, "(", ") and not (", ")");
}

SEGMENT_FUNCTION(segment_definition_not) {
    return combine(fcinfo, "not (", "", ")");
}

SEGMENT_FUNCTION(segment_definition_eq) {
    PG_RETURN_BOOL(stored_text(checked(PG_GETARG_DATUM(0))) == stored_text(checked(PG_GETARG_DATUM(1))));
}

SEGMENT_FUNCTION(segment_definition_ne) {
    PG_RETURN_BOOL(stored_text(checked(PG_GETARG_DATUM(0))) != stored_text(checked(PG_GETARG_DATUM(1))));
}

SEGMENT_FUNCTION(segment_definition_hash) {
    std::string_view text = stored_text(checked(PG_GETARG_DATUM(0)));
    return hash_any(reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size()));
}

SEGMENT_FUNCTION(segment_definition_hash_extended) {
    std::string_view text = stored_text(checked(PG_GETARG_DATUM(0)));
    return hash_any_extended(reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size()),
                             static_cast<uint64>(PG_GETARG_INT64(1)));
}
