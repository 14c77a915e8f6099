/* Parser and compiler: pattern to program, one pass, instructions written as they are read. */
#include "schema_unicode.h"

struct parser {
    struct sg_arena *arena;
    sg_str pattern;
    size_t at;
    struct regex_op *ops;
    size_t n;
    size_t cap;
    unsigned depth;
    sg_result failed;
};

static bool
fail(struct parser *p, enum sg_code code)
{
    if (sg_ok(p->failed)) {
        p->failed.code = code;
    }
    return false;
}

/* ---- reading characters ------------------------------------------------------------------------------- */

static bool
at_end(const struct parser *p)
{
    return p->at >= p->pattern.n;
}

static bool
next_is(const struct parser *p, char c)
{
    return !at_end(p) && p->pattern.p[p->at] == c;
}

static bool
take_char(struct parser *p, char c)
{
    if (!next_is(p, c)) {
        return false;
    }
    p->at++;
    return true;
}

static bool
take_text(struct parser *p, const char *text)
{
    if (!sg_str_starts(sg_str_slice(p->pattern, p->at, p->pattern.n), text)) {
        return false;
    }
    p->at += strlen(text);
    return true;
}

uint32_t
regex_code_point(sg_str text, size_t *at)
{
    const uint8_t *s = (const uint8_t *)text.p + *at;
    unsigned len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (len > text.n - *at) { /* not valid UTF-8: the caller promised; nothing is read beyond */
        *at = text.n;
        return 0xfffd;
    }
    uint32_t c = len == 1 ? s[0] : s[0] & (0xffU >> (len + 1));
    for (unsigned i = 1; i < len; i++) {
        c = c << 6 | (s[i] & 0x3fU);
    }
    *at += len;
    return c;
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool
take_hex(struct parser *p, size_t n, uint32_t *ret)
{
    uint32_t value = 0;
    if (p->pattern.n - p->at < n) {
        return fail(p, SG_E_VALUE);
    }
    for (size_t i = 0; i < n; i++) {
        int digit = hex_digit(p->pattern.p[p->at + i]);
        if (digit < 0) {
            return fail(p, SG_E_VALUE);
        }
        value = value << 4 | (uint32_t)digit;
    }
    p->at += n;
    *ret = value;
    return true;
}

/* "\u{1F600}" or "\u12AB", two of which may be a surrogate pair; "\u" was read. */
static bool
take_unicode(struct parser *p, uint32_t *ret)
{
    uint32_t low = 0;
    if (take_char(p, '{')) {
        uint32_t value = 0;
        size_t from = p->at;
        while (!at_end(p) && !next_is(p, '}')) {
            int digit = hex_digit(p->pattern.p[p->at]);
            if (digit < 0 || value > 0x10ffff) {
                return fail(p, SG_E_VALUE);
            }
            value = value << 4 | (uint32_t)digit;
            p->at++;
        }
        if (p->at == from || !take_char(p, '}') || value > 0x10ffff) {
            return fail(p, SG_E_VALUE);
        }
        *ret = value;
        return true;
    }
    if (!take_hex(p, 4, ret)) {
        return false;
    }
    if (*ret < 0xd800 || *ret > 0xdbff || !take_text(p, "\\u")) {
        return true;
    }
    if (!take_hex(p, 4, &low)) {
        return false;
    }
    if (low < 0xdc00 || low > 0xdfff) {
        return fail(p, SG_E_VALUE);
    }
    *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* ---- sets ------------------------------------------------------------------------------------------------ */

#define SET_MAX 4096

/* Ranges as they are written, in the arena; a set that is complete is sorted and joined. */
struct set {
    struct regex_range *ranges;
    size_t n;
    size_t cap;
};

static bool
set_add(struct parser *p, struct set *set, uint32_t from, uint32_t to)
{
    if (set->n == SET_MAX) {
        return fail(p, SG_E_TOO_LARGE);
    }
    if (set->n == set->cap) {
        size_t cap = 2 * set->cap + 8;
        struct regex_range *ranges = SG_NEW_ARRAY(p->arena, cap, struct regex_range);
        if (ranges == NULL) {
            return fail(p, SG_E_NO_MEMORY);
        }
        if (set->n > 0) {
            memcpy(ranges, set->ranges, set->n * sizeof(ranges[0]));
        }
        set->ranges = ranges;
        set->cap = cap;
    }
    set->ranges[set->n++] = (struct regex_range){ from, to };
    return true;
}

/* Insertion sort: tables are in order already, and what a pattern writes is bounded by its length. */
static void
set_order(struct set *set)
{
    for (size_t i = 1; i < set->n; i++) {
        struct regex_range r = set->ranges[i];
        size_t j = i;
        for (; j > 0 && set->ranges[j - 1].from > r.from; j--) {
            set->ranges[j] = set->ranges[j - 1];
        }
        set->ranges[j] = r;
    }
    size_t kept = 0;
    for (size_t i = 0; i < set->n; i++) {
        struct regex_range *last = kept == 0 ? NULL : &set->ranges[kept - 1];
        if (last != NULL && set->ranges[i].from <= last->to + 1) {
            last->to = set->ranges[i].to > last->to ? set->ranges[i].to : last->to;
        } else {
            set->ranges[kept++] = set->ranges[i];
        }
    }
    set->n = kept;
}

/* Every code point that is not in it. */
static bool
set_invert(struct parser *p, struct set *set)
{
    struct set out = { .n = 0 };
    uint32_t next = 0;
    set_order(set);
    for (size_t i = 0; i < set->n; i++) {
        if (set->ranges[i].from > next && !set_add(p, &out, next, set->ranges[i].from - 1)) {
            return false;
        }
        next = set->ranges[i].to + 1;
    }
    if (next <= 0x10ffff && !set_add(p, &out, next, 0x10ffff)) {
        return false;
    }
    *set = out;
    return true;
}

static bool
set_join(struct parser *p, struct set *set, const struct set *other)
{
    for (size_t i = 0; i < other->n; i++) {
        if (!set_add(p, set, other->ranges[i].from, other->ranges[i].to)) {
            return false;
        }
    }
    return true;
}

static const struct regex_range digits[] = { { '0', '9' } };
static const struct regex_range words[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' },
    { 'a', 'z' } };
/* WhiteSpace and LineTerminator of ECMA-262 12.2, 12.3 */
static const struct regex_range spaces[] = { { 9, 13 }, { ' ', ' ' }, { 0xa0, 0xa0 },
    { 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x202f, 0x202f },
    { 0x205f, 0x205f }, { 0x3000, 0x3000 }, { 0xfeff, 0xfeff } };
static const struct regex_range line_ends[] = { { '\n', '\n' }, { '\r', '\r' },
    { 0x2028, 0x2029 } };
static const struct regex_range ascii[] = { { 0, 0x7f } };
static const struct regex_range any[] = { { 0, 0x10ffff } };

#define ROWS(array) array, sizeof(array) / sizeof((array)[0])

static bool
set_rows(struct parser *p, struct set *set, const struct regex_range *rows, size_t n, bool not )
{
    struct set one = { .n = 0 };
    for (size_t i = 0; i < n; i++) {
        if (!set_add(p, &one, rows[i].from, rows[i].to)) {
            return false;
        }
    }
    return (!not || set_invert(p, &one)) && set_join(p, set, &one);
}

/* \p{...}: a few; the others are refused by name. */
static bool
take_property(struct parser *p, struct set *set, bool not )
{
    if (!take_char(p, '{')) {
        return fail(p, SG_E_VALUE);
    }
    size_t end = sg_str_index(p->pattern, '}', p->at);
    if (end == p->pattern.n) {
        return fail(p, SG_E_VALUE);
    }
    sg_str name = sg_str_slice(p->pattern, p->at, end - p->at);
    p->at = end + 1;
    if (sg_str_is(name, "ASCII")) {
        return set_rows(p, set, ROWS(ascii), not );
    }
    if (sg_str_is(name, "Any")) {
        return set_rows(p, set, ROWS(any), not );
    }
    static const char *const prefixes[] = { "gc=", "General_Category=" };
    for (size_t i = 0; i < 2; i++) {
        if (sg_str_starts(name, prefixes[i])) {
            name = sg_str_slice(name, strlen(prefixes[i]), name.n);
        }
    }
    for (const struct schema_category *c = schema_categories; c->name != NULL; c++) {
        if (sg_str_is(name, c->name)) {
            return set_rows(p, set, c->rows, c->n, not );
        }
    }
    return fail(p, SG_E_UNSUPPORTED);
}

/*
 * What stands behind a backslash, inside or outside of a class: a set (*ret_set true) or one character.
 */
static bool
take_escape(struct parser *p, bool in_class, struct set *set, bool *ret_set, uint32_t *ret)
{
    static const char signs[] = "^$\\.*+?()[]{}|/-!\"#%&',:;<=>@_`~ ";
    if (at_end(p)) {
        return fail(p, SG_E_VALUE);
    }
    char c = p->pattern.p[p->at++];
    *ret_set = true;
    switch (c) {
    case 'd':
    case 'D':
        return set_rows(p, set, ROWS(digits), c == 'D');
    case 'w':
    case 'W':
        return set_rows(p, set, ROWS(words), c == 'W');
    case 's':
    case 'S':
        return set_rows(p, set, ROWS(spaces), c == 'S');
    case 'p':
    case 'P':
        return take_property(p, set, c == 'P');
    default:
        break;
    }
    *ret_set = false;
    switch (c) {
    case 't':
        *ret = '\t';
        return true;
    case 'n':
        *ret = '\n';
        return true;
    case 'v':
        *ret = '\v';
        return true;
    case 'f':
        *ret = '\f';
        return true;
    case 'r':
        *ret = '\r';
        return true;
    case 'b': /* outside of a class the assertion was taken before */
        *ret = '\b';
        return in_class ? true : fail(p, SG_E_VALUE);
    case 'x':
        return take_hex(p, 2, ret);
    case 'u':
        return take_unicode(p, ret);
    case 'c':
        if (at_end(p) ||
            !((p->pattern.p[p->at] | 0x20) >= 'a' && (p->pattern.p[p->at] | 0x20) <= 'z')) {
            return fail(p, SG_E_VALUE);
        }
        *ret = (uint32_t)p->pattern.p[p->at++] & 31U;
        return true;
    case '0':
        if (!at_end(p) && p->pattern.p[p->at] >= '0' && p->pattern.p[p->at] <= '9') {
            return fail(p, SG_E_VALUE);
        }
        *ret = 0;
        return true;
    case 'k':
        return fail(p, SG_E_UNSUPPORTED); /* back reference by name */
    default:
        break;
    }
    if (c >= '1' && c <= '9') {
        return fail(p, in_class ? SG_E_VALUE : SG_E_UNSUPPORTED); /* back reference */
    }
    /* with "u" only syntax may be escaped; other signs are let through, as schemas in the wild write "\\-"; letters are not */
    if (c == '\0' || strchr(signs, c) == NULL) {
        return fail(p, SG_E_VALUE);
    }
    *ret = (uint32_t)(unsigned char)c;
    return true;
}

/* One member of a class: *ret_set says that it was a whole set, which cannot begin or end a range. */
static bool
take_member(struct parser *p, struct set *set, bool *ret_set, uint32_t *ret)
{
    *ret_set = false;
    if (take_char(p, '\\')) {
        return take_escape(p, true, set, ret_set, ret);
    }
    *ret = regex_code_point(p->pattern, &p->at);
    return true;
}

/* "[" was read. */
static bool
take_class(struct parser *p, struct set *set)
{
    bool not = take_char(p, '^');
    while (!take_char(p, ']')) {
        bool is_set = false;
        bool end_set = false;
        uint32_t from = 0;
        uint32_t to = 0;
        if (at_end(p)) {
            return fail(p, SG_E_VALUE);
        }
        if (!take_member(p, set, &is_set, &from)) {
            return false;
        }
        to = from;
        size_t before = p->at;
        if (take_char(p, '-')) {
            if (next_is(p, ']')) {
                p->at = before; /* a hyphen at the end stands for itself */
            } else if (at_end(p) || !take_member(p, set, &end_set, &to)) {
                return fail(p, SG_E_VALUE);
            } else if (is_set || end_set || to < from) {
                return fail(p, SG_E_VALUE);
            }
        }
        if (!is_set && !set_add(p, set, from, to)) {
            return false;
        }
    }
    set_order(set);
    return !not || set_invert(p, set);
}

/* ---- program ------------------------------------------------------------------------------------------------- */

/* Room for `more` instructions. */
static bool
grow(struct parser *p, size_t more)
{
    if (more > REGEX_PROGRAM_MAX - p->n) {
        return fail(p, SG_E_TOO_LARGE);
    }
    if (p->n + more <= p->cap) {
        return true;
    }
    size_t cap = 2 * (p->n + more) + 16;
    struct regex_op *ops = SG_NEW_ARRAY(p->arena, cap, struct regex_op);
    if (ops == NULL) {
        return fail(p, SG_E_NO_MEMORY);
    }
    if (p->n > 0) {
        memcpy(ops, p->ops, p->n * sizeof(ops[0]));
    }
    p->ops = ops;
    p->cap = cap;
    return true;
}

static bool
emit(struct parser *p, struct regex_op op)
{
    if (!grow(p, 1)) {
        return false;
    }
    p->ops[p->n++] = op;
    return true;
}

static bool
emit_set(struct parser *p, struct set *set)
{
    set_order(set);
    if (set->n == 1 && set->ranges[0].from == set->ranges[0].to) {
        return emit(p, (struct regex_op){ .kind = REGEX_CHAR, .c = set->ranges[0].from });
    }
    struct regex_range *kept = SG_NEW_ARRAY(p->arena, set->n + 1, struct regex_range);
    if (kept == NULL) {
        return fail(p, SG_E_NO_MEMORY);
    }
    if (set->n > 0) { /* "[]" matches nothing */
        memcpy(kept, set->ranges, set->n * sizeof(kept[0]));
    }
    return emit(p, (struct regex_op){ .kind = REGEX_SET, .ranges = kept, .n = set->n });
}

static bool
emit_rows(struct parser *p, const struct regex_range *rows, size_t n, bool not )
{
    struct set set = { .n = 0 };
    return set_rows(p, &set, rows, n, not ) && emit_set(p, &set);
}

/* Room for one instruction in front of [from, n). Jumps inside are relative, so they stay right. */
static bool
insert(struct parser *p, size_t from, struct regex_op op)
{
    if (!emit(p, op)) {
        return false;
    }
    memmove(&p->ops[from + 1], &p->ops[from], (p->n - 1 - from) * sizeof(op));
    p->ops[from] = op;
    return true;
}

static bool
copy_part(struct parser *p, size_t from, size_t len)
{
    if (!grow(p, len)) {
        return false;
    }
    memcpy(&p->ops[p->n], &p->ops[from], len * sizeof(p->ops[0]));
    p->n += len;
    return true;
}

/* x? over the last `len` instructions at `from` */
static bool
make_optional(struct parser *p, size_t from)
{
    int32_t len = (int32_t)(p->n - from);
    return insert(p, from, (struct regex_op){ .kind = REGEX_SPLIT, .a = 1, .b = len + 1 });
}

static bool
make_star(struct parser *p, size_t from)
{
    int32_t len = (int32_t)(p->n - from);
    return insert(p, from, (struct regex_op){ .kind = REGEX_SPLIT, .a = 1, .b = len + 2 }) &&
           emit(p, (struct regex_op){ .kind = REGEX_JUMP, .a = -(len + 1) });
}

#define NO_MAX UINT32_MAX

/* x{min,max}: written out min times, then max - min times optional, or a star */
static bool
make_count(struct parser *p, size_t from, uint32_t min, uint32_t max)
{
    size_t len = p->n - from;
    if (len == 0) {
        return true;
    }
    if (max == 0) {
        p->n = from;
        return true;
    }
    for (uint32_t i = 1; i < min; i++) {
        if (!copy_part(p, from, len)) {
            return false;
        }
    }
    if (max == NO_MAX && min == 0) {
        return make_star(p, from);
    }
    if (max == NO_MAX) {
        size_t last = p->n;
        return copy_part(p, from, len) && make_star(p, last);
    }
    if (min == 0) {
        if (!make_optional(p, from)) {
            return false;
        }
        from++; /* the part itself, behind its split */
    }
    for (uint32_t i = min == 0 ? 1 : min; i < max; i++) {
        size_t last = p->n;
        if (!copy_part(p, from, len) || !make_optional(p, last)) {
            return false;
        }
    }
    return true;
}

static bool
take_number(struct parser *p, uint32_t *ret)
{
    size_t from = p->at;
    uint32_t value = 0;
    while (!at_end(p) && p->pattern.p[p->at] >= '0' && p->pattern.p[p->at] <= '9') {
        value = value > 100000 ? value : value * 10 + (uint32_t)(p->pattern.p[p->at] - '0');
        p->at++;
    }
    *ret = value;
    return p->at > from;
}

/* `from`: where the atom's instructions begin; `countable` is false for assertions. */
static bool
take_quantifier(struct parser *p, size_t from, bool countable)
{
    uint32_t min = 0;
    uint32_t max = NO_MAX;
    if (take_char(p, '*')) {
        min = 0;
    } else if (take_char(p, '+')) {
        min = 1;
    } else if (take_char(p, '?')) {
        max = 1;
    } else if (take_char(p, '{')) {
        if (!take_number(p, &min)) {
            return fail(p, SG_E_VALUE);
        }
        max = min;
        if (take_char(p, ',') && !take_number(p, &max)) {
            max = NO_MAX;
        }
        if (!take_char(p, '}') || max < min) {
            return fail(p, SG_E_VALUE);
        }
    } else {
        return true;
    }
    (void)take_char(p, '?'); /* as few as possible: the same texts match */
    if (!countable) {
        return fail(p, SG_E_VALUE);
    }
    if (min > REGEX_PROGRAM_MAX || (max != NO_MAX && max > REGEX_PROGRAM_MAX)) {
        return fail(p, SG_E_TOO_LARGE);
    }
    return make_count(p, from, min, max);
}

static bool take_alternatives(struct parser *p);

/* "(" was read. */
static bool
take_group(struct parser *p)
{
    if (take_text(p, "?=") || take_text(p, "?!") || take_text(p, "?<=") || take_text(p, "?<!")) {
        return fail(p, SG_E_UNSUPPORTED);
    }
    if (take_text(p, "?<")) {
        size_t end = sg_str_index(p->pattern, '>', p->at);
        if (end == p->pattern.n || end == p->at) {
            return fail(p, SG_E_VALUE);
        }
        p->at = end + 1; /* a name is of no use without references */
    } else if (!take_text(p, "?:") && next_is(p, '?')) {
        return fail(p, SG_E_VALUE);
    }
    if (++p->depth > REGEX_DEPTH_MAX) {
        return fail(p, SG_E_DEPTH);
    }
    bool ok = take_alternatives(p);
    p->depth--;
    return ok && (take_char(p, ')') || fail(p, SG_E_VALUE));
}

static bool
take_atom(struct parser *p, bool *ret_countable)
{
    struct set set = { .n = 0 };
    bool is_set = false;
    uint32_t c = 0;
    *ret_countable = false;
    if (take_char(p, '^')) {
        return emit(p, (struct regex_op){ .kind = REGEX_BEGIN });
    }
    if (take_char(p, '$')) {
        return emit(p, (struct regex_op){ .kind = REGEX_END });
    }
    if (take_text(p, "\\b")) {
        return emit(p, (struct regex_op){ .kind = REGEX_WORD_EDGE });
    }
    if (take_text(p, "\\B")) {
        return emit(p, (struct regex_op){ .kind = REGEX_NO_WORD_EDGE });
    }
    *ret_countable = true;
    if (take_char(p, '(')) {
        return take_group(p);
    }
    if (take_char(p, '.')) {
        return emit_rows(p, ROWS(line_ends), true);
    }
    if (take_char(p, '[')) {
        return take_class(p, &set) && emit_set(p, &set);
    }
    if (take_char(p, '\\')) {
        if (!take_escape(p, false, &set, &is_set, &c)) {
            return false;
        }
        return is_set ? emit_set(p, &set)
                      : emit(p, (struct regex_op){ .kind = REGEX_CHAR, .c = c });
    }
    if (strchr("*+?{}]", p->pattern.p[p->at]) !=
        NULL) { /* with "u" none of them stands for itself */
        return fail(p, SG_E_VALUE);
    }
    c = regex_code_point(p->pattern, &p->at);
    return emit(p, (struct regex_op){ .kind = REGEX_CHAR, .c = c });
}

/*
 * a|b|c: split to a and what follows, and so on; behind each but the last a jump to the end, which is known when all is read. Until then
 * the jumps hang together by their `c`: 1 + the place of the one before.
 */
static bool
take_alternatives(struct parser *p)
{
    size_t from = p->n;
    uint32_t jumps = 0;
    for (;;) {
        while (!at_end(p) && !next_is(p, '|') && !next_is(p, ')')) {
            size_t atom = p->n;
            bool countable = false;
            if (!take_atom(p, &countable) || !take_quantifier(p, atom, countable)) {
                return false;
            }
        }
        if (!take_char(p, '|')) {
            break;
        }
        int32_t len = (int32_t)(p->n - from);
        struct regex_op split = { .kind = REGEX_SPLIT, .a = 1, .b = len + 2 };
        if (!insert(p, from, split) ||
            !emit(p, (struct regex_op){ .kind = REGEX_JUMP, .c = jumps })) {
            return false;
        }
        jumps = (uint32_t)p->n; /* 1 + its place */
        from = p->n;
    }
    while (jumps > 0) {
        struct regex_op *jump = &p->ops[jumps - 1];
        jump->a = (int32_t)(p->n - (jumps - 1));
        jumps = jump->c;
        jump->c = 0;
    }
    return true;
}

sg_result
regex_compile(struct sg_arena *arena, sg_str pattern, const struct regex **ret)
{
    struct parser p = { .arena = arena, .pattern = pattern };
    SG_REQUIRE(pattern.n <= REGEX_PATTERN_MAX, TOO_LARGE);
    SG_REQUIRE(memchr(pattern.p == NULL ? "" : pattern.p, 0, pattern.n) == NULL, VALUE);
    struct regex *regex = SG_NEW(arena, struct regex);
    SG_REQUIRE(regex != NULL, NO_MEMORY);
    bool ok = take_alternatives(&p) && (at_end(&p) || fail(&p, SG_E_VALUE)) &&
              emit(&p, (struct regex_op){ .kind = REGEX_MATCH });
    if (!ok) {
        return p.failed;
    }
    regex->ops = p.ops;
    regex->n = p.n;
    *ret = regex;
    return SG_DONE;
}

size_t
regex_size(const struct regex *regex)
{
    return regex->n;
}
