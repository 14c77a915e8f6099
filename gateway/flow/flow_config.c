/* Reading credential configurations. Every refusal names the member at fault: people write these files by hand. */
#include "flow_config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow_claims.h"

#define BASE_WORD "${BASE}"

static sg_result
bad(struct sg_why *why, const char *what)
{
    sg_why_note(why, what, 0, 0);
    SG_FAIL(CONFIGURATION);
}

/* The public URL has no character that JSON escapes (checked by the settings), so text stands for text. */
static sg_result
expand(struct sg_arena *arena, sg_str text, sg_str base, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, text.n + 1024, 2 * FLOW_CONFIG_FILE_MAX);
    size_t from = 0;
    for (size_t i = 0; i + sizeof(BASE_WORD) - 1 <= text.n; i++) {
        if (text.p[i] == '$' && memcmp(text.p + i, BASE_WORD, sizeof(BASE_WORD) - 1) == 0) {
            sg_buf_put_str(&buf, sg_str_slice(text, from, i - from));
            sg_buf_put_str(&buf, base);
            from = i + sizeof(BASE_WORD) - 1;
        }
    }
    sg_buf_put_str(&buf, sg_str_slice(text, from, text.n));
    return sg_buf_end_str(&buf, ret);
}

/* ---- metadata: what we rely on -------------------------------------------------------------------- */

static sg_result
read_algs(const struct sjson *array, struct sg_why *why, const char *what,
    const struct jose_alg *ret[8], size_t *ret_n)
{
    if (array == NULL || array->type != SJSON_ARRAY || array->n == 0 || array->n > 8) {
        return bad(why, what);
    }
    size_t n = 0;
    for (const struct sjson *e = array->first; e != NULL; e = e->next) {
        const struct jose_alg *alg = e->type == SJSON_STRING ? jose_alg_by_name(e->text) : NULL;
        if (alg == NULL || !alg->sign) {
            return bad(why, what);
        }
        ret[n++] = alg;
    }
    *ret_n = n;
    return SG_DONE;
}

/* Binding methods and proof types stand together or not at all (OpenID4VCI 1.0, 12.2.4). */
static sg_result
read_proofs(const struct sjson *json, struct sg_why *why, struct flow_config *config)
{
    const struct sjson *methods = sjson_get(json, "cryptographic_binding_methods_supported");
    const struct sjson *types = sjson_get(json, "proof_types_supported");
    if (methods == NULL && types == NULL) {
        return SG_DONE;
    }
    if (methods == NULL || methods->type != SJSON_ARRAY || methods->n != 1 ||
        !sjson_is_text(methods->first, "jwk")) {
        return bad(
            why, "cryptographic_binding_methods_supported: [\"jwk\"] is what this version does");
    }
    if (types == NULL || types->type != SJSON_OBJECT || types->n != 1 ||
        sjson_get(types, "jwt") == NULL) {
        return bad(why, "proof_types_supported: jwt is what this version does");
    }
    const struct sjson *jwt = sjson_get(types, "jwt");
    if (sjson_get(jwt, "key_attestations_required") != NULL) {
        return bad(why, "key_attestations_required: not in this version");
    }
    config->binding = true;
    return read_algs(sjson_get(jwt, "proof_signing_alg_values_supported"), why,
        "proof_signing_alg_values_supported", config->proof_algs, &config->n_proof_algs);
}

static sg_result
read_metadata(const struct sjson *json, struct sg_why *why, struct flow_config *config)
{
    if (!sg_ok(sjson_member_text(json, "format", &config->format_name))) {
        return bad(why, "format");
    }
    if (!sg_str_is(config->format_name, SDJWT_VC_TYP)) {
        sg_why_note(why, "format", 0, 0);
        SG_FAIL(UNSUPPORTED);
    }
    config->format = FLOW_DC_SD_JWT;
    if (!sg_ok(sjson_member_text(json, "vct", &config->type)) || config->type.n == 0 ||
        config->type.n > 1024) {
        return bad(why, "vct");
    }
    if (sjson_get(json, "scope") != NULL &&
        !sg_ok(sjson_member_text(json, "scope", &config->scope))) {
        return bad(why, "scope");
    }
    const struct sjson *metadata = sjson_get(json, "credential_metadata");
    if (metadata == NULL || metadata->type != SJSON_OBJECT) {
        return bad(why, "credential_metadata"); /* wallets tell 1.0 from drafts by it */
    }
    const struct jose_alg *algs[8];
    size_t n;
    SG_TRY(read_algs(sjson_get(json, "credential_signing_alg_values_supported"), why,
        "credential_signing_alg_values_supported", algs, &n));
    if (n != 1) {
        return bad(why, "credential_signing_alg_values_supported: one, that of the seal key");
    }
    config->seal_alg = algs[0];
    return read_proofs(json, why, config);
}

/* ---- our own section ---------------------------------------------------------------------------------- */

static sg_result
read_path(
    struct sg_arena *arena, const struct sjson *json, struct sg_why *why, struct sdjwt_path *ret)
{
    if (json->type != SJSON_ARRAY || json->n == 0 || json->n > FLOW_CLAIM_DEPTH + 1 ||
        json->first->type != SJSON_STRING) {
        return bad(why, "selectively_disclosable: a claims path pointer");
    }
    struct sdjwt_step *steps = SG_NEW_ARRAY(arena, json->n, struct sdjwt_step);
    SG_REQUIRE(steps != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next, n++) {
        int64_t index = 0;
        if (e->type == SJSON_STRING) {
            steps[n] = (struct sdjwt_step){ .kind = SDJWT_STEP_NAME, .name = e->text };
        } else if (e->type == SJSON_NULL) {
            steps[n].kind = SDJWT_STEP_ALL;
        } else if (sg_ok(sjson_int(e, &index)) && index >= 0) {
            steps[n] = (struct sdjwt_step){ .kind = SDJWT_STEP_INDEX, .index = (size_t)index };
        } else {
            return bad(why, "selectively_disclosable: a claims path pointer");
        }
    }
    *ret = (struct sdjwt_path){ steps, n };
    return SG_DONE;
}

static sg_result
read_paths(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    struct flow_config *config)
{
    if (json == NULL) {
        return SG_DONE;
    }
    if (json->type != SJSON_ARRAY || json->n > FLOW_PATHS_MAX) {
        return bad(why, "selectively_disclosable");
    }
    struct sdjwt_path *paths = SG_NEW_ARRAY(arena, json->n, struct sdjwt_path);
    SG_REQUIRE(paths != NULL, NO_MEMORY);
    size_t n = 0;
    for (const struct sjson *e = json->first; e != NULL; e = e->next) {
        SG_TRY(read_path(arena, e, why, &paths[n++]));
    }
    config->sd = paths;
    config->n_sd = n;
    return SG_DONE;
}

static sg_result
read_int(const struct sjson *json, struct sg_why *why, const char *name, int64_t low, int64_t high,
    int64_t absent, int64_t *ret)
{
    const struct sjson *v = sjson_get(json, name);
    *ret = absent;
    if (v == NULL && absent >= low) {
        return SG_DONE;
    }
    if (v == NULL || !sg_ok(sjson_int(v, ret)) || *ret < low || *ret > high) {
        return bad(why, name);
    }
    return SG_DONE;
}

static sg_result
read_hash(const struct sjson *v, struct sg_why *why, enum sg_hash_alg *ret)
{
    *ret = SG_SHA256;
    if (v == NULL || sjson_is_text(v, "sha-256")) {
        return SG_DONE;
    }
    if (sjson_is_text(v, "sha-384")) {
        *ret = SG_SHA384;
        return SG_DONE;
    }
    *ret = SG_SHA512;
    return sjson_is_text(v, "sha-512") ? SG_DONE : bad(why, "hash");
}

static bool
plain_name(sg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            return false;
        }
    }
    return s.n > 0 && s.n <= 48;
}

static sg_result
read_type_metadata(struct sg_arena *arena, const struct sjson *json, sg_str base,
    struct sg_why *why, struct flow_config *config)
{
    if (json == NULL) {
        return SG_DONE;
    }
    sg_str vct;
    if (json->type != SJSON_OBJECT || !sg_ok(sjson_member_text(json, "vct", &vct)) ||
        !sg_str_equal(vct, config->type)) {
        return bad(why, "type_metadata: its vct must equal the configuration's");
    }
    bool ours = config->type.n > base.n && memcmp(config->type.p, base.p, base.n) == 0;
    config->type_path = ours ? sg_str_slice(config->type, base.n, config->type.n) : SG_NO_STR;
    if (!sg_str_starts(config->type_path, "/credentials/")) {
        return bad(why, "type_metadata: served for vct ${BASE}/credentials/... only");
    }
    config->type_metadata = sg_str_bytes(json->source);
    return sdjwt_vc_integrity_make(arena, config->type_metadata, &config->vct_integrity);
}

static sg_result
check_known(const struct sjson *ours, struct sg_why *why)
{
    static const char *const known[] = { "seal_key", "level", "validity_s", "round_s", "iss",
        "decoys", "hash", "status_list", "selectively_disclosable", "claims", "type_metadata" };
    for (const struct sjson *m = ours->first; m != NULL; m = m->next) {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            found = found || sg_str_is(m->name, known[i]);
        }
        if (!found) {
            return bad(why, "sealgate: unknown member");
        }
    }
    return SG_DONE;
}

static sg_result
read_ours(struct sg_arena *arena, const struct sjson *ours, sg_str base, struct sg_why *why,
    struct flow_config *config)
{
    int64_t level, decoys;
    if (ours == NULL || ours->type != SJSON_OBJECT) {
        return bad(why, "sealgate");
    }
    SG_TRY(check_known(ours, why));
    if (!sg_ok(sjson_member_text(ours, "seal_key", &config->seal_key)) || config->seal_key.n == 0 ||
        config->seal_key.n > FLOW_ID_MAX) {
        return bad(why, "seal_key");
    }
    SG_TRY(read_int(ours, why, "level", 1, 2, 1, &level));
    SG_TRY(read_int(ours, why, "decoys", 0, 20, 0, &decoys));
    SG_TRY(read_int(ours, why, "validity_s", 60, FLOW_VALIDITY_MAX, 0, &config->validity_s));
    SG_TRY(read_int(ours, why, "round_s", 1, 86400, 3600, &config->round_s));
    if (config->round_s * 2 > config->validity_s && config->round_s > 1) {
        return bad(why, "round_s: too coarse for validity_s");
    }
    config->level = (unsigned)level;
    config->decoys = (size_t)decoys;
    if (!sg_ok(sjson_member_bool(ours, "iss", true, &config->iss))) {
        return bad(why, "iss");
    }
    SG_TRY(read_hash(sjson_get(ours, "hash"), why, &config->hash));
    if (sjson_get(ours, "status_list") != NULL &&
        (!sg_ok(sjson_member_text(ours, "status_list", &config->status_list)) ||
            !plain_name(config->status_list) || sg_str_is(config->status_list, "keys"))) {
        return bad(why, "status_list: small letters, digits, _ and -; not \"keys\"");
    }
    SG_TRY(read_paths(arena, sjson_get(ours, "selectively_disclosable"), why, config));
    const struct sjson *claims = sjson_get(ours, "claims");
    if (claims == NULL) {
        return bad(why, "claims");
    }
    SG_TRY(flow_claim_rules_parse(arena, claims, 0, why, &config->claims, &config->n_claims));
    return read_type_metadata(arena, sjson_get(ours, "type_metadata"), base, why, config);
}

sg_result
flow_config_parse(struct sg_arena *arena, sg_str id, sg_str text, sg_str base, struct sg_why *why,
    struct flow_config *ret)
{
    struct flow_config config = { 0 };
    if (text.n > FLOW_CONFIG_FILE_MAX) {
        return bad(why, "the file is too large");
    }
    if (id.n == 0 || id.n > FLOW_ID_MAX) {
        return bad(why, "the name of the file");
    }
    sg_str expanded;
    SG_TRY(sg_arena_str(arena, id, &config.id));
    SG_TRY(expand(arena, text, base, &expanded));
    sg_result r = sjson_parse_object(arena, expanded, why, &config.published);
    if (r.code == SG_E_NO_MEMORY) {
        return r;
    }
    if (!sg_ok(r)) {
        return bad(why, "not a JSON object");
    }
    SG_TRY(read_metadata(config.published, why, &config));
    SG_TRY(read_ours(arena, sjson_get(config.published, "sealgate"), base, why, &config));
    *ret = config;
    return SG_DONE;
}

/* ---- the folder ----------------------------------------------------------------------------------------- */

static sg_result
read_file(struct sg_arena *arena, int dir, const char *name, struct sg_why *why, sg_str *ret)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 0 ||
        (uint64_t)st.st_size > FLOW_CONFIG_FILE_MAX) {
        sg_why_note(why, "cannot be read", 0, (uint64_t)errno);
        if (fd >= 0) {
            close(fd);
        }
        SG_FAIL(CONFIGURATION);
    }
    size_t size = (size_t)st.st_size;
    char *text = sg_arena_alloc(arena, size + 1);
    ssize_t got = text == NULL ? -1 : pread(fd, text, size, 0);
    close(fd);
    SG_REQUIRE(text != NULL, NO_MEMORY);
    if (got != (ssize_t)size) {
        return bad(why, "cannot be read");
    }
    *ret = sg_str_of(text, size);
    return SG_DONE;
}

static int
by_name(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

static void
close_dir(DIR **dir)
{
    if (*dir != NULL) {
        closedir(*dir);
    }
}

sg_result
flow_configs_read(struct sg_arena *arena, const char *path, sg_str base, struct sg_why *why,
    sg_str *ret_file, struct flow_configs *ret)
{
    DIR *dir SG_CLEANUP(close_dir)
    = opendir(path);
    SG_REQUIRE(dir != NULL, NOT_FOUND);
    const char *names[FLOW_CONFIGS_MAX];
    size_t n = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        size_t len = strlen(entry->d_name);
        if (len <= 5 || entry->d_name[0] == '.' || strcmp(entry->d_name + len - 5, ".json") != 0) {
            continue;
        }
        if (n == FLOW_CONFIGS_MAX) {
            return bad(why, "too many configurations");
        }
        SG_TRY(sg_arena_cstr(arena, sg_cstr(entry->d_name), &names[n++]));
    }
    qsort(names, n, sizeof(names[0]), by_name);
    struct flow_config *items = SG_NEW_ARRAY(arena, n + 1, struct flow_config);
    SG_REQUIRE(items != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        sg_str text;
        if (ret_file != NULL) {
            *ret_file = sg_cstr(names[i]);
        }
        sg_str id = sg_str_of(names[i], strlen(names[i]) - 5);
        SG_TRY(read_file(arena, dirfd(dir), names[i], why, &text));
        SG_TRY(flow_config_parse(arena, id, text, base, why, &items[i]));
    }
    *ret = (struct flow_configs){ items, n };
    return SG_DONE;
}

const struct flow_config *
flow_config_find(const struct flow_configs *set, sg_str id)
{
    for (size_t i = 0; i < set->n; i++) {
        if (sg_str_equal(set->items[i].id, id)) {
            return &set->items[i];
        }
    }
    return NULL;
}

const struct flow_config *
flow_config_by_type_path(const struct flow_configs *set, sg_str path)
{
    for (size_t i = 0; i < set->n; i++) {
        if (set->items[i].type_path.n > 0 && sg_str_equal(set->items[i].type_path, path)) {
            return &set->items[i];
        }
    }
    return NULL;
}

void
flow_config_write(struct sjson_wr *wr, const struct flow_config *config)
{
    sjson_wr_object(wr);
    for (const struct sjson *m = config->published->first; m != NULL; m = m->next) {
        if (!sg_str_is(m->name, "sealgate")) {
            sjson_wr_name(wr, m->name);
            sjson_wr_value(wr, m);
        }
    }
    sjson_wr_object_end(wr);
}
