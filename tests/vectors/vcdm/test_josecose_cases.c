/*
 * W3C vc-jose-cose suite, its inputs: every case through the command line that the suite itself calls (tests/interop/josecose), issuing and
 * verifying, and the reason of each refusal. req: FMT-4
 */
#include "support.h"

#include <spawn.h>
#include <sys/wait.h>

#include "sjson.h"

extern char **environ;

/* Why each refused case is refused, by its number: a case that fails for another reason shows nothing. */
static const struct {
    int64_t number;
    const char *reason;
} reasons[] = {
    { 5, "term" },
    { 10, "application/vc+jwt" },
    { 11, "application/vp+jwt" },
    { 12, "signature" },
    { 13, "typ" },
    { 23, "signature" },
    { 24, "typ" },
    { 26, "typ" }, /* its typ and cty are bad beside the credential */
    { 33, "typ" },
    { 34, "typ" },
    { 35, "id" },
};

static const char *
reason_of(int64_t number)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].number == number) {
            return reasons[i].reason;
        }
    }
    return NULL;
}

static const struct sjson *
parse(struct sg_arena *arena, sg_bytes text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(arena, sg_bytes_str(text), NULL, &json));
    return json;
}

static char *
input_path(struct sg_arena *arena, const struct sjson *c, const char *member)
{
    const char *relative;
    sg_str text;
    assert_ok(
        sg_arena_printf(arena, &text, "vc-jose-cose/%.*s", SG_PRINT(sjson_get(c, member)->text)));
    assert_ok(sg_arena_cstr(arena, text, &relative));
    sg_str path = sg_cstr(support_vector_path(arena, relative));
    char *out = sg_arena_alloc(arena, path.n + 1);
    memcpy(out, path.p, path.n);
    return out;
}

static char *
word(struct sg_arena *arena, sg_str text)
{
    char *out = sg_arena_alloc(arena, text.n + 1);
    assert_non_null(out);
    memcpy(out, text.p, text.n);
    return out;
}

static void
run(char *const argv[])
{
    pid_t pid;
    int status;
    assert_int_equal(posix_spawn(&pid, JOSECOSE_SUITE, NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
run_case(struct sg_arena *arena, const struct sjson *c, const char *folder)
{
    const struct sjson *paths = sjson_get(c, "disclosure_paths");
    sg_str out;
    assert_ok(sg_arena_printf(arena, &out, "%s/out.json", folder));
    char *argv[16] = { word(arena, SG_LIT("josecose_suite")),
        word(arena, sjson_get(c, "function")->text), word(arena, SG_LIT("--input")),
        input_path(arena, c, "input"), word(arena, SG_LIT("--key")), input_path(arena, c, "key"),
        word(arena, SG_LIT("--feature")), word(arena, sjson_get(c, "feature")->text),
        word(arena, SG_LIT("--output")), word(arena, out) };
    if (paths != NULL) {
        argv[10] = word(arena, SG_LIT("--sd"));
        argv[11] = word(arena, paths->source);
    }
    run(argv);
    const struct sjson *result = parse(arena, support_file(arena, word(arena, out)));
    int64_t number = 0;
    assert_ok(sjson_int(sjson_get(c, "number"), &number));
    sg_str got = sjson_get(result, "result")->text;
    if (!sg_str_equal(got, sjson_get(c, "expect")->text)) {
        fail_msg("case %lld: %.*s", (long long)number, SG_PRINT(got));
    }
    const char *reason = reason_of(number);
    if (reason != NULL) {
        assert_true(sjson_is_text(sjson_get(result, "reason"), reason));
    } else {
        assert_true(sjson_is_text(sjson_get(result, "result"), "success"));
        assert_true(sjson_get(result, "data")->text.n > 100);
    }
    assert_int_equal(remove(word(arena, out)), 0);
}

static void
test_cases(void **state)
{
    const char *index = support_vector_path(*state, "vc-jose-cose/cases.json");
    const struct sjson *cases = sjson_get(parse(*state, support_file(*state, index)), "cases");
    const char *folder = support_mkdir(*state);
    size_t n = 0;
    for (const struct sjson *c = cases->first; c != NULL; c = c->next, n++) {
        run_case(*state, c, folder);
    }
    assert_true(n >= 24);
    support_rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, support_arena_setup, support_arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
