#include "pg/report_bridges.hpp"

#include "core/revenue/collector_reader.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"

namespace segment::pg {

using revenue::Group;

revenue::GroupedBridges *add_up(const revenue::Collector *lines, const BridgeQuestion *question, const Report *report) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        BackendInterrupts interrupts;
        auto *memory = make_in_context<ContextResource>(context, context);
        Placement placement(report, memory);
        auto *bridges = make_in_context<revenue::GroupedBridges>(
            context, revenue::Edges(question->periods->edges, static_cast<std::size_t>(question->periods->count)), question->rules,
            question->membership, placement.known_from(), placement.outside() + 1, memory);
        revenue::CollectorReader reader(*lines, memory, interrupts);
        while (reader.next()) {
            bridges->add(reader.changes(), placement.of(static_cast<members::Ordinal>(reader.key().number)));
        }
        bridges->finish();
        return bridges;
    });
}

Group shown_groups(const Groups *groups, const revenue::GroupedBridges *bridges) {
    const Group last = groups->order[groups->count - 1];
    if (!groups->divided) {
        return groups->count;
    }
    for (std::size_t period = 0; period < bridges->periods(); period++) {
        if (!bridges->bridge(last, period).is_idle()) {
            return groups->count;
        }
    }
    return groups->count - 1;
}

}  // namespace segment::pg
