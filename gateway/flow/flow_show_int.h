/* Inside flow_show*.c: the table of formats, and what its rows share. */
#ifndef FLOW_SHOW_INT_H
#define FLOW_SHOW_INT_H

#include "flow_show.h"
#include "sdjwt.h"
#include "vcdm.h"

/* Leave with SG_E_<name> unless the condition holds, and say what did not. */
#define SHOW_RULE(condition, name, text)    \
    do {                                    \
        if (!(condition)) {                 \
            sg_why_note(why, (text), 0, 0); \
            SG_FAIL(name);                  \
        }                                   \
    } while (0)
/* The same around a call: its own code; our words unless it had some. */
#define SHOW_TRY(call, text)                \
    do {                                    \
        sg_result show_try_ = (call);       \
        if (!sg_ok(show_try_)) {            \
            sg_why_note(why, (text), 0, 0); \
            return show_try_;               \
        }                                   \
    } while (0)

/* ---- lines ------------------------------------------------------------------------------------------------------------------------------- */

/* The values that a match selected, for one walk over the tree they stand in. */
struct flow_nodes {
    const struct sjson **sorted; /* each once */
    bool *seen;
    size_t n;
};
SG_CHECKED sg_result flow_nodes_of(
    struct sg_arena *arena, const struct dcql_match *match, struct flow_nodes *ret);
/* Is it one of them? Marks it as met. */
bool flow_nodes_has(const struct flow_nodes *nodes, const struct sjson *node);
/* SG_E_NOT_FOUND when some were never met: they stand in another tree. */
SG_CHECKED sg_result flow_nodes_met(const struct flow_nodes *nodes);

struct flow_lines {
    struct sg_arena *arena;
    struct flow_show_line *lines;
    size_t n;
    struct dcql_step steps[SJSON_DEPTH_MAX + 2]; /* the way to where the walk is */
    size_t depth;
    const struct flow_nodes *nodes; /* selected; may be NULL */
    /* Selected by their way in another tree, array positions aside (ecdsa-sd-2023: what is derived is a smaller document). */
    const struct dcql_path *ways;
    size_t n_ways;
    const char *const
        *frame; /* members of the root that say nothing of the holder; ends with NULL */
    bool retain;
};
SG_CHECKED sg_result flow_lines_open(
    struct sg_arena *arena, const char *const *frame, struct flow_lines *ret);
/* Go to a member or element; SG_E_DEPTH. flow_lines_up goes back. */
SG_CHECKED sg_result flow_lines_name(struct flow_lines *lines, sg_str name);
SG_CHECKED sg_result flow_lines_index(struct flow_lines *lines, size_t index);
void flow_lines_up(struct flow_lines *lines);
/* The value where the walk is. SG_E_TOO_MANY. */
SG_CHECKED sg_result flow_lines_put(
    struct flow_lines *lines, const struct sjson *value, bool asked);
/* Every leaf of the tree. `asked`: something above it was. */
SG_CHECKED sg_result flow_lines_tree(
    struct flow_lines *lines, const struct sjson *value, bool asked);
/* A line that stands in no tree: about the presentation itself. */
SG_CHECKED sg_result flow_lines_text(struct flow_lines *lines, const char *name, sg_str text);

/* ---- rows ---------------------------------------------------------------------------------------------------------------------------------- */

struct flow_reading {
    struct sg_arena *arena;
    const struct jsonld_contexts *contexts;
    sg_str value;
    struct sg_why *why;
};

struct flow_shape {
    const char *format;
    enum dcql_format dcql;
    bool object;
    /* Fill `held` but format, value and shape. */
    sg_result (*read)(const struct flow_reading *reading, struct flow_held *held);
    /* vp_formats_supported of the request, which is there. */
    sg_result (*fits)(const struct flow_show *show, struct sg_why *why);
    /* Can these transactions be answered? There is at least one, and a key. */
    sg_result (*transact)(const struct flow_show *show, struct sg_why *why);
    sg_result (*lines)(const struct flow_show *show, struct flow_lines *lines);
    /* ret->part, ->message, ->to_sign; the rest is filled in. */
    sg_result (*build)(struct sg_arena *arena, const struct flow_show *show, struct sg_why *why,
        struct flow_showing *ret);
    sg_result (*attach)(struct sg_arena *arena, const struct flow_showing *showing,
        sg_bytes signature, sg_str *ret);
};

extern const struct flow_shape flow_shape_sd_jwt;    /* dc+sd-jwt */
extern const struct flow_shape flow_shape_mdoc;      /* mso_mdoc */
extern const struct flow_shape flow_shape_ldp;       /* ldp_vc */
extern const struct flow_shape flow_shape_vc_jwt;    /* vc+jwt */
extern const struct flow_shape flow_shape_vc_sd_jwt; /* vc+sd-jwt */
extern const struct flow_shape flow_shape_vc_cose;   /* vc+cose */

/* ---- shared by rows -------------------------------------------------------------------------------------------------------------------------- */

/* held->key and thumbprint, once. A second key must be the same: SG_E_KEY_INVALID. */
SG_CHECKED sg_result flow_held_bind(
    struct sg_arena *arena, struct flow_held *held, const struct jwk *key, struct sg_why *why);
/* The key of a cnf claim ({"jwk": ...}); another way to confirm binds to nothing that we know. SG_E_KEY_INVALID, SG_E_TYPE. */
SG_CHECKED sg_result flow_held_confirm(
    struct sg_arena *arena, struct flow_held *held, const struct sjson *cnf, struct sg_why *why);
/* A reference more. SG_E_TOO_MANY. */
SG_CHECKED sg_result flow_held_refer(
    struct flow_held *held, uint64_t type, sg_str uri, uint64_t idx, struct sg_why *why);
/* Token Status List in a `status` claim; an unknown mechanism is held->status_problem. */
SG_CHECKED sg_result flow_held_status(
    struct flow_held *held, const struct sjson *status, struct sg_why *why);
/* Narrow the validity: NumericDates nbf and exp of a claims set. SG_E_TYPE. */
SG_CHECKED sg_result flow_held_dates(
    struct flow_held *held, const struct sjson *claims, struct sg_why *why);
/* What certificates tell: keyIdentifiers of AKIs, and the leaf's common name. SG_E_MALFORMED. */
SG_CHECKED sg_result flow_held_chain(struct sg_arena *arena, struct flow_held *held,
    const sg_bytes *chain, size_t n, struct sg_why *why);
SG_CHECKED sg_result flow_held_x5c(
    struct sg_arena *arena, struct flow_held *held, const struct sjson *header, struct sg_why *why);

/* Is nothing signed? A query without holder binding, and no key, or a W3C credential (OpenID4VP B.1.3: a presentation would be wrong). */
bool flow_show_bare(const struct flow_show *show);
/* An SD-JWT's disclosures for what was selected (dcql.md 3): marks[i] for disclosure i. */
SG_CHECKED sg_result flow_sd_choose(struct sg_arena *arena, const struct sdjwt *sd,
    const struct sjson *processed, const struct dcql_match *match, bool **ret_marks);
/* The SD-JWT with these alone. */
SG_CHECKED sg_result flow_sd_select(
    struct sg_arena *arena, const struct sdjwt *sd, const bool *marks, sg_str *ret);
/* Lines of what these leave to be seen; nodes of `lines` are set here. */
SG_CHECKED sg_result flow_sd_lines(const struct sdjwt *sd, const struct sjson *processed,
    const struct dcql_match *match, struct flow_lines *lines);

/* A document of the W3C data model, whatever secures it. */
struct flow_w3c {
    const struct sjson *document;
    struct vcdm_credential credential;
    sg_str holder; /* DID of the key it is bound to; empty: none */
    sg_str method; /* its verification method */
};
/* `jose`: secured in an envelope, whose claims stand beside the document's members. Members that say nothing of the holder: flow_w3c_frame. */
SG_CHECKED sg_result flow_w3c_read(const struct flow_reading *reading, const struct sjson *document,
    bool jose, struct flow_held *held, struct flow_w3c *ret);
extern const char *const flow_w3c_frame[];
/* The presentation around `entry` (JSON of a credential, or of an enveloped one), without a proof. */
SG_CHECKED sg_result flow_w3c_present(
    struct sg_arena *arena, const struct flow_w3c *w3c, sg_str entry, sg_str *ret);

#endif
