/* What the programs about persons share: a store, an authorisation server, a passkey, a wallet's key, and a login of which each part may be made wrong. */
#ifndef PERSON_BED_H
#define PERSON_BED_H

#include "auth_person.h"
#include "authenticator.h"
#include "bench_key.h"
#include "jose_alg.h"
#include "sg_hash.h"
#include "store_holder.h"
#include "support.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each program uses a part of it */
#pragma GCC diagnostic ignored "-Wunused-const-variable"

#define NOW INT64_C(1800000000)
#define BASE "http://localhost:8080"
#define PRE "ppppppppppppppppppppppppppppppppppppppppppp"
#define AGENT "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"

static const uint8_t aiko[AUTH_PERSON_LEN] = { 0xa1, 2, 3 };
static const uint8_t ben[AUTH_PERSON_LEN] = { 0xb2, 2, 3 };
static const sg_bytes peer = { (const uint8_t *)"192.0.2.1", 9 };

/* docs/wire, ENROL_OPEN reply; 1 is login */
static void
handle_of(const uint8_t person[AUTH_PERSON_LEN], uint8_t purpose, uint8_t ret[32])
{
    const sg_bytes parts[] = { sg_bytes_of(person, AUTH_PERSON_LEN), sg_bytes_of(&purpose, 1) };
    sg_tagged_hash("sealgate/user-handle/v1", parts, 2, ret);
}

struct bed {
    uint8_t handles[3][32]; /* aiko's for login and for signing, ben's for login */
    struct sg_arena *arena;
    const char *folder;
    struct store *store;
    struct auth *auth;
    struct authenticator_passkey device;
    struct bench_key *wallet;
    uint8_t jkt[32];
};

static void
make_auth(struct bed *bed, const struct auth_settings *settings)
{
    auth_free(&bed->auth);
    assert_ok(auth_new(settings, bed->store, &bed->auth));
}

static struct auth_settings
settings_of_test(void)
{
    static sg_str origins[2];
    origins[0] = SG_LIT("https://other.localhost");
    origins[1] = SG_LIT(BASE);
    struct auth_settings settings = auth_settings_default();
    settings.issuer = SG_LIT(BASE);
    settings.replay_max = 1024;
    settings.guess_per_minute = 1000;
    settings.person.rp_id = SG_LIT("localhost");
    settings.person.origins = origins;
    settings.person.n_origins = 2;
    settings.person.tries = 3;
    settings.person.lock_s = 600;
    return settings;
}

static int
setup(void **state)
{
    static struct bed bed;
    char path[300];
    bed = (struct bed){ .arena = sg_arena_new(0, (size_t)64 * 1024 * 1024) };
    bed.folder = support_mkdir(bed.arena);
    snprintf(path, sizeof(path), "%s/store.db", bed.folder);
    assert_ok(store_open(path, "test", &bed.store, NULL));
    snprintf(path, sizeof(path), "%s/holder.key", bed.folder);
    assert_ok(store_vault_open(bed.store, path, NULL));
    assert_ok(store_start(bed.store));
    struct auth_settings settings = settings_of_test();
    make_auth(&bed, &settings);
    handle_of(aiko, 1, bed.handles[0]);
    handle_of(aiko, 2, bed.handles[1]);
    handle_of(ben, 1, bed.handles[2]);
    authenticator_make(&bed.device, AUTHENTICATOR_ES256);
    bed.device.sign_count = 1;
    assert_ok(bench_key_new(&bed.wallet));
    const struct sjson *json;
    struct jwk jwk;
    assert_ok(sjson_parse(bed.arena, bench_key_jwk(bed.wallet), NULL, &json));
    assert_ok(jwk_parse(bed.arena, json, &jwk));
    assert_ok(jwk_thumbprint(bed.arena, &jwk, bed.jkt));
    *state = &bed;
    return 0;
}

static int
teardown(void **state)
{
    struct bed *bed = *state;
    auth_free(&bed->auth);
    store_close(&bed->store);
    authenticator_forget(&bed->device);
    bench_key_free(&bed->wallet);
    support_rmdir(bed->folder);
    sg_arena_free(&bed->arena);
    return 0;
}

/* One login; what a test wants wrong is changed before login_try. */
struct attempt {
    sg_str pre, old, agent;
    const uint8_t *person;        /* asked for */
    const uint8_t *finish_person; /* said at the end */
    struct authenticator_ask ask;
    struct auth_passkey known;
    bool unknown; /* the signer does not know it */
    sg_bytes handle;
    int64_t made_at, now;
    uint8_t challenge[AUTH_LOGIN_CHALLENGE_LEN];
    struct auth_assertion assertion; /* filled by login_make */
    struct auth_new_login login;
};

static struct attempt
an_attempt(struct bed *bed)
{
    struct attempt a = { .pre = SG_LIT(PRE),
        .agent = SG_LIT(AGENT),
        .handle = SG_BYTES(bed->handles[0]),
        .made_at = NOW,
        .now = NOW };
    a.ask.rp_id = "localhost";
    a.ask.origin = BASE;
    a.known = (struct auth_passkey){ .alg = JOSE_ES256,
        .spki = sg_bytes_of(bed->device.spki, bed->device.spki_len),
        .login = true,
        .active = true };
    memcpy(a.known.person, aiko, sizeof(a.known.person));
    return a;
}

static void
login_make(struct bed *bed, struct attempt *a)
{
    assert_ok(
        auth_login_challenge(bed->auth, SG_LIT(PRE), a->person, peer, a->made_at, a->challenge));
    if (a->ask.challenge.n == 0) {
        a->ask.challenge = SG_BYTES(a->challenge);
    }
    struct authenticator_assertion given = authenticator_get(bed->arena, &bed->device, &a->ask);
    a->assertion = (struct auth_assertion){ SG_BYTES(bed->device.id), given.client_data,
        given.authenticator_data, given.signature, a->handle };
    a->finish_person = a->finish_person == NULL ? a->person : a->finish_person;
}

static sg_result
login_finish(struct bed *bed, struct attempt *a)
{
    struct sg_why why = { 0 };
    SG_TRY(auth_login_expected(bed->auth, a->pre, a->finish_person, &a->assertion, peer, a->now));
    return auth_login_finish(bed->auth, bed->arena, &a->assertion, a->unknown ? NULL : &a->known,
        a->finish_person, a->pre, a->old, a->agent, peer, a->now, &why, &a->login);
}

static sg_result
login_try(struct bed *bed, struct attempt *a)
{
    login_make(bed, a);
    return login_finish(bed, a);
}

static sg_str
cookie_of(const struct attempt *a)
{
    return sg_str_of(a->login.cookie, AUTH_COOKIE_LEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
