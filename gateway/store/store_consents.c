/*
 * What a person agreed to. Text and openings are the person's and sealed; that a signature with this hash stands at that place of the ledger is
 * nobody's secret and outlives the person here (req: EV-2, EV-4).
 */
#include "store_inner.h"

struct consent_work {
    struct store_unit unit; /* first */
    const uint8_t *person;
    sg_bytes sealed;
    uint64_t consent_seq;
    const struct store_signed *signatures;
    size_t n;
};

static struct store_place
place_of(const uint8_t *person, const uint8_t seq[8])
{
    return (struct store_place){ .table = "consent", .person = person, .row = sg_bytes_of(seq, 8) };
}

static void
seq_bytes(uint64_t seq, uint8_t ret[8])
{
    for (unsigned i = 0; i < 8; i++) {
        ret[i] = (uint8_t)(seq >> (56 - 8 * i));
    }
}

static sg_result
put_signed(struct store_db *db, const struct store_signed *signature)
{
    STORE_QUERY(query, db, SQL_SIGNED_PUT);
    store_bind_bytes(&query, SG_BYTES(signature->signature_hash));
    store_bind_int(&query, (int64_t)signature->consent_seq);
    store_bind_int(&query, (int64_t)signature->outcome_seq);
    store_bind_int(&query, signature->signed_at);
    return store_run(&query, NULL);
}

static sg_result
put(struct store_db *db, struct store_unit *unit)
{
    struct consent_work *work = (struct consent_work *)unit;
    {
        STORE_QUERY(query, db, SQL_CONSENT_PUT);
        store_bind_int(&query, (int64_t)work->consent_seq);
        store_bind_bytes(&query, sg_bytes_of(work->person, STORE_PERSON_LEN));
        store_bind_bytes(&query, work->sealed);
        uint64_t changes = 0;
        sg_result r = store_run(&query, &changes);
        if (r.code != SG_E_CONFLICT) { /* later signatures of the same consent find it there */
            SG_TRY(r);
            SG_REQUIRE(changes == 1, NOT_FOUND);
        }
    }
    for (size_t i = 0; i < work->n; i++) {
        SG_TRY(put_signed(db, &work->signatures[i]));
    }
    return SG_DONE;
}

static sg_result
encode(struct sg_arena *arena, const struct store_consent *consent, sg_bytes *ret)
{
    struct sg_buf buf = sg_buf_new(
        arena, consent->text.n + consent->openings.n + 256, STORE_CONSENT_MAX + 4 * STORE_TEXT_MAX);
    store_put_part(&buf, sg_str_bytes(consent->template_));
    store_put_part(&buf, sg_str_bytes(consent->language));
    store_put_part(&buf, sg_str_bytes(consent->text));
    store_put_part(&buf, sg_str_bytes(consent->openings));
    store_put_part(&buf, sg_str_bytes(consent->client));
    return sg_buf_end(&buf, ret);
}

static sg_result
keep(struct store *store, const uint8_t *person, const struct store_consent *consent,
    uint64_t consent_seq, const struct store_signed *signatures, size_t n)
{
    SG_REQUIRE(consent->template_.n <= STORE_TEXT_MAX && consent->language.n <= STORE_TEXT_MAX &&
                   consent->client.n <= STORE_TEXT_MAX && consent->text.n <= STORE_CONSENT_MAX &&
                   consent->openings.n <= STORE_CONSENT_MAX - consent->text.n,
        TOO_LARGE);
    SG_CLEANUP(sg_arena_free)
    struct sg_arena *arena = sg_arena_new(0, 6 * STORE_CONSENT_MAX);
    SG_REQUIRE(arena != NULL, NO_MEMORY);
    STORE_PERSON_KEY(key);
    SG_TRY(store_person_key_get(store, person, &key));
    struct consent_work work = { .unit.run = put,
        .unit.several = true,
        .person = person,
        .consent_seq = consent_seq,
        .signatures = signatures,
        .n = n };
    sg_bytes plain;
    uint8_t seq[8];
    seq_bytes(consent_seq, seq);
    struct store_place place = place_of(person, seq);
    SG_TRY(encode(arena, consent, &plain));
    SG_TRY(store_seal(arena, &key, &place, plain, &work.sealed));
    return store_wait(store, &work.unit);
}

sg_result
store_consent_put(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    const struct store_consent *consent, const struct store_signed *signatures, size_t n)
{
    SG_REQUIRE(n > 0, VALUE);
    for (size_t i = 1; i < n; i++) {
        SG_REQUIRE(signatures[i].consent_seq == signatures[0].consent_seq, VALUE);
    }
    return keep(store, person, consent, signatures[0].consent_seq, signatures, n);
}

sg_result
store_consent_note(struct store *store, const uint8_t person[STORE_PERSON_LEN],
    uint64_t consent_seq, const struct store_consent *consent)
{
    return keep(store, person, consent, consent_seq, NULL, 0);
}

sg_result
store_signed_get(
    struct store *store, const uint8_t signature_hash[STORE_HASH_LEN], struct store_signed *ret)
{
    STORE_READER(reader, store);
    STORE_QUERY(query, reader.db, SQL_SIGNED_GET);
    store_bind_bytes(&query, sg_bytes_of(signature_hash, STORE_HASH_LEN));
    SG_TRY(store_step(&query));
    struct store_signed found = { .consent_seq = (uint64_t)store_column_int(&query, 0),
        .outcome_seq = (uint64_t)store_column_int(&query, 1),
        .signed_at = store_column_int(&query, 2) };
    memcpy(found.signature_hash, signature_hash, STORE_HASH_LEN);
    *ret = found;
    return SG_DONE;
}

static sg_result
decode(sg_bytes in, struct store_consent *ret)
{
    sg_bytes parts[5];
    for (size_t i = 0; i < 4; i++) {
        SG_TRY(store_take_part(&in, &parts[i]));
    }
    parts[4] = SG_NO_BYTES;
    if (in.n > 0) { /* versions before 7 did not say whose wallet it was */
        SG_TRY(store_take_part(&in, &parts[4]));
    }
    SG_REQUIRE(in.n == 0, STORE_DOWN);
    *ret = (struct store_consent){ .template_ = sg_bytes_str(parts[0]),
        .language = sg_bytes_str(parts[1]),
        .text = sg_bytes_str(parts[2]),
        .openings = sg_bytes_str(parts[3]),
        .client = sg_bytes_str(parts[4]) };
    return SG_DONE;
}

sg_result
store_consent_get(struct store *store, uint64_t consent_seq, struct sg_arena *arena,
    uint8_t *ret_person, struct store_consent *ret)
{
    uint8_t person[STORE_PERSON_LEN];
    sg_bytes sealed, plain;
    {
        STORE_READER(reader, store);
        STORE_QUERY(query, reader.db, SQL_CONSENT_GET);
        store_bind_int(&query, (int64_t)consent_seq);
        SG_TRY(store_step(&query));
        SG_TRY(store_column_exact(&query, 0, person, sizeof(person)));
        SG_TRY(store_column_bytes(&query, 1, arena, &sealed));
    }
    STORE_PERSON_KEY(key);
    uint8_t seq[8];
    seq_bytes(consent_seq, seq);
    struct store_place place = place_of(person, seq);
    SG_TRY(store_person_key_get(store, person, &key));
    SG_TRY(store_unseal(arena, &key, &place, sealed, &plain));
    SG_TRY(decode(plain, ret));
    if (ret_person != NULL) {
        memcpy(ret_person, person, sizeof(person));
    }
    return SG_DONE;
}
