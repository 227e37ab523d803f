using System.Collections.Frozen;
using Writ.Protocol;
using Writ.Rego.Values;

namespace Writ.Client;

/// <summary>A resource of a bundle, ready to be asked about.</summary>
internal sealed class LocalResource
{
    private static readonly RegoString Properties = RegoString.Of("properties");
    private static readonly RegoString Rank = RegoString.Of("classification_rank");

    private readonly RegoObject _whole;
    private readonly FrozenSet<string> _actions;

    internal LocalResource(BundledResource told)
    {
        _whole = (RegoObject)RegoValue.ParseJson(told.Facts.GetRawText());
        _actions = told.Actions.ToFrozenSet(StringComparer.Ordinal);
        Uri = told.Uri;
        Name = told.Facts.GetProperty("id"u8).GetString()!;
        SaidByName = LocalContext.EntityOf(Type, RegoString.Of(Name));
        SaidByUri = LocalContext.EntityOf(Type, RegoString.Of(Uri));
        ClassificationRank = RankOf((RegoObject)_whole[Properties], Rank) ?? long.MaxValue;
    }

    /// <summary>The type of what is registered.</summary>
    internal static RegoString Type { get; } = RegoString.Of("resource");

    internal string Uri { get; }

    /// <summary>The resource as a question names it that is about all of it.</summary>
    internal RegoObject SaidByName { get; }

    /// <inheritdoc cref="SaidByName"/>
    internal RegoObject SaidByUri { get; }

    internal string Name { get; }

    /// <summary>Of a class that nobody knows: above all, so that nothing is cleared for it.</summary>
    internal long ClassificationRank { get; }

    internal bool Knows(string action) => _actions.Contains(action);

    /// <summary>The resource as the policy is told of it, with the part of it that is asked about.</summary>
    internal RegoObject Facts(string? identifier, IReadOnlyList<string>? datatypes)
    {
        if (identifier is null && datatypes is null)
            return _whole;
        var properties = Copy((RegoObject)_whole[Properties]);
        if (datatypes is not null)
            properties.Set("datatypes", RegoArray.Of(datatypes.Select(RegoString.Of)));
        if (identifier is not null)
            properties.Set("identifier", RegoString.Of(identifier));
        return Copy(_whole).Set("properties", properties.Build()).Build();
    }

    internal static long? RankOf(RegoObject properties, RegoString name) =>
        properties.TryGet(name, out var rank) && rank is RegoNumber number && number.TryGetInt64(out var known)
            ? known
            : null;

    private static RegoObject.Builder Copy(RegoObject from)
    {
        var copy = new RegoObject.Builder(from.Count + 2);
        foreach (var (name, value) in from)
            copy.Set(name, value);
        return copy;
    }
}
