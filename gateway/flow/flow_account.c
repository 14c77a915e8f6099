/* A person's own things: what flow_account.h says, over the sealed store. */
#include "flow_account.h"

#include "flow_persons_int.h"
#include "flow_show.h"
#include "sg_text.h"

/* ---- profile --------------------------------------------------------------------------------------------------- */

/* A name in one line: what a page shows is what was typed. */
static sg_result
check_text(sg_str text)
{
    SG_REQUIRE(text.n <= FLOW_PROFILE_TEXT_MAX, TOO_LARGE);
    SG_REQUIRE(sg_utf8_valid(text), ENCODING);
    for (size_t i = 0; i < text.n; i++) {
        SG_REQUIRE((uint8_t)text.p[i] >= 0x20 && text.p[i] != 0x7f, ENCODING);
    }
    return SG_DONE;
}

static sg_result
optional_text(const struct sjson *json, const char *name, sg_str *ret)
{
    sg_result r = sjson_member_text(json, name, ret);
    return r.code == SG_E_MISSING ? SG_DONE : r;
}

sg_result
flow_profile_get(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], struct flow_profile *ret)
{
    struct store_account account;
    SG_TRY(store_account_get(persons->store, person, arena, &account));
    SG_REQUIRE(account.state == STORE_ACCOUNT_OPEN, NOT_FOUND);
    struct flow_profile profile = { .created_at = account.created_at };
    if (account.profile.n > 0) {
        const struct sjson *json;
        SG_TRY(sjson_parse_object(arena, sg_bytes_str(account.profile), NULL, &json));
        SG_TRY(optional_text(json, "display_name", &profile.display_name));
        SG_TRY(optional_text(json, "email", &profile.email));
    }
    *ret = profile;
    return SG_DONE;
}

sg_result
flow_profile_set(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN],
    const struct flow_profile *profile)
{
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(4096, 32768);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    SG_TRY(check_text(profile->display_name));
    SG_TRY(check_text(profile->email));
    struct sg_buf buf = sg_buf_new(arena, 1024, STORE_PROFILE_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sg_bytes json;
    sjson_wr_object(&wr);
    sjson_wr_member_text(&wr, "display_name", profile->display_name);
    sjson_wr_member_text(&wr, "email", profile->email);
    sjson_wr_object_end(&wr);
    SG_TRY(sg_buf_end(&buf, &json));
    return store_account_profile(persons->store, person, json);
}

/* ---- credentials ----------------------------------------------------------------------------------------------- */

static void
fill(const struct store_held *row, const struct flow_held *held, struct flow_kept *ret)
{
    struct flow_kept kept = { .format = row->format,
        .configuration = row->configuration,
        .added_at = row->added_at,
        .credential = sg_bytes_str(row->credential) };
    sg_hex_to(SG_BYTES(row->id), kept.id);
    memcpy(kept.key, row->key, sizeof(kept.key));
    if (held != NULL) {
        kept.type = held->type;
        kept.name = held->name;
        kept.issuer = held->issuer_name.n > 0 ? held->issuer_name : held->issuer;
    }
    *ret = kept;
}

/* One that cannot be read any more (a context was taken away) is still listed, so that it can be removed. */
static void
describe(struct sg_arena *arena, const struct jsonld_contexts *contexts,
    const struct store_held *row, struct flow_kept *ret)
{
    struct flow_held *held = SG_NEW(arena, struct flow_held);
    bool read = held != NULL && sg_ok(flow_held_read(arena, contexts, row->format,
                                    sg_bytes_str(row->credential), NULL, held));
    fill(row, read ? held : NULL, ret);
}

static bool
is_one_of(const uint8_t thumbprint[32], const sg_bytes *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sg_bytes_equal(sg_bytes_of(thumbprint, 32), keys[i])) {
            return true;
        }
    }
    return false;
}

sg_result
flow_kept_add(struct flow_persons *persons, struct sg_arena *arena,
    const struct jsonld_contexts *contexts, const uint8_t person[FLOW_PERSON_LEN],
    const sg_bytes *keys, size_t n_keys, sg_str format, sg_str configuration, sg_str credential,
    int64_t now, struct sg_why *why, struct flow_kept *ret)
{
    struct flow_held *held = SG_NEW(arena, struct flow_held);
    SG_REQUIRE(held != NULL, NO_MEMORY);
    SG_REQUIRE(credential.n <= STORE_CREDENTIAL_MAX, TOO_LARGE);
    SG_TRY(check_text(configuration));
    SG_TRY(flow_held_read(arena, contexts, format, credential, why, held));
    if (!held->has_key || !is_one_of(held->thumbprint, keys, n_keys)) {
        sg_why_note(why, "the credential is not bound to a key of this account", 0, 0);
        SG_FAIL(KEY_USE);
    }
    struct store_held row = { .added_at = now,
        .format = sg_cstr(held->format),
        .configuration = configuration,
        .credential = sg_str_bytes(credential) };
    memcpy(row.key, held->thumbprint, sizeof(row.key));
    SG_TRY(store_held_add(persons->store, person, &row, row.id));
    fill(&row, held, ret);
    return SG_DONE;
}

sg_result
flow_kept_list(struct flow_persons *persons, struct sg_arena *arena,
    const struct jsonld_contexts *contexts, const uint8_t person[FLOW_PERSON_LEN],
    const struct flow_kept **ret, size_t *ret_n)
{
    const struct store_held *rows;
    size_t n;
    SG_TRY(store_held_list(persons->store, person, arena, &rows, &n));
    struct flow_kept *list = SG_NEW_ARRAY(arena, n, struct flow_kept);
    SG_REQUIRE(list != NULL, NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        describe(arena, contexts, &rows[i], &list[i]);
    }
    *ret = list;
    *ret_n = n;
    return SG_DONE;
}

static sg_result
id_of(sg_str hex, uint8_t ret[STORE_HELD_ID_LEN])
{
    SG_REQUIRE(
        hex.n == 2 * STORE_HELD_ID_LEN && sg_ok(sg_hex_decode_to(hex, ret, STORE_HELD_ID_LEN)),
        NOT_FOUND);
    return SG_DONE;
}

sg_result
flow_kept_get(struct flow_persons *persons, struct sg_arena *arena,
    const struct jsonld_contexts *contexts, const uint8_t person[FLOW_PERSON_LEN], sg_str id,
    struct flow_kept *ret)
{
    uint8_t raw[STORE_HELD_ID_LEN];
    struct store_held row;
    SG_TRY(id_of(id, raw));
    SG_TRY(store_held_get(persons->store, person, raw, arena, &row));
    describe(arena, contexts, &row, ret);
    return SG_DONE;
}

sg_result
flow_kept_remove(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN], sg_str id)
{
    uint8_t raw[STORE_HELD_ID_LEN];
    SG_TRY(id_of(id, raw));
    return store_held_remove(persons->store, person, raw);
}

/* ---- what was agreed to ------------------------------------------------------------------------------------------ */

sg_result
flow_agreed_get(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], uint64_t consent_seq, struct flow_agreed *ret)
{
    uint8_t whose[FLOW_PERSON_LEN];
    struct store_consent consent;
    SG_TRY(store_consent_get(persons->store, consent_seq, arena, whose, &consent));
    SG_REQUIRE(memcmp(whose, person, sizeof(whose)) == 0, NOT_FOUND);
    struct flow_agreed agreed = { .template = consent.template_,
        .language = consent.language,
        .text = consent.text,
        .client = consent.client };
    SG_TRY(sjson_parse_object(arena, consent.openings, NULL, &agreed.openings));
    *ret = agreed;
    return SG_DONE;
}

/* ---- outside identities ------------------------------------------------------------------------------------------ */

sg_result
flow_identity_link(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN],
    sg_str issuer, sg_str subject, int64_t now)
{
    const struct store_link link = { issuer, subject, now };
    return store_link_put(persons->store, person, &link);
}

sg_result
flow_identity_find(struct flow_persons *persons, sg_str issuer, sg_str subject,
    uint8_t ret_person[FLOW_PERSON_LEN])
{
    return store_link_find(persons->store, issuer, subject, ret_person);
}

sg_result
flow_identity_list(struct flow_persons *persons, struct sg_arena *arena,
    const uint8_t person[FLOW_PERSON_LEN], struct flow_identity ret[FLOW_IDENTITIES_MAX],
    size_t *ret_n)
{
    struct store_link links[STORE_LINKS_MAX];
    _Static_assert(STORE_LINKS_MAX == FLOW_IDENTITIES_MAX, "as many as the store keeps");
    SG_TRY(store_link_list(persons->store, person, arena, links, ret_n));
    for (size_t i = 0; i < *ret_n; i++) {
        ret[i] = (struct flow_identity){ links[i].issuer, links[i].subject, links[i].linked_at };
    }
    return SG_DONE;
}

sg_result
flow_identity_unlink(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN],
    sg_str issuer, sg_str subject)
{
    return store_link_remove(persons->store, person, issuer, subject);
}

sg_result
flow_account_erase(struct flow_persons *persons, const uint8_t person[FLOW_PERSON_LEN], int64_t now)
{
    return store_account_erase(persons->store, person, now);
}
