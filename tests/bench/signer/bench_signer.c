/*
 * SEAL per second and CPU of the signer per SEAL, with N outstanding: bench_signer [seconds [outstanding]]. The gateway's and the courier's side are
 * this program. CPU is the signer process's alone (getrusage of the child), C_Sign and the verification after it included.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "p11_key.h"
#include "signer_rig.h"

static struct rig rig;

static double
seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* utime + stime of a process, in seconds, from its schedstat-precise clock */
static double
cpu_of(pid_t pid)
{
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) == 0 ? seconds(clock) : 0;
}

static void
send_one(struct sg_arena *arena)
{
    struct sg_arena *keep = rig.arena;
    rig.arena = arena; /* what a request needs is thrown away after it */
    struct wire_intent intent = rig_intent(&rig, rig.seal_key, WIRE_OP_SEAL_CREDENTIAL);
    struct wire_seal seal = rig_seal_of(&rig, &intent, rig.mandate);
    rig_seal_send(&rig, &seal, rig.next_id++);
    rig.arena = keep;
}

/* What no SEAL can do without: one C_Sign and one verification, on the same token, in this process. Microseconds. */
static double
floor_us(void)
{
    enum { N = 2000 };
    static const enum key_alg algs[] = { KEY_ES256 };
    struct p11 *p11 = NULL;
    struct p11_session *session = NULL;
    struct p11_key_made made;
    struct key_public *public = NULL;
    struct sg_why why = { 0 };
    uint8_t digest[32] = { 1 };
    uint8_t signature[KEY_SIG_MAX];
    size_t n;
    assert_int_equal(chdir(rig.dir), 0);
    setenv("SOFTHSM2_CONF", "signer/softhsm2.conf", 1);
    sg_bytes pin = support_file(rig.arena, "signer/pin");
    struct p11_settings settings = { .module = "/usr/lib/softhsm/libsofthsm2.so",
        .label = SG_LIT("rig"),
        .pin = pin,
        .algs = algs,
        .n_algs = 1,
        .wrapping = true };
    struct p11_key_params params = { KEY_ES256, true, SG_LIT("floor") };
    assert_ok(p11_open(&settings, &why, &p11));
    assert_ok(p11_session_open(p11, 1, &session));
    assert_ok(p11_key_generate(session, rig.arena, &params, &made));
    assert_ok(key_public_new(made.spki, &public));
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    double begin = seconds(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < N; i++) {
        digest[0] = (uint8_t)i;
        assert_ok(p11_key_sign(session, &ref, SG_BYTES(digest), signature, &n));
    }
    double took = seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
    key_public_free(&public);
    p11_session_close(&session);
    p11_close(&p11);
    return took / N * 1e6;
}

int
main(int argc, char **argv)
{
    double span = argc > 1 ? atof(argv[1]) : 3;
    int outstanding = argc > 2 ? atoi(argv[2]) : 32;
    struct sg_arena *arena = sg_arena_new(1 << 16, 1 << 24);
    rig_create(&rig, "");
    rig_start(&rig, NULL);
    rig_furnish(&rig, 100000000);
    double begin = seconds(CLOCK_MONOTONIC);
    double cpu = cpu_of(rig.pid);
    uint64_t n = 0;
    int flying = 0;
    struct sg_arena *keep = rig.arena;
    while (seconds(CLOCK_MONOTONIC) - begin < span || flying > 0) {
        bool go_on = seconds(CLOCK_MONOTONIC) - begin < span;
        for (; go_on && flying < outstanding; flying++) {
            send_one(arena);
        }
        uint64_t id;
        struct wire_seal_reply reply;
        rig.arena = arena;
        sg_result r = rig_seal_receive(&rig, &id, &reply);
        rig.arena = keep;
        if (!sg_ok(r)) {
            printf("refused: %s\n", sg_code_row(r.code)->name);
            return 1;
        }
        flying--;
        if (++n % 64 == 0) {
            sg_arena_reset(arena);
        }
    }
    double took = seconds(CLOCK_MONOTONIC) - begin;
    cpu = cpu_of(rig.pid) - cpu;
    printf("outstanding %d: %.0f per second, signer CPU %.1f us per SEAL (%llu in %.1f s)\n",
        outstanding, (double)n / took, cpu / (double)n * 1e6, (unsigned long long)n, took);
    rig_stop(&rig);
    double floor = floor_us();
    printf("C_Sign and verification: %.1f us; all else in the signer: %.1f us\n", floor,
        cpu / (double)n * 1e6 - floor);
    rig_free(&rig);
    sg_arena_free(&arena);
    return 0;
}
