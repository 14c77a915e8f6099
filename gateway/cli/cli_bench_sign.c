/*
 * `sealgate bench --gestures --holder-keys N`: what a presentation costs the signer when it holds very many holder keys, the whole way: courier and signer run as
 * ever, this program has the gateway's end of sign.sock and the persons' passkeys. Random keys (cold: read from the database and unwrapped anew) and one that
 * is ready (hot), three rounds each, the best counts; memory after each part; CPU time beside the public-key operations that nobody can leave out. req: KEY-2
 */
#include "cli_bench_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench_floor.h"
#include "bench_proc.h"
#include "bench_sign.h"
#include "cli_bench_tool.h"
#include "cli_conf.h"
#include "cli_proc.h"
#include "sg_secret.h"
#include "sg_text.h"

enum { SIZES_MAX = 4, KEYS_MAX = 10000000, KEYS_EACH = 10, ROUNDS = 3, READY_MS = 60000 };
enum { BENCH, COURIER, SIGNER, PROCS };

/* Cold or hot: the best of its rounds. */
struct part {
    double p50_us, p99_us, open_p50_us, sign_p50_us;
    double per_second;
    double cpu_us[PROCS];       /* per presentation */
    double rss_mb[PROCS];       /* at the end */
    double first_rss_mb[PROCS]; /* after the first round: caches are full */
};

struct figures {
    uint64_t keys;
    size_t picked;          /* different keys of the cold rounds */
    double made_per_second; /* 0: they were there */
    double start_rss_mb[PROCS];
    struct part cold;
    struct part hot;
};

struct press {
    struct cli *cli;
    struct conf_signer conf;
    size_t n; /* presentations of a round */
    unsigned clients;
    struct bench_persons *persons;
    struct bench_holder *holders;
    size_t n_holders;
    size_t max_holders;
    bool strange; /* a key of somebody else's person was picked */
    struct figures rows[SIZES_MAX];
    size_t n_rows;
    struct figures *row;
    double c_sign_us, unwrap_sign_us, decode_us, verify_us;
    int lock, ops, signer, courier; /* -1 or descriptors: the gateway's ends */
    struct cli_proc procs[PROCS];
};

/* ---- persons and keys ------------------------------------------------------------------------------------------- */

/* Kept, so that a later run can make the same persons' gestures: DIR is for measuring, and its own owner's alone. */
static int
read_seed(struct press *p, uint8_t ret[BENCH_SEED_LEN])
{
    const struct cli *cli = p->cli;
    const char *path = cli_path(cli, "bench/persons.seed");
    sg_bytes there;
    sg_result r = cli_read(cli->arena, path, &there);
    if (sg_ok(r) && there.n == BENCH_SEED_LEN) {
        memcpy(ret, there.p, BENCH_SEED_LEN);
        return CLI_DONE;
    }
    if (r.code != SG_E_NOT_FOUND) {
        return cli_fail(cli, "%s is not a seed", path);
    }
    cli_random(ret, BENCH_SEED_LEN);
    if (!sg_ok(cli_mkdirs(cli_path(cli, "bench"), 0700)) ||
        !sg_ok(cli_write(path, sg_bytes_of(ret, BENCH_SEED_LEN), 0600))) {
        return cli_fail(cli, "cannot write %s", path);
    }
    return CLI_DONE;
}

static void
read_made(void *context, const char *line)
{
    struct press *p = context;
    (void)sscanf(line, "per_second %lf", &p->row->made_per_second);
}

/* Everybody that so many keys can have, in memory that the tool reads as a file. */
static int
write_persons(struct press *p, uint64_t keys, int *ret)
{
    SG_CLEANUP(cli_close)
    int fd = memfd_create("persons", MFD_CLOEXEC);
    FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");
    bool good = f != NULL;
    for (uint64_t i = 0; good && i < keys / KEYS_EACH + SIZES_MAX; i++) {
        uint8_t row[BENCH_PERSON_ROW];
        good = sg_ok(bench_person_row(p->persons, i, row)) && fwrite(row, sizeof(row), 1, f) == 1;
    }
    good = f != NULL && fclose(f) == 0 && good;
    if (!good || lseek(fd, 0, SEEK_SET) != 0) {
        return cli_fail(p->cli, "cannot make the persons");
    }
    *ret = fd;
    fd = -1; /* taken */
    return CLI_DONE;
}

static int
fill(struct press *p, const char *size)
{
    const char *const words[] = { "--make-holder-keys", size, "--bare", "--persons", NULL };
    SG_CLEANUP(cli_close)
    int fd = -1;
    int code = write_persons(p, p->row->keys, &fd);
    return code == CLI_DONE ? cli_bench_tool(p->cli, words, fd, read_made, p) : code;
}

static void
read_pick(void *context, const char *line)
{
    struct press *p = context;
    char hex[3][2 * BENCH_SPKI_LEN + 1];
    uint8_t person[BENCH_PERSON_LEN];
    unsigned long long keys;
    if (sscanf(line, "keys %llu", &keys) == 1) {
        p->row->keys = keys; /* there may be more than were asked for: what is there is measured */
        return;
    }
    if (p->n_holders == p->max_holders ||
        sscanf(line, "key %182s %182s %182s", hex[0], hex[1], hex[2]) != 3) {
        return;
    }
    struct bench_holder *h = &p->holders[p->n_holders];
    if (!sg_ok(sg_hex_decode_to(sg_cstr(hex[0]), h->key, sizeof(h->key))) ||
        !sg_ok(sg_hex_decode_to(sg_cstr(hex[1]), person, sizeof(person))) ||
        !sg_ok(sg_hex_decode_to(sg_cstr(hex[2]), h->spki, sizeof(h->spki))) ||
        !sg_ok(bench_person_number(p->persons, SG_BYTES(person), &h->person))) {
        p->strange = true; /* somebody who really enrolled, say: not ours to sign for */
        return;
    }
    p->n_holders++;
}

static int
pick(struct press *p)
{
    char number[24];
    const char *const words[] = { "--pick-holder-keys", number, NULL };
    snprintf(number, sizeof(number), "%zu", p->max_holders);
    p->n_holders = 0;
    int code = cli_bench_tool(p->cli, words, -1, read_pick, p);
    if (code != CLI_DONE) {
        return code;
    }
    p->row->picked = p->n_holders;
    if (p->n_holders == 0) {
        return cli_fail(p->cli,
            "no key in %s is of a person of this bench's: fill another "
            "directory, with --gestures from the start",
            p->cli->dir);
    }
    if (p->strange) {
        fprintf(stderr, "sealgate bench: keys of other persons were passed over\n");
    }
    /* each key comes again after all the others: none may still be in a cache by then */
    uint64_t kept = p->conf.holder_cache;
    if (p->n_holders <= kept + p->clients) {
        return cli_fail(p->cli,
            "%zu keys, and the signer keeps %llu decoded: none would be cold. Set holder_cache in "
            "%s/conf/signer.ini below that",
            p->n_holders, (unsigned long long)kept, p->cli->dir);
    }
    return CLI_DONE;
}

/* ---- courier and signer ------------------------------------------------------------------------------------------ */

static void
stop(struct press *p)
{
    cli_proc_stop(&p->procs[COURIER], 10000);
    cli_proc_stop(&p->procs[SIGNER], 30000);
    cli_close(&p->signer);
    cli_close(&p->courier);
    cli_close(&p->ops);
}

static int
start(struct press *p)
{
    struct cli *cli = p->cli;
    int sign[2] = { -1, -1 };
    int out[2] = { -1, -1 };
    int between[2] = { -1, -1 };
    const char *log = cli_path(cli, "run/bench.log");
    int code = CLI_FAILED;
    if (sg_ok(cli_ops_listen(cli->dir, &p->ops)) && sg_ok(cli_socketpair(sign)) &&
        sg_ok(cli_socketpair(out)) && sg_ok(cli_socketpair(between))) {
        const struct cli_fd signer[] = { { "--gateway-fd", sign[1] },
            { "--courier-fd", between[0] }, { "--ops-fd", p->ops } };
        const struct cli_fd courier[] = { { "--gateway-fd", out[1] },
            { "--signer-fd", between[1] } };
        code = cli_proc_start(cli, CLI_SIGNER, signer, 3, log, &p->procs[SIGNER]);
        code = code == CLI_DONE
                   ? cli_proc_start(cli, CLI_COURIER, courier, 2, log, &p->procs[COURIER])
                   : code;
    } else {
        cli_fail(cli, "cannot make the sockets");
    }
    p->signer = sign[0];
    p->courier = out[0];
    cli_close(&sign[1]);
    cli_close(&out[1]);
    cli_close(&between[0]);
    cli_close(&between[1]);
    if (code == CLI_DONE && (!cli_proc_wait_ready(&p->procs[SIGNER], READY_MS) ||
                                !cli_proc_wait_ready(&p->procs[COURIER], READY_MS))) {
        code = cli_fail(cli, "signer or courier did not start: the end of %s says why", log);
    }
    return code;
}

/* ---- rounds ------------------------------------------------------------------------------------------------------ */

static int
look(const struct press *p, struct bench_proc *ret)
{
    const pid_t pids[PROCS] = { getpid(), p->procs[COURIER].pid, p->procs[SIGNER].pid };
    sg_result r = bench_proc_read(pids, ret);
    return sg_ok(r) ? CLI_DONE : cli_refused(p->cli, "a process is gone", r);
}

static void
keep_best(double *best, double value)
{
    *best = *best == 0 || value < *best ? value : *best;
}

static int
one_round(struct press *p, struct bench_sign *sign, struct part *part)
{
    struct bench_sign_report report;
    struct bench_proc before;
    struct bench_proc after;
    int code = look(p, &before);
    if (code != CLI_DONE) {
        return code;
    }
    sg_result r = bench_sign_run(sign, &report);
    if (!sg_ok(r)) {
        return cli_refused(p->cli, "a presentation was not signed", r);
    }
    code = look(p, &after);
    keep_best(&part->p50_us, report.p50_us);
    keep_best(&part->p99_us, report.p99_us);
    keep_best(&part->open_p50_us, report.open_p50_us);
    keep_best(&part->sign_p50_us, report.sign_p50_us);
    double rate = (double)sign->n / report.seconds;
    part->per_second = rate > part->per_second ? rate : part->per_second;
    for (size_t i = 0; i < PROCS; i++) {
        keep_best(&part->cpu_us[i], (after.cpu_us[i] - before.cpu_us[i]) / (double)sign->n);
        part->rss_mb[i] = after.rss_mb[i];
        part->first_rss_mb[i] =
            part->first_rss_mb[i] == 0 ? after.rss_mb[i] : part->first_rss_mb[i];
    }
    return code;
}

static int
rounds(struct press *p, bool cold, struct part *part)
{
    struct bench_sign sign = { .fd = p->signer,
        .persons = p->persons,
        .holders = p->holders,
        .n_holders = cold ? p->n_holders : 1,
        .n = p->n,
        .clients = p->clients };
    int code = CLI_DONE;
    for (int i = 0; code == CLI_DONE && i < ROUNDS; i++) {
        code = one_round(p, &sign, part);
    }
    return code;
}

static int
press(struct press *p)
{
    struct bench_proc begin;
    int code = start(p);
    code = code == CLI_DONE ? look(p, &begin) : code;
    if (code == CLI_DONE) {
        memcpy(p->row->start_rss_mb, begin.rss_mb, sizeof(begin.rss_mb));
    }
    code = code == CLI_DONE ? rounds(p, true, &p->row->cold) : code;
    code = code == CLI_DONE ? rounds(p, false, &p->row->hot) : code;
    stop(p);
    return code;
}

/* ---- the cost floor ---------------------------------------------------------------------------------------------- */

static void
read_token(void *context, const char *line)
{
    struct press *p = context;
    (void)sscanf(line, "c_sign_us ES256 %lf", &p->c_sign_us);
    (void)sscanf(line, "unwrap_sign_us ES256 %lf", &p->unwrap_sign_us);
}

static int
measure_floor(struct press *p)
{
    static const char *const words[] = { "--measure-sign", "2000", NULL };
    struct bench_floor floor = { 0 };
    int code = cli_bench_tool(p->cli, words, -1, read_token, p);
    sg_result r = bench_floor_measure(&floor);
    r = sg_ok(r) ? bench_floor_verify(jose_alg_by_id(JOSE_ES256), &p->verify_us) : r;
    p->decode_us = floor.key_decode_us;
    return code == CLI_DONE && !sg_ok(r) ? cli_refused(p->cli, "cannot measure the floor", r)
                                         : code;
}

/* The passkey's public key decoded, the assertion verified, C_Sign, the signature verified. */
static double
hot_floor(const struct press *p)
{
    return p->decode_us + 2 * p->verify_us + p->c_sign_us;
}

/* And C_UnwrapKey, and the holder key's public key decoded. */
static double
cold_floor(const struct press *p)
{
    return 2 * p->decode_us + 2 * p->verify_us + p->unwrap_sign_us;
}

/* ---- printing ---------------------------------------------------------------------------------------------------- */

static double
sum(const double values[PROCS])
{
    return values[BENCH] + values[COURIER] + values[SIGNER];
}

/* Bytes per presentation that the signer grew from the first round's end to the last one's. */
static double
growth(const struct press *p, const struct part *part)
{
    return (part->rss_mb[SIGNER] - part->first_rss_mb[SIGNER]) * 1e6 /
           ((double)p->n * (ROUNDS - 1));
}

static double
service_cpu(const struct part *part)
{
    return part->cpu_us[COURIER] + part->cpu_us[SIGNER];
}

static void
print_part(const struct press *p, const char *name, const struct part *part, double floor)
{
    printf(
        "  %s: p50 %.0f us (INTENT_OPEN %.0f, SIGN %.0f), p99 %.0f us, %.0f per second; CPU %.0f "
        "us (signer %.0f, courier %.0f), floor %.0f us, ratio %.2f\n",
        name, part->p50_us, part->open_p50_us, part->sign_p50_us, part->p99_us, part->per_second,
        service_cpu(part), part->cpu_us[SIGNER], part->cpu_us[COURIER], floor,
        floor > 0 ? service_cpu(part) / floor : 0);
    printf("      memory after %zu: %.1f MB (signer %.1f, courier %.1f; this program %.1f more); "
           "the signer grew %.0f bytes per presentation\n",
        ROUNDS * p->n, part->rss_mb[SIGNER] + part->rss_mb[COURIER], part->rss_mb[SIGNER],
        part->rss_mb[COURIER], part->rss_mb[BENCH], growth(p, part));
}

static void
print_row(const struct press *p, const struct figures *row)
{
    printf("%llu keys, %zu different ones used, %u at once:\n", (unsigned long long)row->keys,
        row->picked, p->clients);
    print_part(p, "cold", &row->cold, cold_floor(p));
    print_part(p, "hot", &row->hot, hot_floor(p));
    printf("      the module's part of the growth, per key unwrapped: %.0f bytes\n",
        growth(p, &row->cold) - growth(p, &row->hot));
    fflush(stdout);
}

static void
wr_double(struct sjson_wr *wr, const char *name, double value)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%.1f", value);
    sjson_wr_member_raw(wr, name, sg_str_of(text, (size_t)n));
}

static void
put_part(struct sjson_wr *wr, const struct press *p, const char *name, const struct part *part,
    double floor)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_object(wr);
    wr_double(wr, "p50_us", part->p50_us);
    wr_double(wr, "p99_us", part->p99_us);
    wr_double(wr, "open_p50_us", part->open_p50_us);
    wr_double(wr, "sign_p50_us", part->sign_p50_us);
    wr_double(wr, "per_second", part->per_second);
    wr_double(wr, "cpu_signer_us", part->cpu_us[SIGNER]);
    wr_double(wr, "cpu_courier_us", part->cpu_us[COURIER]);
    wr_double(wr, "floor_us", floor);
    wr_double(wr, "rss_signer_mb", part->rss_mb[SIGNER]);
    wr_double(wr, "rss_courier_mb", part->rss_mb[COURIER]);
    wr_double(wr, "rss_bench_mb", part->rss_mb[BENCH]);
    wr_double(wr, "growth_bytes", growth(p, part));
    sjson_wr_object_end(wr);
}

static void
put_row(struct sjson_wr *wr, const struct press *p, const struct figures *row)
{
    sjson_wr_object(wr);
    sjson_wr_member_int(wr, "holder_keys", (int64_t)row->keys);
    sjson_wr_member_int(wr, "used", (int64_t)row->picked);
    sjson_wr_member_int(wr, "clients", p->clients);
    sjson_wr_member_int(wr, "signatures", (int64_t)(p->n * ROUNDS));
    wr_double(wr, "made_per_second", row->made_per_second);
    wr_double(wr, "rss_start_mb", sum(row->start_rss_mb));
    put_part(wr, p, "cold", &row->cold, cold_floor(p));
    put_part(wr, p, "hot", &row->hot, hot_floor(p));
    sjson_wr_object_end(wr);
}

static void
print_end(const struct press *p)
{
    const struct figures *first = &p->rows[0];
    const struct figures *last = &p->rows[p->n_rows - 1];
    printf("floor: passkey decoded %.1f us, assertion verified %.1f, C_Sign %.1f (with C_UnwrapKey "
           "and C_DestroyObject %.1f), signature verified %.1f; cold: the holder key decoded too\n",
        p->decode_us, p->verify_us, p->c_sign_us, p->unwrap_sign_us, p->verify_us);
    if (p->n_rows > 1) {
        printf("%llu keys against %llu: cold p50 %.2f, p99 %.2f; hot p50 %.2f, p99 %.2f; signer's "
               "CPU cold %.2f, hot %.2f\n",
            (unsigned long long)last->keys, (unsigned long long)first->keys,
            last->cold.p50_us / first->cold.p50_us, last->cold.p99_us / first->cold.p99_us,
            last->hot.p50_us / first->hot.p50_us, last->hot.p99_us / first->hot.p99_us,
            last->cold.cpu_us[SIGNER] / first->cold.cpu_us[SIGNER],
            last->hot.cpu_us[SIGNER] / first->hot.cpu_us[SIGNER]);
    }
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static int
prepare(struct press *p)
{
    int64_t n;
    int64_t clients;
    uint8_t seed[BENCH_SEED_LEN];
    int code = cli_number(p->cli, "--signatures", 10000, 100, 1000000 / ROUNDS, &n);
    code = code == CLI_DONE
               ? cli_number(p->cli, "--clients", 1, 1, BENCH_SIGN_CLIENTS_MAX, &clients)
               : code;
    code = code == CLI_DONE ? cli_conf_signer(p->cli, &p->conf) : code;
    if (code != CLI_DONE) {
        return code;
    }
    if (p->conf.origins.n == 0) {
        return cli_fail(p->cli, "conf/signer.ini has no rp_id and origins: no persons");
    }
    if (!sg_ok(cli_lock(p->cli->dir, &p->lock))) {
        return cli_fail(
            p->cli, "the service runs; stop it first: only one process may use the token");
    }
    p->n = (size_t)n;
    p->clients = (unsigned)clients;
    p->max_holders = p->n * ROUNDS;
    p->holders = calloc(p->max_holders, sizeof(*p->holders));
    code = p->holders == NULL ? cli_fail(p->cli, "out of memory") : read_seed(p, seed);
    if (code == CLI_DONE) {
        sg_result r = bench_persons_new(
            seed, sg_cstr(p->conf.rp_id), sg_cstr(p->conf.origins.items[0]), &p->persons);
        code = sg_ok(r) ? CLI_DONE : cli_refused(p->cli, "cannot make the persons", r);
    }
    sg_wipe(seed, sizeof(seed));
    return code;
}

static int
all_sizes(struct press *p)
{
    struct sg_buf buf = sg_buf_new(p->cli->arena, 1024, 65536);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("rows"));
    sjson_wr_array(&wr);
    const char *size;
    int code = measure_floor(p);
    while (code == CLI_DONE && p->n_rows < SIZES_MAX &&
           (size = cli_value_nth(p->cli, "--holder-keys", p->n_rows)) != NULL) {
        p->row = &p->rows[p->n_rows++];
        if (!sg_ok(sg_u64_parse(sg_cstr(size), &p->row->keys)) || p->row->keys == 0 ||
            p->row->keys > KEYS_MAX) {
            return cli_usage(p->cli, "--holder-keys: %s is not a number up to %d", size, KEYS_MAX);
        }
        code = fill(p, size);
        code = code == CLI_DONE ? pick(p) : code;
        code = code == CLI_DONE ? press(p) : code;
        if (code == CLI_DONE && p->cli->json) {
            put_row(&wr, p, p->row);
        } else if (code == CLI_DONE) {
            print_row(p, p->row);
        }
    }
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    if (code == CLI_DONE && p->cli->json) {
        return cli_print_json(p->cli, &buf);
    }
    if (code == CLI_DONE) {
        print_end(p);
    }
    return code;
}

int
cli_bench_sign(struct cli *cli)
{
    struct press *p = SG_NEW(cli->arena, struct press);
    if (p == NULL) {
        return cli_fail(cli, "out of memory");
    }
    *p = (struct press){ .cli = cli, .lock = -1, .ops = -1, .signer = -1, .courier = -1 };
    for (size_t i = 0; i < PROCS; i++) {
        p->procs[i].ready = -1;
    }
    int code = prepare(p);
    code = code == CLI_DONE ? all_sizes(p) : code;
    stop(p);
    cli_close(&p->lock);
    bench_persons_free(&p->persons);
    free(p->holders);
    return code;
}
