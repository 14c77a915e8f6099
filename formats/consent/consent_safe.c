/* Strangers' text among ours (Unicode TR 36, TR 39): what is invisible, reorders its neighbours or looks like our own punctuation does not pass. */
#include "consent_inner.h"

#include "sg_text.h"

#define REPLACED 0xFFFD
#define MARKS_MAX 2 /* combining marks in a row; living languages need no more in names */

struct range {
    uint32_t first, last;
};

static bool
within(const struct range *ranges, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return true;
        }
    }
    return false;
}
#define WITHIN(table, c) within(table, sizeof(table) / sizeof((table)[0]), c)

/* Controls, direction marks, joiners, fillers, tags, private use: nobody sees them, or nobody knows what they would see. */
static const struct range hidden[] = {
    { 0x0000, 0x001F },
    { 0x007F, 0x009F },
    { 0x00AD, 0x00AD },
    { 0x034F, 0x034F },
    { 0x061C, 0x061C },
    { 0x115F, 0x1160 },
    { 0x17B4, 0x17B5 },
    { 0x180B, 0x180F },
    { 0x200B, 0x200F },
    { 0x2028, 0x202E },
    { 0x2060, 0x206F },
    { 0x2800, 0x2800 },
    { 0x3164, 0x3164 },
    { 0xD800, 0xF8FF },
    { 0xFDD0, 0xFDEF },
    { 0xFEFF, 0xFEFF },
    { 0xFFA0, 0xFFA0 },
    { 0xFFF0, 0xFFFC },
    { 0xFFFE, 0xFFFF },
    { 0x1BCA0, 0x1BCA3 },
    { 0x1D173, 0x1D17A },
    { 0xE0000, 0xE00FF },
    { 0xE01F0, 0x10FFFF },
};
static const struct range blanks[] = {
    { 0x0009, 0x000D },
    { 0x0020, 0x0020 },
    { 0x0085, 0x0085 },
    { 0x00A0, 0x00A0 },
    { 0x1680, 0x1680 },
    { 0x2000, 0x200A },
    { 0x2028, 0x2029 },
    { 0x202F, 0x202F },
    { 0x205F, 0x205F },
    { 0x3000, 0x3000 },
};
/* Quotation marks of any kind: ours are the only ones that open and close. */
static const struct range quotes[] = {
    { 0x0022, 0x0022 },
    { 0x00AB, 0x00AB },
    { 0x00BB, 0x00BB },
    { 0x201C, 0x201F },
    { 0x2033, 0x2033 },
    { 0x2036, 0x2036 },
    { 0x2039, 0x203A },
    { 0x275D, 0x275E },
    { 0x300C, 0x300F },
    { 0x301D, 0x301F },
    { 0xFF02, 0xFF02 },
    { 0xFF62, 0xFF63 },
};
static const struct range marks[] = {
    { 0x0300, 0x036F },
    { 0x0483, 0x0489 },
    { 0x0591, 0x05BD },
    { 0x064B, 0x065F },
    { 0x1AB0, 0x1AFF },
    { 0x1DC0, 0x1DFF },
    { 0x20D0, 0x20FF },
    { 0xFE20, 0xFE2F },
};
/* Allowed behind something visible: Japanese names need ideographic variants. */
static const struct range selectors[] = { { 0xFE00, 0xFE0F }, { 0xE0100, 0xE01EF } };
static const struct range right_to_left[] = {
    { 0x0590, 0x08FF },
    { 0xFB1D, 0xFDFF },
    { 0xFE70, 0xFEFC },
    { 0x10800, 0x10FFF },
    { 0x1E800, 0x1EFFF },
};

/* The next code point; REPLACED for what is no UTF-8, one byte at a time. */
static uint32_t
take(sg_str text, size_t *at)
{
    const uint8_t *p = (const uint8_t *)text.p + *at;
    size_t left = text.n - *at;
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (n == 0 || n > left || !sg_utf8_valid(sg_str_of((const char *)p, n))) {
        *at += 1;
        return REPLACED;
    }
    *at += n;
    static const uint8_t first[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    uint32_t c = p[0] & first[n];
    for (size_t i = 1; i < n; i++) {
        c = (c << 6) | (p[i] & 0x3Fu);
    }
    return c;
}

static void
put(struct sg_buf *buf, uint32_t c)
{
    if (c < 0x80) {
        sg_buf_put_byte(buf, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        sg_buf_put_byte(buf, (uint8_t)(0xC0 | (c >> 6)));
    } else {
        if (c < 0x10000) {
            sg_buf_put_byte(buf, (uint8_t)(0xE0 | (c >> 12)));
        } else {
            sg_buf_put_byte(buf, (uint8_t)(0xF0 | (c >> 18)));
            sg_buf_put_byte(buf, (uint8_t)(0x80 | ((c >> 12) & 0x3F)));
        }
        sg_buf_put_byte(buf, (uint8_t)(0x80 | ((c >> 6) & 0x3F)));
    }
    sg_buf_put_byte(buf, (uint8_t)(0x80 | (c & 0x3F)));
}

struct cleaner {
    struct sg_buf buf;
    size_t shown;
    size_t n_marks;
    bool blank;   /* owed before the next visible character */
    bool visible; /* the last one was */
    bool rtl;
    bool changed;
};

/* What stands for `c`. */
static uint32_t
instead(struct cleaner *to, uint32_t c)
{
    bool mark = WITHIN(marks, c);
    to->n_marks = mark ? to->n_marks + 1 : 0;
    bool bad = WITHIN(hidden, c) || c == REPLACED ||
               (mark && (to->n_marks > MARKS_MAX || to->shown == 0)) ||
               (WITHIN(selectors, c) && !to->visible);
    to->visible = !bad && !WITHIN(selectors, c);
    if (bad) {
        to->changed = true;
        return REPLACED;
    }
    return WITHIN(quotes, c) ? '\'' : c;
}

static void
step(struct cleaner *to, uint32_t c)
{
    if (WITHIN(blanks, c)) { /* runs of blanks are one, and none at the ends */
        to->blank = to->shown > 0;
        to->visible = false;
        return;
    }
    if (to->blank) {
        put(&to->buf, ' ');
        to->shown++;
        to->blank = false;
    }
    put(&to->buf, instead(to, c));
    to->rtl = to->rtl || WITHIN(right_to_left, c);
    to->shown++;
}

sg_result
consent_safe(struct sg_arena *arena, sg_str text, size_t max, sg_str *ret, bool *ret_changed)
{
    struct cleaner to = { .buf = sg_buf_new(arena, text.n + 16, text.n * 3 + 16) };
    size_t at = 0;
    while (at < text.n && to.shown < max) {
        step(&to, take(text, &at));
    }
    bool cut = to.shown > max;
    while (at < text.n && !cut) { /* blanks at the end are nothing that was cut */
        cut = !WITHIN(blanks, take(text, &at));
    }
    if (cut) {
        put(&to.buf, 0x2026);
        to.changed = true;
    }
    sg_str plain;
    SG_TRY(sg_buf_end_str(&to.buf, &plain));
    if (to.rtl) { /* letters that run leftward stay among themselves: FSI ... PDI */
        struct sg_buf isolated = sg_buf_new(arena, plain.n + 6, plain.n + 6);
        put(&isolated, 0x2068);
        sg_buf_put_str(&isolated, plain);
        put(&isolated, 0x2069);
        SG_TRY(sg_buf_end_str(&isolated, &plain));
    }
    *ret = plain;
    *ret_changed = to.changed;
    return SG_DONE;
}

/* Breaks and tabs of a value are blanks; every other blank stays what it is. */
static uint32_t
visible(struct cleaner *to, uint32_t c)
{
    static const struct range breaks[] = { { 0x0009, 0x000D }, { 0x0085, 0x0085 },
        { 0x2028, 0x2029 } };
    if (WITHIN(breaks, c)) {
        to->visible = false;
        return ' ';
    }
    uint32_t shown = instead(to, c);
    return shown == '\'' ? c : shown;
}

sg_result
consent_visible(struct sg_arena *arena, sg_str text, size_t max, sg_str *ret)
{
    struct cleaner to = { .buf = sg_buf_new(arena, 64, text.n * 3 + 16) };
    size_t at = 0;
    for (; at < text.n && to.shown < max; to.shown++) {
        put(&to.buf, visible(&to, take(text, &at)));
    }
    if (at < text.n) {
        put(&to.buf, 0x2026);
    }
    return sg_buf_end_str(&to.buf, ret);
}

/* ---- writing ------------------------------------------------------------------------------------- */

void
consent_put(struct consent_wr *wr, const char *text)
{
    sg_buf_put_cstr(&wr->buf, text);
}

void
consent_put_u64(struct consent_wr *wr, uint64_t n)
{
    sg_buf_put_u64(&wr->buf, n);
}

static void
put_safe(struct consent_wr *wr, sg_str text, size_t max)
{
    sg_str safe;
    bool changed = false;
    sg_result r = consent_safe(wr->arena, text, max, &safe, &changed);
    if (sg_ok(r)) {
        sg_buf_put_str(&wr->buf, safe);
        wr->changed = wr->changed || changed;
    } else if (sg_ok(wr->result)) {
        wr->result = r;
    }
}

void
consent_put_quoted(struct consent_wr *wr, sg_str text, size_t max)
{
    consent_put(wr, wr->language == CONSENT_JA ? "「" : "“");
    put_safe(wr, text, max);
    consent_put(wr, wr->language == CONSENT_JA ? "」" : "”");
}

static bool
is_plain(sg_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    strchr("-._~:/?#@!$&*+=%", c) != NULL;
        if (c == '\0' || !good) {
            return false;
        }
    }
    return text.n > 0 && text.n <= CONSENT_SHOWN_ID;
}

void
consent_put_id(struct consent_wr *wr, sg_str text)
{
    if (is_plain(text)) {
        sg_buf_put_str(&wr->buf, text);
    } else {
        consent_put_quoted(wr, text, CONSENT_SHOWN_ID);
    }
}

sg_str
consent_bare_id(sg_str id)
{
    static const char *const prefixes[] = { "x509_san_dns:", "x509_hash:", "verifier_attestation:",
        "decentralized_identifier:", "redirect_uri:", "openid_federation:" };
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (sg_str_starts(id, prefixes[i])) {
            return sg_str_slice(id, strlen(prefixes[i]), id.n);
        }
    }
    return id;
}

void
consent_put_fingerprint(struct consent_wr *wr, sg_bytes thumbprint)
{
    char hex[2];
    for (size_t i = 0; i < 8 && i < thumbprint.n; i++) {
        consent_put(wr, i > 0 && i % 2 == 0 ? " " : "");
        sg_hex_to(sg_bytes_of(thumbprint.p + i, 1), hex);
        sg_buf_put_str(&wr->buf, sg_str_of(hex, sizeof(hex)));
    }
}

/* ---- time ----------------------------------------------------------------------------------------- */

struct date {
    int64_t year;
    unsigned month, day, hour, minute;
};

/* Days to year, month, day by eras of 400 years that begin on 1 March. */
static struct date
date_of(int64_t at)
{
    int64_t days = at / 86400;
    int64_t rest = at % 86400;
    int64_t shifted = days + 719468;
    int64_t era = shifted / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t m = (5 * of_year + 2) / 153;
    struct date d = { .day = (unsigned)(of_year - (153 * m + 2) / 5 + 1),
        .month = (unsigned)(m < 10 ? m + 3 : m - 9),
        .hour = (unsigned)(rest / 3600),
        .minute = (unsigned)(rest % 3600 / 60) };
    d.year = year + era * 400 + (d.month <= 2 ? 1 : 0);
    return d;
}

static void
put_two(struct consent_wr *wr, unsigned n)
{
    sg_buf_put_byte(&wr->buf, (uint8_t)('0' + n / 10));
    sg_buf_put_byte(&wr->buf, (uint8_t)('0' + n % 10));
}

void
consent_put_time(struct consent_wr *wr, int64_t at)
{
    static const char *const months[] = { "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December" };
    bool japan = wr->language == CONSENT_JA;
    struct date d = date_of(at + (japan ? 9 * 3600 : 0));
    if (japan) {
        consent_put_u64(wr, (uint64_t)d.year);
        consent_put(wr, "年");
        consent_put_u64(wr, d.month);
        consent_put(wr, "月");
        consent_put_u64(wr, d.day);
        consent_put(wr, "日");
        consent_put_u64(wr, d.hour);
        consent_put(wr, "時");
        put_two(wr, d.minute);
        consent_put(wr, "分(日本時間)");
        return;
    }
    consent_put_u64(wr, d.day);
    consent_put(wr, " ");
    consent_put(wr, months[d.month - 1]);
    consent_put(wr, " ");
    consent_put_u64(wr, (uint64_t)d.year);
    consent_put(wr, " at ");
    put_two(wr, d.hour);
    consent_put(wr, ":");
    put_two(wr, d.minute);
    consent_put(wr, " UTC");
}
