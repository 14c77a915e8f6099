/* Reading a parsed tree. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "sg_text.h"
#include "sjson_sort.h"

#define INT_MAX_EXACT ((int64_t)1 << 53) /* RFC 7493 2.2 */

static const struct sjson *
find_sorted(const struct sjson *v, sg_str name)
{
    size_t low = 0;
    size_t high = v->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = sjson_name_order(v->sorted[mid]->name, name);
        if (order == 0) {
            return v->sorted[mid];
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

const struct sjson *
sjson_get_str(const struct sjson *v, sg_str name)
{
    if (v == NULL || v->type != SJSON_OBJECT) {
        return NULL;
    }
    if (v->sorted != NULL) {
        return find_sorted(v, name);
    }
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        if (sg_str_equal(m->name, name)) {
            return m;
        }
    }
    return NULL;
}

const struct sjson *
sjson_get(const struct sjson *v, const char *name)
{
    return sjson_get_str(v, sg_cstr(name));
}

const struct sjson *
sjson_at(const struct sjson *v, size_t index)
{
    if (v == NULL || v->type != SJSON_ARRAY || index >= v->n) {
        return NULL;
    }
    const struct sjson *e = v->first;
    for (size_t i = 0; i < index; i++) {
        e = e->next;
    }
    return e;
}

static sg_result
member(const struct sjson *v, const char *name, enum sjson_type type, const struct sjson **ret)
{
    const struct sjson *m = sjson_get(v, name);
    SG_REQUIRE(m != NULL, MISSING);
    SG_REQUIRE(m->type == type, TYPE);
    *ret = m;
    return SG_DONE;
}

sg_result
sjson_member_text(const struct sjson *v, const char *name, sg_str *ret)
{
    const struct sjson *m;
    SG_TRY(member(v, name, SJSON_STRING, &m));
    *ret = m->text;
    return SG_DONE;
}

sg_result
sjson_member_int(const struct sjson *v, const char *name, int64_t *ret)
{
    const struct sjson *m;
    SG_TRY(member(v, name, SJSON_NUMBER, &m));
    return sjson_int(m, ret);
}

sg_result
sjson_member_object(const struct sjson *v, const char *name, const struct sjson **ret)
{
    return member(v, name, SJSON_OBJECT, ret);
}

sg_result
sjson_member_array(const struct sjson *v, const char *name, const struct sjson **ret)
{
    return member(v, name, SJSON_ARRAY, ret);
}

sg_result
sjson_member_bool(const struct sjson *v, const char *name, bool absent, bool *ret)
{
    const struct sjson *m = sjson_get(v, name);
    SG_REQUIRE(m == NULL || m->type == SJSON_TRUE || m->type == SJSON_FALSE, TYPE);
    *ret = m == NULL ? absent : m->type == SJSON_TRUE;
    return SG_DONE;
}

bool
sjson_is_text(const struct sjson *v, const char *text)
{
    return v != NULL && v->type == SJSON_STRING && sg_str_is(v->text, text);
}

/* Digits alone, as times and counts come. */
static bool
plain_int(sg_str text, int64_t *ret)
{
    bool minus = text.n > 0 && text.p[0] == '-';
    size_t i = minus ? 1 : 0;
    if (text.n - i > 16) {
        return false;
    }
    int64_t v = 0;
    for (; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
        v = v * 10 + (text.p[i] - '0');
    }
    *ret = minus ? -v : v;
    return v <= INT_MAX_EXACT;
}

sg_result
sjson_int(const struct sjson *v, int64_t *ret)
{
    SG_REQUIRE(v != NULL && v->type == SJSON_NUMBER, TYPE);
    if (plain_int(v->text, ret)) {
        return SG_DONE;
    }
    double d; /* 1e3 and 5.0 are integers too */
    SG_TRY(sjson_double(v, &d));
    SG_REQUIRE(d >= -(double)INT_MAX_EXACT && d <= (double)INT_MAX_EXACT && trunc(d) == d, NUMBER);
    *ret = (int64_t)d;
    return SG_DONE;
}

sg_result
sjson_double(const struct sjson *v, double *ret)
{
    SG_REQUIRE(v != NULL && v->type == SJSON_NUMBER, TYPE);
    SG_REQUIRE(v->text.n <= SJSON_NUMBER_LEN, NUMBER);
    char
        text[SJSON_NUMBER_LEN + 1]; /* strtod wants a NUL; no program of ours leaves the C locale */
    memcpy(text, v->text.p, v->text.n);
    text[v->text.n] = '\0';
    char *end;
    double d = strtod(text, &end);
    SG_REQUIRE(end == text + v->text.n && isfinite(d), NUMBER);
    *ret = d;
    return SG_DONE;
}

static bool
equal_numbers(const struct sjson *a, const struct sjson *b)
{
    double x;
    double y;
    if (sg_str_equal(a->text, b->text)) {
        return true;
    }
    return sg_ok(sjson_double(a, &x)) && sg_ok(sjson_double(b, &y)) && x == y;
}

static bool
equal_arrays(const struct sjson *a, const struct sjson *b)
{
    const struct sjson *y = b->first;
    for (const struct sjson *x = a->first; x != NULL; x = x->next, y = y->next) {
        if (!sjson_equal(x, y)) {
            return false;
        }
    }
    return true;
}

static bool
equal_objects(const struct sjson *a, const struct sjson *b)
{
    for (const struct sjson *x = a->first; x != NULL; x = x->next) {
        const struct sjson *y = sjson_get_str(b, x->name);
        if (y == NULL || !sjson_equal(x, y)) {
            return false;
        }
    }
    return true;
}

bool
sjson_equal(const struct sjson *a, const struct sjson *b)
{
    /* recursion no deeper than SJSON_DEPTH_MAX: only the parser makes trees */
    if (a == NULL || b == NULL || a->type != b->type || a->n != b->n) {
        return a == b;
    }
    switch (a->type) {
    case SJSON_NUMBER:
        return equal_numbers(a, b);
    case SJSON_STRING:
        return sg_str_equal(a->text, b->text);
    case SJSON_ARRAY:
        return equal_arrays(a, b);
    case SJSON_OBJECT:
        return equal_objects(a, b);
    case SJSON_NULL:
    case SJSON_FALSE:
    case SJSON_TRUE:
        break;
    }
    return true;
}
