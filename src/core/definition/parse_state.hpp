// The recursive-descent parser behind parser.hpp. Its parts are in parse_*.cpp, one per group of forms.
//
// Conditions and values share one grammar of operators, because what an opening parenthesis starts is known only at its end.
// A method that reads a form is entered at the form's first token and leaves at the first token after it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/definition/arena.hpp"
#include "core/definition/ast.hpp"
#include "core/definition/lexer.hpp"
#include "core/definition/limits.hpp"
#include "core/definition/precedence.hpp"

namespace segment::definition {

class Parser {
public:
    // `subject` is what messages call the text: "definition" or "formula".
    Parser(std::string_view text, std::pmr::memory_resource &memory, std::string_view subject,
           std::uint32_t depth_limit = limits::nesting_depth);

    const Node &definition();
    const Node &formula();

private:
    using Words = std::initializer_list<Word>;

    // One level of nesting while it is being read. An operator puts what stands on its left one level down after that has
    // been read, so the levels of the tree are counted apart from the levels open now.
    class Level {
    public:
        explicit Level(Parser &parser);
        ~Level();
        Level(const Level &) = delete;

        // The operands read so far become the left side of one more operator.
        void deepen();

    private:
        void check() const;

        Parser &parser_;
        std::uint32_t outer_deepest_;
    };

    // ------------------------------------------------------------------------------------------------- parse_tokens.cpp
    void advance();
    Token peek(unsigned distance) const;  // the token `distance` places after the current one
    bool at(TokenKind kind) const { return token_.kind == kind; }
    bool at(Word word) const { return token_.word == word; }
    bool at_name() const { return at(TokenKind::name) || at(TokenKind::quoted_name); }
    static bool ends_condition(const Token &token);
    static bool follows_value(const Token &token);  // whether the token may come after a value
    bool accept(Word word);
    bool accept(TokenKind kind);
    void expect(Word word, std::string_view hint = {});
    void expect(TokenKind kind, std::string_view what, std::string_view hint = {});
    std::string_view source(const Token &token) const { return lexer_.slice(token); }
    std::string_view take_text(std::string_view what);        // a text's value
    std::string_view take_identifier(std::string_view what);  // a relation's name
    std::string_view take_decimal(std::string_view what);     // canonical digits
    std::uint64_t take_whole_number(std::string_view what);
    std::string_view unquoted(const Token &token);
    std::string_view decimal(const Token &number);

    // ------------------------------------------------------------------------------------------------- parse_errors.cpp
    [[noreturn]] void fail(std::string_view message, std::string_view hint = {}) const;  // at the current token
    [[noreturn]] void fail_at(std::uint32_t position, std::string_view message, std::string_view hint = {}) const;
    [[noreturn]] void expected(std::string_view what, Words words = {}, std::string_view hint = {}) const;
    [[noreturn]] void expected_operand(Precedence minimum) const;
    [[noreturn]] void unexpected_after(const Node *node) const;
    [[noreturn]] void unexpected_after_value(const Node *value) const;
    [[noreturn]] void unexpected_after_condition(const Node *condition) const;
    std::string_view hint_after_condition(const Node *condition) const;
    [[noreturn]] void value_is_no_condition(const Node *value) const;
    [[noreturn]] void unknown_function() const;
    static std::string_view translation(std::string_view word);  // a hint for another language's word, or empty
    [[noreturn]] void limit_exceeded(std::string_view message, std::uint32_t position) const;
    std::string found() const;

    // ------------------------------------------------------------------------------------------------------- parser.cpp
    const Node *expression(Precedence minimum);
    const Node *operand(Precedence minimum);
    template <class Chain>
    const Node *chain(Kind kind, Word word, Precedence tighter, const Node *first);
    const Node *arithmetic(ArithmeticOperator op, Precedence right, const Node *left);
    const Node *negation();
    const Node *as_condition(const Node *node);
    const Node *require_value(const Node *node) const;
    std::uint32_t open();            // takes the parenthesis and gives its position
    void close(std::uint32_t open);  // takes the closing one
    void close_after(std::uint32_t open, const Node *last);
    const Node *where();  // `where (…)` or null

    // -------------------------------------------------------------------------------------------------- parse_value.cpp
    const Node *word_operand(Precedence minimum);
    bool negates_did() const;
    const Node *form();
    const Node *number_or_duration();
    const Node *literal(std::string_view place);
    const Node *text_operand();
    const Node *name_operand();
    const Name *name(std::string_view what);
    const Node *call();
    const Node *days();

    // ----------------------------------------------------------------------------------------------- parse_duration.cpp
    const Duration *duration(std::string_view hint = {});
    const Duration *duration_terms();  // at a number that a unit follows
    const Duration *interval();        // at `interval` that a text follows
    const Duration *make_duration(std::uint32_t position, std::span<Duration::Term> terms);
    std::string_view amount(const Token &number, Unit unit);

    // ---------------------------------------------------------------------------------------------- parse_condition.cpp
    static bool is_negatable(Word word);
    bool at_predicate() const;
    const Node *predicate(const Node *left);
    const Node *comparison(const Node *left, Comparison op);
    const Node *range(const Node *left, bool negated);
    const Node *is_form(const Node *left);
    const Node *in_form(const Node *left, bool negated);
    const Node *text_match(const Node *left, bool negated, TextOperator op);
    const Node *inclusion(const Node *left);
    const Node *rank(const Node *left, bool negated, RankForm form);
    const Node *value_in_window(const Node *left);
    Nodes literals(std::string_view place);
    const Node *negate_if(bool negated, const Node *condition);

    // ------------------------------------------------------------------------------------------------- parse_events.cpp
    static bool begins_events(const Token &token, const Token &after);
    const Events *events();
    std::span<const std::string_view> event_names();
    const Node *count_of();
    const Node *aggregate_call();
    const Name *aggregate_argument();
    const Node *aggregate(Aggregate &result);  // after `of`
    const Node *share_of();
    const Node *streak_of();
    const Node *last_or_first();
    const Node *pick(std::uint32_t position, bool first);
    const Name *picked_column(const std::string &word);

    // ---------------------------------------------------------------------------------------------- parse_behaviour.cpp
    const Node *did();
    void did_form(Did &result);
    void periods_of_last(Did &result);
    void refuse_after_did(const Did &result) const;
    bool at_count() const;
    bool at_window_of_duration() const;
    Count count(std::string_view what);
    const Node *open_sequence(std::uint32_t position, const Events *first);
    const Node *enclosed_sequence(const Did &start);
    std::span<const Step> steps(const Events *first);
    const Node *recency(std::uint32_t position);
    const Node *stopped();
    const Node *resumed();
    const Node *trend(const Node *left);
    const Node *related();

    // ------------------------------------------------------------------------------------------------ parse_segment.cpp
    const Node *membership();
    const Node *segment_change();
    const Node *had_movement();

    // ------------------------------------------------------------------------------------------------- parse_window.cpp
    enum class WindowUse : std::uint8_t { trait, event };
    bool at_window() const;
    bool at_ago_range() const;
    const Window *window(WindowUse use);
    const Window *optional_window(WindowUse use) { return at_window() ? window(use) : nullptr; }
    void window_within(Window &result, WindowUse use);
    void window_ago_range(Window &result);
    void window_calendar(Window &result);
    const Node *instant(std::string_view hint = {});
    Unit period(std::string_view what);

    template <class T>
    T *add(const T &node) {
        return arena_.add(node);
    }

    // Adds a condition other than `and`, `or` and `not`.
    template <class T>
    T *add_leaf(const T &condition) {
        count_leaf(condition.position);
        return arena_.add(condition);
    }

    void count_leaf(std::uint32_t position);

    std::string_view subject_;
    std::uint32_t depth_limit_;
    Arena arena_;
    Lexer lexer_;  // stands after next_
    Token token_;  // the current token; never invalid
    Token next_;
    Token previous_;                 // the one before it
    std::uint32_t depth_ = 0;        // levels open now
    std::uint32_t deepest_ = 0;      // the most levels of the tree read since the innermost open level began
    std::uint32_t parentheses_ = 0;  // open now
    std::uint32_t where_depth_ = 0;
    std::size_t leaves_ = 0, operators_ = 0;
    std::pmr::vector<const Node *> pending_;  // operands of the chains and lists being read, innermost last
    std::pmr::vector<Step> steps_;            // of the sequences being read, innermost last
    std::pmr::vector<Name::Part> parts_;
    std::pmr::vector<std::string_view> names_;
};

}  // namespace segment::definition
