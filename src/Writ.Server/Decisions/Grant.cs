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

    /// <summary>An access token with exactly these claims.</summary>
    public sealed record Token(AccessTokenClaims Claims) : Granting
    {
        /// <summary>The claims as they will be signed: what was digested is what is signed.</summary>
        internal byte[] Payload { get; } = Claims.ToPayload();

        internal override byte[] CanonicalBytes() => Payload;
    }

    /// <summary>A task that may be opened as this row says.</summary>
    public sealed record WorkToOpen(TaskRow Task) : Granting
    {
        internal override byte[] CanonicalBytes() => Encoding.UTF8.GetBytes(
            $"task\n{Task.Id}\n{Task.Workflow}\n{Task.Agent}\n{Task.Parent}\n"
            + $"{Task.Authority}\n{Task.Deadline}\n{Task.OnBehalfOf}");
    }

    /// <summary>An administrative act on one thing.</summary>
    public sealed record Act(string Action, string Target) : Granting
    {
        internal override byte[] CanonicalBytes() => Encoding.UTF8.GetBytes($"act\n{Action}\n{Target}");
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
