/* DeviceResponse from strangers: the form, then what comes behind the signatures. Nothing may verify. */
#include <stdlib.h>

#include "mdoc_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
one_document(struct sg_arena *arena, const struct mdoc_document *document)
{
    static const uint8_t transcript[] = { 0x83, 0xf6, 0xf6, 0xf6 };
    static const uint8_t reader_key[32] = { [31] = 7 };
    struct mdoc_device_check device = { .transcript = SG_BYTES(transcript),
        .reader_key = reader_key };
    struct mdoc_trust trust = { .at = 1800000000 };
    struct mdoc_issuer_signed issuer_signed;
    struct mdoc_mso mso;
    struct mdoc_verified verified;
    struct cose_sign1 cose;
    const struct mdoc_found *found;
    uint8_t shared[32];
    size_t n;
    sg_bytes bytes;
    SG_IGNORE(document->mac ? cose_mac0_parse(document->device_auth, &cose)
                            : cose_sign1_parse(document->device_auth, &cose));
    SG_IGNORE(mdoc_device_authentication(
        arena, device.transcript, document->doc_type, document->device_name_spaces, &bytes));
    if (sg_ok(mdoc_issuer_signed_parse(document->issuer_signed, NULL, &issuer_signed)) &&
        sg_ok(mdoc_mso_parse(issuer_signed.auth.payload, NULL, &mso))) {
        SG_IGNORE(
            mdoc_device_elements(arena, document->device_name_spaces, &mso, NULL, &found, &n));
        SG_IGNORE(mdoc_ecdh(reader_key, &mso.device_key, shared));
    }
    if (sg_ok(mdoc_document_verify(arena, document, &trust, &device, NULL, &verified))) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena *arena = sg_arena_new(0, 1 << 24);
    struct mdoc_response response;
    if (arena == NULL) {
        return 0;
    }
    if (sg_ok(mdoc_response_parse((sg_bytes){ data, size }, NULL, &response))) {
        for (size_t i = 0; i < response.n_documents; i++) {
            one_document(arena, &response.documents[i]);
        }
    }
    sg_arena_free(&arena);
    return 0;
}
