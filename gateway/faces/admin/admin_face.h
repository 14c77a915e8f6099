/* Route rows of this face, for serve. */
#ifndef ADMIN_FACE_H
#define ADMIN_FACE_H

#include "face.h"

extern const struct http_route admin_routes[];
extern const size_t n_admin_routes;

#endif
