#include "pg/next_due.hpp"

#include <algorithm>
#include <string>

#include "pg/boundary.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

// How definitions look at the clock, the more often the greater.
enum class Clock : uint8 {
    never,     // members change with the data only
    days,      // with the day of the population's zone too
    instants,  // at any moment
};

// Stands for as_of in SQL that nobody runs. A name or text that holds it makes the bound lower, not wrong.
constexpr std::string_view marker =
    "\x01"
    "as_of"
    "\x01";

// By the SQL of a condition: whether as_of stands there, and anywhere but in today's date as SqlWriter::today writes it.
Clock clock_of_sql(std::string_view sql) {
    constexpr std::string_view zone = " AT TIME ZONE '", date = ")::date";
    Clock clock = Clock::never;
    for (std::size_t at = sql.find(marker); at != std::string_view::npos; at = sql.find(marker, at + 1)) {
        std::string_view rest = sql.substr(at + marker.size());
        const std::size_t end = rest.starts_with(zone) ? rest.find('\'', zone.size()) : std::string_view::npos;
        const bool today = at > 0 && sql[at - 1] == '(' && end != std::string_view::npos && rest.substr(end + 1).starts_with(date);
        clock = std::max(clock, today ? Clock::days : Clock::instants);
    }
    return clock;
}

Clock clock_of(const definition::Checked &checked, const definition::Vocabulary &vocabulary, const definition::Checked *base,
               std::pmr::memory_resource *memory) {
    if (!checked.scores.empty() || checked.subscriptions) {
        return Clock::instants;
    }
    return clock_of_sql(definition::condition_sql(checked, {vocabulary, marker, base, checked.joins}, memory));
}

// Of each segment, with the base and the segments that it uses.
Clock *clocks_of(const Run *run) {
    const Compilation *compilation = run->compilation;
    auto *clocks = static_cast<Clock *>(palloc(sizeof(Clock) * (compilation->segments.size() + 1)));
    MemoryContext context = CurrentMemoryContext;
    boundary::core([&] {
        ChildContext memory(context, "segment clocks");
        const definition::Vocabulary &vocabulary = run->binding.vocabulary;
        const Clock base = clock_of(compilation->base(), vocabulary, nullptr, memory.resource());
        // What a segment uses comes before it.
        for (std::size_t i = 0; i < compilation->segments.size(); ++i) {
            const definition::Checked &checked = compilation->segments[i].checked;
            clocks[i] = std::max(base, clock_of(checked, vocabulary, &compilation->base(), memory.resource()));
            for (const definition::SegmentUse &use : checked.segments) {
                for (std::size_t used = 0; used < i; ++used) {
                    if (compilation->segments[used].segment->id == use.id) {
                        clocks[i] = std::max(clocks[i], clocks[used]);
                    }
                }
            }
        }
    });
    return clocks;
}

// The first instant of the next day.
TimestampTz midnight_after(const Population *population, TimestampTz as_of) {
    const char *zone = quote_literal_cstr(population->time_zone);
    Rows midnight = caller_execute(psprintf("SELECT (($1 AT TIME ZONE %s)::date + 1)::timestamp AT TIME ZONE %s", zone, zone),
                                   {timestamptz_argument(as_of)});
    return DatumGetTimestampTz(value_of(midnight, 0, 0));
}

}  // namespace

Datum *next_dues(const Run *run, TimestampTz as_of) {
    const Clock *clocks = clocks_of(run);
    const TimestampTz dues[] = {DT_NOEND, midnight_after(run->population, as_of), as_of};
    const size_t count = run->compilation->segments.size();
    auto *result = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        result[i] = TimestampTzGetDatum(dues[static_cast<size_t>(clocks[i])]);
    }
    return result;
}

}  // namespace segment::pg
