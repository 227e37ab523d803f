using System.Collections.Concurrent;
using System.Globalization;
using Writ.Protocol;
using Writ.Rego.Values;

namespace Writ.Client;

/// <summary>
/// The policy's input for a question that is decided here: as the broker makes it (docs/decision.md), without what only
/// the broker knows. What it does not know is left out, so that it is undefined in Rego.
/// </summary>
internal static class LocalContext
{
    private const string Rfc3339 = "yyyy-MM-ddTHH:mm:ss.ffffffZ";
    private const string UserPath = "/user/";
    private const int MaxActions = 1024;

    private static readonly RegoObject.Shape Input = new("subject", "action", "resource", "context");
    private static readonly RegoObject.Shape Context = new(
        "request", "time", "task", "user", "delegation", "binding", "risk", "approvals", "caller", "facts");

    private static readonly RegoObject.Shape Groups = new("subject", "resource", "task", "user", "risk", "approvals");
    private static readonly RegoObject.Shape Origin = new("source", "age_ms");
    private static readonly RegoObject.Shape Request = new("kind", "asked_by");
    private static readonly RegoObject.Shape Time = new("now", "unix_seconds", "weekday", "hour", "minute");
    private static readonly RegoObject.Shape Delegation = new("depth", "chain", "principal", "max_depth");
    private static readonly RegoObject.Shape Id = new("id");
    private static readonly RegoObject.Shape Type = new("type");
    private static readonly RegoObject.Shape Entity = new("type", "id", "properties");
    private static readonly RegoObject.Shape Part = new("identifier", "datatypes");
    private static readonly RegoObject.Shape NameAndProperties = new("name", "properties");
    private static readonly RegoObject.Shape Name = new("name");
    private static readonly RegoObject.Shape NounAndVerb = new("noun", "verb");

    private static readonly RegoString Registry = RegoString.Of("registry");
    private static readonly RegoString Store = RegoString.Of("store");
    private static readonly RegoString Access = RegoString.Of("access");
    private static readonly RegoString Honours = RegoString.Of("honours");
    private static readonly RegoObject ByCaller = Origin.Of(RegoString.Of("caller"), null);
    private static readonly RegoObject ByToken = Origin.Of(RegoString.Of("token"), null);
    private static readonly RegoObject ByStore = Origin.Of(Store, RegoNumber.Of(0));
    private static readonly RegoObject Dpop = Type.Of(RegoString.Of("dpop"));
    private static readonly RegoObject Mtls = Type.Of(RegoString.Of("mtls"));
    private static readonly RegoString[] Weekdays =
        [.. Enum.GetNames<DayOfWeek>().Select(RegoString.Of)];

    private static readonly RegoObject.Shape HonoursAlone = new("honours");
    private static readonly ConcurrentDictionary<string, Action> Actions = new(StringComparer.Ordinal);

    /// <summary>The input.</summary>
    /// <param name="question">The question.</param>
    /// <param name="facts">What is known.</param>
    /// <param name="subject">Whom it is about; null: somebody whom the registry does not know.</param>
    /// <param name="resource">What it is about.</param>
    /// <param name="now">The decision's time.</param>
    /// <param name="age">How long ago all of it was known to hold.</param>
    internal static RegoObject Of(
        DecisionQuestion question, LocalFacts facts, LocalSubject? subject, LocalResource resource, DateTimeOffset now,
        TimeSpan age)
    {
        var action = ActionOf(question.Action);
        var micros = (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var fresh = RegoNumber.Of((long)age.TotalMilliseconds);
        var registered = Origin.Of(Registry, fresh);
        var token = question.Token?.Claims;
        var user = token is not null && token.Subject.Contains(UserPath, StringComparison.Ordinal)
            ? token.Subject
            : null;
        var context = Context.Of(
            facts.Request,
            Clock(now),
            token is null ? null : Id.Of(RegoString.Of(token.TaskId)),
            user is null ? null : Id.Of(RegoString.Of(user)),
            token is null && subject is not null
                ? subject.Delegation
                : DelegationOf(
                    token?.Actors ?? ActorChain.None, RegoString.Of(token?.Subject ?? question.Subject),
                    facts.MaxDepth),
            BindingOf(token?.Confirmation),
            subject?.Risk(micros),
            RegoArray.Empty,
            Said(question, subject, action, resource),
            Groups.Of(
                subject is null ? ByCaller : registered,
                registered,
                token is null ? null : ByToken,
                user is null ? null : ByToken,
                subject is null ? null : Origin.Of(Store, fresh),
                ByStore));
        return Input.Of(
            subject?.Facts(micros)
                ?? Entity.Of(
                    RegoString.Of(question.SubjectType), RegoString.Of(question.Subject), RegoObject.Empty),
            action.Facts,
            resource.Facts(question.Identifier, question.Datatypes),
            context);
    }

    /// <summary>What kind of request it is, and who asks.</summary>
    internal static RegoObject RequestOf(string asking) => Request.Of(Access, RegoString.Of(asking));

    /// <summary>A subject or resource as a question names it.</summary>
    internal static RegoObject EntityOf(RegoString type, RegoString id) => Entity.Of(type, id, null);

    /// <summary>Who acts for whom, nearest first, and for whom in the end.</summary>
    internal static RegoObject DelegationOf(ActorChain actors, RegoString principal, RegoNumber maxDepth) =>
        Delegation.Of(
            RegoNumber.Of(actors.Depth),
            actors.Depth == 0 ? RegoArray.Empty : RegoArray.Of(actors.Subjects.Select(RegoString.Of)),
            principal,
            maxDepth);

    private static RegoObject? BindingOf(Confirmation? proven) => proven switch
    {
        Confirmation.Jkt => Dpop,
        Confirmation.X5t => Mtls,
        _ => null,
    };

    private static RegoObject Clock(DateTimeOffset now) => Time.Of(
        RegoString.Of(now.UtcDateTime.ToString(Rfc3339, CultureInfo.InvariantCulture)),
        RegoNumber.Of(now.ToUnixTimeSeconds()),
        Weekdays[(int)now.UtcDateTime.DayOfWeek],
        RegoNumber.Of(now.UtcDateTime.Hour),
        RegoNumber.Of(now.UtcDateTime.Minute));

    private static Action ActionOf(string name)
    {
        if (Actions.TryGetValue(name, out var known))
            return known;
        var text = RegoString.Of(name);
        var made = new Action(
            NameAndProperties.Of(
                text,
                ActionName.TryParse(name, out var action)
                    ? NounAndVerb.Of(RegoString.Of(action.Noun.ToString()), RegoString.Of(action.Verb.ToString()))
                    : RegoObject.Empty),
            Name.Of(text));
        return Actions.Count < MaxActions ? Actions.GetOrAdd(name, made) : made;
    }

    /// <summary>The question as it would have been sent to the broker.</summary>
    private static RegoObject Said(
        DecisionQuestion question, LocalSubject? subject, Action action, LocalResource resource) => Input.Of(
            subject is not null && question.SubjectType == LocalSubject.AgentType.Value
                ? subject.Said
                : EntityOf(RegoString.Of(question.SubjectType), RegoString.Of(question.Subject)),
            action.Said,
            SaidOf(question, resource),
            ContextOf(question));

    private static RegoObject SaidOf(DecisionQuestion question, LocalResource resource)
    {
        if (question.Identifier is null && question.Datatypes is null)
            return question.Resource == resource.Name ? resource.SaidByName : resource.SaidByUri;
        var part = Part.Of(
            question.Identifier is { } one ? RegoString.Of(one) : null,
            question.Datatypes is { } kinds ? RegoArray.Of(kinds.Select(RegoString.Of)) : null);
        return Entity.Of(LocalResource.Type, RegoString.Of(question.Resource), part);
    }

    private static RegoObject? ContextOf(DecisionQuestion question)
    {
        if (question.Context is null && question.Honours.Count == 0)
            return null;
        var honours = RegoArray.Of(question.Honours.Select(RegoString.Of));
        if (question.Context is not { } context)
            return HonoursAlone.Of(honours);
        var given = (RegoObject)RegoValue.ParseJson(context.GetRawText());
        if (question.Honours.Count == 0)
            return given;
        var whole = new RegoObject.Builder(given.Count + 1);
        foreach (var (name, value) in given)
            whole.Set(name, value);
        return whole.Set(Honours, honours).Build();
    }

    /// <summary>An action as the policy is told of it, and as a question says it.</summary>
    private sealed record Action(RegoObject Facts, RegoObject Said);
}
