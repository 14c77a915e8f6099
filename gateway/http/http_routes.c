#include "http_routes.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const method_names[HTTP_METHODS] = {
    [HTTP_GET] = "GET",
    [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",
    [HTTP_DELETE] = "DELETE",
    [HTTP_HEAD] = "HEAD",
    [HTTP_OPTIONS] = "OPTIONS",
};

const char *
http_method_name(enum http_method method)
{
    return method_names[method];
}

bool
http_method_parse(const char *text, enum http_method *ret)
{
    for (size_t i = 0; i < HTTP_METHODS; i++) {
        if (strcmp(text, method_names[i]) == 0) {
            *ret = (enum http_method)i;
            return true;
        }
    }
    return false;
}

/* The next segment of a path, without its slash; false at the end. */
static bool
next_segment(sg_str path, size_t *at, sg_str *ret)
{
    if (*at >= path.n || path.p[*at] != '/') {
        return false;
    }
    size_t end = sg_str_index(path, '/', *at + 1);
    *ret = sg_str_slice(path, *at + 1, end - *at - 1);
    *at = end;
    return true;
}

static bool
is_param(sg_str segment)
{
    return segment.n >= 3 && segment.p[0] == '{' && segment.p[segment.n - 1] == '}';
}

static bool
is_rest(sg_str segment)
{
    return is_param(segment) && segment.n >= 6 && memcmp(segment.p + segment.n - 4, "...}", 4) == 0;
}

static sg_result
measure(struct http_path *path)
{
    size_t at = 0;
    sg_str pattern = sg_cstr(path->pattern);
    SG_REQUIRE(pattern.n > 0 && pattern.p[0] == '/', VALUE);
    for (sg_str segment; next_segment(pattern, &at, &segment);) {
        SG_REQUIRE(!path->rest, VALUE); /* {name...} comes last */
        path->n_segments++;
        path->n_params += is_param(segment) ? 1 : 0;
        path->rest = is_rest(segment);
        bool braces = memchr(segment.p, '{', segment.n) != NULL;
        SG_REQUIRE(segment.n == 0 || braces == is_param(segment), VALUE);
    }
    SG_REQUIRE(path->n_params <= HTTP_PARAMS_MAX && path->n_segments <= HTTP_SEGMENTS_MAX, VALUE);
    return SG_DONE;
}

static struct http_path *
same_pattern(struct http_routes *routes, const char *pattern)
{
    for (size_t i = 0; i < routes->n_paths; i++) {
        if (strcmp(routes->paths[i].pattern, pattern) == 0) {
            return &routes->paths[i];
        }
    }
    return NULL;
}

static sg_result
add_row(struct http_routes *routes, const struct http_route *row)
{
    SG_REQUIRE(row->handler != NULL && row->name != NULL, VALUE);
    SG_REQUIRE(row->max_body <= HTTP_BODY_MAX, VALUE);
    SG_REQUIRE(row->method != HTTP_HEAD && row->method != HTTP_OPTIONS, VALUE);
    struct http_path *path = same_pattern(routes, row->path);
    if (path == NULL) {
        SG_REQUIRE(routes->n_paths < HTTP_ROUTES_MAX, FULL);
        path = &routes->paths[routes->n_paths];
        *path = (struct http_path){ .pattern = row->path };
        SG_TRY(measure(path));
        routes->n_paths++;
    }
    SG_REQUIRE(path->by_method[row->method] == NULL, CONFLICT);
    path->by_method[row->method] = row;
    path->cors = path->cors || (row->flags & HTTP_CORS) != 0;
    return SG_DONE;
}

/* Literal paths before patterns; patterns with fewer parameters, and without a rest, first. */
static int
by_rank(const void *a, const void *b)
{
    const struct http_path *x = a;
    const struct http_path *y = b;
    if (x->rest != y->rest) {
        return x->rest ? 1 : -1;
    }
    if (x->n_params != y->n_params) {
        return x->n_params < y->n_params ? -1 : 1;
    }
    return strcmp(x->pattern, y->pattern);
}

sg_result
http_routes_build(const struct http_route *const *tables, const size_t *table_rows, size_t n_tables,
    struct http_routes *ret, struct sg_why *why)
{
    struct http_routes routes = { 0 };
    routes.paths = calloc(HTTP_ROUTES_MAX, sizeof(routes.paths[0]));
    SG_REQUIRE(routes.paths != NULL, NO_MEMORY);
    for (size_t t = 0; t < n_tables; t++) {
        for (size_t i = 0; i < table_rows[t]; i++) {
            sg_result r = add_row(&routes, &tables[t][i]);
            if (!sg_ok(r)) {
                sg_why_note(why, "route", i, t);
                http_routes_done(&routes);
                return r;
            }
        }
    }
    qsort(routes.paths, routes.n_paths, sizeof(routes.paths[0]), by_rank);
    while (routes.n_literal < routes.n_paths && routes.paths[routes.n_literal].n_params == 0) {
        routes.n_literal++;
    }
    *ret = routes;
    return SG_DONE;
}

void
http_routes_done(struct http_routes *routes)
{
    free(routes->paths);
    *routes = (struct http_routes){ 0 };
}

static bool
matches(const struct http_path *path, sg_str text, sg_str params[HTTP_PARAMS_MAX])
{
    sg_str pattern = sg_cstr(path->pattern);
    size_t at_pattern = 0;
    size_t at_text = 0;
    size_t n = 0;
    for (sg_str want; next_segment(pattern, &at_pattern, &want);) {
        size_t before = at_text;
        sg_str have;
        if (!next_segment(text, &at_text, &have)) {
            return false;
        }
        if (is_rest(want)) {
            params[n] = sg_str_slice(text, before + 1, text.n - before - 1);
            return params[n].n > 0;
        }
        if (is_param(want)) {
            params[n++] = have;
            if (have.n == 0) {
                return false;
            }
        } else if (!sg_str_equal(want, have)) {
            return false;
        }
    }
    return at_text == text.n;
}

static int
order(sg_str path, const char *literal)
{
    size_t n = strlen(literal);
    int c = memcmp(path.p, literal, path.n < n ? path.n : n);
    return c != 0 ? c : (path.n < n ? -1 : path.n > n ? 1 : 0);
}

const struct http_path *
http_routes_find(const struct http_routes *routes, sg_str path, sg_str params[HTTP_PARAMS_MAX])
{
    size_t low = 0;
    size_t high = routes->n_literal;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = order(path, routes->paths[middle].pattern);
        if (c == 0) {
            return &routes->paths[middle];
        }
        if (c < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    for (size_t i = routes->n_literal; i < routes->n_paths; i++) {
        if (matches(&routes->paths[i], path, params)) {
            return &routes->paths[i];
        }
    }
    return NULL;
}

sg_str
http_local_path(sg_str path, sg_str base)
{
    static const char well_known[] = "/.well-known/";
    if (base.n == 0 || path.n < base.n) {
        return path;
    }
    if (memcmp(path.p, base.p, base.n) == 0 && (path.n == base.n || path.p[base.n] == '/')) {
        sg_str rest = sg_str_slice(path, base.n, path.n);
        if (sg_str_is(rest, "/did.json")) {
            return SG_LIT("/.well-known/did.json");
        }
        return rest.n == 0 ? SG_LIT("/") : rest;
    }
    size_t head = path.n - base.n;
    bool inserted = sg_str_starts(path, well_known) && head >= sizeof(well_known) &&
                    memcmp(path.p + head, base.p, base.n) == 0;
    return inserted ? sg_str_slice(path, 0, head) : path;
}

void
http_path_methods(const struct http_path *path, char *out, size_t room)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < HTTP_METHODS; i++) {
        bool implied = i == HTTP_OPTIONS || (i == HTTP_HEAD && path->by_method[HTTP_GET] != NULL);
        if ((path->by_method[i] == NULL && !implied) || n >= room) {
            continue;
        }
        n += (size_t)snprintf(out + n, room - n, "%s%s", n == 0 ? "" : ", ", method_names[i]);
    }
}
