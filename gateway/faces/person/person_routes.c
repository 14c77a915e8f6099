#include "person_face.h"
#include "person_inner.h"

#define PAGE(path, handler, name, summary)                        \
    {                                                             \
        HTTP_GET, path, handler, 0, "", 0, name, summary, "pages" \
    }
#define ASSET(path, name)                                                                        \
    {                                                                                            \
        HTTP_GET, path, face_page_asset, 0, "", HTTP_PRIVATE, name, "File of the pages", "pages" \
    }

const struct http_route person_routes[] = {
    PAGE("/enrol/{link}", person_enrol, "person_enrol", "Page: enrolment with link and code"),
    PAGE("/login", person_login, "person_login", "Page: login with a passkey"),
    PAGE("/account", person_account, "person_account",
        "Page: passkeys, keys, credentials and every use of them"),
    PAGE("/account/agreed/{seq}", person_agreed, "person_agreed",
        "Page: what was read and agreed to, word for word"),
    PAGE("/consent/{id}", person_consent, "person_consent",
        "Page: read, and approve or refuse with a passkey"),
    { HTTP_GET, "/demo", person_story, 0, "", HTTP_PRIVATE, "demo_story",
        "Page: the whole story, to be played", "pages" },
    ASSET("/page.js", "page_script"),
    ASSET("/mark.svg", "page_mark"),
};
const size_t n_person_routes = sizeof(person_routes) / sizeof(person_routes[0]);
