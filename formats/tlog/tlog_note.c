#include "tlog_note.h"

#include <sodium.h>

#include "sg_buf.h"

#define SIG_TYPE_ED25519 1
#define KEY_ID_LEN 4
#define DASH "\xE2\x80\x94 " /* U+2014 and a blank begin a signature line */
#define DASH_LEN 4
#define HASH_LINE 44 /* base64 of 32 bytes */
#define NAME_MAX_LEN 255

static const char PROOF_HEAD[] = "c2sp.org/tlog-proof@v1";

/* ---- keys and names ------------------------------------------------------------------------------ */

/* Key names: no white space as Unicode has it, no plus sign (signed-note, "Format"). The text is valid UTF-8. */
static bool
name_valid(sg_str name)
{
    static const char *const spaces[] = { "\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80" };
    if (name.n == 0 || name.n > NAME_MAX_LEN || !sg_utf8_valid(name)) {
        return false;
    }
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = (uint8_t)name.p[i];
        sg_str rest = sg_str_slice(name, i, name.n);
        if (c <= 0x20 || c == 0x7F || c == '+') {
            return false;
        }
        for (size_t j = 0; j < sizeof(spaces) / sizeof(spaces[0]); j++) {
            if (sg_str_starts(rest, spaces[j])) {
                return false;
            }
        }
        if (sg_str_starts(rest, "\xE2\x80") && rest.n > 2 && (uint8_t)rest.p[2] <= 0x8A) {
            return false; /* U+2000..U+200A */
        }
    }
    return true;
}

static void
key_id(sg_str name, const uint8_t key[TLOG_ED25519_LEN], uint8_t ret[KEY_ID_LEN])
{
    static const uint8_t mark[2] = { '\n', SIG_TYPE_ED25519 };
    const sg_bytes parts[] = { sg_str_bytes(name), SG_BYTES(mark),
        sg_bytes_of(key, TLOG_ED25519_LEN) };
    uint8_t h[SG_SHA256_LEN];
    sg_sha256_parts(parts, 3, h);
    memcpy(ret, h, KEY_ID_LEN);
}

sg_result
tlog_vkey_parse(struct sg_arena *arena, sg_str text, struct tlog_vkey *ret)
{
    struct tlog_vkey key;
    size_t first = sg_str_index(text, '+', 0);
    size_t second = sg_str_index(text, '+', first + 1); /* base64 may hold more of them */
    SG_REQUIRE(second < text.n, MALFORMED);
    key.name = sg_str_slice(text, 0, first);
    SG_REQUIRE(name_valid(key.name), MALFORMED);
    SG_REQUIRE(sg_ok(sg_hex_decode_to(
                   sg_str_slice(text, first + 1, second - first - 1), key.id, KEY_ID_LEN)),
        MALFORMED);
    sg_bytes raw;
    sg_result decoded = sg_b64_decode(arena, sg_str_slice(text, second + 1, text.n), &raw);
    SG_REQUIRE(decoded.code != SG_E_NO_MEMORY, NO_MEMORY);
    SG_REQUIRE(sg_ok(decoded) && raw.n >= 1, MALFORMED);
    SG_REQUIRE(raw.p[0] == SIG_TYPE_ED25519, ALGORITHM);
    SG_REQUIRE(raw.n == 1 + TLOG_ED25519_LEN, MALFORMED);
    memcpy(key.key, raw.p + 1, TLOG_ED25519_LEN);
    uint8_t id[KEY_ID_LEN];
    key_id(key.name, key.key, id);
    SG_REQUIRE(memcmp(id, key.id, KEY_ID_LEN) == 0, MALFORMED);
    *ret = key;
    return SG_DONE;
}

sg_result
tlog_vkey_format(
    struct sg_arena *arena, sg_str name, const uint8_t key[TLOG_ED25519_LEN], sg_str *ret)
{
    SG_REQUIRE(name_valid(name), VALUE);
    uint8_t id[KEY_ID_LEN];
    uint8_t raw[1 + TLOG_ED25519_LEN] = { SIG_TYPE_ED25519 };
    char hex[2 * KEY_ID_LEN];
    key_id(name, key, id);
    memcpy(raw + 1, key, TLOG_ED25519_LEN);
    sg_hex_to(SG_BYTES(id), hex);
    struct sg_buf buf = sg_buf_new(arena, 128, TLOG_CHECKPOINT_MAX);
    sg_buf_put_str(&buf, name);
    sg_buf_put_byte(&buf, '+');
    sg_buf_put_str(&buf, sg_str_of(hex, sizeof(hex)));
    sg_buf_put_byte(&buf, '+');
    sg_b64_put(&buf, SG_BYTES(raw));
    return sg_buf_end_str(&buf, ret);
}

/* ---- writing ------------------------------------------------------------------------------------- */

sg_result
tlog_checkpoint_text(struct sg_arena *arena, const struct tlog_checkpoint *cp, sg_str *ret)
{
    SG_REQUIRE(name_valid(cp->origin), VALUE);
    struct sg_buf buf = sg_buf_new(arena, 128, TLOG_CHECKPOINT_MAX);
    sg_buf_put_str(&buf, cp->origin);
    sg_buf_put_byte(&buf, '\n');
    sg_buf_put_u64(&buf, cp->size);
    sg_buf_put_byte(&buf, '\n');
    sg_b64_put(&buf, SG_BYTES(cp->root.b));
    sg_buf_put_byte(&buf, '\n');
    return sg_buf_end_str(&buf, ret);
}

sg_result
tlog_note_attach(struct sg_arena *arena, sg_str text, const struct tlog_vkey *key,
    const uint8_t sig[TLOG_SIG_LEN], sg_str *ret)
{
    SG_REQUIRE(text.n > 0 && text.p[text.n - 1] == '\n', VALUE);
    uint8_t raw[KEY_ID_LEN + TLOG_SIG_LEN];
    memcpy(raw, key->id, KEY_ID_LEN);
    memcpy(raw + KEY_ID_LEN, sig, TLOG_SIG_LEN);
    struct sg_buf buf = sg_buf_new(arena, text.n + 256, TLOG_CHECKPOINT_MAX);
    sg_buf_put_str(&buf, text);
    sg_buf_put_cstr(&buf, "\n" DASH);
    sg_buf_put_str(&buf, key->name);
    sg_buf_put_byte(&buf, ' ');
    sg_b64_put(&buf, SG_BYTES(raw));
    sg_buf_put_byte(&buf, '\n');
    return sg_buf_end_str(&buf, ret);
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* The next line without its LF. False when there is no LF any more. */
static bool
next_line(sg_str *rest, sg_str *ret)
{
    size_t end = sg_str_index(*rest, '\n', 0);
    if (end == rest->n) {
        return false;
    }
    *ret = sg_str_slice(*rest, 0, end);
    *rest = sg_str_slice(*rest, end + 1, rest->n);
    return true;
}

/* Note text and signature lines: parted by the last empty line, which belongs to neither. */
static sg_result
note_split(sg_str note, sg_str *ret_text, sg_str *ret_sigs)
{
    SG_REQUIRE(note.n <= TLOG_CHECKPOINT_MAX && sg_utf8_valid(note), MALFORMED);
    for (size_t i = 0; i < note.n; i++) {
        SG_REQUIRE((uint8_t)note.p[i] >= 0x20 || note.p[i] == '\n', MALFORMED);
    }
    SG_REQUIRE(note.n >= 2 && note.p[note.n - 1] == '\n', MALFORMED);
    size_t at = note.n - 1;
    while (at > 0 && !(note.p[at] == '\n' && note.p[at - 1] == '\n')) {
        at--;
    }
    SG_REQUIRE(at > 0, MALFORMED);
    *ret_text = sg_str_slice(note, 0, at);
    *ret_sigs = sg_str_slice(note, at + 1, note.n);
    SG_REQUIRE(ret_sigs->n > 0, MALFORMED);
    return SG_DONE;
}

/* One signature line. Foreign names and ids are passed over; ours must hold. */
static sg_result
signature_check(
    struct sg_arena *arena, sg_str line, sg_str text, const struct tlog_vkey *key, bool *found)
{
    SG_REQUIRE(sg_str_starts(line, DASH), MALFORMED);
    sg_str rest = sg_str_slice(line, DASH_LEN, line.n);
    size_t blank = sg_str_index(rest, ' ', 0);
    sg_str name = sg_str_slice(rest, 0, blank);
    SG_REQUIRE(blank < rest.n && name_valid(name), MALFORMED);
    sg_bytes raw;
    sg_result decoded = sg_b64_decode(arena, sg_str_slice(rest, blank + 1, rest.n), &raw);
    SG_REQUIRE(decoded.code != SG_E_NO_MEMORY, NO_MEMORY);
    SG_REQUIRE(sg_ok(decoded) && raw.n > KEY_ID_LEN, MALFORMED);
    if (!sg_str_equal(name, key->name) || memcmp(raw.p, key->id, KEY_ID_LEN) != 0) {
        return SG_DONE;
    }
    SG_REQUIRE(raw.n == KEY_ID_LEN + TLOG_SIG_LEN, SIGNATURE);
    SG_REQUIRE(crypto_sign_verify_detached(
                   raw.p + KEY_ID_LEN, (const uint8_t *)text.p, text.n, key->key) == 0,
        SIGNATURE);
    *found = true;
    return SG_DONE;
}

/* A hash in standard base64, nothing else on the line. */
static sg_result
hash_parse(struct sg_arena *arena, sg_str line, struct tlog_hash *ret)
{
    SG_REQUIRE(line.n == HASH_LINE, MALFORMED);
    sg_bytes raw;
    sg_result decoded = sg_b64_decode(arena, line, &raw);
    SG_REQUIRE(decoded.code != SG_E_NO_MEMORY, NO_MEMORY);
    SG_REQUIRE(sg_ok(decoded) && raw.n == TLOG_HASH_LEN, MALFORMED);
    memcpy(ret->b, raw.p, TLOG_HASH_LEN);
    return SG_DONE;
}

/* Origin, size, root; then extension lines, which are never empty and mean nothing to us. */
static sg_result
text_parse(struct sg_arena *arena, sg_str text, struct tlog_checkpoint *ret)
{
    sg_str size;
    sg_str root;
    sg_str extension;
    SG_REQUIRE(next_line(&text, &ret->origin) && ret->origin.n > 0, MALFORMED);
    SG_REQUIRE(next_line(&text, &size) && sg_ok(sg_u64_parse(size, &ret->size)), MALFORMED);
    SG_REQUIRE(next_line(&text, &root), MALFORMED);
    SG_TRY(hash_parse(arena, root, &ret->root));
    while (text.n > 0) {
        SG_REQUIRE(next_line(&text, &extension) && extension.n > 0, MALFORMED);
    }
    return SG_DONE;
}

sg_result
tlog_checkpoint_open(
    struct sg_arena *arena, sg_str note, const struct tlog_vkey *key, struct tlog_checkpoint *ret)
{
    sg_str text;
    sg_str sigs;
    sg_str line;
    struct tlog_checkpoint cp;
    SG_TRY(note_split(note, &text, &sigs));
    SG_TRY(text_parse(arena, text, &cp));

    bool found = false;
    size_t count = 0;
    while (next_line(&sigs, &line)) {
        SG_REQUIRE(++count <= TLOG_NOTE_SIGS_MAX, MALFORMED);
        SG_TRY(signature_check(arena, line, text, key, &found));
    }
    SG_REQUIRE(found, SIGNATURE);
    SG_REQUIRE(
        sg_str_equal(cp.origin, key->name), SIGNATURE); /* another log's text under our key */
    *ret = cp;
    return SG_DONE;
}

/* ---- tlog-proof ---------------------------------------------------------------------------------- */

sg_result
tlog_proof_write(struct sg_arena *arena, const struct tlog_proof *proof, sg_str *ret)
{
    SG_REQUIRE(proof->n_path < TLOG_PATH_MAX, VALUE); /* the format's 0..63 */
    struct sg_buf buf =
        sg_buf_new(arena, 64 + 45 * proof->n_path + proof->checkpoint.n, 2 * TLOG_CHECKPOINT_MAX);
    sg_buf_put_cstr(&buf, PROOF_HEAD);
    sg_buf_put_cstr(&buf, "\nindex ");
    sg_buf_put_u64(&buf, proof->index);
    sg_buf_put_byte(&buf, '\n');
    for (size_t i = 0; i < proof->n_path; i++) {
        sg_b64_put(&buf, SG_BYTES(proof->path[i].b));
        sg_buf_put_byte(&buf, '\n');
    }
    sg_buf_put_byte(&buf, '\n');
    sg_buf_put_str(&buf, proof->checkpoint);
    return sg_buf_end_str(&buf, ret);
}

sg_result
tlog_proof_parse(struct sg_arena *arena, sg_str text, struct tlog_proof *ret)
{
    SG_REQUIRE(text.n <= 2 * TLOG_CHECKPOINT_MAX, MALFORMED);
    sg_str line;
    SG_REQUIRE(next_line(&text, &line) && sg_str_is(line, PROOF_HEAD), MALFORMED);
    SG_REQUIRE(next_line(&text, &line), MALFORMED);
    if (sg_str_starts(line, "extra ")) {
        sg_bytes extra; /* not authenticated: looked at for its form alone */
        sg_result decoded = sg_b64_decode(arena, sg_str_slice(line, 6, line.n), &extra);
        SG_REQUIRE(decoded.code != SG_E_NO_MEMORY, NO_MEMORY);
        SG_REQUIRE(sg_ok(decoded) && next_line(&text, &line), MALFORMED);
    }
    struct tlog_proof proof;
    SG_REQUIRE(sg_str_starts(line, "index ") &&
                   sg_ok(sg_u64_parse(sg_str_slice(line, 6, line.n), &proof.index)),
        MALFORMED);
    proof.n_path = 0;
    SG_REQUIRE(next_line(&text, &line), MALFORMED);
    while (line.n > 0) {
        SG_REQUIRE(proof.n_path < TLOG_PATH_MAX - 1, MALFORMED);
        SG_TRY(hash_parse(arena, line, &proof.path[proof.n_path]));
        proof.n_path++;
        SG_REQUIRE(next_line(&text, &line), MALFORMED);
    }
    SG_REQUIRE(text.n > 0 && text.n <= TLOG_CHECKPOINT_MAX, MALFORMED);
    proof.checkpoint = text;
    *ret = proof;
    return SG_DONE;
}
