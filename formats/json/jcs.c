/* RFC 8785. Strings and separators are the writer's, which already uses the canonical escapes. */
#include "jcs.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sjson_sort.h"

#define JCS_MAX ((size_t)64 * 1024 * 1024)
#define DIGITS_MAX 17 /* enough for any double */

/* ---- numbers: ECMAScript 2019, 7.1.12.1 -------------------------------------------------------------- */

/* A positive double as 0.d1d2d3... x 10^point. */
struct decimal {
    char digits[DIGITS_MAX + 1];
    int n;
    int point;
};

static struct decimal
decimal_of(double v, int n)
{
    char text[40];
    struct decimal d = { .n = n };
    snprintf(text, sizeof(text), "%.*e", n - 1, v);
    d.digits[0] = text[0];
    for (int i = 1; i < n; i++) {
        d.digits[i] = text[i + 1]; /* behind the point */
    }
    d.point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
    return d;
}

static double
decimal_value(const struct decimal *d)
{
    char text[40];
    snprintf(text, sizeof(text), "0.%se%d", d->digits, d->point);
    return strtod(text, NULL);
}

/* The next larger number of the same length. */
static void
increment(struct decimal *d)
{
    int i = d->n - 1;
    while (i >= 0 && d->digits[i] == '9') {
        d->digits[i--] = '0';
    }
    if (i >= 0) {
        d->digits[i]++;
        return;
    }
    d->digits[0] = '1';
    d->point++;
}

/*
 * The shortest digits that read back as v. The rounded n digits are the nearest of their length; only at powers of two,
 * where the gap below is half the gap above, may the nearest miss and its upper neighbour hit.
 */
static struct decimal
shortest(double v)
{
    /* 15 digits survive any normal double, so trailing zeros show the shorter forms; subnormals hold fewer */
    struct decimal d = { .n = 0 };
    for (int n = v < DBL_MIN ? 1 : DBL_DIG; n <= DIGITS_MAX; n++) {
        d = decimal_of(v, n);
        if (decimal_value(&d) == v) {
            break;
        }
        struct decimal up = d;
        increment(&up);
        if (decimal_value(&up) == v) {
            d = up;
            break;
        }
    }
    while (d.n > 1 && d.digits[d.n - 1] == '0') {
        d.n--;
    }
    return d;
}

struct text {
    char *p;
    size_t n;
};

static void
put(struct text *t, const char *from, int n)
{
    for (int i = 0; i < n; i++) {
        t->p[t->n++] = from[i];
    }
}

static void
put_zeros(struct text *t, int n)
{
    for (int i = 0; i < n; i++) {
        t->p[t->n++] = '0';
    }
}

static void
put_exponent(struct text *t, const struct decimal *d)
{
    char exponent[8];
    put(t, d->digits, 1);
    if (d->n > 1) {
        put(t, ".", 1);
        put(t, d->digits + 1, d->n - 1);
    }
    put(t, exponent, snprintf(exponent, sizeof(exponent), "e%+d", d->point - 1));
}

/* Steps 6 to 10 of Number::toString, with n = point and k = d->n. */
static void
put_decimal(struct text *t, const struct decimal *d)
{
    if (d->point > 21 || d->point <= -6) {
        put_exponent(t, d);
    } else if (d->point >= d->n) {
        put(t, d->digits, d->n);
        put_zeros(t, d->point - d->n);
    } else if (d->point > 0) {
        put(t, d->digits, d->point);
        put(t, ".", 1);
        put(t, d->digits + d->point, d->n - d->point);
    } else {
        put(t, "0.", 2);
        put_zeros(t, -d->point);
        put(t, d->digits, d->n);
    }
}

sg_result
jcs_number(double value, char out[JCS_NUMBER_MAX], size_t *ret_n)
{
    SG_REQUIRE(isfinite(value), NUMBER);
    struct text t = { out, 0 };
    if (value == 0) {
        put_zeros(&t, 1);
    } else {
        struct decimal d = shortest(fabs(value));
        if (value < 0) {
            put(&t, "-", 1);
        }
        put_decimal(&t, &d);
    }
    *ret_n = t.n;
    return SG_DONE;
}

/* ---- values ------------------------------------------------------------------------------------------ */

/* Supplementary characters are surrogates (D800-DFFF) in UTF-16: before U+E000..U+FFFF, whose lead bytes are EE and EF. */
static unsigned
utf16_rank(uint8_t byte)
{
    if (byte < 0xEE) {
        return byte;
    }
    return byte >= 0xF0 ? (unsigned)byte - 2 : (unsigned)byte + 0x10;
}

static int
utf16_order(sg_str a, sg_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        if (a.p[i] != b.p[i]) {
            return utf16_rank((uint8_t)a.p[i]) < utf16_rank((uint8_t)b.p[i]) ? -1 : 1;
        }
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static sg_result put_value(struct sjson_wr *wr, const struct sjson *v);

static sg_result
put_number(struct sjson_wr *wr, const struct sjson *v)
{
    char text[JCS_NUMBER_MAX];
    size_t n;
    double value;
    SG_TRY(sjson_double(v, &value));
    SG_TRY(jcs_number(value, text, &n));
    sjson_wr_raw(wr, sg_str_of(text, n));
    return SG_DONE;
}

static sg_result
put_array(struct sjson_wr *wr, const struct sjson *v)
{
    sjson_wr_array(wr);
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        SG_TRY(put_value(wr, e));
    }
    sjson_wr_array_end(wr);
    return SG_DONE;
}

static sg_result
put_object(struct sjson_wr *wr, const struct sjson *v)
{
    const struct sjson **sorted = SG_NEW_ARRAY(wr->buf->arena, v->n, const struct sjson *);
    SG_REQUIRE(sorted != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        sorted[n++] = m;
    }
    sjson_sort(sorted, n, utf16_order);
    sjson_wr_object(wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_name(wr, sorted[i]->name);
        SG_TRY(put_value(wr, sorted[i]));
    }
    sjson_wr_object_end(wr);
    return SG_DONE;
}

/* Recursion no deeper than SJSON_DEPTH_MAX: only the parser makes trees. */
static sg_result
put_value(struct sjson_wr *wr, const struct sjson *v)
{
    switch (v->type) {
    case SJSON_NUMBER:
        return put_number(wr, v);
    case SJSON_STRING:
        sjson_wr_text(wr, v->text);
        break;
    case SJSON_ARRAY:
        return put_array(wr, v);
    case SJSON_OBJECT:
        return put_object(wr, v);
    case SJSON_NULL:
        sjson_wr_null(wr);
        break;
    case SJSON_FALSE:
    case SJSON_TRUE:
        sjson_wr_bool(wr, v->type == SJSON_TRUE);
        break;
    }
    return SG_DONE;
}

sg_result
jcs_encode(struct sg_arena *arena, const struct sjson *value, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, value->source.n, JCS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    SG_TRY(put_value(&wr, value));
    return sg_buf_end_str(&buf, ret);
}
