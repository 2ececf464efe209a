// Memory contexts for C++: where the core's containers live, who destroys an object that outlives a call, and how text comes
// back to PostgreSQL.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "pg/pg.hpp"

namespace segment {

// Allocates in one memory context and throws std::bad_alloc instead of raising an error. The context's reset or deletion
// frees everything at once, also what a longjmp has left behind.
class ContextResource final : public std::pmr::memory_resource {
public:
    explicit ContextResource(MemoryContext context) noexcept : context_(context) {}

    MemoryContext context() const noexcept { return context_; }

private:
    void *do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void *pointer, std::size_t bytes, std::size_t alignment) noexcept override;
    bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override;

    MemoryContext context_;
};

// Constructs an object that the context owns: its destructor runs when the context is reset or deleted, after an error as
// well. Objects of one context are destroyed in the reverse order of their construction. By then the context's children are
// gone, so what the object allocates comes from the same context, an ancestor of it, or the heap. Throws what the constructor
// throws, or std::bad_alloc.
template <typename T, typename... Arguments>
T *make_in_context(MemoryContext context, Arguments &&...arguments) {
    static_assert(std::is_nothrow_destructible_v<T>, "the destructor runs inside the backend");
    struct Owned {
        explicit Owned(Arguments &&...arguments) : object(std::forward<Arguments>(arguments)...) {}
        MemoryContextCallback callback{};
        T object;
    };
    ContextResource resource(context);
    void *const place = resource.allocate(sizeof(Owned), alignof(Owned));
    Owned *owned;
    try {
        owned = new (place) Owned(std::forward<Arguments>(arguments)...);
    } catch (...) {
        resource.deallocate(place, sizeof(Owned), alignof(Owned));
        throw;
    }
    if constexpr (!std::is_trivially_destructible_v<T>) {
        owned->callback.func = [](void *object) { static_cast<T *>(object)->~T(); };
        owned->callback.arg = &owned->object;
        MemoryContextRegisterResetCallback(context, &owned->callback);
    }
    return &owned->object;
}

// A memory context for the time of a C++ scope; its parent frees it if a longjmp skips the scope's end. It is never made the
// current one. To be created inside boundary::core; throws boundary::PgError.
class ChildContext {
public:
    // `name` must live for ever, as memory contexts keep the pointer.
    ChildContext(MemoryContext parent, const char *name);
    ~ChildContext() { MemoryContextDelete(resource_.context()); }
    ChildContext(const ChildContext &) = delete;
    ChildContext &operator=(const ChildContext &) = delete;

    MemoryContext context() const noexcept { return resource_.context(); }
    ContextResource *resource() noexcept { return &resource_; }

private:
    ContextResource resource_;
};

// Copies of `text` in CurrentMemoryContext, for glue outside of boundary::core. A text that no datum can hold is an error.
char *to_cstring(std::string_view text);
text *to_text(std::string_view text);

// The bytes of a detoasted text or bytea; the datum must outlive the result.
std::string_view view(const varlena *datum) noexcept;

}  // namespace segment
