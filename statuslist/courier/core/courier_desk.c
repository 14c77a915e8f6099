#include "courier_desk.h"

#include <stdlib.h>

#include "courier_keep.h"
#include "courier_proof.h"

/* Parsing one token: its text, JSON, list packed and unpacked, chunks of the arena doubling. Kept between fetches: the first chunk only. */
#define SCRATCH_FIRST ((size_t)64 * 1024)
#define SCRATCH_MAX ((size_t)24 * 1024 * 1024)

struct ask_ref {
    struct courier_list *list; /* NULL: answered */
    uint64_t type;             /* enum wire_ref_type */
    uint64_t idx;
    struct wire_status_verdict verdict;
    uint8_t evidence[SG_SHA256_LEN];
};

/* A question that waits for at least one list. */
struct ask {
    struct ask *next;
    void *asker;
    uint64_t request_id;
    int64_t not_before_ms;
    size_t n_open;
    size_t n;
    struct ask_ref refs[];
};

struct courier_desk {
    struct courier_desk_settings settings;
    struct courier_fetcher *fetcher;
    struct courier_lists *lists;
    struct sg_arena *scratch;
    struct jsonld_contexts
        *contexts; /* the built-in ones: 5 MB, so made for the first list with a proof */
    struct ask *asks;
    size_t n_asks;
    int64_t now_ms; /* of the current turn */
    struct courier_counts counts;
};

/* ---- verdicts -------------------------------------------------------------------------------------- */

static struct wire_status_verdict
unknown(enum sg_code code)
{
    return (struct wire_status_verdict){ .verdict = WIRE_UNKNOWN, .code = (uint64_t)code };
}

/* A copy that may answer now, to this question? A clock that went back makes every copy unusable until it is fetched again. */
static bool
usable(const struct courier_desk *desk, const struct courier_list *list, int64_t not_before_ms)
{
    return list->raw != NULL && list->fetched_at_ms >= not_before_ms &&
           list->fetched_at_ms <= desk->now_ms && desk->now_ms < list->good_until_ms;
}

/* BSL_OWN: the reference is to a Token Status List. */
static enum bsl_purpose
purpose_of(uint64_t type)
{
    static const enum bsl_purpose purposes[] = {
        [WIRE_REF_BITSTRING_REVOCATION] = BSL_REVOCATION,
        [WIRE_REF_BITSTRING_SUSPENSION] = BSL_SUSPENSION,
        [WIRE_REF_BITSTRING_REFRESH] = BSL_REFRESH,
        [WIRE_REF_BITSTRING_MESSAGE] = BSL_MESSAGE,
    };
    return type < sizeof(purposes) / sizeof(purposes[0]) ? purposes[type] : BSL_OWN;
}

/* The entry, if the list is of the kind and for the purpose that the reference names. */
static struct verdict
entry_of(const struct courier_list *list, uint64_t type, uint64_t idx)
{
    enum bsl_purpose purpose = purpose_of(type);
    if ((purpose == BSL_OWN) != (list->bitstring == 0)) {
        return verdict_unknown(SG_E_TYPE);
    }
    if (purpose == BSL_OWN) {
        struct tsl_view view = courier_list_view(list);
        return verdict_of_entry(&view, idx, list->good_until_ms);
    }
    if ((list->purposes & 1U << purpose) == 0) {
        return verdict_unknown(SG_E_PURPOSE);
    }
    struct bsl_view view = courier_list_bits(list);
    return verdict_of_bsl_entry(&view, purpose, idx, list->good_until_ms);
}

static struct wire_status_verdict
verdict_from(const struct courier_list *list, uint64_t type, uint64_t idx)
{
    struct verdict v = entry_of(list, type, idx);
    if (v.word == VERDICT_UNKNOWN) {
        return unknown(v.code);
    }
    return (struct wire_status_verdict){
        .verdict = v.word == VERDICT_GOOD ? WIRE_GOOD : WIRE_BAD,
        .value = v.value,
        .evidence = sg_bytes_of(list->sha256, SG_SHA256_LEN),
        .fetched_at_ms = list->fetched_at_ms,
        .good_until_ms = v.good_until_ms,
    };
}

/* ---- fetching -------------------------------------------------------------------------------------- */

static sg_str
uri_of(const struct courier_list *list)
{
    return sg_str_of(list->uri, list->uri_len);
}

static void
failed(struct courier_desk *desk, struct courier_list *list, enum sg_code code)
{
    list->failed_at_ms = desk->now_ms;
    list->failure = code;
    desk->counts.failed++;
}

/* May a 304 stand for the token that we have? Only while its signer was verified not long ago. */
static bool
may_revalidate(const struct courier_desk *desk, const struct courier_list *list)
{
    return list->raw != NULL && list->full_at_ms <= desk->now_ms &&
           desk->now_ms - list->full_at_ms < COURIER_REVALIDATE_MS;
}

/* Begin a fetch unless one is under way. On failure the entry says why. */
static void
fetch(struct courier_desk *desk, struct courier_list *list)
{
    if (list->under_way) {
        return;
    }
    sg_str etag = may_revalidate(desk, list) ? sg_str_of(list->etag, list->etag_len) : SG_NO_STR;
    sg_result r = courier_fetch_start(desk->fetcher, uri_of(list), etag, desk->now_ms, list);
    if (!sg_ok(r)) {
        failed(desk, list, r.code);
        return;
    }
    desk->counts.fetches++;
    list->under_way = true;
    list->fetch_started_ms = desk->now_ms;
}

/* What came, read, verified and unpacked. */
struct taken {
    struct tsl_token facts;
    unsigned bitstring;
    unsigned purposes;
    sg_bytes raw;
    int64_t until_ms;
};

static sg_result
read_token(
    struct courier_desk *desk, const struct courier_list *list, sg_bytes body, struct taken *ret)
{
    const struct courier_desk_settings *s = &desk->settings;
    struct tsl_token token;
    struct tsl_view view;
    SG_TRY(tsl_any_parse(desk->scratch, body, &token));
    SG_TRY(tsl_token_verify(
        desk->scratch, &token, uri_of(list), s->rules, s->n_rules, desk->now_ms / 1000));
    SG_TRY(verdict_check_list(
        &s->policy, &token, uri_of(list), list->fetch_started_ms, desk->now_ms, &ret->until_ms));
    SG_TRY(tsl_token_list(desk->scratch, &token, s->inflated_max, &view));
    ret->facts = (struct tsl_token){
        .iat = token.iat, .exp = token.exp, .ttl = token.ttl, .bits = token.bits
    };
    ret->raw = view.raw;
    return SG_DONE;
}

static unsigned
purposes_of(const struct bsl_list *list)
{
    unsigned set = 0;
    for (unsigned p = BSL_REVOCATION; p <= BSL_MESSAGE; p++) {
        if (bsl_list_has_purpose(list, bsl_purpose_text((enum bsl_purpose)p))) {
            set |= 1U << p;
        }
    }
    return set;
}

/* A Bitstring list whose signature holds. */
static sg_result
read_bits(struct courier_desk *desk, const struct courier_list *list,
    const struct bsl_list *bitstring, struct taken *ret)
{
    const struct courier_desk_settings *s = &desk->settings;
    struct bsl_view view;
    SG_TRY(verdict_check_bsl(
        &s->policy, bitstring, uri_of(list), list->fetch_started_ms, desk->now_ms, &ret->until_ms));
    unsigned size = bitstring->size == 0 ? 1 : bitstring->size;
    SG_TRY(bsl_list_bits(desk->scratch, bitstring, size, s->inflated_max, &view));
    ret->facts = (struct tsl_token){
        .iat = bitstring->valid_from,
        .exp = bitstring->valid_until,
        .ttl = bitstring->ttl_ms / 1000 + (bitstring->ttl_ms % 1000 > 0 ? 1 : 0),
    };
    ret->bitstring = size;
    ret->purposes = purposes_of(bitstring);
    ret->raw = view.raw;
    return SG_DONE;
}

/* As vc+jwt. */
static sg_result
read_bits_jwt(
    struct courier_desk *desk, const struct courier_list *list, sg_bytes body, struct taken *ret)
{
    const struct courier_desk_settings *s = &desk->settings;
    struct bsl_jwt jwt;
    SG_TRY(bsl_jwt_parse(desk->scratch, sg_bytes_str(body), &jwt));
    struct tsl_signed is = { .jws = &jwt.jws };
    SG_TRY(tsl_signed_verify(
        desk->scratch, &is, uri_of(list), s->rules, s->n_rules, desk->now_ms / 1000));
    return read_bits(desk, list, &jwt.list, ret);
}

/* As a document with its proof inside. Its form first, which costs little; then the proof. */
static sg_result
read_bits_proof(
    struct courier_desk *desk, const struct courier_list *list, sg_bytes body, struct taken *ret)
{
    const struct courier_desk_settings *s = &desk->settings;
    const struct sjson *credential = NULL;
    struct bsl_list bitstring;
    SG_REQUIRE(body.n <= BSL_LIST_MAX, TOO_LARGE);
    SG_TRY(sjson_parse_object(desk->scratch, sg_bytes_str(body), NULL, &credential));
    SG_TRY(bsl_list_parse(credential, &bitstring));
    if (desk->contexts == NULL) {
        SG_TRY(jsonld_contexts_new(NULL, 0, NULL, &desk->contexts));
    }
    SG_TRY(courier_proof_verify(desk->scratch, credential, uri_of(list), s->rules, s->n_rules,
        desk->now_ms / 1000, desk->contexts));
    return read_bits(desk, list, &bitstring, ret);
}

/* Which kind it is, its own typ says: a signer signs it, and neither kind can be read as the other. */
static sg_result
read_any(
    struct courier_desk *desk, const struct courier_list *list, sg_bytes body, struct taken *ret)
{
    if (body.n > 0 && body.p[0] == '{') {
        return read_bits_proof(desk, list, body, ret);
    }
    struct jws jws;
    bool jwt = body.n > 0 && body.p[0] < 0x80;
    if (jwt && sg_ok(jws_parse(desk->scratch, sg_bytes_str(body), &jws)) &&
        (sg_str_is(jws.typ, BSL_TYP) || sg_str_is(jws.typ, BSL_JWT_TYPE))) {
        return read_bits_jwt(desk, list, body, ret);
    }
    return read_token(desk, list, body, ret);
}

/* Everything a list must be before it is believed; then it takes the place of the old one. */
static sg_result
take_token(struct courier_desk *desk, struct courier_list *list, const struct courier_fetched *got)
{
    struct taken taken = { 0 };
    uint8_t sha256[SG_SHA256_LEN];
    SG_TRY(read_any(desk, list, got->body, &taken));
    /* an older token than the one we have seen would take back a revocation */
    SG_REQUIRE(list->raw == NULL || taken.facts.iat >= list->facts.iat, REPLAY);
    sg_sha256(got->body, sha256);
    SG_TRY(courier_keep_put(desk->settings.keep_dir, sha256, got->body, desk->now_ms / 1000));
    SG_TRY(courier_list_fill(desk->lists, list, taken.raw));

    memcpy(list->sha256, sha256, sizeof(sha256));
    list->facts = taken.facts;
    list->facts.sub = uri_of(list);
    list->bitstring = taken.bitstring;
    list->purposes = taken.purposes;
    list->fetched_at_ms = list->fetch_started_ms;
    list->full_at_ms = list->fetch_started_ms;
    list->good_until_ms = taken.until_ms;
    memcpy(list->etag, got->etag.p, got->etag.n);
    list->etag_len = got->etag.n;
    return SG_DONE;
}

/* The server says that what we have still holds. */
static sg_result
take_revalidation(struct courier_desk *desk, struct courier_list *list)
{
    int64_t until = 0;
    SG_REQUIRE(may_revalidate(desk, list), FETCH);
    SG_TRY(verdict_check_list(&desk->settings.policy, &list->facts, uri_of(list),
        list->fetch_started_ms, desk->now_ms, &until));
    list->fetched_at_ms = list->fetch_started_ms;
    list->good_until_ms = until;
    desk->counts.revalidated++;
    return SG_DONE;
}

/* ---- questions ------------------------------------------------------------------------------------- */

static void
close_ref(struct ask *ask, struct ask_ref *ref, struct wire_status_verdict verdict)
{
    ref->verdict = verdict;
    if (verdict.evidence.n == SG_SHA256_LEN) {
        /* the entry may get another token before the question's last reference is answered */
        memcpy(ref->evidence, verdict.evidence.p, SG_SHA256_LEN);
        ref->verdict.evidence = SG_BYTES(ref->evidence);
    }
    if (ref->list != NULL) {
        ref->list->waiting--;
        ref->list = NULL;
        ask->n_open--;
    }
}

static void
answer(struct courier_desk *desk, const struct ask *ask)
{
    struct wire_status_verdict verdicts[WIRE_REFS_MAX];
    for (size_t i = 0; i < ask->n; i++) {
        verdicts[i] = ask->refs[i].verdict;
    }
    desk->settings.reply(desk->settings.context, ask->asker, ask->request_id, verdicts, ask->n);
}

/* Verdict of one reference without waiting: true if there is one (perhaps UNKNOWN). Otherwise *ret_list is to be waited for. */
static bool
at_once(struct courier_desk *desk, const struct wire_ref *ref, int64_t not_before_ms,
    struct wire_status_verdict *ret, struct courier_list **ret_list)
{
    if (ref->type != WIRE_REF_TOKEN_STATUS_LIST && purpose_of(ref->type) == BSL_OWN) {
        *ret = unknown(SG_E_UNSUPPORTED);
        return true;
    }
    struct courier_list *list = courier_lists_find(desk->lists, ref->uri);
    if (list == NULL) {
        sg_result r = courier_fetch_allowed(desk->fetcher, ref->uri);
        list = sg_ok(r) ? courier_lists_add(desk->lists, ref->uri) : NULL;
        if (list == NULL) {
            *ret = unknown(sg_ok(r) ? SG_E_TOO_MANY : r.code);
            return true;
        }
    }
    if (usable(desk, list, not_before_ms)) {
        desk->counts.cached++;
        *ret = verdict_from(list, ref->type, ref->idx);
        return true;
    }
    bool failed_just_now = list->failed_at_ms != 0 && desk->now_ms >= list->failed_at_ms &&
                           desk->now_ms - list->failed_at_ms < COURIER_FAILED_MS;
    if (!list->under_way && !failed_just_now) {
        fetch(desk, list);
    }
    if (!list->under_way) {
        *ret = unknown(list->failure);
        return true;
    }
    *ret_list = list;
    return false;
}

/* Before the moment at which a question came there was nothing to look at: later times than now mean now. */
static sg_result
moment_of(const struct wire_status_ask *question, int64_t now_ms, int64_t *ret)
{
    int64_t ms = 0;
    SG_REQUIRE(question->not_before < INT64_MAX / 1000 - 1, VALUE);
    if (question->not_before > 0) {
        ms = question->not_before * 1000 + (int64_t)question->plus_ms;
    }
    SG_REQUIRE(ms <= now_ms + COURIER_FUTURE_MS, CLOCK);
    *ret = ms < now_ms ? ms : now_ms;
    return SG_DONE;
}

static void
answer_all_unknown(
    struct courier_desk *desk, void *asker, uint64_t request_id, size_t n, enum sg_code code)
{
    struct wire_status_verdict verdicts[WIRE_REFS_MAX];
    for (size_t i = 0; i < n; i++) {
        verdicts[i] = unknown(code);
    }
    desk->settings.reply(desk->settings.context, asker, request_id, verdicts, n);
}

sg_result
courier_desk_ask(struct courier_desk *desk, void *asker, uint64_t request_id,
    const struct wire_status_ask *question, int64_t now_ms)
{
    /* one buffer for the common case: everything is answered from the cache, and nothing is allocated */
    struct wire_status_verdict verdicts[WIRE_REFS_MAX] = { 0 };
    struct courier_list *open[WIRE_REFS_MAX] = { NULL };
    uint8_t evidence[WIRE_REFS_MAX][SG_SHA256_LEN];
    size_t n = question->n_refs;
    size_t n_open = 0;
    int64_t not_before_ms = 0;
    desk->now_ms = now_ms;
    SG_REQUIRE(n <= WIRE_REFS_MAX, TOO_LARGE);
    SG_REQUIRE(desk->n_asks < COURIER_ASKS_MAX, TOO_MANY);
    desk->counts.asks++;
    sg_result moment = moment_of(question, now_ms, &not_before_ms);
    if (!sg_ok(moment)) {
        answer_all_unknown(desk, asker, request_id, n, moment.code);
        return SG_DONE;
    }
    for (size_t i = 0; i < n; i++) {
        if (!at_once(desk, &question->refs[i], not_before_ms, &verdicts[i], &open[i])) {
            open[i]->waiting++; /* from here on it stays in the table */
            n_open++;
        } else if (verdicts[i].evidence.n == SG_SHA256_LEN) {
            /* a copy: the next reference may need the place of this one's list */
            memcpy(evidence[i], verdicts[i].evidence.p, SG_SHA256_LEN);
            verdicts[i].evidence = SG_BYTES(evidence[i]);
        }
    }
    if (n_open == 0) {
        desk->settings.reply(desk->settings.context, asker, request_id, verdicts, n);
        return SG_DONE;
    }
    struct ask *ask = calloc(1, sizeof(*ask) + n * sizeof(ask->refs[0]));
    if (ask == NULL) {
        for (size_t i = 0; i < n; i++) {
            if (open[i] != NULL) {
                open[i]->waiting--;
            }
        }
        SG_FAIL(NO_MEMORY);
    }
    ask->asker = asker;
    ask->request_id = request_id;
    ask->not_before_ms = not_before_ms;
    ask->n = n;
    ask->n_open = n_open;
    for (size_t i = 0; i < n; i++) {
        ask->refs[i].type = question->refs[i].type;
        ask->refs[i].idx = question->refs[i].idx;
        if (open[i] != NULL) {
            ask->refs[i].list = open[i];
        } else {
            close_ref(ask, &ask->refs[i], verdicts[i]);
        }
    }
    ask->next = desk->asks;
    desk->asks = ask;
    desk->n_asks++;
    return SG_DONE;
}

/* What a finished fetch means for one question: a verdict, or another fetch because this one began too early. */
static void
settle_ref(struct courier_desk *desk, struct courier_list *list, struct ask *ask,
    struct ask_ref *ref, sg_result outcome)
{
    if (!sg_ok(outcome)) {
        close_ref(ask, ref, unknown(outcome.code));
        return;
    }
    if (usable(desk, list, ask->not_before_ms)) {
        close_ref(ask, ref, verdict_from(list, ref->type, ref->idx));
        return;
    }
    fetch(desk, list); /* begins now, so it cannot be too early again */
    if (!list->under_way) {
        close_ref(ask, ref, unknown(list->failure));
    }
}

static void
settle(struct courier_desk *desk, struct courier_list *list, sg_result outcome)
{
    struct ask **at = &desk->asks;
    while (*at != NULL) {
        struct ask *ask = *at;
        for (size_t i = 0; i < ask->n; i++) {
            if (ask->refs[i].list == list) {
                settle_ref(desk, list, ask, &ask->refs[i], outcome);
            }
        }
        if (ask->n_open > 0) {
            at = &ask->next;
            continue;
        }
        *at = ask->next;
        desk->n_asks--;
        answer(desk, ask);
        free(ask);
    }
}

static void
on_fetched(void *context, void *what, const struct courier_fetched *got)
{
    struct courier_desk *desk = context;
    struct courier_list *list = what;
    sg_result r = { got->code };
    list->under_way = false;
    if (sg_ok(r)) {
        r = got->not_modified ? take_revalidation(desk, list) : take_token(desk, list, got);
        sg_arena_reset(desk->scratch);
    }
    if (sg_ok(r)) {
        list->failed_at_ms = 0;
    } else {
        list->etag_len = 0; /* next time the whole token */
        failed(desk, list, r.code);
        if (desk->settings.note != NULL) {
            desk->settings.note(desk->settings.context, uri_of(list), r.code, got);
        }
    }
    settle(desk, list, r);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

sg_result
courier_desk_new(const struct courier_desk_settings *settings, struct courier_desk **ret)
{
    SG_CLEANUP(courier_desk_free)
    struct courier_desk *desk = calloc(1, sizeof(*desk));
    SG_REQUIRE(desk != NULL, NO_MEMORY);
    desk->settings = *settings;
    desk->scratch = sg_arena_new(SCRATCH_FIRST, SCRATCH_MAX);
    desk->lists = courier_lists_new(settings->cache_max);
    SG_REQUIRE(desk->scratch != NULL && desk->lists != NULL, NO_MEMORY);
    struct courier_fetch_settings fetch_settings = settings->fetch;
    fetch_settings.done = on_fetched;
    fetch_settings.context = desk;
    SG_TRY(courier_fetcher_new(&fetch_settings, &desk->fetcher));
    *ret = desk;
    desk = NULL;
    return SG_DONE;
}

void
courier_desk_free(struct courier_desk **desk)
{
    if (*desk == NULL) {
        return;
    }
    while ((*desk)->asks != NULL) {
        struct ask *ask = (*desk)->asks;
        (*desk)->asks = ask->next;
        free(ask);
    }
    courier_fetcher_free(&(*desk)->fetcher);
    courier_lists_free(&(*desk)->lists);
    jsonld_contexts_free(&(*desk)->contexts);
    sg_arena_free(&(*desk)->scratch);
    free(*desk);
    *desk = NULL;
}

struct courier_fetcher *
courier_desk_fetcher(struct courier_desk *desk)
{
    return desk->fetcher;
}

void
courier_desk_wait(
    struct courier_desk *desk, struct curl_waitfd *extra, unsigned n_extra, int timeout_ms)
{
    courier_fetcher_wait(desk->fetcher, extra, n_extra, timeout_ms);
}

void
courier_desk_turn(struct courier_desk *desk, int64_t now_ms)
{
    desk->now_ms = now_ms;
    courier_fetcher_turn(desk->fetcher, now_ms);
}

size_t
courier_desk_busy(const struct courier_desk *desk)
{
    return desk->n_asks + courier_fetcher_busy(desk->fetcher);
}

struct courier_counts
courier_desk_counts(const struct courier_desk *desk)
{
    return desk->counts;
}
