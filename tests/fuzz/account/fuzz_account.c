/* What browsers send of a passkey (WebAuthn 5.1.8 to 5.1.10), and a wallet's redirect address: what is taken obeys the limits that the wire relies on. */
#include <stdlib.h>

#include "account_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
redirects(sg_str text)
{
    size_t bar = sg_str_index(text, '\n', 0);
    sg_str a = sg_str_slice(text, 0, bar), b = sg_str_slice(text, bar + 1, text.n);
    bool same = sg_str_equal(a, b);
    bool fits = auth_redirect_fits(a, b);
    if (same && !fits) {
        abort();
    }
    if (fits && !same && !sg_str_starts(b, "http://127.0.0.1") &&
        !sg_str_starts(b, "http://[::1]")) {
        abort(); /* somebody else's address */
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_arena *arena;
    if (arena == NULL) {
        arena = sg_arena_new(0, (size_t)16 << 20);
    }
    sg_arena_reset(arena);
    sg_str text = sg_str_of((const char *)data, size);
    const struct sjson *json;
    struct auth_assertion assertion;
    struct account_registration registration;
    redirects(text);
    if (!sg_ok(sjson_parse(arena, text, NULL, &json))) {
        return 0;
    }
    if (sg_ok(account_assertion_parse(arena, json, &assertion)) &&
        (assertion.passkey.n == 0 || assertion.passkey.n > WIRE_PASSKEY_ID_MAX ||
            assertion.client_data.n > WIRE_CLIENT_DATA_MAX ||
            assertion.authenticator_data.n > WIRE_AUTH_DATA_MAX || assertion.user_handle.n > 64)) {
        abort();
    }
    if (sg_ok(account_registration_parse(arena, json, &registration)) &&
        (registration.client_data.n > WIRE_CLIENT_DATA_MAX ||
            registration.attestation.n > WIRE_ATTESTATION_MAX)) {
        abort();
    }
    return 0;
}
