using Dapper;

namespace Writ.Server.Storage;

/// <summary>
/// A list for <c>IN</c>, with a parameter for each value. Dapper's own <c>IN @list</c> means this on SQLite, but on
/// PostgreSQL an array, which wants other SQL.
/// </summary>
internal static class ValueList
{
    public static (string Sql, DynamicParameters Parameters) Of(IReadOnlyList<string> values)
    {
        var parameters = new DynamicParameters();
        for (var i = 0; i < values.Count; i++) parameters.Add($"v{i}", values[i]);
        var names = Enumerable.Range(0, values.Count).Select(i => $"@v{i}");
        return (values.Count == 0 ? "(NULL)" : $"({string.Join(", ", names)})", parameters);
    }
}
