/*
 * Contexts that a proof's configuration is read with. The rdfc suites give it the document's "@context", of which the terms for claims are
 * usually the longest part and never matter to a proof. They are left out where that cannot change what the proof means; processing
 * the rest costs a third. The document itself is always read with all of them, so contexts that are not valid are refused there.
 * tests/unit/dataint/test_di_config.c compares both readings.
 */
#include "di_int.h"

#define WORDS_MAX 64

/* Terms whose definition could reach the proof. */
struct words {
    sg_str word[WORDS_MAX];
    size_t n;
};

/* A text as a term, and as the prefix of a compact IRI. */
static bool
add_word(struct words *words, sg_str text)
{
    size_t colon = sg_str_index(text, ':', 0);
    if (words->n + 2 > WORDS_MAX) {
        return false;
    }
    words->word[words->n++] = text;
    if (colon < text.n) {
        words->word[words->n++] = sg_str_slice(text, 0, colon);
    }
    return true;
}

static bool
add_value(struct words *words, const struct sjson *v)
{
    if (v->type == SJSON_STRING) {
        return add_word(words, v->text);
    }
    if (v->type != SJSON_ARRAY) {
        return false;
    }
    for (const struct sjson *e = v->first; e != NULL; e = e->next) {
        if (e->type != SJSON_STRING || !add_word(words, e->text)) {
            return false;
        }
    }
    return true;
}

/* Names and values of the proof; false when it holds more than texts. */
static bool
collect(const struct sjson *config, struct words *words)
{
    for (const struct sjson *m = config->first; m != NULL; m = m->next) {
        if (!add_word(words, m->name) || !add_value(words, m)) {
            return false;
        }
    }
    return true;
}

/* A context that only defines terms, and none of these. Keywords ("@vocab", "@language" ...) reach everything. */
static bool
is_neutral(const struct sjson *context, const struct words *words)
{
    if (context->type != SJSON_OBJECT) {
        return false;
    }
    for (const struct sjson *m = context->first; m != NULL; m = m->next) {
        if (m->name.n == 0 || m->name.p[0] == '@') {
            return false;
        }
        for (size_t i = 0; i < words->n; i++) {
            if (sg_str_equal(words->word[i], m->name)) {
                return false;
            }
        }
    }
    return true;
}

/*
 * These define what a proof uses by absolute IRIs. Others may use prefixes there, which any later context can define anew.
 */
static bool
is_self_contained(const struct sjson *context)
{
    return sjson_is_text(context, DI_CREDENTIALS_V2) || sjson_is_text(context, DI_CONTEXT_V2);
}

const struct sjson *
di_config_context(struct sg_arena *arena, const struct sjson *context, const struct sjson *config)
{
    struct words words = { .n = 0 };
    if (context->type != SJSON_ARRAY || !collect(config, &words)) {
        return context;
    }
    const struct sjson *kept[DI_PROOFS_MAX];
    size_t n = 0;
    for (const struct sjson *e = context->first; e != NULL; e = e->next) {
        if (is_neutral(e, &words)) {
            continue;
        }
        if (!is_self_contained(e) || n == DI_PROOFS_MAX) {
            return context;
        }
        kept[n++] = e;
    }
    if (n == 0 || n == context->n) {
        return context;
    }
    const struct sjson *array = di_array_of(arena, kept, n);
    return array == NULL ? context : array;
}
