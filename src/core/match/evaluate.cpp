#include "core/match/evaluate.hpp"

#include <algorithm>

#include "core/match/kernels.hpp"

namespace segment::match {

namespace {

// Calls work(code) with a value of the type that the codes are kept in.
template <class Work>
void with_type(const Staging::Codes &codes, Work work) {
    switch (codes.width) {
        case 1:
            return work(std::uint8_t{});
        case 2:
            return work(std::uint16_t{});
        default:
            return work(std::uint32_t{});
    }
}

}  // namespace

Evaluation::Evaluation(const Plan &plan, const Staging &staging, LeafVectors *given, std::pmr::memory_resource *memory)
    : staging_(staging),
      given_(given),
      program_(make_program(plan, staging, memory)),
      slots_(std::size_t{program_.slots} * words_per_window, memory),
      classes_(std::size_t{program_.classes} * words_per_window, memory),
      sets_(std::size_t{program_.sets} * members::words_per_chunk, memory) {}

void Evaluation::run(std::uint32_t chunk, Interrupts &interrupts) {
    if (!program_.given.empty()) {
        given_->load(chunk, interrupts);
    }
    for (std::uint32_t window = 0; window < windows_per_chunk; ++window) {
        interrupts.poll();
        if (staging_.touched(chunk, window)) {
            run_window(chunk, window);
        } else {
            for (std::uint32_t set = 0; set < program_.sets; ++set) {
                clear(output(set, window));
            }
        }
    }
}

members::ChunkWords Evaluation::set(std::uint32_t set) const {
    return members::ChunkWords(sets_.data() + std::size_t{set} * members::words_per_chunk, members::words_per_chunk);
}

std::uint64_t *Evaluation::slot(Slot slot) {
    return vector_at(slots_.data(), slot);
}

std::uint64_t *Evaluation::output(std::uint32_t set, std::uint32_t window) {
    return sets_.data() + std::size_t{set} * members::words_per_chunk + window * words_per_window;
}

void Evaluation::run_window(std::uint32_t chunk, std::uint32_t window) {
    copy(staging_.present(chunk, window), slot(everyone_slot));
    for (const Group &group : program_.groups) {
        run_group(group, staging_.codes(group.feature, chunk, window));
    }
    for (const List &list : program_.lists) {
        const Staging::Codes codes = staging_.codes(list.feature, chunk, window);
        with_type(codes, [&](auto code) { look_up<decltype(code)>(codes, list.holds.data(), slot(list.target)); });
    }
    for (const Given &leaf : program_.given) {
        const std::uint64_t *const words = given_->leaf(leaf.leaf).data() + window * words_per_window;
        intersection(words, slot(everyone_slot), slot(leaf.target));
    }
    for (const Step &step : program_.steps) {
        run_step(step, window);
    }
}

void Evaluation::run_group(const Group &group, const Staging::Codes &codes) {
    std::uint64_t *const vectors = classes_.data();
    std::fill_n(vectors, std::size_t{group.classes} * words_per_window, 0);
    with_type(codes, [&](auto code) { scatter<decltype(code)>(codes, group.class_of.data(), vectors); });
    for (std::uint32_t k = 1; k < group.classes; ++k) {
        add(vector_at(vectors, k - 1), vector_at(vectors, k));
    }
    for (const Group::Leaf &leaf : group.leaves) {
        std::uint64_t *const target = slot(leaf.target);
        if (leaf.begin == leaf.end) {
            clear(target);
            continue;
        }
        const Group::Range &first = group.ranges[leaf.begin];
        difference(vector_at(vectors, first.last), vector_at(vectors, first.first - 1), target);
        for (std::uint32_t i = leaf.begin + 1; i < leaf.end; ++i) {
            const Group::Range &range = group.ranges[i];
            add_difference(vector_at(vectors, range.last), vector_at(vectors, range.first - 1), target);
        }
    }
}

void Evaluation::run_step(const Step &step, std::uint32_t window) {
    const Slot *const operands = program_.operands.data();
    const std::uint64_t *const first = slot(operands[step.begin]);
    switch (step.kind) {
        case StepKind::conjunction:
            intersection(first, slot(operands[step.begin + 1]), slot(step.target));
            for (std::uint32_t i = step.begin + 2; i < step.end; ++i) {
                keep(slot(operands[i]), slot(step.target));
            }
            return;
        case StepKind::disjunction:
            union_of(first, slot(operands[step.begin + 1]), slot(step.target));
            for (std::uint32_t i = step.begin + 2; i < step.end; ++i) {
                add(slot(operands[i]), slot(step.target));
            }
            return;
        case StepKind::negation:
            difference(slot(everyone_slot), first, slot(step.target));
            return;
        case StepKind::store:
            intersection(first, slot(program_.base_slot), output(step.target, window));
            return;
    }
}

}  // namespace segment::match
