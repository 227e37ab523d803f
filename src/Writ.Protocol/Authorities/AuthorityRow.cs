namespace Writ.Protocol;

/// <summary>
/// What is allowed for one action at one location: datatypes for any identifier, and further ones for some.
/// Identifiers are without end, so only the part for any identifier can cover "any identifier".
/// </summary>
internal sealed class AuthorityRow
{
    private readonly SortedDictionary<string, DatatypeSet> _byIdentifier = new(StringComparer.Ordinal);
    private DatatypeSet _any = DatatypeSet.Empty;

    internal bool IsEmpty => _any.IsEmpty && _byIdentifier.Count == 0;

    /// <summary>The parts, disjoint and in order; a row says the same exactly when its parts are the same.</summary>
    internal IEnumerable<(string? Identifier, DatatypeSet Datatypes)> Parts()
    {
        if (!_any.IsEmpty)
            yield return (null, _any);
        foreach (var (identifier, datatypes) in _byIdentifier)
        {
            var rest = datatypes.Except(_any);
            if (!rest.IsEmpty)
                yield return (identifier, rest);
        }
    }

    internal void Add(string? identifier, DatatypeSet datatypes)
    {
        if (datatypes.IsEmpty)
            return;
        if (identifier is null)
            _any = _any.Union(datatypes);
        else
            _byIdentifier[identifier] = OwnOf(identifier).Union(datatypes);
    }

    internal bool Covers(string? identifier, DatatypeSet datatypes) => For(identifier).Covers(datatypes);

    /// <summary>What both rows allow; null once that spans more than is left, which it takes its own from.</summary>
    internal AuthorityRow? Intersect(AuthorityRow other, ref long atomsLeft)
    {
        var both = new AuthorityRow();
        both.Add(null, _any.Intersect(other._any));
        atomsLeft -= both._any.Atoms;
        foreach (var identifier in _byIdentifier.Keys.Union(other._byIdentifier.Keys, StringComparer.Ordinal))
        {
            var shared = For(identifier).Intersect(other.For(identifier)).Except(both._any);
            both.Add(identifier, shared);
            atomsLeft -= shared.Atoms;
            if (atomsLeft < 0)
                return null;
        }

        return atomsLeft < 0 ? null : both;
    }

    // Everything that holds for that identifier, the part for any included.
    private DatatypeSet For(string? identifier) =>
        identifier is null ? _any : _any.Union(OwnOf(identifier));

    private DatatypeSet OwnOf(string identifier) => _byIdentifier.GetValueOrDefault(identifier, DatatypeSet.Empty);
}
