/* `sealgate keys ...`: the life of keys, through the signer's ops.sock under dual control. req: KEY-6, KEY-8 */
#include <stdio.h>

#include "cli_ca.h"
#include "cli_commands.h"
#include "cli_decide.h"
#include "cli_person.h"
#include "jwk.h"
#include "sg_text.h"
#include "x509_chain.h"

enum { KEYS_OUT_MAX = 16 * 1024 * 1024 };

/* ---- list ------------------------------------------------------------------------------------------------ */

static void
put_key(struct cli *cli, struct sjson_wr *wr, const struct wire_key_info_reply *k)
{
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)k->alg);
    struct jwk jwk;
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "thumbprint", k->key);
    sjson_wr_member_text(wr, "label", k->label);
    sjson_wr_member_cstr(wr, "alg", alg == NULL ? "unknown" : alg->name);
    sjson_wr_member_cstr(wr, "state", cli_key_state_word(k->state));
    sjson_wr_member_cstr(wr, "purpose", cli_purpose_word(k->purpose));
    sjson_wr_member_int(wr, "level", (int64_t)k->level);
    sjson_wr_member_bool(wr, "resident", k->resident);
    sjson_wr_member_int(wr, "certificates", (int64_t)k->n_chain);
    if (k->status.uri.n != 0) {
        sjson_wr_name(wr, SG_LIT("status"));
        sjson_wr_object(wr);
        sjson_wr_member_text(wr, "uri", k->status.uri);
        sjson_wr_member_int(wr, "idx", (int64_t)k->status.idx);
        sjson_wr_object_end(wr);
    }
    if (sg_ok(jwk_from_spki(cli->arena, k->spki, &jwk))) {
        sjson_wr_name(wr, SG_LIT("jwk"));
        jwk_write(wr, &jwk);
    }
    sjson_wr_member_int(wr, "created_at", k->created_at);
    sjson_wr_object_end(wr);
}

static void
print_key(struct cli *cli, const struct wire_key_info_reply *k)
{
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)k->alg);
    sg_str thumbprint = SG_NO_STR;
    SG_IGNORE(
        sg_b64url_encode(cli->arena, k->key, &thumbprint)); /* prints nothing when out of memory */
    printf("%.*s  %-16.*s %-6s %-11s %-9s level %llu%s\n", SG_PRINT(thumbprint), SG_PRINT(k->label),
        alg == NULL ? "?" : alg->name, cli_purpose_word(k->purpose), cli_key_state_word(k->state),
        (unsigned long long)k->level, k->n_chain != 0 ? ", certified" : "");
}

int
cmd_keys_list(struct cli *cli)
{
    static const uint8_t start[WIRE_THUMBPRINT_LEN] = { 0 };
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk;
    struct wire_key_info_reply *k = SG_NEW(cli->arena, struct wire_key_info_reply);
    struct sg_buf buf = sg_buf_new(cli->arena, 4096, KEYS_OUT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    int bad = cli_desk_open(cli, false, &desk);
    if (bad != CLI_DONE || k == NULL) {
        return bad != CLI_DONE ? bad : cli_fail(cli, "out of memory");
    }
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("keys"));
    sjson_wr_array(&wr);
    sg_bytes after = SG_BYTES(start);
    for (;;) {
        sg_result r = cli_ops_key(desk.ops, SG_NO_BYTES, after, k);
        if (r.code == SG_E_NOT_FOUND) {
            break;
        }
        if (!sg_ok(r)) {
            return cli_refused(cli, "keys", r);
        }
        if (cli->json) {
            put_key(cli, &wr, k);
        } else {
            print_key(cli, k);
        }
        after = k->key;
    }
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    return cli->json ? cli_print_json(cli, &buf) : CLI_DONE;
}

/* ---- generate, certificate, status reference, state ------------------------------------------------------- */

int
cmd_keys_generate(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    const char *alg_name = cli_value(cli, "--alg") != NULL ? cli_value(cli, "--alg") : "ES256";
    const char *purpose =
        cli_value(cli, "--purpose") != NULL ? cli_value(cli, "--purpose") : "seal";
    const struct jose_alg *alg = jose_alg_by_name(sg_cstr(alg_name));
    int64_t level = 1;
    int64_t count = 1;
    if (alg == NULL || !alg->sign) {
        return cli_usage(cli, "--alg: %s is not ES256, ES384 or EdDSA", alg_name);
    }
    if (cli_purpose_number(purpose) == 0) {
        return cli_usage(
            cli, "--purpose: %s is not seal, status-list, holder or metadata", purpose);
    }
    int bad = cli_number(cli, "--level", 1, 1, 3, &level);
    bad = bad == CLI_DONE ? cli_number(cli, "--count", 1, 1, WIRE_KEYS_AT_ONCE_MAX, &count) : bad;
    bad = bad == CLI_DONE ? cli_desk_open(cli, true, &desk) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    struct wire_operation_msg op = { .kind = WIRE_OPN_KEY_GENERATE,
        .name = sg_cstr(cli_value(cli, "--label")),
        .alg = alg->id,
        .purpose = cli_purpose_number(purpose),
        .level = (uint64_t)level,
        .wrapped = cli_flag(cli, "--wrapped"),
        .count = (uint64_t)count };
    return cli_decide(&desk, &op, "generated in the token, state created");
}

/* A chain from a file, or a leaf of the demo's own authority. */
static int
chain_for(
    struct cli_desk *desk, const struct wire_key_info_reply *key, struct wire_operation_msg *op)
{
    struct cli *cli = desk->cli;
    const char *path = cli_value(cli, "--chain");
    if (path != NULL) {
        sg_bytes pem;
        sg_result r = cli_read(cli->arena, path, &pem);
        if (sg_ok(r)) {
            r = x509_from_pem(
                cli->arena, sg_bytes_str(pem), op->chain, WIRE_CERTS_MAX, &op->n_chain);
        }
        return sg_ok(r) ? CLI_DONE : cli_unreadable(cli, path, r);
    }
    SG_CLEANUP(cli_ca_free)
    struct cli_ca *ca = NULL;
    const char *base;
    sg_str name;
    int bad = cli_base_url(cli, &base);
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r =
        cli_ca_open(cli_path(cli, "demo-ca/root.key"), cli_path(cli, "trust/root.pem"), &ca);
    if (sg_ok(r)) {
        r = sg_arena_printf(cli->arena, &name, "sealgate DEMO %.*s", SG_PRINT(key->label));
    }
    if (sg_ok(r)) {
        r = cli_ca_issue(cli->arena, ca, key->spki, name.p, base, &op->chain[0]);
        op->n_chain = 1;
    }
    return sg_ok(r) ? CLI_DONE : cli_refused(cli, "demo authority", r);
}

int
cmd_keys_install_cert(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct wire_operation_msg op = { .kind = WIRE_OPN_KEY_CERTIFY };
    struct wire_key_info_reply *key = NULL;
    if (cli_flag(cli, "--chain") == cli_flag(cli, "--demo-ca")) {
        return cli_usage(cli, "either --chain PEM, or --demo-ca");
    }
    int bad = cli_desk_open(cli, true, &desk);
    bad = bad == CLI_DONE ? cli_key_named(&desk, cli_argument(cli), &key) : bad;
    bad = bad == CLI_DONE ? chain_for(&desk, key, &op) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    op.key = key->key;
    return cli_decide(&desk, &op, "the certificate is installed");
}

int
cmd_keys_status_ref(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct wire_key_info_reply *key = NULL;
    const char *base = NULL;
    sg_str uri = SG_NO_STR;
    int64_t idx = 0;
    int bad = cli_number(cli, "--index", 0, 0, UINT32_MAX, &idx);
    bad = bad == CLI_DONE ? cli_desk_open(cli, true, &desk) : bad;
    bad = bad == CLI_DONE ? cli_key_named(&desk, cli_argument(cli), &key) : bad;
    if (bad == CLI_DONE && cli_value(cli, "--list") != NULL) {
        uri = sg_cstr(cli_value(cli, "--list"));
    } else if (bad == CLI_DONE) {
        bad = cli_base_url(cli, &base);
        if (bad == CLI_DONE && !sg_ok(sg_arena_printf(cli->arena, &uri, "%s/status/keys", base))) {
            bad = cli_fail(cli, "out of memory");
        }
    }
    if (bad != CLI_DONE) {
        return bad;
    }
    struct wire_operation_msg op = { .kind = WIRE_OPN_KEY_STATUS,
        .key = key->key,
        .ref = { WIRE_REF_TOKEN_STATUS_LIST, uri, (uint64_t)idx } };
    return cli_decide(&desk, &op, "the key's own status reference is set");
}

/* keys activate, suspend, revoke, destroy: the command's last word is the state wanted. */
int
cmd_keys_state(struct cli *cli)
{
    static const struct {
        const char *command;
        uint64_t state;
        const char *done;
    } rows[] = {
        { "keys activate", WIRE_KEY_ACTIVE, "the key is active" },
        { "keys suspend", WIRE_KEY_SUSPENDED, "the key is suspended" },
        { "keys revoke", WIRE_KEY_REVOKED, "the key is revoked" },
        { "keys destroy", WIRE_KEY_DESTROYED, "the key is destroyed" },
    };
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct wire_key_info_reply *key = NULL;
    size_t i = 0;
    while (strcmp(rows[i].command, cli->command->name) != 0) {
        i++; /* the table in cli_main.c has no other rows for this function */
    }
    int bad = cli_desk_open(cli, true, &desk);
    bad = bad == CLI_DONE ? cli_key_named(&desk, cli_argument(cli), &key) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    struct wire_operation_msg op = {
        .kind = WIRE_OPN_KEY_STATE, .key = key->key, .state = rows[i].state
    };
    return cli_decide(&desk, &op, rows[i].done);
}

/* ---- approve, halt, resume --------------------------------------------------------------------------------- */

static int
approved_json(struct cli *cli, const struct wire_operation_reply *reply)
{
    struct sg_buf buf = sg_buf_new(cli->arena, 512, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str link;
    sjson_wr_object(&wr);
    sjson_wr_member_bool(&wr, "applied", reply->applied);
    sjson_wr_member_int(&wr, "seq", (int64_t)reply->seq);
    if (reply->link.n > 0) {
        sg_result r = cli_enrol_link(cli, reply->link, &link);
        if (!sg_ok(r)) {
            return cli_refused(cli, "the enrolment link", r);
        }
        sjson_wr_member_text(&wr, "link", link);
        sjson_wr_member_text(&wr, "code", reply->code);
    }
    sjson_wr_object_end(&wr);
    return cli_print_json(cli, &buf);
}

int
cmd_approve(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    uint8_t id[SG_SHA256_LEN];
    struct wire_operation_reply reply;
    if (!sg_ok(sg_hex_decode_to(sg_cstr(cli_argument(cli)), id, sizeof(id)))) {
        return cli_usage(cli, "%s is no operation: 64 hex digits, as the proposal printed them",
            cli_argument(cli));
    }
    int bad = cli_desk_open(cli, true, &desk);
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = cli_ops_approve(desk.ops, SG_BYTES(id), desk.operators[0], &reply);
    if (!sg_ok(r)) {
        return cli_refused(cli, "approval", r);
    }
    if (cli->json) {
        return approved_json(cli, &reply);
    }
    if (reply.link.n > 0) {
        return cli_print_enrolment(cli, &reply);
    }
    if (reply.applied) {
        printf("approved and applied (ledger record %llu)\n", (unsigned long long)reply.seq);
    } else {
        puts("approved; it still waits for another operator");
    }
    return CLI_DONE;
}

int
cmd_halt(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct wire_key_info_reply *key = NULL;
    const char *name = cli_value(cli, "--key");
    uint64_t seq = 0;
    int bad = cli_desk_open(cli, true, &desk);
    bad = bad == CLI_DONE && name != NULL ? cli_key_named(&desk, name, &key) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r =
        cli_ops_halt(desk.ops, key != NULL ? key->key : SG_NO_BYTES, desk.operators[0], &seq);
    if (!sg_ok(r)) {
        return cli_refused(cli, "halt", r);
    }
    if (cli->json) {
        printf("{\"halted\":true,\"seq\":%llu}\n", (unsigned long long)seq);
    } else {
        printf("halted: no signature leaves any more%s%s (ledger record %llu); two operators "
               "`sealgate resume`\n",
            name != NULL ? " under " : "", name != NULL ? name : "", (unsigned long long)seq);
    }
    return CLI_DONE;
}

int
cmd_resume(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct wire_key_info_reply *key = NULL;
    struct wire_operation_msg op = { .kind = WIRE_OPN_RESUME };
    int bad = cli_desk_open(cli, true, &desk);
    if (bad == CLI_DONE && cli_value(cli, "--key") != NULL) {
        bad = cli_key_named(&desk, cli_value(cli, "--key"), &key);
        op.key = bad == CLI_DONE ? key->key : SG_NO_BYTES;
    }
    return bad == CLI_DONE ? cli_decide(&desk, &op, "signing goes on") : bad;
}
