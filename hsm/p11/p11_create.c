/* Making and furnishing tokens: once in the life of an installation, alone in the process. */
#include "p11_priv.h"

#define SLOTS_MAX 256

static sg_result
noted(struct sg_why *why, const char *call, CK_RV rv)
{
    sg_why_note(why, call, 0, rv);
    SG_FAIL(TOKEN_DOWN);
}

/* A slot with a token that nobody has initialised; refuses when our label is taken. */
static sg_result
free_slot(struct p11 *p11, struct sg_why *why, CK_SLOT_ID *ret)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX;
    CK_RV rv = p11->f->C_GetSlotList(CK_TRUE, slots, &n);
    if (rv != CKR_OK) {
        return noted(why, "C_GetSlotList", rv);
    }
    bool found = false;
    for (CK_ULONG i = 0; i < n; i++) {
        CK_TOKEN_INFO info;
        if (p11->f->C_GetTokenInfo(slots[i], &info) != CKR_OK) {
            continue;
        }
        bool used = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
        SG_REQUIRE(!used || memcmp(info.label, p11->label, sizeof(p11->label)) != 0, CONFLICT);
        if (!used && !found) {
            *ret = slots[i];
            found = true;
        }
    }
    SG_REQUIRE(found, FULL);
    return SG_DONE;
}

/* The new token's slot (SoftHSM renumbers) and serial. */
static sg_result
new_slot(struct p11 *p11, struct sg_why *why, CK_SLOT_ID *ret, char serial[P11_SERIAL_MAX + 1])
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX;
    CK_RV rv = p11->f->C_GetSlotList(CK_TRUE, slots, &n);
    for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
        CK_TOKEN_INFO info;
        if (p11->f->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            (info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
            memcmp(info.label, p11->label, sizeof(p11->label)) == 0) {
            *ret = slots[i];
            size_t len = P11_SERIAL_MAX;
            while (len > 0 && info.serialNumber[len - 1] == ' ') {
                len--;
            }
            memcpy(serial, info.serialNumber, len);
            serial[len] = '\0';
            return SG_DONE;
        }
    }
    return noted(why, "the new token is not there", rv);
}

/* C_InitPIN as security officer, in a session of its own. */
static sg_result
set_user_pin(struct p11 *p11, CK_SLOT_ID slot, sg_bytes so_pin, sg_bytes pin, struct sg_why *why)
{
    CK_SESSION_HANDLE handle;
    CK_RV rv =
        p11->f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &handle);
    const char *call = "C_OpenSession";
    if (rv == CKR_OK) {
        call = "C_Login";
        rv = p11->f->C_Login(handle, CKU_SO, (CK_BYTE *)(uintptr_t)so_pin.p, so_pin.n);
        if (rv == CKR_OK) {
            call = "C_InitPIN";
            rv = p11->f->C_InitPIN(handle, (CK_BYTE *)(uintptr_t)pin.p, pin.n);
            p11->f->C_Logout(handle);
        }
        p11->f->C_CloseSession(handle);
    }
    return rv == CKR_OK ? SG_DONE : noted(why, call, rv);
}

static sg_result
furnish(struct p11 *p11)
{
    SG_TRY(p11_locate(p11));
    SG_TRY(p11_session_ready(p11->own));
    SG_TRY(p11_furnish_self_test(p11->own));
    if (p11->wrapping) {
        SG_TRY(p11_furnish_wrapping(p11->own));
    }
    return p11_self_test(p11->own);
}

static sg_result
furnish_and_note(struct p11 *p11, struct sg_why *why)
{
    sg_result r = furnish(p11);
    if (!sg_ok(r)) {
        sg_why_note(why, p11->why_call, 0, p11->why_rv);
    }
    return r;
}

static sg_result
begin(const struct p11_settings *settings, struct sg_why *why, struct p11 **ret)
{
    SG_CLEANUP(p11_close)
    struct p11 *p11 = p11_alloc();
    SG_REQUIRE(p11 != NULL, NO_MEMORY);
    SG_TRY(p11_configure(p11, settings, why));
    SG_TRY(p11_load(p11, settings->module, why));
    sg_result r = p11_initialize(p11);
    if (!sg_ok(r)) {
        sg_why_note(why, p11->why_call, 0, p11->why_rv);
        return r;
    }
    *ret = p11;
    p11 = NULL;
    return SG_DONE;
}

sg_result
p11_token_furnish(const struct p11_settings *settings, struct sg_why *why)
{
    SG_CLEANUP(p11_close)
    struct p11 *p11 = NULL;
    SG_TRY(begin(settings, why, &p11));
    return furnish_and_note(p11, why);
}

sg_result
p11_token_create(const struct p11_settings *settings, sg_bytes so_pin, struct sg_why *why,
    char ret_serial[P11_SERIAL_MAX + 1])
{
    SG_REQUIRE(so_pin.n > 0 && so_pin.n <= P11_PIN_MAX && settings->pin.n > 0, VALUE);
    SG_CLEANUP(p11_close)
    struct p11 *p11 = NULL;
    CK_SLOT_ID slot;
    char serial[P11_SERIAL_MAX + 1];
    SG_TRY(begin(settings, why, &p11));
    SG_TRY(free_slot(p11, why, &slot));
    CK_RV rv = p11->f->C_InitToken(slot, (CK_BYTE *)(uintptr_t)so_pin.p, so_pin.n, p11->label);
    if (rv != CKR_OK) {
        return noted(why, "C_InitToken", rv);
    }
    SG_TRY(new_slot(p11, why, &slot, serial));
    SG_TRY(set_user_pin(p11, slot, so_pin, settings->pin, why));
    SG_TRY(furnish_and_note(p11, why));
    memcpy(ret_serial, serial, sizeof(serial));
    return SG_DONE;
}
