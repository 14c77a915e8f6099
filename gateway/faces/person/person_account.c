/* What is kept for a person, and every use of the keys (req: AU-2, AU-6, EV-4). */
#include <string.h>

#include "person_inner.h"

static const struct sjson *
items_of(const struct sjson *json, const char *name)
{
    const struct sjson *items =
        json != NULL && json->type == SJSON_ARRAY ? json : sjson_get(json, name);
    return items != NULL && items->type == SJSON_ARRAY ? items->first : NULL;
}

/* An answer that could not be had is said to be so: an empty list would be a lie. */
static bool
put_section(struct face_html *html, const char *id, enum face_text title, int text,
    const struct sjson *json)
{
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-%z\"><h2 id=\"title-%z\">%w</h2>", id, id,
        title);
    if (text >= 0) {
        face_html(html, "<p class=\"soft\">%w</p>", text);
    }
    if (json == NULL) {
        face_html(html, "<p class=\"notice warn\">%w</p>", T_ACCOUNT_UNAVAILABLE);
    }
    return json != NULL;
}

static void
put_date(struct face_html *html, enum face_text label, int64_t at)
{
    char time[PERSON_TIME_LEN];
    person_time(at, time);
    if (time[0] != '\0') {
        face_html(html, " · %w <time>%z</time>", label, time);
    }
}

/* ---- passkeys --------------------------------------------------------------------------------------- */

static void
put_passkey(struct face_html *html, const struct sjson *one)
{
    sg_str label = person_text(one, "label");
    sg_str id = person_text(one, "id");
    sg_str fingerprint = person_text(one, "fingerprint");
    bool signs = sg_str_is(person_text(one, "purpose"), "sign");
    face_html(html, "<li><div><h3>");
    if (label.n > 0) {
        face_html(html, "<bdi>%n</bdi>", &label);
    } else {
        face_html(html, "%w", T_ACCOUNT_PASSKEY_UNNAMED);
    }
    face_html(html, "</h3><p><span class=\"tag%z\">%w</span>", signs ? "" : " quiet",
        signs ? T_ACCOUNT_PASSKEY_SIGN : T_ACCOUNT_PASSKEY_LOGIN);
    if (sg_str_is(person_text(one, "state"), "waits")) {
        face_html(html, " <span class=\"tag warn\">%w</span>", T_ACCOUNT_WAITS);
    }
    if (person_true(one, "attested")) {
        face_html(html, " <span class=\"tag\">%w</span>", T_ACCOUNT_ATTESTED);
    }
    if (person_true(one, "backup_eligible")) {
        face_html(html, " <span class=\"tag quiet\">%w</span>", T_ACCOUNT_SYNCED);
    }
    face_html(
        html, "</p><p class=\"soft\">%w <code>%s</code>", T_ACCOUNT_FINGERPRINT, &fingerprint);
    put_date(html, T_ACCOUNT_CREATED, person_int(one, "created_at"));
    face_html(html,
        "</p></div><button type=\"button\" class=\"plain small\" data-remove=\"%s\" "
        "data-purpose=\"%z\" aria-label=\"%w: %n\">%w</button></li>",
        &id, signs ? "sign" : "login", T_ACCOUNT_REMOVE, label.n > 0 ? &label : &fingerprint,
        T_ACCOUNT_REMOVE);
}

static void
put_passkeys(struct face_html *html, const struct sjson *json)
{
    if (put_section(html, "passkeys", T_ACCOUNT_PASSKEYS, T_ACCOUNT_PASSKEYS_TEXT, json)) {
        face_html(html, "<ul class=\"list\">");
        for (const struct sjson *one = items_of(json, "passkeys"); one != NULL; one = one->next) {
            put_passkey(html, one);
        }
        face_html(html,
            "</ul><p class=\"soft\">%w</p><div class=\"field\"><label for=\"label-new\">%w</label>"
            "<input type=\"text\" id=\"label-new\" maxlength=\"20\" autocomplete=\"off\" "
            "aria-describedby=\"label-new-hint\"><p class=\"hint\" "
            "id=\"label-new-hint\">%w</p></div>"
            "<div class=\"acts\">"
            "<button type=\"button\" class=\"plain\" id=\"add-sign\">%w</button>"
            "<button type=\"button\" class=\"plain\" id=\"add-login\">%w</button></div>",
            T_ACCOUNT_ADD_TEXT, T_ENROL_NAME_LABEL, T_ENROL_NAME_HINT, T_ACCOUNT_ADD_SIGN,
            T_ACCOUNT_ADD_LOGIN);
    }
    face_html(html, "</section>\n");
}

/* ---- keys ------------------------------------------------------------------------------------------- */

static void
put_key(struct face_html *html, const struct sjson *one)
{
    static const struct {
        const char *state;
        enum face_text text;
        const char *kind;
    } states[] = { { "active", T_STATE_ACTIVE, "" }, { "suspended", T_STATE_SUSPENDED, " warn" },
        { "revoked", T_STATE_REVOKED, " bad" } };
    sg_str key = person_text(one, "key");
    sg_str alg = person_text(one, "alg");
    sg_str state = person_text(one, "state");
    face_html(html, "<tr><th scope=\"row\"><code>%s</code></th><td>%s</td><td>%u</td><td>", &key,
        &alg, (unsigned long long)person_int(one, "level"));
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (sg_str_is(state, states[i].state)) {
            face_html(
                html, "<span class=\"tag%z\">%w</span></td></tr>", states[i].kind, states[i].text);
            return;
        }
    }
    face_html(html, "<span class=\"tag quiet\">%s</span></td></tr>", &state);
}

static void
put_keys(struct face_html *html, const struct sjson *json)
{
    if (put_section(html, "keys", T_ACCOUNT_KEYS, T_ACCOUNT_KEYS_TEXT, json)) {
        const struct sjson *one = items_of(json, "keys");
        if (one == NULL) {
            face_html(html, "<p>%w</p>", T_ACCOUNT_KEYS_NONE);
        } else {
            face_html(html,
                "<table class=\"stack\"><thead><tr><th scope=\"col\">%w</th>"
                "<th scope=\"col\">%w</th><th scope=\"col\">%w</th><th scope=\"col\">%w</th></tr>"
                "</thead><tbody>",
                T_ACCOUNT_KEY_ID, T_ACCOUNT_KEY_ALG, T_ACCOUNT_KEY_LEVEL, T_ACCOUNT_KEY_STATE);
            for (; one != NULL; one = one->next) {
                put_key(html, one);
            }
            face_html(html, "</tbody></table>");
        }
    }
    face_html(html, "</section>\n");
}

/* ---- credentials -------------------------------------------------------------------------------------- */

/* What this type is called in the page's language, where it is one of ours; otherwise what the credential says of itself. */
static sg_str
name_of(const struct face_html *html, const struct flow_configs *configs, const struct sjson *one)
{
    sg_str type = person_text(one, "type");
    sg_str name = person_text(one, "name");
    for (size_t i = 0; configs != NULL && type.n > 0 && i < configs->n; i++) {
        const struct flow_config *config = &configs->items[i];
        const struct sjson *list =
            sjson_get(sjson_get(config->published, "credential_metadata"), "display");
        if (!sg_str_equal(config->type, type) || list == NULL) {
            continue;
        }
        for (const struct sjson *d = list->first; d != NULL; d = d->next) {
            if (sg_str_starts(person_text(d, "locale"), face_lang_tag(html->lang))) {
                return person_text(d, "name");
            }
        }
    }
    return name.n > 0 ? name : person_text(one, "configuration");
}

static void
put_credentials(
    struct face_html *html, const struct flow_configs *configs, const struct sjson *json)
{
    if (put_section(html, "credentials", T_ACCOUNT_CREDENTIALS, -1, json)) {
        const struct sjson *one = items_of(json, "credentials");
        if (one == NULL) {
            face_html(html, "<p>%w</p>", T_ACCOUNT_CREDENTIALS_NONE);
        }
        face_html(html, one == NULL ? "" : "<ul class=\"list\">");
        bool any = one != NULL;
        for (; one != NULL; one = one->next) {
            sg_str id = person_text(one, "id");
            sg_str format = person_text(one, "format");
            sg_str name = name_of(html, configs, one);
            face_html(html, "<li><div><h3><bdi>%n</bdi></h3><p class=\"soft\">%w <code>%s</code>",
                &name, T_ACCOUNT_CREDENTIAL_FORMAT, &format);
            put_date(html, T_ACCOUNT_CREDENTIAL_ADDED, person_int(one, "added_at"));
            face_html(html,
                "</p></div><button type=\"button\" class=\"plain small\" data-delete=\"%s\" "
                "aria-label=\"%w: %n\">%w</button></li>",
                &id, T_ACCOUNT_CREDENTIAL_DELETE, &name, T_ACCOUNT_CREDENTIAL_DELETE);
        }
        face_html(html, any ? "</ul>" : "");
    }
    face_html(html, "</section>\n");
}

/* ---- activity ----------------------------------------------------------------------------------------- */

struct word {
    const char *name;
    enum face_text text;
    const char *kind;
};

static const struct word *
word_of(const struct word *words, size_t n, sg_str name)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (sg_str_is(name, words[i].name)) {
            return &words[i];
        }
    }
    return &words[n - 1];
}

static void
put_use(struct face_html *html, const struct sjson *one)
{
    static const struct word operations[] = { { "present", T_OP_PRESENT, "" },
        { "key_proof", T_OP_KEY_PROOF, "" }, { "register", T_OP_REGISTER, "" },
        { "remove", T_OP_REMOVE, "" }, { "", T_OP_OTHER, "" } };
    static const struct word outcomes[] = { { "ok", T_OUTCOME_OK, "" },
        { "failed", T_OUTCOME_FAILED, " bad" }, { "withheld", T_OUTCOME_FAILED, " bad" },
        { "unknown", T_OUTCOME_UNKNOWN, " warn" }, { "", T_OUTCOME_NONE, " quiet" } };
    const struct word *operation = word_of(
        operations, sizeof(operations) / sizeof(operations[0]), person_text(one, "operation"));
    const struct word *outcome =
        word_of(outcomes, sizeof(outcomes) / sizeof(outcomes[0]), person_text(one, "outcome"));
    char time[PERSON_TIME_LEN];
    person_time(person_int(one, "at_ms") / 1000, time);
    sg_str format = person_text(one, "format");
    sg_str to = person_text(one, "audience");
    face_html(html, "<tr><th scope=\"row\"><time>%z</time></th><td>%w", time, operation->text);
    if (format.n > 0) {
        face_html(html, " <span class=\"soft\">%n</span>", &format);
    }
    if (to.n > 0) {
        face_html(html, "<br><bdi>%t</bdi>", &to);
    }
    unsigned long long seq = (unsigned long long)person_int(one, "seq");
    face_html(html, "</td><td><span class=\"tag%z\">%w</span></td><td>%u", outcome->kind,
        outcome->text, seq);
    if (person_text(one, "template").n > 0) { /* what was read is still kept for the person */
        face_html(html, " <a href=\"%b/account/agreed/%u\" aria-label=\"%w: %u\">%w</a>", seq,
            T_AGREED_LINK, seq, T_AGREED_LINK);
    }
    face_html(html, "</td></tr>");
}

static void
put_activity(struct face_html *html, const struct sjson *json)
{
    if (put_section(html, "activity", T_ACCOUNT_ACTIVITY, T_ACCOUNT_ACTIVITY_TEXT, json)) {
        const struct sjson *one = items_of(json, "uses");
        if (one == NULL) {
            face_html(html, "<p>%w</p></section>\n", T_ACCOUNT_ACTIVITY_NONE);
            return;
        }
        face_html(html,
            "<table class=\"stack\" id=\"uses\"><thead><tr><th scope=\"col\">%w</th>"
            "<th scope=\"col\">%w</th><th scope=\"col\">%w</th><th scope=\"col\">%w</th></tr>"
            "</thead><tbody>",
            T_ACCOUNT_ACTIVITY_WHEN, T_ACCOUNT_ACTIVITY_WHAT, T_ACCOUNT_ACTIVITY_RESULT,
            T_ACCOUNT_ACTIVITY_PROOF);
        for (; one != NULL; one = one->next) {
            put_use(html, one);
        }
        face_html(html, "</tbody></table>");
        int64_t older = person_int(json, "next");
        if (older > 0) {
            face_html(html, "<p><a href=\"%b/account?before=%u#title-activity\">%w</a></p>",
                (unsigned long long)older, T_ACCOUNT_ACTIVITY_OLDER);
        }
    }
    face_html(html, "</section>\n");
}

bool
person_agreed_render(struct face_html *html, const struct sjson *agreed)
{
    sg_str text = person_text(agreed, "text");
    sg_str language = person_text(agreed, "language");
    if (text.n == 0) {
        return false;
    }
    face_html(html,
        "<h1>%w</h1><p class=\"lead\">%w</p><section class=\"card approve\"><header><h2>%w %u</h2>"
        "</header><pre id=\"agreed\" lang=\"%s\">\n%s</pre></section>"
        "<p><a class=\"button plain\" href=\"%b/account\">%w</a></p>",
        T_AGREED_TITLE, T_AGREED_LEAD, T_ACCOUNT_ACTIVITY_PROOF,
        (unsigned long long)person_int(agreed, "seq"), &language, &text, T_NAV_ACCOUNT);
    return true;
}

/* ---- a change that the signing passkey confirms: filled by the script with the intent's text ------------------ */

static void
put_confirm(struct face_html *html)
{
    face_html(html,
        "<section class=\"card approve\" id=\"confirm\" aria-labelledby=\"title-confirm\" hidden>"
        "<header><h2 id=\"title-confirm\" tabindex=\"-1\">%w</h2><p>%w</p></header>"
        "<pre id=\"intent-text\"></pre><div class=\"acts inset\">"
        "<button type=\"button\" id=\"confirm-yes\">%w</button>"
        "<button type=\"button\" class=\"plain\" id=\"confirm-no\">%w</button></div></section>\n",
        T_CONSENT_TEXT, T_CONSENT_TEXT_HINT, T_CONSENT_APPROVE, T_CONSENT_REFUSE);
}

/* ---- the page ----------------------------------------------------------------------------------------- */

void
person_account_render(struct face_html *html, const struct person_account *account)
{
    face_html(html,
        "<div class=\"head\"><h1>%w</h1>"
        "<button type=\"button\" class=\"plain small\" id=\"logout\">%w</button></div>"
        "<p class=\"lead\">%w</p>",
        T_ACCOUNT_TITLE, T_ACCOUNT_LOGOUT, T_ACCOUNT_LEAD);
    person_says(html);
    put_confirm(html);
    put_credentials(html, account->configs, account->credentials);
    put_activity(html, account->activity);
    put_passkeys(html, account->passkeys);
    put_keys(html, account->keys);
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-session\"><h2 id=\"title-session\">%w</h2>"
        "<p class=\"soft\">%w</p><div class=\"acts\">"
        "<button type=\"button\" class=\"plain\" id=\"logout-all\">%w</button></div></section>\n",
        T_ACCOUNT_SESSION, T_ACCOUNT_SESSION_TEXT, T_ACCOUNT_LOGOUT_ALL);
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-erase\"><h2 id=\"title-erase\">%w</h2>"
        "<p class=\"soft\">%w</p><div class=\"acts\">"
        "<button type=\"button\" class=\"danger\" id=\"erase\">%w</button></div></section>\n",
        T_ACCOUNT_ERASE, T_ACCOUNT_ERASE_TEXT, T_ACCOUNT_ERASE_BUTTON);
}
