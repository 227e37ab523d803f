using System.Collections.Immutable;

namespace Writ.Client;

/// <summary>The child's environment: ours without what is the agent's, with the way to the run's endpoint.</summary>
internal static class RunEnvironment
{
    internal const string Url = "WRIT_RUN_URL";
    internal const string Key = "WRIT_RUN_KEY";
    internal const string Task = "WRIT_RUN_TASK";

    private const string OurPrefix = "WRIT_";
    private const string PrivateKey = "PRIVATE KEY-----";
    private const string Loopback = "127.0.0.1";

    // The endpoint must be reached directly: through a proxy the run's key would travel with the request.
    private static readonly string[] NoProxy = ["NO_PROXY", "no_proxy"];

    internal static Dictionary<string, string> For(
        ImmutableDictionary<string, string> ours, ImmutableArray<string> secretFiles, RunEndpoint endpoint)
    {
        var child = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in ours)
        {
            if (!IsSecret(name, value, secretFiles))
                child[name] = value;
        }

        child[Url] = endpoint.Url;
        child[Key] = endpoint.Key;
        child[Task] = endpoint.TaskId;
        child.Remove(CarriedTrace.Parent);
        child.Remove(CarriedTrace.State);
        if (CarriedTrace.Told(CarriedTrace.Of(ours)) is { } trace)
        {
            child[CarriedTrace.Parent] = trace.Parent;
            if (trace.State is { Length: > 0 } state)
                child[CarriedTrace.State] = state;
        }

        foreach (var name in NoProxy)
            child[name] = child.TryGetValue(name, out var hosts) && hosts.Length > 0 ? $"{hosts},{Loopback}" : Loopback;
        return child;
    }

    /// <summary>
    /// All of our own variables (identity, key file, broker), every value that is a private key, and every value that
    /// names a file of the agent's secrets.
    /// </summary>
    internal static bool IsSecret(string name, string value, ImmutableArray<string> secretFiles) =>
        name.StartsWith(OurPrefix, StringComparison.OrdinalIgnoreCase)
        || value.Contains(PrivateKey, StringComparison.Ordinal)
        || secretFiles.Any(file => value.Contains(file, StringComparison.Ordinal));
}
