/*
 * Settings: rows say what exists and what it may be; the reader turns an INI file (name = value lines, no sections) into a checked,
 * read-only struct. Unknown names, names given twice and values out of bounds are errors with their line. Secrets are not settings:
 * a PIN comes from the file or descriptor that a setting names.
 *
 *   conf/gateway.ini -> struct conf_gateway, conf/courier.ini -> struct conf_courier, conf/signer.ini -> struct conf_signer
 *
 * Adding a setting: a member in its struct below, a row in conf_<process>.c. The reference page prints itself (conf_reference).
 */
#ifndef CONF_H
#define CONF_H

#include <stdio.h>

#include "sg_arena.h"

#define CONF_FILE_MAX ((size_t)256 * 1024)
#define CONF_LIST_MAX 64

enum conf_type {
    CONF_TEXT, /* const char *; min..max bytes */
    CONF_UINT, /* uint64_t; min..max */
    CONF_BOOL, /* bool; yes or no */
    CONF_LIST, /* struct conf_list; the name may be repeated, each value one element of min..max bytes */
};

struct conf_list {
    const char *const *items;
    size_t n;
};

/* What stopped the reading, for operators. `name` may be empty; line 0 means the file as a whole. */
struct conf_fault {
    unsigned line;
    char name[64];
    const char *what; /* static text */
};

/* A further check of one value: NULL if good, else a static sentence saying what is wrong. Not called for an empty default. */
typedef const char *(*conf_check)(const char *text);

struct conf_row {
    const char *name;
    enum conf_type type;
    size_t offset; /* of the member in the process's struct */
    uint64_t min, max;
    const char *value; /* default as text; NULL: the setting must be given; "" for lists: none */
    conf_check check;  /* may be NULL */
    const char *doc;   /* one line for the reference page */
};

/* One per process. `whole` looks at settings together (NULL if good); it may name the row at fault. */
struct conf_schema {
    const char *process;
    size_t size; /* of the struct */
    const struct conf_row *rows;
    size_t n_rows;
    const char *(*whole)(const void *settings, const char **ret_name);
};

/* Names of the environments (NET-2). */
#define CONF_TEST "test"
#define CONF_PRODUCTION "production"
/* Profiles of the VC-API face. */
#define CONF_VCAPI_STANDARD "standard"
#define CONF_VCAPI_SUITE "w3c-suite"

struct conf_gateway {
    const char *environment; /* test | production */
    const char
        *public_url; /* BASE, without trailing slash; https unless its host is loopback (NET-1) */
    const char *tls_cert; /* PEM chain, path relative to DIR; empty: plain HTTP, loopback only */
    const char *tls_key;  /* PEM */
    bool behind_proxy;    /* the listening socket is reached by a TLS proxy on this machine alone */
    uint64_t workers;     /* threads that run flows; 0: as many as processors */
    uint64_t queue_max;   /* requests waiting for a worker; more get 503 */
    uint64_t connections_max;         /* TCP connections at once */
    uint64_t connections_per_address; /* 0: no limit */
    uint64_t idle_timeout_s;          /* a silent connection is closed */
    uint64_t request_timeout_s;       /* a request not answered by then gets 503 */
    uint64_t connection_memory;       /* bytes for one connection's request line and headers */
    const char *status_key;           /* label of the key that signs status lists */
    /* Key attestations for wallets: label of the METADATA key that signs them (empty: there are none), and their words about storage and authentication. */
    const char *attestation_key;
    const char *attestation_storage;
    const char *attestation_authentication;
    uint64_t offer_lifetime_s; /* pre-authorised code */
    uint64_t token_lifetime_s; /* access token */
    uint64_t nonce_lifetime_s; /* c_nonce and DPoP nonce */
    bool dpop_nonce;           /* every DPoP proof must carry a nonce of ours */
    bool bearer_tokens;        /* a wallet without DPoP gets a token of five minutes */
    uint64_t proof_age_s;      /* oldest iat of a proof without server time */
    uint64_t tx_code_tries;    /* wrong transaction codes before the code is dead (AU-7) */
    uint64_t batch_max;        /* proofs in one credential request */
    uint64_t status_list_size; /* entries of one list */
    uint64_t status_ttl_s;     /* ttl of our own lists */
    uint64_t status_publish_s; /* a changed status is published within this time */
    bool claims_keep;  /* keep claims after issuing until the offer expires (SIG-6 says: no) */
    bool access_log;   /* one line per request */
    const char *brand; /* issuer's display name */
    const char *
        verify_trust; /* PEM file: whose certificates a verified object may lead to; empty: nobody's */
    bool
        verify_schema_required; /* a credentialSchema that is not in DIR/schemas fails the object */
    const char *verifier_trust; /* PEM file: who may certify verifiers; empty: nobody */
    uint64_t consent_lifetime_s;     /* a person may answer a question for this time */
    bool gestures_shown;             /* whoever has a presentation gets the gesture behind it too */
    const char *vcapi_configuration; /* instance of VC-API paths that name none; may be empty */
    const char *vcapi_profile;       /* standard | w3c-suite */
    bool
        vcapi_test_mode; /* VC-API requests without credentials are vcapi_test_client's; test environment alone */
    const char *vcapi_test_client; /* a registered client */
    const char *rp_id;        /* WebAuthn RP ID of login passkeys; empty: the public URL's host */
    struct conf_list origins; /* of our pages; none: the public URL's */
    uint64_t session_idle_s;  /* a person's session unused for this long is over */
    uint64_t session_lifetime_s; /* and so is one that began this long ago */
    uint64_t session_recent_s;   /* what protects an account wants a login not older than this */
    uint64_t holder_token_lifetime_s;       /* of tokens with which wallets act for persons */
    uint64_t login_tries;                   /* wrong logins before an account is locked (AU-7) */
    uint64_t login_lock_s;                  /* for this long */
    uint64_t logins_per_minute;             /* begun from one address */
    uint64_t login_failures_per_minute;     /* of everybody together */
    uint64_t enrolment_failures_per_minute; /* likewise: so often the signer is asked at most */
    struct conf_list
        wallets; /* "client id|redirect URI|name": wallets that may ask for scope holder */
    const char *openid_issuer; /* external provider for logins (AU-5); empty: none */
    const char *openid_client_id;
    const char *openid_name;        /* shown on the login page */
    const char *openid_secret_file; /* client secret, or */
    const char *openid_key_file;    /* private JWK for private_key_jwt */
    struct conf_list openid_acr;    /* one of these must be said; none: any */
    struct conf_list openid_amr;    /* each of these must be said */
};

struct conf_courier {
    const char *environment;
    const char *
        public_origin; /* exactly this origin is exempt from the address guard; the gateway's own lists */
    const char *own_ca;       /* PEM file; TLS roots for public_origin alone; empty: the system's */
    struct conf_list anchors; /* PEM files whose keys may sign status lists */
    struct conf_list
        keys; /* "list uri prefix|thumbprint (base64url)": issuer to key, instead of x5c */
    struct conf_list allow_hosts;    /* hosts that may be asked; none: any public address */
    struct conf_list openid_origins; /* where external OpenID providers are; none: nowhere */
    struct conf_list openid_private; /* those of them that may have a private address */
    const char *openid_ca;           /* PEM file; TLS roots for these alone; empty: the system's */
    bool allow_loopback;             /* test only: verifiers and others on this machine */
    uint64_t fetch_timeout_ms;
    uint64_t out_timeout_ms;
    uint64_t list_max;      /* bytes of one status list token */
    uint64_t inflated_max;  /* bytes of one list unpacked */
    uint64_t cache_max;     /* bytes of tokens in memory */
    uint64_t evidence_days; /* tokens named by verdicts are kept this long */
};

struct conf_signer {
    const char *environment;
    const char *origin;      /* ledger origin, part of every checkpoint */
    const char *module;      /* PKCS#11 module, absolute path */
    const char *token_label; /* the token is found by label, and by serial if given */
    const char *token_serial;
    const char *pin_file;     /* file that holds the PIN (DIR-relative or a credential path) */
    const char *softhsm_conf; /* SOFTHSM2_CONF for the module; empty for other modules */
    const char *module_certification; /* what the operator states of the module (KEY-1) */
    bool module_network;              /* the module itself needs the network */
    uint64_t sessions;          /* PKCS#11 sessions = signing threads; 0: as many as processors */
    uint64_t queue_max;         /* requests waiting for a session */
    uint64_t status_max_age_ms; /* a verdict about a key is used at most this long */
    uint64_t status_timeout_ms; /* without the courier's answer by then: UNKNOWN */
    uint64_t seal_rate;         /* signatures per second of one key, 0: no limit */
    uint64_t wrapped_cache;     /* unwrapped keys kept per session */
    uint64_t holder_cache;      /* persons' keys kept decoded */
    uint64_t intent_lifetime_s; /* longest life of an intent */
    const char *rp_id;          /* WebAuthn: RP ID; empty: no persons */
    struct conf_list origins;   /* and the origins of its pages */
    uint64_t gesture_life_s;    /* an opened intent waits this long for its gesture */
    uint64_t person_intent_s;   /* longest life of an intent for a person */
    const char *attestation_roots; /* folder of makers' roots; empty: nothing is attested */
    uint64_t recovery_wait_s;      /* between approval and use of a recovery */
    uint64_t proposal_days;        /* an operation not approved by then is void */
    uint64_t
        publish_ms; /* the tree is extended and signed at least this often when there is something new */
    bool demo;      /* operators' keys may lie on this machine; said everywhere */
};

extern const struct conf_schema conf_gateway_schema;
extern const struct conf_schema conf_courier_schema;
extern const struct conf_schema conf_signer_schema;

/*
 * Read a file into `ret` (a struct of schema->size), strings in the arena. Every setting is set: from the file or its default.
 * SG_E_NOT_FOUND (no such file), SG_E_TOO_LARGE, SG_E_VALUE, SG_E_DUPLICATE, SG_E_MISSING, SG_E_NO_MEMORY; `fault` says where.
 */
SG_CHECKED sg_result conf_load(const struct conf_schema *schema, const char *path,
    struct sg_arena *arena, void *ret, struct conf_fault *fault);
/* The same from text. */
SG_CHECKED sg_result conf_parse(const struct conf_schema *schema, sg_str text,
    struct sg_arena *arena, void *ret, struct conf_fault *fault);

/* "gateway.ini:12: workers: is not a number between 0 and 256" */
void conf_fault_print(FILE *out, const char *path, const struct conf_fault *fault);

/* The reference page of one process, Markdown. */
void conf_reference(FILE *out, const struct conf_schema *schema);

/* A commented sample file: every setting with its default. */
void conf_sample(FILE *out, const struct conf_schema *schema);

/* Is this URL's host a loopback name or address (localhost, 127.0.0.0/8, [::1])? */
bool conf_loopback_url(const char *url);

#endif
