#include "bsl.h"

#define DAY_S ((int64_t)86400)

/* Days from 1970-01-01 to a day of the proleptic Gregorian calendar: years counted from March, so that the leap day is a year's last. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    unsigned m = month <= 2 ? month + 9 : month - 3;
    int64_t leaps = y / 4 - y / 100 + y / 400;
    if (y < 0) {
        leaps =
            -1; /* only year -1 (January and February of year 0): itself no leap day before it */
    }
    return 365 * y + leaps + (153 * (int64_t)m + 2) / 5 + day - 1 - 719468;
}

static unsigned
month_len(int64_t year, unsigned month)
{
    static const uint8_t len[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : len[month - 1];
}

/* n digits at `at`, then it moves on; false if they are not there. */
static bool
digits(sg_str text, size_t *at, size_t n, unsigned *ret)
{
    unsigned value = 0;
    if (text.n - *at < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = text.p[*at + i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(c - '0');
    }
    *at += n;
    *ret = value;
    return true;
}

static bool
letter(sg_str text, size_t *at, char c)
{
    if (*at >= text.n || text.p[*at] != c) {
        return false;
    }
    (*at)++;
    return true;
}

static bool
zone(sg_str text, size_t *at, int64_t *ret_s)
{
    *ret_s = 0;
    if (letter(text, at, 'Z')) {
        return true;
    }
    int64_t sign = letter(text, at, '-') ? -1 : 1;
    unsigned hours, minutes;
    if (sign == 1 && !letter(text, at, '+')) {
        return false;
    }
    if (!digits(text, at, 2, &hours) || !letter(text, at, ':') || !digits(text, at, 2, &minutes) ||
        minutes > 59 || hours > 14 || (hours == 14 && minutes > 0)) {
        return false;
    }
    *ret_s = sign * ((int64_t)hours * 3600 + (int64_t)minutes * 60);
    return true;
}

static bool
fraction(sg_str text, size_t *at)
{
    if (!letter(text, at, '.')) {
        return true;
    }
    size_t from = *at;
    while (*at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9') {
        (*at)++;
    }
    return *at > from;
}

sg_result
bsl_date_parse(sg_str text, int64_t *ret)
{
    size_t at = 0;
    unsigned year, month, day, hour, minute, second;
    int64_t offset = 0;
    SG_REQUIRE(text.n <= 64, VALUE);
    SG_REQUIRE(digits(text, &at, 4, &year) && letter(text, &at, '-') &&
                   digits(text, &at, 2, &month) && letter(text, &at, '-') &&
                   digits(text, &at, 2, &day) && letter(text, &at, 'T') &&
                   digits(text, &at, 2, &hour) && letter(text, &at, ':') &&
                   digits(text, &at, 2, &minute) && letter(text, &at, ':') &&
                   digits(text, &at, 2, &second) && fraction(text, &at) &&
                   zone(text, &at, &offset) && at == text.n,
        VALUE);
    SG_REQUIRE(month >= 1 && month <= 12 && day >= 1 && day <= month_len(year, month), VALUE);
    SG_REQUIRE(hour <= 23 && minute <= 59 && second <= 59, VALUE);
    *ret = days_of(year, month, day) * DAY_S + (int64_t)hour * 3600 + (int64_t)minute * 60 +
           (int64_t)second - offset;
    return SG_DONE;
}

static void
put_digits(char *out, unsigned value, size_t n)
{
    for (size_t i = n; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

bool
bsl_date_to(int64_t at, char ret[BSL_DATE_LEN])
{
    const int64_t first = days_of(0, 1, 1) * DAY_S;
    const int64_t end = days_of(10000, 1, 1) * DAY_S;
    if (at < first || at >= end) {
        return false;
    }
    int64_t days = at / DAY_S - (at % DAY_S < 0 ? 1 : 0);
    unsigned rest = (unsigned)(at - days * DAY_S);
    int64_t year = 1970 + days / 365;
    while (days_of(year, 1, 1) > days) {
        year--; /* the guess is never too low, and at most a few years too high */
    }
    while (days_of(year + 1, 1, 1) <= days) {
        year++;
    }
    unsigned month = 12;
    while (days_of(year, month, 1) > days) {
        month--;
    }
    memcpy(ret, "0000-00-00T00:00:00Z", BSL_DATE_LEN);
    put_digits(ret, (unsigned)year, 4);
    put_digits(ret + 5, month, 2);
    put_digits(ret + 8, (unsigned)(days - days_of(year, month, 1)) + 1, 2);
    put_digits(ret + 11, rest / 3600, 2);
    put_digits(ret + 14, rest / 60 % 60, 2);
    put_digits(ret + 17, rest % 60, 2);
    return true;
}
