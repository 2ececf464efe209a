#include "core/behaviour/tracks.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"

namespace segment::behaviour {
namespace {

bool is_empty(const Tracks::Window &window) {
    return window.until < window.after || (window.until == window.after && window.after != beginning_of_time);
}

}  // namespace

TrackId Tracks::track(std::span<const NameId> names, std::uint32_t flag) {
    if (flag != no_flag && flag >= most_flags)
        throw Error(ErrorCode::internal_error, "flag " + std::to_string(flag) + " of an event is beyond its word");
    std::pmr::memory_resource *memory = tracks_.get_allocator().resource();
    std::pmr::vector<NameId> sorted(names.begin(), names.end(), memory);
    std::ranges::sort(sorted);
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    const auto same = std::ranges::find_if(tracks_, [&](const Track &track) { return track.flag == flag && track.names == sorted; });
    const auto id = static_cast<TrackId>(same - tracks_.begin());
    if (same == tracks_.end())
        tracks_.push_back({std::move(sorted), flag, 0, 0, std::pmr::vector<WindowId>(memory), std::pmr::vector<Range>(memory)});
    return id;
}

WindowId Tracks::window(TrackId track, Time after, Time until) {
    for (const WindowId id : tracks_.at(track).windows)
        if (windows_[id].after == after && windows_[id].until == until)
            return id;
    windows_.push_back({track, after, until});
    const auto id = static_cast<WindowId>(windows_.size() - 1);
    tracks_[track].windows.push_back(id);
    return id;
}

void Tracks::seal() {
    edges_.clear();
    track_of_slot_.clear();
    everywhere_.clear();
    by_name_.clear();
    NameId names = 0;
    for (const Track &track : tracks_)
        for (const NameId name : track.names)
            names = std::max(names, name + 1);
    std::pmr::memory_resource *memory = tracks_.get_allocator().resource();
    by_name_.resize(names, std::pmr::vector<Head>(memory));

    std::pmr::vector<Time> edges(memory);
    for (TrackId id = 0; id < tracks_.size(); ++id) {
        Track &track = tracks_[id];
        edges.clear();
        bool open = false;
        for (const WindowId window : track.windows) {
            const auto &[owner, after, until] = windows_[window];
            if (is_empty(windows_[window]))
                continue;
            edges.push_back(until);
            if (after == beginning_of_time)
                open = true;
            else
                edges.push_back(after);
            earliest_ = std::min(earliest_, after);
            latest_ = std::max(latest_, until);
        }
        std::ranges::sort(edges);
        edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
        if (edges_.size() + edges.size() > most_slots)
            throw Error(ErrorCode::program_limit_exceeded, "the definitions have too many windows on events", Error::no_position,
                        "At most " + std::to_string(most_slots) + " edges of windows are kept apart.");
        track.begin = static_cast<Slot>(edges_.size());
        edges_.insert(edges_.end(), edges.begin(), edges.end());
        track.end = static_cast<Slot>(edges_.size());
        track_of_slot_.resize(edges_.size(), id);
        const auto bucket = [&](Time edge) { return static_cast<std::uint32_t>(std::ranges::lower_bound(edges, edge) - edges.begin()); };
        track.ranges.clear();
        for (const WindowId window : track.windows) {
            const auto &[owner, after, until] = windows_[window];
            if (!is_empty(windows_[window]))
                track.ranges.push_back({window, after == beginning_of_time ? 0 : bucket(after) + 1, bucket(until) + 1});
        }
        if (edges.empty())
            continue;
        const Head head{track.flag, track.begin, track.end - track.begin, open, edges.front(), edges.back()};
        for (const NameId name : track.names)
            by_name_[name].push_back(head);
        if (track.names.empty())
            everywhere_.push_back(head);
    }
    for (std::pmr::vector<Head> &heads : by_name_)
        heads.insert(heads.end(), everywhere_.begin(), everywhere_.end());
}

}  // namespace segment::behaviour
