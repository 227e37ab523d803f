using System.Collections;
using System.Collections.Immutable;

namespace Writ.Client.Tests;

/// <summary>What `writ run` does, without its command line: ISSUER KEY-FILE PROGRAM ARGUMENTS…</summary>
internal static class RunHost
{
    internal const string Name = "run-host";

    internal static async Task<int> RunAsync(string[] arguments)
    {
        var (issuer, keyFile, program) = (arguments[0], arguments[1], arguments[2]);
        using var key = AgentKey.Load(keyFile);
        try
        {
            return await WritRun.RunAsync(new RunOptions
            {
                Client = new WritClientOptions
                {
                    Issuer = issuer,
                    ClientId = "spiffe://example.org/agent/billing",
                    Key = key,
                },
                Task = new TaskRequest { Purpose = "test", Grants = ["orders:read@orders"] },
                Program = program,
                Arguments = [.. arguments[3..]],
                Environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                    .ToImmutableDictionary(e => (string)e.Key, e => (string)e.Value!, StringComparer.Ordinal),
                SecretFiles = [keyFile],
                Say = Console.Error.WriteLine,
            });
        }
        catch (WritException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
    }
}
