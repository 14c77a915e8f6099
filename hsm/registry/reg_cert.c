#include "reg_cert.h"

#include <time.h>

#include "reg_der.h"

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
sg_result
reg_der_time(struct reg_der *in, int64_t *ret)
{
    struct reg_der text;
    sg_bytes whole;
    int century = 0;
    int year = 0;
    struct tm tm = { 0 };
    SG_REQUIRE(in->n > 0, MALFORMED);
    if (in->p[0] == REG_DER_UTC) {
        SG_TRY(reg_der_take(in, REG_DER_UTC, &text, &whole));
        SG_REQUIRE(text.n == 13, MALFORMED);
        SG_TRY(two_digits(text.p, 0, 99, &year));
        century = year < 50 ? 20 : 19;
    } else {
        SG_TRY(reg_der_take(in, REG_DER_TIME, &text, &whole));
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
    struct reg_der in = { der.p, der.n };
    struct reg_der outer;
    struct reg_der tbs;
    struct reg_der validity;
    struct reg_der spki;
    sg_bytes whole;
    SG_TRY(reg_der_take(&in, REG_DER_SEQUENCE, &outer, &whole));
    SG_REQUIRE(in.n == 0, MALFORMED);
    SG_TRY(reg_der_take(&outer, REG_DER_SEQUENCE, &tbs, &whole));
    SG_TRY(reg_der_skip(&tbs, REG_DER_VERSION));
    SG_TRY(reg_der_skip(&tbs, REG_DER_INTEGER));  /* serial */
    SG_TRY(reg_der_skip(&tbs, REG_DER_SEQUENCE)); /* algorithm */
    SG_TRY(reg_der_skip(&tbs, REG_DER_SEQUENCE)); /* issuer */
    SG_TRY(reg_der_take(&tbs, REG_DER_SEQUENCE, &validity, &whole));
    SG_TRY(reg_der_time(&validity, &cert.not_before));
    SG_TRY(reg_der_time(&validity, &cert.not_after));
    SG_REQUIRE(validity.n == 0, MALFORMED);
    SG_TRY(reg_der_skip(&tbs, REG_DER_SEQUENCE)); /* subject */
    SG_TRY(reg_der_take(&tbs, REG_DER_SEQUENCE, &spki, &cert.spki));
    *ret = cert;
    return SG_DONE;
}
