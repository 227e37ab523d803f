using System.Collections.Immutable;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>What comes with a yes: whoever enforces the decision keeps it, or the answer is no.</summary>
public abstract record Obligation
{
    private Obligation()
    {
    }

    /// <summary>Its name on the wire.</summary>
    public abstract string Name { get; }

    /// <summary>What is issued lives no longer.</summary>
    /// <param name="Life">The longest life.</param>
    public sealed record MaxLifetime(TimeSpan Life) : Obligation
    {
        /// <summary>Its name.</summary>
        public const string Word = "max_lifetime_seconds";

        /// <inheritdoc/>
        public override string Name => Word;
    }

    /// <summary>No more than this is granted.</summary>
    /// <param name="Authority">The most.</param>
    public sealed record AtMost(Authority Authority) : Obligation
    {
        /// <summary>Its name.</summary>
        public const string Word = "authorization_details";

        /// <inheritdoc/>
        public override string Name => Word;
    }

    /// <summary>Fields of a class of data are masked.</summary>
    /// <param name="Classification">The class of data.</param>
    /// <param name="How"><c>redact</c>, <c>partial</c>, <c>hash</c> or <c>null</c>.</param>
    public sealed record Mask(string Classification, string How) : Obligation
    {
        /// <summary>Its name.</summary>
        public const string Word = "mask";

        /// <inheritdoc/>
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
        /// <summary>Its name.</summary>
        public const string Word = "require_approval";

        /// <inheritdoc/>
        public override string Name => Word;
    }

    /// <summary>The caller has proven itself in this way.</summary>
    /// <param name="Proof"><c>dpop</c>, <c>mtls</c> or <c>attestation</c>.</param>
    public sealed record StepUp(string Proof) : Obligation
    {
        /// <summary>Its name.</summary>
        public const string Word = "step_up";

        /// <inheritdoc/>
        public override string Name => Word;
    }

    /// <summary>Somebody is told.</summary>
    /// <param name="Whom">An operator, or <c>team:NAME</c>.</param>
    public sealed record Notify(string Whom) : Obligation
    {
        /// <summary>Its name.</summary>
        public const string Word = "notify";

        /// <inheritdoc/>
        public override string Name => Word;
    }

    /// <summary>Reads one.</summary>
    /// <returns>The obligation; else the code that says what is wrong with it: <c>obligation_unknown</c>, or
    /// <c>obligation_invalid</c>.</returns>
    public static (Obligation? Obligation, string? Code) Read(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() != 1)
            return (null, "obligation_invalid");
        var one = value.EnumerateObject().First();
        Obligation? read;
        switch (one.Name)
        {
            case MaxLifetime.Word:
                read = Seconds(one.Value) is { } life ? new MaxLifetime(life) : null;
                break;
            case AtMost.Word:
                read = Authority.TryParse(one.Value, out var most, out _) ? new AtMost(most) : null;
                break;
            case Mask.Word:
                read = MaskOf(one.Value);
                break;
            case RequireApproval.Word:
                read = ApprovalOf(one.Value);
                break;
            case StepUp.Word:
                read = TextOf(one.Value) is "dpop" or "mtls" or "attestation" ? new StepUp(TextOf(one.Value)!) : null;
                break;
            case Notify.Word:
                read = TextOf(one.Value) is { } whom ? new Notify(whom) : null;
                break;
            default:
                return (null, "obligation_unknown");
        }

        return read is null ? (null, "obligation_invalid") : (read, null);
    }

    // A decimal that is whole counts, however it is written: 3e2.
    private static TimeSpan? Seconds(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var seconds)
        && seconds is > 0 and <= 366 * 86_400 && decimal.IsInteger(seconds)
            ? TimeSpan.FromSeconds((long)seconds)
            : null;

    private static Mask? MaskOf(JsonElement content) =>
        content.ValueKind == JsonValueKind.Object && content.GetPropertyCount() == 2
        && Text(content, "classification") is { } level
        && Text(content, "how") is { } how and ("redact" or "partial" or "hash" or "null")
            ? new Mask(level, how)
            : null;

    private static RequireApproval? ApprovalOf(JsonElement rule)
    {
        if (rule.ValueKind != JsonValueKind.Object)
            return null;
        ImmutableSortedSet<string> approvers = [];
        TimeSpan? window = null;
        foreach (var member in rule.EnumerateObject())
        {
            switch (member.Name)
            {
                case "approvers" when member.Value.ValueKind == JsonValueKind.Array:
                    var names = member.Value.EnumerateArray().Select(TextOf).ToList();
                    if (names.Contains(null))
                        return null;
                    approvers = names.ToImmutableSortedSet(StringComparer.Ordinal)!;
                    break;
                case "window_seconds" when Seconds(member.Value) is { } seconds:
                    window = seconds;
                    break;
                case "because" when TextOf(member.Value) is not null:
                    break;
                default:
                    return null;
            }
        }

        return window is { } known ? new RequireApproval(approvers, known, Text(rule, "because") ?? "") : null;
    }

    private static string? Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) ? TextOf(value) : null;

    private static string? TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
