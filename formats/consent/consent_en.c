/* English wording. Short sentences, one thought each: they are read aloud by screen readers, and read in a hurry by everybody else. */
#include "consent_inner.h"

static void
put_end(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "- Your keys are kept by the sealgate service at ");
    consent_put_id(wr, o->service);
    consent_put(wr, ". It signs only with your passkey's approval of this text.\n");
    consent_put(wr, "- You can approve until ");
    consent_put_time(wr, o->expires_at);
    consent_put(wr, ". After that, nothing happens.\n");
}

/* ---- present/1 -------------------------------------------------------------------------------------- */

/* How the identifier is known; the line after the name. */
static void
put_proof_of_party(struct consent_wr *wr, const struct consent_party *party)
{
    consent_put(wr, "- Its identifier is ");
    consent_put_id(wr, consent_bare_id(party->id));
    switch (party->proven) {
    case CONSENT_REGISTERED:
        consent_put(wr, ", registered with this service.\n");
        return;
    case CONSENT_CERTIFICATE:
        consent_put(wr, ", confirmed by a certificate");
        break;
    case CONSENT_ATTESTATION:
        consent_put(wr, ", confirmed by an attestation");
        break;
    case CONSENT_DID:
        consent_put(wr, ". It has shown that it controls this identifier");
        break;
    case CONSENT_UNPROVEN:
    default:
        consent_put(wr, ". Nobody has confirmed who this is");
        break;
    }
    bool vouched = party->proven == CONSENT_CERTIFICATE || party->proven == CONSENT_ATTESTATION;
    if (vouched && party->vouched_by.n > 0) {
        consent_put(wr, " from ");
        consent_put_id(wr, party->vouched_by);
    }
    consent_put(wr, ".\n");
}

static const char *
name_lead(const struct consent_party *party)
{
    if (!party->name_proven) {
        return "- It calls itself ";
    }
    return party->proven == CONSENT_CERTIFICATE   ? "- Its certificate names it "
           : party->proven == CONSENT_ATTESTATION ? "- Its attestation names it "
                                                  : "- It is known to this service as ";
}

static void
put_party(struct consent_wr *wr, const struct consent_party *party)
{
    consent_put(wr, "Who is asking\n");
    if (party->name.n > 0) {
        consent_put(wr, name_lead(party));
        consent_put_quoted(wr, party->name, CONSENT_SHOWN_NAME);
        consent_put(wr, party->name_proven ? ".\n" : ". Nobody has checked this name.\n");
    }
    put_proof_of_party(wr, party);
    if (party->address.n > 0) {
        consent_put(wr, "- Your answer is sent to ");
        consent_put_id(wr, party->address);
        consent_put(wr, ".\n");
    } else {
        consent_put(wr, "- Your answer goes back to the wallet or page that opened this question, "
                        "which passes it on.\n");
    }
}

static void
put_claim(struct consent_wr *wr, const struct consent_claim *claim)
{
    consent_put(wr, "- ");
    consent_put_label(wr, &claim->path);
    if (claim->always) {
        consent_put(wr, " (always part of this credential)");
    }
    if (claim->retain) {
        consent_put(wr, " (the asker says that it will keep this)");
    }
    consent_put(wr, "\n");
}

static void
put_credential(struct consent_wr *wr, const struct consent_credential *c, size_t i, size_t n)
{
    consent_put(wr, "\nWhat you show");
    if (n > 1) {
        consent_put(wr, ", ");
        consent_put_u64(wr, i + 1);
        consent_put(wr, " of ");
        consent_put_u64(wr, n);
    }
    consent_put(wr, ": ");
    if (c->name.n > 0) {
        consent_put_quoted(wr, c->name, CONSENT_SHOWN_NAME);
    } else {
        consent_put(wr, "a credential of type ");
        consent_put_id(wr, c->type);
    }
    consent_put(wr, ", issued by ");
    consent_put_id(wr, c->issuer);
    consent_put(wr, "\n");
    for (size_t k = 0; k < c->n_claims; k++) {
        put_claim(wr, &c->claims[k]);
    }
    if (c->whole) {
        consent_put(wr, "- This credential can only be shown whole, with everything in it.\n");
    } else if (c->n_claims == 0) {
        consent_put(wr, "- Only that you have it: its kind, issuer, validity and key.\n");
    } else {
        consent_put(
            wr, "- Besides these, only its kind, issuer, validity and key. Nothing else.\n");
    }
    if (c->unbound) {
        consent_put(wr, "- It is shown without proof that it is yours.\n");
    }
}

static void
put_reasons(struct consent_wr *wr, const struct consent_openings *o)
{
    if (o->n_purposes > 0) {
        consent_put(wr, "\nWhat it is for, in the asker's own words\n");
    }
    for (size_t i = 0; i < o->n_purposes; i++) {
        consent_put(wr, "- ");
        consent_put_quoted(wr, o->purposes[i], CONSENT_SHOWN_PURPOSE);
        consent_put(wr, "\n");
    }
}

static void
put_transaction(struct consent_wr *wr, const struct consent_transaction *t)
{
    const struct sjson *json;
    sg_result r = sjson_parse_object(wr->arena, t->json, NULL, &json);
    if (!sg_ok(r)) {
        wr->result = sg_ok(wr->result) ? r : wr->result;
        return;
    }
    consent_put(wr, "\nYou also agree to this, in the asker's own words, of type ");
    consent_put_id(wr, t->type);
    consent_put(wr, "\n");
    consent_put_values(wr, json);
}

static void
present(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "Show your credentials to ");
    if (o->party.name.n > 0 && o->party.name_proven) { /* a claim of its own is no heading */
        consent_put_quoted(wr, o->party.name, CONSENT_SHOWN_NAME);
    } else {
        consent_put_id(wr, consent_bare_id(o->party.id));
    }
    consent_put(wr, "?\n\n");
    put_party(wr, &o->party);
    for (size_t i = 0; i < o->n_credentials; i++) {
        put_credential(wr, &o->credentials[i], i, o->n_credentials);
    }
    put_reasons(wr, o);
    for (size_t i = 0; i < o->n_transactions; i++) {
        put_transaction(wr, &o->transactions[i]);
    }
    consent_put(wr, "\nIf you approve\n"
                    "- Your keys sign this one answer and nothing else.\n"
                    "- Whoever receives the answer can keep it.\n");
    put_end(wr, o);
}

/* ---- proof/1 ------------------------------------------------------------------------------------------ */

static void
proof(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "Prove your keys to an issuer, to receive credentials?\n\nWho is asking\n");
    if (o->party.name.n > 0) {
        consent_put(wr, "- It calls itself ");
        consent_put_quoted(wr, o->party.name, CONSENT_SHOWN_NAME);
        consent_put(wr, ". Nobody has checked this name.\n");
    }
    consent_put(wr, "- The issuer is ");
    consent_put_id(wr, o->party.id);
    consent_put(wr, ". The proof is of use there and nowhere else.\n"
                    "- The proof goes to the wallet that asks for it.\n\nWhat it learns\n- ");
    if (o->n_proofs == 1) {
        consent_put(wr, "That you hold one key, and its public part.\n");
    } else {
        consent_put(wr, "That you hold ");
        consent_put_u64(wr, o->n_proofs);
        consent_put(wr, " keys, and their public parts. It can see that they are one person's.\n");
    }
    if (o->attestation) {
        consent_put(wr, "- How this service keeps them, stated by this service.\n");
    }
    consent_put(wr, "\nIf you approve\n"
                    "- Your keys sign this proof and nothing else.\n"
                    "- Credentials that are issued for it can be shown with these keys alone.\n");
    put_end(wr, o);
}

/* ---- register/1, remove/1 ------------------------------------------------------------------------------ */

static void
put_passkey(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "\n\nThe passkey\n");
    if (o->passkey_label.n > 0) {
        consent_put(wr, "- You named it ");
        consent_put_quoted(wr, o->passkey_label, CONSENT_SHOWN_NAME);
        consent_put(wr, ".\n");
    }
    consent_put(wr, o->passkey_for_login ? "- It is for logging in. It cannot sign.\n"
                                         : "- It is for signing: it approves the use of your "
                                           "keys.\n");
    if (o->passkey.n > 0) {
        consent_put(wr, "- Its fingerprint is ");
        consent_put_fingerprint(wr, o->passkey);
        consent_put(wr, ".\n");
    }
}

static void
enrol(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "Add a passkey?");
    put_passkey(wr, o);
    consent_put(wr, "\nIf you approve\n");
    consent_put(
        wr, o->passkey_for_login
                ? "- Whoever has this passkey can log in as you.\n"
                : "- Whoever has this passkey can approve signatures with your keys, as you can "
                  "now.\n");
    consent_put(wr, "- If you did not just make this passkey yourself, do not approve.\n");
    put_end(wr, o);
}

static void
removal(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "Remove a passkey?");
    put_passkey(wr, o);
    consent_put(wr, "\nIf you approve\n"
                    "- This passkey is refused from then on. It cannot be brought back.\n"
                    "- What was signed with its approval stays valid.\n");
    put_end(wr, o);
}

const struct consent_words consent_words_en = {
    .present = present,
    .proof = proof,
    .enrol = enrol,
    .remove = removal,
    .changed_note = "\nNote\n- Some words in quotation marks were too long, or had characters that "
                    "are not shown here. They were cut, or a sign stands in their place.\n",
};
