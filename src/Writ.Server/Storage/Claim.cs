namespace Writ.Server.Storage;

/// <summary>
/// What must hold, or is done, in the transaction that writes an audit record (docs/life-of-a-token.md, 6). A claim
/// that fails turns the record into a refusal. The frequent claims are plain data, checked for a whole batch in one
/// statement each; the rare ones are functions.
/// </summary>
public abstract record Claim
{
    private Claim() { }

    /// <summary>
    /// A value that may be used once: inserted, or the entry is a replay. Kept until its expiry minute.
    /// </summary>
    public sealed record Once(byte[] Hash, long ExpiresMicros, ClaimFailure IfTaken) : Claim
    {
        public long Minute => (ExpiresMicros / 60_000_000) + 1;
    }

    /// <summary>The task is open and before its deadline.</summary>
    public sealed record TaskOpen(string TaskId) : Claim;

    /// <summary>The identity or operator is still the version that the decision saw.</summary>
    public sealed record PrincipalCurrent(string Id, long Version) : Claim;

    /// <summary>Resources, workflows and policies are still the version that the decision saw.</summary>
    public sealed record RegistryCurrent(long Version) : Claim;

    /// <summary>Opens a task, while all above it are open. Applied only when every other claim of its entry holds.
    /// </summary>
    public sealed record OpenTask(TaskRow Task) : Claim;

    /// <summary>
    /// A change to some aggregate; answers null, or why it cannot be done. Made by the aggregate's store.
    /// </summary>
    public sealed record Effect(Func<StoreTransaction, Task<ClaimFailure?>> Apply) : Claim
    {
        /// <summary>Whoever asked must learn how it ended, however long the store takes: trying again would do harm.
        /// </summary>
        public bool MustBeHeard { get; init; }

        /// <summary>It gives nothing: it only notes what somebody wishes for. Done with a refusal, too.</summary>
        public bool IsWish { get; init; }
    }
}

/// <summary>Why a claim did not hold: a stable code, and a sentence for people.</summary>
public sealed record ClaimFailure(string Code, string Message)
{
    public static readonly ClaimFailure AssertionReplayed =
        new("assertion_replayed", "The client assertion was used before.");
    public static readonly ClaimFailure ProofReplayed = new("proof_replayed", "The DPoP proof was used before.");
    public static readonly ClaimFailure TicketReplayed = new("ticket_replayed", "The ticket was used before.");
    public static readonly ClaimFailure RefreshReused = new("refresh_reused", "The refresh token was used before.");
    public static readonly ClaimFailure ApprovalUsed =
        new("approval_used", "The approval was used before, or has ended.");
    public static readonly ClaimFailure ApprovalDenied =
        new("approval_denied", "Somebody said no to this a moment ago.");
    public static readonly ClaimFailure DeniedAgainAndAgain =
        new("approval_denied", "People said no to this caller again and again: nobody is asked for an hour.");
    public static readonly ClaimFailure TooManyApprovals =
        new("too_many_approvals", "Too many requests of this caller wait for an approval.");
    public static readonly ClaimFailure TaskEnded = new("task_not_open", "The task is not open.");

    public static readonly ClaimFailure OlderRevision = new(
        "older_revision", "The source's revision is older than one that was in force: sign it with a higher number.");

    public static readonly ClaimFailure LastOwner =
        new("last_owner", "The last owner of the trust domain stays: name another one first.");
    public static readonly ClaimFailure KeyKnown =
        new("key_known", "This key was registered before, here or for somebody else: make a new one.");

    public static readonly ClaimFailure TooManyKeys = new(
        "too_many_keys", "Revoke a key first; or sixty were added within the hour.");

    public static ClaimFailure NotFound(string what) => new("not_found", $"No such {what}.");

    public static ClaimFailure Conflict(string message) => new("conflict", message);
}
