/* Loading a module and finding its token. */
#include <dlfcn.h>
#include <sodium.h>
#include <stdlib.h>

#include "p11_priv.h"

#define SLOTS_MAX 256 /* some network HSMs show one per partition */

/*
 * PKCS#11 gives a child that uses its parent's handles no meaning (SoftHSM goes on signing). The flag is the one piece of
 * state of ours that is not in a struct: pthread_atfork takes no argument. req: KEY-2
 */
static atomic_bool is_child;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void
note_child(void)
{
    atomic_store(&is_child, true);
}

static void
watch_forks(void)
{
    pthread_atfork(NULL, NULL, note_child);
}

bool
p11_is_child(void)
{
    return atomic_load_explicit(&is_child, memory_order_relaxed);
}

struct p11 *
p11_alloc(void)
{
    struct p11 *p11 = calloc(1, sizeof(*p11));
    if (p11 == NULL || sodium_init() < 0) {
        free(p11);
        return NULL;
    }
    pthread_once(&fork_once, watch_forks);
    pthread_mutex_init(&p11->turn, NULL);
    pthread_rwlock_init(&p11->door, NULL);
    pthread_mutex_init(&p11->lock, NULL);
    pthread_mutex_init(&p11->probing, NULL);
    atomic_store(&p11->state, P11_DOWN);
    if (!sg_ok(p11_session_new(p11, 1, &p11->own))) {
        p11_close(&p11);
    }
    return p11;
}

sg_result
p11_load(struct p11 *p11, const char *path, struct sg_why *why)
{
    p11->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (p11->library == NULL) {
        sg_why_note(why, "the PKCS#11 module cannot be loaded", 0, 0);
        SG_FAIL(VALUE);
    }
    CK_C_GetFunctionList get;
    void *symbol = dlsym(p11->library, "C_GetFunctionList");
    memcpy(&get, &symbol, sizeof(get)); /* ISO C has no cast from object to function pointer */
    if (symbol == NULL || get(&p11->f) != CKR_OK || p11->f == NULL) {
        sg_why_note(why, "C_GetFunctionList", 0, 0);
        SG_FAIL(VALUE);
    }
    if (p11->f->version.major < 2 || (p11->f->version.major == 2 && p11->f->version.minor < 40)) {
        sg_why_note(why, "the module is older than PKCS#11 2.40", 0, 0);
        SG_FAIL(VALUE);
    }
    return SG_DONE;
}

static sg_result
keep_pin(struct p11 *p11, sg_bytes pin)
{
    uint8_t *copy = NULL;
    if (pin.n > 0) {
        copy = sodium_malloc(pin.n);
        SG_REQUIRE(copy != NULL, NO_MEMORY);
        memcpy(copy, pin.p, pin.n);
        sodium_mprotect_noaccess(copy);
    }
    sodium_free(p11->pin); /* wipes */
    p11->pin = copy;
    p11->pin_len = pin.n;
    return SG_DONE;
}

sg_result
p11_configure(struct p11 *p11, const struct p11_settings *settings, struct sg_why *why)
{
    if (settings->label.n == 0 || settings->label.n > P11_LABEL_LEN ||
        settings->serial.n > P11_SERIAL_MAX || settings->pin.n > P11_PIN_MAX ||
        (settings->pin.n == 0 && !settings->protected_path) ||
        settings->n_algs > sizeof(p11->algs) / sizeof(p11->algs[0])) {
        sg_why_note(why, "token label, serial, PIN or algorithms", 0, 0);
        SG_FAIL(VALUE);
    }
    memset(p11->label, ' ', sizeof(p11->label));
    memcpy(p11->label, settings->label.p, settings->label.n);
    memset(p11->serial, ' ', sizeof(p11->serial));
    if (settings->serial.n > 0) {
        memcpy(p11->serial, settings->serial.p, settings->serial.n);
    }
    p11->any_serial = settings->serial.n == 0;
    p11->protected_path = settings->protected_path;
    p11->pin_confirmed = settings->pin_confirmed;
    p11->pin_refused = settings->pin_refused;
    p11->wrapping = settings->wrapping;
    p11->n_algs = settings->n_algs;
    for (size_t i = 0; i < settings->n_algs; i++) {
        SG_REQUIRE(p11_mech(settings->algs[i]) != NULL, ALGORITHM);
        p11->algs[i] = settings->algs[i];
    }
    p11->finalize_wait_ms = settings->finalize_wait_ms > 0 ? settings->finalize_wait_ms : 2000;
    return keep_pin(p11, settings->pin);
}

sg_result
p11_initialize(struct p11 *p11)
{
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK }; /* all callbacks or none: none */
    CK_RV rv = p11->f->C_Initialize(&args);
    if (rv != CKR_OK) {
        p11_fall(p11, P11_DOWN, "C_Initialize", rv);
        SG_FAIL(TOKEN_DOWN);
    }
    p11->initialized = true;
    atomic_fetch_add(&p11->life, 1);
    return SG_DONE;
}

/* The slot whose token has our label and serial; never by number: SoftHSM renumbers. */
static sg_result
find_slot(struct p11 *p11, CK_SLOT_ID *ret, CK_TOKEN_INFO *ret_info)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX;
    CK_RV rv = p11->f->C_GetSlotList(CK_TRUE, slots, &n);
    if (rv != CKR_OK) {
        p11_fall(p11, P11_DOWN, "C_GetSlotList", rv);
        SG_FAIL(TOKEN_DOWN);
    }
    size_t hits = 0;
    for (CK_ULONG i = 0; i < n; i++) {
        CK_TOKEN_INFO info;
        rv = p11->f->C_GetTokenInfo(slots[i], &info);
        if (rv != CKR_OK || memcmp(info.label, p11->label, sizeof(p11->label)) != 0 ||
            (!p11->any_serial &&
                memcmp(info.serialNumber, p11->serial, sizeof(p11->serial)) != 0)) {
            continue;
        }
        *ret = slots[i];
        *ret_info = info;
        hits++;
    }
    if (hits != 1) { /* two tokens of one label: the serial must decide */
        p11_fall(p11, P11_DOWN, hits == 0 ? "no token of this label and serial" : "several tokens",
            hits == 0 ? CKR_TOKEN_NOT_PRESENT : CKR_OK);
        SG_FAIL(TOKEN_DOWN);
    }
    return SG_DONE;
}

static bool
has_mechanism(
    struct p11 *p11, CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_FLAGS flags, CK_ULONG bits)
{
    CK_MECHANISM_INFO info;
    return p11->f->C_GetMechanismInfo(slot, type, &info) == CKR_OK &&
           (info.flags & flags) == flags &&
           (bits == 0 || (info.ulMinKeySize <= bits && bits <= info.ulMaxKeySize));
}

/* RFC 5649 first; then what 2.40 tokens have in its place (checklist section 6). */
static CK_MECHANISM_TYPE
choose_wrapping(struct p11 *p11, CK_SLOT_ID slot)
{
    static const CK_MECHANISM_TYPE order[] = { CKM_AES_KEY_WRAP_KWP, CKM_AES_KEY_WRAP_PAD,
        CKM_AES_KEY_WRAP };
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (has_mechanism(p11, slot, order[i], CKF_WRAP | CKF_UNWRAP, 0)) {
            return order[i];
        }
    }
    return 0;
}

static sg_result
check_mechanisms(struct p11 *p11, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < p11->n_algs; i++) {
        const struct p11_mech *mech = p11_mech(p11->algs[i]);
        SG_REQUIRE(
            has_mechanism(p11, slot, mech->generate, CKF_GENERATE_KEY_PAIR, mech->bits), ALGORITHM);
        SG_REQUIRE(has_mechanism(p11, slot, mech->sign, CKF_SIGN, mech->bits), ALGORITHM);
    }
    CK_MECHANISM_TYPE wrap = choose_wrapping(p11, slot);
    if (p11->wrapping) {
        SG_REQUIRE(wrap != 0, ALGORITHM);
        SG_REQUIRE(has_mechanism(p11, slot, CKM_SHA256_HMAC, CKF_SIGN, 0), ALGORITHM);
    }
    atomic_store(&p11->wrap_mechanism, wrap);
    return SG_DONE;
}

/*
 * A token that remembers a refusal: somebody's PIN was refused and no login has succeeded since. A supervisor may be restarting us: do not
 * use up tries.
 */
static sg_result
pin_may_be_tried(struct p11 *p11, CK_FLAGS flags)
{
    pthread_mutex_lock(&p11->lock);
    bool confirmed = p11->pin_confirmed;
    bool refused = p11->pin_refused;
    pthread_mutex_unlock(&p11->lock);
    if ((flags & CKF_USER_PIN_LOCKED) != 0) {
        p11_latch(p11, P11_LATCH_OTHER, "the token's PIN is locked", flags);
        SG_FAIL(TOKEN_DOWN);
    }
    if (refused) {
        p11_latch(p11, P11_LATCH_KNOWN, "this PIN was refused before", flags);
        SG_FAIL(TOKEN_DOWN);
    }
    if (!confirmed && (flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) != 0) {
        p11_latch(p11, P11_LATCH_BEFORE, "token says that a PIN was refused", flags);
        SG_FAIL(TOKEN_DOWN);
    }
    return SG_DONE;
}

sg_result
p11_locate(struct p11 *p11)
{
    CK_SLOT_ID slot = 0;
    CK_TOKEN_INFO info;
    SG_TRY(find_slot(p11, &slot, &info));
    const CK_FLAGS needed = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | CKF_LOGIN_REQUIRED;
    if ((info.flags & needed) != needed) {
        p11_fall(p11, P11_DOWN, "token flags", info.flags);
        SG_FAIL(TOKEN_DOWN);
    }
    SG_TRY(pin_may_be_tried(p11, info.flags));
    SG_TRY(check_mechanisms(p11, slot));
    atomic_store(&p11->slot, slot);
    return SG_DONE;
}

/* Holding `lock`. */
static void
confirm(struct p11 *p11)
{
    p11->pin_confirmed = true;
    p11->pin_refused = false;
    p11->latch = P11_LATCH_NONE;
    int latched = P11_PIN_LATCHED;
    atomic_compare_exchange_strong(&p11->state, &latched, P11_DOWN);
    atomic_store(&p11->probe_at_ms, 0);
}

sg_result
p11_pin_set(struct p11 *p11, sg_bytes pin)
{
    SG_REQUIRE(pin.n > 0 && pin.n <= P11_PIN_MAX, VALUE);
    pthread_mutex_lock(&p11->lock);
    sg_result r = keep_pin(p11, pin);
    if (sg_ok(r)) {
        confirm(p11);
    }
    pthread_mutex_unlock(&p11->lock);
    return r;
}

void
p11_pin_confirm(struct p11 *p11)
{
    pthread_mutex_lock(&p11->lock);
    confirm(p11);
    pthread_mutex_unlock(&p11->lock);
}

void
p11_close(struct p11 **p11)
{
    struct p11 *gone = *p11;
    if (gone == NULL) {
        return;
    }
    if (gone->own != NULL) {
        gone->own->owner = pthread_self();
        p11_session_close(&gone->own);
    }
    if (gone->initialized && !p11_is_child()) {
        gone->f->C_Finalize(NULL);
    }
    /* No dlclose: modules leave exit handlers and thread keys behind that would point to nothing. */
    sodium_free(gone->pin);
    pthread_rwlock_destroy(&gone->door);
    pthread_mutex_destroy(&gone->turn);
    pthread_mutex_destroy(&gone->lock);
    pthread_mutex_destroy(&gone->probing);
    free(gone);
    *p11 = NULL;
}
