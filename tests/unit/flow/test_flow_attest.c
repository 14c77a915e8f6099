/*
 * gateway/flow/flow_attest.c against a signer of the test's own: what is signed under which mandate, what a key attestation says, and what is refused before
 * anybody is asked (req: PRO-1, KEY-2). A signature that does not hold never leaves.
 */
#include "support.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_attested.h"
#include "flow_internal.h"
#include "flow_prove.h"
#include "show_rig.h"

#define NOW WORLD_NOW
#define BASE "https://gateway.example"

static struct {
    int fd;
    pthread_t thread;
    struct di_test_key key; /* the service's */
    uint64_t purpose, state;
    bool mandate, falsify;
    struct wire_intent intent; /* as it came; its views are in `arena` */
    struct sg_arena *arena;
    unsigned seals;
} signer;

static struct peer *peer;
static struct flow flow;

static void
send_buf(const struct sg_buf *buf)
{
    sg_bytes packet;
    assert_ok(sg_buf_end(buf, &packet));
    assert_int_equal(send(signer.fd, packet.p, packet.n, MSG_NOSIGNAL), (ssize_t)packet.n);
}

static void
refuse(struct sg_buf *buf, uint64_t id, uint64_t code)
{
    const struct wire_refused refused = { .code = code };
    wire_refused_encode(buf, id, &refused);
}

static void
answer_key(struct sg_buf *buf, const struct wire_frame *frame)
{
    struct wire_key_info ask;
    uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    assert_ok(wire_key_info_parse(frame->body, &ask));
    assert_ok(jwk_thumbprint(signer.arena, &signer.key.jwk, thumbprint));
    struct wire_key_info_reply reply = { .key = SG_BYTES(thumbprint),
        .alg = jwk_default_alg(&signer.key.jwk)->id,
        .state = signer.state,
        .purpose = signer.purpose,
        .level = 1,
        .resident = true,
        .label = SG_LIT("attest"),
        .created_at = 1000 };
    assert_ok(jwk_spki(signer.arena, &signer.key.jwk, &reply.spki));
    bool more = ask.after.n == 0 || memcmp(ask.after.p, thumbprint, sizeof(thumbprint)) < 0;
    if (more || sg_bytes_equal(ask.key, SG_BYTES(thumbprint))) {
        wire_key_info_reply_encode(buf, frame->request_id, &reply);
    } else {
        refuse(buf, frame->request_id, SG_E_NOT_FOUND);
    }
}

static void
answer_client(struct sg_buf *buf, const struct wire_frame *frame)
{
    struct wire_client_info_reply *reply = SG_NEW(signer.arena, struct wire_client_info_reply);
    static uint8_t thumbprint[JWK_THUMBPRINT_LEN];
    assert_ok(jwk_thumbprint(signer.arena, &signer.key.jwk, thumbprint));
    reply->client = SG_LIT("gateway");
    reply->active = true;
    reply->n_mandates = signer.mandate ? 1 : 0;
    reply->mandates[0] = (struct wire_mandate){ .id = sg_bytes_of("0123456789abcdef", 16),
        .client = SG_LIT("gateway"),
        .key = SG_BYTES(thumbprint),
        .operation = WIRE_OP_METADATA,
        .count = 10,
        .window_s = 3600,
        .not_before = NOW - 1,
        .not_after = NOW + 1000 };
    wire_client_info_reply_encode(buf, frame->request_id, reply);
}

/* As the signer does: the digest alone is signed, or for Ed25519 the message. */
static void
answer_seal(struct sg_buf *buf, const struct wire_frame *frame)
{
    struct wire_seal *seal = SG_NEW(signer.arena, struct wire_seal);
    struct wire_seal_reply *reply = SG_NEW(signer.arena, struct wire_seal_reply);
    sg_bytes body;
    signer.seals++;
    assert_ok(sg_arena_bytes(signer.arena, frame->body, &body));
    assert_ok(wire_seal_parse(body, seal));
    assert_memory_equal(seal->mandate.p, "0123456789abcdef", 16);
    assert_ok(wire_intent_parse(seal->intent, &signer.intent));
    reply->n_signatures = 1;
    sg_bytes message = seal->n_messages > 0 ? seal->messages[0] : SG_BYTES("another text");
    reply->signatures[0] = di_test_sign(signer.arena, &signer.key, message);
    reply->consent_seq = 1;
    reply->outcome_seq = 2;
    reply->signed_at = NOW;
    if (signer.falsify) {
        ((uint8_t *)(uintptr_t)reply->signatures[0].p)[20] ^= 1;
    }
    wire_seal_reply_encode(buf, frame->request_id, reply);
}

static void *
signer_main(void *argument)
{
    (void)argument;
    static uint8_t packet[WIRE_FRAME_MAX];
    for (;;) {
        ssize_t n = recv(signer.fd, packet, sizeof(packet), 0);
        struct wire_frame frame;
        if (n <= 0 || !sg_ok(wire_frame_parse(sg_bytes_of(packet, (size_t)n), &frame))) {
            return NULL;
        }
        struct sg_buf buf = sg_buf_new(signer.arena, 0, WIRE_FRAME_MAX);
        if (frame.type == WIRE_HELLO) {
            const struct wire_hello_reply hello = {
                .environment = SG_LIT("test"), .software = SG_LIT("test"), .ready = true
            };
            wire_hello_reply_encode(&buf, frame.request_id, &hello);
        } else if (frame.type == WIRE_KEY_INFO) {
            answer_key(&buf, &frame);
        } else if (frame.type == WIRE_CLIENT_INFO) {
            answer_client(&buf, &frame);
        } else if (frame.type == WIRE_SEAL) {
            answer_seal(&buf, &frame);
        } else {
            refuse(&buf, frame.request_id, SG_E_UNSUPPORTED);
        }
        send_buf(&buf);
    }
}

static int
setup(void **state)
{
    int fds[2];
    *state = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    signer.arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    signer.key = di_test_key_of(signer.arena, JOSE_ED25519, "service");
    signer.purpose = WIRE_PURPOSE_METADATA;
    signer.state = WIRE_KEY_ACTIVE;
    signer.mandate = true;
    signer.falsify = false;
    signer.seals = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    signer.fd = fds[1];
    pthread_create(&signer.thread, NULL, signer_main, NULL);
    const struct peer_settings settings = {
        .fd = fds[0], .role = "gateway", .environment = "test", .name = "signer"
    };
    assert_ok(peer_open(&settings, &peer));
    assert_ok(peer_start(peer, 2000));
    flow = (struct flow){ .signer = peer,
        .settings = { .base = SG_LIT(BASE),
            .attestation_key = SG_LIT("attest"),
            .signer_timeout_ms = 2000 } };
    assert_ok(peer_registry_new(peer, &flow.registry));
    return 0;
}

static int
teardown(void **state)
{
    struct sg_arena *arena = *state;
    peer_registry_free(&flow.registry);
    peer_close(&peer);
    pthread_join(signer.thread, NULL);
    close(signer.fd);
    sg_arena_free(&signer.arena);
    sg_arena_free(&arena);
    return 0;
}

struct outcome {
    sem_t there;
    sg_result result;
    sg_str jwt;
};

static void
done(void *context, sg_result result, sg_str jwt)
{
    struct outcome *outcome = context;
    outcome->result = result;
    outcome->jwt = jwt;
    sem_post(&outcome->there);
}

static sg_result
attested(void **state, const struct flow_attest_in *in, sg_str *ret)
{
    struct outcome outcome = { .result = SG_DONE };
    struct sg_why why = { 0 };
    sem_init(&outcome.there, 0, 0);
    flow_attest(&flow, *state, in, &why, done, &outcome);
    sem_wait(&outcome.there);
    sem_destroy(&outcome.there);
    *ret = outcome.jwt;
    return outcome.result;
}

static const struct flow_attest_in *
two_keys(void **state)
{
    struct jwk *keys = SG_NEW_ARRAY(*state, 2, struct jwk);
    struct flow_attest_in *in = SG_NEW(*state, struct flow_attest_in);
    keys[0] = di_test_key_of(*state, JOSE_P256, "one").jwk;
    keys[1] = di_test_key_of(*state, JOSE_P256, "two").jwk;
    keys[1].kid = SG_LIT("ours alone");
    *in = (struct flow_attest_in){ .keys = keys, .n = 2, .nonce = SG_LIT("c-nonce"), .now = NOW };
    return in;
}

static void
test_what_an_attestation_says(void **state)
{
    const struct sjson *claims;
    struct jws jws;
    struct jwk_key *key SG_CLEANUP(jwk_key_free)
    = NULL;
    sg_str jwt, nonce;
    int64_t iat, exp;
    assert_ok(peer_registry_load(flow.registry));
    assert_ok(attested(state, two_keys(state), &jwt));
    assert_ok(jws_parse(*state, jwt, &jws));
    assert_str_is(jws.typ, "key-attestation+jwt");
    assert_ok(jwk_key_new(&signer.key.jwk, &key));
    assert_ok(jws_verify(&jws, key));
    assert_ok(jws_claims(*state, &jws, &claims));
    assert_ok(sjson_member_int(claims, "iat", &iat));
    assert_ok(sjson_member_int(claims, "exp", &exp));
    assert_ok(sjson_member_text(claims, "nonce", &nonce));
    assert_int_equal(iat, NOW);
    assert_int_equal(exp, NOW + 3600);
    assert_str_is(nonce, "c-nonce");
    assert_true(sjson_is_text(sjson_get(claims, "iss"), BASE));
    const struct sjson *keys = sjson_get(claims, "attested_keys");
    assert_int_equal(keys->n, 2);
    assert_int_equal(keys->first->n, 4); /* kty, crv, x, y */
    assert_int_equal(keys->first->next->n, 4);
    /* nobody evaluated the token, so nothing is said of it */
    assert_null(sjson_get(claims, "key_storage"));
    assert_null(sjson_get(claims, "user_authentication"));
    /* what the signer was asked */
    assert_int_equal(signer.seals, 1);
    assert_int_equal(signer.intent.operation, WIRE_OP_METADATA);
    assert_str_is(signer.intent.requester, "gateway");
    assert_str_is(signer.intent.format, "key-attestation+jwt");
    assert_int_equal(signer.intent.n_dtbs, 1);
}

static void
test_what_the_operator_lets_it_say(void **state)
{
    const struct sjson *claims;
    struct jws jws;
    sg_str jwt;
    struct flow_attest_in in = *two_keys(state);
    in.nonce = SG_NO_STR;
    flow.settings.attestation_storage = SG_LIT("iso_18045_moderate  urn:example:x ");
    flow.settings.attestation_authentication = SG_LIT("iso_18045_basic");
    assert_ok(peer_registry_load(flow.registry));
    assert_ok(attested(state, &in, &jwt));
    assert_ok(jws_parse(*state, jwt, &jws));
    assert_ok(jws_claims(*state, &jws, &claims));
    const struct sjson *storage = sjson_get(claims, "key_storage");
    assert_int_equal(storage->n, 2);
    assert_true(sjson_is_text(sjson_at(storage, 0), "iso_18045_moderate"));
    assert_true(sjson_is_text(sjson_at(storage, 1), "urn:example:x"));
    assert_int_equal(sjson_get(claims, "user_authentication")->n, 1);
    assert_null(sjson_get(claims, "nonce"));
}

static sg_result
nonce_is(void *context, sg_str nonce, int64_t now)
{
    (void)context;
    (void)now;
    return sg_str_is(nonce, "c-nonce") ? SG_DONE : SG_ERROR(NONCE);
}

/* The wallet side of this service meets its issuer side (flow_attested.h). */
static void
test_our_issuer_believes_what_we_attest(void **state)
{
    struct flow_attesters *all = SG_NEW(*state, struct flow_attesters);
    struct sg_buf buf = sg_buf_new(*state, 512, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    struct flow_attested got;
    struct sg_why why = { 0 };
    sg_str text, jwt;
    static const sg_str moderate[] = { { "iso_18045_moderate", 18 } };
    struct flow_proof_type type = { .algs = { jose_alg_by_id(JOSE_EDDSA) }, .n_algs = 1 };
    const struct flow_attested_expect expect = {
        .attesters = all, .type = &type, .with_proof = true, .nonce_check = nonce_is, .now = NOW + 3
    };
    sg_buf_put_cstr(&buf, "{\"attester\":\"" BASE "\",\"jwks\":{\"keys\":[");
    jwk_write(&wr, &signer.key.jwk);
    sg_buf_put_cstr(&buf, "]}}");
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_ok(flow_attester_parse(*state, text, &why, all));
    assert_ok(peer_registry_load(flow.registry));
    const struct flow_attest_in *in = two_keys(state);
    assert_ok(attested(state, in, &jwt));
    assert_ok(flow_attested_verify(*state, jwt, &expect, &got));
    assert_int_equal(got.n_keys, 2);
    for (size_t i = 0; i < 2; i++) {
        uint8_t thumbprint[JWK_THUMBPRINT_LEN];
        assert_ok(jwk_thumbprint(*state, &in->keys[i], thumbprint));
        assert_memory_equal(got.keys[i].thumbprint, thumbprint, sizeof(thumbprint));
    }
    /* it says nothing of where they are, and an issuer that wants to know is not served */
    type.key_storage = (struct flow_words){ moderate, 1 };
    assert_refused(flow_attested_verify(*state, jwt, &expect, &got), ATTESTATION);
    flow.settings.attestation_storage = SG_LIT("iso_18045_moderate");
    assert_ok(attested(state, in, &jwt));
    assert_ok(flow_attested_verify(*state, jwt, &expect, &got));
}

static void
test_what_is_refused(void **state)
{
    struct flow_attest_in in = *two_keys(state);
    const struct jwk twice[] = { in.keys[0], in.keys[0] };
    sg_str jwt;
    assert_refused(attested(state, &in, &jwt), NOT_FOUND); /* the registry is empty */
    assert_ok(peer_registry_load(flow.registry));
    in.n = 0;
    assert_refused(attested(state, &in, &jwt), VALUE);
    in.n = FLOW_PROVE_MAX + 1;
    assert_refused(attested(state, &in, &jwt), VALUE);
    in.n = 2;
    in.keys = twice;
    assert_refused(attested(state, &in, &jwt), DUPLICATE);
    flow.settings.attestation_key = SG_NO_STR;
    assert_refused(attested(state, two_keys(state), &jwt), UNSUPPORTED);
    assert_int_equal(signer.seals, 0);
}

static void
test_a_key_of_another_purpose_does_not_attest(void **state)
{
    sg_str jwt;
    signer.purpose = WIRE_PURPOSE_SEAL;
    assert_ok(peer_registry_load(flow.registry));
    assert_refused(attested(state, two_keys(state), &jwt), KEY_USE);
    assert_int_equal(signer.seals, 0);
}

static void
test_a_key_that_is_not_active_does_not_attest(void **state)
{
    sg_str jwt;
    signer.state = WIRE_KEY_SUSPENDED;
    assert_ok(peer_registry_load(flow.registry));
    assert_refused(attested(state, two_keys(state), &jwt), KEY_STATE);
    assert_int_equal(signer.seals, 0);
}

static void
test_without_a_mandate_nobody_is_asked(void **state)
{
    sg_str jwt;
    signer.mandate = false;
    assert_ok(peer_registry_load(flow.registry));
    assert_refused(attested(state, two_keys(state), &jwt), MANDATE);
    assert_int_equal(signer.seals, 0);
}

static void
test_a_signature_that_does_not_hold_stays_here(void **state)
{
    sg_str jwt;
    signer.falsify = true;
    assert_ok(peer_registry_load(flow.registry));
    assert_refused(attested(state, two_keys(state), &jwt), SIGNATURE);
    assert_int_equal(jwt.n, 0);
    assert_int_equal(signer.seals, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_an_attestation_says),
        TEST(test_what_the_operator_lets_it_say),
        TEST(test_our_issuer_believes_what_we_attest),
        TEST(test_what_is_refused),
        TEST(test_a_key_of_another_purpose_does_not_attest),
        TEST(test_a_key_that_is_not_active_does_not_attest),
        TEST(test_without_a_mandate_nobody_is_asked),
        TEST(test_a_signature_that_does_not_hold_stays_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
