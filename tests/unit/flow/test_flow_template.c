/* Templates: one file names the claims, every format is an entry (req: FMT-5). */
#include "flow_form.h"
#include "flow_proof_types.h"
#include "support.h"

#define BASE "https://issuer.example"

#define SHARED                                                                                     \
    "\"scope\":\"badge\","                                                                         \
    "\"proof_types_supported\":{\"jwt\":{\"proof_signing_alg_values_supported\":[\"ES256\"]}},"    \
    "\"credential_metadata\":{\"display\":[{\"name\":\"Badge\"}],\"claims\":[{\"path\":[\"name\"]" \
    "}]},"                                                                                         \
    "\"sealgate\":{\"validity_s\":86400,\"status_list\":\"staff\","                                \
    "\"claims\":{\"name\":{\"type\":\"string\",\"required\":true}}}"
#define ENTRY "\"id\":\"a\",\"seal_key\":\"k\","
#define VC                                                     \
    "\"@context\":[\"https://www.w3.org/ns/credentials/v2\"]," \
    "\"type\":[\"VerifiableCredential\",\"B\"]"
#define ONE(members) "{" SHARED ",\"formats\":[{" ENTRY members "}]}"
#define MDOC "\"format\":\"mso_mdoc\",\"doctype\":\"d\","
#define SD_JWT                                                                \
    "\"id\":\"badge_sd_jwt\",\"format\":\"dc+sd-jwt\",\"seal_key\":\"seal\"," \
    "\"vct\":\"${BASE}/credentials/badge\""

static sg_result
parse(void **state, const char *text, struct sg_why *why, struct flow_configs *ret)
{
    return flow_config_parse(*state, SG_LIT("badge"), sg_cstr(text), SG_LIT(BASE), why, ret);
}

static void
test_each_entry_is_a_configuration(void **state)
{
    struct flow_configs set;
    struct sg_why why = { 0 };
    assert_ok(parse(state,
        "{" SHARED ",\"formats\":[{" SD_JWT "},"
        "{\"id\":\"other\",\"format\":\"dc+sd-jwt\",\"seal_key\":\"k2\",\"alg\":\"ES384\","
        "\"vct\":\"urn:other\",\"scope\":\"other\",\"level\":2,\"status_list\":\"two\","
        "\"metadata\":{\"future\":1}}]}",
        &why, &set));
    assert_int_equal(set.n, 2);
    const struct flow_config *one = flow_config_find(&set, SG_LIT("badge_sd_jwt"));
    const struct flow_config *two = flow_config_find(&set, SG_LIT("other"));
    assert_non_null(one);
    assert_non_null(two);
    assert_ptr_equal(one->form, &flow_form_sdjwt);
    assert_str_is(one->type, BASE "/credentials/badge");
    assert_str_is(one->scope, "badge");
    assert_str_is(one->status_list, "staff");
    assert_int_equal(one->binding, FLOW_BIND_JWK);
    assert_int_equal(one->seal_alg->id, JOSE_ES256);
    assert_int_equal(one->level, 1);
    assert_str_is(two->seal_key, "k2");
    assert_str_is(two->scope, "other");
    assert_str_is(two->status_list, "two");
    assert_int_equal(two->level, 2);
    assert_int_equal(two->seal_alg->id, JOSE_ES384);
    assert_int_equal(two->validity_s, 86400);
    assert_non_null(sjson_get(two->published, "future"));
}

static void
test_the_metadata_of_an_entry_is_derived(void **state)
{
    struct flow_configs set;
    struct sg_why why = { 0 };
    assert_ok(parse(state, "{" SHARED ",\"formats\":[{" SD_JWT "}]}", &why, &set));
    const struct sjson *entry = set.items[0].published;
    assert_true(sjson_is_text(sjson_get(entry, "format"), "dc+sd-jwt"));
    assert_true(sjson_is_text(sjson_get(entry, "vct"), BASE "/credentials/badge"));
    assert_true(sjson_is_text(sjson_get(entry, "scope"), "badge"));
    assert_true(sjson_is_text(
        sjson_at(sjson_get(entry, "credential_signing_alg_values_supported"), 0), "ES256"));
    assert_true(sjson_is_text(
        sjson_at(sjson_get(entry, "cryptographic_binding_methods_supported"), 0), "jwk"));
    assert_non_null(sjson_get(sjson_get(entry, "proof_types_supported"), "jwt"));
    assert_non_null(sjson_get(sjson_get(entry, "credential_metadata"), "display"));
    assert_null(sjson_get(entry, "sealgate"));
    assert_null(sjson_get(entry, "seal_key"));
}

/* Each mistake is named: people write these files by hand. */
static void
test_mistakes_are_named(void **state)
{
    static const struct {
        const char *text, *what;
    } mistakes[] = {
        { "{" SHARED ",\"formats\":[]}", "formats: an array of objects" },
        { "{" SHARED ",\"formats\":{}}", "formats: an array of objects" },
        { "{" SHARED ",\"formats\":[1]}", "formats: an array of objects" },
        { "{" SHARED ",\"vct\":\"x\",\"formats\":[{" SD_JWT "}]}",
            "unknown member beside `formats`" },
        { "{" SHARED ",\"formats\":[{" SD_JWT ",\"doctype\":\"x\"}]}", "formats: unknown member" },
        { "{" SHARED ",\"formats\":[{\"format\":\"dc+sd-jwt\"}]}", "id" },
        { "{" SHARED ",\"formats\":[{\"id\":\"A b\",\"format\":\"dc+sd-jwt\"}]}",
            "id: small letters, digits, _ and -, at most 48" },
        { "{" SHARED ",\"formats\":[{\"id\":\"a\"}]}", "format" },
        { "{" SHARED ",\"formats\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"vct\":\"x\"}]}",
            "seal_key" },
        { "{" SHARED ",\"formats\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"seal_key\":\"k\"}]}",
            "vct" },
        { "{" SHARED ",\"formats\":[{" SD_JWT ",\"alg\":\"RS256\"}]}", "alg" },
        { "{" SHARED ",\"formats\":[{" SD_JWT ",\"level\":3}]}", "level" },
        { "{" SHARED ",\"formats\":[{" SD_JWT ",\"binding\":[\"cose_key\"]}]}",
            "binding: a method that the format does not have" },
        { "{" SHARED ",\"formats\":[{" SD_JWT ",\"binding\":[\"x\"]}]}", "binding" },
        { "{" SHARED ",\"formats\":[{" SD_JWT ",\"metadata\":{\"vct\":\"y\"}}]}",
            "metadata: repeats a member of the format" },
        { "{" SHARED ",\"formats\":[{" SD_JWT ",\"selectively_disclosable\":[[\"cnf\"]]}]}",
            "selectively_disclosable: a claim that must be seen" },
        { ONE("\"format\":\"vc+jwt\""),
            "@context: an array that begins with https://www.w3.org/ns/credentials/v2" },
        { ONE("\"format\":\"vc+jwt\",\"@context\":[\"https://www.w3.org/2018/credentials/v1\"]"),
            "@context: an array that begins with https://www.w3.org/ns/credentials/v2" },
        { ONE("\"format\":\"vc+jwt\",\"@context\":[\"https://www.w3.org/ns/credentials/"
              "v2\"],\"type\":[\"VerifiableCredential\"]"),
            "type: [\"VerifiableCredential\", another]" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"issuer\":\"did:example\""),
            "issuer: did:web, did:key or url" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"holder\":\"did:web\""),
            "holder: did:key, did:jwk or none" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"subject\":{}"),
            "subject: an object of claims paths and objects" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"subject\":{\"x\":[\"nmae\"]}"),
            "subject: a path that no claim has" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"subject\":{\"x\":{\"y\":[\"name\",0]}}"),
            "subject: a path that no claim has" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"subject\":{\"id\":[\"name\"]}"),
            "subject: its id is the holder's (holder: none)" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"document\":{\"issuer\":\"x\"}"),
            "document: a member that is made here" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"document\":[]"), "document" },
        { ONE("\"format\":\"vc+jwt\"," VC ",\"selectively_disclosable\":[]"),
            "formats: unknown member" },
        { ONE("\"format\":\"vc+sd-jwt\"," VC ",\"selectively_disclosable\":[[\"type\"]]"),
            "selectively_disclosable: paths begin with credentialSubject" },
        { ONE("\"format\":\"vc+sd-jwt\"," VC ",\"decoys\":21"), "decoys" },
        { ONE("\"format\":\"ldp_vc\"," VC), "cryptosuite" },
        { ONE("\"format\":\"ldp_vc\"," VC ",\"cryptosuite\":\"bbs-2023\""), "cryptosuite" },
        { ONE("\"format\":\"ldp_vc\"," VC ",\"cryptosuite\":\"eddsa-jcs-2022\""),
            "cryptosuite: another algorithm than `alg`" },
        { ONE("\"format\":\"ldp_vc\"," VC ",\"alg\":\"ES384\",\"cryptosuite\":\"ecdsa-sd-2023\""),
            "cryptosuite: another algorithm than `alg`" },
        { ONE("\"format\":\"ldp_vc\"," VC
              ",\"cryptosuite\":\"ecdsa-sd-2023\",\"mandatory\":[\"issuer\"]"),
            "mandatory: JSON Pointers, with ecdsa-sd-2023" },
        { ONE("\"format\":\"ldp_vc\"," VC ",\"cryptosuite\":\"ecdsa-jcs-2019\",\"mandatory\":[]"),
            "mandatory: JSON Pointers, with ecdsa-sd-2023" },
        { ONE("\"format\":\"mso_mdoc\""), "doctype" },
        { ONE("\"format\":\"mso_mdoc\",\"doctype\":\"d\""), "namespaces" },
        { ONE(MDOC "\"namespaces\":{}"), "namespaces" },
        { ONE(MDOC "\"namespaces\":{\"n\":{}}"),
            "namespaces: a name space is an object of elements" },
        { ONE(MDOC "\"namespaces\":{\"n\":{\"e\":{\"claim\":[\"name\"]}}}"),
            "namespaces: an element is {claim or value, type}" },
        { ONE(MDOC "\"namespaces\":{\"n\":{\"e\":{\"claim\":[\"name\"],\"type\":\"text\"}}}"),
            "namespaces: the type of an element" },
        { ONE(MDOC "\"namespaces\":{\"n\":{\"e\":{\"claim\":\"name\",\"type\":\"tstr\"}}}"),
            "namespaces: the claim of an element" },
        { ONE(MDOC "\"namespaces\":{\"n\":{\"e\":{\"claim\":[\"nmae\"],\"type\":\"tstr\"}}}"),
            "namespaces: a claim that has no rule" },
        { ONE(MDOC "\"decoys\":65,\"namespaces\":{\"n\":{\"e\":{\"value\":1,\"type\":\"uint\"}}}"),
            "decoys" },
        { ONE(MDOC "\"device_signed\":[1],\"namespaces\":{\"n\":{\"e\":{\"value\":1,\"type\":"
                   "\"uint\"}}}"),
            "device_signed: an array of name spaces" },
        { ONE(MDOC "\"binding\":[\"jwk\"],\"namespaces\":{\"n\":{\"e\":{\"value\":1,\"type\":"
                   "\"uint\"}}}"),
            "binding: a method that the format does not have" },
        { "{\"sealgate\":{},\"formats\":[{" SD_JWT "}]}", "credential_metadata" },
        { "{\"credential_metadata\":{},\"formats\":[{" SD_JWT "}]}", "sealgate" },
        { "{\"credential_metadata\":{},\"sealgate\":{\"validity_s\":60},\"formats\":[{" SD_JWT
          "}]}",
            "claims" },
    };
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct flow_configs set;
        struct sg_why why = { 0 };
        assert_refused(parse(state, mistakes[i].text, &why, &set), CONFIGURATION);
        assert_string_equal(why.what, mistakes[i].what);
    }
}

#define WITH_SCHEMA(schema)                                                                        \
    "{\"credential_metadata\":{},\"sealgate\":{\"validity_s\":60,\"round_s\":1,\"claims\":{\"n\":" \
    "{\"type\":\"integer\"}},"                                                                     \
    "\"schema\":" schema "},\"formats\":[{" SD_JWT "}]}"

/* Rules first, the schema beside them (docs/schema.md). */
static void
test_a_schema_is_checked_too(void **state)
{
    struct flow_configs set;
    struct sg_why why = { 0 };
    const struct sjson *claims;
    assert_ok(parse(state, WITH_SCHEMA("{\"properties\":{\"n\":{\"maximum\":7}}}"), &why, &set));
    const struct flow_config *config = &set.items[0];
    assert_ok(sjson_parse(*state, SG_LIT("{\"n\":7}"), NULL, &claims));
    assert_ok(flow_claims_check(*state, config, claims, &why));
    assert_ok(sjson_parse(*state, SG_LIT("{\"n\":8}"), NULL, &claims));
    assert_refused(flow_claims_check(*state, config, claims, &why), SCHEMA);
    assert_string_equal(why.what, "schema: maximum at \"/n\"");
    why = (struct sg_why){ 0 };
    assert_ok(sjson_parse(*state, SG_LIT("{\"n\":\"x\"}"), NULL, &claims));
    assert_refused(flow_claims_check(*state, config, claims, &why), CLAIMS);
    flow_configs_done(&set);
}

static void
test_a_schema_that_is_none_is_refused(void **state)
{
    static const char *const wrong[] = { WITH_SCHEMA("{\"type\":7}"), WITH_SCHEMA("\"x\""),
        WITH_SCHEMA("{\"$ref\":\"https://elsewhere.example/x\"}"),
        WITH_SCHEMA("{\"pattern\":\"(\"}") };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct flow_configs set;
        struct sg_why why = { 0 };
        assert_refused(parse(state, wrong[i], &why, &set), CONFIGURATION);
        assert_string_equal(why.what, "schema: not a JSON Schema 2020-12 of docs/schema.md");
    }
}

/* The one file of conf/demo: everything INTERFACES promises is there. */
static void
test_the_demo_has_every_format(void **state)
{
    static const struct {
        const char *id, *format;
    } promised[] = { { "employee_badge_sd_jwt", "dc+sd-jwt" },
        { "employee_badge_mdoc", "mso_mdoc" }, { "employee_badge_ldp_ecdsa_rdfc", "ldp_vc" },
        { "employee_badge_ldp_eddsa_rdfc", "ldp_vc" }, { "employee_badge_ldp_ecdsa_jcs", "ldp_vc" },
        { "employee_badge_ldp_eddsa_jcs", "ldp_vc" }, { "employee_badge_ldp_ecdsa_sd", "ldp_vc" },
        { "employee_badge_jwt", "vc+jwt" }, { "employee_badge_vc_sd_jwt", "vc+sd-jwt" },
        { "employee_badge_cose", "vc+cose" } };
    struct flow_configs set;
    struct sg_why why = { 0 };
    const struct sjson *claims;
    sg_str text = sg_bytes_str(support_file(*state, "conf/demo/employee_badge.json"));
    assert_ok(flow_config_parse(*state, SG_LIT("employee_badge"), text, SG_LIT(BASE), &why, &set));
    assert_ok(sjson_parse(
        *state, sg_bytes_str(support_file(*state, "conf/demo/claims.json")), NULL, &claims));
    for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++) {
        const struct flow_config *config = flow_config_find(&set, sg_cstr(promised[i].id));
        assert_non_null(config);
        assert_string_equal(config->form->format, promised[i].format);
        assert_ok(flow_claims_check(*state, config, claims, &why));
    }
    flow_configs_done(&set);
}

static void
test_a_format_we_do_not_issue_is_unsupported(void **state)
{
    struct flow_configs set;
    struct sg_why why = { 0 };
    assert_refused(parse(state,
                       "{" SHARED ",\"formats\":[{\"id\":\"a\",\"format\":\"jwt_vc_json\","
                       "\"seal_key\":\"k\"}]}",
                       &why, &set),
        UNSUPPORTED);
    assert_string_equal(why.what, "format");
}

static void
test_forms_have_different_names(void **state)
{
    (void)state;
    size_t n;
    const struct flow_form *const *forms = flow_forms(&n);
    assert_true(n >= 1);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(flow_form_find(sg_cstr(forms[i]->format)), forms[i]);
        assert_non_null(forms[i]->read);
        assert_non_null(forms[i]->describe);
        assert_non_null(forms[i]->head);
        assert_non_null(forms[i]->need);
        assert_non_null(forms[i]->build);
        assert_non_null(forms[i]->attach);
        assert_non_null(forms[i]->members);
        assert_non_null(forms[i]->binding);
    }
    assert_null(flow_form_find(SG_LIT("")));
    assert_null(flow_form_find(SG_LIT("dc+sd-jw")));
}

#define LDP(members)                                                                              \
    "{\"credential_metadata\":{},\"sealgate\":{\"validity_s\":86400,\"claims\":{\"name\":{"       \
    "\"type\":\"string\"}}},"                                                                     \
    "\"formats\":[{" ENTRY "\"format\":\"ldp_vc\",\"cryptosuite\":\"ecdsa-jcs-2019\"," VC members \
    "}]}"

/* req: PRO-5: what a configuration takes from clients is said in it, and nothing is taken unless it says so. */
static void
test_documents_of_clients_are_said_by_the_configuration(void **state)
{
    static const struct {
        const char *text;
        enum flow_documents documents;
        enum flow_proofs existing;
    } good[] = {
        { LDP(""), FLOW_DOCUMENTS_NONE, FLOW_PROOFS_REFUSE },
        { LDP(",\"documents\":\"none\""), FLOW_DOCUMENTS_NONE, FLOW_PROOFS_REFUSE },
        { LDP(",\"documents\":\"claims\""), FLOW_DOCUMENTS_CLAIMS, FLOW_PROOFS_REFUSE },
        { LDP(",\"documents\":\"any\",\"existing_proofs\":\"chain\""), FLOW_DOCUMENTS_ANY,
            FLOW_PROOFS_CHAIN },
        { LDP(",\"documents\":\"presentations\",\"existing_proofs\":\"add\""),
            FLOW_DOCUMENTS_PRESENTATIONS, FLOW_PROOFS_ADD },
    };
    static const char *const bad[] = {
        LDP(",\"documents\":\"all\""),
        LDP(",\"documents\":true"),
        LDP(",\"documents\":\"any\",\"existing_proofs\":\"drop\""),
        LDP(",\"documents\":\"any\",\"level\":2"),
        LDP(",\"documents\":\"presentations\",\"status_list\":\"a\""),
        "{" SHARED ",\"formats\":[{" SD_JWT ",\"documents\":\"claims\"}]}",
        ONE("\"format\":\"vc+jwt\",\"documents\":\"presentations\"," VC),
        ONE("\"format\":\"vc+jwt\",\"documents\":\"any\",\"existing_proofs\":\"add\"," VC),
    };
    struct flow_configs set;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct sg_why why = { 0 };
        assert_ok(parse(state, good[i].text, &why, &set));
        assert_int_equal(set.items[0].documents, good[i].documents);
        assert_int_equal(set.items[0].existing, good[i].existing);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sg_why why = { 0 };
        assert_refused(parse(state, bad[i], &why, &set), CONFIGURATION);
        assert_non_null(why.what);
    }
}

#define ATTESTED(types)                                                             \
    "{\"credential_metadata\":{},\"sealgate\":{\"validity_s\":86400,"               \
    "\"claims\":{\"name\":{\"type\":\"string\"}}},\"proof_types_supported\":" types \
    ",\"formats\":[{" SD_JWT "}]}"
#define ES256 "\"proof_signing_alg_values_supported\":[\"ES256\"]"

#define DI_VP(binding, suites)                                                              \
    "{\"credential_metadata\":{},\"sealgate\":{\"validity_s\":86400,\"claims\":{\"name\":{" \
    "\"type\":\"string\"}}},\"formats\":[{" ENTRY "\"format\":\"vc+jwt\"," VC               \
    ",\"binding\":" binding                                                                 \
    ",\"proof_types_supported\":{\"di_vp\":{\"proof_signing_alg_values_supported\":" suites \
    "}}}]}"

/* OpenID4VCI 1.0, 12.2.4: which proofs of a key are taken, and what attestations must say. req: PRO-1 */
static void
test_proof_types(void **state)
{
    static const char *const bad[] = {
        ATTESTED("{}"),
        ATTESTED("[]"),
        ATTESTED("{\"cwt\":{" ES256 "}}"),
        ATTESTED("{\"di_vp\":{\"proof_signing_alg_values_supported\":[\"eddsa-jcs-2022\"]}}"),
        DI_VP("[\"jwk\"]", "[\"eddsa-jcs-2022\"]"),
        DI_VP("[\"did:key\"]", "[\"ES256\"]"),
        DI_VP("[\"did:key\"]", "[\"ecdsa-sd-2023\"]"),
        DI_VP("[\"did:key\"]", "[]"),
        DI_VP("[\"did:key\"]", "[\"eddsa-jcs-2022\"],\"key_attestations_required\":{}"),
        /* a way around the attestation */
        DI_VP("[\"did:key\"]",
            "[\"eddsa-jcs-2022\"]},\"jwt\":{" ES256 ",\"key_attestations_required\":{}"),
        ATTESTED("{\"jwt\":[]}"),
        ATTESTED("{\"jwt\":{}}"),
        ATTESTED("{\"attestation\":{\"proof_signing_alg_values_supported\":[\"HS256\"]}}"),
        ATTESTED("{\"jwt\":{" ES256 ",\"key_attestations_required\":true}}"),
        ATTESTED("{\"jwt\":{" ES256 ",\"key_attestations_required\":{\"key_storage\":[]}}}"),
        ATTESTED("{\"jwt\":{" ES256 ",\"key_attestations_required\":{\"key_storage\":[1]}}}"),
        ATTESTED("{\"jwt\":{" ES256 ",\"key_attestations_required\":{\"storage\":[\"a\"]}}}"),
        "{\"credential_metadata\":{},\"sealgate\":{\"validity_s\":86400,\"claims\":{\"name\":{"
        "\"type\":\"string\"}}},\"formats\":[{" ENTRY "\"format\":\"vc+jwt\"," VC
        ",\"binding\":[\"did:key\"],\"proof_types_supported\":{\"attestation\":{" ES256 "}}}]}",
    };
    struct flow_configs set;
    struct sg_why why = { 0 };
    assert_ok(parse(state,
        ATTESTED("{\"jwt\":{" ES256 "},\"attestation\":{" ES256 ",\"key_attestations_required\":{"
                 "\"key_storage\":[\"a\",\"b\"],\"user_authentication\":[\"c\"]}}}"),
        &why, &set));
    const struct flow_proof_type *types = set.items[0].proofs;
    assert_true(types[FLOW_PROOF_JWT].offered);
    assert_false(types[FLOW_PROOF_JWT].attested);
    assert_true(types[FLOW_PROOF_ATTESTATION].attested);
    assert_int_equal(types[FLOW_PROOF_ATTESTATION].key_storage.n, 2);
    assert_str_is(types[FLOW_PROOF_ATTESTATION].user_authentication.items[0], "c");
    assert_true(flow_needs_attester(&set.items[0]));
    assert_non_null(
        sjson_get(sjson_get(set.items[0].published, "proof_types_supported"), "attestation"));
    assert_ok(parse(
        state, ATTESTED("{\"jwt\":{" ES256 ",\"key_attestations_required\":{}}}"), &why, &set));
    assert_true(set.items[0].proofs[FLOW_PROOF_JWT].attested);
    assert_false(set.items[0].proofs[FLOW_PROOF_ATTESTATION].offered);
    assert_true(flow_needs_attester(&set.items[0]));
    /* presentations, where keys are named by a DID */
    assert_ok(parse(state,
        DI_VP("[\"did:key\",\"jwk\"]", "[\"eddsa-jcs-2022\",\"ecdsa-rdfc-2019\"]"), &why, &set));
    assert_true(set.items[0].proofs[FLOW_PROOF_DI_VP].offered);
    assert_int_equal(set.items[0].proofs[FLOW_PROOF_DI_VP].n_suites, 2);
    assert_false(flow_needs_attester(&set.items[0]));
    /* an entry's own stand instead of the template's */
    assert_ok(parse(state,
        "{" SHARED ",\"formats\":[{" SD_JWT ",\"proof_types_supported\":{\"attestation\":{" ES256
        "}}}]}",
        &why, &set));
    assert_false(set.items[0].proofs[FLOW_PROOF_JWT].offered);
    assert_true(set.items[0].proofs[FLOW_PROOF_ATTESTATION].offered);
    assert_null(sjson_get(sjson_get(set.items[0].published, "proof_types_supported"), "jwt"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sg_why told = { 0 };
        sg_result r = parse(state, bad[i], &told, &set);
        if (r.code != SG_E_CONFIGURATION || told.what == NULL) {
            fail_msg("case %zu: %s", i, sg_code_row(r.code)->name);
        }
    }
}

/* Whoever may show presentations may not issue claims under the same name. */
static void
test_a_configuration_for_presentations_issues_no_claims(void **state)
{
    struct flow_configs set;
    struct sg_why why = { 0 };
    const struct sjson *claims;
    assert_ok(sjson_parse(*state, SG_LIT("{\"name\":\"x\"}"), NULL, &claims));
    assert_ok(parse(state, LDP(",\"documents\":\"presentations\""), &why, &set));
    assert_refused(flow_claims_check(*state, &set.items[0], claims, &why), CLAIMS);
    assert_ok(parse(state, LDP(",\"documents\":\"any\""), &why, &set));
    assert_ok(flow_claims_check(*state, &set.items[0], claims, &why));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_entry_is_a_configuration),
        cmocka_unit_test(test_the_metadata_of_an_entry_is_derived),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_a_schema_is_checked_too),
        cmocka_unit_test(test_a_schema_that_is_none_is_refused),
        cmocka_unit_test(test_the_demo_has_every_format),
        cmocka_unit_test(test_a_format_we_do_not_issue_is_unsupported),
        cmocka_unit_test(test_documents_of_clients_are_said_by_the_configuration),
        cmocka_unit_test(test_proof_types),
        cmocka_unit_test(test_a_configuration_for_presentations_issues_no_claims),
        cmocka_unit_test(test_forms_have_different_names),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
