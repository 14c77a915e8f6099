/* formats/vcdm: what a credential and a presentation must be (VCDM 2.0 4, 5.3; VCDM 1.1 4, 5). req: FMT-3 */
#include "vcdm_make.h"

#include "sg_hash.h"

static const struct vcdm_rules strict;

static sg_result
credential(void **state, const char *change, struct sg_why *why, struct vcdm_credential *ret)
{
    const struct sjson *json = json_of(state, changed(state, BASE_CREDENTIAL, change));
    return vcdm_check_credential(*state, json, &strict, why, ret);
}

static sg_result
presentation(void **state, const struct vcdm_rules *rules, const char *change, struct sg_why *why,
    struct vcdm_presentation *ret)
{
    const struct sjson *json = json_of(state, changed(state, BASE_PRESENTATION, change));
    return vcdm_check_presentation(*state, json, rules, why, ret);
}

/* The resource "abc": SHA-2 examples of FIPS 180-4, as base64 (openssl dgst -binary | base64) and as multihash. */
#define ABC_256 "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define ABC_384 "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"
#define ABC_512                                                                               \
    "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslP" \
    "pUyknw=="

/* ---- what passes ------------------------------------------------------------------------------------- */

static void
test_accepted(void **state)
{
    static const char *const rows[] = {
        "{}",
        "{\"type\":\"VerifiableCredential\"}",
        "{\"type\":[\"VerifiableCredential\",\"Other\",\"https://e.org/#T\",\"ex:T\"]}",
        "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",\"https://e.org/"
        "c\",{\"a\":\"ex:a\"}]}",
        "{\"id\":\"urn:uuid:1\",\"name\":\"n\",\"description\":{\"@value\":\"d\",\"@language\":"
        "\"en-GB\","
        "\"@direction\":\"rtl\"}}",
        "{\"name\":[{\"@value\":\"Dog\",\"@language\":\"en\"},{\"@value\":\"Chien\",\"@language\":"
        "\"fr\"}]}",
        "{\"issuer\":{\"id\":\"https://e.org\",\"name\":\"n\",\"description\":{\"@value\":\"x\"}}}",
        "{\"credentialSubject\":[{\"id\":\"did:example:1\"},{\"a\":1}]}",
        "{\"validFrom\":\"2020-01-01T00:00:00Z\",\"validUntil\":\"2020-01-01T00:00:00Z\"}",
        "{\"credentialStatus\":{\"type\":\"X\"}}",
        "{\"credentialStatus\":[{\"type\":\"X\",\"id\":\"urn:a\"},{\"type\":\"Y\"}]}",
        "{\"credentialSchema\":{\"type\":\"JsonSchema\",\"id\":\"https://e.org/s\"}}",
        "{\"termsOfUse\":{\"type\":\"T\"},\"evidence\":[{\"type\":\"E\"}],\"refreshService\":{"
        "\"type\":\"R\"}}",
        "{\"proof\":{\"type\":\"DataIntegrityProof\"}}",
        "{\"unknown\":{\"@id\":1}}",
        "{\"relatedResource\":{\"id\":\"urn:r\",\"digestSRI\":\"" ABC_256 "\"}}",
    };
    struct vcdm_credential c;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        sg_result r = credential(state, rows[i], &why, &c);
        if (!sg_ok(r)) {
            fail_msg("%s: %s", rows[i], why.what);
        }
    }
}

static void
test_everything_is_read(void **state)
{
    struct vcdm_credential c;
    assert_ok(credential(state,
        "{\"id\":\"urn:id\",\"issuer\":{\"id\":\"did:example:i\"},\"validFrom\":\"1970-01-01T00:00:"
        "01Z\","
        "\"validUntil\":\"1970-01-01T00:00:03Z\",\"credentialStatus\":{\"type\":\"X\"},"
        "\"credentialSchema\":{\"type\":\"JsonSchema\",\"id\":\"urn:s\"},\"proof\":{\"type\":\"P\"}"
        "}",
        NULL, &c));
    assert_int_equal(c.version, VCDM_2_0);
    assert_str_is(c.id, "urn:id");
    assert_str_is(c.issuer, "did:example:i");
    assert_str_is(c.subject_id, "did:example:sub");
    assert_true(c.valid_from.s == 1 && c.valid_until.s == 3);
    assert_true(c.status != NULL && c.schema != NULL && c.proof != NULL && c.subjects != NULL);
    assert_ok(vcdm_check_period(&c, 1, 0));
    assert_ok(vcdm_check_period(&c, 3, 0));
    assert_refused(vcdm_check_period(&c, 0, 0), NOT_YET);
    assert_ok(vcdm_check_period(&c, 0, 1));
    assert_refused(vcdm_check_period(&c, 4, 0), EXPIRED);
    assert_ok(vcdm_check_period(&c, 4, 1));
    assert_ok(credential(
        state, "{\"credentialSubject\":[{\"id\":\"urn:a\"},{\"id\":\"urn:b\"}]}", NULL, &c));
    assert_int_equal(c.subject_id.n, 0);
    assert_false(c.valid_from.present || c.valid_until.present || c.status != NULL);
    assert_ok(vcdm_check_period(&c, 0, 0));
}

/* ---- what is refused, and the member that is named --------------------------------------------------- */

static const struct {
    const char *change;
    const char *what;
    uint64_t at;
} refused[] = {
    { "{\"@context\":null}", "@context", 0 },
    { "{\"@context\":\"https://www.w3.org/ns/credentials/v2\"}", "@context", 0 },
    { "{\"@context\":[]}", "@context", 0 },
    { "{\"@context\":[\"https://e.org\",\"https://www.w3.org/ns/credentials/v2\"]}", "@context",
        0 },
    { "{\"@context\":[\"https://www.w3.org/2018/credentials/v1\"]}", "@context", 0 },
    { "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",\"https ://x\"]}", "@context", 1 },
    { "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",{},5]}", "@context", 2 },
    { "{\"@type\":\"X\"}", "credential", 0 },
    { "{\"@id\":\"urn:x\"}", "credential", 0 },
    { "{\"type\":null}", "type", 0 },
    { "{\"type\":[]}", "type", 0 },
    { "{\"type\":[\"Other\"]}", "type", 0 },
    { "{\"type\":[\"VerifiableCredential\",1]}", "type", 0 },
    { "{\"type\":[\"VerifiableCredential\",\"a b\"]}", "type", 0 },
    { "{\"type\":[\"VerifiableCredential\",\"https ://x\"]}", "type", 0 },
    { "{\"type\":[\"VerifiableCredential\",\"\"]}", "type", 0 },
    { "{\"type\":{\"a\":1}}", "type", 0 },
    { "{\"id\":\"relative\"}", "id", 0 },
    { "{\"id\":[\"urn:a\",\"urn:b\"]}", "id", 0 },
    { "{\"id\":[\"urn:a\"]}", "id", 0 },
    { "{\"id\":5}", "id", 0 },
    { "{\"issuer\":null}", "issuer", 0 },
    { "{\"issuer\":\"fake-issuer\"}", "issuer", 0 },
    { "{\"issuer\":[\"did:example:1\"]}", "issuer", 0 },
    { "{\"issuer\":{}}", "issuer.id", 0 },
    { "{\"issuer\":{\"id\":\"x\"}}", "issuer.id", 0 },
    { "{\"issuer\":{\"@id\":\"did:example:1\",\"id\":\"did:example:2\"}}", "issuer", 0 },
    { "{\"issuer\":{\"id\":\"urn:a\",\"name\":{\"@value\":\"x\",\"url\":\"u\"}}}", "issuer.name",
        0 },
    { "{\"issuer\":{\"id\":\"urn:a\",\"description\":7}}", "issuer.description", 0 },
    { "{\"credentialSubject\":null}", "credentialSubject", 0 },
    { "{\"credentialSubject\":{}}", "credentialSubject", 0 },
    { "{\"credentialSubject\":[]}", "credentialSubject", 0 },
    { "{\"credentialSubject\":\"did:example:1\"}", "credentialSubject", 0 },
    { "{\"credentialSubject\":[{\"a\":1},{}]}", "credentialSubject", 1 },
    { "{\"credentialSubject\":{\"id\":\"x\"}}", "credentialSubject.id", 0 },
    { "{\"credentialSubject\":{\"@id\":\"urn:x\"}}", "credentialSubject", 0 },
    { "{\"validFrom\":\"2020-01-01\"}", "validFrom", 0 },
    { "{\"validFrom\":\"2020-01-01T00:00:00\"}", "validFrom", 0 },
    { "{\"validUntil\":1577836800}", "validUntil", 0 },
    { "{\"name\":{\"@value\":\"n\",\"url\":\"x\"}}", "name", 0 },
    { "{\"name\":{\"@language\":\"en\"}}", "name", 0 },
    { "{\"name\":{\"@value\":1}}", "name", 0 },
    { "{\"name\":{\"@value\":\"n\",\"@language\":\"-\"}}", "name", 0 },
    { "{\"name\":{\"@value\":\"n\",\"@language\":\"123456789\"}}", "name", 0 },
    { "{\"name\":{\"@value\":\"n\",\"@direction\":\"up\"}}", "name", 0 },
    { "{\"name\":[{\"@value\":\"n\"},\"text\"]}", "name", 1 },
    { "{\"description\":[]}", "description", 0 },
    { "{\"credentialStatus\":\"x\"}", "credentialStatus", 0 },
    { "{\"credentialStatus\":[]}", "credentialStatus", 0 },
    { "{\"credentialStatus\":{\"id\":\"urn:a\"}}", "credentialStatus.type", 0 },
    { "{\"credentialStatus\":[{\"type\":\"X\"},{\"type\":2}]}", "credentialStatus.type", 1 },
    { "{\"credentialStatus\":{\"type\":\"X\",\"id\":\"https ://x\"}}", "credentialStatus.id", 0 },
    { "{\"credentialStatus\":{\"type\":\"X\",\"id\":[\"urn:a\",\"urn:b\"]}}", "credentialStatus.id",
        0 },
    { "{\"credentialSchema\":{\"type\":\"JsonSchema\"}}", "credentialSchema.id", 0 },
    { "{\"credentialSchema\":{\"id\":\"urn:a\"}}", "credentialSchema.type", 0 },
    { "{\"termsOfUse\":{\"id\":\"urn:a\"}}", "termsOfUse.type", 0 },
    { "{\"evidence\":{}}", "evidence.type", 0 },
    { "{\"evidence\":\"x\"}", "evidence", 0 },
    { "{\"refreshService\":{\"id\":\"urn:a\"}}", "refreshService.type", 0 },
    { "{\"renderMethod\":{\"id\":\"urn:a\"}}", "renderMethod.type", 0 },
    { "{\"confidenceMethod\":{\"id\":\"urn:a\"}}", "confidenceMethod.type", 0 },
    { "{\"proof\":{\"created\":\"x\"}}", "proof.type", 0 },
    { "{\"proof\":\"x\"}", "proof", 0 },
};

static void
test_refused(void **state)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct sg_why why = { 0 };
        struct vcdm_credential c;
        sg_result r = credential(state, refused[i].change, &why, &c);
        if (r.code != SG_E_VCDM || strcmp(why.what, refused[i].what) != 0) {
            fail_msg("%s: %d %s", refused[i].change, (int)r.code, why.what);
        }
        assert_int_equal(why.at, refused[i].at);
        assert_int_equal(vcdm_problem_of(r.code, &why), VCDM_MALFORMED_VALUE_ERROR);
    }
}

static void
test_period_the_wrong_way_round_is_a_range_error(void **state)
{
    struct sg_why why = { 0 };
    struct vcdm_credential c;
    sg_result r = credential(state,
        "{\"validFrom\":\"2020-01-01T00:00:00.000000001Z\",\"validUntil\":\"2020-01-01T00:00:"
        "00Z\"}",
        &why, &c);
    assert_refused(r, VCDM);
    assert_string_equal(why.what, "validUntil");
    assert_string_equal(vcdm_problem_url(vcdm_problem_of(r.code, &why)),
        "https://www.w3.org/TR/vc-data-model#RANGE_ERROR");
}

static void
test_not_an_object(void **state)
{
    struct vcdm_credential c;
    struct vcdm_presentation p;
    assert_refused(vcdm_check_credential(*state, NULL, &strict, NULL, &c), VCDM);
    assert_refused(
        vcdm_check_credential(*state, json_of(state, SG_LIT("[]")), &strict, NULL, &c), VCDM);
    assert_refused(
        vcdm_check_presentation(*state, json_of(state, SG_LIT("1")), &strict, NULL, &p), VCDM);
}

/* ---- 1.1 --------------------------------------------------------------------------------------------- */

static sg_result
old(void **state, const char *change, struct sg_why *why, struct vcdm_credential *ret)
{
    static const struct vcdm_rules rules = { .accept_1_1 = true };
    const struct sjson *json = json_of(state, changed(state, BASE_CREDENTIAL_1_1, change));
    return vcdm_check_credential(*state, json, &rules, why, ret);
}

static void
test_version_1_1(void **state)
{
    static const struct {
        const char *change;
        const char *what;
    } rows[] = {
        { "{\"issuanceDate\":null}", "issuanceDate" },
        { "{\"issuanceDate\":\"x\"}", "issuanceDate" },
        { "{\"expirationDate\":\"2019-01-01T00:00:00Z\"}", "expirationDate" },
        { "{\"credentialStatus\":{\"type\":\"X\"}}", "credentialStatus.id" },
        { "{\"refreshService\":{\"type\":\"X\"}}", "refreshService.id" },
        { "{\"credentialSchema\":{\"type\":\"X\"}}", "credentialSchema.id" },
        { "{\"issuer\":\"x\"}", "issuer" },
    };
    struct vcdm_credential c;
    assert_ok(old(state, "{\"expirationDate\":\"2021-01-01T00:00:00Z\"}", NULL, &c));
    assert_int_equal(c.version, VCDM_1_1);
    assert_true(c.valid_from.s == 1577836800 && c.valid_until.s == 1609459200);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        assert_refused(old(state, rows[i].change, &why, &c), VCDM);
        assert_string_equal(why.what, rows[i].what);
    }
    /* the newer version's members are not looked at, and the newer context is still taken */
    assert_ok(old(state, "{\"relatedResource\":{}}", NULL, &c));
    assert_ok(old(state, "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"]}", NULL, &c));
    assert_int_equal(c.version, VCDM_2_0);
}

static void
test_zone_optional(void **state)
{
    static const struct vcdm_rules rules = { .zone_optional = true };
    struct vcdm_credential c;
    const struct sjson *json =
        json_of(state, changed(state, BASE_CREDENTIAL, "{\"validFrom\":\"1970-01-01T00:00:09\"}"));
    assert_ok(vcdm_check_credential(*state, json, &rules, NULL, &c));
    assert_int_equal(c.valid_from.s, 9);
}

/* ---- relatedResource (5.3) --------------------------------------------------------------------------- */

static sg_result
abc(void *arg, sg_str url, struct vcdm_resource *ret)
{
    static const char text[] = "abc";
    (void)arg;
    SG_REQUIRE(!sg_str_is(url, "urn:forbidden"), ADDRESS);
    if (sg_str_is(url, "urn:abc")) {
        *ret = (struct vcdm_resource){
            .known = true, .bytes = sg_bytes_of(text, 3), .media_type = SG_LIT("text/plain")
        };
    }
    return SG_DONE;
}

static sg_result
related(void **state, const char *list, bool required, struct sg_why *why)
{
    struct vcdm_rules rules = { .resource = abc, .resource_required = required };
    struct vcdm_credential c;
    sg_str change;
    assert_ok(sg_arena_printf(*state, &change, "{\"relatedResource\":%s}", list));
    const struct sjson *json = json_of(state, changed(state, BASE_CREDENTIAL, change.p));
    return vcdm_check_credential(*state, json, &rules, why, &c);
}

static sg_str
multihash_text(void **state, enum sg_hash_alg alg, const char *of, char base)
{
    uint8_t bytes[2 + SG_HASH_MAX] = { alg == SG_SHA256 ? 0x12 : 0x20, (uint8_t)sg_hash_len(alg) };
    sg_str text;
    sg_str out;
    sg_hash(alg, sg_str_bytes(sg_cstr(of)), bytes + 2);
    assert_ok(sg_b64url_encode(*state, sg_bytes_of(bytes, 2 + sg_hash_len(alg)), &text));
    assert_ok(sg_arena_printf(*state, &out, "[{\"id\":\"urn:abc\",\"digestMultibase\":\"%c%.*s\"}]",
        base, SG_PRINT(text)));
    return out;
}

static void
test_related_resources(void **state)
{
    static const struct {
        const char *list;
        enum sg_code code;
    } rows[] = {
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256 "\"}]", SG_OK },
        { "{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_384 "\",\"mediaType\":\"text/plain\"}",
            SG_OK },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_512 " " ABC_256 "\"}]", SG_OK },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256
          "\"},{\"id\":\"urn:x\",\"digestSRI\":\"" ABC_256 "\"}]",
            SG_OK },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
          "\"}]",
            SG_E_DIGEST },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_384
          " sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}]",
            SG_E_DIGEST },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256 "\",\"mediaType\":\"text/html\"}]",
            SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256 "\",\"mediaType\":\"te xt/plain\"}]",
            SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256 "\",\"mediaType\":7}]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256 "\",\"mediaType\":\"text\"}]",
            SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256 "?opt\"}]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"md5-AAAA\"}]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"\"}]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256 "  " ABC_256 "\"}]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":[\"" ABC_256 "\"]}]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"sha256-AAAA\"}]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\"}]", SG_E_VCDM },
        { "[{\"digestSRI\":\"" ABC_256 "\"}]", SG_E_VCDM },
        { "[{\"id\":\"abc\",\"digestSRI\":\"" ABC_256 "\"}]", SG_E_VCDM },
        { "[]", SG_E_VCDM },
        { "[\"urn:abc\"]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256
          "\"},{\"id\":\"urn:abc\",\"digestSRI\":\"" ABC_256 "\"}]",
            SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestMultibase\":\"x\"}]", SG_E_VCDM },
        { "[{\"id\":\"urn:abc\",\"digestMultibase\":5}]", SG_E_VCDM },
        { "[{\"id\":\"urn:forbidden\",\"digestSRI\":\"" ABC_256 "\"}]", SG_E_ADDRESS },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        sg_result r = related(state, rows[i].list, false, &why);
        if (r.code != rows[i].code || (r.code != SG_OK && why.what == NULL)) {
            fail_msg("%s: %d", rows[i].list, (int)r.code);
        }
    }
    assert_ok(related(state, multihash_text(state, SG_SHA256, "abc", 'u').p, true, NULL));
    assert_ok(related(state, multihash_text(state, SG_SHA384, "abc", 'u').p, true, NULL));
    assert_refused(
        related(state, multihash_text(state, SG_SHA256, "abd", 'u').p, true, NULL), DIGEST);
    assert_refused(
        related(state, multihash_text(state, SG_SHA256, "abc", 'm').p, true, NULL), VCDM);
}

/* Digests without the two bytes of a multihash in front, as drafts had them: where the caller takes these. */
static void
test_draft_digests(void **state)
{
    static const struct vcdm_rules draft = { .resource = abc, .draft_digests = true };
    static const struct {
        const char *of;
        enum sg_code code;
    } rows[] = { { "abc", SG_OK }, { "abd", SG_E_DIGEST } };
    static const enum sg_hash_alg algs[] = { SG_SHA256, SG_SHA384 };
    for (size_t i = 0; i < 4; i++) {
        uint8_t digest[SG_HASH_MAX];
        sg_str text;
        sg_str change;
        struct vcdm_credential c;
        enum sg_hash_alg alg = algs[i / 2];
        sg_hash(alg, sg_str_bytes(sg_cstr(rows[i % 2].of)), digest);
        assert_ok(sg_b64url_encode(*state, sg_bytes_of(digest, sg_hash_len(alg)), &text));
        assert_ok(sg_arena_printf(*state, &change,
            "{\"relatedResource\":{\"id\":\"urn:abc\",\"digestMultibase\":\"u%.*s\"}}",
            SG_PRINT(text)));
        const struct sjson *json = json_of(state, changed(state, BASE_CREDENTIAL, change.p));
        assert_int_equal(
            vcdm_check_credential(*state, json, &draft, NULL, &c).code, rows[i % 2].code);
        assert_refused(vcdm_check_credential(*state, json, &strict, NULL, &c), VCDM);
    }
}

static void
test_unknown_resource_may_be_refused(void **state)
{
    static const char list[] = "[{\"id\":\"urn:other\",\"digestSRI\":\"" ABC_256 "\"}]";
    struct sg_why why = { 0 };
    assert_ok(related(state, list, false, &why));
    assert_refused(related(state, list, true, &why), NOT_FOUND);
    assert_string_equal(why.what, "relatedResource.id");
}

/* ---- presentations (4.13) ---------------------------------------------------------------------------- */

#define VC(issuer, more)                                                                          \
    "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"],\"type\":\"VerifiableCredential\"," \
    "\"issuer\":\"" issuer "\",\"credentialSubject\":{\"a\":1}" more "}"
#define ENVELOPED(type, id)                                                                     \
    "{\"@context\":\"https://www.w3.org/ns/credentials/v2\",\"type\":\"" type "\",\"id\":\"" id \
    "\"}"

static void
test_presentation_is_read(void **state)
{
    struct vcdm_presentation p;
    assert_ok(presentation(state, &strict,
        "{\"id\":\"urn:p\",\"holder\":{\"id\":\"did:example:h\"},\"proof\":{\"type\":\"P\"},"
        "\"verifiableCredential\":[" VC("did:example:1", "") "," ENVELOPED(
            "EnvelopedVerifiableCredential",
            "data:application/vc+jwt,a.b.c") "," ENVELOPED("EnvelopedVerifiablePresentation",
            "data:application/vp+jwt,a.b.c") "]}",
        NULL, &p));
    assert_str_is(p.id, "urn:p");
    assert_str_is(p.holder, "did:example:h");
    assert_int_equal(p.n_entries, 3);
    assert_false(p.entries[0].enveloped);
    assert_str_is(p.entries[0].credential.issuer, "did:example:1");
    assert_true(p.entries[1].enveloped && !p.entries[1].presentation);
    assert_str_is(p.entries[1].data_url, "data:application/vc+jwt,a.b.c");
    assert_true(p.entries[2].enveloped && p.entries[2].presentation);
    assert_non_null(p.proof);
    assert_ok(presentation(
        state, &strict, "{\"verifiableCredential\":" VC("did:example:1", "") "}", NULL, &p));
    assert_int_equal(p.n_entries, 1);
    assert_ok(presentation(state, &strict, "{\"verifiableCredential\":[]}", NULL, &p));
    assert_ok(presentation(state, &strict, "{}", NULL, &p));
    assert_int_equal(p.n_entries, 0);
    assert_int_equal(p.holder.n, 0);
}

static void
test_presentation_refused(void **state)
{
    static const struct {
        const char *change;
        const char *what;
        uint64_t at;
    } rows[] = {
        { "{\"@context\":null}", "@context", 0 },
        { "{\"type\":[\"VerifiableCredential\"]}", "type", 0 },
        { "{\"id\":\"x\"}", "id", 0 },
        { "{\"@graph\":[]}", "presentation", 0 },
        { "{\"holder\":\"z6Mk\"}", "holder", 0 },
        { "{\"holder\":[\"did:example:1\"]}", "holder", 0 },
        { "{\"holder\":{\"name\":\"Acme\"}}", "holder.id", 0 },
        { "{\"termsOfUse\":{}}", "termsOfUse.type", 0 },
        { "{\"proof\":[]}", "proof", 0 },
        { "{\"verifiableCredential\":[\"eyJ.e30.x\"]}", "verifiableCredential", 0 },
        { "{\"verifiableCredential\":\"eyJ.e30.x\"}", "verifiableCredential", 0 },
        { "{\"verifiableCredential\":[" VC("did:example:1", "") ",null]}", "verifiableCredential",
            1 },
        { "{\"verifiableCredential\":[{}]}", "@context", 0 },
        { "{\"verifiableCredential\":[" VC("x", "") "]}", "issuer", 0 },
        { "{\"verifiableCredential\":[" ENVELOPED(
              "EnvelopedVerifiableCredential", "bad-credential") "]}",
            "id", 0 },
        { "{\"verifiableCredential\":[" ENVELOPED(
              "EnvelopedVerifiableCredential", "https://e.org") "]}",
            "id", 0 },
        { "{\"verifiableCredential\":[{\"type\":\"EnvelopedVerifiableCredential\",\"id\":\"data:,"
          "x\"}]}",
            "@context", 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sg_why why = { 0 };
        struct vcdm_presentation p;
        sg_result r = presentation(state, &strict, rows[i].change, &why, &p);
        if (r.code != SG_E_VCDM || strcmp(why.what, rows[i].what) != 0 || why.at != rows[i].at) {
            fail_msg("%s: %d %s", rows[i].change, (int)r.code, why.what);
        }
    }
}

static void
test_self_asserted_needs_its_holder(void **state)
{
    static const struct vcdm_rules rules = { .self_asserted = true };
    struct vcdm_presentation p;
    struct sg_why why = { 0 };
    assert_ok(presentation(state, &rules,
        "{\"holder\":\"did:example:a\",\"verifiableCredential\":[" VC("did:example:a", "") "]}",
        NULL, &p));
    assert_refused(
        presentation(state, &rules,
            "{\"holder\":\"did:example:b\",\"verifiableCredential\":[" VC("did:example:a", "") "]}",
            &why, &p),
        VCDM);
    assert_string_equal(why.what, "holder");
    assert_refused(presentation(state, &rules,
                       "{\"verifiableCredential\":[" VC("did:example:a", "") "]}", NULL, &p),
        VCDM);
    /* secured by its issuer: anybody's */
    assert_ok(presentation(state, &rules,
        "{\"verifiableCredential\":[" VC("did:example:a", ",\"proof\":{\"type\":\"P\"}") "]}", NULL,
        &p));
    assert_ok(presentation(state, &rules,
        "{\"verifiableCredential\":[" ENVELOPED(
            "EnvelopedVerifiableCredential", "data:application/vc+jwt,a") "]}",
        NULL, &p));
}

static void
test_too_many_credentials(void **state)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1 << 20);
    struct vcdm_presentation p;
    sg_str change;
    sg_buf_put_cstr(&buf, "{\"verifiableCredential\":[");
    for (size_t i = 0; i <= VCDM_CREDENTIALS_MAX; i++) {
        sg_buf_put_cstr(&buf, i == 0 ? VC("did:example:1", "") : "," VC("did:example:1", ""));
    }
    sg_buf_put(&buf, sg_bytes_of("]}", 3)); /* with its NUL */
    assert_ok(sg_buf_end_str(&buf, &change));
    assert_refused(presentation(state, &strict, change.p, NULL, &p), TOO_LARGE);
}

static void
test_enveloped_documents(void **state)
{
    sg_str url;
    const struct sjson *vp = json_of(
        state, SG_LIT(ENVELOPED("EnvelopedVerifiablePresentation", "data:application/vp+jwt,x")));
    assert_ok(vcdm_check_enveloped(vp, true, NULL, &url));
    assert_str_is(url, "data:application/vp+jwt,x");
    assert_refused(vcdm_check_enveloped(vp, false, NULL, &url), VCDM);
    assert_refused(vcdm_check_enveloped(json_of(state, SG_LIT("[]")), true, NULL, &url), VCDM);
    assert_refused(vcdm_check_enveloped(NULL, true, NULL, &url), VCDM);
}

/* A line feed behind the data, as in a fixture of the vc-jose-cose suite: for those who do not read it. */
static void
test_enveloped_unread(void **state)
{
    static const struct vcdm_rules unread = { .enveloped_unread = true };
    static const char odd[] = "{\"verifiableCredential\":" ENVELOPED(
        "EnvelopedVerifiableCredential", "data:application/vc+cose;base64,AA\\n") "}";
    static const char bad[] = "{\"verifiableCredential\":" ENVELOPED(
        "EnvelopedVerifiableCredential", "bad-credential") "}";
    struct vcdm_presentation p;
    assert_refused(presentation(state, &strict, odd, NULL, &p), VCDM);
    assert_ok(presentation(state, &unread, odd, NULL, &p));
    assert_refused(presentation(state, &unread, bad, NULL, &p), VCDM);
}

/* ---- problem types ----------------------------------------------------------------------------------- */

static void
test_problem_types(void **state)
{
    (void)state;
    assert_null(vcdm_problem_url(VCDM_PROBLEM_NONE));
    assert_null(vcdm_problem_url((enum vcdm_problem)99));
    assert_string_equal(
        vcdm_problem_url(VCDM_PARSING_ERROR), "https://www.w3.org/TR/vc-data-model#PARSING_ERROR");
    assert_string_equal(vcdm_problem_url(VCDM_CRYPTOGRAPHIC_SECURITY_ERROR),
        "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR");
    assert_string_equal(vcdm_problem_url(VCDM_MALFORMED_VALUE_ERROR),
        "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR");
    assert_int_equal(vcdm_problem_of(SG_E_MALFORMED, NULL), VCDM_PARSING_ERROR);
    assert_int_equal(vcdm_problem_of(SG_E_SIGNATURE, NULL), VCDM_CRYPTOGRAPHIC_SECURITY_ERROR);
    assert_int_equal(vcdm_problem_of(SG_E_VCDM, NULL), VCDM_MALFORMED_VALUE_ERROR);
    assert_int_equal(vcdm_problem_of(SG_E_INTERNAL, NULL), VCDM_PROBLEM_NONE);
    struct sg_why wild = { .what = "x", .detail = 77 };
    assert_int_equal(vcdm_problem_of(SG_E_VCDM, &wild), VCDM_MALFORMED_VALUE_ERROR);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_accepted),
        TEST(test_everything_is_read),
        TEST(test_refused),
        TEST(test_period_the_wrong_way_round_is_a_range_error),
        TEST(test_not_an_object),
        TEST(test_version_1_1),
        TEST(test_zone_optional),
        TEST(test_related_resources),
        TEST(test_draft_digests),
        TEST(test_unknown_resource_may_be_refused),
        TEST(test_presentation_is_read),
        TEST(test_presentation_refused),
        TEST(test_self_asserted_needs_its_holder),
        TEST(test_too_many_credentials),
        TEST(test_enveloped_documents),
        TEST(test_enveloped_unread),
        TEST(test_problem_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
