using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Policies;

namespace Writ.Server.Access;

/// <summary>
/// Finds out what a question would be answered with yes for: by deciding it about each candidate, on one version of the
/// policy and the registry, within bounds of number and time (AuthZEN 1.0 §8).
/// </summary>
public sealed class Search(
    Candidates candidates, FactSource source, DecisionPoint decisions, QuestionBudget budget, TimeProvider time)
{
    /// <summary>The most results of a page.</summary>
    internal const int MostResults = 100;

    private const int MostCandidates = 500; // of one page
    private const int Step = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>One page. That there is more is told of what may be listed, and of what was not looked at yet: not of
    /// what was looked at and is not the caller's to know. At least one is looked at, however slow the store is.
    /// </summary>
    internal async Task<Found> RunAsync(ActCall call, SearchForm form, Inquiry asked, string place, int limit)
    {
        if (limit == 0) return Found.Nothing;
        var began = time.GetTimestamp();
        var (results, looked) = (new List<string>(), 0);
        while (looked < MostCandidates)
        {
            var next = await candidates.AfterAsync(
                form, call.Caller.Principal, asked.Facts, place, Step, call.Cancel);
            foreach (var candidate in next)
            {
                if (looked > 0 && (time.GetElapsedTime(began) > Patience || budget.IsSpent(call.Caller.Principal.Id)))
                    return new Found(results, looked, place);
                if (await IsAllowedAsync(form, asked, candidate.Name, call.Cancel))
                {
                    if (results.Count == limit) return new Found(results, looked, place);
                    results.Add(candidate.Name);
                }
                (place, looked) = (candidate.Place, looked + 1);
            }
            if (next.Count < Step) return new Found(results, looked, null);
        }
        return new Found(results, looked, place);
    }

    /// <summary>Whoever asks may ask about it, and the answer is yes: anything else is not listed.</summary>
    private async Task<bool> IsAllowedAsync(
        SearchForm form, Inquiry asked, string candidate, CancellationToken cancel)
    {
        var facts = form.Wanted is Wanted.Subject
            ? await source.AboutAsync(asked.Facts, candidate, cancel)
            : asked.Facts;
        var ask = asked.Ask with { Question = form.About(candidate) };
        return await decisions.DecideAsync(ask, facts, cancel) is Decision.Granted;
    }
}

/// <summary>What a search came upon.</summary>
/// <param name="Results">Ids or names, in order.</param>
/// <param name="Looked">How many candidates were decided.</param>
/// <param name="Place">The last of them, where there may be more; null: that was all.</param>
internal sealed record Found(IReadOnlyList<string> Results, int Looked, string? Place)
{
    public static readonly Found Nothing = new([], 0, null);
}
