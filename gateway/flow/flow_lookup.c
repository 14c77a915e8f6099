/*
 * Evidence of a signature (req: EV-2): records from the signer, proofs from the tiles that its publisher wrote, one bundle for offline
 * checking.
 */
#include "flow_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evid_bundle.h"
#include "object.h"
#include "sg_text.h"
#include "tlog_tile.h"

#define TILES_MAX 64 /* of one look-up: two proofs through at most eight levels, and some room */
#define VKEY_MAX 1024
#define CRL_MAX ((size_t)256 * 1024)

struct tile {
    unsigned level;
    uint64_t n;
    sg_bytes hashes;
};

struct lookup {
    struct flow_task task;
    struct sg_arena *arena;
    uint8_t signature_hash[32];
    sg_str object;        /* what the asker holds; empty: nothing */
    sg_str configuration; /* of the intent */
    sg_bytes claims_hash; /* of the instruction; empty: none */
    uint64_t outcome_seq;
    struct evid_bundle bundle;
    struct tlog_checkpoint checkpoint;
    struct tile tiles[TILES_MAX];
    size_t n_tiles;
    flow_lookup_fn done;
    void *context;
};

static void
finish(struct lookup *look, sg_result r, sg_bytes bundle)
{
    look->done(look->context, r, bundle);
}

/* ---- files of the log ---------------------------------------------------------------------------------------- */

static sg_result
read_file(struct sg_arena *arena, const char *path, size_t max, sg_bytes *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? SG_ERROR(NOT_FOUND) : SG_ERROR(STORE_DOWN);
    }
    uint8_t *bytes = sg_arena_alloc(arena, max + 1);
    ssize_t got = bytes == NULL ? -1 : pread(fd, bytes, max + 1, 0);
    close(fd);
    SG_REQUIRE(bytes != NULL, NO_MEMORY);
    SG_REQUIRE(got >= 0 && (size_t)got <= max, STORE_DOWN);
    *ret = sg_bytes_of(bytes, (size_t)got);
    return SG_DONE;
}

sg_result
flow_log_read(struct flow *flow, struct sg_arena *arena, sg_str name, size_t max, sg_bytes *ret)
{
    sg_str path;
    SG_TRY(sg_arena_printf(arena, &path, "%s/%.*s", flow->settings.log, SG_PRINT(name)));
    return read_file(arena, path.p, max, ret);
}

sg_result
flow_crl_read(struct flow *flow, struct sg_arena *arena, sg_bytes *ret)
{
    return read_file(arena, flow->settings.crl, CRL_MAX, ret);
}

static sg_result
tile_get(struct lookup *look, unsigned level, uint64_t n, const struct tile **ret)
{
    for (size_t i = 0; i < look->n_tiles; i++) {
        if (look->tiles[i].level == level && look->tiles[i].n == n) {
            *ret = &look->tiles[i];
            return SG_DONE;
        }
    }
    SG_REQUIRE(look->n_tiles < TILES_MAX, INTERNAL);
    unsigned width = tlog_tile_width(look->checkpoint.size, level, n);
    SG_REQUIRE(width > 0, INTERNAL);
    char path[TLOG_TILE_PATH_MAX];
    struct tile *tile = &look->tiles[look->n_tiles];
    SG_TRY(tlog_tile_path(level, n, width, path));
    sg_result r = flow_log_read(look->task.flow, look->arena, sg_cstr(path),
        TLOG_TILE_WIDTH * TLOG_HASH_LEN, &tile->hashes);
    if (r.code == SG_E_NOT_FOUND && width < TLOG_TILE_WIDTH) { /* grown full meanwhile */
        SG_TRY(tlog_tile_path(level, n, TLOG_TILE_WIDTH, path));
        r = flow_log_read(look->task.flow, look->arena, sg_cstr(path),
            TLOG_TILE_WIDTH * TLOG_HASH_LEN, &tile->hashes);
    }
    SG_TRY(r);
    SG_REQUIRE(tile->hashes.n >= (size_t)width * TLOG_HASH_LEN, STORE_DOWN);
    tile->level = level;
    tile->n = n;
    look->n_tiles++;
    *ret = tile;
    return SG_DONE;
}

/* tlog_node_fn: hash of a complete subtree, from the tile that holds its leaves at the next lower multiple of eight. */
static sg_result
node(void *context, unsigned level, uint64_t index, struct tlog_hash *ret)
{
    struct lookup *look = context;
    unsigned up = level % 8;
    uint64_t first = index << up;
    const struct tile *tile;
    struct tlog_hash row[128];
    SG_TRY(tile_get(look, level / 8, first / TLOG_TILE_WIDTH, &tile));
    size_t at = (size_t)(first % TLOG_TILE_WIDTH);
    size_t n = (size_t)1 << up;
    SG_REQUIRE((at + n) * TLOG_HASH_LEN <= tile->hashes.n, STORE_DOWN);
    for (size_t i = 0; i < n; i++) {
        memcpy(row[i].b, tile->hashes.p + (at + i) * TLOG_HASH_LEN, TLOG_HASH_LEN);
    }
    for (; n > 1; n /= 2) {
        for (size_t i = 0; i < n / 2; i++) {
            row[i] = tlog_node_hash(row[2 * i], row[2 * i + 1]);
        }
    }
    *ret = row[0];
    return SG_DONE;
}

/* ---- the bundle ------------------------------------------------------------------------------------------------- */

static sg_result
prove(struct lookup *look, uint64_t seq, sg_str note, sg_str *ret)
{
    struct tlog_proof *proof = SG_NEW(look->arena, struct tlog_proof);
    SG_REQUIRE(proof != NULL, NO_MEMORY);
    proof->index = seq;
    proof->checkpoint = note;
    SG_TRY(tlog_inclusion(seq, look->checkpoint.size, node, look, proof->path, &proof->n_path));
    return tlog_proof_write(look->arena, proof, ret);
}

static sg_result
read_vkey(struct lookup *look, sg_str *ret)
{
    int fd = open(look->task.flow->settings.log_vkey, O_RDONLY | O_CLOEXEC);
    SG_REQUIRE(fd >= 0, STORE_DOWN);
    char *text = sg_arena_alloc(look->arena, VKEY_MAX);
    ssize_t got = text == NULL ? -1 : pread(fd, text, VKEY_MAX, 0);
    close(fd);
    SG_REQUIRE(got > 0 && got < VKEY_MAX, STORE_DOWN);
    size_t n = (size_t)got;
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
        n--;
    }
    *ret = sg_str_of(text, n);
    return SG_DONE;
}

/* Does the asker have every claim, so that the salt tells nothing new? `ret` is what salt and hash go with. */
static bool
has_all_claims(const struct lookup *look, sg_bytes salt, sg_bytes *ret)
{
    const struct flow_config *config =
        flow_config_find(&look->task.flow->configs, look->configuration);
    sg_str canonical;
    if (look->claims_hash.n != SG_SHA256_LEN || config == NULL || config->form->claims == NULL ||
        !sg_ok(config->form->claims(look->arena, config, look->object, &canonical))) {
        return false;
    }
    sg_bytes parts[] = { salt, sg_str_bytes(canonical) };
    uint8_t hash[SG_SHA256_LEN];
    sg_sha256_parts(parts, 2, hash);
    *ret = sg_str_bytes(canonical);
    return sg_bytes_equal(look->claims_hash, SG_BYTES(hash));
}

/* What the holder of the object may have on top: the salts that open the record's commitments. */
static sg_result
read_openings(struct lookup *look)
{
    struct store_issuance row;
    sg_result r = store_issuance_by_signature(
        look->task.flow->store, look->signature_hash, look->arena, &row);
    if (r.code == SG_E_NOT_FOUND) {
        return SG_DONE; /* a list, or a row erased by policy */
    }
    SG_TRY(r);
    sg_bytes in = row.openings;
    while (in.n > 0) {
        struct evid_opening *opening = &look->bundle.openings[look->bundle.n_openings];
        bool subject = in.p[0] == FLOW_OPENING_SUBJECT;
        size_t len = 1 + FLOW_SALT_LEN + (subject ? 32 : 0);
        SG_REQUIRE(look->bundle.n_openings < EVID_OPENINGS_MAX && in.n >= len, INTERNAL);
        opening->field = subject ? SG_LIT("subject") : SG_LIT("claims");
        opening->salt = sg_bytes_slice(in, 1, FLOW_SALT_LEN);
        opening->value = sg_bytes_slice(in, 1 + FLOW_SALT_LEN, len - 1 - FLOW_SALT_LEN);
        if (subject || has_all_claims(look, opening->salt, &opening->value)) {
            look->bundle.n_openings++;
        }
        in = sg_bytes_slice(in, len, in.n);
    }
    return SG_DONE;
}

/* Certificates of the key and the public key of the client, as the registry has them now. */
static sg_result
read_registry(struct lookup *look)
{
    struct wire_consent *consent = SG_NEW(look->arena, struct wire_consent);
    struct wire_intent *intent = SG_NEW(look->arena, struct wire_intent);
    SG_REQUIRE(consent != NULL && intent != NULL, NO_MEMORY);
    if (look->bundle.consent.body.n == 0) {
        return SG_DONE; /* erased by policy (EV-4) */
    }
    SG_TRY(wire_consent_parse(look->bundle.consent.body, consent));
    SG_TRY(wire_intent_parse(consent->intent, intent));
    look->configuration = intent->configuration;
    if (consent->instruction.n > 0) {
        struct wire_instruction instruction;
        SG_TRY(wire_instruction_parse(consent->instruction, &instruction));
        look->claims_hash = instruction.claims_hash;
    }
    const struct peer_key *key;
    if (sg_ok(peer_key_by_thumbprint(look->task.flow->registry, intent->key.p, &key))) {
        for (size_t i = 0; i < key->n_chain; i++) {
            look->bundle.chain[i] = key->chain[i];
        }
        look->bundle.n_chain = key->n_chain;
    }
    const struct peer_client *client;
    if (sg_ok(peer_client_get(look->task.flow->registry, intent->requester, &client))) {
        look->bundle.client_spki = client->spki;
    }
    return SG_DONE;
}

static sg_result
make_bundle(struct lookup *look, sg_bytes *ret)
{
    sg_bytes note;
    struct tlog_vkey vkey;
    sg_result r = flow_log_read(
        look->task.flow, look->arena, SG_LIT("checkpoint"), TLOG_CHECKPOINT_MAX, &note);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, PENDING);
    SG_TRY(r);
    SG_TRY(read_vkey(look, &look->bundle.log_vkey));
    SG_TRY(tlog_vkey_parse(look->arena, look->bundle.log_vkey, &vkey));
    SG_TRY(tlog_checkpoint_open(look->arena, sg_bytes_str(note), &vkey, &look->checkpoint));
    SG_REQUIRE(look->outcome_seq < look->checkpoint.size, PENDING);
    look->bundle.origin = look->checkpoint.origin;
    SG_TRY(prove(look, look->bundle.consent.seq, sg_bytes_str(note), &look->bundle.consent_proof));
    SG_TRY(prove(look, look->outcome_seq, sg_bytes_str(note), &look->bundle.outcome_proof));
    SG_TRY(read_registry(look));
    if (look->object.n > 0) {
        SG_TRY(read_openings(look));
    }
    sg_str text;
    SG_TRY(evid_bundle_write(look->arena, &look->bundle, &text));
    *ret = sg_str_bytes(text);
    return SG_DONE;
}

static void
bundle_run(struct flow_task *task)
{
    struct lookup *look = (struct lookup *)(void *)task;
    sg_bytes bundle = SG_NO_BYTES;
    sg_result r = make_bundle(look, &bundle);
    finish(look, r, bundle);
}

/* ---- the records --------------------------------------------------------------------------------------------------- */

static sg_result
take_record(struct lookup *look, const struct wire_frame *frame, struct evid_record *ret,
    uint64_t *ret_outcome)
{
    struct wire_record_read_reply reply;
    SG_TRY(wire_record_read_reply_parse(frame->body, &reply));
    ret->seq = reply.seq;
    *ret_outcome = reply.outcome_seq;
    SG_TRY(sg_arena_bytes(look->arena, reply.entry, &ret->entry));
    SG_TRY(sg_arena_bytes(look->arena, reply.blind, &ret->blind));
    return sg_arena_bytes(look->arena, reply.body, &ret->body);
}

static void
outcome_read(void *context, sg_result r, const struct wire_frame *frame)
{
    struct lookup *look = context;
    uint64_t none;
    if (sg_ok(r)) {
        r = take_record(look, frame, &look->bundle.outcome, &none);
    }
    if (!sg_ok(r)) {
        finish(look, r, SG_NO_BYTES);
        return;
    }
    flow_later(look->task.flow, &look->task);
}

static void
ask(struct lookup *look, const struct wire_record_read *msg, peer_done done)
{
    struct flow *flow = look->task.flow;
    uint64_t id = peer_next_id(flow->signer);
    struct sg_buf buf = sg_buf_new(look->arena, 128, 1024);
    sg_bytes frame;
    wire_record_read_encode(&buf, id, msg);
    sg_result r = sg_buf_end(&buf, &frame);
    if (!sg_ok(r)) {
        finish(look, r, SG_NO_BYTES);
        return;
    }
    peer_ask(flow->signer, id, frame, flow->settings.signer_timeout_ms, done, look);
}

static void
consent_read(void *context, sg_result r, const struct wire_frame *frame)
{
    struct lookup *look = context;
    if (sg_ok(r)) {
        r = take_record(look, frame, &look->bundle.consent, &look->outcome_seq);
    }
    if (sg_ok(r) && look->outcome_seq == 0) {
        r = SG_ERROR(PENDING);
    }
    if (!sg_ok(r)) {
        finish(look, r, SG_NO_BYTES);
        return;
    }
    ask(look, &(struct wire_record_read){ .seq = look->outcome_seq }, outcome_read);
}

void
flow_lookup(struct flow *flow, struct sg_arena *arena, const uint8_t signature_hash[32],
    sg_str object, flow_lookup_fn done, void *context)
{
    struct lookup *look = SG_NEW(arena, struct lookup);
    if (look == NULL) {
        done(context, SG_ERROR(NO_MEMORY), SG_NO_BYTES);
        return;
    }
    look->task.run = bundle_run;
    look->task.flow = flow;
    look->arena = arena;
    look->object = object;
    look->done = done;
    look->context = context;
    memcpy(look->signature_hash, signature_hash, 32);
    ask(look, &(struct wire_record_read){ .signature_hash = SG_BYTES(look->signature_hash) },
        consent_read);
}

sg_result
flow_lookup_hash(struct sg_arena *arena, sg_str text, uint8_t ret[32])
{
    struct object object;
    SG_TRY(object_take(arena, sg_str_bytes(text), &object));
    wire_signature_hash(object.signature, ret);
    return SG_DONE;
}
