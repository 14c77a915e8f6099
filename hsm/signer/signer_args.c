#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "sandbox.h"
#include "signer.h"

static const char help[] =
    "sealgate-signer: holds the keys, checks each request at its gates, keeps the ledger.\n"
    "\n"
    "It is started by `sealgate run` and created by `sealgate init`; by hand, for experts:\n"
    "\n"
    "  sealgate-signer --dir DIR --create --origin ORIGIN --environment test|production\n"
    "      --operator NAME,PERSON,ROLES,ALG,HEXSPKI (twice or more, two persons at least)\n"
    "      [--pin-fd N] [--user UID:GID]\n"
    "    makes token, key-wrapping key, log key and ledger in DIR, prints the log's verifier key, "
    "and ends.\n"
    "    ROLES is a sum: 1 key custodian, 2 registration officer, 4 auditor (alone), 8 "
    "administrator.\n"
    "    ALG is ES256, ES384 or EdDSA. --pin-fd: the token's PIN is read from this descriptor; "
    "otherwise one is\n"
    "    made and kept in the file that `pin_file` in conf/signer.ini names (test only).\n"
    "\n"
    "  sealgate-signer --dir DIR --gateway-fd N --courier-fd N --ops-fd N --ready-fd N [--user "
    "UID:GID]\n"
    "    serves. gateway-fd and courier-fd are connected SOCK_SEQPACKET sockets, ops-fd is a "
    "listening one;\n"
    "    one byte R is written to ready-fd. SIGTERM drains and ends with 0; a neighbour's end is "
    "exit 75.\n"
    "    --without-landlock: go on where the kernel cannot confine file access (demonstrations).\n"
    "\n"
    "  sealgate-signer --dir DIR --measure-sign N [--user UID:GID]\n"
    "    prints the CPU time of one C_Sign on this token, with a throw-away key; for `sealgate "
    "bench`.\n"
    "\n"
    "  sealgate-signer --dir DIR --make-holder-keys N [--bare] [--persons] [--user "
    "UID:GID]\n"
    "    test environments, while nothing runs: until there are N wrapped holder keys, of "
    "make-believe persons, made in\n"
    "    the token by as many threads as there are sessions. --bare: without reading attributes "
    "back and without the\n"
    "    proof of each key. --persons: stdin has their passkeys, 139 bytes each: person 16, "
    "credential id 32,\n"
    "    SubjectPublicKeyInfo of a P-256 key 91; persons that are there already are passed over.\n"
    "\n"
    "  sealgate-signer --dir DIR --pick-holder-keys N [--user UID:GID]\n"
    "    while nothing runs: prints N different active holder keys at random (fewer when there are "
    "fewer) whose person has\n"
    "    a signing passkey: \"key THUMBPRINT PERSON SPKI\", hexadecimal, a line each, after "
    "\"keys\" and how many there are.\n"
    "\n"
    "  sealgate-signer --dir DIR --measure-holder N [--user UID:GID]\n"
    "    while nothing runs: N signatures with random holder keys and N with one, and what they "
    "cost; nothing is recorded.\n"
    "\n"
    "Settings: DIR/conf/signer.ini. How to talk to it: docs/wire. What it may sign: "
    "hsm/README.md.\n";

enum {
    O_DIR = 1,
    O_CREATE,
    O_ORIGIN,
    O_ENVIRONMENT,
    O_OPERATOR,
    O_PIN_FD,
    O_GATEWAY,
    O_COURIER,
    O_OPS,
    O_READY,
    O_USER,
    O_NO_LANDLOCK,
    O_MEASURE,
    O_FILL,
    O_BARE,
    O_PERSONS,
    O_PICK,
    O_MEASURE_HOLDER,
    O_HELP
};

static const struct option options[] = { { "dir", required_argument, NULL, O_DIR },
    { "create", no_argument, NULL, O_CREATE }, { "origin", required_argument, NULL, O_ORIGIN },
    { "environment", required_argument, NULL, O_ENVIRONMENT },
    { "operator", required_argument, NULL, O_OPERATOR },
    { "pin-fd", required_argument, NULL, O_PIN_FD },
    { "gateway-fd", required_argument, NULL, O_GATEWAY },
    { "courier-fd", required_argument, NULL, O_COURIER },
    { "ops-fd", required_argument, NULL, O_OPS }, { "ready-fd", required_argument, NULL, O_READY },
    { "user", required_argument, NULL, O_USER },
    { "without-landlock", no_argument, NULL, O_NO_LANDLOCK },
    { "measure-sign", required_argument, NULL, O_MEASURE },
    { "make-holder-keys", required_argument, NULL, O_FILL }, { "bare", no_argument, NULL, O_BARE },
    { "persons", no_argument, NULL, O_PERSONS },
    { "pick-holder-keys", required_argument, NULL, O_PICK },
    { "measure-holder", required_argument, NULL, O_MEASURE_HOLDER },
    { "help", no_argument, NULL, O_HELP }, { NULL, 0, NULL, 0 } };

static bool
descriptor(const char *text, int *ret)
{
    uint64_t n;
    if (!sg_ok(sg_u64_parse(sg_cstr(text), &n)) || n > 1000000) {
        return false;
    }
    *ret = (int)n;
    return true;
}

static bool
count(const char *text, unsigned max, unsigned *ret)
{
    uint64_t n;
    if (!sg_ok(sg_u64_parse(sg_cstr(text), &n)) || n == 0 || n > max) {
        return false;
    }
    *ret = (unsigned)n;
    return true;
}

static bool
take(struct signer_args *a, int option, const char *value)
{
    switch (option) {
    case O_DIR:
        a->dir = value;
        return true;
    case O_CREATE:
        a->create = true;
        return true;
    case O_ORIGIN:
        a->origin = value;
        return true;
    case O_ENVIRONMENT:
        a->environment = value;
        return true;
    case O_OPERATOR:
        if (a->n_operators == sizeof(a->operators) / sizeof(a->operators[0])) {
            return false;
        }
        a->operators[a->n_operators++] = value;
        return true;
    case O_MEASURE:
        return count(value, 100000, &a->measure);
    case O_FILL:
        return count(value, 10000000, &a->fill);
    case O_BARE:
        a->bare = true;
        return true;
    case O_PERSONS:
        a->persons = true;
        return true;
    case O_PICK:
        return count(value, 1000000, &a->pick);
    case O_MEASURE_HOLDER:
        return count(value, 1000000, &a->measure_holder);
    case O_PIN_FD:
        return descriptor(value, &a->pin_fd);
    case O_GATEWAY:
        return descriptor(value, &a->gateway_fd);
    case O_COURIER:
        return descriptor(value, &a->courier_fd);
    case O_OPS:
        return descriptor(value, &a->ops_fd);
    case O_READY:
        return descriptor(value, &a->ready_fd);
    case O_NO_LANDLOCK:
        a->without_landlock = true;
        return true;
    case O_USER:
        a->drop = true;
        return sg_ok(sandbox_user_parse(sg_cstr(value), &a->uid, &a->gid));
    default:
        return false;
    }
}

static bool
complete(const struct signer_args *a)
{
    if (a->dir == NULL) {
        return false;
    }
    if (a->measure > 0 || a->fill > 0 || a->pick > 0 || a->measure_holder > 0) {
        return !a->create;
    }
    if (a->create) {
        return a->origin != NULL && a->environment != NULL && a->n_operators >= 2;
    }
    return a->gateway_fd >= 0 && a->courier_fd >= 0 && a->n_operators == 0;
}

bool
signer_args_read(int argc, char **argv, struct signer_args *ret, int *ret_exit)
{
    *ret = (struct signer_args){
        .pin_fd = -1, .gateway_fd = -1, .courier_fd = -1, .ops_fd = -1, .ready_fd = -1
    };
    *ret_exit = 2;
    opterr = 0; /* one line, ours */
    for (;;) {
        int option = getopt_long(argc, argv, "", options, NULL);
        if (option == O_HELP) {
            fputs(help, stdout);
            *ret_exit = 0;
            return false;
        }
        if (option == -1) {
            break;
        }
        if (!take(ret, option, optarg)) {
            fprintf(stderr, "sealgate-signer: wrong usage; see --help\n");
            return false;
        }
    }
    if (optind != argc || !complete(ret)) {
        fprintf(stderr, "sealgate-signer: something is missing or too much; see --help\n");
        return false;
    }
    return true;
}
