#include "core/definition/references.hpp"

#include <gtest/gtest.h>

#include <memory_resource>

#include "core/definition/canonical.hpp"
#include "core/definition/limits.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

std::string renamed(std::string_view definition, Word what, std::string_view name, std::string_view new_name) {
    return std::string(with_renamed(definition, what, name, new_name, *std::pmr::new_delete_resource()));
}

TEST(References, EveryFormThatNamesASegmentIsOne) {
    EXPECT_EQ(renamed("in segment 'a' and not in segment 'a' or ever in segment 'a' and entered segment 'a' within 7 days "
                      "and exited segment 'a' within 7 days and in segment 'a' for at least 1 year",
                      Word::segment, "a", "it's"),
              "in segment 'it''s' and not in segment 'it''s' or ever in segment 'it''s' and entered segment 'it''s' within 7 days "
              "and exited segment 'it''s' within 7 days and in segment 'it''s' for at least 1 year");
}

TEST(References, NothingElseIsTouched) {
    for (const char *definition : {"plan = 'a'", "plan = 'in segment ''a'''", "in list 'a'", "in segment 'A'", "in segment 'ab'",
                                   "\"segment\" = 'a'", "segment = 'a'", "plan in ('a', 'b')"})
        EXPECT_EQ(renamed(definition, Word::segment, "a", "b"), definition);
    EXPECT_EQ(renamed("in list 'a' and in segment 'a'", Word::list, "a", "b"), "in list 'b' and in segment 'a'");
}

TEST(References, AreTold) {
    std::pmr::memory_resource &memory = *std::pmr::new_delete_resource();
    EXPECT_TRUE(refers_to("plan = 'x' and in list 'b''c'", Word::list, "b'c", memory));
    EXPECT_FALSE(refers_to("plan = 'x' and in list 'b''c'", Word::segment, "b'c", memory));
    EXPECT_FALSE(refers_to("everyone", Word::list, "", memory));
}

TEST(References, NamesAreTold) {
    std::pmr::memory_resource &memory = *std::pmr::new_delete_resource();
    EXPECT_TRUE(names("usage.logins > 3", "usage", memory));
    EXPECT_TRUE(names("Usage > 3", "usage", memory));
    EXPECT_TRUE(names("plan = 'x' or \"us\"\"age\" is set", "us\"age", memory));
    EXPECT_FALSE(names("\"Usage\" > 3", "usage", memory));
    EXPECT_FALSE(names("usage.logins > 3", "logins", memory));
    EXPECT_FALSE(names("plan = 'usage' and in segment 'usage'", "usage", memory));
    EXPECT_FALSE(names("usages > 3", "usage", memory));
}

TEST(References, SegmentsAndLabelsAreFound) {
    std::pmr::memory_resource &memory = *std::pmr::new_delete_resource();
    const SegmentReferences found =
        segment_references("in segment 'b''c' and ever in SEGMENT 'a' or in list 'd' or plan = 'in segment ''e'''", memory);
    EXPECT_EQ(found.names, (std::pmr::vector<std::pmr::string>{"b'c", "a"}));
    EXPECT_FALSE(found.labels);
    EXPECT_TRUE(segment_references("lifecycle is 'trial'", memory).labels);
    EXPECT_TRUE(segment_references("lifecycle is not 'trial'", memory).labels);
    EXPECT_FALSE(segment_references("plan is set and plan not in ('a')", memory).labels);
}

TEST(References, ACanonicalTextStaysOne) {
    std::pmr::monotonic_buffer_resource memory;
    const std::pmr::string canonical = canonical_definition("IN  SEGMENT 'a''b' and ( mrr>1 )", memory);
    const std::string after = renamed(canonical, Word::segment, "a'b", "c");
    EXPECT_EQ(after, std::string(canonical_definition(after, memory)));
    EXPECT_EQ(after, "in segment 'c' and mrr > 1");
}

TEST(References, ATextThatGetsTooLongIsRefused) {
    std::string definition = "in segment 'a'";
    while (definition.size() + 20 < limits::text_bytes)
        definition += " or in segment 'a'";
    EXPECT_THROW(renamed(definition, Word::segment, "a", "abcdefghijklmnop"), Error);
}

}  // namespace
}  // namespace segment::definition
