using System.Collections.Immutable;
using System.Net;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>What is known when deciding. Nothing here was merely asserted by the caller.</summary>
public sealed record Facts
{
    public required DateTimeOffset Now { get; init; }
    /// <summary>Resources, workflows: one consistent version.</summary>
    public required RegistrySnapshot Registry { get; init; }
    /// <summary>The version of the policy that is in force with it.</summary>
    public required PolicyVersion Policy { get; init; }
    /// <summary>How long ago this replica last saw that all of it still holds.</summary>
    public TimeSpan RegistryAge { get; init; }
    /// <summary>What the subject got here of late.</summary>
    public RecentUse Recent { get; init; }
    /// <summary>The approval that the caller points to, if there is one.</summary>
    public ApprovalRow? Approval { get; init; }
    /// <summary>Whoever approved it, as the store has them now.</summary>
    public Principal? Approver { get; init; }
    /// <summary>Who has a hand, as it is now, in what that approval, or the one that is decided, is for.</summary>
    public IReadOnlySet<string> Hands { get; init; } = ImmutableHashSet<string>.Empty;
    /// <summary>The longest delegation chain.</summary>
    public int MaxDepth { get; init; }
    /// <summary>The network places that the operator named.</summary>
    public IReadOnlyList<NetworkZone> Zones { get; init; } = [];
    /// <summary>Whom it is about, where that is not the caller: the agent of a task that is opened for it, the client
    /// of a token that is revoked, the subject of a question.</summary>
    public Principal? Agent { get; init; }
    public TaskRow? ParentTask { get; init; }
    /// <summary>The task that a question names, with all above it; null: it names none, or there is no such task.
    /// </summary>
    public TaskLine? TaskLine { get; init; }
    /// <summary>Whether some ancestor of the task or token is revoked, as this replica knows it.</summary>
    public bool Revoked { get; init; }
    /// <summary>For how long yet what the caller got would be dead with what it holds, which was killed a moment ago;
    /// null: not at all.</summary>
    public TimeSpan? Dying { get; init; }
    /// <summary>The caller has as many live tokens as one may have.</summary>
    public bool HoldsTooMany { get; init; }
    /// <summary>Whoever made the code of an enrolment, as they are now; null: nobody, or the host itself.</summary>
    public Principal? CodeMaker { get; init; }

    /// <summary>The zones that an address lies in.</summary>
    internal IEnumerable<string> ZonesOf(IPAddress address) =>
        Zones.Where(z => z.Networks.Any(n => n.Contains(address))).Select(z => z.Name);
}
