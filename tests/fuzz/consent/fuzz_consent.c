/*
 * Openings from anywhere: what is read is written the same way again, its text can be written or is refused, and no stranger's byte gets out of its
 * quotation marks: lines and controls are ours alone.
 */
#include <stdlib.h>

#include "consent.h"
#include "sg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
    if (!good) {
        abort();
    }
}

static void
look_at(sg_str text)
{
    must(sg_utf8_valid(text));
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        must(c == '\n' || (c >= 0x20 && c != 0x7F));
        if (c == 0xE2 && text.n - i >= 3 && (uint8_t)text.p[i + 1] == 0x80) {
            must((uint8_t)text.p[i + 2] < 0xAA || (uint8_t)text.p[i + 2] > 0xAE); /* U+202A.. */
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    sg_str in = sg_str_of((const char *)data, size);
    struct consent_openings o, back;
    sg_str json, text, safe;
    bool changed;
    if (arena != NULL && sg_ok(consent_openings_parse(arena, in, NULL, &o))) {
        must(sg_ok(consent_openings_encode(arena, &o, CONSENT_FOR_PERSON, &json)));
        must(sg_ok(consent_openings_parse(arena, json, NULL, &back)));
        if (sg_ok(consent_text(arena, &o, &text))) {
            sg_str again;
            look_at(text);
            must(sg_ok(consent_text(arena, &back, &again)) && sg_str_equal(text, again));
        }
        must(sg_ok(consent_openings_encode(arena, &o, CONSENT_FOR_PARTY, &json)));
    }
    if (arena != NULL && sg_ok(consent_safe(arena, in, 300, &safe, &changed))) {
        look_at(safe);
    }
    must(consent_language_of(in) == CONSENT_EN || consent_language_of(in) == CONSENT_JA);
    sg_arena_free(&arena);
    return 0;
}
