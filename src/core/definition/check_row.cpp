// The columns of a source's rows: what names mean within `where (…)`, and what cannot stand there.
#include <algorithm>
#include <charconv>

#include "core/definition/check_binder.hpp"
#include "core/definition/nearest.hpp"

namespace segment::definition {
namespace {

const Trait *find_column(const EventSource &source, std::string_view name) {
    const auto found = std::ranges::find(source.columns, name, &Trait::name);
    return found == source.columns.end() ? nullptr : &*found;
}

[[noreturn]] void unknown_column(const EventSource &source, std::string_view name, std::uint32_t position, const Vocabulary &vocabulary) {
    Nearest search(name);
    for (const Trait &column : source.columns)
        search.offer(column.name);
    std::string hint = "where (...) reads the columns of the source.";
    if (!search.best().empty())
        hint = "Did you mean \"" + std::string(search.best()) + "\"?";
    else if (std::ranges::find(vocabulary.traits, name, &Trait::name) != vocabulary.traits.end())
        hint = "It is a trait of the members; where (...) reads the columns of the source.";
    throw Error(ErrorCode::undefined_column, "source \"" + std::string(source.name) + "\" has no column \"" + std::string(name) + "\"",
                position, "Its rows are those of " + std::string(source.relation_sql) + '.', hint);
}

}  // namespace

// `amount`, `properties.path`; `event.amount` is the same, `step1.amount` that of an earlier step's event.
Binder::Resolved Binder::resolve_column(const Name &name) {
    const std::span<const Name::Part> parts = name.parts;
    const EventSource *source = row_;
    Row row = event_row;
    std::size_t first = 0;
    const bool prefixed = parts.size() > 1 && !parts[0].quoted && parts[1].index < 0;
    if (prefixed && is_step(parts[0].name)) {
        std::size_t step = 0;
        const std::string_view digits = parts[0].name.substr(4);
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), step);
        if (read.ec != std::errc() || step == 0 || step > steps_.size())
            throw Error(ErrorCode::undefined_column, "\"" + std::string(parts[0].name) + "\" is not a step before this one", name.position,
                        {}, steps_.empty() ? "Only a later step of a sequence refers to an earlier one." : "step1 is the first step.");
        source = steps_[step - 1];
        if (!source)
            throw Error(ErrorCode::invalid_parameter, "\"" + std::string(parts[0].name) + "\" cannot be referred to", name.position, {},
                        "A step that is referred to happened, and its events are of one source.");
        row = step_row(step);
        refers_to_step_ = true;
        first = 1;
    } else if (prefixed && parts[0].name == "event") {
        first = 1;
    }
    const Trait *column = find_column(*source, parts[first].name);
    if (!column)
        unknown_column(*source, parts[first].name, name.position, vocabulary_);
    return {column, parts.subspan(first + 1), row};
}

void Binder::refuse_in_row(const Node &node) {
    std::string_view what;
    switch (node.kind) {
        case Kind::rank:
            what = "a rank";
            break;
        case Kind::bucket:
            what = "a bucket";
            break;
        case Kind::in_segment:
        case Kind::segment_change:
        case Kind::in_manual_list:
        case Kind::is_label:
        case Kind::had_movement:
        case Kind::related:
            what = "a condition on the member";
            break;
        case Kind::did:
        case Kind::recency:
        case Kind::trend:
        case Kind::stopped:
        case Kind::resumed:
        case Kind::sequence:
        case Kind::aggregate:
        case Kind::share:
        case Kind::pick:
        case Kind::streak:
        case Kind::last_event:
            what = "a condition on other events";
            break;
        default:
            return;
    }
    throw Error(ErrorCode::invalid_parameter, std::string(what) + " cannot stand inside where (...)", node.position, {},
                "where (...) looks at the columns of one row at a time.");
}

const BoundCondition *Binder::where(const Node &node, const EventSource &source, StepSources steps) {
    row_ = &source;
    steps_ = steps;
    const BoundCondition *bound = condition(node);
    row_ = nullptr;
    steps_ = {};
    return bound;
}

const BoundValue *Binder::column(const Name &node, const EventSource &source) {
    row_ = &source;
    const BoundValue *bound = name(node);
    row_ = nullptr;
    return bound;
}

}  // namespace segment::definition
