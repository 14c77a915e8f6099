/*
 * Small private data objects. A value is an 8-byte counter and the data: a write makes a new object with the next counter and then
 * destroys the older ones, a read takes the highest. So no moment is without a value, and a crash in between is mended by the next write.
 */
#include "p11_priv.h"

#define COUNTER_LEN 8
#define NAME_MAX_LEN 64
#define COPIES_MAX 8 /* one, and what crashes left behind */

struct copies {
    CK_OBJECT_HANDLE handles[COPIES_MAX];
    size_t n;
    size_t newest;
    uint64_t counter; /* of the newest; 0: none */
    uint8_t value[COUNTER_LEN + P11_OBJECT_MAX];
    size_t len;
};

static uint64_t
get_u64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 0; i < COUNTER_LEN; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

static void
put_u64(uint8_t *p, uint64_t v)
{
    for (int i = COUNTER_LEN - 1; i >= 0; i--) {
        p[i] = (uint8_t)v;
        v >>= 8;
    }
}

static sg_result
load(struct p11_session *session, sg_str name, struct copies *ret)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    char application[] = "sealgate";
    char label[NAME_MAX_LEN];
    memcpy(label, name.p, name.n);
    CK_ATTRIBUTE match[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_TOKEN, &yes, 1 },
        { CKA_PRIVATE, &yes, 1 },
        { CKA_APPLICATION, application, sizeof(application) - 1 },
        { CKA_LABEL, label, name.n },
    };
    SG_TRY(p11_find(
        session, match, sizeof(match) / sizeof(match[0]), ret->handles, COPIES_MAX, &ret->n, NULL));
    for (size_t i = 0; i < ret->n; i++) {
        uint8_t value[COUNTER_LEN + P11_OBJECT_MAX];
        size_t len = 0;
        SG_TRY(
            p11_attribute(session, ret->handles[i], CKA_VALUE, value, sizeof(value), &len, NULL));
        if (len >= COUNTER_LEN && get_u64(value) > ret->counter) {
            ret->counter = get_u64(value);
            ret->newest = i;
            ret->len = len;
            memcpy(ret->value, value, len);
        }
    }
    return SG_DONE;
}

static sg_result
store(struct p11_session *session, sg_str name, sg_bytes data)
{
    struct copies copies = { 0 };
    SG_TRY(load(session, name, &copies));
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    char application[] = "sealgate";
    char label[NAME_MAX_LEN];
    uint8_t value[COUNTER_LEN + P11_OBJECT_MAX];
    memcpy(label, name.p, name.n);
    put_u64(value, copies.counter + 1);
    memcpy(value + COUNTER_LEN, data.n == 0 ? value : data.p, data.n);
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_TOKEN, &yes, 1 },
        { CKA_PRIVATE, &yes, 1 },
        { CKA_MODIFIABLE, &no, 1 },
        { CKA_COPYABLE, &no, 1 },
        { CKA_APPLICATION, application, sizeof(application) - 1 },
        { CKA_LABEL, label, name.n },
        { CKA_VALUE, value, COUNTER_LEN + data.n },
    };
    CK_OBJECT_HANDLE made;
    CK_RV rv = session->p11->f->C_CreateObject(
        session->handle, template, sizeof(template) / sizeof(template[0]), &made);
    if (rv != CKR_OK) {
        return p11_fault(session, "C_CreateObject", rv, NULL);
    }
    for (size_t i = 0; i < copies.n && session->open; i++) {
        p11_destroy_object(
            session, copies.handles[i]); /* what stays is older, and goes next time */
    }
    return SG_DONE;
}

sg_result
p11_object_write(struct p11_session *session, sg_str name, sg_bytes data)
{
    SG_REQUIRE(name.n > 0 && name.n <= NAME_MAX_LEN && data.n <= P11_OBJECT_MAX, VALUE);
    SG_TRY(p11_enter_alone(session));
    sg_result r = store(session, name, data);
    p11_leave(session);
    return r;
}

sg_result
p11_object_read(struct p11_session *session, sg_str name, uint8_t *out, size_t cap, size_t *ret_len)
{
    SG_REQUIRE(name.n > 0 && name.n <= NAME_MAX_LEN, VALUE);
    struct copies copies = { 0 };
    SG_TRY(p11_enter(session));
    sg_result r = load(session, name, &copies);
    p11_leave(session);
    SG_TRY(r);
    SG_REQUIRE(copies.counter > 0, NOT_FOUND);
    size_t len = copies.len - COUNTER_LEN;
    SG_REQUIRE(len <= cap, TOO_LARGE);
    memcpy(out, copies.value + COUNTER_LEN, len);
    *ret_len = len;
    return SG_DONE;
}
