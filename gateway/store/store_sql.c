/* Every statement, in one place: what is indexed and why stands in store_schema.c. */
#include "store_db.h"

#define OFFER \
    "offer_id, code_hash, tx_hash, tries_left, client, created_at, expires_at, state, body"
#define TOKEN "token_hash, kind, client, offer_id, jkt, expires_at, body"
#define ISSUANCE                                                                             \
    "offer_id, token_hash, identifier, holder, list, idx, state, signature_hash, openings, " \
    "consent_seq, outcome_seq, configuration, client, signed_at, expires_at"
/* Rows whose index entries are still to come: few, and the last ones. */
#define BEHIND "seq > (SELECT indexed FROM progress)"
/* The offer of a live token keeps its body although the code has expired. */
#define NO_LIVE_TOKEN                                                                             \
    "NOT EXISTS (SELECT 1 FROM token WHERE token.offer_id = offer.offer_id AND token.expires_at " \
    "> ?1)"

const char *const store_sql_text[SQL_N] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_SAVE] = "SAVEPOINT unit",
    [SQL_KEEP] = "RELEASE unit",
    [SQL_UNDO] = "ROLLBACK TO unit",
    [SQL_OFFER_PUT] = "INSERT INTO offer (" OFFER ") VALUES (?,?,?,?,?,?,?,?,?)",
    [SQL_OFFER_GET] = "SELECT " OFFER " FROM offer WHERE offer_id = ?",
    [SQL_OFFER_BY_CODE] = "SELECT " OFFER " FROM offer WHERE code_hash = ?",
    [SQL_OFFER_TRY] = "UPDATE offer SET tries_left = tries_left - 1,"
                      " state = CASE WHEN tries_left <= 1 THEN 2 ELSE 0 END,"
                      " body = CASE WHEN tries_left <= 1 THEN NULL ELSE body END"
                      " WHERE code_hash = ?1 AND state = 0 AND tries_left > 0 AND expires_at > ?2"
                      " RETURNING tries_left",
    [SQL_OFFER_REDEEM] = "UPDATE offer SET state = 1 WHERE code_hash = ?1 AND state = 0"
                         " AND tries_left > 0 AND expires_at > ?2",
    [SQL_OFFER_DROP] = "UPDATE offer SET state = 2, body = NULL WHERE offer_id = ?",
    [SQL_OFFER_FORGET] = "UPDATE offer SET body = NULL WHERE offer_id = ?",
    [SQL_TOKEN_PUT] = "INSERT INTO token (" TOKEN ") VALUES (?,?,?,?,?,?,?)",
    [SQL_TOKEN_GET] = "SELECT " TOKEN " FROM token WHERE token_hash = ?",
    [SQL_TOKEN_REVOKE] = "DELETE FROM token WHERE offer_id = ?",
    [SQL_ISSUANCE_PUT] =
        "INSERT INTO issuance (seq, " ISSUANCE ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [SQL_ISSUANCE_COUNT] =
        "SELECT (SELECT count(*) FROM offer_seq JOIN issuance USING (seq) WHERE h = ?3"
        " AND offer_id = ?1 AND identifier = ?2 AND seq <= (SELECT indexed FROM progress))"
        " + (SELECT count(*) FROM issuance WHERE " BEHIND " AND offer_id = ?1 AND identifier = ?2)",
    [SQL_ISSUANCE_HOLDER] =
        "SELECT seq, " ISSUANCE " FROM offer_seq JOIN issuance USING (seq) WHERE h = ?4"
        " AND offer_id = ?1 AND identifier = ?2 AND holder = ?3"
        " UNION ALL SELECT seq, " ISSUANCE " FROM issuance WHERE " BEHIND
        " AND offer_id = ?1 AND identifier = ?2 AND holder = ?3 ORDER BY 1 DESC LIMIT 1",
    [SQL_ISSUANCE_BY_SIGNATURE] =
        "SELECT seq, " ISSUANCE " FROM signature_seq JOIN issuance USING (seq) WHERE h = ?2"
        " AND signature_hash = ?1"
        " UNION ALL SELECT seq, " ISSUANCE " FROM issuance WHERE " BEHIND
        " AND signature_hash = ?1 ORDER BY 1 LIMIT 1",
    [SQL_ISSUANCE_SUPERSEDE] = "UPDATE issuance SET state = 2 WHERE seq = ?",
    [SQL_SIGNATURE_PUT] = "INSERT OR IGNORE INTO signature_seq (h, seq) VALUES (?,?)",
    [SQL_OFFER_SEQ_PUT] = "INSERT OR IGNORE INTO offer_seq (h, seq) VALUES (?,?)",
    [SQL_TAIL] = "SELECT seq, signature_hash, offer_id FROM issuance WHERE seq > ? ORDER BY seq",
    [SQL_PROGRESS_GET] =
        "SELECT (SELECT indexed FROM progress), coalesce((SELECT max(seq) FROM issuance), 0)",
    [SQL_PROGRESS_SET] = "UPDATE progress SET indexed = ?",
    [SQL_LIST_PUT] = "INSERT INTO list (name, uri, bits, size, reserved, secret, version, body)"
                     " VALUES (?,?,?,?,?,?,?,?)",
    [SQL_LIST_GET] = "SELECT name, uri, bits, size, reserved, secret, version, body, id"
                     " FROM list WHERE name = ?",
    [SQL_LIST_NAMES] = "SELECT name FROM list ORDER BY id",
    [SQL_LIST_RESERVE] = "UPDATE list SET reserved = min(size, reserved + ?2) WHERE name = ?1"
                         " AND reserved < size RETURNING reserved",
    [SQL_LIST_CHANGED] = "UPDATE list SET version = version + 1 WHERE id = ? RETURNING version",
    [SQL_ORDER_PUT] = "INSERT INTO status_order (order_id, list, idx, value, ordered_at, body)"
                      " VALUES (?,?,?,?,?,?)",
    [SQL_ORDER_KNOWN] = "SELECT 1 FROM status_order WHERE order_id = ?",
    [SQL_WAITING_PUT] =
        "INSERT INTO waiting_order (order_id, list, idx, value, at, body, signature)"
        " VALUES (?,?,?,?,?,?,?)",
    [SQL_WAITING_GET] = "SELECT list, idx, value, body FROM waiting_order WHERE order_id = ?",
    [SQL_WAITING_DROP] = "DELETE FROM waiting_order WHERE order_id = ?",
    [SQL_WAITING_ALL] = "SELECT order_id, list, idx, value, at, body, signature FROM waiting_order"
                        " ORDER BY seq LIMIT ?",
    [SQL_SWEEP_BODIES] =
        "UPDATE offer SET body = NULL WHERE offer_id IN (SELECT offer_id FROM offer"
        " WHERE expires_at <= ?1 AND body IS NOT NULL AND " NO_LIVE_TOKEN " LIMIT 300)",
    [SQL_SWEEP_OFFERS] = "DELETE FROM offer WHERE offer_id IN (SELECT offer_id FROM offer"
                         " WHERE expires_at <= ?1 - 86400 AND " NO_LIVE_TOKEN " LIMIT 300)",
    [SQL_SWEEP_TOKENS] = "DELETE FROM token WHERE token_hash IN (SELECT token_hash FROM token"
                         " WHERE expires_at <= ?1 LIMIT 300)",
};
