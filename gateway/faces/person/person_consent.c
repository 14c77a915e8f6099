/*
 * The page on which a person reads and approves (req: AU-4, SIG-3). What is approved stands in one element, letter by letter as the intent's text; the
 * values behind it stand apart. The script computes text hash, intent id and challenge from what is shown before it asks for the passkey.
 */
#include <string.h>

#include "person_inner.h"
#include "sg_text.h"

/* ---- who asks ------------------------------------------------------------------------------------------ */

static const struct {
    const char *proven;
    enum face_text text;
    bool sure;
} proofs[] = {
    { "certificate", T_CONSENT_WHO_CERTIFICATE, true }, { "did", T_CONSENT_WHO_DID, true },
    { "attestation", T_CONSENT_WHO_ATTESTED, true },
    { "registration", T_CONSENT_WHO_REGISTERED, true },
    { "nobody", T_CONSENT_WHO_UNKNOWN, false }, /* and whatever we do not know */
};
#define N_PROOFS (sizeof(proofs) / sizeof(proofs[0]))

/* Its name is a heading only where somebody vouches for it: otherwise the identifier is, and the name stands as what it is, a claim. */
static void
put_party(struct face_html *html, const struct sjson *party)
{
    sg_str proven = person_text(party, "proven");
    sg_str id = person_text(party, "id");
    sg_str name = person_text(party, "name");
    sg_str by = person_text(party, "vouched_by");
    sg_str address = person_text(party, "address");
    bool named = name.n > 0 && person_true(party, "name_proven");
    size_t i = 0;
    while (i + 1 < N_PROOFS && !sg_str_is(proven, proofs[i].proven)) {
        i++;
    }
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-who\"><div class=\"head\">"
        "<h2 id=\"title-who\">%w</h2><span class=\"tag%z\">%w</span></div>"
        "<p class=\"who\">",
        T_CONSENT_ASKS, proofs[i].sure ? "" : " warn",
        proofs[i].sure ? T_CONSENT_SURE : T_CONSENT_UNSURE);
    face_html(html, named ? "<bdi>%n</bdi>" : "<bdi>%t</bdi>", named ? &name : &id);
    face_html(html, "</p><p class=\"soft\">%w", proofs[i].text);
    if (by.n > 0) {
        face_html(html, " (<bdi>%n</bdi>)", &by);
    }
    face_html(html, "</p><dl>");
    if (named) {
        face_html(html, "<dt>ID</dt><dd><code>%t</code></dd>", &id);
    } else if (name.n > 0) {
        face_html(html, "<dt>%w</dt><dd>“<bdi>%n</bdi>” <span class=\"soft\">(%w)</span></dd>",
            T_CONSENT_CALLS_ITSELF, &name, T_CONSENT_NAME_UNCHECKED);
    }
    if (address.n > 0) {
        face_html(html, "<dt>%w</dt><dd><bdi>%t</bdi></dd>", T_CONSENT_ADDRESS, &address);
    }
    face_html(html, "</dl></section>\n");
}

/* ---- the text -------------------------------------------------------------------------------------------- */

static void
put_text(struct face_html *html, sg_str text, sg_str language)
{
    face_html(html,
        "<section class=\"card approve\" aria-labelledby=\"title-text\"><header>"
        "<h2 id=\"title-text\">%w</h2><p>%w</p></header>",
        T_CONSENT_TEXT, T_CONSENT_TEXT_HINT);
    /* a parser drops the first line break behind <pre>: ours, so that one of the text's own would stay */
    face_html(html, "<pre id=\"intent-text\" lang=\"%s\">\n%s</pre></section>\n", &language, &text);
    if (!sg_str_is(language, face_lang_tag(html->lang))) {
        /* the words are part of what is approved: another language is another question to the signer */
        face_html(html,
            "<p><button type=\"button\" class=\"plain small\" id=\"relanguage\">%w</button></p>",
            T_CONSENT_IN_LANGUAGE);
    }
}

/* ---- values beside it -------------------------------------------------------------------------------------- */

static void
put_value(struct face_html *html, const struct sjson *value)
{
    bool list = value != NULL && value->type == SJSON_ARRAY;
    if (value == NULL || value->type == SJSON_NULL || (list && value->first == NULL)) {
        face_html(html, "–");
        return;
    }
    if (value->type == SJSON_ARRAY && value->first != NULL && value->first->type == SJSON_STRING) {
        for (const struct sjson *one = value->first; one != NULL; one = one->next) {
            face_html(html, "%z<bdi>%t</bdi>", one == value->first ? "" : ", ",
                one->type == SJSON_STRING ? &one->text : &one->source);
        }
        return;
    }
    face_html(html, "<bdi>%t</bdi>", value->type == SJSON_STRING ? &value->text : &value->source);
}

static void
put_claims(struct face_html *html, const struct sjson *credential)
{
    sg_str name = person_text(credential, "name");
    name = name.n > 0 ? name : person_text(credential, "type");
    face_html(html,
        "<table><caption class=\"soft\"><bdi>%n</bdi></caption><thead><tr>"
        "<th scope=\"col\">%w</th><th scope=\"col\">%w</th></tr></thead><tbody>",
        &name, T_CONSENT_CLAIM, T_CONSENT_VALUE);
    const struct sjson *claims = sjson_get(credential, "claims");
    for (const struct sjson *one = claims == NULL ? NULL : claims->first; one != NULL;
         one = one->next) {
        sg_str label = person_text(one, "label");
        face_html(html, "<tr><th scope=\"row\"><bdi>%n</bdi></th><td>", &label);
        put_value(html, sjson_get(one, "value"));
        if (person_true(one, "always")) {
            face_html(html, " <span class=\"tag quiet\">%w</span>", T_CONSENT_ALWAYS);
        }
        face_html(html, "</td></tr>");
    }
    face_html(html, "</tbody></table>");
}

static void
put_values(struct face_html *html, const struct sjson *queries)
{
    bool begun = false;
    for (const struct sjson *q = queries == NULL ? NULL : queries->first; q != NULL; q = q->next) {
        const struct sjson *list = sjson_get(q, "credentials");
        for (const struct sjson *c = list == NULL ? NULL : list->first; c != NULL; c = c->next) {
            if (!person_true(c, "selected")) {
                continue;
            }
            if (!begun) {
                face_html(html,
                    "<section class=\"card values\" aria-labelledby=\"title-values\">"
                    "<h2 id=\"title-values\">%w</h2><p class=\"soft\">%w</p>",
                    T_CONSENT_VALUES, T_CONSENT_VALUES_HINT);
                begun = true;
            }
            put_claims(html, c);
        }
    }
    face_html(html, begun ? "</section>\n" : "");
}

/* ---- what cannot be used, and why ---------------------------------------------------------------------------- */

static enum face_text
reason_text(sg_str reason)
{
    static const struct {
        const char *reason;
        enum face_text text;
    } rows[] = { { "revoked", T_REASON_REVOKED }, { "suspended", T_REASON_SUSPENDED },
        { "status_unknown", T_REASON_STATUS_UNKNOWN }, { "expired", T_REASON_EXPIRED },
        { "not_yet_valid", T_REASON_NOT_YET }, { "key_not_active", T_REASON_KEY },
        { "key_not_yours", T_REASON_KEY } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (sg_str_is(reason, rows[i].reason)) {
            return rows[i].text;
        }
    }
    return T_REASON_OTHER;
}

/* For the person's eyes: the verifier never learns which of them, or why. */
static void
put_unusable(struct face_html *html, const struct sjson *queries, bool open)
{
    bool begun = false;
    for (const struct sjson *q = queries == NULL ? NULL : queries->first; q != NULL; q = q->next) {
        const struct sjson *list = sjson_get(q, "credentials");
        for (const struct sjson *c = list == NULL ? NULL : list->first; c != NULL; c = c->next) {
            sg_str reason = person_text(c, "reason");
            if (person_true(c, "usable") || sg_str_is(reason, "not_asked_for")) {
                continue;
            }
            sg_str name = person_text(c, "name");
            sg_str issuer = person_text(c, "issuer");
            name = name.n > 0 ? name : person_text(c, "type");
            if (!begun) {
                face_html(html,
                    "<details id=\"unusable\"%z><summary>%w</summary><ul class=\"list\">",
                    open ? " open" : "", T_CONSENT_UNUSABLE);
                begun = true;
            }
            face_html(html,
                "<li><div><b><bdi>%n</bdi></b> <span class=\"soft\"><bdi>%t</bdi></span></div>"
                "<span class=\"tag warn\">%w</span></li>",
                &name, &issuer, reason_text(reason));
        }
    }
    face_html(html, begun ? "</ul></details>\n" : "");
}

/* ---- another choice ----------------------------------------------------------------------------------------- */

static size_t
usable_of(const struct sjson *query)
{
    size_t n = 0;
    const struct sjson *list = sjson_get(query, "credentials");
    for (const struct sjson *c = list == NULL ? NULL : list->first; c != NULL; c = c->next) {
        n += person_true(c, "usable") ? 1 : 0;
    }
    return n;
}

static void
put_candidate(struct face_html *html, const struct sjson *query, const struct sjson *c)
{
    sg_str query_id = person_text(query, "id");
    sg_str id = person_text(c, "id");
    sg_str name = person_text(c, "name");
    sg_str issuer = person_text(c, "issuer");
    sg_str format = person_text(c, "format");
    name = name.n > 0 ? name : person_text(c, "type");
    face_html(html,
        "<label class=\"choice\"><input type=\"%z\" name=\"%s\" value=\"%s\"%z>"
        "<span><b><bdi>%n</bdi></b> <span class=\"soft\"><bdi>%t</bdi> · %s</span></span></label>",
        person_true(query, "multiple") ? "checkbox" : "radio", &query_id, &id,
        person_true(c, "selected") ? " checked" : "", &name, &issuer, &format);
}

static void
put_query(struct face_html *html, const struct sjson *query)
{
    bool required = person_true(query, "requested");
    sg_str id = person_text(query, "id");
    bool any = false;
    face_html(html, "<fieldset><legend><bdi>%n</bdi></legend>", &id);
    const struct sjson *list = sjson_get(query, "credentials");
    for (const struct sjson *c = list == NULL ? NULL : list->first; c != NULL; c = c->next) {
        if (person_true(c, "usable")) {
            put_candidate(html, query, c);
            any = any || person_true(c, "selected");
        }
    }
    if (!required && !person_true(query, "multiple")) {
        face_html(html,
            "<label class=\"choice\"><input type=\"radio\" name=\"%s\" value=\"\"%z>"
            "<span>%w</span></label>",
            &id, any ? "" : " checked", T_CONSENT_CHOOSE_NONE);
    }
    face_html(html, "</fieldset>");
}

/* Only where there is something to choose. */
static void
put_choices(struct face_html *html, const struct sjson *queries)
{
    bool choice = false;
    for (const struct sjson *q = queries == NULL ? NULL : queries->first; q != NULL; q = q->next) {
        size_t n = usable_of(q);
        choice = choice || n > 1 || (n == 1 && !person_true(q, "requested"));
    }
    if (!choice) {
        return;
    }
    face_html(html,
        "<section class=\"card\" aria-labelledby=\"title-choose\"><h2 id=\"title-choose\">%w</h2>"
        "<p class=\"soft\">%w</p><form id=\"choose\">",
        T_CONSENT_CHOOSE, T_CONSENT_CHOOSE_HINT);
    for (const struct sjson *q = queries->first; q != NULL; q = q->next) {
        if (usable_of(q) > 0) {
            put_query(html, q);
        }
    }
    face_html(html, "<button class=\"plain small\">%w</button></form></section>\n",
        T_CONSENT_CHOOSE_BUTTON);
}

/* ---- the question ------------------------------------------------------------------------------------------- */

static void
put_root(struct face_html *html, const struct sjson *consent, sg_str path, int64_t now)
{
    sg_str intent = person_text(consent, "intent");
    sg_str nonce = person_text(consent, "nonce");
    const struct sjson *key = sjson_get(consent, "publicKey");
    const struct sjson *selection = sjson_get(consent, "selection");
    sg_str language = person_text(consent, "language");
    face_html(html,
        "<div id=\"consent\" data-path=\"%s\" data-intent=\"%s\" data-nonce=\"%s\" "
        "data-public-key=\"%s\" data-language=\"%s\" data-expires-at=\"%u\" data-now=\"%u\"",
        &path, &intent, &nonce, &key->source, &language,
        (unsigned long long)person_int(consent, "expires_at"), (unsigned long long)now);
    if (selection != NULL) {
        face_html(html, " data-selection=\"%s\"", &selection->source);
    }
    face_html(html, ">");
}

static void
put_details(struct face_html *html)
{
    face_html(html,
        "<details><summary>%w</summary><p class=\"soft\">%w</p><dl>"
        "<dt>%w</dt><dd><code id=\"text-hash\"></code></dd>"
        "<dt>%w</dt><dd><code id=\"intent-id\"></code></dd>"
        "<dt>%w</dt><dd><code id=\"challenge\"></code></dd></dl></details>",
        T_CONSENT_DETAILS, T_CONSENT_DETAILS_TEXT, T_CONSENT_TEXT_HASH, T_CONSENT_INTENT_ID,
        T_CONSENT_CHALLENGE);
}

static void
put_acts(struct face_html *html, int64_t expires_at)
{
    char time[PERSON_TIME_LEN];
    person_time(expires_at, time);
    face_html(html,
        "<p>%w</p><div class=\"acts\"><button type=\"button\" id=\"approve\">%w</button>"
        "<button type=\"button\" class=\"plain\" id=\"refuse\">%w</button></div>",
        T_CONSENT_ACT, T_CONSENT_APPROVE, T_CONSENT_REFUSE);
    person_says(html);
    face_html(html,
        "<p class=\"soft\">%w <time>%z</time> UTC</p><span id=\"expired-words\" hidden>%w</span>"
        "<span id=\"soon-words\" hidden>%w</span>",
        T_CONSENT_EXPIRES, time, T_CONSENT_EXPIRED, T_CONSENT_SECONDS);
}

/* ---- the result --------------------------------------------------------------------------------------------- */

static const struct {
    const char *state;
    enum face_text text;
    const char *kind;
} results[] = {
    { "delivered", T_CONSENT_DONE_DELIVERED, "" },
    { "returned", T_CONSENT_DONE_RETURNED, "" },
    { "refused", T_CONSENT_DONE_REFUSED, " warn" },
    { "expired", T_CONSENT_DONE_EXPIRED, " warn" },
    { "failed", T_CONSENT_DONE_FAILED, " bad" },
};
#define N_RESULTS (sizeof(results) / sizeof(results[0]))

/* base64url of the signature's hash, as answers name evidence, to the hex of /evidence/{id}. */
static void
put_evidence(struct face_html *html, const struct sjson *consent)
{
    const struct sjson *ids = sjson_get(consent, "evidence");
    for (const struct sjson *one = ids == NULL ? NULL : ids->first; one != NULL; one = one->next) {
        uint8_t hash[32];
        sg_str hex = SG_NO_STR;
        if (one->type != SJSON_STRING) {
            continue;
        }
        if (one->text.n == 64) {
            hex = one->text;
        } else if (!sg_ok(sg_b64url_decode_to(one->text, hash, sizeof(hash))) ||
                   !sg_ok(sg_hex_encode(html->buf->arena, SG_BYTES(hash), &hex))) {
            continue;
        }
        face_html(html, "<p><a class=\"evidence\" href=\"%b/evidence/%s\">%w</a></p>", &hex,
            T_CONSENT_EVIDENCE);
    }
}

/* Where a verifier wants the person next: a web address and nothing else (no script, no file). */
static bool
is_web(sg_str url)
{
    return sg_str_starts(url, "https://") || sg_str_starts(url, "http://");
}

static bool
put_result(struct face_html *html, const struct sjson *consent)
{
    sg_str state = person_text(consent, "state");
    sg_str back = person_text(consent, "redirect_uri");
    for (size_t i = 0; i < N_RESULTS; i++) {
        if (!sg_str_is(state, results[i].state)) {
            continue;
        }
        face_html(html,
            "<h1>%w</h1><p class=\"notice%z\" role=\"status\" id=\"result\" "
            "data-state=\"%s\">%w</p>",
            T_CONSENT_DONE, results[i].kind, &state, results[i].text);
        put_evidence(html, consent);
        face_html(html, "<div class=\"acts\">");
        if (back.n > 0 && is_web(back)) {
            face_html(html, "<a class=\"button\" id=\"back\" rel=\"noreferrer\" href=\"%s\">%w</a>",
                &back, T_CONSENT_BACK);
        }
        face_html(html, "<a class=\"button plain\" href=\"%b/account\">%w</a></div>",
            T_CONSENT_TO_ACCOUNT);
        return true;
    }
    return false;
}

/* Nothing to agree to: the person may let the verifier know that there is no answer, and that is all it learns. */
static bool
put_nothing(struct face_html *html, const struct sjson *consent, sg_str path)
{
    if (!sg_str_is(person_text(consent, "state"), "nothing")) {
        return false;
    }
    face_html(html,
        "<div id=\"consent\" data-path=\"%s\"><h1>%w</h1><p class=\"notice warn\">%w</p>", &path,
        T_CONSENT_NOTHING_TITLE, T_CONSENT_NOTHING);
    put_party(html, sjson_get(consent, "party"));
    put_unusable(html, sjson_get(consent, "candidates"), true);
    face_html(html,
        "<div class=\"acts\"><button type=\"button\" class=\"plain\" "
        "id=\"refuse\">%w</button></div>",
        T_CONSENT_REFUSE);
    person_says(html);
    face_html(html, "</div>");
    return true;
}

bool
person_consent_render(struct face_html *html, const struct sjson *consent, sg_str path, int64_t now)
{
    if (put_result(html, consent) || put_nothing(html, consent, path)) {
        return true;
    }
    const struct sjson *key = sjson_get(consent, "publicKey");
    sg_str text = person_text(consent, "text");
    const struct sjson *queries = sjson_get(consent, "candidates");
    const struct sjson *party = sjson_get(consent, "party");
    if (key == NULL || key->type != SJSON_OBJECT || text.n == 0 ||
        person_text(consent, "intent").n == 0 || person_text(consent, "nonce").n == 0) {
        return false; /* nothing to approve: a page without the text would be a trap */
    }
    put_root(html, consent, path, now);
    face_html(html, "<h1>%w</h1><p class=\"lead\">%w</p>",
        sg_str_starts(person_text(consent, "template"), "proof/") ? T_CONSENT_PROOF_TITLE
                                                                  : T_CONSENT_TITLE,
        T_CONSENT_LEAD);
    put_party(html, party);
    put_text(html, text, person_text(consent, "language"));
    put_values(html, queries);
    put_choices(html, queries);
    put_unusable(html, queries, false);
    put_acts(html, person_int(consent, "expires_at"));
    put_details(html);
    face_html(html, "</div>");
    return true;
}
