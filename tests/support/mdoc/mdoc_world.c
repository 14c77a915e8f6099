#include "mdoc_world.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "iaca.h"

static void
must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "mdoc_world: %s\n", what);
        abort();
    }
}

/* name, type, value: one of each kind, and the mDL's nested one */
static const struct {
    const char *identifier;
    const char *type;
    const char *value;
} elements[] = {
    { "family_name", "\"tstr\"", "\"Yamada\"" },
    { "given_name", "\"tstr\"", "\"\\u82b1\\u5b50\"" },
    { "birth_date", "\"full-date\"", "\"1990-02-28\"" },
    { "issue_date", "\"tdate\"", "\"2027-01-15T08:00:00Z\"" },
    { "issuing_country", "\"tstr\"", "\"UT\"" },
    { "portrait", "\"bstr\"", "\"_9j_4AAQ\"" },
    { "height", "\"uint\"", "168" },
    { "age_over_18", "\"bool\"", "true" },
    { "driving_privileges",
        "{\"array\":{\"map\":{\"vehicle_category_code\":\"tstr\",\"issue_date?\":\"full-date\","
        "\"expiry_date?\":\"full-date\",\"codes?\":{\"array\":{\"map\":{\"code\":\"tstr\","
        "\"sign?\":\"tstr\",\"value?\":\"tstr\"}}}}}}",
        "[{\"vehicle_category_code\":\"A\",\"issue_date\":\"2018-08-09\",\"codes\":[{\"code\":"
        "\"B96\"}]},{\"vehicle_category_code\":\"B\",\"expiry_date\":\"2028-09-01\"}]" },
};
static const struct {
    const char *identifier;
    const char *type;
    const char *value;
} others[] = {
    { "balance", "\"int\"", "-5" },
    { "factor", "\"float\"", "1.1" },
};
enum {
    N_ELEMENTS = sizeof(elements) / sizeof(elements[0]),
    N_OTHERS = sizeof(others) / sizeof(others[0])
};

static struct mdoc_element
element(struct sg_arena *arena, const char *identifier, const char *type, const char *value)
{
    struct mdoc_element e = { .identifier = sg_cstr(identifier) };
    const struct sjson *json;
    must(sg_ok(sjson_parse(arena, sg_cstr(type), NULL, &json)) &&
             sg_ok(mdoc_type_parse(arena, json, NULL, &e.type)),
        type);
    must(sg_ok(sjson_parse(arena, sg_cstr(value), NULL, &e.value)), value);
    return e;
}

static EVP_PKEY *
new_key(const struct jose_alg *alg)
{
    EVP_PKEY *key = alg->id == JOSE_EDDSA   ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                    : alg->id == JOSE_ES384 ? EVP_EC_gen("P-384")
                                            : EVP_EC_gen("P-256");
    must(key != NULL, "key");
    return key;
}

static sg_bytes
spki_of(struct sg_arena *arena, EVP_PKEY *key)
{
    uint8_t *der = NULL;
    sg_bytes ret = SG_NO_BYTES;
    int n = i2d_PUBKEY(key, &der);
    must(n > 0 && sg_ok(sg_arena_bytes(arena, sg_bytes_of(der, (size_t)n), &ret)), "spki");
    OPENSSL_free(der);
    return ret;
}

static void
make_certificates(struct sg_arena *arena, int64_t now, struct mdoc_world *w)
{
    static const struct iaca_names names = { .country = "UT",
        .common_name = "test IACA",
        .uri = "https://issuer.example",
        .crl_uri = "https://issuer.example/crl" };
    static const uint8_t serial[IACA_SERIAL_LEN] = { 1 };
    struct iaca *iaca = NULL;
    must(sg_ok(iaca_new(&names, now - WORLD_DAY, serial, &iaca)) &&
             sg_ok(iaca_certificate(arena, iaca, &w->root)) &&
             sg_ok(iaca_issue(arena, iaca, spki_of(arena, w->issuer), "test DS", now - WORLD_DAY,
                 IACA_SIGNER_DAYS, serial, &w->ds)),
        "certificates");
    iaca_free(&iaca);
}

static void
fill_build(struct sg_arena *arena, int64_t now, struct mdoc_world *w)
{
    struct mdoc_element *first = SG_NEW_ARRAY(arena, N_ELEMENTS, struct mdoc_element);
    struct mdoc_element *second = SG_NEW_ARRAY(arena, N_OTHERS, struct mdoc_element);
    must(first != NULL && second != NULL, "memory");
    for (size_t i = 0; i < N_ELEMENTS; i++) {
        first[i] = element(arena, elements[i].identifier, elements[i].type, elements[i].value);
    }
    for (size_t i = 0; i < N_OTHERS; i++) {
        second[i] = element(arena, others[i].identifier, others[i].type, others[i].value);
    }
    w->name_spaces[0] = (struct mdoc_name_space){
        .name = SG_LIT(WORLD_NS), .elements = first, .n_elements = N_ELEMENTS, .n_decoys = 3
    };
    w->name_spaces[1] = (struct mdoc_name_space){
        .name = SG_LIT(WORLD_NS_OTHER), .elements = second, .n_elements = N_OTHERS
    };
    w->build = (struct mdoc_build){ .doc_type = SG_LIT(WORLD_DOC_TYPE),
        .name_spaces = w->name_spaces,
        .n_name_spaces = 2,
        .digest = SG_SHA256,
        .device_key = &w->device_jwk,
        .status = { .kind = MDOC_STATUS_LIST,
            .uri = SG_LIT("https://issuer.example/status/1"),
            .idx = 412 },
        .signed_at = now,
        .valid_from = now,
        .valid_until = now + 90 * WORLD_DAY,
        .unit_s = 3600 };
}

void
mdoc_world_init(struct sg_arena *arena, enum jose_alg_id issuer, enum jose_alg_id device,
    struct mdoc_world *ret)
{
    mdoc_world_init_at(arena, issuer, device, WORLD_NOW, ret);
}

void
mdoc_world_init_at(struct sg_arena *arena, enum jose_alg_id issuer, enum jose_alg_id device,
    int64_t now, struct mdoc_world *ret)
{
    struct mdoc_world *w = ret;
    *w = (struct mdoc_world){ .issuer_alg = jose_alg_by_id(issuer),
        .device_alg = jose_alg_by_id(device) };
    w->issuer = new_key(w->issuer_alg);
    w->device = new_key(w->device_alg);
    make_certificates(arena, now, w);
    must(sg_ok(jwk_from_spki(arena, spki_of(arena, w->device), &w->device_jwk)), "device key");
    must(sg_ok(mdoc_signer_open(arena, w->issuer_alg, &w->ds, 1, NULL, &w->signer)), "signer");
    must(sg_ok(jwk_key_new(&w->signer.ds.leaf.key, &w->issuer_key)), "issuer key");
    w->trust = (struct mdoc_trust){ .anchors = &w->root, .n_anchors = 1, .at = now };
    fill_build(arena, now, w);
}

void
mdoc_world_done(struct mdoc_world *world)
{
    EVP_PKEY_free(world->issuer);
    EVP_PKEY_free(world->device);
    jwk_key_free(&world->issuer_key);
}

struct mdoc_random
mdoc_world_random(struct sg_arena *arena, size_t n)
{
    uint8_t *p = SG_NEW_ARRAY(arena, n + SG_SHA256_LEN, uint8_t);
    uint8_t block[SG_SHA256_LEN] = { 0 };
    must(p != NULL, "memory");
    for (size_t i = 0; i < n; i += sizeof(block)) {
        sg_sha256(SG_BYTES(block), block);
        memcpy(p + i, block, sizeof(block));
    }
    return (struct mdoc_random){ .bytes = sg_bytes_of(p, n) };
}

static void
to_raw(const uint8_t *der, size_t n, size_t half, uint8_t *ret)
{
    const uint8_t *p = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    must(sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, (int)half) == (int)half &&
             BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + half, (int)half) == (int)half,
        "signature");
    ECDSA_SIG_free(sig);
}

sg_bytes
mdoc_world_sign(struct sg_arena *arena, EVP_PKEY *key, const struct jose_alg *alg, sg_bytes message)
{
    uint8_t der[160];
    size_t n = sizeof(der);
    uint8_t *ret = SG_NEW_ARRAY(arena, alg->sig_len, uint8_t);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *md = alg->id == JOSE_EDDSA   ? NULL
                       : alg->id == JOSE_ES384 ? EVP_sha384()
                                               : EVP_sha256();
    must(ret != NULL && ctx != NULL && EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
             EVP_DigestSign(ctx, der, &n, message.p, message.n) == 1,
        "sign");
    EVP_MD_CTX_free(ctx);
    if (alg->id == JOSE_EDDSA) {
        memcpy(ret, der, alg->sig_len);
    } else {
        to_raw(der, n, alg->sig_len / 2, ret);
    }
    return sg_bytes_of(ret, alg->sig_len);
}

sg_result
mdoc_world_issue(
    struct sg_arena *arena, const struct mdoc_world *world, struct sg_why *why, sg_bytes *ret)
{
    struct mdoc_pending pending;
    size_t need;
    SG_TRY(mdoc_random_need(&world->build, &need));
    struct mdoc_random random = mdoc_world_random(arena, need);
    SG_TRY(mdoc_prepare(arena, &world->build, &world->signer, &random, why, &pending));
    must(random.used == need, "mdoc_random_need is not exact");
    return mdoc_attach(arena, &pending,
        mdoc_world_sign(arena, world->issuer, world->issuer_alg, pending.to_be_signed),
        world->issuer_key, ret);
}

sg_bytes
mdoc_world_issue_raw(
    struct sg_arena *arena, const struct mdoc_world *world, sg_bytes name_spaces, sg_bytes mso)
{
    struct sg_buf buf = sg_buf_new(arena, mso.n + 16, MDOC_MAX);
    struct mdoc_pending pending = { .alg = world->issuer_alg,
        .name_spaces = name_spaces,
        .headers = { .alg = world->issuer_alg, .x5chain = world->signer.x5chain, .n_x5chain = 1 } };
    sg_bytes ret = SG_NO_BYTES;
    dcbor_wr_tag(&buf, 24);
    dcbor_wr_bytes(&buf, mso);
    must(sg_ok(sg_buf_end(&buf, &pending.mso)) &&
             sg_ok(cose_protected(arena, &pending.headers, &pending.protected_bstr)) &&
             sg_ok(cose_to_be_signed(
                 arena, pending.protected_bstr, SG_NO_BYTES, pending.mso, &pending.to_be_signed)),
        "raw");
    must(sg_ok(mdoc_attach(arena, &pending,
             mdoc_world_sign(arena, world->issuer, world->issuer_alg, pending.to_be_signed), NULL,
             &ret)),
        "raw");
    return ret;
}

sg_result
mdoc_world_present(struct sg_arena *arena, const struct mdoc_world *world,
    const struct mdoc_present *present, struct sg_why *why, sg_bytes *ret)
{
    struct mdoc_present_pending pending;
    sg_bytes document;
    SG_TRY(mdoc_present(arena, present, why, &pending));
    must(pending.alg == world->device_alg, "the algorithm is not the device key's");
    SG_TRY(mdoc_present_attach(arena, &pending,
        mdoc_world_sign(arena, world->device, world->device_alg, pending.to_be_signed), NULL,
        &document));
    return mdoc_response_encode(arena, &document, 1, 0, ret);
}

sg_bytes
mdoc_world_transcript(struct sg_arena *arena)
{
    sg_bytes ret = SG_NO_BYTES;
    must(sg_ok(mdoc_transcript_redirect(arena, SG_LIT("x509_san_dns:verifier.example"),
             SG_LIT("nonce-0123456789"), SG_NO_BYTES, SG_LIT("https://verifier.example/response"),
             &ret)),
        "transcript");
    return ret;
}
