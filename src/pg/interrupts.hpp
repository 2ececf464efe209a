// How a running query is stopped from outside, and how it tells the outside how far it is.
#pragma once

#include <string_view>

#include "core/interrupts.hpp"
#include "pg/pg.hpp"

namespace segment {

// The core's view of the backend's interrupts. A poll costs a load; it throws Interrupted when the query is to end, and
// serves the other interrupts (catalog invalidation, memory reports) on the spot, throwing boundary::PgError if one fails.
class BackendInterrupts final : public Interrupts {
public:
    void poll() override;
};

// Progress of a long run as the connection's application_name in pg_stat_activity: `segment: customer 40 %`, and for the part of it that
// reads events, of which there may be many more, `segment: customer events 40 %`. The setting itself is not touched, and what it says is
// shown again at the end of the run, and at the end of the (sub)transaction that it began in.
struct Progress;

// `subject` is cut where application_name ends (63 bytes). To be called outside of boundary::core.
Progress *begin_progress(std::string_view subject);
// Callable from anywhere; does something only when the percentage has changed.
enum class Phase : bool { members, events };
void report_progress(Progress *progress, int percent, Phase phase = Phase::members) noexcept;
void end_progress(Progress *progress);

}  // namespace segment
