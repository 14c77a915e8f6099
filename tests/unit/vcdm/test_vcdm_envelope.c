/* formats/vcdm: the six envelopes, both ways, and each way to be refused (vc-jose-cose 3, 4, 5). req: FMT-4 */
#include "envelope_make.h"

/* ---- round trips ------------------------------------------------------------------------------------- */

static void
test_round_trips(void **state)
{
    static const enum jose_crv curves[] = { JOSE_P256, JOSE_P384, JOSE_ED25519 };
    size_t n;
    const struct vcdm_media *all = vcdm_media_all(&n);
    for (size_t k = 0; k < 3; k++) {
        struct di_test_key key = di_test_key_of(*state, curves[k], "key");
        for (size_t i = 0; i < n; i++) {
            sg_str document = all[i].presentation ? presentation_of(state, &key, SG_NO_STR)
                                                  : credential_of(state, &key);
            sg_bytes text = sealed(state, seal_of(all[i].envelope, &key, document), &key);
            struct vcdm_verify policy = policy_now();
            struct vcdm_verified v;
            enum vcdm_envelope envelope;
            assert_ok(vcdm_verify(*state, all[i].envelope, text, &policy, NULL, &v));
            assert_true(sjson_equal(v.document, json_of(state, document)));
            assert_ptr_equal(v.media, &all[i]);
            assert_ptr_equal(v.alg, jwk_default_alg(&key.jwk));
            assert_true(sg_str_equal(v.kid, key.method));
            assert_memory_equal(v.key.x, key.jwk.x, key.jwk.coord_len);
            assert_ok(vcdm_envelope_of(*state, text, &envelope));
            assert_int_equal(envelope, all[i].envelope);
            sg_str who = all[i].presentation ? v.presentation.holder : v.credential.issuer;
            assert_true(sg_str_equal(who, key.did));
        }
    }
}

/* What was shown is what is signed: the payload is the document's own bytes, blanks and all. */
static void
test_payload_is_the_document(void **state)
{
    sg_str document = text_of(state, "  %.*s\n", SG_PRINT(credential_of(state, &issuer)));
    static const enum vcdm_envelope plain[] = { VCDM_VC_JWT, VCDM_VC_COSE };
    for (size_t i = 0; i < 2; i++) {
        struct vcdm_seal seal = seal_of(plain[i], &issuer, document);
        struct vcdm_pending pending;
        assert_ok(vcdm_prepare(*state, &seal, NULL, &pending));
        assert_true(sg_bytes_equal(pending.payload, sg_str_bytes(document)));
    }
    struct vcdm_seal seal = seal_of(VCDM_VC_JWT, &issuer, document);
    struct vcdm_pending pending;
    assert_ok(vcdm_prepare(*state, &seal, NULL, &pending));
    struct jws jws;
    sg_bytes text;
    assert_ok(
        vcdm_attach(*state, &pending, di_test_sign(*state, &issuer, pending.to_be_signed), &text));
    assert_ok(jws_parse(*state, sg_bytes_str(text), &jws));
    assert_true(sjson_is_text(sjson_get(jws.header, "typ"), "vc+jwt"));
    assert_true(sjson_is_text(sjson_get(jws.header, "cty"), "vc"));
    assert_true(sjson_is_text(sjson_get(jws.header, "alg"), "ES256"));
    assert_int_equal(jws.header->n, 4);
}

static void
test_cose_headers(void **state)
{
    struct vcdm_seal seal =
        seal_of(VCDM_VP_COSE, &holder, presentation_of(state, &holder, SG_NO_STR));
    struct cose_sign1 cose;
    seal.iss = holder.did;
    seal.iat = NOW;
    seal.exp = NOW + 60;
    seal.aud = SG_LIT("https://verifier.example");
    sg_bytes text = sealed(state, seal, &holder);
    assert_ok(cose_sign1_parse(text, &cose));
    assert_true(cose.tagged);
    assert_str_is(cose.typ, "application/vp+cose");
    assert_str_is(cose.content_type, "application/vp");
    assert_true(sg_bytes_equal(cose.payload, sg_str_bytes(seal.document)));
    assert_true(cose.cwt_claims.n != 0);
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    policy.aud = seal.aud;
    assert_ok(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, NULL, &v));
    policy.aud = SG_LIT("https://other.example");
    assert_named(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, &why, &v), DOMAIN, "aud");
    policy.aud = SG_NO_STR;
    policy.now = NOW + 60;
    assert_named(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, &why, &v), EXPIRED, "exp");
    policy.ignore_exp = true;
    assert_ok(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, NULL, &v));
    policy.now = NOW - 1;
    assert_named(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, &why, &v), NOT_YET, "iat");
    policy.ignore_iat = true;
    assert_ok(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, NULL, &v));
}

/* ---- SD-JWT ------------------------------------------------------------------------------------------ */

#define NAME(s)                                                \
    {                                                          \
        .kind = SDJWT_STEP_NAME, .name = {(s), sizeof(s) - 1 } \
    }

static void
test_selective_disclosure(void **state)
{
    static const struct sdjwt_step name[] = { NAME("credentialSubject"), NAME("name") };
    static const struct sdjwt_step first[] = { NAME("credentialSubject"), NAME("n"),
        { .kind = SDJWT_STEP_INDEX, .index = 0 } };
    static const struct sdjwt_path paths[] = { { name, 2 }, { first, 3 } };
    struct vcdm_seal seal = seal_of(VCDM_VC_SD_JWT, &issuer, credential_of(state, &issuer));
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    struct sdjwt sd;
    seal.sd = paths;
    seal.n_sd = 2;
    seal.decoys_per_object = 2;
    sg_bytes text = sealed(state, seal, &issuer);
    assert_ok(vcdm_verify(*state, VCDM_VC_SD_JWT, text, &policy, NULL, &v));
    assert_true(sjson_equal(v.document, json_of(state, seal.document)));
    assert_ok(sdjwt_parse(*state, sg_bytes_str(text), &sd));
    assert_int_equal(sd.n_disclosures, 2);
    sg_str less;
    assert_ok(sdjwt_select(*state, &sd, NULL, 0, &less));
    assert_ok(vcdm_verify(*state, VCDM_VC_SD_JWT, sg_str_bytes(less), &policy, NULL, &v));
    assert_null(sjson_get(sjson_get(v.document, "credentialSubject"), "name"));
    assert_int_equal(sjson_get(sjson_get(v.document, "credentialSubject"), "n")->n, 1);
}

static void
test_what_validation_needs_is_not_hidden(void **state)
{
    static const char *const never[] = { "@context", "type", "issuer", "credentialStatus",
        "credentialSchema", "relatedResource", "validFrom", "validUntil" };
    struct vcdm_seal seal = seal_of(VCDM_VC_SD_JWT, &issuer, credential_of(state, &issuer));
    struct vcdm_pending pending;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        struct sdjwt_step step = { .kind = SDJWT_STEP_NAME, .name = sg_cstr(never[i]) };
        struct sdjwt_path path = { &step, 1 };
        seal.sd = &path;
        seal.n_sd = 1;
        assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, never[i]);
    }
    struct sdjwt_step nowhere = { .kind = SDJWT_STEP_NAME, .name = SG_LIT("evidence") };
    struct sdjwt_path absent = { &nowhere, 1 };
    seal.sd = &absent;
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "selective disclosure");
    seal.sd = NULL;
    seal.n_sd = 0;
    seal.exp = NOW;
    seal.document = changed(state, seal.document.p, "{\"exp\":1}");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "selective disclosure");
    seal = seal_of(VCDM_VC_SD_JWT, &issuer, credential_of(state, &issuer));
    seal.n_sd = 1;
    struct sdjwt_step all = { .kind = SDJWT_STEP_ALL };
    struct sdjwt_path path = { &all, 1 };
    seal.sd = &path;
    assert_refused(vcdm_prepare(*state, &seal, NULL, &pending), CLAIMS);
    seal.envelope = VCDM_VC_JWT;
    assert_refused(vcdm_prepare(*state, &seal, NULL, &pending), UNSUPPORTED);
}

static sg_bytes
bound_to(void **state, sg_bytes text, const struct di_test_key *key, const char *nonce)
{
    sg_bytes payload;
    sg_str input;
    sg_str kb;
    assert_ok(sdjwt_kb_payload(*state, sg_bytes_str(text), SG_SHA256, SG_LIT("https://v.example"),
        sg_cstr(nonce), NOW, &payload));
    sg_str header =
        text_of(state, "{\"alg\":\"%s\",\"typ\":\"kb+jwt\"}", jwk_default_alg(&key->jwk)->name);
    assert_ok(jws_signing_input(*state, header, payload, &input));
    assert_ok(jws_attach(*state, input, di_test_sign(*state, key, sg_str_bytes(input)), &kb));
    return sg_str_bytes(text_of(state, "%.*s%.*s", SG_PRINT(sg_bytes_str(text)), SG_PRINT(kb)));
}

static void
test_key_binding(void **state)
{
    struct vcdm_seal seal = seal_of(VCDM_VC_SD_JWT, &issuer, credential_of(state, &issuer));
    struct sg_buf buf = sg_buf_new(*state, 0, 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str jwk;
    jwk_write(&wr, &holder.jwk);
    assert_ok(sg_buf_end_str(&buf, &jwk));
    seal.cnf = text_of(state, "{\"jwk\":%.*s}", SG_PRINT(jwk));
    sg_bytes plain = sealed(state, seal, &issuer);
    sg_bytes bound = bound_to(state, plain, &holder, "n");
    struct sdjwt_kb_expect kb = { SG_LIT("https://v.example"), SG_LIT("n"), NOW, 60, 0 };
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    assert_named(
        vcdm_verify(*state, VCDM_VC_SD_JWT, bound, &policy, &why, &v), PROOF, "key binding");
    policy.kb = &kb;
    assert_ok(vcdm_verify(*state, VCDM_VC_SD_JWT, bound, &policy, NULL, &v));
    assert_named(
        vcdm_verify(*state, VCDM_VC_SD_JWT, plain, &policy, &why, &v), PROOF, "key binding");
    assert_refused(vcdm_verify(*state, VCDM_VC_SD_JWT, bound_to(state, plain, &holder, "m"),
                       &policy, NULL, &v),
        PROOF);
    assert_refused(vcdm_verify(*state, VCDM_VC_SD_JWT, bound_to(state, plain, &issuer, "n"),
                       &policy, NULL, &v),
        PROOF);
    sg_bytes jwt = sealed(state, seal_of(VCDM_VC_JWT, &issuer, seal.document), &issuer);
    assert_refused(vcdm_verify(*state, VCDM_VC_JWT, jwt, &policy, NULL, &v), PROOF);
}

/* ---- what is not prepared ---------------------------------------------------------------------------- */

static void
test_prepare_refuses(void **state)
{
    sg_str document = credential_of(state, &issuer);
    struct vcdm_seal good = seal_of(VCDM_VC_JWT, &issuer, document);
    struct vcdm_pending pending;
    struct vcdm_seal seal = good;
    assert_ok(vcdm_prepare(*state, &seal, NULL, &pending));
    seal.document = presentation_of(state, &issuer, SG_NO_STR);
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), VCDM, "type");
    seal.document = SG_LIT("[]");
    assert_refused(vcdm_prepare(*state, &seal, NULL, &pending), TYPE);
    seal.document = SG_LIT("{");
    assert_refused(vcdm_prepare(*state, &seal, NULL, &pending), MALFORMED);
    seal.document = changed(state, document.p, "{\"vc\":{}}");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "vc");
    seal.document = changed(state, document.p, "{\"vp\":{}}");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "vp");
    seal.document = changed(state, document.p, "{\"iss\":\"did:example:other\"}");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "iss");
    seal.document = changed(state, document.p, "{\"jti\":\"urn:uuid:9\"}");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "jti");
    seal.document = changed(state, document.p, "{\"sub\":\"did:example:9\"}");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "sub");
    seal = good;
    seal.iss = holder.did;
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "iss");
    seal = good;
    seal.exp = NOW;
    seal.document = changed(state, document.p, "{\"exp\":1}");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), CLAIMS, "claim");
    seal = good;
    seal.kid = SG_LIT("thumbprint");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), METHOD, "kid");
    seal.iss = issuer.did; /* the controller is a DID: its kid is a DID URL all the same */
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), METHOD, "kid");
    seal.document = changed(state, document.p, "{\"issuer\":\"https://i.example\"}");
    seal.iss = SG_LIT("https://i.example");
    assert_ok(vcdm_prepare(*state, &seal, NULL, &pending));
    seal.iss = SG_NO_STR;
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), METHOD, "kid");
    seal = good;
    seal.alg = NULL;
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), ALGORITHM, "alg");
    seal.alg = jose_alg_by_id(JOSE_RS256);
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), ALGORITHM, "alg");
    seal = good;
    seal.envelope = VCDM_VC_COSE;
    seal.nonce = SG_LIT("1234567"); /* EAT: 8 to 64 bytes */
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), VALUE, "nonce");
    seal.nonce = SG_LIT("12345678901234567890123456789012345678901234567890123456789012345");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), VALUE, "nonce");
    seal.nonce = SG_NO_STR;
    seal.cnf = SG_LIT("{}");
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), UNSUPPORTED, "cnf");
    seal = good;
    seal.cnf = SG_LIT("[]");
    assert_refused(vcdm_prepare(*state, &seal, NULL, &pending), TYPE);
    seal.envelope = (enum vcdm_envelope)0;
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), VALUE, "envelope");
    /* 1.1 is no payload, whatever the rules say of it elsewhere */
    static const struct vcdm_rules old = { .accept_1_1 = true };
    seal = good;
    seal.rules = &old;
    seal.document = SG_LIT(BASE_CREDENTIAL_1_1);
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), VCDM, "@context");
}

static void
test_signature_length(void **state)
{
    struct vcdm_seal seal = seal_of(VCDM_VC_JWT, &issuer, credential_of(state, &issuer));
    struct vcdm_pending pending;
    sg_bytes out;
    uint8_t zeros[65] = { 0 };
    assert_ok(vcdm_prepare(*state, &seal, NULL, &pending));
    assert_refused(vcdm_attach(*state, &pending, SG_NO_BYTES, &out), SIGNATURE);
    assert_refused(vcdm_attach(*state, &pending, sg_bytes_of(zeros, 63), &out), SIGNATURE);
    assert_refused(vcdm_attach(*state, &pending, sg_bytes_of(zeros, 65), &out), SIGNATURE);
    assert_ok(vcdm_attach(*state, &pending, sg_bytes_of(zeros, 64), &out));
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    assert_named(vcdm_verify(*state, VCDM_VC_JWT, out, &policy, &why, &v), SIGNATURE, "signature");
}

/* ---- what does not verify ---------------------------------------------------------------------------- */

static void
test_types_are_strict(void **state)
{
    static const struct {
        const char *typ;
        const char *cty;
        const char *what; /* NULL: fine */
    } rows[] = {
        { ",\"typ\":\"vc+jwt\"", ",\"cty\":\"vc\"", NULL },
        { ",\"typ\":\"vc+jwt\"", "", NULL },
        { ",\"typ\":\"application/vc+jwt\"", ",\"cty\":\"application/vc\"", NULL },
        { "", ",\"cty\":\"vc\"", "typ" },
        { ",\"typ\":\"\"", "", "typ" },
        { ",\"typ\":\"JWT\"", "", "typ" },
        { ",\"typ\":\"vp+jwt\"", "", "typ" },
        { ",\"typ\":\"vc+sd-jwt\"", "", "typ" },
        { ",\"typ\":\"VC+JWT\"", "", "typ" },
        { ",\"typ\":\"vc+jwt\"", ",\"cty\":\"vp\"", "cty" },
        { ",\"typ\":\"vc+jwt\"", ",\"cty\":\"bad+cty\"", "cty" },
        { ",\"typ\":\"vc+jwt\"", ",\"cty\":\"\"", "cty" },
        { ",\"typ\":\"vc+jwt\"", ",\"cty\":7", "cty" },
    };
    sg_str document = credential_of(state, &issuer);
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str header = header_with(state, rows[i].typ, rows[i].cty, issuer.method);
        sg_bytes text = jws_by_hand(state, header.p, document);
        if (rows[i].what == NULL) {
            assert_ok(vcdm_verify(*state, VCDM_VC_JWT, text, &policy, NULL, &v));
        } else {
            assert_named(
                vcdm_verify(*state, VCDM_VC_JWT, text, &policy, &why, &v), TYPE, rows[i].what);
        }
    }
    policy.accept_no_typ = true;
    sg_str header = header_with(state, "", "", issuer.method);
    assert_ok(vcdm_verify(
        *state, VCDM_VC_JWT, jws_by_hand(state, header.p, document), &policy, NULL, &v));
}

/* Claims in the payload of a well-signed credential. */
static void
test_claims(void **state)
{
    static const struct {
        const char *change;
        enum sg_code code;
        const char *what;
    } rows[] = {
        { "{\"exp\":1700000001,\"iat\":1700000000,\"nbf\":1699999999.5}", SG_OK, NULL },
        { "{\"jti\":\"urn:uuid:1\",\"sub\":\"did:example:sub\",\"unknown\":1}", SG_OK, NULL },
        { "{\"aud\":[\"a\",\"b\"]}", SG_OK, NULL },
        { "{\"vc\":{}}", SG_E_CLAIMS, "vc" },
        { "{\"vp\":1}", SG_E_CLAIMS, "vp" },
        { "{\"iss\":\"did:example:other\"}", SG_E_CLAIMS, "iss" },
        { "{\"iss\":5}", SG_E_CLAIMS, "iss" },
        { "{\"jti\":\"urn:uuid:7\"}", SG_E_CLAIMS, "jti" },
        { "{\"jti\":[]}", SG_E_CLAIMS, "jti" },
        { "{\"sub\":\"did:example:7\"}", SG_E_CLAIMS, "sub" },
        { "{\"aud\":[1]}", SG_E_CLAIMS, "aud" },
        { "{\"exp\":1700000000}", SG_E_EXPIRED, "exp" },
        { "{\"exp\":\"2024-12-17\"}", SG_E_CLAIMS, "exp" },
        { "{\"nbf\":1700000001}", SG_E_NOT_YET, "nbf" },
        { "{\"iat\":1700000001}", SG_E_NOT_YET, "iat" },
        { "{\"iat\":\"2010-01-01T19:23:24Z\"}", SG_E_CLAIMS, "iat" },
        { "{\"validFrom\":\"2023-11-14T22:13:21Z\"}", SG_E_NOT_YET, "validFrom" },
        { "{\"validUntil\":\"2023-11-14T22:13:19Z\"}", SG_E_EXPIRED, "validUntil" },
        { "{\"credentialSubject\":{}}", SG_E_VCDM, "credentialSubject" },
    };
    sg_str document = credential_of(state, &issuer);
    sg_str header = header_with(state, ",\"typ\":\"vc+jwt\"", "", issuer.method);
    struct vcdm_verify policy = policy_now();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        struct vcdm_verified v;
        sg_str payload = changed(state, document.p, rows[i].change);
        sg_bytes text = jws_by_hand(state, header.p, payload);
        sg_result r = vcdm_verify(*state, VCDM_VC_JWT, text, &policy, &why, &v);
        if (r.code != rows[i].code ||
            (rows[i].what != NULL && strcmp(why.what, rows[i].what) != 0)) {
            fail_msg("%s: %d %s", rows[i].change, (int)r.code, why.what);
        }
    }
    struct sg_why twice = { 0 };
    struct vcdm_verified none;
    sg_bytes doubled = jws_by_hand(state, header.p, SG_LIT("{\"a\":1,\"a\":2}"));
    assert_refused(vcdm_verify(*state, VCDM_VC_JWT, doubled, &policy, &twice, &none), DUPLICATE);
    assert_string_equal(twice.what, "application/vc+jwt");
    /* the suite's fixtures: an iat that is text, an exp in the past (tests 6, 7, 8) */
    struct vcdm_verified v;
    policy.ignore_iat = policy.ignore_exp = policy.ignore_nbf = policy.ignore_period = true;
    sg_str odd = changed(state, document.p,
        "{\"iat\":\"2010-01-01T19:23:24Z\",\"exp\":1,\"nbf\":1e300,\"validUntil\":\"2020-01-01T00:"
        "00:00Z\"}");
    assert_ok(
        vcdm_verify(*state, VCDM_VC_JWT, jws_by_hand(state, header.p, odd), &policy, NULL, &v));
}

static void
test_keys(void **state)
{
    sg_str document = credential_of(state, &issuer);
    struct di_test_key other = di_test_key_of(*state, JOSE_P256, "other");
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    sg_str header = header_with(state, ",\"typ\":\"vc+jwt\"", "", other.method);
    assert_named(
        vcdm_verify(*state, VCDM_VC_JWT, jws_by_hand(state, header.p, document), &policy, &why, &v),
        ISSUER, "controller");
    header = header_with(state, ",\"typ\":\"vc+jwt\"", "", SG_LIT("thumbprint"));
    sg_bytes thumbprint = jws_by_hand(state, header.p, document);
    assert_named(vcdm_verify(*state, VCDM_VC_JWT, thumbprint, &policy, &why, &v), METHOD, "kid");
    policy.accept_any_kid = true; /* the callback has no way with it either */
    assert_named(vcdm_verify(*state, VCDM_VC_JWT, thumbprint, &policy, &why, &v), METHOD, "kid");
    policy = policy_now();
    header = header_with(state, ",\"typ\":\"vc+jwt\"", "", SG_LIT("did:web:i.example#k"));
    assert_refused(
        vcdm_verify(*state, VCDM_VC_JWT, jws_by_hand(state, header.p, document), &policy, NULL, &v),
        NOT_FOUND);
    struct vcdm_cid jwk_only = { .now = NOW, .json_web_key_only = true };
    policy.key_arg = &jwk_only;
    sg_bytes good = sealed(state, seal_of(VCDM_VC_JWT, &issuer, document), &issuer);
    assert_named(vcdm_verify(*state, VCDM_VC_JWT, good, &policy, &why, &v), METHOD,
        "verification method type");
    /* the right key, another algorithm said */
    policy = policy_now();
    sg_str lie = text_of(
        state, "{\"alg\":\"EdDSA\",\"typ\":\"vc+jwt\",\"kid\":\"%.*s\"}", SG_PRINT(issuer.method));
    assert_refused(
        vcdm_verify(*state, VCDM_VC_JWT, jws_by_hand(state, lie.p, document), &policy, NULL, &v),
        ALGORITHM);
    sg_bytes none = sg_str_bytes(text_of(state, "eyJhbGciOiJub25lIn0.e30."));
    assert_named(
        vcdm_verify(*state, VCDM_VC_JWT, none, &policy, &why, &v), ALGORITHM, "application/vc+jwt");
}

/* A controlled identifier document says what a method may be used for, and until when. */
static void
test_controlled_identifier_documents(void **state)
{
    struct di_test_key key = di_test_key_of(*state, JOSE_P256, "web");
    struct sg_buf buf = sg_buf_new(*state, 0, 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str jwk;
    jwk_write(&wr, &key.jwk);
    assert_ok(sg_buf_end_str(&buf, &jwk));
    static const struct {
        const char *relationship;
        const char *more;
        enum sg_code code;
        const char *what;
    } rows[] = {
        { "assertionMethod", "", SG_OK, NULL },
        { "authentication", "", SG_E_METHOD, CID_BAD_RELATIONSHIP },
        { "assertionMethod", ",\"expires\":\"2020-01-01T00:00:00Z\"", SG_E_KEY_STATE, "expires" },
        { "assertionMethod", ",\"revoked\":\"2020-01-01T00:00:00Z\"", SG_E_KEY_STATE, "revoked" },
        { "assertionMethod", ",\"expires\":\"2040-01-01T00:00:00Z\"", SG_OK, NULL },
    };
    sg_str document =
        changed(state, credential_of(state, &key).p, "{\"issuer\":\"https://i.example\"}");
    struct vcdm_seal seal = seal_of(VCDM_VC_JWT, &key, document);
    seal.kid = SG_LIT("https://i.example#k1");
    sg_bytes text = sealed(state, seal, &key);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cid_document cid = { SG_LIT("https://i.example"),
            text_of(state,
                "{\"@context\":\"https://www.w3.org/ns/cid/v1\",\"id\":\"https://"
                "i.example\",\"verificationMethod\":[{"
                "\"id\":\"https://i.example#k1\",\"type\":\"JsonWebKey\",\"controller\":\"https://"
                "i.example\","
                "\"publicKeyJwk\":%.*s%s}],\"%s\":[\"https://i.example#k1\"]}",
                SG_PRINT(jwk), rows[i].more, rows[i].relationship) };
        struct cid_table table = { &cid, 1 };
        struct cid_resolver resolver = cid_resolver_of(&table);
        struct vcdm_cid arg = { .resolver = &resolver, .now = NOW, .json_web_key_only = true };
        struct vcdm_verify policy = policy_now();
        struct vcdm_verified v;
        struct sg_why why = { 0 };
        policy.key_arg = &arg;
        sg_result r = vcdm_verify(*state, VCDM_VC_JWT, text, &policy, &why, &v);
        if (r.code != rows[i].code || (r.code != SG_OK && strcmp(why.what, rows[i].what) != 0)) {
            fail_msg("row %zu: %d %s", i, (int)r.code, why.what);
        }
    }
}

static void
test_other_families_do_not_parse(void **state)
{
    size_t n;
    const struct vcdm_media *all = vcdm_media_all(&n);
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    for (size_t i = 0; i < n; i++) {
        sg_str document = all[i].presentation ? presentation_of(state, &issuer, SG_NO_STR)
                                              : credential_of(state, &issuer);
        sg_bytes text = sealed(state, seal_of(all[i].envelope, &issuer, document), &issuer);
        for (size_t k = 0; k < n; k++) {
            struct sg_why why = { 0 };
            sg_result r = vcdm_verify(*state, all[k].envelope, text, &policy, &why, &v);
            assert_int_equal(sg_ok(r), i == k);
            assert_true(i == k || why.what != NULL);
        }
    }
    assert_refused(
        vcdm_verify(*state, (enum vcdm_envelope)0, SG_BYTES("x"), &policy, NULL, &v), VALUE);
}

/* A number as typ or cty (CoAP content formats) is not an absent one. */
static void
test_cose_numbers_as_types(void **state)
{
    static const uint8_t labels[] = { COSE_CONTENT_TYPE, COSE_TYP };
    static const char *const what[] = { "cty", "typ" };
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    policy.accept_no_typ = true;
    sg_str document = credential_of(state, &issuer);
    struct cose_headers headers = { .alg = jose_alg_by_id(JOSE_ES256) };
    for (size_t i = 0; i < 2; i++) {
        struct sg_buf buf = sg_buf_new(*state, 0, 1024);
        sg_bytes protected_bstr;
        sg_bytes tbs;
        sg_bytes text;
        dcbor_wr_map(&buf, 3);
        dcbor_wr_uint(&buf, COSE_ALG);
        dcbor_wr_nint(&buf, 6);
        if (labels[i] < COSE_KID) {
            dcbor_wr_key_uint(&buf, labels[i], 50);
        }
        dcbor_wr_key_bytes(&buf, COSE_KID, sg_str_bytes(issuer.method));
        if (labels[i] > COSE_KID) {
            dcbor_wr_key_uint(&buf, labels[i], 50);
        }
        assert_ok(sg_buf_end(&buf, &protected_bstr));
        assert_ok(
            cose_to_be_signed(*state, protected_bstr, SG_NO_BYTES, sg_str_bytes(document), &tbs));
        assert_ok(cose_sign1_encode(*state, &headers, protected_bstr, sg_str_bytes(document),
            di_test_sign(*state, &issuer, tbs), true, &text));
        assert_named(vcdm_verify(*state, VCDM_VC_COSE, text, &policy, &why, &v), TYPE, what[i]);
    }
}

/* A vc+cose with these CWT claims (CBOR). */
static sg_bytes
cose_by_hand(void **state, sg_bytes cwt)
{
    sg_bytes document = sg_str_bytes(credential_of(state, &issuer));
    struct cose_headers headers = { .alg = jose_alg_by_id(JOSE_ES256),
        .typ = SG_LIT("application/vc+cose"),
        .kid = sg_str_bytes(issuer.method),
        .cwt_claims = cwt };
    sg_bytes protected_bstr;
    sg_bytes tbs;
    sg_bytes out;
    assert_ok(cose_protected(*state, &headers, &protected_bstr));
    assert_ok(cose_to_be_signed(*state, protected_bstr, SG_NO_BYTES, document, &tbs));
    assert_ok(cose_sign1_encode(*state, &headers, protected_bstr, document,
        di_test_sign(*state, &issuer, tbs), true, &out));
    return out;
}

/* Encoded by hand: RFC 8949 3; labels of RFC 8392 4. 1700000000 is 1a6553f100. */
static void
test_cwt_claims(void **state)
{
    static const struct {
        const char *hex;
        enum sg_code code;
        const char *what;
    } rows[] = {
        { "a1041a6553f101", SG_OK, NULL },                              /* exp, one second left */
        { "a104fb41d954fc40200000", SG_OK, NULL },                      /* 1700000000.5 */
        { "a2036161061a6553f100", SG_OK, NULL },                        /* aud "a", iat */
        { "a1038261616162", SG_OK, NULL },                              /* aud ["a", "b"] */
        { "a1024f6469643a6578616d706c653a737562", SG_E_CLAIMS, "sub" }, /* bytes */
        { "a1026f6469643a6578616d706c653a737562", SG_OK, NULL },        /* did:example:sub */
        { "a1026f6469643a6578616d706c653a627573", SG_E_CLAIMS, "sub" },
        { "a1016161", SG_E_CLAIMS, "iss" }, { "a10160", SG_E_CLAIMS, "iss" },
        { "a10301", SG_E_CLAIMS, "aud" }, { "a1038101", SG_E_CLAIMS, "aud" },
        { "a1041a6553f100", SG_E_EXPIRED, "exp" },
        { "a104f97e00", SG_E_EXPIRED, "exp" }, /* not a number: no comparison holds */
        { "a105f97e00", SG_E_NOT_YET, "nbf" }, { "a106f97c00", SG_E_NOT_YET, "iat" }, /* infinity */
        { "a1051a6553f101", SG_E_NOT_YET, "nbf" }, { "a1046161", SG_E_CLAIMS, "exp" },
        { "a104c11a6553f101", SG_E_CLAIMS, "exp" }, /* tag 1 is left out in CWT */
        { "80", SG_E_TYPE, NULL },                  /* no map */
    };
    struct vcdm_verify policy = policy_now();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        struct vcdm_verified v;
        sg_bytes text = cose_by_hand(state, support_hex(*state, rows[i].hex));
        sg_result r = vcdm_verify(*state, VCDM_VC_COSE, text, &policy, &why, &v);
        if (r.code != rows[i].code ||
            (rows[i].what != NULL && strcmp(why.what, rows[i].what) != 0)) {
            fail_msg("%s: %d %s", rows[i].hex, (int)r.code, why.what);
        }
    }
    sg_bytes many =
        support_hex(*state, "a10391"
                            "61616161616161616161616161616161616161616161616161616161616161616161");
    struct vcdm_verified v;
    assert_refused(
        vcdm_verify(*state, VCDM_VC_COSE, cose_by_hand(state, many), &policy, NULL, &v), TOO_LARGE);
}

/* A nonce stands in claim 10 as bytes (RFC 9711 4.1), for a presentation in COSE as for one in JOSE. */
static void
test_cose_answers_a_nonce(void **state)
{
    struct vcdm_seal seal =
        seal_of(VCDM_VP_COSE, &issuer, presentation_of(state, &issuer, SG_NO_STR));
    seal.aud = SG_LIT("https://verifier.example");
    seal.nonce = SG_LIT("n-0S6_WzA2Mj");
    seal.iat = NOW;
    sg_bytes text = sealed(state, seal, &issuer);
    /* 0a 4c "n-0S6_WzA2Mj" by hand */
    sg_bytes claim = support_hex(*state, "0a4c6e2d3053365f577a41324d6a");
    assert_non_null(memmem(text.p, text.n, claim.p, claim.n));
    struct vcdm_verify policy = policy_now();
    struct vcdm_verified v;
    policy.aud = seal.aud;
    policy.nonce = seal.nonce;
    assert_ok(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, NULL, &v));
    policy.nonce = SG_LIT("n-0S6_WzA2Mk");
    assert_named(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, &why, &v), CHALLENGE, "nonce");
    seal.nonce = SG_NO_STR;
    text = sealed(state, seal, &issuer);
    assert_named(vcdm_verify(*state, VCDM_VP_COSE, text, &policy, &why, &v), CHALLENGE, "nonce");
}

/* Certificates go along, leaf first, and are signed over; what they say is the key callback's affair. */
static void
test_certificates(void **state)
{
    const sg_bytes chain[] = { { (const uint8_t *)"leaf", 4 }, { (const uint8_t *)"ca", 2 } };
    struct vcdm_seal seal = seal_of(VCDM_VC_JWT, &issuer, credential_of(state, &issuer));
    struct vcdm_pending pending;
    struct jws jws;
    struct cose_sign1 cose;
    seal.x5chain = chain;
    seal.n_x5chain = 2;
    assert_ok(jws_parse(*state, sg_bytes_str(sealed(state, seal, &issuer)), &jws));
    const struct sjson *x5c = sjson_get(jws.header, "x5c");
    assert_int_equal(x5c->n, 2);
    assert_true(sjson_is_text(sjson_at(x5c, 0), "bGVhZg=="));
    assert_true(sjson_is_text(sjson_at(x5c, 1), "Y2E="));
    seal.envelope = VCDM_VC_COSE;
    sg_bytes text = sealed(state, seal, &issuer);
    assert_ok(cose_sign1_parse(text, &cose));
    assert_int_equal(cose.n_x5chain, 2);
    assert_true(sg_bytes_equal(cose.x5chain[0], chain[0]));
    assert_true(sg_bytes_equal(cose.unprotected, SG_BYTES(((const uint8_t[]){ 0xa0 }))));
    seal.n_x5chain = COSE_X5CHAIN_MAX + 1;
    assert_named(vcdm_prepare(*state, &seal, &why, &pending), TOO_LARGE, "x5chain");
}

/* Memory that ends anywhere is a refusal, never half an object. */
static void
test_small_arenas(void **state)
{
    for (unsigned e = VCDM_VC_JWT; e <= VCDM_VP_COSE; e++) {
        bool vp = vcdm_media((enum vcdm_envelope)e)->presentation;
        sg_str document =
            vp ? presentation_of(state, &issuer, SG_NO_STR) : credential_of(state, &issuer);
        struct vcdm_seal seal = seal_of((enum vcdm_envelope)e, &issuer, document);
        sg_bytes text = sealed(state, seal, &issuer);
        struct sdjwt_random random = counted_random(state, 1024);
        struct vcdm_verify policy = policy_now();
        bool prepared = false;
        bool verified = false;
        for (size_t max = 512; !prepared || !verified; max += 256) {
            assert_true(max < 1 << 20);
            struct sg_arena *small = sg_arena_new(128, max);
            struct vcdm_pending pending;
            struct vcdm_verified v;
            if (small == NULL) {
                continue;
            }
            random.used = 0;
            seal.random = &random;
            sg_result r = vcdm_prepare(small, &seal, NULL, &pending);
            assert_true(
                r.code == (prepared ? SG_OK : r.code) && (sg_ok(r) || r.code == SG_E_NO_MEMORY));
            prepared = sg_ok(r);
            sg_arena_reset(small);
            r = vcdm_verify(small, (enum vcdm_envelope)e, text, &policy, NULL, &v);
            assert_true(sg_ok(r) || r.code == SG_E_NO_MEMORY);
            verified = sg_ok(r);
            sg_arena_free(&small);
        }
    }
}

/* ---- telling them apart ------------------------------------------------------------------------------ */

static void
test_envelope_of_others(void **state)
{
    enum vcdm_envelope e;
    assert_refused(vcdm_envelope_of(*state, SG_NO_BYTES, &e), MALFORMED);
    assert_refused(vcdm_envelope_of(*state, SG_BYTES("abc"), &e), MALFORMED);
    assert_refused(vcdm_envelope_of(*state, SG_BYTES("\xd2\x84"), &e), MALFORMED);
    sg_bytes jwt = jws_by_hand(state, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", SG_LIT("{}"));
    assert_refused(vcdm_envelope_of(*state, jwt, &e), TYPE);
    sg_bytes odd = jws_by_hand(state, "{\"alg\":\"ES256\",\"typ\":\"vc+jwt\"}", SG_LIT("{}"));
    sg_str tilde = text_of(state, "%.*s~", SG_PRINT(sg_bytes_str(odd)));
    assert_refused(vcdm_envelope_of(*state, sg_str_bytes(tilde), &e), TYPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_round_trips),
        TEST(test_payload_is_the_document),
        TEST(test_cose_headers),
        TEST(test_selective_disclosure),
        TEST(test_what_validation_needs_is_not_hidden),
        TEST(test_key_binding),
        TEST(test_prepare_refuses),
        TEST(test_signature_length),
        TEST(test_types_are_strict),
        TEST(test_claims),
        TEST(test_keys),
        TEST(test_controlled_identifier_documents),
        TEST(test_other_families_do_not_parse),
        TEST(test_cose_numbers_as_types),
        TEST(test_cwt_claims),
        TEST(test_cose_answers_a_nonce),
        TEST(test_certificates),
        TEST(test_small_arenas),
        TEST(test_envelope_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
