/*
 * SD-JWT (RFC 9901): building an issuer's payload with disclosures, taking an SD-JWT(+KB) apart, processing it to the
 * payload a verifier sees, key binding. Pure: salts, decoys and shuffling come from a stream of random bytes in the arguments.
 */
#ifndef SDJWT_H
#define SDJWT_H

#include "jws.h"

#define SDJWT_MAX ((size_t)1024 * 1024)
#define SDJWT_DISCLOSURES_MAX 1000
#define SDJWT_DEPTH_MAX 32
#define SDJWT_SALT_LEN 16 /* RFC 9901 9.3: 128 bits */
#define SDJWT_DECOYS_MAX 64

/* One selectively disclosable place: a path of names and array positions; "all elements" as in a claims path pointer (null). */
enum sdjwt_step_kind { SDJWT_STEP_NAME, SDJWT_STEP_INDEX, SDJWT_STEP_ALL };
struct sdjwt_step {
    enum sdjwt_step_kind kind;
    sg_str name;
    size_t index;
};
struct sdjwt_path {
    const struct sdjwt_step *steps;
    size_t n;
};

/* Random bytes used up in order; running out fails with SG_E_INTERNAL, never repeats a byte. */
struct sdjwt_random {
    sg_bytes bytes;
    size_t used;
};

struct sdjwt_build {
    const struct sjson *claims; /* what the subject's claims are, without iss, cnf ... */
    /* JSON text of members to put in front, without braces: "iss":...,"vct":...,"cnf":{...}; never selectively disclosable */
    sg_str plain_members;
    const struct sdjwt_path *
        sd; /* which claims are disclosable; inner ones of a disclosable one make recursive disclosures */
    size_t n_sd;
    size_t
        decoys_per_object; /* added to each object that has an _sd array; at most SDJWT_DECOYS_MAX */
    enum sg_hash_alg hash; /* _sd_alg */
    size_t
        decoys_per_array; /* added to each array with disclosable elements, at random places; likewise */
    bool skip_absent; /* a path that the claims do not have is passed over instead of refused */
};

struct sdjwt_built {
    sg_bytes payload;          /* JSON of the issuer-signed JWT */
    const sg_str *disclosures; /* base64url texts, ready to append */
    size_t n_disclosures;
};

/* How many random bytes sdjwt_build needs at most for this input. */
SG_CHECKED sg_result sdjwt_random_need(const struct sdjwt_build *build, size_t *ret);
/*
 * Build, in one walk over the claims. Values keep their own text. Inner disclosures stand before the one that holds their digests. Each _sd
 * array is sorted, which says nothing about the claims' order (RFC 9901 4.2.4.1). Without any digest there is neither _sd nor _sd_alg.
 * SG_E_CLAIMS when a path does not exist in the claims, a claim at any depth is named "_sd", "_sd_alg" or "...", or one repeats a plain
 * member; SG_E_TOO_LARGE (more than SDJWT_DISCLOSURES_MAX, more decoys than allowed); SG_E_DEPTH; SG_E_INTERNAL (random bytes used up).
 */
SG_CHECKED sg_result sdjwt_build(struct sg_arena *arena, const struct sdjwt_build *build,
    struct sdjwt_random *random, struct sdjwt_built *ret);
/* <jwt>~<d1>~...~<dn>~ */
SG_CHECKED sg_result sdjwt_join(
    struct sg_arena *arena, sg_str jwt, const sg_str *disclosures, size_t n, sg_str *ret);

/* One disclosure taken apart. */
struct sdjwt_disclosure {
    sg_str encoded;
    const struct sjson *array; /* [salt, name, value] or [salt, value] */
    sg_str salt;
    sg_str name; /* meaningful for object members only */
    bool is_element;
    const struct sjson *value;
    uint8_t digest[SG_HASH_MAX];
};

/* An SD-JWT or SD-JWT+KB taken apart; nothing verified. */
struct sdjwt {
    struct jws jwt;
    const struct sjson *payload;
    enum sg_hash_alg hash;
    struct sdjwt_disclosure *disclosures;
    size_t n_disclosures;
    sg_str presented; /* everything up to and including the last tilde: what sd_hash covers */
    bool has_kb;
    struct jws kb; /* if has_kb */
};
/*
 * Compact form; strict. SG_E_MALFORMED (no tilde, empty disclosure ...), SG_E_DISCLOSURE (not [salt, name, value] or [salt, value], a name
 * "_sd", "_sd_alg" or "..."), SG_E_ALGORITHM (_sd_alg or alg), SG_E_TOO_LARGE, and what the JSON and JWS parsers refuse.
 */
SG_CHECKED sg_result sdjwt_parse(struct sg_arena *arena, sg_str text, struct sdjwt *ret);
/* What was just built, as if parsed, before there is a signature: `jwt` and `presented` stay empty. For checks before signing. */
SG_CHECKED sg_result sdjwt_of_built(
    struct sg_arena *arena, const struct sdjwt_built *built, struct sdjwt *ret);
/*
 * JSON serialisation (RFC 9901 8), flattened or general, to the same struct. Of several signatures the first one is taken, which carries
 * disclosures and kb_jwt; another that carries them is refused. SG_E_MALFORMED, and as sdjwt_parse.
 */
SG_CHECKED sg_result sdjwt_parse_json(
    struct sg_arena *arena, const struct sjson *json, struct sdjwt *ret);

/*
 * RFC 9901 7.1 step 3 on: put disclosures in place, drop the rest, refuse duplicates, unreferenced disclosures, wrong shapes,
 * overridden names, nested _sd_alg. `ret` is the processed payload. SG_E_DISCLOSURE, SG_E_DUPLICATE, SG_E_DEPTH.
 */
SG_CHECKED sg_result sdjwt_process(
    struct sg_arena *arena, const struct sdjwt *sd, const struct sjson **ret);

/* What a verifier expects of key binding. */
struct sdjwt_kb_expect {
    sg_str aud;
    sg_str nonce;
    int64_t now;
    int64_t max_age_s; /* iat window */
    int64_t leeway_s;
};
/*
 * Check the KB-JWT with cnf.jwk of the *issuer-signed* payload: typ, alg, signature, iat window, aud (string), nonce, sd_hash. SG_E_PROOF for
 * all of them, also when there is no KB-JWT or no key: whether binding is needed is decided before, by policy (RFC 9901 7.3).
 */
SG_CHECKED sg_result sdjwt_kb_verify(
    struct sg_arena *arena, const struct sdjwt *sd, const struct sdjwt_kb_expect *expect);
/* Payload of a KB-JWT for a chosen presentation text (ending with ~). Used by tests and, later, by the holder's side. */
SG_CHECKED sg_result sdjwt_kb_payload(struct sg_arena *arena, sg_str presented,
    enum sg_hash_alg hash, sg_str aud, sg_str nonce, int64_t iat, sg_bytes *ret);
/* Keep the disclosures whose index is chosen (and check each is reachable): a presentation. SG_E_DISCLOSURE. */
SG_CHECKED sg_result sdjwt_select(
    struct sg_arena *arena, const struct sdjwt *sd, const size_t *chosen, size_t n, sg_str *ret);

/* "sha-256" ...; the names of the IANA registry that are allowed in _sd_alg. SG_E_ALGORITHM. */
const char *sdjwt_hash_name(enum sg_hash_alg alg);
SG_CHECKED sg_result sdjwt_hash_by_name(sg_str name, enum sg_hash_alg *ret);

#endif
