/*
 * Each row of flow_form.c over the demo's template: what it builds is signed here with a key made here, taken apart by formats/object, verified by
 * formats/verify, and led back to the claims (req: FMT-1..FMT-5, EV-2).
 */
#include "flow_internal.h"
#include "support.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "dataint.h"
#include "did.h"
#include "flow_document.h"
#include "flow_vcdm.h"
#include "iaca.h"
#include "jcs.h"
#include "object.h"
#include "verify.h"

#define BASE "https://issuer.example"
#define NOW 1790000000
#define LIST BASE "/status/employee"
#define IDX 412

static struct flow_configs configs;
static struct flow_contexts contexts;
static struct iaca *iaca;
static EVP_PKEY *keys[4]; /* by enum jose_alg_id */
static const struct sjson *claims;
static struct flow_holder holder;
static struct sg_arena *kept;

static void
make_keys(void)
{
    keys[JOSE_ES256] = EVP_EC_gen("P-256");
    keys[JOSE_ES384] = EVP_EC_gen("P-384");
    keys[JOSE_EDDSA] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static sg_bytes
spki_of(EVP_PKEY *key)
{
    uint8_t *der = NULL;
    sg_bytes spki;
    int n = i2d_PUBKEY(key, &der);
    assert_true(n > 0);
    assert_ok(sg_arena_bytes(kept, sg_bytes_of(der, (size_t)n), &spki));
    OPENSSL_free(der);
    return spki;
}

static int
setup(void **state)
{
    static const uint8_t serial[IACA_SERIAL_LEN] = { 0x41, 7 };
    const struct iaca_names names = {
        .country = "JP", .common_name = "Test IACA", .uri = BASE, .crl_uri = BASE "/crl"
    };
    struct sg_why why = { 0 };
    kept = sg_arena_new(0, (size_t)64 << 20);
    make_keys();
    assert_ok(iaca_new(&names, NOW - 3600, serial, &iaca));
    assert_ok(flow_contexts_read(kept, "conf/demo/contexts", SG_LIT(BASE), &why, NULL, &contexts));
    sg_str text = sg_bytes_str(support_file(kept, "conf/demo/employee_badge.json"));
    assert_ok(flow_config_parse(kept, SG_LIT("badge"), text, SG_LIT(BASE), &why, &configs));
    assert_ok(sjson_parse(
        kept, sg_bytes_str(support_file(kept, "conf/demo/claims.json")), NULL, &claims));
    assert_true(configs.n >= 13);
    EVP_PKEY *wallet = EVP_EC_gen("P-256");
    assert_ok(jwk_from_spki(kept, spki_of(wallet), &holder.key));
    assert_ok(jwk_thumbprint(kept, &holder.key, holder.thumbprint));
    EVP_PKEY_free(wallet);
    return support_arena_setup(state);
}

static int
teardown(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        EVP_PKEY_free(keys[i]);
    }
    flow_configs_done(&configs);
    flow_contexts_done(&contexts);
    iaca_free(&iaca);
    sg_arena_free(&kept);
    return support_arena_teardown(state);
}

/* r || s, or the 64 bytes of Ed25519. */
static sg_bytes
sign(void **state, const struct jose_alg *alg, sg_bytes message)
{
    uint8_t der[160];
    size_t n = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *md = !alg->prehash ? NULL : alg->hash == SG_SHA384 ? EVP_sha384() : EVP_sha256();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, keys[alg->id]), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &n, message.p, message.n), 1);
    EVP_MD_CTX_free(ctx);
    uint8_t *out = sg_arena_alloc(*state, alg->sig_len);
    assert_non_null(out);
    if (!alg->prehash) {
        memcpy(out, der, alg->sig_len);
        return sg_bytes_of(out, alg->sig_len);
    }
    const uint8_t *p = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    int half = (int)alg->sig_len / 2;
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, half), half);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, half), half);
    ECDSA_SIG_free(sig);
    return sg_bytes_of(out, alg->sig_len);
}

struct made {
    struct peer_key key;
    struct flow_head head;
    struct flow_pending pending;
    sg_bytes signature;
    sg_str credential;
};

static void
make(
    void **state, const struct flow_config *config, const struct flow_holder *who, struct made *ret)
{
    static const uint8_t serial[IACA_SERIAL_LEN] = { 0x42, 9 };
    const struct jose_alg *alg = config->seal_alg;
    struct jwk jwk;
    *ret = (struct made){ .key = { .alg = alg->id, .spki = spki_of(keys[alg->id]) } };
    assert_ok(jwk_from_spki(*state, ret->key.spki, &jwk));
    assert_ok(jwk_thumbprint(*state, &jwk, ret->key.thumbprint));
    if (config->form == &flow_form_mdoc) {
        assert_ok(iaca_issue(*state, iaca, ret->key.spki, "Test signer", NOW - 3600,
            IACA_SIGNER_DAYS, serial, &ret->key.chain[0]));
        ret->key.n_chain = 1;
    }
    ret->head = (struct flow_head){ .key = &ret->key, .alg = alg };
    assert_ok(config->form->head(*state, SG_LIT(BASE), config, &ret->key, alg, &ret->head.part));
    struct flow_subject subject = { config, claims };
    const struct wire_ref ref = { WIRE_REF_TOKEN_STATUS_LIST, SG_LIT(LIST), IDX };
    size_t n;
    assert_ok(config->form->need(*state, &subject, &n));
    uint8_t *random = sg_arena_alloc(*state, n);
    assert_non_null(random);
    for (size_t i = 0; i < n; i++) {
        random[i] = (uint8_t)(i * 7 + 1);
    }
    struct sg_why why = { 0 };
    const struct flow_make in = { .base = SG_LIT(BASE),
        .contexts = contexts.set,
        .subject = &subject,
        .head = &ret->head,
        .holder = who,
        .ref = &ref,
        .now = NOW,
        .random = sg_bytes_of(random, n),
        .why = &why };
    assert_ok(config->form->build(*state, &in, &ret->pending));
    ret->signature = sign(state, alg, ret->pending.message);
    assert_ok(config->form->attach(*state, &ret->pending, ret->signature, &ret->credential));
    if (config->form->check != NULL) {
        assert_ok(config->form->check(*state, config, ret->credential));
    }
}

/* The issuer's document as the gateway serves it: each key in both forms. */
static sg_str
document(void **state, sg_str did)
{
    struct did_entry entries[8];
    struct jwk *jwks = SG_NEW_ARRAY(*state, 4, struct jwk);
    size_t n = 0;
    sg_str text;
    for (size_t i = JOSE_ES256; i <= JOSE_EDDSA; i++) {
        uint8_t thumbprint[JWK_THUMBPRINT_LEN];
        sg_str kid, multibase;
        assert_ok(jwk_from_spki(*state, spki_of(keys[i]), &jwks[i]));
        assert_ok(jwk_thumbprint(*state, &jwks[i], thumbprint));
        assert_ok(sg_b64url_encode(*state, SG_BYTES(thumbprint), &kid));
        assert_ok(multikey_encode(*state, &jwks[i], &multibase));
        entries[n++] = (struct did_entry){ kid, &jwks[i], CID_ASSERTION_METHOD, true };
        entries[n++] = (struct did_entry){ multibase, &jwks[i], CID_ASSERTION_METHOD, false };
    }
    assert_ok(did_document_build(*state, did, SG_NO_STR, entries, n, &text));
    return text;
}

static bool
verifies(void **state, const struct flow_config *config, sg_str credential)
{
    sg_bytes anchor;
    sg_str did;
    assert_ok(iaca_certificate(*state, iaca, &anchor));
    assert_ok(did_web_of_test(*state, SG_LIT(BASE), &did));
    const struct cid_document documents[] = { { did, document(state, did) } };
    const struct cid_table table = { documents, 1 };
    const struct cid_resolver resolver = cid_resolver_of(&table);
    struct verify_key key = { 0 }; /* dc+sd-jwt without a certificate: a key somebody vouches for */
    assert_ok(jwk_from_spki(*state, spki_of(keys[config->seal_alg->id]), &key.key));
    const struct verify_trust trust = { .anchors = &anchor,
        .n_anchors = 1,
        .keys = &key,
        .n_keys = config->form == &flow_form_sdjwt ? 1 : 0,
        .resolver = &resolver,
        .contexts = contexts.set };
    const struct verify_expect expect = { .now = NOW + 60, .credential = true };
    struct verify_result result;
    assert_ok(verify_object(*state, sg_str_bytes(credential), &trust, &expect, &result));
    return result.verified;
}

static bool
is_base_proof(const struct flow_config *config)
{
    return sg_str_is(config->id, "employee_badge_ldp_ecdsa_sd");
}

static void
test_every_form_verifies(void **state)
{
    for (size_t i = 0; i < configs.n; i++) {
        const struct flow_config *config = &configs.items[i];
        struct made made;
        make(state, config, &holder, &made);
        /* a base proof of ecdsa-sd-2023 is for its holder: verifiers refuse it */
        if (verifies(state, config, made.credential) == is_base_proof(config)) {
            print_error("%.*s\n", (int)config->id.n, config->id.p);
            fail();
        }
    }
}

/* Any character of the signature changed: nothing verifies. */
static void
test_another_signature_does_not(void **state)
{
    for (size_t i = 0; i < configs.n; i++) {
        const struct flow_config *config = &configs.items[i];
        struct made made;
        sg_str other;
        make(state, config, &holder, &made);
        uint8_t bytes[WIRE_SIG_MAX];
        memcpy(bytes, made.signature.p, made.signature.n);
        bytes[5] ^= 1;
        assert_ok(config->form->attach(
            *state, &made.pending, sg_bytes_of(bytes, made.signature.n), &other));
        assert_false(verifies(state, config, other));
    }
}

static void
test_evidence_finds_what_was_signed(void **state)
{
    for (size_t i = 0; i < configs.n; i++) {
        const struct flow_config *config = &configs.items[i];
        struct made made;
        struct object object;
        make(state, config, &holder, &made);
        assert_ok(object_take(*state, sg_str_bytes(made.credential), &object));
        assert_true(sg_bytes_equal(object.signature, made.signature));
        if (object.kind != OBJECT_DATA_INTEGRITY) {
            assert_true(sg_bytes_equal(object.message, made.pending.message));
            assert_ptr_equal(object.alg, config->seal_alg);
        }
        assert_int_equal(object.n_refs, 1); /* both purposes of a Bitstring are one entry */
        assert_str_is(object.refs[0].uri, LIST);
        assert_int_equal(object.refs[0].idx, IDX);
        uint8_t hash[32], want[32];
        wire_signature_hash(made.signature, want);
        assert_ok(flow_lookup_hash(*state, made.credential, hash));
        assert_memory_equal(hash, want, 32);
    }
}

/* An instruction's hash is over the claims as the client gave them: the object leads back to them. */
static void
test_claims_come_back(void **state)
{
    sg_str want;
    assert_ok(jcs_encode(*state, claims, &want));
    for (size_t i = 0; i < configs.n; i++) {
        const struct flow_config *config = &configs.items[i];
        struct made made;
        sg_str got;
        assert_non_null(config->form->claims);
        make(state, config, &holder, &made);
        assert_ok(config->form->claims(*state, config, made.credential, &got));
        assert_true(sg_str_equal(got, want));
    }
}

static void
test_a_holder_named_by_a_did_keeps_the_name(void **state)
{
    const struct flow_config *config = flow_config_find(&configs, SG_LIT("employee_badge_jwt"));
    struct flow_holder named = holder;
    struct made made;
    struct object object;
    sg_str id, want;
    make(state, config, &holder, &made);
    assert_ok(object_take(*state, sg_str_bytes(made.credential), &object));
    assert_ok(sjson_member_text(sjson_get(object.document, "credentialSubject"), "id", &id));
    assert_ok(did_key_of(*state, &holder.key, &want));
    assert_true(sg_str_equal(id, want));
    assert_ok(did_jwk_of(*state, &holder.key, &named.did));
    make(state, config, &named, &made);
    assert_ok(object_take(*state, sg_str_bytes(made.credential), &object));
    assert_ok(sjson_member_text(sjson_get(object.document, "credentialSubject"), "id", &id));
    assert_true(sg_str_equal(id, named.did));
}

static void
test_an_mdoc_without_a_document_signer_is_refused(void **state)
{
    const struct flow_config *config = flow_config_find(&configs, SG_LIT("employee_badge_mdoc"));
    struct peer_key key = { .alg = JOSE_ES256, .spki = spki_of(keys[JOSE_ES256]) };
    const void *part;
    assert_false(
        sg_ok(config->form->head(*state, SG_LIT(BASE), config, &key, config->seal_alg, &part)));
}

/* The holder of ecdsa-sd-2023 shows what he likes, and his status and the end of his credential in any case (req: STA-1). */
static void
test_a_derived_proof_keeps_period_and_status(void **state)
{
    const struct flow_config *config =
        flow_config_find(&configs, SG_LIT("employee_badge_ldp_ecdsa_sd"));
    static const sg_str pointer = { "/credentialSubject/employee_id", 30 };
    const struct sjson *base, *derived;
    struct sg_why why = { 0 };
    struct made made;
    sg_str text;
    make(state, config, &holder, &made);
    assert_ok(sjson_parse_object(*state, made.credential, NULL, &base));
    assert_ok(di_derive(*state, base, &pointer, 1, contexts.set, &why, &text));
    assert_true(verifies(state, config, text));
    assert_ok(sjson_parse_object(*state, text, NULL, &derived));
    static const char *const held[] = { "issuer", "validFrom", "validUntil", "credentialStatus" };
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        assert_true(sjson_equal(sjson_get(base, held[i]), sjson_get(derived, held[i])));
    }
    assert_null(sjson_get(sjson_get(derived, "credentialSubject"), "given_name"));
}

/* ---- documents of clients ------------------------------------------------------------------------------------- */

/* Would the configuration secure it? */
static sg_result
offered(void **state, const struct flow_config *config, sg_str text, bool presentation, int64_t now)
{
    const struct jose_alg *alg = config->seal_alg;
    struct flow_document given = { .presentation = presentation };
    struct peer_key key = { .alg = alg->id, .spki = spki_of(keys[alg->id]) };
    struct flow_head head = { .key = &key, .alg = alg };
    struct flow_subject subject = { config, claims };
    struct sg_why why = { 0 };
    assert_ok(config->form->head(*state, SG_LIT(BASE), config, &key, alg, &head.part));
    assert_ok(sjson_parse_object(*state, text, NULL, &given.json));
    const struct flow_make in = { .base = SG_LIT(BASE),
        .contexts = contexts.set,
        .subject = &subject,
        .head = &head,
        .now = now,
        .document = &given };
    return config->form->document(*state, &in, &why);
}

/* A credential as the configuration makes it, without what only the gateway may put there. */
static sg_str
own_document(void **state, const struct flow_config *config)
{
    const struct sjson *document;
    struct made made;
    sg_str text;
    make(state, config, &holder, &made);
    assert_ok(sjson_parse_object(*state, made.credential, NULL, &document));
    struct sg_buf buf = sg_buf_new(*state, 4096, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "proof") && !sg_str_is(m->name, "credentialStatus")) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &text));
    return text;
}

/* A full life that begins years from now outlives what the configuration gives, and its place in the status list. */
static void
test_a_life_does_not_begin_later(void **state)
{
    const struct flow_config *config =
        flow_config_find(&configs, SG_LIT("employee_badge_ldp_ecdsa_rdfc"));
    sg_str text = own_document(state, config);
    assert_ok(offered(state, config, text, false, NOW));
    assert_ok(offered(state, config, text, false, NOW + 3600));
    assert_refused(offered(state, config, text, false, NOW - 10 * config->round_s), CLAIMS);
}

/* Nor does a client say more about the issuer than who it is. */
static void
test_an_issuer_is_an_identifier(void **state)
{
    const struct flow_config *config =
        flow_config_find(&configs, SG_LIT("employee_badge_ldp_ecdsa_rdfc"));
    const struct sjson *document;
    sg_str text = own_document(state, config), issuer;
    assert_ok(sjson_parse_object(*state, text, NULL, &document));
    assert_ok(sjson_member_text(document, "issuer", &issuer));
    struct sg_buf buf = sg_buf_new(*state, 4096, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        sjson_wr_name(&wr, m->name);
        if (!sg_str_is(m->name, "issuer")) {
            sjson_wr_value(&wr, m);
            continue;
        }
        sjson_wr_object(&wr);
        sjson_wr_member_text(&wr, "id", issuer);
        sjson_wr_member_cstr(&wr, "name", "Another bank");
        sjson_wr_object_end(&wr);
    }
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_refused(offered(state, config, text, false, NOW), CLAIMS);
}

/* The document with one member more, or another in its place; `value` is JSON, NULL takes it away. */
static sg_str
with(void **state, sg_str text, const char *name, const char *value)
{
    const struct sjson *document;
    sg_str ret;
    assert_ok(sjson_parse_object(*state, text, NULL, &document));
    struct sg_buf buf = sg_buf_new(*state, 4096, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, name)) {
            sjson_wr_name(&wr, m->name);
            sjson_wr_value(&wr, m);
        }
    }
    if (value != NULL) {
        sjson_wr_member_raw(&wr, name, sg_cstr(value));
    }
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &ret));
    return ret;
}

/* Policy "claims": what the configuration does not have, the client does not add, in whatever member. An id is a name, and not one of ours. */
static void
test_a_client_adds_nothing(void **state)
{
    static const char *const added[][2] = { { "name", "\"Chairman\"" },
        { "description", "{\"@value\":\"may sign alone\",\"@language\":\"en\"}" },
        { "termsOfUse", "{\"type\":\"urn:t\"}" }, { "evidence", "{\"type\":\"urn:t\"}" },
        { "id", "\"" BASE "/status/employees\"" }, { "id", "\"" BASE "\"" } };
    const struct flow_config *config =
        flow_config_find(&configs, SG_LIT("employee_badge_ldp_ecdsa_rdfc"));
    sg_str text = own_document(state, config), issuer;
    const struct sjson *document;
    for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
        sg_str one = with(state, text, added[i][0], added[i][1]);
        sg_result r = offered(state, config, one, false, NOW);
        if (r.code != SG_E_CLAIMS) {
            print_error("%s: %d\n", added[i][0], r.code);
        }
        assert_int_equal(r.code, SG_E_CLAIMS);
    }
    char of_issuer[256];
    assert_ok(sjson_parse_object(*state, text, NULL, &document));
    assert_ok(sjson_member_text(document, "issuer", &issuer));
    snprintf(of_issuer, sizeof(of_issuer), "\"%.*s#key\"", SG_PRINT(issuer));
    assert_refused(offered(state, config, with(state, text, "id", of_issuer), false, NOW), CLAIMS);
    assert_ok(offered(state, config,
        with(state, text, "id", "\"urn:uuid:5b4d2d6e-0000-4000-8000-000000000001\""), false, NOW));
    assert_ok(
        offered(state, config, with(state, text, "id", "\"" BASE "x.example/1\""), false, NOW));
}

/* A list of this issuer says what is revoked: none is signed because a client has it so, under no name (req: PRO-5). */
static void
test_a_client_writes_no_status_list(void **state)
{
#define LIST_SUBJECT                                                                       \
    "{\"id\":\"urn:l\",\"type\":\"BitstringStatusList\",\"statusPurpose\":\"revocation\"," \
    "\"encodedList\":\"uH4sI\"}"
    static const char *const lists[][2] = {
        { "type", "[\"VerifiableCredential\",\"BitstringStatusListCredential\"]" },
        { "type", "[\"VerifiableCredential\",\"https://www.w3.org/ns/credentials/"
                  "status#BitstringStatusListCredential\"]" },
        { "credentialSubject", LIST_SUBJECT },
        { "credentialSubject", "[{\"id\":\"urn:a\"}," LIST_SUBJECT "]" },
        { "credentialSubject",
            "{\"https://www.w3.org/ns/credentials/status#encodedList\":\"uH4sI\"}" },
    };
    struct flow_config config = *flow_config_find(&configs, SG_LIT("employee_badge_ldp_ecdsa_jcs"));
    config.documents = FLOW_DOCUMENTS_ANY;
    sg_str text = own_document(state, &config);
    assert_ok(offered(state, &config, text, false, NOW));
    text = with(state, text, "@context", "[\"https://www.w3.org/ns/credentials/v2\"]");
    text = with(state, text, "type", "[\"VerifiableCredential\"]");
    text = with(state, text, "credentialSubject", "{\"id\":\"urn:a\"}");
    assert_ok(offered(state, &config, text, false, NOW));
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        sg_result r =
            offered(state, &config, with(state, text, lists[i][0], lists[i][1]), false, NOW);
        if (r.code != SG_E_CLAIMS) {
            print_error("list %zu: %d\n", i, r.code);
        }
        assert_int_equal(r.code, SG_E_CLAIMS);
    }
    /* a word of the client's own for it */
    sg_str renamed = with(state, text, "@context",
        "[\"https://www.w3.org/ns/credentials/v2\",{\"Note\":\"https://www.w3.org/ns/credentials/"
        "status#BitstringStatusListCredential\"}]");
    renamed = with(state, renamed, "type", "[\"VerifiableCredential\",\"Note\"]");
    assert_refused(offered(state, &config, renamed, false, NOW), CLAIMS);
}

/* A presentation that the instance signs says nothing in its name that no configuration let pass. */
static void
test_a_presentation_makes_no_claims(void **state)
{
    struct flow_config config =
        *flow_config_find(&configs, SG_LIT("employee_badge_ldp_ecdsa_rdfc"));
    const struct sjson *bare, *issued;
    struct made made;
    sg_str issuer, text;
    make(state, &config, &holder, &made);
    assert_ok(sjson_parse_object(*state, own_document(state, &config), NULL, &bare));
    assert_ok(sjson_parse_object(*state, made.credential, NULL, &issued));
    assert_ok(sjson_member_text(bare, "issuer", &issuer));
    config.documents = FLOW_DOCUMENTS_PRESENTATIONS;
    static const char form[] = "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"],"
                               "\"type\":[\"VerifiablePresentation\"],\"holder\":\"%.*s\","
                               "\"verifiableCredential\":[%.*s]}";
    assert_ok(sg_arena_printf(*state, &text, form, SG_PRINT(issuer), SG_PRINT(issued->source)));
    assert_ok(offered(state, &config, text, true, NOW));
    assert_ok(sg_arena_printf(*state, &text, form, SG_PRINT(issuer), SG_PRINT(bare->source)));
    assert_refused(offered(state, &config, text, true, NOW), CLAIMS);
}

static void
test_times(void **state)
{
    (void)state;
    char text[FLOW_TIME_LEN + 1];
    assert_ok(flow_time_text(0, text));
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    assert_ok(flow_time_text(951782400, text));
    assert_string_equal(text, "2000-02-29T00:00:00Z");
    assert_ok(flow_time_text(253402300799, text));
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    assert_refused(flow_time_text(253402300800, text), VALUE);
    assert_refused(flow_time_text(-1, text), VALUE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_verifies),
        cmocka_unit_test(test_another_signature_does_not),
        cmocka_unit_test(test_evidence_finds_what_was_signed),
        cmocka_unit_test(test_claims_come_back),
        cmocka_unit_test(test_a_holder_named_by_a_did_keeps_the_name),
        cmocka_unit_test(test_an_mdoc_without_a_document_signer_is_refused),
        cmocka_unit_test(test_a_derived_proof_keeps_period_and_status),
        cmocka_unit_test(test_a_life_does_not_begin_later),
        cmocka_unit_test(test_an_issuer_is_an_identifier),
        cmocka_unit_test(test_a_client_adds_nothing),
        cmocka_unit_test(test_a_client_writes_no_status_list),
        cmocka_unit_test(test_a_presentation_makes_no_claims),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
