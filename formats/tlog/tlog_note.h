/* C2SP signed-note, tlog-checkpoint and tlog-proof texts. Signing is the caller's (the log key lives in the HSM). */
#ifndef TLOG_NOTE_H
#define TLOG_NOTE_H

#include "sg_text.h"
#include "tlog_tree.h"

#define TLOG_ED25519_LEN 32
#define TLOG_SIG_LEN 64
#define TLOG_NOTE_SIGS_MAX 16
#define TLOG_CHECKPOINT_MAX 8192

/* A verifier key "name+hex8+base64(01||pub)" (Ed25519). `name` borrows from the text. */
struct tlog_vkey {
    sg_str name;
    uint8_t id[4];
    uint8_t key[TLOG_ED25519_LEN];
};
SG_CHECKED sg_result tlog_vkey_parse(struct sg_arena *arena, sg_str text, struct tlog_vkey *ret);
SG_CHECKED sg_result tlog_vkey_format(
    struct sg_arena *arena, sg_str name, const uint8_t key[TLOG_ED25519_LEN], sg_str *ret);

struct tlog_checkpoint {
    sg_str origin;
    uint64_t size;
    struct tlog_hash root;
};
/* The note text (three lines) that the log key signs. */
SG_CHECKED sg_result tlog_checkpoint_text(
    struct sg_arena *arena, const struct tlog_checkpoint *cp, sg_str *ret);
/* text || LF || signature line. */
SG_CHECKED sg_result tlog_note_attach(struct sg_arena *arena, sg_str text,
    const struct tlog_vkey *key, const uint8_t sig[TLOG_SIG_LEN], sg_str *ret);
/* Parse a signed checkpoint and require a valid signature of `key`. Strict about every byte. SG_E_MALFORMED, SG_E_SIGNATURE. */
SG_CHECKED sg_result tlog_checkpoint_open(
    struct sg_arena *arena, sg_str note, const struct tlog_vkey *key, struct tlog_checkpoint *ret);

/* c2sp.org/tlog-proof@v1, both ways. */
struct tlog_proof {
    uint64_t index;
    struct tlog_hash path[TLOG_PATH_MAX];
    size_t n_path;
    sg_str checkpoint; /* the signed note */
};
SG_CHECKED sg_result tlog_proof_write(
    struct sg_arena *arena, const struct tlog_proof *proof, sg_str *ret);
SG_CHECKED sg_result tlog_proof_parse(struct sg_arena *arena, sg_str text, struct tlog_proof *ret);

#endif
