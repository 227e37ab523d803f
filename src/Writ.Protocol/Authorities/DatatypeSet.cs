using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>A set of datatypes: a finite one, or all that there ever will be.</summary>
internal readonly struct DatatypeSet
{
    // Null: all. The default value is therefore written out: use Empty, never default.
    private readonly ImmutableArray<string>? _names;

    private DatatypeSet(ImmutableArray<string>? names) => _names = names;

    internal static DatatypeSet Empty { get; } = new([]);

    internal ImmutableArray<string>? Names => _names;

    internal bool IsAll => _names is null;

    internal bool IsEmpty => _names is { IsEmpty: true };

    /// <summary>How many are written down; "all" counts once.</summary>
    internal int Atoms => _names?.Length ?? 1;

    /// <summary>Of a detail's member, where null means all.</summary>
    internal static DatatypeSet Of(ImmutableArray<string>? names) => new(names);

    internal bool Covers(DatatypeSet inner) =>
        _names is not { } mine || (inner._names is { } theirs && SortedText.IsSubset(theirs, mine));

    internal DatatypeSet Union(DatatypeSet other) =>
        _names is { } mine && other._names is { } theirs ? new(SortedText.Union(mine, theirs)) : new(null);

    internal DatatypeSet Intersect(DatatypeSet other)
    {
        if (_names is not { } mine)
            return other;
        return other._names is { } theirs ? new(SortedText.Intersect(mine, theirs)) : this;
    }

    /// <summary>This without the other; "all but some" cannot be written down, and stays all.</summary>
    internal DatatypeSet Except(DatatypeSet other)
    {
        if (other._names is not { } theirs)
            return Empty;
        return _names is { } mine ? new(SortedText.Except(mine, theirs)) : this;
    }
}
