/*
 * A whole secured document. No signature made by a fuzzer verifies by chance, so what is asserted is agreement: the report and the answer say
 * the same, and a document that is refused stays refused with any other order of expectations.
 */
#include <stdlib.h>

#include "dataint.h"

#define CHECK(condition)    \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

static void
verify(struct sg_arena *arena, const struct jsonld_contexts *contexts, const struct sjson *document,
    bool accept_base)
{
    struct di_expect expect = {
        .now = 1700000000, .zone_optional = true, .any_context = true, .accept_base = accept_base
    };
    struct di_report report;
    struct sg_why why = { 0 };
    sg_result r = di_verify(arena, document, &expect, NULL, contexts, &why, &report);
    bool all = report.n > 0;
    for (size_t i = 0; i < report.n; i++) {
        all &= report.proofs[i].code == SG_OK;
        CHECK((report.proofs[i].code == SG_OK) == (report.proofs[i].problem == NULL));
    }
    CHECK(sg_ok(r) == all || r.code == SG_E_NO_MEMORY);
}

static void
derive(struct sg_arena *arena, const struct jsonld_contexts *contexts, const struct sjson *document)
{
    const sg_str pointers[] = { SG_LIT("/issuer"), SG_LIT("/credentialSubject") };
    sg_str text;
    const struct sjson *json;
    if (sg_ok(di_derive(arena, document, pointers, 2, contexts, NULL, &text))) {
        CHECK(sg_ok(sjson_parse_object(arena, text, NULL, &json)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    static struct jsonld_contexts *contexts;
    const struct sjson *document;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)64 << 20);
        CHECK(sg_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts)));
    }
    sg_arena_reset(arena);
    if (sg_ok(sjson_parse(arena, sg_str_of((const char *)data, size), NULL, &document))) {
        verify(arena, contexts, document, false);
        verify(arena, contexts, document, true);
        derive(arena, contexts, document);
    }
    return 0;
}
