/* Searching objects and reading their attributes. */
#include "p11_priv.h"

sg_result
p11_find(struct p11_session *session, CK_ATTRIBUTE *match, size_t n_match, CK_OBJECT_HANDLE *ret,
    size_t max, size_t *ret_n, bool *ret_retry)
{
    CK_FUNCTION_LIST_PTR f = session->p11->f;
    CK_RV rv = f->C_FindObjectsInit(session->handle, match, n_match);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_FindObjectsInit", rv, ret_retry);
    }
    size_t n = 0;
    CK_ULONG got = 0;
    do { /* modules may give fewer at a time than asked for */
        got = 0;
        rv = f->C_FindObjects(session->handle, ret + n, max - n, &got);
        n += rv == CKR_OK ? got : 0;
    } while (rv == CKR_OK && got > 0 && n < max);
    CK_ULONG more = 0;
    if (rv == CKR_OK && n == max) {
        CK_OBJECT_HANDLE beyond;
        rv = f->C_FindObjects(session->handle, &beyond, 1, &more);
    }
    /* Also after errors, or the session stays in CKR_OPERATION_ACTIVE. */
    CK_RV final = f->C_FindObjectsFinal(session->handle);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_FindObjects", rv, ret_retry);
    }
    if (final != CKR_OK) {
        return p11_fault(session, "C_FindObjectsFinal", final, ret_retry);
    }
    SG_REQUIRE(more == 0, FULL);
    *ret_n = n;
    return SG_DONE;
}

sg_result
p11_find_one(struct p11_session *session, CK_ATTRIBUTE *match, size_t n_match,
    CK_OBJECT_HANDLE *ret, bool *ret_retry)
{
    CK_OBJECT_HANDLE found[2];
    size_t n = 0;
    sg_result r = p11_find(session, match, n_match, found, 2, &n, ret_retry);
    SG_REQUIRE(r.code != SG_E_FULL && n < 2, CONFLICT);
    SG_TRY(r);
    SG_REQUIRE(n == 1, NOT_FOUND);
    *ret = found[0];
    return SG_DONE;
}

sg_result
p11_attribute(struct p11_session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
    void *out, size_t cap, size_t *ret_len, bool *ret_retry)
{
    CK_ATTRIBUTE attribute = { type, out, cap };
    CK_RV rv = session->p11->f->C_GetAttributeValue(session->handle, object, &attribute, 1);
    if (rv == CKR_ATTRIBUTE_TYPE_INVALID) {
        SG_FAIL(NOT_FOUND);
    }
    if (rv == CKR_BUFFER_TOO_SMALL) { /* no operation is left active by this function */
        SG_FAIL(TOO_LARGE);
    }
    if (rv != CKR_OK) {
        return p11_fault(session, "C_GetAttributeValue", rv, ret_retry);
    }
    SG_REQUIRE(attribute.ulValueLen <= cap, NOT_FOUND); /* ~0: unavailable */
    *ret_len = attribute.ulValueLen;
    return SG_DONE;
}

/* CKA_EC_POINT is a DER OCTET STRING around the point; some modules give the bare point: decided by length. */
static sg_bytes
bare_point(const uint8_t *value, size_t len, size_t point_len)
{
    if (len == point_len + 2 && value[0] == 0x04 && value[1] == point_len) {
        return sg_bytes_of(value + 2, point_len);
    }
    return sg_bytes_of(value, len);
}

sg_result
p11_read_public(
    struct p11_session *session, CK_OBJECT_HANDLE object, struct key_public **ret, bool *ret_retry)
{
    uint8_t params[32];
    uint8_t point[KEY_POINT_MAX + 8];
    size_t params_len;
    size_t point_len;
    SG_TRY(p11_attribute(
        session, object, CKA_EC_PARAMS, params, sizeof(params), &params_len, ret_retry));
    SG_TRY(
        p11_attribute(session, object, CKA_EC_POINT, point, sizeof(point), &point_len, ret_retry));
    for (uint64_t alg = KEY_ES256; alg <= KEY_EDDSA; alg++) {
        const struct p11_mech *mech = p11_mech((enum key_alg)alg);
        sg_bytes have = sg_bytes_of(params, params_len);
        if (sg_bytes_equal(have, mech->params) || sg_bytes_equal(have, mech->params_also)) {
            return key_public_of_point(
                mech->alg, bare_point(point, point_len, key_alg_row(alg)->point_len), ret);
        }
    }
    SG_FAIL(ALGORITHM);
}

static sg_result
find_public(struct p11_session *session, sg_bytes ec_point, CK_OBJECT_HANDLE *ret, bool *ret_retry)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_BBOOL yes = CK_TRUE;
    uint8_t value[KEY_POINT_MAX + 2];
    memcpy(value, ec_point.p, ec_point.n);
    CK_ATTRIBUTE match[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_TOKEN, &yes, sizeof(yes) },
        { CKA_EC_POINT, value, ec_point.n },
    };
    return p11_find_one(session, match, 3, ret, ret_retry);
}

/*
 * The public object by its point, the private one by the CKA_ID they share. CKA_ID cannot be the thumbprint: that is known only after
 * generation, and keys are made with CKA_MODIFIABLE false.
 */
sg_result
p11_find_pair(struct p11_session *session, const struct key_public *public,
    CK_OBJECT_HANDLE *ret_private, CK_OBJECT_HANDLE *ret_public, bool *ret_retry)
{
    sg_bytes point = key_public_point(public);
    uint8_t wrapped[KEY_POINT_MAX + 2] = { 0x04, (uint8_t)point.n };
    memcpy(wrapped + 2, point.p, point.n);
    sg_result r = find_public(session, sg_bytes_of(wrapped, point.n + 2), ret_public, ret_retry);
    if (r.code == SG_E_NOT_FOUND) {
        r = find_public(session, point, ret_public, ret_retry);
    }
    SG_TRY(r);
    uint8_t id[P11_ID_MAX];
    size_t id_len;
    SG_TRY(p11_attribute(session, *ret_public, CKA_ID, id, sizeof(id), &id_len, ret_retry));
    SG_REQUIRE(id_len > 0, NOT_FOUND);
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE match[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_TOKEN, &yes, sizeof(yes) },
        { CKA_ID, id, id_len },
    };
    return p11_find_one(session, match, 3, ret_private, ret_retry);
}
