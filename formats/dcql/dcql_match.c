/* One credential against one query (6.1, 6.3, 6.4.1, 7.1.1), then the sets (6.4.2). */
#include "dcql.h"

#include "sg_text.h"

/* ---- claims path pointers --------------------------------------------------------------------------- */

struct selection {
    const struct sjson **nodes;
    size_t n;
};

/* "Every element must be an object" (or array) is tested before anything is dropped. */
static bool
all_are(const struct selection *from, enum sjson_type type)
{
    for (size_t i = 0; i < from->n; i++) {
        if (from->nodes[i]->type != type) {
            return false;
        }
    }
    return true;
}

/* Room for what a step may select at most. */
static sg_result
room(struct sg_arena *arena, const struct selection *from, const struct dcql_step *s,
    struct selection *to)
{
    size_t most = s->kind == DCQL_ALL ? 0 : from->n;
    for (size_t i = 0; i < from->n && s->kind == DCQL_ALL; i++) {
        most += from->nodes[i]->n;
        SG_REQUIRE(most <= DCQL_NODES_MAX, TOO_MANY);
    }
    to->nodes = SG_NEW_ARRAY(arena, most + 1, const struct sjson *);
    SG_REQUIRE(to->nodes != NULL, NO_MEMORY);
    to->n = 0;
    return SG_DONE;
}

static sg_result
step(struct sg_arena *arena, const struct selection *from, const struct dcql_step *s,
    struct selection *to)
{
    SG_REQUIRE(all_are(from, s->kind == DCQL_NAME ? SJSON_OBJECT : SJSON_ARRAY), NOT_FOUND);
    SG_TRY(room(arena, from, s, to));
    for (size_t i = 0; i < from->n; i++) {
        const struct sjson *node = from->nodes[i];
        if (s->kind == DCQL_ALL) {
            for (const struct sjson *e = node->first; e != NULL; e = e->next) {
                to->nodes[to->n++] = e;
            }
            continue;
        }
        const struct sjson *found =
            s->kind == DCQL_NAME ? sjson_get_str(node, s->name) : sjson_at(node, s->index);
        if (found != NULL) {
            to->nodes[to->n++] = found;
        }
    }
    return SG_DONE;
}

sg_result
dcql_select(struct sg_arena *arena, const struct sjson *root, const struct dcql_path *path,
    const struct sjson *const **ret, size_t *ret_n)
{
    const struct sjson *first[1] = { root };
    struct selection from = { first, 1 };
    for (size_t i = 0; i < path->n; i++) {
        struct selection to;
        SG_TRY(step(arena, &from, &path->steps[i], &to));
        from = to;
    }
    SG_REQUIRE(from.n > 0 && path->n > 0, NOT_FOUND);
    *ret = from.nodes;
    *ret_n = from.n;
    return SG_DONE;
}

/* ---- claims ------------------------------------------------------------------------------------------ */

/* Type and value; 1 is not "1" and not true. */
static bool
value_fits(const struct sjson *node, const struct sjson *values)
{
    for (const struct sjson *e = values->first; e != NULL; e = e->next) {
        if (e->type == node->type && sjson_equal(e, node)) {
            return true;
        }
    }
    return false;
}

struct delivered {
    bool there;
    const struct sjson *const *nodes;
    size_t n;
};

static sg_result
deliver(struct sg_arena *arena, const struct dcql_claim *claim, const struct sjson *root,
    struct delivered *ret)
{
    *ret = (struct delivered){ .there = false };
    sg_result r = dcql_select(arena, root, &claim->path, &ret->nodes, &ret->n);
    if (r.code == SG_E_NOT_FOUND) {
        return SG_DONE;
    }
    SG_TRY(r);
    ret->there = claim->values == NULL;
    for (size_t i = 0; i < ret->n && !ret->there; i++) {
        ret->there = value_fits(ret->nodes[i], claim->values);
    }
    return SG_DONE;
}

/* Put what is delivered into the match. */
static sg_result
collect(struct sg_arena *arena, const struct delivered *all, const size_t *claims, size_t n,
    struct dcql_match *ret)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += all[claims[i]].n;
    }
    SG_REQUIRE(total <= DCQL_NODES_MAX, TOO_MANY);
    const struct sjson **nodes = SG_NEW_ARRAY(arena, total + 1, const struct sjson *);
    SG_REQUIRE(nodes != NULL, NO_MEMORY);
    total = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < all[claims[i]].n; j++) {
            nodes[total++] = all[claims[i]].nodes[j];
        }
    }
    ret->matches = true;
    ret->claims = claims;
    ret->n_claims = n;
    ret->nodes = nodes;
    ret->n_nodes = total;
    return SG_DONE;
}

static sg_result
match_claims(struct sg_arena *arena, const struct dcql_credential_query *query,
    const struct dcql_credential *credential, struct dcql_match *ret)
{
    if (!query->has_claims) {
        ret->matches = true;
        ret->everything = true;
        return SG_DONE;
    }
    struct delivered *all = SG_NEW_ARRAY(arena, query->n_claims, struct delivered);
    size_t *every = SG_NEW_ARRAY(arena, query->n_claims, size_t);
    SG_REQUIRE(all != NULL && every != NULL, NO_MEMORY);
    bool whole = true;
    for (size_t i = 0; i < query->n_claims; i++) {
        SG_TRY(deliver(arena, &query->claims[i], credential->claims, &all[i]));
        whole = whole && all[i].there;
        every[i] = i;
    }
    if (query->n_claim_sets == 0) {
        ret->reason = "a claim is not there, or has another value";
        return whole ? collect(arena, all, every, query->n_claims, ret) : SG_DONE;
    }
    for (size_t s = 0; s < query->n_claim_sets; s++) { /* the verifier's order is its preference */
        const struct dcql_claim_set *set = &query->claim_sets[s];
        bool good = true;
        for (size_t i = 0; i < set->n; i++) {
            good = good && all[set->claims[i]].there;
        }
        if (good) {
            ret->claim_set = (int)s;
            return collect(arena, all, set->claims, set->n, ret);
        }
    }
    ret->reason = "no set of claims can be delivered";
    return SG_DONE;
}

/* ---- the credential itself ------------------------------------------------------------------------------ */

static bool
has_text(const sg_str *texts, size_t n, sg_str wanted)
{
    for (size_t i = 0; i < n; i++) {
        if (sg_str_equal(texts[i], wanted)) {
            return true;
        }
    }
    return false;
}

static bool
vct_fits(const struct sjson *values, const struct dcql_credential *c)
{
    for (const struct sjson *e = values->first; e != NULL; e = e->next) {
        if (sg_str_equal(e->text, c->type) || has_text(c->extends, c->n_extends, e->text)) {
            return true;
        }
    }
    return false;
}

/* For one inner array all its types are among the credential's. */
static bool
types_fit(const struct sjson *values, const struct dcql_credential *c)
{
    for (const struct sjson *set = values->first; set != NULL; set = set->next) {
        bool all = true;
        for (const struct sjson *e = set->first; e != NULL; e = e->next) {
            all = all && has_text(c->types, c->n_types, e->text);
        }
        if (all) {
            return true;
        }
    }
    return false;
}

static bool
meta_fits(const struct dcql_credential_query *query, const struct dcql_credential *c)
{
    switch (query->format) {
    case DCQL_DC_SD_JWT:
        return vct_fits(sjson_get(query->meta, "vct_values"), c);
    case DCQL_MSO_MDOC:
        return sg_str_equal(sjson_get(query->meta, "doctype_value")->text, c->type);
    case DCQL_JWT_VC_JSON:
    case DCQL_LDP_VC:
    case DCQL_VC_JWT:
    case DCQL_VC_SD_JWT:
    case DCQL_VC_COSE:
        return types_fit(sjson_get(query->meta, "type_values"), c);
    case DCQL_UNKNOWN:
        return false;
    }
    return false;
}

/* `aki` is what can be answered from the credential alone; lists of trust and federations are not consulted here and match nothing. */
static sg_result
authority_fits(struct sg_arena *arena, const struct dcql_credential_query *query,
    const struct dcql_credential *c, bool *ret)
{
    *ret = query->n_authorities == 0;
    for (size_t i = 0; i < query->n_authorities && !*ret; i++) {
        if (!sg_str_is(query->authorities[i].type, "aki")) {
            continue;
        }
        for (const struct sjson *e = query->authorities[i].values->first; e != NULL; e = e->next) {
            sg_bytes wanted;
            sg_result r = sg_b64url_decode(arena, e->text, &wanted);
            SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
            for (size_t k = 0; sg_ok(r) && k < c->n_authority_keys; k++) {
                *ret = *ret || sg_bytes_equal(wanted, c->authority_keys[k]);
            }
        }
    }
    return SG_DONE;
}

sg_result
dcql_match(struct sg_arena *arena, const struct dcql_credential_query *query,
    const struct dcql_credential *credential, struct dcql_match *ret)
{
    bool trusted;
    *ret = (struct dcql_match){ .claim_set = -1 };
    if (query->format == DCQL_UNKNOWN || query->format != credential->format) {
        ret->reason = "another format";
    } else if (!meta_fits(query, credential)) {
        ret->reason = "another type";
    } else {
        SG_TRY(authority_fits(arena, query, credential, &trusted));
        if (!trusted) {
            ret->reason = "no trusted authority";
        } else if (query->holder_binding && !credential->bound) {
            ret->reason = "not bound to a key of the holder";
        } else if (!credential->usable) {
            ret->reason = "key, status, validity or policy";
        } else {
            SG_TRY(match_claims(arena, query, credential, ret));
            ret->reason = ret->matches ? NULL : ret->reason;
        }
    }
    return SG_DONE;
}

/* ---- sets ------------------------------------------------------------------------------------------------ */

static sg_result
requested(struct sg_arena *arena, const struct dcql_query *query, bool **ret)
{
    bool *made = SG_NEW_ARRAY(arena, query->n, bool);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    for (size_t i = 0; i < query->n; i++) {
        made[i] = query->n_sets == 0;
    }
    for (size_t s = 0; s < query->n_sets; s++) {
        for (size_t o = 0; o < query->sets[s].n; o++) {
            for (size_t i = 0; i < query->sets[s].options[o].n; i++) {
                made[query->sets[s].options[o].queries[i]] = true;
            }
        }
    }
    *ret = made;
    return SG_DONE;
}

static bool
option_holds(const struct dcql_option *option, const bool *answered)
{
    for (size_t i = 0; i < option->n; i++) {
        if (!answered[option->queries[i]]) {
            return false;
        }
    }
    return true;
}

sg_result
dcql_plan_make(struct sg_arena *arena, const struct dcql_query *query, const bool *answered,
    struct dcql_plan *ret)
{
    bool *wanted;
    SG_TRY(requested(arena, query, &wanted));
    const bool **viable = SG_NEW_ARRAY(arena, query->n_sets + 1, const bool *);
    SG_REQUIRE(viable != NULL, NO_MEMORY);
    bool good = true;
    for (size_t i = 0; i < query->n && query->n_sets == 0; i++) {
        good = good && answered[i];
    }
    for (size_t s = 0; s < query->n_sets; s++) {
        const struct dcql_set *set = &query->sets[s];
        bool *options = SG_NEW_ARRAY(arena, set->n, bool);
        SG_REQUIRE(options != NULL, NO_MEMORY);
        bool any = false;
        for (size_t o = 0; o < set->n; o++) {
            options[o] = option_holds(&set->options[o], answered);
            any = any || options[o];
        }
        viable[s] = options;
        good = good && (any || !set->required);
    }
    *ret = (struct dcql_plan){ good, wanted, viable };
    return SG_DONE;
}

sg_result
dcql_choice_check(struct sg_arena *arena, const struct dcql_query *query, const size_t *chosen)
{
    struct dcql_plan plan;
    bool *given = SG_NEW_ARRAY(arena, query->n, bool);
    bool *explained = SG_NEW_ARRAY(arena, query->n, bool);
    SG_REQUIRE(given != NULL && explained != NULL, NO_MEMORY);
    for (size_t i = 0; i < query->n; i++) {
        given[i] = chosen[i] > 0;
        explained[i] = query->n_sets == 0;
        SG_REQUIRE(chosen[i] <= 1 || query->credentials[i].multiple, POLICY);
    }
    SG_TRY(dcql_plan_make(arena, query, given, &plan));
    SG_REQUIRE(plan.satisfiable, POLICY);
    /* what is given beyond whole options was not asked for */
    for (size_t s = 0; s < query->n_sets; s++) {
        for (size_t o = 0; o < query->sets[s].n; o++) {
            for (size_t i = 0; plan.viable[s][o] && i < query->sets[s].options[o].n; i++) {
                explained[query->sets[s].options[o].queries[i]] = true;
            }
        }
    }
    for (size_t i = 0; i < query->n; i++) {
        SG_REQUIRE(!given[i] || explained[i], POLICY);
    }
    return SG_DONE;
}
