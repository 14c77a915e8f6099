#include "reg_cert.h"

#include <time.h>

enum {
    DER_INTEGER = 0x02,
    DER_UTC = 0x17,
    DER_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_VERSION = 0xA0
};

struct der {
    const uint8_t *p;
    size_t n;
};

/* One element off the front: tag, content, and the whole. Lengths in shortest form, at most two bytes: certificates end at 8 KiB. */
static sg_result
der_take(struct der *in, uint8_t tag, struct der *ret_content, sg_bytes *ret_whole)
{
    SG_REQUIRE(in->n >= 2 && in->p[0] == tag, MALFORMED);
    size_t head = 2;
    size_t n = in->p[1];
    if (n == 0x81) {
        SG_REQUIRE(in->n >= 3 && in->p[2] >= 0x80, MALFORMED);
        n = in->p[2];
        head = 3;
    } else if (n == 0x82) {
        SG_REQUIRE(in->n >= 4 && in->p[2] != 0, MALFORMED);
        n = (size_t)in->p[2] << 8 | in->p[3];
        head = 4;
    } else {
        SG_REQUIRE(n < 0x80, MALFORMED);
    }
    SG_REQUIRE(in->n - head >= n, MALFORMED);
    *ret_content = (struct der){ in->p + head, n };
    *ret_whole = sg_bytes_of(in->p, head + n);
    in->p += head + n;
    in->n -= head + n;
    return SG_DONE;
}

static sg_result
der_skip(struct der *in, uint8_t tag)
{
    struct der content;
    sg_bytes whole;
    return der_take(in, tag, &content, &whole);
}

static sg_result
two_digits(const uint8_t *p, int min, int max, int *ret)
{
    SG_REQUIRE(p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9', MALFORMED);
    int v = (p[0] - '0') * 10 + (p[1] - '0');
    SG_REQUIRE(v >= min && v <= max, MALFORMED);
    *ret = v;
    return SG_DONE;
}

/* spec: RFC 5280 4.1.2.5: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ after */
static sg_result
der_time(struct der *in, int64_t *ret)
{
    struct der text;
    sg_bytes whole;
    int century = 0;
    int year = 0;
    struct tm tm = { 0 };
    SG_REQUIRE(in->n > 0, MALFORMED);
    if (in->p[0] == DER_UTC) {
        SG_TRY(der_take(in, DER_UTC, &text, &whole));
        SG_REQUIRE(text.n == 13, MALFORMED);
        SG_TRY(two_digits(text.p, 0, 99, &year));
        century = year < 50 ? 20 : 19;
    } else {
        SG_TRY(der_take(in, DER_TIME, &text, &whole));
        SG_REQUIRE(text.n == 15, MALFORMED);
        SG_TRY(two_digits(text.p, 0, 99, &century));
        text.p += 2;
        SG_TRY(two_digits(text.p, 0, 99, &year));
    }
    const uint8_t *p = text.p;
    SG_TRY(two_digits(p + 2, 1, 12, &tm.tm_mon));
    SG_TRY(two_digits(p + 4, 1, 31, &tm.tm_mday));
    SG_TRY(two_digits(p + 6, 0, 23, &tm.tm_hour));
    SG_TRY(two_digits(p + 8, 0, 59, &tm.tm_min));
    SG_TRY(two_digits(p + 10, 0, 59, &tm.tm_sec));
    SG_REQUIRE(p[12] == 'Z', MALFORMED);
    tm.tm_year = century * 100 + year - 1900;
    tm.tm_mon--;
    *ret = (int64_t)timegm(&tm);
    return SG_DONE;
}

sg_result
reg_cert_parse(sg_bytes der, struct reg_cert *ret)
{
    struct reg_cert cert = { 0 };
    struct der in = { der.p, der.n };
    struct der outer;
    struct der tbs;
    struct der validity;
    struct der spki;
    sg_bytes whole;
    SG_TRY(der_take(&in, DER_SEQUENCE, &outer, &whole));
    SG_REQUIRE(in.n == 0, MALFORMED);
    SG_TRY(der_take(&outer, DER_SEQUENCE, &tbs, &whole));
    SG_TRY(der_skip(&tbs, DER_VERSION));
    SG_TRY(der_skip(&tbs, DER_INTEGER));  /* serial */
    SG_TRY(der_skip(&tbs, DER_SEQUENCE)); /* algorithm */
    SG_TRY(der_skip(&tbs, DER_SEQUENCE)); /* issuer */
    SG_TRY(der_take(&tbs, DER_SEQUENCE, &validity, &whole));
    SG_TRY(der_time(&validity, &cert.not_before));
    SG_TRY(der_time(&validity, &cert.not_after));
    SG_REQUIRE(validity.n == 0, MALFORMED);
    SG_TRY(der_skip(&tbs, DER_SEQUENCE)); /* subject */
    SG_TRY(der_take(&tbs, DER_SEQUENCE, &spki, &cert.spki));
    *ret = cert;
    return SG_DONE;
}
