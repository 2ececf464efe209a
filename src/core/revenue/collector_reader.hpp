// Reads the members of a collector in the order of their keys, as LedgerReader reads those of the ledger that it would write.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/revenue/collector.hpp"
#include "core/revenue/sort.hpp"

namespace segment::revenue {

class CollectorReader {
public:
    // The collector must outlive the reader and get no lines meanwhile. What sorting takes is allocated in `memory`.
    CollectorReader(const Collector &lines, std::pmr::memory_resource *memory, Interrupts &interrupts);

    // Goes to the next member whose MRR is not zero all the time; false after the last one. Throws numeric_out_of_range.
    bool next();

    // Of the current member.
    Key key() const;
    std::span<const Change> changes() const { return changes_; }

private:
    void sort_lines(std::pmr::memory_resource *memory);
    std::pmr::vector<std::uint64_t> ranks_of_keys(std::pmr::memory_resource *memory);
    const Collector::Line &line(std::size_t place) const { return collector_.lines_[order_.empty() ? place : order_[place].index]; }
    void read_changes(std::size_t first, std::size_t last);
    void sort_changes();
    void poll_now_and_then(std::size_t done);

    const Collector &collector_;
    Interrupts &interrupts_;
    std::pmr::vector<Numbered> order_;  // of the lines; empty if it is their own
    std::size_t read_ = 0;              // lines
    std::int64_t member_ = 0;
    std::pmr::vector<Change> changes_;
};

}  // namespace segment::revenue
