#include "pg/located.hpp"
namespace segment::pg {
Error located(const Error &error, std::string_view, std::string_view) { return error; }
}  // namespace segment::pg
