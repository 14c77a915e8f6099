/* One certificate: its key, names and times. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509_object.h"

sg_result
x509_decode(sg_bytes der, X509 **ret)
{
    SG_REQUIRE(der.n > 0 && der.n <= X509_CERT_MAX, MALFORMED);
    const uint8_t *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);
    ERR_clear_error();
    if (cert == NULL || p != der.p + der.n) {
        X509_free(cert);
        SG_FAIL(MALFORMED);
    }
    *ret = cert;
    return SG_DONE;
}

static sg_result
leaf_key(struct sg_arena *arena, X509 *cert, struct jwk *ret)
{
    uint8_t *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    SG_REQUIRE(n > 0, MALFORMED);
    sg_result r = jwk_from_spki(arena, sg_bytes_of(der, (size_t)n), ret);
    OPENSSL_free(der);
    return r;
}

/* Seconds since 1970; by difference, which needs no time zone. */
static sg_result
seconds(const ASN1_TIME *time, int64_t *ret)
{
    int days;
    int rest;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    SG_REQUIRE(epoch != NULL, NO_MEMORY);
    int ok = ASN1_TIME_diff(&days, &rest, epoch, time);
    ASN1_TIME_free(epoch);
    SG_REQUIRE(ok == 1, MALFORMED);
    *ret = (int64_t)days * 86400 + rest;
    return SG_DONE;
}

/* A NUL inside a name has fooled many; such a name is not taken (the text stays empty). */
static sg_result
name_text(struct sg_arena *arena, const void *p, int n, sg_str *ret)
{
    if (n < 0 || (n > 0 && memchr(p, 0, (size_t)n) != NULL)) {
        SG_FAIL(MALFORMED);
    }
    return sg_arena_str(arena, sg_str_of(p, (size_t)n), ret);
}

static sg_result
common_name(struct sg_arena *arena, const X509 *cert, sg_str *ret)
{
    const X509_NAME *subject = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) {
        return SG_DONE;
    }
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    ERR_clear_error();
    SG_REQUIRE(n >= 0, MALFORMED);
    sg_result r = name_text(arena, utf8, n, ret);
    OPENSSL_free(utf8);
    return r;
}

/* IA5String: ASCII (RFC 5280 4.2.1.6). Names beyond the eighth of a kind are not looked at. */
static sg_result
alternative_name(struct sg_arena *arena, const ASN1_IA5STRING *text, sg_str *list, size_t *n)
{
    if (*n == 8) {
        return SG_DONE;
    }
    const uint8_t *p = ASN1_STRING_get0_data(text);
    int len = ASN1_STRING_length(text);
    for (int i = 0; i < len; i++) {
        SG_REQUIRE(p[i] < 0x80, MALFORMED);
    }
    SG_TRY(name_text(arena, p, len, &list[*n]));
    (*n)++;
    return SG_DONE;
}

static void
general_names_free(GENERAL_NAMES **names)
{
    GENERAL_NAMES_free(*names);
}

static sg_result
alternative_names(struct sg_arena *arena, X509 *cert, struct x509_leaf *leaf)
{
    int found;
    SG_CLEANUP(general_names_free)
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, &found, NULL);
    ERR_clear_error();
    SG_REQUIRE(names != NULL || found == -1, MALFORMED); /* unreadable, or there twice */
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_URI) {
            SG_TRY(alternative_name(
                arena, name->d.uniformResourceIdentifier, leaf->san_uris, &leaf->n_san_uris));
        } else if (name->type == GEN_DNS) {
            SG_TRY(alternative_name(arena, name->d.dNSName, leaf->san_dns, &leaf->n_san_dns));
        }
    }
    return SG_DONE;
}

sg_result
x509_leaf_of(struct sg_arena *arena, X509 *cert, sg_bytes der, struct x509_leaf *ret)
{
    struct x509_leaf leaf = { 0 };
    SG_TRY(leaf_key(arena, cert, &leaf.key));
    sg_sha256(der, leaf.sha256);
    SG_TRY(seconds(X509_get0_notBefore(cert), &leaf.not_before));
    SG_TRY(seconds(X509_get0_notAfter(cert), &leaf.not_after));
    SG_TRY(common_name(arena, cert, &leaf.subject_cn));
    SG_TRY(alternative_names(arena, cert, &leaf));
    *ret = leaf;
    return SG_DONE;
}

sg_result
x509_leaf_parse(struct sg_arena *arena, sg_bytes der, struct x509_leaf *ret)
{
    SG_CLEANUP(x509_free)
    X509 *cert = NULL;
    SG_TRY(x509_decode(der, &cert));
    return x509_leaf_of(arena, cert, der, ret);
}
