/* The list credential: read and written (W3C Bitstring Status List v1.0, 2.2; VC-JOSE-COSE for the JWT). */
#include "bsl.h"

#include "sg_text.h"

static bool
has_text(const struct sjson *v, sg_str text)
{
    if (v == NULL) {
        return false;
    }
    if (v->type == SJSON_STRING) {
        return sg_str_equal(v->text, text);
    }
    const struct sjson *e = v->type == SJSON_ARRAY ? v->first : NULL;
    while (e != NULL && !(e->type == SJSON_STRING && sg_str_equal(e->text, text))) {
        e = e->next;
    }
    return e != NULL;
}

static sg_result
optional_date(const struct sjson *v, const char *name, int64_t absent, int64_t *ret)
{
    sg_str text;
    *ret = absent;
    if (sjson_get(v, name) == NULL) {
        return SG_DONE;
    }
    SG_TRY(sjson_member_text(v, name, &text));
    return bsl_date_parse(text, ret);
}

/* A URL, or an object with one as its id. */
static sg_result
read_issuer(const struct sjson *credential, sg_str *ret)
{
    const struct sjson *issuer = sjson_get(credential, "issuer");
    SG_REQUIRE(issuer != NULL, MISSING);
    if (issuer->type == SJSON_OBJECT) {
        return sjson_member_text(issuer, "id", ret);
    }
    SG_REQUIRE(issuer->type == SJSON_STRING, TYPE);
    *ret = issuer->text;
    return SG_DONE;
}

static sg_result
check_purposes(const struct sjson *purposes)
{
    SG_REQUIRE(purposes != NULL, MISSING);
    if (purposes->type == SJSON_ARRAY) {
        SG_REQUIRE(purposes->n > 0, VALUE);
        for (const struct sjson *p = purposes->first; p != NULL; p = p->next) {
            SG_REQUIRE(p->type == SJSON_STRING, TYPE);
        }
        return SG_DONE;
    }
    SG_REQUIRE(purposes->type == SJSON_STRING, TYPE);
    return SG_DONE;
}

/* ttl is a number of milliseconds; fractions say nothing we could use. */
static sg_result
read_numbers(const struct sjson *subject, struct bsl_list *list)
{
    int64_t size = 0;
    if (sjson_get(subject, "ttl") != NULL) {
        SG_TRY(sjson_member_int(subject, "ttl", &list->ttl_ms));
        SG_REQUIRE(list->ttl_ms >= 0, VALUE);
    }
    if (sjson_get(subject, "statusSize") != NULL) {
        SG_TRY(sjson_member_int(subject, "statusSize", &size));
        SG_REQUIRE(size > 0, VALUE);
        SG_REQUIRE(size <= BSL_SIZE_MAX, UNSUPPORTED);
    }
    list->size = (unsigned)size;
    return SG_DONE;
}

static sg_result
read_subject(const struct sjson *credential, struct bsl_list *list)
{
    const struct sjson *subject = sjson_get(credential, "credentialSubject");
    SG_REQUIRE(subject != NULL, MISSING);
    if (subject->type == SJSON_ARRAY) {
        SG_REQUIRE(subject->n == 1, VALUE);
        subject = subject->first;
    }
    SG_REQUIRE(subject->type == SJSON_OBJECT, TYPE);
    SG_REQUIRE(has_text(sjson_get(subject, "type"), SG_LIT("BitstringStatusList")), VALUE);
    list->purposes = sjson_get(subject, "statusPurpose");
    SG_TRY(check_purposes(list->purposes));
    SG_TRY(read_numbers(subject, list));
    list->messages = sjson_get(subject, "statusMessage");
    if (list->messages == NULL) { /* the Recommendation's text has both spellings */
        list->messages = sjson_get(subject, "statusMessages");
    }
    return sjson_member_text(subject, "encodedList", &list->encoded);
}

sg_result
bsl_list_parse(const struct sjson *credential, struct bsl_list *ret)
{
    struct bsl_list list = { 0 };
    SG_REQUIRE(credential != NULL && credential->type == SJSON_OBJECT, TYPE);
    const struct sjson *type = sjson_get(credential, "type");
    SG_REQUIRE(has_text(type, SG_LIT("VerifiableCredential")) &&
                   has_text(type, SG_LIT("BitstringStatusListCredential")),
        VALUE);
    if (sjson_get(credential, "id") != NULL) {
        SG_TRY(sjson_member_text(credential, "id", &list.id));
    }
    SG_TRY(read_issuer(credential, &list.issuer));
    SG_TRY(optional_date(credential, "validFrom", INT64_MIN, &list.valid_from));
    SG_TRY(optional_date(credential, "validUntil", BSL_NO_END, &list.valid_until));
    SG_TRY(read_subject(credential, &list));
    *ret = list;
    return SG_DONE;
}

bool
bsl_list_has_purpose(const struct bsl_list *list, sg_str purpose)
{
    return has_text(list->purposes, purpose);
}

sg_result
bsl_list_bits(struct sg_arena *arena, const struct bsl_list *list, unsigned size, size_t max,
    struct bsl_view *ret)
{
    struct bsl_view view = { .size = size };
    SG_REQUIRE(size >= 1 && size <= BSL_SIZE_MAX, UNSUPPORTED);
    SG_REQUIRE(list->size == 0 || list->size == size, VALUE);
    SG_TRY(bsl_decode(arena, list->encoded, max, &view.raw));
    SG_REQUIRE(bsl_entries(&view) >= BSL_ENTRIES_MIN, MALFORMED);
    *ret = view;
    return SG_DONE;
}

/* ---- as JWT ---------------------------------------------------------------------------------------- */

sg_result
bsl_jwt_parse(struct sg_arena *arena, sg_str compact, struct bsl_jwt *ret)
{
    struct bsl_jwt jwt = { 0 };
    const struct sjson *credential = NULL;
    int64_t at = 0;
    SG_REQUIRE(compact.n <= BSL_LIST_MAX, TOO_LARGE);
    SG_TRY(jws_parse(arena, compact, &jwt.jws));
    SG_REQUIRE(sg_str_is(jwt.jws.typ, BSL_TYP) || sg_str_is(jwt.jws.typ, BSL_JWT_TYPE), TYPE);
    SG_TRY(jws_claims(arena, &jwt.jws, &credential));
    /* VC-JOSE-COSE 3.1: no JWT encoding of the old kind inside */
    SG_REQUIRE(sjson_get(credential, "vc") == NULL && sjson_get(credential, "vp") == NULL, VALUE);
    SG_TRY(bsl_list_parse(credential, &jwt.list));
    if (sjson_get(credential, "exp") != NULL) {
        SG_TRY(jwt_date(credential, "exp", &at));
        jwt.list.valid_until = at < jwt.list.valid_until ? at : jwt.list.valid_until;
    }
    if (sjson_get(credential, "nbf") != NULL) {
        SG_TRY(jwt_date(credential, "nbf", &at));
        jwt.list.valid_from = at > jwt.list.valid_from ? at : jwt.list.valid_from;
    }
    *ret = jwt;
    return SG_DONE;
}

/* ---- building --------------------------------------------------------------------------------------- */

static sg_result
check_payload(const struct bsl_payload *payload)
{
    const struct bsl_view *list = &payload->list;
    SG_REQUIRE(payload->id.n > 0 && payload->issuer.n > 0 && payload->ttl_ms >= 0, VALUE);
    SG_REQUIRE(payload->valid_until > payload->valid_from, VALUE);
    SG_REQUIRE(bsl_purpose_text(payload->purpose).n > 0, VALUE);
    SG_REQUIRE(list->size >= 1 && list->size <= BSL_SIZE_MAX, VALUE);
    SG_REQUIRE(bsl_entries(list) >= BSL_ENTRIES_MIN, VALUE);
    /* 2.2: "message" and more than one bit need all their messages; one bit of another purpose explains itself */
    bool wanted = payload->purpose == BSL_MESSAGE || list->size > 1;
    SG_REQUIRE(payload->n_messages == (wanted ? (size_t)1 << list->size : 0), VALUE);
    for (size_t i = 0; i < payload->n_messages; i++) {
        SG_REQUIRE(payload->messages[i].status == i, VALUE);
    }
    return SG_DONE;
}

static void
write_subject(
    struct sjson_wr *wr, const struct bsl_payload *payload, sg_str subject_id, sg_str encoded)
{
    sjson_wr_name(wr, SG_LIT("credentialSubject"));
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "id", subject_id);
    sjson_wr_member_cstr(wr, "type", "BitstringStatusList");
    sjson_wr_member_text(wr, "statusPurpose", bsl_purpose_text(payload->purpose));
    if (payload->n_messages > 0) {
        sjson_wr_member_int(wr, "statusSize", (int64_t)payload->list.size);
        bsl_messages_write(wr, payload->messages, payload->n_messages);
    }
    if (payload->ttl_ms > 0) {
        sjson_wr_member_int(wr, "ttl", payload->ttl_ms);
    }
    sjson_wr_member_text(wr, "encodedList", encoded);
    sjson_wr_object_end(wr);
}

sg_result
bsl_credential_build(struct sg_arena *arena, const struct bsl_payload *payload, sg_bytes *ret)
{
    sg_str encoded = payload->encoded;
    sg_str subject_id;
    char from[BSL_DATE_LEN], until[BSL_DATE_LEN];
    SG_TRY(check_payload(payload));
    SG_REQUIRE(
        bsl_date_to(payload->valid_from, from) && bsl_date_to(payload->valid_until, until), VALUE);
    if (encoded.n == 0) {
        SG_TRY(bsl_encode(arena, payload->list.raw, &encoded));
    }
    SG_TRY(sg_arena_printf(arena, &subject_id, "%.*s#list", SG_PRINT(payload->id)));

    struct sg_buf buf = sg_buf_new(arena, encoded.n + 1024, BSL_LIST_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_name(&wr, SG_LIT("@context"));
    sjson_wr_array(&wr);
    sjson_wr_text(&wr, SG_LIT(BSL_CONTEXT));
    sjson_wr_array_end(&wr);
    sjson_wr_member_text(&wr, "id", payload->id);
    sjson_wr_name(&wr, SG_LIT("type"));
    sjson_wr_array(&wr);
    sjson_wr_text(&wr, SG_LIT("VerifiableCredential"));
    sjson_wr_text(&wr, SG_LIT("BitstringStatusListCredential"));
    sjson_wr_array_end(&wr);
    sjson_wr_member_text(&wr, "issuer", payload->issuer);
    sjson_wr_member_text(&wr, "validFrom", sg_str_of(from, sizeof(from)));
    sjson_wr_member_text(&wr, "validUntil", sg_str_of(until, sizeof(until)));
    write_subject(&wr, payload, subject_id, encoded);
    sjson_wr_object_end(&wr);
    return sg_buf_end(&buf, ret);
}

sg_result
bsl_header_build(struct sg_arena *arena, enum jose_alg_id alg, sg_str kid, const sg_bytes *x5c,
    size_t n_x5c, sg_str *ret)
{
    const struct jose_alg *row = jose_alg_by_id(alg);
    SG_REQUIRE(row != NULL, VALUE);
    struct sg_buf buf = sg_buf_new(arena, 256, BSL_LIST_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "alg", row->name);
    sjson_wr_member_cstr(&wr, "typ", BSL_TYP);
    sjson_wr_member_cstr(&wr, "cty", "vc");
    if (kid.n > 0) {
        sjson_wr_member_text(&wr, "kid", kid);
    }
    if (n_x5c > 0) {
        sjson_wr_name(&wr, SG_LIT("x5c"));
        sjson_wr_array(&wr);
        for (size_t i = 0; i < n_x5c; i++) {
            sg_str text = SG_NO_STR;
            SG_TRY(sg_b64_encode(arena, x5c[i], &text));
            sjson_wr_text(&wr, text);
        }
        sjson_wr_array_end(&wr);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}
