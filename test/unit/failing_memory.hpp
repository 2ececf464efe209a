// A memory resource that fails at a chosen allocation, knows what has not been given back, and hands out blocks full of rubbish.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <new>
#include <unordered_map>
#include <vector>

namespace segment::testing {

class FailingMemory : public std::pmr::memory_resource {
public:
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    // Fails once, at the allocation with this number, counted from 0.
    explicit FailingMemory(std::uint64_t fail_at = never) : fail_at_(fail_at) {}
    ~FailingMemory() override { EXPECT_TRUE(sizes_.empty()) << sizes_.size() << " allocations leaked"; }

    std::uint64_t allocations() const { return allocations_; }
    bool failed() const { return allocations_ > fail_at_; }
    bool everything_returned() const { return sizes_.empty(); }

private:
    void *do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (allocations_++ == fail_at_) {
            throw std::bad_alloc();
        }
        void *const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        std::memset(block, 0xab, bytes);
        sizes_.emplace(block, bytes);
        return block;
    }

    void do_deallocate(void *block, std::size_t bytes, std::size_t alignment) override {
        const auto found = sizes_.find(block);
        ASSERT_NE(found, sizes_.end());
        EXPECT_EQ(found->second, bytes);
        sizes_.erase(found);
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }

    bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }

    std::uint64_t fail_at_;
    std::uint64_t allocations_ = 0;
    std::unordered_map<void *, std::size_t> sizes_;
};

// An arena for what is not given back piece by piece, such as syntax trees: every allocation is one of `upstream`, and the arena's end
// returns them all.
class FailingArena : public std::pmr::memory_resource {
public:
    explicit FailingArena(std::pmr::memory_resource *upstream) : upstream_(upstream) {}
    FailingArena(const FailingArena &) = delete;
    FailingArena &operator=(const FailingArena &) = delete;
    ~FailingArena() override {
        for (const Block &block : blocks_) {
            upstream_->deallocate(block.address, block.bytes, block.alignment);
        }
    }

private:
    struct Block {
        void *address;
        std::size_t bytes, alignment;
    };

    void *do_allocate(std::size_t bytes, std::size_t alignment) override {
        void *const address = upstream_->allocate(bytes, alignment);
        blocks_.push_back({address, bytes, alignment});
        return address;
    }
    void do_deallocate(void *, std::size_t, std::size_t) override {}
    bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }

    std::pmr::memory_resource *upstream_;
    std::vector<Block> blocks_;
};

// Runs work(memory) with a failure at the first allocation, the second, and so on, until it gets by without one. Each failure
// must come out as bad_alloc, and everything must have been given back.
template <class Work>
void fail_at_every_allocation(Work work) {
    for (std::uint64_t fail_at = 0;; ++fail_at) {
        FailingMemory memory(fail_at);
        bool thrown = false;
        try {
            work(&memory);
        } catch (const std::bad_alloc &) {
            thrown = true;
        }
        ASSERT_EQ(thrown, memory.failed()) << "at allocation " << fail_at;
        ASSERT_TRUE(memory.everything_returned()) << "at allocation " << fail_at;
        if (!thrown) {
            ASSERT_GT(fail_at, 0U) << "nothing was allocated";
            return;
        }
    }
}

}  // namespace segment::testing
