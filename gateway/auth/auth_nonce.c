/*
 * Nonces without storage: time (4) || random (12) || MAC (16), the MAC under a key made at start, so a restart ends them all
 * (spec: OpenID4VCI 1.0 section 7, 13.8; RFC 9449 8).
 */
#include <sodium.h>

#include "auth_internal.h"
#include "sg_secret.h"
#include "sg_text.h"

#define BODY_LEN 16
#define MAC_LEN 16
/* Time and MAC only have to outlive one process: seconds since 2020 fit 32 bits until 2156. */
#define EPOCH 1577836800

static void
mac(const struct auth *auth, enum auth_nonce_use use, const uint8_t body[BODY_LEN],
    uint8_t ret[MAC_LEN])
{
    uint8_t in[1 + BODY_LEN] = { (uint8_t)use };
    memcpy(in + 1, body, BODY_LEN);
    crypto_generichash(ret, MAC_LEN, in, sizeof(in), auth->nonce_key, sizeof(auth->nonce_key));
}

void
auth_nonce_make(struct auth *auth, enum auth_nonce_use use, int64_t now, char ret[AUTH_NONCE_LEN])
{
    uint8_t nonce[BODY_LEN + MAC_LEN];
    uint32_t at = (uint32_t)(now - EPOCH);
    randombytes_buf(nonce + 4, BODY_LEN - 4);
    for (unsigned i = 0; i < 4; i++) {
        nonce[i] = (uint8_t)(at >> (24 - 8 * i));
    }
    mac(auth, use, nonce, nonce + BODY_LEN);
    (void)sg_b64url_to(SG_BYTES(nonce), ret);
}

sg_result
auth_nonce_check(struct auth *auth, enum auth_nonce_use use, sg_str text, int64_t now)
{
    uint8_t nonce[BODY_LEN + MAC_LEN];
    uint8_t want[MAC_LEN];
    SG_REQUIRE(text.n == AUTH_NONCE_LEN, NONCE);
    SG_REQUIRE(sg_ok(sg_b64url_decode_to(text, nonce, sizeof(nonce))), NONCE);
    mac(auth, use, nonce, want);
    SG_REQUIRE(sg_secret_equal(SG_BYTES(want), sg_bytes_of(nonce + BODY_LEN, MAC_LEN)), NONCE);
    uint32_t at = 0;
    for (unsigned i = 0; i < 4; i++) {
        at = at << 8 | nonce[i];
    }
    int64_t age = now - EPOCH - (int64_t)at;
    /* Our own time: it lies in the future only if the clock went back. */
    SG_REQUIRE(age <= auth->settings.nonce_life_s && age >= -auth->settings.nonce_life_s, NONCE);
    return SG_DONE;
}
