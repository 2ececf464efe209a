#include "core/survey/format.hpp"

#include <charconv>
#include <optional>

#include "core/error.hpp"

namespace segment::survey {

namespace {

constexpr std::size_t header_size = 2;

// The counts in the order in which they are written.
template <typename Visit>
void for_each_count(Answers &answers, Visit visit) {
    visit(answers.asked);
    visit(answers.out_of_scale);
    for (int answer = rules(answers.scale).lowest; answer <= rules(answers.scale).highest; ++answer) {
        visit(answers.of[static_cast<std::size_t>(answer)]);
    }
}

// What is wrong with the counts, or null.
const char *fault_of(const Answers &answers) {
    if (answers.asked < 0 || answers.out_of_scale < 0) {
        return "A count is negative.";
    }
    std::int64_t rest = answers.asked - answers.out_of_scale;
    for (const std::int64_t count : answers.of) {
        if (count < 0) {
            return "A count is negative.";
        }
        // Cannot overflow: both are not negative, or the rest is and the loop ends.
        rest = rest < 0 ? rest : rest - count;
    }
    return rest < 0 ? "It has more answers than were asked for." : nullptr;
}

[[noreturn]] void refuse_text(const char *detail) {
    throw Error(ErrorCode::invalid_text_representation, "invalid input syntax for type segment.survey", Error::no_position, detail,
                "It is written such as: 1-5 asked 4 out 0 answers 0 0 1 0 2");
}

[[noreturn]] void refuse_bytes(const char *detail) {
    throw Error(ErrorCode::invalid_binary_representation, "invalid survey", Error::no_position, detail);
}

// Reads words that are divided by single spaces.
class Words {
public:
    explicit Words(std::string_view text) : rest_(text) {}

    std::string_view next() {
        if (ended_) {
            refuse_text("It ends too early.");
        }
        const std::size_t end = rest_.find(' ');
        const std::string_view word = rest_.substr(0, end);
        ended_ = end == std::string_view::npos;
        rest_.remove_prefix(ended_ ? rest_.size() : end + 1);
        return word;
    }
    void expect(std::string_view word) {
        if (next() != word) {
            refuse_text("A word is missing or out of place.");
        }
    }
    std::int64_t number() {
        const std::string_view word = next();
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc() || end != word.data() + word.size()) {
            refuse_text("A count is no number.");
        }
        return value;
    }
    bool ended() const { return ended_; }

private:
    std::string_view rest_;
    bool ended_ = false;
};

}  // namespace

std::pmr::string to_text(const Answers &answers, std::pmr::memory_resource *memory) {
    std::pmr::string text(rules(answers.scale).name, memory);
    Answers copy = answers;
    int place = 0;
    for_each_count(copy, [&](std::int64_t count) {
        static constexpr std::string_view labels[] = {" asked ", " out ", " answers "};
        text += place < 3 ? labels[place] : " ";
        text += std::to_string(count);
        ++place;
    });
    return text;
}

Answers from_text(std::string_view text) {
    Words words(text);
    const std::optional<Scale> scale = find_scale(words.next());
    if (!scale) {
        refuse_text("It does not begin with a scale: 0-10, 1-10, 1-7 or 1-5.");
    }
    Answers answers(*scale);
    int place = 0;
    for_each_count(answers, [&](std::int64_t &count) {
        static constexpr std::string_view labels[] = {"asked", "out", "answers"};
        if (place < 3) {
            words.expect(labels[place]);
        }
        count = words.number();
        ++place;
    });
    if (!words.ended()) {
        refuse_text("It has more counts than the scale has answers.");
    }
    if (const char *fault = fault_of(answers); fault != nullptr) {
        refuse_text(fault);
    }
    return answers;
}

std::pmr::vector<std::byte> to_bytes(const Answers &answers, std::pmr::memory_resource *memory) {
    std::pmr::vector<std::byte> bytes({static_cast<std::byte>(answers.version), static_cast<std::byte>(answers.scale)}, memory);
    Answers copy = answers;
    for_each_count(copy, [&](std::int64_t count) {
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(count) >> shift));
        }
    });
    return bytes;
}

Answers from_bytes(std::span<const std::byte> bytes) {
    if (bytes.size() < header_size) {
        refuse_bytes("It is too short.");
    }
    if (static_cast<std::uint8_t>(bytes[0]) != Answers::current_version) {
        refuse_bytes("It is of an unknown version.");
    }
    const auto scale = static_cast<std::uint8_t>(bytes[1]);
    if (!is_scale(scale)) {
        refuse_bytes("It has an unknown scale.");
    }
    Answers answers(static_cast<Scale>(scale));
    std::size_t counts = 0;
    for_each_count(answers, [&](std::int64_t) { ++counts; });
    if (bytes.size() != header_size + counts * sizeof(std::int64_t)) {
        refuse_bytes("Its length is not that of its scale.");
    }
    const std::byte *next = bytes.data() + header_size;
    for_each_count(answers, [&](std::int64_t &count) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) {
            value = value << 8 | static_cast<std::uint64_t>(*next++);
        }
        count = static_cast<std::int64_t>(value);
    });
    if (const char *fault = fault_of(answers); fault != nullptr) {
        refuse_bytes(fault);
    }
    return answers;
}

}  // namespace segment::survey
