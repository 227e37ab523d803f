using System.Collections.Concurrent;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>A look at what is out, all of it as of one moment.</summary>
/// <param name="parts">What it rests on.</param>
/// <param name="now">The moment.</param>
/// <param name="policy">The policy, where it is not the one in force.</param>
internal sealed class Look(RedecisionParts parts, DateTimeOffset now, PolicyVersion? policy)
{
    private static readonly ParallelOptions Hands = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    private readonly AnswerMemory _memory = new(now);
    private readonly TimeSpan _age = now - parts.Registry.SeenAt;
    private readonly ConcurrentDictionary<string, Facts> _facts = new(StringComparer.Ordinal);

    public DateTimeOffset Now => now;

    /// <summary>Some of the facts that it went by.</summary>
    public Facts Facts => _facts.Values.First();

    /// <summary>Which of the credentials there would not be given any more, in their order.</summary>
    public async Task<IReadOnlyList<Fallen>> FallenAsync(
        IReadOnlyCollection<LivePlace> places, CancellationToken cancel)
    {
        if (places.Count == 0) return [];
        var fallen = new ConcurrentDictionary<long, Fallen>();
        var rows = await parts.Records.AtAsync([.. places.Select(p => p.Idx)], cancel);
        await Parallel.ForEachAsync(rows, Hands, async (row, _) =>
        {
            if (await ReviewAsync(IssuedCredential.Of(row), cancel) is { } one) fallen[row.Idx] = one;
        });
        return [.. fallen.OrderByDescending(f => f.Key).Select(f => f.Value)];
    }

    /// <summary>A record that cannot be read as a question ends its credential, and keeps nobody else's from being
    /// looked at (P9).</summary>
    private async ValueTask<Fallen?> ReviewAsync(IssuedCredential credential, CancellationToken cancel)
    {
        if (parts.Revoked.IsRevoked([.. credential.Handles()], Instant.FromMicros(credential.IssuedAt), out _))
            return null;
        // Only what has ended is erased. Of what has not, nobody can say that it would be given again.
        if (credential.IsErased)
            return credential.ExpiresAt > now.ToMicros()
                ? new Fallen(credential, new Fall(Reason.Policy("policy_error"), () => false))
                : null;
        var holder = await parts.Registry.FindAsync(credential.Client!, cancel);
        var facts = await FactsAsync(credential.Client!, cancel);
        RecordedQuestion? question = null;
        // What cannot be asked again cannot be allowed again.
        if (credential.PolicyInput is { } asked && !RecordedQuestion.TryParse(asked, out question))
            return new Fallen(credential, new Fall(Reason.Policy("policy_error"), () => false));
        if (question?.Approved is (var approver, _))
            facts = facts with { Approver = await parts.Registry.FindAsync(approver, cancel) };
        try
        {
            return await parts.Decisions.ReviewAsync(StandingOf(credential, holder, question), facts, _memory, cancel)
                is { } fall
                    ? new Fallen(credential, fall)
                    : null;
        }
        // What the check of its form did not foresee: one odd record must not keep all others from being looked at.
        catch (Exception e) when (e is InvalidCastException or KeyNotFoundException or FormatException)
        {
            return new Fallen(credential, new Fall(Reason.Policy("policy_error"), () => false));
        }
    }

    private async ValueTask<Facts> FactsAsync(string holder, CancellationToken cancel)
    {
        if (_facts.TryGetValue(holder, out var known)) return known;
        var facts = await parts.Facts.ForActAsync(holder, cancel) with { Now = now, RegistryAge = _age };
        return _facts[holder] = policy is null ? facts : facts with { Policy = policy };
    }

    private static Standing StandingOf(
        IssuedCredential credential, Principal? holder, RecordedQuestion? question) => new(
        holder,
        Stored.Authority(credential.Authority ?? "[]"),
        credential.Workflow,
        question,
        Instant.FromMicros(credential.IssuedAt),
        Instant.FromMicros(credential.ExpiresAt ?? Instant.MaxMicros));
}

/// <summary>What would not be given any more.</summary>
internal sealed record Fallen(IssuedCredential Credential, Fall Fall);
