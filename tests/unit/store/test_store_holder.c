/* gateway/store, persons: what is sealed, who finds what, what an erasure leaves. req: AU-3, AU-5, AU-6, AU-7, EV-4, SIG-6 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_holder.h"
#include "support.h"

#define NOW INT64_C(1800000000)

static const uint8_t aiko[STORE_PERSON_LEN] = { 0xa1, 2, 3 };
static const uint8_t ben[STORE_PERSON_LEN] = { 0xb2, 2, 3 };

struct bed {
    struct sg_arena *arena;
    const char *folder;
    char path[256], key[256];
    struct store *store;
};

static void
begin(struct bed *bed)
{
    assert_ok(store_open(bed->path, "test", &bed->store, NULL));
    assert_ok(store_vault_open(bed->store, bed->key, NULL));
    assert_ok(store_start(bed->store));
}

static int
setup(void **state)
{
    static struct bed bed;
    bed = (struct bed){ .arena = sg_arena_new(0, (size_t)64 * 1024 * 1024) };
    bed.folder = support_mkdir(bed.arena);
    snprintf(bed.path, sizeof(bed.path), "%s/store.db", bed.folder);
    snprintf(bed.key, sizeof(bed.key), "%s/holder.key", bed.folder);
    begin(&bed);
    assert_ok(store_account_make(bed.store, aiko, NOW));
    assert_ok(store_account_make(bed.store, ben, NOW));
    *state = &bed;
    return 0;
}

static int
teardown(void **state)
{
    struct bed *bed = *state;
    store_close(&bed->store);
    support_rmdir(bed->folder);
    sg_arena_free(&bed->arena);
    return 0;
}

static void
reopen(struct bed *bed)
{
    store_close(&bed->store);
    begin(bed);
}

static struct store_session
a_session(const uint8_t *person, uint8_t hash, int64_t at)
{
    struct store_session session = {
        .method = 1, .created_at = at, .seen_at = at, .expires_at = at + 7200
    };
    memset(session.hash, hash, sizeof(session.hash));
    memcpy(session.person, person, STORE_PERSON_LEN);
    memset(session.agent, 7, sizeof(session.agent));
    return session;
}

static struct store_login
a_login(uint8_t passkey, uint64_t count)
{
    struct store_login login = { .user_handle = sg_str_bytes(SG_LIT("handle")),
        .sign_count = count };
    memset(login.passkey, passkey, sizeof(login.passkey));
    return login;
}

static struct store_held
a_credential(const char *text)
{
    struct store_held held = { .added_at = NOW,
        .format = SG_LIT("dc+sd-jwt"),
        .configuration = SG_LIT("badge"),
        .credential = sg_str_bytes(sg_cstr(text)) };
    memset(held.key, 5, sizeof(held.key));
    return held;
}

/* Does any file of the store hold these bytes? */
static bool
on_disk(struct bed *bed, const char *needle)
{
    const char *const suffixes[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < 3; i++) {
        char path[300];
        struct stat status;
        snprintf(path, sizeof(path), "%s%s", bed->path, suffixes[i]);
        if (stat(path, &status) != 0 || status.st_size == 0) {
            continue;
        }
        sg_bytes file = support_file(bed->arena, path);
        if (memmem(file.p, file.n, needle, strlen(needle)) != NULL) {
            return true;
        }
    }
    return false;
}

/* req: EV-4 */
static void
test_what_tells_of_a_person_is_sealed_on_disk(void **state)
{
    struct bed *bed = *state;
    struct store_held held = a_credential("credential-of-hers");
    struct store_consent consent = { SG_LIT("present/1"), SG_LIT("en"), SG_LIT("text-of-hers"),
        SG_LIT("{\"openings-of-hers\":1}"), SG_LIT("wallet-of-hers") };
    struct store_signed signature = { .consent_seq = 9, .outcome_seq = 10, .signed_at = NOW };
    struct store_link link = { SG_LIT("https://issuer.example"), SG_LIT("subject-of-hers"), NOW };
    uint8_t id[STORE_HELD_ID_LEN];
    assert_ok(store_account_profile(bed->store, aiko, sg_str_bytes(SG_LIT("name-of-hers"))));
    assert_ok(store_held_add(bed->store, aiko, &held, id));
    assert_ok(store_consent_put(bed->store, aiko, &consent, &signature, 1));
    assert_ok(store_link_put(bed->store, aiko, &link));
    assert_false(on_disk(bed, "of-hers"));
    assert_false(on_disk(bed, "issuer.example"));
    assert_false(on_disk(bed, "dc+sd-jwt"));
    reopen(bed);
    assert_false(on_disk(bed, "of-hers"));
    struct store_account account;
    struct store_consent opened;
    uint8_t person[STORE_PERSON_LEN];
    assert_ok(store_account_get(bed->store, aiko, bed->arena, &account));
    assert_str_is(sg_bytes_str(account.profile), "name-of-hers");
    assert_ok(store_consent_get(bed->store, 9, bed->arena, person, &opened));
    assert_memory_equal(person, aiko, sizeof(person));
    assert_str_is(opened.template_, "present/1");
    assert_str_is(opened.language, "en");
    assert_str_is(opened.text, "text-of-hers");
    assert_str_is(opened.client, "wallet-of-hers");
    assert_str_is(opened.openings, "{\"openings-of-hers\":1}");
}

static void
test_the_key_file_is_guarded(void **state)
{
    struct bed *bed = *state;
    struct stat status;
    assert_int_equal(stat(bed->key, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, 32);
    store_close(&bed->store);
    struct sg_why why = { 0 };

    assert_int_equal(chmod(bed->key, 0640), 0);
    assert_ok(store_open(bed->path, "test", &bed->store, NULL));
    assert_refused(store_vault_open(bed->store, bed->key, &why), VALUE);
    assert_int_equal(chmod(bed->key, 0600), 0);
    assert_int_equal(truncate(bed->key, 31), 0);
    assert_refused(store_vault_open(bed->store, bed->key, NULL), VALUE);
    assert_int_equal(unlink(bed->key), 0);
    assert_refused(store_vault_open(bed->store, bed->key, NULL), NOT_FOUND); /* accounts need it */
    assert_int_equal(access(bed->key, F_OK), -1);

    /* another key opens nothing */
    char other[300];
    struct store *store = NULL;
    snprintf(other, sizeof(other), "%s/other.db", bed->folder);
    assert_ok(store_open(other, "test", &store, NULL));
    assert_ok(store_vault_open(store, bed->key, NULL));
    store_close(&store);
    assert_ok(store_vault_open(bed->store, bed->key, NULL));
    assert_ok(store_start(bed->store));
    struct store_held held = a_credential("c");
    uint8_t id[STORE_HELD_ID_LEN];
    assert_refused(store_held_add(bed->store, aiko, &held, id), STORE_DOWN);
}

static void
test_without_its_key_the_store_keeps_nothing_personal(void **state)
{
    struct bed *bed = *state;
    store_close(&bed->store);
    assert_ok(store_open(bed->path, "test", &bed->store, NULL));
    assert_ok(store_start(bed->store));
    static const uint8_t carl[STORE_PERSON_LEN] = { 0xc3 };
    struct store_link link = { SG_LIT("https://issuer.example"), SG_LIT("s"), NOW };
    struct store_held held = a_credential("c");
    uint8_t id[STORE_HELD_ID_LEN];
    assert_refused(store_account_make(bed->store, carl, NOW), STORE_DOWN);
    assert_refused(store_held_add(bed->store, aiko, &held, id), STORE_DOWN);
    assert_refused(store_link_put(bed->store, aiko, &link), STORE_DOWN);
}

static void
test_credentials_of_one_are_not_the_others(void **state)
{
    struct bed *bed = *state;
    struct store_held one = a_credential("one"), two = a_credential("two"), got;
    const struct store_held *list;
    size_t n;
    uint8_t id1[STORE_HELD_ID_LEN], id2[STORE_HELD_ID_LEN], id3[STORE_HELD_ID_LEN];
    assert_ok(store_held_add(bed->store, aiko, &one, id1));
    assert_ok(store_held_add(bed->store, aiko, &two, id2));
    assert_refused(store_held_add(bed->store, aiko, &one, id3), CONFLICT);
    assert_ok(store_held_add(bed->store, ben, &one, id3));
    assert_memory_not_equal(id1, id3, sizeof(id1)); /* ids do not tell who has the same */
    reopen(bed);
    assert_ok(store_held_list(bed->store, aiko, bed->arena, &list, &n));
    assert_int_equal(n, 2);
    assert_str_is(sg_bytes_str(list[0].credential), "one");
    assert_str_is(sg_bytes_str(list[1].credential), "two");
    assert_str_is(list[0].format, "dc+sd-jwt");
    assert_str_is(list[0].configuration, "badge");
    assert_int_equal(list[0].added_at, NOW);
    assert_int_equal(list[0].key[31], 5);
    assert_ok(store_held_get(bed->store, aiko, id2, bed->arena, &got));
    assert_str_is(sg_bytes_str(got.credential), "two");
    assert_refused(store_held_get(bed->store, ben, id2, bed->arena, &got), NOT_FOUND);
    assert_refused(store_held_remove(bed->store, ben, id2), NOT_FOUND);
    assert_ok(store_held_remove(bed->store, aiko, id2));
    assert_refused(store_held_remove(bed->store, aiko, id2), NOT_FOUND);
    assert_ok(store_held_list(bed->store, aiko, bed->arena, &list, &n));
    assert_int_equal(n, 1);
    static const uint8_t nobody[STORE_PERSON_LEN] = { 9 };
    assert_refused(store_held_list(bed->store, nobody, bed->arena, &list, &n), NOT_FOUND);
    assert_refused(store_held_add(bed->store, nobody, &one, id1), NOT_FOUND);
}

static void
test_credentials_have_bounds(void **state)
{
    struct bed *bed = *state;
    static char large[STORE_CREDENTIAL_MAX + 1];
    memset(large, 'x', sizeof(large));
    struct store_held held = a_credential("");
    uint8_t id[STORE_HELD_ID_LEN];
    assert_refused(store_held_add(bed->store, aiko, &held, id), VALUE);
    held.credential = SG_BYTES(large);
    assert_refused(store_held_add(bed->store, aiko, &held, id), TOO_LARGE);
    held.credential.n--;
    sg_result r = SG_DONE;
    int kept = 0;
    for (; sg_ok(r) && kept < 64; kept += sg_ok(r) ? 1 : 0) {
        large[0] = (char)('a' + kept);
        r = store_held_add(bed->store, aiko, &held, id);
    }
    assert_int_equal(r.code, SG_E_FULL);
    assert_int_equal(kept, 15); /* 4 MiB in all, and what sealing adds */
    const struct store_held *list;
    size_t n;
    assert_ok(store_held_list(bed->store, aiko, bed->arena, &list, &n));
    assert_int_equal(n, 15);
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *small = sg_arena_new(0, 65536);
    assert_refused(store_held_list(bed->store, aiko, small, &list, &n), NO_MEMORY);
    assert_ok(store_held_add(bed->store, ben, &held, id)); /* has room of its own */
}

/* req: AU-3: cloned counters, and another user's handle */
static void
test_a_counter_that_stands_still_is_no_login(void **state)
{
    struct bed *bed = *state;
    struct store_session session = a_session(aiko, 1, NOW);
    struct store_login login = a_login(1, 5);
    assert_ok(store_session_login(bed->store, &login, &session, NULL));
    struct store_session next = a_session(aiko, 2, NOW);
    assert_refused(store_session_login(bed->store, &login, &next, NULL), ACTIVATION);
    login.sign_count = 4;
    assert_refused(store_session_login(bed->store, &login, &next, NULL), ACTIVATION);
    login.sign_count = 0;
    assert_refused(store_session_login(bed->store, &login, &next, NULL), ACTIVATION);
    reopen(bed);
    login.sign_count = 5;
    assert_refused(store_session_login(bed->store, &login, &next, NULL), ACTIVATION);
    struct store_session got;
    assert_refused(store_session_get(bed->store, next.hash, &got), NOT_FOUND);
    login.sign_count = 6;
    login.user_handle = sg_str_bytes(SG_LIT("another"));
    assert_refused(store_session_login(bed->store, &login, &next, NULL), ACTIVATION);
    login.user_handle = SG_NO_BYTES;
    assert_ok(store_session_login(bed->store, &login, &next, NULL));
    struct store_session his = a_session(ben, 3, NOW);
    login.sign_count = 7;
    assert_refused(store_session_login(bed->store, &login, &his, NULL), ACTIVATION);

    struct store_login synced = a_login(2, 0);
    assert_ok(store_session_login(bed->store, &synced, &his, NULL));
    struct store_session again = a_session(ben, 4, NOW);
    assert_ok(store_session_login(bed->store, &synced, &again, NULL)); /* no counter at all */
}

/* req: AU-6 */
static void
test_sessions_rotate_and_end(void **state)
{
    struct bed *bed = *state;
    struct store_session first = a_session(aiko, 1, NOW), second = a_session(aiko, 2, NOW + 5), got;
    struct store_login login = a_login(1, 1);
    assert_ok(store_session_login(bed->store, &login, &first, NULL));
    login.sign_count = 2;
    assert_ok(store_session_login(bed->store, &login, &second, first.hash));
    assert_refused(store_session_get(bed->store, first.hash, &got), NOT_FOUND);
    reopen(bed);
    assert_ok(store_session_get(bed->store, second.hash, &got));
    assert_memory_equal(got.person, aiko, sizeof(got.person));
    assert_memory_equal(got.agent, second.agent, sizeof(got.agent));
    assert_int_equal(got.created_at, NOW + 5);
    assert_int_equal(got.expires_at, NOW + 5 + 7200);
    assert_ok(store_session_seen(bed->store, second.hash, NOW + 60));
    assert_ok(store_session_seen(bed->store, second.hash, NOW + 30)); /* never back */
    assert_ok(store_session_get(bed->store, second.hash, &got));
    assert_int_equal(got.seen_at, NOW + 60);
    assert_ok(store_session_end(bed->store, second.hash));
    assert_ok(store_session_end(bed->store, second.hash));
    assert_refused(store_session_get(bed->store, second.hash, &got), NOT_FOUND);
    assert_refused(store_session_seen(bed->store, second.hash, NOW), NOT_FOUND);
}

static void
test_one_person_has_only_so_many_sessions(void **state)
{
    struct bed *bed = *state;
    uint64_t n = 0;
    for (uint8_t i = 1; i <= 40; i++) {
        struct store_session session = a_session(aiko, i, NOW + i);
        assert_ok(store_session_put(bed->store, &session, NULL));
    }
    assert_ok(store_session_count(bed->store, aiko, NOW, &n));
    assert_int_equal(n, 32);
    struct store_session got;
    uint8_t hash[STORE_HASH_LEN];
    memset(hash, 8, sizeof(hash));
    assert_refused(store_session_get(bed->store, hash, &got), NOT_FOUND); /* the oldest went */
    memset(hash, 40, sizeof(hash));
    assert_ok(store_session_get(bed->store, hash, &got));
}

static struct store_token
holder_token(const uint8_t *person, uint8_t hash, const char family[STORE_FAMILY_LEN])
{
    struct store_token token = { .kind = STORE_TOKEN_HOLDER,
        .client = SG_LIT("wallet"),
        .offer_id = sg_str_of(family, STORE_FAMILY_LEN),
        .expires_at = NOW + 600,
        .body = sg_bytes_of(person, STORE_PERSON_LEN) };
    memset(token.token_hash, hash, sizeof(token.token_hash));
    return token;
}

static void
test_logout_everywhere_ends_all_but_one(void **state)
{
    struct bed *bed = *state;
    struct store_session hers[] = { a_session(aiko, 1, NOW), a_session(aiko, 2, NOW) };
    struct store_session his = a_session(ben, 3, NOW), got;
    char family[STORE_FAMILY_LEN + 1] = "h00000000000000000000000000000001";
    struct store_token token = holder_token(aiko, 1, family), other = holder_token(ben, 2, family);
    struct store_token found;
    assert_ok(store_session_put(bed->store, &hers[0], NULL));
    assert_ok(store_session_put(bed->store, &hers[1], NULL));
    assert_ok(store_session_put(bed->store, &his, NULL));
    assert_ok(store_token_put(bed->store, &token));
    assert_ok(store_token_put(bed->store, &other));
    assert_ok(store_session_end_all(bed->store, aiko, hers[1].hash));
    assert_refused(store_session_get(bed->store, hers[0].hash, &got), NOT_FOUND);
    assert_ok(store_session_get(bed->store, hers[1].hash, &got));
    assert_ok(store_session_get(bed->store, his.hash, &got));
    assert_refused(store_token_get(bed->store, token.token_hash, bed->arena, &found), NOT_FOUND);
    assert_ok(store_token_get(bed->store, other.token_hash, bed->arena, &found));
    assert_ok(store_session_end_all(bed->store, aiko, NULL));
    assert_refused(store_session_get(bed->store, hers[1].hash, &got), NOT_FOUND);
}

/* req: AU-7 */
static void
test_too_many_failures_lock_the_account(void **state)
{
    struct bed *bed = *state;
    int64_t locked = -1;
    struct store_session session = a_session(aiko, 1, NOW);
    struct store_login login = a_login(1, 1);
    for (int i = 0; i < 2; i++) {
        assert_ok(store_account_failed(bed->store, aiko, NOW, 3, 900, &locked));
        assert_int_equal(locked, 0);
    }
    assert_ok(store_session_login(bed->store, &login, &session, NULL)); /* counts from 0 again */
    for (int i = 0; i < 2; i++) {
        assert_ok(store_account_failed(bed->store, aiko, NOW, 3, 900, &locked));
        assert_int_equal(locked, 0);
    }
    assert_ok(store_account_failed(bed->store, aiko, NOW, 3, 900, &locked));
    assert_int_equal(locked, NOW + 900);
    assert_ok(store_account_failed(bed->store, aiko, NOW + 1, 3, 900, &locked));
    assert_int_equal(locked, NOW + 900); /* not longer for knocking on */
    reopen(bed);
    login.sign_count = 2;
    session = a_session(aiko, 2, NOW + 899);
    assert_refused(store_session_login(bed->store, &login, &session, NULL), TOO_MANY);
    assert_refused(store_session_put(bed->store, &session, NULL), TOO_MANY);
    session = a_session(aiko, 2, NOW + 900);
    assert_ok(store_session_login(bed->store, &login, &session, NULL));
    static const uint8_t nobody[STORE_PERSON_LEN] = { 9 };
    assert_refused(store_account_failed(bed->store, nobody, NOW, 3, 900, &locked), NOT_FOUND);
}

static struct store_code
a_code(uint8_t hash)
{
    struct store_code code = { .client = SG_LIT("wallet"),
        .redirect_uri = SG_LIT("https://w.example/cb"),
        .expires_at = NOW + 60 };
    memset(code.hash, hash, sizeof(code.hash));
    memcpy(code.person, aiko, sizeof(code.person));
    memset(code.challenge, 0xcc, sizeof(code.challenge));
    return code;
}

/* RFC 6749 4.1.2: used twice, what it gave is revoked. req: AU-6 */
static void
test_a_code_is_taken_once(void **state)
{
    struct bed *bed = *state;
    struct store_code code = a_code(1), got;
    char family[STORE_FAMILY_LEN];
    static const uint8_t jkt[32] = { 4 };
    bool used = true;
    code.jkt = SG_BYTES(jkt);
    code.scopes = 1;
    assert_ok(store_code_put(bed->store, &code));
    reopen(bed);
    assert_ok(store_code_get(bed->store, code.hash, bed->arena, &got, &used));
    assert_false(used);
    assert_str_is(got.client, "wallet");
    assert_str_is(got.redirect_uri, "https://w.example/cb");
    assert_memory_equal(got.person, aiko, sizeof(got.person));
    assert_memory_equal(got.challenge, code.challenge, 32);
    assert_memory_equal(got.jkt.p, jkt, 32);
    assert_int_equal(got.scopes, 1);
    store_code_family(code.hash, family);
    assert_memory_equal(family, "h01010101010101010101010101010101", STORE_FAMILY_LEN);
    struct store_token token = holder_token(aiko, 1, family), found;
    token.scopes = got.scopes;
    assert_ok(store_code_spend(bed->store, code.hash, NOW + 59, &token));
    assert_ok(store_token_get(bed->store, token.token_hash, bed->arena, &found));
    assert_int_equal(found.scopes, 1);
    assert_ok(store_code_get(bed->store, code.hash, bed->arena, &got, &used));
    assert_true(used);
    struct store_token second = holder_token(aiko, 2, family);
    assert_refused(store_code_spend(bed->store, code.hash, NOW + 5000, &second), REPLAY);
    assert_refused(store_token_get(bed->store, token.token_hash, bed->arena, &found), NOT_FOUND);
    assert_refused(store_token_get(bed->store, second.token_hash, bed->arena, &found), NOT_FOUND);

    struct store_code late = a_code(2);
    assert_ok(store_code_put(bed->store, &late));
    assert_refused(store_code_spend(bed->store, late.hash, NOW + 60, &second), GRANT);
    assert_ok(store_code_spend(bed->store, late.hash, NOW + 59, NULL)); /* used up, nothing given */
    assert_refused(store_code_spend(bed->store, late.hash, NOW + 59, &second), REPLAY);
    assert_refused(store_code_spend(bed->store, a_code(3).hash, NOW, &second), GRANT);
    assert_refused(store_code_get(bed->store, a_code(3).hash, bed->arena, &got, &used), GRANT);
    assert_refused(store_code_put(bed->store, &late), CONFLICT);
    struct store_code nobodys = a_code(4);
    memset(nobodys.person, 9, sizeof(nobodys.person));
    assert_refused(store_code_put(bed->store, &nobodys), NOT_FOUND);
}

/* req: EV-2 */
static void
test_signatures_of_one_consent_share_its_text(void **state)
{
    struct bed *bed = *state;
    struct store_consent consent = { SG_LIT("present/1"), SG_LIT("ja"), SG_LIT("t"), SG_LIT("{}"),
        SG_LIT("wallet-1") };
    struct store_signed two[2] = { { .consent_seq = 7, .outcome_seq = 8, .signed_at = NOW },
        { .consent_seq = 7, .outcome_seq = 9, .signed_at = NOW + 1 } };
    memset(two[0].signature_hash, 1, 32);
    memset(two[1].signature_hash, 2, 32);
    assert_ok(store_consent_put(bed->store, aiko, &consent, two, 1));
    assert_ok(store_consent_put(bed->store, aiko, &consent, two, 2)); /* the rest, later */
    struct store_signed got;
    assert_ok(store_signed_get(bed->store, two[1].signature_hash, &got));
    assert_int_equal(got.consent_seq, 7);
    assert_int_equal(got.outcome_seq, 9);
    assert_int_equal(got.signed_at, NOW + 1);
    two[1].consent_seq = 6;
    assert_refused(store_consent_put(bed->store, aiko, &consent, two, 2), VALUE);
    assert_refused(store_consent_put(bed->store, aiko, &consent, two, 0), VALUE);
    assert_ok(store_consent_note(bed->store, aiko, 12, &consent));
    assert_ok(store_consent_get(bed->store, 12, bed->arena, NULL, &consent));
    assert_str_is(consent.text, "t");
    struct store_consent opened;
    assert_refused(store_consent_get(bed->store, 6, bed->arena, NULL, &opened), NOT_FOUND);
    uint8_t unknown[32] = { 3 };
    assert_refused(store_signed_get(bed->store, unknown, &got), NOT_FOUND);
}

/* req: AU-5 */
static void
test_an_outside_identity_is_one_persons(void **state)
{
    struct bed *bed = *state;
    struct store_link link = { SG_LIT("https://i.example"), SG_LIT("s1"), NOW },
                      got[STORE_LINKS_MAX];
    uint8_t person[STORE_PERSON_LEN];
    size_t n;
    assert_refused(store_link_find(bed->store, link.issuer, link.subject, person), NOT_FOUND);
    assert_ok(store_link_put(bed->store, aiko, &link));
    assert_refused(store_link_put(bed->store, aiko, &link), CONFLICT);
    assert_refused(store_link_put(bed->store, ben, &link), CONFLICT);
    reopen(bed);
    assert_ok(store_link_find(bed->store, link.issuer, link.subject, person));
    assert_memory_equal(person, aiko, sizeof(person));
    /* issuer and subject do not run into one another */
    assert_refused(
        store_link_find(bed->store, SG_LIT("https://i.examples"), SG_LIT("1"), person), NOT_FOUND);
    assert_ok(store_link_list(bed->store, aiko, bed->arena, got, &n));
    assert_int_equal(n, 1);
    assert_str_is(got[0].issuer, "https://i.example");
    assert_str_is(got[0].subject, "s1");
    assert_int_equal(got[0].linked_at, NOW);
    assert_refused(store_link_remove(bed->store, ben, link.issuer, link.subject), NOT_FOUND);
    assert_ok(store_link_remove(bed->store, aiko, link.issuer, link.subject));
    assert_refused(store_link_find(bed->store, link.issuer, link.subject, person), NOT_FOUND);
    char subject[16];
    for (int i = 0; i < STORE_LINKS_MAX; i++) {
        snprintf(subject, sizeof(subject), "n%d", i);
        link.subject = sg_cstr(subject);
        assert_ok(store_link_put(bed->store, aiko, &link));
    }
    link.subject = SG_LIT("more");
    assert_refused(store_link_put(bed->store, aiko, &link), FULL);
    link.subject = SG_NO_STR;
    assert_refused(store_link_put(bed->store, aiko, &link), VALUE);
}

/* req: EV-4, SIG-6 */
static void
test_an_erased_person_leaves_only_where_signatures_stand(void **state)
{
    struct bed *bed = *state;
    struct store_held held = a_credential("c");
    struct store_consent consent = { SG_LIT("present/1"), SG_LIT("en"), SG_LIT("t"), SG_LIT("{}"),
        SG_LIT("wallet-1") };
    struct store_signed signature = { .consent_seq = 9, .outcome_seq = 10, .signed_at = NOW }, got;
    struct store_link link = { SG_LIT("https://i.example"), SG_LIT("s"), NOW };
    struct store_session session = a_session(aiko, 1, NOW), found;
    struct store_login login = a_login(1, 1);
    struct store_code code = a_code(1);
    char family[STORE_FAMILY_LEN + 1] = "h00000000000000000000000000000001";
    struct store_token token = holder_token(aiko, 1, family), left;
    uint8_t id[STORE_HELD_ID_LEN], person[STORE_PERSON_LEN];
    const struct store_held *list;
    size_t n;
    assert_ok(store_account_profile(bed->store, aiko, sg_str_bytes(SG_LIT("p"))));
    assert_ok(store_held_add(bed->store, aiko, &held, id));
    assert_ok(store_held_add(bed->store, ben, &held, id));
    assert_ok(store_consent_put(bed->store, aiko, &consent, &signature, 1));
    assert_ok(store_link_put(bed->store, aiko, &link));
    assert_ok(store_session_login(bed->store, &login, &session, NULL));
    assert_ok(store_code_put(bed->store, &code));
    assert_ok(store_token_put(bed->store, &token));

    assert_ok(store_account_erase(bed->store, aiko, NOW));
    reopen(bed);
    struct store_account account;
    assert_ok(store_account_get(bed->store, aiko, bed->arena, &account));
    assert_int_equal(account.state, STORE_ACCOUNT_ERASED);
    assert_int_equal(account.profile.n, 0);
    assert_refused(store_account_erase(bed->store, aiko, NOW), NOT_FOUND);
    assert_refused(store_account_make(bed->store, aiko, NOW), GRANT); /* no way back */
    assert_refused(store_account_profile(bed->store, aiko, sg_str_bytes(SG_LIT("p"))), NOT_FOUND);
    assert_refused(store_held_list(bed->store, aiko, bed->arena, &list, &n), NOT_FOUND);
    assert_refused(store_held_add(bed->store, aiko, &held, id), NOT_FOUND);
    assert_refused(store_consent_get(bed->store, 9, bed->arena, person, &consent), NOT_FOUND);
    assert_refused(store_link_find(bed->store, link.issuer, link.subject, person), NOT_FOUND);
    assert_refused(store_session_get(bed->store, session.hash, &found), NOT_FOUND);
    assert_refused(store_session_put(bed->store, &session, NULL), GRANT);
    assert_refused(store_code_spend(bed->store, code.hash, NOW, NULL), GRANT);
    assert_refused(store_token_get(bed->store, token.token_hash, bed->arena, &left), NOT_FOUND);
    assert_ok(store_signed_get(bed->store, signature.signature_hash, &got));
    assert_int_equal(got.consent_seq, 9);
    assert_ok(store_held_list(bed->store, ben, bed->arena, &list, &n));
    assert_int_equal(n, 1);
}

/* What lay sealed is unreadable even in a copy made before: only if that copy had the key's row. Here the row's bytes are gone from every file. */
static void
test_the_key_of_an_erased_person_is_overwritten(void **state)
{
    struct bed *bed = *state;
    store_close(&bed->store);
    sg_bytes before = support_file(bed->arena, bed->path);
    begin(bed);
    assert_ok(store_account_erase(bed->store, aiko, NOW));
    store_close(&bed->store); /* cuts the write-ahead log */
    sg_bytes after = support_file(bed->arena, bed->path);
    /* the wrapped key: 72 bytes behind the person's id and four small numbers in its row */
    const uint8_t *row = memmem(before.p, before.n, aiko, sizeof(aiko));
    assert_non_null(row);
    const uint8_t *wrapped = row + sizeof(aiko) + 8;
    assert_null(memmem(after.p, after.n, wrapped, 32));
    assert_non_null(memmem(before.p, before.n, wrapped, 32));
    begin(bed);
}

static void
test_sealed_values_cannot_change_places(void **state)
{
    struct bed *bed = *state;
    /* two persons' rows exchanged by somebody with the database and without the key: refused, not shown to the other */
    struct store_held one = a_credential("one"), two = a_credential("two");
    uint8_t id1[STORE_HELD_ID_LEN], id2[STORE_HELD_ID_LEN];
    const struct store_held *list;
    size_t n;
    assert_ok(store_held_add(bed->store, aiko, &one, id1));
    assert_ok(store_held_add(bed->store, ben, &two, id2));
    store_close(&bed->store);
    int fd = open(bed->path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    sg_bytes file = support_file(bed->arena, bed->path);
    uint8_t *bytes = (uint8_t *)(uintptr_t)file.p;
    /* ids stand in row and index: exchange every pair */
    for (uint8_t *p = bytes;
         (p = memmem(p, file.n - (size_t)(p - bytes), id1, sizeof(id1))) != NULL;) {
        memset(p, 0xee, sizeof(id1));
    }
    for (uint8_t *p = bytes;
         (p = memmem(p, file.n - (size_t)(p - bytes), id2, sizeof(id2))) != NULL;) {
        memcpy(p, id1, sizeof(id1));
    }
    for (uint8_t *p = bytes, ee[16]; memset(ee, 0xee, 16),
                 (p = memmem(p, file.n - (size_t)(p - bytes), ee, sizeof(ee))) != NULL;) {
        memcpy(p, id2, sizeof(id2));
    }
    assert_int_equal(pwrite(fd, bytes, file.n, 0), (ssize_t)file.n);
    close(fd);
    begin(bed);
    assert_refused(store_held_list(bed->store, aiko, bed->arena, &list, &n), STORE_DOWN);
}

static void
test_what_ran_out_is_swept(void **state)
{
    struct bed *bed = *state;
    struct store_session session = a_session(aiko, 1, NOW), got;
    struct store_code code = a_code(1);
    uint64_t rows;
    assert_ok(store_session_put(bed->store, &session, NULL));
    assert_ok(store_code_put(bed->store, &code));
    assert_ok(store_code_spend(bed->store, code.hash, NOW, NULL));
    assert_ok(store_sweep(bed->store, NOW + 7199, &rows));
    assert_ok(store_session_get(bed->store, session.hash, &got));
    assert_ok(store_sweep(bed->store, NOW + 7200, &rows));
    assert_refused(store_session_get(bed->store, session.hash, &got), NOT_FOUND);
    assert_refused(store_code_spend(bed->store, code.hash, NOW + 7200, NULL), REPLAY);
    assert_ok(store_sweep(bed->store, NOW + 60 + 86400, &rows));
    assert_refused(store_code_spend(bed->store, code.hash, NOW + 7200, NULL), GRANT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_tells_of_a_person_is_sealed_on_disk),
        TEST(test_the_key_file_is_guarded),
        TEST(test_without_its_key_the_store_keeps_nothing_personal),
        TEST(test_credentials_of_one_are_not_the_others),
        TEST(test_credentials_have_bounds),
        TEST(test_a_counter_that_stands_still_is_no_login),
        TEST(test_sessions_rotate_and_end),
        TEST(test_one_person_has_only_so_many_sessions),
        TEST(test_logout_everywhere_ends_all_but_one),
        TEST(test_too_many_failures_lock_the_account),
        TEST(test_a_code_is_taken_once),
        TEST(test_signatures_of_one_consent_share_its_text),
        TEST(test_an_outside_identity_is_one_persons),
        TEST(test_an_erased_person_leaves_only_where_signatures_stand),
        TEST(test_the_key_of_an_erased_person_is_overwritten),
        TEST(test_sealed_values_cannot_change_places),
        TEST(test_what_ran_out_is_swept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
