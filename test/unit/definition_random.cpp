#include "definition_random.hpp"

#include <algorithm>
#include <string>

#include "core/definition/keywords.hpp"

namespace segment::definition {

std::string_view RandomTree::text() {
    static constexpr std::string_view texts[] = {"",      "a",          "it's", "''",  "two words", "\"",
                                                 "größe", "line\nfeed", "%_\\", "not", "x' or 'y",  "login"};
    return texts[below(std::size(texts))];
}

std::string_view RandomTree::decimal() {
    static constexpr std::string_view digits[] = {"0", "1", "2", "7.5", "100", "0.001", "12345678901234567890.5"};
    return digits[below(std::size(digits))];
}

const Name *RandomTree::name() {
    static constexpr std::string_view names[] = {"a",     "b",       "plan", "Mixed",        "two words", "1st",
                                                 "größe", "quo\"te", "_x$1", "subscription", "step1",     "\xE2\x80\x98quoted\xE2\x80\x99",
                                                 "."};
    std::vector<Name::Part> parts;
    for (std::uint64_t i = 0, count = 1 + below(3); i < count; ++i) {
        Name::Part part;
        if (i > 0 && below(4) == 0) {
            part.index = static_cast<std::int32_t>(below(100));
        } else {
            // Any word of the language may be a name, too.
            part.name = coin() ? names[below(std::size(names))] : spelling(static_cast<Word>(1 + below(word_count - 1)));
            part.quoted = coin();
        }
        parts.push_back(part);
    }
    return add(Name{{Kind::name}, copy(parts), below(5) == 0 ? "int8" : below(20) == 0 ? "My Type" : ""});
}

const Duration *RandomTree::duration() {
    std::vector<Duration::Term> terms;
    for (int unit = static_cast<int>(Unit::year); unit >= 0; --unit)
        if (below(6) == 0)
            terms.push_back({below(3) == 0 ? "1" : "30", static_cast<Unit>(unit)});
    if (terms.empty())
        terms.push_back({coin() ? "7" : "0", Unit::day});
    if (below(8) == 0)
        terms.assign(1, {"1.5", Unit::hour});
    return add(Duration{{Kind::duration}, copy(terms)});
}

const Node *RandomTree::literal() {
    switch (below(5)) {
        case 0:
            return add(Text{{Kind::text}, text()});
        case 1:
            return add(Boolean{{Kind::boolean}, coin()});
        case 2:
            return duration();
        case 3:
            return add(Negate{{Kind::negate}, add(Number{{Kind::number}, decimal(), coin()})});
        default:
            return add(Number{{Kind::number}, decimal(), coin()});
    }
}

Nodes RandomTree::literals() {
    std::vector<const Node *> items(1 + below(4));
    std::generate(items.begin(), items.end(), [&] { return literal(); });
    return copy(items);
}

const Events *RandomTree::events(int depth) {
    Events result{{Kind::events}, static_cast<EventChoice>(below(4)), {}, coin() ? "" : "source"};
    if (result.choice != EventChoice::any)
        result.names = copy(std::vector<std::string_view>(result.choice == EventChoice::any_of ? 1 + below(3) : 1, text()));
    if (depth > 0 && below(3) == 0)
        result.where = condition(depth - 1);
    return add(result);
}

Unit RandomTree::period() {
    return static_cast<Unit>(static_cast<std::uint64_t>(Unit::day) + below(5));
}

const Node *RandomTree::instant(int depth) {
    switch (below(4)) {
        case 0:
            return name();
        case 1:
            return add(Text{{Kind::text}, text()});
        case 2:
            return add(Now{{Kind::now}});
        default:
            return value(depth - 1);
    }
}

const Window *RandomTree::window(bool of_events, int depth) {
    Window result{{Kind::window}, static_cast<WindowForm>(below(10))};
    if (of_events && result.form == WindowForm::within_next)
        result.form = WindowForm::within;
    switch (result.form) {
        case WindowForm::between_ago:
            result.duration = add(Duration{{Kind::duration}, copy(std::vector<Duration::Term>{{"30", Unit::day}, {"2", Unit::hour}})});
            result.duration2 = add(Duration{{Kind::duration}, copy(std::vector<Duration::Term>{{"3", coin() ? Unit::day : Unit::week}})});
            break;
        case WindowForm::within:
        case WindowForm::more_than_ago:
        case WindowForm::within_next:
            result.duration = duration();
            break;
        case WindowForm::within_of:
            result.duration = duration();
            result.from = instant(depth);
            break;
        case WindowForm::since:
            result.from = instant(depth);
            break;
        case WindowForm::from_to:
            result.from = instant(depth);
            result.to = instant(depth);
            break;
        case WindowForm::today:
            break;
        case WindowForm::in_this:
            result.unit = static_cast<Unit>(static_cast<std::uint64_t>(Unit::week) + below(4));
            break;
        case WindowForm::in_last:
            result.unit = period();
            result.count = static_cast<std::uint32_t>(1 + below(3));
            break;
    }
    return add(result);
}

Count RandomTree::count(std::uint64_t largest) {
    Count result;
    result.form = static_cast<CountForm>(1 + below(6));
    result.low = below(largest + 1);
    if (result.form == CountForm::between)
        result.high = result.low + below(largest + 1 - result.low);
    return result;
}

Nodes RandomTree::chain(Kind kind, int depth) {
    std::vector<const Node *> operands;
    while (operands.size() < 2 || below(3) == 0) {
        const Node *operand = condition(depth - 1);
        if (operand->kind != kind)
            operands.push_back(operand);
    }
    return copy(operands);
}

const Aggregate *RandomTree::aggregate(int depth, bool windowed) {
    const auto function = static_cast<AggregateFunction>(below(8));
    return add(Aggregate{{Kind::aggregate},
                         function,
                         function == AggregateFunction::count ? nullptr : name(),
                         events(depth),
                         windowed ? optional_window(depth) : nullptr});
}

const Node *RandomTree::value(int depth) {
    if (depth <= 0)
        return coin() ? static_cast<const Node *>(name()) : literal();
    switch (below(11)) {
        case 0:
            return literal();
        case 1:
            return add(Now{{Kind::now}});
        case 2:
            return add(Negate{{Kind::negate}, value(depth - 1)});
        case 3:
            return add(Call{{Kind::call}, static_cast<Function>(below(4)), value(depth - 1)});
        case 4:
            return add(Bucket{{Kind::bucket}, text()});
        case 5:
            if (coin())
                return add(Days{{Kind::days}, false, add(LastEvent{{Kind::last_event}, events(depth)})});
            return add(Days{{Kind::days}, coin(), value(depth - 1)});
        case 6:
            return aggregate(depth, true);
        case 7: {
            Events part = *events(depth);
            part.where = condition(depth - 1);
            return add(Share{{Kind::share}, add(part), optional_window(depth)});
        }
        case 8:
            return add(Pick{{Kind::pick}, coin(), name(), events(depth), optional_window(depth)});
        case 9:
            return add(Streak{{Kind::streak}, events(depth), static_cast<Unit>(static_cast<std::uint64_t>(Unit::day) + below(3))});
        default:
            return add(Arithmetic{{Kind::arithmetic}, static_cast<ArithmeticOperator>(below(4)), value(depth - 1), value(depth - 1)});
    }
}

const Node *RandomTree::condition(int depth) {
    if (depth <= 0)
        return coin() ? static_cast<const Node *>(add(Everyone{{Kind::everyone}})) : add(Truth{{Kind::truth}, name()});
    switch (below(6)) {
        case 0:
            return add(Conjunction{{Kind::conjunction}, chain(Kind::conjunction, depth)});
        case 1:
            return add(Disjunction{{Kind::disjunction}, chain(Kind::disjunction, depth)});
        case 2: {
            const Node *operand = condition(depth - 1);
            const bool has_own_form = operand->kind == Kind::in_segment || operand->kind == Kind::in_manual_list;
            return has_own_form ? operand : add(Negation{{Kind::negation}, operand});
        }
        case 3:
            return trait_condition(depth);
        case 4:
            return behaviour(depth);
        default:
            return segment_condition(depth);
    }
}

const Node *RandomTree::trait_condition(int depth) {
    const Node *left = value(depth - 1);
    switch (below(9)) {
        case 0:
            return add(Compare{{Kind::compare}, static_cast<Comparison>(below(6)), left, value(depth - 1)});
        case 1:
            return add(Between{{Kind::between}, coin(), left, value(depth - 1), value(depth - 1)});
        case 2:
            return add(InList{{Kind::in_list}, coin(), left, literals()});
        case 3:
            return add(IsSet{{Kind::is_set}, coin(), left});
        case 4:
            return add(IsTrue{{Kind::is_true}, coin(), coin(), left});
        case 5: {
            TextMatch match{{Kind::text_match}, coin(), static_cast<TextOperator>(below(7)), false, left, text()};
            match.ignoring_case = match.op <= TextOperator::ends_with && coin();
            return add(match);
        }
        case 6: {
            Includes includes{{Kind::includes}, static_cast<Quantity>(below(4)), left, literals()};
            if (includes.quantity == Quantity::one)
                includes.items = includes.items.first(1);
            return add(includes);
        }
        case 7:
            return add(InWindow{{Kind::in_window}, left, window(false, depth)});
        default:
            return add(Truth{{Kind::truth}, add(Pick{{Kind::pick}, coin(), name(), events(depth), optional_window(depth)})});
    }
}

const Node *RandomTree::behaviour(int depth) {
    switch (below(7)) {
        case 0:
            return did(depth);
        case 1:
            return sequence(depth);
        case 2:
            return add(Recency{{Kind::recency},
                               events(depth),
                               add(Window{{Kind::window}, coin() ? WindowForm::within : WindowForm::more_than_ago, duration()})});
        case 3:
            return add(Trend{{Kind::trend},
                             coin(),
                             coin() ? static_cast<const Node *>(name()) : aggregate(depth, false),
                             "7.5",
                             coin(),
                             duration(),
                             coin() ? "" : "10"});
        case 4:
            return add(Stopped{{Kind::stopped}, events(depth), duration()});
        case 5:
            return add(Resumed{{Kind::resumed}, events(depth), duration(), duration()});
        default: {
            static constexpr std::string_view relations[] = {"contact", "Contact", "event", "of", "where", "two words"};
            const auto quantifier = static_cast<Quantifier>(below(4));
            return add(Related{{Kind::related},
                               quantifier,
                               quantifier == Quantifier::count ? count(9) : Count{},
                               relations[below(std::size(relations))],
                               quantifier == Quantifier::all || coin() ? condition(depth - 1) : nullptr});
        }
    }
}

const Node *RandomTree::did(int depth) {
    Did result{{Kind::did}, false, false, static_cast<DidForm>(below(4)), events(depth)};
    result.never = below(3) == 0;
    result.negated = !result.never && coin();
    if (result.form == DidForm::times ? coin() : result.form != DidForm::first_time)
        result.count = count(6);
    if (result.form == DidForm::distinct_periods || result.form == DidForm::periods_of_last)
        result.unit = period();
    if (result.form == DidForm::periods_of_last)
        result.of_last = static_cast<std::uint32_t>(6 + below(3));
    else
        result.window = optional_window(depth);
    return add(result);
}

const Node *RandomTree::sequence(int depth) {
    std::vector<Step> steps = {{events(depth)}};
    while (steps.size() < 2 || below(3) == 0) {
        if (steps.back().negated)
            steps.back().within = nullptr;
        steps.push_back({events(depth), coin(), coin() ? duration() : nullptr});
    }
    Sequence result{{Kind::sequence}, false, false, copy(steps), optional_window(depth)};
    result.never = below(3) == 0;
    result.negated = !result.never && coin();
    return add(result);
}

const Node *RandomTree::segment_condition(int depth) {
    switch (below(6)) {
        case 0:
            return add(InSegment{{Kind::in_segment}, coin(), coin(), text(), coin() ? duration() : nullptr});
        case 1:
            return add(SegmentChange{{Kind::segment_change}, coin(), text(), optional_window(depth)});
        case 2:
            return add(InManualList{{Kind::in_manual_list}, coin(), text()});
        case 3:
            return add(IsLabel{{Kind::is_label}, coin(), name(), text()});
        case 4:
            return add(HadMovement{{Kind::had_movement}, text(), optional_window(depth)});
        default: {
            Rank rank{{Kind::rank}, coin(), static_cast<RankForm>(below(5)), value(depth - 1), {}};
            if (rank.form == RankForm::top || rank.form == RankForm::bottom) {
                rank.percent = coin();
                rank.amount = rank.percent ? "2.5" : "100";
                rank.per = coin() ? name() : nullptr;
            } else if (rank.form == RankForm::smallest_set) {
                rank.percent = true;
                rank.amount = "80";
            }
            return add(rank);
        }
    }
}

}  // namespace segment::definition
