using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Writ.Bench.Decisions;

namespace Writ.Bench.Servers;

/// <summary>
/// The bare endpoint of decisions: reads the question, decides by hand, and answers once a row with the question and
/// the answer is durable. All that wait share one write, as they do in the broker.
/// </summary>
internal sealed class BareDecisions : IAsyncDisposable
{
    private const int MaxBatch = 512;

    private readonly string _folder = Directory.CreateTempSubdirectory("writ-bench-").FullName;
    private readonly SqliteConnection _store;
    private readonly Channel<Row> _rows = Channel.CreateUnbounded<Row>();
    private readonly Task _writer;

    public BareDecisions()
    {
        _store = new SqliteConnection($"Data Source={Path.Combine(_folder, "limit.db")}");
        _store.Open();
        Run("PRAGMA journal_mode = WAL");
        Run("PRAGMA synchronous = FULL");
        Run("CREATE TABLE record (idx INTEGER PRIMARY KEY, body BLOB NOT NULL)");
        _writer = Task.Run(WriteAllAsync);
    }

    public async Task AnswerAsync(HttpContext http)
    {
        using var question = await JsonDocument.ParseAsync(http.Request.Body);
        var root = question.RootElement;
        var action = Text(root, "action", "name");
        var allowed = Grants.All.TryGetValue(Text(root, "subject", "id"), out var grants)
            && grants.TryGetValue(action, out var resource) && resource == Text(root, "resource", "id");
        var row = new Row(JsonSerializer.SerializeToUtf8Bytes(new { question = root, allowed }));
        _rows.Writer.TryWrite(row);
        await row.Durable.Task;
        await BareServer.WriteAsync(http, allowed ? """{"decision":true}""" : """{"decision":false}""");
    }

    public async ValueTask DisposeAsync()
    {
        _rows.Writer.Complete();
        await _writer;
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(JsonElement root, string member, string name) =>
        root.GetProperty(member).GetProperty(name).GetString()!;

    private async Task WriteAllAsync()
    {
        using var insert = _store.CreateCommand();
        insert.CommandText = "INSERT INTO record (body) VALUES (@body)";
        var body = insert.Parameters.Add("@body", SqliteType.Blob);
        var batch = new List<Row>(MaxBatch);
        while (await _rows.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _rows.Reader.TryRead(out var row)) batch.Add(row);
            await using (var transaction = _store.BeginTransaction())
            {
                insert.Transaction = transaction;
                foreach (var row in batch)
                {
                    body.Value = row.Body;
                    insert.ExecuteNonQuery();
                }
                transaction.Commit();
            }
            foreach (var row in batch) row.Durable.SetResult();
            batch.Clear();
        }
    }

    private void Run(string sql)
    {
        using var command = _store.CreateCommand();
        // Statements of the bench's own.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private sealed record Row(byte[] Body)
    {
        public TaskCompletionSource Durable { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
