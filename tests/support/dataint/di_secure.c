#include "di_secure.h"

#include "support.h"

static sg_result
sign_statement(void *context, sg_bytes message, uint8_t ret[64])
{
    struct di_test_statements *s = context;
    sg_bytes signature = di_test_sign(s->arena, &s->key, message);
    memcpy(ret, signature.p, 64);
    return SG_DONE;
}

struct di_statement_signer
di_test_statement_signer(struct di_test_statements *statements)
{
    struct di_statement_signer signer = { .sign = sign_statement, .context = statements };
    uint8_t multikey[MULTIKEY_MAX];
    size_t n;
    assert_ok(multikey_write(&statements->key.jwk, multikey, &n));
    memcpy(signer.public_key, multikey + 2, sizeof(signer.public_key));
    return signer;
}

sg_result
di_test_secure(struct sg_arena *arena, const struct sjson *document,
    const struct di_test_proof *proof, struct sg_why *why, sg_str *ret)
{
    struct di_proof_options options = proof->options;
    struct di_test_statements statements = { arena,
        di_test_key_of(arena, JOSE_P256, "statements") };
    struct di_selective selective = { .signer = di_test_statement_signer(&statements),
        .mandatory_pointers = proof->mandatory,
        .n_mandatory_pointers = proof->n_mandatory };
    memset(selective.hmac_key, 0x5a, sizeof(selective.hmac_key));
    if (options.verification_method.n == 0) {
        options.verification_method = proof->key->method;
    }
    if (options.purpose.n == 0) {
        options.purpose = SG_LIT("assertionMethod");
    }
    struct di_request request = { .document = document,
        .suite = di_suite_by_id(proof->suite),
        .key = &proof->key->jwk,
        .options = &options,
        .selective = &selective,
        .contexts = proof->contexts };
    struct di_pending pending;
    SG_TRY(di_prepare(arena, &request, why, &pending));
    return di_attach(arena, &pending, di_test_sign(arena, proof->key, pending.message), ret);
}

const struct sjson *
di_test_json(struct sg_arena *arena, sg_str text)
{
    const struct sjson *v;
    assert_ok(sjson_parse(arena, text, NULL, &v));
    return v;
}

const struct sjson *
di_test_secured(struct sg_arena *arena, const char *document, const struct di_test_proof *proof)
{
    sg_str text;
    assert_ok(di_test_secure(arena, di_test_json(arena, sg_cstr(document)), proof, NULL, &text));
    return di_test_json(arena, text);
}
