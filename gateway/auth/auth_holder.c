/*
 * Wallets that act for a person: authorization codes (RFC 6749 4.1, PKCE RFC 7636 with S256 alone) and the DPoP-bound tokens they become.
 * A public client proves nothing but that it began the flow, so code, redirect_uri, verifier and key must all fit. req: AU-6, AU-7
 */
#include "auth_internal.h"
#include "auth_person.h"
#include "sg_hash.h"
#include "sg_secret.h"
#include "sg_text.h"
#include "store_holder.h"

#define CODE_LIFE_S 60
#define VERIFIER_MIN 43
#define VERIFIER_MAX 128

static bool
cut_prefix(sg_str *text, const char *prefix)
{
    if (!sg_str_starts(*text, prefix)) {
        return false;
    }
    *text = sg_str_slice(*text, strlen(prefix), text->n);
    return true;
}

/* Scheme and loopback host of a native app's address, then its port, if any, is cut from `text`. False for any other address. */
static bool
cut_loopback(sg_str *text)
{
    if (!cut_prefix(text, "http://127.0.0.1") && !cut_prefix(text, "http://[::1]")) {
        return false;
    }
    if (text->n > 0 && text->p[0] == ':') {
        size_t digits = 1;
        while (digits < text->n && text->p[digits] >= '0' && text->p[digits] <= '9') {
            digits++;
        }
        if (digits == 1 || digits > 6) {
            return false;
        }
        *text = sg_str_slice(*text, digits, text->n);
    }
    return text->n == 0 || text->p[0] == '/' || text->p[0] == '?';
}

bool
auth_redirect_fits(sg_str registered, sg_str sent)
{
    if (sg_str_equal(registered, sent)) {
        return true;
    }
    sg_str a = registered, b = sent;
    return cut_loopback(&a) && cut_loopback(&b) &&
           (registered.p[7] == sent.p[7]) && /* '1' or '[': the same family of addresses */
           sg_str_equal(a, b);
}

sg_result
auth_holder_code(struct auth *auth, const struct auth_code_in *in, char ret[AUTH_CODE_LEN])
{
    struct store_code row = { .client = in->client,
        .redirect_uri = in->redirect_uri,
        .expires_at = in->now + CODE_LIFE_S,
        .scopes = in->scopes };
    uint8_t jkt[32];
    char code[AUTH_CODE_LEN];
    SG_REQUIRE(in->client.n > 0 && in->client.n <= AUTH_CLIENT_MAX, VALUE);
    SG_REQUIRE(
        sg_ok(sg_b64url_decode_to(in->challenge, row.challenge, sizeof(row.challenge))), VALUE);
    if (in->jkt.n > 0) {
        SG_REQUIRE(sg_ok(sg_b64url_decode_to(in->jkt, jkt, sizeof(jkt))), VALUE);
        row.jkt = SG_BYTES(jkt);
    }
    memcpy(row.person, in->person, sizeof(row.person));
    auth_secret_make(code);
    auth_code_hash(sg_str_of(code, sizeof(code)), row.hash);
    SG_TRY(store_code_put(auth->store, &row));
    memcpy(ret, code, sizeof(code));
    return SG_DONE;
}

/* RFC 7636 4.1: unreserved characters. */
static bool
verifier_form(sg_str verifier)
{
    if (verifier.n < VERIFIER_MIN || verifier.n > VERIFIER_MAX) {
        return false;
    }
    for (size_t i = 0; i < verifier.n; i++) {
        char c = verifier.p[i];
        char lower = (char)(c | 0x20);
        if (!((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                c == '_' || c == '~')) {
            return false;
        }
    }
    return true;
}

/* Does whoever sent this code hold what the code was given for? */
static bool
entitled(const struct store_code *row, sg_str client, sg_str redirect_uri, sg_str verifier,
    const uint8_t jkt[32])
{
    uint8_t hash[32];
    if (!verifier_form(verifier)) {
        return false;
    }
    sg_sha256(sg_str_bytes(verifier), hash);
    return sg_secret_equal(SG_BYTES(hash), SG_BYTES(row->challenge)) &&
           sg_str_equal(row->client, client) && sg_str_equal(row->redirect_uri, redirect_uri) &&
           (row->jkt.n == 0 || sg_secret_equal(row->jkt, sg_bytes_of(jkt, 32)));
}

static sg_result
redeem(struct auth *auth, struct sg_arena *arena, const uint8_t hash[32], sg_str client,
    sg_str redirect_uri, sg_str verifier, const struct auth_dpop *proof, int64_t now,
    struct auth_issued *ret)
{
    struct store_code row;
    bool used;
    SG_TRY(store_code_get(auth->store, hash, arena, &row, &used));
    bool good = entitled(&row, client, redirect_uri, verifier, proof->jkt);
    if (good && !used) { /* of good ones alone: strangers do not fill the memory of proofs */
        SG_TRY(auth_dpop_spend(auth, proof, now));
    }
    struct auth_issued issued = {
        .bound = true, .expires_in = auth->settings.person.token_life_s, .scopes = row.scopes
    };
    char family[STORE_FAMILY_LEN];
    store_code_family(hash, family);
    struct store_token token = { .kind = STORE_TOKEN_HOLDER,
        .client = client,
        .offer_id = sg_str_of(family, sizeof(family)),
        .jkt = SG_BYTES(proof->jkt),
        .expires_at = now + issued.expires_in,
        .body = SG_BYTES(row.person),
        .scopes = row.scopes };
    auth_secret_make(issued.token);
    sg_sha256(sg_bytes_of(issued.token, AUTH_TOKEN_LEN), token.token_hash);
    sg_result r = store_code_spend(auth->store, hash, now, good ? &token : NULL);
    if (r.code == SG_E_REPLAY) {
        auth_offer_forget(auth, token.offer_id);
        SG_FAIL(GRANT);
    }
    SG_TRY(r);
    SG_REQUIRE(good, GRANT);
    *ret = issued;
    return SG_DONE;
}

sg_result
auth_holder_token(struct auth *auth, struct sg_arena *arena, sg_str code, sg_str client,
    sg_str redirect_uri, sg_str verifier, const struct auth_dpop *proof, sg_bytes peer, int64_t now,
    struct auth_issued *ret)
{
    uint8_t hash[32];
    sg_result r = SG_ERROR(GRANT);
    SG_REQUIRE(proof->present, DPOP); /* req: AU-6: bound, always */
    if (code.n == AUTH_CODE_LEN) {
        auth_code_hash(code, hash);
        r = redeem(auth, arena, hash, client, redirect_uri, verifier, proof, now, ret);
    }
    return r.code == SG_E_GRANT ? auth_failed(auth, AUTH_GUESS_CODE, peer, now, r) : r;
}
