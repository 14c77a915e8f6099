/* formats/sdjwt: type metadata. Draft section 5, checklist section 4 "Type Metadata" (req: FMT-1). */
#include "sdjwt_make.h"

#define SALT "\"abcdefghijklmnopqrstuv\""

static sg_bytes
bytes(const char *text)
{
    return sg_str_bytes(sg_cstr(text));
}

/* A credential of type urn:t with `name` plain, `email` disclosed and one more claim, `hidden`, undisclosed. */
struct credential {
    struct sdjwt sd;
    const struct sjson *processed;
};

static struct credential
credential(void **state, bool with_hidden)
{
    struct credential c;
    sg_str email = disclosure(state, "[" SALT ",\"email\",\"a@b\"]");
    sg_str phone = disclosure(state, "[" SALT ",\"phone\",\"1\"]");
    sg_str element = disclosure(state, "[" SALT ",{\"t\":1}]");
    const char *second = with_hidden ? format(state, ",\"%s\"", digest(state, phone)).p : "";
    sg_str *given = SG_NEW_ARRAY(*state, 2, sg_str);
    given[0] = email;
    given[1] = element;
    sg_str payload = format(state,
        "{\"vct\":\"urn:t\",\"name\":\"N\",\"list\":[{\"...\":\"%s\"},{\"t\":2}],\"_sd\":[\"%s\"%s]"
        "}",
        digest(state, element), digest(state, email), second);
    c.sd = made(state, payload, given, 2);
    assert_ok(sdjwt_process(*state, &c.sd, &c.processed));
    return c;
}

static sg_result
checking(void **state, const char *claims, bool with_hidden, bool issuing)
{
    struct credential c = credential(state, with_hidden);
    sg_str doc = format(state, "{\"vct\":\"urn:t\",\"claims\":[%s]}", claims);
    struct sdjwt_vc_document documents[] = { { SG_LIT("urn:t"), sg_str_bytes(doc) } };
    return sdjwt_vc_type_check(
        *state, SG_LIT("urn:t"), SG_NO_STR, documents, 1, &c.sd, c.processed, issuing);
}

static void
test_sd_rules(void **state)
{
    static const struct {
        const char *claims;
        bool good;
    } rows[] = {
        { "{\"path\":[\"name\"],\"sd\":\"never\"}", true },
        { "{\"path\":[\"name\"],\"sd\":\"always\"}", false },
        { "{\"path\":[\"name\"],\"sd\":\"allowed\"}", true },
        { "{\"path\":[\"name\"]}", true },
        { "{\"path\":[\"email\"],\"sd\":\"always\"}", true },
        { "{\"path\":[\"email\"],\"sd\":\"never\"}", false },
        { "{\"path\":[\"email\"],\"sd\":\"allowed\"}", true },
        { "{\"path\":[\"list\",0],\"sd\":\"always\"}", true },
        { "{\"path\":[\"list\",1],\"sd\":\"always\"}", false },
        { "{\"path\":[\"list\",1],\"sd\":\"never\"}", true },
        { "{\"path\":[\"list\",null],\"sd\":\"always\"}", false },
        { "{\"path\":[\"list\",null],\"sd\":\"never\"}", false },
        { "{\"path\":[\"list\",null,\"t\"],\"sd\":\"never\"}", true },
        { "{\"path\":[\"list\",null,\"t\"],\"sd\":\"always\"}", false },
        { "{\"path\":[\"absent\",\"x\"],\"sd\":\"always\"}", true }, /* an empty set */
        { "{\"path\":[\"name\",\"x\"],\"sd\":\"always\"}", true },
        { "{\"path\":[\"name\",0],\"sd\":\"always\"}", true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = checking(state, rows[i].claims, true, false);
        assert_int_equal(r.code, rows[i].good ? SG_OK : SG_E_TYPE_METADATA);
    }
}

/* An undisclosed claim is not a missing one, for a verifier; for an issuer it is. */
static void
test_mandatory(void **state)
{
    static const struct {
        const char *claims;
        bool hidden;
        bool issuing;
        bool good;
    } rows[] = {
        { "{\"path\":[\"name\"],\"mandatory\":true}", false, true, true },
        { "{\"path\":[\"email\"],\"mandatory\":true}", false, true, true },
        { "{\"path\":[\"list\",null,\"t\"],\"mandatory\":true}", false, true, true },
        { "{\"path\":[\"phone\"],\"mandatory\":true}", true, false, true },
        { "{\"path\":[\"phone\"],\"mandatory\":true}", true, true, false },
        { "{\"path\":[\"phone\"],\"mandatory\":true}", false, false, false },
        { "{\"path\":[\"phone\"],\"mandatory\":false}", false, false, true },
        { "{\"path\":[\"phone\"],\"mandatory\":true,\"sd\":\"never\"}", true, false, false },
        { "{\"path\":[\"phone\",\"x\"],\"mandatory\":true,\"sd\":\"never\"}", true, false, true },
        { "{\"path\":[\"list\",5],\"mandatory\":true}", false, false, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = checking(state, rows[i].claims, rows[i].hidden, rows[i].issuing);
        assert_int_equal(r.code, rows[i].good ? SG_OK : SG_E_TYPE_METADATA);
    }
}

/* ---- extending ----------------------------------------------------------------------------------- */

static sg_result
extending(void **state, const char *child, const char *parent)
{
    struct credential c = credential(state, true);
    struct sdjwt_vc_document documents[] = {
        { SG_LIT("urn:p"),
            sg_str_bytes(format(state, "{\"vct\":\"urn:p\",\"claims\":[%s]}", parent)) },
        { SG_LIT("urn:t"),
            sg_str_bytes(
                format(state, "{\"vct\":\"urn:t\",\"extends\":\"urn:p\",\"claims\":[%s]}", child)) }
    };
    return sdjwt_vc_type_check(
        *state, SG_LIT("urn:t"), SG_NO_STR, documents, 2, &c.sd, c.processed, false);
}

static void
test_child_and_parent(void **state)
{
#define C(rest) "{\"path\":[\"name\"]" rest "}"
    static const struct {
        const char *child;
        const char *parent;
        bool good;
    } rows[] = {
        { "", C(",\"sd\":\"always\""), false }, /* the parent's rule holds: name is plain */
        { "", C(",\"sd\":\"never\""), true },
        { C(",\"sd\":\"never\""), C(",\"sd\":\"allowed\""), true },
        { C(",\"sd\":\"always\""), C(""), false },
        { C(",\"sd\":\"allowed\""), C(",\"sd\":\"never\""), false }, /* never may not change */
        { C(",\"sd\":\"never\""), C(",\"sd\":\"always\""), false },
        { C(",\"sd\":\"never\""), C(",\"sd\":\"never\""), true },
        { C(""), C(",\"sd\":\"always\""), false }, /* unsaid: it still holds */
        { C(",\"mandatory\":true"), C(",\"mandatory\":false"), true },
        { C(",\"mandatory\":false"), C(",\"mandatory\":true"), false },
        { C(""), C(",\"mandatory\":true"), true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = extending(state, rows[i].child, rows[i].parent);
        assert_int_equal(r.code, rows[i].good ? SG_OK : SG_E_TYPE_METADATA);
    }
    /* both together: never from the child and mandatory from the parent leave no place to hide */
    assert_refused(extending(state, "{\"path\":[\"nope\"],\"sd\":\"never\"}",
                       "{\"path\":[\"nope\"],\"mandatory\":true}"),
        TYPE_METADATA);
    assert_ok(
        extending(state, "{\"path\":[\"nope\"]}", "{\"path\":[\"nope\"],\"mandatory\":true}"));
}

static void
test_chains(void **state)
{
    struct credential c = credential(state, true);
    struct sdjwt_vc_document circle[] = { { SG_LIT("urn:t"),
                                              bytes("{\"vct\":\"urn:t\",\"extends\":\"urn:p\"}") },
        { SG_LIT("urn:p"), bytes("{\"vct\":\"urn:p\",\"extends\":\"urn:t\"}") } };
    struct sdjwt_vc_document self[] = { { SG_LIT("urn:t"),
        bytes("{\"vct\":\"urn:t\",\"extends\":\"urn:t\"}") } };
    struct sdjwt_vc_document other[] = { { SG_LIT("urn:t"), bytes("{\"vct\":\"urn:x\"}") } };
    const struct sdjwt_vc_document *all[] = { circle, self, other, circle };
    static const size_t counts[] = { 2, 1, 1, 1 }; /* the last one lacks a document */
    for (size_t i = 0; i < 4; i++) {
        assert_refused(sdjwt_vc_type_check(*state, SG_LIT("urn:t"), SG_NO_STR, all[i], counts[i],
                           &c.sd, c.processed, false),
            TYPE_METADATA);
    }
    enum { N = SDJWT_VC_CHAIN_MAX + 1 };
    struct sdjwt_vc_document longer[N];
    for (size_t i = 0; i < N; i++) {
        sg_str vct = i == 0 ? SG_LIT("urn:t") : format(state, "urn:%zu", i);
        longer[i] = (struct sdjwt_vc_document){ vct,
            sg_str_bytes(format(
                state, "{\"vct\":\"%.*s\",\"extends\":\"urn:%zu\"}", SG_PRINT(vct), i + 1)) };
    }
    assert_refused(sdjwt_vc_type_check(
                       *state, SG_LIT("urn:t"), SG_NO_STR, longer, N, &c.sd, c.processed, false),
        TYPE_METADATA);
}

static void
test_integrity_of_the_chain(void **state)
{
    struct credential c = credential(state, true);
    sg_bytes parent = bytes("{\"vct\":\"urn:p\"}");
    sg_str parent_hash;
    sg_str hash;
    assert_ok(sdjwt_vc_integrity_make(*state, parent, &parent_hash));
    sg_bytes child = sg_str_bytes(
        format(state, "{\"vct\":\"urn:t\",\"extends\":\"urn:p\",\"extends#integrity\":\"%.*s\"}",
            SG_PRINT(parent_hash)));
    assert_ok(sdjwt_vc_integrity_make(*state, child, &hash));
    struct sdjwt_vc_document documents[] = { { SG_LIT("urn:t"), child },
        { SG_LIT("urn:p"), parent } };
    assert_ok(sdjwt_vc_type_check(
        *state, SG_LIT("urn:t"), hash, documents, 2, &c.sd, c.processed, false));
    assert_refused(sdjwt_vc_type_check(*state, SG_LIT("urn:t"), parent_hash, documents, 2, &c.sd,
                       c.processed, false),
        TYPE_METADATA);
    documents[1].served = bytes("{\"vct\": \"urn:p\"}"); /* one blank more */
    assert_refused(
        sdjwt_vc_type_check(*state, SG_LIT("urn:t"), hash, documents, 2, &c.sd, c.processed, false),
        TYPE_METADATA);
}

static void
test_the_type_must_be_the_credentials(void **state)
{
    struct sdjwt sd = made(state, SG_LIT("{\"vct\":\"urn:a\",\"aka_vcts\":[\"urn:b\"]}"), NULL, 0);
    struct sdjwt_vc_document documents[] = { { SG_LIT("urn:a"), bytes("{\"vct\":\"urn:a\"}") },
        { SG_LIT("urn:b"), bytes("{\"vct\":\"urn:b\"}") },
        { SG_LIT("urn:c"), bytes("{\"vct\":\"urn:c\"}") } };
    static const char *const vcts[] = { "urn:a", "urn:b", "urn:c", "" };
    for (size_t i = 0; i < 4; i++) {
        sg_result r = sdjwt_vc_type_check(
            *state, sg_cstr(vcts[i]), SG_NO_STR, documents, 3, &sd, sd.payload, false);
        assert_int_equal(r.code, i < 2 ? SG_OK : SG_E_TYPE_METADATA);
    }
}

/* ---- forms --------------------------------------------------------------------------------------- */

static void
test_forms(void **state)
{
#define DOC(rest) "{\"vct\":\"urn:t\"," rest "}"
#define DISPLAY(rest) \
    DOC("\"display\":[{\"locale\":\"en\",\"name\":\"N\",\"rendering\":{" rest "}}]")
    static const struct {
        const char *doc;
        bool good;
    } rows[] = {
        { "{\"vct\":\"urn:t\"}", true },
        { DOC("\"unknown\":{\"x\":1}"), true },
        { "{}", false },
        { "[]", false },
        { "{\"vct\":\"urn:t\",\"vct\":\"urn:t\"}", false },
        { DOC("\"name\":1"), false },
        { DOC("\"extends\":\"\""), false },
        { DOC("\"extends\":1"), false },
        { DOC("\"extends#integrity\":\"sha256-x\""), false },
        { DOC("\"display\":{}"), false },
        { DOC("\"display\":[{\"locale\":\"en\"}]"), false },
        { DOC("\"display\":[{\"name\":\"N\"}]"), false },
        { DOC("\"display\":[{\"lang\":\"en\",\"name\":\"N\"}]"), true }, /* trap 13: draft 11 */
        { DISPLAY(
              "\"simple\":{\"logo\":{\"uri\":\"u\",\"alt_text\":\"a\"},\"text_color\":\"#fff\"}"),
            true },
        { DISPLAY("\"simple\":{\"logo\":{}}"), false },
        { DISPLAY("\"simple\":{\"text_color\":1}"), false },
        { DISPLAY("\"svg_templates\":[{\"uri\":\"u\"}]"), true },
        { DISPLAY("\"svg_templates\":[{}]"), false },
        { DISPLAY("\"svg_templates\":[{\"uri\":\"u\"},{\"uri\":\"v\"}]"), false },
        { DISPLAY(
              "\"svg_templates\":[{\"uri\":\"u\",\"properties\":{\"orientation\":\"portrait\"}},"
              "{\"uri\":\"v\",\"properties\":{\"contrast\":\"high\",\"color_scheme\":\"dark\"}}]"),
            true },
        { DISPLAY("\"svg_templates\":[{\"uri\":\"u\",\"properties\":{\"orientation\":\"round\"}}]"),
            false },
        { DISPLAY("\"svg_templates\":[{\"uri\":\"u\",\"properties\":{\"contrast\":\"low\"}}]"),
            false },
        { DISPLAY("\"svg_templates\":[{\"uri\":\"u\",\"properties\":{\"color_scheme\":1}}]"),
            false },
        { DISPLAY("\"svg_templates\":[{\"uri\":\"u\",\"properties\":{}}]"), false },
        { DOC("\"claims\":[{}]"), false },
        { DOC("\"claims\":[{\"path\":[]}]"), false },
        { DOC("\"claims\":[{\"path\":\"a\"}]"), false },
        { DOC("\"claims\":[{\"path\":[true]}]"), false },
        { DOC("\"claims\":[{\"path\":[-1]}]"), false },
        { DOC("\"claims\":[{\"path\":[1.5]}]"), false },
        { DOC("\"claims\":[{\"path\":[\"a\",null,0]}]"), true },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"sd\":\"Always\"}]"), false },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"mandatory\":\"true\"}]"), false },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"svg_id\":\"a_1\"}]"), true },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"svg_id\":\"1a\"}]"), false },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"svg_id\":\"a-b\"}]"), false },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"svg_id\":\"\"}]"), false },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"svg_id\":\"x\"},{\"path\":[\"b\"],\"svg_id\":\"x\"}"
              "]"),
            false },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"display\":[{\"locale\":\"en\",\"label\":\"L\"}]}]"),
            true },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"display\":[{\"locale\":\"en\"}]}]"), false },
        { DOC("\"claims\":[{\"path\":[\"a\"],\"display\":[{\"label\":\"L\"}]}]"), false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sg_result r = sdjwt_vc_type_form(*state, SG_LIT("urn:t"), bytes(rows[i].doc));
        if (r.code != (rows[i].good ? SG_OK : SG_E_TYPE_METADATA)) {
            fail_msg("%s", rows[i].doc);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sd_rules),
        cmocka_unit_test(test_mandatory),
        cmocka_unit_test(test_child_and_parent),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_integrity_of_the_chain),
        cmocka_unit_test(test_the_type_must_be_the_credentials),
        cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
