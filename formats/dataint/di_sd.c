/*
 * ecdsa-sd-2023, the issuer's base proof and the verifier (DI-ECDSA 3.6.1 to 3.6.7). req: FMT-3
 * The text of 3.6.7 reads as if the base signature were verified with the key inside the proof value; anybody could make such a
 * proof. Here it is the issuer's key, and the key inside counts only for the statements it signs.
 */
#include "di_sd.h"

/* proofHash || publicKey || mandatoryHash (3.5.1) */
static sg_result
to_sign(const struct di_job *job, sg_bytes public_key, const struct di_sd_statements *statements,
    const bool *mandatory, struct di_hashes *ret)
{
    uint8_t *message = sg_arena_alloc(job->arena, DI_SD_TO_SIGN_LEN);
    SG_REQUIRE(message != NULL, NO_MEMORY);
    uint8_t *mandatory_hash = message + SG_SHA256_LEN + MULTIKEY_P256_LEN;
    SG_TRY(di_rdfc_hash(job, job->config, message));
    memcpy(message + SG_SHA256_LEN, public_key.p, MULTIKEY_P256_LEN);
    SG_TRY(di_sd_hash_marked(job->arena, statements, mandatory, mandatory_hash));
    ret->message = sg_bytes_of(message, DI_SD_TO_SIGN_LEN);
    ret->proof = sg_bytes_of(message, SG_SHA256_LEN);
    ret->document = sg_bytes_of(mandatory_hash, SG_SHA256_LEN);
    return SG_DONE;
}

/* A chain would put other proofs into the document, where pointers do not reach. */
static sg_result
check_job(const struct di_job *job, enum sg_code code)
{
    if (sjson_get(job->document, "proof") != NULL) {
        sg_why_note(job->why, "previousProof", 0, 0);
        return (sg_result){ code };
    }
    return SG_DONE;
}

/* ---- making ------------------------------------------------------------------------------------------------ */

static sg_result
sign_statements(const struct di_job *job, const struct di_selective *selective,
    const struct di_sd_statements *statements, const bool *mandatory, struct di_sd_value *value)
{
    sg_bytes *signatures = SG_NEW_ARRAY(job->arena, statements->n, sg_bytes);
    SG_REQUIRE(signatures != NULL, NO_MEMORY);
    size_t n = 0;
    for (size_t i = 0; i < statements->n; i++) {
        if (mandatory[i]) {
            continue;
        }
        DI_NEED(n < DI_SIGNATURES_MAX, job->why, "statements", TOO_LARGE);
        uint8_t *signature = sg_arena_alloc(job->arena, DI_SD_SIGNATURE_LEN);
        SG_REQUIRE(signature != NULL, NO_MEMORY);
        SG_TRY(selective->signer.sign(
            selective->signer.context, sg_str_bytes(statements->lines[i]), signature));
        signatures[n++] = sg_bytes_of(signature, DI_SD_SIGNATURE_LEN);
    }
    value->signatures = signatures;
    value->n_signatures = n;
    return SG_DONE;
}

static sg_result
public_key_of(const struct di_job *job, const struct di_selective *selective, sg_bytes *ret)
{
    uint8_t *bytes = sg_arena_alloc(job->arena, MULTIKEY_P256_LEN);
    struct jwk key;
    SG_REQUIRE(bytes != NULL, NO_MEMORY);
    bytes[0] = 0x80;
    bytes[1] = 0x24;
    memcpy(bytes + 2, selective->signer.public_key, sizeof(selective->signer.public_key));
    *ret = sg_bytes_of(bytes, MULTIKEY_P256_LEN);
    DI_NEED(sg_ok(multikey_parse(*ret, &key)), job->why, "publicKey", KEY_INVALID);
    return SG_DONE;
}

sg_result
di_sd_prepare(const struct di_job *job, const struct di_selective *selective, struct di_hashes *ret,
    const void **ret_extra)
{
    DI_NEED(selective != NULL && selective->signer.sign != NULL, job->why, "selective", MISSING);
    SG_TRY(check_job(job, SG_E_UNSUPPORTED));
    struct di_sd_value *value = SG_NEW(job->arena, struct di_sd_value);
    SG_REQUIRE(value != NULL, NO_MEMORY);
    SG_TRY(public_key_of(job, selective, &value->public_key));
    SG_TRY(sg_arena_bytes(job->arena, SG_BYTES(selective->hmac_key), &value->hmac_key));
    value->pointers = selective->mandatory_pointers;
    value->n_pointers = selective->n_mandatory_pointers;
    DI_NEED(value->n_pointers <= DI_POINTERS_MAX, job->why, "mandatoryPointers", TOO_LARGE);

    struct di_sd_base base;
    bool *mandatory;
    const struct sjson *selection;
    SG_TRY(di_sd_base_of(job, value->hmac_key, &base));
    SG_TRY(di_sd_group(&base, value->pointers, value->n_pointers, &mandatory, &selection));
    SG_TRY(to_sign(job, value->public_key, &base.statements, mandatory, ret));
    SG_TRY(sign_statements(job, selective, &base.statements, mandatory, value));
    *ret_extra = value;
    return SG_DONE;
}

sg_result
di_sd_finish(
    struct sg_arena *arena, const struct di_parts *parts, sg_bytes signature, sg_str *ret_value)
{
    struct di_sd_value value = *(const struct di_sd_value *)parts->extra;
    value.base_signature = signature;
    return di_sd_encode(arena, &value, ret_value);
}

/* ---- verifying --------------------------------------------------------------------------------------------- */

static sg_result
marked_by_indexes(const struct di_job *job, const struct di_sd_value *value, size_t n, bool **ret)
{
    bool *marked = SG_NEW_ARRAY(job->arena, n, bool);
    SG_REQUIRE(marked != NULL, NO_MEMORY);
    for (size_t i = 0; i < value->n_mandatory_indexes; i++) {
        DI_NEED(value->mandatory_indexes[i] < n, job->why, "proofValue", PROOF_VALUE);
        marked[value->mandatory_indexes[i]] = true;
    }
    *ret = marked;
    return SG_DONE;
}

/* Statements and which of them are mandatory, from a derived proof or from a base proof. */
static sg_result
statements_of(const struct di_job *job, const struct di_sd_value *value,
    struct di_sd_statements *ret, bool **ret_mandatory)
{
    if (value->derived) {
        SG_TRY(di_sd_disclosed(job, value, ret));
        return marked_by_indexes(job, value, ret->n, ret_mandatory);
    }
    struct di_sd_base base;
    const struct sjson *selection;
    SG_TRY(di_sd_base_of(job, value->hmac_key, &base));
    *ret = base.statements;
    return di_sd_group(&base, value->pointers, value->n_pointers, ret_mandatory, &selection);
}

static sg_result
verify_statements(const struct di_job *job, const struct di_sd_value *value,
    const struct di_sd_statements *statements, const bool *mandatory)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *key = NULL;
    struct jwk public_key;
    DI_NEED(sg_ok(multikey_parse(value->public_key, &public_key)) && public_key.crv == JOSE_P256,
        job->why, "proofValue", PROOF_VALUE);
    SG_TRY(jwk_key_new(&public_key, &key));
    size_t n = 0;
    for (size_t i = 0; i < statements->n; i++) {
        if (!mandatory[i]) {
            SG_TRY(jwk_verify(
                key, job->alg, sg_str_bytes(statements->lines[i]), value->signatures[n++]));
        }
    }
    return SG_DONE;
}

static size_t
count_not(const bool *marked, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += !marked[i];
    }
    return count;
}

sg_result
di_sd_verify(const struct di_job *job, const struct di_expect *expect, const struct jwk_key *key,
    sg_str text)
{
    struct di_sd_value value;
    struct di_sd_statements statements;
    struct di_hashes hashes;
    bool *mandatory;
    sg_result r = di_sd_decode(job->arena, text, &value);
    DI_NEED(r.code != SG_E_PROOF_VALUE, job->why, "proofValue", PROOF_VALUE);
    SG_TRY(r);
    DI_NEED(value.derived || expect->accept_base, job->why, "base proof", PROOF_VALUE);
    SG_TRY(check_job(job, SG_E_PROOF_VALUE));
    SG_TRY(statements_of(job, &value, &statements, &mandatory));
    DI_NEED(count_not(mandatory, statements.n) == value.n_signatures, job->why, "proofValue",
        PROOF_VALUE);
    SG_TRY(to_sign(job, value.public_key, &statements, mandatory, &hashes));
    if (job->ret_message != NULL) {
        *job->ret_message = hashes.message;
    }
    SG_TRY(jwk_verify(key, job->alg, hashes.message, value.base_signature));
    return verify_statements(job, &value, &statements, mandatory);
}
