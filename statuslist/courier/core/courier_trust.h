/* Who may sign which status list: read from settings once, at start, and from nowhere else. */
#ifndef COURIER_TRUST_H
#define COURIER_TRUST_H

#include "conf.h"
#include "tsl_token.h"

#define COURIER_ANCHORS_MAX 64

/*
 * Rules of the settings `keys` ("uri prefix|thumbprint" or "uri prefix|did:key:...") and `anchors` (PEM files, relative to DIR; they speak for every URI for which no
 * key is named). The arena keeps everything. SG_E_NOT_FOUND (a file), SG_E_VALUE (form of a setting, a file without certificate),
 * SG_E_TOO_MANY, SG_E_NO_MEMORY; `why` names the setting.
 */
SG_CHECKED sg_result courier_trust_load(struct sg_arena *arena, const struct conf_courier *conf,
    struct sg_why *why, const struct tsl_trust_rule **ret, size_t *ret_n);
/* The files of `own_ca` and `openid_ca`, empty without one; each must hold a certificate. Errors as above. */
SG_CHECKED sg_result courier_openid_ca_load(
    struct sg_arena *arena, const struct conf_courier *conf, struct sg_why *why, sg_str *ret);
SG_CHECKED sg_result courier_own_ca_load(
    struct sg_arena *arena, const struct conf_courier *conf, struct sg_why *why, sg_str *ret);

#endif
