/*
 * JSON-LD 1.1 (W3C REC 16 July 2020): expansion and deserialisation to RDF, for what Verifiable Credentials use and beyond.
 * Pure: contexts come from the set the caller gives, never from a network. What is not mapped is an error unless the caller allows it.
 */
#ifndef JSONLD_H
#define JSONLD_H

#include "rdf.h"
#include "sjson.h"

/*
 * A set of documents that may be named by "@context": the pinned ones plus what configuration added, parsed and processed once.
 * Immutable after making: shared by threads. Heap; free with jsonld_contexts_free.
 */
struct jsonld_contexts;
struct jsonld_document {
    sg_str url;
    sg_str json; /* bytes of the context document */
};
/* The contexts built into the program, plus `extra` (n_extra may be 0; a URL that is pinned already is SG_E_CONFLICT). SG_E_MALFORMED, SG_E_NO_MEMORY. */
SG_CHECKED sg_result jsonld_contexts_new(const struct jsonld_document *extra, size_t n_extra,
    struct sg_why *why, struct jsonld_contexts **ret);
/* Without the built-in ones: for the test suite. */
SG_CHECKED sg_result jsonld_contexts_bare(const struct jsonld_document *documents, size_t n,
    struct sg_why *why, struct jsonld_contexts **ret);
void jsonld_contexts_free(struct jsonld_contexts **contexts);
/*
 * Take an inline context {"@context": {...}} for the one inside, as jsonld.js does and the Recommendation does not (there it redefines a keyword): what that
 * library has signed can then be read. Off until it is called; before the set is shared.
 */
void jsonld_contexts_nested(struct jsonld_contexts *contexts);
bool jsonld_contexts_has(const struct jsonld_contexts *contexts, sg_str url);

/*
 * The digest of the bytes published at `url`, which are not the bytes built in (those are re-formatted): SG_SHA256 or SG_SHA384,
 * sg_hash_len(alg) bytes. SG_E_NOT_FOUND for a context without one, SG_E_ALGORITHM.
 */
SG_CHECKED sg_result jsonld_contexts_digest(
    sg_str url, enum sg_hash_alg alg, uint8_t ret[SG_HASH_MAX]);

enum jsonld_direction { JSONLD_DIRECTION_NONE, JSONLD_I18N_DATATYPE, JSONLD_COMPOUND_LITERAL };

struct jsonld_options {
    const struct jsonld_contexts *contexts;
    sg_str
        base; /* empty: null base, as Data Integrity demands (relative IRIs stay relative, or are refused when safe) */
    bool
        safe; /* DI 2.4.3: undefined terms, types or relative IRIs that would be dropped are SG_E_DATA_LOSS */
    /*
     * For verifiers of signed RDF whose readers read names (jsonld_names.c); of jsonld_contexts_new only. SG_E_CONTEXT where the contexts of the document, which
     * anybody may exchange for others of the set, could mislead: a member of the data model is not called as there; the document's contexts have two names for
     * a thing; another context of the set calls the thing otherwise and something else by its name; a keyword
     * moves statements elsewhere, or says what is no statement (@index).
     */
    bool plain_names;
    bool
        known_contexts; /* with plain_names: the reader knows that these are the contexts, whatever other ones say */
    bool mode_1_0;                      /* processingMode json-ld-1.0 */
    enum jsonld_direction direction;    /* rdfDirection */
    bool generalized;                   /* produceGeneralizedRdf: blank node predicates are kept */
    const struct sjson *expand_context; /* or NULL */
    /*
     * to_rdf only: NULL, or names for blank nodes instead of "b0", "b1" ... `source` is the JSON object of the document that became
     * the node (NULL: none did, as with cells of lists), `label` its label there without "_:", or empty. An empty answer is
     * SG_E_UNSUPPORTED. For documents that are parts of one another, whose nodes shall have one name (ecdsa-sd-2023).
     */
    sg_str (*blank_name)(void *context, const struct sjson *source, sg_str label);
    void *blank_context;
};

/*
 * The names of the specification's error codes ("loading document failed", "invalid term definition" ...) come in why->what; the code is
 * SG_E_JSONLD, SG_E_DATA_LOSS, SG_E_CONTEXT (a context that is not in the set), SG_E_TOO_LARGE, SG_E_NO_MEMORY, SG_E_DEPTH.
 * SG_E_WORK when contexts and values together would take too long. Bounded: nesting, contexts, values, work.
 */
/* Expanded document as JSON text in the arena (for tests and for people). */
SG_CHECKED sg_result jsonld_expand(struct sg_arena *arena, const struct sjson *document,
    const struct jsonld_options *options, struct sg_why *why, sg_str *ret);
/*
 * Blank node labels are "b0", "b1" ... in order of appearance; labels of the document are renamed. The terms borrow from the
 * document and from the set of contexts: both must outlive the dataset. Language tags are in lower case, as the programs write
 * them that most signers use (JSON-LD allows either).
 */
SG_CHECKED sg_result jsonld_to_rdf(struct sg_arena *arena, const struct sjson *document,
    const struct jsonld_options *options, struct sg_why *why, struct rdf_dataset *ret);

#endif
