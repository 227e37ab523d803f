using Writ.Rego.Values;

namespace Writ.Server.Simulation;

/// <summary>A fact of a question, as another value.</summary>
/// <param name="Path">Where it stands: <c>input.context.risk.score</c>.</param>
/// <param name="Was">What it was; null: it was missing.</param>
/// <param name="Becomes">What it would be.</param>
internal sealed record FactChange(string Path, RegoValue? Was, RegoValue Becomes)
{
    private const string Root = "input.";

    /// <summary>What was asked, and by whom: another question, where it changes, and not other facts.</summary>
    private static readonly string[] Asked =
    [
        "input.subject.type", "input.subject.id", "input.action", "input.resource.type", "input.resource.id",
        "input.context.request", "input.context.caller",
    ];

    public bool IsOfQuestion => IsAsked(Path);

    /// <summary>How far it lies from what somebody can mend: what is registered comes first.</summary>
    public int Distance =>
        IsOfQuestion ? 4
        : Path.StartsWith("input.context.facts", StringComparison.Ordinal) ? 3
        : Path.StartsWith("input.context", StringComparison.Ordinal) ? 2
        : Path.StartsWith("input.resource", StringComparison.Ordinal) ? 1
        : 0;

    public static bool IsAsked(string path) => Array.Exists(Asked, asked =>
        path.StartsWith(asked, StringComparison.Ordinal)
        && (path.Length == asked.Length || path[asked.Length] == '.'));

    /// <summary>Whether a path is one of a question's at all.</summary>
    public static bool IsOfInput(string path) => path.StartsWith(Root, StringComparison.Ordinal);

    /// <summary>The question with it.</summary>
    public RegoObject In(RegoObject input) => Set(input, Path[Root.Length..].Split('.'), Becomes);

    /// <summary>What a question holds at a path; null: nothing.</summary>
    public static RegoValue? Find(RegoObject input, string path)
    {
        RegoValue? at = input;
        foreach (var word in path[Root.Length..].Split('.'))
            if (at is not RegoObject members || !members.TryGet(word, out at)) return null;
        return at;
    }

    private static RegoObject Set(RegoObject into, ReadOnlySpan<string> path, RegoValue value)
    {
        var copy = new RegoObject.Builder(into.Count + 1);
        foreach (var (name, old) in into) copy.Set(name, old);
        if (path.Length > 1)
            value = Set(into.TryGet(path[0], out var below) && below is RegoObject members
                ? members
                : RegoObject.Empty, path[1..], value);
        return copy.Set(path[0], value).Build();
    }
}
