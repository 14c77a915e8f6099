/* Holder keys, and every use of them (KEY-2, EV-5). */
#include "account_inner.h"
#include "jwk.h"
#include "sg_text.h"
#include "wire_record.h"

#define USES_DEFAULT 50

static void
info_came(void *context, sg_result result, const struct wire_person_info_reply *info)
{
    account_go_on(context, result, info);
}

static const char *
key_state(uint64_t state)
{
    switch (state) {
    case WIRE_KEY_ACTIVE:
        return "active";
    case WIRE_KEY_SUSPENDED:
        return "suspended";
    case WIRE_KEY_REVOKED:
        return "revoked";
    case WIRE_KEY_DESTROYED:
        return "destroyed";
    default:
        return "pending";
    }
}

static void
write_key(struct sjson_wr *wr, struct sg_arena *arena, const struct wire_holder_key *key)
{
    struct jwk jwk;
    sjson_wr_object(wr);
    sjson_wr_member_b64url(wr, "key", key->key);
    sjson_wr_member_cstr(wr, "alg", account_alg_name(key->alg));
    sjson_wr_member_int(wr, "level", (int64_t)key->level);
    sjson_wr_member_cstr(wr, "state", key_state(key->state));
    if (key->created_at > 0) {
        sjson_wr_member_int(wr, "created_at", key->created_at);
    }
    if (sg_ok(jwk_from_spki(arena, key->spki, &jwk))) {
        sjson_wr_name(wr, SG_LIT("jwk"));
        jwk_write(wr, &jwk);
    }
    sjson_wr_object_end(wr);
}

static void
keys_answer(struct account_step *step)
{
    struct http_request *req = step->req;
    const struct wire_person_info_reply *info = step->reply;
    struct account_answer answer;
    if (!account_alive(step)) {
        return;
    }
    account_answer_begin(req, &answer);
    sjson_wr_name(&answer.wr, SG_LIT("keys"));
    sjson_wr_array(&answer.wr);
    for (size_t i = 0; i < info->n_keys; i++) {
        write_key(&answer.wr, req->arena, &info->keys[i]);
    }
    sjson_wr_array_end(&answer.wr);
    sjson_wr_member_int(&answer.wr, "keys_max", (int64_t)info->keys_max);
    if (info->more && info->n_keys > 0) {
        sjson_wr_member_b64url(&answer.wr, "next", info->keys[info->n_keys - 1].key);
    }
    account_answer_end(req, &answer, 200);
}

void
account_keys(struct http_request *req)
{
    struct account_step *step = account_begin(req, ACCOUNT_ANY, keys_answer);
    if (step == NULL) {
        return;
    }
    struct wire_person_info by = { .person = SG_BYTES(step->person.id) };
    sg_str after;
    if (http_query_find(req, "after", &after)) {
        sg_result r = sg_b64url_decode(req->arena, after, &by.after);
        if (!sg_ok(r) || by.after.n != WIRE_THUMBPRINT_LEN) {
            account_refuse(req, SG_ERROR(VALUE));
            return;
        }
    }
    flow_person_info(face_app(req)->persons, req->arena, &by, info_came, step);
}

/* ---- a new one ---------------------------------------------------------------------------------------------------- */

static void
make_answer(struct account_step *step)
{
    struct http_request *req = step->req;
    const struct wire_key_make_reply *made = step->reply;
    struct account_answer answer;
    struct jwk jwk;
    if (!sg_ok(step->result)) {
        account_refuse(req, step->result);
        return;
    }
    account_answer_begin(req, &answer);
    sjson_wr_member_b64url(&answer.wr, "key", made->key);
    sjson_wr_member_cstr(&answer.wr, "alg", account_alg_name(made->alg));
    sjson_wr_member_int(&answer.wr, "level", (int64_t)made->level);
    if (sg_ok(jwk_from_spki(req->arena, made->spki, &jwk))) {
        sjson_wr_name(&answer.wr, SG_LIT("jwk"));
        jwk_write(&answer.wr, &jwk);
    }
    account_answer_end(req, &answer, 201);
}

static void
made_came(void *context, sg_result result, const struct wire_key_make_reply *made)
{
    account_go_on(context, result, made);
}

static sg_result
make_parse(struct http_request *req, struct wire_key_make *ret)
{
    static const char *const names[] = { "alg", "level", "unique", NULL };
    const struct sjson *json;
    sg_str alg;
    int64_t level = 2;
    SG_TRY(account_body(req, names, &json));
    SG_TRY(account_text(json, "alg", &alg));
    const struct jose_alg *row = jose_alg_by_name(alg.n == 0 ? SG_LIT("ES256") : alg);
    SG_REQUIRE(row != NULL && row->sign, ALGORITHM);
    if (sjson_get(json, "level") != NULL) {
        SG_TRY(sjson_member_int(json, "level", &level));
        SG_REQUIRE(level >= 2 && level <= WIRE_LEVEL_MAX, VALUE);
    }
    if (sjson_get(json, "unique") != NULL) {
        SG_TRY(account_bytes(req->arena, json, "unique", &ret->unique));
        SG_REQUIRE(ret->unique.n == WIRE_ID_LEN, VALUE);
    }
    ret->alg = (uint64_t)row->id;
    ret->level = (uint64_t)level;
    return SG_DONE;
}

void
account_key_make(struct http_request *req)
{
    struct account_step *step = account_begin(req, ACCOUNT_ANY, make_answer);
    if (step == NULL) {
        return;
    }
    struct wire_key_make msg = { .person = SG_BYTES(step->person.id) };
    sg_result r = make_parse(req, &msg);
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    flow_key_make(face_app(req)->persons, req->arena, &msg, made_came, step);
}

/* ---- activity -------------------------------------------------------------------------------------------------------- */

static const char *
operation_name(uint64_t operation)
{
    switch (operation) {
    case WIRE_OP_PRESENT:
        return "present";
    case WIRE_OP_KEY_PROOF:
        return "key_proof";
    case WIRE_OP_REGISTER:
        return "register";
    case WIRE_OP_REMOVE:
        return "remove";
    default:
        return "other";
    }
}

static const char *
outcome_name(uint64_t outcome)
{
    switch (outcome) {
    case WIRE_OUT_SIGNED:
        return "ok";
    case WIRE_OUT_FAILED:
        return "failed";
    case WIRE_OUT_UNKNOWN:
        return "unknown";
    case WIRE_OUT_WITHHELD:
        return "withheld";
    default:
        return "none";
    }
}

/*
 * A wallet sees what it caused itself, and the rest only if the person granted `activity`: where else somebody showed what is none of its business. Who
 * asked stands with the openings; once those are erased nothing is its own any more. req: AU-6
 */
static bool
may_see(const struct face_person *person, const struct flow_agreed *agreed)
{
    return person->kind == FACE_PERSON_COOKIE || (person->scopes & AUTH_SCOPE_ACTIVITY) != 0 ||
           (agreed != NULL && person->client.n > 0 && sg_str_equal(agreed->client, person->client));
}

/* From the openings, as long as the person's data are there; the ledger itself names nobody. */
static void
write_agreed(struct sjson_wr *wr, const struct flow_agreed *agreed)
{
    const struct sjson *party = sjson_get(agreed->openings, "party");
    const struct sjson *id = sjson_get(party, "id");
    const struct sjson *name = sjson_get(party, "name");
    sjson_wr_member_text(wr, "template", agreed->template);
    if (id != NULL && id->type == SJSON_STRING) {
        sjson_wr_member_text(wr, "audience", id->text);
    }
    if (name != NULL && name->type == SJSON_STRING && name->text.n > 0) {
        sjson_wr_member_text(wr, "audience_name", name->text);
    }
}

static void
write_use(struct sjson_wr *wr, struct account_step *step, const struct wire_use *use)
{
    struct flow_agreed agreed;
    bool kept = sg_ok(flow_agreed_get(
        face_app(step->req)->persons, step->req->arena, step->person.id, use->seq, &agreed));
    if (!may_see(&step->person, kept ? &agreed : NULL)) {
        return;
    }
    sjson_wr_object(wr);
    sjson_wr_member_int(wr, "seq", (int64_t)use->seq);
    sjson_wr_member_int(wr, "at_ms", use->at_ms);
    sjson_wr_member_cstr(wr, "operation", operation_name(use->operation));
    sjson_wr_member_cstr(wr, "outcome", outcome_name(use->outcome));
    sjson_wr_member_b64url(wr, "key", use->key);
    sjson_wr_member_b64url(wr, "passkey", use->passkey);
    sjson_wr_member_b64url(wr, "intent_id", use->intent_id);
    sjson_wr_member_text(wr, "format", use->format);
    sjson_wr_member_text(wr, "type", use->type);
    sjson_wr_member_int(wr, "n", (int64_t)use->n);
    if (kept) {
        write_agreed(wr, &agreed);
    }
    sjson_wr_object_end(wr);
}

static void
activity_answer(struct account_step *step)
{
    struct http_request *req = step->req;
    const struct wire_uses_reply *uses = step->reply;
    const uint64_t *n = step->more;
    struct account_answer answer;
    if (!sg_ok(step->result)) {
        account_refuse(req, step->result);
        return;
    }
    account_answer_begin(req, &answer);
    sjson_wr_name(&answer.wr, SG_LIT("uses"));
    sjson_wr_array(&answer.wr);
    for (size_t i = 0; i < uses->n_uses; i++) {
        write_use(&answer.wr, step, &uses->uses[i]);
    }
    sjson_wr_array_end(&answer.wr);
    if (uses->n_uses == *n && uses->n_uses > 0) {
        sjson_wr_member_int(&answer.wr, "next", (int64_t)uses->uses[uses->n_uses - 1].seq);
    }
    account_answer_end(req, &answer, 200);
}

static void
uses_came(void *context, sg_result result, const struct wire_uses_reply *uses)
{
    account_go_on(context, result, uses);
}

static sg_result
query_number(struct http_request *req, const char *name, uint64_t max, uint64_t *value)
{
    sg_str text;
    if (!http_query_find(req, name, &text)) {
        return SG_DONE;
    }
    SG_TRY(sg_u64_parse(text, value));
    SG_REQUIRE(*value <= max, VALUE);
    return SG_DONE;
}

void
account_activity(struct http_request *req)
{
    struct account_step *step = account_begin(req, ACCOUNT_ANY, activity_answer);
    if (step == NULL) {
        return;
    }
    uint64_t before = 0;
    uint64_t *n = SG_NEW(req->arena, uint64_t);
    sg_result r = n == NULL ? SG_ERROR(NO_MEMORY) : SG_DONE;
    if (sg_ok(r)) {
        *n = USES_DEFAULT;
        r = query_number(req, "before", WIRE_SEQ_MAX, &before);
    }
    if (sg_ok(r)) {
        r = query_number(req, "n", WIRE_USES_MAX, n);
    }
    if (!sg_ok(r) || *n == 0) {
        account_refuse(req, sg_ok(r) ? SG_ERROR(VALUE) : r);
        return;
    }
    step->more = n;
    flow_uses(face_app(req)->persons, req->arena, step->person.id, before, *n, uses_came, step);
}

/* What was read and agreed to, word for word. */
void
account_agreed(struct http_request *req)
{
    struct face_person person;
    struct flow_agreed agreed;
    uint64_t seq = 0;
    if (!account_person(req, ACCOUNT_ANY, &person)) {
        return;
    }
    sg_result r = sg_u64_parse(req->params[0], &seq);
    if (!sg_ok(r) || seq > WIRE_SEQ_MAX) {
        r = SG_ERROR(NOT_FOUND);
    }
    if (sg_ok(r)) {
        r = flow_agreed_get(face_app(req)->persons, req->arena, person.id, seq, &agreed);
    }
    if (sg_ok(r) && !may_see(&person, &agreed)) {
        r = SG_ERROR(NOT_FOUND); /* as if it were another person's */
    }
    if (!sg_ok(r)) {
        account_refuse(req, r);
        return;
    }
    struct account_answer answer;
    account_answer_begin(req, &answer);
    sjson_wr_member_int(&answer.wr, "seq", (int64_t)seq);
    sjson_wr_member_text(&answer.wr, "template", agreed.template);
    sjson_wr_member_text(&answer.wr, "language", agreed.language);
    sjson_wr_member_text(&answer.wr, "text", agreed.text);
    sjson_wr_member_value(&answer.wr, "openings", agreed.openings);
    account_answer_end(req, &answer, 200);
}

/* ---- their own evidence --------------------------------------------------------------------------------------------- */

static void
evidence_came(void *context, sg_result r, sg_bytes bundle)
{
    struct http_request *req = context;
    if (!sg_ok(r)) {
        face_problem(req, r, NULL); /* PENDING: 202 with Retry-After */
        return;
    }
    face_json(req, 200, sg_bytes_str(bundle), true);
}

/* With all that a relying party does not get: the gesture, and the text. req: EV-2 */
void
account_evidence(struct http_request *req)
{
    struct face_person person;
    struct flow_lookup_in in = { .consent_seq = 0 };
    if (!account_person(req, ACCOUNT_OWN, &person)) {
        return;
    }
    uint8_t *id = sg_arena_alloc(req->arena, sizeof(person.id));
    sg_result r = sg_u64_parse(req->params[0], &in.consent_seq);
    if (!sg_ok(r) || in.consent_seq == 0 || in.consent_seq > WIRE_SEQ_MAX || id == NULL) {
        account_refuse(req, SG_ERROR(NOT_FOUND));
        return;
    }
    memcpy(id, person.id, sizeof(person.id));
    in.person = id;
    flow_lookup(face_app(req)->flow, req->arena, &in, evidence_came, req);
}
