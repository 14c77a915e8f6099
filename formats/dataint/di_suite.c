/* The one table of cryptosuites. Adding one is adding a row. req: FMT-3 */
#include "di_sd.h"

static const struct di_suite suites[] = {
    { DI_EDDSA_RDFC_2022, "eddsa-rdfc-2022", false, true, true, { JOSE_EDDSA }, di_rdfc_hash,
        di_plain_prepare, di_plain_encode, di_plain_verify },
    { DI_EDDSA_JCS_2022, "eddsa-jcs-2022", false, true, false, { JOSE_EDDSA }, di_jcs_hash,
        di_plain_prepare, di_plain_encode, di_plain_verify },
    { DI_ECDSA_RDFC_2019, "ecdsa-rdfc-2019", false, true, true, { JOSE_ES256, JOSE_ES384 },
        di_rdfc_hash, di_plain_prepare, di_plain_encode, di_plain_verify },
    { DI_ECDSA_JCS_2019, "ecdsa-jcs-2019", false, true, false, { JOSE_ES256, JOSE_ES384 },
        di_jcs_hash, di_plain_prepare, di_plain_encode, di_plain_verify },
    { DI_ECDSA_SD_2023, "ecdsa-sd-2023", false, true, true, { JOSE_ES256 }, di_rdfc_hash,
        di_sd_prepare, di_sd_finish, di_sd_verify },
    { DI_ED25519_SIGNATURE_2020, "Ed25519Signature2020", true, false, true, { JOSE_EDDSA },
        di_rdfc_hash, di_plain_prepare, di_plain_encode, di_plain_verify },
};
#define N_SUITES (sizeof(suites) / sizeof(suites[0]))

const struct di_suite *
di_suite_by_name(sg_str cryptosuite)
{
    for (size_t i = 0; i < N_SUITES; i++) {
        if (!suites[i].legacy && sg_str_is(cryptosuite, suites[i].name)) {
            return &suites[i];
        }
    }
    return NULL;
}

const struct di_suite *
di_suite_by_id(enum di_suite_id id)
{
    for (size_t i = 0; i < N_SUITES; i++) {
        if (suites[i].id == id) {
            return &suites[i];
        }
    }
    return NULL;
}

size_t
di_suites(void)
{
    return N_SUITES;
}

const struct di_suite *
di_suite_row(size_t index)
{
    return index < N_SUITES ? &suites[index] : NULL;
}

enum di_suite_id
di_suite_id(const struct di_suite *suite)
{
    return suite->id;
}

const char *
di_suite_name(const struct di_suite *suite)
{
    return suite->name;
}

bool
di_suite_makes(const struct di_suite *suite)
{
    return suite->makes;
}

bool
di_suite_jsonld(const struct di_suite *suite)
{
    return suite->jsonld;
}

const struct jose_alg *
di_suite_alg(const struct di_suite *suite, enum jose_crv crv)
{
    for (size_t i = 0; i < sizeof(suite->algs) / sizeof(suite->algs[0]); i++) {
        const struct jose_alg *alg = jose_alg_by_id(suite->algs[i]);
        if (alg != NULL && alg->crv == crv) {
            return alg;
        }
    }
    return NULL;
}

enum sg_hash_alg
di_hash_of(const struct jose_alg *alg)
{
    return alg->crv == JOSE_P384 ? SG_SHA384 : SG_SHA256;
}
