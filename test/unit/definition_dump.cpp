#include "definition_dump.hpp"

namespace segment::definition {
namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

template <class Enum>
std::string code(Enum value) {
    return "#" + std::to_string(static_cast<int>(value));
}

std::string quote(std::string_view text) {
    return "<" + std::string(text) + ">";
}

// `(head part part …)`, without the empty parts.
template <class... Parts>
std::string form(std::string head, const Parts &...parts) {
    std::string result = "(" + head;
    ((result += std::string(parts).empty() ? "" : " " + std::string(parts)), ...);
    return result + ")";
}

std::string flag(bool value, std::string_view name) {
    return value ? std::string(name) : std::string();
}

std::string all(Nodes nodes) {
    std::string result;
    for (const Node *node : nodes)
        result += (result.empty() ? "" : " ") + dump(node);
    return result;
}

std::string count(const Count &count) {
    return code(count.form) + ":" + number(count.low) + ":" + number(count.high);
}

std::string name(const Name &name) {
    std::string result = "name";
    for (const Name::Part &part : name.parts)
        result += part.index >= 0 ? " [" + std::to_string(part.index) + "]" : " " + quote(part.name);
    return form(result, name.cast.empty() ? "" : "::" + std::string(name.cast));
}

std::string duration(const Duration &duration) {
    std::string result = "duration";
    for (const Duration::Term &term : duration.terms)
        result += " " + std::string(term.digits) + code(term.unit);
    return form(result);
}

std::string events(const Events &events) {
    std::string names;
    for (std::string_view name : events.names)
        names += quote(name);
    return form("events" + code(events.choice), names, events.source.empty() ? "" : "of " + quote(events.source), dump(events.where));
}

std::string window(const Window &window) {
    return form(
        "window" + code(window.form), dump(window.duration), dump(window.duration2), dump(window.from), dump(window.to),
        window.form == WindowForm::in_this || window.form == WindowForm::in_last ? code(window.unit) + "x" + number(window.count) : "");
}

std::string sequence(const Sequence &sequence) {
    std::string steps;
    for (const Step &step : sequence.steps)
        steps += (steps.empty() ? "" : " ") + form("step", flag(step.negated, "not"), dump(step.events), dump(step.within));
    return form("sequence", flag(sequence.negated, "not"), flag(sequence.never, "never"), steps, dump(sequence.window));
}

template <class T>
const T &as(const Node *node) {
    return *static_cast<const T *>(node);
}

}  // namespace

std::string dump(const Node *node) {
    if (node == nullptr)
        return "";
    switch (node->kind) {
        case Kind::number:
            return form("number", as<Number>(node).digits, flag(as<Number>(node).percent, "percent"));
        case Kind::text:
            return quote(as<Text>(node).value);
        case Kind::boolean:
            return as<Boolean>(node).value ? "true" : "false";
        case Kind::duration:
            return duration(as<Duration>(node));
        case Kind::now:
            return "now";
        case Kind::name:
            return name(as<Name>(node));
        case Kind::arithmetic:
            return form(code(as<Arithmetic>(node).op), dump(as<Arithmetic>(node).left), dump(as<Arithmetic>(node).right));
        case Kind::negate:
            return form("minus", dump(as<Negate>(node).operand));
        case Kind::call:
            return form("call" + code(as<Call>(node).function), dump(as<Call>(node).argument));
        case Kind::bucket:
            return form("bucket", quote(as<Bucket>(node).salt));
        case Kind::days:
            return form(as<Days>(node).until ? "days-until" : "days-since", dump(as<Days>(node).operand));
        case Kind::aggregate:
            return form("aggregate" + code(as<Aggregate>(node).function), dump(as<Aggregate>(node).argument),
                        dump(as<Aggregate>(node).events), dump(as<Aggregate>(node).window));
        case Kind::share:
            return form("share", dump(as<Share>(node).events), dump(as<Share>(node).window));
        case Kind::pick:
            return form(as<Pick>(node).first ? "first" : "last", dump(as<Pick>(node).column), dump(as<Pick>(node).events),
                        dump(as<Pick>(node).window));
        case Kind::streak:
            return form("streak" + code(as<Streak>(node).unit), dump(as<Streak>(node).events));
        case Kind::last_event:
            return form("last-event", dump(as<LastEvent>(node).events));
        case Kind::everyone:
            return "everyone";
        case Kind::conjunction:
            return form("and", all(as<Conjunction>(node).operands));
        case Kind::disjunction:
            return form("or", all(as<Disjunction>(node).operands));
        case Kind::negation:
            return form("not", dump(as<Negation>(node).operand));
        case Kind::truth:
            return form("truth", dump(as<Truth>(node).value));
        case Kind::compare:
            return form("compare" + code(as<Compare>(node).op), dump(as<Compare>(node).left), dump(as<Compare>(node).right));
        case Kind::between:
            return form("between", flag(as<Between>(node).negated, "not"), dump(as<Between>(node).value), dump(as<Between>(node).low),
                        dump(as<Between>(node).high));
        case Kind::in_list:
            return form("in-list", flag(as<InList>(node).negated, "not"), dump(as<InList>(node).value), all(as<InList>(node).items));
        case Kind::is_set:
            return form("is-set", flag(as<IsSet>(node).negated, "not"), dump(as<IsSet>(node).value));
        case Kind::is_true:
            return form("is-true", flag(as<IsTrue>(node).negated, "not"), flag(as<IsTrue>(node).expected, "true"),
                        dump(as<IsTrue>(node).value));
        case Kind::text_match:
            return form("match" + code(as<TextMatch>(node).op), flag(as<TextMatch>(node).negated, "not"),
                        flag(as<TextMatch>(node).ignoring_case, "ignoring-case"), dump(as<TextMatch>(node).value),
                        quote(as<TextMatch>(node).pattern));
        case Kind::includes:
            return form("includes" + code(as<Includes>(node).quantity), dump(as<Includes>(node).value), all(as<Includes>(node).items));
        case Kind::in_window:
            return form("in-window", dump(as<InWindow>(node).value), dump(as<InWindow>(node).window));
        case Kind::rank:
            return form("rank" + code(as<Rank>(node).form), flag(as<Rank>(node).negated, "not"), dump(as<Rank>(node).value),
                        as<Rank>(node).amount, flag(as<Rank>(node).percent, "percent"), dump(as<Rank>(node).per));
        case Kind::in_segment:
            return form("in-segment", flag(as<InSegment>(node).negated, "not"), flag(as<InSegment>(node).ever, "ever"),
                        quote(as<InSegment>(node).segment), dump(as<InSegment>(node).for_at_least));
        case Kind::segment_change:
            return form(as<SegmentChange>(node).entered ? "entered" : "exited", quote(as<SegmentChange>(node).segment),
                        dump(as<SegmentChange>(node).window));
        case Kind::in_manual_list:
            return form("in-manual-list", flag(as<InManualList>(node).negated, "not"), quote(as<InManualList>(node).list));
        case Kind::is_label:
            return form("is-label", flag(as<IsLabel>(node).negated, "not"), dump(as<IsLabel>(node).subject),
                        quote(as<IsLabel>(node).label));
        case Kind::did:
            return form("did" + code(as<Did>(node).form), flag(as<Did>(node).negated, "not"), flag(as<Did>(node).never, "never"),
                        dump(as<Did>(node).events), count(as<Did>(node).count),
                        as<Did>(node).form == DidForm::distinct_periods || as<Did>(node).form == DidForm::periods_of_last
                            ? code(as<Did>(node).unit)
                            : "",
                        as<Did>(node).form == DidForm::periods_of_last ? number(as<Did>(node).of_last) : "", dump(as<Did>(node).window));
        case Kind::recency:
            return form("recency", dump(as<Recency>(node).events), dump(as<Recency>(node).window));
        case Kind::trend:
            return form(as<Trend>(node).fell ? "fell" : "rose", dump(as<Trend>(node).value), as<Trend>(node).amount,
                        flag(as<Trend>(node).percent, "percent"), dump(as<Trend>(node).within), as<Trend>(node).from_at_least);
        case Kind::stopped:
            return form("stopped", dump(as<Stopped>(node).events), dump(as<Stopped>(node).duration));
        case Kind::resumed:
            return form("resumed", dump(as<Resumed>(node).events), dump(as<Resumed>(node).after), dump(as<Resumed>(node).within));
        case Kind::sequence:
            return sequence(as<Sequence>(node));
        case Kind::related:
            return form("related" + code(as<Related>(node).quantifier), count(as<Related>(node).count), quote(as<Related>(node).relation),
                        dump(as<Related>(node).where));
        case Kind::had_movement:
            return form("had", quote(as<HadMovement>(node).movement), dump(as<HadMovement>(node).window));
        case Kind::events:
            return events(as<Events>(node));
        case Kind::window:
            return window(as<Window>(node));
    }
    return "?";
}

}  // namespace segment::definition
