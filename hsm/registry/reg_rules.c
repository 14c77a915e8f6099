/* Which operation needs whom, and what must hold. */
#include "reg_apply.h"
#include "reg_cert.h"
#include "reg_person.h"

#define CUSTODIAN WIRE_ROLE_KEY_CUSTODIAN
#define REGISTRATION WIRE_ROLE_REGISTRATION
#define ADMINISTRATOR WIRE_ROLE_ADMINISTRATOR
#define ALL_ROLES (CUSTODIAN | REGISTRATION | WIRE_ROLE_AUDITOR | ADMINISTRATOR)
#define DAY_S ((int64_t)86400)

/* Stopping takes one operator, everything else two. req: KEY-8 */
static const struct reg_rule rules[] = {
    { WIRE_OPN_KEY_GENERATE, 0, CUSTODIAN, true, WIRE_REC_KEY_EVENT, "key-created" },
    { WIRE_OPN_KEY_STATE, WIRE_KEY_ACTIVE, CUSTODIAN, true, WIRE_REC_KEY_EVENT, "key-activated" },
    { WIRE_OPN_KEY_STATE, WIRE_KEY_SUSPENDED, CUSTODIAN | ADMINISTRATOR, false, WIRE_REC_KEY_EVENT,
        "key-suspended" },
    { WIRE_OPN_KEY_STATE, WIRE_KEY_REVOKED, CUSTODIAN, true, WIRE_REC_KEY_EVENT, "key-revoked" },
    { WIRE_OPN_KEY_STATE, WIRE_KEY_DESTROYED, CUSTODIAN, true, WIRE_REC_KEY_EVENT,
        "key-destroyed" },
    { WIRE_OPN_KEY_CERTIFY, 0, CUSTODIAN, true, WIRE_REC_KEY_EVENT, "key-certified" },
    { WIRE_OPN_KEY_STATUS, 0, CUSTODIAN, true, WIRE_REC_KEY_EVENT, "key-status-set" },
    { WIRE_OPN_CLIENT_SET, 0, REGISTRATION | ADMINISTRATOR, true, WIRE_REC_POLICY_EVENT,
        "client-set" },
    { WIRE_OPN_MANDATE_SET, 0, REGISTRATION | ADMINISTRATOR, true, WIRE_REC_POLICY_EVENT,
        "mandate-set" },
    { WIRE_OPN_OPERATOR_SET, 0, ADMINISTRATOR, true, WIRE_REC_POLICY_EVENT, "operator-set" },
    { WIRE_OPN_RESUME, 0, ADMINISTRATOR, true, WIRE_REC_POLICY_EVENT, "resumed" },
    { WIRE_OPN_LEDGER_ACCEPT, 0, ADMINISTRATOR, true, WIRE_REC_POLICY_EVENT, "ledger-accepted" },
    { WIRE_OPN_PERSON_ENROL, 0, REGISTRATION | ADMINISTRATOR, true, WIRE_REC_POLICY_EVENT,
        "enrolment-approved" },
    { WIRE_OPN_PERSON_STATE, WIRE_KEY_ACTIVE, REGISTRATION | ADMINISTRATOR, true,
        WIRE_REC_POLICY_EVENT, "person-unlocked" },
    { WIRE_OPN_PERSON_STATE, WIRE_KEY_SUSPENDED, REGISTRATION | ADMINISTRATOR, false,
        WIRE_REC_POLICY_EVENT, "person-locked" },
    { WIRE_OPN_PERSON_STATE, WIRE_KEY_DESTROYED, REGISTRATION | ADMINISTRATOR, true,
        WIRE_REC_POLICY_EVENT, "person-left" },
    { WIRE_OPN_PASSKEY_STATE, WIRE_KEY_ACTIVE, REGISTRATION | ADMINISTRATOR, true,
        WIRE_REC_POLICY_EVENT, "passkey-confirmed" },
    { WIRE_OPN_PASSKEY_STATE, WIRE_KEY_DESTROYED, REGISTRATION | ADMINISTRATOR, true,
        WIRE_REC_POLICY_EVENT, "passkey-removed" },
};

const struct reg_rule *
reg_rules(size_t *ret_n)
{
    *ret_n = sizeof(rules) / sizeof(rules[0]);
    return rules;
}

const struct reg_rule *
reg_rule_of(const struct wire_operation_msg *op)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].kind == op->kind && (rules[i].state == 0 || rules[i].state == op->state)) {
            return &rules[i];
        }
    }
    return NULL;
}

/* ---- what must hold, by kind --------------------------------------------------------------------------------- */

bool
reg_purpose_fits(enum wire_key_purpose purpose, uint64_t operation)
{
    return (purpose == WIRE_PURPOSE_SEAL && operation == WIRE_OP_SEAL_CREDENTIAL) ||
           (purpose == WIRE_PURPOSE_STATUS_LIST && operation == WIRE_OP_STATUS_LIST) ||
           (purpose == WIRE_PURPOSE_METADATA && operation == WIRE_OP_METADATA) ||
           (purpose == WIRE_PURPOSE_HOLDER &&
               (operation == WIRE_OP_PRESENT || operation == WIRE_OP_KEY_PROOF));
}

static sg_result
check_generate(struct registry *reg, const struct wire_operation_msg *op)
{
    SG_REQUIRE(key_alg_row(op->alg) != NULL, ALGORITHM);
    SG_REQUIRE(op->purpose == WIRE_PURPOSE_SEAL || op->purpose == WIRE_PURPOSE_STATUS_LIST ||
                   op->purpose == WIRE_PURPOSE_METADATA,
        UNSUPPORTED); /* holder keys come with enrolment; the log key with creation */
    SG_REQUIRE(op->level >= 1 && op->level <= 2, UNSUPPORTED); /* level 3 needs passkeys */
    SG_REQUIRE(op->count >= 1 && op->count <= 1000, VALUE);
    SG_REQUIRE(
        op->name.n >= 1 && op->name.n <= 59, VALUE); /* with "-1000" it fits the token's label */
    SG_REQUIRE(op->count > 1 || registry_key_labelled(reg, op->name) == NULL, CONFLICT);
    return SG_DONE;
}

static sg_result
find_key(struct registry *reg, const struct wire_operation_msg *op, struct reg_key **ret)
{
    struct reg_key *key = registry_key(reg, op->key);
    SG_REQUIRE(key != NULL, NOT_FOUND);
    SG_REQUIRE(key->purpose != WIRE_PURPOSE_LOG, KEY_USE); /* outside of everybody's reach */
    *ret = key;
    return SG_DONE;
}

/* A person's key: no certificate, no reference of its own; the rest as for any other. */
static sg_result
check_holder_event(struct registry *reg, const struct wire_operation_msg *op, enum reg_event event)
{
    enum wire_key_state next;
    sg_result why;
    struct reg_key *key = reg_holder_hold(reg, op->key, &why);
    SG_TRY(why);
    SG_REQUIRE(key != NULL, NOT_FOUND);
    sg_result r = event == REG_CERTIFY || event == REG_SET_STATUS
                      ? SG_ERROR(KEY_USE)
                      : reg_state_next(key->state, event, &next);
    reg_holder_release(reg, &key);
    return r;
}

static sg_result
check_key_event(struct registry *reg, const struct wire_operation_msg *op, enum reg_event event)
{
    struct reg_key *key;
    enum wire_key_state next;
    if (registry_key(reg, op->key) == NULL) {
        return check_holder_event(reg, op, event);
    }
    SG_TRY(find_key(reg, op, &key));
    return reg_state_next(key->state, event, &next);
}

static sg_result
check_state(struct registry *reg, const struct wire_operation_msg *op)
{
    static const enum reg_event events[WIRE_KEY_DESTROYED + 1] = { [WIRE_KEY_ACTIVE] = REG_ACTIVATE,
        [WIRE_KEY_SUSPENDED] = REG_SUSPEND,
        [WIRE_KEY_REVOKED] = REG_REVOKE,
        [WIRE_KEY_DESTROYED] = REG_DESTROY };
    SG_REQUIRE(op->state <= WIRE_KEY_DESTROYED && events[op->state] != 0, VALUE);
    return check_key_event(reg, op, events[op->state]);
}

/* The leaf is for this very key, each certificate parses. req: KEY-4 (the path itself is checked by who installs it) */
static sg_result
check_certify(struct registry *reg, const struct wire_operation_msg *op)
{
    struct reg_key *key;
    struct reg_cert cert;
    SG_TRY(check_key_event(reg, op, REG_CERTIFY));
    SG_TRY(find_key(reg, op, &key));
    SG_REQUIRE(op->n_chain >= 1, MISSING);
    for (size_t i = 0; i < op->n_chain; i++) {
        SG_TRY(reg_cert_parse(op->chain[i], &cert));
    }
    SG_TRY(reg_cert_parse(op->chain[0], &cert));
    SG_REQUIRE(sg_bytes_equal(cert.spki, key_public_spki(key->public)), KEY_INVALID);
    return SG_DONE;
}

static sg_result
check_status(struct registry *reg, const struct wire_operation_msg *op)
{
    SG_REQUIRE(op->ref.type == WIRE_REF_TOKEN_STATUS_LIST && op->ref.uri.n > 0, VALUE);
    return check_key_event(reg, op, REG_SET_STATUS);
}

static sg_result
check_client(struct registry *reg, const struct wire_operation_msg *op)
{
    (void)reg;
    SG_REQUIRE(op->name.n >= 1, MISSING);
    if (op->spki.n == 0) { /* a client that signs nothing itself */
        SG_REQUIRE(op->alg == 0, VALUE);
        return SG_DONE;
    }
    struct key_public *public = NULL;
    SG_TRY(key_public_new(op->spki, &public));
    bool same = key_public_alg(public)->alg == (enum key_alg)op->alg;
    key_public_free(&public);
    SG_REQUIRE(same, ALGORITHM);
    return SG_DONE;
}

static sg_result
check_mandate(struct registry *reg, const struct wire_operation_msg *op)
{
    const struct wire_mandate *m = &op->mandate;
    SG_REQUIRE(m->id.n == WIRE_ID_LEN, MISSING);
    if (m->count == 0) {
        SG_REQUIRE(registry_mandate(reg, m->id) != NULL, NOT_FOUND);
    }
    SG_REQUIRE(registry_client(reg, m->client) != NULL, NOT_FOUND);
    const struct reg_key *key = registry_key(reg, m->key);
    SG_REQUIRE(key != NULL, NOT_FOUND);
    SG_REQUIRE(key->state != WIRE_KEY_DESTROYED, DESTROYED);
    SG_REQUIRE(reg_purpose_fits(key->purpose, m->operation), KEY_USE);
    SG_REQUIRE(m->window_s >= 1 && m->window_s <= 31 * (uint64_t)DAY_S, VALUE);
    SG_REQUIRE(m->not_before < m->not_after, VALUE);
    SG_REQUIRE(m->operation != WIRE_OP_SEAL_CREDENTIAL || m->n_configurations > 0, MISSING);
    const struct reg_mandate *before = registry_mandate(reg, m->id);
    /* an id keeps its client and key for ever, so that records that cite it stay clear */
    SG_REQUIRE(before == NULL || (sg_str_equal(before->mandate.client, m->client) &&
                                     sg_bytes_equal(before->mandate.key, m->key)),
        CONFLICT);
    return SG_DONE;
}

/* Persons that could still approve each other's operations as administrators. */
static size_t
administrators_after(struct registry *reg, const struct wire_operation_msg *op)
{
    struct reg_operator *const *all;
    size_t n = registry_operators(reg, &all);
    sg_str seen = op->active && (op->roles & ADMINISTRATOR) != 0 ? op->person : SG_NO_STR;
    size_t persons = seen.n > 0 ? 1 : 0;
    for (size_t i = 0; i < n && persons < 2; i++) {
        if (all[i]->active && (all[i]->roles & ADMINISTRATOR) != 0 &&
            !sg_str_equal(all[i]->name, op->name) && !sg_str_equal(all[i]->person, seen)) {
            seen = persons == 0 ? all[i]->person : seen;
            persons++;
        }
    }
    return persons;
}

static sg_result
check_operator(struct registry *reg, const struct wire_operation_msg *op)
{
    struct key_public *public = NULL;
    SG_REQUIRE(op->name.n >= 1 && op->name.n <= 64 && op->person.n >= 1, MISSING);
    SG_REQUIRE(op->roles != 0 && (op->roles & ~(uint64_t)ALL_ROLES) == 0, VALUE);
    /* who looks at the books does not write them. req: AU-1 */
    SG_REQUIRE((op->roles & WIRE_ROLE_AUDITOR) == 0 || op->roles == WIRE_ROLE_AUDITOR, POLICY);
    SG_TRY(key_public_new(op->spki, &public));
    bool same = key_public_alg(public)->alg == (enum key_alg)op->alg;
    key_public_free(&public);
    SG_REQUIRE(same, ALGORITHM);
    SG_REQUIRE(reg == NULL || administrators_after(reg, op) >= 2, POLICY);
    return SG_DONE;
}

static sg_result
check_resume(struct registry *reg, const struct wire_operation_msg *op)
{
    bool holder = false;
    if (op->key.n > 0 && registry_key(reg, op->key) == NULL) {
        SG_TRY(reg_holder_known(reg, op->key, &holder));
        SG_REQUIRE(holder, NOT_FOUND);
    }
    return SG_DONE;
}

/* ---- persons. req: AU-2, AU-7 ------------------------------------------------------------------------------------ */

#define ENROL_VALID_MIN_S 60

static sg_result
check_enrol(struct registry *reg, const struct wire_operation_msg *op)
{
    struct reg_person person;
    SG_REQUIRE(op->subject.n == REG_PERSON_LEN, MISSING);
    SG_REQUIRE(op->level == 2 || op->level == 3, VALUE); /* level 1 is for clients */
    SG_REQUIRE(op->count >= 1 && op->count <= WIRE_KEYS_AT_ONCE_MAX, VALUE);
    SG_REQUIRE(op->valid_s >= ENROL_VALID_MIN_S && op->valid_s <= WIRE_ENROL_VALID_MAX_S, VALUE);
    sg_result r = reg_person_get(reg, op->subject, &person);
    if (r.code == SG_E_NOT_FOUND) {
        return SG_DONE;
    }
    SG_TRY(r);
    /* who is locked may be given new passkeys, and stays locked */
    SG_REQUIRE(person.state != WIRE_PERSON_LEFT, DESTROYED);
    return SG_DONE;
}

static sg_result
check_person(struct registry *reg, const struct wire_operation_msg *op)
{
    struct reg_person person;
    SG_REQUIRE(op->subject.n == REG_PERSON_LEN, MISSING);
    SG_TRY(reg_person_get(reg, op->subject, &person));
    SG_REQUIRE(person.state != WIRE_PERSON_LEFT, DESTROYED);
    bool locked = person.state == WIRE_PERSON_LOCKED;
    SG_REQUIRE(op->state != WIRE_KEY_ACTIVE || locked, CONFLICT);
    SG_REQUIRE(op->state != WIRE_KEY_SUSPENDED || !locked, CONFLICT);
    return SG_DONE;
}

static sg_result
check_passkey(struct registry *reg, const struct wire_operation_msg *op)
{
    enum wire_passkey_state state = 0;
    SG_REQUIRE(op->subject.n == REG_PERSON_LEN && op->key.n == REG_THUMBPRINT_LEN, MISSING);
    SG_TRY(reg_passkey_state(reg, op->subject, op->key, &state));
    SG_REQUIRE(op->state != WIRE_KEY_ACTIVE || state == WIRE_PASSKEY_WAITS, CONFLICT);
    return SG_DONE;
}

static sg_result
check_nothing(struct registry *reg, const struct wire_operation_msg *op)
{
    (void)reg;
    (void)op;
    return SG_DONE;
}

static sg_result (*const checks[])(struct registry *reg, const struct wire_operation_msg *op) = {
    [WIRE_OPN_KEY_GENERATE] = check_generate,
    [WIRE_OPN_KEY_STATE] = check_state,
    [WIRE_OPN_KEY_CERTIFY] = check_certify,
    [WIRE_OPN_KEY_STATUS] = check_status,
    [WIRE_OPN_CLIENT_SET] = check_client,
    [WIRE_OPN_MANDATE_SET] = check_mandate,
    [WIRE_OPN_OPERATOR_SET] = check_operator,
    [WIRE_OPN_RESUME] = check_resume,
    [WIRE_OPN_LEDGER_ACCEPT] = check_nothing,
    [WIRE_OPN_PERSON_ENROL] = check_enrol,
    [WIRE_OPN_PERSON_STATE] = check_person,
    [WIRE_OPN_PASSKEY_STATE] = check_passkey,
};

sg_result
reg_op_check(
    struct registry *reg, const struct wire_operation_msg *op, int64_t now, int64_t max_life_s)
{
    SG_REQUIRE(reg_rule_of(op) != NULL, VALUE);
    SG_REQUIRE(op->kind < sizeof(checks) / sizeof(checks[0]) && checks[op->kind] != NULL, VALUE);
    SG_REQUIRE(op->proposed_at <= now + REG_AHEAD_S, NOT_YET);
    SG_REQUIRE(op->expires_at > now, EXPIRED);
    SG_REQUIRE(
        op->expires_at > op->proposed_at &&
            op->expires_at - op->proposed_at <= (max_life_s < 7 * DAY_S ? max_life_s : 7 * DAY_S),
        VALUE);
    return checks[op->kind](reg, op);
}

/* ---- who signed ---------------------------------------------------------------------------------------------- */

sg_result
reg_operator_signed(struct registry *reg, struct sg_arena *arena, sg_str name, uint64_t roles,
    const char *tag, sg_bytes bytes, sg_bytes signature, const struct reg_operator **ret)
{
    const struct reg_operator *who = registry_operator(reg, name);
    SG_REQUIRE(who != NULL && who->active, OPERATOR);
    sg_bytes signed_ = bytes;
    if (tag != NULL) {
        SG_TRY(wire_signed_bytes(arena, tag, bytes, &signed_));
    }
    SG_REQUIRE(sg_ok(key_public_verify_message(who->public, signed_, signature)), OPERATOR);
    SG_REQUIRE((who->roles & roles) != 0, POLICY);
    *ret = who;
    return SG_DONE;
}

sg_result
reg_op_second(
    struct registry *reg, const struct reg_proposal *proposal, const struct reg_operator *approver)
{
    const struct reg_operator *proposer = registry_operator(reg, proposal->proposer);
    /* who was dismissed since has no say in it any more */
    SG_REQUIRE(proposer != NULL && proposer->active, OPERATOR);
    SG_REQUIRE(!sg_str_equal(proposer->name, approver->name), DUAL_CONTROL);
    SG_REQUIRE(!sg_str_equal(proposer->person, approver->person), DUAL_CONTROL);
    return SG_DONE;
}
