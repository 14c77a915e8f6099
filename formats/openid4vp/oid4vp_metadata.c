/* client_metadata: only the members that count, and the key that a response is encrypted to. spec: OpenID4VP 1.0, 5.1, 8.3, 11.1. req: PRO-3 */
#include "oid4vp_int.h"

const struct sjson *
vp_metadata_of(const struct vp_run *run)
{
    if (run->client != NULL && run->client->metadata != NULL) {
        return run->client->metadata;
    }
    return sjson_get(run->parameters, "client_metadata");
}

/* 8.5: metadata in the request although some is registered. */
static sg_result
check_conflict(struct vp_run *run)
{
    if (run->client != NULL && run->client->metadata != NULL &&
        sjson_get(run->parameters, "client_metadata") != NULL) {
        run->failure->error = OID4VP_INVALID_CLIENT;
        return vp_refuse(
            run->failure, "client_metadata of a verifier that is registered", SG_ERROR(CONFLICT));
    }
    return SG_DONE;
}

sg_result
vp_metadata_read(struct vp_run *run)
{
    SG_TRY(check_conflict(run));
    const struct sjson *metadata = vp_metadata_of(run);
    VP_WANT(run, metadata != NULL, "client_metadata", MISSING);
    VP_WANT(run, metadata->type == SJSON_OBJECT, "client_metadata", TYPE);
    const struct sjson *formats = sjson_get(metadata, "vp_formats_supported");
    VP_WANT(run, formats != NULL, "vp_formats_supported", MISSING);
    VP_WANT(run, formats->type == SJSON_OBJECT, "vp_formats_supported", TYPE);
    for (const struct sjson *f = formats->first; f != NULL; f = f->next) {
        VP_WANT(run, f->type == SJSON_OBJECT, "vp_formats_supported", TYPE);
    }
    run->request.vp_formats = formats;
    return SG_DONE;
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

/* Every key has a kid of its own (5.1): the JWE names it. */
static sg_result
check_kids(struct vp_run *run, const struct sjson *keys)
{
    for (const struct sjson *k = keys->first; k != NULL; k = k->next) {
        const struct sjson *kid = sjson_get(k, "kid");
        VP_WANT(run, k->type == SJSON_OBJECT, "jwks", TYPE);
        VP_WANT(run, kid != NULL, "kid of a key in jwks", MISSING);
        VP_WANT(run, kid->type == SJSON_STRING && kid->text.n > 0, "kid of a key in jwks", TYPE);
        VP_WANT(run, kid->text.n <= OID4VP_TEXT_MAX, "kid of a key in jwks", TOO_LARGE);
        for (const struct sjson *o = keys->first; o != k; o = o->next) {
            VP_WANT(run, !sg_str_equal(sjson_get(o, "kid")->text, kid->text),
                "kid of a key in jwks", DUPLICATE);
        }
    }
    return SG_DONE;
}

static bool
names(const struct sjson *list, const char *a, const char *b)
{
    if (list == NULL || list->type != SJSON_ARRAY) {
        return list == NULL;
    }
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        if (sjson_is_text(e, a) || sjson_is_text(e, b)) {
            return true;
        }
    }
    return false;
}

/* `use` absent or enc, `alg` ECDH-ES, an EC key, `key_ops` (if there) for deriving. */
static bool
is_for_encryption(const struct sjson *key)
{
    const struct sjson *use = sjson_get(key, "use");
    return (use == NULL || sjson_is_text(use, "enc")) &&
           sjson_is_text(sjson_get(key, "alg"), "ECDH-ES") &&
           sjson_is_text(sjson_get(key, "kty"), "EC") &&
           names(sjson_get(key, "key_ops"), "deriveKey", "deriveBits");
}

/* jwk_parse reads keys for signatures: what says otherwise is left out, and was looked at above. */
static sg_result
parse_ec(struct sg_arena *arena, const struct sjson *key, struct jwk *ret)
{
    static const char *const left_out[] = { "use", "alg", "key_ops", "kid" };
    struct sjson copy = { .type = SJSON_OBJECT };
    struct sjson *members = SG_NEW_ARRAY(arena, key->n, struct sjson);
    SG_REQUIRE(members != NULL, NO_MEMORY);
    for (const struct sjson *m = key->first; m != NULL; m = m->next) {
        bool keep = true;
        for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
            keep = keep && !sg_str_is(m->name, left_out[i]);
        }
        if (keep) {
            members[copy.n] = *m;
            members[copy.n].next = NULL;
            if (copy.n > 0) {
                members[copy.n - 1].next = &members[copy.n];
            }
            copy.n++;
        }
    }
    copy.first = copy.n > 0 ? members : NULL;
    return jwk_parse(arena, &copy, ret);
}

static void
key_free(struct jwk_key **key)
{
    jwk_key_free(key);
}

/* A key to encrypt to: P-256 or P-384, on its curve. */
static sg_result
take_key(struct sg_arena *arena, const struct sjson *json, struct oid4vp_encryption *ret)
{
    SG_CLEANUP(key_free)
    struct jwk_key *on_curve = NULL;
    SG_TRY(parse_ec(arena, json, &ret->key));
    SG_REQUIRE(ret->key.crv == JOSE_P256 || ret->key.crv == JOSE_P384, ALGORITHM);
    SG_TRY(jwk_key_new(&ret->key, &on_curve));
    SG_TRY(jwk_thumbprint(arena, &ret->key, ret->thumbprint));
    ret->kid = sjson_get(json, "kid")->text;
    return SG_DONE;
}

/* The first that can be used. A private key among them is an accident that should be noticed. */
static sg_result
choose_key(struct vp_run *run, const struct sjson *keys, struct oid4vp_encryption *ret)
{
    sg_result r = SG_ERROR(ALGORITHM);
    for (const struct sjson *k = keys->first; k != NULL; k = k->next) {
        if (!is_for_encryption(k)) {
            continue;
        }
        r = take_key(run->arena, k, ret);
        if (sg_ok(r) || r.code == SG_E_KEY_PRIVATE || r.code == SG_E_NO_MEMORY) {
            return r;
        }
    }
    return r;
}

/* 8.3: from the verifier's list, the stronger first (HAIP 5 wants that); absent means A128GCM. */
static sg_result
choose_enc(struct vp_run *run, const struct sjson *metadata, enum oid4vp_enc *ret)
{
    const struct sjson *list = sjson_get(metadata, "encrypted_response_enc_values_supported");
    *ret = OID4VP_A128GCM;
    if (list == NULL) {
        return SG_DONE;
    }
    VP_WANT(run, list->type == SJSON_ARRAY && list->n > 0,
        "encrypted_response_enc_values_supported", TYPE);
    if (names(list, "A256GCM", "A256GCM")) {
        *ret = OID4VP_A256GCM;
        return SG_DONE;
    }
    VP_WANT(run, names(list, "A128GCM", "A128GCM"), "no content encryption of the verifier is ours",
        ALGORITHM);
    return SG_DONE;
}

sg_result
vp_encryption_read(struct vp_run *run)
{
    const struct sjson *metadata = vp_metadata_of(run);
    const struct sjson *jwks = sjson_get(metadata, "jwks");
    const struct sjson *keys;
    if (jwks != NULL) {
        VP_WANT(run, jwks->type == SJSON_OBJECT, "jwks", TYPE);
        VP_TRY(run, "jwks", sjson_member_array(jwks, "keys", &keys));
        VP_WANT(run, keys->n <= OID4VP_KEYS_MAX, "jwks", TOO_MANY);
        SG_TRY(check_kids(run, keys));
    }
    if (run->request.mode != OID4VP_DIRECT_POST_JWT) {
        return SG_DONE;
    }
    VP_WANT(run, jwks != NULL, "no key to encrypt to", MISSING);
    struct oid4vp_encryption *encryption = SG_NEW(run->arena, struct oid4vp_encryption);
    SG_REQUIRE(encryption != NULL, NO_MEMORY);
    VP_TRY(run, "no key to encrypt to", choose_key(run, keys, encryption));
    SG_TRY(choose_enc(run, metadata, &encryption->enc));
    run->request.encryption = encryption;
    return SG_DONE;
}
