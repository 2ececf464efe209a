// subscription.mrr and its kind, and `had 'contraction'`.
#include <algorithm>
#include <array>

#include "core/definition/bound_subscription.hpp"
#include "core/definition/check_binder.hpp"
#include "core/definition/nearest.hpp"

namespace segment::definition {
namespace {

struct Field {
    std::string_view name;
    SubscriptionField field;
    const Type *type;
};

constexpr std::array<Field, 8> fields{{
    {"mrr", SubscriptionField::mrr, &numeric_type},
    {"arr", SubscriptionField::arr, &numeric_type},
    {"quantity", SubscriptionField::quantity, &numeric_type},
    {"plan", SubscriptionField::plan, &text_type},
    {"status", SubscriptionField::status, &text_type},
    {"started_at", SubscriptionField::started_at, &timestamptz_type},
    {"churned_at", SubscriptionField::churned_at, &timestamptz_type},
    {"renews_at", SubscriptionField::renews_at, &timestamptz_type},
}};

constexpr std::string_view tenure = "tenure";

constexpr std::array<std::string_view, 5> movements{"new", "expansion", "contraction", "churn", "reactivation"};

bool is_registered(SubscriptionField field, const Subscriptions &subscriptions) {
    switch (field) {
        case SubscriptionField::plan:
            return subscriptions.has_plan;
        case SubscriptionField::quantity:
            return subscriptions.has_quantity;
        case SubscriptionField::renews_at:
            return subscriptions.has_renewal;
        default:
            return true;
    }
}

std::string did_you_mean(std::string_view near, std::string_view otherwise) {
    return near.empty() ? std::string(otherwise) : "Did you mean \"" + std::string(near) + "\"?";
}

}  // namespace

std::string label(const BoundSubscription &value) {
    return "subscription." + std::string(std::ranges::find(fields, value.field, &Field::field)->name);
}

bool Binder::is_subscription(const Name &name) const {
    return vocabulary_.subscriptions && !row_ && name.parts.size() > 1 && !name.parts[0].quoted && name.parts[0].name == "subscription";
}

bool Binder::is_subscription_field(std::string_view word) {
    return word == tenure || std::ranges::find(fields, word, &Field::name) != fields.end();
}

const BoundValue *Binder::subscription(const Name &name) {
    require(vocabulary_.subscriptions->absence, name.position);
    subscriptions = true;
    const std::string_view word = name.parts[1].index < 0 ? name.parts[1].name : std::string_view();
    const auto value = [&](SubscriptionField field, const Type &type) {
        return add(BoundSubscription{{ValueKind::subscription, false, name.position, &type}, field});
    };
    if (name.parts.size() == 2 && word == tenure)
        return add(BoundElapsed{{ValueKind::elapsed, false, name.position, &interval_type},
                                as_of(name.position),
                                value(SubscriptionField::started_at, timestamptz_type)});
    const auto *field = std::ranges::find(fields, word, &Field::name);
    if (name.parts.size() > 2 || field == fields.end()) {
        Nearest search(word);
        for (const Field &known : fields)
            search.offer(known.name);
        search.offer(tenure);
        throw Error(ErrorCode::undefined_column, "unknown property \"" + display(name.parts) + '"', name.position, {},
                    did_you_mean(search.best(),
                                 "Subscriptions have mrr, arr, quantity, plan, status, started_at, tenure, churned_at and renews_at."));
    }
    if (!is_registered(field->field, *vocabulary_.subscriptions))
        throw Error(ErrorCode::object_not_ready, "definition needs the " + std::string(word) + " of subscriptions", name.position, {},
                    "Name its column in segment.add_subscriptions(..., " + std::string(word) + " => ...).");
    const BoundValue *bound = value(field->field, *field->type);
    return name.cast.empty() ? bound : cast(bound, name);
}

// Movements are events of their own.
const BoundCondition *Binder::had_movement(const HadMovement &node) {
    if (!vocabulary_.subscriptions)
        missing_part(node);
    require(vocabulary_.subscriptions->absence, node.position);
    subscriptions = true;
    if (std::ranges::find(movements, node.movement) == movements.end())
        throw Error(ErrorCode::undefined_object, "unknown movement \"" + std::string(node.movement) + '"', node.position, {},
                    did_you_mean(nearest(node.movement, movements), "There are new, expansion, contraction, churn and reactivation."));
    const EventSource &source = vocabulary_.subscriptions->movements;
    const auto column = [&](std::int32_t index) {
        const Trait &trait = source.columns[static_cast<std::size_t>(index)];
        return add(BoundTrait{{ValueKind::trait, false, node.position, &trait.type}, &trait, event_row});
    };
    const BoundValue *name = add(BoundText{{ValueKind::text, true, node.position, &text_type}, node.movement});
    EventParts parts{{&source, column(source.occurred_at), compare(Comparison::equal, column(source.event_name), name)}};
    within_window(parts, node.window);
    return occurs(parts);
}

}  // namespace segment::definition
