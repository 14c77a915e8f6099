#include "tsl_token.h"

static bool
names_key(const struct tsl_trust_rule *rule)
{
    return rule->key != NULL || rule->jwk != NULL || rule->thumbprint != NULL;
}

static bool
rule_covers(const struct tsl_trust_rule *rule, sg_str uri)
{
    sg_str prefix = rule->prefix;
    if (prefix.n == 0) {
        return !names_key(rule);
    }
    if (uri.n < prefix.n || memcmp(uri.p, prefix.p, prefix.n) != 0) {
        return false;
    }
    return uri.n == prefix.n || prefix.p[prefix.n - 1] == '/';
}

static bool
is_anchor(const struct tsl_trust_rule *rule, sg_bytes der)
{
    for (size_t i = 0; i < rule->n_anchors; i++) {
        if (sg_bytes_equal(rule->anchors[i], der)) {
            return true;
        }
    }
    return false;
}

static sg_result
verify_key(struct sg_arena *arena, const struct tsl_signed *list, const struct jwk_key *key)
{
    if (list->cose != NULL) {
        return cose_sign1_verify(arena, list->cose, key, SG_NO_BYTES, SG_NO_BYTES);
    }
    return jws_verify(list->jws, key);
}

static sg_result
verify_with(struct sg_arena *arena, const struct tsl_signed *list, const struct jwk *jwk)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(jwk_key_new(jwk, &key));
    return verify_key(arena, list, key);
}

/* The chain that came with the list: x5c or x5chain. *ret_n is 0 when there is none. */
static sg_result
brought_chain(struct sg_arena *arena, const struct tsl_signed *list, sg_bytes ret[X509_CHAIN_MAX],
    size_t *ret_n)
{
    *ret_n = 0;
    if (list->cose != NULL) {
        SG_REQUIRE(list->cose->n_x5chain <= X509_CHAIN_MAX, MALFORMED);
        for (size_t i = 0; i < list->cose->n_x5chain; i++) {
            ret[i] = list->cose->x5chain[i];
        }
        *ret_n = list->cose->n_x5chain;
        return SG_DONE;
    }
    const struct sjson *x5c = sjson_get(list->jws->header, "x5c");
    if (x5c == NULL) {
        return SG_DONE;
    }
    SG_TRY(x509_from_x5c(arena, x5c, ret, ret_n));
    SG_REQUIRE(*ret_n > 0, ISSUER);
    return SG_DONE;
}

/* The key that came with the list, not believed yet: the leaf of its chain, else header jwk. */
static sg_result
brought_key(struct sg_arena *arena, const struct tsl_signed *list, int64_t now, struct jwk *ret)
{
    sg_bytes chain[X509_CHAIN_MAX];
    size_t n = 0;
    SG_TRY(brought_chain(arena, list, chain, &n));
    if (n > 0) {
        struct x509_leaf leaf;
        SG_TRY(x509_leaf_parse(arena, chain[0], &leaf));
        SG_REQUIRE(now <= leaf.not_after, EXPIRED);
        SG_REQUIRE(now >= leaf.not_before, NOT_YET);
        *ret = leaf.key;
        return SG_DONE;
    }
    const struct sjson *json = list->jws == NULL ? NULL : sjson_get(list->jws->header, "jwk");
    SG_REQUIRE(json != NULL, ISSUER);
    return jwk_parse(arena, json, ret);
}

static sg_result
verify_by_thumbprint(struct sg_arena *arena, const struct tsl_signed *list,
    const struct tsl_trust_rule *rule, int64_t now)
{
    struct jwk jwk;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    SG_TRY(brought_key(arena, list, now, &jwk));
    SG_TRY(jwk_thumbprint(arena, &jwk, thumbprint));
    SG_REQUIRE(memcmp(thumbprint, rule->thumbprint, sizeof(thumbprint)) == 0, ISSUER);
    return verify_with(arena, list, &jwk);
}

static sg_result
verify_by_chain(struct sg_arena *arena, const struct tsl_signed *list,
    const struct tsl_trust_rule *rule, int64_t now)
{
    sg_bytes chain[X509_CHAIN_MAX];
    size_t n = 0;
    struct x509_leaf leaf;
    SG_TRY(brought_chain(arena, list, chain, &n));
    /* HAIP 1.0: the signing certificate is not self-signed; an anchor signs certificates, not lists */
    SG_REQUIRE(n > 0 && !is_anchor(rule, chain[0]), ISSUER);
    SG_TRY(x509_chain_verify(arena, chain, n, rule->anchors, rule->n_anchors, now, &leaf));
    return verify_with(arena, list, &leaf.key);
}

static sg_result
verify_by_rule(struct sg_arena *arena, const struct tsl_signed *list,
    const struct tsl_trust_rule *rule, int64_t now)
{
    if (rule->key != NULL) {
        return verify_key(arena, list, rule->key);
    }
    if (rule->jwk != NULL) {
        return verify_with(arena, list, rule->jwk);
    }
    if (rule->thumbprint != NULL) {
        return verify_by_thumbprint(arena, list, rule, now);
    }
    return verify_by_chain(arena, list, rule, now);
}

sg_result
tsl_signed_verify(struct sg_arena *arena, const struct tsl_signed *list, sg_str uri,
    const struct tsl_trust_rule *rules, size_t n_rules, int64_t now)
{
    bool key_named = false;
    for (size_t i = 0; i < n_rules; i++) {
        key_named = key_named || (names_key(&rules[i]) && rule_covers(&rules[i], uri));
    }
    sg_result last = SG_ERROR(ISSUER);
    for (size_t i = 0; i < n_rules; i++) {
        if (!rule_covers(&rules[i], uri) || (key_named && !names_key(&rules[i]))) {
            continue;
        }
        last = verify_by_rule(arena, list, &rules[i], now);
        if (sg_ok(last)) {
            return last;
        }
    }
    return last;
}

sg_result
tsl_token_verify(struct sg_arena *arena, const struct tsl_token *token, sg_str uri,
    const struct tsl_trust_rule *rules, size_t n_rules, int64_t now)
{
    struct tsl_signed list = {
        .jws = token->form == TSL_JWT ? &token->jws : NULL,
        .cose = token->form == TSL_CWT ? &token->cose : NULL,
    };
    return tsl_signed_verify(arena, &list, uri, rules, n_rules, now);
}

sg_result
tsl_key_named(struct sg_arena *arena, const struct jwk *key, sg_str uri,
    const struct tsl_trust_rule *rules, size_t n_rules)
{
    uint8_t is[JWK_THUMBPRINT_LEN], named[JWK_THUMBPRINT_LEN];
    SG_TRY(jwk_thumbprint(arena, key, is));
    for (size_t i = 0; i < n_rules; i++) {
        if (!rule_covers(&rules[i], uri)) {
            continue;
        }
        if (rules[i].jwk != NULL) {
            SG_TRY(jwk_thumbprint(arena, rules[i].jwk, named));
        }
        const uint8_t *want = rules[i].jwk != NULL ? named : rules[i].thumbprint;
        if (want != NULL && memcmp(is, want, sizeof(is)) == 0) {
            return SG_DONE;
        }
    }
    SG_FAIL(ISSUER);
}
