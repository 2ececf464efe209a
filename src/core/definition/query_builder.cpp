#include "core/definition/query_builder.hpp"

#include <optional>
#include <string>
#include <vector>

#include "core/definition/excerpt.hpp"
#include "core/definition/json_settle.hpp"
#include "core/definition/json_value.hpp"
#include "core/definition/parser.hpp"
#include "core/definition/query_builder_rule.hpp"

namespace segment::definition {
namespace {

using json::Document;
using json::Type;
using json::Value;

using Conditions = std::pmr::vector<const Node *>;

class GroupReader {
public:
    GroupReader(const Document &document, std::pmr::memory_resource &memory)
        : document_(document), memory_(memory), arena_(memory), rules_(document, memory) {}

    const Node *group(const Value &json) {
        const Value *rules = rules_of(json);
        if (rules == nullptr)
            document_.fail(json, "expected a rule group, which is an object with an array \"rules\"");
        if (++level_ > limits::nesting_depth)
            document_.fail(json, "the groups are nested more than " + std::to_string(limits::nesting_depth) + " levels deep", {},
                           ErrorCode::program_limit_exceeded);
        const Value *common = document_.member(json, "combinator");
        const Node *result =
            common != nullptr && common->type != Type::null ? joined_by(combinator(*common), *rules) : joined_independently(*rules);
        --level_;
        if (result == nullptr)
            return arena_.add(Everyone{{Kind::everyone, json.position}});
        return flag(json, "not") ? arena_.add(Negation{{Kind::negation, json.position}, result}) : result;
    }

private:
    const Value *rules_of(const Value &json) const {
        const Value *rules = document_.member(json, "rules");
        return rules != nullptr && rules->type == Type::array ? rules : nullptr;
    }

    // The condition of a rule or group; nothing if it is muted.
    std::optional<const Node *> item(const Value &json) {
        if (json.type != Type::object)
            document_.fail(
                json, "expected a rule or a rule group, found " + std::string(description(json.type)),
                json.type == Type::string ? "Combinators stand between the rules of a group that has no \"combinator\" of its own." : "");
        if (flag(json, "muted"))
            return std::nullopt;
        return rules_of(json) != nullptr ? group(json) : rules_.condition(json);
    }

    // Null if no rule counts.
    const Node *joined_by(Kind kind, const Value &rules) {
        Conditions conditions(&memory_);
        for (const Value &rule : rules.items)
            if (const auto condition = item(rule))
                conditions.push_back(*condition);
        return joined(kind, conditions);
    }

    // `and` binds tighter than `or`. A muted rule takes the combinator before it along.
    const Node *joined_independently(const Value &rules) {
        Conditions disjuncts(&memory_), conjuncts(&memory_);
        for (std::size_t i = 0; i < rules.items.size(); i += 2) {
            const Kind before = i == 0 ? Kind::conjunction : combinator(rules.items[i - 1]);
            const auto condition = item(rules.items[i]);
            if (!condition)
                continue;
            if (before == Kind::disjunction && !conjuncts.empty()) {
                disjuncts.push_back(joined(Kind::conjunction, conjuncts));
                conjuncts.clear();
            }
            conjuncts.push_back(*condition);
        }
        if (!rules.items.empty() && rules.items.size() % 2 == 0) {
            combinator(rules.items.back());
            document_.fail(rules.items.back(), "expected a rule or a rule group after this combinator");
        }
        if (!conjuncts.empty())
            disjuncts.push_back(joined(Kind::conjunction, conjuncts));
        return joined(Kind::disjunction, disjuncts);
    }

    const Node *joined(Kind kind, const Conditions &conditions) {
        if (conditions.empty())
            return nullptr;
        const std::uint32_t position = conditions[0]->position;
        if (conditions.size() == 1)
            return conditions[0];
        const Nodes operands = arena_.copy(Nodes(conditions));
        return kind == Kind::conjunction ? static_cast<const Node *>(arena_.add(Conjunction{{kind, position}, operands}))
                                         : arena_.add(Disjunction{{kind, position}, operands});
    }

    Kind combinator(const Value &json) const {
        if (json.type != Type::string)
            document_.fail_expected(json, "\"and\" or \"or\"");
        if (query_builder::equal_ignoring_case(json.text, "and"))
            return Kind::conjunction;
        if (query_builder::equal_ignoring_case(json.text, "or"))
            return Kind::disjunction;
        document_.fail(json, "unsupported combinator \"" + excerpt(json.text) + "\"", "Groups are joined by \"and\" and \"or\".",
                       ErrorCode::feature_not_supported);
    }

    bool flag(const Value &json, std::string_view key) const {
        const Value *member = document_.member(json, key);
        if (member == nullptr || member->type == Type::null)
            return false;
        if (member->type != Type::boolean)
            document_.fail_expected(*member, "a boolean");
        return member->truth;
    }

    const Document &document_;
    std::pmr::memory_resource &memory_;
    Arena arena_;
    query_builder::RuleReader rules_;
    std::uint32_t level_ = 0;
};

}  // namespace

const Node &from_query_builder(std::string_view json, std::pmr::memory_resource &arena) {
    std::pmr::monotonic_buffer_resource scratch(&arena);
    const Document document = json::read(json, scratch);
    const Node *built = GroupReader(document, scratch).group(document.root);
    return json::settle(*built, parse_definition, document, arena);
}

}  // namespace segment::definition
