/* What a state directory knows for verifying without a network: contexts beside those built in (contexts/index.json), schemas (schemas/index.json), the issuer's DID document. */
#ifndef CLI_CONTEXTS_H
#define CLI_CONTEXTS_H

#include "cid.h"
#include "cli.h"
#include "jsonld.h"

/* Documents that `folder` ("contexts", "schemas") pins. None where it has no index. Each file must have the digest that the index pins. Prints; CLI_DONE or CLI_FAILED. */
int cli_pinned_read(const struct cli *cli, const char *folder, struct jsonld_document *ret,
    size_t max, size_t *ret_n);
/* Those of "contexts". */
int cli_contexts_read(
    const struct cli *cli, struct jsonld_document *ret, size_t max, size_t *ret_n);
/* trust/did.json, as `init` left it. False when there is none. */
bool cli_own_document(const struct cli *cli, struct cid_document *ret);

#endif
