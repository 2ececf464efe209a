#include "pg/memory.hpp"

#include <cstdint>
#include <cstring>

#include "pg/boundary.hpp"

namespace segment {

namespace {

// What palloc aligns to by itself. A block of a stricter alignment is found inside a larger one, whose address stands just
// before it.
constexpr std::size_t natural_alignment = MAXIMUM_ALIGNOF;

constexpr std::size_t room_to_align(std::size_t alignment) noexcept {
    return alignment <= natural_alignment ? 0 : alignment - natural_alignment + sizeof(void *);
}

void require_datum_size(std::size_t bytes, std::size_t overhead) {
    if (bytes > MaxAllocSize - overhead) {
        ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("result is too long"),
                errdetail("It has %zu bytes, a value can have at most %zu.", bytes, static_cast<std::size_t>(MaxAllocSize - overhead)));
    }
}

}  // namespace

void *ContextResource::do_allocate(std::size_t bytes, std::size_t alignment) {
    const std::size_t room = room_to_align(alignment);
    if (bytes > MaxAllocHugeSize - room) {
        throw std::bad_alloc();
    }
    void *const block = MemoryContextAllocExtended(context_, bytes + room, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    if (room == 0) {
        return block;
    }
    const auto first = reinterpret_cast<std::uintptr_t>(block) + sizeof(void *);
    auto *const aligned = reinterpret_cast<void **>((first + alignment - 1) & ~(alignment - 1));
    aligned[-1] = block;
    return aligned;
}

void ContextResource::do_deallocate(void *pointer, std::size_t, std::size_t alignment) noexcept {
    pfree(room_to_align(alignment) == 0 ? pointer : static_cast<void **>(pointer)[-1]);
}

bool ContextResource::do_is_equal(const std::pmr::memory_resource &other) const noexcept {
    const auto *resource = dynamic_cast<const ContextResource *>(&other);
    return resource != nullptr && resource->context_ == context_;
}

ChildContext::ChildContext(MemoryContext parent, const char *name)
    : resource_(boundary::backend<&AllocSetContextCreateInternal>(parent, name, static_cast<Size>(ALLOCSET_DEFAULT_MINSIZE),
                                                                  static_cast<Size>(ALLOCSET_DEFAULT_INITSIZE),
                                                                  static_cast<Size>(ALLOCSET_DEFAULT_MAXSIZE))) {}

char *to_cstring(std::string_view text) {
    require_datum_size(text.size(), 1);
    auto *copy = static_cast<char *>(palloc(text.size() + 1));
    text.copy(copy, text.size());
    copy[text.size()] = '\0';
    return copy;
}

text *to_text(std::string_view text) {
    require_datum_size(text.size(), VARHDRSZ);
    auto *copy = static_cast<::text *>(palloc(text.size() + VARHDRSZ));
    SET_VARSIZE(copy, text.size() + VARHDRSZ);
    text.copy(VARDATA(copy), text.size());
    return copy;
}

std::string_view view(const varlena *datum) noexcept {
    return {VARDATA_ANY(datum), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(datum))};
}

}  // namespace segment
