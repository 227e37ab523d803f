using System.Collections.Frozen;
using System.Globalization;

namespace Writ.Bench.Decisions;

/// <summary>
/// Who may do what in the bench: a thousand grants, ten for each of a hundred agents, and the questions about them. The
/// broker has them as entitlements, the others as they would be written for them.
/// </summary>
internal static class Grants
{
    public const int Agents = 100;
    public const int Actions = 10;
    public const int Resources = 7;

    /// <summary>The agents, each with the resource of each of its actions.</summary>
    public static readonly FrozenDictionary<string, FrozenDictionary<string, string>> All = Enumerable
        .Range(0, Agents)
        .ToFrozenDictionary(
            AgentOf,
            agent => Enumerable.Range(0, Actions).ToFrozenDictionary(
                ActionOf, action => ResourceOf(agent + action), StringComparer.Ordinal),
            StringComparer.Ordinal);

    public static string AgentOf(int n) =>
        string.Create(CultureInfo.InvariantCulture, $"spiffe://bench.example/agent/q{n:000}");

    public static string ActionOf(int n) => string.Create(CultureInfo.InvariantCulture, $"orders:act{n}");

    public static string ResourceOf(int n) => string.Create(CultureInfo.InvariantCulture, $"shop{n % Resources}");

    /// <summary>One of a thousand questions as AuthZEN puts it, and its answer: three of four are allowed.</summary>
    public static (string Body, bool Allowed) Question(int n)
    {
        var (agent, action) = (n * 37 % Agents, n / Agents % Actions);
        var allowed = n % 4 != 0;
        var resource = ResourceOf(agent + action + (allowed ? 0 : 1));
        return (string.Create(CultureInfo.InvariantCulture, $$"""
            {"subject":{"type":"agent","id":"{{AgentOf(agent)}}"},"action":{"name":"{{ActionOf(action)}}"},
             "resource":{"type":"resource","id":"{{resource}}"},
             "context":{"session":"s{{n}}","channel":"chat","model":"large-2","honours":["mask"]} }
            """), allowed);
    }
}
