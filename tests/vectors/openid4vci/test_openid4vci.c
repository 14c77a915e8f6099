/* OpenID4VCI 1.0's own examples: authorization_details are understood when those credentials were offered; a request of older drafts is not. */
#include "support.h"
#include "vci_inner.h"

#define ISSUER "https://credential-issuer.example.com"
#define IDS_MAX 8

static void
test_authorization_details_of_the_text(void **state)
{
    const char **files;
    size_t n =
        support_list(*state, support_vector_path(*state, "openid4vci/examples"), ".json", &files);
    size_t seen = 0;
    for (size_t f = 0; f < n; f++) {
        const struct sjson *json;
        sg_str path;
        if (strncmp(files[f], "authorization_details", 21) != 0) {
            continue;
        }
        assert_ok(sg_arena_printf(*state, &path, "openid4vci/examples/%s", files[f]));
        sg_bytes text = support_file(*state, support_vector_path(*state, path.p));
        assert_ok(sjson_parse(*state, sg_bytes_str(text), NULL, &json));
        struct flow_config configs[IDS_MAX] = { 0 };
        struct flow_grant_item items[IDS_MAX] = { 0 };
        bool wanted[IDS_MAX] = { false };
        size_t n_items = 0;
        for (const struct sjson *e = json->first; e != NULL; e = e->next) {
            assert_in_range(n_items, 0, IDS_MAX - 1);
            assert_ok(sjson_member_text(e, "credential_configuration_id", &configs[n_items].id));
            items[n_items].config = &configs[n_items];
            items[n_items].identifier = configs[n_items].id;
            n_items++;
        }
        assert_ok(
            vci_details_parse(*state, sg_bytes_str(text), SG_LIT(ISSUER), items, n_items, wanted));
        for (size_t i = 0; i < n_items; i++) {
            assert_true(wanted[i]);
        }
        /* nothing of it was offered */
        assert_refused(
            vci_details_parse(*state, sg_bytes_str(text), SG_LIT(ISSUER), items, 0, wanted),
            CONFIGURATION);
        seen++;
    }
    assert_in_range(seen, 5, 100);
}

static void
test_request_with_format_is_of_a_draft(void **state)
{
    struct vci_credential_req req;
    sg_bytes text = support_file(
        *state, support_vector_path(*state, "openid4vci/examples/credential_request_iso_mdl.json"));
    assert_refused(vci_credential_parse(*state, text, &req), VALUE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorization_details_of_the_text),
        cmocka_unit_test(test_request_with_format_is_of_a_draft),
    };
    return cmocka_run_group_tests(tests, support_arena_setup, support_arena_teardown);
}
