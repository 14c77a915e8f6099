/* xsd:dateTimeStamp to UTC seconds, and the shape of URLs. */
#include "cid.h"

struct cursor {
    const char *p;
    size_t n;
    bool bad;
};

static int
digits(struct cursor *c, size_t n)
{
    int value = 0;
    if (c->n < n) {
        c->bad = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (c->p[i] < '0' || c->p[i] > '9') {
            c->bad = true;
            return 0;
        }
        value = value * 10 + (c->p[i] - '0');
    }
    c->p += n;
    c->n -= n;
    return value;
}

static bool
next_is(struct cursor *c, char want)
{
    if (c->n == 0 || c->p[0] != want) {
        return false;
    }
    c->p++;
    c->n--;
    return true;
}

static void
expect(struct cursor *c, char want)
{
    c->bad |= !next_is(c, want);
}

static void
fraction(struct cursor *c)
{
    if (!next_is(c, '.')) {
        return;
    }
    size_t n = 0;
    while (c->n > 0 && c->p[0] >= '0' && c->p[0] <= '9') {
        c->p++;
        c->n--;
        n++;
    }
    c->bad |= n == 0;
}

/* Seconds east of UTC. */
static int
zone(struct cursor *c, bool zone_optional)
{
    if (c->n == 0) {
        c->bad |= !zone_optional;
        return 0;
    }
    if (next_is(c, 'Z')) {
        return 0;
    }
    int sign = next_is(c, '-') ? -1 : 1;
    if (sign == 1) {
        expect(c, '+');
    }
    int hours = digits(c, 2);
    expect(c, ':');
    int minutes = digits(c, 2);
    c->bad |= minutes > 59 || hours > 14 || (hours == 14 && minutes != 0);
    return sign * (hours * 3600 + minutes * 60);
}

static bool
is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; year 1 to 9999. */
static int64_t
day_number(int year, int month, int day)
{
    int64_t before = year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400;
    for (int m = 1; m < month; m++) {
        days += days_of_month(year, m);
    }
    return days + day - 1 - 719162; /* days from 0001-01-01 to 1970-01-01 */
}

sg_result
cid_time_parse(sg_str text, bool zone_optional, int64_t *ret)
{
    struct cursor c = { text.p, text.n, text.n > 64 };
    int year = digits(&c, 4);
    expect(&c, '-');
    int month = digits(&c, 2);
    expect(&c, '-');
    int day = digits(&c, 2);
    expect(&c, 'T');
    int hour = digits(&c, 2);
    expect(&c, ':');
    int minute = digits(&c, 2);
    expect(&c, ':');
    int second = digits(&c, 2);
    fraction(&c);
    int offset = zone(&c, zone_optional);
    SG_REQUIRE(!c.bad && c.n == 0, VALUE);
    SG_REQUIRE(year >= 1 && month >= 1 && month <= 12 && day >= 1, VALUE);
    SG_REQUIRE(day <= days_of_month(year, month), VALUE);
    SG_REQUIRE(hour <= 23 && minute <= 59 && second <= 59, VALUE);
    *ret = day_number(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    return SG_DONE;
}

static bool
is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_url_char(char c)
{
    return is_alpha(c) || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=", c) != NULL);
}

bool
cid_is_url(sg_str text)
{
    size_t colon = sg_str_index(text, ':', 0);
    if (colon == 0 || colon + 1 >= text.n || !is_alpha(text.p[0])) {
        return false;
    }
    for (size_t i = 1; i < colon; i++) {
        char c = text.p[i];
        if (!is_alpha(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.') {
            return false;
        }
    }
    unsigned fragments = 0;
    for (size_t i = colon; i < text.n; i++) {
        if (text.p[i] == '%') {
            if (text.n - i < 3 || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2])) {
                return false;
            }
        } else if (!is_url_char(text.p[i])) {
            return false;
        }
        fragments += text.p[i] == '#';
    }
    return fragments <= 1;
}
