/* Pieces of canonical N-Quads. Not for other folders. */
#ifndef RDF_PUT_H
#define RDF_PUT_H

#include "rdf.h"

/* A term as it stands in a canonical quad; nothing for RDF_NONE. */
void rdf_put_term(struct sg_buf *buf, const struct rdf_term *term);

#endif
