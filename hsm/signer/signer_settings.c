/* What creating and serving share: settings, user, token, places. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox.h"
#include "signer.h"

sg_result
signer_settings(const struct signer_args *args, struct sg_arena *arena, struct conf_signer **ret)
{
    struct conf_fault fault = { 0 };
    if (chdir(args->dir) != 0) {
        fprintf(stderr, "sealgate-signer: %s: %s\n", args->dir, strerror(errno));
        SG_FAIL(NOT_FOUND);
    }
    struct conf_signer *conf = SG_NEW(arena, struct conf_signer);
    SG_REQUIRE(conf != NULL, NO_MEMORY);
    sg_result r = conf_load(&conf_signer_schema, "conf/signer.ini", arena, conf, &fault);
    if (!sg_ok(r)) {
        conf_fault_print(stderr, "conf/signer.ini", &fault);
        return r;
    }
    if (conf->module_network) {
        fprintf(stderr, "sealgate-signer: module_network: the sandbox has no rule for it yet\n");
        SG_FAIL(UNSUPPORTED);
    }
    if (conf->softhsm_conf[0] != '\0') {
        SG_REQUIRE(setenv("SOFTHSM2_CONF", conf->softhsm_conf, 1) == 0, NO_MEMORY);
    }
    *ret = conf;
    return SG_DONE;
}

/* Before anything is opened, so that what is made on the way belongs to the user that will need it. */
sg_result
signer_become_user(const struct signer_args *args)
{
    if (!args->drop) {
        return SG_DONE;
    }
    /* For sandbox_enter, later. Root in a container may lack the right: then secrets alone are locked, and the log says so. */
    struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
    (void)setrlimit(RLIMIT_MEMLOCK, &all);
    struct sg_why why = { 0 };
    return sandbox_drop(args->uid, args->gid, &why);
}

sg_result
signer_token_settings(const struct conf_signer *conf, sg_bytes pin, struct p11_settings *ret)
{
    static const enum key_alg algs[] = { KEY_ES256, KEY_EDDSA };
    *ret = (struct p11_settings){ .module = conf->module,
        .label = sg_cstr(conf->token_label),
        .serial = sg_cstr(conf->token_serial),
        .pin = pin,
        .algs = algs,
        .n_algs = sizeof(algs) / sizeof(algs[0]),
        .wrapping = true };
    return SG_DONE;
}

void
signer_place(struct ledger_place *ret)
{
    *ret = (struct ledger_place){
        .database = "signer/ledger.db", .checkpoint = "signer/checkpoint", .log = "log"
    };
}

/* The one key of purpose LOG; its verifier key has the ledger's origin as name. */
sg_result
signer_log_key_find(struct signer *s)
{
    struct reg_key *key = NULL;
    for (key = registry_key_after(s->registry, SG_NO_BYTES); key != NULL;
         key = registry_key_after(s->registry, SG_BYTES(key->thumbprint))) {
        if (key->purpose == WIRE_PURPOSE_LOG && key->state == WIRE_KEY_ACTIVE) {
            break;
        }
    }
    SG_REQUIRE(key != NULL, NOT_FOUND);
    sg_bytes point = key_public_point(key->public);
    SG_REQUIRE(point.n == TLOG_ED25519_LEN, INTERNAL);
    sg_str text;
    SG_TRY(tlog_vkey_format(s->arena, sg_cstr(s->conf->origin), point.p, &text));
    SG_TRY(tlog_vkey_parse(s->arena, text, &s->log_key));
    s->log_key_row = key;
    return SG_DONE;
}

_Noreturn void
signer_fatal(const char *what, sg_result why)
{
    signer_log(SIGNER_ERROR, "fatal", "what=\"%s\" code=%s", what, sg_code_row(why.code)->name);
    _exit(70);
}
