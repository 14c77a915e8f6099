/* Memory that ends anywhere: making, verifying and disclosing say so, and never say anything else. req: FMT-3 */
#include "di_secure.h"
#include "support.h"

#define DOCUMENT                                                                              \
    "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",{\"given\":\"urn:t:given\"}],"   \
    "\"type\":[\"VerifiableCredential\"],\"issuer\":\"did:example:i\",\"credentialSubject\":" \
    "{\"given\":\"A\",\"type\":\"VerifiableCredential\"}}"

struct fixture {
    struct sg_arena *arena;
    struct jsonld_contexts *contexts;
    struct di_test_key key;
    struct di_test_proof proof;
    const struct sjson *bare, *secured;
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
    f->proof = (struct di_test_proof){
        .key = &f->key, .contexts = f->contexts, .mandatory = mandatory, .n_mandatory = 1
    };
    f->bare = di_test_json(f->arena, SG_LIT(DOCUMENT));
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
no_signature(void *context, sg_bytes message, uint8_t ret[64])
{
    (void)context;
    (void)message;
    memset(ret, 1, 64);
    return SG_DONE;
}

static sg_result
make(struct fixture *f, struct sg_arena *arena)
{
    struct di_test_statements statements = { arena, f->key };
    struct di_selective selective = { .signer = di_test_statement_signer(&statements),
        .mandatory_pointers = f->proof.mandatory,
        .n_mandatory_pointers = 1 };
    struct di_proof_options options = { .verification_method = f->key.method,
        .purpose = SG_LIT("assertionMethod") };
    struct di_request request = { .document = f->bare,
        .suite = di_suite_by_id(f->proof.suite),
        .key = &f->key.jwk,
        .options = &options,
        .selective = &selective,
        .contexts = f->contexts };
    static const uint8_t signature[64];
    struct di_pending pending;
    sg_str text;
    selective.signer.sign = no_signature;
    SG_TRY(di_prepare(arena, &request, NULL, &pending));
    return di_attach(arena, &pending, SG_BYTES(signature), &text);
}

static sg_result
verify(struct fixture *f, struct sg_arena *arena)
{
    struct di_expect expect = {
        .purpose = SG_LIT("assertionMethod"), .now = 1700000000, .accept_base = true
    };
    struct di_report report;
    return di_verify(arena, f->secured, &expect, NULL, f->contexts, NULL, &report);
}

static sg_result
derive(struct fixture *f, struct sg_arena *arena)
{
    static const sg_str pointers[] = { { "/credentialSubject/given", 24 } };
    sg_str text;
    return di_derive(arena, f->secured, pointers, 1, f->contexts, NULL, &text);
}

static void
starve(struct fixture *f, sg_result (*what)(struct fixture *, struct sg_arena *))
{
    for (size_t max = 512; max < (size_t)8 << 20; max += max < 65536 ? 512 : 16384) {
        struct sg_arena *arena = sg_arena_new(256, max);
        if (arena == NULL) {
            continue;
        }
        sg_result r = what(f, arena);
        sg_arena_free(&arena);
        if (sg_ok(r)) {
            assert_true(max > 1024);
            return;
        }
        assert_int_equal(r.code, SG_E_NO_MEMORY);
    }
    fail_msg("never enough");
}

static void
test_every_suite(void **state)
{
    struct fixture *f = *state;
    static const enum di_suite_id suites[] = { DI_ECDSA_JCS_2019, DI_ECDSA_RDFC_2019,
        DI_ECDSA_SD_2023 };
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        f->proof.suite = suites[i];
        f->secured = di_test_secured(f->arena, DOCUMENT, &f->proof);
        starve(f, make);
        starve(f, verify);
    }
    starve(f, derive);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_suite, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
