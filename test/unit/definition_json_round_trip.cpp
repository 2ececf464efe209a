// Whatever the language can say comes back from JSON as it was.
#include <gtest/gtest.h>

#include <random>
#include <vector>

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
            case 0:
                json.erase(at, length);
                break;
            case 1:
                json.insert(at, json.substr(random() % json.size(), length));
                break;
            default:
                json[at] = static_cast<char>(random() % 256);
                break;
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

void collect(const json::Value &value, std::vector<const json::Value *> &into) {
    into.push_back(&value);
    for (const json::Value &item : value.items)
        collect(item, into);
}

std::string with_graft(const json::Value &value, const json::Value *replaced, const json::Value &graft) {
    if (&value == replaced)
        return as_jsonb(graft);
    const bool is_object = value.type == json::Type::object;
    if (!is_object && value.type != json::Type::array)
        return as_jsonb(value);
    std::string result(is_object ? "{" : "[");
    for (const json::Value &item : value.items) {
        result += result.size() > 1 ? "," : "";
        result += is_object ? "\"" + std::string(item.key) + "\":" : "";
        result += with_graft(item, replaced, graft);
    }
    return result + (is_object ? "}" : "]");
}

// JSON in which a value of one definition stands in another is a definition or an error, too; and no wrong tree prints as a text
// that reads as another one.
TEST(JsonRoundTrip, OfGraftedJson) {
    std::mt19937_64 random(13);
    int read = 0;
    for (int i = 0; i < 4'000; ++i) {
        std::pmr::monotonic_buffer_resource arena;
        const std::string stock = written(*RandomTree(random(), arena).condition(3)),
                          scion = written(*RandomTree(random(), arena).condition(4));
        const json::Document stock_json = json::read(stock, arena), scion_json = json::read(scion, arena);
        std::vector<const json::Value *> places, grafts;
        collect(stock_json.root, places);
        collect(scion_json.root, grafts);
        const json::Value *place = places[random() % places.size()];
        std::erase_if(grafts, [&](const json::Value *graft) { return graft->type != place->type; });
        if (grafts.empty())
            continue;
        const std::string json = with_graft(stock_json.root, place, *grafts[random() % grafts.size()]);
        SCOPED_TRACE(json);
        try {
            const Node &tree = definition_from_json(json, arena);
            ASSERT_EQ(dump(&definition_from_json(written(tree), arena)), dump(&tree));
            ++read;
        } catch (const Error &error) {
            ASSERT_EQ(error.message.find("another form"), std::string::npos) << error.message;
            ASSERT_NE(error.code, ErrorCode::internal_error);
        }
    }
    EXPECT_GT(read, 1'000);
}

}  // namespace
}  // namespace segment::definition
