/* ecdsa-sd-2023: selection, proof values, and proofs that somebody else made up. req: FMT-3 */
#include "di_sd.h"
#include "di_secure.h"
#include "support.h"

#define CONTEXT                                                                          \
    "\"@context\":[\"https://www.w3.org/ns/credentials/v2\",{\"given\":\"urn:t:given\"," \
    "\"family\":\"urn:t:family\",\"home\":\"urn:t:home\",\"town\":\"urn:t:town\","       \
    "\"nation\":\"urn:t:nation\",\"row\":{\"@id\":\"urn:t:row\",\"@container\":\"@list\"}}]"
#define CREDENTIAL(subject)                                                          \
    "{" CONTEXT ",\"type\":[\"VerifiableCredential\"],\"issuer\":\"did:example:i\"," \
    "\"validFrom\":\"2024-01-01T00:00:00Z\",\"credentialSubject\":{" subject "}}"
#define SUBJECT                                                                    \
    "\"given\":\"A\",\"family\":\"B\",\"home\":{\"town\":\"T\",\"nation\":\"N\"}," \
    "\"nation\":[{\"given\":\"x\"},{\"given\":\"y\"},{\"given\":\"z\"}]"

struct fixture {
    struct sg_arena *arena;
    struct jsonld_contexts *contexts;
    struct di_test_key key;
    struct di_test_proof proof;
    struct di_expect expect;
};

static int
setup(void **state)
{
    void *arena = NULL;
    assert_int_equal(support_arena_setup(&arena), 0);
    struct fixture *f = SG_NEW((struct sg_arena *)arena, struct fixture);
    assert_non_null(f);
    static const sg_str mandatory[] = { { "/issuer", 7 } };
    f->arena = arena;
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &f->contexts));
    f->key = di_test_key_of(f->arena, JOSE_P256, "issuer");
    f->proof = (struct di_test_proof){ .suite = DI_ECDSA_SD_2023,
        .key = &f->key,
        .contexts = f->contexts,
        .mandatory = mandatory,
        .n_mandatory = 1 };
    f->expect = (struct di_expect){ .purpose = SG_LIT("assertionMethod"), .now = 1700000000 };
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    void *arena = f->arena;
    jsonld_contexts_free(&f->contexts);
    return support_arena_teardown(&arena);
}

static sg_result
derive(struct fixture *f, const struct sjson *base, const char *pointer, const struct sjson **ret)
{
    sg_str pointers[] = { sg_cstr(pointer) };
    sg_str text;
    SG_TRY(di_derive(f->arena, base, pointers, pointer == NULL ? 0 : 1, f->contexts, NULL, &text));
    *ret = di_test_json(f->arena, text);
    return SG_DONE;
}

static sg_result
verify(struct fixture *f, const struct sjson *document)
{
    return di_verify(f->arena, document, &f->expect, NULL, f->contexts, NULL, NULL);
}

/* ---- selection ------------------------------------------------------------------------------------------- */

static void
selects(struct fixture *f, const char *pointer, const char *want)
{
    const struct sjson *document = di_test_json(f->arena,
        SG_LIT("{\"@context\":[\"c\"],\"id\":\"urn:1\",\"type\":\"T\",\"a/b\":1,\"m~n\":2,\"\":3,"
               "\"list\":[{\"id\":\"_:b\",\"type\":\"L\",\"x\":1,\"y\":[5,6,7]},8]}"));
    const sg_str pointers[] = { sg_cstr(pointer) };
    const struct sjson *selection;
    struct sg_buf buf = sg_buf_new(f->arena, 0, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    assert_ok(di_sd_select(f->arena, document, pointers, 1, NULL, NULL, &selection));
    di_sd_write(&wr, selection);
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_true(sjson_equal(di_test_json(f->arena, text), di_test_json(f->arena, sg_cstr(want))));
}

#define KEPT "\"@context\":[\"c\"],\"id\":\"urn:1\",\"type\":\"T\""

static void
test_selection_by_pointer(void **state)
{
    struct fixture *f = *state;
    selects(f, "/a~1b", "{" KEPT ",\"a/b\":1}");
    selects(f, "/m~0n", "{" KEPT ",\"m~n\":2}");
    selects(f, "/", "{" KEPT ",\"\":3}");
    selects(f, "/id", "{" KEPT "}");
    selects(f, "/list/1", "{" KEPT ",\"list\":[8]}"); /* dense, not sparse */
    selects(f, "/list/0/x", "{" KEPT ",\"list\":[{\"id\":\"_:b\",\"type\":\"L\",\"x\":1}]}");
    selects(f, "/list/0/y/2", "{" KEPT ",\"list\":[{\"id\":\"_:b\",\"type\":\"L\",\"y\":[7]}]}");
    selects(f, "/list/0",
        "{" KEPT ",\"list\":[{\"id\":\"_:b\",\"type\":\"L\",\"x\":1,\"y\":[5,6,7]}]}");
}

static void
test_several_pointers_make_one_selection(void **state)
{
    struct fixture *f = *state;
    const struct sjson *document =
        di_test_json(f->arena, SG_LIT("{\"a\":[0,1,2,3],\"b\":{\"c\":1,\"d\":2,\"e\":3}}"));
    const sg_str pointers[] = { SG_LIT("/a/3"), SG_LIT("/b/e"), SG_LIT("/a/1"), SG_LIT("/b/c"),
        SG_LIT("/a/3") };
    const struct sjson *selection;
    assert_ok(di_sd_select(f->arena, document, pointers, 5, NULL, NULL, &selection));
    assert_true(sjson_equal(
        selection, di_test_json(f->arena, SG_LIT("{\"a\":[1,3],\"b\":{\"c\":1,\"e\":3}}"))));
    assert_ok(di_sd_select(f->arena, document, pointers, 0, NULL, NULL, &selection));
    assert_null(selection);
    const sg_str root[] = { SG_LIT("/a/1"), SG_LIT("") };
    assert_ok(di_sd_select(f->arena, document, root, 2, NULL, NULL, &selection));
    assert_true(sjson_equal(selection, document));
}

static void
test_pointers_that_lead_nowhere(void **state)
{
    struct fixture *f = *state;
    const struct sjson *document =
        di_test_json(f->arena, SG_LIT("{\"a\":[0,1],\"b\":{\"c\":1},\"d~\":1}"));
    static const char *const bad[] = { "a", "/x", "/a/2", "/a/-", "/a/01", "/a/ 1", "/a/1/x",
        "/b/c/d", "/b/", "/d~", "/d~2", "/a/99999999999999999999", "//", "/a/-1", "/a/1e0" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const sg_str pointers[] = { sg_cstr(bad[i]) };
        const struct sjson *selection;
        assert_refused(
            di_sd_select(f->arena, document, pointers, 1, NULL, NULL, &selection), VALUE);
    }
}

static void
test_selection_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct sg_buf buf = sg_buf_new(f->arena, 0, 1 << 20);
    sg_str text;
    static sg_str pointers[DI_POINTERS_MAX];
    sg_buf_put_cstr(&buf, "{\"a\":[0");
    for (size_t i = 0; i < 50000; i++) {
        sg_buf_put_cstr(&buf, ",0");
    }
    sg_buf_put_cstr(&buf, "]}");
    assert_ok(sg_buf_end_str(&buf, &text));
    for (size_t i = 0; i < DI_POINTERS_MAX; i++) {
        pointers[i] = SG_LIT("/a/49999");
    }
    const struct sjson *document = di_test_json(f->arena, text);
    const struct sjson *selection;
    assert_ok(di_sd_select(f->arena, document, pointers, 10, NULL, NULL, &selection));
    assert_refused(
        di_sd_select(f->arena, document, pointers, DI_POINTERS_MAX, NULL, NULL, &selection), WORK);
}

/* ---- proof values ------------------------------------------------------------------------------------------ */

struct part {
    const char *hex;
    size_t repeat;
};

/* "u" and base64url of the parts' bytes, each repeated. */
static sg_str
value_of(struct fixture *f, const struct part *parts, size_t n)
{
    struct sg_buf buf = sg_buf_new(f->arena, 0, 4096);
    sg_bytes bytes;
    sg_str text;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < parts[i].repeat; k++) {
            sg_buf_put(&buf, support_hex(f->arena, parts[i].hex));
        }
    }
    assert_ok(sg_buf_end(&buf, &bytes));
    assert_ok(multibase_encode(f->arena, MULTIBASE_BASE64URL, bytes, &text));
    return text;
}

#define BASE_HEAD                                                  \
    { "d95d0085", 1 }, { "5840", 1 }, { "11", 64 }, { "5823", 1 }, \
    {                                                              \
        "22", 35                                                   \
    }
#define DERIVED_HEAD                                               \
    { "d95d0185", 1 }, { "5840", 1 }, { "11", 64 }, { "5823", 1 }, \
    {                                                              \
        "22", 35                                                   \
    }
#define HMAC       \
    { "5820", 1 }, \
    {              \
        "33", 32   \
    }
#define SIGNATURE  \
    { "5840", 1 }, \
    {              \
        "44", 64   \
    }

static const struct {
    bool fine;
    struct part parts[20];
} values[] = {
    { true, { BASE_HEAD, HMAC, { "80", 1 }, { "80", 1 } } },
    { true, { BASE_HEAD, HMAC, { "81", 1 }, SIGNATURE, { "81622f61", 1 } } },
    { true, { DERIVED_HEAD, { "80", 1 }, { "a0", 1 }, { "80", 1 } } },
    { true, { DERIVED_HEAD, { "80", 1 }, { "a2005820", 1 }, { "55", 32 }, { "015820", 1 },
                { "66", 32 }, { "820003", 1 } } },
    { false, { { "d95d00", 1 } } }, { false, { { "d95d0080", 1 } } },
    { false, { { "d95d0285", 1 }, { "5840", 1 }, { "11", 64 }, { "5823", 1 }, { "22", 35 }, HMAC,
                 { "80", 1 }, { "80", 1 } } },
    { false, { { "d95d0084", 1 }, { "5840", 1 }, { "11", 64 }, { "5823", 1 }, { "22", 35 }, HMAC,
                 { "80", 1 } } },
    { false, { { "d95d0086", 1 }, { "5840", 1 }, { "11", 64 }, { "5823", 1 }, { "22", 35 }, HMAC,
                 { "80", 1 }, { "80", 1 }, { "80", 1 } } },
    { false, { BASE_HEAD, HMAC, { "80", 1 }, { "80", 1 }, { "00", 1 } } }, /* one byte more */
    { false,
        { BASE_HEAD, { "581f", 1 }, { "33", 31 }, { "80", 1 }, { "80", 1 } } }, /* HMAC key of 31 */
    { false, { { "d95d0085", 1 }, { "583f", 1 }, { "11", 63 }, { "5823", 1 }, { "22", 35 }, HMAC,
                 { "80", 1 }, { "80", 1 } } },
    { false, { { "d95d0085", 1 }, { "5840", 1 }, { "11", 64 }, { "5824", 1 }, { "22", 36 }, HMAC,
                 { "80", 1 }, { "80", 1 } } }, /* the 36 of 3.5.8 */
    { false, { { "d95d0085", 1 }, { "d8405840", 1 }, { "11", 64 }, { "5823", 1 }, { "22", 35 },
                 HMAC, { "80", 1 }, { "80", 1 } } }, /* a tag */
    { false, { { "d95d0085", 1 }, { "590040", 1 }, { "11", 64 }, { "5823", 1 }, { "22", 35 }, HMAC,
                 { "80", 1 }, { "80", 1 } } },                                /* a long head */
    { false, { BASE_HEAD, HMAC, { "9f", 1 }, { "ff80", 1 } } },               /* indefinite */
    { false, { BASE_HEAD, HMAC, { "9b00000000ffffffff", 1 }, { "80", 1 } } }, /* a false count */
    { false, { BASE_HEAD, HMAC, { "81", 1 }, { "583f", 1 }, { "44", 63 }, { "80", 1 } } },
    { false, { BASE_HEAD, HMAC, { "80", 1 }, { "81622fff", 1 } } }, /* not UTF-8 */
    { false, { BASE_HEAD, HMAC, { "80", 1 }, { "8107", 1 } } },
    { false, { DERIVED_HEAD, { "80", 1 }, { "a1015820", 1 }, { "55", 32 },
                 { "80", 1 } } }, /* c14n0 is missing */
    { false, { DERIVED_HEAD, { "80", 1 }, { "a2005820", 1 }, { "55", 32 }, { "005820", 1 },
                 { "66", 32 }, { "80", 1 } } },
    { false, { DERIVED_HEAD, { "80", 1 }, { "a100581f", 1 }, { "55", 31 }, { "80", 1 } } },
    { false, { DERIVED_HEAD, { "80", 1 }, { "a0", 1 }, { "820300", 1 } } }, /* not ascending */
    { false, { DERIVED_HEAD, { "80", 1 }, { "a0", 1 }, { "820303", 1 } } },
    { false, { DERIVED_HEAD, { "80", 1 }, { "a0", 1 }, { "8120", 1 } } }, /* negative */
};

static void
test_proof_values(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        size_t n = 0;
        while (n < 20 && values[i].parts[n].hex != NULL) {
            n++;
        }
        sg_str text = value_of(f, values[i].parts, n);
        struct di_sd_value value;
        sg_result r = di_sd_decode(f->arena, text, &value);
        if (r.code != (values[i].fine ? SG_OK : SG_E_PROOF_VALUE)) {
            fail_msg("row %zu: %s", i, sg_code_row(r.code)->name);
        }
        if (values[i].fine) { /* and back */
            sg_str again;
            assert_ok(di_sd_encode(f->arena, &value, &again));
            assert_true(sg_str_equal(again, text));
        }
    }
    struct di_sd_value value;
    assert_refused(di_sd_decode(f->arena, SG_LIT("z2V0B"), &value), PROOF_VALUE);
    assert_refused(di_sd_decode(f->arena, SG_LIT("u"), &value), PROOF_VALUE);
    assert_refused(di_sd_decode(f->arena, SG_LIT("u2V0A="), &value), PROOF_VALUE);
}

/* ---- proofs ------------------------------------------------------------------------------------------------ */

static void
test_disclosure_of_parts(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *pointer;
        const char *subject;
    } cases[] = {
        { "/credentialSubject/given", "{\"given\":\"A\"}" },
        { "/credentialSubject/home/town", "{\"home\":{\"town\":\"T\"}}" },
        { "/credentialSubject/nation/1", "{\"nation\":[{\"given\":\"y\"}]}" },
        { "/credentialSubject/nation/2/given", "{\"nation\":[{\"given\":\"z\"}]}" },
        { "/credentialSubject", "{" SUBJECT "}" },
        { NULL, NULL },
    };
    const struct sjson *base = di_test_secured(f->arena, CREDENTIAL(SUBJECT), &f->proof);
    assert_refused(verify(f, base), PROOF_VALUE);
    f->expect.accept_base = true;
    assert_ok(verify(f, base));
    f->expect.accept_base = false;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sjson *disclosed;
        assert_ok(derive(f, base, cases[i].pointer, &disclosed));
        assert_ok(verify(f, disclosed));
        const struct sjson *subject = sjson_get(disclosed, "credentialSubject");
        if (cases[i].subject == NULL) {
            assert_null(subject);
        } else {
            assert_true(sjson_equal(subject, di_test_json(f->arena, sg_cstr(cases[i].subject))));
        }
        assert_non_null(sjson_get(disclosed, "issuer"));
        assert_refused(derive(f, disclosed, "/issuer", &disclosed), PROOF_VALUE); /* once */
    }
    const struct sjson *unused;
    assert_refused(derive(f, base, "/credentialSubject/age", &unused), VALUE);
    assert_refused(derive(f, base, "/proof/created", &unused), VALUE);
}

static void
test_nothing_to_disclose(void **state)
{
    struct fixture *f = *state;
    const struct sjson *unused;
    f->proof.n_mandatory = 0;
    const struct sjson *base = di_test_secured(f->arena, CREDENTIAL(SUBJECT), &f->proof);
    assert_refused(derive(f, base, NULL, &unused), VALUE);
    assert_ok(derive(f, base, "/validFrom", &unused));
    assert_ok(verify(f, unused));
}

static void
test_all_mandatory(void **state)
{
    struct fixture *f = *state;
    static const sg_str all[] = { { "", 0 } };
    const struct sjson *disclosed;
    f->proof.mandatory = all;
    const struct sjson *base = di_test_secured(f->arena, CREDENTIAL(SUBJECT), &f->proof);
    assert_ok(derive(f, base, NULL, &disclosed));
    assert_ok(verify(f, disclosed));
}

static void
test_what_cannot_be_disclosed_in_parts(void **state)
{
    struct fixture *f = *state;
    sg_str text;
    struct sg_why why = { 0 };
    const struct sjson *list = di_test_json(f->arena, SG_LIT(CREDENTIAL("\"row\":[\"a\",\"b\"]")));
    assert_refused(di_test_secure(f->arena, list, &f->proof, &why, &text), UNSUPPORTED);
    static const sg_str bad[] = { { "/nowhere", 8 } };
    f->proof.mandatory = bad;
    const struct sjson *fine = di_test_json(f->arena, SG_LIT(CREDENTIAL(SUBJECT)));
    assert_refused(di_test_secure(f->arena, fine, &f->proof, NULL, &text), VALUE);
    f->proof.n_mandatory = DI_POINTERS_MAX + 1;
    assert_refused(di_test_secure(f->arena, fine, &f->proof, NULL, &text), TOO_LARGE);
    f->proof.n_mandatory = 0;
    const struct sjson *undefined = di_test_json(f->arena, SG_LIT(CREDENTIAL("\"nobody\":1")));
    assert_refused(di_test_secure(f->arena, undefined, &f->proof, NULL, &text), DATA_LOSS);
    const sg_str previous[] = { SG_LIT("urn:p:0") };
    const struct sjson *chained =
        di_test_json(f->arena, SG_LIT("{" CONTEXT ",\"proof\":{\"id\":\"urn:p:0\"}}"));
    f->proof.options.previous = previous;
    f->proof.options.n_previous = 1;
    assert_refused(di_test_secure(f->arena, chained, &f->proof, NULL, &text), UNSUPPORTED);
}

/* Blank nodes that the document labels itself keep together across a selection, references to them included. */
static void
test_labels_of_the_document(void **state)
{
    struct fixture *f = *state;
    const struct sjson *disclosed;
    const struct sjson *base = di_test_secured(f->arena,
        CREDENTIAL("\"id\":\"_:s\",\"given\":\"A\",\"home\":{\"id\":\"_:h\",\"town\":\"T\","
                   "\"home\":{\"id\":\"_:s\"}}"),
        &f->proof);
    assert_ok(derive(f, base, "/credentialSubject/given", &disclosed));
    assert_ok(verify(f, disclosed));
    assert_ok(derive(f, base, "/credentialSubject/home/home", &disclosed));
    assert_ok(verify(f, disclosed));
}

/* ---- forgeries --------------------------------------------------------------------------------------------- */

static const struct sjson *
with_value(struct fixture *f, const struct sjson *document, const struct di_sd_value *value)
{
    sg_str text, json;
    assert_ok(di_sd_encode(f->arena, value, &text));
    const struct sjson *old = sjson_get(sjson_get(document, "proof"), "proofValue");
    size_t before = (size_t)(old->source.p - document->source.p);
    assert_ok(sg_arena_printf(f->arena, &json, "%.*s\"%.*s\"%.*s", (int)before, document->source.p,
        SG_PRINT(text), (int)(document->source.n - before - old->source.n),
        old->source.p + old->source.n));
    return di_test_json(f->arena, json);
}

static struct di_sd_value
value_in(struct fixture *f, const struct sjson *document)
{
    struct di_sd_value value;
    assert_ok(di_sd_decode(
        f->arena, sjson_get(sjson_get(document, "proof"), "proofValue")->text, &value));
    return value;
}

/*
 * The text of DI-ECDSA 3.6.7 read literally verifies the base signature with the key in the proof value. Then this forgery would pass: a
 * proof in the issuer's name, signed throughout with a key of the forger's own.
 */
static void
test_base_signature_must_be_the_issuers(void **state)
{
    struct fixture *f = *state;
    struct di_test_key statements = di_test_key_of(f->arena, JOSE_P256, "statements");
    const struct sjson *disclosed;
    f->proof.key = &statements; /* signs the base with the key inside, names the issuer's method */
    f->proof.options.verification_method = f->key.method;
    const struct sjson *forged = di_test_secured(f->arena, CREDENTIAL(SUBJECT), &f->proof);
    assert_ok(derive(f, forged, "/credentialSubject", &disclosed));
    assert_refused(verify(f, disclosed), SIGNATURE);
    f->expect.accept_base = true;
    assert_refused(verify(f, forged), SIGNATURE);
}

static void
test_changed_proof_values(void **state)
{
    struct fixture *f = *state;
    const struct sjson *base = di_test_secured(f->arena, CREDENTIAL(SUBJECT), &f->proof);
    const struct sjson *disclosed;
    assert_ok(derive(f, base, "/credentialSubject/home", &disclosed));
    const struct di_sd_value good = value_in(f, disclosed);
    assert_true(good.n_signatures >= 3 && good.n_labels >= 2 && good.n_mandatory_indexes >= 2);
    assert_ok(verify(f, with_value(f, disclosed, &good)));

    struct di_sd_value v = good;
    v.n_signatures--;
    assert_refused(verify(f, with_value(f, disclosed, &v)), PROOF_VALUE);
    v = good;
    v.n_labels--;
    assert_refused(verify(f, with_value(f, disclosed, &v)), PROOF_VALUE);
    v = good;
    v.n_mandatory_indexes--; /* a mandatory statement passed off as another */
    assert_refused(verify(f, with_value(f, disclosed, &v)), PROOF_VALUE);
    size_t far[] = { 0, 500 };
    v = good;
    v.mandatory_indexes = far;
    v.n_mandatory_indexes = 2;
    assert_refused(verify(f, with_value(f, disclosed, &v)), PROOF_VALUE);
    sg_bytes swapped[] = { good.signatures[1], good.signatures[0], good.signatures[2],
        good.n_signatures > 3 ? good.signatures[3] : SG_NO_BYTES };
    v = good;
    assert_true(good.n_signatures <= 4);
    v.signatures = swapped;
    assert_refused(verify(f, with_value(f, disclosed, &v)), SIGNATURE);
    sg_bytes labels[8];
    assert_true(good.n_labels <= 8);
    for (size_t i = 0; i < good.n_labels; i++) {
        labels[i] = good.labels[good.n_labels - 1 - i];
    }
    v = good;
    v.labels = labels;
    assert_refused(verify(f, with_value(f, disclosed, &v)), SIGNATURE);
    uint8_t key[MULTIKEY_P256_LEN];
    memcpy(key, good.public_key.p, sizeof(key));
    key[1] ^= 1;
    v = good;
    v.public_key = SG_BYTES(key);
    assert_refused(verify(f, with_value(f, disclosed, &v)), SIGNATURE);
}

/* Two names for one subject: each half of it signed, the whole never said so. */
static void
test_one_subject_shown_as_two(void **state)
{
    struct fixture *f = *state;
    const struct sjson *disclosed;
    const struct sjson *base = di_test_secured(f->arena,
        "{" CONTEXT
        ",\"id\":\"urn:c\",\"type\":[\"VerifiableCredential\"],\"issuer\":\"did:example:i\","
        "\"credentialSubject\":{\"given\":\"A\",\"family\":\"B\"}}",
        &f->proof);
    assert_ok(derive(f, base, "/credentialSubject", &disclosed));
    assert_ok(verify(f, disclosed));
    const struct di_sd_value good = value_in(f, disclosed);
    assert_int_equal(good.n_labels, 1);
    assert_int_equal(good.n_signatures, 3); /* the subject, its family, its given name */
    sg_str text = disclosed->source, json;
    const char *at = memmem(text.p, text.n, "{\"given\":\"A\",\"family\":\"B\"}", 26);
    assert_non_null(at);
    assert_ok(sg_arena_printf(f->arena, &json, "%.*s[{\"given\":\"A\"},{\"family\":\"B\"}]%.*s",
        (int)(at - text.p), text.p, (int)(text.n - (size_t)(at - text.p) - 26), at + 26));
    const struct sjson *split = di_test_json(f->arena, json);
    /* which of the three signatures is the link's, doubled, and how far that moves the others: try all */
    for (size_t twice = 0; twice < 3; twice++) {
        sg_bytes signatures[4];
        sg_bytes labels[] = { good.labels[0], good.labels[0] };
        size_t n = 0;
        for (size_t i = 0; i < 3; i++) {
            signatures[n++] = good.signatures[i];
            if (i == twice) {
                signatures[n++] = good.signatures[i];
            }
        }
        for (unsigned moved = 0; moved < 8; moved++) {
            size_t indexes[8];
            struct di_sd_value v = good;
            v.labels = labels;
            v.n_labels = 2;
            v.signatures = signatures;
            v.n_signatures = 4;
            for (size_t i = 0; i < good.n_mandatory_indexes; i++) {
                indexes[i] = good.mandatory_indexes[i] + (i >= moved);
            }
            v.mandatory_indexes = indexes;
            assert_refused(verify(f, with_value(f, split, &v)), PROOF_VALUE);
        }
    }
}

/* A holder cannot move a disclosed value, nor add one. */
static void
test_changed_disclosures(void **state)
{
    struct fixture *f = *state;
    const struct sjson *base = di_test_secured(f->arena, CREDENTIAL(SUBJECT), &f->proof);
    const struct sjson *disclosed;
    assert_ok(derive(f, base, "/credentialSubject/given", &disclosed));
    static const char *const edits[][2] = {
        { "\"given\":\"A\"", "\"given\":\"Z\"" },
        { "\"given\":\"A\"", "\"family\":\"A\"" },
        { "\"given\":\"A\"", "\"given\":\"A\",\"family\":\"B\"" },
        { "\"issuer\":\"did:example:i\"", "\"issuer\":\"did:example:j\"" },
        { ",\"issuer\":\"did:example:i\"", "" },
        { ",\"credentialSubject\":{\"given\":\"A\"}", "" },
    };
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        sg_str text = disclosed->source, json;
        const char *at = memmem(text.p, text.n, edits[i][0], strlen(edits[i][0]));
        assert_non_null(at);
        size_t before = (size_t)(at - text.p);
        assert_ok(sg_arena_printf(f->arena, &json, "%.*s%s%.*s", (int)before, text.p, edits[i][1],
            (int)(text.n - before - strlen(edits[i][0])), at + strlen(edits[i][0])));
        sg_result r = verify(f, di_test_json(f->arena, json));
        assert_true(r.code == SG_E_SIGNATURE || r.code == SG_E_PROOF_VALUE);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_selection_by_pointer),
        T(test_several_pointers_make_one_selection),
        T(test_pointers_that_lead_nowhere),
        T(test_selection_is_bounded),
        T(test_proof_values),
        T(test_disclosure_of_parts),
        T(test_nothing_to_disclose),
        T(test_all_mandatory),
        T(test_what_cannot_be_disclosed_in_parts),
        T(test_labels_of_the_document),
        T(test_base_signature_must_be_the_issuers),
        T(test_changed_proof_values),
        T(test_one_subject_shown_as_two),
        T(test_changed_disclosures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
