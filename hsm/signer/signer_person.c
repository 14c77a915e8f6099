/* Operations about persons: enrolment, locking, leaving, an officer's word on a passkey. One transaction each. req: AU-2, AU-7, KEY-6, KEY-8 */
#include "signer_people.h"

#include <sodium.h>

#include "point.h"

sg_result
signer_person_event(struct signer *s, struct wire_person_event *event, uint64_t *ret_seq)
{
    sg_bytes body;
    event->at_ms = s->env.now.utc_ms;
    SG_TRY(wire_person_event_encode(s->scratch, event, &body));
    return ledger_append(s->ledger, WIRE_REC_PERSON_EVENT, s->env.now.utc_ms, body, ret_seq);
}

sg_result
signer_person_settle(struct signer *s, sg_bytes person, uint64_t seq)
{
    struct reg_person row;
    uint64_t n = 0;
    SG_TRY(reg_person_get(s->registry, person, &row));
    SG_TRY(reg_passkeys_active(s->registry, person, WIRE_PASSKEY_SIGN, &n));
    enum wire_person_state now = n > 0 ? WIRE_PERSON_ACTIVE : WIRE_PERSON_ENROLLING;
    if (row.state == now || row.state == WIRE_PERSON_LOCKED || row.state == WIRE_PERSON_LEFT) {
        return SG_DONE;
    }
    return reg_person_set(s->registry, person, now, seq);
}

/* ---- link and code ------------------------------------------------------------------------------------------------ */

/* No 0 and O, 1, I and L, no U. Thirty characters: ten of them are 49 bits, of which five tries may guess. */
static const char code_alphabet[] = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
#define CODE_GROUP 5

void
signer_link_hash(sg_bytes link, uint8_t ret[SG_SHA256_LEN])
{
    sg_tagged_hash("sealgate/enrolment-link/v1", &link, 1, ret);
}

/* The link goes in too: who has the database alone cannot try codes. */
void
signer_code_hash(
    const uint8_t salt[REG_ENROL_SALT_LEN], sg_bytes link, sg_str code, uint8_t ret[SG_SHA256_LEN])
{
    char plain[WIRE_ENROL_CODE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < code.n && n < sizeof(plain); i++) {
        char c = code.p[i];
        if (c != '-' && c != ' ') {
            plain[n++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        }
    }
    const sg_bytes parts[] = { sg_bytes_of(salt, REG_ENROL_SALT_LEN), link, sg_bytes_of(plain, n) };
    sg_tagged_hash("sealgate/enrolment-code/v1", parts, 3, ret);
    sodium_memzero(plain, sizeof(plain));
}

static sg_result
make_code(struct sg_arena *arena, sg_str *ret)
{
    char *p = sg_arena_alloc(arena, SIGNER_CODE_CHARS + 1);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    size_t n = 0;
    for (size_t i = 0; i < SIGNER_CODE_CHARS; i++) {
        if (i == CODE_GROUP) {
            p[n++] = '-';
        }
        p[n++] = code_alphabet[randombytes_uniform(sizeof(code_alphabet) - 1)];
    }
    *ret = sg_str_of(p, n);
    return SG_DONE;
}

/* ---- PERSON_ENROL ------------------------------------------------------------------------------------------------- */

struct decision {
    const struct signer_event *event;
    uint64_t seq;
    sg_bytes link;
    sg_str code;
};

static sg_result
enrol_person(struct signer *s, struct decision *d, bool *ret_recovery)
{
    const struct wire_operation_msg *op = d->event->op;
    struct reg_passkey *list = SG_NEW_ARRAY(s->scratch, WIRE_PASSKEYS_MAX, struct reg_passkey);
    size_t n = 0;
    SG_REQUIRE(list != NULL, NO_MEMORY);
    SG_TRY(reg_passkeys_of(s->registry, s->scratch, op->subject, 0, list, &n));
    *ret_recovery = n > 0;
    if (*ret_recovery) {
        return SG_DONE; /* level and number of keys change when it is complete */
    }
    struct reg_person person = {
        .state = WIRE_PERSON_ENROLLING, .level = op->level, .keys_max = op->count, .seq = d->seq
    };
    memcpy(person.id, op->subject.p, sizeof(person.id));
    return reg_person_put(s->registry, &person);
}

static sg_result
write_enrol(struct signer *s, void *context)
{
    struct decision *d = context;
    const struct wire_operation_msg *op = d->event->op;
    int64_t now = s->env.now.utc_ms / 1000;
    struct reg_enrolment e = { .level = op->level,
        .keys_max = op->count,
        .not_before = now,
        .missing = WIRE_PASSKEY_LOGIN + WIRE_PASSKEY_SIGN };
    uint64_t seq;
    bool had = false;
    SG_TRY(signer_event_take(s, d->event, SG_NO_BYTES, &d->seq));
    SG_TRY(enrol_person(s, d, &e.recovery));
    struct wire_person_event event = { .event = SG_LIT("enrolment-approved"),
        .person = op->subject,
        .operation_id = sg_bytes_of(d->event->operation_id, SG_SHA256_LEN),
        .level = op->level };
    SG_TRY(signer_person_event(s, &event, &seq));
    memcpy(e.person, op->subject.p, sizeof(e.person));
    memcpy(e.operation_id, d->event->operation_id, sizeof(e.operation_id));
    randombytes_buf(e.salt, sizeof(e.salt));
    signer_link_hash(d->link, e.link_hash);
    signer_code_hash(e.salt, d->link, d->code, e.code_hash);
    /*
     * A lost authenticator is not replaced in secret: its owner has this time to object. Also when operators took the last passkey away before, or the waiting
     * could be had for the asking. req: AU-7
     */
    SG_TRY(reg_passkeys_ever(s->registry, op->subject, &had));
    e.not_before += had ? (int64_t)s->conf->recovery_wait_s : 0;
    e.expires_at = e.not_before + (int64_t)op->valid_s;
    e.seq = d->seq;
    return reg_enrolment_put(s->registry, &e);
}

static sg_result
enrol(struct signer *s, struct decision *d, struct wire_operation_reply *ret)
{
    uint8_t *link = sg_arena_alloc(s->scratch, WIRE_SECRET_LEN);
    SG_REQUIRE(link != NULL, NO_MEMORY);
    SG_REQUIRE(s->env.rp.n_origins > 0, UNSUPPORTED); /* the settings name no relying party */
    randombytes_buf(link, WIRE_SECRET_LEN);
    d->link = sg_bytes_of(link, WIRE_SECRET_LEN);
    SG_TRY(make_code(s->scratch, &d->code));
    SG_TRY(signer_transaction(s, write_enrol, d));
    signer_enrol_forget(s, d->event->op->subject); /* sessions of an earlier approval */
    ret->link = d->link;
    ret->code = d->code;
    return SG_DONE;
}

/* ---- PERSON_STATE ------------------------------------------------------------------------------------------------- */

static sg_result
person_event(struct signer *s, const struct decision *d, const char *word)
{
    uint64_t seq;
    struct wire_person_event event = { .event = sg_cstr(word),
        .person = d->event->op->subject,
        .operation_id = sg_bytes_of(d->event->operation_id, SG_SHA256_LEN) };
    return signer_person_event(s, &event, &seq);
}

static sg_result
write_locked(struct signer *s, void *context)
{
    struct decision *d = context;
    SG_TRY(signer_event_take(s, d->event, SG_NO_BYTES, &d->seq));
    SG_TRY(person_event(s, d, "person-locked"));
    return reg_person_set(s->registry, d->event->op->subject, WIRE_PERSON_LOCKED, d->seq);
}

static sg_result
write_unlocked(struct signer *s, void *context)
{
    struct decision *d = context;
    sg_bytes subject = d->event->op->subject;
    SG_TRY(signer_event_take(s, d->event, SG_NO_BYTES, &d->seq));
    SG_TRY(person_event(s, d, "person-unlocked"));
    SG_TRY(reg_person_set(s->registry, subject, WIRE_PERSON_ENROLLING, d->seq));
    return signer_person_settle(s, subject, d->seq);
}

/* Every key that is there, with an event of its own. req: KEY-6 */
static sg_result
destroy_keys(struct signer *s, sg_bytes person, sg_bytes operation_id)
{
    struct wire_holder_key *page =
        SG_NEW_ARRAY(s->scratch, WIRE_PERSON_KEYS_MAX, struct wire_holder_key);
    size_t n = 0;
    SG_REQUIRE(page != NULL, NO_MEMORY);
    do {
        SG_TRY(reg_holders_of(
            s->registry, s->scratch, person, SG_NO_BYTES, page, WIRE_PERSON_KEYS_MAX, &n));
        for (size_t i = 0; i < n; i++) {
            uint64_t seq;
            struct wire_person_event event = { .event = SG_LIT("key-destroyed"),
                .person = person,
                .operation_id = operation_id,
                .key = page[i].key };
            SG_TRY(signer_person_event(s, &event, &seq));
            SG_TRY(reg_holder_set(s->registry, page[i].key, WIRE_KEY_DESTROYED, seq));
        }
    } while (n > 0);
    return SG_DONE;
}

static sg_result
write_left(struct signer *s, void *context)
{
    struct decision *d = context;
    sg_bytes subject = d->event->op->subject;
    SG_TRY(signer_event_take(s, d->event, SG_NO_BYTES, &d->seq));
    SG_TRY(destroy_keys(s, subject, sg_bytes_of(d->event->operation_id, SG_SHA256_LEN)));
    SG_TRY(person_event(s, d, "person-left"));
    SG_TRY(reg_passkeys_remove(s->registry, subject, d->seq));
    SG_TRY(ledger_erase_closed(s->ledger, subject.p)); /* req: EV-4 */
    SG_TRY(reg_enrolment_drop(s->registry, subject));
    SG_TRY(reg_person_set(s->registry, subject, WIRE_PERSON_LEFT, d->seq));
    point("person-left-open");
    return SG_DONE;
}

static sg_result
set_state(struct signer *s, struct decision *d)
{
    uint64_t state = d->event->op->state;
    sg_bytes subject = d->event->op->subject;
    if (state == WIRE_KEY_ACTIVE) {
        return signer_transaction(s, write_unlocked, d);
    }
    SG_TRY(signer_transaction(s, state == WIRE_KEY_SUSPENDED ? write_locked : write_left, d));
    signer_enrol_forget(s, subject);
    signer_open_drop_person(s, subject);
    if (state == WIRE_KEY_DESTROYED) {
        p11_forget_unwrapped(s->p11);
        sg_result r = registry_forget_holders(s->registry, subject);
        if (!sg_ok(r)) {
            signer_fatal("the registry cannot be read again", r);
        }
    }
    return SG_DONE;
}

/* ---- PASSKEY_STATE ------------------------------------------------------------------------------------------------ */

static sg_result
write_passkey(struct signer *s, void *context)
{
    struct decision *d = context;
    const struct wire_operation_msg *op = d->event->op;
    bool confirm = op->state == WIRE_KEY_ACTIVE;
    struct reg_passkey passkey;
    uint64_t seq;
    SG_TRY(reg_passkey_by_thumbprint(s->registry, s->scratch, op->key, &passkey));
    SG_TRY(signer_event_take(s, d->event, op->key, &d->seq));
    struct wire_person_event event = { .event = sg_cstr(
                                           confirm ? "passkey-confirmed" : "passkey-removed"),
        .person = op->subject,
        .operation_id = sg_bytes_of(d->event->operation_id, SG_SHA256_LEN),
        .passkey = passkey.id,
        .spki = passkey.spki,
        .purpose = (uint64_t)passkey.purpose };
    SG_TRY(signer_person_event(s, &event, &seq));
    SG_TRY(reg_passkey_set(
        s->registry, passkey.id, confirm ? WIRE_PASSKEY_ACTIVE : WIRE_PASSKEY_REMOVED, seq));
    return signer_person_settle(s, op->subject, seq);
}

sg_result
signer_person_decide(
    struct signer *s, const struct signer_event *event, struct wire_operation_reply *ret)
{
    struct decision d = { .event = event };
    sg_result r = SG_ERROR(INTERNAL);
    if (event->op->kind == WIRE_OPN_PERSON_ENROL) {
        r = enrol(s, &d, ret);
    } else if (event->op->kind == WIRE_OPN_PERSON_STATE) {
        r = set_state(s, &d);
    } else if (event->op->kind == WIRE_OPN_PASSKEY_STATE) {
        r = signer_transaction(s, write_passkey, &d);
    }
    SG_TRY(r);
    ret->seq = d.seq;
    return SG_DONE;
}
