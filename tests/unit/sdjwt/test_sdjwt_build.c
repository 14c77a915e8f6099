/* formats/sdjwt: what an issuer builds. RFC 9901 section 4, checklist section 1 (req: FMT-1). */
#include "sdjwt_make.h"

#define NAME(text)                                    \
    {                                                 \
        .kind = SDJWT_STEP_NAME, .name = SG_LIT(text) \
    }
#define AT(i)                                  \
    {                                          \
        .kind = SDJWT_STEP_INDEX, .index = (i) \
    }
#define ALL                    \
    {                          \
        .kind = SDJWT_STEP_ALL \
    }
#define PATH(steps)                                 \
    {                                               \
        (steps), sizeof(steps) / sizeof((steps)[0]) \
    }

static uint8_t noise[8192];

struct out {
    struct sdjwt_built built;
    size_t used;
    const struct sjson *payload;
    const struct sjson *processed;
};

static sg_result
try_build(void **state, const struct sdjwt_build *in, struct out *out)
{
    struct sdjwt_random random = { .bytes = SG_BYTES(noise) };
    for (size_t i = 0; i < sizeof(noise); i++) {
        noise[i] = (uint8_t)(i * 7 + i / 251);
    }
    sg_result r = sdjwt_build(*state, in, &random, &out->built);
    out->used = random.used;
    return r;
}

static struct out
build(void **state, const struct sdjwt_build *in)
{
    struct out out;
    struct sdjwt sd;
    size_t need;
    assert_ok(try_build(state, in, &out));
    assert_ok(sdjwt_of_built(*state, &out.built, &sd));
    assert_ok(sdjwt_process(*state, &sd, &out.processed));
    assert_ok(sdjwt_random_need(in, &need));
    assert_int_equal(need, out.used);
    out.payload = sd.payload;
    return out;
}

static sg_str
text_of(void **state, sg_str encoded)
{
    sg_bytes json;
    assert_ok(sg_b64url_decode(*state, encoded, &json));
    return sg_bytes_str(json);
}

/* noise begins 00 07 0e 15 ... ; salt and digest computed with another program */
static void
test_flat_claim_to_the_letter(void **state)
{
    static const struct sdjwt_step a[] = { NAME("a") };
    static const struct sdjwt_path sd[] = { PATH(a) };
    struct sdjwt_build in = { .claims = json_of(state, "{\"a\":\"\\u00fc\",\"b\": 1.10}"),
        .plain_members = SG_LIT("\"iss\":\"x\""),
        .sd = sd,
        .n_sd = 1,
        .hash = SG_SHA256 };
    struct out out = build(state, &in);
    assert_int_equal(out.built.n_disclosures, 1);
    assert_str_is(
        text_of(state, out.built.disclosures[0]), "[\"AAcOFRwjKjE4P0ZNVFtiaQ\",\"a\",\"\\u00fc\"]");
    assert_str_is(sg_bytes_str(out.built.payload),
        "{\"iss\":\"x\",\"b\":1.10,\"_sd\":[\"k49ZzW72pys4Z2PNi3OMp79m9mljKFzdZMelDyh3F2k\"],\"_sd_"
        "alg\":\"sha-256\"}");
}

static void
test_nothing_disclosable_leaves_no_trace_and_the_tilde(void **state)
{
    struct sdjwt_build in = { .claims = json_of(state, "{\"a\":1}"), .hash = SG_SHA384 };
    struct out out = build(state, &in);
    sg_str text;
    assert_str_is(sg_bytes_str(out.built.payload), "{\"a\":1}");
    assert_int_equal(out.built.n_disclosures, 0);
    assert_ok(sdjwt_join(*state, SG_LIT("h.p.s"), NULL, 0, &text));
    assert_str_is(text, "h.p.s~");
    in.claims = json_of(state, "{}");
    out = build(state, &in);
    assert_str_is(sg_bytes_str(out.built.payload), "{}");
}

static void
test_recursive_disclosures_inner_first(void **state)
{
    static const struct sdjwt_step outer[] = { NAME("address") };
    static const struct sdjwt_step inner[] = { NAME("address"), NAME("city") };
    static const struct sdjwt_path sd[] = { PATH(outer), PATH(inner) };
    struct sdjwt_build in = { .claims = json_of(
                                  state, "{\"address\":{\"city\":\"K\",\"country\":\"DE\"}}"),
        .sd = sd,
        .n_sd = 2,
        .hash = SG_SHA256 };
    struct out out = build(state, &in);
    assert_int_equal(out.built.n_disclosures, 2);
    sg_str first = text_of(state, out.built.disclosures[0]);
    sg_str second = text_of(state, out.built.disclosures[1]);
    assert_non_null(memmem(first.p, first.n, "\"city\",\"K\"", 10));
    const char *d = digest(state, out.built.disclosures[0]);
    assert_non_null(memmem(second.p, second.n, d, 43));
    assert_null(memmem(out.built.payload.p, out.built.payload.n, d, 43));
    assert_null(sjson_get(out.payload, "address"));
    assert_true(sjson_equal(out.processed, in.claims));
}

static void
test_structured_keeps_the_object_plain(void **state)
{
    static const struct sdjwt_step inner[] = { NAME("address"), NAME("city") };
    static const struct sdjwt_path sd[] = { PATH(inner) };
    struct sdjwt_build in = { .claims = json_of(
                                  state, "{\"address\":{\"city\":\"K\",\"country\":\"DE\"}}"),
        .sd = sd,
        .n_sd = 1,
        .hash = SG_SHA512 };
    struct out out = build(state, &in);
    const struct sjson *address = sjson_get(out.payload, "address");
    assert_true(sjson_is_text(sjson_get(address, "country"), "DE"));
    assert_int_equal(sjson_get(address, "_sd")->n, 1);
    assert_int_equal(sjson_get(address, "_sd")->first->text.n, 86);
    assert_true(sjson_is_text(sjson_get(out.payload, "_sd_alg"), "sha-512"));
    assert_null(sjson_get(out.payload, "_sd"));
    assert_true(sjson_equal(out.processed, in.claims));
}

static void
test_elements_by_position_and_all(void **state)
{
    static const struct sdjwt_step all[] = { NAME("n"), ALL };
    static const struct sdjwt_step second[] = { NAME("n"), AT(1), NAME("x") };
    static const struct sdjwt_path sd[] = { PATH(second), PATH(all) };
    struct sdjwt_build in = { .claims = json_of(state, "{\"n\":[1,{\"x\":2,\"y\":3},[4]]}"),
        .sd = sd,
        .n_sd = 2,
        .hash = SG_SHA256 };
    struct out out = build(state, &in);
    assert_int_equal(out.built.n_disclosures, 4);
    const struct sjson *n = sjson_get(out.payload, "n");
    assert_int_equal(n->n, 3);
    for (const struct sjson *e = n->first; e != NULL; e = e->next) {
        assert_int_equal(e->n, 1);
        assert_non_null(sjson_get(e, "..."));
    }
    assert_true(sjson_equal(out.processed, in.claims));
}

static void
test_one_element_leaves_the_others(void **state)
{
    static const struct sdjwt_step second[] = { NAME("n"), AT(1) };
    static const struct sdjwt_path sd[] = { PATH(second) };
    struct sdjwt_build in = {
        .claims = json_of(state, "{\"n\":[1,2,3]}"), .sd = sd, .n_sd = 1, .hash = SG_SHA256
    };
    struct out out = build(state, &in);
    const struct sjson *n = sjson_get(out.payload, "n");
    assert_str_is(n->first->text, "1");
    assert_non_null(sjson_get(n->first->next, "..."));
    assert_str_is(n->first->next->next->text, "3");
}

static void
test_digests_are_sorted_whatever_the_claims_order(void **state)
{
    struct sdjwt_step steps[26];
    struct sdjwt_path sd[26];
    char text[512] = "{";
    for (size_t i = 0; i < 26; i++) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\"%c\":%zu",
            i == 0 ? "" : ",", (char)('a' + i), i);
    }
    strcat(text, "}");
    struct sdjwt_build in = { .claims = json_of(state, text),
        .sd = sd,
        .n_sd = 26,
        .hash = SG_SHA256,
        .decoys_per_object = 5 };
    size_t i = 26;
    for (const struct sjson *m = in.claims->first; m != NULL; m = m->next) {
        i--; /* paths in another order than the claims */
        steps[i] = (struct sdjwt_step){ .kind = SDJWT_STEP_NAME, .name = m->name };
        sd[i] = (struct sdjwt_path){ &steps[i], 1 };
    }
    struct out out = build(state, &in);
    const struct sjson *list = sjson_get(out.payload, "_sd");
    assert_int_equal(list->n, 31);
    for (const struct sjson *d = list->first; d->next != NULL; d = d->next) {
        assert_true(memcmp(d->text.p, d->next->text.p, 43) < 0);
    }
    assert_true(sjson_equal(out.processed, in.claims));
}

static void
test_decoys_in_arrays_stand_anywhere_and_vanish(void **state)
{
    static const struct sdjwt_step all[] = { NAME("n"), AT(0) };
    static const struct sdjwt_path sd[] = { PATH(all) };
    struct sdjwt_build in = { .claims = json_of(state, "{\"n\":[1,2,3],\"m\":[4]}"),
        .sd = sd,
        .n_sd = 1,
        .hash = SG_SHA256,
        .decoys_per_array = 20 };
    struct out out = build(state, &in);
    const struct sjson *n = sjson_get(out.payload, "n");
    assert_int_equal(n->n, 23);
    assert_int_equal(sjson_get(out.payload, "m")->n, 1); /* nothing disclosable, nothing to hide */
    assert_true(sjson_equal(out.processed, in.claims));
    assert_non_null(sjson_get(n->first, "..."));
    assert_int_equal(out.built.n_disclosures, 1);
}

static void
test_paths_must_be_in_the_claims(void **state)
{
    static const struct sdjwt_step absent[] = { NAME("zz") };
    static const struct sdjwt_step deeper[] = { NAME("a"), NAME("b") };
    static const struct sdjwt_step beyond[] = { NAME("n"), AT(2) };
    static const struct sdjwt_step kind[] = { NAME("n"), NAME("0") };
    static const struct sdjwt_path all[] = { PATH(absent), PATH(deeper), PATH(beyond), PATH(kind),
        { NULL, 0 } };
    struct sdjwt_build in = {
        .claims = json_of(state, "{\"a\":1,\"n\":[1,2],\"e\":[]}"), .n_sd = 1, .hash = SG_SHA256
    };
    struct out out;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        in.sd = &all[i];
        assert_refused(try_build(state, &in, &out), CLAIMS);
    }
    in.sd = all;
    in.n_sd = 4;
    in.skip_absent = true;
    out = build(state, &in);
    assert_int_equal(out.built.n_disclosures, 0);
    assert_true(sjson_equal(out.payload, in.claims));
    static const struct sdjwt_step none[] = { NAME("e"), ALL };
    static const struct sdjwt_path empty[] = { PATH(none) };
    in.sd = empty;
    in.n_sd = 1;
    in.skip_absent = false;
    out = build(state, &in); /* all elements of an empty array: there are none */
    assert_int_equal(out.built.n_disclosures, 0);
}

static void
test_reserved_names_are_refused_at_any_depth(void **state)
{
    static const char *const bad[] = { "{\"_sd\":1}", "{\"...\":1}", "{\"_sd_alg\":1}",
        "{\"a\":{\"b\":[{\"_sd\":[]}]}}", "{\"a\":[[{\"...\":\"x\"}]]}",
        "{\"s\":{\"t\":{\"_sd_alg\":\"x\"}}}" };
    static const struct sdjwt_step s[] = { NAME("s") };
    static const struct sdjwt_path sd[] = { PATH(s) };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sdjwt_build in = { .claims = json_of(state, bad[i]),
            .sd = sd,
            .n_sd = 1,
            .hash = SG_SHA256,
            .skip_absent = true };
        struct out out;
        assert_refused(try_build(state, &in, &out), CLAIMS);
    }
}

static void
test_a_claim_cannot_repeat_a_plain_member(void **state)
{
    static const char *const bad[] = { "{\"iss\":\"me\"}", "{\"cnf\":{}}", "{\"a\":1,\"exp\":1}" };
    static const struct sdjwt_step s[] = { NAME("iss") };
    static const struct sdjwt_path sd[] = { PATH(s) };
    for (size_t i = 0; i < 6; i++) { /* as a plain claim and as a disclosable one */
        struct sdjwt_build in = { .claims = json_of(state, bad[i / 2]),
            .plain_members = SG_LIT("\"iss\":\"x\",\"cnf\":{\"jwk\":{}},\"\\u0065xp\":9"),
            .sd = sd,
            .n_sd = i % 2,
            .hash = SG_SHA256,
            .skip_absent = true };
        struct out out;
        assert_refused(try_build(state, &in, &out), CLAIMS);
    }
}

static void
test_random_bytes_are_never_used_twice(void **state)
{
    static const struct sdjwt_step a[] = { NAME("a") };
    static const struct sdjwt_step b[] = { NAME("b") };
    static const struct sdjwt_path sd[] = { PATH(a), PATH(b) };
    struct sdjwt_build in = {
        .claims = json_of(state, "{\"a\":1,\"b\":1}"), .sd = sd, .n_sd = 2, .hash = SG_SHA256
    };
    struct out out = build(state, &in);
    assert_int_equal(out.used, 32);
    assert_memory_not_equal(text_of(state, out.built.disclosures[0]).p + 2,
        text_of(state, out.built.disclosures[1]).p + 2, 22);
    struct sdjwt_random little = { .bytes = { noise, 31 } };
    assert_refused(sdjwt_build(*state, &in, &little, &out.built), INTERNAL);
}

static void
test_limits(void **state)
{
    char deep[400] = "";
    struct out out;
    for (size_t i = 0; i < 40; i++) {
        strcat(deep, "{\"a\":");
    }
    strcat(deep, "1");
    for (size_t i = 0; i < 40; i++) {
        deep[strlen(deep)] = '}';
    }
    struct sdjwt_build in = { .claims = json_of(state, deep), .hash = SG_SHA256 };
    assert_refused(try_build(state, &in, &out), DEPTH);
    in.claims = json_of(state, "{\"a\":1}");
    in.decoys_per_object = SDJWT_DECOYS_MAX + 1;
    assert_refused(try_build(state, &in, &out), TOO_LARGE);
    in.decoys_per_object = 0;
    in.claims = json_of(state, "[1]");
    assert_refused(try_build(state, &in, &out), CLAIMS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flat_claim_to_the_letter),
        cmocka_unit_test(test_nothing_disclosable_leaves_no_trace_and_the_tilde),
        cmocka_unit_test(test_recursive_disclosures_inner_first),
        cmocka_unit_test(test_structured_keeps_the_object_plain),
        cmocka_unit_test(test_elements_by_position_and_all),
        cmocka_unit_test(test_one_element_leaves_the_others),
        cmocka_unit_test(test_digests_are_sorted_whatever_the_claims_order),
        cmocka_unit_test(test_decoys_in_arrays_stand_anywhere_and_vanish),
        cmocka_unit_test(test_paths_must_be_in_the_claims),
        cmocka_unit_test(test_reserved_names_are_refused_at_any_depth),
        cmocka_unit_test(test_a_claim_cannot_repeat_a_plain_member),
        cmocka_unit_test(test_random_bytes_are_never_used_twice),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
