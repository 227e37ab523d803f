using System.Security.Cryptography;

namespace Writ.Testing;

/// <summary>
/// An empty database on a cluster, dropped at the end. As <c>IClassFixture&lt;PostgresDatabase&gt;</c>, one for a
/// class of tests on the shared cluster; <see cref="CreateAsync"/> makes one anywhere.
/// </summary>
public sealed class PostgresDatabase : IAsyncLifetime
{
    private readonly string _name = $"t_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
    private PostgresCluster? _cluster;
    private string? _connectionString;

    /// <summary>For Npgsql: its owner, who is the cluster's superuser.</summary>
    public string ConnectionString => _connectionString ?? throw new InvalidOperationException("Not created yet.");

    /// <summary>One on that cluster, or on the shared one.</summary>
    public static async Task<PostgresDatabase> CreateAsync(PostgresCluster? cluster = null)
    {
        var database = new PostgresDatabase { _cluster = cluster };
        await database.InitializeAsync();
        return database;
    }

    public async ValueTask InitializeAsync()
    {
        _cluster ??= await PostgresCluster.SharedAsync();
        _connectionString = await _cluster.CreateAsync(_name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null && _connectionString is not null)
        {
            await _cluster.DropAsync(_name);
        }
    }
}
