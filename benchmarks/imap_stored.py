"""A database with very many messages, written straight into the tables: what a firm has after years.

Conversations of ten messages, of two thousand clients. Every message has a revision, was carried by an outgoing mail
with its text and a return path, and left events, changes and a closed attention. Every second one came by mail: it has
a raw mail (a tenth of them not purged yet), an arrival and a filing, and each fourth of those a file.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

CLIENTS = 2000
IN_EACH = 10
WORDS = "Voici la réponse à votre question sur la facture du fournisseur, avec le montant et la date. "
HEX = "lower(hex(randomblob(32)))"
THEN = "'2025-06-01 08:00:00.000000'"

STATEMENTS = (
    # numbers of messages, with the conversation, the place in it and the keys that its rows will have
    """CREATE TEMP TABLE made AS
       WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :messages)
       SELECT i, i / :in_each AS c, i % :in_each AS place, (i % 2) = 1 AS by_mail FROM n""",
    f"""INSERT INTO people (id, public_id, name, language, reach, time_zone, created_at)
       SELECT :person + c, random(), 'Contact', 'fr', 'mail', 'Europe/Brussels', {THEN}
       FROM made WHERE place = 0 AND c < :clients""",
    f"""INSERT INTO addresses (person_id, written, normal, state, is_primary, failures_in_a_row, created_at)
       SELECT id, 'old' || id || '@bench.example', 'old' || id || '@bench.example', 'active', 1, 0, {THEN}
       FROM people WHERE id >= :person""",
    f"""INSERT INTO clients (id, public_id, code, name, country, manager_id, refund_seeker, live, created_at)
       SELECT :client + c, random(), 'S' || c, 'Stored ' || c, 'BE', :anne, 0, 1, {THEN}
       FROM made WHERE place = 0 AND c < :clients""",
    f"""INSERT INTO contacts (client_id, person_id, gets_requests, since)
       SELECT id, :person + id - :client, 1, {THEN} FROM clients WHERE id >= :client""",
    f"""INSERT INTO conversations (id, public_id, client_id, subject, starter_id, starter_side, state, opened_at,
         last_happened_at, thread_root, client_attention, firm_attention, retention, legal_hold)
       SELECT :talk + c, random(), :client + c % :clients, 'Facture ' || c, :anne, 'firm', 'open', {THEN}, {THEN},
         '<' || {HEX} || '@stored>', 0, 0, 'bookkeeping', 0 FROM made WHERE place = 0""",
    f"""INSERT INTO participants (id, conversation_id, person_id, side, joined_at)
       SELECT :participant + 2 * c, :talk + c, :anne, 'firm', {THEN} FROM made WHERE place = 0
       UNION ALL SELECT :participant + 2 * c + 1, :talk + c, :person + c % :clients, 'client', {THEN}
       FROM made WHERE place = 0""",
    f"""INSERT INTO inbound_mails (id, public_id, sha256, size, raw, kept_at, purged_at)
       SELECT :mail + i, random(), {HEX}, 4000, CASE WHEN i % 20 = 1 THEN zeroblob(4000) END, {THEN},
         CASE WHEN i % 20 = 1 THEN NULL ELSE {THEN} END FROM made WHERE by_mail""",
    f"""INSERT INTO messages (id, public_id, conversation_id, author_id, author_side, kind, visibility, origin,
         answer_wanted, sender_unverified, happened_at, created_at, inbound_mail_id)
       SELECT :message + i, random(), :talk + c, CASE WHEN by_mail THEN :person + c % :clients ELSE :anne END,
         CASE WHEN by_mail THEN 'client' ELSE 'firm' END, 'written', 'shared',
         CASE WHEN by_mail THEN 'mail' ELSE 'portal' END, NOT by_mail, 0, {THEN}, {THEN},
         CASE WHEN by_mail THEN :mail + i END FROM made""",
    f"""INSERT INTO revisions (message_id, number, text, tombstone, cut_rule, cut_confidence, created_at)
       SELECT :message + i, 1, replace(hex(zeroblob(1 + i % 6)), '00', :words), 0, 'comparison', 0.9, {THEN}
       FROM made""",
    f"""INSERT INTO outgoing_mails (id, public_id, kind, visibility, language, person_id, address, client_id,
         conversation_id, author_id, priority, state, opened_at, due_at, fence, tries, message_id, envelope_id,
         dated_at, sent_text, may_be_doubled, accepted_at, delivered_at, evidence, created_at)
       SELECT :outgoing + i, random(), 'message', 'shared', 'fr',
         CASE WHEN by_mail THEN :anne ELSE :person + c % :clients END, 'old@bench.example', :client + c % :clients,
         :talk + c, CASE WHEN by_mail THEN :person + c % :clients ELSE :anne END, 0, 'delivered', {THEN}, {THEN}, 1, 1,
         '<' || {HEX} || '@stored>', {HEX}, {THEN}, replace(hex(zeroblob(12)), '00', :words), 0, {THEN}, {THEN},
         'reply', {THEN} FROM made""",
    """INSERT INTO deliveries (outgoing_mail_id, message_id, participant_id, revision_id, position)
       SELECT :outgoing + i, :message + i, :participant + 2 * c + (NOT by_mail), NULL, 1 FROM made""",
    f"""INSERT INTO attempts (outgoing_mail_id, fence, relay, started_at, ended_at, outcome)
       SELECT :outgoing + i, 1, 'relay:25', {THEN}, {THEN}, 'taken' FROM made""",
    f"""INSERT INTO signed_addresses (public_id, kind, conversation_id, participant_id, outgoing_mail_id, created_at)
       SELECT random(), 'return_path', NULL, NULL, :outgoing + i, {THEN} FROM made
       UNION ALL SELECT random(), 'reply', :talk + c, :participant + 2 * c + place, NULL, {THEN}
       FROM made WHERE place < 2""",
    f"""INSERT INTO filings (id, inbound_mail_id, fingerprint, signed_address, outcome, reason, conversation_id,
         message_id, person_id, sender, mail_message_id, findings, filed_at)
       SELECT :filing + i, :mail + i, {HEX}, lower(hex(randomblob(8))), 'posted', 'reply_address', :talk + c,
         :message + i, :person + c % :clients, 'old@bench.example', {HEX}, '[{{"step": "decide", "found": "x"}}]',
         {THEN} FROM made WHERE by_mail""",
    f"""INSERT INTO arrivals (inbound_mail_id, sha256, way, mailbox, uidvalidity, uid, envelope_to, happened_at, state,
         due_at, fence, errors, lost_leases, fingerprint, filing_id, filed_at, told_at)
       SELECT :mail + i, {HEX}, 'imap', 'old@mail.example/INBOX', 1, i + 1, '', {THEN}, 'filed', {THEN}, 1, 0, 0,
         {HEX}, :filing + i, {THEN}, {THEN} FROM made WHERE by_mail""",
    f"""INSERT INTO files (id, client_id, sha256, size, media_type, scan_state, created_at)
       SELECT :file + i, :client + c % :clients, {HEX}, 90000, 'application/pdf', 'unscanned', {THEN}
       FROM made WHERE i % 8 = 1""",
    """INSERT INTO attachments (public_id, message_id, file_id, position, name, set_aside)
       SELECT random(), :message + i, :file + i, 1, 'facture.pdf', 0 FROM made WHERE i % 8 = 1""",
    f"""INSERT INTO attention (conversation_id, side, reason, message_id, since, closed_at, closed_why)
       SELECT :talk + c, 'firm', 'wrote', :message + i, {THEN}, {THEN}, 'the firm wrote' FROM made""",
    f"""INSERT INTO changes (number, kind, client_id, conversation_id, message_id, happened_at)
       SELECT :change + 2 * i + k, 'message_posted', :client + c % :clients, :talk + c, :message + i, {THEN}
       FROM made, (SELECT 0 AS k UNION ALL SELECT 1)""",
    """INSERT INTO counters (name, value) VALUES ('changes', :change + 2 * :messages)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
    f"""INSERT INTO timeline_events (conversation_id, message_id, outgoing_mail_id, inbound_mail_id, what, happened_at)
       SELECT :talk + c, :message + i, NULL, CASE WHEN by_mail THEN :mail + i END, 'posted', {THEN} FROM made
       UNION ALL SELECT :talk + c, NULL, :outgoing + i, NULL, 'accepted', {THEN} FROM made""",
)
KEYS = {
    "person": "people",
    "client": "clients",
    "talk": "conversations",
    "participant": "participants",
    "mail": "inbound_mails",
    "message": "messages",
    "outgoing": "outgoing_mails",
    "filing": "filings",
    "file": "files",
}


def store(path: Path, messages: int) -> None:
    """Into a database that has a firm with at least one case manager."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        first = {key: highest(database, table, "id") + 1 for key, table in KEYS.items()}
        given = first | {
            "anne": database.execute("SELECT min(person_id) FROM case_managers").fetchone()[0],
            "change": highest(database, "changes", "number") + 1,
            "clients": min(CLIENTS, max(1, messages // IN_EACH)),
            "messages": messages,
            "in_each": IN_EACH,
            "words": WORDS,
        }
        database.execute("BEGIN")
        for statement in STATEMENTS:
            database.execute(statement, given)
        database.execute("COMMIT")
        database.execute("DROP TABLE made")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def highest(database: sqlite3.Connection, table: str, column: str) -> int:
    found = database.execute(f"SELECT coalesce(max({column}), 0) FROM {table}").fetchone()[0]
    return int(found)
