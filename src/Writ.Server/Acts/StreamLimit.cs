using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>Counts the open streams of one kind: so many in all, and so many of one principal.</summary>
/// <param name="most">In all.</param>
/// <param name="mostEach">Of one principal.</param>
public sealed class StreamLimit(int most, int mostEach)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal); // guarded by _lock
    private int _count; // guarded by _lock

    public int Count
    {
        get
        {
            lock (_lock) return _count;
        }
    }

    /// <summary>The plan of a stream that takes a place of each of these limits; refused where there is none.</summary>
    public static ActPlan Plan(
        ActCall call, string action, ActTarget target, ClaimFailure full, IReadOnlyList<StreamLimit> limits,
        Func<HttpContext, Task> follow)
    {
        var reader = call.Caller.Principal.Id;
        return limits.Any(l => l.IsFullFor(reader))
            ? call.Refuse(StatusCodes.Status429TooManyRequests, full.Code, full.Message, action)
            : call.Read(action, target, FollowAsync);

        async Task FollowAsync(HttpContext http)
        {
            // Asked before, too; but of two that asked at once only one may find the last place.
            var places = limits.Select(l => l.TryEnter(reader)).ToArray();
            try
            {
                await (Array.TrueForAll(places, p => p is not null)
                    ? follow(http)
                    : Answers.ProblemAsync(http, StatusCodes.Status429TooManyRequests, full.Code, full.Message));
            }
            finally
            {
                foreach (var place in places) place?.Dispose();
            }
        }
    }

    private bool IsFullFor(string principal)
    {
        lock (_lock) return IsFull(principal);
    }

    /// <summary>A place, to be given back by disposing it; null when there is none.</summary>
    private Place? TryEnter(string principal)
    {
        lock (_lock)
        {
            if (IsFull(principal)) return null;
            _count++;
            _open[principal] = _open.GetValueOrDefault(principal) + 1;
            return new Place(this, principal);
        }
    }

    private bool IsFull(string principal) => _count >= most || _open.GetValueOrDefault(principal) >= mostEach;

    private void Leave(string principal)
    {
        lock (_lock)
        {
            _count--;
            if (--_open[principal] == 0) _open.Remove(principal);
        }
    }

    private sealed class Place(StreamLimit limit, string principal) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) limit.Leave(principal);
        }
    }
}
