/* Client data by the limited verification algorithm (WebAuthn 5.8.1.2): a prefix is compared, nothing is parsed. */
#include <string.h>

#include "sg_text.h"
#include "webauthn.h"

#define CHALLENGE_MAX 64

/* A reader that eats what it expects. */
struct eater {
    sg_bytes rest;
    bool good;
};

static void
eat(struct eater *e, const void *p, size_t n)
{
    e->good = e->good && e->rest.n >= n && (n == 0 || memcmp(e->rest.p, p, n) == 0);
    if (e->good) {
        e->rest = sg_bytes_of(e->rest.p + n, e->rest.n - n);
    }
}

static void
eat_text(struct eater *e, const char *text)
{
    eat(e, text, strlen(text));
}

/* CCDToString: quote, escape quotes, backslashes and control characters, leave the rest. */
static void
eat_string(struct eater *e, sg_str s)
{
    static const char hex[] = "0123456789abcdef";
    eat_text(e, "\"");
    for (size_t i = 0; i < s.n && e->good; i++) {
        uint8_t c = (uint8_t)s.p[i];
        if (c == '"' || c == '\\') {
            const char escaped[2] = { '\\', (char)c };
            eat(e, escaped, 2);
        } else if (c < 0x20) {
            const char escaped[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
            eat(e, escaped, 6);
        } else {
            eat(e, &s.p[i], 1);
        }
    }
    eat_text(e, "\"");
}

static void
eat_challenge(struct eater *e, sg_bytes challenge)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char text[CHALLENGE_MAX * 4 / 3 + 4];
    size_t n = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < challenge.n; i++) {
        bits = bits << 8 | challenge.p[i];
        for (have += 8; have >= 6; have -= 6) {
            text[n++] = alphabet[bits >> (have - 6) & 63];
        }
    }
    if (have > 0) {
        text[n++] = alphabet[bits << (6 - have) & 63];
    }
    eat_string(e, sg_str_of(text, n));
}

sg_result
webauthn_client_data_check(
    sg_bytes client_data, enum webauthn_ceremony ceremony, sg_bytes challenge, sg_str origin)
{
    SG_REQUIRE(client_data.n <= WEBAUTHN_CLIENT_DATA_MAX, MALFORMED);
    SG_REQUIRE(challenge.n >= 16 && challenge.n <= CHALLENGE_MAX && origin.n > 0, VALUE);
    SG_REQUIRE(sg_utf8_valid(sg_bytes_str(client_data)), ENCODING);
    struct eater e = { client_data, true };
    eat_text(&e, "{\"type\":");
    SG_REQUIRE(e.good, MALFORMED);
    eat_text(&e, ceremony == WEBAUTHN_CREATE ? "\"webauthn.create\"" : "\"webauthn.get\"");
    SG_REQUIRE(e.good, TYPE);
    eat_text(&e, ",\"challenge\":");
    eat_challenge(&e, challenge);
    SG_REQUIRE(e.good, CHALLENGE);
    eat_text(&e, ",\"origin\":");
    eat_string(&e, origin);
    SG_REQUIRE(e.good, DOMAIN);
    eat_text(&e, ",\"crossOrigin\":false");
    SG_REQUIRE(e.good && e.rest.n >= 1, MALFORMED);
    SG_REQUIRE(e.rest.p[0] == ',' || (e.rest.p[0] == '}' && e.rest.n == 1), MALFORMED);
    return SG_DONE;
}
