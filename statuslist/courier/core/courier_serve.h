/* The courier at work: two peers, one desk, one thread. */
#ifndef COURIER_SERVE_H
#define COURIER_SERVE_H

#include "courier_desk.h"

#define COURIER_EXIT_PEER_GONE 75

struct courier_serve_settings {
    const struct conf_courier *conf;
    const struct tsl_trust_rule *rules;
    size_t n_rules;
    sg_str own_ca; /* PEM, or empty */
    sg_str openid_ca;
    int keep_dir;
    int gateway_fd; /* SOCK_SEQPACKET; closed at the end */
    int signer_fd;  /* likewise */
    int stop_fd;    /* readable: drain and leave (signalfd) */
    int ready_fd;   /* one byte when serving; closed then; -1: nobody waits for it */
};

/*
 * Serve until stop_fd says so (0) or a peer is gone, breaks the protocol or belongs to another environment (COURIER_EXIT_PEER_GONE).
 * 1: could not begin.
 */
int courier_serve(const struct courier_serve_settings *settings);

#endif
