#include "core/definition/json_settle.hpp"

#include <optional>
#include <string>

#include "core/definition/excerpt.hpp"
#include "core/definition/json_fields.hpp"
#include "core/definition/parser.hpp"
#include "core/definition/printer.hpp"

namespace segment::definition::json {
namespace {

// Calls `visit` for the conditions and values of which a form consists, those of its parts included. LastEvent counts as a part:
// it is no value by itself.
template <class Visit>
class Children {
public:
    explicit Children(Visit &visit) : visit_(visit) {}

    void of(const Node &node) {
        with_form(node.kind, [&]<class Form>(std::type_identity<Form>) { fields(*this, static_cast<const Form &>(node)); });
    }

    void word(std::string_view, auto) {}
    void optional_word(std::string_view, auto, auto) {}
    void either(std::string_view, bool, std::string_view, std::string_view) {}
    void flag(std::string_view, bool) {}
    void boolean(std::string_view, bool) {}
    void text(std::string_view, std::string_view) {}
    void optional_text(std::string_view, std::string_view) {}
    void decimal(std::string_view, std::string_view) {}
    void optional_decimal(std::string_view, std::string_view) {}
    void whole(std::string_view, std::uint64_t) {}
    void optional_whole(std::string_view, std::uint64_t, std::uint64_t) {}
    void texts(std::string_view, std::span<const std::string_view>) {}
    void only_text(std::string_view, std::span<const std::string_view>) {}
    void terms(std::span<const Duration::Term>) {}
    void name(std::string_view, std::string_view, std::span<const Name::Part>) {}
    void literals(std::string_view, Nodes) {}
    void only_literal(std::string_view, Nodes) {}
    void optional_count(std::string_view, const Count &) {}

    void value(std::string_view, const Node *value) { visit_(*value); }
    void condition(std::string_view, const Node *condition) { visit_(*condition); }
    void optional_condition(std::string_view, const Node *condition) {
        if (condition != nullptr)
            visit_(*condition);
    }
    void conditions(std::string_view, Nodes nodes) {
        for (const Node *node : nodes)
            visit_(*node);
    }
    void value_or_event(std::string_view, const Node *node) {
        if (node->kind == Kind::last_event)
            of(*node);
        else
            visit_(*node);
    }
    template <class Part>
    void part(std::string_view, const Part *part) {
        fields(*this, *part);
    }
    template <class Part>
    void optional_part(std::string_view, const Part *part) {
        if (part != nullptr)
            fields(*this, *part);
    }
    template <class Record>
    void record(std::string_view, const Record &record) {
        fields(*this, record);
    }
    template <class Record>
    void records(std::string_view, std::span<const Record> records) {
        for (const Record &record : records)
            fields(*this, record);
    }

private:
    Visit &visit_;
};

// The tree that `parse` reads from what `built` prints as, which is left in `text`.
const Node &read_back(const Node &built, Parse parse, std::pmr::string &text, std::pmr::memory_resource &arena) {
    std::pmr::string again(&arena);
    print(built, text);
    try {
        const Node &result = parse(text, arena);
        print(result, again);
        if (again == text)
            return result;
    } catch (const Error &error) {
        throw Error(error.code, error.message, Error::no_position, error.detail.empty() ? "It reads: " + excerpt(text, 200) : error.detail,
                    error.hint);
    }
    throw Error(ErrorCode::invalid_parameter, "this has another form in the language", Error::no_position,
                "It reads \"" + excerpt(text, 200) + "\", which is \"" + excerpt(again, 200) + "\".");
}

// Looks for the innermost node at fault: one that by itself cannot be read back either. What fails only in its place, such as a
// rank inside `where`, is found around it.
class Search {
public:
    struct Fault {
        const Node *node;
        Error error;
    };

    explicit Search(std::pmr::memory_resource &memory) : memory_(memory) {}

    Fault innermost(Fault fault) {
        for (;;) {
            std::optional<Fault> inner;
            auto visit = [&](const Node &child) {
                if (!inner)
                    inner = try_alone(child);
            };
            Children(visit).of(*fault.node);
            if (!inner)
                return fault;
            fault = std::move(*inner);
        }
    }

private:
    std::optional<Fault> try_alone(const Node &node) {
        if (bytes_read_ > most_bytes)
            return std::nullopt;
        std::pmr::monotonic_buffer_resource scratch(&memory_);
        std::pmr::string text(&scratch);
        std::optional<Fault> result;
        try {
            read_back(node, is_condition(node.kind) ? parse_definition : parse_formula, text, scratch);
        } catch (const Error &error) {
            result = Fault{&node, error};
        }
        bytes_read_ += text.size();
        return result;
    }

    // A high tree is read once per level. The search ends after this much, with what it has.
    static constexpr std::size_t most_bytes = 4 * limits::text_bytes;

    std::pmr::memory_resource &memory_;
    std::size_t bytes_read_ = 0;
};

}  // namespace

const Node &settle(const Node &built, Parse parse, const Document &document, std::pmr::memory_resource &arena) {
    std::pmr::string text(&arena);
    try {
        return read_back(built, parse, text, arena);
    } catch (const Error &error) {
        if (error.code == ErrorCode::program_limit_exceeded)
            throw;  // it is about the whole
        const auto [node, reason] = Search(arena).innermost({&built, error});
        throw Error(reason.code, document.path(node->position) + ": " + reason.message, Error::no_position, reason.detail, reason.hint);
    }
}

}  // namespace segment::definition::json
