using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>All that comes with a yes, put together: of each kind the narrowest.</summary>
public sealed record Obligations
{
    private static readonly ImmutableSortedDictionary<string, string> NoMasks =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Nothing.</summary>
    public static Obligations None { get; } = new();

    /// <summary>The longest life of what is issued; null: not bound.</summary>
    public TimeSpan? MaxLifetime { get; private init; }

    /// <summary>The most that is granted; null: not bound.</summary>
    public Authority? AtMost { get; private init; }

    /// <summary>How the fields of each class of data are masked: <c>redact</c>, <c>partial</c>, <c>hash</c>,
    /// <c>null</c>.</summary>
    public ImmutableSortedDictionary<string, string> Masks { get; private init; } = NoMasks;

    /// <summary>The person's yes that is needed first; null: none.</summary>
    public Obligation.RequireApproval? Approval { get; private init; }

    /// <summary>The ways in which the caller has proven itself.</summary>
    public ImmutableSortedSet<string> StepUp { get; private init; } = [];

    /// <summary>Who is told.</summary>
    public ImmutableSortedSet<string> Notify { get; private init; } = [];

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => !Names.Any();

    /// <summary>The kinds that are present, as an enforcing side names those that it honours.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            if (MaxLifetime is not null) yield return Obligation.MaxLifetime.Word;
            if (AtMost is not null) yield return Obligation.AtMost.Word;
            if (!Masks.IsEmpty) yield return Obligation.Mask.Word;
            if (Approval is not null) yield return Obligation.RequireApproval.Word;
            if (!StepUp.IsEmpty) yield return Obligation.StepUp.Word;
            if (!Notify.IsEmpty) yield return Obligation.Notify.Word;
        }
    }

    /// <summary>Adds what another answer obliges to; or says why they cannot be kept together, with a stable code.
    /// </summary>
    public (Obligations? All, string? Code) And(IEnumerable<JsonElement> values)
    {
        var all = this;
        foreach (var value in values)
        {
            var (one, code) = Obligation.Read(value);
            if (one is null) return (null, code);
            if (all.And(one) is not { } both) return (null, "obligation_conflict");
            all = both;
        }
        return (all, null);
    }

    private Obligations? And(Obligation one) => one switch
    {
        Obligation.MaxLifetime { Life: var life } =>
            this with { MaxLifetime = MaxLifetime is { } known && known < life ? known : life },
        Obligation.AtMost { Authority: var most } => AtMost is null
            ? this with { AtMost = most }
            : Narrowing.TryIntersect(AtMost, most, out var common) ? this with { AtMost = common } : null,
        Obligation.Mask mask => !Masks.TryGetValue(mask.Classification, out var how) || how == mask.How
            ? this with { Masks = Masks.SetItem(mask.Classification, mask.How) }
            : null,
        Obligation.RequireApproval approval => And(approval),
        Obligation.StepUp { Proof: var proof } => this with { StepUp = StepUp.Add(proof) },
        Obligation.Notify { Whom: var whom } => this with { Notify = Notify.Add(whom) },
        _ => null,
    };

    private Obligations? And(Obligation.RequireApproval more)
    {
        if (Approval is not { } known) return this with { Approval = more };
        var common = known.Approvers.IsEmpty ? more.Approvers
            : more.Approvers.IsEmpty ? known.Approvers
            : known.Approvers.Intersect(more.Approvers);
        if (common.IsEmpty && !(known.Approvers.IsEmpty && more.Approvers.IsEmpty)) return null;
        var because = known.Because.Length == 0 ? more.Because
            : more.Because.Length == 0 || more.Because == known.Because ? known.Because
            : $"{known.Because}; {more.Because}";
        var window = known.Window < more.Window ? known.Window : more.Window;
        return this with { Approval = new Obligation.RequireApproval(common, window, because) };
    }

    /// <summary>Writes the JSON array, one object for each.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        if (MaxLifetime is { } life)
            Write(Obligation.MaxLifetime.Word, () => writer.WriteNumberValue((long)life.TotalSeconds));
        if (AtMost is { } most)
            Write(Obligation.AtMost.Word, () => most.WriteTo(writer));
        foreach (var (level, how) in Masks)
        {
            Write(Obligation.Mask.Word, () =>
            {
                writer.WriteStartObject();
                writer.WriteString("classification"u8, level);
                writer.WriteString("how"u8, how);
                writer.WriteEndObject();
            });
        }

        if (Approval is { } approval)
            Write(Obligation.RequireApproval.Word, () => WriteApproval(writer, approval));
        foreach (var proof in StepUp)
            Write(Obligation.StepUp.Word, () => writer.WriteStringValue(proof));
        foreach (var whom in Notify)
            Write(Obligation.Notify.Word, () => writer.WriteStringValue(whom));
        writer.WriteEndArray();

        void Write(string name, Action content)
        {
            writer.WriteStartObject();
            writer.WritePropertyName(name);
            content();
            writer.WriteEndObject();
        }
    }

    /// <summary>The JSON array as text; the same text for the same obligations.</summary>
    public string ToJson() => Encoding.UTF8.GetString(JsonBytes.Write(WriteTo));

    private static void WriteApproval(Utf8JsonWriter writer, Obligation.RequireApproval approval)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("approvers"u8);
        foreach (var approver in approval.Approvers)
            writer.WriteStringValue(approver);
        writer.WriteEndArray();
        writer.WriteString("because"u8, approval.Because);
        writer.WriteNumber("window_seconds"u8, (long)approval.Window.TotalSeconds);
        writer.WriteEndObject();
    }
}
