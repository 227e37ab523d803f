using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// An open task. Gives tokens, and HTTP handlers that use them; disposing it ends the task as completed, and with it
/// everything that was issued under it. Thread-safe.
/// </summary>
public sealed class WorkTaskHandle : IAsyncDisposable
{
    private const int EndAttempts = 3;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    private readonly BrokerConnection _broker;
    private readonly ManagementApi _management;
    private readonly TimeSpan _refreshAhead;
    private readonly Func<TokenAsk, Func<CancellationToken, Task<IssuedToken>>> _fetch;
    private readonly ConcurrentDictionary<TokenAsk, TokenCache> _caches = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _heart;

    private readonly TaskCompletionSource<WritException> _endedByBroker =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _ended; // 1 from the first end on; set by Interlocked
    private int _disposed; // 1 from the first disposal on; set by Interlocked

    internal WorkTaskHandle(
        BrokerConnection broker,
        ManagementApi management,
        TimeSpan refreshAhead,
        string id,
        Func<TokenAsk, Func<CancellationToken, Task<IssuedToken>>> fetch,
        TimeSpan? silence)
    {
        _broker = broker;
        _management = management;
        _refreshAhead = refreshAhead;
        _fetch = fetch;
        Id = id;
        _heart = silence is { } limit ? BeatAsync(limit / 3) : Task.CompletedTask;
    }

    /// <summary>The task's id: the <c>txn</c> of its tokens.</summary>
    public string Id { get; }

    /// <summary>The most that it may do, where the broker said so; null for a task that we only attached to.</summary>
    public Authority? Authority { get; internal init; }

    /// <summary>When it ends at the latest, where the broker said so: sooner than asked, where its bounds allow no
    /// more.</summary>
    public DateTimeOffset? Deadline { get; internal init; }

    /// <summary>
    /// Completes with the broker's word when a heartbeat is told that the task is no more: ended by somebody else, or
    /// by its deadline. A handle without heartbeat never hears of it.
    /// </summary>
    public Task<WritException> EndedByBroker => _endedByBroker.Task;

    /// <summary>A token for what is asked; the cached one while it lasts.</summary>
    /// <exception cref="WritException">Refused, or the broker was not reached.</exception>
    public Task<IssuedToken> GetTokenAsync(TokenAsk ask, CancellationToken cancel = default) =>
        CacheOf(ask).GetAsync(refused: null, cancel).AsTask();

    /// <summary>
    /// A transport that sends requests to the one resource of what is asked, each with a fresh proof. It throws
    /// <see cref="WritException"/> (<c>wrong_resource</c>) for any other place and follows no redirect.
    /// </summary>
    public HttpMessageHandler CreateHandler(TokenAsk ask) =>
        new BoundTokenHandler(CacheOf(ask), _broker);

    /// <inheritdoc cref="CreateHandler(TokenAsk)"/>
    /// <param name="grants">Grants at one resource: <c>orders:read@orders</c>.</param>
    public HttpMessageHandler CreateHandler(params IEnumerable<string> grants) => CreateHandler(TokenAsk.Of(grants));

    /// <summary>
    /// An <see cref="HttpClient"/> over <see cref="CreateHandler(IEnumerable{string})"/>. Where the task may do this at
    /// one place alone, that is its base address: <c>GetAsync("orders")</c>.
    /// </summary>
    public HttpClient CreateClient(params IEnumerable<string> grants)
    {
        var ask = TokenAsk.Of(grants);
        var client = new HttpClient(CreateHandler(ask));
        if (PlaceOf(ask) is { } place)
            client.BaseAddress = place;
        return client;
    }

    /// <summary>
    /// Hands a part of the work to another agent: gets a token for it and signs the word that lets this agent, and
    /// nobody else, exchange it within a minute.
    /// </summary>
    /// <param name="actor">The other agent's SPIFFE id.</param>
    /// <param name="ask">What it shall be able to do; never more than we can.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="WritException">Refused, or the broker was not reached.</exception>
    public async Task<HandedOn> HandOnAsync(string actor, TokenAsk ask, CancellationToken cancel = default)
    {
        // A certificate signs no tickets: the token itself names who may exchange it.
        var isNamed = _broker.BoundTo is not null;
        var token = await GetTokenAsync(isNamed ? ask with { MayAct = actor } : ask, cancel);
        if (token.Authority.Locations.ToArray() is not [var resource])
            throw new WritException("resource_unclear", "Work is handed on for exactly one resource.");
        if (isNamed)
            return new HandedOn(token.Value, Ticket: null, resource);
        var ticket = ExchangeTicket.Create(
            _broker.Proofs.Signer,
            _broker.IssuerText,
            actor,
            [resource],
            token.Value,
            RandomId.Jti(),
            _broker.Time.GetUtcNow());
        return new HandedOn(token.Value, ticket, resource);
    }

    /// <summary>The task as the broker sees it, with the tree of all that was issued under it.</summary>
    /// <exception cref="WritException">Refused, or the broker was not reached.</exception>
    public async Task<JsonElement> ShowAsync(CancellationToken cancel = default) =>
        await _management.SendAsync(HttpMethod.Get, Path(""), body: null, cancel)
        ?? throw BrokerErrors.Malformed("no task");

    /// <summary>Tells the broker that the work goes on. A task opened with silence does so by itself.</summary>
    /// <exception cref="WritException">The task has ended, or the broker was not reached.</exception>
    public Task HeartbeatAsync(CancellationToken cancel = default) =>
        _management.SendAsync(HttpMethod.Post, Path("/heartbeat"), body: null, cancel);

    /// <summary>Ends the task: the work is done. Idempotent.</summary>
    /// <exception cref="WritException">The broker was not reached: the task lives on until its deadline.</exception>
    public Task CompleteAsync(CancellationToken cancel = default) => EndAsync("completed", reason: null, cancel);

    /// <summary>Ends the task: the work was given up. Idempotent.</summary>
    /// <exception cref="WritException">The broker was not reached: the task lives on until its deadline.</exception>
    public Task CancelAsync(string? reason = null, CancellationToken cancel = default) =>
        EndAsync("cancelled", reason, cancel);

    /// <summary>
    /// Completes the task unless it has ended. Throws when the broker could not be told, for then its tokens live on:
    /// that must not pass in silence. Twice is no error.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        try
        {
            await CompleteAsync();
        }
        finally
        {
            await _stop.CancelAsync();
            await _heart;
            foreach (var cache in _caches.Values)
                cache.Dispose();
            _stop.Dispose();
        }
    }

    internal TimeProvider Time => _broker.Time;

    /// <summary>A proof by the key that the task's tokens are bound to.</summary>
    internal string Prove(string method, Uri uri, string? nonce, string? accessToken) =>
        _broker.Proofs.Prove(method, uri, nonce, accessToken);

    /// <summary>Whether a place is the broker itself, under either of its names.</summary>
    internal async ValueTask<bool> IsAtBrokerAsync(Uri place, CancellationToken cancel) =>
        (await _broker.MetadataAsync(cancel)).IsAtBroker(place);

    private TokenCache CacheOf(TokenAsk ask) =>
        _caches.GetOrAdd(ask, static (key, self) =>
            new TokenCache(self._fetch(key), self._broker.Time, self._refreshAhead), this);

    // By the actions: a grant names its resource, whose address the broker alone knows. A wrong guess reaches nobody,
    // since the handler sends nothing to another place than the token's.
    private Uri? PlaceOf(TokenAsk ask)
    {
        var actions = ask.Grants
            .SelectMany(grant => RequestedScope.TryParse(grant, out var scope)
                ? scope.Actions.Concat(scope.Grants.SelectMany(g => g.Actions))
                : [])
            .ToHashSet();
        var places = (Authority?.Details ?? [])
            .Where(detail => actions.Count == 0 || actions.Overlaps(detail.Actions))
            .SelectMany(detail => detail.Locations)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return places is [var only] && Uri.TryCreate(only, UriKind.Absolute, out var place)
            && (place.Scheme == Uri.UriSchemeHttps || place.Scheme == Uri.UriSchemeHttp)
                ? new Uri(place.AbsoluteUri.TrimEnd('/') + "/")
                : null;
    }

    private string Path(string rest) => $"/v1/tasks/{Uri.EscapeDataString(Id)}{rest}";

    private async Task EndAsync(string status, string? reason, CancellationToken cancel)
    {
        if (Volatile.Read(ref _ended) == 1)
            return;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var body = new JsonObject { ["status"] = status };
                if (reason is not null)
                    body["reason"] = reason;
                await _management.SendAsync(HttpMethod.Post, Path("/end"), body, cancel);
                Interlocked.Exchange(ref _ended, 1);
                return;
            }
            catch (WritException e) when (!e.IsRefusal && attempt < EndAttempts)
            {
                await Task.Delay(BetweenAttempts, _broker.Time, cancel);
            }
        }
    }

    // A beat that fails is not the end: the next may get through. A refusal is.
    private async Task BeatAsync(TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval, _broker.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await HeartbeatAsync(_stop.Token);
                }
                catch (WritException e) when (e.IsRefusal)
                {
                    _endedByBroker.TrySetResult(e);
                    return;
                }
                catch (WritException)
                {
                    continue;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }
}
