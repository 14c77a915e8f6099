/* Proof values of ecdsa-sd-2023 (DI-ECDSA 3.5.2, 3.5.3, 3.5.7, 3.5.8): a literal header and one CBOR array. */
#include "dcbor.h"
#include "di_sd.h"
#include "sg_text.h"

#define HEADER_LEN ((size_t)3)
static const uint8_t header_base[HEADER_LEN] = { 0xd9, 0x5d, 0x00 };
static const uint8_t header_derived[HEADER_LEN] = { 0xd9, 0x5d, 0x01 };

/* ---- reading ------------------------------------------------------------------------------------------- */

/* Memory for as many as the array claims: the claim is bounded, and each takes at least a byte of input. */
static void *
room(struct sg_arena *arena, struct dcbor_rd *rd, size_t size)
{
    void *p = sg_arena_array(arena, (size_t)dcbor_rd_left(rd) + 1, size);
    if (p == NULL) {
        dcbor_rd_fail(rd, SG_E_NO_MEMORY);
    }
    return p;
}

static void
read_signatures(struct sg_arena *arena, struct dcbor_rd *rd, struct di_sd_value *value)
{
    struct dcbor_rd list = dcbor_rd_next_array(rd, DI_SIGNATURES_MAX);
    sg_bytes *out = room(arena, &list, sizeof(*out));
    while (out != NULL && dcbor_rd_left(&list) > 0) {
        out[value->n_signatures++] =
            dcbor_rd_next_bytes(&list, DI_SD_SIGNATURE_LEN, DI_SD_SIGNATURE_LEN);
    }
    value->signatures = out;
    dcbor_rd_close(&list);
}

static void
read_pointers(struct sg_arena *arena, struct dcbor_rd *rd, struct di_sd_value *value)
{
    struct dcbor_rd list = dcbor_rd_next_array(rd, DI_POINTERS_MAX);
    sg_str *out = room(arena, &list, sizeof(*out));
    while (out != NULL && dcbor_rd_left(&list) > 0) {
        out[value->n_pointers++] = dcbor_rd_next_text(&list, 0, DI_SD_POINTER_MAX);
    }
    value->pointers = out;
    dcbor_rd_close(&list);
}

/* { 0: HMAC of c14n0, 1: ... }: every label of the document, so the keys have no gaps. */
static void
read_labels(struct sg_arena *arena, struct dcbor_rd *rd, struct di_sd_value *value)
{
    struct dcbor_rd map = dcbor_rd_next_map(rd, DI_SIGNATURES_MAX);
    sg_bytes *out = room(arena, &map, sizeof(*out));
    while (out != NULL && dcbor_rd_left(&map) > 0) {
        size_t i = value->n_labels++;
        out[i] = dcbor_rd_bytes(&map, i, DI_SD_HMAC_LEN, DI_SD_HMAC_LEN);
    }
    value->labels = out;
    dcbor_rd_close(&map);
}

static void
read_indexes(struct sg_arena *arena, struct dcbor_rd *rd, struct di_sd_value *value)
{
    struct dcbor_rd list = dcbor_rd_next_array(rd, RDF_QUADS_MAX);
    size_t *out = room(arena, &list, sizeof(*out));
    while (out != NULL && dcbor_rd_left(&list) > 0) {
        size_t i = value->n_mandatory_indexes++;
        out[i] = (size_t)dcbor_rd_next_uint(&list, RDF_QUADS_MAX);
        if (i > 0 && out[i] <= out[i - 1]) {
            dcbor_rd_fail(&list, SG_E_MALFORMED);
        }
    }
    value->mandatory_indexes = out;
    dcbor_rd_close(&list);
}

static sg_result
read_value(struct sg_arena *arena, sg_bytes cbor, struct di_sd_value *value)
{
    struct dcbor_rd rd = dcbor_rd_array(cbor);
    value->base_signature = dcbor_rd_next_bytes(&rd, DI_SD_SIGNATURE_LEN, DI_SD_SIGNATURE_LEN);
    value->public_key = dcbor_rd_next_bytes(&rd, MULTIKEY_P256_LEN, MULTIKEY_P256_LEN);
    if (!value->derived) {
        value->hmac_key = dcbor_rd_next_bytes(&rd, DI_SD_HMAC_LEN, DI_SD_HMAC_LEN);
    }
    read_signatures(arena, &rd, value);
    if (value->derived) {
        read_labels(arena, &rd, value);
        read_indexes(arena, &rd, value);
    } else {
        read_pointers(arena, &rd, value);
    }
    return dcbor_rd_end(&rd);
}

sg_result
di_sd_decode(struct sg_arena *arena, sg_str text, struct di_sd_value *ret)
{
    struct di_sd_value value = { 0 };
    sg_bytes bytes;
    SG_REQUIRE(text.n > 1 && text.p[0] == MULTIBASE_BASE64URL, PROOF_VALUE);
    SG_REQUIRE(text.n <= DI_SD_VALUE_MAX / 3 * 4, PROOF_VALUE);
    sg_result r = sg_b64url_decode(arena, sg_str_slice(text, 1, text.n), &bytes);
    if (sg_ok(r)) {
        SG_REQUIRE(bytes.n > HEADER_LEN, PROOF_VALUE);
        value.derived = memcmp(bytes.p, header_derived, HEADER_LEN) == 0;
        SG_REQUIRE(value.derived || memcmp(bytes.p, header_base, HEADER_LEN) == 0, PROOF_VALUE);
        r = read_value(arena, sg_bytes_slice(bytes, HEADER_LEN, bytes.n), &value);
    }
    if (!sg_ok(r)) {
        return r.code == SG_E_NO_MEMORY ? r : SG_ERROR(PROOF_VALUE);
    }
    *ret = value;
    return SG_DONE;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static void
put_tail(struct sg_buf *buf, const struct di_sd_value *value)
{
    if (!value->derived) {
        dcbor_wr_array(buf, value->n_pointers);
        for (size_t i = 0; i < value->n_pointers; i++) {
            dcbor_wr_text(buf, value->pointers[i]);
        }
        return;
    }
    dcbor_wr_map(buf, value->n_labels);
    for (size_t i = 0; i < value->n_labels; i++) {
        dcbor_wr_key_bytes(buf, i, value->labels[i]);
    }
    dcbor_wr_array(buf, value->n_mandatory_indexes);
    for (size_t i = 0; i < value->n_mandatory_indexes; i++) {
        dcbor_wr_uint(buf, value->mandatory_indexes[i]);
    }
}

sg_result
di_sd_encode(struct sg_arena *arena, const struct di_sd_value *value, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, 256 + 70 * value->n_signatures, DI_SD_VALUE_MAX);
    sg_buf_put(&buf, value->derived ? SG_BYTES(header_derived) : SG_BYTES(header_base));
    dcbor_wr_array(&buf, 5);
    dcbor_wr_bytes(&buf, value->base_signature);
    dcbor_wr_bytes(&buf, value->public_key);
    if (!value->derived) {
        dcbor_wr_bytes(&buf, value->hmac_key);
    }
    dcbor_wr_array(&buf, value->n_signatures);
    for (size_t i = 0; i < value->n_signatures; i++) {
        dcbor_wr_bytes(&buf, value->signatures[i]);
    }
    put_tail(&buf, value);
    sg_bytes bytes;
    SG_TRY(sg_buf_end(&buf, &bytes));
    return multibase_encode(arena, MULTIBASE_BASE64URL, bytes, ret);
}
