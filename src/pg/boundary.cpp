#include "pg/boundary.hpp"

#include <exception>
#include <new>
#include <stdexcept>
#include <string_view>

namespace segment::boundary {

namespace {

int sqlstate_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::syntax_error:
            return ERRCODE_SYNTAX_ERROR;
        case ErrorCode::undefined_column:
            return ERRCODE_UNDEFINED_COLUMN;
        case ErrorCode::undefined_table:
            return ERRCODE_UNDEFINED_TABLE;
        case ErrorCode::duplicate_column:
            return ERRCODE_DUPLICATE_COLUMN;
        case ErrorCode::undefined_object:
            return ERRCODE_UNDEFINED_OBJECT;
        case ErrorCode::datatype_mismatch:
            return ERRCODE_DATATYPE_MISMATCH;
        case ErrorCode::invalid_datetime:
            return ERRCODE_INVALID_DATETIME_FORMAT;
        case ErrorCode::invalid_text_representation:
            return ERRCODE_INVALID_TEXT_REPRESENTATION;
        case ErrorCode::invalid_parameter:
            return ERRCODE_INVALID_PARAMETER_VALUE;
        case ErrorCode::invalid_regular_expression:
            return ERRCODE_INVALID_REGULAR_EXPRESSION;
        case ErrorCode::division_by_zero:
            return ERRCODE_DIVISION_BY_ZERO;
        case ErrorCode::numeric_out_of_range:
            return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
        case ErrorCode::cyclic_definition:
            return ERRCODE_INVALID_RECURSION;
        case ErrorCode::object_not_ready:
            return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        case ErrorCode::program_limit_exceeded:
            return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
        case ErrorCode::feature_not_supported:
            return ERRCODE_FEATURE_NOT_SUPPORTED;
        case ErrorCode::invalid_binary_representation:
            return ERRCODE_INVALID_BINARY_REPRESENTATION;
        case ErrorCode::data_corrupted:
            return ERRCODE_DATA_CORRUPTED;
        case ErrorCode::internal_error:
            return ERRCODE_INTERNAL_ERROR;
    }
    return ERRCODE_INTERNAL_ERROR;
}

// The text as a C string that outlives the exception, or a constant one: what reports an error must not raise another.
const char *keep(std::string_view text) noexcept {
    constexpr std::size_t longest = 1024 * 1024;  // of use to a reader; the rest would only bloat the log
    const std::size_t length = text.size() <= longest ? text.size() : pg_mbcliplen(text.data(), static_cast<int>(longest), longest);
    auto *copy = static_cast<char *>(MemoryContextAllocExtended(CurrentMemoryContext, length + 1, MCXT_ALLOC_NO_OOM));
    if (copy == nullptr) {
        return "out of memory while reporting an error";
    }
    text.copy(copy, length);
    copy[length] = '\0';
    return copy;
}

const char *keep_if_any(std::string_view text) noexcept {
    return text.empty() ? nullptr : keep(text);
}

ErrorRecord record(int sqlstate, const char *message) noexcept {
    return {.sqlstate = sqlstate,
            .position = Error::no_position,
            .message = message,
            .detail = nullptr,
            .hint = nullptr,
            .backend = nullptr,
            .interrupted = false,
            .soft = false};
}

ErrorRecord record(const Error &error) noexcept {
    ErrorRecord result = record(sqlstate_of(error.code), keep(error.message));
    result.position = error.position;
    result.detail = keep_if_any(error.detail);
    result.hint = keep_if_any(error.hint);
    result.soft = error.code != ErrorCode::internal_error && error.code != ErrorCode::data_corrupted;
    return result;
}

ErrorRecord record(const PgError &error) noexcept {
    ErrorRecord result = record(ERRCODE_OUT_OF_MEMORY, "out of memory while reporting an error");
    result.backend = error.data;
    return result;
}

ErrorRecord record(const Interrupted &) noexcept {
    ErrorRecord result = record(ERRCODE_QUERY_CANCELED, "canceling statement because of an interrupt");
    result.interrupted = true;
    return result;
}

int set_fields(const ErrorRecord &error) {
    errcode(error.sqlstate);
    errmsg_internal("%s", error.message);
    if (error.detail != nullptr) {
        errdetail_internal("%s", error.detail);
    }
    if (error.hint != nullptr) {
        errhint("%s", error.hint);
    }
    return 0;
}

// Takes the error off the backend's stack. The copy lives in the subtransaction's context, because the one that is current
// may belong to an object that the coming exception destroys.
ErrorData *take_error() noexcept {
    const auto state = detail::BackendState::current();
    sigjmp_buf out_of_memory;
    ErrorData *volatile data = nullptr;
    if (sigsetjmp(out_of_memory, 0) == 0) {
        PG_exception_stack = &out_of_memory;
        CurrentMemoryContext = CurTransactionContext;
        data = CopyErrorData();
    }
    state.restore();
    FlushErrorState();
    return data;
}

}  // namespace

void raise(const ErrorRecord &error) {
    if (error.backend != nullptr) {
        ReThrowError(error.backend);
    }
    if (error.interrupted) {
        CHECK_FOR_INTERRUPTS();
    }
    ereport(ERROR, set_fields(error));
}

void raise_softly([[maybe_unused]] Node *context, const ErrorRecord &error) {
    if (!error.soft) {
        raise(error);
    }
    errsave(context, set_fields(error));
}

namespace detail {

ErrorRecord describe_exception() noexcept {
    try {
        throw;
    } catch (const PgError &error) {
        return record(error);
    } catch (const Interrupted &interrupted) {
        return record(interrupted);
    } catch (const Error &error) {
        return record(error);
    } catch (const std::bad_alloc &) {
        return record(ERRCODE_OUT_OF_MEMORY, "out of memory");
    } catch (const std::length_error &error) {
        return record(ERRCODE_PROGRAM_LIMIT_EXCEEDED, keep(error.what()));
    } catch (const std::exception &error) {
        return record(ERRCODE_INTERNAL_ERROR, keep(error.what()));
    } catch (...) {
        return record(ERRCODE_INTERNAL_ERROR, "unexpected exception");
    }
}

void guard(void (*call)(void *), void *state) {
    const auto before = BackendState::current();
    sigjmp_buf jump;
    if (sigsetjmp(jump, 0) == 0) {
        PG_exception_stack = &jump;
        call(state);
        PG_exception_stack = before.exception_stack;
        return;
    }
    before.restore();
    throw PgError{take_error()};
}

}  // namespace detail

}  // namespace segment::boundary
