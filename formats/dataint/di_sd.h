/* ecdsa-sd-2023 (DI-ECDSA 3.4 to 3.6): what its files share. Not for other folders. req: FMT-3 */
#ifndef DI_SD_H
#define DI_SD_H

#include "di_int.h"

#define DI_SD_SIGNATURE_LEN ((size_t)64)
#define DI_SD_HMAC_LEN ((size_t)32)
#define DI_SD_TO_SIGN_LEN (SG_SHA256_LEN + MULTIKEY_P256_LEN + SG_SHA256_LEN)
#define DI_SD_VALUE_MAX ((size_t)1 << 20) /* bytes of a proof value */
#define DI_SD_POINTER_MAX ((size_t)2048)

/* ---- proof values ------------------------------------------------------------------------------------ */

/* Both kinds; views borrow from the decoded bytes. */
struct di_sd_value {
    bool derived;
    sg_bytes base_signature; /* 64 */
    sg_bytes public_key;     /* 35, a Multikey of P-256 */
    const sg_bytes *signatures;
    size_t n_signatures;
    sg_bytes hmac_key; /* base: 32 */
    const sg_str *pointers;
    size_t n_pointers;
    const sg_bytes *labels; /* derived: the HMAC of c14n0, c14n1 ... */
    size_t n_labels;
    const size_t *mandatory_indexes; /* derived: strictly ascending */
    size_t n_mandatory_indexes;
};
/* Header and CBOR exactly as the suite writes them, deterministic, nothing left over. SG_E_PROOF_VALUE, SG_E_NO_MEMORY. */
SG_CHECKED sg_result di_sd_decode(struct sg_arena *arena, sg_str text, struct di_sd_value *ret);
SG_CHECKED sg_result di_sd_encode(
    struct sg_arena *arena, const struct di_sd_value *value, sg_str *ret);

/* ---- selection by JSON Pointers ------------------------------------------------------------------------ */

/*
 * Names for blank nodes that follow a JSON object from the document into every selection of it. The suite's text reaches the
 * same by writing an "id" into each node of the compact document (skolemisation), which needs JSON-LD compaction.
 */
struct di_sd_names;
SG_CHECKED sg_result di_sd_names_new(struct sg_arena *arena, struct di_sd_names **ret);
/* `copy` stands for `original`. false when out of memory. */
bool di_sd_names_alias(
    struct di_sd_names *names, const struct sjson *copy, const struct sjson *original);
/* jsonld_options.blank_name; `context` is the names. */
sg_str di_sd_name(void *context, const struct sjson *source, sg_str label);
/* What went wrong while names were asked for. */
enum sg_code di_sd_names_failed(const struct di_sd_names *names);

/*
 * selectJsonLd (3.4.13): the parts that the pointers name, with "@context", and "id" and "type" of every object on the way. NULL when
 * there are no pointers. `names` may be NULL. SG_E_VALUE (a pointer that is malformed or leads nowhere), SG_E_WORK, SG_E_NO_MEMORY.
 */
SG_CHECKED sg_result di_sd_select(struct sg_arena *arena, const struct sjson *document,
    const sg_str *pointers, size_t n, struct di_sd_names *names, struct sg_why *why,
    const struct sjson **ret);
/* JSON text of a selection, without its outer braces closed: members only. */
void di_sd_write(struct sjson_wr *wr, const struct sjson *selection);

/* ---- statements ---------------------------------------------------------------------------------------- */

/* Canonical N-Quads of a document with the labels of the suite, sorted. */
struct di_sd_statements {
    const sg_str *lines;
    size_t n;
};
/* A document and its statements under an HMAC key. */
struct di_sd_base {
    const struct di_job *job;
    struct di_sd_names *names;
    const struct rdf_label *labels; /* name to HMAC label, sorted by name */
    size_t n_labels;
    struct di_sd_statements statements;
};
SG_CHECKED sg_result di_sd_base_of(
    const struct di_job *job, sg_bytes hmac_key, struct di_sd_base *ret);
/* Which statements the pointers select: `ret[i]` for statement i. A selected statement that the document does not have is SG_E_VALUE. */
SG_CHECKED sg_result di_sd_group(const struct di_sd_base *base, const sg_str *pointers, size_t n,
    bool **ret, const struct sjson **ret_selection);
/* For di_derive: the HMACs of the selection's own canonical labels c14n0, c14n1 ... */
SG_CHECKED sg_result di_sd_verifier_labels(const struct di_sd_base *base,
    const struct sjson *selection, const sg_bytes **ret, size_t *ret_n);
/* The verifier: statements of a disclosed document, labelled by the proof. SG_E_PROOF_VALUE when the labels do not fit. */
SG_CHECKED sg_result di_sd_disclosed(
    const struct di_job *job, const struct di_sd_value *value, struct di_sd_statements *ret);
/* SHA-256 over those marked. SG_E_NO_MEMORY. */
SG_CHECKED sg_result di_sd_hash_marked(struct sg_arena *arena,
    const struct di_sd_statements *statements, const bool *marked, uint8_t ret[SG_SHA256_LEN]);

/* ---- the suite's row -------------------------------------------------------------------------------------- */

SG_CHECKED sg_result di_sd_prepare(const struct di_job *job, const struct di_selective *selective,
    struct di_hashes *ret, const void **ret_extra);
SG_CHECKED sg_result di_sd_finish(
    struct sg_arena *arena, const struct di_parts *parts, sg_bytes signature, sg_str *ret_value);
SG_CHECKED sg_result di_sd_verify(const struct di_job *job, const struct di_expect *expect,
    const struct jwk_key *key, sg_str value);

#endif
