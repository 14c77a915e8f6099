/*
 * The text a person agrees to, and its openings. Golden texts were read by people before they were kept: a change of wording is a new template number
 * (consent.h), so they do not change. req: AU-4, SIG-4
 */
#include "consent.h"
#include "support.h"

#define NAME(s)                              \
    {                                        \
        .kind = DCQL_NAME, .name = SG_LIT(s) \
    }
#define AT_TEST 1795284300 /* 2026-11-21T18:05:00Z: date -u -d @1795284300 */

static const struct dcql_step given[] = { NAME("given_name") };
static const struct dcql_step city[] = { NAME("address"), NAME("locality") };
static const struct dcql_step nations[] = { NAME("nationalities"), { .kind = DCQL_ALL } };
static const struct dcql_step portrait[] = { NAME("org.iso.18013.5.1"), NAME("portrait") };
static const struct dcql_step shoe[] = { NAME("shoe_size") };
static const struct consent_claim badge_claims[] = { { .path = { given, 1 } },
    { .path = { city, 2 } }, { .path = { nations, 2 } }, { .path = { shoe, 1 }, .always = true } };
static const struct consent_claim licence_claims[] = { { .path = { portrait, 2 },
    .retain = true } };
static const struct consent_credential credentials[] = {
    { .query = SG_LIT("a"),
        .format = SG_LIT("dc+sd-jwt"),
        .issuer = SG_LIT("https://issuer.example"),
        .type = SG_LIT("https://issuer.example/badge"),
        .name = SG_LIT("Employee badge"),
        .claims = badge_claims,
        .n_claims = 4 },
    { .query = SG_LIT("b"),
        .format = SG_LIT("mso_mdoc"),
        .issuer = SG_LIT("CN=State, C=US"),
        .type = SG_LIT("org.iso.18013.5.1.mDL"),
        .claims = licence_claims,
        .n_claims = 1 },
};
static const sg_str purposes[] = { SG_LIT("Age check at\nthe \"counter\"") };
static const struct consent_transaction transactions[] = { { SG_LIT("payment"),
    SG_LIT("{\"amount\":{\"currency\":\"EUR\",\"value\":\"12.50\"},\"credential_ids\":[\"a\"],"
           "\"payee\":\"Shop\",\"type\":\"payment\"}") } };
static const uint8_t thumbprint[32] = { 0x3f, 0x2a, 0x9c, 0x10, 0x77, 0xe1, 0x04, 0xbd, 0xff };

static struct consent_openings
presentation(enum consent_language language)
{
    return (struct consent_openings){
        .template = CONSENT_PRESENT,
        .language = language,
        .party = { .id = SG_LIT("x509_san_dns:shop.example"),
            .name = SG_LIT("Example \xe2\x80\xae Shop"), /* right-to-left override */
            .proven = CONSENT_CERTIFICATE,
            .vouched_by = SG_LIT("CN=Example CA"),
            .address = SG_LIT("https://shop.example") },
        .service = SG_LIT("https://sealgate.example"),
        .expires_at = AT_TEST,
        .purposes = purposes,
        .n_purposes = 1,
        .transactions = transactions,
        .n_transactions = 1,
        .credentials = credentials,
        .n_credentials = 2,
    };
}

static struct consent_openings
proofs(enum consent_language language)
{
    return (struct consent_openings){
        .template = CONSENT_PROOF,
        .language = language,
        .party = { .id = SG_LIT("https://issuer.example") },
        .service = SG_LIT("https://sealgate.example"),
        .expires_at = AT_TEST,
        .n_proofs = 3,
        .attestation = true,
    };
}

static struct consent_openings
passkey(enum consent_template template, enum consent_language language)
{
    return (struct consent_openings){
        .template = template,
        .language = language,
        .service = SG_LIT("https://sealgate.example"),
        .expires_at = AT_TEST,
        .passkey = SG_BYTES(thumbprint),
        .passkey_label = SG_LIT("Blue key"),
        .passkey_for_login = template == CONSENT_REMOVE,
    };
}

static void
golden(void **state, const struct consent_openings *o, const char *name)
{
    sg_str path, text;
    assert_ok(consent_text(*state, o, &text));
    assert_true(sg_utf8_valid(text));
    assert_ok(sg_arena_printf(*state, &path, "tests/unit/consent/golden/%s_%s.txt", name,
        consent_language_name(o->language)));
    sg_bytes want = support_file(*state, path.p);
    assert_int_equal(text.n, want.n);
    assert_memory_equal(text.p, want.p, want.n);
}

static void
test_golden_texts(void **state)
{
    for (int l = CONSENT_EN; l <= CONSENT_JA; l++) {
        enum consent_language language = (enum consent_language)l;
        struct consent_openings o = presentation(language);
        golden(state, &o, "present");
        o = proofs(language);
        golden(state, &o, "proof");
        o = passkey(CONSENT_REGISTER, language);
        golden(state, &o, "register");
        o = passkey(CONSENT_REMOVE, language);
        golden(state, &o, "remove");
    }
}

static bool
has(sg_str text, const char *part)
{
    return text.n > 0 && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void
test_how_the_asker_is_known(void **state)
{
    static const struct {
        enum consent_proven proven;
        const char *part, *lead;
    } rows[] = {
        { CONSENT_UNPROVEN, "Nobody has confirmed who this is.", "known to this service as" },
        { CONSENT_REGISTERED, "registered with this service.", "known to this service as" },
        { CONSENT_CERTIFICATE, "confirmed by a certificate from", "Its certificate names it" },
        { CONSENT_ATTESTATION, "confirmed by an attestation from", "Its attestation names it" },
        { CONSENT_DID, "It has shown that it controls this identifier",
            "known to this service as" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str text;
        struct consent_openings o = presentation(CONSENT_EN);
        o.party.proven = rows[i].proven;
        assert_ok(consent_text(*state, &o, &text));
        assert_true(has(text, rows[i].part));
        assert_true(has(text, "Nobody has checked this name."));
        assert_true(has(text, "Show your credentials to shop.example?"));
        o.party.name_proven = true;
        assert_ok(consent_text(*state, &o, &text));
        assert_true(has(text, "Show your credentials to “Example")); /* somebody vouches for it */
        assert_false(has(text, "Nobody has checked this name."));
        assert_true(has(text, rows[i].lead));
    }
}

static void
test_what_leaves_is_said(void **state)
{
    sg_str text;
    struct consent_credential c = credentials[0];
    struct consent_openings o = presentation(CONSENT_EN);
    o.credentials = &c;
    o.n_credentials = 1;
    c.whole = true;
    assert_ok(consent_text(*state, &o, &text));
    assert_true(has(text, "can only be shown whole"));
    c.whole = false;
    c.n_claims = 0;
    c.unbound = true;
    o.party.address = SG_NO_STR;
    assert_ok(consent_text(*state, &o, &text));
    assert_true(has(text, "Only that you have it"));
    assert_true(has(text, "without proof that it is yours"));
    assert_true(has(text, "goes back to the wallet"));
    assert_false(has(text, " of 1")); /* one credential is not counted */
}

static void
test_the_text_follows_its_openings(void **state)
{
    uint8_t a[32], b[32];
    sg_str text;
    struct consent_openings o = presentation(CONSENT_EN);
    assert_ok(consent_text(*state, &o, &text));
    consent_text_hash(text, a);
    o.expires_at += 60;
    assert_ok(consent_text(*state, &o, &text));
    consent_text_hash(text, b);
    assert_memory_not_equal(a, b, 32);
    o = presentation(CONSENT_JA); /* another language, another hash */
    assert_ok(consent_text(*state, &o, &text));
    consent_text_hash(text, b);
    assert_memory_not_equal(a, b, 32);
}

static void
test_what_a_template_needs(void **state)
{
    sg_str text;
    struct consent_openings o = presentation(CONSENT_EN);
    o.n_credentials = 0;
    assert_refused(consent_text(*state, &o, &text), VALUE);
    o = presentation(CONSENT_EN);
    o.party.id = SG_NO_STR;
    assert_refused(consent_text(*state, &o, &text), VALUE);
    o = presentation((enum consent_language)3);
    assert_refused(consent_text(*state, &o, &text), VALUE);
    o = presentation(CONSENT_EN);
    o.expires_at = 0;
    assert_refused(consent_text(*state, &o, &text), VALUE);
    o = presentation(CONSENT_EN);
    o.template = (enum consent_template)9;
    assert_refused(consent_text(*state, &o, &text), VALUE);
    o = proofs(CONSENT_EN);
    o.n_proofs = 0;
    assert_refused(consent_text(*state, &o, &text), VALUE);
    o = passkey(CONSENT_REGISTER, CONSENT_EN);
    o.passkey.n = 31;
    assert_refused(consent_text(*state, &o, &text), VALUE);
}

/* What is agreed to word by word is shown whole or not at all. */
static void
test_transaction_data_are_never_cut(void **state)
{
    char json[4200];
    sg_str text;
    struct consent_transaction t = { SG_LIT("contract"), SG_NO_STR };
    struct consent_openings o = presentation(CONSENT_EN);
    o.transactions = &t;
    memset(json, 'a', sizeof(json));
    memcpy(json, "{\"t\":\"", 6);
    memcpy(json + 2000, "z\"}", 3);
    t.json = sg_str_of(json, 2003);
    assert_ok(consent_text(*state, &o, &text));
    assert_true(has(text, "aaaz”"));
    json[2000] = json[2001] = json[2002] = 'a';
    memcpy(json + 2100, "z\"}", 3);
    t.json = sg_str_of(json, 2103);
    assert_refused(consent_text(*state, &o, &text), TOO_LARGE);
    t.json = SG_LIT("{\"a\":[1,2,{\"b\":true}],\"c\":{}}");
    assert_ok(consent_text(*state, &o, &text));
    assert_true(has(text, "“a”, entry 3, “b”: “true”"));
    assert_true(has(text, "“c”: “{}”"));
    t.json = SG_LIT("[]");
    assert_refused(consent_text(*state, &o, &text), TYPE);
}

/* ---- strangers' text --------------------------------------------------------------------------------- */

static void
test_harmless(void **state)
{
    static const struct {
        const char *in, *out;
        bool changed;
    } rows[] = {
        { "Shop", "Shop", false },
        { "", "", false },
        { "  two \t\n words\xe3\x80\x80 ", "two words", false },
        { "\xe3\x82\xb7\xe3\x83\xa7\xe3\x83\x83\xe3\x83\x97", /* shop in katakana */
            "\xe3\x82\xb7\xe3\x83\xa7\xe3\x83\x83\xe3\x83\x97", false },
        /* quotation marks would end ours */
        { "Shop\xe2\x80\x9d. Confirmed.", "Shop'. Confirmed.", false },
        { "\xe3\x80\x8d\"\xc2\xab\xef\xbc\x82", "''''", false },
        /* U+0000, ESC, U+202E, U+2066, zero width space, U+FEFF, a tag character, private use */
        { "a\x1b[31mb", "a\xef\xbf\xbd[31mb", true },
        { "a\xe2\x80\xae"
          "b",
            "a\xef\xbf\xbd"
            "b",
            true },
        { "a\xe2\x81\xa6"
          "b",
            "a\xef\xbf\xbd"
            "b",
            true },
        { "a\xe2\x80\x8b"
          "b",
            "a\xef\xbf\xbd"
            "b",
            true },
        { "\xef\xbb\xbfx", "\xef\xbf\xbdx", true },
        { "x\xf3\xa0\x81\x81", "x\xef\xbf\xbd", true },
        { "x\xee\x80\x80", "x\xef\xbf\xbd", true },
        /* no UTF-8: overlong, surrogate, cut off */
        { "x\xc0\xaf", "x\xef\xbf\xbd\xef\xbf\xbd", true },
        { "x\xed\xa0\x80", "x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", true },
        { "x\xe2\x80", "x\xef\xbf\xbd\xef\xbf\xbd", true },
        /* an ideographic variant of a name is kept, one without a character is not */
        { "\xe8\x91\x9b\xf3\xa0\x84\x80", "\xe8\x91\x9b\xf3\xa0\x84\x80", false },
        { "\xf3\xa0\x84\x80", "\xef\xbf\xbd", true },
        { "a \xf3\xa0\x84\x80", "a \xef\xbf\xbd", true },
        /* three marks on one letter are two */
        { "e\xcc\x81\xcc\x82\xcc\x83", "e\xcc\x81\xcc\x82\xef\xbf\xbd", true },
        /* leftward letters stay among themselves */
        { "\xd7\xa9", "\xe2\x81\xa8\xd7\xa9\xe2\x81\xa9", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str out;
        bool changed;
        assert_ok(consent_safe(*state, sg_cstr(rows[i].in), 50, &out, &changed));
        assert_str_is(out, rows[i].out);
        assert_int_equal(changed, rows[i].changed);
    }
}

static void
test_long_names_are_cut_and_said(void **state)
{
    sg_str out;
    bool changed;
    assert_ok(consent_safe(*state, SG_LIT("abcdef"), 6, &out, &changed));
    assert_str_is(out, "abcdef");
    assert_false(changed);
    assert_ok(consent_safe(*state, SG_LIT("abcdef   "), 6, &out, &changed));
    assert_false(changed);
    assert_ok(consent_safe(*state, SG_LIT("abcdefg"), 6, &out, &changed));
    assert_str_is(out, "abcdef\xe2\x80\xa6");
    assert_true(changed);
    struct consent_openings o = presentation(CONSENT_EN);
    char name[300];
    memset(name, 'n', sizeof(name));
    o.party.name = sg_str_of(name, sizeof(name));
    sg_str text;
    assert_ok(consent_text(*state, &o, &text));
    assert_true(has(text, "nnn\xe2\x80\xa6”"));
    assert_true(has(text, "Some words in quotation marks were too long"));
}

/* Lines are ours alone: no stranger's text begins one, whatever it holds. */
static void
test_no_stranger_begins_a_line(void **state)
{
    sg_str evil = SG_LIT("x\n- Your answer is sent to nobody.\r\n\xe2\x80\xa8- y\xc2\x85- z");
    struct consent_credential c = credentials[0];
    struct consent_openings o = presentation(CONSENT_EN);
    sg_str plain, text;
    o.credentials = &c;
    o.n_credentials = 1;
    o.n_transactions = 0;
    o.party.name = SG_LIT("Shop");
    assert_ok(consent_text(*state, &o, &plain));
    o.party.name = o.party.vouched_by = o.party.address = o.party.id = evil;
    c.issuer = c.type = c.name = evil;
    o.purposes = &evil;
    assert_ok(consent_text(*state, &o, &text));
    size_t lines[2] = { 0, 0 };
    for (size_t i = 0; i < plain.n; i++) {
        lines[0] += plain.p[i] == '\n';
    }
    for (size_t i = 0; i < text.n; i++) {
        lines[1] += text.p[i] == '\n';
        assert_true(text.p[i] == '\n' || (uint8_t)text.p[i] >= 0x20);
    }
    assert_int_equal(lines[1], lines[0]);
}

static void
test_labels(void **state)
{
    static const struct dcql_step entry[] = { NAME("nationalities"),
        { .kind = DCQL_INDEX, .index = 1 } };
    static const struct dcql_step subject[] = { NAME("credentialSubject"), NAME("degree") };
    static const struct dcql_step unknown[] = { NAME("org.example.1"), NAME("blood") };
    static const struct {
        struct dcql_path path;
        const char *en, *ja;
    } rows[] = {
        { { given, 1 }, "given name", "名" },
        { { city, 2 }, "address, city", "住所の市区町村" },
        { { entry, 2 }, "nationalities, entry 2", "国籍の2番目" },
        { { subject, 2 }, "degree", "学位" },
        { { portrait, 2 }, "portrait photo", "顔写真" },
        { { unknown, 2 }, "“org.example.1”, “blood”", "「org.example.1」の「blood」" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str label;
        assert_ok(consent_claim_label(*state, &rows[i].path, CONSENT_EN, &label));
        assert_str_is(label, rows[i].en);
        assert_ok(consent_claim_label(*state, &rows[i].path, CONSENT_JA, &label));
        assert_str_is(label, rows[i].ja);
    }
}

static void
test_languages(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum consent_language language;
    } rows[] = {
        { "", CONSENT_EN },
        { "ja", CONSENT_JA },
        { "ja-JP,ja;q=0.9,en;q=0.8", CONSENT_JA },
        { "en-US,en;q=0.9,ja;q=0.8", CONSENT_EN },
        { "de, ja;q=0.5, en;q=0.4", CONSENT_JA },
        { "ja;q=0.4,en;q=0.5", CONSENT_EN },
        { "ja;q=0", CONSENT_EN },
        { "jap", CONSENT_EN },
        { "fr", CONSENT_EN },
        { "en,ja", CONSENT_EN },
        { "ja,en", CONSENT_JA },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(consent_language_of(sg_cstr(rows[i].accept)), rows[i].language);
    }
}

/* Year ends, leap days, the hour at which Japan's day is another: all by `date -u -d @N`. */
static void
test_times(void **state)
{
    static const struct {
        int64_t at;
        const char *en, *ja;
    } rows[] = {
        { 951782340, "28 February 2000 at 23:59 UTC", "2000年2月29日8時59分(日本時間)" },
        { 951868799, "29 February 2000 at 23:59 UTC", "2000年3月1日8時59分(日本時間)" },
        { 1798761599, "31 December 2026 at 23:59 UTC", "2027年1月1日8時59分(日本時間)" },
        { 4107542400, "1 March 2100 at 00:00 UTC", "2100年3月1日9時00分(日本時間)" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_str text;
        struct consent_openings o = presentation(CONSENT_EN);
        o.expires_at = rows[i].at;
        assert_ok(consent_text(*state, &o, &text));
        assert_true(has(text, rows[i].en));
        o.language = CONSENT_JA;
        assert_ok(consent_text(*state, &o, &text));
        assert_true(has(text, rows[i].ja));
    }
}

/* ---- openings ------------------------------------------------------------------------------------------ */

static void
round_trip(void **state, const struct consent_openings *o)
{
    sg_str json, again, a, b;
    struct consent_openings back;
    assert_ok(consent_openings_encode(*state, o, CONSENT_FOR_PERSON, &json));
    assert_ok(consent_openings_parse(*state, json, NULL, &back));
    assert_ok(consent_openings_encode(*state, &back, CONSENT_FOR_PERSON, &again));
    assert_true(sg_str_equal(json, again));
    assert_ok(consent_text(*state, o, &a));
    assert_ok(consent_text(*state, &back, &b));
    assert_true(sg_str_equal(a, b)); /* whoever has the openings can write the text */
}

static void
test_openings_and_back(void **state)
{
    for (int l = CONSENT_EN; l <= CONSENT_JA; l++) {
        enum consent_language language = (enum consent_language)l;
        struct consent_openings o = presentation(language);
        o.audience = (struct consent_opening){ true, { 1 }, sg_str_bytes(o.party.id) };
        o.nonce = (struct consent_opening){ true, { 2 }, sg_str_bytes(SG_LIT("n-1")) };
        o.subject = (struct consent_opening){ true, { 3 }, sg_bytes_of(thumbprint, 16) };
        round_trip(state, &o);
        o = proofs(language);
        round_trip(state, &o);
        o = passkey(CONSENT_REGISTER, language);
        round_trip(state, &o);
        o = passkey(CONSENT_REMOVE, language);
        round_trip(state, &o);
    }
}

/* req: EV-2; a relying party learns neither the person nor the salt that would let it try persons out */
static void
test_a_relying_party_gets_no_subject(void **state)
{
    sg_str json;
    struct consent_openings back;
    struct consent_openings o = presentation(CONSENT_EN);
    o.audience = (struct consent_opening){ true, { 1 }, sg_str_bytes(o.party.id) };
    o.subject = (struct consent_opening){ true, { 3 }, sg_bytes_of(thumbprint, 16) };
    assert_ok(consent_openings_encode(*state, &o, CONSENT_FOR_PARTY, &json));
    assert_ok(consent_openings_parse(*state, json, NULL, &back));
    assert_true(back.audience.present);
    assert_false(back.subject.present);
    assert_false(has(json, "subject"));
}

static void
test_what_is_no_openings(void **state)
{
    static const struct {
        const char *json;
        enum sg_code code;
    } rows[] = {
        { "[]", SG_E_TYPE },
        { "{}", SG_E_MISSING },
        { "{'template':'present/2','language':'en','expires_at':1}", SG_E_VALUE },
        { "{'template':'present/1','language':'fr','expires_at':1}", SG_E_VALUE },
        { "{'template':'present/1','language':'en'}", SG_E_MISSING },
        { "{'template':'present/1','language':'en','expires_at':'1'}", SG_E_TYPE },
        { "{'template':'present/1','language':'en','expires_at':1,'more':1}", SG_E_VALUE },
        { "{'template':'present/1','language':'en','expires_at':1,'service':''}", SG_E_VALUE },
        { "{'template':'present/1','language':'en','expires_at':1,'attestation':false}",
            SG_E_VALUE },
        { "{'template':'present/1','language':'en','expires_at':1,'party':{'id':'x'}}",
            SG_E_MISSING },
        { "{'template':'present/1','language':'en','expires_at':1,'party':{'id':'x','proven':"
          "'everybody'}}",
            SG_E_VALUE },
        { "{'template':'present/1','language':'en','expires_at':1,'credentials':{}}", SG_E_TYPE },
        { "{'template':'present/1','language':'en','expires_at':1,'credentials':[{}]}",
            SG_E_MISSING },
        { "{'template':'present/1','language':'en','expires_at':1,'credentials':[{'claims':[{"
          "'path':[]}]}]}",
            SG_E_VALUE },
        { "{'template':'present/1','language':'en','expires_at':1,'transactions':[{'type':'t',"
          "'data':1}]}",
            SG_E_TYPE },
        { "{'template':'present/1','language':'en','expires_at':1,'commitments':{'nonce':{'salt':"
          "'AA','value':'x'}}}",
            SG_E_ENCODING },
        { "{'template':'register/1','language':'en','expires_at':1,'passkey':{'thumbprint':'AA',"
          "'purpose':'sign'}}",
            SG_E_VALUE },
        { "{'template':'proof/1','language':'en','expires_at':1,'proofs':0}", SG_E_VALUE },
        { "{'template':'proof/1','template':'proof/1','language':'en','expires_at':1}",
            SG_E_DUPLICATE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char json[512];
        size_t n = strlen(rows[i].json);
        for (size_t k = 0; k < n; k++) {
            json[k] = (char)(rows[i].json[k] == '\'' ? '"' : rows[i].json[k]);
        }
        struct consent_openings o;
        sg_result r = consent_openings_parse(*state, sg_str_of(json, n), NULL, &o);
        if (r.code != rows[i].code) {
            print_error("row %zu: %s\n", i, sg_code_row(r.code)->name);
        }
        assert_int_equal(r.code, rows[i].code);
    }
}

static void
test_bounds(void **state)
{
    char name[CONSENT_NAME_MAX + 1];
    sg_str json;
    struct consent_openings o = presentation(CONSENT_EN);
    memset(name, 'n', sizeof(name));
    o.party.name = sg_str_of(name, CONSENT_NAME_MAX);
    assert_ok(consent_openings_encode(*state, &o, CONSENT_FOR_PERSON, &json));
    o.party.name = sg_str_of(name, CONSENT_NAME_MAX + 1);
    assert_refused(consent_openings_encode(*state, &o, CONSENT_FOR_PERSON, &json), TOO_LARGE);
    o = presentation(CONSENT_EN);
    o.party.name = SG_LIT("\xff");
    assert_refused(consent_openings_encode(*state, &o, CONSENT_FOR_PERSON, &json), ENCODING);
    o = presentation(CONSENT_EN);
    o.n_credentials = CONSENT_CREDENTIALS_MAX + 1;
    assert_refused(consent_openings_encode(*state, &o, CONSENT_FOR_PERSON, &json), TOO_MANY);
    assert_refused(consent_text(*state, &o, &json), TOO_MANY);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, support_arena_setup, support_arena_teardown)
    const struct CMUnitTest tests[] = { T(test_golden_texts), T(test_how_the_asker_is_known),
        T(test_what_leaves_is_said), T(test_the_text_follows_its_openings),
        T(test_what_a_template_needs), T(test_transaction_data_are_never_cut), T(test_harmless),
        T(test_long_names_are_cut_and_said), T(test_no_stranger_begins_a_line), T(test_labels),
        T(test_languages), T(test_times), T(test_openings_and_back),
        T(test_a_relying_party_gets_no_subject), T(test_what_is_no_openings), T(test_bounds) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
