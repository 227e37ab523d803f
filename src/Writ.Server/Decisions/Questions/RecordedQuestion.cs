using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>A question as the record of its decision keeps it, to be asked again.</summary>
public sealed class RecordedQuestion
{
    private static readonly RegoString Workflow = RegoString.Of("workflow");

    private readonly RegoObject _recorded;

    private RecordedQuestion(RegoObject recorded) => _recorded = recorded;

    /// <summary>Reads what <see cref="Question.ToRecord"/> wrote; false where this build cannot ask it again.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out RecordedQuestion? question)
    {
        question = null;
        try
        {
            if (RegoValue.ParseJson(text) is RegoObject whole && IsQuestion(whole)) question = new(whole);
        }
        catch (FormatException)
        {
            // Another build's, or nobody's.
        }
        return question is not null;
    }

    /// <summary>Everything that is looked at without asking whether it is there.</summary>
    private static bool IsQuestion(RegoObject whole) =>
        whole.TryGet("subject", out var subject) && subject is RegoObject
        && whole.TryGet("context", out var found) && found is RegoObject context
        && (!context.TryGet(Workflow, out var workflow)
            || (workflow is RegoObject named && named.TryGet("name", out var name) && name is RegoString))
        && context.TryGet("facts", out var facts) && facts is RegoObject sources
        && sources.All(source => source.Key is RegoString)
        && whole.TryGet("asked", out var asked) && asked is RegoArray list
        && list.Span.ToArray().All(one => one is RegoObject pair
            && pair.TryGet("action", out _) && pair.TryGet("resource", out var at) && at is RegoObject resource
            && (!resource.TryGet("properties", out var properties) || properties is not RegoObject registered
                || !registered.TryGet("uri", out var uri) || uri is RegoString))
        && (!context.TryGet("approvals", out var held) || held is not RegoArray { Count: > 0 } approvals
            || (approvals.Span[0] is RegoObject approval && approval.TryGet("approver", out var approver)
                && approver is RegoString && approval.TryGet("approved_at", out _)));

    /// <summary>The inputs as they were.</summary>
    public IEnumerable<RegoObject> Inputs => Asked.Select(one => Input(
        At(_recorded, "subject"), At(one, "action"), At(one, "resource"), Repeated.Restore(
            (RegoObject)At(_recorded, "context"), (RegoObject)At(_recorded, "subject"),
            (RegoObject)At(one, "resource"))));

    /// <summary>The time at which it was asked; null: it does not say so.</summary>
    public DateTimeOffset? AskedAt =>
        At(_recorded, "context") is RegoObject context && context.TryGet("time", out var time)
        && time is RegoObject clock && clock.TryGet("now", out var now) && now is RegoString { Value: var text }
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : null;

    /// <summary>The obligations that whoever asked over AuthZEN said to keep.</summary>
    public IReadOnlyList<string> Honours =>
        At(_recorded, "context") is RegoObject context && context.TryGet("caller", out var caller)
        && caller is RegoObject said && said.TryGet("context", out var own) && own is RegoObject asserted
        && asserted.TryGet("honours", out var honours) && honours is RegoArray names
            ? [.. names.Span.ToArray().OfType<RegoString>().Select(name => name.Value)]
            : [];

    /// <summary>How the caller had proven its key: <c>dpop</c>, <c>mtls</c>; null: not at all.</summary>
    public string? ProvenBy =>
        At(_recorded, "context") is RegoObject context && context.TryGet("binding", out var key)
        && key is RegoObject binding && binding.TryGet("type", out var type)
            ? (type as RegoString)?.Value
            : null;

    /// <summary>Who approved it, and when; null: nobody.</summary>
    public (string Approver, DateTimeOffset At)? Approved =>
        At(_recorded, "context") is RegoObject context && context.TryGet("approvals", out var held)
        && held is RegoArray { Count: > 0 } approvals && approvals.Span[0] is RegoObject one
        && At(one, "approved_at") is RegoNumber at && at.TryGetInt64(out var seconds)
            ? (((RegoString)At(one, "approver")).Value, DateTimeOffset.FromUnixTimeSeconds(seconds))
            : null;

    /// <summary>The inputs with what is known of the subject, the resources, the time and the risk now; what belonged
    /// to the request stays as it was. A resource that is gone is left out, and so refuses.</summary>
    internal IEnumerable<RegoObject> Refreshed(Principal subject, Facts facts)
    {
        var now = SubjectFacts.Of(subject, facts);
        var context = Refreshed((RegoObject)At(_recorded, "context"), subject, facts);
        foreach (var one in Asked)
            yield return Input(now, At(one, "action"), Refreshed((RegoObject)At(one, "resource"), facts), context);
    }

    private IEnumerable<RegoObject> Asked => ((RegoArray)At(_recorded, "asked")).Span.ToArray().Cast<RegoObject>();

    private static RegoObject Refreshed(RegoObject resource, Facts facts)
    {
        if (!resource.TryGet("properties", out var known) || known is not RegoObject old
            || !old.TryGet("uri", out var uri)) return resource;
        if (!facts.Registry.ByUri.TryGetValue(((RegoString)uri).Value, out var row)) return RegoObject.Empty;
        var properties = Copy(ResourceFacts.Properties(row, null, null));
        foreach (var name in (string[])["datatypes", "identifier"])
            if (old.TryGet(name, out var asked)) properties.Set(name, asked);
        return Copy(resource).Set("properties", properties.Build()).Build();
    }

    private static RegoObject Refreshed(RegoObject context, Principal subject, Facts facts)
    {
        var fresh = new ContextBuilder(facts);
        foreach (var (name, value) in context)
            if (name is RegoString { Value: var member } && name != Workflow && ContextBuilder.Has(member))
                fresh.Set(member, value);
        if (context.TryGet(Workflow, out var workflow)) fresh.Of(NameOf(workflow));
        ContextFacts.Refresh(fresh, subject, facts);
        if (At(context, "facts") is RegoObject sources)
            foreach (var (name, value) in sources)
                fresh.Keep(((RegoString)name).Value, value);
        return fresh.Build();
    }

    private static RegoObject Input(RegoValue subject, RegoValue action, RegoValue resource, RegoValue context) =>
        Question.Input.Of(subject, action, resource, context);

    private static string NameOf(RegoValue workflow) => ((RegoString)At((RegoObject)workflow, "name")).Value;

    private static RegoObject.Builder Copy(RegoObject from)
    {
        var copy = new RegoObject.Builder(from.Count + 1);
        foreach (var (name, value) in from) copy.Set(name, value);
        return copy;
    }

    private static RegoValue At(RegoObject from, string name) => from[RegoString.Of(name)];
}
