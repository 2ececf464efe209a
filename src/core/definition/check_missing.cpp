// Forms whose part is not installed: which registration is missing.
#include "core/definition/check_binder.hpp"
#include "core/definition/nearest.hpp"

namespace segment::definition {
namespace {

std::string quote(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'')
            quoted += c;
        quoted += c;
    }
    return quoted + '\'';
}

}  // namespace

void Binder::missing_part(const Node &node) {
    const std::string population = quote(vocabulary_.population);
    std::string what = "an event source", hint = "Register one with segment.add_events(" + population + ", ...).";
    const auto needs_score = [&](std::string_view name) {
        what = "a score named \"" + std::string(name) + "\"";
        hint = "Create it with segment.create_score(" + quote(name) + ", " + population + ").";
    };
    switch (node.kind) {
        case Kind::name:
        case Kind::had_movement:
            what = "subscriptions";
            hint = "Register them with segment.add_subscriptions(" + population + ", ...).";
            break;
        case Kind::related: {
            const std::string_view relation = static_cast<const Related &>(node).relation;
            what = "related rows named \"" + std::string(relation) + "\"";
            hint = "Register them with segment.add_related(" + population + ", " + quote(relation) + ", ...).";
            break;
        }
        case Kind::in_manual_list: {
            const std::string_view list = static_cast<const InManualList &>(node).list;
            what = "a list named \"" + std::string(list) + "\"";
            hint = "Create it with segment.create_list(" + quote(list) + ", " + population + ").";
            Nearest search(list);
            for (const std::string_view known : vocabulary_.lists)
                search.offer(known);
            if (!search.best().empty())
                hint = "Did you mean " + quote(search.best()) + "?";
            break;
        }
        case Kind::is_label: {
            const std::string name = display(static_cast<const IsLabel &>(node).subject->parts);
            what = "a score or scheme named \"" + name + "\"";
            hint = "Create it with segment.create_score or segment.create_scheme; a trait is compared with =.";
            break;
        }
        case Kind::trend:
            if (const Node *value = static_cast<const Trend &>(node).value; value->kind == Kind::name)
                needs_score(display(static_cast<const Name *>(value)->parts));
            break;
        default:
            break;
    }
    throw Error(ErrorCode::object_not_ready, "definition needs " + what, node.position, {}, hint);
}

}  // namespace segment::definition
