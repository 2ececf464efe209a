// The error that the core throws for whatever a user typed or registered. The glue turns it into an ereport once the
// exception has been destroyed; texts follow PostgreSQL's style (message in lower case without a period, detail and hint
// as sentences).
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace segment {

enum class ErrorCode : std::uint8_t {
    syntax_error,                   // 42601
    undefined_column,               // 42703: unknown trait
    undefined_table,                // 42P01: a registered relation is not there
    duplicate_column,               // 42701: two traits of one name
    undefined_object,               // 42704: unknown segment, source, score, list, scheme
    datatype_mismatch,              // 42804
    invalid_datetime,               // 22007
    invalid_text_representation,    // 22P02
    invalid_parameter,              // 22023
    invalid_regular_expression,     // 2201B
    division_by_zero,               // 22012
    numeric_out_of_range,           // 22003
    cyclic_definition,              // 42P19
    object_not_ready,               // 55000: needs a source, subscriptions, a score
    program_limit_exceeded,         // 54000
    feature_not_supported,          // 0A000
    invalid_binary_representation,  // 22P03
    data_corrupted,                 // XX001: what was stored is not what we store
    internal_error,                 // XX000: an invariant of ours does not hold
};

class Error : public std::exception {
public:
    static constexpr std::int64_t no_position = -1;

    Error(ErrorCode code, std::string message, std::int64_t position = no_position, std::string detail = {}, std::string hint = {})
        : code(code), position(position), message(std::move(message)), detail(std::move(detail)), hint(std::move(hint)) {}

    const char *what() const noexcept override { return message.c_str(); }

    ErrorCode code;
    std::int64_t position;  // byte offset into the definition's text, or no_position
    std::string message, detail, hint;
};

// Thrown by an interrupt poll: the glue processes the interrupt after the unwinding.
class Interrupted : public std::exception {
public:
    const char *what() const noexcept override { return "interrupted"; }
};

}  // namespace segment
