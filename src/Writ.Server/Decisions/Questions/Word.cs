using System.Collections.Frozen;
using Writ.Rego.Values;

namespace Writ.Server.Decisions;

/// <summary>The broker's own words in a question, each made once.</summary>
internal static class Word
{
    private static readonly FrozenDictionary<string, RegoString> Known = new[]
    {
        "registry", "store", "issuer", "connection", "replica", "caller",
        "token.issue", "task.start", "act", "access",
        "dpop", "mtls", "operator", "resource", "writ",
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    }.ToFrozenDictionary(word => word, RegoString.Of, StringComparer.Ordinal);

    public static RegoString Of(string word) =>
        Known.TryGetValue(word, out var known) ? known : RegoString.Of(word);
}
