#include "sg_text.h"

#include "sdjwt_int.h"

static const struct {
    enum sg_hash_alg alg;
    const char *name; /* IANA Named Information Hash Algorithm */
} hashes[] = {
    { SG_SHA256, "sha-256" },
    { SG_SHA384, "sha-384" },
    { SG_SHA512, "sha-512" },
};

const char *
sdjwt_hash_name(enum sg_hash_alg alg)
{
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (hashes[i].alg == alg) {
            return hashes[i].name;
        }
    }
    return "";
}

sg_result
sdjwt_hash_by_name(sg_str name, enum sg_hash_alg *ret)
{
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (sg_str_is(name, hashes[i].name)) {
            *ret = hashes[i].alg;
            return SG_DONE;
        }
    }
    SG_FAIL(ALGORITHM);
}

bool
sdjwt_reserved(sg_str name)
{
    /* almost every name ends here */
    if (name.n != 3 && name.n != 7) {
        return false;
    }
    return sg_str_is(name, "_sd") || sg_str_is(name, "...") || sg_str_is(name, "_sd_alg");
}

/* `array` to [salt, name, value] or [salt, value]. */
static sg_result
take_apart(const struct sjson *array, struct sdjwt_disclosure *d)
{
    SG_REQUIRE(array->type == SJSON_ARRAY && (array->n == 2 || array->n == 3), DISCLOSURE);
    const struct sjson *salt = array->first;
    const struct sjson *value = salt->next;
    SG_REQUIRE(salt->type == SJSON_STRING, DISCLOSURE);
    d->array = array;
    d->salt = salt->text;
    d->is_element = array->n == 2;
    d->name = SG_NO_STR;
    if (!d->is_element) {
        SG_REQUIRE(value->type == SJSON_STRING && !sdjwt_reserved(value->text), DISCLOSURE);
        d->name = value->text;
        value = value->next;
    }
    d->value = value;
    return SG_DONE;
}

static sg_result
parse_disclosure(
    struct sg_arena *arena, sg_str encoded, enum sg_hash_alg hash, struct sdjwt_disclosure *d)
{
    sg_bytes json;
    const struct sjson *array;
    d->encoded = encoded;
    SG_TRY(sg_b64url_decode(arena, encoded, &json));
    SG_TRY(sjson_parse(arena, sg_bytes_str(json), NULL, &array));
    /* over the text as it came, never over what it decodes to: RFC 9901 4.2.3 */
    sg_hash(hash, sg_str_bytes(encoded), d->digest);
    return take_apart(array, d);
}

static sg_result
read_hash(const struct sjson *payload, enum sg_hash_alg *ret)
{
    const struct sjson *alg = sjson_get(payload, "_sd_alg");
    *ret = SG_SHA256;
    if (alg == NULL) {
        return SG_DONE;
    }
    SG_REQUIRE(alg->type == SJSON_STRING, TYPE);
    return sdjwt_hash_by_name(alg->text, ret);
}

static sg_result
parse_disclosures(struct sg_arena *arena, const sg_str *encoded, size_t n, struct sdjwt *sd)
{
    sd->disclosures = SG_NEW_ARRAY(arena, n, struct sdjwt_disclosure);
    SG_REQUIRE(sd->disclosures != NULL, NO_MEMORY);
    sd->n_disclosures = n;
    for (size_t i = 0; i < n; i++) {
        SG_TRY(parse_disclosure(arena, encoded[i], sd->hash, &sd->disclosures[i]));
    }
    return SG_DONE;
}

/* The parts between the tildes. Returns their number (all tildes but the first). */
static sg_result
split(struct sg_arena *arena, sg_str text, const sg_str **ret, size_t *ret_n, sg_str *ret_rest)
{
    size_t n = 0;
    size_t at = sg_str_index(text, '~', 0) + 1;
    for (size_t i = at; i < text.n; i++) {
        n += text.p[i] == '~';
    }
    SG_REQUIRE(n <= SDJWT_DISCLOSURES_MAX, TOO_LARGE);
    sg_str *parts = SG_NEW_ARRAY(arena, n, sg_str);
    SG_REQUIRE(parts != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        size_t end = sg_str_index(text, '~', at);
        SG_REQUIRE(end != at, MALFORMED);
        parts[i] = sg_str_slice(text, at, end - at);
        at = end + 1;
    }
    *ret = parts;
    *ret_n = n;
    *ret_rest = sg_str_slice(text, at, text.n);
    return SG_DONE;
}

sg_result
sdjwt_parse(struct sg_arena *arena, sg_str text, struct sdjwt *ret)
{
    struct sdjwt sd = { .hash = SG_SHA256 };
    const sg_str *parts;
    size_t n;
    sg_str kb;
    SG_REQUIRE(text.n <= SDJWT_MAX, TOO_LARGE);
    size_t first = sg_str_index(text, '~', 0);
    SG_REQUIRE(first < text.n, MALFORMED);
    SG_TRY(split(arena, text, &parts, &n, &kb));
    SG_TRY(jws_parse(arena, sg_str_slice(text, 0, first), &sd.jwt));
    SG_TRY(jws_claims(arena, &sd.jwt, &sd.payload));
    SG_TRY(read_hash(sd.payload, &sd.hash));
    SG_TRY(parse_disclosures(arena, parts, n, &sd));
    sd.presented = sg_str_slice(text, 0, text.n - kb.n);
    sd.has_kb = kb.n != 0;
    if (sd.has_kb) {
        SG_TRY(jws_parse(arena, kb, &sd.kb));
    }
    *ret = sd;
    return SG_DONE;
}

sg_result
sdjwt_of_built(struct sg_arena *arena, const struct sdjwt_built *built, struct sdjwt *ret)
{
    struct sdjwt sd = { .hash = SG_SHA256 };
    SG_TRY(sjson_parse_object(arena, sg_bytes_str(built->payload), NULL, &sd.payload));
    SG_TRY(read_hash(sd.payload, &sd.hash));
    SG_TRY(parse_disclosures(arena, built->disclosures, built->n_disclosures, &sd));
    *ret = sd;
    return SG_DONE;
}

/* ---- JSON serialisation -------------------------------------------------------------------------- */

/* Base64url alone: no dot or tilde may change where the parts of the compact form end. */
static bool
is_token(sg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fine = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_';
        if (!fine) {
            return false;
        }
    }
    return s.n != 0;
}

static sg_result
put_token(struct sg_buf *buf, const struct sjson *v, char after)
{
    SG_REQUIRE(v != NULL && v->type == SJSON_STRING && is_token(v->text), MALFORMED);
    sg_buf_put_str(buf, v->text);
    sg_buf_put_byte(buf, (uint8_t)after);
    return SG_DONE;
}

static sg_result
put_header(struct sg_buf *buf, const struct sjson *header)
{
    const struct sjson *list = sjson_get(header, "disclosures");
    const struct sjson *kb = sjson_get(header, "kb_jwt");
    SG_REQUIRE(header == NULL || header->type == SJSON_OBJECT, MALFORMED);
    SG_REQUIRE(list == NULL || list->type == SJSON_ARRAY, MALFORMED);
    for (const struct sjson *d = list == NULL ? NULL : list->first; d != NULL; d = d->next) {
        SG_TRY(put_token(buf, d, '~'));
    }
    if (kb != NULL) {
        SG_REQUIRE(kb->type == SJSON_STRING && kb->text.n != 0, MALFORMED);
        SG_REQUIRE(sg_str_index(kb->text, '~', 0) == kb->text.n, MALFORMED);
        sg_buf_put_str(buf, kb->text);
    }
    return SG_DONE;
}

/* The signature that carries everything: the object itself when flattened, the first of the list otherwise. */
static sg_result
find_signature(const struct sjson *json, const struct sjson **ret)
{
    const struct sjson *list = sjson_get(json, "signatures");
    if (list == NULL) {
        *ret = json;
        return SG_DONE;
    }
    SG_REQUIRE(list->type == SJSON_ARRAY && list->n != 0, MALFORMED);
    SG_REQUIRE(sjson_get(json, "signature") == NULL && sjson_get(json, "protected") == NULL &&
                   sjson_get(json, "header") == NULL,
        MALFORMED);
    for (const struct sjson *s = list->first; s != NULL; s = s->next) {
        const struct sjson *header = sjson_get(s, "header");
        SG_REQUIRE(s->type == SJSON_OBJECT, MALFORMED);
        SG_REQUIRE(s == list->first || (sjson_get(header, "disclosures") == NULL &&
                                           sjson_get(header, "kb_jwt") == NULL),
            MALFORMED);
    }
    *ret = list->first;
    return SG_DONE;
}

/* Written as the compact form first: that is also what sd_hash covers (RFC 9901 8.1). */
sg_result
sdjwt_parse_json(struct sg_arena *arena, const struct sjson *json, struct sdjwt *ret)
{
    const struct sjson *signature;
    sg_str compact;
    SG_REQUIRE(json != NULL && json->type == SJSON_OBJECT, MALFORMED);
    SG_TRY(find_signature(json, &signature));
    struct sg_buf buf = sg_buf_new(arena, json->source.n, SDJWT_MAX);
    SG_TRY(put_token(&buf, sjson_get(signature, "protected"), '.'));
    SG_TRY(put_token(&buf, sjson_get(json, "payload"), '.'));
    SG_TRY(put_token(&buf, sjson_get(signature, "signature"), '~'));
    SG_TRY(put_header(&buf, sjson_get(signature, "header")));
    SG_TRY(sg_buf_end_str(&buf, &compact));
    return sdjwt_parse(arena, compact, ret);
}
