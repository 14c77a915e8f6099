#include "wire_shape.h"

static const struct wire_field entry_rows[] = {
    VERSION(),
    UINT(wire_entry, 2, type, WIRE_REC_GENESIS, WIRE_REC_PERSON_EVENT),
    TIME(wire_entry, 3, at_ms),
    BYTES(wire_entry, 4, body_hash, SG_SHA256_LEN, SG_SHA256_LEN),
};
static const struct wire_shape wire_shape_entry =
    WIRE_SHAPE_OF("tree entry", wire_entry, entry_rows);
WIRE_ALONE(entry, wire_entry, 64, WIRE_ENTRY_MAX)

void
wire_body_hash(sg_bytes blind, sg_bytes body, uint8_t ret[SG_SHA256_LEN])
{
    sg_bytes parts[2] = { blind, body };
    sg_sha256_parts(parts, 2, ret);
}

static const struct wire_field seen_rows[] = {
    SHAPE(wire_seen, 1, ref, wire_ref, wire_shape_ref, false),
    SHAPE(wire_seen, 2, verdict, wire_status_verdict, wire_shape_status_verdict, false),
};
static const struct wire_shape wire_shape_seen =
    WIRE_SHAPE_OF("status evidence", wire_seen, seen_rows);

/* req: AU-4 */
static const struct wire_field gesture_rows[] = {
    BYTES(wire_gesture, 1, nonce, 32, 32),
    BYTES(wire_gesture, 2, spki, 1, WIRE_SPKI_MAX),
    BYTES(wire_gesture, 3, passkey_hash, SG_SHA256_LEN, SG_SHA256_LEN),
    UINT(wire_gesture, 4, passkey_seq, 0, WIRE_SEQ_MAX),
    BYTES(wire_gesture, 5, client_data, 1, WIRE_CLIENT_DATA_MAX),
    BYTES(wire_gesture, 6, authenticator_data, 1, WIRE_AUTH_DATA_MAX),
    BYTES(wire_gesture, 7, assertion, 1, WIRE_SIG_MAX),
    TEXT(wire_gesture, 8, origin, 1, WIRE_ORIGIN_MAX),
    TEXT(wire_gesture, 9, rp_id, 1, WIRE_ORIGIN_MAX),
    BOOL(wire_gesture, 10, counter_fault),
};
const struct wire_shape wire_shape_gesture = WIRE_SHAPE_OF("gesture", wire_gesture, gesture_rows);

/* req: SIG-5. Digests, format, type and audience are in the intent; who, approval, key, certificate and evidence are here. */
static const struct wire_field consent_rows[] = {
    VERSION(),
    BYTES(wire_consent, 2, intent, 1, WIRE_INTENT_MAX),
    UINT(wire_consent, 3, activation, WIRE_ACT_MANDATE, WIRE_ACT_QUORUM),
    OPT_BYTES(wire_consent, 4, mandate_id, WIRE_ID_LEN, WIRE_ID_LEN),
    UINT(wire_consent, 5, mandate_seq, 0, WIRE_SEQ_MAX),
    UINT(wire_consent, 6, mandate_used, 0, WIRE_SEQ_MAX),
    OPT_BYTES(wire_consent, 7, instruction, 1, WIRE_INSTRUCTION_MAX),
    OPT_BYTES(wire_consent, 8, instruction_signature, 1, WIRE_SIG_MAX),
    OPT_BYTES(wire_consent, 9, client_key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    SHAPE_LIST(wire_consent, 10, seen, wire_seen, wire_shape_seen, 0, WIRE_REFS_MAX),
    OPT_BYTES(wire_consent, 11, certificate, SG_SHA256_LEN, SG_SHA256_LEN),
    UINT(wire_consent, 12, level, 1, WIRE_LEVEL_MAX),
    TIME(wire_consent, 13, at_ms),
    UINT(wire_consent, 14, key_seq, 0, WIRE_SEQ_MAX),
    TEXT(wire_consent, 15, software, 0, WIRE_SOFTWARE_MAX),
    BYTES(wire_consent, 16, spki, 1, WIRE_SPKI_MAX),
    SHAPE(wire_consent, 17, gesture, wire_gesture, wire_shape_gesture, true),
    OPT_UINT(wire_consent, 18, which, 1, UINT64_MAX),
    OPT_UINT(wire_consent, 19, first_seq, 1, WIRE_SEQ_MAX),
    BYTES_LIST(wire_consent, 20, more_spki, 1, WIRE_SPKI_MAX, 0, WIRE_MORE_KEYS_MAX),
};
static const struct wire_shape wire_shape_consent =
    WIRE_SHAPE_OF("CONSENT", wire_consent, consent_rows);

/* The same of a gesture since version 2: the members that are missing here are in the closed part. req: EV-2 EV-4 */
static const struct wire_field closed_consent_rows[] = {
    VERSION_OF(WIRE_CLOSED_VERSION),
    BYTES(wire_consent, 2, intent, 1, WIRE_INTENT_MAX),
    UINT(wire_consent, 3, activation, WIRE_ACT_PASSKEY, WIRE_ACT_PASSKEY),
    SHAPE_LIST(wire_consent, 10, seen, wire_seen, wire_shape_seen, 0, WIRE_REFS_MAX),
    OPT_BYTES(wire_consent, 11, certificate, SG_SHA256_LEN, SG_SHA256_LEN),
    UINT(wire_consent, 12, level, 1, WIRE_LEVEL_MAX),
    TIME(wire_consent, 13, at_ms),
    TEXT(wire_consent, 15, software, 0, WIRE_SOFTWARE_MAX),
    BYTES(wire_consent, 16, spki, 1, WIRE_SPKI_MAX),
    UINT(wire_consent, 18, which, 1, UINT64_MAX),
    OPT_UINT(wire_consent, 19, first_seq, 1, WIRE_SEQ_MAX),
    BYTES_LIST(wire_consent, 20, more_spki, 1, WIRE_SPKI_MAX, 0, WIRE_MORE_KEYS_MAX),
    BYTES(wire_consent, 21, closed, SG_SHA256_LEN, SG_SHA256_LEN),
};
static const struct wire_shape wire_shape_closed_consent =
    WIRE_SHAPE_OF("CONSENT by gesture", wire_consent, closed_consent_rows);

/* Of a body of any layout; 0: none that can be read. */
static uint64_t
version_of(sg_bytes body)
{
    struct dcbor_rd rd = dcbor_rd_map(body);
    uint64_t version = dcbor_rd_uint(&rd, 1, UINT64_MAX);
    return rd.failed == SG_OK ? version : 0;
}

sg_result
wire_consent_encode(struct sg_arena *arena, const struct wire_consent *rec, sg_bytes *ret)
{
    const struct wire_shape *shape =
        rec->closed.n > 0 ? &wire_shape_closed_consent : &wire_shape_consent;
    return wire_alone(arena, shape, rec, 1024, WIRE_BODY_MAX, ret);
}

static void
clear_closed(struct wire_consent *rec)
{
    rec->mandate_id = rec->instruction = rec->instruction_signature = SG_NO_BYTES;
    rec->client_key = SG_NO_BYTES;
    rec->mandate_seq = rec->mandate_used = rec->key_seq = 0;
    rec->gesture = (struct wire_gesture){ .nonce = SG_NO_BYTES };
}

sg_result
wire_consent_parse(sg_bytes in, struct wire_consent *ret)
{
    SG_REQUIRE(in.n <= WIRE_BODY_MAX, MALFORMED);
    if (version_of(in) == WIRE_CLOSED_VERSION) {
        SG_TRY(wire_get(&wire_shape_closed_consent, in, ret));
        clear_closed(ret);
    } else {
        SG_TRY(wire_get(&wire_shape_consent, in, ret));
        ret->closed = SG_NO_BYTES;
    }
    ret->shown = ret->intent;
    ret->opened = false;
    return SG_DONE;
}

static const struct wire_field outcome_rows[] = {
    VERSION(),
    UINT(wire_outcome, 2, consent_seq, 0, WIRE_SEQ_MAX),
    UINT(wire_outcome, 3, kind, WIRE_OUT_SIGNED, WIRE_OUT_WITHHELD),
    BYTES_LIST(wire_outcome, 4, signature_hashes, SG_SHA256_LEN, SG_SHA256_LEN, 0, WIRE_DTBS_MAX),
    UINT(wire_outcome, 5, code, 0, WIRE_CODE_MAX),
    TIME(wire_outcome, 6, at_ms),
};
static const struct wire_shape wire_shape_outcome =
    WIRE_SHAPE_OF("OUTCOME", wire_outcome, outcome_rows);
WIRE_ALONE(outcome, wire_outcome, 96, WIRE_BODY_MAX)

static const struct wire_field refusal_rows[] = {
    VERSION(),
    BYTES(wire_refusal, 2, intent, 1, WIRE_INTENT_MAX),
    OPT_BYTES(wire_refusal, 3, mandate_id, WIRE_ID_LEN, WIRE_ID_LEN),
    UINT(wire_refusal, 4, code, 1, WIRE_CODE_MAX),
    TEXT(wire_refusal, 5, gate, 1, WIRE_EVENT_MAX),
    SHAPE_LIST(wire_refusal, 6, seen, wire_seen, wire_shape_seen, 0, WIRE_REFS_MAX),
    TIME(wire_refusal, 7, at_ms),
    OPT_BYTES(wire_refusal, 8, passkey_hash, SG_SHA256_LEN, SG_SHA256_LEN),
};
static const struct wire_shape wire_shape_refusal =
    WIRE_SHAPE_OF("REFUSAL", wire_refusal, refusal_rows);

static const struct wire_field closed_refusal_rows[] = {
    VERSION_OF(WIRE_CLOSED_VERSION),
    BYTES(wire_refusal, 2, intent, 1, WIRE_INTENT_MAX),
    UINT(wire_refusal, 4, code, 1, WIRE_CODE_MAX),
    TEXT(wire_refusal, 5, gate, 1, WIRE_EVENT_MAX),
    SHAPE_LIST(wire_refusal, 6, seen, wire_seen, wire_shape_seen, 0, WIRE_REFS_MAX),
    TIME(wire_refusal, 7, at_ms),
    BYTES(wire_refusal, 9, closed, SG_SHA256_LEN, SG_SHA256_LEN),
};
static const struct wire_shape wire_shape_closed_refusal =
    WIRE_SHAPE_OF("REFUSAL after a gesture", wire_refusal, closed_refusal_rows);

sg_result
wire_refusal_encode(struct sg_arena *arena, const struct wire_refusal *rec, sg_bytes *ret)
{
    const struct wire_shape *shape =
        rec->closed.n > 0 ? &wire_shape_closed_refusal : &wire_shape_refusal;
    return wire_alone(arena, shape, rec, 1024, WIRE_BODY_MAX, ret);
}

sg_result
wire_refusal_parse(sg_bytes in, struct wire_refusal *ret)
{
    SG_REQUIRE(in.n <= WIRE_BODY_MAX, MALFORMED);
    if (version_of(in) == WIRE_CLOSED_VERSION) {
        SG_TRY(wire_get(&wire_shape_closed_refusal, in, ret));
        ret->mandate_id = ret->passkey_hash = SG_NO_BYTES;
        return SG_DONE;
    }
    SG_TRY(wire_get(&wire_shape_refusal, in, ret));
    ret->closed = SG_NO_BYTES;
    return SG_DONE;
}

static const struct wire_field policy_event_rows[] = {
    VERSION(),
    OPT_BYTES(wire_policy_event, 2, operation, 1, WIRE_OPERATION_MAX),
    OPT_TEXT(wire_policy_event, 3, proposer, 1, WIRE_NAME_MAX),
    OPT_BYTES(wire_policy_event, 4, proposer_signature, 1, WIRE_SIG_MAX),
    OPT_TEXT(wire_policy_event, 5, approver, 1, WIRE_NAME_MAX),
    OPT_BYTES(wire_policy_event, 6, approver_signature, 1, WIRE_SIG_MAX),
    TEXT(wire_policy_event, 7, event, 1, WIRE_EVENT_MAX),
    OPT_BYTES(wire_policy_event, 8, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    OPT_BYTES(wire_policy_event, 9, attributes, 1, WIRE_ATTRIBUTES_MAX),
    TIME(wire_policy_event, 10, at_ms),
};
static const struct wire_shape wire_shape_policy_event =
    WIRE_SHAPE_OF("KEY_EVENT and POLICY_EVENT", wire_policy_event, policy_event_rows);
WIRE_ALONE(policy_event, wire_policy_event, 1024, WIRE_BODY_MAX)

static const struct wire_field person_event_rows[] = {
    VERSION(),
    TEXT(wire_person_event, 2, event, 1, WIRE_EVENT_MAX),
    BYTES(wire_person_event, 3, person, WIRE_ID_LEN, WIRE_ID_LEN),
    OPT_BYTES(wire_person_event, 4, operation_id, SG_SHA256_LEN, SG_SHA256_LEN),
    OPT_UINT(wire_person_event, 5, consent_seq, 1, WIRE_SEQ_MAX),
    OPT_BYTES(wire_person_event, 6, passkey, 1, WIRE_PASSKEY_ID_MAX),
    OPT_BYTES(wire_person_event, 7, spki, 1, WIRE_SPKI_MAX),
    OPT_BYTES(wire_person_event, 8, client_data, 1, WIRE_CLIENT_DATA_MAX),
    OPT_BYTES(wire_person_event, 9, attestation, 1, WIRE_ATTESTATION_MAX),
    OPT_UINT(wire_person_event, 10, purpose, WIRE_PASSKEY_LOGIN, WIRE_PASSKEY_SIGN),
    OPT_UINT(wire_person_event, 11, level, 1, WIRE_LEVEL_MAX),
    OPT_BOOL(wire_person_event, 12, attested),
    OPT_BYTES(wire_person_event, 13, key, WIRE_THUMBPRINT_LEN, WIRE_THUMBPRINT_LEN),
    OPT_BYTES(wire_person_event, 14, intent_id, WIRE_INTENT_ID_LEN, WIRE_INTENT_ID_LEN),
    OPT_BYTES(wire_person_event, 15, attributes, 1, WIRE_ATTRIBUTES_MAX),
    TIME(wire_person_event, 16, at_ms),
};
static const struct wire_shape wire_shape_person_event =
    WIRE_SHAPE_OF("PERSON_EVENT", wire_person_event, person_event_rows);
WIRE_ALONE(person_event, wire_person_event, 1024, WIRE_BODY_MAX)

static const struct wire_field noted_event_rows[] = {
    VERSION(),
    TEXT(wire_noted_event, 2, kind, 1, WIRE_EVENT_MAX),
    BYTES(wire_noted_event, 3, body, 0, WIRE_NOTE_MAX),
    OPT_BYTES(wire_noted_event, 4, signature, 1, WIRE_SIG_MAX),
    TIME(wire_noted_event, 5, at_ms),
    UINT(wire_noted_event, 6, count, 1, WIRE_SEQ_MAX),
};
static const struct wire_shape wire_shape_noted_event =
    WIRE_SHAPE_OF("NOTED_EVENT and STATUS_ORDER", wire_noted_event, noted_event_rows);
WIRE_ALONE(noted_event, wire_noted_event, 256, WIRE_BODY_MAX)

static const struct wire_field genesis_rows[] = {
    VERSION(),
    TEXT(wire_genesis, 2, origin, 1, WIRE_ORIGIN_MAX),
    BYTES(wire_genesis, 3, log_key, 32, 32),
    TEXT(wire_genesis, 4, environment, 1, WIRE_WORD_MAX),
    BYTES(wire_genesis, 5, operators, 1, WIRE_OPERATION_MAX),
    TIME(wire_genesis, 6, at_ms),
};
static const struct wire_shape wire_shape_genesis =
    WIRE_SHAPE_OF("GENESIS", wire_genesis, genesis_rows);
WIRE_ALONE(genesis, wire_genesis, 1024, WIRE_BODY_MAX)

const struct wire_shape *const *
wire_shapes_record(size_t *ret_n)
{
    static const struct wire_shape *const all[] = { &wire_shape_entry, &wire_shape_seen,
        &wire_shape_gesture, &wire_shape_consent, &wire_shape_outcome, &wire_shape_refusal,
        &wire_shape_policy_event, &wire_shape_noted_event, &wire_shape_genesis,
        &wire_shape_person_event, &wire_shape_closed_consent, &wire_shape_closed_refusal,
        &wire_shape_closed };
    *ret_n = sizeof(all) / sizeof(all[0]);
    return all;
}
