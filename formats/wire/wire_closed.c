/* Two halves of a record, and how they come together again. req: EV-2 EV-4 */
#include "wire_closed.h"

#include "wire_shape.h"

static const struct wire_field closed_rows[] = {
    VERSION(),
    TEXT(wire_closed, 2, requester, 1, WIRE_NAME_MAX),
    TEXT(wire_closed, 3, configuration, 0, WIRE_NAME_MAX),
    OPT_BYTES(wire_closed, 4, text_hash, SG_SHA256_LEN, SG_SHA256_LEN),
    BYTES(wire_closed, 5, unique, WIRE_ID_LEN, WIRE_ID_LEN),
    OPT_UINT(wire_closed, 6, key_seq, 1, WIRE_SEQ_MAX),
    SHAPE(wire_closed, 7, gesture, wire_gesture, wire_shape_gesture, true),
    OPT_BYTES(wire_closed, 8, passkey_hash, SG_SHA256_LEN, SG_SHA256_LEN),
};
const struct wire_shape wire_shape_closed = WIRE_SHAPE_OF("closed part", wire_closed, closed_rows);
WIRE_ALONE(closed, wire_closed, 1024, WIRE_CLOSED_MAX)

static const uint8_t no_unique[WIRE_ID_LEN];

/* ---- the intent ---------------------------------------------------------------------------------- */

/* Its shown half, and in `closed` the rest. */
static sg_result
part(struct sg_arena *arena, sg_bytes intent, struct wire_closed *closed, sg_bytes *ret_shown)
{
    struct wire_intent *in = SG_NEW(arena, struct wire_intent);
    SG_REQUIRE(in != NULL, NO_MEMORY);
    SG_TRY(wire_intent_parse(intent, in));
    closed->requester = in->requester;
    closed->configuration = in->configuration;
    closed->text_hash = in->text_hash;
    closed->unique = in->unique;
    in->requester = SG_LIT(WIRE_CLOSED_REQUESTER);
    in->configuration = SG_NO_STR;
    in->text_hash = SG_NO_BYTES;
    in->unique = SG_BYTES(no_unique);
    return wire_intent_encode(arena, in, ret_shown);
}

/* A half that says itself what is closed would have two encodings: refused. */
static sg_result
join(struct sg_arena *arena, sg_bytes shown, const struct wire_closed *closed, sg_bytes *ret)
{
    struct wire_intent *in = SG_NEW(arena, struct wire_intent);
    SG_REQUIRE(in != NULL, NO_MEMORY);
    SG_TRY(wire_intent_parse(shown, in));
    SG_REQUIRE(sg_str_is(in->requester, WIRE_CLOSED_REQUESTER) && in->configuration.n == 0 &&
                   in->text_hash.n == 0 && sg_bytes_equal(in->unique, SG_BYTES(no_unique)),
        MALFORMED);
    in->requester = closed->requester;
    in->configuration = closed->configuration;
    in->text_hash = closed->text_hash;
    in->unique = closed->unique;
    return wire_intent_encode(arena, in, ret);
}

/* ---- the commitment ------------------------------------------------------------------------------ */

static sg_result
commit(struct sg_arena *arena, const struct wire_closed *closed, const uint8_t salt[32],
    sg_bytes *ret_closed, sg_bytes *ret_commitment)
{
    uint8_t *hash = sg_arena_alloc(arena, SG_SHA256_LEN);
    SG_REQUIRE(hash != NULL, NO_MEMORY);
    SG_TRY(wire_closed_encode(arena, closed, ret_closed));
    wire_commitment(WIRE_CLOSED_FIELD, salt, *ret_closed, hash);
    *ret_commitment = sg_bytes_of(hash, SG_SHA256_LEN);
    return SG_DONE;
}

static sg_result
opens(sg_bytes commitment, sg_bytes salt, sg_bytes closed, struct wire_closed *ret)
{
    uint8_t hash[SG_SHA256_LEN];
    SG_REQUIRE(commitment.n == SG_SHA256_LEN && salt.n == 32, DIGEST);
    wire_commitment(WIRE_CLOSED_FIELD, salt.p, closed, hash);
    SG_REQUIRE(sg_bytes_equal(commitment, SG_BYTES(hash)), DIGEST);
    return wire_closed_parse(closed, ret);
}

/* ---- records ------------------------------------------------------------------------------------- */

sg_result
wire_consent_close(struct sg_arena *arena, const struct wire_consent *rec, const uint8_t salt[32],
    sg_bytes *ret_body, sg_bytes *ret_closed)
{
    struct wire_consent *open = SG_NEW(arena, struct wire_consent);
    struct wire_closed closed = { .key_seq = rec->key_seq, .gesture = rec->gesture };
    SG_REQUIRE(open != NULL, NO_MEMORY);
    *open = *rec;
    SG_TRY(part(arena, rec->intent, &closed, &open->intent));
    SG_TRY(commit(arena, &closed, salt, ret_closed, &open->closed));
    return wire_consent_encode(arena, open, ret_body);
}

sg_result
wire_consent_open(struct sg_arena *arena, sg_bytes salt, sg_bytes closed, struct wire_consent *rec)
{
    struct wire_closed in;
    sg_bytes intent;
    SG_TRY(opens(rec->closed, salt, closed, &in));
    SG_REQUIRE(in.passkey_hash.n == 0, MALFORMED); /* a refusal's */
    SG_TRY(join(arena, rec->shown, &in, &intent));
    rec->intent = intent;
    rec->key_seq = in.key_seq;
    rec->gesture = in.gesture;
    rec->opened = true;
    return SG_DONE;
}

sg_result
wire_refusal_close(struct sg_arena *arena, const struct wire_refusal *rec, const uint8_t salt[32],
    sg_bytes *ret_body, sg_bytes *ret_closed)
{
    struct wire_refusal *open = SG_NEW(arena, struct wire_refusal);
    struct wire_closed closed = { .passkey_hash = rec->passkey_hash };
    SG_REQUIRE(open != NULL, NO_MEMORY);
    *open = *rec;
    SG_TRY(part(arena, rec->intent, &closed, &open->intent));
    SG_TRY(commit(arena, &closed, salt, ret_closed, &open->closed));
    return wire_refusal_encode(arena, open, ret_body);
}

sg_result
wire_refusal_open(struct sg_arena *arena, sg_bytes salt, sg_bytes closed, struct wire_refusal *rec)
{
    struct wire_closed in;
    sg_bytes intent;
    SG_TRY(opens(rec->closed, salt, closed, &in));
    SG_REQUIRE(in.key_seq == 0 && in.gesture.nonce.n == 0, MALFORMED); /* a consent's */
    SG_TRY(join(arena, rec->intent, &in, &intent));
    rec->intent = intent;
    rec->passkey_hash = in.passkey_hash;
    return SG_DONE;
}
