using System.Collections.Concurrent;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// What the broker said of tokens while the feed is silent: one question at a time for each token, and its answer good
/// for a moment. Without this every request would be a question, and a feed that is down would take the broker with it.
/// </summary>
/// <remarks>
/// A yes counts from when its question was sent, for those who waited for it as for those who come later. The replica
/// that gave it may have lost sight of the store up to 500 ms before; both together stay within the second of promise
/// P3. Failures are not kept.
/// </remarks>
internal sealed class BrokerVerdicts(Func<string, Task<bool>> ask, TimeProvider time)
{
    /// <summary>How long an answer is good.</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromMilliseconds(400);

    private const int MaxHeld = 10_000;

    // By hash, so that a dump of the process holds no token (P6). Only tokens whose signature held are asked about.
    private readonly ConcurrentDictionary<string, Question> _questions = new(StringComparer.Ordinal);

    /// <summary>Whether the broker holds the token for active.</summary>
    /// <param name="token">The token.</param>
    /// <param name="cancel">Gives up waiting; the question goes on for the others.</param>
    /// <exception cref="WritException">It could not be asked, or twice said yes too late.</exception>
    internal async Task<bool> IsActiveAsync(string token, CancellationToken cancel)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var question = Ask(token);
            // A token that was dead is dead, however late that comes; one that was alive may have died meanwhile.
            if (!await question.Answer.Value.WaitAsync(cancel))
                return false;
            if (IsYoung(question))
                return true;
        }

        throw new WritException("broker_slow", "The broker said twice, but too late, that the token is good.");
    }

    private Question Ask(string token)
    {
        var hash = AccessTokenHash.Of(token);
        var question = _questions.AddOrUpdate(
            hash,
            static (_, self) => self.Verdicts.New(self.Token),
            static (_, held, self) => self.Verdicts.IsGood(held) ? held : self.Verdicts.New(self.Token),
            (Verdicts: this, Token: token));
        if (_questions.Count > MaxHeld)
            Sweep();
        return question;
    }

    private Question New(string token) => new(time.GetTimestamp(), new Lazy<Task<bool>>(() => ask(token)));

    private bool IsYoung(Question held) => time.GetElapsedTime(held.AskedAt) < Life;

    private bool IsGood(Question held) =>
        IsYoung(held)
        && !(held.Answer is { IsValueCreated: true, Value: { IsFaulted: true } or { IsCanceled: true } });

    private void Sweep()
    {
        foreach (var (hash, held) in _questions)
        {
            if (!IsGood(held))
                _questions.TryRemove(hash, out _);
        }

        // All of this moment: begin again rather than grow.
        if (_questions.Count > MaxHeld)
            _questions.Clear();
    }

    private sealed record Question(long AskedAt, Lazy<Task<bool>> Answer);
}
