#include "wire_shape.h"

static const struct wire_field dtbs_rows[] = {
    UINT(wire_dtbs, 1, kind, WIRE_PREHASH, WIRE_MESSAGE_KIND),
    BYTES(wire_dtbs, 2, digest, SG_SHA256_LEN, WIRE_DIGEST_MAX),
};
static const struct wire_shape wire_shape_dtbs =
    WIRE_SHAPE_ARRAY("DTBS/R", wire_dtbs, dtbs_rows, 1);

static const struct wire_field ref_rows[] = {
    UINT(wire_ref, 1, type, WIRE_REF_TOKEN_STATUS_LIST, WIRE_REF_BITSTRING_MESSAGE),
    TEXT(wire_ref, 2, uri, 1, WIRE_URI_MAX),
    UINT(wire_ref, 3, idx, 0, WIRE_IDX_MAX),
};
const struct wire_shape wire_shape_ref = WIRE_SHAPE_ARRAY("reference", wire_ref, ref_rows, 1);

static const struct wire_field more_key_rows[] = {
    BYTES(wire_more_key, 1, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    UINT(wire_more_key, 2, alg, 1, WIRE_ALG_MAX),
};
static const struct wire_shape wire_shape_more_key =
    WIRE_SHAPE_ARRAY("further key", wire_more_key, more_key_rows, 1);

static const struct wire_field intent_rows[] = {
    UINT(wire_intent, 1, operation, WIRE_OP_SEAL_CREDENTIAL, WIRE_OP_REMOVE),
    BYTES(wire_intent, 2, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    UINT(wire_intent, 3, alg, 1, WIRE_ALG_MAX),
    SHAPE_LIST(wire_intent, 4, dtbs, wire_dtbs, wire_shape_dtbs, 1, WIRE_DTBS_MAX),
    OPT_BYTES(wire_intent, 5, text_hash, SG_SHA256_LEN, SG_SHA256_LEN),
    OPT_BYTES(wire_intent, 6, audience, SG_SHA256_LEN, SG_SHA256_LEN),
    OPT_BYTES(wire_intent, 7, nonce, SG_SHA256_LEN, SG_SHA256_LEN),
    OPT_BYTES(wire_intent, 8, subject, SG_SHA256_LEN, SG_SHA256_LEN),
    SHAPE_LIST(wire_intent, 9, refs, wire_ref, wire_shape_ref, 0, WIRE_REFS_MAX),
    SHAPE_LIST(wire_intent, 10, assigned, wire_ref, wire_shape_ref, 0, WIRE_REFS_MAX),
    TEXT(wire_intent, 11, requester, 1, WIRE_NAME_MAX),
    TEXT(wire_intent, 12, configuration, 0, WIRE_NAME_MAX),
    TEXT(wire_intent, 13, format, 1, WIRE_FORMAT_MAX),
    TEXT(wire_intent, 14, type, 0, WIRE_URI_MAX),
    TIME(wire_intent, 15, created_at),
    TIME(wire_intent, 16, expires_at),
    BYTES(wire_intent, 17, unique, WIRE_ID_LEN, WIRE_ID_LEN),
    SHAPE_LIST(
        wire_intent, 18, more_keys, wire_more_key, wire_shape_more_key, 0, WIRE_MORE_KEYS_MAX),
    OPT_BYTES(wire_intent, 19, key_of, 1, WIRE_DTBS_MAX),
};
static const struct wire_shape wire_shape_intent =
    WIRE_SHAPE_OF("intent", wire_intent, intent_rows);

/* One key, or a byte for each DTBS/R that names one of several, all different and all used. */
static bool
keys_agree(const struct wire_intent *in)
{
    uint64_t used = 0;
    if (in->n_more_keys == 0) {
        return in->key_of.n == 0;
    }
    if (in->key_of.n != in->n_dtbs) {
        return false;
    }
    for (size_t i = 0; i < in->key_of.n; i++) {
        if (in->key_of.p[i] > in->n_more_keys) {
            return false;
        }
        used |= UINT64_C(1) << in->key_of.p[i];
    }
    for (size_t i = 0; i < in->n_more_keys; i++) {
        if (sg_bytes_equal(in->more_keys[i].key, in->key)) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (sg_bytes_equal(in->more_keys[i].key, in->more_keys[j].key)) {
                return false;
            }
        }
    }
    return used == (UINT64_MAX >> (63 - in->n_more_keys));
}

sg_result
wire_intent_encode(struct sg_arena *arena, const struct wire_intent *intent, sg_bytes *ret)
{
    SG_REQUIRE(keys_agree(intent), VALUE);
    return wire_alone(arena, &wire_shape_intent, intent, 640, WIRE_INTENT_MAX, ret);
}

sg_result
wire_intent_parse(sg_bytes in, struct wire_intent *ret)
{
    SG_REQUIRE(in.n <= WIRE_INTENT_MAX, MALFORMED);
    SG_TRY(wire_get(&wire_shape_intent, in, ret));
    SG_REQUIRE(keys_agree(ret), MALFORMED);
    return SG_DONE;
}

static const struct wire_field instruction_rows[] = {
    BYTES(wire_instruction, 1, id, WIRE_ID_LEN, WIRE_ID_LEN),
    TEXT(wire_instruction, 2, client, 1, WIRE_NAME_MAX),
    BYTES(wire_instruction, 3, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    TEXT(wire_instruction, 4, configuration, 0, WIRE_NAME_MAX),
    BYTES(wire_instruction, 5, claims_hash, SG_SHA256_LEN, SG_SHA256_LEN),
    UINT(wire_instruction, 6, count, 1, WIRE_INSTRUCTION_USES_MAX),
    TIME(wire_instruction, 7, expires_at),
};
static const struct wire_shape wire_shape_instruction =
    WIRE_SHAPE_OF("instruction", wire_instruction, instruction_rows);
WIRE_ALONE(instruction, wire_instruction, 256, WIRE_INSTRUCTION_MAX)

/* req: STA-2 */
static const struct wire_field status_order_rows[] = {
    BYTES(wire_status_order, 1, id, WIRE_ID_LEN, WIRE_ID_LEN),
    TEXT(wire_status_order, 2, list, 1, WIRE_URI_MAX),
    UINT(wire_status_order, 3, idx, 0, WIRE_IDX_MAX),
    UINT(wire_status_order, 4, value, 0, 2),
    TEXT(wire_status_order, 5, orderer, 1, WIRE_NAME_MAX),
    TIME(wire_status_order, 6, ordered_at),
};
static const struct wire_shape wire_shape_status_order =
    WIRE_SHAPE_OF("status order", wire_status_order, status_order_rows);
WIRE_ALONE(status_order, wire_status_order, 256, WIRE_STATUS_ORDER_MAX)

void
wire_intent_id(sg_bytes intent, uint8_t ret[WIRE_INTENT_ID_LEN])
{
    sg_tagged_hash("sealgate/intent/v1", &intent, 1, ret);
}

void
wire_dtbs_id(uint64_t kind, uint64_t alg, sg_bytes digest, uint8_t ret[SG_SHA256_LEN])
{
    uint8_t head[2] = { (uint8_t)kind, (uint8_t)alg };
    sg_bytes parts[2] = { SG_BYTES(head), digest };
    sg_tagged_hash("sealgate/dtbs/v1", parts, 2, ret);
}

void
wire_commitment(
    const char *field, const uint8_t salt[32], sg_bytes value, uint8_t ret[SG_SHA256_LEN])
{
    /* the tag is put together by the hash: its NUL comes after "/v1" */
    sg_bytes parts[] = { sg_str_bytes(SG_LIT("sealgate/commit/")), sg_str_bytes(sg_cstr(field)),
        sg_bytes_of("/v1", sizeof("/v1")), sg_bytes_of(salt, 32), value };
    sg_sha256_parts(parts, sizeof(parts) / sizeof(parts[0]), ret);
}

/* req: AU-4 */
void
wire_challenge(const uint8_t intent_id[WIRE_INTENT_ID_LEN], const uint8_t nonce[32],
    uint8_t ret[SG_SHA256_LEN])
{
    sg_bytes parts[2] = { sg_bytes_of(intent_id, WIRE_INTENT_ID_LEN), sg_bytes_of(nonce, 32) };
    sg_tagged_hash("sealgate/challenge/v1", parts, 2, ret);
}

void
wire_register_digest(sg_bytes client_data, sg_bytes attestation_object, uint8_t ret[SG_SHA256_LEN])
{
    uint8_t hashes[2][SG_SHA256_LEN];
    sg_sha256(client_data, hashes[0]);
    sg_sha256(attestation_object, hashes[1]);
    sg_bytes parts[2] = { SG_BYTES(hashes[0]), SG_BYTES(hashes[1]) };
    sg_tagged_hash("sealgate/register/v1", parts, 2, ret);
}

void
wire_remove_digest(sg_bytes credential_id, uint8_t ret[SG_SHA256_LEN])
{
    sg_tagged_hash("sealgate/remove/v1", &credential_id, 1, ret);
}

struct wire_more_key
wire_intent_key_of(const struct wire_intent *intent, size_t i)
{
    size_t at = intent->key_of.n == 0 ? 0 : intent->key_of.p[i];
    return at == 0 ? (struct wire_more_key){ intent->key, intent->alg } : intent->more_keys[at - 1];
}

/* req: EV-2: found from the object itself */
void
wire_signature_hash(sg_bytes signature, uint8_t ret[SG_SHA256_LEN])
{
    sg_tagged_hash("sealgate/signature/v1", &signature, 1, ret);
}

sg_result
wire_signed_bytes(struct sg_arena *arena, const char *tag, sg_bytes bytes, sg_bytes *ret)
{
    sg_bytes head = sg_bytes_of(tag, strlen(tag) + 1); /* the NUL ends the tag */
    struct sg_buf buf = sg_buf_new(arena, head.n + bytes.n, WIRE_FRAME_MAX);
    sg_buf_put(&buf, head);
    sg_buf_put(&buf, bytes);
    return sg_buf_end(&buf, ret);
}

const struct wire_shape *const *
wire_shapes_intent(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_dtbs, &wire_shape_ref,
        &wire_shape_more_key, &wire_shape_intent, &wire_shape_instruction,
        &wire_shape_status_order };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}
