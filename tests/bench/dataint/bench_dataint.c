/*
 * What di_prepare costs for the demo credential (8 claims), suite by suite, beside its floor: the hashes of the same canonical bytes and nothing
 * else. Signatures are not in it. Then di_verify of what was made (its signature is of zeros: refused last of all), beside the hashes and
 * one jwk_verify; ecdsa-sd-2023 is left out there, it would stop at the base signature.
 * build/release/bench/bench_dataint [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dataint.h"
#include "jcs.h"
#include "rdf.h"

static const char credential[] =
    "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",{\"given_name\":\"https://schema.org/"
    "givenName\",\"family_name\":\"https://schema.org/"
    "familyName\",\"employee_id\":\"urn:b:employee_id\","
    "\"email\":\"https://schema.org/"
    "email\",\"department\":\"urn:b:department\",\"hired_on\":\"urn:b:"
    "hired_on\",\"address\":\"https://schema.org/"
    "address\",\"locality\":\"urn:b:locality\",\"country\":"
    "\"urn:b:country\",\"nationalities\":\"urn:b:nationality\"}],\"type\":["
    "\"VerifiableCredential\"],"
    "\"issuer\":\"did:web:issuer.example\",\"validFrom\":\"2026-01-01T00:00:00Z\",\"validUntil\":"
    "\"2027-01-01T00:00:00Z\",\"credentialStatus\":{\"id\":\"https://issuer.example/status/"
    "1#5\",\"type\":"
    "\"BitstringStatusListEntry\",\"statusPurpose\":\"revocation\",\"statusListIndex\":\"5\","
    "\"statusListCredential\":\"https://issuer.example/status/1\"},\"credentialSubject\":{\"id\":"
    "\"did:example:holder\",\"given_name\":\"Hanako\",\"family_name\":\"Yamada\",\"employee_id\":"
    "\"E-100234\",\"email\":\"hanako.yamada@example.org\",\"department\":\"Research\",\"hired_on\":"
    "\"2019-04-01\",\"address\":{\"locality\":\"Yokohama\",\"country\":\"JP\"},\"nationalities\":["
    "\"JP\","
    "\"DE\"]}}";

static struct jsonld_contexts *contexts;
static const struct sjson *document;
static struct di_proof_options options = { .verification_method = { "did:web:issuer.example#1",
                                               24 },
    .purpose = { "assertionMethod", 15 },
    .created = { "2026-01-01T00:00:00Z", 20 } };
static struct di_selective selective;
static struct jwk key;
static const struct di_suite *suite;
static enum sg_hash_alg hash;
static size_t canonical_n[2]; /* bytes hashed: config, document */
static const uint8_t zeros[65536];

static void
must(sg_result r)
{
    if (!sg_ok(r)) {
        fprintf(stderr, "%s\n", sg_code_row(r.code)->name);
        exit(1);
    }
}

static sg_result
no_signature(void *context, sg_bytes message, uint8_t ret[64])
{
    (void)context;
    (void)message;
    memset(ret, 0, 64);
    return SG_DONE;
}

static void
prepare(struct sg_arena *arena)
{
    struct di_request request = { .document = document,
        .suite = suite,
        .key = &key,
        .options = &options,
        .selective = &selective,
        .contexts = contexts };
    struct di_pending pending;
    must(di_prepare(arena, &request, NULL, &pending));
}

static void
only_floor(struct sg_arena *arena)
{
    uint8_t digest[SG_HASH_MAX];
    (void)arena;
    sg_hash(hash, sg_bytes_of(zeros, canonical_n[0]), digest);
    sg_hash(hash, sg_bytes_of(zeros, canonical_n[1]), digest);
}

static sg_str secured;
static const struct sjson *secured_json;

static void
attach(struct sg_arena *arena)
{
    static const uint8_t ones[96] = { 1, [32] = 1, [48] = 1, [64] = 1 };
    struct di_request request = {
        .document = document, .suite = suite, .key = &key, .options = &options, .contexts = contexts
    };
    struct di_pending pending;
    must(di_prepare(arena, &request, NULL, &pending));
    must(di_attach(arena, &pending, sg_bytes_of(ones, pending.alg->sig_len), &secured));
    must(sjson_parse(arena, secured, NULL, &secured_json));
}

static void
verify(struct sg_arena *arena)
{
    struct di_expect expect = { .now = 1800000000 };
    sg_result r = di_verify(arena, secured_json, &expect, NULL, contexts, NULL, NULL);
    if (r.code != SG_E_SIGNATURE) {
        must(r);
        exit(1);
    }
}

static void
verify_floor(struct sg_arena *arena)
{
    SG_CLEANUP(jwk_key_free)
    struct jwk_key *prepared = NULL;
    static const uint8_t ones[96] = { 1, [32] = 1, [48] = 1, [64] = 1 };
    const struct jose_alg *alg = di_suite_alg(suite, key.crv);
    only_floor(arena);
    must(jwk_key_new(&key, &prepared));
    SG_IGNORE(jwk_verify(prepared, alg, sg_bytes_of(zeros, 2 * sg_hash_len(hash)),
        sg_bytes_of(ones, alg->sig_len))); /* only its time matters */
}

static void
parse(struct sg_arena *arena)
{
    const struct sjson *v;
    must(sjson_parse(arena, sg_str_of(credential, sizeof(credential) - 1), NULL, &v));
}

static double
run(void (*fn)(struct sg_arena *), long rounds)
{
    struct sg_arena *arena = sg_arena_new(1 << 18, (size_t)64 << 20);
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (long i = 0; i < rounds; i++) {
        fn(arena);
        sg_arena_reset(arena);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    sg_arena_free(&arena);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    return ns / (double)rounds;
}

static size_t
canonical_len(struct sg_arena *arena, const struct sjson *v)
{
    struct jsonld_options jsonld = { .contexts = contexts, .safe = true };
    struct rdf_dataset dataset;
    struct rdf_canonical canonical;
    sg_str text;
    if (!di_suite_jsonld(suite)) {
        must(jcs_encode(arena, v, &text));
        return text.n;
    }
    must(jsonld_to_rdf(arena, v, &jsonld, NULL, &dataset));
    must(rdfc_canonicalize(arena, &dataset, hash, NULL, &canonical));
    return canonical.nquads.n;
}

/* The proof without its value, with the document's contexts. */
static const struct sjson *
config(struct sg_arena *arena)
{
    const struct sjson *v;
    sg_str text;
    sg_str context = sjson_get(document, "@context")->source;
    must(sg_arena_printf(arena, &text,
        "{\"@context\":%.*s,\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"%s\",\"created\":\"%."
        "*s\","
        "\"verificationMethod\":\"%.*s\",\"proofPurpose\":\"%.*s\"}",
        SG_PRINT(context), di_suite_name(suite), SG_PRINT(options.created),
        SG_PRINT(options.verification_method), SG_PRINT(options.purpose)));
    must(sjson_parse(arena, text, NULL, &v));
    return v;
}

/* Keys of the CID and did:key texts: their secrets are nobody's here. */
#define ED25519 "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
#define P256 "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
#define P384 "z82LkvCwHNreneWpsgPEbV3gu1C6NFJEBg4srfJ5gdxEsMGRJUz2sG9FE42shbn2xkZJh54"

static const struct {
    enum di_suite_id suite;
    const char *multikey;
} rows[] = {
    { DI_EDDSA_JCS_2022, ED25519 },
    { DI_ECDSA_JCS_2019, P256 },
    { DI_ECDSA_JCS_2019, P384 },
    { DI_EDDSA_RDFC_2022, ED25519 },
    { DI_ECDSA_RDFC_2019, P256 },
    { DI_ECDSA_RDFC_2019, P384 },
    { DI_ECDSA_SD_2023, P256 },
};

static void
run_row(size_t i, struct sg_arena *arena, long rounds)
{
    suite = di_suite_by_id(rows[i].suite);
    must(multikey_decode(sg_cstr(rows[i].multikey), &key));
    must(sg_arena_printf(
        arena, &options.verification_method, "did:key:%s#%s", rows[i].multikey, rows[i].multikey));
    hash = key.crv == JOSE_P384 ? SG_SHA384 : SG_SHA256;
    canonical_n[0] = canonical_len(arena, config(arena));
    canonical_n[1] = canonical_len(arena, document);
    if (canonical_n[0] > sizeof(zeros) || canonical_n[1] > sizeof(zeros)) {
        exit(1);
    }
    double whole = run(prepare, rounds);
    double least = run(only_floor, rounds);
    printf("di_prepare %-16s %s %9.0f ns  floor %6.0f ns (%zu bytes)  ratio %5.1f\n",
        di_suite_name(suite), hash == SG_SHA384 ? "SHA-384" : "SHA-256", whole, least,
        canonical_n[0] + canonical_n[1], whole / least);
    if (rows[i].suite == DI_ECDSA_SD_2023) {
        return;
    }
    attach(arena);
    whole = run(verify, rounds / 10 + 1);
    least = run(verify_floor, rounds / 10 + 1);
    printf("di_verify  %-24s %9.0f ns  floor %6.0f ns               ratio %5.1f\n",
        di_suite_name(suite), whole, least, whole / least);
}

int
main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 20000;
    struct sg_arena *arena = sg_arena_new(1 << 18, (size_t)64 << 20);
    const sg_str pointers[] = { SG_LIT("/issuer"), SG_LIT("/validFrom") };
    struct jwk some;
    uint8_t multikey[MULTIKEY_MAX];
    size_t n;
    if (rounds < 1) {
        return 2;
    }
    must(jsonld_contexts_new(NULL, 0, NULL, &contexts));
    must(sjson_parse(arena, sg_str_of(credential, sizeof(credential) - 1), NULL, &document));
    must(multikey_decode(SG_LIT("zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"), &some));
    must(multikey_write(&some, multikey, &n));
    memcpy(selective.signer.public_key, multikey + 2, sizeof(selective.signer.public_key));
    selective.signer.sign = no_signature;
    selective.mandatory_pointers = pointers;
    selective.n_mandatory_pointers = 2;
    printf("parsing the credential (before) %27.0f ns\n", run(parse, rounds));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run_row(i, arena, rounds);
    }
    sg_arena_free(&arena);
    jsonld_contexts_free(&contexts);
    return 0;
}
