#include "questions_rig.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

struct rig rig;

static void
send_buf(int fd, const struct sg_buf *buf)
{
    sg_bytes packet;
    assert_ok(sg_buf_end(buf, &packet));
    ssize_t sent = send(fd, packet.p, packet.n, MSG_NOSIGNAL);
    (void)sent; /* at the end of a test nobody may be there to hear that an intent was given up */
}

static void
answer_hello(int fd, struct sg_buf *buf, uint64_t id)
{
    struct wire_hello_reply reply = {
        .environment = SG_LIT("test"), .software = SG_LIT("test"), .ready = true
    };
    wire_hello_reply_encode(buf, id, &reply);
    send_buf(fd, buf);
}

static bool
refuse(int fd, struct sg_buf *buf, uint64_t id, enum sg_code code)
{
    if (code == SG_OK) {
        return false;
    }
    struct wire_refused refused = { .code = (uint64_t)code };
    wire_refused_encode(buf, id, &refused);
    send_buf(fd, buf);
    return true;
}

/* ---- the signer ------------------------------------------------------------------------------------------ */

static void
person_info(int fd, struct sg_buf *buf, uint64_t id)
{
    static struct wire_person_info_reply reply;
    sg_bytes spki;
    uint8_t thumbprint[32];
    reply = (struct wire_person_info_reply){ .person = SG_BYTES(rig.person),
        .state = rig.person_state,
        .level = 2,
        .keys_max = 8,
        .n_keys = 1 };
    assert_ok(jwk_spki(rig.seen, &rig.show.holder.jwk, &spki));
    assert_ok(jwk_thumbprint(rig.seen, &rig.show.holder.jwk, thumbprint));
    reply.keys[0] = (struct wire_holder_key){ .key = SG_BYTES(thumbprint),
        .alg = JOSE_EDDSA,
        .spki = spki,
        .level = 2,
        .state = rig.key_state,
        .created_at = 1 };
    wire_person_info_reply_encode(buf, id, &reply);
    send_buf(fd, buf);
}

static void
key_info(int fd, struct sg_buf *buf, uint64_t id, sg_bytes body)
{
    struct wire_key_info ask;
    sg_bytes spki;
    assert_ok(wire_key_info_parse(body, &ask));
    assert_ok(jwk_spki(rig.seen, &rig.show.holder.jwk, &spki));
    const struct wire_key_info_reply reply = { .key = ask.key,
        .alg = JOSE_EDDSA,
        .spki = spki,
        .state = rig.key_state,
        .purpose = WIRE_PURPOSE_HOLDER,
        .level = 2,
        .label = SG_LIT("holder"),
        .created_at = 1, /* rig.now is the test's to change */
        .person = SG_BYTES(rig.person) };
    wire_key_info_reply_encode(buf, id, &reply);
    send_buf(fd, buf);
}

static void
intent_open(int fd, struct sg_buf *buf, uint64_t id, sg_bytes body)
{
    struct wire_intent_open ask;
    uint8_t intent_id[32], nonce[32];
    assert_ok(wire_intent_open_parse(body, &ask));
    assert_true(sg_bytes_equal(ask.person, SG_BYTES(rig.person)));
    if (refuse(fd, buf, id, rig.open_code)) {
        return;
    }
    assert_ok(sg_arena_bytes(rig.seen, ask.intent, &rig.intent));
    wire_intent_id(ask.intent, intent_id);
    memset(nonce, (int)(rig.n_open + 1), sizeof(nonce));
    struct wire_intent_open_reply reply = { .intent_id = SG_BYTES(intent_id),
        .nonce = SG_BYTES(nonce),
        .expires_at = rig.now + 300,
        .n_passkeys = 1 };
    reply.passkeys[0] = sg_str_bytes(SG_LIT("passkey-1"));
    wire_intent_open_reply_encode(buf, id, &reply);
    rig.n_open++;
    send_buf(fd, buf);
}

/* Signs what the open intent names and nothing else, as the real one does. */
static void
sign(int fd, struct sg_buf *buf, uint64_t id, sg_bytes body)
{
    static struct wire_sign ask;
    static struct wire_sign_reply reply;
    static struct wire_intent intent;
    uint8_t intent_id[32], digest[64];
    assert_ok(wire_sign_parse(body, &ask));
    if (refuse(fd, buf, id, rig.sign_code)) {
        return;
    }
    wire_intent_id(rig.intent, intent_id);
    assert_true(sg_bytes_equal(ask.intent_id, SG_BYTES(intent_id)));
    assert_true(ask.passkey.n > 0 && ask.client_data.n > 0);
    assert_ok(wire_intent_parse(rig.intent, &intent));
    assert_int_equal(ask.n_messages, intent.n_dtbs);
    reply = (struct wire_sign_reply){ .consent_seq = ++rig.seq, .signed_at = rig.now };
    reply.outcome_seq = ++rig.seq;
    for (size_t i = 0; i < ask.n_messages; i++) {
        sg_hash(SG_SHA512, ask.messages[i], digest);
        assert_true(sg_bytes_equal(intent.dtbs[i].digest, SG_BYTES(digest)));
        reply.signatures[reply.n_signatures++] =
            di_test_sign(rig.seen, &rig.show.holder, ask.messages[i]);
    }
    wire_sign_reply_encode(buf, id, &reply);
    rig.n_sign++;
    send_buf(fd, buf);
}

static void
cancel(int fd, struct sg_buf *buf, uint64_t id, sg_bytes body)
{
    struct wire_intent_cancel ask;
    assert_ok(wire_intent_cancel_parse(body, &ask));
    struct wire_noted noted = { .seq = 0 };
    wire_noted_encode(buf, WIRE_INTENT_CANCEL, id, &noted);
    rig.n_cancel++;
    rig.n_refused_cancel += ask.reason == WIRE_CANCEL_REFUSED;
    send_buf(fd, buf);
}

/* ---- the courier ------------------------------------------------------------------------------------------ */

static void
statuses(int fd, struct sg_buf *buf, uint64_t id, sg_bytes body)
{
    static struct wire_status_ask ask;
    static struct wire_status_ask_reply reply;
    static const uint8_t evidence[32] = { 7 };
    assert_ok(wire_status_ask_parse(body, &ask));
    reply = (struct wire_status_ask_reply){ .n_verdicts = ask.n_refs };
    for (size_t i = 0; i < ask.n_refs; i++) {
        bool unknown = rig.verdict == WIRE_UNKNOWN;
        reply.verdicts[i] = (struct wire_status_verdict){ .verdict = rig.verdict,
            .value = rig.status_value,
            .evidence = unknown ? SG_NO_BYTES : SG_BYTES(evidence),
            .fetched_at_ms = rig.now * 1000,
            .good_until_ms = rig.now * 1000 + 60000,
            .code = unknown ? SG_E_FETCH : 0 };
    }
    wire_status_ask_reply_encode(buf, id, &reply);
    rig.n_status++;
    send_buf(fd, buf);
}

static void
deliver(int fd, struct sg_buf *buf, uint64_t id, sg_bytes body)
{
    struct wire_deliver ask;
    assert_ok(wire_deliver_parse(body, &ask));
    assert_ok(sg_arena_str(rig.seen, sg_bytes_str(ask.form), &rig.form));
    assert_ok(sg_arena_str(rig.seen, ask.url, &rig.url));
    struct wire_deliver_reply reply = { .status = rig.deliver_status,
        .content_type = SG_LIT("application/json"),
        .body = sg_str_bytes(sg_cstr(rig.deliver_body)) };
    wire_deliver_reply_encode(buf, id, &reply);
    rig.n_deliver++;
    send_buf(fd, buf);
}

static void
speak(int fd, const struct wire_frame *frame)
{
    struct sg_buf buf = sg_buf_new(rig.seen, 4096, WIRE_FRAME_MAX);
    switch (frame->type) {
    case WIRE_HELLO:
        answer_hello(fd, &buf, frame->request_id);
        return;
    case WIRE_PERSON_INFO:
        person_info(fd, &buf, frame->request_id);
        return;
    case WIRE_KEY_INFO:
        key_info(fd, &buf, frame->request_id, frame->body);
        return;
    case WIRE_INTENT_OPEN:
        intent_open(fd, &buf, frame->request_id, frame->body);
        return;
    case WIRE_SIGN:
        sign(fd, &buf, frame->request_id, frame->body);
        return;
    case WIRE_INTENT_CANCEL:
        cancel(fd, &buf, frame->request_id, frame->body);
        return;
    case WIRE_STATUS_ASK:
        statuses(fd, &buf, frame->request_id, frame->body);
        return;
    case WIRE_DELIVER:
        deliver(fd, &buf, frame->request_id, frame->body);
        return;
    default:
        abort();
    }
}

static void *
other_main(void *context)
{
    struct other *other = context;
    uint8_t *packet = malloc(WIRE_FRAME_MAX);
    assert_non_null(packet);
    for (;;) {
        struct wire_frame frame;
        ssize_t n = recv(other->fd, packet, WIRE_FRAME_MAX, 0);
        if (n <= 0 || !sg_ok(wire_frame_parse(sg_bytes_of(packet, (size_t)n), &frame))) {
            break;
        }
        pthread_mutex_lock(&rig.lock);
        speak(other->fd, &frame);
        pthread_cond_broadcast(&rig.told);
        pthread_mutex_unlock(&rig.lock);
    }
    free(packet);
    return NULL;
}

static void
connect_peer(struct other *other, const char *name, struct peer **ret)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    other->fd = fds[1];
    assert_int_equal(pthread_create(&other->thread, NULL, other_main, other), 0);
    struct peer_settings settings = {
        .fd = fds[0], .role = "gateway", .environment = "test", .name = name
    };
    assert_ok(peer_open(&settings, ret));
    assert_ok(peer_start(*ret, 5000));
}

/* ---- set-up -------------------------------------------------------------------------------------------------- */

void
rig_open(const struct flow_questions_settings *change)
{
    char file[FLOW_FILE_MAX];
    struct flow_questions_settings settings =
        change == NULL ? flow_questions_settings_default() : *change;
    settings.base = SG_LIT(RIG_BASE);
    settings.rp_id = SG_LIT("sealgate.example");
    assert_ok(flow_questions_open(
        &settings, &rig.flow, rig.store, rig.signer, rig.courier, NULL, file, &rig.questions));
    assert_ok(flow_questions_start(rig.questions));
}

int
rig_setup(void **state)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)512 * 1024 * 1024);
    (void)state;
    rig = (struct rig){ .arena = arena,
        .now = time(NULL),
        .seen = sg_arena_new(0, (size_t)64 * 1024 * 1024),
        .person_state = WIRE_PERSON_ACTIVE,
        .key_state = WIRE_KEY_ACTIVE,
        .verdict = WIRE_GOOD,
        .deliver_status = 200,
        .deliver_body = "{\"redirect_uri\":\"https://verifier.example/thanks#1\"}",
        .person = { 0xa1, 2, 3 } };
    pthread_mutex_init(&rig.lock, NULL);
    pthread_cond_init(&rig.told, NULL);
    show_rig_init(arena, JOSE_ED25519, rig.now, &rig.show);
    rig.flow.contexts.set = rig.show.contexts;
    rig.folder = support_mkdir(arena);
    snprintf(rig.store_path, sizeof(rig.store_path), "%s/store.db", rig.folder);
    snprintf(rig.key_path, sizeof(rig.key_path), "%s/holder.key", rig.folder);
    assert_ok(store_open(rig.store_path, "test", &rig.store, NULL));
    assert_ok(store_vault_open(rig.store, rig.key_path, NULL));
    assert_ok(store_start(rig.store));
    assert_ok(store_account_make(rig.store, rig.person, rig.now));
    connect_peer(&rig.signer_end, "signer", &rig.signer);
    connect_peer(&rig.courier_end, "courier", &rig.courier);
    rig_open(NULL);
    return 0;
}

int
rig_teardown(void **state)
{
    (void)state;
    flow_questions_close(&rig.questions);
    peer_close(&rig.signer);
    peer_close(&rig.courier);
    pthread_join(rig.signer_end.thread, NULL);
    pthread_join(rig.courier_end.thread, NULL);
    close(rig.signer_end.fd);
    close(rig.courier_end.fd);
    store_close(&rig.store);
    support_rmdir(rig.folder);
    show_rig_done(&rig.show);
    sg_arena_free(&rig.seen);
    sg_arena_free(&rig.arena);
    pthread_mutex_destroy(&rig.lock);
    pthread_cond_destroy(&rig.told);
    return 0;
}

static sg_str
quoted(const char *text)
{
    sg_str copy;
    assert_ok(sg_arena_str(rig.arena, sg_cstr(text), &copy));
    for (size_t i = 0; i < copy.n; i++) {
        if (copy.p[i] == '\'') {
            ((char *)(uintptr_t)copy.p)[i] = '"';
        }
    }
    return copy;
}

sg_str
rig_request(const char *dcql, const char *more)
{
    static unsigned nonces;
    sg_str query = quoted(dcql), rest = quoted(more), text;
    assert_ok(sg_arena_printf(rig.arena, &text,
        "{\"client_id\":\"redirect_uri:" RIG_VERIFIER "\",\"response_uri\":\"" RIG_VERIFIER
        "\",\"response_type\":\"vp_token\",\"response_mode\":\"direct_post\","
        "\"nonce\":\"nonce-0123456789-%u\",\"state\":\"st-1\",\"dcql_query\":%.*s,"
        "\"client_metadata\":{\"client_name\":\"Example Shop\",\"vp_formats_supported\":{"
        "\"dc+sd-jwt\":{},\"ldp_vc\":{},\"mso_mdoc\":{}}}%.*s}",
        nonces++, SG_PRINT(query), SG_PRINT(rest)));
    return text;
}

void
rig_hold(sg_str format, sg_str value)
{
    struct store_held held = { .added_at = rig.now,
        .format = format,
        .configuration = SG_LIT("test"),
        .credential = sg_str_bytes(value) };
    uint8_t id[STORE_HELD_ID_LEN];
    assert_ok(jwk_thumbprint(rig.arena, &rig.show.holder.jwk, held.key));
    assert_ok(store_held_add(rig.store, rig.person, &held, id));
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static sg_str
kept(sg_str text)
{
    sg_str copy = SG_NO_STR;
    assert_ok(sg_arena_str(rig.seen, text, &copy));
    return copy;
}

static sg_bytes
kept_bytes(sg_bytes bytes)
{
    return sg_str_bytes(kept(sg_bytes_str(bytes)));
}

static void
note(const struct flow_question *q)
{
    rig.state = q->state;
    memcpy(rig.id, q->id.p, FLOW_QUESTION_ID_LEN);
    rig.text = kept(q->text);
    rig.openings = kept(q->openings);
    rig.vp_token = kept(q->vp_token);
    rig.redirect_uri = kept(q->redirect_uri);
    rig.question_intent = kept_bytes(q->intent);
    rig.nonce = kept_bytes(q->nonce);
    rig.challenge = kept_bytes(q->challenge);
    rig.n_queries = q->n_queries;
    rig.n_evidence = q->n_evidence;
    rig.n_proofs = q->n_proofs;
    rig.proof = q->n_proofs > 0 ? kept(q->proofs[0]) : SG_NO_STR;
    rig.consent_seq = q->consent_seq;
    rig.n_passkeys = q->n_passkeys;
    rig.n_candidates = q->n_queries > 0 ? q->queries[0].n : 0;
    rig.reason = rig.n_candidates > 0 ? q->queries[0].credentials[0].reason : NULL;
    if (q->n_evidence > 0) {
        memcpy(rig.evidence, q->evidence[0].p, 64);
    }
}

void
rig_done(void *context, sg_result r, const struct flow_question *question)
{
    (void)context;
    pthread_mutex_lock(&rig.lock);
    rig.result = r;
    if (question != NULL) {
        note(question);
    }
    rig.answered = true;
    pthread_cond_broadcast(&rig.told);
    pthread_mutex_unlock(&rig.lock);
}

sg_result
rig_wait_answer(void)
{
    pthread_mutex_lock(&rig.lock);
    while (!rig.answered) {
        pthread_cond_wait(&rig.told, &rig.lock);
    }
    rig.answered = false;
    pthread_mutex_unlock(&rig.lock);
    return rig.result;
}

void
rig_wait(const unsigned *counter, unsigned n)
{
    pthread_mutex_lock(&rig.lock);
    while (*counter < n) {
        pthread_cond_wait(&rig.told, &rig.lock);
    }
    pthread_mutex_unlock(&rig.lock);
}

sg_result
rig_start(sg_str request, bool deliver_it)
{
    struct flow_present_in in = { .person = rig.person,
        .request = request,
        .deliver = deliver_it,
        .language = CONSENT_EN,
        .now = rig.now };
    flow_present_start(rig.questions, rig.arena, &in, NULL, rig_done, NULL);
    return rig_wait_answer();
}

sg_result
rig_approve(void)
{
    struct flow_assertion assertion = { .passkey = sg_str_bytes(SG_LIT("passkey-1")),
        .client_data = sg_str_bytes(SG_LIT("{}")),
        .authenticator_data = sg_str_bytes(SG_LIT("0123456789012345678901234567890123456")),
        .signature = sg_str_bytes(SG_LIT("signature")) };
    flow_question_approve(
        rig.questions, rig.person, sg_cstr(rig.id), &assertion, NULL, 0, rig.now, rig_done, NULL);
    return rig_wait_answer();
}

sg_result
rig_refuse(void)
{
    flow_question_refuse(rig.questions, rig.person, sg_cstr(rig.id), rig.now, rig_done, NULL);
    return rig_wait_answer();
}

sg_result
rig_get(void)
{
    flow_question_get(rig.questions, rig.person, sg_cstr(rig.id), rig.now, rig_done, NULL);
    return rig_wait_answer();
}

sg_result
rig_select(const struct flow_choice *choices, size_t n, enum consent_language language)
{
    flow_present_select(
        rig.questions, rig.person, sg_cstr(rig.id), choices, n, language, rig.now, rig_done, NULL);
    return rig_wait_answer();
}

sg_result
rig_prove(const struct flow_prove_in *in)
{
    flow_proofs_start(rig.questions, rig.arena, in, NULL, rig_done, NULL);
    return rig_wait_answer();
}
