/* A person's account over JSON (AU-2 to AU-7): route rows of this face, for serve. */
#ifndef ACCOUNT_FACE_H
#define ACCOUNT_FACE_H

#include "face.h"

extern const struct http_route account_routes[];
extern const size_t n_account_routes;

#endif
