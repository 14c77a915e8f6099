/* Where the courier may not go: every kind of address that is not public, every trick in a URL (req: STA-3, NET-3). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "courier_guard.h"
#include "courier_peer.h"
#include "support.h"

static bool
ok4(const char *text)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    assert_int_equal(inet_pton(AF_INET, text, &a.sin_addr), 1);
    return guard_address_ok((struct sockaddr *)&a, sizeof(a));
}

static bool
ok6(const char *text)
{
    struct sockaddr_in6 a = { .sin6_family = AF_INET6 };
    assert_int_equal(inet_pton(AF_INET6, text, &a.sin6_addr), 1);
    return guard_address_ok((struct sockaddr *)&a, sizeof(a));
}

static void
test_addresses(void **state)
{
    (void)state;
    static const char *const bad4[] = { "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255",
        "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.0.1",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
        "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "192.31.196.1", "192.52.193.1", "192.175.48.1" };
    static const char *const good4[] = { "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0",
        "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.255.255",
        "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255" };
    static const char *const bad6[] = { "::", "::1", "::2", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
        "::8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1",
        "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1",
        "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
        "febf::1", "fec0::1", "ff02::1", "2620:4f:8000::1", "1fff::1" };
    static const char *const good6[] = { "2001:4860:4860::8888", "2606:4700:4700::1111",
        "2001:200::1", "2003::1", "2a00::1", "3ffe::1", "2620:4f:8001::1" };
    for (size_t i = 0; i < sizeof(bad4) / sizeof(bad4[0]); i++) {
        if (ok4(bad4[i])) {
            fail_msg("%s was let through", bad4[i]);
        }
    }
    for (size_t i = 0; i < sizeof(good4) / sizeof(good4[0]); i++) {
        if (!ok4(good4[i])) {
            fail_msg("%s was refused", good4[i]);
        }
    }
    for (size_t i = 0; i < sizeof(bad6) / sizeof(bad6[0]); i++) {
        if (ok6(bad6[i])) {
            fail_msg("%s was let through", bad6[i]);
        }
    }
    for (size_t i = 0; i < sizeof(good6) / sizeof(good6[0]); i++) {
        if (!ok6(good6[i])) {
            fail_msg("%s was refused", good6[i]);
        }
    }
}

static void
test_other_families_and_short_addresses(void **state)
{
    (void)state;
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808) };
    assert_false(guard_address_ok((struct sockaddr *)&un, sizeof(un)));
    assert_false(guard_address_ok((struct sockaddr *)&in, 4));
    assert_true(guard_address_ok((struct sockaddr *)&in, sizeof(in)));
}

static void
test_urls(void **state)
{
    (void)state;
    struct guard_origin own;
    bool is_own = false;
    assert_ok(guard_origin_parse(SG_LIT("http://localhost:8080"), &own));

    assert_ok(guard_url(SG_LIT("https://issuer.example/lists/1"), &own, &is_own));
    assert_false(is_own);
    assert_ok(guard_url(SG_LIT("https://issuer.example:8443/lists/1?time=5"), &own, &is_own));
    assert_false(is_own);
    assert_ok(guard_url(SG_LIT("http://localhost:8080/status/keys"), &own, &is_own));
    assert_true(is_own);
    /* a public URL with a path: https://host/tenant/a */
    assert_ok(guard_url(SG_LIT("http://localhost:8080/tenant/a/status/keys"), &own, &is_own));
    assert_true(is_own);
    assert_refused(
        guard_url(SG_LIT("http://localhost:8080/tenant/a/status/keys/more"), &own, &is_own),
        ADDRESS);
    assert_ok(guard_url(SG_LIT("http://LOCALHOST:8080/status/keys"), &own, &is_own));
    assert_true(is_own);

    static const char *const address[] = {
        "http://issuer.example/1", "http://localhost/status/1", "http://localhost:8081/status/1",
        "http://localhost:8080/", "http://localhost:8080/v1/clients",
        "http://localhost:8080/status", "http://localhost:8080/status/../v1/clients",
        "http://localhost:8080/status/%2e%2e/v1", "http://localhost.evil.example:8080/status/1",
        "http://127.0.0.1:8080/status/1",
        "http://localhost.:8080/status/1", /* another name, though the same machine */
    };
    static const char *const form[] = {
        "",
        "issuer.example",
        "ftp://issuer.example/1",
        "file:///etc/passwd",
        "gopher://a/1",
        "https://user@issuer.example/1",
        "https://user:pass@issuer.example/1",
        "https://issuer.example/1#part",
        "https:///1",
        "https://issuer.example/a b",
        "https://issuer.example\\@evil/1",
        "https://issuer.example:0/1",
        "https://issuer.example:99999/1",
        "https://\nissuer.example/1",
        "http://localhost:8080@evil.example/status/1",
    };
    for (size_t i = 0; i < sizeof(address) / sizeof(address[0]); i++) {
        sg_result r = guard_url(sg_cstr(address[i]), &own, &is_own);
        if (r.code != SG_E_ADDRESS) {
            fail_msg("%s: %s", address[i], sg_code_row(r.code)->name);
        }
    }
    for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
        sg_result r = guard_url(sg_cstr(form[i]), &own, &is_own);
        if (r.code != SG_E_VALUE) {
            fail_msg("%s: %s", form[i], sg_code_row(r.code)->name);
        }
    }
    assert_refused(guard_url(SG_LIT("http://localhost:8080/status/1"), NULL, &is_own), ADDRESS);
}

static void
test_origin_of_settings(void **state)
{
    (void)state;
    struct guard_origin own;
    assert_ok(guard_origin_parse(SG_LIT("https://issuer.example"), &own));
    assert_int_equal(own.port, 443);
    assert_string_equal(own.host, "issuer.example");
    assert_refused(guard_origin_parse(SG_LIT("https://issuer.example/path"), &own), VALUE);
    assert_refused(guard_origin_parse(SG_LIT("https://issuer.example?x"), &own), VALUE);
    assert_refused(guard_origin_parse(SG_LIT("ftp://issuer.example"), &own), VALUE);
}

static void
test_this_machine(void **state)
{
    (void)state;
    static const char *const here[] = { "https://localhost/", "https://LOCALHOST:8443/x",
        "http://127.0.0.1:1/", "http://127.1.2.3/", "http://[::1]:99/", "http://2130706433/",
        "http://0x7f.1/", "http://127.1/" };
    static const char *const elsewhere[] = { "https://127.example.org/",
        "https://localhost.example/", "https://localhost./", "https://[::ffff:127.0.0.1]/",
        "https://[::2]/", "https://0.0.0.0/", "https://128.0.0.1/", "https://10.0.0.1/" };
    struct guard_place place;
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        assert_ok(guard_place_of(sg_cstr(here[i]), &place));
        if (!guard_host_loopback(place.origin.host)) {
            fail_msg("%s (%s)", here[i], place.origin.host);
        }
    }
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        assert_ok(guard_place_of(sg_cstr(elsewhere[i]), &place));
        if (guard_host_loopback(place.origin.host)) {
            fail_msg("%s (%s)", elsewhere[i], place.origin.host);
        }
    }
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f010203) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    assert_true(guard_address_loopback((struct sockaddr *)&in, sizeof(in)));
    assert_false(guard_address_loopback((struct sockaddr *)&in, 4));
    assert_true(guard_address_loopback((struct sockaddr *)&in6, sizeof(in6)));
    in.sin_addr.s_addr = htonl(0x0a000001);
    assert_false(guard_address_loopback((struct sockaddr *)&in, sizeof(in)));
    assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &in6.sin6_addr), 1);
    assert_false(guard_address_loopback((struct sockaddr *)&in6, sizeof(in6)));
}

static bool
is_private(const char *text)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        return guard_address_private((struct sockaddr *)&in, sizeof(in));
    }
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return guard_address_private((struct sockaddr *)&in6, sizeof(in6));
}

/* What an operator may open for a provider: networks of one's own, and neither this machine nor what a link gives away. */
static void
test_private_networks(void **state)
{
    (void)state;
    static const char *const own[] = { "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.9.9",
        "192.168.1.1", "100.64.0.1", "100.127.255.1", "fd00::1", "fc12::9" };
    static const char *const others[] = { "127.0.0.1", "169.254.169.254", "172.32.0.1",
        "100.128.0.1", "192.169.0.1", "8.8.8.8", "0.0.0.0", "255.255.255.255", "224.0.0.1", "::1",
        "fe80::1", "::ffff:10.0.0.1", "2001:db8::1", "64:ff9b::a00:1", "ff02::1" };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        assert_true(is_private(own[i]));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(is_private(others[i]));
    }
}

/* Each message on each socket: what is not in the table ends the connection. */
static void
test_permission_table(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        enum courier_duty gateway = courier_duty_of(COURIER_GATEWAY, (uint8_t)type);
        enum courier_duty signer = courier_duty_of(COURIER_SIGNER, (uint8_t)type);
        enum courier_duty want_gateway = COURIER_FORBIDDEN;
        enum courier_duty want_signer = COURIER_FORBIDDEN;
        if (type == WIRE_HELLO) {
            want_gateway = want_signer = COURIER_HELLO;
        } else if (type == WIRE_STATUS_ASK) {
            want_gateway = want_signer = COURIER_ASK;
        } else if (type == WIRE_FETCH || type == WIRE_DELIVER) {
            want_gateway =
                type == WIRE_FETCH ? COURIER_FETCH : COURIER_DELIVER; /* and no one else */
        } else if (type == WIRE_STAMP) {
            want_signer = COURIER_UNSUPPORTED;
        }
        assert_int_equal(gateway, want_gateway);
        assert_int_equal(signer, want_signer);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_other_families_and_short_addresses),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_origin_of_settings),
        cmocka_unit_test(test_this_machine),
        cmocka_unit_test(test_private_networks),
        cmocka_unit_test(test_permission_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
