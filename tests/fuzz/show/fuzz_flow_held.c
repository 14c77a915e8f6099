/*
 * Any bytes as a credential that somebody holds: refused, or read within its bounds; then shown with one value of it selected, whose lines and bytes are made
 * without a key ever signing. The first byte says which value; the rest is the credential.
 */
#include <stdlib.h>

#include "flow_show.h"
#include "jsonld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
    if (!good) {
        abort();
    }
}

/* The nth value below, counted as they come. */
static const struct sjson *
nth(const struct sjson *v, size_t *n)
{
    if (*n == 0) {
        return v;
    }
    --*n;
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        const struct sjson *hit = nth(m, n);
        if (hit != NULL) {
            return hit;
        }
    }
    return NULL;
}

static void
check_held(const struct flow_held *held)
{
    must(held->shape != NULL && held->format != NULL && held->view.claims != NULL);
    must(held->view.claims->type == SJSON_OBJECT);
    must(held->n_refs <= FLOW_HELD_REFS_MAX && held->n_algs <= FLOW_HELD_ALGS_MAX);
    must(held->n_algs > 0 && !held->view.bound && !held->view.usable);
    for (size_t i = 0; i < held->n_refs; i++) {
        must(held->refs[i].type >= WIRE_REF_TOKEN_STATUS_LIST &&
             held->refs[i].type <= WIRE_REF_BITSTRING_MESSAGE);
    }
}

/* What may be shown of it is shown, signed by nobody: a signature that nobody made is refused. */
static void
show_it(struct sg_arena *arena, const struct jsonld_contexts *contexts,
    const struct flow_held *held, const struct dcql_match *match)
{
    const struct oid4vp_request request = { .client_id = SG_LIT("x509_san_dns:v.example"),
        .nonce = SG_LIT("n-0S6_WzA2Mj0123456789"),
        .uri = SG_LIT("https://v.example/r") };
    const struct dcql_credential_query query = { .holder_binding = held->has_key };
    const struct flow_show show = { .held = held,
        .request = &request,
        .query = &query,
        .match = match,
        .key = held->has_key ? &held->key : NULL,
        .alg = held->has_key ? jwk_default_alg(&held->key) : NULL,
        .contexts = contexts,
        .now = 1800000000 };
    static const uint8_t none[64];
    const struct flow_show_line *lines;
    struct flow_showing showing;
    struct flow_shown shown;
    size_t n;
    if (sg_ok(flow_show_lines(arena, &show, &lines, &n))) {
        must(n <= FLOW_SHOW_LINES_MAX);
    }
    if (sg_ok(flow_show_build(arena, &show, NULL, &showing))) {
        must(showing.to_sign == (showing.message.n > 0));
        sg_result r = flow_show_attach(
            arena, &showing, showing.to_sign ? SG_BYTES(none) : SG_NO_BYTES, &shown);
        must(sg_ok(r) != showing.to_sign || r.code == SG_E_NO_MEMORY);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jsonld_contexts *contexts;
    const struct jsonld_document extra = { SG_LIT("https://issuer.example/contexts/person/v1"),
        SG_LIT("{\"@context\":{\"@vocab\":\"https://issuer.example/vocab#\"}}") };
    if (contexts == NULL && !sg_ok(jsonld_contexts_new(&extra, 1, NULL, &contexts))) {
        abort();
    }
    if (size == 0) {
        return 0;
    }
    struct sg_arena *arena = sg_arena_new(0, (size_t)256 * 1024 * 1024);
    struct flow_held held;
    sg_str value = sg_str_of((const char *)data + 1, size - 1);
    if (sg_ok(flow_held_read(arena, contexts, SG_NO_STR, value, NULL, &held))) {
        size_t at = data[0];
        const struct sjson *node = nth(held.view.claims, &at);
        const struct dcql_match all = { .matches = true, .everything = true };
        const struct dcql_match one = { .matches = true, .nodes = &node, .n_nodes = node != NULL };
        check_held(&held);
        show_it(arena, contexts, &held, &all);
        show_it(arena, contexts, &held, &one);
    }
    sg_arena_free(&arena);
    return 0;
}
