/* A person's gesture in the offline check: the lines between approval and the object. req: AU-4, EV-2 */
#include "evid_verify_int.h"

/* Is the record in the tree of the checkpoint that both other proofs carry? */
static bool
first_in_tree(struct verify *v)
{
    const struct evid_record *record = &v->bundle->first;
    struct tlog_proof *proofs = SG_NEW_ARRAY(v->arena, 2, struct tlog_proof);
    return proofs != NULL && v->checkpoint_held &&
           sg_ok(tlog_proof_parse(v->arena, v->bundle->first_proof, &proofs[0])) &&
           sg_ok(tlog_proof_parse(v->arena, v->bundle->consent_proof, &proofs[1])) &&
           sg_str_equal(proofs[0].checkpoint, proofs[1].checkpoint) &&
           proofs[0].index == record->seq &&
           sg_ok(tlog_inclusion_verify(proofs[0].index, v->checkpoint.size,
               tlog_leaf_hash(record->entry), proofs[0].path, proofs[0].n_path,
               &v->checkpoint.root));
}

/* Its closed part, if it is here; true unless it opens something else. */
static sg_result
open_first(struct verify *v, struct wire_consent *first, bool *ret)
{
    enum evid_held held;
    SG_TRY(evid_consent_open(v->arena, &v->bundle->first, first, &held));
    *ret = held != EVID_NOT_HELD;
    return SG_DONE;
}

/* Of one intent: all of it where both are open, else what is shown of it. */
static bool
same_intent(const struct wire_consent *a, const struct wire_consent *b)
{
    bool whole = !evid_is_closed(a) && !evid_is_closed(b);
    return (a->closed.n > 0) == (b->closed.n > 0) && sg_bytes_equal(a->shown, b->shown) &&
           (!whole || sg_bytes_equal(a->intent, b->intent));
}

/* A later signature of one intent leans on the consent that the gesture came with: recorded before, of the same intent, for other DTBS/R. */
static sg_result
first_consent(struct verify *v)
{
    const struct evid_record *record = &v->bundle->first;
    struct wire_consent *first = SG_NEW(v->arena, struct wire_consent);
    struct wire_entry entry;
    SG_REQUIRE(first != NULL, NO_MEMORY);
    bool held = record->seq == v->consent->first_seq && record->seq < v->bundle->consent.seq &&
                sg_ok(wire_entry_parse(record->entry, &entry)) && entry.type == WIRE_REC_CONSENT &&
                evid_body_fits(&entry, record) && first_in_tree(v) &&
                sg_ok(wire_consent_parse(record->body, first));
    bool opens = true;
    if (held) {
        SG_TRY(open_first(v, first, &opens));
    }
    held = held && opens && first->activation == WIRE_ACT_PASSKEY && first->first_seq == 0 &&
           (evid_is_closed(first) || evid_has_gesture(first)) && same_intent(first, v->consent) &&
           (first->which & v->consent->which) == 0;
    evid_verdict(v, "first-consent", held,
        "the gesture was recorded before, for this intent and other parts of it",
        "the consent that the gesture came with is not shown, or is not this intent's");
    if (held) {
        v->approved = first;
    }
    return SG_DONE;
}

static void
gesture_line(struct verify *v, const char *name, const char *fault, const char *yes)
{
    evid_verdict(v, name, fault == NULL, yes, fault);
}

static void
gesture_counter(struct verify *v)
{
    bool fault = v->approved->gesture.counter_fault;
    if (!fault) {
        evid_step(v, "gesture-counter", EVID_HELD, "the authenticator's counter had moved on");
        return;
    }
    evid_verdict(v, "gesture-counter", v->consent->level < 3,
        "flagged: the authenticator's counter had gone back, which level 2 permits",
        "the authenticator's counter had gone back");
}

/* What was agreed to covers this object: its DTBS/R is one of those that the consent is for. */
static void
gesture_covers(struct verify *v)
{
    if (!v->dtbs_found && !v->place_found) {
        evid_step(v, "gesture-covers", EVID_NOT_SHOWN, "the object is not shown");
        return;
    }
    evid_verdict(v, "gesture-covers", (v->consent->which >> v->dtbs & 1) != 0,
        "the consent is for these bytes among the intent's",
        "the consent is for other parts of the intent");
}

/* The lines about what is closed, when it is: none of them can fail, and none of them holds. */
static void
gesture_closed(struct verify *v)
{
    static const char *const names[] = { "gesture-challenge", "gesture-authenticator",
        "gesture-signature", "gesture-counter" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        evid_step(v, names[i], EVID_NOT_SHOWN,
            "the gesture is closed: recorded and committed to before anything was signed");
    }
}

/* The consent holds the gesture, or says where it is; of a closed one that is the signer's word alone. */
static bool
gesture_form(const struct verify *v)
{
    const struct wire_consent *c = v->consent;
    bool later = c->first_seq != 0;
    return evid_persons_operation(v->intent->operation) && c->which != 0 &&
           (evid_is_closed(c) || later != evid_has_gesture(c)) && c->mandate_id.n == 0 &&
           (v->intent->n_dtbs == WIRE_DTBS_MAX || c->which >> v->intent->n_dtbs == 0);
}

/* Challenge, authenticator and signature, checked again. */
static sg_result
gesture_again(struct verify *v)
{
    uint8_t id[WIRE_INTENT_ID_LEN];
    struct evid_gesture found;
    wire_intent_id(v->approved->intent, id);
    SG_TRY(evid_gesture_check(v->arena, &v->approved->gesture, id, &found));
    gesture_line(v, "gesture-challenge", found.challenge,
        "the client data answers the challenge of this intent, from the recorded origin");
    gesture_line(v, "gesture-authenticator", found.authenticator,
        "the authenticator saw the person present and verified, for the recorded RP ID");
    gesture_line(v, "gesture-signature", found.signature,
        "the assertion verifies under the recorded passkey's key");
    gesture_counter(v);
    return SG_DONE;
}

sg_result
evid_by_gesture(struct verify *v)
{
    bool form = gesture_form(v);
    evid_verdict(v, "approval", form,
        evid_is_closed(v->consent) ? "recorded as by a person's gesture with a passkey"
                                   : "by a person's gesture with a passkey",
        "there is no approval of the kind that a person's key asks for");
    if (form && v->consent->first_seq != 0) {
        SG_TRY(first_consent(v));
    } else if (form) {
        v->approved = v->consent;
    }
    if (v->approved == NULL) {
        evid_step(v, "gesture-signature", EVID_NOT_HELD, "there is no gesture");
        return SG_DONE;
    }
    if (evid_is_closed(v->approved)) {
        gesture_closed(v);
    } else {
        SG_TRY(gesture_again(v));
    }
    gesture_covers(v);
    return SG_DONE;
}
