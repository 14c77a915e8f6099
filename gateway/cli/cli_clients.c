/* `sealgate client ...` and `sealgate mandate ...`: system clients and what they may have signed. req: AU-8 */
#include <stdio.h>
#include <unistd.h>

#include "cli_commands.h"
#include "cli_decide.h"
#include "jwk.h"
#include "sg_text.h"

enum { OUT_MAX = 16 * 1024 * 1024, DAY_S = 86400 };

/* ---- clients ---------------------------------------------------------------------------------------------- */

/* For clients and operators alike: whoever holds the file speaks in that name. */
int
cmd_client_key(struct cli *cli)
{
    SG_CLEANUP(cli_key_free)
    struct cli_key *key = NULL;
    const char *out = cli_value(cli, "--out");
    if (access(out, F_OK) == 0) {
        return cli_fail(cli, "%s is there already; a key is not overwritten", out);
    }
    sg_result r = cli_key_new(cli->arena, sg_cstr(cli_argument(cli)), &key);
    if (sg_ok(r)) {
        r = cli_key_write(
            cli->arena, key, out, "private key: keep it where nobody else can read it");
    }
    if (!sg_ok(r)) {
        return cli_refused(cli, out, r);
    }
    puts(cli->json ? "{\"made\":true}" : "made; keep it where nobody else can read it");
    return CLI_DONE;
}

int
cmd_client_add(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct jwk jwk;
    const char *path = cli_value(cli, "--jwk");
    struct wire_operation_msg op = {
        .kind = WIRE_OPN_CLIENT_SET, .name = sg_cstr(cli_argument(cli)), .active = true
    };
    sg_result r = cli_public_read(cli->arena, path, &jwk);
    const struct jose_alg *alg = sg_ok(r) ? jwk_default_alg(&jwk) : NULL;
    if (sg_ok(r) && alg == NULL) {
        r = SG_ERROR(ALGORITHM);
    }
    if (sg_ok(r)) {
        op.alg = alg->id;
        r = jwk_spki(cli->arena, &jwk, &op.spki);
    }
    if (!sg_ok(r)) {
        return cli_unreadable(cli, path, r);
    }
    int bad = cli_desk_open(cli, true, &desk);
    return bad == CLI_DONE ? cli_decide(&desk, &op, "the client is registered") : bad;
}

static int
client_named(struct cli_desk *desk, const char *name, struct wire_client_info_reply **ret)
{
    struct wire_client_info_reply *info = SG_NEW(desk->cli->arena, struct wire_client_info_reply);
    if (info == NULL) {
        return cli_fail(desk->cli, "out of memory");
    }
    sg_result r = cli_ops_client(desk->ops, sg_cstr(name), SG_NO_STR, info);
    if (!sg_ok(r)) {
        return cli_refused(desk->cli, name, r);
    }
    *ret = info;
    return CLI_DONE;
}

int
cmd_client_remove(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct wire_client_info_reply *client = NULL;
    int bad = cli_desk_open(cli, true, &desk);
    bad = bad == CLI_DONE ? client_named(&desk, cli_argument(cli), &client) : bad;
    if (client == NULL) { /* set by success alone */
        return bad;
    }
    struct wire_operation_msg op = { .kind = WIRE_OPN_CLIENT_SET,
        .name = client->client,
        .alg = client->alg,
        .spki = client->spki,
        .active = false };
    return cli_decide(&desk, &op, "the client is removed");
}

/* ---- lists ------------------------------------------------------------------------------------------------ */

static void
put_mandate(struct sjson_wr *wr, const struct wire_mandate *m)
{
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "id", m->id);
    sjson_wr_member_text(wr, "client", m->client);
    sjson_wr_member_b64url(wr, "key", m->key);
    sjson_wr_member_int(wr, "operation", (int64_t)m->operation);
    sjson_wr_name(wr, SG_LIT("configurations"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < m->n_configurations; i++) {
        sjson_wr_text(wr, m->configurations[i]);
    }
    sjson_wr_array_end(wr);
    sjson_wr_member_int(wr, "count", (int64_t)m->count);
    sjson_wr_member_int(wr, "window_s", (int64_t)m->window_s);
    sjson_wr_member_int(wr, "not_before", m->not_before);
    sjson_wr_member_int(wr, "not_after", m->not_after);
    sjson_wr_object_end(wr);
}

static void
print_mandate(const struct cli *cli, const struct wire_mandate *m)
{
    sg_str id = SG_NO_STR;
    SG_IGNORE(sg_hex_encode(cli->arena, m->id, &id)); /* prints nothing when out of memory */
    printf("%.*s  %-16.*s %-12s %llu per %llu s", SG_PRINT(id), SG_PRINT(m->client),
        m->operation == WIRE_OP_STATUS_LIST ? "status-list"
        : m->operation == WIRE_OP_METADATA  ? "metadata"
                                            : "seal",
        (unsigned long long)m->count, (unsigned long long)m->window_s);
    for (size_t i = 0; i < m->n_configurations; i++) {
        printf(" %.*s", SG_PRINT(m->configurations[i]));
    }
    putchar('\n');
}

static void
one_client(
    struct cli *cli, struct sjson_wr *wr, const struct wire_client_info_reply *c, bool mandates)
{
    const struct jose_alg *alg = jose_alg_by_id((enum jose_alg_id)c->alg);
    for (size_t i = 0; mandates && i < c->n_mandates; i++) {
        if (cli->json) {
            put_mandate(wr, &c->mandates[i]);
        } else {
            print_mandate(cli, &c->mandates[i]);
        }
    }
    if (!mandates && !cli->json) {
        printf("%-24.*s %-6s %-8s %zu mandates\n", SG_PRINT(c->client),
            alg == NULL ? "-" : alg->name, c->active ? "active" : "removed", c->n_mandates);
    } else if (!mandates) {
        sjson_wr_object(wr);
        sjson_wr_member_text(wr, "client", c->client);
        sjson_wr_member_cstr(wr, "alg", alg == NULL ? "" : alg->name);
        sjson_wr_member_bool(wr, "active", c->active);
        sjson_wr_member_int(wr, "mandates", (int64_t)c->n_mandates);
        sjson_wr_object_end(wr);
    }
}

static int
list(struct cli *cli, bool mandates)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct wire_client_info_reply *c = SG_NEW(cli->arena, struct wire_client_info_reply);
    struct sg_buf buf = sg_buf_new(cli->arena, 4096, OUT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    int bad = cli_desk_open(cli, false, &desk);
    if (bad != CLI_DONE || c == NULL) {
        return bad != CLI_DONE ? bad : cli_fail(cli, "out of memory");
    }
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, mandates ? SG_LIT("mandates") : SG_LIT("clients"));
    sjson_wr_array(&wr);
    sg_str after = SG_NO_STR;
    for (;;) {
        sg_result r = cli_ops_client(desk.ops, SG_NO_STR, after, c);
        if (r.code == SG_E_NOT_FOUND) {
            break;
        }
        if (!sg_ok(r)) {
            return cli_refused(cli, "clients", r);
        }
        one_client(cli, &wr, c, mandates);
        after = c->client;
    }
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    return cli->json ? cli_print_json(cli, &buf) : CLI_DONE;
}

int
cmd_client_list(struct cli *cli)
{
    return list(cli, false);
}

int
cmd_mandate_list(struct cli *cli)
{
    return list(cli, true);
}

/* ---- mandate set ------------------------------------------------------------------------------------------- */

static int
wanted_operation(const struct cli *cli, uint64_t *ret)
{
    const char *word = cli_value(cli, "--operation");
    if (word == NULL || strcmp(word, "seal") == 0) {
        *ret = WIRE_OP_SEAL_CREDENTIAL;
        return CLI_DONE;
    }
    if (strcmp(word, "status-list") == 0) {
        *ret = WIRE_OP_STATUS_LIST;
        return CLI_DONE;
    }
    if (strcmp(word, "metadata") == 0) {
        *ret = WIRE_OP_METADATA;
        return CLI_DONE;
    }
    return cli_usage(cli, "--operation: %s is not seal, status-list or metadata", word);
}

static int
mandate_terms(const struct cli *cli, struct wire_mandate *m)
{
    int64_t count = 0;
    int64_t window = 0;
    int64_t days = 0;
    int bad = wanted_operation(cli, &m->operation);
    bad = bad == CLI_DONE ? cli_number(cli, "--count", 0, 0, INT64_MAX - 1, &count) : bad;
    bad = bad == CLI_DONE ? cli_number(cli, "--window", 3600, 1, WIRE_WINDOW_MAX_S, &window) : bad;
    bad = bad == CLI_DONE ? cli_number(cli, "--days", 366, 1, 3660, &days) : bad;
    m->count = (uint64_t)count;
    m->window_s = (uint64_t)window;
    m->not_before = cli_now() - 60;
    m->not_after = cli_now() + days * DAY_S;
    for (const char *c = cli_value(cli, "--configuration"); c != NULL && bad == CLI_DONE;
         c = cli_value_nth(cli, "--configuration", m->n_configurations)) {
        if (m->n_configurations == WIRE_CONFIGURATIONS_MAX) {
            bad = cli_usage(cli, "at most %d configurations", WIRE_CONFIGURATIONS_MAX);
        } else {
            m->configurations[m->n_configurations++] = sg_cstr(c);
        }
    }
    return bad;
}

int
cmd_mandate_set(struct cli *cli)
{
    SG_CLEANUP(cli_desk_close)
    struct cli_desk desk = { 0 };
    struct wire_operation_msg op = { .kind = WIRE_OPN_MANDATE_SET };
    struct wire_key_info_reply *key = NULL;
    uint8_t id[WIRE_ID_LEN];
    const char *given = cli_value(cli, "--id");
    if (given == NULL) {
        cli_random(id, sizeof(id));
    } else if (!sg_ok(sg_hex_decode_to(sg_cstr(given), id, sizeof(id)))) {
        return cli_usage(cli, "--id: %s is not 32 hex digits", given);
    }
    int bad = mandate_terms(cli, &op.mandate);
    bad = bad == CLI_DONE ? cli_desk_open(cli, true, &desk) : bad;
    bad = bad == CLI_DONE ? cli_key_named(&desk, cli_value(cli, "--key"), &key) : bad;
    if (bad != CLI_DONE) {
        return bad;
    }
    op.mandate.id = SG_BYTES(id);
    op.mandate.client = sg_cstr(cli_argument(cli));
    op.mandate.key = key->key;
    return cli_decide(&desk, &op, "the mandate is set");
}
