/* Reading credential configurations. Every refusal names the member at fault: people write these files by hand. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow_claims.h"
#include "flow_form.h"
#include "flow_proof_types.h"
#include "flow_read.h"

#define PUBLISHED_MAX ((size_t)256 * 1024)

/* One file being read. */
struct reading {
    struct sg_arena *arena;
    sg_str base;
    struct sg_why *why;
    const struct sjson *file;
    const struct sjson *shared; /* `sealgate` */
    const struct flow_claim_rule *claims;
    size_t n_claims;
    struct schema *schema;
};

static void
reading_done(struct reading *in)
{
    schema_free(&in->schema);
}

/* ---- key proofs ----------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum flow_binding binding;
} binding_words[] = {
    { "jwk", FLOW_BIND_JWK },
    { "cose_key", FLOW_BIND_COSE_KEY },
    { "did:key", FLOW_BIND_DID_KEY },
    { "did:jwk", FLOW_BIND_DID_JWK },
};

static unsigned
binding_of(sg_str word)
{
    for (size_t i = 0; i < sizeof(binding_words) / sizeof(binding_words[0]); i++) {
        if (sg_str_is(word, binding_words[i].word)) {
            return binding_words[i].binding;
        }
    }
    return 0;
}

static sg_result
read_binding(const struct sjson *methods, struct sg_why *why, const char *what, unsigned *ret)
{
    if (methods->type != SJSON_ARRAY || methods->n == 0) {
        return flow_bad(why, what);
    }
    for (const struct sjson *e = methods->first; e != NULL; e = e->next) {
        unsigned one = e->type == SJSON_STRING ? binding_of(e->text) : 0;
        if (one == 0) {
            return flow_bad(why, what);
        }
        *ret |= one;
    }
    return SG_DONE;
}

static unsigned
default_binding(const struct flow_form *form)
{
    sg_str words = sg_cstr(form->binding);
    unsigned all = 0;
    for (size_t from = 0; from < words.n;) {
        size_t end = sg_str_index(words, ' ', from);
        all |= binding_of(sg_str_slice(words, from, end - from));
        from = end + 1;
    }
    return all;
}

/* ---- what every configuration has --------------------------------------------------------------------- */

/* A member of the entry, or of what all entries share. */
static const struct sjson *
place_of(const struct reading *in, const struct sjson *ours, const char *name)
{
    return sjson_get(ours, name) != NULL ? ours : in->shared;
}

/* A word out of a few; absent: the first. Its place in the list. */
static sg_result
read_word(const struct sjson *v, const char *const *words, struct sg_why *why, const char *what,
    unsigned *ret)
{
    *ret = 0;
    for (unsigned i = 0; words[i] != NULL && v != NULL; i++) {
        if (sjson_is_text(v, words[i])) {
            *ret = i;
            return SG_DONE;
        }
    }
    return v == NULL ? SG_DONE : flow_bad(why, what);
}

static sg_result
read_documents(const struct reading *in, const struct sjson *ours, struct flow_config *config)
{
    static const char *const documents[] = { [FLOW_DOCUMENTS_NONE] = "none",
        [FLOW_DOCUMENTS_CLAIMS] = "claims",
        [FLOW_DOCUMENTS_ANY] = "any",
        [FLOW_DOCUMENTS_PRESENTATIONS] = "presentations",
        NULL };
    static const char *const proofs[] = { [FLOW_PROOFS_REFUSE] = "refuse",
        [FLOW_PROOFS_ADD] = "add",
        [FLOW_PROOFS_CHAIN] = "chain",
        NULL };
    unsigned which, existing;
    SG_TRY(read_word(sjson_get(place_of(in, ours, "documents"), "documents"), documents, in->why,
        "documents: none, claims, any or presentations", &which));
    SG_TRY(read_word(sjson_get(place_of(in, ours, "existing_proofs"), "existing_proofs"), proofs,
        in->why, "existing_proofs: refuse, add or chain", &existing));
    if (which != 0 && config->form->document == NULL) {
        return flow_bad(in->why, "documents: this format secures none of clients");
    }
    if (which != 0 && config->level > 1) {
        return flow_bad(in->why, "documents: level 1 alone, an instruction is about claims");
    }
    if ((existing != 0 || which == FLOW_DOCUMENTS_PRESENTATIONS) && !config->form->object) {
        return flow_bad(in->why, "existing_proofs, presentations: with ldp_vc");
    }
    if (which == FLOW_DOCUMENTS_PRESENTATIONS && config->status_list.n > 0) {
        return flow_bad(in->why, "status_list: presentations have no status");
    }
    config->documents = (enum flow_documents)which;
    config->existing = (enum flow_proofs)existing;
    return SG_DONE;
}

static sg_result
read_common(const struct reading *in, const struct sjson *ours, struct flow_config *config)
{
    struct sg_why *why = in->why;
    int64_t level;
    SG_TRY(flow_read_text(
        place_of(in, ours, "seal_key"), why, "seal_key", FLOW_ID_MAX, &config->seal_key));
    SG_TRY(flow_read_int(place_of(in, ours, "level"), why, "level", 1, 2, 1, &level));
    config->level = (unsigned)level;
    SG_TRY(flow_read_int(place_of(in, ours, "validity_s"), why, "validity_s", 60, FLOW_VALIDITY_MAX,
        0, &config->validity_s));
    SG_TRY(flow_read_int(
        place_of(in, ours, "round_s"), why, "round_s", 1, 86400, 3600, &config->round_s));
    if (config->round_s * 2 > config->validity_s && config->round_s > 1) {
        return flow_bad(why, "round_s: too coarse for validity_s");
    }
    const struct sjson *list = place_of(in, ours, "status_list");
    if (sjson_get(list, "status_list") != NULL &&
        (!sg_ok(sjson_member_text(list, "status_list", &config->status_list)) ||
            !flow_plain_name(config->status_list) || sg_str_is(config->status_list, "keys"))) {
        return flow_bad(why, "status_list: small letters, digits, _ and -; not \"keys\"");
    }
    config->claims = in->claims;
    config->n_claims = in->n_claims;
    config->schema = in->schema;
    return read_documents(in, ours, config);
}

static bool
is_one_of(sg_str name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (sg_str_is(name, *names)) {
            return true;
        }
    }
    return false;
}

/* `extra`: of the place; `more`: of the form, or NULL. Both end with NULL. */
static sg_result
check_known(const struct sjson *place, const char *const *extra, const char *const *more,
    struct sg_why *why, const char *what)
{
    static const char *const common[] = { "seal_key", "level", "validity_s", "round_s",
        "status_list", "documents", "existing_proofs", NULL };
    for (const struct sjson *m = place->first; m != NULL; m = m->next) {
        if (!is_one_of(m->name, common) && !is_one_of(m->name, extra) &&
            (more == NULL || !is_one_of(m->name, more))) {
            return flow_bad(why, what);
        }
    }
    return SG_DONE;
}

static sg_result
read_schema(struct reading *in)
{
    const struct sjson *json = sjson_get(in->shared, "schema");
    const struct schema_settings settings = { .formats = true };
    struct sg_why inner = { 0 };
    if (json == NULL) {
        return SG_DONE;
    }
    sg_result r = schema_compile(json->source, &settings, &inner, &in->schema);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    if (!sg_ok(r)) {
        return flow_bad(in->why, "schema: not a JSON Schema 2020-12 of docs/schema.md");
    }
    return SG_DONE;
}

static sg_result
read_shared(struct reading *in)
{
    in->shared = sjson_get(in->file, "sealgate");
    if (in->shared == NULL || in->shared->type != SJSON_OBJECT) {
        return flow_bad(in->why, "sealgate");
    }
    const struct sjson *claims = sjson_get(in->shared, "claims");
    if (claims == NULL) {
        return flow_bad(in->why, "claims");
    }
    SG_TRY(flow_claim_rules_parse(in->arena, claims, 0, in->why, &in->claims, &in->n_claims));
    return read_schema(in);
}

static sg_result
find_form(const struct sjson *entry, struct sg_why *why, const struct flow_form **ret)
{
    sg_str format;
    SG_TRY(flow_read_text(entry, why, "format", FLOW_ID_MAX, &format));
    *ret = flow_form_find(format);
    if (*ret == NULL) {
        sg_why_note(why, "format", 0, 0);
        SG_FAIL(UNSUPPORTED);
    }
    return SG_DONE;
}

/* ---- a single-format file ------------------------------------------------------------------------------- */

/* Binding methods and proof types stand together or not at all (OpenID4VCI 1.0, 12.2.4). */
static sg_result
read_single_proofs(struct sg_arena *arena, const struct sjson *json, struct sg_why *why,
    struct flow_config *config)
{
    const struct sjson *methods = sjson_get(json, "cryptographic_binding_methods_supported");
    const struct sjson *types = sjson_get(json, "proof_types_supported");
    if (methods == NULL && types == NULL) {
        return SG_DONE;
    }
    if (methods == NULL || methods->type != SJSON_ARRAY || methods->n != 1 ||
        !sjson_is_text(methods->first, "jwk")) {
        return flow_bad(
            why, "cryptographic_binding_methods_supported: [\"jwk\"] in a single-format file");
    }
    if (types == NULL) {
        return flow_bad(why, "proof_types_supported");
    }
    config->binding = FLOW_BIND_JWK;
    return flow_proof_types_read(arena, types, why, config);
}

static sg_result
read_single(struct reading *in, sg_str name, struct flow_config *config)
{
    static const char *const extra[] = { "claims", "schema", NULL };
    const struct sjson *json = in->file;
    const struct jose_alg *algs[8];
    size_t n;
    SG_TRY(find_form(json, in->why, &config->form));
    if (config->form != &flow_form_sdjwt) { /* the others have no words for it: a template does */
        sg_why_note(in->why, "format: others than dc+sd-jwt stand in `formats`", 0, 0);
        SG_FAIL(UNSUPPORTED);
    }
    if (sjson_get(json, "scope") != NULL &&
        !sg_ok(sjson_member_text(json, "scope", &config->scope))) {
        return flow_bad(in->why, "scope");
    }
    const struct sjson *metadata = sjson_get(json, "credential_metadata");
    if (metadata == NULL || metadata->type != SJSON_OBJECT) {
        return flow_bad(in->why, "credential_metadata"); /* wallets tell 1.0 from drafts by it */
    }
    SG_TRY(flow_read_algs(sjson_get(json, "credential_signing_alg_values_supported"), in->why,
        "credential_signing_alg_values_supported", algs, &n));
    if (n != 1) {
        return flow_bad(
            in->why, "credential_signing_alg_values_supported: one, that of the seal key");
    }
    config->seal_alg = algs[0];
    SG_TRY(read_single_proofs(in->arena, json, in->why, config));
    SG_TRY(read_shared(in));
    SG_TRY(
        check_known(in->shared, extra, config->form->members, in->why, "sealgate: unknown member"));
    SG_TRY(read_common(in, in->shared, config));
    config->id = name;
    config->published = json;
    struct flow_source source = { json, in->shared, in->base, in->why };
    return config->form->read(in->arena, &source, config);
}

/* ---- a template ------------------------------------------------------------------------------------------- */

static sg_result
read_entry_alg(const struct sjson *entry, struct sg_why *why, const struct jose_alg **ret)
{
    sg_str name = SG_LIT("ES256");
    if (sjson_get(entry, "alg") != NULL && !sg_ok(sjson_member_text(entry, "alg", &name))) {
        return flow_bad(why, "alg");
    }
    *ret = jose_alg_by_name(name);
    return *ret != NULL && (*ret)->sign ? SG_DONE : flow_bad(why, "alg");
}

/* Those of the entry, or the template's. */
static const struct sjson *
proof_types_of(const struct reading *in, const struct sjson *entry)
{
    const struct sjson *own = sjson_get(entry, "proof_types_supported");
    return own != NULL ? own : sjson_get(in->file, "proof_types_supported");
}

static sg_result
read_entry_proofs(const struct reading *in, const struct sjson *entry, struct flow_config *config)
{
    const struct sjson *types = proof_types_of(in, entry);
    const struct sjson *methods = sjson_get(entry, "binding");
    if (types == NULL) {
        return methods == NULL ? SG_DONE
                               : flow_bad(in->why, "binding: goes with proof_types_supported");
    }
    unsigned usual = default_binding(config->form);
    config->binding = usual;
    if (methods != NULL) {
        config->binding = 0;
        SG_TRY(read_binding(methods, in->why, "binding", &config->binding));
        if ((config->binding & ~usual) != 0) {
            return flow_bad(in->why, "binding: a method that the format does not have");
        }
    }
    return flow_proof_types_read(in->arena, types, in->why, config);
}

/* credential_metadata.claims with each path as the format has it; everything else as it stands. */
static void
write_claims(struct sjson_wr *wr, const struct flow_config *config, const struct sjson *claims)
{
    sjson_wr_array(wr);
    for (const struct sjson *c = claims->first; c != NULL; c = c->next) {
        const struct sjson *path = sjson_get(c, "path");
        if (path == NULL || path->type != SJSON_ARRAY ||
            (config->form->has_path != NULL && !config->form->has_path(config, path))) {
            continue;
        }
        sjson_wr_object(wr);
        for (const struct sjson *m = c->first; m != NULL; m = m->next) {
            sjson_wr_name(wr, m->name);
            if (m == path && config->form->write_path != NULL) {
                config->form->write_path(wr, config, path);
            } else {
                sjson_wr_value(wr, m);
            }
        }
        sjson_wr_object_end(wr);
    }
    sjson_wr_array_end(wr);
}

static void
write_metadata(struct sjson_wr *wr, const struct flow_config *config, const struct sjson *metadata)
{
    sjson_wr_object(wr);
    for (const struct sjson *m = metadata->first; m != NULL; m = m->next) {
        sjson_wr_name(wr, m->name);
        if (sg_str_is(m->name, "claims") && m->type == SJSON_ARRAY) {
            write_claims(wr, config, m);
        } else {
            sjson_wr_value(wr, m);
        }
    }
    sjson_wr_object_end(wr);
}

static void
write_binding(struct sjson_wr *wr, unsigned binding)
{
    sjson_wr_name(wr, SG_LIT("cryptographic_binding_methods_supported"));
    sjson_wr_array(wr);
    for (size_t i = 0; i < sizeof(binding_words) / sizeof(binding_words[0]); i++) {
        if ((binding & binding_words[i].binding) != 0) {
            sjson_wr_text(wr, sg_cstr(binding_words[i].word));
        }
    }
    sjson_wr_array_end(wr);
}

/* The entry as wallets see it (OpenID4VCI 1.0, 12.2.4 and the format's profile in App. A). */
static sg_result
publish(const struct reading *in, const struct sjson *entry, const struct sjson *metadata,
    struct flow_config *config)
{
    struct sg_buf buf = sg_buf_new(in->arena, 4096, PUBLISHED_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    const struct sjson *more = sjson_get(entry, "metadata");
    sg_str text;
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "format", config->form->format);
    if (config->scope.n > 0) {
        sjson_wr_member_text(&wr, "scope", config->scope);
    }
    config->form->describe(&wr, config);
    if (config->binding != 0) {
        write_binding(&wr, config->binding);
        sjson_wr_member_value(&wr, "proof_types_supported", proof_types_of(in, entry));
    }
    sjson_wr_name(&wr, SG_LIT("credential_metadata"));
    write_metadata(&wr, config, metadata);
    for (const struct sjson *m = more == NULL ? NULL : more->first; m != NULL; m = m->next) {
        sjson_wr_name(&wr, m->name);
        sjson_wr_value(&wr, m);
    }
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end_str(&buf, &text));
    sg_result r = sjson_parse_object(in->arena, text, NULL, &config->published);
    SG_REQUIRE(r.code != SG_E_NO_MEMORY, NO_MEMORY);
    return sg_ok(r) ? SG_DONE : flow_bad(in->why, "metadata: repeats a member of the format");
}

static sg_result
read_entry(const struct reading *in, const struct sjson *entry, const struct sjson *metadata,
    struct flow_config *config)
{
    static const char *const extra[] = { "id", "format", "alg", "scope", "binding",
        "proof_types_supported", "metadata", NULL };
    if (entry->type != SJSON_OBJECT) {
        return flow_bad(in->why, "formats: an array of objects");
    }
    SG_TRY(flow_read_text(entry, in->why, "id", FLOW_ID_MAX, &config->id));
    if (!flow_plain_name(config->id)) {
        return flow_bad(in->why, "id: small letters, digits, _ and -, at most 48");
    }
    SG_TRY(find_form(entry, in->why, &config->form));
    SG_TRY(check_known(entry, extra, config->form->members, in->why, "formats: unknown member"));
    SG_TRY(read_entry_alg(entry, in->why, &config->seal_alg));
    const struct sjson *scope = sjson_get(entry, "scope") != NULL ? entry : in->file;
    if (sjson_get(scope, "scope") != NULL &&
        !sg_ok(sjson_member_text(scope, "scope", &config->scope))) {
        return flow_bad(in->why, "scope");
    }
    const struct sjson *more = sjson_get(entry, "metadata");
    if (more != NULL && more->type != SJSON_OBJECT) {
        return flow_bad(in->why, "metadata");
    }
    SG_TRY(read_common(in, entry, config));
    SG_TRY(read_entry_proofs(in, entry, config));
    struct flow_source source = { entry, entry, in->base, in->why };
    SG_TRY(config->form->read(in->arena, &source, config));
    return publish(in, entry, metadata, config);
}

static sg_result
read_template(struct reading *in, const struct sjson *formats, struct flow_config *items)
{
    static const char *const top[] = { "scope", "credential_metadata", "proof_types_supported",
        "sealgate", "formats", NULL };
    static const char *const extra[] = { "claims", "schema", NULL };
    for (const struct sjson *m = in->file->first; m != NULL; m = m->next) {
        if (!is_one_of(m->name, top)) {
            return flow_bad(in->why, "unknown member beside `formats`");
        }
    }
    const struct sjson *metadata = sjson_get(in->file, "credential_metadata");
    if (metadata == NULL || metadata->type != SJSON_OBJECT) {
        return flow_bad(in->why, "credential_metadata");
    }
    SG_TRY(read_shared(in));
    SG_TRY(check_known(in->shared, extra, NULL, in->why, "sealgate: unknown member"));
    size_t n = 0;
    for (const struct sjson *e = formats->first; e != NULL; e = e->next) {
        SG_TRY(read_entry(in, e, metadata, &items[n++]));
    }
    return SG_DONE;
}

sg_result
flow_config_parse(struct sg_arena *arena, sg_str name, sg_str text, sg_str base, struct sg_why *why,
    struct flow_configs *ret)
{
    struct reading in SG_CLEANUP(reading_done) = { .arena = arena, .base = base, .why = why };
    sg_str id, expanded;
    if (text.n > FLOW_CONFIG_FILE_MAX) {
        return flow_bad(why, "the file is too large");
    }
    if (name.n == 0 || name.n > FLOW_ID_MAX) {
        return flow_bad(why, "the name of the file");
    }
    SG_TRY(sg_arena_str(arena, name, &id));
    SG_TRY(flow_base_expand(arena, text, base, &expanded));
    sg_result r = sjson_parse_object(arena, expanded, NULL, &in.file);
    if (r.code == SG_E_NO_MEMORY) {
        return r;
    }
    if (!sg_ok(r)) {
        return flow_bad(why, "not a JSON object");
    }
    const struct sjson *formats = sjson_get(in.file, "formats");
    if (formats != NULL &&
        (formats->type != SJSON_ARRAY || formats->n == 0 || formats->n > FLOW_CONFIGS_MAX)) {
        return flow_bad(why, "formats: an array of objects");
    }
    size_t n = formats == NULL ? 1 : formats->n;
    struct flow_config *items = SG_NEW_ARRAY(arena, n, struct flow_config);
    SG_REQUIRE(items != NULL, NO_MEMORY);
    SG_TRY(formats == NULL ? read_single(&in, id, items) : read_template(&in, formats, items));
    *ret = (struct flow_configs){ .items = items, .n = n };
    if (in.schema != NULL) {
        ret->schemas[ret->n_schemas++] = in.schema;
        in.schema = NULL; /* taken */
    }
    return SG_DONE;
}

void
flow_configs_done(struct flow_configs *set)
{
    for (size_t i = 0; i < set->n_schemas; i++) {
        schema_free(&set->schemas[i]);
    }
    *set = (struct flow_configs){ 0 };
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
        return flow_bad(why, "cannot be read");
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

static sg_result
add(struct flow_config *items, struct flow_configs *all, const struct flow_config *one,
    struct sg_why *why)
{
    if (all->n == FLOW_CONFIGS_MAX) {
        return flow_bad(why, "too many configurations");
    }
    if (flow_config_find(all, one->id) != NULL) {
        return flow_bad(why, "id: another configuration has it");
    }
    items[all->n++] = *one;
    return SG_DONE;
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
            return flow_bad(why, "too many configurations");
        }
        SG_TRY(sg_arena_cstr(arena, sg_cstr(entry->d_name), &names[n++]));
    }
    qsort(names, n, sizeof(names[0]), by_name);
    struct flow_config *items = SG_NEW_ARRAY(arena, FLOW_CONFIGS_MAX, struct flow_config);
    SG_REQUIRE(items != NULL, NO_MEMORY);
    struct flow_configs all SG_CLEANUP(flow_configs_done) = { .items = items };
    for (size_t i = 0; i < n; i++) {
        sg_str text;
        struct flow_configs more;
        if (ret_file != NULL) {
            *ret_file = sg_cstr(names[i]);
        }
        sg_str name = sg_str_of(names[i], strlen(names[i]) - 5);
        SG_TRY(read_file(arena, dirfd(dir), names[i], why, &text));
        SG_TRY(flow_config_parse(arena, name, text, base, why, &more));
        if (more.n_schemas > 0) { /* one per file, and files are fewer than places */
            all.schemas[all.n_schemas++] = more.schemas[0];
        }
        for (size_t j = 0; j < more.n; j++) {
            SG_TRY(add(items, &all, &more.items[j], why));
        }
    }
    *ret = all;
    all = (struct flow_configs){ 0 }; /* taken */
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
