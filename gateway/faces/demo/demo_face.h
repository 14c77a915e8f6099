/*
 * The demonstration's other sides: a company that issues badges to whoever is signed in, and a verifier at a door. Only in a test environment with demo
 * keys; elsewhere every row here is 404. Route rows for serve. req: OPS-1
 */
#ifndef DEMO_FACE_H
#define DEMO_FACE_H

#include "face_page.h"

extern const struct http_route demo_routes[];
extern const size_t n_demo_routes;

/* The page that tells the story, as a function; faces/person answers with it, since it depends on who reads. */
void demo_story_render(struct face_html *html, bool signed_in, size_t n_badges);

#endif
