using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>
/// Decides again where facts changed between a decision and its record. Who was overtaken twice decides behind the lock
/// of the log, one after the other, and is not overtaken there, however many changes come from however many replicas.
/// </summary>
/// <param name="registry">What is read anew.</param>
/// <param name="audit">Whose lock is taken.</param>
/// <param name="isHeld">False where another server decides: nobody waits for that behind the lock.</param>
public sealed class Attempts(Registry registry, AuditLog audit, bool isHeld = true)
{
    private const int Most = 10;
    private const int Free = 2; // of them, without holding anybody up

    /// <summary>Attempts until the facts hold, and answers; where they never do, as the last attempt says.</summary>
    /// <param name="once">One attempt; what it records goes behind the lock that it is given.</param>
    /// <param name="cancel">Nobody waits any longer.</param>
    public async Task RunAsync(Func<LogHold?, Task<Attempt>> once, CancellationToken cancel)
    {
        var attempt = await once(null);
        for (var n = 1; attempt.Outdated is not null; n++)
        {
            // All of it: what changed may be about others than those whom the transaction found out of date.
            registry.Invalidate();
            if (n == Most) break;
            attempt = n < Free || !isHeld ? await once(null) : await HeldAsync(once, cancel);
        }
        await attempt.Answer(); // without the lock: an answer may last for hours
    }

    private async Task<Attempt> HeldAsync(Func<LogHold?, Task<Attempt>> once, CancellationToken cancel)
    {
        using var hold = await audit.HoldAsync(cancel);
        registry.Invalidate(); // what was read while the lock was waited for may be old already
        return await once(hold);
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
