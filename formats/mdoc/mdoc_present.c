/* The holder's side: chosen items, DeviceAuthentication, DeviceResponse. spec: ISO/IEC 18013-5 8.3.2.1.2.2, 9.1.3. req: FMT-2 */
#include "mdoc_int.h"

static bool
is_chosen(const struct mdoc_present *present, sg_str name_space, sg_str identifier)
{
    for (size_t i = 0; i < present->n_choices; i++) {
        if (sg_str_equal(present->choices[i].name_space, name_space) &&
            sg_str_equal(present->choices[i].identifier, identifier)) {
            return true;
        }
    }
    return false;
}

/* How many items of this namespace are chosen. */
static sg_result
count_chosen(const struct mdoc_present *present, sg_str name, const struct dcbor_item *list,
    struct sg_why *why, size_t *ret)
{
    struct dcbor_item tagged;
    struct mdoc_item item;
    size_t n = 0;
    struct dcbor_walk walk = dcbor_item_walk(list);
    while (dcbor_item_next(&walk, &tagged)) {
        SG_TRY(mdoc_item_parse(&tagged, why, &item));
        n += is_chosen(present, name, item.identifier);
    }
    *ret = n;
    return SG_DONE;
}

/* The chosen items, byte for byte in the issuer's order: digests are over those bytes. */
static sg_result
put_chosen(struct sg_buf *buf, const struct mdoc_present *present, sg_str name,
    const struct dcbor_item *list, size_t n, struct sg_why *why)
{
    struct dcbor_item tagged;
    struct mdoc_item item;
    dcbor_wr_text(buf, name);
    dcbor_wr_array(buf, n);
    struct dcbor_walk walk = dcbor_item_walk(list);
    while (dcbor_item_next(&walk, &tagged)) {
        SG_TRY(mdoc_item_parse(&tagged, why, &item));
        if (is_chosen(present, name, item.identifier)) {
            sg_buf_put(buf, tagged.raw);
        }
    }
    return SG_DONE;
}

static sg_result
choose(struct sg_arena *arena, const struct mdoc_present *present,
    const struct mdoc_issuer_signed *issuer_signed, struct sg_why *why, sg_bytes *ret)
{
    size_t counts[MDOC_NAME_SPACES_MAX];
    size_t name_spaces = 0;
    size_t items = 0;
    size_t at = 0;
    struct dcbor_item key;
    struct dcbor_item list;
    struct dcbor_walk walk = dcbor_item_walk(&issuer_signed->name_spaces);
    while (dcbor_item_pair(&walk, &key, &list)) {
        SG_TRY(count_chosen(present, sg_bytes_str(key.content), &list, why, &counts[at]));
        name_spaces += counts[at] > 0;
        items += counts[at++];
    }
    MDOC_RULE(items == present->n_choices, NOT_FOUND, "present: a chosen element is not there");
    struct sg_buf buf = sg_buf_new(arena, present->issuer_signed.n, MDOC_MAX);
    dcbor_wr_map(&buf, name_spaces > 0 ? 2 : 1); /* no released element: no nameSpaces */
    if (name_spaces > 0) {
        dcbor_wr_text(&buf, SG_LIT("nameSpaces"));
        dcbor_wr_map(&buf, name_spaces);
    }
    walk = dcbor_item_walk(&issuer_signed->name_spaces);
    for (at = 0; dcbor_item_pair(&walk, &key, &list); at++) {
        if (counts[at] > 0) {
            SG_TRY(put_chosen(&buf, present, sg_bytes_str(key.content), &list, counts[at], why));
        }
    }
    dcbor_wr_text(&buf, SG_LIT("issuerAuth"));
    sg_buf_put(&buf, issuer_signed->issuer_auth);
    return sg_buf_end(&buf, ret);
}

static sg_result
check_choices(const struct mdoc_present *present, struct sg_why *why)
{
    MDOC_RULE(present->n_choices <= MDOC_ELEMENTS_MAX, TOO_LARGE, "present: too many choices");
    for (size_t i = 0; i < present->n_choices; i++) {
        for (size_t k = 0; k < i; k++) {
            MDOC_RULE(
                !sg_str_equal(present->choices[i].identifier, present->choices[k].identifier) ||
                    !sg_str_equal(present->choices[i].name_space, present->choices[k].name_space),
                DUPLICATE, "present: an element is chosen twice");
        }
    }
    return SG_DONE;
}

/* Tag 24 around the map; the empty map (d8 18 41 a0) when the device signs no element of its own. */
static sg_result
tag_name_spaces(struct sg_arena *arena, sg_bytes map, sg_bytes *ret)
{
    static const uint8_t none = 0xa0;
    struct sg_buf buf = sg_buf_new(arena, map.n + 16, MDOC_MAX);
    dcbor_wr_tag(&buf, MDOC_TAG_ENCODED);
    dcbor_wr_bytes(&buf, map.n == 0 ? sg_bytes_of(&none, 1) : map);
    return sg_buf_end(&buf, ret);
}

static sg_result
check_transcript(sg_bytes transcript, struct sg_why *why)
{
    struct dcbor_item item;
    MDOC_RULE(transcript.n <= MDOC_TRANSCRIPT_MAX, TOO_LARGE, "present: transcript");
    MDOC_TRY(mdoc_open(transcript, &item), "present: transcript");
    MDOC_RULE(item.kind == DCBOR_KIND_ARRAY && item.value == 3, MDOC, "present: transcript");
    return SG_DONE;
}

sg_result
mdoc_present(struct sg_arena *arena, const struct mdoc_present *present, struct sg_why *why,
    struct mdoc_present_pending *ret)
{
    struct mdoc_issuer_signed issuer_signed;
    struct mdoc_mso mso;
    struct mdoc_present_pending out = { 0 };
    const struct mdoc_found *elements;
    size_t n_elements;
    sg_bytes payload;
    SG_TRY(check_transcript(present->transcript, why));
    SG_TRY(check_choices(present, why));
    SG_TRY(mdoc_issuer_signed_parse(present->issuer_signed, why, &issuer_signed));
    SG_TRY(mdoc_mso_parse(issuer_signed.auth.payload, why, &mso));
    SG_TRY(choose(arena, present, &issuer_signed, why, &out.issuer_signed));
    SG_TRY(tag_name_spaces(arena, present->device_name_spaces, &out.device_name_spaces));
    SG_TRY(mdoc_device_elements(arena, out.device_name_spaces, &mso, why, &elements, &n_elements));
    out.device_key = mso.device_key;
    out.doc_type = mso.doc_type;
    out.alg = jwk_default_alg(&mso.device_key);
    MDOC_RULE(out.alg != NULL, ALGORITHM, "present: the device key cannot sign here");
    struct cose_headers headers = { .alg = out.alg };
    SG_TRY(cose_protected(arena, &headers, &out.protected_bstr));
    SG_TRY(mdoc_device_authentication(
        arena, present->transcript, out.doc_type, out.device_name_spaces, &payload));
    SG_TRY(cose_to_be_signed(arena, out.protected_bstr, SG_NO_BYTES, payload, &out.to_be_signed));
    *ret = out;
    return SG_DONE;
}

sg_result
mdoc_present_attach(struct sg_arena *arena, const struct mdoc_present_pending *pending,
    sg_bytes signature, const struct jwk_key *verifier, sg_bytes *ret)
{
    sg_bytes device_signature;
    struct cose_headers headers = { .alg = pending->alg };
    SG_REQUIRE(signature.n == pending->alg->sig_len, SIGNATURE);
    if (verifier != NULL) {
        SG_TRY(jwk_verify(verifier, pending->alg, pending->to_be_signed, signature));
    }
    SG_TRY(cose_sign1_encode(arena, &headers, pending->protected_bstr, SG_NO_BYTES, signature,
        false, &device_signature));
    struct sg_buf buf = sg_buf_new(arena, pending->issuer_signed.n + 512, MDOC_MAX);
    dcbor_wr_map(&buf, 3);
    dcbor_wr_text(&buf, SG_LIT("docType"));
    dcbor_wr_text(&buf, pending->doc_type);
    dcbor_wr_text(&buf, SG_LIT("issuerSigned"));
    sg_buf_put(&buf, pending->issuer_signed);
    dcbor_wr_text(&buf, SG_LIT("deviceSigned"));
    dcbor_wr_map(&buf, 2);
    dcbor_wr_text(&buf, SG_LIT("nameSpaces"));
    sg_buf_put(&buf, pending->device_name_spaces);
    dcbor_wr_text(&buf, SG_LIT("deviceAuth"));
    dcbor_wr_map(&buf, 1);
    dcbor_wr_text(&buf, SG_LIT("deviceSignature"));
    sg_buf_put(&buf, device_signature);
    return sg_buf_end(&buf, ret);
}

sg_result
mdoc_response_encode(
    struct sg_arena *arena, const sg_bytes *documents, size_t n, uint64_t status, sg_bytes *ret)
{
    SG_REQUIRE(n <= MDOC_DOCUMENTS_MAX, TOO_LARGE);
    struct sg_buf buf = sg_buf_new(arena, n > 0 ? documents[0].n + 64 : 64, MDOC_MAX);
    dcbor_wr_map(&buf, n > 0 ? 3 : 2);
    dcbor_wr_text(&buf, SG_LIT("version"));
    dcbor_wr_text(&buf, SG_LIT("1.0"));
    if (n > 0) {
        dcbor_wr_text(&buf, SG_LIT("documents"));
        dcbor_wr_array(&buf, n);
        for (size_t i = 0; i < n; i++) {
            sg_buf_put(&buf, documents[i]);
        }
    }
    dcbor_wr_text(&buf, SG_LIT("status"));
    dcbor_wr_uint(&buf, status);
    return sg_buf_end(&buf, ret);
}
