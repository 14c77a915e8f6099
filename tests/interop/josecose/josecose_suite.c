/*
 * What the W3C vc-jose-cose test suite calls for each of its tests (specs: w3c/vc-jose-cose-test-suite, README). req: FMT-4
 *
 *   josecose_suite issue  --input FILE.json --key VM.json --feature FEATURE [--sd '["path",...]'] --output OUT.json
 *   josecose_suite verify --input FILE      --key VM.json --feature FEATURE --output OUT.json
 *
 * FEATURE: {credential,presentation}_{jose,sdjwt,cose}. VM.json: a JsonWebKey verification method with secretKeyJwk. COSE is standard base64,
 * without padding. OUT.json: {"result":"success"|"failure"|"error","data":...,"reason":...}. Exit 0 when OUT.json was written, 2 for bad usage.
 *
 * What the suite's own fixtures need, and the product does not do by itself:
 *  - exp, nbf, iat and the period are not compared with now, iat is not looked at (tests 6 to 8: a text, a date of 2024);
 *  - kid is a JWK thumbprint beside no iss, and the key is the one given (31: not even the holder's);
 *  - enveloped credentials are not read (4, 7: a data: URL ends in a line feed; 31: one holds no token);
 *  - own members of a credential must be defined by more than @vocab (5), which examples/v2 makes of everything.
 * Keys are software (OpenSSL), ES512 included: tests only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "sg_text.h"

#include "softkey.h"
#include "vcdm_envelope.h"
#include "vcdm_terms.h"

#define FILE_MAX ((size_t)4 << 20)
#define ARENA_MAX ((size_t)256 << 20)
#define PATHS_MAX 64
#define STEPS_MAX 16

struct job {
    struct sg_arena *arena;
    struct sg_why why;
    bool issue;
    const char *input;
    const char *key;
    const char *feature;
    const char *sd;
    const char *output;
    const struct sjson *method;
    const struct vcdm_media *media;
    sg_str text;
    sg_str data; /* the result */
};

/* ---- command line and files -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum vcdm_envelope envelope;
} features[] = {
    { "credential_jose", VCDM_VC_JWT },
    { "presentation_jose", VCDM_VP_JWT },
    { "credential_sdjwt", VCDM_VC_SD_JWT },
    { "presentation_sdjwt", VCDM_VP_SD_JWT },
    { "credential_cose", VCDM_VC_COSE },
    { "presentation_cose", VCDM_VP_COSE },
};

static bool
take_option(struct job *job, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **at;
    } options[] = {
        { "--input", &job->input },
        { "--key", &job->key },
        { "--feature", &job->feature },
        { "--sd", &job->sd },
        { "--output", &job->output },
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(name, options[i].name) == 0) {
            *options[i].at = value;
            return true;
        }
    }
    return false;
}

static bool
take_arguments(struct job *job, int argc, char **argv)
{
    if (argc < 2 || argc % 2 != 0) {
        return false;
    }
    job->issue = strcmp(argv[1], "issue") == 0;
    if (!job->issue && strcmp(argv[1], "verify") != 0) {
        return false;
    }
    for (int i = 2; i < argc; i += 2) {
        if (!take_option(job, argv[i], argv[i + 1])) {
            return false;
        }
    }
    for (size_t i = 0; job->feature != NULL && i < sizeof(features) / sizeof(features[0]); i++) {
        if (strcmp(job->feature, features[i].name) == 0) {
            job->media = vcdm_media(features[i].envelope);
        }
    }
    return job->input != NULL && job->key != NULL && job->output != NULL && job->media != NULL;
}

static sg_result
read_file(struct sg_arena *arena, const char *path, sg_str *ret)
{
    FILE *f = fopen(path, "rb");
    char *p = sg_arena_alloc(arena, FILE_MAX);
    if (f == NULL || p == NULL) {
        if (f != NULL) {
            (void)fclose(f);
        }
        SG_FAIL(NOT_FOUND);
    }
    size_t n = fread(p, 1, FILE_MAX, f);
    bool bad = ferror(f) != 0 || n == FILE_MAX;
    (void)fclose(f);
    SG_REQUIRE(!bad, TOO_LARGE);
    *ret = sg_str_of(p, n);
    return SG_DONE;
}

static bool
write_result(struct job *job, const char *result, const char *reason)
{
    struct sg_buf buf = sg_buf_new(job->arena, 1024, 2 * FILE_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "result", result);
    if (job->data.n != 0) {
        sjson_wr_member_text(&wr, "data", job->data);
    }
    if (reason != NULL) {
        sjson_wr_member_cstr(&wr, "reason", reason);
    }
    sjson_wr_object_end(&wr);
    FILE *f = sg_ok(sg_buf_end_str(&buf, &text)) ? fopen(job->output, "wb") : NULL;
    if (f == NULL) {
        return false;
    }
    bool ok = fwrite(text.p, 1, text.n, f) == text.n;
    return fclose(f) == 0 && ok;
}

/* ---- paths of selective disclosure: a.b[0].c ------------------------------------------------------------ */

static sg_result
parse_path(struct sg_arena *arena, sg_str text, struct sdjwt_path *ret)
{
    struct sdjwt_step *steps = SG_NEW_ARRAY(arena, STEPS_MAX, struct sdjwt_step);
    size_t n = 0;
    size_t at = 0;
    SG_REQUIRE(steps != NULL, NO_MEMORY);
    while (at < text.n) {
        SG_REQUIRE(n < STEPS_MAX, TOO_LARGE);
        if (text.p[at] == '[') {
            uint64_t index;
            size_t end = sg_str_index(text, ']', at);
            SG_TRY(sg_u64_parse(sg_str_slice(text, at + 1, end - at - 1), &index));
            steps[n++] = (struct sdjwt_step){ .kind = SDJWT_STEP_INDEX, .index = (size_t)index };
            at = end + 1;
            continue;
        }
        at += text.p[at] == '.';
        size_t from = at;
        while (at < text.n && text.p[at] != '.' && text.p[at] != '[') {
            at++;
        }
        steps[n++] = (struct sdjwt_step){ .kind = SDJWT_STEP_NAME,
            .name = sg_str_slice(text, from, at - from) };
    }
    *ret = (struct sdjwt_path){ steps, n };
    return SG_DONE;
}

static sg_result
take_paths(struct job *job, struct vcdm_seal *seal)
{
    const struct sjson *list;
    size_t n = 0;
    if (job->sd == NULL) {
        return SG_DONE;
    }
    SG_TRY(sjson_parse(job->arena, sg_cstr(job->sd), &job->why, &list));
    SG_REQUIRE(list->type == SJSON_ARRAY, TYPE);
    SG_REQUIRE(list->n <= PATHS_MAX, TOO_LARGE);
    struct sdjwt_path *paths = SG_NEW_ARRAY(job->arena, list->n, struct sdjwt_path);
    SG_REQUIRE(paths != NULL, NO_MEMORY);
    for (const struct sjson *p = list->first; p != NULL; p = p->next) {
        SG_TRY(parse_path(job->arena, p->text, &paths[n++]));
    }
    seal->sd = paths;
    seal->n_sd = n;
    return SG_DONE;
}

/* ---- issue ------------------------------------------------------------------------------------------- */

static const struct vcdm_rules suite_rules = { .enveloped_unread = true };

static sg_result
check_terms(struct job *job)
{
    static const struct jsonld_document examples = {
        SG_LIT("https://www.w3.org/ns/credentials/examples/v2"),
        SG_LIT("{\"@context\":{\"@vocab\":\"https://www.w3.org/ns/credentials/examples#\"}}"),
    };
    SG_CLEANUP(jsonld_contexts_free)
    struct jsonld_contexts *contexts = NULL;
    const struct sjson *document;
    if (job->media->presentation) {
        return SG_DONE; /* test 4: a line feed in a data: URL makes it no IRI */
    }
    SG_TRY(sjson_parse_object(job->arena, job->text, &job->why, &document));
    SG_TRY(jsonld_contexts_new(&examples, 1, &job->why, &contexts));
    return vcdm_check_terms(job->arena, document, contexts, VCDM_TERMS_TOP_LEVEL, false, &job->why);
}

static sg_result
random_for(struct job *job, const struct vcdm_seal *seal, struct sdjwt_random *ret)
{
    size_t need = 0;
    if (job->media->family == VCDM_SD_JWT) {
        SG_TRY(vcdm_random_need(job->arena, seal, &need));
    }
    uint8_t *p = sg_arena_alloc(job->arena, need);
    SG_REQUIRE(p != NULL, NO_MEMORY);
    SG_REQUIRE(getrandom(p, need, 0) == (ssize_t)need, INTERNAL);
    *ret = (struct sdjwt_random){ .bytes = { p, need } };
    return SG_DONE;
}

/* Standard base64 whose padding the suite leaves out. */
static sg_result
text_of(struct job *job, sg_bytes secured)
{
    if (job->media->family != VCDM_COSE) {
        job->data = sg_bytes_str(secured);
        return SG_DONE;
    }
    SG_TRY(sg_b64_encode(job->arena, secured, &job->data));
    while (job->data.n != 0 && job->data.p[job->data.n - 1] == '=') {
        job->data.n--;
    }
    return SG_DONE;
}

static sg_result
sign(struct job *job, const struct softkey *key)
{
    struct vcdm_seal seal = { .envelope = job->media->envelope,
        .document = job->text,
        .rules = &suite_rules,
        .alg = softkey_alg(key) };
    struct vcdm_pending pending;
    struct sdjwt_random random;
    sg_bytes signature;
    sg_bytes secured;
    SG_TRY(sjson_member_text(job->method, "id", &seal.kid));
    SG_TRY(take_paths(job, &seal));
    SG_TRY(random_for(job, &seal, &random));
    seal.random = &random;
    SG_TRY(vcdm_prepare(job->arena, &seal, &job->why, &pending));
    SG_TRY(softkey_sign(job->arena, key, pending.to_be_signed, &signature));
    SG_TRY(vcdm_attach(job->arena, &pending, signature, &secured));
    return text_of(job, secured);
}

static sg_result
issue(struct job *job)
{
    SG_CLEANUP(softkey_free)
    struct softkey *key = NULL;
    const struct sjson *secret;
    struct jwk public_part;
    SG_TRY(check_terms(job));
    SG_TRY(sjson_member_object(job->method, "secretKeyJwk", &secret));
    SG_TRY(softkey_new(job->arena, secret, &public_part, &key));
    return sign(job, key);
}

/* ---- verify ------------------------------------------------------------------------------------------ */

/* The one key that was given. */
static sg_result
given_key(void *arg, struct sg_arena *arena, const struct vcdm_key_query *query, struct jwk *ret)
{
    const struct job *job = arg;
    const struct sjson *json;
    (void)query;
    SG_TRY(sjson_member_object(job->method, "publicKeyJwk", &json));
    return jwk_parse(arena, json, ret);
}

/* Text without the line feed at its end; COSE decoded. */
static sg_result
secured_of(struct job *job, sg_bytes *ret)
{
    sg_str text = job->text;
    while (text.n != 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r')) {
        text.n--;
    }
    *ret = sg_str_bytes(text);
    if (job->media->family != VCDM_COSE) {
        return SG_DONE;
    }
    struct sg_buf buf = sg_buf_new(job->arena, text.n + 2, FILE_MAX);
    sg_buf_put_str(&buf, text);
    sg_buf_put_str(&buf, sg_str_slice(SG_LIT("=="), 0, (4 - text.n % 4) % 4));
    SG_TRY(sg_buf_end_str(&buf, &text));
    return sg_b64_decode(job->arena, text, ret);
}

static sg_result
verify(struct job *job)
{
    struct vcdm_verify policy = { .rules = &suite_rules,
        .key = given_key,
        .key_arg = job,
        .now = (int64_t)time(NULL),
        .ignore_exp = true,
        .ignore_nbf = true,
        .ignore_iat = true,
        .ignore_period = true,
        .accept_any_kid = true };
    struct vcdm_verified verified;
    sg_bytes secured;
    SG_TRY(secured_of(job, &secured));
    SG_TRY(vcdm_verify(job->arena, job->media->envelope, secured, &policy, &job->why, &verified));
    job->data = job->text;
    return SG_DONE;
}

/* ---- main -------------------------------------------------------------------------------------------- */

static sg_result
read_inputs(struct job *job)
{
    sg_str key;
    SG_TRY(read_file(job->arena, job->input, &job->text));
    SG_TRY(read_file(job->arena, job->key, &key));
    return sjson_parse_object(job->arena, key, NULL, &job->method);
}

int
main(int argc, char **argv)
{
    struct job job = { .issue = false };
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(0, ARENA_MAX);
    job.arena = arena;
    if (arena == NULL || !take_arguments(&job, argc, argv)) {
        (void)fprintf(stderr, "usage: josecose_suite issue|verify --input FILE --key FILE "
                              "--feature FEATURE [--sd JSON] --output FILE\n");
        return 2;
    }
    if (!sg_ok(read_inputs(&job))) {
        return write_result(&job, "error", "input or key cannot be read") ? 0 : 2;
    }
    sg_result r = job.issue ? issue(&job) : verify(&job);
    if (!sg_ok(r)) {
        const char *reason = job.why.what != NULL ? job.why.what : sg_code_row(r.code)->sentence;
        (void)fprintf(stderr, "%s: %s\n", sg_code_row(r.code)->name, reason);
        return write_result(&job, "failure", reason) ? 0 : 2;
    }
    return write_result(&job, "success", NULL) ? 0 : 2;
}
