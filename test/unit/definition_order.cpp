#include "core/definition/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "failing_memory.hpp"

namespace segment::definition {
namespace {

using Uses = std::vector<std::pair<std::int32_t, std::vector<std::int32_t>>>;  // by id, in the order of the list

// The ids in dependency order, or the detail of the error. The segment with id 7 is called s7.
std::pair<std::vector<std::int32_t>, std::string> order(const Uses &uses,
                                                        std::pmr::memory_resource *memory = std::pmr::new_delete_resource()) {
    std::vector<std::string> names;
    for (const auto &[id, used] : uses) {
        names.push_back("s" + std::to_string(id));
    }
    std::vector<Dependent> dependents;
    for (std::size_t i = 0; i < uses.size(); ++i) {
        dependents.push_back({uses[i].first, names[i], uses[i].second});
    }
    std::vector<std::int32_t> ids;
    try {
        for (const std::uint32_t index : dependency_order(dependents, memory)) {
            ids.push_back(dependents.at(index).id);
        }
    } catch (const Error &error) {
        EXPECT_EQ(error.code, ErrorCode::cyclic_definition);
        return {{}, error.detail};
    }
    return {ids, ""};
}

// Again and again takes the lowest id whose uses are all taken; nothing if that is stuck.
std::optional<std::vector<std::int32_t>> naive_order(const Uses &uses) {
    std::map<std::int32_t, std::set<std::int32_t>> waiting;
    for (const auto &[id, used] : uses) {
        waiting[id].insert(used.begin(), used.end());
    }
    std::vector<std::int32_t> taken;
    while (!waiting.empty()) {
        const auto next = std::find_if(waiting.begin(), waiting.end(), [&](const auto &entry) {
            return std::none_of(entry.second.begin(), entry.second.end(), [&](std::int32_t id) { return waiting.contains(id); });
        });
        if (next == waiting.end()) {
            return std::nullopt;
        }
        taken.push_back(next->first);
        waiting.erase(next);
    }
    return taken;
}

std::vector<std::int32_t> ids_of(const std::string &cycle) {
    std::vector<std::int32_t> ids;
    const std::string arrow = " -> ";
    for (std::size_t begin = 0; begin <= cycle.size();) {
        const std::size_t end = std::min(cycle.find(arrow, begin), cycle.size());
        ids.push_back(std::stoi(cycle.substr(begin + 1, end - begin - 1)));
        begin = end + arrow.size();
    }
    return ids;
}

TEST(DependencyOrder, LowestIdFirst) {
    EXPECT_TRUE(order({}).first.empty());
    EXPECT_EQ(order({{3, {}}, {1, {}}, {2, {}}}).first, (std::vector{1, 2, 3}));
    EXPECT_EQ(order({{1, {3}}, {2, {}}, {3, {}}}).first, (std::vector{2, 3, 1}));
}

TEST(DependencyOrder, DiamondIsNoCycle) {
    EXPECT_EQ(order({{1, {2, 3}}, {2, {4}}, {3, {4}}, {4, {}}}).first, (std::vector{4, 2, 3, 1}));
    EXPECT_EQ(order({{1, {2, 2, 2}}, {2, {}}}).first, (std::vector{2, 1}));
}

TEST(DependencyOrder, ForeignIdsAreIgnored) {
    EXPECT_EQ(order({{1, {99, 2}}, {2, {-5}}}).first, (std::vector{2, 1}));
}

TEST(DependencyOrder, CyclesArePrinted) {
    EXPECT_EQ(order({{1, {1}}}).second, "s1 -> s1");
    EXPECT_EQ(order({{2, {1}}, {1, {2}}}).second, "s1 -> s2 -> s1");
    EXPECT_EQ(order({{1, {2}}, {2, {3}}, {3, {4}}, {4, {2}}, {5, {}}}).second, "s2 -> s3 -> s4 -> s2");
    EXPECT_EQ(order({{1, {3, 2}}, {2, {1}}, {3, {1}}}).second, "s1 -> s2 -> s1");
    EXPECT_EQ(order({{1, {2, 3}}, {2, {1}}, {3, {1}}}).second, "s1 -> s2 -> s1");
    EXPECT_EQ(order({{9, {8}}, {8, {7}}, {7, {9}}, {1, {}}, {2, {9}}}).second, "s7 -> s9 -> s8 -> s7");
}

TEST(DependencyOrder, EqualIdsAreRefused) {
    const std::int32_t ids[] = {4, 2, 4};
    std::vector<Dependent> dependents;
    for (const std::int32_t id : ids) {
        dependents.push_back({id, "s", {}});
    }
    try {
        dependency_order(dependents, std::pmr::new_delete_resource());
        FAIL();
    } catch (const Error &error) {
        EXPECT_EQ(error.code, ErrorCode::internal_error);
    }
}

TEST(DependencyOrder, AgreesWithNaiveOrder) {
    std::mt19937 random(5);
    int cycles = 0, orders = 0;
    for (int i = 0; i < 3'000; ++i) {
        const int size = 1 + static_cast<int>(random() % 12);
        std::vector<std::int32_t> ids(size);
        for (int j = 0; j < size; ++j) {
            ids[j] = 10 * j - 30;
        }
        std::shuffle(ids.begin(), ids.end(), random);
        Uses uses;
        std::map<std::int32_t, std::set<std::int32_t>> edges;
        for (const std::int32_t id : ids) {
            std::vector<std::int32_t> used;
            for (std::uint32_t n = random() % 3; n > 0; --n) {
                used.push_back(random() % 10 == 0 ? 12345 : ids[random() % ids.size()]);
            }
            edges[id].insert(used.begin(), used.end());
            uses.emplace_back(id, used);
        }
        const auto expected = naive_order(uses);
        const auto [actual, cycle] = order(uses);
        if (expected) {
            ++orders;
            ASSERT_EQ(actual, *expected);
            continue;
        }
        ++cycles;
        const std::vector<std::int32_t> path = ids_of(cycle);
        ASSERT_GE(path.size(), 2U);
        ASSERT_EQ(path.front(), path.back());
        ASSERT_EQ(std::set(path.begin(), path.end()).size(), path.size() - 1) << cycle;
        ASSERT_EQ(path.front(), *std::min_element(path.begin(), path.end()));
        for (std::size_t step = 1; step < path.size(); ++step) {
            ASSERT_TRUE(edges[path[step - 1]].contains(path[step])) << cycle;
        }
    }
    EXPECT_GT(cycles, 300);
    EXPECT_GT(orders, 300);
}

TEST(DependencyOrder, DeepChains) {
    constexpr std::int32_t depth = 100'000;
    Uses uses;
    for (std::int32_t id = 0; id < depth; ++id) {
        uses.push_back({id, {id + 1}});
    }
    const std::vector<std::int32_t> ids = order(uses).first;
    ASSERT_EQ(ids.size(), std::size_t{depth});
    EXPECT_TRUE(std::is_sorted(ids.rbegin(), ids.rend()));
    uses.back().second = {0};
    EXPECT_EQ(order(uses).second,
              "s0 -> s1 -> s2 -> s3 -> s4 -> s5 -> s6 -> s7 -> s8 -> s9 -> s10 -> s11 -> s12 -> s13 -> s14 -> s15 -> s16 -> s17 -> s18 -> "
              "s19 -> ... -> s0");
}

TEST(DependencyOrder, ReturnsItsMemory) {
    testing::fail_at_every_allocation([](std::pmr::memory_resource *memory) {
        EXPECT_EQ(order({{1, {2, 3}}, {2, {4}}, {3, {4}}, {4, {}}}, memory).first, (std::vector{4, 2, 3, 1}));
    });
    testing::fail_at_every_allocation([](std::pmr::memory_resource *memory) {
        EXPECT_EQ(order({{1, {2}}, {2, {1}}}, memory).second, "s1 -> s2 -> s1");
    });
}

}  // namespace
}  // namespace segment::definition
