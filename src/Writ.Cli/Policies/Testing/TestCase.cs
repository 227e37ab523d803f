using Writ.Rego.Values;

namespace Writ.Cli.Policies.Testing;

/// <summary>One case of a test, or several below one name.</summary>
internal sealed class TestCase(string name)
{
    private readonly SortedDictionary<string, TestCase> _cases = new(StringComparer.Ordinal);

    public string Name => name;

    public bool HasFailed { get; private set; }

    public IReadOnlyCollection<TestCase> Cases => _cases.Values;

    /// <summary>The cases of a test: those that its value has, and those that began and are not in it.</summary>
    public static IReadOnlyList<TestCase> Of(RegoValue? value, IEnumerable<RegoArray> begun)
    {
        var root = new TestCase("");
        if (value is RegoObject map)
            root.Fill(map);
        foreach (var path in begun)
        {
            root.Begin([.. path.Span.ToArray().Select(Text)]);
        }

        return [.. root.Cases];
    }

    /// <summary>The innermost cases, each with the names that lead to it.</summary>
    public IEnumerable<IReadOnlyList<TestCase>> Leaves() => Cases.Count == 0
        ? [[this]]
        : Cases.SelectMany(one => one.Leaves()).Select(path => (IReadOnlyList<TestCase>)[this, .. path]);

    private static string Text(RegoValue value) => value is RegoString text ? text.Value : value.ToJson();

    private TestCase Child(string word)
    {
        if (!_cases.TryGetValue(word, out var child))
            _cases.Add(word, child = new TestCase(word));
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
