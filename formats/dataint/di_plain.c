/*
 * The suites whose signature covers H(config) || H(document): eddsa-rdfc-2022, eddsa-jcs-2022, ecdsa-rdfc-2019, ecdsa-jcs-2019 and
 * the legacy Ed25519Signature2020. The proof comes first; ECDSA hashes the joined hashes once more. req: FMT-3
 */
#include "di_int.h"
#include "jcs.h"

sg_result
di_jcs_hash(const struct di_job *job, const struct sjson *value, uint8_t *out)
{
    sg_str canonical;
    SG_TRY(jcs_encode(job->arena, value, &canonical));
    sg_hash(di_hash_of(job->alg), sg_str_bytes(canonical), out);
    return SG_DONE;
}

sg_result
di_plain_prepare(const struct di_job *job, const struct di_selective *selective,
    struct di_hashes *ret, const void **ret_extra)
{
    (void)selective;
    (void)ret_extra;
    size_t n = sg_hash_len(di_hash_of(job->alg));
    uint8_t *data = sg_arena_alloc(job->arena, 2 * n);
    SG_REQUIRE(data != NULL, NO_MEMORY);
    SG_TRY(job->suite->hash(job, job->config, data));
    SG_TRY(job->suite->hash(job, job->document, data + n));
    ret->message = sg_bytes_of(data, 2 * n);
    ret->proof = sg_bytes_of(data, n);
    ret->document = sg_bytes_of(data + n, n);
    return SG_DONE;
}

sg_result
di_plain_encode(
    struct sg_arena *arena, const struct di_parts *parts, sg_bytes signature, sg_str *ret_value)
{
    (void)parts;
    return multibase_encode(arena, MULTIBASE_BASE58BTC, signature, ret_value);
}

sg_result
di_plain_verify(const struct di_job *job, const struct di_expect *expect, const struct jwk_key *key,
    sg_str value)
{
    (void)expect;
    uint8_t signature[96];
    size_t n = 0;
    bool read =
        value.p[0] == MULTIBASE_BASE58BTC &&
        sg_ok(base58_decode_to(sg_str_slice(value, 1, value.n), signature, sizeof(signature), &n));
    DI_NEED(read && n == job->alg->sig_len, job->why, "proofValue", PROOF_VALUE);
    struct di_hashes hashes;
    SG_TRY(di_plain_prepare(job, NULL, &hashes, NULL));
    if (job->ret_message != NULL) {
        *job->ret_message = hashes.message;
    }
    return jwk_verify(key, job->alg, hashes.message, sg_bytes_of(signature, n));
}
