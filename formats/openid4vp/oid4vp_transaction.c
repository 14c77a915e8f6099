/* transaction_data and verifier_info. spec: OpenID4VP 1.0, 5.1, 5.11, 8.4, B.3.3. req: PRO-3 */
#include "oid4vp_int.h"

#include "sg_text.h"

sg_result
vp_queries_of(struct vp_run *run, const struct sjson *ids, const size_t **ret, size_t *ret_n)
{
    const struct dcql_query *dcql = &run->request.dcql;
    SG_REQUIRE(ids->type == SJSON_ARRAY, TYPE);
    SG_REQUIRE(ids->n > 0, VALUE);
    SG_REQUIRE(ids->n <= DCQL_CREDENTIALS_MAX, TOO_MANY);
    size_t *queries = SG_NEW_ARRAY(run->arena, ids->n, size_t);
    SG_REQUIRE(queries != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = ids->first; e != NULL; e = e->next, n++) {
        size_t at = 0;
        SG_REQUIRE(e->type == SJSON_STRING, TYPE);
        while (at < dcql->n && !sg_str_equal(dcql->credentials[at].id, e->text)) {
            at++;
        }
        SG_REQUIRE(at < dcql->n, NOT_FOUND);
        queries[n] = at;
    }
    *ret = queries;
    *ret_n = n;
    return SG_DONE;
}

/* ---- transaction_data ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum sg_hash_alg alg;
} hashes[] = { { "sha-256", SG_SHA256 }, { "sha-384", SG_SHA384 }, { "sha-512", SG_SHA512 } };
#define N_HASHES (sizeof(hashes) / sizeof(hashes[0]))
#define ALL_HASHES ((1U << N_HASHES) - 1)

/* Members that every type has. */
static bool
is_common(sg_str name)
{
    return sg_str_is(name, "type") || sg_str_is(name, "credential_ids") ||
           sg_str_is(name, "transaction_data_hashes_alg");
}

static bool
has_kind(const struct sjson *v, enum oid4vp_member_kind kind)
{
    switch (kind) {
    case OID4VP_TEXT:
        return v->type == SJSON_STRING && v->text.n > 0;
    case OID4VP_NUMBER:
        return v->type == SJSON_NUMBER;
    case OID4VP_BOOL:
        return v->type == SJSON_TRUE || v->type == SJSON_FALSE;
    case OID4VP_OBJECT:
        return v->type == SJSON_OBJECT;
    case OID4VP_ARRAY:
        return v->type == SJSON_ARRAY;
    }
    return false;
}

static const struct oid4vp_transaction_type *
type_of(const struct vp_run *run, sg_str name)
{
    for (size_t i = 0; i < run->trust->n_transactions; i++) {
        if (sg_str_is(name, run->trust->transactions[i].type)) {
            return &run->trust->transactions[i];
        }
    }
    return NULL;
}

/* 8.4: an unknown member, a wrong type, a missing member, each is an error: the person would approve what nobody showed. */
static sg_result
check_members(
    struct vp_run *run, const struct sjson *object, const struct oid4vp_transaction_type *type)
{
    for (const struct sjson *m = object->first; m != NULL; m = m->next) {
        bool known = is_common(m->name);
        for (size_t i = 0; i < type->n_members && !known; i++) {
            known = sg_str_is(m->name, type->members[i].name);
            VP_WANT(run, !known || has_kind(m, type->members[i].kind),
                "a member of transaction_data has the wrong type", TYPE);
        }
        VP_WANT(run, known, "a member of transaction_data is not known", VALUE);
    }
    for (size_t i = 0; i < type->n_members; i++) {
        VP_WANT(run, !type->members[i].required || sjson_get(object, type->members[i].name) != NULL,
            "a member of transaction_data is missing", MISSING);
    }
    return SG_DONE;
}

/* Which hashes the element permits, as bits; absent is sha-256 (B.3.3.1). */
static sg_result
read_hashes(struct vp_run *run, const struct sjson *object, unsigned *ret)
{
    const struct sjson *list = sjson_get(object, "transaction_data_hashes_alg");
    *ret = 1;
    if (list == NULL) {
        return SG_DONE;
    }
    VP_WANT(run, list->type == SJSON_ARRAY && list->n > 0, "transaction_data_hashes_alg", TYPE);
    *ret = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next) {
        VP_WANT(run, e->type == SJSON_STRING, "transaction_data_hashes_alg", TYPE);
        for (size_t i = 0; i < N_HASHES; i++) {
            *ret |= sg_str_is(e->text, hashes[i].name) ? 1U << i : 0;
        }
    }
    run->request.transaction_hash_named = true;
    return SG_DONE;
}

/*
 * The queries that it names: with holder binding (or nothing would sign it), and of a format for which 1.0 says how: an SD-JWT's KB-JWT, or an mdoc's
 * device-signed element.
 */
static sg_result
check_queries(struct vp_run *run, const struct oid4vp_transaction *t)
{
    for (size_t i = 0; i < t->n_queries; i++) {
        const struct dcql_credential_query *q = &run->request.dcql.credentials[t->queries[i]];
        VP_WANT(run, q->holder_binding, "transaction_data for a credential without holder binding",
            VALUE);
        VP_WANT(run, q->format == DCQL_DC_SD_JWT || q->format == DCQL_MSO_MDOC,
            "transaction_data for a format that has none", UNSUPPORTED);
    }
    return SG_DONE;
}

static sg_result
read_transaction(
    struct vp_run *run, const struct sjson *element, struct oid4vp_transaction *t, unsigned *ret)
{
    sg_bytes json;
    const struct sjson *ids;
    VP_WANT(run, element->type == SJSON_STRING, "transaction_data", TYPE);
    VP_WANT(run, element->text.n <= OID4VP_TRANSACTION_MAX, "transaction_data", TOO_LARGE);
    t->encoded = element->text;
    VP_TRY(run, "transaction_data", sg_b64url_decode(run->arena, t->encoded, &json));
    VP_TRY(run, "transaction_data",
        sjson_parse_object(run->arena, sg_bytes_str(json), NULL, &t->object));
    VP_TRY(run, "transaction_data", vp_depth_check(t->object));
    VP_TRY(run, "type of transaction_data", sjson_member_text(t->object, "type", &t->type));
    const struct oid4vp_transaction_type *type = type_of(run, t->type);
    VP_WANT(run, type != NULL, "the type of transaction_data is not known", UNSUPPORTED);
    SG_TRY(check_members(run, t->object, type));
    VP_TRY(run, "credential_ids of transaction_data",
        sjson_member_array(t->object, "credential_ids", &ids));
    VP_TRY(run, "credential_ids of transaction_data",
        vp_queries_of(run, ids, &t->queries, &t->n_queries));
    SG_TRY(check_queries(run, t));
    return read_hashes(run, t->object, ret);
}

static sg_result
read_transactions(struct vp_run *run, const struct sjson *list)
{
    unsigned common = ALL_HASHES;
    VP_WANT(run, list->type == SJSON_ARRAY && list->n > 0, "transaction_data", TYPE);
    VP_WANT(run, list->n <= OID4VP_TRANSACTIONS_MAX, "transaction_data", TOO_MANY);
    struct oid4vp_transaction *all = SG_NEW_ARRAY(run->arena, list->n, struct oid4vp_transaction);
    SG_REQUIRE(all != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next, n++) {
        unsigned bits = 0;
        SG_TRY(read_transaction(run, e, &all[n], &bits));
        common &= bits;
    }
    VP_WANT(run, common != 0, "no hash that all transaction_data permit", ALGORITHM);
    size_t first = 0;
    while ((common & 1U << first) == 0) {
        first++;
    }
    run->request.transaction_hash = hashes[first].alg;
    run->request.transactions = all;
    run->request.n_transactions = n;
    return SG_DONE;
}

sg_result
vp_transactions_read(struct vp_run *run)
{
    const struct sjson *list = sjson_get(run->parameters, "transaction_data");
    run->request.transaction_hash = SG_SHA256;
    if (list == NULL) {
        return SG_DONE;
    }
    sg_result r = read_transactions(run, list);
    if (!sg_ok(r)) {
        run->failure->error = OID4VP_INVALID_TRANSACTION_DATA;
    }
    return r;
}

/* B.3.3.1: the hash is over the text as it came, not over what it decodes to. */
void
oid4vp_transaction_hash(const struct oid4vp_request *request,
    const struct oid4vp_transaction *transaction, uint8_t ret[SG_HASH_MAX])
{
    sg_hash(request->transaction_hash, sg_str_bytes(transaction->encoded), ret);
}

/* ---- verifier_info --------------------------------------------------------------------------------------------------- */

static sg_result
read_info(struct vp_run *run, const struct sjson *element, struct oid4vp_info *info)
{
    VP_WANT(run, element->type == SJSON_OBJECT, "verifier_info", TYPE);
    VP_TRY(run, "format of verifier_info", sjson_member_text(element, "format", &info->format));
    info->data = sjson_get(element, "data");
    VP_WANT(run, info->data != NULL, "data of verifier_info", MISSING);
    VP_WANT(run, info->data->type == SJSON_STRING || info->data->type == SJSON_OBJECT,
        "data of verifier_info", TYPE);
    const struct sjson *ids = sjson_get(element, "credential_ids");
    if (ids != NULL) {
        VP_TRY(run, "credential_ids of verifier_info",
            vp_queries_of(run, ids, &info->queries, &info->n_queries));
    }
    return SG_DONE;
}

sg_result
vp_infos_read(struct vp_run *run)
{
    const struct sjson *list = sjson_get(run->parameters, "verifier_info");
    if (list == NULL) {
        return SG_DONE;
    }
    VP_WANT(run, list->type == SJSON_ARRAY && list->n > 0, "verifier_info", TYPE);
    VP_WANT(run, list->n <= OID4VP_INFO_MAX, "verifier_info", TOO_MANY);
    struct oid4vp_info *infos = SG_NEW_ARRAY(run->arena, list->n, struct oid4vp_info);
    SG_REQUIRE(infos != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = list->first; e != NULL; e = e->next, n++) {
        SG_TRY(read_info(run, e, &infos[n]));
    }
    run->request.infos = infos;
    run->request.n_infos = n;
    return SG_DONE;
}
