#include "cli_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PROPOSAL_LIFE_S = 7 * 86400 - 60, ANSWER_S = 60 };

struct cli_ops {
    struct sg_arena *arena;
    int fd;
    uint64_t next;
    uint8_t packet[WIRE_FRAME_MAX];
};

void
cli_ops_close(struct cli_ops **ops)
{
    if (*ops != NULL) {
        if ((*ops)->fd >= 0) {
            close((*ops)->fd);
        }
        free(*ops);
        *ops = NULL;
    }
}

/* A state directory may lie deeper than sun_path is long: the folder is opened and named by its descriptor. */
static sg_result
connect_in(const char *dir, int *ret)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char run[4096];
    int n = snprintf(run, sizeof(run), "%s/run", dir);
    SG_REQUIRE(n > 0 && (size_t)n < sizeof(run), TOO_LARGE);
    int folder = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC);
    SG_REQUIRE(folder >= 0, PEER_DOWN);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/ops.sock", folder);
    bool connected = fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
    close(folder);
    if (!connected) {
        if (fd >= 0) {
            close(fd);
        }
        SG_FAIL(PEER_DOWN);
    }
    const struct timeval limit = { .tv_sec = ANSWER_S };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    *ret = fd;
    return SG_DONE;
}

uint64_t
cli_ops_next_id(struct cli_ops *ops)
{
    return ops->next++;
}

static sg_result
receive(struct cli_ops *ops, struct wire_frame *ret)
{
    ssize_t n;
    do {
        n = recv(ops->fd, ops->packet, sizeof(ops->packet), 0);
    } while (n < 0 && errno == EINTR);
    SG_REQUIRE(n > 0, PEER_DOWN);
    return wire_frame_parse(sg_bytes_of(ops->packet, (size_t)n), ret);
}

sg_result
cli_ops_ask(
    struct cli_ops *ops, uint8_t type, uint64_t id, const struct sg_buf *frame, sg_bytes *ret_body)
{
    sg_bytes packet;
    struct wire_frame reply;
    struct wire_refused refused;
    SG_TRY(sg_buf_end(frame, &packet));
    SG_REQUIRE(send(ops->fd, packet.p, packet.n, MSG_NOSIGNAL) == (ssize_t)packet.n, PEER_DOWN);
    do {
        SG_TRY(receive(ops, &reply));
    } while (reply.request_id != id); /* an answer to a question given up earlier */
    if (reply.type == WIRE_REFUSED) {
        SG_TRY(wire_refused_parse(reply.body, &refused));
        SG_REQUIRE(refused.code != 0, MALFORMED);
        return sg_result_of(refused.code);
    }
    SG_REQUIRE(reply.type == type + WIRE_REPLY, MALFORMED);
    *ret_body = reply.body;
    return SG_DONE;
}

static struct sg_buf
new_frame(struct cli_ops *ops)
{
    return sg_buf_new(ops->arena, 1024, WIRE_FRAME_MAX);
}

static sg_result
hello(struct cli_ops *ops, const char *environment)
{
    struct sg_buf frame = new_frame(ops);
    uint64_t id = cli_ops_next_id(ops);
    struct wire_hello msg = { SG_LIT("operator"), sg_cstr(environment), SG_LIT(SEALGATE_VERSION) };
    struct wire_hello_reply reply;
    sg_bytes body;
    wire_hello_encode(&frame, id, &msg);
    SG_TRY(cli_ops_ask(ops, WIRE_HELLO, id, &frame, &body));
    SG_TRY(wire_hello_reply_parse(body, &reply));
    SG_REQUIRE(sg_str_is(reply.environment, environment), ENVIRONMENT);
    return SG_DONE;
}

sg_result
cli_ops_open(struct sg_arena *arena, const char *dir, const char *environment, struct cli_ops **ret)
{
    SG_CLEANUP(cli_ops_close)
    struct cli_ops *ops = calloc(1, sizeof(*ops));
    SG_REQUIRE(ops != NULL, NO_MEMORY);
    ops->arena = arena;
    ops->fd = -1;
    cli_random((uint8_t *)&ops->next, sizeof(ops->next));
    SG_TRY(connect_in(dir, &ops->fd));
    SG_TRY(hello(ops, environment));
    *ret = ops;
    ops = NULL; /* taken */
    return SG_DONE;
}

/* ---- operations ------------------------------------------------------------------------------------------ */

static sg_result
sign_tagged(struct cli_ops *ops, const char *tag, sg_bytes bytes, const struct cli_key *key,
    uint8_t ret[CLI_SIG_LEN])
{
    sg_bytes tagged;
    SG_TRY(wire_signed_bytes(ops->arena, tag, bytes, &tagged));
    return cli_key_sign(key, tagged, ret);
}

/* The reply borrows from the packet buffer; what is kept is copied. */
static sg_result
read_reply(struct cli_ops *ops, sg_bytes body, struct wire_operation_reply *ret)
{
    sg_bytes kept;
    SG_TRY(sg_arena_bytes(ops->arena, body, &kept));
    return wire_operation_reply_parse(kept, ret);
}

sg_result
cli_ops_propose(struct cli_ops *ops, struct wire_operation_msg *op, const struct cli_key *operator_,
    struct wire_operation_reply *ret)
{
    uint8_t unique[WIRE_ID_LEN];
    uint8_t signature[CLI_SIG_LEN];
    struct wire_propose msg = { .operator_ = cli_key_name(operator_) };
    struct sg_buf frame = new_frame(ops);
    uint64_t id = cli_ops_next_id(ops);
    sg_bytes body;
    cli_random(unique, sizeof(unique));
    op->unique = SG_BYTES(unique);
    op->proposed_at = cli_now();
    op->expires_at = op->proposed_at + PROPOSAL_LIFE_S;
    SG_TRY(wire_operation_encode(ops->arena, op, &msg.operation));
    SG_TRY(sign_tagged(ops, WIRE_TAG_OPERATION, msg.operation, operator_, signature));
    msg.signature = SG_BYTES(signature);
    wire_propose_encode(&frame, id, &msg);
    SG_TRY(cli_ops_ask(ops, WIRE_PROPOSE, id, &frame, &body));
    return read_reply(ops, body, ret);
}

sg_result
cli_ops_approve(struct cli_ops *ops, sg_bytes operation_id, const struct cli_key *operator_,
    struct wire_operation_reply *ret)
{
    uint8_t signature[CLI_SIG_LEN];
    struct wire_approve msg = { .operation_id = operation_id,
        .operator_ = cli_key_name(operator_) };
    struct sg_buf frame = new_frame(ops);
    uint64_t id = cli_ops_next_id(ops);
    sg_bytes body;
    SG_TRY(sign_tagged(ops, WIRE_TAG_APPROVAL, operation_id, operator_, signature));
    msg.signature = SG_BYTES(signature);
    wire_approve_encode(&frame, id, &msg);
    SG_TRY(cli_ops_ask(ops, WIRE_APPROVE, id, &frame, &body));
    return read_reply(ops, body, ret);
}

sg_result
cli_ops_halt(struct cli_ops *ops, sg_bytes key, const struct cli_key *operator_, uint64_t *ret_seq)
{
    uint8_t signature[CLI_SIG_LEN];
    struct wire_halt msg = { .key = key, .operator_ = cli_key_name(operator_), .at = cli_now() };
    struct wire_operation_reply reply;
    struct sg_buf frame = new_frame(ops);
    uint64_t id = cli_ops_next_id(ops);
    sg_bytes bytes;
    SG_TRY(wire_halt_signed_bytes(ops->arena, &msg, &bytes));
    SG_TRY(cli_key_sign(operator_, bytes, signature));
    msg.signature = SG_BYTES(signature);
    wire_halt_encode(&frame, id, &msg);
    SG_TRY(cli_ops_ask(ops, WIRE_HALT, id, &frame, &bytes));
    SG_TRY(wire_operation_reply_parse(bytes, &reply));
    *ret_seq = reply.seq;
    return SG_DONE;
}

/* ---- questions ------------------------------------------------------------------------------------------- */

sg_result
cli_ops_key(struct cli_ops *ops, sg_bytes key, sg_bytes after, struct wire_key_info_reply *ret)
{
    struct wire_key_info msg = { .key = key, .after = after };
    struct sg_buf frame = new_frame(ops);
    uint64_t id = cli_ops_next_id(ops);
    sg_bytes body;
    sg_bytes kept;
    wire_key_info_encode(&frame, id, &msg);
    SG_TRY(cli_ops_ask(ops, WIRE_KEY_INFO, id, &frame, &body));
    SG_TRY(sg_arena_bytes(ops->arena, body, &kept));
    return wire_key_info_reply_parse(kept, ret);
}

sg_result
cli_ops_key_by_label(struct cli_ops *ops, sg_str label, struct wire_key_info_reply *ret)
{
    static const uint8_t start[WIRE_THUMBPRINT_LEN] = { 0 };
    struct wire_key_info_reply *info = SG_NEW(ops->arena, struct wire_key_info_reply);
    SG_REQUIRE(info != NULL, NO_MEMORY);
    sg_bytes after = SG_BYTES(start);
    bool found = false;
    for (;;) {
        sg_result r = cli_ops_key(ops, SG_NO_BYTES, after, info);
        if (r.code == SG_E_NOT_FOUND) {
            break;
        }
        SG_TRY(r);
        after = info->key;
        if (sg_str_equal(info->label, label) && info->state != WIRE_KEY_DESTROYED &&
            (!found || info->created_at >= ret->created_at)) {
            *ret = *info;
            found = true;
        }
    }
    SG_REQUIRE(found, NOT_FOUND);
    return SG_DONE;
}

sg_result
cli_ops_client(struct cli_ops *ops, sg_str client, sg_str after, struct wire_client_info_reply *ret)
{
    struct wire_client_info msg = { .client = client, .after = after };
    struct sg_buf frame = new_frame(ops);
    uint64_t id = cli_ops_next_id(ops);
    sg_bytes body;
    sg_bytes kept;
    wire_client_info_encode(&frame, id, &msg);
    SG_TRY(cli_ops_ask(ops, WIRE_CLIENT_INFO, id, &frame, &body));
    SG_TRY(sg_arena_bytes(ops->arena, body, &kept));
    return wire_client_info_reply_parse(kept, ret);
}
