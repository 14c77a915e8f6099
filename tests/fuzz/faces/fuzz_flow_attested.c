/*
 * A key attestation from a wallet: any bytes as the JWT (first byte even), and any bytes as what somebody whom the operator believes has signed (odd), in a proof's terms and
 * alone. What is taken has keys that can be bound, each once.
 */
#include <stdlib.h>

#include "es256.h"
#include "flow_attested.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    struct sg_arena *keys, *arena;
    struct es256 *key;
    struct flow_attesters attesters;
    struct flow_proof_type type;
} bed;

static void
must(bool good)
{
    if (!good) {
        abort();
    }
}

static sg_result
any_nonce(void *context, sg_str nonce, int64_t now)
{
    (void)context;
    (void)now;
    return nonce.n < 100 ? SG_DONE : SG_ERROR(NONCE);
}

static void
open_bed(void)
{
    static const sg_str high[] = { { "iso_18045_high", 14 } };
    sg_str text;
    struct sg_why why = { 0 };
    bed.keys = sg_arena_new(0, (size_t)1 << 20);
    bed.arena = sg_arena_new(0, (size_t)16 << 20);
    bed.key = es256_new();
    sg_str jwk = es256_jwk(bed.keys, bed.key);
    must(sg_ok(sg_arena_printf(
        bed.keys, &text, "{\"attester\":\"a\",\"jwks\":{\"keys\":[%.*s]}}", SG_PRINT(jwk))));
    must(sg_ok(flow_attester_parse(bed.keys, text, &why, &bed.attesters)));
    bed.type.offered = true;
    bed.type.algs[bed.type.n_algs++] = jose_alg_by_id(JOSE_ES256);
    bed.type.key_storage = (struct flow_words){ high, 1 };
}

static void
check_taken(const struct flow_attested *got)
{
    must(
        got->by == &bed.attesters.items[0] && got->n_keys >= 1 && got->n_keys <= FLOW_ATTESTED_MAX);
    for (size_t i = 0; i < got->n_keys; i++) {
        must(flow_attested_key(got, got->keys[i].thumbprint) == &got->keys[i]);
        must(got->keys[i].did.n == 0 && jwk_default_alg(&got->keys[i].key) != NULL);
    }
    must(!got->has_status || (got->status.uri.n > 0 && got->status.uri.n <= TSL_URI_MAX));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (bed.arena == NULL) {
        open_bed();
    }
    if (size == 0) {
        return 0;
    }
    sg_arena_reset(bed.arena);
    sg_bytes rest = sg_bytes_of(data + 1, size - 1);
    bool signed_ = (data[0] & 1) != 0;
    sg_str jwt =
        signed_ ? es256_jws(bed.arena, bed.key, "key-attestation+jwt", rest) : sg_bytes_str(rest);
    for (unsigned i = 0; i < 2; i++) {
        const struct flow_attested_expect expect = { .attesters = &bed.attesters,
            .type = &bed.type,
            .with_proof = i == 1,
            .nonce_check = any_nonce,
            .now = 1800000000 };
        struct flow_attested got;
        sg_result r = flow_attested_verify(bed.arena, jwt, &expect, &got);
        must(sg_ok(r) || r.code == SG_E_ATTESTATION || r.code == SG_E_NONCE ||
             r.code == SG_E_NO_MEMORY);
        must(signed_ || !sg_ok(r)); /* nobody else has the key */
        if (sg_ok(r)) {
            check_taken(&got);
        }
    }
    return 0;
}
