/*
 * Key attestations that wallets bring, and the files that say who is believed (OpenID4VCI 1.0, Appendix D.1, F.1, F.3; HAIP 1.0, 4.5.1). Keys, certificates and signatures are
 * made with OpenSSL. req: PRO-1
 */
#include "support.h"

#include <time.h>

#include "flow_attested.h"
#include "flow_internal.h"
#include "status_support.h"

#define ATTESTER "https://wallets.example"
#define C_NONCE "c-nonce-1"

static struct {
    struct sg_arena *arena;
    struct status_key root, leaf, self, pinned, stranger, other, one, two;
    sg_str leaf_der, root_der, self_der; /* base64 */
    int64_t now;
    struct flow_attesters attesters;
} bed;

static sg_str
b64(sg_bytes der)
{
    sg_str text;
    assert_ok(sg_b64_encode(bed.arena, der, &text));
    return text;
}

/* ' stands for a quotation mark; $1 $2 holders' keys, $L $R $S certificates, $T the pinned key's thumbprint, $P $O keys of attesters, $N $E times, $D an old one. */
static sg_str
fill(const char *text)
{
    struct sg_buf buf = sg_buf_new(bed.arena, 1024, 256 * 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str out;
    for (; *text != '\0'; text++) {
        if (*text != '$') {
            sg_buf_put_byte(&buf, *text == '\'' ? '"' : (uint8_t)*text);
            continue;
        }
        switch (*++text) {
        case '1':
            sg_buf_put_str(&buf, bed.one.jwk_json);
            break;
        case '2':
            sg_buf_put_str(&buf, bed.two.jwk_json);
            break;
        case 'P':
            sg_buf_put_str(&buf, bed.pinned.jwk_json);
            break;
        case 'O':
            sg_buf_put_str(&buf, bed.other.jwk_json);
            break;
        case 'L':
            sg_buf_put_str(&buf, bed.leaf_der);
            break;
        case 'R':
            sg_buf_put_str(&buf, bed.root_der);
            break;
        case 'S':
            sg_buf_put_str(&buf, bed.self_der);
            break;
        case 'T':
            sg_buf_put_str(&buf, bed.pinned.thumbprint_text);
            break;
        case 'N':
            sjson_wr_int(&wr, bed.now);
            wr.comma = false;
            break;
        case 'E':
            sjson_wr_int(&wr, bed.now + 600);
            wr.comma = false;
            break;
        case 'D':
            sjson_wr_int(&wr, bed.now - 61);
            wr.comma = false;
            break;
        default:
            fail_msg("no such word: %s", text);
        }
    }
    assert_ok(sg_buf_end_str(&buf, &out));
    return out;
}

static void
believe(const char *text)
{
    struct sg_why why = { 0 };
    sg_result r = flow_attester_parse(bed.arena, fill(text), &why, &bed.attesters);
    if (!sg_ok(r)) {
        fail_msg("%s", why.what);
    }
}

static int
setup(void **state)
{
    if (support_arena_setup(state) != 0) {
        return 1;
    }
    bed.arena = *state;
    bed.now = (int64_t)time(NULL); /* certificates are made for it */
    bed.attesters.n = 0;
    struct status_key *keys[] = { &bed.root, &bed.leaf, &bed.self, &bed.pinned, &bed.stranger,
        &bed.other, &bed.one, &bed.two };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        status_key_new(bed.arena, keys[i]);
    }
    const struct status_cert root = { "root", "root", true, -3600, 3600 };
    const struct status_cert leaf = { "wallets", "root", false, -600, 600 };
    const struct status_cert self = { "self", "self", false, -600, 600 };
    bed.root_der = b64(status_cert(bed.arena, &bed.root, &bed.root, &root));
    bed.leaf_der = b64(status_cert_named(bed.arena, &bed.leaf, &bed.root, &leaf,
        "DNS:wallets.example,URI:https://wallets.example/keys"));
    bed.self_der = b64(status_cert(bed.arena, &bed.self, &bed.self, &self));
    return 0;
}

static int
teardown(void **state)
{
    struct status_key *keys[] = { &bed.root, &bed.leaf, &bed.self, &bed.pinned, &bed.stranger,
        &bed.other, &bed.one, &bed.two };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        status_key_done(keys[i]);
    }
    return support_arena_teardown(state);
}

static sg_result
nonce_is(void *context, sg_str nonce, int64_t now)
{
    (void)context;
    (void)now;
    return sg_str_is(nonce, C_NONCE) ? SG_DONE : SG_ERROR(NONCE);
}

/* ---- attestations ---------------------------------------------------------------------------------------------------- */

#define HEAD "{'alg':'ES256','typ':'key-attestation+jwt','kid':'p1'}"
#define SAID "'iat':$N,'exp':$E,'nonce':'" C_NONCE "'"
#define KEYS ",'attested_keys':[$1,$2]"
#define BODY "{'iss':'" ATTESTER "'," SAID KEYS "}"

static sg_str
made(const struct status_key *key, const char *header, const char *payload)
{
    return status_jws(bed.arena, key, fill(header), sg_str_bytes(fill(payload)));
}

static struct flow_proof_type
es256(void)
{
    return (struct flow_proof_type){
        .offered = true, .algs = { jose_alg_by_id(JOSE_ES256) }, .n_algs = 1
    };
}

static sg_result
taken_as(const struct flow_proof_type *type, bool with_proof, sg_str jwt, struct flow_attested *ret)
{
    const struct flow_attested_expect expect = { .attesters = &bed.attesters,
        .type = type,
        .with_proof = with_proof,
        .nonce_check = nonce_is,
        .now = bed.now };
    return flow_attested_verify(bed.arena, jwt, &expect, ret);
}

static sg_result
taken(sg_str jwt, struct flow_attested *ret)
{
    const struct flow_proof_type type = es256();
    return taken_as(&type, false, jwt, ret);
}

#define BY_KEY "{'attester':'" ATTESTER "','jwks':{'keys':[{'kid':'p1'," /* and the members of $P */

/* The pinned key with a kid of its own: its JWK begins with a brace. */
static void
believe_pinned(void)
{
    sg_str jwk = sg_str_slice(bed.pinned.jwk_json, 1, bed.pinned.jwk_json.n);
    sg_str text;
    struct sg_why why = { 0 };
    assert_ok(
        sg_arena_printf(bed.arena, &text, "%.*s%.*s]}}", SG_PRINT(fill(BY_KEY)), SG_PRINT(jwk)));
    assert_ok(flow_attester_parse(bed.arena, text, &why, &bed.attesters));
}

static void
test_an_attestation_by_a_pinned_key(void **state)
{
    (void)state;
    struct flow_attested got;
    believe_pinned();
    assert_ok(taken(made(&bed.pinned, HEAD, BODY), &got));
    assert_str_is(got.by->name, ATTESTER);
    assert_int_equal(got.n_keys, 2);
    assert_memory_equal(got.keys[0].thumbprint, bed.one.thumbprint, JWK_THUMBPRINT_LEN);
    assert_memory_equal(got.keys[1].thumbprint, bed.two.thumbprint, JWK_THUMBPRINT_LEN);
    assert_false(got.has_status);
    assert_ptr_equal(flow_attested_key(&got, bed.two.thumbprint), &got.keys[1]);
    assert_null(flow_attested_key(&got, bed.other.thumbprint));
    /* by its thumbprint, by no name at all, without iss and exp, with what nobody knows */
    assert_ok(taken(
        made(&bed.pinned, "{'alg':'ES256','typ':'key-attestation+jwt','kid':'$T'}", BODY), &got));
    assert_ok(
        taken(made(&bed.pinned, "{'alg':'ES256','typ':'keyattestation+jwt','kid':'p1'}", BODY),
            &got)); /* of the drafts */
    assert_ok(taken(made(&bed.pinned, "{'alg':'ES256','typ':'key-attestation+jwt'}",
                        "{'iat':$N,'nonce':'" C_NONCE "','future':1" KEYS "}"),
        &got));
}

static void
test_an_attestation_under_a_root(void **state)
{
    (void)state;
    struct flow_attested got;
    static const char head[] = "{'alg':'ES256','typ':'key-attestation+jwt','x5c':['$L']}";
    believe("{'attester':'" ATTESTER "','roots':['$R']}");
    assert_ok(taken(made(&bed.leaf, head, BODY), &got));
    assert_str_is(got.by->name, ATTESTER);
    /* the key of the leaf, and no other */
    assert_refused(taken(made(&bed.stranger, head, BODY), &got), ATTESTATION);
    /* HAIP: no anchor in the chain, no leaf that signed itself */
    assert_refused(taken(made(&bed.leaf,
                             "{'alg':'ES256','typ':'key-attestation+jwt','x5c':['$L','$R']}", BODY),
                       &got),
        ATTESTATION);
    assert_refused(
        taken(made(&bed.root, "{'alg':'ES256','typ':'key-attestation+jwt','x5c':['$R']}", BODY),
            &got),
        ATTESTATION);
    assert_refused(
        taken(made(&bed.self, "{'alg':'ES256','typ':'key-attestation+jwt','x5c':['$S']}", BODY),
            &got),
        ATTESTATION);
    static const char *const broken[] = { "'$L'", "[]", "[1]", "['AAAA']", "['!']" };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        sg_str text;
        assert_ok(sg_arena_printf(
            bed.arena, &text, "{'alg':'ES256','typ':'key-attestation+jwt','x5c':%s}", broken[i]));
        assert_refused(taken(made(&bed.leaf, text.p, BODY), &got), ATTESTATION);
    }
    bed.now += 700; /* the leaf has expired, and the nonce has not */
    assert_refused(taken(made(&bed.leaf, head, BODY), &got), ATTESTATION);
}

static void
test_a_leaf_may_have_to_have_a_name(void **state)
{
    (void)state;
    struct flow_attested got;
    static const char head[] = "{'alg':'ES256','typ':'key-attestation+jwt','x5c':['$L']}";
    believe("{'attester':'" ATTESTER
            "','roots':['$R'],'names':['x.example','https://wallets.example/keys']}");
    assert_ok(taken(made(&bed.leaf, head, BODY), &got));
    bed.attesters.n = 0;
    believe("{'attester':'" ATTESTER "','roots':['$R'],'names':['wallets.example']}");
    assert_ok(taken(made(&bed.leaf, head, BODY), &got));
    bed.attesters.n = 0;
    believe("{'attester':'" ATTESTER "','roots':['$R'],'names':['x.example','allets.example']}");
    assert_refused(taken(made(&bed.leaf, head, BODY), &got), ATTESTATION);
}

static void
test_nobody_speaks_in_anothers_name(void **state)
{
    (void)state;
    struct flow_attested got;
    believe_pinned();
    believe("{'attester':'https://other.example','jwks':{'keys':[$O]}}");
    static const char head[] = "{'alg':'ES256','typ':'key-attestation+jwt'}";
    assert_ok(taken(made(&bed.other, head, "{'iss':'https://other.example'," SAID KEYS "}"), &got));
    assert_str_is(got.by->name, "https://other.example");
    assert_ok(taken(made(&bed.other, head, "{" SAID KEYS "}"), &got));
    assert_refused(taken(made(&bed.other, head, BODY), &got), ATTESTATION);
    assert_refused(
        taken(made(&bed.pinned, HEAD, "{'iss':'https://third.example'," SAID KEYS "}"), &got),
        ATTESTATION);
    assert_refused(taken(made(&bed.other, HEAD, BODY), &got), ATTESTATION);
    assert_refused(taken(made(&bed.stranger, HEAD, BODY), &got), ATTESTATION);
    bed.attesters.n = 0;
    assert_refused(taken(made(&bed.pinned, HEAD, BODY), &got), ATTESTATION);
}

static void
test_what_is_no_attestation(void **state)
{
    (void)state;
    static const struct {
        const char *header, *payload;
        enum sg_code code;
    } cases[] = {
        { "{'alg':'ES256','kid':'p1'}", BODY, SG_E_ATTESTATION },
        { "{'alg':'ES256','typ':'JWT','kid':'p1'}", BODY, SG_E_ATTESTATION },
        { "{'alg':'ES256','typ':'openid4vci-proof+jwt','kid':'p1'}", BODY, SG_E_ATTESTATION },
        { "{'alg':'none','typ':'key-attestation+jwt','kid':'p1'}", BODY, SG_E_ATTESTATION },
        { "{'alg':'HS256','typ':'key-attestation+jwt','kid':'p1'}", BODY, SG_E_ATTESTATION },
        { "{'alg':'ES384','typ':'key-attestation+jwt','kid':'p1'}", BODY, SG_E_ATTESTATION },
        { "{'alg':'ES256','typ':'key-attestation+jwt','kid':'p2'}", BODY, SG_E_ATTESTATION },
        { "{'alg':'ES256','typ':'key-attestation+jwt','kid':'p1','crit':['x'],'x':1}", BODY,
            SG_E_ATTESTATION },
        { HEAD, "[]", SG_E_ATTESTATION },
        { HEAD, "{'iss':1," SAID KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'iss':''," SAID KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'exp':$E,'nonce':'" C_NONCE "'" KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'iat':'$N','nonce':'" C_NONCE "'" KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'iat':$E,'nonce':'" C_NONCE "'" KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'iat':$N,'exp':$D,'nonce':'" C_NONCE "'" KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'iat':$N,'nbf':$E,'nonce':'" C_NONCE "'" KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'iat':$N,'exp':$E" KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'iat':$N,'exp':$E,'nonce':1" KEYS "}", SG_E_ATTESTATION },
        { HEAD, "{'iat':$N,'exp':$E,'nonce':'c-nonce-2'" KEYS "}", SG_E_NONCE },
        { HEAD, "{'iat':$N,'exp':$D,'nonce':'c-nonce-2'" KEYS "}", SG_E_NONCE },
        { HEAD, "{" SAID "}", SG_E_ATTESTATION },
        { HEAD, "{" SAID ",'attested_keys':[]}", SG_E_ATTESTATION },
        { HEAD, "{" SAID ",'attested_keys':{}}", SG_E_ATTESTATION },
        { HEAD, "{" SAID ",'attested_keys':[1]}", SG_E_ATTESTATION },
        { HEAD, "{" SAID ",'attested_keys':[$1,$2,$1]}", SG_E_ATTESTATION },
        { HEAD, "{" SAID ",'attested_keys':[$1,{'kty':'EC','crv':'P-256','x':'AA','y':'AA'}]}",
            SG_E_ATTESTATION },
        { HEAD,
            "{" SAID ",'attested_keys':[{'kty':'EC','crv':'P-256','x':'"
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE','y':'"
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE'}]}",
            SG_E_ATTESTATION },
        { HEAD, "{" SAID ",'attested_keys':[{'kty':'oct','k':'AAAA'}]}", SG_E_ATTESTATION },
        { HEAD, "{" SAID ",'attested_keys':[{'kty':'RSA','n':'AQAB','e':'AQAB'}]}",
            SG_E_ATTESTATION },
        { HEAD, "{" SAID KEYS ",'key_storage':'iso_18045_high'}", SG_E_ATTESTATION },
        { HEAD, "{" SAID KEYS ",'key_storage':[]}", SG_E_ATTESTATION },
        { HEAD, "{" SAID KEYS ",'user_authentication':[1]}", SG_E_ATTESTATION },
        /* a status that cannot be asked for */
        { HEAD, "{" SAID KEYS ",'status':{}}", SG_E_ATTESTATION },
        { HEAD, "{" SAID KEYS ",'status':'good'}", SG_E_ATTESTATION },
        { HEAD, "{" SAID KEYS ",'status':{'other_list':{'id':1}}}", SG_E_ATTESTATION },
        { HEAD, "{" SAID KEYS ",'status':{'status_list':{'idx':-1,'uri':'https://x.example/s'}}}",
            SG_E_ATTESTATION },
        { HEAD, "{" SAID KEYS ",'status':{'status_list':{'idx':1}}}", SG_E_ATTESTATION },
    };
    struct flow_attested got;
    believe_pinned();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sg_result r = taken(made(&bed.pinned, cases[i].header, cases[i].payload), &got);
        if (r.code != cases[i].code) {
            fail_msg("case %zu: %s", i, sg_code_row(r.code)->name);
        }
    }
    assert_refused(taken(SG_LIT("a.b.c"), &got), ATTESTATION);
    assert_refused(taken(SG_NO_STR, &got), ATTESTATION);
    char *large = sg_arena_alloc(bed.arena, FLOW_ATTESTATION_MAX + 1);
    memset(large, 'a', FLOW_ATTESTATION_MAX + 1);
    assert_refused(taken(sg_str_of(large, FLOW_ATTESTATION_MAX + 1), &got), ATTESTATION);
}

static void
test_a_secret_among_the_keys(void **state)
{
    (void)state;
    struct flow_attested got;
    sg_str jwk = sg_str_slice(bed.one.jwk_json, 1, bed.one.jwk_json.n), text;
    believe_pinned();
    assert_ok(sg_arena_printf(
        bed.arena, &text, "{" SAID ",'attested_keys':[{'d':'AAAA',%.*s]}", SG_PRINT(jwk)));
    assert_refused(taken(made(&bed.pinned, HEAD, text.p), &got), ATTESTATION);
}

static void
test_what_is_asked_for_must_be_said(void **state)
{
    (void)state;
    static const sg_str storage[] = { { "iso_18045_high", 14 }, { "iso_18045_moderate", 18 } };
    static const sg_str authentication[] = { { "iso_18045_high", 14 } };
    static const struct {
        const char *more;
        bool good;
    } cases[] = {
        { "", false },
        { ",'key_storage':['iso_18045_moderate'],'user_authentication':['iso_18045_high']", true },
        { ",'key_storage':['x','iso_18045_high'],'user_authentication':['iso_18045_high','y']",
            true },
        { ",'key_storage':['iso_18045_basic'],'user_authentication':['iso_18045_high']", false },
        { ",'key_storage':['iso_18045_high'],'user_authentication':['iso_18045_moderate']", false },
        { ",'key_storage':['iso_18045_high']", false },
        { ",'user_authentication':['iso_18045_high']", false },
        { ",'key_storage':['ISO_18045_HIGH'],'user_authentication':['iso_18045_high']", false },
    };
    struct flow_proof_type type = es256();
    struct flow_attested got;
    type.key_storage = (struct flow_words){ storage, 2 };
    type.user_authentication = (struct flow_words){ authentication, 1 };
    believe_pinned();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sg_str body;
        assert_ok(sg_arena_printf(bed.arena, &body, "{" SAID KEYS "%s}", cases[i].more));
        sg_result r = taken_as(&type, false, made(&bed.pinned, HEAD, body.p), &got);
        assert_int_equal(r.code, cases[i].good ? SG_OK : SG_E_ATTESTATION);
    }
}

static void
test_beside_a_proof_it_must_end(void **state)
{
    (void)state;
    struct flow_attested got;
    const struct flow_proof_type type = es256();
    static const char endless[] = "{'iat':$N,'nonce':'" C_NONCE "'" KEYS "}";
    believe_pinned();
    assert_ok(taken_as(&type, false, made(&bed.pinned, HEAD, endless), &got));
    assert_refused(taken_as(&type, true, made(&bed.pinned, HEAD, endless), &got), ATTESTATION);
    assert_ok(taken_as(&type, true, made(&bed.pinned, HEAD, BODY), &got));
}

static void
test_a_status_is_found(void **state)
{
    (void)state;
    struct flow_attested got;
    believe_pinned();
    assert_ok(
        taken(made(&bed.pinned, HEAD,
                  "{" SAID KEYS
                  ",'status':{'status_list':{'idx':7,'uri':'https://wallets.example/status/1'}}}"),
            &got));
    assert_true(got.has_status);
    assert_int_equal(got.status.idx, 7);
    assert_str_is(got.status.uri, "https://wallets.example/status/1");
}

/* ---- in proofs ---------------------------------------------------------------------------------------------------------- */

#define ISSUER "https://issuer.example"

static struct flow_config
config_of(bool attested, unsigned binding)
{
    struct flow_config config = { .binding = binding };
    config.proofs[FLOW_PROOF_JWT] = es256();
    config.proofs[FLOW_PROOF_JWT].attested = attested;
    config.proofs[FLOW_PROOF_ATTESTATION] = es256();
    return config;
}

static sg_result
proven(const struct flow_config *config, enum flow_proof_kind kind, const sg_str *proofs, size_t n,
    size_t max, struct flow_proven *ret)
{
    const struct flow_proof_expect expect = { .config = config,
        .aud = SG_LIT(ISSUER),
        .nonce_check = nonce_is,
        .now = bed.now,
        .age_s = 60,
        .attesters = &bed.attesters };
    *ret = (struct flow_proven){ .n = 0 };
    return flow_proven_verify(bed.arena, kind, proofs, n, max, &expect, ret);
}

#define PROOF_BODY "{'aud':'" ISSUER "','iat':$N,'nonce':'" C_NONCE "'}"

/* A proof with `attestation` (empty: none) in its header, its key named by `named` ("'jwk':$1"). */
static sg_str
proof_of(const struct status_key *key, const char *named, sg_str attestation)
{
    sg_str header;
    assert_ok(sg_arena_printf(bed.arena, &header,
        "{'alg':'ES256','typ':'openid4vci-proof+jwt',%s%s%.*s%s}", named,
        attestation.n == 0 ? "" : ",'key_attestation':'", SG_PRINT(attestation),
        attestation.n == 0 ? "" : "'"));
    return status_jws(bed.arena, key, fill(header.p), sg_str_bytes(fill(PROOF_BODY)));
}

static void
test_each_attested_key_gets_a_credential(void **state)
{
    (void)state;
    const struct flow_config config = config_of(true, FLOW_BIND_JWK);
    struct flow_proven *got = SG_NEW(bed.arena, struct flow_proven);
    believe_pinned();
    sg_str attestation = made(&bed.pinned, HEAD, BODY);
    assert_ok(proven(&config, FLOW_PROOF_ATTESTATION, &attestation, 1, 20, got));
    assert_int_equal(got->n, 2);
    assert_int_equal(got->least, 1);
    assert_memory_equal(got->holders[0].thumbprint, bed.one.thumbprint, 32);
    assert_int_equal(got->n_refs, 0);
    /* no more than a batch */
    assert_ok(proven(&config, FLOW_PROOF_ATTESTATION, &attestation, 1, 1, got));
    assert_int_equal(got->n, 1);
    /* a proof of the second key: that one first, and it must get one */
    sg_str proof = proof_of(&bed.two, "'jwk':$2", attestation);
    assert_ok(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got));
    assert_int_equal(got->n, 2);
    assert_int_equal(got->least, 1);
    assert_memory_equal(got->holders[0].thumbprint, bed.two.thumbprint, 32);
    assert_memory_equal(got->holders[1].thumbprint, bed.one.thumbprint, 32);
    /* proofs of both with the same attestation: two keys, not four */
    const sg_str both[] = { proof, proof_of(&bed.one, "'jwk':$1", attestation) };
    assert_ok(proven(&config, FLOW_PROOF_JWT, both, 2, 20, got));
    assert_int_equal(got->n, 2);
    assert_int_equal(got->least, 2);
    /* where only DIDs are bound, only what was proven by one */
    const struct flow_config dids = config_of(true, FLOW_BIND_DID_KEY);
    assert_refused(proven(&dids, FLOW_PROOF_JWT, &proof, 1, 20, got), PROOF);
}

static void
test_what_a_proof_and_its_attestation_must_agree_on(void **state)
{
    (void)state;
    const struct flow_config config = config_of(true, FLOW_BIND_JWK);
    const struct flow_config plain = config_of(false, FLOW_BIND_JWK);
    struct flow_proven *got = SG_NEW(bed.arena, struct flow_proven);
    believe_pinned();
    sg_str attestation = made(&bed.pinned, HEAD, BODY);
    sg_str bad = made(&bed.stranger, HEAD, BODY);
    sg_str stale = made(&bed.pinned, HEAD, "{'iat':$N,'exp':$E,'nonce':'old'" KEYS "}");
    sg_str proof = proof_of(&bed.other, "'jwk':$O", attestation); /* a key that is not attested */
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), ATTESTATION);
    proof = proof_of(&bed.stranger, "'jwk':$1", attestation); /* attested, and another key signed */
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), PROOF);
    proof = proof_of(&bed.one, "'jwk':$1", bad);
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), ATTESTATION);
    proof = proof_of(&bed.one, "'jwk':$1", stale);
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), NONCE);
    proof = proof_of(&bed.one, "'jwk':$1", SG_NO_STR); /* required, and not there */
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), ATTESTATION);
    assert_ok(proven(&plain, FLOW_PROOF_JWT, &proof, 1, 20, got));
    proof = proof_of(&bed.one, "'jwk':$1,'key_attestation':7", SG_NO_STR);
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), ATTESTATION);
    /* one that nobody asked for gives nothing and harms nothing */
    proof = proof_of(&bed.one, "'jwk':$1", bad);
    assert_ok(proven(&plain, FLOW_PROOF_JWT, &proof, 1, 20, got));
    assert_int_equal(got->n, 1);
    proof = proof_of(&bed.one, "'jwk':$1", attestation);
    assert_ok(proven(&plain, FLOW_PROOF_JWT, &proof, 1, 20, got));
    assert_int_equal(got->n, 1);
}

/* F.1 shows "kid": "0" beside an attestation and does not say what it names: here the attested key with that kid. */
static void
test_a_kid_names_an_attested_key(void **state)
{
    (void)state;
    const struct flow_config config = config_of(true, FLOW_BIND_JWK);
    const struct flow_config plain = config_of(false, FLOW_BIND_JWK);
    struct flow_proven *got = SG_NEW(bed.arena, struct flow_proven);
    sg_str one = sg_str_slice(bed.one.jwk_json, 1, bed.one.jwk_json.n);
    sg_str two = sg_str_slice(bed.two.jwk_json, 1, bed.two.jwk_json.n);
    sg_str body;
    believe_pinned();
    assert_ok(sg_arena_printf(bed.arena, &body,
        "{" SAID ",'attested_keys':[{'kid':'0',%.*s,{'kid':'1',%.*s]}", SG_PRINT(one),
        SG_PRINT(two)));
    sg_str attestation = made(&bed.pinned, HEAD, body.p);
    sg_str proof = proof_of(&bed.two, "'kid':'1'", attestation);
    assert_ok(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got));
    assert_memory_equal(got->holders[0].thumbprint, bed.two.thumbprint, 32);
    assert_refused(proven(&plain, FLOW_PROOF_JWT, &proof, 1, 20, got), PROOF);
    proof = proof_of(&bed.two, "'kid':'0'", attestation);
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), PROOF);
    proof = proof_of(&bed.two, "'kid':'2'", attestation);
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), PROOF);
    assert_ok(sg_arena_printf(bed.arena, &body,
        "{" SAID ",'attested_keys':[{'kid':'1',%.*s,{'kid':'1',%.*s]}", SG_PRINT(one),
        SG_PRINT(two)));
    proof = proof_of(&bed.two, "'kid':'1'", made(&bed.pinned, HEAD, body.p));
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), PROOF);
}

static void
test_statuses_are_asked_for_once_each(void **state)
{
    (void)state;
    const struct flow_config config = config_of(true, FLOW_BIND_JWK);
    struct flow_proven *got = SG_NEW(bed.arena, struct flow_proven);
    believe_pinned();
#define STATUS(idx) ",'status':{'status_list':{'idx':" idx ",'uri':'https://wallets.example/s'}}}"
    sg_str first = made(&bed.pinned, HEAD, "{" SAID ",'attested_keys':[$1]" STATUS("3"));
    sg_str second = made(&bed.pinned, HEAD, "{" SAID ",'attested_keys':[$2]" STATUS("3"));
    sg_str third = made(&bed.pinned, HEAD, "{" SAID ",'attested_keys':[$O]" STATUS("4"));
    const sg_str proofs[] = { proof_of(&bed.one, "'jwk':$1", first),
        proof_of(&bed.two, "'jwk':$2", second), proof_of(&bed.other, "'jwk':$O", third) };
    assert_ok(proven(&config, FLOW_PROOF_JWT, proofs, 3, 20, got));
    assert_int_equal(got->n, 3);
    assert_int_equal(got->least, 3);
    assert_int_equal(got->n_refs, 2);
    assert_int_equal(got->refs[0].idx, 3);
    assert_int_equal(got->refs[1].idx, 4);
    assert_int_equal(got->refs[0].type, WIRE_REF_TOKEN_STATUS_LIST);
}

static void
test_types_that_are_not_offered(void **state)
{
    (void)state;
    struct flow_config config = config_of(false, FLOW_BIND_JWK);
    struct flow_proven *got = SG_NEW(bed.arena, struct flow_proven);
    believe_pinned();
    const sg_str attestation = made(&bed.pinned, HEAD, BODY);
    const sg_str two[] = { attestation, attestation };
    const sg_str proof = proof_of(&bed.one, "'jwk':$1", SG_NO_STR);
    const sg_str twice[] = { proof, proof };
    assert_refused(proven(&config, FLOW_PROOF_ATTESTATION, two, 2, 20, got), PROOF);
    assert_refused(proven(&config, FLOW_PROOF_ATTESTATION, two, 0, 20, got), PROOF);
    assert_refused(proven(&config, FLOW_PROOF_ATTESTATION, &proof, 1, 20, got), ATTESTATION);
    assert_refused(proven(&config, FLOW_PROOF_JWT, &attestation, 1, 20, got), PROOF);
    assert_refused(proven(&config, FLOW_PROOF_JWT, twice, 2, 20, got), PROOF);
    assert_refused(proven(&config, FLOW_PROOF_JWT, twice, 2, 1, got), VALUE);
    config.proofs[FLOW_PROOF_ATTESTATION].offered = false;
    assert_refused(proven(&config, FLOW_PROOF_ATTESTATION, &attestation, 1, 20, got), PROOF);
    config.proofs[FLOW_PROOF_JWT].offered = false;
    assert_refused(proven(&config, FLOW_PROOF_JWT, &proof, 1, 20, got), PROOF);
}

/* ---- the files ------------------------------------------------------------------------------------------------------------ */

static void
test_files_that_stop_the_start(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{",
        "{'jwks':{'keys':[$P]}}",
        "{'attester':'','jwks':{'keys':[$P]}}",
        "{'attester':'a'}",
        "{'attester':'a','jwks':{'keys':[]}}",
        "{'attester':'a','jwks':{'keys':[1]}}",
        "{'attester':'a','jwks':[$P]}",
        "{'attester':'a','jwks':{'keys':[{'kty':'oct','k':'AAAA'}]}}",
        "{'attester':'a','roots':'$R'}",
        "{'attester':'a','roots':[]}",
        "{'attester':'a','roots':['AAAA']}",
        "{'attester':'a','jwks':{'keys':[$P]},'names':['a.example']}",
        "{'attester':'a','roots':['$R'],'names':[]}",
        "{'attester':'a','roots':['$R'],'names':[1]}",
        "{'attester':'a','jwks':{'keys':[$P]},'trust':'all'}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sg_why why = { 0 };
        sg_result r = flow_attester_parse(bed.arena, fill(bad[i]), &why, &bed.attesters);
        if (r.code != SG_E_CONFIGURATION || why.what == NULL) {
            fail_msg("case %zu: %s", i, sg_code_row(r.code)->name);
        }
        assert_int_equal(bed.attesters.n, 0);
    }
    struct sg_why why = { 0 };
    believe("{'attester':'a','jwks':{'keys':[$P]},'roots':['$R']}");
    assert_refused(flow_attester_parse(bed.arena, fill("{'attester':'a','jwks':{'keys':[$P]}}"),
                       &why, &bed.attesters),
        CONFIGURATION);
    bed.attesters.n = FLOW_ATTESTERS_MAX;
    assert_refused(flow_attester_parse(bed.arena, fill("{'attester':'b','jwks':{'keys':[$P]}}"),
                       &why, &bed.attesters),
        CONFIGURATION);
}

static void
test_a_folder_of_files(void **state)
{
    (void)state;
    const char *dir = support_mkdir(bed.arena);
    sg_str path, file = SG_NO_STR;
    struct sg_why why = { 0 };
    struct flow_attesters *all = SG_NEW(bed.arena, struct flow_attesters);
    assert_ok(flow_attesters_read(bed.arena, dir, SG_LIT("https://b.example"), &why, &file, all));
    assert_int_equal(all->n, 0);
    assert_ok(sg_arena_printf(bed.arena, &path, "%s/own.json", dir));
    FILE *out = fopen(path.p, "w");
    assert_non_null(out);
    fprintf(out, "{\"attester\":\"${BASE}\",\"jwks\":{\"keys\":[%.*s]}}",
        SG_PRINT(bed.pinned.jwk_json));
    fclose(out);
    assert_ok(flow_attesters_read(bed.arena, dir, SG_LIT("https://b.example"), &why, &file, all));
    assert_int_equal(all->n, 1);
    assert_str_is(all->items[0].name, "https://b.example");
    assert_ok(sg_arena_printf(bed.arena, &path, "%s/bad.json", dir));
    out = fopen(path.p, "w");
    assert_non_null(out);
    fprintf(out, "{}");
    fclose(out);
    assert_refused(
        flow_attesters_read(bed.arena, dir, SG_LIT("https://b.example"), &why, &file, all),
        CONFIGURATION);
    assert_str_is(file, "bad.json");
    support_rmdir(dir);
    assert_ok(flow_attesters_read(
        bed.arena, "does/not/exist", SG_LIT("https://b.example"), &why, &file, all));
    assert_int_equal(all->n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_attestation_by_a_pinned_key),
        TEST(test_an_attestation_under_a_root),
        TEST(test_a_leaf_may_have_to_have_a_name),
        TEST(test_nobody_speaks_in_anothers_name),
        TEST(test_what_is_no_attestation),
        TEST(test_a_secret_among_the_keys),
        TEST(test_what_is_asked_for_must_be_said),
        TEST(test_beside_a_proof_it_must_end),
        TEST(test_a_status_is_found),
        TEST(test_each_attested_key_gets_a_credential),
        TEST(test_what_a_proof_and_its_attestation_must_agree_on),
        TEST(test_a_kid_names_an_attested_key),
        TEST(test_statuses_are_asked_for_once_each),
        TEST(test_types_that_are_not_offered),
        TEST(test_files_that_stop_the_start),
        TEST(test_a_folder_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
