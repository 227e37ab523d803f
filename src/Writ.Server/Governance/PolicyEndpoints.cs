using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>/v1/policies: the versions of the policy, and which of them is in force.</summary>
public sealed class PolicyEndpoints(
    PolicyStore store, PolicyShelf shelf, PolicyCandidates candidates, Redecision redecision,
    PolicySourceSettings? source)
{
    internal const string Shipped = "shipped";
    private const int MaxText = 512;
    private const int MaxCounted = 100;

    public async Task<ActPlan> PushAsync(ActCall call)
    {
        const string action = "policy:push";
        if (source is not null)
            return call.Refuse(409, "policy_has_source", "The policy comes from its source: change it there.", action);
        var (candidate, refusal) = await CandidateAsync(call, action);
        if (candidate is null) return refusal!;
        var (body, version) = (candidate.Body, candidate.Version);
        var before = call.Registry.PolicyTurn;
        if (body.Replaces is { } seen && seen != (before?.Number ?? 0))
            return call.Refuse(409, "conflict", "Another version is in force by now: look at it first.", action);
        var row = new PolicyRow
        {
            Digest = version.Digest,
            Content = PolicyContent.Write(candidate.Files),
            Source = body.Source ?? "",
            PushedBy = call.Caller.Principal.Id,
            PushedAt = call.Now.ToMicros(),
        };
        var turn = Turn(call, before, version.Digest, body.Because);
        var live = call.Facts.Policy;
        var plan = call.Act(
            action, new ActTarget($"policy {version.Digest}", null),
            [
                new Claim.Effect(async tx =>
                {
                    await PolicyStore.InsertAsync(tx, row);
                    return await PolicyStore.TurnAsync(tx, turn);
                }),
            ],
            (http, _) =>
            {
                shelf.Keep(version);
                var answer = Document(turn);
                Compare(answer, version, live);
                answer["tests_passed"] = candidate.TestsPassed;
                return Answers.JsonAsync(http, StatusCodes.Status201Created, answer);
            });
        return plan with { Event = Describe(plan.Event, turn, live).With("source", row.Source) };
    }

    /// <summary>What a push of the same would do: nothing is changed.</summary>
    public async Task<ActPlan> PreviewAsync(ActCall call)
    {
        const string action = "policy:preview";
        var (candidate, refusal) = await CandidateAsync(call, action);
        if (candidate is null) return refusal!;
        var version = candidate.Version;
        return call.Read(action, new ActTarget($"policy {version.Digest}", null), async http =>
        {
            var (fallen, behind) = await redecision.PreviewAsync(version, http.RequestAborted);
            var answer = new JsonObject
            {
                ["digest"] = version.Digest,
                ["replaces"] = call.Registry.PolicyTurn?.Number ?? 0,
            };
            Compare(answer, version, call.Facts.Policy);
            answer["tests_passed"] = candidate.TestsPassed;
            answer["would_end"] = fallen.Count;
            if (behind > 0) answer["behind"] = behind;
            answer["by_identity"] = Counts(fallen.Select(f => f.Credential.Client ?? ""));
            answer["by_reason"] = Counts(fallen.Select(f => f.Reason.Code));
            await Answers.JsonAsync(http, StatusCodes.Status200OK, answer);
        });
    }

    public async Task<ActPlan> RollBackAsync(ActCall call)
    {
        const string action = "policy:rollback";
        if (PolicyCandidates.MayNot(call, action) is { } stranger) return stranger;
        var (body, refusal) = await call.ReadOptionalAsync<RollBackRequest>(action);
        if (body is null) return refusal!;
        var turns = await store.TurnsAsync(2, call.Cancel);
        if (turns.Count == 0 && body.To is null)
            return call.Refuse(409, "conflict", "There is no earlier version: the shipped one is in force.", action);
        var to = body.To ?? (turns.Count > 1 ? turns[1].Digest : null) ?? Shipped;
        if (to != Shipped && await store.FindAsync(to, call.Cancel) is null)
            return call.NotFound("version of the policy", action);
        var version = await shelf.FindAsync(to == Shipped ? null : to, call.Cancel);
        var turn = Turn(call, call.Registry.PolicyTurn, to == Shipped ? null : to, body.Because);
        var plan = call.Act(
            action, new ActTarget($"policy {version.Digest}", null),
            [new Claim.Effect(tx => PolicyStore.TurnAsync(tx, turn))],
            (http, _) =>
            {
                var answer = Document(turn);
                answer["rules"] = Names(version.Rules);
                return Answers.JsonAsync(http, StatusCodes.Status200OK, answer);
            });
        return plan with { Event = Describe(plan.Event, turn, call.Facts.Policy) };
    }

    public async Task<ActPlan> ListAsync(ActCall call)
    {
        var turns = await store.TurnsAsync(call.Limit, call.Cancel);
        var origins = await store.OriginsAsync([.. turns.Select(t => t.Digest).OfType<string>()], call.Cancel);
        return call.Read("policy:read", Target(call, "policies"), http => Answers.PageAsync(
            http, turns.Select(turn =>
            {
                var document = Document(turn);
                if (turn.Digest is { } digest) Origin(document, origins.GetValueOrDefault(digest));
                return document;
            }), null));
    }

    /// <summary>A version with its modules and documents; <c>live</c> is the one in force. Nothing is compiled for it.
    /// </summary>
    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "policy:read";
        var name = call.Route("digest");
        var live = call.Facts.Policy.Digest;
        var digest = name switch { "live" => live, Shipped => ShippedPolicy.Version.Digest, _ => name };
        var row = await store.FindAsync(digest, call.Cancel);
        if (row is null && digest != ShippedPolicy.Version.Digest)
            return call.NotFound("version of the policy", action);
        return call.Read(action, Target(call, $"policy {digest}"), http =>
        {
            var files = row is null ? ShippedPolicy.Files : PolicyContent.Read(row.Content);
            var content = JsonNode.Parse(PolicyContent.Write(files))!.AsObject();
            content["digest"] = digest;
            content["rules"] = Names(PolicyContent.RulesOf(files));
            content["live"] = digest == live;
            Origin(content, row);
            return Answers.JsonAsync(http, StatusCodes.Status200OK, content);
        });
    }

    /// <summary>The policy is the trust domain's; every operator may read what they are judged by.</summary>
    private static ActTarget Target(ActCall call, string name) => new(name, call.Team);

    private async Task<(PolicyCandidate<PushPolicyRequest>? Candidate, ActPlan.Refuse? Refusal)> CandidateAsync(
        ActCall call, string action)
    {
        var (candidate, refusal) = await candidates.ReadAsync<PushPolicyRequest>(call, action);
        return candidate?.Body is { Source.Length: > MaxText } or { Because.Length: > MaxText }
            ? (null, call.Invalid($"source and because are at most {MaxText} characters.", action))
            : (candidate, refusal);
    }

    private static PolicyTurnRow Turn(ActCall call, PolicyTurnRow? before, string? digest, string? because) => new()
    {
        Number = (before?.Number ?? 0) + 1,
        Digest = digest,
        ByWhom = call.Caller.Principal.Id,
        At = call.Now.ToMicros(),
        Because = because ?? "",
    };

    private static Audit.AuditEvent Describe(Audit.AuditEvent e, PolicyTurnRow turn, PolicyVersion live) => e
        .With("version", turn.Digest ?? Shipped).With("version_before", live.Digest)
        .Because(turn.Because.Length == 0 ? null : turn.Because);

    private static JsonObject Document(PolicyTurnRow turn) => new()
    {
        ["number"] = turn.Number,
        ["digest"] = turn.Digest ?? ShippedPolicy.Version.Digest,
        ["shipped"] = turn.Digest is null,
        ["by"] = turn.ByWhom,
        ["at"] = Instant.Text(turn.At),
        ["because"] = turn.Because,
    };

    /// <summary>Where a version came from, and who brought it first.</summary>
    private static void Origin(JsonObject document, PolicyRow? row)
    {
        if (row is null) return;
        document["source"] = row.Source;
        document["pushed_by"] = row.PushedBy;
        document["pushed_at"] = Instant.Text(row.PushedAt);
    }

    private static void Compare(JsonObject answer, PolicyVersion version, PolicyVersion live)
    {
        answer["rules"] = Names(version.Rules);
        answer["rules_added"] = Names(version.Rules.Except(live.Rules, StringComparer.Ordinal));
        answer["rules_removed"] = Names(live.Rules.Except(version.Rules, StringComparer.Ordinal));
    }

    /// <summary>How often each occurs, the most frequent first.</summary>
    private static JsonObject Counts(IEnumerable<string> names) => new(
        names.CountBy(n => n, StringComparer.Ordinal).OrderByDescending(c => c.Value)
            .ThenBy(c => c.Key, StringComparer.Ordinal).Take(MaxCounted)
            .Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value)));

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(n => (JsonNode)n)]);
}
