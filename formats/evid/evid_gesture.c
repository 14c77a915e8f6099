#include "evid_gesture.h"

#define HOST_MAX 256

/*
 * RP ID and origin belong together (WebAuthn 5.1.4.1 step 6, 5.1.3): the origin's host is the RP ID or ends in "." and the RP ID, over https, or http on
 * localhost. Whoever writes records could otherwise pair a page of his own with our RP ID.
 */
static bool
origin_fits(sg_str origin, sg_str rp_id)
{
    static const char https[] = "https://";
    static const char http[] = "http://";
    bool secure = sg_str_starts(origin, https);
    if (!secure && !sg_str_starts(origin, http)) {
        return false;
    }
    sg_str host = sg_str_slice(origin, secure ? strlen(https) : strlen(http), origin.n);
    host = sg_str_slice(host, 0, sg_str_index(host, ':', 0));
    if (!secure && !sg_str_is(host, "localhost")) {
        return false;
    }
    if (rp_id.n == 0 || host.n < rp_id.n ||
        memcmp(host.p + host.n - rp_id.n, rp_id.p, rp_id.n) != 0) {
        return false;
    }
    return host.n == rp_id.n || host.p[host.n - rp_id.n - 1] == '.';
}

static const char *
check_challenge(const struct wire_gesture *g, const uint8_t intent_id[WIRE_INTENT_ID_LEN])
{
    uint8_t challenge[SG_SHA256_LEN];
    if (g->nonce.n != 32) {
        return "there is no nonce of the signer's";
    }
    wire_challenge(intent_id, g->nonce.p, challenge);
    sg_result r =
        webauthn_client_data_check(g->client_data, WEBAUTHN_GET, SG_BYTES(challenge), g->origin);
    if (r.code == SG_E_CHALLENGE) {
        return "the client data answers another challenge: not this intent";
    }
    if (!sg_ok(r)) {
        return "the client data is of another origin or ceremony, or not well formed";
    }
    return origin_fits(g->origin, g->rp_id) ? NULL : "the origin is not one of the RP ID's";
}

static const char *
check_authenticator(const struct wire_gesture *g, struct evid_gesture *ret)
{
    struct webauthn_auth_data data;
    uint8_t hash[SG_SHA256_LEN];
    if (!sg_ok(webauthn_auth_data_parse(g->authenticator_data, false, &data))) {
        return "the authenticator data is not well formed";
    }
    ret->flags = data.flags;
    ret->sign_count = data.sign_count;
    sg_sha256(sg_str_bytes(g->rp_id), hash);
    if (!sg_bytes_equal(data.rp_id_hash, SG_BYTES(hash))) {
        return "the authenticator answered another RP ID";
    }
    if ((data.flags & WEBAUTHN_UP) == 0 || (data.flags & WEBAUTHN_UV) == 0) {
        return "the person was not present, or not verified";
    }
    return NULL;
}

/* authenticator data || SHA-256(client data), under the recorded key. */
static sg_result
verify_assertion(struct sg_arena *arena, const struct wire_gesture *g)
{
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    const struct jose_alg *alg = NULL;
    uint8_t raw[WEBAUTHN_RAW_SIG_MAX];
    uint8_t hash[SG_SHA256_LEN];
    sg_bytes signature = g->assertion;
    sg_bytes message;
    struct sg_buf buf = sg_buf_new(
        arena, g->authenticator_data.n + SG_SHA256_LEN, WIRE_AUTH_DATA_MAX + SG_SHA256_LEN);
    SG_TRY(evid_key_of(arena, g->spki, &key, &alg));
    SG_REQUIRE(alg->id == JOSE_ES256 || alg->id == JOSE_ES384 || alg->id == JOSE_EDDSA, ALGORITHM);
    if (alg->id != JOSE_EDDSA) {
        SG_TRY(webauthn_raw_signature(g->assertion, alg->sig_len / 2, raw));
        signature = sg_bytes_of(raw, alg->sig_len);
    }
    sg_sha256(g->client_data, hash);
    sg_buf_put(&buf, g->authenticator_data);
    sg_buf_put(&buf, SG_BYTES(hash));
    SG_TRY(sg_buf_end(&buf, &message));
    return jwk_verify(key, alg, message, signature);
}

sg_result
evid_gesture_check(struct sg_arena *arena, const struct wire_gesture *gesture,
    const uint8_t intent_id[WIRE_INTENT_ID_LEN], struct evid_gesture *ret)
{
    *ret = (struct evid_gesture){ .flags = 0 };
    ret->challenge = check_challenge(gesture, intent_id);
    ret->authenticator = check_authenticator(gesture, ret);
    sg_result r = verify_assertion(arena, gesture);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    ret->signature = sg_ok(r) ? NULL : "the assertion does not verify under the passkey's key";
    return SG_DONE;
}

sg_bytes
evid_spki_of(const struct wire_consent *consent, const struct wire_intent *intent, size_t i)
{
    size_t which = intent->key_of.n > 0 ? intent->key_of.p[i] : 0;
    if (which == 0) {
        return consent->spki;
    }
    return which <= consent->n_more_spki ? consent->more_spki[which - 1] : SG_NO_BYTES;
}
