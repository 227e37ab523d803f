using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// What the child is given instead of a credential: an endpoint on loopback, at a random port, behind a random key that
/// is good nowhere else, for descendants of this process alone, for as long as the run lasts.
/// </summary>
/// <remarks>
/// <c>POST /token {resource|grants}</c> → a token bound to the run's key;
/// <c>POST /proof {method, url, token?, nonce?}</c> → a DPoP proof;
/// <c>ANY /api/{resource}/…</c> → the call, forwarded with token and proof.
/// </remarks>
internal sealed class RunEndpoint : IAsyncDisposable
{
    private const int MaxBodyBytes = 16 * 1024;
    private const string Bearer = "Bearer ";

    private readonly WorkTaskHandle _task;
    private readonly RunTokens _tokens;
    private readonly RunForwarder _forwarder;
    private readonly PeerProcess _peers = new(Environment.ProcessId);
    private readonly WebApplication _app;

    private RunEndpoint(WorkTaskHandle task)
    {
        _task = task;
        _tokens = new RunTokens(task);
        _forwarder = new RunForwarder(task, _tokens);

        // An empty builder: neither the environment nor a file of the user's can configure this server, and it
        // starts where the user's folder cannot be read, too.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    internal string Key { get; } = RandomId.Secret();

    internal string Url { get; private set; } = "";

    internal string TaskId => _task.Id;

    internal static async Task<RunEndpoint> StartAsync(WorkTaskHandle task, CancellationToken cancel)
    {
        var endpoint = new RunEndpoint(task);
        await endpoint._app.StartAsync(cancel);
        var addresses = endpoint._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        endpoint.Url = addresses.Addresses.Single();
        return endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        // What still streams is cut off: the run is over.
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _forwarder.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!IsOfThisRun(http))
        {
            await RunAnswer.ProblemAsync(http, 403, "not_of_this_run", "Only this run's own processes are served.");
            return;
        }

        // Whoever of the run calls may have a span of its own: what we ask for it belongs there.
        var headers = http.Request.Headers;
        using var carried = CarriedTrace.Begin(TraceContext.Read(headers.TraceParent, headers.TraceState));
        try
        {
            await RouteAsync(http);
        }
        catch (WritException e) when (!http.Response.HasStarted)
        {
            await RunAnswer.ProblemAsync(http, e.IsRefusal ? 403 : 502, e.Code, e.Message, e.DecisionId);
        }
    }

    private Task RouteAsync(HttpContext http) => (http.Request.Method, http.Request.Path.Value) switch
    {
        ("POST", "/token") => TokenAsync(http),
        ("POST", "/proof") => ProofAsync(http),
        (_, { } path) when path.StartsWith(RunForwarder.Prefix, StringComparison.Ordinal) =>
            _forwarder.ForwardAsync(http),
        _ => RunAnswer.ProblemAsync(http, 404, "not_found", "There is /token, /proof and /api/{resource}/…"),
    };

    // The host is checked too, so that a browser that was rebound to us (DNS) has no say even with a guessed key.
    private bool IsOfThisRun(HttpContext http) =>
        http.Request.Host.Value == Url["http://".Length..] && HasKey(http) && IsDescendant(http);

    private bool HasKey(HttpContext http) =>
        http.Request.Headers.Authorization is [{ } header]
        && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(header[Bearer.Length..].Trim()), Encoding.UTF8.GetBytes(Key));

    // Once for a connection: the far end of a connection does not change hands without its holder's doing.
    private bool IsDescendant(HttpContext http)
    {
        var items = http.Features.Get<IConnectionItemsFeature>()!.Items;
        if (items.TryGetValue(this, out var known))
            return known is true;
        var connection = http.Connection;
        var isOurs = _peers.IsDescendant(
            new IPEndPoint(connection.LocalIpAddress!, connection.LocalPort),
            new IPEndPoint(connection.RemoteIpAddress!, connection.RemotePort));
        items[this] = isOurs;
        return isOurs;
    }

    private async Task TokenAsync(HttpContext http)
    {
        if (await ReadAsync(http) is not { } body || AskOf(body) is not { } ask)
        {
            await RunAnswer.ProblemAsync(http, 400, "bad_request", "Expected {\"resource\": …} or {\"grants\": […]}.");
            return;
        }

        var token = await _tokens.GetAsync(ask, http.RequestAborted);
        await http.Response.WriteAsJsonAsync(
            new
            {
                access_token = token.Value,
                token_type = "DPoP",
                expires_in = (int)token.Remaining(_task.Time).TotalSeconds,
                resource = token.Resource?.ToString(),
            },
            http.RequestAborted);
    }

    private async Task ProofAsync(HttpContext http)
    {
        if (await ReadAsync(http) is not { } body
            || StringOf(body, "method") is not { Length: > 0 } method
            || !Uri.TryCreate(StringOf(body, "url"), UriKind.Absolute, out var url))
        {
            await RunAnswer.ProblemAsync(http, 400, "bad_request", "Expected {\"method\": …, \"url\": …}.");
            return;
        }

        // Never for the broker: a proof there would be a step towards acting as the agent itself.
        if (!await _tokens.MayProveAsync(url, http.RequestAborted))
        {
            await RunAnswer.ProblemAsync(http, 403, "wrong_resource", "The URL lies at none of the task's resources.");
            return;
        }

        var proof = _task.Prove(method, url, StringOf(body, "nonce"), StringOf(body, "token"));
        await http.Response.WriteAsJsonAsync(new { proof }, http.RequestAborted);
    }

    private static TokenAsk? AskOf(JsonElement body)
    {
        if (StringOf(body, "resource") is { } resource)
            return TokenAsk.For(resource);
        if (!body.TryGetProperty("grants", out var grants)
            || grants.ValueKind != JsonValueKind.Array
            || grants.GetArrayLength() == 0
            || grants.EnumerateArray().Any(grant => grant.ValueKind != JsonValueKind.String))
        {
            return null;
        }

        return TokenAsk.Of(grants.EnumerateArray().Select(grant => grant.GetString()!));
    }

    private static async Task<JsonElement?> ReadAsync(HttpContext http)
    {
        if (http.Request.ContentLength is not <= MaxBodyBytes)
            return null;
        var bytes = new byte[(int)http.Request.ContentLength];
        await http.Request.Body.ReadExactlyAsync(bytes, http.RequestAborted);
        return StrictJson.TryParse(bytes, StrictJson.DefaultMaxDepth, out var body, out _)
            && body.ValueKind == JsonValueKind.Object
            ? body
            : null;
    }

    private static string? StringOf(JsonElement body, string name) =>
        body.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;

    // Signals are the run's business, not this server's.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
