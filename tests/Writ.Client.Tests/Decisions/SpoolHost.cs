using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace Writ.Client.Tests;

/// <summary>Spools decisions, many at once, and says the id of each once it is durable; until it is killed.</summary>
internal static class SpoolHost
{
    internal const string Name = "spool-host";

    internal static async Task<int> RunAsync(string folder)
    {
        await using var spool = new DecisionSpool(folder, 1 << 30, NullLogger.Instance);
        await using var said = Console.OpenStandardOutput();
        using var saying = new SemaphoreSlim(1);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (var n = 0; ; n++)
            {
                var id = await spool.AppendAsync(Encoding.UTF8.GetBytes($"\"{worker}-{n}\""), CancellationToken.None);
                await saying.WaitAsync();
                await said.WriteAsync(Encoding.UTF8.GetBytes($"{id} {worker}-{n}\n"));
                await said.FlushAsync();
                saying.Release();
            }
        })));
        return 0;
    }
}
