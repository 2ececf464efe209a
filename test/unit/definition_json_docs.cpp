// The examples of docs/definition-json.md are true, and leave no form out.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/definition/json_words.hpp"
#include "core/definition/query_builder.hpp"
#include "definition_json_support.hpp"

namespace segment::definition {
namespace {

struct Block {
    std::string language, text;
};

std::string read_document() {
    namespace fs = std::filesystem;
    const fs::path beside = fs::path(__FILE__).parent_path().parent_path().parent_path() / "docs/definition-json.md";
    std::ifstream file(fs::exists(beside) ? beside : fs::path("docs/definition-json.md"));
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Block> blocks_of(const std::string &document) {
    std::vector<Block> blocks;
    for (std::size_t at = 0; (at = document.find("\n```", at)) != std::string::npos;) {
        const std::size_t line_end = document.find('\n', at + 1), end = document.find("\n```", line_end);
        blocks.push_back({document.substr(at + 4, line_end - at - 4), document.substr(line_end + 1, end - line_end - 1)});
        at = end + 4;
    }
    return blocks;
}

// Without the spaces between tokens; keys in the order of the text.
std::string compact(const json::Value &value) {
    const bool is_object = value.type == json::Type::object;
    if (!is_object && value.type != json::Type::array)
        return as_jsonb(value);
    std::string result(is_object ? "{" : "[");
    for (const json::Value &item : value.items)
        result += (result.size() > 1 ? "," : "") + (is_object ? "\"" + std::string(item.key) + "\":" : "") + compact(item);
    return result + (is_object ? "}" : "]");
}

bool is_definition(const json::Document &document) {
    const json::Value *kind = document.member(document.root, "kind");
    const auto &words = json::words_of<Kind>;
    return kind != nullptr && is_condition(static_cast<Kind>(std::ranges::find(words, kind->text) - words.begin()));
}

TEST(JsonDocs, ExamplesAreTrue) {
    const std::vector<Block> blocks = blocks_of(read_document());
    std::size_t examples = 0;
    for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
        if (blocks[i].language != "sql")
            continue;
        ASSERT_EQ(blocks[i + 1].language, "json");
        const std::string &text = blocks[i].text, &json = blocks[i + 1].text;
        SCOPED_TRACE(text);
        std::pmr::monotonic_buffer_resource arena;
        const json::Document document = json::read(json, arena);
        if (is_definition(document)) {
            EXPECT_EQ(json_of(text), compact(document.root));
            EXPECT_EQ(definition_of(json), canonical(text));
        } else {
            EXPECT_EQ(written(parse_formula(text, arena)), compact(document.root));
            EXPECT_EQ(formula_of(json), canonical_formula(text));
        }
        ++examples;
    }
    EXPECT_GT(examples, 60u);
}

TEST(JsonDocs, QueryBuilderExampleIsTrue) {
    const std::vector<Block> blocks = blocks_of(read_document());
    const auto query = std::ranges::find(blocks, "json query", &Block::language);
    ASSERT_NE(query, blocks.end());
    ASSERT_EQ(query[1].language, "sql query");
    std::pmr::monotonic_buffer_resource arena;
    EXPECT_EQ(printed(from_query_builder(query->text, arena)), query[1].text);
}

template <class Enum>
void expect_all_words(const std::string &document) {
    for (const std::string_view word : json::words_of<Enum>) {
        if (!word.empty()) {
            EXPECT_NE(document.find("`" + std::string(word) + "`"), std::string::npos) << word;
        }
    }
}

TEST(JsonDocs, NameAllWords) {
    const std::string document = read_document();
    expect_all_words<Kind>(document);
    expect_all_words<ArithmeticOperator>(document);
    expect_all_words<Function>(document);
    expect_all_words<EventChoice>(document);
    expect_all_words<WindowForm>(document);
    expect_all_words<AggregateFunction>(document);
    expect_all_words<Comparison>(document);
    expect_all_words<TextOperator>(document);
    expect_all_words<Quantity>(document);
    expect_all_words<RankForm>(document);
    expect_all_words<CountForm>(document);
    expect_all_words<DidForm>(document);
    expect_all_words<Quantifier>(document);
    for (const std::string_view kind : json::words_of<Kind>) {
        if (!kind.empty() && kind != "text" && kind != "boolean") {
            EXPECT_NE(document.find("\"kind\": \"" + std::string(kind) + "\""), std::string::npos) << kind << " has no example";
        }
    }
}

}  // namespace
}  // namespace segment::definition
