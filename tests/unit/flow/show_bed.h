/* What the programs about showing share: a holder, and what must and must not stand in what is shown. */
#ifndef SHOW_BED_H
#define SHOW_BED_H

#include "support.h"

#include "dcbor_item.h"
#include "sdjwt.h"
#include "show_rig.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each program uses a part of it */
#pragma GCC diagnostic ignored "-Wunused-const-variable"

#define NOW WORLD_NOW

static struct show_rig rig;

static int
setup_with(void **state, enum jose_crv holder)
{
    struct sg_arena *arena = sg_arena_new(0, (size_t)512 * 1024 * 1024);
    *state = arena;
    show_rig_init(arena, holder, NOW, &rig);
    return arena == NULL;
}

static int
setup(void **state)
{
    return setup_with(state, JOSE_P256);
}

static int
setup_p384(void **state)
{
    return setup_with(state, JOSE_P384);
}

static int
setup_ed25519(void **state)
{
    return setup_with(state, JOSE_ED25519);
}

static int
teardown(void **state)
{
    struct sg_arena *arena = *state;
    show_rig_done(&rig);
    sg_arena_free(&arena);
    return 0;
}

static struct flow_held
held_of(sg_str value)
{
    struct flow_held held;
    struct sg_why why = { 0 };
    sg_result r = flow_held_read(rig.arena, rig.contexts, SG_NO_STR, value, &why, &held);
    if (!sg_ok(r)) {
        fail_msg("read: %s %s", sg_code_row(r.code)->name, why.what);
    }
    return held;
}

/* Shown to a query, and verified. */
static struct flow_shown
shown_to(const struct flow_held *held, const char *claims)
{
    struct show_query query;
    show_ask(&rig, held, claims, &query);
    struct flow_show show = show_made(&rig, held, &query);
    struct flow_shown shown = show_signed(&rig, &show);
    assert_true(show_verified(&rig, shown.value).verified);
    return shown;
}

/* Everything that a credential of the rig says of its holder, but Member-7Q, which is always there. */
static const char *const secrets[] = { "Given-7Q", "Family-7Q", "1981-07-07", "Street-7Q",
    "Locality-7Q", "Country-7Q", "Nat-1-7Q", "Nat-2-7Q", "Deg-A-7Q", "Uni-A-7Q", "Deg-B-7Q",
    "Uni-B-7Q" };
enum { N_SECRETS = sizeof(secrets) / sizeof(secrets[0]) };

/* `wanted`: names of `secrets`, blanks between. */
static void
discloses_only(sg_str value, const char *wanted)
{
    for (size_t i = 0; i < N_SECRETS; i++) {
        bool want = strstr(wanted, secrets[i]) != NULL;
        if (show_discloses(&rig, value, secrets[i]) != want) {
            fail_msg("%s: %s", wanted, secrets[i]);
        }
    }
}

/* The lines tell the same as the bytes: every value that is there has one, and none that is not. */
static void
lines_tell(const struct flow_show *show, sg_str value, const char *asked)
{
    const struct flow_show_line *lines;
    size_t n;
    assert_ok(flow_show_lines(rig.arena, show, &lines, &n));
    for (size_t i = 0; i < N_SECRETS; i++) {
        bool listed = false, was_asked = false;
        for (size_t k = 0; k < n; k++) {
            bool this = lines[k].value != NULL && lines[k].value->type == SJSON_STRING &&
                        sg_str_is(lines[k].value->text, secrets[i]);
            listed = listed || this;
            was_asked = was_asked || (this && lines[k].asked);
            assert_true(!this || !lines[k].frame);
        }
        if (listed != show_discloses(&rig, value, secrets[i])) {
            fail_msg("line of %s", secrets[i]);
        }
        if (was_asked != (strstr(asked, secrets[i]) != NULL)) {
            fail_msg("asked: %s", secrets[i]);
        }
    }
}

/* `along`: what the issuer did not make disclosable inside of what is. */
static void
shows_with(const struct flow_held *held, const char *claims, const char *wanted, const char *along)
{
    struct show_query query;
    struct flow_shown shown = shown_to(held, claims);
    sg_str both = show_text(&rig, "%s %s", wanted, along);
    discloses_only(shown.value, both.p);
    show_ask(&rig, held, claims, &query);
    struct flow_show show = show_made(&rig, held, &query);
    lines_tell(&show, shown.value, wanted);
}

static void
shows(const struct flow_held *held, const char *claims, const char *wanted)
{
    shows_with(held, claims, wanted, "");
}

static const char everything[] = "Given-7Q Family-7Q 1981-07-07 Street-7Q Locality-7Q Country-7Q "
                                 "Nat-1-7Q Nat-2-7Q Deg-A-7Q Uni-A-7Q Deg-B-7Q Uni-B-7Q";

/* vp_formats_supported; quotes may be '. */
static const struct sjson *
formats_of(const char *text)
{
    char copy[1024];
    const struct sjson *json;
    sg_str kept;
    size_t n = strlen(text);
    assert_true(n < sizeof(copy));
    for (size_t i = 0; i < n; i++) {
        copy[i] = text[i] == '\'' ? '"' : text[i];
    }
    assert_ok(sg_arena_str(rig.arena, sg_str_of(copy, n), &kept));
    assert_ok(sjson_parse(rig.arena, kept, NULL, &json));
    return json;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
