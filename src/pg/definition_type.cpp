#include <memory_resource>
#include <optional>
#include <string>

#include "core/definition/parser.hpp"
#include "core/definition/printer.hpp"
#include "pg/boundary.hpp"
#include "pg/definition_type.hpp"
#include "pg/located.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

constexpr uint8 format_version = 1;

// The layout of both types; the length word first, as in every varlena.
struct Stored {
    int32 length;
    uint8 version;
    char text[FLEXIBLE_ARRAY_MEMBER];
};

constexpr Size header_size = offsetof(Stored, text);

enum class Language : bool { definition, formula };

// Inside boundary::core.
Stored *store(std::string_view text, Language language, MemoryContext context) {
    ContextResource memory(context);
    std::byte buffer[8192];
    std::pmr::monotonic_buffer_resource arena(buffer, sizeof buffer, &memory);
    std::pmr::string canonical(&arena);
    try {
        const definition::Node &node =
            language == Language::definition ? definition::parse_definition(text, arena) : definition::parse_formula(text, arena);
        definition::print(node, canonical);
    } catch (const Error &error) {
        throw located(error, text, language == Language::definition ? "the definition" : "the formula");
    }
    const Size size = header_size + canonical.size();
    auto *stored = static_cast<Stored *>(memory.allocate(size, alignof(Stored)));
    SET_VARSIZE(stored, size);
    stored->version = format_version;
    canonical.copy(stored->text, canonical.size());
    return stored;
}

std::string_view stored_text(const Stored *stored) { return {stored->text, VARSIZE(stored) - header_size}; }

const Stored *checked(Datum datum) {
    const auto *stored = reinterpret_cast<const Stored *>(PG_DETOAST_DATUM(datum));
    if (VARSIZE(stored) < header_size || stored->version != format_version) {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored definition has an unknown format")));
    }
    return stored;
}

Datum input(FunctionCallInfo fcinfo, Language language) {
    const char *text = PG_GETARG_CSTRING(0);
    MemoryContext context = CurrentMemoryContext;
    std::optional<Stored *> stored = boundary::soft(fcinfo->context, [&] { return store(text, language, context); });
    if (!stored) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(*stored);
}

Datum receive(FunctionCallInfo fcinfo, Language language) {
    auto *buffer = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    int version = pq_getmsgbyte(buffer);
    if (version != format_version) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("unsupported version of binary definition: %d", version)));
    }
    int length;
    char *text = pq_getmsgtext(buffer, buffer->len - buffer->cursor, &length);
    MemoryContext context = CurrentMemoryContext;
    PG_RETURN_POINTER(boundary::core([&] { return store({text, static_cast<std::size_t>(length)}, language, context); }));
}

}  // namespace

char *canonical_definition(const char *text) {
    MemoryContext context = CurrentMemoryContext;
    return definition_text(PointerGetDatum(boundary::core([&] { return store(text, Language::definition, context); })));
}

char *definition_text(Datum datum) { return to_cstring(stored_text(checked(datum))); }

char *required_definition(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("definition must not be null")));
    }
    return definition_text(PG_GETARG_DATUM(index));
}

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_definition_in) { return input(fcinfo, Language::definition); }

SEGMENT_FUNCTION(segment_formula_in) { return input(fcinfo, Language::formula); }

SEGMENT_FUNCTION(segment_definition_recv) { return receive(fcinfo, Language::definition); }

SEGMENT_FUNCTION(segment_formula_recv) { return receive(fcinfo, Language::formula); }

SEGMENT_FUNCTION(segment_definition_out) { PG_RETURN_CSTRING(definition_text(PG_GETARG_DATUM(0))); }

SEGMENT_FUNCTION(segment_definition_send) {
    std::string_view text = stored_text(checked(PG_GETARG_DATUM(0)));
    StringInfoData buffer;
    pq_begintypsend(&buffer);
    pq_sendbyte(&buffer, format_version);
    pq_sendtext(&buffer, text.data(), static_cast<int>(text.size()));
    PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
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
