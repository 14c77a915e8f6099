/* The story and the door, as pages. */
#include "demo_inner.h"

/* ---- the story ----------------------------------------------------------------------------------------- */

static void
put_forms(struct face_html *html)
{
    face_html(html,
        "<div class=\"field\"><label for=\"configuration\">%w</label><select id=\"configuration\">",
        T_DEMO_RECEIVE_LABEL);
    for (size_t i = 0; i < n_demo_forms; i++) {
        face_html(html, "<option value=\"%z\">%z</option>", demo_forms[i].configuration,
            demo_forms[i].name);
    }
    face_html(html, "</select></div>");
}

static void
put_step(struct face_html *html, enum face_text title, enum face_text text)
{
    face_html(html, "<li class=\"card\"><h2>%w</h2><p>%w</p>", title, text);
}

void
demo_story_render(struct face_html *html, bool signed_in, size_t n_badges)
{
    const char *rest = signed_in ? "" : " disabled";
    face_html(html, "<h1>%w</h1><p class=\"lead\">%w</p>", T_DEMO_TITLE, T_DEMO_LEAD);
    face_html(html, "<p id=\"status\" class=\"soft\" role=\"status\" aria-live=\"polite\"></p>"
                    "<p id=\"alert\" class=\"notice bad\" role=\"alert\"></p><ol class=\"story\">");
    put_step(html, T_DEMO_STEP_ENROL, T_DEMO_STEP_ENROL_TEXT);
    if (signed_in) {
        face_html(html, "<p class=\"notice\">%w</p></li>", T_DEMO_SIGNED_IN);
    } else {
        face_html(html,
            "<div class=\"acts\"><a class=\"button\" "
            "href=\"%b/login?next=/demo\">%w</a></div></li>",
            T_DEMO_SIGN_IN);
    }
    put_step(html, T_DEMO_STEP_RECEIVE, T_DEMO_STEP_RECEIVE_TEXT);
    put_forms(html);
    if (n_badges > 0) {
        face_html(html, "<p class=\"notice\" id=\"received\">%w</p>", T_DEMO_RECEIVED);
    }
    face_html(html,
        "<div class=\"acts\"><button type=\"button\" id=\"receive\"%z>%w</button></div></li>", rest,
        T_DEMO_RECEIVE_BUTTON);
    put_step(html, T_DEMO_STEP_SHOW, T_DEMO_STEP_SHOW_TEXT);
    face_html(html,
        "<div class=\"acts\"><button type=\"button\" id=\"door\"%z>%w</button></div></li>",
        n_badges > 0 ? rest : " disabled", T_DEMO_SHOW_BUTTON);
    put_step(html, T_DEMO_STEP_LOOK, T_DEMO_STEP_LOOK_TEXT);
    face_html(html,
        "<div class=\"acts\"><a class=\"button plain\" href=\"%b/account\">%w</a></div></li></ol>",
        T_NAV_ACCOUNT);
}

/* ---- the door -------------------------------------------------------------------------------------------- */

static sg_str
member(const struct sjson *json, const char *name)
{
    const struct sjson *value = sjson_get(json, name);
    return value == NULL ? SG_NO_STR : value->type == SJSON_STRING ? value->text : value->source;
}

static void
put_rows(struct face_html *html, enum face_text title, const struct sjson *rows)
{
    if (rows == NULL || rows->n == 0) {
        return;
    }
    face_html(html, "<section class=\"card\"><h2>%w</h2><table><tbody>", title);
    for (const struct sjson *row = rows->first; row != NULL; row = row->next) {
        if (rows->type == SJSON_OBJECT) {
            face_html(html, "<tr><th scope=\"row\"><bdi>%n</bdi></th><td><bdi>%t</bdi></td></tr>",
                &row->name, row->type == SJSON_STRING ? &row->text : &row->source);
            continue;
        }
        sg_str check = member(row, "check");
        sg_str severity = member(row, "severity");
        sg_str detail = member(row, "detail");
        bool bad = sg_str_is(severity, "error");
        enum face_text word = bad                              ? T_EVIDENCE_NOT_HELD
                              : sg_str_is(severity, "warning") ? T_DEMO_VERIFIER_WARNING
                              : sg_str_is(severity, "note")    ? T_DEMO_VERIFIER_NOTE
                                                               : T_EVIDENCE_HELD;
        face_html(html,
            "<tr><th scope=\"row\">%s</th><td><span class=\"tag%z\">%w</span> "
            "<span class=\"soft\">%s</span></td></tr>",
            &check,
            bad                              ? " bad"
            : sg_str_is(severity, "warning") ? " warn"
            : sg_str_is(severity, "note")    ? " quiet"
                                             : "",
            word, &detail);
    }
    face_html(html, "</tbody></table></section>\n");
}

/* With the object in hand: in the body of a form, never in an address. */
static void
put_evidence(struct face_html *html, const struct sjson *result)
{
    static const char *const fields[] = { "object", "audience", "nonce" };
    if (member(result, "object").n == 0) {
        return;
    }
    face_html(html, "<form method=\"post\" action=\"%b/evidence\">");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        sg_str value = member(result, fields[i]);
        face_html(html, "<input type=\"hidden\" name=\"%z\" value=\"%s\">", fields[i], &value);
    }
    face_html(html, "<div class=\"acts\"><button id=\"evidence\">%w</button></div></form>",
        T_DEMO_VERIFIER_EVIDENCE);
}

static void
put_verdict(struct face_html *html, const struct sjson *result)
{
    sg_str error = member(result, "error");
    const struct sjson *verified = sjson_get(result, "verified");
    bool holds = verified != NULL && verified->type == SJSON_TRUE;
    if (error.n > 0) {
        face_html(html,
            "<p class=\"notice warn\" id=\"verdict\" data-verdict=\"error\">%w "
            "<code>%s</code></p>",
            T_DEMO_VERIFIER_ERROR, &error);
        return;
    }
    face_html(html, "<p class=\"notice%z\" id=\"verdict\" data-verdict=\"%z\">%w %w</p>",
        holds ? "" : " bad", holds ? "holds" : "fails", T_DEMO_VERIFIER_GOT,
        holds ? T_DEMO_VERIFIER_HOLDS : T_DEMO_VERIFIER_FAILS);
    put_rows(html, T_DEMO_VERIFIER_CLAIMS, sjson_get(result, "claims"));
    put_evidence(html, result);
    put_rows(html, T_DEMO_VERIFIER_CHECKS, sjson_get(result, "findings"));
}

void
demo_door_render(struct face_html *html, const struct sjson *result)
{
    face_html(
        html, "<h1>%w</h1><p class=\"lead\">%w</p>", T_DEMO_VERIFIER_TITLE, T_DEMO_VERIFIER_LEAD);
    if (result == NULL) {
        face_html(html, "<p class=\"notice warn\" id=\"verdict\" data-verdict=\"waits\">%w</p>",
            T_DEMO_VERIFIER_WAITS);
    } else {
        put_verdict(html, result);
    }
    face_html(
        html, "<p><a class=\"button plain\" href=\"%b/demo\">%w</a></p>", T_DEMO_VERIFIER_AGAIN);
}
