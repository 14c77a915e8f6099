/*
 * `sealgate init`: a state directory. With --demo everything up to the first signature: token, ledger, two operators who approve each step over
 * ops.sock exactly as people would, keys with certificates, a system client and the mandates. hsm/README.md gives the order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_ca.h"
#include "cli_commands.h"
#include "cli_init_files.h"
#include "cli_ops.h"
#include "cli_proc.h"
#include "did.h"
#include "iaca.h"
#include "sg_text.h"

enum {
    OPERATORS_MAX = 16,
    DEMO_ROLES = WIRE_ROLE_KEY_CUSTODIAN | WIRE_ROLE_REGISTRATION | WIRE_ROLE_ADMINISTRATOR,
    DEMO_COUNT = 10000000, /* of credentials in an hour: room for the bench */
    HOUR_S = 3600,
    DAY_S = 86400,
    YEAR_S = 366 * DAY_S,
    KEY_STATUS_INDEXES = 1024,
    SEAL_KEYS_MAX = 8,
};

static const char *const demo_operators[] = { "operator1", "operator2" };

struct init {
    struct cli *cli;
    struct cli_plan plan;
    const char *operators[OPERATORS_MAX]; /* NAME,PERSON,ROLES,ALG,HEXSPKI */
    size_t n_operators;
    struct cli_key *keys[2]; /* the demo's operators: [0] proposes, [1] approves */
    struct cli_key *client;
    struct cli_ca *ca;
    struct iaca *iaca;
    struct cli_ops *ops;
    struct jwk published[SEAL_KEYS_MAX]; /* for trust/did.json */
    size_t n_published;
    uint64_t indexes[SEAL_KEYS_MAX]; /* of the keys' own status */
    size_t n_indexes;
};

static void
init_done(struct init *in)
{
    cli_ops_close(&in->ops);
    cli_key_free(&in->keys[0]);
    cli_key_free(&in->keys[1]);
    cli_key_free(&in->client);
    cli_ca_free(&in->ca);
    iaca_free(&in->iaca);
}

/* ---- what is wanted ------------------------------------------------------------------------------------- */

static int
plan_public_url(struct init *in)
{
    const char *given = cli_value(in->cli, "--public-url");
    sg_str url;
    if (given != NULL) {
        size_t n = strlen(given);
        while (n > 0 && given[n - 1] == '/') {
            n--;
        }
        url = sg_str_of(given, n);
        if (!sg_ok(sg_arena_str(in->cli->arena, url, &url)) || strstr(url.p, "://") == NULL) {
            return cli_usage(in->cli, "--public-url: %s is no URL", given);
        }
    } else if (!sg_ok(sg_arena_printf(
                   in->cli->arena, &url, "http://localhost%s", strrchr(in->plan.listen, ':')))) {
        return cli_fail(in->cli, "out of memory");
    }
    in->plan.base = url.p;
    return CLI_DONE;
}

static int
plan_origin(struct init *in)
{
    const char *given = cli_value(in->cli, "--origin");
    const char *host = strstr(in->plan.base, "://") + 3;
    sg_str origin;
    if (given != NULL) {
        in->plan.origin = given;
        return CLI_DONE;
    }
    if (!sg_ok(sg_arena_printf(in->cli->arena, &origin, "%.*s/sealgate%s", (int)strcspn(host, ":/"),
            host, in->plan.demo ? "-demo" : ""))) {
        return cli_fail(in->cli, "out of memory");
    }
    in->plan.origin = origin.p;
    return CLI_DONE;
}

static int
make_plan(struct init *in)
{
    struct cli_plan *plan = &in->plan;
    struct cli *cli = in->cli;
    plan->demo = cli_flag(cli, "--demo");
    plan->listen =
        cli_value(cli, "--listen") != NULL ? cli_value(cli, "--listen") : "127.0.0.1:8080";
    const char *fault = cli_listen_fault(plan->listen);
    if (fault != NULL) {
        return cli_usage(cli, "--listen: %s %s", plan->listen, fault);
    }
    plan->environment = cli_flag(cli, "--production") ? CONF_PRODUCTION : CONF_TEST;
    if (plan->demo && cli_flag(cli, "--production")) {
        return cli_usage(cli, "--demo and --production exclude each other (req: NET-2)");
    }
    plan->module =
        cli_value(cli, "--module") != NULL ? cli_value(cli, "--module") : cli_find_softhsm();
    if (plan->module == NULL) {
        return cli_fail(cli, "no PKCS#11 module: install softhsm2, or name one with --module");
    }
    plan->token_label = plan->demo ? "sealgate-test" : cli_value(cli, "--token-label");
    plan->token_label = plan->token_label != NULL ? plan->token_label : "sealgate";
    const char *stated = cli_value(cli, "--certification");
    plan->certification = stated != NULL ? stated : plan->demo ? "none (DEMO)" : "none stated";
    int bad = plan_public_url(in);
    return bad == CLI_DONE ? plan_origin(in) : bad;
}

/* ---- operators ------------------------------------------------------------------------------------------ */

static int
add_operator(
    struct init *in, const char *name, const char *person, unsigned roles, const struct jwk *jwk)
{
    sg_bytes spki;
    sg_str hex;
    sg_str word;
    const struct jose_alg *alg = jwk_default_alg(jwk);
    if (in->n_operators == OPERATORS_MAX || alg == NULL) {
        return cli_fail(
            in->cli, "operator %s: too many, or no key for ES256, ES384 or EdDSA", name);
    }
    sg_result r = jwk_spki(in->cli->arena, jwk, &spki);
    if (sg_ok(r)) {
        r = sg_hex_encode(in->cli->arena, spki, &hex);
    }
    if (sg_ok(r)) {
        r = sg_arena_printf(in->cli->arena, &word, "%s,%s,%u,%s,%.*s", name, person, roles,
            alg->name, SG_PRINT(hex));
    }
    if (!sg_ok(r)) {
        return cli_refused(in->cli, name, r);
    }
    in->operators[in->n_operators++] = word.p;
    return CLI_DONE;
}

/* Two keys for two make-believe people on one disk: what a demonstration can do, and what nobody else should. */
static int
make_demo_operators(struct init *in)
{
    for (size_t i = 0; i < 2; i++) {
        sg_str path;
        sg_str person;
        const char *name = demo_operators[i];
        sg_result r = cli_key_new(in->cli->arena, sg_cstr(name), &in->keys[i]);
        if (sg_ok(r)) {
            r = sg_arena_printf(in->cli->arena, &path, "%s/operators/%s.json", in->cli->dir, name);
        }
        if (sg_ok(r)) {
            r = cli_key_write(in->cli->arena, in->keys[i], path.p, CLI_DEMO_NOTE);
        }
        if (sg_ok(r)) {
            r = sg_arena_printf(in->cli->arena, &person, "demo-person-%zu", i + 1);
        }
        if (!sg_ok(r)) {
            return cli_refused(in->cli, name, r);
        }
        int bad = add_operator(in, name, person.p, DEMO_ROLES, cli_key_public(in->keys[i]));
        if (bad != CLI_DONE) {
            return bad;
        }
    }
    return CLI_DONE;
}

/* --operator NAME,PERSON,ROLES,FILE */
static int
read_operator(struct init *in, const char *given)
{
    char name[65];
    char person[65];
    unsigned roles;
    int at = 0;
    struct jwk jwk;
    if (sscanf(given, "%64[^,],%64[^,],%u,%n", name, person, &roles, &at) != 3 || at == 0 ||
        given[at] == '\0') {
        return cli_usage(in->cli, "--operator: %s is not NAME,PERSON,ROLES,FILE", given);
    }
    sg_result r = cli_public_read(in->cli->arena, given + at, &jwk);
    return sg_ok(r) ? add_operator(in, name, person, roles, &jwk)
                    : cli_refused(in->cli, given + at, r);
}

static int
read_operators(struct init *in)
{
    const char *given;
    for (size_t i = 0; (given = cli_value_nth(in->cli, "--operator", i)) != NULL; i++) {
        int bad = read_operator(in, given);
        if (bad != CLI_DONE) {
            return bad;
        }
    }
    return in->n_operators >= 2
               ? CLI_DONE
               : cli_usage(in->cli, "two operators at least: --operator NAME,PERSON,ROLES,FILE "
                                    "(or --demo, which makes two)");
}

/* ---- creating ------------------------------------------------------------------------------------------- */

/* The signer's program in its --create form; its stdout is the log's verifier key. */
static pid_t
start_create(struct init *in, const char *user, int out)
{
    const char *argv[20 + 2 * OPERATORS_MAX];
    size_t n = 0;
    argv[n++] = cli_proc_program(in->cli, cli_roles[CLI_SIGNER].program);
    argv[n++] = "--dir";
    argv[n++] = in->cli->dir;
    argv[n++] = "--create";
    argv[n++] = "--origin";
    argv[n++] = in->plan.origin;
    argv[n++] = "--environment";
    argv[n++] = in->plan.environment;
    for (size_t i = 0; i < in->n_operators; i++) {
        argv[n++] = "--operator";
        argv[n++] = in->operators[i];
    }
    if (user != NULL) {
        argv[n++] = "--user";
        argv[n++] = user;
    }
    if (cli_value(in->cli, "--pin-fd") != NULL) {
        argv[n++] = "--pin-fd";
        argv[n++] = cli_value(in->cli, "--pin-fd");
    }
    argv[n] = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out, STDOUT_FILENO);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

static int
create_ledger(struct init *in)
{
    int fds[2];
    char vkey[1024];
    size_t n = 0;
    sg_str user = SG_NO_STR;
    unsigned id = cli_roles[CLI_SIGNER].uid;
    bool root = geteuid() == 0;
    if ((root && !sg_ok(sg_arena_printf(in->cli->arena, &user, "%u:%u", id, id))) ||
        pipe2(fds, O_CLOEXEC) != 0) {
        return cli_fail(in->cli, "cannot start the signer: %s", strerror(errno));
    }
    pid_t pid = start_create(in, user.p, fds[1]);
    close(fds[1]);
    for (ssize_t got = 1; got > 0 && n < sizeof(vkey) - 1; n += (size_t)got) {
        got = read(fds[0], vkey + n, sizeof(vkey) - 1 - n);
        got = got < 0 ? 0 : got;
    }
    close(fds[0]);
    int status = 1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        return cli_fail(in->cli,
            WIFEXITED(status) && WEXITSTATUS(status) == 127 ? "%s is not there"
                                                            : "%s did not make token and ledger",
            cli_proc_program(in->cli, cli_roles[CLI_SIGNER].program));
    }
    if (n == 0 ||
        !sg_ok(cli_write(cli_path(in->cli, "trust/log.vkey"), sg_bytes_of(vkey, n), 0644))) {
        return cli_fail(in->cli, "the log's verifier key could not be kept");
    }
    return CLI_DONE;
}

/* ---- the demo's policy ---------------------------------------------------------------------------------- */

/* One operation, proposed by the first operator and approved by the second. */
static int
decide(struct init *in, const char *what, struct wire_operation_msg *op,
    struct wire_operation_reply *ret)
{
    struct wire_operation_reply first;
    op->reason = SG_LIT("sealgate init --demo");
    sg_result r = cli_ops_propose(in->ops, op, in->keys[0], &first);
    *ret = first;
    if (sg_ok(r) && !first.applied) {
        r = cli_ops_approve(in->ops, first.operation_id, in->keys[1], ret);
    }
    if (!sg_ok(r)) {
        return cli_refused(in->cli, what, r);
    }
    return ret->applied ? CLI_DONE : cli_fail(in->cli, "%s: still waits after two approvals", what);
}

static int
generate_key(
    struct init *in, const char *label, enum jose_alg_id alg, uint64_t purpose, sg_bytes *ret)
{
    struct wire_operation_msg op = { .kind = WIRE_OPN_KEY_GENERATE,
        .name = sg_cstr(label),
        .alg = alg,
        .purpose = purpose,
        .level = 1,
        .count = 1 };
    struct wire_operation_reply reply;
    int bad = decide(in, label, &op, &reply);
    if (bad != CLI_DONE) {
        return bad;
    }
    *ret = reply.keys[0];
    return reply.n_keys == 1 ? CLI_DONE : cli_fail(in->cli, "%s: no key came out", label);
}

/* `document_signer`: by the demo IACA, in the profile of ISO/IEC 18013-5 Annex B; otherwise by the demo root. */
static sg_result
issue_certificate(struct init *in, const struct wire_key_info_reply *info, const char *common_name,
    bool document_signer, sg_bytes *ret)
{
    uint8_t serial[IACA_SERIAL_LEN];
    if (!document_signer) {
        return cli_ca_issue(in->cli->arena, in->ca, info->spki, common_name, in->plan.base, ret);
    }
    cli_random(serial, sizeof(serial));
    return iaca_issue(in->cli->arena, in->iaca, info->spki, common_name, cli_now(),
        IACA_SIGNER_DAYS, serial, ret);
}

static int
certify_key(struct init *in, sg_bytes key, const char *common_name, bool document_signer)
{
    struct wire_operation_msg op = { .kind = WIRE_OPN_KEY_CERTIFY, .key = key, .n_chain = 1 };
    struct wire_key_info_reply *info = SG_NEW(in->cli->arena, struct wire_key_info_reply);
    struct wire_operation_reply reply;
    if (info == NULL) {
        return cli_fail(in->cli, "out of memory");
    }
    sg_result r = cli_ops_key(in->ops, key, SG_NO_BYTES, info);
    if (sg_ok(r) && info->purpose == WIRE_PURPOSE_SEAL && in->n_published < SEAL_KEYS_MAX) {
        r = jwk_from_spki(in->cli->arena, info->spki, &in->published[in->n_published++]);
    }
    if (sg_ok(r)) {
        r = issue_certificate(in, info, common_name, document_signer, &op.chain[0]);
    }
    return sg_ok(r) ? decide(in, "certificate", &op, &reply) : cli_refused(in->cli, common_name, r);
}

/* An index that no other key of this directory has: revoking one must not revoke another. */
static uint64_t
take_index(struct init *in)
{
    for (;;) {
        uint8_t random[2];
        size_t i = 0;
        cli_random(random, sizeof(random));
        uint64_t idx = (unsigned)(random[0] << 8 | random[1]) % KEY_STATUS_INDEXES;
        while (i < in->n_indexes && in->indexes[i] != idx) {
            i++;
        }
        if (i == in->n_indexes) {
            in->indexes[in->n_indexes++] = idx;
            return idx;
        }
    }
}

/* The key's own status: an index in a list that the gateway publishes (req: SIG-2). */
static int
refer_status(struct init *in, sg_bytes key)
{
    sg_str uri;
    struct wire_operation_reply reply;
    if (!sg_ok(sg_arena_printf(in->cli->arena, &uri, "%s/status/keys", in->plan.base))) {
        return cli_fail(in->cli, "out of memory");
    }
    struct wire_operation_msg op = { .kind = WIRE_OPN_KEY_STATUS,
        .key = key,
        .ref = { WIRE_REF_TOKEN_STATUS_LIST, uri, take_index(in) } };
    return decide(in, "status reference", &op, &reply);
}

static int
activate_key(struct init *in, sg_bytes key)
{
    struct wire_operation_msg op = {
        .kind = WIRE_OPN_KEY_STATE, .key = key, .state = WIRE_KEY_ACTIVE
    };
    struct wire_operation_reply reply;
    return decide(in, "activation", &op, &reply);
}

static int
set_client(struct init *in, const char *name, const struct jwk *jwk)
{
    struct wire_operation_msg op = {
        .kind = WIRE_OPN_CLIENT_SET, .name = sg_cstr(name), .active = true
    };
    struct wire_operation_reply reply;
    if (jwk != NULL) {
        op.alg = JOSE_ES256;
        sg_result r = jwk_spki(in->cli->arena, jwk, &op.spki);
        if (!sg_ok(r)) {
            return cli_refused(in->cli, name, r);
        }
    }
    return decide(in, name, &op, &reply);
}

/* configurations: ends with NULL; NULL: any. */
static int
set_mandate(struct init *in, const char *client, sg_bytes key, uint64_t operation,
    const char *const *configurations, uint64_t window_s)
{
    uint8_t id[WIRE_ID_LEN];
    cli_random(id, sizeof(id));
    struct wire_operation_msg op = { .kind = WIRE_OPN_MANDATE_SET,
        .mandate = { .id = SG_BYTES(id),
            .client = sg_cstr(client),
            .key = key,
            .operation = operation,
            .count = DEMO_COUNT,
            .window_s = window_s,
            .not_before = cli_now() - HOUR_S,
            .not_after = cli_now() + YEAR_S } };
    struct wire_operation_reply reply;
    for (; configurations != NULL && *configurations != NULL; configurations++) {
        op.mandate.configurations[op.mandate.n_configurations++] = sg_cstr(*configurations);
    }
    return decide(in, client, &op, &reply);
}

static int
make_client(struct init *in)
{
    sg_result r = cli_key_new(in->cli->arena, SG_LIT(CLI_DEMO_CLIENT), &in->client);
    if (sg_ok(r)) {
        r = cli_key_write(in->cli->arena, in->client,
            cli_path(in->cli, "clients/" CLI_DEMO_CLIENT ".json"), CLI_DEMO_NOTE);
    }
    return sg_ok(r) ? CLI_DONE : cli_refused(in->cli, CLI_DEMO_CLIENT, r);
}

/* Somebody for `issue` to bind credentials to, before a wallet is at hand. */
static int
make_holder(struct init *in)
{
    SG_CLEANUP(cli_key_free)
    struct cli_key *holder = NULL;
    sg_result r = cli_key_new(in->cli->arena, SG_LIT("demo-holder"), &holder);
    if (sg_ok(r)) {
        r = cli_key_write(
            in->cli->arena, holder, cli_path(in->cli, "clients/demo-holder.json"), CLI_DEMO_NOTE);
    }
    return sg_ok(r) ? CLI_DONE : cli_refused(in->cli, "demo-holder", r);
}

/* A seal key of the demo: certified, with a status of its own, and what the demo's client may seal with it. */
struct seal_key {
    const char *label;
    enum jose_alg_id alg;
    const char *common_name;
    bool document_signer;              /* of mdocs */
    const char *const *configurations; /* of conf/demo; ends with NULL */
};
static const char *const es256_configurations[] = { "employee_badge_sd_jwt", "employee_badge_jwt",
    "employee_badge_vc_sd_jwt", "employee_badge_cose", "employee_badge_ldp_ecdsa_rdfc",
    "employee_badge_ldp_ecdsa_jcs", "employee_badge_ldp_ecdsa_sd", NULL };
static const char *const es384_configurations[] = { "employee_badge_jwt_es384",
    "employee_badge_ldp_ecdsa_jcs_p384", "employee_badge_ldp_ecdsa_rdfc_p384", NULL };
static const char *const ed25519_configurations[] = { "employee_badge_ldp_eddsa_rdfc",
    "employee_badge_ldp_eddsa_jcs", NULL };
static const char *const mdoc_configurations[] = { "employee_badge_mdoc", NULL };
static const struct seal_key seal_keys[] = {
    { CLI_SEAL_LABEL, JOSE_ES256, "sealgate DEMO seal", false, es256_configurations },
    { "seal-es384", JOSE_ES384, "sealgate DEMO seal P-384", false, es384_configurations },
    { "seal-ed25519", JOSE_EDDSA, "sealgate DEMO seal Ed25519", false, ed25519_configurations },
    { "mdoc-es256", JOSE_ES256, "sealgate DEMO document signer", true, mdoc_configurations },
};

static int
make_seal_key(struct init *in, const struct seal_key *row)
{
    sg_bytes key;
    int bad = generate_key(in, row->label, row->alg, WIRE_PURPOSE_SEAL, &key);
    bad = bad == CLI_DONE ? certify_key(in, key, row->common_name, row->document_signer) : bad;
    bad = bad == CLI_DONE ? refer_status(in, key) : bad;
    bad = bad == CLI_DONE ? activate_key(in, key) : bad;
    return bad == CLI_DONE ? set_mandate(in, CLI_DEMO_CLIENT, key, WIRE_OP_SEAL_CREDENTIAL,
                                 row->configurations, HOUR_S)
                           : bad;
}

static int
make_status_key(struct init *in)
{
    sg_bytes key;
    int bad = generate_key(in, CLI_STATUS_LABEL, JOSE_ES256, WIRE_PURPOSE_STATUS_LIST, &key);
    bad = bad == CLI_DONE ? certify_key(in, key, "sealgate DEMO status lists", false) : bad;
    bad = bad == CLI_DONE ? cli_init_pin_lists(in->cli, &in->plan, key) : bad;
    bad = bad == CLI_DONE ? activate_key(in, key) : bad;
    return bad == CLI_DONE ? set_mandate(in, "gateway", key, WIRE_OP_STATUS_LIST, NULL, DAY_S)
                           : bad;
}

/* Says to issuers that holders' keys live here; of no weight in a demo, where the token is software. */
static int
make_attestation_key(struct init *in)
{
    sg_bytes key;
    int bad = generate_key(in, CLI_ATTESTATION_LABEL, JOSE_ES256, WIRE_PURPOSE_METADATA, &key);
    bad = bad == CLI_DONE ? certify_key(in, key, "sealgate DEMO key attestations", false) : bad;
    bad = bad == CLI_DONE ? activate_key(in, key) : bad;
    return bad == CLI_DONE ? set_mandate(in, "gateway", key, WIRE_OP_METADATA, NULL, DAY_S) : bad;
}

/* trust/did.json: what the gateway will serve for these keys, so that `verify` needs no network (req: KEY-5). */
static sg_result
document_text(struct init *in, sg_str *ret)
{
    struct did_entry entries[2 * SEAL_KEYS_MAX];
    size_t n = 0;
    sg_str did;
    for (size_t i = 0; i < in->n_published; i++) {
        const struct jwk *key = &in->published[i];
        uint8_t thumbprint[JWK_THUMBPRINT_LEN];
        sg_str kid, multibase;
        SG_TRY(jwk_thumbprint(in->cli->arena, key, thumbprint));
        SG_TRY(sg_b64url_encode(in->cli->arena, SG_BYTES(thumbprint), &kid));
        SG_TRY(multikey_encode(in->cli->arena, key, &multibase));
        entries[n++] = (struct did_entry){ kid, key, CID_ASSERTION_METHOD, true };
        entries[n++] = (struct did_entry){ multibase, key, CID_ASSERTION_METHOD, false };
    }
    SG_TRY(did_web_of_test(in->cli->arena, sg_cstr(in->plan.base), &did));
    return did_document_build(in->cli->arena, did, SG_NO_STR, entries, n, ret);
}

static int
write_document(struct init *in)
{
    sg_str text;
    sg_result r = document_text(in, &text);
    r = sg_ok(r) ? cli_write(cli_path(in->cli, "trust/did.json"), sg_str_bytes(text), 0644) : r;
    return sg_ok(r) ? CLI_DONE : cli_refused(in->cli, "trust/did.json", r);
}

static int
make_policy(struct init *in)
{
    int bad = set_client(in, CLI_DEMO_CLIENT, cli_key_public(in->client));
    bad = bad == CLI_DONE ? set_client(in, "gateway", NULL) : bad;
    bad = bad == CLI_DONE ? make_status_key(in) : bad;
    bad = bad == CLI_DONE ? make_attestation_key(in) : bad;
    for (size_t i = 0; i < sizeof(seal_keys) / sizeof(seal_keys[0]) && bad == CLI_DONE; i++) {
        bad = make_seal_key(in, &seal_keys[i]);
    }
    return bad == CLI_DONE ? write_document(in) : bad;
}

/* The signer runs alone for this, with the sockets it will always have. */
static int
decide_policy(struct init *in)
{
    struct cli_alone alone;
    int bad = cli_alone_start(in->cli, &alone);
    if (bad != CLI_DONE) {
        return bad;
    }
    sg_result r = cli_ops_open(in->cli->arena, in->cli->dir, in->plan.environment, &in->ops);
    bad = sg_ok(r) ? make_policy(in) : cli_refused(in->cli, "ops.sock", r);
    cli_ops_close(&in->ops);
    cli_alone_stop(&alone);
    return bad;
}

/* trust/iaca.pem, and behind the root in trust/root.pem: one file of anchors for whoever verifies our objects. */
static sg_result
append_iaca(const struct init *in)
{
    sg_bytes root, iaca;
    sg_str both;
    SG_TRY(cli_read(in->cli->arena, cli_path(in->cli, "trust/root.pem"), &root));
    SG_TRY(cli_read(in->cli->arena, cli_path(in->cli, "trust/iaca.pem"), &iaca));
    SG_TRY(sg_arena_printf(in->cli->arena, &both, "%.*s%.*s", SG_PRINT(sg_bytes_str(root)),
        SG_PRINT(sg_bytes_str(iaca))));
    return cli_write(cli_path(in->cli, "trust/root.pem"), sg_str_bytes(both), 0644);
}

/* trust/iaca.crl, which the gateway serves where the certificates point. */
static sg_result
write_crl(const struct init *in)
{
    sg_bytes crl;
    SG_TRY(iaca_crl(in->cli->arena, in->iaca, cli_now(), &crl));
    return cli_write(cli_path(in->cli, "trust/iaca.crl"), crl, 0644);
}

static int
make_iaca(struct init *in)
{
    uint8_t serial[IACA_SERIAL_LEN];
    sg_str crl;
    cli_random(serial, sizeof(serial));
    sg_result r = sg_arena_printf(in->cli->arena, &crl, "%s/trust/iaca.crl", in->plan.base);
    if (sg_ok(r)) {
        const struct iaca_names names = { .country = "JP",
            .organization = "sealgate DEMO, of no value",
            .common_name = "sealgate DEMO IACA",
            .uri = in->plan.base,
            .crl_uri = crl.p };
        r = iaca_new(&names, cli_now(), serial, &in->iaca);
    }
    r = sg_ok(r) ? iaca_save(in->iaca, cli_path(in->cli, "demo-ca/iaca.key"),
                       cli_path(in->cli, "trust/iaca.pem"))
                 : r;
    r = sg_ok(r) ? append_iaca(in) : r;
    r = sg_ok(r) ? write_crl(in) : r;
    return sg_ok(r) ? CLI_DONE : cli_refused(in->cli, "demo IACA", r);
}

static int
make_demo(struct init *in)
{
    sg_result r = cli_ca_new(
        cli_path(in->cli, "demo-ca/root.key"), cli_path(in->cli, "trust/root.pem"), &in->ca);
    int bad = sg_ok(r) ? CLI_DONE : cli_refused(in->cli, "demo root", r);
    bad = bad == CLI_DONE ? make_iaca(in) : bad;
    bad = bad == CLI_DONE ? cli_init_configurations(in->cli) : bad;
    bad = bad == CLI_DONE ? make_client(in) : bad;
    bad = bad == CLI_DONE ? make_holder(in) : bad;
    return bad == CLI_DONE ? decide_policy(in) : bad;
}

/* ---- the command ---------------------------------------------------------------------------------------- */

static int
check_empty(const struct cli *cli)
{
    if (access(cli_path(cli, "conf/run.ini"), F_OK) == 0) {
        return cli_fail(cli, "%s is a state directory already; `sealgate run --dir %s` starts it",
            cli->dir, cli->dir);
    }
    if (access(cli_path(cli, "conf"), F_OK) == 0) {
        return cli_fail(cli,
            "%s holds the rest of an init that did not end: remove it and try again", cli->dir);
    }
    return CLI_DONE;
}

static int
report(const struct init *in)
{
    if (in->cli->json) {
        struct sg_buf buf = sg_buf_new(in->cli->arena, 512, 8192);
        struct sjson_wr wr = sjson_wr_new(&buf);
        sjson_wr_object(&wr);
        sjson_wr_member_cstr(&wr, "dir", in->cli->dir);
        sjson_wr_member_cstr(&wr, "base", in->plan.base);
        sjson_wr_member_cstr(&wr, "listen", in->plan.listen);
        sjson_wr_member_cstr(&wr, "environment", in->plan.environment);
        sjson_wr_member_cstr(&wr, "origin", in->plan.origin);
        sjson_wr_member_bool(&wr, "demo", in->plan.demo);
        sjson_wr_object_end(&wr);
        return cli_print_json(in->cli, &buf);
    }
    printf("made %s for %s (%s%s)\n", in->cli->dir, in->plan.base, in->plan.environment,
        in->plan.demo ? ", DEMO: both operators' keys lie in it" : "");
    printf("next: sealgate run --dir %s\n", in->cli->dir);
    if (!in->plan.demo) {
        printf("then: sealgate keys generate, keys install-cert, keys status, keys activate, "
               "client add, mandate set\n");
    }
    return CLI_DONE;
}

int
cmd_init(struct cli *cli)
{
    SG_CLEANUP(init_done)
    struct init in = { .cli = cli };
    int bad = make_plan(&in);
    bad = bad == CLI_DONE ? check_empty(cli) : bad;
    bad = bad == CLI_DONE ? cli_init_folders(cli) : bad;
    bad = bad == CLI_DONE ? cli_init_settings(cli, &in.plan) : bad;
    if (bad == CLI_DONE) {
        bad = in.plan.demo ? make_demo_operators(&in) : read_operators(&in);
    }
    bad = bad == CLI_DONE ? create_ledger(&in) : bad;
    bad = bad == CLI_DONE && in.plan.demo ? make_demo(&in) : bad;
    bad = bad == CLI_DONE ? cli_init_done(cli, &in.plan) : bad;
    return bad == CLI_DONE ? report(&in) : bad;
}
