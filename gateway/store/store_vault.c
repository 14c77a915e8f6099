/*
 * Sealing of what tells of persons. XChaCha20-Poly1305: its nonces are long enough to be drawn at random for as long as a key lives, so no counter
 * has to survive a crash. value = nonce (24) || ciphertext || tag (16). req: EV-4, SIG-6
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sg_secret.h"
#include "store_inner.h"

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define PLACE_MAX 128

_Static_assert(STORE_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "one key length");

void
store_person_key_wipe(struct store_person_key *key)
{
    sg_wipe(key, sizeof(*key));
}

/* "sealgate/store/<table>/v1" 00 person row: the first two have fixed lengths but for the table's name, which ends in 00. */
static size_t
place_bytes(const struct store_place *place, uint8_t ret[PLACE_MAX])
{
    static const char head[] = "sealgate/store/";
    size_t n = sizeof(head) - 1;
    size_t table = strlen(place->table) + 1;
    memcpy(ret, head, n);
    memcpy(ret + n, place->table, table);
    n += table;
    memcpy(ret + n, place->person, STORE_PERSON_LEN);
    n += STORE_PERSON_LEN;
    if (place->row.n > 0) {
        memcpy(ret + n, place->row.p, place->row.n);
    }
    return n + place->row.n;
}

static bool
place_fits(const struct store_place *place)
{
    return strlen(place->table) < 32 && place->row.n <= STORE_HASH_LEN;
}

static sg_result
seal(struct sg_arena *arena, const uint8_t key[STORE_KEY_LEN], const struct store_place *place,
    sg_bytes plain, sg_bytes *ret)
{
    uint8_t ad[PLACE_MAX];
    size_t n;
    SG_REQUIRE(place_fits(place), INTERNAL);
    SG_REQUIRE(sg_size_add(plain.n, NONCE_LEN + TAG_LEN, &n), TOO_LARGE);
    uint8_t *out = sg_arena_alloc(arena, n);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    unsigned long long sealed_n = 0;
    randombytes_buf(out, NONCE_LEN);
    SG_REQUIRE(crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_LEN, &sealed_n, plain.p,
                   plain.n, ad, place_bytes(place, ad), NULL, out, key) == 0,
        INTERNAL);
    *ret = sg_bytes_of(out, NONCE_LEN + (size_t)sealed_n);
    return SG_DONE;
}

/* `out` has room for sealed.n bytes. */
static sg_result
unseal(const uint8_t key[STORE_KEY_LEN], const struct store_place *place, sg_bytes sealed,
    uint8_t *out, size_t *ret_n)
{
    uint8_t ad[PLACE_MAX];
    unsigned long long n = 0;
    SG_REQUIRE(place_fits(place), INTERNAL);
    SG_REQUIRE(sealed.n >= NONCE_LEN + TAG_LEN, STORE_DOWN);
    SG_REQUIRE(crypto_aead_xchacha20poly1305_ietf_decrypt(out, &n, NULL, sealed.p + NONCE_LEN,
                   sealed.n - NONCE_LEN, ad, place_bytes(place, ad), sealed.p, key) == 0,
        STORE_DOWN);
    *ret_n = (size_t)n;
    return SG_DONE;
}

sg_result
store_seal(struct sg_arena *arena, const struct store_person_key *key,
    const struct store_place *place, sg_bytes plain, sg_bytes *ret)
{
    return seal(arena, key->key, place, plain, ret);
}

sg_result
store_unseal(struct sg_arena *arena, const struct store_person_key *key,
    const struct store_place *place, sg_bytes sealed, sg_bytes *ret)
{
    size_t n;
    uint8_t *out = sg_arena_alloc(arena, sealed.n);
    SG_REQUIRE(out != NULL, NO_MEMORY);
    SG_TRY(unseal(key->key, place, sealed, out, &n));
    *ret = n == 0 ? SG_NO_BYTES : sg_bytes_of(out, n);
    return SG_DONE;
}

static struct store_place
key_place(const uint8_t *person)
{
    return (struct store_place){ .table = "account-key", .person = person };
}

sg_result
store_person_key_make(
    struct store *store, const uint8_t *person, struct sg_arena *arena, sg_bytes *ret_wrapped)
{
    SG_REQUIRE(store->vault, STORE_DOWN);
    STORE_PERSON_KEY(key);
    struct store_place place = key_place(person);
    randombytes_buf(key.key, sizeof(key.key));
    return seal(arena, store->vault_key, &place, SG_BYTES(key.key), ret_wrapped);
}

sg_result
store_person_key_open(
    struct store *store, const uint8_t *person, sg_bytes wrapped, struct store_person_key *ret)
{
    struct store_place place = key_place(person);
    uint8_t plain[STORE_KEY_LEN + NONCE_LEN + TAG_LEN];
    size_t n = 0;
    SG_REQUIRE(store->vault && wrapped.n == sizeof(plain), STORE_DOWN);
    SG_TRY(unseal(store->vault_key, &place, wrapped, plain, &n));
    memcpy(ret->key, plain, STORE_KEY_LEN);
    sg_wipe(plain, sizeof(plain));
    return SG_DONE;
}

sg_result
store_person_key_get(struct store *store, const uint8_t *person, struct store_person_key *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_ACCOUNT_GET);
    store_bind_bytes(&query, sg_bytes_of(person, STORE_PERSON_LEN));
    SG_TRY(store_step(&query));
    SG_REQUIRE(store_column_int(&query, 0) == STORE_ACCOUNT_OPEN, NOT_FOUND);
    uint8_t wrapped[STORE_KEY_LEN + NONCE_LEN + TAG_LEN];
    SG_TRY(store_column_exact(&query, 4, wrapped, sizeof(wrapped)));
    return store_person_key_open(store, person, SG_BYTES(wrapped), ret);
}

sg_result
store_vault_hash(struct store *store, const char *tag, const sg_bytes *parts, size_t n,
    uint8_t ret[STORE_HASH_LEN])
{
    SG_REQUIRE(store->vault, STORE_DOWN);
    crypto_generichash_state state;
    crypto_generichash_init(&state, store->vault_key, STORE_KEY_LEN, STORE_HASH_LEN);
    crypto_generichash_update(&state, (const uint8_t *)tag, strlen(tag) + 1);
    for (size_t i = 0; i < n; i++) {
        uint64_t len = parts[i].n;
        uint8_t be[8];
        for (unsigned b = 0; b < 8; b++) {
            be[b] = (uint8_t)(len >> (56 - 8 * b));
        }
        crypto_generichash_update(&state, be, sizeof(be));
        crypto_generichash_update(&state, parts[i].p, parts[i].n);
    }
    crypto_generichash_final(&state, ret, STORE_HASH_LEN);
    sg_wipe(&state, sizeof(state));
    return SG_DONE;
}

void
store_put_part(struct sg_buf *buf, sg_bytes part)
{
    for (unsigned i = 0; i < 4; i++) {
        sg_buf_put_byte(buf, (uint8_t)((uint64_t)part.n >> (24 - 8 * i)));
    }
    sg_buf_put(buf, part);
}

sg_result
store_take_part(sg_bytes *in, sg_bytes *ret)
{
    SG_REQUIRE(in->n >= 4, STORE_DOWN);
    size_t n = (size_t)in->p[0] << 24 | (size_t)in->p[1] << 16 | (size_t)in->p[2] << 8 | in->p[3];
    SG_REQUIRE(n <= in->n - 4, STORE_DOWN);
    *ret = sg_bytes_of(in->p + 4, n);
    *in = sg_bytes_of(in->p + 4 + n, in->n - 4 - n);
    return SG_DONE;
}

/* ---- the key's file ----------------------------------------------------------------------------------- */

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* Durable before anything is sealed under it. */
static sg_result
key_make(const char *path, uint8_t key[STORE_KEY_LEN])
{
    SG_CLEANUP(close_fd)
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    randombytes_buf(key, STORE_KEY_LEN);
    SG_REQUIRE(write(fd, key, STORE_KEY_LEN) == STORE_KEY_LEN && fsync(fd) == 0, STORE_DOWN);
    char folder[256];
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 1 : (size_t)(slash - path);
    SG_REQUIRE(n < sizeof(folder), VALUE);
    memcpy(folder, slash == NULL ? "." : path, n);
    folder[n] = '\0';
    SG_CLEANUP(close_fd)
    int dir = open(folder[0] == '\0' ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SG_REQUIRE(dir >= 0 && fsync(dir) == 0, STORE_DOWN);
    return SG_DONE;
}

/* The writing connection: no thread has it yet. */
static sg_result
key_missing(struct store *store, const char *path, struct sg_why *why)
{
    bool needed;
    {
        STORE_QUERY(query, &store->writer, SQL_ACCOUNT_ANY);
        sg_result r = store_step(&query);
        needed = sg_ok(r);
        SG_REQUIRE(needed || r.code == SG_E_NOT_FOUND, STORE_DOWN);
    }
    if (needed) {
        sg_why_note(why, "the store's key is gone and there are accounts", 0, ENOENT);
        SG_FAIL(NOT_FOUND); /* a new one would make every account unreadable for good */
    }
    return key_make(path, store->vault_key);
}

sg_result
store_vault_open(struct store *store, const char *path, struct sg_why *why)
{
    SG_CLEANUP(close_fd)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        SG_TRY(key_missing(store, path, why));
        store->vault = true;
        return SG_DONE;
    }
    struct stat status;
    SG_REQUIRE(fd >= 0 && fstat(fd, &status) == 0, STORE_DOWN);
    bool good =
        S_ISREG(status.st_mode) && (status.st_mode & 077) == 0 && status.st_size == STORE_KEY_LEN;
    if (!good) {
        sg_why_note(why, "the store's key must be 32 bytes that its owner alone can read", 0,
            (uint64_t)status.st_mode & 07777);
        SG_FAIL(VALUE);
    }
    SG_REQUIRE(read(fd, store->vault_key, STORE_KEY_LEN) == STORE_KEY_LEN, STORE_DOWN);
    store->vault = true;
    return SG_DONE;
}
