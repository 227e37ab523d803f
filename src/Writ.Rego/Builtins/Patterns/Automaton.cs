using System.Text.RegularExpressions;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>Makes .NET's automata, which take time linear in a text for every pattern.</summary>
internal static class Automaton
{
    private const string SizeSetting = "REGEX_NONBACKTRACKING_MAX_AUTOMATA_SIZE";

    /// <summary>
    /// .NET's own bound is a thousand, which the names of hosts with their 253 characters go beyond. RE2 takes a
    /// hundred times more than this. The memory depends on how many states .NET keeps: some 25 MB at any size.
    /// </summary>
    private const int MostStates = 20_000;

    /// <summary>A safety net: the time is linear in the text, which is bounded.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(2);

    /// <summary>The process has one such bound; an embedder that sets one of its own has the say.</summary>
    static Automaton()
    {
        if (AppContext.GetData(SizeSetting) is null)
        {
            AppContext.SetData(SizeSetting, MostStates);
        }
    }

    /// <summary>
    /// The automaton of an expression in .NET's words. One that is too large fails the whole query: were the call
    /// undefined, a rule that denies would be off.
    /// </summary>
    public static Regex Of(string expression)
    {
        try
        {
            return new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeLimit);
        }
        catch (NotSupportedException)
        {
            throw BuiltinError.Limit("a pattern that is too large for an automaton");
        }
        catch (ArgumentException error)
        {
            throw BuiltinError.Failed($"error parsing regexp: {error.Message}");
        }
    }

    /// <summary>
    /// A match, whose states the automaton keeps. The whole query fails when it takes too long: a verdict by the clock
    /// would not be the same each time.
    /// </summary>
    public static T Timed<TMade, T>(PatternCache<TMade> cache, Func<T> match)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return match();
        }
        catch (RegexMatchTimeoutException)
        {
            throw BuiltinError.Limit($"a match that takes more than {TimeLimit.TotalSeconds} seconds");
        }
        finally
        {
            cache.Charge(GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }
}
