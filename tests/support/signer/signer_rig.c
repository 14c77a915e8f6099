#include "signer_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "key_public.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define DAY 86400

/* ---- pens ------------------------------------------------------------------------------------------------------ */

void
rig_pen_make(struct rig_pen *pen)
{
    pen->key = EVP_EC_gen("P-256");
    assert_non_null(pen->key);
    uint8_t *p = pen->spki;
    int n = i2d_PUBKEY(pen->key, &p);
    assert_true(n > 0 && (size_t)n <= sizeof(pen->spki));
    pen->spki_len = (size_t)n;
}

sg_bytes
rig_pen_sign(struct rig_pen *pen, struct sg_arena *arena, sg_bytes message)
{
    uint8_t der[128];
    size_t n = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pen->key), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &n, message.p, message.n), 1);
    EVP_MD_CTX_free(ctx);
    const uint8_t *p = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    assert_non_null(sig);
    uint8_t *raw = sg_arena_alloc(arena, 64);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32), 32);
    ECDSA_SIG_free(sig);
    return sg_bytes_of(raw, 64);
}

static sg_bytes
random_bytes(struct sg_arena *arena, size_t n)
{
    uint8_t *p = sg_arena_alloc(arena, n);
    assert_non_null(p);
    assert_int_equal(RAND_bytes(p, (int)n), 1);
    return sg_bytes_of(p, n);
}

/* ---- the courier ------------------------------------------------------------------------------------------------ */

static int64_t
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
fill_verdict(struct wire_status_verdict *v, enum rig_courier mode)
{
    static const uint8_t hash[32] = { 7 };
    *v = (struct wire_status_verdict){ .verdict = mode == RIG_BAD       ? WIRE_BAD
                                                  : mode == RIG_UNKNOWN ? WIRE_UNKNOWN
                                                                        : WIRE_GOOD,
        .value = mode == RIG_BAD ? 1 : 0,
        .evidence = SG_BYTES(hash),
        .fetched_at_ms = now_ms(),
        .good_until_ms = now_ms() + 60000 };
    if (mode == RIG_STALE) {
        v->fetched_at_ms -= 100000;
    }
    if (mode == RIG_FUTURE) {
        v->fetched_at_ms += DAY * (int64_t)1000;
    }
    if (mode == RIG_NO_HASH || mode == RIG_UNKNOWN) {
        v->evidence = SG_NO_BYTES;
    }
}

static void
answer(struct rig *rig, struct sg_arena *arena, uint64_t id, size_t n_refs, enum rig_courier mode)
{
    struct sg_buf buf = sg_buf_new(arena, 256, WIRE_FRAME_MAX);
    sg_bytes out;
    if (mode == RIG_SILENT) {
        return;
    }
    if (mode == RIG_REFUSED) {
        struct wire_refused msg = { SG_E_FETCH };
        wire_refused_encode(&buf, id, &msg);
    } else if (mode == RIG_GARBAGE) {
        wire_frame_begin(&buf, WIRE_STATUS_ASK + WIRE_REPLY, id);
        sg_buf_put_cstr(&buf, "nonsense");
    } else {
        struct wire_status_ask_reply *reply = SG_NEW(arena, struct wire_status_ask_reply);
        reply->n_verdicts = n_refs + (mode == RIG_TOO_MANY ? 1 : 0);
        for (size_t i = 0; i < reply->n_verdicts; i++) {
            fill_verdict(&reply->verdicts[i], mode);
        }
        wire_status_ask_reply_encode(&buf, id, reply);
    }
    assert_ok(sg_buf_end(&buf, &out));
    (void)!send(rig->courier, out.p, out.n, MSG_NOSIGNAL);
}

static enum rig_courier
mode_of(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    enum rig_courier mode = rig->mode;
    pthread_mutex_unlock(&rig->lock);
    return mode;
}

static void *
run_courier(void *arg)
{
    struct rig *rig = arg;
    static uint8_t packet[WIRE_FRAME_MAX];
    struct sg_arena *arena = sg_arena_new(0, 1 << 22);
    uint64_t held[64];
    size_t held_refs[64];
    size_t n_held = 0;
    for (;;) {
        struct pollfd p = { rig->courier, POLLIN, 0 };
        int ready = poll(&p, 1, 5);
        enum rig_courier mode = mode_of(rig);
        for (size_t i = 0; mode != RIG_HOLD && i < n_held; i++) {
            answer(rig, arena, held[i], held_refs[i], mode);
        }
        n_held = mode == RIG_HOLD ? n_held : 0;
        if (ready == 0) {
            continue;
        }
        ssize_t n = recv(rig->courier, packet, sizeof(packet), 0);
        if (n <= 0) {
            break;
        }
        struct wire_frame frame;
        struct wire_status_ask ask;
        sg_arena_reset(arena);
        if (!sg_ok(wire_frame_parse(sg_bytes_of(packet, (size_t)n), &frame)) ||
            !sg_ok(wire_status_ask_parse(frame.body, &ask))) {
            continue;
        }
        pthread_mutex_lock(&rig->lock);
        rig->asked++;
        if (mode == RIG_HOLD && n_held < 64) {
            held[n_held] = frame.request_id;
            held_refs[n_held++] = ask.n_refs;
            rig->held = (unsigned)n_held;
        }
        pthread_mutex_unlock(&rig->lock);
        if (mode != RIG_HOLD) {
            answer(rig, arena, frame.request_id, ask.n_refs, mode);
        }
    }
    sg_arena_free(&arena);
    return NULL;
}

void
rig_mode(struct rig *rig, enum rig_courier mode)
{
    pthread_mutex_lock(&rig->lock);
    rig->mode = mode;
    rig->held = 0;
    pthread_mutex_unlock(&rig->lock);
}

unsigned
rig_asked(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    unsigned n = rig->asked;
    pthread_mutex_unlock(&rig->lock);
    return n;
}

void
rig_wait_held(struct rig *rig, unsigned n)
{
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&rig->lock);
        bool there = rig->held >= n;
        pthread_mutex_unlock(&rig->lock);
        if (there) {
            return;
        }
        usleep(2000);
    }
    fail_msg("the courier was not asked");
}

/* ---- making, starting, stopping ---------------------------------------------------------------------------------- */

static const char *
path_of(struct rig *rig, const char *name)
{
    sg_str path;
    assert_ok(sg_arena_printf(rig->arena, &path, "%s/%s", rig->dir, name));
    return path.p;
}

static const char *
operator_arg(struct rig *rig, const char *name, const char *person, struct rig_pen *pen)
{
    sg_str hex;
    sg_str text;
    assert_ok(sg_hex_encode(rig->arena, sg_bytes_of(pen->spki, pen->spki_len), &hex));
    assert_ok(
        sg_arena_printf(rig->arena, &text, "%s,%s,11,ES256,%.*s", name, person, SG_PRINT(hex)));
    return text.p;
}

/* SoftHSM and the libcrypto below it leak a little of their own, which would fail the program under test. */
static void
no_leak_check(void)
{
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
}

static int
run_and_wait(const char *const *argv)
{
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        no_leak_check();
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

void
rig_create(struct rig *rig, const char *settings)
{
    memset(rig, 0, sizeof(*rig));
    if (access(SOFTHSM, R_OK) != 0) {
        printf("SKIPPED: no SoftHSM\n");
        exit(SUPPORT_SKIP);
    }
    rig->arena = sg_arena_new(0, (size_t)256 * 1024 * 1024);
    rig->dir = support_mkdir(rig->arena);
    rig->next_id = 1000;
    rig->pid = -1;
    rig->gateway = rig->courier = rig->ops = -1;
    pthread_mutex_init(&rig->lock, NULL);
    struct rig_pen *pens[] = { &rig->alice, &rig->bob, &rig->alice2, &rig->client };
    for (size_t i = 0; i < 4; i++) {
        rig_pen_make(pens[i]);
    }
    assert_int_equal(mkdir(path_of(rig, "conf"), 0755), 0);
    assert_int_equal(mkdir(path_of(rig, "run"), 0755), 0);
    FILE *f = fopen(path_of(rig, "conf/signer.ini"), "w");
    assert_non_null(f);
    fprintf(f,
        "environment = test\norigin = localhost/rig\nmodule = " SOFTHSM
        "\ntoken_label = rig\nsofthsm_conf = signer/softhsm2.conf\n%s",
        settings);
    fclose(f);
    const char *argv[] = { SIGNER_PROGRAM, "--dir", rig->dir, "--create", "--origin",
        "localhost/rig", "--environment", "test", "--operator",
        operator_arg(rig, "alice", "p1", &rig->alice), "--operator",
        operator_arg(rig, "bob", "p2", &rig->bob), "--operator",
        operator_arg(rig, "alice2", "p1", &rig->alice2), NULL };
    assert_int_equal(run_and_wait(argv), 0);
}

static int
listen_ops(struct rig *rig, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    snprintf(address->sun_path, sizeof(address->sun_path), "%s/run/ops.sock", rig->dir);
    unlink(address->sun_path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

static const char *
number(struct rig *rig, int n)
{
    sg_str text;
    assert_ok(sg_arena_printf(rig->arena, &text, "%d", n));
    return text.p;
}

static void
exec_signer(struct rig *rig, const char *crash, int gateway, int courier, int ops, int ready)
{
    const char *argv[] = { SIGNER_PROGRAM, "--dir", rig->dir, "--gateway-fd", number(rig, gateway),
        "--courier-fd", number(rig, courier), "--ops-fd", number(rig, ops), "--ready-fd",
        number(rig, ready), "--without-landlock", NULL };
    close(rig->gateway);
    close(rig->courier);
    no_leak_check();
    if (crash != NULL) {
        setenv("SEALGATE_CRASH_AT", crash, 1);
    }
    int log = open(path_of(rig, "run/signer.log"), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (getenv("RIG_LOG") == NULL) {
        dup2(log, STDERR_FILENO);
    }
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

void
rig_start(struct rig *rig, const char *crash)
{
    int gateway[2];
    int courier[2];
    int ready[2];
    struct sockaddr_un address;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, gateway), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, courier), 0);
    assert_int_equal(pipe(ready), 0);
    rig->gateway = gateway[0];
    rig->courier = courier[0];
    rig->mode = RIG_GOOD;
    int listener = listen_ops(rig, &address);
    fflush(NULL);
    rig->pid = fork();
    assert_true(rig->pid >= 0);
    if (rig->pid == 0) {
        close(ready[0]);
        exec_signer(rig, crash, gateway[1], courier[1], listener, ready[1]);
    }
    close(gateway[1]);
    close(courier[1]);
    close(ready[1]);
    close(listener);
    char byte = 0;
    ssize_t got = read(ready[0], &byte, 1);
    if (got != 1 || byte != 'R') {
        fail_msg("the signer did not start: see %s/run/signer.log", rig->dir);
    }
    close(ready[0]);
    struct timeval patience = { 20, 0 };
    setsockopt(rig->gateway, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    rig->ops = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_int_equal(connect(rig->ops, (struct sockaddr *)&address, sizeof(address)), 0);
    setsockopt(rig->ops, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(pthread_create(&rig->courier_thread, NULL, run_courier, rig), 0);
}

int
rig_wait(struct rig *rig)
{
    int status = -1;
    assert_true(rig->pid > 0);
    assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
    rig->pid = -1;
    shutdown(rig->courier, SHUT_RDWR);
    pthread_join(rig->courier_thread, NULL);
    close(rig->gateway);
    close(rig->courier);
    close(rig->ops);
    rig->gateway = rig->courier = rig->ops = -1;
    return status;
}

int
rig_stop(struct rig *rig)
{
    if (rig->pid <= 0) { /* 0 and -1 mean "everybody" to kill */
        return -1;
    }
    kill(rig->pid, SIGTERM);
    return rig_wait(rig);
}

void
rig_free(struct rig *rig)
{
    if (rig->pid > 0) {
        rig_stop(rig);
    }
    key_public_free(&rig->seal_public);
    EVP_PKEY_free(rig->alice.key);
    EVP_PKEY_free(rig->alice2.key);
    EVP_PKEY_free(rig->bob.key);
    EVP_PKEY_free(rig->client.key);
    pthread_mutex_destroy(&rig->lock);
    if (getenv("RIG_KEEP") == NULL) {
        support_rmdir(rig->dir);
    }
    sg_arena_free(&rig->arena);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

struct wire_frame
rig_receive(struct rig *rig, int fd)
{
    static uint8_t packet[WIRE_FRAME_MAX];
    struct wire_frame frame = { 0 };
    ssize_t n = recv(fd, packet, sizeof(packet), 0);
    if (n <= 0) {
        return frame;
    }
    sg_bytes copy;
    assert_ok(sg_arena_bytes(rig->arena, sg_bytes_of(packet, (size_t)n), &copy));
    assert_ok(wire_frame_parse(copy, &frame));
    return frame;
}

static void
send_frame(int fd, const struct sg_buf *frame)
{
    sg_bytes out;
    assert_ok(sg_buf_end(frame, &out));
    (void)!send(fd, out.p, out.n, MSG_NOSIGNAL);
}

struct wire_frame
rig_ask(struct rig *rig, int fd, const struct sg_buf *frame, uint64_t id)
{
    send_frame(fd, frame);
    struct wire_frame got = rig_receive(rig, fd);
    if (got.type != 0) {
        assert_int_equal(got.request_id, id);
    }
    return got;
}

sg_result
rig_refusal(const struct wire_frame *frame)
{
    struct wire_refused refused;
    if (frame->type == 0) {
        return SG_ERROR(PEER_DOWN);
    }
    if (frame->type != WIRE_REFUSED) {
        return SG_DONE;
    }
    assert_ok(wire_refused_parse(frame->body, &refused));
    return sg_result_of(refused.code);
}

/* ---- operators --------------------------------------------------------------------------------------------------- */

struct wire_operation_msg
rig_op(struct rig *rig, enum wire_op_kind kind)
{
    return (struct wire_operation_msg){ .kind = kind,
        .unique = random_bytes(rig->arena, 16),
        .proposed_at = now_ms() / 1000,
        .expires_at = now_ms() / 1000 + 3600 };
}

static sg_result
operation_reply(
    struct rig *rig, int fd, struct sg_buf *buf, uint64_t id, struct wire_operation_reply *ret)
{
    struct wire_frame frame = rig_ask(rig, fd, buf, id);
    SG_TRY(rig_refusal(&frame));
    assert_ok(wire_operation_reply_parse(frame.body, ret));
    return SG_DONE;
}

sg_result
rig_propose(struct rig *rig, const struct wire_operation_msg *op, const char *who,
    struct rig_pen *pen, struct wire_operation_reply *ret)
{
    sg_bytes encoded;
    sg_bytes to_sign;
    uint64_t id = rig->next_id++;
    assert_ok(wire_operation_encode(rig->arena, op, &encoded));
    assert_ok(wire_signed_bytes(rig->arena, WIRE_TAG_OPERATION, encoded, &to_sign));
    struct wire_propose msg = { encoded, sg_cstr(who), rig_pen_sign(pen, rig->arena, to_sign) };
    struct sg_buf buf = sg_buf_new(rig->arena, 512, WIRE_FRAME_MAX);
    wire_propose_encode(&buf, id, &msg);
    return operation_reply(rig, rig->ops, &buf, id, ret);
}

sg_result
rig_approve(struct rig *rig, sg_bytes operation, const char *who, struct rig_pen *pen,
    struct wire_operation_reply *ret)
{
    sg_bytes to_sign;
    uint64_t id = rig->next_id++;
    assert_ok(wire_signed_bytes(rig->arena, WIRE_TAG_APPROVAL, operation, &to_sign));
    struct wire_approve msg = { operation, sg_cstr(who), rig_pen_sign(pen, rig->arena, to_sign) };
    struct sg_buf buf = sg_buf_new(rig->arena, 512, WIRE_FRAME_MAX);
    wire_approve_encode(&buf, id, &msg);
    return operation_reply(rig, rig->ops, &buf, id, ret);
}

sg_result
rig_decide(struct rig *rig, const struct wire_operation_msg *op, struct wire_operation_reply *ret)
{
    struct wire_operation_reply first;
    SG_TRY(rig_propose(rig, op, "alice", &rig->alice, &first));
    assert_false(first.applied);
    return rig_approve(rig, first.operation_id, "bob", &rig->bob, ret);
}

void
rig_halt_send(struct rig *rig, sg_bytes key, const char *who, struct rig_pen *pen, uint64_t id)
{
    struct wire_halt msg = { .key = key, .operator_ = sg_cstr(who), .at = now_ms() / 1000 };
    sg_bytes to_sign;
    assert_ok(wire_halt_signed_bytes(rig->arena, &msg, &to_sign));
    msg.signature = rig_pen_sign(pen, rig->arena, to_sign);
    struct sg_buf buf = sg_buf_new(rig->arena, 256, WIRE_FRAME_MAX);
    wire_halt_encode(&buf, id, &msg);
    send_frame(rig->ops, &buf);
}

sg_result
rig_halt(struct rig *rig, sg_bytes key, const char *who, struct rig_pen *pen)
{
    rig_halt_send(rig, key, who, pen, rig->next_id++);
    struct wire_frame frame = rig_receive(rig, rig->ops);
    return rig_refusal(&frame);
}

/* ---- keys, clients, mandates ------------------------------------------------------------------------------------- */

static void
generate(struct rig *rig, const char *label, uint64_t purpose, uint64_t level, uint8_t ret[32])
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(rig, WIRE_OPN_KEY_GENERATE);
    op.name = sg_cstr(label);
    op.alg = KEY_ES256;
    op.purpose = purpose;
    op.level = level;
    op.count = 1;
    assert_ok(rig_decide(rig, &op, &reply));
    assert_int_equal(reply.n_keys, 1);
    memcpy(ret, reply.keys[0].p, 32);
    if (purpose == WIRE_PURPOSE_SEAL) {
        op = rig_op(rig, WIRE_OPN_KEY_STATUS);
        op.key = sg_bytes_of(ret, 32);
        op.ref = (struct wire_ref){ 1, SG_LIT("http://localhost/status/keys"), 1 };
        assert_ok(rig_decide(rig, &op, &reply));
    }
    op = rig_op(rig, WIRE_OPN_KEY_STATE);
    op.key = sg_bytes_of(ret, 32);
    op.state = WIRE_KEY_ACTIVE;
    assert_ok(rig_decide(rig, &op, &reply));
    assert_true(reply.applied && reply.seq > 0);
}

static void
set_mandate(struct rig *rig, const char *client, const uint8_t key[32], uint64_t operation,
    uint64_t count, uint8_t ret[16])
{
    struct wire_operation_reply reply;
    struct wire_operation_msg op = rig_op(rig, WIRE_OPN_MANDATE_SET);
    memcpy(ret, random_bytes(rig->arena, 16).p, 16);
    op.mandate = (struct wire_mandate){ .id = sg_bytes_of(ret, 16),
        .client = sg_cstr(client),
        .key = sg_bytes_of(key, 32),
        .operation = operation,
        .count = count,
        .window_s = 86400,
        .not_before = now_ms() / 1000 - 10,
        .not_after = now_ms() / 1000 + DAY };
    if (operation == WIRE_OP_SEAL_CREDENTIAL) {
        op.mandate.configurations[0] = SG_LIT("badge");
        op.mandate.n_configurations = 1;
    }
    assert_ok(rig_decide(rig, &op, &reply));
}

static void
read_public(struct rig *rig)
{
    struct wire_key_info msg = { .key = SG_BYTES(rig->seal_key) };
    struct wire_key_info_reply reply;
    struct sg_buf buf = sg_buf_new(rig->arena, 128, WIRE_FRAME_MAX);
    uint64_t id = rig->next_id++;
    wire_key_info_encode(&buf, id, &msg);
    struct wire_frame frame = rig_ask(rig, rig->gateway, &buf, id);
    assert_int_equal(frame.type, WIRE_KEY_INFO + WIRE_REPLY);
    assert_ok(wire_key_info_reply_parse(frame.body, &reply));
    assert_int_equal(reply.state, WIRE_KEY_ACTIVE);
    assert_ok(key_public_new(reply.spki, &rig->seal_public));
}

void
rig_furnish(struct rig *rig, uint64_t count)
{
    struct wire_operation_reply reply;
    generate(rig, "seal-es256", WIRE_PURPOSE_SEAL, 1, rig->seal_key);
    generate(rig, "status-es256", WIRE_PURPOSE_STATUS_LIST, 1, rig->status_key);
    generate(rig, "seal-2", WIRE_PURPOSE_SEAL, 2, rig->level2_key);
    struct wire_operation_msg op = rig_op(rig, WIRE_OPN_CLIENT_SET);
    op.name = SG_LIT("demo-client");
    op.alg = KEY_ES256;
    op.spki = sg_bytes_of(rig->client.spki, rig->client.spki_len);
    op.active = true;
    assert_ok(rig_decide(rig, &op, &reply));
    op = rig_op(rig, WIRE_OPN_CLIENT_SET);
    op.name = SG_LIT("gateway");
    op.active = true;
    assert_ok(rig_decide(rig, &op, &reply));
    set_mandate(rig, "demo-client", rig->seal_key, WIRE_OP_SEAL_CREDENTIAL, count, rig->mandate);
    set_mandate(rig, "demo-client", rig->level2_key, WIRE_OP_SEAL_CREDENTIAL, count, rig->mandate2);
    set_mandate(rig, "gateway", rig->status_key, WIRE_OP_STATUS_LIST, count, rig->list_mandate);
    read_public(rig);
}

/* ---- sealing ----------------------------------------------------------------------------------------------------- */

struct wire_intent
rig_intent(struct rig *rig, const uint8_t key[32], uint64_t operation)
{
    struct wire_intent intent = { .operation = operation,
        .key = sg_bytes_of(key, 32),
        .alg = KEY_ES256,
        .n_dtbs = 1,
        .requester = SG_LIT("demo-client"),
        .configuration = SG_LIT("badge"),
        .format = SG_LIT("dc+sd-jwt"),
        .type = SG_LIT("https://example.org/badge"),
        .created_at = now_ms() / 1000,
        .expires_at = now_ms() / 1000 + 60,
        .unique = random_bytes(rig->arena, 16) };
    intent.dtbs[0] = (struct wire_dtbs){ WIRE_PREHASH, random_bytes(rig->arena, 32) };
    if (operation == WIRE_OP_STATUS_LIST) {
        intent.requester = SG_LIT("gateway");
        intent.configuration = sg_str_of("", 0);
        intent.format = SG_LIT("statuslist+jwt");
    }
    return intent;
}

struct wire_seal
rig_seal_of(struct rig *rig, const struct wire_intent *intent, const uint8_t mandate[16])
{
    struct wire_seal seal = { .mandate = sg_bytes_of(mandate, 16) };
    assert_ok(wire_intent_encode(rig->arena, intent, &seal.intent));
    return seal;
}

void
rig_seal_send(struct rig *rig, const struct wire_seal *seal, uint64_t id)
{
    struct sg_buf buf = sg_buf_new(rig->arena, 1024, WIRE_FRAME_MAX);
    wire_seal_encode(&buf, id, seal);
    send_frame(rig->gateway, &buf);
}

sg_result
rig_seal_receive(struct rig *rig, uint64_t *ret_id, struct wire_seal_reply *ret)
{
    struct wire_frame frame = rig_receive(rig, rig->gateway);
    *ret_id = frame.request_id;
    SG_TRY(rig_refusal(&frame));
    assert_int_equal(frame.type, WIRE_SEAL + WIRE_REPLY);
    assert_ok(wire_seal_reply_parse(frame.body, ret));
    return SG_DONE;
}

sg_result
rig_seal(struct rig *rig, const struct wire_seal *seal, struct wire_seal_reply *ret)
{
    uint64_t id = rig->next_id++;
    uint64_t got = 0;
    rig_seal_send(rig, seal, id);
    sg_result r = rig_seal_receive(rig, &got, ret);
    if (r.code != SG_E_PEER_DOWN) {
        assert_int_equal(got, id);
    }
    return r;
}

sg_result
rig_seal_usual(struct rig *rig, struct wire_seal_reply *ret)
{
    struct wire_intent intent = rig_intent(rig, rig->seal_key, WIRE_OP_SEAL_CREDENTIAL);
    struct wire_seal seal = rig_seal_of(rig, &intent, rig->mandate);
    sg_result r = rig_seal(rig, &seal, ret);
    if (sg_ok(r)) {
        assert_int_equal(ret->n_signatures, 1);
        assert_ok(key_public_verify(rig->seal_public, intent.dtbs[0].digest, ret->signatures[0]));
    }
    return r;
}

/* ---- the ledger -------------------------------------------------------------------------------------------------- */

/* The closed part stands exactly when the record does, until it is erased. */
static void
count_closed(struct rig *rig, struct rig_counts *counts, uint64_t type,
    const struct wire_record_read_reply *record)
{
    struct wire_consent *consent = SG_NEW(rig->arena, struct wire_consent);
    struct wire_refusal *refusal = SG_NEW(rig->arena, struct wire_refusal);
    bool by_gesture = false;
    if (type == WIRE_REC_CONSENT) {
        assert_ok(wire_consent_parse(record->body, consent));
        assert_int_equal(consent->closed.n > 0, consent->activation == WIRE_ACT_PASSKEY);
        by_gesture = consent->closed.n > 0;
    } else if (type == WIRE_REC_REFUSAL) {
        assert_ok(wire_refusal_parse(record->body, refusal));
        by_gesture = refusal->closed.n > 0;
    }
    assert_true(by_gesture || record->closed.n == 0);
    counts->closed += record->closed.n > 0;
    counts->erased += by_gesture && record->closed.n == 0;
    if (record->closed.n > 0 && type == WIRE_REC_CONSENT) {
        assert_ok(wire_consent_open(rig->arena, record->salt, record->closed, consent));
    } else if (record->closed.n > 0) {
        assert_ok(wire_refusal_open(rig->arena, record->salt, record->closed, refusal));
    }
}

static void
count_record(struct rig_counts *counts, const struct wire_record_read_reply *record)
{
    struct wire_entry entry;
    struct wire_outcome outcome;
    struct wire_refusal refusal;
    assert_ok(wire_entry_parse(record->entry, &entry));
    uint8_t hash[32];
    wire_body_hash(record->blind, record->body, hash);
    assert_memory_equal(entry.body_hash.p, hash, 32);
    counts->by_type[entry.type]++;
    if (entry.type == WIRE_REC_OUTCOME) {
        assert_ok(wire_outcome_parse(record->body, &outcome));
        counts->outcomes[outcome.kind]++;
    }
    if (entry.type == WIRE_REC_REFUSAL) {
        assert_ok(wire_refusal_parse(record->body, &refusal));
        counts->last_refusal = refusal.code;
    }
    if (entry.type == WIRE_REC_CONSENT && record->outcome_seq == 0) {
        counts->waiting++;
    }
}

struct rig_counts
rig_counts(struct rig *rig)
{
    struct rig_counts counts = { 0 };
    struct wire_audit_reply *reply = SG_NEW(rig->arena, struct wire_audit_reply);
    for (uint64_t from = 0;;) {
        struct wire_audit_read msg = { from, WIRE_AUDIT_MAX };
        struct sg_buf buf = sg_buf_new(rig->arena, 64, WIRE_FRAME_MAX);
        uint64_t id = rig->next_id++;
        wire_audit_read_encode(&buf, id, &msg);
        struct wire_frame frame = rig_ask(rig, rig->ops, &buf, id);
        assert_int_equal(frame.type, WIRE_AUDIT_READ + WIRE_REPLY);
        assert_ok(wire_audit_reply_parse(frame.body, reply));
        for (size_t i = 0; i < reply->n_records; i++) {
            assert_int_equal(reply->records[i].seq, from + i);
            count_record(&counts, &reply->records[i]);
            struct wire_entry entry;
            assert_ok(wire_entry_parse(reply->records[i].entry, &entry));
            count_closed(rig, &counts, entry.type, &reply->records[i]);
        }
        from += reply->n_records;
        counts.size = reply->size;
        if (reply->n_records == 0 || from >= reply->size) {
            return counts;
        }
    }
}
