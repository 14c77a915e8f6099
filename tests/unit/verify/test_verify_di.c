/* formats/verify: documents with Data Integrity proofs. Keys are made here. req: FMT-3, SIG-7 */
#include "support.h"

#include "dataint.h"
#include "did.h"
#include "es256.h"
#include "jsonld.h"
#include "verify.h"

#define NOW 1700000000
#define V2 "https://www.w3.org/ns/credentials/v2"
#define STATUS                                                                                     \
    "\"credentialStatus\":{\"id\":\"https://issuer.example/"                                       \
    "l#7\",\"type\":\"BitstringStatusListEntry\","                                                 \
    "\"statusPurpose\":\"revocation\",\"statusListIndex\":\"7\",\"statusListCredential\":\"https:" \
    "//issuer.example/l\"}"

static struct es256 *issuer;
static struct jsonld_contexts *contexts;

static int
setup(void **state)
{
    issuer = es256_new();
    if (!sg_ok(jsonld_contexts_new(NULL, 0, NULL, &contexts))) {
        return -1;
    }
    return support_arena_setup(state);
}

static int
teardown(void **state)
{
    es256_free(&issuer);
    jsonld_contexts_free(&contexts);
    return support_arena_teardown(state);
}

static struct verify_result
verify(void **state, sg_str object, bool lax_contexts)
{
    struct verify_result result;
    const struct verify_trust trust = { .contexts = contexts };
    const struct verify_expect expect = { .now = NOW, .lax_contexts = lax_contexts };
    assert_ok(verify_object(*state, sg_str_bytes(object), &trust, &expect, &result));
    return result;
}

/* The text with one part exchanged for another. */
static sg_str
exchanged(void **state, sg_str text, const char *from, const char *to)
{
    struct sg_buf buf = sg_buf_new(*state, text.n * 2, 65536);
    const char *at = memmem(text.p, text.n, from, strlen(from));
    sg_str ret;
    assert_non_null(at);
    sg_buf_put_str(&buf, sg_str_slice(text, 0, (size_t)(at - text.p)));
    sg_buf_put_cstr(&buf, to);
    sg_buf_put_str(&buf, sg_str_slice(text, (size_t)(at - text.p) + strlen(from), text.n));
    assert_ok(sg_buf_end_str(&buf, &ret));
    return ret;
}

static sg_str
sealed(void **state, const char *suite)
{
    const struct sjson *json;
    const struct sjson *document;
    struct jwk jwk;
    sg_str did, text, method, ret;
    struct di_pending pending;
    uint8_t signature[64];
    assert_ok(sjson_parse(*state, es256_jwk(*state, issuer), NULL, &json));
    assert_ok(jwk_parse(*state, json, &jwk));
    assert_ok(did_key_of(*state, &jwk, &did));
    assert_ok(
        sg_arena_printf(*state, &method, "%.*s#%.*s", SG_PRINT(did), (int)did.n - 8, did.p + 8));
    assert_ok(sg_arena_printf(*state, &text,
        "{\"@context\":[\"" V2
        "\"],\"id\":\"urn:c:1\",\"type\":[\"VerifiableCredential\"],\"issuer\":\"%.*s\","
        "\"validUntil\":\"2030-01-01T00:00:00Z\","
        "\"credentialSubject\":{\"id\":\"did:example:s\"}," STATUS "}",
        SG_PRINT(did)));
    assert_ok(sjson_parse(*state, text, NULL, &document));
    const struct di_proof_options options = { .verification_method = method,
        .purpose = SG_LIT("assertionMethod") };
    const struct di_request request = { .document = document,
        .suite = di_suite_by_name(sg_cstr(suite)),
        .key = &jwk,
        .options = &options,
        .contexts = contexts };
    assert_ok(di_prepare(*state, &request, NULL, &pending));
    es256_sign(issuer, pending.message, signature);
    assert_ok(di_attach(*state, &pending, SG_BYTES(signature), &ret));
    return ret;
}

static void
test_a_credential_and_its_status(void **state)
{
    static const char *const suites[] = { "ecdsa-rdfc-2019", "ecdsa-jcs-2019" };
    for (size_t i = 0; i < 2; i++) {
        struct verify_result result = verify(state, sealed(state, suites[i]), false);
        assert_true(result.verified);
        assert_int_equal(result.n_refs, 1);
    }
}

/*
 * A holder renames `credentialStatus` by a context of its own: the RDF that was signed stays the same, and a reader of names finds no status to ask.
 * The same with `validUntil`. Such a document does not verify, whatever the signature says.
 */
static void
test_renamed_members_do_not_verify(void **state)
{
    static const char *const names[][3] = {
        { "\"credentialStatus\"", "\"was\"",
            "{\"was\":{\"@id\":\"https://www.w3.org/2018/"
            "credentials#credentialStatus\",\"@type\":\"@id\"}}" },
        { "\"validUntil\"", "\"until\"",
            "{\"until\":{\"@id\":\"https://www.w3.org/2018/"
            "credentials#validUntil\",\"@type\":\"http://www.w3.org/2001/XMLSchema#dateTime\"}}" },
    };
    for (size_t i = 0; i < 2; i++) {
        char contexts_of[512];
        snprintf(contexts_of, sizeof(contexts_of), "\"@context\":[\"" V2 "\",%s]", names[i][2]);
        sg_str object = sealed(state, "ecdsa-rdfc-2019");
        object = exchanged(state, object, "\"@context\":[\"" V2 "\"]", contexts_of);
        object = exchanged(state, object, names[i][0], names[i][1]);
        struct verify_result result = verify(state, object, true);
        assert_true(result.verified); /* the signature holds over the RDF: the danger is real */
        assert_int_equal(result.n_refs, i == 0 ? 0 : 1);
        result = verify(state, object, false);
        assert_false(result.verified);
        bool told = false;
        for (size_t f = 0; f < result.n; f++) {
            told = told || (result.findings[f].code == SG_E_CONTEXT &&
                               result.findings[f].severity == VERIFY_ERROR);
        }
        assert_true(told);
        object = exchanged(state, sealed(state, "ecdsa-jcs-2019"), names[i][0], names[i][1]);
        assert_false(verify(state, object, true).verified); /* JCS signs the names */
    }
}

/*
 * The same without any context: a member may be written as its IRI, and a type too, and the credential's own properties at a second node of its name.
 * Each of these keeps the statements that were signed, and would take status or end away from a reader of names.
 */
static void
test_members_written_as_iris_do_not_verify(void **state)
{
    static const char *const tricks[][2] = {
        { "\"credentialStatus\"", "\"https://www.w3.org/2018/credentials#credentialStatus\"" },
        { "\"validUntil\":\"2030-01-01T00:00:00Z\"",
            "\"https://www.w3.org/2018/credentials#validUntil\":{\"@type\":"
            "\"http://www.w3.org/2001/XMLSchema#dateTime\",\"@value\":\"2030-01-01T00:00:00Z\"}" },
        { "\"type\":\"BitstringStatusListEntry\",\"statusPurpose\":\"revocation\","
          "\"statusListIndex\":\"7\",\"statusListCredential\":\"https://issuer.example/l\"",
            "\"type\":\"https://www.w3.org/ns/credentials/status#BitstringStatusListEntry\","
            "\"https://www.w3.org/ns/credentials/status#statusPurpose\":\"revocation\","
            "\"https://www.w3.org/ns/credentials/status#statusListIndex\":\"7\","
            "\"https://www.w3.org/ns/credentials/status#statusListCredential\":"
            "{\"id\":\"https://issuer.example/l\"}" },
        { "\"validUntil\":\"2030-01-01T00:00:00Z\",\"credentialSubject\":{",
            "\"credentialSubject\":{\"@included\":{\"id\":\"urn:c:1\","
            "\"https://www.w3.org/2018/credentials#validUntil\":{\"@type\":"
            "\"http://www.w3.org/2001/"
            "XMLSchema#dateTime\",\"@value\":\"2030-01-01T00:00:00Z\"}}," },
    };
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        sg_str object =
            exchanged(state, sealed(state, "ecdsa-rdfc-2019"), tricks[i][0], tricks[i][1]);
        struct verify_result result = verify(state, object, false);
        bool holds = false;
        for (size_t f = 0; f < result.n; f++) {
            holds = holds || (strcmp(result.findings[f].check, "proof") == 0 &&
                                 result.findings[f].severity == VERIFY_HELD);
        }
        if (!holds || result.verified) {
            print_error("trick %zu: proof %d verified %d\n", i, holds, result.verified);
        }
        assert_true(holds); /* the danger is real */
        assert_false(result.verified);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_credential_and_its_status),
        cmocka_unit_test(test_renamed_members_do_not_verify),
        cmocka_unit_test(test_members_written_as_iris_do_not_verify),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
