/*
 * A reader's ephemeral private key (ISO/IEC 18013-5 9.1.3.5), for one check of a deviceMac: in a page of its own that is neither swapped out nor dumped, wiped when
 * it is given back. req: NET-3
 */
#ifndef CLI_SCALAR_H
#define CLI_SCALAR_H

#include "cli_file.h"

#define CLI_SCALAR_LEN 32

struct cli_scalar; /* one page */

/*
 * A file with a private JWK of P-256: kty, crv, d; what else is in there does not matter. SG_E_NOT_FOUND, SG_E_POLICY (not readable, or the page could not be
 * locked), SG_E_TOO_LARGE, SG_E_KEY_INVALID, and what sjson_parse refuses. Its text is never outside of the page.
 */
SG_CHECKED sg_result cli_scalar_read(
    struct sg_arena *arena, const char *path, struct cli_scalar **ret);
const uint8_t *cli_scalar_bytes(const struct cli_scalar *scalar); /* CLI_SCALAR_LEN */
void cli_scalar_free(struct cli_scalar **scalar);                 /* NULL inside accepted */

#endif
