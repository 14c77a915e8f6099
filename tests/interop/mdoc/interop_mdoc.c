/*
 * formats/mdoc at the command line, for mdoc.test.mjs: issuer, holder and verifier with software keys.
 *   interop_mdoc make DIR            writes into DIR: root.pem ds.pem issuer.jwk device.jwk (private) issuer_signed.cbor response.cbor
 *                                    transcript.cbor (untagged) reader.jwk (private, for deviceMac)
 *   interop_mdoc verify DIR FILE     verifies the DeviceResponse FILE against DIR's root, transcript and reader key, now; prints JSON
 *   interop_mdoc issued DIR FILE     the same for an IssuerSigned
 * Exit 1 and "CODE: what did not hold" when it does not verify.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mdoc_world.h"
#include "sg_text.h"
#include "x509_chain.h"

#define FILE_MAX (1 << 20)

static void
must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "interop_mdoc: %s\n", what);
        exit(2);
    }
}

static FILE *
open_in(struct sg_arena *arena, const char *folder, const char *name, const char *mode)
{
    sg_str path;
    must(sg_ok(sg_arena_printf(arena, &path, "%s/%s", folder, name)), "memory");
    FILE *f = fopen(path.p, mode);
    must(f != NULL, path.p);
    return f;
}

static void
put_file(struct sg_arena *arena, const char *folder, const char *name, sg_bytes content)
{
    FILE *f = open_in(arena, folder, name, "wb");
    must(fwrite(content.p, 1, content.n, f) == content.n && fclose(f) == 0, name);
}

static sg_bytes
get_file(struct sg_arena *arena, FILE *f)
{
    uint8_t *p = sg_arena_alloc(arena, FILE_MAX);
    must(p != NULL, "memory");
    size_t n = fread(p, 1, FILE_MAX, f);
    fclose(f);
    return sg_bytes_of(p, n);
}

static void
put_pem(struct sg_arena *arena, const char *folder, const char *name, sg_bytes der)
{
    const uint8_t *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);
    FILE *f = open_in(arena, folder, name, "wb");
    must(cert != NULL && PEM_write_X509(f, cert) == 1 && fclose(f) == 0, name);
    X509_free(cert);
}

/* A P-256 key with its private half. */
static void
put_jwk(struct sg_arena *arena, const char *folder, const char *name, const EVP_PKEY *key)
{
    static const char *const members[] = { "x", "y", "d" };
    static const char *const params[] = { OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y,
        OSSL_PKEY_PARAM_PRIV_KEY };
    struct sg_buf buf = sg_buf_new(arena, 512, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_bytes json;
    sjson_wr_object(&wr);
    sjson_wr_member_cstr(&wr, "kty", "EC");
    sjson_wr_member_cstr(&wr, "crv", "P-256");
    for (size_t i = 0; i < 3; i++) {
        BIGNUM *v = NULL;
        uint8_t bytes[32];
        must(EVP_PKEY_get_bn_param(key, params[i], &v) == 1 && BN_bn2binpad(v, bytes, 32) == 32,
            "key");
        BN_free(v);
        sjson_wr_member_b64url(&wr, members[i], SG_BYTES(bytes));
    }
    sjson_wr_object_end(&wr);
    must(sg_ok(sg_buf_end(&buf, &json)), "memory");
    put_file(arena, folder, name, json);
}

static void
make(struct sg_arena *arena, const char *folder)
{
    static const struct mdoc_choice choices[] = { { { WORLD_NS, 17 }, { "family_name", 11 } },
        { { WORLD_NS, 17 }, { "birth_date", 10 } }, { { WORLD_NS, 17 }, { "issue_date", 10 } },
        { { WORLD_NS, 17 }, { "issuing_country", 15 } }, { { WORLD_NS, 17 }, { "portrait", 8 } },
        { { WORLD_NS, 17 }, { "driving_privileges", 18 } } };
    struct mdoc_world world;
    sg_bytes issued;
    sg_bytes response;
    EVP_PKEY *reader = EVP_EC_gen("P-256");
    must(reader != NULL, "key");
    mdoc_world_init_at(arena, JOSE_ES256, JOSE_ES256, (int64_t)time(NULL), &world);
    must(sg_ok(mdoc_world_issue(arena, &world, NULL, &issued)), "issue");
    struct mdoc_present present = { .issuer_signed = issued,
        .choices = choices,
        .n_choices = sizeof(choices) / sizeof(choices[0]),
        .transcript = mdoc_world_transcript(arena) };
    must(sg_ok(mdoc_world_present(arena, &world, &present, NULL, &response)), "present");
    put_pem(arena, folder, "root.pem", world.root);
    put_pem(arena, folder, "ds.pem", world.ds);
    put_jwk(arena, folder, "issuer.jwk", world.issuer);
    put_jwk(arena, folder, "device.jwk", world.device);
    put_jwk(arena, folder, "reader.jwk", reader);
    put_file(arena, folder, "transcript.cbor", present.transcript);
    put_file(arena, folder, "issuer_signed.cbor", issued);
    put_file(arena, folder, "response.cbor", response);
    EVP_PKEY_free(reader);
    mdoc_world_done(&world);
}

static void
print(struct sg_arena *arena, const struct mdoc_verified *v)
{
    struct sg_buf buf = sg_buf_new(arena, 4096, FILE_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str out;
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "docType", v->mso.doc_type);
    for (size_t i = 0; i < v->n_elements; i++) {
        sjson_wr_name(&wr, v->elements[i].identifier);
        sjson_wr_raw(&wr, v->elements[i].json.n == 0 ? SG_LIT("null") : v->elements[i].json);
    }
    sjson_wr_object_end(&wr);
    must(sg_ok(sg_buf_end_str(&buf, &out)), "memory");
    printf("%.*s\n", SG_PRINT(out));
}

static sg_result
verify_response(struct sg_arena *arena, const char *folder, sg_bytes in,
    const struct mdoc_trust *trust, struct sg_why *why, struct mdoc_verified *ret)
{
    uint8_t d[32];
    const struct sjson *reader;
    struct mdoc_response response;
    struct mdoc_device_check device = { .transcript = get_file(
                                            arena, open_in(arena, folder, "transcript.cbor", "rb")),
        .reader_key = d };
    sg_bytes jwk = get_file(arena, open_in(arena, folder, "reader.jwk", "rb"));
    SG_TRY(sjson_parse(arena, sg_bytes_str(jwk), why, &reader));
    SG_REQUIRE(sjson_get(reader, "d") != NULL, MISSING);
    SG_TRY(sg_b64url_decode_to(sjson_get(reader, "d")->text, d, sizeof(d)));
    SG_TRY(mdoc_response_parse(in, why, &response));
    SG_REQUIRE(response.n_documents == 1 && response.status == 0, MISSING);
    return mdoc_document_verify(arena, &response.documents[0], trust, &device, why, ret);
}

static int
verify(struct sg_arena *arena, const char *folder, const char *path, bool issued)
{
    sg_bytes root;
    size_t n;
    struct mdoc_verified v;
    struct sg_why why = { 0 };
    sg_bytes pem = get_file(arena, open_in(arena, folder, "root.pem", "rb"));
    must(sg_ok(x509_from_pem(arena, sg_bytes_str(pem), &root, 1, &n)), "root.pem");
    struct mdoc_trust trust = { .anchors = &root, .n_anchors = 1, .at = (int64_t)time(NULL) };
    FILE *f = fopen(path, "rb");
    must(f != NULL, path);
    sg_bytes in = get_file(arena, f);
    sg_result r = issued ? mdoc_issuer_signed_verify(arena, in, &trust, &why, &v)
                         : verify_response(arena, folder, in, &trust, &why, &v);
    if (!sg_ok(r)) {
        printf("%s: %s\n", sg_code_row(r.code)->name, why.what == NULL ? "" : why.what);
        return 1;
    }
    print(arena, &v);
    return 0;
}

int
main(int argc, char **argv)
{
    struct sg_arena *arena = sg_arena_new(0, 64 << 20);
    int rc = 0;
    must(arena != NULL, "memory");
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        make(arena, argv[2]);
    } else if (argc == 4 && (strcmp(argv[1], "verify") == 0 || strcmp(argv[1], "issued") == 0)) {
        rc = verify(arena, argv[2], argv[3], strcmp(argv[1], "issued") == 0);
    } else {
        must(false, "make DIR | verify DIR FILE | issued DIR FILE");
    }
    sg_arena_free(&arena);
    return rc;
}
