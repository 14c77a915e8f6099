/* The courier and the forms a list comes in: CWT, Bitstring credentials as vc+jwt and with a proof (req: STA-1, STA-3). */
#include "courier_bed.h"

/* ---- other forms of a list ---- */

static struct wire_status_verdict
ask_type(uint64_t type, sg_str uri, uint64_t idx)
{
    struct wire_status_ask ask = { .n_refs = 1 };
    ask.refs[0] = (struct wire_ref){ type, uri, idx };
    struct wire_status_ask_reply reply = receive_reply(c.signer, send_ask(c.signer, &ask));
    assert_int_equal(reply.n_verdicts, 1);
    return reply.verdicts[0];
}

/* The key for a CWT must come in a certificate, for which a thumbprint rule stands. */
static sg_str
cwt_token(sg_str uri, const sg_bytes *cert)
{
    struct tsl_payload p = { .sub = uri,
        .iat = now_s() - 5,
        .exp = now_s() + 600,
        .ttl = 60,
        .list = { 2, SG_BYTES(RAW) } };
    struct tsl_cwt cwt;
    uint8_t signature[64];
    sg_bytes claims, out;
    assert_ok(tsl_cwt_payload_build(c.arena, &p, &claims));
    assert_ok(tsl_cwt_prepare(
        c.arena, JOSE_ES256, SG_NO_BYTES, cert, cert == NULL ? 0 : 1, claims, &cwt));
    status_sign(&c.pinned, cwt.to_be_signed, signature);
    assert_ok(tsl_cwt_attach(c.arena, &cwt, SG_BYTES(signature), &out));
    return sg_bytes_str(out);
}

static void
test_list_as_cwt(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/cwt");
    sg_bytes cert = status_cert(
        c.arena, &c.pinned, &c.pinned, &(struct status_cert){ "list", "list", false, -60, 600 });
    sg_str token = cwt_token(uri, &cert);
    route("/status/pinned/cwt", M_BODY, token);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    assert_int_equal(ask_one(uri, 1).verdict, WIRE_BAD);
    assert_int_equal(ask_one(uri, 2).value, TSL_SUSPENDED);
    /* a Token Status List says nothing about a purpose */
    struct wire_status_verdict v = ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 0);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_TYPE);

    sg_str other = url("/status/pinned/cwt-other");
    route("/status/pinned/cwt-other", M_BODY, token); /* sub is another list */
    assert_unknown(other, SG_E_VALUE);
    sg_str broken = url("/status/pinned/cwt-broken");
    route("/status/pinned/cwt-broken", M_BODY, sg_str_slice(token, 0, token.n - 1));
    assert_unknown(broken, SG_E_MALFORMED);

    /* a rule with a did:key has the key itself: none need come along */
    sg_str did = url("/status/did/cwt");
    route("/status/did/cwt", M_BODY, cwt_token(did, NULL));
    assert_int_equal(ask_one(did, 0).verdict, WIRE_GOOD);
    sg_str thumbprint = url("/status/pinned/cwt-bare");
    route("/status/pinned/cwt-bare", M_BODY, cwt_token(thumbprint, NULL));
    assert_unknown(thumbprint, SG_E_ISSUER);
}

static sg_str
bitstring_token(sg_str uri, enum bsl_purpose purpose, int64_t until)
{
    uint8_t *raw = sg_arena_alloc(c.arena, 16384);
    sg_bytes text;
    assert_non_null(raw);
    raw[0] = 0x40; /* index 1 */
    struct bsl_payload p = { .id = uri,
        .issuer = SG_LIT("https://issuer.example"),
        .purpose = purpose,
        .list = { 1, sg_bytes_of(raw, 16384) },
        .valid_from = now_s() - 5,
        .valid_until = until,
        .ttl_ms = 60000 };
    assert_ok(bsl_credential_build(c.arena, &p, &text));
    return status_jws(c.arena, &c.pinned, status_header_jwk(c.arena, &c.pinned, BSL_TYP), text);
}

static void
test_bitstring_list(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/bits");
    sg_str token = bitstring_token(uri, BSL_REVOCATION, now_s() + 600);
    struct route *r = route("/status/pinned/bits", M_BODY, token);
    uint8_t sha256[SG_SHA256_LEN];
    sg_sha256(sg_str_bytes(token), sha256);

    struct wire_status_verdict v = ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 0);
    assert_int_equal(v.verdict, WIRE_GOOD);
    assert_true(sg_bytes_equal(v.evidence, SG_BYTES(sha256)));
    assert_in_range(v.good_until_ms - v.fetched_at_ms, 60000, 60000);
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 1).verdict, WIRE_BAD);
    v = ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 131072);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_NOT_FOUND);
    /* it is no list of suspensions, and no token list */
    v = ask_type(WIRE_REF_BITSTRING_SUSPENSION, uri, 0);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_PURPOSE);
    assert_unknown(uri, SG_E_TYPE);
    assert_int_equal(r->hits, 1);

    sg_str refresh = url("/status/pinned/refresh");
    route("/status/pinned/refresh", M_BODY, bitstring_token(refresh, BSL_REFRESH, now_s() + 600));
    v = ask_type(WIRE_REF_BITSTRING_REFRESH, refresh, 1);
    assert_int_equal(v.verdict, WIRE_GOOD);
    assert_int_equal(v.value, 1);
}

/* The same list as a document with a proof by `signer`, under its did:key. `secure`: the suite. */
static sg_str
bitstring_document(sg_str uri, enum di_suite_id suite, const struct status_key *signer)
{
    uint8_t *raw = sg_arena_alloc(c.arena, 16384);
    struct jsonld_contexts *contexts = NULL;
    struct di_proof_options options = { .purpose = SG_LIT("assertionMethod"),
        .created = SG_LIT("2026-01-01T00:00:00Z") };
    struct di_pending pending;
    const struct sjson *v = NULL;
    uint8_t signature[64];
    sg_bytes text;
    sg_str did, document;
    assert_non_null(raw);
    raw[0] = 0x40;
    assert_ok(did_key_of(c.arena, &signer->jwk, &did));
    assert_ok(did_method_of(c.arena, did, &options.verification_method));
    struct bsl_payload p = { .id = uri,
        .issuer = did,
        .purpose = BSL_REVOCATION,
        .list = { 1, sg_bytes_of(raw, 16384) },
        .valid_from = now_s() - 5,
        .valid_until = now_s() + 600 };
    assert_ok(bsl_credential_build(c.arena, &p, &text));
    assert_ok(sjson_parse_object(c.arena, sg_bytes_str(text), NULL, &v));
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts));
    struct di_request request = { .document = v,
        .suite = di_suite_by_id(suite),
        .key = &signer->jwk,
        .options = &options,
        .contexts = contexts };
    assert_ok(di_prepare(c.arena, &request, NULL, &pending));
    status_sign(signer, pending.message, signature);
    assert_ok(di_attach(c.arena, &pending, SG_BYTES(signature), &document));
    jsonld_contexts_free(&contexts);
    return document;
}

static void
test_bitstring_list_with_a_proof(void **state)
{
    (void)state;
    static const struct {
        enum di_suite_id suite;
        const char *path; /* a rule by thumbprint, a rule by did:key */
    } rows[] = { { DI_ECDSA_JCS_2019, "/status/pinned/di-jcs" },
        { DI_ECDSA_RDFC_2019, "/status/pinned/di-rdfc" },
        { DI_ECDSA_RDFC_2019, "/status/did/di-rdfc" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str uri = url(rows[i].path);
        sg_str document = bitstring_document(uri, rows[i].suite, &c.pinned);
        route(rows[i].path, M_BODY, document);
        assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 0).verdict, WIRE_GOOD);
        assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 1).verdict, WIRE_BAD);
    }
    /* a proof that holds, by a key that nobody named; and one that does not hold any more */
    struct status_key other;
    status_key_new(c.arena, &other);
    sg_str foreign = url("/status/pinned/di-foreign");
    route("/status/pinned/di-foreign", M_BODY,
        bitstring_document(foreign, DI_ECDSA_JCS_2019, &other));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, foreign, 0).code, SG_E_ISSUER);
    status_key_done(&other);
    sg_str changed = url("/status/pinned/di-changed");
    sg_str document = bitstring_document(changed, DI_ECDSA_JCS_2019, &c.pinned);
    char *copy = sg_arena_alloc(c.arena, document.n);
    assert_non_null(copy);
    memcpy(copy, document.p, document.n);
    char *purpose = memmem(copy, document.n, "\"validUntil\":\"2", 15);
    assert_non_null(purpose);
    purpose[14] = '3'; /* a thousand years more */
    route("/status/pinned/di-changed", M_BODY, sg_str_of(copy, document.n));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, changed, 0).code, SG_E_SIGNATURE);
    /* an anchor has no say here */
    sg_str anchored = url("/status/unknown/di");
    route("/status/unknown/di", M_BODY, bitstring_document(anchored, DI_ECDSA_JCS_2019, &c.pinned));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, anchored, 0).code, SG_E_ISSUER);
}

/* Who serves a list may not take its end away by another name for it: the statements and so the proof would stay the same. */
static void
test_bitstring_list_without_its_names(void **state)
{
    (void)state;
    static const char v2[] = "\"https://www.w3.org/ns/credentials/v2\"";
    static const char iri[] = "\"https://www.w3.org/2018/credentials#validUntil\"";
    static const char *const paths[] = { "/status/pinned/di-iri", "/status/pinned/di-inline" };
    for (size_t i = 0; i < 2; i++) {
        sg_str uri = url(paths[i]);
        sg_str document = bitstring_document(uri, DI_ECDSA_RDFC_2019, &c.pinned);
        const char *until = memmem(document.p, document.n, "\"validUntil\":", 13);
        const char *context = memmem(document.p, document.n, v2, sizeof(v2) - 1);
        assert_true(until != NULL && context != NULL && context < until);
        struct sg_buf buf = sg_buf_new(c.arena, document.n + 512, (size_t)1 << 20);
        sg_str shown;
        const char *rest = context + sizeof(v2) - 1;
        sg_buf_put_str(&buf, sg_str_of(document.p, (size_t)(rest - document.p)));
        if (i == 1) {
            sg_buf_put_cstr(&buf, ",{\"until\":{\"@id\":");
            sg_buf_put_cstr(&buf, iri);
            sg_buf_put_cstr(&buf, ",\"@type\":\"http://www.w3.org/2001/XMLSchema#dateTime\"}}");
        }
        sg_buf_put_str(&buf, sg_str_of(rest, (size_t)(until - rest)));
        const char *value = until + 13;
        const char *end = memchr(value + 1, '"', 64);
        assert_non_null(end);
        sg_str text = sg_str_of(value, (size_t)(end + 1 - value));
        if (i == 0) {
            sg_buf_put_cstr(&buf, iri);
            sg_buf_put_cstr(
                &buf, ":{\"@type\":\"http://www.w3.org/2001/XMLSchema#dateTime\",\"@value\":");
            sg_buf_put_str(&buf, text);
            sg_buf_put_cstr(&buf, "}");
        } else {
            sg_buf_put_cstr(&buf, "\"until\":");
            sg_buf_put_str(&buf, text);
        }
        sg_buf_put_str(&buf, sg_str_of(end + 1, document.n - (size_t)(end + 1 - document.p)));
        assert_ok(sg_buf_end_str(&buf, &shown));
        route(paths[i], M_BODY, shown);
        /* not SIGNATURE: the proof holds */
        assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, uri, 0).code, SG_E_CONTEXT);
    }
}

static void
test_bitstring_lists_that_say_nothing(void **state)
{
    (void)state;
    sg_str past = url("/status/pinned/bits-past");
    route("/status/pinned/bits-past", M_BODY, bitstring_token(past, BSL_REVOCATION, now_s() - 1));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, past, 0).code, SG_E_EXPIRED);
    sg_str moved = url("/status/pinned/bits-moved");
    route("/status/pinned/bits-moved", M_BODY,
        bitstring_token(url("/status/pinned/bits"), BSL_REVOCATION, now_s() + 600));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, moved, 0).code, SG_E_VALUE);
    sg_str bare = url("/status/pinned/bits-bare"); /* nobody signed it */
    sg_bytes text;
    uint8_t *raw = sg_arena_alloc(c.arena, 16384);
    assert_non_null(raw);
    struct bsl_payload p = { .id = bare,
        .issuer = SG_LIT("did:example:a"),
        .purpose = BSL_REVOCATION,
        .list = { 1, sg_bytes_of(raw, 16384) },
        .valid_from = now_s() - 5,
        .valid_until = now_s() + 600 };
    assert_ok(bsl_credential_build(c.arena, &p, &text));
    route("/status/pinned/bits-bare", M_BODY, sg_bytes_str(text));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, bare, 0).code, SG_E_PROOF_VALUE);
    sg_str foreign = url("/status/unknown/bits");
    route("/status/unknown/bits", M_BODY, bitstring_token(foreign, BSL_REVOCATION, now_s() + 600));
    assert_int_equal(ask_type(WIRE_REF_BITSTRING_REVOCATION, foreign, 0).code, SG_E_ISSUER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list_as_cwt),
        TEST(test_bitstring_list),
        TEST(test_bitstring_list_with_a_proof),
        TEST(test_bitstring_list_without_its_names),
        TEST(test_bitstring_lists_that_say_nothing),
    };
    return run_everywhere(tests, sizeof(tests) / sizeof(tests[0]));
}
