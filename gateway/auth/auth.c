#include "auth_internal.h"

#include <sodium.h>
#include <stdlib.h>

#include "sg_hash.h"
#include "sg_secret.h"

#define ASSERTIONS_MAX 65536
/* Each jti is remembered for the window, so it costs memory at full load; RFC 9449 11.1 wants seconds to minutes. */
#define DPOP_WINDOW_MAX_S 60

struct auth_settings
auth_settings_default(void)
{
    return (struct auth_settings){
        .token_life_s = 3600,
        .client_life_s = 900,
        .bearer_life_s = 0,
        .dpop_window_s = 60,
        .nonce_life_s = 300,
        .tx_tries = 5,
        .guess_per_minute = 60,
        .tokens_max = 512,    /* some 7 kB each, with claims and DPoP key; the store has them all */
        .replay_max = 524288, /* 72 s at 7,280 requests a second; 5 MB when full */
        .person = { .idle_s = 900,
            .life_s = 7200, /* TS 119 431-1 SIG-6.3.1-14: a session is at most two hours */
            .recent_s = 300,
            .token_life_s = 600,
            .tries = 10,
            .lock_s = 900,
            .logins_per_minute = 60,
            .failures_per_minute = 600,
            .enrol_failures_per_minute = 60000 },
    };
}

static sg_result
copy_text(sg_str from, sg_str *ret)
{
    char *copy = strndup(from.p == NULL ? "" : from.p, from.n);
    SG_REQUIRE(copy != NULL, NO_MEMORY);
    *ret = sg_cstr(copy);
    return SG_DONE;
}

static sg_result
copy_person(struct auth *auth, const struct auth_person_settings *from)
{
    struct auth_person_settings *person = &auth->settings.person;
    *person = *from;
    person->rp_id = SG_NO_STR;
    person->n_origins = 0;
    person->origins = auth->origins;
    SG_REQUIRE(from->n_origins <= AUTH_ORIGINS_MAX, VALUE);
    SG_TRY(copy_text(from->rp_id, &person->rp_id));
    for (; person->n_origins < from->n_origins; person->n_origins++) {
        SG_TRY(copy_text(from->origins[person->n_origins], &auth->origins[person->n_origins]));
    }
    sg_sha256(sg_str_bytes(person->rp_id), auth->rp_id_hash);
    return SG_DONE;
}

sg_result
auth_new(const struct auth_settings *settings, struct store *store, struct auth **ret)
{
    SG_REQUIRE(settings->bearer_life_s >= 0 && settings->bearer_life_s <= AUTH_BEARER_MAX_S, VALUE);
    SG_REQUIRE(settings->dpop_window_s > 0 && settings->nonce_life_s > 0, VALUE);
    struct auth *auth = calloc(1, sizeof(*auth));
    SG_REQUIRE(auth != NULL, NO_MEMORY);
    auth->settings = *settings;
    if (auth->settings.dpop_window_s > DPOP_WINDOW_MAX_S) {
        auth->settings.dpop_window_s = DPOP_WINDOW_MAX_S;
    }
    auth->settings.person = (struct auth_person_settings){ 0 };
    auth->store = store;
    randombytes_buf(auth->nonce_key, sizeof(auth->nonce_key));
    char *issuer =
        strndup(settings->issuer.p == NULL ? "" : settings->issuer.p, settings->issuer.n);
    auth->settings.issuer = sg_cstr(issuer);
    for (size_t i = 0; i < AUTH_TX_LOCKS; i++) {
        pthread_mutex_init(&auth->tx_locks[i], NULL);
    }
    sg_result r = issuer == NULL ? SG_ERROR(NO_MEMORY) : auth_cache_init(auth);
    if (sg_ok(r)) {
        r = auth_replay_new(
            settings->replay_max, auth->settings.dpop_window_s + AUTH_SKEW_S + 1, &auth->replay);
    }
    if (sg_ok(r)) {
        r = auth_replay_new(
            ASSERTIONS_MAX, AUTH_ASSERTION_MAX_S + AUTH_SKEW_S + 1, &auth->assertions);
    }
    if (sg_ok(r)) {
        r = auth_limit_new(&auth->limit);
    }
    if (sg_ok(r)) {
        r = copy_person(auth, &settings->person);
    }
    if (!sg_ok(r)) {
        auth_free(&auth);
        return r;
    }
    *ret = auth;
    return SG_DONE;
}

void
auth_free(struct auth **auth)
{
    if (auth == NULL || *auth == NULL) {
        return;
    }
    struct auth *a = *auth;
    auth_cache_done(a);
    auth_replay_free(&a->replay);
    auth_replay_free(&a->assertions);
    auth_limit_free(&a->limit);
    for (size_t i = 0; i < AUTH_TX_LOCKS; i++) {
        pthread_mutex_destroy(&a->tx_locks[i]);
    }
    free((void *)(uintptr_t)a->settings.issuer.p);
    free((void *)(uintptr_t)a->settings.person.rp_id.p);
    for (size_t i = 0; i < a->settings.person.n_origins; i++) {
        free((void *)(uintptr_t)a->origins[i].p);
    }
    sg_wipe(a, sizeof(*a));
    free(a);
    *auth = NULL;
}

const struct auth_settings *
auth_settings_view(const struct auth *auth)
{
    return &auth->settings;
}

sg_result
auth_use_limited(struct auth *auth, sg_bytes peer, uint32_t per_minute, int64_t now)
{
    SG_TRY(auth_limit_check(auth->limit, AUTH_GUESS_LOOKUP, peer, per_minute, now));
    auth_limit_count(auth->limit, AUTH_GUESS_LOOKUP, peer, now);
    return SG_DONE;
}

sg_result
auth_failed(struct auth *auth, enum auth_guess kind, sg_bytes peer, int64_t now, sg_result word)
{
    auth_limit_count(auth->limit, kind, peer, now);
    sg_result over =
        auth_limit_check(auth->limit, kind, peer, auth->settings.guess_per_minute, now);
    return sg_ok(over) ? word : over;
}

sg_result
auth_person_failed(struct auth *auth, enum auth_guess own, enum auth_guess all, sg_bytes peer,
    int64_t now, sg_result word)
{
    auth_limit_count(auth->limit, all, SG_NO_BYTES, now);
    sg_result r = auth_failed(auth, own, peer, now, word);
    sg_result over = auth_limit_check(
        auth->limit, all, SG_NO_BYTES, auth->settings.person.failures_per_minute, now);
    return sg_ok(over) ? r : over;
}
