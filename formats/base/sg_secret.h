/* Secrets: wiping that the optimiser keeps, comparison in constant time (REQUIREMENTS NET-3). */
#ifndef SG_SECRET_H
#define SG_SECRET_H

#include "sg_bytes.h"

/* Overwrite n bytes with zeros. p may be NULL when n is 0. */
void sg_wipe(void *p, size_t n);

/* Equal length and content, in time that depends on the length alone. */
bool sg_secret_equal(sg_bytes a, sg_bytes b);

#endif
