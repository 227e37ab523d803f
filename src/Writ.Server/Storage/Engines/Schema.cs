namespace Writ.Server.Storage;

/// <summary>
/// The tables, as steps that are applied once each and never edited. {int}, {blob}, {bool}: by engine; what begins with
/// {sqlite} is for SQLite alone.
/// </summary>
internal static class Schema
{
    public static readonly IReadOnlyList<IReadOnlyList<string>> Steps =
    [
        First, Second, Third, Fourth, Fifth, Sixth, Seventh, Eighth, Ninth, Tenth, Twelfth, Thirteenth, LogStops, Holds,
    ];

    private static IReadOnlyList<string> First =>
    [
        "CREATE TABLE log_head (id {int} PRIMARY KEY, next {int} NOT NULL)",
        "INSERT INTO log_head (id, next) VALUES (1, 0)",
        "CREATE TABLE registry_version (id {int} PRIMARY KEY, version {int} NOT NULL)",
        "INSERT INTO registry_version (id, version) VALUES (1, 1)",
        "CREATE TABLE setting (name text PRIMARY KEY, value text NOT NULL)",
        "CREATE TABLE record (idx {int} PRIMARY KEY, body {blob} NOT NULL)",
        "CREATE TABLE reader (name text PRIMARY KEY, next {int} NOT NULL)",
        """
        CREATE TABLE record_index (
          idx {int} PRIMARY KEY, at {int} NOT NULL, kind text NOT NULL, outcome text NOT NULL, decision_id text,
          subject text, actor text, task text, jti text, expires_at {int})
        """,
        "CREATE INDEX record_index_task ON record_index (task, idx)",
        "CREATE INDEX record_index_subject ON record_index (subject, idx)",
        "CREATE INDEX record_index_actor ON record_index (actor, idx)",
        "CREATE INDEX record_index_decision ON record_index (decision_id)",
        "CREATE INDEX record_index_jti ON record_index (jti)",
        "CREATE TABLE replay (minute {int} NOT NULL, hash {blob} NOT NULL, PRIMARY KEY (minute, hash)){norowid}",
        """
        CREATE TABLE revocation (
          idx {int} NOT NULL, n {int} NOT NULL, kind text NOT NULL, value text NOT NULL, issued_before {int} NOT NULL,
          matters_until {int} NOT NULL, reason text NOT NULL, PRIMARY KEY (idx, n))
        """,
        "CREATE INDEX revocation_value ON revocation (kind, value)",
        """
        CREATE TABLE identity (
          id text PRIMARY KEY, kind text NOT NULL, owner text NOT NULL, team text NOT NULL, purpose text NOT NULL,
          status text NOT NULL, clearance text NOT NULL, labels text NOT NULL, entitlements text NOT NULL,
          max_token_seconds {int}, implicit_task {bool} NOT NULL, bearer {bool} NOT NULL, dead_until {int},
          created_at {int} NOT NULL, expires_at {int} NOT NULL, last_used_at {int}, version {int} NOT NULL)
        """,
        """
        CREATE TABLE operator (
          id text PRIMARY KEY, name text NOT NULL, role text NOT NULL, team text, status text NOT NULL,
          dead_until {int}, created_at {int} NOT NULL, version {int} NOT NULL)
        """,
        """
        CREATE TABLE enrolment (
          code_hash text PRIMARY KEY, name text NOT NULL, role text NOT NULL, team text, created_by text NOT NULL,
          expires_at {int} NOT NULL, used_at {int})
        """,
        """
        CREATE TABLE principal_key (
          id text PRIMARY KEY, principal text NOT NULL, kind text NOT NULL, material text NOT NULL, thumbprint text,
          not_before {int} NOT NULL, expires_at {int} NOT NULL, revoked_at {int}, created_at {int} NOT NULL)
        """,
        "CREATE INDEX principal_key_principal ON principal_key (principal)",
        "CREATE UNIQUE INDEX principal_key_thumbprint ON principal_key (thumbprint)",
        """
        CREATE TABLE resource (
          name text PRIMARY KEY, uri text NOT NULL UNIQUE, owner text NOT NULL, team text NOT NULL,
          classification text NOT NULL, actions text NOT NULL, created_at {int} NOT NULL, version {int} NOT NULL)
        """,
        """
        CREATE TABLE workflow (
          name text PRIMARY KEY, owner text NOT NULL, team text NOT NULL, agents text NOT NULL, starters text NOT NULL,
          purposes text NOT NULL, authority text NOT NULL, max_task_seconds {int} NOT NULL, max_depth {int} NOT NULL,
          created_at {int} NOT NULL, version {int} NOT NULL)
        """,
        """
        CREATE TABLE task (
          id text PRIMARY KEY, workflow text NOT NULL, agent text NOT NULL, parent text, ancestors text NOT NULL,
          purpose text NOT NULL, on_behalf_of text, authority text NOT NULL, status text NOT NULL,
          implicit {bool} NOT NULL, opened_by text NOT NULL, opened_at {int} NOT NULL, deadline {int} NOT NULL,
          ended_at {int}, end_reason text, heartbeat_seconds {int}, heartbeat_at {int})
        """,
        "CREATE INDEX task_agent ON task (agent, id)",
        "CREATE INDEX task_parent ON task (parent) WHERE parent IS NOT NULL",
        "CREATE INDEX task_open ON task (deadline) WHERE status = 'open'",
        """
        CREATE TABLE refresh_token (
          hash text PRIMARY KEY, family text NOT NULL, client text NOT NULL, task text NOT NULL, subject text NOT NULL,
          key_thumbprint text NOT NULL, claims text NOT NULL, issued_at {int} NOT NULL, expires_at {int} NOT NULL,
          used_at {int})
        """,
        "CREATE INDEX refresh_token_family ON refresh_token (family)",
        """
        CREATE TABLE signing_key (
          kid text PRIMARY KEY, purpose text NOT NULL, public_key text NOT NULL, wrapped {blob} NOT NULL,
          created_at {int} NOT NULL, active_from {int} NOT NULL, retires_at {int} NOT NULL, gone_at {int} NOT NULL,
          revoked_at {int})
        """,
        """
        CREATE TABLE finding (
          id text PRIMARY KEY, kind text NOT NULL, subject text NOT NULL, owner text NOT NULL, team text NOT NULL,
          message text NOT NULL, severity text NOT NULL, status text NOT NULL, count {int} NOT NULL,
          first_seen {int} NOT NULL, last_seen {int} NOT NULL, closed_at {int}, closed_by text, close_reason text)
        """,
        "CREATE UNIQUE INDEX finding_open ON finding (kind, subject) WHERE status = 'open'",
    ];

    private static IReadOnlyList<string> Second =>
    [
        "CREATE TABLE lease (name text PRIMARY KEY, number {int} NOT NULL)",
        "DROP INDEX revocation_value",
        "ALTER TABLE identity DROP COLUMN last_used_at",
        """
        INSERT INTO setting (name, value)
        SELECT 'longest_token_seconds', CAST(MAX(max_token_seconds) AS text) FROM identity
        HAVING MAX(max_token_seconds) IS NOT NULL
        """,
        "CREATE INDEX task_named ON task (agent) WHERE status = 'open' AND NOT implicit",
        """
        CREATE INDEX task_silent ON task ((heartbeat_at + heartbeat_seconds * 1000000))
        WHERE status = 'open' AND heartbeat_seconds IS NOT NULL
        """,
    ];

    // docs/decisions/0008: a batch's one-time values are one row.
    private static IReadOnlyList<string> Third =>
    [
        """
        {sqlite}CREATE TABLE replay_batch (
          minute {int} NOT NULL, n {int} NOT NULL, hashes {blob} NOT NULL, PRIMARY KEY (minute, n)){norowid}
        """,
        """
        {sqlite}INSERT INTO replay_batch (minute, n, hashes)
        SELECT minute, row_number() OVER (ORDER BY minute), substr(hash, 1, 16) FROM replay
        """,
        "{sqlite}DROP TABLE replay",
    ];

    // The open tasks below a task are found among any number that opened with a token and have ended.
    private static IReadOnlyList<string> Fourth =>
    [
        "DROP INDEX task_parent",
        "CREATE INDEX task_parent ON task (parent, status, implicit) WHERE parent IS NOT NULL",
    ];

    // docs/decisions/0017: policies, their turns in force, and the facts that they ask for.
    private static IReadOnlyList<string> Fifth =>
    [
        """
        CREATE TABLE policy (
          digest text PRIMARY KEY, content text NOT NULL, source text NOT NULL, pushed_by text NOT NULL,
          pushed_at {int} NOT NULL)
        """,
        """
        CREATE TABLE policy_turn (
          number {int} PRIMARY KEY, digest text, by_whom text NOT NULL, at {int} NOT NULL, because text NOT NULL)
        """,
        """
        CREATE TABLE risk_signal (
          id text PRIMARY KEY, identity text NOT NULL, name text NOT NULL, score {int} NOT NULL, source text NOT NULL,
          at {int} NOT NULL, expires_at {int} NOT NULL)
        """,
        "CREATE INDEX risk_signal_identity ON risk_signal (identity, expires_at)",
        """
        CREATE TABLE approval (
          id text PRIMARY KEY, kind text NOT NULL, digest text NOT NULL, policy text NOT NULL, requester text NOT NULL,
          subject text NOT NULL, task text, team text, shown text NOT NULL, approvers text NOT NULL,
          because text NOT NULL, window_seconds {int} NOT NULL, status text NOT NULL, created_at {int} NOT NULL,
          expires_at {int} NOT NULL, decided_by text, decided_at {int}, decided_because text, used_at {int})
        """,
        "CREATE UNIQUE INDEX approval_pending ON approval (digest) WHERE status = 'pending'",
        "CREATE INDEX record_index_live ON record_index (expires_at) WHERE jti IS NOT NULL",
        "ALTER TABLE resource ADD COLUMN purposes text NOT NULL DEFAULT '[]'",
    ];

    // docs/decisions/0018: who may not approve, and what a request is found by.
    private static IReadOnlyList<string> Sixth =>
    [
        "ALTER TABLE approval ADD COLUMN barred text NOT NULL DEFAULT '[]'",
        "CREATE INDEX approval_digest ON approval (digest, id)",
        "CREATE INDEX approval_requester ON approval (requester, id)",
        "CREATE INDEX approval_team ON approval (team, id)",
    ];

    // docs/approvals.md: who has a hand in what acts, and what a request is like but for its key and its time.
    private static IReadOnlyList<string> Seventh =>
    [
        "ALTER TABLE principal_key ADD COLUMN added_by text NOT NULL DEFAULT '[]'",
        "ALTER TABLE identity ADD COLUMN created_by text",
        "ALTER TABLE approval ADD COLUMN acting text NOT NULL DEFAULT '[]'",
        "ALTER TABLE approval ADD COLUMN likeness text NOT NULL DEFAULT ''",
        "CREATE INDEX approval_denied ON approval (requester, decided_at) WHERE status = 'denied'",
    ];

    // docs/access.md: how far the spools of those who decide elsewhere were recorded.
    private static IReadOnlyList<string> Eighth =>
    [
        "CREATE TABLE spool (name text PRIMARY KEY, identity text NOT NULL, next {int} NOT NULL, at {int} NOT NULL)",
        "CREATE INDEX spool_identity ON spool (identity)",
    ];

    // docs/approvals.md: who is told of what the policy wants told; found in the records by the search index.
    private static IReadOnlyList<string> Ninth =>
    [
        """
        CREATE TABLE notice (
          idx {int} NOT NULL, whom text NOT NULL, at {int} NOT NULL, kind text NOT NULL, subject text, actor text,
          task text, decision_id text, PRIMARY KEY (idx, whom))
        """,
        "CREATE INDEX notice_whom ON notice (whom, idx)",
    ];

    // docs/decisions/0019: what of a record can be erased; its body is the core, which stays.
    private static IReadOnlyList<string> Tenth => ["ALTER TABLE record ADD COLUMN detail {blob}"];

    // docs/decisions/0024: what else records are found by. Those of before are indexed again behind the readers' backs.
    private static IReadOnlyList<string> Twelfth =>
    [
        "ALTER TABLE record_index ADD COLUMN reason text",
        "ALTER TABLE record_index ADD COLUMN policy text",
        "ALTER TABLE record_index ADD COLUMN workflow text",
        "ALTER TABLE record_index ADD COLUMN on_behalf_of text",
        "ALTER TABLE record_index ADD COLUMN approved_by text",
        "ALTER TABLE record_index ADD COLUMN terms text",
        "CREATE TABLE record_block (term {int} NOT NULL, block {int} NOT NULL, PRIMARY KEY (term, block)){norowid}",
        "CREATE TABLE record_span (block {int} PRIMARY KEY, first_at {int} NOT NULL, last_at {int} NOT NULL)",
        "INSERT INTO reader (name, next) SELECT 'index again to', next FROM reader WHERE name = 'index' AND next > 0",
    ];

    // docs/log.md: trees over the records, and what was published of them.
    private static IReadOnlyList<string> Thirteenth =>
    [
        """
        CREATE TABLE log_tree (
          n {int} PRIMARY KEY, origin text NOT NULL UNIQUE, base {int} NOT NULL, verifier text NOT NULL,
          wrapped {blob} NOT NULL, began_at {int} NOT NULL, size {int} NOT NULL, root {blob} NOT NULL)
        """,
        """
        CREATE TABLE log_tile (
          n {int} NOT NULL, level {int} NOT NULL, idx {int} NOT NULL, hashes {blob} NOT NULL,
          PRIMARY KEY (n, level, idx))
        """,
        """
        CREATE TABLE log_checkpoint (
          n {int} NOT NULL, size {int} NOT NULL, at {int} NOT NULL, note text NOT NULL, witnessed text,
          PRIMARY KEY (n, size))
        """,
    ];

    // docs/log.md: a tree that a witness proved to be another than the one that was published.
    private static IReadOnlyList<string> LogStops => ["ALTER TABLE log_tree ADD COLUMN stopped text"];

    // docs/audit.md: what must not be erased, and what was asked to be.
    private static IReadOnlyList<string> Holds =>
    [
        """
        CREATE TABLE hold (
          id text PRIMARY KEY, by_whom text NOT NULL, at {int} NOT NULL, because text NOT NULL, who text, task text,
          kind text, from_at {int}, to_at {int}, until {int}, released_at {int}, released_by text, release_because text)
        """,
        "CREATE INDEX hold_in_force ON hold (id) WHERE released_at IS NULL",
        """
        CREATE TABLE erasure (
          id text PRIMARY KEY, by_whom text NOT NULL, at {int} NOT NULL, who text, task text, kind text, from_at {int},
          to_at {int}, next {int} NOT NULL, head {int} NOT NULL, erased {int} NOT NULL, held {int} NOT NULL,
          again {int}, not_before {int} NOT NULL, done_at {int})
        """,
        "CREATE INDEX erasure_open ON erasure (id) WHERE done_at IS NULL",
    ];
}
