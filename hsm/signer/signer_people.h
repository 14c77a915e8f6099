/* Inside hsm/signer: operations and messages about persons, shared by signer_person.c, signer_holder.c and signer_enrol.c. */
#ifndef SIGNER_PEOPLE_H
#define SIGNER_PEOPLE_H

#include "signer.h"
#include "signer_person.h"

/* Append a PERSON_EVENT, inside a transaction; its time is put in. */
SG_CHECKED sg_result signer_person_event(
    struct signer *s, struct wire_person_event *event, uint64_t *ret_seq);

/* A signing passkey came or went: ENROLLING and ACTIVE follow; who is locked or has left stays so. Inside the transaction. */
SG_CHECKED sg_result signer_person_settle(struct signer *s, sg_bytes person, uint64_t seq);

/* Every way a code may be typed gives the same hash: case, spaces and hyphens do not count. */
#define SIGNER_CODE_CHARS 10
void signer_code_hash(
    const uint8_t salt[REG_ENROL_SALT_LEN], sg_bytes link, sg_str code, uint8_t ret[SG_SHA256_LEN]);
void signer_link_hash(sg_bytes link, uint8_t ret[SG_SHA256_LEN]);

/* signer_enrol.c: whatever waits for this person is over. */
void signer_enrol_forget(struct signer *s, sg_bytes person);

#endif
