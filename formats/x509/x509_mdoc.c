/* Document signers and what issued them. spec: ISO/IEC 18013-5 Annex B.1.2, B.1.4. req: FMT-2 */
#include "x509_mdoc.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509_object.h"

#define EKU_DOCUMENT_SIGNER "1.0.18013.5.1.2"
enum { DAY = 86400, SERIAL_MAX = 20 };

/* Leave with `name` and say which rule it was. */
#define RULE(condition, name, text)         \
    do {                                    \
        if (!(condition)) {                 \
            sg_why_note(why, (text), 0, 0); \
            SG_FAIL(name);                  \
        }                                   \
    } while (0)

static bool
is_critical(const X509 *cert, int nid)
{
    int at = X509_get_ext_by_NID(cert, nid, -1);
    return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(cert, at)) == 1;
}

/* Every critical extension is one of these, whose rules are checked. */
static bool
criticals_are_known(const X509 *cert)
{
    for (int i = 0; i < X509_get_ext_count(cert); i++) {
        X509_EXTENSION *extension = X509_get_ext(cert, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        if (X509_EXTENSION_get_critical(extension) == 1 && nid != NID_basic_constraints &&
            nid != NID_key_usage && nid != NID_ext_key_usage) {
            return false;
        }
    }
    return true;
}

static bool
signs_documents_only(X509 *cert)
{
    char oid[32];
    EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
    ERR_clear_error();
    bool good = uses != NULL && sk_ASN1_OBJECT_num(uses) == 1 &&
                OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(uses, 0), 1) > 0 &&
                strcmp(oid, EKU_DOCUMENT_SIGNER) == 0;
    EXTENDED_KEY_USAGE_free(uses);
    return good && is_critical(cert, NID_ext_key_usage);
}

static bool
has_issuer_alt_name(X509 *cert)
{
    bool good = false;
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_issuer_alt_name, NULL, NULL);
    ERR_clear_error();
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        int type = sk_GENERAL_NAME_value(names, i)->type;
        good = good || type == GEN_EMAIL || type == GEN_URI;
    }
    GENERAL_NAMES_free(names);
    return good;
}

static const ASN1_IA5STRING *
point_uri(const DIST_POINT *point)
{
    const DIST_POINT_NAME *name = point->distpoint;
    if (name == NULL || name->type != 0) {
        return NULL;
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(name->name.fullname); i++) {
        const GENERAL_NAME *full = sk_GENERAL_NAME_value(name->name.fullname, i);
        if (full->type == GEN_URI) {
            return full->d.uniformResourceIdentifier;
        }
    }
    return NULL;
}

static bool
is_ascii(sg_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] <= 0x20 || text.p[i] >= 0x7f) {
            return false;
        }
    }
    return true;
}

static bool
point_is_good(const DIST_POINT *point)
{
    const DIST_POINT_NAME *name = point->distpoint;
    return name != NULL && name->type == 0 && sk_GENERAL_NAME_num(name->name.fullname) > 0 &&
           point->reasons == NULL && point->CRLissuer == NULL;
}

/*
 * The first point's URI. Every point has full names, and neither reasons nor another issuer. That a name is a URI is not asked of strangers:
 * the standard's own example (Annex D) has a dNSName there.
 */
static sg_result
read_crl_uri(struct sg_arena *arena, X509 *cert, sg_str *ret)
{
    CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
    ERR_clear_error();
    bool good = points != NULL && sk_DIST_POINT_num(points) > 0;
    for (int i = 0; good && i < sk_DIST_POINT_num(points); i++) {
        good = point_is_good(sk_DIST_POINT_value(points, i));
    }
    const ASN1_IA5STRING *uri = good ? point_uri(sk_DIST_POINT_value(points, 0)) : NULL;
    sg_str text = uri == NULL ? SG_NO_STR
                              : sg_str_of((const char *)ASN1_STRING_get0_data(uri),
                                    (size_t)ASN1_STRING_length(uri));
    good = good && is_ascii(text);
    sg_result r = good ? sg_arena_str(arena, text, ret) : SG_ERROR(ISSUER);
    CRL_DIST_POINTS_free(points);
    return r;
}

/* The only value of this attribute, in UTF-8. Absent: empty. Twice: refused. */
static sg_result
read_name(struct sg_arena *arena, const X509_NAME *name, int nid, sg_str *ret)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    *ret = SG_NO_STR;
    if (at < 0) {
        return SG_DONE;
    }
    SG_REQUIRE(X509_NAME_get_index_by_NID(name, nid, at) < 0, ISSUER);
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    ERR_clear_error();
    SG_REQUIRE(n >= 0, MALFORMED);
    sg_result r = memchr(utf8, 0, (size_t)n) != NULL
                      ? SG_ERROR(MALFORMED)
                      : sg_arena_str(arena, sg_str_of((const char *)utf8, (size_t)n), ret);
    OPENSSL_free(utf8);
    return r;
}

static bool
is_country(sg_str text)
{
    return text.n == 2 && text.p[0] >= 'A' && text.p[0] <= 'Z' && text.p[1] >= 'A' &&
           text.p[1] <= 'Z';
}

static sg_result
check_names(struct sg_arena *arena, const X509 *cert, struct sg_why *why, struct x509_mdoc_ds *ds)
{
    sg_str issuer_country;
    sg_str issuer_state;
    const X509_NAME *subject = X509_get_subject_name(cert);
    const X509_NAME *issuer = X509_get_issuer_name(cert);
    SG_TRY(read_name(arena, subject, NID_countryName, &ds->country));
    SG_TRY(read_name(arena, subject, NID_stateOrProvinceName, &ds->state));
    SG_TRY(read_name(arena, issuer, NID_countryName, &issuer_country));
    SG_TRY(read_name(arena, issuer, NID_stateOrProvinceName, &issuer_state));
    RULE(ds->leaf.subject_cn.n > 0, ISSUER, "document signer: subject without CN");
    RULE(is_country(ds->country), ISSUER,
        "document signer: subject without a country of two letters");
    RULE(sg_str_equal(ds->country, issuer_country), ISSUER,
        "document signer: C of subject and issuer differ");
    RULE(ds->state.n == 0 || issuer_state.n == 0 || sg_str_equal(ds->state, issuer_state), ISSUER,
        "document signer: ST of subject and issuer differ");
    return SG_DONE;
}

static sg_result
check_extensions(struct sg_arena *arena, X509 *cert, struct sg_why *why, struct x509_mdoc_ds *ds)
{
    uint32_t flags = X509_get_extension_flags(cert);
    RULE((flags & (EXFLAG_INVALID | EXFLAG_CRITICAL)) == 0, ISSUER,
        "document signer: an extension that is not understood");
    RULE((flags & EXFLAG_CA) == 0, ISSUER, "document signer: is a CA");
    RULE((flags & EXFLAG_SS) == 0, ISSUER, "document signer: self-signed");
    RULE(criticals_are_known(cert), ISSUER, "document signer: another critical extension");
    RULE(X509_get_key_usage(cert) == KU_DIGITAL_SIGNATURE && is_critical(cert, NID_key_usage),
        ISSUER, "document signer: key usage is not critical digitalSignature alone");
    RULE(signs_documents_only(cert), ISSUER,
        "document signer: extended key usage is not critical 1.0.18013.5.1.2 alone");
    RULE(X509_get0_subject_key_id(cert) != NULL, ISSUER, "document signer: no SKI");
    RULE(X509_get0_authority_key_id(cert) != NULL, ISSUER, "document signer: no AKI");
    RULE(has_issuer_alt_name(cert), ISSUER,
        "document signer: no issuerAltName with an e-mail address or a URI");
    sg_result crl = read_crl_uri(arena, cert, &ds->crl_uri);
    RULE(crl.code != SG_E_ISSUER, ISSUER, "document signer: no proper CRL distribution point");
    return crl;
}

static sg_result
check_ds(
    struct sg_arena *arena, X509 *cert, sg_bytes der, struct sg_why *why, struct x509_mdoc_ds *ret)
{
    struct x509_mdoc_ds ds = { 0 };
    SG_TRY(x509_leaf_of(arena, cert, der, &ds.leaf));
    RULE(X509_get_version(cert) == X509_VERSION_3, ISSUER, "document signer: not version 3");
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    RULE((ASN1_STRING_type(serial) & V_ASN1_NEG) == 0 && ASN1_STRING_length(serial) >= 1 &&
             ASN1_STRING_length(serial) <= SERIAL_MAX,
        ISSUER, "document signer: serial number");
    RULE(ds.leaf.not_after - ds.leaf.not_before <= (int64_t)X509_MDOC_DS_DAYS * DAY, ISSUER,
        "document signer: valid for more than 457 days");
    SG_TRY(check_extensions(arena, cert, why, &ds));
    SG_TRY(check_names(arena, cert, why, &ds));
    *ret = ds;
    return SG_DONE;
}

sg_result
x509_mdoc_ds_parse(
    struct sg_arena *arena, sg_bytes der, struct sg_why *why, struct x509_mdoc_ds *ret)
{
    SG_CLEANUP(x509_free)
    X509 *cert = NULL;
    SG_TRY(x509_decode(der, &cert));
    return check_ds(arena, cert, der, why, ret);
}

/* ---- the issuing certificate --------------------------------------------------------------------------- */

static bool
same_key_id(X509 *leaf, X509 *issuer)
{
    const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(leaf);
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer);
    return aki != NULL && ski != NULL && ASN1_OCTET_STRING_cmp(aki, ski) == 0;
}

static bool
lives_at_most(const X509 *cert, int days)
{
    int got_days;
    int seconds;
    return ASN1_TIME_diff(
               &got_days, &seconds, X509_get0_notBefore(cert), X509_get0_notAfter(cert)) == 1 &&
           got_days <= days;
}

static sg_result
check_iaca(struct sg_arena *arena, X509 *leaf, X509 *issuer, struct sg_why *why,
    const struct x509_mdoc_ds *ds)
{
    sg_str country;
    sg_str state;
    uint32_t flags = X509_get_extension_flags(issuer);
    RULE((flags & EXFLAG_CA) != 0 && is_critical(issuer, NID_basic_constraints) &&
             X509_get_pathlen(issuer) == 0,
        ISSUER, "IACA: basic constraints are not critical, CA, pathLen 0");
    RULE(X509_get_key_usage(issuer) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN) &&
             is_critical(issuer, NID_key_usage),
        ISSUER, "IACA: key usage is not critical keyCertSign and cRLSign alone");
    RULE(same_key_id(leaf, issuer), ISSUER, "IACA: its SKI is not the document signer's AKI");
    RULE(lives_at_most(issuer, X509_MDOC_IACA_DAYS), ISSUER, "IACA: valid for more than 20 years");
    SG_TRY(read_name(arena, X509_get_subject_name(issuer), NID_countryName, &country));
    SG_TRY(read_name(arena, X509_get_subject_name(issuer), NID_stateOrProvinceName, &state));
    RULE(sg_str_equal(country, ds->country), ISSUER, "IACA: C is not the document signer's");
    RULE(state.n == 0 || ds->state.n == 0 || sg_str_equal(state, ds->state), ISSUER,
        "IACA: ST is not the document signer's");
    return SG_DONE;
}

/* The root is trusted by configuration, never because it was sent along. */
sg_result
x509_mdoc_chain_check(const sg_bytes *chain, size_t n, struct sg_why *why)
{
    for (size_t i = 1; i < n; i++) {
        SG_CLEANUP(x509_free)
        X509 *cert = NULL;
        SG_TRY(x509_decode(chain[i], &cert));
        RULE((X509_get_extension_flags(cert) & EXFLAG_SS) == 0, ISSUER,
            "x5chain: holds a self-signed certificate");
    }
    return SG_DONE;
}

sg_result
x509_mdoc_verify(struct sg_arena *arena, const sg_bytes *chain, size_t n, const sg_bytes *anchors,
    size_t n_anchors, int64_t at, struct sg_why *why, struct x509_mdoc_ds *ret)
{
    SG_CLEANUP(x509_stack_free)
    STACK_OF(X509) *path = NULL;
    struct x509_mdoc_ds ds;
    SG_REQUIRE(n >= 1 && n <= X509_CHAIN_MAX, MALFORMED);
    SG_TRY(x509_mdoc_chain_check(chain, n, why));
    sg_result r = x509_path(chain, n, anchors, n_anchors, at, &path);
    if (!sg_ok(r)) {
        sg_why_note(why, "x5chain: no valid path to a trusted certificate", 0, 0);
        return r;
    }
    X509 *leaf = sk_X509_value(path, 0);
    SG_TRY(check_ds(arena, leaf, chain[0], why, &ds));
    if (sk_X509_num(path) > 1) {
        SG_TRY(check_iaca(arena, leaf, sk_X509_value(path, 1), why, &ds));
    }
    *ret = ds;
    return SG_DONE;
}
