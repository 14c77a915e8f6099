/* Inside formats/mdoc. */
#ifndef MDOC_INT_H
#define MDOC_INT_H

#include "mdoc.h"

#define MDOC_TAG_TDATE 0
#define MDOC_TAG_ENCODED 24
#define MDOC_TAG_FULL_DATE 1004
/* 9.1.2.5 says below 2^31, and ours are; @owf/mdoc 0.6.0 draws ids of 32 bits, which hurt nobody. */
#define MDOC_DIGEST_ID_MAX UINT32_MAX
#define MDOC_RANDOM_MIN 16
#define MDOC_TDATE_LEN 20
#define MDOC_FULL_DATE_LEN 10
#define MDOC_MDL_NAME_SPACE "org.iso.18013.5.1"

/* Leave with SG_E_<name> unless the condition holds, and say what did not. */
#define MDOC_RULE(condition, name, text)    \
    do {                                    \
        if (!(condition)) {                 \
            sg_why_note(why, (text), 0, 0); \
            SG_FAIL(name);                  \
        }                                   \
    } while (0)
/* The same around a call: its own code, our words. */
#define MDOC_TRY(call, text)                \
    do {                                    \
        sg_result mdoc_try_ = (call);       \
        if (!sg_ok(mdoc_try_)) {            \
            sg_why_note(why, (text), 0, 0); \
            return mdoc_try_;               \
        }                                   \
    } while (0)

/* ---- times ---- */
/* "YYYY-MM-DDTHH:MM:SSZ", exactly; leap seconds and years before 1970 are refused. False otherwise. */
bool mdoc_time_parse(sg_str text, int64_t *ret);
/* "YYYY-MM-DD", a day that exists, years 0001 to 9999. */
bool mdoc_date_valid(sg_str text);
/* Appends tag 0 and the text. Fails the buffer with SG_E_VALUE before 1970 or beyond 9999. */
void mdoc_put_tdate(struct sg_buf *buf, int64_t at);

/* ---- CBOR ---- */
/* Exactly one item within our limits. */
SG_CHECKED sg_result mdoc_open(sg_bytes in, struct dcbor_item *ret);
/* tag 24 around a byte string around one item: that item. */
SG_CHECKED sg_result mdoc_encoded(const struct dcbor_item *item, struct dcbor_item *ret);
/* A map whose keys are all among these `n` texts. No signature covers the outer maps, so what nobody reads must not be there. SG_E_MDOC. */
SG_CHECKED sg_result mdoc_only(const struct dcbor_item *map, const char *const *names, size_t n);
/* A text of 1..MDOC_NAME_MAX bytes. SG_E_MDOC. */
SG_CHECKED sg_result mdoc_name(const struct dcbor_item *item, sg_str *ret);

/* mdoc_value_json, or the empty text for what JSON cannot say. SG_E_NO_MEMORY. */
SG_CHECKED sg_result mdoc_shown(struct sg_arena *arena, sg_bytes cbor, sg_str *ret);

/* ---- the MSO ---- */
/* "1.0" to "1.9" */
bool mdoc_version_known(const struct dcbor_item *item);
const char *mdoc_digest_name(enum sg_hash_alg alg);
/* `payload` is the COSE payload, tag 24 included. Form only, the status and the device key with it. */
SG_CHECKED sg_result mdoc_mso_parse(sg_bytes payload, struct sg_why *why, struct mdoc_mso *ret);
void mdoc_status_put(struct sg_buf *buf, const struct mdoc_status *status);
SG_CHECKED sg_result mdoc_status_check(const struct mdoc_status *status);

/* ---- IssuerSigned ---- */
struct mdoc_issuer_signed {
    struct dcbor_item name_spaces; /* kind NONE if absent */
    sg_bytes issuer_auth;          /* as it came */
    struct cose_sign1 auth;
};
SG_CHECKED sg_result mdoc_issuer_signed_parse(
    sg_bytes in, struct sg_why *why, struct mdoc_issuer_signed *ret);

/* One IssuerSignedItem. */
struct mdoc_item {
    uint64_t digest_id;
    sg_str identifier;
    sg_bytes value;
};
SG_CHECKED sg_result mdoc_item_parse(
    const struct dcbor_item *tagged, struct sg_why *why, struct mdoc_item *ret);

/* Every item's digest is the MSO's, ids and elements are there once. What mdoc_issuer_signed_verify does once the signature holds. */
SG_CHECKED sg_result mdoc_items_check(struct sg_arena *arena,
    const struct mdoc_issuer_signed *issuer_signed, const struct mdoc_mso *mso, struct sg_why *why,
    const struct mdoc_found **ret, size_t *ret_n);

/* DeviceNameSpacesBytes: every element in it, each authorised by the MSO (SG_E_POLICY). */
SG_CHECKED sg_result mdoc_device_elements(struct sg_arena *arena, sg_bytes device_name_spaces,
    const struct mdoc_mso *mso, struct sg_why *why, const struct mdoc_found **ret, size_t *ret_n);

#endif
