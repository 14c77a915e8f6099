#include "evid_bundle.h"

#define PROOF_MAX (2 * TLOG_CHECKPOINT_MAX)
#define STATE_MAX 32

/* ---- writing ------------------------------------------------------------------------------------- */

static void
write_record(struct sjson_wr *wr, const char *name, const struct evid_record *record)
{
    sjson_wr_name(wr, sg_cstr(name));
    sjson_wr_object(wr);
    sjson_wr_member_int(wr, "seq", (int64_t)record->seq);
    sjson_wr_member_b64url(wr, "entry", record->entry);
    if (record->body.n > 0) { /* erased by policy: the entry and its place stay (req: EV-4) */
        sjson_wr_member_b64url(wr, "blind", record->blind);
        sjson_wr_member_b64url(wr, "body", record->body);
    }
    if (record->closed.n > 0) {
        sjson_wr_member_b64url(wr, "salt", record->salt);
        sjson_wr_member_b64url(wr, "closed", record->closed);
    }
    sjson_wr_object_end(wr);
}

static void
write_openings(struct sjson_wr *wr, const struct evid_bundle *bundle)
{
    sjson_wr_name(wr, SG_LIT("openings"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < bundle->n_openings; i++) {
        sjson_wr_object(wr);
        sjson_wr_member_text(wr, "field", bundle->openings[i].field);
        sjson_wr_member_b64url(wr, "salt", bundle->openings[i].salt);
        sjson_wr_member_b64url(wr, "value", bundle->openings[i].value);
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
}

static void
write_further(struct sjson_wr *wr, const struct evid_bundle *bundle)
{
    if (bundle->n_further == 0) {
        return;
    }
    sjson_wr_name(wr, SG_LIT("further"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < bundle->n_further; i++) {
        sjson_wr_raw(wr, bundle->further[i]);
    }
    sjson_wr_array_end(wr);
}

sg_result
evid_bundle_write(struct sg_arena *arena, const struct evid_bundle *bundle, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 8192, EVID_BUNDLE_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    SG_REQUIRE(bundle->n_chain <= X509_CHAIN_MAX, VALUE);
    SG_REQUIRE(bundle->n_openings <= EVID_OPENINGS_MAX, VALUE);
    SG_REQUIRE(bundle->n_further <= EVID_FURTHER_MAX, VALUE);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "format", EVID_FORMAT);
    sjson_wr_member_text(&wr, "origin", bundle->origin);
    sjson_wr_member_text(&wr, "log_vkey", bundle->log_vkey);
    write_record(&wr, "consent", &bundle->consent);
    write_record(&wr, "outcome", &bundle->outcome);
    sjson_wr_member_text(&wr, "consent_proof", bundle->consent_proof);
    sjson_wr_member_text(&wr, "outcome_proof", bundle->outcome_proof);
    sjson_wr_name(&wr, SG_LIT("chain"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < bundle->n_chain; i++) {
        sjson_wr_b64url(&wr, bundle->chain[i]);
    }
    sjson_wr_array_end(&wr);
    if (bundle->client_spki.n > 0) {
        sjson_wr_member_b64url(&wr, "client_spki", bundle->client_spki);
    }
    write_openings(&wr, bundle);
    if (bundle->first.entry.n > 0) {
        write_record(&wr, "first", &bundle->first);
        sjson_wr_member_text(&wr, "first_proof", bundle->first_proof);
    }
    if (bundle->state.n > 0) {
        sjson_wr_member_text(&wr, "state", bundle->state);
    }
    write_further(&wr, bundle);
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* base64url of a string value, between min and max bytes. */
static sg_result
bytes_of(struct sg_arena *arena, const struct sjson *v, size_t min, size_t max, sg_bytes *ret)
{
    SG_REQUIRE(v->type == SJSON_STRING, TYPE);
    SG_TRY(sg_b64url_decode(arena, v->text, ret));
    SG_REQUIRE(ret->n >= min && ret->n <= max, VALUE);
    return SG_DONE;
}

static sg_result
member_bytes(struct sg_arena *arena, const struct sjson *v, const char *name, size_t min,
    size_t max, sg_bytes *ret)
{
    const struct sjson *member = sjson_get(v, name);
    SG_REQUIRE(member != NULL, MISSING);
    return bytes_of(arena, member, min, max, ret);
}

static sg_result
parse_record(
    struct sg_arena *arena, const struct sjson *doc, const char *name, struct evid_record *ret)
{
    const struct sjson *v;
    int64_t seq;
    SG_TRY(sjson_member_object(doc, name, &v));
    SG_TRY(sjson_member_int(v, "seq", &seq));
    SG_REQUIRE(seq >= 0, NUMBER);
    ret->seq = (uint64_t)seq;
    SG_TRY(member_bytes(arena, v, "entry", 1, WIRE_ENTRY_MAX, &ret->entry));
    if (sjson_get(v, "salt") != NULL || sjson_get(v, "closed") != NULL) {
        SG_TRY(member_bytes(arena, v, "salt", WIRE_BLIND_LEN, WIRE_BLIND_LEN, &ret->salt));
        SG_TRY(member_bytes(arena, v, "closed", 1, WIRE_CLOSED_MAX, &ret->closed));
    }
    if (sjson_get(v, "body") == NULL && sjson_get(v, "blind") == NULL) {
        return SG_DONE;
    }
    SG_TRY(member_bytes(arena, v, "blind", WIRE_BLIND_LEN, WIRE_BLIND_LEN, &ret->blind));
    return member_bytes(arena, v, "body", 1, WIRE_BODY_MAX, &ret->body);
}

static sg_result
parse_chain(struct sg_arena *arena, const struct sjson *doc, struct evid_bundle *ret)
{
    const struct sjson *list;
    SG_TRY(sjson_member_array(doc, "chain", &list));
    SG_REQUIRE(list->n <= X509_CHAIN_MAX, TOO_LARGE);
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        SG_TRY(bytes_of(arena, e, 1, X509_CERT_MAX, &ret->chain[ret->n_chain]));
        ret->n_chain++;
    }
    return SG_DONE;
}

static sg_result
parse_openings(struct sg_arena *arena, const struct sjson *doc, struct evid_bundle *ret)
{
    const struct sjson *list;
    SG_TRY(sjson_member_array(doc, "openings", &list));
    SG_REQUIRE(list->n <= EVID_OPENINGS_MAX, TOO_LARGE);
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        struct evid_opening *opening = &ret->openings[ret->n_openings++];
        SG_REQUIRE(e->type == SJSON_OBJECT, TYPE);
        SG_TRY(sjson_member_text(e, "field", &opening->field));
        SG_TRY(member_bytes(arena, e, "salt", 32, 32, &opening->salt));
        SG_TRY(member_bytes(arena, e, "value", 0, EVID_BUNDLE_MAX, &opening->value));
    }
    return SG_DONE;
}

static sg_result
member_text_max(const struct sjson *doc, const char *name, size_t max, sg_str *ret)
{
    SG_TRY(sjson_member_text(doc, name, ret));
    SG_REQUIRE(ret->n > 0 && ret->n <= max, VALUE);
    return SG_DONE;
}

static sg_result
parse_first(struct sg_arena *arena, const struct sjson *doc, struct evid_bundle *ret)
{
    if (sjson_get(doc, "first") == NULL) {
        return SG_DONE;
    }
    SG_TRY(parse_record(arena, doc, "first", &ret->first));
    return member_text_max(doc, "first_proof", PROOF_MAX, &ret->first_proof);
}

/* Each is parsed as a bundle when somebody looks at it; those inside have none themselves, so that nothing nests. */
static sg_result
parse_further(const struct sjson *doc, struct evid_bundle *ret)
{
    const struct sjson *list = sjson_get(doc, "further");
    SG_REQUIRE(list == NULL || (list->type == SJSON_ARRAY && list->n <= EVID_FURTHER_MAX), TYPE);
    for (const struct sjson *e = list == NULL ? NULL : list->first; e != NULL; e = e->next) {
        SG_REQUIRE(e->type == SJSON_OBJECT && sjson_get(e, "further") == NULL, TYPE);
        ret->further[ret->n_further++] = e->source;
    }
    return SG_DONE;
}

sg_result
evid_bundle_parse(struct sg_arena *arena, sg_str text, struct sg_why *why, struct evid_bundle *ret)
{
    const struct sjson *doc;
    struct evid_bundle bundle = { 0 };
    SG_REQUIRE(text.n <= EVID_BUNDLE_MAX, TOO_LARGE);
    SG_TRY(sjson_parse_object(arena, text, why, &doc));
    sg_str format;
    SG_TRY(sjson_member_text(doc, "format", &format));
    SG_REQUIRE(sg_str_is(format, EVID_FORMAT), UNSUPPORTED);
    SG_TRY(member_text_max(doc, "origin", 255, &bundle.origin));
    SG_TRY(member_text_max(doc, "log_vkey", 512, &bundle.log_vkey));
    SG_TRY(parse_record(arena, doc, "consent", &bundle.consent));
    SG_TRY(parse_record(arena, doc, "outcome", &bundle.outcome));
    SG_TRY(member_text_max(doc, "consent_proof", PROOF_MAX, &bundle.consent_proof));
    SG_TRY(member_text_max(doc, "outcome_proof", PROOF_MAX, &bundle.outcome_proof));
    SG_TRY(parse_chain(arena, doc, &bundle));
    if (sjson_get(doc, "client_spki") != NULL) {
        SG_TRY(member_bytes(arena, doc, "client_spki", 1, JWK_SPKI_MAX, &bundle.client_spki));
    }
    SG_TRY(parse_openings(arena, doc, &bundle));
    SG_TRY(parse_first(arena, doc, &bundle));
    SG_TRY(parse_further(doc, &bundle));
    if (sjson_get(doc, "state") != NULL) {
        SG_TRY(member_text_max(doc, "state", STATE_MAX, &bundle.state));
    }
    *ret = bundle;
    return SG_DONE;
}
