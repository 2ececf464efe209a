// Queries that the real package made, and the definitions that they stand for: see test/data/query_builder.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "core/definition/query_builder.hpp"
#include "definition_support.hpp"

namespace segment::definition {
namespace {

// The lines `name: text` of a file. Where this file was compiled and where the test runs need not be the same.
std::map<std::string, std::string> lines_of(const std::string &name) {
    namespace fs = std::filesystem;
    const fs::path beside = fs::path(__FILE__).parent_path().parent_path() / "data/query_builder" / name;
    std::ifstream file(fs::exists(beside) ? beside : fs::path("test/data/query_builder") / name);
    std::map<std::string, std::string> result;
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(": ");
        EXPECT_NE(colon, std::string::npos) << line;
        EXPECT_TRUE(result.emplace(line.substr(0, colon), line.substr(colon + 2)).second) << "twice: " << line;
    }
    EXPECT_FALSE(result.empty()) << name;
    return result;
}

std::string definition_of(std::string_view json) {
    std::pmr::monotonic_buffer_resource arena;
    try {
        return printed(from_query_builder(json, arena));
    } catch (const Error &error) {
        return "error: " + error.message;
    }
}

TEST(QueryBuilder, ReadsWhatThePackageMakes) {
    const auto queries = lines_of("queries.txt");
    auto definitions = lines_of("definitions.txt");
    for (const auto &[name, query] : queries) {
        EXPECT_EQ(definition_of(query), definitions[name]) << name;
        definitions.erase(name);
    }
    EXPECT_TRUE(definitions.empty()) << definitions.begin()->first << " has no query";
}

}  // namespace
}  // namespace segment::definition
