#include "core/definition/order.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"

namespace segment::definition {

namespace {

constexpr std::size_t most_names_shown = 20;

using Indexes = std::pmr::vector<std::uint32_t>;

class Graph {
public:
    Graph(std::span<const Dependent> dependents, std::pmr::memory_resource *memory)
        : dependents_(dependents),
          by_id_(dependents.size(), memory),
          edges_(memory),
          begins_(memory),
          waiting_for_(dependents.size(), 0, memory) {
        for (std::uint32_t i = 0; i < dependents.size(); ++i) {
            by_id_[i] = i;
        }
        std::ranges::sort(by_id_, {}, [&](std::uint32_t i) { return dependents[i].id; });
        const auto same_id = [&](std::uint32_t a, std::uint32_t b) { return dependents[a].id == dependents[b].id; };
        if (std::ranges::adjacent_find(by_id_, same_id) != by_id_.end()) {
            throw Error(ErrorCode::internal_error, "two segments have the same id");
        }
        link();
    }

    Indexes order(std::pmr::memory_resource *memory) {
        Indexes result(memory);
        result.reserve(dependents_.size());
        Indexes ready(memory);  // a heap with the lowest id on top
        const auto later = [&](std::uint32_t a, std::uint32_t b) { return dependents_[a].id > dependents_[b].id; };
        for (std::uint32_t i = 0; i < dependents_.size(); ++i) {
            if (waiting_for_[i] == 0) {
                ready.push_back(i);
            }
        }
        std::make_heap(ready.begin(), ready.end(), later);
        while (!ready.empty()) {
            std::pop_heap(ready.begin(), ready.end(), later);
            const std::uint32_t next = ready.back();
            ready.pop_back();
            result.push_back(next);
            for (const std::uint32_t user : users(next)) {
                if (--waiting_for_[user] == 0) {
                    ready.push_back(user);
                    std::push_heap(ready.begin(), ready.end(), later);
                }
            }
        }
        if (result.size() < dependents_.size()) {
            report_cycle(memory);
        }
        return result;
    }

private:
    static constexpr std::uint32_t nobody = UINT32_MAX;

    std::uint32_t find(std::int32_t id) const {
        const auto found = std::ranges::lower_bound(by_id_, id, {}, [&](std::uint32_t i) { return dependents_[i].id; });
        return found != by_id_.end() && dependents_[*found].id == id ? *found : nobody;
    }

    // Edges from what is used to its users, in one array.
    void link() {
        begins_.assign(dependents_.size() + 1, 0);
        for (const Dependent &dependent : dependents_) {
            for (const std::int32_t id : dependent.uses) {
                const std::uint32_t used = find(id);
                if (used != nobody) {
                    ++begins_[used];
                }
            }
        }
        std::uint32_t total = 0;
        for (std::uint32_t &begin : begins_) {
            total += begin;
            begin = total;
        }
        edges_.resize(total);
        for (std::uint32_t i = 0; i < dependents_.size(); ++i) {
            for (const std::int32_t id : dependents_[i].uses) {
                const std::uint32_t used = find(id);
                if (used != nobody) {
                    edges_[--begins_[used]] = i;
                    ++waiting_for_[i];
                }
            }
        }
    }

    std::span<const std::uint32_t> users(std::uint32_t i) const {
        return std::span(edges_).subspan(begins_[i], begins_[i + 1] - begins_[i]);
    }

    // Whoever still waits, waits for one that still waits: from the lowest id, following the lowest id used, some segment
    // comes up a second time, and what lies between is a cycle.
    [[noreturn]] void report_cycle(std::pmr::memory_resource *memory) const {
        Indexes path(memory);
        std::pmr::vector<std::uint32_t> place(dependents_.size(), nobody, memory);
        std::uint32_t at = *std::ranges::find_if(by_id_, [&](std::uint32_t i) { return waiting_for_[i] > 0; });
        while (place[at] == nobody) {
            place[at] = static_cast<std::uint32_t>(path.size());
            path.push_back(at);
            at = lowest_awaited(at);
        }
        path.erase(path.begin(), path.begin() + place[at]);
        const auto lowest = std::ranges::min_element(path, {}, [&](std::uint32_t i) { return dependents_[i].id; });
        std::rotate(path.begin(), lowest, path.end());
        throw Error(ErrorCode::cyclic_definition, "segments use each other in a circle", Error::no_position, print(path));
    }

    std::uint32_t lowest_awaited(std::uint32_t i) const {
        std::uint32_t lowest = nobody;
        for (const std::int32_t id : dependents_[i].uses) {
            const std::uint32_t used = find(id);
            if (used != nobody && waiting_for_[used] > 0 && (lowest == nobody || id < dependents_[lowest].id)) {
                lowest = used;
            }
        }
        return lowest;
    }

    std::string print(const Indexes &cycle) const {
        std::string text;
        for (std::size_t i = 0; i < cycle.size(); ++i) {
            if (i == most_names_shown) {
                text += "... -> ";
                break;
            }
            text += dependents_[cycle[i]].name;
            text += " -> ";
        }
        text += dependents_[cycle.front()].name;
        return text;
    }

    std::span<const Dependent> dependents_;
    Indexes by_id_;
    Indexes edges_;   // users, grouped by what they use
    Indexes begins_;  // of the groups in edges_, one more than there are dependents
    Indexes waiting_for_;
};

}  // namespace

std::pmr::vector<std::uint32_t> dependency_order(std::span<const Dependent> dependents, std::pmr::memory_resource *memory) {
    return Graph(dependents, memory).order(memory);
}

}  // namespace segment::definition
