/* A throw-away ledger in a folder of its own, which becomes the working folder: everything is opened by relative names, as in the signer. */
#ifndef LEDGER_FIXTURE_H
#define LEDGER_FIXTURE_H

#include "support.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger_publish.h"
#include "tlog_tile.h"

#define FIXTURE_ORIGIN "sealgate.test/ledger"
#define FIXTURE_T0 INT64_C(1800000000000)

struct fixture {
    struct sg_arena *arena;
    const char *folder;
    struct ledger_place place;
    struct tlog_vkey key;
    uint8_t secret[64];
    unsigned n_signed;
    unsigned n_anchored;
    bool refuse; /* the token is away */
    struct ledger_anchor anchor;
};

static inline void
fixture_key(struct fixture *f, uint8_t seed_byte)
{
    uint8_t seed[32];
    uint8_t public[32];
    sg_str vkey;
    memset(seed, seed_byte, sizeof(seed));
    crypto_sign_seed_keypair(public, f->secret, seed);
    assert_ok(tlog_vkey_format(f->arena, SG_LIT(FIXTURE_ORIGIN), public, &vkey));
    assert_ok(tlog_vkey_parse(f->arena, vkey, &f->key));
}

static inline sg_bytes
fixture_genesis(struct fixture *f)
{
    struct wire_genesis genesis = { .origin = SG_LIT(FIXTURE_ORIGIN),
        .log_key = SG_BYTES(f->key.key),
        .environment = SG_LIT("test"),
        .operators = sg_bytes_of("\x80", 1),
        .at_ms = FIXTURE_T0 };
    sg_bytes body;
    assert_ok(wire_genesis_encode(f->arena, &genesis, &body));
    return body;
}

static inline int
fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->arena = sg_arena_new(0, (size_t)256 * 1024 * 1024);
    f->folder = support_mkdir(f->arena);
    assert_int_equal(chdir(f->folder), 0);
    assert_int_equal(mkdir("signer", 0700), 0);
    f->place = (struct ledger_place){
        .database = "signer/ledger.db", .checkpoint = "signer/checkpoint", .log = "log"
    };
    fixture_key(f, 1);
    assert_ok(ledger_create(&f->place, FIXTURE_T0, fixture_genesis(f)));
    *state = f;
    return 0;
}

static inline int
fixture_teardown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(chdir("/"), 0);
    support_rmdir(f->folder);
    sg_arena_free(&f->arena);
    free(f);
    return 0;
}

static inline struct ledger *
fixture_open(struct fixture *f)
{
    struct ledger *ledger;
    struct ledger_report report;
    assert_ok(ledger_open(&f->place, &ledger));
    assert_ok(ledger_reconcile(ledger, &f->key, NULL, FIXTURE_T0, false, &report));
    return ledger;
}

/* A CONSENT of some bytes: the ledger does not look into it. */
static inline uint64_t
fixture_consent(struct ledger *ledger, int64_t at_ms)
{
    static uint64_t counter;
    uint64_t body[8] = { ++counter };
    uint64_t seq;
    assert_ok(ledger_append(ledger, WIRE_REC_CONSENT, at_ms, SG_BYTES(body), &seq));
    return seq;
}

static inline sg_result
fixture_outcome_try(
    struct fixture *f, struct ledger *ledger, uint64_t consent, int64_t at_ms, uint64_t *ret_seq)
{
    uint8_t hash[32];
    sg_bytes body;
    sg_sha256(sg_bytes_of(&consent, sizeof(consent)), hash);
    struct wire_outcome outcome = { .consent_seq = consent,
        .kind = WIRE_OUT_SIGNED,
        .signature_hashes = { SG_BYTES(hash) },
        .n_signature_hashes = 1,
        .at_ms = at_ms };
    assert_ok(wire_outcome_encode(f->arena, &outcome, &body));
    return ledger_append_outcome(
        ledger, at_ms, body, consent, outcome.signature_hashes, 1, ret_seq);
}

static inline uint64_t
fixture_outcome(struct fixture *f, struct ledger *ledger, uint64_t consent, int64_t at_ms)
{
    uint64_t seq;
    assert_ok(fixture_outcome_try(f, ledger, consent, at_ms, &seq));
    return seq;
}

/* n consents with outcomes, in transactions of `batch` */
static inline void
fixture_fill(struct fixture *f, struct ledger *ledger, size_t n, size_t batch)
{
    for (size_t i = 0; i < n;) {
        assert_ok(ledger_begin(ledger));
        for (size_t j = 0; j < batch && i < n; j++, i++) {
            fixture_outcome(f, ledger, fixture_consent(ledger, FIXTURE_T0), FIXTURE_T0);
        }
        assert_ok(ledger_commit(ledger));
    }
}

static inline sg_result
fixture_sign(void *context, sg_bytes text, uint8_t ret[TLOG_SIG_LEN])
{
    struct fixture *f = context;
    SG_REQUIRE(!f->refuse, TOKEN_DOWN);
    crypto_sign_detached(ret, NULL, text.p, text.n, f->secret);
    f->n_signed++;
    return SG_DONE;
}

static inline sg_result
fixture_anchor(void *context, const struct ledger_anchor *anchor)
{
    struct fixture *f = context;
    f->anchor = *anchor;
    f->n_anchored++;
    return SG_DONE;
}

static inline struct ledger_publisher *
fixture_publisher(struct fixture *f, struct ledger *ledger)
{
    struct ledger_publish_calls calls = {
        .context = f, .sign = fixture_sign, .anchor = fixture_anchor
    };
    struct ledger_publisher *p;
    assert_ok(ledger_publisher_new(ledger, &f->key, &calls, &p));
    return p;
}

static inline struct tlog_checkpoint
fixture_checkpoint(struct fixture *f, const char *path)
{
    sg_bytes note;
    struct tlog_checkpoint cp;
    assert_ok(ledger_files_get(f->arena, path, TLOG_CHECKPOINT_MAX, &note));
    assert_ok(tlog_checkpoint_open(f->arena, sg_bytes_str(note), &f->key, &cp));
    return cp;
}

/* Root by the tiles on disk. */
static inline sg_result
fixture_tile(void *context, unsigned level, uint64_t n, unsigned width,
    struct tlog_hash ret[TLOG_TILE_WIDTH])
{
    struct fixture *f = context;
    char tile[TLOG_TILE_PATH_MAX];
    char path[TLOG_TILE_PATH_MAX + 8];
    sg_bytes content;
    SG_TRY(tlog_tile_path(level, n, width, tile));
    snprintf(path, sizeof(path), "log/%s", tile);
    sg_result got = ledger_files_get(f->arena, path, TLOG_TILE_BYTES, &content);
    if (got.code == SG_E_NOT_FOUND) {
        SG_TRY(tlog_tile_path(level, n, TLOG_TILE_WIDTH, tile));
        snprintf(path, sizeof(path), "log/%s", tile);
        got = ledger_files_get(f->arena, path, TLOG_TILE_BYTES, &content);
    }
    SG_TRY(got);
    SG_REQUIRE(content.n >= width * TLOG_HASH_LEN, TOO_LARGE);
    memcpy(ret, content.p, width * TLOG_HASH_LEN);
    return SG_DONE;
}

static inline struct tlog_hash
fixture_tiles_root(struct fixture *f, uint64_t size)
{
    struct tlog_tiles tiles = { .size = size, .read = fixture_tile, .context = f };
    struct tlog_hash root;
    assert_ok(tlog_root(size, tlog_tiles_node, &tiles, &root));
    return root;
}

#endif
