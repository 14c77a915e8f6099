/*
 * What issuing an mDL costs beside the signature (11 elements in 2 namespaces, 3 decoys, one certificate), against its floor: SHA-256 over the same
 * items and over the same Sig_structure, and nothing else. Then the verifier's and the holder's side.
 * build/dev/bench/bench_mdoc [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mdoc_world.h"

static struct mdoc_world world;
static struct mdoc_random noise;
static struct mdoc_pending pending;
static struct mdoc_verified verified;
static sg_bytes issued;
static sg_bytes signature;
static sg_bytes response;
static sg_bytes transcript;

static void
must(sg_result r)
{
    if (!sg_ok(r)) {
        fprintf(stderr, "%s\n", sg_code_row(r.code)->name);
        exit(1);
    }
}

static size_t
prepare(struct sg_arena *arena)
{
    struct mdoc_random random = noise;
    struct mdoc_pending out;
    uint8_t digest[SG_SHA256_LEN];
    must(mdoc_prepare(arena, &world.build, &world.signer, &random, NULL, &out));
    sg_sha256(out.to_be_signed, digest); /* DTBS/R */
    return out.to_be_signed.n;
}

/* The same bytes, only hashed. */
static size_t
only_floor(struct sg_arena *arena)
{
    uint8_t digest[SG_SHA256_LEN];
    size_t sum = 0;
    (void)arena;
    for (size_t i = 0; i < verified.n_elements; i++) {
        sg_sha256(verified.elements[i].item, digest);
        sum += digest[0];
    }
    sg_sha256(pending.to_be_signed, digest);
    return sum + digest[0];
}

static size_t
attach(struct sg_arena *arena)
{
    sg_bytes out;
    must(mdoc_attach(arena, &pending, signature, NULL, &out));
    return out.n;
}

static size_t
attach_and_check(struct sg_arena *arena)
{
    sg_bytes out;
    must(mdoc_attach(arena, &pending, signature, world.issuer_key, &out));
    return out.n;
}

static size_t
verify(struct sg_arena *arena)
{
    struct mdoc_verified out;
    must(mdoc_issuer_signed_verify(arena, issued, &world.trust, NULL, &out));
    return out.n_elements;
}

static struct mdoc_present
presentation(void)
{
    static const struct mdoc_choice choices[] = { { { WORLD_NS, 17 }, { "family_name", 11 } },
        { { WORLD_NS, 17 }, { "age_over_18", 11 } } };
    return (struct mdoc_present){
        .issuer_signed = issued, .choices = choices, .n_choices = 2, .transcript = transcript
    };
}

static size_t
present(struct sg_arena *arena)
{
    struct mdoc_present in = presentation();
    struct mdoc_present_pending out;
    must(mdoc_present(arena, &in, NULL, &out));
    return out.to_be_signed.n;
}

static size_t
verify_response(struct sg_arena *arena)
{
    struct mdoc_response parsed;
    struct mdoc_device_check device = { .transcript = transcript };
    struct mdoc_verified out;
    must(mdoc_response_parse(response, NULL, &parsed));
    must(mdoc_document_verify(arena, &parsed.documents[0], &world.trust, &device, NULL, &out));
    return out.n_elements;
}

static double
run(const char *what, size_t (*fn)(struct sg_arena *), long rounds)
{
    struct sg_arena *arena = sg_arena_new(0, 1 << 22);
    struct timespec from;
    struct timespec to;
    size_t sum = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (long i = 0; i < rounds; i++) {
        sum += fn(arena);
        sg_arena_reset(arena);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ns = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
                (double)rounds;
    printf("%-56s %9.0f ns  (check %zu)\n", what, ns, sum / (size_t)rounds);
    sg_arena_free(&arena);
    return ns;
}

static void
make(struct sg_arena *arena)
{
    size_t need;
    mdoc_world_init(arena, JOSE_ES256, JOSE_ES256, &world);
    must(mdoc_random_need(&world.build, &need));
    noise = mdoc_world_random(arena, need);
    struct mdoc_random random = noise;
    must(mdoc_prepare(arena, &world.build, &world.signer, &random, NULL, &pending));
    signature = mdoc_world_sign(arena, world.issuer, world.issuer_alg, pending.to_be_signed);
    must(mdoc_attach(arena, &pending, signature, world.issuer_key, &issued));
    must(mdoc_issuer_signed_verify(arena, issued, &world.trust, NULL, &verified));
    transcript = mdoc_world_transcript(arena);
    struct mdoc_present in = presentation();
    must(mdoc_world_present(arena, &world, &in, NULL, &response));
}

int
main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 20000;
    struct sg_arena *arena = sg_arena_new(0, 1 << 22);
    if (rounds < 1 || arena == NULL) {
        return 2;
    }
    make(arena);
    printf("IssuerSigned %zu bytes, DeviceResponse %zu bytes, %ld rounds\n", issued.n, response.n,
        rounds);
    double ours = run("mdoc_prepare and the digest to be signed", prepare, rounds);
    double least = run("  floor: SHA-256 over the same bytes", only_floor, rounds);
    run("mdoc_attach", attach, rounds);
    run("mdoc_attach, the signature verified", attach_and_check, rounds);
    run("mdoc_issuer_signed_verify (chain, signature, digests)", verify, rounds);
    run("mdoc_present (2 elements)", present, rounds);
    run("mdoc_response_parse and mdoc_document_verify", verify_response, rounds);
    printf("mdoc_prepare / floor: %.2f\n", ours / least);
    mdoc_world_done(&world);
    sg_arena_free(&arena);
    return 0;
}
