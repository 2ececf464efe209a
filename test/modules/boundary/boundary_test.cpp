// Functions for test/sql/boundary.sql, each of which fails in one way while objects with destructors are alive.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "core/boost_assert.hpp"
#include "core/eigen.hpp"
#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"
#include "pg/spi.hpp"

extern "C" {
PG_MODULE_MAGIC_EXT(.name = "segment_boundary_test", .version = "1");
}

namespace {

using namespace segment;

// Counts itself, and is heavy enough that a thousand leaked ones are seen.
class Witness {
public:
    Witness() : heap_(8000, 'w') { ++live; }
    ~Witness() { --live; }
    Witness(const Witness &) = delete;
    Witness &operator=(const Witness &) = delete;

    static inline int live = 0;

private:
    std::string heap_;
};

class ThrowsInConstructor {
public:
    ThrowsInConstructor() { throw Error(ErrorCode::object_not_ready, "constructor failed"); }

private:
    Witness witness_;
};

constexpr Oid int4_input = F_INT4IN;

void in_core(void (*work)()) {
    boundary::core([=] {
        Witness witness;
        work();
    });
}

[[noreturn]] void throw_full_error() {
    throw Error(ErrorCode::syntax_error, "unexpected \"100 %s\"", 17, "A condition was expected.", "Write a condition.");
}

void guarded_error() {
    Witness witness;
    char text[] = "none";
    boundary::backend<&OidInputFunctionCall>(int4_input, text, InvalidOid, -1);
}

// The error outlives the context in which it came up, even if that one's memory is in use again.
void guarded_error_in_child_context() {
    in_core([] {
        try {
            ChildContext child(TopMemoryContext, "segment boundary test");
            std::pmr::vector<int> numbers(100000, child.resource());
            MemoryContextSwitchTo(child.context());
            guarded_error();
        } catch (const boundary::PgError &) {
            ChildContext next(TopMemoryContext, "segment boundary test");
            for (int i = 0; i < 20; ++i) {
                std::fill_n(static_cast<char *>(next.resource()->allocate(200)), 200, 'x');
            }
            throw;
        }
    });
}

void plain_error() {
    in_core([] {});
    ereport(ERROR, errcode(ERRCODE_CARDINALITY_VIOLATION), errmsg("plain error"));
}

void spi_error() {
    spi::connect();
    spi::execute("SELECT 1 / $1", {{INT4OID, Int32GetDatum(0)}});
    spi::finish();
}

struct Sum {
    std::int64_t value;
    std::int64_t fails_at;
};

bool add_row(void *state, TupleTableSlot *slot) {
    Witness witness;
    auto *sum = static_cast<Sum *>(state);
    const std::int64_t value = DatumGetInt64(slot->tts_values[0]);
    if (value == sum->fails_at) {
        throw Error(ErrorCode::numeric_out_of_range, "row refused");
    }
    sum->value += value;
    return true;
}

std::int64_t sum_through_receiver(std::int64_t fails_at) {
    Sum sum{0, fails_at};
    spi::connect();
    spi::execute_to(spi::make_receiver(add_row, &sum), "SELECT pg_catalog.generate_series(1, $1)", {{INT8OID, Int64GetDatum(10)}},
                    {.read_only = true});
    spi::finish();
    return sum.value;
}

void identity_error() {
    run_as(
        get_role_oid("regress_segment_boundary", false), [](void *) { spi_error(); }, nullptr);
}

void progress_error() {
    Progress *progress = begin_progress("customer");
    report_progress(progress, 40);
    in_core([] { throw_full_error(); });
}

void context_object_error() {
    // Two contexts of those that an abort deletes: the subtransaction's, and one below it.
    boundary::core([] {
        make_in_context<Witness>(CurTransactionContext);
        make_in_context<Witness>(boundary::backend<&AllocSetContextCreateInternal>(
            CurTransactionContext, "segment boundary test", static_cast<Size>(ALLOCSET_DEFAULT_MINSIZE),
            static_cast<Size>(ALLOCSET_DEFAULT_INITSIZE), static_cast<Size>(ALLOCSET_DEFAULT_MAXSIZE)));
    });
    plain_error();
}

void cancel() {
    in_core([] {
        QueryCancelPending = true;
        InterruptPending = true;
        BackendInterrupts().poll();
    });
}

void eigen_assertion() {
    in_core([] {
        Eigen::VectorXd vector = Eigen::VectorXd::Zero(1000);
        volatile Eigen::Index index = 1000;
        vector(index) = 1;
    });
}

struct Failure {
    std::string_view kind;
    void (*fail)();
};

constexpr Failure failures[] = {
    {"error", [] { in_core([] { throw_full_error(); }); }},
    {"long text", [] { in_core([] { throw Error(ErrorCode::invalid_parameter, std::string(100000, 'x')); }); }},
    {"internal error", [] { in_core([] { throw Error(ErrorCode::internal_error, "violated invariant"); }); }},
    {"bad_alloc", [] { in_core([] { throw std::bad_alloc(); }); }},
    {"length_error", [] { in_core([] { std::vector<int>().reserve(SIZE_MAX); }); }},
    {"runtime_error", [] { in_core([] { throw std::runtime_error("runtime error"); }); }},
    {"unknown exception", [] { in_core([] { throw 42; }); }},
    {"entry only", [] { throw Error(ErrorCode::division_by_zero, "thrown without a core block"); }},
    {"eigen assertion", eigen_assertion},
    {"boost assertion", [] { in_core([] { BOOST_ASSERT(Witness::live < 0); }); }},
    {"impossible size", [] { in_core([] { (void)ContextResource(CurrentMemoryContext).allocate(SIZE_MAX - 8, 64); }); }},
    {"no such memory", [] { in_core([] { (void)ContextResource(CurrentMemoryContext).allocate(std::size_t{1} << 60); }); }},
    {"interrupted", [] { in_core([] { throw Interrupted(); }); }},
    {"cancel", cancel},
    {"guarded", [] { in_core(guarded_error); }},
    {"guarded in child", guarded_error_in_child_context},
    {"plain", plain_error},
    {"query", spi_error},
    {"receiver", [] { sum_through_receiver(5); }},
    {"identity", identity_error},
    {"progress", progress_error},
    {"context object", context_object_error},
    {"constructor", [] { in_core([] { make_in_context<ThrowsInConstructor>(CurrentMemoryContext); }); }},
};

text *current_settings() {
    spi::connect();
    spi::execute(
        "SELECT pg_catalog.format('%s | %s | %s | %s | %s | %s', current_user, pg_catalog.current_setting('search_path'), "
        "pg_catalog.current_setting('TimeZone'), pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'), "
        "pg_catalog.current_setting('extra_float_digits'))");
    // The caller's context, which SPI has left for its own.
    text *result = DatumGetTextP(SPI_datumTransfer(spi::single_value(TEXTOID).value, false, -1));
    spi::finish();
    return result;
}

}  // namespace

SEGMENT_FUNCTION(segment_test_fail) {
    const std::string_view kind = view(PG_GETARG_TEXT_PP(0));
    for (const Failure &failure : failures) {
        if (failure.kind == kind) {
            failure.fail();
            PG_RETURN_VOID();
        }
    }
    ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown kind of failure"));
}

SEGMENT_FUNCTION(segment_test_throw) {
    const auto code = static_cast<ErrorCode>(PG_GETARG_INT32(0));
    boundary::core([=] { throw Error(code, "message", 3, "Detail.", "Hint."); });
    PG_RETURN_VOID();
}

// Calls a function of two integers from C++, under the guard.
SEGMENT_FUNCTION(segment_test_relay) {
    FmgrInfo function;
    fmgr_info(PG_GETARG_OID(0), &function);
    boundary::core([&] {
        Witness witness;
        boundary::backend<&FunctionCall2Coll>(&function, InvalidOid, Int32GetDatum(1), Int32GetDatum(2));
    });
    PG_RETURN_VOID();
}

// What the core says about an input, saved where PostgreSQL knows saved errors, raised elsewhere.
SEGMENT_FUNCTION(segment_test_soft) {
    const auto code = static_cast<ErrorCode>(PG_GETARG_INT32(0));
#if PG_VERSION_NUM >= 160000
    ErrorSaveContext saved{};
    saved.type = T_ErrorSaveContext;
    saved.details_wanted = true;
    Node *context = reinterpret_cast<Node *>(&saved);
#else
    Node *context = nullptr;
#endif
    const auto number = boundary::soft(context, [=]() -> int {
        Witness witness;
        throw Error(code, "message");
    });
    const bool done = boundary::soft(context, [=] { Witness witness; });
#if PG_VERSION_NUM >= 160000
    if (!number && done && saved.error_occurred) {
        PG_RETURN_TEXT_P(cstring_to_text(saved.error_data->message));
    }
#endif
    PG_RETURN_TEXT_P(to_text(number && done ? "no error" : "neither saved nor raised"));
}

// What glue learns of an error that it wants to complete: the position, and that the backend is as it was.
SEGMENT_FUNCTION(segment_test_attempt) {
    MemoryContext before = CurrentMemoryContext;
    boundary::ErrorRecord error;
    const bool done = boundary::attempt(error, [] {
        Witness witness;
        MemoryContextSwitchTo(TopMemoryContext);
        throw_full_error();
    });
    PG_RETURN_TEXT_P(
        cstring_to_text(psprintf("%s at %d: %s %s %s%s", unpack_sql_state(error.sqlstate), static_cast<int>(error.position), error.message,
                                 error.detail, error.hint, done || CurrentMemoryContext != before ? " (not restored)" : "")));
}

SEGMENT_FUNCTION(segment_test_identity) {
    text *result = nullptr;
    run_as(
        PG_GETARG_OID(0), [](void *state) { *static_cast<text **>(state) = current_settings(); }, &result);
    PG_RETURN_TEXT_P(result);
}

SEGMENT_FUNCTION(segment_test_extension_owner) {
    PG_RETURN_OID(extension_owner(PG_GETARG_CSTRING(0)));
}

SEGMENT_FUNCTION(segment_test_sum) {
    PG_RETURN_INT64(sum_through_receiver(0));
}

SEGMENT_FUNCTION(segment_test_single_value) {
    spi::connect();
    spi::execute(to_cstring(view(PG_GETARG_TEXT_PP(0))));
    const NullableDatum result = spi::single_value(INT8OID);
    spi::finish();
    if (result.isnull) {
        PG_RETURN_NULL();
    }
    PG_RETURN_INT64(DatumGetInt64(result.value));
}

// The first column's first value as int8 and as text, read after the end of SPI.
SEGMENT_FUNCTION(segment_test_copies) {
    MemoryContext context = CurrentMemoryContext;
    spi::connect();
    spi::execute("SELECT pg_catalog.format('%s', $1), $2", {{INT8OID, PG_GETARG_DATUM(0)}, spi::null_argument(INT8OID)},
                 {.read_only = true, .row_limit = 1, .returns_rows = true});
    const NullableDatum copied = spi::copy_value(0, 1, TEXTOID, context);
    const char *printed = spi::copy_as_cstring(0, 1, context);
    const char *null = spi::copy_as_cstring(0, 2, context);
    spi::finish();
    PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s %s %s", TextDatumGetCString(copied.value), printed, null == nullptr ? "NULL" : null)));
}

SEGMENT_FUNCTION(segment_test_progress) {
    Progress *progress = begin_progress(view(PG_GETARG_TEXT_PP(0)));
    report_progress(progress, 40);
    text *result = cstring_to_text(MyBEEntry->st_appname);
    end_progress(progress);
    PG_RETURN_TEXT_P(result);
}

SEGMENT_FUNCTION(segment_test_application_name) {
    PG_RETURN_TEXT_P(cstring_to_text(MyBEEntry->st_appname));
}

// Polls for ever if `spin`; otherwise serves an interrupt that ends nothing.
SEGMENT_FUNCTION(segment_test_poll) {
    const bool spin = PG_GETARG_BOOL(0);
    boundary::core([=] {
        Witness witness;
        BackendInterrupts interrupts;
        InterruptPending = true;
        do {
            interrupts.poll();
        } while (spin);
    });
    PG_RETURN_BOOL(!InterruptPending);
}

// Blocks of all alignments, from one context: writes them, checks them, gives them back.
SEGMENT_FUNCTION(segment_test_alignment) {
    PG_RETURN_BOOL(boundary::core([] {
        ChildContext child(CurrentMemoryContext, "segment boundary test");
        ContextResource same(child.context()), other(CurrentMemoryContext);
        bool good = same == *child.resource() && !(other == same) && !(same == *std::pmr::new_delete_resource());
        for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
            for (std::size_t bytes : {1, 24, 1000, 100000}) {
                auto *block = static_cast<unsigned char *>(same.allocate(bytes, alignment));
                good = good && reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
                std::fill_n(block, bytes, 'x');
                same.deallocate(block, bytes, alignment);
            }
        }
        return good;
    }));
}

SEGMENT_FUNCTION(segment_test_repeat) {
    const std::string_view given = view(PG_GETARG_TEXT_PP(0));
    if (PG_GETARG_BOOL(1)) {
        to_text({given.data(), std::size_t{1} << 31});
    }
    PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s %s", to_cstring(given), text_to_cstring(to_text(given)))));
}

SEGMENT_FUNCTION(segment_test_live) {
    PG_RETURN_INT32(Witness::live);
}

// Resident memory of this process in bytes; 0 where there is no /proc.
SEGMENT_FUNCTION(segment_test_resident) {
    long total = 0, resident = 0;
    if (std::FILE *file = std::fopen("/proc/self/statm", "r"); file != nullptr) {
        if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) {
            resident = 0;
        }
        std::fclose(file);
    }
    PG_RETURN_INT64(static_cast<std::int64_t>(resident) * sysconf(_SC_PAGESIZE));
}
