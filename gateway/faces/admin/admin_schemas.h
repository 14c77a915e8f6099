/* JSON Schemas of bodies, by route name, for the OpenAPI document. */
#ifndef ADMIN_SCHEMAS_H
#define ADMIN_SCHEMAS_H

struct admin_schema {
    const char *route;
    const char *request; /* NULL: none or free */
    const char *status;
    const char *produces;
    const char *response; /* NULL: none */
};

/* NULL when a route has no row. */
const struct admin_schema *admin_schema_find(const char *route);

/* Required query parameters of a route, ended by NULL. */
const char *const *admin_query_of(const char *route);

#endif
