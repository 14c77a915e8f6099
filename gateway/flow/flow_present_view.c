/* What a page or a wallet is shown of a question's credentials. Values go to the person alone. */
#include "flow_question_int.h"

/* Where the text has it: a claim that was asked for by the verifier's order, what comes along after them. */
static size_t
place_of(const struct candidate *c, const struct dcql_credential_query *query,
    const struct flow_show_line *line)
{
    for (size_t i = 0; line->asked && i < c->match.n_claims; i++) {
        if (present_begins_with(&line->path, &query->claims[c->match.claims[i]].path)) {
            return i;
        }
    }
    return c->match.n_claims;
}

/* The lines are in the order of the credential, which hides the order of its claims on purpose; people compare these with the text. */
static sg_result
view_claims(struct question *q, struct sg_arena *arena, const struct candidate *c,
    const struct dcql_credential_query *query, struct flow_shown_credential *ret)
{
    struct flow_shown_claim *claims = SG_NEW_ARRAY(arena, c->n_lines, struct flow_shown_claim);
    SG_REQUIRE(claims != NULL, NO_MEMORY);
    ret->claims = claims;
    for (size_t place = 0; place <= c->match.n_claims; place++) {
        for (size_t i = 0; i < c->n_lines; i++) {
            const struct flow_show_line *line = &c->lines[i];
            if (line->frame || place_of(c, query, line) != place) {
                continue;
            }
            struct flow_shown_claim *claim = &claims[ret->n_claims++];
            *claim = (struct flow_shown_claim){
                .path = line->path, .value = line->value, .always = !line->asked
            };
            SG_TRY(consent_claim_label(arena, &claim->path, q->language, &claim->label));
        }
    }
    return SG_DONE;
}

static sg_result
view_credential(struct question *q, struct sg_arena *arena, const struct candidate *c,
    const struct dcql_credential_query *query, struct flow_shown_credential *ret)
{
    const struct flow_held *held = &c->holding->held;
    *ret = (struct flow_shown_credential){
        .id = c->holding->id,
        .format = sg_cstr(held->format),
        .issuer = held->issuer,
        .type = held->type,
        .name = c->holding->name,
        .usable = c->reason == NULL,
        .reason = c->reason,
        .selected = c->selected,
    };
    return view_claims(q, arena, c, query, ret);
}

sg_result
present_view(struct question *q, struct sg_arena *arena, struct flow_question *ret)
{
    size_t n = q->plans == NULL ? 0 : q->request.dcql.n;
    struct flow_shown_query *queries = SG_NEW_ARRAY(arena, n, struct flow_shown_query);
    SG_REQUIRE(queries != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        const struct query_plan *plan = &q->plans[i];
        struct flow_shown_credential *list =
            SG_NEW_ARRAY(arena, plan->n, struct flow_shown_credential);
        SG_REQUIRE(list != NULL, NO_MEMORY);
        for (size_t k = 0; k < plan->n; k++) {
            SG_TRY(view_credential(
                q, arena, &plan->candidates[k], &q->request.dcql.credentials[i], &list[k]));
            queries[i].requested = queries[i].requested || list[k].selected;
        }
        queries[i].id = q->request.dcql.credentials[i].id;
        queries[i].multiple = q->request.dcql.credentials[i].multiple;
        queries[i].credentials = list;
        queries[i].n = plan->n;
    }
    ret->queries = queries;
    ret->n_queries = n;
    return SG_DONE;
}
