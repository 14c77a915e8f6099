/*
 * Shared vectors sd-jwt/testcases and sd-jwt-vc: what a holder selects by where it stands (gateway/flow/flow_show_sd.c) is what the reference implementation
 * discloses for the same wish: exactly its verified claims come out. Cases are issued here as SD-JWT VCs with keys and salts of ours. req: FMT-1, PRO-3
 */
#include "support.h"

#include "sdjwt.h"
#include "show_rig.h"

#define NOW WORLD_NOW

static struct show_rig rig;

struct picked {
    const struct sjson *nodes[512];
    size_t n;
};

static const struct sjson *
parse(sg_str text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(rig.arena, text, NULL, &json));
    return json;
}

/* ---- issuing ------------------------------------------------------------------------------------------------ */

static const struct sdjwt_path *
paths_of(const struct sjson *list)
{
    struct sdjwt_path *paths = SG_NEW_ARRAY(rig.arena, list->n, struct sdjwt_path);
    size_t at = 0;
    for (const struct sjson *p = list->first; p != NULL; p = p->next, at++) {
        struct sdjwt_step *steps = SG_NEW_ARRAY(rig.arena, p->n, struct sdjwt_step);
        for (const struct sjson *s = p->first; s != NULL; s = s->next) {
            int64_t index = 0;
            bool number = s->type == SJSON_NUMBER;
            assert_true(!number || sg_ok(sjson_int(s, &index)));
            steps[paths[at].n++] =
                (struct sdjwt_step){ .kind = number ? SDJWT_STEP_INDEX : SDJWT_STEP_NAME,
                    .name = s->text,
                    .index = (size_t)index };
        }
        paths[at].steps = steps;
    }
    return paths;
}

/* As an SD-JWT VC: with a type, and bound to the rig's holder, unless the case has these itself. */
static sg_str
issued(const struct sjson *file)
{
    const struct sjson *claims = sjson_get(file, "user_claims");
    const struct sjson *list = sjson_get(file, "sd_paths");
    struct sdjwt_random random = { .bytes = mdoc_world_random(rig.arena, 65536).bytes };
    struct sdjwt_built built;
    sg_str plain = SG_NO_STR, out;
    if (sjson_get(claims, "vct") == NULL) {
        plain = SG_LIT("\"vct\":\"" SHOW_VCT "\"");
    }
    const struct sdjwt_build build = { .claims = claims,
        .plain_members = plain,
        .sd = paths_of(list),
        .n_sd = list->n,
        .decoys_per_object = 1,
        .decoys_per_array = 1,
        .hash = SG_SHA256 };
    assert_ok(sdjwt_build(rig.arena, &build, &random, &built));
    sg_str jwt =
        show_jws(&rig, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", sg_bytes_str(built.payload));
    assert_ok(sdjwt_join(rig.arena, jwt, built.disclosures, built.n_disclosures, &out));
    return out;
}

/* ---- the wish --------------------------------------------------------------------------------------------------- */

static void
pick(struct picked *picked, const struct sjson *node)
{
    assert_true(picked->n < sizeof(picked->nodes) / sizeof(picked->nodes[0]));
    picked->nodes[picked->n++] = node;
}

/* A wish mirrors the claims: true is this value, an object or array goes on inside; null, false and absent keep it back. */
static void
wish_for(struct picked *picked, const struct sjson *node, const struct sjson *wish)
{
    bool inside = wish->type == SJSON_OBJECT || wish->type == SJSON_ARRAY;
    if (wish->type == SJSON_NULL || wish->type == SJSON_FALSE) {
        return;
    }
    if (!inside || node->type != wish->type) {
        pick(picked, node);
        return;
    }
    size_t index = 0;
    for (const struct sjson *w = wish->first; w != NULL; w = w->next, index++) {
        const struct sjson *child =
            wish->type == SJSON_OBJECT ? sjson_get_str(node, w->name) : sjson_at(node, index);
        if (child != NULL) {
            wish_for(picked, child, w);
        }
    }
}

/* Every leaf of `part` that stands in `whole` at its place: what a presentation of others showed. Elements kept back leave no gap. */
static void
pick_same(struct picked *picked, const struct sjson *whole, const struct sjson *part)
{
    if (part->type != SJSON_OBJECT && part->type != SJSON_ARRAY) {
        pick(picked, whole);
        return;
    }
    const struct sjson *next = whole->first;
    for (const struct sjson *p = part->first; p != NULL; p = p->next) {
        if (part->type == SJSON_OBJECT) {
            const struct sjson *same = sjson_get_str(whole, p->name);
            assert_non_null(same);
            pick_same(picked, same, p);
            continue;
        }
        while (next != NULL && !sjson_equal(next, p)) {
            next = next->next;
        }
        if (next == NULL) {
            fail_msg("%.*s stands nowhere", SG_PRINT(p->source));
            return;
        }
        pick_same(picked, next, p);
        next = next->next;
    }
}

/* ---- showing ------------------------------------------------------------------------------------------------------ */

static const struct sjson *
shown(const struct flow_held *held, const struct picked *picked)
{
    const struct dcql_credential_query query = { .holder_binding = false };
    const struct dcql_match match = {
        .matches = true, .nodes = picked->nodes, .n_nodes = picked->n
    };
    const struct flow_show show = {
        .held = held, .request = &rig.request, .query = &query, .match = &match, .now = NOW
    };
    struct flow_showing showing;
    struct flow_shown out;
    struct sdjwt *sd = SG_NEW(rig.arena, struct sdjwt);
    const struct sjson *processed;
    assert_ok(flow_show_build(rig.arena, &show, NULL, &showing));
    assert_ok(flow_show_attach(rig.arena, &showing, SG_NO_BYTES, &out));
    assert_ok(sdjwt_parse(rig.arena, out.value, sd));
    assert_ok(sdjwt_process(rig.arena, sd, &processed));
    return processed;
}

/* Equal, but for what issuing as an SD-JWT VC added. */
static bool
same_claims(const struct sjson *got, const struct sjson *want)
{
    for (const struct sjson *m = want->first; m != NULL; m = m->next) {
        const struct sjson *other = sjson_get_str(got, m->name);
        if (other == NULL || !sjson_equal(other, m)) {
            return false;
        }
    }
    for (const struct sjson *m = got->first; m != NULL; m = m->next) {
        bool added = sg_str_is(m->name, "vct") || sg_str_is(m->name, "cnf");
        if (!added && sjson_get_str(want, m->name) == NULL) {
            return false;
        }
    }
    return true;
}

/* ---- an oracle ----------------------------------------------------------------------------------------------------- */

/* Claims, wish and disclosable paths, without digests: a value is shown if it is plain where it stands, selected, or around or beneath something selected. */
struct oracle {
    const struct picked *picked;
    const struct sjson *sd_paths;
    const struct sjson *way[32]; /* members by name, elements by position */
    size_t index[32];
    size_t depth;
    struct sjson_wr wr;
};

static bool
is_picked(const struct oracle *o, const struct sjson *v)
{
    for (size_t i = 0; i < o->picked->n; i++) {
        if (o->picked->nodes[i] == v) {
            return true;
        }
    }
    return false;
}

static bool
holds_picked(const struct oracle *o, const struct sjson *v)
{
    bool holds = is_picked(o, v);
    for (const struct sjson *m = v->first; m != NULL && !holds; m = m->next) {
        holds = holds_picked(o, m);
    }
    return holds;
}

static bool
is_disclosable(const struct oracle *o)
{
    for (const struct sjson *path = o->sd_paths->first; path != NULL; path = path->next) {
        bool same = path->n == o->depth;
        size_t i = 0;
        for (const struct sjson *s = path->first; same && s != NULL; s = s->next, i++) {
            int64_t index = -1;
            bool number = s->type == SJSON_NUMBER && sg_ok(sjson_int(s, &index));
            same = number ? o->way[i]->name.n == 0 && (size_t)index == o->index[i]
                          : sg_str_equal(s->text, o->way[i]->name);
        }
        if (same) {
            return true;
        }
    }
    return false;
}

static void
expect(struct oracle *o, const struct sjson *v, bool above)
{
    size_t index = 0;
    bool object = v->type == SJSON_OBJECT;
    above = above || is_picked(o, v);
    if (!object && v->type != SJSON_ARRAY) {
        sjson_wr_value(&o->wr, v);
        return;
    }
    object ? sjson_wr_object(&o->wr) : sjson_wr_array(&o->wr);
    for (const struct sjson *m = v->first; m != NULL; m = m->next, index++) {
        assert_true(o->depth < 32);
        o->way[o->depth] = m;
        o->index[o->depth++] = index;
        if (above || !is_disclosable(o) || holds_picked(o, m)) {
            if (object) {
                sjson_wr_name(&o->wr, m->name);
            }
            expect(o, m, above);
        }
        o->depth--;
    }
    object ? sjson_wr_object_end(&o->wr) : sjson_wr_array_end(&o->wr);
}

static const struct sjson *
expected(const struct sjson *file, const struct flow_held *held, const struct picked *picked)
{
    struct sg_buf buf = sg_buf_new(rig.arena, 4096, SDJWT_MAX);
    struct oracle o = {
        .picked = picked, .sd_paths = sjson_get(file, "sd_paths"), .wr = sjson_wr_new(&buf)
    };
    sg_str text;
    expect(&o, held->view.claims, false);
    assert_ok(sg_buf_end_str(&buf, &text));
    return parse(text);
}

/* ---- cases ------------------------------------------------------------------------------------------------------------- */

/* Whether the case says itself what comes out. */
static bool
run_case(const struct sjson *file)
{
    struct picked picked = { .n = 0 };
    struct flow_held held;
    struct sg_why why = { 0 };
    sg_str id;
    const struct sjson *want = sjson_get(file, "expect_verified_user_claims");
    assert_ok(sjson_member_text(file, "id", &id));
    sg_result r = flow_held_read(rig.arena, NULL, SG_LIT("dc+sd-jwt"), issued(file), &why, &held);
    if (sg_str_is(id,
            "rfc-example/w3c-vc_for_slide_deck")) { /* its key is shortened by its authors, and so none */
        assert_int_equal(r.code, SG_E_KEY_INVALID);
        return false;
    }
    if (!sg_ok(r)) {
        fail_msg("%.*s: %s %s", SG_PRINT(id), sg_code_row(r.code)->name, why.what);
    }
    wish_for(&picked, held.view.claims, sjson_get(file, "holder_disclosed_claims"));
    const struct sjson *got = shown(&held, &picked);
    bool told = want != NULL && want->type == SJSON_OBJECT;
    if ((told && !same_claims(got, want)) || !sjson_equal(got, expected(file, &held, &picked))) {
        fail_msg("%.*s: %.*s", SG_PRINT(id), SG_PRINT(got->source));
    }
    return told;
}

static size_t
run_folder(const char *folder, size_t *seen)
{
    const char *path = support_vector_path(rig.arena, folder);
    const char **names;
    size_t n = support_list(rig.arena, path, ".json", &names);
    size_t told = 0;
    for (size_t i = 0; i < n; i++) {
        sg_str file;
        assert_ok(sg_arena_printf(rig.arena, &file, "%s/%s", path, names[i]));
        told += run_case(parse(sg_bytes_str(support_file(rig.arena, file.p))));
    }
    *seen += n;
    return told;
}

static void
test_the_reference_discloses_the_same(void **state)
{
    static const char *const folders[] = { "sd-jwt/testcases/py", "sd-jwt/testcases/py-example",
        "sd-jwt/testcases/rfc-example", "sd-jwt/testcases/vc-example" };
    size_t seen = 0, told = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        told += run_folder(folders[i], &seen);
    }
    printf("%zu cases, %zu with claims of their own to come out\n", seen, told);
    assert_true(seen >= 36 && told >= 13);
}

/* A credential of the draft itself, signed by its authors: the presentation that stands beside it is made again from its verified claims. */
static void
test_the_credential_of_the_draft(void **state)
{
    (void)state;
    const char *path = support_vector_path(rig.arena, "sd-jwt-vc/main-2.3.json");
    const struct sjson *file = parse(sg_bytes_str(support_file(rig.arena, path)));
    const struct sjson *want = sjson_get(file, "verified_payload");
    struct picked picked = { .n = 0 };
    struct flow_held held;
    sg_str text;
    assert_ok(sjson_member_text(file, "sd_jwt_issued", &text));
    assert_ok(flow_held_read(rig.arena, NULL, SG_NO_STR, text, NULL, &held));
    assert_true(held.has_key);
    pick_same(&picked, held.view.claims, want);
    assert_true(sjson_equal(shown(&held, &picked), want));
}

static int
setup(void **state)
{
    *state = sg_arena_new(0, (size_t)512 * 1024 * 1024);
    show_rig_init(*state, JOSE_P256, NOW, &rig);
    return 0;
}

static int
teardown(void **state)
{
    struct sg_arena *arena = *state;
    show_rig_done(&rig);
    sg_arena_free(&arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_reference_discloses_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_credential_of_the_draft, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
