#include "pg/event_numbers.hpp"

#include <algorithm>

#include "core/match/compile.hpp"
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
          events(readable, plan, &resource),
          conditions(&resource) {
        for (size_t i = 0; i < readable.size(); ++i)
            readable[i] = binding.sources[i].is_readable;
    }

    ContextResource resource;
    std::pmr::vector<bool> readable;  // by source
    match::Plan plan;
    match::EventFeatures events;
    struct Condition {
        match::NodeId node;
        std::pmr::vector<uint64> words;  // of the chunk that was loaded last
    };
    std::pmr::vector<Condition> conditions;
};

// Whether a pass tells all leaves of the node.
bool is_measured(const match::Plan &plan, match::NodeId node) {
    const match::PlanNode &what = plan.nodes()[node];
    return what.kind == match::NodeKind::leaf
               ? plan.features()[what.feature].is_measured
               : std::ranges::all_of(what.operands, [&](match::NodeId operand) { return is_measured(plan, operand); });
}

// Of all ordinals of a chunk, whether there are members or not.
void evaluate(const match::Plan &plan, match::NodeId node, const match::EventLeaves &leaves, std::span<uint64> words,
              std::pmr::memory_resource *memory) {
    const match::PlanNode &what = plan.nodes()[node];
    if (what.kind == match::NodeKind::everyone) {
        std::ranges::fill(words, ~uint64{0});
        return;
    }
    if (what.kind == match::NodeKind::leaf) {
        std::ranges::copy(leaves.leaf(node), words.begin());
        return;
    }
    evaluate(plan, what.operands.front(), leaves, words, memory);
    if (what.kind == match::NodeKind::negation) {
        std::ranges::transform(words, words.begin(), [](uint64 word) { return ~word; });
        return;
    }
    std::pmr::vector<uint64> other(words.size(), memory);
    for (const match::NodeId operand : std::span(what.operands).subspan(1)) {
        evaluate(plan, operand, leaves, other, memory);
        std::ranges::transform(words, other, words.begin(),
                               [&](uint64 a, uint64 b) { return what.kind == match::NodeKind::conjunction ? a & b : a | b; });
    }
}

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

std::optional<uint32> ask_event_number(EventNumbers *numbers, const definition::BoundValue &value, const definition::Scope &scope) {
    return numbers->question->events.take_number(value, scope);
}

std::optional<uint32> ask_event_condition(EventNumbers *numbers, const definition::BoundCondition &condition,
                                          const definition::Scope &scope) {
    Question &question = *numbers->question;
    const definition::Checked checked{&condition, std::pmr::vector<definition::SegmentUse>(&question.resource),
                                      std::pmr::vector<definition::Probe>(&question.resource)};
    const match::NodeId node =
        match::compile(checked, scope, match::SegmentNodes(&question.resource), question.plan, &question.resource, &question.events);
    if (!is_measured(question.plan, node)) {
        return {};
    }
    question.conditions.push_back({node, std::pmr::vector<uint64>(members::words_per_chunk, &question.resource)});
    return static_cast<uint32>(question.conditions.size() - 1);
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
            match::EventLeaves &leaves = *event_leaves(numbers->passes);
            Question &question = *numbers->question;
            leaves.load_numbers(chunk, interrupts);
            if (!question.conditions.empty()) {
                leaves.load(chunk, interrupts);
            }
            for (Question::Condition &condition : question.conditions) {
                evaluate(question.plan, condition.node, leaves, condition.words, &question.resource);
            }
        });
    }
}

double event_number(const EventNumbers *numbers, uint32 number, members::Ordinal ordinal) {
    return event_leaves(numbers->passes)->number(number, ordinal);
}

bool event_condition(const EventNumbers *numbers, uint32 condition, members::Ordinal ordinal) {
    const uint32 index = ordinal % members::chunk_size;
    return (numbers->question->conditions[condition].words[index / 64] >> index % 64 & 1) != 0;
}

void end_event_numbers(EventNumbers *numbers) {
    end_event_passes(numbers->passes);
    MemoryContextDelete(numbers->context);
}

}  // namespace segment::pg
