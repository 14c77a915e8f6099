/*
 * formats/vcdm: what somebody changed on the way does not verify. Each byte of each envelope, each length, each inserted byte; each member of
 * header, payload and disclosure altered, removed, renamed in turn, under the old signature. Every refusal says what did not hold. req: FMT-4
 */
#include "envelope_make.h"

static sg_bytes sealed_as[7]; /* by enum vcdm_envelope */
static struct sg_arena *kept;

static int
setup_all(void **state)
{
    static const struct sdjwt_step name[] = {
        { .kind = SDJWT_STEP_NAME, .name = { "credentialSubject", 17 } },
        { .kind = SDJWT_STEP_NAME, .name = { "name", 4 } },
    };
    static const struct sdjwt_step whole[] = {
        { .kind = SDJWT_STEP_NAME, .name = { "holder", 6 } },
    };
    static const struct sdjwt_path paths[] = { { name, 2 }, { whole, 1 } };
    kept = sg_arena_new(0, (size_t)64 << 20);
    void *arena = kept;
    size_t n;
    const struct vcdm_media *all = vcdm_media_all(&n);
    (void)state;
    issuer = di_test_key_of(kept, JOSE_P256, "issuer");
    for (size_t i = 0; i < n; i++) {
        sg_str document = all[i].presentation ? presentation_of(&arena, &issuer, SG_NO_STR)
                                              : credential_of(&arena, &issuer);
        struct vcdm_seal seal = seal_of(all[i].envelope, &issuer, document);
        seal.iat = NOW;
        if (all[i].family == VCDM_SD_JWT) {
            seal.sd = &paths[all[i].presentation];
            seal.n_sd = 1;
        }
        sealed_as[all[i].envelope] = sealed(&arena, seal, &issuer);
    }
    return 0;
}

static int
free_all(void **state)
{
    (void)state;
    sg_arena_free(&kept);
    return 0;
}

static sg_result
verifying(struct sg_arena *arena, enum vcdm_envelope envelope, sg_bytes text, struct sg_why *why,
    struct vcdm_verified *ret)
{
    struct vcdm_verify policy = policy_now();
    return vcdm_verify(arena, envelope, text, &policy, why, ret);
}

/* Refused, and it is said why. Wipes the arena: thousands of these run in one test. */
static void
assert_does_not_verify(
    void **state, enum vcdm_envelope envelope, sg_bytes text, const char *how, size_t at)
{
    struct sg_why why = { 0 };
    struct vcdm_verified v;
    sg_result r = verifying(*state, envelope, text, &why, &v);
    if (sg_ok(r) || why.what == NULL || r.code == SG_E_INTERNAL || r.code == SG_E_NO_MEMORY) {
        fail_msg("%s, %s at %zu: %d %s", vcdm_media(envelope)->type, how, at, (int)r.code,
            why.what == NULL ? "" : why.what);
    }
    sg_arena_reset(*state);
}

static void
test_untouched_verifies(void **state)
{
    for (unsigned e = VCDM_VC_JWT; e <= VCDM_VP_COSE; e++) {
        struct vcdm_verified v;
        assert_ok(verifying(*state, (enum vcdm_envelope)e, sealed_as[e], NULL, &v));
    }
}

/* ---- bytes ------------------------------------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Another character of base64url where there was one, so that the change goes as deep as it can. */
static uint8_t
neighbour(uint8_t c, bool text)
{
    const char *hit = c == 0 ? NULL : strchr(alphabet, c);
    return text && hit != NULL ? (uint8_t)alphabet[(size_t)(hit - alphabet + 1) % 64] : c ^ 1;
}

static void
test_each_byte(void **state)
{
    static const uint8_t flips[] = { 0x20, 0x80 };
    for (unsigned e = VCDM_VC_JWT; e <= VCDM_VP_COSE; e++) {
        sg_bytes good = sealed_as[e];
        bool text = vcdm_media((enum vcdm_envelope)e)->family != VCDM_COSE;
        uint8_t *bad = malloc(good.n);
        assert_non_null(bad);
        memcpy(bad, good.p, good.n);
        for (size_t i = 0; i < good.n; i++) {
            bad[i] = neighbour(good.p[i], text);
            assert_does_not_verify(
                state, (enum vcdm_envelope)e, sg_bytes_of(bad, good.n), "changed byte", i);
            for (size_t k = 0; k < 2; k++) {
                bad[i] = good.p[i] ^ flips[k];
                assert_does_not_verify(
                    state, (enum vcdm_envelope)e, sg_bytes_of(bad, good.n), "flipped bit", i);
            }
            bad[i] = good.p[i];
        }
        free(bad);
    }
}

/* Shorter by any length. Only an SD-JWT may lose whole disclosures: that is its holder's right. */
static void
test_each_length(void **state)
{
    for (unsigned e = VCDM_VC_JWT; e <= VCDM_VP_COSE; e++) {
        sg_bytes good = sealed_as[e];
        bool sd = vcdm_media((enum vcdm_envelope)e)->family == VCDM_SD_JWT;
        for (size_t n = 0; n < good.n; n++) {
            if (sd && n != 0 && good.p[n - 1] == '~') {
                struct vcdm_verified v;
                assert_ok(
                    verifying(*state, (enum vcdm_envelope)e, sg_bytes_of(good.p, n), NULL, &v));
                assert_int_equal(v.document->n, e == VCDM_VP_SD_JWT ? 5 : 8);
                sg_arena_reset(*state);
                continue;
            }
            assert_does_not_verify(state, (enum vcdm_envelope)e, sg_bytes_of(good.p, n), "cut", n);
        }
    }
}

static void
test_each_insertion(void **state)
{
    static const char more[] = { 'A', '.', '~', '=', 0 };
    for (unsigned e = VCDM_VC_JWT; e <= VCDM_VP_COSE; e++) {
        sg_bytes good = sealed_as[e];
        uint8_t *bad = malloc(good.n + 1);
        assert_non_null(bad);
        for (size_t i = 0; i <= good.n; i++) {
            memcpy(bad, good.p, i);
            memcpy(bad + i + 1, good.p + i, good.n - i);
            for (size_t k = 0; k < sizeof(more); k++) {
                bad[i] = (uint8_t)more[k];
                assert_does_not_verify(
                    state, (enum vcdm_envelope)e, sg_bytes_of(bad, good.n + 1), "insertion", i);
            }
        }
        free(bad);
    }
}

/* ---- members ----------------------------------------------------------------------------------------- */

enum kind { ALTER, REMOVE, RENAME, N_KINDS };

/* Writes a JSON value again with its `target`-th part (in document order) changed. */
struct change {
    enum kind kind;
    size_t target;
    size_t at;
    bool hit;
};

static void write_changed(struct sjson_wr *wr, const struct sjson *v, struct change *c);

static void
write_children(struct sjson_wr *wr, const struct sjson *v, struct change *c, bool add)
{
    bool object = v->type == SJSON_OBJECT;
    (object ? sjson_wr_object : sjson_wr_array)(wr);
    for (const struct sjson *m = v->first; m != NULL; m = m->next) {
        size_t index = ++c->at;
        bool here = index == c->target;
        if (here && c->kind == REMOVE) {
            c->hit = true;
            continue;
        }
        if (object && here && c->kind == RENAME) {
            char name[128];
            int n = snprintf(name, sizeof(name), "%.*sx", SG_PRINT(m->name));
            sjson_wr_name(wr, sg_str_of(name, (size_t)n));
            c->hit = true;
        } else if (object) {
            sjson_wr_name(wr, m->name);
        }
        c->at--; /* the child counts itself */
        write_changed(wr, m, c);
    }
    if (add && object) {
        sjson_wr_member_int(wr, "added", 1);
    } else if (add) {
        sjson_wr_int(wr, 1);
    }
    (object ? sjson_wr_object_end : sjson_wr_array_end)(wr);
}

static void
write_altered_scalar(struct sjson_wr *wr, const struct sjson *v)
{
    char text[2048];
    int n = snprintf(
        text, sizeof(text), "%.*s%c", SG_PRINT(v->text), v->type == SJSON_NUMBER ? '1' : 'x');
    assert_true(n > 0 && (size_t)n < sizeof(text));
    if (v->type == SJSON_STRING) {
        sjson_wr_text(wr, sg_str_of(text, (size_t)n));
    } else if (v->type == SJSON_NUMBER) {
        sjson_wr_raw(wr, sg_str_of(text, (size_t)n));
    } else {
        sjson_wr_bool(wr, v->type != SJSON_TRUE);
    }
}

static void
write_changed(struct sjson_wr *wr, const struct sjson *v, struct change *c)
{
    bool here = ++c->at == c->target && c->kind == ALTER;
    c->hit = c->hit || here;
    if (v->type == SJSON_OBJECT || v->type == SJSON_ARRAY) {
        write_children(wr, v, c, here);
    } else if (here) {
        write_altered_scalar(wr, v);
    } else {
        sjson_wr_value(wr, v);
    }
}

/* Has the value a part of this number? If so, the value with it changed; parts count from 1, the value itself. */
static bool
change_part(void **state, const struct sjson *v, size_t target, enum kind kind, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1 << 20);
    struct sjson_wr wr = sjson_wr_new(&buf);
    struct change c = { .kind = kind, .target = target };
    write_changed(&wr, v, &c);
    assert_ok(sg_buf_end_str(&buf, ret));
    return c.hit;
}

static const struct sjson *
decoded(void **state, sg_str segment)
{
    sg_bytes json;
    assert_ok(sg_b64url_decode(*state, segment, &json));
    return json_of(state, sg_bytes_str(json));
}

/* The text with the segment [from, to) replaced by the base64url of `json`. */
static sg_bytes
with_segment(void **state, sg_bytes text, size_t from, size_t to, sg_str json)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1 << 20);
    sg_bytes out;
    sg_buf_put(&buf, sg_bytes_slice(text, 0, from));
    sg_b64url_put(&buf, sg_str_bytes(json));
    sg_buf_put(&buf, sg_bytes_slice(text, to, text.n));
    assert_ok(sg_buf_end(&buf, &out));
    return out;
}

/* Every part of the JSON in one segment, in every way. Returns how many changes there were. */
static size_t
change_segment(void **state, enum vcdm_envelope e, size_t from, size_t to)
{
    sg_str segment = sg_str_slice(sg_bytes_str(sealed_as[e]), from, to - from);
    size_t n = 0;
    for (int kind = ALTER; kind < N_KINDS; kind++) {
        size_t missed = 0;
        for (size_t target = 1; missed < 64; target++) {
            sg_str json;
            if (!change_part(state, decoded(state, segment), target, (enum kind)kind, &json)) {
                missed++; /* elements have no names, roots cannot go */
                sg_arena_reset(*state);
                continue;
            }
            missed = 0;
            n++;
            sg_bytes bad = with_segment(state, sealed_as[e], from, to, json);
            uint8_t *copy = malloc(bad.n);
            assert_non_null(copy);
            memcpy(copy, bad.p, bad.n);
            sg_arena_reset(*state);
            assert_does_not_verify(state, e, sg_bytes_of(copy, bad.n), "changed member", target);
            free(copy);
        }
    }
    return n;
}

static void
test_each_member_of_jose(void **state)
{
    for (unsigned e = VCDM_VC_JWT; e <= VCDM_VP_SD_JWT; e++) {
        sg_str text = sg_bytes_str(sealed_as[e]);
        size_t dot = sg_str_index(text, '.', 0);
        size_t end = sg_str_index(text, '.', dot + 1);
        /* header: 4 members altered, removed, renamed, and the object itself altered */
        assert_int_equal(change_segment(state, (enum vcdm_envelope)e, 0, dot), 13);
        assert_true(change_segment(state, (enum vcdm_envelope)e, dot + 1, end) >= 18);
        for (size_t at = sg_str_index(text, '~', end); at + 1 < text.n;) {
            size_t next = sg_str_index(text, '~', at + 1);
            /* a disclosure: three elements altered and removed, and the array itself */
            assert_int_equal(change_segment(state, (enum vcdm_envelope)e, at + 1, next), 7);
            at = next;
        }
    }
}

/* A COSE_Sign1 put together again from parts that may differ. */
static sg_bytes
cose_with(void **state, sg_bytes protected_bstr, sg_bytes unprotected, sg_bytes payload,
    sg_bytes signature)
{
    struct sg_buf buf = sg_buf_new(*state, 0, 1 << 20);
    sg_bytes out;
    dcbor_wr_tag(&buf, COSE_TAG_SIGN1);
    dcbor_wr_array(&buf, 4);
    dcbor_wr_bytes(&buf, protected_bstr);
    sg_buf_put(&buf, unprotected);
    dcbor_wr_bytes(&buf, payload);
    dcbor_wr_bytes(&buf, signature);
    assert_ok(sg_buf_end(&buf, &out));
    return out;
}

static void
assert_copy_does_not_verify(
    void **state, enum vcdm_envelope e, sg_bytes bad, const char *how, size_t at)
{
    uint8_t *copy = malloc(bad.n);
    assert_non_null(copy);
    memcpy(copy, bad.p, bad.n);
    sg_arena_reset(*state);
    assert_does_not_verify(state, e, sg_bytes_of(copy, bad.n), how, at);
    free(copy);
}

/* The protected map without its `gone`-th entry; false when it has none. */
static bool
without_entry(void **state, sg_bytes map_bytes, size_t gone, sg_bytes *ret, sg_bytes *ret_entry)
{
    struct dcbor_item map;
    struct dcbor_item key;
    struct dcbor_item value;
    struct sg_buf buf = sg_buf_new(*state, 0, 1 << 16);
    struct sg_buf entry = sg_buf_new(*state, 0, 1 << 16);
    size_t i = 0;
    assert_ok(dcbor_item_open(map_bytes, 8, 100, &map));
    dcbor_wr_map(&buf, map.value - 1);
    dcbor_wr_map(&entry, 1);
    struct dcbor_walk walk = dcbor_item_walk(&map);
    while (dcbor_item_pair(&walk, &key, &value)) {
        struct sg_buf *to = i++ == gone ? &entry : &buf;
        sg_buf_put(to, key.raw);
        sg_buf_put(to, value.raw);
    }
    assert_ok(sg_buf_end(&buf, ret));
    assert_ok(sg_buf_end(&entry, ret_entry));
    return gone < i;
}

static void
test_each_member_of_cose(void **state)
{
    static const uint8_t empty[] = { 0xa0 };
    for (unsigned e = VCDM_VC_COSE; e <= VCDM_VP_COSE; e++) {
        struct cose_sign1 good;
        assert_ok(cose_sign1_parse(sealed_as[e], &good));
        size_t n = 0;
        for (int kind = ALTER; kind < N_KINDS; kind++) {
            size_t missed = 0;
            for (size_t target = 1; missed < 64; target++) {
                sg_str json;
                const struct sjson *document = json_of(state, sg_bytes_str(good.payload));
                bool hit = change_part(state, document, target, (enum kind)kind, &json);
                missed = hit ? 0 : missed + 1;
                n += hit;
                if (hit) {
                    sg_bytes bad = cose_with(state, good.protected_bstr, SG_BYTES(empty),
                        sg_str_bytes(json), good.signature);
                    assert_copy_does_not_verify(
                        state, (enum vcdm_envelope)e, bad, "changed member", target);
                }
                sg_arena_reset(*state);
            }
        }
        assert_true(n >= 18);
        sg_bytes rest;
        sg_bytes entry;
        size_t i = 0;
        for (; without_entry(state, good.protected_bstr, i, &rest, &entry); i++) {
            sg_bytes bad = cose_with(state, rest, SG_BYTES(empty), good.payload, good.signature);
            assert_copy_does_not_verify(state, (enum vcdm_envelope)e, bad, "removed header", i);
            assert_true(without_entry(state, good.protected_bstr, i, &rest, &entry));
            bad = cose_with(state, rest, entry, good.payload, good.signature);
            assert_copy_does_not_verify(state, (enum vcdm_envelope)e, bad, "moved header", i);
        }
        assert_int_equal(i, 5); /* alg, content type, kid, CWT claims, typ */
    }
}

/* ---- exchanges --------------------------------------------------------------------------------------- */

/* Signatures and disclosures of another object by the same key. */
static void
test_parts_of_others(void **state)
{
    sg_str vc = sg_bytes_str(sealed_as[VCDM_VC_JWT]);
    sg_str vp = sg_bytes_str(sealed_as[VCDM_VP_JWT]);
    size_t vc_dot = sg_str_index(vc, '.', sg_str_index(vc, '.', 0) + 1);
    size_t vp_dot = sg_str_index(vp, '.', sg_str_index(vp, '.', 0) + 1);
    sg_str mixed =
        text_of(state, "%.*s%.*s", (int)vc_dot, vc.p, (int)(vp.n - vp_dot), vp.p + vp_dot);
    assert_copy_does_not_verify(state, VCDM_VC_JWT, sg_str_bytes(mixed), "signature of another", 0);
    sg_str one = sg_bytes_str(sealed_as[VCDM_VC_SD_JWT]);
    sg_str two = sg_bytes_str(sealed_as[VCDM_VP_SD_JWT]);
    size_t one_tilde = sg_str_index(one, '~', 0);
    size_t two_tilde = sg_str_index(two, '~', 0);
    mixed = text_of(
        state, "%.*s%.*s", (int)one_tilde, one.p, (int)(two.n - two_tilde), two.p + two_tilde);
    assert_copy_does_not_verify(
        state, VCDM_VC_SD_JWT, sg_str_bytes(mixed), "disclosure of another", 0);
    mixed = text_of(
        state, "%.*s%.*s", SG_PRINT(one), (int)(one.n - one_tilde - 1), one.p + one_tilde + 1);
    assert_copy_does_not_verify(state, VCDM_VC_SD_JWT, sg_str_bytes(mixed), "disclosure twice", 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_untouched_verifies),
        TEST(test_each_byte),
        TEST(test_each_length),
        TEST(test_each_insertion),
        TEST(test_each_member_of_jose),
        TEST(test_each_member_of_cose),
        TEST(test_parts_of_others),
    };
    return cmocka_run_group_tests(tests, setup_all, free_all);
}
