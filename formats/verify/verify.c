/* What is it? And the list of findings. */
#include "verify_inner.h"

#include "sdjwt.h"
#include "sg_text.h"
#include "vcdm_envelope.h"

/* ---- findings ------------------------------------------------------------------------------------------ */

void
run_note(struct run *run, const struct place *at, const char *check, enum verify_severity severity,
    enum sg_code code, sg_str detail)
{
    size_t n = run->result.n;
    if (n == VERIFY_FINDINGS_MAX) { /* the last place says that there was more */
        struct verify_finding *last = &run->findings[n - 1];
        last->severity = VERIFY_ERROR;
        last->code = SG_E_TOO_LARGE;
        last->problem = verify_problem_of(SG_E_TOO_LARGE);
        return;
    }
    run->findings[n] = (struct verify_finding){
        .check = check,
        .subject = at->subject,
        .severity = severity,
        .code = code,
        .problem = code == SG_OK ? NULL : verify_problem_of(code),
        .detail = detail,
    };
    run->result.n = n + 1;
}

bool
run_step_why(
    struct run *run, const struct place *at, const char *check, sg_result r, const char *what)
{
    if (r.code == SG_E_NO_MEMORY) {
        run->no_memory = true;
    }
    run_note(run, at, check, sg_ok(r) ? VERIFY_HELD : VERIFY_ERROR, r.code,
        sg_ok(r) || what == NULL ? SG_NO_STR : sg_cstr(what));
    return sg_ok(r);
}

bool
run_step(struct run *run, const struct place *at, const char *check, sg_result r)
{
    return run_step_why(run, at, check, r, NULL);
}

void
run_input(struct run *run, const struct sjson *input)
{
    if (run->result.n > 0) {
        run->findings[run->result.n - 1].input = input;
    }
}

void
run_problem(struct run *run, const char *problem)
{
    if (run->result.n > 0) {
        run->findings[run->result.n - 1].problem = problem;
    }
}

void
run_ref(struct run *run, const struct verify_ref *ref)
{
    if (run->result.n_refs == VERIFY_REFS_MAX) {
        struct place at = { .subject = ref->subject };
        run_step(run, &at, "status", SG_ERROR(TOO_LARGE));
        return;
    }
    run->refs[run->result.n_refs++] = *ref;
}

/* ---- problem types --------------------------------------------------------------------------------------- */

#define VCDM "https://www.w3.org/TR/vc-data-model#"
#define SECURITY "https://w3id.org/security#"
#define STATUS "https://www.w3.org/ns/credentials/status-list#"

/* spec: VCDM 2.0, 7.2; Data Integrity 1.0, 4.7; Controlled Identifiers 1.0, 3.5; Bitstring Status List 1.0, 3.3 */
static const struct {
    enum sg_code code;
    const char *type;
} problems[] = {
    { SG_E_MALFORMED, VCDM "PARSING_ERROR" },
    { SG_E_TYPE, VCDM "PARSING_ERROR" },
    { SG_E_DEPTH, VCDM "PARSING_ERROR" },
    { SG_E_DUPLICATE, VCDM "PARSING_ERROR" },
    { SG_E_ENCODING, VCDM "PARSING_ERROR" },
    { SG_E_NUMBER, VCDM "PARSING_ERROR" },
    { SG_E_MISSING, VCDM "MALFORMED_VALUE_ERROR" },
    { SG_E_VALUE, VCDM "MALFORMED_VALUE_ERROR" },
    { SG_E_VCDM, VCDM "MALFORMED_VALUE_ERROR" },
    { SG_E_SCHEMA, VCDM "MALFORMED_VALUE_ERROR" },
    { SG_E_TOO_LARGE, VCDM "RANGE_ERROR" },
    { SG_E_EXPIRED, VCDM "RANGE_ERROR" },
    { SG_E_NOT_YET, VCDM "RANGE_ERROR" },
    { SG_E_SIGNATURE, VCDM "CRYPTOGRAPHIC_SECURITY_ERROR" },
    { SG_E_ALGORITHM, VCDM "CRYPTOGRAPHIC_SECURITY_ERROR" },
    { SG_E_ISSUER, VCDM "CRYPTOGRAPHIC_SECURITY_ERROR" },
    { SG_E_PROOF, VCDM "CRYPTOGRAPHIC_SECURITY_ERROR" },
    { SG_E_KEY_INVALID, VCDM "CRYPTOGRAPHIC_SECURITY_ERROR" },
    { SG_E_DATA_LOSS, SECURITY "DATA_LOSS_DETECTION_ERROR" },
    { SG_E_JSONLD, SECURITY "PROOF_TRANSFORMATION_ERROR" },
    { SG_E_CONTEXT, SECURITY "PROOF_TRANSFORMATION_ERROR" },
    { SG_E_WORK, SECURITY "PROOF_TRANSFORMATION_ERROR" },
    { SG_E_PROOF_VALUE, SECURITY "PROOF_VERIFICATION_ERROR" },
    { SG_E_PURPOSE, SECURITY "INVALID_PROOF_PURPOSE_FOR_VERIFICATION_METHOD" },
    { SG_E_METHOD, SECURITY "INVALID_VERIFICATION_METHOD" },
    { SG_E_DOMAIN, SECURITY "INVALID_DOMAIN_ERROR" },
    { SG_E_CHALLENGE, SECURITY "INVALID_CHALLENGE_ERROR" },
    { SG_E_STATUS_BAD, STATUS "STATUS_VERIFICATION_ERROR" },
    { SG_E_STATUS_UNKNOWN, STATUS "STATUS_RETRIEVAL_ERROR" },
};

const char *
verify_problem_of(enum sg_code code)
{
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
        if (problems[i].code == code) {
            return problems[i].type;
        }
    }
    return VCDM
        "CRYPTOGRAPHIC_SECURITY_ERROR"; /* whatever it was, the object is not to be relied on */
}

const char *
verify_format_name(enum verify_format format)
{
    static const char *const names[] = {
        [VERIFY_UNKNOWN] = "unknown",
        [VERIFY_SD_JWT_VC] = "dc+sd-jwt",
        [VERIFY_VC_JWT] = "vc+jwt",
        [VERIFY_VP_JWT] = "vp+jwt",
        [VERIFY_VC_SD_JWT] = "vc+sd-jwt",
        [VERIFY_VP_SD_JWT] = "vp+sd-jwt",
        [VERIFY_VC_COSE] = "vc+cose",
        [VERIFY_VP_COSE] = "vp+cose",
        [VERIFY_VC_DI] = "ldp_vc",
        [VERIFY_VP_DI] = "ldp_vp",
        [VERIFY_MDOC] = "mso_mdoc",
        [VERIFY_DEVICE_RESPONSE] = "mso_mdoc DeviceResponse",
    };
    return (size_t)format < sizeof(names) / sizeof(names[0]) ? names[format] : names[0];
}

/* ---- what is it? ------------------------------------------------------------------------------------------ */

static bool
is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static sg_bytes
trimmed(sg_bytes in)
{
    while (in.n > 0 && is_space(in.p[0])) {
        in = sg_bytes_of(in.p + 1, in.n - 1);
    }
    while (in.n > 0 && is_space(in.p[in.n - 1])) {
        in.n--;
    }
    return in;
}

/* A map (IssuerSigned, DeviceResponse), an array of four, or tag 18 (COSE_Sign1). */
static bool
is_cbor(sg_bytes in)
{
    return in.n > 2 && (in.p[0] == 0xd2 || in.p[0] == 0x84 || in.p[0] >> 5 == 5);
}

static void
verify_cbor(struct run *run, const struct place *at, sg_bytes cbor)
{
    enum vcdm_envelope envelope;
    if (cbor.p[0] >> 5 == 5) {
        verify_mdoc(run, at, cbor);
    } else if (run_step(run, at, "form", vcdm_envelope_of(run->arena, cbor, &envelope))) {
        verify_envelope(run, at, (unsigned)envelope, cbor);
    }
}

static bool
has(sg_str text, char c)
{
    return sg_str_index(text, c, 0) < text.n;
}

static void
unrecognised(struct run *run, const struct place *at, sg_result r)
{
    run_step_why(run, at, "form", r, "neither SD-JWT, JWT, COSE, mdoc nor JSON that we know");
}

/*
 * vc+sd-jwt was the media type of SD-JWT VC before it became dc+sd-jwt: the payload decides, `vct` for IETF's, `@context` for W3C's
 * (specs: VC-JOSE-COSE 3.2; SD-JWT VC 3.2.1).
 */
static bool
is_vcdm(struct run *run, sg_str text, enum vcdm_envelope *ret)
{
    struct sdjwt *sd = SG_NEW(run->arena, struct sdjwt);
    if (sd == NULL || !sg_ok(sdjwt_parse(run->arena, text, sd)) ||
        sjson_get(sd->payload, "vct") != NULL) {
        return false;
    }
    return sg_ok(vcdm_envelope_of(run->arena, sg_str_bytes(text), ret));
}

static void
verify_text(struct run *run, const struct place *at, sg_str text)
{
    enum vcdm_envelope envelope;
    sg_bytes cbor;
    if (has(text, '~')) {
        if (is_vcdm(run, text, &envelope)) {
            verify_envelope(run, at, (unsigned)envelope, sg_str_bytes(text));
        } else {
            verify_sdjwt(run, at, text, NULL);
        }
    } else if (has(text, '.')) {
        struct sg_why why = { 0 };
        sg_result r = vcdm_envelope_of(run->arena, sg_str_bytes(text), &envelope);
        if (run_step_why(run, at, "form", r, why.what)) {
            verify_envelope(run, at, (unsigned)envelope, sg_str_bytes(text));
        }
    } else if ((sg_ok(sg_hex_decode(run->arena, text, &cbor)) && is_cbor(cbor)) ||
               (sg_ok(sg_b64url_decode(run->arena, text, &cbor)) && is_cbor(cbor)) ||
               (sg_ok(sg_b64_decode(run->arena, text, &cbor)) && is_cbor(cbor))) {
        verify_cbor(run, at, cbor);
    } else {
        unrecognised(run, at, SG_ERROR(MALFORMED));
    }
}

static void
verify_json(struct run *run, const struct place *at, sg_str text)
{
    const struct sjson *json;
    struct sg_why why = { 0 };
    sg_result r = sjson_parse_object(run->arena, text, &why, &json);
    if (!sg_ok(r)) {
        run_step_why(run, at, "form", r, why.what);
    } else if (sjson_get(json, "payload") != NULL && sjson_get(json, "@context") == NULL) {
        verify_sdjwt(run, at, SG_NO_STR, json); /* RFC 9901 8: JSON serialisation */
    } else if (sjson_get(json, "@context") == NULL) {
        unrecognised(run, at, SG_ERROR(MALFORMED)); /* VCDM 2.0 4.3: every document has one */
    } else {
        verify_document(run, at, json);
    }
}

void
verify_any(struct run *run, const struct place *at, sg_bytes object)
{
    if (!is_cbor(object)) { /* bytes are taken as they are: a signature may end in 0x20 */
        object = trimmed(object);
    }
    if (object.n == 0 || object.n > VERIFY_OBJECT_MAX) {
        run_step(run, at, "form", object.n == 0 ? SG_ERROR(MALFORMED) : SG_ERROR(TOO_LARGE));
        return;
    }
    if (is_cbor(object)) {
        verify_cbor(run, at, object);
    } else if (object.p[0] == '{') {
        verify_json(run, at, sg_bytes_str(object));
    } else {
        verify_text(run, at, sg_bytes_str(object));
    }
}

/* What was asked about: a credential, or a presentation. An SD-JWT VC without key binding may be either. */
static void
check_kind(struct run *run, const struct place *top)
{
    bool known = run->result.format != VERIFY_UNKNOWN;
    if (known && run->expect->credential && run->result.presentation) {
        run_step_why(run, top, "form", SG_ERROR(TYPE), "a presentation, not a credential");
    } else if (known && run->expect->presentation && !run->result.presentation) {
        run_step_why(run, top, "form", SG_ERROR(TYPE), "a credential, not a presentation");
    }
}

sg_result
verify_object(struct sg_arena *arena, sg_bytes object, const struct verify_trust *trust,
    const struct verify_expect *expect, struct verify_result *ret)
{
    struct run *run = SG_NEW(arena, struct run);
    SG_REQUIRE(run != NULL, NO_MEMORY);
    run->arena = arena;
    run->trust = trust;
    run->expect = expect;
    struct place top = { 0 };
    verify_any(run, &top, object);
    check_kind(run, &top);
    SG_REQUIRE(!run->no_memory, NO_MEMORY);
    run->result.findings = run->findings;
    run->result.refs = run->refs;
    run->result.verified = run->result.n > 0;
    for (size_t i = 0; i < run->result.n; i++) {
        if (run->findings[i].severity == VERIFY_ERROR) {
            run->result.verified = false;
        }
    }
    *ret = run->result;
    return SG_DONE;
}
