/* Pages for people (AU-2, AU-3, AU-4, AU-6): route rows of this face, for serve. */
#ifndef PERSON_FACE_H
#define PERSON_FACE_H

#include "face.h"

extern const struct http_route person_routes[];
extern const size_t n_person_routes;

#endif
