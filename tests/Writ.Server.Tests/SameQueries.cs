using System.Runtime.CompilerServices;
using Dapper;

namespace Writ.Server.Tests;

/// <summary>Dapper compiles each query anew for each connection string, and here each store has its own: all stores of
/// one engine share what is compiled. Columns of other names or types are compiled apart all the same.</summary>
internal sealed class SameQueries : IEqualityComparer<string>
{
    [ModuleInitializer]
    internal static void Share() => SqlMapper.ConnectionStringComparer = new SameQueries();

    public bool Equals(string? x, string? y) => IsPostgres(x) == IsPostgres(y);

    public int GetHashCode(string connection) => IsPostgres(connection) ? 1 : 0;

    private static bool IsPostgres(string? connection) =>
        connection?.StartsWith("Host=", StringComparison.OrdinalIgnoreCase) ?? false;
}
