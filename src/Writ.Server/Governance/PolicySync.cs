using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Server.Policies.Sources;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// Keeps the policy as its source has it: whatever changed there is compiled, tested and put in force, as a push would.
/// What cannot changes nothing, and is said. One replica does it for all; each looks for itself.
/// </summary>
/// <remarks>
/// A replica acts on what changed since it looked last, or began: so one whose copy of the source lags behind does not
/// bring back what another one has replaced.
/// </remarks>
public sealed class PolicySync(IPolicySource? source, PolicySyncParts parts, AuditLog audit, TimeProvider time)
{
    /// <summary>How long a source may be away before that is a finding.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1, 1); // has no wait handle, so needs no disposal
    private string? _seen; // the state that was dealt with; this and below: by whoever holds the gate
    private volatile Status _status = new("unread", null, null, null);
    private long? _since; // when it became unreadable

    /// <summary>Whether the policy follows its source, in words for everybody; null: it does, or has none.</summary>
    public string? Fault => _status switch
    {
        { State: "unreadable" } => "the policy's source cannot be read",
        { State: "failed" } => "what the policy's source has does not come into force",
        _ => null,
    };

    /// <summary>Looks once.</summary>
    public async Task RunAsync(CancellationToken cancel = default)
    {
        if (source is null) return;
        await _gate.WaitAsync(cancel);
        try
        {
            if (await source.ReadAsync(_seen, cancel) is { } state) await FollowAsync(state, cancel);
            else if (_status.State == "unreadable") _status = _status with { State = "read", Fault = null };
            _since = null;
            await parts.Finding.TellAsync(source.Name, _status.Fault, cancel);
        }
        catch (PolicySourceException e)
        {
            _since ??= time.GetTimestamp();
            if (time.GetElapsedTime(_since.Value) >= Patience)
                await parts.Finding.TellAsync(source.Name, e.Message, cancel);
            if (_status.Fault != e.Message)
                parts.Log.LogWarning("The policy's source cannot be read: {Source}: {Reason}", source.Name, e.Message);
            _status = _status with { State = "unreadable", Fault = e.Message };
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>What the source holds, and whether that is in force.</summary>
    public Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "policy:read";
        var (state, tag, digest, fault) = _status;
        var isLive = digest == call.Facts.Policy.Digest;
        return Task.FromResult<ActPlan>(call.Read(action, new ActTarget("policy source", call.Team), http =>
            Answers.JsonAsync(http, StatusCodes.Status200OK, new JsonObject
            {
                ["source"] = source?.Name,
                ["state"] = source is null ? "pushed" : state is not "read" ? state : isLive ? "in_force" : "differs",
                ["version"] = tag,
                ["digest"] = digest,
                ["live"] = call.Facts.Policy.Digest,
                ["fault"] = fault,
            })));
    }

    private async Task FollowAsync(SourceState state, CancellationToken cancel)
    {
        var current = await parts.Registry.CurrentAsync(cancel);
        var live = current.PolicyTurn?.Digest ?? ShippedPolicy.Version.Digest;
        var digest = PolicyDigest.Of(state.Files);
        if (digest != live)
        {
            await using var lease = await parts.Database.TryLeaseAsync("policy source", cancel);
            if (lease is null) return; // the replica that holds it does this; we look again
            var tried = await parts.Trial.TryAsync(state.Files, cancel);
            if (tried.Version is null)
            {
                await RefuseAsync(state, tried);
                (_seen, _status) = (state.Tag, new Status("failed", state.Tag, digest, tried.Message));
                return;
            }
            parts.Shelf.Keep(tried.Version);
            switch (await PushAsync(lease, state, tried.Version, current.PolicyTurn, live))
            {
                case Appended.Done: break;
                case Appended.Refused { Failure: var failure } when failure == ClaimFailure.OlderRevision:
                    (_seen, _status) = (state.Tag, new Status("failed", state.Tag, digest, failure.Message));
                    return;
                default: return; // another turn came between, or the lease was lost: the next look sees
            }
        }
        (_seen, _status) = (state.Tag, new Status("read", state.Tag, digest, null));
    }

    private async Task<Appended> PushAsync(
        Lease lease, SourceState state, PolicyVersion version, PolicyTurnRow? before, string live)
    {
        var now = time.GetUtcNow().ToMicros();
        var from = $"{source!.Name} {state.Tag}";
        var row = new PolicyRow
        {
            Digest = version.Digest,
            Content = PolicyContent.Write(state.Files),
            Source = from,
            PushedBy = "writ",
            PushedAt = now,
        };
        var turn = new PolicyTurnRow
        {
            Number = (before?.Number ?? 0) + 1,
            Digest = version.Digest,
            ByWhom = "writ",
            At = now,
            Because = "the policy's source has it",
        };
        return await audit.AppendOwnActAsync(
            new AuditEvent { Kind = "policy.push", Actor = "writ", Reason = "source" }
                .With("version", version.Digest).With("version_before", live).With("source", from),
            [
                lease.Held,
                new Claim.Effect(async tx =>
                {
                    if (state.Revision is { } number
                        && await PolicyStore.TakeRevisionAsync(tx, source.Name, number) is { } older) return older;
                    await PolicyStore.InsertAsync(tx, row);
                    return await PolicyStore.TurnAsync(tx, turn);
                }),
            ]);
    }

    private Task<Appended> RefuseAsync(SourceState state, PolicyTried tried)
    {
        parts.Log.LogWarning(
            "The policy of the source does not come into force: {Source} {Version}: {Reason}",
            source!.Name, state.Tag, tried.Message);
        return audit.RefuseAsync(
            new AuditEvent { Kind = "policy.push", Actor = "writ", Reason = tried.Code }
                .With("source", $"{source.Name} {state.Tag}").With("why", tried.Message),
            []);
    }

    private sealed record Status(string State, string? Tag, string? Digest, string? Fault);
}

/// <summary>What keeping the policy as its source has it rests on.</summary>
public sealed record PolicySyncParts(
    Database Database, Registry Registry, PolicyShelf Shelf, PolicyTrial Trial, SourceFinding Finding, ILogger Log);

/// <summary>Keeps a finding open for as long as the policy cannot be had from its source: nobody looks at a log line
/// that was written once.</summary>
public sealed class SourceFinding(Database database, AuditLog audit, IdSource ids, TimeProvider time)
{
    private const string Subject = "policy source";
    private readonly FindingStore _findings = new(database);
    private string? _told = ""; // the fault that was told last; null: that there is none. Owner: whoever tells

    /// <summary>Tells of a fault, or that there is none any longer; what was told already is not told again.</summary>
    public async Task TellAsync(string source, string? fault, CancellationToken cancel)
    {
        if (fault == _told) return;
        var open = await _findings.ListAsync(
            new FindingFilter(FindingKind.PolicySource, Subject, null, null, "open", null, 1), cancel);
        if (fault is not null || open.Count > 0)
        {
            await using var lease = await database.TryLeaseAsync("policy source", cancel);
            if (lease is null) return; // the replica that holds it may tell the same; we look again
            var e = new AuditEvent { Kind = "finding.raise", Actor = "writ", Subject = Subject };
            e = fault is null
                ? e with { Kind = "finding.close", Reason = "mended" }
                : (e with { Reason = FindingKind.PolicySource }).With("why", fault);
            var effect = new Claim.Effect(async tx =>
            {
                if (fault is null) await FindingStore.MendAsync(tx, FindingKind.PolicySource, Subject);
                else await FindingStore.RaiseAsync(tx, Of(source, fault));
                return null;
            });
            if (await audit.AppendOwnActAsync(e.With("source", source), [lease.Held, effect], cancel)
                is not Appended.Done) return;
        }
        _told = fault;
    }

    private FindingRow Of(string source, string fault)
    {
        var now = time.GetUtcNow().ToMicros();
        return new FindingRow
        {
            Id = ids.Next("find"),
            Kind = FindingKind.PolicySource,
            Subject = Subject,
            Owner = "",
            Team = "",
            Message = $"The policy does not follow {source}: {fault}",
            Severity = "high",
            FirstSeen = now,
            LastSeen = now,
        };
    }
}
