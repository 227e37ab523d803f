using System.Collections.Immutable;
using Writ.Protocol;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>What comes with a yes (docs/decision.md).</summary>
public abstract record Obligation
{
    private Obligation() { }

    /// <summary>Its name on the wire.</summary>
    public abstract string Name { get; }

    /// <summary>What is issued lives no longer.</summary>
    public sealed record MaxLifetime(TimeSpan Life) : Obligation
    {
        public const string Word = "max_lifetime_seconds";

        public override string Name => Word;
    }

    /// <summary>No more than this is granted.</summary>
    public sealed record AtMost(Authority Authority) : Obligation
    {
        public const string Word = "authorization_details";

        public override string Name => Word;
    }

    /// <summary>Fields of a class of data are masked.</summary>
    public sealed record Mask(string Classification, string How) : Obligation
    {
        public const string Word = "mask";

        public override string Name => Word;
    }

    /// <summary>A person says yes first.</summary>
    /// <param name="Approvers">Who may: an operator's id, <c>team:NAME</c>, <c>role:NAME</c>; empty: whose scope covers
    /// it.</param>
    /// <param name="Window">How long that yes is good for.</param>
    /// <param name="Because">What the approver is told.</param>
    public sealed record RequireApproval(
        ImmutableSortedSet<string> Approvers, TimeSpan Window, string Because) : Obligation
    {
        public const string Word = "require_approval";

        public override string Name => Word;
    }

    /// <summary>The caller has proven itself in this way.</summary>
    public sealed record StepUp(string Proof) : Obligation
    {
        public const string Word = "step_up";

        public override string Name => Word;
    }

    /// <summary>Somebody is told.</summary>
    public sealed record Notify(string Whom) : Obligation
    {
        public const string Word = "notify";

        public override string Name => Word;
    }

    /// <summary>Reads one; else says what is wrong with it, and whether its name is known at all.</summary>
    public static (Obligation? Obligation, string? Code) Read(RegoValue value)
    {
        if (value is not RegoObject { Count: 1 } one || one.KeyAt(0) is not RegoString { Value: var name })
            return (null, "obligation_invalid");
        var content = one.ValueAt(0);
        Obligation? read;
        switch (name)
        {
            case MaxLifetime.Word: read = Seconds(content) is { } life ? new MaxLifetime(life) : null; break;
            case AtMost.Word:
                read = content is RegoArray && Authority.TryParse(content.ToJson(), out var most, out _)
                    ? new AtMost(most)
                    : null;
                break;
            case Mask.Word: read = MaskOf(content); break;
            case RequireApproval.Word: read = ApprovalOf(content); break;
            case StepUp.Word:
                read = content is RegoString { Value: "dpop" or "mtls" or "attestation" } proof
                    ? new StepUp(proof.Value)
                    : null;
                break;
            case Notify.Word: read = content is RegoString whom ? new Notify(whom.Value) : null; break;
            default: return (null, "obligation_unknown");
        }
        return read is null ? (null, "obligation_invalid") : (read, null);
    }

    private static TimeSpan? Seconds(RegoValue? value) =>
        value is RegoNumber number && number.TryGetInt64(out var seconds) && seconds is > 0 and <= 366 * 86_400
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static Mask? MaskOf(RegoValue content) =>
        content is RegoObject { Count: 2 } mask && Text(mask, "classification") is { } level
        && Text(mask, "how") is "redact" or "partial" or "hash" or "null"
            ? new Mask(level, Text((RegoObject)content, "how")!)
            : null;

    private static RequireApproval? ApprovalOf(RegoValue content)
    {
        if (content is not RegoObject rule) return null;
        ImmutableSortedSet<string> approvers = [];
        foreach (var (key, value) in rule)
            switch ((key as RegoString)?.Value)
            {
                case "approvers" when value is RegoArray or RegoSet:
                    var names = value is RegoArray list ? list.Span.ToArray() : (IEnumerable<RegoValue>)(RegoSet)value;
                    if (names.Any(n => n is not RegoString)) return null;
                    approvers = names.Select(n => ((RegoString)n).Value).ToImmutableSortedSet(StringComparer.Ordinal);
                    break;
                case "window_seconds" when Seconds(value) is not null:
                case "because" when value is RegoString:
                    break;
                default:
                    return null;
            }
        return rule.TryGet("window_seconds", out var window)
            ? new RequireApproval(approvers, Seconds(window)!.Value, Text(rule, "because") ?? "")
            : null;
    }

    private static string? Text(RegoObject from, string name) =>
        from.TryGet(name, out var value) ? (value as RegoString)?.Value : null;
}
