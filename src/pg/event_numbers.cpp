#include "pg/event_numbers.hpp"

#include "pg/boundary.hpp"
#include "pg/event_passes.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

struct Question {
    Question(MemoryContext context, const Binding &binding)
        : resource(context),
          readable(binding.vocabulary.events.size(), false, &resource),
          plan(&resource),
          events(readable, plan, &resource) {
        for (size_t i = 0; i < readable.size(); ++i)
            readable[i] = binding.sources[i].is_readable;
    }

    ContextResource resource;
    std::pmr::vector<bool> readable;  // by source
    match::Plan plan;
    match::EventFeatures events;
};

}  // namespace

struct EventNumbers {
    MemoryContext context;
    const Binding *binding;
    Question *question;
    EventPasses *passes;  // null before they are run
};

EventNumbers *begin_event_numbers(const Binding *binding) {
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment event numbers", ALLOCSET_DEFAULT_SIZES);
    auto *numbers = static_cast<EventNumbers *>(MemoryContextAllocZero(context, sizeof(EventNumbers)));
    numbers->context = context;
    numbers->binding = binding;
    numbers->question = boundary::core([&] { return make_in_context<Question>(context, context, *binding); });
    return numbers;
}

std::optional<uint32> ask_event_number(EventNumbers *numbers, const definition::CheckedFormula &formula, const definition::Scope &scope) {
    return numbers->question->events.take_number(*formula.value, scope);
}

void run_event_numbers(EventNumbers *numbers, const MemberKeys *keys, const members::BitSet *members, uint64 memory, IgnoredRows *ignored) {
    MemoryContext caller = MemoryContextSwitchTo(numbers->context);
    numbers->passes =
        run_event_passes(numbers->binding, &numbers->question->events, &numbers->question->plan, keys, members, memory, ignored);
    MemoryContextSwitchTo(caller);
}

void load_event_numbers(EventNumbers *numbers, uint32 chunk) {
    if (numbers->passes != nullptr) {
        boundary::core([&] {
            BackendInterrupts interrupts;
            event_leaves(numbers->passes)->load_numbers(chunk, interrupts);
        });
    }
}

double event_number(const EventNumbers *numbers, uint32 number, members::Ordinal ordinal) {
    return event_leaves(numbers->passes)->number(number, ordinal);
}

void end_event_numbers(EventNumbers *numbers) {
    end_event_passes(numbers->passes);
    MemoryContextDelete(numbers->context);
}

}  // namespace segment::pg
