/* A wallet asks for access (OAuth authorization code): who it is, and what it will not be able to do. */
#include "person_inner.h"

void
person_wallet_render(struct face_html *html, const struct person_wallet *wallet)
{
    face_html(html,
        "<h1>%w</h1><p class=\"lead\">%w</p><section class=\"card\"><dl>"
        "<dt>%w</dt><dd class=\"who\"><bdi>%s</bdi></dd><dt>%w</dt><dd><code>%s</code></dd>"
        "<dt>%w</dt><dd>%w</dd>",
        T_WALLET_TITLE, T_WALLET_LEAD, T_WALLET_NAME,
        wallet->name.n > 0 ? &wallet->name : &wallet->client, T_WALLET_RETURNS, &wallet->returns,
        T_WALLET_MAY, T_WALLET_MAY_TEXT);
    if (wallet->activity) {
        face_html(html, "<dd><strong>%w</strong></dd>", T_WALLET_MAY_ACTIVITY);
    }
    face_html(html, "</dl><p class=\"notice\">%w</p></section>\n", T_WALLET_MAY_NOT);
    face_html(html, "<form id=\"wallet\">");
    for (size_t i = 0; i < wallet->n_fields; i++) {
        face_html(html, "<input type=\"hidden\" name=\"%z\" value=\"%s\">", wallet->fields[i].name,
            &wallet->fields[i].value);
    }
    face_html(html,
        "<div class=\"acts\"><button type=\"button\" id=\"allow\">%w</button>"
        "<button type=\"button\" class=\"plain\" id=\"refuse\">%w</button></div></form>",
        T_WALLET_APPROVE, T_WALLET_REFUSE);
    person_says(html);
}
