// Values of many members: what is held in passes, ranks that do not fit into memory, and means over sets.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory_resource>
#include <random>
#include <vector>

#include "core/score/results.hpp"
#include "core/score/scorer.hpp"

namespace segment::score {
namespace {

class NoInterrupts final : public Interrupts {
public:
    void poll() override {}
};

class File final : public behaviour::Overflow {
public:
    std::uint64_t append(std::span<const std::byte> bytes) override {
        const std::uint64_t offset = content.size();
        content.insert(content.end(), bytes.begin(), bytes.end());
        return offset;
    }
    void read(std::uint64_t offset, std::span<std::byte> bytes) override {
        ASSERT_LE(offset + bytes.size(), content.size());
        std::memcpy(bytes.data(), content.data() + offset, bytes.size());
    }
    std::vector<std::byte> content;
};

std::pmr::memory_resource *memory() {
    return std::pmr::get_default_resource();
}

TEST(ScoreGrid, HoldsChunksUpToItsLimitAndTheOthersInLaterPasses) {
    Grid grid(2, memory());
    grid.limit(2);
    const std::vector<Ordinal> members = {5, 200'000, 70'000, 6, 65'535, 65'536};
    const auto pass = [&] {
        std::vector<Ordinal> added;
        for (const Ordinal member : members) {
            if (grid.admits(member)) {
                double *row = grid.add(member);
                EXPECT_NE(row, nullptr);
                EXPECT_TRUE(is_missing(row[0]) && is_missing(row[1]));
                row[0] = member;
                added.push_back(member);
            }
        }
        return added;
    };
    EXPECT_EQ(pass(), (std::vector<Ordinal>{5, 200'000, 6, 65'535}));
    EXPECT_EQ(grid.row(200'000)[0], 200'000);
    EXPECT_EQ(grid.row(7), nullptr);
    EXPECT_EQ(grid.row(70'000), nullptr);
    EXPECT_FALSE(grid.is_done(70'000));
    EXPECT_EQ(grid.add(6), nullptr) << "a member is added once";
    grid.mark(6);
    EXPECT_EQ(grid.marked(0)[0], 1u << 6);
    EXPECT_EQ(grid.present(0)[0], (1u << 5) | (1u << 6));
    grid.begin_next_pass();
    EXPECT_EQ(pass(), (std::vector<Ordinal>{70'000, 65'536}));
    EXPECT_TRUE(grid.is_done(5));
    EXPECT_EQ(grid.row(5), nullptr);
    grid.restart();
    EXPECT_EQ(pass(), (std::vector<Ordinal>{5, 200'000, 6, 65'535}));
    EXPECT_EQ(grid.marked(0)[0], 0);
}

// The ranks of values that fit are those of values that go to a file, ties included.
TEST(ScoreRanks, DoNotDependOnTheMemory) {
    std::mt19937_64 random(7);
    for (const int distinct : {3, 700, 1'000'000'000}) {
        File file;
        Ranks all(UINT64_MAX, nullptr, memory()), parts(0, &file, memory());  // the least room is for 4,096 values
        std::vector<double> values(30'000);
        for (double &value : values) {
            value = static_cast<double>(random() % static_cast<unsigned>(distinct)) / 7 - 50;
        }
        values[0] = -0.0, values[1] = 0.0, values[2] = 1e300, values[3] = -1e300;
        for (const double value : values) {
            all.add(value);
            parts.add(value);
        }
        all.finish();
        parts.finish();
        EXPECT_EQ(file.content.size(), 7 * 4096 * sizeof(double));
        NoInterrupts interrupts;
        for (const bool more_is_better : {true, false}) {
            std::vector<double> some(values.begin(), values.begin() + 5'000);
            some.push_back(missing);
            std::vector<double> expected = some, sorted = values;
            std::ranges::sort(sorted);
            for (double &value : expected) {
                if (!is_missing(value)) {
                    const auto worse = more_is_better ? std::ranges::lower_bound(sorted, value) - sorted.begin()
                                                      : sorted.end() - std::ranges::upper_bound(sorted, value);
                    value = static_cast<double>(worse) / static_cast<double>(values.size() - 1);
                }
            }
            std::vector<double> found = some;
            parts.rank(found, more_is_better, interrupts);
            all.rank(some, more_is_better, interrupts);
            EXPECT_TRUE(is_missing(found.back()));
            found.back() = some.back() = expected.back() = 0;
            EXPECT_EQ(found, expected);
            EXPECT_EQ(some, expected);
        }
    }
}

TEST(ScoreRanks, OfOneOrNone) {
    NoInterrupts interrupts;
    Ranks ranks(0, nullptr, memory());
    ranks.finish();
    std::vector<double> values{missing};
    ranks.rank(values, true, interrupts);
    EXPECT_TRUE(is_missing(values[0]));
    ranks.add(4);
    ranks.finish();
    values = {4};
    ranks.rank(values, true, interrupts);
    EXPECT_EQ(values[0], 0);
}

TEST(Scorer, ComputesChunkByChunk) {
    Metric linear;
    linear.best = 10;
    Metric rank;
    rank.shape = Shape::percentile;
    const Metric metrics[] = {linear, rank};
    const Model model{.min_coverage = 0, .metrics = metrics};
    File file;
    Scorer scorer(model, 0, file, memory());
    Grid grid(Scorer::width(2), memory());
    const Ordinal members[] = {3, 70'000, 9};
    const double values[] = {10, 5, missing}, ranked[] = {1, 2, 3};
    for (int i = 0; i < 3; ++i) {
        double *row = grid.add(members[i]);
        row[0] = values[i], row[1] = ranked[i];
    }
    NoInterrupts interrupts;
    EXPECT_TRUE(scorer.needs_all());
    for (const std::uint32_t chunk : {0, 1}) {
        scorer.note(grid, chunk, interrupts);
    }
    scorer.finish_notes();
    for (const std::uint32_t chunk : {0, 1}) {
        scorer.compute(grid, chunk, interrupts);
    }
    EXPECT_EQ(grid.row(3)[Scorer::score_column], 50);       // (1 + 0) / 2
    EXPECT_EQ(grid.row(70'000)[Scorer::score_column], 50);  // (0.5 + 0.5) / 2
    EXPECT_EQ(grid.row(9)[Scorer::score_column], 100);
    EXPECT_EQ(grid.row(9)[Scorer::coverage_column], 0.5);
    EXPECT_EQ(scorer.mean(0), 0.75);
    EXPECT_EQ(scorer.mean(1), 0.5);
}

TEST(ScoreResults, SumsWhatIsInMemoryOrInTheFile) {
    File file;
    Results results(1, file, memory());
    std::vector<double> scores(members::chunk_size, missing);
    scores[1] = 10, scores[64] = 4;
    results.put(0, Results::ChunkScores(scores));
    scores[64] = 6;
    results.put(2, Results::ChunkScores(scores));
    EXPECT_EQ(file.content.size(), Results::chunk_bytes);
    std::vector<std::uint64_t> words(members::words_per_chunk);
    words[0] = 0b111, words[1] = 1;
    const members::ChunkWords set(words);
    for (const auto &[chunk, count, total] : {std::tuple{0u, 2, 14.0}, {1u, 0, 0.0}, {2u, 2, 16.0}, {3u, 0, 0.0}}) {
        results.select(chunk);
        EXPECT_EQ(results.sum(set).count, count);
        EXPECT_EQ(results.sum(set).total, total);
    }
    results.select(2);
    EXPECT_EQ(results.at(64), 6);
    EXPECT_TRUE(is_missing(results.at(0)));
}

}  // namespace
}  // namespace segment::score
