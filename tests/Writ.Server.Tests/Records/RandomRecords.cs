using System.Globalization;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Records;

/// <summary>A log of records that say much about few things, so that every filter finds some of them; and beside it
/// what they say, to be searched by hand.</summary>
internal sealed class RandomRecords(Dice dice, long now)
{
    public const int People = 6;

    private static readonly string[] Kinds =
        ["token.issue", "token.exchange", "token.introspect", "task.start", "policy.push", "policy.push.try", "tokens"];

    /// <summary>What records tell of themselves or by their task.</summary>
    public sealed record Fact(
        long Idx, AuditEvent Event, bool IsYes, long At, RecordTask? Task, string? Resource, string? Action);

    public List<Fact> Facts { get; } = [];

    public List<RecordTask> Tasks { get; } = [];

    public static string Agent(int n) => $"spiffe://example.org/agent/a{n}";

    public static string User(int n) => $"https://idp.example#u{n}";

    public void MakeTasks(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var above = i > 2 && dice.Next(2) == 0 ? Tasks[dice.Next(i)] : null;
            Tasks.Add(new RecordTask
            {
                Id = $"task_{i:D4}",
                Workflow = dice.Next(3) == 0 ? TaskRow.NoWorkflow : $"flow{dice.Next(3)}",
                Ancestors = above is null ? "" : $"{above.Id} {above.Ancestors}".Trim(),
                OnBehalfOf = dice.Next(2) == 0 ? User(dice.Next(People)) : null,
            });
        }
    }

    public List<RecordBytes> Make(int count)
    {
        var bytes = new List<RecordBytes>();
        for (var i = 0; i < count; i++)
        {
            var idx = Facts.Count;
            var (e, task, resource, action) = EventOf(idx);
            var isYes = dice.Next(4) > 0;
            // Clocks of replicas: mostly in order.
            var at = now + (idx * 1_000_000L) + (dice.Next(7) - 3) * 1_700_000L;
            Facts.Add(new Fact(idx, e, isYes, at, task, resource, action));
            bytes.Add(RecordBody.Write(
                e, isYes ? "allow" : "deny", e.Reason, null, Instant.FromMicros(at)));
        }
        return bytes;
    }

    private (AuditEvent Event, RecordTask? Task, string? Resource, string? Action) EventOf(int idx)
    {
        var task = dice.Next(3) > 0 ? Tasks[dice.Next(Tasks.Count)] : null;
        var resource = dice.Next(2) == 0 ? $"https://r{dice.Next(4)}.example" : null;
        var action = resource is null ? null : $"orders:do{dice.Next(3)}";
        var e = new AuditEvent
        {
            Kind = Kinds[dice.Next(Kinds.Length)],
            DecisionId = dice.Next(3) == 0 ? $"dec_{dice.Next(60)}" : null,
            Actor = Agent(dice.Next(People)),
            Subject = dice.Next(3) == 0 ? Agent(dice.Next(People)) : null,
            Task = task?.Id,
            Jti = dice.Next(3) == 0 ? $"at_{idx}" : null,
            Reason = dice.Next(3) == 0 ? $"code_{dice.Next(4)}" : null,
        };
        e = e.With("policy", dice.Next(2) == 0 ? $"sha256:{dice.Next(3)}" : null)
            .With("approval", dice.Next(20) == 0 ? $"apr_{dice.Next(5)}" : null)
            .With("approved_by", dice.Next(20) == 0 ? $"spiffe://example.org/operator/o{dice.Next(3)}" : null)
            .With("act", dice.Next(4) == 0 ? $"{Agent(dice.Next(People))} < {Agent(dice.Next(People))}" : null)
            .With("parent_jti", dice.Next(6) == 0 ? $"at_{dice.Next(idx + 1)}" : null)
            .With("handle", dice.Next(30) == 0 ? $"jti:at_{dice.Next(idx + 1)}" : null)
            .With("authorization_details", resource is null
                ? null
                : $$"""[{"type":"writ_access","actions":["{{action}}"],"locations":["{{resource}}"]}]""");
        return (e, task, resource, action);
    }

    /// <summary>A question in which each filter stands sometimes, alone or with others.</summary>
    public RecordFilter Question()
    {
        var wanted = new HashSet<int>();
        for (var i = 0; i <= dice.Next(3); i++) wanted.Add(dice.Next(19));
        string? If(int n, Func<string?> value) => wanted.Contains(n) ? value() : null;
        var fact = Facts[dice.Next(Facts.Count)];
        var from = Facts[dice.Next(Facts.Count)].At;
        return new RecordFilter
        {
            Identity = If(0, () => Agent(dice.Next(People + 1))),
            Actor = If(1, () => Agent(dice.Next(People))),
            Subject = If(2, () => Agent(dice.Next(People))),
            Chain = If(3, () => Agent(dice.Next(People))),
            OnBehalfOf = If(4, () => User(dice.Next(People))),
            Task = If(5, () => Tasks[dice.Next(Tasks.Count)].Id),
            IsTree = dice.Next(2) == 0,
            Workflow = If(6, () => $"flow{dice.Next(4)}"),
            Resource = wanted.Contains(7) ? [$"https://r{dice.Next(5)}.example", "orders"] : [],
            Action = If(8, () => $"orders:do{dice.Next(3)}"),
            Kind = If(9, () => dice.Next(2) == 0 ? "token" : Kinds[dice.Next(Kinds.Length)]),
            Outcome = If(10, () => dice.Next(2) == 0 ? "allow" : "deny"),
            Reason = If(11, () => $"code_{dice.Next(4)}"),
            Policy = If(12, () => $"sha256:{dice.Next(4)}"),
            Approval = If(13, () => $"apr_{dice.Next(5)}"),
            ApprovedBy = If(14, () => $"spiffe://example.org/operator/o{dice.Next(3)}"),
            Credential = If(15, () => fact.Event.Jti ?? "at_1"),
            DecisionId = If(16, () => $"dec_{dice.Next(60)}"),
            From = wanted.Contains(17) ? from : null,
            To = wanted.Contains(18) ? from + (dice.Next(400) * 1_000_000L) : null,
            NewestFirst = dice.Next(2) == 0,
            Limit = 1 + dice.Next(60),
        };
    }

    /// <summary>The answer, by looking at everything.</summary>
    public List<long> Answer(RecordFilter f)
    {
        var all = Facts.Where(fact => Fits(f, fact)).Select(fact => fact.Idx);
        return [.. f.NewestFirst ? all.Reverse() : all];
    }

    private static bool Fits(RecordFilter f, Fact fact)
    {
        var e = fact.Event;
        string[] Words(string name, string separator) =>
            e.Detail.TryGetValue(name, out var text) ? text.Split(separator) : [];
        var chain = Words("act", " < ");
        string[] named = [.. Words("parent_jti", " "), .. Words("handle", " ").Select(h => h["jti:".Length..])];
        string[] above = fact.Task?.Ancestors.Split(' ') ?? [];
        var workflow = fact.Task is { Workflow: not TaskRow.NoWorkflow } task ? task.Workflow : null;
        return (f.Identity is null || e.Actor == f.Identity || e.Subject == f.Identity || chain.Contains(f.Identity))
            && (f.Actor is null || e.Actor == f.Actor)
            && (f.Subject is null || e.Subject == f.Subject)
            && (f.Chain is null || chain.Contains(f.Chain))
            && (f.OnBehalfOf is null || fact.Task?.OnBehalfOf == f.OnBehalfOf)
            && (f.Task is null || e.Task == f.Task || (f.IsTree && above.Contains(f.Task)))
            && (f.Workflow is null || workflow == f.Workflow)
            && (f.Resource.Count == 0 || f.Resource.Contains(fact.Resource))
            && (f.Action is null || fact.Action == f.Action)
            && (f.Kind is null || $"{e.Kind}.".StartsWith($"{f.Kind}.", StringComparison.Ordinal))
            && (f.Outcome is null || fact.IsYes == (f.Outcome == "allow"))
            && (f.Reason is null || e.Reason == f.Reason)
            && (f.Policy is null || e.Detail.GetValueOrDefault("policy") == f.Policy)
            && (f.Approval is null || e.Detail.GetValueOrDefault("approval") == f.Approval)
            && (f.ApprovedBy is null || e.Detail.GetValueOrDefault("approved_by") == f.ApprovedBy)
            && (f.Credential is null || e.Jti == f.Credential || named.Contains(f.Credential))
            && (f.DecisionId is null || e.DecisionId == f.DecisionId)
            && (f.From is null || fact.At >= f.From) && (f.To is null || fact.At < f.To);
    }

    /// <summary>What a question asks, to be printed where its answer is wrong.</summary>
    public static string Text(RecordFilter f) => f.ToString() + string.Create(
        CultureInfo.InvariantCulture, $" resource {string.Join(' ', f.Resource)}");
}
