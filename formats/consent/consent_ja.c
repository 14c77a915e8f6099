/* Japanese wording. "証明書" is the credential, "電子証明書" the X.509 certificate. */
#include "consent_inner.h"

static void
put_end(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "- あなたの鍵は ");
    consent_put_id(wr, o->service);
    consent_put(wr, " のsealgateサービスが保管しています。この文面をパスキーで承認したときだけ署名"
                    "します。\n- 承認できるのは");
    consent_put_time(wr, o->expires_at);
    consent_put(wr, "までです。過ぎると何も行われません。\n");
}

/* ---- present/1 -------------------------------------------------------------------------------------- */

static void
put_vouched(struct consent_wr *wr, const struct consent_party *party, const char *what)
{
    if (party->vouched_by.n > 0) {
        consent_put_id(wr, party->vouched_by);
        consent_put(wr, " の");
    }
    consent_put(wr, what);
    consent_put(wr, "で確認できています。\n");
}

static void
put_proof_of_party(struct consent_wr *wr, const struct consent_party *party)
{
    consent_put(wr, "- 相手の識別子は ");
    consent_put_id(wr, consent_bare_id(party->id));
    consent_put(wr, " です。");
    switch (party->proven) {
    case CONSENT_REGISTERED:
        consent_put(wr, "このサービスに登録されています。\n");
        break;
    case CONSENT_CERTIFICATE:
        put_vouched(wr, party, "電子証明書");
        break;
    case CONSENT_ATTESTATION:
        put_vouched(wr, party, "証明");
        break;
    case CONSENT_DID:
        consent_put(wr, "相手がこの識別子の持ち主であることは確認できています。\n");
        break;
    case CONSENT_UNPROVEN:
    default:
        consent_put(wr, "相手が誰であるかは確認されていません。\n");
        break;
    }
}

static const char *
name_lead(const struct consent_party *party)
{
    if (!party->name_proven) {
        return "- 相手が名乗る名前は";
    }
    return party->proven == CONSENT_CERTIFICATE   ? "- 相手の電子証明書にある名前は"
           : party->proven == CONSENT_ATTESTATION ? "- 相手についての証明にある名前は"
                                                  : "- このサービスでの登録名は";
}

static void
put_party(struct consent_wr *wr, const struct consent_party *party)
{
    consent_put(wr, "求めている相手\n");
    if (party->name.n > 0) {
        consent_put(wr, name_lead(party));
        consent_put_quoted(wr, party->name, CONSENT_SHOWN_NAME);
        consent_put(wr, party->name_proven
                            ? "です。\n"
                            : "です。この名前が正しいかどうかは確認されていません。\n");
    }
    put_proof_of_party(wr, party);
    if (party->address.n > 0) {
        consent_put(wr, "- 回答は ");
        consent_put_id(wr, party->address);
        consent_put(wr, " に送られます。\n");
    } else {
        consent_put(wr, "- 回答は、この確認を開いたウォレットまたはページに戻り、そこから相手に渡さ"
                        "れます。\n");
    }
}

static void
put_claim(struct consent_wr *wr, const struct consent_claim *claim)
{
    consent_put(wr, "- ");
    consent_put_label(wr, &claim->path);
    if (claim->always) {
        consent_put(wr, "(この証明書に必ず含まれます)");
    }
    if (claim->retain) {
        consent_put(wr, "(相手は保存すると述べています)");
    }
    consent_put(wr, "\n");
}

static void
put_credential(struct consent_wr *wr, const struct consent_credential *c, size_t i, size_t n)
{
    consent_put(wr, "\n提示するもの");
    if (n > 1) {
        consent_put(wr, "(");
        consent_put_u64(wr, n);
        consent_put(wr, "件中");
        consent_put_u64(wr, i + 1);
        consent_put(wr, "件目)");
    }
    consent_put(wr, ":");
    consent_put_id(wr, c->issuer);
    consent_put(wr, " が発行した");
    if (c->name.n > 0) {
        consent_put_quoted(wr, c->name, CONSENT_SHOWN_NAME);
    } else {
        consent_put(wr, "、種類 ");
        consent_put_id(wr, c->type);
        consent_put(wr, " の証明書");
    }
    consent_put(wr, "\n");
    for (size_t k = 0; k < c->n_claims; k++) {
        put_claim(wr, &c->claims[k]);
    }
    if (c->whole) {
        consent_put(wr, "- この証明書は一部だけを提示できません。すべての項目が渡ります。\n");
    } else if (c->n_claims == 0) {
        consent_put(
            wr, "- この証明書を持っていることだけが渡ります(種類、発行者、有効期間、公開鍵)。\n");
    } else {
        consent_put(wr, "- ほかに渡るのは種類、発行者、有効期間、公開鍵だけです。\n");
    }
    if (c->unbound) {
        consent_put(wr, "- あなたのものであるという証明は付きません。\n");
    }
}

static void
put_reasons(struct consent_wr *wr, const struct consent_openings *o)
{
    if (o->n_purposes > 0) {
        consent_put(wr, "\n相手が述べている目的\n");
    }
    for (size_t i = 0; i < o->n_purposes; i++) {
        consent_put(wr, "- ");
        consent_put_quoted(wr, o->purposes[i], CONSENT_SHOWN_PURPOSE);
        consent_put(wr, "\n");
    }
}

static void
put_transaction(struct consent_wr *wr, const struct consent_transaction *t)
{
    const struct sjson *json;
    sg_result r = sjson_parse_object(wr->arena, t->json, NULL, &json);
    if (!sg_ok(r)) {
        wr->result = sg_ok(wr->result) ? r : wr->result;
        return;
    }
    consent_put(wr, "\n次の内容にも同意することになります(相手の言葉、種類 ");
    consent_put_id(wr, t->type);
    consent_put(wr, ")\n");
    consent_put_values(wr, json);
}

static void
present(struct consent_wr *wr, const struct consent_openings *o)
{
    if (o->party.name.n > 0 && o->party.name_proven) { /* a claim of its own is no heading */
        consent_put_quoted(wr, o->party.name, CONSENT_SHOWN_NAME);
        consent_put(wr, "に証明書を提示しますか。\n\n");
    } else {
        consent_put_id(wr, consent_bare_id(o->party.id));
        consent_put(wr, " に証明書を提示しますか。\n\n");
    }
    put_party(wr, &o->party);
    for (size_t i = 0; i < o->n_credentials; i++) {
        put_credential(wr, &o->credentials[i], i, o->n_credentials);
    }
    put_reasons(wr, o);
    for (size_t i = 0; i < o->n_transactions; i++) {
        put_transaction(wr, &o->transactions[i]);
    }
    consent_put(wr, "\n承認すると\n"
                    "- あなたの鍵はこの回答だけに署名します。ほかのことには使われません。\n"
                    "- 回答を受け取った相手は、それを保存できます。\n");
    put_end(wr, o);
}

/* ---- proof/1 ------------------------------------------------------------------------------------------ */

static void
proof(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "証明書を受け取るために、あなたの鍵を発行者に示しますか。\n\n求めている相手\n");
    if (o->party.name.n > 0) {
        consent_put(wr, "- 相手が名乗る名前は");
        consent_put_quoted(wr, o->party.name, CONSENT_SHOWN_NAME);
        consent_put(wr, "です。この名前が正しいかどうかは確認されていません。\n");
    }
    consent_put(wr, "- 発行者は ");
    consent_put_id(wr, o->party.id);
    consent_put(wr, " です。この署名はほかの相手には使えません。\n"
                    "- 署名は、求めたウォレットに渡されます。\n\n発行者に伝わること\n- ");
    if (o->n_proofs == 1) {
        consent_put(wr, "あなたが1個の鍵を持っていることと、その公開鍵。\n");
    } else {
        consent_put(wr, "あなたが");
        consent_put_u64(wr, o->n_proofs);
        consent_put(
            wr, "個の鍵を持っていることと、その公開鍵。同じ人の鍵であることも分かります。\n");
    }
    if (o->attestation) {
        consent_put(wr, "- 鍵がどのように保管されているか(このサービスが証明します)。\n");
    }
    consent_put(wr, "\n承認すると\n"
                    "- あなたの鍵はこの証明だけに署名します。ほかのことには使われません。\n"
                    "- これによって発行される証明書は、これらの鍵でしか提示できません。\n");
    put_end(wr, o);
}

/* ---- register/1, remove/1 ------------------------------------------------------------------------------ */

static void
put_passkey(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "\n\n対象のパスキー\n");
    if (o->passkey_label.n > 0) {
        consent_put(wr, "- あなたが付けた名前は");
        consent_put_quoted(wr, o->passkey_label, CONSENT_SHOWN_NAME);
        consent_put(wr, "です。\n");
    }
    consent_put(wr, o->passkey_for_login ? "- ログイン用です。署名には使えません。\n"
                                         : "- 署名用です。あなたの鍵の使用を承認します。\n");
    if (o->passkey.n > 0) {
        consent_put(wr, "- 指紋は ");
        consent_put_fingerprint(wr, o->passkey);
        consent_put(wr, " です。\n");
    }
}

static void
enrol(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "パスキーを追加しますか。");
    put_passkey(wr, o);
    consent_put(wr, "\n承認すると\n");
    consent_put(wr,
        o->passkey_for_login
            ? "- このパスキーを持つ人は、あなたとしてログインできます。\n"
            : "- "
              "このパスキーを持つ人は、今のあなたと同じように、あなたの鍵による署名を承認できます。"
              "\n");
    consent_put(wr, "- たった今ご自分で作成したパスキーでない場合は、承認しないでください。\n");
    put_end(wr, o);
}

static void
removal(struct consent_wr *wr, const struct consent_openings *o)
{
    consent_put(wr, "パスキーを削除しますか。");
    put_passkey(wr, o);
    consent_put(wr, "\n承認すると\n"
                    "- このパスキーは以後使えなくなります。元に戻すことはできません。\n"
                    "- これまでこのパスキーで承認した署名は有効なままです。\n");
    put_end(wr, o);
}

const struct consent_words consent_words_ja = {
    .present = present,
    .proof = proof,
    .enrol = enrol,
    .remove = removal,
    .changed_note = "\n注意\n- かぎ括弧の中に、長すぎる言葉や、ここでは表示しない文字がありました。"
                    "省略するか、別の記号に置き換えています。\n",
};
