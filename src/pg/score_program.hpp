// A metric whose value, or condition, comes at least in part from events, as a program over what a pass tells and columns for the rest.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/definition/bound_events.hpp"
#include "core/definition/sql.hpp"
#include "pg/memory.hpp"
#include "pg/score_query.hpp"

namespace segment::pg {

// Plain copies of the core's containers, which outlive it.
template <typename T>
T *copy_items(ContextResource &memory, const std::pmr::vector<T> &items) {
    auto *copy = static_cast<T *>(memory.allocate(sizeof(T) * (items.size() + 1), alignof(T)));
    std::ranges::copy(items, copy);
    return copy;
}

inline const char *copy_text(ContextResource &memory, std::string_view text) {
    auto *copy = static_cast<char *>(memory.allocate(text.size() + 1, 1));
    text.copy(copy, text.size());
    copy[text.size()] = '\0';
    return copy;
}

class ProgramWriter {
public:
    // What no pass tells becomes further columns, allocated in `memory`.
    ProgramWriter(EventNumbers &numbers, const definition::Scope &scope, std::pmr::vector<const char *> &columns, ContextResource &memory,
                  std::pmr::memory_resource *arena)
        : numbers_(numbers), scope_(scope), columns_(columns), memory_(memory), arena_(arena), program_(arena) {}

    // The value, missing unless `given` holds. Without a program, and further columns, if passes tell nothing of it or do not tell `given`.
    ScoreProgram value(const definition::BoundValue &value, const definition::BoundCondition *given = nullptr);
    ScoreProgram condition(const definition::BoundCondition &condition);

private:
    void append(const definition::BoundValue &value);
    void append(const definition::BoundCondition &condition);
    bool append_events(const definition::BoundCondition &condition);
    void append_column(std::string_view sql);
    ScoreProgram finish(std::size_t columns_before);

    EventNumbers &numbers_;
    const definition::Scope scope_;
    std::pmr::vector<const char *> &columns_;
    ContextResource &memory_;
    std::pmr::memory_resource *arena_;
    std::pmr::vector<score::Instruction> program_;
    bool reads_events_ = false;
};

}  // namespace segment::pg
