/*
 * Every byte and every member of a secured document changed in turn, for every suite: what still verifies must mean the same, which
 * the canonical form of the whole document, proof included, decides. req: FMT-3
 */
#include "di_secure.h"
#include "jcs.h"
#include "rdf.h"
#include "support.h"

#define DOCUMENT                                                                                   \
    "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",{\"given\":\"urn:t:given\","          \
    "\"at\":\"urn:t:at\"}],\"id\":\"urn:uuid:1\",\"type\":[\"VerifiableCredential\"],"             \
    "\"issuer\":{\"id\":\"did:example:i\",\"name\":\"I\"},\"validFrom\":\"2024-01-01T00:00:00Z\"," \
    "\"credentialSubject\":{\"given\":\"A \\u00e9\",\"at\":[{\"given\":\"x\"},1.50,true]}}"

struct fixture {
    struct sg_arena *arena;
    struct sg_arena *scratch; /* of one mutation */
    struct jsonld_contexts *contexts;
    struct di_test_key ed, p256, p384;
    sg_str original; /* JSON text */
    bool jsonld;
    sg_str meaning; /* of the original */
    size_t tried, read, passed;
};

static int
setup(void **state)
{
    void *arena = NULL;
    assert_int_equal(support_arena_setup(&arena), 0);
    struct fixture *f = SG_NEW((struct sg_arena *)arena, struct fixture);
    assert_non_null(f);
    f->arena = arena;
    f->scratch = sg_arena_new(1 << 20, (size_t)64 << 20);
    assert_non_null(f->scratch);
    assert_ok(jsonld_contexts_new(NULL, 0, NULL, &f->contexts));
    f->ed = di_test_key_of(f->arena, JOSE_ED25519, "ed");
    f->p256 = di_test_key_of(f->arena, JOSE_P256, "p256");
    f->p384 = di_test_key_of(f->arena, JOSE_P384, "p384");
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    void *arena = f->arena;
    sg_arena_free(&f->scratch);
    jsonld_contexts_free(&f->contexts);
    return support_arena_teardown(&arena);
}

/* One proof, and a list of that one proof, say the same. */
static sg_result
json_meaning(struct sg_arena *arena, const struct sjson *document, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 4096, 1 << 20);
    const struct sjson *proof = sjson_get(document, "proof");
    bool list = proof != NULL && proof->type == SJSON_ARRAY;
    for (const struct sjson *m = document->first; m != NULL; m = m->next) {
        sg_str canonical;
        if (m == proof) {
            continue;
        }
        SG_TRY(jcs_encode(arena, m, &canonical));
        sg_buf_put_str(&buf, m->name);
        sg_buf_put_str(&buf, canonical);
    }
    for (const struct sjson *p = list ? proof->first : proof; p != NULL;
         p = list ? p->next : NULL) {
        sg_str canonical;
        SG_TRY(jcs_encode(arena, p, &canonical));
        sg_buf_put_str(&buf, canonical);
    }
    return sg_buf_end_str(&buf, ret);
}

static sg_result
meaning_of(struct fixture *f, struct sg_arena *arena, const struct sjson *document, sg_str *ret)
{
    struct jsonld_options options = {
        .contexts = f->contexts, .safe = true, .direction = JSONLD_I18N_DATATYPE
    };
    struct rdf_dataset dataset;
    struct rdf_canonical canonical;
    if (!f->jsonld) {
        return json_meaning(arena, document, ret);
    }
    SG_TRY(jsonld_to_rdf(arena, document, &options, NULL, &dataset));
    SG_TRY(rdfc_canonicalize(arena, &dataset, SG_SHA256, NULL, &canonical));
    *ret = canonical.nquads;
    return SG_DONE;
}

static void
check(struct fixture *f, sg_str text, const char *how, size_t at)
{
    const struct sjson *document;
    struct di_expect expect = { .purpose = SG_LIT("assertionMethod"), .now = 1800000000 };
    sg_str meaning = SG_NO_STR;
    f->tried++;
    if (!sg_ok(sjson_parse(f->scratch, text, NULL, &document))) {
        return;
    }
    f->read++;
    if (!sg_ok(di_verify(f->scratch, document, &expect, NULL, f->contexts, NULL, NULL))) {
        return;
    }
    f->passed++;
    assert_ok(meaning_of(f, f->scratch, document, &meaning));
    if (!sg_str_equal(meaning, f->meaning)) {
        fail_msg("%s %zu verifies: %.*s", how, at, SG_PRINT(text));
    }
}

static void
change_bytes(struct fixture *f)
{
    for (size_t i = 0; i < f->original.n; i++) {
        static const char masks[] = { 0x01, 0x20, 0x02 };
        for (size_t m = 0; m < sizeof(masks); m++) {
            sg_arena_reset(f->scratch);
            char *copy = sg_arena_alloc(f->scratch, f->original.n);
            assert_non_null(copy);
            memcpy(copy, f->original.p, f->original.n);
            copy[i] = (char)(copy[i] ^ masks[m]);
            check(f, sg_str_of(copy, f->original.n), "byte", i);
        }
        sg_arena_reset(f->scratch);
        char *shorter = sg_arena_alloc(f->scratch, f->original.n);
        assert_non_null(shorter);
        memcpy(shorter, f->original.p, i);
        memcpy(shorter + i, f->original.p + i + 1, f->original.n - i - 1);
        check(f, sg_str_of(shorter, f->original.n - 1), "missing byte", i);
    }
}

/* Write `v`, doing `how` to the member or element that `*left` counts down to. */
static void
write_changed(struct sjson_wr *wr, const struct sjson *v, size_t *left, int how)
{
    bool object = v->type == SJSON_OBJECT;
    if (!object && v->type != SJSON_ARRAY) {
        sjson_wr_value(wr, v);
        return;
    }
    object ? sjson_wr_object(wr) : sjson_wr_array(wr);
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        bool here = *left == 0;
        (*left)--;
        if (here && how == 0) {
            continue; /* gone */
        }
        if (object) {
            sjson_wr_name(wr, here && how == 1 ? SG_LIT("given") : m->name);
        }
        if (here && how == 2) {
            sjson_wr_null(wr);
        } else if (here && how == 3) {
            sjson_wr_array(wr); /* wrapped */
            sjson_wr_value(wr, m);
            sjson_wr_array_end(wr);
        } else if (here && how == 4) {
            sjson_wr_text(wr, SG_LIT("x"));
        } else {
            write_changed(wr, m, left, how);
        }
    }
    object ? sjson_wr_object_end(wr) : sjson_wr_array_end(wr);
}

static size_t
count(const struct sjson *v)
{
    size_t n = 0;
    if (v->type == SJSON_OBJECT || v->type == SJSON_ARRAY) {
        for (const struct sjson *m = v->first; m != NULL; m = m->next) {
            n += 1 + count(m);
        }
    }
    return n;
}

static void
change_members(struct fixture *f)
{
    const struct sjson *document = di_test_json(f->arena, f->original);
    size_t n = count(document);
    for (size_t i = 0; i < n; i++) {
        for (int how = 0; how < 5; how++) {
            sg_arena_reset(f->scratch);
            struct sg_buf buf = sg_buf_new(f->scratch, f->original.n, 1 << 20);
            struct sjson_wr wr = sjson_wr_new(&buf);
            size_t left = i;
            sg_str text;
            write_changed(&wr, document, &left, how);
            assert_ok(sg_buf_end_str(&buf, &text));
            check(f, text, "member", i * 10 + (size_t)how);
        }
    }
}

static void
tamper(struct fixture *f, const struct sjson *secured, bool jsonld)
{
    f->original = secured->source;
    f->jsonld = jsonld;
    f->tried = f->read = f->passed = 0;
    assert_ok(meaning_of(f, f->arena, secured, &f->meaning));
    check(f, f->original, "nothing", 0);
    assert_int_equal(f->passed, 1);
    change_bytes(f);
    change_members(f);
    print_message("tried %zu, parsed %zu, verified with the same meaning %zu\n", f->tried, f->read,
        f->passed);
    assert_true(f->read > f->original.n / 2);
}

static void
tamper_with(struct fixture *f, enum di_suite_id suite, const struct di_test_key *key)
{
    struct di_test_proof proof = { .suite = suite,
        .key = key,
        .contexts = f->contexts,
        .options = { .created = SG_LIT("2024-01-01T00:00:00Z") } };
    tamper(f, di_test_secured(f->arena, DOCUMENT, &proof), di_suite_jsonld(di_suite_by_id(suite)));
}

static void
test_eddsa_jcs(void **state)
{
    struct fixture *f = *state;
    tamper_with(f, DI_EDDSA_JCS_2022, &f->ed);
}

static void
test_ecdsa_jcs(void **state)
{
    struct fixture *f = *state;
    tamper_with(f, DI_ECDSA_JCS_2019, &f->p256);
}

static void
test_eddsa_rdfc(void **state)
{
    struct fixture *f = *state;
    tamper_with(f, DI_EDDSA_RDFC_2022, &f->ed);
}

static void
test_ecdsa_rdfc_p256(void **state)
{
    struct fixture *f = *state;
    tamper_with(f, DI_ECDSA_RDFC_2019, &f->p256);
}

static void
test_ecdsa_rdfc_p384(void **state)
{
    struct fixture *f = *state;
    tamper_with(f, DI_ECDSA_RDFC_2019, &f->p384);
}

static void
test_ecdsa_sd_derived(void **state)
{
    struct fixture *f = *state;
    static const sg_str mandatory[] = { { "/issuer", 7 } };
    static const sg_str selected[] = { { "/credentialSubject/at/0", 23 } };
    struct di_test_proof proof = { .suite = DI_ECDSA_SD_2023,
        .key = &f->p256,
        .contexts = f->contexts,
        .mandatory = mandatory,
        .n_mandatory = 1 };
    sg_str text;
    const struct sjson *base = di_test_secured(f->arena, DOCUMENT, &proof);
    assert_ok(di_derive(f->arena, base, selected, 1, f->contexts, NULL, &text));
    tamper(f, di_test_json(f->arena, text), true);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_eddsa_jcs),
        T(test_ecdsa_jcs),
        T(test_eddsa_rdfc),
        T(test_ecdsa_rdfc_p256),
        T(test_ecdsa_rdfc_p384),
        T(test_ecdsa_sd_derived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
