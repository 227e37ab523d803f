using Writ.Rego.Values;

namespace Writ.Rego.Queries;

/// <summary>One case of a test, or several below one name.</summary>
public sealed class PolicyTestCase
{
    private readonly SortedDictionary<string, PolicyTestCase> _cases = new(StringComparer.Ordinal);

    private PolicyTestCase(string name) => Name = name;

    /// <summary>What the test calls it.</summary>
    public string Name { get; }

    /// <summary>Whether it or one below it failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Those below it, by name.</summary>
    public IReadOnlyCollection<PolicyTestCase> Cases => _cases.Values;

    /// <summary>The cases of a test: those that its value has, and those that began and are not in it.</summary>
    internal static IReadOnlyList<PolicyTestCase> Of(RegoValue? value, IEnumerable<RegoArray> begun)
    {
        var root = new PolicyTestCase("");
        if (value is RegoObject map)
            root.Fill(map);
        foreach (var path in begun)
        {
            root.Begin([.. path.Span.ToArray().Select(Text)]);
        }

        return [.. root.Cases];
    }

    /// <summary>The innermost cases, each with the names that lead to it.</summary>
    public IEnumerable<IReadOnlyList<PolicyTestCase>> Leaves() => Cases.Count == 0
        ? [[this]]
        : Cases.SelectMany(one => one.Leaves()).Select(path => (IReadOnlyList<PolicyTestCase>)[this, .. path]);

    private static string Text(RegoValue value) => value is RegoString text ? text.Value : value.ToJson();

    private PolicyTestCase Child(string word)
    {
        if (!_cases.TryGetValue(word, out var child))
            _cases.Add(word, child = new PolicyTestCase(word));
        return child;
    }

    private void Fill(RegoObject map)
    {
        foreach (var (key, value) in map)
        {
            var child = Child(Text(key));
            if (value is RegoObject nested)
                child.Fill(nested);
            else
                child.HasFailed = value is not RegoBoolean { Value: true };
            HasFailed |= child.HasFailed;
        }
    }

    private void Begin(ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
            return;
        var isNew = !_cases.ContainsKey(path[0]);
        var child = Child(path[0]);
        child.HasFailed |= isNew && path.Length == 1;
        child.Begin(path[1..]);
        HasFailed |= child.HasFailed;
    }
}
