using System.Security.Cryptography;
using System.Text;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// Permission as a value: what was decided, which the next steps of the road demand. Only <see cref="DecisionPoint"/>
/// makes one (House.Tests). A class, not a record: <c>with</c> would forge it.
/// </summary>
public sealed class Grant
{
    internal Grant(string decisionId, Granting what)
    {
        DecisionId = decisionId;
        What = what;
        Digest = Convert.ToHexStringLower(SHA256.HashData(what.CanonicalBytes()));
    }

    public string DecisionId { get; }

    public Granting What { get; }

    /// <summary>SHA-256, in hex, over the canonical bytes of what is granted. The receipt carries it too.</summary>
    public string Digest { get; }
}

/// <summary>What a grant is for.</summary>
public abstract record Granting
{
    private Granting() { }

    internal abstract byte[] CanonicalBytes();

    /// <summary>Whether an obligation of that kind can be kept here (docs/decision.md).</summary>
    internal virtual bool Honours(string obligation) => obligation is
        Obligation.RequireApproval.Word or Obligation.StepUp.Word or Obligation.Notify.Word;

    /// <summary>The same, narrowed by what the policy obliges to; or why nothing is left.</summary>
    internal virtual Verdict Within(Obligations obligations, DateTimeOffset now) => this;

    /// <summary>The same, ending with the approval that it rests on.</summary>
    internal virtual Granting EndingBy(DateTimeOffset end) => this;

    private static (Authority? Authority, Reason? Nothing) Left(Authority authority, Obligations obligations)
    {
        if (obligations.AtMost is { } most)
        {
            if (!Narrowing.TryIntersect(authority, most, out var both)) return (null, Reason.AuthorityTooLarge);
            authority = both;
        }
        return authority.IsEmpty ? (null, Reason.Policy("policy_leaves_nothing")) : (authority, null);
    }

    /// <summary>An access token with exactly these claims.</summary>
    public sealed record Token(AccessTokenClaims Claims) : Granting
    {
        /// <summary>The claims as they will be signed: what was digested is what is signed.</summary>
        internal byte[] Payload { get; } = Claims.ToPayload();

        internal override byte[] CanonicalBytes() => Payload;

        internal override bool Honours(string obligation) => base.Honours(obligation)
            || obligation is Obligation.MaxLifetime.Word or Obligation.AtMost.Word;

        internal override Verdict Within(Obligations obligations, DateTimeOffset now)
        {
            var (authority, nothing) = Left(Claims.Authority, obligations);
            if (authority is null) return nothing!;
            var narrowed = new Token(Claims with
            {
                Authority = authority,
                Audience = [.. authority.Locations],
                Scope = authority.Scope,
            });
            return obligations.MaxLifetime is { } life ? (Token)narrowed.EndingBy(now + life) : narrowed;
        }

        internal override Granting EndingBy(DateTimeOffset end) => end >= Claims.ExpiresAt ? this : new Token(
            Claims with { ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(end.ToUnixTimeSeconds()) });
    }

    /// <summary>A task that may be opened as this row says.</summary>
    public sealed record WorkToOpen(TaskRow Task) : Granting
    {
        internal override byte[] CanonicalBytes() => Encoding.UTF8.GetBytes(
            $"task\n{Task.Id}\n{Task.Workflow}\n{Task.Agent}\n{Task.Parent}\n"
            + $"{Task.Authority}\n{Task.Deadline}\n{Task.OnBehalfOf}");

        internal override bool Honours(string obligation) => base.Honours(obligation)
            || obligation is Obligation.MaxLifetime.Word or Obligation.AtMost.Word;

        internal override Verdict Within(Obligations obligations, DateTimeOffset now)
        {
            var (authority, nothing) = Left(Stored.Authority(Task.Authority), obligations);
            if (authority is null) return nothing!;
            var narrowed = this with { Task = Task with { Authority = authority.ToJson() } };
            return obligations.MaxLifetime is { } life ? (WorkToOpen)narrowed.EndingBy(now + life) : narrowed;
        }

        internal override Granting EndingBy(DateTimeOffset end) =>
            end.ToMicros() >= Task.Deadline ? this : this with { Task = Task with { Deadline = end.ToMicros() } };
    }

    /// <summary>An administrative act on one thing.</summary>
    public sealed record Act(string Action, string Target) : Granting
    {
        internal override byte[] CanonicalBytes() => Encoding.UTF8.GetBytes($"act\n{Action}\n{Target}");
    }

    /// <summary>A yes to a question, with what the asking side must keep.</summary>
    public sealed record Access(AccessQuestion Question, Obligations Obligations) : Granting
    {
        internal override byte[] CanonicalBytes() => Encoding.UTF8.GetBytes(
            $"access\n{Question.Said.ToJson()}\n{Obligations.ToJson()}");

        /// <summary>A notice is recorded here; everything else whoever asks keeps, or nobody does.</summary>
        internal override bool Honours(string obligation) =>
            obligation is Obligation.Notify.Word || Question.Honours.Contains(obligation, StringComparer.Ordinal);

        internal override Verdict Within(Obligations obligations, DateTimeOffset now) =>
            this with { Obligations = obligations };
    }

    /// <summary>The end of a token and of all that was made from it.</summary>
    public sealed record TokenRevocation(string Handle) : Granting
    {
        internal override byte[] CanonicalBytes() => Encoding.UTF8.GetBytes($"revoke\n{Handle}");
    }

    /// <summary>An operator's key, with the role that its code gives.</summary>
    public sealed record Enrolment(string Id, string Role, string? Team, string KeyThumbprint) : Granting
    {
        internal override byte[] CanonicalBytes() =>
            Encoding.UTF8.GetBytes($"enrol\n{Id}\n{Role}\n{Team}\n{KeyThumbprint}");
    }
}
