// Any bytes are a survey or an error, as text and as binary; what is read is written again as it was, and its groups add up.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <span>
#include <string_view>

#include "core/error.hpp"
#include "core/survey/estimate.hpp"
#include "core/survey/format.hpp"

namespace {

using namespace segment::survey;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void look_at(const Answers &answers, std::pmr::memory_resource *memory) {
    const Groups groups = groups_of(answers);
    require(groups.promoters + groups.passives + groups.detractors == groups.answers);
    require(groups.answers + answers.out_of_scale <= answers.asked && groups.satisfied <= groups.answers);
    nps_interval(groups, 0.95);
    share_interval(groups.satisfied, groups.answers, 0.95);
    mean_interval(answers, 0.95);
    const auto bytes = to_bytes(answers, memory);
    require(to_bytes(from_text(to_text(answers, memory)), memory) == bytes && to_bytes(from_bytes(bytes), memory) == bytes);
    try {
        Answers twice = answers;
        twice.add(answers);
        require(groups_of(twice).answers == 2 * groups.answers);
    } catch (const segment::Error &error) {
        require(error.code == segment::ErrorCode::numeric_out_of_range && answers.asked > INT64_MAX / 2);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::pmr::memory_resource *memory = std::pmr::get_default_resource();
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    try {
        const Answers answers = from_text(text);
        look_at(answers, memory);
    } catch (const segment::Error &error) {
        require(error.code == segment::ErrorCode::invalid_text_representation);
    }
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte *>(data), size);
    try {
        const Answers answers = from_bytes(bytes);
        look_at(answers, memory);
        const auto written = to_bytes(answers, memory);
        require(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()));
    } catch (const segment::Error &error) {
        require(error.code == segment::ErrorCode::invalid_binary_representation);
    }
    return 0;
}
