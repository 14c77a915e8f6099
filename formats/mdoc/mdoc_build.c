/* Items, digests, the MSO and what is signed. spec: ISO/IEC 18013-5 9.1.2; traps of specs/mdoc-issuance. req: FMT-2 */
#include "mdoc_int.h"

enum { SHUFFLE_LEN = 8 };

sg_result
mdoc_signer_open(struct sg_arena *arena, const struct jose_alg *alg, const sg_bytes *chain,
    size_t n, struct sg_why *why, struct mdoc_signer *ret)
{
    struct mdoc_signer signer = { .alg = alg, .x5chain = chain, .n_x5chain = n };
    MDOC_RULE(alg != NULL, ALGORITHM, "document signer: no algorithm");
    MDOC_RULE(n >= 1 && n <= COSE_X5CHAIN_MAX, MALFORMED, "x5chain: number of certificates");
    SG_TRY(x509_mdoc_chain_check(chain, n, why));
    SG_TRY(x509_mdoc_ds_parse(arena, chain[0], why, &signer.ds));
    MDOC_RULE(alg->kty == signer.ds.leaf.key.kty && alg->crv == signer.ds.leaf.key.crv, ALGORITHM,
        "document signer: the algorithm does not fit its key");
    *ret = signer;
    return SG_DONE;
}

/* ---- what is asked for ------------------------------------------------------------------------------------ */

static bool
is_name(sg_str name)
{
    return name.n >= 1 && name.n <= MDOC_NAME_MAX;
}

static sg_result
check_name_space(const struct mdoc_build *build, size_t at, struct sg_why *why)
{
    const struct mdoc_name_space *ns = &build->name_spaces[at];
    MDOC_RULE(is_name(ns->name), VALUE, "build: name of a namespace");
    MDOC_RULE(ns->n_elements >= 1, CLAIMS, "build: a namespace without elements");
    MDOC_RULE(ns->n_decoys <= MDOC_DECOYS_MAX, TOO_LARGE, "build: too many decoys");
    for (size_t i = 0; i < at; i++) {
        MDOC_RULE(!sg_str_equal(build->name_spaces[i].name, ns->name), VALUE,
            "build: a namespace stands there twice");
    }
    for (size_t i = 0; i < ns->n_elements; i++) {
        MDOC_RULE(is_name(ns->elements[i].identifier), VALUE, "build: identifier of an element");
        for (size_t k = 0; k < i; k++) {
            MDOC_RULE(!sg_str_equal(ns->elements[i].identifier, ns->elements[k].identifier), CLAIMS,
                "build: an element stands there twice");
        }
    }
    return SG_DONE;
}

static sg_result
count(const struct mdoc_build *build, size_t *ret_elements, size_t *ret_decoys)
{
    size_t elements = 0;
    size_t decoys = 0;
    SG_REQUIRE(build->n_name_spaces <= MDOC_NAME_SPACES_MAX, TOO_LARGE);
    for (size_t i = 0; i < build->n_name_spaces; i++) {
        const struct mdoc_name_space *ns = &build->name_spaces[i];
        SG_REQUIRE(
            ns->n_elements <= MDOC_ELEMENTS_MAX && ns->n_decoys <= MDOC_DECOYS_MAX, TOO_LARGE);
        elements += ns->n_elements;
        decoys += ns->n_decoys;
    }
    SG_REQUIRE(elements <= MDOC_ELEMENTS_MAX, TOO_LARGE);
    *ret_elements = elements;
    *ret_decoys = decoys;
    return SG_DONE;
}

sg_result
mdoc_random_need(const struct mdoc_build *build, size_t *ret)
{
    size_t elements;
    size_t decoys;
    SG_TRY(count(build, &elements, &decoys));
    *ret = elements * (MDOC_RANDOM_LEN + SHUFFLE_LEN) +
           decoys * (sg_hash_len(build->digest) + SHUFFLE_LEN);
    return SG_DONE;
}

static sg_result
take(struct mdoc_random *random, size_t n, const uint8_t **ret)
{
    SG_REQUIRE(random->bytes.p != NULL && random->used <= random->bytes.n &&
                   n <= random->bytes.n - random->used,
        INTERNAL);
    *ret = random->bytes.p + random->used;
    random->used += n;
    return SG_DONE;
}

/* 7 of the verifier's checks: a reader compares these with the certificate, so a wrong one must not leave the house. */
static sg_result
check_country(const struct mdoc_build *build, const struct x509_mdoc_ds *ds, struct sg_why *why)
{
    for (size_t i = 0; i < build->n_name_spaces; i++) {
        const struct mdoc_name_space *ns = &build->name_spaces[i];
        for (size_t k = 0; sg_str_is(ns->name, MDOC_MDL_NAME_SPACE) && k < ns->n_elements; k++) {
            const struct mdoc_element *e = &ns->elements[k];
            sg_str text = e->value == NULL ? SG_NO_STR : e->value->text;
            MDOC_RULE(
                !sg_str_is(e->identifier, "issuing_country") || sg_str_equal(text, ds->country),
                CLAIMS, "build: issuing_country is not the certificate's C");
            MDOC_RULE(!sg_str_is(e->identifier, "issuing_jurisdiction") || ds->state.n == 0 ||
                          sg_str_equal(text, ds->state),
                CLAIMS, "build: issuing_jurisdiction is not the certificate's ST");
        }
    }
    return SG_DONE;
}

static sg_result
check_authorizations(const struct mdoc_build *build, struct sg_why *why)
{
    MDOC_RULE(build->n_authorizations <= MDOC_NAME_SPACES_MAX, TOO_LARGE, "build: authorizations");
    for (size_t i = 0; i < build->n_authorizations; i++) {
        const struct mdoc_authorization *a = &build->authorizations[i];
        MDOC_RULE(is_name(a->name_space) && a->n_elements <= MDOC_ELEMENTS_MAX, VALUE,
            "build: authorizations");
        for (size_t k = 0; k < i; k++) {
            MDOC_RULE(!sg_str_equal(a->name_space, build->authorizations[k].name_space), VALUE,
                "build: a namespace is authorised twice");
        }
    }
    return SG_DONE;
}

static int64_t
cut(int64_t at, int64_t unit)
{
    return at - at % unit;
}

struct times {
    int64_t signed_at;
    int64_t valid_from;
    int64_t valid_until;
    int64_t expected_update;
};

static sg_result
decide_times(const struct mdoc_build *build, const struct x509_leaf *leaf, struct sg_why *why,
    struct times *ret)
{
    int64_t unit = build->unit_s;
    MDOC_RULE(unit >= 1 && build->signed_at >= 0, VALUE, "build: times");
    MDOC_RULE(build->valid_from >= build->signed_at && build->valid_until > build->valid_from,
        VALUE, "build: signed, validFrom and validUntil are out of order");
    MDOC_RULE(build->signed_at >= leaf->not_before, NOT_YET,
        "build: the document signer's certificate is not valid yet");
    MDOC_RULE(build->signed_at <= leaf->not_after, EXPIRED,
        "build: the document signer's certificate has expired");
    struct times t = { cut(build->signed_at, unit), cut(build->valid_from, unit),
        cut(build->valid_until, unit), cut(build->expected_update, unit) };
    t.signed_at = t.signed_at < leaf->not_before ? leaf->not_before : t.signed_at;
    t.valid_from = t.valid_from < t.signed_at ? t.signed_at : t.valid_from;
    MDOC_RULE(t.valid_until > t.valid_from, VALUE,
        "build: nothing of the validity is left after cutting");
    MDOC_RULE(build->outlive_signer || t.valid_until <= leaf->not_after, VALUE,
        "build: validUntil is after the end of the document signer's certificate");
    MDOC_RULE(build->expected_update == 0 || t.expected_update > t.signed_at, VALUE,
        "build: expectedUpdate");
    *ret = t;
    return SG_DONE;
}

static sg_result
check_build(const struct mdoc_build *build, const struct mdoc_signer *signer, struct sg_why *why,
    struct times *ret)
{
    size_t elements;
    size_t decoys;
    MDOC_RULE(is_name(build->doc_type), VALUE, "build: docType");
    MDOC_RULE(mdoc_digest_name(build->digest) != NULL, ALGORITHM, "build: digest algorithm");
    MDOC_RULE(build->n_name_spaces >= 1, CLAIMS, "build: no namespace");
    MDOC_RULE(build->device_key != NULL, KEY_INVALID, "build: no device key");
    MDOC_TRY(count(build, &elements, &decoys), "build: too many elements");
    for (size_t i = 0; i < build->n_name_spaces; i++) {
        SG_TRY(check_name_space(build, i, why));
    }
    SG_TRY(check_country(build, &signer->ds, why));
    SG_TRY(check_authorizations(build, why));
    MDOC_TRY(mdoc_status_check(&build->status), "build: status");
    return decide_times(build, &signer->ds.leaf, why, ret);
}

/* ---- items and their digests -------------------------------------------------------------------------------- */

struct digests {
    uint8_t *bytes; /* by digest id */
    size_t n;
};

/* A permutation of 0..n (Fisher-Yates); the modulus of 64 random bits is even to one in 2^50. Ids tell nothing about the elements' order. */
static sg_result
shuffle(struct mdoc_random *random, uint32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ids[i] = (uint32_t)i;
    }
    for (size_t i = n; i > 0; i--) {
        const uint8_t *bytes;
        uint64_t draw;
        SG_TRY(take(random, SHUFFLE_LEN, &bytes));
        memcpy(&draw, bytes, sizeof(draw));
        size_t k = (size_t)(draw % i);
        uint32_t other = ids[k];
        ids[k] = ids[i - 1];
        ids[i - 1] = other;
    }
    return SG_DONE;
}

/* The tagged item at the end of `out`; `scratch` holds its content first, for the byte string's head. */
static sg_result
put_item(struct sg_arena *arena, struct sg_buf *out, struct sg_buf *scratch,
    const struct mdoc_element *element, uint32_t id, const uint8_t *random, struct sg_why *why)
{
    sg_bytes content;
    scratch->n = 0;
    dcbor_wr_map(scratch, 4);
    dcbor_wr_text(scratch, SG_LIT("digestID"));
    dcbor_wr_uint(scratch, id);
    dcbor_wr_text(scratch, SG_LIT("random"));
    dcbor_wr_bytes(scratch, sg_bytes_of(random, MDOC_RANDOM_LEN));
    dcbor_wr_text(scratch, SG_LIT("elementIdentifier"));
    dcbor_wr_text(scratch, element->identifier);
    dcbor_wr_text(scratch, SG_LIT("elementValue"));
    SG_TRY(mdoc_value_put(scratch, arena, &element->type, element->value, why));
    SG_TRY(sg_buf_end(scratch, &content));
    dcbor_wr_tag(out, MDOC_TAG_ENCODED);
    dcbor_wr_bytes(out, content);
    return SG_DONE;
}

/* One namespace: its items behind each other in `out`, its digests by id. */
static sg_result
put_name_space(struct sg_arena *arena, struct sg_buf *out, struct sg_buf *scratch,
    const struct mdoc_build *build, size_t at, struct mdoc_random *random, struct sg_why *why,
    struct digests *digests)
{
    const struct mdoc_name_space *ns = &build->name_spaces[at];
    size_t len = sg_hash_len(build->digest);
    size_t n = ns->n_elements + ns->n_decoys;
    const uint8_t *bytes;
    sg_bytes whole;
    uint32_t *ids = SG_NEW_ARRAY(arena, n, uint32_t);
    digests->bytes = SG_NEW_ARRAY(arena, n * len, uint8_t);
    digests->n = n;
    SG_REQUIRE(ids != NULL && digests->bytes != NULL, NO_MEMORY);
    SG_TRY(shuffle(random, ids, n));
    dcbor_wr_text(out, ns->name);
    dcbor_wr_array(out, ns->n_elements);
    for (size_t i = 0; i < ns->n_elements; i++) {
        size_t from = out->n;
        SG_TRY(take(random, MDOC_RANDOM_LEN, &bytes));
        SG_TRY(put_item(arena, out, scratch, &ns->elements[i], ids[i], bytes, why));
        SG_TRY(sg_buf_end(out, &whole));
        /* 9.1.2.5: over the tagged item, head and all */
        sg_hash(build->digest, sg_bytes_slice(whole, from, whole.n),
            digests->bytes + (size_t)ids[i] * len);
    }
    for (size_t i = ns->n_elements; i < n; i++) {
        SG_TRY(take(random, len, &bytes));
        memcpy(digests->bytes + (size_t)ids[i] * len, bytes, len);
    }
    return SG_DONE;
}

/* ---- the MSO -------------------------------------------------------------------------------------------------- */

static void
put_value_digests(struct sg_buf *buf, const struct mdoc_build *build, const struct digests *digests)
{
    size_t len = sg_hash_len(build->digest);
    dcbor_wr_text(buf, SG_LIT("valueDigests"));
    dcbor_wr_map(buf, build->n_name_spaces);
    for (size_t i = 0; i < build->n_name_spaces; i++) {
        dcbor_wr_text(buf, build->name_spaces[i].name);
        dcbor_wr_map(buf, digests[i].n);
        for (size_t id = 0; id < digests[i].n; id++) {
            dcbor_wr_key_bytes(buf, id, sg_bytes_of(digests[i].bytes + id * len, len));
        }
    }
}

static void
put_texts(struct sg_buf *buf, const sg_str *texts, size_t n)
{
    dcbor_wr_array(buf, n);
    for (size_t i = 0; i < n; i++) {
        dcbor_wr_text(buf, texts[i]);
    }
}

static void
put_authorizations(struct sg_buf *buf, const struct mdoc_build *build)
{
    const struct mdoc_authorization *list = build->authorizations;
    size_t whole = 0;
    for (size_t i = 0; i < build->n_authorizations; i++) {
        whole += list[i].n_elements == 0;
    }
    size_t single = build->n_authorizations - whole;
    dcbor_wr_text(buf, SG_LIT("keyAuthorizations"));
    dcbor_wr_map(buf, (uint64_t)(whole > 0) + (single > 0));
    if (whole > 0) {
        dcbor_wr_text(buf, SG_LIT("nameSpaces"));
        dcbor_wr_array(buf, whole);
        for (size_t i = 0; i < build->n_authorizations; i++) {
            if (list[i].n_elements == 0) {
                dcbor_wr_text(buf, list[i].name_space);
            }
        }
    }
    if (single > 0) {
        dcbor_wr_text(buf, SG_LIT("dataElements"));
        dcbor_wr_map(buf, single);
        for (size_t i = 0; i < build->n_authorizations; i++) {
            if (list[i].n_elements > 0) {
                dcbor_wr_text(buf, list[i].name_space);
                put_texts(buf, list[i].elements, list[i].n_elements);
            }
        }
    }
}

static void
put_time(struct sg_buf *buf, const char *name, int64_t at)
{
    dcbor_wr_text(buf, sg_cstr(name));
    mdoc_put_tdate(buf, at);
}

static void
put_validity(struct sg_buf *buf, const struct times *times)
{
    dcbor_wr_text(buf, SG_LIT("validityInfo"));
    dcbor_wr_map(buf, times->expected_update != 0 ? 4 : 3);
    put_time(buf, "signed", times->signed_at);
    put_time(buf, "validFrom", times->valid_from);
    put_time(buf, "validUntil", times->valid_until);
    if (times->expected_update != 0) {
        put_time(buf, "expectedUpdate", times->expected_update);
    }
}

static sg_result
encode_mso(struct sg_arena *arena, const struct mdoc_build *build, const struct digests *digests,
    const struct times *times, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 2048, MDOC_MAX);
    bool status = build->status.kind != MDOC_STATUS_NONE;
    sg_bytes mso;
    dcbor_wr_map(&buf, status ? 7 : 6);
    dcbor_wr_text(&buf, SG_LIT("version"));
    dcbor_wr_text(&buf, SG_LIT("1.0"));
    dcbor_wr_text(&buf, SG_LIT("digestAlgorithm"));
    dcbor_wr_text(&buf, sg_cstr(mdoc_digest_name(build->digest)));
    put_value_digests(&buf, build, digests);
    dcbor_wr_text(&buf, SG_LIT("deviceKeyInfo"));
    dcbor_wr_map(&buf, build->n_authorizations > 0 ? 2 : 1);
    dcbor_wr_text(&buf, SG_LIT("deviceKey"));
    cose_key_put(&buf, build->device_key);
    if (build->n_authorizations > 0) {
        put_authorizations(&buf, build);
    }
    dcbor_wr_text(&buf, SG_LIT("docType"));
    dcbor_wr_text(&buf, build->doc_type);
    put_validity(&buf, times);
    if (status) {
        mdoc_status_put(&buf, &build->status);
    }
    SG_TRY(sg_buf_end(&buf, &mso));
    struct sg_buf tagged = sg_buf_new(arena, mso.n + 16, MDOC_MAX);
    dcbor_wr_tag(&tagged, MDOC_TAG_ENCODED);
    dcbor_wr_bytes(&tagged, mso);
    return sg_buf_end(&tagged, ret);
}

/* ---- the two halves -------------------------------------------------------------------------------------------- */

sg_result
mdoc_prepare(struct sg_arena *arena, const struct mdoc_build *build,
    const struct mdoc_signer *signer, struct mdoc_random *random, struct sg_why *why,
    struct mdoc_pending *ret)
{
    struct times times;
    struct digests digests[MDOC_NAME_SPACES_MAX];
    struct mdoc_pending pending = { .alg = signer->alg,
        .headers = { .alg = signer->alg,
            .x5chain = signer->x5chain,
            .n_x5chain = signer->n_x5chain,
            .x5chain_protected = signer->x5chain_protected } };
    SG_TRY(check_build(build, signer, why, &times));
    struct sg_buf out = sg_buf_new(arena, 4096, MDOC_MAX);
    struct sg_buf scratch = sg_buf_new(arena, 1024, MDOC_MAX);
    dcbor_wr_map(&out, build->n_name_spaces);
    for (size_t i = 0; i < build->n_name_spaces; i++) {
        SG_TRY(put_name_space(arena, &out, &scratch, build, i, random, why, &digests[i]));
    }
    SG_TRY(sg_buf_end(&out, &pending.name_spaces));
    MDOC_TRY(encode_mso(arena, build, digests, &times, &pending.mso), "build: MSO");
    SG_TRY(cose_protected(arena, &pending.headers, &pending.protected_bstr));
    SG_TRY(cose_to_be_signed(
        arena, pending.protected_bstr, SG_NO_BYTES, pending.mso, &pending.to_be_signed));
    *ret = pending;
    return SG_DONE;
}

sg_result
mdoc_attach(struct sg_arena *arena, const struct mdoc_pending *pending, sg_bytes signature,
    const struct jwk_key *verifier, sg_bytes *ret)
{
    sg_bytes issuer_auth;
    SG_REQUIRE(
        signature.n > 0 && (pending->alg->sig_len == 0 || signature.n == pending->alg->sig_len),
        SIGNATURE);
    if (verifier != NULL) {
        SG_TRY(jwk_verify(verifier, pending->alg, pending->to_be_signed, signature));
    }
    SG_TRY(cose_sign1_encode(arena, &pending->headers, pending->protected_bstr, pending->mso,
        signature, false, &issuer_auth));
    struct sg_buf buf = sg_buf_new(arena, pending->name_spaces.n + issuer_auth.n + 64, MDOC_MAX);
    dcbor_wr_map(&buf, 2);
    dcbor_wr_text(&buf, SG_LIT("nameSpaces"));
    sg_buf_put(&buf, pending->name_spaces);
    dcbor_wr_text(&buf, SG_LIT("issuerAuth"));
    sg_buf_put(&buf, issuer_auth);
    return sg_buf_end(&buf, ret);
}
