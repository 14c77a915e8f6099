#include "schema_num.h"

/* Exponents beyond this are cut: sjson lets through nothing outside of a double's range but zeros and a few digits more. */
#define EXPONENT_MAX 100000

sg_result
schema_num_of(struct sg_arena *arena, const struct sjson *v, struct schema_num *ret)
{
    struct schema_num num = { 0 };
    sg_str text = v->text;
    char *digits = sg_arena_alloc(arena, text.n + 1);
    SG_REQUIRE(digits != NULL, NO_MEMORY);
    size_t n = 0;
    size_t at = 0;
    bool fraction = false;
    if (at < text.n && text.p[at] == '-') {
        num.negative = true;
        at++;
    }
    for (; at < text.n && text.p[at] != 'e' && text.p[at] != 'E'; at++) {
        if (text.p[at] == '.') {
            fraction = true;
            continue;
        }
        num.exponent -= fraction ? 1 : 0;
        if (n > 0 || text.p[at] != '0') {
            digits[n++] = text.p[at];
        }
    }
    if (at < text.n) {
        at++;
        bool minus = at < text.n && text.p[at] == '-';
        at += at < text.n && (text.p[at] == '-' || text.p[at] == '+') ? 1 : 0;
        int64_t e = 0;
        for (; at < text.n; at++) {
            e = e > EXPONENT_MAX ? e : e * 10 + (text.p[at] - '0');
        }
        num.exponent += minus ? -e : e;
    }
    while (n > 0 && digits[n - 1] == '0') {
        n--;
        num.exponent++;
    }
    num.digits = sg_str_of(digits, n);
    if (n == 0) {
        num.negative = false;
        num.exponent = 0;
    }
    *ret = num;
    return SG_DONE;
}

bool
schema_num_is_integer(const struct schema_num *num)
{
    return num->exponent >= 0;
}

/* Sizes without signs: first by the place of the first digit, then digit by digit. */
static int
compare_sizes(const struct schema_num *a, const struct schema_num *b)
{
    if (a->digits.n == 0 || b->digits.n == 0) {
        return (a->digits.n > 0) - (b->digits.n > 0);
    }
    int64_t pa = a->exponent + (int64_t)a->digits.n;
    int64_t pb = b->exponent + (int64_t)b->digits.n;
    if (pa != pb) {
        return pa < pb ? -1 : 1;
    }
    size_t n = a->digits.n < b->digits.n ? a->digits.n : b->digits.n;
    int c = memcmp(a->digits.p, b->digits.p, n);
    if (c != 0) {
        return c < 0 ? -1 : 1;
    }
    return (a->digits.n > b->digits.n) - (a->digits.n < b->digits.n);
}

int
schema_num_compare(const struct schema_num *a, const struct schema_num *b)
{
    if (a->negative != b->negative) {
        return a->negative ? -1 : 1;
    }
    int c = compare_sizes(a, b);
    return a->negative ? -c : c;
}

/* ---- remainder: long division by hand, one decimal digit of `a` after the other, in limbs of nine digits ---- */

#define LIMB 1000000000U

struct big {
    uint32_t *limbs; /* least first */
    size_t n;
};

static void
times_ten_plus(struct big *big, uint32_t digit)
{
    uint64_t carry = digit;
    for (size_t i = 0; i < big->n; i++) {
        uint64_t v = (uint64_t)big->limbs[i] * 10 + carry;
        big->limbs[i] = (uint32_t)(v % LIMB);
        carry = v / LIMB;
    }
    if (carry > 0) {
        big->limbs[big->n++] = (uint32_t)carry;
    }
}

static int
compare_bigs(const struct big *a, const struct big *b)
{
    if (a->n != b->n) {
        return a->n < b->n ? -1 : 1;
    }
    for (size_t i = a->n; i > 0; i--) {
        if (a->limbs[i - 1] != b->limbs[i - 1]) {
            return a->limbs[i - 1] < b->limbs[i - 1] ? -1 : 1;
        }
    }
    return 0;
}

static void
subtract(struct big *a, const struct big *b)
{
    uint32_t borrow = 0;
    for (size_t i = 0; i < a->n; i++) {
        int64_t v = (int64_t)a->limbs[i] - (i < b->n ? b->limbs[i] : 0) - borrow;
        borrow = v < 0 ? 1 : 0;
        a->limbs[i] = (uint32_t)(v + (v < 0 ? (int64_t)LIMB : 0));
    }
    while (a->n > 0 && a->limbs[a->n - 1] == 0) {
        a->n--;
    }
}

sg_result
schema_num_multiple(struct sg_arena *arena, const struct schema_num *a, const struct schema_num *b,
    uint64_t *work, bool *ret)
{
    if (a->digits.n == 0) {
        *ret = true;
        return SG_DONE;
    }
    /* to whole numbers: zeros are added to the one with the greater exponent */
    int64_t low = a->exponent < b->exponent ? a->exponent : b->exponent;
    uint64_t zeros_a = (uint64_t)(a->exponent - low);
    uint64_t zeros_b = (uint64_t)(b->exponent - low);
    uint64_t limbs = (b->digits.n + zeros_b) / 9 + 2;
    uint64_t steps = (a->digits.n + zeros_a) * limbs * 4 + limbs * 9;
    SG_REQUIRE(steps / 64 < *work, WORK);
    *work -= steps / 64;
    struct big divisor = { .limbs = SG_NEW_ARRAY(arena, limbs + 1, uint32_t) };
    struct big rest = { .limbs = SG_NEW_ARRAY(arena, limbs + 1, uint32_t) };
    SG_REQUIRE(divisor.limbs != NULL && rest.limbs != NULL, NO_MEMORY);
    for (uint64_t i = 0; i < b->digits.n + zeros_b; i++) {
        times_ten_plus(&divisor, i < b->digits.n ? (uint32_t)(b->digits.p[i] - '0') : 0);
    }
    for (uint64_t i = 0; i < a->digits.n + zeros_a; i++) {
        times_ten_plus(&rest, i < a->digits.n ? (uint32_t)(a->digits.p[i] - '0') : 0);
        while (compare_bigs(&rest, &divisor) >= 0) {
            subtract(&rest, &divisor);
        }
    }
    *ret = rest.n == 0;
    return SG_DONE;
}
