/* The log key: outside the gates, used by the publisher alone, for checkpoint text that it built. EV-1 */
#include <pthread.h>
#include <stdlib.h>

#include "signer.h"

#define ANCHOR SG_LIT("sealgate-anchor")

/* A session belongs to a thread, and the publisher's thread is not ours: it is opened at first use there and closed when the thread ends. */
static pthread_key_t session_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
close_session(void *value)
{
    struct p11_session *session = value;
    p11_session_close(&session);
}

static void
make_key(void)
{
    (void)pthread_key_create(&session_key, close_session);
}

static sg_result
own_session(struct p11 *p11, struct p11_session **ret)
{
    pthread_once(&once, make_key);
    struct p11_session *session = pthread_getspecific(session_key);
    if (session == NULL) {
        SG_TRY(p11_session_open(p11, 1, &session));
        if (pthread_setspecific(session_key, session) != 0) {
            p11_session_close(&session);
            SG_FAIL(NO_MEMORY);
        }
    }
    *ret = session;
    return SG_DONE;
}

static sg_result
sign_checkpoint(void *context, sg_bytes text, uint8_t ret[TLOG_SIG_LEN])
{
    const struct signer *s = context;
    struct p11_session *session = NULL;
    SG_TRY(own_session(s->p11, &session));
    const struct p11_key_ref ref = { s->log_key_row->public, SG_NO_BYTES };
    uint8_t signature[KEY_SIG_MAX];
    size_t n = 0;
    SG_TRY(p11_key_sign(session, &ref, text, signature, &n));
    SG_REQUIRE(n == TLOG_SIG_LEN, INTERNAL);
    memcpy(ret, signature, TLOG_SIG_LEN);
    return SG_DONE;
}

static sg_result
write_anchor(void *context, const struct ledger_anchor *anchor)
{
    const struct signer *s = context;
    struct p11_session *session = NULL;
    uint8_t data[8 + sizeof(anchor->root)];
    SG_TRY(own_session(s->p11, &session));
    for (size_t i = 0; i < 8; i++) {
        data[i] = (uint8_t)(anchor->size >> (56 - 8 * i));
    }
    memcpy(data + 8, &anchor->root, sizeof(anchor->root));
    return p11_object_write(session, ANCHOR, SG_BYTES(data));
}

sg_result
signer_anchor_read(struct signer *s, struct ledger_anchor *ret, bool *ret_have)
{
    uint8_t data[8 + sizeof(ret->root)];
    size_t n = 0;
    sg_result r = p11_object_read(s->session, ANCHOR, data, sizeof(data), &n);
    *ret_have = false;
    if (r.code == SG_E_NOT_FOUND) {
        return SG_DONE;
    }
    SG_TRY(r);
    SG_REQUIRE(n == sizeof(data), MALFORMED);
    ret->size = 0;
    for (size_t i = 0; i < 8; i++) {
        ret->size = ret->size << 8 | data[i];
    }
    memcpy(&ret->root, data + 8, sizeof(ret->root));
    *ret_have = true;
    return SG_DONE;
}

static void
report(void *context, sg_result result)
{
    (void)context;
    signer_log(sg_ok(result) ? SIGNER_INFO : SIGNER_ERROR, "publish", "code=%s",
        sg_ok(result) ? "OK" : sg_code_row(result.code)->name);
}

sg_result
signer_publisher_new(struct signer *s)
{
    struct ledger_publish_calls calls = { s, sign_checkpoint, write_anchor, report,
        (unsigned)s->conf->publish_ms };
    SG_TRY(ledger_publisher_new(s->ledger, &s->log_key, &calls, &s->publisher));
    return ledger_publisher_start(s->publisher);
}

sg_result
signer_publish_here(struct signer *s)
{
    struct ledger_publish_calls calls = { s, sign_checkpoint, write_anchor, report,
        (unsigned)s->conf->publish_ms };
    SG_TRY(ledger_publisher_new(s->ledger, &s->log_key, &calls, &s->publisher));
    SG_TRY(ledger_publish_once(s->publisher, signer_now().boot_ms));
    ledger_publisher_free(&s->publisher);
    pthread_once(&once, make_key);
    close_session(pthread_getspecific(session_key));
    (void)pthread_setspecific(session_key, NULL);
    return SG_DONE;
}
