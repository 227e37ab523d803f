using System.Text.Json;
using Writ.Protocol;
using Writ.Rego.Values;

namespace Writ.Client;

/// <summary>An identity of a bundle, ready to be asked about. What passes with time is made anew each second.</summary>
internal sealed class LocalSubject
{
    private static readonly RegoObject.Shape Entity = new("type", "id", "properties");
    private static readonly RegoObject.Shape RiskOf = new("score", "signals");
    private static readonly RegoObject.Shape SignalOf = new("name", "score", "source", "age_seconds");
    /// <summary>What a question calls a subject unless it says otherwise.</summary>
    internal static readonly RegoString AgentType = RegoString.Of("agent");

    private static readonly RegoObject NoRisk = RiskOf.Of(RegoNumber.Of(0), RegoArray.Empty);

    private readonly BundledSubject _told;
    private readonly RegoObject.Shape _shape;
    private readonly RegoValue?[] _properties; // the first two are the passing ones
    private readonly RegoString _type;
    private readonly RegoString _id;
    private readonly bool _isActive;
    private volatile Moment? _now;

    internal LocalSubject(BundledSubject told, RegoNumber maxDepth, Dictionary<string, RegoObject.Shape> shapes)
    {
        _told = told;
        var properties = told.Facts.GetProperty("properties"u8);
        string[] names = [.. properties.EnumerateObject().Select(member => member.Name)];
        var key = string.Join('\n', names);
        if (!shapes.TryGetValue(key, out var shape))
            shapes[key] = shape = new RegoObject.Shape(["age_seconds", "expires_in_seconds", .. names]);
        _shape = shape;
        _properties =
        [
            null,
            null,
            .. properties.EnumerateObject().Select(member => RegoValue.ParseJson(member.Value.GetRawText())),
        ];
        _type = RegoString.Of(told.Facts.GetProperty("type"u8).GetString()!);
        _id = RegoString.Of(told.Facts.GetProperty("id"u8).GetString()!);
        Said = LocalContext.EntityOf(AgentType, _id);
        Delegation = LocalContext.DelegationOf(ActorChain.None, _id, maxDepth);
        _isActive = properties.TryGetProperty("status"u8, out var status) && status.ValueEquals("active"u8);
        ClearanceRank = properties.TryGetProperty("clearance_rank"u8, out var rank)
            && rank.ValueKind == JsonValueKind.Number && rank.TryGetInt64(out var known) ? known : -1;
    }

    internal string Id => _id.Value;

    /// <summary>The subject as a question names it that says no more than <see cref="AgentType"/>.</summary>
    internal RegoObject Said { get; }

    /// <summary>Nobody stands between: it acts for itself.</summary>
    internal RegoObject Delegation { get; }

    internal long ClearanceRank { get; }

    internal Authority Entitlements => _told.Entitlements;

    internal bool IsActive(long now) => _isActive && _told.ExpiresAt > now;

    /// <summary>The subject as the policy is told of it.</summary>
    /// <param name="now">Microseconds since 1970.</param>
    internal RegoObject Facts(long now)
    {
        var (age, left) = ((now - _told.CreatedAt) / 1_000_000, (_told.ExpiresAt - now) / 1_000_000);
        if (_now is { } known && known.Age == age && known.Left == left)
            return known.Facts;
        RegoValue?[] all = [.. _properties];
        all[0] = RegoNumber.Of(age);
        all[1] = RegoNumber.Of(left);
        var facts = Entity.Of(_type, _id, _shape.Of(all));
        _now = new Moment(age, left, facts);
        return facts;
    }

    /// <summary>The live signals about it.</summary>
    /// <param name="now">Microseconds since 1970.</param>
    internal RegoObject Risk(long now)
    {
        if (_told.Signals.IsEmpty)
            return NoRisk;
        var live = _told.Signals.Where(signal => signal.ExpiresAt > now).ToList();
        return RiskOf.Of(
            RegoNumber.Of(live.Sum(signal => signal.Score)),
            RegoArray.Of(live.Select(signal => (RegoValue)SignalOf.Of(
                RegoString.Of(signal.Name), RegoNumber.Of(signal.Score), RegoString.Of(signal.Source),
                RegoNumber.Of((now - signal.At) / 1_000_000)))));
    }

    private sealed record Moment(long Age, long Left, RegoObject Facts);
}
