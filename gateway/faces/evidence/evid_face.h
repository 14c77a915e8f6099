/* Route rows of this face, for serve. */
#ifndef EVID_FACE_H
#define EVID_FACE_H

#include "face.h"

extern const struct http_route evid_routes[];
extern const size_t n_evid_routes;

#endif
