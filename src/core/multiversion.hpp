// Loops over many words that the compiler can make twice as fast with wider vectors than every processor has.
#pragma once

#include <cstdint>  // in passing, which C library it is

// SEGMENT_MULTIVERSION before a function compiles it twice, for processors with AVX2 and for all others; which one is called is
// decided when the library is loaded. What the function calls must be inlined into it. The function has to be local to its file: g++
// exports others in spite of -fvisibility=hidden, and clang 14 does not find them from other files. It means nothing where there is
// no such choice: on other processors, without glibc (which has the loader do it) and under sanitizers (the loader asks which
// version to take before their runtime is ready).
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__has_attribute) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if __has_attribute(target_clones)
#define SEGMENT_MULTIVERSION __attribute__((target_clones("avx2", "default")))
#endif
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#undef SEGMENT_MULTIVERSION
#endif
#endif
#ifndef SEGMENT_MULTIVERSION
#define SEGMENT_MULTIVERSION
#endif
