using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Values;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>/v1/policies: the versions of the policy, and which of them is in force.</summary>
public sealed class PolicyEndpoints(
    PolicyStore store, PolicyShelf shelf, Redecision redecision, TimeProvider time)
{
    private const string Shipped = "shipped";
    private const int MaxFiles = 1000;
    private const int MaxCounted = 100;

    public async Task<ActPlan> PushAsync(ActCall call)
    {
        const string action = "policy:push";
        if (MayNotTry(call, action) is { } stranger) return stranger;
        var (body, refusal) = await call.ReadAsync<PushPolicyRequest>(action, RequestBody.LargestLimit);
        if (body is null) return refusal!;
        var (files, fault) = FilesOf(body);
        if (files is null) return call.Invalid(fault!, action);
        var (version, tests, mistake) = Check(files, call.Cancel);
        if (version is null) return call.Refuse(400, mistake!.Code, mistake.Message, action);
        var before = call.Registry.PolicyTurn;
        if (body.Replaces is { } seen && seen != (before?.Number ?? 0))
            return call.Refuse(409, "conflict", "Another version is in force by now: look at it first.", action);
        var row = new PolicyRow
        {
            Digest = version.Digest,
            Content = PolicyContent.Write(files),
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
                var answer = Document(turn, version);
                answer["tests_passed"] = tests;
                answer["rules_added"] = Names(version.Rules.Except(live.Rules, StringComparer.Ordinal));
                answer["rules_removed"] = Names(live.Rules.Except(version.Rules, StringComparer.Ordinal));
                return Answers.JsonAsync(http, StatusCodes.Status201Created, answer);
            });
        return plan with { Event = Describe(plan.Event, turn, live).With("source", row.Source) };
    }

    /// <summary>What a push of the same would do: nothing is changed.</summary>
    public async Task<ActPlan> PreviewAsync(ActCall call)
    {
        const string action = "policy:preview";
        if (MayNotTry(call, action) is { } stranger) return stranger;
        var (body, refusal) = await call.ReadAsync<PushPolicyRequest>(action, RequestBody.LargestLimit);
        if (body is null) return refusal!;
        var (files, fault) = FilesOf(body);
        if (files is null) return call.Invalid(fault!, action);
        var (version, tests, mistake) = Check(files, call.Cancel);
        if (version is null) return call.Refuse(400, mistake!.Code, mistake.Message, action);
        return call.Read(action, new ActTarget($"policy {version.Digest}", null), async http =>
        {
            var fallen = await redecision.PreviewAsync(version, http.RequestAborted);
            await Answers.JsonAsync(http, StatusCodes.Status200OK, new JsonObject
            {
                ["digest"] = version.Digest,
                ["replaces"] = call.Registry.PolicyTurn?.Number ?? 0,
                ["rules"] = Names(version.Rules),
                ["rules_added"] = Names(version.Rules.Except(call.Facts.Policy.Rules, StringComparer.Ordinal)),
                ["rules_removed"] = Names(call.Facts.Policy.Rules.Except(version.Rules, StringComparer.Ordinal)),
                ["tests_passed"] = tests,
                ["would_end"] = fallen.Count,
                ["by_identity"] = Counts(fallen.Select(f => f.Credential.Client ?? "")),
                ["by_reason"] = Counts(fallen.Select(f => f.Reason.Code)),
            });
        });
    }

    public async Task<ActPlan> RollBackAsync(ActCall call)
    {
        const string action = "policy:rollback";
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
            (http, _) => Answers.JsonAsync(http, StatusCodes.Status200OK, Document(turn, version)));
        return plan with { Event = Describe(plan.Event, turn, call.Facts.Policy) };
    }

    public async Task<ActPlan> ListAsync(ActCall call)
    {
        var turns = await store.TurnsAsync(call.Limit, call.Cancel);
        return call.Read("policy:read", Target(call, "policies"), http => Answers.PageAsync(
            http, turns.Select(turn => Document(turn, null)), null));
    }

    /// <summary>A version with its modules and documents; <c>live</c> is the one in force.</summary>
    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "policy:read";
        var name = call.Route("digest");
        var version = name switch
        {
            "live" => call.Facts.Policy,
            Shipped => ShippedPolicy.Version,
            _ when name == call.Facts.Policy.Digest => call.Facts.Policy,
            _ => await store.FindAsync(name, call.Cancel) is null ? null : await shelf.FindAsync(name, call.Cancel),
        };
        if (version is null) return call.NotFound("version of the policy", action);
        return call.Read(action, Target(call, $"policy {version.Digest}"), http =>
        {
            var content = JsonNode.Parse(PolicyContent.Write(version.Files))!.AsObject();
            content["digest"] = version.Digest;
            content["rules"] = Names(version.Rules);
            content["live"] = version.Digest == call.Facts.Policy.Digest;
            return Answers.JsonAsync(http, StatusCodes.Status200OK, content);
        });
    }

    /// <summary>Before anything is compiled or run: it costs seconds, and is for whoever may push alone.</summary>
    private static ActPlan.Refuse? MayNotTry(ActCall call, string action) => call.Caller.Principal.Operator switch
    {
        { } person when !ManagementActions.RoleAllows(person.Role, action) =>
            call.Refuse(403, Reason.RoleTooLow.Code, Reason.RoleTooLow.Message, action),
        { Team: not null } => call.Refuse(403, Reason.OutsideTeam.Code, Reason.OutsideTeam.Message, action),
        null => call.Refuse(403, Reason.RoleTooLow.Code, Reason.RoleTooLow.Message, action),
        _ => null,
    };

    /// <summary>The policy is the trust domain's; every operator may read what they are judged by.</summary>
    private static ActTarget Target(ActCall call, string name) => new(name, call.Team);

    private (PolicyVersion? Version, int Tests, Reason? Mistake) Check(PolicySet files, CancellationToken cancel)
    {
        try
        {
            var version = PolicyVersion.Of(files);
            var (passed, failed) = PolicyTests.Run(files, time, cancel);
            return failed.Count == 0
                ? (version, passed, null)
                : (null, 0, new Reason("policy_tests_failed", $"Its tests fail: {string.Join("; ", failed.Take(20))}"));
        }
        catch (RegoError error)
        {
            return (null, 0, new Reason("policy_invalid", string.Join("; ", error.Diagnostics.Take(20))));
        }
    }

    private static (PolicySet? Files, string? Fault) FilesOf(PushPolicyRequest body)
    {
        if (body.Files is not { Count: > 0 and <= MaxFiles } given)
            return (null, $"files are 1 to {MaxFiles} modules.");
        if (body is { Source.Length: > 512 } or { Because.Length: > 512 })
            return (null, "source and because are at most 512 characters.");
        foreach (var file in given)
            if (file is not { Name.Length: > 0 and <= 512, Text: not null, Version: null or 0 or 1 })
                return (null, "Each file has a name, a text, and the version 0 or 1, or none.");
        if (given.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            return (null, $"The file {twice.Key} is there twice.");
        if (body.Data is { ValueKind: not JsonValueKind.Object }) return (null, "data is an object.");
        RegoObject data;
        try
        {
            data = body.Data is { } documents
                ? (RegoObject)RegoValue.ParseJson(documents.GetRawText())
                : RegoObject.Empty;
        }
        catch (FormatException e)
        {
            return (null, $"data cannot be read: {e.Message}");
        }
        var files = given.Select(f => new PolicyFile(f.Name!, f.Text!, VersionOf(f.Version)));
        return (new PolicySet([.. files], data), null);
    }

    private static RegoVersion? VersionOf(int? version) =>
        version switch { 0 => RegoVersion.V0, 1 => RegoVersion.V1, _ => null };

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

    private static JsonObject Document(PolicyTurnRow turn, PolicyVersion? version)
    {
        var document = new JsonObject
        {
            ["number"] = turn.Number,
            ["digest"] = turn.Digest ?? ShippedPolicy.Version.Digest,
            ["shipped"] = turn.Digest is null,
            ["by"] = turn.ByWhom,
            ["at"] = Instant.Text(turn.At),
            ["because"] = turn.Because,
        };
        if (version is not null) document["rules"] = Names(version.Rules);
        return document;
    }

    /// <summary>How often each occurs, the most frequent first.</summary>
    private static JsonObject Counts(IEnumerable<string> names) => new(
        names.CountBy(n => n, StringComparer.Ordinal).OrderByDescending(c => c.Value)
            .ThenBy(c => c.Key, StringComparer.Ordinal).Take(MaxCounted)
            .Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value)));

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(n => (JsonNode)n)]);
}
