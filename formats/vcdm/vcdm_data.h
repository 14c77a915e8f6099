/* Media types of Securing VCs using JOSE and COSE (REC 15 May 2025), and the data: URLs (RFC 2397) that carry enveloped objects. req: FMT-4 */
#ifndef VCDM_DATA_H
#define VCDM_DATA_H

#include "sg_arena.h"

#define VCDM_DATA_MAX ((size_t)1024 * 1024)

enum vcdm_envelope {
    VCDM_VC_JWT = 1,
    VCDM_VP_JWT = 2,
    VCDM_VC_SD_JWT = 3,
    VCDM_VP_SD_JWT = 4,
    VCDM_VC_COSE = 5,
    VCDM_VP_COSE = 6,
};
enum vcdm_family { VCDM_JWT, VCDM_SD_JWT, VCDM_COSE };

struct vcdm_media {
    enum vcdm_envelope envelope;
    enum vcdm_family family;
    bool presentation;
    const char *type; /* "application/vc+jwt" */
    const char *typ;  /* header value: "vc+jwt"; in COSE the whole media type (label 16) */
    const char *cty;  /* header value: "vc"; in COSE "application/vc" (label 3) */
};
/* NULL when unknown. Media types compare without regard to case (RFC 2045 5.1), and have no parameters here. */
const struct vcdm_media *vcdm_media(enum vcdm_envelope envelope);
const struct vcdm_media *vcdm_media_by_type(sg_str media_type);
const struct vcdm_media *vcdm_media_all(size_t *ret_n);

/* A data: URL taken apart, form only: any media type. Views of the input. */
struct vcdm_data {
    sg_str media_type; /* without parameters; empty if absent */
    bool base64;
    sg_str data;                    /* as it stands */
    const struct vcdm_media *media; /* NULL: none of ours */
};
/*
 * "data:" type "/" subtype, ";base64" or other parameters, "," and URL characters. When the media type is ours the rest is strict (3.1.2, 3.2,
 * 3.3.1): JWT and SD-JWT without any parameter and of their own alphabet, COSE with ";base64" alone. SG_E_MALFORMED, SG_E_TOO_LARGE.
 */
SG_CHECKED sg_result vcdm_data_parse(sg_str url, struct vcdm_data *ret);
/* The object inside: JWT and SD-JWT text as it stands, COSE decoded (standard alphabet, padded). SG_E_UNSUPPORTED (media), SG_E_ENCODING. */
SG_CHECKED sg_result vcdm_data_content(
    struct sg_arena *arena, const struct vcdm_data *data, sg_bytes *ret);
/* data: URL of a secured object. SG_E_TOO_LARGE, SG_E_NO_MEMORY, SG_E_VALUE (text with characters that are not of its kind). */
SG_CHECKED sg_result vcdm_data_make(
    struct sg_arena *arena, enum vcdm_envelope envelope, sg_bytes content, sg_str *ret);
/* {"@context": [v2], "id": "data:...", "type": "EnvelopedVerifiableCredential" or "...Presentation"} as JSON. Likewise. */
SG_CHECKED sg_result vcdm_data_object(
    struct sg_arena *arena, enum vcdm_envelope envelope, sg_bytes content, sg_str *ret);

#endif
