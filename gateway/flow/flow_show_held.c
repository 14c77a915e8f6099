/* What the readers of all formats share: keys, references, validity, certificates. */
#include <math.h>

#include "flow_show_int.h"
#include "sg_text.h"
#include "x509_chain.h"

/* ---- the key ------------------------------------------------------------------------------------------------------------------------------ */

sg_result
flow_held_bind(
    struct sg_arena *arena, struct flow_held *held, const struct jwk *key, struct sg_why *why)
{
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *on_curve = NULL;
    struct jwk bare = *key;
    bare.kid = SG_NO_STR;
    bare.use = SG_NO_STR;
    bare.alg = NULL;
    SHOW_TRY(jwk_key_new(&bare, &on_curve), "the key it is bound to");
    SHOW_TRY(jwk_thumbprint(arena, &bare, thumbprint), "the key it is bound to");
    SHOW_RULE(!held->has_key || memcmp(held->thumbprint, thumbprint, sizeof(thumbprint)) == 0,
        KEY_INVALID, "it is bound to two keys");
    held->has_key = true;
    held->key = bare;
    memcpy(held->thumbprint, thumbprint, sizeof(thumbprint));
    return SG_DONE;
}

sg_result
flow_held_confirm(
    struct sg_arena *arena, struct flow_held *held, const struct sjson *cnf, struct sg_why *why)
{
    const struct sjson *json = sjson_get(cnf, "jwk");
    struct jwk key;
    SHOW_RULE(cnf == NULL || cnf->type == SJSON_OBJECT, TYPE, "cnf");
    if (json == NULL) {
        return SG_DONE;
    }
    SHOW_RULE(json->type == SJSON_OBJECT, TYPE, "cnf.jwk");
    SHOW_TRY(jwk_parse(arena, json, &key), "cnf.jwk");
    return flow_held_bind(arena, held, &key, why);
}

/* ---- status --------------------------------------------------------------------------------------------------------------------------------- */

sg_result
flow_held_refer(struct flow_held *held, uint64_t type, sg_str uri, uint64_t idx, struct sg_why *why)
{
    SHOW_RULE(held->n_refs < FLOW_HELD_REFS_MAX, TOO_MANY, "status references");
    held->refs[held->n_refs++] = (struct wire_ref){ .type = type, .uri = uri, .idx = idx };
    return SG_DONE;
}

sg_result
flow_held_status(struct flow_held *held, const struct sjson *status, struct sg_why *why)
{
    const struct sjson *list = sjson_get(status, "status_list");
    sg_str uri;
    int64_t idx;
    if (status == NULL) {
        return SG_DONE;
    }
    if (!sg_ok(sjson_member_text(list, "uri", &uri)) || uri.n == 0 ||
        !sg_ok(sjson_member_int(list, "idx", &idx)) || idx < 0) {
        held->status_problem = "a status mechanism that is not known here";
        return SG_DONE;
    }
    return flow_held_refer(held, WIRE_REF_TOKEN_STATUS_LIST, uri, (uint64_t)idx, why);
}

/* ---- validity -------------------------------------------------------------------------------------------------------------------------------- */

#define DATE_MAX 9007199254740991.0

static sg_result
read_date(const struct sjson *v, double *ret)
{
    SG_REQUIRE(v->type == SJSON_NUMBER, TYPE);
    SG_TRY(sjson_double(v, ret));
    SG_REQUIRE(*ret >= -DATE_MAX && *ret <= DATE_MAX, NUMBER);
    return SG_DONE;
}

/* RFC 7519 4.1.4: on or after `exp` it is not accepted. */
sg_result
flow_held_dates(struct flow_held *held, const struct sjson *claims, struct sg_why *why)
{
    const struct sjson *nbf = sjson_get(claims, "nbf");
    const struct sjson *exp = sjson_get(claims, "exp");
    double at;
    if (nbf != NULL) {
        SHOW_TRY(read_date(nbf, &at), "nbf");
        int64_t from = (int64_t)ceil(at);
        held->not_before = from > held->not_before ? from : held->not_before;
    }
    if (exp != NULL) {
        SHOW_TRY(read_date(exp, &at), "exp");
        int64_t last = (int64_t)ceil(at) - 1;
        held->not_after = last < held->not_after ? last : held->not_after;
    }
    return SG_DONE;
}

/* ---- certificates ------------------------------------------------------------------------------------------------------------------------------ */

sg_result
flow_held_chain(struct sg_arena *arena, struct flow_held *held, const sg_bytes *chain, size_t n,
    struct sg_why *why)
{
    struct x509_leaf leaf;
    sg_bytes *ids = SG_NEW_ARRAY(arena, n, sg_bytes);
    SG_REQUIRE(ids != NULL, NO_MEMORY);
    held->view.authority_keys = ids;
    for (size_t i = 0; i < n; i++) {
        sg_bytes id;
        SHOW_TRY(x509_authority_key_id(arena, chain[i], &id), "a certificate of its chain");
        if (id.n > 0) {
            ids[held->view.n_authority_keys++] = id;
        }
    }
    sg_result r = n == 0 ? SG_ERROR(MISSING) : x509_leaf_parse(arena, chain[0], &leaf);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (sg_ok(
            r)) { /* a kind of key that we do not know has a name all the same, but who would trust it */
        held->issuer_name = leaf.subject_cn;
    }
    return SG_DONE;
}

sg_result
flow_held_x5c(
    struct sg_arena *arena, struct flow_held *held, const struct sjson *header, struct sg_why *why)
{
    const struct sjson *x5c = sjson_get(header, "x5c");
    sg_bytes chain[X509_CHAIN_MAX];
    size_t n;
    if (x5c == NULL) {
        return SG_DONE;
    }
    SHOW_TRY(x509_from_x5c(arena, x5c, chain, &n), "x5c");
    return flow_held_chain(arena, held, chain, n, why);
}
