#include "core/revenue/money.hpp"

#include <algorithm>

namespace segment::revenue {

void refuse_overflow() {
    throw Error(ErrorCode::numeric_out_of_range, "amount is out of range", Error::no_position,
                "The amounts of a ledger have as many digits after the decimal point as the longest of them, and 38 digits in all.",
                "Round the amounts to the currency's smallest unit.");
}

Money rescale(Money amount, int from, int to) {
    for (int scale = from; scale < to; ++scale) {
        if (__builtin_mul_overflow(amount, Money{10}, &amount)) {
            refuse_overflow();
        }
    }
    return amount;
}

std::string to_text(Money amount, int scale) {
    auto rest = static_cast<unsigned __int128>(amount);
    if (amount < 0) {
        rest = 0 - rest;
    }
    std::string reversed;
    for (int digits = 0; rest != 0 || digits <= scale; ++digits) {
        if (digits == scale && scale > 0) {
            reversed.push_back('.');
        }
        reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    }
    if (amount < 0) {
        reversed.push_back('-');
    }
    std::reverse(reversed.begin(), reversed.end());
    return reversed;
}

}  // namespace segment::revenue
