/*
 * Real OpenID4VCI credential requests (proof verified, DPoP, status asked, consent and outcome durable, signature verified after signing)
 * against the running gateway; CPU time of its three processes; and the floor of public-key operations, measured in the same run.
 */
#include "cli_bench.h"

#include <stdio.h>
#include <unistd.h>

#include "bench_floor.h"
#include "bench_proc.h"
#include "bench_vci.h"
#include "cli_api.h"
#include "cli_bench_holder.h"
#include "cli_bench_rows.h"
#include "cli_bench_sign.h"
#include "cli_bench_tool.h"
#include "cli_conf.h"
#include "demo_files.h"
#include "sg_text.h"

#define ROUND_S 10.0 /* proofs are made before each round and stay fresh for it */
#define ROUNDS 4
#define SETTLE_US \
    1200000 /* then what was put off is done: moves of logs, tree heads, forgotten claims */
#define REQUESTS_PER_S 6000.0 /* more than two cores can answer */
#define OFFER_COUNT 10000     /* credentials one offer may yield (FLOW_COUNT_MAX) */

const struct cli_option cli_bench_options[] = {
    { "--format", "F", false,
        "a row for each configuration of this credential format; all: of every one" },
    { "--configuration", "ID", false,
        "one credential configuration (default employee_badge_sd_jwt)" },
    { "--seconds", "N", false, "seconds of full load (default 10); half of it again at half load" },
    { "--clients", "N", false, "wallets, one connection each (default 32)" },
    { "--holder-keys", "N", false,
        "instead: fill the database up to N persons' keys and time signatures with them; may be "
        "repeated, ascending" },
    { "--signatures", "N", false, "with --holder-keys: signatures per round (default 10000)" },
    { "--gestures", NULL, false,
        "with --holder-keys: the whole way instead, through a signer that serves, each after a "
        "gesture; --clients: how many wait at once (then default 1)" },
    { 0 },
};

const char cli_bench_text[] =
    "Signs in as DIR's demo client, makes an offer per wallet, and lets the wallets request one "
    "credential after another, each with\n"
    "a fresh holder key and a DPoP proof. Prints credentials per second, latencies, CPU time per "
    "credential of each process, and the\n"
    "cost floor: every public-key operation that one request cannot do without, measured in the "
    "same run:\n"
    "verifications as libcrypto does them (ECDSA_do_verify), C_Sign with a throw-away key on the "
    "same token.\n"
    "The load is several rounds, each with the work that the processes put off for a second; the "
    "floor is measured before, between and\n"
    "after them, because what the neighbours on the host leave us changes. Beside the ratio of all "
    "rounds stands the quietest one's.\n"
    "The gateway must be running on this machine, over plain http on loopback.\n\n"
    "  sealgate bench --dir var/demo --seconds 10 --clients 32\n"
    "  sealgate bench --dir var/demo --format all --seconds 3\n\n"
    "With --holder-keys nothing may run: the signer's program makes wrapped keys of make-believe "
    "persons (test environments alone; they stay),\n"
    "then signs with random ones, each read from the database and unwrapped anew, and with one "
    "that is ready, three rounds each; the best counts.\n\n"
    "  sealgate bench --dir DIR --holder-keys 1000 --holder-keys 1000000\n\n"
    "With --gestures as well the persons get passkeys of this program's own (their seed: "
    "DIR/bench/persons.seed), courier and signer are started,\n"
    "and the bench sits in the gateway's place: INTENT_OPEN, the person's gesture, SIGN, with "
    "consent and outcome durable. A directory is filled\n"
    "one way or the other, not both.\n\n"
    "  sealgate bench --dir DIR --gestures --holder-keys 1000 --holder-keys 1000000 --signatures "
    "33400\n";

struct measured {
    double seconds;
    size_t ok;
    size_t sent;
    size_t bad;
    double p50_ms; /* worst round */
    double p99_ms; /* worst round */
    double cpu_us[3];
    unsigned rounds;
    double quiet_us;  /* CPU per credential of the round that took least; 0: there was none */
    double rss_mb[3]; /* largest seen */
    char complaint[320];
};

struct bench {
    struct cli *cli;
    struct cli_bench_row rows[CLI_BENCH_ROWS_MAX];
    size_t n_rows;
    const struct cli_bench_row *row; /* the one under way */
    struct cli_bench_cost cost;
    double sign_us[JOSE_RS256 + 1]; /* one C_Sign, by algorithm; 0: the token has it not */
    unsigned clients;
    double seconds;
    pid_t pids[3];
    struct bench_vci *vci;
    struct bench_vci_options options;
    struct bench_floor floor; /* mean of n_floors measurements */
    unsigned n_floors;
    double unwrap_sign_us; /* cold wrapped key: unwrap, sign, destroy; 0 when the token cannot */
    struct measured full;
    struct measured half;
};

/* What the measuring program prints: one "name value" per line. */
static void
read_measure(void *context, const char *line)
{
    struct bench *b = context;
    char name[16];
    double us;
    if (sscanf(line, "c_sign_us %15s %lf", name, &us) == 2) {
        const struct jose_alg *alg = jose_alg_by_name(sg_cstr(name));
        b->sign_us[alg == NULL ? JOSE_ALG_NONE : alg->id] = us;
    }
    (void)sscanf(line, "unwrap_sign_us ES256 %lf", &b->unwrap_sign_us);
}

/* It signs with a throw-away key that it destroys again, never with a registered one. */
static int
measure_token(struct bench *b)
{
    static const char *const words[] = { "--measure-sign", "100", NULL }; /* half a second */
    int code = cli_bench_tool(b->cli, words, -1, read_measure, b);
    return code != CLI_DONE || b->sign_us[JOSE_ES256] > 0
               ? code
               : cli_fail(b->cli, "the signer's program could not measure the token");
}

/* Fresh offers and tokens each round, so that no offer's count and no token's life ends in the middle of one. */
static int
open_wallets(struct bench *b)
{
    sg_str why = SG_NO_STR;
    bench_vci_close(&b->vci);
    sg_result r = bench_vci_open(&b->options, &b->vci, &why);
    if (!sg_ok(r)) {
        return cli_fail(b->cli, "the gateway did not let the wallets in: %.*s",
            why.n == 0 ? 1 : (int)why.n, why.n == 0 ? "?" : why.p);
    }
    return CLI_DONE;
}

static int
add_round(struct bench *b, double seconds, double rate, struct measured *m)
{
    int code = open_wallets(b);
    if (code != CLI_DONE) {
        return code;
    }
    double want = rate > 0 ? rate * seconds : REQUESTS_PER_S * seconds;
    const struct bench_request *requests;
    size_t n = (size_t)want + b->clients;
    sg_result r = bench_vci_requests(b->vci, n, &requests);
    if (!sg_ok(r)) {
        return cli_refused(b->cli, "cannot make the requests", r);
    }
    struct bench_load load = { .host = b->options.host,
        .port = b->options.port,
        .clients = b->clients,
        .seconds = seconds,
        .rate = rate,
        .requests = requests,
        .n_requests = n };
    struct bench_load_report report = { 0 };
    struct bench_proc before;
    struct bench_proc after;
    r = bench_proc_read(b->pids, &before);
    r = sg_ok(r) ? bench_load_run(&load, &report) : r;
    if (sg_ok(r) && rate <= 0) {
        usleep(SETTLE_US);
    }
    r = sg_ok(r) ? bench_proc_read(b->pids, &after) : r;
    if (!sg_ok(r)) {
        return cli_refused(b->cli, "the run broke off", r);
    }
    m->seconds += report.seconds;
    m->ok += report.ok;
    m->sent += report.sent;
    m->bad += report.refused + report.broken;
    m->p50_ms = report.p50_ms > m->p50_ms ? report.p50_ms : m->p50_ms;
    m->p99_ms = report.p99_ms > m->p99_ms ? report.p99_ms : m->p99_ms;
    double used = 0;
    for (size_t i = 0; i < 3; i++) {
        used += after.cpu_us[i] - before.cpu_us[i];
        m->cpu_us[i] += after.cpu_us[i] - before.cpu_us[i];
        m->rss_mb[i] = after.rss_mb[i] > m->rss_mb[i] ? after.rss_mb[i] : m->rss_mb[i];
    }
    m->rounds++;
    double each = report.ok == 0 ? 0 : used / (double)report.ok;
    m->quiet_us = each > 0 && (m->quiet_us <= 0 || each < m->quiet_us) ? each : m->quiet_us;
    if (m->bad != 0 && m->complaint[0] == '\0') {
        snprintf(m->complaint, sizeof(m->complaint), "%u %s", report.first_bad_status,
            report.first_bad_body);
    }
    return CLI_DONE;
}

/*
 * Once more; b->floor is the mean of all times. Before, between and after the rounds, because what a virtual machine's neighbours leave us changes by
 * the second, and the load pays for it too.
 */
static int
measure_floor(struct bench *b)
{
    struct bench_floor floor = { 0 };
    int code = measure_token(b);
    if (code != CLI_DONE) {
        return code;
    }
    sg_result r = bench_floor_measure(&floor);
    r = sg_ok(r) ? bench_floor_verify(b->cost.alg, &floor.seal_verify_us) : r;
    if (strcmp(b->row->format, "dc+sd-jwt") !=
        0) { /* its floor is of public-key operations alone */
        r = sg_ok(r) ? bench_floor_hash(b->cost.bytes, &floor.hash_us) : r;
    }
    if (sg_ok(r) && b->cost.local_signatures > 0) {
        r = bench_floor_local(b->cost.local_signatures, &floor.local_us);
    }
    if (!sg_ok(r)) {
        return cli_refused(b->cli, "cannot measure the floor", r);
    }
    double n = b->n_floors++;
    b->floor = (struct bench_floor){
        .key_decode_us = (b->floor.key_decode_us * n + floor.key_decode_us) / (n + 1),
        .proof_verify_us = (b->floor.proof_verify_us * n + floor.proof_verify_us) / (n + 1),
        .dpop_verify_us = (b->floor.dpop_verify_us * n + floor.dpop_verify_us) / (n + 1),
        .c_sign_us = (b->floor.c_sign_us * n + b->sign_us[b->cost.alg->id]) / (n + 1),
        .seal_verify_us = (b->floor.seal_verify_us * n + floor.seal_verify_us) / (n + 1),
        .hash_us = (b->floor.hash_us * n + floor.hash_us) / (n + 1),
        .local_us = (b->floor.local_us * n + floor.local_us) / (n + 1),
        .own_us = (b->floor.own_us * n + floor.own_us) / (n + 1),
    };
    return CLI_DONE;
}

/* Rounds of one length: one that were shorter would not compare. */
static unsigned
rounds_of(double seconds, double rate)
{
    double longest = seconds / ROUND_S;
    unsigned n = (unsigned)longest + (longest > (unsigned)longest ? 1 : 0);
    unsigned fit = seconds > 1 ? (unsigned)seconds : 1; /* none below a second */
    unsigned want = rate > 0 || n >= ROUNDS ? n : ROUNDS;
    return want > fit ? fit : want;
}

/*
 * At full load in several rounds at least, with the floor measured in between; the round that took least is told beside the mean.
 */
static int
measure(struct bench *b, double seconds, double rate, struct measured *m)
{
    unsigned n = rounds_of(seconds, rate);
    for (unsigned i = 0; i < n; i++) {
        int code = add_round(b, seconds / n, rate, m);
        code = code == CLI_DONE && m == &b->full ? measure_floor(b) : code;
        if (code != CLI_DONE) {
            return code;
        }
        if (!b->cli->json && isatty(STDERR_FILENO)) {
            fprintf(stderr, "\r%.0f s measured, %zu credentials ", m->seconds, m->ok);
        }
    }
    return CLI_DONE;
}

static double
per(const struct measured *m, double total)
{
    return m->ok == 0 ? 0 : total / (double)m->ok;
}

static double
sum3(const double v[3])
{
    return v[0] + v[1] + v[2];
}

/* The floor if libcrypto verified on P-256 as quickly as formats/ecdsa does. */
static double
own_floor(const struct bench *b)
{
    const struct bench_floor *f = &b->floor;
    double own = bench_floor_sum(f) - f->proof_verify_us - f->dpop_verify_us + 2 * f->own_us;
    return b->cost.alg->id == JOSE_ES256 ? own - f->seal_verify_us + f->own_us : own;
}

static void
print_text(const struct bench *b)
{
    const struct measured *f = &b->full;
    double floor = bench_floor_sum(&b->floor);
    double cpu = per(f, sum3(f->cpu_us));
    printf("%s, %s, %u wallets, DPoP, one credential per request, %.1f s\n\n",
        b->row->configuration, b->row->suite, b->clients, f->seconds);
    printf("  credentials per second   %10.0f\n", (double)f->ok / f->seconds);
    printf("  latency p50 / p99        %10.2f / %.2f ms\n", f->p50_ms, f->p99_ms);
    printf("  CPU per credential       %10.1f us   gateway %.1f, courier %.1f, signer %.1f\n", cpu,
        per(f, f->cpu_us[0]), per(f, f->cpu_us[1]), per(f, f->cpu_us[2]));
    printf("  cost floor               %10.1f us\n", floor);
    printf("      decode the proof key %10.1f us\n", b->floor.key_decode_us);
    printf("      verify the proof     %10.1f us\n", b->floor.proof_verify_us);
    printf("      verify the DPoP proof%10.1f us\n", b->floor.dpop_verify_us);
    printf("      C_Sign on the token  %10.1f us   %s\n", b->floor.c_sign_us, b->cost.alg->name);
    printf("      verify the seal      %10.1f us\n", b->floor.seal_verify_us);
    if (b->floor.local_us > 0) {
        printf("      proof-scoped key     %10.1f us   made, and %zu signatures\n",
            b->floor.local_us, b->cost.local_signatures);
    }
    if (b->floor.hash_us > 0) {
        printf("      SHA-256              %10.1f us   over %zu bytes, those of the credential\n",
            b->floor.hash_us, b->cost.bytes);
    }
    printf("  CPU / floor              %10.2f\n", floor > 0 ? cpu / floor : 0);
    if (f->rounds > 1 && floor > 0) {
        printf("      in the quietest of %u rounds %.2f\n", f->rounds, f->quiet_us / floor);
    }
    printf("      beside verifications as quick as the gateway's own (%.1f us) %.2f\n",
        b->floor.own_us, cpu / own_floor(b));
    printf("  at half load             %10.2f ms p50, %.2f ms p99 (%.0f per second offered)\n",
        b->half.p50_ms, b->half.p99_ms, (double)b->half.sent / b->half.seconds);
    printf("  memory, largest          %10.1f MB   gateway %.1f, courier %.1f, signer %.1f\n",
        sum3(f->rss_mb), f->rss_mb[0], f->rss_mb[1], f->rss_mb[2]);
    if (b->unwrap_sign_us > 0) {
        printf("  cold wrapped key         %10.1f us to unwrap, sign, destroy (apart; not in the "
               "above)\n",
            b->unwrap_sign_us);
    }
    if (f->bad + b->half.bad != 0) {
        printf("  NOT ISSUED               %10zu of %zu; the first: %s\n", f->bad + b->half.bad,
            f->sent + b->half.sent, f->bad != 0 ? f->complaint : b->half.complaint);
    }
}

/* Of several, one line each. */
static void
print_line(const struct bench *b)
{
    const struct measured *f = &b->full;
    double floor = bench_floor_sum(&b->floor);
    double cpu = per(f, sum3(f->cpu_us));
    if (b->row == b->rows) {
        printf("%-18s %-36s %7s %8s %8s %8s %8s %8s %7s %9s %6s\n", "format", "configuration",
            "per s", "p99 ms", "gateway", "signer", "CPU us", "floor us", "ratio", "quietest",
            "own");
    }
    printf("%-18s %-36s %7.0f %8.2f %8.1f %8.1f %8.1f %8.1f %7.2f %9.2f %6.2f%s\n", b->row->suite,
        b->row->configuration, (double)f->ok / f->seconds, f->p99_ms, per(f, f->cpu_us[0]),
        per(f, f->cpu_us[2]), cpu, floor, floor > 0 ? cpu / floor : 0,
        floor > 0 ? f->quiet_us / floor : 0, cpu / own_floor(b),
        f->bad + b->half.bad != 0 ? "   NOT ALL ISSUED" : "");
    fflush(stdout);
}

static void
wr_double(struct sjson_wr *wr, const char *name, double value)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%.3f", value);
    sjson_wr_member_raw(wr, name, sg_str_of(text, (size_t)n));
}

static void
wr_row(struct sjson_wr *wr, const struct bench *b)
{
    const struct measured *f = &b->full;
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "format", b->row->format);
    sjson_wr_member_cstr(wr, "suite", b->row->suite);
    sjson_wr_member_cstr(wr, "configuration", b->row->configuration);
    sjson_wr_member_cstr(wr, "alg", b->cost.alg->name);
    sjson_wr_member_int(wr, "clients", b->clients);
    wr_double(wr, "per_second", (double)f->ok / f->seconds);
    wr_double(wr, "p50_ms", f->p50_ms);
    wr_double(wr, "p99_ms", f->p99_ms);
    wr_double(wr, "half_load_p50_ms", b->half.p50_ms);
    wr_double(wr, "half_load_p99_ms", b->half.p99_ms);
    wr_double(wr, "cpu_per_credential_us", per(f, sum3(f->cpu_us)));
    wr_double(wr, "cpu_gateway_us", per(f, f->cpu_us[0]));
    wr_double(wr, "cpu_courier_us", per(f, f->cpu_us[1]));
    wr_double(wr, "cpu_signer_us", per(f, f->cpu_us[2]));
    sjson_wr_member_int(wr, "rounds", (int64_t)f->rounds);
    wr_double(wr, "cpu_per_credential_quietest_us", f->quiet_us);
    wr_double(wr, "floor_us", bench_floor_sum(&b->floor));
    wr_double(wr, "floor_key_decode_us", b->floor.key_decode_us);
    wr_double(wr, "floor_proof_verify_us", b->floor.proof_verify_us);
    wr_double(wr, "floor_dpop_verify_us", b->floor.dpop_verify_us);
    wr_double(wr, "floor_c_sign_us", b->floor.c_sign_us);
    wr_double(wr, "floor_seal_verify_us", b->floor.seal_verify_us);
    wr_double(wr, "floor_local_us", b->floor.local_us);
    wr_double(wr, "floor_hash_us", b->floor.hash_us);
    wr_double(wr, "own_verify_us", b->floor.own_us);
    wr_double(wr, "cold_wrapped_us", b->unwrap_sign_us);
    wr_double(wr, "rss_mb", sum3(f->rss_mb));
    sjson_wr_member_int(wr, "issued", (int64_t)(f->ok + b->half.ok));
    sjson_wr_member_int(wr, "not_issued", (int64_t)(f->bad + b->half.bad));
    sjson_wr_object_end(wr);
}

/* "http://localhost:8080" -> the numeric loopback address and port that the load goes to. */
static int
find_address(struct bench *b, const char *base)
{
    sg_str url = sg_cstr(base);
    if (!sg_str_starts(url, "http://")) {
        return cli_fail(b->cli, "bench speaks plain http on loopback only; %s is not", base);
    }
    size_t colon = sg_str_index(url, ':', 7);
    uint64_t port = 80;
    sg_str digits = sg_str_slice(url, colon + 1, url.n);
    digits = sg_str_slice(digits, 0, sg_str_index(digits, '/', 0));
    if (colon < url.n && (!sg_ok(sg_u64_parse(digits, &port)) || port == 0 || port > 65535)) {
        return cli_fail(b->cli, "no port in %s", base);
    }
    b->options.host = "127.0.0.1";
    b->options.port = (uint16_t)port;
    b->options.base = url;
    return CLI_DONE;
}

static bool
demo_claims(sg_bytes *ret)
{
    size_t n;
    const struct demo_file *files = demo_files(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(files[i].name, "claims.json") == 0) {
            *ret = files[i].content;
            return true;
        }
    }
    return false;
}

static int
prepare(struct bench *b)
{
    const char *base;
    sg_bytes claims;
    sg_bytes jwk;
    int code = cli_base_url(b->cli, &base);
    code = code == CLI_DONE ? find_address(b, base) : code;
    code = code == CLI_DONE
               ? cli_bench_rows(b->cli, base, cli_value(b->cli, "--configuration"),
                     cli_value(b->cli, "--format"), "employee_badge_sd_jwt", b->rows, &b->n_rows)
               : code;
    if (code != CLI_DONE) {
        return code;
    }
    if (!sg_ok(bench_proc_find(b->cli->dir, b->pids))) {
        return cli_fail(b->cli, "nothing runs from %s; start it: sealgate run --dir %s",
            b->cli->dir, b->cli->dir);
    }
    if (!demo_claims(&claims) ||
        !sg_ok(cli_read(b->cli->arena, cli_path(b->cli, "clients/demo-client.json"), &jwk))) {
        return cli_fail(b->cli, "bench needs a demo directory (init --demo) and its client's key");
    }
    b->options.client = SG_LIT("demo-client");
    b->options.client_jwk = sg_bytes_str(jwk);
    b->options.claims = sg_bytes_str(claims);
    b->options.clients = b->clients;
    b->options.requests_per_client = OFFER_COUNT;
    return CLI_DONE;
}

/* One credential of this configuration, as a wallet gets it: what it says about its own floor. */
static int
sample(struct bench *b)
{
    enum { ANSWER_MAX = 256 * 1024 };
    const struct bench_request *request;
    const struct sjson *json;
    const struct sjson *list;
    unsigned status = 0;
    size_t n = 0;
    char *answer = sg_arena_alloc(b->cli->arena, ANSWER_MAX);
    int code = answer == NULL ? cli_fail(b->cli, "out of memory") : open_wallets(b);
    if (code != CLI_DONE) {
        return code;
    }
    sg_result r = bench_vci_requests(b->vci, 1, &request);
    r = sg_ok(r) ? bench_http_once(b->options.host, b->options.port,
                       sg_bytes_of(request->p, request->n), &status, answer, ANSWER_MAX, &n)
                 : r;
    if (!sg_ok(r) || status != 200 ||
        !sg_ok(sjson_parse_object(b->cli->arena, sg_str_of(answer, n), NULL, &json)) ||
        !sg_ok(sjson_member_array(json, "credentials", &list)) || list->first == NULL ||
        sjson_get(list->first, "credential") == NULL) {
        return cli_fail(b->cli, "%s: the first request was answered with %u %.200s",
            b->row->configuration, status, n > 0 ? answer : "");
    }
    r = cli_bench_cost_of(b->cli->arena, b->row, sjson_get(list->first, "credential"), &b->cost);
    return sg_ok(r) ? CLI_DONE : cli_refused(b->cli, "cannot read the credential", r);
}

static int
run_row(struct bench *b, const struct cli_bench_row *row)
{
    struct measured warm = { 0 };
    b->row = row;
    b->options.configuration = sg_cstr(row->configuration);
    b->floor = (struct bench_floor){ 0 };
    b->n_floors = 0;
    b->full = (struct measured){ 0 };
    b->half = (struct measured){ 0 };
    int code = sample(b);
    code = code == CLI_DONE ? measure_floor(b) : code;
    code = code == CLI_DONE ? measure(b, 1, 0, &warm) : code;
    code = code == CLI_DONE ? measure(b, b->seconds, 0, &b->full) : code;
    if (code == CLI_DONE && b->full.ok == 0) {
        code = cli_fail(b->cli, "no credential was issued: %s", b->full.complaint);
    }
    double rate = code == CLI_DONE ? 0.5 * (double)b->full.ok / b->full.seconds : 0;
    return code == CLI_DONE ? measure(b, b->seconds / 2, rate, &b->half) : code;
}

static int
run(struct bench *b)
{
    struct sg_buf buf = sg_buf_new(b->cli->arena, 1024, (size_t)256 * 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("rows"));
    sjson_wr_array(&wr);
    int code = prepare(b);
    for (size_t i = 0; i < b->n_rows && code == CLI_DONE; i++) {
        code = run_row(b, &b->rows[i]);
        if (code != CLI_DONE) {
            break;
        }
        if (b->cli->json) {
            wr_row(&wr, b);
        } else if (b->n_rows == 1) {
            print_text(b);
        } else {
            print_line(b);
        }
    }
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    return code == CLI_DONE && b->cli->json ? cli_print_json(b->cli, &buf) : code;
}

int
cli_bench_run(struct cli *cli)
{
    struct bench b = { .cli = cli };
    int64_t seconds;
    int64_t clients;
    if (cli_value(cli, "--holder-keys") != NULL) {
        return cli_flag(cli, "--gestures") ? cli_bench_sign(cli) : cli_bench_holder(cli);
    }
    int code = cli_number(cli, "--seconds", 10, 1, 3600, &seconds);
    code = code == CLI_DONE ? cli_number(cli, "--clients", 32, 1, 256, &clients) : code;
    if (code != CLI_DONE) {
        return code;
    }
    b.seconds = (double)seconds;
    b.clients = (unsigned)clients;
    code = run(&b);
    bench_vci_close(&b.vci);
    return code;
}
