/*
 * Shared vectors, suite iso18013-5 (Annex D and its one-byte edits, isomdl's small structures) and openid4vp/handover.json. Not run: session encryption and reader authentication (annex-d session_*, sk_*,
 * reader_auth, items_request, negative case reader-signature-changed): proximity and DeviceRequest are not built, only OpenID4VP is.
 */
#include "mdoc.h"
#include "support.h"

#define IN_2020 1606000000 /* 2020-11-21; Annex D is valid from 2020-10-01 for a year */

static const struct sjson *
load(struct sg_arena *arena, const char *relative)
{
    const struct sjson *v;
    sg_bytes content = support_file(arena, support_vector_path(arena, relative));
    assert_ok(sjson_parse(arena, sg_bytes_str(content), NULL, &v));
    return v;
}

static sg_str
text_of(const struct sjson *v, const char *name)
{
    sg_str text = SG_NO_STR;
    assert_ok(sjson_member_text(v, name, &text));
    return text;
}

static sg_bytes
hex_of(struct sg_arena *arena, const struct sjson *v, const char *name)
{
    sg_bytes bytes;
    assert_ok(sg_hex_decode(arena, text_of(v, name), &bytes));
    return bytes;
}

static void
assert_same(sg_bytes got, sg_bytes want)
{
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p, want.p, want.n);
}

struct annex_d {
    const struct sjson *hex;
    const struct sjson *derived;
    const struct sjson *expectations;
    sg_bytes response;
    sg_bytes ds;
    struct mdoc_trust trust;
    struct mdoc_device_check device;
};

static void
annex_d_load(struct sg_arena *arena, struct annex_d *d)
{
    const struct sjson *file = load(arena, "iso18013-5/annex-d.json");
    d->hex = sjson_get(file, "hex");
    d->derived = sjson_get(file, "derived_and_checked_here");
    d->expectations = sjson_get(file, "expectations");
    d->response = hex_of(arena, d->hex, "device_response");
    d->ds = hex_of(arena, d->hex, "ds_cert");
    /* the IACA of Annex D is not published with it: the document signer is pinned */
    d->trust = (struct mdoc_trust){ .anchors = &d->ds, .n_anchors = 1, .at = IN_2020 };
    d->device = (struct mdoc_device_check){ .transcript =
                                                hex_of(arena, d->derived, "session_transcript_hex"),
        .reader_key = hex_of(arena, d->hex, "ephemeral_reader_key_d").p };
}

static sg_result
verify(struct sg_arena *arena, const struct annex_d *d, sg_bytes response, struct sg_why *why,
    struct mdoc_verified *ret)
{
    struct mdoc_response parsed;
    SG_TRY(mdoc_response_parse(response, why, &parsed));
    SG_REQUIRE(parsed.n_documents == 1, MDOC);
    return mdoc_document_verify(arena, &parsed.documents[0], &d->trust, &d->device, why, ret);
}

static void
test_annex_d_verifies(void **state)
{
    struct annex_d d;
    struct mdoc_verified v;
    struct sg_why why = { 0 };
    annex_d_load(*state, &d);
    sg_result r = verify(*state, &d, d.response, &why, &v);
    if (!sg_ok(r)) {
        fail_msg("%s: %s", sg_code_row(r.code)->name, why.what);
    }
    assert_true(sg_str_equal(v.mso.doc_type, text_of(d.expectations, "doc_type")));
    assert_int_equal(v.mso.signed_at, 1601559002); /* 2020-10-01T13:30:02Z */
    assert_int_equal(v.mso.valid_from, 1601559002);
    assert_int_equal(v.mso.valid_until, 1633095002);
    assert_str_is(v.ds.country, "US");
    assert_int_equal(v.mso.status.kind, MDOC_STATUS_NONE);
    assert_same(sg_bytes_of(v.mso.device_key.x, 32), hex_of(*state, d.hex, "static_device_key_x"));
    const struct sjson *names =
        sjson_get(sjson_get(d.expectations, "disclosed"), "org.iso.18013.5.1");
    assert_int_equal(v.n_elements, names->n);
    for (size_t i = 0; i < v.n_elements; i++) {
        assert_true(sg_str_equal(v.elements[i].identifier, sjson_at(names, i)->text));
    }
    assert_str_is(v.elements[0].json, "\"Doe\"");
    assert_str_is(v.elements[1].json, "\"2019-10-20\"");
    assert_int_equal(v.n_device_signed, 0);
}

/* Every digest that the standard prints stands in the MSO under its id. */
static void
test_annex_d_digests(void **state)
{
    struct annex_d d;
    struct mdoc_verified v;
    size_t n = 0;
    annex_d_load(*state, &d);
    assert_ok(verify(*state, &d, d.response, NULL, &v));
    const struct sjson *spaces = sjson_get(d.expectations, "value_digests");
    for (const struct sjson *ns = spaces->first; ns != NULL; ns = ns->next) {
        struct dcbor_item map;
        assert_ok(dcbor_item_find_str(&v.mso.value_digests, ns->name, &map));
        assert_int_equal(map.value, ns->n);
        for (const struct sjson *row = ns->first; row != NULL; row = row->next, n++) {
            struct dcbor_item digest;
            uint64_t id;
            sg_bytes want;
            assert_ok(sg_u64_parse(row->name, &id));
            assert_ok(sg_hex_decode(*state, row->text, &want));
            assert_ok(dcbor_item_find(&map, (int64_t)id, &digest));
            assert_same(digest.content, want);
        }
    }
    assert_int_equal(n, 17);
}

static void
test_annex_d_intermediate_values(void **state)
{
    static const uint8_t none[] = { 0xd8, 0x18, 0x41, 0xa0 };
    struct annex_d d;
    struct jwk key = { .kty = JOSE_KTY_EC, .crv = JOSE_P256, .coord_len = 32 };
    uint8_t shared[32];
    uint8_t mac_key[32];
    uint8_t tag[32];
    sg_bytes got;
    struct mdoc_response parsed;
    struct cose_sign1 auth;
    annex_d_load(*state, &d);
    memcpy(key.x, hex_of(*state, d.hex, "static_device_key_x").p, 32);
    memcpy(key.y, hex_of(*state, d.hex, "static_device_key_y").p, 32);
    assert_ok(mdoc_ecdh(d.device.reader_key, &key, shared));
    assert_ok(mdoc_mac_key(*state, SG_BYTES(shared), d.device.transcript, mac_key));
    assert_same(SG_BYTES(mac_key), hex_of(*state, d.derived, "emac_key_hex"));
    assert_ok(mdoc_device_authentication(
        *state, d.device.transcript, text_of(d.expectations, "doc_type"), SG_BYTES(none), &got));
    assert_same(got, hex_of(*state, d.derived, "device_authentication_bytes_hex"));
    assert_ok(cose_to_be_maced(*state, support_hex(*state, "a10105"), SG_NO_BYTES, got, &got));
    assert_same(got, hex_of(*state, d.derived, "mac_structure_hex"));
    sg_hmac_sha256(SG_BYTES(mac_key), got, tag);
    assert_same(SG_BYTES(tag), hex_of(*state, d.derived, "device_mac_tag_hex"));
    assert_ok(mdoc_response_parse(d.response, NULL, &parsed));
    struct dcbor_item issuer_signed;
    struct dcbor_item issuer_auth;
    assert_ok(dcbor_item_open(parsed.documents[0].issuer_signed, 16, 1000, &issuer_signed));
    assert_ok(dcbor_item_find_text(&issuer_signed, "issuerAuth", &issuer_auth));
    assert_ok(cose_sign1_parse(issuer_auth.raw, &auth));
    assert_same(auth.payload, hex_of(*state, d.derived, "mso_bytes_hex"));
    assert_ok(cose_to_be_signed(*state, auth.protected_bstr, SG_NO_BYTES, auth.payload, &got));
    assert_same(got, hex_of(*state, d.derived, "issuer_auth_sig_structure_hex"));
    /* the ECDH the other way round: the device's private key with the reader's public one */
    uint8_t again[32];
    memcpy(key.x, hex_of(*state, d.hex, "ephemeral_reader_key_x").p, 32);
    memcpy(key.y, hex_of(*state, d.hex, "ephemeral_reader_key_y").p, 32);
    assert_ok(mdoc_ecdh(hex_of(*state, d.hex, "static_device_key_d").p, &key, again));
    assert_memory_equal(again, shared, 32);
}

/* case, code, and the words */
static const struct {
    const char *id;
    enum sg_code code;
    const char *what;
} negatives[] = {
    { "item-value-changed", SG_E_DISCLOSURE, "item: its digest is not the MSO's" },
    { "issuer-signature-changed", SG_E_SIGNATURE, "issuerAuth: the signature does not verify" },
    { "device-mac-changed", SG_E_PROOF, "deviceMac: does not verify" },
    { "reader-signature-changed", SG_OK, NULL }, /* listed above: a DeviceRequest is not read */
};

static void
test_annex_d_negative_cases(void **state)
{
    struct annex_d d;
    annex_d_load(*state, &d);
    const struct sjson *cases =
        sjson_get(load(*state, "iso18013-5/annex-d-negative.json"), "cases");
    assert_int_equal(cases->n, sizeof(negatives) / sizeof(negatives[0]));
    for (size_t i = 0; i < cases->n; i++) {
        const struct sjson *c = sjson_at(cases, i);
        struct mdoc_verified v;
        struct sg_why why = { 0 };
        sg_bytes copy;
        int64_t offset;
        assert_true(sg_str_is(text_of(c, "id"), negatives[i].id));
        if (negatives[i].what == NULL) {
            continue;
        }
        assert_true(sg_str_is(text_of(c, "base"), "device_response"));
        assert_ok(sg_arena_bytes(*state, d.response, &copy));
        assert_ok(sjson_member_int(c, "offset", &offset));
        uint8_t *at = (uint8_t *)(uintptr_t)copy.p + offset;
        assert_int_equal(*at, hex_of(*state, c, "original").p[0]);
        *at = hex_of(*state, c, "replace").p[0];
        sg_result r = verify(*state, &d, copy, &why, &v);
        support_assert_code(r, negatives[i].code, negatives[i].id, __FILE__, __LINE__);
        assert_string_equal(why.what, negatives[i].what);
    }
}

static void
test_annex_d_outside_its_time(void **state)
{
    struct annex_d d;
    struct mdoc_verified v;
    annex_d_load(*state, &d);
    d.trust.at = 1700000000;
    assert_refused(verify(*state, &d, d.response, NULL, &v), EXPIRED);
    d.trust.at = 1600000000;
    assert_refused(verify(*state, &d, d.response, NULL, &v), NOT_YET);
    d.trust.at = IN_2020;
    d.trust.n_anchors = 0;
    assert_refused(verify(*state, &d, d.response, NULL, &v), ISSUER);
    d.trust.n_anchors = 1;
    d.trust.doc_type = SG_LIT("org.iso.23220.1");
    assert_refused(verify(*state, &d, d.response, NULL, &v), VALUE);
    d.trust.doc_type = SG_NO_STR;
    d.device.reader_key = NULL;
    assert_refused(verify(*state, &d, d.response, NULL, &v), UNSUPPORTED);
}

static void
test_isomdl_structures(void **state)
{
    const struct sjson *file = load(*state, "iso18013-5/isomdl-structures.json");
    /* the key of RFC 8152 C.7.1 "11", whose d the file gives */
    sg_bytes public_key =
        support_hex(*state, "a4010220012158"
                            "20bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"
                            "225820"
                            "20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e");
    struct cose_sign1 object;
    struct jwk jwk;
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    sg_bytes bytes;
    assert_ok(cose_key_parse(public_key, &jwk));
    assert_ok(jwk_key_new(&jwk, &key));
    assert_ok(
        cose_sign1_parse(hex_of(*state, sjson_get(file, "cose_sign1"), "serialized_hex"), &object));
    assert_ok(cose_sign1_verify(*state, &object, key, SG_NO_BYTES, SG_NO_BYTES));
    /* its key is the file's bytes as they are, although they look like an encoded key */
    const struct sjson *mac = sjson_get(file, "cose_mac0");
    assert_ok(cose_mac0_parse(hex_of(*state, mac, "serialized_hex"), &object));
    assert_ok(cose_mac0_verify(
        *state, &object, hex_of(*state, mac, "key_hex"), SG_NO_BYTES, SG_NO_BYTES));
    assert_ok(cose_key_parse(hex_of(*state, file, "cose_key_ec_p256_hex"), &jwk));
    struct sg_buf buf = sg_buf_new(*state, 0, 200);
    cose_key_put(&buf, &jwk);
    assert_ok(sg_buf_end(&buf, &bytes));
    assert_same(bytes, hex_of(*state, file, "cose_key_ec_p256_hex"));
}

static void
test_openid4vp_transcripts(void **state)
{
    const struct sjson *file = load(*state, "openid4vp/handover.json");
    const struct sjson *redirect = sjson_get(file, "redirect");
    const struct sjson *dc_api = sjson_get(file, "dc_api");
    sg_bytes thumbprint = hex_of(*state, file, "jwk_thumbprint_sha256_hex");
    uint8_t digest[32];
    sg_bytes got;
    assert_ok(mdoc_transcript_redirect(*state, text_of(redirect, "client_id"),
        text_of(redirect, "nonce"), thumbprint, text_of(redirect, "response_uri"), &got));
    assert_same(got, hex_of(*state, redirect, "session_transcript_hex"));
    assert_ok(mdoc_transcript_dc_api(
        *state, text_of(dc_api, "origin"), text_of(dc_api, "nonce"), thumbprint, &got));
    assert_same(got, hex_of(*state, dc_api, "session_transcript_hex"));
    /* not encrypted: null in the thumbprint's place; the digest is specs/mdoc-presentation's own computation */
    assert_ok(mdoc_transcript_redirect(*state, text_of(redirect, "client_id"),
        text_of(redirect, "nonce"), SG_NO_BYTES, text_of(redirect, "response_uri"), &got));
    memcpy(digest, got.p + got.n - 32, 32);
    assert_same(SG_BYTES(digest),
        support_hex(*state, "c672b54a2facfb3284965c5be838a8cd1f96f7de36ede3470b1d5de2c57d7719"));
    assert_refused(mdoc_transcript_dc_api(*state, SG_LIT("origin:https://example.com"),
                       text_of(dc_api, "nonce"), thumbprint, &got),
        VALUE);
    assert_refused(mdoc_transcript_dc_api(*state, text_of(dc_api, "origin"),
                       text_of(dc_api, "nonce"), sg_bytes_slice(thumbprint, 0, 31), &got),
        VALUE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_annex_d_verifies),
        cmocka_unit_test(test_annex_d_digests),
        cmocka_unit_test(test_annex_d_intermediate_values),
        cmocka_unit_test(test_annex_d_negative_cases),
        cmocka_unit_test(test_annex_d_outside_its_time),
        cmocka_unit_test(test_isomdl_structures),
        cmocka_unit_test(test_openid4vp_transcripts),
    };
    if (support_vectors() == NULL) {
        print_message("SKIPPED: no shared vectors\n");
        return SUPPORT_SKIP;
    }
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
