/* Known answers for what verifies, and a live signature of the token, before the first request and after each fall. req: KEY-4 */
#include "p11_priv.h"
#include "sg_text.h"

struct known {
    enum key_alg alg;
    const char *message;
    const char *point;
    const char *signature;
};

/* RFC 6979 A.2.5 (P-256, SHA-256, "sample"), A.2.6 (P-384, SHA-384, "sample"); RFC 8032 7.1, test 2. */
static const struct known answers[] = {
    { KEY_ES256, "sample",
        "04"
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
    { KEY_ES384, "sample",
        "04"
        "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a2545154"
        "80bc1"
        "38015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd253"
        "3264"
        "720",
        "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80"
        "fabe4"
        "699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a3"
        "8628"
        "ac8" },
    { KEY_EDDSA, "\x72", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
};

/* Accepts the published signature, and refuses it with one bit turned. */
static sg_result
answer(const struct known *known)
{
    const struct key_alg_row *row = key_alg_row((uint64_t)known->alg);
    uint8_t point[KEY_POINT_MAX];
    uint8_t signature[KEY_SIG_MAX];
    sg_bytes message = sg_str_bytes(sg_cstr(known->message));
    SG_CLEANUP(key_public_free)
    struct key_public *public = NULL;
    SG_TRY(sg_hex_decode_to(sg_cstr(known->point), point, row->point_len));
    SG_TRY(sg_hex_decode_to(sg_cstr(known->signature), signature, row->sig_len));
    SG_TRY(key_public_of_point(known->alg, sg_bytes_of(point, row->point_len), &public));
    for (int warm = 0; warm < (known->alg == KEY_ES256 ? 2 : 1); warm++) {
        SG_TRY(warm ? key_public_warm(public) : SG_DONE);
        sg_bytes sig = sg_bytes_of(signature, row->sig_len);
        SG_TRY(key_public_verify_message(public, message, sig));
        signature[row->sig_len - 1] ^= 1;
        sg_result r = key_public_verify_message(public, message, sig);
        signature[row->sig_len - 1] ^= 1;
        SG_REQUIRE(r.code == SG_E_SIGNATURE, SELF_TEST);
    }
    return SG_DONE;
}

sg_result
p11_known_answers(void)
{
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        SG_REQUIRE(sg_ok(answer(&answers[i])), SELF_TEST);
    }
    return SG_DONE;
}

static sg_result
find_self_test(
    struct p11_session *session, CK_OBJECT_HANDLE *ret_private, struct key_public **ret_public)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_BBOOL yes = CK_TRUE;
    char label[] = P11_LABEL_SELF_TEST;
    CK_ATTRIBUTE match[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_TOKEN, &yes, 1 },
        { CKA_LABEL, label, sizeof(label) - 1 },
    };
    CK_OBJECT_HANDLE public;
    SG_CLEANUP(key_public_free)
    struct key_public *half = NULL;
    SG_TRY(p11_find_one(session, match, 3, &public, NULL));
    SG_TRY(p11_read_public(session, public, &half, NULL));
    SG_TRY(p11_find_pair(session, half, ret_private, &public, NULL));
    *ret_public = half;
    half = NULL;
    return SG_DONE;
}

/* Absent objects: not furnished, said as such. */
static sg_result
or_missing(sg_result r)
{
    SG_REQUIRE(r.code != SG_E_NOT_FOUND, MISSING);
    return r;
}

sg_result
p11_self_test(struct p11_session *session)
{
    CK_OBJECT_HANDLE private;
    SG_CLEANUP(key_public_free)
    struct key_public *public = NULL;
    SG_TRY(or_missing(find_self_test(session, &private, &public)));
    SG_TRY(p11_prove(session, private, public));
    if (session->p11->wrapping) {
        SG_TRY(or_missing(p11_check_wrapping(session)));
    }
    return SG_DONE;
}

sg_result
p11_furnish_self_test(struct p11_session *session)
{
    CK_OBJECT_HANDLE private;
    CK_OBJECT_HANDLE made;
    SG_CLEANUP(key_public_free)
    struct key_public *public = NULL;
    sg_result r = find_self_test(session, &private, &public);
    if (r.code == SG_E_NOT_FOUND) {
        r = p11_generate_pair(session, p11_mech(KEY_ES256), P11_KIND_RESIDENT,
            SG_LIT(P11_LABEL_SELF_TEST), &private, &made);
    }
    return r;
}
