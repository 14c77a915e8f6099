/*
 * Evidence of a signature (req: EV-2): records from the signer, proofs from the tiles that its publisher wrote, one bundle for offline
 * checking. An object is asked about with all its signatures, one after the other: a presentation's own comes first, its credentials' follow where
 * they are ours.
 */
#include "flow_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consent.h"
#include "evid_bundle.h"
#include "object.h"
#include "sg_text.h"
#include "store_holder.h"
#include "tlog_tile.h"

#define TILES_MAX 64 /* of one look-up: two proofs through at most eight levels, and some room */
#define VKEY_MAX 1024
#define CRL_MAX ((size_t)256 * 1024)
#define WANTED_MAX (EVID_FURTHER_MAX + 1)

struct tile {
    unsigned level;
    uint64_t n;
    sg_bytes hashes;
};

/* One signature that is asked about, and what the asker knows of it. */
struct wanted {
    uint8_t hash[32];
    sg_str audience; /* empty: not known */
    sg_str nonce;
};

struct lookup {
    struct flow_task task;
    struct sg_arena *arena;
    struct wanted wanted[WANTED_MAX];
    size_t n_wanted;
    size_t at;            /* which of them is under way */
    sg_str object;        /* what the asker holds; empty: nothing */
    sg_str configuration; /* of the intent */
    sg_bytes claims_hash; /* of the instruction; empty: none */
    uint64_t outcome_seq;
    struct evid_bundle bundle; /* of the one under way */
    struct evid_bundle found;  /* of the first that was found; the others are in its `further` */
    bool any;
    const uint8_t *person; /* who asks for their own; NULL: nobody */
    uint64_t own_seq;      /* of the consent they ask about */
    uint8_t owner[STORE_PERSON_LEN];
    bool opened;   /* the one under way: asked for what is closed in it, or not to be asked */
    sg_bytes note; /* checkpoint, read once for all */
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
        look->task.flow->store, look->wanted[look->at].hash, look->arena, &row);
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

static bool
open_if_known(
    struct lookup *look, const char *field, const struct consent_opening *opening, sg_str known)
{
    if (!opening->present || known.n == 0 || !sg_bytes_equal(opening->value, sg_str_bytes(known)) ||
        look->bundle.n_openings == EVID_OPENINGS_MAX) {
        return false;
    }
    uint8_t *salt = sg_arena_alloc(look->arena, sizeof(opening->salt));
    if (salt == NULL) {
        return false;
    }
    memcpy(salt, opening->salt, sizeof(opening->salt));
    look->bundle.openings[look->bundle.n_openings++] = (struct evid_opening){ sg_cstr(field),
        sg_bytes_of(salt, sizeof(opening->salt)), opening->value };
    return true;
}

/* The text says nothing that its hash in the closed part does not stand for. */
static void
open_text(struct lookup *look, sg_str text)
{
    static const uint8_t no_salt[FLOW_SALT_LEN];
    if (text.n > 0 && look->bundle.n_openings < EVID_OPENINGS_MAX) {
        look->bundle.openings[look->bundle.n_openings++] =
            (struct evid_opening){ SG_LIT("text"), SG_BYTES(no_salt), sg_str_bytes(text) };
    }
}

/* To the person: what the commitments are to. */
static void
open_own(struct lookup *look, const struct consent_openings *openings, sg_str text)
{
    (void)open_if_known(
        look, "audience", &openings->audience, sg_bytes_str(openings->audience.value));
    (void)open_if_known(look, "nonce", &openings->nonce, sg_bytes_str(openings->nonce.value));
    open_text(look, text);
}

/*
 * Of a person's consent: audience and nonce, each to whoever knows it already, by the presentation itself or by saying it. What else the person read (purposes,
 * other credentials of the same answer) stays theirs, and so does who they are.
 */
static sg_result
read_persons_openings(struct lookup *look)
{
    const struct wanted *w = &look->wanted[look->at];
    struct store_consent row;
    struct consent_openings *openings = SG_NEW(look->arena, struct consent_openings);
    SG_REQUIRE(openings != NULL, NO_MEMORY);
    sg_result r = store_consent_get(
        look->task.flow->store, look->bundle.consent.seq, look->arena, NULL, &row);
    if (r.code == SG_E_NOT_FOUND) {
        return SG_DONE; /* the person is erased: what stays says nothing of them (EV-4) */
    }
    SG_TRY(r);
    if (!sg_ok(consent_openings_parse(look->arena, row.openings, NULL, openings))) {
        return SG_DONE;
    }
    if (look->person != NULL) {
        open_own(look, openings, row.text);
    } else {
        (void)open_if_known(look, "audience", &openings->audience, w->audience);
        (void)open_if_known(look, "nonce", &openings->nonce, w->nonce);
    }
    return SG_DONE;
}

static const char *
state_word(uint64_t kind)
{
    switch ((enum wire_outcome_kind)kind) {
    case WIRE_OUT_SIGNED:
        return "signed";
    case WIRE_OUT_FAILED:
        return "failed";
    case WIRE_OUT_UNKNOWN:
        return "unknown";
    case WIRE_OUT_WITHHELD:
        return "withheld";
    }
    return "unknown";
}

/*
 * Who has a hash and not the presentation learns that there is such a record and what became of it: whose passkey it was, which statuses were asked and
 * what else was signed with it could be put together with other records of the same person.
 */
static sg_result
keep_to_state(struct lookup *look)
{
    struct wire_outcome *outcome = SG_NEW(look->arena, struct wire_outcome);
    SG_REQUIRE(outcome != NULL, NO_MEMORY);
    struct evid_bundle *b = &look->bundle;
    if (b->outcome.body.n > 0) {
        SG_TRY(wire_outcome_parse(b->outcome.body, outcome));
        b->state = sg_cstr(state_word(outcome->kind));
    }
    b->consent.blind = b->consent.body = SG_NO_BYTES;
    b->outcome.blind = b->outcome.body = SG_NO_BYTES;
    b->first = (struct evid_record){ .seq = 0 };
    b->first_proof = SG_NO_STR;
    return SG_DONE;
}

/* Certificates of the key and the public key of the client, as the registry has them now; openings for who holds the object. */
static sg_result
read_entitled(struct lookup *look)
{
    struct wire_consent *consent = SG_NEW(look->arena, struct wire_consent);
    struct wire_intent *intent = SG_NEW(look->arena, struct wire_intent);
    SG_REQUIRE(consent != NULL && intent != NULL, NO_MEMORY);
    if (look->bundle.consent.body.n == 0) {
        return SG_DONE; /* erased by policy (EV-4) */
    }
    SG_TRY(wire_consent_parse(look->bundle.consent.body, consent));
    SG_TRY(wire_intent_parse(consent->intent, intent));
    if (consent->activation == WIRE_ACT_PASSKEY) {
        bool entitled = look->object.n > 0 || look->person != NULL;
        return entitled ? read_persons_openings(look) : keep_to_state(look);
    }
    look->configuration = intent->configuration;
    look->claims_hash = SG_NO_BYTES;
    if (consent->instruction.n > 0) {
        struct wire_instruction instruction;
        SG_TRY(wire_instruction_parse(consent->instruction, &instruction));
        look->claims_hash = instruction.claims_hash;
    }
    const struct peer_key *key;
    if (sg_ok(peer_key_by_thumbprint(look->task.flow->registry, intent->key.p, &key))) {
        for (size_t i = 0; i < key->n_chain; i++) { /* copies: the bundle is written later */
            SG_TRY(sg_arena_bytes(look->arena, key->chain[i], &look->bundle.chain[i]));
        }
        look->bundle.n_chain = key->n_chain;
    }
    const struct peer_client *client;
    if (sg_ok(peer_client_get(look->task.flow->registry, intent->requester, &client))) {
        SG_TRY(sg_arena_bytes(look->arena, client->spki, &look->bundle.client_spki));
    }
    return look->object.n > 0 ? read_openings(look) : SG_DONE;
}

static sg_result
read_checkpoint(struct lookup *look)
{
    struct tlog_vkey vkey;
    if (look->note.n > 0) {
        return SG_DONE;
    }
    sg_result r = flow_log_read(
        look->task.flow, look->arena, SG_LIT("checkpoint"), TLOG_CHECKPOINT_MAX, &look->note);
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, PENDING);
    SG_TRY(r);
    SG_TRY(read_vkey(look, &look->found.log_vkey));
    SG_TRY(tlog_vkey_parse(look->arena, look->found.log_vkey, &vkey));
    return tlog_checkpoint_open(look->arena, sg_bytes_str(look->note), &vkey, &look->checkpoint);
}

static sg_result
make_bundle(struct lookup *look)
{
    struct evid_bundle *b = &look->bundle;
    sg_str note;
    SG_TRY(read_checkpoint(look));
    SG_REQUIRE(look->outcome_seq < look->checkpoint.size, PENDING);
    note = sg_bytes_str(look->note);
    b->log_vkey = look->found.log_vkey;
    b->origin = look->checkpoint.origin;
    SG_TRY(prove(look, b->consent.seq, note, &b->consent_proof));
    SG_TRY(prove(look, look->outcome_seq, note, &b->outcome_proof));
    if (b->first.entry.n > 0) {
        SG_TRY(prove(look, b->first.seq, note, &b->first_proof));
    }
    return read_entitled(look);
}

/* The first that is found is the bundle; others stand in it. One consent for several signatures is told once. */
static sg_result
keep_bundle(struct lookup *look)
{
    SG_TRY(make_bundle(look));
    if (!look->any) {
        look->found = look->bundle;
        look->any = true;
        return SG_DONE;
    }
    if (look->bundle.consent.seq == look->found.consent.seq ||
        look->found.n_further == EVID_FURTHER_MAX) {
        return SG_DONE;
    }
    return evid_bundle_write(
        look->arena, &look->bundle, &look->found.further[look->found.n_further++]);
}

static void next(struct lookup *look);
static void ask_closed(struct lookup *look);

/*
 * May the asker see what is closed, and whose is it? The person may; a relying party where the settings say so. Once the person is erased here, nobody knows whose it is,
 * and nobody asks.
 */
static bool
wants_closed(struct lookup *look)
{
    struct wire_consent *consent = SG_NEW(look->arena, struct wire_consent);
    struct store_consent row;
    bool shown = look->task.flow->settings.gestures_shown && look->object.n > 0;
    if (look->opened || (look->person == NULL && !shown) || consent == NULL ||
        look->bundle.consent.body.n == 0 ||
        !sg_ok(wire_consent_parse(look->bundle.consent.body, consent)) || consent->closed.n == 0) {
        return false;
    }
    return sg_ok(store_consent_get(
        look->task.flow->store, look->bundle.consent.seq, look->arena, look->owner, &row));
}

static void
bundle_run(struct flow_task *task)
{
    struct lookup *look = (struct lookup *)(void *)task;
    if (wants_closed(look)) {
        look->opened = true;
        ask_closed(look);
        return;
    }
    sg_result r = keep_bundle(look);
    if (!sg_ok(r)) {
        finish(look, r, SG_NO_BYTES);
        return;
    }
    look->at++;
    next(look);
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
    SG_TRY(sg_arena_bytes(look->arena, reply.salt, &ret->salt));
    SG_TRY(sg_arena_bytes(look->arena, reply.closed, &ret->closed));
    return sg_arena_bytes(look->arena, reply.body, &ret->body);
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
first_read(void *context, sg_result r, const struct wire_frame *frame)
{
    struct lookup *look = context;
    uint64_t none;
    if (sg_ok(r)) {
        r = take_record(look, frame, &look->bundle.first, &none);
    }
    if (!sg_ok(r)) {
        finish(look, r, SG_NO_BYTES);
        return;
    }
    flow_later(look->task.flow, &look->task);
}

/* The same records once more, for who may see what is closed in them: the signer gives it to who knows the person. */
static void
consent_opened(void *context, sg_result r, const struct wire_frame *frame)
{
    struct lookup *look = context;
    uint64_t none;
    if (sg_ok(r)) {
        r = take_record(look, frame, &look->bundle.consent, &none);
    }
    if (!sg_ok(r)) {
        finish(look, r, SG_NO_BYTES);
        return;
    }
    if (look->bundle.first.entry.n > 0) {
        ask(look,
            &(struct wire_record_read){
                .seq = look->bundle.first.seq, .person = SG_BYTES(look->owner) },
            first_read);
        return;
    }
    flow_later(look->task.flow, &look->task);
}

static void
ask_closed(struct lookup *look)
{
    ask(look,
        &(struct wire_record_read){
            .seq = look->bundle.consent.seq, .person = SG_BYTES(look->owner) },
        consent_opened);
}

/* Of a later signature on one gesture: the consent that the gesture came with. 0: this one has it, or there is none. */
static uint64_t
first_of(const struct lookup *look)
{
    struct wire_consent *consent = SG_NEW(look->arena, struct wire_consent);
    bool parsed = consent != NULL && look->bundle.consent.body.n > 0 &&
                  sg_ok(wire_consent_parse(look->bundle.consent.body, consent));
    return parsed && consent->activation == WIRE_ACT_PASSKEY ? consent->first_seq : 0;
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
    uint64_t first = first_of(look);
    if (first != 0) {
        ask(look, &(struct wire_record_read){ .seq = first }, first_read);
        return;
    }
    flow_later(look->task.flow, &look->task);
}

static void
consent_read(void *context, sg_result r, const struct wire_frame *frame)
{
    struct lookup *look = context;
    if (r.code == SG_E_NOT_FOUND) { /* of another issuer, or of a key kept elsewhere */
        look->at++;
        next(look);
        return;
    }
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

static void
next(struct lookup *look)
{
    sg_str text = SG_NO_STR;
    if (look->at < look->n_wanted) {
        struct wire_record_read msg = { .seq = look->own_seq };
        if (look->person == NULL) {
            msg.signature_hash = SG_BYTES(look->wanted[look->at].hash);
        }
        look->bundle = (struct evid_bundle){ .n_chain = 0 };
        look->opened = false;
        ask(look, &msg, consent_read);
        return;
    }
    sg_result r =
        look->any ? evid_bundle_write(look->arena, &look->found, &text) : SG_ERROR(NOT_FOUND);
    finish(look, r, sg_str_bytes(text));
}

/* Their own and nobody else's: another's is not there. */
static sg_result
take_own(struct lookup *look, const struct flow_lookup_in *in)
{
    struct store_consent row;
    SG_TRY(
        store_consent_get(look->task.flow->store, in->consent_seq, look->arena, look->owner, &row));
    SG_REQUIRE(memcmp(look->owner, in->person, sizeof(look->owner)) == 0, NOT_FOUND);
    look->person = look->owner;
    look->own_seq = in->consent_seq;
    look->n_wanted = 1;
    return SG_DONE;
}

/* The object's signatures with what it says of audience and nonce; where it says nothing, what the asker says. */
static sg_result
take_wanted(struct lookup *look, const struct flow_lookup_in *in)
{
    if (in->person != NULL) {
        return take_own(look, in);
    }
    if (in->object.n == 0) {
        memcpy(look->wanted[0].hash, in->signature_hash, 32);
        look->n_wanted = 1;
        return SG_DONE;
    }
    struct object_signed *all =
        SG_NEW_ARRAY(look->arena, OBJECT_SIGNATURES_MAX, struct object_signed);
    size_t n = 0;
    SG_REQUIRE(all != NULL, NO_MEMORY);
    SG_TRY(object_take_all(look->arena, sg_str_bytes(in->object), all, &n));
    for (size_t i = 0; i < n && look->n_wanted < WANTED_MAX; i++) {
        struct wanted *w = &look->wanted[look->n_wanted++];
        wire_signature_hash(all[i].object.signature, w->hash);
        if (all[i].role == OBJECT_OF_HOLDER) {
            w->audience = all[i].audience.n > 0 ? all[i].audience : in->audience;
            w->nonce = all[i].nonce.n > 0 ? all[i].nonce : in->nonce;
        }
    }
    return SG_DONE;
}

void
flow_lookup(struct flow *flow, struct sg_arena *arena, const struct flow_lookup_in *in,
    flow_lookup_fn done, void *context)
{
    struct lookup *look = SG_NEW(arena, struct lookup);
    if (look == NULL) {
        done(context, SG_ERROR(NO_MEMORY), SG_NO_BYTES);
        return;
    }
    look->task.run = bundle_run;
    look->task.flow = flow;
    look->arena = arena;
    look->object = in->object;
    look->done = done;
    look->context = context;
    sg_result r = take_wanted(look, in);
    if (!sg_ok(r)) {
        finish(look, r, SG_NO_BYTES);
        return;
    }
    next(look);
}

sg_result
flow_lookup_hash(struct sg_arena *arena, sg_str text, uint8_t ret[32])
{
    struct object_signed *all = SG_NEW_ARRAY(arena, OBJECT_SIGNATURES_MAX, struct object_signed);
    size_t n = 0;
    SG_REQUIRE(all != NULL, NO_MEMORY);
    SG_TRY(object_take_all(arena, sg_str_bytes(text), all, &n));
    wire_signature_hash(all[0].object.signature, ret);
    return SG_DONE;
}
