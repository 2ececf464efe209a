#include "core/score/ranks.hpp"

#include <algorithm>

namespace segment::score {
namespace {

constexpr std::size_t block_size = 512;
constexpr std::size_t questions_between_polls = 16384;
constexpr std::size_t least_values = 4096;

// How many of sorted values come before one.
std::size_t before(std::span<const double> sorted, double value, bool equals_too) {
    const auto end = equals_too ? std::ranges::upper_bound(sorted, value) : std::ranges::lower_bound(sorted, value);
    return static_cast<std::size_t>(end - sorted.begin());
}

}  // namespace

Ranks::Ranks(std::uint64_t bytes, behaviour::Overflow *overflow, std::pmr::memory_resource *memory)
    : capacity_(std::max<std::size_t>(bytes / sizeof(double), least_values)),
      overflow_(overflow),
      values_(memory),
      runs_(memory),
      questions_(memory),
      below_(memory),
      block_(memory) {}

void Ranks::add(double value) {
    if (values_.size() == values_.capacity()) [[unlikely]] {
        if (values_.size() == capacity_ && overflow_ != nullptr) {
            write_run();
        } else {
            values_.reserve(overflow_ == nullptr ? 2 * values_.size() + least_values
                                                 : std::min(capacity_, 2 * values_.size() + least_values));
        }
    }
    values_.push_back(value);
    ++count_;
}

void Ranks::write_run() {
    std::ranges::sort(values_);
    Run run{values_.size(), std::pmr::vector<Block>(values_.get_allocator())};
    for (std::size_t first = 0; first < values_.size(); first += block_size) {
        const auto block = std::span(values_).subspan(first, std::min(block_size, values_.size() - first));
        run.blocks.push_back({block.front(), overflow_->append(std::as_bytes(block))});
    }
    runs_.push_back(std::move(run));
    values_.clear();
}

void Ranks::finish() {
    std::ranges::sort(values_);
}

// Questions come in ascending order, so that each block is read once.
void Ranks::count_below(const Run &run, bool equals_too, Interrupts &interrupts) {
    constexpr std::size_t none = SIZE_MAX;
    std::size_t known = none;
    for (std::size_t i = 0; i < questions_.size(); ++i) {
        if (i % questions_between_polls == 0) {
            interrupts.poll();
        }
        const double value = questions_[i].value;
        const auto next = equals_too ? std::ranges::upper_bound(run.blocks, value, {}, &Block::first)
                                     : std::ranges::lower_bound(run.blocks, value, {}, &Block::first);
        if (next == run.blocks.begin()) {
            continue;
        }
        const auto block = static_cast<std::size_t>(next - run.blocks.begin()) - 1, first = block * block_size;
        if (block != known) {
            block_.resize(std::min<std::uint64_t>(block_size, run.size - first));
            overflow_->read(run.blocks[block].place, std::as_writable_bytes(std::span(block_)));
            known = block;
        }
        below_[questions_[i].index] += first + before(block_, value, equals_too);
    }
}

void Ranks::rank(std::span<double> values, bool more_is_better, Interrupts &interrupts) {
    const bool equals_too = !more_is_better;
    below_.assign(values.size(), 0);
    if (!runs_.empty()) {
        questions_.clear();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!is_missing(values[i])) {
                questions_.push_back({values[i], static_cast<std::uint32_t>(i)});
            }
        }
        std::ranges::sort(questions_, {}, &Question::value);
        for (const Run &run : runs_) {
            count_below(run, equals_too, interrupts);
        }
    }
    const double others = count_ > 1 ? static_cast<double>(count_ - 1) : 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i % questions_between_polls == 0) {
            interrupts.poll();
        }
        if (!is_missing(values[i])) {
            const std::uint64_t first = below_[i] + before(values_, values[i], equals_too);
            values[i] = static_cast<double>(more_is_better ? first : count_ - first) / others;
        }
    }
}

}  // namespace segment::score
