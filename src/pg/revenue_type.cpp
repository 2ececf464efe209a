#include <algorithm>
#include <optional>
#include <string_view>

#include "pg/revenue_type.hpp"

#include "core/revenue/ledger.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

constexpr std::size_t members_between_polls = 16384;

[[noreturn]] void refuse_text(const char *detail) {
    throw Error(ErrorCode::invalid_text_representation, "invalid input syntax for type segment.revenue", Error::no_position, detail);
}

int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    refuse_text("It is written in hexadecimal digits.");
}

std::pmr::vector<std::byte> from_hex(std::string_view text, std::pmr::memory_resource *memory) {
    if (text.size() % 2 != 0) {
        refuse_text("It has an odd number of digits.");
    }
    std::pmr::vector<std::byte> bytes(text.size() / 2, memory);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    }
    return bytes;
}

// Bytes from outside become a datum when they have been read to the end.
varlena *store(const std::pmr::vector<std::byte> &bytes, MemoryContext context) {
    ContextResource memory(context);
    BackendInterrupts interrupts;
    revenue::LedgerReader reader(bytes, &memory);
    const bool is_text = reader.header().kind == revenue::MemberKind::text;
    for (std::size_t i = 0; reader.next(); ++i) {
        if (i % members_between_polls == 0) {
            interrupts.poll();
        }
        const std::string_view key = reader.key().bytes;
        if (is_text && !boundary::backend<&pg_verify_mbstr>(GetDatabaseEncoding(), key.data(), static_cast<int>(key.size()), true)) {
            throw Error(ErrorCode::invalid_binary_representation, "invalid ledger of revenue", Error::no_position,
                        "A member is not text in the encoding of the database.");
        }
    }
    return make_datum(bytes, context);
}

}  // namespace

LedgerBytes ledger_argument(FunctionCallInfo fcinfo, int index) {
    const varlena *datum = PG_GETARG_VARLENA_PP(index);
    return {reinterpret_cast<const std::byte *>(VARDATA_ANY(datum)), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(datum))};
}

varlena *make_datum(const std::pmr::vector<std::byte> &bytes, MemoryContext context) {
    if (bytes.size() > MaxAllocSize - VARHDRSZ) {
        throw Error(ErrorCode::program_limit_exceeded, "ledger of revenue is too large", Error::no_position,
                    "It would have " + std::to_string(bytes.size()) + " bytes, a value can have a gigabyte.",
                    "Make a ledger of fewer members.");
    }
    const Size size = bytes.size() + VARHDRSZ;
    auto *datum = static_cast<varlena *>(ContextResource(context).allocate(size, MAXIMUM_ALIGNOF));
    SET_VARSIZE(datum, size);
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte *>(VARDATA(datum)));
    return datum;
}

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_revenue_in) {
    const char *text = PG_GETARG_CSTRING(0);
    MemoryContext context = CurrentMemoryContext;
    const std::optional<varlena *> datum = segment::boundary::soft(fcinfo->context, [&] {
        segment::ContextResource memory(context);
        return store(from_hex(text, &memory), context);
    });
    if (!datum) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(*datum);
}

SEGMENT_FUNCTION(segment_revenue_out) {
    const LedgerBytes bytes = ledger_argument(fcinfo, 0);
    if (bytes.size() > (MaxAllocSize - 1) / 2) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("ledger of revenue is too large to be written as text"),
                        errhint("Read it in binary form.")));
    }
    auto *text = static_cast<char *>(palloc(2 * bytes.size() + 1));
    const uint64 length = hex_encode(reinterpret_cast<const char *>(bytes.data()), bytes.size(), text);
    text[length] = '\0';
    PG_RETURN_CSTRING(text);
}

SEGMENT_FUNCTION(segment_revenue_recv) {
    auto *buffer = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    const int length = buffer->len - buffer->cursor;
    const char *data = pq_getmsgbytes(buffer, length);
    MemoryContext context = CurrentMemoryContext;
    PG_RETURN_POINTER(segment::boundary::core([&] {
        segment::ContextResource memory(context);
        const auto *bytes = reinterpret_cast<const std::byte *>(data);
        return store(std::pmr::vector<std::byte>(bytes, bytes + length, &memory), context);
    }));
}

SEGMENT_FUNCTION(segment_revenue_send) {
    const LedgerBytes bytes = ledger_argument(fcinfo, 0);
    StringInfoData buffer;
    pq_begintypsend(&buffer);
    pq_sendbytes(&buffer, reinterpret_cast<const char *>(bytes.data()), static_cast<int>(bytes.size()));
    PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}
