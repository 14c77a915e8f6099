/*
 * What signatures through SoftHSM cost, in CPU time of this thread: `build/release/bench/bench_p11` or build/dev. The lowest and the median
 * of batches; the module's own C_SignInit + C_Sign on the same key is the floor beside ours.
 */
#include <dlfcn.h>
#include <time.h>

#include "p11_cryptoki.h"
#include "token.h"

#define BATCHES 40
#define PER_BATCH 50

static double
cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

struct job {
    struct token *token;
    struct p11_key_ref refs[2];
    size_t n_refs;
    uint8_t sig[KEY_SIG_MAX];
    size_t sig_len;
    CK_FUNCTION_LIST_PTR f;
    CK_SESSION_HANDLE raw;
    CK_OBJECT_HANDLE raw_key;
    unsigned turn;
};

static uint8_t digest[32] = { 1 };

static void
run(const char *name, void (*step)(struct job *), struct job *job)
{
    double us[BATCHES];
    step(job);
    for (int b = 0; b < BATCHES; b++) {
        double start = cpu_us();
        for (int i = 0; i < PER_BATCH; i++) {
            step(job);
        }
        us[b] = (cpu_us() - start) / PER_BATCH;
    }
    qsort(us, BATCHES, sizeof(us[0]), by_value);
    printf("%-44s lowest %8.2f us   median %8.2f us\n", name, us[0], us[BATCHES / 2]);
}

static void
step_raw(struct job *job)
{
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_BYTE out[512];
    CK_ULONG len = sizeof(out);
    assert_int_equal(job->f->C_SignInit(job->raw, &mechanism, job->raw_key), CKR_OK);
    assert_int_equal(job->f->C_Sign(job->raw, digest, sizeof(digest), out, &len), CKR_OK);
}

static void
step_sign(struct job *job)
{
    assert_ok(p11_key_sign(job->token->session, &job->refs[job->turn++ % job->n_refs],
        SG_BYTES(digest), job->sig, &job->sig_len));
}

static void
step_verify(struct job *job)
{
    assert_ok(key_public_verify(
        job->refs[0].public, SG_BYTES(digest), sg_bytes_of(job->sig, job->sig_len)));
}

static void
find_raw(struct job *job)
{
    CK_C_GetFunctionList get;
    void *symbol = dlsym(dlopen(token_module(), RTLD_NOW), "C_GetFunctionList");
    memcpy(&get, &symbol, sizeof(get));
    assert_int_equal(get(&job->f), CKR_OK);
    CK_SLOT_ID slots[8];
    CK_ULONG n = 8;
    assert_int_equal(job->f->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
    assert_int_equal(
        job->f->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &job->raw), CKR_OK);
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    char label[] = "a key";
    CK_ATTRIBUTE match[] = { { CKA_CLASS, &class, sizeof(class) },
        { CKA_LABEL, label, sizeof(label) - 1 } };
    assert_int_equal(job->f->C_FindObjectsInit(job->raw, match, 2), CKR_OK);
    assert_int_equal(job->f->C_FindObjects(job->raw, &job->raw_key, 1, &n), CKR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(job->f->C_FindObjectsFinal(job->raw), CKR_OK);
}

int
main(void)
{
    struct token *t = token_new(NULL);
    struct key_public *resident = NULL;
    struct key_public *wrapped[2] = { NULL };
    struct p11_key_made made[2];
    token_key(t, KEY_ES256, true, &resident);
    made[0] = token_key(t, KEY_ES256, false, &wrapped[0]);
    made[1] = token_key(t, KEY_ES256, false, &wrapped[1]);
    struct job job = { .token = t, .refs = { { resident, SG_NO_BYTES } }, .n_refs = 1 };
    find_raw(&job);
    run("ES256 C_SignInit + C_Sign alone (floor)", step_raw, &job);
    run("ES256 p11_key_sign, verified", step_sign, &job);
    run("ES256 verify", step_verify, &job);
    double start = cpu_us();
    assert_ok(key_public_warm(resident));
    printf("%-44s %15.2f us once\n", "ES256 key_public_warm", cpu_us() - start);
    run("ES256 verify, warm", step_verify, &job);
    run("ES256 p11_key_sign, verified warm", step_sign, &job);
    job.refs[0] = (struct p11_key_ref){ wrapped[0], made[0].wrapped };
    run("ES256 wrapped, handle kept, verified", step_sign, &job);
    p11_session_close(&t->session);
    assert_ok(p11_session_open(t->p11, 1, &t->session));
    job.refs[1] = (struct p11_key_ref){ wrapped[1], made[1].wrapped };
    job.n_refs = 2;
    run("ES256 MAC + unwrap + sign + verify + destroy", step_sign, &job);
    key_public_free(&resident);
    key_public_free(&wrapped[0]);
    key_public_free(&wrapped[1]);
    job.f->C_CloseSession(job.raw);
    void *state = t;
    return token_teardown(&state);
}
