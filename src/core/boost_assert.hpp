// To be included before anything of Boost: a violated BOOST_ASSERT throws, where by itself it aborts the process and with it
// every session of the server.
#pragma once

#ifdef BOOST_ASSERT
#error "include core/boost_assert.hpp before Boost"
#endif

#include <string>

#include "core/error.hpp"

namespace boost {

[[noreturn]] inline void assertion_failed_msg(const char *condition, const char *, const char *, const char *, long) {
    throw segment::Error(segment::ErrorCode::internal_error, "violated condition in a library", segment::Error::no_position,
                         std::string("The condition is ") + condition + ".");
}

[[noreturn]] inline void assertion_failed(const char *condition, const char *function, const char *file, long line) {
    assertion_failed_msg(condition, nullptr, function, file, line);
}

}  // namespace boost

#define BOOST_ENABLE_ASSERT_HANDLER
#include <boost/assert.hpp>
