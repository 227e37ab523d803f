using System.Collections.Concurrent;
using Writ.Server.Edge;

namespace Writ.Server.Policies;

/// <summary>
/// What the questions of one principal may cost this replica: processor time of the policy, and bytes of the log. Both
/// flow in steadily, two seconds' worth at the most; whoever has spent either is not listened to until there is some
/// again. What a question costs is known when it is answered, so it is the next one that pays for it.
/// </summary>
public sealed class QuestionBudget(Settings settings, TimeProvider time)
{
    private const int Stored = 2; // seconds' worth
    private const int Owed = 60; // seconds' worth at the most, however many were asked at once
    private const int MostAccounts = 100_000;
    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);

    /// <summary>For how long nothing more of a principal is looked at; null: it has something left.</summary>
    public TimeSpan? WaitOf(string principal) =>
        _accounts.TryGetValue(principal, out var account) ? account.Wait(time.GetTimestamp()) : null;

    /// <summary>Whether a principal has nothing left.</summary>
    public bool IsSpent(string principal) => WaitOf(principal) is not null;

    /// <summary>A principal's question took so long: nanoseconds of processor time.</summary>
    public void ChargeTime(string principal, long nanoseconds) =>
        AccountOf(principal)?.Charge(time.GetTimestamp(), nanoseconds, 0);

    /// <summary>So many bytes of the log are a principal's.</summary>
    public void ChargeBytes(string principal, long bytes) =>
        AccountOf(principal)?.Charge(time.GetTimestamp(), 0, bytes);

    /// <summary>Forgets those who have all that one may have.</summary>
    public void Prune()
    {
        var now = time.GetTimestamp();
        foreach (var (principal, account) in _accounts)
            if (account.IsFull(now)) _accounts.TryRemove(principal, out _);
    }

    private Account? AccountOf(string principal) =>
        _accounts.TryGetValue(principal, out var known) ? known
        // Principals are registered: there are never so many but by somebody's will.
        : _accounts.Count >= MostAccounts ? null
        : _accounts.GetOrAdd(principal, _ => new Account(settings, time));

    /// <summary>Two pots that fill with time.</summary>
    private sealed class Account(Settings settings, TimeProvider time)
    {
        private readonly double _timeRate = settings.QuestionTime.TotalNanoseconds; // of a second
        private readonly double _byteRate = settings.QuestionBytes;
        private readonly Lock _lock = new();
        private double _time = Stored * settings.QuestionTime.TotalNanoseconds; // this and below: guarded by _lock
        private double _bytes = (double)Stored * settings.QuestionBytes;
        private long _at = time.GetTimestamp();

        public TimeSpan? Wait(long now)
        {
            lock (_lock)
            {
                Fill(now);
                var seconds = Math.Max(-_time / _timeRate, -_bytes / _byteRate);
                return seconds < 0 ? null : TimeSpan.FromSeconds(Math.Max(seconds, 0.001));
            }
        }

        public void Charge(long now, long nanoseconds, long bytes)
        {
            lock (_lock)
            {
                Fill(now);
                _time = Math.Max(_time - nanoseconds, -Owed * _timeRate);
                _bytes = Math.Max(_bytes - bytes, -Owed * _byteRate);
            }
        }

        public bool IsFull(long now)
        {
            lock (_lock)
            {
                Fill(now);
                return _time >= Stored * _timeRate && _bytes >= Stored * _byteRate;
            }
        }

        private void Fill(long now)
        {
            if (now <= _at) return;
            var seconds = time.GetElapsedTime(_at, now).TotalSeconds;
            _time = Math.Min(_time + (seconds * _timeRate), Stored * _timeRate);
            _bytes = Math.Min(_bytes + (seconds * _byteRate), Stored * _byteRate);
            _at = now;
        }
    }
}
