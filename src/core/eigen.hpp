// Eigen for the core, instead of including it directly: an index or size that is wrong throws, where Eigen by itself aborts
// the process and with it every session of the server; and Eigen starts no threads.
//
// `matrix << a, b, c` is not for us: the check in its destructor cannot throw, so it would still end the process.
#pragma once

#ifdef EIGEN_CORE_H
#error "include core/eigen.hpp instead of Eigen"
#endif

#include <string>

#include "core/error.hpp"

namespace segment {

[[noreturn]] inline void eigen_assertion_failed(const char *condition) {
    throw Error(ErrorCode::internal_error, "violated condition in linear algebra", Error::no_position,
                std::string("The condition is ") + condition + ".");
}

}  // namespace segment

#define EIGEN_DONT_PARALLELIZE
#define eigen_assert(condition) ((condition) ? static_cast<void>(0) : ::segment::eigen_assertion_failed(#condition))

#include <Eigen/Dense>
