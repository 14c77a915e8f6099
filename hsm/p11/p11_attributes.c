/*
 * What a private key's attributes must be, read back from the token after generation, and their form as evidence (req: KEY-2):
 * a deterministic CBOR map, numbers below as keys, attributes that the token does not know left out.
 */
#include "dcbor.h"
#include "p11_priv.h"

/* A template says false for what a token may have no notion of; then absence is as good. */
enum want { F, T, ANY };

struct row {
    uint64_t key; /* in the map: never reused */
    CK_ATTRIBUTE_TYPE type;
    bool optional;
    enum want resident, to_wrap, unwrapped;
};

/* ALWAYS_SENSITIVE, NEVER_EXTRACTABLE and LOCAL are false after unwrapping: that is the standard, and why the kinds differ. */
static const struct row rows[] = {
    { 4, CKA_TOKEN, false, T, F, F }, { 5, CKA_PRIVATE, false, T, T, T },
    { 6, CKA_SENSITIVE, false, T, T, T }, { 7, CKA_ALWAYS_SENSITIVE, false, T, T, ANY },
    { 8, CKA_EXTRACTABLE, false, F, T, F }, { 9, CKA_NEVER_EXTRACTABLE, false, T, F, ANY },
    { 10, CKA_LOCAL, false, T, T, ANY }, { 11, CKA_SIGN, false, T, T, T },
    { 12, CKA_DECRYPT, true, F, F, F }, { 13, CKA_UNWRAP, true, F, F, F },
    { 14, CKA_DERIVE, true, F, F, F }, { 15, CKA_SIGN_RECOVER, true, F, F, F },
    { 16, CKA_MODIFIABLE, true, F, F, F }, { 17, CKA_COPYABLE, true, F, F, F },
    { 18, CKA_ALWAYS_AUTHENTICATE, true, F, F, F }, /* would ask for the PIN at each signature */
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

enum { KEY_KIND = 1, KEY_TYPE = 2, KEY_ID = 3, KEY_GEN_MECHANISM = 19, KEY_ALLOWED = 20 };
#define FIXED_ENTRIES 5

struct found {
    bool there;
    CK_BBOOL value;
};

static sg_result
read_flags(struct p11_session *session, CK_OBJECT_HANDLE key, enum p11_kind kind,
    struct found found[N_ROWS], size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct row *row = &rows[i];
        size_t len = 0;
        sg_result r =
            p11_attribute(session, key, row->type, &found[i].value, sizeof(CK_BBOOL), &len, NULL);
        if (r.code == SG_E_NOT_FOUND && row->optional) {
            continue;
        }
        SG_TRY(r);
        const enum want want[] = { row->resident, row->to_wrap, row->unwrapped };
        bool value = found[i].value != CK_FALSE;
        SG_REQUIRE(len == sizeof(CK_BBOOL) && (want[kind] == ANY || value == (want[kind] == T)),
            SELF_TEST);
        found[i].there = true;
        n++;
    }
    *ret_n = n;
    return SG_DONE;
}

sg_result
p11_attributes_check(struct p11_session *session, struct sg_arena *arena, CK_OBJECT_HANDLE key,
    enum p11_kind kind, const struct p11_mech *mech, sg_bytes *ret)
{
    CK_KEY_TYPE type = 0;
    CK_MECHANISM_TYPE gen = 0;
    CK_MECHANISM_TYPE allowed[4] = { 0 };
    uint8_t id[P11_ID_MAX];
    size_t len = 0;
    size_t id_len = 0;
    struct found found[N_ROWS] = { 0 };
    size_t n = 0;
    SG_TRY(read_flags(session, key, kind, found, &n));
    SG_TRY(p11_attribute(session, key, CKA_KEY_TYPE, &type, sizeof(type), &len, NULL));
    SG_REQUIRE(len == sizeof(type) && type == mech->key_type, SELF_TEST);
    SG_TRY(p11_attribute(session, key, CKA_KEY_GEN_MECHANISM, &gen, sizeof(gen), &len, NULL));
    SG_REQUIRE(kind == P11_KIND_UNWRAPPED || gen == mech->generate, SELF_TEST);
    SG_TRY(
        p11_attribute(session, key, CKA_ALLOWED_MECHANISMS, allowed, sizeof(allowed), &len, NULL));
    SG_REQUIRE(len == sizeof(allowed[0]) && allowed[0] == mech->sign, SELF_TEST);
    SG_TRY(p11_attribute(session, key, CKA_ID, id, sizeof(id), &id_len, NULL));

    struct sg_buf buf = sg_buf_new(arena, 128, 512);
    dcbor_wr_map(&buf, FIXED_ENTRIES + n);
    dcbor_wr_key_uint(&buf, KEY_KIND, (uint64_t)kind);
    dcbor_wr_key_uint(&buf, KEY_TYPE, type);
    dcbor_wr_key_bytes(&buf, KEY_ID, sg_bytes_of(id, id_len));
    for (size_t i = 0; i < N_ROWS; i++) {
        if (found[i].there) {
            dcbor_wr_key_bool(&buf, rows[i].key, found[i].value != CK_FALSE);
        }
    }
    dcbor_wr_key_uint(&buf, KEY_GEN_MECHANISM, gen);
    dcbor_wr_key_uint(&buf, KEY_ALLOWED, allowed[0]);
    return sg_buf_end(&buf, ret);
}
