using System.Collections.Concurrent;
using Writ.Rego;
using Writ.Server.Storage;

namespace Writ.Server.Policies;

/// <summary>
/// The versions of the policy that decisions need, compiled once for each digest. Which one is in force is for the
/// registry to say, so that a decision and its record agree on it. When there are too many, the one that was not asked
/// for the longest goes: never the one in force, which every call asks for.
/// </summary>
public sealed class PolicyShelf(PolicyStore store, TimeProvider time)
{
    private const int Most = 8;
    private readonly ConcurrentDictionary<string, Place> _versions = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _loading = new(1, 1); // has no wait handle, so needs no disposal

    /// <summary>The version with that digest; null: the one that this build ships.</summary>
    public ValueTask<PolicyVersion> FindAsync(string? digest, CancellationToken cancel = default) =>
        digest is null || digest == ShippedPolicy.Version.Digest ? new(ShippedPolicy.Version)
        : _versions.TryGetValue(digest, out var known) ? new(known.Take(time))
        : new(LoadAsync(digest, cancel));

    /// <summary>Fetches and tries the version that is in force.</summary>
    public async Task WarmUpAsync(Registry registry, CancellationToken cancel = default)
    {
        var current = await registry.CurrentAsync(cancel);
        (await FindAsync(current.PolicyTurn?.Digest, cancel)).WarmUp(time);
    }

    /// <summary>Keeps one that was just checked, so that no decision waits for it.</summary>
    public void Keep(PolicyVersion version)
    {
        version.WarmUp(time);
        _versions[version.Digest] = new Place(version, time);
        while (_versions.Count > Most)
            _versions.TryRemove(_versions.MinBy(place => place.Value.TakenAt).Key, out _);
    }

    private async Task<PolicyVersion> LoadAsync(string digest, CancellationToken cancel)
    {
        await _loading.WaitAsync(cancel);
        try
        {
            if (_versions.TryGetValue(digest, out var known)) return known.Take(time);
            var row = await store.FindAsync(digest, cancel);
            var version = row is null ? PolicyVersion.Broken(digest, "it is not in the store") : Open(row);
            Keep(version);
            return version;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>What was checked when it was pushed is checked again: by this build, which may be another.</summary>
    private static PolicyVersion Open(PolicyRow row)
    {
        try
        {
            var version = PolicyVersion.Of(PolicyContent.Read(row.Content));
            return string.Equals(version.Digest, row.Digest, StringComparison.Ordinal)
                ? version
                : PolicyVersion.Broken(row.Digest, "its content is another than its digest says");
        }
        catch (RegoError error)
        {
            return PolicyVersion.Broken(row.Digest, error.Diagnostics[0].ToString());
        }
    }

    private sealed class Place(PolicyVersion version, TimeProvider time)
    {
        private long _takenAt = time.GetTimestamp();

        public long TakenAt => Volatile.Read(ref _takenAt);

        public PolicyVersion Take(TimeProvider now)
        {
            Volatile.Write(ref _takenAt, now.GetTimestamp());
            return version;
        }
    }
}
