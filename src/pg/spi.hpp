// SQL from glue, outside of boundary::core. Every failure is raised as an error, so there are no return codes to look at. A
// result is valid until the next execute or finish; what is to stay is copied.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "pg/pg.hpp"

namespace segment::spi {

// A parameter: $1 is the first.
struct Argument {
    Oid type;
    Datum value;
    bool null = false;
};

inline Argument null_argument(Oid type) {
    return {type, 0, true};
}

// A list of arguments written at the call, or built before.
class Arguments {
public:
    Arguments() = default;
    Arguments(std::initializer_list<Argument> list) : list_(list.begin(), list.size()) {}
    Arguments(std::span<const Argument> list) : list_(list) {}
    template <std::size_t count>
    Arguments(const Argument (&list)[count]) : list_(list) {}

    const Argument *begin() const { return list_.data(); }
    const Argument *end() const { return list_.data() + list_.size(); }
    int size() const { return static_cast<int>(list_.size()); }

private:
    std::span<const Argument> list_;
};

struct Options {
    bool read_only = false;       // the caller's snapshot, and nothing that writes
    std::uint64_t row_limit = 0;  // 0: all rows
    bool returns_rows = false;    // it is an error if the statement does not
    bool kept = false;            // prepared once in a session, see kept_statement.hpp
};

enum class Atomicity : bool {
    atomic,      // functions
    may_commit,  // procedures called outside of a transaction block
};

void connect(Atomicity atomicity = Atomicity::atomic);
void finish();

// Runs one or several statements; returns the number of rows that the last one has read or written.
std::uint64_t execute(const char *sql, Arguments arguments = {}, Options options = {});

// As `execute`, but the rows go to `destination`, which must not keep what a slot points to.
std::uint64_t execute_to(DestReceiver *destination, const char *sql, Arguments arguments = {}, Options options = {});

// The value in a row of the last result, in SPI's memory; column 1 is the first. It is an error if its type is not `type`.
NullableDatum value(std::uint64_t row, int column, Oid type);
// As `value`, copied into `context`.
NullableDatum copy_value(std::uint64_t row, int column, Oid type, MemoryContext context);
// The value of whatever type as its output function writes it, copied into `context`; null for NULL.
char *copy_as_cstring(std::uint64_t row, int column, MemoryContext context);
// The only value of a result that must have exactly one row and one column, of type `type`.
NullableDatum single_value(Oid type);

// A callback for each row, which returns whether it wants more. It may be C++: what it throws is raised at its end. All
// columns of the slot are deformed.
using ReceiveRow = bool (*)(void *state, TupleTableSlot *slot);

// A destination for execute_to, in CurrentMemoryContext.
DestReceiver *make_receiver(ReceiveRow receive, void *state);

}  // namespace segment::spi
