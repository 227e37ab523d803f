using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>
/// An authority opened into rows, one for each action at each location: the form in which union, intersection and
/// containment are exact and linear in the smaller side. Closing it again gives the canonical details. Not changed once
/// it is made, so that threads may share it.
/// </summary>
internal sealed class AuthorityTable
{
    private readonly Dictionary<(ActionName Action, string Location), AuthorityRow> _rows = [];

    internal AuthorityTable(ImmutableArray<AuthorizationDetail> details)
    {
        foreach (var detail in details)
            Add(detail);
    }

    private AuthorityTable()
    {
    }

    internal bool Covers(AuthorizationDetail detail)
    {
        var datatypes = DatatypeSet.Of(detail.Datatypes);
        foreach (var action in detail.Actions)
        {
            foreach (var location in detail.Locations)
            {
                if (!_rows.TryGetValue((action, location), out var row) || !row.Covers(detail.Identifier, datatypes))
                    return false;
            }
        }

        return true;
    }

    /// <summary>
    /// What both allow; null when that spans more atoms than given. Two small authorities can have a large one in
    /// common: a thousand datatypes of anything, and everything of five hundred things.
    /// </summary>
    internal AuthorityTable? Intersect(AuthorityTable other, long maxAtoms)
    {
        if (other._rows.Count < _rows.Count)
            return other.Intersect(this, maxAtoms);

        var both = new AuthorityTable();
        foreach (var (key, row) in _rows)
        {
            if (!other._rows.TryGetValue(key, out var theirs))
                continue;
            if (row.Intersect(theirs, ref maxAtoms) is not { } shared)
                return null;
            if (!shared.IsEmpty)
                both._rows.Add(key, shared);
        }

        return both;
    }

    /// <summary>
    /// The canonical details: rows with equal parts are joined, first by action, then by location. The result depends
    /// on what is allowed alone, not on how it was written.
    /// </summary>
    internal ImmutableArray<AuthorizationDetail> ToDetails()
    {
        var actions = new Dictionary<(string Location, string? Identifier, string Datatypes), List<ActionName>>();
        var datatypesByKey = new Dictionary<string, ImmutableArray<string>?>(StringComparer.Ordinal);
        foreach (var (key, row) in _rows)
        {
            foreach (var (identifier, datatypes) in row.Parts())
            {
                var datatypesKey = Key(datatypes);
                datatypesByKey[datatypesKey] = datatypes.Names;
                Append(actions, (key.Location, identifier, datatypesKey), key.Action);
            }
        }

        var locations = new Dictionary<(string? Identifier, string Datatypes, string Actions), List<string>>();
        var actionsByKey = new Dictionary<string, ImmutableArray<ActionName>>(StringComparer.Ordinal);
        foreach (var ((location, identifier, datatypesKey), names) in actions)
        {
            names.Sort();
            var actionsKey = string.Join('\n', names);
            actionsByKey.TryAdd(actionsKey, [.. names]);
            Append(locations, (identifier, datatypesKey, actionsKey), location);
        }

        return
        [
            .. locations
                .Select(group => AuthorizationDetail.OfCanonical(
                    actionsByKey[group.Key.Actions],
                    SortedText.Of(group.Value),
                    datatypesByKey[group.Key.Datatypes],
                    group.Key.Identifier))
                .Order(Comparer<AuthorizationDetail>.Create(AuthorizationDetail.Compare)),
        ];
    }

    private static void Append<TKey, TItem>(Dictionary<TKey, List<TItem>> groups, TKey key, TItem item)
        where TKey : notnull
    {
        if (!groups.TryGetValue(key, out var list))
            groups.Add(key, list = []);
        list.Add(item);
    }

    // Control characters do not occur in a datatype: neither "\n" nor the lone "\0" is ambiguous.
    private static string Key(DatatypeSet datatypes) =>
        datatypes.Names is { } names ? string.Join('\n', names) : "\0";

    private void Add(AuthorizationDetail detail)
    {
        var datatypes = DatatypeSet.Of(detail.Datatypes);
        foreach (var action in detail.Actions)
        {
            foreach (var location in detail.Locations)
            {
                if (!_rows.TryGetValue((action, location), out var row))
                    _rows.Add((action, location), row = new AuthorityRow());
                row.Add(detail.Identifier, datatypes);
            }
        }
    }
}
