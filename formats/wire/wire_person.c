#include "wire_person.h"

#include "wire_shape.h"

#define PERSON WIRE_ID_LEN
#define THUMB WIRE_THUMBPRINT_LEN
#define PASSKEY_IDS(T, k) BYTES_LIST(T, k, passkeys, 1, WIRE_PASSKEY_ID_MAX, 0, WIRE_PASSKEYS_MAX)

/* ---- an intent of a person, from its opening to its end. req: AU-4, SIG-1, SIG-3 ----------------------------------- */

static const struct wire_field intent_open_rows[] = {
    BYTES(wire_intent_open, 1, intent, 1, WIRE_INTENT_MAX),
    BYTES(wire_intent_open, 2, person, PERSON, PERSON),
};
static const struct wire_shape wire_shape_intent_open =
    WIRE_SHAPE_OF("INTENT_OPEN", wire_intent_open, intent_open_rows);
WIRE_MESSAGE(intent_open, WIRE_INTENT_OPEN)

static const struct wire_field intent_open_reply_rows[] = {
    BYTES(wire_intent_open_reply, 1, intent_id, WIRE_INTENT_ID_LEN, WIRE_INTENT_ID_LEN),
    BYTES(wire_intent_open_reply, 2, nonce, 32, 32),
    TIME(wire_intent_open_reply, 3, expires_at),
    PASSKEY_IDS(wire_intent_open_reply, 4),
};
static const struct wire_shape wire_shape_intent_open_reply =
    WIRE_SHAPE_OF("INTENT_OPEN reply", wire_intent_open_reply, intent_open_reply_rows);
WIRE_MESSAGE(intent_open_reply, WIRE_INTENT_OPEN + WIRE_REPLY)

static const struct wire_field sign_rows[] = {
    BYTES(wire_sign, 1, intent_id, WIRE_INTENT_ID_LEN, WIRE_INTENT_ID_LEN),
    UINT(wire_sign, 2, which, 1, UINT64_MAX),
    BYTES_LIST(wire_sign, 3, messages, 0, WIRE_MESSAGE_MAX, 0, WIRE_DTBS_MAX),
    OPT_BYTES(wire_sign, 4, passkey, 1, WIRE_PASSKEY_ID_MAX),
    OPT_BYTES(wire_sign, 5, client_data, 1, WIRE_CLIENT_DATA_MAX),
    OPT_BYTES(wire_sign, 6, authenticator_data, 1, WIRE_AUTH_DATA_MAX),
    OPT_BYTES(wire_sign, 7, assertion, 1, WIRE_SIG_MAX),
};
static const struct wire_shape wire_shape_sign = WIRE_SHAPE_OF("SIGN", wire_sign, sign_rows);

static bool
whole_or_none(const struct wire_sign *msg)
{
    bool some = msg->passkey.n > 0;
    return (msg->client_data.n > 0) == some && (msg->authenticator_data.n > 0) == some &&
           (msg->assertion.n > 0) == some;
}

void
wire_sign_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_sign *msg)
{
    if (!whole_or_none(msg)) {
        sg_buf_fail(buf, SG_E_VALUE);
    }
    wire_put(buf, WIRE_SIGN, request_id, &wire_shape_sign, msg);
}

sg_result
wire_sign_parse(sg_bytes body, struct wire_sign *ret)
{
    SG_TRY(wire_get(&wire_shape_sign, body, ret));
    SG_REQUIRE(whole_or_none(ret), MALFORMED);
    return SG_DONE;
}

static const struct wire_field sign_reply_rows[] = {
    BYTES_LIST(wire_sign_reply, 1, signatures, 1, WIRE_SIG_MAX, 0, WIRE_DTBS_MAX),
    UINT(wire_sign_reply, 2, consent_seq, 0, WIRE_SEQ_MAX),
    UINT(wire_sign_reply, 3, outcome_seq, 0, WIRE_SEQ_MAX),
    TIME(wire_sign_reply, 4, signed_at),
};
static const struct wire_shape wire_shape_sign_reply =
    WIRE_SHAPE_OF("SIGN reply", wire_sign_reply, sign_reply_rows);
WIRE_MESSAGE(sign_reply, WIRE_SIGN + WIRE_REPLY)

static const struct wire_field intent_cancel_rows[] = {
    BYTES(wire_intent_cancel, 1, intent_id, WIRE_INTENT_ID_LEN, WIRE_INTENT_ID_LEN),
    UINT(wire_intent_cancel, 2, reason, WIRE_CANCEL_REFUSED, WIRE_CANCEL_DROPPED),
};
static const struct wire_shape wire_shape_intent_cancel =
    WIRE_SHAPE_OF("INTENT_CANCEL", wire_intent_cancel, intent_cancel_rows);
WIRE_MESSAGE(intent_cancel, WIRE_INTENT_CANCEL)

/* ---- enrolment. req: AU-2, AU-3 ------------------------------------------------------------------------------------ */

static const struct wire_field enrol_open_rows[] = {
    OPT_BYTES(wire_enrol_open, 1, link, WIRE_SECRET_LEN, WIRE_SECRET_LEN),
    OPT_TEXT(wire_enrol_open, 2, code, 1, WIRE_ENROL_CODE_MAX),
    OPT_BYTES(wire_enrol_open, 3, person, PERSON, PERSON),
    UINT(wire_enrol_open, 4, purpose, WIRE_PASSKEY_LOGIN, WIRE_PASSKEY_SIGN),
};
static const struct wire_shape wire_shape_enrol_open =
    WIRE_SHAPE_OF("ENROL_OPEN", wire_enrol_open, enrol_open_rows);

static bool
link_or_person(const struct wire_enrol_open *msg)
{
    return (msg->link.n > 0) == (msg->code.n > 0) && (msg->link.n > 0) != (msg->person.n > 0);
}

void
wire_enrol_open_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_enrol_open *msg)
{
    if (!link_or_person(msg)) {
        sg_buf_fail(buf, SG_E_VALUE);
    }
    wire_put(buf, WIRE_ENROL_OPEN, request_id, &wire_shape_enrol_open, msg);
}

sg_result
wire_enrol_open_parse(sg_bytes body, struct wire_enrol_open *ret)
{
    SG_TRY(wire_get(&wire_shape_enrol_open, body, ret));
    SG_REQUIRE(link_or_person(ret), MALFORMED);
    return SG_DONE;
}

static const struct wire_field enrol_open_reply_rows[] = {
    BYTES(wire_enrol_open_reply, 1, session, WIRE_ID_LEN, WIRE_ID_LEN),
    BYTES(wire_enrol_open_reply, 2, person, PERSON, PERSON),
    BYTES(wire_enrol_open_reply, 3, challenge, 32, 32),
    BYTES(wire_enrol_open_reply, 4, user_handle, 32, 32),
    UINT(wire_enrol_open_reply, 5, level, 1, WIRE_LEVEL_MAX),
    TIME(wire_enrol_open_reply, 6, expires_at),
    PASSKEY_IDS(wire_enrol_open_reply, 7),
    UINT(wire_enrol_open_reply, 8, missing, 0, WIRE_PASSKEY_LOGIN + WIRE_PASSKEY_SIGN),
};
static const struct wire_shape wire_shape_enrol_open_reply =
    WIRE_SHAPE_OF("ENROL_OPEN reply", wire_enrol_open_reply, enrol_open_reply_rows);
WIRE_MESSAGE(enrol_open_reply, WIRE_ENROL_OPEN + WIRE_REPLY)

static const struct wire_field enrol_finish_rows[] = {
    BYTES(wire_enrol_finish, 1, session, WIRE_ID_LEN, WIRE_ID_LEN),
    BYTES(wire_enrol_finish, 2, client_data, 1, WIRE_CLIENT_DATA_MAX),
    BYTES(wire_enrol_finish, 3, attestation, 1, WIRE_ATTESTATION_MAX),
    OPT_TEXT(wire_enrol_finish, 4, label, 1, WIRE_LABEL_MAX),
};
static const struct wire_shape wire_shape_enrol_finish =
    WIRE_SHAPE_OF("ENROL_FINISH", wire_enrol_finish, enrol_finish_rows);
WIRE_MESSAGE(enrol_finish, WIRE_ENROL_FINISH)

static const struct wire_field enrol_finish_reply_rows[] = {
    BYTES(wire_enrol_finish_reply, 1, person, PERSON, PERSON),
    BYTES(wire_enrol_finish_reply, 2, passkey, 1, WIRE_PASSKEY_ID_MAX),
    BYTES(wire_enrol_finish_reply, 3, thumbprint, THUMB, THUMB),
    UINT(wire_enrol_finish_reply, 4, alg, 1, WIRE_ALG_MAX),
    UINT(wire_enrol_finish_reply, 5, state, WIRE_PASSKEY_ACTIVE, WIRE_PASSKEY_REMOVED),
    BOOL(wire_enrol_finish_reply, 6, attested),
    UINT(wire_enrol_finish_reply, 7, seq, 0, WIRE_SEQ_MAX),
    OPT_BYTES(wire_enrol_finish_reply, 8, digest, SG_SHA256_LEN, SG_SHA256_LEN),
};
static const struct wire_shape wire_shape_enrol_finish_reply =
    WIRE_SHAPE_OF("ENROL_FINISH reply", wire_enrol_finish_reply, enrol_finish_reply_rows);
WIRE_MESSAGE(enrol_finish_reply, WIRE_ENROL_FINISH + WIRE_REPLY)

/* ---- a person's keys and what was done with them. req: KEY-2, SIG-8 -------------------------------------------------- */

static const struct wire_field key_make_rows[] = {
    BYTES(wire_key_make, 1, person, PERSON, PERSON),
    UINT(wire_key_make, 2, alg, 1, WIRE_ALG_MAX),
    UINT(wire_key_make, 3, level, 1, WIRE_LEVEL_MAX),
    BYTES(wire_key_make, 4, unique, WIRE_ID_LEN, WIRE_ID_LEN),
};
static const struct wire_shape wire_shape_key_make =
    WIRE_SHAPE_OF("KEY_MAKE", wire_key_make, key_make_rows);
WIRE_MESSAGE(key_make, WIRE_KEY_MAKE)

static const struct wire_field key_make_reply_rows[] = {
    BYTES(wire_key_make_reply, 1, key, THUMB, THUMB),
    UINT(wire_key_make_reply, 2, alg, 1, WIRE_ALG_MAX),
    BYTES(wire_key_make_reply, 3, spki, 1, WIRE_SPKI_MAX),
    UINT(wire_key_make_reply, 4, level, 1, WIRE_LEVEL_MAX),
    UINT(wire_key_make_reply, 5, seq, 0, WIRE_SEQ_MAX),
};
static const struct wire_shape wire_shape_key_make_reply =
    WIRE_SHAPE_OF("KEY_MAKE reply", wire_key_make_reply, key_make_reply_rows);
WIRE_MESSAGE(key_make_reply, WIRE_KEY_MAKE + WIRE_REPLY)

static const struct wire_field person_info_rows[] = {
    OPT_BYTES(wire_person_info, 1, person, PERSON, PERSON),
    OPT_BYTES(wire_person_info, 2, passkey, 1, WIRE_PASSKEY_ID_MAX),
    OPT_BYTES(wire_person_info, 3, key, THUMB, THUMB),
    OPT_BYTES(wire_person_info, 4, after, THUMB, THUMB),
    OPT_BYTES(wire_person_info, 5, next, PERSON, PERSON),
};
static const struct wire_shape wire_shape_person_info =
    WIRE_SHAPE_OF("PERSON_INFO", wire_person_info, person_info_rows);

static bool
by_one(const struct wire_person_info *msg)
{
    return (msg->person.n > 0) + (msg->passkey.n > 0) + (msg->key.n > 0) + (msg->next.n > 0) == 1;
}

void
wire_person_info_encode(struct sg_buf *buf, uint64_t request_id, const struct wire_person_info *msg)
{
    if (!by_one(msg)) {
        sg_buf_fail(buf, SG_E_VALUE);
    }
    wire_put(buf, WIRE_PERSON_INFO, request_id, &wire_shape_person_info, msg);
}

sg_result
wire_person_info_parse(sg_bytes body, struct wire_person_info *ret)
{
    SG_TRY(wire_get(&wire_shape_person_info, body, ret));
    SG_REQUIRE(by_one(ret), MALFORMED);
    return SG_DONE;
}

static const struct wire_field passkey_rows[] = {
    BYTES(wire_passkey, 1, id, 1, WIRE_PASSKEY_ID_MAX),
    BYTES(wire_passkey, 2, thumbprint, THUMB, THUMB),
    UINT(wire_passkey, 3, purpose, WIRE_PASSKEY_LOGIN, WIRE_PASSKEY_SIGN),
    UINT(wire_passkey, 4, state, WIRE_PASSKEY_ACTIVE, WIRE_PASSKEY_REMOVED),
    UINT(wire_passkey, 5, alg, 1, WIRE_ALG_MAX),
    BYTES(wire_passkey, 6, spki, 1, WIRE_SPKI_MAX),
    BOOL(wire_passkey, 7, backup_eligible),
    BOOL(wire_passkey, 8, attested),
    BYTES(wire_passkey, 9, aaguid, 16, 16),
    UINT(wire_passkey, 10, sign_count, 0, UINT32_MAX),
    TEXT(wire_passkey, 11, label, 0, WIRE_LABEL_MAX),
    TIME(wire_passkey, 12, created_at),
};
static const struct wire_shape wire_shape_passkey =
    WIRE_SHAPE_OF("passkey", wire_passkey, passkey_rows);

static const struct wire_field holder_key_rows[] = {
    BYTES(wire_holder_key, 1, key, THUMB, THUMB),
    UINT(wire_holder_key, 2, alg, 1, WIRE_ALG_MAX),
    BYTES(wire_holder_key, 3, spki, 1, WIRE_SPKI_MAX),
    UINT(wire_holder_key, 4, level, 1, WIRE_LEVEL_MAX),
    UINT(wire_holder_key, 5, state, WIRE_KEY_CREATED, WIRE_KEY_DESTROYED),
    TIME(wire_holder_key, 6, created_at),
};
static const struct wire_shape wire_shape_holder_key =
    WIRE_SHAPE_OF("holder key", wire_holder_key, holder_key_rows);

static const struct wire_field person_info_reply_rows[] = {
    BYTES(wire_person_info_reply, 1, person, PERSON, PERSON),
    UINT(wire_person_info_reply, 2, state, WIRE_PERSON_ENROLLING, WIRE_PERSON_LEFT),
    UINT(wire_person_info_reply, 3, level, 1, WIRE_LEVEL_MAX),
    UINT(wire_person_info_reply, 4, keys_max, 0, WIRE_SEQ_MAX),
    SHAPE_LIST(wire_person_info_reply, 5, passkeys, wire_passkey, wire_shape_passkey, 0,
        WIRE_PASSKEYS_MAX),
    SHAPE_LIST(wire_person_info_reply, 6, keys, wire_holder_key, wire_shape_holder_key, 0,
        WIRE_PERSON_KEYS_MAX),
    OPT_BOOL(wire_person_info_reply, 7, more),
};
static const struct wire_shape wire_shape_person_info_reply =
    WIRE_SHAPE_OF("PERSON_INFO reply", wire_person_info_reply, person_info_reply_rows);
WIRE_MESSAGE(person_info_reply, WIRE_PERSON_INFO + WIRE_REPLY)

static const struct wire_field uses_read_rows[] = {
    BYTES(wire_uses_read, 1, person, PERSON, PERSON),
    UINT(wire_uses_read, 2, before, 0, WIRE_SEQ_MAX),
    UINT(wire_uses_read, 3, n, 1, WIRE_USES_MAX),
};
static const struct wire_shape wire_shape_uses_read =
    WIRE_SHAPE_OF("USES_READ", wire_uses_read, uses_read_rows);
WIRE_MESSAGE(uses_read, WIRE_USES_READ)

static const struct wire_field use_rows[] = {
    UINT(wire_use, 1, seq, 0, WIRE_SEQ_MAX),
    TIME(wire_use, 2, at_ms),
    UINT(wire_use, 3, operation, WIRE_OP_SEAL_CREDENTIAL, WIRE_OP_REMOVE),
    BYTES(wire_use, 4, key, THUMB, THUMB),
    BYTES(wire_use, 5, passkey, THUMB, THUMB),
    BYTES(wire_use, 6, intent_id, WIRE_INTENT_ID_LEN, WIRE_INTENT_ID_LEN),
    UINT(wire_use, 7, outcome, 0, WIRE_OUT_WITHHELD),
    TEXT(wire_use, 8, format, 1, WIRE_FORMAT_MAX),
    TEXT(wire_use, 9, type, 0, WIRE_URI_MAX),
    UINT(wire_use, 10, n, 0, WIRE_DTBS_MAX),
};
static const struct wire_shape wire_shape_use = WIRE_SHAPE_OF("use", wire_use, use_rows);

static const struct wire_field uses_reply_rows[] = {
    SHAPE_LIST(wire_uses_reply, 1, uses, wire_use, wire_shape_use, 0, WIRE_USES_MAX),
};
static const struct wire_shape wire_shape_uses_reply =
    WIRE_SHAPE_OF("USES_READ reply", wire_uses_reply, uses_reply_rows);
WIRE_MESSAGE(uses_reply, WIRE_USES_READ + WIRE_REPLY)

const struct wire_shape *const *
wire_shapes_person(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_intent_open,
        &wire_shape_intent_open_reply, &wire_shape_sign, &wire_shape_sign_reply,
        &wire_shape_intent_cancel, &wire_shape_enrol_open, &wire_shape_enrol_open_reply,
        &wire_shape_enrol_finish, &wire_shape_enrol_finish_reply, &wire_shape_key_make,
        &wire_shape_key_make_reply, &wire_shape_person_info, &wire_shape_passkey,
        &wire_shape_holder_key, &wire_shape_person_info_reply, &wire_shape_uses_read,
        &wire_shape_use, &wire_shape_uses_reply };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}
