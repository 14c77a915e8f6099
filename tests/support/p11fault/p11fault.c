#include "p11fault.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

static struct p11fault here;
#define SEEN __attribute__((visibility("default")))
extern struct p11fault *p11fault_control;
SEEN struct p11fault *p11fault_control = &here;

static CK_FUNCTION_LIST_PTR real;
static CK_FUNCTION_LIST list;

#define ADD(field, n) __atomic_add_fetch(&p11fault_control->field, (n), __ATOMIC_SEQ_CST)

/* Does this call fail now? */
static int
strikes(const char *call)
{
    struct p11fault *c = p11fault_control;
    if (c->call[0] == '\0' || strcmp(c->call, call) != 0) {
        return 0;
    }
    if (c->skip > 0) {
        c->skip--;
        return 0;
    }
    if (c->times == 0) {
        return 0;
    }
    c->times--;
    ADD(hits, 1);
    return 1;
}

#define WRAP(name, params, args)                          \
    static CK_RV my_##name params                         \
    {                                                     \
        int strike = strikes(#name);                      \
        if (strike && !p11fault_control->after) {         \
            return (CK_RV)p11fault_control->rv;           \
        }                                                 \
        ADD(inside, 1);                                   \
        CK_RV rv = real->name args;                       \
        note_##name;                                      \
        ADD(inside, -1);                                  \
        return strike ? (CK_RV)p11fault_control->rv : rv; \
    }

#define note_C_OpenSession ADD(sessions, rv == CKR_OK ? 1 : 0)
#define note_C_CloseSession ADD(sessions, rv == CKR_OK ? -1 : 0)
#define note_C_Login ADD(logins, 1)
#define note_C_Initialize ADD(inits, 1)
#define note_C_FindObjectsInit ADD(finds, 1)
#define note_C_Sign                                                 \
    do {                                                            \
        if (rv == CKR_OK && n == sizeof(p11fault_control->watch) && \
            memcmp(data, p11fault_control->watch, n) == 0) {        \
            ADD(signs, 1);                                          \
            out[7] ^= p11fault_control->corrupt ? 0x10 : 0;         \
        }                                                           \
    } while (0)
#define note_C_GetSlotList (void)0
#define note_C_GetTokenInfo (void)0
#define note_C_GetMechanismInfo (void)0
#define note_C_GetSessionInfo (void)0
#define note_C_FindObjects (void)0
#define note_C_FindObjectsFinal (void)0
#define note_C_GetAttributeValue (void)0
#define note_C_GenerateKey (void)0
#define note_C_GenerateKeyPair (void)0
#define note_C_WrapKey (void)0
#define note_C_UnwrapKey (void)0
#define note_C_CreateObject (void)0
#define note_C_DestroyObject (void)0

WRAP(C_Initialize, (void *a), (a))
WRAP(C_GetSlotList, (CK_BBOOL t, CK_SLOT_ID *s, CK_ULONG *n), (t, s, n))
WRAP(C_GetTokenInfo, (CK_SLOT_ID s, CK_TOKEN_INFO *i), (s, i))
WRAP(C_GetMechanismInfo, (CK_SLOT_ID s, CK_MECHANISM_TYPE t, CK_MECHANISM_INFO *i), (s, t, i))
WRAP(C_OpenSession, (CK_SLOT_ID s, CK_FLAGS f, void *a, CK_NOTIFY n, CK_SESSION_HANDLE *h),
    (s, f, a, n, h))
WRAP(C_CloseSession, (CK_SESSION_HANDLE h), (h))
WRAP(C_GetSessionInfo, (CK_SESSION_HANDLE h, CK_SESSION_INFO *i), (h, i))
WRAP(C_Login, (CK_SESSION_HANDLE h, CK_USER_TYPE u, CK_BYTE *p, CK_ULONG n), (h, u, p, n))
WRAP(C_FindObjectsInit, (CK_SESSION_HANDLE h, CK_ATTRIBUTE *a, CK_ULONG n), (h, a, n))
WRAP(C_FindObjects, (CK_SESSION_HANDLE h, CK_OBJECT_HANDLE *o, CK_ULONG m, CK_ULONG *n),
    (h, o, m, n))
WRAP(C_FindObjectsFinal, (CK_SESSION_HANDLE h), (h))
WRAP(C_GetAttributeValue, (CK_SESSION_HANDLE h, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n),
    (h, o, a, n))
WRAP(C_GenerateKey,
    (CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o),
    (h, m, a, n, o))
WRAP(C_GenerateKeyPair,
    (CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_ATTRIBUTE *a, CK_ULONG n, CK_ATTRIBUTE *b, CK_ULONG k,
        CK_OBJECT_HANDLE *o, CK_OBJECT_HANDLE *p),
    (h, m, a, n, b, k, o, p))
WRAP(C_WrapKey,
    (CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE k, CK_OBJECT_HANDLE o, CK_BYTE *p,
        CK_ULONG *n),
    (h, m, k, o, p, n))
WRAP(C_UnwrapKey,
    (CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE k, CK_BYTE *p, CK_ULONG n,
        CK_ATTRIBUTE *a, CK_ULONG c, CK_OBJECT_HANDLE *o),
    (h, m, k, p, n, a, c, o))
WRAP(C_CreateObject, (CK_SESSION_HANDLE h, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o),
    (h, a, n, o))
WRAP(C_DestroyObject, (CK_SESSION_HANDLE h, CK_OBJECT_HANDLE o), (h, o))
WRAP(C_Sign, (CK_SESSION_HANDLE h, CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *len),
    (h, data, n, out, len))

static CK_RV
my_C_SignInit(CK_SESSION_HANDLE h, CK_MECHANISM *m, CK_OBJECT_HANDLE k)
{
    if (__atomic_exchange_n(&p11fault_control->logout, 0, __ATOMIC_SEQ_CST)) {
        real->C_Logout(h);
    }
    int strike = strikes("C_SignInit");
    if (strike && !p11fault_control->after) {
        return (CK_RV)p11fault_control->rv;
    }
    ADD(inside, 1);
    CK_RV rv = real->C_SignInit(h, m, k);
    ADD(inside, -1);
    return strike ? (CK_RV)p11fault_control->rv : rv;
}

static CK_RV
my_C_Finalize(void *a)
{
    if (__atomic_load_n(&p11fault_control->inside, __ATOMIC_SEQ_CST) != 0) {
        ADD(finalized_inside, 1);
    }
    CK_RV rv = real->C_Finalize(a);
    __atomic_store_n(&p11fault_control->sessions, 0, __ATOMIC_SEQ_CST);
    return rv;
}

static CK_FUNCTION_LIST_PTR
load(void)
{
    const char *path = getenv("P11FAULT_MODULE");
    void *library = dlopen(path != NULL ? path : "/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW);
    CK_C_GetFunctionList get;
    void *symbol = library == NULL ? NULL : dlsym(library, "C_GetFunctionList");
    CK_FUNCTION_LIST_PTR f = NULL;
    memcpy(&get, &symbol, sizeof(get));
    return symbol != NULL && get(&f) == CKR_OK ? f : NULL;
}

static void
share(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && ftruncate(fd, sizeof(struct p11fault)) == 0) {
        void *p = mmap(NULL, sizeof(struct p11fault), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        p11fault_control = p == MAP_FAILED ? &here : p;
    }
    if (fd >= 0) {
        close(fd);
    }
}

SEEN CK_RV
C_GetFunctionList(CK_FUNCTION_LIST_PTR *ret)
{
    if (real == NULL) {
        if (getenv("P11FAULT_FILE") != NULL) {
            share(getenv("P11FAULT_FILE"));
        }
        real = load();
        if (real == NULL) {
            return CKR_GENERAL_ERROR;
        }
        list = *real;
#define PUT(name) list.name = my_##name
        PUT(C_Initialize);
        PUT(C_Finalize);
        PUT(C_GetSlotList);
        PUT(C_GetTokenInfo);
        PUT(C_GetMechanismInfo);
        PUT(C_OpenSession);
        PUT(C_CloseSession);
        PUT(C_GetSessionInfo);
        PUT(C_Login);
        PUT(C_FindObjectsInit);
        PUT(C_FindObjects);
        PUT(C_FindObjectsFinal);
        PUT(C_GetAttributeValue);
        PUT(C_GenerateKey);
        PUT(C_GenerateKeyPair);
        PUT(C_WrapKey);
        PUT(C_UnwrapKey);
        PUT(C_CreateObject);
        PUT(C_DestroyObject);
        PUT(C_SignInit);
        PUT(C_Sign);
    }
    *ret = &list;
    return CKR_OK;
}
