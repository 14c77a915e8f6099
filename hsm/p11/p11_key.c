/* Making, listing and destroying keys. req: KEY-2, KEY-4, KEY-6 */
#include <sodium.h>

#include "dcbor.h"
#include "p11_priv.h"

#define LIST_MAX 4096 /* resident keys are seal, status and log keys: far fewer */

void
p11_destroy_object(struct p11_session *session, CK_OBJECT_HANDLE object)
{
    CK_RV rv = session->p11->f->C_DestroyObject(session->handle, object);
    if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID) {
        /* A copy that cannot be destroyed must not stay: closing the session takes it. */
        SG_IGNORE(p11_fault(session, "C_DestroyObject", rv, NULL));
        p11_session_drop(session, false);
    }
}

/* Everything said aloud: SoftHSM's defaults for DECRYPT, UNWRAP and COPYABLE are true, for SENSITIVE false. */
sg_result
p11_generate_pair(struct p11_session *session, const struct p11_mech *mech, enum p11_kind kind,
    sg_str label, CK_OBJECT_HANDLE *ret_private, CK_OBJECT_HANDLE *ret_public)
{
    CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
    CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE key_type = mech->key_type;
    CK_MECHANISM_TYPE allowed = mech->sign;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_BBOOL *token = kind == P11_KIND_RESIDENT ? &yes : &no;
    CK_BBOOL *extractable = kind == P11_KIND_RESIDENT ? &no : &yes; /* for the one wrapping */
    uint8_t id[P11_ID_LEN];
    uint8_t params[32];
    uint8_t text[P11_KEY_LABEL_MAX] = { 0 };
    randombytes_buf(id, sizeof(id));
    memcpy(params, mech->params.p, mech->params.n);
    memcpy(text, label.p == NULL ? "" : label.p, label.n);
    CK_ATTRIBUTE private[] = {
        { CKA_CLASS, &private_class, sizeof(private_class) },
        { CKA_KEY_TYPE, &key_type, sizeof(key_type) },
        { CKA_TOKEN, token, 1 },
        { CKA_PRIVATE, &yes, 1 },
        { CKA_SENSITIVE, &yes, 1 },
        { CKA_EXTRACTABLE, extractable, 1 },
        { CKA_SIGN, &yes, 1 },
        { CKA_SIGN_RECOVER, &no, 1 },
        { CKA_DECRYPT, &no, 1 },
        { CKA_UNWRAP, &no, 1 },
        { CKA_DERIVE, &no, 1 },
        { CKA_MODIFIABLE, &no, 1 },
        { CKA_COPYABLE, &no, 1 },
        { CKA_DESTROYABLE, &yes, 1 },
        { CKA_ALLOWED_MECHANISMS, &allowed, sizeof(allowed) },
        { CKA_ID, id, sizeof(id) },
        { CKA_LABEL, text, label.n },
    };
    CK_ATTRIBUTE public[] = {
        { CKA_CLASS, &public_class, sizeof(public_class) },
        { CKA_KEY_TYPE, &key_type, sizeof(key_type) },
        { CKA_TOKEN, token, 1 },
        { CKA_PRIVATE, &no, 1 },
        { CKA_EC_PARAMS, params, mech->params.n },
        { CKA_VERIFY, &yes, 1 },
        { CKA_VERIFY_RECOVER, &no, 1 },
        { CKA_ENCRYPT, &no, 1 },
        { CKA_WRAP, &no, 1 },
        { CKA_MODIFIABLE, &no, 1 },
        { CKA_COPYABLE, &no, 1 },
        { CKA_DESTROYABLE, &yes, 1 },
        { CKA_ID, id, sizeof(id) },
        { CKA_LABEL, text, label.n },
    };
    CK_MECHANISM generate = { mech->generate, NULL, 0 };
    CK_RV rv = session->p11->f->C_GenerateKeyPair(session->handle, &generate, public,
        sizeof(public) / sizeof(public[0]), private, sizeof(private) / sizeof(private[0]),
        ret_public, ret_private);
    if (rv != CKR_OK) { /* never a second try: a pair may have been made */
        return p11_fault(session, "C_GenerateKeyPair", rv, NULL);
    }
    return SG_DONE;
}

static sg_result
copy_public(struct sg_arena *arena, const struct key_public *public, struct p11_key_made *made)
{
    memcpy(made->thumbprint, key_public_thumbprint(public), KEY_THUMBPRINT_LEN);
    return sg_arena_bytes(arena, key_public_spki(public), &made->spki);
}

/* The arrays of evidence: one map for a resident key; as generated and as unwrapped for a wrapped one. */
static sg_result
evidence(struct sg_arena *arena, const sg_bytes *maps, size_t n, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256, 1024);
    dcbor_wr_array(&buf, n);
    for (size_t i = 0; i < n; i++) {
        sg_buf_put(&buf, maps[i]);
    }
    return sg_buf_end(&buf, ret);
}

static sg_result
finish_resident(struct p11_session *session, struct sg_arena *arena, const struct p11_mech *mech,
    CK_OBJECT_HANDLE private, const struct key_public *public, struct p11_key_made *made)
{
    sg_bytes map;
    SG_TRY(p11_attributes_check(session, arena, private, P11_KIND_RESIDENT, mech, &map));
    SG_TRY(p11_prove(session, private, public));
    return evidence(arena, &map, 1, &made->attributes);
}

/* Unwrap what was wrapped, as a signature will, and see that it is the key it should be. */
static sg_result
prove_wrapped(struct p11_session *session, struct sg_arena *arena, const struct p11_mech *mech,
    const struct p11_key_ref *ref, sg_bytes *ret_map)
{
    CK_OBJECT_HANDLE key;
    SG_TRY(p11_unwrap(session, ref, &key, NULL));
    sg_result r = p11_attributes_check(session, arena, key, P11_KIND_UNWRAPPED, mech, ret_map);
    if (sg_ok(r)) {
        r = p11_prove(session, key, ref->public);
    }
    if (session->open) {
        p11_destroy_object(session, key);
    }
    return r;
}

static sg_result
finish_wrapped(struct p11_session *session, struct sg_arena *arena, const struct p11_mech *mech,
    CK_OBJECT_HANDLE private, const struct key_public *public, struct p11_key_made *made)
{
    sg_bytes maps[2];
    SG_TRY(p11_attributes_check(session, arena, private, P11_KIND_TO_WRAP, mech, &maps[0]));
    SG_TRY(p11_prove(session, private, public));
    SG_TRY(p11_wrap(session, private, public, arena, &made->wrapped));
    struct p11_key_ref ref = { public, made->wrapped };
    SG_TRY(prove_wrapped(session, arena, mech, &ref, &maps[1]));
    return evidence(arena, maps, 2, &made->attributes);
}

/* What must not stay. After a fault the old handles mean nothing: a resident pair is found again, session objects are gone. */
static void
take_away(struct p11_session *session, const struct key_public *half, CK_OBJECT_HANDLE private,
    CK_OBJECT_HANDLE public)
{
    if (!session->open && (half == NULL || !sg_ok(p11_session_ready(session)) ||
                              !sg_ok(p11_find_pair(session, half, &private, &public, NULL)))) {
        return; /* a resident stray is left for p11_key_list */
    }
    p11_destroy_object(session, private);
    if (session->open) {
        p11_destroy_object(session, public);
    }
}

static sg_result
generate(struct p11_session *session, struct sg_arena *arena, const struct p11_key_params *params,
    struct p11_key_made *made)
{
    const struct p11_mech *mech = p11_mech(params->alg);
    CK_OBJECT_HANDLE private;
    CK_OBJECT_HANDLE public;
    SG_CLEANUP(key_public_free)
    struct key_public *half = NULL;
    SG_TRY(p11_generate_pair(session, mech, params->resident ? P11_KIND_RESIDENT : P11_KIND_TO_WRAP,
        params->resident ? params->label : SG_NO_STR, &private, &public));
    sg_result r = p11_read_public(session, public, &half, NULL);
    if (sg_ok(r) && params->resident) {
        r = finish_resident(session, arena, mech, private, half, made);
    } else if (sg_ok(r)) {
        r = finish_wrapped(session, arena, mech, private, half, made);
    }
    if (sg_ok(r)) {
        r = copy_public(arena, half, made);
    }
    if (!sg_ok(r) || !params->resident) {
        take_away(session, half, private, public);
    }
    return r;
}

/* Labels by which we find what is ours; a second object of one would take the token down. */
static bool
is_reserved(sg_str label)
{
    return sg_str_is(label, P11_LABEL_SELF_TEST) || sg_str_is(label, P11_LABEL_KEK) ||
           sg_str_is(label, P11_LABEL_MAC);
}

sg_result
p11_key_generate(struct p11_session *session, struct sg_arena *arena,
    const struct p11_key_params *params, struct p11_key_made *ret)
{
    SG_REQUIRE(p11_mech(params->alg) != NULL, ALGORITHM);
    SG_REQUIRE(params->label.n <= P11_KEY_LABEL_MAX && !is_reserved(params->label), VALUE);
    SG_REQUIRE(params->resident || session->p11->wrapping, UNSUPPORTED);
    struct p11_key_made made = { 0 };
    SG_TRY(params->resident ? p11_enter_alone(session) : p11_enter(session));
    sg_result r = generate(session, arena, params, &made);
    p11_leave(session);
    if (sg_ok(r)) {
        *ret = made;
    }
    return r;
}

static sg_result
generate_bare(struct p11_session *session, struct sg_arena *arena, enum key_alg alg,
    struct p11_key_made *made)
{
    CK_OBJECT_HANDLE private;
    CK_OBJECT_HANDLE public;
    SG_CLEANUP(key_public_free)
    struct key_public *half = NULL;
    SG_TRY(
        p11_generate_pair(session, p11_mech(alg), P11_KIND_TO_WRAP, SG_NO_STR, &private, &public));
    sg_result r = p11_read_public(session, public, &half, NULL);
    if (sg_ok(r)) {
        r = p11_wrap(session, private, half, arena, &made->wrapped);
    }
    if (sg_ok(r)) {
        r = copy_public(arena, half, made);
    }
    take_away(session, half, private, public);
    return r;
}

sg_result
p11_key_generate_bare(
    struct p11_session *session, struct sg_arena *arena, enum key_alg alg, struct p11_key_made *ret)
{
    SG_REQUIRE(p11_mech(alg) != NULL, ALGORITHM);
    SG_REQUIRE(session->p11->wrapping, UNSUPPORTED);
    struct p11_key_made made = { 0 };
    SG_TRY(p11_enter(session));
    sg_result r = generate_bare(session, arena, alg, &made);
    p11_leave(session);
    if (sg_ok(r)) {
        *ret = made;
    }
    return r;
}

static sg_result
destroy_resident(struct p11_session *session, const struct p11_key_ref *ref)
{
    CK_OBJECT_HANDLE private;
    CK_OBJECT_HANDLE public;
    (void)p11_cache_remove(&session->resident, key_public_thumbprint(ref->public));
    SG_TRY(p11_find_pair(session, ref->public, &private, &public, NULL));
    /* The private object first: were we to stop between, what is left cannot sign and is found as a stray. */
    CK_RV rv = session->p11->f->C_DestroyObject(session->handle, private);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_DestroyObject", rv, NULL);
    }
    rv = session->p11->f->C_DestroyObject(session->handle, public);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_DestroyObject", rv, NULL);
    }
    return SG_DONE;
}

sg_result
p11_key_destroy(struct p11_session *session, const struct p11_key_ref *ref)
{
    bool resident = ref->wrapped.n == 0;
    SG_TRY(resident ? p11_enter_alone(session) : p11_enter(session));
    sg_result r = SG_DONE;
    if (resident) {
        r = destroy_resident(session, ref);
        /* Other sessions keep a handle that may name another object by now. */
        atomic_fetch_add(&session->p11->generation, 1);
    } else {
        p11_forget_unwrapped(session->p11);
        r = p11_session_ready(session);
    }
    p11_leave(session);
    return r;
}

sg_result
p11_key_attributes(struct p11_session *session, struct sg_arena *arena,
    const struct p11_key_ref *ref, sg_bytes *ret)
{
    SG_REQUIRE(ref->wrapped.n == 0, UNSUPPORTED);
    const struct p11_mech *mech = p11_mech(key_public_alg(ref->public)->alg);
    CK_OBJECT_HANDLE private;
    CK_OBJECT_HANDLE public;
    sg_bytes map;
    SG_TRY(p11_enter(session));
    sg_result r = p11_find_pair(session, ref->public, &private, &public, NULL);
    if (sg_ok(r)) {
        r = p11_attributes_check(session, arena, private, P11_KIND_RESIDENT, mech, &map);
    }
    p11_leave(session);
    SG_TRY(r);
    return evidence(arena, &map, 1, ret);
}

/* A public object whose private half is here too, and which is not our self-test key. */
static sg_result
list_one(struct p11_session *session, CK_OBJECT_HANDLE public, uint8_t ret[KEY_THUMBPRINT_LEN])
{
    uint8_t text[P11_KEY_LABEL_MAX];
    size_t len = 0;
    sg_result r = p11_attribute(session, public, CKA_LABEL, text, sizeof(text), &len, NULL);
    SG_REQUIRE(
        !sg_ok(r) || !sg_str_is(sg_str_of((char *)text, len), P11_LABEL_SELF_TEST), NOT_FOUND);
    SG_CLEANUP(key_public_free)
    struct key_public *half = NULL;
    CK_OBJECT_HANDLE objects[2];
    SG_TRY(p11_read_public(session, public, &half, NULL));
    SG_TRY(p11_find_pair(session, half, &objects[0], &objects[1], NULL));
    memcpy(ret, key_public_thumbprint(half), KEY_THUMBPRINT_LEN);
    return SG_DONE;
}

static sg_result
list(struct p11_session *session, struct sg_arena *arena, const uint8_t (**ret)[KEY_THUMBPRINT_LEN],
    size_t *ret_n)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE match[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_TOKEN, &yes, sizeof(yes) },
    };
    CK_OBJECT_HANDLE *found = SG_NEW_ARRAY(arena, LIST_MAX, CK_OBJECT_HANDLE);
    uint8_t(*out)[KEY_THUMBPRINT_LEN] = sg_arena_array(arena, LIST_MAX, KEY_THUMBPRINT_LEN);
    SG_REQUIRE(found != NULL && out != NULL, NO_MEMORY);
    size_t n_found = 0;
    size_t n = 0;
    SG_TRY(p11_find(session, match, 2, found, LIST_MAX, &n_found, NULL));
    for (size_t i = 0; i < n_found; i++) {
        sg_result r = list_one(session, found[i], out[n]);
        /* Not a pair, not an algorithm of ours: other people's objects. Faults of the token end the list. */
        if (!sg_ok(r) && !session->open) {
            return r;
        }
        n += sg_ok(r) ? 1 : 0;
    }
    *ret = (const uint8_t(*)[KEY_THUMBPRINT_LEN])out;
    *ret_n = n;
    return SG_DONE;
}

sg_result
p11_key_list(struct p11_session *session, struct sg_arena *arena,
    const uint8_t (**ret)[KEY_THUMBPRINT_LEN], size_t *ret_n)
{
    SG_TRY(p11_enter(session));
    sg_result r = list(session, arena, ret, ret_n);
    p11_leave(session);
    return r;
}
