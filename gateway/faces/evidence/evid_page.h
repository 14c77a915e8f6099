/* The evidence page: what a relying party sees in a browser (req: EV-2). */
#ifndef EVID_PAGE_H
#define EVID_PAGE_H

#include "evid_verify.h"
#include "face_page.h"

struct evid_page {
    sg_str hash;      /* hex; empty: nothing was asked yet */
    sg_result r;      /* of the look-up: OK, PENDING, NOT_FOUND */
    sg_str bundle;    /* JSON, as programs get it; with OK */
    bool with_object; /* the asker showed the object itself */
};
/* Reads the bundle again and runs the offline checks over it, so that a page never says more than a verifier would find. Pure. */
void evid_page_render(struct face_html *html, const struct evid_page *page);

#endif
