/* The engine's loop: drain, admit, one transaction, answer, sign; then again. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "signer.h"

enum { TAG_GATEWAY = 1, TAG_COURIER, TAG_OPS_LISTEN, TAG_WAKE, TAG_STOP, TAG_OPS = 16 };
#define DRAINS_PER_CYCLE 4
/*
 * Under load transactions keep a distance, and requests gather in between: a transaction has a price of its own (pages written and synced,
 * some 190 us of CPU), and so has a wake-up for each packet. With 3 consents and 3 outcomes in each, transactions were a quarter of the signer's
 * time. A small group means that few wait: then there is no delay. 2 ms is a choice between 1 and 4 ms on a noisy
 * two-core machine, where the runs overlap: p99 at half load was 15 to 23 ms with 2 ms and 18 to 24 ms with 4 ms. Measure again when it is quiet.
 */
#define GATHER_FROM 4
#define GATHER_NS 2000000L
#define TICK_PARKED_MS 20
#define TICK_TOKEN_MS 100
#define TICK_MS 500

static sg_result
watch(const struct signer *s, int fd, uint64_t tag, uint32_t events, int how)
{
    struct epoll_event event = { .events = events, .data.u64 = tag };
    SG_REQUIRE(epoll_ctl(s->epoll_fd, how, fd, &event) == 0, INTERNAL);
    return SG_DONE;
}

/* ---- peers --------------------------------------------------------------------------------------------------- */

static void
ops_close(struct signer *s, struct signer_peer *peer)
{
    for (size_t i = 0; i < s->n_halts; i++) {
        if (s->halts[i].peer == peer) {
            s->halts[i].peer = NULL; /* the halt stands; nobody waits for its answer */
        }
    }
    signer_peer_close(peer); /* epoll forgets a closed descriptor */
}

/* Who connects: root, our own user, or who started us (the kernel's word); everything they send carries signatures besides. */
static bool
peer_allowed(int fd)
{
    struct ucred who;
    socklen_t n = sizeof(who);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0) {
        return false;
    }
    return who.uid == 0 || who.uid == geteuid();
}

static void
ops_accept(struct signer *s)
{
    int fd = accept4(s->ops_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return;
    }
    if (!peer_allowed(fd)) {
        signer_log(SIGNER_WARN, "peer-refused", "socket=ops");
        close(fd);
        return;
    }
    for (size_t i = 0; i < SIGNER_OPS_MAX; i++) {
        if (s->ops[i].fd < 0) {
            signer_peer_init(&s->ops[i], SIGNER_OPS, fd);
            if (!sg_ok(watch(s, fd, TAG_OPS + i, EPOLLIN, EPOLL_CTL_ADD))) {
                signer_peer_close(&s->ops[i]);
            }
            return;
        }
    }
    close(fd); /* all places taken */
}

static void
one_packet(struct signer *s, struct signer_peer *peer, sg_bytes packet)
{
    struct wire_frame frame;
    sg_arena_reset(s->scratch);
    if (!sg_ok(wire_frame_parse(packet, &frame))) {
        signer_log(SIGNER_WARN, "peer-broken", "role=%d what=frame", (int)peer->role);
        peer->broken = true;
        return;
    }
    if (peer->role == SIGNER_COURIER) {
        signer_status_answer(s, &frame);
        return;
    }
    signer_handler handler = signer_permit(peer->role, frame.type);
    if (handler == NULL) {
        signer_log(SIGNER_WARN, "peer-broken", "role=%d what=\"message not permitted\" type=%u",
            (int)peer->role, frame.type);
        peer->broken = true;
        return;
    }
    handler(s, peer, &frame);
}

static void
drain(struct signer *s, struct signer_peer *peer)
{
    struct signer_packets got;
    for (int round = 0; round < DRAINS_PER_CYCLE && peer->fd >= 0 && !peer->broken; round++) {
        signer_peer_drain(peer, &got);
        for (size_t i = 0; i < got.n && !peer->broken; i++) {
            one_packet(s, peer, got.packets[i]);
        }
        peer->broken = peer->broken || got.end;
        if (got.n < SIGNER_DRAIN) {
            return;
        }
    }
}

static void
flush(struct signer *s, struct signer_peer *peer, uint64_t tag)
{
    if (peer->fd < 0 || (peer->head == NULL && !peer->blocked)) {
        return;
    }
    bool was = peer->blocked;
    signer_peer_flush(peer);
    if (was != peer->blocked && peer->fd >= 0) {
        uint32_t events = peer->blocked ? EPOLLIN | EPOLLOUT : EPOLLIN;
        if (!sg_ok(watch(s, peer->fd, tag, events, EPOLL_CTL_MOD))) {
            peer->broken = true;
        }
    }
}

static void
flush_all(struct signer *s)
{
    flush(s, &s->courier, TAG_COURIER);
    flush(s, &s->gateway, TAG_GATEWAY);
    for (size_t i = 0; i < SIGNER_OPS_MAX; i++) {
        flush(s, &s->ops[i], TAG_OPS + i);
        if (s->ops[i].fd >= 0 && s->ops[i].broken) {
            ops_close(s, &s->ops[i]);
        }
    }
}

/* ---- the token and the ledger as they come and go ------------------------------------------------------------ */

static void
look_after_token(struct signer *s)
{
    bool ready = sg_ok(p11_ready(s->p11));
    if (!ready && s->env.now.boot_ms >= s->probe_at_ms) {
        s->probe_at_ms = s->env.now.boot_ms + TICK_TOKEN_MS;
        ready = sg_ok(p11_probe(s->p11, s->env.now.boot_ms));
        signer_pin_settle(s);
        ready = sg_ok(p11_ready(s->p11));
    }
    if (ready != s->token_was_ready) {
        struct p11_health health;
        p11_health(s->p11, &health);
        signer_log(ready ? SIGNER_INFO : SIGNER_ERROR, "token",
            "ready=%s call=%s rv=%llu downs=%llu", ready ? "yes" : "no",
            health.why_call == NULL ? "-" : health.why_call, (unsigned long long)health.why_rv,
            (unsigned long long)health.downs);
        s->token_was_ready = ready;
    }
    if (ready && s->phase == SIGNER_WAITS_FOR_TOKEN) {
        sg_result r = signer_reconcile(s, false);
        if (!sg_ok(r) && r.code != SG_E_TOKEN_DOWN) {
            signer_fatal("starting", r);
        }
    }
    if (s->phase == SIGNER_SERVES && s->publisher == NULL) {
        sg_result r = signer_publisher_new(s);
        if (!sg_ok(r)) {
            signer_fatal("the publisher cannot start", r);
        }
    }
}

/* ---- the loop ------------------------------------------------------------------------------------------------ */

static bool
busy(const struct signer *s)
{
    return s->signed_.n > 0 || s->admitted.n > 0 || s->to_sign.n > 0 || s->notes != NULL;
}

static int
wait_ms(const struct signer *s)
{
    if (busy(s)) {
        return 0;
    }
    if (s->parked.n > 0) {
        return TICK_PARKED_MS;
    }
    return s->token_was_ready && s->phase == SIGNER_SERVES ? TICK_MS : TICK_TOKEN_MS;
}

static void
dispatch(struct signer *s, uint64_t tag)
{
    uint64_t sink;
    struct signalfd_siginfo info;
    switch (tag) {
    case TAG_GATEWAY:
        drain(s, &s->gateway);
        break;
    case TAG_COURIER:
        drain(s, &s->courier);
        break;
    case TAG_OPS_LISTEN:
        ops_accept(s);
        break;
    case TAG_WAKE:
        (void)!read(s->wake_fd, &sink, sizeof(sink));
        break;
    case TAG_STOP:
        (void)!read(s->stop_fd, &info, sizeof(info));
        signer_log(SIGNER_INFO, "draining", "signal=%u", info.ssi_signo);
        s->phase = SIGNER_DRAINS;
        break;
    default:
        drain(s, &s->ops[tag - TAG_OPS]);
        break;
    }
}

static void
step(struct signer *s)
{
    signer_work_collect(s);
    signer_status_tick(s);
    signer_opens_tick(s);
    signer_notes_tick(s);
    signer_commit(s);
    signer_halts_settle(s);
    flush_all(s); /* answers leave before the next signatures are made */
    signer_work_sign(s);
    ledger_scrub(s->ledger, s->env.now.boot_ms);
}

static bool
idle(const struct signer *s)
{
    return !busy(s) && s->parked.n == 0 && s->n_signing == 0 && s->n_halts == 0;
}

static void
gather(struct signer *s)
{
    if (s->last_group < GATHER_FROM || s->phase != SIGNER_SERVES) {
        return;
    }
    struct timespec until = s->last_commit;
    until.tv_nsec += GATHER_NS;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)clock_nanosleep(
        CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL); /* a signal ends it early: fine */
}

static void
cycle(struct signer *s)
{
    gather(s);
    struct epoll_event events[SIGNER_OPS_MAX + 8];
    int n = epoll_wait(s->epoll_fd, events, SIGNER_OPS_MAX + 8, wait_ms(s));
    sg_arena_reset(s->scratch);
    signer_clock_look(s);
    look_after_token(s);
    for (int i = 0; i < n; i++) {
        dispatch(s, events[i].data.u64);
    }
    sg_arena_reset(s->scratch);
    step(s);
}

static sg_result
watch_all(struct signer *s)
{
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    SG_REQUIRE(s->epoll_fd >= 0, INTERNAL);
    SG_TRY(watch(s, s->gateway.fd, TAG_GATEWAY, EPOLLIN, EPOLL_CTL_ADD));
    SG_TRY(watch(s, s->courier.fd, TAG_COURIER, EPOLLIN, EPOLL_CTL_ADD));
    SG_TRY(watch(s, s->wake_fd, TAG_WAKE, EPOLLIN, EPOLL_CTL_ADD));
    SG_TRY(watch(s, s->stop_fd, TAG_STOP, EPOLLIN, EPOLL_CTL_ADD));
    if (s->ops_fd >= 0) {
        SG_TRY(watch(s, s->ops_fd, TAG_OPS_LISTEN, EPOLLIN, EPOLL_CTL_ADD));
    }
    return SG_DONE;
}

/* A neighbour is gone: what was signed gets its outcome, nothing new begins. */
static int
leave_after_peer(struct signer *s)
{
    signer_log(SIGNER_WARN, "peer-gone", "who=%s", s->gateway.broken ? "gateway" : "courier");
    while (s->n_signing > 0 || s->signed_.n > 0 || s->to_sign.n > 0) {
        signer_work_sign(s);
        signer_work_collect(s);
        while (signer_queue_take(&s->admitted) != NULL) {
            /* never consented to */
        }
        signer_commit(s);
        if (s->n_signing > 0) {
            usleep(200);
        }
    }
    return SIGNER_EXIT_PEER;
}

int
signer_loop(struct signer *s)
{
    sg_result r = watch_all(s);
    if (!sg_ok(r)) {
        signer_fatal("epoll", r);
    }
    while (!(s->phase == SIGNER_DRAINS && idle(s))) {
        cycle(s);
        if (s->gateway.broken || s->courier.broken) {
            return leave_after_peer(s);
        }
    }
    flush_all(s);
    return 0;
}
