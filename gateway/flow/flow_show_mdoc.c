/*
 * mso_mdoc: a DeviceResponse of one document, signed by the device key over the handover of OpenID4VP. spec: OpenID4VP 1.0 B.2, B.2.6.1; ISO/IEC 18013-5
 * 8.3.2.1.2.2, 9.1.3. Items and issuerAuth are copied byte for byte: digests are over them. req: FMT-2
 */
#include "dcbor_item.h"
#include "flow_show_int.h"
#include "mdoc.h"
#include "sg_text.h"

/* A transaction is answered by this element, signed by the device, in the name space that the transaction's type names. */
#define TRANSACTION_ELEMENT "transaction_data_hash"

struct part {
    sg_bytes issuer_signed;
    struct mdoc_verified read;
};

/* ---- reading --------------------------------------------------------------------------------------------------------------------------------- */

static bool
first_of_name_space(const struct mdoc_verified *read, size_t i)
{
    return i == 0 || !sg_str_equal(read->elements[i - 1].name_space, read->elements[i].name_space);
}

/* {name space: {element: value}}; what JSON cannot say is null, which equals no value that a query may name. Elements come by name space. */
static sg_result
write_claims(struct sg_arena *arena, const struct mdoc_verified *read, const struct sjson **ret)
{
    struct sg_buf buf = sg_buf_new(arena, 2048, 8 * MDOC_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    sjson_wr_object(&wr);
    for (size_t i = 0; i < read->n_elements; i++) {
        const struct mdoc_found *e = &read->elements[i];
        if (first_of_name_space(read, i)) {
            if (i > 0) {
                sjson_wr_object_end(&wr);
            }
            sjson_wr_name(&wr, e->name_space);
            sjson_wr_object(&wr);
        }
        sjson_wr_name(&wr, e->identifier);
        sjson_wr_raw(&wr, e->json.n > 0 ? e->json : SG_LIT("null"));
    }
    if (read->n_elements > 0) {
        sjson_wr_object_end(&wr);
    }
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &text));
    return sjson_parse_object(arena, text, NULL, ret);
}

static sg_result
read_status(struct flow_held *held, const struct mdoc_status *status, struct sg_why *why)
{
    switch (status->kind) {
    case MDOC_STATUS_NONE:
        return SG_DONE;
    case MDOC_STATUS_LIST:
        return flow_held_refer(held, WIRE_REF_TOKEN_STATUS_LIST, status->uri, status->idx, why);
    case MDOC_IDENTIFIER_LIST:
        held->status_problem = "an identifier list, which is not looked up here";
        return SG_DONE;
    }
    SG_FAIL(INTERNAL);
}

static sg_result
read(const struct flow_reading *reading, struct flow_held *held)
{
    struct sg_arena *arena = reading->arena;
    struct sg_why *why = reading->why;
    struct part *part = SG_NEW(arena, struct part);
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SHOW_TRY(sg_b64url_decode(arena, reading->value, &part->issuer_signed), "base64url");
    SG_TRY(mdoc_issuer_signed_read(arena, part->issuer_signed, why, &part->read));
    const struct mdoc_mso *mso = &part->read.mso;
    SHOW_RULE(jwk_default_alg(&mso->device_key) != NULL, KEY_INVALID,
        "deviceKey: of a kind that is not held here");
    SG_TRY(flow_held_bind(arena, held, &mso->device_key, why));
    SG_TRY(read_status(held, &mso->status, why));
    SG_TRY(flow_held_chain(arena, held, part->read.x5chain, part->read.n_x5chain, why));
    SG_TRY(write_claims(arena, &part->read, &held->view.claims));
    held->not_before = mso->valid_from;
    held->not_after = mso->valid_until;
    held->type = mso->doc_type;
    held->issuer = held->issuer_name;
    held->view.type = mso->doc_type;
    held->algs[held->n_algs++] = (struct flow_held_alg){ .alg = part->read.alg };
    held->part = part;
    return SG_DONE;
}

/* ---- the verifier's formats -------------------------------------------------------------------------------------------------------------------- */

static sg_result
fits(const struct flow_show *show, struct sg_why *why)
{
    const struct part *part = show->held->part;
    const struct jose_alg *alg = part->read.alg;
    SHOW_RULE(oid4vp_fits_format(show->request, DCQL_MSO_MDOC), ALGORITHM,
        "vp_formats_supported: mso_mdoc is not among them");
    SHOW_RULE(oid4vp_fits_mdoc(show->request, part->read.alg_id,
                  alg == NULL ? JOSE_CRV_NONE : alg->crv, show->alg->cose, show->alg->crv),
        ALGORITHM, "vp_formats_supported: an algorithm of mso_mdoc");
    return SG_DONE;
}

/* B.2.1: only what the issuer authorised the device key to sign. One element can answer one transaction, and its hash is SHA-256. */
static sg_result
transact(const struct flow_show *show, struct sg_why *why)
{
    const struct part *part = show->held->part;
    SHOW_RULE(show->request->transaction_hash == SG_SHA256, UNSUPPORTED,
        "transaction data: its hash is not SHA-256");
    for (size_t i = 0; i < show->n_transactions; i++) {
        sg_str type = show->transactions[i]->type;
        bool authorized;
        SG_TRY(mdoc_authorized(&part->read.mso, type, SG_LIT(TRANSACTION_ELEMENT), &authorized));
        SHOW_RULE(authorized, POLICY,
            "transaction data: keyAuthorizations does not let the device key sign it");
        for (size_t k = 0; k < i; k++) {
            SHOW_RULE(!sg_str_equal(show->transactions[k]->type, type), UNSUPPORTED,
                "transaction data: two of one type");
        }
    }
    return SG_DONE;
}

/* ---- choosing ------------------------------------------------------------------------------------------------------------------------------------ */

/* The elements that are selected. DCQL's paths for an mdoc are name space and element, so a node is an element or it is not of this credential. */
static sg_result
choose(
    struct sg_arena *arena, const struct flow_show *show, struct mdoc_choice **ret, size_t *ret_n)
{
    struct flow_nodes nodes;
    SG_TRY(flow_nodes_of(arena, show->match, &nodes));
    struct mdoc_choice *choices = SG_NEW_ARRAY(arena, nodes.n, struct mdoc_choice);
    size_t n = 0;
    SG_REQUIRE(choices != NULL, NO_MEMORY);
    const struct sjson *root = show->held->view.claims;
    for (const struct sjson *space = root->first; space != NULL; space = space->next) {
        for (const struct sjson *e = space->first; e != NULL; e = e->next) {
            if (flow_nodes_has(&nodes, e)) {
                choices[n++] = (struct mdoc_choice){ space->name, e->name };
            }
        }
    }
    *ret = choices;
    *ret_n = n;
    return flow_nodes_met(&nodes);
}

static bool
retained(const struct flow_show *show, const struct mdoc_choice *choice)
{
    for (size_t i = 0; show->query != NULL && i < show->query->n_claims; i++) {
        const struct dcql_path *path = &show->query->claims[i].path;
        if (show->query->claims[i].intent_to_retain && path->n == 2 &&
            sg_str_equal(path->steps[0].name, choice->name_space) &&
            sg_str_equal(path->steps[1].name, choice->identifier)) {
            return true;
        }
    }
    return false;
}

static bool
has_json(const struct mdoc_verified *read, const struct mdoc_choice *choice)
{
    for (size_t i = 0; i < read->n_elements; i++) {
        if (sg_str_equal(read->elements[i].name_space, choice->name_space) &&
            sg_str_equal(read->elements[i].identifier, choice->identifier)) {
            return read->elements[i].json.n > 0;
        }
    }
    return false;
}

static sg_result
put_element(const struct flow_show *show, const struct mdoc_choice *choice, struct flow_lines *ret)
{
    const struct part *part = show->held->part;
    const struct sjson *value = sjson_get_str(
        sjson_get_str(show->held->view.claims, choice->name_space), choice->identifier);
    ret->retain = retained(show, choice);
    SG_TRY(flow_lines_name(ret, choice->name_space));
    SG_TRY(flow_lines_name(ret, choice->identifier));
    SG_TRY(has_json(&part->read, choice) ? flow_lines_tree(ret, value, true)
                                         : flow_lines_put(ret, NULL, true));
    flow_lines_up(ret);
    flow_lines_up(ret);
    ret->retain = false;
    return SG_DONE;
}

/* The MSO shows more than the elements: what kind of document, whose, until when. */
static sg_result
lines(const struct flow_show *show, struct flow_lines *ret)
{
    const struct flow_held *held = show->held;
    struct mdoc_choice *choices;
    sg_str thumbprint;
    size_t n;
    SG_TRY(choose(ret->arena, show, &choices, &n));
    for (size_t i = 0; i < n; i++) {
        SG_TRY(put_element(show, &choices[i], ret));
    }
    SG_TRY(sg_b64url_encode(
        ret->arena, sg_bytes_of(held->thumbprint, sizeof(held->thumbprint)), &thumbprint));
    SG_TRY(flow_lines_text(ret, "docType", held->type));
    SG_TRY(flow_lines_text(ret, "issuer", held->issuer));
    SG_TRY(flow_lines_text(ret, "deviceKey", thumbprint));
    for (size_t i = 0; i < held->n_refs; i++) {
        SG_TRY(flow_lines_text(ret, "status", held->refs[i].uri));
    }
    return SG_DONE;
}

/* ---- building -------------------------------------------------------------------------------------------------------------------------------------- */

/* DeviceNameSpaces: one element for each transaction; deterministic, so keys by length and bytes. Empty: nothing. */
static sg_result
device_signed(struct sg_arena *arena, const struct flow_show *show, sg_bytes *ret)
{
    size_t n = show->n_transactions;
    struct sg_buf buf = sg_buf_new(arena, 128 * n, MDOC_MAX);
    const struct oid4vp_transaction **order =
        SG_NEW_ARRAY(arena, n, const struct oid4vp_transaction *);
    SG_REQUIRE(order != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0; at--) {
            sg_str a = order[at - 1]->type, b = show->transactions[i]->type;
            if (a.n < b.n || (a.n == b.n && memcmp(a.p, b.p, a.n) < 0)) {
                break;
            }
            order[at] = order[at - 1];
        }
        order[at] = show->transactions[i];
    }
    dcbor_wr_map(&buf, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t digest[SG_HASH_MAX];
        oid4vp_transaction_hash(show->request, order[i], digest);
        dcbor_wr_text(&buf, order[i]->type);
        dcbor_wr_map(&buf, 1);
        dcbor_wr_text(&buf, SG_LIT(TRANSACTION_ELEMENT));
        dcbor_wr_bytes(&buf, sg_bytes_of(digest, SG_SHA256_LEN));
    }
    *ret = SG_NO_BYTES;
    return n == 0 ? SG_DONE : sg_buf_end(&buf, ret);
}

static sg_result
transcript(struct sg_arena *arena, const struct oid4vp_request *request, sg_bytes *ret)
{
    sg_bytes thumbprint = SG_NO_BYTES;
    if (request->encryption != NULL) {
        thumbprint = SG_BYTES(request->encryption->thumbprint);
    }
    return mdoc_transcript_redirect(
        arena, request->client_id, request->nonce, thumbprint, request->uri, ret);
}

static sg_result
build(struct sg_arena *arena, const struct flow_show *show, struct sg_why *why,
    struct flow_showing *ret)
{
    const struct part *part = show->held->part;
    struct mdoc_present_pending *pending = SG_NEW(arena, struct mdoc_present_pending);
    struct mdoc_present present = { .issuer_signed = part->issuer_signed };
    struct mdoc_choice *choices;
    SG_REQUIRE(pending != NULL, NO_MEMORY);
    SHOW_TRY(choose(arena, show, &choices, &present.n_choices), "the selection");
    present.choices = choices;
    SG_TRY(device_signed(arena, show, &present.device_name_spaces));
    SHOW_TRY(transcript(arena, show->request, &present.transcript), "the handover");
    SG_TRY(mdoc_present(arena, &present, why, pending));
    SHOW_RULE(pending->alg == show->alg, ALGORITHM, "the algorithm is not the device key's");
    ret->message = pending->to_be_signed;
    ret->part = pending;
    return SG_DONE;
}

static sg_result
attach(struct sg_arena *arena, const struct flow_showing *showing, sg_bytes signature, sg_str *ret)
{
    sg_bytes document, response;
    SG_TRY(mdoc_present_attach(arena, showing->part, signature, NULL, &document));
    SG_TRY(mdoc_response_encode(arena, &document, 1, 0, &response));
    return sg_b64url_encode(arena, response, ret);
}

const struct flow_shape flow_shape_mdoc = {
    .format = "mso_mdoc",
    .dcql = DCQL_MSO_MDOC,
    .read = read,
    .fits = fits,
    .transact = transact,
    .lines = lines,
    .build = build,
    .attach = attach,
};
