using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Writ.Bench.Servers;

namespace Writ.Bench.Decisions;

/// <summary>Another policy engine's server with the bench's grants as it has them best: found by hash.</summary>
internal sealed class PolicyServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;

    private PolicyServer(ServerProcess process, DirectoryInfo folder) => (Process, _folder) = (process, folder);

    public ServerProcess Process { get; }

    /// <summary>Null: it is not installed (<c>npm ci --prefix benchmarks/peers</c>).</summary>
    public static Task<PolicyServer?> StartCerbosAsync() => StartAsync(
        ServerFinder.Find("cerbos", "@cerbos/cerbos-linux-x64/cerbos-linux-x64"), "policy.yaml", CerbosPolicy(),
        (folder, http, other) =>
        [
            "server", $"--set=storage.disk.directory={folder}", "--set=storage.disk.watchForChanges=false",
            $"--set=server.httpListenAddr={http}", $"--set=server.grpcListenAddr={other}", "--log-level=error",
            "--set=telemetry.disabled=true",
        ]);

    /// <summary>Null: it is not on the path.</summary>
    public static Task<PolicyServer?> StartOpaAsync() => StartAsync(
        ServerFinder.Find("opa", null), "policy.rego", OpaPolicy(),
        (folder, http, _) =>
        ["run", "--server", "--addr", http.ToString(), "--log-level", "error", Path.Combine(folder, "policy.rego")]);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task<PolicyServer?> StartAsync(
        string? program, string file, string policy, Func<string, IPEndPoint, IPEndPoint, string[]> arguments)
    {
        if (program is null) return null;
        var folder = Directory.CreateTempSubdirectory("writ-bench-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, file), policy);
        var http = FreePort();
        var process = await ServerProcess.StartAsync(
            program, http, arguments(folder.FullName, http, FreePort()));
        return new PolicyServer(process, folder);
    }

    private static IPEndPoint FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)socket.LocalEndPoint!).Port);
    }

    private static string CerbosPolicy()
    {
        var text = new StringBuilder("""
            apiVersion: api.cerbos.dev/v1
            resourcePolicy:
              resource: resource
              version: default
              constants:
                local:

            """);
        for (var action = 0; action < Grants.Actions; action++)
        {
            var holders = Grants.All.ToDictionary(
                g => g.Key, g => g.Value[Grants.ActionOf(action)], StringComparer.Ordinal);
            text.AppendLine(CultureInfo.InvariantCulture, $"      act{action}: {JsonSerializer.Serialize(holders)}");
        }
        text.AppendLine("  rules:");
        for (var action = 0; action < Grants.Actions; action++)
            text.AppendLine(CultureInfo.InvariantCulture, $"""
                    - actions: ["{Grants.ActionOf(action)}"]
                      effect: EFFECT_ALLOW
                      roles: ["*"]
                      condition:
                        match:
                          expr: P.id in C.act{action} && C.act{action}[P.id] == R.id
                """);
        return text.ToString();
    }

    private static string OpaPolicy() => $$"""
        package bench

        default allow := false

        allow if grants[input.subject.id][input.action.name] == input.resource.id

        grants := {{JsonSerializer.Serialize(Grants.All)}}
        """;
}
