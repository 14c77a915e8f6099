#include "jose_alg.h"

/* Names: RFC 7518 3.1, RFC 8037 3.1. COSE numbers: RFC 9053 2, RFC 8812 2. req: KEY-9 */
static const struct jose_alg algs[] = {
    { JOSE_ES256, "ES256", -7, JOSE_KTY_EC, JOSE_P256, SG_SHA256, true, 64, true },
    { JOSE_ES384, "ES384", -35, JOSE_KTY_EC, JOSE_P384, SG_SHA384, true, 96, true },
    { JOSE_EDDSA, "EdDSA", -8, JOSE_KTY_OKP, JOSE_ED25519, SG_SHA512, false, 64, true },
    { JOSE_ES512, "ES512", -36, JOSE_KTY_EC, JOSE_P521, SG_SHA512, true, 132, false },
    { JOSE_PS256, "PS256", -37, JOSE_KTY_RSA, JOSE_CRV_NONE, SG_SHA256, true, 0, false },
    { JOSE_RS256, "RS256", -257, JOSE_KTY_RSA, JOSE_CRV_NONE, SG_SHA256, true, 0, false },
};
enum { N_ALGS = sizeof(algs) / sizeof(algs[0]) };

const struct jose_alg *
jose_alg_by_name(sg_str name)
{
    for (size_t i = 0; i < N_ALGS; i++) {
        if (sg_str_is(name, algs[i].name)) {
            return &algs[i];
        }
    }
    return NULL;
}

const struct jose_alg *
jose_alg_by_id(enum jose_alg_id id)
{
    for (size_t i = 0; i < N_ALGS; i++) {
        if (algs[i].id == id) {
            return &algs[i];
        }
    }
    return NULL;
}

const struct jose_alg *
jose_alg_by_cose(int64_t cose)
{
    for (size_t i = 0; i < N_ALGS; i++) {
        if (algs[i].cose == cose) {
            return &algs[i];
        }
    }
    return NULL;
}

const struct jose_alg *
jose_algs(size_t *ret_n)
{
    *ret_n = N_ALGS;
    return algs;
}
