// The boundary between C++, which reports errors by exceptions, and the backend, which reports them by a longjmp that runs
// no destructors. Three translations keep the two apart:
//
//   SEGMENT_FUNCTION(name) { … }      every function that SQL can call: no exception leaves it
//   boundary::core([&] { … })         a block of C++ inside glue: its exceptions become errors when it has been unwound
//   boundary::backend<&fn>(args…)     a backend call inside C++: its error becomes a PgError
//
// Outside of core(), glue keeps nothing with a destructor alive, because any backend call may jump over it. Inside, it calls
// the backend through backend() only. A PgError is never swallowed: the locks, pins and snapshots that the failed call held
// are released by the (sub)transaction's abort and by nothing else.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/error.hpp"
#include "pg/guarded_calls.hpp"
#include "pg/pg.hpp"

namespace segment::boundary {

// An error of the backend on its way through C++. Not a std::exception, so that no handler for those takes it for one.
struct PgError {
    ErrorData *data;  // lives as long as the current subtransaction; null if memory did not suffice to copy the error
};

// An exception, reduced to what survives it. The texts are palloc'd in the context that was current when `attempt` began, or
// constant.
struct ErrorRecord {
    int sqlstate;
    std::int64_t position;  // byte offset into the definition's text, or Error::no_position
    const char *message;
    const char *detail;  // or null, as is the hint
    const char *hint;
    ErrorData *backend;  // an error of the backend, which is raised again as it was; the texts above are not set
    bool interrupted;    // raised by processing the interrupt
    bool soft;           // a mistake in the input, which an input function may report without raising it
};

// The error as PostgreSQL's. Call it where no object with a destructor is alive. An interrupt is processed; should it turn
// out not to end the query, the query ends all the same, since the work that it interrupted is lost.
[[noreturn]] void raise(const ErrorRecord &error);

// As `raise`, but a mistake in the input is only saved if `context` is an ErrorSaveContext (PostgreSQL 16 and later).
void raise_softly(Node *context, const ErrorRecord &error);

namespace detail {

// What a longjmp would have restored and an exception does not.
struct BackendState {
    sigjmp_buf *exception_stack;
    ErrorContextCallback *error_context;
    MemoryContext memory;

    static BackendState current() noexcept { return {PG_exception_stack, error_context_stack, CurrentMemoryContext}; }
    void restore() const noexcept {
        PG_exception_stack = exception_stack;
        error_context_stack = error_context;
        CurrentMemoryContext = memory;
    }
};

// Inside a handler: the exception that is being handled. Allocates without raising.
ErrorRecord describe_exception() noexcept;

// Throws a PgError if `call` raises an error.
void guard(void (*call)(void *), void *state);

template <typename Result>
struct Outcome {
    using type = std::optional<Result>;
};
template <>
struct Outcome<void> {
    using type = bool;
};

}  // namespace detail

template <typename Work>
using ResultOf = std::invoke_result_t<Work &>;

// A lambda's value if it has one: a std::optional of it, or whether it came to its end if it returns nothing.
template <typename Work>
using OutcomeOf = typename detail::Outcome<ResultOf<Work>>::type;

template <typename Result>
concept OutlivesJumps = std::is_void_v<Result> || std::is_trivially_destructible_v<Result>;

// Runs `work`; if it throws, the result is empty and `error` tells why. For glue that has something to add to an error, such
// as the place in a definition; all others use `core`.
template <typename Work>
OutcomeOf<Work> attempt(ErrorRecord &error, Work &&work) noexcept {
    static_assert(OutlivesJumps<ResultOf<Work>>, "a value that leaves the core must not need a destructor");
    const auto state = detail::BackendState::current();
    try {
        if constexpr (std::is_void_v<ResultOf<Work>>) {
            work();
            return true;
        } else {
            return work();
        }
    } catch (...) {
        state.restore();
        error = detail::describe_exception();
    }
    return {};
}

// Runs `work` and returns its value; an exception becomes an error after all objects of `work`, the exception included, have
// been destroyed.
template <typename Work>
ResultOf<Work> core(Work &&work) {
    ErrorRecord error;
    const auto outcome = attempt(error, work);
    if (!outcome) {
        raise(error);
    }
    if constexpr (!std::is_void_v<ResultOf<Work>>) {
        return *outcome;
    }
}

// As `core`, for input functions: if `context` (fcinfo->context) wants errors to be saved, a mistake in the input is saved
// there and the result is empty. Everything else (an interrupt, lack of memory, an internal error) is raised.
template <typename Work>
OutcomeOf<Work> soft(Node *context, Work &&work) {
    ErrorRecord error;
    const auto outcome = attempt(error, work);
    if (!outcome) {
        raise_softly(context, error);
    }
    return outcome;
}

// Calls a function of the backend where objects with destructors are alive. Its error is thrown as a PgError, which raises it
// again, complete, at the boundary. Costs about 15 ns: guard what does a batch, not what does a row.
template <auto function, typename... Arguments>
auto backend(Arguments... arguments) -> std::invoke_result_t<decltype(function), Arguments...> {
    static_assert(GuardedCalls::contains<function>, "only the functions listed in guarded_calls.hpp may be called from C++");
    static_assert((std::is_trivially_destructible_v<Arguments> && ...), "the call may jump over its arguments");
    using Result = std::invoke_result_t<decltype(function), Arguments...>;
    if constexpr (std::is_void_v<Result>) {
        auto call = [&] { function(arguments...); };
        detail::guard([](void *state) { (*static_cast<decltype(call) *>(state))(); }, &call);
    } else {
        Result result;
        auto call = [&] { result = function(arguments...); };
        detail::guard([](void *state) { (*static_cast<decltype(call) *>(state))(); }, &call);
        return result;
    }
}

// The entry from SQL. Between statements of core() blocks, the body may call the backend freely.
template <Datum (*body)(FunctionCallInfo)>
Datum enter(FunctionCallInfo fcinfo) {
    return core([fcinfo] { return body(fcinfo); });
}

}  // namespace segment::boundary

// Defines a function for SQL: `fcinfo` is in scope, the body returns a Datum. The C symbol is `name` whatever the namespace,
// which must not be an unnamed one: that would hide the symbol.
#define SEGMENT_FUNCTION(name)                                \
    static Datum name##_body(FunctionCallInfo fcinfo);        \
    extern "C" {                                              \
    PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                 \
    PG_FUNCTION_INFO_V1(name);                                \
    Datum name(PG_FUNCTION_ARGS) {                            \
        return segment::boundary::enter<name##_body>(fcinfo); \
    }                                                         \
    }                                                         \
    static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo)
