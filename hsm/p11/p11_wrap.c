/*
 * Keys held outside the token: AES key wrap under the KEK, and a MAC of our own. req: KEY-2, KEY-3
 *
 * The wrapped form: version (1 byte), algorithm (1), wrapping mechanism (2, big-endian), MAC (32), blob.
 * MAC = HMAC-SHA-256, with a secret key that lives in the token as the KEK does, over
 * SHA-256("sealgate/wrapped-key/v1" 00 version algorithm mechanism SPKI blob). It ties the blob to its public half, which AES key wrap
 * does not, and is checked before the token sees the blob: SoftHSM answers a damaged blob with CKR_GENERAL_ERROR, which from anywhere
 * else means a dead token. The key stays in the token, because whoever read it from our memory could plant keys of theirs; it costs one
 * HMAC in the token against an unwrapping twenty times as dear. HMAC rather than AES-CMAC: SoftHSM and the HSMs we looked at have both,
 * and HMAC needs no AES key that could be taken for a second KEK.
 */
#include "p11_priv.h"
#include "sg_secret.h"

enum { VERSION = 1, OFF_ALG = 1, OFF_MECHANISM = 2, OFF_MAC = 4, OFF_BLOB = 36 };
#define MAC_TAG "sealgate/wrapped-key/v1"
#define BLOB_MAX (P11_WRAPPED_MAX - OFF_BLOB)

/* A secret key of ours by its label, kept for this session. */
static sg_result
secret_key(struct p11_session *session, const char *label, CK_OBJECT_HANDLE *kept, bool *ret_retry)
{
    if (*kept != CK_INVALID_HANDLE) {
        return SG_DONE;
    }
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    char text[P11_KEY_LABEL_MAX];
    size_t len = strlen(label);
    memcpy(text, label, len);
    CK_ATTRIBUTE match[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_TOKEN, &yes, 1 },
        { CKA_PRIVATE, &yes, 1 },
        { CKA_SENSITIVE, &yes, 1 },
        { CKA_EXTRACTABLE, &no, 1 }, /* one of that label that could be read is not ours */
        { CKA_LABEL, text, len },
    };
    CK_OBJECT_HANDLE found;
    SG_TRY(p11_find_one(session, match, sizeof(match) / sizeof(match[0]), &found, ret_retry));
    *kept = found;
    return SG_DONE;
}

static sg_result
mac(struct p11_session *session, const uint8_t head[OFF_MAC], const struct key_public *public,
    sg_bytes blob, uint8_t ret[SG_SHA256_LEN], bool *ret_retry)
{
    const sg_bytes parts[] = { sg_bytes_of(head, OFF_MAC), key_public_spki(public), blob };
    uint8_t hash[SG_SHA256_LEN];
    sg_tagged_hash(MAC_TAG, parts, 3, hash);
    SG_TRY(secret_key(session, P11_LABEL_MAC, &session->mac, ret_retry));
    return p11_sign_once(session, session->mac, CKM_SHA256_HMAC, sg_bytes_of(hash, sizeof(hash)),
        ret, SG_SHA256_LEN, ret_retry);
}

sg_result
p11_wrap(struct p11_session *session, CK_OBJECT_HANDLE key, const struct key_public *public,
    struct sg_arena *arena, sg_bytes *ret)
{
    uint8_t form[P11_WRAPPED_MAX];
    CK_MECHANISM mechanism = { atomic_load(&session->p11->wrap_mechanism), NULL, 0 };
    CK_ULONG len = BLOB_MAX;
    SG_TRY(secret_key(session, P11_LABEL_KEK, &session->kek, NULL));
    CK_RV rv = session->p11->f->C_WrapKey(
        session->handle, &mechanism, session->kek, key, form + OFF_BLOB, &len);
    if (rv == CKR_KEY_NOT_WRAPPABLE) { /* Ed25519 in SoftHSM */
        SG_FAIL(UNSUPPORTED);
    }
    if (rv != CKR_OK) {
        return p11_fault(session, "C_WrapKey", rv, NULL);
    }
    form[0] = VERSION;
    form[OFF_ALG] = (uint8_t)key_public_alg(public)->alg;
    form[OFF_MECHANISM] = (uint8_t)(mechanism.mechanism >> 8);
    form[OFF_MECHANISM + 1] = (uint8_t)mechanism.mechanism;
    SG_TRY(mac(session, form, public, sg_bytes_of(form + OFF_BLOB, len), form + OFF_MAC, NULL));
    return sg_arena_bytes(arena, sg_bytes_of(form, OFF_BLOB + len), ret);
}

static sg_result
check_form(struct p11_session *session, const struct p11_key_ref *ref, bool *ret_retry)
{
    sg_bytes form = ref->wrapped;
    uint8_t want[SG_SHA256_LEN];
    SG_REQUIRE(form.n > OFF_BLOB && form.n <= P11_WRAPPED_MAX && form.p[0] == VERSION &&
                   form.p[OFF_ALG] == (uint8_t)key_public_alg(ref->public)->alg,
        KEY_INVALID);
    SG_TRY(
        mac(session, form.p, ref->public, sg_bytes_slice(form, OFF_BLOB, form.n), want, ret_retry));
    SG_REQUIRE(
        sg_secret_equal(SG_BYTES(want), sg_bytes_slice(form, OFF_MAC, SG_SHA256_LEN)), KEY_INVALID);
    return SG_DONE;
}

sg_result
p11_unwrap(struct p11_session *session, const struct p11_key_ref *ref, CK_OBJECT_HANDLE *ret,
    bool *ret_retry)
{
    SG_TRY(check_form(session, ref, ret_retry));
    SG_TRY(secret_key(session, P11_LABEL_KEK, &session->kek, ret_retry));
    const struct p11_mech *mech = p11_mech(key_public_alg(ref->public)->alg);
    const uint8_t *number = ref->wrapped.p + OFF_MECHANISM;
    CK_MECHANISM mechanism = { (CK_ULONG)number[0] << 8 | number[1], NULL, 0 };
    uint8_t blob[BLOB_MAX]; /* the standard's prototype lacks const */
    size_t blob_len = ref->wrapped.n - OFF_BLOB;
    memcpy(blob, ref->wrapped.p + OFF_BLOB, blob_len);
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE key_type = mech->key_type;
    CK_MECHANISM_TYPE allowed = mech->sign;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_KEY_TYPE, &key_type, sizeof(key_type) },
        { CKA_TOKEN, &no, 1 },
        { CKA_PRIVATE, &yes, 1 },
        { CKA_SENSITIVE, &yes, 1 },
        { CKA_EXTRACTABLE, &no, 1 },
        { CKA_SIGN, &yes, 1 },
        { CKA_SIGN_RECOVER, &no, 1 },
        { CKA_DECRYPT, &no, 1 },
        { CKA_UNWRAP, &no, 1 },
        { CKA_DERIVE, &no, 1 },
        { CKA_COPYABLE, &no, 1 },
        { CKA_DESTROYABLE, &yes, 1 },
        { CKA_ALLOWED_MECHANISMS, &allowed, sizeof(allowed) },
        { CKA_MODIFIABLE, &no, 1 },
    };
    CK_RV rv = session->p11->f->C_UnwrapKey(session->handle, &mechanism, session->kek, blob,
        blob_len, template, sizeof(template) / sizeof(template[0]), ret);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_UnwrapKey", rv, ret_retry);
    }
    return SG_DONE;
}

/* A KEK that decrypts would reveal wrapped keys; one that may be extracted is no KEK. */
static sg_result
make_kek(struct p11_session *session)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE key_type = CKK_AES;
    CK_ULONG len = 32;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    char label[] = P11_LABEL_KEK;
    CK_ATTRIBUTE unwrapped[] = {
        /* enforced by the token on everything that this key unwraps */
        { CKA_PRIVATE, &yes, 1 },
        { CKA_SENSITIVE, &yes, 1 },
        { CKA_EXTRACTABLE, &no, 1 },
    };
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_KEY_TYPE, &key_type, sizeof(key_type) },
        { CKA_VALUE_LEN, &len, sizeof(len) },
        { CKA_TOKEN, &yes, 1 },
        { CKA_PRIVATE, &yes, 1 },
        { CKA_SENSITIVE, &yes, 1 },
        { CKA_EXTRACTABLE, &no, 1 },
        { CKA_MODIFIABLE, &no, 1 },
        { CKA_COPYABLE, &no, 1 },
        { CKA_WRAP, &yes, 1 },
        { CKA_UNWRAP, &yes, 1 },
        { CKA_ENCRYPT, &no, 1 },
        { CKA_DECRYPT, &no, 1 },
        { CKA_SIGN, &no, 1 },
        { CKA_VERIFY, &no, 1 },
        { CKA_DERIVE, &no, 1 },
        { CKA_LABEL, label, sizeof(label) - 1 },
        { CKA_UNWRAP_TEMPLATE, unwrapped, sizeof(unwrapped) },
    };
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_RV rv = session->p11->f->C_GenerateKey(session->handle, &generate, template,
        sizeof(template) / sizeof(template[0]), &session->kek);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_GenerateKey", rv, NULL);
    }
    return SG_DONE;
}

static sg_result
make_mac(struct p11_session *session)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE key_type = CKK_GENERIC_SECRET;
    CK_ULONG len = 32;
    CK_MECHANISM_TYPE allowed = CKM_SHA256_HMAC;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    char label[] = P11_LABEL_MAC;
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_KEY_TYPE, &key_type, sizeof(key_type) },
        { CKA_VALUE_LEN, &len, sizeof(len) },
        { CKA_TOKEN, &yes, 1 },
        { CKA_PRIVATE, &yes, 1 },
        { CKA_SENSITIVE, &yes, 1 },
        { CKA_EXTRACTABLE, &no, 1 },
        { CKA_MODIFIABLE, &no, 1 },
        { CKA_COPYABLE, &no, 1 },
        { CKA_SIGN, &yes, 1 },
        { CKA_VERIFY, &no, 1 },
        { CKA_WRAP, &no, 1 },
        { CKA_UNWRAP, &no, 1 },
        { CKA_ENCRYPT, &no, 1 },
        { CKA_DECRYPT, &no, 1 },
        { CKA_DERIVE, &no, 1 },
        { CKA_ALLOWED_MECHANISMS, &allowed, sizeof(allowed) },
        { CKA_LABEL, label, sizeof(label) - 1 },
    };
    CK_MECHANISM generate = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
    CK_RV rv = session->p11->f->C_GenerateKey(session->handle, &generate, template,
        sizeof(template) / sizeof(template[0]), &session->mac);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_GenerateKey", rv, NULL);
    }
    return SG_DONE;
}

sg_result
p11_check_wrapping(struct p11_session *session)
{
    SG_TRY(secret_key(session, P11_LABEL_KEK, &session->kek, NULL));
    return secret_key(session, P11_LABEL_MAC, &session->mac, NULL);
}

sg_result
p11_furnish_wrapping(struct p11_session *session)
{
    sg_result r = secret_key(session, P11_LABEL_KEK, &session->kek, NULL);
    SG_TRY(r.code == SG_E_NOT_FOUND ? make_kek(session) : r);
    r = secret_key(session, P11_LABEL_MAC, &session->mac, NULL);
    return r.code == SG_E_NOT_FOUND ? make_mac(session) : r;
}
