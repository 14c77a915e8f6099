#include "tsl_token.h"

static bool
names_key(const struct tsl_trust_rule *rule)
{
    return rule->key != NULL || rule->thumbprint != NULL;
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
verify_with(const struct tsl_token *token, const struct jwk *jwk)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    SG_TRY(jwk_key_new(jwk, &key));
    return jws_verify(&token->jws, key);
}

/* The key that came with the token, not believed yet: the leaf of x5c, else header jwk. */
static sg_result
brought_key(struct sg_arena *arena, const struct tsl_token *token, int64_t now, struct jwk *ret)
{
    const struct sjson *x5c = sjson_get(token->jws.header, "x5c");
    if (x5c != NULL) {
        sg_bytes chain[X509_CHAIN_MAX];
        size_t n = 0;
        struct x509_leaf leaf;
        SG_TRY(x509_from_x5c(arena, x5c, chain, &n));
        SG_REQUIRE(n > 0, ISSUER);
        SG_TRY(x509_leaf_parse(arena, chain[0], &leaf));
        SG_REQUIRE(now <= leaf.not_after, EXPIRED);
        SG_REQUIRE(now >= leaf.not_before, NOT_YET);
        *ret = leaf.key;
        return SG_DONE;
    }
    const struct sjson *json = sjson_get(token->jws.header, "jwk");
    SG_REQUIRE(json != NULL, ISSUER);
    return jwk_parse(arena, json, ret);
}

static sg_result
verify_by_thumbprint(struct sg_arena *arena, const struct tsl_token *token,
    const struct tsl_trust_rule *rule, int64_t now)
{
    struct jwk jwk;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    SG_TRY(brought_key(arena, token, now, &jwk));
    SG_TRY(jwk_thumbprint(arena, &jwk, thumbprint));
    SG_REQUIRE(memcmp(thumbprint, rule->thumbprint, sizeof(thumbprint)) == 0, ISSUER);
    return verify_with(token, &jwk);
}

static sg_result
verify_by_chain(struct sg_arena *arena, const struct tsl_token *token,
    const struct tsl_trust_rule *rule, int64_t now)
{
    sg_bytes chain[X509_CHAIN_MAX];
    size_t n = 0;
    struct x509_leaf leaf;
    const struct sjson *x5c = sjson_get(token->jws.header, "x5c");
    SG_REQUIRE(x5c != NULL, ISSUER);
    SG_TRY(x509_from_x5c(arena, x5c, chain, &n));
    /* HAIP 1.0: the signing certificate is not self-signed; an anchor signs certificates, not lists */
    SG_REQUIRE(n > 0 && !is_anchor(rule, chain[0]), ISSUER);
    SG_TRY(x509_chain_verify(arena, chain, n, rule->anchors, rule->n_anchors, now, &leaf));
    return verify_with(token, &leaf.key);
}

static sg_result
verify_by_rule(struct sg_arena *arena, const struct tsl_token *token,
    const struct tsl_trust_rule *rule, int64_t now)
{
    if (rule->key != NULL) {
        return jws_verify(&token->jws, rule->key);
    }
    if (rule->thumbprint != NULL) {
        return verify_by_thumbprint(arena, token, rule, now);
    }
    return verify_by_chain(arena, token, rule, now);
}

sg_result
tsl_token_verify(struct sg_arena *arena, const struct tsl_token *token, sg_str uri,
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
        last = verify_by_rule(arena, token, &rules[i], now);
        if (sg_ok(last)) {
            return last;
        }
    }
    return last;
}
