/*
 * Openings as JSON. Members with nothing in them are left out, so that one value has one form; a reader writes what it read again and compares, which
 * finds every member it does not know.
 */
#include "consent_inner.h"

#include "jcs.h"
#include "sg_text.h"

static const char *const proven_names[] = { "nobody", "registration", "certificate", "attestation",
    "did" };
#define N_PROVEN (sizeof(proven_names) / sizeof(proven_names[0]))

/* ---- writing ---------------------------------------------------------------------------------------- */

/* A text within its bound and encoding; failure sticks in the buffer. */
static void
put_text(struct sjson_wr *wr, sg_str text, size_t max)
{
    if (text.n > max) {
        sg_buf_fail(wr->buf, SG_E_TOO_LARGE);
    } else if (!sg_utf8_valid(text)) {
        sg_buf_fail(wr->buf, SG_E_ENCODING);
    }
    sjson_wr_text(wr, text);
}

static void
member(struct sjson_wr *wr, const char *name, sg_str text, size_t max)
{
    if (text.n > 0) {
        sjson_wr_name(wr, sg_cstr(name));
        put_text(wr, text, max);
    }
}

static void
flag(struct sjson_wr *wr, const char *name, bool value)
{
    if (value) {
        sjson_wr_member_bool(wr, name, true);
    }
}

static void
put_path(struct sjson_wr *wr, const struct dcql_path *path)
{
    sjson_wr_name(wr, SG_LIT("path"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < path->n; i++) {
        const struct dcql_step *step = &path->steps[i];
        if (step->kind == DCQL_NAME) {
            put_text(wr, step->name, DCQL_TEXT_MAX);
        } else if (step->kind == DCQL_ALL) {
            sjson_wr_null(wr);
        } else {
            sjson_wr_int(wr, (int64_t)step->index);
        }
    }
    sjson_wr_array_end(wr);
}

static void
put_party(struct sjson_wr *wr, const struct consent_party *party)
{
    if (party->id.n == 0) {
        return;
    }
    sjson_wr_name(wr, SG_LIT("party"));
    sjson_wr_object(wr);
    member(wr, "id", party->id, CONSENT_NAME_MAX);
    member(wr, "name", party->name, CONSENT_NAME_MAX);
    flag(wr, "name_proven", party->name_proven);
    sjson_wr_member_cstr(wr, "proven", proven_names[(size_t)party->proven % N_PROVEN]);
    member(wr, "vouched_by", party->vouched_by, CONSENT_NAME_MAX);
    member(wr, "address", party->address, CONSENT_NAME_MAX);
    sjson_wr_object_end(wr);
}

static void
put_credential(struct sjson_wr *wr, const struct consent_credential *c)
{
    sjson_wr_object(wr);
    member(wr, "query", c->query, CONSENT_NAME_MAX);
    member(wr, "format", c->format, CONSENT_NAME_MAX);
    member(wr, "issuer", c->issuer, CONSENT_NAME_MAX);
    member(wr, "type", c->type, CONSENT_NAME_MAX);
    member(wr, "name", c->name, CONSENT_NAME_MAX);
    flag(wr, "whole", c->whole);
    flag(wr, "unbound", c->unbound);
    sjson_wr_name(wr, SG_LIT("claims"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < c->n_claims; i++) {
        sjson_wr_object(wr);
        put_path(wr, &c->claims[i].path);
        flag(wr, "retain", c->claims[i].retain);
        flag(wr, "always", c->claims[i].always);
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
    sjson_wr_object_end(wr);
}

static void
put_reasons(struct sjson_wr *wr, const struct consent_openings *o)
{
    if (o->n_purposes > 0) {
        sjson_wr_name(wr, SG_LIT("purposes"));
        sjson_wr_array(wr);
        for (size_t i = 0; i < o->n_purposes; i++) {
            put_text(wr, o->purposes[i], CONSENT_PURPOSE_MAX);
        }
        sjson_wr_array_end(wr);
    }
    if (o->n_transactions > 0) {
        sjson_wr_name(wr, SG_LIT("transactions"));
        sjson_wr_array(wr);
        for (size_t i = 0; i < o->n_transactions; i++) {
            sjson_wr_object(wr);
            member(wr, "type", o->transactions[i].type, CONSENT_NAME_MAX);
            sjson_wr_member_raw(wr, "data", o->transactions[i].json);
            sjson_wr_object_end(wr);
        }
        sjson_wr_array_end(wr);
    }
}

static void
put_opening(
    struct sjson_wr *wr, const char *name, const struct consent_opening *opening, bool binary)
{
    if (!opening->present) {
        return;
    }
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "salt", SG_BYTES(opening->salt));
    if (binary) {
        sjson_wr_member_b64url(wr, "value", opening->value);
    } else {
        sjson_wr_name(wr, SG_LIT("value"));
        put_text(wr, sg_bytes_str(opening->value), CONSENT_NAME_MAX);
    }
    sjson_wr_object_end(wr);
}

static void
put_passkey(struct sjson_wr *wr, const struct consent_openings *o)
{
    if (o->passkey.n == 0) {
        return;
    }
    sjson_wr_name(wr, SG_LIT("passkey"));
    sjson_wr_object(wr);
    member(wr, "label", o->passkey_label, CONSENT_NAME_MAX);
    sjson_wr_member_b64url(wr, "thumbprint", o->passkey);
    sjson_wr_member_cstr(wr, "purpose", o->passkey_for_login ? "login" : "sign");
    sjson_wr_object_end(wr);
}

static void
put_rest(struct sjson_wr *wr, const struct consent_openings *o, enum consent_reader reader)
{
    if (o->n_proofs > 0) {
        sjson_wr_member_int(wr, "proofs", (int64_t)o->n_proofs);
    }
    flag(wr, "attestation", o->attestation);
    put_passkey(wr, o);
    struct consent_opening subject = o->subject;
    subject.present = subject.present && reader == CONSENT_FOR_PERSON;
    if (o->audience.present || o->nonce.present || subject.present) {
        sjson_wr_name(wr, SG_LIT("commitments"));
        sjson_wr_object(wr);
        put_opening(wr, "audience", &o->audience, false);
        put_opening(wr, "nonce", &o->nonce, false);
        put_opening(wr, "subject", &subject, true);
        sjson_wr_object_end(wr);
    }
}

static sg_result
encode(struct sg_arena *arena, const struct consent_openings *o, enum consent_reader reader,
    const struct sjson **ret)
{
    struct sg_buf buf = sg_buf_new(arena, 2048, CONSENT_OPENINGS_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    SG_REQUIRE(consent_template_name(o->template)[0] != '\0', VALUE);
    SG_REQUIRE((size_t)o->party.proven < N_PROVEN, VALUE);
    SG_REQUIRE(o->n_credentials <= CONSENT_CREDENTIALS_MAX &&
                   o->n_transactions <= CONSENT_TRANSACTIONS_MAX &&
                   o->n_purposes <= CONSENT_TRANSACTIONS_MAX,
        TOO_MANY);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "template", consent_template_name(o->template));
    sjson_wr_member_cstr(&wr, "language", consent_language_name(o->language));
    member(&wr, "service", o->service, CONSENT_NAME_MAX);
    sjson_wr_member_int(&wr, "expires_at", o->expires_at);
    put_party(&wr, &o->party);
    put_reasons(&wr, o);
    if (o->n_credentials > 0) {
        sjson_wr_name(&wr, SG_LIT("credentials"));
        sjson_wr_array(&wr);
        for (size_t i = 0; i < o->n_credentials; i++) {
            SG_REQUIRE(o->credentials[i].n_claims <= CONSENT_CLAIMS_MAX, TOO_MANY);
            put_credential(&wr, &o->credentials[i]);
        }
        sjson_wr_array_end(&wr);
    }
    put_rest(&wr, o, reader);
    sjson_wr_object_end(&wr);
    sg_str json;
    SG_TRY(sg_buf_end_str(&buf, &json));
    return sjson_parse_object(arena, json, NULL, ret);
}

sg_result
consent_openings_encode(struct sg_arena *arena, const struct consent_openings *openings,
    enum consent_reader reader, sg_str *ret)
{
    const struct sjson *json;
    SG_TRY(encode(arena, openings, reader, &json));
    return jcs_encode(arena, json, ret);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

/* A text that may be missing, and is not empty when it is there. */
static sg_result
text_of(const struct sjson *object, const char *name, size_t max, sg_str *ret)
{
    if (sjson_get(object, name) == NULL) {
        *ret = SG_NO_STR;
        return SG_DONE;
    }
    SG_TRY(sjson_member_text(object, name, ret));
    SG_REQUIRE(ret->n > 0, VALUE);
    SG_REQUIRE(ret->n <= max, TOO_LARGE);
    return SG_DONE;
}

static sg_result
flag_of(const struct sjson *object, const char *name, bool *ret)
{
    return sjson_member_bool(object, name, false, ret);
}

/* The index of a member's text in a table of words. */
static sg_result
word_of(
    const struct sjson *object, const char *name, const char *const *words, size_t n, size_t *ret)
{
    sg_str text;
    SG_TRY(sjson_member_text(object, name, &text));
    for (size_t i = 0; i < n; i++) {
        if (sg_str_is(text, words[i])) {
            *ret = i;
            return SG_DONE;
        }
    }
    SG_FAIL(VALUE);
}

/* An optional array of at most `max`; NULL when absent. */
static sg_result
array_of(const struct sjson *object, const char *name, size_t max, const struct sjson **ret)
{
    *ret = sjson_get(object, name);
    if (*ret == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE((*ret)->type == SJSON_ARRAY, TYPE);
    SG_REQUIRE((*ret)->n <= max, TOO_MANY);
    return SG_DONE;
}

static sg_result
read_party(const struct sjson *json, struct consent_party *ret)
{
    const struct sjson *party = sjson_get(json, "party");
    if (party == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(party->type == SJSON_OBJECT, TYPE);
    size_t proven;
    SG_TRY(text_of(party, "id", CONSENT_NAME_MAX, &ret->id));
    SG_TRY(text_of(party, "name", CONSENT_NAME_MAX, &ret->name));
    SG_TRY(flag_of(party, "name_proven", &ret->name_proven));
    SG_TRY(word_of(party, "proven", proven_names, N_PROVEN, &proven));
    SG_TRY(text_of(party, "vouched_by", CONSENT_NAME_MAX, &ret->vouched_by));
    SG_TRY(text_of(party, "address", CONSENT_NAME_MAX, &ret->address));
    ret->proven = (enum consent_proven)proven;
    return SG_DONE;
}

static sg_result
read_claims(struct sg_arena *arena, const struct sjson *json, struct consent_credential *ret)
{
    const struct sjson *claims;
    SG_TRY(array_of(json, "claims", CONSENT_CLAIMS_MAX, &claims));
    SG_REQUIRE(claims != NULL, MISSING);
    struct consent_claim *made = SG_NEW_ARRAY(arena, claims->n, struct consent_claim);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = claims->first; e != NULL; e = e->next, n++) {
        SG_REQUIRE(e->type == SJSON_OBJECT, TYPE);
        SG_TRY(dcql_path_parse(arena, sjson_get(e, "path"), &made[n].path));
        SG_TRY(flag_of(e, "retain", &made[n].retain));
        SG_TRY(flag_of(e, "always", &made[n].always));
    }
    ret->claims = made;
    ret->n_claims = n;
    return SG_DONE;
}

static sg_result
read_credentials(struct sg_arena *arena, const struct sjson *json, struct consent_openings *ret)
{
    const struct sjson *list;
    SG_TRY(array_of(json, "credentials", CONSENT_CREDENTIALS_MAX, &list));
    if (list == NULL) {
        return SG_DONE;
    }
    struct consent_credential *made = SG_NEW_ARRAY(arena, list->n, struct consent_credential);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next, n++) {
        SG_REQUIRE(e->type == SJSON_OBJECT, TYPE);
        struct consent_credential *c = &made[n];
        SG_TRY(text_of(e, "query", CONSENT_NAME_MAX, &c->query));
        SG_TRY(text_of(e, "format", CONSENT_NAME_MAX, &c->format));
        SG_TRY(text_of(e, "issuer", CONSENT_NAME_MAX, &c->issuer));
        SG_TRY(text_of(e, "type", CONSENT_NAME_MAX, &c->type));
        SG_TRY(text_of(e, "name", CONSENT_NAME_MAX, &c->name));
        SG_TRY(flag_of(e, "whole", &c->whole));
        SG_TRY(flag_of(e, "unbound", &c->unbound));
        SG_TRY(read_claims(arena, e, c));
    }
    ret->credentials = made;
    ret->n_credentials = n;
    return SG_DONE;
}

static sg_result
read_purposes(struct sg_arena *arena, const struct sjson *json, struct consent_openings *ret)
{
    const struct sjson *list;
    SG_TRY(array_of(json, "purposes", CONSENT_TRANSACTIONS_MAX, &list));
    if (list == NULL) {
        return SG_DONE;
    }
    sg_str *made = SG_NEW_ARRAY(arena, list->n, sg_str);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next, n++) {
        SG_REQUIRE(e->type == SJSON_STRING, TYPE);
        SG_REQUIRE(e->text.n <= CONSENT_PURPOSE_MAX, TOO_LARGE);
        made[n] = e->text;
    }
    ret->purposes = made;
    ret->n_purposes = n;
    return SG_DONE;
}

static sg_result
read_transactions(struct sg_arena *arena, const struct sjson *json, struct consent_openings *ret)
{
    const struct sjson *list;
    SG_TRY(array_of(json, "transactions", CONSENT_TRANSACTIONS_MAX, &list));
    if (list == NULL) {
        return SG_DONE;
    }
    struct consent_transaction *made = SG_NEW_ARRAY(arena, list->n, struct consent_transaction);
    SG_REQUIRE(made != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next, n++) {
        const struct sjson *data;
        SG_REQUIRE(e->type == SJSON_OBJECT, TYPE);
        SG_TRY(text_of(e, "type", CONSENT_NAME_MAX, &made[n].type));
        SG_TRY(sjson_member_object(e, "data", &data));
        SG_TRY(jcs_encode(arena, data, &made[n].json));
    }
    ret->transactions = made;
    ret->n_transactions = n;
    return SG_DONE;
}

static sg_result
read_opening(struct sg_arena *arena, const struct sjson *commitments, const char *name, bool binary,
    struct consent_opening *ret)
{
    const struct sjson *opening = sjson_get(commitments, name);
    if (opening == NULL) {
        return SG_DONE;
    }
    sg_str salt, value;
    SG_TRY(sjson_member_text(opening, "salt", &salt));
    SG_TRY(sjson_member_text(opening, "value", &value));
    SG_REQUIRE(value.n <= CONSENT_NAME_MAX, TOO_LARGE);
    SG_TRY(sg_b64url_decode_to(salt, ret->salt, sizeof(ret->salt)));
    if (binary) {
        SG_TRY(sg_b64url_decode(arena, value, &ret->value));
    } else {
        ret->value = sg_str_bytes(value);
    }
    ret->present = true;
    return SG_DONE;
}

static sg_result
read_passkey(struct sg_arena *arena, const struct sjson *json, struct consent_openings *ret)
{
    static const char *const purposes[] = { "sign", "login" };
    const struct sjson *passkey = sjson_get(json, "passkey");
    if (passkey == NULL) {
        return SG_DONE;
    }
    sg_str thumbprint;
    size_t purpose;
    SG_REQUIRE(passkey->type == SJSON_OBJECT, TYPE);
    SG_TRY(text_of(passkey, "label", CONSENT_NAME_MAX, &ret->passkey_label));
    SG_TRY(sjson_member_text(passkey, "thumbprint", &thumbprint));
    SG_TRY(sg_b64url_decode(arena, thumbprint, &ret->passkey));
    SG_REQUIRE(ret->passkey.n == 32, VALUE);
    SG_TRY(word_of(passkey, "purpose", purposes, 2, &purpose));
    ret->passkey_for_login = purpose == 1;
    return SG_DONE;
}

static sg_result
read_rest(struct sg_arena *arena, const struct sjson *json, struct consent_openings *ret)
{
    if (sjson_get(json, "proofs") != NULL) {
        int64_t n;
        SG_TRY(sjson_member_int(json, "proofs", &n));
        SG_REQUIRE(n > 0 && n <= CONSENT_CREDENTIALS_MAX, VALUE);
        ret->n_proofs = (uint64_t)n;
    }
    SG_TRY(flag_of(json, "attestation", &ret->attestation));
    SG_TRY(read_passkey(arena, json, ret));
    const struct sjson *commitments = sjson_get(json, "commitments");
    if (commitments != NULL) {
        SG_REQUIRE(commitments->type == SJSON_OBJECT, TYPE);
        SG_TRY(read_opening(arena, commitments, "audience", false, &ret->audience));
        SG_TRY(read_opening(arena, commitments, "nonce", false, &ret->nonce));
        SG_TRY(read_opening(arena, commitments, "subject", true, &ret->subject));
    }
    return SG_DONE;
}

static sg_result
read_all(struct sg_arena *arena, const struct sjson *json, struct consent_openings *ret)
{
    static const char *const templates[] = { "present/1", "proof/1", "register/1", "remove/1" };
    static const char *const languages[] = { "en", "ja" };
    size_t template, language;
    SG_TRY(word_of(json, "template", templates, 4, &template));
    SG_TRY(word_of(json, "language", languages, 2, &language));
    ret->template = (enum consent_template)(template + 1);
    ret->language = (enum consent_language)(language + 1);
    SG_TRY(text_of(json, "service", CONSENT_NAME_MAX, &ret->service));
    SG_TRY(sjson_member_int(json, "expires_at", &ret->expires_at));
    SG_TRY(read_party(json, &ret->party));
    SG_TRY(read_purposes(arena, json, ret));
    SG_TRY(read_transactions(arena, json, ret));
    SG_TRY(read_credentials(arena, json, ret));
    return read_rest(arena, json, ret);
}

sg_result
consent_openings_parse(
    struct sg_arena *arena, sg_str json, struct sg_why *why, struct consent_openings *ret)
{
    const struct sjson *tree, *again;
    SG_REQUIRE(json.n <= CONSENT_OPENINGS_MAX, TOO_LARGE);
    SG_TRY(sjson_parse_object(arena, json, why, &tree));
    struct consent_openings o = { 0 };
    SG_TRY(read_all(arena, tree, &o));
    SG_TRY(encode(arena, &o, CONSENT_FOR_PERSON, &again));
    if (!sjson_equal(tree, again)) {
        sg_why_note(why, "a member that openings do not have", 0, 0);
        SG_FAIL(VALUE);
    }
    *ret = o;
    return SG_DONE;
}
