using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>
/// Separation of duties (docs/approvals.md): who acts in a request, and who has those in hand. Who acts is a matter of
/// what is asked and never changes; who has them in hand is looked up whenever it matters.
/// </summary>
public sealed class ApprovalHands(Registry registry, TaskStore tasks, TimeProvider time)
{
    /// <summary>So many are looked up; who hides behind more finds nobody to approve.</summary>
    private const int Most = 200;

    /// <summary>Who acts: whoever asks, for whom and through whom, for whom a task is opened; and whoever opened, or
    /// works in, the task and those above it.</summary>
    public async Task<IReadOnlyCollection<string>> ActingAsync(Ask.ByCaller ask, CancellationToken cancel)
    {
        var acting = new SortedSet<string>(StringComparer.Ordinal) { ask.Caller.Principal.Id };
        var (task, others) = ask switch
        {
            Ask.Token token => (token.Task, token.Actors.Subjects.Append(token.Subject)),
            Ask.WorkToOpen work => (work.Task, []),
            _ => (null, []),
        };
        acting.UnionWith(others);
        if (task is null) return acting;
        acting.UnionWith([task.Agent, task.OpenedBy]);
        foreach (var above in await tasks.AboveAsync(task, cancel)) acting.UnionWith([above.Agent, above.OpenedBy]);
        return acting;
    }

    /// <summary>All whose yes would be a yes to their own: who acts; owners of the identities among them, who
    /// registered them, who may hold one of their keys; and whoever let the operator in who asks.</summary>
    public async Task<IReadOnlySet<string>> OfAsync(
        string requester, IEnumerable<string> acting, CancellationToken cancel)
    {
        var hands = new HashSet<string>(acting, StringComparer.Ordinal) { requester };
        var open = new Queue<string>(hands);
        for (var n = 0; open.TryDequeue(out var id); n++)
        {
            if (n == Most) return hands.Append(ApprovalRules.Anybody).ToHashSet(StringComparer.Ordinal);
            if (!SpiffeId.TryParse(id, out _) || await registry.FindAsync(id, cancel) is not { } who) continue;
            if (who.Identity is null && id != requester) continue;
            foreach (var hand in Behind(who, time.GetUtcNow()))
                if (hands.Add(hand)) open.Enqueue(hand);
        }
        return hands;
    }

    private static IEnumerable<string> Behind(Principal who, DateTimeOffset now)
    {
        var keys = who.Keys.Where(k => k.MattersAt(now)).SelectMany(k => k.Hands);
        if (who.Identity is not { } identity) return keys;
        return keys.Append(identity.Owner).Append(identity.CreatedBy ?? identity.Owner);
    }
}
