using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>/v1/policies/shadow: a version that is asked what the live one is asked, and decides nothing. For owners.
/// </summary>
public sealed class ShadowEndpoints(
    PolicyCandidates candidates, PolicyShelf shelf, ShadowRun run, RecordStore records, RecordIndexer indexer)
{
    private const string Action = "policy:shadow";
    private const int MaxText = 512;
    private const int Page = 500;
    private const int MostPages = 40;

    public async Task<ActPlan> StartAsync(ActCall call)
    {
        var (candidate, refusal) = await candidates.ReadAsync<ShadowRequest>(call, Action);
        if (candidate is null) return refusal!;
        if (candidate.Body is { Source.Length: > MaxText } or { Because.Length: > MaxText })
            return call.Invalid($"source and because are at most {MaxText} characters.", Action);
        var version = candidate.Version;
        var row = new PolicyRow
        {
            Digest = version.Digest,
            Content = PolicyContent.Write(candidate.Files),
            Source = candidate.Body.Source ?? "",
            PushedBy = call.Caller.Principal.Id,
            PushedAt = call.Now.ToMicros(),
        };
        var shadow = new PolicyShadow(version.Digest, row.PushedBy, row.PushedAt, candidate.Body.Because ?? "");
        var plan = call.Act(
            Action, new ActTarget($"policy {version.Digest}", null),
            [
                new Claim.Effect(async tx =>
                {
                    await PolicyStore.InsertAsync(tx, row);
                    await PolicyStore.ShadowAsync(tx, shadow);
                    return null;
                }),
            ],
            (http, _) =>
            {
                shelf.Keep(version);
                var answer = Document(shadow);
                answer["tests_passed"] = candidate.TestsPassed;
                return Answers.JsonAsync(http, StatusCodes.Status201Created, answer);
            });
        return plan with
        {
            Event = (plan.Event with { Kind = "policy.shadow.start" })
                .With("version", version.Digest).With("source", row.Source).Because(candidate.Body.Because),
        };
    }

    public Task<ActPlan> EndAsync(ActCall call)
    {
        if (call.Registry.Shadow is not { } shadow)
            return Task.FromResult<ActPlan>(call.NotFound("version in the shadow", Action));
        var plan = call.Act(
            Action, new ActTarget($"policy {shadow.Digest}", null),
            [
                new Claim.Effect(async tx =>
                {
                    await PolicyStore.ShadowAsync(tx, null);
                    return null;
                }),
            ],
            (http, _) => Answers.NoContentAsync(http));
        return Task.FromResult<ActPlan>(plan with
        {
            Event = (plan.Event with { Kind = "policy.shadow.end" }).With("version", shadow.Digest),
        });
    }

    /// <summary>How the two compare since it began.</summary>
    public Task<ActPlan> ShowAsync(ActCall call)
    {
        if (call.Registry.Shadow is not { } shadow)
            return Task.FromResult<ActPlan>(call.NotFound("version in the shadow", Action));
        var plan = call.Read(Action, new ActTarget($"policy {shadow.Digest}", null), async http =>
        {
            var answer = Document(shadow);
            var sum = await SumAsync(shadow, http.RequestAborted);
            foreach (var (name, value) in sum) answer[name] = value?.DeepClone();
            await Answers.JsonAsync(http, StatusCodes.Status200OK, answer);
        });
        return Task.FromResult<ActPlan>(plan with { Event = plan.Event with { Kind = "policy.shadow.read" } });
    }

    private async Task<JsonObject> SumAsync(PolicyShadow shadow, CancellationToken cancel)
    {
        await indexer.CatchUpAsync(cancel);
        var (sum, shed) = (new ChangeTally(), 0);
        run.AddTo(sum, shadow.Digest);
        var filter = new RecordFilter
        {
            Identity = ShadowRun.SubjectOf(shadow.Digest),
            Kind = ShadowRun.Kind,
            From = shadow.At,
            NewestFirst = true,
            Limit = Page,
        };
        var isCut = true;
        for (var page = 0; page < MostPages; page++)
        {
            var rows = await records.ListAsync(filter, cancel);
            foreach (var row in rows)
            {
                var counted = RecordedDecision.Of(row);
                sum.Add(JsonNode.Parse(counted.Detail("counts")!)!.AsObject());
                if (int.TryParse(counted.Detail("shed"), out var left)) shed += left;
            }
            isCut = rows.Count == Page;
            if (!isCut) break;
            filter = filter with { After = rows[^1].Idx };
        }
        var answer = sum.ToJson();
        if (shed > 0) answer["shed"] = shed;
        if (isCut) answer["cut"] = true;
        return answer;
    }

    private static JsonObject Document(PolicyShadow shadow) => new()
    {
        ["digest"] = shadow.Digest,
        ["by"] = shadow.ByWhom,
        ["at"] = Instant.Text(shadow.At),
        ["because"] = shadow.Because,
    };
}
