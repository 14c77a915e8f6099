#include "reg_attest.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "key_public.h"
#include "reg_cert.h"
#include "reg_der.h"
#include "sg_text.h"

#define ROOTS_MAX 64
#define RSA_BITS_MIN 2048
#define PATH_LONG 128      /* longer than any path given */
#define KEY_CERT_SIGN 0x04 /* bit 5, counted from the most significant */
#define OID(...) \
    ((sg_bytes){ (const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }) })

/* What a path needs of a certificate; views into it. */
struct cert {
    sg_bytes tbs;
    sg_bytes sig_alg; /* OID content */
    sg_bytes signature;
    sg_bytes issuer;
    sg_bytes subject;
    struct reg_cert basic;
    bool basic_constraints;
    bool ca;
    bool
        path_bounded; /* pathLenConstraint: so many certificates may stand between it and the leaf */
    uint64_t path_len;
    bool key_usage;
    bool signs_certificates; /* keyCertSign, or no key usage at all */
    bool unknown_critical;
    bool has_aaguid;
    sg_bytes aaguid;
};

struct root {
    uint8_t *der; /* owns what `cert` looks at */
    struct cert cert;
    struct key_public *key; /* one of these */
    EVP_PKEY *rsa;
};

struct reg_roots {
    struct root roots[ROOTS_MAX];
    size_t n;
};

/* ---- a certificate ------------------------------------------------------------------------------------------------- */

/* AlgorithmIdentifier: the OID; parameters are looked at by nobody, since the key says them. */
static sg_result
alg_oid(struct reg_der in, sg_bytes *ret)
{
    struct reg_der oid;
    sg_bytes whole;
    SG_TRY(reg_der_take(&in, REG_DER_OID, &oid, &whole));
    *ret = sg_bytes_of(oid.p, oid.n);
    return SG_DONE;
}

/* RFC 5280 4.2.1.9: a number, and only of an authority. One byte says more than any path that we follow. */
static sg_result
path_len(struct reg_der *seq, struct cert *ret)
{
    struct reg_der number;
    sg_bytes whole;
    SG_TRY(reg_der_take(seq, REG_DER_INTEGER, &number, &whole));
    bool minimal = number.n == 1 || (number.n > 1 && (number.p[0] != 0 || number.p[1] >= 0x80));
    SG_REQUIRE(ret->ca && minimal && number.p[0] < 0x80, MALFORMED);
    ret->path_bounded = true;
    ret->path_len = number.n == 1 ? number.p[0] : PATH_LONG;
    return SG_DONE;
}

static sg_result
basic_constraints(sg_bytes value, struct cert *ret)
{
    struct reg_der in = { value.p, value.n };
    struct reg_der seq;
    struct reg_der flag;
    sg_bytes whole;
    SG_TRY(reg_der_take(&in, REG_DER_SEQUENCE, &seq, &whole));
    SG_REQUIRE(in.n == 0 && !ret->basic_constraints, MALFORMED);
    ret->basic_constraints = true;
    if (seq.n > 0 && seq.p[0] == REG_DER_BOOLEAN) {
        SG_TRY(reg_der_take(&seq, REG_DER_BOOLEAN, &flag, &whole));
        SG_REQUIRE(flag.n == 1 && flag.p[0] == 0xFF, MALFORMED); /* DER: false is left out */
        ret->ca = true;
    }
    if (seq.n > 0) {
        SG_TRY(path_len(&seq, ret));
    }
    SG_REQUIRE(seq.n == 0, MALFORMED);
    return SG_DONE;
}

/* RFC 5280 4.2.1.3: a BIT STRING; bit 5 is keyCertSign. */
static sg_result
key_usage_of(sg_bytes value, struct cert *ret)
{
    struct reg_der in = { value.p, value.n };
    struct reg_der bits;
    sg_bytes whole;
    SG_TRY(reg_der_take(&in, REG_DER_BITS, &bits, &whole));
    SG_REQUIRE(in.n == 0 && !ret->key_usage, MALFORMED);
    SG_REQUIRE(bits.n >= 2 && bits.n <= 3 && bits.p[0] < 8, MALFORMED);
    ret->key_usage = true;
    ret->signs_certificates = (bits.p[1] & KEY_CERT_SIGN) != 0;
    return SG_DONE;
}

static sg_result
extension(struct reg_der ext, struct cert *ret)
{
    const sg_bytes constraints = OID(0x55, 0x1D, 0x13);
    const sg_bytes key_usage = OID(0x55, 0x1D, 0x0F);
    /* 1.3.6.1.4.1.45724.1.1.4 */
    const sg_bytes aaguid = OID(0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xE5, 0x1C, 0x01, 0x01, 0x04);
    struct reg_der oid;
    struct reg_der flag;
    struct reg_der value;
    sg_bytes whole;
    bool critical = false;
    SG_TRY(reg_der_take(&ext, REG_DER_OID, &oid, &whole));
    if (ext.n > 0 && ext.p[0] == REG_DER_BOOLEAN) {
        SG_TRY(reg_der_take(&ext, REG_DER_BOOLEAN, &flag, &whole));
        SG_REQUIRE(flag.n == 1 && flag.p[0] == 0xFF, MALFORMED);
        critical = true;
    }
    SG_TRY(reg_der_take(&ext, REG_DER_OCTETS, &value, &whole));
    SG_REQUIRE(ext.n == 0, MALFORMED);
    sg_bytes name = sg_bytes_of(oid.p, oid.n);
    sg_bytes content = sg_bytes_of(value.p, value.n);
    if (sg_bytes_equal(name, constraints)) {
        return basic_constraints(content, ret);
    }
    if (sg_bytes_equal(name, aaguid)) {
        SG_REQUIRE(!critical && !ret->has_aaguid, MALFORMED); /* spec: 8.2.1: not critical */
        ret->has_aaguid = true;
        return webauthn_aaguid_extension(content, &ret->aaguid);
    }
    if (sg_bytes_equal(name, key_usage)) {
        return key_usage_of(content, ret);
    }
    ret->unknown_critical |= critical;
    return SG_DONE;
}

static sg_result
extensions(struct reg_der tbs, struct cert *ret)
{
    struct reg_der outer;
    struct reg_der list;
    sg_bytes whole;
    SG_REQUIRE(tbs.n > 0, MALFORMED); /* issuerUniqueID and the like are nobody's here */
    SG_TRY(reg_der_take(&tbs, REG_DER_EXTENSIONS, &outer, &whole));
    SG_REQUIRE(tbs.n == 0, MALFORMED);
    SG_TRY(reg_der_take(&outer, REG_DER_SEQUENCE, &list, &whole));
    SG_REQUIRE(outer.n == 0, MALFORMED);
    while (list.n > 0) {
        struct reg_der ext;
        SG_TRY(reg_der_take(&list, REG_DER_SEQUENCE, &ext, &whole));
        SG_TRY(extension(ext, ret));
    }
    return SG_DONE;
}

static sg_result
parse_tbs(struct reg_der tbs, struct cert *ret)
{
    struct reg_der part;
    struct reg_der number;
    sg_bytes whole;
    sg_bytes inner_alg;
    SG_TRY(reg_der_take(&tbs, REG_DER_VERSION, &part, &whole));
    SG_TRY(reg_der_take(&part, REG_DER_INTEGER, &number, &whole));
    SG_REQUIRE(part.n == 0 && number.n == 1 && number.p[0] == 2, MALFORMED); /* v3 */
    SG_TRY(reg_der_skip(&tbs, REG_DER_INTEGER));
    SG_TRY(reg_der_take(&tbs, REG_DER_SEQUENCE, &part, &whole));
    SG_TRY(alg_oid(part, &inner_alg));
    SG_REQUIRE(sg_bytes_equal(inner_alg, ret->sig_alg), MALFORMED);
    SG_TRY(reg_der_take(&tbs, REG_DER_SEQUENCE, &part, &ret->issuer));
    SG_TRY(reg_der_skip(&tbs, REG_DER_SEQUENCE)); /* validity: reg_cert */
    SG_TRY(reg_der_take(&tbs, REG_DER_SEQUENCE, &part, &ret->subject));
    SG_TRY(reg_der_skip(&tbs, REG_DER_SEQUENCE)); /* key: reg_cert */
    return extensions(tbs, ret);
}

static sg_result
parse_cert(sg_bytes der, struct cert *ret)
{
    struct reg_der in = { der.p, der.n };
    struct reg_der outer;
    struct reg_der tbs;
    struct reg_der part;
    sg_bytes whole;
    *ret = (struct cert){ .signs_certificates = true };
    SG_TRY(reg_cert_parse(der, &ret->basic));
    SG_TRY(reg_der_take(&in, REG_DER_SEQUENCE, &outer, &whole));
    SG_TRY(reg_der_take(&outer, REG_DER_SEQUENCE, &tbs, &ret->tbs));
    SG_TRY(reg_der_take(&outer, REG_DER_SEQUENCE, &part, &whole));
    SG_TRY(alg_oid(part, &ret->sig_alg));
    SG_TRY(reg_der_take(&outer, REG_DER_BITS, &part, &whole));
    SG_REQUIRE(outer.n == 0 && part.n > 1 && part.p[0] == 0, MALFORMED);
    ret->signature = sg_bytes_of(part.p + 1, part.n - 1);
    return parse_tbs(tbs, ret);
}

/* ---- who signed it --------------------------------------------------------------------------------------------------- */

/* Signature in X.509's form under one of our keys, whose algorithm says the hash. */
static sg_result
signed_by(const struct key_public *key, sg_bytes message, sg_bytes signature)
{
    uint8_t raw[WEBAUTHN_RAW_SIG_MAX];
    const struct key_alg_row *row = key_public_alg(key);
    if (row->alg == KEY_EDDSA) {
        return key_public_verify_message(key, message, signature);
    }
    SG_TRY(webauthn_raw_signature(signature, row->coord_len, raw));
    return key_public_verify_message(key, message, sg_bytes_of(raw, row->sig_len));
}

static void
md_free(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

static bool
rsa_signed(EVP_PKEY *key, sg_bytes message, sg_bytes signature)
{
    EVP_MD_CTX *ctx SG_CLEANUP(md_free)
    = EVP_MD_CTX_new();
    return ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
           EVP_DigestVerify(ctx, signature.p, signature.n, message.p, message.n) == 1;
}

static uint64_t
alg_of_oid(sg_bytes oid)
{
    const sg_bytes es256 = OID(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02);
    const sg_bytes es384 = OID(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03);
    const sg_bytes ed25519 = OID(0x2B, 0x65, 0x70);
    return sg_bytes_equal(oid, es256)     ? KEY_ES256
           : sg_bytes_equal(oid, es384)   ? KEY_ES384
           : sg_bytes_equal(oid, ed25519) ? KEY_EDDSA
                                          : KEY_ALG_NONE;
}

static bool
certified_by(const struct cert *cert, const struct key_public *key)
{
    return (uint64_t)key_public_alg(key)->alg == alg_of_oid(cert->sig_alg) &&
           sg_ok(signed_by(key, cert->tbs, cert->signature));
}

/* RFC 5280 6.1.4 (k) to (n): an authority whose key may sign certificates, with `between` of them already below it. */
static bool
may_certify(const struct cert *above, uint64_t between)
{
    return above->ca && above->signs_certificates &&
           (!above->path_bounded || between <= above->path_len);
}

/* What an operator's root says of itself binds too, although RFC 5280 6.1 leaves that to the application. */
static bool
certified_by_root(const struct cert *cert, const struct root *root, uint64_t between, int64_t now)
{
    const sg_bytes rsa_sha256 = OID(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B);
    if (!sg_bytes_equal(cert->issuer, root->cert.subject) || now < root->cert.basic.not_before ||
        now > root->cert.basic.not_after || !may_certify(&root->cert, between)) {
        return false;
    }
    if (root->key != NULL) {
        return certified_by(cert, root->key);
    }
    return sg_bytes_equal(cert->sig_alg, rsa_sha256) &&
           rsa_signed(root->rsa, cert->tbs, cert->signature);
}

static bool
valid_now(const struct cert *cert, int64_t now)
{
    return now >= cert->basic.not_before && now <= cert->basic.not_after && !cert->unknown_critical;
}

/* ---- the leaf (8.2.1) -------------------------------------------------------------------------------------------------- */

struct named {
    bool country, organisation, unit, common;
};

static sg_result
attribute(struct reg_der pair, struct named *ret)
{
    struct reg_der oid;
    struct reg_der text;
    sg_bytes whole;
    SG_TRY(reg_der_take(&pair, REG_DER_OID, &oid, &whole));
    SG_REQUIRE(
        pair.n > 0 && (pair.p[0] == REG_DER_UTF8 || pair.p[0] == REG_DER_PRINTABLE), MALFORMED);
    SG_TRY(reg_der_take(&pair, pair.p[0], &text, &whole));
    SG_REQUIRE(pair.n == 0 && text.n > 0, MALFORMED);
    sg_bytes name = sg_bytes_of(oid.p, oid.n);
    sg_str value = sg_str_of((const char *)text.p, text.n);
    ret->country |= sg_bytes_equal(name, OID(0x55, 0x04, 0x06)) && value.n == 2;
    ret->organisation |= sg_bytes_equal(name, OID(0x55, 0x04, 0x0A));
    ret->unit |= sg_bytes_equal(name, OID(0x55, 0x04, 0x0B)) &&
                 sg_str_is(value, "Authenticator Attestation");
    ret->common |= sg_bytes_equal(name, OID(0x55, 0x04, 0x03));
    return SG_DONE;
}

static sg_result
check_subject(sg_bytes subject)
{
    struct reg_der in = { subject.p, subject.n };
    struct reg_der names;
    sg_bytes whole;
    struct named named = { false, false, false, false };
    SG_TRY(reg_der_take(&in, REG_DER_SEQUENCE, &names, &whole));
    while (names.n > 0) {
        struct reg_der set;
        SG_TRY(reg_der_take(&names, REG_DER_SET, &set, &whole));
        while (set.n > 0) {
            struct reg_der pair;
            SG_TRY(reg_der_take(&set, REG_DER_SEQUENCE, &pair, &whole));
            SG_TRY(attribute(pair, &named));
        }
    }
    SG_REQUIRE(named.country && named.organisation && named.unit && named.common, MALFORMED);
    return SG_DONE;
}

static sg_result
check_leaf(const struct cert *leaf, sg_bytes aaguid)
{
    SG_TRY(check_subject(leaf->subject));
    SG_REQUIRE(leaf->basic_constraints && !leaf->ca, MALFORMED);
    SG_REQUIRE(!leaf->has_aaguid || sg_bytes_equal(leaf->aaguid, aaguid), MALFORMED);
    return SG_DONE;
}

/* ---- the path -------------------------------------------------------------------------------------------------------- */

static bool
under_a_root(const struct reg_roots *roots, const struct cert *cert, uint64_t between, int64_t now)
{
    for (size_t i = 0; roots != NULL && i < roots->n; i++) {
        if (certified_by_root(cert, &roots->roots[i], between, now)) {
            return true;
        }
    }
    return false;
}

/*
 * Each certificate given may stand between the last one and a root. What does not fit ends the search: not attested. One that names itself as its issuer is
 * not counted (RFC 5280 6.1.4 (l)); how many are given is bounded anyway.
 */
static bool
has_path(const struct reg_roots *roots, const struct webauthn_attestation *statement,
    struct cert leaf, int64_t now)
{
    struct cert below = leaf;
    uint64_t between = 0;
    for (size_t i = 1;; i++) {
        if (!valid_now(&below, now)) {
            return false;
        }
        if (under_a_root(roots, &below, between, now)) {
            return true;
        }
        struct cert above;
        struct key_public *key = NULL;
        if (i >= statement->n_x5c || !sg_ok(parse_cert(statement->x5c[i], &above)) ||
            !may_certify(&above, between) || !sg_bytes_equal(below.issuer, above.subject) ||
            !sg_ok(key_public_new(above.basic.spki, &key))) {
            return false;
        }
        bool fits = certified_by(&below, key);
        key_public_free(&key);
        if (!fits) {
            return false;
        }
        between += !sg_bytes_equal(above.issuer, above.subject);
        below = above;
    }
}

uint64_t
reg_attest_alg(int64_t cose_alg)
{
    return cose_alg == WEBAUTHN_ES256   ? KEY_ES256
           : cose_alg == WEBAUTHN_ES384 ? KEY_ES384
           : cose_alg == WEBAUTHN_EDDSA ? KEY_EDDSA
                                        : KEY_ALG_NONE;
}

static sg_result
verify_self(const struct webauthn_attestation *statement, sg_bytes message)
{
    const struct webauthn_key *own = &statement->auth_data.key;
    struct key_public *key = NULL;
    SG_TRY(key_public_of_point(
        (enum key_alg)reg_attest_alg(own->alg), sg_bytes_of(own->point, own->point_n), &key));
    sg_result r = signed_by(key, message, statement->signature);
    key_public_free(&key);
    return r;
}

sg_result
reg_attest_packed(const struct reg_roots *roots, const struct webauthn_attestation *statement,
    sg_bytes message, int64_t now, bool *ret_attested)
{
    struct cert leaf;
    struct key_public *key = NULL;
    *ret_attested = false;
    if (statement->n_x5c == 0) {
        return verify_self(statement, message);
    }
    SG_TRY(parse_cert(statement->x5c[0], &leaf));
    sg_result r = key_public_new(leaf.basic.spki, &key);
    if (r.code == SG_E_ALGORITHM || reg_attest_alg(statement->alg) == KEY_ALG_NONE) {
        key_public_free(&key);
        return SG_DONE;
    }
    SG_TRY(r);
    bool same = (uint64_t)key_public_alg(key)->alg == reg_attest_alg(statement->alg);
    r = same ? signed_by(key, message, statement->signature) : SG_ERROR(SIGNATURE);
    key_public_free(&key);
    SG_TRY(r);
    SG_TRY(check_leaf(&leaf, statement->auth_data.aaguid));
    *ret_attested = has_path(roots, statement, leaf, now);
    return SG_DONE;
}

/* ---- roots ------------------------------------------------------------------------------------------------------------- */

struct reg_roots *
reg_roots_new(void)
{
    return calloc(1, sizeof(struct reg_roots));
}

static void
root_free(struct root *root)
{
    key_public_free(&root->key);
    EVP_PKEY_free(root->rsa);
    free(root->der);
}

void
reg_roots_free(struct reg_roots **roots)
{
    for (size_t i = 0; *roots != NULL && i < (*roots)->n; i++) {
        root_free(&(*roots)->roots[i]);
    }
    free(*roots);
    *roots = NULL;
}

size_t
reg_roots_n(const struct reg_roots *roots)
{
    return roots->n;
}

/* RSA: the operator's own file, so that libcrypto's decoder may read it. */
static sg_result
rsa_key(sg_bytes spki, EVP_PKEY **ret)
{
    const unsigned char *p = spki.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.n);
    bool good = key != NULL && p == spki.p + spki.n && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
                EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
    if (!good) {
        EVP_PKEY_free(key);
        SG_FAIL(KEY_INVALID);
    }
    *ret = key;
    return SG_DONE;
}

static sg_result
fill_root(struct root *root, sg_bytes der)
{
    SG_REQUIRE(der.n > 0, MALFORMED);
    root->der = malloc(der.n);
    SG_REQUIRE(root->der != NULL, NO_MEMORY);
    memcpy(root->der, der.p, der.n);
    SG_TRY(parse_cert(sg_bytes_of(root->der, der.n), &root->cert));
    SG_REQUIRE(root->cert.ca && root->cert.signs_certificates, MALFORMED);
    SG_REQUIRE(!root->cert.unknown_critical, UNSUPPORTED); /* a limit that we would not keep */
    sg_result r = key_public_new(root->cert.basic.spki, &root->key);
    return r.code == SG_E_ALGORITHM ? rsa_key(root->cert.basic.spki, &root->rsa) : r;
}

static sg_result
add_der(struct reg_roots *roots, sg_bytes der)
{
    struct root root = { 0 };
    SG_REQUIRE(roots->n < ROOTS_MAX, FULL);
    sg_result r = fill_root(&root, der);
    if (!sg_ok(r)) {
        root_free(&root);
        return r;
    }
    roots->roots[roots->n++] = root;
    return SG_DONE;
}

/* RFC 7468: base64 between the lines; white space between its characters. */
static sg_result
decode_pem(struct reg_roots *roots, struct sg_arena *arena, sg_str text)
{
    char *plain = sg_arena_alloc(arena, text.n);
    size_t n = 0;
    sg_bytes der;
    SG_REQUIRE(plain != NULL, NO_MEMORY);
    for (size_t i = 0; i < text.n; i++) {
        if (strchr(" \t\r\n", text.p[i]) == NULL || text.p[i] == '\0') {
            plain[n++] = text.p[i];
        }
    }
    SG_TRY(sg_b64_decode(arena, sg_str_of(plain, n), &der));
    return add_der(roots, der);
}

static sg_result
add_pem(struct reg_roots *roots, sg_str text)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)256 * 1024);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    sg_result r = decode_pem(roots, arena, text);
    sg_arena_free(&arena);
    return r;
}

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"

static const char *
find(sg_str in, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= in.n; i++) {
        if (memcmp(in.p + i, word, n) == 0) {
            return in.p + i;
        }
    }
    return NULL;
}

sg_result
reg_roots_add(struct reg_roots *roots, sg_bytes file)
{
    sg_str rest = sg_bytes_str(file);
    size_t added = 0;
    for (const char *begin; (begin = find(rest, PEM_BEGIN)) != NULL; added++) {
        const char *text = begin + sizeof(PEM_BEGIN) - 1;
        rest = sg_str_of(text, (size_t)(rest.p + rest.n - text));
        const char *end = find(rest, PEM_END);
        SG_REQUIRE(end != NULL, MALFORMED);
        SG_TRY(add_pem(roots, sg_str_of(text, (size_t)(end - text))));
        rest = sg_str_of(end, (size_t)(rest.p + rest.n - end));
    }
    return added > 0 ? SG_DONE : add_der(roots, file);
}
