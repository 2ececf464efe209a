// The events themselves, for what counts do not tell: each member's events in their order, from one pass over each source in whatever
// order they come.
//
// A *list* is a choice of events with one number of each: what is added up, a period, a tie-breaker. An event is one entry of 24 bytes on
// each list that it belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/behaviour/overflow.hpp"
#include "core/behaviour/partitions.hpp"
#include "core/behaviour/tracks.hpp"
#include "core/interrupts.hpp"
#include "core/members/ordinal.hpp"

namespace segment::behaviour {

using ListId = std::uint32_t;

// An event on a list. What `number` and `code` mean is the list's affair.
struct Occurrence {
    Time time;
    std::int64_t number;
    std::uint32_t code;
    bool is_set;   // there is a number
    bool is_wide;  // it does not fit: `number` tells where it is found
};

// A member's events on a list, by time, then without number before those with one, then by number, then by code.
using Occurrences = std::span<const Occurrence>;

// Those in (after, until]; `after` may be the beginning of time.
Occurrences within(Occurrences events, Time after, Time until);

class EventLists {
public:
    // At most so many lists.
    static constexpr ListId most_lists = 1u << 20;

    // Moves what has arrived to `overflow` whenever it takes more than `budget` bytes, or a block of 4 kB per 1,024 members if that is
    // more; without `overflow` everything stays in memory. A partition is sorted in memory: 64 bytes for each entry of 1,024 members.
    EventLists(std::size_t budget, Overflow *overflow, Interrupts &interrupts, std::pmr::memory_resource *memory)
        : budget_(budget), overflow_(overflow), interrupts_(interrupts), entries_(memory), memory_(memory) {}

    void add(members::Ordinal ordinal, ListId list, const Occurrence &event) {
        const std::uint32_t flags = (event.is_set ? set_flag : 0) | (event.is_wide ? wide_flag : 0);
        entries_.append(ordinal >> partition_bits, {(ordinal & (partition_size - 1)) << member_shift | list << list_shift | flags,
                                                    event.code, event.time, event.number});
        if (entries_.bytes() > budget_)
            move_out();
    }

    // What is in memory.
    std::size_t bytes() const { return entries_.bytes(); }

    // A member's lists; valid during the visit.
    class Member {
    public:
        // One without events.
        explicit Member(std::pmr::memory_resource *memory) : events_(memory), ranges_(memory) {}
        Occurrences list(ListId id) const;

        // Calls `visit(list)` for each list that has some.
        template <class Visit>
        void for_lists(Visit visit) const {
            for (const Range &range : ranges_)
                visit(range.list);
        }

    private:
        friend class EventLists;
        struct Range {
            ListId list;
            std::uint32_t begin, end;
        };
        std::pmr::vector<Occurrence> events_;
        std::pmr::vector<Range> ranges_;  // by list
    };

    // Calls `visit(member, lists)` for each member of the partition with events, numbered from the partition's first. Several calls see
    // the same. Polls while it sorts.
    template <class Visit>
    void for_members(std::uint32_t partition, Visit visit) const {
        Partitions<Entry>::Sorted sorted(memory_);
        entries_.sort(partition, overflow_, sorted);
        Member member(memory_);
        std::size_t since_poll = 0;
        for (std::uint32_t i = 0; i < partition_size; ++i) {
            const std::span<Entry> entries = sorted.of(i);
            if (entries.empty())
                continue;
            since_poll += entries.size();
            if (since_poll > events_per_poll) {
                interrupts_.poll();
                since_poll = 0;
            }
            read(entries, member);
            visit(i, member);
        }
    }

private:
    static constexpr std::uint32_t wide_flag = 1, set_flag = 2, list_shift = 2, member_shift = 22;
    static constexpr std::size_t events_per_poll = 4'096;
    static_assert(partition_bits + member_shift == 32 && most_lists == 1u << (member_shift - list_shift));

    struct Entry {
        std::uint32_t place;  // member, list and flags
        std::uint32_t code;
        Time time;
        std::int64_t number;
        std::uint32_t member() const { return place >> member_shift; }
        ListId list() const { return place >> list_shift & (most_lists - 1); }
    };

    void move_out();
    // Sorts a member's entries.
    void read(std::span<Entry> entries, Member &member) const;

    std::size_t budget_;
    Overflow *overflow_;
    Interrupts &interrupts_;
    Partitions<Entry> entries_;
    std::pmr::memory_resource *memory_;
};

}  // namespace segment::behaviour
