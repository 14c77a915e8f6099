/* formats/sdjwt: what a verifier refuses. RFC 9901 sections 7 and 8, checklist sections 3 and "Traps" (req: FMT-1). */
#include "sdjwt_make.h"

#define SALT "\"abcdefghijklmnopqrstuv\""

static void
test_undisclosed_claims_go_and_emptied_objects_stay(void **state)
{
    sg_str a = disclosure(state, "[" SALT ",\"city\",\"K\"]");
    sg_str payload = format(state,
        "{\"_sd_alg\":\"sha-256\",\"address\":{\"_sd\":[\"%s\"]},\"n\":[{\"...\":\"%s\"},1],\"_"
        "sd\":[]}",
        digest(state, a), digest(state, disclosure(state, "[" SALT ",2]")));
    struct sdjwt sd = made(state, payload, NULL, 0);
    const struct sjson *processed;
    assert_ok(sdjwt_process(*state, &sd, &processed));
    assert_true(sjson_equal(processed, json_of(state, "{\"address\":{},\"n\":[1]}")));
    sd = made(state, payload, &a, 1);
    assert_ok(sdjwt_process(*state, &sd, &processed));
    assert_true(sjson_equal(processed, json_of(state, "{\"address\":{\"city\":\"K\"},\"n\":[1]}")));
}

/* Trap 7: the text of a value stays what the issuer wrote. */
static void
test_values_keep_their_text(void **state)
{
    sg_str a = disclosure(state, "[" SALT ", \"n\",  1.10 ]");
    sg_str payload = format(state, "{\"_sd\":[\"%s\"]}", digest(state, a));
    struct sdjwt sd = made(state, payload, &a, 1);
    const struct sjson *processed;
    assert_ok(sdjwt_process(*state, &sd, &processed));
    assert_str_is(sjson_get(processed, "n")->text, "1.10");
}

static void
test_a_digest_may_occur_once(void **state)
{
    sg_str inner = disclosure(state, "[" SALT ",\"x\",1]");
    const char *d = digest(state, inner);
    sg_str outer = disclosure(state, format(state, "[" SALT ",\"o\",{\"_sd\":[\"%s\"]}]", d).p);
    sg_str both[] = { inner, outer };
    sg_str twice[] = { inner, inner };
    /* in one array, in two objects, in an array and an object, without any disclosure */
    assert_refused(
        processing(state, format(state, "{\"_sd\":[\"%s\",\"%s\"]}", d, d), &inner, 1), DUPLICATE);
    assert_refused(
        processing(state, format(state, "{\"_sd\":[\"%s\",\"%s\"]}", d, d), NULL, 0), DUPLICATE);
    assert_refused(processing(state,
                       format(state, "{\"_sd\":[\"%s\"],\"a\":{\"_sd\":[\"%s\"]}}", d, d), NULL, 0),
        DUPLICATE);
    assert_refused(processing(state,
                       format(state, "{\"_sd\":[\"%s\"],\"a\":[{\"...\":\"%s\"}]}", d, d), NULL, 0),
        DUPLICATE);
    /* in the payload and in a disclosure */
    assert_refused(
        processing(state,
            format(state, "{\"_sd\":[\"%s\"],\"p\":{\"_sd\":[\"%s\"]}}", digest(state, outer), d),
            both, 2),
        DUPLICATE);
    /* one disclosure handed in twice */
    assert_refused(processing(state, format(state, "{\"_sd\":[\"%s\"]}", d), twice, 2), DUPLICATE);
}

static void
test_every_disclosure_must_be_referenced(void **state)
{
    sg_str inner = disclosure(state, "[" SALT ",\"x\",1]");
    sg_str outer = disclosure(
        state, format(state, "[" SALT ",\"o\",{\"_sd\":[\"%s\"]}]", digest(state, inner)).p);
    sg_str both[] = { inner, outer };
    sg_str payload = format(state, "{\"_sd\":[\"%s\"]}", digest(state, outer));
    assert_ok(processing(state, payload, both, 2));
    assert_refused(processing(state, payload, &inner, 1), DISCLOSURE); /* its parent is not there */
    assert_refused(processing(state, SG_LIT("{}"), &inner, 1), DISCLOSURE);
    /* trap 1: the digest of the decoded JSON is not its digest */
    assert_refused(
        processing(state,
            format(state, "{\"_sd\":[\"%s\"]}", digest(state, SG_LIT("[" SALT ",\"x\",1]"))),
            &inner, 1),
        DISCLOSURE);
}

static void
test_members_and_elements_are_not_exchanged(void **state)
{
    sg_str member = disclosure(state, "[" SALT ",\"x\",1]");
    sg_str element = disclosure(state, "[" SALT ",1]");
    assert_refused(
        processing(state, format(state, "{\"_sd\":[\"%s\"]}", digest(state, element)), &element, 1),
        DISCLOSURE);
    assert_refused(
        processing(
            state, format(state, "{\"n\":[{\"...\":\"%s\"}]}", digest(state, member)), &member, 1),
        DISCLOSURE);
}

/* Trap 5: a disclosure cannot override what is there. */
static void
test_no_name_comes_twice(void **state)
{
    sg_str iss = disclosure(state, "[" SALT ",\"iss\",\"evil\"]");
    sg_str one = disclosure(state, "[\"s1\",\"x\",1]");
    sg_str two = disclosure(state, "[\"s2\",\"x\",2]");
    sg_str both[] = { one, two };
    const char *d = digest(state, iss);
    assert_refused(
        processing(state, format(state, "{\"iss\":\"good\",\"_sd\":[\"%s\"]}", d), &iss, 1),
        DISCLOSURE);
    assert_refused(
        processing(state, format(state, "{\"_sd\":[\"%s\"],\"iss\":\"good\"}", d), &iss, 1),
        DISCLOSURE);
    assert_refused(
        processing(state,
            format(state, "{\"_sd\":[\"%s\",\"%s\"]}", digest(state, one), digest(state, two)),
            both, 2),
        DUPLICATE);
}

/* Trap 6, and the other places where the reserved names may not be. */
static void
test_reserved_names_elsewhere_are_refused(void **state)
{
    static const char *const bad[] = {
        "{\"a\":{\"_sd_alg\":\"sha-256\"}}",
        "{\"a\":[{\"_sd_alg\":\"sha-256\"}]}",
        "{\"...\":\"x\"}",
        "{\"a\":{\"...\":\"x\"}}",
        "{\"a\":[{\"...\":\"x\",\"b\":1}]}",
        "{\"a\":[{\"...\":1}]}",
        "{\"_sd\":\"x\"}",
        "{\"_sd\":[1]}",
        "{\"_sd\":{}}",
        "{\"a\":{\"_sd\":null}}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(processing(state, sg_cstr(bad[i]), NULL, 0), DISCLOSURE);
    }
    sg_str a = disclosure(state, "[" SALT ",\"o\",{\"_sd_alg\":\"sha-256\"}]");
    assert_refused(processing(state, format(state, "{\"_sd\":[\"%s\"]}", digest(state, a)), &a, 1),
        DISCLOSURE);
}

/* Trap 8: disclosures nested in disclosures are counted as depth. */
static void
test_depth_is_bounded_through_disclosures(void **state)
{
    enum { N = SDJWT_DEPTH_MAX + 2 };
    sg_str chain[N];
    chain[0] = disclosure(state, "[" SALT ",\"x\",{}]");
    for (size_t i = 1; i < N; i++) {
        chain[i] = disclosure(state,
            format(state, "[" SALT ",\"x\",{\"_sd\":[\"%s\"]}]", digest(state, chain[i - 1])).p);
    }
    assert_refused(processing(state,
                       format(state, "{\"_sd\":[\"%s\"]}", digest(state, chain[N - 1])), chain, N),
        DEPTH);
    assert_ok(
        processing(state, format(state, "{\"_sd\":[\"%s\"]}", digest(state, chain[9])), chain, 10));
}

/* ---- taking apart -------------------------------------------------------------------------------- */

static sg_result
parsing(void **state, const char *payload, const char *tail)
{
    struct sdjwt sd;
    sg_str input;
    assert_ok(jws_signing_input(
        *state, SG_LIT("{\"alg\":\"ES256\"}"), sg_str_bytes(sg_cstr(payload)), &input));
    return sdjwt_parse(*state, format(state, "%.*s.AAAA%s", SG_PRINT(input), tail), &sd);
}

static void
test_disclosures_of_other_shapes_are_refused(void **state)
{
    static const char *const bad[] = { "[\"s\"]", "[\"s\",\"n\",1,2]", "[1,\"n\",1]", "[\"s\",1,1]",
        "{\"s\":1}", "\"s\"", "[]", "[\"s\",\"_sd\",1]", "[\"s\",\"...\",1]",
        "[\"s\",\"_sd_alg\",1]", "[null,1]" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sg_str d = disclosure(state, bad[i]);
        assert_refused(parsing(state, "{}", format(state, "~%.*s~", SG_PRINT(d)).p), DISCLOSURE);
    }
    /* trap 7: strict JSON inside */
    sg_str twice = disclosure(state, "[\"s\",\"n\",{\"a\":1,\"a\":2}]");
    assert_refused(parsing(state, "{}", format(state, "~%.*s~", SG_PRINT(twice)).p), DUPLICATE);
    sg_str utf8 = disclosure(state, "[\"s\",\"n\",\"\xC3\x28\"]");
    assert_refused(parsing(state, "{}", format(state, "~%.*s~", SG_PRINT(utf8)).p), ENCODING);
    sg_str cut = disclosure(state, "[\"s\",\"n\",1] x");
    assert_refused(parsing(state, "{}", format(state, "~%.*s~", SG_PRINT(cut)).p), MALFORMED);
}

/* Trap 2: without a tilde it is a JWT, not an SD-JWT. */
static void
test_tildes(void **state)
{
    assert_refused(parsing(state, "{}", ""), MALFORMED);
    assert_refused(parsing(state, "{}", "~~"), MALFORMED);
    assert_refused(parsing(state, "{}", "~WzFd=~"), ENCODING);
    assert_refused(parsing(state, "{}", "~a.b"), MALFORMED); /* a KB-JWT that is none */
    assert_ok(parsing(state, "{}", "~"));
}

static void
test_hash_names(void **state)
{
    assert_ok(parsing(state, "{\"_sd_alg\":\"sha-512\"}", "~"));
    assert_refused(parsing(state, "{\"_sd_alg\":\"SHA-256\"}", "~"), ALGORITHM);
    assert_refused(parsing(state, "{\"_sd_alg\":\"md5\"}", "~"), ALGORITHM);
    assert_refused(parsing(state, "{\"_sd_alg\":1}", "~"), TYPE);
    assert_refused(parsing(state, "[]", "~"), TYPE);
}

static void
test_too_many_disclosures(void **state)
{
    char *tail = sg_arena_alloc(*state, 2 * (SDJWT_DISCLOSURES_MAX + 2) + 1);
    for (size_t i = 0; i < SDJWT_DISCLOSURES_MAX + 1; i++) {
        memcpy(tail + 2 * i, "~A", 2);
    }
    tail[2 * (SDJWT_DISCLOSURES_MAX + 1)] = '~';
    struct sdjwt sd;
    sg_str text;
    assert_ok(sg_arena_printf(*state, &text, "a.b.c%s", tail));
    assert_refused(sdjwt_parse(*state, text, &sd), TOO_LARGE);
}

static void
test_json_serialisation_cannot_smuggle(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\"}",
        "{\"payload\":\"e30~A\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\"}",
        "{\"payload\":\"e30.AAAA\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\"}",
        "{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\","
        "\"header\":{\"disclosures\":[\"WzFd~WzJd\"]}}",
        "{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\","
        "\"header\":{\"disclosures\":\"WzFd\"}}",
        "{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\","
        "\"header\":{\"kb_jwt\":\"a~b.c.d\"}}",
        "{\"payload\":\"e30\",\"signatures\":[]}",
        "{\"payload\":\"e30\",\"signature\":\"AAAA\",\"signatures\":[{\"protected\":"
        "\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\"}]}",
        "{\"payload\":\"e30\",\"signatures\":[{\"protected\":\"eyJhbGciOiJFUzI1NiJ9\","
        "\"signature\":\"AAAA\"},{\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\","
        "\"header\":{\"disclosures\":[]}}]}",
    };
    struct sdjwt sd;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(sdjwt_parse_json(*state, json_of(state, bad[i]), &sd), MALFORMED);
    }
    assert_ok(sdjwt_parse_json(*state,
        json_of(state,
            "{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"AAAA\"}"),
        &sd));
    assert_str_is(sd.presented, "eyJhbGciOiJFUzI1NiJ9.e30.AAAA~");
}

/* ---- the holder's choice ------------------------------------------------------------------------- */

static void
test_selection_must_be_reachable_and_single(void **state)
{
    sg_str inner = disclosure(state, "[" SALT ",\"x\",1]");
    sg_str outer = disclosure(
        state, format(state, "[" SALT ",\"o\",{\"_sd\":[\"%s\"]}]", digest(state, inner)).p);
    sg_str both[] = { inner, outer };
    struct sdjwt sd =
        made(state, format(state, "{\"_sd\":[\"%s\"]}", digest(state, outer)), both, 2);
    sg_str text;
    sd.jwt.compact = SG_LIT("h.p.s");
    assert_refused(sdjwt_select(*state, &sd, (const size_t[]){ 0 }, 1, &text), DISCLOSURE);
    assert_refused(sdjwt_select(*state, &sd, (const size_t[]){ 1, 1 }, 2, &text), DISCLOSURE);
    assert_refused(sdjwt_select(*state, &sd, (const size_t[]){ 2 }, 1, &text), DISCLOSURE);
    assert_ok(sdjwt_select(*state, &sd, (const size_t[]){ 1, 0 }, 2, &text));
    assert_true(
        sg_str_equal(text, format(state, "h.p.s~%.*s~%.*s~", SG_PRINT(outer), SG_PRINT(inner))));
    assert_ok(sdjwt_select(*state, &sd, NULL, 0, &text));
    assert_str_is(text, "h.p.s~");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undisclosed_claims_go_and_emptied_objects_stay),
        cmocka_unit_test(test_values_keep_their_text),
        cmocka_unit_test(test_a_digest_may_occur_once),
        cmocka_unit_test(test_every_disclosure_must_be_referenced),
        cmocka_unit_test(test_members_and_elements_are_not_exchanged),
        cmocka_unit_test(test_no_name_comes_twice),
        cmocka_unit_test(test_reserved_names_elsewhere_are_refused),
        cmocka_unit_test(test_depth_is_bounded_through_disclosures),
        cmocka_unit_test(test_disclosures_of_other_shapes_are_refused),
        cmocka_unit_test(test_tildes),
        cmocka_unit_test(test_hash_names),
        cmocka_unit_test(test_too_many_disclosures),
        cmocka_unit_test(test_json_serialisation_cannot_smuggle),
        cmocka_unit_test(test_selection_must_be_reachable_and_single),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
