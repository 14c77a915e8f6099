/* Serving: read settings, open, reconcile, give up rights, and only then read the first byte. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "point.h"
#include "sandbox.h"
#include "signer.h"

#define SCRATCH_MAX ((size_t)8 * 1024 * 1024)
#define NOTES_PER_MINUTE 120
#define REFUSALS_PER_S 20

sg_result
signer_token_open(struct signer *s, struct sg_why *why)
{
    struct p11_settings token;
    size_t n = 0;
    uint8_t *pin = sodium_malloc(P11_PIN_MAX + 1); /* locked, out of dumps, guarded */
    SG_REQUIRE(pin != NULL, NO_MEMORY);
    sg_result r = signer_pin_read(s->conf->pin_file, pin, &n);
    if (sg_ok(r)) {
        r = signer_token_settings(s->conf, sg_bytes_of(pin, n), &token);
        token.pin_refused = sg_ok(r) && signer_pin_refused_before(s, token.pin);
    } else {
        sg_why_note(why, "the PIN file", 0, 0);
    }
    if (sg_ok(r)) {
        signer_token_mend(s);
        r = p11_open(&token, why, &s->p11);
    }
    sodium_free(pin);
    SG_TRY(r);
    signer_pin_settle(s);
    signer_token_keep(s);
    return p11_session_open(
        s->p11, s->conf->wrapped_cache > 0 ? (size_t)s->conf->wrapped_cache : 1, &s->session);
}

sg_result
signer_reconcile(struct signer *s, bool accepted)
{
    struct ledger_anchor anchor;
    struct ledger_report report = { 0 };
    bool have = false;
    SG_TRY(signer_anchor_read(s, &anchor, &have));
    sg_result r = ledger_reconcile(
        s->ledger, &s->log_key, have ? &anchor : NULL, signer_now().utc_ms, accepted, &report);
    s->fault = report.fault;
    if (r.code == SG_E_CONFLICT) {
        s->phase = SIGNER_HELD;
        s->held_since_s = signer_now().utc_ms / 1000;
        signer_log(SIGNER_ERROR, "ledger-held", "what=\"%s\" size=%llu anchor=%llu checkpoint=%llu",
            ledger_fault_text(report.fault), (unsigned long long)report.size,
            (unsigned long long)report.anchor_size, (unsigned long long)report.checkpoint_size);
        return SG_DONE;
    }
    SG_TRY(r);
    signer_log(SIGNER_INFO, "ledger", "size=%llu unknown=%llu checkpoint=%llu",
        (unsigned long long)report.size, (unsigned long long)report.n_unknown,
        (unsigned long long)report.checkpoint_size);
    s->env.now = signer_now();
    SG_TRY(signer_keys_reconcile(s));
    s->phase = SIGNER_SERVES;
    signer_clock_start(s);
    return SG_DONE;
}

static sg_result
open_all(struct signer *s, struct sg_why *why)
{
    SG_TRY(signer_token_open(s, why));
    signer_place(&s->place);
    sg_why_note(why, "the ledger", 0, 0);
    SG_TRY(ledger_open(&s->place, &s->ledger));
    SG_TRY(ledger_reader_open(&s->place, &s->reader));
    SG_TRY(registry_load(ledger_sql(s->ledger), &s->registry));
    reg_holders_keep(s->registry, (size_t)s->conf->holder_cache);
    SG_TRY(signer_log_key_find(s));
    s->env.registry = s->registry;
    s->env.ledger = s->ledger;
    if (!sg_ok(p11_ready(s->p11))) {
        s->phase = SIGNER_WAITS_FOR_TOKEN;
        return SG_DONE;
    }
    return signer_reconcile(s, false);
}

static void
fill_rp(struct signer *s)
{
    struct act_rp *rp = &s->env.rp;
    rp->id = sg_cstr(s->conf->rp_id);
    sg_sha256(sg_str_bytes(rp->id), rp->id_hash);
    rp->n_origins = s->conf->origins.n < ACT_ORIGINS_MAX ? s->conf->origins.n : ACT_ORIGINS_MAX;
    for (size_t i = 0; i < rp->n_origins; i++) {
        rp->origins[i] = sg_cstr(s->conf->origins.items[i]);
    }
}

static void
fill(struct signer *s)
{
    fill_rp(s);
    s->env.effect = signer_effect(s);
    s->env.limits = (struct gate_limits){ .status_max_age_ms = (int64_t)s->conf->status_max_age_ms,
        .intent_lifetime_s = (int64_t)s->conf->intent_lifetime_s,
        .gesture_life_s = (int64_t)s->conf->gesture_life_s,
        .person_intent_s = (int64_t)s->conf->person_intent_s,
        .seal_rate = s->conf->seal_rate };
    s->env.software = SG_LIT("sealgate-signer/" SEALGATE_VERSION);
    s->notes_end = &s->notes;
    for (size_t i = 0; i < SIGNER_NOTE_KINDS; i++) {
        s->note_budgets[i] =
            (struct signer_budget){ .per_window = NOTES_PER_MINUTE, .window_ms = 60000 };
    }
    s->person_budget = (struct signer_budget){ .per_window = NOTES_PER_MINUTE, .window_ms = 60000 };
    s->refusal_budget = (struct signer_budget){ .per_window = REFUSALS_PER_S, .window_ms = 1000 };
    randombytes_buf(&s->next_ask, sizeof(s->next_ask));
}

static sg_result
open_sockets(struct signer *s, const struct signer_args *args)
{
    signer_peer_init(&s->gateway, SIGNER_GATEWAY, args->gateway_fd);
    signer_peer_init(&s->courier, SIGNER_COURIER, args->courier_fd);
    for (size_t i = 0; i < SIGNER_OPS_MAX; i++) {
        signer_peer_init(&s->ops[i], SIGNER_OPS, -1);
    }
    s->ops_fd = args->ops_fd;
    if (s->ops_fd >= 0) {
        int flags = fcntl(s->ops_fd, F_GETFL);
        SG_REQUIRE(flags >= 0 && fcntl(s->ops_fd, F_SETFL, flags | O_NONBLOCK) == 0, VALUE);
    }
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    SG_REQUIRE(sigprocmask(SIG_BLOCK, &stop, NULL) == 0, INTERNAL);
    s->stop_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    SG_REQUIRE(s->stop_fd >= 0 && s->wake_fd >= 0, INTERNAL);
    return signer_io_init();
}

static sg_result
give_up_rights(struct signer *s, const struct signer_args *args, struct sg_why *why)
{
    const struct sandbox_path paths[] = {
        { "signer", SANDBOX_READ | SANDBOX_WRITE, false },
        { "log", SANDBOX_READ | SANDBOX_WRITE, false },
        { s->conf->softhsm_conf[0] != '\0' ? s->conf->softhsm_conf : "signer", SANDBOX_READ,
            false },
        { "/dev/urandom", SANDBOX_READ, true },
        { "/etc/ssl/openssl.cnf", SANDBOX_READ, true },
    };
    struct sandbox_settings settings = { .role = SANDBOX_SIGNER,
        .paths = paths,
        .n_paths = sizeof(paths) / sizeof(paths[0]),
        .without_landlock = args->without_landlock,
        .lock_memory = true };
    struct sandbox_report report;
    SG_TRY(sandbox_enter(&settings, why, &report));
    signer_log(SIGNER_INFO, "sandbox", "landlock=%d locked=%s user=%u", report.landlock_abi,
        report.locked ? "all" : "secrets", (unsigned)geteuid());
    return SG_DONE;
}

/*
 * One for two processors: gateway and courier need the others, and sharing a batch has its price (hsm/README.md, "Measured").
 */
static size_t
n_sessions(const struct conf_signer *conf)
{
    long n = conf->sessions > 0 ? (long)conf->sessions : sysconf(_SC_NPROCESSORS_ONLN) / 2;
    return n < 1 ? 1 : (size_t)n;
}

static sg_result
begin(struct signer *s, const struct signer_args *args, struct sg_why *why)
{
    struct conf_signer *conf = NULL;
    SG_TRY(signer_settings(args, s->arena, &conf));
    s->conf = conf;
    fill(s);
    umask(0022); /* the log is for others to read; signer/ itself is closed (0700) */
    SG_TRY(signer_become_user(args));
    SG_TRY(open_all(s, why));
    SG_TRY(open_sockets(s, args));
    SG_TRY(signer_cases_new(s));
    *why = (struct sg_why){ 0 };
    SG_TRY(signer_enrol_roots(s, why));
    *why = (struct sg_why){ 0 };
    SG_TRY(give_up_rights(s, args, why));
    SG_TRY(signer_work_start(s, n_sessions(conf) - 1));
    s->token_was_ready = sg_ok(p11_ready(s->p11));
    if (args->ready_fd >= 0) {
        SG_REQUIRE(write(args->ready_fd, "R", 1) == 1, PEER_DOWN);
        close(args->ready_fd);
    }
    signer_log(
        SIGNER_INFO, "serving", "version=%s sessions=%zu", SEALGATE_VERSION, n_sessions(conf));
    return SG_DONE;
}

static void
log_counters(const struct signer *s)
{
    signer_log(SIGNER_INFO, "counters", "admitted=%llu signed=%llu transactions=%llu asks=%llu",
        (unsigned long long)s->counters.admitted, (unsigned long long)s->counters.signed_,
        (unsigned long long)s->counters.transactions, (unsigned long long)s->counters.asks);
    for (size_t i = 0; i < SIGNER_REFUSALS_PER_CODE; i++) {
        if (s->counters.refused_early[i] + s->counters.refused_late[i] > 0) {
            signer_log(SIGNER_INFO, "refusals", "code=%s early=%llu late=%llu",
                sg_code_row((enum sg_code)i)->name,
                (unsigned long long)s->counters.refused_early[i],
                (unsigned long long)s->counters.refused_late[i]);
        }
    }
}

static void
end(struct signer *s)
{
    signer_work_stop(s);
    ledger_publisher_free(&s->publisher);
    if (s->registry != NULL) {
        for (struct reg_key *key = registry_key_after(s->registry, SG_NO_BYTES); key != NULL;
             key = registry_key_after(s->registry, SG_BYTES(key->thumbprint))) {
            if (key->live != NULL) {
                free(((struct gate_live *)key->live)->ask);
            }
            gate_live_free(key);
        }
    }
    signer_cases_free(s);
    signer_opens_free(s);
    signer_enrol_free(s);
    registry_free(&s->registry);
    ledger_reader_close(&s->reader);
    ledger_close(&s->ledger);
    p11_session_close(&s->session);
    p11_close(&s->p11);
    sg_arena_free(&s->held_arena);
    sg_arena_free(&s->scratch);
    sg_arena_free(&s->arena);
}

/* Reconciling beside a signer that serves would give its open consents an outcome; and two writers are one too many. */
static bool
somebody_serves(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "run/ops.sock" };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool serves = fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 ||
                  (errno != ENOENT && errno != ECONNREFUSED); /* doubt means refusal */
    if (fd >= 0) {
        close(fd);
    }
    return serves;
}

sg_result
signer_tool_open(struct signer *s, const struct signer_args *args, struct sg_why *why)
{
    struct conf_signer *conf = NULL;
    s->arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    s->scratch = sg_arena_new((size_t)64 * 1024, SCRATCH_MAX);
    SG_REQUIRE(s->arena != NULL && s->scratch != NULL, NO_MEMORY);
    SG_TRY(signer_settings(args, s->arena, &conf));
    s->conf = conf;
    fill(s);
    sg_why_note(why, "only in a test environment", 0, 0);
    SG_REQUIRE(strcmp(conf->environment, CONF_PRODUCTION) != 0, ENVIRONMENT);
    *why = (struct sg_why){ 0 };
    sg_why_note(why, "a signer serves; stop it first", 0, 0);
    SG_REQUIRE(!somebody_serves(),
        CONFLICT); /* with the rights we have still: the socket may be closed to the user we become */
    *why = (struct sg_why){ 0 };
    SG_TRY(signer_become_user(args));
    SG_TRY(open_all(s, why));
    *why = (struct sg_why){ 0 };
    SG_REQUIRE(s->phase == SIGNER_SERVES, NOT_READY);
    s->env.now = signer_now();
    return SG_DONE;
}

void
signer_tool_close(struct signer *s)
{
    end(s);
}

int
signer_serve(const struct signer_args *args)
{
    static struct signer s; /* its counters alone are 16 KiB */
    struct sg_why why = { 0 };
    int code = 1;
    points_arm();
#ifdef SEALGATE_POINTS
    ledger_point_hook = point;
#endif
    s.arena = sg_arena_new(0, (size_t)16 * 1024 * 1024);
    s.scratch = sg_arena_new((size_t)64 * 1024, SCRATCH_MAX);
    s.held_arena = sg_arena_new(0, (size_t)1024 * 1024);
    sg_result r = s.arena == NULL || s.scratch == NULL || s.held_arena == NULL
                      ? SG_ERROR(NO_MEMORY)
                      : begin(&s, args, &why);
    if (sg_ok(r)) {
        code = signer_loop(&s);
        log_counters(&s);
    } else if (s.conf != NULL) { /* otherwise the settings have had their line */
        fprintf(stderr, "sealgate-signer: cannot start: %s (%s, %llu): %s\n",
            why.what == NULL ? "-" : why.what, sg_code_row(r.code)->name,
            (unsigned long long)why.detail, sg_code_row(r.code)->sentence);
    }
    end(&s);
    return code;
}
