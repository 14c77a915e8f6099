#include "vcdm_int.h"

/* ---- URLs -------------------------------------------------------------------------------------------- */

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Length of the scheme (RFC 3986 3.1), 0 if there is none. */
static size_t
scheme_len(sg_str text)
{
    size_t n = 0;
    if (text.n == 0 || !is_alpha(text.p[0])) {
        return 0;
    }
    while (n < text.n && (is_alpha(text.p[n]) || is_digit(text.p[n]) || text.p[n] == '+' ||
                             text.p[n] == '-' || text.p[n] == '.')) {
        n++;
    }
    return n < text.n && text.p[n] == ':' ? n : 0;
}

/* RFC 3986 2 and, beyond ASCII, what an IRI may have: the parser has checked the UTF-8. */
static bool
url_characters(sg_str text)
{
    size_t fragments = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if ((unsigned char)c <= ' ' || c == 0x7f || strchr("\"<>\\^`{|}", c) != NULL) {
            return false;
        }
        if (c == '%' && !(i + 2 < text.n && is_hex(text.p[i + 1]) && is_hex(text.p[i + 2]))) {
            return false;
        }
        fragments += c == '#';
    }
    return fragments <= 1;
}

/* "//" and a host that is not empty. */
static bool
has_host(sg_str rest)
{
    return sg_str_starts(rest, "//") && rest.n > 2 && strchr("/?#:@", rest.p[2]) == NULL;
}

static bool
scheme_is(sg_str text, size_t n, const char *scheme)
{
    for (size_t i = 0; i < n; i++) {
        if (scheme[i] == 0 || (text.p[i] | 0x20) != scheme[i]) {
            return false;
        }
    }
    return scheme[n] == 0;
}

/* did:method:id (DID 1.0 3.1); `rest` starts behind "did:". */
static bool
did_rest(sg_str rest)
{
    size_t colon = sg_str_index(rest, ':', 0);
    if (colon == 0 || colon + 1 >= rest.n) {
        return false;
    }
    for (size_t i = 0; i < colon; i++) {
        if (!is_digit(rest.p[i]) && !(rest.p[i] >= 'a' && rest.p[i] <= 'z')) {
            return false;
        }
    }
    return strchr("/?#", rest.p[colon + 1]) == NULL;
}

bool
vcdm_is_url(sg_str text)
{
    size_t n = scheme_len(text);
    if (n == 0 || n + 1 >= text.n || !url_characters(text)) {
        return false;
    }
    sg_str rest = sg_str_slice(text, n + 1, text.n);
    if (scheme_is(text, n, "http") || scheme_is(text, n, "https")) {
        return has_host(rest);
    }
    return !scheme_is(text, n, "did") || did_rest(rest);
}

bool
vcdm_is_did(sg_str text)
{
    return sg_str_starts(text, "did:") && vcdm_is_url(text);
}

/* ---- dates ------------------------------------------------------------------------------------------- */

#define YEAR_DIGITS_MAX 6
#define FRACTION_DIGITS 9

/* A cursor over the text of a date; failure sticks. */
struct scan {
    sg_str in;
    size_t at;
    bool failed;
};

static char
peek(const struct scan *s)
{
    return s->at < s->in.n ? s->in.p[s->at] : 0;
}

static void
expect(struct scan *s, char c)
{
    if (peek(s) != c) {
        s->failed = true;
        return;
    }
    s->at++;
}

/* As many digits as there are, at least `min` and at most `max`. */
static int64_t
number(struct scan *s, size_t min, size_t max)
{
    int64_t v = 0;
    size_t n = 0;
    while (n < max && is_digit(peek(s))) {
        v = v * 10 + (peek(s) - '0');
        s->at++;
        n++;
    }
    if (n < min || is_digit(peek(s))) {
        s->failed = true;
    }
    return v;
}

static int64_t
two(struct scan *s, int64_t max)
{
    int64_t v = number(s, 2, 2);
    if (v > max) {
        s->failed = true;
    }
    return v;
}

static int64_t
year(struct scan *s)
{
    size_t from = s->at;
    int64_t v = number(s, 4, YEAR_DIGITS_MAX);
    if (v == 0 || (s->at - from > 4 && s->in.p[from] == '0')) {
        s->failed = true; /* no year 0 here, and leading zeros only up to four digits */
    }
    return v;
}

/* Digits beyond the nanosecond are read and left out. */
static uint32_t
fraction(struct scan *s)
{
    uint32_t v = 0;
    size_t n = 0;
    if (peek(s) != '.') {
        return 0;
    }
    s->at++;
    for (; is_digit(peek(s)); s->at++, n++) {
        if (n < FRACTION_DIGITS) {
            v = v * 10 + (uint32_t)(peek(s) - '0');
        }
    }
    s->failed = s->failed || n == 0;
    for (; n < FRACTION_DIGITS; n++) {
        v *= 10;
    }
    return v;
}

/* Seconds east of UTC: "Z", or at most 14:00 either way (XSD 1.1 3.3.7). */
static int64_t
zone(struct scan *s, bool optional)
{
    char sign = peek(s);
    if (optional && sign == 0) {
        return 0;
    }
    s->at++;
    if (sign == 'Z') {
        return 0;
    }
    s->failed = s->failed || (sign != '+' && sign != '-');
    int64_t h = two(s, 14);
    expect(s, ':');
    int64_t m = two(s, 59);
    s->failed = s->failed || (h == 14 && m != 0);
    return (sign == '-' ? -1 : 1) * (h * 3600 + m * 60);
}

static bool
is_leap(int64_t y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int64_t
month_days(int64_t y, int64_t m)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[m - 1] + (m == 2 && is_leap(y));
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; years counted from March, so that the leap day comes last. */
static int64_t
days_of(int64_t y, int64_t m, int64_t d)
{
    int64_t shifted = m > 2 ? y : y - 1;
    int64_t month = m > 2 ? m - 3 : m + 9;
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (month * 153 + 2) / 5 + d -
           1 - 719468;
}

sg_result
vcdm_time_parse(sg_str text, bool zone_optional, struct vcdm_time *ret)
{
    struct scan s = { .in = text };
    int64_t y = year(&s);
    expect(&s, '-');
    int64_t m = two(&s, 12);
    expect(&s, '-');
    int64_t d = two(&s, 31);
    expect(&s, 'T');
    int64_t hour = two(&s, 24);
    expect(&s, ':');
    int64_t minute = two(&s, 59);
    expect(&s, ':');
    int64_t second = two(&s, 59);
    uint32_t ns = fraction(&s);
    int64_t offset = zone(&s, zone_optional);
    SG_REQUIRE(!s.failed && s.at == text.n, VALUE);
    SG_REQUIRE(m >= 1 && d >= 1 && d <= month_days(y, m), VALUE);
    SG_REQUIRE(hour < 24 || (minute == 0 && second == 0 && ns == 0), VALUE);
    int64_t day_s = hour * 3600 + minute * 60 + second - offset;
    *ret = (struct vcdm_time){ .present = true, .s = days_of(y, m, d) * 86400 + day_s, .ns = ns };
    return SG_DONE;
}

int
vcdm_time_order(const struct vcdm_time *a, const struct vcdm_time *b)
{
    if (a->s != b->s) {
        return a->s < b->s ? -1 : 1;
    }
    return a->ns == b->ns ? 0 : (a->ns < b->ns ? -1 : 1);
}
