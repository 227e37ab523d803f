using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>Who holds what is out, and whether anything about them changed since they were last looked at.</summary>
/// <param name="live">All that is out, the newest first.</param>
internal sealed class HolderSweep(IReadOnlyList<LivePlace> live)
{
    private readonly Dictionary<string, LivePlace> _newest =
        live.DistinctBy(p => p.Actor, StringComparer.Ordinal).ToDictionary(p => p.Actor, StringComparer.Ordinal);

    private readonly Dictionary<string, string> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);

    public bool IsOpen(LivePlace place) => !_closed.Contains(place.Actor);

    /// <summary>They have lost everything.</summary>
    public void Close(string holder) => _closed.Add(holder);

    /// <summary>The newest of each holder about whom something changed.</summary>
    public async Task<IReadOnlyList<LivePlace>> ChangedAsync(Registry registry, CancellationToken cancel)
    {
        var changed = new List<LivePlace>();
        foreach (var (holder, place) in _newest)
        {
            if (_closed.Contains(holder)) continue;
            var now = StateOf(await registry.FindAsync(holder, cancel));
            if (_seen.TryGetValue(holder, out var before) && before == now) continue;
            _seen[holder] = now;
            changed.Add(place);
        }
        return changed;
    }

    private static string StateOf(Principal? holder) => holder is null
        ? ""
        : string.Join(' ', holder.Signals.Select(s => $"{s.Id} {s.ExpiresAt}").Prepend($"{holder.Version}"));
}
