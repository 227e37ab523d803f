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

    private static readonly RegoObject.Shape Request = new(
        "kind", "grant_type", "lifetime_seconds", "implicit_task", "asked_by");

    private static readonly RegoObject.Shape Binding = new("type");
    private static readonly RegoObject.Shape Network = new("address", "zones");
    private static readonly RegoObject.Shape Time = new("now", "unix_seconds", "weekday", "hour", "minute");
    private static readonly RegoObject.Shape RiskOf = new("score", "signals");
    private static readonly RegoObject.Shape Signal = new("name", "score", "source", "age_seconds");
    private static readonly RegoObject.Shape Held = new("id", "approver", "approved_at", "expires_at", "because");
    private static readonly RegoObject.Shape Pace = new(
        "tokens_last_minute", "tokens_last_hour", "refusals_last_minute");

    private static readonly RegoObject NoRisk = RiskOf.Of(RegoNumber.Of(0), RegoArray.Empty);
    private static readonly RegoObject OfAct = Request.Of(Word.Of("act"), null, null, null, null);

    public static RegoObject Of(Ask.Token ask, AccessTokenClaims claims, Facts facts)
    {
        var request = Request.Of(
            Word.Of("token.issue"), RegoString.Of(ask.GrantType),
            RegoNumber.Of((long)(claims.ExpiresAt - facts.Now).TotalSeconds), RegoBoolean.Of(ask.Task!.Implicit), null);
        return Common(ask.Caller, ask.Caller.Principal, request, facts)
            .With(ask.Task)
            .With(claims.Actors, claims.Subject)
            .Build();
    }

    public static RegoObject Of(Ask.WorkToOpen ask, TaskRow task, Facts facts)
    {
        var request = Request.Of(
            Word.Of("task.start"), null, SubjectFacts.Seconds(task.Deadline - facts.Now.ToMicros()),
            RegoBoolean.False, null);
        return Common(ask.Caller, facts.Agent!, request, facts)
            .With(task)
            .With(ActorChain.None, task.Agent)
            .Build();
    }

    public static RegoObject Of(Ask.Act ask, Facts facts) => Common(ask.Caller, ask.Caller.Principal, OfAct, facts)
        .With(ActorChain.None, ask.Caller.Principal.Id).Build();

    /// <summary>Where the question came from and which key it was asked with are the asking side's: they say nothing of
    /// the subject, and are left out. What was asserted comes along, whole, where it is seen to be asserted.</summary>
    public static RegoObject Of(Ask.Access ask, Facts facts)
    {
        var request = Request.Of(Word.Of("access"), null, null, null, RegoString.Of(ask.Caller.Principal.Id));
        var context = Common(null, facts.Agent, request, facts);
        if (facts.TaskLine is { } line) context.With(line.Task).With(line.Actors, line.Principal);
        else context.With(ActorChain.None, ask.Question.SubjectId);
        if (ask.Question.ResourceIn(facts.Registry) is null) context.From("resource", "caller", null);
        context.Set("caller", ask.Question.Said);
        return context.Build();
    }

    public static RegoArray Texts(IEnumerable<string> texts) => RegoArray.Of(texts.Select(RegoString.Of));

    /// <summary>What the contexts of all questions have.</summary>
    /// <param name="caller">Who has proven a key on this request; null: that is not who it is about.</param>
    /// <param name="subject">Whom it is about; null: somebody whom the registry does not know.</param>
    /// <param name="request">What kind of request it is.</param>
    /// <param name="facts">What is known.</param>
    private static ContextBuilder Common(Caller? caller, Principal? subject, RegoObject request, Facts facts)
    {
        var context = new ContextBuilder(facts);
        context.Set("request", request);
        if (caller?.Binding is { } key)
            context.Set("binding", Binding.Of(Word.Of(key.Proof)));
        if (caller?.Address is { } address)
        {
            context.Set("network", Network.Of(RegoString.Of(address.ToString()), Texts(facts.ZonesOf(address))));
            context.From("network", "connection", TimeSpan.Zero);
        }
        context.Set("approvals", facts.Approval is { } held ? RegoArray.Of([Approval(held)]) : RegoArray.Empty);
        context.From("approvals", "store", TimeSpan.Zero);
        if (subject is not null)
        {
            Refresh(context, subject, facts);
            return context;
        }
        context.Set("time", Clock(facts.Now));
        context.From("subject", "caller", null);
        context.From("resource", "registry", facts.RegistryAge);
        return context;
    }

    /// <summary>What changes without the caller's doing: the time, the risk, the pace, the registry's facts.</summary>
    internal static void Refresh(ContextBuilder context, Principal subject, Facts facts)
    {
        context.Set("time", Clock(facts.Now));
        context.Set("risk", Risk(subject, facts.Now));
        context.Set("recent", Recent(facts.Recent));
        context.From("subject", "registry", facts.RegistryAge);
        context.From("resource", "registry", facts.RegistryAge);
        context.From("risk", "store", facts.RegistryAge);
        context.From("recent", "replica", TimeSpan.Zero);
    }

    private static RegoObject Clock(DateTimeOffset now) => Time.Of(
        RegoString.Of(now.UtcDateTime.ToString(Rfc3339, CultureInfo.InvariantCulture)),
        RegoNumber.Of(now.ToUnixTimeSeconds()),
        Word.Of(now.UtcDateTime.DayOfWeek.ToString()),
        RegoNumber.Of(now.UtcDateTime.Hour),
        RegoNumber.Of(now.UtcDateTime.Minute));

    private static RegoObject Risk(Principal subject, DateTimeOffset now)
    {
        if (subject.Signals.Count == 0) return NoRisk;
        var live = subject.Signals.Where(s => s.ExpiresAt > now.ToMicros()).ToList();
        return RiskOf.Of(
            RegoNumber.Of(live.Sum(s => s.Score)),
            RegoArray.Of(live.Select(s => (RegoValue)Signal.Of(
                RegoString.Of(s.Name), RegoNumber.Of(s.Score), RegoString.Of(s.Source),
                SubjectFacts.Seconds(now.ToMicros() - s.At)))));
    }

    private static RegoObject Approval(ApprovalRow held) => Held.Of(
        RegoString.Of(held.Id), RegoString.Of(held.DecidedBy!), RegoNumber.Of(held.DecidedAt!.Value / 1_000_000),
        RegoNumber.Of(held.ExpiresAt / 1_000_000), RegoString.Of(held.DecidedBecause ?? ""));

    private static RegoObject Recent(RecentUse use) => Pace.Of(
        RegoNumber.Of(use.TokensLastMinute), RegoNumber.Of(use.TokensLastHour), RegoNumber.Of(use.RefusalsLastMinute));
}
