using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>
/// Decides again where facts changed between a decision and its record. Who was overtaken twice stands in line: of
/// those in the line no two overtake each other, so any number of changes at once get through.
/// </summary>
public sealed class Attempts(Registry registry)
{
    private const int Most = 10;
    private const int FirstInLine = 3;
    private readonly SemaphoreSlim _line = new(1, 1); // has no wait handle, so needs no disposal

    /// <summary>Attempts until the facts hold, and answers; where they never do, as the last attempt says.</summary>
    public async Task RunAsync(Func<Task<Attempt>> once, CancellationToken cancel)
    {
        var attempt = await SomeAsync(once, FirstInLine - 1);
        if (attempt.Outdated is not null)
        {
            await _line.WaitAsync(cancel);
            try
            {
                attempt = await SomeAsync(once, Most - FirstInLine + 1);
            }
            finally
            {
                _line.Release();
            }
        }
        await attempt.Answer(); // outside the line: an answer may last for hours
    }

    private async Task<Attempt> SomeAsync(Func<Task<Attempt>> once, int most)
    {
        for (var n = 1; ; n++)
        {
            var attempt = await once();
            if (attempt.Outdated is null) return attempt;
            // All of it: what changed may be about others than those whom the transaction found out of date.
            registry.Invalidate();
            if (n == most) return attempt;
        }
    }
}

/// <summary>What came of one attempt to decide and record.</summary>
/// <param name="Answer">Answers accordingly; of an outdated one, if it was the last.</param>
/// <param name="Outdated">Nothing was done nor recorded, because facts changed: of this principal, or others.</param>
public sealed record Attempt(Func<Task> Answer, string? Outdated = null)
{
    /// <summary>Everything is said already.</summary>
    public static Attempt Answered { get; } = new(() => Task.CompletedTask);
}
