using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>
/// A person's yes on the road of a request (docs/approvals.md): noted as a wish where a decision wants one, looked up
/// where the caller points to one, used up in the transaction of what rests on it.
/// </summary>
public sealed class ApprovalRequests(
    Settings settings, ApprovalStore approvals, Registry registry, ApprovalHands hands, IdSource ids)
{
    /// <summary>What repeats a management call names the approval in.</summary>
    public const string Header = "Writ-Approval";

    /// <summary>The facts with the approval that the caller points to, and whoever gave it.</summary>
    public async Task<Facts> FactsAsync(Facts facts, string? id, CancellationToken cancel)
    {
        if (id is null || await approvals.FindAsync(id, cancel) is not { } row) return facts;
        // Not as this replica kept them: whoever was removed a moment ago approves nothing any more.
        var approver = row.DecidedBy is { } who ? await registry.ReadAsync(who, cancel) : null;
        var acting = Stored.Strings(row.Acting);
        // With those who are known to have a hand in it already: an act on one approval may point to another.
        var barred = await hands.OfAsync(row.Requester, acting, cancel);
        return facts with
        {
            Approval = row,
            Approver = approver,
            Hands = ImmutableHashSet.CreateRange(StringComparer.Ordinal, [.. facts.Hands, .. barred]),
        };
    }

    /// <summary>What must hold, and is done, for what rests on an approval.</summary>
    public static IReadOnlyList<Claim> UseOf(Decision.Granted granted, Facts facts) => granted.Approval is { } row
        ? [new Claim.PrincipalCurrent(row.DecidedBy!, facts.Approver!.Version), ApprovalStore.Use(row.Id)]
        : [];

    /// <summary>The wish for an approval; null where none would help.</summary>
    public async Task<ApprovalWish?> WishAsync(Ask ask, Decision decision, Facts facts, CancellationToken cancel)
    {
        if (decision is not Decision.Denied { Approval: { } need } || ask is not Ask.ByCaller asked) return null;
        var acting = await hands.ActingAsync(asked, cancel);
        var barred = await hands.OfAsync(asked.Caller.Principal.Id, acting, cancel);
        var row = new ApprovalRow
        {
            Id = ids.Next("apr"),
            Kind = ask is Ask.Act { Action: var action } ? action : ask is Ask.Token ? "token.issue" : "task.start",
            Digest = need.Digest,
            Likeness = need.Likeness,
            Policy = need.Policy,
            Requester = asked.Caller.Principal.Id,
            Subject = ApprovalContent.SubjectOf(asked),
            Task = (ask as Ask.Token)?.Task is { } task && ask is Ask.Token { OpensTask: false } ? task.Id : null,
            Team = ApprovalRules.TeamOf(asked, need.Granting, facts.Registry),
            Shown = ApprovalContent.Of(asked, need.Granting, facts).ToJsonString(),
            Approvers = Stored.Text(need.Rule.Approvers),
            Acting = Stored.Text(acting),
            Barred = Stored.Text(barred.Order(StringComparer.Ordinal)),
            Because = need.Rule.Because,
            WindowSeconds = (long)need.Rule.Window.TotalSeconds,
            Status = "pending",
            CreatedAt = facts.Now.ToMicros(),
            ExpiresAt = (facts.Now + settings.ApprovalWait).ToMicros(),
        };
        return new ApprovalWish(row, need.Spoilt, settings.Issuer);
    }

    /// <summary>What the record says of it.</summary>
    public static AuditEvent Describe(AuditEvent e, Decision decision, ApprovalWish? wish) => e
        .With("approval", (decision as Decision.Granted)?.Approval?.Id)
        .With("approved_by", (decision as Decision.Granted)?.Approval?.DecidedBy)
        .With("approval_digest", wish?.Digest);
}

/// <summary>A request that was refused for want of a person's yes.</summary>
public sealed class ApprovalWish
{
    /// <summary>How often it is worth looking, seconds (RFC 8628 §3.2).</summary>
    private const int IntervalSeconds = 5;

    private readonly string _issuer;
    private ApprovalRow _row; // owner: the transaction that notes it; the answer is made after that

    internal ApprovalWish(ApprovalRow row, string? spoilt, string issuer)
    {
        (_row, _issuer) = (row, issuer);
        Claim = new Claim.Effect(async tx =>
        {
            var (now, failure) = await ApprovalStore.WishAsync(tx, row, spoilt);
            _row = now ?? row;
            return failure;
        })
        {
            IsWish = true,
        };
    }

    /// <summary>Notes it, with the record of the refusal.</summary>
    public Claim Claim { get; }

    /// <summary>What it is for: the same in the record of each time that it was asked.</summary>
    public string Digest => _row.Digest;

    /// <summary>What the answer says besides: where to look what became of it.</summary>
    public JsonObject Answer() => new()
    {
        ["approval"] = _row.Id,
        ["approval_uri"] = $"{_issuer}/v1/approvals/{_row.Id}",
        ["interval"] = IntervalSeconds,
        ["expires_at"] = Instant.Text(_row.ExpiresAt),
        ["because"] = _row.Because,
        ["approvers"] = JsonNode.Parse(_row.Approvers),
    };
}
