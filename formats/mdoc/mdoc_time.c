/* tdate and full-date (RFC 3339 profiles of ISO 18013-5 7.1): days of the proleptic Gregorian calendar, no clock, no time zone. */
#include "mdoc_int.h"

enum { DAY = 86400, YEAR_MAX = 9999 };

/* `n` decimal digits at `at`. */
static bool
digits(sg_str text, size_t at, size_t n, int *ret)
{
    int v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
        v = v * 10 + (text.p[i] - '0');
    }
    *ret = v;
    return true;
}

static bool
is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool
date_parse(sg_str text, int *year, int *month, int *day)
{
    return text.n >= MDOC_FULL_DATE_LEN && text.p[4] == '-' && text.p[7] == '-' &&
           digits(text, 0, 4, year) && digits(text, 5, 2, month) && digits(text, 8, 2, day) &&
           *year >= 1 && *month >= 1 && *month <= 12 && *day >= 1 && *day <= days_in(*year, *month);
}

bool
mdoc_date_valid(sg_str text)
{
    int year;
    int month;
    int day;
    return text.n == MDOC_FULL_DATE_LEN && date_parse(text, &year, &month, &day);
}

/* Days before 1 January of a year, since 1970. */
static int64_t
days_before_year(int year)
{
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

bool
mdoc_time_parse(sg_str text, int64_t *ret)
{
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    if (text.n != MDOC_TDATE_LEN || !date_parse(text, &year, &month, &day) || text.p[10] != 'T' ||
        text.p[13] != ':' || text.p[16] != ':' || text.p[19] != 'Z' ||
        !digits(text, 11, 2, &hour) || !digits(text, 14, 2, &minute) ||
        !digits(text, 17, 2, &second) || year < 1970 || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    int64_t days = days_before_year(year) + day - 1;
    for (int m = 1; m < month; m++) {
        days += days_in(year, m);
    }
    *ret = days * DAY + hour * 3600 + minute * 60 + second;
    return true;
}

static void
put_digits(char *out, int n, int64_t value)
{
    for (int i = n - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void
mdoc_put_tdate(struct sg_buf *buf, int64_t at)
{
    char out[MDOC_TDATE_LEN + 1] = "0000-00-00T00:00:00Z";
    int64_t days = at / DAY;
    int64_t rest = at % DAY;
    int year = (int)(1970 + days / 366); /* never beyond the right one */
    int month = 1;
    if (at < 0 || at >= days_before_year(YEAR_MAX + 1) * DAY) {
        sg_buf_fail(buf, SG_E_VALUE);
        return;
    }
    while (days_before_year(year + 1) <= days) {
        year++;
    }
    days -= days_before_year(year);
    while (days >= days_in(year, month)) {
        days -= days_in(year, month++);
    }
    put_digits(out, 4, year);
    put_digits(out + 5, 2, month);
    put_digits(out + 8, 2, days + 1);
    put_digits(out + 11, 2, rest / 3600);
    put_digits(out + 14, 2, rest / 60 % 60);
    put_digits(out + 17, 2, rest % 60);
    dcbor_wr_tag(buf, MDOC_TAG_TDATE);
    dcbor_wr_text(buf, sg_str_of(out, MDOC_TDATE_LEN));
}
