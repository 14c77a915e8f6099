/* Regular expressions in linear time: what matches, what is none, what is refused, what it costs (req: FMT-5). */
#include "schema_regex.h"
#include "support.h"

static struct sg_arena *arena;

static sg_result
compile(const char *pattern, const struct regex **ret)
{
    return regex_compile(arena, sg_cstr(pattern), ret);
}

static bool
search(const char *pattern, sg_str text)
{
    const struct regex *regex = NULL;
    uint64_t work = 1000000;
    bool is = false;
    sg_result r = compile(pattern, &regex);
    if (!sg_ok(r)) {
        fail_msg("%s: %s", pattern, sg_code_row(r.code)->name);
    }
    uint32_t *room = SG_NEW_ARRAY(arena, REGEX_ROOM(regex_size(regex)), uint32_t);
    assert_non_null(room);
    assert_ok(regex_search(regex, text, room, &work, &is));
    return is;
}

static void
test_what_matches(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *yes[4];
        const char *no[4];
    } rows[] = {
        { "", { "", "x" }, { NULL } },
        { "abc", { "abc", "xabcx" }, { "ab", "ABC", "" } },
        { "^abc$", { "abc" }, { "xabc", "abcx", "abc\n" } },
        { "a|bc|d", { "a", "xbc", "d" }, { "b", "c", "" } },
        { "^(a|bc|)$", { "a", "bc", "" }, { "b", "abc" } },
        { "^a*$", { "", "aaaa" }, { "ab" } },
        { "^a+$", { "a", "aaa" }, { "" } },
        { "^a?b$", { "b", "ab" }, { "aab" } },
        { "^a{2}$", { "aa" }, { "a", "aaa" } },
        { "^a{2,}$", { "aa", "aaaaa" }, { "a" } },
        { "^a{0,2}$", { "", "a", "aa" }, { "aaa" } },
        { "^a{0}$", { "" }, { "a" } },
        { "^(ab){2,3}$", { "abab", "ababab" }, { "ab", "abababab" } },
        { "^(a|b){3}$", { "aba", "bbb" }, { "ab" } },
        { "^a+?b*?$", { "a", "aabb" }, { "b" } },
        { "^(?:ab)+$", { "abab" }, { "aba" } },
        { "^(?<year>[0-9]{4})$", { "2026" }, { "226" } },
        { "^[a-c1]$", { "b", "1" }, { "d", "-" } },
        { "^[^a-c]$", { "d", "\n" }, { "a", "" } },
        { "^[]$", { NULL }, { "", "a" } },
        { "^[^]$", { "a", "\n" }, { "" } },
        { "^[a-]$", { "a", "-" }, { "b" } },
        { "^[\\d\\-x]$", { "7", "-", "x" }, { "y" } },
        { "^\\d\\D\\w\\W\\s\\S$", { "7x_- y" }, { "77_- y" } },
        { "^.$", { "a", "\xf0\x9f\x98\x80" }, { "\n", "\xe2\x80\xa8" } },
        { "\\bword\\b", { "a word.", "word" }, { "sword", "words" } },
        { "\\Bord", { "word" }, { "ord" } },
        { "^\\x41\\u0042\\u{43}$", { "ABC" }, { "abc" } },
        { "^\\ud83d\\ude00$", { "\xf0\x9f\x98\x80" }, { "?" } },
        { "^\\cA\\t\\0$", { NULL }, { "cA" } },
        { "^\\$\\^\\.\\*\\-$", { "$^.*-" }, { "x" } },
        { "^\\p{L}+$", { "abc", "\xc3\xa9", "\xe6\x97\xa5" }, { "1", "" } },
        { "^\\P{Letter}$", { "1" }, { "a" } },
        { "^\\p{gc=Nd}$", { "1", "\xd9\xa1" }, { "a" } },
        { "^[\\p{L}\\d]+$", { "a1" }, { "-" } },
        { "^(a*)*$", { "", "aaa" }, { "b" } },
        { "x*", { "", "y" }, { NULL } },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; k < 4; k++) {
            if (rows[i].yes[k] != NULL && !search(rows[i].pattern, sg_cstr(rows[i].yes[k]))) {
                fail_msg("%s does not match \"%s\"", rows[i].pattern, rows[i].yes[k]);
            }
            if (rows[i].no[k] != NULL && search(rows[i].pattern, sg_cstr(rows[i].no[k]))) {
                fail_msg("%s matches \"%s\"", rows[i].pattern, rows[i].no[k]);
            }
        }
    }
}

static void
test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        enum sg_code code;
    } rows[] = {
        { "(", SG_E_VALUE },
        { ")", SG_E_VALUE },
        { "(a", SG_E_VALUE },
        { "a)", SG_E_VALUE },
        { "[a", SG_E_VALUE },
        { "[b-a]", SG_E_VALUE },
        { "[\\d-z]", SG_E_VALUE },
        { "*", SG_E_VALUE },
        { "a**", SG_E_VALUE },
        { "^*", SG_E_VALUE },
        { "a{2,1}", SG_E_VALUE },
        { "a{,1}", SG_E_VALUE },
        { "a{1", SG_E_VALUE },
        { "{", SG_E_VALUE },
        { "\\", SG_E_VALUE },
        { "\\a", SG_E_VALUE },
        { "\\Z", SG_E_VALUE },
        { "\\x1", SG_E_VALUE },
        { "\\u{110000}", SG_E_VALUE },
        { "\\u{}", SG_E_VALUE },
        { "\\ud83d\\u0041", SG_E_VALUE },
        { "\\c1", SG_E_VALUE },
        { "\\01", SG_E_VALUE },
        { "\\p", SG_E_VALUE },
        { "\\p{L", SG_E_VALUE },
        { "(?a)", SG_E_VALUE },
        { "(?<>a)", SG_E_VALUE },
        { "(a)\\1", SG_E_UNSUPPORTED },
        { "(?<n>a)\\k<n>", SG_E_UNSUPPORTED },
        { "(?=a)", SG_E_UNSUPPORTED },
        { "(?!a)", SG_E_UNSUPPORTED },
        { "(?<=a)", SG_E_UNSUPPORTED },
        { "(?<!a)", SG_E_UNSUPPORTED },
        { "\\p{Script=Greek}", SG_E_UNSUPPORTED },
        { "a{5000}", SG_E_TOO_LARGE },
        { "((((a{10}){10}){10}){10}){10}", SG_E_TOO_LARGE },
    };
    const struct regex *regex = NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = compile(rows[i].pattern, &regex);
        if (r.code != rows[i].code) {
            fail_msg("%s: %s", rows[i].pattern, sg_ok(r) ? "OK" : sg_code_row(r.code)->name);
        }
    }
    char deep[300];
    memset(deep, '(', sizeof(deep));
    assert_refused(regex_compile(arena, sg_str_of(deep, sizeof(deep)), &regex), DEPTH);
    assert_refused(regex_compile(arena, sg_str_of("a\0b", 3), &regex), VALUE);
    char *long_text = sg_arena_alloc(arena, REGEX_PATTERN_MAX + 1);
    assert_non_null(long_text);
    memset(long_text, 'a', REGEX_PATTERN_MAX + 1);
    assert_refused(
        regex_compile(arena, sg_str_of(long_text, REGEX_PATTERN_MAX + 1), &regex), TOO_LARGE);
}

/* The classics that take backtracking matchers for ever: here the steps are counted, and there are few. */
static void
test_steps_grow_with_the_text_alone(void **state)
{
    (void)state;
    static const char *const patterns[] = { "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x",
        "^(([a-z])+.)+[A-Z]([a-z])+$" };
    static char text[4096];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '!';
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        const struct regex *regex = NULL;
        bool is = true;
        assert_ok(compile(patterns[i], &regex));
        size_t n = regex_size(regex);
        uint32_t *room = SG_NEW_ARRAY(arena, REGEX_ROOM(n), uint32_t);
        assert_non_null(room);
        uint64_t most = 2 * n * (sizeof(text) + 1) + n + 1;
        uint64_t work = most;
        assert_ok(regex_search(regex, sg_str_of(text, sizeof(text)), room, &work, &is));
        assert_false(is);
        work = 1000;
        assert_refused(regex_search(regex, sg_str_of(text, sizeof(text)), room, &work, &is), WORK);
    }
}

static void
test_many_alternatives(void **state)
{
    (void)state;
    struct sg_buf buf = sg_buf_new(arena, 4096, 8192);
    sg_buf_put_cstr(&buf, "^(x0");
    for (unsigned i = 1; i < 500; i++) {
        sg_buf_put_cstr(&buf, "|x");
        sg_buf_put_u64(&buf, i);
    }
    sg_buf_put_cstr(&buf, ")$");
    sg_str pattern;
    const char *z = NULL;
    assert_ok(sg_buf_end_str(&buf, &pattern));
    assert_ok(sg_arena_cstr(arena, pattern, &z));
    assert_true(search(z, SG_LIT("x0")));
    assert_true(search(z, SG_LIT("x499")));
    assert_false(search(z, SG_LIT("x500")));
}

static int
setup(void **state)
{
    (void)state;
    arena = sg_arena_new(0, (size_t)64 * 1024 * 1024);
    return arena == NULL;
}

static int
teardown(void **state)
{
    (void)state;
    sg_arena_free(&arena);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_what_matches),
        T(test_what_is_refused),
        T(test_steps_grow_with_the_text_alone),
        T(test_many_alternatives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
