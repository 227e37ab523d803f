using Writ.Testing;

namespace House.Tests;

public sealed class PostgresClusterTests
{
    [Fact]
    public async Task Cluster_of_its_own_survives_a_crash_on_the_same_port()
    {
        await using var cluster = await PostgresCluster.StartAsync(durable: true);
        await using var database = await PostgresDatabase.CreateAsync(cluster);
        Assert.StartsWith("Host=127.0.0.1;Port=", database.ConnectionString, StringComparison.Ordinal);

        await cluster.CrashAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresDatabase.CreateAsync(cluster));
        await cluster.RestartAsync();

        await using var another = await PostgresDatabase.CreateAsync(cluster);
        Assert.False(string.Equals(database.ConnectionString, another.ConnectionString, StringComparison.Ordinal));
    }
}
