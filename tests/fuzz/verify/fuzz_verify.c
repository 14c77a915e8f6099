/* Any bytes as a signed object: recognised or not, a list of findings always comes, and nothing that nobody signed is good. */
#include <stdlib.h>

#include "jsonld.h"
#include "verify.h"

#define SCHEMA \
    "{\"type\":\"object\",\"properties\":{\"credentialSubject\":{\"required\":[\"id\"]}}}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nobody is trusted; a did:key speaks for itself, so what is verified must name its issuer by one. */
static bool
speaks_for_itself(const struct verify_result *result)
{
    return sg_str_starts(result->issuer, "did:key:") || sg_str_starts(result->issuer, "did:jwk:");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jsonld_contexts *contexts;
    if (contexts == NULL && !sg_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts))) {
        abort();
    }
    struct sg_arena *arena = sg_arena_new(0, (size_t)256 * 1024 * 1024);
    /* the second holds whatever credential comes: its schema may be in itself */
    const struct verify_schema schemas[] = {
        { SG_LIT("urn:s"), { (const uint8_t *)SCHEMA, sizeof(SCHEMA) - 1 } },
        { SG_LIT("urn:c"), { data, size } },
    };
    static const uint8_t reader_key[32] = { [31] = 7 };
    static const uint8_t transcript[] = { 0x83, 0xf6, 0xf6, 0xf6 };
    const struct verify_trust trust = { .contexts = contexts, .schemas = schemas, .n_schemas = 2 };
    const struct verify_expect expect = { .now = 1700000000,
        .leeway_s = 60,
        .session_transcript = sg_bytes_of(transcript, sizeof(transcript)),
        .reader_key = reader_key };
    struct verify_result result;
    sg_result r = verify_object(arena, sg_bytes_of(data, size), &trust, &expect, &result);
    if (sg_ok(r)) {
        if (result.n == 0 || result.n > VERIFY_FINDINGS_MAX || result.n_refs > VERIFY_REFS_MAX) {
            abort();
        }
        if (result.verified && !result.presentation && !speaks_for_itself(&result)) {
            abort();
        }
        for (size_t i = 0; i < result.n; i++) {
            const struct verify_finding *f = &result.findings[i];
            if (f->check == NULL || (f->code != SG_OK && f->problem == NULL)) {
                abort();
            }
        }
    } else if (r.code != SG_E_NO_MEMORY) {
        abort();
    }
    sg_arena_free(&arena);
    return 0;
}
