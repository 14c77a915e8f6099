/*
 * show_make P-256 | P-384 | Ed25519 > JSON
 *
 * What a holder with a key of this curve shows a verifier in every format, and key proofs for an issuer; everything signed in software, now. The JSON names what a
 * verifier must know beside it: request, issuer's key, root, context.
 */
#include <time.h>

#include "support.h"

#include "flow_prove.h"
#include "show_rig.h"

static struct show_rig rig;

static sg_str
json_of_key(const struct jwk *key)
{
    struct sg_buf buf = sg_buf_new(rig.arena, 256, 4096);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    jwk_write(&wr, key);
    assert_ok(sg_buf_end_str(&buf, &text));
    return text;
}

/* Read, asked for `claims`, shown. */
static void
put(struct sjson_wr *wr, const char *name, sg_str credential, const char *claims)
{
    struct flow_held held;
    struct show_query query;
    assert_ok(flow_held_read(rig.arena, rig.contexts, SG_NO_STR, credential, NULL, &held));
    show_ask(&rig, &held, claims, &query);
    struct flow_show show = show_made(&rig, &held, &query);
    struct flow_shown shown = show_signed(&rig, &show);
    sjson_wr_name(wr, sg_cstr(name));
    flow_shown_write(wr, &shown);
}

#define SUBJECT(names) ",'claims':[{'path':['credentialSubject'," names "]}]"

static void
put_presentations(struct sjson_wr *wr)
{
    static const char one[] = SUBJECT("'address','locality'");
    put(wr, "dc+sd-jwt", show_sd_jwt(&rig, ""),
        ",'claims':[{'path':['address','locality']},{'path':['nationalities',1]}]");
    put(wr, "mso_mdoc", show_mdoc(&rig),
        ",'claims':[{'path':['" SHOW_NS "','family_name']},{'path':['" SHOW_NS "','birthdate']}]");
    put(wr, "mso_mdoc none", show_mdoc(&rig), "");
    put(wr, "ldp_vc rdfc", show_ldp(&rig, DI_ECDSA_RDFC_2019, ""), one);
    put(wr, "ldp_vc jcs", show_ldp(&rig, DI_EDDSA_JCS_2022, ""), one);
    put(wr, "ldp_vc sd", show_ldp(&rig, DI_ECDSA_SD_2023, ""), one);
    put(wr, "vc+jwt", show_vc(&rig, "vc+jwt", ""), one);
    put(wr, "vc+sd-jwt", show_vc(&rig, "vc+sd-jwt", ""), one);
    put(wr, "vc+cose", show_vc(&rig, "vc+cose", ""), one);
}

static void
put_proofs(struct sjson_wr *wr)
{
    static const char *const ways[] = { "jwk", "did:jwk", "did:key" };
    for (size_t i = 0; i < 3; i++) {
        struct flow_prove prove = { .key = &rig.holder.jwk,
            .alg = rig.alg,
            .audience = SG_LIT("https://issuer.example"),
            .nonce = SG_LIT("c-nonce"),
            .client_id = SG_LIT("wallet"),
            .now = rig.now };
        struct flow_proving proving;
        sg_str proof;
        assert_ok(flow_prove_by_name(sg_cstr(ways[i]), &prove.by));
        assert_ok(flow_prove_build(rig.arena, &prove, NULL, &proving));
        assert_ok(flow_prove_attach(
            rig.arena, &proving, di_test_sign(rig.arena, &rig.holder, proving.message), &proof));
        sjson_wr_member_text(wr, ways[i], proof);
    }
}

static void
put_world(struct sjson_wr *wr)
{
    sjson_wr_member_text(wr, "client_id", rig.request.client_id);
    sjson_wr_member_text(wr, "nonce", rig.request.nonce);
    sjson_wr_member_text(wr, "response_uri", rig.request.uri);
    sjson_wr_member_text(wr, "holder", rig.holder.did);
    sjson_wr_member_raw(wr, "holder_jwk", json_of_key(&rig.holder.jwk));
    sjson_wr_member_raw(wr, "issuer_jwk", json_of_key(&rig.issuer.jwk));
    sjson_wr_member_b64url(wr, "root", rig.world.root);
    sjson_wr_member_cstr(wr, "context_url", SHOW_CONTEXT);
    sjson_wr_member_raw(wr, "context", show_context());
}

int
main(int argc, char **argv)
{
    enum jose_crv crv = argc != 2                         ? JOSE_CRV_NONE
                        : strcmp(argv[1], "P-256") == 0   ? JOSE_P256
                        : strcmp(argv[1], "P-384") == 0   ? JOSE_P384
                        : strcmp(argv[1], "Ed25519") == 0 ? JOSE_ED25519
                                                          : JOSE_CRV_NONE;
    if (crv == JOSE_CRV_NONE) {
        fprintf(stderr, "usage: show_make P-256 | P-384 | Ed25519\n");
        return 2;
    }
    struct sg_arena *arena = sg_arena_new(0, (size_t)256 * 1024 * 1024);
    show_rig_init(arena, crv, (int64_t)time(NULL), &rig);
    struct sg_buf buf = sg_buf_new(arena, 65536, (size_t)16 * 1024 * 1024);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_str text;
    sjson_wr_object(&wr);
    put_world(&wr);
    sjson_wr_name(&wr, SG_LIT("presentations"));
    sjson_wr_object(&wr);
    put_presentations(&wr);
    sjson_wr_object_end(&wr);
    sjson_wr_name(&wr, SG_LIT("proofs"));
    sjson_wr_object(&wr);
    put_proofs(&wr);
    sjson_wr_object_end(&wr);
    sjson_wr_object_end(&wr);
    assert_ok(sg_buf_end_str(&buf, &text));
    printf("%.*s\n", SG_PRINT(text));
    show_rig_done(&rig);
    sg_arena_free(&arena);
    return 0;
}
