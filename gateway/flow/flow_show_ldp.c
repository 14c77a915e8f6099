/*
 * ldp_vc: a credential with Data Integrity proofs, in a presentation that the holder's key proves: challenge is the nonce, domain the full client_id. One of
 * ecdsa-sd-2023 is derived first, so that it shows what was selected and what its issuer made mandatory. spec: OpenID4VP 1.0 B.1.3.2; Data Integrity 1.0; DI-ECDSA
 * 3.4. req: FMT-3
 */
#include "dataint.h"
#include "flow_show_int.h"
#include "flow_vcdm.h"
#include "sg_text.h"
#include "vcdm_terms.h"

#define BASE_PROOF "u2V0A" /* multibase base64url of d9 5d 00 (DI-ECDSA 3.5.2) */
#define PROOF_TYPE "DataIntegrityProof"

struct part {
    struct flow_w3c w3c;
    bool selective; /* a base proof of ecdsa-sd-2023 */
    bool rdf;       /* some proof signs RDF */
};
struct pending {
    sg_str bare; /* without holder binding */
    struct di_pending proof;
    struct di_proof_options options;
};

/* ---- reading --------------------------------------------------------------------------------------------------------------------------------- */

static sg_result
read_proof(const struct sjson *proof, struct part *part, struct flow_held *held, struct sg_why *why)
{
    sg_str type, value, suite = SG_NO_STR;
    SHOW_RULE(proof->type == SJSON_OBJECT && sg_ok(sjson_member_text(proof, "type", &type)) &&
                  sg_ok(sjson_member_text(proof, "proofValue", &value)),
        PROOF_VALUE, "proof");
    bool legacy = sg_str_is(type, di_suite_name(di_suite_by_id(DI_ED25519_SIGNATURE_2020)));
    if (!legacy) {
        SHOW_RULE(
            sg_str_is(type, PROOF_TYPE) && sg_ok(sjson_member_text(proof, "cryptosuite", &suite)),
            ALGORITHM, "proof: its type");
    }
    const struct di_suite *row =
        legacy ? di_suite_by_id(DI_ED25519_SIGNATURE_2020) : di_suite_by_name(suite);
    SHOW_RULE(row != NULL, ALGORITHM, "proof: its cryptosuite");
    bool base = di_suite_id(row) == DI_ECDSA_SD_2023 && sg_str_starts(value, BASE_PROOF);
    SHOW_RULE(!(base && part->selective), UNSUPPORTED, "proof: two to derive from");
    SHOW_RULE(held->n_algs < FLOW_HELD_ALGS_MAX, TOO_MANY, "proof");
    part->selective = part->selective || base;
    part->rdf = part->rdf || di_suite_jsonld(row);
    held->algs[held->n_algs++] = (struct flow_held_alg){ .suite = suite };
    return SG_DONE;
}

static sg_result
read_proofs(
    const struct sjson *proof, struct part *part, struct flow_held *held, struct sg_why *why)
{
    bool many = proof != NULL && proof->type == SJSON_ARRAY;
    SHOW_RULE(proof != NULL && (!many || proof->n > 0), PROOF_VALUE, "no proof");
    for (const struct sjson *p = many ? proof->first : proof; p != NULL;
         p = many ? p->next : NULL) {
        SG_TRY(read_proof(p, part, held, why));
    }
    return SG_DONE;
}

static sg_result
read(const struct flow_reading *reading, struct flow_held *held)
{
    struct sg_why *why = reading->why;
    struct part *part = SG_NEW(reading->arena, struct part);
    const struct sjson *document;
    SG_REQUIRE(part != NULL, NO_MEMORY);
    SHOW_TRY(sjson_parse_object(reading->arena, reading->value, NULL, &document), "JSON");
    SG_TRY(flow_w3c_read(reading, document, false, held, &part->w3c));
    SG_TRY(read_proofs(part->w3c.credential.proof, part, held, why));
    /* With a context of its own a holder could give credentialStatus another name under the same signature (formats/verify): nobody would look it up. */
    SHOW_RULE(!part->rdf || !vcdm_has_inline_context(document), CONTEXT,
        "an inline context can rename members that were signed");
    held->part = part;
    return SG_DONE;
}

/* ---- suites ------------------------------------------------------------------------------------------------------------------------------------- */

/* The first suite that the verifier takes and the key makes: one that canonicalises as the credential's proof does, which the verifier can do for sure; else the other. */
static const struct di_suite *
suite_for(const struct flow_show *show)
{
    static const enum di_suite_id order[2][4] = {
        { DI_ECDSA_RDFC_2019, DI_EDDSA_RDFC_2022, DI_ECDSA_JCS_2019, DI_EDDSA_JCS_2022 },
        { DI_ECDSA_JCS_2019, DI_EDDSA_JCS_2022, DI_ECDSA_RDFC_2019, DI_EDDSA_RDFC_2022 },
    };
    const struct part *part = show->held->part;
    for (size_t i = 0; i < 4; i++) {
        const struct di_suite *suite = di_suite_by_id(order[!part->rdf][i]);
        if (di_suite_alg(suite, show->key->crv) == show->alg &&
            (show->request->vp_formats == NULL ||
                oid4vp_fits_ldp_vc(
                    show->request, SG_LIT(PROOF_TYPE), sg_cstr(di_suite_name(suite))))) {
            return suite;
        }
    }
    return NULL;
}

/* One of a proof set is enough: a verifier verifies those that it knows. A credential that is derived has the one proof alone. */
static bool
credential_fits(const struct flow_show *show)
{
    const struct part *part = show->held->part;
    static const char sd[] = "ecdsa-sd-2023";
    for (size_t i = 0; i < show->held->n_algs; i++) {
        sg_str suite = show->held->algs[i].suite;
        sg_str type = suite.n > 0 ? SG_LIT(PROOF_TYPE) : SG_LIT("Ed25519Signature2020");
        if ((!part->selective || sg_str_is(suite, sd)) &&
            oid4vp_fits_ldp_vc(show->request, type, suite)) {
            return true;
        }
    }
    return false;
}

static sg_result
fits(const struct flow_show *show, struct sg_why *why)
{
    SHOW_RULE(oid4vp_fits_format(show->request, DCQL_LDP_VC), ALGORITHM,
        "vp_formats_supported: ldp_vc is not among them");
    SHOW_RULE(credential_fits(show), ALGORITHM,
        "vp_formats_supported: the cryptosuite of the credential");
    SHOW_RULE(flow_show_bare(show) || suite_for(show) != NULL, ALGORITHM,
        "vp_formats_supported: no cryptosuite for the holder's key");
    return SG_DONE;
}

/* ---- what is selected ------------------------------------------------------------------------------------------------------------------------------ */

struct selected {
    struct sg_arena *arena;
    struct flow_nodes nodes;
    struct dcql_step steps[SJSON_DEPTH_MAX + 2];
    size_t depth;
    struct dcql_path *ways; /* one for each node */
    size_t n;
};

static sg_result
keep_way(struct selected *s)
{
    struct dcql_step *steps = SG_NEW_ARRAY(s->arena, s->depth, struct dcql_step);
    SG_REQUIRE(steps != NULL, NO_MEMORY);
    for (size_t i = 0; i < s->depth; i++) {
        steps[i] = s->steps[i];
    }
    s->ways[s->n++] = (struct dcql_path){ steps, s->depth };
    return SG_DONE;
}

static sg_result
find_ways(struct selected *s, const struct sjson *v)
{
    size_t index = 0;
    if (flow_nodes_has(&s->nodes, v)) {
        SG_TRY(keep_way(s));
    }
    for (const struct sjson *m = v->first; m != NULL; m = m->next, index++) {
        SG_REQUIRE(s->depth < sizeof(s->steps) / sizeof(s->steps[0]), DEPTH);
        s->steps[s->depth++] = v->type == SJSON_OBJECT
                                   ? (struct dcql_step){ .kind = DCQL_NAME, .name = m->name }
                                   : (struct dcql_step){ .kind = DCQL_INDEX, .index = index };
        SG_TRY(find_ways(s, m)); /* as deep as the parser allows */
        s->depth--;
    }
    return SG_DONE;
}

static sg_result
selected_of(struct sg_arena *arena, const struct flow_show *show, struct selected *ret)
{
    *ret = (struct selected){ .arena = arena };
    SG_TRY(flow_nodes_of(arena, show->match, &ret->nodes));
    ret->ways = SG_NEW_ARRAY(arena, ret->nodes.n, struct dcql_path);
    SG_REQUIRE(ret->ways != NULL, NO_MEMORY);
    SG_TRY(find_ways(ret, show->held->view.claims));
    return flow_nodes_met(&ret->nodes);
}

/* RFC 6901: "~" is ~0, "/" is ~1. */
static sg_result
pointer_of(struct sg_arena *arena, const struct dcql_path *way, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 64, FLOW_HELD_MAX);
    for (size_t i = 0; i < way->n; i++) {
        const struct dcql_step *step = &way->steps[i];
        sg_buf_put_byte(&buf, '/');
        if (step->kind == DCQL_INDEX) {
            sg_buf_put_u64(&buf, step->index);
            continue;
        }
        for (size_t k = 0; k < step->name.n; k++) {
            char c = step->name.p[k];
            if (c == '~' || c == '/') {
                sg_buf_put_cstr(&buf, c == '~' ? "~0" : "~1");
            } else {
                sg_buf_put_byte(&buf, (uint8_t)c);
            }
        }
    }
    return sg_buf_end_str(&buf, ret);
}

/* The credential as the verifier gets it: its text. */
static sg_result
shown_text(struct sg_arena *arena, const struct flow_show *show, const struct selected *selected,
    struct sg_why *why, sg_str *ret)
{
    const struct part *part = show->held->part;
    if (!part->selective) {
        *ret = show->held->value;
        return SG_DONE;
    }
    sg_str *pointers = SG_NEW_ARRAY(arena, selected->n, sg_str);
    SG_REQUIRE(pointers != NULL, NO_MEMORY);
    for (size_t i = 0; i < selected->n; i++) {
        SG_TRY(pointer_of(arena, &selected->ways[i], &pointers[i]));
    }
    return di_derive(arena, part->w3c.document, pointers, selected->n, show->contexts, why, ret);
}

static sg_result
lines(const struct flow_show *show, struct flow_lines *ret)
{
    const struct part *part = show->held->part;
    struct selected *selected = SG_NEW(ret->arena, struct selected);
    const struct sjson *shown;
    sg_str text;
    SG_REQUIRE(selected != NULL, NO_MEMORY);
    SG_TRY(selected_of(ret->arena, show, selected));
    SG_TRY(shown_text(ret->arena, show, selected, NULL, &text));
    SG_TRY(sjson_parse_object(ret->arena, text, NULL, &shown));
    ret->frame = flow_w3c_frame;
    ret->ways = selected->ways;
    ret->n_ways = selected->n;
    SG_TRY(flow_lines_tree(ret, shown, false));
    return flow_show_bare(show) ? SG_DONE : flow_lines_text(ret, "holder", part->w3c.holder);
}

/* ---- building ---------------------------------------------------------------------------------------------------------------------------------------- */

static sg_result
prove(struct sg_arena *arena, const struct flow_show *show, sg_str credential, struct sg_why *why,
    struct pending *pending)
{
    const struct part *part = show->held->part;
    const struct sjson *document;
    char created[FLOW_TIME_LEN + 1];
    sg_str text;
    SG_TRY(flow_w3c_present(arena, &part->w3c, credential, &text));
    SG_TRY(sjson_parse_object(arena, text, NULL, &document));
    SG_TRY(flow_time_text(show->now, created));
    pending->options = (struct di_proof_options){
        .verification_method = part->w3c.method,
        .purpose = SG_LIT("authentication"),
        .challenge = show->request->nonce,
        .domains = &show->request->client_id,
        .n_domains = 1,
    };
    SG_TRY(sg_arena_str(arena, sg_cstr(created), &pending->options.created));
    const struct di_request request = {
        .document = document,
        .suite = suite_for(show),
        .key = show->key,
        .options = &pending->options,
        .contexts = show->contexts,
    };
    SHOW_RULE(request.suite != NULL, ALGORITHM, "no cryptosuite for the holder's key");
    return di_prepare(arena, &request, why, &pending->proof);
}

static sg_result
build(struct sg_arena *arena, const struct flow_show *show, struct sg_why *why,
    struct flow_showing *ret)
{
    struct pending *pending = SG_NEW(arena, struct pending);
    struct selected *selected = SG_NEW(arena, struct selected);
    SG_REQUIRE(pending != NULL && selected != NULL, NO_MEMORY);
    SHOW_TRY(selected_of(arena, show, selected), "the selection");
    SG_TRY(shown_text(arena, show, selected, why, &pending->bare));
    if (ret->to_sign) {
        SG_TRY(prove(arena, show, pending->bare, why, pending));
        ret->message = pending->proof.message;
    }
    ret->part = pending;
    return SG_DONE;
}

static sg_result
attach(struct sg_arena *arena, const struct flow_showing *showing, sg_bytes signature, sg_str *ret)
{
    const struct pending *pending = showing->part;
    if (!showing->to_sign) {
        *ret = pending->bare;
        return SG_DONE;
    }
    return di_attach(arena, &pending->proof, signature, ret);
}

const struct flow_shape flow_shape_ldp = {
    .format = "ldp_vc",
    .dcql = DCQL_LDP_VC,
    .object = true,
    .read = read,
    .fits = fits,
    .lines = lines,
    .build = build,
    .attach = attach,
};
