/* What is said to a provider, and what is believed of its answers. req: AU-5 */
#include "auth_openid.h"

#include <sodium.h>
#include <stdlib.h>

#include "auth_internal.h"
#include "auth_openid_key.h"
#include "sg_hash.h"
#include "sg_secret.h"
#include "sg_text.h"

#define LISTED_MAX 16
#define SUBJECT_MAX 255 /* Core 2 */
#define URL_MAX 1024
#define ID_TOKEN_MAX ((size_t)32 * 1024)
#define ASSERTION_LIFE_S 60
#define IAT_MAX_AGE_S 600
#define RSA_MIN_BYTES 256
#define HEAD_LEN 9    /* use and time in a cookie */
#define FLOW_USE 0x11 /* beside enum auth_nonce_use and the login's challenge */

struct auth_openid {
    sg_str issuer, client_id, redirect_uri;
    uint8_t *secret;
    size_t n_secret;
    struct auth_client_private *key;
    sg_str acr[LISTED_MAX], amr[LISTED_MAX];
    size_t n_acr, n_amr;
};

static sg_result
copy(sg_str from, sg_str *ret)
{
    char *p = strndup(from.p == NULL ? "" : from.p, from.n);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    *ret = sg_cstr(p);
    return SG_DONE;
}

static sg_result
copy_list(const sg_str *from, size_t n, sg_str *to, size_t *ret_n)
{
    SG_REQUIRE(n <= LISTED_MAX, VALUE);
    for (; *ret_n < n; (*ret_n)++) {
        SG_TRY(copy(from[*ret_n], &to[*ret_n]));
    }
    return SG_DONE;
}

static sg_result
fill(struct auth_openid *o, const struct auth_openid_settings *s)
{
    SG_REQUIRE((s->secret.n > 0) != (s->key_jwk.n > 0), VALUE);
    SG_TRY(copy(s->issuer, &o->issuer));
    SG_TRY(copy(s->client_id, &o->client_id));
    SG_TRY(copy(s->redirect_uri, &o->redirect_uri));
    SG_TRY(copy_list(s->acr, s->n_acr, o->acr, &o->n_acr));
    SG_TRY(copy_list(s->amr, s->n_amr, o->amr, &o->n_amr));
    if (s->key_jwk.n > 0) {
        return auth_client_private_new(s->key_jwk, &o->key);
    }
    o->secret = malloc(s->secret.n);
    SG_REQUIRE(o->secret != NULL, NO_MEMORY);
    memcpy(o->secret, s->secret.p, s->secret.n);
    o->n_secret = s->secret.n;
    return SG_DONE;
}

sg_result
auth_openid_new(const struct auth_openid_settings *settings, struct auth_openid **ret)
{
    struct auth_openid *o = calloc(1, sizeof(*o));
    SG_REQUIRE(o != NULL, NO_MEMORY);
    sg_result r = fill(o, settings);
    if (!sg_ok(r)) {
        auth_openid_free(&o);
        return r;
    }
    *ret = o;
    return SG_DONE;
}

static void
free_text(sg_str *text)
{
    free((void *)(uintptr_t)text->p);
}

void
auth_openid_free(struct auth_openid **slot)
{
    if (slot == NULL || *slot == NULL) {
        return;
    }
    struct auth_openid *o = *slot;
    free_text(&o->issuer);
    free_text(&o->client_id);
    free_text(&o->redirect_uri);
    for (size_t i = 0; i < LISTED_MAX; i++) {
        free_text(&o->acr[i]);
        free_text(&o->amr[i]);
    }
    sg_wipe(o->secret, o->n_secret);
    free(o->secret);
    auth_client_private_free(&o->key);
    free(o);
    *slot = NULL;
}

sg_str
auth_openid_issuer(const struct auth_openid *openid)
{
    return openid->issuer;
}

/* ---- metadata ------------------------------------------------------------------------------------------------ */

sg_result
auth_openid_config_url(const struct auth_openid *openid, struct sg_arena *arena, sg_str *ret)
{
    return sg_arena_printf(
        arena, ret, "%.*s/.well-known/openid-configuration", SG_PRINT(openid->issuer));
}

/* https; http when the issuer itself is (the settings allow that in a test environment alone). Printable ASCII: it goes into a Location header. */
static sg_result
endpoint(const struct auth_openid *openid, const struct sjson *json, const char *name, sg_str *ret)
{
    sg_str url;
    SG_REQUIRE(sg_ok(sjson_member_text(json, name, &url)), FETCH);
    bool plain = sg_str_starts(openid->issuer, "http://") && sg_str_starts(url, "http://");
    SG_REQUIRE((sg_str_starts(url, "https://") || plain) && url.n <= URL_MAX, FETCH);
    for (size_t i = 0; i < url.n; i++) {
        SG_REQUIRE(url.p[i] > 0x20 && url.p[i] < 0x7f && url.p[i] != '#', FETCH);
    }
    *ret = url;
    return SG_DONE;
}

sg_result
auth_openid_config_parse(const struct auth_openid *openid, struct sg_arena *arena, sg_bytes json,
    struct auth_openid_config *ret)
{
    const struct sjson *root;
    struct auth_openid_config config = { .iss_in_answer = false };
    sg_result r = sjson_parse_object(arena, sg_bytes_str(json), NULL, &root);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    SG_REQUIRE(sg_ok(r), FETCH);
    const struct sjson *issuer = sjson_get(root, "issuer");
    SG_REQUIRE(issuer != NULL && issuer->type == SJSON_STRING &&
                   sg_str_equal(issuer->text, openid->issuer),
        ISSUER); /* Discovery 4.3: byte by byte */
    SG_TRY(endpoint(openid, root, "authorization_endpoint", &config.authorization_endpoint));
    SG_TRY(endpoint(openid, root, "token_endpoint", &config.token_endpoint));
    SG_TRY(endpoint(openid, root, "jwks_uri", &config.jwks_uri));
    SG_REQUIRE(sg_ok(sjson_member_bool(root, "authorization_response_iss_parameter_supported",
                   false, &config.iss_in_answer)),
        FETCH);
    *ret = config;
    return SG_DONE;
}

/* ---- a flow ------------------------------------------------------------------------------------------------------ */

void
auth_openid_begin(enum auth_openid_use use, int64_t now, char ret_cookie[AUTH_OPENID_COOKIE_LEN])
{
    uint32_t at = (uint32_t)now;
    uint8_t be[4] = { (uint8_t)(at >> 24), (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at };
    ret_cookie[0] = (char)use;
    sg_hex_to(SG_BYTES(be), ret_cookie + 1);
    auth_secret_make(ret_cookie + HEAD_LEN);
}

int
auth_openid_use_of(sg_str cookie)
{
    bool known = cookie.n == AUTH_OPENID_COOKIE_LEN &&
                 (cookie.p[0] == AUTH_OPENID_LOGIN || cookie.p[0] == AUTH_OPENID_LINK);
    return known ? cookie.p[0] : 0;
}

static void
derive(
    const struct auth *auth, const char *what, sg_str cookie, const uint8_t *session, char ret[43])
{
    static const uint8_t none[32] = { 0 };
    crypto_generichash_state state;
    uint8_t use = FLOW_USE, mac[32];
    crypto_generichash_init(&state, auth->nonce_key, sizeof(auth->nonce_key), sizeof(mac));
    crypto_generichash_update(&state, &use, 1);
    crypto_generichash_update(&state, (const uint8_t *)what, strlen(what) + 1);
    crypto_generichash_update(&state, session == NULL ? none : session, 32);
    crypto_generichash_update(&state, (const uint8_t *)cookie.p, cookie.n);
    crypto_generichash_final(&state, mac, sizeof(mac));
    (void)sg_b64url_to(SG_BYTES(mac), ret);
}

sg_result
auth_openid_flow(const struct auth *auth, sg_str cookie, const uint8_t *session, int64_t now,
    struct auth_openid_flow *ret)
{
    uint8_t be[4];
    int use = auth_openid_use_of(cookie);
    SG_REQUIRE(use != 0 && (session != NULL) == (use == AUTH_OPENID_LINK), ACTIVATION);
    SG_REQUIRE(sg_ok(sg_hex_decode_to(sg_str_slice(cookie, 1, 8), be, sizeof(be))), ACTIVATION);
    uint32_t at = (uint32_t)be[0] << 24 | (uint32_t)be[1] << 16 | (uint32_t)be[2] << 8 | be[3];
    int64_t age = now - (int64_t)at;
    SG_REQUIRE(age >= -AUTH_SKEW_S && age <= AUTH_OPENID_LIFE_S, ACTIVATION);
    ret->use = (enum auth_openid_use)use;
    derive(auth, "state", cookie, session, ret->state);
    derive(auth, "nonce", cookie, session, ret->nonce);
    derive(auth, "verifier", cookie, session, ret->verifier);
    return SG_DONE;
}

/* name=value with a separator before all but the first. */
static void
put_pair(struct sg_buf *buf, const char *separator, const char *name, sg_str value)
{
    static const char digits[] = "0123456789ABCDEF";
    sg_buf_put_cstr(buf, separator);
    sg_buf_put_cstr(buf, name);
    sg_buf_put_byte(buf, '=');
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = (uint8_t)value.p[i];
        char lower = (char)(c | 0x20);
        if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
            c == '_' || c == '~') {
            sg_buf_put_byte(buf, c);
        } else {
            sg_buf_put_byte(buf, '%');
            sg_buf_put_byte(buf, (uint8_t)digits[c >> 4]);
            sg_buf_put_byte(buf, (uint8_t)digits[c & 15]);
        }
    }
}

sg_result
auth_openid_request_url(const struct auth_openid *openid, struct sg_arena *arena,
    const struct auth_openid_config *config, const struct auth_openid_flow *flow, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 1024, 8192);
    sg_str to = config->authorization_endpoint;
    uint8_t hash[32];
    char challenge[43];
    sg_sha256(SG_BYTES(flow->verifier), hash);
    (void)sg_b64url_to(SG_BYTES(hash), challenge);
    sg_buf_put_str(&buf, to);
    put_pair(&buf, sg_str_index(to, '?', 0) < to.n ? "&" : "?", "response_type", SG_LIT("code"));
    put_pair(&buf, "&", "client_id", openid->client_id);
    put_pair(&buf, "&", "redirect_uri", openid->redirect_uri);
    put_pair(&buf, "&", "scope", SG_LIT("openid"));
    put_pair(&buf, "&", "state", sg_str_of(flow->state, sizeof(flow->state)));
    put_pair(&buf, "&", "nonce", sg_str_of(flow->nonce, sizeof(flow->nonce)));
    put_pair(&buf, "&", "code_challenge", sg_str_of(challenge, sizeof(challenge)));
    put_pair(&buf, "&", "code_challenge_method", SG_LIT("S256"));
    if (openid->n_acr > 0) {
        struct sg_buf values = sg_buf_new(arena, 256, 4096);
        sg_str text;
        for (size_t i = 0; i < openid->n_acr; i++) {
            sg_buf_put_cstr(&values, i == 0 ? "" : " ");
            sg_buf_put_str(&values, openid->acr[i]);
        }
        SG_TRY(sg_buf_end_str(&values, &text));
        put_pair(&buf, "&", "acr_values", text);
    }
    return sg_buf_end_str(&buf, ret);
}

sg_result
auth_openid_answer_check(const struct auth_openid *openid, const struct auth_openid_config *config,
    const struct auth_openid_flow *flow, sg_str state, bool has_iss, sg_str iss)
{
    SG_REQUIRE(sg_secret_equal(SG_BYTES(flow->state), sg_str_bytes(state)), ACTIVATION);
    SG_REQUIRE(has_iss ? sg_str_equal(iss, openid->issuer) : !config->iss_in_answer, ACTIVATION);
    return SG_DONE;
}

/* RFC 7523 3; `aud` is the issuer alone, as one string. */
static sg_result
client_assertion(const struct auth_openid *openid, struct sg_arena *arena, int64_t now, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 512, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    char jti[AUTH_TOKEN_LEN];
    sg_str payload;
    auth_secret_make(jti);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "iss", openid->client_id);
    sjson_wr_member_text(&wr, "sub", openid->client_id);
    sjson_wr_member_text(&wr, "aud", openid->issuer);
    sjson_wr_member_text(&wr, "jti", sg_str_of(jti, sizeof(jti)));
    sjson_wr_member_int(&wr, "iat", now);
    sjson_wr_member_int(&wr, "exp", now + ASSERTION_LIFE_S);
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &payload));
    return auth_client_private_sign(openid->key, arena, payload, ret);
}

sg_result
auth_openid_token_form(const struct auth_openid *openid, struct sg_arena *arena,
    const struct auth_openid_config *config, const struct auth_openid_flow *flow, sg_str code,
    int64_t now, sg_bytes *ret)
{
    (void)config; /* the audience of our assertion is the issuer, not the endpoint */
    struct sg_buf buf = sg_buf_new(arena, 1024, 16384);
    put_pair(&buf, "", "grant_type", SG_LIT("authorization_code"));
    put_pair(&buf, "&", "code", code);
    put_pair(&buf, "&", "redirect_uri", openid->redirect_uri);
    put_pair(&buf, "&", "code_verifier", sg_str_of(flow->verifier, sizeof(flow->verifier)));
    put_pair(&buf, "&", "client_id", openid->client_id);
    if (openid->key == NULL) {
        put_pair(&buf, "&", "client_secret",
            sg_bytes_str(sg_bytes_of(openid->secret, openid->n_secret)));
    } else {
        sg_str assertion;
        SG_TRY(client_assertion(openid, arena, now, &assertion));
        put_pair(&buf, "&", "client_assertion_type",
            SG_LIT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        put_pair(&buf, "&", "client_assertion", assertion);
    }
    return sg_buf_end(&buf, ret);
}

sg_result
auth_openid_token_parse(
    struct sg_arena *arena, uint64_t status, sg_bytes json, sg_str *ret_id_token)
{
    const struct sjson *root;
    SG_REQUIRE(status == 200, ACTIVATION);
    sg_result r = sjson_parse_object(arena, sg_bytes_str(json), NULL, &root);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    SG_REQUIRE(sg_ok(r) && sg_ok(sjson_member_text(root, "id_token", ret_id_token)), ACTIVATION);
    return SG_DONE;
}

/* ---- the ID token --------------------------------------------------------------------------------------------------- */

static sg_result
wrong(struct sg_why *why, const char *what)
{
    sg_why_note(why, what, 0, 0);
    SG_FAIL(ACTIVATION);
}

/* Does this key verify it? Keys for other things (encryption, other types) are passed over. */
static bool
verifies(struct sg_arena *arena, const struct jws *jws, const struct sjson *json)
{
    struct jwk jwk;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    if (!sg_ok(jwk_parse(arena, json, &jwk)) || jwk.kty != jws->alg->kty ||
        (jwk.kty == JOSE_KTY_RSA && jwk.rsa_n.n < RSA_MIN_BYTES)) {
        return false;
    }
    return sg_ok(jwk_key_new(&jwk, &key)) &&
           sg_ok(jwk_verify(key, jws->alg, sg_str_bytes(jws->signing_input), jws->signature));
}

static bool
signed_by_one(struct sg_arena *arena, const struct jws *jws, sg_bytes jwks)
{
    const struct sjson *root;
    const struct sjson *keys;
    if (!sg_ok(sjson_parse_object(arena, sg_bytes_str(jwks), NULL, &root)) ||
        !sg_ok(sjson_member_array(root, "keys", &keys)) || keys->n > 64) {
        return false;
    }
    for (const struct sjson *k = keys->first; k != NULL; k = k->next) {
        const struct sjson *kid = sjson_get(k, "kid");
        bool named = kid != NULL && kid->type == SJSON_STRING;
        /* with a kid in the header that key alone; without one each is tried */
        if ((jws->kid.n == 0 || (named && sg_str_equal(kid->text, jws->kid))) &&
            verifies(arena, jws, k)) {
            return true;
        }
    }
    return false;
}

static bool
in_list(const struct sjson *list, sg_str wanted)
{
    for (const struct sjson *e = list == NULL ? NULL : list->first; e != NULL; e = e->next) {
        if (e->type == SJSON_STRING && sg_str_equal(e->text, wanted)) {
            return true;
        }
    }
    return false;
}

/* 3.1.3.7 items 3 to 5: ours among them; with others there, azp says that it was made for us. */
static bool
audience_good(const struct auth_openid *openid, const struct sjson *claims)
{
    const struct sjson *aud = sjson_get(claims, "aud");
    const struct sjson *azp = sjson_get(claims, "azp");
    bool ours = false, others = false;
    if (aud != NULL && aud->type == SJSON_STRING) {
        ours = sg_str_equal(aud->text, openid->client_id);
    } else if (aud != NULL && aud->type == SJSON_ARRAY) {
        ours = in_list(aud, openid->client_id);
        others = aud->n > 1;
    }
    if (azp != NULL) {
        return ours && azp->type == SJSON_STRING && sg_str_equal(azp->text, openid->client_id);
    }
    return ours && !others;
}

static bool
context_good(const struct auth_openid *openid, const struct sjson *claims)
{
    const struct sjson *acr = sjson_get(claims, "acr");
    const struct sjson *amr = sjson_get(claims, "amr");
    bool good = openid->n_acr == 0;
    for (size_t i = 0; i < openid->n_acr && !good; i++) {
        good = acr != NULL && acr->type == SJSON_STRING && sg_str_equal(acr->text, openid->acr[i]);
    }
    for (size_t i = 0; i < openid->n_amr && good; i++) {
        good = amr != NULL && amr->type == SJSON_ARRAY && in_list(amr, openid->amr[i]);
    }
    return good;
}

static sg_result
claims_check(const struct auth_openid *openid, const struct sjson *claims,
    const struct auth_openid_flow *flow, int64_t now, struct sg_why *why, sg_str *ret_subject)
{
    int64_t exp, iat;
    sg_str nonce;
    if (!sjson_is_text(sjson_get(claims, "iss"), openid->issuer.p)) {
        return wrong(why, "iss");
    }
    if (!audience_good(openid, claims)) {
        return wrong(why, "aud or azp");
    }
    if (!sg_ok(jwt_date(claims, "exp", &exp)) || exp <= now - AUTH_SKEW_S ||
        !sg_ok(jwt_date(claims, "iat", &iat)) || iat > now + AUTH_SKEW_S ||
        iat < now - IAT_MAX_AGE_S || !sg_ok(jwt_check_times(claims, now, AUTH_SKEW_S))) {
        return wrong(why, "exp, iat or nbf");
    }
    if (!sg_ok(sjson_member_text(claims, "nonce", &nonce)) ||
        !sg_secret_equal(sg_str_bytes(nonce), SG_BYTES(flow->nonce))) {
        return wrong(why, "nonce");
    }
    if (!context_good(openid, claims)) {
        return wrong(why, "acr or amr");
    }
    if (!sg_ok(sjson_member_text(claims, "sub", ret_subject)) || ret_subject->n == 0 ||
        ret_subject->n > SUBJECT_MAX) {
        return wrong(why, "sub");
    }
    return SG_DONE;
}

static bool
alg_good(const struct jose_alg *alg)
{
    return alg->id == JOSE_ES256 || alg->id == JOSE_ES384 || alg->id == JOSE_EDDSA ||
           alg->id == JOSE_PS256 || alg->id == JOSE_RS256;
}

sg_result
auth_openid_id_token_check(const struct auth_openid *openid, struct sg_arena *arena,
    sg_str id_token, sg_bytes jwks, const struct auth_openid_flow *flow, int64_t now,
    struct sg_why *why, struct auth_openid_said *ret)
{
    struct jws jws;
    const struct sjson *claims;
    struct auth_openid_said said;
    if (id_token.n > ID_TOKEN_MAX || !sg_ok(jws_parse(arena, id_token, &jws))) {
        return wrong(why, "the ID token is no JWS");
    }
    if (!alg_good(jws.alg) || !signed_by_one(arena, &jws, jwks)) {
        return wrong(why, "the signature");
    }
    if (!sg_ok(jws_claims(arena, &jws, &claims))) {
        return wrong(why, "the claims are no object");
    }
    SG_TRY(claims_check(openid, claims, flow, now, why, &said.subject));
    sg_sha256(sg_str_bytes(id_token), said.evidence);
    *ret = said;
    return SG_DONE;
}
