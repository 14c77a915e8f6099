/* Checks that several tables use. NULL if good, else what is wrong. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf.h"

const char *conf_is_environment(const char *text);
/* http or https, a host, no user, query or fragment, no slash at the end. NET-1 is a matter of the whole table. */
const char *conf_is_base_url(const char *text);
/* scheme://host[:port] and nothing behind it */
const char *conf_is_origin(const char *text);
/* a host name in lower case: labels of letters, digits and hyphens */
const char *conf_is_rp_id(const char *text);
/* client id|redirect URI|name, each of them there */
const char *conf_is_wallet(const char *text);
/* relative to DIR or absolute, without ".." */
const char *conf_is_path(const char *text);
const char *conf_is_absolute_path(const char *text);
/* letters, digits, '.', '_', '-' */
const char *conf_is_label(const char *text);
/* standard or w3c-suite */
const char *conf_is_vcapi_profile(const char *text);
/* C2SP: an origin is a schema-less URL or any text without spaces and plus signs */
const char *conf_is_log_origin(const char *text);

#define CONF_ROW(process, kind, member) \
    .name = #member, .type = kind, .offset = offsetof(struct process, member)

#endif
