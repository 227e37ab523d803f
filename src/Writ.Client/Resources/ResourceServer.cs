using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// A resource server's side of Writ, wired: the verifier, the issuer's keys, the feed, and the broker to ask in doubt.
/// Owns all of them, from the host's start to its end.
/// </summary>
internal sealed class ResourceServer : IHostedService, IDisposable
{
    // What the server needs of the broker, and nothing more.
    private const string Scope = "revocation:read token:introspect";

    private readonly WritOptions _options;
    private readonly ECDsa? _ownKey;
    private readonly WritClientOptions _client;
    private readonly BrokerConnection _broker;
    private readonly ManagementApi _management;
    private readonly RemoteKeys _tokenKeys;
    private readonly RemoteKeys _feedKeys;
    private readonly RevocationFeed _feed;
    private readonly BrokerVerdicts _verdicts;
    private readonly Meter _meter = new("Writ.Client");
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _staleRefusals;
    private readonly Counter<long> _introspections;
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;
    private readonly ILogger _log;
    private int _isAudienceSaid; // 1 once the first token for another resource was told of
    private int _disposed;

    internal ResourceServer(WritOptions options, ILogger log)
    {
        _options = options;
        _log = log;
        Model = ResourceServerModel.Of(options);
        _ownKey = options.Key is null
            ? AgentKey.Load(
                options.KeyFile ?? throw new ArgumentException("Writ: KeyFile or Key must be set.", nameof(options)))
            : null;
        _client = new WritClientOptions
        {
            Issuer = options.Issuer,
            ClientId = options.ClientId,
            Key = options.Key ?? _ownKey!,
            Handler = options.Handler,
            Time = options.Time,
        };
        _broker = new BrokerConnection(_client);
        _management = Management(Scope);
        _tokenKeys = new RemoteKeys(
            async cancel => await _broker.GetAsync((await _broker.MetadataAsync(cancel)).Jwks, cancel), options.Time);
        _feedKeys = new RemoteKeys(
            async cancel => await _broker.GetAsync(await EndpointAsync(m => m.FeedJwks, cancel), cancel), options.Time);
        Revocations = new RevocationView(options.StaleAfter, options.Skew, options.Time);
        Verifier = new TokenVerifier(Model.Verifier, KeyRing.Empty, Revocations, options.Time);
        _verdicts = new BrokerVerdicts(IntrospectAsync, options.Time);
        _feed = new RevocationFeed(
            _management,
            async cancel => (await EndpointAsync(m => m.Feed, cancel)).PathAndQuery,
            _feedKeys,
            Revocations,
            options.Time,
            log);
        _refusals = _meter.CreateCounter<long>("writ.verifier.refusals", description: "Requests refused, by code.");
        _staleRefusals = _meter.CreateCounter<long>(
            "writ.verifier.stale_refusals", description: "Requests refused because revocation could not be known.");
        _introspections = _meter.CreateCounter<long>(
            "writ.verifier.introspections", description: "Tokens asked about at the broker while the feed was silent.");
    }

    internal ResourceServerModel Model { get; }

    internal RevocationView Revocations { get; }

    internal TokenVerifier Verifier { get; }

    internal string Issuer => _broker.IssuerText;

    internal string ClientId => _client.ClientId;

    internal TimeProvider Time => _client.Time;

    /// <summary>The keys that sign the feed, and bundles.</summary>
    internal RemoteKeys FeedKeys => _feedKeys;

    /// <summary>The broker's management API under a token that carries this and no more. The caller's to dispose.
    /// </summary>
    internal ManagementApi Management(string scope) => new(_broker, _client, scope);

    /// <summary>Judges a token; asks the broker for keys or for its verdict where that is needed.</summary>
    internal async Task<Verification> VerifyAsync(PresentedToken presented, CancellationToken cancel)
    {
        using var span = ClientSpans.Start("writ.verify");
        var outcome = await JudgeAsync(presented, cancel);
        span?.Tell(outcome is Verification.Verified, (outcome as Verification.Refused)?.Refusal.Code)
            .SetTag("writ.jti", (outcome as Verification.Verified)?.Token.Claims.Jti)
            .SetTag("writ.task", (outcome as Verification.Verified)?.Token.Claims.TaskId);
        if (outcome is Verification.Refused { Refusal: var refusal })
        {
            _refusals.Add(1, new KeyValuePair<string, object?>("code", refusal.Code));
            if (refusal == TokenRefusal.Stale)
                _staleRefusals.Add(1);
            if (refusal == TokenRefusal.WrongAudience && Interlocked.Exchange(ref _isAudienceSaid, 1) == 0)
            {
                _log.LogWarning(
                    "A token of {Issuer} is for another resource than ours ({Resources}): if clients ask for ours, "
                    + "Resources does not name it as it is registered (writ resource list).",
                    Issuer, string.Join(", ", Model.Resources.Select(r => $"{r.Key} = {r.Value}")));
            }
        }

        return outcome;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _reading = _feed.RunAsync(_stop.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _reading.WaitAsync(cancellationToken);
    }

    // The container disposes what it made once per registration, and we are registered as hosted service too.
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        _stop.Cancel();
        _management.Dispose();
        _broker.Dispose();
        _tokenKeys.Dispose();
        _feedKeys.Dispose();
        _meter.Dispose();
        _ownKey?.Dispose();
        _stop.Dispose();
    }

    private async Task<Verification> JudgeAsync(PresentedToken presented, CancellationToken cancel)
    {
        if (_tokenKeys.IsOld)
            await FetchKeysAsync(cancel);
        var outcome = Verifier.Verify(presented);
        if (outcome is Verification.UnknownKey)
        {
            await FetchKeysAsync(cancel);
            outcome = Verifier.Verify(presented);
        }

        return outcome switch
        {
            Verification.UnknownKey when Verifier.Keys.Keys.IsEmpty => new Verification.Refused(TokenRefusal.NoKeys),
            Verification.UnknownKey => new Verification.Refused(TokenRefusal.BadSignature),
            Verification.Stale stale => await AskAsync(presented, stale.Token, cancel),
            _ => outcome,
        };
    }

    // The old ring stays in use when the broker cannot be reached: a key is taken back by the feed, not by its absence.
    private async Task FetchKeysAsync(CancellationToken cancel)
    {
        using var limit = Limit(cancel);
        try
        {
            if (await _tokenKeys.RefreshAsync(_tokenKeys.Ring, limit.Token))
                Verifier.Keys = _tokenKeys.Ring;
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            // Whoever needs a key that is not there is refused with 503.
        }
    }

    private async Task<Verification> AskAsync(PresentedToken presented, VerifiedToken token, CancellationToken cancel)
    {
        if (!_options.IntrospectWhenStale)
            return new Verification.Refused(TokenRefusal.Stale);
        try
        {
            return await _verdicts.IsActiveAsync(presented.Token, cancel)
                ? new Verification.Verified(token)
                : new Verification.Refused(TokenRefusal.Revoked);
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            return new Verification.Refused(TokenRefusal.Stale);
        }
    }

    private async Task<bool> IntrospectAsync(string token)
    {
        _introspections.Add(1);
        using var limit = Limit(_stop.Token);
        var endpoint = (await _broker.MetadataAsync(limit.Token)).Introspection;
        var answer = await _broker.PostAsync(endpoint, [new("token", token)], limit.Token);
        return answer is { } members && Introspection.Parse(members).IsActive;
    }

    private CancellationTokenSource Limit(CancellationToken cancel)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_options.IntrospectionTimeout);
        return limit;
    }

    private static bool IsOutage(Exception e, CancellationToken cancel) =>
        e is WritException || BrokerConnection.IsOutage(e, cancel);

    private async ValueTask<Uri> EndpointAsync(Func<BrokerMetadata, Uri?> choose, CancellationToken cancel) =>
        choose(await _broker.MetadataAsync(cancel))
        ?? throw BrokerErrors.Malformed("the metadata names no revocation feed");
}
