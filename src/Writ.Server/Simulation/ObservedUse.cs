using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>What an identity was given, or was let do, within a time: the least that would have sufficed.</summary>
public sealed class ObservedUse(RecordStore records)
{
    private const int Page = 500;

    /// <summary>Records of one identity that are looked at; where there are more, nothing is concluded.</summary>
    private const int Most = 10_000;

    /// <summary>Goes back through its records until everything it may ask for was used, or the time is over.</summary>
    internal async Task<Observed> OfAsync(
        Principal identity, long since, RegistrySnapshot registry, CancellationToken cancel)
    {
        var (used, before, looked) = (Authority.Empty, long.MaxValue, 0);
        long? last = null;
        while (!Narrowing.Contains(used, identity.Entitlements))
        {
            var rows = await records.UseOfAsync(identity.Id, since, before, Page, cancel);
            foreach (var row in rows)
            {
                var decision = RecordedDecision.Of(row);
                if (RecordedAuthority.Of(decision, registry) is not { IsEmpty: false } one) continue;
                last ??= decision.Index.At;
                if (!Narrowing.Contains(used, one)) used = Authority.Union(used, one);
            }
            looked += rows.Count;
            if (rows.Count < Page) break;
            if (looked >= Most) return new Observed(used, last, true);
            before = rows[^1].Idx;
        }
        return new Observed(used, last, false);
    }
}

/// <summary>What was seen of an identity's use.</summary>
/// <param name="Used">What it was given, or was let do.</param>
/// <param name="LastAt">When last, microseconds; null: never in that time.</param>
/// <param name="IsCut">There was more to look at: what is not in it may have been used all the same.</param>
internal sealed record Observed(Authority Used, long? LastAt, bool IsCut);
