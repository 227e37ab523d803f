using System.Globalization;
using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Callers;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The context of a question: everything that is neither subject, action nor resource.</summary>
internal static class ContextFacts
{
    private const string Rfc3339 = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    public static RegoObject Of(Ask.Token ask, AccessTokenClaims claims, Facts facts)
    {
        var request = new RegoObject.Builder(4)
            .Set("kind", RegoString.Of("token.issue"))
            .Set("grant_type", RegoString.Of(ask.GrantType))
            .Set("lifetime_seconds", RegoNumber.Of((long)(claims.ExpiresAt - facts.Now).TotalSeconds))
            .Set("implicit_task", RegoBoolean.Of(ask.Task!.Implicit));
        return Common(ask.Caller, ask.Caller.Principal, request, facts)
            .With(ask.Task)
            .With(claims.Actors, claims.Subject)
            .Build();
    }

    public static RegoObject Of(Ask.WorkToOpen ask, TaskRow task, Facts facts)
    {
        var request = new RegoObject.Builder(3)
            .Set("kind", RegoString.Of("task.start"))
            .Set("lifetime_seconds", SubjectFacts.Seconds(task.Deadline - facts.Now.ToMicros()))
            .Set("implicit_task", RegoBoolean.False);
        return Common(ask.Caller, facts.Agent!, request, facts)
            .With(task)
            .With(ActorChain.None, task.Agent)
            .Build();
    }

    public static RegoObject Of(Ask.Act ask, Facts facts) => Common(
        ask.Caller, ask.Caller.Principal,
        new RegoObject.Builder(1).Set("kind", RegoString.Of("act")), facts)
        .With(ActorChain.None, ask.Caller.Principal.Id).Build();

    /// <summary>Where the question came from and which key it was asked with are the asking side's: they say nothing of
    /// the subject, and are left out. What was asserted comes along, whole, where it is seen to be asserted.</summary>
    public static RegoObject Of(Ask.Access ask, Facts facts)
    {
        var request = new RegoObject.Builder(2)
            .Set("kind", RegoString.Of("access"))
            .Set("asked_by", RegoString.Of(ask.Caller.Principal.Id));
        var context = Common(null, facts.Agent, request, facts);
        if (facts.TaskLine is { } line) context.With(line.Task).With(line.Actors, line.Principal);
        else context.With(ActorChain.None, ask.Question.SubjectId);
        if (ask.Question.ResourceIn(facts.Registry) is null) context.From("resource", "caller", null);
        context.Members.Set("caller", ask.Question.Said);
        return context.Build();
    }

    public static RegoArray Texts(IEnumerable<string> texts) => RegoArray.Of(texts.Select(RegoString.Of));

    /// <summary>What the contexts of all questions have.</summary>
    /// <param name="caller">Who has proven a key on this request; null: that is not who it is about.</param>
    /// <param name="subject">Whom it is about; null: somebody whom the registry does not know.</param>
    /// <param name="request">What kind of request it is.</param>
    /// <param name="facts">What is known.</param>
    private static ContextBuilder Common(Caller? caller, Principal? subject, RegoObject.Builder request, Facts facts)
    {
        var context = new ContextBuilder(facts);
        context.Members.Set("request", request.Build());
        if (caller?.Binding is { } key)
            context.Members.Set("binding", new RegoObject.Builder(1)
                .Set("type", RegoString.Of(key is Confirmation.Jkt ? "dpop" : "mtls")).Build());
        if (caller?.Address is { } address)
        {
            context.Members.Set("network", new RegoObject.Builder(2)
                .Set("address", RegoString.Of(address.ToString()))
                .Set("zones", Texts(facts.ZonesOf(address))).Build());
            context.From("network", "connection", TimeSpan.Zero);
        }
        context.Members.Set("approvals", facts.Approval is { } held ? RegoArray.Of([Approval(held)]) : RegoArray.Empty);
        context.From("approvals", "store", TimeSpan.Zero);
        if (subject is not null)
        {
            Refresh(context, subject, facts);
            return context;
        }
        context.Members.Set("time", Clock(facts.Now));
        context.From("subject", "caller", null);
        context.From("resource", "registry", facts.RegistryAge);
        return context;
    }

    /// <summary>What changes without the caller's doing: the time, the risk, the pace, the registry's facts.</summary>
    internal static void Refresh(ContextBuilder context, Principal subject, Facts facts)
    {
        context.Members.Set("time", Clock(facts.Now));
        context.Members.Set("risk", Risk(subject, facts.Now));
        context.Members.Set("recent", Recent(facts.Recent));
        context.From("subject", "registry", facts.RegistryAge);
        context.From("resource", "registry", facts.RegistryAge);
        context.From("risk", "store", facts.RegistryAge);
        context.From("recent", "replica", TimeSpan.Zero);
    }

    private static RegoObject Clock(DateTimeOffset now) => new RegoObject.Builder(5)
        .Set("now", RegoString.Of(now.UtcDateTime.ToString(Rfc3339, CultureInfo.InvariantCulture)))
        .Set("unix_seconds", RegoNumber.Of(now.ToUnixTimeSeconds()))
        .Set("weekday", RegoString.Of(now.UtcDateTime.DayOfWeek.ToString()))
        .Set("hour", RegoNumber.Of(now.UtcDateTime.Hour))
        .Set("minute", RegoNumber.Of(now.UtcDateTime.Minute))
        .Build();

    private static RegoObject Risk(Principal subject, DateTimeOffset now)
    {
        var live = subject.Signals.Where(s => s.ExpiresAt > now.ToMicros()).ToList();
        return new RegoObject.Builder(2)
            .Set("score", RegoNumber.Of(live.Sum(s => s.Score)))
            .Set("signals", RegoArray.Of(live.Select(s => (RegoValue)new RegoObject.Builder(4)
                .Set("name", RegoString.Of(s.Name)).Set("score", RegoNumber.Of(s.Score))
                .Set("source", RegoString.Of(s.Source))
                .Set("age_seconds", SubjectFacts.Seconds(now.ToMicros() - s.At)).Build())))
            .Build();
    }

    private static RegoValue Approval(ApprovalRow held) => new RegoObject.Builder(5)
        .Set("id", RegoString.Of(held.Id))
        .Set("approver", RegoString.Of(held.DecidedBy!))
        .Set("approved_at", RegoNumber.Of(held.DecidedAt!.Value / 1_000_000))
        .Set("expires_at", RegoNumber.Of(held.ExpiresAt / 1_000_000))
        .Set("because", RegoString.Of(held.DecidedBecause ?? ""))
        .Build();

    private static RegoObject Recent(RecentUse use) => new RegoObject.Builder(3)
        .Set("tokens_last_minute", RegoNumber.Of(use.TokensLastMinute))
        .Set("tokens_last_hour", RegoNumber.Of(use.TokensLastHour))
        .Set("refusals_last_minute", RegoNumber.Of(use.RefusalsLastMinute))
        .Build();
}
