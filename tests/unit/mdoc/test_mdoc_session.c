/* formats/mdoc: keys of deviceMac, and an issuer's MSO with status as the IETF prints it. req: FMT-2, STA-1 */
#include "mdoc.h"
#include "support.h"

/* IssuerAuth with a status_list reference, from the example of draft-ietf-oauth-status-list-15 (1379 bytes). */
static const char tsl_issuer_auth[] =
    "8443a10126a118215901f3308201ef30820195a00302010202140bfec7da97e048e15ac3dacb9eafe82e64fd07f530"
    "0a06082a8648ce3d04030230233114301206035504030c0b75746f70"
    "69612069616361310b3009060355040613025553301e170d3234313030313030303030305a170d3235313030313030"
    "303030305a30213112301006035504030c0975746f70696120647331"
    "0b30090603550406130255533059301306072a8648ce3d020106082a8648ce3d03010703420004ace7ab7340e5d964"
    "8c5a72a9a6f56745c7aad436a03a43efea77b5fa7b88f0197d57d898"
    "3e1b37d3a539f4d588365e38cbbf5b94d68c547b5bc8731dcd2f146ba381a83081a5301c0603551d1f041530133011"
    "a00fa00d820b6578616d706c652e636f6d301e0603551d1204173015"
    "81136578616d706c65406578616d706c652e636f6d301d0603551d0e0416041414e29017a6c35621ffc7a686b7b72d"
    "b06cd12351301f0603551d2304183016801454fa2383a04c28e0d930"
    "792261c80c4881d2c00b300e0603551d0f0101ff04040302078030150603551d250101ff040b3009060728818c5d05"
    "0102300a06082a8648ce3d0403020348003045022100b7103fd4b905"
    "29f50bd6f70c5ae5ce7f4f3d4d15a4e082812f9fa1f5c2e5aa0a0220070b2822ec7ce6c56804923a85b2cfbffd054c"
    "f9a915f070cfef7179a4bc6569590320d81859031ba7667374617475"
    "73a16b7374617475735f6c697374a26369647819019c63757269782168747470733a2f2f6578616d706c652e636f6d"
    "2f7374617475736c697374732f3167646f6354797065756f72672e69"
    "736f2e31383031332e352e312e6d444c6776657273696f6e63312e306c76616c6964697479496e666fa3667369676e"
    "6564c074323032342d31302d30315431333a33303a30325a6976616c"
    "696446726f6dc074323032342d31302d30315431333a33303a30325a6a76616c6964556e74696cc074323032352d31"
    "302d30315431333a33303a30325a6c76616c756544696765737473a1"
    "716f72672e69736f2e31383031332e352e31ac005820a81d65ed5075fbd7ee19fa66e2bb3047ed826e2769873e7ef0"
    "7c923da7a6f24301582048701a9546492284d266ed81d439230a582d"
    "0e1f17a08ab1859a3efe980690a4025820d11fe48c8835b30bfb3895c3905436ddfb63f59ab9eee181b1109853292a"
    "8f62035820a741bf05e20a8bc359e32426106ed0899b2c60262cc3ac"
    "c637ddc9941095fb7a045820ab67cb9a8f20a8572f77f02727367d08dc8e57fb89deb46b9c626e94457b7d8b055820"
    "bacddb4142b3842bd555206eb5acb27ded063294995c7e7fefbf93ec"
    "e522604d065820bfd02b3aebdc05b53b5539226c38088d6d784b0ea0fab69eb9311650a48d325307582027dab70fe7"
    "1da63e5e5d199e8ae5b79cbe8904bc30c5b7544fb809e02ccb3e6a08"
    "58200dbd7ccc9c7727d3d17295f1b6f1914071670ee23d4d33530c31f1f406b8e3b7095820a5beb5efadf37f216372"
    "09abc519830681cc51f334818a823fec13b29552f5ba0a5820d8047c"
    "95f9272d7d07b2c13a9f5ac2ee02380ab272a165e569391d89a2152c3c0b582004939930ffb4911ef03487a153605a"
    "30368b69f2437d6d21b4c90f92bc144c3e6d6465766963654b657949"
    "6e666fa1696465766963654b6579a40102200121582096313d6c63e24e3372742bfdb1a33ba2c897dcd68ab8c753e4"
    "fbd48dca6b7f9a2258201fb3269edd418857de1b39a4e4a44b92fa48"
    "4caa722c228288f01d0c03a2c3d66f646967657374416c676f726974686d675348412d3235365840b7c2d4abe85aa5"
    "ba814ef95de0385c71c802be8ac33a4a971a85ed800ba7acb59cb210"
    "35f4a68fc0caa450cbefd3b255aec72f83595f0ae7b7d50fe8a1c4cafe";

#define P256_ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
/* ISO/IEC 18013-5 Annex D, the static device key */
#define X "96313d6c63e24e3372742bfdb1a33ba2c897dcd68ab8c753e4fbd48dca6b7f9a"
#define Y "1fb3269edd418857de1b39a4e4a44b92fa484caa722c228288f01d0c03a2c3d6"

static struct jwk
annex_d_key(struct sg_arena *arena)
{
    struct jwk key = { .kty = JOSE_KTY_EC, .crv = JOSE_P256, .coord_len = 32 };
    memcpy(key.x, support_hex(arena, X).p, 32);
    memcpy(key.y, support_hex(arena, Y).p, 32);
    return key;
}

static void
test_ecdh_refuses_what_is_no_key(void **state)
{
    struct jwk key = annex_d_key(*state);
    uint8_t shared[32];
    uint8_t one[32] = { [31] = 1 };
    uint8_t zero[32] = { 0 };
    uint8_t all[32];
    memset(all, 0xff, sizeof(all));
    assert_ok(mdoc_ecdh(one, &key, shared));
    assert_memory_equal(shared, key.x, 32); /* 1 * Q = Q */
    assert_refused(mdoc_ecdh(zero, &key, shared), KEY_INVALID);
    assert_refused(mdoc_ecdh(support_hex(*state, P256_ORDER).p, &key, shared), KEY_INVALID);
    assert_refused(mdoc_ecdh(all, &key, shared), KEY_INVALID);
    key.y[31] ^= 1; /* off the curve */
    assert_refused(mdoc_ecdh(one, &key, shared), KEY_INVALID);
    key = annex_d_key(*state);
    key.crv = JOSE_P384;
    assert_refused(mdoc_ecdh(one, &key, shared), KEY_INVALID);
    key = (struct jwk){ .kty = JOSE_KTY_OKP, .crv = JOSE_ED25519, .coord_len = 32 };
    assert_refused(mdoc_ecdh(one, &key, shared), KEY_INVALID);
}

static void
test_transcripts_of_nothing_are_refused(void **state)
{
    sg_bytes out;
    sg_str some = SG_LIT("x");
    assert_refused(
        mdoc_transcript_redirect(*state, SG_NO_STR, some, SG_NO_BYTES, some, &out), VALUE);
    assert_refused(
        mdoc_transcript_redirect(*state, some, SG_NO_STR, SG_NO_BYTES, some, &out), VALUE);
    assert_refused(
        mdoc_transcript_redirect(*state, some, some, SG_NO_BYTES, SG_NO_STR, &out), VALUE);
    assert_refused(mdoc_transcript_dc_api(*state, SG_NO_STR, some, SG_NO_BYTES, &out), VALUE);
}

/* Each part of the transcript counts: another text gives other bytes. */
static void
test_transcripts_differ_by_each_part(void **state)
{
    uint8_t thumbprint[32] = { 1 };
    sg_bytes out[5];
    sg_str a = SG_LIT("a");
    sg_str b = SG_LIT("b");
    assert_ok(mdoc_transcript_redirect(*state, a, a, SG_NO_BYTES, a, &out[0]));
    assert_ok(mdoc_transcript_redirect(*state, b, a, SG_NO_BYTES, a, &out[1]));
    assert_ok(mdoc_transcript_redirect(*state, a, b, SG_NO_BYTES, a, &out[2]));
    assert_ok(mdoc_transcript_redirect(*state, a, a, SG_BYTES(thumbprint), a, &out[3]));
    assert_ok(mdoc_transcript_redirect(*state, a, a, SG_NO_BYTES, b, &out[4]));
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_false(sg_bytes_equal(out[i], out[k]));
        }
    }
}

/* The draft's own example: signature, device key (Annex D's) and status. Its certificate names its distribution point as a dNSName. */
static void
test_status_of_the_status_list_draft(void **state)
{
    sg_bytes issuer_auth = support_hex(*state, tsl_issuer_auth);
    struct cose_sign1 auth;
    struct mdoc_verified v;
    struct sg_why why = { 0 };
    sg_bytes in;
    struct sg_buf buf = sg_buf_new(*state, 2048, 4096);
    dcbor_wr_map(&buf, 1);
    dcbor_wr_text(&buf, SG_LIT("issuerAuth"));
    sg_buf_put(&buf, issuer_auth);
    assert_ok(sg_buf_end(&buf, &in));
    assert_ok(cose_sign1_parse(issuer_auth, &auth));
    assert_int_equal(auth.n_x5chain, 1);
    struct mdoc_trust trust = { .anchors = &auth.x5chain[0], .n_anchors = 1, .at = 1735689600 };
    sg_result r = mdoc_issuer_signed_verify(*state, in, &trust, &why, &v);
    if (!sg_ok(r)) {
        fail_msg("%s: %s", sg_code_row(r.code)->name, why.what);
    }
    assert_int_equal(v.n_elements, 0);
    assert_int_equal(v.mso.status.kind, MDOC_STATUS_LIST);
    assert_int_equal(v.mso.status.idx, 412);
    assert_str_is(v.mso.status.uri, "https://example.com/statuslists/1");
    assert_int_equal(v.mso.status.certificate.n, 0);
    assert_memory_equal(v.mso.device_key.x, support_hex(*state, X).p, 32);
    assert_int_equal(v.mso.signed_at, 1727789402); /* 2024-10-01T13:30:02Z */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecdh_refuses_what_is_no_key),
        cmocka_unit_test(test_transcripts_of_nothing_are_refused),
        cmocka_unit_test(test_transcripts_differ_by_each_part),
        cmocka_unit_test(test_status_of_the_status_list_draft),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
