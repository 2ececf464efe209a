// Puts the parts of a syntax tree into the memory that it lives in. Nothing is freed one by one, so only types without a
// destructor go in.
#pragma once

#include <cstring>
#include <memory_resource>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

namespace segment::definition {

class Arena {
public:
    explicit Arena(std::pmr::memory_resource &memory) : memory_(memory) {}

    template <class T>
    T *add(const T &value) {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (memory_.allocate(sizeof(T), alignof(T))) T(value);
    }

    template <class T>
    std::span<const T> copy(std::span<const T> values) {
        static_assert(std::is_trivially_copyable_v<T>);
        if (values.empty())
            return {};
        void *target = memory_.allocate(values.size_bytes(), alignof(T));
        std::memcpy(target, values.data(), values.size_bytes());
        return {static_cast<const T *>(target), values.size()};
    }

    std::string_view copy(std::string_view text) {
        const auto bytes = copy(std::span<const char>(text.data(), text.size()));
        return {bytes.data(), bytes.size()};
    }

    char *characters(std::size_t count) { return static_cast<char *>(memory_.allocate(count, 1)); }

    std::pmr::memory_resource &memory() { return memory_; }

private:
    std::pmr::memory_resource &memory_;
};

}  // namespace segment::definition
