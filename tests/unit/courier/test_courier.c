/* The courier and its web: what is asked for, trusted, kept and refused (req: STA-3, NET-3). */
#include "courier_bed.h"

/* ---- tests ----------------------------------------------------------------------------------------- */

static void
test_good_revoked_suspended_and_beyond(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/1");
    sg_str token = good_token(uri);
    struct route *r = route("/status/pinned/1", M_BODY, token);
    uint8_t sha256[SG_SHA256_LEN];
    sg_sha256(sg_str_bytes(token), sha256);

    struct wire_status_verdict v = ask_one(uri, 0);
    assert_int_equal(v.verdict, WIRE_GOOD);
    assert_int_equal(v.value, TSL_VALID);
    assert_true(sg_bytes_equal(v.evidence, SG_BYTES(sha256)));
    assert_in_range(v.good_until_ms - v.fetched_at_ms, 60000, 60000);
    assert_in_range(v.fetched_at_ms, (now_s() - 5) * 1000, (now_s() + 1) * 1000);
    v = ask_one(uri, 1);
    assert_int_equal(v.verdict, WIRE_BAD);
    assert_int_equal(v.value, TSL_INVALID);
    v = ask_one(uri, 2);
    assert_int_equal(v.verdict, WIRE_BAD);
    assert_int_equal(v.value, TSL_SUSPENDED);
    assert_int_equal(ask_one(uri, 3).verdict, WIRE_BAD); /* application specific: not good */
    v = ask_one(uri, 4);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_NOT_FOUND);
    assert_int_equal(r->hits, 1); /* one fetch for all */
}

static void
test_evidence_is_kept_by_hash(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/1");
    sg_str token = good_token(uri);
    route("/status/pinned/1", M_BODY, token);
    struct wire_status_verdict v = ask_one(uri, 0);
    char hex[2 * SG_SHA256_LEN + 1] = "";
    char path[4300];
    assert_int_equal(v.evidence.n, SG_SHA256_LEN);
    sg_hex_to(v.evidence, hex);
    (void)snprintf(path, sizeof(path), "%s/courier/cache/%s", c.dir, hex);
    sg_bytes kept = support_file(c.arena, path);
    assert_true(sg_bytes_equal(kept, sg_str_bytes(token)));
}

/* A verdict whose evidence cannot be kept does not leave. */
static void
test_no_evidence_no_verdict(void **state)
{
    (void)state;
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/courier/cache", c.dir);
    assert_int_equal(rmdir(path), 0);
    sg_str uri = url("/status/pinned/1");
    route("/status/pinned/1", M_BODY, good_token(uri));
    assert_unknown(uri, SG_E_STORE_DOWN);
}

static void
test_bad_times_and_names(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/expired");
    route("/status/pinned/expired", M_BODY, pinned_token(uri, now_s() - 100, now_s() - 1, 60));
    assert_unknown(uri, SG_E_EXPIRED);
    uri = url("/status/pinned/future");
    route("/status/pinned/future", M_BODY, pinned_token(uri, now_s() + 300, now_s() + 900, 60));
    assert_unknown(uri, SG_E_NOT_YET);
    uri = url("/status/pinned/sub");
    route("/status/pinned/sub", M_BODY, good_token(url("/status/pinned/sub/")));
    assert_unknown(uri, SG_E_VALUE);
    uri = url("/status/pinned/ttl");
    route("/status/pinned/ttl", M_BODY, pinned_token(uri, now_s(), now_s() + 600, -5));
    assert_unknown(uri, SG_E_VALUE);
}

static void
test_wrong_signer_and_typ(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/signer");
    sg_bytes claims = status_claims(c.arena, uri, now_s(), now_s() + 600, 60, 2, SG_BYTES(RAW));
    sg_str stranger_header = status_header_jwk(c.arena, &c.stranger, TSL_TYP);
    route(
        "/status/pinned/signer", M_BODY, status_jws(c.arena, &c.stranger, stranger_header, claims));
    assert_unknown(uri, SG_E_ISSUER);

    /* the right key named, another one signing */
    uri = url("/status/pinned/forged");
    claims = status_claims(c.arena, uri, now_s(), now_s() + 600, 60, 2, SG_BYTES(RAW));
    route("/status/pinned/forged", M_BODY,
        status_jws(c.arena, &c.stranger, status_header_jwk(c.arena, &c.pinned, TSL_TYP), claims));
    assert_unknown(uri, SG_E_SIGNATURE);

    uri = url("/status/pinned/typ");
    claims = status_claims(c.arena, uri, now_s(), now_s() + 600, 60, 2, SG_BYTES(RAW));
    route("/status/pinned/typ", M_BODY,
        status_jws(c.arena, &c.pinned, status_header_jwk(c.arena, &c.pinned, "JWT"), claims));
    assert_unknown(uri, SG_E_TYPE);
}

static void
test_certificates(void **state)
{
    (void)state;
    struct status_cert good = { "lists", "root", false, -600, 600 };
    struct status_cert old = { "lists", "root", false, -600, -10 };
    sg_bytes cert = status_cert(c.arena, &c.leaf, &c.root, &good);
    sg_str uri = url("/status/x5c/good");
    route("/status/x5c/good", M_BODY, x5c_token(uri, &c.leaf, cert));
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);

    uri = url("/status/x5c/expired");
    route("/status/x5c/expired", M_BODY,
        x5c_token(uri, &c.leaf, status_cert(c.arena, &c.leaf, &c.root, &old)));
    assert_unknown(uri, SG_E_EXPIRED);

    /* the same names, another root */
    uri = url("/status/x5c/stranger");
    route("/status/x5c/stranger", M_BODY,
        x5c_token(uri, &c.leaf, status_cert(c.arena, &c.leaf, &c.stranger, &good)));
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_UNKNOWN);

    uri = url("/status/x5c/otherkey");
    route("/status/x5c/otherkey", M_BODY, x5c_token(uri, &c.stranger, cert));
    assert_unknown(uri, SG_E_SIGNATURE);

    /* the root itself signs a list: certificates are its business (HAIP) */
    uri = url("/status/x5c/root");
    route("/status/x5c/root", M_BODY, x5c_token(uri, &c.root, c.root_der));
    assert_unknown(uri, SG_E_ISSUER);

    /* no key in the token, and none named for this URI */
    uri = url("/status/x5c/jwk");
    route("/status/x5c/jwk", M_BODY, good_token(uri));
    assert_unknown(uri, SG_E_ISSUER);

    /* a key is named for this URI: a certificate of the trusted root is not enough */
    uri = url("/status/pinned/x5c");
    route("/status/pinned/x5c", M_BODY, x5c_token(uri, &c.leaf, cert));
    assert_unknown(uri, SG_E_ISSUER);
}

static void
test_zip_bomb(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/bomb");
    size_t n = 3000000; /* ten times inflated_max, 3 KB packed */
    uint8_t *zeros = sg_arena_alloc(c.arena, n);
    assert_non_null(zeros);
    sg_bytes claims =
        status_claims(c.arena, uri, now_s(), now_s() + 600, 60, 1, sg_bytes_of(zeros, n));
    route("/status/pinned/bomb", M_BODY,
        status_jws(c.arena, &c.pinned, status_header_jwk(c.arena, &c.pinned, TSL_TYP), claims));
    assert_unknown(uri, SG_E_TOO_LARGE);
}

static void
test_servers_that_misbehave(void **state)
{
    (void)state;
    route("/status/pinned/slow", M_SLOW_BODY, SG_NO_STR);
    assert_unknown(url("/status/pinned/slow"), SG_E_FETCH);
    route("/status/pinned/headers", M_ENDLESS_HEADERS, SG_NO_STR);
    assert_unknown(url("/status/pinned/headers"), SG_E_TOO_LARGE);
    route("/status/pinned/huge", M_ENDLESS_BODY, SG_NO_STR);
    assert_unknown(url("/status/pinned/huge"), SG_E_TOO_LARGE);
    route("/status/pinned/nothttp", M_NOT_HTTP, SG_NO_STR);
    assert_unknown(url("/status/pinned/nothttp"), SG_E_FETCH);
    route("/status/pinned/close", M_CLOSE, SG_NO_STR);
    assert_unknown(url("/status/pinned/close"), SG_E_FETCH);
    route_full("/status/pinned/500", M_STATUS, good_token(url("/status/pinned/500")), 500, NULL);
    assert_unknown(url("/status/pinned/500"), SG_E_FETCH);
    assert_unknown(url("/status/pinned/missing"), SG_E_FETCH);
    route("/status/pinned/garbage", M_BODY, SG_LIT("<html>hello</html>"));
    assert_unknown(url("/status/pinned/garbage"), SG_E_MALFORMED);
    route("/status/pinned/empty", M_BODY, SG_NO_STR);
    assert_unknown(url("/status/pinned/empty"), SG_E_MALFORMED);
    /* and the courier still serves */
    sg_str uri = url("/status/pinned/1");
    route("/status/pinned/1", M_BODY, good_token(uri));
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
}

static const char *
text(sg_str s)
{
    const char *z = NULL;
    assert_ok(sg_arena_cstr(c.arena, s, &z));
    return z;
}

static struct route *
redirect(const char *path, sg_str to)
{
    return route_full(path, M_REDIRECT, SG_NO_STR, 302, text(to));
}

static void
test_redirects(void **state)
{
    (void)state;
    sg_str end = url("/status/pinned/end");
    /* the token's sub is the URI in the credential, wherever it was found */
    redirect("/status/pinned/start", end);
    route("/status/pinned/end", M_BODY, good_token(url("/status/pinned/start")));
    assert_int_equal(ask_one(url("/status/pinned/start"), 0).verdict, WIRE_GOOD);

    struct route *loop = redirect("/status/pinned/loop", url("/status/pinned/loop"));
    assert_unknown(url("/status/pinned/loop"), SG_E_FETCH);
    assert_int_equal(loop->hits, 1 + COURIER_HOPS_MAX);

    redirect("/status/pinned/private", SG_LIT("https://10.0.0.1/status/1"));
    assert_unknown(url("/status/pinned/private"), SG_E_ADDRESS);
    redirect("/status/pinned/meta", SG_LIT("https://169.254.169.254/latest"));
    assert_unknown(url("/status/pinned/meta"), SG_E_ADDRESS);
    redirect("/status/pinned/loopback", SG_LIT("https://127.0.0.1:1/status/1"));
    assert_unknown(url("/status/pinned/loopback"), SG_E_ADDRESS);
    redirect("/status/pinned/six", SG_LIT("https://[::ffff:127.0.0.1]:1/"));
    assert_unknown(url("/status/pinned/six"), SG_E_ADDRESS);
    redirect("/status/pinned/name", SG_LIT("https://localhost:1/status/1"));
    assert_unknown(url("/status/pinned/name"), SG_E_ADDRESS);
    redirect("/status/pinned/http", SG_LIT("http://issuer.example/1"));
    assert_unknown(url("/status/pinned/http"), SG_E_ADDRESS);
    redirect("/status/pinned/file", SG_LIT("file:///etc/passwd"));
    assert_int_equal(ask_one(url("/status/pinned/file"), 0).verdict, WIRE_UNKNOWN);
    redirect("/status/pinned/admin", url("/v1/clients"));
    assert_unknown(url("/status/pinned/admin"), SG_E_ADDRESS);
}

static void
test_addresses_of_questions(void **state)
{
    (void)state;
    assert_unknown(SG_LIT("https://127.0.0.1:1/status/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("https://10.1.2.3/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("https://[::1]/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("https://[fe80::1]/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("https://localhost:1/1"), SG_E_ADDRESS);
    assert_unknown(
        SG_LIT("https://2130706433/1"), SG_E_ADDRESS); /* 127.0.0.1 in another spelling */
    assert_unknown(SG_LIT("https://0x7f.1/1"), SG_E_ADDRESS);
    assert_unknown(url("/v1/clients"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("http://issuer.example/1"), SG_E_ADDRESS);
    assert_unknown(SG_LIT("ftp://issuer.example/1"), SG_E_VALUE);
    assert_unknown(SG_LIT("https://user:secret@issuer.example/1"), SG_E_VALUE);
}

/* A resolver that hangs: its question is UNKNOWN in time, and nobody else waits. The program's own resolver runs behind its syscall filter. */
static void
test_slow_names_stop_nobody(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/1");
    struct timespec a;
    struct timespec b;
    struct wire_status_ask slow = { .n_refs = 1 };
    slow.refs[0] =
        (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://" SLOW_NAME "/1"), 0 };
    route("/status/pinned/1", M_BODY, good_token(uri));
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    uint64_t id = send_ask(c.gateway, &slow);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    struct wire_status_ask_reply reply = receive_reply(c.gateway, id);
    assert_int_equal(reply.verdicts[0].verdict, WIRE_UNKNOWN);
    assert_int_equal(reply.verdicts[0].code, SG_E_FETCH);
    assert_int_equal(ask_one(uri, 1).verdict, WIRE_BAD);
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    assert_in_range((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000, 0, MOST_MS);
    if (inside) {
        nap_ms(SLOW_NAME_MS); /* let the thread end before the leak checker looks */
    }
}

static void
test_many_askers_share_one_fetch(void **state)
{
    (void)state;
    enum { ASKERS = 100 };
    sg_str uri = url("/status/pinned/late");
    struct route *r = route("/status/pinned/late", M_LATE, good_token(uri));
    uint64_t ids[ASKERS];
    bool seen[ASKERS] = { false };
    for (size_t i = 0; i < ASKERS; i++) {
        struct wire_status_ask ask = { .n_refs = 2 };
        ask.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, uri, 0 };
        ask.refs[1] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, uri, 1 };
        ids[i] = send_ask(i % 2 == 0 ? c.signer : c.gateway, &ask);
    }
    for (size_t i = 0; i < ASKERS; i++) {
        struct wire_status_ask_reply reply;
        struct wire_frame frame = receive(i % 2 == 0 ? c.signer : c.gateway);
        assert_ok(wire_status_ask_reply_parse(frame.body, &reply));
        assert_in_range(frame.request_id, ids[0], ids[ASKERS - 1]);
        assert_false(seen[frame.request_id - ids[0]]);
        seen[frame.request_id - ids[0]] = true;
        assert_int_equal(reply.n_verdicts, 2);
        assert_int_equal(reply.verdicts[0].verdict, WIRE_GOOD);
        assert_int_equal(reply.verdicts[1].verdict, WIRE_BAD);
    }
    assert_int_equal(r->hits, 1);
}

static void
test_several_lists_in_one_question(void **state)
{
    (void)state;
    sg_str late = url("/status/pinned/late");
    sg_str now = url("/status/pinned/1");
    route("/status/pinned/late", M_LATE, good_token(late));
    route("/status/pinned/1", M_BODY, good_token(now));
    struct wire_status_ask ask = { .n_refs = 4 };
    ask.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, late, 1 };
    ask.refs[1] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, now, 0 };
    ask.refs[2] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, SG_LIT("https://10.0.0.1/1"), 0 };
    ask.refs[3] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, now, 2 };
    struct wire_status_ask_reply reply = receive_reply(c.signer, send_ask(c.signer, &ask));
    assert_int_equal(reply.n_verdicts, 4);
    assert_int_equal(reply.verdicts[0].verdict, WIRE_BAD);
    assert_int_equal(reply.verdicts[1].verdict, WIRE_GOOD);
    assert_int_equal(reply.verdicts[2].verdict, WIRE_UNKNOWN);
    assert_int_equal(reply.verdicts[3].verdict, WIRE_BAD);
    assert_false(sg_bytes_equal(reply.verdicts[0].evidence, reply.verdicts[1].evidence));
}

static void
test_not_before_wants_a_newer_look(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/etag");
    struct route *r = route("/status/pinned/etag", M_ETAG, good_token(uri));
    struct wire_status_verdict first = ask_one(uri, 0);
    assert_int_equal(first.verdict, WIRE_GOOD);
    int64_t want = first.fetched_at_ms / 1000 + 1;
    while (now_s() < want) {
        nap_ms(20);
    }
    struct wire_status_verdict second = ask_at(uri, 0, want);
    assert_int_equal(second.verdict, WIRE_GOOD);
    assert_true(second.fetched_at_ms >= want * 1000);
    assert_int_equal(r->hits, 2);
    assert_int_equal(r->conditional, 1); /* and it cost no body */
    assert_int_equal(ask_one(uri, 0).fetched_at_ms, second.fetched_at_ms);
    assert_int_equal(r->hits, 2);
    struct wire_status_verdict v = ask_at(uri, 0, now_s() + 3600);
    assert_int_equal(v.verdict, WIRE_UNKNOWN);
    assert_int_equal(v.code, SG_E_CLOCK);
}

/* A gesture's question: what was seen earlier in the same second is no answer. req: SIG-2 */
static void
test_not_before_to_the_millisecond(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/moment");
    struct route *r = route("/status/pinned/moment", M_ETAG, good_token(uri));
    struct wire_status_verdict first = ask_one(uri, 0);
    nap_ms(3);
    int64_t want = first.fetched_at_ms + 2;
    struct wire_status_ask ask = {
        .n_refs = 1, .not_before = want / 1000, .plus_ms = (uint64_t)(want % 1000)
    };
    ask.refs[0] = (struct wire_ref){ WIRE_REF_TOKEN_STATUS_LIST, uri, 0 };
    struct wire_status_ask_reply reply = receive_reply(c.signer, send_ask(c.signer, &ask));
    assert_int_equal(reply.verdicts[0].verdict, WIRE_GOOD);
    assert_true(reply.verdicts[0].fetched_at_ms >= want);
    assert_int_equal(r->hits, 2);
    /* and of the second alone what is there will do */
    assert_int_equal(ask_at(uri, 0, want / 1000).verdict, WIRE_GOOD);
    assert_int_equal(r->hits, 2);
}

static void
test_server_down_cached_until_good_until(void **state)
{
    (void)state;
    sg_str uri = url("/status/pinned/down");
    struct route *r =
        route("/status/pinned/down", M_BODY, pinned_token(uri, now_s(), now_s() + 600, 1));
    struct wire_status_verdict v = ask_one(uri, 0);
    assert_int_equal(v.verdict, WIRE_GOOD);
    web.down = true;
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
    while ((int64_t)now_s() * 1000 <= v.good_until_ms) {
        nap_ms(20);
    }
    assert_unknown(uri, SG_E_FETCH);
    assert_int_equal(r->hits, 1);
    /* and it comes back by itself, after the short memory of the failure */
    web.down = false;
    assert_unknown(uri, SG_E_FETCH);
    nap_ms(COURIER_FAILED_MS + 50);
    assert_int_equal(ask_one(uri, 0).verdict, WIRE_GOOD);
}

static void
test_a_dead_server_is_not_hammered(void **state)
{
    (void)state;
    struct route *r = route("/status/pinned/dead", M_CLOSE, SG_NO_STR);
    for (int i = 0; i < 50; i++) {
        assert_unknown(url("/status/pinned/dead"), SG_E_FETCH);
    }
    assert_in_range(r->hits, 1, 3); /* libcurl itself tries a closed connection once more */
}

static void
test_older_token_does_not_take_back_a_revocation(void **state)
{
    (void)state;
    static const uint8_t before[] = { 0x00 };
    sg_str uri = url("/status/pinned/rollback");
    sg_str header = status_header_jwk(c.arena, &c.pinned, TSL_TYP);
    sg_str newer = status_jws(c.arena, &c.pinned, header,
        status_claims(c.arena, uri, now_s() - 5, now_s() + 600, 1, 2, SG_BYTES(RAW)));
    sg_str older = status_jws(c.arena, &c.pinned, header,
        status_claims(c.arena, uri, now_s() - 50, now_s() + 600, 1, 2, SG_BYTES(before)));
    route("/status/pinned/rollback", M_BODY, newer);
    struct wire_status_verdict v = ask_one(uri, 1);
    assert_int_equal(v.verdict, WIRE_BAD);
    route("/status/pinned/rollback", M_BODY, older);
    while ((int64_t)now_s() * 1000 <= v.good_until_ms) {
        nap_ms(20);
    }
    assert_unknown(uri, SG_E_REPLAY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good_revoked_suspended_and_beyond),
        TEST(test_evidence_is_kept_by_hash),
        TEST(test_no_evidence_no_verdict),
        TEST(test_bad_times_and_names),
        TEST(test_wrong_signer_and_typ),
        TEST(test_certificates),
        TEST(test_zip_bomb),
        TEST(test_servers_that_misbehave),
        TEST(test_redirects),
        TEST(test_addresses_of_questions),
        TEST(test_slow_names_stop_nobody),
        TEST(test_many_askers_share_one_fetch),
        TEST(test_several_lists_in_one_question),
        TEST(test_not_before_wants_a_newer_look),
        TEST(test_not_before_to_the_millisecond),
        TEST(test_server_down_cached_until_good_until),
        TEST(test_a_dead_server_is_not_hammered),
        TEST(test_older_token_does_not_take_back_a_revocation),
    };
    return run_everywhere(tests, sizeof(tests) / sizeof(tests[0]));
}
