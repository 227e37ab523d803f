using System.Collections.Immutable;
using Writ.Protocol;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>All that comes with a yes, put together: of each kind the narrowest.</summary>
public sealed record Obligations
{
    private static readonly ImmutableSortedDictionary<string, string> NoMasks =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public static readonly Obligations None = new();

    public TimeSpan? MaxLifetime { get; private init; }
    public Authority? AtMost { get; private init; }
    public ImmutableSortedDictionary<string, string> Masks { get; private init; } = NoMasks;
    public Obligation.RequireApproval? Approval { get; private init; }
    public ImmutableSortedSet<string> StepUp { get; private init; } = [];
    public ImmutableSortedSet<string> Notify { get; private init; } = [];

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
    public (Obligations? All, string? Code) And(IEnumerable<RegoValue> values)
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

    /// <summary>As docs/decision.md writes them, one object for each.</summary>
    public RegoArray ToRego()
    {
        var list = new List<RegoValue>();
        if (MaxLifetime is { } life) Add(Obligation.MaxLifetime.Word, RegoNumber.Of((long)life.TotalSeconds));
        if (AtMost is { } most) Add(Obligation.AtMost.Word, RegoValue.ParseJson(most.ToJson()));
        foreach (var (level, how) in Masks)
            Add(Obligation.Mask.Word, new RegoObject.Builder()
                .Set("classification", RegoString.Of(level)).Set("how", RegoString.Of(how)).Build());
        if (Approval is { } approval)
            Add(Obligation.RequireApproval.Word, new RegoObject.Builder()
                .Set("approvers", RegoArray.Of(approval.Approvers.Select(RegoString.Of)))
                .Set("window_seconds", RegoNumber.Of((long)approval.Window.TotalSeconds))
                .Set("because", RegoString.Of(approval.Because)).Build());
        foreach (var proof in StepUp) Add(Obligation.StepUp.Word, RegoString.Of(proof));
        foreach (var whom in Notify) Add(Obligation.Notify.Word, RegoString.Of(whom));
        return RegoArray.Of(list);

        void Add(string name, RegoValue value) => list.Add(new RegoObject.Builder(1).Set(name, value).Build());
    }
}
