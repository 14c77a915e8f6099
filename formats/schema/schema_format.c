/* Formats that can be asserted (validation 7.3). Names that are not here are annotations. */
#include "schema_int.h"

struct reader {
    sg_str text;
    size_t at;
};

static bool
take(struct reader *r, char c)
{
    if (r->at >= r->text.n || r->text.p[r->at] != c) {
        return false;
    }
    r->at++;
    return true;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
    char lower = (char)(c | 0x20);
    return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

static bool
is_letter(char c)
{
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z';
}

/* Exactly n digits. */
static bool
digits(struct reader *r, size_t n, unsigned *ret)
{
    unsigned value = 0;
    if (r->text.n - r->at < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = r->text.p[r->at++];
        if (!is_digit(c)) {
            return false;
        }
        value = value * 10 + (unsigned)(c - '0');
    }
    *ret = value;
    return true;
}

static bool
done(const struct reader *r)
{
    return r->at == r->text.n;
}

/* ---- dates (RFC 3339) ---- */

static bool
full_date(struct reader *r)
{
    static const unsigned len[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    unsigned year, month, day;
    if (!digits(r, 4, &year) || !take(r, '-') || !digits(r, 2, &month) || !take(r, '-') ||
        !digits(r, 2, &day) || month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= (month == 2 && leap ? 29 : len[month - 1]);
}

static bool
full_time(struct reader *r)
{
    unsigned hour, minute, second, offset_hour = 0, offset_minute = 0;
    if (!digits(r, 2, &hour) || !take(r, ':') || !digits(r, 2, &minute) || !take(r, ':') ||
        !digits(r, 2, &second) || hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    if (take(r, '.')) {
        size_t from = r->at;
        while (!done(r) && is_digit(r->text.p[r->at])) {
            r->at++;
        }
        if (r->at == from) {
            return false;
        }
    }
    int sign = 0;
    if (!take(r, 'Z') && !take(r, 'z')) {
        sign = take(r, '+') ? 1 : -1;
        if ((sign < 0 && !take(r, '-')) || !digits(r, 2, &offset_hour) || !take(r, ':') ||
            !digits(r, 2, &offset_minute) || offset_hour > 23 || offset_minute > 59) {
            return false;
        }
    }
    /* a leap second is the last one of a day in UTC */
    int utc = (int)(hour * 60 + minute) - sign * (int)(offset_hour * 60 + offset_minute);
    return second < 60 || (utc + 2880) % 1440 == 1439;
}

static bool
is_date(struct reader *r)
{
    return full_date(r) && done(r);
}

static bool
is_time(struct reader *r)
{
    return full_time(r) && done(r);
}

static bool
is_date_time(struct reader *r)
{
    return full_date(r) && (take(r, 'T') || take(r, 't')) && full_time(r) && done(r);
}

/* Numbers with these letters, in this order and without gaps (RFC 3339 appendix A); at least one. */
static bool
duration_part(struct reader *r, const char *letters)
{
    const char *first = NULL;
    const char *last = NULL;
    while (!done(r) && is_digit(r->text.p[r->at])) {
        while (!done(r) && is_digit(r->text.p[r->at])) {
            r->at++;
        }
        const char *letter = done(r) ? NULL : strchr(letters, r->text.p[r->at]);
        if (letter == NULL || *letter == '\0' || (last != NULL && letter != last + 1)) {
            return false;
        }
        first = first == NULL ? letter : first;
        last = letter;
        r->at++;
    }
    return first != NULL;
}

static bool
is_duration(struct reader *r)
{
    if (!take(r, 'P')) {
        return false;
    }
    struct reader weeks = *r;
    if (duration_part(&weeks, "W") && done(&weeks)) {
        return true;
    }
    bool date = !done(r) && is_digit(r->text.p[r->at]);
    if (date && !duration_part(r, "YMD")) {
        return false;
    }
    if (take(r, 'T')) {
        return duration_part(r, "HMS") && done(r);
    }
    return date && done(r);
}

/* ---- names and addresses ---- */

/*
 * RFC 1123: labels of letters, digits and hyphens; two hyphens in third place are for A-labels ("xn--..."), whose content is not looked
 * into: whether it is valid takes the tables of IDNA.
 */
static bool
is_hostname(struct reader *r)
{
    size_t label = 0;
    if (r->text.n == 0 || r->text.n > 253) {
        return false;
    }
    for (size_t i = 0; i <= r->text.n; i++) {
        if (i < r->text.n && r->text.p[i] != '.') {
            char c = r->text.p[i];
            if (!is_digit(c) && !is_letter(c) && c != '-') {
                return false;
            }
            continue;
        }
        sg_str one = sg_str_slice(r->text, label, i - label);
        if (one.n == 0 || one.n > 63 || one.p[0] == '-' || one.p[one.n - 1] == '-' ||
            (one.n >= 4 && one.p[2] == '-' && one.p[3] == '-' &&
                ((one.p[0] | 0x20) != 'x' || (one.p[1] | 0x20) != 'n'))) {
            return false;
        }
        label = i + 1;
    }
    return true;
}

static bool
ipv4(struct reader *r)
{
    for (unsigned part = 0; part < 4; part++) {
        size_t from = r->at;
        unsigned value = 0;
        if (part > 0 && !take(r, '.')) {
            return false;
        }
        from = r->at;
        while (!done(r) && is_digit(r->text.p[r->at]) && r->at - from < 4) {
            value = value * 10 + (unsigned)(r->text.p[r->at++] - '0');
        }
        size_t n = r->at - from;
        if (n == 0 || n > 3 || value > 255 || (n > 1 && r->text.p[from] == '0')) {
            return false;
        }
    }
    return true;
}

static bool
is_ipv4(struct reader *r)
{
    return ipv4(r) && done(r);
}

/* RFC 4291 2.2 */
static bool
is_ipv6(struct reader *r)
{
    unsigned groups = 0;
    bool gap = false;
    if (take(r, ':')) {
        if (!take(r, ':')) {
            return false;
        }
        gap = true;
    }
    while (!done(r)) {
        struct reader dotted = *r;
        if (groups <= 6 && ipv4(&dotted) && done(&dotted)) {
            groups += 2;
            *r = dotted;
            break;
        }
        size_t from = r->at;
        while (!done(r) && is_hex(r->text.p[r->at])) {
            r->at++;
        }
        if (r->at == from || r->at - from > 4) {
            return false;
        }
        groups++;
        if (done(r)) {
            break;
        }
        if (!take(r, ':') || done(r)) {
            return false;
        }
        if (take(r, ':')) {
            if (gap) {
                return false;
            }
            gap = true;
        }
    }
    return gap ? groups <= 7 : groups == 8;
}

/* RFC 5321 Mailbox: dot-string or quoted local part; a host name or an address literal behind the last "@". */
static bool
is_email(struct reader *r)
{
    size_t at = r->text.n;
    for (size_t i = 0; i < r->text.n; i++) {
        at = r->text.p[i] == '@' ? i : at;
    }
    if (at == r->text.n || at == 0 || at > 64) {
        return false;
    }
    sg_str local = sg_str_slice(r->text, 0, at);
    sg_str domain = sg_str_slice(r->text, at + 1, r->text.n);
    if (local.p[0] == '"') {
        if (local.n < 2 || local.p[local.n - 1] != '"') {
            return false;
        }
        for (size_t i = 1; i + 1 < local.n; i++) {
            if (local.p[i] == '\\' && i + 2 < local.n) {
                i++;
            } else if (local.p[i] == '"' || local.p[i] == '\\' || local.p[i] < ' ' ||
                       local.p[i] > '~') {
                return false;
            }
        }
    } else {
        for (size_t i = 0; i < local.n; i++) {
            char c = local.p[i];
            bool dot = c == '.' && i > 0 && i + 1 < local.n && local.p[i - 1] != '.';
            if (!dot && !is_letter(c) && !is_digit(c) &&
                (c == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL)) {
                return false;
            }
        }
    }
    if (domain.n > 2 && domain.p[0] == '[' && domain.p[domain.n - 1] == ']') {
        struct reader literal = { sg_str_slice(domain, 1, domain.n - 2), 0 };
        if (sg_str_starts(literal.text, "IPv6:")) {
            literal.text = sg_str_slice(literal.text, 5, literal.text.n);
            return is_ipv6(&literal);
        }
        return is_ipv4(&literal);
    }
    struct reader host = { domain, 0 };
    return is_hostname(&host);
}

/* ---- URIs (RFC 3986) ---- */

/* pchar and what else the part allows; escapes are whole. */
static bool
uri_chars(sg_str text, const char *more)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            if (text.n - i < 3 || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2])) {
                return false;
            }
            i += 2;
        } else if (!is_letter(c) && !is_digit(c) &&
                   (c == '\0' ||
                       (strchr("-._~!$&'()*+,;=", c) == NULL && strchr(more, c) == NULL))) {
            return false;
        }
    }
    return true;
}

static bool
uri_authority(sg_str authority)
{
    size_t user = sg_str_index(authority, '@', 0);
    if (user < authority.n) {
        if (!uri_chars(sg_str_slice(authority, 0, user), ":")) {
            return false;
        }
        authority = sg_str_slice(authority, user + 1, authority.n);
    }
    size_t port = 0;
    if (sg_str_starts(authority, "[")) {
        size_t end = sg_str_index(authority, ']', 0);
        struct reader literal = { sg_str_slice(authority, 1, end < 1 ? 0 : end - 1), 0 };
        bool future = literal.text.n > 2 && (literal.text.p[0] | 0x20) == 'v';
        if (end == authority.n || !(future ? uri_chars(literal.text, ":") : is_ipv6(&literal))) {
            return false;
        }
        port = end + 1;
    } else {
        port = sg_str_index(authority, ':', 0);
        if (!uri_chars(sg_str_slice(authority, 0, port), "")) {
            return false;
        }
    }
    if (port == authority.n) {
        return true;
    }
    if (authority.p[port] != ':') {
        return false;
    }
    for (size_t i = port + 1; i < authority.n; i++) {
        if (!is_digit(authority.p[i])) {
            return false;
        }
    }
    return true;
}

static bool
uri_form(sg_str text, bool absolute)
{
    size_t hash = sg_str_index(text, '#', 0);
    if (hash < text.n && !uri_chars(sg_str_slice(text, hash + 1, text.n), ":@/?")) {
        return false;
    }
    sg_str rest = sg_str_slice(text, 0, hash);
    size_t query = sg_str_index(rest, '?', 0);
    if (query < rest.n && !uri_chars(sg_str_slice(rest, query + 1, rest.n), ":@/?")) {
        return false;
    }
    rest = sg_str_slice(rest, 0, query);
    size_t colon = sg_str_index(rest, ':', 0);
    bool scheme = colon < rest.n && colon < sg_str_index(rest, '/', 0);
    if (scheme) {
        for (size_t i = 0; i < colon; i++) {
            char c = rest.p[i];
            if (!is_letter(c) && (i == 0 || (!is_digit(c) && strchr("+-.", c) == NULL))) {
                return false;
            }
        }
        if (colon == 0) {
            return false;
        }
        rest = sg_str_slice(rest, colon + 1, rest.n);
    }
    if (absolute && !scheme) {
        return false;
    }
    if (sg_str_starts(rest, "//")) {
        size_t end = sg_str_index(rest, '/', 2);
        if (!uri_authority(sg_str_slice(rest, 2, end - 2))) {
            return false;
        }
        rest = sg_str_slice(rest, end, rest.n);
    }
    return uri_chars(rest, ":@/");
}

static bool
is_uri(struct reader *r)
{
    return uri_form(r->text, true);
}

static bool
is_uri_reference(struct reader *r)
{
    return uri_form(r->text, false);
}

/* ---- others ---- */

static bool
is_uuid(struct reader *r)
{
    if (r->text.n != 36) {
        return false;
    }
    for (size_t i = 0; i < 36; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? r->text.p[i] != '-' : !is_hex(r->text.p[i])) {
            return false;
        }
    }
    return true;
}

static bool
pointer_form(sg_str text)
{
    if (text.n > 0 && text.p[0] != '/') {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '~' &&
            (i + 1 == text.n || (text.p[i + 1] != '0' && text.p[i + 1] != '1'))) {
            return false;
        }
    }
    return true;
}

static bool
is_json_pointer(struct reader *r)
{
    return pointer_form(r->text);
}

static bool
is_relative_json_pointer(struct reader *r)
{
    size_t n = 0;
    while (n < r->text.n && is_digit(r->text.p[n])) {
        n++;
    }
    if (n == 0 || (n > 1 && r->text.p[0] == '0')) {
        return false;
    }
    sg_str rest = sg_str_slice(r->text, n, r->text.n);
    return sg_str_is(rest, "#") || pointer_form(rest);
}

static const struct {
    const char *name;
    enum schema_format format;
    bool (*is)(struct reader *r);
} formats[] = {
    { "date", FORMAT_DATE, is_date },
    { "time", FORMAT_TIME, is_time },
    { "date-time", FORMAT_DATE_TIME, is_date_time },
    { "duration", FORMAT_DURATION, is_duration },
    { "email", FORMAT_EMAIL, is_email },
    { "hostname", FORMAT_HOSTNAME, is_hostname },
    { "ipv4", FORMAT_IPV4, is_ipv4 },
    { "ipv6", FORMAT_IPV6, is_ipv6 },
    { "uri", FORMAT_URI, is_uri },
    { "uri-reference", FORMAT_URI_REFERENCE, is_uri_reference },
    { "uuid", FORMAT_UUID, is_uuid },
    { "json-pointer", FORMAT_JSON_POINTER, is_json_pointer },
    { "relative-json-pointer", FORMAT_RELATIVE_JSON_POINTER, is_relative_json_pointer },
    { "regex", FORMAT_REGEX, NULL },
};

enum schema_format
schema_format_find(sg_str name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (sg_str_is(name, formats[i].name)) {
            return formats[i].format;
        }
    }
    return FORMAT_NONE;
}

sg_result
schema_format_check(struct sg_arena *arena, enum schema_format format, sg_str text)
{
    struct reader r = { text, 0 };
    if (format == FORMAT_REGEX) {
        const struct regex *regex;
        sg_result made = regex_compile(arena, text, &regex);
        /* outside of what runs in linear time it is still a regular expression, as far as it was read */
        SG_REQUIRE(made.code != SG_E_VALUE, SCHEMA);
        return made.code == SG_E_UNSUPPORTED ? SG_DONE : made;
    }
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].format == format) {
            SG_REQUIRE(formats[i].is(&r), SCHEMA);
            return SG_DONE;
        }
    }
    return SG_DONE;
}
