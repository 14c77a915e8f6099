/*
 * What a credential in each envelope costs beside the signature (ES256, a document of 1 KB), against SHA-256 over the same bytes; and what
 * verifying costs, against the bare ECDSA verification. Keys are found by did:key.
 * build/dev/bench/bench_vcdm [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "di_keys.h"
#include "vcdm_envelope.h"

#define NOW 1700000000

static const struct vcdm_rules rules;
static struct di_test_key key;
static sg_str document;
static enum vcdm_envelope envelope;
static struct vcdm_pending last;
static sg_bytes text;
static sg_bytes salts;
static struct jwk_key *ready;

static void
must(sg_result r)
{
    if (!sg_ok(r)) {
        (void)fprintf(stderr, "%s\n", sg_code_row(r.code)->name);
        exit(1);
    }
}

static struct vcdm_pending
prepared(struct sg_arena *arena)
{
    static const struct sdjwt_step given[] = {
        { .kind = SDJWT_STEP_NAME, .name = { "credentialSubject", 17 } },
        { .kind = SDJWT_STEP_NAME, .name = { "given_name", 10 } },
    };
    static const struct sdjwt_step birth[] = {
        { .kind = SDJWT_STEP_NAME, .name = { "credentialSubject", 17 } },
        { .kind = SDJWT_STEP_NAME, .name = { "birthdate", 9 } },
    };
    static const struct sdjwt_path paths[] = { { given, 2 }, { birth, 2 } };
    struct sdjwt_random random = { .bytes = salts };
    struct vcdm_seal seal = { .envelope = envelope,
        .document = document,
        .rules = &rules,
        .alg = jose_alg_by_id(JOSE_ES256),
        .kid = key.method,
        .sd = paths,
        .n_sd = envelope == VCDM_VC_SD_JWT ? 2 : 0,
        .random = &random };
    struct vcdm_pending pending;
    must(vcdm_prepare(arena, &seal, NULL, &pending));
    return pending;
}

static size_t
prepare(struct sg_arena *arena)
{
    uint8_t digest[SG_SHA256_LEN];
    struct vcdm_pending pending = prepared(arena);
    sg_sha256(pending.to_be_signed, digest);
    return pending.to_be_signed.n;
}

static size_t
only_hash(struct sg_arena *arena)
{
    uint8_t digest[SG_SHA256_LEN];
    (void)arena;
    sg_sha256(last.to_be_signed, digest);
    return last.to_be_signed.n;
}

static size_t
verify(struct sg_arena *arena)
{
    struct vcdm_cid cid = { .now = NOW };
    struct vcdm_verify policy = {
        .rules = &rules, .key = vcdm_key_by_cid, .key_arg = &cid, .now = NOW
    };
    struct vcdm_verified v;
    must(vcdm_verify(arena, envelope, text, &policy, NULL, &v));
    return v.document->n;
}

static sg_bytes bare_signature;

static size_t
only_verify(struct sg_arena *arena)
{
    (void)arena;
    must(jwk_verify(ready, jose_alg_by_id(JOSE_ES256), last.to_be_signed, bare_signature));
    return 1;
}

static void
run(const char *name, const char *what, size_t (*fn)(struct sg_arena *), long rounds)
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
    printf("%-22s %-40s %9.0f ns  (check %zu)\n", name, what, ns, sum / (size_t)rounds);
    sg_arena_free(&arena);
}

static sg_str
make_document(struct sg_arena *arena)
{
    sg_str out;
    must(sg_arena_printf(arena, &out,
        "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",\"https://badge.example/v1\"],"
        "\"id\":\"urn:uuid:0f1c3c9e-7a51-4f5a-9a40-0a1e6b1d5f3c\",\"type\":["
        "\"VerifiableCredential\","
        "\"EmployeeBadge\"],\"issuer\":{\"id\":\"%.*s\",\"name\":\"An issuer\"},\"validFrom\":"
        "\"2020-01-01T00:00:00Z\",\"validUntil\":\"2030-01-01T00:00:00Z\",\"credentialStatus\":{"
        "\"type\":"
        "\"BitstringStatusListEntry\",\"statusPurpose\":\"revocation\",\"statusListIndex\":"
        "\"94567\","
        "\"statusListCredential\":\"https://issuer.example/status/"
        "3\"},\"credentialSubject\":{\"id\":"
        "\"did:example:ebfeb1f712ebc6f1c276e12ec21\",\"given_name\":\"Hanako\",\"family_name\":"
        "\"Yamada\","
        "\"birthdate\":\"1990-01-01\",\"address\":{\"locality\":\"Tokyo\",\"country\":\"JP\"},"
        "\"roles\":["
        "\"engineer\",\"auditor\"]}}",
        SG_PRINT(key.did)));
    return out;
}

int
main(int argc, char **argv)
{
    static const enum vcdm_envelope all[] = { VCDM_VC_JWT, VCDM_VC_SD_JWT, VCDM_VC_COSE };
    static uint8_t noise[256];
    long rounds = argc > 1 ? atol(argv[1]) : 5000;
    struct sg_arena *arena = sg_arena_new(0, 1 << 22);
    if (rounds < 1 || arena == NULL) {
        return 2;
    }
    salts = SG_BYTES(noise);
    key = di_test_key_of(arena, JOSE_P256, "bench");
    document = make_document(arena);
    must(jwk_key_new(&key.jwk, &ready));
    printf("document %zu bytes, %ld rounds\n", document.n, rounds);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const char *name = vcdm_media(all[i])->type;
        envelope = all[i];
        last = prepared(arena);
        bare_signature = di_test_sign(arena, &key, last.to_be_signed);
        must(vcdm_attach(arena, &last, bare_signature, &text));
        run(name, "vcdm_prepare and the digest", prepare, rounds);
        run(name, "  floor: SHA-256 over what is signed", only_hash, rounds);
        run(name, "vcdm_verify", verify, rounds);
        run(name, "  floor: ECDSA alone, prepared key", only_verify, rounds);
    }
    jwk_key_free(&ready);
    sg_arena_free(&arena);
    return 0;
}
