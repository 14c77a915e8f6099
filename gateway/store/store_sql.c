/* Every statement, in one place: what is indexed and why stands in store_schema.c. */
#include "store_db.h"

#define OFFER \
    "offer_id, code_hash, tx_hash, tries_left, client, created_at, expires_at, state, body"
#define TOKEN "token_hash, kind, client, offer_id, jkt, expires_at, body, scopes"
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
    [SQL_TOKEN_PUT] = "INSERT INTO token (" TOKEN ") VALUES (?,?,?,?,?,?,?,?)",
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
    [SQL_SWEEP_SESSIONS] = "DELETE FROM session WHERE hash IN (SELECT hash FROM session"
                           " WHERE expires_at <= ?1 LIMIT 300)",
    /* a used code is remembered for a day: a second use ends what the first one got */
    [SQL_SWEEP_CODES] = "DELETE FROM code WHERE hash IN (SELECT hash FROM code"
                        " WHERE expires_at <= ?1 - 86400 LIMIT 300)",
    [SQL_ACCOUNT_ANY] = "SELECT 1 FROM account WHERE wrapped IS NOT NULL LIMIT 1",
    [SQL_ACCOUNT_PUT] = "INSERT INTO account (person, state, created_at, failures, locked_until,"
                        " wrapped, sealed) VALUES (?,1,?,0,0,?,NULL) ON CONFLICT DO NOTHING",
    [SQL_ACCOUNT_GET] = "SELECT state, created_at, failures, locked_until, wrapped, sealed"
                        " FROM account WHERE person = ?",
    [SQL_ACCOUNT_PROFILE] = "UPDATE account SET sealed = ?2 WHERE person = ?1 AND state = 1",
    [SQL_ACCOUNT_FAILED] =
        "UPDATE account SET"
        " locked_until = CASE WHEN failures + 1 >= ?3 AND locked_until <= ?2 THEN ?2 + ?4"
        " ELSE locked_until END,"
        " failures = CASE WHEN locked_until > ?2 THEN failures WHEN failures + 1 >= ?3 THEN 0"
        " ELSE failures + 1 END"
        " WHERE person = ?1 AND state = 1 RETURNING locked_until",
    [SQL_ACCOUNT_GOOD] = "UPDATE account SET failures = 0, locked_until = 0 WHERE person = ?",
    [SQL_ACCOUNT_ERASE] =
        "UPDATE account SET state = 2, failures = 0, locked_until = 0, wrapped = NULL,"
        " sealed = NULL WHERE person = ?1 AND state = 1",
    [SQL_LOGIN_GET] = "SELECT person, handle, sign_count FROM login_passkey WHERE passkey = ?",
    [SQL_LOGIN_PUT] = "INSERT INTO login_passkey (passkey, person, handle, sign_count)"
                      " VALUES (?,?,?,?)",
    [SQL_LOGIN_SEEN] = "UPDATE login_passkey SET sign_count = ?2, handle = coalesce(handle, ?3)"
                       " WHERE passkey = ?1",
    [SQL_LOGIN_ERASE] = "DELETE FROM login_passkey WHERE person = ?",
    [SQL_SESSION_PUT] = "INSERT INTO session (hash, person, method, agent, created_at, seen_at,"
                        " expires_at) VALUES (?,?,?,?,?,?,?)",
    [SQL_SESSION_GET] = "SELECT person, method, agent, created_at, seen_at, expires_at"
                        " FROM session WHERE hash = ?",
    [SQL_SESSION_SEEN] = "UPDATE session SET seen_at = max(seen_at, ?2) WHERE hash = ?1",
    [SQL_SESSION_END] = "DELETE FROM session WHERE hash = ?",
    [SQL_SESSION_END_ALL] = "DELETE FROM session WHERE person = ?1 AND hash IS NOT ?2",
    [SQL_SESSION_TRIM] = "DELETE FROM session WHERE hash IN (SELECT hash FROM session"
                         " WHERE person = ?1 ORDER BY created_at DESC LIMIT -1 OFFSET ?2)",
    [SQL_SESSION_COUNT] = "SELECT count(*) FROM session WHERE person = ?1 AND expires_at > ?2",
    [SQL_PERSONS_AFTER] = "SELECT person FROM session WHERE person > ?1 UNION"
                          " SELECT body FROM token WHERE kind = 3 AND body > ?1"
                          " ORDER BY 1 LIMIT ?2",
    [SQL_CODE_PUT] = "INSERT INTO code (hash, person, client, redirect_uri, challenge, jkt, used,"
                     " expires_at, scopes) SELECT ?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8"
                     " WHERE EXISTS (SELECT 1 FROM account WHERE person = ?2 AND state = 1)",
    [SQL_CODE_GET] = "SELECT person, client, redirect_uri, challenge, jkt, used, expires_at, scopes"
                     " FROM code WHERE hash = ?",
    [SQL_CODE_USED] = "UPDATE code SET used = 1 WHERE hash = ?",
    [SQL_CODE_END_ALL] = "DELETE FROM code WHERE person = ?",
    [SQL_TOKEN_END_ALL] = "DELETE FROM token WHERE kind = 3 AND body = ?",
    [SQL_HELD_PUT] = "INSERT INTO held (person, id, added_at, sealed) SELECT ?1, ?2, ?3, ?4"
                     " WHERE EXISTS (SELECT 1 FROM account WHERE person = ?1 AND state = 1)",
    [SQL_HELD_ROOM] = "SELECT count(*), coalesce(sum(length(sealed)), 0) FROM held"
                      " WHERE person = ?",
    [SQL_HELD_LIST] = "SELECT id, added_at, sealed FROM held WHERE person = ? ORDER BY seq",
    [SQL_HELD_GET] = "SELECT id, added_at, sealed FROM held WHERE person = ? AND id = ?",
    [SQL_HELD_REMOVE] = "DELETE FROM held WHERE person = ? AND id = ?",
    [SQL_HELD_ERASE] = "DELETE FROM held WHERE person = ?",
    [SQL_CONSENT_PUT] = "INSERT INTO consent (consent_seq, person, sealed) SELECT ?1, ?2, ?3"
                        " WHERE EXISTS (SELECT 1 FROM account WHERE person = ?2 AND state = 1)",
    [SQL_CONSENT_GET] = "SELECT person, sealed FROM consent WHERE consent_seq = ?",
    [SQL_CONSENT_ERASE] = "DELETE FROM consent WHERE person = ?",
    [SQL_SIGNED_PUT] = "INSERT INTO signed (hash, consent_seq, outcome_seq, signed_at)"
                       " VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
    [SQL_SIGNED_GET] = "SELECT consent_seq, outcome_seq, signed_at FROM signed WHERE hash = ?",
    [SQL_LINK_PUT] = "INSERT INTO link (identity, person, sealed) SELECT ?1, ?2, ?3"
                     " WHERE EXISTS (SELECT 1 FROM account WHERE person = ?2 AND state = 1)",
    [SQL_LINK_COUNT] = "SELECT count(*) FROM link WHERE person = ?",
    [SQL_LINK_FIND] = "SELECT person FROM link WHERE identity = ?",
    [SQL_LINK_LIST] = "SELECT identity, sealed FROM link WHERE person = ? LIMIT ?",
    [SQL_LINK_REMOVE] = "DELETE FROM link WHERE identity = ? AND person = ?",
    [SQL_LINK_ERASE] = "DELETE FROM link WHERE person = ?",
    [SQL_ONCE_TAKE] = "INSERT INTO once (hash, expires_at) VALUES (?1, ?2)"
                      " ON CONFLICT (hash) DO UPDATE SET expires_at = ?2 WHERE expires_at <= ?3",
    [SQL_ONCE_GIVE] = "DELETE FROM once WHERE hash = ?",
    [SQL_ONCE_FIND] = "SELECT 1 FROM once WHERE hash = ? AND expires_at > ?",
    [SQL_SWEEP_ONCE] = "DELETE FROM once WHERE hash IN"
                       " (SELECT hash FROM once WHERE expires_at <= ? LIMIT 256)",
};
