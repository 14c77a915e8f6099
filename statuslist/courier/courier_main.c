/*
 * sealgate-courier: the process that goes outside. It holds no keys and listens nowhere.
 *   sealgate-courier --dir DIR --gateway-fd N --signer-fd N --ready-fd N [--user UID:GID]
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "courier_keep.h"
#include "courier_serve.h"
#include "courier_trust.h"
#include "sandbox.h"
#include "sg_text.h"

#define CONF_PATH "conf/courier.ini"
#define EXIT_USAGE 2

struct options {
    const char *dir;
    int gateway_fd;
    int signer_fd;
    int ready_fd;
    bool drop;
    uid_t uid;
    gid_t gid;
};

static const struct option long_options[] = {
    { "dir", required_argument, NULL, 'd' },
    { "gateway-fd", required_argument, NULL, 'g' },
    { "signer-fd", required_argument, NULL, 's' },
    { "ready-fd", required_argument, NULL, 'r' },
    { "user", required_argument, NULL, 'u' },
    { NULL, 0, NULL, 0 },
};

static bool
fd_of(const char *text, int *ret)
{
    uint64_t fd = 0;
    if (!sg_ok(sg_u64_parse(sg_cstr(text), &fd)) || fd > 65535) {
        return false;
    }
    *ret = (int)fd;
    return true;
}

static bool
option_take(struct options *o, int letter, const char *text)
{
    switch (letter) {
    case 'd':
        o->dir = text;
        return true;
    case 'g':
        return fd_of(text, &o->gateway_fd);
    case 's':
        return fd_of(text, &o->signer_fd);
    case 'r':
        return fd_of(text, &o->ready_fd);
    case 'u':
        o->drop = true;
        return sg_ok(sandbox_user_parse(sg_cstr(text), &o->uid, &o->gid));
    default:
        return false;
    }
}

static bool
options_parse(int argc, char **argv, struct options *ret)
{
    struct options o = { .gateway_fd = -1, .signer_fd = -1, .ready_fd = -1 };
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (!option_take(&o, letter, optarg)) {
            return false;
        }
    }
    *ret = o;
    return optind == argc && o.dir != NULL && o.gateway_fd >= 0 && o.signer_fd >= 0;
}

/* SIGTERM arrives as a readable descriptor; blocked here, so also in libcurl's resolver threads. */
static int
stop_descriptor(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Name service modules are loaded at the first question: before the walls stand. What it answers does not matter. */
static void
wake_resolver(void)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    if (getaddrinfo("localhost", "443", &hints, &list) == 0) {
        freeaddrinfo(list);
    }
}

/* What is read while running: the cache, names, and the roots of the web's certificates. */
static sg_result
confine(const struct options *o, const struct conf_courier *conf, struct sg_why *why)
{
    static const struct sandbox_path paths[] = {
        { COURIER_KEEP_DIR, SANDBOX_READ | SANDBOX_WRITE, false },
        { "/etc/resolv.conf", SANDBOX_READ, true },
        { "/etc/hosts", SANDBOX_READ, true },
        { "/etc/host.conf", SANDBOX_READ, true },
        { "/etc/nsswitch.conf", SANDBOX_READ, true },
        { "/etc/gai.conf", SANDBOX_READ, true },
        { "/etc/services", SANDBOX_READ, true },
        { "/etc/ssl", SANDBOX_READ, true },
        { "/usr/lib/ssl", SANDBOX_READ, true },
        { "/usr/share/ca-certificates", SANDBOX_READ, true },
        { "/usr/local/share/ca-certificates", SANDBOX_READ, true },
    };
    struct sandbox_settings sandbox = {
        .role = SANDBOX_COURIER,
        .drop = o->drop,
        .uid = o->uid,
        .gid = o->gid,
        .paths = paths,
        .n_paths = sizeof(paths) / sizeof(paths[0]),
        .without_landlock = strcmp(conf->environment, CONF_TEST) == 0,
    };
    struct sandbox_report report = { 0 };
    SG_TRY(sandbox_enter(&sandbox, why, &report));
    if (report.landlock_abi == 0) {
        (void)fprintf(stderr, "sealgate-courier: this kernel has no Landlock: files are kept apart "
                              "by user ids alone\n");
    }
    return SG_DONE;
}

static int
fail(const char *what, sg_result r, const struct sg_why *why)
{
    (void)fprintf(stderr, "sealgate-courier: %s: %s%s%s (%llu, %llu)\n", what,
        sg_code_row(r.code)->name, why->what == NULL ? "" : ": ",
        why->what == NULL ? "" : why->what, (unsigned long long)why->at,
        (unsigned long long)why->detail);
    return 1;
}

static int
run(const struct options *o, struct sg_arena *arena)
{
    struct conf_courier conf;
    struct conf_fault fault = { 0 };
    struct sg_why why = { 0 };
    struct courier_serve_settings serve = {
        .conf = &conf,
        .gateway_fd = o->gateway_fd,
        .signer_fd = o->signer_fd,
        .ready_fd = o->ready_fd,
    };
    if (!sg_ok(conf_load(&conf_courier_schema, CONF_PATH, arena, &conf, &fault))) {
        conf_fault_print(stderr, CONF_PATH, &fault);
        return 1;
    }
    sg_result r = courier_trust_load(arena, &conf, &why, &serve.rules, &serve.n_rules);
    r = sg_ok(r) ? courier_own_ca_load(arena, &conf, &why, &serve.own_ca) : r;
    r = sg_ok(r) ? courier_openid_ca_load(arena, &conf, &why, &serve.openid_ca) : r;
    if (!sg_ok(r)) {
        return fail("trust", r, &why);
    }
    serve.keep_dir = courier_keep_open(COURIER_KEEP_DIR);
    serve.stop_fd = stop_descriptor();
    if (serve.keep_dir < 0 || serve.stop_fd < 0) {
        return fail(COURIER_KEEP_DIR, SG_ERROR(STORE_DOWN), &why);
    }
    /* made by root, used by the courier alone */
    if (o->drop && fchown(serve.keep_dir, o->uid, o->gid) != 0) {
        return fail(COURIER_KEEP_DIR, SG_ERROR(STORE_DOWN), &why);
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return fail("libcurl", SG_ERROR(INTERNAL), &why);
    }
    wake_resolver();
    r = confine(o, &conf, &why);
    if (!sg_ok(r)) {
        return fail("sandbox", r, &why);
    }
    int code = courier_serve(&serve);
    curl_global_cleanup();
    return code;
}

int
main(int argc, char **argv)
{
    struct options o;
    if (!options_parse(argc, argv, &o)) {
        (void)fprintf(stderr, "usage: sealgate-courier --dir DIR --gateway-fd N --signer-fd N "
                              "--ready-fd N [--user UID:GID]\n");
        return EXIT_USAGE;
    }
    if (chdir(o.dir) != 0) {
        (void)fprintf(stderr, "sealgate-courier: %s: %s\n", o.dir, strerror(errno));
        return 1;
    }
    struct sg_arena *arena = sg_arena_new(0, (size_t)4 * 1024 * 1024);
    int code = arena == NULL ? 1 : run(&o, arena);
    sg_arena_free(&arena);
    return code;
}
