#include "flow_did.h"

#include <pthread.h>
#include <stdlib.h>

#include "conf.h"
#include "did.h"
#include "peer_out.h"

#define ACCEPT "application/did+json"

/* A document, or why there is none. Empty while `did` is NULL. */
struct entry {
    char *did;
    size_t did_len;
    char *json;
    size_t json_len;
    enum sg_code code;
    int64_t at;    /* when it was asked for */
    uint64_t used; /* turn of the last use */
};

struct flow_dids {
    struct peer *courier;
    bool loopback;
    pthread_mutex_t lock; /* guards all below; nothing slow happens under it */
    struct entry entries[FLOW_DIDS_MAX];
    uint64_t turn;
};

struct resolution {
    struct flow_dids *dids;
    struct sg_arena *arena;
    sg_str did;
    int64_t now;
    flow_did_fn done;
    void *context;
};

static void
clear(struct entry *e)
{
    free(e->did);
    free(e->json);
    *e = (struct entry){ 0 };
}

/* A clock that went back makes an entry as good as none. */
static bool
fresh(const struct entry *e, int64_t now)
{
    int64_t life = e->code == SG_OK ? FLOW_DID_LIFE_S : FLOW_DID_FAILED_S;
    return e->did != NULL && e->at <= now && now - e->at < life;
}

/* Lock held. */
static struct entry *
find(struct flow_dids *dids, sg_str did)
{
    for (size_t i = 0; i < FLOW_DIDS_MAX; i++) {
        struct entry *e = &dids->entries[i];
        if (e->did != NULL && sg_str_equal(sg_str_of(e->did, e->did_len), did)) {
            return e;
        }
    }
    return NULL;
}

/* An empty place, or that of what was used longest ago. Lock held. */
static struct entry *
place(struct flow_dids *dids)
{
    struct entry *best = &dids->entries[0];
    for (size_t i = 0; i < FLOW_DIDS_MAX && best->did != NULL; i++) {
        struct entry *e = &dids->entries[i];
        if (e->did == NULL || e->used < best->used) {
            best = e;
        }
    }
    clear(best);
    return best;
}

static char *
copy_of(sg_str text)
{
    char *p = malloc(text.n + 1);
    if (p != NULL) {
        memcpy(p, text.p, text.n);
        p[text.n] = '\0';
    }
    return p;
}

/* Without memory nothing is kept, which costs another fetch and no more. */
static void
keep(struct flow_dids *dids, sg_str did, sg_str json, enum sg_code code, int64_t now)
{
    char *name = copy_of(did);
    char *text = code == SG_OK ? copy_of(json) : NULL;
    if (name == NULL || (code == SG_OK && text == NULL)) {
        free(name);
        free(text);
        return;
    }
    pthread_mutex_lock(&dids->lock);
    struct entry *e = find(dids, did);
    if (e != NULL) {
        clear(e);
    } else {
        e = place(dids);
    }
    *e = (struct entry){ .did = name,
        .did_len = did.n,
        .json = text,
        .json_len = text == NULL ? 0 : json.n,
        .code = code,
        .at = now,
        .used = ++dids->turn };
    pthread_mutex_unlock(&dids->lock);
}

sg_result
flow_dids_get(
    struct flow_dids *dids, struct sg_arena *arena, sg_str did, int64_t now, sg_str *ret_json)
{
    sg_result r = SG_ERROR(NOT_FOUND);
    sg_bytes json = SG_NO_BYTES;
    pthread_mutex_lock(&dids->lock);
    struct entry *e = find(dids, did);
    if (e != NULL && !fresh(e, now)) {
        clear(e);
        e = NULL;
    }
    if (e != NULL) {
        e->used = ++dids->turn;
        r = sg_result_of((uint64_t)e->code);
        if (sg_ok(r)) {
            r = sg_arena_bytes(arena, sg_bytes_of(e->json, e->json_len), &json);
        }
    }
    pthread_mutex_unlock(&dids->lock);
    SG_TRY(r);
    *ret_json = sg_bytes_str(json);
    return SG_DONE;
}

/* The text is that DID's document, as far as one can say without asking for a key. */
static sg_result
check(struct sg_arena *arena, sg_str did, sg_str json)
{
    const struct sjson *document = NULL;
    sg_result r = sjson_parse_object(arena, json, NULL, &document);
    SG_REQUIRE(sg_ok(r) || r.code == SG_E_NO_MEMORY, METHOD);
    SG_TRY(r);
    const struct sjson *id = sjson_get(document, "id");
    SG_REQUIRE(id != NULL && id->type == SJSON_STRING && sg_str_equal(id->text, did), METHOD);
    return SG_DONE;
}

static sg_result
take(const struct resolution *q, const struct wire_frame *frame, sg_str *ret)
{
    struct wire_fetch_reply reply;
    sg_bytes body = SG_NO_BYTES;
    SG_TRY(wire_fetch_reply_parse(frame->body, &reply));
    SG_REQUIRE(reply.status == 200, FETCH);
    SG_REQUIRE(reply.body.n <= FLOW_DID_DOCUMENT_MAX, TOO_LARGE);
    SG_TRY(sg_arena_bytes(q->arena, reply.body, &body));
    SG_TRY(check(q->arena, q->did, sg_bytes_str(body)));
    *ret = sg_bytes_str(body);
    return SG_DONE;
}

/* A courier that is full, gone or without memory says nothing about the document. */
static bool
worth_keeping(enum sg_code code)
{
    return code != SG_E_TOO_MANY && code != SG_E_PEER_DOWN && code != SG_E_NO_MEMORY;
}

static void
on_fetched(void *context, sg_result r, const struct wire_frame *frame)
{
    struct resolution *q = context;
    sg_str json = SG_NO_STR;
    if (sg_ok(r)) {
        r = take(q, frame, &json);
    }
    if (worth_keeping(r.code)) {
        keep(q->dids, q->did, json, r.code, q->now);
    }
    q->done(q->context, r, json);
}

/* In a test this machine speaks http. */
static sg_result
address(const struct flow_dids *dids, struct sg_arena *arena, sg_str did, sg_str *ret)
{
    const char *url = NULL;
    SG_TRY(did_web_url(arena, did, ret));
    SG_TRY(sg_arena_cstr(arena, *ret, &url));
    if (dids->loopback && conf_loopback_url(url)) {
        return sg_arena_printf(arena, ret, "http%s", url + strlen("https"));
    }
    return SG_DONE;
}

void
flow_dids_resolve(struct flow_dids *dids, struct sg_arena *arena, sg_str did, int64_t now,
    flow_did_fn done, void *context)
{
    sg_str json = SG_NO_STR;
    sg_result r = flow_dids_get(dids, arena, did, now, &json);
    if (r.code != SG_E_NOT_FOUND) {
        done(context, r, json);
        return;
    }
    struct wire_fetch fetch = { .kind = WIRE_FETCH_DID_DOCUMENT, .accept = SG_LIT(ACCEPT) };
    struct resolution *q = SG_NEW(arena, struct resolution);
    r = q == NULL ? SG_ERROR(NO_MEMORY) : address(dids, arena, did, &fetch.url);
    if (!sg_ok(r)) {
        done(context, r, SG_NO_STR);
        return;
    }
    *q = (struct resolution){ dids, arena, did, now, done, context };
    peer_fetch(dids->courier, arena, &fetch, on_fetched, q);
}

sg_result
flow_dids_new(struct peer *courier, bool loopback, struct flow_dids **ret)
{
    struct flow_dids *dids = calloc(1, sizeof(*dids));
    SG_REQUIRE(dids != NULL, NO_MEMORY);
    dids->courier = courier;
    dids->loopback = loopback;
    pthread_mutex_init(&dids->lock, NULL);
    *ret = dids;
    return SG_DONE;
}

void
flow_dids_free(struct flow_dids **slot)
{
    struct flow_dids *dids = *slot;
    if (dids == NULL) {
        return;
    }
    *slot = NULL;
    for (size_t i = 0; i < FLOW_DIDS_MAX; i++) {
        clear(&dids->entries[i]);
    }
    pthread_mutex_destroy(&dids->lock);
    free(dids);
}
