#include "core/match/number_leaves.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace segment::match {

namespace {

constexpr std::uint32_t no_leaf = UINT32_MAX;

std::uint32_t rank_of(const std::pmr::vector<double> &cuts, double number) {
    return static_cast<std::uint32_t>(std::ranges::lower_bound(cuts, number) - cuts.begin());
}

// As the plan numbers codes.
std::uint32_t code_of(const std::pmr::vector<double> &cuts, double number) {
    if (std::isnan(number))
        return 0;
    const std::uint32_t rank = rank_of(cuts, number);
    return 2 * rank + (rank < cuts.size() && cuts[rank] == number ? 2 : 1);
}

}  // namespace

NumberLeaves::NumberLeaves(Plan &plan, std::span<const NumberFeature> features, ChunkNumbers &numbers, LeafVectors *others,
                           std::pmr::memory_resource *memory)
    : numbers_(numbers),
      others_(others),
      measures_(memory),
      leaves_(memory),
      leaf_of_node_(plan.nodes().size(), no_leaf, memory),
      codes_(members::chunk_size, 0, memory) {
    std::pmr::vector<std::uint32_t> ranks(memory);
    std::pmr::vector<CodeRange> ranges(memory);
    for (const NumberFeature &feature : features) {
        std::pmr::vector<double> cuts(memory);
        std::ranges::copy_if(feature.cuts, std::back_inserter(cuts), [](double cut) { return !std::isnan(cut); });
        std::ranges::sort(cuts);
        cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
        ranks.clear();
        for (const double cut : feature.cuts)
            ranks.push_back(std::isnan(cut) ? missing_rank : rank_of(cuts, cut));
        plan.rank(feature.feature, ranks);
        const std::size_t begin = leaves_.size();
        for (NodeId node = 0; node < plan.nodes().size(); ++node) {
            if (plan.nodes()[node].kind != NodeKind::leaf || plan.nodes()[node].feature != feature.feature)
                continue;
            leaf_of_node_[node] = static_cast<std::uint32_t>(leaves_.size());
            Leaf &leaf = leaves_.emplace_back(Leaf{std::pmr::vector<std::uint8_t>(plan.codes(feature.feature), 0, memory),
                                                   std::pmr::vector<std::uint64_t>(members::words_per_chunk, 0, memory)});
            plan.code_ranges(plan.nodes()[node], ranges);
            for (const CodeRange &range : ranges)
                std::fill_n(leaf.holds.begin() + range.first, range.last - range.first + 1, std::uint8_t{1});
        }
        measures_.push_back({feature.source, std::move(cuts), begin, leaves_.size()});
    }
}

void NumberLeaves::load(std::uint32_t chunk, Interrupts &interrupts) {
    if (others_ != nullptr)
        others_->load(chunk, interrupts);
    for (const Measure &measure : measures_) {
        interrupts.poll();
        const std::span<const double> numbers = numbers_.numbers(measure.source, chunk);
        std::ranges::fill(codes_, 0);
        std::ranges::transform(numbers, codes_.begin(), [&](double number) { return code_of(measure.cuts, number); });
        for (std::size_t i = measure.begin; i < measure.end; ++i) {
            Leaf &leaf = leaves_[i];
            for (std::size_t word = 0; word < leaf.words.size(); ++word) {
                std::uint64_t bits = 0;
                for (std::size_t bit = 0; bit < 64; ++bit)
                    bits |= std::uint64_t{leaf.holds[codes_[word * 64 + bit]]} << bit;
                leaf.words[word] = bits;
            }
        }
    }
}

members::ChunkWords NumberLeaves::leaf(NodeId leaf) const {
    if (const std::uint32_t own = leaf_of_node_.at(leaf); own != no_leaf)
        return members::ChunkWords(leaves_[own].words.data(), members::words_per_chunk);
    if (others_ == nullptr)
        throw Error(ErrorCode::internal_error, "nothing measures the leaf");
    return others_->leaf(leaf);
}

}  // namespace segment::match
