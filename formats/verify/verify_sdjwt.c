/* SD-JWT VC with or without key binding. spec: RFC 9901 7; draft-ietf-oauth-sd-jwt-vc 3.5 */
#include "verify_inner.h"

#include "jws.h"
#include "sdjwt_vc.h"
#include "x509_chain.h"

#define KB_AGE_S 300

/* `iss`, where it stands, is a name of the certificate: its URL, or the host of one (SD-JWT VC, x5c key resolution). */
bool
run_names(const struct x509_leaf *leaf, sg_str iss)
{
    for (size_t i = 0; i < leaf->n_san_uris; i++) {
        if (sg_str_equal(leaf->san_uris[i], iss)) {
            return true;
        }
    }
    if (!sg_str_starts(iss, "https://")) {
        return false;
    }
    sg_str host = sg_str_slice(iss, 8, iss.n);
    size_t end = sg_str_index(host, '/', 0);
    size_t port = sg_str_index(host, ':', 0);
    host = sg_str_slice(host, 0, end < port ? end : port);
    for (size_t i = 0; i < leaf->n_san_dns; i++) {
        if (sg_str_equal(leaf->san_dns[i], host)) {
            return true;
        }
    }
    return false;
}

sg_result
run_x5c(struct run *run, const struct sjson *header, struct jwk_key **ret_key, sg_str iss,
    bool *ret_named, sg_str *ret_cn)
{
    sg_bytes chain[X509_CHAIN_MAX];
    size_t n;
    struct x509_leaf leaf;
    const struct sjson *x5c = sjson_get(header, "x5c");
    SG_REQUIRE(x5c != NULL, ISSUER);
    SG_TRY(x509_from_x5c(run->arena, x5c, chain, &n));
    SG_TRY(x509_chain_verify(
        run->arena, chain, n, run->trust->anchors, run->trust->n_anchors, run->expect->now, &leaf));
    SG_TRY(jwk_key_new(&leaf.key, ret_key));
    *ret_named = iss.n == 0 || run_names(&leaf, iss);
    *ret_cn = leaf.subject_cn;
    return SG_DONE;
}

/* A key that the caller named for this issuer and `kid`, when there is no certificate. */
static sg_result
known_key(struct run *run, sg_str iss, sg_str kid, struct jwk_key **ret)
{
    for (size_t i = 0; i < run->trust->n_keys; i++) {
        const struct verify_key *known = &run->trust->keys[i];
        bool id = known->id.n == 0 || sg_str_equal(known->id, kid);
        bool issuer = known->issuer.n == 0 || sg_str_equal(known->issuer, iss);
        if (id && issuer) {
            return jwk_key_new(&known->key, ret);
        }
    }
    SG_FAIL(ISSUER);
}

static void
check_issuer(struct run *run, const struct place *at, const struct sdjwt *sd)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    sg_str iss = SG_NO_STR, name = SG_NO_STR;
    bool named = true;
    const struct sjson *member = sjson_get(sd->payload, "iss");
    if (member != NULL && member->type == SJSON_STRING) {
        iss = member->text;
    }
    bool x5c = sjson_get(sd->jwt.header, "x5c") != NULL;
    sg_result r = x5c ? run_x5c(run, sd->jwt.header, &key, iss, &named, &name)
                      : known_key(run, iss, sd->jwt.kid, &key);
    if (!run_step(run, at, x5c ? "issuer certificate" : "issuer key", r)) {
        return;
    }
    run_step(run, at, "issuer signature", jws_verify(&sd->jwt, key));
    if (member != NULL && member->type != SJSON_STRING) {
        run_step(run, at, "issuer name", SG_ERROR(TYPE));
    } else if (!named) {
        run_step_why(run, at, "issuer name", SG_ERROR(ISSUER), "iss is no name of the certificate");
    } else {
        run_note(run, at, "issuer name", VERIFY_HELD, SG_OK, iss.n > 0 ? iss : name);
    }
    if (at->subject.n == 0) {
        run->result.issuer = iss;
    }
}

static void
check_status(struct run *run, const struct place *at, const struct sdjwt_vc *vc)
{
    if (vc->has_status) {
        struct verify_ref ref = { .kind = VERIFY_TOKEN_LIST,
            .subject = at->subject,
            .uri = vc->status_uri,
            .idx = vc->status_idx };
        run_ref(run, &ref);
    } else if (vc->foreign_status) {
        run_step_why(run, at, "status", SG_ERROR(STATUS_UNKNOWN),
            "the credential names a status mechanism that is not known here");
    } else {
        run_note(run, at, "status", VERIFY_NOTE, SG_OK, SG_LIT("names no status list"));
    }
}

static void
check_content(struct run *run, const struct place *at, const struct sdjwt *sd)
{
    const struct sjson *processed;
    struct sdjwt_vc vc;
    if (!run_step(run, at, "disclosures", sdjwt_process(run->arena, sd, &processed))) {
        return;
    }
    if (at->subject.n == 0) {
        run->result.claims = processed;
    }
    sg_result r = sdjwt_vc_check(run->arena, sd, processed, true, &vc);
    if (sg_ok(r)) {
        run_note(run, at, "credential type", VERIFY_HELD, SG_OK, vc.vct);
        check_status(run, at, &vc);
    } else {
        run_step(run, at, "credential type", r);
    }
    run_step(run, at, "validity period",
        jwt_check_times(processed, run->expect->now, run->expect->leeway_s));
}

/* Whether binding is demanded is the caller's policy: it gives audience and nonce, or it does not (RFC 9901 7.3). */
static void
check_binding(struct run *run, const struct place *at, const struct sdjwt *sd)
{
    const struct verify_expect *expect = run->expect;
    if (expect->nonce.n == 0) {
        if (sd->has_kb) {
            run_step_why(run, at, "key binding", SG_ERROR(MISSING),
                "a presentation: audience and nonce are needed to check its key binding");
        } else {
            run_note(run, at, "key binding", VERIFY_NOTE, SG_OK, SG_LIT("none was asked for"));
        }
        return;
    }
    if (!sd->has_kb) {
        run_step_why(run, at, "key binding", SG_ERROR(PROOF), "there is no key binding JWT");
        return;
    }
    if (expect->n_audiences != 1) {
        run_step_why(run, at, "key binding", SG_ERROR(MISSING), "one audience is needed");
        return;
    }
    const struct sdjwt_kb_expect kb = { expect->audiences[0], expect->nonce, expect->now,
        expect->proof_age_s > 0 ? expect->proof_age_s : KB_AGE_S, expect->leeway_s };
    run_step(run, at, "key binding", sdjwt_kb_verify(run->arena, sd, &kb));
}

void
verify_sdjwt(struct run *run, const struct place *at, sg_str text, const struct sjson *json)
{
    struct sdjwt *sd = SG_NEW(run->arena, struct sdjwt);
    if (sd == NULL) {
        run->no_memory = true;
        return;
    }
    sg_result r =
        json != NULL ? sdjwt_parse_json(run->arena, json, sd) : sdjwt_parse(run->arena, text, sd);
    if (!run_step(run, at, "form", r)) {
        return;
    }
    if (at->subject.n == 0) {
        run->result.format = VERIFY_SD_JWT_VC;
        run->result.presentation = sd->has_kb;
    }
    check_issuer(run, at, sd);
    check_content(run, at, sd);
    check_binding(run, at, sd);
}
