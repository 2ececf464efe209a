// Which events a form speaks of: their source, their names, their conditions and their time.
#include <algorithm>

#include "core/definition/check_binder.hpp"
#include "core/definition/nearest.hpp"

namespace segment::definition {
namespace {

std::string quoted(std::string_view name) {
    return '\'' + std::string(name) + '\'';
}

const EventSource *find_source(std::span<const EventSource> sources, std::string_view name) {
    const auto found = std::ranges::find(sources, name, &EventSource::name);
    return found == sources.end() ? nullptr : &*found;
}

bool has_names(const EventSource &source) {
    return source.event_name >= 0;
}

std::string names_of(std::span<const EventSource *const> sources) {
    std::string list;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        list += i == 0 ? "" : i + 1 == sources.size() ? " and " : ", ";
        list += quoted(sources[i]->name);
    }
    return list;
}

}  // namespace

const EventSource &Binder::event_source(std::string_view name, std::uint32_t position) {
    if (const EventSource *found = find_source(vocabulary_.events, name))
        return *found;
    Nearest search(name);
    for (const EventSource &source : vocabulary_.events)
        search.offer(source.name);
    throw Error(ErrorCode::undefined_object, "unknown source " + quoted(name), position, {},
                search.best().empty() ? "The view segment.source lists the sources." : "Did you mean " + quoted(search.best()) + "?");
}

// The sources that the choice reads and which names of theirs. A bare name is a source without event names, else an event of
// the only source with them: what events there are is data, and a definition's meaning must not depend on it.
std::vector<Binder::Chosen> Binder::choose(const Events &node, const Node &form) {
    if (vocabulary_.events.empty())
        missing_part(form);
    std::vector<Chosen> choices;
    const EventSource *const given = node.source.empty() ? nullptr : &event_source(node.source, node.position);
    if (node.choice == EventChoice::any) {
        for (const EventSource &source : vocabulary_.events)
            if (!given || given == &source)
                choices.push_back({&source, {}});
        return choices;
    }
    std::vector<const EventSource *> named;
    for (const EventSource &source : vocabulary_.events)
        if (has_names(source) && (!given || given == &source))
            named.push_back(&source);
    const auto only_named = [&](const std::string &subject) {
        if (named.size() == 1)
            return named.front();
        std::string hint = "Write ";
        for (std::size_t i = 0; i < named.size(); ++i)
            hint += (i == 0 ? "" : i + 1 == named.size() ? " or " : ", ") + subject + " of " + quoted(named[i]->name);
        throw Error(ErrorCode::invalid_parameter, subject + " is ambiguous: the sources " + names_of(named) + " have event names",
                    node.position, {}, hint + ".");
    };
    if (node.choice == EventChoice::like) {
        if (named.empty())
            throw Error(ErrorCode::invalid_parameter,
                        given ? "source " + quoted(given->name) + " has no event names" : "no source has event names", node.position, {},
                        "Write any event.");
        const std::string pattern = "event like " + quoted(node.names.front());
        choices.push_back({only_named(pattern), {node.names.begin(), node.names.end()}, true});
        return choices;
    }
    for (const std::string_view name : node.names) {
        const EventSource *same = find_source(vocabulary_.events, name);
        if (given && same != given)
            same = nullptr;
        if (same && has_names(*same) && !given)
            throw Error(
                ErrorCode::invalid_parameter, quoted(name) + " is a source with event names", node.position, {},
                "Write any event of " + quoted(name) + ", or " + quoted(name) + " of " + quoted(name) + " for the event of that name.");
        const EventSource *source;
        if (same && !has_names(*same)) {
            source = same;
        } else if (named.empty()) {
            if (given)
                throw Error(ErrorCode::undefined_object, "source " + quoted(given->name) + " has no event names", node.position, {},
                            "Write " + quoted(given->name) + " for all of its events.");
            event_source(name, node.position);
            throw Error(ErrorCode::internal_error, "a source was not chosen", node.position);
        } else {
            source = only_named(quoted(name));
        }
        auto choice = std::ranges::find(choices, source, &Chosen::source);
        if (choice == choices.end())
            choice = choices.insert(choice, Chosen{source, {}});
        if (has_names(*source))
            choice->names.push_back(name);
    }
    return choices;
}

// The events without bounds of time; `form` is what an error about a missing source points to.
Binder::EventParts Binder::event_parts(const Events &node, const Node &form, StepSources steps) {
    EventParts parts;
    for (const Chosen &choice : choose(node, form)) {
        const EventSource &source = *choice.source;
        require(source.absence, node.position);
        const auto index = static_cast<std::uint32_t>(&source - vocabulary_.events.data());
        if (const auto place = std::ranges::lower_bound(events, index); place == events.end() || *place != index)
            events.insert(place, index);
        for (const std::string_view name : choice.names)
            if (!choice.pattern &&
                std::ranges::none_of(event_names, [&](const EventUse &use) { return use.source == index && use.name == name; }))
                event_names.push_back({index, name});
        const auto value = [&](std::int32_t column) {
            const Trait &trait = source.columns[static_cast<std::size_t>(column)];
            return add(BoundTrait{{ValueKind::trait, false, node.position, &trait.type}, &trait, event_row});
        };
        BoundEventPart part{&source, value(source.occurred_at)};
        if (!choice.names.empty()) {
            const BoundValue *name = value(source.event_name);
            std::vector<const BoundValue *> items;
            for (const std::string_view text : choice.names)
                items.push_back(add(BoundText{{ValueKind::text, true, node.position, &text_type}, text}));
            if (choice.pattern)
                part.filter = text_match(name, TextOperator::like, false, choice.names.front(), node.position);
            else if (items.size() == 1)
                part.filter = compare(Comparison::equal, name, items.front());
            else {
                for (const BoundValue *&item : items)
                    item = comparable(name, item).right;
                part.filter = add(BoundList{{ConditionKind::list}, name, arena_.copy(BoundValues(items))});
            }
        }
        if (node.where) {
            const BoundCondition *condition = where(*node.where, source, steps);
            part.filter = part.filter ? both(part.filter, condition) : condition;
        }
        parts.push_back(part);
    }
    return parts;
}

Binder::EventParts Binder::event_parts(const Events &node, const Node &form, const Window *window) {
    EventParts parts = event_parts(node, form);
    within_window(parts, window);
    return parts;
}

// Keeps the events of the window, of all time without one, that are not after as_of.
void Binder::within_window(EventParts &parts, const Window *window) {
    for (BoundEventPart &part : parts) {
        const BoundCondition *const visible = compare(Comparison::less_equal, part.at, as_of(part.at->position));
        if (!window) {
            part.time = visible;
            continue;
        }
        const bool date = part.at->type->type_class == TypeClass::date;
        Edges found = edges(*window, date ? date_type : timestamptz_type);
        if (window->form == WindowForm::today || window->form == WindowForm::in_this) {
            found.high = as_of(window->position);
            found.high_inclusive = true;
        }
        part.time = range(part.at, found.low, found.low_inclusive, found.high, found.high_inclusive);
        if (window->form == WindowForm::from_to || window->form == WindowForm::within_of)
            part.time = both(part.time, visible);
    }
}

// Keeps the events between two durations ago, the earlier end excluded.
void Binder::between_ago(EventParts &parts, const Span &from, const Span &until, const Duration &written) {
    for (BoundEventPart &part : parts)
        part.time = range(part.at, ago(*part.at, from, written), false, ago(*part.at, until, written), true);
}

// as_of − span, or the date so long ago, as it is compared with a time.
const BoundValue *Binder::ago(const BoundValue &at, const Span &span, const Duration &written) {
    whole_days(written, *at.type);
    const BoundValue *now = as_of(written.position);
    if (at.type->type_class == TypeClass::date)
        now = day(now);
    const bool none = !has_calendar_part(span) && !has_clock_part(span);
    return none ? now : shift(now, negated(span), written.position);
}

// Brings the times of all parts into one form in which they can be told apart and sorted: dates if all are, else instants.
void Binder::align_times(EventParts &parts) {
    const auto all = [&](TypeClass type_class) {
        return std::ranges::all_of(parts, [&](const BoundEventPart &part) { return part.at->type->type_class == type_class; });
    };
    if (all(TypeClass::date) || (all(TypeClass::timestamp) && vocabulary_.time_zone == "UTC"))
        return;
    for (BoundEventPart &part : parts)
        if (part.at->type->type_class != TypeClass::timestamptz)
            part.at = add(BoundInstant{{ValueKind::instant, false, part.at->position, &timestamptz_type}, part.at});
}

BoundEvents Binder::bound(const EventParts &parts, const Type *value_type) {
    return {arena_.copy(std::span<const BoundEventPart>(parts)), value_type};
}

const BoundCondition *Binder::occurs(const EventParts &parts) {
    return add(BoundOccurs{{ConditionKind::occurs}, bound(parts)});
}

const BoundValue *Binder::event_value(EventFunction function, const EventParts &parts, const Type &type, std::uint32_t position, Unit unit,
                                      const Type *value_type) {
    event_values_.push_back(parts);
    return add(BoundEventValue{{ValueKind::events, false, position, &type}, function, bound(parts, value_type), unit});
}

std::pmr::vector<const BoundValue *> Binder::evidence() {
    std::pmr::vector<const BoundValue *> result(&arena_.memory());
    const std::vector<EventParts> values = std::move(event_values_);
    for (EventParts parts : values) {
        within_window(parts, nullptr);
        for (BoundEventPart &part : parts)
            part.value = nullptr, part.mark = nullptr;
        align_times(parts);
        const std::uint32_t position = parts.front().at->position;
        const BoundValue *last = event_value(EventFunction::last_time, parts, *parts.front().at->type, position);
        if (last->type->type_class != TypeClass::timestamptz)
            last = add(BoundInstant{{ValueKind::instant, false, position, &timestamptz_type}, last});
        result.push_back(last);
    }
    return result;
}

}  // namespace segment::definition
