using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// An identity at its broker: opens tasks, takes over delegated work, asks after tokens. Thread-safe; one for the life
/// of a process is right. Owns what it made itself (proof key, transport), not what the options gave it.
/// </summary>
/// <example>
/// <code>
/// using var writ = WritClient.FromKeyFile(
///     "https://writ.example.org", "spiffe://example.org/agent/billing", "agent.pem");
/// await using var task = await writ.OpenTaskAsync("monthly invoices", "orders:read@orders");
/// using var orders = task.CreateClient("orders:read@orders");
/// var open = await orders.GetStringAsync("https://orders.example.org/orders?status=open");
/// </code>
/// </example>
public sealed class WritClient : IDisposable
{
    private readonly WritClientOptions _options;
    private readonly BrokerConnection _broker;
    private readonly IDisposable? _ownKey;
    private readonly ApprovalWait _approvals;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <exception cref="ArgumentException">
    /// The issuer or the handler is not fit, or there is not just one of key, key file and certificate.
    /// </exception>
    /// <exception cref="WritException">The key file is not fit: <see cref="AgentKey.Load"/>.</exception>
    public WritClient(WritClientOptions options)
    {
        if (options is { KeyFile: not null, Key: not null })
            throw new ArgumentException("Give either Key or KeyFile.", nameof(options));
        var own = options.KeyFile is { } file ? AgentKey.Load(file) : null;
        try
        {
            _ownKey = own;
            _options = own is null ? options : options with { Key = own, KeyFile = null };
            _broker = new BrokerConnection(_options);
            Management = new ManagementApi(_broker, _options, scope: null);
            _approvals = new ApprovalWait(_options, Management);
        }
        catch
        {
            own?.Dispose();
            throw;
        }
    }

    /// <summary>The management API under the client's own token.</summary>
    public ManagementApi Management { get; }

    /// <summary>
    /// The thumbprint of the key that tokens are bound to (<c>cnf.jkt</c>), unless they are bound to the client's
    /// certificate.
    /// </summary>
    public string ProofKeyThumbprint => _broker.Proofs.Thumbprint;

    /// <summary>Does something at the management API; where a person has to say yes first, waits for it as long as
    /// <see cref="WritClientOptions.ApprovalPatience"/> says, and does it then.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query from the root: <c>/v1/resources</c>.</param>
    /// <param name="body">The JSON body; null for none.</param>
    /// <param name="approval">The id of an approval of just this; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The JSON object of the answer; null when it has no body.</returns>
    /// <exception cref="WritException">Refused, or not reached; with <see cref="WritException.Approval"/> if nobody
    /// said anything in time.</exception>
    public Task<JsonElement?> ActAsync(
        HttpMethod method, string path, JsonNode? body = null, string? approval = null,
        CancellationToken cancel = default) =>
        _approvals.RunAsync((held, c) => Management.SendAsync(method, path, body, held, c), cancel, approval);

    /// <summary>Makes a client whose key lies in a PEM file of mode 0600.</summary>
    /// <exception cref="WritException">The file is not fit: <see cref="AgentKey.Load"/>.</exception>
    public static WritClient FromKeyFile(string issuer, string clientId, string keyFile) =>
        new(new WritClientOptions { Issuer = issuer, ClientId = clientId, KeyFile = keyFile });

    /// <summary>Opens a task under the agent's only workflow.</summary>
    /// <inheritdoc cref="OpenTaskAsync(TaskRequest, CancellationToken)"/>
    public Task<WorkTaskHandle> OpenTaskAsync(string purpose, params IEnumerable<string> grants) =>
        OpenTaskAsync(new TaskRequest { Purpose = purpose, Grants = [.. grants] });

    /// <summary>Opens a task. Disposing the handle ends it, and with it all that was issued under it.</summary>
    /// <exception cref="WritException">Refused, or the broker was not reached.</exception>
    public async Task<WorkTaskHandle> OpenTaskAsync(TaskRequest request, CancellationToken cancel = default)
    {
        var answer = await _approvals.RunAsync(
            (approval, c) => Management.SendAsync(HttpMethod.Post, "/v1/tasks", Body(request), approval, c), cancel);
        if (answer is not { } task || TextOf(task, "id") is not { } id)
            throw BrokerErrors.Malformed("the task has no id");
        Authority? authority = null;
        if (task.TryGetProperty("authorization_details", out var details)
            && !Authority.TryParse(details, out authority, out _))
        {
            throw BrokerErrors.Malformed("authorization_details");
        }

        return Handle(
            id, ask => Fetch(id, ask), _options.RefreshAhead, request.Silence, authority, TimeOf(task, "deadline"));
    }

    /// <summary>A handle on an open task of this agent that an operator or an earlier process opened.</summary>
    public WorkTaskHandle AttachTask(string taskId) =>
        Handle(taskId, ask => Fetch(taskId, ask), _options.RefreshAhead, silence: null);

    /// <summary>
    /// Takes over delegated work (RFC 8693): exchanges the token of another agent for one of our own, in a child task
    /// that ends with the parent. It cannot be renewed: when its token ends, so does the work.
    /// </summary>
    /// <param name="handedOn">What the other agent gave: its token, and a ticket unless the token names us.</param>
    /// <param name="ask">What we need of it; null: all of it, at its audience.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="WritException">Refused, or the broker was not reached.</exception>
    public async Task<WorkTaskHandle> ExchangeAsync(
        HandedOn handedOn, TokenAsk? ask = null, CancellationToken cancel = default)
    {
        List<KeyValuePair<string, string>> parameters =
        [
            new("grant_type", GrantTypes.TokenExchange),
            new("subject_token", handedOn.SubjectToken),
            new("subject_token_type", TokenTypeUri.AccessToken),
            .. (ask ?? TokenAsk.For(handedOn.Resource)).Parameters(),
        ];
        if (handedOn.Ticket is { } ticket)
            parameters.Add(new("ticket", ticket));
        // A ticket is good once: with one there is no asking again.
        var token = handedOn.Ticket is null
            ? await _approvals.RunAsync((approval, c) => TokenAsync(parameters, approval, c), cancel)
            : await _broker.TokenAsync(parameters, cancel);
        var id = token.TaskId ?? throw BrokerErrors.Malformed("the exchanged token names no task");

        // There is no next token to be early for: this one is used to its end.
        return Handle(
            id, _ => GiveOnce(token, _options.Time), refreshAhead: TimeSpan.Zero, silence: null, token.Authority);
    }

    /// <summary>Asks the broker whether a token is good (RFC 7662).</summary>
    /// <exception cref="WritException">Refused, or the broker was not reached.</exception>
    public async Task<Introspection> IntrospectAsync(string token, CancellationToken cancel = default)
    {
        var endpoint = (await _broker.MetadataAsync(cancel)).Introspection;
        var answer = await _broker.PostAsync(endpoint, [new("token", token)], cancel);
        return Introspection.Parse(answer ?? throw BrokerErrors.Malformed("no JSON object"));
    }

    /// <summary>Revokes a token, and all that was made from it (RFC 7009). One that does not hold is no error; one that
    /// the caller may not end is.</summary>
    /// <exception cref="WritException">Refused, or the broker was not reached.</exception>
    public async Task RevokeAsync(string token, CancellationToken cancel = default)
    {
        var endpoint = (await _broker.MetadataAsync(cancel)).Revocation;
        await _broker.PostAsync(endpoint, [new("token", token)], cancel);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Management.Dispose();
        _broker.Dispose();
        _ownKey?.Dispose();
    }

    private static JsonObject Body(TaskRequest request)
    {
        var body = new JsonObject { ["purpose"] = request.Purpose };
        if (request.Workflow is { } workflow)
            body["workflow"] = workflow;
        if (request.Agent is { } agent)
            body["agent"] = agent;
        if (request.Parent is { } parent)
            body["parent"] = parent;
        if (!request.Grants.IsEmpty)
            body["grants"] = new JsonArray([.. request.Grants.Select(grant => JsonValue.Create(grant))]);
        if (request.Details is { } details)
            body["authorization_details"] = JsonNode.Parse(details.ToJson());
        if (request.Deadline is { } deadline)
            body["deadline_seconds"] = (long)deadline.TotalSeconds;
        if (request.OnBehalfOfToken is { } user)
            body["on_behalf_of"] = new JsonObject { ["token"] = user };
        if (request.Silence is { } silence)
            body["heartbeat_seconds"] = (long)silence.TotalSeconds;
        return body;
    }

    private static string? TextOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;

    private static DateTimeOffset? TimeOf(JsonElement parent, string name) =>
        DateTimeOffset.TryParse(
            TextOf(parent, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    private WorkTaskHandle Handle(
        string id,
        Func<TokenAsk, Func<CancellationToken, Task<IssuedToken>>> fetch,
        TimeSpan refreshAhead,
        TimeSpan? silence,
        Authority? authority = null,
        DateTimeOffset? deadline = null) =>
        new(_broker, Management, refreshAhead, id, fetch, silence) { Authority = authority, Deadline = deadline };

    private Func<CancellationToken, Task<IssuedToken>> Fetch(string taskId, TokenAsk ask) =>
        cancel => _approvals.RunAsync(
            (approval, c) => TokenAsync(
                [new("grant_type", GrantTypes.ClientCredentials), new("task", taskId), .. ask.Parameters()],
                approval, c),
            cancel);

    private Task<IssuedToken> TokenAsync(
        IReadOnlyCollection<KeyValuePair<string, string>> parameters, string? approval, CancellationToken cancel) =>
        _broker.TokenAsync(approval is null ? parameters : [.. parameters, new("approval", approval)], cancel);

    private static Func<CancellationToken, Task<IssuedToken>> GiveOnce(IssuedToken token, TimeProvider time)
    {
        var given = false;
        return _ =>
        {
            if (given || token.ExpiresAt <= time.GetUtcNow())
            {
                throw new WritException(
                    "delegation_ended",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The delegated token ended at {token.ExpiresAt:O}, or was refused."));
            }

            given = true;
            return Task.FromResult(token);
        };
    }
}
