/*
 * IssuerSigned from strangers. A fuzzer cannot sign, so what comes behind the signature is entered directly: the MSO, the items and
 * their digests, the holder's choice. Nothing may verify.
 */
#include <stdlib.h>

#include "mdoc_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
behind_the_signature(struct sg_arena *arena, const struct mdoc_issuer_signed *issuer_signed)
{
    struct mdoc_mso mso;
    const struct mdoc_found *found;
    size_t n;
    bool allowed;
    if (!sg_ok(mdoc_mso_parse(issuer_signed->auth.payload, NULL, &mso))) {
        return;
    }
    if (mso.valid_until <= mso.valid_from || mso.valid_from < mso.signed_at || mso.signed_at < 0) {
        abort();
    }
    SG_IGNORE(mdoc_authorized(&mso, mso.doc_type, mso.doc_type, &allowed)); /* only the search */
    if (sg_ok(mdoc_items_check(arena, issuer_signed, &mso, NULL, &found, &n)) &&
        n > MDOC_ELEMENTS_MAX) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t transcript[] = { 0x83, 0xf6, 0xf6, 0xf6 };
    struct sg_arena *arena = sg_arena_new(0, 1 << 24);
    sg_bytes in = { data, size };
    struct mdoc_issuer_signed issuer_signed;
    struct mdoc_present_pending pending;
    struct mdoc_verified verified;
    struct mdoc_trust trust = { .at = 1800000000 };
    struct mdoc_present present = { .issuer_signed = in, .transcript = SG_BYTES(transcript) };
    if (arena == NULL) {
        return 0;
    }
    if (sg_ok(mdoc_issuer_signed_parse(in, NULL, &issuer_signed))) {
        behind_the_signature(arena, &issuer_signed);
        SG_IGNORE(mdoc_present(arena, &present, NULL, &pending));
    }
    if (sg_ok(mdoc_issuer_signed_verify(arena, in, &trust, NULL, &verified))) {
        abort();
    }
    sg_arena_free(&arena);
    return 0;
}
