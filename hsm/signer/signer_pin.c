/*
 * Each PIN that a person puts into the PIN file is tried once, and never one that was refused: many tokens lock after three, and whoever supervises
 * us starts us again. What was refused is kept as a salted hash beside the token; another PIN in the file is a person's word. req: KEY-1
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "signer.h"

#define REFUSED "signer/pin.refused"
#define REFUSED_NEW "signer/pin.refused.new"

static void
mark_of(const uint8_t salt[SIGNER_PIN_SALT], sg_bytes pin, uint8_t ret[SG_SHA256_LEN])
{
    crypto_generichash(ret, SG_SHA256_LEN, pin.p, pin.n, salt, SIGNER_PIN_SALT);
}

static bool
read_mark(uint8_t ret[SIGNER_PIN_MARK])
{
    int fd = open(REFUSED, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : read(fd, ret, SIGNER_PIN_MARK);
    if (fd >= 0) {
        close(fd);
    }
    return n == SIGNER_PIN_MARK;
}

/* Durable before anybody could try again. */
static bool
write_mark(const uint8_t mark[SIGNER_PIN_MARK])
{
    int fd = open(REFUSED_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write(fd, mark, SIGNER_PIN_MARK) == SIGNER_PIN_MARK && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return good && rename(REFUSED_NEW, REFUSED) == 0;
}

bool
signer_pin_refused_before(struct signer *s, sg_bytes pin)
{
    uint8_t hash[SG_SHA256_LEN];
    s->pin_marked = read_mark(s->pin_mark);
    if (s->pin_marked) {
        mark_of(s->pin_mark, pin, hash);
        if (sodium_memcmp(hash, s->pin_mark + SIGNER_PIN_SALT, sizeof(hash)) == 0) {
            return true;
        }
    }
    randombytes_buf(s->pin_mark, SIGNER_PIN_SALT);
    mark_of(s->pin_mark, pin, s->pin_mark + SIGNER_PIN_SALT);
    return false;
}

static void
keep(struct signer *s)
{
    s->pin_marked = write_mark(s->pin_mark);
    if (!s->pin_marked) {
        signer_log(SIGNER_ERROR, "pin", "what=\"the refusal cannot be kept\" errno=%d", errno);
    }
}

static void
tell(struct signer *s, const struct p11_health *health)
{
    static const char *const words[] = {
        [P11_LATCH_NONE] = "latched",
        [P11_LATCH_WRONG] = "the token refused the PIN",
        [P11_LATCH_KNOWN] = "this PIN was refused before; it was not tried",
        [P11_LATCH_BEFORE] = "the token says that a PIN was refused; ours was not tried",
        [P11_LATCH_OTHER] =
            "the token's PIN is locked, expired or not set; its security officer sets it",
    };
    signer_log(SIGNER_ERROR, "pin",
        "code=%s what=\"%s\" do=\"put the right PIN into %s, then stop and run; "
        "each PIN is tried once\" ckr=%llu",
        sg_code_row(SG_E_TOKEN_DOWN)->name, words[health->latch], s->conf->pin_file,
        (unsigned long long)health->why_rv);
    s->pin_told = true;
}

void
signer_pin_settle(struct signer *s)
{
    struct p11_health health;
    p11_health(s->p11, &health);
    if (health.state == P11_PIN_LATCHED && health.latch == P11_LATCH_BEFORE && !s->pin_told) {
        keep(s); /* before the try, so that a crash in it does not lead to another */
        if (s->pin_marked) {
            p11_pin_confirm(s->p11);
            SG_IGNORE(p11_probe(s->p11, signer_now().boot_ms)); /* its health tells */
            p11_health(s->p11, &health);
        }
    }
    if (health.state == P11_PIN_LATCHED && !s->pin_told) {
        if (health.latch == P11_LATCH_WRONG) {
            keep(s);
        }
        tell(s, &health);
    }
    if (health.state == P11_READY && s->pin_marked) {
        s->pin_marked = unlink(REFUSED) != 0 && errno != ENOENT;
    }
}
