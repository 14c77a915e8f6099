/* vp_formats_supported against what a credential is signed with. spec: OpenID4VP 1.0, B.1.3, B.2.2, B.3.4; RFC 9864. req: PRO-3 */
#include "oid4vp_int.h"

static const struct sjson *
format_of(const struct oid4vp_request *request, enum dcql_format format)
{
    static const char *const names[] = {
        [DCQL_DC_SD_JWT] = "dc+sd-jwt",
        [DCQL_MSO_MDOC] = "mso_mdoc",
        [DCQL_JWT_VC_JSON] = "jwt_vc_json",
        [DCQL_LDP_VC] = "ldp_vc",
        [DCQL_VC_JWT] = "vc+jwt",
        [DCQL_VC_SD_JWT] = "vc+sd-jwt",
        [DCQL_VC_COSE] = "vc+cose",
    };
    if ((size_t)format >= sizeof(names) / sizeof(names[0]) || names[format] == NULL) {
        return NULL;
    }
    return sjson_get(request->vp_formats, names[format]);
}

bool
oid4vp_fits_format(const struct oid4vp_request *request, enum dcql_format format)
{
    return format_of(request, format) != NULL;
}

/* Absent permits everything; a list holds the text or does not. */
static bool
permits_text(const struct sjson *format, const char *list_name, sg_str text)
{
    const struct sjson *list = sjson_get(format, list_name);
    if (list == NULL) {
        return true;
    }
    if (list->type != SJSON_ARRAY) {
        return false;
    }
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        if (e->type == SJSON_STRING && sg_str_equal(e->text, text)) {
            return true;
        }
    }
    return false;
}

/* RFC 9864 gave EdDSA with Ed25519 a name of its own. */
static bool
permits_alg(const struct sjson *format, const char *list_name, const struct jose_alg *alg)
{
    return permits_text(format, list_name, sg_cstr(alg->name)) ||
           (alg->id == JOSE_EDDSA && permits_text(format, list_name, SG_LIT("Ed25519")));
}

bool
oid4vp_fits_sd_jwt(const struct oid4vp_request *request, const struct jose_alg *issuer,
    const struct jose_alg *key_binding)
{
    const struct sjson *format = format_of(request, DCQL_DC_SD_JWT);
    return format != NULL && permits_alg(format, "sd-jwt_alg_values", issuer) &&
           (key_binding == NULL || permits_alg(format, "kb-jwt_alg_values", key_binding));
}

const char *
oid4vp_kb_alg_name(const struct oid4vp_request *request, const struct jose_alg *alg)
{
    const struct sjson *format = format_of(request, DCQL_DC_SD_JWT);
    bool other = alg->id == JOSE_EDDSA &&
                 !permits_text(format, "kb-jwt_alg_values", SG_LIT("EdDSA")) &&
                 permits_text(format, "kb-jwt_alg_values", SG_LIT("Ed25519"));
    return other ? "Ed25519" : alg->name;
}

/* Fully specified algorithms (RFC 9864) and the ones whose signatures are the same on that curve. */
static const struct {
    int64_t full;
    int64_t plain;
    enum jose_crv crv;
} cose_names[] = {
    { -9, -7, JOSE_P256 },
    { -51, -35, JOSE_P384 },
    { -52, -36, JOSE_P521 },
    { -19, -8, JOSE_ED25519 },
};

static bool
is_same(int64_t listed, int64_t alg, enum jose_crv crv)
{
    if (listed == alg) {
        return true;
    }
    for (size_t i = 0; i < sizeof(cose_names) / sizeof(cose_names[0]); i++) {
        if (listed == cose_names[i].full && alg == cose_names[i].plain &&
            crv == cose_names[i].crv) {
            return true;
        }
    }
    return false;
}

static bool
permits_cose(const struct sjson *format, const char *list_name, int64_t alg, enum jose_crv crv)
{
    const struct sjson *list = sjson_get(format, list_name);
    if (list == NULL) {
        return true;
    }
    if (list->type != SJSON_ARRAY) {
        return false;
    }
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        int64_t listed;
        if (sg_ok(sjson_int(e, &listed)) && is_same(listed, alg, crv)) {
            return true;
        }
    }
    return false;
}

bool
oid4vp_fits_mdoc(const struct oid4vp_request *request, int64_t issuer_alg, enum jose_crv issuer_crv,
    int64_t device_alg, enum jose_crv device_crv)
{
    const struct sjson *format = format_of(request, DCQL_MSO_MDOC);
    return format != NULL &&
           permits_cose(format, "issuerauth_alg_values", issuer_alg, issuer_crv) &&
           permits_cose(format, "deviceauth_alg_values", device_alg, device_crv);
}

bool
oid4vp_fits_jwt_vc(const struct oid4vp_request *request, const struct jose_alg *credential,
    const struct jose_alg *presentation)
{
    const struct sjson *format = format_of(request, DCQL_JWT_VC_JSON);
    return format != NULL && permits_alg(format, "alg_values", credential) &&
           (presentation == NULL || permits_alg(format, "alg_values", presentation));
}

bool
oid4vp_fits_ldp_vc(const struct oid4vp_request *request, sg_str proof_type, sg_str cryptosuite)
{
    const struct sjson *format = format_of(request, DCQL_LDP_VC);
    return format != NULL && permits_text(format, "proof_type_values", proof_type) &&
           (cryptosuite.n == 0 || permits_text(format, "cryptosuite_values", cryptosuite));
}

bool
oid4vp_fits_vc_jose(const struct oid4vp_request *request, enum dcql_format format,
    const struct jose_alg *credential, const struct jose_alg *presentation)
{
    const struct sjson *found = format_of(request, format);
    const struct jose_alg *const algs[] = { credential, presentation };
    for (size_t i = 0; i < 2 && found != NULL; i++) {
        bool fits =
            algs[i] == NULL ||
            (format == DCQL_VC_COSE ? permits_cose(found, "alg_values", algs[i]->cose, algs[i]->crv)
                                    : permits_alg(found, "alg_values", algs[i]));
        if (!fits) {
            return false;
        }
    }
    return found != NULL;
}
