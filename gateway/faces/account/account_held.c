/* Credentials in our care (PRO-3): a wallet, or the person's own pages, bring and fetch them. req: PRO-3, SIG-6, EV-4 */
#include "account_inner.h"
#include "flow_contexts.h"
#include "sg_text.h"

static const struct jsonld_contexts *
contexts_of(const struct http_request *req)
{
    return flow_contexts(face_app(req)->flow)->set;
}

static void
write_kept(struct sjson_wr *wr, const struct flow_kept *kept)
{
    sjson_wr_member_text(wr, "id", sg_str_of(kept->id, sizeof(kept->id)));
    sjson_wr_member_text(wr, "format", kept->format);
    if (kept->configuration.n > 0) {
        sjson_wr_member_text(wr, "configuration", kept->configuration);
    }
    if (kept->name.n > 0) {
        sjson_wr_member_text(wr, "name", kept->name);
    }
    if (kept->type.n > 0) {
        sjson_wr_member_text(wr, "type", kept->type);
    }
    if (kept->issuer.n > 0) {
        sjson_wr_member_text(wr, "issuer", kept->issuer);
    }
    sjson_wr_member_b64url(wr, "key", SG_BYTES(kept->key));
    sjson_wr_member_int(wr, "added_at", kept->added_at);
}

void
account_credentials(struct http_request *req)
{
    struct face_person person;
    const struct flow_kept *list;
    size_t n;
    if (!account_person(req, ACCOUNT_ANY, &person)) {
        return;
    }
    sg_result r =
        flow_kept_list(face_app(req)->persons, req->arena, contexts_of(req), person.id, &list, &n);
    if (r.code == SG_E_NOT_FOUND) { /* nothing was ever given to us */
        n = 0;
        r = SG_DONE;
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    sjson_wr_name(&answer.wr, SG_LIT("credentials"));
    sjson_wr_array(&answer.wr);
    for (size_t i = 0; i < n; i++) {
        sjson_wr_object(&answer.wr);
        write_kept(&answer.wr, &list[i]);
        sjson_wr_object_end(&answer.wr);
    }
    sjson_wr_array_end(&answer.wr);
    account_answer_end(req, &answer, 200);
}

void
account_credential(struct http_request *req)
{
    struct face_person person;
    struct flow_kept kept;
    if (!account_person(req, ACCOUNT_ANY, &person)) {
        return;
    }
    sg_result r = flow_kept_get(
        face_app(req)->persons, req->arena, contexts_of(req), person.id, req->params[0], &kept);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    write_kept(&answer.wr, &kept);
    if (kept.credential.n > 0 && kept.credential.p[0] == '{') {
        sjson_wr_member_raw(
            &answer.wr, "credential", kept.credential); /* was parsed when it came */
    } else {
        sjson_wr_member_text(&answer.wr, "credential", kept.credential);
    }
    account_answer_end(req, &answer, 200);
}

/* ---- a new one ----------------------------------------------------------------------------------------------------- */

struct adding {
    sg_str format, configuration, credential;
    sg_bytes *keys; /* the person's active ones, page by page */
    size_t n_keys;
};

static void
add_answer(struct account_step *step)
{
    struct http_request *req = step->req;
    struct adding *a = step->more;
    struct sg_why why = { 0 };
    struct flow_kept kept;
    sg_result r = flow_kept_add(face_app(req)->persons, req->arena, contexts_of(req),
        step->person.id, a->keys, a->n_keys, a->format, a->configuration, a->credential, face_now(),
        &why, &kept);
    if (!sg_ok(r)) {
        face_problem(req, r, why.what);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    write_kept(&answer.wr, &kept);
    account_answer_end(req, &answer, 201);
}

static void
info_came(void *context, sg_result result, const struct wire_person_info_reply *info)
{
    account_go_on(context, result, info);
}

static sg_result
keys_take(struct http_request *req, struct adding *a, const struct wire_person_info_reply *info)
{
    sg_bytes *all = SG_NEW_ARRAY(req->arena, a->n_keys + info->n_keys, sg_bytes);
    SG_REQUIRE(all != NULL, NO_MEMORY);
    for (size_t i = 0; i < a->n_keys; i++) {
        all[i] = a->keys[i];
    }
    a->keys = all;
    for (size_t i = 0; i < info->n_keys; i++) {
        if (info->keys[i].state == WIRE_KEY_ACTIVE) {
            a->keys[a->n_keys++] = info->keys[i].key;
        }
    }
    return SG_DONE;
}

/* Bound to which of the person's keys? There may be pages of them. */
static void
add_keys(struct account_step *step)
{
    struct http_request *req = step->req;
    struct adding *a = step->more;
    const struct wire_person_info_reply *info = step->reply;
    if (!account_alive(step)) {
        return;
    }
    sg_result r = keys_take(req, a, info);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    if (info->more && info->n_keys > 0) {
        const struct wire_person_info by = { .person = SG_BYTES(step->person.id),
            .after = info->keys[info->n_keys - 1].key };
        flow_person_info(face_app(req)->persons, req->arena, &by, info_came, step);
        return;
    }
    add_answer(step);
}

static sg_result
add_parse(struct http_request *req, struct adding *ret)
{
    static const char *const names[] = { "format", "configuration", "credential", NULL };
    const struct sjson *json;
    SG_TRY(account_body(req, names, &json));
    SG_TRY(account_text(json, "format", &ret->format));
    SG_TRY(account_text(json, "configuration", &ret->configuration));
    const struct sjson *credential = sjson_get(json, "credential");
    SG_REQUIRE(credential != NULL, MISSING);
    SG_REQUIRE(credential->type == SJSON_STRING || credential->type == SJSON_OBJECT, TYPE);
    ret->credential = credential->type == SJSON_STRING ? credential->text : credential->source;
    SG_REQUIRE(ret->credential.n > 0, VALUE);
    return SG_DONE;
}

void
account_credential_add(struct http_request *req)
{
    struct account_step *step = account_begin(req, ACCOUNT_ANY, add_keys);
    if (step == NULL) {
        return;
    }
    struct adding *a = SG_NEW(req->arena, struct adding);
    sg_result r = a == NULL ? SG_ERROR(NO_MEMORY) : add_parse(req, a);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    step->more = a;
    const struct wire_person_info by = { .person = SG_BYTES(step->person.id) };
    flow_person_info(face_app(req)->persons, req->arena, &by, info_came, step);
}

void
account_credential_remove(struct http_request *req)
{
    struct face_person person;
    if (!account_person(req, ACCOUNT_ANY, &person)) {
        return;
    }
    sg_result r = flow_kept_remove(face_app(req)->persons, person.id, req->params[0]);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    account_answer_end(req, &answer, 200);
}
