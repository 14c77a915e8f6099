/*
 * Shared vectors sd-jwt/testcases: issue (all claims come back when everything is disclosed), the holder's choice,
 * verification with key binding, and the same over JSON serialisation. Salts are ours, so this is a round trip.
 */
#include "support.h"

#include <sys/random.h>

#include "es256.h"
#include "sdjwt.h"

#define NOW 1700000000

struct run {
    struct sg_arena *arena;
    const struct sjson *file;
    const struct es256 *issuer;
    const struct es256 *holder;
    struct sdjwt issued;
};

static const struct sjson *
parse(struct sg_arena *arena, sg_str text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(arena, text, NULL, &json));
    return json;
}

static void
take_paths(struct run *run, struct sdjwt_build *in)
{
    const struct sjson *list = sjson_get(run->file, "sd_paths");
    struct sdjwt_path *paths = SG_NEW_ARRAY(run->arena, list->n, struct sdjwt_path);
    for (const struct sjson *p = list->first; p != NULL; p = p->next) {
        struct sdjwt_step *steps = SG_NEW_ARRAY(run->arena, p->n, struct sdjwt_step);
        size_t n = 0;
        for (const struct sjson *s = p->first; s != NULL; s = s->next) {
            int64_t index = 0;
            bool number = s->type == SJSON_NUMBER;
            assert_true(!number || sg_ok(sjson_int(s, &index)));
            steps[n++] = (struct sdjwt_step){ .kind = number ? SDJWT_STEP_INDEX : SDJWT_STEP_NAME,
                .name = s->text,
                .index = (size_t)index };
        }
        paths[in->n_sd++] = (struct sdjwt_path){ steps, n };
    }
    in->sd = paths;
}

static void
issue(struct run *run)
{
    struct sdjwt_build in = { .claims = sjson_get(run->file, "user_claims"), .hash = SG_SHA256 };
    const struct sjson *decoys = sjson_get(run->file, "add_decoy_claims");
    struct sdjwt_built built;
    size_t need;
    take_paths(run, &in);
    if (decoys != NULL && decoys->type == SJSON_TRUE) {
        in.decoys_per_object = in.decoys_per_array = 3;
    }
    if (sjson_get(in.claims, "cnf") == NULL) {
        sg_str jwk = es256_jwk(run->arena, run->holder);
        assert_ok(sg_arena_printf(
            run->arena, &in.plain_members, "\"cnf\":{\"jwk\":%.*s}", SG_PRINT(jwk)));
    }
    assert_ok(sdjwt_random_need(&in, &need));
    uint8_t *random = sg_arena_alloc(run->arena, need);
    assert_true(getrandom(random, need, 0) == (ssize_t)need);
    struct sdjwt_random stream = { .bytes = { random, need } };
    assert_ok(sdjwt_build(run->arena, &in, &stream, &built));
    assert_int_equal(stream.used, need);
    assert_int_equal(built.n_disclosures, in.n_sd);
    sg_str jwt = es256_jws(run->arena, run->issuer, "example+sd-jwt", built.payload);
    sg_str text;
    assert_ok(sdjwt_join(run->arena, jwt, built.disclosures, built.n_disclosures, &text));
    assert_ok(sdjwt_parse(run->arena, text, &run->issued));
}

/* a == b, but for cnf, which the vectors' expectations leave out. */
static void
assert_same_claims(const struct sjson *a, const struct sjson *b)
{
    for (const struct sjson *m = a->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "cnf")) {
            assert_true(sjson_equal(m, sjson_get_str(b, m->name)));
        }
    }
    for (const struct sjson *m = b->first; m != NULL; m = m->next) {
        assert_true(sg_str_is(m->name, "cnf") || sjson_get_str(a, m->name) != NULL);
    }
}

struct choice {
    const struct sdjwt *sd;
    size_t chosen[SDJWT_DISCLOSURES_MAX];
    size_t n;
};

static const struct sdjwt_disclosure *
with_digest(struct run *run, const struct sjson *digest)
{
    for (size_t i = 0; i < run->issued.n_disclosures; i++) {
        sg_str text;
        assert_ok(sg_b64url_encode(
            run->arena, sg_bytes_of(run->issued.disclosures[i].digest, 32), &text));
        if (sg_str_equal(text, digest->text)) {
            return &run->issued.disclosures[i];
        }
    }
    return NULL; /* a decoy */
}

/* "holder_disclosed_claims" mirrors the claims: null, false and absent keep a claim back. */
static bool
wanted(const struct sjson *wish)
{
    return wish != NULL && wish->type != SJSON_NULL && wish->type != SJSON_FALSE;
}

static void choose(
    struct run *run, const struct sjson *v, const struct sjson *wish, struct choice *choice);

static void
choose_one(struct run *run, const struct sjson *digest, const struct sjson *wish_of,
    const struct sjson *element_wish, struct choice *choice)
{
    const struct sdjwt_disclosure *d = with_digest(run, digest);
    if (d == NULL) {
        return;
    }
    const struct sjson *wish = d->is_element ? element_wish : sjson_get_str(wish_of, d->name);
    if (wanted(wish)) {
        choice->chosen[choice->n++] = (size_t)(d - run->issued.disclosures);
        choose(run, d->value, wish, choice);
    }
}

static void
choose(struct run *run, const struct sjson *v, const struct sjson *wish, struct choice *choice)
{
    size_t i = 0;
    for (const struct sjson *m = v->first; m != NULL; m = m->next, i++) {
        const struct sjson *digest = sjson_get(m, "...");
        if (v->type == SJSON_ARRAY) {
            const struct sjson *e = sjson_at(wish, i);
            if (digest != NULL) {
                choose_one(run, digest, NULL, e, choice);
            } else {
                choose(run, m, e, choice);
            }
        } else if (sg_str_is(m->name, "_sd")) {
            for (const struct sjson *d = m->first; d != NULL; d = d->next) {
                choose_one(run, d, wish, NULL, choice);
            }
        } else {
            choose(run, m, sjson_get_str(wish, m->name), choice);
        }
    }
}

/* What came out stands in what went in, at its place. */
static bool
part_of(const struct sjson *part, const struct sjson *whole)
{
    if (whole == NULL || part->type != whole->type) {
        return false;
    }
    if (part->type != SJSON_OBJECT && part->type != SJSON_ARRAY) {
        return sjson_equal(part, whole);
    }
    const struct sjson *w = whole->first;
    for (const struct sjson *m = part->first; m != NULL; m = m->next) {
        if (part->type == SJSON_OBJECT) {
            w = sjson_get_str(whole, m->name);
            if (!sg_str_is(m->name, "cnf") && !part_of(m, w)) {
                return false;
            }
            continue;
        }
        while (w != NULL && !part_of(m, w)) { /* elements kept back leave no gap */
            w = w->next;
        }
        if (w == NULL) {
            return false;
        }
        w = w->next;
    }
    return true;
}

static sg_str
bind(struct run *run, sg_str presented)
{
    sg_bytes payload;
    sg_str text;
    assert_ok(sdjwt_kb_payload(run->arena, presented, SG_SHA256, SG_LIT("https://verifier.example"),
        SG_LIT("1234567890"), NOW, &payload));
    sg_str kb = es256_jws(run->arena, run->holder, "kb+jwt", payload);
    assert_ok(sg_arena_printf(run->arena, &text, "%.*s%.*s", SG_PRINT(presented), SG_PRINT(kb)));
    return text;
}

/* RFC 9901 8: general serialisation with the parts of a compact one. */
static const struct sjson *
as_general_json(struct run *run, const struct sdjwt *sd, sg_str text)
{
    struct sg_buf buf = sg_buf_new(run->arena, 0, SDJWT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str compact = sd->jwt.compact;
    size_t first = sg_str_index(compact, '.', 0);
    size_t second = sg_str_index(compact, '.', first + 1);
    sg_str out;
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "payload", sg_str_slice(compact, first + 1, second - first - 1));
    sjson_wr_name(&wr, SG_LIT("signatures"));
    sjson_wr_array(&wr);
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "protected", sg_str_slice(compact, 0, first));
    sjson_wr_member_text(&wr, "signature", sg_str_slice(compact, second + 1, compact.n));
    sjson_wr_name(&wr, SG_LIT("header"));
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("disclosures"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < sd->n_disclosures; i++) {
        sjson_wr_text(&wr, sd->disclosures[i].encoded);
    }
    sjson_wr_array_end(&wr);
    if (sd->has_kb) {
        sjson_wr_member_text(&wr, "kb_jwt", sg_str_slice(text, sd->presented.n, text.n));
    }
    sjson_wr_object_end(&wr);
    sjson_wr_object_end(&wr);
    sjson_wr_array_end(&wr);
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &out));
    return parse(run->arena, out);
}

static void
verify(struct run *run, const struct sdjwt *sd, bool binding)
{
    const struct sjson *processed;
    const struct sjson *want = sjson_get(run->file, "expect_verified_user_claims");
    struct sdjwt_kb_expect expect = { SG_LIT("https://verifier.example"), SG_LIT("1234567890"), NOW,
        60, 0 };
    struct jwk jwk;
    struct jwk_key *key = NULL;
    assert_ok(jwk_parse(run->arena, parse(run->arena, es256_jwk(run->arena, run->issuer)), &jwk));
    assert_ok(jwk_key_new(&jwk, &key));
    assert_ok(jws_verify(&sd->jwt, key));
    jwk_key_free(&key);
    assert_ok(sdjwt_process(run->arena, sd, &processed));
    assert_int_equal(sd->has_kb, binding);
    if (binding) {
        assert_ok(sdjwt_kb_verify(run->arena, sd, &expect));
    }
    assert_true(part_of(processed, sjson_get(run->file, "user_claims")));
    if (want != NULL && want->type == SJSON_OBJECT) {
        assert_same_claims(processed, want);
    }
}

static void
present(struct run *run)
{
    struct choice choice = { .sd = &run->issued };
    const struct sjson *binding = sjson_get(run->file, "key_binding");
    bool bound = binding != NULL && binding->type == SJSON_TRUE;
    struct sdjwt sd;
    sg_str text;
    choose(run, run->issued.payload, sjson_get(run->file, "holder_disclosed_claims"), &choice);
    assert_ok(sdjwt_select(run->arena, &run->issued, choice.chosen, choice.n, &text));
    if (bound) {
        text = bind(run, text);
    }
    assert_ok(sdjwt_parse(run->arena, text, &sd));
    assert_int_equal(sd.n_disclosures, choice.n);
    verify(run, &sd, bound);
    struct sdjwt again;
    assert_ok(sdjwt_parse_json(run->arena, as_general_json(run, &sd, text), &again));
    assert_true(sg_str_equal(again.presented, sd.presented));
    verify(run, &again, bound);
}

static void
run_case(struct run *run)
{
    const struct sjson *processed;
    issue(run);
    assert_ok(sdjwt_process(run->arena, &run->issued, &processed));
    assert_same_claims(processed, sjson_get(run->file, "user_claims"));
    present(run);
}

static size_t
run_folder(struct run *run, const char *folder)
{
    const char *path = support_vector_path(run->arena, folder);
    const char **names;
    size_t n = support_list(run->arena, path, ".json", &names);
    for (size_t i = 0; i < n; i++) {
        sg_str file;
        assert_ok(sg_arena_printf(run->arena, &file, "%s/%s", path, names[i]));
        run->file = parse(run->arena, sg_bytes_str(support_file(run->arena, file.p)));
        run_case(run);
    }
    return n;
}

static void
test_issue_select_verify(void **state)
{
    static const char *const folders[] = { "sd-jwt/testcases/py", "sd-jwt/testcases/py-example",
        "sd-jwt/testcases/rfc-example", "sd-jwt/testcases/vc-example" };
    struct es256 *issuer = es256_new();
    struct es256 *holder = es256_new();
    struct run run = { .arena = *state, .issuer = issuer, .holder = holder };
    size_t n = 0;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        n += run_folder(&run, folders[i]);
    }
    printf("%zu cases\n", n);
    assert_true(n >= 36);
    es256_free(&issuer);
    es256_free(&holder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issue_select_verify),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
