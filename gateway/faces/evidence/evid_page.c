#include "evid_page.h"

#include <time.h>

#include "sg_text.h"

#define TIME_LEN 24

static const char *
time_text(int64_t at_ms, char ret[TIME_LEN])
{
    time_t t = (time_t)(at_ms / 1000);
    struct tm parts;
    if (at_ms <= 0 || gmtime_r(&t, &parts) == NULL ||
        strftime(ret, TIME_LEN, "%Y-%m-%d %H:%M:%S", &parts) == 0) {
        return "";
    }
    return ret;
}

static void
put_row(struct face_html *html, enum face_text name, sg_str value)
{
    if (value.n > 0) {
        face_html(html, "<dt>%w</dt><dd>%t</dd>", name, &value);
    }
}

static void
put_word(struct face_html *html, enum face_text name, enum face_text value)
{
    face_html(html, "<dt>%w</dt><dd>%w</dd>", name, value);
}

static void
put_number(struct face_html *html, enum face_text name, uint64_t value)
{
    face_html(html, "<dt>%w</dt><dd>%u</dd>", name, (unsigned long long)value);
}

/* ---- what was recorded --------------------------------------------------------------------------------- */

static enum face_text
operation_text(uint64_t operation)
{
    switch (operation) {
    case WIRE_OP_SEAL_CREDENTIAL:
        return T_EVIDENCE_SEALED;
    case WIRE_OP_PRESENT:
        return T_OP_PRESENT;
    case WIRE_OP_KEY_PROOF:
        return T_OP_KEY_PROOF;
    case WIRE_OP_REGISTER:
        return T_OP_REGISTER;
    case WIRE_OP_REMOVE:
        return T_OP_REMOVE;
    default:
        return T_OP_OTHER;
    }
}

static enum face_text
approval_text(uint64_t activation)
{
    return activation == WIRE_ACT_PASSKEY       ? T_EVIDENCE_BY_PASSKEY
           : activation == WIRE_ACT_INSTRUCTION ? T_EVIDENCE_BY_INSTRUCTION
                                                : T_EVIDENCE_BY_MANDATE;
}

static void
put_record(struct face_html *html, const struct evid_bundle *bundle)
{
    char time[TIME_LEN];
    struct sg_arena *arena = html->buf->arena;
    struct wire_consent *consent = SG_NEW(arena, struct wire_consent);
    struct wire_intent *intent = SG_NEW(arena, struct wire_intent);
    struct wire_outcome *outcome = SG_NEW(arena, struct wire_outcome);
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-what\"><h2 id=\"title-what\">%w</h2>",
        T_EVIDENCE_WHAT);
    if (consent == NULL || intent == NULL || outcome == NULL || bundle->consent.body.n == 0 ||
        !sg_ok(wire_consent_parse(bundle->consent.body, consent)) ||
        !sg_ok(wire_intent_parse(consent->intent, intent))) {
        face_html(html, "<p>%w</p></section>\n", T_EVIDENCE_HIDDEN);
        return;
    }
    face_html(html, "<dl>");
    put_word(html, T_EVIDENCE_OPERATION, operation_text(intent->operation));
    put_row(html, T_EVIDENCE_FORMAT, intent->format);
    put_row(html, T_EVIDENCE_TYPE, intent->type);
    put_word(html, T_EVIDENCE_BY, approval_text(consent->activation));
    put_number(html, T_EVIDENCE_LEVEL, consent->level);
    put_number(html, T_EVIDENCE_STATUS, consent->n_seen);
    put_row(html, T_EVIDENCE_WHEN, sg_cstr(time_text(consent->at_ms, time)));
    if (sg_ok(wire_outcome_parse(bundle->outcome.body, outcome))) {
        put_word(html, T_ACCOUNT_ACTIVITY_RESULT,
            outcome->kind == WIRE_OUT_SIGNED    ? T_OUTCOME_OK
            : outcome->kind == WIRE_OUT_UNKNOWN ? T_OUTCOME_UNKNOWN
                                                : T_OUTCOME_FAILED);
        put_row(html, T_EVIDENCE_RESULT, sg_cstr(time_text(outcome->at_ms, time)));
    }
    face_html(html, "</dl></section>\n");
}

/* ---- the checks ------------------------------------------------------------------------------------------ */

static void
put_checks(struct face_html *html, const struct evid_report *report)
{
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-checks\"><h2 id=\"title-checks\">%w</h2>"
        "<table class=\"stack\"><tbody>",
        T_EVIDENCE_CHECKS);
    for (size_t i = 0; i < report->n_steps; i++) {
        const struct evid_step *step = &report->steps[i];
        static const struct {
            enum face_text text;
            const char *kind;
        } held[] = { [EVID_HELD] = { T_EVIDENCE_HELD, "" },
            [EVID_NOT_HELD] = { T_EVIDENCE_NOT_HELD, " bad" },
            [EVID_NOT_SHOWN] = { T_EVIDENCE_NOT_SHOWN, " quiet" } };
        face_html(html,
            "<tr><th scope=\"row\"><code>%z</code></th><td><span class=\"tag%z\">%w</span> "
            "<span class=\"soft\" lang=\"en\">%t</span></td></tr>",
            step->name, held[step->held].kind, held[step->held].text, &step->detail);
    }
    face_html(html, "</tbody></table></section>\n");
}

static void
put_places(struct face_html *html, const struct evid_page *page, const struct evid_bundle *bundle)
{
    face_html(html, "<section class=\"card\"><dl><dt>%w</dt><dd><code>%s</code></dd>",
        T_EVIDENCE_HASH, &page->hash);
    if (bundle != NULL) {
        put_row(html, T_EVIDENCE_LOG, bundle->origin);
        put_number(html, T_EVIDENCE_CONSENT, bundle->consent.seq);
        put_number(html, T_EVIDENCE_OUTCOME, bundle->outcome.seq);
    }
    face_html(html, "</dl></section>\n");
}

static void
put_take(struct face_html *html, const struct evid_page *page)
{
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-take\"><h2 "
        "id=\"title-take\">%w</h2><p>%w</p>"
        "<pre>sealgate evidence verify evidence.json --object FILE --dir DIR</pre>",
        T_EVIDENCE_TAKE, T_EVIDENCE_TAKE_TEXT);
    if (!page->with_object) { /* by hash alone: the same as this page had */
        face_html(html,
            "<p><a class=\"button plain\" href=\"%b/evidence/%s?format=json\" "
            "download=\"evidence.json\">%w</a></p>",
            &page->hash, T_EVIDENCE_DOWNLOAD);
    }
    face_html(html,
        "<details><summary>JSON</summary><pre id=\"bundle\">\n%s</pre></details></section>\n",
        &page->bundle);
}

static void
put_form(struct face_html *html)
{
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-ask\"><h2 id=\"title-ask\">%w</h2>"
        "<form method=\"post\" action=\"%b/evidence\"><div class=\"field\">"
        "<label for=\"object\">%w</label>"
        "<textarea id=\"object\" name=\"object\" rows=\"5\" required spellcheck=\"false\" "
        "autocomplete=\"off\" aria-describedby=\"object-hint\"></textarea>"
        "<p class=\"hint\" id=\"object-hint\">%w</p></div><button class=\"plain\">%w</button>"
        "</form></section>\n",
        T_EVIDENCE_ASK, T_EVIDENCE_ASK_LABEL, T_EVIDENCE_ASK_HINT, T_EVIDENCE_ASK_BUTTON);
}

/* ---- the page --------------------------------------------------------------------------------------------- */

/* The log's key is the one that the log names itself: the page is the service's own word, and says so. */
static bool
checked(struct sg_arena *arena, const struct evid_bundle *bundle, struct evid_report *ret)
{
    struct tlog_vkey key;
    return sg_ok(tlog_vkey_parse(arena, bundle->log_vkey, &key)) &&
           sg_ok(evid_verify(arena, bundle, NULL, &key, ret));
}

void
evid_page_render(struct face_html *html, const struct evid_page *page)
{
    struct sg_arena *arena = html->buf->arena;
    struct evid_bundle *bundle = SG_NEW(arena, struct evid_bundle);
    struct evid_report *report = SG_NEW(arena, struct evid_report);
    bool read = sg_ok(page->r) && bundle != NULL && report != NULL &&
                sg_ok(evid_bundle_parse(arena, page->bundle, NULL, bundle));
    bool run = read && checked(arena, bundle, report);
    bool held = run && report->held;
    face_html(html, "<h1>%w</h1><p class=\"lead\">%w</p>", T_EVIDENCE_TITLE, T_EVIDENCE_LEAD);
    if (page->hash.n > 0) {
        face_html(html,
            "<p class=\"notice%z\" role=\"status\" id=\"found\" data-held=\"%z\">%w</p>",
            held ? "" : " warn", held ? "yes" : "no",
            held                             ? T_EVIDENCE_FOUND
            : page->r.code == SG_E_PENDING   ? T_EVIDENCE_PENDING
            : page->r.code == SG_E_NOT_FOUND ? T_EVIDENCE_MISSING
                                             : T_EVIDENCE_BROKEN);
    }
    if (read) {
        put_record(html, bundle);
    }
    if (page->hash.n > 0) {
        put_places(html, page, read ? bundle : NULL);
    }
    if (run) {
        put_checks(html, report);
    }
    if (read) {
        put_take(html, page);
    }
    put_form(html);
}
