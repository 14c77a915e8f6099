/* A wallet that trusts nobody but a client called "plain", and whatever is asked of it. */
#ifndef FUZZ_TRY_H
#define FUZZ_TRY_H

#include <stdlib.h>

#include "oid4vp.h"

static inline void
must(bool good)
{
    if (!good) {
        abort();
    }
}

/* A text parameter for a carrier of values. */
static inline struct sjson *
fuzz_text(struct sjson *node, const char *name, const char *text, const struct sjson *next)
{
    *node = (struct sjson){
        .type = SJSON_STRING, .name = sg_cstr(name), .text = sg_cstr(text), .next = next
    };
    return node;
}

/* What holds of every request that passes, and of every refusal. */
static inline void
fuzz_verify(struct sg_arena *arena, const struct oid4vp_carrier *carrier)
{
    static const struct oid4vp_transaction_member members[] = { { "a", OID4VP_TEXT, true },
        { "n", OID4VP_NUMBER, false } };
    static const struct oid4vp_transaction_type types[] = { { "t", members, 2 } };
    const sg_str uris[] = { SG_LIT("https://v.example/r") };
    const struct oid4vp_client clients[] = {
        { .client_id = SG_LIT("plain"), .uris = uris, .n_uris = 1 }
    };
    const struct oid4vp_trust trust = {
        .clients = clients, .n_clients = 1, .transactions = types, .n_transactions = 1
    };
    const struct oid4vp_expect expect = { .now = 1800000000, .leeway_s = 60 };
    struct oid4vp_failure failure;
    struct oid4vp_request request;
    sg_result r = oid4vp_request_verify(arena, carrier, &trust, &expect, &failure, &request);
    if (!sg_ok(r)) {
        must(!failure.reply || failure.uri.n > 0);
        must(r.code != SG_E_PENDING || failure.document_url.n > 8);
        return;
    }
    sg_str form;
    must(request.uri.n > 0 && request.nonce.n > 0 && request.client_id.n > 0);
    must(request.dcql.n >= 1 && request.dcql.n <= DCQL_CREDENTIALS_MAX);
    must((request.mode == OID4VP_DIRECT_POST_JWT) == (request.encryption != NULL));
    for (size_t i = 0; i < request.n_transactions; i++) {
        for (size_t k = 0; k < request.transactions[i].n_queries; k++) {
            must(request.transactions[i].queries[k] < request.dcql.n);
        }
    }
    must(sg_ok(oid4vp_response_form(arena, &request, SG_LIT("{}"), &form)));
}

#endif
