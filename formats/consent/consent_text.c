/* Which wording, and whether the openings have what it needs. */
#include "consent_inner.h"

#include "sg_text.h"

static const struct {
    enum consent_template template;
    const char *name;
} templates[] = {
    { CONSENT_PRESENT, "present/1" },
    { CONSENT_PROOF, "proof/1" },
    { CONSENT_REGISTER, "register/1" },
    { CONSENT_REMOVE, "remove/1" },
};

const char *consent_template_name(enum consent_template template)
{
    for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
        if (templates[i].template == template) {
            return templates[i].name;
        }
    }
    return "";
}

const char *
consent_language_name(enum consent_language language)
{
    return language == CONSENT_JA ? "ja" : "en";
}

/* "q=0.8": thousandths. */
static unsigned
weight_of(sg_str item)
{
    size_t at = sg_str_index(item, ';', 0);
    while (at < item.n && (item.p[at] == ';' || item.p[at] == ' ')) {
        at++;
    }
    sg_str q = sg_str_slice(item, at, item.n);
    if (q.n < 3 || (q.p[0] != 'q' && q.p[0] != 'Q') || q.p[1] != '=') {
        return 1000;
    }
    unsigned weight = q.p[2] == '1' ? 1000 : 0;
    unsigned scale = 100;
    for (size_t i = 4; i < q.n && q.p[3] == '.' && weight < 1000 && scale > 0; i++, scale /= 10) {
        if (q.p[i] < '0' || q.p[i] > '9') {
            break;
        }
        weight += scale * (unsigned)(q.p[i] - '0');
    }
    return weight;
}

static bool
names(sg_str item, const char *language)
{
    return item.n >= 2 && (item.p[0] | 0x20) == language[0] && (item.p[1] | 0x20) == language[1] &&
           (item.n == 2 || item.p[2] == '-' || item.p[2] == ';' || item.p[2] == ' ');
}

enum consent_language
consent_language_of(sg_str accept)
{
    unsigned ja = 0, en = 0;
    size_t ja_at = accept.n, en_at = accept.n;
    for (size_t at = 0; at < accept.n;) {
        size_t end = sg_str_index(accept, ',', at);
        while (at < end && accept.p[at] == ' ') {
            at++;
        }
        sg_str item = sg_str_slice(accept, at, end - at);
        if (names(item, "ja") && weight_of(item) > ja) {
            ja = weight_of(item);
            ja_at = at;
        } else if (names(item, "en") && weight_of(item) > en) {
            en = weight_of(item);
            en_at = at;
        }
        at = end + 1;
    }
    return ja > en || (ja == en && ja > 0 && ja_at < en_at) ? CONSENT_JA : CONSENT_EN;
}

/* Bounds that hold for every template; what strangers sent was held to them before. */
static sg_result
check(const struct consent_openings *o)
{
    SG_REQUIRE(o->language == CONSENT_EN || o->language == CONSENT_JA, VALUE);
    SG_REQUIRE(o->service.n > 0, VALUE);
    /* years of four digits */
    SG_REQUIRE(o->expires_at > 0 && o->expires_at < INT64_C(253402214400), VALUE);
    SG_REQUIRE(o->n_credentials <= CONSENT_CREDENTIALS_MAX &&
                   o->n_transactions <= CONSENT_TRANSACTIONS_MAX &&
                   o->n_purposes <= CONSENT_TRANSACTIONS_MAX,
        TOO_MANY);
    for (size_t i = 0; i < o->n_credentials; i++) {
        SG_REQUIRE(o->credentials[i].n_claims <= CONSENT_CLAIMS_MAX, TOO_MANY);
    }
    return SG_DONE;
}

static sg_result
write_present(
    struct consent_wr *wr, const struct consent_words *words, const struct consent_openings *o)
{
    SG_REQUIRE(o->party.id.n > 0 && o->n_credentials > 0, VALUE);
    for (size_t i = 0; i < o->n_credentials; i++) {
        SG_REQUIRE(o->credentials[i].issuer.n > 0 && o->credentials[i].type.n > 0, VALUE);
    }
    words->present(wr, o);
    return SG_DONE;
}

static sg_result
write_text(struct consent_wr *wr, const struct consent_openings *o)
{
    const struct consent_words *words =
        o->language == CONSENT_JA ? &consent_words_ja : &consent_words_en;
    SG_TRY(check(o));
    switch (o->template) {
    case CONSENT_PRESENT:
        SG_TRY(write_present(wr, words, o));
        break;
    case CONSENT_PROOF:
        SG_REQUIRE(o->party.id.n > 0 && o->n_proofs > 0, VALUE);
        words->proof(wr, o);
        break;
    case CONSENT_REGISTER:
        SG_REQUIRE(o->passkey.n == 32, VALUE); /* people compare it with what the device shows */
        words->enrol(wr, o);
        break;
    case CONSENT_REMOVE:
        SG_REQUIRE(o->passkey.n == 32, VALUE);
        words->remove(wr, o);
        break;
    default:
        SG_FAIL(VALUE);
    }
    if (wr->changed) {
        consent_put(wr, words->changed_note);
    }
    return wr->result;
}

sg_result
consent_text(struct sg_arena *arena, const struct consent_openings *openings, sg_str *ret)
{
    struct consent_wr wr = { .buf = sg_buf_new(arena, 4096, CONSENT_TEXT_MAX),
        .arena = arena,
        .language = openings->language,
        .result = SG_DONE };
    SG_TRY(write_text(&wr, openings));
    return sg_buf_end_str(&wr.buf, ret);
}

void
consent_text_hash(sg_str text, uint8_t ret[SG_SHA256_LEN])
{
    sg_sha256(sg_str_bytes(text), ret);
}
