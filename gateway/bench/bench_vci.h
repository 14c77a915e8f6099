/*
 * Load over real OpenID4VCI: signs in as the demo's system client, makes one offer per wallet, fetches tokens, and makes credential
 * requests (DPoP proof, key proof with a fresh holder key) ready to send.
 */
#ifndef BENCH_VCI_H
#define BENCH_VCI_H

#include "bench_key.h"
#include "bench_load.h"

struct bench_vci_options {
    const char *host; /* numeric address to connect to */
    uint16_t port;
    sg_str base;       /* public URL */
    sg_str client;     /* client id */
    sg_str client_jwk; /* private JWK text */
    sg_str configuration;
    sg_str claims; /* JSON object text */
    unsigned clients;
    size_t requests_per_client;
};

struct bench_vci;

/* Wallets with tokens. `ret_why` gets a static or arena text that says what the gateway answered when it refused. */
SG_CHECKED sg_result bench_vci_open(
    const struct bench_vci_options *options, struct bench_vci **ret, sg_str *ret_why);
void bench_vci_close(struct bench_vci **vci);

/* Make n credential requests, spread over the wallets, with fresh nonces. They live until the next call or the close. */
SG_CHECKED sg_result bench_vci_requests(
    struct bench_vci *vci, size_t n, const struct bench_request **ret);

#endif
