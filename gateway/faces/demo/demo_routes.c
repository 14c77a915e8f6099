#include "demo_face.h"
#include "demo_inner.h"

#define FORM "application/x-www-form-urlencoded"

const struct http_route demo_routes[] = {
    { HTTP_POST, "/demo/badge", demo_badge, 16384, "application/json", HTTP_PRIVATE, "demo_badge",
        "Demonstration: a badge for a key of the person signed in", "demo" },
    { HTTP_POST, "/demo/verifier", demo_door_open, 4096, "application/json", HTTP_PRIVATE,
        "demo_door_open", "Demonstration: a verifier's request", "demo" },
    { HTTP_POST, "/demo/verifier/{id}", demo_door_post, 512 * 1024, FORM, HTTP_PRIVATE,
        "demo_door_post", "Demonstration: the verifier's response endpoint", "demo" },
    { HTTP_GET, "/demo/verifier/{id}", demo_door_page, 0, "", HTTP_PRIVATE, "demo_door_page",
        "Demonstration: what the verifier received", "demo" },
};
const size_t n_demo_routes = sizeof(demo_routes) / sizeof(demo_routes[0]);
