using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;

namespace Writ.Server.Tests;

/// <summary>Counts what is sent to one PostgreSQL database, by the traces that its client gives anybody.</summary>
public sealed class CommandCount : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentDictionary<string, int> _commands = new(StringComparer.Ordinal);

    public CommandCount(TestStore store)
    {
        var name = new NpgsqlConnectionStringBuilder(store.PostgresConnection).Database;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                var tags = activity.TagObjects.ToDictionary(t => t.Key, t => t.Value?.ToString());
                if (!tags.ContainsValue(name)) return;
                var text = tags.FirstOrDefault(t => t.Key is "db.query.text" or "db.statement").Value;
                _commands.AddOrUpdate(text ?? "", 1, (_, n) => n + 1);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>How many so far whose text holds these words.</summary>
    public int Of(string words) =>
        _commands.Where(c => c.Key.Contains(words, StringComparison.Ordinal)).Sum(c => c.Value);

    public void Dispose() => _listener.Dispose();
}
