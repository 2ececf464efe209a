// Any bytes are a ledger of revenue or an error; what is read is written again as it was, and its movements add up.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "core/interrupts.hpp"
#include "core/revenue/collector.hpp"
#include "core/revenue/movement.hpp"

namespace {

using namespace segment::revenue;

struct NoInterrupts final : segment::Interrupts {
    void poll() override {}
};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void add_up(std::span<const std::byte> bytes, std::pmr::memory_resource *memory) {
    const std::vector<Instant> edges{0, 1'000'000, 2'000'000'000'000, 800'000'000'000'000'000};
    for (const Granularity granularity : {Granularity::net, Granularity::event}) {
        std::vector<Bridge> sums(edges.size() - 1);
        Bridges bridges(edges, granularity, sums);
        LedgerReader reader(bytes, memory);
        while (reader.next()) {
            bridges.add(reader.changes());
        }
        bridges.finish();
        for (const Bridge &sum : sums) {
            require(sum.starting.mrr >= 0 && sum.starting.customers >= 0 && sum.ending.mrr >= 0 && sum.ending.customers >= 0);
            require(sum.retained_gross >= 0 && sum.retained_gross <= sum.starting.mrr && sum.retained >= sum.retained_gross);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte *>(data), size);
    std::pmr::memory_resource *memory = std::pmr::get_default_resource();
    try {
        NoInterrupts interrupts;
        Collector collector(LedgerReader(bytes, memory).header().kind, memory);
        collector.add(bytes, interrupts);
        std::pmr::vector<std::byte> written;
        collector.write(written, memory, interrupts);
        require(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()));
        add_up(bytes, memory);
    } catch (const segment::Error &error) {
        require(error.code == segment::ErrorCode::invalid_binary_representation || error.code == segment::ErrorCode::numeric_out_of_range);
    }
    return 0;
}
