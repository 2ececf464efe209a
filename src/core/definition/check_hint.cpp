// What was meant by a name that is no trait: something else that the population has, and how that is written.
#include <algorithm>

#include "core/definition/check_binder.hpp"
#include "core/definition/sql_quote.hpp"

namespace segment::definition {
namespace {

// The text that `name` is compared with by = or !=; null if it is not.
const Text *compared_text(const Compare *compared, const Name &name) {
    const bool equality = compared && (compared->op == Comparison::equal || compared->op == Comparison::not_equal);
    return equality && compared->left == &name && compared->right->kind == Kind::text ? static_cast<const Text *>(compared->right)
                                                                                      : nullptr;
}

bool is_status(std::string_view text) {
    return text == "active" || text == "trial" || text == "churned" || text == "never";
}

// What has `label` as a band or state; empty if nothing has.
std::string labelled(const Vocabulary &vocabulary, std::string_view label, bool negated) {
    const std::string is = (negated ? " is not " : " is ") + quote_literal(label);
    for (const ScoreName &score : vocabulary.scores)
        if (std::ranges::find(score.bands, label) != score.bands.end())
            return std::string(score.name) + is;
    if (vocabulary.subscriptions && is_status(label))
        return std::string("subscription.status ") + (negated ? "!= " : "= ") + quote_literal(label);
    return {};
}

}  // namespace

// What is no trait may be a scheme, which has its own form, or something that subscriptions tell.
std::string Binder::other_role_hint(const Name &name) const {
    const std::string written = display(name.parts);
    if (std::ranges::find(vocabulary_.schemes, written) != vocabulary_.schemes.end()) {
        const Text *text = compared_text(compared_, name);
        const std::string rule = text ? quote_literal(text->value) : "'...'";
        const bool other = compared_ && compared_->op == Comparison::not_equal;
        return written + " is a scheme: write " + written + (other ? " is not " : " is ") + rule + '.';
    }
    if (vocabulary_.subscriptions && name.parts.size() == 1 && is_subscription_field(written))
        return "Did you mean \"subscription." + written + "\"?";
    return {};
}

// Where no trait's name is near: lists, sources, bands of scores, and what subscriptions tell.
std::string Binder::concept_hint(const Name &name) const {
    if (name.parts.size() != 1)
        return {};
    const std::string_view written = name.parts[0].name;
    const std::string literal = quote_literal(written);
    if (std::ranges::find(vocabulary_.lists, written) != vocabulary_.lists.end())
        return std::string(written) + " is a list: write in list " + literal + '.';
    if (const auto source = std::ranges::find(vocabulary_.events, written, &EventSource::name); source != vocabulary_.events.end())
        return std::string(written) + " is a source of events: write count of " + (source->event_name >= 0 ? "any event of " : "") +
               literal + '.';
    if (const Text *text = compared_text(compared_, name)) {
        const std::string meant = labelled(vocabulary_, text->value, compared_->op == Comparison::not_equal);
        if (!meant.empty())
            return "Did you mean \"" + meant + "\"?";
    }
    if (!vocabulary_.subscriptions && is_subscription_field(written))
        return "With subscriptions, which segment.add_subscriptions(" + quote_literal(vocabulary_.population) +
               ", ...) registers, it is \"subscription." + std::string(written) + "\".";
    return {};
}

}  // namespace segment::definition
