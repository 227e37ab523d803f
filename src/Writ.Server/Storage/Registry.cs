using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data.Common;
using Dapper;
using Writ.Protocol;

namespace Writ.Server.Storage;

/// <summary>
/// What decisions read, kept in memory: one immutable snapshot of resources and workflows, and principals as they are
/// asked for. Swapped whole when the store says that it changed; a decision that rested on an old one is found out in
/// the transaction that records it (<see cref="Claim.RegistryCurrent"/>, <see cref="Claim.PrincipalCurrent"/>).
/// </summary>
public sealed class Registry(Database database, string issuer)
{
    private const string VersionSql = "SELECT version FROM registry_version WHERE id = 1";
    private const int MaxPrincipals = 50_000;
    private readonly IdentityStore _identities = new(database);
    private readonly OperatorStore _operators = new(database);
    private readonly PrincipalKeyStore _keys = new(database);
    private readonly RiskSignalStore _signals = new(database);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private long _seenAt; // UTC ticks; owner: whoever sets SeenAt
    private long _seenVersion; // owner: whoever sets SeenVersion
    private volatile RegistrySnapshot? _snapshot; // owner: LoadAsync, Invalidate and Forget
    private int _generation; // counts what made snapshots old; one loaded meanwhile is used once and not kept
    private volatile ConcurrentDictionary<string, Principal> _principals = new(StringComparer.Ordinal);

    public ValueTask<RegistrySnapshot> CurrentAsync(CancellationToken cancel = default) =>
        _snapshot is { } snapshot ? new(snapshot) : new(LoadAsync(cancel));

    /// <summary>The version in the store, in a blocking call on that connection.</summary>
    public static long VersionOf(DbConnection connection) => connection.QuerySingle<long>(VersionSql);

    /// <summary>When this replica last found that what it keeps still holds: the watch over the store says so.
    /// </summary>
    public DateTimeOffset SeenAt
    {
        get => new(Interlocked.Read(ref _seenAt), TimeSpan.Zero);
        set => Interlocked.Exchange(ref _seenAt, value.UtcTicks);
    }

    /// <summary>The version that the watch over the store saw last: all that was pulled elsewhere at an older one may
    /// have changed.</summary>
    public long SeenVersion
    {
        get => Interlocked.Read(ref _seenVersion);
        set => Interlocked.Exchange(ref _seenVersion, value);
    }

    /// <summary>Forgets everything; the next reader loads anew.</summary>
    public void Invalidate()
    {
        Interlocked.Increment(ref _generation);
        _snapshot = null;
        _principals = new(StringComparer.Ordinal);
    }

    /// <summary>An identity or operator with its keys; null where there is none.</summary>
    public async ValueTask<Principal?> FindAsync(string id, CancellationToken cancel = default)
    {
        var cache = _principals; // what is loaded now goes into the dictionary that was current when loading began
        if (cache.TryGetValue(id, out var known)) return known;
        var principal = await ReadAsync(id, cancel);
        if (principal is not null && cache.Count < MaxPrincipals) cache[id] = principal;
        return principal;
    }

    /// <summary>The same as the store has it now, past what is kept here.</summary>
    public async Task<Principal?> ReadAsync(string id, CancellationToken cancel = default)
    {
        var identity = await _identities.FindAsync(id, cancel);
        var person = identity is null ? await _operators.FindAsync(id, cancel) : null;
        if (identity is null && person is null) return null;
        var signals = identity is null ? [] : await _signals.OfAsync(id, cancel);
        return new Principal(identity, person, await _keys.OfAsync(id, cancel)) { Signals = signals };
    }

    private async Task<RegistrySnapshot> LoadAsync(CancellationToken cancel)
    {
        await _loading.WaitAsync(cancel);
        try
        {
            if (_snapshot is { } known) return known;
            var generation = Volatile.Read(ref _generation);
            // The version first: a change that comes between makes the snapshot stale, never falsely current.
            var version = await database.FirstAsync<long>(VersionSql, null, cancel);
            var resources = await new ResourceStore(database).AllAsync(cancel);
            var workflows = await new WorkflowStore(database).AllAsync(cancel);
            var policies = new PolicyStore(database);
            var policy = await policies.CurrentAsync(cancel);
            var loaded = new RegistrySnapshot(version, issuer, resources, workflows, policy)
            {
                Shadow = await policies.ShadowAsync(cancel),
            };
            // A refusal that rests on it is never found out by its record: so nothing that is old may stay.
            _snapshot = loaded;
            if (Volatile.Read(ref _generation) != generation) _snapshot = null;
            return loaded;
        }
        finally
        {
            _loading.Release();
        }
    }
}

/// <summary>One version of the resources, the workflows and the policy.</summary>
public sealed class RegistrySnapshot
{
    internal RegistrySnapshot(
        long version, string issuer, IReadOnlyList<ResourceRow> resources, IReadOnlyList<WorkflowRow> workflows,
        PolicyTurnRow? policy = null)
    {
        PolicyTurn = policy;
        Version = version;
        Issuer = issuer;
        ByName = resources.ToImmutableDictionary(r => r.Name, StringComparer.Ordinal);
        ByUri = resources.ToImmutableDictionary(r => r.Uri, StringComparer.Ordinal);
        Workflows = workflows.ToImmutableDictionary(w => w.Name, w => new Workflow(w), StringComparer.Ordinal);
    }

    public long Version { get; }

    /// <summary>Which version of the policy is in force; null: the one that the build ships.</summary>
    public PolicyTurnRow? PolicyTurn { get; }

    /// <summary>The version that is asked beside it, and decides nothing; null: none.</summary>
    public PolicyShadow? Shadow { get; internal init; }

    /// <summary>The management resource's URI.</summary>
    public string Issuer { get; }
    public ImmutableDictionary<string, ResourceRow> ByName { get; }
    public ImmutableDictionary<string, ResourceRow> ByUri { get; }
    public ImmutableDictionary<string, Workflow> Workflows { get; }
}

/// <summary>A workflow with its lists parsed.</summary>
public sealed class Workflow(WorkflowRow row)
{
    public WorkflowRow Row => row;
    public ImmutableHashSet<string> Agents { get; } = Words(row.Agents);
    public ImmutableHashSet<string> Starters { get; } = Words(row.Starters);
    public Authority Authority { get; } = Stored.Authority(row.Authority);
    public ImmutableArray<string> Purposes { get; } = Stored.Strings(row.Purposes);

    private static ImmutableHashSet<string> Words(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToImmutableHashSet(StringComparer.Ordinal);
}

/// <summary>An identity or an operator, with its keys.</summary>
public sealed class Principal(IdentityRow? identity, OperatorRow? person, IReadOnlyList<PrincipalKeyRow> keys)
{
    public string Id { get; } = identity?.Id ?? person!.Id;
    public IdentityRow? Identity => identity;
    public OperatorRow? Operator => person;
    public IReadOnlyList<PrincipalKeyRow> Keys => keys;
    /// <summary>Risk signals about it; some may have ended.</summary>
    public IReadOnlyList<RiskSignalRow> Signals { get; init; } = [];
    public long Version { get; } = identity?.Version ?? person!.Version;
    public Authority Entitlements { get; } =
        identity is null ? Authority.Empty : Stored.Authority(identity.Entitlements);

    public bool IsActive(DateTimeOffset now) => identity is null
        ? string.Equals(person!.Status, IdentityStatus.Active, StringComparison.Ordinal)
        : string.Equals(identity.Status, IdentityStatus.Active, StringComparison.Ordinal)
            && identity.ExpiresAt > now.ToMicros();

    /// <summary>What it was given is dead up to a moment that comes so much later: tokens carry whole seconds, so what
    /// is issued in the second of that moment would be born dead. Null: that moment has passed, or never was.</summary>
    public TimeSpan? DyingFor(DateTimeOffset now) =>
        (identity is null ? person!.DeadUntil : identity.DeadUntil) is { } until
        && until + 1_000_000 > now.ToMicros()
            ? TimeSpan.FromMicroseconds(until + 1_000_000 - now.ToMicros())
            : null;

    public bool IsAgent => string.Equals(identity?.Kind, IdentityKind.Agent, StringComparison.Ordinal);
}
