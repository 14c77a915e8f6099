/*
 * What the person has that answers the verifier (DCQL), and what of it is chosen unless the person chooses otherwise. A credential that is revoked, expired, bound to a
 * key that cannot sign, or whose status nobody can tell is as if it were not there; only the person learns why (OpenID4VP 1.0, 15.4.1).
 */
#include "flow_question_int.h"

/* ---- credentials ------------------------------------------------------------------------------------------ */

/* The display name of our own configuration for this type, in the question's language. */
static sg_str
display_name(const struct question *q, const struct flow_held *held)
{
    const struct flow_configs *configs = flow_configurations(q->all->flow);
    const char *language = consent_language_name(q->language);
    for (size_t i = 0; held->issuer.n > 0 && i < configs->n; i++) {
        const struct flow_config *config = &configs->items[i];
        const struct sjson *metadata = sjson_get(config->published, "credential_metadata");
        const struct sjson *display = sjson_get(metadata, "display");
        if (!sg_str_equal(config->type, held->type) || display == NULL) {
            continue;
        }
        for (const struct sjson *d = display->first; d != NULL; d = d->next) {
            const struct sjson *locale = sjson_get(d, "locale");
            const struct sjson *name = sjson_get(d, "name");
            if (locale != NULL && name != NULL && sg_str_starts(locale->text, language)) {
                return name->text;
            }
        }
        const struct sjson *first = sjson_get(display->first, "name");
        return first == NULL ? held->name : first->text;
    }
    return held->name;
}

void
present_names(struct question *q)
{
    for (size_t i = 0; i < q->n_holdings; i++) {
        q->holdings[i].name = display_name(q, &q->holdings[i].held);
    }
}

static const char *
unusable(const struct question *q, const struct flow_held *held)
{
    if (held->not_before > q->now) {
        return "not_yet_valid";
    }
    if (held->not_after < q->now) {
        return "expired";
    }
    return held->status_problem != NULL ? "status_unknown" : NULL;
}

static sg_result
add_holding(struct question *q, sg_str format, sg_str value)
{
    struct holding *h = &q->holdings[q->n_holdings];
    *h = (struct holding){ 0 };
    SG_TRY(flow_held_read(
        q->arena, flow_contexts(q->all->flow)->set, format, value, &q->why, &h->held));
    SG_TRY(sg_arena_printf(q->arena, &h->id, "c%zu", q->n_holdings + 1));
    h->key = h->held.has_key ? question_key_find(q, h->held.thumbprint) : NULL;
    h->reason = unusable(q, &h->held);
    h->name = display_name(q, &h->held);
    h->held.view.bound = h->held.has_key;
    h->held.view.usable = true; /* candidates say for themselves, with the reason */
    q->n_holdings++;
    return SG_DONE;
}

static sg_result
holdings_new(struct question *q, size_t n)
{
    q->holdings = SG_NEW_ARRAY(q->arena, n, struct holding);
    SG_REQUIRE(q->holdings != NULL, NO_MEMORY);
    return SG_DONE;
}

static sg_result
read_given(struct question *q)
{
    SG_TRY(holdings_new(q, q->n_given));
    for (size_t i = 0; i < q->n_given; i++) { /* what a wallet gives must be right */
        SG_TRY(add_holding(q, q->given[i].format, q->given[i].credential));
    }
    return SG_DONE;
}

static sg_result
read_stored(struct question *q)
{
    const struct store_held *held = NULL;
    size_t n = 0;
    sg_result r = store_held_list(q->all->store, q->person, q->arena, &held, &n);
    if (r.code == SG_E_NOT_FOUND) {
        n = 0;
        r = SG_DONE;
    }
    SG_TRY(r);
    SG_TRY(holdings_new(q, n));
    for (size_t i = 0; i < n; i++) {
        struct sg_why why = q->why;
        r = add_holding(q, held[i].format, sg_bytes_str(held[i].credential));
        if (!sg_ok(r)) { /* one that this version cannot read hides no other */
            SG_REQUIRE(r.code != SG_E_NO_MEMORY, TOO_LARGE);
            q->why = why;
        }
    }
    return SG_DONE;
}

/* ---- candidates ----------------------------------------------------------------------------------------------- */

struct flow_show
present_show(struct question *q, size_t query, const struct candidate *c)
{
    const struct question_key *key = c->holding->key;
    bool signs = key != NULL && key->active;
    return (struct flow_show){
        .held = &c->holding->held,
        .request = &q->request,
        .query = &q->request.dcql.credentials[query],
        .match = &c->match,
        .key = signs ? &key->key : NULL,
        .alg = signs ? key->alg : NULL,
        .contexts = flow_contexts(q->all->flow)->set,
        .now = q->now,
    };
}

/* Transactions that may be answered by this query. */
sg_result
present_transactions(struct question *q, size_t query, const bool *taken, struct sg_arena *arena,
    struct flow_show *to)
{
    const struct oid4vp_transaction **list =
        SG_NEW_ARRAY(arena, q->request.n_transactions, const struct oid4vp_transaction *);
    SG_REQUIRE(list != NULL, NO_MEMORY);
    for (size_t i = 0; i < q->request.n_transactions; i++) {
        const struct oid4vp_transaction *t = &q->request.transactions[i];
        for (size_t k = 0; k < t->n_queries && (taken == NULL || !taken[i]); k++) {
            if (t->queries[k] == query) {
                list[to->n_transactions++] = t;
                break;
            }
        }
    }
    to->transactions = list;
    return SG_DONE;
}

/* Why the key that this credential is bound to cannot show it. */
static const char *
key_problem(const struct dcql_credential_query *query, const struct holding *h)
{
    if (!query->holder_binding) {
        return NULL;
    }
    return h->key == NULL ? "key_not_yours" : !h->key->active ? "key_not_active" : NULL;
}

static sg_result
try_candidate(struct question *q, size_t query, struct holding *h, struct candidate *c)
{
    *c = (struct candidate){ .holding = h };
    SG_TRY(dcql_match(q->arena, &q->request.dcql.credentials[query], &h->held.view, &c->match));
    if (!c->match.matches) {
        return SG_DONE;
    }
    c->reason = h->reason != NULL ? h->reason : key_problem(&q->request.dcql.credentials[query], h);
    if (c->reason != NULL) {
        return SG_DONE;
    }
    struct sg_why why = { 0 };
    struct flow_show show = present_show(q, query, c);
    SG_TRY(present_transactions(q, query, NULL, q->arena, &show));
    sg_result r = flow_show_check(q->arena, &show, &why);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    c->reason = sg_ok(r) ? NULL : "not_accepted";
    h->wanted = h->wanted || c->reason == NULL;
    return SG_DONE;
}

static sg_result
match_query(struct question *q, size_t query)
{
    struct query_plan *plan = &q->plans[query];
    plan->candidates = SG_NEW_ARRAY(q->arena, q->n_holdings, struct candidate);
    SG_REQUIRE(plan->candidates != NULL, NO_MEMORY);
    for (size_t i = 0; i < q->n_holdings && plan->n < QUESTION_CANDIDATES_MAX; i++) {
        struct candidate *c = &plan->candidates[plan->n];
        SG_TRY(try_candidate(q, query, &q->holdings[i], c));
        plan->n += c->match.matches;
    }
    return SG_DONE;
}

static sg_result
match_all(struct question *q)
{
    q->plans = SG_NEW_ARRAY(q->arena, q->request.dcql.n, struct query_plan);
    SG_REQUIRE(q->plans != NULL, NO_MEMORY);
    for (size_t i = 0; i < q->request.dcql.n; i++) {
        SG_TRY(match_query(q, i));
    }
    return SG_DONE;
}

/* ---- status ------------------------------------------------------------------------------------------------------ */

static void plan_more(struct question *q);

static const char *
bad_word(const struct wire_ref *ref, const struct wire_status_verdict *v)
{
    bool suspended = ref->type == WIRE_REF_BITSTRING_SUSPENSION ||
                     (ref->type == WIRE_REF_TOKEN_STATUS_LIST && v->value == 2);
    return suspended ? "suspended" : "revoked";
}

static void
judge(struct holding *h, const struct wire_status_verdict *verdicts)
{
    for (size_t i = 0; i < h->held.n_refs; i++) {
        const struct wire_status_verdict *v = &verdicts[i];
        if (v->verdict == WIRE_BAD) {
            h->reason = bad_word(&h->held.refs[i], v);
            return;
        }
        if (v->verdict != WIRE_GOOD) {
            h->reason = "status_unknown"; /* doubt is no (STA-3); a BAD behind it says more */
        }
    }
}

/* A courier that does not answer leaves every status unknown: nothing is shown then. */
static void
statuses_there(struct question *q)
{
    struct wire_status_ask_reply *reply = SG_NEW(q->arena, struct wire_status_ask_reply);
    sg_result r = reply == NULL ? SG_ERROR(NO_MEMORY) : q->answer;
    if (sg_ok(r)) {
        r = wire_status_ask_reply_parse(q->body, reply);
    }
    size_t at = 0;
    for (; q->asked < q->asking; q->asked++) {
        struct holding *h = &q->holdings[q->asked];
        size_t n = h->wanted ? h->held.n_refs : 0;
        if (sg_ok(r) && at + n <= reply->n_verdicts) {
            judge(h, &reply->verdicts[at]);
        } else if (n > 0) {
            h->reason = "status_unknown";
        }
        at += n;
    }
    plan_more(q);
}

/* As many credentials as one question to the courier takes. False: nothing is left to ask. */
static bool
ask_statuses(struct question *q)
{
    struct wire_status_ask *ask = SG_NEW(q->arena, struct wire_status_ask);
    if (ask == NULL) {
        q->answer = SG_ERROR(NO_MEMORY);
        return false;
    }
    for (q->asking = q->asked; q->asking < q->n_holdings; q->asking++) {
        const struct flow_held *held = &q->holdings[q->asking].held;
        if (!q->holdings[q->asking].wanted) {
            continue;
        }
        if (ask->n_refs + held->n_refs > WIRE_REFS_MAX) {
            break;
        }
        memcpy(&ask->refs[ask->n_refs], held->refs, held->n_refs * sizeof(held->refs[0]));
        ask->n_refs += held->n_refs;
    }
    if (ask->n_refs == 0) {
        return false;
    }
    uint64_t id = peer_next_id(q->all->courier);
    struct sg_buf buf = sg_buf_new(q->arena, 1024, WIRE_FRAME_MAX);
    wire_status_ask_encode(&buf, id, ask);
    question_ask(q, q->all->courier, id, &buf, q->all->settings.courier_timeout_ms, statuses_there);
    return true;
}

/* ---- selection --------------------------------------------------------------------------------------------------- */

static bool
answered(const struct query_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->candidates[i].reason == NULL) {
            return true;
        }
    }
    return false;
}

static sg_result
make_plan(struct question *q)
{
    bool yes[DCQL_CREDENTIALS_MAX] = { false };
    for (size_t i = 0; i < q->request.dcql.n; i++) {
        struct query_plan *plan = &q->plans[i];
        for (size_t k = 0; k < plan->n; k++) { /* what the status said meanwhile */
            struct candidate *c = &plan->candidates[k];
            c->reason = c->reason != NULL ? c->reason : c->holding->reason;
        }
        yes[i] = answered(plan);
    }
    return dcql_plan_make(q->arena, &q->request.dcql, yes, &q->dcql);
}

static bool
has_transaction(const struct question *q, size_t query)
{
    for (size_t i = 0; i < q->request.n_transactions; i++) {
        const struct oid4vp_transaction *t = &q->request.transactions[i];
        for (size_t k = 0; k < t->n_queries; k++) {
            if (t->queries[k] == query) {
                return true;
            }
        }
    }
    return false;
}

/* Of a required set the first option that can be given, rather one that carries what is to be agreed to. Optional sets are left out: less is shown. */
static const struct dcql_option *
choose_option(const struct question *q, size_t set)
{
    const struct dcql_set *s = &q->request.dcql.sets[set];
    const struct dcql_option *first = NULL;
    for (size_t i = 0; i < s->n; i++) {
        if (!q->dcql.viable[set][i]) {
            continue;
        }
        first = first == NULL ? &s->options[i] : first;
        for (size_t k = 0; k < s->options[i].n; k++) {
            if (has_transaction(q, s->options[i].queries[k])) {
                return &s->options[i];
            }
        }
    }
    return first;
}

/* The newest of the store, the first that a wallet gave. */
static void
choose_one(struct question *q, size_t query)
{
    struct query_plan *plan = &q->plans[query];
    for (size_t i = 0; i < plan->n; i++) {
        plan->candidates[i].selected = false;
    }
    for (size_t i = 0; i < plan->n; i++) {
        struct candidate *c = &plan->candidates[q->held_given ? i : plan->n - 1 - i];
        if (c->reason == NULL) {
            c->selected = true;
            return;
        }
    }
}

static void
choose_default(struct question *q)
{
    const struct dcql_query *dcql = &q->request.dcql;
    for (size_t i = 0; dcql->n_sets == 0 && i < dcql->n; i++) {
        choose_one(q, i);
    }
    for (size_t i = 0; i < dcql->n_sets; i++) {
        const struct dcql_option *option = dcql->sets[i].required ? choose_option(q, i) : NULL;
        for (size_t k = 0; option != NULL && k < option->n; k++) {
            choose_one(q, option->queries[k]);
        }
    }
}

static bool
is_chosen(const struct query_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->candidates[i].selected) {
            return true;
        }
    }
    return false;
}

/* Everything that is to be agreed to has a credential that carries it (OpenID4VP 1.0, 8.4). */
static bool
transactions_carried(const struct question *q)
{
    for (size_t i = 0; i < q->request.n_transactions; i++) {
        const struct oid4vp_transaction *t = &q->request.transactions[i];
        bool carried = false;
        for (size_t k = 0; k < t->n_queries; k++) {
            carried = carried || is_chosen(&q->plans[t->queries[k]]);
        }
        if (!carried) {
            return false;
        }
    }
    return true;
}

/* What each would show. One with more in it than anybody could be told is as if it were not there, and hides no other. */
static sg_result
lines_of(struct question *q)
{
    for (size_t i = 0; i < q->request.dcql.n; i++) {
        for (size_t k = 0; k < q->plans[i].n; k++) {
            struct candidate *c = &q->plans[i].candidates[k];
            struct flow_show show = present_show(q, i, c);
            if (c->reason == NULL && c->holding->reason == NULL) {
                sg_result r = flow_show_lines(q->arena, &show, &c->lines, &c->n_lines);
                SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
                c->reason = sg_ok(r) ? NULL : "not_accepted";
            }
        }
    }
    return SG_DONE;
}

static void
nothing(struct question *q)
{
    q->state = FLOW_QUESTION_NOTHING;
    question_answer(q, SG_DONE);
}

static void
plan_more(struct question *q)
{
    q->answer = SG_DONE;
    if (ask_statuses(q)) {
        return;
    }
    sg_result r = q->answer;
    if (sg_ok(r)) {
        r = lines_of(q);
    }
    if (sg_ok(r)) {
        r = make_plan(q);
    }
    if (!sg_ok(r)) {
        question_fail(q, r);
        return;
    }
    if (q->dcql.satisfiable) {
        choose_default(q);
    }
    if (!q->dcql.satisfiable || !transactions_carried(q)) {
        nothing(q);
        return;
    }
    r = present_build(q);
    if (!sg_ok(r)) {
        question_fail(q, r);
        return;
    }
    question_open(q);
}

void
present_plan(struct question *q)
{
    sg_result r = q->answer;
    if (sg_ok(r)) {
        r = q->held_given ? read_given(q) : read_stored(q);
    }
    if (sg_ok(r)) {
        r = match_all(q);
    }
    if (!sg_ok(r)) {
        question_fail(q, r);
        return;
    }
    plan_more(q);
}

/* ---- the person's own choice ----------------------------------------------------------------------------------------- */

static size_t
query_find(const struct question *q, sg_str id)
{
    size_t i = 0;
    while (i < q->request.dcql.n && !sg_str_equal(q->request.dcql.credentials[i].id, id)) {
        i++;
    }
    return i;
}

static struct candidate *
candidate_find(const struct query_plan *plan, sg_str id)
{
    for (size_t i = 0; i < plan->n; i++) {
        if (sg_str_equal(plan->candidates[i].holding->id, id)) {
            return &plan->candidates[i];
        }
    }
    return NULL;
}

static void
unselect_all(struct question *q)
{
    for (size_t i = 0; i < q->request.dcql.n; i++) {
        for (size_t k = 0; k < q->plans[i].n; k++) {
            q->plans[i].candidates[k].selected = false;
        }
    }
}

static sg_result
select_all(struct question *q, const struct flow_choice *choices, size_t n)
{
    size_t chosen[DCQL_CREDENTIALS_MAX] = { 0 };
    for (size_t i = 0; i < n; i++) {
        size_t query = query_find(q, choices[i].query);
        SG_REQUIRE(query < q->request.dcql.n, NOT_FOUND);
        SG_REQUIRE(chosen[query] == 0, DUPLICATE);
        for (size_t k = 0; k < choices[i].n; k++) {
            struct candidate *c = candidate_find(&q->plans[query], choices[i].credentials[k]);
            SG_REQUIRE(c != NULL && c->reason == NULL, NOT_FOUND);
            SG_REQUIRE(!c->selected, DUPLICATE);
            c->selected = true;
            chosen[query]++;
        }
    }
    SG_TRY(dcql_choice_check(q->arena, &q->request.dcql, chosen));
    SG_REQUIRE(transactions_carried(q), POLICY);
    return SG_DONE;
}

void
present_reselect(struct question *q)
{
    unselect_all(q);
    for (size_t i = 0; q->round != NULL && i < q->round->n; i++) {
        q->round->parts[i].candidate->selected = true;
    }
}

sg_result
present_choose(struct question *q, const struct flow_choice *choices, size_t n)
{
    unselect_all(q);
    sg_result r = select_all(q, choices, n);
    if (!sg_ok(r)) {
        present_reselect(q);
    }
    return r;
}

bool
present_chosen(const struct question *q, const struct flow_choice *choices, size_t n)
{
    size_t named = 0, selected = 0;
    for (size_t i = 0; i < n; i++) {
        size_t query = query_find(q, choices[i].query);
        if (query == q->request.dcql.n) {
            return false;
        }
        for (size_t k = 0; k < choices[i].n; k++, named++) {
            const struct candidate *c = candidate_find(&q->plans[query], choices[i].credentials[k]);
            if (c == NULL || !c->selected) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < q->request.dcql.n; i++) {
        for (size_t k = 0; k < q->plans[i].n; k++) {
            selected += q->plans[i].candidates[k].selected;
        }
    }
    return named == selected;
}
