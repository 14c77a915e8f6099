/* formats/verify: credentialSchema, from schemas at hand, and said aloud where there is none. req: FMT-3, FMT-5 (spec: VCDM 2.0 4.11; VC JSON Schema 1.0) */
#include "support.h"

#include "dataint.h"
#include "did.h"
#include "es256.h"
#include "jsonld.h"
#include "sg_hash.h"
#include "sg_text.h"
#include "verify.h"

#define NOW 1700000000
#define CONTEXT "\"@context\":[\"https://www.w3.org/ns/credentials/v2\"]"
#define URL "https://schemas.example/person.json"
#define OTHER "https://schemas.example/other.json"
#define NAMED "{\"id\":\"" URL "\",\"type\":\"JsonSchema\"}"
#define CREDENTIAL "{\"id\":\"" URL "\",\"type\":\"JsonSchemaCredential\"}"
#define SCHEMA                                                                            \
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","  \
    "\"properties\":{\"credentialSubject\":{\"type\":\"object\",\"required\":[\"name\"]," \
    "\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":5}}},\"proof\":false}}"

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

/* A credential about `name` that names `schema`, with more members (text that begins with a comma). */
static sg_str
document(void **state, const char *name, const char *schema, const char *more)
{
    sg_str did, text;
    key_of(state, &did);
    assert_ok(sg_arena_printf(*state, &text,
        "{" CONTEXT ",\"type\":[\"VerifiableCredential\"],\"issuer\":\"%.*s\","
        "\"credentialSubject\":{\"id\":\"urn:a\",\"name\":\"%s\"},\"credentialSchema\":%s%s}",
        SG_PRINT(did), name, schema, more));
    return text;
}

static sg_str
as_jwt(void **state, sg_str text)
{
    return es256_jws(*state, issuer, "vc+jwt", sg_str_bytes(text));
}

static sg_str
with_proof(void **state, sg_str text, const char *suite)
{
    const struct sjson *json;
    sg_str did, method, ret;
    struct di_pending pending;
    uint8_t signature[64];
    struct jwk jwk = key_of(state, &did);
    assert_ok(
        sg_arena_printf(*state, &method, "%.*s#%.*s", SG_PRINT(did), (int)did.n - 8, did.p + 8));
    assert_ok(sjson_parse(*state, text, NULL, &json));
    const struct di_proof_options options = { .verification_method = method,
        .purpose = SG_LIT("assertionMethod") };
    const struct di_request request = { .document = json,
        .suite = di_suite_by_name(sg_cstr(suite)),
        .key = &jwk,
        .options = &options,
        .contexts = contexts };
    assert_ok(di_prepare(*state, &request, NULL, &pending));
    es256_sign(issuer, pending.message, signature);
    assert_ok(di_attach(*state, &pending, SG_BYTES(signature), &ret));
    return ret;
}

/* A credential that holds the schema. */
static sg_str
schema_credential(void **state, const char *type, const char *schema)
{
    sg_str did, text;
    key_of(state, &did);
    assert_ok(sg_arena_printf(*state, &text,
        "{" CONTEXT ",\"id\":\"" URL "\",\"type\":[\"VerifiableCredential\",\"%s\"],"
        "\"issuer\":\"%.*s\",\"credentialSubject\":{\"id\":\"" URL
        "#s\",\"type\":\"JsonSchema\",\"jsonSchema\":%s}}",
        type, SG_PRINT(did), schema));
    return text;
}

static struct verify_result
verify(void **state, sg_str object, const char *schema, bool required)
{
    struct verify_result result;
    const struct verify_schema schemas[] = {
        { SG_LIT(OTHER), sg_str_bytes(SG_LIT("{\"type\":\"object\"}")) },
        { SG_LIT(URL), sg_str_bytes(sg_cstr(schema == NULL ? "" : schema)) },
    };
    const struct verify_trust trust = {
        .contexts = contexts, .schemas = schemas, .n_schemas = schema == NULL ? 1 : 2
    };
    const struct verify_expect expect = { .now = NOW, .schema_required = required };
    assert_ok(verify_object(*state, sg_str_bytes(object), &trust, &expect, &result));
    return result;
}

/* The only finding about a schema at this place. */
static const struct verify_finding *
finding(const struct verify_result *result, const char *subject)
{
    const struct verify_finding *found = NULL;
    for (size_t i = 0; i < result->n; i++) {
        const struct verify_finding *f = &result->findings[i];
        if (strcmp(f->check, "credentialSchema") == 0 && sg_str_is(f->subject, subject)) {
            assert_null(found);
            found = f;
        }
    }
    assert_non_null(found);
    return found;
}

static void
assert_found(struct verify_result result, enum verify_severity severity, enum sg_code code,
    const char *words)
{
    const struct verify_finding *f = finding(&result, "");
    if (f->severity != severity || f->code != code ||
        memmem(f->detail.p, f->detail.n, words, strlen(words)) == NULL) {
        print_error("%d %s: %.*s\n", f->severity, sg_code_row(f->code)->name, SG_PRINT(f->detail));
    }
    assert_int_equal(f->severity, severity);
    assert_int_equal(f->code, code);
    assert_non_null(memmem(f->detail.p, f->detail.n, words, strlen(words)));
    assert_true(sg_str_starts(f->detail, "https://"));
    assert_non_null(f->input);
    assert_int_equal(result.verified, severity != VERIFY_ERROR);
}

/* In every way of securing; what a proof adds is no part of what was made by the schema. */
static void
test_a_schema_that_holds(void **state)
{
    sg_str text = document(state, "Anna", NAMED, "");
    assert_found(verify(state, as_jwt(state, text), SCHEMA, true), VERIFY_HELD, SG_OK, URL);
    assert_found(verify(state, with_proof(state, text, "ecdsa-rdfc-2019"), SCHEMA, true),
        VERIFY_HELD, SG_OK, URL);
    assert_found(verify(state, with_proof(state, text, "ecdsa-jcs-2019"), SCHEMA, true),
        VERIFY_HELD, SG_OK, URL);
}

static void
test_a_schema_that_does_not_hold_says_where(void **state)
{
    sg_str text = document(state, "Johannes", NAMED, "");
    static const char place[] = "does not hold at \"/credentialSubject/name\" (maxLength)";
    assert_found(
        verify(state, as_jwt(state, text), SCHEMA, false), VERIFY_ERROR, SG_E_SCHEMA, place);
    assert_found(verify(state, with_proof(state, text, "ecdsa-jcs-2019"), SCHEMA, false),
        VERIFY_ERROR, SG_E_SCHEMA, place);
}

/* Never silently good: a warning that says so, or a failure for those who want every schema checked. */
static void
test_a_schema_that_is_not_at_hand(void **state)
{
    sg_str text = as_jwt(state, document(state, "Johannes", NAMED, ""));
    static const char words[] = "not checked: the schema is not at hand";
    assert_found(verify(state, text, NULL, false), VERIFY_WARNING, SG_E_NOT_FOUND, words);
    assert_found(verify(state, text, NULL, true), VERIFY_ERROR, SG_E_NOT_FOUND, words);
}

static void
test_what_cannot_be_checked(void **state)
{
    sg_str text = as_jwt(
        state, document(state, "Anna", "{\"id\":\"" URL "\",\"type\":\"urn:ShaclShape\"}", ""));
    assert_found(verify(state, text, SCHEMA, false), VERIFY_WARNING, SG_E_UNSUPPORTED,
        "not checked: a type of schema that is not known here");
    text = as_jwt(state, document(state, "Anna", NAMED, ""));
    assert_found(
        verify(state, text, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", false),
        VERIFY_WARNING, SG_E_UNSUPPORTED, "not checked: ");
    assert_found(verify(state, text, "{", true), VERIFY_ERROR, SG_E_MALFORMED, "not checked: ");
}

/* digestSRI at the entry, and relatedResource: the file at hand must be the issuer's. */
static void
test_digests(void **state)
{
    uint8_t hash[SG_SHA256_LEN];
    char good[256], bad[256], related[512];
    sg_str digest;
    sg_sha256(sg_str_bytes(SG_LIT(SCHEMA)), hash);
    assert_ok(sg_b64_encode(*state, SG_BYTES(hash), &digest));
    snprintf(good, sizeof(good),
        "{\"id\":\"" URL "\",\"type\":\"JsonSchema\",\"digestSRI\":\"sha256-%.*s\"}",
        SG_PRINT(digest));
    hash[0] ^= 1;
    assert_ok(sg_b64_encode(*state, SG_BYTES(hash), &digest));
    snprintf(bad, sizeof(bad),
        "{\"id\":\"" URL "\",\"type\":\"JsonSchema\",\"digestSRI\":\"sha256-%.*s\"}",
        SG_PRINT(digest));
    snprintf(related, sizeof(related),
        ",\"relatedResource\":[{\"id\":\"" URL "\",\"digestSRI\":\"sha256-%.*s\"}]",
        SG_PRINT(digest));
    assert_found(verify(state, as_jwt(state, document(state, "Anna", good, "")), SCHEMA, true),
        VERIFY_HELD, SG_OK, URL);
    assert_found(verify(state, as_jwt(state, document(state, "Anna", bad, "")), SCHEMA, false),
        VERIFY_ERROR, SG_E_DIGEST, "is not the one whose digest is named");
    assert_found(verify(state,
                     as_jwt(state, document(state, "Anna",
                                       "{\"id\":\"" URL
                                       "\",\"type\":\"JsonSchema\",\"digestSRI\":\"sha256-AAAA\"}",
                                       "")),
                     SCHEMA, false),
        VERIFY_ERROR, SG_E_VCDM, "a digest that cannot be read");
    struct verify_result result =
        verify(state, as_jwt(state, document(state, "Anna", NAMED, related)), SCHEMA, false);
    assert_false(result.verified); /* the data model's own rule (5.3) */
    assert_true(verify(state, as_jwt(state, document(state, "Anna", NAMED, related)), NULL, false)
                    .verified);
}

static void
test_several_schemas(void **state)
{
    static const char both[] = "[" NAMED ",{\"id\":\"" OTHER "\",\"type\":\"JsonSchema\"}]";
    struct verify_result result =
        verify(state, as_jwt(state, document(state, "Johannes", both, "")), SCHEMA, false);
    size_t held = 0, failed = 0;
    for (size_t i = 0; i < result.n; i++) {
        bool schema = strcmp(result.findings[i].check, "credentialSchema") == 0;
        held += schema && result.findings[i].severity == VERIFY_HELD;
        failed += schema && result.findings[i].severity == VERIFY_ERROR;
    }
    assert_int_equal(held, 1);
    assert_int_equal(failed, 1);
    assert_false(result.verified);
}

/* The schema comes in a credential, which is verified itself, however it is secured. */
static void
test_a_schema_in_a_credential(void **state)
{
    sg_str text = as_jwt(state, document(state, "Anna", CREDENTIAL, ""));
    sg_str wrong = as_jwt(state, document(state, "Johannes", CREDENTIAL, ""));
    sg_str holds = schema_credential(state, "JsonSchemaCredential", SCHEMA);
    sg_str secured[] = { as_jwt(state, holds), with_proof(state, holds, "ecdsa-jcs-2019"),
        with_proof(state, holds, "ecdsa-rdfc-2019") };
    for (size_t i = 0; i < 3; i++) {
        const char *pinned;
        assert_ok(sg_arena_cstr(*state, secured[i], &pinned));
        struct verify_result result = verify(state, text, pinned, true);
        assert_found(result, VERIFY_HELD, SG_OK, URL);
        assert_int_equal(result.format, VERIFY_VC_JWT); /* and not of the one inside */
        assert_found(verify(state, wrong, pinned, false), VERIFY_ERROR, SG_E_SCHEMA,
            "does not hold at \"/credentialSubject/name\" (maxLength)");
    }
}

static void
test_a_schema_in_a_credential_that_does_not_verify(void **state)
{
    sg_str text = as_jwt(state, document(state, "Anna", CREDENTIAL, ""));
    sg_str holds = schema_credential(state, "JsonSchemaCredential", SCHEMA);
    sg_str jwt = as_jwt(state, holds);
    char *tampered;
    const char *bare, *other;
    assert_ok(sg_arena_cstr(*state, jwt, &other));
    tampered = strdup(other);
    tampered[jwt.n - 5] = tampered[jwt.n - 5] == 'A' ? 'B' : 'A';
    assert_found(verify(state, text, tampered, false), VERIFY_ERROR, SG_E_PROOF,
        "the credential that holds the schema does not verify");
    free(tampered);
    assert_ok(sg_arena_cstr(*state, holds, &bare)); /* without a proof */
    assert_found(verify(state, text, bare, false), VERIFY_ERROR, SG_E_PROOF, "does not verify");
    /* a plain schema is no credential, and another credential holds none */
    assert_found(verify(state, text, SCHEMA, false), VERIFY_ERROR, SG_E_PROOF, "does not verify");
    jwt = as_jwt(state, document(state, "Anna", NAMED, ""));
    assert_ok(sg_arena_cstr(*state, jwt, &other));
    sg_str own = as_jwt(state, document(state, "Anna", CREDENTIAL, ""));
    struct verify_result result = verify(state, own, other, true);
    assert_false(result.verified);
}

/* A credential whose schema is in itself, and so on: bounded. */
static void
test_schemas_in_one_another(void **state)
{
    sg_str text = as_jwt(state, document(state, "Anna", CREDENTIAL, ""));
    const char *same;
    assert_ok(sg_arena_cstr(*state, text, &same));
    assert_false(verify(state, text, same, false).verified);
    char many[4096] = "[" NAMED;
    for (size_t i = 0; i < VERIFY_SCHEMAS_MAX; i++) {
        strcat(many, "," NAMED);
    }
    strcat(many, "]");
    assert_false(
        verify(state, as_jwt(state, document(state, "Anna", many, "")), SCHEMA, false).verified);
}

/* In a presentation each credential's own. */
static void
test_in_a_presentation(void **state)
{
    sg_str vc = with_proof(state, document(state, "Johannes", NAMED, ""), "ecdsa-jcs-2019"), text;
    assert_ok(sg_arena_printf(*state, &text,
        "{" CONTEXT ",\"type\":[\"VerifiablePresentation\"],\"verifiableCredential\":[%.*s]}",
        SG_PRINT(vc)));
    struct verify_result result = verify(state, text, SCHEMA, false);
    assert_false(result.verified);
    assert_int_equal(finding(&result, "verifiableCredential[0]")->code, SG_E_SCHEMA);
    result = verify(state, text, NULL, false);
    assert_true(result.verified);
    assert_int_equal(finding(&result, "verifiableCredential[0]")->severity, VERIFY_WARNING);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_schema_that_holds),
        cmocka_unit_test(test_a_schema_that_does_not_hold_says_where),
        cmocka_unit_test(test_a_schema_that_is_not_at_hand),
        cmocka_unit_test(test_what_cannot_be_checked),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_several_schemas),
        cmocka_unit_test(test_a_schema_in_a_credential),
        cmocka_unit_test(test_a_schema_in_a_credential_that_does_not_verify),
        cmocka_unit_test(test_schemas_in_one_another),
        cmocka_unit_test(test_in_a_presentation),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
