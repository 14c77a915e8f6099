/* Route rows made ready for look-up. Inside gateway/http. */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

#include "http.h"

#define HTTP_METHODS 6
#define HTTP_ROUTES_MAX 256
#define HTTP_SEGMENTS_MAX 12

/* All rows of one path. */
struct http_path {
    const char *pattern;
    size_t n_segments; /* of the pattern */
    size_t n_params;
    bool rest; /* ends with {name...} */
    const struct http_route *by_method[HTTP_METHODS];
    bool cors;
};

struct http_routes {
    struct http_path *
        paths; /* literal ones first, in strcmp order; then patterns, more literal segments first */
    size_t n_literal;
    size_t n_paths;
};

/* SG_E_CONFLICT: method and path twice. SG_E_VALUE: a pattern that is not understood. SG_E_NO_MEMORY. `why->at`: row. */
SG_CHECKED sg_result http_routes_build(const struct http_route *const *tables,
    const size_t *table_rows, size_t n_tables, struct http_routes *ret, struct sg_why *why);
void http_routes_done(struct http_routes *routes);

/* NULL if no row has this path. */
const struct http_path *http_routes_find(
    const struct http_routes *routes, sg_str path, sg_str params[HTTP_PARAMS_MAX]);

/*
 * The path that rows are written for, of a path as it was sent, when the public URL ends in `base` ("/t", or empty):
 *   /t/oid4vci/token -> /oid4vci/token;  /t -> /
 *   /.well-known/x/t -> /.well-known/x   inserted, not appended (RFC 8414 3.1, OpenID4VCI 1.0 12.2.2, SD-JWT VC 4)
 *   /t/did.json -> /.well-known/did.json (did:web with a path has no .well-known)
 * Any other path stays: a proxy may have taken `base` away already. The result borrows from `path`.
 */
sg_str http_local_path(sg_str path, sg_str base);

/* "GET, POST": for Allow. `room` of at least 64 bytes. */
void http_path_methods(const struct http_path *path, char *out, size_t room);

const char *http_method_name(enum http_method method);
/* False for methods that nobody here understands. */
bool http_method_parse(const char *text, enum http_method *ret);

#endif
