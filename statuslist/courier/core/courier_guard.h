/*
 * Where the courier may go (req: STA-3, NET-3): which URLs, and, at connect time, which addresses. Names are not judged: what counts is
 * the address that a socket is about to be connected to, so that DNS cannot say one thing first and another later.
 */
#ifndef COURIER_GUARD_H
#define COURIER_GUARD_H

#include <sys/socket.h>

#include "sg_bytes.h"
#include "sg_result.h"

#define GUARD_HOST_MAX 256
#define GUARD_URL_MAX 2048 /* = WIRE_URL_MAX; lists' addresses are shorter (TSL_URI_MAX) */
#define GUARD_OWN_PATH \
    "/status/" /* all that the courier asks of our own gateway, beneath its public URL */

/* scheme://host:port of a URL, taken apart. */
struct guard_origin {
    char scheme[8];
    char host[GUARD_HOST_MAX];
    unsigned port;
};

/* Scheme, host (lower case) and port alike. */
bool guard_origin_equal(const struct guard_origin *a, const struct guard_origin *b);

/* SG_E_VALUE: not http or https, no host, user info, a path, query or fragment behind the port. */
SG_CHECKED sg_result guard_origin_parse(sg_str origin, struct guard_origin *ret);

/*
 * May this URL be fetched? https always; http only when the origin is exactly `own`. User info, fragments, control characters and
 * more than TSL_URI_MAX bytes are refused. ret_own: the URL is on our own origin and names something in a GUARD_OWN_PATH, so its addresses are exempt;
 * other paths of our own origin are refused. `own` may be NULL. SG_E_ADDRESS, SG_E_VALUE.
 */
SG_CHECKED sg_result guard_url(sg_str url, const struct guard_origin *own, bool *ret_own);

/* The host of a URL, lower case. SG_E_VALUE. */
SG_CHECKED sg_result guard_host(sg_str url, char ret[GUARD_HOST_MAX]);

/* A URL of another errand than a status list, taken apart by the parser that will use it. */
struct guard_place {
    struct guard_origin origin;
    char path[GUARD_URL_MAX + 1];
    bool has_query;
};
/* SG_E_VALUE: as guard_url's, and more than GUARD_URL_MAX bytes. Says nothing about whether one may go there. */
SG_CHECKED sg_result guard_place_of(sg_str url, struct guard_place *ret);

/* A host (as guard_place_of writes it) that can mean this machine only: localhost, 127.0.0.0/8, [::1]. */
bool guard_host_loopback(const char *host);
/* An address in 127.0.0.0/8, or ::1 itself. */
bool guard_address_loopback(const struct sockaddr *address, socklen_t len);

/* An address of somebody's own network: RFC 1918, RFC 6598, RFC 4193. Not this machine, not link-local (clouds' metadata). */
bool guard_address_private(const struct sockaddr *address, socklen_t len);

/* Public unicast address? False for private, shared, loopback, link-local, multicast, reserved, documentation and every form that carries an
 * IPv4 address inside IPv6 (mapped, compatible, NAT64, 6to4, Teredo), and for other families. */
bool guard_address_ok(const struct sockaddr *address, socklen_t len);

#endif
