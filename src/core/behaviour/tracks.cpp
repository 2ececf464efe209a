#include "core/behaviour/tracks.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"

namespace segment::behaviour {
namespace {

bool is_empty(Time after, Time until) {
    return until < after || (until == after && after != beginning_of_time);
}

}  // namespace

TrackId Tracks::track(StreamId stream, std::span<const NameId> names, std::uint32_t flag) {
    std::pmr::memory_resource *memory = tracks_.get_allocator().resource();
    std::pmr::vector<NameId> sorted(names.begin(), names.end(), memory);
    std::ranges::sort(sorted);
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    const auto same = std::ranges::find_if(
        tracks_, [&](const Track &track) { return track.stream == stream && track.flag == flag && track.names == sorted; });
    const auto id = static_cast<TrackId>(same - tracks_.begin());
    if (same == tracks_.end())
        tracks_.push_back({stream, std::move(sorted), flag, 0, 0, std::pmr::vector<Window>(memory)});
    return id;
}

void Tracks::window(TrackId track, Time after, Time until) {
    if (!is_empty(after, until))
        tracks_.at(track).windows.push_back({after, until});
}

// Gives the track its slots. False if it has no windows.
bool Tracks::place(Track &track, Head &head) {
    std::pmr::vector<Time> edges(tracks_.get_allocator().resource());
    Stream &stream = streams_[track.stream];
    head = {track.flag, static_cast<Slot>(edges_.size()), 0, false, INT64_MAX, INT64_MIN};
    for (const auto &[after, until] : track.windows) {
        edges.push_back(until);
        if (after == beginning_of_time)
            head.open = true;
        else
            edges.push_back(after);
        stream.earliest = std::min(stream.earliest, after);
        stream.latest = std::max(stream.latest, until);
    }
    std::ranges::sort(edges);
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    if (edges_.size() + edges.size() > most_slots)
        throw Error(ErrorCode::program_limit_exceeded, "the definitions have too many windows on events", Error::no_position,
                    "At most " + std::to_string(most_slots) + " edges of windows are kept apart.");
    edges_.insert(edges_.end(), edges.begin(), edges.end());
    track.begin = head.slot;
    track.end = static_cast<Slot>(edges_.size());
    track_of_slot_.resize(edges_.size(), static_cast<TrackId>(&track - tracks_.data()));
    if (edges.empty())
        return false;
    head.edges = track.end - track.begin;
    head.earliest = edges.front();
    head.latest = edges.back();
    return true;
}

// Each stream has a cell for each of its names and one for all others.
void Tracks::number_cells(StreamId streams) {
    streams_.assign(streams, {});
    for (const Track &track : tracks_) {
        if (track.stream >= streams_.size())
            streams_.resize(track.stream + 1);
        Stream &stream = streams_[track.stream];
        for (const NameId name : track.names)
            stream.names = std::max(stream.names, name + 1);
    }
    Cell cells = 0;
    for (Stream &stream : streams_) {
        stream.first = cells;
        cells += stream.names + 1;
    }
    begins_.assign(cells + 1, 0);
}

void Tracks::seal(StreamId streams) {
    std::pmr::memory_resource *memory = tracks_.get_allocator().resource();
    edges_.clear();
    track_of_slot_.clear();
    heads_.clear();
    number_cells(streams);
    std::pmr::vector<std::pmr::vector<Head>> by_cell(begins_.size() - 1, std::pmr::vector<Head>(memory), memory);
    for (Track &track : tracks_) {
        Head head;
        if (!place(track, head))
            continue;
        const Stream &stream = streams_[track.stream];
        for (const NameId name : track.names)
            by_cell[stream.first + name].push_back(head);
        for (Cell cell = stream.first; track.names.empty() && cell <= stream.first + stream.names; ++cell)
            by_cell[cell].push_back(head);
    }
    for (std::size_t cell = 0; cell < by_cell.size(); ++cell) {
        heads_.insert(heads_.end(), by_cell[cell].begin(), by_cell[cell].end());
        begins_[cell + 1] = static_cast<std::uint32_t>(heads_.size());
    }
}

Buckets Tracks::buckets(TrackId id, Time after, Time until) const {
    if (is_empty(after, until))
        return {};
    const Track &track = tracks_.at(id);
    const std::span<const Time> edges(edges_.data() + track.begin, track.end - track.begin);
    const auto bucket = [&](Time edge) { return static_cast<std::uint32_t>(std::ranges::lower_bound(edges, edge) - edges.begin()); };
    return {after == beginning_of_time ? 0 : bucket(after) + 1, bucket(until) + 1};
}

}  // namespace segment::behaviour
