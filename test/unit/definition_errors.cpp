// Wrong definitions: message, position and hint. The corpus is in definition_errors.txt; what a text file cannot hold is here.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "core/definition/locate.hpp"
#include "definition_support.hpp"

namespace segment::definition {
namespace {

struct Wrong {
    std::string definition, message, hint;
    std::size_t caret = 0;  // in characters, from 0
};

std::vector<Wrong> read_corpus() {
    std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "definition_errors.txt");
    std::vector<Wrong> corpus;
    std::string line;
    while (std::getline(file, line) && !line.empty()) {  // the introduction
    }
    while (std::getline(file, line)) {
        Wrong wrong;
        wrong.definition = line;
        while (std::getline(file, line) && !line.empty()) {
            constexpr std::string_view hint = "    hint: ";
            if (line.starts_with(hint)) {
                wrong.hint = line.substr(hint.size());
            } else {
                wrong.caret = line.find('^');
                wrong.message = line.substr(wrong.caret + 2);
            }
        }
        corpus.push_back(wrong);
    }
    return corpus;
}

TEST(Errors, SayWhatWasExpected) {
    const std::vector<Wrong> corpus = read_corpus();
    ASSERT_GE(corpus.size(), 400u);
    for (const Wrong &wrong : corpus) {
        SCOPED_TRACE(wrong.definition);
        const Error error = error_of(parse_definition, wrong.definition);
        EXPECT_EQ(error.message, wrong.message);
        EXPECT_EQ(error.hint, wrong.hint);
        ASSERT_GE(error.position, 0);
        EXPECT_EQ(locate(wrong.definition, static_cast<std::size_t>(error.position), true).character, wrong.caret + 1);
        EXPECT_TRUE(error.code == ErrorCode::syntax_error || error.code == ErrorCode::numeric_out_of_range);
    }
}

struct Special {
    std::string_view definition;
    std::int64_t position;
    std::string_view message;
};

TEST(Errors, OfBytesThatATextFileCannotHold) {
    using namespace std::string_view_literals;
    const Special wrong[] = {
        {""sv, 0, "the definition is empty"},
        {" \n\t "sv, 4, "the definition is empty"},
        {"plan\0 = 5"sv, 4, "a definition cannot contain a NUL byte"},
        {"\0"sv, 0, "a definition cannot contain a NUL byte"},
        {"plan = 'a\0b'"sv, 9, "a definition cannot contain a NUL byte"},
        {"plan = \"a\0b\""sv, 9, "a definition cannot contain a NUL byte"},
        {"plan = 'a\nb"sv, 7, "the text that starts here has no closing quote"},
        {"plan \x01 5"sv, 5, "unexpected control character 0x01"},
        {"plan \x7f 5"sv, 5, "unexpected control character 0x7f"},
        {"plan\xC2\xA0= 5"sv, 4, "unexpected no-break space"},
        {"mrr > 5\xC2\xA0"sv, 7, "unexpected no-break space"},
        {"mrr > 5\xE2\x80\x8B"sv, 7, "unexpected zero-width space"},
        {"a\nand\nb\nc"sv, 8, "expected a comparison after \"b\", found \"c\""},
        {"\xff\xfe 'x'"sv, 3, "expected a comparison after \"\xff\xfe\", found 'x'"},
        {"title 'one\ntwo'"sv, 6, "expected a comparison after \"title\", found 'one two'"},
        {"title 'a text that is much too long to be shown whole in a message'"sv, 6,
         "expected a comparison after \"title\", found 'a text that is much too long to be show..."},
    };
    for (const auto &[definition, position, message] : wrong) {
        SCOPED_TRACE(definition);
        const Error error = error_of(parse_definition, definition);
        EXPECT_EQ(error.message, message);
        EXPECT_EQ(error.position, position);
        EXPECT_EQ(error.code, ErrorCode::syntax_error);
    }
}

TEST(Errors, OfFormulas) {
    const Special wrong[] = {
        {"", 0, "the formula is empty"},
        {"mrr >", 5, "expected a value, found the end of the formula"},
        {"mrr > 5", 0, "a formula is a value, not a condition"},
        {"everyone", 0, "a formula is a value, not a condition"},
        {"mrr + ", 6, "expected a value, found the end of the formula"},
        {"mrr seats", 4, "expected an operator or the end of the formula, found \"seats\""},
        {"(mrr seats)", 5, "expected an operator or \")\", found \"seats\""},
        {"mrr)", 3, "this \")\" has no opening \"(\""},
        {"mrr + (a and b)", 7, "expected a value, found a condition"},
        {"not mrr", 0, "a formula is a value, not a condition"},
    };
    for (const auto &[formula, position, message] : wrong) {
        SCOPED_TRACE(formula);
        const Error error = error_of(parse_formula, formula);
        EXPECT_EQ(error.message, message);
        EXPECT_EQ(error.position, position);
        EXPECT_EQ(error.code, ErrorCode::syntax_error);
    }
}

}  // namespace
}  // namespace segment::definition
