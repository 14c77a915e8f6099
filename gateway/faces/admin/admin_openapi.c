/* OpenAPI 3.1 from the route rows themselves: what is served is what is described (req: PRO-6). */
#include "admin_inner.h"
#include "admin_schemas.h"

#define DOCUMENT_MAX ((size_t)1024 * 1024)

static const char *const methods[] = { [HTTP_GET] = "get",
    [HTTP_POST] = "post",
    [HTTP_PUT] = "put",
    [HTTP_DELETE] = "delete",
    [HTTP_HEAD] = "head",
    [HTTP_OPTIONS] = "options" };

static void
write_parameter(struct sjson_wr *wr, sg_str name, const char *in)
{
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "name", name);
    sjson_wr_member_cstr(wr, "in", in);
    sjson_wr_member_bool(wr, "required", true);
    sjson_wr_member_raw(wr, "schema", SG_LIT("{\"type\":\"string\"}"));
    sjson_wr_object_end(wr);
}

static void
write_parameters(struct sjson_wr *wr, const char *path, const char *const *query)
{
    sjson_wr_name(wr, SG_LIT("parameters"));
    sjson_wr_array(wr);
    for (const char *p = strchr(path, '{'); p != NULL; p = strchr(p, '{')) {
        const char *end = strchr(p, '}');
        size_t n = (size_t)(end - p - 1);
        n -= n > 3 && memcmp(end - 3, "...", 3) == 0 ? 3 : 0;
        write_parameter(wr, sg_str_of(p + 1, n), "path");
        p = end;
    }
    for (; *query != NULL; query++) {
        write_parameter(wr, sg_cstr(*query), "query");
    }
    sjson_wr_array_end(wr);
}

static void
write_body(struct sjson_wr *wr, const struct http_route *row, const struct admin_schema *schema)
{
    sjson_wr_name(wr, SG_LIT("requestBody"));
    sjson_wr_object(wr);
    sjson_wr_name(wr, SG_LIT("content"));
    sjson_wr_object(wr);
    sg_str types = sg_cstr(row->consumes);
    for (size_t from = 0; from < types.n;) {
        size_t end = sg_str_index(types, ',', from);
        sjson_wr_name(wr, sg_str_slice(types, from, end - from));
        sjson_wr_object(wr);
        sjson_wr_member_raw(wr, "schema",
            schema != NULL && schema->request != NULL ? sg_cstr(schema->request)
                                                      : SG_LIT("{\"type\":\"object\"}"));
        sjson_wr_object_end(wr);
        from = end + 1;
    }
    sjson_wr_object_end(wr);
    sjson_wr_object_end(wr);
}

static void
write_responses(
    struct sjson_wr *wr, const struct http_route *row, const struct admin_schema *schema)
{
    sjson_wr_name(wr, SG_LIT("responses"));
    sjson_wr_object(wr);
    sjson_wr_name(wr, sg_cstr(schema == NULL ? "200" : schema->status));
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "description", row->summary);
    if (schema != NULL && schema->response != NULL) {
        sjson_wr_name(wr, SG_LIT("content"));
        sjson_wr_object(wr);
        sjson_wr_name(wr, sg_cstr(schema->produces));
        sjson_wr_object(wr);
        sjson_wr_member_raw(wr, "schema", sg_cstr(schema->response));
        sjson_wr_object_end(wr);
        sjson_wr_object_end(wr);
    }
    sjson_wr_object_end(wr);
    sjson_wr_member_raw(wr, "default", SG_LIT("{\"description\":\"Refused; the body says why\"}"));
    sjson_wr_object_end(wr);
}

/* A person asks, by a page's session or a wallet's token (face_person.h). */
static bool
for_persons(const char *path)
{
    if (strncmp(path, "/vp/", 4) == 0) {
        return strcmp(path, "/vp/metadata") != 0;
    }
    return strncmp(path, "/account/", 9) == 0 && strncmp(path, "/account/login", 14) != 0 &&
           strncmp(path, "/account/enrol", 14) != 0;
}

static void
write_operation(struct sjson_wr *wr, const struct http_route *row)
{
    const struct admin_schema *schema = admin_schema_find(row->name);
    sjson_wr_name(wr, sg_cstr(methods[row->method]));
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "operationId", row->name);
    sjson_wr_member_cstr(wr, "summary", row->summary);
    sjson_wr_name(wr, SG_LIT("tags"));
    sjson_wr_array(wr);
    sjson_wr_text(wr, sg_cstr(row->tag == NULL ? "other" : row->tag));
    sjson_wr_array_end(wr);
    const char *const *query = admin_query_of(row->name);
    if (strchr(row->path, '{') != NULL || *query != NULL) {
        write_parameters(wr, row->path, query);
    }
    if (row->max_body > 0 && row->consumes != NULL && row->consumes[0] != '\0') {
        write_body(wr, row, schema);
    }
    write_responses(wr, row, schema);
    if (strncmp(row->path, "/v1/", 4) == 0 || strncmp(row->path, "/vc-api/", 8) == 0 ||
        strcmp(row->name, "vci_credential") == 0) {
        sjson_wr_member_raw(wr, "security", SG_LIT("[{\"dpop\":[]}]"));
    } else if (for_persons(row->path)) {
        sjson_wr_member_raw(wr, "security", SG_LIT("[{\"session\":[]},{\"dpop\":[]}]"));
    }
    sjson_wr_object_end(wr);
}

static bool
first_of_path(const struct face_app *app, size_t table, size_t row)
{
    const char *path = app->tables[table][row].path;
    for (size_t t = 0; t <= table; t++) {
        for (size_t r = 0; r < (t == table ? row : app->table_rows[t]); r++) {
            const struct http_route *other = &app->tables[t][r];
            if ((other->flags & HTTP_PRIVATE) == 0 && strcmp(other->path, path) == 0) {
                return false;
            }
        }
    }
    return true;
}

static void
write_path(
    const struct face_app *app, struct sg_arena *arena, struct sjson_wr *wr, const char *path)
{
    sg_str shown = sg_cstr(path);
    struct sg_buf text = sg_buf_new(arena, shown.n, shown.n);
    size_t dots = shown.n > 4 && memcmp(shown.p + shown.n - 4, "...}", 4) == 0 ? 4 : 0;
    sg_buf_put_str(
        &text, sg_str_slice(shown, 0, shown.n - dots)); /* "{rest...}": the name is "rest" */
    sg_buf_put_cstr(&text, dots > 0 ? "}" : "");
    if (!sg_ok(sg_buf_end_str(&text, &shown))) {
        sg_buf_fail(wr->buf, SG_E_NO_MEMORY);
        return;
    }
    sjson_wr_name(wr, shown);
    sjson_wr_object(wr);
    for (size_t t = 0; t < app->n_tables; t++) {
        for (size_t r = 0; r < app->table_rows[t]; r++) {
            const struct http_route *row = &app->tables[t][r];
            if ((row->flags & HTTP_PRIVATE) == 0 && strcmp(row->path, path) == 0) {
                write_operation(wr, row);
            }
        }
    }
    sjson_wr_object_end(wr);
}

static void
write_head(const struct face_app *app, struct sjson_wr *wr)
{
    sjson_wr_member_cstr(wr, "openapi", "3.1.0");
    sjson_wr_name(wr, SG_LIT("info"));
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "title", "sealgate");
    sjson_wr_member_cstr(wr, "version", SEALGATE_VERSION);
    sjson_wr_member_cstr(wr, "description",
        "A signing gateway for Verifiable Credentials. OpenID4VCI endpoints are found through "
        "metadata.");
    sjson_wr_object_end(wr);
    sjson_wr_name(wr, SG_LIT("servers"));
    sjson_wr_array(wr);
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "url", app->base);
    sjson_wr_object_end(wr);
    sjson_wr_array_end(wr);
    sjson_wr_member_raw(wr, "components",
        SG_LIT(
            "{\"securitySchemes\":{\"dpop\":{\"type\":\"http\",\"scheme\":\"dpop\",\"description\":"
            "\"Access token bound to a DPoP key (RFC 9449)\"},\"session\":{\"type\":\"apiKey\","
            "\"in\":\"cookie\",\"name\":\"__Host-sealgate\",\"description\":\"Session of a "
            "person's browser; changes bring X-CSRF-Token as well. On http://localhost its name "
            "is sealgate\"}}}"));
}

void
admin_openapi(struct http_request *req)
{
    const struct face_app *app = face_app(req);
    struct sg_buf buf = sg_buf_new(req->arena, 32768, DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str json;
    sjson_wr_object(&wr);
    write_head(app, &wr);
    sjson_wr_name(&wr, SG_LIT("paths"));
    sjson_wr_object(&wr);
    for (size_t t = 0; t < app->n_tables; t++) {
        for (size_t r = 0; r < app->table_rows[t]; r++) {
            const struct http_route *row = &app->tables[t][r];
            if ((row->flags & HTTP_PRIVATE) == 0 && first_of_path(app, t, r)) {
                write_path(app, req->arena, &wr, row->path);
            }
        }
    }
    sjson_wr_object_end(&wr);
    sjson_wr_object_end(&wr);
    sg_result r = sg_buf_end_str(&buf, &json);
    if (!sg_ok(r)) {
        face_problem(req, r, NULL);
        return;
    }
    face_json(req, 200, json, false);
}
