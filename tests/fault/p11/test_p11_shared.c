/* The failing module told from outside, through the file that P11FAULT_FILE names, as tests of whole processes do. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "p11fault.h"
#include "token.h"

static void
test_control_by_file(void **state)
{
    (void)state;
    char path[] = "/tmp/sealgate-fault-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof(struct p11fault)), 0);
    struct p11fault *control =
        mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(control != MAP_FAILED);
    setenv("P11FAULT_FILE", path, 1);

    struct token *t = token_new(P11FAULT_PATH);
    struct key_public *public = NULL;
    token_key(t, KEY_ES256, true, &public);
    struct p11_key_ref ref = { public, SG_NO_BYTES };
    assert_true(control->inits >= 2 && control->logins >= 2); /* creation, start */
    snprintf(control->call, sizeof(control->call), "C_Sign");
    control->rv = 5; /* CKR_GENERAL_ERROR */
    control->times = 2;
    assert_refused(p11_key_prove(t->session, &ref), TOKEN_DOWN);
    assert_int_equal(token_state(t), P11_DOWN);
    assert_refused(token_probe(t), TOKEN_DOWN); /* the self-test meets the second */
    assert_ok(token_probe(t));
    assert_ok(p11_key_prove(t->session, &ref));
    assert_int_equal(control->hits, 2);

    key_public_free(&public);
    void *token = t;
    token_teardown(&token);
    munmap(control, sizeof(*control));
    close(fd);
    unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_control_by_file) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
