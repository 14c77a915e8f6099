/* A verification as VCALM 1.0 answers it: verified, problemDetails, results. Pure. */
#include "vcapi_inner.h"

#define ANSWER_MAX ((size_t)4 * 1024 * 1024)

struct page {
    const struct verify_result *result;
    const struct vcapi_status *statuses;
    struct sjson_wr wr;
};

static bool
within(sg_str subject, sg_str of)
{
    return sg_str_equal(subject, of);
}

/* ---- problem details ---------------------------------------------------------------------------------------- */

static void
put_problem(struct sjson_wr *wr, const char *type, enum sg_code code, const char *check,
    sg_str detail, sg_str subject)
{
    sjson_wr_object(wr);
    sjson_wr_member_cstr(wr, "type", type);
    sjson_wr_member_cstr(wr, "title", check);
    if (detail.n > 0) {
        sjson_wr_member_text(wr, "detail", detail);
    } else {
        sjson_wr_member_cstr(wr, "detail", sg_code_row(code)->sentence);
    }
    if (subject.n > 0) {
        sjson_wr_member_text(wr, "instance", subject);
    }
    sjson_wr_member_cstr(wr, "code", face_name_of(code));
    sjson_wr_object_end(wr);
}

/* All of them, or those of one part. */
static void
put_problems(struct page *page, const sg_str *of)
{
    sjson_wr_name(&page->wr, SG_LIT("problemDetails"));
    sjson_wr_array(&page->wr);
    for (size_t i = 0; i < page->result->n; i++) {
        const struct verify_finding *f = &page->result->findings[i];
        if (f->severity >= VERIFY_WARNING && (of == NULL || within(f->subject, *of))) {
            put_problem(&page->wr, f->problem, f->code, f->check, f->detail, f->subject);
        }
    }
    for (size_t i = 0; i < page->result->n_refs; i++) {
        const struct verify_ref *ref = &page->result->refs[i];
        enum sg_code code = page->statuses[i].code;
        if (code != SG_OK && page->result->verified && (of == NULL || within(ref->subject, *of))) {
            put_problem(
                &page->wr, verify_problem_of(code), code, "status", SG_NO_STR, ref->subject);
        }
    }
    sjson_wr_array_end(&page->wr);
}

/* ---- results -------------------------------------------------------------------------------------------------- */

static void
put_result(struct sjson_wr *wr, bool verified, const struct sjson *input)
{
    sjson_wr_object(wr);
    sjson_wr_member_bool(wr, "verified", verified);
    if (input != NULL) {
        sjson_wr_member_value(wr, "input", input);
    }
    sjson_wr_object_end(wr);
}

/* One finding as an object of its own ("validFrom": {verified, input}). */
static void
put_single(struct page *page, sg_str of, const char *check)
{
    for (size_t i = 0; i < page->result->n; i++) {
        const struct verify_finding *f = &page->result->findings[i];
        if (strcmp(f->check, check) == 0 && within(f->subject, of) && f->input != NULL) {
            sjson_wr_name(&page->wr, sg_cstr(check));
            put_result(&page->wr, f->severity < VERIFY_WARNING, f->input);
            return;
        }
    }
}

static void
put_list(struct page *page, sg_str of, const char *check)
{
    sjson_wr_name(&page->wr, sg_cstr(check));
    sjson_wr_array(&page->wr);
    for (size_t i = 0; i < page->result->n; i++) {
        const struct verify_finding *f = &page->result->findings[i];
        if (strcmp(f->check, check) == 0 && within(f->subject, of)) {
            put_result(&page->wr, f->severity < VERIFY_WARNING, f->input);
        }
    }
    sjson_wr_array_end(&page->wr);
}

static void
put_statuses(struct page *page, sg_str of)
{
    sjson_wr_name(&page->wr, SG_LIT("credentialStatus"));
    sjson_wr_array(&page->wr);
    for (size_t i = 0; i < page->result->n_refs; i++) {
        const struct verify_ref *ref = &page->result->refs[i];
        if (!within(ref->subject, of)) {
            continue;
        }
        sjson_wr_object(&page->wr);
        if (page->statuses[i].known) {
            sjson_wr_member_int(&page->wr, "value", (int64_t)page->statuses[i].value);
        }
        sjson_wr_member_bool(&page->wr, "verified", page->statuses[i].code == SG_OK);
        if (ref->entry != NULL) {
            sjson_wr_member_value(&page->wr, "input", ref->entry);
        }
        sjson_wr_object_end(&page->wr);
    }
    sjson_wr_array_end(&page->wr);
}

static void
put_credential_results(struct page *page, sg_str of)
{
    sjson_wr_object(&page->wr);
    put_single(page, of, "validFrom");
    put_single(page, of, "validUntil");
    put_list(page, of, "credentialSchema");
    put_statuses(page, of);
    put_list(page, of, "proof");
    sjson_wr_object_end(&page->wr);
}

static bool
part_verified(const struct page *page, sg_str of)
{
    for (size_t i = 0; i < page->result->n; i++) {
        const struct verify_finding *f = &page->result->findings[i];
        if (f->severity == VERIFY_ERROR && within(f->subject, of)) {
            return false;
        }
    }
    for (size_t i = 0; i < page->result->n_refs; i++) {
        if (page->statuses[i].code != SG_OK && within(page->result->refs[i].subject, of)) {
            return false;
        }
    }
    return true;
}

/* The parts of a presentation are named by the findings about them, each first seen in its order. */
static void
put_credentials(struct page *page)
{
    sjson_wr_name(&page->wr, SG_LIT("credentials"));
    sjson_wr_array(&page->wr);
    for (size_t i = 0; i < page->result->n; i++) {
        sg_str subject = page->result->findings[i].subject;
        bool seen = subject.n == 0;
        for (size_t j = 0; j < i && !seen; j++) {
            seen = sg_str_equal(page->result->findings[j].subject, subject);
        }
        if (seen) {
            continue;
        }
        sjson_wr_object(&page->wr);
        sjson_wr_member_bool(&page->wr, "verified", part_verified(page, subject));
        put_problems(page, &subject);
        sjson_wr_name(&page->wr, SG_LIT("results"));
        put_credential_results(page, subject);
        sjson_wr_object_end(&page->wr);
    }
    sjson_wr_array_end(&page->wr);
}

static void
put_results(struct page *page, bool presentation)
{
    sjson_wr_name(&page->wr, SG_LIT("results"));
    if (!presentation) {
        put_credential_results(page, SG_NO_STR);
        return;
    }
    sjson_wr_object(&page->wr);
    sjson_wr_name(&page->wr, SG_LIT("presentation"));
    sjson_wr_object(&page->wr);
    put_single(page, SG_NO_STR, "holder");
    put_list(page, SG_NO_STR, "proof");
    sjson_wr_object_end(&page->wr);
    put_credentials(page);
    sjson_wr_object_end(&page->wr);
}

/* A revoked or unknown status makes `verified` false: VCALM leaves that to policy, and ours is to refuse what is in doubt. */
sg_result
vcapi_render(struct sg_arena *arena, const struct verify_result *result,
    const struct vcapi_status *statuses, const struct vcapi_call *call, bool presentation,
    sg_str *ret, bool *ret_verified)
{
    struct sg_buf buf = sg_buf_new(arena, 4096, ANSWER_MAX);
    struct page page = { result, statuses, sjson_wr_new(&buf) };
    bool object, results, problems;
    SG_TRY(vcapi_option_bool(
        call, presentation ? "returnPresentation" : "returnCredential", false, &object));
    SG_TRY(vcapi_option_bool(call, "returnResults", false, &results));
    SG_TRY(vcapi_option_bool(call, "returnProblemDetails", true, &problems));
    bool verified = result->verified;
    for (size_t i = 0; i < result->n_refs; i++) {
        verified = verified && statuses[i].code == SG_OK;
    }
    sjson_wr_object(&page.wr);
    sjson_wr_member_bool(&page.wr, "verified", verified);
    if (object) {
        sjson_wr_member_value(
            &page.wr, presentation ? "verifiablePresentation" : "credential", call->object);
    }
    if (problems) {
        put_problems(&page, NULL);
    }
    if (results) {
        put_results(&page, presentation);
    }
    sjson_wr_object_end(&page.wr);
    SG_TRY(sg_buf_end_str(&buf, ret));
    *ret_verified = verified;
    return SG_DONE;
}
