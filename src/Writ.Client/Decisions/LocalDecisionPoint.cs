using System.Text.Json;
using Writ.Protocol;
using Writ.Rego.Values;

namespace Writ.Client;

/// <summary>
/// The policy decision point in this process: the broker's rules and its policy, on facts that the broker signed and
/// that the revocation feed says are current. Each decision is durable in the spool before it takes effect, and becomes
/// a record at the broker. It gives out nothing, and when in doubt it says no. Thread-safe.
/// </summary>
public sealed class LocalDecisionPoint
{
    private const int MaxName = 256;
    private const int MaxId = 2048;
    private const int MaxDatatypes = 100;

    private readonly Func<LocalFacts?> _facts;
    private readonly RevocationView _view;
    private readonly DecisionSpool _spool;
    private readonly TimeProvider _time;

    internal LocalDecisionPoint(
        Func<LocalFacts?> facts, RevocationView view, DecisionSpool spool, TimeProvider time)
    {
        _facts = facts;
        _view = view;
        _spool = spool;
        _time = time;
    }

    /// <summary>Whether it can say yes at this moment: what it knows is current.</summary>
    public bool IsFresh => _facts() is { } facts && IsCurrent(facts);

    /// <summary>The digest of the version of the policy that it decides by; null: it has none yet.</summary>
    public string? Policy => _facts()?.Bundle.PolicyDigest;

    /// <summary>Decides, and returns once the decision is durable.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="cancel">Gives up waiting; what was decided may be recorded nevertheless.</param>
    /// <returns>Yes or no; a failure of any kind is a no with its code.</returns>
    public async ValueTask<LocalDecision> DecideAsync(DecisionQuestion question, CancellationToken cancel = default)
    {
        using var span = ClientSpans.Start("writ.decide");
        var decision = await MakeAsync(question, cancel);
        span?.Tell(decision.IsAllowed, decision.Code).SetTag("writ.decision_id", decision.Id)
            .SetTag("writ.policy", Policy);
        return decision;
    }

    private async ValueTask<LocalDecision> MakeAsync(DecisionQuestion question, CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        var facts = _facts();
        var decision = Judge(question, facts, now);
        // Nothing is allowed while nothing is known: such refusals must not crowd out what is decided afterwards.
        if (decision.Code == DecisionCodes.Stale && _spool.IsHalfFull)
            return decision;
        var entry = DecisionEntry.Write(question, decision, facts?.Bundle, now);
        if (await _spool.AppendAsync(entry, cancel) is not { } id)
            return LocalDecision.No(DecisionCodes.NotRecorded);
        // The disk may have taken its time, and what the yes rests on may have fallen meanwhile.
        return decision.IsAllowed && !IsCurrent(facts!)
            ? LocalDecision.No(DecisionCodes.Stale) with { Id = id }
            : decision with { Id = id };
    }

    /// <summary>The decision itself: pure, but for the clock that bounds the policy.</summary>
    internal LocalDecision Judge(DecisionQuestion question, LocalFacts? facts, DateTimeOffset now)
    {
        if (facts is null || !IsCurrent(facts))
            return LocalDecision.No(DecisionCodes.Stale);
        if (!IsSound(question))
            return LocalDecision.No(DecisionCodes.Invalid);
        if (facts.Resource(question.Resource) is not { } resource)
            return LocalDecision.No(DecisionCodes.NotYours);
        var subject = facts.Subject(question.Subject);
        if (Beyond(question, subject, resource, now) is { } code)
            return LocalDecision.No(code);
        if (InputOf(question, facts, subject, resource, now) is not { } input)
            return LocalDecision.No(DecisionCodes.Invalid);
        var answer = facts.Policy.Ask(input, now, _time);
        return answer.IsAllowed && Unkept(question, answer.Obligations) is { } unkept
            ? LocalDecision.No(unkept) with { Obligations = answer.Obligations }
            : answer;
    }

    /// <summary>Null: a number of the context is beyond all bounds.</summary>
    private RegoObject? InputOf(
        DecisionQuestion question, LocalFacts facts, LocalSubject? subject, LocalResource resource, DateTimeOffset now)
    {
        try
        {
            return LocalContext.Of(question, facts, subject, resource, now, _view.Age);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // In this order: a bundle that comes between is newer, never older.
    private bool IsCurrent(LocalFacts facts) =>
        _view.IsFresh && _view.Registry is { } seen && facts.Bundle.Version >= seen.Version
        && facts.Bundle.Epoch == seen.Epoch && seen.Epoch == _view.Set.Epoch;

    /// <summary>The broker's own rules: active, entitled, cleared. Null: within them.</summary>
    private static string? Beyond(
        DecisionQuestion question, LocalSubject? subject, LocalResource resource, DateTimeOffset now)
    {
        var isAction = ActionName.TryParse(question.Action, out var action);
        if (subject is null)
        {
            // Of somebody with a SPIFFE id this bundle would tell, were they entitled to anything here. Of names of the
            // application's own the policy alone decides.
            if (!SpiffeId.TryParse(question.Subject, out _))
                return null;
            return isAction && !resource.Knows(question.Action)
                ? DecisionCodes.UnknownAction
                : DecisionCodes.NotEntitled;
        }

        if (!subject.IsActive((now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond))
            return DecisionCodes.NotActive;
        if (!isAction)
            return DecisionCodes.NotEntitled;
        if (!IsEntitled(question, subject, resource, action!))
            return resource.Knows(question.Action) ? DecisionCodes.NotEntitled : DecisionCodes.UnknownAction;
        if (resource.ClassificationRank > subject.ClearanceRank)
            return DecisionCodes.NotCleared;
        return resource.Knows(question.Action) ? null : DecisionCodes.UnknownAction;
    }

    private static bool IsEntitled(
        DecisionQuestion question, LocalSubject subject, LocalResource resource, ActionName action)
    {
        if (question.Datatypes is not { } kinds)
            return subject.Entitlements.Allows(action, resource.Uri, null, question.Identifier);
        foreach (var kind in kinds)
        {
            if (!subject.Entitlements.Allows(action, resource.Uri, kind, question.Identifier))
                return false;
        }

        return true;
    }

    /// <summary>The obligation that nobody would keep, as a code.</summary>
    private static string? Unkept(DecisionQuestion question, Obligations obligations)
    {
        foreach (var name in obligations.Names)
        {
            // A notice is recorded with the decision. What the token has proven on this request is known.
            if (name == Obligation.Notify.Word || question.Honours.Contains(name, StringComparer.Ordinal))
                continue;
            if (name != Obligation.StepUp.Word || question.Token is not { } token)
                return DecisionCodes.ObligationUnknown;
            if (obligations.StepUp.Any(proof => !IsProven(proof, token.Claims.Confirmation)))
                return DecisionCodes.StepUp;
        }

        return null;
    }

    private static bool IsProven(string proof, Confirmation? binding) => proof switch
    {
        "dpop" => binding is Confirmation.Jkt,
        "mtls" => binding is Confirmation.X5t,
        _ => false,
    };

    private static bool IsSound(DecisionQuestion question) =>
        question.Subject.Length is > 0 and <= MaxId && question.SubjectType.Length is > 0 and <= MaxName
        && question.Action.Length is > 0 and <= MaxName && question.Resource.Length is > 0 and <= MaxId
        && IsPlain(question.Subject) && IsPlain(question.SubjectType) && IsPlain(question.Action)
        // A part that no entitlement could name is not asked about as all of it: the policy may forbid that very part.
        && (question.Identifier is not { } one || IsPart(one))
        && question.Datatypes is not { Count: 0 or > MaxDatatypes } && question.Datatypes?.All(IsPart) != false
        && question.Context is null or { ValueKind: JsonValueKind.Object };

    private static bool IsPlain(string text) => !text.Any(c => char.IsControl(c) || c == '\uFFFD');

    private static bool IsPart(string text) =>
        text.Length is > 0 and <= AuthorizationDetail.MaxNameLength
        && !text.Any(c => char.IsControl(c) || c == '\uFFFD');
}
