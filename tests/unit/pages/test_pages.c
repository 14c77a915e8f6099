/* Pages for people: words in both languages, escaping, the text letter by letter, what a screen reader needs (req: AU-4, AU-6). */
#include "support.h"

#include <sys/stat.h>

#include "demo_face.h"
#include "evid_page.h"
#include "pages_sample.h"
#include "person_inner.h"

static const struct sjson *
parsed(void **state, const char *text)
{
    const struct sjson *json;
    assert_ok(sjson_parse(*state, sg_cstr(text), NULL, &json));
    return json;
}

/* ---- words ------------------------------------------------------------------------------------------ */

static void
test_every_word_is_there_in_both_languages(void **state)
{
    (void)state;
    assert_true(FACE_TEXTS > 100);
    for (int i = 0; i < FACE_TEXTS; i++) {
        for (enum face_lang lang = FACE_EN; lang < FACE_LANGS; lang++) {
            const char *text = face_text(lang, (enum face_text)i);
            if (text == NULL || text[0] == '\0') {
                fail_msg("%s has no %s", face_lang_tag(lang), face_text_name((enum face_text)i));
            }
            assert_true(sg_utf8_valid(sg_cstr(text)));
        }
        /* a text that was never translated would be the same in both */
        if (strcmp(face_text_en[i], face_text_ja[i]) == 0) {
            fail_msg("%s is not translated", face_text_name((enum face_text)i));
        }
    }
}

static void
test_words_do_not_change_places(void **state)
{
    (void)state;
    bool japanese = false;
    for (int i = 0; i < FACE_TEXTS; i++) {
        for (const char *at = face_text_en[i]; *at != '\0'; at++) {
            /* English has typographic marks (E2 80 ..) and nothing else beyond ASCII */
            if ((unsigned char)*at >= 0xE3) {
                fail_msg("English %s", face_text_name((enum face_text)i));
            }
        }
        for (const char *at = face_text_ja[i]; *at != '\0' && !japanese; at++) {
            japanese = (unsigned char)*at == 0xE3;
        }
    }
    assert_true(japanese);
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static sg_str
written(void **state, const char *markup, const char *text)
{
    struct sg_buf buf = sg_buf_new(*state, 64, 4096);
    struct face_html html = { &buf, FACE_EN, SG_LIT("/t") };
    sg_str value = sg_cstr(text);
    face_html(&html, markup, &value);
    sg_str ret;
    assert_ok(sg_buf_end_str(&buf, &ret));
    return ret;
}

static void
test_slots_are_escaped(void **state)
{
    assert_str_is(written(state, "<p>%s</p>", "<script>alert(1)</script>"),
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
    assert_str_is(written(state, "<a b=\"%s\">", "\" onload='x' &amp;"),
        "<a b=\"&quot; onload=&#39;x&#39; &amp;amp;\">");
    assert_str_is(written(state, "<pre>\n%s</pre>", "\na\rb\n"), "<pre>\n\na&#13;b\n</pre>");
    assert_str_is(written(state, "100%%", ""), "100%");
    struct sg_buf buf = sg_buf_new(*state, 64, 4096);
    struct face_html html = { &buf, FACE_JA, SG_LIT("/t") };
    face_html(&html, "%b|%u|%z|%w|%s", 18446744073709551615ULL, "<", T_JS_DONE, (sg_str *)NULL);
    sg_str all;
    assert_ok(sg_buf_end_str(&buf, &all));
    assert_str_is(all, "/t|18446744073709551615|&lt;|完了しました。|");
}

/* Unicode TR 36: a name that reads as another one, one that hides, one that does not end. */
static void
test_strangers_names_and_texts_show_what_they_are(void **state)
{
    char many[601];
    memset(many, 'n', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    assert_str_is(written(state, "%n", "\u202Egro.knab"), "\uFFFDgro.knab");
    assert_str_is(written(state, "%n", "pay\u200Bpal <b>\n\t\u00A0x"), "pay\uFFFDpal &lt;b&gt; x");
    assert_str_is(written(state, "%n", "“safe” \"x\""), "&#39;safe&#39; &#39;x&#39;");
    assert_str_is(written(state, "%n", "山田　愛子"), "山田 愛子");
    assert_int_equal(written(state, "%n", many).n, 120 + strlen("…"));
    assert_str_is(written(state, "%t", "\u2066x\u2069\u200F"), "\uFFFDx\uFFFD\uFFFD");
    assert_str_is(written(state, "%t", "a \"b\"\r\nc\u2028d\xff"), "a &quot;b&quot;  c d\uFFFD");
    assert_str_is(
        written(state, "%t", "山田　愛子, 1 < 2 & 'x'"), "山田　愛子, 1 &lt; 2 &amp; &#39;x&#39;");
    assert_str_is(written(state, "%t", "a\u0301\u0302\u0303\u0304"), "a\u0301\u0302\uFFFD\uFFFD");
    assert_int_equal(written(state, "%t", many).n, 600);
    assert_str_is(written(state, "%t", ""), "");
}

static void
test_paths_to_go_on_to(void **state)
{
    (void)state;
    static const char *const good[] = { "/", "/account", "/consent/00ff", "/a?b=c&d=%2F" };
    static const char *const bad[] = { "", "account", "//evil.example", "/\\evil.example",
        "https://evil.example/", "/\t/evil.example", "/a\nb", "javascript:alert(1)", "/a b" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(person_path_ok(sg_cstr(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(person_path_ok(sg_cstr(bad[i])));
    }
}

static void
test_times(void **state)
{
    (void)state;
    char time[PERSON_TIME_LEN];
    person_time(1795284300, time); /* date -u -d @1795284300 */
    assert_string_equal(time, "2026-11-21 18:05");
    person_time(0, time);
    assert_string_equal(time, "");
    person_time(INT64_MAX, time);
    assert_string_equal(time, "");
}

/* ---- pages ------------------------------------------------------------------------------------------- */

static struct face_page
page_named(enum face_lang lang, const char *script)
{
    return (struct face_page){ .lang = lang,
        .title = "Test",
        .script = script,
        .base_path = SG_LIT(""),
        .demo = true,
        .csrf = SG_LIT("csrf-token"),
        .here = SG_LIT("/here") };
}

typedef void (*writer)(void **state, struct face_html *html);

static sg_str
document(void **state, enum face_lang lang, const char *script, writer write)
{
    struct face_page page = page_named(lang, script);
    struct sg_buf buf = face_page_open(*state, &page);
    struct face_html html = face_page_html(&page, &buf);
    write(state, &html);
    face_page_close(&buf, &page);
    sg_str text;
    assert_ok(sg_buf_end_str(&buf, &text));
    return text;
}

static size_t
count(sg_str text, const char *part)
{
    size_t n = 0;
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= text.n; i++) {
        n += memcmp(text.p + i, part, len) == 0 ? 1 : 0;
    }
    return n;
}

static void
write_enrol(void **state, struct face_html *html)
{
    (void)state;
    person_enrol_render(html, SG_LIT("\"><img>"), true);
}

static void
write_login(void **state, struct face_html *html)
{
    (void)state;
    person_login_render(html, SG_LIT("/account"), SG_LIT("/account/outside"));
}

static void
write_account(void **state, struct face_html *html)
{
    const struct person_account account = { .passkeys = parsed(state, SAMPLE_PASSKEYS),
        .keys = parsed(state, SAMPLE_KEYS),
        .credentials = parsed(state, SAMPLE_CREDENTIALS),
        .activity = parsed(state, SAMPLE_ACTIVITY) };
    person_account_render(html, &account);
}

static void
write_account_empty(void **state, struct face_html *html)
{
    const struct person_account account = { .passkeys = NULL,
        .keys = parsed(state, "{\"keys\":[]}"),
        .credentials = parsed(state, "{\"credentials\":[]}"),
        .activity = parsed(state, "{\"uses\":[]}") };
    person_account_render(html, &account);
}

static const char *consent_json = SAMPLE_CONSENT;
static void
write_consent(void **state, struct face_html *html)
{
    assert_true(person_consent_render(html, parsed(state, consent_json),
        SG_LIT("/vp/presentations/00112233445566778899aabbccddeeff"), 1795284000));
}

/* Whatever a verifier or a credential calls itself, in any of the places where a page says it. */
static void
test_no_page_reorders_for_a_stranger(void **state)
{
    static const char *const members[] = { "name", "issuer", "label", "value", "type", "address" };
    const char *bad = "\u202E\u2066<b>\u200B";
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char from[32];
        snprintf(from, sizeof(from), "\"%s\":\"", members[i]);
        struct sg_buf json = sg_buf_new(*state, 4096, 65536);
        for (const char *at = consent_json; *at != '\0'; at++) {
            sg_buf_put_byte(&json, (uint8_t)*at);
            if (sg_str_starts(sg_cstr(at), from)) {
                sg_buf_put_cstr(&json, from + 1);
                sg_buf_put_cstr(&json, bad);
                at += strlen(from) - 1;
            }
        }
        sg_str text, page;
        const struct sjson *json_of;
        assert_ok(sg_buf_end_str(&json, &text));
        assert_ok(sjson_parse(*state, text, NULL, &json_of));
        struct sg_buf buf = sg_buf_new(*state, 4096, 65536);
        struct face_html html = { &buf, FACE_EN, SG_LIT("") };
        assert_true(person_consent_render(&html, json_of,
            SG_LIT("/vp/presentations/00112233445566778899aabbccddeeff"), 1795284000));
        assert_ok(sg_buf_end_str(&buf, &page));
        assert_int_equal(count(page, "\u202E"), 0);
        assert_int_equal(count(page, "<b>\u200B"), 0);
    }
}

static void
write_wallet(void **state, struct face_html *html)
{
    (void)state;
    static const struct person_field fields[] = { { "state", { "a\"b", 3 } } };
    const struct person_wallet wallet = { .name = SG_LIT("Wallet <x>"),
        .client = SG_LIT("w"),
        .returns = SG_LIT("http://127.0.0.1:1/cb"),
        .activity = true,
        .fields = fields,
        .n_fields = 1 };
    person_wallet_render(html, &wallet);
}

static void
write_agreed(void **state, struct face_html *html)
{
    assert_true(person_agreed_render(
        html, parsed(state, "{\"seq\":7,\"language\":\"ja\",\"text\":\"\\n<a>\\n\"}")));
    person_says(html);
}

static void
write_story(void **state, struct face_html *html)
{
    (void)state;
    demo_story_render(html, true, 1);
}

static const struct {
    const char *name;
    const char *script;
    writer write;
} pages[] = {
    { "agreed", "agreed", write_agreed },
    { "story", "demo", write_story },
    { "enrol", "enrol", write_enrol },
    { "login", "login", write_login },
    { "account", "account", write_account },
    { "account_empty", "account", write_account_empty },
    { "consent", "consent", write_consent },
    { "wallet", "wallet", write_wallet },
};
#define N_PAGES (sizeof(pages) / sizeof(pages[0]))

/* What every page must have, and what none may. With SEALGATE_PAGES_OUT they are written there, to be looked at in a browser. */
static void
test_every_page_is_whole(void **state)
{
    const char *out = getenv("SEALGATE_PAGES_OUT");
    for (size_t i = 0; i < N_PAGES; i++) {
        for (enum face_lang lang = FACE_EN; lang < FACE_LANGS; lang++) {
            sg_str text = document(state, lang, pages[i].script, pages[i].write);
            assert_true(sg_str_starts(text, "<!doctype html>\n<html lang=\""));
            assert_int_equal(
                count(text, lang == FACE_JA ? "<html lang=\"ja\">" : "<html lang=\"en\">"), 1);
            assert_int_equal(count(text, "<h1"), 1);
            assert_int_equal(count(text, "<main id=\"main\""), 1);
            assert_int_equal(count(text, "</main>"), 1);
            assert_int_equal(count(text, "<header class=\"top\""), 1);
            assert_int_equal(count(text, "<footer"), 1);
            assert_int_equal(count(text, "role=\"alert\""), 1);
            assert_int_equal(count(text, "aria-live=\"polite\""), 1);
            assert_int_equal(count(text, "<script"), 1); /* a file of ours */
            assert_int_equal(count(text, "</html>\n"), 1);
            /* nothing inline: the policy would refuse it, and nothing may depend on it */
            assert_int_equal(count(text, " style="), 0);
            assert_int_equal(count(text, "<style"), 0);
            assert_int_equal(count(text, " onclick"), 0);
            assert_int_equal(count(text, "javascript:"), 0);
            assert_int_equal(count(text, "<img src=\"/mark.svg"), count(text, "<img"));
            assert_int_equal(count(text, "data-csrf=\"csrf-token\""), 1);
            if (out != NULL) {
                sg_str path;
                assert_ok(sg_arena_printf(
                    *state, &path, "%s/%s.%s.html", out, pages[i].name, face_lang_tag(lang)));
                FILE *file = fopen(path.p, "w");
                assert_non_null(file);
                assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
                assert_int_equal(fclose(file), 0);
            }
        }
    }
}

static sg_str
between(sg_str text, const char *begin, const char *end)
{
    for (size_t i = 0; i + strlen(begin) <= text.n; i++) {
        if (memcmp(text.p + i, begin, strlen(begin)) == 0) {
            size_t from = i + strlen(begin);
            for (size_t j = from; j + strlen(end) <= text.n; j++) {
                if (memcmp(text.p + j, end, strlen(end)) == 0) {
                    return sg_str_slice(text, from, j - from);
                }
            }
        }
    }
    fail_msg("no %s", begin);
    return SG_NO_STR;
}

/* req: AU-4: what the page shows is the intent's text, and nothing is added, cut or translated. */
static void
test_the_text_stands_letter_by_letter(void **state)
{
    sg_str page = document(state, FACE_JA, "consent", write_consent);
    sg_str shown = between(page, "<pre id=\"intent-text\" lang=\"en\">\n", "</pre>");
    sg_str text = person_text(parsed(state, SAMPLE_CONSENT), "text");
    assert_int_equal(shown.n, text.n); /* this sample has nothing to escape */
    assert_memory_equal(shown.p, text.p, text.n);
}

static void
test_values_stand_apart_and_are_escaped(void **state)
{
    sg_str page = document(state, FACE_EN, "consent", write_consent);
    sg_str values = between(page, "<section class=\"card values\"", "</section>");
    assert_int_equal(count(values, "Yamada &lt;b&gt;"), 1);
    assert_int_equal(count(values, "<bdi>JP</bdi>, <bdi>DE</bdi>"), 1);
    assert_int_equal(count(values, "<bdi>42</bdi>"), 1);
    assert_int_equal(count(between(page, "<pre id", "</pre>"), "Hanako"), 0);
}

static void
test_only_usable_candidates_are_offered(void **state)
{
    sg_str page = document(state, FACE_EN, "consent", write_consent);
    assert_int_equal(count(page, "type=\"radio\" name=\"badge\""), 2);
    assert_int_equal(count(page, " checked>"), 1);
    /* the revoked one is named with its reason, and cannot be chosen */
    sg_str unusable = between(page, "<details id=\"unusable\">", "</details>");
    assert_int_equal(count(unusable, "old badge"), 1);
    assert_int_equal(count(unusable, face_text_en[T_REASON_REVOKED]), 1);
    assert_int_equal(count(page, "old badge"), 1);
}

static void
test_who_asks_is_never_made_surer_than_it_is(void **state)
{
    static const struct {
        const char *party;
        enum face_text text;
        bool sure;
    } cases[] = {
        { "{\"id\":\"x509_san_dns:a.example\",\"proven\":\"certificate\"}",
            T_CONSENT_WHO_CERTIFICATE, true },
        { "{\"id\":\"did:web:a\",\"proven\":\"did\"}", T_CONSENT_WHO_DID, true },
        { "{\"id\":\"a\",\"proven\":\"attestation\"}", T_CONSENT_WHO_ATTESTED, true },
        { "{\"id\":\"a\",\"proven\":\"registration\"}", T_CONSENT_WHO_REGISTERED, true },
        { "{\"id\":\"a\",\"proven\":\"nobody\"}", T_CONSENT_WHO_UNKNOWN, false },
        { "{\"id\":\"a\",\"proven\":\"Certificate\"}", T_CONSENT_WHO_UNKNOWN, false },
        { "{\"id\":\"a\",\"proven\":1}", T_CONSENT_WHO_UNKNOWN, false },
        { "{\"id\":\"a\"}", T_CONSENT_WHO_UNKNOWN, false },
        { "null", T_CONSENT_WHO_UNKNOWN, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sg_str json;
        assert_ok(sg_arena_printf(*state, &json,
            "{\"state\":\"open\",\"text\":\"t\",\"intent\":\"AA\",\"nonce\":\"AA\","
            "\"publicKey\":{},\"party\":%s}",
            cases[i].party));
        consent_json = json.p;
        sg_str page = document(state, FACE_EN, "consent", write_consent);
        consent_json = SAMPLE_CONSENT;
        assert_int_equal(count(page, face_text_en[cases[i].text]), 1);
        assert_int_equal(count(page, face_text_en[T_CONSENT_SURE]), cases[i].sure ? 1 : 0);
        assert_int_equal(count(page, face_text_en[T_CONSENT_UNSURE]), cases[i].sure ? 0 : 1);
    }
}

static void
test_a_name_that_nobody_checked_is_no_heading(void **state)
{
    sg_str page = document(state, FACE_EN, "consent", write_consent);
    assert_int_equal(
        count(page, "<p class=\"who\"><bdi>redirect_uri:https://verifier.example/response</bdi>"),
        1);
    assert_int_equal(count(page, face_text_en[T_CONSENT_NAME_UNCHECKED]), 1);
    consent_json = "{\"state\":\"open\",\"text\":\"t\",\"intent\":\"AA\",\"nonce\":\"AA\","
                   "\"publicKey\":{},\"party\":{\"id\":\"a\",\"name\":\"Bank\","
                   "\"name_proven\":true,\"proven\":\"registration\"}}";
    page = document(state, FACE_EN, "consent", write_consent);
    consent_json = SAMPLE_CONSENT;
    assert_int_equal(count(page, "<p class=\"who\"><bdi>Bank</bdi>"), 1);
    assert_int_equal(count(page, face_text_en[T_CONSENT_NAME_UNCHECKED]), 0);
}

static bool
renders(void **state, const char *json, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(*state, 64, 65536);
    struct face_html html = { &buf, FACE_EN, SG_NO_STR };
    bool done = person_consent_render(&html, parsed(state, json), SG_LIT("/vp/x"), 1795284000);
    assert_ok(sg_buf_end_str(&buf, ret));
    return done;
}

/* Without text, intent, nonce or challenge there is nothing to approve: no page with a button. */
static void
test_a_question_that_lacks_something_is_no_page(void **state)
{
    static const char *const cases[] = { "{}", "[]", "null",
        "{\"text\":\"\",\"intent\":\"AA\",\"nonce\":\"AA\",\"publicKey\":{}}",
        "{\"intent\":\"AA\",\"nonce\":\"AA\",\"publicKey\":{}}",
        "{\"text\":\"t\",\"nonce\":\"AA\",\"publicKey\":{}}",
        "{\"text\":\"t\",\"intent\":\"AA\",\"publicKey\":{}}",
        "{\"text\":\"t\",\"intent\":\"AA\",\"nonce\":\"AA\"}",
        "{\"text\":\"t\",\"intent\":\"AA\",\"nonce\":\"AA\",\"publicKey\":\"x\"}" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sg_str text;
        assert_false(renders(state, cases[i], &text));
        assert_int_equal(count(text, "id=\"approve\""), 0);
    }
}

static void
test_results(void **state)
{
    sg_str text;
    assert_true(renders(state,
        "{\"state\":\"delivered\",\"redirect_uri\":\"https://verifier.example/done?a=1&b=2\","
        "\"evidence\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]}",
        &text));
    assert_int_equal(count(text, "href=\"https://verifier.example/done?a=1&amp;b=2\""), 1);
    assert_int_equal(
        count(text, "/evidence/0000000000000000000000000000000000000000000000000000000000000000"),
        1);
    assert_int_equal(count(text, "id=\"approve\""), 0);
    /* a verifier sends the person to web pages alone */
    assert_true(renders(
        state, "{\"state\":\"delivered\",\"redirect_uri\":\"javascript:alert(1)\"}", &text));
    assert_int_equal(count(text, "javascript"), 0);
    /* nothing fits: only a refusal is offered */
    assert_true(renders(state, "{\"state\":\"nothing\",\"party\":{\"id\":\"a\"}}", &text));
    assert_int_equal(count(text, "id=\"refuse\""), 1);
    assert_int_equal(count(text, "id=\"approve\""), 0);
    static const char *const states[] = { "returned", "refused", "expired", "failed" };
    for (size_t i = 0; i < 4; i++) {
        sg_str json;
        assert_ok(sg_arena_printf(*state, &json, "{\"state\":\"%s\"}", states[i]));
        assert_true(renders(state, json.p, &text));
        assert_int_equal(count(text, "data-state=\""), 1);
    }
}

static void
test_what_cannot_be_had_is_said(void **state)
{
    sg_str page = document(state, FACE_EN, "account", write_account_empty);
    assert_int_equal(count(page, face_text_en[T_ACCOUNT_UNAVAILABLE]), 1);
    assert_int_equal(count(page, face_text_en[T_ACCOUNT_ACTIVITY_NONE]), 1);
    sg_str full = document(state, FACE_EN, "account", write_account);
    assert_int_equal(count(full, face_text_en[T_ACCOUNT_UNAVAILABLE]), 0);
    assert_int_equal(count(full, "data-remove=\"cGFzc2tleTE\""), 1);
    assert_int_equal(count(full, "2026-11-21 17:26"), 1);
}

/* req: EV-2: a page never says more than a verifier of the bundle would find. */
static void
test_evidence_that_does_not_hold_is_not_said_to(void **state)
{
    static const struct {
        struct evid_page page;
        enum face_text text;
    } cases[] = {
        { { .hash = { "00", 2 }, .r = { SG_E_NOT_FOUND } }, T_EVIDENCE_MISSING },
        { { .hash = { "00", 2 }, .r = { SG_E_PENDING } }, T_EVIDENCE_PENDING },
        { { .hash = { "00", 2 }, .bundle = { "{}", 2 } }, T_EVIDENCE_BROKEN },
        { { .hash = { "00", 2 }, .bundle = { "<b>", 3 } }, T_EVIDENCE_BROKEN },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sg_buf buf = sg_buf_new(*state, 4096, 65536);
        struct face_html html = { &buf, FACE_EN, SG_NO_STR };
        sg_str text;
        evid_page_render(&html, &cases[i].page);
        assert_ok(sg_buf_end_str(&buf, &text));
        assert_int_equal(count(text, "data-held=\"no\""), 1);
        assert_int_equal(count(text, face_text_en[cases[i].text]), 1);
        assert_int_equal(count(text, face_text_en[T_EVIDENCE_FOUND]), 0);
        assert_int_equal(count(text, "<b>"), 0);
        assert_int_equal(count(text, "<form"), 1);
    }
}

/* Every text field has a label of its own. */
static void
test_fields_have_labels(void **state)
{
    sg_str page = document(state, FACE_EN, "enrol", write_enrol);
    static const char *const ids[] = { "code", "label-sign", "label-login" };
    for (size_t i = 0; i < 3; i++) {
        sg_str want;
        assert_ok(sg_arena_printf(*state, &want, "<label for=\"%s\">", ids[i]));
        assert_int_equal(count(page, want.p), 1);
    }
    assert_int_equal(count(page, "<input type=\"text\""), 3);
    assert_int_equal(count(page, "data-link=\"&quot;&gt;&lt;img&gt;\""), 1);
    /* hex of the address is base64url for the endpoint: 32 bytes 0xff */
    struct sg_buf buf = sg_buf_new(*state, 4096, 65536);
    struct face_html html = { &buf, FACE_EN, SG_NO_STR };
    sg_str text;
    person_enrol_render(
        &html, SG_LIT("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"), false);
    assert_ok(sg_buf_end_str(&buf, &text));
    assert_int_equal(count(text, "data-link=\"__________________________________________8\""), 1);
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_every_word_is_there_in_both_languages),
        CASE(test_words_do_not_change_places),
        CASE(test_slots_are_escaped),
        CASE(test_strangers_names_and_texts_show_what_they_are),
        CASE(test_no_page_reorders_for_a_stranger),
        CASE(test_paths_to_go_on_to),
        CASE(test_times),
        CASE(test_every_page_is_whole),
        CASE(test_the_text_stands_letter_by_letter),
        CASE(test_values_stand_apart_and_are_escaped),
        CASE(test_only_usable_candidates_are_offered),
        CASE(test_who_asks_is_never_made_surer_than_it_is),
        CASE(test_a_name_that_nobody_checked_is_no_heading),
        CASE(test_a_question_that_lacks_something_is_no_page),
        CASE(test_results),
        CASE(test_what_cannot_be_had_is_said),
        CASE(test_evidence_that_does_not_hold_is_not_said_to),
        CASE(test_fields_have_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
