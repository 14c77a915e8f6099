/* A credential request from a wallet, and the body of POST /v1/offers: form only. What is taken obeys the limits that flow relies on. */
#include <stdlib.h>

#include "admin_inner.h"
#include "vci_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    struct vci_credential_req req;
    if (sg_ok(vci_credential_parse(arena, sg_bytes_of(data, size), &req))) {
        if (req.name.n == 0 || (req.n_proofs > 0 && req.proofs == NULL) || req.n_proofs > 64) {
            abort();
        }
    }
    struct flow_offer_credential credentials[FLOW_OFFER_CREDENTIALS_MAX];
    struct flow_offer_in offer;
    if (sg_ok(admin_offer_parse(arena, sg_bytes_of(data, size), credentials, &offer))) {
        if (offer.n_credentials < 1 || offer.n_credentials > FLOW_OFFER_CREDENTIALS_MAX ||
            (offer.expires_in != 0 && offer.expires_in < 10) || offer.tx_code_len > 32) {
            abort();
        }
    }
    return 0;
}
