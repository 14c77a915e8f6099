/*
 * formats/verify: contexts that strangers choose. What an RDF suite signs are statements; which names they go by is the contexts' affair, and whoever shows a
 * document chooses the contexts out of those that the verifier knows. req: FMT-3, SIG-7 (spec: Data Integrity 1.0 4.6)
 */
#include "support.h"

#include "dataint.h"
#include "did.h"
#include "es256.h"
#include "jsonld.h"
#include "verify.h"

#define NOW 1700000000
#define V2 "https://www.w3.org/ns/credentials/v2"
#define ACCOUNT "https://issuer.example/account"
#define SWAPPED "https://stranger.example/account"
#define RENAMED "https://stranger.example/more"

static struct es256 *issuer;
static struct jsonld_contexts *own;     /* the issuer's context */
static struct jsonld_contexts *swapped; /* and one that exchanges two of its terms */
static struct jsonld_contexts *renamed; /* or one with another word for one of them */

static int
set_of(const char *url, const char *json, struct jsonld_contexts **ret)
{
    const struct jsonld_document documents[] = {
        { SG_LIT(ACCOUNT),
            SG_LIT("{\"@context\":{\"limit\":\"urn:ex:limit\",\"spent\":\"urn:ex:spent\"}}") },
        { url == NULL ? SG_NO_STR : sg_cstr(url), json == NULL ? SG_NO_STR : sg_cstr(json) },
    };
    return sg_ok(jsonld_contexts_new(documents, url == NULL ? 1 : 2, NULL, ret)) ? 0 : -1;
}

static int
setup(void **state)
{
    issuer = es256_new();
    if (set_of(NULL, NULL, &own) != 0 ||
        set_of(SWAPPED, "{\"@context\":{\"spent\":\"urn:ex:limit\",\"limit\":\"urn:ex:spent\"}}",
            &swapped) != 0 ||
        set_of(RENAMED, "{\"@context\":{\"allowance\":\"urn:ex:limit\"}}", &renamed) != 0) {
        return -1;
    }
    return support_arena_setup(state);
}

static int
teardown(void **state)
{
    es256_free(&issuer);
    jsonld_contexts_free(&own);
    jsonld_contexts_free(&swapped);
    jsonld_contexts_free(&renamed);
    return support_arena_teardown(state);
}

static struct jwk
key_of(void **state, sg_str *ret_did)
{
    const struct sjson *json;
    struct jwk jwk;
    assert_ok(sjson_parse(*state, es256_jwk(*state, issuer), NULL, &json));
    assert_ok(jwk_parse(*state, json, &jwk));
    assert_ok(did_key_of(*state, &jwk, ret_did));
    return jwk;
}

/* A document with a proof of the issuer's key. */
static sg_str
sealed(void **state, sg_str text, const char *suite, const char *purpose)
{
    const struct sjson *document;
    sg_str did, method, ret;
    struct di_pending pending;
    uint8_t signature[64];
    struct jwk jwk = key_of(state, &did);
    assert_ok(
        sg_arena_printf(*state, &method, "%.*s#%.*s", SG_PRINT(did), (int)did.n - 8, did.p + 8));
    assert_ok(sjson_parse(*state, text, NULL, &document));
    const struct di_proof_options options = { .verification_method = method,
        .purpose = sg_cstr(purpose) };
    const struct di_request request = { .document = document,
        .suite = di_suite_by_name(sg_cstr(suite)),
        .key = &jwk,
        .options = &options,
        .contexts = own };
    assert_ok(di_prepare(*state, &request, NULL, &pending));
    es256_sign(issuer, pending.message, signature);
    assert_ok(di_attach(*state, &pending, SG_BYTES(signature), &ret));
    return ret;
}

static sg_str
account(void **state, const char *suite)
{
    sg_str did, text;
    key_of(state, &did);
    assert_ok(sg_arena_printf(*state, &text,
        "{\"@context\":[\"" V2 "\",\"" ACCOUNT "\"],\"type\":[\"VerifiableCredential\"],"
        "\"issuer\":\"%.*s\",\"credentialSubject\":{\"id\":\"urn:s\",\"limit\":\"5\","
        "\"spent\":\"4000\"}}",
        SG_PRINT(did)));
    return sealed(state, text, suite, "assertionMethod");
}

/* A presentation that says something of its holder by itself (VCDM 2.0, 4.13). */
static sg_str
self_asserted(void **state)
{
    sg_str did, text;
    key_of(state, &did);
    assert_ok(sg_arena_printf(*state, &text,
        "{\"@context\":[\"" V2 "\"],\"type\":[\"VerifiablePresentation\"],\"holder\":\"%.*s\","
        "\"verifiableCredential\":[{\"@context\":[\"" V2 "\",\"" ACCOUNT
        "\"],\"type\":[\"VerifiableCredential\"],\"issuer\":\"%.*s\","
        "\"validUntil\":\"2023-01-01T00:00:00Z\","
        "\"credentialSubject\":{\"id\":\"urn:s\",\"limit\":\"5\"}}]}",
        SG_PRINT(did), SG_PRINT(did)));
    return sealed(state, text, "ecdsa-rdfc-2019", "authentication");
}

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

static struct verify_result
verify_with(void **state, sg_str object, const struct jsonld_contexts *contexts,
    struct verify_expect expect)
{
    struct verify_result result;
    const struct verify_trust trust = { .contexts = contexts };
    expect.now = NOW;
    assert_ok(verify_object(*state, sg_str_bytes(object), &trust, &expect, &result));
    return result;
}

static struct verify_result
verify(void **state, sg_str object, const struct jsonld_contexts *contexts)
{
    return verify_with(state, object, contexts, (struct verify_expect){ 0 });
}

static bool
has(const struct verify_result *result, const char *check, const char *subject,
    enum verify_severity severity)
{
    for (size_t i = 0; i < result->n; i++) {
        if (result->findings[i].severity == severity &&
            strcmp(result->findings[i].check, check) == 0 &&
            sg_str_is(result->findings[i].subject, subject)) {
            return true;
        }
    }
    return false;
}

static sg_str
with_swapped_names(void **state)
{
    sg_str object = exchanged(state, account(state, "ecdsa-rdfc-2019"), ACCOUNT, SWAPPED);
    return exchanged(
        state, object, "\"limit\":\"5\",\"spent\":\"4000\"", "\"limit\":\"4000\",\"spent\":\"5\"");
}

static void
test_the_issuers_own_context(void **state)
{
    struct verify_result result = verify(state, account(state, "ecdsa-rdfc-2019"), own);
    assert_true(result.verified);
    assert_true(has(&result, "names", "", VERIFY_HELD));
    assert_true(result.issuer.n > 0);
}

/* Another known context in the place of the issuer's: what was the limit is now called spent, and the signature holds. */
static void
test_a_context_that_exchanges_names(void **state)
{
    struct verify_result result = verify(state, with_swapped_names(state), swapped);
    assert_true(has(&result, "proof", "", VERIFY_HELD)); /* the danger is real */
    assert_true(has(&result, "names", "", VERIFY_ERROR));
    assert_false(result.verified);
}

/* The same beside the issuer's. */
static void
test_a_context_that_is_appended(void **state)
{
    sg_str object = exchanged(state, account(state, "ecdsa-rdfc-2019"), "\"" ACCOUNT "\"",
        "\"" ACCOUNT "\",\"" RENAMED "\"");
    object = exchanged(state, object, "\"limit\"", "\"allowance\"");
    struct verify_result result = verify(state, object, renamed);
    assert_true(has(&result, "proof", "", VERIFY_HELD));
    assert_true(has(&result, "names", "", VERIFY_ERROR));
    assert_false(result.verified);
}

/* Where the known contexts differ the verifier has to say which he reads by. */
static void
test_contexts_that_were_asked_for(void **state)
{
    const sg_str wanted[] = { SG_LIT(V2), SG_LIT(ACCOUNT) };
    const struct verify_expect expect = { .contexts = wanted, .n_contexts = 2 };
    sg_str object = account(state, "ecdsa-rdfc-2019");
    assert_false(verify(state, object, swapped).verified);
    struct verify_result result = verify_with(state, object, swapped, expect);
    assert_true(result.verified);
    assert_true(has(&result, "contexts", "", VERIFY_HELD));
    result = verify_with(state, with_swapped_names(state), swapped, expect);
    assert_false(result.verified);
    assert_true(has(&result, "contexts", "", VERIFY_ERROR));
    assert_false(verify_with(
        state, object, own, (struct verify_expect){ .contexts = wanted, .n_contexts = 1 })
                     .verified);
}

/* A JCS suite signs the contexts that the proof repeats, and lets others come after them: those are nobody's word. */
static void
test_contexts_behind_those_of_a_jcs_proof(void **state)
{
    sg_str object = account(state, "ecdsa-jcs-2019");
    assert_true(verify(state, object, renamed).verified);
    object = exchanged(state, object, "\"" ACCOUNT "\"", "\"" ACCOUNT "\",\"" RENAMED "\"");
    struct verify_result result = verify(state, object, renamed);
    assert_false(result.verified);
    assert_true(has(&result, "proof", "", VERIFY_ERROR));
    assert_true(verify_with(state, object, renamed, (struct verify_expect){ .lax_contexts = true })
                    .verified);
}

/* The end of a self-asserted credential is read by its name; so it must be called that, or the presentation does not verify. */
static void
test_names_of_self_asserted_credentials(void **state)
{
    static const char end[] = "\"validUntil\":\"2023-01-01T00:00:00Z\"";
    sg_str object = self_asserted(state);
    struct verify_result result = verify(state, object, own);
    assert_true(has(&result, "validUntil", "verifiableCredential[0]", VERIFY_ERROR)); /* over */
    assert_true(has(&result, "names", "verifiableCredential[0]", VERIFY_HELD));
    object = exchanged(state, object, end,
        "\"https://www.w3.org/2018/credentials#validUntil\":{\"@type\":"
        "\"http://www.w3.org/2001/XMLSchema#dateTime\",\"@value\":\"2023-01-01T00:00:00Z\"}");
    result = verify(state, object, own);
    assert_true(has(&result, "proof", "", VERIFY_HELD));
    assert_false(has(&result, "validUntil", "verifiableCredential[0]", VERIFY_ERROR));
    assert_true(has(&result, "names", "verifiableCredential[0]", VERIFY_ERROR));
    assert_false(result.verified);
}

/* And so must the presentation's own members: a holder that is not read is not compared with the key. */
static void
test_names_of_a_presentation(void **state)
{
    sg_str did, text, from, to;
    const char *named, *iri;
    key_of(state, &did);
    assert_ok(sg_arena_printf(*state, &from, "\"holder\":\"%.*s\"", SG_PRINT(did)));
    assert_ok(sg_arena_printf(*state, &to,
        "\"https://www.w3.org/2018/credentials#holder\":{\"id\":\"%.*s\"}", SG_PRINT(did)));
    assert_ok(sg_arena_printf(*state, &text,
        "{\"@context\":[\"" V2 "\"],\"type\":[\"VerifiablePresentation\"],%.*s}", SG_PRINT(from)));
    assert_ok(sg_arena_cstr(*state, from, &named));
    assert_ok(sg_arena_cstr(*state, to, &iri));
    sg_str object = sealed(state, text, "ecdsa-rdfc-2019", "authentication");
    assert_true(verify(state, object, own).verified);
    struct verify_result result = verify(state, exchanged(state, object, named, iri), own);
    assert_true(has(&result, "proof", "", VERIFY_HELD));
    assert_true(has(&result, "names", "", VERIFY_ERROR));
    assert_false(result.verified);
}

/* The holder of a presentation is who signed it. What nobody signed names nobody. */
static void
test_the_holder_is_who_signed(void **state)
{
    sg_str did, unsigned_;
    key_of(state, &did);
    assert_true(sg_str_equal(verify(state, self_asserted(state), own).issuer, did));
    assert_ok(sg_arena_printf(*state, &unsigned_,
        "{\"@context\":[\"" V2 "\"],\"type\":[\"VerifiablePresentation\"],\"holder\":\"%.*s\"}",
        SG_PRINT(did)));
    struct verify_result result = verify(state, unsigned_, own);
    assert_true(result.verified); /* it may go without proof; then it speaks for nobody */
    assert_int_equal(result.issuer.n, 0);
    sg_str other = exchanged(state, account(state, "ecdsa-rdfc-2019"), "\"5\"", "\"6\"");
    result = verify(state, other, own);
    assert_false(result.verified);
    assert_int_equal(result.issuer.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_issuers_own_context),
        cmocka_unit_test(test_a_context_that_exchanges_names),
        cmocka_unit_test(test_a_context_that_is_appended),
        cmocka_unit_test(test_contexts_that_were_asked_for),
        cmocka_unit_test(test_contexts_behind_those_of_a_jcs_proof),
        cmocka_unit_test(test_names_of_self_asserted_credentials),
        cmocka_unit_test(test_names_of_a_presentation),
        cmocka_unit_test(test_the_holder_is_who_signed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
