/* Bitstring list credentials that are secured by Data Integrity: the proof, and whether the rules let its key speak for the list (req: STA-3). */
#ifndef COURIER_PROOF_H
#define COURIER_PROOF_H

#include "jsonld.h"
#include "tsl_trust.h"

/*
 * Every proof of the credential must verify, be made for assertionMethod by a method of the issuer, and one must be by a key that a rule names for
 * this URI. Under an RDF suite members are called by plain names, without contexts in the document (SG_E_CONTEXT). Methods are did:key and did:jwk, which carry their key: nothing is fetched for a list but the list. SG_E_ISSUER, and what di_verify
 * refuses (SG_E_NOT_FOUND: a method that would have to be fetched).
 */
SG_CHECKED sg_result courier_proof_verify(struct sg_arena *arena, const struct sjson *credential,
    sg_str uri, const struct tsl_trust_rule *rules, size_t n_rules, int64_t now,
    const struct jsonld_contexts *contexts);

#endif
