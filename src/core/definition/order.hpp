// The order in which segments are refreshed: those that a definition uses come first.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

namespace segment::definition {

struct Dependent {
    std::int32_t id;
    std::string_view name;
    std::span<const std::int32_t> uses;  // ids; those of nobody in the list are settled elsewhere and ignored
};

// The indexes of `dependents` in an order in which each comes after all that it uses; among those that may come next, the
// lowest id does. Throws cyclic_definition with the cycle in its detail (`a → b → a`: a uses b), internal_error if two have the same id.
std::pmr::vector<std::uint32_t> dependency_order(std::span<const Dependent> dependents, std::pmr::memory_resource *memory);

}  // namespace segment::definition
