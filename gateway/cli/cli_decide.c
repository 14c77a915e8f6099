#include "cli_decide.h"

#include <stdio.h>
#include <unistd.h>

#include "sg_text.h"

void
cli_desk_close(struct cli_desk *desk)
{
    cli_ops_close(&desk->ops);
    cli_key_free(&desk->operators[0]);
    cli_key_free(&desk->operators[1]);
}

static int
read_operators(struct cli_desk *desk)
{
    struct cli *cli = desk->cli;
    const char *path = cli_value(cli, "--operator");
    if (path == NULL && desk->run.demo) {
        path = cli_path(cli, "operators/operator1.json");
    }
    if (path == NULL) {
        return cli_usage(
            cli, "--operator FILE is missing: whose signature shall stand under this?");
    }
    sg_result r = cli_key_read(cli->arena, path, &desk->operators[0]);
    if (!sg_ok(r)) {
        return cli_unreadable(cli, path, r);
    }
    path = cli_value_nth(cli, "--operator", 1);
    if (path == NULL) {
        return CLI_DONE;
    }
    r = cli_key_read(cli->arena, path, &desk->operators[1]);
    return sg_ok(r) ? CLI_DONE : cli_unreadable(cli, path, r);
}

int
cli_desk_open(struct cli *cli, bool signs, struct cli_desk *desk)
{
    *desk = (struct cli_desk){ .cli = cli };
    int bad = cli_conf_run(cli, &desk->run);
    bad = bad == CLI_DONE ? cli_conf_signer(cli, &desk->signer) : bad;
    bad = bad == CLI_DONE && signs ? read_operators(desk) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = cli_ops_open(cli->arena, cli->dir, desk->signer.environment, &desk->ops);
    if (r.code == SG_E_PEER_DOWN) {
        return cli_fail(
            cli, "no signer answers at %s/run/ops.sock (start it with `sealgate run`)", cli->dir);
    }
    return sg_ok(r) ? CLI_DONE : cli_refused(cli, "ops.sock", r);
}

/* ---- an operation ---------------------------------------------------------------------------------------- */

static int
print_reply(const struct cli *cli, const struct wire_operation_reply *reply, const char *done)
{
    sg_str id;
    if (!sg_ok(sg_hex_encode(cli->arena, reply->operation_id, &id))) {
        return cli_fail(cli, "out of memory");
    }
    if (cli->json) {
        struct sg_buf buf = sg_buf_new(cli->arena, 512, 65536);
        struct sjson_wr wr = sjson_wr_new(&buf);
        sjson_wr_object(&wr);
        sjson_wr_member_text(&wr, "operation", id);
        sjson_wr_member_bool(&wr, "applied", reply->applied);
        sjson_wr_member_int(&wr, "seq", (int64_t)reply->seq);
        sjson_wr_name(&wr, SG_LIT("keys"));
        sjson_wr_array(&wr);
        for (size_t i = 0; i < reply->n_keys; i++) {
            sjson_wr_b64url(&wr, reply->keys[i]);
        }
        sjson_wr_array_end(&wr);
        sjson_wr_object_end(&wr);
        return cli_print_json(cli, &buf);
    }
    if (!reply->applied) {
        printf("proposed; another operator approves it with\n  sealgate approve %.*s --operator "
               "FILE --dir %s\n",
            SG_PRINT(id), cli->dir);
        return CLI_DONE;
    }
    printf("%s (ledger record %llu)\n", done, (unsigned long long)reply->seq);
    for (size_t i = 0; i < reply->n_keys; i++) {
        sg_str text;
        if (sg_ok(sg_b64url_encode(cli->arena, reply->keys[i], &text))) {
            printf("%.*s\n", SG_PRINT(text));
        }
    }
    return CLI_DONE;
}

int
cli_decide(struct cli_desk *desk, struct wire_operation_msg *op, const char *done)
{
    struct wire_operation_reply first;
    struct wire_operation_reply second;
    const char *reason = cli_value(desk->cli, "--reason");
    op->reason = reason != NULL ? sg_cstr(reason) : SG_NO_STR;
    sg_result r = cli_ops_propose(desk->ops, op, desk->operators[0], &first);
    if (!sg_ok(r)) {
        return cli_refused(desk->cli, "proposal", r);
    }
    if (first.applied || desk->operators[1] == NULL) {
        return print_reply(desk->cli, &first, done);
    }
    r = cli_ops_approve(desk->ops, first.operation_id, desk->operators[1], &second);
    return sg_ok(r) ? print_reply(desk->cli, &second, done) : cli_refused(desk->cli, "approval", r);
}

/* ---- keys ------------------------------------------------------------------------------------------------- */

int
cli_key_named(struct cli_desk *desk, const char *name, struct wire_key_info_reply **ret)
{
    uint8_t thumbprint[WIRE_THUMBPRINT_LEN];
    sg_str text = sg_cstr(name);
    struct wire_key_info_reply *info = SG_NEW(desk->cli->arena, struct wire_key_info_reply);
    if (info == NULL) {
        return cli_fail(desk->cli, "out of memory");
    }
    sg_result r = cli_ops_key_by_label(desk->ops, text, info);
    bool by_thumbprint = sg_ok(sg_b64url_decode_to(text, thumbprint, sizeof(thumbprint))) ||
                         sg_ok(sg_hex_decode_to(text, thumbprint, sizeof(thumbprint)));
    if (r.code == SG_E_NOT_FOUND && by_thumbprint) {
        r = cli_ops_key(desk->ops, SG_BYTES(thumbprint), SG_NO_BYTES, info);
    }
    if (!sg_ok(r)) {
        return cli_refused(desk->cli, name, r);
    }
    *ret = info;
    return CLI_DONE;
}

static const char *const state_words[] = { [WIRE_KEY_CREATED] = "created",
    [WIRE_KEY_ACTIVE] = "active",
    [WIRE_KEY_SUSPENDED] = "suspended",
    [WIRE_KEY_REVOKED] = "revoked",
    [WIRE_KEY_EXPIRED] = "expired",
    [WIRE_KEY_DESTROYED] = "destroyed" };
static const char *const purpose_words[] = { [WIRE_PURPOSE_SEAL] = "seal",
    [WIRE_PURPOSE_STATUS_LIST] = "status-list",
    [WIRE_PURPOSE_HOLDER] = "holder",
    [WIRE_PURPOSE_LOG] = "log",
    [WIRE_PURPOSE_METADATA] = "metadata" };

const char *
cli_key_state_word(uint64_t state)
{
    bool known = state >= 1 && state < sizeof(state_words) / sizeof(state_words[0]);
    return known ? state_words[state] : "unknown";
}

const char *
cli_purpose_word(uint64_t purpose)
{
    bool known = purpose >= 1 && purpose < sizeof(purpose_words) / sizeof(purpose_words[0]);
    return known ? purpose_words[purpose] : "unknown";
}

uint64_t
cli_purpose_number(const char *word)
{
    for (uint64_t i = 1; i < sizeof(purpose_words) / sizeof(purpose_words[0]); i++) {
        if (strcmp(purpose_words[i], word) == 0) {
            return i;
        }
    }
    return 0;
}
