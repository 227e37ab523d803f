namespace Writ.Protocol.Tests;

/// <summary>
/// What an authority allows, by brute force over a small universe. "All datatypes" and "any identifier" are without
/// end; one name that no generator ever writes stands for all that nobody thought of.
/// </summary>
internal static class AtomOracle
{
    internal const string Unforeseen = "unforeseen";

    internal static readonly string[] Actions = ["orders:read", "orders:list", "orders:pay", "stock:read"];
    internal static readonly string[] Locations = ["https://a.example", "https://b.example", "https://c.example"];
    internal static readonly string[] Datatypes = ["invoice", "address", "card"];
    internal static readonly string[] Identifiers = ["1", "2"];

    internal static HashSet<(string Action, string Location, string Datatype, string Identifier)> Of(
        Authority authority)
    {
        var atoms = new HashSet<(string, string, string, string)>();
        foreach (var detail in authority.Details)
            atoms.UnionWith(Of(detail));
        return atoms;
    }

    internal static IEnumerable<(string Action, string Location, string Datatype, string Identifier)> Of(
        AuthorizationDetail detail) =>
        from action in detail.Actions
        from location in detail.Locations
        from datatype in detail.Datatypes ?? [.. Datatypes, Unforeseen]
        from identifier in detail.Identifier is { } one ? [one] : (string[])[.. Identifiers, Unforeseen]
        select (action.Value, location, datatype, identifier);
}
