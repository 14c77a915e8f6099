/* The bytes of every presentation of a selection, and the words for the person. Nothing here waits or decides: the selection is lawful already. */
#include "flow_question_int.h"

#include "jcs.h"

/* ---- parts --------------------------------------------------------------------------------------------------- */

static sg_result
build_part(struct question *q, size_t query, struct candidate *c, bool *taken, struct part *ret)
{
    struct round *round = q->drafted;
    struct flow_show show = present_show(q, query, c);
    SG_TRY(present_transactions(q, query, taken, round->arena, &show));
    for (size_t i = 0; i < show.n_transactions; i++) { /* exactly one credential carries each */
        taken[show.transactions[i] - q->request.transactions] = true;
    }
    *ret = (struct part){ .query = query, .candidate = c, .key = c->holding->key };
    SG_TRY(flow_show_build(round->arena, &show, &q->why, &ret->showing));
    ret->to_sign = ret->showing.to_sign;
    ret->alg = ret->showing.alg;
    ret->message = ret->showing.message;
    return SG_DONE;
}

static sg_result
build_parts(struct question *q)
{
    struct round *round = q->drafted;
    bool taken[OID4VP_TRANSACTIONS_MAX] = { false };
    round->parts = SG_NEW_ARRAY(round->arena, WIRE_DTBS_MAX, struct part);
    SG_REQUIRE(round->parts != NULL, NO_MEMORY);
    for (size_t i = 0; i < q->request.dcql.n; i++) {
        for (size_t k = 0; k < q->plans[i].n; k++) {
            struct candidate *c = &q->plans[i].candidates[k];
            if (c->selected) {
                SG_REQUIRE(round->n < WIRE_DTBS_MAX, TOO_MANY);
                SG_TRY(build_part(q, i, c, taken, &round->parts[round->n]));
                round->n++;
            }
        }
    }
    return SG_DONE;
}

/* ---- words --------------------------------------------------------------------------------------------------- */

/* Can nothing be left out of it? */
static bool
shown_whole(const struct flow_held *held)
{
    if (strcmp(held->format, "vc+jwt") == 0 || strcmp(held->format, "vc+cose") == 0) {
        return true;
    }
    if (strcmp(held->format, "ldp_vc") != 0) {
        return false;
    }
    for (size_t i = 0; i < held->n_algs; i++) {
        if (sg_str_is(held->algs[i].suite, "ecdsa-sd-2023")) {
            return false;
        }
    }
    return true;
}

static bool
step_equal(const struct dcql_step *a, const struct dcql_step *b)
{
    return a->kind == b->kind && (a->kind != DCQL_NAME || sg_str_equal(a->name, b->name)) &&
           (a->kind != DCQL_INDEX || a->index == b->index);
}

bool
present_begins_with(const struct dcql_path *whole, const struct dcql_path *part)
{
    if (part->n > whole->n) {
        return false;
    }
    for (size_t i = 0; i < part->n; i++) {
        /* "all entries" covers each of them */
        if (!step_equal(&whole->steps[i], &part->steps[i]) &&
            !(part->steps[i].kind == DCQL_ALL && whole->steps[i].kind == DCQL_INDEX)) {
            return false;
        }
    }
    return true;
}

/* The first name beyond `n` steps; path->n if there is none. */
static size_t
next_name(const struct dcql_path *path, size_t n)
{
    while (n < path->n && path->steps[n].kind != DCQL_NAME) {
        n++;
    }
    return n;
}

/* As people think of it: a claim, not its leaves; of a subject's or an mdoc's, the name in it. */
static struct dcql_path
claim_path(const struct flow_held *held, const struct dcql_path *leaf)
{
    bool inner = held->view.format == DCQL_MSO_MDOC ||
                 (leaf->n > 1 && leaf->steps[0].kind == DCQL_NAME &&
                     sg_str_is(leaf->steps[0].name, "credentialSubject"));
    size_t n = inner ? next_name(leaf, 1) + 1 : 1;
    return (struct dcql_path){ leaf->steps, leaf->n < n ? leaf->n : n };
}

/* Does the claim's own line tell people of what lies at `path`, beneath it? "address" does, "credentialSubject" or a name of the issuer's own does not. */
static bool
tells(const struct dcql_path *claim, const struct dcql_path *path)
{
    return next_name(path, claim->n) == path->n || consent_claim_has_word(claim);
}

/* The claim that was asked for around it; NULL: none. */
static const struct dcql_path *
asked_around(const struct consent_credential *to, size_t n_asked, const struct dcql_path *path)
{
    for (size_t i = 0; i < n_asked; i++) {
        if (present_begins_with(path, &to->claims[i].path)) {
            return &to->claims[i].path;
        }
    }
    return NULL;
}

static bool
covered(const struct consent_credential *to, const struct dcql_path *path)
{
    for (size_t i = 0; i < to->n_claims; i++) {
        const struct dcql_path *claim = &to->claims[i].path;
        if (present_begins_with(path, claim) && tells(claim, path)) {
            return true;
        }
    }
    return false;
}

/*
 * What the line says. Where no word of ours tells what is beneath, asked for or not, it goes on, name by name; "all entries" for entries, which have the same
 * names.
 */
static sg_result
line_path(struct sg_arena *arena, const struct flow_held *held, const struct dcql_path *around,
    const struct dcql_path *leaf, struct dcql_path *ret)
{
    struct dcql_path base = around != NULL ? *around : claim_path(held, leaf);
    struct dcql_step *steps = SG_NEW_ARRAY(arena, leaf->n, struct dcql_step);
    struct dcql_path out = { steps, base.n };
    SG_REQUIRE(steps != NULL && base.n <= leaf->n, NO_MEMORY);
    for (size_t i = 0; i < leaf->n; i++) {
        bool entry = i >= base.n && leaf->steps[i].kind == DCQL_INDEX;
        steps[i] = i < base.n ? base.steps[i] : leaf->steps[i];
        steps[i].kind = entry ? DCQL_ALL : steps[i].kind;
    }
    while (!tells(&out, leaf)) {
        out.n = next_name(leaf, out.n) + 1;
    }
    SG_REQUIRE(out.n <= DCQL_PATH_MAX, DEPTH); /* what cannot be named does not leave */
    *ret = out;
    return SG_DONE;
}

/* First what was asked, in the verifier's order; then what comes along because it cannot be left out. Everything that leaves is in one of the lines. */
static sg_result
put_claims(struct question *q, const struct part *part, struct consent_credential *to)
{
    const struct candidate *c = part->candidate;
    const struct dcql_credential_query *query = &q->request.dcql.credentials[part->query];
    struct sg_arena *arena = q->drafted->arena;
    struct consent_claim *claims = SG_NEW_ARRAY(arena, CONSENT_CLAIMS_MAX, struct consent_claim);
    SG_REQUIRE(claims != NULL, NO_MEMORY);
    to->claims = claims;
    for (size_t i = 0; i < c->match.n_claims; i++) {
        const struct dcql_claim *claim = &query->claims[c->match.claims[i]];
        SG_REQUIRE(to->n_claims < CONSENT_CLAIMS_MAX, TOO_MANY);
        claims[to->n_claims++] =
            (struct consent_claim){ .path = claim->path, .retain = claim->intent_to_retain };
    }
    size_t n_asked = to->n_claims;
    for (size_t i = 0; i < c->n_lines; i++) {
        const struct flow_show_line *line = &c->lines[i];
        if (line->frame || covered(to, &line->path)) {
            continue;
        }
        const struct dcql_path *around = asked_around(to, n_asked, &line->path);
        struct consent_claim claim = { .always = !line->asked, .retain = line->retain };
        SG_REQUIRE(to->n_claims < CONSENT_CLAIMS_MAX, TOO_MANY);
        SG_TRY(line_path(arena, &c->holding->held, around, &line->path, &claim.path));
        claims[to->n_claims++] = claim;
    }
    return SG_DONE;
}

static sg_result
put_credentials(struct question *q, struct consent_openings *o)
{
    struct round *round = q->drafted;
    struct consent_credential *list =
        SG_NEW_ARRAY(round->arena, round->n, struct consent_credential);
    SG_REQUIRE(list != NULL, NO_MEMORY);
    for (size_t i = 0; i < round->n; i++) {
        const struct part *part = &round->parts[i];
        const struct flow_held *held = &part->candidate->holding->held;
        list[i] = (struct consent_credential){
            .query = q->request.dcql.credentials[part->query].id,
            .format = sg_cstr(held->format),
            .issuer = held->issuer.n > 0 ? held->issuer : SG_LIT("?"),
            .type = held->type.n > 0 ? held->type : sg_cstr(held->format),
            .name = part->candidate->holding->name,
            .whole = shown_whole(held),
            .unbound = !part->to_sign,
        };
        SG_TRY(put_claims(q, part, &list[i]));
    }
    o->credentials = list;
    o->n_credentials = round->n;
    return SG_DONE;
}

static sg_result
put_transactions(struct question *q, struct consent_openings *o)
{
    size_t n = q->request.n_transactions;
    struct consent_transaction *list =
        SG_NEW_ARRAY(q->drafted->arena, n, struct consent_transaction);
    SG_REQUIRE(list != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        list[i].type = q->request.transactions[i].type;
        SG_TRY(jcs_encode(q->drafted->arena, q->request.transactions[i].object, &list[i].json));
    }
    o->transactions = list;
    o->n_transactions = n;
    return SG_DONE;
}

static sg_result
put_purposes(struct question *q, struct consent_openings *o)
{
    if (q->words == NULL || q->words->n_purposes == 0) {
        return SG_DONE;
    }
    sg_str *list = SG_NEW_ARRAY(q->drafted->arena, q->words->n_purposes, sg_str);
    SG_REQUIRE(list != NULL, NO_MEMORY);
    for (size_t i = 0; i < q->words->n_purposes; i++) {
        list[i] = verifier_text_in(&q->words->purposes[i], q->language);
    }
    o->purposes = list;
    o->n_purposes = q->words->n_purposes;
    return SG_DONE;
}

sg_result
present_build(struct question *q)
{
    SG_REQUIRE(q->rounds < QUESTION_ROUNDS_MAX, TOO_MANY);
    q->rounds++;
    round_free(&q->drafted);
    SG_TRY(round_new(&q->drafted));
    struct consent_openings *o = &q->drafted->openings;
    SG_TRY(build_parts(q));
    o->party = q->party;
    o->audience.value = sg_str_bytes(q->request.client_id);
    o->nonce.value = sg_str_bytes(q->request.nonce);
    SG_TRY(put_credentials(q, o));
    SG_TRY(put_transactions(q, o));
    return put_purposes(q, o);
}
