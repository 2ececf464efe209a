// Of the leaves of measured features, those that need the events themselves.
#include <algorithm>

#include "core/error.hpp"
#include "core/match/event_evaluators.hpp"
#include "core/match/event_leaves.hpp"

namespace segment::match {

using behaviour::ListId;
using behaviour::TrackId;

ListId EventLeaves::list(TrackId track, std::uint32_t number, std::uint32_t code) {
    const auto found = std::ranges::find_if(
        event_lists_, [&](const List &known) { return known.track == track && known.number == number && known.code == code; });
    const auto id = static_cast<ListId>(found - event_lists_.begin());
    if (found == event_lists_.end()) {
        if (event_lists_.size() >= behaviour::EventLists::most_lists)
            throw Error(ErrorCode::program_limit_exceeded, "the definitions look at too many choices of events", Error::no_position,
                        "At most " + std::to_string(behaviour::EventLists::most_lists) + " of them are kept apart.");
        event_lists_.push_back({track, number, code});
    }
    return id;
}

void EventLeaves::add_lists(const EventFeature &feature, const EventConstants &constants, std::uint32_t index) {
    for (const EventTerm &term : feature.terms) {
        const TrackId track = this->track(list_tracks_, term, constants);
        const auto [after, until] = window(term, constants);
        list_tracks_.window(track, after, until);
        list_terms_[index].push_back({list(track, term.number, term.code), after, until, edge(term.member_low), edge(term.member_high)});
    }
}

// What members' own times are kept on.
std::optional<behaviour::MemberEdge> EventLeaves::edge(const std::optional<MemberBound> &bound) {
    if (!bound)
        return {};
    const TrackId track = list_tracks_.track(bound->stream, {});
    list_tracks_.window(track, behaviour::beginning_of_time, INT64_MAX);
    return behaviour::MemberEdge{list(track, bound->column, no_column), bound->inclusive};
}

void EventLeaves::add_evaluator(const EventFeature &feature, const EventConstants &constants, std::uint32_t index) {
    // Nothing is later than an edge that is null.
    const EventConstant edge = feature.edge ? constants.bounds[*feature.edge] : EventConstant{0, false};
    const EvaluatorInput input{index, list_terms_[index], edge.null ? INT64_MAX : edge.value,
                               index < constants.numbers.size() ? constants.numbers[index] : std::span<const behaviour::HalfMillionths>()};
    measures_[index].evaluator = make_evaluator(feature, input, wide_, interrupts_, &arena_, memory_);
}

void EventLeaves::seal_lists(const EventFeatures &asked, const EventConstants &constants) {
    list_tracks_.seal(static_cast<behaviour::StreamId>(asked.streams().size()));
    lists_of_.resize(list_tracks_.tracks().size());
    measures_of_list_.resize(event_lists_.size());
    for (ListId id = 0; id < event_lists_.size(); ++id)
        lists_of_[event_lists_[id].track].push_back(id);
    for (MeasureId id = 0; id < measures_.size(); ++id) {
        const EventFeature &feature = asked.features()[id];
        if (feature.is_counted())
            continue;
        add_evaluator(feature, constants, id);
        for (const behaviour::ListTerm &term : list_terms_[id])
            measures_of_list_[term.list].push_back(id);
    }
}

std::uint32_t EventLeaves::code(const Measure &measure, const behaviour::EventLists::Member &member) const {
    const std::optional<std::int64_t> value = measure.evaluator->value(member);
    return value ? code_of(measure.cuts, *value) : missing_code;
}

std::uint32_t EventLeaves::code_without_events(const Measure &measure) const {
    if (measure.evaluator)
        return code(measure, behaviour::EventLists::Member(memory_));
    return measure.function == definition::EventFunction::count ? code_of(measure.cuts, 0) : missing_code;
}

}  // namespace segment::match
