/*
 * What building the demo credential costs (8 claims, 9 disclosures: nationalities element by element), beside its floor: the hashes
 * and base64url of the same disclosures and nothing else.
 * build/dev/bench/bench_sdjwt [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sdjwt.h"
#include "sg_text.h"

/* conf/demo/claims.json */
static const char claims_text[] =
    "{\"given_name\": \"Hanako\", \"family_name\": \"Yamada\", \"employee_id\": \"E-100234\","
    "\"email\": \"hanako.yamada@example.org\", \"department\": \"Research\","
    "\"hired_on\": \"2019-04-01\","
    "\"address\": { \"locality\": \"Yokohama\", \"country\": \"JP\" },"
    "\"nationalities\": [\"JP\", \"DE\"]}";
static const char plain[] =
    "\"iss\":\"http://localhost:8080\",\"vct\":\"http://localhost:8080/credentials/"
    "employee_badge\","
    "\"vct#integrity\":\"sha256-LmXfh+9cLlJNXN+TsMk+PmKjZ5t0WRL5ca/xGgX3c1U=\","
    "\"iat\":1800000000,\"exp\":1831536000,"
    "\"cnf\":{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc\","
    "\"y\":\"ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ\"}},"
    "\"status\":{\"status_list\":{\"idx\":123456,\"uri\":\"http://localhost:8080/status/1\"}}";

#define STEP(text)                                    \
    {                                                 \
        .kind = SDJWT_STEP_NAME, .name = SG_LIT(text) \
    }
static const struct sdjwt_step steps[][2] = { { STEP("given_name") }, { STEP("family_name") },
    { STEP("employee_id") }, { STEP("email") }, { STEP("department") }, { STEP("hired_on") },
    { STEP("address") }, { STEP("nationalities"), { .kind = SDJWT_STEP_ALL } } };
static const struct sdjwt_path paths[] = { { steps[0], 1 }, { steps[1], 1 }, { steps[2], 1 },
    { steps[3], 1 }, { steps[4], 1 }, { steps[5], 1 }, { steps[6], 1 }, { steps[7], 2 } };

static const uint8_t noise[4096];
static struct sdjwt_build in;
static struct sdjwt_built built;

static void
must(sg_result r)
{
    if (!sg_ok(r)) {
        fprintf(stderr, "%s\n", sg_code_row(r.code)->name);
        exit(1);
    }
}

static size_t
build(struct sg_arena *arena)
{
    struct sdjwt_random random = { .bytes = SG_BYTES(noise) };
    struct sdjwt_built out;
    must(sdjwt_build(arena, &in, &random, &out));
    return out.payload.n;
}

static size_t
need(struct sg_arena *arena)
{
    size_t n;
    (void)arena;
    must(sdjwt_random_need(&in, &n));
    return n;
}

static size_t
parse_claims(struct sg_arena *arena)
{
    const struct sjson *json;
    must(sjson_parse(arena, sg_str_of(claims_text, sizeof(claims_text) - 1), NULL, &json));
    return json->n;
}

static size_t
parse_plain(struct sg_arena *arena)
{
    const struct sjson *json;
    sg_str text;
    must(sg_arena_printf(arena, &text, "{%s}", plain));
    must(sjson_parse(arena, text, NULL, &json));
    return json->n;
}

/* The disclosures again: encode, hash, encode. */
static size_t
only_floor(struct sg_arena *arena)
{
    char text[4096];
    uint8_t digest[32];
    size_t sum = 0;
    (void)arena;
    for (size_t i = 0; i < built.n_disclosures; i++) {
        size_t n = sg_b64url_to(sg_bytes_of(noise, SDJWT_SALT_LEN), text);
        n = sg_b64url_to(sg_bytes_of(noise, built.disclosures[i].n * 3 / 4), text);
        sg_sha256(sg_bytes_of(text, n), digest);
        sum += sg_b64url_to(SG_BYTES(digest), text);
    }
    return sum;
}

static size_t
parse_process(struct sg_arena *arena)
{
    struct sdjwt sd;
    const struct sjson *processed;
    must(sdjwt_of_built(arena, &built, &sd));
    must(sdjwt_process(arena, &sd, &processed));
    return processed->n;
}

static void
run(const char *what, size_t (*fn)(struct sg_arena *), long rounds)
{
    struct sg_arena *arena = sg_arena_new(0, 1 << 20);
    struct timespec from;
    struct timespec to;
    size_t sum = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (long i = 0; i < rounds; i++) {
        sum += fn(arena);
        sg_arena_reset(arena);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%-52s %8.0f ns  (check %zu)\n", what, ns / (double)rounds, sum / (size_t)rounds);
    sg_arena_free(&arena);
}

int
main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 100000;
    struct sg_arena *arena = sg_arena_new(0, 1 << 20);
    struct sdjwt_random random = { .bytes = SG_BYTES(noise) };
    if (rounds < 1) {
        return 2;
    }
    must(sjson_parse(arena, sg_str_of(claims_text, sizeof(claims_text) - 1), NULL, &in.claims));
    in.plain_members = sg_str_of(plain, sizeof(plain) - 1);
    in.sd = paths;
    in.n_sd = sizeof(paths) / sizeof(paths[0]);
    in.hash = SG_SHA256;
    must(sdjwt_build(arena, &in, &random, &built));
    run("sdjwt_build, whole", build, rounds);
    run("  of which floor: SHA-256 and base64url", only_floor, rounds);
    run("  of which parsing the plain members", parse_plain, rounds);
    run("sdjwt_random_need", need, rounds);
    run("parsing the claims (before building)", parse_claims, rounds);
    run("take apart and process", parse_process, rounds);
    sg_arena_free(&arena);
    return 0;
}
