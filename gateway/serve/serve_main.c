/*
 * sealgate-gateway: the process that takes bytes from strangers.
 *   sealgate-gateway --dir DIR --signer-fd N --courier-fd N --listen-fd N --ready-fd N [--user UID:GID]
 *   sealgate-gateway --dir DIR --check     are the settings good?
 *   sealgate-gateway --settings            the reference page of all settings
 * Order: settings, files, rights dropped, threads, peers, then the first byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account_face.h"
#include "admin_face.h"
#include "auth_openid.h"
#include "demo_face.h"
#include "evid_face.h"
#include "flow_contexts.h"
#include "flow_did.h"
#include "flow_enrol.h"
#include "flow_present.h"
#include "jwe.h"
#include "person_face.h"
#include "point.h"
#include "sandbox.h"
#include "serve.h"
#include "sg_text.h"
#include "store_holder.h"
#include "vcapi_face.h"
#include "vci_face.h"
#include "vp_face.h"
#include "x509_chain.h"

#define CONF_PATH "conf/gateway.ini"
#define STORE_PATH "gateway/store.db"
#define VAULT_PATH \
    "gateway/holder.key" /* seals what tells of persons; backups of the store alone are unreadable */
#define EXIT_USAGE 2
#define EXIT_PEER_LOST 75   /* the contract of `sealgate run`: start all three again */
#define PEER_START_MS 20000 /* the signer reconciles its ledger first */
#define SIGNER_TIMEOUT_MS 5000
#define DRAIN_MS 10000
#define LIST_LIFE_S ((int64_t)24 * 60 * 60)
#define ARENA_MAX ((size_t)8 * 1024 * 1024)
#define PEM_MAX ((size_t)64 * 1024)

struct options {
    const char *dir;
    int signer_fd, courier_fd, listen_fd, ready_fd;
    bool check, settings;
    bool drop;
    uid_t uid;
    gid_t gid;
};

static const struct option long_options[] = {
    { "dir", required_argument, NULL, 'd' },
    { "signer-fd", required_argument, NULL, 's' },
    { "courier-fd", required_argument, NULL, 'c' },
    { "listen-fd", required_argument, NULL, 'l' },
    { "ready-fd", required_argument, NULL, 'r' },
    { "user", required_argument, NULL, 'u' },
    { "check", no_argument, NULL, 'k' },
    { "settings", no_argument, NULL, 'p' },
    { NULL, 0, NULL, 0 },
};

static bool
fd_of(const char *text, int *ret)
{
    uint64_t fd = 0;
    if (!sg_ok(sg_u64_parse(sg_cstr(text), &fd)) || fd > 65535) {
        return false;
    }
    *ret = (int)fd;
    return true;
}

static bool
option_take(struct options *o, int letter, const char *text)
{
    switch (letter) {
    case 'd':
        o->dir = text;
        return true;
    case 's':
        return fd_of(text, &o->signer_fd);
    case 'c':
        return fd_of(text, &o->courier_fd);
    case 'l':
        return fd_of(text, &o->listen_fd);
    case 'r':
        return fd_of(text, &o->ready_fd);
    case 'u':
        o->drop = true;
        return sg_ok(sandbox_user_parse(sg_cstr(text), &o->uid, &o->gid));
    case 'k':
        o->check = true;
        return true;
    case 'p':
        o->settings = true;
        return true;
    default:
        return false;
    }
}

static bool
options_parse(int argc, char **argv, struct options *ret)
{
    struct options o = { .signer_fd = -1, .courier_fd = -1, .listen_fd = -1, .ready_fd = -1 };
    for (int letter; (letter = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        if (!option_take(&o, letter, optarg)) {
            return false;
        }
    }
    *ret = o;
    bool runs = o.dir != NULL && o.signer_fd >= 0 && o.courier_fd >= 0 && o.listen_fd >= 0;
    return optind == argc && (o.settings || (o.check && o.dir != NULL) || runs);
}

static sg_result
failed_at(const char *what, const char *file, sg_result r, const struct sg_why *why)
{
    serve_log("error", "cannot-start", "at=\"%s\" code=%s why=\"%s\" detail=%llu%s%s%s", what,
        sg_code_row(r.code)->name, why->what == NULL ? "" : why->what,
        (unsigned long long)why->detail, file[0] == '\0' ? "" : " file=\"", file,
        file[0] == '\0' ? "" : "\"");
    return r;
}

static sg_result
failed(const char *what, sg_result r, const struct sg_why *why)
{
    return failed_at(what, "", r, why);
}

#define STEP(what, call)                      \
    do {                                      \
        sg_result step_ = (call);             \
        if (!sg_ok(step_)) {                  \
            return failed(what, step_, &why); \
        }                                     \
    } while (0)

static void
close_file(FILE **file)
{
    if (*file != NULL) {
        fclose(*file);
    }
}

/* A PEM file with a NUL behind it (libmicrohttpd takes C strings). Empty path: empty bytes. */
static sg_result
pem_read(struct sg_arena *arena, const char *path, struct sg_why *why, sg_bytes *ret)
{
    *ret = SG_NO_BYTES;
    if (path[0] == '\0') {
        return SG_DONE;
    }
    SG_CLEANUP(close_file)
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        sg_why_note(why, "TLS certificate or key", 0, (uint64_t)errno);
        SG_FAIL(NOT_FOUND);
    }
    uint8_t *text = sg_arena_alloc(arena, PEM_MAX);
    SG_REQUIRE(text != NULL, NO_MEMORY);
    size_t n = fread(text, 1, PEM_MAX - 1, file);
    SG_REQUIRE(n > 0 && n < PEM_MAX - 1, TOO_LARGE);
    *ret = sg_bytes_of(text, n);
    return SG_DONE;
}

/* Made by root, used by the gateway alone: SQLite gives its companions the database's owner. */
static sg_result
store_own(const struct options *o, struct sg_why *why)
{
    int fd = open(STORE_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool good =
        fd >= 0 &&
        (!o->drop || (fchown(fd, o->uid, o->gid) == 0 && chown("gateway", o->uid, o->gid) == 0));
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (!good) {
        sg_why_note(why, STORE_PATH, 0, (uint64_t)error);
        SG_FAIL(STORE_DOWN);
    }
    return SG_DONE;
}

/* req: NET-3; what this process may still touch once strangers can speak to it */
static sg_result
confine(const struct options *o, const struct conf_gateway *conf, struct sg_why *why)
{
    static const struct sandbox_path paths[] = {
        { "gateway", SANDBOX_READ | SANDBOX_WRITE, false },
        { "configurations", SANDBOX_READ, false },
        { "contexts", SANDBOX_READ, true },
        { "schemas", SANDBOX_READ, true },
        { "log", SANDBOX_READ, true },
        { "trust", SANDBOX_READ, true },
        { "verifiers", SANDBOX_READ, true },
        { "attesters", SANDBOX_READ, true },
    };
    struct sandbox_settings sandbox = {
        .role = SANDBOX_GATEWAY,
        .drop = o->drop,
        .uid = o->uid,
        .gid = o->gid,
        .paths = paths,
        .n_paths = sizeof(paths) / sizeof(paths[0]),
        .without_landlock = strcmp(conf->environment, CONF_TEST) == 0,
    };
    struct sandbox_report report = { 0 };
    SG_TRY(sandbox_enter(&sandbox, why, &report));
    if (report.landlock_abi == 0) {
        serve_log("warn", "no-landlock", "files=user-ids-alone");
    }
    return SG_DONE;
}

static void
peer_lost(void *name)
{
    serve_log("error", "peer-lost", "peer=%s", (const char *)name);
    _exit(EXIT_PEER_LOST); /* nothing is half-way: what was not durable was not answered */
}

static sg_result
open_peer(struct serve *serve, int fd, const char *name, struct peer **ret)
{
    struct peer_settings settings = {
        .fd = fd,
        .role = "gateway",
        .environment = serve->conf.environment,
        .name = name,
        .lost = peer_lost,
        .context = (void *)(uintptr_t)name,
    };
    return peer_open(&settings, ret);
}

/* Origin and host of the public URL: where our pages are unless the settings say more. */
static void
public_origin(const struct conf_gateway *conf, sg_str *ret_origin, sg_str *ret_host)
{
    sg_str url = sg_cstr(conf->public_url);
    size_t host = sg_str_index(url, ':', 0) + 3;
    size_t end = sg_str_index(url, '/', host);
    sg_str authority = sg_str_slice(url, host, end - host);
    *ret_origin = sg_str_slice(url, 0, end);
    *ret_host = sg_str_slice(authority, 0, sg_str_index(authority, ':', 0));
}

static sg_result
person_settings(const struct conf_gateway *conf, sg_str origins[AUTH_ORIGINS_MAX],
    struct auth_person_settings *ret)
{
    sg_str host;
    SG_REQUIRE(conf->origins.n <= AUTH_ORIGINS_MAX, VALUE);
    public_origin(conf, &origins[0], &host);
    for (size_t i = 0; i < conf->origins.n; i++) {
        origins[i] = sg_cstr(conf->origins.items[i]);
    }
    ret->rp_id = conf->rp_id[0] == '\0' ? host : sg_cstr(conf->rp_id);
    ret->origins = origins;
    ret->n_origins = conf->origins.n == 0 ? 1 : conf->origins.n;
    ret->idle_s = (int64_t)conf->session_idle_s;
    ret->life_s = (int64_t)conf->session_lifetime_s;
    ret->recent_s = (int64_t)conf->session_recent_s;
    ret->token_life_s = (int64_t)conf->holder_token_lifetime_s;
    ret->tries = conf->login_tries;
    ret->lock_s = (int64_t)conf->login_lock_s;
    ret->logins_per_minute = (uint32_t)conf->logins_per_minute;
    ret->failures_per_minute = (uint32_t)conf->login_failures_per_minute;
    ret->enrol_failures_per_minute = (uint32_t)conf->enrolment_failures_per_minute;
    return SG_DONE;
}

static sg_result
open_auth(struct serve *serve)
{
    const struct conf_gateway *conf = &serve->conf;
    struct auth_settings settings = auth_settings_default();
    settings.issuer = sg_cstr(conf->public_url);
    settings.token_life_s = (int64_t)conf->token_lifetime_s;
    settings.nonce_life_s = (int64_t)conf->nonce_lifetime_s;
    settings.dpop_nonce = conf->dpop_nonce;
    settings.bearer_life_s = conf->bearer_tokens ? AUTH_BEARER_MAX_S : 0;
    if (settings.bearer_life_s > settings.token_life_s) {
        settings.bearer_life_s = settings.token_life_s;
    }
    settings.dpop_window_s = (int64_t)conf->proof_age_s;
    settings.tx_tries = (uint32_t)conf->tx_code_tries;
    sg_str origins[AUTH_ORIGINS_MAX];
    SG_TRY(person_settings(conf, origins, &settings.person));
    return auth_new(&settings, serve->store, &serve->auth);
}

static sg_result
open_persons(struct serve *serve)
{
    const struct flow_persons_settings settings = { .base = sg_cstr(serve->conf.public_url),
        .signer_timeout_ms = SIGNER_TIMEOUT_MS };
    return flow_persons_new(&settings, serve->store, serve->signer, &serve->persons);
}

static void
order_told(sg_str list, uint64_t idx, sg_result result)
{
    serve_log(sg_ok(result) ? "info" : "warn", "order-resumed", "list=%.*s idx=%llu code=%s",
        SG_PRINT(list), (unsigned long long)idx, sg_code_row(result.code)->name);
}

static sg_result
open_flow(struct serve *serve, struct sg_why *why, char ret_file[FLOW_FILE_MAX])
{
    const struct conf_gateway *conf = &serve->conf;
    struct flow_settings settings = {
        .base = sg_cstr(conf->public_url),
        .configurations = "configurations",
        .contexts = "contexts",
        .attesters = "attesters",
        .courier = serve->courier,
        .schemas = "schemas",
        .crl = "trust/iaca.crl",
        .log = "log",
        .log_vkey = "trust/log.vkey",
        .status_key = sg_cstr(conf->status_key),
        .attestation_key = sg_cstr(conf->attestation_key),
        .attestation_storage = sg_cstr(conf->attestation_storage),
        .attestation_authentication = sg_cstr(conf->attestation_authentication),
        .list_size = conf->status_list_size,
        .list_ttl_s = (int64_t)conf->status_ttl_s,
        .list_life_s = LIST_LIFE_S,
        .publish_s = (int64_t)conf->status_publish_s,
        .batch_max = conf->batch_max,
        .tx_tries = (unsigned)conf->tx_code_tries,
        .signer_timeout_ms = SIGNER_TIMEOUT_MS,
        .proof_age_s = (int64_t)conf->proof_age_s,
        .claims_keep = conf->claims_keep,
        .gestures_shown = conf->gestures_shown,
        .order_told = order_told,
    };
    return flow_open(
        &settings, serve->store, serve->signer, serve->registry, why, ret_file, &serve->flow);
}

#define TABLES 9
static const struct http_route *route_tables[TABLES];
static size_t route_rows[TABLES];

static void
gather_routes(struct serve *serve)
{
    /* clang-format off: a face is a line */
    const struct http_route *tables[TABLES] = {
        vci_routes,
        vp_routes,
        evid_routes,
        vcapi_routes,
        admin_routes,
        person_routes,
        demo_routes,
        account_routes,
        serve_routes,
    };
    const size_t rows[TABLES] = {
        n_vci_routes,
        n_vp_routes,
        n_evid_routes,
        n_vcapi_routes,
        n_admin_routes,
        n_person_routes,
        n_demo_routes,
        n_account_routes,
        n_serve_routes,
    };
    /* clang-format on */
    memcpy(route_tables, tables, sizeof(tables));
    memcpy(route_rows, rows, sizeof(rows));
    serve->metrics.tables = route_tables;
    serve->metrics.table_rows = route_rows;
    serve->metrics.n_tables = TABLES;
}

/* "client id|redirect URI|name", checked by conf_is_wallet. */
static void
fill_wallets(struct serve *serve)
{
    const struct conf_list *list = &serve->conf.wallets;
    for (size_t i = 0; i < list->n; i++) {
        sg_str row = sg_cstr(list->items[i]);
        size_t redirect = sg_str_index(row, '|', 0) + 1;
        size_t name = sg_str_index(row, '|', redirect) + 1;
        serve->wallets[i] = (struct face_wallet){ sg_str_slice(row, 0, redirect - 1),
            sg_str_slice(row, redirect, name - 1 - redirect), sg_str_slice(row, name, row.n) };
    }
    serve->face.wallets = serve->wallets;
    serve->face.n_wallets = list->n;
}

static void
fill_face(struct serve *serve)
{
    struct face_app *face = &serve->face;
    face->base = sg_cstr(serve->conf.public_url);
    face->environment = serve->conf.environment;
    face->brand = sg_cstr(serve->conf.brand);
    face->batch_max = serve->conf.batch_max;
    face->offer_life_s = (int64_t)serve->conf.offer_lifetime_s;
    face->demo = strcmp(serve->conf.environment, CONF_TEST) == 0;
    face->auth = serve->auth;
    face->flow = serve->flow;
    face->persons = serve->persons;
    face->openid = serve->openid;
    face->openid_name = sg_cstr(serve->conf.openid_name);
    face->questions = serve->questions;
    face->registry = serve->registry;
    face->courier = serve->courier;
    face->dids = serve->dids;
    face->anchors = serve->anchors;
    face->n_anchors = serve->n_anchors;
    face->vcapi.test_mode = serve->conf.vcapi_test_mode;
    face->vcapi.test_client = sg_cstr(serve->conf.vcapi_test_client);
    face->vcapi.schema_required = serve->conf.verify_schema_required;
    face->vcapi.w3c_suite = strcmp(serve->conf.vcapi_profile, CONF_VCAPI_SUITE) == 0;
    face->vcapi.configuration = sg_cstr(serve->conf.vcapi_configuration);
    face->tables = route_tables;
    face->table_rows = route_rows;
    face->n_tables = TABLES;
    fill_wallets(serve);
}

static sg_result
open_http(struct serve *serve, const struct options *o, struct sg_arena *arena, struct sg_why *why)
{
    const struct conf_gateway *conf = &serve->conf;
    struct http_settings settings = {
        .listen_fd = o->listen_fd,
        .base_path = face_base_path(sg_cstr(conf->public_url)),
        .tables = route_tables,
        .table_rows = route_rows,
        .n_tables = TABLES,
        .workers = (unsigned)conf->workers,
        .queue_max = conf->queue_max,
        .connections_max = (unsigned)conf->connections_max,
        .connections_per_address = (unsigned)conf->connections_per_address,
        .idle_timeout_s = (unsigned)conf->idle_timeout_s,
        .request_timeout_s = (unsigned)conf->request_timeout_s,
        .connection_memory = conf->connection_memory,
        .arena_max = ARENA_MAX,
        .app = serve,
        .observer = serve_observe,
    };
    SG_TRY(pem_read(arena, conf->tls_cert, why, &settings.tls_cert));
    SG_TRY(pem_read(arena, conf->tls_key, why, &settings.tls_key));
    return http_open(&settings, &serve->http, why);
}

/* Persons are asked only where passkeys have a relying party (req: PRO-3, AU-4). */
static sg_result
open_questions(struct serve *serve, struct sg_why *why, char ret_file[FLOW_FILE_MAX])
{
    const struct conf_gateway *conf = &serve->conf;
    sg_str origin, host;
    struct flow_questions_settings settings = flow_questions_settings_default();
    public_origin(conf, &origin, &host);
    settings.base = sg_cstr(conf->public_url);
    settings.rp_id = conf->rp_id[0] == '\0' ? host : sg_cstr(conf->rp_id);
    settings.anchors = serve->verifier_anchors;
    settings.n_anchors = serve->n_verifier_anchors;
    settings.verifiers = "verifiers";
    settings.dids = serve->dids;
    settings.life_s = (int64_t)conf->consent_lifetime_s;
    return flow_questions_open(&settings, serve->flow, serve->store, serve->signer, serve->courier,
        why, ret_file, &serve->questions);
}

static sg_str
trim_end(sg_str text)
{
    while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r')) {
        text.n--;
    }
    return text;
}

/* An outside provider (AU-5). Its secret is read while files are still in reach. */
static sg_result
open_openid(struct serve *serve, struct sg_arena *arena, struct sg_why *why)
{
    const struct conf_gateway *conf = &serve->conf;
    sg_str acr[CONF_LIST_MAX], amr[CONF_LIST_MAX];
    sg_bytes secret, key;
    if (conf->openid_issuer[0] == '\0') {
        return SG_DONE;
    }
    struct auth_openid_settings settings = { .issuer = sg_cstr(conf->openid_issuer),
        .client_id = sg_cstr(conf->openid_client_id),
        .acr = acr,
        .n_acr = conf->openid_acr.n,
        .amr = amr,
        .n_amr = conf->openid_amr.n };
    for (size_t i = 0; i < conf->openid_acr.n; i++) {
        acr[i] = sg_cstr(conf->openid_acr.items[i]);
    }
    for (size_t i = 0; i < conf->openid_amr.n; i++) {
        amr[i] = sg_cstr(conf->openid_amr.items[i]);
    }
    SG_TRY(pem_read(arena, conf->openid_secret_file, why, &secret));
    SG_TRY(pem_read(arena, conf->openid_key_file, why, &key));
    settings.secret = sg_str_bytes(trim_end(sg_bytes_str(secret)));
    settings.key_jwk = sg_bytes_str(key);
    SG_TRY(sg_arena_printf(
        arena, &settings.redirect_uri, "%s/account/login/external/callback", conf->public_url));
    return auth_openid_new(&settings, &serve->openid);
}

/* Whom verification believes (req: FMT-4). A file that is named and cannot be read stops the start: silence would refuse everything. */
static sg_result
read_pems(struct sg_arena *arena, const char *path, struct sg_why *why,
    sg_bytes anchors[SERVE_ANCHORS_MAX], size_t *ret_n)
{
    sg_bytes pem;
    SG_TRY(pem_read(arena, path, why, &pem));
    if (pem.n == 0) {
        return SG_DONE;
    }
    return x509_from_pem(arena, sg_bytes_str(pem), anchors, SERVE_ANCHORS_MAX, ret_n);
}

static sg_result
read_anchors(struct serve *serve, struct sg_arena *arena, struct sg_why *why)
{
    SG_TRY(read_pems(arena, serve->conf.verify_trust, why, serve->anchors, &serve->n_anchors));
    return read_pems(arena, serve->conf.verifier_trust, why, serve->verifier_anchors,
        &serve->n_verifier_anchors);
}

/* Everything that needs files beyond the sandbox, while there is one thread. */
static sg_result
prepare(struct serve *serve, const struct options *o, struct sg_arena *arena)
{
    struct sg_why why = { 0 };
    gather_routes(serve);
    STEP("store", store_own(o, &why));
    STEP("store", store_open(STORE_PATH, serve->conf.environment, &serve->store, &why));
    STEP("store", store_vault_open(serve->store, VAULT_PATH, &why));
    STEP("http", open_http(serve, o, arena, &why));
    STEP("encryption", jwe_start());
    STEP("openid", open_openid(serve, arena, &why));
    STEP("verify_trust", read_anchors(serve, arena, &why));
    STEP("signer", open_peer(serve, o->signer_fd, "signer", &serve->signer));
    STEP("courier", open_peer(serve, o->courier_fd, "courier", &serve->courier));
    STEP("sandbox", confine(o, &serve->conf, &why));
    return SG_DONE;
}

static sg_result
start(struct serve *serve)
{
    struct sg_why why = { 0 };
    STEP("store", store_start(serve->store));
    STEP("signer", peer_start(serve->signer, PEER_START_MS));
    STEP("courier", peer_start(serve->courier, PEER_START_MS));
    STEP("registry", peer_registry_new(serve->signer, &serve->registry));
    STEP("registry", peer_registry_load(serve->registry));
    bool test = strcmp(serve->conf.environment, CONF_TEST) == 0;
    STEP("documents", flow_dids_new(serve->courier, test, &serve->dids));
    STEP("auth", open_auth(serve));
    STEP("persons", open_persons(serve));
    char file[FLOW_FILE_MAX];
    sg_result r = open_flow(serve, &why, file);
    if (!sg_ok(r)) {
        return failed_at("flow", file, r, &why);
    }
    r = open_questions(serve, &why, file);
    if (!sg_ok(r)) {
        return failed_at("verifiers", file, r, &why);
    }
    fill_face(serve);
    if (serve->face.vcapi.w3c_suite) { /* documents of the suites were signed by jsonld.js */
        jsonld_contexts_nested(flow_contexts(serve->flow)->set);
    }
    STEP("flow", flow_start(serve->flow));
    STEP("questions", flow_questions_start(serve->questions));
    STEP("http", http_start(serve->http));
    return SG_DONE;
}

/* Requests end first, then what they were made of. */
static void
stop(struct serve *serve)
{
    atomic_store(&serve->stopping, true);
    serve_log("info", "stopping", "signal=SIGTERM");
    http_drain(serve->http, DRAIN_MS);
    flow_questions_close(&serve->questions); /* its answers are requests' answers */
    http_close(&serve->http);
    flow_close(&serve->flow);
    peer_close(&serve->signer);
    peer_close(&serve->courier);
    flow_persons_free(&serve->persons);
    flow_dids_free(&serve->dids);
    peer_registry_free(&serve->registry);
    auth_free(&serve->auth);
    auth_openid_free(&serve->openid);
    store_close(&serve->store);
    serve_log("info", "stopped", "code=0");
}

static int
run(const struct options *o, struct serve *serve, struct sg_arena *arena)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (!sg_ok(prepare(serve, o, arena)) || !sg_ok(start(serve))) {
        return 1;
    }
    serve_log("info", "serving", "version=%s environment=%s url=%s", SEALGATE_VERSION,
        serve->conf.environment, serve->conf.public_url);
    if (o->ready_fd >= 0) {
        ssize_t told = write(o->ready_fd, "R", 1);
        (void)told; /* whoever started us may have gone */
        close(o->ready_fd);
    }
    int signal_number = 0;
    while (sigwait(&stops, &signal_number) != 0) {
    }
    stop(serve);
    return 0;
}

int
main(int argc, char **argv)
{
    struct options o;
    if (!options_parse(argc, argv, &o)) {
        fprintf(stderr,
            "usage: sealgate-gateway --dir DIR --signer-fd N --courier-fd N --listen-fd N "
            "[--ready-fd N] [--user UID:GID]\n"
            "       sealgate-gateway --dir DIR --check | --settings\n");
        return EXIT_USAGE;
    }
    if (o.settings) {
        conf_reference(stdout, &conf_gateway_schema);
        conf_reference(stdout, &conf_courier_schema);
        conf_reference(stdout, &conf_signer_schema);
        return 0;
    }
    static struct serve serve;
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(0, (size_t)1024 * 1024);
    struct conf_fault fault = { 0 };
    umask(077);
    points_arm();
    if (arena == NULL || chdir(o.dir) != 0) {
        fprintf(stderr, "sealgate-gateway: %s: %s\n", o.dir, strerror(errno));
        return 1;
    }
    if (!sg_ok(conf_load(&conf_gateway_schema, CONF_PATH, arena, &serve.conf, &fault))) {
        conf_fault_print(stderr, CONF_PATH, &fault);
        return 1;
    }
    return o.check ? 0 : run(&o, &serve, arena);
}
