/* The start page: what this is and what can be tried (English, Japanese). */
#include "admin_inner.h"
#include "face_page.h"

struct card {
    const char *href;
    const char *title[2];
    const char *text[2];
};
static const struct card cards[] = {
    { "/.well-known/openid-credential-issuer", { "Issuer metadata", "発行者メタデータ" },
        { "What a wallet reads first (OpenID4VCI 1.0).",
            "ウォレットが最初に読む情報(OpenID4VCI 1.0)。" } },
    { "/.well-known/oauth-authorization-server", { "Authorization server", "認可サーバー" },
        { "Token endpoint, DPoP, client authentication (RFC 8414).",
            "トークン、DPoP、クライアント認証(RFC 8414)。" } },
    { "/.well-known/jwt-vc-issuer", { "Issuer keys", "発行者の公開鍵" },
        { "The keys that verify our credentials; also as JWKS and did:web.",
            "証明書の検証に使う公開鍵。JWKS と did:web でも公開。" } },
    { "/status/keys", { "Status of the seal keys", "署名鍵の状態" },
        { "The list that is asked before every signature.",
            "署名のたびに確認される状態リスト。" } },
    { "/log/checkpoint", { "Log checkpoint", "ログのチェックポイント" },
        { "Signed head of the append-only record of approvals.",
            "承認記録(追記専用ログ)の署名付き先頭。" } },
    { "/openapi.json", { "OpenAPI", "OpenAPI" },
        { "Every endpoint of this gateway, for programs.",
            "このゲートウェイの全エンドポイント。" } },
};

static const char *const words[][2] = {
    { "Signing gateway for Verifiable Credentials",
        "Verifiable Credentials のための署名ゲートウェイ" },
    { "It issues credentials to wallets, seals them with a key in an HSM, checks that key's status "
      "before each "
      "signature, and keeps evidence that anybody can verify offline.",
        "ウォレットに証明書を発行し、HSM "
        "内の鍵で電子シールを付けます。署名のたびに鍵の状態を確認し、誰でもオフラインで"
        "検証できる証跡を残します。" },
    { "Look at it", "見てみる" },
    { "Try it", "試してみる" },
    { "Evidence of a credential", "証明書の証跡" },
    { "Programs send a credential, or the hash of its signature, to /evidence/lookup. The answer "
      "verifies offline:",
        "プログラムは証明書(または署名のハッシュ)を /evidence/lookup "
        "に送って証跡を取得します。証跡は次のコマンドでオフライン検証できます。" },
    { "Look up evidence on a page", "画面で証跡を調べる" },
    { "Credentials issued here:", "発行している証明書:" },
};

static const char commands[] =
    "sealgate offer --dir DIR --configuration employee_badge_sd_jwt --claims conf/demo/claims.json "
    "--qr\n"
    "sealgate issue --dir DIR --configuration employee_badge_sd_jwt --claims conf/demo/claims.json "
    "--out badge.txt\n"
    "sealgate verify badge.txt --trust DIR/trust/root.pem --status\n"
    "sealgate status set --dir DIR --credential badge.txt --to suspended\n";
static const char evidence[] =
    "sealgate evidence get badge.txt --dir DIR --out evidence.json\n"
    "sealgate evidence verify evidence.json --dir DIR --object badge.txt\n";

static void
put_cards(struct sg_buf *buf, sg_str base_path, size_t lang)
{
    sg_buf_put_cstr(buf, "<ul class=\"cards\">");
    for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        sg_buf_put_cstr(buf, "<li><b><a href=\"");
        face_page_text(buf, base_path);
        sg_buf_put_cstr(buf, cards[i].href);
        sg_buf_put_cstr(buf, "\">");
        sg_buf_put_cstr(buf, cards[i].title[lang]);
        sg_buf_put_cstr(buf, "</a></b><span>");
        sg_buf_put_cstr(buf, cards[i].text[lang]);
        sg_buf_put_cstr(buf, "</span></li>");
    }
    sg_buf_put_cstr(buf, "</ul>\n");
}

static void
put_element(struct sg_buf *buf, const char *open, const char *text, const char *close)
{
    sg_buf_put_cstr(buf, open);
    sg_buf_put_cstr(buf, text);
    sg_buf_put_cstr(buf, close);
}

/* People first: what they came for is not an endpoint. */
static void
put_people(struct http_request *req, struct sg_buf *buf)
{
    struct face_page page = face_page_of(req);
    struct face_html html = face_page_html(&page, buf);
    face_html(&html,
        "<h2>%w</h2><ul class=\"cards\"><li><b><a "
        "href=\"%b/account\">%w</a></b><span>%w</span></li>",
        T_START_PEOPLE, T_START_LOGIN, T_START_LOGIN_TEXT);
    if (page.demo) {
        face_html(&html, "<li><b><a href=\"%b/demo\">%w</a></b><span>%w</span></li>", T_DEMO_TITLE,
            T_START_DEMO_TEXT);
    }
    face_html(&html, "</ul>");
}

static void
put_page(struct http_request *req, struct sg_buf *buf, size_t lang)
{
    const struct flow_configs *configs = flow_configurations(face_app(req)->flow);
    put_element(buf, "<h1>sealgate</h1><p class=\"lead\">", words[0][lang], "</p>");
    put_element(buf, "<p>", words[1][lang], "</p>");
    put_people(req, buf);
    put_element(buf, "<h2>", words[2][lang], "</h2>\n");
    put_cards(buf, face_base_path(face_app(req)->base), lang);
    put_element(buf, "<h2>", words[3][lang], "</h2><pre>");
    put_element(buf, "", commands, "</pre>");
    put_element(buf, "<h2>", words[4][lang], "</h2><p>");
    sg_buf_put_cstr(buf, "<a href=\"");
    face_page_text(buf, face_base_path(face_app(req)->base));
    put_element(buf, "/evidence\">", words[6][lang], "</a></p><p>");
    put_element(buf, "", words[5][lang], "</p><pre>");
    put_element(buf, "", evidence, "</pre>");
    sg_buf_put_cstr(buf, "<footer>");
    face_page_text(buf, face_app(req)->base);
    put_element(buf, " · sealgate " SEALGATE_VERSION "<br>", words[7][lang], "");
    for (size_t i = 0; i < configs->n; i++) {
        sg_buf_put_cstr(buf, " <code>");
        face_page_text(buf, configs->items[i].id);
        sg_buf_put_cstr(buf, "</code>");
    }
    sg_buf_put_cstr(buf, "</footer>");
}

void
admin_start(struct http_request *req)
{
    size_t lang = face_page_japanese(req) ? 1 : 0;
    struct sg_buf buf = face_page_begin(req, lang == 1 ? "ja" : "en", "sealgate");
    put_page(req, &buf, lang);
    face_page_end(req, &buf, 200);
}

void
admin_style(struct http_request *req)
{
    face_page_style(req);
}
