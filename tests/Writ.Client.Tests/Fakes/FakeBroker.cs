using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Writ.Protocol;

namespace Writ.Client.Tests;

/// <summary>
/// A broker as far as the wire goes: a real server on a free port that checks assertions and proofs with the protocol's
/// own code and lets the test choose its answers. It decides nothing.
/// </summary>
internal sealed class FakeBroker : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, byte> _usedIds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Channel<string>, byte> _readers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _beat = new();
    private bool _isBeating = true; // guarded by _beat
    private WebApplication? _app;

    internal Issuer Issuer { get; } = new();

    internal string Url => Issuer.Url;

    internal string Nonce { get; set; } = "nonce-1";

    internal Jwk? ClientKey { get; set; }

    internal TimeSpan TokenLife { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>URI of each registered resource.</summary>
    internal ConcurrentDictionary<string, string> Resources { get; } = new(StringComparer.Ordinal);

    /// <summary>Set: the token endpoint answers this instead of a token.</summary>
    internal Func<IFormCollection, IResult?>? OnToken { get; set; }

    internal ConcurrentQueue<IFormCollection> TokenRequests { get; } = new();

    internal ConcurrentQueue<(string Path, JsonNode? Body)> Calls { get; } = new();

    internal Func<string, IResult?>? OnCall { get; set; }

    internal bool IsActive { get; set; } = true;

    /// <summary>Where clients with certificates reach it; null: nowhere.</summary>
    internal string? TlsAlias { get; set; }

    internal int Introspections { get; private set; }

    internal int JwksRequests { get; private set; }

    /// <summary>Whether heartbeats are said; once it is false, none is still on its way to being said.</summary>
    internal bool IsBeating
    {
        get
        {
            lock (_beat) return _isBeating;
        }
        set
        {
            lock (_beat) _isBeating = value;
        }
    }

    internal string Epoch { get; set; } = "e1";

    internal RevocationFeedMessage.Snapshot FirstMessage { get; set; } = Issuer.Nothing();

    /// <summary>Bytes of entries in one part of the first message.</summary>
    internal int PartBytes { get; set; } = 100_000;

    /// <summary>Set: parts of the first message from this one on are not sent.</summary>
    internal int? PartsSent { get; set; }

    /// <summary>The traces that calls came in, whatever they were.</summary>
    internal ConcurrentQueue<string> Traces { get; } = new();

    internal ConcurrentQueue<string> FeedRequests { get; } = new();

    internal static async Task<FakeBroker> StartAsync()
    {
        var broker = new FakeBroker();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = broker._app = builder.Build();
        app.MapGet(BrokerMetadata.Path, broker.Metadata);
        app.MapGet("/oauth/jwks", () =>
        {
            broker.JwksRequests++;
            return Results.Text(KeyRing.Of(broker.Issuer.Tokens.PublicKey).ToJson(), "application/json");
        });
        app.MapGet("/v1/revocations/keys", () =>
            Results.Text(KeyRing.Of(broker.Issuer.Feed.PublicKey).ToJson(), "application/json"));
        app.Use((http, next) =>
        {
            if (http.Request.Headers.TraceParent is [{ } trace]) broker.Traces.Enqueue(trace);
            return next(http);
        });
        app.MapPost("/oauth/token", (Delegate)broker.TokenAsync);
        app.MapPost("/oauth/introspect", () =>
        {
            broker.Introspections++;
            return Results.Json(new { active = broker.IsActive });
        });
        app.MapPost("/oauth/revoke", () => Results.Ok());
        app.MapGet("/v1/revocations/feed", broker.FeedAsync);
        app.Map("/v1/{**rest}", (Delegate)broker.ManagementAsync);
        app.Map("/access/{**rest}", (Delegate)broker.ManagementAsync);
        await app.StartAsync();
        broker.Issuer.Url = app.Urls.Single();
        _ = broker.BeatAsync();
        return broker;
    }

    /// <summary>Says something on the feed to all who listen, as it is.</summary>
    internal void Say(string data)
    {
        foreach (var (reader, _) in _readers)
            reader.Writer.TryWrite(data);
    }

    internal void Say(RevocationFeedMessage message) => Say(Issuer.Sign(message));

    /// <summary>Ends all streams of the feed.</summary>
    internal void Hang()
    {
        foreach (var (reader, _) in _readers)
            reader.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Hang();
        await _app!.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        Issuer.Dispose();
    }

    private IResult Metadata() => Results.Json(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["issuer"] = Url,
        ["token_endpoint"] = Url + "/oauth/token",
        ["introspection_endpoint"] = Url + "/oauth/introspect",
        ["revocation_endpoint"] = Url + "/oauth/revoke",
        ["jwks_uri"] = Url + "/oauth/jwks",
        ["writ_revocation_feed_endpoint"] = Url + "/v1/revocations/feed",
        ["writ_revocation_jwks_uri"] = Url + "/v1/revocations/keys",
        ["mtls_endpoint_aliases"] = TlsAlias is null
            ? new Dictionary<string, string>(StringComparer.Ordinal)
            : new Dictionary<string, string>(StringComparer.Ordinal) { ["token_endpoint"] = TlsAlias + "/oauth/token" },
    });

    private async Task<IResult> TokenAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        http.Response.Headers["DPoP-Nonce"] = Nonce;
        if (Prove(http, accessToken: null, out var jkt) is { } refusal)
            return OAuth(400, refusal);
        if (!AssertionHolds(form))
            return OAuth(401, "invalid_client");
        TokenRequests.Enqueue(form);
        if (OnToken?.Invoke(form) is { } chosen)
            return chosen;

        var location = LocationOf(form);
        var now = TimeProvider.System.GetUtcNow();
        var claims = Issuer.Claims(now, new Confirmation.Jkt(jkt!)) with
        {
            Audience = [location],
            Authority = Authority.Of(AuthorizationDetail.Of(ActionsOf(form), [location])),
            ExpiresAt = now + TokenLife,
            TaskId = (string?)form["task"] ?? "task-1",
        };
        return Results.Json(new
        {
            access_token = Issuer.Sign(claims),
            token_type = "DPoP",
            expires_in = (int)TokenLife.TotalSeconds,
            authorization_details = JsonNode.Parse(claims.Authority.ToJson()),
            task = claims.TaskId,
            decision_id = "dec-1",
        });
    }

    private string LocationOf(IFormCollection form)
    {
        var scope = ((string?)form["scope"])?.Split(' ')[0];
        var name = (string?)form["resource"] ?? (string?)form["audience"] ?? scope?[(scope.IndexOf('@') + 1)..];
        return Resources.GetValueOrDefault(name!, name!);
    }

    private static IEnumerable<ActionName> ActionsOf(IFormCollection form) =>
        RequestedScope.TryParse(form["scope"], out var scope)
            ? scope.Actions.Concat(scope.Grants.SelectMany(grant => grant.Actions))
            : [ActionName.Parse("orders:read"), ActionName.Parse("task:start"), ActionName.Parse("task:end")];

    private bool AssertionHolds(IFormCollection form)
    {
        if (!Jws.TryRead(form["client_assertion"], JwsLimits.Default, out var jws, out _) || ClientKey is null)
            return false;
        var expected = new ClientAssertionExpectation(
            form["client_id"]!, Url, TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(5));
        return ClientAssertion.Verify(jws, KeyRing.Of(ClientKey), expected) is ClientAssertionOutcome.Valid valid
            && _usedIds.TryAdd(valid.Assertion.Jti, 0);
    }

    private string? Prove(HttpContext http, string? accessToken, out string? jkt)
    {
        jkt = null;
        var expected = new DpopExpectation(
            http.Request.Method,
            Url + http.Request.Path,
            TimeProvider.System.GetUtcNow(),
            TimeSpan.FromSeconds(60),
            TimeSpan.FromSeconds(5),
            accessToken,
            nonce => nonce == Nonce,
            Keys: null);
        switch (DpopProof.Verify(http.Request.Headers["DPoP"].ToString(), expected))
        {
            case DpopOutcome.Valid { Proof: var proof }:
                jkt = proof.Jkt;
                return _usedIds.TryAdd(proof.Jti, 0) ? null : "invalid_dpop_proof";
            case DpopOutcome.NonceRequired:
                return "use_dpop_nonce";
            default:
                return "invalid_dpop_proof";
        }
    }

    private static IResult OAuth(int status, string error) =>
        Results.Json(new { error, error_description = "no", code = error, decision_id = "dec-9" }, statusCode: status);

    private async Task<IResult> ManagementAsync(HttpContext http)
    {
        if (Bound(http) is { } refusal)
            return refusal;
        var body = http.Request.ContentLength > 0 ? await JsonNode.ParseAsync(http.Request.Body) : null;
        Calls.Enqueue((http.Request.Path + http.Request.QueryString, body));
        if (OnCall?.Invoke(http.Request.Path) is { } chosen)
            return chosen;
        return http.Request.Path == "/v1/tasks"
            ? Results.Json(new { id = "task-1", authorization_details = DetailsOf(body) }, statusCode: 201)
            : Results.Json(new { });
    }

    private JsonNode DetailsOf(JsonNode? body)
    {
        var grants = body?["grants"]?.AsArray().Select(grant => GrantExpression.Parse((string)grant!)) ?? [];
        var details = grants.Select(grant => grant.At(Resources[grant.Resource.Value]));
        return JsonNode.Parse(Authority.Of(details).ToJson())!;
    }

    private IResult? Bound(HttpContext http)
    {
        http.Response.Headers["DPoP-Nonce"] = Nonce;
        var token = http.Request.Headers.Authorization.ToString()["DPoP ".Length..];
        if (Prove(http, token, out _) is not { } error)
            return null;
        http.Response.Headers.WWWAuthenticate = $"DPoP error=\"{error}\"";
        return Results.Json(new { code = error }, statusCode: 401);
    }

    private async Task FeedAsync(HttpContext http)
    {
        FeedRequests.Enqueue(http.Request.QueryString.ToString());
        if (Bound(http) is { } refusal)
        {
            await refusal.ExecuteAsync(http);
            return;
        }

        var mine = Channel.CreateUnbounded<string>();
        http.Response.ContentType = "text/event-stream";
        if (!http.Request.Query.ContainsKey("after") || http.Request.Query["epoch"] != Epoch)
        {
            foreach (var part in FirstMessage.InParts("s1", PartBytes).Take(PartsSent ?? int.MaxValue))
                mine.Writer.TryWrite(Issuer.Sign(part));
        }

        _readers[mine] = 0;
        try
        {
            await foreach (var data in mine.Reader.ReadAllAsync(http.RequestAborted))
            {
                await http.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"data: {data}\n\n"));
                await http.Response.Body.FlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The reader left.
        }
        finally
        {
            _readers.TryRemove(mine, out _);
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!_stop.IsCancellationRequested && await timer.WaitForNextTickAsync())
        {
            lock (_beat)
            {
                if (_isBeating)
                    Say(new RevocationFeedMessage.Heartbeat(Epoch, 0, TimeProvider.System.GetUtcNow()));
            }
        }
    }
}
