#include "core/score/results.hpp"

#include "core/members/words.hpp"

namespace segment::score {

Results::Results(std::uint64_t chunks, behaviour::Overflow &overflow, std::pmr::memory_resource *memory)
    : room_(chunks), overflow_(overflow), places_(memory), kept_(memory), read_(memory) {}

void Results::put(std::uint32_t chunk, ChunkScores scores) {
    if (chunk >= places_.size()) {
        places_.resize(chunk + 1);
    }
    if (kept_.size() < room_) {
        kept_.emplace_back(scores.begin(), scores.end());
        places_[chunk] = {Place::Kind::memory, kept_.size() - 1};
    } else {
        places_[chunk] = {Place::Kind::overflow, overflow_.append(std::as_bytes(scores))};
    }
}

void Results::select(std::uint32_t chunk) {
    const Place place = chunk < places_.size() ? places_[chunk] : Place{};
    selected_ = {};
    if (place.kind == Place::Kind::memory) {
        selected_ = kept_[place.offset];
    } else if (place.kind == Place::Kind::overflow) {
        read_.resize(members::chunk_size);
        overflow_.read(place.offset, std::as_writable_bytes(std::span(read_)));
        selected_ = read_;
    }
}

Sum Results::sum(members::ChunkWords of_members) const {
    Sum sum;
    if (!selected_.empty()) {
        members::for_each_bit(of_members, 0, [&](members::Ordinal index) {
            const double score = selected_[index];
            const bool is_known = !is_missing(score);
            sum.count += is_known;
            sum.total += is_known ? score : 0;
        });
    }
    return sum;
}

}  // namespace segment::score
