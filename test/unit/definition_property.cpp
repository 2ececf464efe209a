// Properties that hold for every tree: its text reads as the same tree, and prints as the same text.
#include <gtest/gtest.h>

#include "definition_dump.hpp"
#include "definition_random.hpp"
#include "definition_support.hpp"

namespace segment::definition {
namespace {

// A tree with a rank inside a `where` prints, but the parser refuses it.
bool is_refused(const Error &error) {
    return error.message == "a rank cannot stand inside \"where\"";
}

TEST(RoundTrips, OfRandomDefinitions) {
    int read = 0;
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
        std::pmr::monotonic_buffer_resource arena;
        const Node *tree = RandomTree(seed, arena).condition(1 + static_cast<int>(seed % 5));
        const std::string text = printed(*tree);
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text);
        try {
            const Node &again = parse_definition(text, arena);
            ASSERT_EQ(dump(&again), dump(tree));
            ASSERT_EQ(printed(again), text);
            ++read;
        } catch (const Error &error) {
            ASSERT_TRUE(is_refused(error)) << error.message << " at " << error.position;
        }
    }
    EXPECT_GT(read, 15'000);
}

TEST(RoundTrips, OfRandomFormulas) {
    int read = 0;
    for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
        std::pmr::monotonic_buffer_resource arena;
        const Node *tree = RandomTree(seed, arena).value(1 + static_cast<int>(seed % 5));
        const std::string text = printed(*tree);
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + text);
        try {
            const Node &again = parse_formula(text, arena);
            ASSERT_EQ(dump(&again), dump(tree));
            ASSERT_EQ(printed(again), text);
            ++read;
        } catch (const Error &error) {
            ASSERT_TRUE(is_refused(error)) << error.message << " at " << error.position;
        }
    }
    EXPECT_GT(read, 8'000);
}

// A text with a piece taken out, doubled or swapped is a definition or an error that points into it.
TEST(RoundTrips, OfDamagedTexts) {
    std::mt19937_64 random(7);
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
        std::pmr::monotonic_buffer_resource arena;
        std::string text = printed(*RandomTree(seed, arena).condition(3));
        for (int i = 0; i < 2 && !text.empty(); ++i) {
            const std::size_t at = random() % text.size(), length = 1 + random() % 4;
            switch (random() % 3) {
                case 0:
                    text.erase(at, length);
                    break;
                case 1:
                    text.insert(at, text.substr(random() % text.size(), length));
                    break;
                default:
                    text[at] = static_cast<char>(random() % 256);
                    break;
            }
        }
        SCOPED_TRACE(text);
        try {
            const std::string once = printed(parse_definition(text, arena));
            ASSERT_EQ(printed(parse_definition(once, arena)), once);
        } catch (const Error &error) {
            ASSERT_GE(error.position, 0);
            ASSERT_LE(static_cast<std::size_t>(error.position), text.size());
            ASSERT_FALSE(error.message.empty());
        }
    }
}

}  // namespace
}  // namespace segment::definition
