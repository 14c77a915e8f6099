/* Route rows of this face, for serve. */
#ifndef VCI_FACE_H
#define VCI_FACE_H

#include "face.h"

extern const struct http_route vci_routes[];
extern const size_t n_vci_routes;

#endif
