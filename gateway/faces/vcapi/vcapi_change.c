/* POST /credentials/status: a published status changes by the client's signed order. */
#include "vcapi_inner.h"

#include "sg_text.h"
#include "wire_intent.h"

/* ---- POST /credentials/status ------------------------------------------------------------------------------ */

/*
 * A published status changes by an order that the client signed (req: STA-2): the gateway cannot make one, so what VCALM sends has two
 * members more, `order` and `signature`, as POST /v1/status has. `sealgate status set` makes and sends them.
 */
static const char *const status_members[] = { "credentialId", "credentialStatus", "status",
    "indexAllocator", "order", "signature", NULL };
static const char *const no_options[] = { NULL };
static const struct vcapi_form status_form = { status_members, 0, no_options, NULL };

static sg_result
read_text(struct vcapi_call *call, const char *name, sg_bytes *ret)
{
    sg_str text;
    call->why.what = name;
    SG_TRY(sjson_member_text(call->body, name, &text));
    SG_TRY(sg_b64url_decode(call->req->arena, text, ret));
    call->why.what = NULL;
    return SG_DONE;
}

/* The list and index that VCALM's entry names must be the order's. A Bitstring list is another face of the same list. */
static bool
same_list(sg_str named, sg_str ordered)
{
    size_t n = ordered.n;
    bool head = named.n >= n && memcmp(named.p, ordered.p, n) == 0;
    sg_str rest = head ? sg_str_slice(named, n, named.n - n) : SG_NO_STR;
    return head &&
           (rest.n == 0 || sg_str_is(rest, "/revocation") || sg_str_is(rest, "/suspension"));
}

static sg_result
agrees(struct vcapi_call *call, const struct wire_status_order *order)
{
    const struct sjson *entry = sjson_get(call->body, "credentialStatus");
    sg_str list, index, credential;
    uint64_t idx;
    bool set;
    call->why.what = "credentialId";
    SG_TRY(sjson_member_text(call->body, "credentialId", &credential));
    call->why.what = "credentialStatus: statusListCredential and statusListIndex";
    SG_REQUIRE(entry != NULL && entry->type == SJSON_OBJECT, MISSING);
    SG_TRY(sjson_member_text(entry, "statusListCredential", &list));
    SG_TRY(sjson_member_text(entry, "statusListIndex", &index));
    SG_TRY(sg_u64_parse(index, &idx));
    call->why.what = "status: true or false";
    SG_REQUIRE(sjson_get(call->body, "status") != NULL, MISSING);
    SG_TRY(sjson_member_bool(call->body, "status", false, &set));
    call->why.what = "the signed order is about another entry or another value";
    SG_REQUIRE(same_list(list, order->list) && idx == order->idx, CONFLICT);
    bool suspension = sjson_is_text(sjson_get(entry, "statusPurpose"), "suspension");
    uint64_t value = !set ? 0 : suspension ? 2 : 1;
    SG_REQUIRE(value == order->value, CONFLICT);
    call->why.what = NULL;
    return SG_DONE;
}

static void
changed(void *context, sg_result r, const struct flow_status_changed *change)
{
    (void)
        change; /* VCALM answers without a body; who wants the ledger's number asks POST /v1/status */
    struct vcapi_call *call = context;
    if (!sg_ok(r)) {
        vcapi_refuse(call, r);
        return;
    }
    vcapi_answer(call, 200, SG_LIT("{}"));
}

void
vcapi_credentials_status(struct http_request *req)
{
    struct vcapi_call *call = vcapi_begin(req, &status_form);
    if (call == NULL) {
        return;
    }
    sg_bytes bytes = SG_NO_BYTES, signature = SG_NO_BYTES;
    struct wire_status_order order;
    if (sjson_get(call->body, "order") == NULL) {
        vcapi_problem(call, SG_ERROR(POLICY), "about:blank",
            "a change of status needs the client's signed order: members order and signature");
        return;
    }
    sg_result r = read_text(call, "order", &bytes);
    r = sg_ok(r) ? read_text(call, "signature", &signature) : r;
    r = sg_ok(r) ? wire_status_order_parse(bytes, &order) : r;
    r = sg_ok(r) ? agrees(call, &order) : r;
    if (!sg_ok(r)) {
        vcapi_refuse(call, r);
        return;
    }
    flow_status_order(
        face_app(req)->flow, req->arena, call->client, bytes, signature, face_now(), changed, call);
}
