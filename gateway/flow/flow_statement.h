/*
 * The key pair that ecdsa-sd-2023 wants for one proof alone (vc-di-ecdsa 3.4.14): it signs statements, never a credential, and is gone when the
 * proof is built. It lives in the gateway's memory on purpose: a token would need a session per statement, and what it protects is
 * protected by the issuer's signature over its public key (docs/threat-model.md).
 */
#ifndef FLOW_STATEMENT_H
#define FLOW_STATEMENT_H

#include "dataint.h"

struct flow_statement;

/* A fresh P-256 key pair. SG_E_INTERNAL, SG_E_NO_MEMORY. Free with flow_statement_free, which wipes it. */
SG_CHECKED sg_result flow_statement_new(struct flow_statement **ret);
void flow_statement_free(struct flow_statement **statement); /* NULL accepted */
/* Valid as long as the key pair. */
struct di_statement_signer flow_statement_signer(struct flow_statement *statement);

#endif
