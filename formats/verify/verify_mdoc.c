/* ISO 18013-5 mdoc: IssuerSigned as an issuer gives it, DeviceResponse as a wallet shows it. req: FMT-2 */
#include "verify_inner.h"

#include "dcbor_item.h"
#include "mdoc.h"

static struct mdoc_trust
trust_of(const struct run *run)
{
    return (struct mdoc_trust){
        .anchors = run->trust->anchors,
        .n_anchors = run->trust->n_anchors,
        .at = run->expect->now,
        .leeway_s = run->expect->leeway_s,
    };
}

static void
status_of(struct run *run, const struct place *at, const struct mdoc_status *status)
{
    switch (status->kind) {
    case MDOC_STATUS_NONE:
        run_note(run, at, "status", VERIFY_NOTE, SG_OK, SG_LIT("names no status list"));
        return;
    case MDOC_STATUS_LIST: {
        struct verify_ref ref = { .kind = VERIFY_TOKEN_LIST,
            .subject = at->subject,
            .uri = status->uri,
            .idx = status->idx };
        run_ref(run, &ref);
        return;
    }
    case MDOC_IDENTIFIER_LIST:
        run_step_why(run, at, "status", SG_ERROR(STATUS_UNKNOWN),
            "an identifier list, which is not looked up here");
        return;
    }
}

static void
tell(struct run *run, const struct place *at, sg_result r, const struct sg_why *why,
    const struct mdoc_verified *verified)
{
    if (run_step_why(run, at, "issuer signature and digests", r, why->what)) {
        run_note(run, at, "document type", VERIFY_HELD, SG_OK, verified->mso.doc_type);
        status_of(run, at, &verified->mso.status);
    }
}

static void
issuer_signed(struct run *run, const struct place *at, sg_bytes cbor)
{
    struct mdoc_verified *verified = SG_NEW(run->arena, struct mdoc_verified);
    struct mdoc_trust trust = trust_of(run);
    struct sg_why why = { 0 };
    if (verified == NULL) {
        run->no_memory = true;
        return;
    }
    run->result.format = VERIFY_MDOC;
    tell(run, at, mdoc_issuer_signed_verify(run->arena, cbor, &trust, &why, verified), &why,
        verified);
}

/* SessionTranscriptBytes, as 18013-5 calls it, is the transcript in tag 24; DeviceAuthentication has the array itself. */
static sg_bytes
transcript_of(sg_bytes given)
{
    struct dcbor_item item, inner;
    sg_bytes bytes;
    bool tagged = sg_ok(dcbor_item_open(given, MDOC_DEPTH_MAX, MDOC_ITEMS_MAX, &item)) &&
                  item.kind == DCBOR_KIND_TAG && sg_ok(dcbor_item_tagged(&item, 24, &inner)) &&
                  sg_ok(dcbor_item_bytes(&inner, &bytes));
    return tagged ? bytes : given;
}

/* Without the session transcript nobody can say that the device answered this verifier: the issuer's part is checked and the rest refused. */
static void
document(struct run *run, const struct place *at, const struct mdoc_document *shown)
{
    struct mdoc_verified *verified = SG_NEW(run->arena, struct mdoc_verified);
    struct mdoc_trust trust = trust_of(run);
    const struct mdoc_device_check device = {
        .transcript = transcript_of(run->expect->session_transcript),
        .reader_key = run->expect->reader_key,
    };
    struct sg_why why = { 0 };
    if (verified == NULL) {
        run->no_memory = true;
        return;
    }
    trust.doc_type = shown->doc_type;
    if (device.transcript.n > 0) {
        sg_result r = mdoc_document_verify(run->arena, shown, &trust, &device, &why, verified);
        tell(run, at, r, &why, verified);
        if (sg_ok(r)) {
            run_note(run, at, "device authentication", VERIFY_HELD, SG_OK,
                shown->mac ? SG_LIT("deviceMac") : SG_LIT("deviceSignature"));
        }
        return;
    }
    tell(run, at,
        mdoc_issuer_signed_verify(run->arena, shown->issuer_signed, &trust, &why, verified), &why,
        verified);
    run_step_why(run, at, "device authentication", SG_ERROR(MISSING),
        "the session transcript is needed to check who showed it");
}

static void
response(struct run *run, const struct place *at, sg_bytes cbor)
{
    struct mdoc_response *shown = SG_NEW(run->arena, struct mdoc_response);
    struct sg_why why = { 0 };
    if (shown == NULL) {
        run->no_memory = true;
        return;
    }
    run->result.format = VERIFY_DEVICE_RESPONSE;
    run->result.presentation = true;
    /* not in one call: what comes first among arguments is the compiler's choice, and `why` might be read before it is written */
    sg_result r = mdoc_response_parse(cbor, &why, shown);
    if (!run_step_why(run, at, "form", r, why.what)) {
        return;
    }
    if (shown->status != 0 || shown->n_documents == 0) {
        run_step_why(run, at, "form", SG_ERROR(MDOC), "the response shows no document");
    }
    for (size_t i = 0; i < shown->n_documents; i++) {
        struct place inner = { .inner = true };
        if (!sg_ok(sg_arena_printf(run->arena, &inner.subject, "documents[%zu]", i))) {
            run->no_memory = true;
        }
        document(run, &inner, &shown->documents[i]);
    }
}

void
verify_mdoc(struct run *run, const struct place *at, sg_bytes cbor)
{
    struct dcbor_item map, found;
    sg_result r = dcbor_item_open(cbor, MDOC_DEPTH_MAX, MDOC_ITEMS_MAX, &map);
    r = sg_ok(r) ? dcbor_item_find_text(&map, "issuerAuth", &found) : r;
    if (!sg_ok(r)) {
        run_step(run, at, "form", r);
    } else if (found.kind != DCBOR_KIND_NONE) {
        issuer_signed(run, at, cbor);
    } else {
        response(run, at, cbor);
    }
}
