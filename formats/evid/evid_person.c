/*
 * Persons in a ledger: enrolments that two operators approved, passkeys registered before they were used, keys made before they signed, and each consent by a
 * gesture that anybody can check again (AU-2, AU-3, AU-4, SIG-8, KEY-2). docs/evidence.md, "Rules of a ledger".
 */
#include "evid_replay.h"

#define PURPOSES (WIRE_PASSKEY_LOGIN + WIRE_PASSKEY_SIGN)

/* A record that was erased may have been the one that is missing: then its absence says nothing. */
static bool
missed(const struct evid_ledger *l)
{
    return l->result.n_erased > 0;
}

/* ---- finding --------------------------------------------------------------------------------------- */

static struct evid_holder *
find_holder(const struct evid_ledger *l, sg_bytes person)
{
    uint8_t name[SG_SHA256_LEN];
    sg_sha256(person, name);
    const uint64_t *at = evid_map_find(&l->holder_places, name);
    return at == NULL ? NULL : l->holders.items[*at - 1];
}

static sg_result
add_holder(struct evid_ledger *l, sg_bytes person, struct evid_holder **ret)
{
    uint8_t name[SG_SHA256_LEN];
    struct evid_holder *h = SG_NEW(l->arena, struct evid_holder);
    SG_TRY(evid_list_add(l, &l->holders, h));
    memcpy(h->person, person.p, WIRE_ID_LEN);
    sg_sha256(person, name);
    *ret = h;
    return evid_map_put(&l->holder_places, name, l->holders.n);
}

static struct evid_passkey *
find_passkey(const struct evid_ledger *l, const uint8_t id_hash[32])
{
    const uint64_t *at = evid_map_find(&l->passkey_places, id_hash);
    return at == NULL ? NULL : l->passkeys.items[*at - 1];
}

static struct evid_passkey *
passkey_of_event(const struct evid_ledger *l, const struct wire_person_event *e)
{
    uint8_t hash[SG_SHA256_LEN];
    sg_sha256(e->passkey, hash);
    return e->passkey.n == 0 ? NULL : find_passkey(l, hash);
}

/* ---- decisions ------------------------------------------------------------------------------------- */

sg_result
evid_person_decided(
    struct evid_ledger *l, const struct wire_operation_msg *op, const uint8_t id[SG_SHA256_LEN])
{
    bool person = op->kind == WIRE_OPN_PERSON_ENROL || op->kind == WIRE_OPN_PERSON_STATE ||
                  op->kind == WIRE_OPN_PASSKEY_STATE;
    bool key = op->kind == WIRE_OPN_KEY_STATE && op->state == WIRE_KEY_DESTROYED;
    if ((!person && !key) || evid_map_find(&l->decision_places, id) != NULL) {
        return SG_DONE;
    }
    struct evid_decision *d = SG_NEW(l->arena, struct evid_decision);
    SG_TRY(evid_list_add(l, &l->decisions, d));
    *d = (struct evid_decision){
        .kind = op->kind, .state = op->state, .level = op->level, .count = op->count
    };
    if (op->subject.n == WIRE_ID_LEN) {
        memcpy(d->subject, op->subject.p, WIRE_ID_LEN);
    }
    if (op->key.n == WIRE_THUMBPRINT_LEN) {
        memcpy(d->key, op->key.p, WIRE_THUMBPRINT_LEN);
    }
    return evid_map_put(&l->decision_places, id, l->decisions.n);
}

/* The operation an event names: applied, of this kind (state 0: any) and about this person. */
static struct evid_decision *
decision_of(
    const struct evid_ledger *l, const struct wire_person_event *e, uint64_t kind, uint64_t state)
{
    const uint64_t *at = e->operation_id.n == SG_SHA256_LEN
                             ? evid_map_find(&l->decision_places, e->operation_id.p)
                             : NULL;
    struct evid_decision *d = at == NULL ? NULL : l->decisions.items[*at - 1];
    if (d == NULL || d->kind != kind || (state != 0 && d->state != state)) {
        return NULL;
    }
    bool about = kind == WIRE_OPN_KEY_STATE || sg_bytes_equal(SG_BYTES(d->subject), e->person);
    return about ? d : NULL;
}

static bool
decided(struct evid_ledger *l, const struct wire_person_event *e, uint64_t kind, uint64_t state)
{
    return evid_expect(l, decision_of(l, e, kind, state) != NULL || missed(l), "person-decision",
        "no applied operation about this person decided it");
}

/* ---- events ---------------------------------------------------------------------------------------- */

/* A recovery changes level and number of keys when it is complete, the first enrolment at once. */
static sg_result
enrolled(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    const struct evid_decision *d = decision_of(l, e, WIRE_OPN_PERSON_ENROL, 0);
    if (!decided(l, e, WIRE_OPN_PERSON_ENROL, 0) || d == NULL) {
        return SG_DONE;
    }
    if (h == NULL) {
        SG_TRY(add_holder(l, e->person, &h));
    }
    evid_expect(l, !h->left, "person-state", "the person has left");
    if (h->n_passkeys == 0) {
        h->level = d->level;
        h->keys_max = d->count;
    }
    return SG_DONE;
}

/* What the registration says must be what the authenticator's own statement says. */
static bool
statement_fits(const struct wire_person_event *e, struct evid_passkey *ret)
{
    struct webauthn_attestation a;
    if (!sg_ok(webauthn_attestation_parse(e->attestation, &a)) ||
        !sg_bytes_equal(a.auth_data.credential_id, e->passkey)) {
        return false;
    }
    /* a SubjectPublicKeyInfo ends in the point or key itself */
    size_t n = a.auth_data.key.point_n;
    if (n == 0 || e->spki.n <= n ||
        memcmp(e->spki.p + e->spki.n - n, a.auth_data.key.point, n) != 0) {
        return false;
    }
    ret->sign_count = a.auth_data.sign_count;
    ret->device_bound = e->attested && (a.auth_data.flags & WEBAUTHN_BE) == 0;
    return true;
}

/*
 * A gesture that was erased is taken for the gesture of whoever its effect is about, who must have left in the end: a closed part that was never written would
 * let anybody's passkey in otherwise. Its consent names a passkey, not a key of a person, so that evid_note_closed() does not find whose it is.
 */
static void
note_anyones(const struct evid_effect *effect, struct evid_holder *h)
{
    if (h != NULL && effect->seq != 0 && effect->anyones) {
        h->n_closed++;
    }
}

/* Approved by two operators, one passkey of each purpose; or by the gesture of an existing one over exactly this registration. */
static void
check_registration(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    struct evid_decision *d = decision_of(l, e, WIRE_OPN_PERSON_ENROL, 0);
    const struct evid_effect *f = &l->effect;
    uint8_t digest[SG_SHA256_LEN];
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    if (e->consent_seq == 0) {
        evid_expect(l, (d != NULL && (d->registered & e->purpose) == 0) || (d == NULL && missed(l)),
            "passkey-registered", "no enrolment that has no such passkey yet allows it");
        if (d != NULL) {
            d->registered |= e->purpose;
            if (d->registered == PURPOSES) {
                h->level = d->level;
                h->keys_max = d->count;
            }
        }
        return;
    }
    wire_register_digest(e->client_data, e->attestation, digest);
    evid_expect(l,
        f->seq == e->consent_seq && f->operation == WIRE_OP_REGISTER &&
            (f->holder == h || f->anyones) &&
            sg_ok(evid_spki_thumbprint(l->scratch, e->spki, thumbprint)) &&
            memcmp(thumbprint, f->key, sizeof(thumbprint)) == 0 &&
            memcmp(digest, f->digest, sizeof(digest)) == 0,
        "passkey-registered", "the consent it names is not for this registration");
    note_anyones(f, h);
    l->effect.seq = 0;
}

static sg_result
registered(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    if (!evid_expect(l, h != NULL || missed(l), "person-state", "nobody enrolled this person") ||
        h == NULL) {
        return SG_DONE;
    }
    struct evid_passkey *p = SG_NEW(l->arena, struct evid_passkey);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    evid_expect(l, !h->left, "person-state", "the person has left");
    evid_expect(l, e->purpose == WIRE_PASSKEY_LOGIN || e->purpose == WIRE_PASSKEY_SIGN,
        "passkey-registered", "for login or for signing, nothing else");
    evid_expect(l, statement_fits(e, p), "passkey-registered",
        "the attestation object is of another credential or key");
    check_registration(l, e, h);
    p->holder = h;
    p->seq = l->next;
    p->purpose = e->purpose;
    p->waits = e->level >= 3 && e->purpose == WIRE_PASSKEY_SIGN;
    sg_sha256(e->passkey, p->id_hash);
    sg_sha256(e->spki, p->spki_hash);
    if (!evid_expect(l, find_passkey(l, p->id_hash) == NULL, "passkey-registered",
            "this credential was registered before")) {
        return SG_DONE;
    }
    h->n_passkeys++;
    SG_TRY(evid_list_add(l, &l->passkeys, p));
    return evid_map_put(&l->passkey_places, p->id_hash, l->passkeys.n);
}

static bool
decided_about_key(const struct evid_ledger *l, const struct wire_person_event *e, uint64_t state)
{
    const struct evid_decision *d = decision_of(l, e, WIRE_OPN_PASSKEY_STATE, state);
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    return d != NULL && sg_ok(evid_spki_thumbprint(l->scratch, e->spki, thumbprint)) &&
           memcmp(thumbprint, d->key, sizeof(thumbprint)) == 0;
}

static sg_result
confirmed(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    struct evid_passkey *p = passkey_of_event(l, e);
    evid_expect(l, decided_about_key(l, e, WIRE_KEY_ACTIVE) || missed(l), "person-decision",
        "no applied operation about this passkey decided it");
    if (evid_expect(l, (p != NULL && p->holder == h && !p->removed) || missed(l),
            "passkey-registered", "no such passkey of this person") &&
        p != NULL) {
        p->waits = false;
    }
    return SG_DONE;
}

static sg_result
removed(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    struct evid_passkey *p = passkey_of_event(l, e);
    uint8_t digest[SG_SHA256_LEN];
    wire_remove_digest(e->passkey, digest);
    bool asked = e->consent_seq != 0 && l->effect.seq == e->consent_seq &&
                 l->effect.operation == WIRE_OP_REMOVE &&
                 (l->effect.holder == h || l->effect.anyones) &&
                 memcmp(digest, l->effect.digest, sizeof(digest)) == 0;
    if (asked) {
        note_anyones(&l->effect, h);
        l->effect.seq = 0;
    }
    const struct evid_decision *enrol = decision_of(l, e, WIRE_OPN_PERSON_ENROL, 0);
    bool recovered = enrol != NULL && enrol->registered == PURPOSES;
    evid_expect(l, asked || recovered || decided_about_key(l, e, WIRE_KEY_DESTROYED) || missed(l),
        "person-decision", "neither its owner nor operators removed this passkey");
    if (evid_expect(l, (p != NULL && p->holder == h && !p->removed) || missed(l),
            "passkey-registered", "no such passkey of this person") &&
        p != NULL) {
        p->removed = true;
        if (h != NULL && h->n_passkeys > 0) {
            h->n_passkeys--;
        }
    }
    return SG_DONE;
}

static sg_result
key_made(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    if (!evid_expect(l, h != NULL || missed(l), "person-state", "nobody enrolled this person") ||
        !evid_expect(l,
            sg_ok(evid_spki_thumbprint(l->scratch, e->spki, thumbprint)) &&
                sg_bytes_equal(e->key, SG_BYTES(thumbprint)),
            "key-made", "the thumbprint is not the public key's") ||
        !evid_expect(l, evid_find_key(l, e->key) == NULL, "key-made", "made before")) {
        return SG_DONE;
    }
    struct evid_key *k = NULL;
    SG_TRY(evid_add_key(l, e->key, &k));
    k->state = WIRE_KEY_ACTIVE;
    k->state_seq = l->next;
    k->level = e->level;
    if (h == NULL) {
        return SG_DONE;
    }
    k->holder = h;
    h->n_keys++;
    evid_expect(l, !h->locked && !h->left, "person-state", "the person was locked or has left");
    evid_expect(l, (e->level >= 2 && e->level <= h->level) || missed(l), "key-made",
        "of a level that nobody approved");
    evid_expect(
        l, h->n_keys <= h->keys_max || missed(l), "key-made", "more keys than were approved");
    return SG_DONE;
}

static sg_result
key_destroyed(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    struct evid_key *k = evid_find_key(l, e->key);
    const struct evid_decision *one = decision_of(l, e, WIRE_OPN_KEY_STATE, WIRE_KEY_DESTROYED);
    bool alone = one != NULL && sg_bytes_equal(SG_BYTES(one->key), e->key);
    evid_expect(l,
        alone || decision_of(l, e, WIRE_OPN_PERSON_STATE, WIRE_KEY_DESTROYED) != NULL || missed(l),
        "person-decision", "no applied operation destroyed this key");
    if (evid_expect(l, (k != NULL && k->holder == h) || missed(l), "key-made",
            "no such key of this person") &&
        k != NULL) {
        k->state = WIRE_KEY_DESTROYED;
        k->state_seq = l->next;
        if (h != NULL && h->n_keys > 0) {
            h->n_keys--;
        }
    }
    return SG_DONE;
}

static sg_result
locked(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    if (decided(l, e, WIRE_OPN_PERSON_STATE, WIRE_KEY_SUSPENDED) && h != NULL) {
        h->locked = true;
    }
    return SG_DONE;
}

static sg_result
unlocked(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    if (decided(l, e, WIRE_OPN_PERSON_STATE, WIRE_KEY_ACTIVE) && h != NULL) {
        h->locked = false;
    }
    return SG_DONE;
}

static sg_result
left(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    if (decided(l, e, WIRE_OPN_PERSON_STATE, WIRE_KEY_DESTROYED) && h != NULL) {
        h->left = true; /* passkeys with it: nothing of a person who left is used again */
        evid_expect(l, h->n_keys == 0 || missed(l), "person-state", "keys were left behind");
    }
    return SG_DONE;
}

/* Told, and nothing follows from it. */
static sg_result
told(struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h)
{
    (void)e;
    evid_expect(l, h != NULL || missed(l), "person-state", "nobody enrolled this person");
    return SG_DONE;
}

static const struct {
    const char *event;
    sg_result (*replay)(
        struct evid_ledger *l, const struct wire_person_event *e, struct evid_holder *h);
} events[] = {
    { "enrolment-approved", enrolled },
    { "enrolment-locked", told },
    { "passkey-registered", registered },
    { "passkey-confirmed", confirmed },
    { "passkey-removed", removed },
    { "key-made", key_made },
    { "key-destroyed", key_destroyed },
    { "person-locked", locked },
    { "person-unlocked", unlocked },
    { "person-left", left },
    { "intent-refused", told },
    { "counter-fault", told },
};

sg_result
evid_replay_person(struct evid_ledger *l, sg_bytes body)
{
    struct wire_person_event *e = SG_NEW(l->scratch, struct wire_person_event);
    SG_REQUIRE(e != NULL, NO_MEMORY);
    if (!evid_expect(l, sg_ok(wire_person_event_parse(body, e)), "body-form", "PERSON_EVENT")) {
        return SG_DONE;
    }
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (sg_str_is(e->event, events[i].event)) {
            return events[i].replay(l, e, find_holder(l, e->person));
        }
    }
    evid_found(l, "person-event", "of no known kind");
    return SG_DONE;
}

/* ---- what was erased --------------------------------------------------------------------------------- */

void
evid_note_closed(struct evid_ledger *l, sg_bytes key)
{
    const struct evid_key *k = evid_find_key(l, key); /* REGISTER and REMOVE name a passkey */
    l->result.n_closed++;
    if (k != NULL && k->holder != NULL) {
        k->holder->n_closed++;
    }
}

/* Gestures go with their person and not before, or a signature without a gesture could pass for one that was erased. req: EV-4 */
void
evid_end_persons(struct evid_ledger *l)
{
    for (size_t i = 0; i < l->holders.n; i++) {
        const struct evid_holder *h = l->holders.items[i];
        evid_expect(l, h->n_closed == 0 || h->left || missed(l), "opening",
            "gestures of a person who has not left were erased");
    }
}

/* ---- a consent by gesture -------------------------------------------------------------------------- */

/* Returns the passkey, NULL when it is not known. */
static struct evid_passkey *
check_passkey(struct evid_ledger *l, const struct wire_consent *c)
{
    const struct wire_gesture *g = &c->gesture;
    uint8_t spki[SG_SHA256_LEN];
    struct evid_passkey *p = find_passkey(l, g->passkey_hash.p);
    if (!evid_expect(l, p != NULL || missed(l), "passkey", "no event registered this passkey") ||
        p == NULL) {
        return NULL;
    }
    sg_sha256(g->spki, spki);
    evid_expect(l, p->seq == g->passkey_seq, "passkey", "the consent cites another event");
    evid_expect(l, memcmp(spki, p->spki_hash, sizeof(spki)) == 0, "passkey",
        "the public key is not the registered one");
    evid_expect(l, p->purpose == WIRE_PASSKEY_SIGN, "passkey", "a login passkey");
    evid_expect(l, !p->removed && !p->waits, "passkey", "removed, or not confirmed yet");
    evid_expect(l, !p->holder->locked && !p->holder->left, "person-state",
        "the person was locked or has left");
    evid_expect(l, c->level < 3 || p->device_bound, "passkey",
        "level 3 asks for an attested, unsynced one");
    return p;
}

static void
check_counter(struct evid_ledger *l, const struct wire_consent *c, struct evid_passkey *p,
    uint32_t sign_count)
{
    bool back = (p->sign_count != 0 || sign_count != 0) && sign_count <= p->sign_count;
    evid_expect(l, back == c->gesture.counter_fault, "gesture-counter",
        "the record says otherwise of the authenticator's counter");
    evid_expect(l, !back || c->level < 3, "gesture-counter", "it had gone back");
    if (!back) {
        p->sign_count = sign_count;
    }
}

static sg_result
check_gesture(struct evid_ledger *l, const struct wire_consent *c,
    const uint8_t intent_id[WIRE_INTENT_ID_LEN], const struct evid_holder **ret)
{
    struct evid_gesture found;
    struct evid_passkey *p = check_passkey(l, c);
    SG_TRY(evid_gesture_check(l->scratch, &c->gesture, intent_id, &found));
    evid_expect(l, found.challenge == NULL, "gesture", "another challenge or origin");
    evid_expect(l, found.authenticator == NULL, "gesture", "another RP ID, or not verified");
    evid_expect(l, found.signature == NULL, "gesture", "the assertion does not verify");
    if (p != NULL) {
        check_counter(l, c, p, found.sign_count);
        *ret = p->holder;
    }
    return SG_DONE;
}

/* Each DTBS/R once, the gesture with the first consent of the intent and with no other. */
static sg_result
spend(struct evid_ledger *l, const struct wire_consent *c,
    const uint8_t intent_id[WIRE_INTENT_ID_LEN])
{
    uint64_t *spent = evid_map_find(&l->spent, intent_id);
    const uint64_t *first = evid_map_find(&l->intents, intent_id);
    bool later = c->first_seq != 0;
    evid_expect(l, later != evid_has_gesture(c), "gesture", "there is none, or one too many");
    if (later) {
        evid_expect(l, (first != NULL && *first == c->first_seq) || missed(l), "first-consent",
            "not the consent that the gesture of this intent came with");
    } else {
        evid_expect(l, first == NULL, "intent-once", "seen before");
    }
    if (first == NULL && !later) {
        SG_TRY(evid_map_put(&l->intents, intent_id, l->next));
    }
    if (spent == NULL) {
        return c->which == 0 ? SG_DONE : evid_map_put(&l->spent, intent_id, c->which);
    }
    evid_expect(l, (*spent & c->which) == 0, "intent-once", "a part of it was spent before");
    *spent |= c->which;
    return SG_DONE;
}

static void
check_one_key(struct evid_ledger *l, sg_bytes thumbprint, sg_bytes spki,
    const struct evid_holder *holder, uint64_t *level)
{
    uint8_t own[JWK_THUMBPRINT_LEN];
    evid_expect(l,
        spki.n > 0 && sg_ok(evid_spki_thumbprint(l->scratch, spki, own)) &&
            sg_bytes_equal(thumbprint, SG_BYTES(own)),
        "consent-key", "the public key is not the intent's");
    const struct evid_key *k = evid_find_key(l, thumbprint);
    if (!evid_expect(l, k != NULL || missed(l), "key-state", "no event made this key") ||
        k == NULL) {
        return;
    }
    evid_expect(l, k->state == WIRE_KEY_ACTIVE, "key-state", "the key was not active");
    evid_expect(l, !l->halted && !k->halted, "halt", "signing was halted");
    evid_expect(l, (k->holder != NULL && (holder == NULL || k->holder == holder)) || missed(l),
        "key-holder", "another person's key, or nobody's");
    *level = k->level > *level ? k->level : *level;
}

/* All keys of the intent, whichever parts this consent is for. */
static void
check_keys(struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in,
    const struct evid_holder *holder)
{
    uint64_t level = 0;
    check_one_key(l, in->key, c->spki, holder, &level);
    const struct evid_key *k = evid_find_key(l, in->key);
    evid_expect(l, k == NULL || k->state_seq == c->key_seq || evid_is_closed(c), "key-state",
        "the consent cites another event");
    for (size_t i = 0; i < in->n_more_keys; i++) {
        check_one_key(l, in->more_keys[i].key, i < c->n_more_spki ? c->more_spki[i] : SG_NO_BYTES,
            holder, &level);
    }
    evid_expect(l, level == c->level || missed(l), "key-level", "the consent says another level");
}

static void
check_refs(struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in)
{
    for (size_t i = 0; i < in->n_refs; i++) {
        bool asked = false;
        for (size_t j = 0; j < c->n_seen && !asked; j++) {
            asked = evid_ref_equal(&in->refs[i], &c->seen[j].ref);
        }
        evid_expect(l, asked, "status", "a reference of the intent was not asked");
    }
    for (size_t i = 0; i < c->n_seen; i++) {
        evid_expect(
            l, evid_seen_good(&c->seen[i], c->at_ms), "status", "not GOOD, or not good until then");
    }
}

static void
keep_effect(struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in,
    const struct evid_holder *holder)
{
    l->effect = (struct evid_effect){
        .seq = l->next, .operation = in->operation, .holder = holder, .anyones = evid_is_closed(c)
    };
    memcpy(l->effect.key, in->key.p, WIRE_THUMBPRINT_LEN);
    if (in->dtbs[0].digest.n == SG_SHA256_LEN) {
        memcpy(l->effect.digest, in->dtbs[0].digest.p, SG_SHA256_LEN);
    }
}

/* What both halves together and the open half alone are held to. */
static void
check_open_half(struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in,
    const struct evid_holder *holder)
{
    bool signs = evid_signs(in->operation);
    uint64_t all = in->n_dtbs == WIRE_DTBS_MAX ? UINT64_MAX : (UINT64_C(1) << in->n_dtbs) - 1;
    evid_expect(
        l, evid_persons_operation(in->operation), "activation", "a gesture is for what persons do");
    evid_expect(l, c->which != 0 && (c->which & ~all) == 0, "intent-parts", "parts it has not");
    l->waiting[l->next] =
        signs ? (uint8_t)__builtin_popcountll(c->which) : (uint8_t)EVID_WAITS_ALONE;
    check_refs(l, c, in);
    if (signs) {
        check_keys(l, c, in, holder);
    } else {
        keep_effect(l, c, in, holder);
    }
}

sg_result
evid_replay_gesture(struct evid_ledger *l, const struct wire_consent *c,
    const struct wire_intent *in, const uint8_t intent_id[WIRE_INTENT_ID_LEN])
{
    const struct evid_holder *holder = NULL;
    evid_expect(l, in->text_hash.n == SG_SHA256_LEN, "gesture", "no text was shown");
    SG_TRY(spend(l, c, intent_id));
    if (evid_has_gesture(c)) {
        SG_TRY(check_gesture(l, c, intent_id, &holder));
    }
    check_open_half(l, c, in, holder);
    return SG_DONE;
}

/*
 * Whose keys these are is still known from the events that made them, so a person who has left shows nothing here that another person could have signed: all keys of
 * one consent are one person's.
 */
sg_result
evid_replay_closed(
    struct evid_ledger *l, const struct wire_consent *c, const struct wire_intent *in)
{
    const struct evid_key *k = evid_signs(in->operation) ? evid_find_key(l, in->key) : NULL;
    evid_note_closed(l, in->key);
    check_open_half(l, c, in, k == NULL ? NULL : k->holder);
    return SG_DONE;
}
