/* Enrolment in steps, and login (req: AU-2, AU-3). */
#include "person_inner.h"
#include "sg_text.h"

static void
put_mark(struct face_html *html, const char *step, enum face_text text, bool current)
{
    face_html(html, "<li id=\"mark-%z\"", step);
    face_html(html, current ? " aria-current=\"step\">%w</li>" : ">%w</li>", text);
}

static void
put_name_field(struct face_html *html, const char *purpose)
{
    face_html(html,
        "<div class=\"field\"><label for=\"label-%z\">%w</label>"
        "<input type=\"text\" id=\"label-%z\" maxlength=\"20\" autocomplete=\"off\" "
        "aria-describedby=\"label-%z-hint\">"
        "<p class=\"hint\" id=\"label-%z-hint\">%w</p></div>",
        purpose, T_ENROL_NAME_LABEL, purpose, purpose, purpose, T_ENROL_NAME_HINT);
}

static void
put_passkey_step(struct face_html *html, const char *purpose, enum face_text title,
    enum face_text text, enum face_text button)
{
    face_html(html,
        "<section class=\"card\" id=\"step-%z\" aria-labelledby=\"title-%z\" hidden>"
        "<h2 id=\"title-%z\" tabindex=\"-1\">%w</h2><p>%w</p>",
        purpose, purpose, purpose, title, text);
    put_name_field(html, purpose);
    face_html(html,
        "<div class=\"acts\"><button type=\"button\" id=\"make-%z\">%w</button></div></section>\n",
        purpose, button);
}

/* Addresses have the link in hex, as `person enrol` prints it; bodies have bytes in base64url. */
static sg_str
link_text(struct sg_arena *arena, sg_str link)
{
    sg_bytes bytes;
    sg_str text;
    bool hex = link.n == 64 && sg_ok(sg_hex_decode(arena, link, &bytes)) &&
               sg_ok(sg_b64url_encode(arena, bytes, &text));
    return hex ? text : link;
}

void
person_enrol_render(struct face_html *html, sg_str address, bool demo)
{
    sg_str link = link_text(html->buf->arena, address);
    face_html(html, "<div id=\"enrol\" data-link=\"%s\"><h1>%w</h1><p class=\"lead\">%w</p>", &link,
        T_ENROL_TITLE, T_ENROL_LEAD);
    face_html(html, "<ol class=\"steps\" aria-label=\"%w\">", T_ENROL_STEPS);
    put_mark(html, "code", T_ENROL_STEP_CODE, true);
    put_mark(html, "sign", T_ENROL_STEP_SIGN, false);
    put_mark(html, "login", T_ENROL_STEP_LOGIN, false);
    face_html(html,
        "</ol>\n<section class=\"card\" id=\"step-code\" aria-labelledby=\"title-code\">"
        "<h2 id=\"title-code\" tabindex=\"-1\">%w</h2><p>%w</p>"
        "<form id=\"code-form\" autocomplete=\"off\"><div class=\"field\">"
        "<label for=\"code\">%w</label><input type=\"text\" class=\"code\" id=\"code\" "
        "name=\"code\" required maxlength=\"64\" autocomplete=\"one-time-code\" "
        "autocapitalize=\"characters\" spellcheck=\"false\" aria-describedby=\"code-hint\">"
        "<p class=\"hint\" id=\"code-hint\">%w</p></div>"
        "<div class=\"acts\"><button id=\"code-go\">%w</button></div></form></section>\n",
        T_ENROL_STEP_CODE, T_ENROL_CODE_TEXT, T_ENROL_CODE_LABEL, T_ENROL_CODE_HINT,
        T_ENROL_CONTINUE);
    put_passkey_step(html, "sign", T_ENROL_STEP_SIGN, T_ENROL_SIGN_TEXT, T_ENROL_SIGN_BUTTON);
    put_passkey_step(html, "login", T_ENROL_STEP_LOGIN, T_ENROL_LOGIN_TEXT, T_ENROL_LOGIN_BUTTON);
    face_html(html,
        "<section class=\"card\" id=\"step-done\" aria-labelledby=\"title-done\" hidden>"
        "<h2 id=\"title-done\" tabindex=\"-1\">%w</h2><p>%w</p>"
        "<p class=\"bigcode\" id=\"fingerprint\" aria-label=\"%w\"></p>"
        "<div class=\"acts\"><a class=\"button\" href=\"%b/account\">%w</a>",
        T_ENROL_DONE_TITLE, T_ENROL_DONE_TEXT, T_ENROL_FINGERPRINT, T_ENROL_TO_LOGIN);
    if (demo) {
        face_html(html, "<a class=\"button plain\" href=\"%b/demo\">%w</a>", T_NAV_DEMO);
    }
    face_html(html, "</div></section>\n");
    person_says(html);
    face_html(html, "</div>");
}

/* ---- login -------------------------------------------------------------------------------------------- */

void
person_login_render(struct face_html *html, sg_str next, sg_str provider)
{
    face_html(html,
        "<h1>%w</h1><p class=\"lead\">%w</p><div class=\"acts\">"
        "<button type=\"button\" id=\"login\" data-next=\"%s\">%w</button>",
        T_LOGIN_TITLE, T_LOGIN_LEAD, &next, T_LOGIN_BUTTON);
    if (provider.n > 0) {
        face_html(
            html, "<a class=\"button plain\" href=\"%b%s\">%w</a>", &provider, T_LOGIN_EXTERNAL);
    }
    face_html(html, "</div>");
    person_says(html);
    face_html(html, "<p class=\"soft\">%w</p>", T_LOGIN_NEW);
}
