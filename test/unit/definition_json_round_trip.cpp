// Whatever the language can say comes back from JSON as it was.
#include <gtest/gtest.h>

#include "definition_dump.hpp"
#include "definition_json_support.hpp"
#include "definition_random.hpp"

namespace segment::definition {
namespace {

// A tree with a rank inside a `where` prints, but the parser refuses it.
bool is_refused(const Error &error) {
    return error.message.ends_with("a rank cannot stand inside \"where\"");
}

TEST(JsonRoundTrip, OfRandomDefinitions) {
    int read = 0;
    for (std::uint64_t seed = 1; seed <= 4'000; ++seed) {
        std::pmr::monotonic_buffer_resource arena;
        const Node *tree = RandomTree(seed, arena).condition(1 + static_cast<int>(seed % 5));
        const std::string json = written(*tree);
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + json);
        try {
            const Node &again = definition_from_json(as_jsonb(json), arena);
            ASSERT_EQ(dump(&again), dump(tree));
            ASSERT_EQ(written(again), json);
            ++read;
        } catch (const Error &error) {
            ASSERT_TRUE(is_refused(error)) << error.message;
        }
    }
    EXPECT_GT(read, 3'000);
}

TEST(JsonRoundTrip, OfRandomFormulas) {
    int read = 0;
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        std::pmr::monotonic_buffer_resource arena;
        const Node *tree = RandomTree(seed, arena).value(1 + static_cast<int>(seed % 5));
        const std::string json = written(*tree);
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + json);
        try {
            const Node &again = formula_from_json(as_jsonb(json), arena);
            ASSERT_EQ(dump(&again), dump(tree));
            ASSERT_EQ(written(again), json);
            ++read;
        } catch (const Error &error) {
            ASSERT_TRUE(is_refused(error)) << error.message;
        }
    }
    EXPECT_GT(read, 1'600);
}

// JSON with a piece taken out, doubled or replaced is a definition or an error.
TEST(JsonRoundTrip, OfDamagedJson) {
    std::mt19937_64 random(11);
    int read = 0;
    for (std::uint64_t seed = 1; seed <= 4'000; ++seed) {
        std::pmr::monotonic_buffer_resource arena;
        std::string json = written(*RandomTree(seed, arena).condition(3));
        const std::size_t at = random() % json.size(), length = 1 + random() % 4;
        switch (random() % 3) {
        case 0: json.erase(at, length); break;
        case 1: json.insert(at, json.substr(random() % json.size(), length)); break;
        default: json[at] = static_cast<char>(random() % 256); break;
        }
        SCOPED_TRACE(json);
        try {
            const std::string text = printed(definition_from_json(json, arena));
            ASSERT_EQ(canonical(text), text);
            ASSERT_EQ(definition_of(json_of(text)), text);
            ++read;
        } catch (const Error &error) {
            ASSERT_FALSE(error.message.empty());
            ASSERT_NE(error.code, ErrorCode::internal_error);
        }
    }
    EXPECT_GT(read, 200);
}

}  // namespace
}  // namespace segment::definition
