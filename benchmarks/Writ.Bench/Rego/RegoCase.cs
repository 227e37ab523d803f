using System.Text.Json;
using Writ.Rego.Values;

namespace Writ.Bench.Rego;

/// <summary>One measured policy: its text, data and inputs, and the same decision written by hand.</summary>
internal abstract class RegoCase
{
    /// <summary>How a person would name it.</summary>
    public abstract string Name { get; }

    public abstract string Policy { get; }

    /// <summary>The base documents, as JSON.</summary>
    public virtual string Data => "{}";

    public virtual string Query => "data.bench.allow";

    /// <summary>The inputs, as JSON; the decisions on them take turns.</summary>
    public abstract IReadOnlyList<string> Inputs { get; }

    /// <summary>The n-th input, where it is to be built for each decision; null where it was read before.</summary>
    public virtual RegoValue? Build(int input) => null;

    /// <summary>Decides on the n-th input, which was read into types of its own before.</summary>
    public abstract object Decide(int input);

    protected static JsonSerializerOptions Web { get; } = new(JsonSerializerDefaults.Web);

    protected static object Answer(bool value) => value ? Yes : No;

    protected static T[] Read<T>(IReadOnlyList<string> inputs) =>
        [.. inputs.Select(input => JsonSerializer.Deserialize<T>(input, Web)!)];

    private static readonly object Yes = true;
    private static readonly object No = false;
}
