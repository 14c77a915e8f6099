/*
 * Signing: the hot path. All well, it is one C_SignInit and one C_Sign on a handle from the cache, one verification, and no allocation of
 * ours (libcrypto's verification allocates its numbers).
 */
#include <sodium.h>

#include "p11_priv.h"
#include "sg_secret.h"

#define TRIES \
    2 /* the second only after a failure that the table calls a hiccup; its result is the only one that leaves */

sg_result
p11_sign_once(struct p11_session *session, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism,
    sg_bytes data, uint8_t *ret, size_t want_len, bool *ret_retry)
{
    CK_FUNCTION_LIST_PTR f = session->p11->f;
    CK_MECHANISM mech = { mechanism, NULL, 0 };
    uint8_t out[P11_OUT_MAX];
    CK_ULONG len = sizeof(out);
    CK_RV rv = f->C_SignInit(session->handle, &mech, key);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_SignInit", rv, ret_retry);
    }
    CK_BYTE *in = (CK_BYTE *)(uintptr_t)data.p; /* the standard's prototype lacks const */
    rv = f->C_Sign(session->handle, in, data.n, out, &len);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_Sign", rv, ret_retry);
    }
    if (len !=
        want_len) { /* another reading of the standard, or another mechanism: not ours to mend */
        p11_fall(session->p11, P11_DOWN, "length of the signature", len);
        SG_FAIL(SELF_TEST);
    }
    memcpy(ret, out, want_len);
    return SG_DONE;
}

static sg_result
handle_resident(struct p11_session *session, const struct p11_key_ref *ref, CK_OBJECT_HANDLE *ret,
    bool *ret_retry)
{
    const uint8_t *thumbprint = key_public_thumbprint(ref->public);
    *ret = p11_cache_find(&session->resident, thumbprint);
    if (*ret != CK_INVALID_HANDLE) {
        return SG_DONE;
    }
    CK_OBJECT_HANDLE public;
    SG_TRY(p11_find_pair(session, ref->public, ret, &public, ret_retry));
    (void)p11_cache_make_room(&session->resident); /* token objects are forgotten, not destroyed */
    p11_cache_put(&session->resident, thumbprint, *ret);
    return SG_DONE;
}

static sg_result
handle_wrapped(struct p11_session *session, const struct p11_key_ref *ref, CK_OBJECT_HANDLE *ret,
    bool *ret_retry)
{
    const uint8_t *thumbprint = key_public_thumbprint(ref->public);
    *ret = p11_cache_find(&session->unwrapped, thumbprint);
    if (*ret != CK_INVALID_HANDLE) {
        return SG_DONE;
    }
    /* Room first: never more keys open than allowed, not even for a moment. */
    CK_OBJECT_HANDLE old = p11_cache_make_room(&session->unwrapped);
    if (old != CK_INVALID_HANDLE) {
        p11_destroy_object(session, old);
        SG_TRY(p11_session_ready(session));
    }
    SG_TRY(p11_unwrap(session, ref, ret, ret_retry));
    p11_cache_put(&session->unwrapped, thumbprint, *ret);
    return SG_DONE;
}

static sg_result
try_sign(struct p11_session *session, const struct p11_key_ref *ref, sg_bytes dtbsr, uint8_t *ret,
    bool *ret_retry)
{
    const struct key_alg_row *row = key_public_alg(ref->public);
    CK_OBJECT_HANDLE key;
    SG_TRY(p11_session_ready(session));
    SG_TRY(ref->wrapped.n == 0 ? handle_resident(session, ref, &key, ret_retry)
                               : handle_wrapped(session, ref, &key, ret_retry));
    return p11_sign_once(
        session, key, p11_mech(row->alg)->sign, dtbsr, ret, row->sig_len, ret_retry);
}

/* A key that is not found says nothing about the token: its self-test does. */
static sg_result
judge_missing(struct p11_session *session)
{
    if (sg_ok(p11_self_test(session))) {
        SG_FAIL(NOT_FOUND);
    }
    p11_fall(session->p11, P11_DOWN, "keys are gone from the token", 0);
    SG_FAIL(TOKEN_DOWN);
}

static sg_result
sign(struct p11_session *session, const struct p11_key_ref *ref, sg_bytes dtbsr, uint8_t *ret)
{
    bool retried = false;
    sg_result r = SG_DONE;
    for (int i = 0; i < TRIES; i++) {
        bool before = retried;
        r = try_sign(session, ref, dtbsr, ret, &retried);
        if (sg_ok(r) || retried == before) {
            break;
        }
    }
    return r.code == SG_E_NOT_FOUND ? judge_missing(session) : r;
}

sg_result
p11_key_sign(struct p11_session *session, const struct p11_key_ref *ref, sg_bytes dtbsr,
    uint8_t *ret, size_t *ret_len)
{
    const struct key_alg_row *row = key_public_alg(ref->public);
    uint8_t signature[KEY_SIG_MAX];
    /* Tokens do not check it (SoftHSM signs 31 bytes), and longer digests are cut silently. req: SIG-1 */
    SG_REQUIRE(!row->prehash || dtbsr.n == sg_hash_len(row->hash), DIGEST);
    SG_TRY(p11_enter(session));
    sg_result r = sign(session, ref, dtbsr, signature);
    p11_leave(session);
    SG_TRY(r);
    r = key_public_verify(ref->public, dtbsr, sg_bytes_of(signature, row->sig_len));
    if (r.code == SG_E_SIGNATURE) {
        sg_wipe(signature, sizeof(signature)); /* a faulty signature can tell the key */
        p11_fall(session->p11, P11_DOWN, "a signature did not verify", 0);
        SG_FAIL(SELF_TEST);
    }
    SG_TRY(r);
    atomic_fetch_add_explicit(&session->p11->signs, 1, memory_order_relaxed);
    memcpy(ret, signature, row->sig_len);
    *ret_len = row->sig_len;
    return SG_DONE;
}

sg_result
p11_prove(struct p11_session *session, CK_OBJECT_HANDLE key, const struct key_public *public)
{
    const struct key_alg_row *row = key_public_alg(public);
    uint8_t random[SG_HASH_MAX];
    uint8_t signature[KEY_SIG_MAX];
    sg_bytes data = sg_bytes_of(random, row->prehash ? sg_hash_len(row->hash) : sizeof(random));
    randombytes_buf(random, sizeof(random));
    SG_TRY(
        p11_sign_once(session, key, p11_mech(row->alg)->sign, data, signature, row->sig_len, NULL));
    SG_REQUIRE(
        sg_ok(key_public_verify(public, data, sg_bytes_of(signature, row->sig_len))), SELF_TEST);
    return SG_DONE;
}

sg_result
p11_key_prove(struct p11_session *session, const struct p11_key_ref *ref)
{
    const struct key_alg_row *row = key_public_alg(ref->public);
    uint8_t random[SG_HASH_MAX];
    uint8_t signature[KEY_SIG_MAX];
    size_t len;
    randombytes_buf(random, sizeof(random));
    size_t n = row->prehash ? sg_hash_len(row->hash) : sizeof(random);
    return p11_key_sign(session, ref, sg_bytes_of(random, n), signature, &len);
}
