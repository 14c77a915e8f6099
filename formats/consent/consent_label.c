/* What claims are called. Names come from SD-JWT VC and OpenID Connect claims, the EU PID, ISO 18013-5 and our own demo. */
#include "consent_inner.h"

struct label {
    const char *name, *en, *ja;
};
static const struct label labels[] = {
    { "given_name", "given name", "名" },
    { "family_name", "family name", "姓" },
    { "givenName", "given name", "名" },
    { "familyName", "family name", "姓" },
    { "middle_name", "middle name", "ミドルネーム" },
    { "name", "name", "氏名" },
    { "full_name", "full name", "氏名" },
    { "given_name_birth", "given name at birth", "出生時の名" },
    { "family_name_birth", "family name at birth", "出生時の姓" },
    { "birth_given_name", "given name at birth", "出生時の名" },
    { "birth_family_name", "family name at birth", "出生時の姓" },
    { "nickname", "nickname", "ニックネーム" },
    { "birthdate", "date of birth", "生年月日" },
    { "birth_date", "date of birth", "生年月日" },
    { "birthDate", "date of birth", "生年月日" },
    { "birth_place", "place of birth", "出生地" },
    { "place_of_birth", "place of birth", "出生地" },
    { "age_in_years", "age", "年齢" },
    { "age_birth_year", "year of birth", "生まれた年" },
    { "age_over_13", "being 13 or older", "13歳以上かどうか" },
    { "age_over_16", "being 16 or older", "16歳以上かどうか" },
    { "age_over_18", "being 18 or older", "18歳以上かどうか" },
    { "age_over_20", "being 20 or older", "20歳以上かどうか" },
    { "age_over_21", "being 21 or older", "21歳以上かどうか" },
    { "age_over_65", "being 65 or older", "65歳以上かどうか" },
    { "age_equal_or_over", "being of a certain age or older", "ある年齢以上かどうか" },
    { "sex", "sex", "性別" },
    { "gender", "gender", "性別" },
    { "nationality", "nationality", "国籍" },
    { "nationalities", "nationalities", "国籍" },
    { "address", "address", "住所" },
    { "resident_address", "address", "住所" },
    { "resident_street", "street", "町名・番地" },
    { "resident_house_number", "house number", "番地" },
    { "resident_postal_code", "postal code", "郵便番号" },
    { "resident_city", "city", "市区町村" },
    { "resident_state", "state or prefecture", "都道府県" },
    { "resident_country", "country of residence", "居住国" },
    { "formatted", "whole address", "住所全体" },
    { "street_address", "street", "町名・番地" },
    { "house_number", "house number", "番地" },
    { "locality", "city", "市区町村" },
    { "region", "state or prefecture", "都道府県" },
    { "postal_code", "postal code", "郵便番号" },
    { "country", "country", "国" },
    { "email", "e-mail address", "メールアドレス" },
    { "email_address", "e-mail address", "メールアドレス" },
    { "email_verified", "whether the e-mail address was checked", "メールアドレスが確認済みか" },
    { "phone_number", "telephone number", "電話番号" },
    { "mobile_phone_number", "mobile telephone number", "携帯電話番号" },
    { "portrait", "portrait photo", "顔写真" },
    { "picture", "picture", "写真" },
    { "signature_usual_mark", "signature image", "署名の画像" },
    { "document_number", "document number", "文書番号" },
    { "administrative_number", "administrative number", "行政番号" },
    { "personal_administrative_number", "personal administrative number", "個人の行政番号" },
    { "personal_identifier", "personal identifier", "個人識別番号" },
    { "issuing_authority", "issuing authority", "発行機関" },
    { "issuing_country", "issuing country", "発行国" },
    { "issuing_jurisdiction", "issuing jurisdiction", "発行地域" },
    { "issue_date", "date of issue", "発行日" },
    { "issuance_date", "date of issue", "発行日" },
    { "date_of_issuance", "date of issue", "発行日" },
    { "expiry_date", "date of expiry", "有効期限" },
    { "date_of_expiry", "date of expiry", "有効期限" },
    { "driving_privileges", "driving privileges", "運転資格" },
    { "un_distinguishing_sign", "country sign", "国別記号" },
    { "height", "height", "身長" },
    { "weight", "weight", "体重" },
    { "eye_colour", "eye colour", "目の色" },
    { "hair_colour", "hair colour", "髪の色" },
    { "employee_id", "employee number", "社員番号" },
    { "employer", "employer", "勤務先" },
    { "department", "department", "部署" },
    { "job_title", "job title", "役職" },
    { "hired_on", "date of hire", "入社日" },
    { "organization", "organisation", "所属組織" },
    { "degree", "degree", "学位" },
    { "student_id", "student number", "学籍番号" },
    { "id", "identifier", "識別子" },
    { "sub", "identifier of the person", "本人の識別子" },
    { "type", "kind", "種類" },
};

static const struct label *
find(sg_str name)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (sg_str_is(name, labels[i].name)) {
            return &labels[i];
        }
    }
    return NULL;
}

/* An mdoc's namespace and a W3C credential's credentialSubject tell people nothing when the element behind them has a word. */
static size_t
first_step(const struct dcql_path *path)
{
    if (path->n < 2 || path->steps[0].kind != DCQL_NAME || path->steps[1].kind != DCQL_NAME) {
        return 0;
    }
    sg_str first = path->steps[0].name;
    if (sg_str_is(first, "credentialSubject")) {
        return 1;
    }
    bool namespaced = path->n == 2 && sg_str_index(first, '.', 0) < first.n;
    return namespaced && find(path->steps[1].name) != NULL ? 1 : 0;
}

static void
put_step(struct consent_wr *wr, const struct dcql_step *step, bool inner)
{
    bool ja = wr->language == CONSENT_JA;
    if (inner) {
        consent_put(wr, ja ? "の" : ", ");
    }
    if (step->kind == DCQL_ALL) {
        consent_put(wr, ja ? "すべて" : "all entries");
    } else if (step->kind == DCQL_INDEX) {
        consent_put(wr, ja ? "" : "entry ");
        consent_put_u64(wr, (uint64_t)step->index + 1);
        consent_put(wr, ja ? "番目" : "");
    } else {
        const struct label *label = find(step->name);
        if (label != NULL) {
            consent_put(wr, ja ? label->ja : label->en);
        } else {
            consent_put_quoted(wr, step->name, CONSENT_SHOWN_CLAIM);
        }
    }
}

void
consent_put_label(struct consent_wr *wr, const struct dcql_path *path)
{
    size_t first = first_step(path);
    for (size_t i = first; i < path->n; i++) {
        put_step(wr, &path->steps[i], i > first);
    }
}

bool
consent_claim_has_word(const struct dcql_path *path)
{
    size_t n = path->n;
    while (n > 0 && path->steps[n - 1].kind != DCQL_NAME) {
        n--;
    }
    return n > 0 && find(path->steps[n - 1].name) != NULL;
}

sg_result
consent_claim_label(struct sg_arena *arena, const struct dcql_path *path,
    enum consent_language language, sg_str *ret)
{
    struct consent_wr wr = { .buf = sg_buf_new(arena, 64, CONSENT_TEXT_MAX),
        .arena = arena,
        .language = language,
        .result = SG_DONE };
    consent_put_label(&wr, path);
    SG_TRY(wr.result);
    return sg_buf_end_str(&wr.buf, ret);
}

/* ---- transaction data ----------------------------------------------------------------------------- */

struct walk {
    struct consent_wr *wr;
    struct dcql_step steps[DCQL_PATH_MAX];
    size_t depth;
    size_t shown;
};

static void
stop(struct consent_wr *wr)
{
    if (sg_ok(wr->result)) {
        wr->result = SG_ERROR(TOO_LARGE);
    }
}

static size_t
code_points(sg_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += ((uint8_t)text.p[i] & 0xC0) != 0x80;
    }
    return n;
}

/* Names and values in the stranger's own words: no dictionary of ours stands between. */
static void
put_leaf(struct walk *walk, const struct sjson *v)
{
    struct consent_wr *wr = walk->wr;
    bool ja = wr->language == CONSENT_JA;
    if (walk->shown++ >= CONSENT_SHOWN_VALUES || code_points(v->source) > CONSENT_SHOWN_VALUE) {
        stop(wr);
        return;
    }
    consent_put(wr, "- ");
    for (size_t i = 0; i < walk->depth; i++) {
        const struct dcql_step *step = &walk->steps[i];
        if (step->kind == DCQL_NAME && code_points(step->name) > CONSENT_SHOWN_ID) {
            stop(wr);
            return;
        }
        consent_put(wr, i == 0 ? "" : ja ? "の" : ", ");
        if (step->kind == DCQL_NAME) {
            consent_put_quoted(wr, step->name, CONSENT_SHOWN_ID);
        } else {
            put_step(wr, step, false);
        }
    }
    consent_put(wr, ja ? ":" : ": ");
    sg_str text = v->type == SJSON_STRING ? v->text : v->source;
    consent_put_quoted(wr, text, CONSENT_SHOWN_VALUE);
    consent_put(wr, "\n");
}

static void
walk_value(struct walk *walk, const struct sjson *v)
{
    if (v->n == 0) { /* a value, or an empty array or object */
        put_leaf(walk, v);
        return;
    }
    if (walk->depth == DCQL_PATH_MAX) {
        stop(walk->wr);
        return;
    }
    size_t i = 0;
    for (const struct sjson *e = v->first; e != NULL && sg_ok(walk->wr->result); e = e->next) {
        walk->steps[walk->depth] = v->type == SJSON_OBJECT
                                       ? (struct dcql_step){ .kind = DCQL_NAME, .name = e->name }
                                       : (struct dcql_step){ .kind = DCQL_INDEX, .index = i++ };
        walk->depth++;
        walk_value(walk, e);
        walk->depth--;
    }
}

/* What the protocol itself needs (OpenID4VP 1.0, 8.4, B.3.3) says nothing to a person, and is not in question. */
static bool
is_protocol(sg_str name)
{
    return sg_str_is(name, "type") || sg_str_is(name, "credential_ids") ||
           sg_str_is(name, "transaction_data_hashes_alg");
}

void
consent_put_values(struct consent_wr *wr, const struct sjson *object)
{
    struct walk walk = { .wr = wr };
    for (const struct sjson *e = object->first; e != NULL && sg_ok(wr->result); e = e->next) {
        if (is_protocol(e->name)) {
            continue;
        }
        walk.steps[0] = (struct dcql_step){ .kind = DCQL_NAME, .name = e->name };
        walk.depth = 1;
        walk_value(&walk, e);
    }
}
