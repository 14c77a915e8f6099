/*
 * Envelopes. The first byte says which one and what the rest is:
 *  0..5    a secured object as it came;
 *  '0'..'5' a document: if it can be sealed, what comes out verifies, and says the same;
 *  'a'..'f' two lines, header and payload (COSE: payload alone), under a signature that holds.
 * The key is an Ed25519 key of this program.
 */
#include <sodium.h>

#include "vcdm_must.h"

#include "vcdm_envelope.h"

#define KID "did:example:fuzz#key"

static const struct vcdm_rules rules = { .self_asserted = true };
static uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
static uint8_t secret_key[crypto_sign_SECRETKEYBYTES];

static struct jwk
own_key(void)
{
    static const uint8_t seed[crypto_sign_SEEDBYTES] = { 7 };
    struct jwk jwk = { .kty = JOSE_KTY_OKP, .crv = JOSE_ED25519, .coord_len = 32 };
    MUST(crypto_sign_seed_keypair(public_key, secret_key, seed) == 0);
    memcpy(jwk.x, public_key, sizeof(public_key));
    return jwk;
}

static sg_result
find_key(void *arg, struct sg_arena *arena, const struct vcdm_key_query *query, struct jwk *ret)
{
    (void)arg;
    (void)arena;
    MUST(query->media != NULL && query->alg != NULL);
    *ret = own_key();
    return SG_DONE;
}

static const struct vcdm_verify policy = { .rules = &rules,
    .key = find_key,
    .now = 1700000000,
    .ignore_exp = true,
    .ignore_nbf = true,
    .ignore_iat = true,
    .ignore_period = true,
    .accept_any_kid = true,
    .nested_form_only = true };

static sg_bytes
sign(struct sg_arena *arena, sg_bytes message)
{
    uint8_t *out = sg_arena_alloc(arena, crypto_sign_BYTES);
    MUST(out != NULL);
    (void)own_key();
    MUST(crypto_sign_detached(out, NULL, message.p, message.n, secret_key) == 0);
    return sg_bytes_of(out, crypto_sign_BYTES);
}

static void
verify(struct sg_arena *arena, enum vcdm_envelope e, sg_bytes text, const struct vcdm_verify *p)
{
    struct sg_why why = { 0 };
    struct vcdm_verified v;
    enum vcdm_envelope other;
    sg_result r = vcdm_verify(arena, e, text, p, &why, &v);
    MUST(sg_ok(r) || why.what != NULL);
    MUST(!sg_ok(r) || (v.media->envelope == e && v.document != NULL));
    if (sg_ok(r)) {
        MUST(sg_ok(vcdm_envelope_of(arena, text, &other)) && other == e);
    } else {
        SG_IGNORE(vcdm_envelope_of(arena, text, &other)); /* only that it ends */
    }
}

/* The same, not hiding anything and following what is nested. */
static void
as_it_came(struct sg_arena *arena, enum vcdm_envelope e, sg_bytes text)
{
    struct vcdm_verify strict = { .rules = &rules, .key = find_key, .now = 1700000000 };
    verify(arena, e, text, &policy);
    verify(arena, e, text, &strict);
}

static void
as_document(struct sg_arena *arena, enum vcdm_envelope e, sg_str document)
{
    static const struct sdjwt_step steps[] = { { .kind = SDJWT_STEP_NAME,
        .name = { "credentialSubject", 17 } } };
    static const struct sdjwt_path path = { steps, 1 };
    struct vcdm_seal seal = { .envelope = e,
        .document = document,
        .rules = &rules,
        .alg = jose_alg_by_id(JOSE_EDDSA),
        .kid = SG_LIT(KID),
        .sd = &path,
        .n_sd = e == VCDM_VC_SD_JWT };
    struct sg_why why = { 0 };
    struct vcdm_pending pending;
    struct vcdm_verified v;
    const struct sjson *json;
    sg_bytes text;
    uint8_t salts[64] = { 0 };
    struct sdjwt_random random = { .bytes = { salts, sizeof(salts) } };
    seal.random = &random;
    if (!sg_ok(vcdm_prepare(arena, &seal, &why, &pending)) ||
        !sg_ok(vcdm_attach(arena, &pending, sign(arena, pending.to_be_signed), &text))) {
        return;
    }
    sg_result r = vcdm_verify(arena, e, text, &policy, &why, &v);
    if (!sg_ok(r)) { /* what only the verifier opens: data: URLs, and who secured what */
        MUST(why.what != NULL);
        MUST(strcmp(why.what, "data: URL") == 0 || strcmp(why.what, "aud") == 0);
        return;
    }
    MUST(sg_ok(sjson_parse(arena, document, NULL, &json)) && sjson_equal(json, v.document));
}

static void
as_header_and_payload(struct sg_arena *arena, enum vcdm_envelope e, sg_str text)
{
    const struct vcdm_media *media = vcdm_media(e);
    size_t line = media->family == VCDM_COSE ? 0 : sg_str_index(text, '\n', 0);
    sg_bytes payload = sg_str_bytes(sg_str_slice(text, line == 0 ? 0 : line + 1, text.n));
    struct vcdm_pending pending = { .media = media, .alg = jose_alg_by_id(JOSE_EDDSA) };
    sg_bytes out;
    if (media->family == VCDM_COSE) {
        pending.headers = (struct cose_headers){ .alg = pending.alg,
            .typ = sg_cstr(media->typ),
            .cwt_claims = sg_bytes_slice(payload, 0, 0) };
        pending.payload = payload;
        MUST(sg_ok(cose_protected(arena, &pending.headers, &pending.protected_bstr)));
        MUST(sg_ok(cose_to_be_signed(
            arena, pending.protected_bstr, SG_NO_BYTES, payload, &pending.to_be_signed)));
    } else {
        sg_str header = sg_str_slice(text, 0, line);
        MUST(sg_ok(jws_signing_input(arena, header, payload, &pending.signing_input)));
        pending.to_be_signed = sg_str_bytes(pending.signing_input);
    }
    MUST(sg_ok(vcdm_attach(arena, &pending, sign(arena, pending.to_be_signed), &out)));
    as_it_came(arena, e, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 200000) {
        return 0;
    }
    struct sg_arena *arena = sg_arena_new(0, FUZZ_ARENA_MAX);
    sg_bytes rest = { data + 1, size - 1 };
    uint8_t what = data[0];
    if (what < 6) {
        as_it_came(arena, (enum vcdm_envelope)(what + 1), rest);
    } else if (what >= '0' && what < '6') {
        as_document(arena, (enum vcdm_envelope)(what - '0' + 1), sg_bytes_str(rest));
    } else if (what >= 'a' && what < 'g') {
        as_header_and_payload(arena, (enum vcdm_envelope)(what - 'a' + 1), sg_bytes_str(rest));
    }
    sg_arena_free(&arena);
    return 0;
}
