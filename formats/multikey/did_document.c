/* DID documents of keys that are ours (DID Core, CID 2). req: FMT-3 */
#include "did.h"

#define DOCUMENT_MAX ((size_t)256 << 10)

static bool
is_fragment(sg_str fragment)
{
    for (size_t i = 0; i < fragment.n; i++) {
        char c = fragment.p[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '-' || c == '_' || c == '.' || c == '~';
        if (!fine) {
            return false;
        }
    }
    return fragment.n > 0;
}

static sg_result
check_entries(const struct did_entry *entries, size_t n)
{
    SG_REQUIRE(n <= DID_ENTRIES_MAX, TOO_LARGE);
    for (size_t i = 0; i < n; i++) {
        SG_REQUIRE(is_fragment(entries[i].fragment), VALUE);
        for (size_t k = 0; k < i; k++) {
            SG_REQUIRE(!sg_str_equal(entries[i].fragment, entries[k].fragment), DUPLICATE);
        }
    }
    return SG_DONE;
}

static sg_result
method_id(struct sg_arena *arena, sg_str did, const struct did_entry *entry, sg_str *ret)
{
    struct sg_buf buf = sg_buf_new(arena, did.n + entry->fragment.n + 1, 2 * DID_MAX);
    sg_buf_put_str(&buf, did);
    sg_buf_put_byte(&buf, '#');
    sg_buf_put_str(&buf, entry->fragment);
    return sg_buf_end_str(&buf, ret);
}

static sg_result
put_method(struct sg_arena *arena, struct sjson_wr *wr, sg_str did, sg_str id,
    const struct did_entry *entry)
{
    sjson_wr_object(wr);
    sjson_wr_member_text(wr, "id", id);
    sjson_wr_member_cstr(wr, "type", entry->as_jwk ? "JsonWebKey" : "Multikey");
    sjson_wr_member_text(wr, "controller", did);
    if (entry->as_jwk) {
        sjson_wr_name(wr, SG_LIT("publicKeyJwk"));
        jwk_write(wr, entry->key);
    } else {
        sg_str value;
        SG_TRY(multikey_encode(arena, entry->key, &value));
        sjson_wr_member_text(wr, "publicKeyMultibase", value);
    }
    sjson_wr_object_end(wr);
    return SG_DONE;
}

static void
put_list(struct sjson_wr *wr, unsigned relationship, const struct did_entry *entries,
    const sg_str *ids, size_t n)
{
    bool open = false;
    for (size_t i = 0; i < n; i++) {
        if ((entries[i].relationships & relationship) == 0) {
            continue;
        }
        if (!open) {
            sjson_wr_name(wr, sg_cstr(cid_relationship_name(relationship)));
            sjson_wr_array(wr);
            open = true;
        }
        sjson_wr_text(wr, ids[i]);
    }
    if (open) {
        sjson_wr_array_end(wr);
    }
}

static void
put_contexts(struct sjson_wr *wr, const struct did_entry *entries, size_t n)
{
    bool jwk = false, multikey = false;
    for (size_t i = 0; i < n; i++) {
        jwk |= entries[i].as_jwk;
        multikey |= !entries[i].as_jwk;
    }
    sjson_wr_name(wr, SG_LIT("@context"));
    sjson_wr_array(wr);
    sjson_wr_text(wr, SG_LIT("https://www.w3.org/ns/did/v1"));
    if (multikey) {
        sjson_wr_text(wr, SG_LIT("https://w3id.org/security/multikey/v1"));
    }
    if (jwk) {
        sjson_wr_text(wr, SG_LIT("https://w3id.org/security/jwk/v1"));
    }
    sjson_wr_array_end(wr);
}

sg_result
did_document_build(struct sg_arena *arena, sg_str did, sg_str also_known_as,
    const struct did_entry *entries, size_t n_entries, sg_str *ret)
{
    SG_REQUIRE(did.n <= DID_MAX && sg_str_starts(did, "did:") && cid_is_url(did), VALUE);
    SG_REQUIRE(sg_str_index(did, '#', 0) == did.n, VALUE);
    SG_TRY(check_entries(entries, n_entries));
    sg_str *ids = SG_NEW_ARRAY(arena, n_entries, sg_str);
    SG_REQUIRE(ids != NULL, NO_MEMORY);
    struct sg_buf buf = sg_buf_new(arena, 512 + n_entries * 512, DOCUMENT_MAX);
    struct sjson_wr wr = sjson_wr_new(&buf);
    sjson_wr_object(&wr);
    put_contexts(&wr, entries, n_entries);
    sjson_wr_member_text(&wr, "id", did);
    if (also_known_as.n != 0) {
        sjson_wr_name(&wr, SG_LIT("alsoKnownAs"));
        sjson_wr_array(&wr);
        sjson_wr_text(&wr, also_known_as);
        sjson_wr_array_end(&wr);
    }
    sjson_wr_name(&wr, SG_LIT("verificationMethod"));
    sjson_wr_array(&wr);
    for (size_t i = 0; i < n_entries; i++) {
        SG_TRY(method_id(arena, did, &entries[i], &ids[i]));
        SG_TRY(put_method(arena, &wr, did, ids[i], &entries[i]));
    }
    sjson_wr_array_end(&wr);
    for (unsigned i = 0; i < CID_RELATIONSHIPS; i++) {
        put_list(&wr, 1u << i, entries, ids, n_entries);
    }
    sjson_wr_object_end(&wr);
    return sg_buf_end_str(&buf, ret);
}

sg_result
did_document_of(struct sg_arena *arena, sg_str did, sg_str *ret)
{
    struct jwk key;
    bool is_jwk = sg_str_starts(did, "did:jwk:");
    if (is_jwk) {
        SG_TRY(did_jwk_parse(arena, did, &key));
    } else {
        SG_TRY(did_key_parse(did, &key));
    }
    struct did_entry entry = {
        .fragment = is_jwk ? SG_LIT("0") : sg_str_slice(did, strlen("did:key:"), did.n),
        .key = &key,
        .relationships = CID_ASSERTION_METHOD | CID_AUTHENTICATION | CID_CAPABILITY_INVOCATION |
                         CID_CAPABILITY_DELEGATION,
        .as_jwk = is_jwk,
    };
    return did_document_build(arena, did, SG_NO_STR, &entry, 1, ret);
}
