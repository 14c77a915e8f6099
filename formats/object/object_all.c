/* Every signature of a presentation, the holder's before those of what it shows. */
#include "object_int.h"

#include "cose.h"
#include "dcbor_item.h"

#define DEPTH_MAX 4 /* a credential, enveloped, in a presentation, enveloped */
#define CBOR_DEPTH 24
#define CBOR_ITEMS 40000

struct all {
    struct sg_arena *arena;
    struct object_signed *out;
    size_t n;
    unsigned depth;
};

static sg_result take_json(struct all *all, const struct sjson *json);
static sg_result take_compact(struct all *all, sg_str text);
static sg_result take_cbor(struct all *all, sg_bytes in);

static sg_result
add(struct all *all, enum object_role role, struct object_signed **ret)
{
    SG_REQUIRE(all->n < OBJECT_SIGNATURES_MAX, TOO_MANY);
    *ret = &all->out[all->n++];
    **ret = (struct object_signed){ .role = role };
    return SG_DONE;
}

/* A text, or the first of a set of them. */
static sg_str
text_of(const struct sjson *value)
{
    if (value != NULL && value->type == SJSON_ARRAY) {
        value = sjson_at(value, 0);
    }
    return value != NULL && value->type == SJSON_STRING ? value->text : SG_NO_STR;
}

static bool
has_type(const struct sjson *document, const char *name)
{
    const struct sjson *type = sjson_get(document, "type");
    if (type == NULL || type->type != SJSON_ARRAY) {
        return sjson_is_text(type, name);
    }
    for (const struct sjson *t = type->first; t != NULL; t = t->next) {
        if (sjson_is_text(t, name)) {
            return true;
        }
    }
    return false;
}

/* What a presentation presents: VCDM 2.0, or `vp` of 1.1 as JWT. NULL: the document is no presentation. */
static const struct sjson *
presented(const struct sjson *document)
{
    const struct sjson *vp = sjson_get(document, "vp");
    if (document == NULL || document->type != SJSON_OBJECT) {
        return NULL;
    }
    if (vp != NULL && vp->type == SJSON_OBJECT) {
        return vp;
    }
    return has_type(document, "VerifiablePresentation") ? document : NULL;
}

static sg_result
take_one(struct all *all, const struct sjson *credential)
{
    if (credential->type == SJSON_STRING) {
        return take_compact(all, credential->text);
    }
    return take_json(all, credential);
}

/* The credentials in a presentation; their references are the holder's too. `holder` SIZE_MAX: the presentation is not signed. */
static sg_result
take_presented(struct all *all, const struct sjson *vp, size_t holder)
{
    const struct sjson *list = sjson_get(vp, "verifiableCredential");
    size_t from = all->n;
    SG_REQUIRE(++all->depth <= DEPTH_MAX, DEPTH);
    if (list != NULL && list->type == SJSON_ARRAY) {
        for (const struct sjson *c = list->first; c != NULL; c = c->next) {
            SG_TRY(take_one(all, c));
        }
    } else if (list != NULL) {
        SG_TRY(take_one(all, list));
    }
    all->depth--;
    for (size_t i = from; holder < all->n && i < all->n; i++) {
        for (size_t j = 0; j < all->out[i].object.n_refs; j++) {
            const struct object_ref *ref = &all->out[i].object.refs[j];
            SG_TRY(object_ref_add(&all->out[holder].object, ref->uri, ref->idx));
        }
    }
    return SG_DONE;
}

/* A JWT or COSE object whose payload says what it is. */
static sg_result
take_payload(struct all *all, const struct object *object)
{
    struct object_signed *s = NULL;
    const struct sjson *vp = presented(object->document);
    SG_TRY(add(all, vp == NULL ? OBJECT_OF_ISSUER : OBJECT_OF_HOLDER, &s));
    s->object = *object;
    if (vp == NULL) {
        return SG_DONE;
    }
    s->audience = text_of(sjson_get(object->document, "aud"));
    s->nonce = text_of(sjson_get(object->document, "nonce"));
    return take_presented(all, vp, all->n - 1);
}

#define CWT_AUD 3
#define CWT_NONCE 10 /* RFC 9711 4.1: a byte string, or several */

/* vp+cose says both in the CWT claims of its protected header (RFC 9597). What has another shape is passed over. */
static void
take_cwt_claims(struct object_signed *s, sg_bytes claims)
{
    struct dcbor_item map, aud, nonce;
    sg_bytes bytes;
    if (!sg_ok(dcbor_item_open(claims, CBOR_DEPTH, CBOR_ITEMS, &map)) ||
        !sg_ok(dcbor_item_find(&map, CWT_AUD, &aud)) ||
        !sg_ok(dcbor_item_find(&map, CWT_NONCE, &nonce))) {
        return;
    }
    if (aud.kind == DCBOR_KIND_TEXT) {
        SG_IGNORE(dcbor_item_text(&aud, &s->audience)); /* stays empty */
    }
    if (nonce.kind == DCBOR_KIND_BYTES && sg_ok(dcbor_item_bytes(&nonce, &bytes))) {
        s->nonce = sg_bytes_str(bytes);
    }
}

/* The key binding at the end of an SD-JWT (RFC 9901 4): behind the last tilde. */
static sg_result
take_key_binding(struct all *all, sg_str text, const struct object *credential)
{
    size_t last = text.n;
    while (last > 0 && text.p[last - 1] != '~') {
        last--;
    }
    if (last == 0 || last == text.n) {
        return SG_DONE;
    }
    struct object_signed *s = NULL;
    SG_TRY(add(all, OBJECT_OF_HOLDER, &s));
    SG_TRY(object_take_compact(all->arena, sg_str_slice(text, last, text.n), &s->object));
    s->audience = text_of(sjson_get(s->object.document, "aud"));
    s->nonce = text_of(sjson_get(s->object.document, "nonce"));
    memcpy(s->object.refs, credential->refs, sizeof(credential->refs));
    s->object.n_refs = credential->n_refs;
    return SG_DONE;
}

static sg_result
take_compact(struct all *all, sg_str text)
{
    struct object *object = SG_NEW(all->arena, struct object);
    SG_REQUIRE(object != NULL, NO_MEMORY);
    SG_TRY(object_take_compact(all->arena, text, object));
    SG_TRY(take_key_binding(all, text, object));
    return take_payload(all, object);
}

static sg_result
take_enveloped(struct all *all, sg_str url)
{
    sg_str text;
    sg_bytes cbor;
    SG_TRY(object_data(all->arena, url, &text, &cbor));
    SG_REQUIRE(++all->depth <= DEPTH_MAX, DEPTH);
    SG_TRY(cbor.n > 0 ? take_cbor(all, cbor) : take_compact(all, text));
    all->depth--;
    return SG_DONE;
}

/* With Data Integrity proofs, the first of which counts; or without any, for what it holds. */
static sg_result
take_proved(struct all *all, const struct sjson *json, const struct sjson *vp)
{
    const struct sjson *proof = sjson_get(json, "proof");
    struct object_signed *s = NULL;
    if (proof == NULL && vp != NULL) {
        return take_presented(all, vp, SIZE_MAX);
    }
    SG_TRY(add(all, vp == NULL ? OBJECT_OF_ISSUER : OBJECT_OF_HOLDER, &s));
    SG_TRY(object_take_json(all->arena, json, &s->object));
    if (vp == NULL) {
        return SG_DONE;
    }
    proof = proof->type == SJSON_ARRAY ? sjson_at(proof, 0) : proof;
    s->audience = text_of(sjson_get(proof, "domain"));
    s->nonce = text_of(sjson_get(proof, "challenge"));
    return take_presented(all, vp, all->n - 1);
}

static sg_result
take_json(struct all *all, const struct sjson *json)
{
    sg_str id;
    SG_REQUIRE(json->type == SJSON_OBJECT, MALFORMED);
    if (sjson_get(json, "payload") != NULL) {
        struct object *object = SG_NEW(all->arena, struct object);
        SG_REQUIRE(object != NULL, NO_MEMORY);
        SG_TRY(object_take_json(all->arena, json, object));
        return take_payload(all, object);
    }
    if (sjson_get(json, "proof") == NULL && sg_ok(sjson_member_text(json, "id", &id)) &&
        sg_str_starts(id, OBJECT_DATA_URL)) {
        return take_enveloped(all, id);
    }
    return take_proved(all, json, presented(json));
}

/* ---- CBOR ------------------------------------------------------------------------------------------- */

/* DeviceAuth of one document. What it is over is known to who knows the session. */
static sg_result
take_device(struct all *all, const struct dcbor_item *document, size_t *ret_holder)
{
    struct dcbor_item device, auth, signature, spaces, type;
    struct cose_sign1 sign1;
    struct object_signed *s = NULL;
    *ret_holder = SIZE_MAX;
    SG_TRY(dcbor_item_find_text(document, "deviceSigned", &device));
    SG_TRY(dcbor_item_find_text(document, "docType", &type));
    if (device.kind == DCBOR_KIND_NONE) {
        return SG_DONE;
    }
    SG_TRY(dcbor_item_find_text(&device, "deviceAuth", &auth));
    SG_TRY(dcbor_item_find_text(&device, "nameSpaces", &spaces));
    SG_TRY(dcbor_item_find_text(&auth, "deviceSignature", &signature));
    if (signature.kind == DCBOR_KIND_NONE) {
        return SG_DONE; /* deviceMac */
    }
    SG_TRY(cose_sign1_parse(signature.raw, &sign1));
    SG_TRY(add(all, OBJECT_OF_HOLDER, &s));
    SG_TRY(dcbor_item_text(&type, &s->doc_type));
    s->object.kind = OBJECT_COSE;
    s->object.signature = sign1.signature;
    s->object.alg = sign1.alg;
    s->device_name_spaces = spaces.raw;
    s->protected_bstr = sign1.protected_bstr;
    *ret_holder = all->n - 1;
    return SG_DONE;
}

static sg_result
take_document(struct all *all, const struct dcbor_item *document)
{
    struct dcbor_item issuer_signed;
    struct object_signed *s = NULL;
    size_t holder;
    SG_TRY(take_device(all, document, &holder));
    SG_TRY(dcbor_item_find_text(document, "issuerSigned", &issuer_signed));
    SG_TRY(add(all, OBJECT_OF_ISSUER, &s));
    SG_TRY(object_issuer_signed(all->arena, &issuer_signed, &s->object));
    if (holder != SIZE_MAX) {
        struct object *device = &all->out[holder].object;
        memcpy(device->refs, s->object.refs, sizeof(device->refs));
        device->n_refs = s->object.n_refs;
    }
    return SG_DONE;
}

static sg_result
take_response(struct all *all, const struct dcbor_item *documents)
{
    struct dcbor_item document;
    SG_TRY(dcbor_item_want(documents, DCBOR_KIND_ARRAY));
    struct dcbor_walk walk = dcbor_item_walk(documents);
    while (dcbor_item_next(&walk, &document)) {
        SG_TRY(take_document(all, &document));
    }
    return SG_DONE;
}

static sg_result
take_cbor(struct all *all, sg_bytes in)
{
    struct dcbor_item item, documents;
    struct object *object = SG_NEW(all->arena, struct object);
    SG_REQUIRE(object != NULL, NO_MEMORY);
    if (sg_ok(dcbor_item_open(in, CBOR_DEPTH, CBOR_ITEMS, &item)) && item.kind == DCBOR_KIND_MAP &&
        sg_ok(dcbor_item_find_text(&item, "documents", &documents)) &&
        documents.kind != DCBOR_KIND_NONE) {
        return take_response(all, &documents);
    }
    SG_TRY(object_take_cbor(all->arena, in, object));
    size_t at = all->n;
    SG_TRY(take_payload(all, object));
    struct cose_sign1 sign1;
    if (all->out[at].role == OBJECT_OF_HOLDER && sg_ok(cose_sign1_parse(in, &sign1))) {
        take_cwt_claims(&all->out[at], sign1.cwt_claims);
    }
    return SG_DONE;
}

static sg_result
take_text(struct all *all, sg_str text)
{
    const struct sjson *json;
    sg_bytes cbor;
    SG_REQUIRE(text.n > 0, MALFORMED);
    if (text.p[0] == '{') {
        SG_TRY(sjson_parse_object(all->arena, text, NULL, &json));
        return take_json(all, json);
    }
    if (sg_str_index(text, '.', 0) < text.n) {
        return take_compact(all, text);
    }
    SG_TRY(object_cbor_text(all->arena, text, &cbor));
    return take_cbor(all, cbor);
}

sg_result
object_take_all(struct sg_arena *arena, sg_bytes in,
    struct object_signed ret[OBJECT_SIGNATURES_MAX], size_t *ret_n)
{
    struct all all = { .arena = arena, .out = ret };
    SG_REQUIRE(in.n <= OBJECT_MAX, TOO_LARGE);
    sg_result r =
        object_is_cbor(in) ? take_cbor(&all, in) : take_text(&all, sg_bytes_str(object_trim(in)));
    bool own = sg_ok(r) || r.code == SG_E_NO_MEMORY || r.code == SG_E_ENCODING ||
               r.code == SG_E_TOO_LARGE || r.code == SG_E_TOO_MANY || r.code == SG_E_DEPTH;
    SG_TRY(own ? r : SG_ERROR(MALFORMED));
    SG_REQUIRE(all.n > 0, MALFORMED);
    *ret_n = all.n;
    return SG_DONE;
}
