using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Rego.Queries;
using Writ.Rego.Values;
using Writ.Server.Decisions;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>Says why a decision is what it is: by asking the version of the policy that it was made with the same
/// question once more, at the time of then.</summary>
public sealed class Explainer(
    PolicyShelf shelf, PolicyStore policies, Registry registry, TaskStore tasks, TimeProvider time)
{
    private const int MostQuestions = 16;
    private const int MostRules = 200;
    private const string OwnModule = "data.writ.decision.";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // One at a time: each may take the patience of a processor. Has no wait handle, so needs no disposal.
    private readonly SemaphoreSlim _one = new(1, 1);

    internal async Task<JsonObject> ExplainAsync(RecordedDecision decision, Facts facts, CancellationToken cancel)
    {
        var index = decision.Index;
        var answer = new JsonObject
        {
            ["decision_id"] = index.DecisionId,
            ["kind"] = index.Kind,
            ["at"] = Instant.Text(index.At),
            ["outcome"] = index.Outcome,
            ["reason"] = decision.Reason,
            ["why"] = decision.Detail("why"),
            ["actor"] = index.Actor,
            ["subject"] = index.Subject,
            ["task"] = index.Task,
            ["decided_by"] = decision.Policy is null ? "rules" : "policy",
            ["policy"] = decision.Policy,
            ["policy_reasons"] = Texts(decision.Reasons),
            ["policy_rules"] = Texts(decision.Rules),
        };
        if (decision.IsErased)
        {
            answer.Remove("decided_by"); // nobody can say any more
            answer["erased"] = true;
            answer["not_asked_again"] = "The details of the record are erased, the question among them.";
            return answer;
        }
        if (decision.Policy is null)
        {
            if (await GapAsync(decision, facts, cancel) is { } needed) answer["needed"] = needed;
            return answer;
        }
        var version = await VersionAsync(decision.Policy, cancel);
        if (version is null || decision.Question() is not { AskedAt: { } asked } question)
        {
            answer["not_asked_again"] = version is null
                ? "This broker does not have the version of the policy that decided."
                : "The record does not hold the question as this broker asks it.";
            return answer;
        }
        await _one.WaitAsync(cancel);
        try
        {
            answer["questions"] = Questions(decision, version, question, asked, answer, cancel);
        }
        finally
        {
            _one.Release();
        }
        return answer;
    }

    private async ValueTask<PolicyVersion?> VersionAsync(string digest, CancellationToken cancel) =>
        digest == ShippedPolicy.Version.Digest || await policies.FindAsync(digest, cancel) is not null
            ? await shelf.FindAsync(digest, cancel)
            : null;

    private async Task<JsonObject?> GapAsync(RecordedDecision decision, Facts facts, CancellationToken cancel)
    {
        if (decision.IsAllowed) return null;
        return new RuleGap(decision, facts.Registry)
        {
            Subject = SpiffeId.TryParse(decision.About, out _)
                ? await registry.FindAsync(decision.About, cancel)
                : null,
            Task = decision.Index.Task is { } task ? await tasks.FindAsync(task, cancel) : null,
        }.Needed;
    }

    private JsonArray Questions(
        RecordedDecision decision, PolicyVersion version, RecordedQuestion question, DateTimeOffset asked,
        JsonObject answer, CancellationToken cancel)
    {
        var list = new JsonArray();
        var began = time.GetTimestamp();
        foreach (var input in question.Inputs)
        {
            cancel.ThrowIfCancellationRequested();
            if (list.Count == MostQuestions || (list.Count > 0 && IsLate()))
            {
                answer["more_questions"] = true;
                break;
            }
            list.Add((JsonNode)Question(decision, version, input, asked, IsLate));
        }
        return list;

        bool IsLate() => cancel.IsCancellationRequested || time.GetElapsedTime(began) > Patience;
    }

    private JsonObject Question(
        RecordedDecision decision, PolicyVersion version, RegoObject input, DateTimeOffset asked, Func<bool> isLate)
    {
        var said = version.Ask(input, asked, time);
        var trace = version.Trace(input, asked, time);
        var about = new JsonObject
        {
            ["action"] = Text(FactChange.Find(input, "input.action.name")),
            ["resource"] = Text(FactChange.Find(input, "input.resource.id")),
            ["answer"] = said is PolicyAnswer.Allowed ? "allow" : "refuse",
        };
        switch (said)
        {
            case PolicyAnswer.Allowed { Obligations: { Count: > 0 } obligations }:
                about["obligations"] = new JsonArray([.. obligations.Select(o => JsonNode.Parse(o.GetRawText()))]);
                break;
            case PolicyAnswer.Refused no:
                about["reasons"] = Texts(no.Reasons);
                about["refused_by"] = Texts(no.Rules);
                if (no.Fault is not null) about["fault"] = no.Fault;
                break;
        }
        about["rules"] = new JsonArray([.. RuleOutcome.Of(trace.Events)
            .Where(rule => !rule.Name.StartsWith(OwnModule, StringComparison.Ordinal)).Take(MostRules).Select(Rule)]);
        about["facts"] = RecordedFacts.Of(input, trace);
        if (Turned(decision, said) is { } isTurned)
            Turn(about, new SmallestChange(version, asked, time, isTurned, isLate), input);
        return about;
    }

    private static void Turn(JsonObject about, SmallestChange search, RegoObject input)
    {
        var found = search.Find(input);
        about["turned_by"] = new JsonArray([.. found.Select(changes => (JsonNode)new JsonArray(
            [.. changes.Select(change => (JsonNode)new JsonObject
            {
                ["fact"] = change.Path,
                ["is"] = change.Was is null ? null : JsonNode.Parse(change.Was.ToJson()),
                ["would_be"] = JsonNode.Parse(change.Becomes.ToJson()),
                ["another_question"] = change.IsOfQuestion ? true : null,
            })]))]);
        if (search.IsCut) about["search_cut"] = true;
    }

    /// <summary>Which answer to this question would have turned the decision; null: none of the policy's, or not this
    /// question's.</summary>
    private static Func<PolicyAnswer.Allowed?, bool>? Turned(RecordedDecision decision, PolicyAnswer said) =>
        (decision.IsAllowed, said) switch
        {
            (true, PolicyAnswer.Allowed) => answer => answer is null,
            (false, PolicyAnswer.Refused) => answer => answer is not null,
            // Yes, but with something that could not be kept: without that it would have been one.
            (false, PolicyAnswer.Allowed yes) when Unkept(decision.Reason) is { } name && Has(yes, name) =>
                answer => answer is not null && !Has(answer, name),
            _ => null,
        };

    private static string? Unkept(string? reason) => reason switch
    {
        "step_up_required" => Obligation.StepUp.Word,
        "outside_policy" or "policy_leaves_nothing" => Obligation.AtMost.Word,
        _ when reason?.StartsWith("approval_", StringComparison.Ordinal) is true => Obligation.RequireApproval.Word,
        _ => null,
    };

    private static bool Has(PolicyAnswer.Allowed answer, string obligation) =>
        answer.Obligations.Any(one => one.TryGetProperty(obligation, out _));

    private static JsonNode Rule(RuleOutcome rule) => new JsonObject
    {
        ["rule"] = rule.Name,
        ["file"] = rule.File,
        ["row"] = rule.Row,
        ["depth"] = rule.Depth,
        ["held"] = rule.HasHeld,
        ["failed_at"] = rule.FailedAt is not { } at
            ? null
            : new JsonObject { ["row"] = at.Row, ["text"] = at.Text },
    };

    private static string? Text(RegoValue? value) => (value as RegoString)?.Value;

    private static JsonArray? Texts(IReadOnlyList<string> texts) =>
        texts.Count == 0 ? null : new JsonArray([.. texts.Select(t => (JsonNode)t)]);
}
