/* Pieces of canonical N-Quads. Not for other folders. */
#ifndef RDF_PUT_H
#define RDF_PUT_H

#include "rdf.h"

/* A lexical form with its escapes, without quotes. */
void rdf_put_escaped(struct sg_buf *buf, sg_str text);

#endif
