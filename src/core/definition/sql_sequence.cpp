// Sequences: each step is a subquery within that of the step before, so that its conditions see all earlier events.
#include <string>

#include "core/definition/sql_writer.hpp"

namespace segment::definition {

void SqlWriter::sequence(const BoundSequence &sequence, bool negated, Binding least) {
    const bool opened = open(negated ? Binding::negation : Binding::primary, least);
    out_ += negated ? "NOT " : "";
    step(sequence.steps, 0, 0);
    close(opened);
}

// `EXISTS (SELECT FROM …)`: an event for the step, none for the negated steps since the previous event, and all that follows.
void SqlWriter::step(std::span<const BoundStep> steps, std::size_t previous, std::size_t index) {
    out_ += "EXISTS (";
    bool where = step_rows(steps[index], index);
    if (steps[index].link)
        and_condition(where, *steps[index].link);
    for (std::size_t between = previous + 1; between < index; ++between)
        missing_step(where, steps[between], between);
    std::size_t next = index + 1;
    while (next < steps.size() && steps[next].negated)
        ++next;
    if (next < steps.size()) {
        out_ += where ? " AND " : " WHERE ";
        step(steps, index, next);
    } else {
        for (std::size_t after = index + 1; after < steps.size(); ++after) {
            if (steps[after].due)
                and_condition(where, *steps[after].due);
            missing_step(where, steps[after], after);
        }
    }
    out_ += ')';
}

void SqlWriter::missing_step(bool &where, const BoundStep &step, std::size_t index) {
    out_ += where ? " AND NOT EXISTS (" : " WHERE NOT EXISTS (";
    where = true;
    bool inner = step_rows(step, index);
    and_condition(inner, *step.link);
    out_ += ')';
}

// Tells whether a WHERE clause has begun.
bool SqlWriter::step_rows(const BoundStep &step, std::size_t index) {
    out_ += "SELECT";
    event_rows(step.events, {EventColumn::at, EventColumn::ties}, Unit::day, "e" + std::to_string(index + 1));
    return step.events.parts.size() == 1;
}

void SqlWriter::and_condition(bool &where, const BoundCondition &condition) {
    out_ += where ? " AND " : " WHERE ";
    where = true;
    this->condition(condition, Binding::conjunction);
}

}  // namespace segment::definition
