using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Writ.Cli.Audit;
using Writ.Tlog;

namespace Writ.Cli.Witnesses;

/// <summary><c>writ witness</c>: a process that cosigns the checkpoints of logs, and never two that contradict each
/// other.</summary>
internal static class WitnessNoun
{
    public static Command Create(Verbs verbs) => new("witness", "A witness of logs: cosigns what only ever grows.")
    {
        Start(verbs),
        Keygen(verbs),
    };

    private static Command Start(Verbs verbs)
    {
        var state = new Option<string>("--state")
        {
            Description = "The folder of what it cosigned; it belongs to the key, and is never set back.",
            HelpName = "DIR",
            Required = true,
        };
        var key = new Option<string>("--key")
        {
            Description = "The file of its key (writ witness keygen), mode 0600.",
            HelpName = "FILE",
            Required = true,
        };
        var log = new Option<string[]>("--log")
        {
            Description = "The verifier key of a log that it cosigns (writ audit key); may come again.",
            HelpName = "LINE|FILE",
            Required = true,
        };
        var listen = new Option<string>("--listen")
        {
            Description = "Where it listens, plain HTTP: put a TLS proxy before it where that is no loopback.",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => "127.0.0.1:8430",
        };
        var fresh = new Option<bool>("--new")
        {
            Description = "Begin: the key has cosigned nothing yet, and the folder is empty.",
        };
        return verbs.Of("start", "Cosigns checkpoints (C2SP tlog-witness) until it is stopped.", async call =>
        {
            if (!IPEndPoint.TryParse(call.Get(listen)!, out var address) || !call.Get(listen)!.Contains(':'))
                throw new UsageException("--listen is an address and a port: 127.0.0.1:8430.");
            using var signer = WitnessKey.Load(Path.GetFullPath(call.Get(key)!, call.Outside.Folder));
            using var folder = new WitnessState(
                Path.GetFullPath(call.Get(state)!, call.Outside.Folder), signer.Key, call.Get(fresh));
            var keys = (call.Get(log) ?? []).Select(text => LogKeys.Parse(call, text))
                .DistinctBy(k => k.ToString(), StringComparer.Ordinal);
            var logs = new Dictionary<string, WitnessedLog>(StringComparer.Ordinal);
            foreach (var its in keys.GroupBy(k => k.Name, StringComparer.Ordinal))
                logs[its.Key] = new WitnessedLog(its.Key, [.. its], signer, folder, call.Outside.Time);
            await ServeAsync(call, address, signer.Key, new WitnessEndpoints(logs));
            foreach (var one in logs.Values) one.Dispose();
        }, state, key, log, listen, fresh);
    }

    private static Command Keygen(Verbs verbs)
    {
        var name = new Option<string>("--name")
        {
            Description = "The witness's name, as a URL without its scheme: witness.example/w1.",
            HelpName = "NAME",
            Required = true,
        };
        var file = new Option<string>("--file", "-f")
        {
            Description = "Where its key goes; a new file.",
            HelpName = "FILE",
            Required = true,
        };
        return verbs.Of("keygen", "Makes a witness's key, and prints what verifies its cosignatures.", async call =>
            await call.Outside.Out.WriteLineAsync(
                WitnessKey.Create(Path.GetFullPath(call.Get(file)!, call.Outside.Folder), call.Get(name)!)),
            name, file);
    }

    private static async Task ServeAsync(Call call, IPEndPoint address, VerifierKey key, WitnessEndpoints endpoints)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = WitnessEndpoints.MostBytes + 1;
            kestrel.Limits.MaxConcurrentConnections = 1000;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(address, options => options.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore();
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        await using var app = builder.Build();
        app.UseRouting();
        app.MapPost("/add-checkpoint", (RequestDelegate)endpoints.AddAsync);
        app.MapGet("/{name}/checkpoint", (RequestDelegate)(http =>
            endpoints.CheckpointAsync(http, (string)http.Request.RouteValues["name"]!)));
        await app.StartAsync(call.Cancel);
        var bound = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>();
        await call.Outside.Out.WriteLineAsync($"{bound.Addresses.Single()} {key}");
        await call.Outside.Out.FlushAsync(call.Cancel);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, call.Outside.Time, call.Cancel);
        }
        catch (OperationCanceledException)
        {
            await app.StopAsync(CancellationToken.None);
        }
    }
}
